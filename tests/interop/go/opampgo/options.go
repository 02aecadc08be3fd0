package main

import (
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/open-telemetry/opamp-go/protobufs"
)

// options are the flags: where to connect, who to be and how to take a config.
type options struct {
	url       string
	uid       uuid.UUID
	labels    labels
	heartbeat time.Duration
	state     string
	complaint string
	tempers   tempers
}

// tempers says what the agent does with a config that contains a text.
type tempers map[string]temper

type temper string

const (
	refuse  temper = "refuse"  // FAILED, and the config before stays
	ignore  temper = "ignore"  // not a word
	sicken  temper = "sicken"  // APPLIED, and unhealthy on it
	pretend temper = "pretend" // APPLIED, but what ran before still runs
)

func (t tempers) towards(config *protobufs.AgentConfigMap) temper {
	for text, found := range t {
		for _, file := range config.GetConfigMap() {
			if strings.Contains(string(file.GetBody()), text) {
				return found
			}
		}
	}
	return ""
}

func parseOptions() (o options, fleet bool) {
	o = options{uid: uuid.Must(uuid.NewV7()), labels: labels{}, tempers: tempers{}}
	var reject string
	var mute bool
	flag.StringVar(&o.url, "url", "", "ws://… or http://… of the server")
	flag.TextVar(&o.uid, "uid", o.uid, "instance_uid, a UUID")
	flag.Var(o.labels, "label", "non-identifying attribute `key=value`, repeatable")
	flag.DurationVar(&o.heartbeat, "heartbeat", 30*time.Second, "heartbeat or polling interval")
	flag.StringVar(&o.state, "state", "", "`file` that keeps the last config status over a restart")
	flag.StringVar(&reject, "reject", "", "fail every config that contains this `text`")
	flag.StringVar(&o.complaint, "complaint", "config was rejected", "error `text` of a failed config")
	flag.BoolVar(&mute, "mute", false, "never report the status of a config")
	flag.BoolVar(&fleet, "fleet", false, "be the agents that standard input asks for")
	flag.Parse()
	if reject != "" {
		o.tempers[reject] = refuse
	}
	if mute {
		o.tempers[""] = ignore
	}
	return o, fleet
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
