// Package rest is the REST door: PostgREST's dialect over HTTP (protocol document 1).
//
// A request goes through parse (URL, headers and body → query.Statement), the plan cache, the engine and an answer that writes PostgREST's
// bytes. Main types in order of meeting them: Options, Handler, request, job, answer; nestedWrite is several
// statements in the place of one.
//
// Invariants: no SQL and no rules of access here; every failure is answered with the four keys code, details, hint and message; nothing
// is written to the client before the transaction has ended, so that a status is always true. Only answers of lines of JSON leave before (stream): what
// fails then breaks the connection off.
package rest

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/tracing"
)

// Options are the door's settings. Zero values mean the defaults that are given.
type Options struct {
	Schemas []string // exposed, the first is the default; {"public"}
	MaxRows int64    // cap of rows per level; 0 for none
	Plan    plan.Options
	// KeptBytes bounds the memory for answers that are kept while what they were made of does not change; 0 keeps none.
	KeptBytes int64
	// CacheSize is the number of plans that are kept; 2000.
	CacheSize int
	// CallerOf says who asks; nil is everybody as anon. Its errors are answered as they are.
	CallerOf func(*http.Request) (query.Caller, error)
	// AllowRollback honours Prefer: tx=rollback and tx=commit. RollbackAll rolls every write back unless tx=commit is allowed and asked for.
	AllowRollback, RollbackAll bool
	// Timeout ends a request's statement that runs longer (57014); 0 is never.
	Timeout time.Duration
	// ExportTimeout is the Timeout of answers that are streamed; 0 is never. MaxExportRows is their cap of rows; 0 is MaxRows.
	ExportTimeout time.Duration
	MaxExportRows int64
	// KeepAnswers is for how long the answer to a request with an Idempotency-Key is kept; 24 hours.
	KeepAnswers time.Duration
	// Plans answers requests for the plan of a statement in place of its rows.
	Plans bool
	// RequireFilter refuses an update or a deletion of all rows (21000), as the extension safeupdate does.
	RequireFilter bool
	// QuoteFormulas puts an apostrophe before texts in CSV that a spreadsheet would run as a formula (OWASP ASVS 1.2.10).
	QuoteFormulas bool
	// Brief leaves details and hints out of errors: nothing but code and message.
	Brief bool
	// AliasesOnly refuses parameters that name an embedded resource by its target where it has an alias. Otherwise they bring a warning.
	AliasesOnly bool
	// ServerTiming says to which callers a header tells how long the parts of their request took: times tell about data that a caller may not see.
	// nil is nobody.
	ServerTiming func(query.Caller) bool
	OpenAPI      OpenAPI
	// CursorLife is how long a cursor is good for; 24 hours.
	CursorLife time.Duration
	Now        func() time.Time // nil: time.Now
	// Secret is what the keys of entity tags and cursors are made of: the same secret, the same tags.
	Secret []byte
	Limits Limits
	Log    *slog.Logger // nil discards
}

// Limits bound what a request may cost before it is planned.
type Limits struct {
	URL     int   // bytes of the request target; 64 KiB
	Body    int64 // bytes of the payload; 10 MiB
	Answer  int64 // bytes of the answer, to within a row; 64 MiB
	Params  int   // parameters of the query string; 1000
	Items   int   // fields of one list; 1000
	Filters int   // conditions of one request or list; 1000
	Values  int   // values of one in list; 20000
	Depth   int   // nesting of embeds and of logic, steps of a JSON path; 20
	Embeds  int   // embedded resources of one request; 100
	Batch   int   // requests of one batch; 100
	Key     int   // bytes of an Idempotency-Key; 255
	Exports int   // answers that are streamed at a time; 4
	// KeptAnswer bounds an answer that is kept for a repetition, in bytes; 256 KiB.
	KeptAnswer int64
	// NestedRows is the most rows that one nested write may have; 1000. Depth and Embeds bound it, too.
	NestedRows int
}

func (l *Limits) defaults() {
	set := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	set(&l.URL, 64<<10)
	set(&l.Params, 1000)
	set(&l.Items, 1000)
	set(&l.Filters, 1000)
	set(&l.Values, 20000)
	set(&l.Depth, 20)
	set(&l.Embeds, 100)
	set(&l.Batch, 100)
	set(&l.Key, 255)
	set(&l.Exports, 4)
	if l.KeptAnswer == 0 {
		l.KeptAnswer = 256 << 10
	}
	set(&l.NestedRows, 1000)
	if l.Body == 0 {
		l.Body = 10 << 20
	}
	if l.Answer == 0 {
		l.Answer = 64 << 20
	}
}

// Handler serves the door. The request's URL.Path begins at the door's root: "/", "/table", "/rpc/function".
type Handler struct {
	engine  engine.Engine
	o       Options
	cache   *plan.Cache
	tagger  *tagger
	cursors *cursors
	kept    *keeper       // nil: no answers are kept
	exports chan struct{} // a token for each answer that is being streamed
	latest  atomic.Pointer[settings]
}

// New makes the door over an engine.
func New(e engine.Engine, o Options) *Handler {
	if len(o.Schemas) == 0 {
		o.Schemas = []string{"public"}
	}
	if o.CacheSize == 0 {
		o.CacheSize = 2000
	}
	if o.CallerOf == nil {
		o.CallerOf = func(r *http.Request) (query.Caller, error) {
			return query.Caller{Role: "anon", Claims: []byte(`{"role":"anon"}`), Method: r.Method, Path: r.URL.Path}, nil
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.KeepAnswers == 0 {
		o.KeepAnswers = 24 * time.Hour
	}
	if o.CursorLife == 0 {
		o.CursorLife = 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Limits.defaults()
	return &Handler{engine: e, o: o, cache: plan.NewCache(o.CacheSize), tagger: newTagger(o.Secret), cursors: newCursors(o.Secret, o.CursorLife, o.Now), kept: newKeeper(o.KeptBytes), exports: make(chan struct{}, o.Limits.Exports)}
}

// Limits are the door's, with its defaults.
func (h *Handler) Limits() Limits { return h.o.Limits }

// KeptStats counts the requests that were answered with a kept answer, and those that were not.
func (h *Handler) KeptStats() (hits, misses uint64) {
	if h.kept == nil {
		return 0, 0
	}
	return h.kept.hits.Load(), h.kept.misses.Load()
}

// CacheStats counts the plan cache's hits and misses.
func (h *Handler) CacheStats() plan.CacheStats { return h.cache.Stats() }

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := newAnswer(w.Header())
	defer a.release()
	a.began, a.w = time.Now(), w
	var caller query.Caller
	err := h.serve(r, a, &caller)
	if a.stream != nil && a.stream.begun {
		if err != nil {
			h.o.Log.Warn("an answer was broken off", "error", err, "method", r.Method, "path", r.URL.Path)
			panic(http.ErrAbortHandler)
		}
		return
	}
	if err != nil {
		h.failed(r, a, err, caller.Authenticated)
	}
	if a.timing != nil {
		a.timing.done("response")
		a.head.Set("Server-Timing", string(a.timing.header))
	}
	if a.stream != nil {
		a.stream.allow(streamWrite)
	}
	a.send(w, r.Method == http.MethodHead)
}

// timing is the Server-Timing header in the making.
type timing struct {
	last   time.Time
	header []byte
}

// done ends a part. Without timing it does nothing.
func (t *timing) done(part string) {
	if t == nil {
		return
	}
	now := time.Now()
	if t.header != nil {
		t.header = append(t.header, ", "...)
	}
	t.header = append(append(t.header, part...), ";dur="...)
	t.header = strconv.AppendFloat(t.header, float64(now.Sub(t.last).Microseconds())/1000, 'f', 3, 64)
	t.last = now
}

func (h *Handler) serve(r *http.Request, a *answer, caller *query.Caller) error {
	if err := h.fits(r.URL); err != nil {
		return err
	}
	if r.Method == http.MethodOptions {
		h.settings(h.engine.Catalog()).timed(a, *caller)
		err := h.options(r, a)
		a.timing.done("parse")
		return err
	}
	var err error
	q := tracing.From(r.Context())
	*caller, err = h.o.CallerOf(r)
	if q != nil {
		q.Part("authentication", a.began, time.Now())
		q.As(caller.Role)
	}
	if err != nil {
		return err
	}
	cat := h.engine.Catalog()
	s := h.settings(cat)
	s.timed(a, *caller)
	if isRoot(r.URL.Path) && h.o.OpenAPI.RootSpec == "" {
		return h.root(r, a, caller)
	}
	if h.isBatch(r, cat) {
		err := h.batch(r, a, cat, s, *caller)
		a.timing.done("transaction")
		return err
	}
	if caller.Authenticated && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		a.head["Cache-Control"] = private // RFC 9111 3.5 says so of Authorization; other headers may bring a credential, too
	}
	var key []byte
	var before []string // nil: the answer is not to be kept
	if h.kept != nil && s.Plan.PreRequest == "" {
		var room [1024]byte
		if key = keptKey(room[:0], r, caller.Role); key != nil {
			var got *keptAnswer
			if got, key = h.kept.find(cat, caller, key); got != nil {
				got.answer(a)
				q.Kept()
				a.timing.done("kept")
				return nil
			}
			if h.kept.again(key) {
				before = names(a.head)
			}
		}
	}
	var planning time.Time
	if q != nil {
		planning = time.Now()
	}
	j, err := h.prepare(r, a, cat, s, *caller)
	if q != nil {
		q.Part("plan", planning, time.Now())
	}
	if before != nil && err == nil && j.q.paged == nil {
		j.basis = &plan.Basis{}
	}
	switch {
	case j != nil && repeatable(r):
		err = h.onceOf(r, a, j, err)
	case err == nil:
		err = h.run(r.Context(), scope{engine: h.engine}, a, j)
	default:
		return err
	}
	if err == nil && j.basis != nil {
		h.kept.keep(key, a, cat, caller, j.basis, before)
	}
	a.timing.done("transaction")
	return err
}

// fits says whether a target is as short as the server wants it.
func (h *Handler) fits(u *url.URL) error {
	if len(u.RawQuery)+len(u.Path) > h.o.Limits.URL {
		return fault.New("PGRST100", "the request URL is longer than %d bytes", h.o.Limits.URL).WithStatus(http.StatusRequestURITooLong)
	}
	return nil
}

// timed begins to measure, if the caller may know.
func (s *settings) timed(a *answer, caller query.Caller) {
	if s.ServerTiming != nil && s.ServerTiming(caller) {
		a.timing = &timing{last: a.began}
		a.timing.done("jwt")
	}
}

func isRoot(path string) bool { return path == "" || path == "/" }

// target splits a path into what it names.
func target(path string) (name string, call bool, err error) {
	path = strings.TrimPrefix(path, "/")
	if fn, ok := strings.CutPrefix(path, "rpc/"); ok {
		path, call = fn, true
	}
	if path == "" || strings.Contains(path, "/") {
		return "", false, fault.New("PGRST125", "Invalid path specified in request URL").WithStatus(http.StatusNotFound)
	}
	return path, call, wellFormed(path)
}

// options answers OPTIONS: what may be done with the resource, whoever asks.
func (h *Handler) options(r *http.Request, a *answer) error {
	a.status = http.StatusOK
	if isRoot(r.URL.Path) {
		a.head.Set("Allow", "OPTIONS,GET,HEAD")
		return nil
	}
	name, call, err := target(r.URL.Path)
	if err != nil {
		return err
	}
	schema, _, err := h.schema(r)
	if err != nil {
		return err
	}
	cat := h.engine.Catalog()
	if call {
		allow := "OPTIONS,POST"
		if fs := cat.Functions(schema, name); len(fs) == 0 || slices.ContainsFunc(fs, func(f *catalog.Function) bool { return f.Volatility != 'v' }) {
			allow = "OPTIONS,GET,HEAD,POST"
		}
		a.head.Set("Allow", allow)
		return nil
	}
	t := cat.Table(schema, name)
	if t == nil {
		return fault.New("PGRST205", "Could not find the table '%s.%s' in the schema cache", schema, name)
	}
	allow := "OPTIONS,GET,HEAD"
	if t.Insertable {
		allow += ",POST"
	}
	if t.Insertable && t.Updatable && plan.PrimaryKey(cat, t) != nil {
		allow += ",PUT"
	}
	if t.Updatable {
		allow += ",PATCH"
	}
	if t.Deletable {
		allow += ",DELETE"
	}
	a.head.Set("Allow", allow)
	return nil
}

// body reads the payload within its limit.
func (h *Handler) body(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	tooLarge := func() error {
		return fault.New("PGRST102", "the request body is larger than %d bytes", h.o.Limits.Body).WithStatus(http.StatusRequestEntityTooLarge)
	}
	if r.ContentLength > h.o.Limits.Body {
		return nil, tooLarge()
	}
	b, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, h.o.Limits.Body))
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return nil, tooLarge()
	case err != nil:
		return nil, fault.New("PGRST102", "the request body could not be read: %v", err)
	}
	return b, nil
}
