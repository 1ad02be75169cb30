package lower

import (
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A condition that asks whether another table has a row can be written as EXISTS (SELECT … WHERE y = x), which asks that table once for each row, or as
// x IN (SELECT y …), for which SQLite makes a list of all y once. PostgreSQL knows that both are a semi-join and chooses by its statistics; SQLite runs what is written.
// What is cheaper is chosen here, by the shape of the query. Where x or y is NULL the first form is false and the second may be NULL, so only what is not negated changes.

// eachUnnegated makes a condition anew with f applied to its sub-queries that no NOT and no other expression but AND and OR is around.
func eachUnnegated(e tree.Expr, f func(*tree.SubLink) tree.Expr) tree.Expr {
	switch e := e.(type) {
	case *tree.Bool:
		if e.Op == sql.Not {
			return e
		}
		out := *e
		out.Args = nil
		for _, a := range e.Args {
			out.Args = append(out.Args, eachUnnegated(a, f))
		}
		return &out
	case *tree.SubLink:
		return f(e)
	}
	return e
}

// plain says that q is only rows of its FROM that its WHERE lets through.
func plain(q *tree.Query) bool {
	return q.Command == tree.Select && len(q.From) > 0 && len(q.CTEs) == 0 && !q.Aggregated && q.GroupingSets == nil && len(q.Windows) == 0 && !q.Distinct &&
		q.Limit == nil && q.Offset == nil && q.Values == nil && q.SetOp == sql.NoSetOp && len(q.Locking) == 0
}

// conjuncts are the conditions that e is the AND of.
func conjuncts(e tree.Expr) []tree.Expr {
	if e == nil {
		return nil
	}
	if b, ok := e.(*tree.Bool); ok && b.Op == sql.And {
		return b.Args
	}
	return []tree.Expr{e}
}

// conjunction is the AND of conditions, nil for none.
func conjunction(parts []tree.Expr) tree.Expr {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	return &tree.Bool{Op: sql.And, Args: parts}
}

// asExists gives a condition of one row the form that is cheapest for one row: EXISTS, which asks an index.
func asExists(e tree.Expr) tree.Expr {
	return eachUnnegated(e, func(e *tree.SubLink) tree.Expr {
		q := e.Query
		if e.Kind != sql.AnyQ || e.Row || !plain(q) {
			return e
		}
		targets := visible(q)
		for _, t := range targets {
			if isVolatile(t.Expr) || tree.Any(t.Expr, returnsSet) {
				return e
			}
		}
		var all []tree.Expr
		if q.Where != nil {
			all = append(all, q.Where)
		}
		for _, t := range e.Tests {
			c, ok := t.(*tree.Call)
			if !ok || len(c.Args) != 2 || !plainEqual(c) {
				return e
			}
			y, ok := c.Args[1].(*tree.SubCol)
			if !ok || y.Col >= len(targets) {
				return e
			}
			eq := *c
			eq.Args = []tree.Expr{c.Args[0], targets[y.Col].Expr}
			all = append(all, &eq)
		}
		inner := *q
		inner.OrderBy, inner.Where = nil, conjunction(all)
		return &tree.SubLink{Kind: sql.Exists, Query: &inner, Typ: e.Typ}
	})
}

// wide says that q goes through many rows: not to one by its key, not to few for each row of the query around it, and not only until a page is full.
func (l *lowerer) wide(q *tree.Query) bool {
	if (q.Limit != nil || q.Offset != nil) && !q.Aggregated && inOrder(q) {
		return false
	}
	for _, r := range q.Rels {
		if r.Kind == tree.TableRel && (keyFixed(r, q.Where) || l.found(r, q.Where, func(e tree.Expr) bool { return !l.bindable(e) && !usesAny(e, q.Rels) })) {
			return false
		}
	}
	return true
}

// inOrder says that SQLite may read q's rows in their order, and so end when it has enough of them.
func inOrder(q *tree.Query) bool {
	if len(q.OrderBy) == 0 {
		return true
	}
	v, ok := stripRelabel(q.OrderBy[0].Expr).(*tree.Var)
	return ok && leads(v)
}

// leads says that an index begins with a column of a table.
func leads(v *tree.Var) bool {
	t := v.Rel.Table
	if v.Rel.Kind != tree.TableRel || v.Col < 0 || v.Col >= len(t.Columns) {
		return false
	}
	for _, ix := range t.Indexes {
		if ix.Where == nil && len(ix.Keys) > 0 && ix.Keys[0].Expr == nil && ix.Keys[0].Column == t.Columns[v.Col].Name {
			return true
		}
	}
	return false
}

// found says that an index finds the rows of r by a value for which with holds.
func (l *lowerer) found(r *tree.Rel, where tree.Expr, with func(tree.Expr) bool) bool {
	for _, list := range [][]tree.Expr{conjuncts(where), r.Quals} {
		for _, p := range list {
			c, ok := p.(*tree.Call)
			if !ok || !plainEqual(c) {
				continue
			}
			for i := range 2 {
				if v, ok := stripRelabel(c.Args[i]).(*tree.Var); ok && v.Rel == r && leads(v) && with(c.Args[1-i]) {
					return true
				}
			}
		}
	}
	return false
}

func usesAny(e tree.Expr, rels []*tree.Rel) bool {
	for _, r := range rels {
		if uses(e, r) {
			return true
		}
	}
	return false
}

// asIn gives a condition of the many rows of q the form that is cheapest for many: IN, where the list is likely to be short, because an index finds its rows.
func (l *lowerer) asIn(q *tree.Query, e tree.Expr) tree.Expr {
	return eachUnnegated(e, func(e *tree.SubLink) tree.Expr {
		if e.Kind != sql.Exists || !plain(e.Query) {
			return e
		}
		inner := *e.Query
		inner.OrderBy, inner.Targets = nil, nil
		out := &tree.SubLink{Kind: sql.AnyQ, Query: &inner, Typ: e.Typ}
		var rest []tree.Expr
		for _, p := range conjuncts(e.Query.Where) {
			eq, x, y := l.link(p, q.Rels, inner.Rels)
			if eq == nil {
				rest = append(rest, p)
				continue
			}
			test := *eq
			test.Args = []tree.Expr{x, &tree.SubCol{Col: len(inner.Targets), Typ: y.Type()}}
			out.Tests = append(out.Tests, &test)
			inner.Targets = append(inner.Targets, tree.Target{Expr: y})
		}
		inner.Where = conjunction(rest)
		if len(out.Tests) == 0 || !l.short(&inner) || !l.alone(&inner) {
			return e
		}
		return out
	})
}

// link takes apart a condition y = x between a column of the inner tables and one of the outer: the comparison, x and y; nil for others. Both must be of types whose
// values are equal as SQLite's list finds them.
func (l *lowerer) link(e tree.Expr, outer, inner []*tree.Rel) (eq *tree.Call, x, y tree.Expr) {
	c, ok := e.(*tree.Call)
	if !ok || !plainEqual(c) {
		return nil, nil, nil
	}
	for i := range 2 {
		x, y = c.Args[i], c.Args[1-i]
		vx, okx := stripRelabel(x).(*tree.Var)
		vy, oky := stripRelabel(y).(*tree.Var)
		if !okx || !oky || !among(outer, vx.Rel) || !among(inner, vy.Rel) || l.rels[vx.Rel] == nil {
			continue
		}
		a, b := l.cat.BaseType(x.Type()).OID, l.cat.BaseType(y.Type()).OID
		if (a == b && !float(a) || integer(a) && integer(b)) && l.collate(x.Type()) == l.collate(y.Type()) {
			return c, x, y
		}
	}
	return nil, nil, nil
}

func among(list []*tree.Rel, r *tree.Rel) bool {
	for _, x := range list {
		if x == r {
			return true
		}
	}
	return false
}

// short says that q reads few rows, as far as can be told without statistics: an index finds rows of one of its tables by a value that is known when the statement starts.
func (l *lowerer) short(q *tree.Query) bool {
	where := conjuncts(q.Where)
	ok := true
	var joins func(it tree.FromItem)
	joins = func(it tree.FromItem) {
		if j, is := it.(*tree.Join); is {
			ok = ok && j.Kind == sql.InnerJoin
			joins(j.Left)
			joins(j.Right)
			where = append(where[:len(where):len(where)], conjuncts(j.On)...)
		}
	}
	for _, it := range q.From {
		joins(it)
	}
	if !ok {
		return false
	}
	for _, r := range q.Rels {
		if r.Kind == tree.TableRel && l.found(r, conjunction(where), func(e tree.Expr) bool { return l.bindable(e) && !usesAny(e, q.Rels) }) {
			return true
		}
	}
	return false
}

// alone says that q gives the same rows for each row of the query around it, and that nothing in it can fail for a row that was not looked at before.
func (l *lowerer) alone(q *tree.Query) bool {
	own, ok := map[*tree.Rel]bool{}, true
	tree.EachQuery(q, func(sub *tree.Query) {
		ok = ok && plain(sub)
		for _, r := range sub.Rels {
			own[r] = true
			ok = ok && (r.Kind == tree.TableRel || r.Kind == tree.SubqueryRel)
		}
	})
	if ok {
		tree.WalkQuery(q, func(e tree.Expr) bool {
			down := l.harmless(e, own)
			ok = ok && down != fails
			if r := tree.RelOf(e); r != nil && !own[r] && l.rels[r] != nil {
				ok = false
			}
			return ok && down == byParts
		})
	}
	return ok
}

// harm is whether computing an expression can fail.
type harm uint8

const (
	never   harm = iota // it is computed when the statement starts, or has no parts
	byParts             // if its parts can
	fails
)

// harmless says whether computing e for another row may fail. The tables of own are not yet part of the statement.
func (l *lowerer) harmless(e tree.Expr, own map[*tree.Rel]bool) harm {
	if worthBinding(e) && l.bindable(e) && !tree.Any(e, func(e tree.Expr) bool { return own[tree.RelOf(e)] }) {
		if l.late && Stable(e) {
			return fails
		}
		return never
	}
	switch e := e.(type) {
	case *tree.Const, *tree.Var, *tree.SubCol:
		return never
	case *tree.Param:
		if e.Number >= 0 {
			return never
		}
	case *tree.Relabel, *tree.Collate, *tree.Bool, *tree.BoolTest, *tree.Coalesce:
		return byParts
	case *tree.NullTest:
		if !e.Row {
			return byParts
		}
	case *tree.Call:
		if comparison(e) != "" {
			return byParts
		}
	case *tree.Distinct:
		if plainEqual(e.Eq) {
			return byParts
		}
	case *tree.In:
		if plainEqual(e.Eq) {
			return byParts
		}
	case *tree.Quantified:
		if el, ok := e.Op.Args[1].(*tree.Param); ok && el.Number == 0 && (!e.All && plainEqual(e.Op) || e.All && plainNotEqual(e.Op)) {
			return byParts
		}
	case *tree.SubLink:
		if e.Kind == sql.Exists || e.Kind == sql.AnyQ && !e.Row {
			return byParts
		}
	}
	return fails
}
