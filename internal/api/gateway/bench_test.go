package gateway

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/admission"
)

// BenchmarkServe is the gateway's own cost, with and without a gate.
func BenchmarkServe(b *testing.B) {
	door := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	gate := admission.New(admission.Options{Slots: 256, Floor: 4, Places: 1024, LeastPlaces: 32, Work: 5 * time.Millisecond, Wait: 100 * time.Millisecond, Longest: time.Second})
	for name, d := range map[string]Door{"open": {Prefix: "/rest/v1", Handler: door}, "gate": {Prefix: "/rest/v1", Handler: door, Reads: gate, Writes: gate}} {
		b.Run(name, func(b *testing.B) {
			h := New(Options{Log: slog.New(slog.DiscardHandler), Doors: []Door{d}})
			r := httptest.NewRequest(http.MethodGet, "/rest/v1/notes", nil)
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				r.URL.Path = "/rest/v1/notes"
				clear(w.Header())
				h.ServeHTTP(w, r)
			}
		})
	}
}
