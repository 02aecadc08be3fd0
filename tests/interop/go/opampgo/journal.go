package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"sync"
	"time"

	"github.com/open-telemetry/opamp-go/protobufs"
)

// journal writes the events of one agent, and is the logger of its client.
type journal struct {
	out   *output
	agent string // named in every line, unless it is the only one
}

type output struct {
	mu sync.Mutex
	to io.Writer
}

func (j *journal) write(event string, fields map[string]any) {
	line := map[string]any{"event": event, "at": float64(time.Now().UnixMicro()) / 1e6}
	if j.agent != "" {
		line["agent"] = j.agent
	}
	for key, value := range fields {
		line[key] = value
	}
	encoded, err := json.Marshal(line)
	if err != nil {
		log.Fatal(err)
	}
	j.out.mu.Lock()
	defer j.out.mu.Unlock()
	fmt.Fprintf(j.out.to, "%s\n", encoded)
}

func (j *journal) Debugf(_ context.Context, format string, v ...any) {
	log.Printf("debug: "+format, v...)
}

func (j *journal) Errorf(_ context.Context, format string, v ...any) {
	log.Printf("error: "+format, v...)
}

func bodies(config *protobufs.AgentConfigMap) map[string]string {
	texts := map[string]string{}
	for name, file := range config.GetConfigMap() {
		texts[name] = string(file.GetBody())
	}
	return texts
}
