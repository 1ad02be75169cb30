package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// Transact runs f in one transaction: on a snapshot when it only reads, else on the writer's goroutine, in the commit that it shares with others.
func (e *Engine) Transact(ctx context.Context, o engine.TxOptions, f func(engine.Tx) error) error {
	in, alone, asked := e.store.Write, false, ctx
	if o.ReadOnly {
		if in = e.store.Read; o.Aside {
			in = e.store.ReadAside
		}
	}
	if o.Timeout > 0 {
		d := newDeadline(ctx, time.Now().Add(o.Timeout))
		defer d.stop()
		ctx = d
	}
	run := func(c *store.Conn) error {
		t := transaction{e: e, o: &o, asked: asked, t: e.begin(c, o.Caller.Role, alone, "")}
		err := t.run(f)
		e.recycle(t.t)
		t.t = nil
		if err == nil && o.Rollback {
			return errRollback
		}
		return err
	}
	err := in(ctx, run)
	if errors.Is(err, errAlone) {
		alone = true
		err = e.store.Exclusive(ctx, run)
	}
	if err == errRollback {
		return nil
	}
	return err
}

// transaction is the engine's Tx.
type transaction struct {
	e     *Engine
	o     *engine.TxOptions
	asked context.Context // what Transact was called with: it ends the whole by itself
	t     *txn
	begun bool  // a plan has run
	err   error // what the first plan failed with; nothing runs after it
}

// run runs f, unless it has been answered before, and what comes at the end of a transaction.
func (x *transaction) run(f func(engine.Tx) error) error {
	if once := x.o.Once; once != nil {
		request, answer, found, err := x.t.answered(once.Key)
		if err != nil {
			return err
		}
		if found {
			return once.Again(request == digest(once.Request), answer)
		}
	}
	err := f(x)
	if x.err != nil {
		return x.err
	}
	if err == nil && x.o.Once != nil {
		err = x.t.keepAnswer(x.o.Once)
	}
	if err == nil {
		err = x.t.end()
	}
	return err
}

// Do runs a plan.
func (x *transaction) Do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	if x.err != nil {
		return x.err
	}
	if args.Caller.Role != x.o.Caller.Role {
		x.err = fmt.Errorf("a plan of role %q in a transaction of role %q", args.Caller.Role, x.o.Caller.Role)
		return x.err
	}
	if args.Goes = args.Goes && x.begun; x.begun && !(args.Goes && p.Before() != nil) {
		x.next()
	}
	x.begun = true
	args.ReadOnly = args.ReadOnly || x.o.ReadOnly
	run := func() error { return x.e.request(x.t, p, &args, sink, func() error { return nil }) }
	if ctx == x.asked && args.Timeout <= 0 {
		x.err = run()
		return x.err
	}
	whole, done := context.WithCancel(x.t.conn.Context())
	defer done()
	defer context.AfterFunc(ctx, done)()
	if args.Timeout > 0 {
		d := newDeadline(whole, time.Now().Add(args.Timeout))
		defer d.stop()
		whole = d
	}
	x.err = x.t.conn.During(whole, run)
	return x.err
}

// Try runs f in a savepoint.
func (x *transaction) Try(_ context.Context, f func() error) error {
	if x.err != nil {
		return x.err
	}
	err := exec.Savepoint(x.t.s, f)
	if x.err != nil {
		return x.err
	}
	return err
}

// next takes back what a plan has changed in the session for itself alone. Other settings of the transaction stay, as in PostgreSQL.
func (x *transaction) next() {
	s := x.t.s
	s.Role, s.Path, s.Zone = x.o.Caller.Role, defaultPath, nil
	delete(s.Settings, "response.status")
	delete(s.Settings, "response.headers")
}
