package access_test

import (
	"maps"
	"slices"
)

// write does what a writing request asks for, as PostgreSQL does it: row by row, each seeing what was there before the statement.
func (m *model) write(e *env, r *request) answer {
	t := m.w.table(r.rel)
	read := r.where != nil || r.back || r.resolution != ""
	if !m.mayWrite(e.as, t, r, read) {
		return failed(denied)
	}
	before := &model{w: m.w, rows: m.rows, mistake: m.mistake} // what the conditions see
	m.rows = maps.Clone(m.rows)
	seen := *e
	seen.m = before
	var touched, back []row
	a := answer{total: -1}
	switch r.method {
	case "POST":
		a.code, touched = m.insert(&seen, t, r, read)
		back = touched
	case "PATCH":
		a.code, a.instead, touched = m.update(&seen, t, r, read)
		back = touched
	case "DELETE":
		back = before.targets(&seen, t, r, "delete", read)
		m.rows[t.name] = slices.DeleteFunc(slices.Clone(m.rows[t.name]), func(x row) bool { return among(back, x) })
		a.code, a.instead = m.deleted(t, back)
	}
	if a.code == "" && !m.referred(t, touched) {
		a.code = orphan
	}
	if a.code != "" {
		return answer{code: a.code, instead: a.instead, total: -1}
	}
	if r.back {
		a.rows = []any{}
		for _, x := range back {
			a.rows = append(a.rows, m.shown(&seen, x, &r.level))
		}
	} else if r.one {
		a.rows = make([]any, len(back))
	}
	return a
}

// mayWrite looks at privileges, those of what policies read included.
func (m *model) mayWrite(as string, t *table, r *request, read bool) bool {
	command := map[string]string{"POST": "insert", "PATCH": "update", "DELETE": "delete"}[r.method]
	ok := true
	if command == "delete" {
		ok = m.may(as, t.name, command)
	} else {
		ok = m.may(as, t.name, command, r.keys...)
	}
	commands := []string{command}
	if read {
		cols := []string{}
		if r.where != nil {
			cols = r.where.columns("row")
		}
		if r.back {
			cols = append(cols, r.columns...)
		}
		if r.resolution != "" {
			cols = append(cols, "id")
		}
		ok = ok && m.may(as, t.name, "select", cols...)
		commands = append(commands, "select")
	}
	if r.resolution == "merge-duplicates" {
		ok = ok && m.may(as, t.name, "update", r.keys...) && m.may(as, t.name, "select", r.keys...)
		commands = append(commands, "update")
	}
	return ok && m.policed(as, t, commands...)
}

// targets are the rows that a request changes.
func (m *model) targets(e *env, t *table, r *request, command string, read bool) []row {
	var out []row
	for _, x := range m.rows[t.name] {
		if m.passes(e, t, command, false, x) && (!read || m.passes(e, t, "select", false, x) || m.mistake == "writes need no reading") &&
			(r.where == nil || r.where.eval(e.with("row", x)) == true) {
			out = append(out, x)
		}
	}
	return out
}

// written says whether a new row may be there: by the policies of its command, and by those of reading where the statement reads.
func (m *model) written(e *env, t *table, command string, read bool, x row) bool {
	return m.passes(e, t, command, true, x) && (!read || e.m.mistake == "new rows need no reading" || m.passes(e, t, "select", false, x))
}

func (m *model) insert(e *env, t *table, r *request, read bool) (string, []row) {
	var touched []row
	for _, given := range r.body {
		x := row{}
		for _, c := range t.columns {
			x[c.name] = nil
			if c.uid && e.who.sub != "" {
				x[c.name] = e.who.sub
			}
			if v, ok := given[c.name]; ok {
				x[c.name] = v
			}
		}
		if !m.written(e, t, "insert", read, x) {
			return denied, nil
		}
		if !whole(t, x) {
			return missing, nil
		}
		i := slices.IndexFunc(m.rows[t.name], func(o row) bool { return o["id"] == x["id"] })
		switch {
		case i < 0:
			m.rows[t.name] = append(slices.Clone(m.rows[t.name]), x)
			touched = append(touched, x)
		case r.resolution == "":
			return conflict, nil
		case r.resolution == "merge-duplicates":
			there := m.rows[t.name][i]
			if !m.passes(e, t, "update", false, there) || !m.passes(e, t, "select", false, there) {
				return denied, nil
			}
			merged := maps.Clone(there)
			for _, k := range r.keys {
				merged[k] = x[k]
			}
			if !m.written(e, t, "update", true, merged) {
				return denied, nil
			}
			m.replace(t, there, merged)
			touched = append(touched, merged)
		}
	}
	return "", touched
}

func (m *model) update(e *env, t *table, r *request, read bool) (code string, instead []string, touched []row) {
	for _, x := range e.m.targets(e, t, r, "update", read) {
		next := maps.Clone(x)
		for _, k := range r.keys {
			next[k] = r.body[0][k]
		}
		wrong := ""
		switch {
		case !m.written(e, t, "update", read, next):
			wrong = denied
		case !whole(t, next):
			wrong = missing
		}
		if wrong != "" {
			instead = append(instead, wrong)
			code = instead[0]
		}
		m.replace(t, x, next)
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
