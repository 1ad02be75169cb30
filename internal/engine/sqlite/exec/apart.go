package exec

import (
	"slices"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// apart lets a query read all of its rows before it calls the first function that may write: select f(id) from t, where f changes t. In PostgreSQL the
// statement's snapshot keeps what its own functions write from it; SQLite's cursor comes upon the changed and the new rows, without end where each row makes
// another. What the output needs of the rows becomes a materialized WITH item, in order and with its limit, and the output is computed from that. q may be changed; the
// result is q itself where nothing in the output writes, or where the rows have been read by then anyway (grouping, windows, DISTINCT sort them).
func apart(q *tree.Query) *tree.Query {
	if q.Command != tree.Select || q.SetOp != sql.NoSetOp || q.Values != nil || len(q.From) == 0 || q.Aggregated || len(q.Windows) > 0 || q.Distinct ||
		!slices.ContainsFunc(q.Targets, func(t tree.Target) bool { return mayWrite(t.Expr) }) ||
		slices.ContainsFunc(q.OrderBy, func(k tree.SortKey) bool { return mayWrite(k.Expr) }) ||
		slices.ContainsFunc(q.Targets, func(t tree.Target) bool { return t.Expr != nil && tree.Any(t.Expr, yieldsSet) }) {
		return q
	}
	type place struct {
		rel *tree.Rel
		col int // -1 for the whole row
	}
	read := *q
	rows := &tree.CTE{Name: "rows", Query: &read, Materialized: new(bool), Refs: 1}
	*rows.Materialized = true
	from := &tree.Rel{Kind: tree.CTERel, Alias: rows.Name, CTE: rows}
	at := map[place]int{}
	read.CTEs, read.Targets = nil, nil
	column := func(p place, e tree.Expr, name string) tree.Expr {
		i, ok := at[p]
		if !ok {
			i = len(read.Targets)
			at[p] = i
			read.Targets = append(read.Targets, tree.Target{Name: name, Expr: e})
			rows.Columns = append(rows.Columns, tree.RelColumn{Name: name, Type: e.Type()})
		}
		return &tree.Var{Rel: from, Col: i, Typ: e.Type()}
	}
	moved := func(e tree.Expr) tree.Expr {
		switch e := e.(type) {
		case *tree.Var:
			if slices.Contains(q.Rels, e.Rel) {
				return column(place{e.Rel, e.Col}, e, e.Rel.Columns[e.Col].Name)
			}
		case *tree.WholeRow:
			if slices.Contains(q.Rels, e.Rel) {
				return column(place{e.Rel, -1}, e, e.Rel.Alias)
			}
		}
		return e
	}
	out := *q
	out.Targets = slices.Clone(q.Targets)
	for i := range out.Targets {
		t := &out.Targets[i]
		t.Expr = tree.Map(t.Expr, moved)
		tree.EachSubQuery(t.Expr, func(sub *tree.Query) { tree.MapQuery(sub, moved) })
	}
	if len(read.Targets) == 0 { // the rows count, whatever is in them
		one := &tree.Const{Typ: tree.Type{OID: catalog.BoolOID, Mod: -1}}
		read.Targets = []tree.Target{{Name: "row", Expr: one}}
		rows.Columns = []tree.RelColumn{{Name: "row", Type: (tree.Type{OID: catalog.BoolOID, Mod: -1})}}
	}
	from.Columns = rows.Columns
	out.CTEs = append(slices.Clone(q.CTEs), rows)
	out.Rels, out.From = []*tree.Rel{from}, []tree.FromItem{&tree.RelItem{Rel: from}}
	out.Where, out.OrderBy, out.Limit, out.Offset, out.WithTies, out.Locking = nil, nil, nil, nil, false, nil
	return &out
}

// mayWrite reports whether e calls a function of the project that is volatile, in its sub-queries too.
func mayWrite(e tree.Expr) bool {
	found := e != nil && tree.Any(e, func(e tree.Expr) bool {
		c, ok := e.(*tree.Call)
		return ok && c.User != nil && c.User.Volatility == 'v'
	})
	if !found && e != nil {
		tree.EachSubQuery(e, func(sub *tree.Query) {
			tree.WalkQuery(sub, func(e tree.Expr) bool {
				c, ok := e.(*tree.Call)
				found = found || ok && c.User != nil && c.User.Volatility == 'v'
				return !found
			})
		})
	}
	return found
}

// yieldsSet reports whether e is a call that gives rows.
func yieldsSet(e tree.Expr) bool {
	c, ok := e.(*tree.Call)
	return ok && (c.Fn != nil && c.Fn.RetSet || c.User != nil && c.User.ReturnsSet)
}
