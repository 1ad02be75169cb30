package catalog

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// tableBuild is a table on the way: what CREATE TABLE and ALTER TABLE share. The table is a private copy until it is stored.
type tableBuild struct {
	e       *Edit
	t       *Table
	isNew   bool
	keys    []sql.Constraint // primary keys, uniques, exclusions to be made
	checks  []sql.Constraint
	foreign []sql.Constraint
	owned   map[string]*Sequence // by column: to be linked when the table is stored
	taken   map[string]bool      // constraint names given in the statement
}

func (e *Edit) createTable(s *sql.CreateTable) {
	e.st.tag = "CREATE TABLE"
	name := s.Table.Name
	switch {
	case len(s.Inherits) > 0:
		raise(fault.Unsupported("table inheritance", ""), s.Pos)
	case s.PartitionOf != nil && e.FindTable(e.st.env.SearchPath, *s.PartitionOf) != nil:
		e.creationSchema(name)
		e.fail(s.PartitionOf.Pos, fault.InvalidObjectDefinition, "%q is not partitioned", s.PartitionOf.Name) // no table is, here
	case s.PartitionBy != "" || s.PartitionOf != nil:
		raise(fault.Unsupported("table partitioning", ""), s.Pos)
	case s.OfType != nil:
		raise(fault.Unsupported("CREATE TABLE … OF type", ""), s.Pos)
	}
	schema, temp := e.relationSchema(name, s.Temp)
	if e.relationExists(schema, name.Name) {
		if s.IfNotExists {
			e.notice(fault.DuplicateTable, "relation %q already exists, skipping", name.Name)
			return
		}
		e.fail(name.Pos, fault.DuplicateTable, "relation %q already exists", name.Name)
	}
	t := e.newTable(OrdinaryTable, schema, name, temp)
	e.onCommit(t, s.OnCommit, s.Pos)
	b := &tableBuild{e: e, t: t, isNew: true, owned: map[string]*Sequence{}, taken: map[string]bool{}}
	b.explicitNames(s.Constraints)
	for _, c := range s.Columns {
		b.explicitNames(c.Constraints)
	}
	var like []func()
	for i := 0; ; i++ {
		for _, l := range s.Like {
			if l.At == i {
				like = append(like, b.like(l))
			}
		}
		if i == len(s.Columns) {
			break
		}
		b.addColumn(&s.Columns[i])
	}
	for _, k := range s.Constraints {
		b.tableConstraint(k)
	}
	b.finish(func() {
		for _, f := range like {
			f()
		}
	})
	t.ACL = e.defaultACL(sql.KindTable, schema, t.Owner, nil)
	e.setTable(t)
}

// onCommit notes what becomes of a temporary table when a transaction commits.
func (e *Edit) onCommit(t *Table, what string, pos sql.Pos) {
	if what != "" && !t.Temp {
		e.fail(pos, fault.InvalidTableDefinition, "ON COMMIT can only be used on temporary tables")
	}
	if what != "preserve rows" {
		t.OnCommit = what
	}
}

// newTable is an empty relation whose names of relation and row type are free.
func (e *Edit) newTable(kind RelKind, schema string, name sql.Name, temp bool) *Table {
	if o := e.TypeByName(schema, name.Name); o != nil && !(o.Category == 'A' && o.Elem != 0) {
		if o.Kind == CompositeType { // which PostgreSQL keeps among the relations
			e.fail(name.Pos, fault.DuplicateTable, "relation %q already exists", name.Name)
		}
		raise(fault.New(fault.DuplicateObject, "type %q already exists", name.Name).
			WithHint("A relation has an associated type of the same name, so you must use a name that doesn't conflict with any existing type."), name.Pos)
	}
	return &Table{OID: e.newOID(), Schema: schema, Name: name.Name, Kind: kind, Owner: e.st.env.Role, Temp: temp, ReplicaIdentity: 'd',
		NextNum: 1, Insertable: kind == OrdinaryTable, Updatable: kind == OrdinaryTable, Deletable: kind == OrdinaryTable}
}

// addRowType makes the row type of a new relation and its array type.
func (e *Edit) addRowType(t *Table) {
	y := &Type{Schema: t.Schema, Name: t.Name, Kind: CompositeType, Category: 'C', Table: t.OID, Base: TypeRef{Mod: -1}, Owner: t.Owner}
	e.newType(y, sql.NoPos)
	t.RowType = y.OID
}

func (b *tableBuild) explicitNames(ks []sql.Constraint) {
	for _, k := range ks {
		if k.Name != "" && k.Kind >= sql.CheckConstraint {
			b.taken[k.Name] = true
		}
	}
}

var serialTypes = map[string]OID{"serial": Int4OID, "serial4": Int4OID, "bigserial": Int8OID, "serial8": Int8OID, "smallserial": Int2OID, "serial2": Int2OID}

// maxColumns is PostgreSQL's MaxHeapAttributeNumber.
const maxColumns = 1600

// addColumn adds a column with its NOT NULL, default, identity; its other constraints wait for finish.
func (b *tableBuild) addColumn(d *sql.ColumnDef) *Column {
	if len(b.t.Columns) >= maxColumns {
		raise(fault.New("54011", "tables can have at most %d columns", maxColumns), sql.NoPos)
	}
	e, t := b.e, b.t
	if t.Column(d.Name) != nil {
		if b.isNew {
			e.fail(d.Pos, fault.DuplicateColumn, "column %q specified more than once", d.Name)
		}
		e.fail(d.Pos, fault.DuplicateColumn, "column %q of relation %q already exists", d.Name, t.Name)
	}
	if systemColumns[d.Name] {
		e.fail(d.Pos, fault.DuplicateColumn, "column name %q conflicts with a system column name", d.Name)
	}
	c := &Column{Name: d.Name, Num: t.NextNum}
	t.NextNum++
	if d.Collation != nil {
		c.Collation = d.Collation.Name
	}
	if typ, ok := serialTypes[d.Type.Name.Name]; ok && d.Type.Name.Schema == "" {
		if d.Type.ArrayDims > 0 {
			e.fail(d.Type.Pos, fault.FeatureNotSupported, "array of serial is not implemented")
		}
		q := e.newColumnSequence(t, d.Name, typ, nil)
		c.Type, c.NotNull, c.Sequence = TypeRef{typ, -1}, true, q.OID
		c.Default, c.DefaultText = nextval(q)
		b.owned[d.Name] = q
	} else {
		c.Type = e.findType(d.Type)
		if y := e.Type(c.Type.OID); y.Kind == PseudoType {
			e.fail(d.Type.Pos, fault.InvalidTableDefinition, "column %q has pseudo-type %s", d.Name, e.TypeString(c.Type))
		} else if e.contains(c.Type.OID, t.RowType, map[OID]bool{}) {
			e.fail(d.Type.Pos, fault.InvalidTableDefinition, "composite type %s cannot be made a member of itself", t.Name)
		}
		e.needTypeRight(c.Type, d.Type.Pos)
	}
	t.Columns = append(t.Columns, c)
	b.columnConstraints(c, d)
	return c
}

var systemColumns = map[string]bool{"tableoid": true, "ctid": true, "xmin": true, "xmax": true, "cmin": true, "cmax": true}

func (e *Edit) needTypeRight(r TypeRef, pos sql.Pos) {
	if t := e.Type(r.OID); !e.CanType(e.st.env.Role, t, PrivUsage) {
		if t.Elem != 0 && t.Category == 'A' {
			r.OID = t.Elem
		}
		e.fail(pos, fault.InsufficientPrivilege, "permission denied for type %s", e.TypeString(TypeRef{r.OID, -1}))
	}
}

func (b *tableBuild) columnConstraints(c *Column, d *sql.ColumnDef) {
	e, t := b.e, b.t
	sawNull, sawNotNull, sawDefault, sawIdentity := false, false, c.Default != nil, false
	for _, k := range d.Constraints {
		switch k.Kind {
		case sql.NullConstraint:
			if sawNotNull || c.NotNull {
				e.fail(k.Pos, fault.SyntaxError, "conflicting NULL/NOT NULL declarations for column %q of table %q", c.Name, t.Name)
			}
			sawNull = true
		case sql.NotNullConstraint:
			if sawNull {
				e.fail(k.Pos, fault.SyntaxError, "conflicting NULL/NOT NULL declarations for column %q of table %q", c.Name, t.Name)
			}
			sawNotNull, c.NotNull = true, true
		case sql.DefaultConstraint:
			if sawDefault {
				e.fail(k.Pos, fault.SyntaxError, "multiple default values specified for column %q of table %q", c.Name, t.Name)
			}
			sawDefault = true
			c.Default = k.Expr
		case sql.IdentityConstraint:
			if sawIdentity {
				e.fail(k.Pos, fault.SyntaxError, "multiple identity specifications for column %q of table %q", c.Name, t.Name)
			}
			if sawNull {
				e.fail(k.Pos, fault.SyntaxError, "conflicting NULL/NOT NULL declarations for column %q of table %q", c.Name, t.Name)
			}
			sawIdentity = true
			b.identity(c, &k)
		case sql.GeneratedConstraint:
			if k.Virtual {
				raise(fault.Unsupported("a virtual generated column", "Write STORED."), k.Pos)
			}
			if c.Generated {
				e.fail(k.Pos, fault.SyntaxError, "multiple generation clauses specified for column %q of table %q", c.Name, t.Name)
			}
			c.Generated, c.Default = true, k.Expr
		case sql.CheckConstraint, sql.PrimaryConstraint, sql.UniqueConstraint, sql.ForeignConstraint, sql.ExclusionConstraint:
			k.Columns = []string{c.Name}
			b.tableConstraint(k)
		}
	}
	switch {
	case sawDefault && sawIdentity:
		e.fail(d.Pos, fault.SyntaxError, "both default and identity specified for column %q of table %q", c.Name, t.Name)
	case sawDefault && c.Generated:
		e.fail(d.Pos, fault.SyntaxError, "both default and generation expression specified for column %q of table %q", c.Name, t.Name)
	case sawIdentity && c.Generated:
		e.fail(d.Pos, fault.SyntaxError, "both identity and generation expression specified for column %q of table %q", c.Name, t.Name)
	}
	if k, ok := c.Default.(*sql.Const); ok && k.Kind == sql.NullConst && !c.Generated {
		c.Default = nil // DEFAULT NULL is no default
	}
}

func (b *tableBuild) identity(c *Column, k *sql.Constraint) {
	e := b.e
	if o := c.Type.OID; o != Int2OID && o != Int4OID && o != Int8OID {
		e.fail(k.Pos, fault.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
	}
	c.Identity, c.NotNull = 'd', true
	if k.Always {
		c.Identity = 'a'
	}
	q := e.newColumnSequence(b.t, c.Name, c.Type.OID, k.Options)
	c.Sequence = q.OID
	b.owned[c.Name] = q
}

func (b *tableBuild) tableConstraint(k sql.Constraint) {
	switch k.Kind {
	case sql.CheckConstraint:
		b.checks = append(b.checks, k)
	case sql.PrimaryConstraint, sql.UniqueConstraint:
		b.keys = append(b.keys, k)
	case sql.ForeignConstraint:
		b.foreign = append(b.foreign, k)
	case sql.ExclusionConstraint:
		b.keys = append(b.keys, k)
	}
}

// finish stores the table and then what refers to it: dependencies, sequences, constraints in PostgreSQL's order (checks, keys with the
// primary key first, what like adds, foreign keys).
func (b *tableBuild) finish(beforeForeign func()) {
	e, t := b.e, b.t
	if b.isNew {
		e.addRowType(t)
	}
	b.store()
	for i := range t.Columns {
		b.bindColumn(edit(t.Columns, i))
	}
	for _, c := range t.Columns {
		if q := b.owned[c.Name]; q != nil {
			e.ownSequence(q, t, c)
		}
	}
	for _, k := range b.checks {
		b.addCheck(k)
	}
	b.addKeys()
	b.store()
	if beforeForeign != nil {
		beforeForeign()
	}
	for _, k := range b.foreign {
		b.addForeign(k)
	}
	b.store()
	b.keys, b.checks, b.foreign, b.owned = nil, nil, nil, map[string]*Sequence{}
}

// bindColumn fixes the names in a column's default, records what the column needs, and finds the sequence that it draws on and owns.
// The column is a private copy.
func (b *tableBuild) bindColumn(c *Column) {
	e, t := b.e, b.t
	at := addr{oid: t.OID, sub: c.Num}
	def := addr{oid: t.OID, sub: c.Num, isDefault: true}
	e.forgetIf(t.OID, func(x edge) bool { return x.by == at || x.by == def })
	e.depend(at, false, e.useOfType(c.Type))
	if c.Default == nil {
		if c.DefaultText = ""; c.Identity == 0 {
			c.Sequence = 0
		}
		return
	}
	bind := e.binder()
	if c.Generated {
		c.Default = bind.expr(c.Default, tableScope(t))
		for _, u := range bind.uses {
			if u.oid == t.OID && u.sub == c.Num {
				raise(fault.New(fault.InvalidObjectDefinition, "cannot use generated column %q in column generation expression", c.Name).
					WithDetail("A generated column cannot reference another generated column."), sql.NoPos)
			}
			if o := t.byNum(u.sub); u.oid == t.OID && o != nil && o.Generated {
				raise(fault.New(fault.InvalidObjectDefinition, "cannot use generated column %q in column generation expression", o.Name).
					WithDetail("A generated column cannot reference another generated column."), sql.NoPos)
			}
		}
		e.depend(at, false, bind.uses...)
		e.depend(at, true, addr{oid: t.OID})
	} else {
		e.checkDefault(c.Default)
		c.Default = bind.expr(c.Default, nil)
		e.depend(def, false, bind.uses...)
	}
	c.DefaultText = exprText(c.Default)
	if q := b.owned[c.Name]; q != nil && c.Identity == 0 {
		_, c.DefaultText = nextval(q)
		return
	}
	c.Sequence = 0
	for _, u := range bind.uses {
		if q := e.SequenceByOID(u.oid); q != nil && q.OwnerTable == t.OID && q.OwnerColumn == c.Name {
			c.Sequence = q.OID
		}
	}
}

// checkDefault fails for what no default may hold.
func (e *Edit) checkDefault(x sql.Expr) {
	sql.Walk(x, func(n sql.Node) bool {
		switch n := n.(type) {
		case *sql.SubLink:
			e.fail(n.Pos, fault.FeatureNotSupported, "cannot use subquery in DEFAULT expression")
		case *sql.ColumnRef:
			e.fail(n.Pos, fault.FeatureNotSupported, "cannot use column reference in DEFAULT expression")
		}
		return true
	})
}

func (t *Table) byNum(num int16) *Column {
	for _, c := range t.Columns {
		if c.Num == num {
			return c
		}
	}
	return nil
}

// addCheck adds a check constraint, named after the one column that it uses if it is one.
func (b *tableBuild) addCheck(k sql.Constraint) *Constraint {
	e, t := b.e, b.t
	bind := e.binder()
	x := bind.expr(k.Expr, tableScope(t))
	var nums []int16
	for _, u := range bind.uses {
		if u.oid == t.OID && u.sub != 0 {
			nums = append(nums, u.sub)
		}
	}
	name := k.Name
	if name == "" {
		col := ""
		if len(nums) == 1 {
			col = t.byNum(nums[0]).Name
		}
		name = e.constraintName(t.Schema, t.Name, col, "check", b.taken)
		b.taken[name] = true
	} else if t.Constraint(name) != nil {
		if b.isNew {
			e.fail(k.Pos, fault.DuplicateObject, "check constraint %q already exists", name)
		}
		e.fail(k.Pos, fault.DuplicateObject, "constraint %q for relation %q already exists", name, t.Name)
	}
	c := &Constraint{OID: e.newOID(), Name: name, Kind: Check, Expr: x, ExprText: exprText(x), NotValid: k.NotValid && !b.isNew}
	for _, n := range nums {
		c.Columns = append(c.Columns, t.byNum(n).Name)
	}
	t.Constraints = append(t.Constraints, c)
	for _, u := range bind.uses {
		e.depend(addr{oid: c.OID}, u.oid == t.OID, u)
	}
	b.store()
	return c
}

// store makes the table as built so far known; b.t stays private.
func (b *tableBuild) store() { b.e.setTable(b.t.edited()) }

// addKeys makes the primary key and the unique constraints, primary key first, equal ones once.
func (b *tableBuild) addKeys() {
	e, t := b.e, b.t
	var ordered []sql.Constraint
	for _, k := range b.keys {
		if k.Kind == sql.PrimaryConstraint {
			if len(ordered) > 0 && ordered[0].Kind == sql.PrimaryConstraint || t.PrimaryKey() != nil {
				e.fail(k.Pos, fault.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", t.Name)
			}
			ordered = slices.Insert(ordered, 0, k)
		} else {
			ordered = append(ordered, k)
		}
	}
	for i := 0; i < len(ordered); i++ {
		for j := i + 1; j < len(ordered); j++ {
			a, c := &ordered[i], ordered[j]
			if a.Kind != sql.ExclusionConstraint && c.Kind != sql.ExclusionConstraint && a.UsingIndex == "" && c.UsingIndex == "" && slices.Equal(a.Columns, c.Columns) && slices.Equal(a.Include, c.Include) && a.Deferrable == c.Deferrable &&
				a.Deferred == c.Deferred && a.NullsNotDistinct == c.NullsNotDistinct && (a.Name == "" || c.Name == "" || a.Name == c.Name) {
				if a.Name == "" {
					a.Name = c.Name
				}
				ordered = slices.Delete(ordered, j, j+1)
				j--
			}
		}
	}
	for _, k := range ordered {
		if k.Kind == sql.ExclusionConstraint {
			b.addExclusion(k)
			continue
		}
		b.addKey(k)
	}
}

func (b *tableBuild) addKey(k sql.Constraint) {
	e, t := b.e, b.t
	kind, label := Unique, "key"
	if k.Kind == sql.PrimaryConstraint {
		kind, label = PrimaryKey, "pkey"
	}
	if k.UsingIndex != "" {
		b.keyFromIndex(k, kind)
		return
	}
	var keys []sql.IndexKey
	for i, n := range k.Columns {
		c := t.ColumnIndex(n)
		if c < 0 {
			e.fail(k.Pos, fault.UndefinedColumn, "column %q named in key does not exist", n)
		}
		if slices.Contains(k.Columns[:i], n) {
			word := "unique constraint"
			if kind == PrimaryKey {
				word = "primary key constraint"
			}
			e.fail(k.Pos, fault.DuplicateColumn, "column %q appears twice in %s", n, word)
		}
		b.needOrder(t.Columns[c], k.Pos)
		if kind == PrimaryKey && !t.Columns[c].NotNull {
			edit(t.Columns, c).NotNull = true
		}
		keys = append(keys, sql.IndexKey{Column: n})
	}
	for _, n := range k.Include {
		if t.Column(n) == nil {
			e.fail(k.Pos, fault.UndefinedColumn, "column %q named in key does not exist", n)
		}
	}
	name := k.Name
	switch {
	case name == "" && kind == PrimaryKey:
		name = e.relationName(t.Schema, t.Name, "", label, true)
	case name == "":
		name = e.relationName(t.Schema, t.Name, joinNames(indexColumnNames(keys, k.Include)), label, true)
	case e.relationExists(t.Schema, name):
		e.fail(k.Pos, fault.DuplicateTable, "relation %q already exists", name)
	case t.Constraint(name) != nil:
		e.fail(k.Pos, fault.DuplicateObject, "constraint %q for relation %q already exists", name, t.Name)
	}
	x := &Index{OID: e.newOID(), Name: name, Unique: true, NullsNotDistinct: k.NullsNotDistinct, Method: "btree", Keys: keys, Include: slices.Clone(k.Include), Deferrable: k.Deferrable}
	c := &Constraint{OID: e.newOID(), Name: name, Kind: kind, Columns: slices.Clone(k.Columns), Index: x.OID, NullsNotDistinct: k.NullsNotDistinct,
		Deferrable: k.Deferrable, Deferred: k.Deferred}
	x.Constraint = c.OID
	t.Indexes = append(t.Indexes, x)
	t.Constraints = append(t.Constraints, c)
	b.dependOnColumns(c.OID, append(slices.Clone(k.Columns), k.Include...))
	b.store()
}

// needOrder fails for a key over a type that has no order.
func (b *tableBuild) needOrder(c *Column, pos sql.Pos) {
	e := b.e
	base := e.BaseType(c.Type)
	switch base.OID {
	case JSONOID, XMLOID, PointOID, LsegOID, PathOID, BoxOID, PolygonOID, LineOID, CircleOID:
		raise(fault.New(fault.UndefinedObject, "data type %s has no default operator class for access method \"btree\"", e.TypeString(TypeRef{c.Type.OID, -1})).
			WithHint("You must specify an operator class for the index or define a default operator class for the data type."), pos)
	}
}

func (b *tableBuild) keyFromIndex(k sql.Constraint, kind ConstraintKind) {
	e, t := b.e, b.t
	i := slices.IndexFunc(t.Indexes, func(x *Index) bool { return x.Name == k.UsingIndex })
	if i < 0 {
		e.fail(k.Pos, fault.UndefinedObject, "index %q does not exist", k.UsingIndex)
	}
	switch x := t.Indexes[i]; {
	case x.Constraint != 0:
		e.fail(k.Pos, fault.ObjectNotInState, "index %q is already associated with a constraint", x.Name)
	case !x.Unique:
		raise(fault.New(fault.WrongObjectType, "%q is not a unique index", x.Name).WithDetail("Cannot create a primary key or unique constraint using such an index."), k.Pos)
	case x.Where != nil:
		raise(fault.New(fault.WrongObjectType, "%q is a partial index", x.Name).WithDetail("Cannot create a primary key or unique constraint using such an index."), k.Pos)
	}
	x := edit(t.Indexes, i)
	c := &Constraint{OID: e.newOID(), Kind: kind, Index: x.OID, NullsNotDistinct: x.NullsNotDistinct, Deferrable: k.Deferrable, Deferred: k.Deferred}
	for _, key := range x.Keys {
		if key.Column == "" {
			raise(fault.New(fault.WrongObjectType, "index %q contains expressions", x.Name).WithDetail("Cannot create a primary key or unique constraint using such an index."), k.Pos)
		}
		c.Columns = append(c.Columns, key.Column)
		if j := t.ColumnIndex(key.Column); kind == PrimaryKey && !t.Columns[j].NotNull {
			edit(t.Columns, j).NotNull = true
		}
	}
	if k.Name != "" && k.Name != x.Name {
		e.notice("00000", "ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index %q to %q", x.Name, k.Name)
		x.Name = k.Name
	}
	c.Name, x.Constraint, x.Deferrable = x.Name, c.OID, k.Deferrable
	e.forget(addr{oid: x.OID})
	t.Constraints = append(t.Constraints, c)
	b.dependOnColumns(c.OID, c.Columns)
}

// addExclusion adds an exclusion constraint and its index.
func (b *tableBuild) addExclusion(k sql.Constraint) {
	e, t := b.e, b.t
	method := k.Method
	if method == "" {
		method = "btree"
	}
	if !excluding[method] {
		if !indexMethods[method] {
			e.fail(k.Pos, fault.UndefinedObject, "access method %q does not exist", method)
		}
		e.fail(k.Pos, fault.FeatureNotSupported, "access method %q does not support exclusion constraints", method)
	}
	s := &sql.CreateIndex{Name: k.Name, Method: method, Include: k.Include, Where: k.Where, Pos: k.Pos}
	var ops []string
	for _, x := range k.Exclusions {
		if x.Key.Column != "" && t.Column(x.Key.Column) == nil {
			e.fail(k.Pos, fault.UndefinedColumn, "column %q named in key does not exist", x.Key.Column)
		}
		s.Keys = append(s.Keys, x.Key)
		ops = append(ops, x.Op)
		if c := t.Column(x.Key.Column); c != nil && method == "gist" && x.Key.OpClass == "" {
			b.needGist(c, k.Pos)
		}
	}
	switch {
	case s.Name == "":
		s.Name = e.relationName(t.Schema, t.Name, joinNames(indexColumnNames(s.Keys, s.Include)), "excl", true)
	case e.relationExists(t.Schema, s.Name):
		e.fail(k.Pos, fault.DuplicateTable, "relation %q already exists", s.Name)
	case t.Constraint(s.Name) != nil:
		e.fail(k.Pos, fault.DuplicateObject, "constraint %q for relation %q already exists", s.Name, t.Name)
	}
	x := e.addIndex(t, s)
	c := &Constraint{OID: e.newOID(), Name: x.Name, Kind: Exclusion, Index: x.OID, Deferrable: k.Deferrable, Deferred: k.Deferred}
	x.Operators, x.Deferrable, x.Constraint = ops, k.Deferrable, c.OID
	for _, key := range x.Keys {
		if key.Column != "" {
			c.Columns = append(c.Columns, key.Column)
		}
	}
	for _, u := range e.uses.at(x.OID) {
		e.depend(addr{oid: c.OID}, u.auto, u.on)
	}
	e.forget(addr{oid: x.OID})
	t.Constraints = append(t.Constraints, c)
	b.store()
}

// excluding are the access methods that serve exclusion constraints.
var excluding = map[string]bool{"btree": true, "hash": true, "gist": true, "spgist": true}

// btreeGist are the types to which the extension btree_gist gives an order, enums apart.
var btreeGist = map[OID]bool{Int2OID: true, Int4OID: true, Int8OID: true, Float4OID: true, Float8OID: true, NumericOID: true, TimestampOID: true, TimestamptzOID: true, TimeOID: true,
	TimetzOID: true, DateOID: true, IntervalOID: true, OIDOID: true, MoneyOID: true, TextOID: true, VarcharOID: true, BpcharOID: true, ByteaOID: true, BitOID: true, VarbitOID: true,
	MacaddrOID: true, Macaddr8OID: true, InetOID: true, CidrOID: true, UUIDOID: true, BoolOID: true}

// needGist fails for a plain column of an exclusion constraint that PostgreSQL's GiST does not know without an extension.
func (b *tableBuild) needGist(c *Column, pos sql.Pos) {
	e := b.e
	base := e.BaseType(c.Type)
	switch ty := e.Type(base.OID); {
	case ty == nil:
	case ty.Kind == RangeType, ty.Kind == MultirangeType, ty.Category == 'G', base.OID == TSVectorOID, base.OID == TSQueryOID:
		return
	case e.Extension("btree_gist") != nil && (ty.Kind == EnumType || btreeGist[base.OID]):
		return
	}
	raise(fault.New(fault.UndefinedObject, "data type %s has no default operator class for access method \"gist\"", e.TypeString(TypeRef{c.Type.OID, -1})).
		WithHint("You must specify an operator class for the index or define a default operator class for the data type."), pos)
}

func (b *tableBuild) dependOnColumns(oid OID, cols []string) {
	for _, n := range cols {
		b.e.depend(addr{oid: oid}, true, addr{oid: b.t.OID, sub: b.t.Column(n).Num})
	}
}

// addForeign adds a foreign key.
func (b *tableBuild) addForeign(k sql.Constraint) {
	e, t := b.e, b.t
	ref := e.FindTable(e.st.env.SearchPath, k.RefTable.Name)
	if ref == nil {
		if n := k.RefTable.Name; n.Schema != "" && e.Schema(n.Schema) == nil {
			e.fail(n.Pos, fault.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
		e.fail(k.RefTable.Name.Pos, fault.UndefinedTable, "relation %q does not exist", qualifiedText(k.RefTable.Name))
	}
	if ref.OID == t.OID {
		ref = t
	}
	if ref.Kind != OrdinaryTable && ref.Kind != PartitionedTable {
		e.fail(k.Pos, fault.WrongObjectType, "referenced relation %q is not a table", ref.Name)
	}
	if t.Temp != ref.Temp {
		if t.Temp {
			e.fail(k.Pos, fault.InvalidTableDefinition, "constraints on temporary tables may reference only temporary tables")
		}
		e.fail(k.Pos, fault.InvalidTableDefinition, "constraints on permanent tables may reference only permanent tables")
	}
	for _, n := range k.Columns {
		if t.Column(n) == nil {
			e.fail(k.Pos, fault.UndefinedColumn, "column %q referenced in foreign key constraint does not exist", n)
		}
	}
	cols := k.RefColumns
	var key *Constraint
	var index *Index
	if len(cols) == 0 {
		if key = ref.PrimaryKey(); key == nil {
			e.fail(k.Pos, fault.UndefinedObject, "there is no primary key for referenced table %q", ref.Name)
		}
		cols = key.Columns
		for _, x := range ref.Indexes {
			if x.OID == key.Index {
				index = x
			}
		}
	} else {
		for _, n := range cols {
			if ref.Column(n) == nil {
				e.fail(k.Pos, fault.UndefinedColumn, "column %q referenced in foreign key constraint does not exist", n)
			}
		}
		if len(cols) == len(k.Columns) {
			index = ref.uniqueIndex(cols)
			if index == nil {
				e.fail(k.Pos, fault.InvalidForeignKey, "there is no unique constraint matching given keys for referenced table %q", ref.Name)
			}
			for _, c := range ref.Constraints {
				if c.OID == index.Constraint && c.Deferrable {
					e.fail(k.Pos, fault.ObjectNotInState, "cannot use a deferrable unique constraint for referenced table %q", ref.Name)
				}
			}
		}
	}
	if len(cols) != len(k.Columns) {
		e.fail(k.Pos, fault.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree")
	}
	if !e.Can(e.st.env.Role, ref, PrivReferences) {
		for _, n := range cols {
			if !e.CanColumn(e.st.env.Role, ref, ref.Column(n), PrivReferences) {
				e.fail(k.Pos, fault.InsufficientPrivilege, "permission denied for table %s", ref.Name)
			}
		}
	}
	name := k.Name
	if name == "" {
		name = e.constraintName(t.Schema, t.Name, joinNames(k.Columns), "fkey", b.taken)
		b.taken[name] = true
	} else if t.Constraint(name) != nil {
		e.fail(k.Pos, fault.DuplicateObject, "constraint %q for relation %q already exists", name, t.Name)
	}
	for i, n := range k.Columns {
		f, p := t.Column(n), ref.Column(cols[i])
		if f.Generated && (k.OnUpdate == sql.SetNull || k.OnUpdate == sql.SetDefault || k.OnUpdate == sql.Cascade) {
			e.fail(k.Pos, fault.SyntaxError, "invalid ON UPDATE action for foreign key constraint containing generated column")
		}
		if f.Generated && (k.OnDelete == sql.SetNull || k.OnDelete == sql.SetDefault) {
			e.fail(k.Pos, fault.SyntaxError, "invalid ON DELETE action for foreign key constraint containing generated column")
		}
		if !e.comparable(f.Type, p.Type) {
			raise(fault.New(fault.DatatypeMismatch, "foreign key constraint %q cannot be implemented", name).
				WithDetail("Key columns %q and %q are of incompatible types: %s and %s.", n, cols[i], e.TypeString(f.Type), e.TypeString(p.Type)), k.Pos)
		}
	}
	for _, n := range k.OnDeleteColumns {
		if !slices.Contains(k.Columns, n) {
			if t.Column(n) == nil {
				e.fail(k.Pos, fault.UndefinedColumn, "column %q referenced in foreign key constraint does not exist", n)
			}
			e.fail(k.Pos, fault.InvalidColumnReference, "column %q referenced in ON DELETE SET action must be part of foreign key", n)
		}
	}
	c := &Constraint{OID: e.newOID(), Name: name, Kind: ForeignKey, Columns: slices.Clone(k.Columns), RefTable: ref.OID, RefColumns: slices.Clone(cols),
		OnDelete: k.OnDelete, OnUpdate: k.OnUpdate, OnDeleteColumns: slices.Clone(k.OnDeleteColumns), MatchFull: k.MatchFull,
		Deferrable: k.Deferrable, Deferred: k.Deferred, NotValid: k.NotValid && !b.isNew}
	t.Constraints = append(t.Constraints, c)
	b.dependOnColumns(c.OID, k.Columns)
	for _, n := range cols {
		e.depend(addr{oid: c.OID}, false, addr{oid: ref.OID, sub: ref.Column(n).Num})
	}
	e.depend(addr{oid: c.OID}, false, addr{oid: index.OID})
	b.store()
}

// uniqueIndex finds the unique index over exactly these columns in any order, that a foreign key may refer to.
func (t *Table) uniqueIndex(cols []string) *Index {
	for i, n := range cols {
		if slices.Contains(cols[:i], n) {
			return nil
		}
	}
	for _, x := range t.Indexes {
		if !x.Unique || x.Where != nil || len(x.Keys) != len(cols) {
			continue
		}
		if !slices.ContainsFunc(x.Keys, func(k sql.IndexKey) bool { return k.Column == "" || !slices.Contains(cols, k.Column) }) {
			return x
		}
	}
	return nil
}

// comparable says whether a foreign key column of type f may refer to a key column of type p.
func (e *Edit) comparable(f, p TypeRef) bool {
	fb, pb := e.BaseType(f).OID, e.BaseType(p).OID
	if fb == pb {
		return true
	}
	if g := operatorFamily[fb]; g != 0 && g == operatorFamily[pb] {
		return true
	}
	switch pb { // what casts implicitly to the key's type
	case NumericOID:
		return operatorFamily[fb] == 1
	case Float4OID, Float8OID:
		return operatorFamily[fb] == 1 || fb == NumericOID
	case TextOID, VarcharOID, BpcharOID, NameOID:
		return fb == CitextOID || fb == CharOID
	case InetOID:
		return fb == CidrOID
	case OIDOID:
		return operatorFamily[fb] == 1
	}
	return false
}

// operatorFamily groups the types whose values PostgreSQL's btree operator families compare with each other.
var operatorFamily = map[OID]int{Int2OID: 1, Int4OID: 1, Int8OID: 1, Float4OID: 2, Float8OID: 2, TextOID: 3, VarcharOID: 3, BpcharOID: 3, NameOID: 3,
	DateOID: 4, TimestampOID: 4, TimestamptzOID: 4, InetOID: 5, CidrOID: 5, BitOID: 6, VarbitOID: 6}

// PostgreSQL's TableLikeOption bits.
const (
	likeComments = 1 << iota
	likeCompression
	likeConstraints
	likeDefaults
	likeGenerated
	likeIdentity
	likeIndexes
	likeStatistics
	likeStorage
)

// like copies columns of another table; what it returns copies its indexes when the table exists.
func (b *tableBuild) like(l sql.LikeClause) func() {
	e, t := b.e, b.t
	from := e.relation(l.Table, false)
	for _, c := range from.Columns {
		if t.Column(c.Name) != nil {
			e.fail(l.Table.Pos, fault.DuplicateColumn, "column %q specified more than once", c.Name)
		}
		n := &Column{Name: c.Name, Num: t.NextNum, Type: c.Type, NotNull: c.NotNull, Collation: c.Collation}
		t.NextNum++
		if l.Options&likeComments != 0 {
			n.Comment = c.Comment
		}
		switch {
		case c.Generated:
			if l.Options&likeGenerated != 0 {
				n.Generated, n.Default = true, c.Default
			}
		case c.Identity != 0:
			if l.Options&likeIdentity != 0 {
				b.identity(n, &sql.Constraint{Always: c.Identity == 'a'})
			}
		case l.Options&likeDefaults != 0:
			n.Default = c.Default
		}
		t.Columns = append(t.Columns, n)
	}
	if l.Options&likeConstraints != 0 {
		for _, k := range from.Constraints {
			if k.Kind == Check {
				b.checks = append(b.checks, sql.Constraint{Kind: sql.CheckConstraint, Name: k.Name, Expr: k.Expr, Pos: l.Table.Pos})
			}
		}
	}
	return func() {
		if l.Options&likeIndexes == 0 {
			return
		}
		for _, x := range from.Indexes {
			if x.Constraint == 0 {
				e.addIndex(t, &sql.CreateIndex{Method: x.Method, Unique: x.Unique, NullsNotDistinct: x.NullsNotDistinct, Keys: x.Keys, Include: x.Include,
					Where: x.Where, Options: x.Options, Pos: l.Table.Pos})
				continue
			}
			for _, k := range from.Constraints {
				if k.OID == x.Constraint && k.Kind == Exclusion {
					c := e.constraintTree(from, k)
					c.Name, c.Pos = "", l.Table.Pos
					b.addExclusion(*c)
					continue
				}
				if k.OID == x.Constraint && t.PrimaryKey() == nil || k.OID == x.Constraint && k.Kind == Unique {
					kind := sql.UniqueConstraint
					if k.Kind == PrimaryKey {
						kind = sql.PrimaryConstraint
					}
					b.addKey(sql.Constraint{Kind: kind, Columns: k.Columns, Include: x.Include, NullsNotDistinct: k.NullsNotDistinct, Deferrable: k.Deferrable,
						Deferred: k.Deferred, Pos: l.Table.Pos})
				}
			}
		}
	}
}
