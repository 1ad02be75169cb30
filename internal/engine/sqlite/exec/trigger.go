package exec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// rowTrigger is a trigger, or one of the two sides of a foreign key, which fires among the AFTER ROW triggers as PostgreSQL's own triggers do.
type rowTrigger struct {
	name    string
	trigger *catalog.Trigger
	fn      *catalog.Function
	when    eval.Closure // over [OLD, NEW]; nil for always
	columns []int        // UPDATE OF; nil for any

	fk     *catalog.Constraint // the foreign key
	child  *catalog.Table      // of the foreign key
	parent bool                // the trigger is on the referenced side
	texts  *keyTexts

	unique *uniqueIndex // a key that may collide until the end of the statement or longer
}

// keyTexts are the statements of a foreign key, over a key ?1 ….
type keyTexts struct {
	hasParent, hasChild string // a row if there is one
	children            string // the condition of the rows that reference the key, in their order
	deleteChildren      string
}

func textsOf(fk *catalog.Constraint, parent, child *catalog.Table) *keyTexts {
	from := func(t *catalog.Table) string { return " FROM " + layout.TableName(t.Schema, t.Name) }
	t := &keyTexts{hasChild: "SELECT 1" + from(child) + match(fk.Columns) + " LIMIT 1", children: match(fk.Columns) + ` ORDER BY "ctid"`, deleteChildren: "DELETE" + from(child) + match(fk.Columns)}
	if parent != nil {
		t.hasParent = "SELECT 1" + from(parent) + match(fk.RefColumns) + " LIMIT 1"
	}
	return t
}

// event is an AFTER ROW trigger that waits.
type event struct {
	tg       *target
	on       int
	fire     rowTrigger
	old, new []value.Datum
	ctid     int64 // of new
	rows     *transition
	// a statement trigger has neither old nor new
	statement bool
}

// transition are the rows that a statement changed, for its transition tables.
type transition struct{ old, new [][]value.Datum }

var eventBits = [...]sql.TriggerEvent{onInsert: sql.OnInsert, onUpdate: sql.OnUpdate, onDelete: sql.OnDelete, onTruncate: sql.OnTruncate}

// triggers sorts the table's triggers and foreign keys by when they fire.
func (tg *target) triggers(m *maker) error {
	t := tg.table
	old, new := rowRel(t, "old"), rowRel(t, "new")
	for _, g := range t.Triggers {
		if g.Enabled == 'D' {
			continue
		}
		fn := tg.cat.FunctionByOID(g.Func)
		if fn == nil {
			continue
		}
		rt := rowTrigger{name: g.Name, trigger: g, fn: fn}
		if g.When != nil {
			e, err := analyze.Condition(tg.cat, &analyze.Env{Path: storedPath}, g.When, analyze.InTrigger, "WHEN", old, new)
			if err != nil {
				return fmt.Errorf("trigger %s: %w", g.Name, err)
			}
			if rt.when, err = m.stored(e, []*tree.Rel{old, new}); err != nil {
				return fmt.Errorf("trigger %s: %w", g.Name, err)
			}
		}
		for _, c := range g.Columns {
			rt.columns = append(rt.columns, t.ColumnIndex(c))
		}
		for on, bit := range eventBits {
			if g.Events&bit == 0 {
				continue
			}
			r := rt
			if on != onUpdate {
				r.columns = nil
			}
			switch {
			case !g.Row && g.Time == sql.BeforeEvent:
				tg.statement[0][on] = append(tg.statement[0][on], r)
			case !g.Row:
				tg.statement[1][on] = append(tg.statement[1][on], r)
			case on == onTruncate:
			case g.Time == sql.InsteadOf:
				tg.instead[on] = append(tg.instead[on], r)
			case g.Time == sql.BeforeEvent:
				tg.before[on] = append(tg.before[on], r)
			default:
				tg.after[on] = append(tg.after[on], r)
			}
		}
	}
	for _, k := range t.Constraints {
		if k.Kind == catalog.ForeignKey {
			r := rowTrigger{name: fmt.Sprintf("RI_ConstraintTrigger_c_%d", k.OID), fk: k, child: t, texts: textsOf(k, tg.cat.TableByOID(k.RefTable), t)}
			tg.after[onInsert] = append(tg.after[onInsert], r)
			tg.after[onUpdate] = append(tg.after[onUpdate], r)
		}
	}
	for child := range tg.cat.Tables() {
		for _, k := range child.Constraints {
			if k.Kind == catalog.ForeignKey && k.RefTable == t.OID {
				r := rowTrigger{name: fmt.Sprintf("RI_ConstraintTrigger_a_%d", k.OID), fk: k, child: child, parent: true, texts: textsOf(k, t, child)}
				tg.after[onUpdate] = append(tg.after[onUpdate], r)
				tg.after[onDelete] = append(tg.after[onDelete], r)
			}
		}
	}
	for _, u := range tg.unique {
		if !u.index.Deferrable || u.con == nil {
			continue
		}
		r := rowTrigger{name: fmt.Sprintf("Unique_ConstraintTrigger_%d", u.con.OID), unique: u}
		if u.con.Kind == catalog.PrimaryKey {
			r.name = fmt.Sprintf("PK_ConstraintTrigger_%d", u.con.OID)
		}
		tg.after[onInsert] = append(tg.after[onInsert], r)
		tg.after[onUpdate] = append(tg.after[onUpdate], r)
	}
	byName := func(a, b rowTrigger) int { return strings.Compare(a.name, b.name) }
	for on := range tg.after {
		slices.SortStableFunc(tg.before[on], byName)
		slices.SortStableFunc(tg.after[on], byName)
		slices.SortStableFunc(tg.instead[on], byName)
	}
	return nil
}

// statement runs f, the body of one statement, and then the AFTER triggers and checks that it queued.
func (x *execution) statement(f func() error) error {
	base := len(x.queue)
	err := f()
	for i := base; err == nil && i < len(x.queue); i++ {
		e := x.queue[i]
		err = x.fire(&e)
	}
	clear(x.queue[base:])
	x.queue = x.queue[:base]
	return err
}

// Finish runs the checks and triggers that were put off to the end of the transaction. It must be called before a commit.
func Finish(s *Session) error {
	x := executionOf(s)
	for len(x.deferred) > 0 {
		list := x.deferred
		x.deferred = nil
		if err := x.statement(func() error {
			x.queue = append(x.queue, list...)
			return nil
		}); err != nil {
			return err
		}
	}
	return x.flushSequences()
}

// Mark notes what waits for the end of the transaction; Rewind forgets what came after a mark, as a rollback to a savepoint does.
func Mark(s *Session) int { return len(executionOf(s).deferred) }

// Rewind is the counterpart of Mark.
func Rewind(s *Session, mark int) {
	x := executionOf(s)
	if mark < len(x.deferred) {
		x.deferred = x.deferred[:mark]
	}
	x.sequences = dropDirty(x.sequences)
	x.err = nil
}

// dropDirty keeps the numbers that were drawn: sequences are not rolled back. The positions are written anew.
func dropDirty(m map[catalog.OID]*sequenceState) map[catalog.OID]*sequenceState {
	for _, st := range m {
		st.dirty = true
	}
	return m
}

// SetConstraints is SET CONSTRAINTS: names nil is ALL.
func SetConstraints(s *Session, names []string, deferred bool) error {
	x := executionOf(s)
	if x.constraints == nil || names == nil {
		x.constraints = map[string]bool{}
	}
	if names == nil {
		names = []string{""}
	}
	for _, n := range names {
		x.constraints[n] = deferred
	}
	if deferred {
		return nil
	}
	var now, later []event
	for _, e := range x.deferred {
		if x.isDeferred(&e.fire) {
			later = append(later, e)
		} else {
			now = append(now, e)
		}
	}
	x.deferred = later
	return x.statement(func() error {
		x.queue = append(x.queue, now...)
		return nil
	})
}

// isDeferred says whether a constraint waits for the end of the transaction now.
func (x *execution) isDeferred(r *rowTrigger) bool {
	name, deferrable, initially := r.name, false, false
	switch {
	case r.fk != nil:
		name, deferrable, initially = r.fk.Name, r.fk.Deferrable, r.fk.Deferred
		if r.parent && (r.fk.OnDelete != sql.NoAction || r.fk.OnUpdate != sql.NoAction) {
			return false // actions are never put off
		}
	case r.unique != nil:
		name, deferrable, initially = r.unique.con.Name, true, r.unique.con.Deferred
	case r.trigger != nil && r.trigger.Constraint:
		deferrable, initially = r.trigger.Deferrable, r.trigger.Deferred
	}
	if !deferrable && !initially {
		return false
	}
	if d, ok := x.constraints[name]; ok {
		return d
	}
	if d, ok := x.constraints[""]; ok {
		return d
	}
	return initially
}

// after queues the AFTER ROW triggers of a changed row. ctid is the new row's place, set are the columns that an UPDATE names.
func (x *execution) after(tg *target, on int, old, new []value.Datum, ctid int64, set []int, rows *transition) error {
	if rows != nil {
		if old != nil {
			rows.old = append(rows.old, old)
		}
		if new != nil {
			rows.new = append(rows.new, new)
		}
	}
	for _, r := range tg.after[on] {
		if r.fk != nil && !tg.concerns(&r, on, old, new) {
			continue
		}
		if r.unique != nil {
			if other, err := r.unique.conflict(x, new, ctid); err != nil || other == 0 {
				if err != nil {
					return err
				}
				continue // a later row that collides with this one is looked at itself
			}
		}
		if r.trigger != nil {
			ok, err := x.applies(tg, &r, old, new, set)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
		}
		e := event{tg: tg, on: on, fire: r, old: old, new: new, ctid: ctid, rows: rows}
		if x.isDeferred(&r) {
			x.deferred = append(x.deferred, e)
			continue
		}
		x.queue = append(x.queue, e)
	}
	return nil
}

// applies tests UPDATE OF and WHEN.
func (x *execution) applies(tg *target, r *rowTrigger, old, new []value.Datum, set []int) (bool, error) {
	if r.columns != nil && !slices.ContainsFunc(r.columns, func(c int) bool { return slices.Contains(set, c) }) {
		return false, nil
	}
	if r.when == nil {
		return true, nil
	}
	d, err := r.when(&eval.Frame{S: x.s, Rows: [][]value.Datum{old, new}})
	return d.IsTrue(), err
}

// call fires a trigger function.
func (x *execution) call(tg *target, r *rowTrigger, on int, old, new []value.Datum, rows *transition) ([]value.Datum, error) {
	s := x.s
	if r.fn.Refused != "" {
		return nil, fault.New(fault.FeatureNotSupported, "%s", r.fn.Refused).WithHint("%s", r.fn.RefusedHint)
	}
	if s.FireTrigger == nil {
		return nil, fault.Unsupported("the trigger function "+r.fn.Name, "")
	}
	if err := s.Enter(); err != nil {
		return nil, err
	}
	defer s.Leave()
	d := &TriggerData{Trigger: r.trigger, Table: tg.table, Op: eventWords[on], Old: slices.Clone(old), New: slices.Clone(new)}
	if rows == nil || r.trigger.OldTable == "" && r.trigger.NewTable == "" {
		return s.FireTrigger(s, r.fn, d)
	}
	named := map[string][][]value.Datum{}
	if n := r.trigger.OldTable; n != "" {
		d.OldRows = rows.old
		named[n] = rows.old
	}
	if n := r.trigger.NewTable; n != "" {
		d.NewRows = rows.new
		named[n] = rows.new
	}
	var out []value.Datum
	err := WithRows(s, named, func() (err error) {
		out, err = s.FireTrigger(s, r.fn, d)
		return err
	})
	return out, err
}

// beforeRow fires the BEFORE ROW triggers: nil when one of them skips the row.
func (x *execution) beforeRow(tg *target, on int, old, new []value.Datum, set []int) ([]value.Datum, error) {
	row := new
	if on == onDelete {
		row = old
	}
	for i := range tg.before[on] {
		r := &tg.before[on][i]
		ok, err := x.applies(tg, r, old, row, set)
		if on == onDelete {
			ok, err = x.applies(tg, r, old, nil, set)
		}
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		given := row
		if on == onDelete {
			given = nil
		} else if len(tg.generated) > 0 {
			given = slices.Clone(row)
			for _, g := range tg.generated {
				given[g] = value.Null // not computed yet
			}
		}
		out, err := x.call(tg, r, on, old, given, nil)
		if err != nil || out == nil {
			return nil, err
		}
		if on != onDelete {
			row = out
		}
	}
	return row, nil
}

// statementTriggers fires the statement triggers before a change, or queues those after it.
func (x *execution) statementTriggers(tg *target, after bool, on int, set []int, rows *transition) error {
	i := 0
	if after {
		i = 1
	}
	for _, r := range tg.statement[i][on] {
		if r.columns != nil && !slices.ContainsFunc(r.columns, func(c int) bool { return slices.Contains(set, c) }) {
			continue
		}
		if after {
			x.queue = append(x.queue, event{tg: tg, on: on, fire: r, rows: rows, statement: true})
			continue
		}
		if _, err := x.call(tg, &r, on, nil, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// needsRows says whether a trigger reads transition tables of the event.
func (tg *target) needsRows(on int) bool {
	has := func(r rowTrigger) bool {
		return r.trigger != nil && (r.trigger.OldTable != "" || r.trigger.NewTable != "")
	}
	if on < onTruncate && slices.ContainsFunc(tg.after[on], has) {
		return true
	}
	return slices.ContainsFunc(tg.statement[1][on], has)
}

// silent says that nothing but the table itself takes notice of the event: no trigger, and no table whose rows reference its rows.
func (tg *target) silent(on int) bool {
	return len(tg.before[on])+len(tg.after[on])+len(tg.statement[0][on])+len(tg.statement[1][on]) == 0
}

// fire runs what waited.
func (x *execution) fire(e *event) error {
	if err := x.s.Context().Err(); err != nil {
		return err
	}
	switch {
	case e.statement:
		_, err := x.call(e.tg, &e.fire, e.on, nil, nil, e.rows)
		return err
	case e.fire.trigger != nil:
		_, err := x.call(e.tg, &e.fire, e.on, e.old, e.new, e.rows)
		return err
	case e.fire.unique != nil:
		return x.recheck(e)
	case e.fire.parent:
		return x.parentChanged(e)
	}
	return x.childChanged(e)
}

// ---- foreign keys ----

// keyOf is the values of named columns; all and any say how many are not NULL.
func keyOf(t *catalog.Table, names []string, row []value.Datum) (key []value.Datum, all, any bool) {
	all = true
	for _, n := range names {
		d := row[t.ColumnIndex(n)]
		key = append(key, d)
		all = all && !d.IsNull()
		any = any || !d.IsNull()
	}
	return key, all, any
}

func sameKey(tg *target, names []string, a, b []value.Datum) bool {
	for _, n := range names {
		i := tg.table.ColumnIndex(n)
		if a[i].IsNull() != b[i].IsNull() || !a[i].IsNull() && tg.types[i].Compare(a[i], b[i]) != 0 {
			return false
		}
	}
	return true
}

// concerns says whether a changed row can break a foreign key.
func (tg *target) concerns(r *rowTrigger, on int, old, new []value.Datum) bool {
	if r.parent {
		_, all, any := keyOf(tg.table, r.fk.RefColumns, old)
		if !all && !(r.fk.MatchFull && any) {
			return false
		}
		return on == onDelete || !sameKey(tg, r.fk.RefColumns, old, new)
	}
	_, all, any := keyOf(tg.table, r.fk.Columns, new)
	if !all && !(r.fk.MatchFull && any) {
		return false
	}
	return on == onInsert || !sameKey(tg, r.fk.Columns, old, new)
}

// match is a condition that columns have the values ?1 …; exact type conversion is the column's own.
func match(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i == 0 {
			b.WriteString(" WHERE ")
		} else {
			b.WriteString(" AND ")
		}
		fmt.Fprintf(&b, "%s = ?%d", layout.Quote(n), i+1)
	}
	return b.String()
}

// exists runs a statement that gives a row if there is one.
func (x *execution) exists(text string, key []value.Datum) (bool, error) {
	st, err := x.s.Conn.Stmt(text)
	if err != nil {
		return false, err
	}
	defer st.Close()
	for i, d := range key {
		if err := bindDatum(st, i+1, d); err != nil {
			return false, err
		}
	}
	ok := st.Step()
	return ok, x.ended(st.Err())
}

// run runs a statement that gives no rows.
func (x *execution) run(text string, key []value.Datum) error {
	st, err := x.s.Conn.Stmt(text)
	if err != nil {
		return err
	}
	defer st.Close()
	for i, d := range key {
		if err := bindDatum(st, i+1, d); err != nil {
			return err
		}
	}
	return x.ended(st.Exec())
}

// convertKey gives a key of the child's types the form of the parent's, or the other way round.
func convertKey(from *target, fromNames []string, to *target, toNames []string, key []value.Datum) []value.Datum {
	out := slices.Clone(key)
	for i := range key {
		a, b := from.table.ColumnIndex(fromNames[i]), to.table.ColumnIndex(toNames[i])
		if key[i].IsNull() || from.types[a].OID == to.types[b].OID {
			continue
		}
		// A value that the other type cannot read has no match there.
		if d, err := to.types[b].Input(nil, from.types[a].Text(nil, key[i]), -1); err == nil {
			out[i] = d
		}
	}
	return out
}

// childChanged checks that the parent of a new or changed row is there.
func (x *execution) childChanged(e *event) error {
	fk, tg := e.fire.fk, e.tg
	key, all, _ := keyOf(tg.table, fk.Columns, e.new)
	parent := tg.cat.TableByOID(fk.RefTable)
	if parent == nil {
		return nil
	}
	ptg, err := targetOf(tg.cat, x.s.Role, parent)
	if err != nil {
		return err
	}
	fail := fault.New(fault.ForeignKeyViolation, `insert or update on table "%s" violates foreign key constraint "%s"`, tg.table.Name, fk.Name).
		WithConstraint(tg.table.Schema, tg.table.Name, fk.Name)
	if !all {
		return fail.WithDetail("MATCH FULL does not allow mixing of null and nonnull key values.")
	}
	pkey := convertKey(tg, fk.Columns, ptg, fk.RefColumns, key)
	ok, err := x.exists(e.fire.texts.hasParent, pkey)
	if err != nil || ok || x.rowIsGone(e) {
		return err
	}
	columns := indexesOf(tg.table, fk.Columns)
	if !tg.mayShow(x, columns) {
		return fail.WithDetail(`Key is not present in table "%s".`, parent.Name)
	}
	return fail.WithDetail("%s", "Key ("+strings.Join(fk.Columns, ", ")+")=("+tg.showKey(x, columns, e.new)+`) is not present in table "`+parent.Name+`".`)
}

// rowIsGone says whether the row of an event has been changed or deleted since: its check is then another event's business.
func (x *execution) rowIsGone(e *event) bool {
	key, _, _ := keyOf(e.tg.table, e.fire.fk.Columns, e.new)
	ok, err := x.exists(e.fire.texts.hasChild, key)
	return err == nil && !ok
}

func indexesOf(t *catalog.Table, names []string) []int {
	out := make([]int, len(names))
	for i, n := range names {
		out[i] = t.ColumnIndex(n)
	}
	return out
}

func (tg *target) showKey(x *execution, columns []int, row []value.Datum) string {
	env := x.s.Env()
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = show(env, tg.types[c], row[c])
	}
	return strings.Join(parts, ", ")
}

// parentChanged does the action of a foreign key when a row that may be referenced went away.
func (x *execution) parentChanged(e *event) error {
	fk, tg := e.fire.fk, e.tg
	child, err := targetOf(tg.cat, e.fire.child.Owner, e.fire.child)
	if err != nil {
		return err
	}
	key, _, _ := keyOf(tg.table, fk.RefColumns, e.old)
	ckey := convertKey(tg, fk.RefColumns, child, fk.Columns, key)
	action := fk.OnDelete
	if e.on == onUpdate {
		action = fk.OnUpdate
	}
	if action == sql.NoAction || action == sql.Restrict {
		if action == sql.NoAction {
			// Another row may have the key by now.
			if ok, err := x.exists(e.fire.texts.hasParent, key); err != nil || ok {
				return err
			}
		}
		ok, err := x.exists(e.fire.texts.hasChild, ckey)
		if err != nil || !ok {
			return err
		}
		return tg.stillReferenced(x, fk, child.table, e.old)
	}
	// What the action's own rows set off waits behind what the statement has queued already.
	return x.asOwner(child.table, func() error { return x.cascade(e, child, ckey, action) })
}

func (tg *target) stillReferenced(x *execution, fk *catalog.Constraint, child *catalog.Table, row []value.Datum) error {
	fail := fault.New(fault.ForeignKeyViolation, `update or delete on table "%s" violates foreign key constraint "%s" on table "%s"`, tg.table.Name, fk.Name, child.Name).
		WithConstraint(child.Schema, child.Name, fk.Name)
	columns := indexesOf(tg.table, fk.RefColumns)
	if !tg.mayShow(x, columns) {
		return fail.WithDetail(`Key is still referenced from table "%s".`, child.Name)
	}
	return fail.WithDetail("%s", "Key ("+strings.Join(fk.RefColumns, ", ")+")=("+tg.showKey(x, columns, row)+`) is still referenced from table "`+child.Name+`".`)
}

// asOwner runs f as the owner of a table, as PostgreSQL runs the actions of foreign keys; policies do not apply to them.
func (x *execution) asOwner(t *catalog.Table, f func() error) error {
	role := x.s.Role
	x.s.Role = t.Owner
	defer func() { x.s.Role = role }()
	return f()
}

// cascade changes the rows that reference a key.
func (x *execution) cascade(e *event, child *target, key []value.Datum, action sql.FKAction) error {
	fk := e.fire.fk
	on := onUpdate
	if action == sql.Cascade && e.on == onDelete {
		on = onDelete
		if child.silent(onDelete) {
			return x.run(e.fire.texts.deleteChildren, key)
		}
	}
	if err := x.s.Enter(); err != nil {
		return err
	}
	defer x.s.Leave()
	columns := indexesOf(child.table, fk.Columns)
	if e.on == onDelete && action != sql.Cascade && len(fk.OnDeleteColumns) > 0 {
		columns = indexesOf(child.table, fk.OnDeleteColumns)
	}
	var set []int
	if on == onUpdate {
		set = columns
	}
	var rows *transition
	if child.needsRows(on) {
		rows = &transition{}
	}
	if err := x.statementTriggers(child, false, on, set, nil); err != nil {
		return err
	}
	found, err := child.find(x, e.fire.texts.children, key...)
	if err != nil {
		return err
	}
	var newKey []value.Datum
	if e.on == onUpdate && action == sql.Cascade {
		k, _, _ := keyOf(e.tg.table, fk.RefColumns, e.new)
		newKey = convertKey(e.tg, fk.RefColumns, child, fk.Columns, k)
	}
	for _, r := range found {
		if on == onDelete {
			if _, err := child.deleteRow(x, r.ctid, r.row, rows); err != nil {
				return err
			}
			continue
		}
		next := slices.Clone(r.row)
		for i, c := range columns {
			switch action {
			case sql.Cascade:
				next[c] = newKey[i]
			case sql.SetNull:
				next[c] = value.Null
			case sql.SetDefault:
				if next[c], err = child.defaultOf(x, c); err != nil {
					return err
				}
			}
		}
		if _, _, err := child.updateRow(x, r.ctid, r.row, next, set, rowTest{}, rows); err != nil {
			return err
		}
	}
	return x.statementTriggers(child, true, on, set, rows)
}

// defaultOf is a column's default.
func (tg *target) defaultOf(x *execution, col int) (value.Datum, error) {
	if tg.defaults[col] == nil {
		return value.Null, nil
	}
	return tg.defaults[col](&eval.Frame{S: x.s})
}

// gone is what a row means that was there when the statement began: a trigger or function of the statement has changed it, which is an error, or
// another data-modifying part of the same statement has, and the first counts.
func (x *execution) gone(verb string) error {
	if x.parts {
		return nil
	}
	return fault.New("27000", "tuple to be %s was already modified by an operation triggered by the current command", verb).
		WithHint("Consider using an AFTER trigger instead of a BEFORE trigger to propagate changes to other rows.")
}

// deleteRow deletes a row with all that belongs to it; false when it was skipped or is gone.
func (tg *target) deleteRow(x *execution, ctid int64, old []value.Datum, rows *transition) (bool, error) {
	if len(tg.before[onDelete]) > 0 {
		kept, err := x.beforeRow(tg, onDelete, old, nil, nil)
		if err != nil || kept == nil {
			return false, err
		}
	}
	ok, err := tg.delete(x, ctid)
	if err == nil && !ok {
		err = x.gone("deleted")
	}
	if err != nil || !ok {
		return false, err
	}
	return true, x.after(tg, onDelete, old, nil, 0, nil, rows)
}

// updateRow replaces a row with all that belongs to it. test checks the new row. It returns the row as
// stored and its new position; a nil row when it was skipped or is gone.
func (tg *target) updateRow(x *execution, ctid int64, old, new []value.Datum, set []int, test rowTest, rows *transition) ([]value.Datum, int64, error) {
	if len(tg.before[onUpdate]) > 0 {
		var err error
		if new, err = x.beforeRow(tg, onUpdate, old, new, set); err != nil || new == nil {
			return nil, 0, err
		}
	}
	if err := tg.completeUpdate(&eval.Frame{S: x.s}, old, new, set); err != nil {
		return nil, 0, err
	}
	if test.before != nil {
		if err := test.before(new); err != nil {
			return nil, 0, err
		}
	}
	if err := tg.check(x, new, test.target); err != nil {
		return nil, 0, err
	}
	if err := tg.collides(x, new, ctid); err != nil {
		return nil, 0, err
	}
	moved, ok, err := tg.update(x, ctid, new)
	if err == nil && !ok {
		err = x.gone("updated")
	}
	if err != nil || !ok {
		return nil, 0, err
	}
	if test.after != nil {
		if err := test.after(new); err != nil {
			return nil, 0, err
		}
	}
	return new, moved, x.after(tg, onUpdate, old, new, moved, set, rows)
}

// insertRow inserts a row with all that belongs to it, after its BEFORE triggers.
func (tg *target) insertRow(x *execution, row []value.Datum, test rowTest, rows *transition) (int64, error) {
	if test.before != nil {
		if err := test.before(row); err != nil {
			return 0, err
		}
	}
	if err := tg.check(x, row, test.target); err != nil {
		return 0, err
	}
	if err := tg.collides(x, row, 0); err != nil {
		return 0, err
	}
	ctid, err := tg.insert(x, row)
	if err != nil {
		return 0, err
	}
	if test.after != nil {
		if err := test.after(row); err != nil {
			return 0, err
		}
	}
	return ctid, x.after(tg, onInsert, nil, row, ctid, nil, rows)
}
