package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/sql"
)

// DiffStatement is one step from a catalog to another.
type DiffStatement struct {
	Stmt        sql.Stmt
	Text        string // the statement as SQL, without semicolon
	Destructive bool   // data may be lost
	Destroys    string // what may be lost; "" unless Destructive
	// Late is set for what rows are better taken in without: indexes, foreign keys, triggers, policies, owners, rights, comments. All that come after the
	// first late one are late.
	Late bool
}

// Diff gives the statements that lead from one catalog to another, in an order in which they can be run by the role postgres with
// an empty search path. It finds objects again by name, so that a renaming is a drop and a creation, and says so by Destructive. Columns keep
// their order; new ones come last. What depends on something that must go for a while (a view on a column whose type changes) is dropped
// and made again.
func Diff(from, to *Catalog) []DiffStatement {
	to = to.read()
	d := &differ{w: from.read().Edit(), to: to}
	d.rolesAndSchemas()
	d.setTypesAside()
	d.dropGone()
	d.make()
	d.late = true
	d.finishTables()
	d.rights()
	d.comments()
	d.dropRest()
	return d.out
}

// differ works on a catalog that is led towards another: each statement is applied as soon as it is made, so that each step compares
// with what is really there.
type differ struct {
	w     *Edit
	to    *Catalog
	out   []DiffStatement
	aside []OID // types that were renamed to make room for their successors
	late  bool
}

func (d *differ) do(s sql.Stmt, destroys string) {
	d.out = append(d.out, DiffStatement{Stmt: s, Text: stmtText(s), Destructive: destroys != "", Destroys: destroys, Late: d.late})
	// A statement that cannot be applied fails again for who runs it, with the same error; going on finds the other differences.
	_, _ = d.w.Apply(s, Env{SearchPath: []string{}, ViewColumns: d.viewColumns(s)})
}

// viewColumns knows the columns of a view that is made: they are those of the view that is wanted.
func (d *differ) viewColumns(s sql.Stmt) func(*Catalog, *sql.Select, []string) ([]ViewColumnInfo, []OID, error) {
	var name sql.Name
	switch s := s.(type) {
	case *sql.CreateView:
		name = s.View.Name
	case *sql.CreateTableAs:
		name = s.Table.Name
	default:
		return nil
	}
	t := d.to.Table(name.Schema, name.Name)
	if t == nil {
		return nil
	}
	return func(*Catalog, *sql.Select, []string) ([]ViewColumnInfo, []OID, error) {
		var out []ViewColumnInfo
		for i, k := range t.Columns {
			info := ViewColumnInfo{Name: k.Name, Type: d.here(k.Type), Collation: k.Collation}
			if i < len(t.ViewColumns) {
				if base := d.to.TableByOID(t.ViewColumns[i].Table); base != nil {
					if b := d.w.Table(base.Schema, base.Name); b != nil {
						info.Table, info.Column = b.OID, t.ViewColumns[i].Column
					}
				}
			}
			out = append(out, info)
		}
		return out, nil, nil
	}
}

// here is a type of the wanted catalog as it is in the one being changed.
func (d *differ) here(r TypeRef) TypeRef {
	y := d.to.Type(r.OID)
	if y.Category == 'A' && y.Elem != 0 {
		elem := d.here(TypeRef{y.Elem, -1})
		if e := d.w.Type(elem.OID); e != nil {
			return TypeRef{e.Array, r.Mod}
		}
		return r
	}
	if n := d.w.TypeByName(y.Schema, y.Name); n != nil {
		return TypeRef{n.OID, r.Mod}
	}
	return r
}

func alter(t *Table, k sql.AlterCmd) *sql.AlterTable {
	k.Pos = sql.NoPos
	return &sql.AlterTable{Kind: t.objectKind(), Table: t.ref(), Cmds: []sql.AlterCmd{k}, Pos: sql.NoPos}
}

// userType says whether a project can make and drop the type: not PostgreSQL's own, not an extension's, not one that comes with another.
func userType(y *Type) bool {
	return y.OID >= FirstUserOID && y.Table == 0 && (y.Kind == EnumType || y.Kind == DomainType || y.Kind == CompositeType)
}

// userFunction is the same of a function: those in C are extensions'.
func userFunction(f *Function) bool {
	return f.Agg != nil || f.Language != "c" && f.Language != "internal" && f.Kind != AggregateFunction && !f.Extension
}

// ---- first: what everything else lies in ----

var adminOption = map[bool][]sql.Option{true: {{Name: "admin"}}}

func (d *differ) rolesAndSchemas() {
	for r := range d.to.Roles() {
		o := d.w.Role(r.Name)
		if o == nil {
			d.do(&sql.CreateRole{Name: r.Name, Options: roleOptions(r), Pos: sql.NoPos}, "")
		} else if !slices.EqualFunc(roleOptions(o), roleOptions(r), func(a, b sql.Option) bool { return a.Name == b.Name && a.Value == b.Value }) {
			d.do(&sql.AlterRole{Name: r.Name, Options: roleOptions(r), Pos: sql.NoPos}, "")
		}
	}
	for r := range d.to.Roles() {
		have := d.w.Role(r.Name)
		if have == nil {
			continue
		}
		for _, m := range r.MemberOf {
			if admin := slices.Contains(r.AdminOf, m); !slices.Contains(have.MemberOf, m) || admin && !slices.Contains(have.AdminOf, m) {
				d.do(&sql.GrantRole{Roles: []string{m}, To: []string{r.Name}, Admin: admin, Options: adminOption[admin], Pos: sql.NoPos}, "")
			}
		}
		for _, m := range have.AdminOf {
			if slices.Contains(r.MemberOf, m) && !slices.Contains(r.AdminOf, m) {
				d.do(&sql.GrantRole{Revoke: true, Admin: true, Options: adminOption[true], Roles: []string{m}, To: []string{r.Name}, Pos: sql.NoPos}, "")
			}
		}
		for _, m := range have.MemberOf {
			if !slices.Contains(r.MemberOf, m) {
				d.do(&sql.GrantRole{Revoke: true, Roles: []string{m}, To: []string{r.Name}, Pos: sql.NoPos}, "")
			}
		}
		for _, s := range have.Settings {
			if !slices.ContainsFunc(r.Settings, func(x sql.Setting) bool { return x.Name == s.Name }) {
				d.do(&sql.AlterRole{Name: r.Name, Setting: &sql.Setting{Name: s.Name}, Reset: true, Pos: sql.NoPos}, "")
			}
		}
		for _, s := range r.Settings {
			if !slices.ContainsFunc(have.Settings, func(x sql.Setting) bool { return x.Name == s.Name && slices.Equal(x.Values, s.Values) }) {
				d.do(&sql.AlterRole{Name: r.Name, Setting: &s, Pos: sql.NoPos}, "")
			}
		}
	}
	for s := range d.to.Schemas() {
		if d.w.Schema(s.Name) == nil {
			d.do(&sql.CreateSchema{Name: s.Name, Pos: sql.NoPos}, "")
		}
	}
	for x := range d.to.Extensions() {
		if o := d.w.Extension(x.Name); o == nil {
			d.do(&sql.CreateExtension{Name: x.Name, Schema: x.Schema, Pos: sql.NoPos}, "")
		} else if o.Schema != x.Schema {
			d.do(&sql.AlterSchema{Kind: sql.KindExtension, Name: made("", x.Name), Schema: x.Schema, Pos: sql.NoPos}, "")
		}
	}
}

// setTypesAside renames the types that cannot be altered into what is wanted: enums that lose labels or change their order, domains
// over another type, composite types whose fields are others, types of another kind.
func (d *differ) setTypesAside() {
	var aside []*Type
	for y := range d.w.Types() {
		if !userType(y) {
			continue
		}
		n := d.to.TypeByName(y.Schema, y.Name)
		if n == nil || !userType(n) || d.w.typeText(y) == d.to.typeText(n) {
			continue
		}
		if y.Kind != n.Kind || y.Kind == EnumType && !grows(y.Labels, n.Labels) || y.Kind == DomainType && d.w.typeKey(y.Base) != d.to.typeKey(n.Base) ||
			y.Kind == CompositeType && !d.sameFields(y, n) {
			aside = append(aside, y)
		}
	}
	for _, y := range aside {
		name := y.Name + "__old"
		for d.w.TypeByName(y.Schema, name) != nil || d.to.TypeByName(y.Schema, name) != nil {
			name += "_"
		}
		d.do(&sql.Rename{Kind: y.objectKind(), Name: made(y.Schema, y.Name), NewName: name, Pos: sql.NoPos}, "")
		d.aside = append(d.aside, y.OID)
	}
}

// grows says whether the old labels are among the new in the same order.
func grows(old, now []string) bool {
	for _, l := range now {
		if len(old) > 0 && l == old[0] {
			old = old[1:]
		}
	}
	return len(old) == 0
}

func (d *differ) sameFields(y, n *Type) bool {
	return slices.EqualFunc(y.Fields, n.Fields, func(a, b *Column) bool { return a.Name == b.Name && d.w.typeKey(a.Type) == d.to.typeKey(b.Type) })
}

// ---- drops ----

// dropGone drops what is not wanted, or is wanted in a form that only a new creation gives, and what depends on it. Types wait for dropRest.
func (d *differ) dropGone() {
	var views, functions []addr
	for t := range d.w.Catalog().Tables() {
		n := d.to.Table(t.Schema, t.Name)
		if n == nil || n.Kind != t.Kind || t.Query != nil && d.w.viewText(t) != d.to.viewText(n) {
			views = append(views, addr{oid: t.OID})
		}
	}
	for f := range d.w.Catalog().AllFunctions() {
		if !userFunction(f) {
			continue
		}
		n := d.wantedFunction(f)
		if n == nil || d.w.funcHead(f) != d.to.funcHead(n) || d.losesDefault(f, n) {
			functions = append(functions, addr{oid: f.OID})
		}
	}
	for t := range d.w.Catalog().Tables() {
		if n := d.to.Table(t.Schema, t.Name); n != nil && n.Kind == t.Kind {
			d.dropParts(t, n)
		}
	}
	for _, a := range append(views, functions...) {
		d.drop(a)
	}
}

func (d *differ) wantedFunction(f *Function) *Function {
	key := d.w.funcKey(f)
	for _, n := range d.to.Functions(f.Schema, f.Name) {
		if d.to.funcKey(n) == key {
			return n
		}
	}
	return nil
}

func (d *differ) losesDefault(f, n *Function) bool {
	for i, p := range f.Params {
		if p.Default != nil && n.Params[i].Default == nil {
			return true
		}
	}
	return false
}

func (d *differ) dropParts(t, n *Table) {
	for _, p := range t.Policies {
		if o := n.Policy(p.Name); o == nil || policyText(t, p) != policyText(n, o) {
			d.drop(addr{oid: p.OID})
		}
	}
	for _, g := range t.Triggers {
		if o := n.Trigger(g.Name); o == nil || stmtText(d.w.triggerTree(t, g)) != stmtText(d.to.triggerTree(n, o)) {
			d.drop(addr{oid: g.OID})
		}
	}
	for _, k := range t.Constraints {
		if o := n.Constraint(k.Name); o == nil || !d.sameConstraint(t, k, n, o) {
			d.drop(addr{oid: k.OID})
		}
	}
	for _, x := range t.Indexes {
		if x.Constraint != 0 {
			continue
		}
		_, o := d.to.Index(t.Schema, x.Name)
		if o == nil || o.Constraint != 0 || d.w.indexText(t, x) != d.to.indexText(n, o) {
			d.drop(addr{oid: x.OID})
		}
	}
	if t.Kind != OrdinaryTable {
		return
	}
	for _, k := range t.Columns {
		o := n.Column(k.Name)
		at := addr{oid: t.OID, sub: k.Num}
		switch {
		case o == nil, o.Generated && (!k.Generated || exprText(k.Default) != exprText(o.Default)):
			d.drop(at)
		case d.w.typeKey(k.Type) != d.to.typeKey(o.Type):
			d.dropBlockers(at)
		}
	}
}

// sameConstraint compares all but whether it was validated, which can be done later.
func (d *differ) sameConstraint(t *Table, k *Constraint, n *Table, o *Constraint) bool {
	a, b := *k, *o
	if a.NotValid && !b.NotValid {
		a.NotValid = false
	}
	return d.w.constraintText(t, &a) == d.to.constraintText(n, &b)
}

// dropBlockers drops what would keep a column's type from being changed: views, policies, triggers and generated columns over it.
func (d *differ) dropBlockers(at addr) {
	var blockers []addr
	for k := range d.w.usedBy.at(at.oid).all() {
		by := k.by()
		if k.onSub() != at.sub || by == at || by.isDefault {
			continue
		}
		owner := d.w.TableByOID(d.w.partOf.at(by.oid))
		switch {
		case d.w.TableByOID(by.oid) != nil:
			blockers = append(blockers, by)
		case owner != nil && !slices.ContainsFunc(owner.Indexes, func(x *Index) bool { return x.OID == by.oid }) &&
			!slices.ContainsFunc(owner.Constraints, func(c *Constraint) bool { return c.OID == by.oid && c.Kind != ForeignKey }):
			blockers = append(blockers, by) // a policy or a trigger; a foreign key, whose other side changes too
		}
	}
	for _, b := range blockers {
		d.drop(b)
	}
}

// drop drops an object after what depends on it.
func (d *differ) drop(o addr) {
	if !d.exists(o) {
		return
	}
	x := &dropper{e: d.w, at: map[addr]int{}, auto: map[addr]bool{}}
	x.visit(o, addr{}, false)
	for _, g := range x.list {
		if (g.what == o || !x.auto[g.what]) && d.exists(g.what) {
			d.dropOne(g.what)
		}
	}
}

func (d *differ) exists(o addr) bool {
	if t := d.w.TableByOID(o.oid); t != nil {
		c := t.byNum(o.sub)
		return o.sub == 0 || c != nil && (!o.isDefault || c.Default != nil)
	}
	return d.w.Type(o.oid) != nil || d.w.SequenceByOID(o.oid) != nil || d.w.FunctionByOID(o.oid) != nil || d.w.partOf.at(o.oid) != 0
}

func (d *differ) dropOne(o addr) {
	object := func(kind sql.ObjectKind, x sql.DropObject) *sql.Drop {
		x.Pos = sql.NoPos
		return &sql.Drop{Kind: kind, Objects: []sql.DropObject{x}, Pos: sql.NoPos}
	}
	if t := d.w.TableByOID(o.oid); t != nil {
		switch c := t.byNum(o.sub); {
		case o.isDefault:
			d.do(alter(t, sql.AlterCmd{Kind: sql.SetColumnDefault, Name: c.Name}), "")
		case o.sub != 0:
			lost := fmt.Sprintf("the values of column %s of table %s", c.Name, t.Name)
			if c.Generated {
				lost = ""
			}
			d.do(alter(t, sql.AlterCmd{Kind: sql.DropColumn, Name: c.Name}), lost)
		default:
			lost := ""
			if t.Kind == OrdinaryTable {
				lost = "the rows of table " + t.Name
			}
			d.do(object(t.objectKind(), sql.DropObject{Name: made(t.Schema, t.Name)}), lost)
		}
		return
	}
	if y := d.w.Type(o.oid); y != nil {
		d.do(object(y.objectKind(), sql.DropObject{Name: made(y.Schema, y.Name)}), "")
		return
	}
	if q := d.w.SequenceByOID(o.oid); q != nil {
		d.do(object(sql.KindSequence, sql.DropObject{Name: made(q.Schema, q.Name)}), "the position of sequence "+q.Name)
		return
	}
	if f := d.w.FunctionByOID(o.oid); f != nil {
		d.do(object(f.objectKind(), sql.DropObject{Name: made(f.Schema, f.Name), Args: d.w.argTrees(f)}), "")
		return
	}
	if y := d.w.Type(d.w.partOf.at(o.oid)); y != nil {
		for _, k := range y.Checks {
			if k.OID == o.oid {
				d.do(&sql.AlterDomain{Name: made(y.Schema, y.Name), Cmd: sql.DropConstraint, Sub: k.Name, Pos: sql.NoPos}, "")
			}
		}
		return
	}
	t := d.w.TableByOID(d.w.partOf.at(o.oid))
	name := made(t.Schema, t.Name)
	for _, p := range t.Policies {
		if p.OID == o.oid {
			d.do(object(sql.KindPolicy, sql.DropObject{Name: name, Sub: p.Name}), "")
		}
	}
	for _, g := range t.Triggers {
		if g.OID == o.oid {
			d.do(object(sql.KindTrigger, sql.DropObject{Name: name, Sub: g.Name}), "")
		}
	}
	for _, k := range t.Constraints {
		if k.OID == o.oid {
			d.do(alter(t, sql.AlterCmd{Kind: sql.DropConstraint, Name: k.Name}), "")
		}
	}
	for _, x := range t.Indexes {
		if x.OID == o.oid && x.Constraint == 0 {
			d.do(object(sql.KindIndex, sql.DropObject{Name: made(t.Schema, x.Name)}), "")
		}
	}
}

// ---- creation ----

// make makes and alters types, sequences, functions, tables and views in the order of what they need, older objects first.
func (d *differ) make() {
	done := map[OID]bool{}
	var visit func(oid OID)
	visit = func(oid OID) {
		if done[oid] {
			return // also when on the way: a cycle is entered where it was met first
		}
		done[oid] = true
		for _, on := range d.needs(oid) {
			visit(on)
		}
		d.makeOne(oid)
	}
	var all []OID
	for y := range d.to.Types() {
		if userType(y) {
			all = append(all, y.OID)
		}
	}
	for q := range d.to.Sequences() {
		all = append(all, q.OID)
	}
	for f := range d.to.AllFunctions() {
		all = append(all, f.OID)
	}
	for t := range d.to.Tables() {
		all = append(all, t.OID)
	}
	slices.Sort(all)
	for _, oid := range all {
		visit(oid)
	}
}

// needs is the objects of the wanted catalog that must be there before one of them.
func (d *differ) needs(oid OID) []OID {
	var out []OID
	add := func(on OID) {
		if t := d.to.partOf.at(on); t != 0 {
			on = t
		}
		if y := d.to.Type(on); y != nil {
			if y.Category == 'A' && y.Elem != 0 {
				y = d.to.Type(y.Elem)
			}
			if on = y.OID; y.Table != 0 {
				on = y.Table
			}
		}
		if on != oid && on >= FirstUserOID {
			out = append(out, on)
		}
	}
	if d.to.SequenceByOID(oid) == nil { // what a sequence uses is only its owner
		for _, x := range d.to.uses.at(oid) {
			add(x.on.oid)
		}
	}
	if t := d.to.TableByOID(oid); t != nil {
		for _, k := range t.Constraints {
			if k.Kind == Check {
				for _, x := range d.to.uses.at(k.OID) {
					add(x.on.oid)
				}
			}
		}
	}
	if f := d.to.FunctionByOID(oid); f != nil {
		// The body of an SQL function is checked when it is made, although PostgreSQL does not track what it needs.
		b := &binder{c: &d.to.facts, path: functionPath(f)}
		for _, s := range f.SQL {
			b.statement(s, nil)
		}
		for _, u := range b.uses {
			add(u.oid)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// functionPath is the search path that a function sets for itself, public without one.
func functionPath(f *Function) []string {
	for _, s := range f.Settings {
		if s.Name == "search_path" {
			return s.Values
		}
	}
	return []string{"public"}
}

func (d *differ) makeOne(oid OID) {
	if y := d.to.Type(oid); y != nil {
		d.makeType(y)
	} else if q := d.to.SequenceByOID(oid); q != nil {
		d.makeSequence(q)
	} else if f := d.to.FunctionByOID(oid); f != nil {
		d.makeFunction(f)
	} else if t := d.to.TableByOID(oid); t != nil {
		d.makeTable(t)
	}
}

func (d *differ) makeType(y *Type) {
	o := d.w.TypeByName(y.Schema, y.Name)
	n := made(y.Schema, y.Name)
	switch {
	case o == nil || !userType(o):
		d.do(d.to.typeTree(y), "")
	case y.Kind == EnumType:
		for i, l := range y.Labels {
			if slices.Contains(d.w.Type(o.OID).Labels, l) {
				continue
			}
			s := &sql.AlterEnum{Name: n, Label: l, Pos: sql.NoPos}
			have := d.w.Type(o.OID).Labels
			if i > 0 {
				if s.Neighbour, s.After = y.Labels[i-1], true; have[len(have)-1] == s.Neighbour {
					s.Neighbour, s.After = "", false
				}
			} else if len(have) > 0 {
				s.Neighbour = have[0]
			}
			d.do(s, "")
		}
	case y.Kind == DomainType:
		d.alterDomain(o, y)
	}
}

func (d *differ) alterDomain(o, y *Type) {
	n := made(y.Schema, y.Name)
	if exprText(o.Default) != exprText(y.Default) {
		d.do(&sql.AlterDomain{Name: n, Cmd: sql.SetColumnDefault, Expr: y.Default, Pos: sql.NoPos}, "")
	}
	if o.NotNull != y.NotNull {
		d.do(&sql.AlterDomain{Name: n, Cmd: map[bool]sql.AlterKind{true: sql.SetNotNull, false: sql.DropNotNull}[y.NotNull], Pos: sql.NoPos}, "")
	}
	same := func(a, b *Constraint) bool {
		return a.Name == b.Name && exprText(a.Expr) == exprText(b.Expr) && a.NotValid == b.NotValid
	}
	for _, k := range o.Checks {
		if !slices.ContainsFunc(y.Checks, func(x *Constraint) bool { return same(k, x) }) {
			d.do(&sql.AlterDomain{Name: n, Cmd: sql.DropConstraint, Sub: k.Name, Pos: sql.NoPos}, "")
		}
	}
	for _, k := range y.Checks {
		if !slices.ContainsFunc(o.Checks, func(x *Constraint) bool { return same(k, x) }) {
			c := &sql.Constraint{Kind: sql.CheckConstraint, Name: k.Name, Expr: k.Expr, NotValid: k.NotValid, Pos: sql.NoPos}
			d.do(&sql.AlterDomain{Name: n, Cmd: sql.AddConstraint, Sub: k.Name, Constraint: c, Pos: sql.NoPos}, "")
		}
	}
}

// identityOf is the column whose identity a sequence is.
func identityOf(c *facts, q *Sequence) *Column {
	if t := c.TableByOID(q.OwnerTable); t != nil {
		if k := t.Column(q.OwnerColumn); k != nil && k.Identity != 0 {
			return k
		}
	}
	return nil
}

func (d *differ) makeSequence(q *Sequence) {
	if identityOf(&d.to.facts, q) != nil {
		return
	}
	n := made(q.Schema, q.Name)
	o := d.w.Sequence(q.Schema, q.Name)
	if o != nil {
		if k := identityOf(&d.w.facts, o); k != nil { // the sequence of an identity cannot be another's
			d.do(alter(d.w.TableByOID(o.OwnerTable), sql.AlterCmd{Kind: sql.DropIdentity, Name: k.Name}), "the position of sequence "+o.Name)
			o = nil
		}
	}
	as := sql.Option{Name: "as", Type: d.to.TypeName(TypeRef{q.Type, -1}), Pos: sql.NoPos}
	as.Value = as.Type.Name.Name
	if o == nil {
		opts := sequenceOptions(q, false)
		if q.Type != Int8OID {
			opts = append([]sql.Option{as}, opts...)
		}
		d.do(&sql.CreateSequence{Name: n, Options: opts, Pos: sql.NoPos}, "")
		return
	}
	a, b := *o, *q
	a.OwnerTable, b.OwnerTable = 0, 0
	if d.w.sequenceText(&a) != d.to.sequenceText(&b) {
		d.do(&sql.AlterSequence{Name: n, Options: append([]sql.Option{as}, sequenceOptions(q, true)...), Pos: sql.NoPos}, "")
	}
}

func (d *differ) makeFunction(f *Function) {
	if !userFunction(f) {
		return
	}
	replace := false
	for _, o := range d.w.Functions(f.Schema, f.Name) {
		if d.w.funcKey(o) == d.to.funcKey(f) {
			if d.w.funcText(o) == d.to.funcText(f) {
				return
			}
			replace = true
		}
	}
	if f.Agg != nil {
		s := d.to.aggregateTree(f)
		s.Replace = replace
		d.do(s, "")
		return
	}
	s := d.to.functionTree(f)
	s.Replace = replace
	d.do(s, "")
}

func (d *differ) makeTable(t *Table) {
	o := d.w.Table(t.Schema, t.Name)
	switch {
	case t.Query != nil:
		if o == nil {
			d.do(d.to.viewTree(t), "")
		}
		return
	case t.Kind != OrdinaryTable:
		return
	case o == nil:
		s := &sql.CreateTable{Table: t.ref(), Pos: sql.NoPos}
		for _, k := range t.Columns {
			s.Columns = append(s.Columns, d.to.columnTree(t, k))
		}
		for _, k := range t.Constraints {
			if k.Kind != ForeignKey && t.canMake(k) {
				s.Constraints = append(s.Constraints, *d.to.constraintTree(t, k))
			}
		}
		d.do(s, "")
		return
	}
	for _, k := range t.Columns {
		d.makeColumn(t, k)
	}
	for _, k := range t.Constraints {
		if k.Kind != ForeignKey && t.canMake(k) {
			d.makeConstraint(t, k)
		}
	}
}

// canMake reports whether all is known that a statement needs to make a constraint: the operators of an exclusion constraint are not read from a server.
func (t *Table) canMake(k *Constraint) bool {
	return k.Kind != Exclusion || slices.ContainsFunc(t.Indexes, func(x *Index) bool { return x.OID == k.Index && len(x.Operators) == len(x.Keys) })
}

func (d *differ) makeConstraint(t *Table, k *Constraint) {
	o := d.w.Table(t.Schema, t.Name).Constraint(k.Name)
	switch {
	case o == nil:
		d.do(alter(t, sql.AlterCmd{Kind: sql.AddConstraint, Name: k.Name, Constraint: d.to.constraintTree(t, k)}), "")
	case o.NotValid && !k.NotValid:
		d.do(alter(t, sql.AlterCmd{Kind: sql.ValidateConstraint, Name: k.Name}), "")
	}
}

func (d *differ) makeColumn(t *Table, k *Column) {
	now := func() *Column { return d.w.Table(t.Schema, t.Name).Column(k.Name) }
	change := func(kind sql.AlterKind, x sql.AlterCmd, destroys string) {
		x.Kind, x.Name = kind, k.Name
		d.do(alter(t, x), destroys)
	}
	o := now()
	if o == nil {
		def := d.to.columnTree(t, k)
		change(sql.AddColumn, sql.AlterCmd{Column: &def}, "")
		return
	}
	retyped := d.w.typeKey(o.Type) != d.to.typeKey(k.Type) || o.Collation != k.Collation
	if o.Generated && !k.Generated {
		change(sql.DropExpression, sql.AlterCmd{}, "")
		o = now()
	}
	if o.Identity != 0 && k.Identity == 0 {
		change(sql.DropIdentity, sql.AlterCmd{}, "")
		o = now()
	}
	if o.Default != nil && !o.Generated && (retyped || k.Default == nil) {
		change(sql.SetColumnDefault, sql.AlterCmd{}, "")
		o = now()
	}
	if retyped {
		x := sql.AlterCmd{Type: d.to.TypeName(k.Type)}
		if k.Collation != "" {
			x.Collation = &sql.Name{Name: k.Collation, Pos: sql.NoPos}
		}
		lost := d.narrowing(t, o, k)
		if lost != "" || d.w.Type(o.Type.OID).Kind == EnumType {
			x.Expr = convert(k.Name, d.to.TypeName(k.Type), d.w.Type(o.Type.OID).Kind == EnumType)
		}
		change(sql.AlterColumnType, x, lost)
	}
	if k.NotNull && !now().NotNull {
		change(sql.SetNotNull, sql.AlterCmd{}, "")
	}
	if k.Identity != 0 {
		if now().Identity == 0 {
			x := d.to.identityTree(k)
			if q := d.to.SequenceByOID(k.Sequence); q != nil { // a serial column's sequence makes room
				if old := d.w.Sequence(q.Schema, q.Name); old != nil {
					d.drop(addr{oid: old.OID})
				}
			}
			change(sql.AddIdentity, sql.AlterCmd{Constraint: &x}, "")
		} else {
			d.alterIdentity(k, now(), change)
		}
	}
	if !k.NotNull && now().NotNull {
		change(sql.DropNotNull, sql.AlterCmd{}, "")
	}
	if k.Default != nil && !k.Generated && exprText(now().Default) != exprText(k.Default) {
		change(sql.SetColumnDefault, sql.AlterCmd{Expr: k.Default}, "")
	}
}

func (d *differ) alterIdentity(k, o *Column, change func(sql.AlterKind, sql.AlterCmd, string)) {
	var opts []sql.Option
	if o.Identity != k.Identity {
		opts = append(opts, sql.Option{Name: "generated", Value: fmt.Sprint(int(k.Identity)), Pos: sql.NoPos})
	}
	a, b := *d.w.SequenceByOID(o.Sequence), *d.to.SequenceByOID(k.Sequence)
	a.OwnerTable, b.OwnerTable, a.Type = 0, 0, b.Type
	if d.w.sequenceText(&a) != d.to.sequenceText(&b) {
		opts = append(opts, sequenceOptions(&b, true)...)
	}
	if opts != nil {
		change(sql.SetIdentity, sql.AlterCmd{Options: opts}, "")
	}
}

// convert is col::type, by way of text for enums, which have no casts to each other.
func convert(column string, typ *sql.TypeName, throughText bool) sql.Expr {
	var x sql.Expr = &sql.ColumnRef{Fields: []string{column}, Pos: sql.NoPos}
	if throughText {
		text := &sql.TypeName{Name: made("", "text"), Pos: sql.NoPos, ArrayDims: typ.ArrayDims}
		x = &sql.Cast{X: x, Type: text, Pos: sql.NoPos}
	}
	return &sql.Cast{X: x, Type: typ, Pos: sql.NoPos}
}

// narrowing says what a change of type may lose, "" when every old value is a new one.
func (d *differ) narrowing(t *Table, o, k *Column) string {
	a, b := o.Type, k.Type
	wider := map[OID][]OID{Int2OID: {Int4OID, Int8OID, NumericOID, Float4OID, Float8OID}, Int4OID: {Int8OID, NumericOID, Float8OID}, Int8OID: {NumericOID},
		Float4OID: {Float8OID}, VarcharOID: {TextOID}, BpcharOID: {TextOID}, CitextOID: {TextOID}, UUIDOID: {TextOID}, JSONOID: {TextOID}, CidrOID: {InetOID}}
	ea, eb := d.w.Type(a.OID), d.to.Type(b.OID)
	switch {
	case b.Mod == -1 && slices.Contains(wider[a.OID], b.OID):
		return ""
	case a.OID == b.OID && a.OID < FirstUserOID && (b.Mod == -1 || a.Mod >= 0 && (a.OID == VarcharOID || a.OID == VarbitOID) && b.Mod >= a.Mod):
		return ""
	case a.OID == NumericOID && b.OID == NumericOID && a.Mod >= 0 && (a.Mod-4)&0x7ff == (b.Mod-4)&0x7ff && b.Mod >= a.Mod:
		return ""
	case ea.Kind == EnumType && (b.OID == TextOID && b.Mod == -1 || eb.Kind == EnumType && len(missing(ea.Labels, eb.Labels)) == 0):
		return ""
	case ea.Kind == DomainType && d.w.typeKey(d.w.BaseType(a)) == d.to.typeKey(b):
		return ""
	}
	if ea.Kind == EnumType && eb.Kind == EnumType {
		return fmt.Sprintf("rows of table %s whose column %s is one of %s", t.Name, k.Name, strings.Join(missing(ea.Labels, eb.Labels), ", "))
	}
	return fmt.Sprintf("values of column %s of table %s that are not valid as %s", k.Name, t.Name, d.to.TypeString(b))
}

func missing(old, now []string) []string {
	return slices.DeleteFunc(slices.Clone(old), func(l string) bool { return slices.Contains(now, l) })
}

// finishTables makes what needs the tables: foreign keys, indexes, triggers, policies, owners of sequences, flags.
func (d *differ) finishTables() {
	for t := range d.to.Tables() {
		o := d.w.Table(t.Schema, t.Name)
		if o == nil {
			continue
		}
		for _, x := range t.Indexes {
			if _, have := d.w.Index(t.Schema, x.Name); have == nil && x.Constraint == 0 {
				d.do(x.tree(t), "")
			}
		}
		if o.RLS != t.RLS {
			d.do(alter(t, sql.AlterCmd{Kind: map[bool]sql.AlterKind{true: sql.EnableRLS, false: sql.DisableRLS}[t.RLS]}), "")
		}
		if o.ForceRLS != t.ForceRLS {
			d.do(alter(t, sql.AlterCmd{Kind: map[bool]sql.AlterKind{true: sql.ForceRLS, false: sql.NoForceRLS}[t.ForceRLS]}), "")
		}
		if o.ReplicaIdentity != t.ReplicaIdentity && t.ReplicaIdentity != 'i' && t.Kind == OrdinaryTable {
			mode := map[byte]string{'d': "default", 'f': "full", 'n': "nothing"}[t.ReplicaIdentity]
			d.do(alter(t, sql.AlterCmd{Kind: sql.ReplicaIdentity, Mode: mode}), "")
		}
	}
	for t := range d.to.Tables() {
		for _, k := range t.Constraints {
			if k.Kind == ForeignKey && d.w.Table(t.Schema, t.Name) != nil {
				d.makeConstraint(t, k)
			}
		}
	}
	for t := range d.to.Tables() {
		for _, g := range t.Triggers {
			o := d.w.Table(t.Schema, t.Name).Trigger(g.Name)
			if o == nil {
				d.do(d.to.triggerTree(t, g), "")
				o = &Trigger{Enabled: 'O'}
			}
			if o.Enabled != g.Enabled {
				d.do(alter(t, sql.AlterCmd{Kind: map[bool]sql.AlterKind{true: sql.EnableTrigger, false: sql.DisableTrigger}[g.Enabled == 'O'], Name: g.Name}), "")
			}
		}
		for _, p := range t.Policies {
			if d.w.Table(t.Schema, t.Name).Policy(p.Name) == nil {
				d.do(p.tree(t), "")
			}
		}
	}
	for q := range d.to.Sequences() {
		o := d.w.Sequence(q.Schema, q.Name)
		if o == nil || d.w.sequenceText(o) == d.to.sequenceText(q) || identityOf(&d.to.facts, q) != nil {
			continue
		}
		owner := []string{"none"}
		if t := d.to.TableByOID(q.OwnerTable); t != nil {
			owner = []string{t.Schema, t.Name, q.OwnerColumn}
		}
		d.do(&sql.AlterSequence{Name: made(q.Schema, q.Name), Options: []sql.Option{{Name: "owned_by", List: owner, Pos: sql.NoPos}}, Pos: sql.NoPos}, "")
	}
	for _, k := range d.to.casts {
		if !k.Extension && !slices.ContainsFunc(d.w.casts, func(o CastDef) bool {
			return d.w.typeKey(TypeRef{o.From, -1}) == d.to.typeKey(TypeRef{k.From, -1}) && d.w.typeKey(TypeRef{o.To, -1}) == d.to.typeKey(TypeRef{k.To, -1})
		}) {
			s := &sql.CreateCast{From: d.to.TypeName(TypeRef{k.From, -1}), To: d.to.TypeName(TypeRef{k.To, -1}), Pos: sql.NoPos,
				Context: map[byte]string{'e': "explicit", 'a': "assignment", 'i': "implicit"}[k.Context]}
			if f := d.to.FunctionByOID(k.Func); f != nil {
				n := made(f.Schema, f.Name)
				s.Func, s.FuncArgs = &n, d.to.argTrees(f)
			}
			d.do(s, "")
		}
	}
	for _, x := range d.w.settings {
		if !slices.ContainsFunc(d.to.settings, func(o RoleSetting) bool { return o.Role == x.Role && o.Setting.Name == x.Setting.Name }) {
			d.do(settingTree(x, true), "")
		}
	}
	for _, x := range d.to.settings {
		if !slices.ContainsFunc(d.w.settings, func(o RoleSetting) bool {
			return o.Role == x.Role && o.Setting.Name == x.Setting.Name && slices.Equal(o.Setting.Values, x.Setting.Values)
		}) {
			d.do(settingTree(x, false), "")
		}
	}
	d.publications()
}

func settingTree(x RoleSetting, reset bool) sql.Stmt {
	if reset {
		x.Setting = sql.Setting{Name: x.Setting.Name}
	}
	role := x.Role
	if role == "" {
		role = "all"
	}
	return &sql.AlterRole{Name: role, Setting: &x.Setting, Reset: reset, Pos: sql.NoPos}
}

func (d *differ) publications() {
	for p := range d.to.Publications() {
		var tables []sql.Name
		for _, oid := range p.Tables {
			if t := d.to.TableByOID(oid); t != nil {
				tables = append(tables, made(t.Schema, t.Name))
			}
		}
		publish := []sql.Option{{Name: "publish", Value: strings.Join(p.Publish, ", "), Pos: sql.NoPos}}
		o := d.w.Publication(p.Name)
		switch {
		case o == nil:
			d.do(&sql.CreatePublication{Name: p.Name, Tables: tables, AllTables: p.AllTables, Schemas: p.Schemas, Options: publish, Pos: sql.NoPos}, "")
			continue
		case d.w.Catalog().publicationText(o) == d.to.publicationText(p):
			continue
		case o.AllTables != p.AllTables || len(tables)+len(p.Schemas) == 0 && len(o.Tables)+len(o.Schemas) > 0:
			d.do(&sql.Drop{Kind: sql.KindPublication, Objects: []sql.DropObject{{Name: made("", p.Name), Pos: sql.NoPos}}, Pos: sql.NoPos}, "")
			d.do(&sql.CreatePublication{Name: p.Name, Tables: tables, AllTables: p.AllTables, Schemas: p.Schemas, Options: publish, Pos: sql.NoPos}, "")
			continue
		}
		if len(tables)+len(p.Schemas) > 0 {
			d.do(&sql.AlterPublication{Name: p.Name, Action: "set", Tables: tables, Schemas: p.Schemas, Pos: sql.NoPos}, "")
		}
		if !slices.Equal(o.Publish, p.Publish) {
			d.do(&sql.AlterPublication{Name: p.Name, Action: "set", Options: publish, Pos: sql.NoPos}, "")
		}
	}
}

// ---- owners, rights, comments ----

func (d *differ) rights() {
	d.defaultPrivileges()
	set := func(kind sql.ObjectKind, x sql.DropObject, oldOwner, owner string, old func() ACL, acl ACL) {
		x.Pos = sql.NoPos
		if oldOwner != owner {
			d.do(&sql.AlterOwner{Kind: kind, Name: x.Name, Args: x.Args, Owner: owner, Pos: sql.NoPos}, "")
		}
		grantKind := kind
		if kind == sql.KindView || kind == sql.KindMatView {
			grantKind = sql.KindTable
		}
		d.grants(grantKind, x, owner, old(), acl, nil)
	}
	for s := range d.to.Schemas() {
		set(sql.KindSchema, sql.DropObject{Name: made("", s.Name)}, d.w.Schema(s.Name).Owner, s.Owner, func() ACL { return d.w.Schema(s.Name).ACL }, s.ACL)
	}
	for y := range d.to.Types() {
		if o := d.w.TypeByName(y.Schema, y.Name); o != nil && userType(y) && userType(o) {
			set(y.objectKind(), sql.DropObject{Name: made(y.Schema, y.Name)}, o.Owner, y.Owner, func() ACL { return d.w.TypeByName(y.Schema, y.Name).ACL }, y.ACL)
		}
	}
	for f := range d.to.AllFunctions() {
		for _, o := range d.w.Functions(f.Schema, f.Name) {
			if d.w.funcKey(o) == d.to.funcKey(f) {
				set(f.objectKind(), sql.DropObject{Name: made(f.Schema, f.Name), Args: d.to.argTrees(f)}, o.Owner, f.Owner, func() ACL { return d.w.FunctionByOID(o.OID).ACL }, f.ACL)
			}
		}
	}
	for t := range d.to.Tables() {
		o := d.w.Table(t.Schema, t.Name)
		if o == nil {
			continue
		}
		x := sql.DropObject{Name: made(t.Schema, t.Name)}
		set(t.objectKind(), x, o.Owner, t.Owner, func() ACL { return d.w.TableByOID(o.OID).ACL }, t.ACL)
		for _, k := range t.Columns {
			if c := d.w.TableByOID(o.OID).Column(k.Name); c != nil {
				d.grants(sql.KindTable, x, t.Owner, c.ACL, k.ACL, []string{k.Name})
			}
		}
	}
	for q := range d.to.Sequences() {
		if o := d.w.Sequence(q.Schema, q.Name); o != nil {
			set(sql.KindSequence, sql.DropObject{Name: made(q.Schema, q.Name)}, o.Owner, q.Owner, func() ACL { return d.w.SequenceByOID(o.OID).ACL }, q.ACL)
		}
	}
}

// grants leads one access list to another.
func (d *differ) grants(kind sql.ObjectKind, x sql.DropObject, owner string, old, now ACL, columns []string) {
	of := kind
	if columns != nil {
		of = sql.KindColumn
	}
	d.grantSteps(of, owner, old, now, func(revoke bool, who string, p, option Privilege) {
		if p == 0 && option == 0 {
			return
		}
		g := &sql.Grant{Revoke: revoke, Kind: kind, Objects: []sql.DropObject{x}, Roles: []string{grantee(who)}, Pos: sql.NoPos}
		if p != 0 {
			g.Privileges = privilegeList(p, columns)
			d.do(g, "")
		}
		if option != 0 {
			n := *g
			n.Privileges, n.GrantOption = privilegeList(option, columns), true
			d.do(&n, "")
		}
	})
}

// grantSteps tells the differences of two lists: for each grantee what to revoke (rights, options) and what to grant.
func (d *differ) grantSteps(kind sql.ObjectKind, owner string, old, now ACL, step func(revoke bool, who string, p, option Privilege)) {
	a, b := rightsOf(kind, owner, old), rightsOf(kind, owner, now)
	for _, who := range slices.Sorted(maps.Keys(a)) {
		lost := a[who].Privs &^ b[who].Privs
		step(true, who, lost, a[who].Option&^b[who].Option&^lost)
	}
	for _, who := range slices.Sorted(maps.Keys(b)) {
		option := b[who].Option &^ a[who].Option
		step(false, who, b[who].Privs&^a[who].Privs&^option, option)
	}
}

func (d *differ) defaultPrivileges() {
	type key struct {
		owner, schema string
		kind          sql.ObjectKind
	}
	// At once empty list for "in schema", the built-in one for all schemas.
	lists := func(in []DefaultACL) map[key]ACL {
		out := map[key]ACL{}
		for _, x := range in {
			out[key{x.Owner, x.Schema, x.Kind}] = x.ACL
		}
		return out
	}
	a, b := lists(d.w.defaultACLs), lists(d.to.defaultACLs)
	keys := map[key]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	sorted := slices.SortedFunc(maps.Keys(keys), func(x, y key) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
	for _, k := range sorted {
		list := func(m map[key]ACL) ACL {
			l, ok := m[k]
			if !ok && k.schema != "" || ok && l == nil {
				return ACL{}
			}
			return l
		}
		d.grantSteps(k.kind, k.owner, list(a), list(b), func(revoke bool, who string, p, option Privilege) {
			for _, x := range []struct {
				p      Privilege
				option bool
			}{{p, false}, {option, true}} {
				if x.p == 0 {
					continue
				}
				s := &sql.AlterDefaultPrivileges{ForRoles: []string{k.owner}, Pos: sql.NoPos, Grant: sql.Grant{Revoke: revoke, Kind: k.kind, Roles: []string{grantee(who)},
					Privileges: privilegeList(x.p, nil), GrantOption: x.option, Pos: sql.NoPos}}
				if k.schema != "" {
					s.Schemas = []string{k.schema}
				}
				d.do(s, "")
			}
		})
	}
}

func (d *differ) comments() {
	say := func(kind sql.ObjectKind, n sql.Name, sub string, args []*sql.TypeName, old, now string) {
		if old != now {
			d.do(&sql.Comment{Kind: kind, Name: n, Sub: sub, Args: args, Text: now, Null: now == "", Pos: sql.NoPos}, "")
		}
	}
	for s := range d.to.Schemas() {
		say(sql.KindSchema, made("", s.Name), "", nil, d.w.Schema(s.Name).Comment, s.Comment)
	}
	for y := range d.to.Types() {
		o := d.w.TypeByName(y.Schema, y.Name)
		if o == nil || !userType(y) || !userType(o) {
			continue
		}
		n := made(y.Schema, y.Name)
		say(y.objectKind(), n, "", nil, o.Comment, y.Comment)
		for i, f := range y.Fields {
			if i < len(o.Fields) {
				say(sql.KindColumn, n, f.Name, nil, o.Fields[i].Comment, f.Comment)
			}
		}
	}
	for q := range d.to.Sequences() {
		if o := d.w.Sequence(q.Schema, q.Name); o != nil {
			say(sql.KindSequence, made(q.Schema, q.Name), "", nil, o.Comment, q.Comment)
		}
	}
	for f := range d.to.AllFunctions() {
		for _, o := range d.w.Functions(f.Schema, f.Name) {
			if d.w.funcKey(o) == d.to.funcKey(f) {
				say(f.objectKind(), made(f.Schema, f.Name), "", d.to.argTrees(f), o.Comment, f.Comment)
			}
		}
	}
	for t := range d.to.Tables() {
		o := d.w.Table(t.Schema, t.Name)
		if o == nil {
			continue
		}
		n := made(t.Schema, t.Name)
		say(t.objectKind(), n, "", nil, o.Comment, t.Comment)
		for _, k := range t.Columns {
			if c := o.Column(k.Name); c != nil {
				say(sql.KindColumn, n, k.Name, nil, c.Comment, k.Comment)
			}
		}
		for _, k := range t.Constraints {
			if c := o.Constraint(k.Name); c != nil {
				say(sql.KindConstraint, n, k.Name, nil, c.Comment, k.Comment)
			}
		}
		for _, g := range t.Triggers {
			if c := o.Trigger(g.Name); c != nil {
				say(sql.KindTrigger, n, g.Name, nil, c.Comment, g.Comment)
			}
		}
		for _, p := range t.Policies {
			if c := o.Policy(p.Name); c != nil {
				say(sql.KindPolicy, n, p.Name, nil, c.Comment, p.Comment)
			}
		}
		for _, x := range t.Indexes {
			if _, c := d.w.Index(t.Schema, x.Name); c != nil && x.Constraint == 0 {
				say(sql.KindIndex, made(t.Schema, x.Name), "", nil, c.Comment, x.Comment)
			}
		}
	}
}

// ---- last: what nothing needs any more ----

func (d *differ) dropRest() {
	for _, oid := range d.aside {
		d.drop(addr{oid: oid})
	}
	for q := range d.w.Catalog().Sequences() {
		if d.to.Sequence(q.Schema, q.Name) == nil {
			d.drop(addr{oid: q.OID})
		}
	}
	for y := range d.w.Catalog().Types() {
		if n := d.to.TypeByName(y.Schema, y.Name); userType(y) && n == nil {
			d.drop(addr{oid: y.OID})
		}
	}
	dropNamed := func(kind sql.ObjectKind, name string) {
		d.do(&sql.Drop{Kind: kind, Objects: []sql.DropObject{{Name: made("", name), Pos: sql.NoPos}}, Pos: sql.NoPos}, "")
	}
	for p := range d.w.Catalog().Publications() {
		if d.to.Publication(p.Name) == nil {
			dropNamed(sql.KindPublication, p.Name)
		}
	}
	for x := range d.w.Catalog().Extensions() {
		if d.to.Extension(x.Name) == nil {
			dropNamed(sql.KindExtension, x.Name)
		}
	}
	for s := range d.w.Catalog().Schemas() {
		if d.to.Schema(s.Name) == nil {
			dropNamed(sql.KindSchema, s.Name)
		}
	}
	for r := range d.w.Catalog().Roles() {
		if d.to.Role(r.Name) == nil {
			dropNamed(sql.KindRole, r.Name)
		}
	}
}
