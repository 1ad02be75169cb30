package mainstay

import (
	"net/http"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/admission"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/metrics"
)

// gates are what requests are let in by; nil where the project wants no bound. Each kind has its own, so that no kind takes the slots of another: reads go on while
// writes wait for the one writer, and both while passwords are hashed. Health and metrics have none.
type gates struct{ reads, writes, signIn, operators, pages *admission.Gate }

// aside says which requests to the door of sign-in do not wait with those who sign in: what it says of itself costs no more than a refusal, and administration has a gate of its own.
func (g *gates) aside(r *http.Request) (*admission.Gate, bool) {
	switch r.URL.Path {
	case "/health", "/settings", "/.well-known/jwks.json":
		return nil, true
	}
	return g.operators, strings.HasPrefix(r.URL.Path, "/admin/")
}

const (
	leastPlaces = 32 // so many may wait, however slow requests are: a page that asks for much at once is no overload
	readTime    = 5 * time.Millisecond
	writeTime   = 25 * time.Millisecond // group commit is the better the more writes wait together
	leastWrites = 16                    // likewise, on a disk that takes long
	leastReads  = 4
)

// gates makes them and lets them be counted.
func (a *app) gates(counts *metrics.Metrics) (g gates) {
	c := &a.project.Config.API.Overload
	if c.Slots < 0 {
		return g
	}
	parallel := 0
	if m, ok := a.engine.(engine.Measured); ok {
		parallel = m.Parallel()
	}
	make := func(kind string, slots, floor int, work time.Duration) *admission.Gate {
		gate := admission.New(admission.Options{
			Slots: slots, Floor: floor, Places: c.Waiting, LeastPlaces: leastPlaces, Work: work, Wait: c.Wait, Longest: c.Longest,
		})
		read := func(name, help string, counter bool, of func(admission.Status) float64, labels ...string) {
			counts.Read("mainstay_admission_"+name, help, counter, func() float64 { return of(gate.Status()) }, append(labels, "kind", kind)...)
		}
		read("running", "Requests that hold a slot.", false, func(s admission.Status) float64 { return float64(s.Running) })
		read("waiting", "Requests that wait for a slot.", false, func(s admission.Status) float64 { return float64(s.Waiting) })
		read("slots", "Slots at present.", false, func(s admission.Status) float64 { return float64(s.Slots) })
		read("refused_total", "Requests that were not let in.", true, func(s admission.Status) float64 { return float64(s.RefusedAll) }, "status", "503")
		read("refused_total", "Requests that were not let in.", true, func(s admission.Status) float64 { return float64(s.RefusedOwn) }, "status", "429")
		return gate
	}
	g.reads = make("read", c.Slots, max(parallel, 2*cores, leastReads), readTime)
	g.writes = make("write", c.Slots, max(parallel, leastWrites), writeTime)
	// Most of the time of sign-in is waiting: for a hash, a mail server's address, another provider. Hashes have a queue of their own.
	g.signIn = make("sign-in", 2*c.Slots, 2*c.Slots, writeTime)
	g.operators = make("operator", c.Slots, c.Slots, writeTime)
	g.pages = make("page", c.Slots, max(2*cores, leastReads), writeTime)
	return g
}
