package analyze

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/system"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// from analyses a FROM list into sc and its query.
func (a *analyzer) from(sc *scope, list []sql.TableExpr) {
	for _, t := range list {
		f, items := a.fromItem(sc, t)
		a.checkNames(sc.items, items)
		setLateral(items, true, true)
		sc.items = append(sc.items, items...)
		sc.query.From = append(sc.query.From, f)
	}
	setLateral(sc.items, false, true)
}

func setLateral(items []*item, only, ok bool) {
	for _, it := range items {
		it.lateralOnly, it.lateralOK = only, ok
	}
}

// checkNames refuses two tables of the same name side by side.
func (a *analyzer) checkNames(l, r []*item) {
	for _, x := range l {
		if !x.relVisible {
			continue
		}
		for _, y := range r {
			if !y.relVisible || x.alias != y.alias {
				continue
			}
			if x.table != nil && y.table != nil && !x.hasAlias && !y.hasAlias && x.table != y.table {
				continue // same name in different schemas
			}
			a.fail(sql.NoPos, fault.DuplicateAlias, `table name "%s" specified more than once`, y.alias)
		}
	}
}

func (a *analyzer) fromItem(sc *scope, t sql.TableExpr) (tree.FromItem, []*item) {
	a.enter()
	defer a.leave()
	switch t := t.(type) {
	case *sql.Table:
		r, it := a.tableItem(sc, t)
		return &tree.RelItem{Rel: r}, []*item{it}
	case *sql.SubqueryTable:
		r, it := a.subqueryItem(sc, t)
		return &tree.RelItem{Rel: r}, []*item{it}
	case *sql.FuncTable:
		r, it := a.functionItem(sc, t)
		return &tree.RelItem{Rel: r}, []*item{it}
	case *sql.Join:
		return a.join(sc, t)
	case *sql.UnsupportedTable:
		a.raise(t.Pos, fault.Unsupported(t.Feature, ""))
	}
	panic("analyze: unknown item of FROM")
}

// addRel makes r one of the level's.
func (a *analyzer) addRel(sc *scope, r *tree.Rel) *tree.Rel {
	r.Role = a.env.Role
	sc.query.Rels = append(sc.query.Rels, r)
	sc.rels = append(sc.rels, r)
	a.levels[r] = sc
	return r
}

// named is the item of a Rel with its alias and column aliases applied.
func (a *analyzer) named(r *tree.Rel, alias *sql.Alias, what string) *item {
	if alias != nil {
		r.Alias = alias.Name
		if len(alias.Columns) > len(r.Columns) {
			a.fail(sql.NoPos, fault.InvalidColumnReference, `%s "%s" has %d columns available but %d columns specified`, what, r.Alias, len(r.Columns), len(alias.Columns))
		}
		if len(alias.Columns) > 0 {
			r.Columns = slices.Clone(r.Columns)
			for i, c := range alias.Columns {
				r.Columns[i].Name = c
			}
		}
	}
	it := a.itemOf(r)
	it.hasAlias = alias != nil
	return it
}

// tableItem is a named relation: a CTE, a transition table, a table or a view.
func (a *analyzer) tableItem(sc *scope, t *sql.Table) (*tree.Rel, *item) {
	if t.Name.Schema == "" {
		if c := a.findCTE(sc, t.Name.Name); c != nil {
			r := a.addRel(sc, a.cteRel(sc, c, t))
			return r, a.named(r, t.Alias, "table")
		}
		if tr := a.env.Transition[t.Name.Name]; tr != nil {
			r := &tree.Rel{Kind: tree.TransitionRel, Alias: t.Name.Name, Name: t.Name.Name, Columns: slices.Clone(tr.Columns), Table: tr.Table, Policed: true}
			a.addRel(sc, r)
			return r, a.named(r, t.Alias, "table")
		}
	}
	r := a.addRel(sc, a.relation(sc, t))
	r.NeedsSelect = true
	return r, a.named(r, t.Alias, "table")
}

// sequenceRel is the one row of a sequence that is read as a table: last_value, log_cnt (always 0: numbers are not given out in advance) and is_called.
func sequenceRel(q *catalog.Sequence) *tree.Rel {
	fn := &builtin.Func{ID: "sequence", Name: q.Name, Ret: catalog.RecordOID, RetSet: true, Kind: builtin.SetReturning, Direct: -1, Volatility: 'v',
		Cols: []builtin.Col{{Name: "last_value", Type: catalog.Int8OID}, {Name: "log_cnt", Type: catalog.Int8OID}, {Name: "is_called", Type: catalog.BoolOID}},
		Set: func(c *builtin.Ctx, _ []value.Datum, yield func([]value.Datum) bool) error {
			if c.SeqState == nil {
				return fault.Unsupported("reading a sequence here", "")
			}
			last, called, ok, err := c.SeqState(q.OID, catalog.PrivSelect)
			if err != nil {
				return err
			}
			if !ok {
				return fault.New(fault.InsufficientPrivilege, "permission denied for sequence %s", q.Name)
			}
			yield([]value.Datum{value.Int(last), value.Int(0), value.Bool(called)})
			return nil
		}}
	r := &tree.Rel{Kind: tree.FunctionRel, Alias: q.Name, Policed: true}
	for _, c := range fn.Cols {
		r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: plain(c.Type)})
	}
	r.Funcs = []tree.FuncCallRel{{Call: &tree.Call{Fn: fn, Typ: plain(catalog.RecordOID)}, Count: len(fn.Cols)}}
	return r
}

// relation is the Rel of a table or view by name.
func (a *analyzer) relation(sc *scope, t *sql.Table) *tree.Rel {
	if tab := a.cat.FindTable(a.path, t.Name); tab != nil {
		r := tableRel(tab)
		r.At = int(t.Pos) + 1
		return r
	}
	if r := system.Relation(t.Name.Schema, t.Name.Name); r != nil {
		c := *r
		c.Columns = slices.Clone(r.Columns)
		return &c
	}
	if q := a.cat.FindSequence(a.path, t.Name); q != nil {
		return sequenceRel(q)
	}
	shown := t.Name.Name
	if t.Name.Schema != "" {
		shown = t.Name.Schema + "." + t.Name.Name
	} else {
		for s := sc; s != nil; s = s.parent {
			if slices.Contains(s.withNames, shown) {
				a.raise(t.Pos, fault.New(fault.UndefinedTable, `relation "%s" does not exist`, shown).
					WithDetail(`There is a WITH item named "%s", but it cannot be referenced from this part of the query.`, shown).
					WithHint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references."))
			}
		}
	}
	a.fail(t.Pos, fault.UndefinedTable, `relation "%s" does not exist`, shown)
	return nil
}

func tableRel(tab *catalog.Table) *tree.Rel {
	r := &tree.Rel{Kind: tree.TableRel, Alias: tab.Name, Table: tab}
	for _, c := range tab.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: c.Type})
	}
	return r
}

func (a *analyzer) cteRel(sc *scope, c *cte, t *sql.Table) *tree.Rel {
	if c.recursing {
		if c.tree.Columns == nil {
			if c.selfRefs == modifies {
				a.fail(c.pos, fault.InvalidRecursion, `recursive query "%s" must not contain data-modifying statements`, c.name)
			}
			if c.selfRefs == notUnion {
				a.fail(c.pos, fault.InvalidRecursion, `recursive query "%s" does not have the form non-recursive-term UNION [ALL] recursive-term`, c.name)
			}
			a.fail(t.Pos, fault.InvalidRecursion, `recursive reference to query "%s" must not appear within its non-recursive term`, c.name)
		}
		if a.recursion != "" {
			a.fail(t.Pos, fault.InvalidRecursion, `recursive reference to query "%s" must not appear within %s`, c.name, a.recursion)
		}
		c.selfRefs++
		c.tree.Recursive = true
		sc.selfRef = true
		if c.selfRefs > 1 {
			a.fail(t.Pos, fault.InvalidRecursion, `recursive reference to query "%s" must not appear more than once`, c.name)
		}
	}
	if q := c.tree.Query; q != nil && q.Command != tree.Select && len(q.Targets) == 0 {
		a.fail(t.Pos, fault.FeatureNotSupported, `WITH query "%s" does not have a RETURNING clause`, c.name)
	}
	c.tree.Refs++
	return &tree.Rel{Kind: tree.CTERel, Alias: c.name, CTE: c.tree, Columns: slices.Clone(c.tree.Columns)}
}

func (a *analyzer) subqueryItem(sc *scope, t *sql.SubqueryTable) (*tree.Rel, *item) {
	r := &tree.Rel{Kind: tree.SubqueryRel, Lateral: t.Lateral, Alias: "unnamed_subquery"}
	lateral, inFrom := sc.lateral, sc.inFrom
	sc.lateral, sc.inFrom = t.Lateral, true
	sub := &scope{parent: sc}
	r.Query = a.selectQuery(sub, t.Query)
	sc.lateral, sc.inFrom = lateral, inFrom
	r.Columns = columnsOf(r.Query)
	if r.Query.Values != nil && len(r.Query.OrderBy) == 0 && r.Query.Limit == nil && r.Query.Offset == nil && len(r.Query.CTEs) == 0 {
		r.Kind = tree.ValuesRel
	}
	a.addRel(sc, r)
	it := a.named(r, t.Alias, "table")
	if t.Alias == nil {
		it.relVisible = false
	}
	return r, it
}

// columnsOf are the output columns of a query.
func columnsOf(q *tree.Query) []tree.RelColumn {
	ts := visible(q.Targets)
	out := make([]tree.RelColumn, len(ts))
	for i, t := range ts {
		out[i] = tree.RelColumn{Name: t.Name, Type: targetType(q, i)}
	}
	return out
}

// targetType is the type of an output column; those of VALUES and set operations have no expression.
func targetType(q *tree.Query, i int) tree.Type {
	if e := q.Targets[i].Expr; e != nil {
		return e.Type()
	}
	if len(q.Values) > 0 {
		return q.Values[0][i].Type()
	}
	return targetType(q.Left, i)
}

// functionItem is functions in FROM.
func (a *analyzer) functionItem(sc *scope, t *sql.FuncTable) (*tree.Rel, *item) {
	saved := sc.lateral
	sc.lateral = true
	defer func() { sc.lateral = saved }()

	type fn struct {
		call tree.Expr
		name string
		defs []sql.ColumnDef
		pos  sql.Pos
	}
	var fns []fn
	for _, f := range t.Funcs {
		if c, ok := f.Call.(*sql.FuncCall); ok && len(c.Args) > 1 && (c.Name.Schema == "" || c.Name.Schema == "pg_catalog") && c.Name.Name == "unnest" &&
			!c.Variadic && !c.Distinct && c.OrderBy == nil && c.Filter == nil && c.Over == nil && len(f.Columns) == 0 {
			for _, arg := range c.Args {
				one := *c
				one.Args = []sql.Arg{arg}
				one.Name.Schema = "pg_catalog"
				fns = append(fns, fn{a.fromCall(sc, &one), "unnest", nil, c.Pos})
			}
			continue
		}
		fns = append(fns, fn{a.fromCall(sc, f.Call), figureName(f.Call), f.Columns, locate(f.Call)})
	}
	if len(t.Columns) > 0 {
		if len(fns) != 1 {
			a.failHint(t.Columns[0].Pos, fault.SyntaxError, "Put the column definition list inside ROWS FROM().", "ROWS FROM() with multiple functions cannot have a column definition list")
		}
		if t.Ordinality {
			a.failHint(t.Columns[0].Pos, fault.SyntaxError, "Put the column definition list inside ROWS FROM().", "WITH ORDINALITY cannot be used with a column definition list")
		}
		fns[0].defs = t.Columns
	}
	r := &tree.Rel{Kind: tree.FunctionRel, Lateral: true, Alias: fns[0].name, Ordinality: t.Ordinality}
	if t.Alias != nil {
		r.Alias = t.Alias.Name
	}
	for _, f := range fns {
		first := len(r.Columns)
		var scalar bool
		cols := a.resultColumns(f.call)
		switch {
		case cols != nil && len(f.defs) > 0:
			if c, ok := f.call.(*tree.Call); ok && c.Typ.OID == catalog.RecordOID {
				a.fail(f.defs[0].Pos, fault.SyntaxError, "a column definition list is redundant for a function with OUT parameters")
			}
			a.fail(f.defs[0].Pos, fault.SyntaxError, "a column definition list is redundant for a function returning a named composite type")
		case cols != nil:
			r.Columns = append(r.Columns, cols...)
		case f.call.Type().OID == catalog.RecordOID:
			if len(f.defs) == 0 {
				a.fail(f.pos, fault.SyntaxError, `a column definition list is required for functions returning "record"`)
			}
			if c, ok := f.call.(*tree.Call); ok && c.Fn != nil && c.Fn.Name == "unnest" {
				a.raise(f.pos, fault.Unsupported(c.Fn.Name+" of records without a type in FROM", "Give the rows a composite type."))
			}
			for _, d := range f.defs {
				r.Columns = append(r.Columns, tree.RelColumn{Name: d.Name, Type: a.findType(d.Type)})
			}
		default:
			if len(f.defs) > 0 {
				a.fail(f.defs[0].Pos, fault.SyntaxError, `a column definition list is only allowed for functions returning "record"`)
			}
			scalar = true
			name := f.name
			if out := soleOut(f.call); out != "" {
				name = out
			} else if len(fns) == 1 && t.Alias != nil {
				name = t.Alias.Name
			}
			if f.call.Type().OID == catalog.VoidOID && len(fns) == 1 && t.Alias == nil {
				name = f.name
			}
			r.Columns = append(r.Columns, tree.RelColumn{Name: name, Type: f.call.Type()})
		}
		r.Funcs = append(r.Funcs, tree.FuncCallRel{Call: f.call, First: first, Count: len(r.Columns) - first, Scalar: scalar})
	}
	if t.Ordinality {
		r.Columns = append(r.Columns, tree.RelColumn{Name: "ordinality", Type: plain(catalog.Int8OID)})
	}
	a.addRel(sc, r)
	return r, a.named(r, t.Alias, "table")
}

// fromCall is the expression of a function in FROM.
func (a *analyzer) fromCall(sc *scope, e sql.Expr) tree.Expr {
	x := a.settle(a.expr(sc, e, InFromFunction))
	return x
}

// soleOut is the name of the only OUT parameter of a function that returns a scalar.
func soleOut(x tree.Expr) string {
	c, ok := x.(*tree.Call)
	if !ok {
		return ""
	}
	if c.User == nil {
		return builtinSoleOut(c.Fn)
	}
	name := ""
	for _, p := range c.User.Params {
		if p.Mode == sql.OutArg || p.Mode == sql.InOutArg || p.Mode == sql.TableArg {
			if name != "" {
				return ""
			}
			name = p.Name
		}
	}
	return name
}

// resultColumns are the columns of a call that yields rows of a known shape, nil otherwise.
func (a *analyzer) resultColumns(x tree.Expr) []tree.RelColumn {
	if c, ok := x.(*tree.Call); ok && c.Typ.OID == catalog.RecordOID {
		if c.User != nil {
			var cols []tree.RelColumn
			for _, p := range c.User.Params {
				if p.Mode == sql.OutArg || p.Mode == sql.InOutArg || p.Mode == sql.TableArg {
					typ := p.Type
					if isPolymorphic(typ.OID) {
						typ = plain(a.outType(c, typ.OID))
					}
					name := p.Name
					if name == "" {
						name = "column" + itoa(len(cols)+1)
					}
					cols = append(cols, tree.RelColumn{Name: name, Type: typ})
				}
			}
			return cols
		}
		return a.builtinColumns(c)
	}
	return a.fields(x.Type().OID)
}

// outType is what a polymorphic OUT parameter of a user function's call is.
func (a *analyzer) outType(c *tree.Call, t oid) oid {
	have := typesOf(c.Args)
	out, err := a.unify(slices.Clone(c.User.ArgTypes()), have, t)
	if err != nil {
		return catalog.TextOID
	}
	return out
}

// ---- joins ----

func (a *analyzer) join(sc *scope, j *sql.Join) (tree.FromItem, []*item) {
	outside := a.recursion
	if j.Kind == sql.RightJoin || j.Kind == sql.FullJoin {
		a.recursion = "an outer join"
	}
	lf, litems := a.fromItem(sc, j.Left)
	a.recursion = outside
	ok := j.Kind == sql.InnerJoin || j.Kind == sql.LeftJoin
	setLateral(litems, true, ok)
	outer := sc.items
	sc.items = append(slices.Clone(outer), litems...)
	if j.Kind == sql.LeftJoin || j.Kind == sql.FullJoin {
		a.recursion = "an outer join"
	}
	rf, ritems := a.fromItem(sc, j.Right)
	a.recursion = outside
	sc.items = outer
	a.checkNames(litems, ritems)

	out := &tree.Join{Kind: j.Kind, Left: lf, Right: rf}
	lcols, rcols := itemColumns(litems), itemColumns(ritems)
	using := j.Using
	if j.Natural {
		using = nil
		for _, l := range lcols {
			if slices.ContainsFunc(rcols, func(r column) bool { return r.name == l.name }) {
				using = append(using, l.name)
			}
		}
	}
	var merged []column
	usedL, usedR := map[int]bool{}, map[int]bool{}
	var conds []tree.Expr
	for i, name := range using {
		if slices.Contains(using[:i], name) {
			a.fail(sql.NoPos, fault.DuplicateColumn, `column name "%s" appears more than once in USING clause`, name)
		}
		pick := func(cols []column, side string) int {
			at := -1
			for k, c := range cols {
				if c.name == name {
					if at >= 0 {
						a.fail(sql.NoPos, fault.AmbiguousColumn, `common column name "%s" appears more than once in %s table`, name, side)
					}
					at = k
				}
			}
			if at < 0 {
				a.fail(sql.NoPos, fault.UndefinedColumn, `column "%s" specified in USING clause does not exist in %s table`, name, side)
			}
			return at
		}
		li, ri := pick(lcols, "left"), pick(rcols, "right")
		usedL[li], usedR[ri] = true, true
		l, r := a.use(lcols[li], sql.NoPos), a.use(rcols[ri], sql.NoPos)
		conds = append(conds, a.toBool(a.applyOperator("", "=", []tree.Expr{l, r}, sql.NoPos), "JOIN/USING"))
		t := a.commonType("JOIN/USING", []tree.Expr{l, r})
		mod := commonMod([]tree.Expr{l, r}, t)
		cl, cr := a.toCommon(l, t, "JOIN/USING"), a.toCommon(r, t, "JOIN/USING")
		m := cl
		switch j.Kind {
		case sql.RightJoin:
			m = cr
		case sql.FullJoin:
			m = &tree.Coalesce{Args: []tree.Expr{cl, cr}, Typ: tree.Type{OID: t, Mod: mod}}
		case sql.InnerJoin:
			if _, plainVar := cl.(*tree.Var); !plainVar {
				if _, ok := cr.(*tree.Var); ok {
					m = cr
				}
			}
		}
		merged = append(merged, column{name, m})
	}
	cols := slices.Clone(merged)
	for i, c := range lcols {
		if !usedL[i] {
			cols = append(cols, c)
		}
	}
	for i, c := range rcols {
		if !usedR[i] {
			cols = append(cols, c)
		}
	}
	both := append(slices.Clone(litems), ritems...)
	switch {
	case len(conds) > 0:
		out.On = and(conds)
	case j.On != nil:
		setLateral(both, false, true)
		sc.items = both
		out.On = a.condition(sc, j.On, InOn, "JOIN/ON")
		sc.items = outer
	}
	if j.Alias != nil && len(j.Alias.Columns) > 0 {
		if len(j.Alias.Columns) > len(cols) {
			a.fail(sql.NoPos, fault.SyntaxError, `column alias list for "%s" has too many entries`, j.Alias.Name)
		}
		for i, name := range j.Alias.Columns {
			cols[i].name = name
		}
	}
	self := &item{columns: cols, colsVisible: true, lateralOK: true}
	var items []*item
	if j.Alias != nil {
		self.alias, self.relVisible, self.hasAlias = j.Alias.Name, true, true
	} else {
		for _, it := range both {
			it.colsVisible = false
		}
		items = both
	}
	if j.UsingAlias != "" {
		u := &item{alias: j.UsingAlias, columns: merged, relVisible: true, lateralOK: true, hasAlias: true}
		a.checkNames(items, []*item{u})
		items = append(items, u)
	}
	return out, append(items, self)
}

// itemColumns are the columns of a join's side, as * would show them.
func itemColumns(items []*item) []column {
	var out []column
	for _, it := range items {
		if it.colsVisible {
			out = append(out, it.columns...)
		}
	}
	return out
}

func and(conds []tree.Expr) tree.Expr {
	if len(conds) == 1 {
		return conds[0]
	}
	return &tree.Bool{Op: sql.And, Args: conds}
}

// ---- WITH ----

func (a *analyzer) with(sc *scope, w *sql.With, top bool) {
	if w == nil {
		return
	}
	sc.query.Recursive = w.Recursive
	for i, c := range w.CTEs {
		for _, d := range w.CTEs[:i] {
			if d.Name == c.Name {
				a.fail(c.Pos, fault.DuplicateAlias, `WITH query name "%s" specified more than once`, c.Name)
			}
		}
		if _, ok := c.Query.(*sql.Merge); ok {
			a.fail(c.Pos, fault.FeatureNotSupported, "MERGE not supported in WITH query")
		}
		if _, ok := c.Query.(*sql.Select); !ok && !top {
			a.fail(c.Pos, fault.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level")
		}
	}
	for _, c := range w.CTEs {
		sc.withNames = append(sc.withNames, c.Name)
	}
	for _, i := range a.withOrder(w) {
		a.withItem(sc, w.CTEs[i], w.Recursive)
	}
}

// withOrder is the order in which WITH items are analysed: as written, but under RECURSIVE an item may use a later one.
func (a *analyzer) withOrder(w *sql.With) []int {
	var order []int
	state := make([]int, len(w.CTEs)) // 1 under way, 2 done
	var visit func(i int)
	visit = func(i int) {
		state[i] = 1
		if w.Recursive {
			sql.Walk(w.CTEs[i].Query, func(n sql.Node) bool {
				t, ok := n.(*sql.Table)
				if !ok || t.Name.Schema != "" {
					return true
				}
				j := slices.IndexFunc(w.CTEs, func(c sql.CTE) bool { return c.Name == t.Name.Name })
				switch {
				case j < 0 || j == i || state[j] == 2:
				case state[j] == 1:
					a.fail(w.CTEs[slices.Index(state, 1)].Pos, fault.FeatureNotSupported, "mutual recursion between WITH items is not implemented")
				default:
					visit(j)
				}
				return true
			})
		}
		state[i] = 2
		order = append(order, i)
	}
	for i := range w.CTEs {
		if state[i] == 0 {
			visit(i)
		}
	}
	return order
}

func (a *analyzer) withItem(sc *scope, c sql.CTE, recursive bool) {
	if c.Search {
		a.raise(c.Pos, fault.Unsupported("SEARCH or CYCLE of a recursive query", ""))
	}
	defer func(outside string) { a.recursion = outside }(a.recursion)
	a.recursion = ""
	entry := &cte{name: c.Name, tree: &tree.CTE{Name: c.Name, Materialized: c.Materialized}, pos: c.Pos}
	sub := &scope{parent: sc}
	if recursive {
		entry.recursing = true
		sc.ctes = append(sc.ctes, entry)
	}
	name := func(cols []tree.RelColumn) []tree.RelColumn {
		if len(c.Columns) > len(cols) {
			a.fail(c.Pos, fault.InvalidColumnReference, `WITH query "%s" has %d columns available but %d columns specified`, c.Name, len(cols), len(c.Columns))
		}
		for i, n := range c.Columns {
			cols[i].Name = n
		}
		return cols
	}
	sel, isSelect := c.Query.(*sql.Select)
	switch {
	case recursive && isSelect && sel.SetOp == sql.Union:
		a.recursiveUnion(sub, sel, entry, name)
	default:
		entry.selfRefs = notUnion
		if !isSelect {
			entry.selfRefs = modifies
		}
		if isSelect {
			entry.tree.Query = a.selectQuery(sub, sel)
		} else {
			entry.tree.Query = a.statement(sub, c.Query)
		}
	}
	if entry.tree.Columns == nil {
		entry.tree.Columns = name(columnsOf(entry.tree.Query))
	}
	entry.recursing = false
	if !recursive {
		sc.ctes = append(sc.ctes, entry)
	}
	sc.query.CTEs = append(sc.query.CTEs, entry.tree)
}

// recursiveUnion analyses WITH RECURSIVE name AS (left UNION right): the columns are the left side's.
func (a *analyzer) recursiveUnion(sc *scope, s *sql.Select, entry *cte, name func([]tree.RelColumn) []tree.RelColumn) {
	var settled []tree.RelColumn
	q := a.setOperation(sc, s, func(left *tree.Query) {
		settled = name(columnsOf(left))
		entry.tree.Columns = settled
	})
	entry.tree.Query = q
	if !entry.tree.Recursive {
		entry.tree.Columns = nil
		return
	}
	const not = "%s in a recursive query is not implemented"
	switch { // none of them ends the recursion
	case len(s.OrderBy) > 0:
		a.fail(locate(s.OrderBy[0].Expr), fault.FeatureNotSupported, not, "ORDER BY")
	case s.Offset != nil:
		a.fail(locate(s.Offset), fault.FeatureNotSupported, not, "OFFSET")
	case s.Limit != nil:
		a.fail(locate(s.Limit), fault.FeatureNotSupported, not, "LIMIT")
	}
	for i, c := range columnsOf(q) {
		if c.Type != settled[i].Type {
			what := a.cat.TypeString(settled[i].Type)
			overall := a.cat.TypeString(c.Type)
			a.failHint(a.where(q.Targets[i].Expr), fault.DatatypeMismatch, "Cast the output of the non-recursive term to the correct type.",
				`recursive query "%s" column %d has type %s in non-recursive term but type %s overall`, entry.name, i+1, what, overall)
		}
	}
}
