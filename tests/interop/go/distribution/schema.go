package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"sort"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/service"
)

type schema struct {
	Version    string            `json:"version"`
	Service    *setting          `json:"service"`
	Components []componentSchema `json:"components"`

	// proofs are tried when everything is described: they go through all keys there are.
	proofs []func()
}

type componentSchema struct {
	Kind      string            `json:"kind"`
	Type      string            `json:"type"`
	Aliases   []string          `json:"aliases,omitempty"`
	Module    string            `json:"module"`
	Stability map[string]string `json:"stability"`
	Settings  *setting          `json:"settings"`
}

// printSchema prints all that this build knows of itself.
func printSchema() error {
	built, err := factories()
	if err != nil {
		return err
	}
	found := schema{Version: version}
	found.addService(built.Telemetry.CreateDefaultConfig)
	found.add("receivers", asFactories(built.Receivers), built.ReceiverModules)
	found.add("processors", asFactories(built.Processors), built.ProcessorModules)
	found.add("exporters", asFactories(built.Exporters), built.ExporterModules)
	found.add("connectors", asFactories(built.Connectors), built.ConnectorModules)
	found.add("extensions", asFactories(built.Extensions), built.ExtensionModules)
	for _, prove := range found.proofs {
		prove()
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(found)
}

func asFactories[F component.Factory](built map[component.Type]F) map[string]component.Factory {
	all := make(map[string]component.Factory, len(built))
	for name, factory := range built {
		all[name.String()] = factory
	}
	return all
}

func (s *schema) add(
	kind string, built map[string]component.Factory, modules map[component.Type]string,
) {
	for _, name := range slices.Sorted(maps.Keys(built)) {
		factory := built[name]
		if factory.Type().String() != name {
			continue
		}
		s.Components = append(s.Components, componentSchema{
			Kind:      kind,
			Type:      name,
			Aliases:   aliases(factory, built),
			Module:    modules[factory.Type()],
			Stability: stability(factory),
			Settings:  s.describe(kind, factory),
		})
	}
}

func aliases(factory component.Factory, built map[string]component.Factory) []string {
	var found []string
	for name, other := range built {
		if other.Type() == factory.Type() && name != factory.Type().String() {
			found = append(found, name)
		}
	}
	sort.Strings(found)
	return found
}

// stability asks the methods TracesStability, TracesToMetricsStability and so on.
func stability(factory component.Factory) map[string]string {
	levels := map[string]string{}
	value := reflect.ValueOf(factory)
	for i := range value.NumMethod() {
		name, isOne := strings.CutSuffix(value.Type().Method(i).Name, "Stability")
		ask, hasType := value.Method(i).Interface().(func() component.StabilityLevel)
		if !isOne || !hasType {
			continue
		}
		if level := ask(); level != component.StabilityLevelUndefined {
			levels[strings.ToLower(strings.ReplaceAll(name, "To", "-to-"))] = level.String()
		}
	}
	return levels
}

func (s *schema) describe(kind string, factory component.Factory) *setting {
	decode := func(settings any) (component.Config, error) {
		config := factory.CreateDefaultConfig()
		section := confmap.NewFromStringMap(map[string]any{"id": settings})
		own, err := section.Sub("id")
		if err != nil {
			return nil, err
		}
		return config, own.Unmarshal(&config)
	}
	id := kind + "/" + factory.Type().String()
	found := describe(reflect.ValueOf(factory.CreateDefaultConfig()), "mapstructure")
	if look, isSpecial := hidden[id]; isSpecial {
		look(found, decode)
	}
	s.prove(id, found, func(settings any) error {
		_, err := decode(settings)
		return err
	})
	return found
}

// addService looks at the section without its pipelines.
func (s *schema) addService(telemetry func() component.Config) {
	found := describe(reflect.ValueOf(service.Config{Telemetry: telemetry()}), "mapstructure")
	found.Fields["pipelines"] = &setting{Shape: "any", untried: true}
	older(found.Fields["telemetry"])
	s.Service = found
	s.prove("service", found, func(settings any) error {
		var config struct {
			Service service.Config `mapstructure:"service"`
		}
		config.Service.Telemetry = telemetry()
		return confmap.NewFromStringMap(map[string]any{"service": settings}).Unmarshal(&config)
	})
}

func (s *schema) prove(id string, found *setting, decode func(any) error) {
	prober := prober{
		decode:    surviving(decode),
		around:    around[id],
		demanding: demanding[id],
		unproven:  func(path string) { fmt.Fprintln(os.Stderr, "not proven:", id, path) },
	}
	s.proofs = append(s.proofs, func() { prober.prove(found, nil) })
}

// surviving takes a panic of a decoder for an acceptance: nothing is known from it.
func surviving(decode func(any) error) func(any) error {
	return func(settings any) (err error) {
		defer func() {
			if recover() != nil {
				err = nil
			}
		}()
		return decode(settings)
	}
}
