package access_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// A maker makes random worlds and requests.
type maker struct {
	*rand.Rand
	w      *world
	nextID int64
	alias  int
	// private worlds have nothing that reads with an owner's rights.
	private bool
}

func newMaker(seed uint64) *maker { return &maker{Rand: rand.New(rand.NewPCG(seed, 7)), nextID: 100} }

func pick[T any](g *maker, list ...T) T { return list[g.IntN(len(list))] }

// chance is true in so many of a hundred times.
func (g *maker) chance(percent int) bool { return g.IntN(100) < percent }

var (
	subjects = []string{"aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002", "cccccccc-0000-4000-8000-000000000003"}
	texts    = []string{"", "a", "ab", "b", "B", "a b", "it's", "c,d", "null", "é"}
	commands = []string{"select", "insert", "update", "delete"}
)

// value is a random value of a type, never NULL.
func (g *maker) value(typ string) any {
	switch typ {
	case "bigint":
		return int64(g.IntN(4))
	case "boolean":
		return g.chance(50)
	case "uuid":
		return pick(g, subjects...)
	case "timestamptz":
		return pick(g, "2025-12-31T23:59:59+00:00", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.5+00:00", "2026-06-30T12:00:00+00:00")
	case "jsonb":
		return pick[any](g, doc(`{}`), doc(`{"k":1}`), doc(`{"k":"a"}`), doc(`{"k":null}`), doc(`{"a":[1,2],"k":"pro"}`), doc(`[]`), doc(`[1,"a"]`), doc(`"a"`), doc(`1`), doc(`{"o":{"k":"a"}}`))
	case "uuid[]":
		var items []any
		for range g.IntN(4) {
			if g.chance(10) {
				items = append(items, nil)
			} else {
				items = append(items, pick(g, subjects...))
			}
		}
		return listOf(items)
	}
	return pick(g, texts...)
}

func (g *maker) maybe(typ string) any {
	if g.chance(15) {
		return nil
	}
	return g.value(typ)
}

// world makes tables t1 …, of which policies read only those before them, then views and functions.
func (g *maker) world() *world {
	w := &world{}
	g.w = w
	w.callers = []*caller{
		{name: "anon", role: anon},
		{name: "ada", role: authenticated, sub: subjects[0], claims: map[string]any{"org": int64(1), "tier": "pro"}},
		{name: "ben", role: authenticated, sub: subjects[1], claims: map[string]any{"org": int64(2)}},
		{name: "cyd", role: authenticated, sub: subjects[2], claims: map[string]any{"tier": "a"}},
		{name: "eve", role: editor, sub: subjects[2], claims: map[string]any{"org": int64(1)}},
		{name: "service_role", role: service},
	}
	for i := range 2 + g.IntN(3) {
		w.tables = append(w.tables, g.table(i))
		if g.chance(60) {
			w.functions = append(w.functions, g.function(len(w.functions)))
		}
	}
	for i := range g.IntN(3) {
		w.views = append(w.views, g.view(i))
	}
	if g.chance(60) {
		w.functions = append(w.functions, g.rows(len(w.functions)))
	}
	return w
}

func (g *maker) owner() string {
	if g.chance(30) && !g.private {
		return keeper
	}
	return super
}

func (g *maker) table(i int) *table {
	t := &table{name: fmt.Sprintf("t%d", i+1), owner: g.owner(), rls: g.chance(92), force: g.chance(30)}
	add := func(name, typ string) *column {
		c := &column{name: name, typ: typ}
		t.columns = append(t.columns, c)
		return c
	}
	add("id", "bigint")
	owner := add("owner", "uuid")
	owner.uid, owner.notNull = g.chance(60), g.chance(30)
	add("org", "bigint")
	for j := range 1 + g.IntN(2) {
		add([]string{"note", "flag", "kind", "rank"}[(i+2*j)%4], []string{"text", "boolean", "text", "bigint"}[(i+2*j)%4]).notNull = g.chance(15)
	}
	if g.chance(30) {
		add("at", "timestamptz")
	}
	if g.chance(30) {
		add("data", "jsonb")
	}
	if g.chance(30) {
		add("members", "uuid[]")
	}
	if i > 0 && g.chance(75) {
		c := add("ref", "bigint")
		c.ref, c.action = g.w.tables[g.IntN(i)], pick(g, "", " on delete cascade", " on delete set null")
	}
	if i > 1 && g.chance(25) {
		c := add("other", "bigint")
		c.ref, c.action = g.w.tables[g.IntN(i)], pick(g, "", " on delete cascade", " on delete set null")
	}
	g.fill(t)
	t.before = len(g.w.functions)
	g.rules(t)
	return t
}

// fill gives a table rows.
func (g *maker) fill(t *table) {
	t.rows = []row{}
	for n := range g.IntN(8) {
		r := row{}
		for _, c := range t.columns {
			r[c.name] = g.maybe(c.typ)
			if c.ref != nil {
				r[c.name] = g.reference(c)
			} else if r[c.name] == nil && c.notNull {
				r[c.name] = g.value(c.typ)
			}
		}
		r["id"] = int64(n + 1)
		t.rows = append(t.rows, r)
	}
}

// again gives the world other rows and, with rules, other privileges and policies: those come as statements.
func (g *maker) again(rules bool) (script []string) {
	w := g.w
	defer func() { g.w = w }()
	for _, t := range w.tables {
		g.fill(t)
	}
	for i, t := range w.tables {
		if !rules {
			break
		}
		script = append(script, t.unruled()...)
		g.w = &world{tables: w.tables[:i], functions: w.functions[:t.before], callers: w.callers}
		g.rules(t)
		script = append(script, t.ruled()...)
	}
	return script
}

// rules gives a table privileges and policies, which read the tables before it.
func (g *maker) rules(t *table) {
	t.grants, t.poli = nil, nil
	for _, c := range t.columns {
		c.grants = nil
	}
	g.grant(t)
	if !t.rls && !g.chance(30) {
		return
	}
	for n := range pick(g, 0, 1, 1, 2, 2, 3, 4) {
		t.poli = append(t.poli, g.policy(t, n))
	}
}

func (g *maker) reference(c *column) any {
	if len(c.ref.rows) == 0 || g.chance(25) {
		return nil
	}
	return c.ref.rows[g.IntN(len(c.ref.rows))]["id"]
}

func (g *maker) grant(t *table) {
	for _, role := range []string{anon, authenticated, editor} {
		for _, c := range commands {
			switch {
			case role == editor && g.chance(80): // it has what authenticated has
			case role == anon && c != "select" && g.chance(40):
			case g.chance(85):
				t.grants = append(t.grants, grant{role, c})
			case c != "delete" && g.chance(70):
				for _, k := range t.columns {
					if g.chance(70) {
						k.grants = append(k.grants, grant{role, c})
					}
				}
			}
		}
	}
}

func (g *maker) policy(t *table, n int) *policy {
	p := &policy{name: fmt.Sprintf("p%d", n+1), permissive: g.chance(72), command: pick(g, "all", "all", "select", "select", "insert", "update", "delete")}
	for _, r := range []string{anon, authenticated, editor, keeper} {
		if g.chance(35) {
			p.roles = append(p.roles, r)
		}
	}
	if len(p.roles) == 0 || g.chance(30) {
		p.roles = []string{"public"}
	}
	if p.command != "insert" {
		p.using = g.condition(t.name, t.columns, alone)
	}
	if p.command == "insert" || p.command != "select" && p.command != "delete" && g.chance(50) {
		p.check = g.condition(t.name, t.columns, alone)
	}
	return p
}

// alone is the depth of conditions that stand alone. Constants are nowhere else: of what PostgreSQL's planner makes of them (*node).lean knows the simplest only.
const alone = 2

// condition is a boolean expression over a row, as policies are written.
func (g *maker) condition(rel string, cols []*column, depth int) *node {
	of := func(name string) *node {
		if i := slices.IndexFunc(cols, func(c *column) bool { return c.name == name }); i >= 0 {
			return col(rel, cols[i])
		}
		return nil
	}
	if depth > 0 && g.chance(45) {
		a, b := g.condition(rel, cols, depth-1), g.condition(rel, cols, depth-1)
		switch g.IntN(8) {
		case 0:
			return pred("not", a)
		case 1:
			return pred("coalesce", a, truth(g.chance(50)))
		case 2:
			return pred("case", a, b, truth(g.chance(50)))
		case 3, 4:
			return pred("and", a, b)
		}
		return pred("or", a, b)
	}
	switch g.IntN(16) {
	case 14:
		if o := of("members"); o != nil {
			return pick(g, pred("within", g.uid(), o), pred("has", o, lit("uuid[]", g.value("uuid[]"))), pred("meets", o, lit("uuid[]", g.value("uuid[]"))))
		}
	case 15:
		if o := of("data"); o != nil {
			return pick(g, pred("=", path(o), g.claim("tier", "text")), pred("has", o, lit("jsonb", g.value("jsonb"))))
		}
	case 0, 1, 2:
		if o := of("owner"); o != nil {
			return pred("=", o, g.uid())
		}
	case 3, 4:
		if o := of("org"); o != nil {
			return pred("=", o, g.claim("org", "bigint"))
		}
	case 5, 6, 7:
		if s := g.membership(rel, cols, depth); s != nil {
			return s
		}
	case 8:
		if f := g.called(of); f != nil {
			return f
		}
	case 9:
		return pred("=", pick(g, &node{op: "user", typ: "text"}, &node{op: "role", typ: "text"}), lit("text", pick(g, anon, authenticated, keeper)))
	case 10:
		return pred("=", g.claim("tier", "text"), lit("text", pick(g, "pro", "a")))
	case 11:
		if depth == alone {
			return truth(pick[any](g, true, true, false, nil))
		}
	}
	return g.comparison(rel, cols)
}

// path is a value inside of a jsonb.
func path(of *node) *node { return &node{op: "path", typ: "text", name: "k", kids: []*node{of}} }

func (g *maker) uid() *node { return &node{op: "uid", typ: "uuid", form: g.IntN(3)} }
func (g *maker) claim(name, typ string) *node {
	return &node{op: "claim", name: name, typ: typ, form: g.IntN(3)}
}

// membership reads a table that was there before.
func (g *maker) membership(rel string, cols []*column, depth int) *node {
	if len(g.w.tables) == 0 {
		return nil
	}
	t := pick(g, g.w.tables...)
	g.alias++
	alias := fmt.Sprintf("s%d", g.alias)
	join := func() *node {
		a := pick(g, cols...)
		for _, i := range g.Perm(len(t.columns)) {
			if b := t.columns[i]; b.typ == a.typ {
				return pred("=", col(alias, b), col(rel, a))
			}
		}
		return truth(true)
	}
	var cond *node
	if g.chance(60) {
		cond = pred("=", col(alias, t.columns[1]), g.uid())
	} else {
		cond = g.condition(alias, t.columns, depth-1)
	}
	switch g.IntN(4) {
	case 0:
		for _, i := range g.Perm(len(cols)) {
			for _, b := range t.columns {
				if b.typ == cols[i].typ {
					return &node{op: "insub", typ: "boolean", name: t.name, rel: alias, kids: []*node{col(rel, cols[i]), col(alias, b), cond}, form: g.IntN(2)}
				}
			}
		}
	case 1:
		n := &node{op: "count", typ: "bigint", name: t.name, rel: alias, kids: []*node{pred("and", join(), cond)}}
		return pred(pick(g, ">", "<", "=", ">="), n, lit("bigint", int64(g.IntN(3))))
	}
	return &node{op: "exists", typ: "boolean", name: t.name, rel: alias, kids: []*node{pred("and", join(), cond)}}
}

// called calls a function that returns a boolean.
func (g *maker) called(of func(string) *node) *node {
	for _, i := range g.Perm(len(g.w.functions)) {
		f := g.w.functions[i]
		if f.value == nil || len(f.closed) > 0 || !f.definer && g.reads(f.value) {
			continue
		}
		n := &node{op: "call", typ: "boolean", name: f.name}
		for _, p := range f.params {
			arg := lit(p.typ, g.maybe(p.typ))
			if p.typ == "bigint" && of("org") != nil {
				arg = of("org")
			} else if p.typ == "uuid" && of("owner") != nil && g.chance(50) {
				arg = of("owner")
			}
			n.kids = append(n.kids, arg)
		}
		if !slices.ContainsFunc(n.kids, func(k *node) bool { return k.op == "col" }) {
			n.form = g.IntN(2)
		}
		return n
	}
	return nil
}

func (g *maker) reads(n *node) bool {
	found := false
	n.walk(func(x *node) { found = found || x.subquery() })
	return found
}

// comparison compares a column with a value.
func (g *maker) comparison(rel string, cols []*column) *node {
	c := pick(g, cols...)
	l := func() *node { return lit(c.typ, g.value(c.typ)) }
	x := col(rel, c)
	if !ordered(c.typ) {
		switch n := g.IntN(6); {
		case n == 0:
			return pred("null", x)
		case n == 1:
			return pred("distinct", x, l())
		case n == 2:
			return pred(pick(g, "=", "<>"), x, l())
		case n == 3 && c.typ == "jsonb":
			return pred("=", path(x), lit("text", pick(g, "a", "1", "pro")))
		case n == 3:
			return pred("meets", x, l())
		}
		return pred("has", x, l())
	}
	switch g.IntN(8) {
	case 0:
		return pred("null", x)
	case 1:
		n := pred("in", x, l(), l())
		n.form = g.IntN(2)
		return n
	case 2:
		return pred("distinct", x, l())
	case 3:
		if c.typ == "boolean" {
			return pred("true", x)
		}
		if c.typ == "text" {
			return pred("like", x, lit("text", pick(g, "a%", "%b", "%", "a", "%a%")))
		}
	case 4:
		return pred("not", pred("=", x, l()))
	case 5:
		return pred(pick(g, "<", "<=", ">", ">=", "<>"), x, l())
	}
	return pred("=", x, l())
}

// function is one that policies call: a definer's in most cases.
func (g *maker) function(i int) *function {
	f := &function{name: fmt.Sprintf("f%d", i+1), owner: g.owner(), definer: g.chance(85) && !g.private, params: []param{{"a", "bigint"}}}
	if g.chance(30) {
		f.params = append(f.params, param{"u", "uuid"})
	}
	t := pick(g, g.w.tables...)
	g.alias++
	alias := fmt.Sprintf("s%d", g.alias)
	who := g.uid()
	if len(f.params) > 1 {
		who = &node{op: "arg", typ: "uuid", name: "u"}
	}
	cond := pred("and", pred("=", col(alias, t.column("org")), &node{op: "arg", typ: "bigint", name: "a"}), pred("=", col(alias, t.columns[1]), who))
	if g.chance(30) {
		cond = pred("and", cond, g.condition(alias, t.columns, 0))
	}
	f.value = &node{op: "exists", typ: "boolean", name: t.name, rel: alias, kids: []*node{cond}}
	if !f.definer && g.chance(60) {
		f.value = pred("or", pred("=", &node{op: "arg", typ: "bigint", name: "a"}, g.claim("org", "bigint")), pred("=", &node{op: "user", typ: "text"}, lit("text", authenticated)))
	}
	return f
}

// rows is a function that returns rows of a table.
func (g *maker) rows(i int) *function {
	f := &function{name: fmt.Sprintf("f%d", i+1), owner: g.owner(), definer: g.chance(50) && !g.private, of: pick(g, g.w.tables...), params: []param{{"a", "bigint"}}}
	arg := pred("=", col("base", f.of.column("org")), &node{op: "arg", typ: "bigint", name: "a"})
	f.where = pick(g, arg, pred("or", arg, g.condition("base", f.of.columns, 1)), g.condition("base", f.of.columns, 1))
	if g.chance(30) {
		f.closed = pick(g, []string{anon}, []string{anon, authenticated})
	}
	return f
}

func (g *maker) view(i int) *view {
	t := pick(g, g.w.tables...)
	v := &view{name: fmt.Sprintf("v%d", i+1), owner: g.owner(), invoker: g.chance(50) || g.private, of: t, where: truth(true)}
	for _, c := range t.columns {
		if c.name == "id" || g.chance(75) {
			v.columns = append(v.columns, c)
		}
	}
	if g.chance(50) {
		v.where = g.condition("base", t.columns, 1)
	}
	v.check = v.where.op != "lit" && g.chance(50)
	for _, role := range []string{anon, authenticated} {
		for _, c := range commands {
			if g.chance(85) {
				v.grants = append(v.grants, grant{role, c})
			}
		}
	}
	return v
}

// request makes a random request.
func (g *maker) request() *request {
	r := &request{who: pick(g, g.w.callers...), method: pick(g, "GET", "GET", "GET", "GET", "POST", "POST", "PATCH", "PATCH", "DELETE"), level: level{limit: -1}}
	if r.method == "GET" {
		g.get(r)
		return r
	}
	t := pick(g, g.w.tables...)
	cols := t.columns
	r.rel, r.back = t.name, g.chance(55)
	if len(g.w.views) > 0 && g.chance(25) {
		v := pick(g, g.w.views...)
		r.rel, cols = v.name, v.columns
	}
	if r.back {
		r.columns = g.columns(cols)
		r.one = g.chance(10)
	}
	if r.method != "POST" && g.chance(85) {
		r.where = g.filter(cols, 1)
	}
	switch r.method {
	case "POST":
		g.post(r, cols)
		if r.rel == t.name && r.resolution == "" && g.chance(25) {
			g.nest(r, t)
		}
	case "PATCH":
		r.body = []row{{}}
		for _, c := range cols[1:] {
			if g.chance(35) {
				r.keys = append(r.keys, c.name)
				r.body[0][c.name] = g.given(c)
			}
		}
		if c := cols[len(cols)-1]; r.keys == nil && c.name != "id" {
			r.keys = []string{c.name}
			r.body[0][c.name] = g.given(c)
		} else if r.keys == nil { // nothing can be changed
			r.method, r.body = "DELETE", nil
		}
	}
	return r
}

// nest puts rows of a table that refers to t into the body.
func (g *maker) nest(r *request, t *table) {
	for _, o := range g.w.tables {
		for _, c := range o.columns {
			if c.ref != t || o == t || r.inside != nil {
				continue
			}
			r.inside, r.back, r.one, r.columns = &inside{of: o, by: c, keys: []string{"id"}}, false, false, nil
			for _, k := range o.columns[1:] {
				if k != c && g.chance(75) {
					r.inside.keys = append(r.inside.keys, k.name)
				}
			}
			for range r.body {
				var rows []row
				for range g.IntN(3) {
					x := row{"id": g.nextID}
					g.nextID++
					for _, k := range r.inside.keys[1:] {
						x[k] = g.sent(r.who, o.column(k), g.chance(60))
					}
					rows = append(rows, x)
				}
				r.inside.rows = append(r.inside.rows, rows)
			}
		}
	}
}

// sent is a value that a caller sends in a new row; an own row names them, as policies like to have it.
func (g *maker) sent(who *caller, c *column, own bool) any {
	switch v := who.claims[c.name]; {
	case own && c.name == "owner" && who.sub != "":
		return who.sub
	case own && v != nil:
		return v
	}
	return g.given(c)
}

// given is a value that a client sends for a column.
func (g *maker) given(c *column) any {
	switch {
	case c.ref != nil && g.chance(85):
		return g.reference(c)
	case c.ref != nil:
		return int64(g.IntN(12))
	}
	return g.maybe(c.typ)
}

func (g *maker) post(r *request, cols []*column) {
	r.keys = []string{"id"}
	for _, c := range cols[1:] {
		if g.chance(75) {
			r.keys = append(r.keys, c.name)
		}
	}
	if g.w.view(r.rel) == nil {
		r.resolution = pick(g, "", "", "merge-duplicates", "merge-duplicates", "ignore-duplicates")
	}
	used := map[int64]bool{}
	for range 1 + g.IntN(3) {
		id := g.nextID
		if g.chance(50) && r.resolution != "" || g.chance(6) {
			id = int64(1 + g.IntN(8))
		} else {
			g.nextID++
		}
		if used[id] {
			continue
		}
		used[id] = true
		x := row{"id": id}
		own := g.chance(60)
		for _, c := range cols[1:] {
			if slices.Contains(r.keys, c.name) {
				x[c.name] = g.sent(r.who, c, own)
			}
		}
		r.body = append(r.body, x)
	}
}

func (g *maker) get(r *request) {
	r.count, r.one = g.chance(25), g.chance(6)
	n := g.IntN(10)
	switch {
	case n < 2 && len(g.w.functions) > 0:
		f := pick(g, g.w.functions...)
		r.args = map[string]any{}
		for _, p := range f.params {
			r.args[p.name] = g.value(p.typ)
		}
		if r.function = f.name; f.of == nil {
			r.count, r.one = false, false
			return
		}
		r.rel = f.name
		g.level(&r.level, f.of.columns)
	case n < 4 && len(g.w.views) > 0:
		v := pick(g, g.w.views...)
		r.rel = v.name
		g.level(&r.level, v.columns)
	default:
		t := pick(g, g.w.tables...)
		r.rel = t.name
		g.level(&r.level, t.columns)
		g.embeds(&r.level, t, 2)
	}
}

func (g *maker) level(l *level, cols []*column) {
	l.limit = -1
	l.columns = g.columns(cols)
	if g.chance(55) {
		l.where = g.filter(cols, 2)
	}
	if c := pick(g, cols...); ordered(c.typ) && g.chance(40) {
		l.order = append(l.order, by{c.name, g.chance(50), g.chance(50)})
	}
	l.order = append(l.order, by{"id", g.chance(30), false})
	if g.chance(25) {
		l.limit = g.IntN(4)
	}
	if g.chance(15) {
		l.offset = g.IntN(3)
	}
}

func (g *maker) columns(cols []*column) []string {
	if g.chance(40) {
		return names(cols)
	}
	var out []string
	for _, c := range cols {
		if g.chance(50) {
			out = append(out, c.name)
		}
	}
	if out == nil {
		return []string{"id"}
	}
	return out
}

// filter is a condition of a request.
func (g *maker) filter(cols []*column, depth int) *node {
	if depth > 0 && g.chance(40) {
		return pred(pick(g, "and", "or"), g.filter(cols, depth-1), g.filter(cols, depth-1))
	}
	if depth > 0 && g.chance(10) {
		return pred("not", pred(pick(g, "and", "or"), g.filter(cols, depth-1), g.filter(cols, depth-1)))
	}
	n := g.comparison("row", cols)
	n.form = 0
	return n
}

// embeds adds related tables.
func (g *maker) embeds(l *level, t *table, depth int) {
	for _, o := range g.w.tables {
		for _, c := range o.columns {
			if c.ref == nil || depth == 0 || !g.chance(35) {
				continue
			}
			x := &embed{constraint: o.name + "_" + c.name + "_fkey", inner: g.chance(35), alias: fmt.Sprintf("e%d", len(l.embeds)+1)}
			of := o
			switch {
			case o == t:
				of, x.one, x.here = c.ref, true, c.name
				g.level(&x.level, of.columns)
				x.limit, x.offset, x.order, x.join = -1, 0, nil, "id"
			case c.ref == t:
				x.here = "id"
				g.level(&x.level, of.columns)
				x.join = c.name
			default:
				continue
			}
			x.rel = of.name
			g.embeds(&x.level, of, depth-1)
			l.embeds = append(l.embeds, x)
		}
	}
}
