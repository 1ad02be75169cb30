// Package gateway is the front of the server: one handler that gives every request an id, limits, CORS, a log line and a recover, and
// passes it to the door that its path names.
//
// Main types: Options and Door. New makes the handler. Doors that name gates (package admission) have their requests wait their turn, or refused, before they are called.
//
// Invariants: nothing that a client sends can end the process; a log line never holds a header, a query value or a body; a panic is logged with
// its stack and answered with a reference only; a door sees its own path below its prefix.
package gateway

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	pathpkg "path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/admission"
	"github.com/mainstay-dev/mainstay/internal/tracing"
)

// Door serves a protocol below a path prefix.
type Door struct {
	Prefix  string // "/rest/v1": also serves "/rest/v1/…"
	Handler http.Handler
	// Reads and Writes let requests in: those by GET, HEAD and OPTIONS, and all others. nil lets everybody in.
	Reads, Writes *admission.Gate
	// Apart, if not nil, says for some requests by which other gate they come in, nil for none; it sees paths below the prefix.
	Apart func(*http.Request) (gate *admission.Gate, ok bool)
	// Refuse answers those who are not let in, in the door's shape; nil is the gateway's.
	Refuse func(http.ResponseWriter, *http.Request, *fault.Error)
}

// Options are the gateway's parts and limits.
type Options struct {
	Doors []Door
	Log   *slog.Logger
	// MaxBodyBytes bounds a request's body; 0 is 10 MiB. Doors that stream bodies set their own.
	MaxBodyBytes int64
	// Ready reports whether requests can be served; nil: always.
	Ready func() error
	Now   func() time.Time // nil: time.Now
	// Origins are those whose pages may read answers; nil is every one.
	Origins []string
	// Caller says whose share of the gates a request takes; nil: all requests are one caller's.
	Caller func(*http.Request) admission.Key
	// Trace records requests; nil records none.
	Trace *tracing.Tracer
	// Began and Served are called around each request, concurrently; nil: nobody is told.
	Began  func()
	Served func(Served)
}

// Served is a request that was answered.
type Served struct {
	Door   string // the door's prefix, "/health", or "" when no route matched
	Method string
	Status int   // 0: the connection was broken off
	Bytes  int64 // of the body
	Took   time.Duration
}

const defaultMaxBody = 10 << 20

// New makes the front handler.
func New(o Options) http.Handler {
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = defaultMaxBody
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Caller == nil {
		o.Caller = func(*http.Request) admission.Key { return 0 }
	}
	g := &gateway{Options: o}
	return http.HandlerFunc(g.serve)
}

type gateway struct {
	Options
	refusals refusals
	arriving atomic.Int64 // bytes of bodies that are waited for before their requests have slots
}

func (g *gateway) serve(w http.ResponseWriter, r *http.Request) {
	began, path := g.Now(), r.URL.Path
	if g.Began != nil {
		g.Began()
	}
	id := requestID(r)
	rec := &recorder{ResponseWriter: w}
	ids := []string{id}
	rec.Header()["X-Request-Id"] = ids
	// A length beside chunks is gone by now: a proxy in front that went by it takes for a body what would be read as another request here.
	rec.last = len(r.TransferEncoding) > 0
	r, rec.trace = g.Trace.Begin(r, began)
	defer g.finish(rec, r, path, id, began)
	g.cors(rec.Header(), r)
	if Preflight(r) {
		rec.WriteHeader(http.StatusOK)
		return
	}
	r.Header["X-Request-Id"] = ids
	if r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(rec, r.Body, g.MaxBodyBytes)
	}
	g.route(rec, r)
}

// finish recovers from a panic of a door and writes the log line.
func (g *gateway) finish(w *recorder, r *http.Request, path, id string, began time.Time) {
	p := recover()
	w.pass.Leave()
	if p != nil && p != http.ErrAbortHandler {
		g.Log.Error("panic", "request", id, "method", r.Method, "path", path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		if !w.wrote {
			WriteError(w, fault.New(fault.Internal, "internal error").WithHint("Reference %s.", id).WithStatus(http.StatusInternalServerError))
		}
	}
	now := g.Now()
	if g.Served != nil {
		g.Served(Served{Door: w.door, Method: r.Method, Status: w.status, Bytes: w.bytes, Took: now.Sub(began)})
	}
	w.trace.End(w.door, r.Method, w.status, w.bytes, now)
	level := slog.LevelInfo
	if w.refused {
		level = slog.LevelDebug // tell says how many; a line for each would be work that nobody asked for
	}
	attrs := [...]slog.Attr{slog.String("request", id), slog.String("method", r.Method), slog.String("path", path), slog.Int("status", w.status), slog.Int64("bytes", w.bytes), slog.String("trace", w.trace.ID())}
	if w.trace == nil {
		g.log(r.Context(), level, now, began, attrs[:len(attrs)-1]...)
	} else {
		g.log(r.Context(), level, now, began, attrs[:]...)
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
}

// log writes the line of a request. The record is made here because the logger would look for the caller of each, which is always this one.
func (g *gateway) log(ctx context.Context, level slog.Level, now, began time.Time, attrs ...slog.Attr) {
	h := g.Log.Handler()
	if !h.Enabled(ctx, level) {
		return
	}
	line := slog.NewRecord(now, level, "request", 0)
	line.AddAttrs(attrs...)
	line.AddAttrs(slog.Duration("took", now.Sub(began).Round(time.Microsecond)))
	_ = h.Handle(ctx, line) // there is nowhere to tell that the log cannot be written
}

func (g *gateway) route(w *recorder, r *http.Request) {
	path := r.URL.Path
	switch cmp.Or(r.URL.RawPath, path) {
	case "/health/live":
		w.door = "/health"
		w.WriteHeader(http.StatusOK)
		return
	case "/health/ready":
		w.door = "/health"
		g.ready(w)
		return
	}
	for i := range g.Doors {
		d := &g.Doors[i]
		if under(path, d.Prefix) {
			if raw := r.URL.RawPath; raw != "" && !under(raw, d.Prefix) || !clean(path) {
				break // /rest%2fv1/ is another path to a proxy in front, whose rules would be passed by
			}
			// The request is this door's alone from here on; http.StripPrefix would copy it.
			prefix := strings.TrimSuffix(d.Prefix, "/")
			w.door = prefix
			r.URL.Path, r.URL.RawPath = path[len(prefix):], strings.TrimPrefix(r.URL.RawPath, prefix)
			if g.admit(w, r, d) {
				d.Handler.ServeHTTP(w, r)
			}
			return
		}
	}
	WriteError(w, fault.New("not_found", "no route matches "+r.Method+" "+path).WithStatus(http.StatusNotFound))
}

// under says whether a path is that of a door or below it.
func under(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix) && (strings.HasSuffix(prefix, "/") || path[len(prefix)] == '/')
}

// clean says whether a path has no empty and no dotted parts; it may end with a slash.
func clean(path string) bool {
	c := pathpkg.Clean(path)
	return len(c) == len(path) || len(path) == len(c)+1 && strings.HasSuffix(path, "/")
}

func (g *gateway) ready(w http.ResponseWriter) {
	if g.Ready != nil {
		if err := g.Ready(); err != nil {
			g.Log.Warn("not ready", "error", err)
			w.Header().Set("Retry-After", "1")
			WriteError(w, fault.New("not_ready", "not ready").WithStatus(http.StatusServiceUnavailable))
			return
		}
	}
	w.WriteHeader(http.StatusOK)
}

// WriteError answers with an error in the gateway's own shape, for requests that no door has taken.
func WriteError(w http.ResponseWriter, e *fault.Error) {
	body, err := json.Marshal(struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Details string `json:"details,omitempty"`
		Hint    string `json:"hint,omitempty"`
	}{e.Code, e.Message, e.Detail, e.Hint})
	if err != nil {
		panic("gateway: marshal of an error: " + err.Error())
	}
	status := e.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: nobody to tell
}

// requestID takes a well-formed id that a proxy has set, or makes one.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if len(id) >= 1 && len(id) <= 64 && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.") == "" {
		return id
	}
	var b [12]byte // told apart, not kept secret
	binary.LittleEndian.PutUint64(b[:], rand.Uint64())
	binary.LittleEndian.PutUint32(b[8:], rand.Uint32())
	return hex.EncodeToString(b[:])
}

const (
	corsMethods = "GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS"
	corsExpose  = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit, Preference-Applied, Warning, ETag, Idempotency-Replayed, X-Request-Id, X-Total-Count, Link, Next-Cursor, X-Supabase-Api-Version, Retry-After"
)

// cors lets any origin in: callers are known by tokens in headers, never by cookies, so that another site gains nothing (Fetch standard,
// CORS protocol; credentials stay off).
// Where the project names its origins, only these are let in, and their pages may send credentials.
func (g *gateway) cors(h http.Header, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return
	}
	if g.Origins == nil {
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Add("Vary", "Origin")
		if !slices.Contains(g.Origins, origin) {
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Access-Control-Expose-Headers", corsExpose)
	if !Preflight(r) {
		return
	}
	h.Set("Access-Control-Allow-Methods", corsMethods)
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Set("Access-Control-Max-Age", "86400")
	h.Add("Vary", "Access-Control-Request-Headers")
}

// Preflight reports whether r is a CORS preflight.
func Preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// recorder notes what was answered, for the log, and holds the request's slot.
type recorder struct {
	http.ResponseWriter
	door   string
	status int
	bytes  int64
	wrote  bool
	last   bool // the connection ends with the answer

	trace *tracing.Request // nil: not recorded
	// A slot is for making an answer: it is held until the answer's last part is sent, but not while a client is slow to take in a part.
	pass    admission.Pass
	whole   int64     // bytes of the answer, -1 where the door has not said
	turn    time.Time // when an answer in parts began or had its last turn
	request *http.Request
	asks    func(*http.Request) admission.Key
	refused bool
}

// Key says whose the request is.
func (w *recorder) Key() admission.Key { return w.asks(w.request) }

func (w *recorder) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols { // others come before the answer
		w.begin(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) begin(status int) {
	if w.wrote {
		return
	}
	w.status, w.wrote, w.whole = status, true, -1
	if w.last {
		w.Header().Set("Connection", "close")
	}
	if v := w.Header()["Content-Length"]; len(v) == 1 {
		if n, err := strconv.ParseInt(v[0], 10, 64); err == nil {
			w.whole = n
		}
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.begin(http.StatusOK)
	if w.whole >= 0 && w.bytes+int64(len(b)) >= w.whole {
		w.pass.Leave() // the answer is made
	}
	if !w.pass.Held() {
		n, err := w.ResponseWriter.Write(b)
		w.bytes += int64(n)
		return n, err
	}
	return w.writePart(b)
}

func (w *recorder) writePart(b []byte) (n int, err error) {
	err = w.part(func() error {
		n, err = w.ResponseWriter.Write(b)
		return err
	})
	w.bytes += int64(n)
	return n, err
}

// FlushError sends what was written (http.ResponseController).
func (w *recorder) FlushError() error {
	w.begin(http.StatusOK)
	return w.part(http.NewResponseController(w.ResponseWriter).Flush)
}

// part sends a part of an answer that is still being made.
func (w *recorder) part(send func() error) error {
	if !w.pass.Held() {
		return send()
	}
	err := w.lent(send)
	if w.pass.Waited() {
		now := time.Now()
		switch {
		case w.turn.IsZero():
			w.turn = now
		case now.Sub(w.turn) >= longTurn:
			w.turn = now
			w.pass.Pause()
		}
	}
	if gone := w.pass.Return(w.request.Context()); gone != nil && err == nil {
		err = gone
	}
	return err
}

// lent sends a part, which the request lends its slot for when that takes long.
func (w *recorder) lent(send func() error) error {
	var mu sync.Mutex // guards the pass while both may use it
	sent := false
	slow := time.AfterFunc(slowWrite, func() {
		mu.Lock()
		defer mu.Unlock()
		if !sent {
			w.pass.Pause()
		}
	})
	defer func() {
		slow.Stop()
		mu.Lock()
		sent = true
		mu.Unlock()
	}()
	return send()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// TooLarge reports whether err came from a body beyond the limit.
func TooLarge(err error) bool {
	var e *http.MaxBytesError
	return errors.As(err, &e)
}
