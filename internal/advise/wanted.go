package advise

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A key is a column or an expression over one table's columns, in SQL.
type key struct {
	text string
	expr bool
	desc bool
}

// index is the key as CREATE INDEX wants it.
func (k key) index() string {
	text := k.text
	if k.expr {
		text = "(" + text + ")"
	}
	if k.desc {
		text += " desc"
	}
	return text
}

// A want is a way into a table that something takes: rows by equal keys, then by at most one that is compared or ordered by.
type want struct {
	table *catalog.Table
	equal []key
	next  []key // those that follow: one of a range, or those of an order
	order bool  // next is an order
}

// keys are those of the index that serves the want.
func (w *want) keys() []key { return slices.Concat(w.equal, w.next) }

// A scope is the tables of a query that an expression of it can name, and the query around it.
type scope struct {
	tables []named
	outer  *scope
}

type named struct {
	name  string
	table *catalog.Table
	names []string // the columns', where an alias gives others; nil for the table's own
}

// column finds the table and the column that a reference means; false for what is none of a table's.
func (s *scope) column(r *sql.ColumnRef) (int, *scope, string, bool) {
	if r.Star || len(r.Fields) == 0 {
		return 0, nil, "", false
	}
	name := r.Fields[len(r.Fields)-1]
	for at := s; at != nil; at = at.outer {
		for i, t := range at.tables {
			if len(r.Fields) > 1 && t.name != r.Fields[len(r.Fields)-2] {
				continue
			}
			if t.table != nil && t.table.Column(name) != nil || t.table == nil && slices.Contains(t.names, name) {
				return i, at, name, true
			}
		}
	}
	return 0, nil, "", false
}

// A reader collects what statements and policies want of tables.
type reader struct {
	cat   *catalog.Catalog
	found []*want
}

// query reads a query and those in it.
func (r *reader) query(q *sql.Select, outer *scope) {
	if q == nil {
		return
	}
	if q.With != nil {
		for _, c := range q.With.CTEs {
			if s, ok := c.Query.(*sql.Select); ok {
				r.query(s, outer)
			}
		}
	}
	if q.SetOp != sql.NoSetOp {
		r.query(q.Left, outer)
		r.query(q.Right, outer)
		return
	}
	s := scopeOf(r.cat, q, outer)
	var conditions []sql.Expr
	for _, f := range q.From {
		conditions = append(conditions, r.joined(f, s)...)
	}
	r.wanted(s, append(conditions, q.Where), q.OrderBy, q.Limit != nil)
	for _, t := range q.Targets {
		r.inside(t.Expr, s)
	}
	r.inside(q.Having, s)
	for _, o := range q.OrderBy {
		r.inside(o.Expr, s)
	}
}

// scopeOf is the scope of a query's FROM.
func scopeOf(cat *catalog.Catalog, q *sql.Select, outer *scope) *scope {
	s := &scope{outer: outer}
	for _, f := range q.From {
		s.add(cat, f)
	}
	return s
}

// add adds the tables of a FROM item.
func (s *scope) add(cat *catalog.Catalog, f sql.TableExpr) {
	switch f := f.(type) {
	case *sql.Table:
		n := named{name: f.Name.Name, table: cat.FindTable([]string{"public"}, f.Name)}
		if f.Alias != nil {
			n.name = f.Alias.Name
		}
		s.tables = append(s.tables, n)
	case *sql.Join:
		s.add(cat, f.Left)
		s.add(cat, f.Right)
	case *sql.SubqueryTable:
		n := named{}
		if f.Alias != nil {
			n.name = f.Alias.Name
		}
		for _, t := range f.Query.Targets {
			n.names = append(n.names, t.Name)
		}
		s.tables = append(s.tables, n)
	}
}

// joined reads the queries of a FROM item, and gives what its joins ask for.
func (r *reader) joined(f sql.TableExpr, s *scope) []sql.Expr {
	switch f := f.(type) {
	case *sql.Join:
		out := append(r.joined(f.Left, s), r.joined(f.Right, s)...)
		if f.On != nil {
			out = append(out, f.On)
		}
		for _, name := range f.Using {
			out = append(out, using(s, name)...)
		}
		return out
	case *sql.SubqueryTable:
		r.query(f.Query, s) // a lateral one sees what stands before it; another has no names of it
	}
	return nil
}

// using is what USING asks for: the column of each table that has it equals that of the one before.
func using(s *scope, name string) (out []sql.Expr) {
	var before *sql.ColumnRef
	for _, t := range s.tables {
		if t.table == nil || t.table.Column(name) == nil {
			continue
		}
		c := &sql.ColumnRef{Fields: []string{t.name, name}}
		if before != nil {
			out = append(out, &sql.Op{Name: "=", Left: before, Right: c})
		}
		before = c
	}
	return out
}

// inside reads the queries in an expression.
func (r *reader) inside(e sql.Expr, s *scope) {
	if e == nil {
		return
	}
	sql.Walk(e, func(n sql.Node) bool {
		if l, ok := n.(*sql.SubLink); ok {
			r.inside(l.Test, s)
			r.query(l.Query, s)
			return false
		}
		return true
	})
}

// wanted notes for each table of a scope what conditions and an order ask of it. Each arm of an OR is a want of its own.
func (r *reader) wanted(s *scope, conditions []sql.Expr, order []sql.SortBy, limited bool) {
	var all []sql.Expr
	for _, c := range conditions {
		r.inside(c, s)
		all = append(all, sql.Conjuncts(c)...)
	}
	for i, t := range s.tables {
		if t.table == nil || t.table.Kind != catalog.OrdinaryTable && t.table.Kind != catalog.MatView {
			continue
		}
		var arms [][]sql.Expr
		rest := make([]sql.Expr, 0, len(all))
		for _, c := range all {
			if b, ok := c.(*sql.BoolExpr); ok && b.Op == sql.Or && len(arms) == 0 {
				for _, a := range b.Args {
					arms = append(arms, sql.Conjuncts(a))
				}
				continue
			}
			rest = append(rest, c)
		}
		r.note(s, i, rest, order, limited)
		for _, a := range arms {
			r.note(s, i, slices.Concat(a, rest), nil, false)
		}
	}
}

// note notes what conditions that all hold ask of table i of a scope.
func (r *reader) note(s *scope, i int, conditions []sql.Expr, order []sql.SortBy, limited bool) {
	w := &want{table: s.tables[i].table}
	add := func(list []key, k key) []key {
		if slices.ContainsFunc(list, func(x key) bool { return x.text == k.text }) {
			return list
		}
		return append(list, k)
	}
	var ranges []key
	for _, c := range conditions {
		if k, ranged, ok := condition(r.cat, s, i, c); ok && ranged {
			ranges = add(ranges, k)
		} else if ok {
			w.equal = add(w.equal, k)
		}
	}
	if limited && len(order) > 0 {
		w.order = true
		for _, o := range order {
			k, ok := side(s, i, o.Expr)
			if !ok || o.Using != "" {
				w.next, w.order = nil, false
				break
			}
			k.desc = o.Desc
			if slices.ContainsFunc(w.equal, func(x key) bool { return x.text == k.text }) {
				continue
			}
			w.next = append(w.next, k)
		}
	}
	if len(w.next) == 0 && len(ranges) > 0 {
		w.next, w.order = ranges[:1], false
	}
	if len(w.keys()) > 0 {
		r.found = append(r.found, w)
	}
}

// condition is the key of table i that a condition compares with something that does not depend on the table's row.
func condition(cat *catalog.Catalog, s *scope, i int, c sql.Expr) (k key, ranged, ok bool) {
	pair := func(a, b sql.Expr) (key, bool) {
		if k, ok := side(s, i, a); ok && independent(cat, s, i, b) {
			return k, true
		}
		k, ok := side(s, i, b)
		return k, ok && independent(cat, s, i, a)
	}
	switch c := c.(type) {
	case *sql.Op:
		switch c.Name {
		case "=":
			k, ok = pair(c.Left, c.Right)
		case "<", "<=", ">", ">=":
			k, ok = pair(c.Left, c.Right)
			ranged = true
		}
	case *sql.In:
		if k, ok = side(s, i, c.X); ok {
			ok = !c.Not && !slices.ContainsFunc(c.List, func(e sql.Expr) bool { return !independent(cat, s, i, e) })
		}
	case *sql.Quantified:
		if k, ok = side(s, i, c.Left); ok {
			ok = c.Op == "=" && !c.All && independent(cat, s, i, c.Right)
		}
	case *sql.SubLink:
		if k, ok = side(s, i, c.Test); ok {
			ok = c.Kind == sql.AnyQ && c.Op == "=" && independent(cat, s, i, c.Query)
		}
	case *sql.Between:
		if k, ok = side(s, i, c.X); ok {
			ok, ranged = !c.Not && independent(cat, s, i, c.Lo) && independent(cat, s, i, c.Hi), true
		}
	}
	return k, ranged, ok
}

// side is an expression as a key of table i: one of its columns, or what is made of its columns alone.
func side(s *scope, i int, e sql.Expr) (key, bool) {
	if ref, ok := e.(*sql.ColumnRef); ok {
		at, in, name, ok := s.column(ref)
		return key{text: sql.QuoteIdent(name)}, ok && in == s && at == i
	}
	switch e.(type) {
	case *sql.FuncCall, *sql.Op:
	default:
		return key{}, false
	}
	own, other := 0, 0
	sql.Walk(e, func(n sql.Node) bool {
		switch n := n.(type) {
		case *sql.ColumnRef:
			if at, in, _, ok := s.column(n); ok && in == s && at == i {
				own++
			} else {
				other++
			}
		case *sql.Param, *sql.SubLink, *sql.SQLValue:
			other++
		}
		return true
	})
	if own == 0 || other > 0 {
		return key{}, false
	}
	bare := sql.Rewrite(e, func(n sql.Node) sql.Node {
		if c, ok := n.(*sql.ColumnRef); ok {
			return &sql.ColumnRef{Fields: c.Fields[len(c.Fields)-1:]}
		}
		return n
	})
	return key{text: sql.PrintExpr(bare), expr: true}, true
}

// independent reports whether an expression or a query is the same for each row of table i.
func independent(cat *catalog.Catalog, s *scope, i int, n sql.Node) bool {
	same := true
	var look func(n sql.Node, in *scope)
	look = func(n sql.Node, in *scope) {
		sql.Walk(n, func(x sql.Node) bool {
			switch x := x.(type) {
			case *sql.ColumnRef:
				if at, of, _, ok := in.column(x); ok && of == s && at == i {
					same = false
				}
			case *sql.Select:
				if x != n {
					look(x, scopeOf(cat, x, in))
					return false
				}
			}
			return same
		})
	}
	if q, ok := n.(*sql.Select); ok {
		look(q, scopeOf(cat, q, s))
	} else {
		look(n, s)
	}
	return same
}

// plain is a name without quotes, to be part of another.
func plain(text string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, strings.ToLower(text)), "_")
}
