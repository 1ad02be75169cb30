package catalog

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// ---- comments ----

func (e *Edit) comment(s *sql.Comment) {
	e.st.tag = "COMMENT"
	text := s.Text
	if s.Null {
		text = ""
	}
	switch s.Kind {
	case sql.KindTable, sql.KindView, sql.KindMatView:
		t := e.relation(s.Name, false)
		if t.kindWord() != string(s.Kind) {
			e.fail(s.Name.Pos, fault.WrongObjectType, "%q is not a %s", t.Name, s.Kind)
		}
		e.needOwner(t.Owner, t.kindWord(), t.Name, s.Name.Pos)
		n := t.edited()
		n.Comment = text
		e.setTable(n)
	case sql.KindColumn, sql.KindConstraint, sql.KindTrigger, sql.KindPolicy:
		e.commentPart(s, text)
	case sql.KindIndex:
		t, x := e.findIndex(s.Name)
		if x == nil {
			e.fail(s.Name.Pos, fault.UndefinedTable, "relation %q does not exist", qualifiedText(s.Name))
		}
		n := t.edited()
		edit(n.Indexes, slices.Index(n.Indexes, x)).Comment = text
		e.setTable(n)
	case sql.KindSequence:
		q := e.FindSequence(e.st.env.SearchPath, s.Name)
		if q == nil {
			e.fail(s.Name.Pos, fault.UndefinedTable, "relation %q does not exist", qualifiedText(s.Name))
		}
		n := *q
		n.Comment = text
		e.setSequence(&n)
	case sql.KindFunction, sql.KindProcedure, sql.KindRoutine, sql.KindAggregate:
		f := *e.function(s.Kind, s.Name, s.Args, false)
		e.needOwner(f.Owner, "function", f.Name, s.Name.Pos)
		f.Comment = text
		e.setFunction(&f)
	case sql.KindType, sql.KindDomain:
		y := *e.typeByName(s.Name)
		if s.Kind == sql.KindDomain && y.Kind != DomainType {
			e.fail(s.Name.Pos, fault.WrongObjectType, "%q is not a domain", qualifiedText(s.Name))
		}
		e.needOwner(y.Owner, "type", y.Name, s.Name.Pos)
		y.Comment = text
		e.setType(&y)
	case sql.KindSchema:
		o := e.schema(s.Name.Name, s.Name.Pos)
		e.needOwner(o.Owner, "schema", o.Name, s.Name.Pos)
		n := *o
		n.Comment = text
		e.schemas = e.schemas.set(n.Name, &n)
		e.view = nil
		e.st.steps = append(e.st.steps, ChangedSchema{o, &n})
	case sql.KindExtension:
		if e.Extension(s.Name.Name) == nil {
			e.fail(s.Name.Pos, fault.UndefinedObject, "extension %q does not exist", s.Name.Name)
		}
	case sql.KindRole:
		e.role(s.Name.Name, s.Name.Pos)
	case sql.KindPublication:
		if e.Publication(s.Name.Name) == nil {
			e.fail(s.Name.Pos, fault.UndefinedObject, "publication %q does not exist", s.Name.Name)
		}
	}
}

func (e *Edit) findIndex(n sql.Name) (*Table, *Index) {
	for _, schema := range e.searchOrder(e.st.env.SearchPath, n.Schema) {
		if t, x := e.Index(schema, n.Name); x != nil {
			return t, x
		}
	}
	return nil, nil
}

func (e *Edit) commentPart(s *sql.Comment, text string) {
	if s.OnDomain {
		n := *e.typeByName(s.Name)
		n.Checks = slices.Clone(n.Checks)
		i := slices.IndexFunc(n.Checks, func(k *Constraint) bool { return k.Name == s.Sub })
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedObject, "constraint %q for domain %s does not exist", s.Sub, e.TypeString(TypeRef{n.OID, -1}))
		}
		edit(n.Checks, i).Comment = text
		e.setType(&n)
		return
	}
	if y := e.lookupType(e.st.env.SearchPath, s.Name); s.Kind == sql.KindColumn && y != nil && y.Kind == CompositeType && y.Table == 0 {
		i := slices.IndexFunc(y.Fields, func(f *Column) bool { return f.Name == s.Sub })
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedColumn, "column %q of relation %q does not exist", s.Sub, y.Name)
		}
		n := *y
		n.Fields = slices.Clone(y.Fields)
		edit(n.Fields, i).Comment = text
		e.setType(&n)
		return
	}
	t := e.relation(s.Name, false)
	e.needOwner(t.Owner, t.kindWord(), t.Name, s.Name.Pos)
	n := t.edited()
	switch s.Kind {
	case sql.KindColumn:
		i := t.ColumnIndex(s.Sub)
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedColumn, "column %q of relation %q does not exist", s.Sub, t.Name)
		}
		edit(n.Columns, i).Comment = text
	case sql.KindConstraint:
		i := slices.IndexFunc(t.Constraints, func(k *Constraint) bool { return k.Name == s.Sub })
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedObject, "constraint %q for table %q does not exist", s.Sub, t.Name)
		}
		edit(n.Constraints, i).Comment = text
	case sql.KindTrigger:
		i := slices.IndexFunc(t.Triggers, func(g *Trigger) bool { return g.Name == s.Sub })
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedObject, "trigger %q for table %q does not exist", s.Sub, t.Name)
		}
		edit(n.Triggers, i).Comment = text
	case sql.KindPolicy:
		i := slices.IndexFunc(t.Policies, func(p *Policy) bool { return p.Name == s.Sub })
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedObject, "policy %q for table %q does not exist", s.Sub, t.Name)
		}
		edit(n.Policies, i).Comment = text
	}
	e.setTable(n)
}

// ---- owners ----

func (e *Edit) alterOwner(s *sql.AlterOwner) {
	e.st.tag = "ALTER " + strings.ToUpper(string(s.Kind))
	owner := e.role(s.Owner, s.Pos)
	own := func(old, kind, name string) {
		e.needOwner(old, kind, name, s.Name.Pos)
		e.needMember(owner, s.Pos)
	}
	switch s.Kind {
	case sql.KindTable, sql.KindView, sql.KindMatView:
		t := e.relation(s.Name, false)
		own(t.Owner, t.kindWord(), t.Name)
		e.tableOwner(t, owner, s.Pos)
	case sql.KindSequence:
		q := e.FindSequence(e.st.env.SearchPath, s.Name)
		if q == nil {
			e.fail(s.Name.Pos, fault.UndefinedTable, "relation %q does not exist", qualifiedText(s.Name))
		}
		own(q.Owner, "sequence", q.Name)
		if t := e.TableByOID(q.OwnerTable); t != nil && t.Owner != owner {
			raise(fault.New(fault.FeatureNotSupported, "cannot change owner of sequence %q", q.Name).
				WithDetail("Sequence %q is linked to table %q.", q.Name, t.Name), s.Name.Pos)
		}
		n := *q
		n.ACL, n.Owner = q.ACL.newOwner(q.Owner, owner), owner
		e.setSequence(&n)
	case sql.KindFunction, sql.KindProcedure, sql.KindRoutine, sql.KindAggregate:
		f := *e.function(s.Kind, s.Name, s.Args, false)
		own(f.Owner, "function", f.Name)
		f.ACL, f.Owner = f.ACL.newOwner(f.Owner, owner), owner
		e.setFunction(&f)
	case sql.KindType, sql.KindDomain:
		y := *e.typeByName(s.Name)
		if y.Table != 0 {
			raise(fault.New(fault.WrongObjectType, "%s is a table's row type", e.TypeString(TypeRef{y.OID, -1})).WithHint("Use ALTER TABLE instead."), s.Name.Pos)
		}
		own(y.Owner, "type", y.Name)
		y.ACL, y.Owner = y.ACL.newOwner(y.Owner, owner), owner
		e.setType(&y)
		if a := e.Type(y.Array); a != nil {
			n := *a
			n.Owner = owner
			e.setType(&n)
		}
	case sql.KindSchema:
		o := e.schema(s.Name.Name, s.Name.Pos)
		own(o.Owner, "schema", o.Name)
		n := *o
		n.ACL, n.Owner = o.ACL.newOwner(o.Owner, owner), owner
		e.schemas = e.schemas.set(n.Name, &n)
		e.view = nil
		e.st.steps = append(e.st.steps, ChangedSchema{o, &n})
	case sql.KindPublication:
		o := e.Publication(s.Name.Name)
		if o == nil {
			e.fail(s.Name.Pos, fault.UndefinedObject, "publication %q does not exist", s.Name.Name)
		}
		own(o.Owner, "publication", o.Name)
		n := *o
		n.Owner = owner
		e.publications = e.publications.set(n.Name, &n)
		e.view = nil
		e.st.steps = append(e.st.steps, ChangedPublication{o, &n})
	case sql.KindDatabase, sql.KindLanguage, sql.KindOther, sql.KindExtension:
	default:
		raise(fault.Unsupported("ALTER "+strings.ToUpper(string(s.Kind))+" … OWNER TO", ""), s.Pos)
	}
}

// ---- renaming and moving ----

// rebind writes the stored trees of everything that uses an object anew, with the object's new name or schema. It runs before the
// object itself is changed, so that the old names resolve.
func (e *Edit) rebind(of OID, renamed func(addr) string, moved func(OID) string) {
	binder := func() *binder {
		b := e.binder()
		b.path, b.renamed, b.moved = nil, renamed, moved // stored names are qualified
		return b
	}
	seen := map[OID]bool{}
	visit := func(by OID) {
		if seen[by] {
			return
		}
		seen[by] = true
		if f := e.FunctionByOID(by); f != nil {
			e.rebindFunction(f, binder)
			return
		}
		if y := e.Type(by); y != nil {
			if y.Default != nil {
				n := *y
				n.Default = binder().expr(y.Default, nil)
				e.setType(&n)
			}
			return
		}
		t := e.TableByOID(by)
		if t == nil {
			t = e.TableByOID(e.partOf.at(by))
		}
		if y := e.Type(e.partOf.at(by)); y != nil {
			n := *y
			n.Checks = slices.Clone(y.Checks)
			for i, k := range n.Checks {
				c := edit(n.Checks, i)
				c.Expr = binder().expr(k.Expr, nil)
				c.ExprText = exprText(c.Expr)
			}
			e.setType(&n)
			return
		}
		if t != nil && !seen[t.OID] || t != nil && t.OID == by {
			seen[t.OID] = true
			e.rebindTable(t, binder)
		}
	}
	visit(of)
	for k := range e.usedBy.at(of).all() {
		visit(k.by().oid)
	}
}

func (e *Edit) rebindFunction(f *Function, binder func() *binder) {
	n := *f
	n.Params = slices.Clone(f.Params)
	for i, p := range f.Params {
		if p.Default != nil {
			n.Params[i].Default = binder().expr(p.Default, nil)
			n.Params[i].DefaultText = exprText(n.Params[i].Default)
		}
	}
	if f.Source == "" && f.SQL != nil {
		params := &scope{items: []*scopeItem{{name: f.Name}}}
		for _, p := range f.Params {
			params.items[0].cols = append(params.items[0].cols, scopeCol{name: p.Name})
		}
		n.SQL = nil
		for _, st := range f.SQL {
			x, _ := binder().statement(st, params)
			n.SQL = append(n.SQL, x)
		}
	}
	e.setFunction(&n)
}

func (e *Edit) rebindTable(t *Table, binder func() *binder) {
	n := t.edited()
	own := tableScope(t)
	for i, c := range t.Columns {
		if c.Default != nil {
			d := edit(n.Columns, i)
			if c.Generated {
				d.Default = binder().expr(c.Default, own)
			} else {
				d.Default = binder().expr(c.Default, nil)
			}
			if old, now := exprText(c.Default), exprText(d.Default); old != now {
				d.DefaultText = now
			}
		}
	}
	for i, k := range t.Constraints {
		if k.Expr != nil {
			c := edit(n.Constraints, i)
			c.Expr = binder().expr(k.Expr, own)
			c.ExprText = exprText(c.Expr)
		}
	}
	for i, x := range t.Indexes {
		m := edit(n.Indexes, i)
		m.Keys = slices.Clone(x.Keys)
		for j, k := range x.Keys {
			m.Keys[j].Expr = binder().expr(k.Expr, own)
		}
		m.Where = binder().expr(x.Where, own)
	}
	for i, g := range t.Triggers {
		if g.When != nil {
			edit(n.Triggers, i).When = binder().expr(g.When, tableScope(t, "new", "old"))
		}
	}
	for i, p := range t.Policies {
		q := edit(n.Policies, i)
		q.Using, q.Check = binder().expr(p.Using, own), binder().expr(p.Check, own)
		q.UsingText, q.CheckText = exprText(q.Using), exprText(q.Check)
	}
	if t.Query != nil {
		n.Query = binder().query(t.Query, nil)
		n.QueryText = stmtText(n.Query)
	}
	e.setTable(n)
}

func (e *Edit) rename(s *sql.Rename) {
	e.st.tag = "ALTER " + strings.ToUpper(string(s.Kind))
	if s.Kind == sql.KindColumn || s.Kind == sql.KindConstraint {
		e.st.tag = "ALTER TABLE"
	}
	if s.NewName == "" {
		e.fail(s.Pos, fault.SyntaxError, "zero-length delimited identifier")
	}
	if s.Sub != "" {
		e.renamePart(s)
		return
	}
	named := func(oid OID) func(addr) string {
		return func(a addr) string {
			if a == (addr{oid: oid}) {
				return s.NewName
			}
			return ""
		}
	}
	taken := func(schema string) {
		if e.relationExists(schema, s.NewName) {
			e.fail(s.Pos, fault.DuplicateTable, "relation %q already exists", s.NewName)
		}
	}
	switch s.Kind {
	case sql.KindTable, sql.KindView, sql.KindMatView, sql.KindIndex, sql.KindSequence:
		if t, x := e.findIndex(s.Name); x != nil {
			e.needOwner(t.Owner, "index", x.Name, s.Name.Pos)
			taken(t.Schema)
			n := t.edited()
			edit(n.Indexes, slices.Index(n.Indexes, x)).Name = s.NewName
			for i, k := range n.Constraints {
				if k.OID == x.Constraint {
					edit(n.Constraints, i).Name = s.NewName
				}
			}
			e.setTable(n)
			return
		}
		if q := e.FindSequence(e.st.env.SearchPath, s.Name); q != nil {
			e.needOwner(q.Owner, "sequence", q.Name, s.Name.Pos)
			taken(q.Schema)
			e.rebind(q.OID, named(q.OID), nil)
			n := *e.SequenceByOID(q.OID)
			n.Name = s.NewName
			e.setSequence(&n)
			e.refreshSerial(&n)
			return
		}
		t := e.relation(s.Name, s.IfExists)
		if t == nil {
			return
		}
		if s.Kind != sql.KindTable && t.kindWord() != string(s.Kind) {
			e.fail(s.Name.Pos, fault.WrongObjectType, "%q is not %s", t.Name, withArticle(string(s.Kind)))
		}
		e.needOwner(t.Owner, t.kindWord(), t.Name, s.Name.Pos)
		taken(t.Schema)
		e.freeTypeName(t.Schema, s.NewName, s.Pos)
		e.rebind(t.OID, named(t.OID), nil)
		e.rebindType(t.RowType, func() { e.renameType(e.Type(t.RowType), s.NewName) }, named(t.RowType), nil)
		n := e.TableByOID(t.OID).edited()
		n.Name = s.NewName
		e.setTable(n)
	case sql.KindType, sql.KindDomain:
		y := e.typeByName(s.Name)
		if y.Table != 0 {
			raise(fault.New(fault.WrongObjectType, "%s is a table's row type", e.TypeString(TypeRef{y.OID, -1})).WithHint("Use ALTER TABLE instead."), s.Name.Pos)
		}
		e.needOwner(y.Owner, "type", y.Name, s.Name.Pos)
		e.freeTypeName(y.Schema, s.NewName, s.Pos)
		e.rebindType(y.OID, func() { e.renameType(e.Type(y.OID), s.NewName) }, named(y.OID), nil)
	case sql.KindFunction, sql.KindProcedure, sql.KindRoutine, sql.KindAggregate:
		f := e.function(s.Kind, s.Name, s.Args, false)
		e.needOwner(f.Owner, "function", f.Name, s.Name.Pos)
		n := *f
		n.Name = s.NewName
		if e.overload(&n) != nil {
			e.fail(s.Pos, fault.DuplicateFunction, "function %s already exists in schema %q", n.signature(&e.facts), f.Schema)
		}
		e.rebind(f.OID, named(f.OID), nil)
		n = *e.FunctionByOID(f.OID)
		n.Name = s.NewName
		e.setFunction(&n)
	case sql.KindSchema:
		e.renameSchema(s)
	case sql.KindRole:
		e.renameRole(s)
	default:
		raise(fault.Unsupported("ALTER "+strings.ToUpper(string(s.Kind))+" … RENAME", ""), s.Pos)
	}
}

// refreshSerial writes the text of the default that draws on a sequence anew.
func (e *Edit) refreshSerial(q *Sequence) {
	t := e.TableByOID(q.OwnerTable)
	if t == nil {
		return
	}
	n := t.edited()
	for i, c := range n.Columns {
		if c.Sequence == q.OID && c.Identity == 0 && c.Default != nil {
			m := edit(n.Columns, i)
			m.Default, m.DefaultText = nextval(q)
		}
	}
	e.setTable(n)
}

func withArticle(kind string) string {
	if kind == "index" {
		return "an index"
	}
	return "a " + kind
}

func (e *Edit) renameType(y *Type, name string) {
	n := *y
	n.Name = name
	e.setType(&n)
	if a := e.Type(y.Array); a != nil {
		m := *a
		m.Name = e.arrayName(y.Schema, name)
		e.setType(&m)
	}
}

// rebindType rewrites the trees that name a type (in casts) around the change of its name.
func (e *Edit) rebindType(oid OID, change func(), renamed func(addr) string, moved func(OID) string) {
	e.rebind(oid, renamed, moved)
	change()
}

func (e *Edit) renamePart(s *sql.Rename) {
	if y := e.lookupType(e.st.env.SearchPath, s.Name); y != nil && y.Kind == EnumType {
		e.alterEnum(&sql.AlterEnum{Name: s.Name, OldLabel: s.Sub, Label: s.NewName, Pos: s.Pos})
		return
	} else if y != nil && y.Kind == DomainType && s.Kind == sql.KindConstraint {
		e.st.tag = "ALTER DOMAIN"
		n := *y
		n.Checks = slices.Clone(y.Checks)
		i := slices.IndexFunc(n.Checks, func(k *Constraint) bool { return k.Name == s.Sub })
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedObject, "constraint %q for domain %s does not exist", s.Sub, e.TypeString(TypeRef{y.OID, -1}))
		}
		edit(n.Checks, i).Name = s.NewName
		e.setType(&n)
		return
	} else if y != nil && y.Kind == CompositeType && y.Table == 0 {
		e.st.tag = "ALTER TYPE"
		n := *y
		n.Fields = slices.Clone(y.Fields)
		i := slices.IndexFunc(n.Fields, func(f *Column) bool { return f.Name == s.Sub })
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedColumn, "column %q does not exist", s.Sub)
		}
		if slices.ContainsFunc(n.Fields, func(f *Column) bool { return f.Name == s.NewName }) {
			e.fail(s.Pos, fault.DuplicateColumn, "column %q of relation %q already exists", s.NewName, y.Name)
		}
		edit(n.Fields, i).Name = s.NewName
		e.setType(&n)
		return
	}
	t := e.relation(s.Name, s.IfExists)
	if t == nil {
		return
	}
	e.needOwner(t.Owner, t.kindWord(), t.Name, s.Name.Pos)
	switch s.Kind {
	case sql.KindConstraint:
		i := slices.IndexFunc(t.Constraints, func(k *Constraint) bool { return k.Name == s.Sub })
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedObject, "constraint %q for table %q does not exist", s.Sub, t.Name)
		}
		if t.Constraint(s.NewName) != nil {
			e.fail(s.Pos, fault.DuplicateObject, "constraint %q for relation %q already exists", s.NewName, t.Name)
		}
		n := t.edited()
		k := edit(n.Constraints, i)
		k.Name = s.NewName
		for j, x := range n.Indexes {
			if x.OID == k.Index {
				if e.relationExists(t.Schema, s.NewName) {
					e.fail(s.Pos, fault.DuplicateTable, "relation %q already exists", s.NewName)
				}
				edit(n.Indexes, j).Name = s.NewName
			}
		}
		e.setTable(n)
	case sql.KindPolicy:
		i := slices.IndexFunc(t.Policies, func(p *Policy) bool { return p.Name == s.Sub })
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedObject, "policy %q for table %q does not exist", s.Sub, t.Name)
		}
		if t.Policy(s.NewName) != nil {
			e.fail(s.Pos, fault.DuplicateObject, "policy %q for table %q already exists", s.NewName, t.Name)
		}
		n := t.edited()
		edit(n.Policies, i).Name = s.NewName
		e.setTable(n)
	case sql.KindTrigger:
		i := slices.IndexFunc(t.Triggers, func(g *Trigger) bool { return g.Name == s.Sub })
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedObject, "trigger %q for table %q does not exist", s.Sub, t.Name)
		}
		if t.Trigger(s.NewName) != nil {
			e.fail(s.Pos, fault.DuplicateObject, "trigger %q for relation %q already exists", s.NewName, t.Name)
		}
		n := t.edited()
		edit(n.Triggers, i).Name = s.NewName
		slices.SortFunc(n.Triggers, func(a, b *Trigger) int { return strings.Compare(a.Name, b.Name) })
		e.setTable(n)
	default:
		e.renameColumn(t, s)
	}
}

func (e *Edit) renameColumn(t *Table, s *sql.Rename) {
	i := t.ColumnIndex(s.Sub)
	if i < 0 {
		e.fail(s.Pos, fault.UndefinedColumn, "column %q does not exist", s.Sub)
	}
	if t.Column(s.NewName) != nil {
		e.fail(s.Pos, fault.DuplicateColumn, "column %q of relation %q already exists", s.NewName, t.Name)
	}
	col := addr{oid: t.OID, sub: t.Columns[i].Num}
	e.rebind(t.OID, func(a addr) string {
		if a == col {
			return s.NewName
		}
		return ""
	}, nil)
	swap := func(in []string) []string {
		out := slices.Clone(in)
		for j := range out {
			if out[j] == s.Sub {
				out[j] = s.NewName
			}
		}
		return out
	}
	n := e.TableByOID(t.OID).edited()
	edit(n.Columns, i).Name = s.NewName
	for j := range n.Constraints {
		k := edit(n.Constraints, j)
		k.Columns, k.OnDeleteColumns = swap(k.Columns), swap(k.OnDeleteColumns)
		if k.RefTable == t.OID {
			k.RefColumns = swap(k.RefColumns)
		}
	}
	for j := range n.Indexes {
		x := edit(n.Indexes, j)
		x.Include = swap(x.Include)
		x.Keys = slices.Clone(x.Keys)
		for m := range x.Keys {
			if x.Keys[m].Column == s.Sub {
				x.Keys[m].Column = s.NewName
			}
		}
	}
	for j := range n.Triggers {
		g := edit(n.Triggers, j)
		g.Columns = swap(g.Columns)
	}
	if n.Kind != OrdinaryTable && n.Query != nil {
		n.Query = nameTarget(n.Query, i, s.NewName)
		n.QueryText = stmtText(n.Query)
	}
	e.setTable(n)
	for k := range e.usedBy.at(t.OID).all() {
		if k.onSub() != col.sub {
			continue
		}
		by := k.by().oid
		if q := e.SequenceByOID(by); q != nil && q.OwnerTable == t.OID && q.OwnerColumn == s.Sub {
			m := *q
			m.OwnerColumn = s.NewName
			e.setSequence(&m)
			continue
		}
		owner := e.TableByOID(e.partOf.at(by))
		if owner != nil && owner.OID != t.OID {
			m := owner.edited()
			for j, c := range m.Constraints {
				if c.OID == by && c.RefTable == t.OID {
					edit(m.Constraints, j).RefColumns = swap(c.RefColumns)
				}
			}
			e.setTable(m)
		}
		if v := e.TableByOID(by); v != nil && v.ViewColumns != nil {
			m := v.edited()
			for j, c := range m.ViewColumns {
				if c.Table == t.OID && c.Column == s.Sub {
					m.ViewColumns[j].Column = s.NewName
				}
			}
			e.setTable(m)
		}
	}
}

// nameTarget gives the i-th output column of a query a name.
func nameTarget(q *sql.Select, i int, name string) *sql.Select {
	n := *q
	if q.SetOp != sql.NoSetOp {
		n.Left = nameTarget(q.Left, i, name)
		return &n
	}
	if i < len(q.Targets) {
		n.Targets = slices.Clone(q.Targets)
		n.Targets[i].Name = name
	}
	return &n
}

func (e *Edit) renameSchema(s *sql.Rename) {
	o := e.schema(s.Name.Name, s.Name.Pos)
	if e.Schema(s.NewName) != nil {
		e.fail(s.Pos, fault.DuplicateSchema, "schema %q already exists", s.NewName)
	}
	e.needOwner(o.Owner, "schema", o.Name, s.Name.Pos)
	members := e.membersOf(o.Name)
	n := *o
	n.Name = s.NewName
	e.schemas = e.schemas.set(n.Name, &n)
	e.st.steps = append(e.st.steps, ChangedSchema{o, &n})
	for _, m := range members {
		e.move(m.oid, s.NewName)
	}
	e.schemas = e.schemas.delete(o.Name)
	for i, d := range e.defaultACLs {
		if d.Schema == o.Name {
			e.defaultACLs = slices.Clone(e.defaultACLs)
			e.defaultACLs[i].Schema = s.NewName
		}
	}
	for x := range e.extensions.values() {
		if x.Schema == o.Name {
			m := *x
			m.Schema = s.NewName
			e.extensions = e.extensions.set(m.Name, &m)
		}
	}
	for p := range e.publications.values() {
		if i := slices.Index(p.Schemas, o.Name); i >= 0 {
			m := *p
			m.Schemas = slices.Clone(p.Schemas)
			m.Schemas[i] = s.NewName
			e.publications = e.publications.set(m.Name, &m)
		}
	}
	e.view = nil
}

func (e *Edit) renameRole(s *sql.Rename) {
	o := e.Role(s.Name.Name)
	if o == nil {
		e.fail(s.Name.Pos, fault.UndefinedObject, "role %q does not exist", s.Name.Name)
	}
	if e.Role(s.NewName) != nil {
		e.fail(s.Pos, fault.DuplicateObject, "role %q already exists", s.NewName)
	}
	switch me := e.Role(e.st.env.Role); {
	case me.Super:
	case o.Super:
		e.fail(s.Pos, fault.InsufficientPrivilege, "must be superuser to rename superusers")
	case !me.CreateRole:
		e.fail(s.Pos, fault.InsufficientPrivilege, "permission denied to rename role")
	}
	if o.Name == e.st.env.Role {
		e.fail(s.Pos, fault.FeatureNotSupported, "current user cannot be renamed")
	}
	n := *o
	n.Name = s.NewName
	e.roles = e.roles.delete(o.Name)
	e.setRole(o, &n)
	for r := range e.roles.values() {
		if i := slices.Index(r.MemberOf, o.Name); i >= 0 {
			m := *r
			m.MemberOf = slices.Clone(r.MemberOf)
			m.MemberOf[i] = s.NewName
			if i := slices.Index(r.AdminOf, o.Name); i >= 0 {
				m.AdminOf = slices.Clone(r.AdminOf)
				m.AdminOf[i] = s.NewName
			}
			e.setRole(r, &m)
		}
	}
	called := func(name string) string {
		if name == o.Name {
			return s.NewName
		}
		return name
	}
	e.eachOwned(handover{
		owner: called,
		acl:   func(_ string, a ACL) ACL { return a.newOwner(o.Name, s.NewName) },
		roles: func(list []string) []string { return mapped(list, called) },
	})
}

func (e *Edit) alterSchema(s *sql.AlterSchema) {
	e.st.tag = "ALTER " + strings.ToUpper(string(s.Kind))
	taken := func(name string) {
		if e.relationExists(s.Schema, name) {
			e.fail(s.Pos, fault.DuplicateTable, "relation %q already exists in schema %q", name, s.Schema)
		}
	}
	switch s.Kind {
	case sql.KindTable, sql.KindView, sql.KindMatView, sql.KindSequence:
		if q := e.FindSequence(e.st.env.SearchPath, s.Name); q != nil {
			e.schema(s.Schema, s.Pos)
			e.needOwner(q.Owner, "sequence", q.Name, s.Name.Pos)
			if t := e.TableByOID(q.OwnerTable); t != nil {
				raise(fault.New(fault.FeatureNotSupported, "cannot move an owned sequence into another schema").
					WithDetail("Sequence %q is linked to table %q.", q.Name, t.Name), s.Pos)
			}
			if q.Schema != s.Schema {
				taken(q.Name)
				e.move(q.OID, s.Schema)
			}
			return
		}
		t := e.relation(s.Name, s.IfExists)
		if t == nil {
			return
		}
		e.needOwner(t.Owner, t.kindWord(), t.Name, s.Name.Pos)
		e.schema(s.Schema, s.Pos)
		e.needSchemaRight(s.Schema, PrivCreate, s.Pos)
		if t.Schema != s.Schema {
			taken(t.Name)
			e.move(t.OID, s.Schema)
		}
	case sql.KindType, sql.KindDomain:
		y := e.typeByName(s.Name)
		e.needOwner(y.Owner, "type", y.Name, s.Name.Pos)
		e.schema(s.Schema, s.Pos)
		if e.TypeByName(s.Schema, y.Name) != nil && y.Schema != s.Schema {
			e.fail(s.Pos, fault.DuplicateObject, "type %q already exists in schema %q", y.Name, s.Schema)
		}
		e.move(y.OID, s.Schema)
	case sql.KindFunction, sql.KindProcedure, sql.KindRoutine, sql.KindAggregate:
		f := e.function(s.Kind, s.Name, s.Args, false)
		e.needOwner(f.Owner, "function", f.Name, s.Name.Pos)
		e.schema(s.Schema, s.Pos)
		n := *f
		n.Schema = s.Schema
		if o := e.overload(&n); o != nil && o.OID != f.OID {
			e.fail(s.Pos, fault.DuplicateFunction, "function %s already exists in schema %q", f.signature(&e.facts), s.Schema)
		}
		e.move(f.OID, s.Schema)
	case sql.KindExtension:
		x := e.Extension(s.Name.Name)
		if x == nil {
			e.fail(s.Name.Pos, fault.UndefinedObject, "extension %q does not exist", s.Name.Name)
		}
		e.schema(s.Schema, s.Pos)
		n := *x
		n.Schema = s.Schema
		e.extensions = e.extensions.set(n.Name, &n)
		e.view = nil
		e.st.steps = append(e.st.steps, ChangedExtension{x, &n})
		for _, t := range extensionTypes[x.Name] {
			if e.Type(t.oid) != nil {
				e.move(t.oid, s.Schema)
			}
		}
	default:
		raise(fault.Unsupported("ALTER "+strings.ToUpper(string(s.Kind))+" … SET SCHEMA", ""), s.Pos)
	}
}

// move puts an object into another schema, with its row type and the sequences of its columns.
func (e *Edit) move(oid OID, schema string) {
	moved := func(o OID) string {
		if o == oid {
			return schema
		}
		return ""
	}
	if t := e.TableByOID(oid); t != nil {
		e.rebind(oid, nil, moved)
		e.move(t.RowType, schema)
		for k := range e.usedBy.at(oid).all() {
			if q := e.SequenceByOID(k.by().oid); q != nil && q.OwnerTable == oid && q.Schema != schema {
				e.move(q.OID, schema)
			}
		}
		t = e.TableByOID(oid)
		n := t.edited()
		n.Schema = schema
		e.setTable(n)
		return
	}
	if y := e.Type(oid); y != nil {
		e.rebind(oid, nil, moved)
		y = e.Type(oid)
		n := *y
		n.Schema = schema
		e.setType(&n)
		if a := e.Type(y.Array); a != nil {
			m := *a
			m.Schema, m.Name = schema, e.arrayName(schema, n.Name)
			e.setType(&m)
		}
		return
	}
	if q := e.SequenceByOID(oid); q != nil {
		e.rebind(oid, nil, moved)
		n := *e.SequenceByOID(oid)
		n.Schema = schema
		e.setSequence(&n)
		e.refreshSerial(&n)
		return
	}
	if f := e.FunctionByOID(oid); f != nil {
		e.rebind(oid, nil, moved)
		n := *e.FunctionByOID(oid)
		n.Schema = schema
		e.setFunction(&n)
	}
}
