package access_test

import (
	"maps"
	"slices"
)

// A model is the naive interpreter: a world and its rows, in memory.
type model struct {
	w    *world
	rows map[string][]row
	// mistake is one that is made on purpose, "" for none.
	mistake string
}

func newModel(w *world) *model {
	m := &model{w: w, rows: map[string][]row{}}
	for _, t := range w.tables {
		m.rows[t.name] = slices.Clone(t.rows)
	}
	return m
}

// An answer is what a request must be answered with.
type answer struct {
	code  string // of the error, "" for none
	rows  []any  // of a read or a representation; nil for none
	value any    // of a function that returns one
	total int    // -1 when it was not asked for
	// What the order of a statement's rows decides, which is nobody's promise: another error that may come in the place of this one, or of no error.
	instead []string
}

func failed(code string) answer { return answer{code: code, total: -1} }

const (
	denied   = "42501"
	conflict = "23505"
	orphan   = "23503"
	missing  = "23502"
	outside  = "44000"
)

// bypasses says whether a table's policies do not hold for a role.
func (m *model) bypasses(t *table, role string) bool {
	return !t.rls || role == service || role == super || has(role, t.owner) && (!t.force || m.mistake == "force is ignored")
}

// passes says whether a row passes the policies of a command for a role: one permissive one at least, and all restrictive ones. With check it is a
// row to be written.
func (m *model) passes(e *env, t *table, command string, check bool, r row) bool {
	if m.bypasses(t, e.as) {
		return true
	}
	in := e.with(t.name, r)
	open := false
	for _, p := range t.poli {
		if !m.holds(p, command, e.as) {
			continue
		}
		cond := p.using
		if check && p.check != nil && m.mistake != "check is using" {
			cond = p.check
		}
		ok := true
		if cond != nil {
			v := cond.eval(in)
			ok = v == true || v == nil && m.mistake == "null is true"
		}
		switch {
		case p.permissive || m.mistake == "restrictive is permissive":
			open = open || ok
		case !ok && m.mistake != "restrictive is ignored":
			return false
		}
	}
	return open
}

func (m *model) holds(p *policy, command, role string) bool {
	if p.command != "all" && p.command != command && !(m.mistake == "commands are ignored") {
		return false
	}
	return m.mistake == "roles are ignored" || slices.ContainsFunc(p.roles, func(of string) bool { return has(role, of) })
}

// visible are the rows of a table that a query sees.
func (m *model) visible(e *env, name string) []row {
	t := m.w.table(name)
	var out []row
	for _, r := range m.rows[name] {
		if m.mistake == "sub-queries see everything" && e.old != nil || m.passes(e, t, "select", false, r) {
			out = append(out, r)
		}
	}
	return out
}

// inside is what the body of a function is evaluated in.
func (m *model) inside(e *env, f *function, args map[string]any) *env {
	in := &env{m: m, who: e.who, user: e.user, as: e.user, args: args}
	if f.definer && m.mistake != "definer is invoker" {
		in.user, in.as = f.owner, f.owner
	}
	return in
}

// may says whether a role has a privilege on columns of a relation; on any of them when none is named.
func (m *model) may(role, rel, command string, cols ...string) bool {
	owner, list, columns := "", []grant(nil), []*column(nil)
	if t := m.w.table(rel); t != nil {
		owner, list, columns = t.owner, t.grants, t.columns
		if role == keeper {
			return true
		}
	} else {
		v := m.w.view(rel)
		owner, list = v.owner, v.grants
	}
	if role == service || role == super || has(role, owner) {
		return true
	}
	given := func(list []grant) bool {
		return slices.ContainsFunc(list, func(g grant) bool { return has(role, g.role) && g.command == command })
	}
	if given(list) || m.mistake == "columns are ignored" && len(cols) > 0 {
		return true
	}
	if len(cols) == 0 {
		return slices.ContainsFunc(columns, func(c *column) bool { return given(c.grants) })
	}
	return !slices.ContainsFunc(cols, func(name string) bool {
		i := slices.IndexFunc(columns, func(c *column) bool { return c.name == name })
		return i < 0 || !given(columns[i].grants)
	})
}

// permitted says whether a role may read what an expression reads in sub-queries, and what the policies there read.
func (m *model) permitted(role string, n *node) bool {
	ok := true
	if n == nil {
		return true
	}
	n.walk(func(x *node) {
		if x.subquery() {
			ok = ok && m.may(role, x.name, "select", x.columns(x.rel)...) && m.policed(role, m.w.table(x.name), "select")
		}
	})
	return ok
}

// policed says whether a role may read what the policies of commands on a table read. Where nothing is permitted, restrictions are not looked at.
func (m *model) policed(role string, t *table, commands ...string) bool {
	if m.bypasses(t, role) {
		return true
	}
	for _, c := range commands {
		var using, check, alone []*node // of the permissive ones, and of the restrictive ones
		open := false
		for _, p := range t.poli {
			if !m.holds(p, c, role) {
				continue
			}
			u, k := p.using, p.check
			if k == nil {
				k = u
			}
			if c == "insert" {
				u = nil
			}
			if c != "insert" && c != "update" {
				k = nil
			}
			if p.permissive {
				open, using, check = true, append(using, u), append(check, k)
			} else {
				alone = append(alone, u, k)
			}
		}
		for _, n := range append(alone, pred("or", using...), pred("or", check...)) {
			if open && !m.permitted(role, n.lean()) {
				return false
			}
		}
	}
	return true
}

// source gives the rows of a table, view or function that a caller's query may see, and whether it may see them at all. cols are those that it names.
func (m *model) source(e *env, r *request, rel string, cols []string) ([]row, bool) {
	if f := m.w.function(rel); f != nil {
		if slices.ContainsFunc(f.closed, func(of string) bool { return has(e.as, of) }) {
			return nil, false
		}
		in := m.inside(e, f, r.args)
		if !m.may(in.as, f.of.name, "select", names(f.of.columns)...) || !m.policed(in.as, f.of, "select") || !m.permitted(in.as, f.where.lean()) {
			return nil, false
		}
		return m.filtered(in, f.of.name, f.where), true
	}
	if !m.may(e.as, rel, "select", cols...) {
		return nil, false
	}
	v := m.w.view(rel)
	if v == nil {
		return m.visible(e, rel), m.policed(e.as, m.w.table(rel), "select")
	}
	in := m.through(e, v)
	used := append(names(v.columns), v.where.columns("base")...)
	if !m.may(in.as, v.of.name, "select", used...) || !m.policed(in.as, v.of, "select") || !m.permitted(in.as, v.where.lean()) {
		return nil, false
	}
	var out []row
	for _, r := range m.filtered(in, v.of.name, v.where) {
		shown := row{}
		for _, c := range v.columns {
			shown[c.name] = r[c.name]
		}
		out = append(out, shown)
	}
	return out, true
}

// filtered are the rows of a table, under the alias base, that a query sees and for which a condition holds.
func (m *model) filtered(e *env, name string, where *node) []row {
	var out []row
	for _, r := range m.visible(e, name) {
		if where.eval(e.with("base", r)) == true {
			out = append(out, r)
		}
	}
	return out
}

// answer says what a request must be answered with, and does what it does.
func (m *model) answer(r *request) answer {
	e := &env{m: m, who: r.who, user: r.who.role, as: r.who.role}
	switch {
	case r.method != "GET":
		before := maps.Clone(m.rows)
		for k, v := range before {
			before[k] = slices.Clone(v)
		}
		a := m.write(e, r)
		if a.code == "" && r.one && len(a.rows) != 1 {
			a = failed("PGRST116")
		}
		if a.code != "" {
			m.rows = before
		}
		return a
	case r.rel == "":
		f := m.w.function(r.function)
		if slices.ContainsFunc(f.closed, func(of string) bool { return has(e.as, of) }) {
			return failed(denied)
		}
		in := m.inside(e, f, r.args)
		if !m.permitted(in.as, f.value) {
			return failed(denied)
		}
		return answer{value: f.value.eval(in), total: -1}
	}
	return m.read(e, r)
}

func (m *model) read(e *env, r *request) answer {
	if !m.reachable(e, r, r.rel, &r.level) {
		return failed(denied)
	}
	rows, _ := m.source(e, r, r.rel, r.named())
	a := answer{rows: []any{}, total: -1}
	list := m.chosen(e, rows, &r.level)
	total := len(list)
	if r.count {
		a.total = total
	}
	list = page(list, &r.level)
	if r.one && len(list) != 1 {
		return failed("PGRST116")
	}
	if r.count && r.offset > total {
		return failed("PGRST103")
	}
	for _, x := range list {
		a.rows = append(a.rows, m.shown(e, x, &r.level))
	}
	return a
}

// reachable says whether a caller may ask for what a level names, and for what its embedded levels name.
func (m *model) reachable(e *env, r *request, rel string, l *level) bool {
	if _, ok := m.source(e, r, rel, l.named()); !ok {
		return false
	}
	for _, x := range l.embeds {
		if !m.reachable(e, r, x.rel, &x.level) {
			return false
		}
	}
	return true
}

// chosen are the rows of a level that its filters leave, in its order. An inner embed leaves those that have rows there.
func (m *model) chosen(e *env, rows []row, l *level) []row {
	var out []row
	for _, r := range rows {
		in := e.with("row", r)
		ok := l.where == nil || l.where.eval(in) == true
		for _, x := range l.embeds {
			ok = ok && !(x.inner && len(m.embedded(e, r, x)) == 0)
		}
		if ok {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b row) int {
		for _, o := range l.order {
			x, y := a[o.column], b[o.column]
			c := 0
			switch {
			case x == nil && y == nil:
			case x == nil || y == nil:
				c = 1
				if (x == nil) == o.nullsFirst {
					c = -1
				}
			default:
				c = order(x, y)
				if o.desc {
					c = -c
				}
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return out
}

// embedded are the rows of an embedded level for a row, before its own page.
func (m *model) embedded(e *env, r row, x *embed) []row {
	rows, _ := m.source(e, &request{}, x.rel, nil)
	rows = slices.DeleteFunc(slices.Clone(rows), func(o row) bool { return compare("=", r[x.here], o[x.join]) != true })
	return m.chosen(e, rows, &x.level)
}

func page(rows []row, l *level) []row {
	rows = rows[min(l.offset, len(rows)):]
	if l.limit >= 0 {
		rows = rows[:min(l.limit, len(rows))]
	}
	return rows
}

// shown is a row as JSON shows it.
func (m *model) shown(e *env, r row, l *level) map[string]any {
	out := map[string]any{}
	for _, c := range l.columns {
		out[c] = r[c]
	}
	for _, x := range l.embeds {
		list := []any{}
		for _, o := range page(m.embedded(e, r, x), &x.level) {
			list = append(list, m.shown(e, o, &x.level))
		}
		switch {
		case !x.one:
			out[x.alias] = list
		case len(list) == 0:
			out[x.alias] = nil
		default:
			out[x.alias] = list[0]
		}
	}
	return out
}
