package main

import (
	"encoding"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/config/configopaque"
)

// setting is one node of a component's settings, as bundled.json has it.
type setting struct {
	Shape   string              `json:"shape"`
	Name    string              `json:"name,omitempty"` // of the Go type, for people
	Fields  map[string]*setting `json:"fields,omitempty"`
	Item    *setting            `json:"item,omitempty"`
	Closed  bool                `json:"closed,omitempty"`
	Rejects []string            `json:"rejects,omitempty"`
	Secret  bool                `json:"secret,omitempty"`

	// Choices are the only words that it takes.
	Choices []string `json:"choices,omitempty"`
	// Variants are the settings that stand there instead, by what the key `type` says.
	Variants map[string]*setting `json:"variants,omitempty"`

	// untried is set where to decode something would be to do something.
	untried bool
	// perhaps is set where a feature gate decides whether the decoder knows it.
	perhaps bool
}

const deepest = 24

var (
	durationType = reflect.TypeFor[time.Duration]()
	secretType   = reflect.TypeFor[configopaque.String]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// describe says what the fields of a Go type promise to the decoder that goes by their
// tags. The value, where there is one, tells what an interface holds. Nothing of it is
// believed before probe.go has tried it.
func describe(value reflect.Value, tag string, within ...reflect.Type) *setting {
	value = held(value)
	kind := value.Type()
	if slices.Contains(within, kind) || len(within) > deepest {
		return &setting{Shape: "any"}
	}
	within = append(slices.Clone(within), kind)
	if look, isSpecial := special[path.Base(kind.String())]; isSpecial {
		return look(value, within)
	}
	if words, isChoice := choices[path.Base(kind.String())]; isChoice {
		return &setting{Shape: "string", Choices: words}
	}
	if isForeign(kind) {
		return &setting{Shape: "any", untried: true}
	}
	return described(value, tag, within)
}

// described goes by the kind of the type.
func described(value reflect.Value, tag string, within []reflect.Type) *setting {
	kind := value.Type()
	switch {
	case kind == durationType:
		return &setting{Shape: "duration"}
	case kind == secretType:
		return &setting{Shape: "string", Secret: true}
	case reflect.PointerTo(kind).Implements(textType):
		return &setting{Shape: "string"}
	}
	if inner, ok := optional(value); ok {
		found := describe(inner, tag, within...)
		if found.Shape == "struct" {
			found.Fields["enabled"] = &setting{Shape: "bool", perhaps: true}
		}
		return found
	}
	switch kind.Kind() {
	case reflect.Bool:
		return &setting{Shape: "bool"}
	case reflect.String:
		return &setting{Shape: "string"}
	case reflect.Float32, reflect.Float64:
		return &setting{Shape: "float"}
	case reflect.Slice, reflect.Array:
		return &setting{Shape: "list", Item: describe(reflect.Zero(kind.Elem()), tag, within...)}
	case reflect.Map:
		return &setting{Shape: "map", Item: describe(reflect.Zero(kind.Elem()), tag, within...)}
	case reflect.Struct:
		found := &setting{Shape: "struct", Name: path.Base(kind.String()), Fields: map[string]*setting{}}
		describeFields(found.Fields, value, tag, within)
		return found
	}
	if value.CanInt() || value.CanUint() {
		return &setting{Shape: "int"}
	}
	return &setting{Shape: "any"}
}

// vocabulary are the keys of all settings that were ever described.
var vocabulary = map[string]bool{}

// describeFields adds the fields of a struct, those of squashed ones among them.
func describeFields(
	into map[string]*setting, value reflect.Value, tag string, within []reflect.Type,
) {
	for i := range value.NumField() {
		field := value.Type().Field(i)
		name, squashed := key(field, tag)
		if field.Type == discoveryType {
			describeFields(into, discovered(), tag, within)
		}
		if name == "-" || !(field.IsExported() || squashed) {
			continue
		}
		if !squashed {
			vocabulary[name] = true
			into[name] = describe(value.Field(i), tag, within...)
			continue
		}
		inner := held(value.Field(i))
		if optional, ok := optional(inner); ok {
			inner = held(optional)
		}
		if inner.Kind() == reflect.Struct {
			describeFields(into, inner, tag, within)
		}
	}
}

// key is what a field is called in a config, and whether its own fields stand there
// instead of it. Of a field that takes all other keys, nothing stands there.
func key(field reflect.StructField, tag string) (name string, squashed bool) {
	parts := strings.Split(field.Tag.Get(tag), ",")
	options := parts[1:]
	switch {
	case slices.Contains(options, "remain"):
		return "-", false
	case slices.Contains(options, "squash") || slices.Contains(options, "inline"):
		return "", true
	case parts[0] != "":
		return parts[0], false
	case tag == "yaml":
		return strings.ToLower(field.Name), false
	}
	return field.Name, false
}

// held is what pointers and interfaces lead to, made up where they lead nowhere.
func held(value reflect.Value) reflect.Value {
	for value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface {
		switch {
		case !value.IsNil():
			value = value.Elem()
		case value.Kind() == reflect.Pointer:
			value = reflect.Zero(value.Type().Elem())
		default:
			return value
		}
	}
	return value
}

// optional is the value inside a configoptional.Optional, set or not.
func optional(value reflect.Value) (reflect.Value, bool) {
	if path.Base(value.Type().PkgPath()) != "configoptional" {
		return value, false
	}
	return value.FieldByName("value"), true
}
