package analyze

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/system"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// targetTable is the Rel that a statement changes.
func (a *analyzer) targetTable(sc *scope, t *sql.Table) (*tree.Rel, *item) {
	if t.Name.Schema == "" && a.cat.FindTable(a.path, t.Name) == nil && a.findCTE(sc, t.Name.Name) != nil {
		a.fail(t.Pos, fault.WrongObjectType, `relation "%s" cannot be the target of a modifying statement`, t.Name.Name)
	}
	r := a.relation(sc, t)
	if r.Table == nil {
		if system.Relation(t.Name.Schema, t.Name.Name) != nil {
			a.fail(sql.NoPos, fault.InsufficientPrivilege, `permission denied: "%s" is a system catalog`, t.Name.Name)
		}
		a.fail(sql.NoPos, fault.WrongObjectType, `cannot change sequence "%s"`, t.Name.Name)
	}
	if r.Table.Kind == catalog.MatView {
		a.fail(sql.NoPos, fault.WrongObjectType, `cannot change materialized view "%s"`, r.Table.Name)
	}
	a.addRel(sc, r)
	sc.query.Target = r
	it := a.named(r, t.Alias, "table")
	return r, it
}

// targetColumn is the position of a column that a statement sets.
func (a *analyzer) targetColumn(r *tree.Rel, name string, pos sql.Pos) int {
	i := r.Table.ColumnIndex(name)
	if i < 0 {
		if _, ok := systemColumns[name]; ok && r.NeedsUpdate {
			a.fail(pos, fault.FeatureNotSupported, `cannot assign to system column "%s"`, name)
		}
		a.fail(pos, fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, name, r.Table.Name)
	}
	return i
}

func (a *analyzer) insert(sc *scope, s *sql.Insert) *tree.Query {
	q := &tree.Query{Command: tree.Insert, Overriding: s.Overriding, Pos: s.Pos}
	sc.query = q
	a.with(sc, s.With, sc.parent == nil)
	r, it := a.targetTable(sc, s.Table)
	r.NeedsInsert = true
	cols := a.insertColumns(r, s.Columns)
	if s.Source == nil {
		cols = nil
	} else {
		cols = a.insertSource(sc, s, r, cols)
	}
	q.Columns = cols
	for _, c := range cols {
		r.Inserted.Add(c)
	}
	if s.OnConflict != nil {
		a.onConflict(sc, s.OnConflict, it)
	}
	if s.Returning != nil {
		a.returning(sc, s.Returning, it)
	}
	return q
}

func (a *analyzer) insertColumns(r *tree.Rel, list []sql.InsertColumn) []int {
	var cols []int
	if list == nil {
		for i := range r.Table.Columns {
			cols = append(cols, i)
		}
		return cols
	}
	for _, c := range list {
		i := a.targetColumn(r, c.Name, c.Pos)
		// Parts of a column may be given one by one, beside parts only.
		if j := slices.Index(cols, i); j >= 0 && (len(c.Steps) == 0 || len(list[j].Steps) == 0) {
			a.fail(c.Pos, fault.DuplicateColumn, `column "%s" specified more than once`, c.Name)
		}
		cols = append(cols, i)
	}
	return cols
}

// insertSource analyses what an INSERT inserts and gives the columns that it fills.
func (a *analyzer) insertSource(sc *scope, s *sql.Insert, r *tree.Rel, cols []int) []int {
	src := s.Source
	sub := &scope{parent: sc, unknowns: true}
	fits := func(n int, at func(i int) sql.Pos) {
		if n > len(cols) {
			a.fail(at(len(cols)), fault.SyntaxError, "INSERT has more expressions than target columns")
		}
		if s.Columns != nil && n < len(cols) {
			a.fail(s.Columns[n].Pos, fault.SyntaxError, "INSERT has more target columns than expressions")
		}
		cols = cols[:n]
	}
	parts := a.insertParts(r, cols, s.Columns)
	if src.Values != nil && len(src.OrderBy) == 0 && src.Limit == nil && src.Offset == nil && src.With == nil {
		q := &tree.Query{Command: tree.Select, Pos: src.Pos}
		sub.query = q
		place := InValuesSingle
		if len(src.Values) > 1 {
			place = InReturning // no set-returning functions; DEFAULT is allowed
		}
		a.valuesRows(sub, src, place)
		fits(len(q.Values[0]), func(i int) sql.Pos { return a.where(q.Values[0][i]) })
		for _, row := range q.Values {
			for i := range row {
				row[i] = a.fit(parts[i], row[i], partPos(s.Columns, i))
			}
		}
		for i := range cols {
			q.Targets = append(q.Targets, tree.Target{Name: parts[i].name, Expr: &tree.SubCol{Col: i, Typ: parts[i].typ}})
		}
		a.checkGenerated(q, r.Table, cols, s.Overriding)
		cols = a.joinValues(sc, q, r, cols, parts)
		sc.query.Source = q
		if sub.hasSRF {
			sc.query.Source = a.selectFromValues(sub, q)
		}
		return cols
	}
	q := a.selectQuery(sub, src)
	ts := visible(q.Targets)
	fits(len(ts), func(i int) sql.Pos { return a.where(a.outputExpr(q, i)) })
	plainSelect := q.SetOp == sql.NoSetOp && q.Values == nil && !q.Distinct
	same := true
	for i := range ts {
		t := targetType(q, i)
		same = same && t.OID == parts[i].typ.OID && (parts[i].typ.Mod < 0 || t.Mod == parts[i].typ.Mod)
	}
	switch {
	case same:
	case plainSelect:
		for i := range ts {
			q.Targets[i].Expr = a.fit(parts[i], q.Targets[i].Expr, sql.NoPos)
		}
	default:
		for i := range ts {
			if targetType(q, i).OID == catalog.UnknownOID {
				a.coerceOutput(q, i, plain(catalog.TextOID), "INSERT")
			}
		}
		outer, inner := a.around(q)
		for i := range ts {
			v := a.at(&tree.Var{Rel: inner, Col: i, Typ: inner.Columns[i].Type}, a.where(a.outputExpr(q, i)))
			outer.Targets = append(outer.Targets, tree.Target{Name: ts[i].Name, Expr: a.fit(parts[i], v, sql.NoPos)})
		}
		q = outer
	}
	a.checkGenerated(q, r.Table, cols, s.Overriding)
	sc.query.Source, cols = a.joinParts(sc, q, r, cols, parts)
	return cols
}

// around is a query that selects from q, without targets yet.
func (a *analyzer) around(q *tree.Query) (outer *tree.Query, inner *tree.Rel) {
	inner = &tree.Rel{Kind: tree.SubqueryRel, Alias: "*SELECT*", Query: q, Columns: columnsOf(q), Role: a.env.Role}
	return &tree.Query{Command: tree.Select, Rels: []*tree.Rel{inner}, From: []tree.FromItem{&tree.RelItem{Rel: inner}}, Pos: q.Pos}, inner
}

// insertParts are what the columns of an INSERT lead to.
func (a *analyzer) insertParts(r *tree.Rel, cols []int, list []sql.InsertColumn) []part {
	out := make([]part, len(cols))
	for i, c := range cols {
		var steps []sql.Step
		if list != nil {
			steps = list[i].Steps
		}
		out[i] = a.partOf(r.Table.Columns[c].Type, r.Table.Columns[c].Name, steps, partPos(list, i))
	}
	return out
}

// partPos is where the columns of an INSERT name a part.
func partPos(list []sql.InsertColumn, i int) sql.Pos {
	if list == nil || len(list[i].Steps) == 0 {
		return sql.NoPos
	}
	return list[i].Pos
}

// joined are the columns that parts make, with their values.
func (a *analyzer) joined(sc *scope, r *tree.Rel, cols []int, parts []part, values []tree.Expr) (whole []int, out []tree.Expr) {
	for i, c := range cols {
		t := r.Table.Columns[c].Type
		at := slices.Index(whole, c)
		if at < 0 {
			at, whole = len(whole), append(whole, c)
			out = append(out, &tree.Const{Typ: t})
		}
		out[at] = a.withPart(sc, out[at], t, parts[i].steps, values[i])
	}
	return whole, out
}

func whole(parts []part) bool {
	return !slices.ContainsFunc(parts, func(p part) bool { return len(p.steps) > 0 })
}

// joinValues makes columns of the parts in the rows of VALUES.
func (a *analyzer) joinValues(sc *scope, q *tree.Query, r *tree.Rel, cols []int, parts []part) []int {
	if whole(parts) {
		return cols
	}
	var out []int
	for i, row := range q.Values {
		out, q.Values[i] = a.joined(sc, r, cols, parts, row)
	}
	q.Targets = nil
	for i, c := range out {
		q.Targets = append(q.Targets, tree.Target{Name: r.Table.Columns[c].Name, Expr: &tree.SubCol{Col: i, Typ: r.Table.Columns[c].Type}})
	}
	return out
}

// joinParts makes columns of the parts that q selects.
func (a *analyzer) joinParts(sc *scope, q *tree.Query, r *tree.Rel, cols []int, parts []part) (*tree.Query, []int) {
	if whole(parts) {
		return q, cols
	}
	outer, inner := a.around(q)
	var values []tree.Expr
	for i := range cols {
		values = append(values, &tree.Var{Rel: inner, Col: i, Typ: inner.Columns[i].Type})
	}
	out, values := a.joined(sc, r, cols, parts, values)
	for i, c := range out {
		outer.Targets = append(outer.Targets, tree.Target{Name: r.Table.Columns[c].Name, Expr: values[i]})
	}
	return outer, out
}

// valuesRows analyses the rows of VALUES of an INSERT, where DEFAULT may stand.
func (a *analyzer) valuesRows(sc *scope, s *sql.Select, place Place) {
	if place == InValuesSingle {
		a.valuesInto(sc, s, place)
		return
	}
	sc.noSRF = "VALUES"
	a.valuesInto(sc, s, InValuesSingle)
	sc.noSRF = ""
}

// selectFromValues is a one-row VALUES with set-returning functions as the SELECT that it means.
func (a *analyzer) selectFromValues(sc *scope, q *tree.Query) *tree.Query {
	out := &tree.Query{Command: tree.Select, Pos: q.Pos}
	for i, x := range q.Values[0] {
		out.Targets = append(out.Targets, tree.Target{Name: q.Targets[i].Name, Expr: x})
	}
	sc.query = out
	return a.expandSets(sc)
}

// checkGenerated refuses values for columns that the database fills itself.
func (a *analyzer) checkGenerated(q *tree.Query, t *catalog.Table, cols []int, o sql.Overriding) {
	if err := GivenToInsert(q, t, cols, o); err != nil {
		a.raise(sql.NoPos, err)
	}
}

// GivenToInsert refuses the rows of q as values of columns that the database fills itself.
func GivenToInsert(q *tree.Query, t *catalog.Table, cols []int, o sql.Overriding) *fault.Error {
	for i, c := range cols {
		col := t.Columns[c]
		always := col.Identity == 'a' && o == sql.OverridingNone
		if !col.Generated && !always {
			continue
		}
		given := q.Values == nil
		for _, row := range q.Values {
			if _, ok := row[i].(*tree.SetDefault); !ok {
				given = true
			}
		}
		if !given {
			continue
		}
		err := filledItself(col, `cannot insert a non-DEFAULT value into column "%s"`)
		if !col.Generated {
			err = err.WithHint("Use OVERRIDING SYSTEM VALUE to override.")
		}
		return err
	}
	return nil
}

// GivenToUpdate refuses the values of an UPDATE for columns that the database fills itself.
func GivenToUpdate(t *catalog.Table, set []tree.Assign) *fault.Error {
	for _, x := range set {
		if col := t.Columns[x.Column]; x.Value != nil && (col.Generated || col.Identity == 'a') {
			return filledItself(col, `column "%s" can only be updated to DEFAULT`)
		}
	}
	return nil
}

// filledItself is the refusal of a value for a column.
func filledItself(col *catalog.Column, message string) *fault.Error {
	err := fault.New(fault.GeneratedAlways, message, col.Name)
	if col.Generated {
		return err.WithDetail(`Column "%s" is a generated column.`, col.Name)
	}
	return err.WithDetail(`Column "%s" is an identity column defined as GENERATED ALWAYS.`, col.Name)
}

func (a *analyzer) returning(sc *scope, list []sql.Target, items ...*item) {
	for _, it := range items {
		if !slices.Contains(sc.items, it) {
			sc.items = append(sc.items, it)
		}
	}
	sc.query.Targets = a.targets(sc, list, InReturning)
	for i := range sc.query.Targets {
		sc.query.Targets[i].Expr = a.settle(sc.query.Targets[i].Expr)
	}
}

// onConflict analyses ON CONFLICT.
func (a *analyzer) onConflict(sc *scope, s *sql.OnConflict, it *item) {
	r := sc.query.Target
	c := &tree.Conflict{DoUpdate: s.DoUpdate}
	sc.query.Conflict = c
	if s.DoUpdate && len(s.Keys) == 0 && s.Constraint == "" {
		a.failHint(s.Pos, fault.SyntaxError, "For example, ON CONFLICT (column_name).", "ON CONFLICT DO UPDATE requires inference specification or constraint name")
	}
	if len(s.Keys) > 0 || s.Constraint != "" {
		a.arbiters(c, s, r, it)
	}
	if !s.DoUpdate {
		return
	}
	r.NeedsUpdate = true
	c.Excluded = &tree.Rel{Kind: tree.RowRel, Alias: "excluded", Table: r.Table, Columns: slices.Clone(r.Columns[:len(r.Table.Columns)]), Role: a.env.Role, Policed: true}
	a.levels[c.Excluded] = sc
	ex := a.itemOf(c.Excluded)
	ex.hasAlias = true // a name with its schema means the table itself
	saved := sc.items
	sc.items = []*item{it, ex}
	sc.rels = append(sc.rels, c.Excluded)
	c.Set = a.assignments(sc, s.Set, r)
	if s.SetWhere != nil {
		c.Where = a.condition(sc, s.SetWhere, InWhere, "WHERE")
	}
	sc.items = saved
	sc.rels = sc.rels[:len(sc.rels)-1]
}

// arbiters finds the unique indexes that ON CONFLICT (…) or ON CONSTRAINT means.
func (a *analyzer) arbiters(c *tree.Conflict, s *sql.OnConflict, r *tree.Rel, it *item) {
	t := r.Table
	if s.Constraint != "" {
		k := t.Constraint(s.Constraint)
		if k == nil {
			a.fail(sql.NoPos, fault.UndefinedObject, `constraint "%s" for table "%s" does not exist`, s.Constraint, t.Name)
		}
		for _, x := range t.Indexes {
			if x.OID == k.Index && k.Index != 0 {
				if !x.Unique && s.DoUpdate {
					a.fail(sql.NoPos, fault.WrongObjectType, "ON CONFLICT DO UPDATE not supported with exclusion constraints")
				}
				for _, name := range k.Columns {
					a.markRead(r, t.ColumnIndex(name))
				}
				c.Indexes = []*catalog.Index{x}
				return
			}
		}
		a.fail(sql.NoPos, fault.WrongObjectType, "constraint in ON CONFLICT clause has no associated index")
	}
	sub := &scope{query: &tree.Query{}, items: []*item{it}, rels: []*tree.Rel{r}}
	var keys []tree.Expr
	for _, k := range s.Keys {
		if k.Column != "" {
			col, ok := a.columnIn(it, k.Column, sql.NoPos)
			if !ok {
				a.missingColumn(sub, "", k.Column, s.Pos)
			}
			keys = append(keys, a.use(col, sql.NoPos))
		} else {
			keys = append(keys, a.expr(sub, k.Expr, InIndexExpr))
		}
	}
	var where []tree.Expr
	if s.Where != nil {
		where = conjuncts(a.condition(sub, s.Where, InIndexPredicate, "WHERE"))
	}
	if t.Kind == catalog.View {
		c.Keys, c.KeyWhere = keys, where
		return
	}
	c.Indexes = a.inferred(r, keys, where)
}

// inferred are the unique indexes of r's table over just these keys, whose predicates the condition implies.
func (a *analyzer) inferred(r *tree.Rel, keys, where []tree.Expr) (out []*catalog.Index) {
	for _, x := range r.Table.Indexes {
		if x.Unique && a.indexMatches(x, r, keys, where) {
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		a.fail(sql.NoPos, fault.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	}
	return out
}

// Arbiters are the unique indexes of r's table that ON CONFLICT with these keys and this condition means.
func Arbiters(cat *catalog.Catalog, env *Env, r *tree.Rel, keys, where []tree.Expr) (out []*catalog.Index, err error) {
	a := newAnalyzer(cat, env)
	defer a.recover(&err)
	return a.inferred(r, keys, where), nil
}

func (a *analyzer) indexMatches(x *catalog.Index, r *tree.Rel, keys, where []tree.Expr) bool {
	inner := *a.env
	inner.Names, inner.Params, inner.FixedParams = nil, nil, true
	b := newAnalyzer(a.cat, &inner)
	sub := b.relScope([]*tree.Rel{{Kind: tree.TableRel, Alias: r.Alias, Table: r.Table, Columns: r.Columns}})
	own := sub.rels[0]
	same := func(e tree.Expr) tree.Expr { return tree.CloneExpr(e, map[*tree.Rel]*tree.Rel{own: r}) }
	var have []tree.Expr
	for _, k := range x.Keys {
		if k.Column != "" {
			i := r.Table.ColumnIndex(k.Column)
			if i < 0 {
				return false
			}
			have = append(have, &tree.Var{Rel: r, Col: i, Typ: r.Columns[i].Type})
			continue
		}
		have = append(have, same(b.expr(sub, k.Expr, InIndexExpr)))
	}
	subset := func(l, r []tree.Expr) bool {
		for _, x := range l {
			if !slices.ContainsFunc(r, func(y tree.Expr) bool { return tree.Equal(x, y) }) {
				return false
			}
		}
		return true
	}
	if !subset(keys, have) || !subset(have, keys) {
		return false
	}
	if x.Where == nil {
		return true
	}
	return subset(conjuncts(same(b.condition(sub, x.Where, InIndexPredicate, "WHERE"))), where)
}

func conjuncts(e tree.Expr) []tree.Expr {
	if b, ok := e.(*tree.Bool); ok && b.Op == sql.And {
		var out []tree.Expr
		for _, x := range b.Args {
			out = append(out, conjuncts(x)...)
		}
		return out
	}
	return []tree.Expr{e}
}

func (a *analyzer) update(sc *scope, s *sql.Update) *tree.Query {
	q := &tree.Query{Command: tree.Update, Pos: s.Pos}
	sc.query = q
	a.with(sc, s.With, sc.parent == nil)
	r, it := a.targetTable(sc, s.Table)
	r.NeedsUpdate = true
	a.fromBeside(sc, it, s.From)
	if s.Where != nil {
		q.Where = a.condition(sc, s.Where, InWhere, "WHERE")
	}
	if s.Returning != nil {
		a.returning(sc, s.Returning)
	}
	q.Set = a.assignTargets(sc, a.assignSources(sc, s.Set, r), r)
	return q
}

// fromBeside analyses FROM or USING beside the target, which sub-queries there cannot see.
func (a *analyzer) fromBeside(sc *scope, it *item, list []sql.TableExpr) {
	it.lateralOnly, it.lateralOK = true, false
	sc.items = append(sc.items, it)
	a.from(sc, list)
}

func (a *analyzer) delete(sc *scope, s *sql.Delete) *tree.Query {
	q := &tree.Query{Command: tree.Delete, Pos: s.Pos}
	sc.query = q
	a.with(sc, s.With, sc.parent == nil)
	r, it := a.targetTable(sc, s.Table)
	r.NeedsDelete = true
	a.fromBeside(sc, it, s.Using)
	if s.Where != nil {
		q.Where = a.condition(sc, s.Where, InWhere, "WHERE")
	}
	if s.Returning != nil {
		a.returning(sc, s.Returning)
	}
	return q
}

// source is a SET item with its value resolved and its column still a name.
type source struct {
	col   sql.InsertColumn
	value tree.Expr // nil: DEFAULT
	pos   sql.Pos
}

func (a *analyzer) assignments(sc *scope, list []sql.Assign, r *tree.Rel) []tree.Assign {
	return a.assignTargets(sc, a.assignSources(sc, list, r), r)
}

func (a *analyzer) assignSources(sc *scope, list []sql.Assign, r *tree.Rel) []source {
	var out []source
	for _, s := range list {
		if !s.Multi {
			out = append(out, source{s.Columns[0], a.assigned(sc, s.Value), s.Columns[0].Pos})
			continue
		}
		switch v := s.Value.(type) {
		case *sql.SubLink:
			sub := &scope{parent: sc}
			saved := sc.place
			sc.place = InUpdate
			q := a.selectQuery(sub, v.Query)
			sc.place = saved
			if len(visible(q.Targets)) != len(s.Columns) {
				a.fail(v.Pos, fault.SyntaxError, "number of columns does not match number of values")
			}
			link := a.at(&tree.SubLink{Kind: sql.ScalarQ, Query: q, Typ: plain(catalog.RecordOID)}, v.Pos)
			for i, c := range s.Columns {
				f := a.at(&tree.FieldOf{X: link, Name: q.Targets[i].Name, Index: i, Typ: targetType(q, i)}, v.Pos)
				out = append(out, source{c, f, c.Pos})
			}
		case *sql.Row:
			var values []tree.Expr
			for _, x := range v.Args {
				all := a.stars(sc, x)
				for _, t := range all {
					values = append(values, t.Expr)
				}
				if all == nil {
					values = append(values, a.assigned(sc, x))
				}
			}
			if len(values) != len(s.Columns) {
				a.fail(v.Pos, fault.SyntaxError, "number of columns does not match number of values")
			}
			for i, c := range s.Columns {
				out = append(out, source{c, values[i], c.Pos})
			}
		default:
			a.fail(locate(s.Value), fault.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
		}
	}
	return out
}

func (a *analyzer) assigned(sc *scope, e sql.Expr) tree.Expr {
	if _, ok := e.(*sql.Default); ok {
		return nil
	}
	return a.expr(sc, e, InUpdate)
}

func (a *analyzer) assignTargets(sc *scope, list []source, r *tree.Rel) []tree.Assign {
	var out []tree.Assign
	parted := map[int]bool{}
	for _, s := range list {
		i := a.targetColumn(r, s.col.Name, s.pos)
		col := r.Table.Columns[i]
		if len(s.col.Steps) > 0 {
			at := slices.IndexFunc(out, func(x tree.Assign) bool { return x.Column == i })
			switch {
			case at < 0:
				at, out = len(out), append(out, tree.Assign{Column: i, Value: &tree.Var{Rel: r, Col: i, Typ: col.Type}})
				parted[i] = true
			case !parted[i]:
				a.fail(sql.NoPos, fault.SyntaxError, `multiple assignments to same column "%s"`, col.Name)
			}
			if s.value == nil {
				a.noDefault(s.col.Steps, s.pos)
			}
			part := a.partOf(col.Type, col.Name, s.col.Steps, s.pos)
			saved := sc.place
			sc.place = InUpdate
			out[at].Value = a.withPart(sc, out[at].Value, col.Type, part.steps, a.fit(part, s.value, s.pos))
			sc.place = saved
			r.Updated.Add(i)
			continue
		}
		if slices.ContainsFunc(out, func(x tree.Assign) bool { return x.Column == i }) {
			a.fail(sql.NoPos, fault.SyntaxError, `multiple assignments to same column "%s"`, col.Name)
		}
		x := tree.Assign{Column: i}
		if s.value != nil {
			x.Value = a.assignTo(s.value, col.Name, col.Type, s.pos)
		}
		r.Updated.Add(i)
		out = append(out, x)
	}
	if err := GivenToUpdate(r.Table, out); err != nil {
		a.raise(sql.NoPos, err)
	}
	return out
}

func (a *analyzer) merge(sc *scope, s *sql.Merge) *tree.Query {
	if s.Returning != nil { // the grammar is newer than the PostgreSQL that is meant
		a.fail(sql.NoPos, fault.SyntaxError, `syntax error at or near "RETURNING"`)
	}
	q := &tree.Query{Command: tree.Merge, Pos: s.Pos}
	sc.query = q
	a.with(sc, s.With, sc.parent == nil)
	always := map[sql.MergeMatch]bool{}
	for _, w := range s.Whens {
		if always[w.Match] {
			a.fail(sql.NoPos, fault.SyntaxError, "unreachable WHEN clause specified after unconditional WHEN clause")
		}
		always[w.Match] = w.Cond == nil
	}
	r, it := a.targetTable(sc, s.Table)
	src, srcItems := a.fromItem(sc, s.Source)
	for _, o := range srcItems {
		if o.relVisible && o.alias == it.alias {
			a.raise(sql.NoPos, fault.New(fault.DuplicateAlias, `name "%s" specified more than once`, it.alias).
				WithDetail("The name is used both as MERGE target table and data source."))
		}
	}
	q.MergeSource = src
	setLateral(srcItems, false, true)
	both := append([]*item{it}, srcItems...)
	sc.items = both
	q.MergeOn = a.condition(sc, s.On, InOn, "JOIN/ON")
	r.NeedsSelect = true
	for _, w := range s.Whens {
		m := tree.MergeWhen{Match: w.Match, Action: w.Action}
		switch w.Match {
		case sql.WhenNotMatched:
			sc.items = srcItems
		case sql.WhenNotMatchedBySource:
			sc.items = []*item{it}
		default:
			sc.items = both
		}
		if w.Cond != nil {
			m.Cond = a.condition(sc, w.Cond, InMergeWhen, "WHEN")
		}
		switch w.Action {
		case sql.MergeInsert:
			r.NeedsInsert = true
			cols := a.insertColumns(r, w.Columns)
			if w.Values == nil {
				cols = nil
			}
			if len(w.Values) > len(cols) {
				a.fail(locate(w.Values[len(cols)]), fault.SyntaxError, "INSERT has more expressions than target columns")
			}
			if w.Columns != nil && len(w.Values) < len(cols) && w.Values != nil {
				a.fail(w.Columns[len(w.Values)].Pos, fault.SyntaxError, "INSERT has more target columns than expressions")
			}
			cols = cols[:len(w.Values)]
			parts := a.insertParts(r, cols, w.Columns)
			for i, e := range w.Values {
				r.Inserted.Add(cols[i])
				var x tree.Expr = &tree.SetDefault{}
				if _, ok := e.(*sql.Default); !ok {
					x = a.expr(sc, e, InValuesSingle)
				}
				v := a.fit(parts[i], x, partPos(w.Columns, i))
				if col := r.Table.Columns[cols[i]]; w.Overriding == sql.OverridingUser && col.Identity != 0 {
					v = &tree.SetDefault{Typ: col.Type}
				}
				m.Values = append(m.Values, v)
			}
			if len(cols) > 0 {
				a.checkGenerated(&tree.Query{Values: [][]tree.Expr{m.Values}}, r.Table, cols, w.Overriding)
			}
			m.Columns, m.Values = a.joined(sc, r, cols, parts, m.Values)
		case sql.MergeUpdate:
			r.NeedsUpdate = true
			m.Set = a.assignments(sc, w.Set, r)
		case sql.MergeDelete:
			r.NeedsDelete = true
		}
		q.Merges = append(q.Merges, m)
	}
	sc.items = both
	return q
}
