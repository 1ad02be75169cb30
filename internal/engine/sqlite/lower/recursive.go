package lower

import (
	"slices"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// SQLite gives the recursive term one row at a time and takes it only in the simplest form. Other recursions are run in Go: the terms are statements of their own, the recursive one
// is run again as long as it gives rows, with all rows of the time before in the place of the query's own name.

// Recursion is a recursive WITH query that is run in Go.
type Recursion struct {
	CTE         *tree.CTE
	Left, Right *tree.Query // the terms, with the WITH queries that they read; the CTE's own rows are given
	All         bool
	Outer       *tree.Rel // a row of what the terms take of the queries around: the arguments that SQL gives
}

// nativeRecursion says whether SQLite runs the recursion of c as PostgreSQL does.
func (l *lowerer) nativeRecursion(c *tree.CTE) bool {
	q := c.Query
	if !plainTerm(q.Left) || !plainTerm(q.Right) || q.Right.SetOp != sql.NoSetOp || q.Right.Values != nil || q.Right.Aggregated || q.Right.Distinct || len(q.Right.Windows) > 0 {
		return false
	}
	if !q.All { // SQLite would tell rows apart under other collations
		for _, col := range c.Columns {
			if l.collate(col.Type) != "" {
				return false
			}
		}
	}
	here := 0
	var count func(it tree.FromItem)
	count = func(it tree.FromItem) {
		switch it := it.(type) {
		case *tree.RelItem:
			if it.Rel.Kind == tree.CTERel && it.Rel.CTE == c {
				here++
			}
		case *tree.Join:
			count(it.Left)
			count(it.Right)
		}
	}
	for _, it := range q.Right.From {
		count(it)
	}
	all := 0
	tree.EachQuery(q, func(s *tree.Query) {
		for _, r := range s.Rels {
			if r.Kind == tree.CTERel && r.CTE == c {
				all++
			}
		}
	})
	return here == 1 && all == 1
}

// plainTerm says whether q can stand in a compound without parentheses.
func plainTerm(q *tree.Query) bool {
	return len(q.CTEs) == 0 && len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil && len(q.DistinctOn) == 0 && q.GroupingSets == nil
}

// recursion writes a recursive WITH query as the rows of a fragment.
func (l *lowerer) recursion(c *tree.CTE) string {
	r := &Recursion{CTE: c, All: c.Query.All, Outer: &tree.Rel{Kind: tree.RowRel, Alias: "outer"}}
	inner := map[*tree.Rel]bool{}
	tree.EachQuery(c.Query, func(q *tree.Query) {
		for _, rel := range q.Rels {
			inner[rel] = true
		}
	})
	var outer []tree.Expr
	taken := func(e tree.Expr) tree.Expr {
		v, ok := e.(*tree.Var)
		if !ok || inner[v.Rel] || l.rels[v.Rel] == nil {
			return e
		}
		at := slices.IndexFunc(outer, func(o tree.Expr) bool { return tree.Equal(o, e) })
		if at < 0 {
			at = len(outer)
			outer = append(outer, e)
			r.Outer.Columns = append(r.Outer.Columns, tree.RelColumn{Name: v.Rel.Columns[v.Col].Name, Type: v.Typ})
		}
		return &tree.Var{Rel: r.Outer, Col: at, Typ: v.Typ}
	}
	term := func(q *tree.Query) *tree.Query {
		whole := *q
		whole.CTEs = append(append(l.readBy(q, c), c.Query.CTEs...), q.CTEs...)
		whole.Recursive = true
		out := tree.Clone(&whole)
		// What is inside a copy is new.
		tree.EachQuery(out, func(q *tree.Query) {
			for _, rel := range q.Rels {
				inner[rel] = true
			}
		})
		tree.MapQuery(out, taken)
		return out
	}
	r.Left, r.Right = term(c.Query.Left), term(c.Query.Right)
	n := max(1, len(c.Columns))
	return "SELECT " + columns(n) + " FROM pg_set(" + l.fragmentBind(Fragment{Kind: RecursionFragment, Recursion: r}) + l.list(outer) + ")"
}

// readBy are the WITH queries of the queries around that q reads, c excepted, each after those that it reads itself.
func (l *lowerer) readBy(q *tree.Query, c *tree.CTE) []*tree.CTE {
	var out []*tree.CTE
	seen := map[*tree.CTE]bool{c: true}
	var visit func(q *tree.Query)
	visit = func(q *tree.Query) {
		tree.EachQuery(q, func(s *tree.Query) {
			for _, r := range s.Rels {
				x := r.CTE
				if r.Kind != tree.CTERel || seen[x] || x.Query.Command != tree.Select {
					continue
				}
				if _, known := l.ctes[x]; !known {
					continue // it is inside q
				}
				seen[x] = true
				visit(x.Query)
				out = append(out, x)
			}
		})
	}
	visit(q)
	return out
}
