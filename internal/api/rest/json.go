package rest

import "github.com/mainstay-dev/mainstay/internal/engine/plan"

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte { return plan.AppendJSONString(b, s) }

// appendStripped appends a JSON value without the keys whose value is null, at every depth, and without space between tokens: what
// PostgreSQL's json_strip_nulls makes of it. The text is valid JSON.
func appendStripped(b []byte, s string) []byte {
	raw := []byte(s)
	i := skipSpace(raw, 0)
	return strip(b, raw[i:skipValue(raw, i)])
}

func strip(b, raw []byte) []byte {
	first := true
	comma := func() {
		if !first {
			b = append(b, ',')
		}
		first = false
	}
	switch raw[0] {
	case '{':
		b = append(b, '{')
		walkObject(raw, func(key string, v []byte) {
			if string(v) == "null" {
				return
			}
			comma()
			b = append(appendString(b, key), ':')
			b = strip(b, v)
		})
		return append(b, '}')
	case '[':
		b = append(b, '[')
		elements(raw, func(v []byte) {
			comma()
			b = strip(b, v)
		})
		return append(b, ']')
	}
	return append(b, raw...)
}
