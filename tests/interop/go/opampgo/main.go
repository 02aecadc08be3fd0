// Command opampgo is an OpAMP agent without a Collector behind it: the plainest use of
// opamp-go's client, over WebSocket or HTTP as the URL's scheme says. What happens to it
// goes to standard output, one JSON object a line; it runs until SIGTERM or SIGINT.
// With -fleet it is as many agents as standard input asks for (fleet.go).
package main

import (
	"context"
	"encoding/hex"
	"log"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/open-telemetry/opamp-go/client"
	"github.com/open-telemetry/opamp-go/client/types"
	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/proto"
)

const capabilities = protobufs.AgentCapabilities_AgentCapabilities_ReportsStatus |
	protobufs.AgentCapabilities_AgentCapabilities_AcceptsRemoteConfig |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsRemoteConfig |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsEffectiveConfig |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsHealth |
	protobufs.AgentCapabilities_AgentCapabilities_ReportsHeartbeat

const stopTimeout = 5 * time.Second

// agent answers the callbacks of the client; these may come from several goroutines.
type agent struct {
	options
	client client.OpAMPClient
	events *journal

	mu     sync.Mutex
	memory *protobufs.AgentToServer // the last config status and effective config
	sick   bool
}

func newAgent(o options, events *journal) *agent {
	a := &agent{options: o, events: events, memory: recall(o.state)}
	a.sick = o.tempers.towards(a.memory.GetEffectiveConfig().GetConfigMap()) == sicken
	if strings.HasPrefix(o.url, "ws") {
		a.client = client.NewWebSocket(events)
	} else {
		a.client = client.NewHTTP(events)
	}
	return a
}

func (a *agent) start(ctx context.Context) error {
	if err := a.client.SetAgentDescription(a.description()); err != nil {
		return err
	}
	if err := a.client.SetHealth(a.health()); err != nil {
		return err
	}
	bits := capabilities
	if err := a.client.SetCapabilities(&bits); err != nil {
		return err
	}
	a.say()
	return a.client.Start(ctx, types.StartSettings{
		OpAMPServerURL:     a.url,
		InstanceUid:        types.InstanceUid(a.uid),
		RemoteConfigStatus: a.memory.GetRemoteConfigStatus(),
		HeartbeatInterval:  &a.heartbeat,
		Callbacks: types.Callbacks{
			OnConnect:          func(context.Context) { a.events.write("connected", nil) },
			OnConnectFailed:    a.connectFailed,
			OnError:            a.refused,
			OnMessage:          a.message,
			GetEffectiveConfig: a.effectiveConfig,
		},
	})
}

func (a *agent) health() *protobufs.ComponentHealth {
	a.mu.Lock()
	defer a.mu.Unlock()
	health := &protobufs.ComponentHealth{
		Healthy:           !a.sick,
		StartTimeUnixNano: uint64(time.Now().UnixNano()),
	}
	if a.sick {
		health.LastError = "exporter: connection refused"
	}
	return health
}

func (a *agent) description() *protobufs.AgentDescription {
	other := make([]*protobufs.KeyValue, 0, len(a.labels))
	for key, value := range a.labels {
		other = append(other, attribute(key, value))
	}
	return &protobufs.AgentDescription{
		IdentifyingAttributes: []*protobufs.KeyValue{
			attribute("service.name", "opampgo"),
			attribute("service.instance.id", a.uid.String()),
		},
		NonIdentifyingAttributes: other,
	}
}

func attribute(key, value string) *protobufs.KeyValue {
	text := &protobufs.AnyValue_StringValue{StringValue: value}
	return &protobufs.KeyValue{Key: key, Value: &protobufs.AnyValue{Value: text}}
}

func (a *agent) connectFailed(_ context.Context, err error) {
	a.events.write("connect_failed", map[string]any{"error": err.Error()})
}

func (a *agent) refused(_ context.Context, err *protobufs.ServerErrorResponse) {
	a.events.write("refused", map[string]any{"error": err.GetErrorMessage()})
}

func (a *agent) message(ctx context.Context, message *types.MessageData) {
	if id := message.AgentIdentification; id != nil {
		a.events.write("identified", map[string]any{"uid": hex.EncodeToString(id.NewInstanceUid)})
	}
	if message.RemoteConfig != nil {
		a.take(ctx, message.RemoteConfig)
	}
}

// take does with a config what the tempers say, and reports as a real agent would:
// APPLYING, then the outcome, then the effective config and the health if they changed.
func (a *agent) take(ctx context.Context, config *protobufs.AgentRemoteConfig) {
	hash := config.GetConfigHash()
	a.events.write("offered", map[string]any{
		"hash":   hex.EncodeToString(hash),
		"config": bodies(config.GetConfig()),
	})
	a.mu.Lock()
	how := a.tempers.towards(config.GetConfig())
	a.mu.Unlock()
	if how == ignore {
		return
	}
	a.report(hash, protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLYING, "")
	if how == refuse {
		a.report(hash, protobufs.RemoteConfigStatuses_RemoteConfigStatuses_FAILED, a.complaint)
		return
	}
	a.report(hash, protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED, "")
	if how == pretend {
		a.run(ctx, a.running())
		return
	}
	a.run(ctx, config.GetConfig())
	a.feel(ctx, how == sicken)
}

// run makes a config the effective one and says so.
func (a *agent) run(ctx context.Context, config *protobufs.AgentConfigMap) {
	a.remember(func() {
		a.memory.EffectiveConfig = &protobufs.EffectiveConfig{ConfigMap: config}
	})
	if err := a.client.UpdateEffectiveConfig(ctx); err != nil {
		a.events.Errorf(ctx, "effective config was not sent: %v", err)
	}
	a.say()
}

// feel changes the health and says so.
func (a *agent) feel(ctx context.Context, sick bool) {
	a.mu.Lock()
	changed := a.sick != sick
	a.sick = sick
	a.mu.Unlock()
	if !changed {
		return
	}
	if err := a.client.SetHealth(a.health()); err != nil {
		a.events.Errorf(ctx, "health was not sent: %v", err)
	}
	a.say()
}

// say writes down all that the agent says of itself from now on.
func (a *agent) say() {
	a.mu.Lock()
	defer a.mu.Unlock()
	status := a.memory.GetRemoteConfigStatus()
	a.events.write("said", map[string]any{
		"labels":  a.labels,
		"uid":     hex.EncodeToString(a.uid[:]),
		"status":  strings.TrimPrefix(status.GetStatus().String(), "RemoteConfigStatuses_"),
		"hash":    hex.EncodeToString(status.GetLastRemoteConfigHash()),
		"config":  bodies(a.memory.GetEffectiveConfig().GetConfigMap()),
		"healthy": !a.sick,
	})
}

func (a *agent) report(hash []byte, outcome protobufs.RemoteConfigStatuses, complaint string) {
	status := &protobufs.RemoteConfigStatus{
		LastRemoteConfigHash: hash,
		Status:               outcome,
		ErrorMessage:         complaint,
	}
	if err := a.client.SetRemoteConfigStatus(status); err != nil {
		a.events.Errorf(context.Background(), "status was not sent: %v", err)
		return
	}
	a.remember(func() { a.memory.RemoteConfigStatus = status })
	a.events.write(strings.ToLower(strings.TrimPrefix(outcome.String(), "RemoteConfigStatuses_")), nil)
	a.say()
}

func (a *agent) effectiveConfig(context.Context) (*protobufs.EffectiveConfig, error) {
	return &protobufs.EffectiveConfig{ConfigMap: a.running()}, nil
}

func (a *agent) running() *protobufs.AgentConfigMap {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.memory.GetEffectiveConfig().GetConfigMap()
}

// recall and remember give the agent the memory that a supervisor keeps on its disk.
func recall(path string) *protobufs.AgentToServer {
	memory := &protobufs.AgentToServer{}
	saved, err := os.ReadFile(path)
	if err == nil {
		err = proto.Unmarshal(saved, memory)
	}
	if err != nil {
		log.Printf("starting without memory: %v", err)
	}
	return memory
}

func (a *agent) remember(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
	if a.state == "" {
		return
	}
	saved, err := proto.Marshal(a.memory)
	if err == nil {
		err = os.WriteFile(a.state, saved, 0o600)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	o, fleet := parseOptions()
	out := &output{to: os.Stdout}
	if fleet {
		runFleet(ctx, os.Stdin, out)
		return
	}
	a := newAgent(o, &journal{out: out})
	if err := a.start(ctx); err != nil {
		log.Fatal(err)
	}
	<-ctx.Done()
	if err := a.stop(); err != nil {
		log.Fatal(err)
	}
}

func (a *agent) stop() error {
	ending, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return a.client.Stop(ending)
}
