package catalog

import "github.com/mainstay-dev/mainstay/internal/sql"

// read is a catalog that Build made as if Apply had made it: texts parsed, names in them fixed, dependencies known. A text that does not
// parse stays a text. Other catalogs are given as they are.
func (c *Catalog) read() *Catalog {
	if !c.unread {
		return c
	}
	e := c.Edit()
	e.unread = false
	e.st = &statement{env: Env{Role: "postgres", SearchPath: []string{"public"}}, seen: map[OID]bool{}}
	for _, oid := range e.allOIDs() {
		e.nextOID = max(e.nextOID, oid+1)
	}
	// Names and parts first: what follows resolves names.
	for y := range c.Types() {
		if e.tracked(y.OID) {
			n := *y
			n.Checks = nil
			for _, k := range y.Checks {
				m := *k
				m.Expr = parseText(k.Expr, k.ExprText)
				n.Checks = append(n.Checks, &m)
			}
			e.setType(&n)
		}
	}
	for t := range c.Tables() {
		e.setTable(parseTable(t))
	}
	for f := range c.AllFunctions() {
		e.readFunction(f)
	}
	for y := range e.Catalog().Types() {
		if userType(y) {
			e.dependType(y)
		}
	}
	for q := range c.Sequences() {
		if t := e.TableByOID(q.OwnerTable); t != nil {
			if k := t.Column(q.OwnerColumn); k != nil {
				e.depend(addr{oid: q.OID}, true, addr{oid: t.OID, sub: k.Num})
			}
		}
	}
	for t := range e.Catalog().Tables() {
		e.dependTable(t)
	}
	e.st = nil
	return e.Done()
}

func (e *Edit) allOIDs() []OID {
	var out []OID
	for oid := range e.typeByOID.all() {
		out = append(out, oid)
	}
	for oid := range e.funcByOID.all() {
		out = append(out, oid)
	}
	for oid := range e.seqByOID.all() {
		out = append(out, oid)
	}
	for s := range e.schemas.values() {
		out = append(out, s.OID)
	}
	for r := range e.roles.values() {
		out = append(out, r.OID)
	}
	for oid, t := range e.tableByOID.all() {
		out = append(out, oid)
		for _, k := range t.Constraints {
			out = append(out, k.OID)
		}
		for _, x := range t.Indexes {
			out = append(out, x.OID)
		}
		for _, g := range t.Triggers {
			out = append(out, g.OID)
		}
		for _, p := range t.Policies {
			out = append(out, p.OID)
		}
	}
	return out
}

// parseText gives the tree of an expression that may be known by its text alone.
func parseText(x sql.Expr, text string) sql.Expr {
	if u, ok := x.(*sql.UnsupportedExpr); ok {
		text = u.Feature
	} else if x != nil {
		return x
	}
	if text == "" {
		return x
	}
	if parsed, err := sql.ParseExpr(text); err == nil {
		return parsed
	}
	return &sql.UnsupportedExpr{Feature: text, Pos: sql.NoPos}
}

func parseTable(t *Table) *Table {
	n := t.edited()
	for i, k := range t.Columns {
		c := edit(n.Columns, i)
		if c.Default = parseText(k.Default, k.DefaultText); k.Identity != 0 {
			c.Default = nil
		}
	}
	for i, k := range t.Constraints {
		c := edit(n.Constraints, i)
		if c.Kind == Check {
			c.Expr = parseText(k.Expr, k.ExprText)
		}
	}
	for i, x := range t.Indexes {
		m := edit(n.Indexes, i)
		m.Keys = append([]sql.IndexKey(nil), x.Keys...)
		for j, k := range x.Keys {
			m.Keys[j].Expr = parseText(k.Expr, "")
		}
		m.Where = parseText(x.Where, "")
	}
	for i, g := range t.Triggers {
		u, ok := g.When.(*sql.UnsupportedExpr)
		if !ok {
			continue
		}
		// The text is the whole definition.
		if parsed, err := sql.Parse(u.Feature); err == nil && len(parsed) == 1 {
			if s, ok := parsed[0].Stmt.(*sql.CreateTrigger); ok {
				edit(n.Triggers, i).When = s.When
			}
		}
	}
	for i, p := range t.Policies {
		m := edit(n.Policies, i)
		m.Using, m.Check = parseText(p.Using, p.UsingText), parseText(p.Check, p.CheckText)
	}
	if t.Query == nil && t.QueryText != "" {
		if parsed, err := sql.Parse(t.QueryText); err == nil && len(parsed) == 1 {
			n.Query, _ = parsed[0].Stmt.(*sql.Select)
		}
	}
	return n
}

func (e *Edit) readFunction(f *Function) {
	n := *f
	n.Params = append([]Param(nil), f.Params...)
	at := addr{oid: f.OID}
	for i, p := range f.Params {
		n.Params[i].Type.Mod = -1
		e.depend(at, false, e.useOfType(p.Type))
		bind := e.binder()
		n.Params[i].Default = bind.expr(parseText(p.Default, p.DefaultText), nil)
		e.depend(at, false, bind.uses...)
	}
	e.depend(at, false, e.useOfType(f.Returns))
	if f.Language == "sql" && f.SQL == nil && f.Source != "" {
		if parsed, err := sql.Parse(f.Source); err == nil {
			for _, s := range parsed {
				n.SQL = append(n.SQL, s.Stmt)
			}
		}
	}
	e.setFunction(&n)
}

func (e *Edit) dependType(y *Type) {
	n := *y
	n.Checks = append([]*Constraint(nil), y.Checks...)
	at := addr{oid: y.OID}
	if y.Kind == DomainType {
		e.depend(at, false, e.useOfType(y.Base))
	}
	for _, f := range y.Fields {
		e.depend(addr{oid: y.OID, sub: f.Num}, false, e.useOfType(f.Type))
	}
	for i, k := range y.Checks {
		bind := e.binder()
		edit(n.Checks, i).Expr = bind.expr(k.Expr, nil)
		e.depend(addr{oid: k.OID}, true, at)
		e.depend(addr{oid: k.OID}, false, bind.uses...)
	}
	e.setType(&n)
}

// dependTable fixes the names in a table's trees and records what its parts need.
func (e *Edit) dependTable(t *Table) {
	b := e.build(t)
	n := b.t
	own := tableScope(n)
	for i := range n.Columns {
		c := edit(n.Columns, i)
		linked := c.Sequence
		b.bindColumn(c)
		c.Sequence = linked
	}
	for i, k := range n.Constraints {
		c := edit(n.Constraints, i)
		if k.Kind == Check {
			bind := e.binder()
			c.Expr = bind.expr(k.Expr, own)
			for _, u := range bind.uses {
				e.depend(addr{oid: k.OID}, u.oid == t.OID, u)
			}
			continue
		}
		b.dependOnColumns(k.OID, k.Columns)
		if ref := e.TableByOID(k.RefTable); ref != nil {
			for _, r := range k.RefColumns {
				e.depend(addr{oid: k.OID}, false, addr{oid: ref.OID, sub: ref.Column(r).Num})
			}
			if x := ref.uniqueIndex(k.RefColumns); x != nil {
				e.depend(addr{oid: k.OID}, false, addr{oid: x.OID})
			}
		}
	}
	for i, x := range n.Indexes {
		if x.Constraint != 0 {
			continue
		}
		m := edit(n.Indexes, i)
		bind := e.binder()
		for j, k := range m.Keys {
			if c := n.Column(k.Column); c != nil {
				bind.use(addr{oid: t.OID, sub: c.Num})
			}
			m.Keys[j].Expr = bind.expr(k.Expr, own)
		}
		m.Where = bind.expr(m.Where, own)
		b.dependOnColumns(x.OID, x.Include)
		for _, u := range bind.uses {
			e.depend(addr{oid: x.OID}, u.oid == t.OID, u)
		}
	}
	for i, g := range n.Triggers {
		bind := e.binder()
		edit(n.Triggers, i).When = bind.expr(g.When, tableScope(n, "new", "old"))
		at := addr{oid: g.OID}
		for _, c := range g.Columns {
			bind.use(addr{oid: t.OID, sub: n.Column(c).Num})
		}
		e.depend(at, false, bind.uses...)
		e.depend(at, false, addr{oid: g.Func})
		e.depend(at, true, addr{oid: t.OID})
	}
	for i, p := range n.Policies {
		e.policyExprs(n, edit(n.Policies, i), p.Using, p.Check)
	}
	if n.Query != nil {
		insertable, updatable, deletable := n.Insertable, n.Updatable, n.Deletable
		e.bindView(n, n.Query)
		n.Insertable, n.Updatable, n.Deletable = insertable, updatable, deletable
	}
	e.setTable(n)
}
