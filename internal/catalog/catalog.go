// Package catalog is what a database holds: schemas, types, tables, constraints, indexes, views, sequences, functions, triggers, policies,
// privileges, roles, comments, publications and extensions, as facts with every name resolved.
//
// A Catalog is one immutable value behind the engine's atomic pointer; an Edit makes the next one from it by applying statements
// (Edit.Apply), and Diff gives the statements that lead from one to another. Both engines fill the same types: the sqlite engine from
// the project's SQL, the postgres engine by introspection (Build). Main types in order of meeting them: Catalog, Edit, Change, Table, Column,
// Type, Constraint, Function, Policy, Relationship, DiffStatement.
//
// Invariants: nothing reachable from a Catalog changes after Edit.Done; object identity is the OID, names are for people; OIDs below
// FirstUserOID are PostgreSQL's own numbers; no clock, file or socket is touched.
package catalog

import (
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// OID identifies an object. 0 is none.
type OID uint32

// FirstUserOID is the smallest OID of an object that a project made.
const FirstUserOID OID = 16384

// TypeRef is a type with its modifier as PostgreSQL encodes it; Mod is -1 for none.
type TypeRef struct {
	OID OID
	Mod int32
}

// TypeKind is the kind of a type, as pg_type.typtype.
type TypeKind byte

// The kinds of type.
const (
	BaseType       TypeKind = 'b'
	CompositeType  TypeKind = 'c'
	DomainType     TypeKind = 'd'
	EnumType       TypeKind = 'e'
	PseudoType     TypeKind = 'p'
	RangeType      TypeKind = 'r'
	MultirangeType TypeKind = 'm'
)

// Type is a type. An array type has Elem set and Category 'A'.
type Type struct {
	OID       OID
	Schema    string
	Name      string // internal name: int4, _text, order_status
	Kind      TypeKind
	Category  byte // pg_type.typcategory
	Preferred bool
	Elem      OID           // of an array type
	Array     OID           // the array type over this one, 0 if none
	Labels    []string      // enum, in order
	Base      TypeRef       // domain
	NotNull   bool          // domain
	Default   sql.Expr      // domain
	Checks    []*Constraint // domain
	Table     OID           // composite: the table whose row type it is, 0 for a free-standing one
	Fields    []*Column     // composite free-standing
	RangeOf   OID           // range: its subtype
	Owner     string
	ACL       ACL
	Comment   string
}

// RelKind is the kind of a relation, as pg_class.relkind.
type RelKind byte

// The kinds of relation.
const (
	OrdinaryTable    RelKind = 'r'
	View             RelKind = 'v'
	MatView          RelKind = 'm'
	SequenceRel      RelKind = 'S'
	PartitionedTable RelKind = 'p'
	ForeignTable     RelKind = 'f'
)

// Table is a table or a view.
type Table struct {
	OID                              OID
	Schema                           string
	Name                             string
	Kind                             RelKind
	Owner                            string
	Columns                          []*Column     // live columns in attnum order
	Constraints                      []*Constraint // in order of creation; key columns by name
	Indexes                          []*Index
	Triggers                         []*Trigger // sorted by name, as they fire
	Policies                         []*Policy
	RLS                              bool
	ForceRLS                         bool
	RowType                          OID
	ACL                              ACL // nil: owner only
	Comment                          string
	Temp                             bool
	OnCommit                         string       // of a temporary table: "", "drop", "delete rows"
	Query                            *sql.Select  // of a view or materialised view; nil when introspected
	QueryText                        string       // its text in PostgreSQL's words, as written or as introspected
	SecurityInvoker                  bool         // view
	CheckOption                      string       // view: "", "local", "cascaded"
	ViewColumns                      []ViewColumn // view: where each column comes from; same length as Columns
	Insertable, Updatable, Deletable bool         // for views: automatically updatable or by INSTEAD OF triggers; true for tables
	ReplicaIdentity                  byte         // 'd' default, 'f' full, 'n' nothing, 'i' index
	IsPartition                      bool         // hidden from REST relationships
	Inherited                        bool         // other tables inherit from it, and its rows are theirs too; not of a partitioned table
	Shows                            OID          // introspected view: see Catalog.ShownTable; 0 for none
	NextNum                          int16        // next attribute number
}

// ViewColumn is the base column that a view's column shows unchanged; Table 0 when it is an expression.
type ViewColumn struct {
	Table  OID
	Column string
}

// Column is a column of a table, view or composite type.
type Column struct {
	Name        string
	Num         int16 // attnum; never reused within a table
	Type        TypeRef
	NotNull     bool
	Default     sql.Expr // nil for none; also the generation expression when Generated
	DefaultText string   // its text, for introspected catalogs and OpenAPI
	Generated   bool     // GENERATED ALWAYS AS (…) STORED
	Identity    byte     // 0, 'a' always, 'd' by default
	Sequence    OID      // of an identity or serial column, 0 if none
	Collation   string
	ACL         ACL
	Comment     string
}

// ConstraintKind is pg_constraint.contype.
type ConstraintKind byte

// The kinds of constraint. NOT NULL is Column.NotNull.
const (
	PrimaryKey ConstraintKind = 'p'
	Unique     ConstraintKind = 'u'
	ForeignKey ConstraintKind = 'f'
	Check      ConstraintKind = 'c'
	Exclusion  ConstraintKind = 'x'
)

// Constraint is a constraint of a table or domain.
type Constraint struct {
	OID                OID
	Name               string
	Kind               ConstraintKind
	Columns            []string
	Expr               sql.Expr // check
	ExprText           string
	Index              OID // of a primary key or unique constraint
	NullsNotDistinct   bool
	RefTable           OID // foreign key
	RefColumns         []string
	OnDelete, OnUpdate sql.FKAction
	OnDeleteColumns    []string
	MatchFull          bool
	Deferrable         bool
	Deferred           bool
	NotValid           bool
	Comment            string
}

// Index is an index.
type Index struct {
	OID              OID
	Name             string
	Unique           bool
	NullsNotDistinct bool
	Method           string
	Keys             []sql.IndexKey
	Include          []string
	Where            sql.Expr
	Constraint       OID // the constraint that owns it, 0 if none
	// Operators are those of an exclusion constraint, one a key; nil for other indexes.
	Operators []string
	// Deferrable says that the keys are checked at the end of the statement or later: there may be equal ones until then.
	Deferrable bool
	Comment    string
	Options    []sql.Option
}

// Sequence is a sequence. Its position is data, not a fact.
type Sequence struct {
	OID                               OID
	Schema                            string
	Name                              string
	Type                              OID
	Start, Increment, Min, Max, Cache int64
	Cycle                             bool
	OwnerTable                        OID // OWNED BY
	OwnerColumn                       string
	Owner                             string
	ACL                               ACL
	Comment                           string
}

// Param is a parameter of a function.
type Param struct {
	Name        string
	Mode        sql.ArgMode
	Type        TypeRef
	Default     sql.Expr
	DefaultText string
}

// FuncKind is pg_proc.prokind.
type FuncKind byte

// The kinds of function.
const (
	PlainFunction     FuncKind = 'f'
	Procedure         FuncKind = 'p'
	AggregateFunction FuncKind = 'a'
	WindowFunction    FuncKind = 'w'
)

// Aggregate is what CREATE AGGREGATE says: State begins as Init and becomes what Step makes of it and of each row; Final makes the result of the last one.
type Aggregate struct {
	Step, Final sql.Name // with their schemas; Final without a name is the state itself
	State       TypeRef
	Init        *string // nil is NULL
	FinalExtra  bool    // Final takes NULLs in the place of the arguments as well
}

// Function is a function of the project or of the ecosystem's schemas (not PostgreSQL's own).
type Function struct {
	OID         OID
	Schema      string
	Name        string
	Kind        FuncKind
	Params      []Param
	Returns     TypeRef // record when OUT or TABLE parameters say the columns; void; trigger…
	ReturnsSet  bool
	Language    string // "sql", "plpgsql", "internal" (implemented by Mainstay), …
	Volatility  byte   // 'i', 's', 'v'
	Strict      bool
	Definer     bool
	Settings    []sql.Setting
	Rows        float64
	Owner       string
	ACL         ACL // nil: EXECUTE for PUBLIC
	Comment     string
	Source      string // the body as written
	SourcePos   sql.Pos
	SQL         []sql.Stmt        // LANGUAGE sql: the parsed body
	PL          *plpgsql.Function // LANGUAGE plpgsql: the parsed body
	Agg         *Aggregate        // of an aggregate of the project: what it is made of
	Refused     string            // why the body cannot run here; "" when it can. A call fails with this message (0A000).
	RefusedHint string
	Extension   bool // an extension made it, on a server: the project cannot change or drop it
}

// Trigger is a row or statement trigger.
type Trigger struct {
	OID                              OID
	Name                             string
	Time                             sql.TriggerTime
	Events                           sql.TriggerEvent
	Columns                          []string
	Row                              bool
	When                             sql.Expr
	Func                             OID
	Args                             []string
	OldTable, NewTable               string
	Constraint, Deferrable, Deferred bool
	Enabled                          byte // 'O' enabled, 'D' disabled
	Comment                          string
}

// Policy is a row-level security policy.
type Policy struct {
	OID                  OID
	Name                 string
	Command              string // "all", "select", "insert", "update", "delete"
	Permissive           bool
	Roles                []string // empty is PUBLIC
	Using                sql.Expr
	Check                sql.Expr
	UsingText, CheckText string
	Comment              string
}

// Schema is a namespace.
type Schema struct {
	OID     OID
	Name    string
	Owner   string
	ACL     ACL
	Comment string
}

// Role is a role. The built-in bootstrap roles are ordinary entries.
type Role struct {
	OID                                    OID
	Name                                   string
	Super                                  bool
	Inherit                                bool
	CreateRole, CreateDB, Login, BypassRLS bool
	MemberOf                               []string
	AdminOf                                []string // those of MemberOf that it may give to others
	Settings                               []sql.Setting
}

// Extension is a declared extension. Inactive says why it has no effect; "" when it works.
type Extension struct {
	Name     string
	Schema   string
	Inactive string
}

// Publication is a publication.
type Publication struct {
	Name      string
	Owner     string
	AllTables bool
	Tables    []OID
	Schemas   []string
	Publish   []string
}

// DefaultACL is one ALTER DEFAULT PRIVILEGES: rights that Owner's future objects of Kind in Schema ("" for all) get.
type DefaultACL struct {
	Owner  string
	Schema string
	Kind   sql.ObjectKind // table, sequence, function, type, schema
	ACL    ACL
}

// CastDef is a CREATE CAST of the project, or of an extension on a server.
type CastDef struct {
	From, To OID
	Func     OID  // 0 for binary coercible or in/out
	Context  byte // 'e', 'a', 'i'
	// Extension: an extension made it, on a server.
	Extension bool
}

// Privilege is a set of rights, as PostgreSQL's aclitem bits.
type Privilege uint32

// The rights.
const (
	PrivSelect Privilege = 1 << iota
	PrivInsert
	PrivUpdate
	PrivDelete
	PrivTruncate
	PrivReferences
	PrivTrigger
	PrivExecute
	PrivUsage
	PrivCreate
	PrivConnect
	PrivTemp
	PrivMaintain

	AllTablePrivs    = PrivSelect | PrivInsert | PrivUpdate | PrivDelete | PrivTruncate | PrivReferences | PrivTrigger
	AllColumnPrivs   = PrivSelect | PrivInsert | PrivUpdate | PrivReferences
	AllSequencePrivs = PrivSelect | PrivUpdate | PrivUsage
	AllSchemaPrivs   = PrivUsage | PrivCreate
)

// GrantOption, with others, asks the Can methods for the right to grant these.
const GrantOption Privilege = 1 << 31

// Grant is one entry of an ACL. Grantee "" is PUBLIC.
type Grant struct {
	Grantee string
	Grantor string
	Privs   Privilege
	Option  Privilege // those that may be granted on
}

// ACL is an access list. A nil ACL means the object's default (see Catalog.Can…); an empty one means nobody but superusers.
type ACL []Grant
