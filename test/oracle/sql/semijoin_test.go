package sql_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestSemiJoins compares queries that ask, for each row, whether another table has one of the same value: the embedded engine chooses between EXISTS and a list that
// it makes once, by where the condition stands, by the types, and by the indexes, of which each table gets some.
func TestSemiJoins(t *testing.T) {
	compareWorlds(t, *queries, func(w *world) {
		for _, r := range w.tables() {
			for _, c := range r.cols {
				if w.chance(60) {
					w.stmts = append(w.stmts, fmt.Sprintf("create index on %s (%s)", r.name, c.name))
				}
			}
		}
	}, func(w *world) (*node, bool, bool) { return w.semiJoin(), false, false })
}

// semiJoin makes a query with such a condition.
func (w *world) semiJoin() *node {
	a, from := w.fresh(w.tables()[w.IntN(len(w.tables()))])
	outer := []*rel{a}
	n := plain("", from)
	if w.chance(25) {
		c, more := w.fresh(w.tables()[w.IntN(len(w.tables()))])
		outer = append(outer, c)
		n = text("%s "+w.pick("join", "left join")+" %s on %s", n, plain("", more), expr("bool", "(%s = %s)", w.ex("int4", []*rel{c}, 0), w.ex("int4", []*rel{a}, 0)))
	}
	conds := []*node{w.exists(outer, 1)}
	if w.chance(30) {
		conds = append(conds, expr("bool", "(%s or %s)", w.ex("bool", outer, 1), w.exists(outer, 1)))
	}
	if w.chance(40) {
		conds = append(conds, w.ex("bool", outer, 1))
	}
	where := w.all(conds)
	switch w.IntN(5) {
	case 0:
		return text("select "+keys(outer)+" from %s where %s order by "+keys(outer)+" limit "+w.pick("1", "3", "100"), n, where)
	case 1:
		return text("select "+keys(outer)+", %s as c from %s where %s", w.exists(outer, 1), n, where)
	case 2:
		return text("select "+keys(outer)+" from %s where %s", n, where)
	}
	return text("select count(*), count("+a.name+".id) as ids from %s where %s", n, where)
}

// exists asks for a row of another table that has the value of a column of outer.
func (w *world) exists(outer []*rel, depth int) *node {
	b, from := w.fresh(w.tables()[w.IntN(len(w.tables()))])
	n := plain("", from)
	inner := []*rel{b}
	if w.chance(25) {
		c, more := w.fresh(w.tables()[w.IntN(len(w.tables()))])
		inner = append(inner, c)
		n = text("%s "+w.pick("join", "join", "left join")+" %s on %s", n, plain("", more), expr("bool", "(%s = %s)", w.ex("int4", []*rel{c}, 0), w.ex("int4", []*rel{b}, 0)))
	}
	var conds []*node
	for range 1 + w.IntN(2) {
		x, y := w.alike(outer, inner)
		if w.chance(50) {
			x, y = y, x
		}
		conds = append(conds, expr("bool", "("+x+" = "+y+")"))
	}
	for range 1 + w.IntN(2) {
		r := inner[w.IntN(len(inner))]
		c := r.cols[w.IntN(len(r.cols))]
		conds = append(conds, expr("bool", "("+r.name+"."+c.name+" = "+w.sample(base(c.typ))+")"))
	}
	if w.chance(20) {
		conds = append(conds, w.ex("bool", append(inner[:len(inner):len(inner)], outer[:w.IntN(2)]...), 1))
	}
	if depth > 0 && w.chance(25) {
		conds = append(conds, w.exists(inner, depth-1))
	}
	e := expr("bool", "exists (select "+w.pick("", "1", b.name+".id")+" from %s where %s)", n, w.all(conds))
	switch {
	case w.chance(12):
		return expr("bool", "(not %s)", e)
	case w.chance(8):
		return expr("bool", "(%s is not false)", e)
	}
	return e
}

// all joins conditions in any order.
func (w *world) all(conds []*node) *node {
	w.Shuffle(len(conds), func(i, j int) { conds[i], conds[j] = conds[j], conds[i] })
	return expr("bool", strings.Repeat("%s and ", len(conds)-1)+"%s", conds...)
}

// alike is a column of one and one of the other that can be compared.
func (w *world) alike(outer, inner []*rel) (x, y string) {
	for {
		a, b := outer[w.IntN(len(outer))], inner[w.IntN(len(inner))]
		c, d := a.cols[w.IntN(len(a.cols))], b.cols[w.IntN(len(b.cols))]
		number := func(typ string) bool { return strings.Contains(" int4 int8 numeric float8 ", " "+typ+" ") }
		if base(c.typ) == base(d.typ) || number(base(c.typ)) && number(base(d.typ)) {
			return a.name + "." + c.name, b.name + "." + d.name
		}
	}
}
