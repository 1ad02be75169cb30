package access_test

import (
	"maps"
	"slices"
)

// A change is what a write is made of: the table, the view that it goes through, and who is looked at.
type change struct {
	*request
	t    *table
	v    *view // nil for none
	in   *env  // whose policies hold; what conditions see is what was there before the statement
	read bool  // the statement reads the rows that it writes
}

// write does what a writing request asks for, as PostgreSQL does it: row by row, each seeing what was there before the statement.
func (m *model) write(e *env, r *request) answer {
	c := &change{request: r, t: m.w.table(r.rel), v: m.w.view(r.rel), in: e, read: r.where != nil || r.back || r.resolution != ""}
	if c.v != nil {
		if !m.mayChange(e.as, c.v.name, r, c.read, c.touched()) {
			return failed(denied)
		}
		c.t, c.in = c.v.of, m.through(e, c.v)
	}
	if !m.mayWrite(c) {
		return failed(denied)
	}
	a, back := m.statement(e, c)
	if a.code == "" && r.inside != nil {
		a = m.nested(e, r)
	}
	if a.code != "" {
		return a
	}
	if r.back {
		a.rows = []any{}
		for _, x := range back {
			a.rows = append(a.rows, m.shown(e, x, &r.level))
		}
	} else if r.one {
		a.rows = make([]any, len(back))
	}
	return a
}

// through is what a view's relation is looked at in.
func (m *model) through(e *env, v *view) *env {
	in := &env{m: m, who: e.who, user: e.user, as: v.owner}
	if v.invoker && m.mistake != "views are their owner's" {
		in.as = e.as
	}
	return in
}

// statement runs one statement.
func (m *model) statement(e *env, c *change) (a answer, back []row) {
	before := &model{w: m.w, rows: m.rows, mistake: m.mistake} // what the conditions see
	m.rows = maps.Clone(m.rows)
	seen := *c.in
	seen.m = before
	c.in = &seen
	var touched []row
	a = answer{total: -1}
	switch c.method {
	case "POST":
		a.code, touched = m.insert(c)
		back = touched
	case "PATCH":
		a.code, a.instead, touched = m.update(c)
		back = touched
	case "DELETE":
		back = before.targets(c, "delete")
		m.rows[c.t.name] = slices.DeleteFunc(slices.Clone(m.rows[c.t.name]), func(x row) bool { return among(back, x) })
		a.code, a.instead = m.deleted(c.t, back)
	}
	if a.code == "" && !m.referred(c.t, touched) {
		a.code = orphan
	}
	if a.code != "" {
		return answer{code: a.code, instead: a.instead, total: -1}, nil
	}
	return a, back
}

// nested writes the rows inside of a body, in a statement of their own.
func (m *model) nested(e *env, r *request) answer {
	o := &request{who: r.who, method: "POST", rel: r.inside.of.name, keys: append([]string{r.inside.by.name}, r.inside.keys...)}
	for i, rows := range r.inside.rows {
		for _, x := range rows {
			x = maps.Clone(x)
			x[r.inside.by.name] = r.body[i]["id"]
			o.body = append(o.body, x)
		}
	}
	if o.body == nil {
		return answer{total: -1}
	}
	return m.write(e, o)
}

// touched are the columns that a request's conditions and its answer name.
func (c *change) touched() []string {
	var cols []string
	if c.where != nil {
		cols = c.where.columns("row")
	}
	if c.back {
		cols = append(cols, c.columns...)
	}
	if c.resolution != "" {
		cols = append(cols, "id")
	}
	return cols
}

// mayWrite looks at privileges on the table, those of what policies and a view read included.
func (m *model) mayWrite(c *change) bool {
	cols := c.touched()
	if c.v != nil {
		cols = append(names(c.v.columns), c.v.where.columns("base")...)
	}
	ok := m.mayChange(c.in.as, c.t.name, c.request, c.read, cols)
	commands := []string{commandOf[c.method]}
	if c.read {
		commands = append(commands, "select")
	}
	if c.resolution == "merge-duplicates" {
		commands = append(commands, "update")
	}
	if c.v != nil && (c.method != "POST" || c.v.check) {
		ok = ok && m.permitted(c.in.as, c.v.where)
	}
	return ok && m.policed(c.in.as, c.t, commands...)
}

var commandOf = map[string]string{"POST": "insert", "PATCH": "update", "DELETE": "delete"}

// mayChange looks at privileges on a relation: to write the columns of the body, and to read others.
func (m *model) mayChange(as, rel string, r *request, read bool, cols []string) bool {
	ok := true
	if r.method == "DELETE" {
		ok = m.may(as, rel, "delete")
	} else {
		ok = m.may(as, rel, commandOf[r.method], r.keys...)
	}
	if read {
		ok = ok && m.may(as, rel, "select", cols...)
	}
	if r.resolution == "merge-duplicates" {
		ok = ok && m.may(as, rel, "update", r.keys...) && m.may(as, rel, "select", r.keys...)
	}
	return ok
}

// targets are the rows that a request changes.
func (m *model) targets(c *change, command string) []row {
	var out []row
	for _, x := range m.rows[c.t.name] {
		if m.passes(c.in, c.t, command, false, x) && (!c.read || m.passes(c.in, c.t, "select", false, x) || m.mistake == "writes need no reading") &&
			(c.v == nil || c.v.where.eval(c.in.with("base", x)) == true) && (c.where == nil || c.where.eval(c.in.with("row", x)) == true) {
			out = append(out, x)
		}
	}
	return out
}

// shows says whether a new row may be written through the view.
func (c *change) shows(x row) bool {
	return c.v == nil || !c.v.check || c.in.m.mistake == "check options are ignored" || c.v.where.eval(c.in.with("base", x)) == true
}

// written says whether a new row may be there: by the policies of its command, and by those of reading where the statement reads.
func (m *model) written(e *env, t *table, command string, read bool, x row) bool {
	return m.passes(e, t, command, true, x) && (!read || e.m.mistake == "new rows need no reading" || m.passes(e, t, "select", false, x))
}

func (m *model) insert(c *change) (string, []row) {
	var touched []row
	for _, given := range c.body {
		x := row{}
		for _, k := range c.t.columns {
			x[k.name] = nil
			if k.uid && c.in.who.sub != "" {
				x[k.name] = c.in.who.sub
			}
			if v, ok := given[k.name]; ok {
				x[k.name] = v
			}
		}
		if !m.written(c.in, c.t, "insert", c.read, x) {
			return denied, nil
		}
		if !whole(c.t, x) {
			return missing, nil
		}
		i := slices.IndexFunc(m.rows[c.t.name], func(o row) bool { return o["id"] == x["id"] })
		switch {
		case i < 0:
			m.rows[c.t.name] = append(slices.Clone(m.rows[c.t.name]), x)
			touched = append(touched, x)
			if !c.shows(x) {
				return outside, nil
			}
		case c.resolution == "":
			return conflict, nil
		case c.resolution == "merge-duplicates":
			there := m.rows[c.t.name][i]
			if !m.passes(c.in, c.t, "update", false, there) || !m.passes(c.in, c.t, "select", false, there) {
				return denied, nil
			}
			merged := maps.Clone(there)
			for _, k := range c.keys {
				merged[k] = x[k]
			}
			if !m.written(c.in, c.t, "update", true, merged) {
				return denied, nil
			}
			m.replace(c.t, there, merged)
			touched = append(touched, merged)
		}
	}
	return "", touched
}

func (m *model) update(c *change) (code string, instead []string, touched []row) {
	for _, x := range c.in.m.targets(c, "update") {
		next := maps.Clone(x)
		for _, k := range c.keys {
			next[k] = c.body[0][k]
		}
		wrong := ""
		switch {
		case !m.written(c.in, c.t, "update", c.read, next):
			wrong = denied
		case !whole(c.t, next):
			wrong = missing
		case !c.shows(next):
			wrong = outside
		}
		if wrong != "" {
			instead = append(instead, wrong)
			code = instead[0]
		}
		m.replace(c.t, x, next)
		touched = append(touched, next)
	}
	return code, instead, touched
}

func (m *model) replace(t *table, old, next row) {
	list := slices.Clone(m.rows[t.name])
	list[slices.IndexFunc(list, func(x row) bool { return x["id"] == old["id"] })] = next
	m.rows[t.name] = list
}

func whole(t *table, x row) bool {
	return !slices.ContainsFunc(t.columns, func(c *column) bool { return (c.notNull || c.name == "id") && x[c.name] == nil })
}

func among(list []row, x row) bool {
	return slices.ContainsFunc(list, func(o row) bool { return o["id"] == x["id"] })
}

// referred says whether the rows that foreign keys of rows name are there. Policies do not hold for foreign keys.
func (m *model) referred(t *table, rows []row) bool {
	for _, x := range rows {
		for _, c := range t.columns {
			if c.ref != nil && x[c.name] != nil && !among(m.rows[c.ref.name], row{"id": x[c.name]}) {
				return false
			}
		}
	}
	return true
}

// deleted does what foreign keys do when rows are gone: first what follows, then what forbids it. Where the other order would forbid more, either may come.
func (m *model) deleted(t *table, gone []row) (string, []string) {
	forbidden := func() bool {
		for _, o := range m.w.tables {
			for _, c := range o.columns {
				if c.ref == nil || c.action != "" {
					continue
				}
				for _, x := range m.rows[o.name] {
					if x[c.name] != nil && !among(m.rows[c.ref.name], row{"id": x[c.name]}) {
						return true
					}
				}
			}
		}
		return false
	}
	early := forbidden()
	m.follow(t, gone, &early, forbidden)
	if forbidden() {
		return orphan, nil
	}
	if early {
		return "", []string{orphan}
	}
	return "", nil
}

func (m *model) follow(t *table, gone []row, early *bool, forbidden func() bool) {
	for _, o := range m.w.tables {
		for _, c := range o.columns {
			if c.ref != t || c.action == "" {
				continue
			}
			var next []row
			var list []row
			for _, x := range m.rows[o.name] {
				switch {
				case x[c.name] == nil || !among(gone, row{"id": x[c.name]}):
					list = append(list, x)
				case c.action == " on delete set null":
					y := maps.Clone(x)
					y[c.name] = nil
					list = append(list, y)
				default:
					next = append(next, x)
				}
			}
			m.rows[o.name] = list
			*early = *early || forbidden()
			if len(next) > 0 {
				m.follow(o, next, early, forbidden)
			}
		}
	}
}
