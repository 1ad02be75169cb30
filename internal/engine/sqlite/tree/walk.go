package tree

import "slices"

// Walk visits e and the expressions inside it, parents first. When f returns false the parts of its argument are skipped. It does not enter
// the queries of sub-links, nor windows; WalkQuery does.
func Walk(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	withParts(e, func(part Expr) Expr {
		Walk(part, f)
		return part
	})
}

// Any reports whether f holds for e or an expression inside it, as Walk sees them.
func Any(e Expr, f func(Expr) bool) bool {
	found := false
	Walk(e, func(x Expr) bool {
		found = found || f(x)
		return !found
	})
	return found
}

// Map rebuilds e from the inside out: f gets each expression with its parts already replaced, and gives what stands in its place. e itself is
// not changed. Like Walk it does not enter the queries of sub-links.
func Map(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	return f(withParts(e, func(part Expr) Expr { return Map(part, f) }))
}

// WalkQuery visits every expression of q and of all queries inside it: CTEs, sub-queries in FROM and in expressions, sources, set operands.
func WalkQuery(q *Query, f func(Expr) bool) {
	EachQuery(q, func(q *Query) {
		for _, s := range q.slots() {
			Walk(*s, f)
		}
	})
}

// EachQuery calls f for q and for all queries inside it, outer ones first.
func EachQuery(q *Query, f func(*Query)) {
	if q == nil {
		return
	}
	f(q)
	for _, s := range q.slots() {
		EachSubQuery(*s, func(sub *Query) { EachQuery(sub, f) })
	}
	for _, c := range q.CTEs {
		EachQuery(c.Query, f)
	}
	for _, r := range q.Rels {
		EachQuery(r.Query, f)
	}
	EachQuery(q.Source, f)
	EachQuery(q.Left, f)
	EachQuery(q.Right, f)
}

// EachSubQuery calls f for the queries of the sub-links in e, not for those inside them.
func EachSubQuery(e Expr, f func(*Query)) {
	Walk(e, func(e Expr) bool {
		if l, ok := e.(*SubLink); ok {
			f(l.Query)
		}
		return true
	})
}

// MapQuery replaces every expression of q and of the queries inside it, in place, by what Map makes of it with f. Queries that f brings in
// are left as they are: an argument that takes a parameter's place may hold parameters of its own.
func MapQuery(q *Query, f func(Expr) Expr) {
	var all []*Query
	EachQuery(q, func(q *Query) { all = append(all, q) })
	for _, q := range all {
		for _, s := range q.slots() {
			*s = Map(*s, f)
		}
	}
}

// EachSlot calls f with the place of every expression of this level of q, those of its Rels and join conditions among them, so that it can
// be read or replaced. Nested queries are not entered.
func (q *Query) EachSlot(f func(*Expr)) {
	for _, s := range q.slots() {
		f(s)
	}
}

func (q *Query) slots() []*Expr {
	var out []*Expr
	add := func(s *Expr) {
		if *s != nil {
			out = append(out, s)
		}
	}
	all := func(list []Expr) {
		for i := range list {
			add(&list[i])
		}
	}
	keys := func(list []SortKey) {
		for i := range list {
			add(&list[i].Expr)
		}
	}
	sets := func(list []Assign) {
		for i := range list {
			add(&list[i].Value)
		}
	}
	rel := func(r *Rel) {
		if r == nil {
			return
		}
		all(r.Quals)
		for i := range r.Funcs {
			add(&r.Funcs[i].Call)
		}
	}
	for _, r := range q.Rels {
		rel(r)
	}
	if q.Target != nil && !containsRel(q.Rels, q.Target) {
		rel(q.Target)
	}
	var from func(FromItem)
	from = func(f FromItem) {
		if j, ok := f.(*Join); ok {
			from(j.Left)
			from(j.Right)
			add(&j.On)
		}
	}
	for _, f := range q.From {
		from(f)
	}
	if q.MergeSource != nil {
		from(q.MergeSource)
	}
	add(&q.MergeOn)
	add(&q.Where)
	for i := range q.Targets {
		add(&q.Targets[i].Expr)
	}
	all(q.GroupBy)
	add(&q.Having)
	for _, w := range q.Windows {
		all(w.PartitionBy)
		keys(w.OrderBy)
		if w.Frame != nil {
			add(&w.Frame.StartOffset)
			add(&w.Frame.EndOffset)
		}
	}
	all(q.DistinctOn)
	keys(q.OrderBy)
	add(&q.Limit)
	add(&q.Offset)
	for _, row := range q.Values {
		all(row)
	}
	sets(q.Set)
	if c := q.Conflict; c != nil {
		sets(c.Set)
		add(&c.Where)
		all(c.Keys)
		all(c.KeyWhere)
	}
	for i := range q.Merges {
		m := &q.Merges[i]
		add(&m.Cond)
		sets(m.Set)
		all(m.Values)
	}
	for i := range q.Checks {
		add(&q.Checks[i].Expr)
	}
	return out
}

// RelOf is the relation that e is a column or the row of; nil for other expressions.
func RelOf(e Expr) *Rel {
	switch e := e.(type) {
	case *Var:
		return e.Rel
	case *WholeRow:
		return e.Rel
	}
	return nil
}

func containsRel(list []*Rel, r *Rel) bool {
	for _, x := range list {
		if x == r {
			return true
		}
	}
	return false
}

// withParts is a copy of e with f applied to each direct part. Leaves are returned as they are.
func withParts(e Expr, f func(Expr) Expr) Expr {
	one := func(x Expr) Expr {
		if x == nil {
			return nil
		}
		return f(x)
	}
	many := func(list []Expr) []Expr {
		if list == nil {
			return nil
		}
		out := make([]Expr, len(list))
		for i, x := range list {
			out[i] = one(x)
		}
		return out
	}
	keys := func(list []SortKey) []SortKey {
		if list == nil {
			return nil
		}
		out := make([]SortKey, len(list))
		for i, k := range list {
			k.Expr = one(k.Expr)
			out[i] = k
		}
		return out
	}
	call := func(c *Call) *Call {
		if c == nil {
			return nil
		}
		n := *c
		n.Args = many(c.Args)
		return &n
	}
	calls := func(list []*Call) []*Call {
		out := make([]*Call, len(list))
		for i, c := range list {
			out[i] = call(c)
		}
		return out
	}
	switch e := e.(type) {
	case *Const, *Var, *WholeRow, *Param, *Grouping, *CaseArg, *SubCol, *SetDefault, *Refusal:
		return e
	case *Session:
		n := *e
		n.X = one(e.X)
		return &n
	case *Call:
		return call(e)
	case *Agg:
		n := *e
		n.Args, n.Direct, n.OrderBy, n.Filter = many(e.Args), many(e.Direct), keys(e.OrderBy), one(e.Filter)
		if e.Own != nil {
			own := *e.Own
			own.Step, own.Final = one(own.Step), one(own.Final)
			n.Own = &own
		}
		return &n
	case *WindowCall:
		n := *e
		n.Args, n.Filter = many(e.Args), one(e.Filter)
		return &n
	case *Relabel:
		n := *e
		n.X = one(e.X)
		return &n
	case *DomainCheck:
		n := *e
		n.X = one(e.X)
		return &n
	case *IOCast:
		n := *e
		n.X = one(e.X)
		return &n
	case *ArrayCast:
		n := *e
		n.X, n.Elem = one(e.X), one(e.Elem)
		return &n
	case *RowCast:
		n := *e
		n.X, n.Fields = one(e.X), many(e.Fields)
		return &n
	case *Collate:
		n := *e
		n.X = one(e.X)
		return &n
	case *Bool:
		n := *e
		n.Args = many(e.Args)
		return &n
	case *NullTest:
		n := *e
		n.X = one(e.X)
		return &n
	case *BoolTest:
		n := *e
		n.X = one(e.X)
		return &n
	case *Distinct:
		n := *e
		n.Eq = call(e.Eq)
		return &n
	case *NullIf:
		n := *e
		n.Eq, n.X = call(e.Eq), one(e.X)
		return &n
	case *Case:
		n := *e
		n.Arg = one(e.Arg)
		n.Whens = make([]When, len(e.Whens))
		for i, w := range e.Whens {
			n.Whens[i] = When{one(w.Cond), one(w.Result)}
		}
		n.Else = one(e.Else)
		return &n
	case *Coalesce:
		n := *e
		n.Args = many(e.Args)
		return &n
	case *MinMax:
		n := *e
		n.Args = many(e.Args)
		return &n
	case *Quantified:
		n := *e
		n.Op, n.Array = call(e.Op), one(e.Array)
		return &n
	case *In:
		n := *e
		n.Eq, n.X, n.List = call(e.Eq), one(e.X), many(e.List)
		return &n
	case *SubLink:
		n := *e
		n.Tests = many(e.Tests)
		return &n
	case *Array:
		n := *e
		n.Elems = many(e.Elems)
		return &n
	case *Row:
		n := *e
		n.Args = many(e.Args)
		return &n
	case *RowCompare:
		n := *e
		n.Lt, n.Gt, n.Eq = calls(e.Lt), calls(e.Gt), calls(e.Eq)
		return &n
	case *FieldOf:
		n := *e
		n.X = one(e.X)
		return &n
	case *SetElement:
		n := *e
		n.X, n.Index, n.Value = one(e.X), many(e.Index), one(e.Value)
		return &n
	case *SetFields:
		n := *e
		n.X, n.Sets = one(e.X), slices.Clone(e.Sets)
		for i := range n.Sets {
			n.Sets[i].Value = one(n.Sets[i].Value)
		}
		return &n
	case *Subscript:
		n := *e
		n.X, n.Index = one(e.X), many(e.Index)
		return &n
	}
	panic("tree: unknown expression")
}

// Clone copies a query deeply. Rels, CTEs and windows of q and of the queries inside it are new, and everything in the copy points at the new
// ones; Vars of queries outside q stay as they are.
func Clone(q *Query) *Query {
	c := cloner{map[*Rel]*Rel{}, map[*CTE]*CTE{}, map[*Window]*Window{}}
	return c.query(q)
}

// CloneExpr copies an expression: the queries inside it become new as in Clone, and Vars of the Rels in swap point at what they map to.
func CloneExpr(e Expr, swap map[*Rel]*Rel) Expr {
	c := cloner{map[*Rel]*Rel{}, map[*CTE]*CTE{}, map[*Window]*Window{}}
	for from, to := range swap {
		c.rels[from] = to
	}
	return c.expr(e)
}

type cloner struct {
	rels    map[*Rel]*Rel
	ctes    map[*CTE]*CTE
	windows map[*Window]*Window
}

func (c cloner) query(q *Query) *Query {
	if q == nil {
		return nil
	}
	n := *q
	// All Rels first: lateral references may point forward in this list.
	var fresh []*Rel
	shell := func(r *Rel) *Rel {
		if r == nil {
			return nil
		}
		if done, ok := c.rels[r]; ok {
			return done
		}
		m := *r
		c.rels[r] = &m
		fresh = append(fresh, r)
		return &m
	}
	n.CTEs = nil
	for _, x := range q.CTEs {
		m := *x
		c.ctes[x] = &m
		n.CTEs = append(n.CTEs, &m)
	}
	n.Rels = nil
	for _, r := range q.Rels {
		n.Rels = append(n.Rels, shell(r))
	}
	n.Target = shell(q.Target)
	if q.Conflict != nil {
		k := *q.Conflict
		k.Excluded = shell(k.Excluded)
		k.Set = append([]Assign(nil), k.Set...)
		k.Keys, k.KeyWhere = append([]Expr(nil), k.Keys...), append([]Expr(nil), k.KeyWhere...)
		n.Conflict = &k
	}
	n.Windows = nil
	for _, w := range q.Windows {
		m := *w
		m.PartitionBy = append([]Expr(nil), w.PartitionBy...)
		m.OrderBy = append([]SortKey(nil), w.OrderBy...)
		if w.Frame != nil {
			f := *w.Frame
			m.Frame = &f
		}
		c.windows[w] = &m
		n.Windows = append(n.Windows, &m)
	}
	for i, x := range q.CTEs {
		n.CTEs[i].Query = c.query(x.Query)
	}
	for _, r := range fresh {
		m := c.rels[r]
		m.Columns = append([]RelColumn(nil), r.Columns...)
		m.Quals = append([]Expr(nil), r.Quals...)
		m.Funcs = append([]FuncCallRel(nil), r.Funcs...)
		for _, s := range []*ColumnSet{&m.Read, &m.Inserted, &m.Updated} {
			s.Bits = append([]uint64(nil), s.Bits...)
		}
		m.Query = c.query(r.Query)
		if to, ok := c.ctes[r.CTE]; ok {
			m.CTE = to
		}
	}
	n.From = make([]FromItem, len(q.From))
	for i, f := range q.From {
		n.From[i] = c.from(f)
	}
	if q.MergeSource != nil {
		n.MergeSource = c.from(q.MergeSource)
	}
	n.Targets = append([]Target(nil), q.Targets...)
	n.GroupBy = append([]Expr(nil), q.GroupBy...)
	n.DistinctOn = append([]Expr(nil), q.DistinctOn...)
	n.OrderBy = append([]SortKey(nil), q.OrderBy...)
	n.Set = append([]Assign(nil), q.Set...)
	n.Checks = append([]Check(nil), q.Checks...)
	n.Merges = append([]MergeWhen(nil), q.Merges...)
	for i := range n.Merges {
		m := &n.Merges[i]
		m.Set = append([]Assign(nil), m.Set...)
		m.Values = append([]Expr(nil), m.Values...)
	}
	n.Values = nil
	for _, row := range q.Values {
		n.Values = append(n.Values, append([]Expr(nil), row...))
	}
	n.Source, n.Left, n.Right = c.query(q.Source), c.query(q.Left), c.query(q.Right)
	for _, s := range n.slots() {
		*s = c.expr(*s)
	}
	return &n
}

func (c cloner) from(f FromItem) FromItem {
	switch f := f.(type) {
	case *RelItem:
		if to, ok := c.rels[f.Rel]; ok {
			return &RelItem{to}
		}
		return f
	case *Join:
		n := *f
		n.Left, n.Right = c.from(f.Left), c.from(f.Right)
		return &n
	}
	panic("tree: unknown item of FROM")
}

func (c cloner) expr(e Expr) Expr {
	return Map(e, func(e Expr) Expr {
		switch e := e.(type) {
		case *Var:
			if to, ok := c.rels[e.Rel]; ok {
				n := *e
				n.Rel = to
				return &n
			}
		case *WholeRow:
			if to, ok := c.rels[e.Rel]; ok {
				n := *e
				n.Rel = to
				return &n
			}
		case *SubLink:
			n := *e
			n.Query = c.query(e.Query)
			return &n
		case *Agg:
			if to, ok := c.windows[e.Over]; ok {
				n := *e
				n.Over = to
				return &n
			}
		case *WindowCall:
			if to, ok := c.windows[e.Over]; ok {
				n := *e
				n.Over = to
				return &n
			}
		}
		return e
	})
}

// MapDown rebuilds e from the outside in: where f gives true, its result stands as it is; elsewhere the parts are rebuilt in turn.
func MapDown(e Expr, f func(Expr) (Expr, bool)) Expr {
	if e == nil {
		return nil
	}
	x, done := f(e)
	if done {
		return x
	}
	return withParts(x, func(part Expr) Expr { return MapDown(part, f) })
}
