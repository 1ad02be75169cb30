package catalog

import (
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Catalog is what a database holds. It is immutable and safe for concurrent use; Empty, Decode and Edit.Done make one.
type Catalog struct {
	facts
	version uint64
	rels    *relationshipCache
}

// facts are the maps of a Catalog. A copy of the struct is a snapshot.
// A name's key is schema + NUL + name: nameKey.
type facts struct {
	nextOID      OID
	unread       bool // made by Build: expressions are text, dependencies are not known; see read
	schemas      ordMap[string, *Schema]
	tables       ordMap[string, *Table]
	tableByOID   ordMap[OID, *Table]
	indexes      ordMap[string, OID] // → the OID of its table; indexes share the names of relations
	types        ordMap[string, *Type]
	typeByOID    ordMap[OID, *Type]
	functions    ordMap[string, []*Function]
	funcByOID    ordMap[OID, *Function]
	sequences    ordMap[string, *Sequence]
	seqByOID     ordMap[OID, *Sequence]
	roles        ordMap[string, *Role]
	extensions   ordMap[string, *Extension]
	publications ordMap[string, *Publication]
	casts        []CastDef
	defaultACLs  []DefaultACL
	settings     []RoleSetting
	temp         string // the schema of the session's temporary objects; "" for TempSchema

	constraintNames ordMap[string, int32]                  // how many constraints of a schema have the name
	partOf          ordMap[OID, OID]                       // constraint, index, trigger, policy → its table or domain
	uses            ordMap[OID, []edge]                    // by the object that depends
	usedBy          ordMap[OID, ordMap[edgeKey, struct{}]] // by the object that is depended on
}

// RoleSetting is a setting of ALTER ROLE … SET or ALTER DATABASE … SET; Role is "" for the database's.
type RoleSetting struct {
	Role    string
	Setting sql.Setting
}

var lastVersion atomic.Uint64 // makes Catalog.Version unique within the process

func newCatalog(f facts) *Catalog {
	return &Catalog{facts: f, version: lastVersion.Add(1), rels: &relationshipCache{}}
}

// Version differs between any two catalogs of the process that differ, views of an Edit included. It is not stored by Encode.
func (c *Catalog) Version() uint64 { return c.version }

func nameKey(schema, name string) string { return schema + "\x00" + name }

var emptyFacts = sync.OnceValue(func() facts {
	f := facts{nextOID: FirstUserOID}
	for _, s := range []Schema{
		{OID: pgCatalogOID, Name: "pg_catalog", Owner: "postgres", ACL: ACL{{Grantee: "postgres", Grantor: "postgres", Privs: AllSchemaPrivs}, {Grantor: "postgres", Privs: PrivUsage}}, Comment: "system catalog schema"},
		{OID: informationSchemaOID, Name: "information_schema", Owner: "postgres", ACL: ACL{{Grantee: "postgres", Grantor: "postgres", Privs: AllSchemaPrivs}, {Grantor: "postgres", Privs: PrivUsage}}},
		{OID: publicOID, Name: "public", Owner: "pg_database_owner", ACL: ACL{{Grantee: "pg_database_owner", Grantor: "pg_database_owner", Privs: AllSchemaPrivs}, {Grantor: "pg_database_owner", Privs: PrivUsage}}, Comment: "standard public schema"},
	} {
		f.schemas = f.schemas.set(s.Name, &s)
	}
	for _, b := range builtinTypes {
		t := &Type{OID: b.oid, Schema: "pg_catalog", Name: b.name, Kind: b.kind, Category: b.category, Preferred: b.preferred,
			Array: b.array, RangeOf: b.rangeOf, Base: TypeRef{Mod: -1}, Owner: "postgres"}
		if b.oid == RecordArrayOID {
			t.Elem = RecordOID
		}
		f.addType(t)
		if b.array != 0 && b.oid != RecordOID {
			f.addType(&Type{OID: b.array, Schema: "pg_catalog", Name: "_" + b.name, Kind: BaseType, Category: 'A', Elem: b.oid,
				Base: TypeRef{Mod: -1}, Owner: "postgres"})
		}
	}
	f.roles = f.roles.set("postgres", &Role{OID: postgresRoleOID, Name: "postgres", Super: true, Inherit: true, CreateRole: true, CreateDB: true, Login: true, BypassRLS: true})
	for name, oid := range predefinedRoles {
		r := &Role{OID: oid, Name: name, Inherit: true}
		if name == "pg_monitor" {
			r.MemberOf = []string{"pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables"}
		}
		f.roles = f.roles.set(name, r)
	}
	return f
})

// predefinedRoles are PostgreSQL's own roles without login.
var predefinedRoles = map[string]OID{
	"pg_database_owner": 6171, "pg_read_all_data": 6181, "pg_write_all_data": 6182, "pg_monitor": 3373, "pg_read_all_settings": 3374,
	"pg_read_all_stats": 3375, "pg_stat_scan_tables": 3377, "pg_read_server_files": 4569, "pg_write_server_files": 4570,
	"pg_execute_server_program": 4571, "pg_signal_backend": 4200, "pg_checkpoint": 4544,
}

// Empty is a new database: PostgreSQL's own types, the schemas pg_catalog, information_schema and public, the superuser postgres
// and the predefined roles.
func Empty() *Catalog { return newCatalog(emptyFacts()) }

func (f *facts) addType(t *Type) {
	f.types = f.types.set(nameKey(t.Schema, t.Name), t)
	f.typeByOID = f.typeByOID.set(t.OID, t)
}

// Table returns the table, view or materialised view of that name, or nil.
func (c *facts) Table(schema, name string) *Table { return c.tables.at(nameKey(schema, name)) }

// TableByOID returns the table, view or materialised view, or nil.
func (c *facts) TableByOID(oid OID) *Table { return c.tableByOID.at(oid) }

// Tables yields tables, views and materialised views sorted by schema and name.
func (c *facts) Tables() iter.Seq[*Table] { return c.tables.values() }

// FindTable resolves a name: the first schema of the path that has it, pg_catalog before all unless the path names it. Nil when
// there is none. Temporary tables live in the schema TempSchema, which is searched first of all.
func (c *facts) FindTable(path []string, n sql.Name) *Table {
	for _, s := range c.searchOrder(path, n.Schema) {
		if t := c.Table(s, n.Name); t != nil {
			return t
		}
	}
	return nil
}

// TempSchema is how a session calls the schema of its temporary objects; each session has one of its own, which InSession names.
const TempSchema = "pg_temp"

// Temporary says whether a schema holds the temporary objects of a session.
func Temporary(schema string) bool {
	return schema == TempSchema || strings.HasPrefix(schema, TempSchema+"_")
}

// InSession is the catalog as a session sees it whose temporary objects lie in that schema. Those of others are not found by their names.
func (c *Catalog) InSession(temp string) *Catalog {
	if c.temp == temp {
		return c
	}
	n := *c
	n.temp = temp
	return &n
}

func (c *facts) tempSchema() string {
	if c.temp == "" {
		return TempSchema
	}
	return c.temp
}

// schemaCalled is the schema that a name in a statement means.
func (c *facts) schemaCalled(name string) string {
	if name == TempSchema {
		return c.tempSchema()
	}
	return name
}

// searchOrder is the schemas in which a relation or a type is looked for.
func (c *facts) searchOrder(path []string, schema string) []string {
	if schema != "" {
		return []string{c.schemaCalled(schema)}
	}
	order := make([]string, 0, len(path)+2)
	if !slices.Contains(path, TempSchema) {
		order = append(order, c.tempSchema())
	}
	if !slices.Contains(path, "pg_catalog") {
		order = append(order, "pg_catalog")
	}
	for _, s := range path {
		order = append(order, c.schemaCalled(s))
	}
	return order
}

// functionOrder is the schemas in which a function is looked for: not among temporary ones, unless its name says so.
func (c *facts) functionOrder(path []string, schema string) []string {
	order := c.searchOrder(path, schema)
	if schema != "" {
		return order
	}
	return slices.DeleteFunc(order, func(s string) bool { return s == c.tempSchema() })
}

// Type returns a type by OID, or nil.
func (c *facts) Type(oid OID) *Type { return c.typeByOID.at(oid) }

// TypeByName returns a type by its internal name (int4, _text), or nil.
func (c *facts) TypeByName(schema, name string) *Type { return c.types.at(nameKey(schema, name)) }

// Types yields all types sorted by schema and name, PostgreSQL's own and array types among them.
func (c *facts) Types() iter.Seq[*Type] { return c.types.values() }

// Functions returns the overloads of a function of the project, in order of creation. The slice is not to be changed.
func (c *facts) Functions(schema, name string) []*Function {
	return c.functions.at(nameKey(schema, name))
}

// FunctionByOID returns a function of the project, or nil.
func (c *facts) FunctionByOID(oid OID) *Function { return c.funcByOID.at(oid) }

// AllFunctions yields every function of the project sorted by schema and name.
func (c *facts) AllFunctions() iter.Seq[*Function] {
	return func(yield func(*Function) bool) {
		for fs := range c.functions.values() {
			for _, f := range fs {
				if !yield(f) {
					return
				}
			}
		}
	}
}

// FindFunctions returns the candidates that a name may mean, those of earlier schemas first; one that an earlier schema hides (same
// argument types) is left out. Only functions of the project: PostgreSQL's own are the engines' business.
func (c *facts) FindFunctions(path []string, n sql.Name) []*Function {
	var found []*Function
	for _, s := range c.functionOrder(path, n.Schema) {
		for _, f := range c.Functions(s, n.Name) {
			if !slices.ContainsFunc(found, func(g *Function) bool { return slices.Equal(g.ArgTypes(), f.ArgTypes()) }) {
				found = append(found, f)
			}
		}
	}
	return found
}

// ArgTypes is the input parameters' types, which with the name identify a function.
func (f *Function) ArgTypes() []OID {
	args := make([]OID, 0, len(f.Params))
	for _, p := range f.Params {
		if p.Mode != sql.OutArg && p.Mode != sql.TableArg {
			args = append(args, p.Type.OID)
		}
	}
	return args
}

// Sequence returns a sequence, or nil.
func (c *facts) Sequence(schema, name string) *Sequence {
	return c.sequences.at(nameKey(schema, name))
}

// SequenceByOID returns a sequence, or nil.
func (c *facts) SequenceByOID(oid OID) *Sequence { return c.seqByOID.at(oid) }

// Sequences yields the sequences sorted by schema and name.
func (c *facts) Sequences() iter.Seq[*Sequence] { return c.sequences.values() }

// FindSequence resolves a name along the path, as FindTable.
func (c *facts) FindSequence(path []string, n sql.Name) *Sequence {
	for _, s := range c.searchOrder(path, n.Schema) {
		if q := c.Sequence(s, n.Name); q != nil {
			return q
		}
		if c.relationExists(s, n.Name) {
			return nil
		}
	}
	return nil
}

// Index returns an index and its table, or nils.
func (c *facts) Index(schema, name string) (*Table, *Index) {
	t := c.TableByOID(c.indexes.at(nameKey(schema, name)))
	if t == nil {
		return nil, nil
	}
	for _, x := range t.Indexes {
		if x.Name == name {
			return t, x
		}
	}
	return nil, nil
}

// relationExists says whether a table, view, index or sequence has the name.
func (c *facts) relationExists(schema, name string) bool {
	k := nameKey(schema, name)
	if _, ok := c.tables.get(k); ok {
		return true
	}
	if _, ok := c.indexes.get(k); ok {
		return true
	}
	_, ok := c.sequences.get(k)
	return ok
}

// Schema returns a schema, or nil.
func (c *facts) Schema(name string) *Schema { return c.schemas.at(name) }

// Schemas yields the schemas sorted by name.
func (c *facts) Schemas() iter.Seq[*Schema] { return c.schemas.values() }

// Role returns a role, or nil.
func (c *facts) Role(name string) *Role { return c.roles.at(name) }

// Roles yields the roles sorted by name.
func (c *facts) Roles() iter.Seq[*Role] { return c.roles.values() }

// Extension returns a declared extension, or nil.
func (c *facts) Extension(name string) *Extension { return c.extensions.at(name) }

// Extensions yields the declared extensions sorted by name.
func (c *facts) Extensions() iter.Seq[*Extension] { return c.extensions.values() }

// Publication returns a publication, or nil.
func (c *facts) Publication(name string) *Publication { return c.publications.at(name) }

// Publications yields the publications sorted by name.
func (c *facts) Publications() iter.Seq[*Publication] { return c.publications.values() }

// Casts is the casts that the project made. The slice is not to be changed.
func (c *facts) Casts() []CastDef { return c.casts }

// DefaultACLs is the default privileges. The slice is not to be changed.
func (c *facts) DefaultACLs() []DefaultACL { return c.defaultACLs }

// Settings is the settings of roles and of the database, in order of making. The slice is not to be changed.
func (c *facts) Settings() []RoleSetting { return c.settings }

// Column returns a column, or nil.
func (t *Table) Column(name string) *Column {
	if i := t.ColumnIndex(name); i >= 0 {
		return t.Columns[i]
	}
	return nil
}

// ColumnIndex is the place of a column in Columns, -1 for none.
func (t *Table) ColumnIndex(name string) int {
	return slices.IndexFunc(t.Columns, func(c *Column) bool { return c.Name == name })
}

// PrimaryKey returns the primary key, or nil.
func (t *Table) PrimaryKey() *Constraint {
	for _, k := range t.Constraints {
		if k.Kind == PrimaryKey {
			return k
		}
	}
	return nil
}

// Constraint returns a constraint by name, or nil.
func (t *Table) Constraint(name string) *Constraint {
	for _, k := range t.Constraints {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Trigger returns a trigger by name, or nil.
func (t *Table) Trigger(name string) *Trigger {
	for _, g := range t.Triggers {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// Policy returns a policy by name, or nil.
func (t *Table) Policy(name string) *Policy {
	for _, p := range t.Policies {
		if p.Name == name {
			return p
		}
	}
	return nil
}

var multiranges = map[OID]OID{
	Int4RangeOID: Int4MultirangeOID, Int8RangeOID: Int8MultirangeOID, NumRangeOID: NumMultirangeOID,
	TsRangeOID: TsMultirangeOID, TstzRangeOID: TstzMultirangeOID, DateRangeOID: DateMultirangeOID,
}

// MultirangeOf is the multirange type of a range type, 0 for none.
func MultirangeOf(rng OID) OID { return multiranges[rng] }

// RangeOfMultirange is the range type of a multirange type, 0 for none.
func RangeOfMultirange(multi OID) OID {
	for r, m := range multiranges {
		if m == multi {
			return r
		}
	}
	return 0
}
