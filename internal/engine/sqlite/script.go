package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Script runs SQL text.
func (e *Engine) Script(ctx context.Context, sc engine.Script, sink engine.ScriptSink) error {
	stmts, err := sc.Statements()
	if err != nil {
		return placed(err, &sc, -1)
	}
	if len(sc.Args) > 0 && len(stmts) != 1 {
		return fault.New(fault.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	r := &scriptRun{e: e, sc: &sc, sink: sink, role: sc.Caller.Role}
	if r.role == "" {
		r.role = Owner
	}
	if sc.Atomic || sc.DryRun || sc.Check || len(sc.Record) > 0 {
		return r.atomic(ctx, stmts)
	}
	r.temp = e.newTemp()
	err = r.each(ctx, stmts)
	if r.temporary {
		err = errors.Join(err, e.endSession(context.WithoutCancel(ctx), r.temp))
	}
	return err
}

// scriptRun is one call of Script.
type scriptRun struct {
	e    *Engine
	sc   *engine.Script
	sink engine.ScriptSink
	role string
	// Of the session, between transactions.
	kept      *state
	drawn     exec.Drawn
	temp      string // the schema of its temporary objects
	temporary bool   // it has some
	lasting   lasting
	chain     []sql.Option // the modes of a transaction that AND CHAIN has begun
}

// atomic runs everything in one transaction.
func (r *scriptRun) atomic(ctx context.Context, stmts []sql.Statement) error {
	err := r.e.store.Exclusive(ctx, func(c *store.Conn) error {
		t, err := r.begin(c, true)
		if err != nil {
			return err
		}
		t.block = true
		t.startModes()
		for _, s := range stmts {
			if err := r.one(t, s); err != nil {
				return err
			}
		}
		if r.sc.Check {
			for _, err := range t.refusedFunctions() {
				r.sink.Refused(placed(err, r.sc, -1))
			}
		}
		for _, rec := range r.sc.Record {
			if err := r.record(t, rec); err != nil {
				return fmt.Errorf("record %s: %w", r.sc.File, err)
			}
		}
		if r.sc.DryRun {
			return errRollback
		}
		return t.end()
	})
	if err == errRollback {
		return nil
	}
	return err
}

// one runs a statement of an atomic script. In Check mode its error is reported and the script goes on without it.
func (r *scriptRun) one(t *txn, s sql.Statement) error {
	if tx, ok := s.Stmt.(*sql.Transaction); ok {
		switch tx.Kind {
		case sql.TxBegin:
			r.sink.Notice("WARNING", "there is already a transaction in progress")
		case sql.TxCommit:
			t.locals.end() // of the script's own BEGIN and COMMIT this much is real: what was set for the transaction ends with it
			r.sink.Notice("WARNING", "COMMIT is ignored: the script is one transaction as a whole")
		case sql.TxRollback:
			err := placed(fault.New("25001", "ROLLBACK cannot run inside a transaction block").WithHint("The script is one transaction as a whole. Take the statement out.").At(0), r.sc, s.Start)
			if r.sc.Check {
				r.sink.Refused(err)
				return nil
			}
			return err
		case sql.TxSavepoint, sql.TxRelease, sql.TxRollbackTo:
			if err := t.userSavepoint(tx); err != nil {
				return placed(err, r.sc, s.Start)
			}
		case sql.TxOther:
			return placed(fault.Unsupported("a transaction in two phases", ""), r.sc, s.Start)
		}
		return r.sink.Done(t.transaction(tx))
	}
	run := func() error { return t.run(s.Stmt, r.sc.File, r.sc.Args) }
	var err error
	if r.sc.Check {
		err = exec.Savepoint(t.s, run)
	} else {
		err = run()
	}
	if err == nil {
		return nil
	}
	err = placed(err, r.sc, s.Start)
	if r.sc.Check && fault.As(err) != nil {
		r.sink.Refused(err)
		return nil
	}
	return err
}

// record runs a statement of the script's record, as the owner.
func (r *scriptRun) record(t *txn, rec engine.Statement) error {
	stmts, err := sql.Parse(rec.Text)
	if err != nil {
		return err
	}
	state{role: Owner, sessionRole: Owner, path: defaultPath}.restore(t.s)
	t.sink = quiet{}
	for _, s := range stmts {
		if err := t.run(s.Stmt, "", rec.Args); err != nil {
			return err
		}
	}
	return nil
}

// each runs each statement in a transaction of its own, except between BEGIN and COMMIT.
func (r *scriptRun) each(ctx context.Context, stmts []sql.Statement) error {
	for len(stmts) > 0 {
		n := 1
		if tx, ok := stmts[0].Stmt.(*sql.Transaction); ok && tx.Kind == sql.TxBegin || r.chain != nil {
			n = block(stmts)
		}
		if err := r.group(ctx, stmts[:n]); err != nil {
			return err
		}
		stmts = stmts[n:]
	}
	return nil
}

// block counts the statements from a BEGIN to the end of its transaction.
func block(stmts []sql.Statement) int {
	for i, s := range stmts {
		if tx, ok := s.Stmt.(*sql.Transaction); ok && (tx.Kind == sql.TxCommit || tx.Kind == sql.TxRollback) {
			return i + 1
		}
	}
	return len(stmts)
}

// group runs statements in one transaction, on a snapshot when there is nothing to write.
func (r *scriptRun) group(ctx context.Context, stmts []sql.Statement) error {
	in, alone := r.e.store.Exclusive, true
	if len(stmts) == 1 && !r.temporary && r.readsOnly(stmts[0].Stmt) {
		in, alone = r.e.store.Read, false
	}
	err := in(ctx, func(c *store.Conn) error {
		t, err := r.begin(c, alone)
		if err != nil {
			return err
		}
		t.stays = true
		t.startModes()
		committed := false
		defer func() { r.lasting.ended(committed) }()
		if chain := r.chain; chain != nil {
			r.chain, t.block = nil, true
			if err := t.choose(chain); err != nil {
				return err
			}
		}
		defer func() { r.drawn = exec.DrawnBy(t.s) }()
		done := &held{ScriptSink: t.sink}
		if len(stmts) == 1 && !t.block {
			t.sink = done
		}
		failed := false
		for _, s := range stmts {
			switch err := r.step(t, s, failed); {
			case err == errRollback:
				if err := done.release(); err != nil {
					return err
				}
				return errRollback
			case err == nil:
				if _, ok := s.Stmt.(*sql.Transaction); ok {
					failed = false
				}
			case !r.sc.GoOn || ctx.Err() != nil:
				return placed(err, r.sc, s.Start)
			default:
				failed = true
				r.sink.Refused(placed(err, r.sc, s.Start))
			}
		}
		if failed {
			return errRollback
		}
		if err := t.end(); err != nil {
			return err
		}
		t.locals.end()
		kept := stateOf(t.s)
		r.kept = &kept
		r.temporary = r.temporary || t.edit != nil && t.edit.HasTemporary()
		committed = true
		return done.release()
	})
	switch {
	case err == errRollback:
		return nil
	case err != nil && r.sc.GoOn && ctx.Err() == nil: // what the end of the transaction found
		r.sink.Refused(placed(err, r.sc, -1))
		return nil
	}
	return err
}

// step runs one statement of a group. errRollback ends the transaction without a trace. After a failure only the ends of the transaction and of its parts run.
func (r *scriptRun) step(t *txn, s sql.Statement, failed bool) error {
	tx, ok := s.Stmt.(*sql.Transaction)
	if failed && !(ok && (tx.Kind == sql.TxCommit || tx.Kind == sql.TxRollback || tx.Kind == sql.TxRollbackTo)) {
		return fault.New("25P02", "current transaction is aborted, commands ignored until end of transaction block")
	}
	if !ok {
		return t.run(s.Stmt, r.sc.File, r.sc.Args)
	}
	switch tx.Kind {
	case sql.TxBegin:
		if t.block {
			r.sink.Notice("WARNING", "there is already a transaction in progress")
		}
		t.block = true
		if err := t.choose(tx.Options); err != nil {
			return err
		}
	case sql.TxCommit, sql.TxRollback:
		if !t.block {
			if tx.Chain {
				return fault.New("25P01", "%s AND CHAIN can only be used in transaction blocks", map[sql.TxKind]string{sql.TxCommit: "COMMIT", sql.TxRollback: "ROLLBACK"}[tx.Kind])
			}
			r.sink.Notice("WARNING", "there is no transaction in progress")
		}
		if tx.Chain {
			r.chain = t.chosen()
		}
	case sql.TxOther:
		return fault.Unsupported("a transaction in two phases", "")
	case sql.TxSavepoint, sql.TxRelease, sql.TxRollbackTo:
		if !t.block {
			return fault.New("25P01", "%s can only be used in transaction blocks", map[sql.TxKind]string{sql.TxSavepoint: "SAVEPOINT", sql.TxRelease: "RELEASE SAVEPOINT", sql.TxRollbackTo: "ROLLBACK TO SAVEPOINT"}[tx.Kind])
		}
		if err := t.userSavepoint(tx); err != nil {
			return err
		}
	}
	if failed && tx.Kind == sql.TxCommit {
		tx = &sql.Transaction{Kind: sql.TxRollback, Chain: tx.Chain}
	}
	if tx.Kind == sql.TxCommit {
		if err := t.end(); err != nil {
			return err
		}
	}
	if err := t.sink.Done(t.transaction(tx)); err != nil {
		return err
	}
	if tx.Kind == sql.TxRollback {
		return errRollback
	}
	return nil
}

// readsOnly reports whether a statement can run on a snapshot. Errors are left to the run itself.
func (r *scriptRun) readsOnly(s sql.Stmt) bool {
	switch s := s.(type) {
	case *sql.Show:
		return true
	case *sql.Explain:
		return r.readsOnly(s.Stmt)
	case *sql.Select:
		if s.Into != nil {
			return false
		}
		st := r.state()
		prog, err := compile(r.e.Catalog(), st.role, st.path, nil, s)
		return err == nil && prog.ReadOnly() && !r.e.mayWrite(st.path, s)
	}
	return false
}

func (r *scriptRun) state() state {
	if r.kept != nil {
		return *r.kept
	}
	return state{role: r.role, sessionRole: r.role, path: defaultPath}
}

// begin makes the transaction's session.
func (r *scriptRun) begin(c *store.Conn, alone bool) (*txn, error) {
	t := r.e.begin(c, r.role, alone, r.temp)
	t.sink = audible{r.sink, t.s}
	t.s.Notice = t.sink.Notice
	t.lasting = &r.lasting
	if err := setCaller(t.s, &r.sc.Caller); err != nil {
		return nil, err
	}
	if r.kept != nil {
		r.kept.restore(t.s)
	}
	exec.Recall(t.s, r.drawn)
	return t, nil
}

// placed gives an error the file and text that its position points into; start is the place of the statement, for an error without one of its own.
func placed(err error, sc *engine.Script, start int) error {
	f := fault.As(err)
	if f == nil || f.Text != "" {
		return err
	}
	c := *f
	if c.File == "" {
		c.File = sc.File
	}
	if c.Pos < 0 {
		c.Pos = start
	}
	if c.Pos >= 0 {
		c.Text = sc.Text
	}
	return &c
}

// audible passes on the messages that client_min_messages lets through.
type audible struct {
	engine.ScriptSink
	s *exec.Session
}

var loudness = []string{"debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"}

func (a audible) Notice(level, message string) {
	least, ok := a.s.Setting("client_min_messages")
	if at := slices.Index(loudness, strings.ToLower(level)); ok && at >= 0 && at < slices.Index(loudness, least) { // INFO is always heard
		return
	}
	a.ScriptSink.Notice(level, message)
}

// held keeps a statement's tag back until what was deferred has run, too.
type held struct {
	engine.ScriptSink
	tag *string
}

func (h *held) Done(tag string) error { h.tag = &tag; return nil }

func (h *held) release() error {
	if h.tag == nil {
		return nil
	}
	return h.ScriptSink.Done(*h.tag)
}

// quiet drops everything.
type quiet struct{}

func (quiet) Begin([]engine.Column) error { return nil }
func (quiet) Row(engine.Row) error        { return nil }
func (quiet) Done(string) error           { return nil }
func (quiet) Notice(_, _ string)          {}
func (quiet) Refused(error)               {}
