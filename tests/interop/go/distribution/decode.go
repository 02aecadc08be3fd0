package main

import (
	"encoding/base64"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

type document struct {
	ID   string `json:"id"`
	YAML []byte `json:"yaml"`
}

type decoded struct {
	ID    string `json:"id"`
	OK    bool   `json:"ok"`
	Value any    `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

// decodeMany reads the documents of stdin with the parser that the Collector uses.
func decodeMany() error {
	return answer(os.Stdin, os.Stdout, decode)
}

func decode(asked document) decoded {
	var value any
	if err := yaml.Unmarshal(asked.YAML, &value); err != nil {
		return decoded{ID: asked.ID, Error: err.Error()}
	}
	return decoded{ID: asked.ID, OK: true, Value: typed(value)}
}

// typed wraps a value into an object whose one key tells its type: n null, s string,
// x base64 of bytes that are no text, b bool, i int, f float, t time, l list, m map
// (pairs, in the order of their keys as JSON).
func typed(value any) map[string]any {
	switch value := value.(type) {
	case nil:
		return map[string]any{"n": nil}
	case string:
		if !utf8.ValidString(value) {
			return map[string]any{"x": base64.StdEncoding.EncodeToString([]byte(value))}
		}
		return map[string]any{"s": value}
	case bool:
		return map[string]any{"b": value}
	case int, int64, uint64:
		return map[string]any{"i": fmt.Sprint(value)}
	case float64:
		return map[string]any{"f": float(value)}
	case time.Time:
		return map[string]any{"t": value.Format(time.RFC3339Nano)}
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = typed(item)
		}
		return map[string]any{"l": items}
	case map[string]any:
		return pairs(value)
	case map[any]any:
		return pairs(value)
	default:
		panic(fmt.Sprintf("the parser made a %T", value))
	}
}

func pairs[Key comparable](value map[Key]any) map[string]any {
	items := make([][2]any, 0, len(value))
	for key, item := range value {
		items = append(items, [2]any{typed(key), typed(item)})
	}
	sort.Slice(items, func(one, other int) bool {
		return fmt.Sprint(items[one][0]) < fmt.Sprint(items[other][0])
	})
	return map[string]any{"m": items}
}

// float is the shortest text that is read as the same number again, by Python as well.
func float(value float64) string {
	switch {
	case math.IsNaN(value):
		return "nan"
	case math.IsInf(value, 0):
		return strconv.FormatFloat(value, 'f', -1, 64)[:1] + "inf"
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}
