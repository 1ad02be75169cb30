// Package observed tells what an engine does: how long each plan took, for whom, and what the database was asked when it took long.
//
// New wraps an engine. Main types: Engine, Options, Statement, Shape. Doors are given the wrapped engine and notice nothing.
//
// Invariants: answers, errors and transactions are the wrapped engine's; nothing that is told holds a value of a request, as values are never part of a plan's SQL;
// what is remembered of statements is bounded; the plan of a slow statement is asked for after its transaction has ended, at most once a minute for each plan and never for several at a time.
package observed

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/tracing"
)

// Statement is a plan that has run.
type Statement struct {
	Writes bool
	Took   time.Duration // in the engine, the commit of a transaction of its own and the waiting for connections included
	Code   string        // SQLSTATE of its error; "" for none
}

// Options say who is told.
type Options struct {
	Done func(Statement) // called for each plan, concurrently; nil: nobody is told
	// Slow is the time from which a statement is written to the log; 0 is never.
	Slow time.Duration
	Log  *slog.Logger // nil discards
	Now  func() time.Time
	// Traced says that requests may be recorded (package tracing).
	Traced bool
	// Shapes is how many shapes of statements are counted, each for itself; 0 is none.
	Shapes int
	// Known are shapes that were counted before, which counting goes on with.
	Known []Shape
}

// Engine is an engine that is observed. Safe for concurrent use.
type Engine struct {
	engine.Engine
	o      Options
	shapes *shapes                  // nil: none are counted
	asking sync.Mutex               // one plan is asked for at a time
	mu     sync.Mutex               // guards told
	told   map[*plan.Plan]time.Time // when the plan of a slow statement was last told
}

const (
	tellAgain   = time.Minute
	toldAtMost  = 1000            // plans; beyond that all are forgotten
	explainTime = 2 * time.Second // for the plan of a slow statement
	explainText = 16 << 10        // bytes of SQL and of a plan in the log
)

// New observes e.
func New(e engine.Engine, o Options) *Engine {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &Engine{Engine: e, o: o, told: map[*plan.Plan]time.Time{}}
	if o.Shapes > 0 {
		w.shapes = newShapes(o.Shapes)
		w.shapes.know(o.Known)
	}
	return w
}

// Shapes are the statements that have run, those that took the most time first. At most as many as Options say, and one without text for all others.
func (e *Engine) Shapes() []Shape {
	if e.shapes == nil {
		return nil
	}
	return e.shapes.list()
}

// Do runs a plan as the engine does.
func (e *Engine) Do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	began := e.o.Now()
	q := e.request(ctx)
	rows := counting{Sink: sink, timed: q != nil}
	err := e.Engine.Do(ctx, p, args, &rows)
	if q != nil {
		record(q, p, began, &rows, p.Writes(), err)
	}
	if s := e.done(p, &args, began, rows.rows, err); s != nil {
		e.tell(ctx, *s)
	}
	return err
}

// request is the one to record, nil for none. Where none is, contexts are not looked through for it.
func (e *Engine) request(ctx context.Context) *tracing.Request {
	if !e.o.Traced {
		return nil
	}
	return tracing.From(ctx)
}

// Transact runs a transaction as the engine does, and observes each plan in it.
func (e *Engine) Transact(ctx context.Context, o engine.TxOptions, f func(engine.Tx) error) error {
	var slow []slowOne
	var ended time.Time
	q := e.request(ctx)
	err := e.Engine.Transact(ctx, o, func(tx engine.Tx) error {
		err := f(&observedTx{tx, e, &slow})
		if q != nil {
			ended = time.Now()
		}
		return err
	})
	if q != nil && !ended.IsZero() && !o.ReadOnly {
		q.Part("commit", ended, time.Now())
	}
	for _, s := range slow {
		e.tell(ctx, s)
	}
	return err
}

type observedTx struct {
	engine.Tx
	e    *Engine
	slow *[]slowOne
}

// Do runs a plan of the transaction.
func (t *observedTx) Do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	began := t.e.o.Now()
	q := t.e.request(ctx)
	rows := counting{Sink: sink}
	err := t.Tx.Do(ctx, p, args, &rows)
	if q != nil {
		record(q, p, began, &rows, false, err)
	}
	if s := t.e.done(p, &args, began, rows.rows, err); s != nil {
		*t.slow = append(*t.slow, *s)
	}
	return err
}

// record tells of a statement. What a write does after its last row is its commit, where it has one of its own.
func record(q *tracing.Request, p *plan.Plan, began time.Time, rows *counting, commits bool, err error) {
	s := tracing.Statement{Text: short(sql.Print(p.Main())), Writes: p.Writes(), Rows: rows.rows, From: began, To: time.Now()}
	if commits {
		s.Commit = rows.ended
	}
	if err != nil {
		s.Code = fault.Code(err)
	}
	q.Statement(s)
}

// slowOne is a statement that took long.
type slowOne struct {
	plan *plan.Plan
	args plan.Args
	took time.Duration
	err  error
}

// done tells of a plan that has run; what it gives was slow.
func (e *Engine) done(p *plan.Plan, args *plan.Args, began time.Time, rows int64, err error) *slowOne {
	took := e.o.Now().Sub(began)
	if e.shapes != nil && args.Explain == nil {
		e.shapes.ran(p, args, began, took, rows, err != nil)
	}
	if e.o.Done != nil {
		s := Statement{Writes: p.Writes(), Took: took}
		if err != nil {
			s.Code = fault.Code(err)
		}
		e.o.Done(s)
	}
	if e.o.Slow == 0 || took < e.o.Slow || args.Explain != nil {
		return nil
	}
	return &slowOne{p, *args, took, err}
}

// tell writes a slow statement to the log.
func (e *Engine) tell(ctx context.Context, s slowOne) {
	c := s.args.Caller
	line := []any{"took", s.took.Round(time.Microsecond), "method", c.Method, "path", c.Path, "role", c.Role}
	if c.Subject != "" {
		line = append(line, "user", c.Subject)
	}
	if s.err != nil {
		line = append(line, "code", fault.Code(s.err))
	}
	line = append(line, "sql", short(sql.Print(s.plan.Main())))
	if e.turn(s.plan) {
		if text := e.planOf(context.WithoutCancel(ctx), s); text != "" {
			line = append(line, "plan", short(text))
		}
	}
	e.o.Log.Warn("slow statement", line...)
}

// turn says whether the plan is to be told now.
func (e *Engine) turn(p *plan.Plan) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.o.Now()
	if last, ok := e.told[p]; ok && now.Sub(last) < tellAgain {
		return false
	}
	if len(e.told) >= toldAtMost {
		clear(e.told)
	}
	e.told[p] = now
	return true
}

// planOf asks the database how it runs a statement, which is not run again. "" when it cannot be told, or when another one is being asked for.
func (e *Engine) planOf(ctx context.Context, s slowOne) string {
	if !e.asking.TryLock() {
		return ""
	}
	defer e.asking.Unlock()
	ctx, cancel := context.WithTimeout(ctx, explainTime)
	defer cancel()
	s.args.Explain, s.args.ReadOnly, s.args.Timeout = &plan.Explain{}, !s.plan.Writes(), explainTime
	var lines lines
	if err := e.Engine.Do(ctx, s.plan, s.args, &lines); err != nil {
		e.o.Log.Debug("the plan of a slow statement could not be told", "error", err)
		return ""
	}
	return strings.Join(lines, "\n")
}

// lines gathers rows of one text.
type lines []string

// Row adds a line.
func (l *lines) Row(r engine.Row) error {
	*l = append(*l, string(r.AppendText(nil, 0)))
	return nil
}

// End does nothing.
func (l *lines) End(engine.Outcome) error { return nil }

func short(s string) string {
	if len(s) > explainText {
		return strings.ToValidUTF8(s[:explainText], "") + " …"
	}
	return s
}
