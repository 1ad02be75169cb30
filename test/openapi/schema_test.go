package openapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// A description is a document, for looking things up.
type description struct{ root object }

// deref follows references within the document.
func (d description) deref(v any) object {
	o, _ := v.(object)
	for o != nil {
		ref, ok := o["$ref"].(string)
		if !ok {
			return o
		}
		var at any = d.root
		for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			at = at.(object)[step]
		}
		o, _ = at.(object)
	}
	return nil
}

// check validates a value by the keywords that the documents use, and says what does not fit; "" for nothing.
func (d description) check(schema any, v any, at string) string {
	s := d.deref(schema)
	if list, ok := s["anyOf"].([]any); ok {
		var all []string
		for _, one := range list {
			e := d.check(one, v, at)
			if e == "" {
				return ""
			}
			all = append(all, e)
		}
		return strings.Join(all, "; ")
	}
	kind := kindOf(v)
	if want := texts(s["type"]); want != nil && !slices.Contains(want, kind) && !(kind == "integer" && slices.Contains(want, "number")) {
		return fmt.Sprintf("%s: %v is %s, not %v", at, v, kind, want)
	}
	if list, ok := s["enum"].([]any); ok && !slices.Contains(list, v) {
		return fmt.Sprintf("%s: %v is none of %v", at, v, list)
	}
	switch v := v.(type) {
	case string:
		if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v) {
			return fmt.Sprintf("%s: %q does not match %s", at, v, p)
		}
	case []any:
		for i, e := range v {
			if bad := d.check(s["items"], e, fmt.Sprintf("%s[%d]", at, i)); bad != "" {
				return bad
			}
		}
	case object:
		properties, _ := s["properties"].(object)
		for _, name := range texts(s["required"]) {
			if _, ok := v[name]; !ok {
				return at + ": lacks " + name
			}
		}
		for k, e := range v {
			if p, ok := properties[k]; ok {
				if bad := d.check(p, e, at+"."+k); bad != "" {
					return bad
				}
			} else if s["additionalProperties"] == false {
				return at + ": has " + k
			}
		}
	}
	return ""
}

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

// texts reads a string or a list of them.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, len(v))
		for i, e := range v {
			out[i], _ = e.(string)
		}
		return out
	}
	return nil
}
