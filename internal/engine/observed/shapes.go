package observed

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Shape is a statement without its values, as one role runs it, with what it has done since the server was started or since it was last forgotten.
type Shape struct {
	Role    string        `json:"role"`
	SQL     string        `json:"sql"` // PostgreSQL's; "" for all those that there was no place for
	Writes  bool          `json:"writes,omitempty"`
	Count   uint64        `json:"count"`
	Errors  uint64        `json:"errors,omitempty"`
	Rows    uint64        `json:"rows"`
	Total   time.Duration `json:"total_ns"`
	Longest time.Duration `json:"longest_ns"`
	First   time.Time     `json:"first"`
	Last    time.Time     `json:"last"`
	// Bursts are runs in which one user asked for the shape again and again, each time with other values; Repeated are the statements in them.
	Bursts   uint64 `json:"bursts,omitempty"`
	Repeated uint64 `json:"repeated,omitempty"`
	// Before is the SQL of what that user asked for before the last of them; "" when it is not known.
	Before string `json:"before,omitempty"`
}

const (
	burstLength  = 10              // statements from which a run of them is a burst
	burstPause   = 2 * time.Second // after which the next statement begins a new run
	shapeText    = 16 << 10        // bytes of SQL that are kept of a shape; what is longer has no place of its own
	callersKnown = 256             // users whose runs are known at a time
	runsKnown    = 4               // shapes of a user whose runs are known at a time
)

// shapes are those of an engine. Safe for concurrent use.
type shapes struct {
	most    int // shapes
	seed    maphash.Seed
	callers [callersKnown]asking
	others  shape

	mu  sync.RWMutex
	all map[shapeKey]*shape // guarded by mu
}

type shapeKey struct{ role, sql string }

// shape is a Shape while it is counted.
type shape struct {
	of   *shapes
	key  shapeKey
	gone atomic.Bool // it was forgotten: who holds it looks again

	writes                                bool // immutable
	first                                 time.Time
	count, errors, rows, bursts, repeated atomic.Uint64
	total, longest, last/* unix nanoseconds */ atomic.Int64
	before atomic.Pointer[string] // SQL, so that a shape that was forgotten is held by no other
}

// asking is what one user asks for.
type asking struct {
	mu   sync.Mutex
	user uint64         // guarded by mu; a hash
	runs [runsKnown]run // guarded by mu
	last *shape         // guarded by mu: of the last statement
	at   int64          // guarded by mu
}

// run is a row of statements of one shape.
type run struct {
	of     *shape
	before *shape
	last   int64  // unix nanoseconds
	values uint64 // a hash of the last statement's
	length int
}

func newShapes(most int) *shapes {
	t := &shapes{most: most, seed: maphash.MakeSeed(), all: map[shapeKey]*shape{}}
	t.others.of = t
	return t
}

// know takes in what was counted before, as list gave it.
func (t *shapes) know(list []Shape) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := func(role, text string) *shape {
		if text == "" || len(text) > shapeText {
			return &t.others
		}
		k := shapeKey{role, text}
		s := t.all[k]
		if s == nil {
			if len(t.all) >= t.most {
				return &t.others
			}
			s = &shape{of: t, key: k}
			t.all[k] = s
		}
		return s
	}
	for _, x := range list {
		s := at(x.Role, x.SQL)
		s.writes, s.first = x.Writes, x.First
		s.add(&x)
	}
	for _, x := range list {
		if x.Before != "" && len(x.Before) <= shapeText {
			at(x.Role, x.SQL).before.Store(&x.Before)
		}
	}
}

// add counts what was counted elsewhere.
func (s *shape) add(x *Shape) {
	s.count.Add(x.Count)
	s.errors.Add(x.Errors)
	s.rows.Add(x.Rows)
	s.bursts.Add(x.Bursts)
	s.repeated.Add(x.Repeated)
	s.total.Add(int64(x.Total))
	raise(&s.longest, int64(x.Longest))
	raise(&s.last, x.Last.UnixNano())
}

// told is what was counted.
func (s *shape) told() Shape {
	x := Shape{
		Role: s.key.role, SQL: s.key.sql, Writes: s.writes, First: s.first, Last: time.Unix(0, s.last.Load()).UTC(), Count: s.count.Load(), Errors: s.errors.Load(), Rows: s.rows.Load(),
		Total: time.Duration(s.total.Load()), Longest: time.Duration(s.longest.Load()), Bursts: s.bursts.Load(), Repeated: s.repeated.Load(),
	}
	if b := s.before.Load(); b != nil {
		x.Before = *b
	}
	return x
}

// of is the shape of a plan. The plan remembers it.
func (t *shapes) of(p *plan.Plan, role string, now time.Time) *shape {
	if s, _ := p.Told().Load().(*shape); s != nil && s.of == t && s.key.role == role && !s.gone.Load() {
		return s
	}
	k := shapeKey{role, sql.Print(p.Main())}
	if len(k.sql) > shapeText {
		return &t.others
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.all[k]
	if s == nil {
		if len(t.all) >= t.most {
			t.forget()
		}
		s = &shape{of: t, key: k, writes: p.Writes(), first: now}
		t.all[k] = s
	}
	p.Told().Store(s)
	return s
}

// forget makes room: the quarter of the shapes that took the least time loses its place. mu is held.
func (t *shapes) forget() {
	list := make([]*shape, 0, len(t.all))
	for _, s := range t.all {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *shape) int { return cmp.Compare(a.total.Load(), b.total.Load()) })
	for _, s := range list[:(len(list)+3)/4] {
		delete(t.all, s.key)
		s.gone.Store(true)
		x := s.told()
		t.others.add(&x)
	}
}

// raise makes a at least n.
func raise(a *atomic.Int64, n int64) {
	for old := a.Load(); n > old && !a.CompareAndSwap(old, n); old = a.Load() {
	}
}

// ran counts a statement.
func (t *shapes) ran(p *plan.Plan, args *plan.Args, began time.Time, took time.Duration, rows int64, failed bool) {
	s := t.of(p, args.Caller.Role, began)
	s.count.Add(1)
	s.total.Add(int64(took))
	raise(&s.longest, int64(took))
	raise(&s.last, began.UnixNano())
	s.rows.Add(uint64(max(rows, 0)))
	if failed {
		s.errors.Add(1)
	}
	if args.Caller.Subject != "" && !args.Goes {
		t.asked(s, args, began)
	}
}

// asked sees whether a user asks for the same shape over and over.
func (t *shapes) asked(s *shape, args *plan.Args, began time.Time) {
	user, now := maphash.String(t.seed, args.Caller.Subject), began.UnixNano()
	a := &t.callers[user%callersKnown]
	values := t.hash(args)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.user != user {
		a.user, a.runs, a.last = user, [runsKnown]run{}, nil
	}
	before := a.last
	if now-a.at > int64(burstPause) {
		before = nil
	}
	a.last, a.at = s, now
	oldest := &a.runs[0]
	for i := range a.runs {
		r := &a.runs[i]
		if r.of != s {
			if r.last < oldest.last {
				oldest = r
			}
			continue
		}
		if now-r.last > int64(burstPause) {
			*r = run{of: s, before: before, last: now, values: values, length: 1}
			return
		}
		r.last = now
		if r.values == values {
			return // the same again is a question of keeping answers, not of another one
		}
		r.values = values
		switch r.length++; {
		case r.length == burstLength:
			s.bursts.Add(1)
			s.repeated.Add(burstLength)
			if r.before != nil && r.before != s {
				s.before.Store(&r.before.key.sql)
			}
		case r.length > burstLength:
			s.repeated.Add(1)
		}
		return
	}
	*oldest = run{of: s, before: before, last: now, values: values, length: 1}
}

func (t *shapes) hash(args *plan.Args) uint64 {
	var h maphash.Hash
	h.SetSeed(t.seed)
	for _, v := range args.Values {
		_, _ = h.WriteString(v) // it never fails
		_ = h.WriteByte(0)
	}
	_, _ = h.Write(args.Body)
	for _, f := range args.Fields {
		_, _ = h.Write(f)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// list gives all that have run, those that took the most time first.
func (t *shapes) list() []Shape {
	t.mu.RLock()
	list := make([]*shape, 0, len(t.all)+1)
	for _, s := range t.all {
		list = append(list, s)
	}
	t.mu.RUnlock()
	out := make([]Shape, 0, len(list)+1)
	for _, s := range append(list, &t.others) {
		x := s.told()
		if x.Count > 0 {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b Shape) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.SQL, b.SQL), cmp.Compare(a.Role, b.Role))
	})
	return out
}

// counting is a sink that remembers how many rows there were.
type counting struct {
	engine.Sink
	rows  int64
	ended time.Time // when the last row had been read; kept only for a request that is recorded
	timed bool
}

// End is told of the end.
func (c *counting) End(o engine.Outcome) error {
	c.rows = o.Rows
	if c.timed {
		c.ended = time.Now()
	}
	return c.Sink.End(o)
}
