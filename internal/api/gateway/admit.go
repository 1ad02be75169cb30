package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
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
	heldAtAll  = 16 << 20                  // all of them together
	slowWrite  = 10 * time.Millisecond     // a client that takes longer to take in a part of its answer holds no slot meanwhile
	longTurn   = 50 * time.Millisecond     // an answer that is sent in parts lets others have their turn after that
	tellEvery  = time.Second               // between lines in the log about refusals
	networkV6  = 64                        // bits of an address that one customer of a network has
)

// gate is the one that a request has to pass; nil for none.
func (d *Door) gate(r *http.Request) *admission.Gate {
	if d.Apart != nil {
		if gate, ok := d.Apart(r); ok {
			return gate
		}
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return d.Reads
	}
	return d.Writes
}

// admit lets a request into the door, or refuses it. While the slots are taken it waits.
func (g *gateway) admit(w *recorder, r *http.Request, d *Door) bool {
	gate := d.gate(r)
	if gate == nil {
		return true
	}
	w.asks = g.Caller
	w.request = r
	var asked time.Time
	if w.trace != nil {
		asked = g.Now()
	}
	var err error
	if r.Body != http.NoBody {
		if err = gate.Refuses(w); err == nil { // before anything of the body is read
			g.arrive(w, r)
		}
	}
	if err == nil {
		err = gate.Enter(r.Context(), w, &w.pass)
	}
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
	w.Header()["Retry-After"] = retryAfter[rand.IntN(len(retryAfter))]
	f := overloaded
	if full.Own {
		f = overShare
	}
	if d.Refuse == nil {
		WriteError(w, f)
		return false
	}
	d.Refuse(w, r, f)
	return false
}

// What those who are refused are told. They are told one of several times to come back, in seconds, so that they do not come at once.
var (
	retryAfter = [...][]string{{"1"}, {"2"}, {"3"}}
	overloaded = fault.New(Overloaded, "the server has more requests than it can answer").WithHint("Try again after the time that the header Retry-After says.").WithStatus(http.StatusServiceUnavailable)
	overShare  = fault.New(OverShare, "too many requests at a time").WithHint("Ask less at a time, or again after the time that the header Retry-After says.").WithStatus(http.StatusTooManyRequests)
)

// arrive waits for the body of a request, which may come slowly, so that no slot is held meanwhile: a short one arrives before the slot is taken; for the others it is given back.
// So it is for short ones, too, while as much as heldAtAll is kept for those that have not arrived.
func (g *gateway) arrive(w *recorder, r *http.Request) {
	n := r.ContentLength
	if n < 0 || n > heldBody || g.arriving.Add(n) > heldAtAll {
		if n >= 0 && n <= heldBody {
			g.arriving.Add(-n)
		}
		r.Body = &lateBody{ReadCloser: r.Body, ctx: r.Context(), pass: &w.pass}
		return
	}
	b := make([]byte, n)
	read, err := io.ReadFull(r.Body, b)
	g.arriving.Add(-n)
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

// lateBody holds no slot while it is read. Who has read it waits for one again.
type lateBody struct {
	io.ReadCloser
	ctx  context.Context
	pass *admission.Pass
	done bool
}

// Read reads.
func (b *lateBody) Read(p []byte) (int, error) {
	if !b.done {
		b.pass.Pause()
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil && !b.done {
		b.done = true
		if gone := b.pass.Return(b.ctx); gone != nil {
			err = gone
		}
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
