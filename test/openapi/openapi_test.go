package openapi

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

var (
	requests = flag.Int("requests", 600, "how many requests the fuzzer makes on each engine")
	seed     = flag.Uint64("seed", 1, "what the fuzzer's choices follow from")
)

const (
	shop  = "../../examples/shop"
	types = "testdata/types"
	ada   = "aaaaaaaa-0000-4000-8000-000000000001"
)

func TestMain(m *testing.M) { clustertest.Main(m) }

// engines runs a test on each engine, with a project.
func engines(t *testing.T, dir string, f func(t *testing.T, s *mainstaytest.Server)) {
	t.Run("embedded", func(t *testing.T) { f(t, mainstaytest.Run(t, mainstay.Server{Dir: dir})) })
	t.Run("PostgreSQL", func(t *testing.T) {
		f(t, mainstaytest.Run(t, mainstay.Server{Dir: dir, Database: clustertest.Database(t)}))
	})
}

// callers are the headers of those who ask: nobody, a customer, the owner's servers.
func callers(s *mainstaytest.Server) map[string]http.Header {
	return map[string]http.Header{
		"anon":          {"Apikey": {s.Publishable}},
		"authenticated": {"Apikey": {s.Publishable}, "Authorization": {"Bearer " + s.Token(ada)}},
		"service_role":  {"Apikey": {s.Secret}},
	}
}

func send(t *testing.T, r *http.Request) (*http.Response, []byte) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

func document(t *testing.T, s *mainstaytest.Server, head http.Header) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/openapi.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = head.Clone()
	resp, body := send(t, r)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the document: %s\n%s", resp.Status, body)
	}
	return body
}

func TestDocumentsAreTheSameOnBothEngines(t *testing.T) {
	seen := map[string]map[string]string{}
	engines(t, shop, func(t *testing.T, s *mainstaytest.Server) {
		for name, head := range callers(s) {
			if seen[name] == nil {
				seen[name] = map[string]string{}
			}
			seen[name][t.Name()] = string(document(t, s, head))
		}
	})
	for name, of := range seen {
		texts := slices.Sorted(maps.Values(of))
		if texts[0] != texts[len(texts)-1] {
			a, b := texts[0], texts[1]
			i := 0
			for i < min(len(a), len(b)) && a[i] == b[i] {
				i++
			}
			t.Errorf("%s: the documents differ at %d:\n%.200s\n%.200s", name, i, a[max(0, i-80):], b[max(0, i-80):])
		}
	}
}

func TestDocumentShowsOnlyWhatTheRoleMayDo(t *testing.T) {
	s := mainstaytest.Run(t, mainstay.Server{Dir: shop})
	paths := map[string]object{}
	for name, head := range callers(s) {
		var d struct{ Paths object }
		if err := json.Unmarshal(document(t, s, head), &d); err != nil {
			t.Fatal(err)
		}
		paths[name] = d.Paths
	}
	if anon := paths["anon"]["/rest/v1/rpc/place_order"]; anon != nil {
		t.Error("anon is shown place_order, which it may not call")
	}
	if paths["authenticated"]["/rest/v1/rpc/place_order"] == nil {
		t.Error("a customer is not shown place_order")
	}
	if len(paths["service_role"]) <= len(paths["anon"]) {
		t.Errorf("service_role is shown %d paths, anon %d", len(paths["service_role"]), len(paths["anon"]))
	}
	inside := func(role, path string) string {
		post, _ := paths[role][path].(object)["post"].(object)
		body, _ := post["requestBody"].(object)
		text, _ := body["description"].(string)
		_, names, _ := strings.Cut(text, "read: ")
		return names
	}
	for _, c := range [][3]string{
		{"service_role", "/rest/v1/categories", "`categories_parent_fkey` (an object), `categories` (an array), `products` (an array)."},
		{"service_role", "/rest/v1/cart_items", "`carts` (an object), `products` (an object)."},
		{"authenticated", "/rest/v1/orders", "`order_items` (an array), `products` (an array), `profiles` (an object)."},
		{"anon", "/rest/v1/orders", ""}, // writes nothing
	} {
		if got := inside(c[0], c[1]); got != c[2] {
			t.Errorf("%s may write along with %s: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// TestLinters runs other people's rules; lint/ruleset.yaml gives the exceptions with their reasons.
func TestLinters(t *testing.T) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("skipped: npm is not installed, so the linters cannot run")
	}
	if _, err := os.Stat("lint/node_modules/@redocly/cli"); err != nil {
		cmd := exec.Command(npm, "install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")
		cmd.Dir = "lint"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("skipped: the linters cannot be installed: %v\n%s", err, out)
		}
	}
	bin, err := filepath.Abs("lint/node_modules/.bin")
	if err != nil {
		t.Fatal(err)
	}
	lint := func(name string, text []byte) {
		path := filepath.Join(t.TempDir(), "openapi.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, line := range [][]string{{"spectral", "lint", path, "--ruleset", "ruleset.yaml", "--fail-severity", "warn"}, {"redocly", "lint", path}} {
			cmd := exec.Command(filepath.Join(bin, line[0]), line[1:]...)
			cmd.Dir = "lint"
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s, %s: %v\n%.4000s", name, line[0], err, out)
			}
		}
	}
	s := mainstaytest.Run(t, mainstay.Server{Dir: shop})
	for name, head := range callers(s) {
		lint("shop as "+name, document(t, s, head))
	}
	s = mainstaytest.Run(t, mainstay.Server{Dir: types})
	lint("types", document(t, s, callers(s)["service_role"]))
}

// TestNoAnswerIsOutsideTheDocument makes requests up from the document, valid and not, and compares each answer with what the document says.
func TestNoAnswerIsOutsideTheDocument(t *testing.T) {
	t.Run("shop", func(t *testing.T) { fuzz(t, shop) })
	t.Run("types", func(t *testing.T) { fuzz(t, types) })
}

func fuzz(t *testing.T, dir string) {
	engines(t, dir, func(t *testing.T, s *mainstaytest.Server) {
		who := callers(s)
		for i, name := range slices.Sorted(maps.Keys(who)) {
			t.Run(name, func(t *testing.T) {
				f := &fuzzer{t: t, url: s.URL, head: who[name], rng: rand.New(rand.NewPCG(*seed, uint64(i))), statuses: map[int]int{}}
				if err := json.Unmarshal(document(t, s, who[name]), &f.doc.root); err != nil {
					t.Fatal(err)
				}
				f.run(*requests / len(who))
				t.Logf("answers by status: %v", f.statuses)
			})
		}
	})
}

type fuzzer struct {
	t        *testing.T
	url      string
	head     http.Header
	doc      description
	rng      *rand.Rand
	all      []operation
	statuses map[int]int
}

// operation is what the document says of a method of a path.
type operation struct {
	path, method string
	item         object
}

func (f *fuzzer) run(n int) {
	paths := f.doc.root["paths"].(object)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, method := range slices.Sorted(maps.Keys(paths[path].(object))) {
			f.all = append(f.all, operation{path, strings.ToUpper(method), f.doc.deref(paths[path].(object)[method])})
		}
	}
	for i := range max(n, len(f.all)) {
		f.one(f.all[i%len(f.all)])
	}
}

func (f *fuzzer) chance(percent int) bool { return f.rng.IntN(100) < percent }

func pick[T any](f *fuzzer, list ...T) T { return list[f.rng.IntN(len(list))] }

// odd are values that break things.
var odd = []string{"", "null", "-1", "99999999999999999999", "1e400", "NaN", "'", `"`, "%", "(", "eq.", "{}", "[", "é", "\U0001F600", "a\x00b", "\xff", "infinity", "2026-02-31", "true", strings.Repeat("x", 3000)}

// A made request is one for an operation.
type made struct {
	target string // path and query
	head   http.Header
	body   any // before it is broken
	text   []byte
	plain  bool // the rows have the document's own form
}

// make makes a request for an operation up.
func (f *fuzzer) make(o operation) made {
	query := url.Values{}
	m := made{target: o.path, head: http.Header{}, plain: true}
	parameters, _ := o.item["parameters"].([]any)
	for _, p := range parameters {
		p := f.doc.deref(p)
		if name := p["name"].(string); p["required"] == true && !f.chance(10) || f.chance(12) {
			v := f.parameter(name, p)
			if p["in"] == "header" {
				if !strings.ContainsAny(v, "\x00\n\r") && strings.IndexByte(v, 0xff) < 0 {
					m.head.Set(name, v)
				}
				continue
			}
			m.plain = m.plain && name != "select"
			query.Set(name, v)
		}
	}
	if b := f.doc.deref(o.item["requestBody"]); b != nil {
		forms := b["content"].(object)
		if o.path == batch && f.chance(85) {
			m.body = f.requests()
		} else {
			m.body = f.value(f.doc.deref(forms["application/json"])["schema"], 0)
		}
		m.text, _ = json.Marshal(m.body)
		kind := "application/json"
		switch {
		case f.chance(5):
			m.text = m.text[:f.rng.IntN(len(m.text)+1)]
		case f.chance(4):
			kind = pick(f, "text/csv", "application/x-www-form-urlencoded", "image/png", "text/plain")
		}
		m.head.Set("Content-Type", kind)
	}
	if f.chance(15) {
		m.head.Set("Accept", pick(f, "application/json", "application/vnd.pgrst.object+json", "text/csv", "image/png", "*/*"))
	}
	if len(query) > 0 {
		m.target += "?" + query.Encode()
	}
	return m
}

const (
	door  = "/rest/v1"
	batch = door + "/batch"
)

// requests are those of a batch: made up for other operations.
func (f *fuzzer) requests() []any {
	list := []any{}
	for range 1 + f.rng.IntN(3) {
		o := pick(f, f.all...)
		if !strings.HasPrefix(o.path, door) || o.path == batch && !f.chance(5) {
			continue
		}
		m := f.make(o)
		part := object{"method": o.method, "path": strings.TrimPrefix(m.target, door)}
		headers := object{}
		for name := range m.head {
			if name != "Idempotency-Key" || f.chance(5) {
				headers[name] = m.head.Get(name)
			}
		}
		if kind := m.head.Get("Content-Type"); kind == "" || kind == "application/json" {
			part["body"] = m.body
		} else {
			part["body"] = string(m.text)
		}
		part["headers"] = headers
		if f.chance(30) {
			part["id"] = pick[any](f, 1, "a", nil, true)
		}
		list = append(list, part)
	}
	return list
}

// one makes a request for an operation and judges the answer.
func (f *fuzzer) one(o operation) {
	m := f.make(o)
	r, err := http.NewRequestWithContext(f.t.Context(), o.method, f.url+m.target, bytes.NewReader(m.text))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header = m.head
	maps.Copy(r.Header, f.head)
	resp, answer := send(f.t, r)
	f.statuses[resp.StatusCode]++
	if bad := f.judge(o.item, resp, answer, m.plain); bad != "" {
		f.t.Errorf("%s\n%s %s\n%v\n%.500s\nwas answered %s %s\n%.600s", bad, o.method, m.target, m.head, m.text, resp.Status, resp.Header.Get("Content-Type"), answer)
	}
}

// judge says what of an answer is not in the document.
func (f *fuzzer) judge(item object, resp *http.Response, answer []byte, plain bool) string {
	if resp.StatusCode >= 500 {
		return "the server failed"
	}
	responses := item["responses"].(object)
	response := f.doc.deref(responses[fmt.Sprint(resp.StatusCode)])
	if response == nil {
		if response = f.doc.deref(responses["default"]); response == nil {
			return "the status is not in the document"
		}
	}
	forms, _ := response["content"].(object)
	if len(answer) == 0 {
		return ""
	}
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return "the media type: " + err.Error()
	}
	form := f.doc.deref(forms[kind])
	if form == nil {
		return "the media type is not in the document"
	}
	if !strings.HasSuffix(kind, "json") || resp.StatusCode < 300 && !plain {
		return ""
	}
	var v any
	if err := json.Unmarshal(answer, &v); err != nil {
		return "the body is no JSON: " + err.Error()
	}
	return f.doc.check(form["schema"], v, "body")
}

// parameter makes a value for a parameter.
func (f *fuzzer) parameter(name string, p object) string {
	if f.chance(15) {
		return pick(f, odd...)
	}
	switch name {
	case "select":
		return pick(f, "*", "id", "*,id::text", "x:id", "count()", "id,,", "nope", "*,orders(*)", "id->a")
	case "order":
		return pick(f, "id", "id.desc.nullslast", "nope.asc", "id.sideways", "created_at")
	case "columns", "on_conflict":
		return pick(f, "id", "nope", "id,name")
	case "and", "or":
		return pick(f, "(id.not.is.null,id.gt.0)", "(id.eq.1", "(nope.eq.1)", "()")
	case "Range":
		return pick(f, "0-1", "5-", "3-1", "x")
	case "Idempotency-Key":
		return pick(f, `"a"`, "b", fmt.Sprintf(`"%d"`, f.rng.IntN(20)), `"a`, "", "a, b")
	case "Prefer":
		return pick(f, "count=exact", "return=representation", "return=minimal", "count=exact,return=representation", "resolution=merge-duplicates", "handling=strict,nope=1", "missing=default", "count=planned", "timezone=Europe/Berlin", "handling=strict,max-affected=1")
	}
	s := f.doc.deref(p["schema"])
	if s["type"] == "integer" {
		return pick(f, "0", "1", "5", "100000", "9223372036854775807")
	}
	if examples, ok := p["examples"].(object); ok && f.chance(70) {
		name := pick(f, slices.Sorted(maps.Keys(examples))...)
		return examples[name].(object)["value"].(string)
	}
	return pick(f, "eq", "neq", "gt", "lte", "like", "ilike", "in", "is", "fts", "cs", "cd", "ov", "sl", "match", "not.eq", "nope", "eq(any)", "isdistinct") + "." + pick(f, append([]string{"(1,2)", "{1}", "*a*", "not_null", "1", "text", ada}, odd...)...)
}

// value makes JSON for a schema, mostly valid.
func (f *fuzzer) value(schema any, depth int) any {
	s := f.doc.deref(schema)
	if f.chance(4) || depth > 6 {
		return pick[any](f, nil, "odd", -1, 1e300, true, []any{}, object{}, "a\x00b", strings.Repeat("y", 500))
	}
	if list, ok := s["anyOf"].([]any); ok {
		return f.value(pick(f, list...), depth+1)
	}
	if list, ok := s["enum"].([]any); ok {
		return pick(f, list...)
	}
	kinds := texts(s["type"])
	if kinds == nil {
		return pick[any](f, nil, 1, "x", object{"a": []any{1}})
	}
	switch pick(f, kinds...) {
	case "null":
		return nil
	case "boolean":
		return f.chance(50)
	case "integer":
		return pick[any](f, 0, 1, 7, -5, 40000, 2147483647, 9007199254740993)
	case "number":
		return pick[any](f, 0, 1.5, -2, 1e10, 12345.678)
	case "array":
		list := []any{}
		for range f.rng.IntN(3) {
			list = append(list, f.value(s["items"], depth+1))
		}
		return list
	case "object":
		o := object{}
		required := texts(s["required"])
		properties, _ := s["properties"].(object)
		for _, k := range slices.Sorted(maps.Keys(properties)) {
			if slices.Contains(required, k) || f.chance(50) {
				o[k] = f.value(properties[k], depth+1)
			}
		}
		if f.chance(3) {
			o["nope"] = 1
		}
		return o
	}
	switch s["format"] {
	case "uuid":
		return pick[any](f, ada, "00000000-0000-4000-8000-000000000009", "nope")
	case "date":
		return pick[any](f, "2026-01-31", "2026-02-31", "infinity")
	case "date-time":
		return pick[any](f, "2026-01-31T12:00:00Z", "yesterday", "2026-01-31 25:00")
	}
	if f.chance(30) {
		return pick(f, odd...)
	}
	return pick(f, "text", "Ada", "a b", "x@example.com", "1")
}
