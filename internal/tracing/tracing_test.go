package tracing

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// TestCallersDecideNothing: a trace id that a caller has chosen is recorded no more often than others, and what callers keep with a trace has a bound.
func TestCallersDecideNothing(t *testing.T) {
	const n = 2000
	tracer, err := New(t.Context(), Options{Endpoint: "http://127.0.0.1:1", Ratio: 0.1, Service: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(parent, state string) (*http.Request, *Request) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Traceparent", parent)
		r.Header.Set("Tracestate", state)
		return tracer.Begin(r, time.Now())
	}
	const chosen = "00-00000000000000010000000000000001-00f067aa0ba902b7-01" // an id whose number is small
	recorded := 0
	for range n {
		if _, q := ask(chosen, ""); q != nil {
			recorded++
		}
	}
	if recorded < n/20 || recorded > n/5 {
		t.Errorf("%d of %d requests are recorded, where one in ten is to be", recorded, n)
	}
	if _, q := ask("00-00000000000000010000000000000001-00f067aa0ba902b7-00", ""); q != nil {
		t.Error("a request is recorded whose caller does not record")
	}
	for state, want := range map[string]int{"a=" + strings.Repeat("x", 200): 202, "a=" + strings.Repeat("x", 255) + ",b=" + strings.Repeat("x", 255): 0} {
		for {
			r, q := ask(chosen, state)
			if q == nil {
				continue
			}
			if got := len(trace.SpanContextFromContext(r.Context()).TraceState().String()); got != want {
				t.Errorf("%d bytes are kept of %d, want %d", got, len(state), want)
			}
			break
		}
	}
}
