package catalog

import (
	"strings"
)

// Temporaries yields the session's temporary tables.
func (c *Catalog) Temporaries() (list []*Table) {
	prefix := c.tempSchema() + "\x00"
	for k, t := range c.tables.from(prefix) {
		if !strings.HasPrefix(k, prefix) {
			break
		}
		list = append(list, t)
	}
	return list
}

// HasTemporary says whether the session has temporary objects of any kind.
func (e *Edit) HasTemporary() bool { return len(e.membersOf(e.tempSchema())) > 0 }

// DropTemporary drops temporary objects and what depends on them: those of ON COMMIT DROP, or with all everything that the session has.
func (e *Edit) DropTemporary(all bool) Change {
	before := e.Mark()
	e.st = newStatement(Env{Role: "postgres", SearchPath: []string{"public"}})
	defer func() { e.st = nil }()
	var gone []addr
	for _, o := range e.membersOf(e.tempSchema()) {
		if t := e.TableByOID(o.oid); all || t != nil && t.OnCommit == "drop" {
			gone = append(gone, o)
		}
	}
	if len(gone) == 0 {
		return Change{}
	}
	e.drop(gone, true, -1)
	return e.change(before.facts)
}

// Sessions are the schemas of temporary objects, of all sessions.
func (c *Catalog) Sessions() (list []string) {
	last := ""
	note := func(schema string) {
		if Temporary(schema) && schema != last {
			last = schema
			list = append(list, schema)
		}
	}
	for t := range c.Tables() {
		note(t.Schema)
	}
	for q := range c.Sequences() {
		note(q.Schema)
	}
	for f := range c.AllFunctions() {
		note(f.Schema)
	}
	for y := range c.Types() {
		note(y.Schema)
	}
	return list
}
