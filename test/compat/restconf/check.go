package restconf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Answer is a response.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Check says what is wrong with an answer; nothing when it is as expected.
func (c *Case) Check(a *Answer) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	e := &c.Expect
	if a.Status != e.Status {
		say("status %d, want %d", a.Status, e.Status)
	}
	for k, want := range e.Headers {
		if got := strings.Join(a.Header.Values(k), "\n"); got != want {
			say("header %s: %q, want %q", k, got, want)
		}
	}
	for _, k := range e.HeadersPresent {
		if a.Header.Get(k) == "" {
			say("no header %s", k)
		}
	}
	for _, k := range e.HeadersAbsent {
		if v := a.Header.Get(k); v != "" {
			say("header %s: %q, want none", k, v)
		}
	}
	for k, pattern := range e.HeadersMatch {
		if ok, err := regexp.MatchString(pattern, a.Header.Get(k)); err != nil || !ok {
			say("header %s: %q does not match %s", k, a.Header.Get(k), pattern)
		}
	}
	for k, words := range e.HeadersAbsentInValue {
		for _, w := range words {
			if strings.Contains(a.Header.Get(k), w) {
				say("header %s: %q has %s", k, a.Header.Get(k), w)
			}
		}
	}
	if e.HeadersNoBlank && a.Header.Get("") != "" {
		say("a header without a name")
	}
	for _, n := range []*yaml.Node{&e.BodyExact, &e.BodyJSON} {
		checkBody(n, a.Body, say)
	}
	if e.BodyRaw != nil && string(a.Body) != *e.BodyRaw {
		say("body %q, want %q", a.Body, *e.BodyRaw)
	}
	switch want := e.BodyContains.(type) {
	case string:
		if !bytes.Contains(a.Body, []byte(want)) {
			say("body %q has no %q", a.Body, want)
		}
	case []any:
		for _, w := range want {
			if !bytes.Contains(a.Body, []byte(fmt.Sprint(w))) {
				say("body %q has no %q", a.Body, w)
			}
		}
	}
	if len(e.BodyJSONPath) > 0 {
		checkPaths(e.BodyJSONPath, a.Body, say)
	}
	return wrong
}

// checkBody compares a JSON body, decoded. No body is wanted by null and by the empty string.
func checkBody(n *yaml.Node, body []byte, say func(string, ...any)) {
	if n.Kind == 0 {
		return
	}
	var want any
	if err := n.Decode(&want); err != nil {
		say("the case's body: %v", err)
		return
	}
	if want == nil || want == "" {
		if len(body) > 0 && want == "" {
			say("body %q, want none", body)
		}
		return
	}
	got, err := decode(body)
	if err != nil {
		say("body %q is no JSON", body)
		return
	}
	if want = normal(want); !reflect.DeepEqual(got, want) {
		w, _ := json.Marshal(want) // came from YAML without cycles
		say("body %s\n\twant %s", body, w)
	}
}

func decode(body []byte) (any, error) {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return nil, err
	}
	return v, nil
}

// normal turns what YAML decodes into what JSON decodes.
func normal(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	out, err := decode(b)
	if err != nil {
		return v
	}
	return out
}

func checkPaths(checks []PathCheck, body []byte, say func(string, ...any)) {
	doc, err := decode(body)
	if err != nil {
		say("body %.200q is no JSON", body)
		return
	}
	for _, p := range checks {
		got, found := lookUp(doc, p.Path)
		switch {
		case p.Absent != nil && *p.Absent:
			if found {
				say("%s is there", p.Path)
			}
		case p.Present != nil || p.Exists != nil:
			if !found {
				say("%s is not there", p.Path)
			}
		case p.Equals.Kind != 0:
			var want any
			if err := p.Equals.Decode(&want); err != nil {
				say("%s: %v", p.Path, err)
			}
			if want = normal(want); !reflect.DeepEqual(got, want) {
				say("%s is %v, want %v", p.Path, got, want)
			}
		}
	}
}

var pathStep = regexp.MustCompile(`^(?:\.([^.\[]+)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+)\])`)

// lookUp follows a path such as $.a['b'][0].
func lookUp(doc any, path string) (any, bool) {
	rest := strings.TrimPrefix(path, "$")
	for rest != "" {
		m := pathStep.FindStringSubmatch(rest)
		if m == nil {
			return nil, false
		}
		rest = rest[len(m[0]):]
		if m[4] != "" {
			list, ok := doc.([]any)
			i, err := strconv.Atoi(m[4])
			if !ok || err != nil || i >= len(list) {
				return nil, false
			}
			doc = list[i]
			continue
		}
		obj, ok := doc.(map[string]any)
		if !ok {
			return nil, false
		}
		if doc, ok = obj[m[1]+m[2]+m[3]]; !ok {
			return nil, false
		}
	}
	return doc, true
}
