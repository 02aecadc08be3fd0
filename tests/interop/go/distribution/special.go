package main

import (
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/operator"
	"github.com/prometheus/prometheus/discovery"
	"go.opentelemetry.io/collector/component"
	otelconf02 "go.opentelemetry.io/contrib/otelconf/v0.2.0"
)

// decoder makes the config of one component.
type decoder = func(any) (component.Config, error)

// hidden adds the settings that a component decodes by code of its own.
var hidden = map[string]func(*setting, decoder){
	"receivers/hostmetrics": scrapers,
}

// special describes the types whose own code decodes what their fields do not tell.
var special map[string]func(reflect.Value, []reflect.Type) *setting

func init() {
	special = map[string]func(reflect.Value, []reflect.Type) *setting{
		"configopaque.MapList":                 headers,
		"config.Secret":                        secret,
		"operator.Config":                      operators,
		"prometheusreceiver.PromConfig":        asYAML,
		"targetallocator.PromHTTPClientConfig": asYAML,
		"targetallocator.PromHTTPSDConfig":     asYAML,
		"targetgroup.Group":                    targets,
	}
}

// choices are the words that a type takes. That there are no others is what its code
// says; that it takes them all, and refuses other text, is tried.
var choices = map[string][]string{
	"common.ContextID": {
		"datapoint", "log", "metric", "profile", "resource", "scope", "span", "spanevent",
	},
	"condition.ContextID": {
		"datapoint", "log", "metric", "profile", "resource", "scope", "span", "spanevent",
	},
	"configcompression.Type": {
		"", "deflate", "gzip", "lz4", "none", "snappy", "x-snappy-framed", "zlib", "zstd",
	},
	"configtelemetry.Level":         {"basic", "detailed", "none", "normal"},
	"kubernetes.Role":               {"endpoints", "endpointslice", "ingress", "node", "pod", "service"},
	"otlphttpexporter.EncodingType": {"json", "proto"},
	"ottl.ErrorMode":                {"ignore", "propagate", "silent"},
	"request.SizerType":             {"bytes", "items", "requests"},
	"routingconnector.Action":       {"copy", "move"},
	"tracking.InitialValue":         {"auto", "drop", "keep"},
	"zapcore.Level": {
		"", "debug", "dpanic", "error", "fatal", "info", "panic", "warn", "warning",
	},
}

// around are the settings without which others are not decoded, by component and path.
var around = map[string]map[string]map[string]any{
	"receivers/prometheus": {
		"config.scrape_configs.[]":                           {"job_name": "one"},
		"config.scrape_configs.[].dns_sd_configs.[]":         {"names": []any{"one"}},
		"config.scrape_configs.[].docker_sd_configs.[]":      {"host": "unix:///one"},
		"config.scrape_configs.[].dockerswarm_sd_configs.[]": {"host": "unix:///one", "role": "nodes"},
		"config.scrape_configs.[].file_sd_configs.[]":        {"files": []any{"one.json"}},
		"config.scrape_configs.[].http_sd_configs.[]":        {"url": "http://one"},
		"config.scrape_configs.[].kubernetes_sd_configs.[]":  {"role": "pod"},
		"config.scrape_configs.[].metric_relabel_configs.[]": {"target_label": "one"},
		"config.scrape_configs.[].oauth2":                    {"client_id": "one", "token_url": "http://one"},
		"config.scrape_configs.[].relabel_configs.[]":        {"target_label": "one"},
	},
}

// demanding are the paths below which settings depend on each other, by component.
var demanding = map[string][]string{
	"receivers/prometheus": {"config", "target_allocator"},
}

func headers(reflect.Value, []reflect.Type) *setting {
	return &setting{Shape: "map", Item: &setting{Shape: "string", Secret: true}}
}

func secret(reflect.Value, []reflect.Type) *setting {
	return &setting{Shape: "string", Secret: true}
}

// asYAML describes a type that Prometheus decodes: by its tags for YAML.
func asYAML(value reflect.Value, within []reflect.Type) *setting {
	return described(value, "yaml", within)
}

// targets are decoded into a type that is not seen from outside.
func targets(reflect.Value, []reflect.Type) *setting {
	text := func() *setting { return &setting{Shape: "string"} }
	return &setting{Shape: "struct", Name: "targetgroup.Group", Fields: map[string]*setting{
		"targets": {Shape: "list", Item: text()},
		"labels":  {Shape: "map", Item: text()},
	}}
}

type discovering struct {
	Configs discovery.Configs `yaml:"-"`
}

// discovered has a field for each kind of service discovery of Prometheus.
func discovered() (all reflect.Value) {
	_ = discovery.UnmarshalYAMLWithInlineConfigs(&discovering{}, func(dynamic any) error {
		all = reflect.ValueOf(dynamic).Elem()
		return nil
	})
	return all
}

// isForeign is true of what Prometheus decodes and the receiver refuses afterwards, and of
// the rarer ways to discover targets: some ask their cloud while they are decoded.
func isForeign(kind reflect.Type) bool {
	inside, isDiscovery := strings.CutPrefix(kind.PkgPath(), "github.com/prometheus/prometheus/discovery/")
	if isDiscovery && kind.Kind() == reflect.Struct {
		return !slices.Contains([]string{
			"consul", "dns", "file", "http", "kubernetes", "moby",
		}, inside)
	}
	return slices.Contains([]string{
		"config.AlertingConfig", "config.RemoteReadConfig", "config.RemoteWriteConfig",
	}, path.Base(kind.String()))
}

var discoveryType = reflect.TypeFor[discovery.Configs]()

// operators are chosen by their type, each with settings of its own.
func operators(_ reflect.Value, within []reflect.Type) *setting {
	found := &setting{Shape: "struct", Name: "operator.Config", Variants: map[string]*setting{}}
	known := reflect.ValueOf(operator.DefaultRegistry).Elem().FieldByName("operators")
	for _, name := range known.MapKeys() {
		build, _ := operator.Lookup(name.String())
		found.Variants[name.String()] = describe(reflect.ValueOf(build()), "mapstructure", within...)
	}
	return found
}

// scrapers are chosen by name, and their types are not exported: have one of each made.
func scrapers(found *setting, decode decoder) {
	chosen := map[string]any{}
	for _, name := range []string{
		"cpu", "disk", "filesystem", "load", "memory", "network", "nfs", "paging",
		"process", "processes", "system",
	} {
		chosen[name] = nil
	}
	config, err := decode(map[string]any{"scrapers": chosen})
	if err != nil {
		panic(err)
	}
	made := reflect.ValueOf(config).Elem().FieldByName("Scrapers")
	fields := map[string]*setting{}
	for _, key := range made.MapKeys() {
		fields[key.Interface().(component.Type).String()] = describe(made.MapIndex(key), "mapstructure")
	}
	found.Fields["scrapers"] = &setting{Shape: "struct", Name: "hostmetricsreceiver.Scrapers", Fields: fields}
}

// older adds what the Collector still takes of the schema before, in which the settings
// of its own telemetry were written until 0.120.
func older(telemetry *setting) {
	for name, before := range map[string]any{
		"traces":  otelconf02.TracerProvider{},
		"metrics": otelconf02.MeterProvider{},
		"logs":    otelconf02.LoggerProvider{},
	} {
		union(telemetry.Fields[name], describe(reflect.ValueOf(before), "mapstructure"))
	}
}

// union adds to a setting what another one has more.
func union(s, other *setting) {
	if s.Shape != other.Shape {
		*s = setting{Shape: "any"}
		return
	}
	if s.Item != nil {
		union(s.Item, other.Item)
	}
	both := maps.Clone(s.Fields)
	for name, field := range other.Fields {
		if have, is := both[name]; is {
			union(have, field)
		} else {
			s.Fields[name] = field
		}
	}
}
