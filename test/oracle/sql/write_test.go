package sql_test

import (
	"fmt"
	"strings"
)

// statement makes a query or a data modification; ordered says that the rows' order is determined.
func (w *world) statement() (n *node, ordered, writes bool) {
	if w.chance(25) {
		return w.modification(), false, true
	}
	q, cols := w.query(2, nil, nil)
	all := true
	var by []string
	for i, c := range cols {
		all = all && strings.Contains(strings.Join(exact, " "), c.typ)
		by = append(by, fmt.Sprint(i+1)+w.pick("", "", " desc", " nulls first", " desc nulls last"))
	}
	if all && w.chance(60) {
		limit := plain("", "")
		if w.chance(50) {
			limit = spare(plain("", w.pick(" limit 3", " limit 5 offset 1", " offset 2", " fetch first 2 rows only", " limit null")))
		}
		if w.chance(15) {
			return text("select distinct on (c0) * from (%s) as d order by "+strings.Join(by, ", ")+"%s", q, limit), true, false
		}
		return text("%s order by "+strings.Join(by, ", ")+"%s", q, limit), true, false
	}
	return q, false, false
}

// modification makes an INSERT, UPDATE, DELETE or MERGE, or a statement with some of them within WITH.
func (w *world) modification() *node {
	n := w.change()
	if !strings.Contains(n.String(), " returning ") || w.chance(75) {
		return n
	}
	switch w.IntN(4) {
	case 0:
		return text("with m as (%s) select count(*) from m", n)
	case 1:
		r, from := w.fresh(w.tables()[0]) // as it was
		return text("with m as (%s) select (select count(*) from m), (select count(*) from "+from+" where %s)", n, w.ex("bool", []*rel{r}, 1))
	case 2:
		return text("with m as (%s), k as (select count(*) as n from m) select n from k union all select count(*)::int from m", n)
	}
	if o := w.change(); !strings.HasPrefix(o.String(), "with ") && changed(o) != changed(n) {
		return text("with m as (%s), o as (%s) select count(*) from m", n, o)
	}
	return n
}

// changed is the table that a statement changes: two parts of a statement must not change the same rows.
func changed(n *node) string {
	for _, word := range strings.Fields(n.String()) {
		if len(word) <= 2 && (word[0] == 't' || word[0] == 'u') {
			if word[0] == 'u' {
				return "t1"
			}
			return word
		}
	}
	return ""
}

func (w *world) change() *node {
	var targets []*rel
	for _, r := range w.rels {
		if r.table || r.updatable {
			targets = append(targets, r)
		}
	}
	tables := w.tables()
	t := targets[w.IntN(len(targets))]
	var set []column
	for _, c := range t.cols[1:] {
		if c.name != "g" {
			set = append(set, c)
		}
	}
	returning := plain("", "")
	if w.chance(60) {
		returning = spare(plain("", " returning "+w.pick("*", t.name+".id", t.name+".id, "+set[0].name+" as r", "to_jsonb("+t.name+")", t.name+".id + 1, "+t.name+".*")))
	}
	insertable := func() (names, values []*node) {
		names, values = []*node{plain("", "id")}, []*node{plain("", w.pick(fmt.Sprint(20+w.IntN(1000)), fmt.Sprint(1+w.IntN(12))))}
		for _, c := range set {
			if w.chance(70) {
				names = append(names, plain("", c.name))
				values = append(values, w.pickValue(c))
			}
		}
		return names, values
	}
	switch w.IntN(6) {
	case 0, 1:
		names, values := insertable()
		conflict := plain("", "")
		if t.table {
			switch w.IntN(6) {
			case 0:
				conflict = spare(plain("", " on conflict do nothing"))
			case 1:
				conflict = spare(text(" on conflict (id) do update set "+set[0].name+" = %s%s", w.pickValue(set[0]), spare(text(" where %s", w.ex("bool", []*rel{t}, 1)))))
			case 2:
				conflict = spare(plain("", " on conflict (id) do update set "+set[0].name+" = excluded."+set[0].name))
			case 3:
				conflict = spare(text(" on conflict (id) do update set ("+set[0].name+", id) = (%s, excluded.id)", w.ex(base(set[0].typ), []*rel{t}, 1)))
			}
		}
		if w.chance(20) {
			o, from := w.fresh(tables[w.IntN(len(tables))])
			c := set[w.IntN(len(set))]
			return text("insert into "+t.name+" (id, "+c.name+") select "+w.pick("100 + ", "")+o.name+".id, %s from "+from+" where %s%s%s", w.ex(base(c.typ), []*rel{o}, 2), w.ex("bool", []*rel{o}, 1),
				plain("", w.pick("", "", " on conflict do nothing")), returning)
		}
		if w.chance(15) {
			more := make([]*node, len(values))
			copy(more, values)
			more[0] = plain("", fmt.Sprint(2000+w.IntN(1000)))
			return text("insert into "+t.name+" %s values %s, %s%s", list("(", ", ", ")", names...), list("(", ", ", ")", values...), list("(", ", ", ")", more...), returning)
		}
		return text("insert into "+t.name+" %s %s%s%s", list("(", ", ", ")", names...), list("values (", ", ", ")", values...), conflict, returning)
	case 2, 3:
		c := set[w.IntN(len(set))]
		assign := text(c.name+" = %s", w.ex(base(c.typ), []*rel{t}, 2))
		if d := set[w.IntN(len(set))]; d.name != c.name && w.chance(30) {
			assign = text("("+c.name+", "+d.name+") = "+w.pick("", "row ")+"(%s, %s)", w.ex(base(c.typ), []*rel{t}, 2), w.ex(base(d.typ), []*rel{t}, 1))
			if w.chance(50) {
				o, from := w.fresh(tables[w.IntN(len(tables))])
				see := []*rel{t, o}
				assign = text("("+c.name+", "+d.name+") = (select %s, %s from "+from+" where "+o.name+".id = "+t.name+".id)", w.ex(base(c.typ), see, 1), w.ex(base(d.typ), see, 1))
			}
		} else if w.chance(10) {
			assign = plain("", c.name+" = default")
		}
		if w.chance(40) {
			o, from := w.fresh(tables[w.IntN(len(tables))])
			more := plain("", "")
			if w.chance(30) {
				p, also := w.fresh(tables[w.IntN(len(tables))])
				more = plain("", " left join "+also+" on "+p.name+".id = "+o.name+".id")
			}
			return text("update "+t.name+" set "+c.name+" = %s from "+from+"%s where "+o.name+".id = "+t.name+".id and %s%s", w.ex(base(c.typ), []*rel{t, o}, 1), more, w.ex("bool", []*rel{t, o}, 1), returning)
		}
		return text("update "+t.name+" set %s%s%s", assign, spare(text(" where %s", w.ex("bool", []*rel{t}, 2))), returning)
	case 4:
		if t.table {
			return w.merge(t, set)
		}
	}
	if w.chance(40) {
		o, from := w.fresh(tables[w.IntN(len(tables))])
		return text("delete from "+t.name+" using "+from+" where "+o.name+".id = "+t.name+".id and %s%s", w.ex("bool", []*rel{t, o}, 1), returning)
	}
	return text("delete from "+t.name+" where %s%s", w.ex("bool", []*rel{t}, 2), returning)
}

// merge makes a MERGE in which each row of the target has one row of the source at most.
func (w *world) merge(t *rel, set []column) *node {
	tables := w.tables()
	o, from := w.fresh(tables[w.IntN(len(tables))])
	both := []*rel{t, o}
	var whens []*node
	cond := func(see []*rel) *node {
		if w.chance(50) {
			return plain("", "")
		}
		return spare(text(" and %s", w.ex("bool", see, 1)))
	}
	for range 1 + w.IntN(2) {
		c := set[w.IntN(len(set))]
		switch w.IntN(3) {
		case 0:
			whens = append(whens, text(" when matched%s then delete", cond(both)))
		case 1:
			whens = append(whens, text(" when matched%s then do nothing", cond(both)))
		default:
			whens = append(whens, text(" when matched%s then update set "+c.name+" = %s", cond(both), w.ex(base(c.typ), both, 1)))
		}
	}
	if w.chance(60) {
		c := set[w.IntN(len(set))]
		// Of several rows that cannot be inserted PostgreSQL may come upon any first.
		whens = append(whens, text(" when not matched and "+o.name+".id = "+w.pick("1", "3", "6")+"%s then insert (id, "+c.name+") values ("+o.name+".id + 500, %s)", cond([]*rel{o}), w.ex(base(c.typ), []*rel{o}, 1)))
	}
	return text("merge into "+t.name+" using "+from+" on "+o.name+".id = "+t.name+".id"+w.pick("", " + 1")+"%s", list("", "", "", whens...))
}

func (w *world) pickValue(c column) *node {
	if w.chance(10) {
		return plain("", w.pick("default", "null"))
	}
	return plain("", w.sample(base(c.typ)))
}
