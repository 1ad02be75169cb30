package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// dropper finds what goes with the objects that a statement drops, as PostgreSQL's findDependentObjects: depth first, newer
// dependents first, so that the list can be worked off from its start and told from its end.
type dropper struct {
	e    *Edit
	list []dropped
	at   map[addr]int // place in list; -1 while on the way
	auto map[addr]bool
}

type dropped struct {
	what addr
	by   addr // what it depends on
}

// drop removes objects with all that depends on them, or fails when something does and cascade was not said.
func (e *Edit) drop(objects []addr, cascade bool, pos sql.Pos) {
	d := &dropper{e: e, at: map[addr]int{}, auto: map[addr]bool{}}
	originals := map[addr]bool{}
	for _, o := range objects {
		originals[o] = true
	}
	for _, o := range objects {
		d.visit(o, addr{}, false)
	}
	d.report(objects, originals, cascade, pos)
	for _, x := range d.list {
		e.remove(x.what, d)
	}
}

func (d *dropper) visit(o, by addr, auto bool) {
	if auto {
		d.auto[o] = true
	}
	whole := addr{oid: o.oid}
	if _, ok := d.at[o]; ok {
		return
	}
	if _, ok := d.at[whole]; ok && o != whole {
		return
	}
	d.at[o] = -1
	type next struct {
		what addr
		by   addr
		auto bool
	}
	var found []next
	for _, p := range d.e.parts(o) {
		found = append(found, next{p, o, true})
	}
	if !o.isDefault {
		for k := range d.e.usedBy.at(o.oid).all() {
			if o.sub == 0 || k.onSub() == o.sub {
				if by := k.by(); by != o {
					found = append(found, next{by, o, k.auto()})
				}
			}
		}
	}
	for _, x := range d.e.schemaMembers(o) {
		found = append(found, next{x, o, false})
	}
	slices.SortStableFunc(found, func(a, b next) int { return cmp.Compare(b.what.oid, a.what.oid) })
	for _, n := range found {
		d.visit(n.what, n.by, n.auto)
	}
	d.at[o] = len(d.list)
	d.list = append(d.list, dropped{o, by})
}

// parts is what an object consists of, and what goes without being asked.
func (e *Edit) parts(o addr) []addr {
	var out []addr
	if o.isDefault {
		return nil
	}
	if t := e.TableByOID(o.oid); t != nil {
		if o.sub != 0 {
			if c := t.byNum(o.sub); c != nil && c.Default != nil {
				out = append(out, addr{t.OID, o.sub, true})
			}
			return out
		}
		for _, x := range t.Indexes {
			out = append(out, addr{oid: x.OID})
		}
		for _, k := range t.Constraints {
			out = append(out, addr{oid: k.OID})
		}
		for _, g := range t.Triggers {
			out = append(out, addr{oid: g.OID})
		}
		for _, p := range t.Policies {
			out = append(out, addr{oid: p.OID})
		}
		return append(out, addr{oid: t.RowType})
	}
	if y := e.Type(o.oid); y != nil && y.Array != 0 && o.sub == 0 {
		return []addr{{oid: y.Array}}
	}
	if t := e.TableByOID(e.partOf.at(o.oid)); t != nil {
		for _, k := range t.Constraints {
			if k.OID == o.oid && k.Index != 0 {
				out = append(out, addr{oid: k.Index})
			}
		}
	}
	return out
}

// schemaMembers is what lies in a schema, when o is one.
func (e *Edit) schemaMembers(o addr) []addr {
	var s *Schema
	for x := range e.schemas.values() {
		if x.OID == o.oid {
			s = x
		}
	}
	if s == nil {
		return nil
	}
	return e.membersOf(s.Name)
}

func (e *Edit) membersOf(schema string) []addr {
	var out []addr
	prefix := schema + "\x00"
	for k, t := range e.tables.from(prefix) {
		if !strings.HasPrefix(k, prefix) {
			break
		}
		out = append(out, addr{oid: t.OID})
	}
	for k, q := range e.sequences.from(prefix) {
		if !strings.HasPrefix(k, prefix) {
			break
		}
		out = append(out, addr{oid: q.OID})
	}
	for k, fs := range e.functions.from(prefix) {
		if !strings.HasPrefix(k, prefix) {
			break
		}
		for _, f := range fs {
			out = append(out, addr{oid: f.OID})
		}
	}
	for k, y := range e.types.from(prefix) {
		if !strings.HasPrefix(k, prefix) {
			break
		}
		if y.Table == 0 && !(y.Category == 'A' && y.Elem != 0) {
			out = append(out, addr{oid: y.OID})
		}
	}
	return out
}

func (d *dropper) report(objects []addr, originals map[addr]bool, cascade bool, pos sql.Pos) {
	e := d.e
	var lines []string
	for _, x := range slices.Backward(d.list) {
		if originals[x.what] || d.auto[x.what] {
			continue
		}
		if cascade {
			lines = append(lines, "drop cascades to "+e.describe(x.what))
		} else {
			lines = append(lines, e.describe(x.what)+" depends on "+e.describe(x.by))
		}
	}
	if len(lines) == 0 {
		return
	}
	detail := strings.Join(lines[:min(len(lines), 100)], "\n")
	if more := len(lines) - 100; more > 0 {
		word := "objects"
		if more == 1 {
			word = "object"
		}
		detail += fmt.Sprintf("\nand %d other %s (see server log for list)", more, word)
	}
	if !cascade {
		err := fault.New(fault.DependentObjects, "cannot drop desired object(s) because other objects depend on them")
		if len(objects) == 1 {
			err = fault.New(fault.DependentObjects, "cannot drop %s because other objects depend on it", e.describe(objects[0]))
		}
		err.Detail, err.Hint = detail, "Use DROP ... CASCADE to drop the dependent objects too."
		raise(err, pos)
	}
	if len(lines) == 1 {
		e.notice("00000", "%s", lines[0])
		return
	}
	e.notice("00000", "drop cascades to %d other objects", len(lines))
	e.st.notices[len(e.st.notices)-1].Detail = detail
}

// remove takes one object out. Parts of a table that goes itself are left to it.
func (e *Edit) remove(o addr, d *dropper) {
	going := func(oid OID) bool { _, ok := d.at[addr{oid: oid}]; return ok }
	if t := e.TableByOID(o.oid); t != nil {
		switch {
		case o.sub == 0:
			e.forget(o)
			e.removeTable(t)
		case going(t.OID):
		case o.isDefault:
			e.forget(o)
			n := t.edited()
			if i := slices.IndexFunc(n.Columns, func(c *Column) bool { return c.Num == o.sub }); i >= 0 {
				c := edit(n.Columns, i)
				c.Default, c.DefaultText = nil, ""
				e.setTable(n)
			}
		default:
			e.forgetIf(t.OID, func(x edge) bool { return x.by.sub == o.sub })
			n := t.edited()
			n.Columns = slices.DeleteFunc(n.Columns, func(c *Column) bool { return c.Num == o.sub })
			e.setTable(n)
		}
		return
	}
	e.forget(o)
	if owner := e.partOf.at(o.oid); owner != 0 {
		if t := e.TableByOID(owner); t != nil && !going(owner) {
			n := t.edited()
			n.Indexes = slices.DeleteFunc(n.Indexes, func(x *Index) bool { return x.OID == o.oid })
			n.Constraints = slices.DeleteFunc(n.Constraints, func(k *Constraint) bool { return k.OID == o.oid })
			n.Triggers = slices.DeleteFunc(n.Triggers, func(g *Trigger) bool { return g.OID == o.oid })
			n.Policies = slices.DeleteFunc(n.Policies, func(p *Policy) bool { return p.OID == o.oid })
			e.setTable(n)
		}
		if y := e.Type(owner); y != nil && !going(owner) {
			n := *y
			n.Checks = slices.DeleteFunc(slices.Clone(y.Checks), func(k *Constraint) bool { return k.OID == o.oid })
			e.setType(&n)
		}
		return
	}
	if y := e.Type(o.oid); y != nil {
		if o.sub != 0 {
			n := *y
			n.Fields = slices.DeleteFunc(slices.Clone(y.Fields), func(c *Column) bool { return c.Num == o.sub })
			e.setType(&n)
			return
		}
		e.removeType(y)
	} else if q := e.SequenceByOID(o.oid); q != nil {
		e.removeSequence(q)
		if t := e.TableByOID(q.OwnerTable); t != nil && !going(t.OID) {
			n := t.edited()
			for i, c := range n.Columns {
				if c.Sequence == q.OID {
					edit(n.Columns, i).Sequence = 0
					e.setTable(n)
				}
			}
		}
	} else if f := e.FunctionByOID(o.oid); f != nil {
		e.removeFunction(f)
	} else {
		for s := range e.schemas.values() {
			if s.OID == o.oid {
				e.schemas = e.schemas.delete(s.Name)
				e.defaultACLs = slices.DeleteFunc(slices.Clone(e.defaultACLs), func(d DefaultACL) bool { return d.Schema == s.Name })
				e.st.steps = append(e.st.steps, ChangedSchema{s, nil})
				e.view = nil
			}
		}
	}
	if i := slices.IndexFunc(e.casts, func(c CastDef) bool { return c.From == o.oid || c.To == o.oid || c.Func == o.oid }); i >= 0 {
		e.casts = slices.Delete(slices.Clone(e.casts), i, i+1)
	}
}

// describe is PostgreSQL's getObjectDescription.
func (e *Edit) describe(o addr) string {
	if t := e.TableByOID(o.oid); t != nil {
		s := t.kindWord() + " " + visibleName(t.Schema, t.Name)
		if o.sub != 0 {
			name := ""
			if c := t.byNum(o.sub); c != nil {
				name = c.Name
			}
			s = "column " + quoteIdent(name) + " of " + s
		}
		if o.isDefault {
			s = "default value for " + s
		}
		return s
	}
	if y := e.Type(o.oid); y != nil {
		s := "type " + e.TypeString(TypeRef{y.OID, -1})
		for _, c := range y.Fields {
			if o.sub != 0 && c.Num == o.sub {
				s = "column " + quoteIdent(c.Name) + " of composite type " + e.TypeString(TypeRef{y.OID, -1})
			}
		}
		return s
	}
	if q := e.SequenceByOID(o.oid); q != nil {
		return "sequence " + visibleName(q.Schema, q.Name)
	}
	if f := e.FunctionByOID(o.oid); f != nil {
		word := "function "
		if f.Kind == Procedure {
			word = "procedure "
		}
		return word + f.signature(&e.facts)
	}
	if t := e.TableByOID(e.partOf.at(o.oid)); t != nil {
		on := " on " + t.kindWord() + " " + visibleName(t.Schema, t.Name)
		for _, x := range t.Indexes {
			if x.OID == o.oid {
				return "index " + visibleName(t.Schema, x.Name)
			}
		}
		for _, k := range t.Constraints {
			if k.OID == o.oid {
				return "constraint " + quoteIdent(k.Name) + on
			}
		}
		for _, g := range t.Triggers {
			if g.OID == o.oid {
				return "trigger " + quoteIdent(g.Name) + on
			}
		}
		for _, p := range t.Policies {
			if p.OID == o.oid {
				return "policy " + quoteIdent(p.Name) + on
			}
		}
	}
	if y := e.Type(e.partOf.at(o.oid)); y != nil {
		for _, k := range y.Checks {
			if k.OID == o.oid {
				return "constraint " + quoteIdent(k.Name) + " on type " + e.TypeString(TypeRef{y.OID, -1})
			}
		}
	}
	for s := range e.schemas.values() {
		if s.OID == o.oid {
			return "schema " + s.Name
		}
	}
	return fmt.Sprintf("object %d", o.oid)
}

// dropStatement is DROP of any kind.
func (e *Edit) dropStatement(s *sql.Drop) {
	e.st.tag = "DROP " + strings.ToUpper(string(s.Kind))
	var objects []addr
	for _, o := range s.Objects {
		n := o.Name
		missing := func(code, format string, args ...any) {
			if s.IfExists {
				e.notice("00000", format+", skipping", args...)
				return
			}
			e.fail(n.Pos, code, format, args...)
		}
		if n.Schema != "" && !Temporary(n.Schema) && e.Schema(n.Schema) == nil && s.Kind != sql.KindSchema {
			missing(fault.InvalidSchemaName, "schema %q does not exist", n.Schema)
			continue
		}
		switch s.Kind {
		case sql.KindTable, sql.KindView, sql.KindMatView:
			t := e.FindTable(e.st.env.SearchPath, n)
			if t == nil {
				if q := e.FindSequence(e.st.env.SearchPath, n); q != nil {
					e.wrongKind(n, s.Kind, "sequence")
				}
				if _, x := e.findIndex(n); x != nil {
					e.wrongKind(n, s.Kind, "index")
				}
				missing(fault.UndefinedTable, "%s %q does not exist", s.Kind, qualifiedText(n))
				continue
			}
			if t.kindWord() != string(s.Kind) {
				e.wrongKind(n, s.Kind, t.kindWord())
			}
			e.needDrop(t.Owner, t.Schema, t.kindWord(), t.Name, n.Pos)
			objects = append(objects, addr{oid: t.OID})
		case sql.KindSequence:
			q := e.FindSequence(e.st.env.SearchPath, n)
			if q == nil {
				if t := e.FindTable(e.st.env.SearchPath, n); t != nil {
					e.wrongKind(n, s.Kind, t.kindWord())
				}
				missing(fault.UndefinedTable, "sequence %q does not exist", qualifiedText(n))
				continue
			}
			e.needDrop(q.Owner, q.Schema, "sequence", q.Name, n.Pos)
			if t := e.TableByOID(q.OwnerTable); t != nil {
				if c := t.Column(q.OwnerColumn); c != nil && c.Identity != 0 {
					of := e.describe(addr{oid: t.OID, sub: c.Num})
					raise(fault.New(fault.DependentObjects, "cannot drop %s because %s requires it", e.describe(addr{oid: q.OID}), of).
						WithHint("You can drop %s instead.", of), n.Pos)
				}
			}
			objects = append(objects, addr{oid: q.OID})
		case sql.KindIndex:
			t, x := e.findIndex(n)
			if x == nil {
				if t := e.FindTable(e.st.env.SearchPath, n); t != nil {
					e.wrongKind(n, s.Kind, t.kindWord())
				}
				missing(fault.UndefinedObject, "index %q does not exist", qualifiedText(n))
				continue
			}
			e.needDrop(t.Owner, t.Schema, "index", x.Name, n.Pos)
			if x.Constraint != 0 {
				of := e.describe(addr{oid: x.Constraint})
				raise(fault.New(fault.DependentObjects, "cannot drop %s because %s requires it", e.describe(addr{oid: x.OID}), of).
					WithHint("You can drop %s instead.", of), n.Pos)
			}
			objects = append(objects, addr{oid: x.OID})
		case sql.KindType, sql.KindDomain:
			y := e.lookupType(e.st.env.SearchPath, n)
			if y == nil {
				missing(fault.UndefinedObject, "type %q does not exist", qualifiedText(n))
				continue
			}
			if s.Kind == sql.KindDomain && y.Kind != DomainType {
				e.fail(n.Pos, fault.WrongObjectType, "%q is not a domain", qualifiedText(n))
			}
			if y.Table != 0 {
				of := e.describe(addr{oid: y.Table})
				raise(fault.New(fault.DependentObjects, "cannot drop %s because %s requires it", e.describe(addr{oid: y.OID}), of).
					WithHint("You can drop %s instead.", of), n.Pos)
			}
			if y.Category == 'A' && y.Elem != 0 {
				of := e.describe(addr{oid: y.Elem})
				raise(fault.New(fault.DependentObjects, "cannot drop %s because %s requires it", e.describe(addr{oid: y.OID}), of).
					WithHint("You can drop %s instead.", of), n.Pos)
			}
			if !e.tracked(y.OID) {
				e.fail(n.Pos, fault.DependentObjects, "cannot drop type %s because it is required by the database system", e.TypeString(TypeRef{y.OID, -1}))
			}
			e.needDrop(y.Owner, y.Schema, "type", y.Name, n.Pos)
			objects = append(objects, addr{oid: y.OID})
		case sql.KindFunction, sql.KindProcedure, sql.KindRoutine, sql.KindAggregate:
			word := "function"
			if s.Kind != sql.KindFunction {
				word = string(s.Kind)
			}
			var f *Function
			if s.IfExists && o.Args != nil && !e.allTypesExist(o.Args) {
				continue
			}
			if f = e.function(s.Kind, n, o.Args, s.IfExists); f == nil {
				if o.Args == nil {
					e.notice("00000", "%s %s() does not exist, skipping", word, qualifiedText(n))
					continue
				}
				names := make([]string, len(o.Args))
				for i, a := range o.Args {
					names[i] = typeNameText(a)
				}
				e.notice("00000", "%s %s(%s) does not exist, skipping", word, qualifiedText(n), strings.Join(names, ","))
				continue
			}
			e.needDrop(f.Owner, f.Schema, word, f.Name, n.Pos)
			objects = append(objects, addr{oid: f.OID})
		case sql.KindPolicy, sql.KindTrigger, sql.KindRule:
			t := e.FindTable(e.st.env.SearchPath, n)
			if t == nil {
				missing(fault.UndefinedTable, "relation %q does not exist", qualifiedText(n))
				continue
			}
			e.needOwner(t.Owner, "relation", t.Name, n.Pos)
			oid := OID(0)
			if p := t.Policy(o.Sub); p != nil && s.Kind == sql.KindPolicy {
				oid = p.OID
			}
			if g := t.Trigger(o.Sub); g != nil && s.Kind == sql.KindTrigger {
				oid = g.OID
			}
			if oid == 0 {
				word := "table"
				if s.IfExists || s.Kind == sql.KindRule {
					word = "relation"
				}
				missing(fault.UndefinedObject, "%s %q for %s %q does not exist", s.Kind, o.Sub, word, qualifiedText(n))
				continue
			}
			objects = append(objects, addr{oid: oid})
		case sql.KindSchema:
			c := e.Schema(n.Name)
			if c == nil {
				missing(fault.InvalidSchemaName, "schema %q does not exist", n.Name)
				continue
			}
			if c.OID == pgCatalogOID {
				e.fail(n.Pos, fault.DependentObjects, "cannot drop schema %s because it is required by the database system", c.Name)
			}
			e.needOwner(c.Owner, "schema", c.Name, n.Pos)
			objects = append(objects, addr{oid: c.OID})
		case sql.KindExtension:
			x := e.Extension(n.Name)
			if x == nil {
				missing(fault.UndefinedObject, "extension %q does not exist", n.Name)
				continue
			}
			e.extensions = e.extensions.delete(n.Name)
			e.st.steps = append(e.st.steps, ChangedExtension{x, nil})
			e.view = nil
			for _, oid := range extensionTypes[n.Name] {
				if e.Type(oid.oid) != nil {
					e.dropExtensionType(oid.oid, n.Name, s.Cascade, n.Pos)
				}
			}
		case sql.KindPublication:
			p := e.Publication(n.Name)
			if p == nil {
				missing(fault.UndefinedObject, "publication %q does not exist", n.Name)
				continue
			}
			e.publications = e.publications.delete(n.Name)
			e.st.steps = append(e.st.steps, ChangedPublication{p, nil})
			e.view = nil
		case sql.KindRole:
			e.dropRole(n, s.IfExists)
		case sql.KindCast:
			e.dropCast(o, s)
		default:
			raise(fault.Unsupported("DROP "+strings.ToUpper(string(s.Kind)), ""), s.Pos)
		}
	}
	if len(objects) > 0 {
		e.drop(objects, s.Cascade, s.Pos)
	}
}

func (e *Edit) dropExtensionType(oid OID, ext string, cascade bool, pos sql.Pos) {
	if !cascade && e.usedBy.at(oid).len() > 0 {
		var lines []string
		for k := range e.usedBy.at(oid).all() {
			lines = append(lines, e.describe(k.by())+" depends on "+e.describe(addr{oid: oid}))
		}
		err := fault.New(fault.DependentObjects, "cannot drop extension %s because other objects depend on it", ext)
		err.Detail, err.Hint = strings.Join(lines, "\n"), "Use DROP ... CASCADE to drop the dependent objects too."
		raise(err, pos)
	}
	e.drop([]addr{{oid: oid}}, true, pos)
}

func (e *Edit) wrongKind(n sql.Name, want sql.ObjectKind, is string) {
	raise(fault.New(fault.WrongObjectType, "%q is not %s", n.Name, withArticle(string(want))).WithHint("Use DROP %s to remove %s.", strings.ToUpper(is), withArticle(is)), n.Pos)
}

// needDrop: the owner of the object or of its schema may drop it.
func (e *Edit) needDrop(owner, schema, kind, name string, pos sql.Pos) {
	if s := e.Schema(schema); s != nil && e.owns(e.st.env.Role, s.Owner) {
		return
	}
	e.needOwner(owner, kind, name, pos)
}

// allTypesExist is for DROP … IF EXISTS f(type): PostgreSQL skips with a notice when the type is not there.
func (e *Edit) allTypesExist(args []*sql.TypeName) bool {
	for _, a := range args {
		if a.Name.Schema != "" && e.Schema(a.Name.Schema) == nil {
			e.notice("00000", "schema %q does not exist, skipping", a.Name.Schema)
			return false
		}
		if _, err := e.FindType(e.st.env.SearchPath, a); err != nil {
			e.notice("00000", "type %q does not exist, skipping", typeNameText(a))
			return false
		}
	}
	return true
}

func (e *Edit) dropCast(o sql.DropObject, s *sql.Drop) {
	if len(o.Args) != 2 {
		raise(fault.Unsupported("DROP CAST", ""), s.Pos)
	}
	from, to := must(e.FindType(e.st.env.SearchPath, o.Args[0])), must(e.FindType(e.st.env.SearchPath, o.Args[1]))
	i := slices.IndexFunc(e.casts, func(c CastDef) bool { return c.From == from.OID && c.To == to.OID })
	if i < 0 {
		text := fmt.Sprintf("cast from type %s to type %s does not exist", e.TypeString(from), e.TypeString(to))
		if !s.IfExists {
			e.fail(s.Pos, fault.UndefinedObject, "%s", text)
		}
		e.notice("00000", "%s, skipping", text)
		return
	}
	e.casts = slices.Delete(slices.Clone(e.casts), i, i+1)
	e.view = nil
}
