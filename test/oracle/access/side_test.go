package access_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

func TestMain(m *testing.M) { clustertest.Main(m) }

// A side is an engine with the REST door before it.
type side struct {
	name   string
	engine engine.Engine
	door   http.Handler
}

type callerKey struct{}

func newSide(t testing.TB, name string, e engine.Engine) *side {
	t.Cleanup(func() { _ = e.Close() })
	for _, role := range []string{keeper, editor} {
		err := e.Script(t.Context(), engine.Script{Text: "create role " + role, File: "roles.sql"}, engine.Discard{})
		if f := fault.As(err); err != nil && (f == nil || f.Code != "42710") {
			t.Fatal(err)
		}
	}
	if err := e.Script(t.Context(), engine.Script{Text: "grant authenticated to access_editor", File: "roles.sql"}, engine.Discard{}); err != nil {
		t.Fatal(err)
	}
	return &side{name: name, engine: e, door: rest.New(e, rest.Options{
		MaxRows: 1000, Plans: true, Secret: []byte("0123456789abcdef0123456789abcdef"), Plan: plan.Options{Aggregates: true},
		Now:      func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
		CallerOf: func(r *http.Request) (query.Caller, error) { return r.Context().Value(callerKey{}).(query.Caller), nil },
	})}
}

func embedded(t testing.TB) *side {
	e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: t.TempDir(), Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return newSide(t, "sqlite", e)
}

func server(t testing.TB) *side {
	url := clustertest.Copy(t, "access", func(url string) error {
		e, err := postgres.Open(context.Background(), postgres.Options{URL: url, MaxConns: 1}) // makes what every project takes for granted
		if err != nil {
			return err
		}
		return e.Close()
	})
	e, err := postgres.Open(context.Background(), postgres.Options{URL: url, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	return newSide(t, "postgres", e)
}

const clean = `set client_min_messages = warning; drop schema public cascade; create schema public;
grant usage on schema public, auth to anon, authenticated, service_role, access_keeper`

// build makes the side's database that of a world.
func (s *side) build(w *world) error {
	text := clean + ";\n" + strings.Join(append(w.sql(), w.tools()...), ";\n")
	return s.engine.Script(context.Background(), engine.Script{Text: text, File: "world.sql", Atomic: true}, engine.Discard{})
}

// A reply is what a side answers.
type reply struct {
	status int
	head   http.Header
	body   []byte
}

func (s *side) send(c query.Caller, method, target, body string, head ...string) reply {
	var r *http.Request
	if body == "" {
		r = httptest.NewRequest(method, target, nil)
	} else {
		r = httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range head {
		k, v, _ := strings.Cut(h, ": ")
		r.Header.Add(k, v)
	}
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	return reply{w.Code, w.Header(), w.Body.Bytes()}
}

func (s *side) ask(r *request) reply {
	return s.send(r.who.query(), r.method, r.target(), r.payload(), r.head()...)
}

func (r reply) String() string {
	var b strings.Builder
	fmt.Fprintln(&b, r.status)
	var keys []string
	for k := range r.head {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		fmt.Fprintf(&b, "%s: %s\n", k, strings.Join(r.head[k], ", "))
	}
	return b.String() + "\n" + string(r.body) + "\n"
}

// code is that of the error, "" for none.
func (r reply) code() string {
	if r.status < 400 {
		return ""
	}
	var e struct{ Code string }
	if json.Unmarshal(r.body, &e) != nil || e.Code == "" {
		return "status " + strconv.Itoa(r.status)
	}
	return e.Code
}

// total is the count that Content-Range tells, -1 for none.
func (r reply) total() int {
	_, n, _ := strings.Cut(r.head.Get("Content-Range"), "/")
	if total, err := strconv.Atoi(n); err == nil {
		return total
	}
	return -1
}

// canon is JSON in one form. The elements of the outermost list are sorted where their order means nothing.
func canon(body []byte, sorted bool) string {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "not JSON: " + string(body)
	}
	list, ok := v.([]any)
	if !ok {
		return asJSON(v)
	}
	return lines(list, sorted)
}

func lines(list []any, sorted bool) string {
	var out []string
	for _, x := range list {
		out = append(out, asJSON(x))
	}
	if sorted {
		slices.Sort(out)
	}
	return "[" + strings.Join(out, "\n ") + "]"
}

func asJSON(v any) string {
	text, _ := json.Marshal(v) // plain values marshal
	return string(text)
}

// differs says how a reply is not the answer that it must be; "" when it is.
func (a *answer) differs(r *request, got reply) string {
	if code := got.code(); code != a.code {
		if slices.Contains(a.instead, code) {
			return ""
		}
		return fmt.Sprintf("the code of the error is %q, want %q", code, a.code)
	}
	if a.code != "" {
		return ""
	}
	if r.count && got.total() != a.total {
		return fmt.Sprintf("the count is %d, want %d", got.total(), a.total)
	}
	if r.method != "GET" && !r.back {
		if len(got.body) > 0 {
			return "there is a body: " + string(got.body)
		}
		return ""
	}
	sorted := r.method != "GET"
	want := asJSON(a.value)
	if r.rel != "" {
		want = lines(a.rows, sorted)
		if r.one {
			want = asJSON(a.rows[0])
		}
	}
	if body := canon(got.body, sorted); body != want {
		return fmt.Sprintf("the answer is\n%s\nwant\n%s", body, want)
	}
	return ""
}

var otherDenied = regexp.MustCompile(`"message":"permission denied for (table|view|function) \w+"`)

// same says how two sides' replies differ; "" when they do not.
func same(r *request, a, b reply) string {
	if a.status != b.status {
		return fmt.Sprintf("the status is %d, PostgreSQL's is %d", b.status, a.status)
	}
	for _, k := range []string{"Content-Range", "Content-Type", "Preference-Applied", "Location", "Proxy-Status"} {
		if x, y := a.head.Get(k), b.head.Get(k); x != y {
			return fmt.Sprintf("%s is %q, PostgreSQL's is %q", k, y, x)
		}
	}
	if otherDenied.Match(a.body) && otherDenied.Match(b.body) {
		return "" // which of several relations is named is the planner's choice
	}
	if bytes.Equal(a.body, b.body) || r.method != "GET" && r.back && canon(a.body, true) == canon(b.body, true) {
		return ""
	}
	return fmt.Sprintf("the answer is\n%s\nPostgreSQL's is\n%s", b.body, a.body)
}

// again gives the side's world its rows anew, after a script.
func (s *side) again(w *world, script []string) error {
	if script != nil {
		if err := s.engine.Script(context.Background(), engine.Script{Text: strings.Join(script, ";\n"), File: "rules.sql", Atomic: true}, engine.Discard{}); err != nil {
			return err
		}
	}
	rows := map[string][]row{}
	for _, t := range w.tables {
		rows[t.name] = t.rows
	}
	got := s.send((&caller{role: service}).query(), "POST", "/rpc/access_fill", asJSON(map[string]any{"r": rows}))
	if got.status >= 300 {
		return fmt.Errorf("filling: %s", got)
	}
	return nil
}

// rows are all that the side's tables hold.
func (s *side) rows() (map[string][]any, error) {
	got := s.send((&caller{role: service}).query(), "GET", "/rpc/access_state", "")
	if got.status != 200 {
		return nil, fmt.Errorf("reading all rows: %s", got)
	}
	d := json.NewDecoder(bytes.NewReader(got.body))
	d.UseNumber()
	var all map[string][]any
	return all, d.Decode(&all)
}

// state is what the side's tables hold, as text.
func (s *side) state(w *world) (map[string]string, error) {
	all, err := s.rows()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, t := range w.tables {
		out[t.name] = lines(all[t.name], false)
	}
	return out, nil
}

func (m *model) state() map[string]string {
	out := map[string]string{}
	for _, t := range m.w.tables {
		list := slices.Clone(m.rows[t.name])
		slices.SortFunc(list, func(a, b row) int { return order(a["id"], b["id"]) })
		var all []any
		for _, r := range list {
			all = append(all, map[string]any(r))
		}
		out[t.name] = lines(all, false)
	}
	return out
}
