package lower

import (
	"slices"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A query that groups is one SELECT for SQLite, unless it has grouping sets, or sub-queries that look at its groups, which SQLite does not let them do. Then it becomes two: the
// inner one makes the groups, with the values of grouping expressions and aggregates as columns; the outer one has everything that is computed of groups: HAVING as its WHERE,
// output, windows, order.

// needsGroups says whether q must be taken apart. What apartFromGroups has made needs it no more.
func needsGroups(q *tree.Query) bool {
	if !q.Aggregated || q.SetOp != sql.NoSetOp || q.Values != nil {
		return false
	}
	if q.GroupingSets != nil {
		return !onlyGroups(q)
	}
	found := false
	look := func(e tree.Expr) {
		tree.EachSubQuery(e, func(sub *tree.Query) {
			tree.WalkQuery(sub, func(e tree.Expr) bool {
				a, ok := e.(*tree.Agg)
				found = found || ok && a.Over == nil && ofQuery(a, q, sub)
				return !found
			})
		})
	}
	for _, t := range q.Targets {
		look(t.Expr)
	}
	for _, k := range q.OrderBy {
		look(k.Expr)
	}
	for _, e := range q.DistinctOn {
		look(e)
	}
	look(q.Having)
	return found
}

// onlyGroups says whether q has nothing but columns of its groups.
func onlyGroups(q *tree.Query) bool {
	if len(q.Targets) == 0 || q.Having != nil || len(q.OrderBy) > 0 || q.Distinct || q.Limit != nil || q.Offset != nil || len(q.Windows) > 0 || len(q.CTEs) > 0 {
		return false
	}
	for _, t := range q.Targets {
		switch e := t.Expr.(type) {
		case *tree.Agg:
			if e.Over != nil {
				return false
			}
		case *tree.Grouping:
		default:
			if !slices.ContainsFunc(q.GroupBy, func(g tree.Expr) bool { return tree.Equal(g, e) }) {
				_, plain := e.(*tree.Var) // depends on a grouped key
				if _, constant := e.(*tree.Const); !plain && !constant {
					return false
				}
			}
		}
	}
	return true
}

// ofQuery says whether the aggregate a, which stands in the sub-query sub, belongs to q: it takes columns of q and none of the queries between them.
func ofQuery(a *tree.Agg, q, sub *tree.Query) bool {
	inner := map[*tree.Rel]bool{}
	tree.EachQuery(sub, func(s *tree.Query) {
		for _, r := range s.Rels {
			inner[r] = true
		}
	})
	var ours, theirs bool
	see := func(e tree.Expr) bool {
		r := tree.RelOf(e)
		ours = ours || r != nil && slices.Contains(q.Rels, r)
		theirs = theirs || inner[r]
		return true
	}
	for _, x := range append(slices.Clone(a.Args), a.Filter) {
		tree.Walk(x, see)
		if x != nil {
			tree.EachSubQuery(x, func(s *tree.Query) {
				tree.WalkQuery(s, func(e tree.Expr) bool {
					ours = ours || slices.ContainsFunc(q.Rels, func(r *tree.Rel) bool { return isOf(e, r) })
					return true
				})
			})
		}
	}
	return ours && !theirs
}

func isOf(e tree.Expr, r *tree.Rel) bool {
	switch e := e.(type) {
	case *tree.Var:
		return e.Rel == r
	case *tree.WholeRow:
		return e.Rel == r
	}
	return false
}

// apartFromGroups takes q apart; q stays as it is.
func apartFromGroups(q *tree.Query) *tree.Query {
	shell := *q
	shell.CTEs = nil // stay those of the statement: others know them by their place
	out := tree.Clone(&shell)
	out.CTEs = q.CTEs
	inner := &tree.Query{
		Command: tree.Select, Rels: out.Rels, From: out.From, Where: out.Where, GroupBy: out.GroupBy, GroupingSets: out.GroupingSets, Aggregated: true, Pos: out.Pos,
	}
	groups := &tree.Rel{Kind: tree.SubqueryRel, Alias: "groups", Query: inner}
	column := func(e tree.Expr) tree.Expr {
		at := slices.IndexFunc(inner.Targets, func(t tree.Target) bool { return tree.Equal(t.Expr, e) })
		if at < 0 {
			at = len(inner.Targets)
			inner.Targets = append(inner.Targets, tree.Target{Name: "group", Expr: e})
			groups.Columns = append(groups.Columns, tree.RelColumn{Name: "group", Type: e.Type()})
		}
		return &tree.Var{Rel: groups, Col: at, Typ: e.Type()}
	}
	var moved func(e tree.Expr, sub *tree.Query) tree.Expr
	// In the queries inside sub, expressions over the groups are columns of them, too.
	within := func(sub *tree.Query) {
		tree.EachQuery(sub, func(s *tree.Query) {
			s.EachSlot(func(e *tree.Expr) { *e = moved(*e, sub) })
		})
	}
	moved = func(e tree.Expr, sub *tree.Query) tree.Expr {
		return tree.Rewrite(e, func(x tree.Expr) (tree.Expr, bool) {
			for _, g := range inner.GroupBy {
				if tree.Equal(g, x) {
					return column(x), true
				}
			}
			switch x := x.(type) {
			case *tree.Agg:
				if x.Over == nil && (sub == nil || ofQuery(x, inner, sub)) {
					return column(x), true
				}
			case *tree.Grouping:
				if sub == nil || len(sub.GroupBy) == 0 {
					return column(x), true
				}
			case *tree.Var:
				if slices.Contains(inner.Rels, x.Rel) {
					return column(x), true
				}
			case *tree.WholeRow:
				if slices.Contains(inner.Rels, x.Rel) {
					return moved(rowOrValue(x), sub), true
				}
			case *tree.SubLink:
				if sub == nil {
					within(x.Query)
				}
			}
			return nil, false
		})
	}
	out.Rels, out.From, out.GroupBy, out.GroupingSets, out.Aggregated = []*tree.Rel{groups}, []tree.FromItem{&tree.RelItem{Rel: groups}}, nil, nil, false
	out.Where, out.Having = out.Having, nil
	out.EachSlot(func(e *tree.Expr) { *e = moved(*e, nil) })
	if len(inner.Targets) == 0 { // the groups count
		column(&tree.Const{Value: value.Bool(true), Typ: tree.Type{OID: catalog.BoolOID, Mod: -1}})
	}
	return out
}

// groupingSets lowers groups of several sets: one SELECT for each, joined by UNION ALL.
func (l *lowerer) groupingSets(q *tree.Query) string {
	var arms []string
	for _, set := range q.GroupingSets {
		arm := *q
		arm.GroupingSets, arm.GroupBy = nil, nil
		for _, i := range set {
			arm.GroupBy = append(arm.GroupBy, q.GroupBy[i])
		}
		arm.Targets = slices.Clone(q.Targets)
		for i := range arm.Targets {
			e := &arm.Targets[i].Expr
			if g, ok := (*e).(*tree.Grouping); ok {
				*e = &tree.Const{Value: value.Int(grouping(g, set)), Typ: g.Typ}
				continue
			}
			at := slices.IndexFunc(q.GroupBy, func(g tree.Expr) bool { return tree.Equal(g, *e) })
			if at >= 0 && !slices.Contains(set, at) {
				*e = &tree.Const{Typ: (*e).Type()}
			}
		}
		arms = append(arms, l.selectBody(&arm, true))
	}
	return joinArms(arms, " UNION ALL ", len(q.Targets))
}

// grouping is the value of GROUPING in a grouping set: a bit for each argument, 1 for what is not grouped.
func grouping(g *tree.Grouping, set []int) int64 {
	bits := int64(0)
	for _, i := range g.Items {
		bits <<= 1
		if !slices.Contains(set, i) {
			bits |= 1
		}
	}
	return bits
}
