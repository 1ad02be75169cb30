package analyze

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// statement analyses a whole statement, or the data-modifying query of a WITH item whose scope is given.
func (a *analyzer) statement(sc *scope, q sql.Query) *tree.Query {
	if sc == nil {
		sc = &scope{}
	}
	switch q := q.(type) {
	case *sql.Select:
		return a.selectQuery(sc, q)
	case *sql.Insert:
		return a.insert(sc, q)
	case *sql.Update:
		return a.update(sc, q)
	case *sql.Delete:
		return a.delete(sc, q)
	case *sql.Merge:
		return a.merge(sc, q)
	}
	panic("analyze: unknown statement")
}

func (a *analyzer) selectQuery(sc *scope, s *sql.Select) *tree.Query {
	a.enter()
	defer a.leave()
	switch {
	case s.SetOp != sql.NoSetOp:
		return a.setOperation(sc, s, nil)
	case s.Values != nil:
		return a.values(sc, s)
	}
	return a.plainSelect(sc, s)
}

func (a *analyzer) plainSelect(sc *scope, s *sql.Select) *tree.Query {
	q := &tree.Query{Command: tree.Select, Pos: s.Pos}
	sc.query = q
	a.with(sc, s.With, sc.parent == nil)
	if s.Into != nil {
		a.fail(s.Into.Pos, fault.SyntaxError, "SELECT ... INTO is not allowed here")
	}
	for i := range s.Windows {
		w := &s.Windows[i]
		if slices.ContainsFunc(sc.windows, func(p *pendingWindow) bool { return p.def.Name == w.Name }) {
			a.fail(w.Pos, fault.WindowingError, `window "%s" is already defined`, w.Name)
		}
		sc.windows = append(sc.windows, &pendingWindow{def: w, win: &tree.Window{Name: w.Name}})
	}
	a.from(sc, s.From)
	q.Targets = a.targets(sc, s.Targets, InSelect)
	if s.Where != nil {
		q.Where = a.condition(sc, s.Where, InWhere, "WHERE")
	}
	if s.Having != nil {
		q.Having = a.condition(sc, s.Having, InHaving, "HAVING")
	}
	for _, k := range s.OrderBy {
		x := a.outputRef(sc, k.Expr, InOrderBy, "ORDER BY")
		q.OrderBy = append(q.OrderBy, a.sortKey(x, k))
	}
	a.groupBy(sc, s)
	if s.Distinct {
		a.distinct(sc, s)
	}
	a.limits(sc, s)
	a.defineWindows(sc)
	if !sc.unknowns {
		for i := range q.Targets {
			q.Targets[i].Expr = a.settle(q.Targets[i].Expr)
		}
	}
	a.locking(sc, s)
	q.Aggregated = sc.hasAgg || len(q.GroupBy) > 0 || q.GroupingSets != nil || q.Having != nil
	if q.Aggregated {
		if sc.selfRef && len(sc.aggs) > 0 {
			a.fail(sc.aggs[0].Pos, fault.InvalidRecursion, "aggregate functions are not allowed in a recursive query's recursive term")
		}
		a.checkGrouping(sc)
	}
	if sc.hasSRF {
		return a.expandSets(sc)
	}
	return q
}

// targets analyses a select or RETURNING list.
func (a *analyzer) targets(sc *scope, list []sql.Target, place Place) []tree.Target {
	saved := sc.place
	sc.place = place
	defer func() { sc.place = saved }()
	out := []tree.Target{}
	for _, t := range list {
		if ts := a.stars(sc, t.Expr); ts != nil {
			out = append(out, ts...)
			continue
		}
		name := t.Name
		if name == "" {
			name = figureName(t.Expr)
		}
		out = append(out, a.target(name, a.ex(sc, t.Expr)))
	}
	return out
}

// outputRef resolves an item of ORDER BY, GROUP BY or DISTINCT ON: an output column's name or number, or an expression.
func (a *analyzer) outputRef(sc *scope, e sql.Expr, place Place, clause string) tree.Expr {
	q := sc.query
	fix := func(i int) tree.Expr {
		t := &q.Targets[i]
		t.Expr = a.settle(t.Expr)
		return t.Expr
	}
	switch e := e.(type) {
	case *sql.ColumnRef:
		if len(e.Fields) != 1 || e.Star {
			break
		}
		name := e.Fields[0]
		if place == InGroupBy {
			local := &scope{items: sc.items, lateral: sc.lateral}
			if _, ok := a.findColumn(local, name, e.Pos); ok {
				break
			}
		}
		found := -1
		for i, t := range q.Targets {
			if t.Name != name {
				continue
			}
			if found >= 0 && !tree.Equal(q.Targets[found].Expr, t.Expr) {
				a.fail(e.Pos, fault.AmbiguousColumn, `%s "%s" is ambiguous`, clause, name)
			}
			if found < 0 {
				found = i
			}
		}
		if found >= 0 {
			a.checkPlaceOf(sc, q.Targets[found].Expr, place)
			return fix(found)
		}
	case *sql.Const:
		switch e.Kind {
		case sql.IntConst:
			n := 0
			for _, c := range e.Text {
				n = min(n*10+int(c-'0'), 1<<30)
			}
			if n < 1 || n > len(q.Targets) {
				a.fail(e.Pos, fault.InvalidColumnReference, "%s position %s is not in select list", clause, e.Text)
			}
			a.checkPlaceOf(sc, q.Targets[n-1].Expr, place)
			return fix(n - 1)
		case sql.NullConst, sql.BoolConst:
		default:
			a.fail(e.Pos, fault.SyntaxError, "non-integer constant in %s", clause)
		}
	}
	x := a.settle(a.expr(sc, e, place))
	for _, t := range q.Targets {
		if tree.Equal(t.Expr, x) {
			return t.Expr
		}
	}
	return x
}

// checkPlaceOf refuses output columns with aggregates or window functions in GROUP BY.
func (a *analyzer) checkPlaceOf(sc *scope, x tree.Expr, place Place) {
	if place != InGroupBy {
		return
	}
	tree.Walk(x, func(e tree.Expr) bool {
		switch e := e.(type) {
		case *tree.Agg:
			if e.Over != nil {
				a.fail(a.where(e), fault.WindowingError, "window functions are not allowed in GROUP BY")
			}
			if a.ownerOf(sc, e) == sc {
				a.fail(a.where(e), fault.GroupingError, "aggregate functions are not allowed in GROUP BY")
			}
		case *tree.WindowCall:
			a.fail(a.where(e), fault.WindowingError, "window functions are not allowed in GROUP BY")
		}
		return true
	})
}

// ---- GROUP BY ----

func (a *analyzer) groupBy(sc *scope, s *sql.Select) {
	q := sc.query
	add := func(e sql.Expr) int {
		x := a.outputRef(sc, e, InGroupBy, "GROUP BY")
		if t := x.Type().OID; t != catalog.RecordOID && !a.complex(t) && a.equality(t, t) == nil {
			a.fail(locate(e), fault.UndefinedFunction, "could not identify an equality operator for type %s", a.typeName(t))
		}
		for i, g := range q.GroupBy {
			if tree.Equal(g, x) {
				return i
			}
		}
		q.GroupBy = append(q.GroupBy, x)
		return len(q.GroupBy) - 1
	}
	one := func(e sql.Expr) []int {
		if r, ok := e.(*sql.Row); ok && !r.Explicit {
			var set []int
			for _, x := range r.Args {
				set = append(set, add(x))
			}
			return set
		}
		return []int{add(e)}
	}
	var sets func(g sql.GroupBy) [][]int
	sets = func(g sql.GroupBy) [][]int {
		switch g.Kind {
		case sql.GroupExpr:
			return [][]int{one(g.Expr)}
		case sql.GroupEmpty:
			return [][]int{{}}
		case sql.GroupSets:
			var out [][]int
			for _, x := range g.Sets {
				out = append(out, sets(x)...)
			}
			return out
		}
		var parts [][]int
		for _, x := range g.Sets {
			parts = append(parts, sets(x)[0])
		}
		var out [][]int
		if g.Kind == sql.GroupRollup {
			for n := len(parts); n >= 0; n-- {
				set := []int{}
				for _, p := range parts[:n] {
					set = union(set, p)
				}
				out = append(out, set)
			}
			return out
		}
		if len(parts) > 12 {
			a.fail(sql.NoPos, "54011", "CUBE is limited to 12 elements")
		}
		for mask := 1<<len(parts) - 1; mask >= 0; mask-- {
			set := []int{}
			for i, p := range parts {
				if mask&(1<<(len(parts)-1-i)) != 0 {
					set = union(set, p)
				}
			}
			out = append(out, set)
		}
		return out
	}
	grouping := false
	all := [][]int{{}}
	for _, g := range s.GroupBy {
		grouping = grouping || g.Kind != sql.GroupExpr
		var next [][]int
		part := sets(g)
		for _, l := range all {
			for _, r := range part {
				next = append(next, union(slices.Clone(l), r))
			}
		}
		if all = next; len(all) > 4096 {
			a.fail(sql.NoPos, fault.StatementTooComplex, "too many grouping sets present (maximum 4096)")
		}
	}
	if grouping {
		if s.GroupAll {
			var distinct [][]int
			for _, x := range all {
				y := slices.Sorted(slices.Values(x))
				if !slices.ContainsFunc(distinct, func(z []int) bool { return slices.Equal(slices.Sorted(slices.Values(z)), y) }) {
					distinct = append(distinct, x)
				}
			}
			all = distinct
		}
		q.GroupingSets = all
	}
	a.settleGroupings(sc)
}

func union(set, more []int) []int {
	for _, x := range more {
		if !slices.Contains(set, x) {
			set = append(set, x)
		}
	}
	return set
}

// checkGrouping refuses columns that are neither grouped nor inside an aggregate, as PostgreSQL's parseCheckAggregates.
func (a *analyzer) checkGrouping(sc *scope) {
	q := sc.query
	covered := map[*tree.Rel]catalog.OID{} // by which key

	common := q.GroupBy
	if q.GroupingSets != nil {
		// What is grouped only in some sets is null in the others, so it proves no dependency.
		common = nil
		for i, g := range q.GroupBy {
			if !slices.ContainsFunc(q.GroupingSets, func(set []int) bool { return !slices.Contains(set, i) }) {
				common = append(common, g)
			}
		}
	}
	for _, r := range q.Rels {
		if r.Kind != tree.TableRel || r.Table == nil {
			continue
		}
		pk := r.Table.PrimaryKey()
		if pk == nil || pk.Deferrable {
			continue
		}
		all := true
		for _, name := range pk.Columns {
			i := r.Table.ColumnIndex(name)
			all = all && slices.ContainsFunc(common, func(g tree.Expr) bool {
				v, ok := g.(*tree.Var)
				return ok && v.Rel == r && v.Col == i
			})
		}
		if all {
			covered[r] = pk.OID
		}
	}
	var check func(x tree.Expr, nested, direct bool)
	ungrouped := func(r *tree.Rel, col string, pos sql.Pos, nested, direct bool) {
		if key := covered[r]; key != 0 {
			if !slices.Contains(a.env.Keys, key) {
				a.env.Keys = append(a.env.Keys, key)
			}
			return
		}
		name := col
		if r.Alias != "" {
			name = r.Alias + "." + col
		}
		if nested {
			a.fail(pos, fault.GroupingError, `subquery uses ungrouped column "%s" from outer query`, name)
		}
		err := fault.New(fault.GroupingError, `column "%s" must appear in the GROUP BY clause or be used in an aggregate function`, name)
		if direct {
			err = err.WithDetail("Direct arguments of an ordered-set aggregate must use only grouped columns.")
		}
		a.raise(pos, err)
	}
	var within func(sub *tree.Query)
	within = func(sub *tree.Query) { // check goes on into the sub-queries of expressions
		if sub == nil {
			return
		}
		sub.EachSlot(func(s *tree.Expr) { check(*s, true, false) })
		for _, c := range sub.CTEs {
			within(c.Query)
		}
		for _, r := range sub.Rels {
			within(r.Query)
		}
		within(sub.Left)
		within(sub.Right)
	}
	check = func(x tree.Expr, nested, direct bool) {
		tree.Walk(x, func(e tree.Expr) bool {
			for _, g := range q.GroupBy {
				if tree.Equal(g, e) {
					return false
				}
			}
			switch e := e.(type) {
			case *tree.Agg:
				if e.Over != nil {
					return true
				}
				if slices.Contains(sc.aggs, e) {
					for _, d := range e.Direct {
						check(d, nested, true)
					}
					return false
				}
			case *tree.Grouping:
				return false
			case *tree.Var:
				if a.levels[e.Rel] == sc {
					ungrouped(e.Rel, e.Rel.Columns[e.Col].Name, a.where(e), nested, direct)
				}
			case *tree.WholeRow:
				if a.levels[e.Rel] == sc {
					ungrouped(e.Rel, "*", a.where(e), nested, direct)
				}
			case *tree.SubLink:
				for _, t := range e.Tests { // before the query, as PostgreSQL looks at them
					check(t, nested, direct)
				}
				within(e.Query)
				return false
			}
			return true
		})
	}
	for _, t := range q.Targets {
		check(t.Expr, false, false)
	}
	for _, k := range q.OrderBy {
		check(k.Expr, false, false)
	}
	for _, w := range q.Windows {
		for _, k := range w.OrderBy {
			check(k.Expr, false, false)
		}
		for _, x := range w.PartitionBy {
			check(x, false, false)
		}
	}
	for _, x := range q.DistinctOn {
		check(x, false, false)
	}
	if q.Having != nil {
		check(q.Having, false, false)
	}
}

// ---- DISTINCT, LIMIT, windows, locking ----

func (a *analyzer) distinct(sc *scope, s *sql.Select) {
	q := sc.query
	q.Distinct = true
	if len(s.DistinctOn) == 0 {
		for i := range q.Targets {
			t := &q.Targets[i]
			t.Expr = a.settle(t.Expr)
			if o := t.Expr.Type().OID; o != catalog.RecordOID && !a.complex(o) && a.equality(o, o) == nil {
				a.fail(a.where(t.Expr), fault.UndefinedFunction, "could not identify an equality operator for type %s", a.typeName(o))
			}
		}
		for _, k := range q.OrderBy {
			if !a.isOutput(q, k.Expr) {
				a.fail(a.where(k.Expr), fault.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
			}
		}
		return
	}
	var places []sql.Pos
	for _, e := range s.DistinctOn {
		x := a.outputRef(sc, e, InDistinctOn, "DISTINCT ON")
		if !slices.ContainsFunc(q.DistinctOn, func(y tree.Expr) bool { return tree.Equal(x, y) }) {
			q.DistinctOn = append(q.DistinctOn, x)
			places = append(places, locate(e))
		}
	}
	// The leading sort keys must be the DISTINCT ON expressions, in any order, until all of them have been seen.
	seen := map[int]bool{}
	skipped := false
	for _, k := range q.OrderBy {
		i := slices.IndexFunc(q.DistinctOn, func(y tree.Expr) bool { return tree.Equal(k.Expr, y) })
		switch {
		case i >= 0 && skipped:
			a.fail(places[i], fault.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
		case i >= 0:
			seen[i] = true
		default:
			skipped = true
		}
	}
	if skipped {
		for i := range q.DistinctOn {
			if !seen[i] {
				a.fail(places[i], fault.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
			}
		}
	}
}

func (a *analyzer) isOutput(q *tree.Query, x tree.Expr) bool {
	return slices.ContainsFunc(q.Targets, func(t tree.Target) bool { return tree.Equal(t.Expr, x) })
}

func (a *analyzer) limits(sc *scope, s *sql.Select) {
	q := sc.query
	get := func(e sql.Expr, place Place, name string) tree.Expr {
		if e == nil {
			return nil
		}
		x := a.toType(a.expr(sc, e, place), catalog.Int8OID, name)
		tree.Walk(x, func(y tree.Expr) bool {
			if v, ok := y.(*tree.Var); ok && a.levels[v.Rel] == sc {
				a.fail(a.where(v), fault.InvalidColumnReference, "argument of %s must not contain variables", name)
			}
			return true
		})
		return x
	}
	q.Offset = get(s.Offset, InOffset, "OFFSET")
	if s.WithTies {
		q.Limit = get(s.Limit, InLimit, "FETCH FIRST")
		q.WithTies = true
		if len(s.OrderBy) == 0 {
			a.fail(sql.NoPos, fault.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause")
		}
		return
	}
	q.Limit = get(s.Limit, InLimit, "LIMIT")
}

func (a *analyzer) locking(sc *scope, s *sql.Select) {
	for _, l := range s.Locking {
		name := map[sql.LockStrength]string{sql.ForKeyShare: "FOR KEY SHARE", sql.ForShare: "FOR SHARE", sql.ForNoKeyUpdate: "FOR NO KEY UPDATE", sql.ForUpdate: "FOR UPDATE"}[l.Strength]
		for what, on := range map[string]bool{"DISTINCT clause": s.Distinct, "GROUP BY clause": len(s.GroupBy) > 0, "HAVING clause": s.Having != nil,
			"aggregate functions": sc.hasAgg, "window functions": sc.hasWin, "set-returning functions in the target list": sc.hasSRF, "UNION/INTERSECT/EXCEPT": s.SetOp != sql.NoSetOp} {
			if on {
				verb := "with"
				a.fail(sql.NoPos, fault.FeatureNotSupported, "%s is not allowed %s %s", name, verb, what)
			}
		}
		for _, n := range l.Of {
			i := slices.IndexFunc(sc.query.Rels, func(r *tree.Rel) bool { return r.Alias == n.Name })
			if i < 0 {
				a.fail(n.Pos, fault.UndefinedTable, `relation "%s" in %s clause not found in FROM clause`, n.Name, name)
			}
			sc.query.Rels[i].Locked = true
		}
		if len(l.Of) == 0 {
			for _, r := range sc.query.Rels {
				if r.Kind == tree.TableRel {
					r.Locked = true
				}
			}
		}
		sc.query.Locking = append(sc.query.Locking, l)
	}
}

// ---- VALUES and set operations ----

func (a *analyzer) values(sc *scope, s *sql.Select) *tree.Query {
	q := &tree.Query{Command: tree.Select, Pos: s.Pos}
	sc.query = q
	a.with(sc, s.With, sc.parent == nil)
	a.valuesInto(sc, s, InValues)
	width := len(q.Values[0])
	for i := range width {
		col := make([]tree.Expr, len(q.Values))
		for j, row := range q.Values {
			col[j] = row[i]
		}
		t := a.commonType("VALUES", col)
		mod := commonMod(col, t)
		for j := range col {
			q.Values[j][i] = a.toCommon(col[j], t, "VALUES")
		}
		q.Targets = append(q.Targets, tree.Target{Name: "column" + itoa(i+1), Expr: &tree.SubCol{Col: i, Typ: tree.Type{OID: t, Mod: mod}}})
	}
	if len(s.OrderBy) == 0 && s.Limit == nil && s.Offset == nil {
		return q
	}
	// What orders and limits rows wants a FROM.
	outer := &tree.Query{Command: tree.Select, Pos: s.Pos, CTEs: q.CTEs, Recursive: q.Recursive}
	q.CTEs = nil
	r := &tree.Rel{Kind: tree.ValuesRel, Alias: "*VALUES*", Query: q, Columns: columnsOf(q)}
	sc.query = outer
	a.addRel(sc, r)
	outer.From = []tree.FromItem{&tree.RelItem{Rel: r}}
	it := a.itemOf(r)
	sc.items = append(sc.items, it)
	outer.Targets = a.starColumns(it, sql.NoPos)
	for _, k := range s.OrderBy {
		outer.OrderBy = append(outer.OrderBy, a.sortKey(a.outputRef(sc, k.Expr, InOrderBy, "ORDER BY"), k))
	}
	a.limits(sc, s)
	return outer
}

// valuesInto analyses the rows of VALUES into sc's query, without giving the columns a common type.
func (a *analyzer) valuesInto(sc *scope, s *sql.Select, place Place) {
	for i, row := range s.Values {
		if len(row) != len(s.Values[0]) {
			a.fail(locate(row[0]), fault.SyntaxError, "VALUES lists must all be the same length")
		}
		out := []tree.Expr{}
		for _, e := range row {
			if d, ok := e.(*sql.Default); ok {
				if place == InValues {
					a.fail(d.Pos, fault.SyntaxError, "DEFAULT is not allowed in this context")
				}
				out = append(out, a.at(&tree.SetDefault{Typ: plain(catalog.UnknownOID)}, d.Pos))
				continue
			}
			if ts := func() []tree.Target { sc.place = place; return a.stars(sc, e) }(); ts != nil {
				for _, t := range ts {
					out = append(out, t.Expr)
				}
				continue
			}
			out = append(out, a.expr(sc, e, place))
		}
		if i > 0 && len(out) != len(sc.query.Values[0]) {
			a.fail(locate(row[0]), fault.SyntaxError, "VALUES lists must all be the same length")
		}
		sc.query.Values = append(sc.query.Values, out)
	}
}

// setOperation analyses UNION and its kin. between, when not nil, is called when the left side is known and the right is not.
func (a *analyzer) setOperation(sc *scope, s *sql.Select, between func(left *tree.Query)) *tree.Query {
	q := &tree.Query{Command: tree.Select, SetOp: s.SetOp, All: s.All, Pos: s.Pos}
	sc.query = q
	a.with(sc, s.With, sc.parent == nil)
	side := func(sub *sql.Select) *tree.Query {
		inner := &scope{parent: sc, unknowns: true}
		return a.selectQuery(inner, sub)
	}
	outside := a.recursion
	name := map[sql.SetOp]string{sql.Union: "UNION", sql.Intersect: "INTERSECT", sql.Except: "EXCEPT"}[s.SetOp]
	if s.SetOp != sql.Union && s.All {
		a.recursion = name
	}
	q.Left = side(s.Left)
	if s.SetOp == sql.Except {
		a.recursion = name
	}
	if between != nil {
		for i := range visible(q.Left.Targets) {
			if targetType(q.Left, i).OID == catalog.UnknownOID {
				a.coerceOutput(q.Left, i, plain(catalog.TextOID), "UNION")
			}
		}
		between(q.Left)
	}
	q.Right = side(s.Right)
	a.recursion = outside
	l, r := visible(q.Left.Targets), visible(q.Right.Targets)
	if len(l) != len(r) {
		pos := sql.NoPos
		for i := range r {
			pos = a.leftmost(pos, a.outputExpr(q.Right, i))
		}
		a.fail(pos, fault.SyntaxError, "each %s query must have the same number of columns", name)
	}
	for i := range l {
		both := []tree.Expr{a.outputExpr(q.Left, i), a.outputExpr(q.Right, i)}
		t := a.commonType(name, both)
		typ := tree.Type{OID: t, Mod: commonMod(both, t)}
		a.coerceOutput(q.Left, i, plain(t), name)
		a.coerceOutput(q.Right, i, plain(t), name)
		if !s.All || s.SetOp != sql.Union {
			if t != catalog.RecordOID && !a.complex(t) && a.equality(t, t) == nil {
				a.fail(a.where(both[0]), fault.UndefinedFunction, "could not identify an equality operator for type %s", a.typeName(t))
			}
		}
		q.Targets = append(q.Targets, tree.Target{Name: l[i].Name, Expr: a.at(&tree.SubCol{Col: i, Typ: typ}, a.where(both[0]))})
	}
	for _, k := range s.OrderBy {
		q.OrderBy = append(q.OrderBy, a.sortKey(a.setOrder(sc, q, k.Expr), k))
	}
	a.limits(sc, s)
	a.locking(sc, s)
	return q
}

// outputExpr stands for an output column of a side of a set operation: its expression, or where there are several, one of them.
func (a *analyzer) outputExpr(q *tree.Query, i int) tree.Expr {
	if q.Values != nil {
		return a.at(&tree.SubCol{Col: i, Typ: targetType(q, i)}, a.where(q.Values[0][i]))
	}
	return q.Targets[i].Expr
}

// coerceOutput converts output column i of a side of a set operation.
func (a *analyzer) coerceOutput(q *tree.Query, i int, to tree.Type, what string) {
	switch {
	case q.Values != nil:
		for _, row := range q.Values {
			row[i] = a.toCommon(row[i], to.OID, what)
		}
	case q.SetOp != sql.NoSetOp:
		if q.Targets[i].Expr.Type().OID == to.OID {
			return
		}
		a.coerceOutput(q.Left, i, to, what)
		a.coerceOutput(q.Right, i, to, what)
		q.Targets[i].Expr = &tree.SubCol{Col: i, Typ: to}
		return
	default:
		t := &q.Targets[i]
		old := t.Expr
		t.Expr = a.toCommon(t.Expr, to.OID, what)
		if t.Expr != old {
			t.Table, t.Column = nil, 0
		}
		return
	}
	if q.Targets[i].Expr.Type().OID != to.OID {
		q.Targets[i].Expr = &tree.SubCol{Col: i, Typ: to}
	}
}

// setOrder is an item of a set operation's ORDER BY: an output column by name or number.
func (a *analyzer) setOrder(sc *scope, q *tree.Query, e sql.Expr) tree.Expr {
	switch x := e.(type) {
	case *sql.ColumnRef:
		if len(x.Fields) == 1 && !x.Star {
			found := -1
			for i, t := range q.Targets {
				if t.Name == x.Fields[0] {
					if found >= 0 {
						a.fail(x.Pos, fault.AmbiguousColumn, `ORDER BY "%s" is ambiguous`, x.Fields[0])
					}
					found = i
				}
			}
			if found >= 0 {
				return a.at(&tree.SubCol{Col: found, Typ: q.Targets[found].Expr.Type()}, x.Pos)
			}
		}
		names := &scope{query: &tree.Query{}}
		a.missing(names, x)
	case *sql.Const:
		if x.Kind == sql.IntConst {
			n := 0
			for _, c := range x.Text {
				n = min(n*10+int(c-'0'), 1<<30)
			}
			if n < 1 || n > len(q.Targets) {
				a.fail(x.Pos, fault.InvalidColumnReference, "ORDER BY position %s is not in select list", x.Text)
			}
			return a.at(&tree.SubCol{Col: n - 1, Typ: q.Targets[n-1].Expr.Type()}, x.Pos)
		}
		a.fail(x.Pos, fault.SyntaxError, "non-integer constant in ORDER BY")
	}
	a.raise(locate(e), fault.New(fault.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause").
		WithDetail("Only result column names can be used, not expressions or functions.").
		WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause."))
	return nil
}

// ---- set-returning functions in the select list ----

// expandSets moves set-returning functions of the select list into FROM: they run side by side, in lock step, for each row.
func (a *analyzer) expandSets(sc *scope) *tree.Query {
	q := sc.query
	if q.Aggregated || len(q.Windows) > 0 {
		q = a.wrapForSets(sc)
	}
	isSet := func(e tree.Expr) bool {
		c, ok := e.(*tree.Call)
		return ok && returnsSet(c)
	}
	inner := func(e tree.Expr) bool {
		if !isSet(e) {
			return false
		}
		for _, x := range e.(*tree.Call).Args {
			if tree.Any(x, isSet) {
				return false
			}
		}
		return true
	}
	each := func(f func(*tree.Expr)) {
		for i := range q.Targets {
			f(&q.Targets[i].Expr)
		}
		for i := range q.OrderBy {
			f(&q.OrderBy[i].Expr)
		}
		for i := range q.DistinctOn {
			f(&q.DistinctOn[i])
		}
		for i := range q.GroupBy {
			f(&q.GroupBy[i])
		}
	}
	for {
		var calls []tree.Expr
		each(func(s *tree.Expr) {
			tree.Walk(*s, func(e tree.Expr) bool {
				if inner(e) && !slices.ContainsFunc(calls, func(c tree.Expr) bool { return tree.Equal(c, e) }) {
					calls = append(calls, e)
				}
				return true
			})
		})
		if len(calls) == 0 {
			return q
		}
		r := &tree.Rel{Kind: tree.FunctionRel, Lateral: true, Alias: "*SELECT*", Role: a.env.Role}
		stand := make([]tree.Expr, len(calls))
		for i, c := range calls {
			first := len(r.Columns)
			cols := a.resultColumns(c)
			f := tree.FuncCallRel{Call: c, First: first, Count: 1}
			if cols == nil {
				f.Scalar = true
				r.Columns = append(r.Columns, tree.RelColumn{Name: "f" + itoa(i+1), Type: c.Type()})
				stand[i] = &tree.Var{Rel: r, Col: first, Typ: c.Type()}
			} else {
				f.Count = len(cols)
				r.Columns = append(r.Columns, cols...)
				row := &tree.Row{Typ: c.Type()}
				for j, col := range cols {
					row.Args = append(row.Args, &tree.Var{Rel: r, Col: first + j, Typ: col.Type})
					row.Names = append(row.Names, col.Name)
				}
				stand[i] = row
			}
			r.Funcs = append(r.Funcs, f)
		}
		q.Rels = append(q.Rels, r)
		q.From = append(q.From, &tree.RelItem{Rel: r})
		a.levels[r] = sc
		replace := func(e tree.Expr) tree.Expr { return a.substitute(e, calls, stand) }
		each(func(s *tree.Expr) { *s = replace(*s) })
	}
}

// substitute puts stand[i] for what equals calls[i], outermost first; a field of a row becomes the field itself.
func (a *analyzer) substitute(e tree.Expr, calls, stand []tree.Expr) tree.Expr {
	out := tree.MapDown(e, func(x tree.Expr) (tree.Expr, bool) {
		for i, c := range calls {
			if tree.Equal(c, x) {
				return stand[i], true
			}
		}
		return x, false
	})
	return tree.Map(out, func(x tree.Expr) tree.Expr {
		if f, ok := x.(*tree.FieldOf); ok {
			if row, ok := f.X.(*tree.Row); ok && f.Index < len(row.Args) {
				return row.Args[f.Index]
			}
		}
		return x
	})
}

// wrapForSets makes the grouped or windowed query the FROM of one that only computes the outputs, so that set-returning functions run after grouping.
func (a *analyzer) wrapForSets(sc *scope) *tree.Query {
	in := sc.query
	out := &tree.Query{Command: tree.Select, CTEs: in.CTEs, Recursive: in.Recursive, Targets: in.Targets, OrderBy: in.OrderBy,
		Distinct: in.Distinct, DistinctOn: in.DistinctOn, Limit: in.Limit, Offset: in.Offset, WithTies: in.WithTies, Pos: in.Pos}
	in.CTEs, in.Recursive, in.OrderBy, in.Distinct, in.DistinctOn, in.Limit, in.Offset, in.WithTies, in.Targets = nil, false, nil, false, nil, nil, nil, false, nil
	r := &tree.Rel{Kind: tree.SubqueryRel, Alias: "*GROUPED*", Query: in, Role: a.env.Role}
	isSet := func(e tree.Expr) bool {
		c, ok := e.(*tree.Call)
		return ok && returnsSet(c)
	}
	split := func(e tree.Expr) tree.Expr {
		return tree.MapDown(e, func(x tree.Expr) (tree.Expr, bool) {
			if tree.Any(x, isSet) {
				return x, false
			}
			if c, ok := x.(*tree.Const); ok {
				return c, true
			}
			i := slices.IndexFunc(in.Targets, func(t tree.Target) bool { return tree.Equal(t.Expr, x) })
			if i < 0 {
				i = len(in.Targets)
				name := "c" + itoa(i+1)
				in.Targets = append(in.Targets, tree.Target{Name: name, Expr: x})
				r.Columns = append(r.Columns, tree.RelColumn{Name: name, Type: x.Type()})
			}
			return &tree.Var{Rel: r, Col: i, Typ: x.Type()}, true
		})
	}
	for i := range out.Targets {
		out.Targets[i].Expr = split(out.Targets[i].Expr)
		out.Targets[i].Table = nil
	}
	for i := range out.OrderBy {
		out.OrderBy[i].Expr = split(out.OrderBy[i].Expr)
	}
	for i := range out.DistinctOn {
		out.DistinctOn[i] = split(out.DistinctOn[i])
	}
	out.Rels = []*tree.Rel{r}
	out.From = []tree.FromItem{&tree.RelItem{Rel: r}}
	a.levels[r] = sc
	return out
}

// ---- names of output columns ----

// figureName is the name that PostgreSQL gives to an output column without AS.
func figureName(e sql.Expr) string {
	if name, strength := nameOf(e); strength > 0 {
		return name
	}
	return "?column?"
}

func nameOf(e sql.Expr) (string, int) {
	switch e := e.(type) {
	case *sql.ColumnRef:
		if len(e.Fields) > 0 { // t.* is t
			return e.Fields[len(e.Fields)-1], 2
		}
	case *sql.Indirection:
		for i := len(e.Steps) - 1; i >= 0; i-- {
			if e.Steps[i].Field != "" {
				return e.Steps[i].Field, 2
			}
		}
		return nameOf(e.X)
	case *sql.FuncCall:
		return e.Name.Name, 2
	case *sql.NullIf:
		return "nullif", 2
	case *sql.Cast:
		name, strength := nameOf(e.X)
		if strength <= 1 {
			return internalName(e.Type.Name.Name), 1
		}
		return name, strength
	case *sql.Collate:
		return nameOf(e.X)
	case *sql.Grouping:
		return "grouping", 2
	case *sql.SubLink:
		switch e.Kind {
		case sql.Exists:
			return "exists", 2
		case sql.ArrayQ:
			return "array", 2
		case sql.ScalarQ:
			s := e.Query
			for s.SetOp != sql.NoSetOp {
				s = s.Left
			}
			if len(s.Targets) > 0 {
				if s.Targets[0].Name != "" {
					return s.Targets[0].Name, 2
				}
				return nameOf(s.Targets[0].Expr)
			}
			if len(s.Values) > 0 {
				return "column1", 2
			}
		}
	case *sql.Case:
		if e.Else != nil {
			if name, strength := nameOf(e.Else); strength > 1 {
				return name, strength
			}
		}
		return "case", 1
	case *sql.ArrayExpr:
		return "array", 2
	case *sql.Row:
		return "row", 2
	case *sql.Coalesce:
		return "coalesce", 2
	case *sql.MinMax:
		if e.Least {
			return "least", 2
		}
		return "greatest", 2
	case *sql.SQLValue:
		return e.Name, 2
	}
	return "", 0
}

// internalName is the name by which the grammar refers to a type that SQL has a spelling for.
func internalName(name string) string {
	switch strings.ToLower(name) {
	case "int", "integer":
		return "int4"
	case "smallint":
		return "int2"
	case "bigint":
		return "int8"
	case "real":
		return "float4"
	case "double precision":
		return "float8"
	case "boolean":
		return "bool"
	case "decimal", "dec":
		return "numeric"
	case "character varying":
		return "varchar"
	case "character":
		return "bpchar"
	case "timestamp with time zone":
		return "timestamptz"
	case "timestamp without time zone":
		return "timestamp"
	case "time with time zone":
		return "timetz"
	case "time without time zone":
		return "time"
	case "bit varying":
		return "varbit"
	}
	return name
}
