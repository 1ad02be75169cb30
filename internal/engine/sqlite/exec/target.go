package exec

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// target is all that the executor needs to know of a table to change its rows. It is immutable and shared by the programs of a catalog.
type target struct {
	cat   *catalog.Catalog
	table *catalog.Table
	view  bool
	row   *tree.Rel // the row that defaults, generated columns and checks are about

	types     []*value.Ops
	defaults  []eval.Closure // nil for NULL
	denied    map[int]error  // defaults that the role may not compute: an INSERT that needs one fails before it begins
	generated []int          // columns
	generate  []eval.Closure // of the table's columns, nil for others
	uses      [][]int        // the columns that a generated column is made of
	notNull   []int
	checks    []checkConstraint
	nested    []nestedDomain
	unique    []*uniqueIndex
	before    [3][]rowTrigger // by event: insert, update, delete
	after     [3][]rowTrigger // user triggers and foreign keys, in the order in which they fire
	instead   [3][]rowTrigger
	statement [2][4][]rowTrigger // before, after; by event, truncate last

	insertSQL, updateSQL, deleteSQL, selectSQL string
}

const (
	onInsert = iota
	onUpdate
	onDelete
	onTruncate
)

var eventWords = [...]string{"INSERT", "UPDATE", "DELETE", "TRUNCATE"}

// storedPath is the search path of stored expressions, whose names are qualified already save those of extensions.
var storedPath = []string{"public", "extensions"}

// nestedDomain tests the domains within a column's values.
type nestedDomain struct {
	column int
	test   func(*eval.Frame, value.Datum) error
}

type checkConstraint struct {
	name string
	test eval.Closure
}

// targets are those of the catalogs in use, the newest few.
var targets struct {
	mu   sync.Mutex
	list []targetsOf
}

type targetsOf struct {
	version uint64
	made    map[targetKey]*target
}

type targetKey struct {
	table catalog.OID
	role  string
}

const keptCatalogs = 4

// targetOf is the target of a table, made when first asked for. Its defaults, checks and triggers' conditions call functions as role.
func targetOf(cat *catalog.Catalog, role string, t *catalog.Table) (*target, error) {
	targets.mu.Lock()
	defer targets.mu.Unlock()
	i := slices.IndexFunc(targets.list, func(x targetsOf) bool { return x.version == cat.Version() })
	if i < 0 {
		if len(targets.list) >= keptCatalogs {
			targets.list = targets.list[1:]
		}
		targets.list = append(targets.list, targetsOf{cat.Version(), map[targetKey]*target{}})
		i = len(targets.list) - 1
	}
	key := targetKey{t.OID, role}
	if tg := targets.list[i].made[key]; tg != nil {
		return tg, nil
	}
	tg, err := newTarget(cat, role, t)
	if err != nil {
		return nil, err
	}
	targets.list[i].made[key] = tg
	return tg, nil
}

func newTarget(cat *catalog.Catalog, role string, t *catalog.Table) (*target, error) {
	tg := &target{cat: cat, table: t, view: t.Kind == catalog.View, denied: map[int]error{}}
	tg.row = rowRel(t, t.Name)
	env := &value.Env{Types: cat}
	m := &maker{cat: cat, role: role}
	aenv := &analyze.Env{Path: storedPath}
	rels := []*tree.Rel{tg.row}
	expr := func(e tree.Expr, err error) (eval.Closure, error) {
		if err != nil {
			return nil, err
		}
		return m.stored(e, rels)
	}
	tg.defaults = make([]eval.Closure, len(t.Columns))
	tg.generate = make([]eval.Closure, len(t.Columns))
	tg.uses = make([][]int, len(t.Columns))
	for i, c := range t.Columns {
		o := env.Ops(c.Type.OID)
		if o == nil {
			return nil, fault.Unsupported("a column of type "+cat.TypeString(c.Type), "")
		}
		tg.types = append(tg.types, o)
		if c.NotNull {
			tg.notNull = append(tg.notNull, i)
		}
		if test, err := eval.Nested(cat, c.Type.OID); err != nil {
			return nil, fmt.Errorf("column %s of table %s: %w", c.Name, t.Name, err)
		} else if test != nil {
			tg.nested = append(tg.nested, nestedDomain{i, test})
		}
		var err error
		switch {
		case c.Generated:
			tg.generated = append(tg.generated, i)
			var e tree.Expr
			if e, err = analyze.Assigned(cat, aenv, c.Default, analyze.InGenerated, c.Name, c.Type, tg.row); err == nil {
				tg.uses[i] = columnsOf(e)
				tg.generate[i], err = m.stored(e, rels)
			}
		case c.Identity != 0:
			seq := c.Sequence
			tg.defaults[i] = func(f *eval.Frame) (value.Datum, error) {
				n, err := executionOf(f.S).nextVal(seq)
				return value.Int(n), err
			}
		case c.Default != nil:
			var e tree.Expr
			if e, err = analyze.Assigned(cat, aenv, c.Default, analyze.InDefault, c.Name, c.Type); err == nil {
				tg.defaults[i], err = m.stored(e, rels)
				if _, denied := rights.AttachStored(cat, role, e); denied != nil && err == nil {
					tg.denied[i] = denied
				}
			}
		default:
			if ty := cat.Type(c.Type.OID); ty != nil && ty.Kind == catalog.DomainType {
				var e sql.Expr = &sql.Const{Kind: sql.NullConst, Pos: sql.NoPos}
				if d := domainDefault(cat, ty); d != nil {
					e = d
				}
				tg.defaults[i], err = expr(analyze.Assigned(cat, aenv, e, analyze.InDefault, c.Name, c.Type))
			}
		}
		if err != nil {
			return nil, fmt.Errorf("column %s of table %s: %w", c.Name, t.Name, err)
		}
	}
	constraints := slices.Clone(t.Constraints)
	slices.SortStableFunc(constraints, func(a, b *catalog.Constraint) int { return strings.Compare(a.Name, b.Name) })
	for _, k := range constraints {
		if k.Kind != catalog.Check {
			continue
		}
		test, err := expr(analyze.Condition(cat, aenv, k.Expr, analyze.InCheck, "CHECK", tg.row))
		if err != nil {
			return nil, fmt.Errorf("constraint %s of table %s: %w", k.Name, t.Name, err)
		}
		tg.checks = append(tg.checks, checkConstraint{k.Name, test})
	}
	indexes := slices.Clone(t.Indexes)
	slices.SortStableFunc(indexes, func(a, b *catalog.Index) int { return int(int64(a.OID) - int64(b.OID)) })
	for _, ix := range indexes {
		if !ix.Unique && ix.Operators == nil {
			continue
		}
		u, err := m.unique(tg, ix)
		if err != nil {
			return nil, fmt.Errorf("index %s: %w", ix.Name, err)
		}
		tg.unique = append(tg.unique, u)
	}
	if err := tg.triggers(m); err != nil {
		return nil, err
	}
	tg.texts()
	return tg, nil
}

// columnsOf are the columns of the row that an expression reads.
func columnsOf(e tree.Expr) []int {
	var out []int
	tree.Walk(e, func(x tree.Expr) bool {
		switch v := x.(type) {
		case *tree.Var:
			out = append(out, v.Col)
		case *tree.WholeRow:
			for i := range v.Rel.Columns {
				out = append(out, i)
			}
		}
		return true
	})
	return out
}

// stored compiles an expression that the catalog holds. What its role may not call fails when it is evaluated: a default that a statement does not use hurts nobody.
func (m *maker) stored(e tree.Expr, rels []*tree.Rel) (eval.Closure, error) {
	a, err := rights.AttachStored(m.cat, m.role, e)
	if f := fault.As(err); f != nil && f.Code == fault.InsufficientPrivilege {
		return func(*eval.Frame) (value.Datum, error) { return value.Datum{}, f }, nil
	}
	if err != nil {
		return nil, err
	}
	return m.closure(a.Tree(), rels)
}

func domainDefault(cat *catalog.Catalog, t *catalog.Type) sql.Expr {
	for t != nil && t.Kind == catalog.DomainType {
		if t.Default != nil {
			return t.Default
		}
		t = cat.Type(t.Base.OID)
	}
	return nil
}

// rowRel is a Rel for a row of t that is given.
func rowRel(t *catalog.Table, alias string) *tree.Rel {
	r := &tree.Rel{Kind: tree.RowRel, Alias: alias, Table: t}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: c.Type})
	}
	return r
}

func (tg *target) texts() {
	name := layout.TableName(tg.table.Schema, tg.table.Name)
	var cols, marks, sets strings.Builder
	for i, c := range tg.table.Columns {
		if i > 0 {
			cols.WriteString(", ")
			marks.WriteString(", ")
		}
		q := layout.Quote(c.Name)
		cols.WriteString(q)
		fmt.Fprintf(&marks, "?%d", i+1)
		fmt.Fprintf(&sets, ", %s = ?%d", q, i+2)
	}
	if len(tg.table.Columns) == 0 {
		tg.insertSQL = "INSERT INTO " + name + " DEFAULT VALUES"
	} else {
		tg.insertSQL = "INSERT INTO " + name + " (" + cols.String() + ") VALUES (" + marks.String() + ")"
	}
	// PostgreSQL writes a new version of an updated row at the end of the heap.
	tg.updateSQL = "UPDATE " + name + ` SET "ctid" = (SELECT max("ctid") + 1 FROM ` + name + ")" + sets.String() + ` WHERE "ctid" = ?1`
	tg.deleteSQL = "DELETE FROM " + name + ` WHERE "ctid" = ?1`
	comma := ", "
	if len(tg.table.Columns) == 0 {
		comma = ""
	}
	tg.selectSQL = `SELECT "ctid"` + comma + cols.String() + " FROM " + name
}

// ---- rows ----

// insert writes a row and returns its position.
func (tg *target) insert(x *execution, row []value.Datum) (int64, error) {
	st, err := x.s.Conn.Stmt(tg.insertSQL)
	if err != nil {
		return 0, err
	}
	defer st.Close()
	for i, d := range row {
		if err := bindDatum(st, i+1, d); err != nil {
			return 0, err
		}
	}
	if err := st.Exec(); err != nil {
		return 0, tg.conflictError(x, err, row, 0)
	}
	return x.s.Conn.Raw().LastInsertRowID(), nil
}

// update replaces the row at ctid; ok is false when it is gone.
func (tg *target) update(x *execution, ctid int64, row []value.Datum) (moved int64, ok bool, err error) {
	st, err := x.s.Conn.Stmt(tg.updateSQL)
	if err != nil {
		return 0, false, err
	}
	defer st.Close()
	if err := st.BindInt64(1, ctid); err != nil {
		return 0, false, err
	}
	for i, d := range row {
		if err := bindDatum(st, i+2, d); err != nil {
			return 0, false, err
		}
	}
	if err := st.Exec(); err != nil {
		return 0, false, tg.conflictError(x, err, row, ctid)
	}
	if x.s.Conn.Raw().Changes() == 0 {
		return 0, false, nil
	}
	moved, err = tg.lastCtid(x)
	return moved, true, err
}

// lastCtid is the position of the row that was just moved to the end.
func (tg *target) lastCtid(x *execution) (int64, error) {
	st, err := x.s.Conn.Stmt(`SELECT max("ctid") FROM ` + layout.TableName(tg.table.Schema, tg.table.Name))
	if err != nil {
		return 0, err
	}
	defer st.Close()
	if !st.Step() {
		return 0, st.Err()
	}
	return st.ColumnInt64(0), nil
}

func (tg *target) delete(x *execution, ctid int64) (bool, error) {
	st, err := x.s.Conn.Stmt(tg.deleteSQL)
	if err != nil {
		return false, err
	}
	defer st.Close()
	if err := st.BindInt64(1, ctid); err != nil {
		return false, err
	}
	if err := st.Exec(); err != nil {
		return false, x.failure(err)
	}
	return x.s.Conn.Raw().Changes() > 0, nil
}

// fetch reads the row at ctid, nil when it is gone.
func (tg *target) fetch(x *execution, ctid int64) ([]value.Datum, error) {
	rows, err := tg.find(x, ` WHERE "ctid" = ?1`, value.Int(ctid))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0].row, nil
}

type foundRow struct {
	ctid int64
	row  []value.Datum
}

// find reads rows by a condition over the table's own columns.
func (tg *target) find(x *execution, where string, args ...value.Datum) ([]foundRow, error) {
	st, err := x.s.Conn.Stmt(tg.selectSQL + where)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	for i, d := range args {
		if err := bindDatum(st, i+1, d); err != nil {
			return nil, err
		}
	}
	var out []foundRow
	for st.Step() {
		if len(out) >= x.maxRows() {
			return nil, tooManyRows()
		}
		r := foundRow{ctid: st.ColumnInt64(0), row: make([]value.Datum, len(tg.table.Columns))}
		for i := range r.row {
			r.row[i] = column(st, i+1)
		}
		out = append(out, r)
	}
	return out, x.ended(st.Err())
}

// ---- checks of a new row ----

// complete computes the generated columns.
func (tg *target) complete(f *eval.Frame, row []value.Datum) error {
	return tg.generateColumns(f, row, tg.generated)
}

// completeUpdate is complete for a row of which the columns set were given new values. What is made of other columns stays as it is, even where it would come out
// differently now, as in PostgreSQL; a BEFORE trigger may have changed any column.
func (tg *target) completeUpdate(f *eval.Frame, old, row []value.Datum, set []int) error {
	if len(tg.generated) == 0 || len(tg.before[onUpdate]) > 0 {
		return tg.complete(f, row)
	}
	var columns []int
	for _, i := range tg.generated {
		if slices.ContainsFunc(tg.uses[i], func(c int) bool { return slices.Contains(set, c) }) {
			columns = append(columns, i)
		} else {
			row[i] = old[i]
		}
	}
	return tg.generateColumns(f, row, columns)
}

func (tg *target) generateColumns(f *eval.Frame, row []value.Datum, columns []int) error {
	for _, i := range columns {
		row[i] = value.Null
	}
	if len(columns) == 0 {
		return nil
	}
	g := &eval.Frame{S: f.S, Rows: [][]value.Datum{row}}
	for _, i := range columns {
		d, err := tg.generate[i](g)
		if err != nil {
			return err
		}
		row[i] = d
	}
	return nil
}

// check tests NOT NULL and CHECK of a row that a statement writes to its target; nil for a row that no statement of the role's has named.
func (tg *target) check(x *execution, row []value.Datum, target *tree.Rel) error {
	for _, n := range tg.nested {
		if row[n.column].IsNull() {
			continue
		}
		if err := n.test(&eval.Frame{S: x.s}, row[n.column]); err != nil {
			return err
		}
	}
	for _, i := range tg.notNull {
		if row[i].IsNull() {
			c := tg.table.Columns[i]
			e := fault.New(fault.NotNullViolation, `null value in column "%s" of relation "%s" violates not-null constraint`, c.Name, tg.table.Name)
			e.Schema, e.Table, e.Column = tg.table.Schema, tg.table.Name, c.Name
			return tg.failingRow(x, e, row, target)
		}
	}
	if len(tg.checks) == 0 {
		return nil
	}
	f := &eval.Frame{S: x.s, Rows: [][]value.Datum{row}}
	for _, c := range tg.checks {
		d, err := c.test(f)
		if err != nil {
			return err
		}
		if !d.IsNull() && !d.IsTrue() {
			e := fault.New(fault.CheckViolation, `new row for relation "%s" violates check constraint "%s"`, tg.table.Name, c.name).
				WithConstraint(tg.table.Schema, tg.table.Name, c.name)
			return tg.failingRow(x, e, row, target)
		}
	}
	return nil
}

// maxShown is how much of a value a message shows.
const maxShown = 64

// failingRow adds the row as detail, as far as the role may see it or has itself said it.
func (tg *target) failingRow(x *execution, e *fault.Error, row []value.Datum, target *tree.Rel) error {
	role := x.s.Role
	if tg.table.RLS && !tg.cat.BypassesRLS(role, tg.table) {
		return e
	}
	all := tg.cat.Can(role, tg.table, catalog.PrivSelect)
	env := x.s.Env()
	var names, values []string
	for i, c := range tg.table.Columns {
		said := target != nil && (target.Inserted.Has(i) || target.Updated.Has(i))
		if !all && !said && !tg.cat.CanColumn(role, tg.table, c, catalog.PrivSelect) {
			continue
		}
		s := show(env, tg.types[i], row[i])
		if len(s) > maxShown {
			cut := maxShown
			for cut > 0 && s[cut]&0xC0 == 0x80 {
				cut--
			}
			s = s[:cut] + "..."
		}
		names = append(names, c.Name)
		values = append(values, s)
	}
	if len(values) == 0 {
		return e
	}
	list := "(" + strings.Join(values, ", ") + ")"
	if !all {
		list = "(" + strings.Join(names, ", ") + ") = " + list
	}
	return e.WithDetail("%s", "Failing row contains "+list+".")
}
