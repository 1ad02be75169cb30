package exec

import (
	"errors"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/lower"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// uniqueIndex finds the row that a new row would collide with. It stands for the index of an exclusion constraint, too.
type uniqueIndex struct {
	index   *catalog.Index
	con     *catalog.Constraint // nil for an index without one
	columns []int               // of plain keys; -1 for an expression
	query   *text               // yields the ctid of rows with the key of the given row
	key     []eval.Closure
	keyOps  []*value.Ops
	words   []string // the keys as messages show them
	where   eval.Closure
}

// unique compiles the look-up of a unique index.
func (m *maker) unique(tg *target, ix *catalog.Index) (*uniqueIndex, error) {
	t := tg.table
	u := &uniqueIndex{index: ix}
	for _, k := range t.Constraints {
		if k.OID == ix.Constraint {
			u.con = k
		}
	}
	rel := &tree.Rel{Kind: tree.TableRel, Alias: t.Name, Table: t, Columns: tg.row.Columns, Policed: true}
	q := &tree.Query{Command: tree.Select, Rels: []*tree.Rel{rel}, From: []tree.FromItem{&tree.RelItem{Rel: rel}},
		Targets: []tree.Target{{Expr: &tree.Var{Rel: rel, Col: lower.CtidColumn, Typ: tree.Type{OID: catalog.Int8OID, Mod: -1}}}}}
	and := &tree.Bool{Op: sql.And}
	env := &analyze.Env{Path: storedPath}
	both := func(e sql.Expr) (stored, given tree.Expr, err error) {
		if stored, err = analyze.ExprAs(m.cat, env, e, analyze.InIndexExpr, rel); err != nil {
			return nil, nil, err
		}
		given, err = analyze.ExprAs(m.cat, env, e, analyze.InIndexExpr, tg.row)
		return stored, given, err
	}
	venv := &value.Env{Types: m.cat}
	for n, k := range ix.Keys {
		var stored, given tree.Expr
		if k.Expr == nil {
			i := t.ColumnIndex(k.Column)
			if i < 0 {
				return nil, fault.New(fault.Internal, "index %s: no column %s", ix.Name, k.Column)
			}
			u.columns = append(u.columns, i)
			u.words = append(u.words, sql.QuoteIdent(k.Column))
			stored, given = &tree.Var{Rel: rel, Col: i, Typ: t.Columns[i].Type}, &tree.Var{Rel: tg.row, Col: i, Typ: t.Columns[i].Type}
		} else {
			var err error
			if stored, given, err = both(k.Expr); err != nil {
				return nil, err
			}
			u.columns = append(u.columns, -1)
			u.words = append(u.words, sql.PrintExpr(k.Expr))
		}
		switch {
		case ix.Operators != nil:
			test, err := analyze.Operator(m.cat, env, ix.Operators[n], stored, given)
			if err != nil {
				return nil, err
			}
			and.Args = append(and.Args, test)
		default:
			eq := equality(m.cat, stored, given)
			if eq == nil {
				return nil, fault.Unsupported("a unique index over the type "+m.cat.TypeString(stored.Type()), "")
			}
			if ix.NullsNotDistinct {
				and.Args = append(and.Args, &tree.Distinct{Not: true, Eq: eq})
			} else {
				and.Args = append(and.Args, eq)
			}
		}
		c, err := m.closure(given, []*tree.Rel{tg.row})
		if err != nil {
			return nil, err
		}
		u.key = append(u.key, c)
		u.keyOps = append(u.keyOps, venv.Ops(given.Type().OID))
	}
	if ix.Where != nil {
		stored, given, err := both(ix.Where)
		if err != nil {
			return nil, err
		}
		and.Args = append(and.Args, stored)
		if u.where, err = m.closure(given, []*tree.Rel{tg.row}); err != nil {
			return nil, err
		}
	}
	q.Where = and
	if len(and.Args) == 1 {
		q.Where = and.Args[0]
	}
	var err error
	u.query, err = m.text(q, []*tree.Rel{tg.row})
	return u, err
}

// equality is the = of two expressions of one type, nil if the type has none.
func equality(cat *catalog.Catalog, a, b tree.Expr) *tree.Call {
	t := cat.BaseType(a.Type()).OID
	ty := cat.Type(t)
	want := t
	switch {
	case ty == nil:
		return nil
	case ty.Category == 'A':
		want = catalog.AnyArrayOID
	case ty.Kind == catalog.EnumType:
		want = catalog.AnyEnumOID
	case ty.Kind == catalog.RangeType:
		want = catalog.AnyRangeOID
	case ty.Kind == catalog.CompositeType:
		want = catalog.RecordOID
	case t == catalog.VarcharOID:
		want = catalog.TextOID
	case t == catalog.CidrOID:
		want = catalog.InetOID
	}
	for _, o := range builtin.Operators("=") {
		if o.Left == want && o.Right == want {
			return &tree.Call{Fn: o.Func, Args: []tree.Expr{a, b}, Typ: tree.Type{OID: catalog.BoolOID, Mod: -1}, Op: "="}
		}
	}
	return nil
}

// conflict is the position of a row other than except that has the key of row; 0 when there is none.
func (u *uniqueIndex) conflict(x *execution, row []value.Datum, except int64) (int64, error) {
	f := &eval.Frame{S: x.s, Rows: [][]value.Datum{row}}
	if u.where != nil {
		d, err := u.where(f)
		if err != nil || !d.IsTrue() {
			return 0, err
		}
	}
	var found int64
	err := u.query.run(f, func(st *store.Stmt) error {
		if c := st.ColumnInt64(0); c != except && found == 0 {
			found = c
		}
		return nil
	})
	return found, err
}

// violation is error 23505 or 23P01 for a row that collides with the one at other.
func (u *uniqueIndex) violation(x *execution, tg *target, row []value.Datum, other int64) error {
	given := u.shown(x, tg, row)
	if u.index.Operators == nil {
		e := fault.New(fault.UniqueViolation, `duplicate key value violates unique constraint "%s"`, u.index.Name).WithConstraint(tg.table.Schema, tg.table.Name, u.index.Name)
		if given == "" {
			return e
		}
		return e.WithDetail("%s", "Key "+given+" already exists.")
	}
	e := fault.New(fault.ExclusionViolation, `conflicting key value violates exclusion constraint "%s"`, u.index.Name).WithConstraint(tg.table.Schema, tg.table.Name, u.index.Name)
	there, err := tg.fetch(x, other)
	if err != nil {
		return err
	}
	if given == "" || there == nil {
		return e.WithDetail("Key conflicts with existing key.")
	}
	return e.WithDetail("%s", "Key "+given+" conflicts with existing key "+u.shown(x, tg, there)+".")
}

// shown is a row's key as messages have it, "" where the role may not see it.
func (u *uniqueIndex) shown(x *execution, tg *target, row []value.Datum) string {
	if !tg.mayShow(x, u.columns) {
		return ""
	}
	f := &eval.Frame{S: x.s, Rows: [][]value.Datum{row}}
	values := make([]string, len(u.key))
	for i, k := range u.key {
		d, err := k(f)
		if err != nil {
			return ""
		}
		values[i] = show(f.Env(), u.keyOps[i], d)
	}
	return "(" + strings.Join(u.words, ", ") + ")=(" + strings.Join(values, ", ") + ")"
}

func show(e *value.Env, o *value.Ops, d value.Datum) string {
	if d.IsNull() {
		return "null"
	}
	return o.Text(e, d)
}

// mayShow says whether messages may show the given columns (-1: an expression) to the role: not where policies hide rows from it.
func (tg *target) mayShow(x *execution, columns []int) bool {
	role := x.s.Role
	if tg.table.RLS && !tg.cat.BypassesRLS(role, tg.table) {
		return false
	}
	if tg.cat.Can(role, tg.table, catalog.PrivSelect) {
		return true
	}
	for _, i := range columns {
		if i < 0 || !tg.cat.CanColumn(role, tg.table, tg.table.Columns[i], catalog.PrivSelect) {
			return false
		}
	}
	return true
}

// conflictError tells which constraint SQLite's error is about.
func (tg *target) conflictError(x *execution, err error, row []value.Datum, ctid int64) error {
	if own := x.err; own != nil {
		x.err = nil
		return own
	}
	if !errors.Is(err, sqlite3.CONSTRAINT) {
		return err
	}
	for _, u := range tg.unique {
		if !layout.Unique(u.index) {
			continue
		}
		other, cerr := u.conflict(x, row, ctid)
		if cerr != nil {
			return cerr
		}
		if other != 0 {
			return u.violation(x, tg, row, other)
		}
	}
	return err
}

// collides checks the indexes that SQLite's own cannot enforce, those apart that are checked later.
func (tg *target) collides(x *execution, row []value.Datum, ctid int64) error {
	for _, u := range tg.unique {
		if !u.index.NullsNotDistinct && u.index.Operators == nil || u.index.Deferrable {
			continue
		}
		other, err := u.conflict(x, row, ctid)
		if err != nil {
			return err
		}
		if other != 0 {
			return u.violation(x, tg, row, other)
		}
	}
	return nil
}

// recheck looks again at a row that collided when it was written, unless it is gone.
func (x *execution) recheck(e *event) error {
	row, err := e.tg.fetch(x, e.ctid)
	if err != nil || row == nil {
		return err
	}
	other, err := e.fire.unique.conflict(x, row, e.ctid)
	if err != nil || other == 0 {
		return err
	}
	return e.fire.unique.violation(x, e.tg, row, other)
}

// Collides fails where a stored row has a key that collides with another's, for an index that is being made.
func Collides(s *Session, t *catalog.Table, ix *catalog.Index, ctid int64, row []value.Datum) error {
	x := executionOf(s)
	tg, err := targetOf(s.Cat, t.Owner, t)
	if err != nil {
		return err
	}
	for _, u := range tg.unique {
		if u.index.OID != ix.OID {
			continue
		}
		other, err := u.conflict(x, row, ctid)
		if err != nil || other == 0 {
			return err
		}
		there, err := tg.fetch(x, other)
		if err != nil {
			return err
		}
		return fault.New(fault.ExclusionViolation, "could not create exclusion constraint %q", ix.Name).WithConstraint(t.Schema, t.Name, ix.Name).
			WithDetail("%s", "Key "+u.shown(x, tg, row)+" conflicts with key "+u.shown(x, tg, there)+".")
	}
	return nil
}
