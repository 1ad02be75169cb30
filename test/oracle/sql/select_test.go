package sql_test

import (
	"fmt"
	"strings"
)

// exact are types of which equal values look the same: which of several equal values DISTINCT, GROUP BY and UNION keep is undetermined.
var exact = strings.Fields("int4 text bool date timestamptz _int4 mood int8 uuid")

// from makes a FROM list; keyed says that the rows differ in the keys of its rels.
func (w *world) from(depth int, outer []*rel) (n *node, scope []*rel, keyed bool) {
	keyed = true
	source := func(lateral []*rel) (*rel, *node) {
		switch {
		case depth > 0 && w.chance(20):
			see := outer
			word := ""
			if lateral != nil && w.chance(60) {
				see, word = append(outer[:len(outer):len(outer)], lateral...), "lateral "
			}
			q, cols := w.query(depth-1, see, nil)
			w.n++
			r := &rel{name: fmt.Sprintf("x%d", w.n), cols: cols}
			return r, text(word+"(%s) as "+r.name, q)
		case w.chance(10):
			return w.merged()
		case w.chance(8):
			w.n++
			r := &rel{name: fmt.Sprintf("x%d", w.n), cols: []column{{"n", "int4"}}, key: "n"}
			return r, plain("", "generate_series(1, "+w.pick("0", "1", "3")+") as "+r.name+"(n)")
		case w.chance(8) && lateral != nil:
			w.n++
			r := &rel{name: fmt.Sprintf("x%d", w.n), cols: []column{{"u", "int4"}, {"o", "int8"}}, key: "o"}
			return r, text("unnest(%s) with ordinality as "+r.name+"(u, o)", w.ex("_int4", append(outer[:len(outer):len(outer)], lateral...), 1))
		case w.chance(8):
			w.n++
			r := &rel{name: fmt.Sprintf("x%d", w.n), cols: []column{{"p", "int4"}, {"q", "text"}}, key: "p"}
			return r, plain("", "(values (1, 'a'), (2, null), (3, 'b')) as "+r.name+"(p, q)")
		}
		r, from := w.fresh(w.rels[w.IntN(len(w.rels))])
		return r, plain("", from)
	}
	r, n := source(nil)
	scope = []*rel{r}
	for range w.IntN(3) {
		kind := w.pick("join", "join", "left join", "left join", "right join", "full join", "cross join", ",")
		lateral := scope
		if kind == "right join" || kind == "full join" {
			lateral = nil
		}
		r, m := source(lateral)
		scope = append(scope[:len(scope):len(scope)], r)
		switch kind {
		case "cross join":
			n = text("%s cross join %s", n, m)
		case ",":
			n = text("%s cross join %s", n, m)
		case "full join": // PostgreSQL joins fully only by what it can merge or hash
			var cols [2]string
			for i, side := range []*rel{scope[0], r} {
				for _, c := range side.cols {
					if c.typ == "int4" {
						cols[i] = side.name + "." + c.name
					}
				}
			}
			if cols[0] == "" || cols[1] == "" {
				n = text("%s cross join %s", n, m)
				continue
			}
			n = text("%s full join %s on "+cols[0]+" = "+cols[1], n, m)
		default:
			see := append(outer[:len(outer):len(outer)], scope...)
			on := w.ex("bool", see, 1)
			if w.chance(60) {
				on = expr("bool", "(%s = %s)", w.ex("int4", []*rel{r}, 0), w.ex("int4", scope[:len(scope)-1], 0))
			}
			n = text("%s "+kind+" %s on %s", n, m, on)
		}
	}
	for _, r := range scope {
		keyed = keyed && r.key != ""
	}
	return n, scope, keyed
}

// merged is a join of two tables by the columns that have the same names.
func (w *world) merged() (*rel, *node) {
	kind := w.pick("", "left ", "right ", "full ", "inner ")
	of := func() (string, *rel, string) {
		t := w.tables()[w.IntN(len(w.tables()))]
		w.n++
		return t.name, t, fmt.Sprintf("x%d", w.n)
	}
	left, l, a := of()
	right, r, b := of()
	w.n++
	out := &rel{name: fmt.Sprintf("x%d", w.n), key: "id", cols: []column{{"id", "int4"}}}
	if kind == "full " {
		out.key = ""
	}
	lc, rc := l.cols[1+w.IntN(len(l.cols)-1)], r.cols[1+w.IntN(len(r.cols)-1)]
	out.cols = append(out.cols, column{"p", lc.typ}, column{"q", rc.typ})
	if w.chance(50) {
		return out, plain("", fmt.Sprintf("(select id, %s.%s as p, %s.%s as q from %s as %s %sjoin %s as %s using (id)) as %s", a, lc.name, b, rc.name, left, a, kind, right, b, out.name))
	}
	return out, plain("", fmt.Sprintf("(select * from (select id, %s as p from %s) as %s natural %sjoin (select id, %s as q from %s) as %s) as %s", lc.name, left, a, kind, rc.name, right, b, out.name))
}

func keys(scope []*rel) string {
	var list []string
	for _, r := range scope {
		list = append(list, r.name+"."+r.key)
	}
	return strings.Join(list, ", ")
}

// query makes a query, without an order, and tells its columns. types nil lets it choose them.
func (w *world) query(depth int, outer []*rel, types []string) (*node, []column) {
	any := kinds
	distinct := depth > 0 && w.chance(12)
	if distinct {
		any = exact
	}
	chosen := types == nil
	if chosen {
		for range 1 + w.IntN(4) {
			types = append(types, any[w.IntN(len(any))])
		}
	}
	var cols []column
	for i, t := range types {
		cols = append(cols, column{fmt.Sprintf("c%d", i), t})
	}
	if chosen && depth > 0 && w.chance(15) {
		for i := range types {
			types[i] = exact[w.IntN(len(exact))]
			cols[i].typ = types[i]
		}
		a, _ := w.query(depth-1, outer, types)
		b, _ := w.query(depth-1, outer, types)
		if w.chance(30) {
			c, _ := w.query(0, outer, types)
			ops := func() string { return w.pick("union", "union all", "intersect", "except") }
			tail := plain("", "")
			if w.chance(40) {
				tail = spare(plain("", " order by "+positions(len(types))+w.pick("", " limit 4", " offset 1")))
			}
			return text("(%s) "+ops()+" (%s) "+ops()+" (%s)%s", a, b, c, tail), cols
		}
		return text("(%s) "+w.pick("union", "union all", "intersect", "except", "except all", "intersect all")+" (%s)", a, b), cols
	}
	if depth > 0 && w.chance(10) {
		// A WITH that the query may use as a table.
		q, c := w.query(depth-1, outer, nil)
		w.n++
		r := &rel{name: fmt.Sprintf("w%d", w.n), cols: c}
		with := "with " + r.name + w.pick(" as ", " as materialized ", " as not materialized ") + "(%s) %s"
		if w.chance(15) {
			t := w.tables()[w.IntN(len(w.tables()))]
			var up string
			for _, c := range t.cols[1:] {
				if c.typ == "int4" {
					up = c.name
				}
			}
			if up != "" {
				r.cols, r.key = []column{{"n", "int4"}, {"d", "int4"}}, ""
				with = "with recursive " + r.name + "(n, d) as (select id, 0 from " + t.name + w.pick("", " where id < 3") + w.pick(" union ", " union all ") +
					"select t.id, d + 1 from " + t.name + " as t " + w.pick("join "+r.name+" on t."+up+" = n", ", "+r.name, "join "+r.name+" on n = t.id - 1") + " where d < " + w.pick("1", "2") +
					w.pick("", " and t."+up+" = n", " and exists (select 1 from "+t.name+" as e where e.id = n)") + ") %s%s"
				q = plain("", "")
			}
		} else if w.chance(30) {
			r.cols, r.key = []column{{"n", "int4"}, {"s", "text"}}, "n"
			with = "with recursive " + r.name + "(n, s) as (select 1, 'a' union all select n + 1, s || 'b' from " + r.name + " where n < " + w.pick("1", "3", "5") + ") %s%s"
			q = plain("", "")
		}
		w.rels = append(w.rels, r)
		inner, cc := w.query(depth-1, outer, types)
		for i, x := range w.rels {
			if x == r {
				w.rels = append(w.rels[:i:i], w.rels[i+1:]...)
			}
		}
		return text(with, q, inner), cc
	}
	from, scope, keyed := w.from(depth, outer)
	see := append(outer[:len(outer):len(outer)], scope...)
	where := plain("", "")
	if w.chance(60) {
		where = spare(text(" where %s", w.ex("bool", see, 2)))
	}
	grouped := depth > 0 && w.chance(30)
	tail := plain("", "")
	var targets []*node
	if grouped {
		var by []*node
		var group *rel = &rel{}
		for range 1 + w.IntN(2) {
			r := scope[w.IntN(len(scope))]
			for _, c := range r.cols {
				if strings.Contains(strings.Join(exact, " "), c.typ) && w.chance(40) {
					by = append(by, plain("", r.name+"."+c.name))
					group.cols = append(group.cols, column{r.name + "." + c.name, c.typ})
					break
				}
			}
		}
		for _, t := range types {
			targets = append(targets, w.aggregate(t, group, see, keyed, scope))
		}
		if len(by) > 0 {
			word := " group by "
			begin, end := "", ""
			if w.chance(40) {
				begin, end = w.pick("rollup", "cube", "grouping sets", "distinct rollup", "distinct cube")+" (", ")"
				if strings.HasPrefix(begin, "distinct") {
					begin = strings.TrimPrefix(begin, "distinct ")
					word += "distinct "
				}
				if begin == "grouping sets (" && w.chance(50) {
					end = ", ())"
				}
				for i, t := range types {
					if t == "int4" && w.chance(40) {
						targets[i] = plain(t, "grouping("+group.cols[w.IntN(len(group.cols))].name+")")
					}
				}
			}
			tail = text("%s%s", list(word+begin, ", ", end, by...), plain("", ""))
			if w.chance(30) {
				having := expr("bool", "count(*) "+w.pick(">", "<>", "<=")+" 1")
				if w.chance(40) {
					r, from := w.fresh(w.rels[w.IntN(len(w.rels))])
					having = expr("bool", w.pick("", "not ")+"exists (select 1 from "+from+" where %s "+w.pick("=", "<", "<>")+" %s)", w.ex("int4", []*rel{r}, 0), w.aggregate("int4", group, see, keyed, scope))
				}
				tail.kids[1] = spare(text(" having %s", having))
			}
		}
	} else {
		for _, t := range types {
			if w.chance(12) && depth > 0 {
				targets = append(targets, w.window(t, see, scope, keyed))
			} else {
				targets = append(targets, w.ex(t, see, 2))
			}
		}
	}
	named := make([]*node, len(targets))
	for i, n := range targets {
		named[i] = text("%s as "+cols[i].name, n)
	}
	if !grouped && !distinct && depth > 0 && w.chance(8) && w.allExact(types) {
		// DISTINCT ON within a query, and a part of the rows in an order that leaves no choice.
		head := w.pick("select distinct on (c0) * from (", "select * from (")
		w.n++
		return text(head+"%s from %s%s%s) as "+fmt.Sprintf("x%d", w.n)+" order by "+positions(len(types))+w.pick("", " limit 3", " limit 5 offset 1", " fetch first 2 rows with ties"),
			list("select ", ", ", "", named...), from, where, tail), cols
	}
	word := "select "
	if distinct {
		word = "select distinct "
	}
	return text("%s from %s%s%s", list(word, ", ", "", named...), from, where, tail), cols
}

// aggregate makes a value of a group.
func (w *world) aggregate(typ string, group *rel, see []*rel, keyed bool, scope []*rel) *node {
	if len(group.cols) > 0 && w.chance(40) {
		for _, c := range group.cols {
			if base(c.typ) == typ {
				return plain(typ, c.name)
			}
		}
	}
	filter := plain("", "")
	if w.chance(25) {
		filter = spare(text(" filter (where %s)", w.ex("bool", see, 1)))
	}
	e := func(t string) *node { return w.ex(t, see, 1) }
	switch typ {
	case "int4":
		switch w.IntN(5) {
		case 4:
			if w.chance(50) { // over the groups
				inner := w.aggregate(w.pick("int4", "int8", "bool", "date"), &rel{}, see, keyed, scope)
				return expr(typ, w.pick("rank()", "dense_rank()", "count(*)")+" over ("+w.pick("", "partition by count(*) > 1 ")+"order by %s)::int", inner)
			}
			return expr(typ, "sum(count(*)) over ("+w.pick("", "order by count(*)", "order by count(*) desc range between unbounded preceding and 1 preceding")+")::int")
		case 0:
			return expr(typ, "count(*)%s::int", filter)
		case 1:
			return expr(typ, "count(distinct %s)%s::int", e(kinds[w.IntN(len(kinds))]), filter)
		case 2:
			return expr(typ, "sum(%s)%s::int", e("int4"), filter)
		}
		return expr(typ, w.pick("min", "max", "bit_or")+"(%s)%s", e("int4"), filter)
	case "int8":
		return expr(typ, "sum("+w.pick("", "distinct ")+"%s)%s", e("int4"), filter)
	case "text":
		if w.chance(50) {
			return expr(typ, "string_agg(%s, ',' order by %s)%s", plain("", "k"), plain("", "k"), filter).agg(e("text"))
		}
		return expr(typ, w.pick("min", "max")+"(%s)%s", e("text"), filter)
	case "numeric":
		return expr(typ, w.pick("sum", "avg")+"(%s)%s", e(w.pick("numeric", "numeric")), filter)
	case "float8":
		return expr(typ, w.pick("sum", "avg", "max")+"(%s)%s", e("float8"), filter)
	case "bool":
		return expr(typ, w.pick("bool_and", "bool_or", "every")+"(%s)%s", e("bool"), filter)
	case "date", "timestamptz", "mood":
		return expr(typ, w.pick("min", "max")+"(%s)%s", e(typ), filter)
	case "_int4":
		x := e("int4")
		return expr(typ, "array_agg("+w.pick("", "distinct ")+"%s order by %s)%s", x, x, filter)
	case "jsonb":
		x := e("int4")
		return expr(typ, "jsonb_agg(%s order by %s "+w.pick("", "desc", "nulls first")+")%s", x, x, filter)
	}
	return plain(typ, w.sample(typ))
}

// agg puts the same expression in the places of the first two kids.
func (n *node) agg(e *node) *node { n.kids[0], n.kids[1] = e, e; return n }

// window makes a window function's value.
func (w *world) window(typ string, see, scope []*rel, keyed bool) *node {
	partition := plain("", "")
	if w.chance(60) {
		partition = spare(text("partition by %s ", w.ex(exact[w.IntN(len(exact))], see, 1)))
	}
	dir := w.pick("", "", " desc")
	order := text("order by %s"+dir, w.ex(exact[w.IntN(len(exact))], see, 1))
	if keyed {
		order = text("%s, "+keys(scope), order)
	}
	e := w.ex(typ, see, 1)
	frame := ""
	if w.chance(20) {
		// Values away from the current row's: the frame is determined whatever the order of equal rows is.
		key := w.pick("int4", "numeric", "date", "timestamptz", "float8", "int8", "interval")
		by := map[string]string{"int4": "1", "int8": "2::int8", "numeric": "1.5", "float8": "0.5", "date": "'2 days'", "timestamptz": "'1 mon'", "interval": "'1 day'"}[key]
		bounds := w.pick("between "+by+" preceding and current row", "between current row and "+by+" following", by+" preceding", "between "+by+" preceding and "+by+" following",
			"between "+by+" following and unbounded following", "between unbounded preceding and "+by+" preceding")
		over := " over (%sorder by %s" + dir + w.pick("", " nulls first", " nulls last") + " range " + bounds + w.pick("", " exclude group", "") + ")"
		switch typ {
		case "int4":
			return expr(typ, w.pick("sum", "count", "max", "bit_or")+"(%s)"+over+"::int", w.ex("int4", see, 1), partition, w.ex(key, see, 1))
		case "numeric":
			return expr(typ, w.pick("sum", "avg", "min")+"(%s)"+over, w.ex("numeric", see, 1), partition, w.ex(key, see, 1))
		case "date", "timestamptz", "text", "mood":
			return expr(typ, w.pick("min", "max")+"(%s)"+over, w.ex(typ, see, 1), partition, w.ex(key, see, 1))
		case "bool":
			return expr(typ, "bool_and(%s)"+over, w.ex(typ, see, 1), partition, w.ex(key, see, 1))
		}
	}
	if keyed {
		frame = w.pick("", "", " rows between 1 preceding and current row", " rows between unbounded preceding and unbounded following", " rows between current row and 2 following exclude current row", " groups between 1 preceding and 1 following", " rows unbounded preceding")
	}
	over := " over (%s%s" + frame + ")"
	switch typ {
	case "int4":
		if keyed && w.chance(40) {
			return expr(typ, w.pick("row_number()", "ntile(2)", "ntile(5)")+over+"::int", partition, order)
		}
		if w.chance(50) {
			return expr(typ, "sum(%s)"+over+"::int", e, partition, order)
		}
		return expr(typ, w.pick("rank()", "dense_rank()", "count(*)")+over+"::int", partition, order)
	case "float8":
		return expr(typ, w.pick("percent_rank()", "cume_dist()")+strings.Replace(over, frame, "", 1), partition, order)
	case "numeric":
		return expr(typ, w.pick("sum", "avg")+"(%s)"+over, e, partition, order)
	}
	if keyed {
		return expr(typ, w.pick("lag(%s)", "lead(%s)", "lag(%s, 2)", "lead(%s, 0)", "lag(%s, -1)", "nth_value(%s, 1)", "first_value(%s)", "last_value(%s)", "nth_value(%s, 2)")+over, e, partition, order)
	}
	return e
}

func (w *world) allExact(types []string) bool {
	for _, t := range types {
		if !strings.Contains(" "+strings.Join(exact, " ")+" ", " "+t+" ") {
			return false
		}
	}
	return true
}

// positions is ORDER BY all of n columns.
func positions(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprint(i+1))
	}
	return strings.Join(list, ", ")
}
