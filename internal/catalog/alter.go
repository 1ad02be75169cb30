package catalog

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// alterPass is the order in which PostgreSQL does the sub-commands of one ALTER TABLE.
func alterPass(k *sql.AlterCmd) int {
	switch k.Kind {
	case sql.DropColumn, sql.DropConstraint:
		return 0
	case sql.AlterColumnType:
		return 1
	case sql.AddColumn:
		return 2
	case sql.SetColumnDefault, sql.SetNotNull, sql.DropNotNull, sql.DropExpression, sql.AddIdentity, sql.SetIdentity, sql.DropIdentity:
		return 3
	case sql.AddConstraint:
		if c := k.Constraint.Kind; c == sql.PrimaryConstraint || c == sql.UniqueConstraint || c == sql.ExclusionConstraint {
			return 4
		}
		return 5
	}
	return 6
}

func (e *Edit) alterTable(s *sql.AlterTable) {
	e.st.tag = "ALTER TABLE"
	switch s.Kind {
	case sql.KindView:
		e.st.tag = "ALTER VIEW"
	case sql.KindMatView:
		e.st.tag = "ALTER MATERIALIZED VIEW"
	case sql.KindIndex:
		e.st.tag = "ALTER INDEX"
		return // storage parameters and statistics targets
	case sql.KindSequence:
		e.st.tag = "ALTER SEQUENCE"
		e.alterSequenceOwner(s)
		return
	case sql.KindType:
		e.st.tag = "ALTER TYPE"
		e.alterComposite(s)
		return
	}
	t := e.relation(s.Table.Name, s.IfExists)
	if t == nil {
		return
	}
	if s.Kind == sql.KindView && t.Kind != View || s.Kind == sql.KindMatView && t.Kind != MatView {
		e.fail(s.Table.Name.Pos, fault.WrongObjectType, "%q is not a %s", t.Name, s.Kind)
	}
	e.needOwner(t.Owner, t.kindWord(), t.Name, s.Table.Name.Pos)
	cmds := slices.Clone(s.Cmds)
	slices.SortStableFunc(cmds, func(a, b sql.AlterCmd) int { return alterPass(&a) - alterPass(&b) })
	for i := 0; i < len(cmds); {
		b := e.build(e.TableByOID(t.OID))
		pass := alterPass(&cmds[i])
		for ; i < len(cmds) && alterPass(&cmds[i]) == pass; i++ {
			b.alter(&cmds[i])
		}
		b.finish(nil)
	}
}

// build starts a change of a table.
func (e *Edit) build(t *Table) *tableBuild {
	return &tableBuild{e: e, t: t.edited(), owned: map[string]*Sequence{}, taken: map[string]bool{}}
}

// reload takes the table up again after it was changed behind the build's back (by a drop that cascades).
func (b *tableBuild) reload() { b.t = b.e.TableByOID(b.t.OID).edited() }

var alterNames = map[sql.AlterKind]string{
	sql.AddColumn: "ADD COLUMN", sql.DropColumn: "DROP COLUMN", sql.AlterColumnType: "ALTER COLUMN ... SET DATA TYPE", sql.SetNotNull: "ALTER COLUMN ... SET NOT NULL",
	sql.DropNotNull: "ALTER COLUMN ... DROP NOT NULL", sql.AddConstraint: "ADD CONSTRAINT", sql.DropConstraint: "DROP CONSTRAINT", sql.EnableRLS: "ENABLE ROW SECURITY",
	sql.DisableRLS: "DISABLE ROW SECURITY", sql.ForceRLS: "FORCE ROW SECURITY", sql.NoForceRLS: "NO FORCE ROW SECURITY", sql.AddIdentity: "ALTER COLUMN ... ADD IDENTITY",
	sql.DropIdentity: "ALTER COLUMN ... DROP IDENTITY", sql.SetIdentity: "ALTER COLUMN ... SET", sql.ValidateConstraint: "VALIDATE CONSTRAINT",
	sql.AlterConstraint: "ALTER CONSTRAINT", sql.DropExpression: "ALTER COLUMN ... DROP EXPRESSION", sql.ReplicaIdentity: "REPLICA IDENTITY",
}

func (b *tableBuild) alter(k *sql.AlterCmd) {
	e, t := b.e, b.t
	if name, ok := alterNames[k.Kind]; ok && t.Kind != OrdinaryTable {
		raise(fault.New(fault.WrongObjectType, "ALTER action %s cannot be performed on relation %q", name, t.Name).
			WithDetail("This operation is not supported for %ss.", t.kindWord()), k.Pos)
	}
	column := func() (int, *Column) {
		i := t.ColumnIndex(k.Name)
		if i < 0 {
			if systemColumns[k.Name] {
				e.fail(k.Pos, fault.FeatureNotSupported, "cannot alter system column %q", k.Name)
			}
			e.fail(k.Pos, fault.UndefinedColumn, "column %q of relation %q does not exist", k.Name, t.Name)
		}
		return i, t.Columns[i]
	}
	switch k.Kind {
	case sql.AddColumn:
		if k.IfExists && t.Column(k.Column.Name) != nil {
			e.notice(fault.DuplicateColumn, "column %q of relation %q already exists, skipping", k.Column.Name, t.Name)
			return
		}
		if c := b.addColumn(k.Column); c.Default != nil || c.Identity != 0 || e.hasRules(c.Type.OID) {
			b.rewrites(k.Pos)
		}
	case sql.DropColumn:
		b.dropColumn(k)
	case sql.AlterColumnType:
		b.alterType(k)
	case sql.SetColumnDefault:
		i, c := column()
		if c.Identity != 0 {
			err := fault.New(fault.SyntaxError, "column %q of relation %q is an identity column", c.Name, t.Name)
			if k.Expr == nil {
				err = err.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.")
			}
			raise(err, k.Pos)
		}
		if c.Generated {
			err := fault.New(fault.SyntaxError, "column %q of relation %q is a generated column", c.Name, t.Name)
			if k.Expr == nil {
				err = err.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead.")
			}
			raise(err, k.Pos)
		}
		n := edit(t.Columns, i)
		n.Default = k.Expr
		if x, ok := k.Expr.(*sql.Const); ok && x.Kind == sql.NullConst {
			n.Default = nil
		}
	case sql.SetNotNull:
		i, _ := column()
		edit(t.Columns, i).NotNull = true
	case sql.DropNotNull:
		i, c := column()
		if c.Identity != 0 {
			e.fail(k.Pos, fault.SyntaxError, "column %q of relation %q is an identity column", c.Name, t.Name)
		}
		if pk := t.PrimaryKey(); pk != nil && slices.Contains(pk.Columns, c.Name) {
			e.fail(k.Pos, fault.InvalidTableDefinition, "column %q is in a primary key", c.Name)
		}
		edit(t.Columns, i).NotNull = false
	case sql.DropExpression:
		i, c := column()
		if !c.Generated {
			if k.IfExists {
				e.notice("00000", "column %q of relation %q is not a stored generated column, skipping", c.Name, t.Name)
				return
			}
			e.fail(k.Pos, fault.ObjectNotInState, "column %q of relation %q is not a stored generated column", c.Name, t.Name)
		}
		n := edit(t.Columns, i)
		n.Generated, n.Default = false, nil
	case sql.AddIdentity:
		i, c := column()
		switch {
		case !c.NotNull:
			e.fail(k.Pos, fault.ObjectNotInState, "column %q of relation %q must be declared NOT NULL before identity can be added", c.Name, t.Name)
		case c.Identity != 0:
			e.fail(k.Pos, fault.ObjectNotInState, "column %q of relation %q is already an identity column", c.Name, t.Name)
		case c.Default != nil:
			e.fail(k.Pos, fault.ObjectNotInState, "column %q of relation %q already has a default value", c.Name, t.Name)
		}
		b.identity(edit(t.Columns, i), k.Constraint)
	case sql.SetIdentity:
		i, c := column()
		if c.Identity == 0 {
			e.fail(k.Pos, fault.ObjectNotInState, "column %q of relation %q is not an identity column", c.Name, t.Name)
		}
		b.setIdentity(edit(t.Columns, i), k)
	case sql.DropIdentity:
		i, c := column()
		if c.Identity == 0 {
			if k.IfExists {
				e.notice("00000", "column %q of relation %q is not an identity column, skipping", c.Name, t.Name)
				return
			}
			e.fail(k.Pos, fault.ObjectNotInState, "column %q of relation %q is not an identity column", c.Name, t.Name)
		}
		n := edit(t.Columns, i)
		q := e.SequenceByOID(c.Sequence)
		n.Identity, n.Sequence = 0, 0
		e.forget(addr{oid: q.OID})
		e.removeSequence(q)
	case sql.AddConstraint:
		b.addConstraint(k)
	case sql.AlterConstraint:
		i := slices.IndexFunc(t.Constraints, func(c *Constraint) bool { return c.Name == k.Name })
		if i < 0 {
			e.fail(k.Pos, fault.UndefinedObject, "constraint %q of relation %q does not exist", k.Name, t.Name)
		}
		if t.Constraints[i].Kind != ForeignKey {
			e.fail(k.Pos, fault.WrongObjectType, "constraint %q of relation %q is not a foreign key constraint", k.Name, t.Name)
		}
		n := edit(t.Constraints, i)
		n.Deferrable, n.Deferred = k.Constraint.Deferrable, k.Constraint.Deferred
	case sql.ValidateConstraint:
		i := slices.IndexFunc(t.Constraints, func(c *Constraint) bool { return c.Name == k.Name })
		if i < 0 {
			e.fail(k.Pos, fault.UndefinedObject, "constraint %q of relation %q does not exist", k.Name, t.Name)
		}
		if kind := t.Constraints[i].Kind; kind != ForeignKey && kind != Check {
			e.fail(k.Pos, fault.WrongObjectType, "constraint %q of relation %q is not a foreign key or check constraint", k.Name, t.Name)
		}
		edit(t.Constraints, i).NotValid = false
	case sql.DropConstraint:
		c := t.Constraint(k.Name)
		if c == nil {
			if k.IfExists {
				e.notice("00000", "constraint %q of relation %q does not exist, skipping", k.Name, t.Name)
				return
			}
			e.fail(k.Pos, fault.UndefinedObject, "constraint %q of relation %q does not exist", k.Name, t.Name)
		}
		e.drop([]addr{{oid: c.OID}}, k.Cascade, k.Pos) // drops are the first pass: there is nothing to store before
		b.reload()
	case sql.EnableRLS:
		t.RLS = true
	case sql.DisableRLS:
		t.RLS = false
	case sql.ForceRLS:
		t.ForceRLS = true
	case sql.NoForceRLS:
		t.ForceRLS = false
	case sql.ChangeOwner:
		b.store()
		e.tableOwner(t, e.role(k.Name, k.Pos), k.Pos)
		b.reload()
	case sql.EnableTrigger, sql.DisableTrigger:
		state := byte('O')
		if k.Kind == sql.DisableTrigger {
			state = 'D'
		}
		all := k.Name == "all" || k.Name == "user"
		if !all && t.Trigger(k.Name) == nil {
			e.fail(k.Pos, fault.UndefinedObject, "trigger %q for table %q does not exist", k.Name, t.Name)
		}
		for i, g := range t.Triggers {
			if all || g.Name == k.Name {
				edit(t.Triggers, i).Enabled = state
			}
		}
	case sql.ReplicaIdentity:
		switch k.Mode {
		case "full":
			t.ReplicaIdentity = 'f'
		case "nothing":
			t.ReplicaIdentity = 'n'
		case "index":
			if !slices.ContainsFunc(t.Indexes, func(x *Index) bool { return x.Name == k.Name }) {
				e.fail(k.Pos, fault.UndefinedObject, "index %q for table %q does not exist", k.Name, t.Name)
			}
			t.ReplicaIdentity = 'i'
		default:
			t.ReplicaIdentity = 'd'
		}
	case sql.SetOptions:
		b.options(k.Options)
	case sql.ResetOptions:
		for _, o := range k.Options {
			switch o.Name {
			case "security_invoker":
				t.SecurityInvoker = false
			case "check_option":
				t.CheckOption = ""
			}
		}
	case sql.SetStatistics, sql.SetStorage, sql.ClusterOn:
	case sql.AttachPartition, sql.DetachPartition:
		raise(fault.Unsupported("table partitioning", ""), k.Pos)
	default:
		raise(fault.Unsupported("ALTER TABLE … "+k.Mode, ""), k.Pos)
	}
}

// options applies WITH (…) of a view; storage parameters of tables mean nothing here.
func (b *tableBuild) options(opts []sql.Option) {
	for _, o := range opts {
		if b.t.Kind != View {
			continue
		}
		switch o.Name {
		case "security_invoker":
			b.t.SecurityInvoker = optionBool(o)
		case "security_barrier":
		case "check_option":
			b.t.CheckOption = o.Value
		default:
			b.e.fail(o.Pos, fault.InvalidParameterValue, "unrecognized parameter %q", o.Name)
		}
	}
}

func (b *tableBuild) dropColumn(k *sql.AlterCmd) {
	e, t := b.e, b.t
	c := t.Column(k.Name)
	if c == nil {
		if systemColumns[k.Name] {
			e.fail(k.Pos, fault.FeatureNotSupported, "cannot drop system column %q", k.Name)
		}
		if k.IfExists {
			e.notice("00000", "column %q of relation %q does not exist, skipping", k.Name, t.Name)
			return
		}
		e.fail(k.Pos, fault.UndefinedColumn, "column %q of relation %q does not exist", k.Name, t.Name)
	}
	e.drop([]addr{{oid: t.OID, sub: c.Num}}, k.Cascade, k.Pos)
	b.reload()
}

// rewrites refuses to write the rows of a table anew while columns of other tables have such rows in them.
func (b *tableBuild) rewrites(pos sql.Pos) {
	if at := b.e.heldIn(b.t.RowType, true); at != "" {
		b.e.fail(pos, fault.FeatureNotSupported, "cannot alter table %q because column %q uses its row type", b.t.Name, at)
	}
}

// hasRules says that a type is a domain that not every value is of.
func (e *Edit) hasRules(typ OID) bool {
	for y := e.Type(typ); y != nil && y.Kind == DomainType; y = e.Type(y.Base.OID) {
		if y.NotNull || len(y.Checks) > 0 || y.Default != nil {
			return true
		}
	}
	return false
}

func (b *tableBuild) alterType(k *sql.AlterCmd) {
	e, t := b.e, b.t
	i := t.ColumnIndex(k.Name)
	if i < 0 {
		e.fail(k.Pos, fault.UndefinedColumn, "column %q of relation %q does not exist", k.Name, t.Name)
	}
	typ := e.findType(k.Type)
	if y := e.Type(typ.OID); y.Kind == PseudoType {
		e.fail(k.Pos, fault.InvalidTableDefinition, "column %q has pseudo-type %s", k.Name, e.TypeString(typ))
	}
	if e.contains(typ.OID, t.RowType, map[OID]bool{}) {
		e.fail(k.Type.Pos, fault.InvalidTableDefinition, "composite type %s cannot be made a member of itself", t.Name)
	}
	e.needTypeRight(typ, k.Pos)
	b.rewrites(k.Pos)
	c := t.Columns[i]
	at := addr{oid: t.OID, sub: c.Num}
	// What PostgreSQL refuses to rebuild: views, policies, triggers and generated columns over the column.
	for key := range e.usedBy.at(t.OID).all() {
		if key.onSub() != c.Num || key.by() == at {
			continue
		}
		by := key.by()
		owner := e.TableByOID(e.partOf.at(by.oid))
		switch {
		case e.TableByOID(by.oid) != nil && e.TableByOID(by.oid).Kind != OrdinaryTable:
			v, kind := e.TableByOID(by.oid), "view"
			if v.Kind == MatView {
				kind = "materialized view"
			}
			raise(fault.New(fault.FeatureNotSupported, "cannot alter type of a column used by a view or rule").
				WithDetail("rule _RETURN on %s %s depends on column %q", kind, visibleName(v.Schema, v.Name), c.Name), sql.NoPos)
		case owner != nil && slices.ContainsFunc(owner.Triggers, func(g *Trigger) bool { return g.OID == by.oid }):
			raise(fault.New(fault.FeatureNotSupported, "cannot alter type of a column used in a trigger definition").
				WithDetail("%s depends on column %q", e.describe(by), c.Name), k.Pos)
		case owner != nil && slices.ContainsFunc(owner.Policies, func(p *Policy) bool { return p.OID == by.oid }):
			raise(fault.New(fault.FeatureNotSupported, "cannot alter type of a column used in a policy definition").
				WithDetail("%s depends on column %q", e.describe(by), c.Name), k.Pos)
		case by.oid == t.OID && by.sub != 0 && !by.isDefault:
			raise(fault.New(fault.FeatureNotSupported, "cannot alter type of a column used by a generated column").
				WithDetail("Column %q is used by generated column %q.", c.Name, t.byNum(by.sub).Name), k.Pos)
		}
	}
	n := edit(t.Columns, i)
	n.Type = typ
	if n.Collation = ""; k.Collation != nil {
		n.Collation = k.Collation.Name
	}
	if n.Identity != 0 && typ.OID != Int2OID && typ.OID != Int4OID && typ.OID != Int8OID {
		e.fail(k.Pos, fault.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
	}
	if n.Identity != 0 {
		q := *e.SequenceByOID(n.Sequence)
		if _, hi := typeRange(q.Type); q.Max == hi {
			_, q.Max = typeRange(typ.OID)
		}
		q.Type = typ.OID
		e.setSequence(&q)
	}
	if e.st.using[t.OID] == nil {
		e.st.using[t.OID] = map[string]sql.Expr{}
	}
	e.st.using[t.OID][c.Name] = k.Expr
	if k.Expr != nil {
		e.st.using[t.OID][c.Name] = e.binder().expr(k.Expr, tableScope(t))
	}
	for _, f := range t.Constraints {
		if f.Kind == ForeignKey && slices.Contains(f.Columns, c.Name) {
			ref := e.TableByOID(f.RefTable)
			j := slices.Index(f.Columns, c.Name)
			if !e.comparable(typ, ref.Column(f.RefColumns[j]).Type) {
				raise(fault.New(fault.DatatypeMismatch, "foreign key constraint %q cannot be implemented", f.Name).
					WithDetail("Key columns %q and %q are of incompatible types: %s and %s.", c.Name, f.RefColumns[j], e.TypeString(typ), e.TypeString(ref.Column(f.RefColumns[j]).Type)), k.Pos)
			}
		}
	}
}

func (b *tableBuild) setIdentity(c *Column, k *sql.AlterCmd) {
	var opts []sql.Option
	for _, o := range k.Options {
		if o.Name == "generated" {
			c.Identity = 'd'
			if o.Value == "97" { // the grammar gives pg_attribute.attidentity as a number
				c.Identity = 'a'
			}
			continue
		}
		opts = append(opts, o)
	}
	if k.Constraint != nil {
		c.Identity = 'd'
		if k.Constraint.Always {
			c.Identity = 'a'
		}
	}
	if len(opts) > 0 {
		q := *b.e.SequenceByOID(c.Sequence)
		b.e.st.restart[q.OID] = b.e.sequenceOptions(&q, opts, false)
		b.e.setSequence(&q)
	}
}

func (b *tableBuild) addConstraint(k *sql.AlterCmd) {
	c := *k.Constraint
	switch c.Kind {
	case sql.CheckConstraint, sql.ForeignConstraint, sql.PrimaryConstraint, sql.UniqueConstraint, sql.ExclusionConstraint:
		if c.Name != "" {
			b.taken[c.Name] = true
		}
		b.tableConstraint(c)
	default:
		raise(fault.Unsupported("this constraint", ""), c.Pos)
	}
}

func (e *Edit) alterSequenceOwner(s *sql.AlterTable) {
	for _, k := range s.Cmds {
		if k.Kind == sql.ChangeOwner {
			e.alterOwner(&sql.AlterOwner{Kind: sql.KindSequence, Name: s.Table.Name, Owner: k.Name, Pos: s.Pos})
		}
	}
}

// tableOwner gives a table, its row type and its sequences to a role.
func (e *Edit) tableOwner(t *Table, owner string, pos sql.Pos) {
	e.needMember(owner, pos)
	n := e.TableByOID(t.OID).edited()
	n.ACL = n.ACL.newOwner(n.Owner, owner)
	for i, c := range n.Columns {
		if c.ACL != nil {
			edit(n.Columns, i).ACL = c.ACL.newOwner(n.Owner, owner)
		}
	}
	n.Owner = owner
	e.setTable(n)
	for _, oid := range []OID{n.RowType, e.Type(n.RowType).Array} {
		y := *e.Type(oid)
		y.Owner = owner
		e.setType(&y)
	}
	for key := range e.usedBy.at(t.OID).all() {
		if q := e.SequenceByOID(key.by().oid); q != nil && q.OwnerTable == t.OID {
			m := *q
			m.ACL, m.Owner = q.ACL.newOwner(q.Owner, owner), owner
			e.setSequence(&m)
		}
	}
}

func (e *Edit) needMember(role string, pos sql.Pos) {
	if !e.MemberOf(e.st.env.Role, role) {
		e.fail(pos, fault.InsufficientPrivilege, "must be member of role %q", role)
	}
}

// newOwner is the list after the object changed hands: what the old owner had and gave is the new one's.
func (a ACL) newOwner(old, owner string) ACL {
	if a == nil {
		return nil
	}
	out := ACL{}
	for _, g := range a {
		if g.Grantee == old {
			g.Grantee = owner
		}
		if g.Grantor == old {
			g.Grantor = owner
		}
		out = out.with(g)
	}
	return out
}
