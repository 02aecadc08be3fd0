package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/open-telemetry/opamp-go/protobufs"
)

// order is a line of standard input. It is answered with an event "done" of the same
// number once it was carried out, "error" in it if that was not possible.
//
//	start   be this agent, from its state file if there is one
//	stop    say good-bye, where the transport has a word for it
//	kill    be gone without a word
//	cut     lose the connection and come back (WebSocket)
//	temper  take configs like this from now on
//	drift   run `config` instead, under the hash it has
//	rehash  say APPLIED of another hash
//	sicken, heal
type order struct {
	Number  int       `json:"number"`
	Do      string    `json:"do"`
	Agent   string    `json:"agent"`
	URL     string    `json:"url"`
	UID     uuid.UUID `json:"uid"`
	Labels  labels    `json:"labels"`
	State   string    `json:"state"`
	Tempers tempers   `json:"tempers"`
	Config  string    `json:"config"`
}

const heartbeat = time.Second

// runFleet carries out orders one after the other until there are no more.
func runFleet(ctx context.Context, orders io.Reader, out *output) {
	f := &fleet{agents: map[string]*member{}, out: out}
	lines := bufio.NewScanner(orders)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			log.Fatal(err)
		}
		answer := map[string]any{"number": o.Number}
		if err := f.carryOut(ctx, o); err != nil {
			answer["error"] = err.Error()
		}
		(&journal{out: out, agent: o.Agent}).write("done", answer)
	}
}

type fleet struct {
	agents map[string]*member
	out    *output
}

type member struct {
	*agent
	wire *wire
}

func (f *fleet) carryOut(ctx context.Context, o order) error {
	m, running := f.agents[o.Agent]
	if running == (o.Do == "start") {
		return fmt.Errorf("cannot %s: running is %t", o.Do, running)
	}
	switch o.Do {
	case "start":
		return f.start(ctx, o)
	case "stop", "kill":
		delete(f.agents, o.Agent)
		if o.Do == "kill" {
			m.wire.cut(true)
		}
		err := m.stop()
		m.events.write("left", nil)
		return err
	case "cut":
		m.events.write("lost", nil)
		m.wire.cut(false)
	case "temper":
		m.mu.Lock()
		m.tempers = o.Tempers
		m.mu.Unlock()
	case "drift":
		file := &protobufs.AgentConfigFile{Body: []byte(o.Config), ContentType: "text/yaml"}
		files := map[string]*protobufs.AgentConfigFile{"": file}
		m.run(ctx, &protobufs.AgentConfigMap{ConfigMap: files})
	case "rehash":
		hash, err := hex.DecodeString(strings.ReplaceAll(uuid.NewString(), "-", ""))
		if err != nil {
			return err
		}
		m.report(hash, protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED, "")
	case "sicken", "heal":
		m.feel(ctx, o.Do == "sicken")
	default:
		return errors.New("no such order")
	}
	return nil
}

func (f *fleet) start(ctx context.Context, o order) error {
	m := &member{
		agent: newAgent(options{
			url:       o.URL,
			uid:       o.UID,
			labels:    o.Labels,
			heartbeat: heartbeat,
			state:     o.State,
			complaint: "config was rejected",
			tempers:   o.Tempers,
		}, &journal{out: f.out, agent: o.Agent}),
		wire: &wire{},
	}
	// The client copies this dialer while it starts, and lets nobody give it another.
	websocket.DefaultDialer.NetDialContext = m.wire.dial
	if err := m.agent.start(ctx); err != nil {
		return err
	}
	f.agents[o.Agent] = m
	return nil
}

// wire is the way of one agent to the server, which can be cut.
type wire struct {
	mu    sync.Mutex
	ends  []net.Conn
	ended bool
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	end, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		end.Close()
		return nil, errors.New("this agent is gone")
	}
	w.ends = append(w.ends, end)
	return end, nil
}

func (w *wire) cut(forGood bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = forGood
	for _, end := range w.ends {
		end.Close()
	}
	w.ends = nil
}
