package exec

import (
	"slices"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// apart lets a query read all of its rows before it calls the first function that may write: select f(id) from t, where f changes t. In PostgreSQL the
// statement's snapshot keeps what its own functions write from it; SQLite's cursor comes upon the changed and the new rows, without end where each row makes
// another. What the query needs of its FROM items becomes a materialized WITH item, and everything else is computed from that. q may be changed.
//
// Where only the output writes, order and limit go into the item too, so that functions are called for the rows of the result alone; of a query that groups, sorts by such a
// function or asks for one in WHERE they stay outside. Not kept apart: a function that writes in the condition of a join.
func apart(q *tree.Query) *tree.Query {
	if q.Command != tree.Select || q.SetOp != sql.NoSetOp || q.Values != nil || len(q.From) == 0 {
		return q
	}
	inOutput := slices.ContainsFunc(q.Targets, func(t tree.Target) bool { return mayWrite(t.Expr) })
	inWhere := mayWrite(q.Where)
	elsewhere := false // in grouping, windows, order, limit
	rest := *q
	rest.Rels, rest.From, rest.Where, rest.Targets = nil, nil, nil, nil
	rest.EachSlot(func(e *tree.Expr) { elsewhere = elsewhere || mayWrite(*e) })
	if !inOutput && !inWhere && !elsewhere {
		return q
	}
	type place struct {
		rel *tree.Rel
		col int // -1 for the whole row
	}
	read := &tree.Query{Command: tree.Select, Rels: q.Rels, From: q.From, Locking: q.Locking, Pos: q.Pos}
	rows := &tree.CTE{Name: "rows", Query: read, Materialized: new(bool), Refs: 1}
	*rows.Materialized = true
	from := &tree.Rel{Kind: tree.CTERel, Alias: rows.Name, CTE: rows}
	at := map[place]int{}
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
			if slices.Contains(read.Rels, e.Rel) {
				return column(place{e.Rel, e.Col}, e, e.Rel.Columns[e.Col].Name)
			}
		case *tree.WholeRow:
			if slices.Contains(read.Rels, e.Rel) {
				return column(place{e.Rel, -1}, e, e.Rel.Alias)
			}
		}
		return e
	}
	out := *q
	out.Rels, out.From, out.Locking = []*tree.Rel{from}, []tree.FromItem{&tree.RelItem{Rel: from}}, nil
	if !inWhere {
		read.Where, out.Where = q.Where, nil
	}
	set := slices.ContainsFunc(q.Targets, func(t tree.Target) bool { return t.Expr != nil && tree.Any(t.Expr, yieldsSet) })
	if !inWhere && !elsewhere && !q.Aggregated && len(q.Windows) == 0 && !q.Distinct && !set {
		read.OrderBy, read.Limit, read.Offset, read.WithTies = q.OrderBy, q.Limit, q.Offset, q.WithTies
		out.OrderBy, out.Limit, out.Offset, out.WithTies = nil, nil, nil, false
	}
	out.EachSlot(func(e *tree.Expr) {
		*e = tree.Map(*e, moved)
		tree.EachSubQuery(*e, func(sub *tree.Query) { tree.MapQuery(sub, moved) })
	})
	if len(read.Targets) == 0 { // the rows count, whatever is in them
		one := &tree.Const{Typ: tree.Type{OID: catalog.BoolOID, Mod: -1}}
		read.Targets = []tree.Target{{Name: "row", Expr: one}}
		rows.Columns = []tree.RelColumn{{Name: "row", Type: one.Typ}}
	}
	from.Columns = rows.Columns
	out.CTEs = append(slices.Clone(q.CTEs), rows)
	return &out
}

// mayWrite reports whether e calls a function of the project that is volatile, in its sub-queries too.
func mayWrite(e tree.Expr) bool {
	if e == nil {
		return false
	}
	found := false
	look := func(e tree.Expr) bool {
		c, ok := e.(*tree.Call)
		found = found || ok && c.User != nil && c.User.Volatility == 'v'
		return !found
	}
	tree.Walk(e, look)
	tree.EachSubQuery(e, func(sub *tree.Query) { tree.WalkQuery(sub, look) })
	return found
}

// yieldsSet reports whether e is a call that gives rows.
func yieldsSet(e tree.Expr) bool {
	c, ok := e.(*tree.Call)
	return ok && (c.Fn != nil && c.Fn.RetSet || c.User != nil && c.User.ReturnsSet)
}
