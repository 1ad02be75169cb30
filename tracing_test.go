package mainstay_test

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

// collector receives spans as collectors do.
type collector struct {
	*httptest.Server
	got  chan *tracepb.TracesData
	seen []*tracepb.Span
	text strings.Builder // of all that came
}

func newCollector(t *testing.T) *collector {
	c := &collector{got: make(chan *tracepb.TracesData, 100)}
	busy := true // the first one is refused, and has to come again
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if busy {
			busy = false
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			body = z
		}
		b, err := io.ReadAll(body)
		var data tracepb.TracesData
		if err == nil {
			err = proto.Unmarshal(b, &data)
		}
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || r.Header.Get("X-Token") != "of the collector" {
			t.Errorf("%s %v: %v", r.URL, r.Header, err)
		}
		c.got <- &data
	}))
	t.Cleanup(c.Close)
	return c
}

// trace waits for the spans of a trace until there are so many.
func (c *collector) trace(t *testing.T, id string, n int) map[string]*tracepb.Span {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		found := map[string]*tracepb.Span{}
		for _, s := range c.seen {
			if hex.EncodeToString(s.TraceId) == id {
				found[s.Name] = s
			}
		}
		if len(found) >= n {
			return found
		}
		select {
		case data := <-c.got:
			c.text.WriteString(prototext.Format(data))
			for _, r := range data.ResourceSpans {
				for _, s := range r.ScopeSpans {
					c.seen = append(c.seen, s.Spans...)
				}
			}
		case <-deadline:
			t.Fatalf("%d spans of trace %s, want %d: %v", len(found), id, n, found)
		}
	}
}

func attribute(s *tracepb.Span, name string) string {
	for _, a := range s.GetAttributes() {
		if a.Key == name {
			return strings.TrimSpace(prototext.MarshalOptions{}.Format(a.Value))
		}
	}
	return ""
}

// TestTraces: a collector is told what became of each request, down to the statement and its commit, in the trace of the caller, and nothing of anybody.
func TestTraces(t *testing.T) {
	c := newCollector(t)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	s := mainstaytest.Run(t, mainstay.Server{Dir: project(t, "mainstay.toml", "name = \"shop\"\n[telemetry]\notlp_endpoint = \""+c.URL+"\"\notlp_headers = { X-Token = \"of the collector\" }\n", "migrations/1_a.sql", notes)})
	const user = "11111111-1111-1111-1111-111111111111"
	const caller = "00f067aa0ba902b7"
	ask := func(n, flags, method, path, body string) {
		t.Helper()
		got := call(t, method, s.URL+path, body, "Authorization", "Bearer "+s.Token(user), "Content-Type", "application/json", "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e47"+n+"-"+caller+"-"+flags)
		if got.status >= 300 {
			t.Fatal(got)
		}
	}
	id := func(n string) string { return "4bf92f3577b34da6a3ce929d0e0e47" + n }
	ask("01", "01", "POST", "/rest/v1/notes", `{"body":"hush"}`)
	ask("02", "01", "GET", "/rest/v1/notes?body=eq.hush&select=id", "")
	ask("03", "00", "GET", "/rest/v1/notes?body=eq.hush&select=id", "") // its caller does not record
	ask("04", "01", "GET", "/rest/v1/notes?body=eq.hush&select=id", "")
	ask("05", "01", "GET", "/rest/v1/notes?body=eq.hush&select=id", "")
	call(t, "GET", s.URL+"/rest/v1/notes?id=eq.hush", "", "traceparent", "00-"+id("06")+"-"+caller+"-01")

	write := c.trace(t, id("01"), 6)
	root := write["POST /rest/v1"]
	for name, parent := range map[string]*tracepb.Span{"POST /rest/v1": nil, "admission": root, "authentication": root, "plan": root, "write": root, "commit": write["write"]} {
		of := caller
		if parent != nil {
			of = hex.EncodeToString(parent.SpanId)
		}
		x := write[name]
		if x == nil || hex.EncodeToString(x.ParentSpanId) != of {
			t.Errorf("%s is not below %s: %v", name, of, x)
			continue
		}
		if parent != nil && (x.StartTimeUnixNano < parent.StartTimeUnixNano || x.EndTimeUnixNano > parent.EndTimeUnixNano || x.EndTimeUnixNano < x.StartTimeUnixNano) {
			t.Errorf("%s is not within %s", name, parent.Name)
		}
	}
	check := func(span *tracepb.Span, name, want string) {
		t.Helper()
		if got := attribute(span, name); got != want {
			t.Errorf("%s of %v: %s, want %s", name, span.GetName(), got, want)
		}
	}
	check(root, "http.request.method", `string_value:"POST"`)
	check(root, "http.route", `string_value:"/rest/v1"`)
	check(root, "http.response.status_code", `int_value:201`)
	check(root, "mainstay.role", `string_value:"authenticated"`)
	check(write["write"], "db.response.returned_rows", "int_value:1")

	read := c.trace(t, id("02"), 5)["read"]
	if text := attribute(read, "db.query.text"); !strings.Contains(text, "SELECT") || !strings.Contains(text, "$") {
		t.Errorf("the statement is %s", text)
	}
	check(read, "db.response.returned_rows", "int_value:1")
	check(c.trace(t, id("05"), 3)["GET /rest/v1"], "mainstay.kept", "bool_value:true")
	bad := c.trace(t, id("06"), 5)
	check(bad["read"], "error.type", `string_value:"22P02"`)
	check(bad["GET /rest/v1"], "http.response.status_code", "int_value:400")
	for _, x := range c.seen {
		if hex.EncodeToString(x.TraceId) == id("03") {
			t.Error("a request is recorded whose caller does not record")
		}
	}
	if !strings.Contains(c.text.String(), `string_value:"shop"`) && !strings.Contains(c.text.String(), `"shop"`) {
		t.Error("the service has no name")
	}
	for _, word := range []string{"hush", user, "127.0.0.1", s.Publishable, s.Secret} {
		if strings.Contains(c.text.String(), word) {
			t.Errorf("%q has left", word)
		}
	}
}

// TestTracesOfTheEnvironment: the standard variables alone turn them on.
func TestTracesOfTheEnvironment(t *testing.T) {
	c := newCollector(t)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "X-Token=of%20the%20collector")
	t.Setenv("OTEL_SERVICE_NAME", "named outside")
	s := mainstaytest.Run(t, mainstay.Server{Dir: project(t, "mainstay.toml", "")})
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	call(t, "GET", s.URL+"/health/live", "", "traceparent", "00-"+id+"-00f067aa0ba902b7-01")
	c.trace(t, id, 1)
	if !strings.Contains(c.text.String(), "named outside") {
		t.Error("the service's name is not the environment's")
	}
}
