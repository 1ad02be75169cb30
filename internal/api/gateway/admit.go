package gateway

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/admission"
)

// Codes of requests that were not let in.
const (
	Overloaded = "overloaded"              // 503: all callers together want too much
	OverShare  = "over_request_rate_limit" // 429: this caller wants more than their share
	heldBody   = 64 << 10                  // bodies up to here have arrived before a slot is taken
	retrySoon  = 3                         // seconds: those who are refused are told one of so many times to come back, so that they do not come at once
	tellEvery  = time.Second               // between lines in the log about refusals
	networkV6  = 64                        // bits of an address that one customer of a network has
)

// admit lets a request into the door, or refuses it. While the slots are taken it waits.
func (g *gateway) admit(w *recorder, r *http.Request, d *Door) bool {
	gate := d.Writes
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		gate = d.Reads
	}
	if gate == nil {
		return true
	}
	if r.Body != http.NoBody {
		arrive(w, r)
	}
	w.asks = g.Caller
	w.request = r
	var asked time.Time
	if w.trace != nil {
		asked = g.Now()
	}
	err := gate.Enter(r.Context(), w, &w.pass)
	if w.trace != nil {
		w.trace.Part("admission", asked, g.Now())
	}
	if err == nil {
		return true
	}
	var full *admission.Refused
	if !errors.As(err, &full) {
		panic(http.ErrAbortHandler) // the client is gone
	}
	w.refused = true
	g.tell()
	w.Header().Set("Retry-After", strconv.Itoa(1+rand.IntN(retrySoon)))
	f := fault.New(Overloaded, "the server has more requests than it can answer").WithHint("Try again after the time that the header Retry-After says.").WithStatus(http.StatusServiceUnavailable)
	if full.Own {
		f = fault.New(OverShare, "too many requests at a time").WithHint("Ask less at a time, or again after the time that the header Retry-After says.").WithStatus(http.StatusTooManyRequests)
	}
	if d.Refuse == nil {
		WriteError(w, f)
		return false
	}
	d.Refuse(w, r, f)
	return false
}

// arrive waits for the body of a request, which may come slowly, so that no slot is held meanwhile: a short one arrives before the slot is taken; for the others it is given back.
func arrive(w *recorder, r *http.Request) {
	n := r.ContentLength
	if n < 0 || n > heldBody {
		r.Body = &lateBody{ReadCloser: r.Body, pass: &w.pass}
		return
	}
	b := make([]byte, n)
	read, err := io.ReadFull(r.Body, b)
	whole := io.Reader(bytes.NewReader(b[:read]))
	if err != nil {
		whole = io.MultiReader(whole, failing{err}) // the door tells
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{whole, r.Body}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// lateBody holds no slot while it is read.
type lateBody struct {
	io.ReadCloser
	pass *admission.Pass
	done bool
}

// Read reads.
func (b *lateBody) Read(p []byte) (int, error) {
	if !b.done {
		b.pass.Leave()
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil && !b.done {
		b.done = true
		b.pass.Return()
	}
	return n, err
}

// refusals counts those that the log has not told yet.
type refusals struct {
	mu   sync.Mutex
	n    int
	last time.Time
}

// tell writes to the log that requests are refused, from time to time.
func (g *gateway) tell() {
	now := g.Now()
	g.refusals.mu.Lock()
	g.refusals.n++
	n := g.refusals.n
	due := now.Sub(g.refusals.last) >= tellEvery
	if due {
		g.refusals.n, g.refusals.last = 0, now
	}
	g.refusals.mu.Unlock()
	if due {
		g.Log.Warn("overloaded: requests are refused", "refused", n)
	}
}

// Caller says who a request's caller is for sharing out: known, where it gives a name for a credential that has been verified before, otherwise the network that the request comes
// from, as a stranger can make up anything else.
func Caller(clientIP func(*http.Request) netip.Addr, known func(*http.Request) string) func(*http.Request) admission.Key {
	return func(r *http.Request) admission.Key {
		if name := known(r); name != "" {
			return admission.KeyOf(name)
		}
		a := clientIP(r)
		if a.Is6() {
			if p, err := a.Prefix(networkV6); err == nil {
				a = p.Addr()
			}
		}
		b := a.As16()
		return admission.KeyOf(string(b[:]))
	}
}
