package exec

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/lower"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// change compiles a data modification. outer is the statement whose WITH it stands in, nil for a whole statement.
func (m *maker) change(q *tree.Query, outer *tree.Query) (changer, error) {
	if outer != nil {
		q = withCTEs(q, outer)
	}
	tg, err := targetOf(m.cat, m.role, q.Target.Table)
	if err != nil {
		return nil, err
	}
	if tg.table.Kind != catalog.OrdinaryTable && tg.table.Kind != catalog.PartitionedTable && !tg.view {
		return nil, fault.New(fault.WrongObjectType, `cannot change relation "%s"`, tg.table.Name)
	}
	c := common{tg: tg, q: q, rels: []*tree.Rel{q.Target}}
	switch q.Command {
	case tree.Insert:
		return m.insert(c)
	case tree.Update, tree.Delete:
		return m.updateOrDelete(c)
	case tree.Merge:
		return m.merge(c)
	}
	return nil, fault.New(fault.Internal, "exec: command %d", q.Command)
}

// common is what all data modifications have.
type common struct {
	tg        *target
	q         *tree.Query
	rels      []*tree.Rel // of the frame's rows: the target first
	returning []eval.Closure
	inserted  []rowCheck
	updated   []rowCheck
	existing  []rowCheck    // on the row that ON CONFLICT DO UPDATE is going to change
	matched   [2][]rowCheck // on the row that MERGE is going to update, or delete
}

// rowCheck is a policy's or view's condition on a new row.
type rowCheck struct {
	test eval.Closure
	err  error
}

// finish compiles RETURNING and the checks, when rels are known.
func (c *common) finish(m *maker) error {
	for _, t := range c.q.Targets {
		if t.Junk {
			continue
		}
		x, err := m.closure(t.Expr, c.rels)
		if err != nil {
			return err
		}
		c.returning = append(c.returning, x)
	}
	for _, k := range c.q.Checks {
		x, err := m.closure(k.Expr, c.rels[:1])
		if err != nil {
			return err
		}
		rc := rowCheck{x, k.Err}
		if k.On&tree.OnInserted != 0 {
			c.inserted = append(c.inserted, rc)
		}
		if k.On&tree.OnUpdated != 0 {
			c.updated = append(c.updated, rc)
		}
		if k.On&tree.OnConflictExisting != 0 {
			c.existing = append(c.existing, rc)
		}
		if k.On&tree.OnMergeUpdateExisting != 0 {
			c.matched[0] = append(c.matched[0], rc)
		}
		if k.On&tree.OnMergeDeleteExisting != 0 {
			c.matched[1] = append(c.matched[1], rc)
		}
	}
	return nil
}

// rowTest checks a row: before it is written against policies, after it is written against the check options of views, as PostgreSQL does: constraints and
// unique keys come in between. Either is nil when there is nothing to check.
type rowTest struct {
	before, after func(row []value.Datum) error
	target        *tree.Rel // what the statement writes, with the columns that it names; nil for none
}

// tester makes the tests of a list of checks.
// withCheckOption is the code of a row that a view's check option refuses.
const withCheckOption = "44000"

func (c *common) tester(f *eval.Frame, list []rowCheck) rowTest {
	option := func(k rowCheck) bool { return fault.Code(k.err) == withCheckOption }
	test := func(list []rowCheck) func(row []value.Datum) error {
		if len(list) == 0 {
			return nil
		}
		return func(row []value.Datum) error {
			g := &eval.Frame{S: f.S, Params: f.Params, Rows: [][]value.Datum{row}}
			for _, k := range list {
				d, err := k.test(g)
				if err != nil {
					return err
				}
				if d.IsTrue() {
					continue
				}
				if e := fault.As(k.err); option(k) && c.tg != nil {
					shown := *e // the check is shared
					return c.tg.failingRow(executionOf(f.S), &shown, row, c.rels[0])
				}
				return k.err
			}
			return nil
		}
	}
	return rowTest{
		before: test(slices.DeleteFunc(slices.Clone(list), option)),
		after:  test(slices.DeleteFunc(slices.Clone(list), func(k rowCheck) bool { return !option(k) })),
		target: c.rels[0],
	}
}

// give computes RETURNING for the frame's rows.
func (c *common) give(f *eval.Frame, out func([]value.Datum) error) error {
	if out == nil || len(c.returning) == 0 {
		return nil
	}
	row := make([]value.Datum, len(c.returning))
	for i, x := range c.returning {
		var err error
		if row[i], err = x(f); err != nil {
			return err
		}
	}
	return out(row)
}

// withCtid is a row with its position behind the columns, where RETURNING finds the system column.
func withCtid(row []value.Datum, ctid int64) []value.Datum {
	return append(slices.Clip(row), value.Int(ctid))
}

// ---- INSERT ----

type insert struct {
	common
	source   rowSource // nil: DEFAULT VALUES
	column   []int     // of the source's columns; -1 where the value is not used
	conflict *onConflict
	rest     []int // columns that the source does not fill
}

// rowSource yields rows. A Datum for which isDefault holds stands for the column's default.
type rowSource interface {
	rows(x *execution, f *eval.Frame, each func(row []value.Datum, defaults []bool) error) error
}

type onConflict struct {
	indexes []*uniqueIndex
	update  bool
	set     []assign
	columns []int
	where   eval.Closure
}

// assign is a compiled Assign; a nil value is DEFAULT.
type assign struct {
	column int
	value  eval.Closure
}

func (m *maker) insert(c common) (changer, error) {
	q := c.q
	in := &insert{common: c}
	if q.Source != nil {
		var err error
		if in.source, err = m.source(withCTEs(q.Source, q)); err != nil {
			return nil, err
		}
		in.column = slices.Clone(q.Columns)
	}
	if q.Overriding == sql.OverridingUser {
		for i, col := range in.column {
			if c.tg.table.Columns[col].Identity != 0 {
				in.column[i] = -1
			}
		}
	}
	for i := range c.tg.table.Columns {
		if !slices.Contains(in.column, i) {
			if err := c.tg.denied[i]; err != nil {
				return nil, err
			}
			in.rest = append(in.rest, i)
		}
	}
	if k := q.Conflict; k != nil {
		oc := &onConflict{update: k.DoUpdate}
		for _, u := range c.tg.unique {
			if len(k.Indexes) == 0 || slices.ContainsFunc(k.Indexes, func(ix *catalog.Index) bool { return ix.OID == u.index.OID }) {
				oc.indexes = append(oc.indexes, u)
			}
		}
		if k.DoUpdate {
			rels := []*tree.Rel{q.Target, k.Excluded}
			var err error
			if oc.set, oc.columns, err = m.assigns(k.Set, rels); err != nil {
				return nil, err
			}
			if k.Where != nil {
				if oc.where, err = m.closure(k.Where, rels); err != nil {
					return nil, err
				}
			}
		}
		in.conflict = oc
	}
	return in, in.finish(m)
}

func (m *maker) assigns(list []tree.Assign, rels []*tree.Rel) (out []assign, columns []int, err error) {
	for _, a := range list {
		x := assign{column: a.Column}
		if a.Value != nil {
			if _, def := a.Value.(*tree.SetDefault); !def {
				if x.value, err = m.closure(a.Value, rels); err != nil {
					return nil, nil, err
				}
			}
		}
		out = append(out, x)
		columns = append(columns, a.Column)
	}
	return out, columns, nil
}

func (in *insert) run(f *eval.Frame, out func([]value.Datum) error) (Outcome, error) {
	x := executionOf(f.S)
	tg := in.tg
	o := Outcome{Command: tree.Insert}
	if tg.view {
		return in.runInstead(x, f, out)
	}
	var rows, updates *transition
	if tg.needsRows(onInsert) {
		rows = &transition{}
	}
	upsert := in.conflict != nil && in.conflict.update
	if err := x.statementTriggers(tg, false, onInsert, nil, nil); err != nil {
		return o, err
	}
	if upsert {
		if tg.needsRows(onUpdate) {
			updates = &transition{}
		}
		if err := x.statementTriggers(tg, false, onUpdate, in.conflict.columns, nil); err != nil {
			return o, err
		}
	}
	test := in.tester(f, in.inserted)
	propose := test.before
	touched := map[int64]bool{} // rows that this command has written, for ON CONFLICT
	g := &eval.Frame{S: f.S, Params: f.Params, Rows: make([][]value.Datum, 2)}
	one := func(given []value.Datum, defaults []bool) error {
		row := make([]value.Datum, len(tg.table.Columns), len(tg.table.Columns)+1)
		for _, i := range in.rest {
			if tg.defaults[i] != nil {
				var err error
				if row[i], err = tg.defaultOf(x, i); err != nil {
					return err
				}
			}
		}
		for j, i := range in.column {
			if i < 0 {
				continue
			}
			if defaults != nil && defaults[j] {
				var err error
				if row[i], err = tg.defaultOf(x, i); err != nil {
					return err
				}
				continue
			}
			row[i] = given[j]
		}
		if len(tg.before[onInsert]) > 0 {
			var err error
			if row, err = x.beforeRow(tg, onInsert, nil, row, nil); err != nil || row == nil {
				return err
			}
		}
		if err := tg.complete(f, row); err != nil {
			return err
		}
		if in.conflict != nil {
			// The proposed row must pass the policies even where a conflict keeps it out.
			if propose != nil {
				if err := propose(row); err != nil {
					return err
				}
			}
			// And the constraints that are not about other rows.
			if err := tg.check(x, row, test.target); err != nil {
				return err
			}
			done, err := in.onConflict(x, f, g, row, touched, updates, out, &o)
			if err != nil || done {
				return err
			}
		}
		ctid, err := tg.insertRow(x, row, test, rows)
		if err != nil {
			return err
		}
		if in.conflict != nil {
			touched[ctid] = true
		}
		o.Rows++
		o.Inserted++
		g.Rows[0] = withCtid(row, ctid)
		return in.give(g, out)
	}
	var err error
	if in.source == nil {
		err = one(nil, nil)
	} else {
		err = in.source.rows(x, f, one)
	}
	if err != nil {
		return o, err
	}
	if upsert {
		if err := x.statementTriggers(tg, true, onUpdate, in.conflict.columns, updates); err != nil {
			return o, err
		}
	}
	return o, x.statementTriggers(tg, true, onInsert, nil, rows)
}

// onConflict looks for rows that the new one collides with; done says that the row needs no insertion any more.
func (in *insert) onConflict(x *execution, f, g *eval.Frame, row []value.Datum, touched map[int64]bool, rows *transition, out func([]value.Datum) error, o *Outcome) (bool, error) {
	oc := in.conflict
	tg := in.tg
	var ctid int64
	for _, u := range oc.indexes {
		if u.index.Deferrable {
			return false, fault.New(fault.ObjectNotInState, "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters").
				WithConstraint(tg.table.Schema, tg.table.Name, u.index.Name)
		}
		var err error
		if ctid, err = u.conflict(x, row, 0); err != nil {
			return false, err
		}
		if ctid != 0 {
			break
		}
	}
	if ctid == 0 {
		return false, nil
	}
	if !oc.update {
		return true, nil
	}
	if touched[ctid] {
		return false, fault.New(fault.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time").
			WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
	}
	// PostgreSQL checks the policies for the row proposed for insertion even when it is not inserted.
	if test := in.tester(f, in.inserted).before; test != nil {
		if err := test(row); err != nil {
			return false, err
		}
	}
	old, err := tg.fetch(x, ctid)
	if err != nil || old == nil {
		return false, err
	}
	g.Rows[0], g.Rows[1] = withCtid(old, ctid), row
	if oc.where != nil {
		d, err := oc.where(g)
		if err != nil {
			return false, err
		}
		if !d.IsTrue() {
			return true, nil
		}
	}
	if test := in.tester(f, in.existing).before; test != nil {
		if err := test(old); err != nil {
			return false, err
		}
	}
	next := slices.Clone(old)
	for _, a := range oc.set {
		if a.value == nil {
			next[a.column], err = tg.defaultOf(x, a.column)
		} else {
			next[a.column], err = a.value(g)
		}
		if err != nil {
			return false, err
		}
	}
	stored, moved, err := tg.updateRow(x, ctid, old, next, oc.columns, in.tester(f, in.updated), rows)
	if err != nil || stored == nil {
		return true, err
	}
	touched[moved] = true
	o.Rows++
	g.Rows[0], g.Rows[1] = withCtid(stored, moved), nil
	return true, in.give(g, out)
}

// runInstead inserts through the INSTEAD OF triggers of a view.
func (in *insert) runInstead(x *execution, f *eval.Frame, out func([]value.Datum) error) (Outcome, error) {
	o := Outcome{Command: tree.Insert}
	g := &eval.Frame{S: f.S, Params: f.Params, Rows: make([][]value.Datum, 1)}
	if len(in.tg.instead[onInsert]) == 0 {
		return o, notUpdatable("insert into", in.tg)
	}
	err := in.source.rows(x, f, func(given []value.Datum, _ []bool) error {
		row := make([]value.Datum, len(in.tg.table.Columns))
		for j, i := range in.column {
			if i >= 0 {
				row[i] = given[j]
			}
		}
		done, err := x.insteadOf(in.tg, onInsert, nil, row)
		if err != nil || done == nil {
			return err
		}
		o.Rows++
		g.Rows[0] = done
		return in.give(g, out)
	})
	return o, err
}

func notUpdatable(what string, tg *target) error {
	return fault.New(fault.ObjectNotInState, `cannot %s view "%s"`, what, tg.table.Name).
		WithDetail("Views that are not automatically updatable need an INSTEAD OF trigger.")
}

// insteadOf fires the INSTEAD OF triggers: nil when one of them skips the row.
func (x *execution) insteadOf(tg *target, on int, old, new []value.Datum) ([]value.Datum, error) {
	row := new
	if on == onDelete {
		row = old
	}
	for i := range tg.instead[on] {
		given := row
		if on == onDelete {
			given = nil
		}
		got, err := x.call(tg, &tg.instead[on][i], on, old, given, nil)
		if err != nil || got == nil {
			return nil, err
		}
		if on != onDelete {
			row = got
		}
	}
	return row, nil
}

// ---- sources of INSERT ----

func (m *maker) source(q *tree.Query) (rowSource, error) {
	if q.Values != nil && len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil && (len(q.CTEs) == 0 || hasDefault(q.Values)) {
		seeCTEs(q)
		return m.valuesSource(q.Values)
	}
	if plainValues(q) {
		var row []tree.Expr
		for _, t := range q.Targets {
			if !t.Junk {
				row = append(row, t.Expr)
			}
		}
		return m.valuesSource([][]tree.Expr{row})
	}
	if s, err := m.functionSource(q); err != nil || s != nil {
		return s, err
	}
	t, err := m.text(apart(q), nil)
	if err != nil {
		return nil, err
	}
	return &textSource{t}, nil
}

func hasDefault(rows [][]tree.Expr) bool {
	for _, row := range rows {
		for _, e := range row {
			if _, ok := e.(*tree.SetDefault); ok {
				return true
			}
		}
	}
	return false
}

// seeCTEs hands the CTEs of VALUES to the sub-queries in them, which are then computed by themselves: DEFAULT has no place in a text.
func seeCTEs(q *tree.Query) {
	for _, row := range q.Values {
		for _, e := range row {
			tree.Walk(e, func(e tree.Expr) bool {
				if s, ok := e.(*tree.SubLink); ok && s.Query != nil {
					s.Query = withCTEs(s.Query, q)
				}
				return true
			})
		}
	}
}

// valuesSource computes its rows in Go.
type valuesSource struct {
	list     [][]eval.Closure // nil for DEFAULT
	defaults [][]bool
}

func (m *maker) valuesSource(list [][]tree.Expr) (rowSource, error) {
	s := &valuesSource{}
	for _, row := range list {
		cs := make([]eval.Closure, len(row))
		var defaults []bool
		for i, e := range row {
			if _, ok := e.(*tree.SetDefault); ok {
				if defaults == nil {
					defaults = make([]bool, len(row))
				}
				defaults[i] = true
				continue
			}
			var err error
			if cs[i], err = m.closure(e, nil); err != nil {
				return nil, err
			}
		}
		s.list = append(s.list, cs)
		s.defaults = append(s.defaults, defaults)
	}
	return s, nil
}

func (s *valuesSource) rows(_ *execution, f *eval.Frame, each func([]value.Datum, []bool) error) error {
	for i, cs := range s.list {
		row := make([]value.Datum, len(cs))
		for j, c := range cs {
			if c == nil {
				continue
			}
			var err error
			if row[j], err = c(f); err != nil {
				return err
			}
		}
		if err := each(row, s.defaults[i]); err != nil {
			return err
		}
	}
	return nil
}

// functionSource runs a SELECT over one function without SQLite: the bodies of REST requests come as json_to_recordset.
type functionSource struct {
	sets       []setCall
	ordinality bool
	where      eval.Closure
	targets    []eval.Closure
}

// functionSource is nil when q is of another form.
func (m *maker) functionSource(q *tree.Query) (rowSource, error) {
	if len(q.From) != 1 || len(q.CTEs) > 0 || q.Aggregated || q.Having != nil || q.Distinct || q.SetOp != sql.NoSetOp || len(q.OrderBy) > 0 || q.Limit != nil || q.Offset != nil {
		return nil, nil
	}
	it, ok := q.From[0].(*tree.RelItem)
	if !ok || it.Rel.Kind != tree.FunctionRel {
		return nil, nil
	}
	for _, t := range q.Targets {
		if tree.Any(t.Expr, func(e tree.Expr) bool {
			switch e := e.(type) {
			case *tree.Call:
				return e.Fn != nil && e.Fn.RetSet || e.User != nil && e.User.ReturnsSet
			case *tree.WindowCall, *tree.Agg:
				return true
			}
			return false
		}) {
			return nil, nil
		}
	}
	s := &functionSource{ordinality: it.Rel.Ordinality}
	o := m.options(nil)
	for _, c := range it.Rel.Funcs {
		if _, ok := c.Call.(*tree.Call); !ok {
			return nil, nil
		}
		sc, err := compileSet(m.cat, c, it.Rel, o)
		if err != nil {
			return nil, err
		}
		s.sets = append(s.sets, sc)
	}
	rels := []*tree.Rel{it.Rel}
	var err error
	if q.Where != nil {
		if s.where, err = m.closure(q.Where, rels); err != nil {
			return nil, err
		}
	}
	for _, t := range q.Targets {
		if t.Junk {
			continue
		}
		c, err := m.closure(t.Expr, rels)
		if err != nil {
			return nil, err
		}
		s.targets = append(s.targets, c)
	}
	return s, nil
}

func (s *functionSource) rows(x *execution, f *eval.Frame, each func([]value.Datum, []bool) error) error {
	list, err := rowsOf(x, s.sets, f, s.ordinality)
	if err != nil {
		return err
	}
	g := &eval.Frame{S: f.S, Params: f.Params, Rows: make([][]value.Datum, 1)}
	for _, in := range list {
		g.Rows[0] = in
		if s.where != nil {
			d, err := s.where(g)
			if err != nil {
				return err
			}
			if !d.IsTrue() {
				continue
			}
		}
		row := make([]value.Datum, len(s.targets))
		for i, c := range s.targets {
			if row[i], err = c(g); err != nil {
				return err
			}
		}
		if err := each(row, nil); err != nil {
			return err
		}
	}
	return nil
}

// textSource reads its rows from SQLite, all before the first is used: an INSERT must not see its own rows.
type textSource struct{ text *text }

func (s *textSource) rows(_ *execution, f *eval.Frame, each func([]value.Datum, []bool) error) error {
	list, err := s.text.rows(f, s.text.width)
	if err != nil {
		return err
	}
	for _, row := range list {
		if err := each(row, nil); err != nil {
			return err
		}
	}
	return nil
}

// ---- UPDATE and DELETE ----

type updateOrDelete struct {
	common
	delete  bool
	text    *text // ctid, old row, values of SET, columns of other Rels
	columns []int // those that are set
	values  []int // for each of columns: where its value is in the text's row; -1 for DEFAULT
	beside  []besideRel
	width   int
}

// besideRel says where the columns of another Rel are in the source's row.
type besideRel struct {
	rel   *tree.Rel
	slot  int
	first int
}

func (m *maker) updateOrDelete(c common) (changer, error) {
	q := c.q
	u := &updateOrDelete{common: c, delete: q.Command == tree.Delete}
	src := &tree.Query{Command: tree.Select, CTEs: q.CTEs, Recursive: q.Recursive, Where: q.Where}
	src.Rels = q.Rels
	if !slices.Contains(src.Rels, q.Target) {
		src.Rels = append([]*tree.Rel{q.Target}, src.Rels...)
	}
	src.From = append([]tree.FromItem{&tree.RelItem{Rel: q.Target}}, q.From...)
	add := func(e tree.Expr) int {
		src.Targets = append(src.Targets, tree.Target{Expr: e})
		return len(src.Targets) - 1
	}
	if u.tg.view {
		add(&tree.Const{Value: value.Int(0), Typ: tree.Type{OID: catalog.Int8OID, Mod: -1}})
	} else {
		add(&tree.Var{Rel: q.Target, Col: lower.CtidColumn, Typ: tree.Type{OID: catalog.Int8OID, Mod: -1}})
	}
	for i, col := range u.tg.table.Columns {
		add(&tree.Var{Rel: q.Target, Col: i, Typ: col.Type})
	}
	for _, a := range q.Set {
		u.columns = append(u.columns, a.Column)
		at := -1
		if _, def := a.Value.(*tree.SetDefault); a.Value != nil && !def {
			at = add(a.Value)
		}
		u.values = append(u.values, at)
	}
	for _, r := range usedBeside(q) {
		u.rels = append(u.rels, r)
		b := besideRel{rel: r, slot: len(u.rels) - 1, first: len(src.Targets)}
		for i, col := range r.Columns {
			add(&tree.Var{Rel: r, Col: i, Typ: col.Type})
		}
		u.beside = append(u.beside, b)
	}
	u.width = len(src.Targets)
	if len(q.From) == 0 && !u.tg.view {
		src.OrderBy = nil
	}
	var err error
	if u.text, err = m.text(src, nil); err != nil {
		return nil, err
	}
	return u, u.finish(m)
}

// usedBeside are the Rels beside the target that RETURNING refers to.
func usedBeside(q *tree.Query) []*tree.Rel {
	own := map[*tree.Rel]bool{}
	for _, r := range q.Rels {
		own[r] = r != q.Target
	}
	var out []*tree.Rel
	see := func(e tree.Expr) bool {
		r := tree.RelOf(e)
		if r != nil && own[r] && !slices.Contains(out, r) {
			out = append(out, r)
		}
		return true
	}
	for _, t := range q.Targets {
		tree.Walk(t.Expr, see)
		tree.EachSubQuery(t.Expr, func(sub *tree.Query) { tree.WalkQuery(sub, see) })
	}
	return out
}

func (u *updateOrDelete) run(f *eval.Frame, out func([]value.Datum) error) (Outcome, error) {
	x := executionOf(f.S)
	tg := u.tg
	o := Outcome{Command: u.q.Command}
	on := onUpdate
	if u.delete {
		on = onDelete
	}
	if tg.view && len(tg.instead[on]) == 0 {
		return o, notUpdatable(map[bool]string{false: "update", true: "delete from"}[u.delete], tg)
	}
	var rows *transition
	if tg.needsRows(on) {
		rows = &transition{}
	}
	if err := x.statementTriggers(tg, false, on, u.columns, nil); err != nil {
		return o, err
	}
	list, err := u.text.rows(f, u.width)
	if err != nil {
		return o, err
	}
	n := len(tg.table.Columns)
	var seen map[int64]bool
	if len(u.q.From) > 0 {
		seen = map[int64]bool{} // a join may find a row several times: the first counts
	}
	test := u.tester(f, u.updated)
	g := &eval.Frame{S: f.S, Params: f.Params, Rows: make([][]value.Datum, len(u.rels))}
	for _, src := range list {
		if err := x.s.Context().Err(); err != nil {
			return o, err
		}
		ctid := src[0].Int64()
		if seen != nil && !tg.view {
			if seen[ctid] {
				continue
			}
			seen[ctid] = true
		}
		old := src[1 : n+1 : n+1]
		for _, b := range u.beside {
			g.Rows[b.slot] = src[b.first : b.first+len(b.rel.Columns)]
		}
		if u.delete {
			ok := true
			if tg.view {
				var done []value.Datum
				done, err = x.insteadOf(tg, on, old, nil)
				ok = done != nil
			} else {
				ok, err = tg.deleteRow(x, ctid, old, rows)
			}
			if err != nil {
				return o, err
			}
			if ok {
				o.Rows++
				g.Rows[0] = withCtid(old, ctid)
				if err := u.give(g, out); err != nil {
					return o, err
				}
			}
			continue
		}
		next := slices.Clone(old)
		for i, column := range u.columns {
			if at := u.values[i]; at >= 0 {
				next[column] = src[at]
			} else if next[column], err = tg.defaultOf(x, column); err != nil {
				return o, err
			}
		}
		moved := int64(0)
		if tg.view {
			next, err = x.insteadOf(tg, on, old, next)
		} else {
			next, moved, err = tg.updateRow(x, ctid, old, next, u.columns, test, rows)
		}
		if err != nil {
			return o, err
		}
		if next == nil {
			continue
		}
		o.Rows++
		g.Rows[0] = withCtid(next, moved)
		if err := u.give(g, out); err != nil {
			return o, err
		}
	}
	return o, x.statementTriggers(tg, true, on, u.columns, rows)
}

// ---- MERGE ----

type merge struct {
	common
	text   *text
	width  int
	beside []besideRel
	whens  []mergeWhen
}

type mergeWhen struct {
	match   sql.MergeMatch
	action  sql.MergeAction
	cond    eval.Closure
	set     []assign
	columns []int
	values  []eval.Closure // nil for DEFAULT
}

func (m *maker) merge(c common) (changer, error) {
	q := c.q
	g := &merge{common: c}
	kind := sql.LeftJoin
	for _, w := range q.Merges {
		if w.Match == sql.WhenNotMatchedBySource {
			kind = sql.FullJoin
		}
	}
	src := &tree.Query{Command: tree.Select, CTEs: q.CTEs, Recursive: q.Recursive, Rels: q.Rels}
	if !slices.Contains(src.Rels, q.Target) {
		src.Rels = append([]*tree.Rel{q.Target}, src.Rels...)
	}
	src.From = []tree.FromItem{&tree.Join{Kind: kind, Left: q.MergeSource, Right: &tree.RelItem{Rel: q.Target}, On: q.MergeOn}}
	int8 := tree.Type{OID: catalog.Int8OID, Mod: -1}
	add := func(e tree.Expr) { src.Targets = append(src.Targets, tree.Target{Expr: e}) }
	add(&tree.Var{Rel: q.Target, Col: lower.CtidColumn, Typ: int8})
	for i, col := range g.tg.table.Columns {
		add(&tree.Var{Rel: q.Target, Col: i, Typ: col.Type})
	}
	for _, r := range relsOf(q.MergeSource) {
		g.rels = append(g.rels, r)
		b := besideRel{rel: r, slot: len(g.rels) - 1, first: len(src.Targets)}
		for i, col := range r.Columns {
			add(&tree.Var{Rel: r, Col: i, Typ: col.Type})
		}
		g.beside = append(g.beside, b)
	}
	g.width = len(src.Targets)
	for _, w := range q.Merges {
		mw := mergeWhen{match: w.Match, action: w.Action}
		var err error
		if w.Cond != nil {
			if mw.cond, err = m.closure(w.Cond, g.rels); err != nil {
				return nil, err
			}
		}
		if mw.set, mw.columns, err = m.assigns(w.Set, g.rels); err != nil {
			return nil, err
		}
		if w.Action == sql.MergeInsert {
			mw.columns = w.Columns
			for _, e := range w.Values {
				if _, def := e.(*tree.SetDefault); def {
					mw.values = append(mw.values, nil)
					continue
				}
				x, err := m.closure(e, g.rels)
				if err != nil {
					return nil, err
				}
				mw.values = append(mw.values, x)
			}
		}
		g.whens = append(g.whens, mw)
	}
	var err error
	if g.text, err = m.text(src, nil); err != nil {
		return nil, err
	}
	return g, g.finish(m)
}

func relsOf(it tree.FromItem) []*tree.Rel {
	switch it := it.(type) {
	case *tree.RelItem:
		return []*tree.Rel{it.Rel}
	case *tree.Join:
		return append(relsOf(it.Left), relsOf(it.Right)...)
	}
	return nil
}

func (g *merge) run(f *eval.Frame, out func([]value.Datum) error) (Outcome, error) {
	x := executionOf(f.S)
	tg := g.tg
	o := Outcome{Command: tree.Merge}
	var on [3]bool
	var columns []int
	for _, w := range g.whens {
		switch w.action {
		case sql.MergeInsert:
			on[onInsert] = true
		case sql.MergeUpdate:
			on[onUpdate] = true
			columns = append(columns, w.columns...)
		case sql.MergeDelete:
			on[onDelete] = true
		}
	}
	var rows [3]*transition
	for i := range on {
		if on[i] {
			if tg.needsRows(i) {
				rows[i] = &transition{}
			}
			if err := x.statementTriggers(tg, false, i, columns, nil); err != nil {
				return o, err
			}
		}
	}
	list, err := g.text.rows(f, g.width)
	if err != nil {
		return o, err
	}
	n := len(tg.table.Columns)
	touched := map[int64]bool{}
	fr := &eval.Frame{S: f.S, Params: f.Params, Rows: make([][]value.Datum, len(g.rels))}
	for _, src := range list {
		matched := !src[0].IsNull()
		ctid := src[0].Int64()
		old := src[1 : n+1 : n+1]
		fr.Rows[0] = nil
		if matched {
			fr.Rows[0] = withCtid(old, ctid)
		}
		for _, b := range g.beside {
			fr.Rows[b.slot] = src[b.first : b.first+len(b.rel.Columns)]
		}
		found := false
		for _, b := range g.beside {
			for _, d := range fr.Rows[b.slot] {
				found = found || !d.IsNull()
			}
		}
		match := sql.WhenNotMatched
		switch {
		case matched && found:
			match = sql.WhenMatched
		case matched:
			match = sql.WhenNotMatchedBySource
		}
		for i := range g.whens {
			w := &g.whens[i]
			if w.match != match {
				continue
			}
			if w.cond != nil {
				d, err := w.cond(fr)
				if err != nil {
					return o, err
				}
				if !d.IsTrue() {
					continue
				}
			}
			if matched && w.action != sql.MergeNothing {
				if touched[ctid] {
					return o, fault.New(fault.CardinalityViolation, "MERGE command cannot affect row a second time").
						WithHint("Ensure that not more than one source row matches any one target row.")
				}
				touched[ctid] = true
			}
			done, err := g.act(x, f, fr, w, ctid, old, rows, out)
			if err != nil {
				return o, err
			}
			if done {
				o.Rows++
			}
			break
		}
	}
	for _, i := range []int{onDelete, onUpdate, onInsert} {
		if on[i] {
			if err := x.statementTriggers(tg, true, i, columns, rows[i]); err != nil {
				return o, err
			}
		}
	}
	return o, nil
}

// act does what one WHEN says for one row.
func (g *merge) act(x *execution, f, fr *eval.Frame, w *mergeWhen, ctid int64, old []value.Datum, rows [3]*transition, out func([]value.Datum) error) (bool, error) {
	tg := g.tg
	var err error
	if w.action == sql.MergeUpdate || w.action == sql.MergeDelete {
		list := g.matched[0]
		if w.action == sql.MergeDelete {
			list = g.matched[1]
		}
		if test := g.tester(f, list).before; test != nil {
			if err := test(old); err != nil {
				return false, err
			}
		}
	}
	switch w.action {
	case sql.MergeDelete:
		ok, err := tg.deleteRow(x, ctid, old, rows[onDelete])
		if err != nil || !ok {
			return false, err
		}
	case sql.MergeUpdate:
		next := slices.Clone(old)
		for _, a := range w.set {
			if a.value == nil {
				next[a.column], err = tg.defaultOf(x, a.column)
			} else {
				next[a.column], err = a.value(fr)
			}
			if err != nil {
				return false, err
			}
		}
		stored, moved, err := tg.updateRow(x, ctid, old, next, w.columns, g.tester(f, g.updated), rows[onUpdate])
		if err != nil || stored == nil {
			return false, err
		}
		fr.Rows[0] = withCtid(stored, moved)
	case sql.MergeInsert:
		row := make([]value.Datum, len(tg.table.Columns), len(tg.table.Columns)+1)
		for i := range row {
			at := slices.Index(w.columns, i)
			if at >= 0 && w.values[at] != nil {
				row[i], err = w.values[at](fr)
			} else {
				row[i], err = tg.defaultOf(x, i)
			}
			if err != nil {
				return false, err
			}
		}
		if row, err = x.beforeRow(tg, onInsert, nil, row, nil); err != nil || row == nil {
			return false, err
		}
		if err := tg.complete(f, row); err != nil {
			return false, err
		}
		at, err := tg.insertRow(x, row, g.tester(f, g.inserted), rows[onInsert])
		if err != nil {
			return false, err
		}
		fr.Rows[0] = withCtid(row, at)
	default:
		return false, nil
	}
	return true, g.give(fr, out)
}
