package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
)

// Transact runs f in one transaction: a round trip for each plan, and one for the end. A transaction that only reads has one snapshot. One that writes is READ
// COMMITTED, as single requests that write are: nobody's commit makes it fail, and a count beside rows may then be of another moment than the rows. With Snapshot
// it is REPEATABLE READ, and what such a transaction fails with is a reason to begin anew.
func (e *Engine) Transact(ctx context.Context, o engine.TxOptions, f func(engine.Tx) error) error {
	asked := ctx
	return within(ctx, o.Timeout, func(ctx context.Context) error {
		if o.Once != nil {
			leave, err := e.once.enter(ctx, o.Once.Key)
			if err != nil {
				return err
			}
			defer leave()
		}
		for tries := 0; ; tries++ {
			t := transaction{e: e, o: &o, asked: asked, ctx: ctx}
			err := t.attempt(f)
			if err == nil || t.err == nil {
				return err
			}
			if o.Snapshot && overtaken(t.err) && tries < maxOvertaken && ctx.Err() == nil {
				continue
			}
			if tries >= 2 || t.sinkFailed || t.committing || ctx.Err() != nil {
				return t.told()
			}
			switch {
			case outdated(t.err):
			case lost(t.err):
				e.pool.Reset() // where one connection is dead the others are likely to be
			default:
				return t.told()
			}
		}
	})
}

// maxOvertaken is how often a transaction begins anew because others were faster.
const maxOvertaken = 10

// overtaken says whether a transaction failed because another one has changed what it was about to change. Nothing of it was kept.
func overtaken(err error) bool {
	var p *pgconn.PgError
	return errors.As(err, &p) && (p.Code == "40001" || p.Code == "40P01")
}

// A transaction is one attempt at running several plans on a connection. It is the engine's Tx.
type transaction struct {
	e       *Engine
	o       *engine.TxOptions
	asked   context.Context // what Transact was called with
	ctx     context.Context // it, with the time that the whole has
	conn    *pgconn.PgConn
	session *session
	now     *snapshot

	begun      bool  // BEGIN was sent
	zoned      bool  // a plan has set a time zone
	err        error // what the first plan failed with, or the end; nothing runs after it
	sinkFailed bool  // err is the sink's
	again      bool  // it was answered before
	answer     string
	committing bool // COMMIT was sent: whether it was carried out is unknown until the server says so
}

// attempt runs f and the end. What fails but f is in err.
func (t *transaction) attempt(f func(engine.Tx) error) error {
	pooled, err := t.e.acquire(t.ctx)
	if err != nil {
		return err
	}
	defer pooled.Release() // which drops a connection that a panic has left in a transaction
	t.conn = pooled.Conn().PgConn()
	t.session = sessionOf(t.conn)
	t.now = t.e.snap.Load()
	if err = t.run(f); t.err != nil {
		err = t.err
	}
	if err == nil && t.begun {
		if t.err = t.end(); t.err == nil {
			return nil
		}
		err = t.err
	}
	if t.conn.TxStatus() != 'I' && !t.conn.IsClosed() {
		// The client's context may be over; the rollback must happen all the same.
		_ = t.conn.ExecPrepared(context.WithoutCancel(t.ctx), "ms_rollback", nil, nil, nil).Read() // or else the pool drops the connection
	}
	return err
}

// run runs f, unless it has been answered before.
func (t *transaction) run(f func(engine.Tx) error) error {
	once := t.o.Once
	if once == nil {
		return f(t)
	}
	request, answer, found, err := t.take(once)
	if err != nil {
		t.err = err
		return err
	}
	if found {
		t.again = true
		return once.Again(request == digest(once.Request), answer)
	}
	if err := f(t); err != nil || t.err != nil {
		return err
	}
	t.answer, err = once.Answer()
	return err
}

// end ends the transaction, in one round trip. Where an answer is to be kept, all that is deferred is done before: it must not run as the owner. What that puts off
// again runs at the commit, for which the role is the caller's again; the caller's other settings have stayed.
func (t *transaction) end() error {
	keep := t.o.Once != nil && !t.again
	p := t.conn.StartPipeline(t.ctx)
	sent := 1
	if keep || t.o.Rollback {
		p.SendQueryPrepared("ms_check", nil, nil, nil)
		sent++
	}
	if keep {
		p.SendQueryPrepared("ms_owner", nil, nil, nil)
		p.SendQueryParams(keepAnswer, [][]byte{bytesOf(digest(t.o.Once.Key)), bytesOf(t.answer)}, nil, nil, nil)
		p.SendQueryPrepared("ms_role", [][]byte{roleSetting(&t.o.Caller)}, nil, nil)
		sent += 3
	}
	if t.o.Rollback {
		p.SendQueryPrepared("ms_rollback", nil, nil, nil)
	} else {
		p.SendQueryPrepared("ms_commit", nil, nil, nil)
	}
	t.committing = true
	err := p.Sync()
	for range sent {
		if err == nil {
			_, err = finish(p)
		}
	}
	if closeErr := p.Close(); err == nil {
		err = closeErr
	}
	return err
}

// told is err as a client may read it.
func (t *transaction) told() error {
	if t.sinkFailed {
		return t.err
	}
	return faultOf(t.err)
}

// Do runs a plan.
func (t *transaction) Do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	if t.err != nil {
		return t.told()
	}
	if args.Caller.Role != t.o.Caller.Role {
		t.err = fmt.Errorf("a plan of role %q in a transaction of role %q", args.Caller.Role, t.o.Caller.Role)
		return t.err
	}
	whole := t.ctx
	if ctx != t.asked {
		joined, done := context.WithCancel(whole)
		defer done()
		defer context.AfterFunc(ctx, done)()
		whole = joined
	}
	err := within(whole, args.Timeout, func(ctx context.Context) error {
		c := t.e.compile(p)
		if args.Explain != nil {
			c = c.explaining(args.Explain)
		}
		r := request{conn: t.conn, session: t.session, plan: p, c: c, args: &args, sink: sink, tx: t}
		err := r.run(ctx, t.now)
		if err == nil {
			return nil
		}
		t.err, t.sinkFailed = err, r.sinkFailed
		if outdated(err) {
			t.session.forget(c)
		}
		return t.told()
	})
	if err == errTimeout {
		t.err = err
	}
	return err
}

// Try runs f in a savepoint.
func (t *transaction) Try(ctx context.Context, f func() error) error {
	if t.err != nil {
		return t.told()
	}
	opening := []string{"ms_try"}
	if !t.begun {
		opening = []string{t.begin(), "ms_try"}
	}
	if t.err = t.standing(ctx, opening...); t.err != nil {
		return t.told()
	}
	t.begun = true
	err := f()
	if t.err != nil {
		return t.told()
	}
	closing := []string{"ms_done"}
	if err != nil {
		closing = []string{"ms_undo", "ms_done"}
	}
	if t.err = t.standing(ctx, closing...); t.err != nil {
		return t.told()
	}
	return err
}

// standing runs prepared statements in one round trip.
func (t *transaction) standing(ctx context.Context, names ...string) error {
	p := t.conn.StartPipeline(ctx)
	for _, name := range names {
		p.SendQueryPrepared(name, nil, nil, nil)
	}
	err := p.Sync()
	for range names {
		if err == nil {
			_, err = finish(p)
		}
	}
	if closeErr := p.Close(); err == nil {
		err = closeErr
	}
	return err
}

// sendBegin begins the transaction, or goes on with it, for one of its plans.
func (t *transaction) sendBegin(p *pgconn.Pipeline, r *request) (sent int) {
	send := func(name string) {
		p.SendQueryPrepared(name, nil, nil, nil)
		sent++
	}
	switch {
	case r.goesOn():
	case t.begun:
		send("ms_next")
		if t.zoned && r.args.TimeZone == "" {
			send("ms_zone")
		}
	default:
		send(t.begin())
	}
	t.begun = true
	t.zoned = t.zoned || r.args.TimeZone != ""
	if t.only(r) {
		send("ms_enter")
		send("ms_only")
	}
	return sent
}

// begin is the statement that begins the transaction.
func (t *transaction) begin() string {
	switch {
	case t.o.ReadOnly:
		return "ms_begin_snap_ro"
	case t.o.Snapshot:
		return "ms_begin_snap"
	}
	return "ms_begin"
}

// sendNext ends the plan's part of the transaction.
func (t *transaction) sendNext(p *pgconn.Pipeline, r *request) (sent int) {
	if !t.only(r) {
		return 0
	}
	p.SendQueryPrepared("ms_leave", nil, nil, nil)
	return 1
}

// only says whether the plan may not write in a transaction that may.
func (t *transaction) only(r *request) bool { return r.args.ReadOnly && !t.o.ReadOnly }
