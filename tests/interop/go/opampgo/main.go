// Command opampgo is an OpAMP agent without a Collector behind it: the plainest use of
// opamp-go's client, over WebSocket or HTTP as the URL's scheme says. What happens to it
// goes to standard output, one JSON object a line; it runs until SIGTERM or SIGINT.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
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

// options are the flags: where to connect, who to be and how to take a config.
type options struct {
	url       string
	uid       uuid.UUID
	labels    labels
	heartbeat time.Duration
	state     string
	reject    string
	complaint string
	mute      bool
}

func parseOptions() options {
	o := options{uid: uuid.Must(uuid.NewV7()), labels: labels{}}
	flag.StringVar(&o.url, "url", "", "ws://… or http://… of the server")
	flag.TextVar(&o.uid, "uid", o.uid, "instance_uid, a UUID")
	flag.Var(o.labels, "label", "non-identifying attribute `key=value`, repeatable")
	flag.DurationVar(&o.heartbeat, "heartbeat", 30*time.Second, "heartbeat or polling interval")
	flag.StringVar(&o.state, "state", "", "`file` that keeps the last config status over a restart")
	flag.StringVar(&o.reject, "reject", "", "fail every config that contains this `text`")
	flag.StringVar(&o.complaint, "complaint", "config was rejected", "error `text` of a failed config")
	flag.BoolVar(&o.mute, "mute", false, "never report the status of a config")
	flag.Parse()
	return o
}

// labels collects a repeatable key=value flag.
type labels map[string]string

func (l labels) String() string { return fmt.Sprint(map[string]string(l)) }

func (l labels) Set(text string) error {
	key, value, found := strings.Cut(text, "=")
	if !found {
		return fmt.Errorf("%q is not key=value", text)
	}
	l[key] = value
	return nil
}

// agent answers the callbacks of the client; these may come from several goroutines.
type agent struct {
	options
	client client.OpAMPClient
	events *journal

	mu     sync.Mutex
	memory *protobufs.AgentToServer // the last config status and effective config
}

func newAgent(o options, events *journal) *agent {
	a := &agent{options: o, events: events, memory: recall(o.state)}
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
	health := &protobufs.ComponentHealth{Healthy: true, StartTimeUnixNano: uint64(time.Now().UnixNano())}
	if err := a.client.SetHealth(health); err != nil {
		return err
	}
	bits := capabilities
	if err := a.client.SetCapabilities(&bits); err != nil {
		return err
	}
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

// take does with a config what the flags say, and reports as a real agent would:
// APPLYING, then the outcome, then the effective config if it changed.
func (a *agent) take(ctx context.Context, config *protobufs.AgentRemoteConfig) {
	hash := config.GetConfigHash()
	a.events.write("offered", map[string]any{
		"hash":   hex.EncodeToString(hash),
		"config": bodies(config.GetConfig()),
	})
	if a.mute {
		return
	}
	a.report(hash, protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLYING, "")
	if a.rejects(config.GetConfig()) {
		a.report(hash, protobufs.RemoteConfigStatuses_RemoteConfigStatuses_FAILED, a.complaint)
		return
	}
	a.remember(func() {
		a.memory.EffectiveConfig = &protobufs.EffectiveConfig{ConfigMap: config.GetConfig()}
	})
	a.report(hash, protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED, "")
	if err := a.client.UpdateEffectiveConfig(ctx); err != nil {
		a.events.Errorf(ctx, "effective config was not sent: %v", err)
	}
}

func (a *agent) rejects(config *protobufs.AgentConfigMap) bool {
	for _, file := range config.GetConfigMap() {
		if a.reject != "" && strings.Contains(string(file.GetBody()), a.reject) {
			return true
		}
	}
	return false
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
}

func (a *agent) effectiveConfig(context.Context) (*protobufs.EffectiveConfig, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	running := a.memory.GetEffectiveConfig().GetConfigMap()
	return &protobufs.EffectiveConfig{ConfigMap: running}, nil
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

func bodies(config *protobufs.AgentConfigMap) map[string]string {
	texts := map[string]string{}
	for name, file := range config.GetConfigMap() {
		texts[name] = string(file.GetBody())
	}
	return texts
}

// journal writes the events, and is the logger of the client.
type journal struct {
	mu  sync.Mutex
	out io.Writer
}

func (j *journal) write(event string, fields map[string]any) {
	line := map[string]any{"event": event}
	for key, value := range fields {
		line[key] = value
	}
	encoded, err := json.Marshal(line)
	if err != nil {
		log.Fatal(err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintf(j.out, "%s\n", encoded)
}

func (j *journal) Debugf(_ context.Context, format string, v ...any) {
	log.Printf("debug: "+format, v...)
}

func (j *journal) Errorf(_ context.Context, format string, v ...any) {
	log.Printf("error: "+format, v...)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	a := newAgent(parseOptions(), &journal{out: os.Stdout})
	if err := a.start(ctx); err != nil {
		log.Fatal(err)
	}
	<-ctx.Done()
	ending, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := a.client.Stop(ending); err != nil {
		log.Fatal(err)
	}
}
