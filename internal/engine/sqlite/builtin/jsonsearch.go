package builtin

import (
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerJSONText registers text search in JSON values.
func registerJSONText(r registry) {
	vector := func(config, raw string, parts map[string]bool) datum {
		var lex []value.Lexeme
		pos := 0
		add := func(s string) {
			more, last := tsVector(config, s, pos)
			lex, pos = append(lex, more...), last
			if len(more) > 0 {
				pos++ // values do not touch, so that no phrase spans two
			}
		}
		var walk func(raw string)
		walk = func(raw string) {
			switch kind := value.JSONKind(raw); kind {
			case "object":
				for k, v := range value.Pairs(raw) {
					if parts["key"] {
						add(k)
					}
					walk(v)
				}
			case "array":
				for v := range value.Elems(raw) {
					walk(v)
				}
			default:
				if parts[kind] {
					add(value.UnquoteJSON(strings.TrimSpace(raw)))
				}
			}
		}
		walk(raw)
		return value.TSVectorDatum(lex)
	}
	for _, t := range []string{"json", "jsonb"} {
		r.fn(strings.ReplaceAll("to_tsvector(%) to_tsvector(regconfig,%)", "%", t), func(c *Ctx, a []datum) (datum, error) {
			config, a, err := c.tsConfig(a, 1)
			if err != nil {
				return value.Null, err
			}
			return vector(config, a[0].Str(), map[string]bool{"string": true}), nil
		})
		r.fn(strings.ReplaceAll("%_to_tsvector(%,jsonb) %_to_tsvector(regconfig,%,jsonb)", "%", t), func(c *Ctx, a []datum) (datum, error) {
			config, a, err := c.tsConfig(a, 2)
			if err != nil {
				return value.Null, err
			}
			parts, err := jsonParts(a[1].Str())
			if err != nil {
				return value.Null, err
			}
			return vector(config, a[0].Str(), parts), nil
		})
	}
	headlines(r, "json", func(s string, f func(string) string) string { return string(jsonTexts(nil, s, f)) })
	headlines(r, "jsonb", func(s string, f func(string) string) string { return value.NormalJSON(string(jsonTexts(nil, s, f))) })
}

// jsonParts reads what of a JSON value is searched, a text or an array of texts.
func jsonParts(raw string) (map[string]bool, error) {
	const possible = `Possible values are: "string", "numeric", "boolean", "key", and "all".`
	kinds := map[string]string{"string": "string", "numeric": "number", "boolean": "boolean", "key": "key"}
	list := []string{raw}
	switch value.JSONKind(raw) {
	case "object":
		return nil, fault.New(fault.InvalidParameterValue, "wrong flag type, only arrays and scalars are allowed")
	case "array":
		list = value.ElemsOf(raw)
	}
	parts := map[string]bool{}
	for _, e := range list {
		switch value.JSONKind(e) {
		case "string":
		case "object", "array":
			return nil, fault.New(fault.Internal, "unexpected end of flag array")
		default:
			return nil, fault.New(fault.InvalidParameterValue, "flag array element is not a string").WithHint(possible)
		}
		switch flag := value.UnquoteJSON(e); {
		case strings.EqualFold(flag, "all"):
			for _, k := range kinds {
				parts[k] = true
			}
		case kinds[strings.ToLower(flag)] != "":
			parts[kinds[strings.ToLower(flag)]] = true
		default:
			return nil, fault.New(fault.InvalidParameterValue, `wrong flag in flag array: "%s"`, flag).WithHint(possible)
		}
	}
	return parts, nil
}

// jsonTexts appends a JSON value without white space whose texts, but for the keys, are what f makes of them.
func jsonTexts(b []byte, raw string, f func(string) string) []byte {
	raw = strings.TrimSpace(raw)
	switch value.JSONKind(raw) {
	case "object":
		b = append(b, '{')
		first := true
		for k, v := range value.Pairs(raw) {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = jsonTexts(append(value.AppendJSONString(b, k), ':'), v, f)
		}
		return append(b, '}')
	case "array":
		b = append(b, '[')
		for i, v := range value.ElemsOf(raw) {
			if i > 0 {
				b = append(b, ',')
			}
			b = jsonTexts(b, v, f)
		}
		return append(b, ']')
	case "string":
		return value.AppendJSONString(b, f(value.UnquoteJSON(raw)))
	}
	return append(b, raw...)
}
