package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// unknown is a key that no component has.
const unknown = "no_such_setting"

// item stands in a path for the items of a list, entry for the values of a map.
const (
	item  = "[]"
	entry = "{}"
)

// samples are values by the words that the catalogue uses for them. A word counts as
// refused only when all its values are.
var samples = map[string][]any{
	"null":          {nil},
	"bool":          {true, false},
	"number":        {7, 0},
	"float":         {1.5},
	"negative":      {-7},
	"text":          {"some words", ""},
	"quoted-number": {"7", "0"},
	"quoted-bool":   {"true", "false"},
	"duration":      {"10s", "1m30s"},
	"malformed":     {"often", "10 seconds", "10"},
	"word":          {"propagate", "resource", "proto", "move"},
	"timestamp":     {time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
	"list":          {[]any{}, []any{"some words"}, []any{map[string]any{unknown: 7}}},
	"map":           {map[string]any{}, map[string]any{unknown: "some words"}},
}

// telling are the words that may be recorded for a shape. Of a text that is only one of
// a few, it would be wrong to say that it refuses text.
var telling = map[string][]string{
	"any":      {},
	"string":   {"null", "bool", "number", "float", "list", "map", "timestamp"},
	"bool":     {"null", "number", "float", "text", "quoted-number", "quoted-bool", "list", "map", "timestamp"},
	"int":      {"null", "bool", "float", "negative", "text", "quoted-number", "quoted-bool", "list", "map", "timestamp"},
	"float":    {"null", "bool", "number", "negative", "text", "quoted-number", "quoted-bool", "list", "map", "timestamp"},
	"duration": {"null", "bool", "number", "float", "malformed", "quoted-bool", "list", "map", "timestamp"},
	"list":     {"null", "bool", "number", "float", "text", "map", "timestamp"},
	"map":      {"null", "bool", "number", "float", "text", "list", "timestamp"},
	"struct":   {"null", "bool", "number", "float", "text", "list", "timestamp"},
}

// prober tries settings on a real decoder.
type prober struct {
	// decode is all that happens to a whole config before its components are made.
	decode func(any) error
	// around are the settings that a struct must have to be decoded at all, by path.
	around map[string]map[string]any
	// demanding are the paths below which one setting decides what another must be.
	demanding []string
	// unproven takes the paths of which nothing could be found out.
	unproven func(path string)
}

// prove keeps of a setting what the decoder confirms. It is false when the decoder does
// not know it.
func (p *prober) prove(s *setting, at []string) bool {
	if s.untried {
		return true
	}
	if names := slices.Sorted(maps.Keys(s.Variants)); len(names) > 0 {
		p = p.with(at, map[string]any{"type": names[0]})
	}
	accepted, refused := p.try(at)
	s.Choices = p.chosen(s.Choices, at)
	if len(accepted)+len(s.Choices) == 0 {
		if p.isUnknown(at) {
			return false
		}
		p.unproven(strings.Join(at, "."))
		*s = setting{Shape: "any", Secret: s.Secret}
		return true
	}
	if own := holds[s.Shape]; own != "" && !slices.Contains(accepted, own) {
		*s = setting{Shape: fallback(accepted), Secret: s.Secret}
	}
	s.Rejects = slices.DeleteFunc(slices.Clone(telling[s.Shape]), func(word string) bool {
		return !slices.Contains(refused, word) || word == "null" && p.isRequired(at)
	})
	switch s.Shape {
	case "list":
		p.proveItem(s, append(at, item))
	case "map":
		p.proveItem(s, append(at, entry))
	case "struct":
		p.proveFields(s, at)
		p.proveVariants(s, at)
	}
	return true
}

// isRequired is true of what cannot be left empty only because of another setting.
func (p *prober) isRequired(at []string) bool {
	return slices.ContainsFunc(p.demanding, func(path string) bool {
		return strings.HasPrefix(strings.Join(at, "."), path)
	})
}

func (p *prober) proveFields(s *setting, at []string) {
	s.Closed = p.isUnknown(append(slices.Clone(at), unknown)) && p.hidesNone(s, at)
	for _, name := range slices.Sorted(maps.Keys(s.Fields)) {
		field := s.Fields[name]
		if !p.prove(field, append(slices.Clone(at), name)) {
			delete(s.Fields, name)
			// Who takes not all that the type has may take what the type has not.
			s.Closed = s.Closed && field.perhaps
		}
	}
}

// proveVariants keeps none where a type that nobody knows is taken, too.
func (p *prober) proveVariants(s *setting, at []string) {
	if p.decode(p.config(at, map[string]any{"type": unknown})) == nil {
		s.Variants = nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.Variants)) {
		if !p.with(at, map[string]any{"type": name}).prove(s.Variants[name], at) {
			delete(s.Variants, name)
		}
	}
}

// with is the prober that never leaves these settings out of the struct at a path.
func (p *prober) with(at []string, needed map[string]any) *prober {
	around := maps.Clone(p.around)
	if around == nil {
		around = map[string]map[string]any{}
	}
	around[strings.Join(at, ".")] = needed
	changed := *p
	changed.around = around
	return &changed
}

// holds are the words that a value of a shape must be able to have.
var holds = map[string]string{
	"bool": "bool", "int": "number", "float": "float", "list": "list", "map": "map", "struct": "map",
}

// fallback is the shape of something that is not what its type says.
func fallback(accepted []string) string {
	if slices.Contains(accepted, "text") {
		return "string"
	}
	return "any"
}

func (p *prober) proveItem(s *setting, at []string) {
	if s.Item != nil && !p.prove(s.Item, slices.Clone(at)) {
		s.Item = nil
	}
}

// try sorts the words for values by what the decoder makes of them at a path.
func (p *prober) try(at []string) (accepted, refused []string) {
	for _, word := range slices.Sorted(maps.Keys(samples)) {
		isRefused := true
		for _, value := range samples[word] {
			if p.decode(p.config(at, value)) == nil {
				isRefused = false
			}
		}
		switch {
		case isRefused:
			refused = append(refused, word)
		case word != "null":
			accepted = append(accepted, word)
		}
	}
	return accepted, refused
}

// chosen are the words when the decoder takes each of them, and no other text.
func (p *prober) chosen(words, at []string) []string {
	if p.decode(p.config(at, "some words")) == nil {
		return nil
	}
	for _, word := range words {
		if p.decode(p.config(at, word)) != nil {
			return nil
		}
	}
	return words
}

// isUnknown is true when the decoder refuses the last key of a path by its name.
func (p *prober) isUnknown(at []string) bool {
	without := p.config(at[:len(at)-1], map[string]any{})
	if p.decode(without) != nil {
		return false
	}
	err := p.decode(p.config(at, "some words"))
	if err == nil {
		return false
	}
	return saysUnknown(err.Error(), at[len(at)-1])
}

// hidesNone tries every other key that any component has: a struct decoded by code of its
// own may take keys that its type does not show.
func (p *prober) hidesNone(s *setting, at []string) bool {
	others := map[string]any{}
	for key := range vocabulary {
		if _, is := s.Fields[key]; !is {
			others[key] = nil
		}
	}
	err := p.decode(p.config(at, others))
	if err == nil {
		return false
	}
	for _, list := range invalidKeys.FindAllStringSubmatch(err.Error(), -1) {
		for _, key := range strings.Split(list[1]+list[2], ", ") {
			delete(others, key)
		}
	}
	// Some stop at the first key that they do not know.
	maps.DeleteFunc(others, func(key string, _ any) bool {
		return p.isUnknown(append(slices.Clone(at), key))
	})
	for _, key := range slices.Sorted(maps.Keys(others)) {
		p.unproven(strings.Join(at, ".") + " hides " + key)
	}
	return len(others) == 0
}

var invalidKeys = regexp.MustCompile(`has invalid keys: (.*)|field (\S+) not found in type`)

func saysUnknown(complaint, key string) bool {
	for line := range strings.Lines(complaint) {
		names := strings.Contains(line, "invalid keys") || strings.Contains(line, "not found in type")
		if names && strings.Contains(line, key) || strings.Contains(line, "invalid scraper key") {
			return true
		}
	}
	return false
}

// config is a whole config with a value at a path.
func (p *prober) config(at []string, value any) any {
	value = p.surrounded(at, value)
	for i := len(at) - 1; i >= 0; i-- {
		switch at[i] {
		case item:
			value = []any{value}
		case entry:
			value = map[string]any{"traces": value}
		default:
			value = p.surrounded(at[:i], map[string]any{at[i]: value})
		}
	}
	return value
}

// surrounded adds to a struct what it cannot do without.
func (p *prober) surrounded(at []string, value any) any {
	inner, isStruct := value.(map[string]any)
	needed := p.around[strings.Join(at, ".")]
	if !isStruct || len(needed) == 0 {
		return value
	}
	whole := maps.Clone(needed)
	maps.Copy(whole, inner)
	return whole
}
