// Package exec runs statements.
//
// Compile resolves a statement, attaches its rights and makes a Program of it; Program.Run runs it in a Session. A query is one SQLite
// statement (package lower) whose rows are streamed. A data modification reads its rows first and then goes row by row in Go, as
// PostgreSQL does: defaults, BEFORE triggers, generated columns, policies, NOT NULL, CHECK, unique and foreign keys with PostgreSQL's
// errors, AFTER triggers at the end of the statement. Register prepares a connection. Main types in order of meeting them: Program,
// Session, Row, execution, target.
//
// Invariants: a statement reaches data only as a rights.Query; what a statement reads it has read before it changes anything; an error
// leaves the transaction to be rolled back to a savepoint by who caught it; a Program may be run by many sessions at once.
package exec

import (
	"slices"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Program is a compiled statement. It is immutable and valid for the catalog, role and environment that it was compiled for.
type Program struct {
	Columns []Column    // of the rows that it yields; nil when it yields none
	Params  []tree.Type // types of $1 …

	command  tree.Command
	readOnly bool
	own      bool           // it changes nothing but temporary tables
	direct   []eval.Closure // a SELECT without FROM: computed here, so that functions run outside any SQLite statement
	types    []*value.Ops
	text     *text
	shared   []*step // WITH items to be computed before anything is changed
	steps    []*step // data-modifying WITH items, and those computed from what they return, in order
	first    bool    // the query reads nothing of them: it is run before they change anything
	change   changer
	result   bool // RETURNING is present
}

// Column is an output column.
type Column struct {
	Name  string
	Type  tree.Type
	Table *catalog.Table // where it comes from unchanged, nil for an expression
	Col   int
}

// step is a WITH item whose rows are made before others read them: one that changes data, or a query that several parts of the statement read.
type step struct {
	cte    *tree.CTE
	change changer
	query  *text // when change is nil
}

// rows runs the item.
func (st *step) rows(f *eval.Frame) (rows [][]value.Datum, inserted int64, err error) {
	if st.change == nil {
		rows, err = st.query.rows(f, len(st.cte.Columns))
		return rows, 0, err
	}
	done, err := st.change.run(f, func(row []value.Datum) error {
		rows = append(rows, row)
		return nil
	})
	return rows, done.Inserted, err
}

// changer is a compiled data modification.
type changer interface {
	// run does it and gives each row of RETURNING to out, nil when there is none.
	run(f *eval.Frame, out func(row []value.Datum) error) (Outcome, error)
}

// Outcome is what a statement did.
type Outcome struct {
	Command  tree.Command
	Rows     int64 // returned by a query, changed by a modification
	Inserted int64 // of an INSERT with ON CONFLICT DO UPDATE, in a WITH item too: rows that were new
}

// Row is the current row of a result; valid during the call that got it.
type Row interface {
	Datum(i int) value.Datum
	AppendJSON(dst []byte, i int) []byte
	AppendText(dst []byte, i int) []byte
	IsNull(i int) bool
}

// Compile makes a Program of a statement for the role. env.Params may be nil; Program.Params has what was inferred.
func Compile(cat *catalog.Catalog, env *analyze.Env, role string, stmt sql.Query) (*Program, error) {
	if env == nil {
		env = &analyze.Env{}
	}
	q, err := analyze.Query(cat, env, stmt)
	if denied := rights.Named(cat, role, stmt, err != nil); denied != nil {
		err = denied
	}
	if err != nil {
		return nil, err
	}
	p, err := CompileTree(cat, role, q)
	if err != nil {
		return nil, err
	}
	p.Params = env.Params
	return p, nil
}

// Tree is a statement as text, resolved and with the rights of the role: what Compile would make a Program of.
func Tree(cat *catalog.Catalog, env *analyze.Env, role string, stmt sql.Query) (string, error) {
	q, err := analyze.Query(cat, env, stmt)
	if err != nil {
		return "", err
	}
	auth, err := rights.Attach(cat, role, q)
	if err != nil {
		return "", err
	}
	return tree.Format(auth.Tree()), nil
}

// CompileTree is Compile for a resolved statement, which it may change.
func CompileTree(cat *catalog.Catalog, role string, q *tree.Query) (*Program, error) {
	auth, err := rights.Attach(cat, role, q)
	if err != nil {
		return nil, err
	}
	q = auth.Tree()
	m := &maker{cat: cat, role: role, auth: auth}
	p := &Program{command: q.Command, readOnly: q.Command == tree.Select}
	for _, t := range q.Targets {
		if t.Junk {
			continue
		}
		c := Column{Name: t.Name, Table: t.Table, Col: t.Column}
		if t.Expr != nil {
			c.Type = t.Expr.Type()
		} else {
			c.Type = outputType(q, len(p.Columns))
		}
		p.Columns = append(p.Columns, c)
	}
	p.own = changesOwn(q)
	env := &value.Env{Types: cat}
	for _, c := range p.Columns {
		p.types = append(p.types, env.Ops(c.Type.OID))
	}
	if q, err = m.steps(p, q); err != nil {
		return nil, err
	}
	if q.Command != tree.Select {
		p.result = len(q.Targets) > 0
		p.change, err = m.change(q, nil)
		return p, err
	}
	if plainValues(q) {
		for _, t := range q.Targets {
			c, err := m.closure(t.Expr, nil)
			if err != nil {
				return nil, err
			}
			p.direct = append(p.direct, c)
		}
		return p, nil
	}
	if p.text, err = m.text(apart(q), nil); err != nil {
		return nil, err
	}
	p.text.types = p.types
	return p, nil
}

// changesOwn says whether all tables that a statement changes are temporary.
func changesOwn(q *tree.Query) bool {
	if q.Command != tree.Select && (q.Target == nil || q.Target.Table == nil || !q.Target.Table.Temp) {
		return false
	}
	return !slices.ContainsFunc(q.CTEs, func(c *tree.CTE) bool { return c.Query != nil && !changesOwn(c.Query) })
}

// outputType is the type of column i of a set operation or VALUES.
func outputType(q *tree.Query, i int) tree.Type {
	for q.Left != nil {
		q = q.Left
	}
	if len(q.Values) > 0 {
		return q.Values[0][i].Type()
	}
	if i < len(q.Targets) && q.Targets[i].Expr != nil {
		return q.Targets[i].Expr.Type()
	}
	return tree.Type{OID: catalog.TextOID, Mod: -1}
}

// plainValues says whether q only computes values: SELECT f(x).
func plainValues(q *tree.Query) bool {
	if len(q.From) > 0 || len(q.CTEs) > 0 || q.Where != nil || q.Aggregated || q.Having != nil || q.Limit != nil || q.Offset != nil || q.Distinct ||
		q.SetOp != sql.NoSetOp || q.Values != nil || len(q.OrderBy) > 0 || len(q.Targets) == 0 {
		return false
	}
	for _, t := range q.Targets {
		if t.Expr == nil || tree.Any(t.Expr, func(e tree.Expr) bool {
			switch e.(type) {
			case *tree.WindowCall, *tree.Agg:
				return true
			}
			return yieldsSet(e)
		}) {
			return false
		}
	}
	return true
}

// ReadOnly says whether the statement itself changes nothing; functions that it calls may.
func (p *Program) ReadOnly() bool { return p.readOnly }

// Returns says whether the statement yields rows.
func (p *Program) Returns() bool { return p.command == tree.Select || p.result }

// Command is what the statement does.
func (p *Program) Command() tree.Command { return p.command }

// Run runs the program with args for $1 … and gives each row to out, which may be nil. An error from out ends it.
func (p *Program) Run(s *Session, args []value.Datum, out func(Row) error) (Outcome, error) {
	x := executionOf(s)
	if out == nil {
		out = func(Row) error { return nil }
	}
	if s.ReadOnly && !p.readOnly && !p.own {
		return Outcome{}, fault.New(fault.ReadOnlyTransaction, "cannot execute %s in a read-only transaction", commandWord(p.command))
	}
	owner := s.Conn.Owner
	s.Conn.Owner = s
	defer func() { s.Conn.Owner = owner }()
	x.depth++
	o, err := p.run(x, args, out)
	x.depth--
	if err != nil || x.depth > 0 {
		return o, err
	}
	return o, x.flushSequences()
}

func (p *Program) writes() tree.Command {
	if p.command == tree.Select {
		for _, st := range p.steps {
			if st.change != nil {
				return st.cte.Query.Command
			}
		}
	}
	return p.command
}

func commandWord(c tree.Command) string {
	return [...]string{"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"}[c]
}

func (p *Program) run(x *execution, args []value.Datum, out func(Row) error) (Outcome, error) {
	f := &eval.Frame{S: x.s, Params: args}
	if p.readOnly {
		return p.query(x, f, out)
	}
	var o Outcome
	inserted := int64(0) // by WITH items
	var kept [][]value.Datum
	hold := func() error {
		var err error
		o, err = p.query(x, f, func(r Row) error {
			row := make([]value.Datum, len(p.Columns))
			for i := range row {
				row[i] = r.Datum(i)
			}
			kept = append(kept, row)
			return nil
		})
		return err
	}
	defer func(parts bool) { x.parts = parts }(x.parts)
	x.parts = slices.ContainsFunc(p.steps, func(st *step) bool { return st.change != nil })
	err := x.statement(func() error {
		defer func() {
			for _, st := range p.shared {
				delete(x.ctes, st.cte)
			}
			for _, st := range p.steps {
				delete(x.ctes, st.cte)
			}
		}()
		do := func(st *step) error {
			rows, n, err := st.rows(f)
			if x.ctes == nil {
				x.ctes = map[*tree.CTE][][]value.Datum{}
			}
			x.ctes[st.cte] = rows
			inserted += n
			return err
		}
		for _, st := range p.shared {
			if err := do(st); err != nil {
				return err
			}
		}
		if p.first {
			if err := hold(); err != nil {
				return err
			}
		}
		for _, st := range p.steps {
			if err := do(st); err != nil {
				return err
			}
		}
		if p.first {
			return nil
		}
		if p.change == nil {
			return hold()
		}
		var keep func(row []value.Datum) error
		if p.result {
			keep = func(row []value.Datum) error {
				if len(kept) >= x.maxRows() {
					return tooManyRows()
				}
				kept = append(kept, row)
				return nil
			}
		}
		var err error
		o, err = p.change.run(f, keep)
		return err
	})
	if err != nil {
		return o, err
	}
	o.Inserted += inserted
	// Rows go out when the AFTER triggers and the foreign keys have had their say.
	r := &heldRow{env: f.Env(), types: p.types}
	for _, row := range kept {
		r.row = row
		if err := out(r); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (p *Program) query(x *execution, f *eval.Frame, out func(Row) error) (Outcome, error) {
	o := Outcome{Command: tree.Select}
	if p.direct != nil {
		row := make([]value.Datum, len(p.direct))
		for i, c := range p.direct {
			var err error
			if row[i], err = c(f); err != nil {
				return o, err
			}
		}
		o.Rows = 1
		return o, out(&heldRow{env: f.Env(), types: p.types, row: row})
	}
	r := &streamRow{env: f.Env(), types: p.types}
	err := p.text.run(f, func(st *store.Stmt) error {
		r.st = st
		o.Rows++
		return out(r)
	})
	return o, err
}

// heldRow is a row in memory.
type heldRow struct {
	env   *value.Env
	types []*value.Ops
	row   []value.Datum
}

func (r *heldRow) Datum(i int) value.Datum { return r.row[i] }
func (r *heldRow) IsNull(i int) bool       { return r.row[i].IsNull() }
func (r *heldRow) AppendJSON(dst []byte, i int) []byte {
	return appendJSON(r.env, r.types[i], dst, r.row[i])
}
func (r *heldRow) AppendText(dst []byte, i int) []byte {
	return appendText(r.env, r.types[i], dst, r.row[i])
}

// streamRow is the current row of a running SQLite statement.
type streamRow struct {
	env   *value.Env
	types []*value.Ops
	st    *store.Stmt
}

func (r *streamRow) Datum(i int) value.Datum { return column(r.st, i) }
func (r *streamRow) IsNull(i int) bool       { return r.st.ColumnType(i) == sqlite3.NULL }
func (r *streamRow) AppendJSON(dst []byte, i int) []byte {
	if o := r.types[i]; o != nil && (o.OID == catalog.TextOID || o.OID == catalog.VarcharOID) && r.st.ColumnType(i) == sqlite3.TEXT {
		return value.AppendJSONString(dst, r.st.ColumnRawText(i)) // the commonest columns go without a copy
	}
	return appendJSON(r.env, r.types[i], dst, column(r.st, i))
}
func (r *streamRow) AppendText(dst []byte, i int) []byte {
	if o := r.types[i]; o != nil && (o.OID == catalog.TextOID || o.OID == catalog.JSONOID || o.OID == catalog.JSONBOID) {
		return append(dst, r.st.ColumnRawText(i)...)
	}
	return appendText(r.env, r.types[i], dst, column(r.st, i))
}

func appendJSON(e *value.Env, o *value.Ops, dst []byte, d value.Datum) []byte {
	if d.IsNull() {
		return append(dst, "null"...)
	}
	if o == nil {
		return value.AppendJSONString(dst, d.Str()) // void: the empty string
	}
	return o.AppendJSON(e, dst, d)
}

func appendText(e *value.Env, o *value.Ops, dst []byte, d value.Datum) []byte {
	if d.IsNull() {
		return dst
	}
	if o == nil {
		return append(dst, d.Str()...)
	}
	return o.AppendText(e, dst, d)
}
