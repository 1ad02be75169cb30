// Package sqlite is the embedded engine: PostgreSQL's SQL on one SQLite file.
//
// Open gives an Engine. Do runs a planned request: its statements are compiled once by package exec (analyze, rights, lower) and kept in the
// plan; reads run on a snapshot, writes in the next group commit of package store. Transact does the same with several requests. Script runs SQL text: schema definition goes
// through catalog.Edit and then, step by step, to the file (physical.go), in one transaction with the catalog itself, which is kept in the file
// in its decoded form so that a start parses nothing.
//
// Invariants: the catalog and the file's schema change in the same transaction, and a reader sees both or neither; no statement runs
// without having passed package rights for its role; a failed script or request leaves nothing behind.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/interp"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Owner is the role that owns what scripts without a caller make. It is a superuser.
const Owner = "postgres"

// Options are the settings of an Engine.
type Options struct {
	Dir string // the data folder; made when missing
	Log *slog.Logger
	// Readers is the number of read connections, 0 for the number of cores.
	Readers int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Settings hold in every session (app.settings.…). Names must have a dot.
	Settings map[string]string
	// Unchecked is store.Options'.
	Unchecked bool
}

// Engine is the embedded engine. Safe for concurrent use.
type Engine struct {
	store  *store.Store
	interp interp.Interpreter
	log    *slog.Logger
	now    func() time.Time
	// Immutable after Open.
	settings map[string]string
	// Numbers drawn by transactions that were rolled back are not drawn again, as in PostgreSQL: clients have seen them.
	sequences eval.Sequences
	memory    eval.Memory
	vault     vault
	ended     sync.Pool     // of *txn, see recycle
	sessions  atomic.Uint64 // how many have had a schema for temporary objects
	answers   atomic.Pointer[answers]
}

var (
	_ engine.Engine   = (*Engine)(nil)
	_ engine.Measured = (*Engine)(nil)
)

// Open opens the data folder. In a new one it makes what every project takes for granted (package bootstrap).
func Open(ctx context.Context, o Options) (_ *Engine, err error) {
	e := &Engine{log: o.Log, now: o.Now, settings: o.Settings, vault: vault{dir: o.Dir}}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.now == nil {
		e.now = time.Now
	}
	if e.store, err = store.Open(o.Dir, store.Options{Register: e.register, Readers: o.Readers, Unchecked: o.Unchecked, Log: e.log}); err != nil {
		return nil, err
	}
	if err := e.load(ctx); err != nil {
		_ = e.store.Close() // the first error is the one to tell
		return nil, err
	}
	return e, nil
}

func (e *Engine) register(c *store.Conn) error {
	if err := exec.Register(c); err != nil {
		return err
	}
	return e.registerIndex(c)
}

// load reads the catalog, or makes it in a new file.
func (e *Engine) load(ctx context.Context) error {
	return e.store.Exclusive(ctx, func(c *store.Conn) error {
		cat, version, err := readCatalog(c)
		if err != nil {
			return fmt.Errorf("read the catalog: %w", err)
		}
		if cat == nil {
			if err := c.Exec(layout.System); err != nil {
				return err
			}
			cat = catalog.Empty()
		}
		c.SetSchema(cat)
		for _, temp := range cat.Sessions() { // of a process that was killed
			if err := e.begin(c, Owner, true, temp).end(); err != nil {
				return fmt.Errorf("drop temporary objects: %w", err)
			}
		}
		return e.bootstrap(ctx, c, version)
	})
}

// Catalog is the current snapshot.
func (e *Engine) Catalog() *catalog.Catalog { return e.store.Schema().(*catalog.Catalog) }

// Has reports whether the engine has a feature: it has none of those that only a server has.
func (e *Engine) Has(engine.Feature) bool { return false }

// Run drops answers that are kept no longer, until ctx ends. Checkpoints are the writer's own business. It ends with an error when writing to the disk has failed:
// what of the file is on disk can be told only by a process that opens it anew (decision 0027).
func (e *Engine) Run(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var work sync.WaitGroup
	work.Go(func() { engine.Forgetting(ctx, e.log, e.Forget) })
	select {
	case <-ctx.Done():
	case <-e.store.Failed():
	}
	end()
	work.Wait()
	select {
	case <-e.store.Failed():
		return e.store.Err()
	default:
		return nil
	}
}

// Measurements are numbers about the database file and its connections.
func (e *Engine) Measurements() []engine.Measurement {
	of := func(read func(store.Stats) float64) func() float64 {
		return func() float64 { return read(e.store.Stats()) }
	}
	return []engine.Measurement{
		{Name: "sqlite_writes_waiting", Help: "Writes that wait for a commit.", Read: of(func(s store.Stats) float64 { return float64(s.Waiting) })},
		{Name: "sqlite_commits_total", Help: "Commits that were synced to disk.", Counter: true, Read: of(func(s store.Stats) float64 { return float64(s.Commits) })},
		{Name: "sqlite_committed_writes_total", Help: "Writes in those commits.", Counter: true, Read: of(func(s store.Stats) float64 { return float64(s.Writes) })},
		{Name: "sqlite_readers", Help: "Connections for reads.", Read: of(func(s store.Stats) float64 { return float64(s.Readers) })},
		{Name: "sqlite_readers_busy", Help: "Connections for reads that are in use.", Read: of(func(s store.Stats) float64 { return float64(s.Busy) })},
		{Name: "sqlite_readers_apart", Help: "Connections in use by answers that are streamed.", Read: of(func(s store.Stats) float64 { return float64(s.Apart) })},
		{Name: "sqlite_file_bytes", Help: "Size of the database file.", Read: of(func(s store.Stats) float64 { return float64(s.File) })},
		{Name: "sqlite_log_bytes", Help: "Size of the write-ahead log.", Read: of(func(s store.Stats) float64 { return float64(s.LogBytes) })},
	}
}

// Parallel is the number of connections for reads.
func (e *Engine) Parallel() int { return e.store.Stats().Readers }

// Verify looks for damage in the file. sums says that the checksums of pages are all that is wrong.
func (e *Engine) Verify(ctx context.Context) (summary string, problems []string, sums bool, err error) {
	v, err := e.store.Verify(ctx)
	with := "with checksums"
	if !v.Sums {
		with = "without checksums: it was made before there were any; dump and load it to have them"
	}
	return fmt.Sprintf("%d pages, %s", v.Pages, with), v.Problems, len(v.Problems) > 0 && len(v.Problems) == len(v.Wrong), err
}

// Accept makes checksums anew of what the pages hold, where the structure is whole, and says of how many. The engine must have been opened Unchecked.
func (e *Engine) Accept(ctx context.Context) (pages int64, err error) { return e.store.Accept(ctx) }

// Close closes the data folder. No call may be under way.
func (e *Engine) Close() error { return e.store.Close() }

// compiled is what the engine keeps of a plan, in its slot.
type compiled struct {
	cat         *catalog.Catalog
	role        string
	main, count *exec.Program
	estimate    *exec.Program // counts the rows whose likely number is wanted
	tables      atomic.Pointer[store.Tables]
}

// errRollback ends a transaction that went well and is not to be kept.
var errRollback = fault.New(fault.Internal, "rolled back as asked")

// Do runs a planned request.
func (e *Engine) Do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	in, alone := e.store.Write, false
	var known *basis // nil: nobody wants to know
	run := func(c *store.Conn) error {
		t := e.begin(c, args.Caller.Role, alone, "")
		if known != nil {
			c.Watch()
		}
		err := e.request(t, p, &args, sink, t.end)
		if err == nil && known != nil {
			known.fill(t, args.Basis)
		}
		e.recycle(t)
		if err == nil && args.Rollback {
			return errRollback
		}
		return err
	}
	if args.ReadOnly || !p.Writes() {
		in = e.store.Read
		if args.Waits {
			in = e.store.ReadApart
		}
		if p.Before() != nil {
			if !args.ReadOnly {
				in = e.store.Write // what the project's check does is known only when it has run
			}
		} else if !args.ReadOnly {
			prog, err := e.compiled(p, e.Catalog(), args.Caller.Role)
			if err != nil {
				return err
			}
			if !prog.main.ReadOnly() {
				in = e.store.Write
			}
		}
		if args.Basis != nil && args.ReadOnly && p.Before() == nil && args.Explain == nil && !args.Waits {
			prog, err := e.compiled(p, e.Catalog(), args.Caller.Role)
			if err != nil {
				return err
			}
			if prog.main.ReadOnly() {
				known = newBasis(e.store, &prog.tables)
			}
		}
	}
	if args.Timeout > 0 {
		d := newDeadline(ctx, time.Now().Add(args.Timeout))
		defer d.stop()
		ctx = d
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

// readOnlySetting tells SQL whether its transaction may write.
const readOnlySetting = "transaction_read_only"

// request runs a planned request in its transaction. end does what can still fail before the sink hears of the end.
func (e *Engine) request(t *txn, p *plan.Plan, args *plan.Args, sink engine.Sink, end func() error) error {
	if t.s.ReadOnly = args.ReadOnly; args.ReadOnly {
		t.s.Set(readOnlySetting, "on")
	} else {
		delete(t.s.Settings, readOnlySetting)
	}
	if !args.Goes || p.Before() == nil {
		if err := enter(t.s, p, args); err != nil {
			return err
		}
	}
	role := args.Caller.Role
	if p.Before() != nil {
		role = t.s.Role
	}
	prog, err := e.compiled(p, t.s.Cat, role)
	if err != nil {
		return err
	}
	if args.Explain != nil {
		return explainPlan(t.conn, prog.main, args.Explain, sink)
	}
	return e.run(t, p, prog, args, sink, end)
}

// enter makes the session the request's, and runs the project's check of it.
func enter(s *exec.Session, p *plan.Plan, args *plan.Args) error {
	s.SessionRole, s.LoginRole = "authenticator", "authenticator"
	if err := setCaller(s, &args.Caller); err != nil {
		return err
	}
	if args.TimeZone != "" {
		if err := setZone(s, args.TimeZone); err != nil {
			return err
		}
	}
	if p.Before() == nil {
		return nil
	}
	return runQuery(s, args.Caller.Role, p.Before(), nil, func([]value.Datum) error { return nil })
}

// compiled gives the plan's programs for a catalog and role, compiling them when they are not those that the plan holds.
func (e *Engine) compiled(p *plan.Plan, cat *catalog.Catalog, role string) (*compiled, error) {
	if c, _ := p.Slot().Load().(*compiled); c != nil && c.cat == cat && c.role == role {
		return c, nil
	}
	c := &compiled{cat: cat, role: role}
	var err error
	types := make([]catalog.TypeRef, len(p.Params()))
	for i, q := range p.Params() {
		types[i] = q.Type
	}
	if c.main, err = compile(cat, role, defaultPath, types, p.Main()); err != nil {
		return nil, err
	}
	if p.Count() != nil {
		if c.count, err = compile(cat, role, defaultPath, types, p.Count()); err != nil {
			return nil, err
		}
	}
	if q := p.Estimate(); q != nil {
		if c.estimate, err = compile(cat, role, defaultPath, types, counting(q)); err != nil {
			return nil, err
		}
	}
	p.Slot().Store(c)
	return c, nil
}

// counting is SELECT count(*) FROM (q). Estimates are counted: statistics of the file would tell of rows that the caller may not see, and SQLite's planner
// estimates no numbers of rows.
func counting(q *sql.Select) *sql.Select {
	n := &sql.FuncCall{Name: sql.Name{Schema: "pg_catalog", Name: "count", Pos: sql.NoPos}, Star: true, Pos: sql.NoPos}
	return &sql.Select{
		Targets: []sql.Target{{Name: "count", Expr: n, Pos: sql.NoPos}},
		From:    []sql.TableExpr{&sql.SubqueryTable{Query: q, Alias: &sql.Alias{Name: "pgrst_rows"}, Pos: sql.NoPos}}, Pos: sql.NoPos,
	}
}

// SQL is the engine's own text of a plan that it has run, for reading: "" before, and for a data modification, which runs row by row.
func (e *Engine) SQL(p *plan.Plan) string {
	if c, _ := p.Slot().Load().(*compiled); c != nil {
		return c.main.SQL()
	}
	return ""
}

// Tree is a plan's statement as text, resolved and with the rights of a role: lines that begin with ! are policies.
func (e *Engine) Tree(p *plan.Plan, role string) (string, error) {
	types := make([]catalog.TypeRef, len(p.Params()))
	for i, q := range p.Params() {
		types[i] = q.Type
	}
	return exec.Tree(e.Catalog(), &analyze.Env{Path: defaultPath, Params: types}, role, p.Main())
}

// run runs a plan's statements and gives the sink what they yield.
func (e *Engine) run(t *txn, p *plan.Plan, prog *compiled, args *plan.Args, sink engine.Sink, end func() error) error {
	s := t.s
	out := engine.Outcome{Total: -1, Estimate: -1, Inserted: -1}
	for _, side := range []struct {
		prog *exec.Program
		to   *int64
	}{{prog.count, &out.Total}, {prog.estimate, &out.Estimate}} {
		if side.prog == nil {
			continue
		}
		values, err := bindPlan(s, p, side.prog, args)
		if err != nil {
			return err
		}
		if _, err := side.prog.Run(s, values, func(row exec.Row) error {
			*side.to = row.Datum(0).Int64()
			return nil
		}); err != nil {
			return err
		}
	}
	values, err := bindPlan(s, p, prog.main, args)
	if err != nil {
		return err
	}
	done, err := prog.main.Run(s, values, func(row exec.Row) error { return sink.Row(row) })
	if err != nil {
		return err
	}
	out.Rows = done.Rows
	if prog.main.Command() == tree.Insert || p.OnConflict() {
		out.Inserted = done.Inserted
	}
	if err := end(); err != nil {
		return err
	}
	out.Settings = responseSettings(s)
	return sink.End(out)
}

// bindPlan reads the request's values as the types of the program's parameters.
func bindPlan(s *exec.Session, p *plan.Plan, prog *exec.Program, args *plan.Args) ([]value.Datum, error) {
	values := make([]value.Datum, len(prog.Params))
	env := s.Env()
	for i, t := range prog.Params {
		v := p.Bind(i, args)
		if v.Null {
			continue
		}
		var err error
		if values[i], err = input(env, t, v.Text); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// input reads a value's text form.
func input(env *value.Env, t catalog.TypeRef, text string) (value.Datum, error) {
	if t.OID == catalog.TextOID || t.OID == catalog.UnknownOID {
		return value.Text(text), nil
	}
	ops := env.Ops(t.OID)
	if ops == nil {
		return value.Null, fault.New(fault.Internal, "no input function for type %d", t.OID)
	}
	return ops.Input(env, text, t.Mod)
}
