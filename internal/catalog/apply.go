package catalog

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// apply is the switch over the statements of schema definition.
func (e *Edit) apply(s sql.Stmt) {
	switch s := s.(type) {
	case *sql.CreateTable:
		e.createTable(s)
	case *sql.CreateTableAs:
		e.createTableAs(s)
	case *sql.AlterTable:
		e.alterTable(s)
	case *sql.Rename:
		e.rename(s)
	case *sql.AlterOwner:
		e.alterOwner(s)
	case *sql.AlterSchema:
		e.alterSchema(s)
	case *sql.CreateIndex:
		e.createIndex(s)
	case *sql.CreateView:
		e.createView(s)
	case *sql.RefreshMatView:
		e.refresh(s)
	case *sql.CreateSequence:
		e.createSequence(s)
	case *sql.AlterSequence:
		e.alterSequence(s)
	case *sql.CreateSchema:
		e.createSchema(s)
	case *sql.CreateExtension:
		e.createExtension(s)
	case *sql.CreateEnum:
		e.createEnum(s)
	case *sql.AlterEnum:
		e.alterEnum(s)
	case *sql.CreateComposite:
		e.createComposite(s)
	case *sql.CreateDomain:
		e.createDomain(s)
	case *sql.AlterDomain:
		e.alterDomain(s)
	case *sql.CreateFunction:
		e.createFunction(s)
	case *sql.AlterFunction:
		e.alterFunction(s)
	case *sql.CreateTrigger:
		e.createTrigger(s)
	case *sql.CreatePolicy:
		e.createPolicy(s)
	case *sql.AlterPolicy:
		e.alterPolicy(s)
	case *sql.Drop:
		e.dropStatement(s)
	case *sql.Comment:
		e.comment(s)
	case *sql.Grant:
		e.grant(s)
	case *sql.GrantRole:
		e.grantRole(s)
	case *sql.AlterDefaultPrivileges:
		e.alterDefaultPrivileges(s)
	case *sql.CreateRole:
		e.createRole(s)
	case *sql.AlterRole:
		e.alterRole(s)
	case *sql.AlterDatabase:
		e.st.tag = "ALTER DATABASE"
		if s.Setting != nil {
			e.set("", *s.Setting, s.Reset)
		} else if s.Reset {
			e.settings = nil
			e.view = nil
		}
	case *sql.CreatePublication:
		e.createPublication(s)
	case *sql.AlterPublication:
		e.alterPublication(s)
	case *sql.CreateCast:
		e.createCast(s)
	case *sql.CreateAggregate:
		e.createAggregate(s)
	case *sql.Owned:
		e.owned(s)
	case *sql.UnsupportedStmt:
		raise(fault.Unsupported(s.Feature, ""), s.Pos)
	default:
		panic(failure{fault.New(fault.Internal, "%T is no schema definition", s)})
	}
}

// IsDefinition says whether Apply knows the statement: whether it changes the catalog.
func IsDefinition(s sql.Stmt) bool {
	switch s.(type) {
	case *sql.CreateTable, *sql.CreateTableAs, *sql.AlterTable, *sql.Rename, *sql.AlterOwner, *sql.AlterSchema, *sql.CreateIndex, *sql.CreateView,
		*sql.RefreshMatView, *sql.CreateSequence, *sql.AlterSequence, *sql.CreateSchema, *sql.CreateExtension, *sql.CreateEnum, *sql.AlterEnum,
		*sql.CreateComposite, *sql.CreateDomain, *sql.AlterDomain, *sql.CreateFunction, *sql.AlterFunction, *sql.CreateTrigger, *sql.CreatePolicy,
		*sql.AlterPolicy, *sql.Drop, *sql.Comment, *sql.Grant, *sql.GrantRole, *sql.AlterDefaultPrivileges, *sql.CreateRole, *sql.AlterRole,
		*sql.AlterDatabase, *sql.CreatePublication, *sql.AlterPublication, *sql.CreateCast, *sql.CreateAggregate, *sql.Owned, *sql.UnsupportedStmt:
		return true
	}
	return false
}

// ---- indexes ----

func (e *Edit) createIndex(s *sql.CreateIndex) {
	e.st.tag = "CREATE INDEX"
	t := e.relation(s.Table.Name, false)
	if t.Kind != OrdinaryTable && t.Kind != MatView {
		raise(fault.New(fault.WrongObjectType, "cannot create index on relation %q", t.Name).WithDetail("This operation is not supported for %ss.", t.kindWord()), s.Table.Name.Pos)
	}
	e.needOwner(t.Owner, t.kindWord(), t.Name, s.Pos)
	if s.Name != "" && e.relationExists(t.Schema, s.Name) {
		if s.IfNotExists {
			e.notice(fault.DuplicateTable, "relation %q already exists, skipping", s.Name)
			return
		}
		e.fail(s.Pos, fault.DuplicateTable, "relation %q already exists", s.Name)
	}
	n := t.edited()
	e.addIndex(n, s)
	e.setTable(n)
}

// addIndex adds an index to a table under change.
func (e *Edit) addIndex(t *Table, s *sql.CreateIndex) *Index {
	x := &Index{OID: e.newOID(), Name: s.Name, Unique: s.Unique, NullsNotDistinct: s.NullsNotDistinct, Method: s.Method, Include: slices.Clone(s.Include),
		Options: s.Options}
	if x.Method == "" {
		x.Method = "btree"
	}
	if !indexMethods[x.Method] {
		e.fail(s.Pos, fault.UndefinedObject, "access method %q does not exist", x.Method)
	}
	if s.Unique && x.Method != "btree" {
		e.fail(s.Pos, fault.FeatureNotSupported, "access method %q does not support unique indexes", x.Method)
	}
	bind := e.binder()
	b := &tableBuild{e: e, t: t}
	for _, k := range s.Keys {
		if k.Column != "" {
			c := t.Column(k.Column)
			if c == nil {
				e.fail(s.Pos, fault.UndefinedColumn, "column %q does not exist", k.Column)
			}
			bind.use(addr{oid: t.OID, sub: c.Num})
			if x.Method == "btree" && k.OpClass == "" {
				b.needOrder(c, s.Pos)
			}
		} else {
			k.Expr = bind.expr(k.Expr, tableScope(t))
		}
		x.Keys = append(x.Keys, k)
	}
	for _, n := range s.Include {
		c := t.Column(n)
		if c == nil {
			e.fail(s.Pos, fault.UndefinedColumn, "column %q does not exist", n)
		}
		bind.use(addr{oid: t.OID, sub: c.Num})
	}
	x.Where = bind.expr(s.Where, tableScope(t))
	if x.Name == "" {
		x.Name = e.relationName(t.Schema, t.Name, joinNames(indexColumnNames(s.Keys, s.Include)), "idx", false)
	}
	t.Indexes = append(t.Indexes, x)
	for _, u := range bind.uses {
		e.depend(addr{oid: x.OID}, u.oid == t.OID, u)
	}
	e.setTable(t.edited())
	return x
}

var indexMethods = map[string]bool{"btree": true, "hash": true, "gin": true, "gist": true, "spgist": true, "brin": true, "ivfflat": true, "hnsw": true, "bloom": true,
	"pgroonga": true, "rum": true}

// ---- views ----

// viewColumns gives the columns of a query, where they come from, and what the query needs beside what it names.
func (e *Edit) viewColumns(q *sql.Select, names []string, pos sql.Pos) (cols []*Column, from []ViewColumn, needs []addr) {
	var infos []ViewColumnInfo
	if e.st.env.ViewColumns != nil {
		known, keys, err := e.st.env.ViewColumns(e.Catalog(), q, e.st.env.SearchPath)
		infos = must(known, err)
		for _, k := range keys {
			needs = append(needs, addr{oid: k})
		}
	} else {
		_, known := e.binder().queryCols(q, nil)
		for _, k := range known {
			i := ViewColumnInfo{Name: k.name, Type: TypeRef{TextOID, -1}}
			if k.col != nil {
				i.Type, i.Table, i.Column = k.col.Type, k.table.OID, k.col.Name
			}
			infos = append(infos, i)
		}
	}
	if len(names) > len(infos) {
		message := "too many column names were specified"
		if e.st.tag == "CREATE VIEW" {
			message = "CREATE VIEW specifies more column names than columns"
		}
		e.fail(pos, fault.SyntaxError, "%s", message)
	}
	for i, info := range infos {
		if i < len(names) {
			info.Name = names[i]
		}
		if slices.ContainsFunc(cols, func(c *Column) bool { return c.Name == info.Name }) {
			e.fail(pos, fault.DuplicateColumn, "column %q specified more than once", info.Name)
		}
		if info.Type.OID == UnknownOID {
			info.Type.OID = TextOID
		}
		cols = append(cols, &Column{Name: info.Name, Num: int16(i + 1), Type: info.Type, Collation: info.Collation})
		from = append(from, ViewColumn{info.Table, info.Column})
	}
	return cols, from, needs
}

func (e *Edit) createView(s *sql.CreateView) {
	e.st.tag = "CREATE VIEW"
	name := s.View.Name
	schema, temp := e.relationSchema(name, s.Temp)
	if q := s.Query; q.Into != nil {
		e.fail(s.Pos, fault.FeatureNotSupported, "views must not contain SELECT INTO")
	}
	if !temp && e.usesTemporary(s.Query) {
		e.notice("00000", "view %q will be a temporary view", name.Name)
		schema, temp = e.tempSchema(), true
	}
	cols, from, needs := e.viewColumns(s.Query, s.Columns, s.Pos)
	old := e.Table(schema, name.Name)
	if old == nil && e.relationExists(schema, name.Name) || old != nil && !s.Replace {
		e.fail(name.Pos, fault.DuplicateTable, "relation %q already exists", name.Name)
	}
	var t *Table
	if old != nil {
		if old.Kind != View {
			e.fail(name.Pos, fault.WrongObjectType, "%q is not a view", name.Name)
		}
		e.needOwner(old.Owner, "view", old.Name, name.Pos)
		e.sameViewColumns(old, cols, s.Pos)
		t = old.edited()
		for i, c := range cols {
			if i < len(old.Columns) {
				c.ACL, c.Comment, c.Default, c.DefaultText = old.Columns[i].ACL, old.Columns[i].Comment, old.Columns[i].Default, old.Columns[i].DefaultText
			}
		}
		t.SecurityInvoker, t.CheckOption = false, ""
	} else {
		t = e.newTable(View, schema, name, temp)
		e.addRowType(t)
		t.ACL = e.defaultACL(sql.KindTable, schema, t.Owner, nil)
	}
	t.Columns, t.ViewColumns, t.NextNum = cols, from, int16(len(cols)+1)
	(&tableBuild{e: e, t: t}).options(s.Options)
	if s.Check != "" {
		t.CheckOption = s.Check
	}
	e.bindView(t, s.Query, needs...)
	e.setTable(t)
}

// usesTemporary says whether a query reads what is gone at the end of the session.
func (e *Edit) usesTemporary(q *sql.Select) bool {
	bind := e.binder()
	bind.query(q, nil)
	return slices.ContainsFunc(bind.uses, func(u addr) bool {
		t := e.TableByOID(u.oid)
		return t != nil && t.Temp
	})
}

// bindView stores a view's query with its names fixed and records what it needs.
func (e *Edit) bindView(t *Table, q *sql.Select, needs ...addr) {
	bind := e.binder()
	bind.stars = true
	t.Query = bind.query(q, nil)
	t.QueryText = stmtText(t.Query)
	e.forget(addr{oid: t.OID})
	e.depend(addr{oid: t.OID}, false, append(bind.uses, needs...)...)
	for _, c := range t.Columns {
		e.depend(addr{oid: t.OID}, false, e.useOfType(c.Type))
	}
	e.setUpdatable(t)
}

func (e *Edit) sameViewColumns(old *Table, cols []*Column, pos sql.Pos) {
	if len(cols) < len(old.Columns) {
		e.fail(pos, fault.InvalidTableDefinition, "cannot drop columns from view")
	}
	for i, o := range old.Columns {
		if cols[i].Name != o.Name {
			raise(fault.New(fault.InvalidTableDefinition, "cannot change name of view column %q to %q", o.Name, cols[i].Name).
				WithHint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead."), pos)
		}
		if cols[i].Type != o.Type {
			e.fail(pos, fault.InvalidTableDefinition, "cannot change data type of view column %q from %s to %s", o.Name, e.TypeString(o.Type), e.TypeString(cols[i].Type))
		}
	}
}

// setUpdatable finds whether rows can be written through a view: by its form, as PostgreSQL's view_query_is_auto_updatable, or by
// INSTEAD OF triggers.
func (e *Edit) setUpdatable(t *Table) {
	if t.Kind != View {
		return
	}
	t.Insertable, t.Updatable, t.Deletable = false, false, false
	if base := e.updatableBase(t); base != nil {
		t.Insertable, t.Updatable, t.Deletable = base.Insertable, base.Updatable, base.Deletable
	}
	for _, g := range t.Triggers {
		if g.Time == sql.InsteadOf {
			t.Insertable = t.Insertable || g.Events&sql.OnInsert != 0
			t.Updatable = t.Updatable || g.Events&sql.OnUpdate != 0
			t.Deletable = t.Deletable || g.Events&sql.OnDelete != 0
		}
	}
}

// onlyTable is the one table or view whose rows a query gives, each once; nil when its form does not say so.
func onlyTable(q *sql.Select) *sql.Table {
	if q == nil || q.SetOp != sql.NoSetOp || q.Values != nil || q.With != nil || q.Distinct || len(q.GroupBy) > 0 || q.Having != nil ||
		q.Limit != nil || q.Offset != nil || len(q.From) != 1 {
		return nil
	}
	for _, x := range q.Targets {
		if f, ok := x.Expr.(*sql.FuncCall); ok && (f.Over != nil || f.Star || f.Distinct || aggregateNames[f.Name.Name]) {
			return nil
		}
	}
	from, _ := q.From[0].(*sql.Table)
	return from
}

// WritesThrough is the table or view whose rows are written by writing those of a view, without triggers; nil when there is none.
func (c *facts) WritesThrough(t *Table) *Table {
	from := onlyTable(t.Query)
	if t.Kind != View || from == nil {
		return nil
	}
	base := c.Table(from.Name.Schema, from.Name.Name)
	if base == nil || base.Kind != OrdinaryTable && c.WritesThrough(base) == nil || !slices.ContainsFunc(t.ViewColumns, func(v ViewColumn) bool { return c.columnThrough(base, v) }) {
		return nil
	}
	return base
}

// WritesColumn says whether column i of a table, or of a view without its triggers, can be written.
func (c *facts) WritesColumn(t *Table, i int) bool {
	if t.Kind == OrdinaryTable {
		return true
	}
	base := c.WritesThrough(t)
	return base != nil && i < len(t.ViewColumns) && c.columnThrough(base, t.ViewColumns[i])
}

func (c *facts) columnThrough(base *Table, v ViewColumn) bool {
	i := base.ColumnIndex(v.Column)
	return v.Table == base.OID && i >= 0 && c.WritesColumn(base, i)
}

func (e *Edit) updatableBase(t *Table) *Table {
	from := onlyTable(t.Query)
	if from == nil {
		return nil
	}
	base := e.FindTable(e.st.env.SearchPath, from.Name)
	if base == nil || base.Kind != OrdinaryTable && base.Kind != View {
		return nil
	}
	if !slices.ContainsFunc(t.ViewColumns, func(v ViewColumn) bool { return v.Table != 0 }) {
		return nil
	}
	return base
}

// aggregateNames are the aggregates that make a view without GROUP BY not updatable.
var aggregateNames = map[string]bool{"count": true, "sum": true, "avg": true, "min": true, "max": true, "array_agg": true, "string_agg": true, "json_agg": true,
	"jsonb_agg": true, "json_object_agg": true, "jsonb_object_agg": true, "bool_and": true, "bool_or": true, "every": true, "bit_and": true, "bit_or": true,
	"stddev": true, "variance": true, "percentile_cont": true, "percentile_disc": true, "mode": true, "corr": true}

func (e *Edit) createTableAs(s *sql.CreateTableAs) {
	kind := OrdinaryTable
	e.st.tag = "CREATE TABLE AS"
	if s.Materialized {
		kind, e.st.tag = MatView, "CREATE MATERIALIZED VIEW"
	}
	name := s.Table.Name
	schema, temp := e.relationSchema(name, s.Temp)
	if e.relationExists(schema, name.Name) {
		if s.IfNotExists {
			e.notice(fault.DuplicateTable, "relation %q already exists, skipping", name.Name)
			return
		}
		e.fail(name.Pos, fault.DuplicateTable, "relation %q already exists", name.Name)
	}
	q, ok := s.Query.(*sql.Select)
	if !ok {
		raise(fault.Unsupported("CREATE TABLE AS with this query", "Write a SELECT."), s.Pos)
	}
	cols, from, needs := e.viewColumns(q, s.Columns, s.Pos)
	t := e.newTable(kind, schema, name, temp)
	e.onCommit(t, s.OnCommit, s.Pos)
	e.addRowType(t)
	t.ACL = e.defaultACL(sql.KindTable, schema, t.Owner, nil)
	t.Columns, t.NextNum = cols, int16(len(cols)+1)
	if s.Materialized {
		t.ViewColumns = from
		e.bindView(t, q, needs...)
	} else {
		for _, c := range cols {
			e.needTypeRight(c.Type, s.Pos)
			e.depend(addr{oid: t.OID, sub: c.Num}, false, e.useOfType(c.Type))
		}
	}
	if !s.NoData {
		e.st.fill[t.OID] = q
	}
	e.setTable(t)
}

func (e *Edit) refresh(s *sql.RefreshMatView) {
	e.st.tag = "REFRESH MATERIALIZED VIEW"
	t := e.relation(s.Name, false)
	if t.Kind == View {
		e.fail(s.Name.Pos, fault.WrongObjectType, "%q is not a table or materialized view", t.Name)
	} else if t.Kind != MatView {
		e.fail(s.Name.Pos, fault.WrongObjectType, "%q is not a materialized view", t.Name)
	}
	e.needOwner(t.Owner, "materialized view", t.Name, s.Pos)
	if s.Concurrently {
		if s.NoData {
			e.fail(s.Pos, fault.SyntaxError, "CONCURRENTLY and WITH NO DATA options cannot be used together")
		}
		if !slices.ContainsFunc(t.Indexes, func(x *Index) bool {
			return x.Unique && x.Where == nil && !slices.ContainsFunc(x.Keys, func(k sql.IndexKey) bool { return k.Expr != nil })
		}) {
			raise(fault.New(fault.ObjectNotInState, "cannot refresh materialized view %q concurrently", visibleNameQualified(t.Schema, t.Name)).
				WithHint("Create a unique index with no WHERE clause on one or more columns of the materialized view."), s.Pos)
		}
	}
	e.st.steps = append(e.st.steps, RefreshedMatView{t, s.Concurrently, s.NoData})
}

func visibleNameQualified(schema, name string) string {
	return quoteIdent(schema) + "." + quoteIdent(name)
}

// ---- types ----

func (e *Edit) createEnum(s *sql.CreateEnum) {
	e.st.tag = "CREATE TYPE"
	schema := e.creationSchema(s.Name)
	seen := map[string]bool{}
	for _, l := range s.Labels {
		e.label(l, s.Pos)
		if seen[l] {
			e.fail(s.Pos, fault.UniqueViolation, "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"")
		}
		seen[l] = true
	}
	e.newType(&Type{Schema: schema, Name: s.Name.Name, Kind: EnumType, Category: 'E', Labels: slices.Clone(s.Labels), Base: TypeRef{Mod: -1},
		Owner: e.st.env.Role, ACL: e.defaultACL(sql.KindType, schema, e.st.env.Role, nil)}, s.Name.Pos)
}

func (e *Edit) label(l string, pos sql.Pos) {
	if len(l) > maxName {
		raise(fault.New(fault.InvalidName, "invalid enum label %q", l).WithDetail("Labels must be 63 bytes or less."), pos)
	}
}

func (e *Edit) alterEnum(s *sql.AlterEnum) {
	e.st.tag = "ALTER TYPE"
	y := e.typeByName(s.Name)
	if y.Kind != EnumType {
		e.fail(s.Name.Pos, fault.WrongObjectType, "%s is not an enum", e.TypeString(TypeRef{y.OID, -1}))
	}
	e.needOwner(y.Owner, "type", y.Name, s.Name.Pos)
	e.label(s.Label, s.Pos)
	n := *y
	n.Labels = slices.Clone(y.Labels)
	if s.OldLabel != "" {
		i := slices.Index(y.Labels, s.OldLabel)
		if i < 0 {
			e.fail(s.Pos, fault.InvalidParameterValue, "%q is not an existing enum label", s.OldLabel)
		}
		if slices.Contains(y.Labels, s.Label) {
			e.fail(s.Pos, fault.DuplicateObject, "enum label %q already exists", s.Label)
		}
		n.Labels[i] = s.Label
		e.setType(&n)
		return
	}
	if slices.Contains(y.Labels, s.Label) {
		if s.IfNotExists {
			e.notice(fault.DuplicateObject, "enum label %q already exists, skipping", s.Label)
			return
		}
		e.fail(s.Pos, fault.DuplicateObject, "enum label %q already exists", s.Label)
	}
	at := len(n.Labels)
	if s.Neighbour != "" {
		if at = slices.Index(n.Labels, s.Neighbour); at < 0 {
			e.fail(s.Pos, fault.InvalidParameterValue, "%q is not an existing enum label", s.Neighbour)
		}
		if s.After {
			at++
		}
	}
	n.Labels = slices.Insert(n.Labels, at, s.Label)
	e.setType(&n)
}

func (e *Edit) createComposite(s *sql.CreateComposite) {
	e.st.tag = "CREATE TYPE"
	schema := e.creationSchema(s.Name)
	if e.relationExists(schema, s.Name.Name) {
		if t := e.Table(schema, s.Name.Name); t == nil {
			e.fail(s.Name.Pos, fault.DuplicateTable, "relation %q already exists", s.Name.Name)
		}
	}
	y := &Type{Schema: schema, Name: s.Name.Name, Kind: CompositeType, Category: 'C', Base: TypeRef{Mod: -1}, Owner: e.st.env.Role,
		ACL: e.defaultACL(sql.KindType, schema, e.st.env.Role, nil)}
	for i := range s.Columns {
		e.addField(y, &s.Columns[i])
	}
	e.newType(y, s.Name.Pos)
	for _, f := range y.Fields {
		e.depend(addr{oid: y.OID, sub: f.Num}, false, e.useOfType(f.Type))
	}
}

func (e *Edit) addField(y *Type, d *sql.ColumnDef) *Column {
	num := int16(1)
	for _, f := range y.Fields {
		if f.Name == d.Name {
			if y.OID == 0 {
				e.fail(d.Pos, fault.DuplicateColumn, "column %q specified more than once", d.Name)
			}
			e.fail(d.Pos, fault.DuplicateColumn, "column %q of relation %q already exists", d.Name, y.Name)
		}
		num = f.Num + 1
	}
	f := &Column{Name: d.Name, Num: num, Type: e.findType(d.Type)}
	if t := e.Type(f.Type.OID); t.Kind == PseudoType {
		e.fail(d.Type.Pos, fault.InvalidTableDefinition, "column %q has pseudo-type %s", d.Name, e.TypeString(f.Type))
	}
	e.needTypeRight(f.Type, d.Type.Pos)
	if d.Collation != nil {
		f.Collation = d.Collation.Name
	}
	y.Fields = append(slices.Clip(y.Fields), f)
	return f
}

// alterComposite is ALTER TYPE … ADD|DROP|ALTER ATTRIBUTE.
func (e *Edit) alterComposite(s *sql.AlterTable) {
	y := e.typeByName(s.Table.Name)
	if y.Kind != CompositeType || y.Table != 0 {
		for _, k := range s.Cmds {
			if k.Kind == sql.ChangeOwner {
				e.alterOwner(&sql.AlterOwner{Kind: sql.KindType, Name: s.Table.Name, Owner: k.Name, Pos: k.Pos})
				return
			}
		}
		e.fail(s.Table.Name.Pos, fault.WrongObjectType, "%q is not a composite type", y.Name)
	}
	e.needOwner(y.Owner, "type", y.Name, s.Table.Name.Pos)
	for _, k := range s.Cmds {
		n := *e.Type(y.OID)
		n.Fields = slices.Clone(n.Fields)
		i := slices.IndexFunc(n.Fields, func(f *Column) bool { return f.Name == k.Name })
		if i < 0 && k.Kind != sql.AddColumn && k.Kind != sql.ChangeOwner {
			if k.IfExists {
				e.notice("00000", "column %q of relation %q does not exist, skipping", k.Name, y.Name)
				continue
			}
			e.fail(k.Pos, fault.UndefinedColumn, "column %q of relation %q does not exist", k.Name, y.Name)
		}
		switch k.Kind {
		case sql.AddColumn:
			f := e.addField(&n, k.Column)
			e.setType(&n)
			e.depend(addr{oid: y.OID, sub: f.Num}, false, e.useOfType(f.Type))
		case sql.DropColumn:
			e.drop([]addr{{oid: y.OID, sub: n.Fields[i].Num}}, k.Cascade, k.Pos)
		case sql.AlterColumnType:
			if at := e.heldIn(y.OID, true); at != "" {
				e.fail(k.Pos, fault.FeatureNotSupported, "cannot alter type %q because column %q uses it", y.Name, at)
			}
			f := edit(n.Fields, i)
			f.Type = e.findType(k.Type)
			e.needTypeRight(f.Type, k.Pos)
			e.setType(&n)
			e.forget(addr{oid: y.OID, sub: f.Num})
			e.depend(addr{oid: y.OID, sub: f.Num}, false, e.useOfType(f.Type))
		case sql.ChangeOwner:
			e.alterOwner(&sql.AlterOwner{Kind: sql.KindType, Name: s.Table.Name, Owner: k.Name, Pos: k.Pos})
		default:
			raise(fault.Unsupported("ALTER TYPE … "+k.Mode, ""), k.Pos)
		}
	}
}

func (e *Edit) createDomain(s *sql.CreateDomain) {
	e.st.tag = "CREATE DOMAIN"
	schema := e.creationSchema(s.Name)
	base := e.findType(s.Type)
	b := e.Type(base.OID)
	if b.Kind == PseudoType {
		e.fail(s.Type.Pos, fault.DatatypeMismatch, "%q is not a valid base type for a domain", e.TypeString(base))
	}
	e.needTypeRight(base, s.Type.Pos)
	y := &Type{OID: e.newOID(), Schema: schema, Name: s.Name.Name, Kind: DomainType, Category: b.Category, Base: base, Owner: e.st.env.Role,
		ACL: e.defaultACL(sql.KindType, schema, e.st.env.Role, nil)}
	if b.Kind == DomainType {
		y.Default = b.Default
	}
	sawNull, sawNotNull := false, false
	taken := map[string]bool{}
	for i := range s.Constraints {
		switch k := &s.Constraints[i]; k.Kind {
		case sql.NotNullConstraint:
			if sawNull {
				e.fail(k.Pos, fault.SyntaxError, "conflicting NULL/NOT NULL constraints")
			}
			sawNotNull, y.NotNull = true, true
		case sql.NullConstraint:
			if sawNotNull {
				e.fail(k.Pos, fault.SyntaxError, "conflicting NULL/NOT NULL constraints")
			}
			sawNull = true
		case sql.DefaultConstraint:
			bind := e.binder()
			y.Default = bind.expr(k.Expr, nil)
			e.depend(addr{oid: y.OID}, false, bind.uses...)
		case sql.CheckConstraint:
			e.addDomainCheck(y, k, taken)
		default:
			words := map[sql.ConstraintKind]string{sql.UniqueConstraint: "unique constraints", sql.PrimaryConstraint: "primary key constraints",
				sql.ForeignConstraint: "foreign key constraints", sql.ExclusionConstraint: "exclusion constraints", sql.GeneratedConstraint: "GENERATED", sql.IdentityConstraint: "GENERATED"}
			if k.Kind == sql.GeneratedConstraint || k.Kind == sql.IdentityConstraint {
				e.fail(k.Pos, fault.SyntaxError, "specifying GENERATED not supported for domains")
			}
			e.fail(k.Pos, fault.SyntaxError, "%s not possible for domains", words[k.Kind])
		}
	}
	e.newType(y, s.Name.Pos)
	e.depend(addr{oid: y.OID}, false, e.useOfType(base))
}

func (e *Edit) addDomainCheck(y *Type, k *sql.Constraint, taken map[string]bool) {
	bind := e.binder()
	c := &Constraint{OID: e.newOID(), Name: k.Name, Kind: Check, Expr: bind.expr(k.Expr, nil), NotValid: k.NotValid}
	c.ExprText = exprText(c.Expr)
	if c.Name == "" {
		c.Name = e.constraintName(y.Schema, y.Name, "", "check", taken)
	} else if taken[c.Name] || slices.ContainsFunc(y.Checks, func(o *Constraint) bool { return o.Name == c.Name }) {
		e.fail(k.Pos, fault.DuplicateObject, "constraint %q for domain %q already exists", c.Name, y.Name)
	}
	taken[c.Name] = true
	y.Checks = append(slices.Clip(y.Checks), c)
	e.depend(addr{oid: c.OID}, true, addr{oid: y.OID})
	e.depend(addr{oid: c.OID}, false, bind.uses...)
}

func (e *Edit) alterDomain(s *sql.AlterDomain) {
	e.st.tag = "ALTER DOMAIN"
	y := e.typeByName(s.Name)
	if y.Kind != DomainType {
		e.fail(s.Name.Pos, fault.WrongObjectType, "%s is not a domain", e.TypeString(TypeRef{y.OID, -1}))
	}
	e.needOwner(y.Owner, "type", y.Name, s.Name.Pos)
	n := *y
	n.Checks = slices.Clone(y.Checks)
	i := slices.IndexFunc(n.Checks, func(k *Constraint) bool { return k.Name == s.Sub })
	switch s.Cmd {
	case sql.SetColumnDefault:
		n.Default = e.binder().expr(s.Expr, nil)
	case sql.SetNotNull:
		e.notWithin(y, s.Pos)
		n.NotNull = true
	case sql.DropNotNull:
		n.NotNull = false
	case sql.AddConstraint:
		e.notWithin(y, s.Pos)
		if s.Constraint.Kind == sql.NotNullConstraint {
			n.NotNull = true
		} else {
			e.addDomainCheck(&n, s.Constraint, map[string]bool{})
		}
	case sql.DropConstraint:
		if i < 0 {
			if s.IfExists {
				e.notice("00000", "constraint %q of domain %q does not exist, skipping", s.Sub, y.Name)
				return
			}
			e.fail(s.Pos, fault.UndefinedObject, "constraint %q of domain %q does not exist", s.Sub, y.Name)
		}
		e.forget(addr{oid: n.Checks[i].OID})
		n.Checks = slices.Delete(n.Checks, i, i+1)
	case sql.ValidateConstraint:
		if i < 0 {
			e.fail(s.Pos, fault.UndefinedObject, "constraint %q of domain %q does not exist", s.Sub, y.Name)
		}
		edit(n.Checks, i).NotValid = false
	default:
		raise(fault.Unsupported("this ALTER DOMAIN", ""), s.Pos)
	}
	e.setType(&n)
}

// notWithin refuses a new rule of a domain whose values are somewhere inside others: PostgreSQL does not look there.
func (e *Edit) notWithin(y *Type, pos sql.Pos) {
	if at := e.heldIn(y.OID, false); at != "" {
		e.fail(pos, fault.FeatureNotSupported, "cannot alter type %q because column %q uses it", y.Name, at)
	}
}

// heldIn names a column of a table that holds values of a type: inside other values or, with direct, by itself. "" when there is none.
func (e *Edit) heldIn(of OID, direct bool) string {
	for t := range e.tables.values() {
		if t.Kind == View || t.Kind == ForeignTable {
			continue
		}
		for _, c := range t.Columns {
			alone := c.Type.OID
			for y := e.Type(alone); !direct && y != nil && y.Kind == DomainType && alone != of; y = e.Type(alone) {
				alone = y.Base.OID
			}
			if (direct || alone != of) && e.contains(c.Type.OID, of, map[OID]bool{}) {
				return t.Name + "." + c.Name
			}
		}
	}
	return ""
}

// contains says whether values of a type are, or have within them, values of another.
func (e *Edit) contains(typ, of OID, seen map[OID]bool) bool {
	y := e.Type(typ)
	if typ == of || y == nil || seen[typ] {
		return typ == of
	}
	seen[typ] = true
	switch {
	case y.Elem != 0:
		return e.contains(y.Elem, of, seen)
	case y.Kind == DomainType:
		return e.contains(y.Base.OID, of, seen)
	}
	fields := y.Fields
	if t := e.TableByOID(y.Table); t != nil {
		fields = t.Columns
	}
	return slices.ContainsFunc(fields, func(f *Column) bool { return e.contains(f.Type.OID, of, seen) })
}

// ---- schemas, extensions, publications, casts ----

func (e *Edit) createSchema(s *sql.CreateSchema) {
	e.st.tag = "CREATE SCHEMA"
	owner := e.st.env.Role
	if s.Owner != "" {
		owner = e.role(s.Owner, s.Pos)
		e.needMember(owner, s.Pos)
	}
	if !e.owns(e.st.env.Role, databaseOwner) {
		e.fail(s.Pos, fault.InsufficientPrivilege, "permission denied for database postgres")
	}
	name := s.Name
	if name == "" {
		name = owner
	}
	if e.Schema(name) != nil {
		if s.IfNotExists {
			e.notice(fault.DuplicateSchema, "schema %q already exists, skipping", name)
			return
		}
		e.fail(s.Pos, fault.DuplicateSchema, "schema %q already exists", name)
	}
	if strings.HasPrefix(name, "pg_") {
		raise(fault.New("42939", "unacceptable schema name %q", name).WithDetail(`The prefix "pg_" is reserved for system schemas.`), s.Pos)
	}
	c := &Schema{OID: e.newOID(), Name: name, Owner: owner, ACL: e.defaultACL(sql.KindSchema, "", owner, nil)}
	e.schemas = e.schemas.set(name, c)
	e.view = nil
	e.st.steps = append(e.st.steps, ChangedSchema{nil, c})
	outer := e.st.env
	e.st.env.SearchPath = append([]string{name}, outer.SearchPath...)
	for _, x := range s.Elements {
		e.apply(x)
	}
	e.st.env = outer
	e.st.tag = "CREATE SCHEMA"
}

func (e *Edit) createPublication(s *sql.CreatePublication) {
	e.st.tag = "CREATE PUBLICATION"
	if e.Publication(s.Name) != nil {
		e.fail(s.Pos, fault.DuplicateObject, "publication %q already exists", s.Name)
	}
	p := &Publication{Name: s.Name, Owner: e.st.env.Role, AllTables: s.AllTables, Publish: []string{"insert", "update", "delete", "truncate"}}
	e.publicationParts(p, "set", s.Tables, s.Schemas, s.Options, s.Pos)
	e.publications = e.publications.set(p.Name, p)
	e.view = nil
	e.st.steps = append(e.st.steps, ChangedPublication{nil, p})
}

func (e *Edit) alterPublication(s *sql.AlterPublication) {
	e.st.tag = "ALTER PUBLICATION"
	o := e.Publication(s.Name)
	if o == nil {
		e.fail(s.Pos, fault.UndefinedObject, "publication %q does not exist", s.Name)
	}
	e.needOwner(o.Owner, "publication", o.Name, s.Pos)
	if o.AllTables && len(s.Tables) > 0 {
		raise(fault.New(fault.ObjectNotInState, "publication %q is defined as FOR ALL TABLES", o.Name).
			WithDetail("Tables cannot be added to or dropped from FOR ALL TABLES publications."), s.Pos)
	}
	p := *o
	p.Tables, p.Schemas = slices.Clone(o.Tables), slices.Clone(o.Schemas)
	e.publicationParts(&p, s.Action, s.Tables, s.Schemas, s.Options, s.Pos)
	e.publications = e.publications.set(p.Name, &p)
	e.view = nil
	e.st.steps = append(e.st.steps, ChangedPublication{o, &p})
}

func (e *Edit) publicationParts(p *Publication, action string, tables []sql.Name, schemas []string, opts []sql.Option, pos sql.Pos) {
	if action == "set" && (len(tables) > 0 || len(schemas) > 0) {
		p.Tables, p.Schemas = nil, nil
	}
	for _, n := range tables {
		t := e.relation(n, false)
		if t.Kind != OrdinaryTable {
			raise(fault.New(fault.InvalidParameterValue, "cannot add relation %q to publication", t.Name).WithDetail("This operation is not supported for %ss.", t.kindWord()), n.Pos)
		}
		i := slices.Index(p.Tables, t.OID)
		switch {
		case action == "drop" && i < 0:
			e.fail(n.Pos, fault.UndefinedObject, "relation %q is not part of the publication", t.Name)
		case action == "drop":
			p.Tables = slices.Delete(p.Tables, i, i+1)
		case i >= 0 && action == "add":
			e.fail(n.Pos, fault.DuplicateObject, "relation %q is already member of publication %q", t.Name, p.Name)
		case i < 0:
			p.Tables = append(p.Tables, t.OID)
		}
	}
	for _, n := range schemas {
		if n == "current_schema" {
			n = e.creationSchema(sql.Name{Pos: pos})
		}
		e.schema(n, pos)
		i := slices.Index(p.Schemas, n)
		switch {
		case action == "drop" && i < 0:
			e.fail(pos, fault.UndefinedObject, "tables from schema %q are not part of the publication", n)
		case action == "drop":
			p.Schemas = slices.Delete(p.Schemas, i, i+1)
		case i >= 0 && action == "add":
			e.fail(pos, fault.DuplicateObject, "schema %q is already member of publication %q", n, p.Name)
		case i < 0:
			p.Schemas = append(p.Schemas, n)
		}
	}
	for _, o := range opts {
		if o.Name == "publish" {
			p.Publish = nil
			for w := range strings.SplitSeq(o.Value, ",") {
				p.Publish = append(p.Publish, strings.ToLower(strings.TrimSpace(w)))
			}
		}
	}
}

func (e *Edit) createCast(s *sql.CreateCast) {
	e.st.tag = "CREATE CAST"
	c := CastDef{From: e.findType(s.From).OID, To: e.findType(s.To).OID, Context: 'e'}
	if s.Func != nil {
		c.Func = e.function(sql.KindFunction, *s.Func, s.FuncArgs, false).OID
	}
	switch s.Context {
	case "assignment":
		c.Context = 'a'
	case "implicit":
		c.Context = 'i'
	}
	if slices.ContainsFunc(e.casts, func(o CastDef) bool { return o.From == c.From && o.To == c.To }) {
		e.fail(s.Pos, fault.DuplicateObject, "cast from type %s to type %s already exists", e.TypeString(TypeRef{c.From, -1}), e.TypeString(TypeRef{c.To, -1}))
	}
	e.casts = append(slices.Clip(e.casts), c)
	e.view = nil
}
