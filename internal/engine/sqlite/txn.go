package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/system"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/ncruces/go-sqlite3"
)

// txn is a transaction under way: a script's or a request's.
type txn struct {
	e       *Engine
	conn    *store.Conn
	s       *exec.Session
	locals  locals
	edit    *catalog.Edit // nil where the schema cannot be changed
	sink    engine.ScriptSink
	changed bool // the catalog is not the stored one any more
	left    bool // something may be left to settle
	block   bool // between BEGIN and COMMIT, or in an atomic script
	asked   bool // a statement has been run that looks at data
	stays   bool // the session goes on after the transaction, with its temporary objects
	points  []savepoint
	lasting *lasting // nil for nothing yet
}

// savepoint is a SAVEPOINT of the script.
type savepoint struct {
	name     string
	undo     func()
	waiting  int // see exec.Mark
	readOnly bool
}

// begin makes a session of role in the transaction that runs on c. Only in one that the store runs alone may the schema be changed; temp is then the schema of the
// session's temporary objects, "" for a new one.
func (e *Engine) begin(c *store.Conn, role string, alone bool, temp string) *txn {
	cat := c.Schema().(*catalog.Catalog)
	if alone {
		if temp == "" {
			temp = e.newTemp()
		}
		cat = cat.InSession(temp)
	}
	t, _ := e.ended.Get().(*txn)
	if t == nil {
		t = &txn{e: e, s: &exec.Session{}}
		e.interp.Install(t.s)
		t.locals.s = t.s
		t.s.Apply = t.locals.apply
		t.s.Utility = t.utility
		t.s.Savepoint = t.mark
	}
	t.conn, t.sink = c, quiet{}
	e.fill(t.s, c, cat, role)
	if alone {
		t.edit = cat.Edit()
	}
	c.Owner = t.s
	return t
}

// recycle keeps an ended transaction's parts for another one: making them is a third of what a read of one row allocates. Nothing of the
// transaction itself stays. One that a panic went through is not recycled.
func (e *Engine) recycle(t *txn) {
	t.conn.Owner = nil
	exec.Clear(t.s)
	*t.s = exec.Session{Hooks: t.s.Hooks}
	*t = txn{e: e, s: t.s, locals: locals{s: t.s}}
	e.ended.Put(t)
}

// errAlone says that a request changes the schema, for which it must run alone.
var errAlone = errors.New("the schema can be changed only in a transaction of its own")

// utility runs a statement that a function executes and that yields no rows to it.
func (t *txn) utility(_ *exec.Session, s sql.Statement) error {
	defer func(sink engine.ScriptSink, block bool) { t.sink, t.block = sink, block }(t.sink, t.block)
	t.block = true // a function runs inside a transaction
	t.sink = notices{t.sink}
	return t.run(s.Stmt, "", nil)
}

// notices lets only notices through.
type notices struct{ engine.ScriptSink }

func (notices) Begin([]engine.Column) error { return nil }
func (notices) Row(engine.Row) error        { return nil }
func (notices) Done(string) error           { return nil }

// end stores what changed; the commit is the store's.
func (t *txn) end() error {
	if err := exec.Finish(t.s); err != nil {
		return err
	}
	if err := t.dropTemporary(!t.stays); err != nil {
		return err
	}
	if !t.changed {
		return nil
	}
	if err := t.settle(); err != nil {
		return err
	}
	cat := t.edit.Done().InSession("")
	t.conn.SetSchema(cat)
	t.changed = false
	return writeCatalog(t.conn, cat)
}

// settle ends what statements of schema definition had to leave while others read.
func (t *txn) settle() error {
	return (&physical{s: t.s, left: &t.left, conn: t.conn, old: t.s.Cat, cat: t.s.Cat}).settle()
}

// mark notes the state of everything that a rollback to a savepoint takes back beside the data, and gives what takes it back.
func (t *txn) mark() (undo func()) {
	st, changed, closeNew := stateOf(t.s), t.changed, t.lasting.marked()
	if t.edit == nil {
		return func() { st.restore(t.s); closeNew() }
	}
	mark := t.edit.Mark()
	return func() {
		t.reset(mark, changed)
		st.restore(t.s)
		closeNew()
	}
}

func (t *txn) reset(mark catalog.Mark, changed bool) {
	t.edit.Reset(mark)
	t.changed = changed
	t.s.Cat = t.edit.Catalog()
	t.conn.SetSchema(t.s.Cat)
}

// run runs one statement and tells the sink.
func (t *txn) run(s sql.Stmt, file string, args []string) error {
	switch s.(type) {
	case *sql.Set, *sql.Show, *sql.SetConstraints, *sql.Discard, *sql.NoOp, *sql.Lock, *sql.Prepare, *sql.Deallocate, *sql.CloseCursor:
	default:
		t.asked = true
	}
	switch s := s.(type) {
	case *sql.Select:
		if s.Into != nil {
			q := *s
			q.Into = nil
			return t.define(&sql.CreateTableAs{Table: s.Into, Query: &q, Pos: s.Pos}, file)
		}
		return t.query(s, args)
	case sql.Query:
		return t.query(s, args)
	case *sql.Do:
		return t.do(s)
	case *sql.Call:
		return t.call(s)
	case *sql.Set:
		return t.set(s)
	case *sql.Show:
		return t.show(s)
	case *sql.Truncate:
		return t.truncate(s)
	case *sql.Explain:
		return t.explain(s)
	case *sql.SetConstraints:
		return t.setConstraints(s)
	case *sql.Lock:
		return t.lock(s)
	case *sql.Notify:
		return t.sink.Done("NOTIFY")
	case *sql.Discard:
		return t.discard(s)
	case *sql.NoOp:
		return t.noOp(s)
	case *sql.Prepare:
		return t.prepare(s)
	case *sql.Execute:
		return t.execute(s)
	case *sql.Deallocate:
		return t.deallocate(s)
	case *sql.DeclareCursor:
		return t.declare(s)
	case *sql.Fetch:
		return t.fetch(s)
	case *sql.CloseCursor:
		return t.closeCursor(s)
	}
	if catalog.IsDefinition(s) {
		return t.define(s, file)
	}
	return fault.Unsupported(fmt.Sprintf("%T", s), "")
}

// define applies a statement of schema definition to the catalog and to the file.
func (t *txn) define(s sql.Stmt, file string) error {
	env := catalog.Env{
		Role:        t.s.Role,
		SearchPath:  t.s.Path,
		File:        file,
		ViewColumns: analyze.ViewColumns,
		IsBuiltin:   isBuiltin,
		Check:       t.checkDefinition,
	}
	if t.block && t.stays { // a migration's file is one transaction that nobody asked for
		if what := concurrent(s); what != "" {
			return fault.New("25001", "%s CONCURRENTLY cannot run inside a transaction block", what)
		}
	}
	if t.s.ReadOnly {
		ch, err := t.s.Cat.Edit().Apply(s, env) // which nobody keeps: it knows what the statement is called
		if err != nil {
			return err
		}
		return fault.New(fault.ReadOnlyTransaction, "cannot execute %s in a read-only transaction", ch.Tag)
	}
	if t.edit == nil {
		return errAlone
	}
	if err := t.settle(); err != nil && !errors.Is(err, sqlite3.LOCKED) {
		return err
	}
	old, mark, changed := t.edit.Catalog(), t.edit.Mark(), t.changed
	ch, err := t.edit.Apply(s, env)
	if err != nil {
		return err
	}
	cat := t.edit.Catalog()
	t.s.Cat = cat
	t.conn.SetSchema(cat)
	t.changed = true
	filled, err := applySteps(t.s, &t.left, old, ch.Steps)
	if err != nil {
		t.reset(mark, changed)
		return err
	}
	if _, refresh := s.(*sql.RefreshMatView); filled >= 0 && !refresh {
		ch.Tag = fmt.Sprintf("SELECT %d", filled)
	}
	for _, n := range ch.Notices {
		t.sink.Notice(n.Severity, n.Message)
	}
	return t.sink.Done(ch.Tag)
}

// concurrent names a statement that PostgreSQL does in several transactions, "" for others.
func concurrent(s sql.Stmt) string {
	switch s := s.(type) {
	case *sql.CreateIndex:
		if s.Concurrently {
			return "CREATE INDEX"
		}
	case *sql.Drop:
		if s.Concurrently {
			return "DROP INDEX"
		}
	}
	return ""
}

// query runs a statement that can yield rows.
func (t *txn) query(q sql.Query, args []string) error {
	prog, err := compile(t.s.Cat, t.s.Role, t.s.Path, nil, q)
	if err != nil {
		return err
	}
	if len(args) != len(prog.Params) {
		return fault.New("08P01", "bind message supplies %d parameters, but prepared statement %q requires %d", len(args), "", len(prog.Params))
	}
	values := make([]value.Datum, len(args))
	for i, typ := range prog.Params {
		if values[i], err = input(t.s.Env(), typ, args[i]); err != nil {
			return err
		}
	}
	return t.program(prog, values)
}

// program runs a program and tells the sink.
func (t *txn) program(prog *exec.Program, values []value.Datum) error {
	if prog.Returns() {
		if err := t.sink.Begin(t.columns(prog)); err != nil {
			return err
		}
	}
	done, err := prog.Run(t.s, values, func(row exec.Row) error { return t.sink.Row(row) })
	if err != nil {
		return err
	}
	return t.sink.Done(tag(done))
}

// columns are a program's columns as a client is told of them: with the type under a domain, as in PostgreSQL's row description.
func (t *txn) columns(prog *exec.Program) []engine.Column {
	list := make([]engine.Column, len(prog.Columns))
	for i, c := range prog.Columns {
		typ := t.s.Cat.BaseType(c.Type)
		list[i] = engine.Column{Name: c.Name, Type: typ, TypeName: t.s.Cat.TypeString(typ)}
	}
	return list
}

// transaction gives the tag of a transaction statement, which does nothing by itself here.
func (t *txn) transaction(tx *sql.Transaction) string {
	switch tx.Kind {
	case sql.TxBegin:
		if tx.Start {
			return "START TRANSACTION"
		}
		return "BEGIN"
	case sql.TxCommit:
		return "COMMIT"
	case sql.TxRollback, sql.TxRollbackTo:
		return "ROLLBACK"
	case sql.TxSavepoint:
		return "SAVEPOINT"
	case sql.TxRelease:
		return "RELEASE"
	}
	return "COMMIT"
}

// userSavepoint does SAVEPOINT, RELEASE and ROLLBACK TO.
func (t *txn) userSavepoint(tx *sql.Transaction) error {
	find := func() int {
		for i := len(t.points) - 1; i >= 0; i-- {
			if t.points[i].name == tx.Name {
				return i
			}
		}
		return -1
	}
	quoted := func(i int) string { return layout.Quote(fmt.Sprintf("script %d", i)) }
	if tx.Kind == sql.TxSavepoint {
		t.points = append(t.points, savepoint{tx.Name, t.mark(), exec.Mark(t.s), t.s.ReadOnly})
		return t.conn.Exec(`SAVEPOINT ` + quoted(len(t.points)-1))
	}
	i := find()
	if i < 0 {
		return fault.New("3B001", "savepoint %q does not exist", tx.Name)
	}
	p := t.points[i]
	if tx.Kind == sql.TxRelease {
		t.points = t.points[:i]
		t.s.ReadOnly = p.readOnly
		t.s.Set("transaction_read_only", map[bool]string{true: "on", false: "off"}[p.readOnly])
		return t.conn.Exec(`RELEASE ` + quoted(i))
	}
	t.points = t.points[:i+1]
	exec.Rewind(t.s, p.waiting)
	if err := t.conn.Exec(`ROLLBACK TO ` + quoted(i)); err != nil {
		return err
	}
	p.undo()
	return nil
}

func (t *txn) setConstraints(s *sql.SetConstraints) error {
	if !t.block {
		t.sink.Notice("WARNING", "SET CONSTRAINTS can only be used in transaction blocks")
	}
	var names []string
	for _, n := range s.Names {
		if err := t.deferrable(n, s.Deferred); err != nil {
			return err
		}
		names = append(names, n.Name)
	}
	if err := exec.SetConstraints(t.s, names, s.Deferred); err != nil {
		return err
	}
	return t.sink.Done("SET CONSTRAINTS")
}

// deferrable says whether SET CONSTRAINTS may name a constraint, to put it off or not.
func (t *txn) deferrable(n sql.Name, put bool) error {
	path := t.s.Path
	if n.Schema != "" {
		path = []string{n.Schema}
	}
	for _, schema := range path {
		found, may := false, false
		for x := range t.s.Cat.Tables() {
			if x.Schema != schema {
				continue
			}
			if k := x.Constraint(n.Name); k != nil {
				found, may = true, may || k.Deferrable
			}
			for _, g := range x.Triggers {
				if g.Constraint && g.Name == n.Name {
					found, may = true, may || g.Deferrable
				}
			}
		}
		switch {
		case found && !may && put:
			return fault.New(fault.WrongObjectType, "constraint %q is not deferrable", n.Name)
		case found:
			return nil
		}
	}
	return fault.New(fault.UndefinedObject, "constraint %q does not exist", written(n))
}

// lock runs LOCK TABLE, which has nothing to do but to ask for rights: the writer is alone.
func (t *txn) lock(s *sql.Lock) error {
	if !t.block {
		return fault.New("25P01", "LOCK TABLE can only be used in transaction blocks").At(int(s.Pos))
	}
	need := []catalog.Privilege{catalog.PrivUpdate, catalog.PrivDelete, catalog.PrivTruncate}
	switch s.Mode {
	case "access share":
		need = []catalog.Privilege{catalog.PrivSelect}
	case "row exclusive":
		need = append(need, catalog.PrivInsert)
	}
	for _, n := range s.Tables {
		x := t.s.Cat.FindTable(t.s.Path, n.Name)
		switch {
		case x == nil:
			return fault.New(fault.UndefinedTable, "relation %q does not exist", written(n.Name)).At(int(n.Name.Pos))
		case x.Kind == catalog.MatView:
			return fault.New(fault.WrongObjectType, "%q is not a table or view", x.Name)
		case !slices.ContainsFunc(need, func(p catalog.Privilege) bool { return t.s.Cat.Can(t.s.Role, x, p) }):
			what := "table"
			if x.Kind == catalog.View {
				what = "view"
			}
			return fault.New(fault.InsufficientPrivilege, "permission denied for %s %s", what, x.Name)
		}
	}
	return t.sink.Done("LOCK TABLE")
}

// truncate runs TRUNCATE.
func (t *txn) truncate(s *sql.Truncate) error {
	var tables []*catalog.Table
	for _, n := range s.Tables {
		x := t.s.Cat.FindTable(t.s.Path, n.Name)
		if x == nil {
			return fault.New(fault.UndefinedTable, "relation %q does not exist", written(n.Name)).At(int(n.Name.Pos))
		}
		if !slices.Contains(tables, x) {
			tables = append(tables, x)
		}
	}
	if err := exec.Truncate(t.s, tables, s.Cascade, s.RestartIdentity); err != nil {
		return err
	}
	return t.sink.Done("TRUNCATE TABLE")
}

// noOp does nothing, but tables and columns that a statement names must be there.
func (t *txn) noOp(s *sql.NoOp) error {
	for _, n := range s.Tables {
		x := t.s.Cat.FindTable(t.s.Path, n.Name)
		if x == nil {
			if system.Relation(n.Name.Schema, n.Name.Name) != nil {
				continue
			}
			return fault.New(fault.UndefinedTable, "relation %q does not exist", written(n.Name)).At(int(n.Name.Pos))
		}
		for _, c := range n.Columns {
			if x.ColumnIndex(c) < 0 {
				return fault.New(fault.UndefinedColumn, "column %q of relation %q does not exist", c, x.Name)
			}
		}
	}
	tag, _, _ := strings.Cut(s.What, " ON ") // COMMENT ON …
	return t.sink.Done(tag)
}

func written(n sql.Name) string {
	if n.Schema != "" {
		return n.Schema + "." + n.Name
	}
	return n.Name
}

// explain gives SQLite's plan of a statement, one line a row.
func (t *txn) explain(s *sql.Explain) error {
	q, ok := s.Stmt.(sql.Query)
	if !ok {
		return fault.Unsupported("EXPLAIN of this statement", "")
	}
	prog, err := compile(t.s.Cat, t.s.Role, t.s.Path, nil, q)
	if err != nil {
		return err
	}
	if err := t.sink.Begin([]engine.Column{{Name: "QUERY PLAN", Type: catalog.TypeRef{OID: catalog.TextOID, Mod: -1}, TypeName: "text"}}); err != nil {
		return err
	}
	plan, err := prog.Explain(t.conn)
	if err != nil {
		return err
	}
	for _, line := range plan {
		if err := t.sink.Row(textRow(line)); err != nil {
			return err
		}
	}
	return t.sink.Done("EXPLAIN")
}
