package sql

// ---- schema definition ----

// ObjectKind is the kind of object that DROP, COMMENT, ALTER … OWNER, GRANT and their kin speak of.
type ObjectKind string

// The kinds of object; the text is the one that messages use.
const (
	KindTable       ObjectKind = "table"
	KindView        ObjectKind = "view"
	KindMatView     ObjectKind = "materialized view"
	KindSequence    ObjectKind = "sequence"
	KindIndex       ObjectKind = "index"
	KindFunction    ObjectKind = "function"
	KindProcedure   ObjectKind = "procedure"
	KindRoutine     ObjectKind = "routine"
	KindAggregate   ObjectKind = "aggregate"
	KindType        ObjectKind = "type"
	KindDomain      ObjectKind = "domain"
	KindSchema      ObjectKind = "schema"
	KindExtension   ObjectKind = "extension"
	KindTrigger     ObjectKind = "trigger"
	KindPolicy      ObjectKind = "policy"
	KindRule        ObjectKind = "rule"
	KindColumn      ObjectKind = "column"
	KindConstraint  ObjectKind = "constraint"
	KindRole        ObjectKind = "role"
	KindDatabase    ObjectKind = "database"
	KindPublication ObjectKind = "publication"
	KindCast        ObjectKind = "cast"
	KindLanguage    ObjectKind = "language"
	KindOther       ObjectKind = "object"
)

// ColumnDef is a column of CREATE TABLE, ADD COLUMN, a composite type or a column definition list.
type ColumnDef struct {
	Name        string
	Type        *TypeName
	Collation   *Name
	Constraints []Constraint // in the order written, NOT NULL and DEFAULT among them
	Pos         Pos
}

// ConstraintKind is the kind of a Constraint.
type ConstraintKind uint8

// The kinds of constraint, of columns and of tables.
const (
	NullConstraint ConstraintKind = iota
	NotNullConstraint
	DefaultConstraint
	IdentityConstraint
	GeneratedConstraint
	CheckConstraint
	PrimaryConstraint
	UniqueConstraint
	ForeignConstraint
	ExclusionConstraint
)

// FKAction is ON DELETE or ON UPDATE.
type FKAction uint8

// The actions.
const (
	NoAction FKAction = iota
	Restrict
	Cascade
	SetNull
	SetDefault
)

// Constraint is a constraint as written. Name is "" when not given.
type Constraint struct {
	Kind             ConstraintKind
	Name             string
	Expr             Expr     // check, default, generated
	Always           bool     // GENERATED ALWAYS
	Virtual          bool     // generated column that is not STORED
	Options          []Option // of an identity's sequence
	Columns          []string // key columns of a table constraint
	Include          []string
	NullsNotDistinct bool
	UsingIndex       string
	RefTable         *Table // foreign key
	RefColumns       []string
	MatchFull        bool
	OnDelete         FKAction
	OnUpdate         FKAction
	OnDeleteColumns  []string // ON DELETE SET NULL (cols)
	Deferrable       bool
	Deferred         bool // INITIALLY DEFERRED
	NotValid         bool
	NoInherit        bool
	Method           string // exclusion: the access method, "" when not given
	Exclusions       []Exclusion
	Where            Expr // exclusion
	Pos              Pos
}

// Exclusion is one element of an exclusion constraint: key WITH op.
type Exclusion struct {
	Key IndexKey
	Op  string
}

// Option is a named option as written: WITH (name = value), sequence and role options.
// Value holds words, numbers and strings as text; List a list of them; Expr an expression where the grammar has one.
type Option struct {
	Name  string
	Value string
	List  []string
	Type  *TypeName // where a type was written; Value is its name then
	Expr  Expr
	Pos   Pos
}

// CreateTable is CREATE TABLE. Like, OfType, Inherits and PartitionBy are kept for the refusal or the rewriting.
type CreateTable struct {
	Table         *Table
	Temp          bool
	Unlogged      bool
	IfNotExists   bool
	Columns       []ColumnDef
	Constraints   []Constraint
	Like          []LikeClause
	Inherits      []Name
	OfType        *Name
	PartitionBy   string // strategy; "" when not partitioned
	PartitionKeys []IndexKey
	PartitionOf   *Name
	Bound         *PartitionBound // of PartitionOf
	OnCommit      string          // "", "drop", "delete rows", "preserve rows"
	Options       []Option
	Pos           Pos
}

// PartitionBound is FOR VALUES … or DEFAULT of a partition. Only one form is set; Modulus is 0 unless the strategy is hash.
type PartitionBound struct {
	Default            bool
	In                 []Expr
	From, To           []Expr // MINVALUE and MAXVALUE are column references
	Modulus, Remainder int
}

// LikeClause is LIKE table INCLUDING …; At is the number of columns written before it.
type LikeClause struct {
	Table   Name
	Options uint32 // PostgreSQL's bit mask of TableLikeOption
	At      int
}

// CreateTableAs is CREATE TABLE AS and CREATE MATERIALIZED VIEW.
type CreateTableAs struct {
	Table        *Table
	Columns      []string
	Query        Query
	Materialized bool
	Temp         bool
	IfNotExists  bool
	NoData       bool
	OnCommit     string // as in CreateTable
	Pos          Pos
}

// AlterTable is ALTER TABLE, VIEW, INDEX, SEQUENCE, TYPE (composite) … with its sub-commands.
type AlterTable struct {
	Kind     ObjectKind
	Table    *Table
	IfExists bool
	Cmds     []AlterCmd
	Pos      Pos
}

// AlterKind is the kind of an AlterCmd.
type AlterKind uint8

// The sub-commands of ALTER TABLE.
const (
	AddColumn AlterKind = iota
	DropColumn
	AlterColumnType
	SetColumnDefault // Expr nil drops it
	SetNotNull
	DropNotNull
	DropExpression
	AddIdentity
	SetIdentity
	DropIdentity
	AddConstraint
	AlterConstraint
	ValidateConstraint
	DropConstraint
	EnableRLS
	DisableRLS
	ForceRLS
	NoForceRLS
	ChangeOwner
	EnableTrigger  // Name "all", "user" or the trigger's
	DisableTrigger // likewise
	ReplicaIdentity
	SetOptions
	ResetOptions
	SetStatistics
	SetStorage
	ClusterOn
	AttachPartition
	DetachPartition
	OtherAlter // Mode says which, for the refusal
)

// AlterCmd is one sub-command.
type AlterCmd struct {
	Kind       AlterKind
	Name       string // column, constraint, trigger, role…
	Column     *ColumnDef
	Constraint *Constraint
	Type       *TypeName
	Expr       Expr // default or USING
	Options    []Option
	IfExists   bool // or IF NOT EXISTS for AddColumn
	Cascade    bool
	Collation  *Name           // AlterColumnType
	Mode       string          // "always" or "replica" of EnableTrigger; the kind of ReplicaIdentity; storage; what OtherAlter is
	Partition  *Name           // AttachPartition, DetachPartition
	Bound      *PartitionBound // AttachPartition
	Pos        Pos
}

// Rename is ALTER … RENAME. Column or constraint renames have Sub set and Kind says which.
type Rename struct {
	Kind     ObjectKind // of what is renamed
	Name     Name       // the object, or the table that holds it
	Args     []*TypeName
	Sub      string     // column, constraint, policy, trigger, attribute or enum value
	On       ObjectKind // what Name is when Sub is set: table, view, type, domain …
	NewName  string
	IfExists bool
	Pos      Pos
}

// AlterOwner is ALTER … OWNER TO.
type AlterOwner struct {
	Kind  ObjectKind
	Name  Name
	Args  []*TypeName // of a function; nil when not given
	Owner string
	Pos   Pos
}

// AlterSchema is ALTER … SET SCHEMA.
type AlterSchema struct {
	Kind     ObjectKind
	Name     Name
	Args     []*TypeName
	Schema   string
	IfExists bool
	Pos      Pos
}

// CreateIndex is CREATE INDEX.
type CreateIndex struct {
	Name             string // "" to be chosen
	Table            *Table
	Method           string
	Unique           bool
	NullsNotDistinct bool
	IfNotExists      bool
	Concurrently     bool
	Keys             []IndexKey
	Include          []string
	Where            Expr
	Options          []Option
	Pos              Pos
}

// IndexKey is a column or an expression of an index or of a conflict target.
type IndexKey struct {
	Column    string
	Expr      Expr
	OpClass   string
	Collation string
	Desc      bool
	Nulls     NullsOrder
}

// CreateView is CREATE [OR REPLACE] VIEW.
type CreateView struct {
	View    *Table
	Columns []string
	Query   *Select
	Replace bool
	Temp    bool
	Options []Option
	Check   string // "", "local", "cascaded"
	Pos     Pos
}

// RefreshMatView is REFRESH MATERIALIZED VIEW.
type RefreshMatView struct {
	Name         Name
	Concurrently bool
	NoData       bool
	Pos          Pos
}

// CreateSequence is CREATE SEQUENCE.
type CreateSequence struct {
	Name        Name
	IfNotExists bool
	Temp        bool
	Options     []Option
	Pos         Pos
}

// AlterSequence is ALTER SEQUENCE with options (OWNED BY among them).
type AlterSequence struct {
	Name     Name
	IfExists bool
	Options  []Option
	Pos      Pos
}

// CreateSchema is CREATE SCHEMA. Elements are the statements inside it.
type CreateSchema struct {
	Name        string
	Owner       string
	IfNotExists bool
	Elements    []Stmt
	Pos         Pos
}

// CreateExtension is CREATE EXTENSION.
type CreateExtension struct {
	Name        string
	Schema      string
	IfNotExists bool
	Cascade     bool
	Pos         Pos
}

// CreateEnum is CREATE TYPE … AS ENUM.
type CreateEnum struct {
	Name   Name
	Labels []string
	Pos    Pos
}

// AlterEnum is ALTER TYPE … ADD VALUE (and RENAME VALUE when OldLabel is set).
type AlterEnum struct {
	Name        Name
	OldLabel    string
	Label       string
	IfNotExists bool
	Neighbour   string // BEFORE or AFTER this label
	After       bool
	Pos         Pos
}

// CreateComposite is CREATE TYPE … AS (…).
type CreateComposite struct {
	Name    Name
	Columns []ColumnDef
	Pos     Pos
}

// CreateDomain is CREATE DOMAIN.
type CreateDomain struct {
	Name        Name
	Type        *TypeName
	Collation   *Name
	Constraints []Constraint
	Pos         Pos
}

// AlterDomain is ALTER DOMAIN.
type AlterDomain struct {
	Name       Name
	Cmd        AlterKind // SetColumnDefault, SetNotNull, DropNotNull, AddConstraint, DropConstraint, ValidateConstraint
	Sub        string
	Expr       Expr
	Constraint *Constraint
	IfExists   bool
	Cascade    bool
	Pos        Pos
}

// ArgMode is the mode of a function's parameter.
type ArgMode uint8

// The modes.
const (
	InArg ArgMode = iota
	OutArg
	InOutArg
	VariadicArg
	TableArg
)

// FuncParam is a parameter of CREATE FUNCTION.
type FuncParam struct {
	Name    string
	Mode    ArgMode
	Type    *TypeName
	Default Expr
}

// CreateFunction is CREATE [OR REPLACE] FUNCTION or PROCEDURE. Body is the text between the quotes and BodyPos its place in the
// source; for BEGIN ATOMIC and RETURN bodies Statements is set instead.
type CreateFunction struct {
	Name       Name
	Replace    bool
	Procedure  bool
	Params     []FuncParam
	Returns    *TypeName // nil when only OUT or TABLE parameters say
	Language   string
	Body       string
	BodyPos    Pos
	Statements []Stmt // SQL-standard body
	Return     Expr   // RETURN expr body
	Volatility string // "", "immutable", "stable", "volatile"
	Strict     bool
	Definer    bool
	Leakproof  bool
	Parallel   string
	Window     bool
	Cost, Rows float64 // 0 when not given
	Settings   []Setting
	Symbol     string // AS 'file', 'symbol'
	Pos        Pos
}

// Setting is SET name = values, of a function, role or session. Default is TO DEFAULT; FromCurrent is FROM CURRENT.
type Setting struct {
	Name        string
	Values      []string
	Default     bool
	FromCurrent bool
}

// AlterFunction is ALTER FUNCTION with options. Nil pointers were not given.
type AlterFunction struct {
	Kind       ObjectKind
	Name       Name
	Args       []*TypeName // nil when not given
	Volatility string
	Strict     *bool
	Definer    *bool
	Settings   []Setting
	ResetAll   bool
	Reset      []string
	Options    []Option // cost, rows, leakproof, parallel, support
	Pos        Pos
}

// Do is DO $$ … $$.
type Do struct {
	Language string
	Body     string
	BodyPos  Pos
	Pos      Pos
}

// Call is CALL proc(…).
type Call struct {
	Call *FuncCall
	Pos  Pos
}

// TriggerEvent is a set of events.
type TriggerEvent uint8

// The events.
const (
	OnInsert TriggerEvent = 1 << iota
	OnUpdate
	OnDelete
	OnTruncate
)

// TriggerTime is when a trigger fires.
type TriggerTime uint8

// The times.
const (
	BeforeEvent TriggerTime = iota
	AfterEvent
	InsteadOf
)

// CreateTrigger is CREATE TRIGGER.
type CreateTrigger struct {
	Name       string
	Replace    bool
	Constraint bool
	Table      *Table
	Time       TriggerTime
	Events     TriggerEvent
	Columns    []string // UPDATE OF
	Row        bool     // FOR EACH ROW
	When       Expr
	Func       Name
	Args       []string
	OldTable   string // REFERENCING OLD TABLE AS
	NewTable   string
	Deferrable bool
	Deferred   bool
	Pos        Pos
}

// CreatePolicy is CREATE POLICY. Command is "all", "select", "insert", "update" or "delete".
type CreatePolicy struct {
	Name       string
	Table      *Table
	Command    string
	Permissive bool
	Roles      []string // "public" among them is PUBLIC
	Using      Expr
	Check      Expr
	Pos        Pos
}

// AlterPolicy is ALTER POLICY; nil and empty parts stay as they are.
type AlterPolicy struct {
	Name  string
	Table *Table
	Roles []string
	Using Expr
	Check Expr
	Pos   Pos
}

// DropObject is one object of a DROP. Sub is the policy, trigger or rule of the table Name.
type DropObject struct {
	Name Name
	Sub  string
	Args []*TypeName // of a function, nil when not given; from and to of a cast
	// OnDomain is set where Name is a domain and Sub its constraint.
	OnDomain bool
	Pos      Pos
}

// Drop is DROP of any kind.
type Drop struct {
	Kind         ObjectKind
	Objects      []DropObject
	IfExists     bool
	Cascade      bool
	Concurrently bool
	Pos          Pos
}

// Truncate is TRUNCATE.
type Truncate struct {
	Tables          []Table
	RestartIdentity bool
	Cascade         bool
	Pos             Pos
}

// Comment is COMMENT ON. Sub is the column, constraint, policy or trigger of Name. Null removes it.
type Comment struct {
	Kind     ObjectKind
	Name     Name
	Sub      string
	OnDomain bool // Name is a domain and Sub its constraint
	Args     []*TypeName
	Text     string
	Null     bool
	Pos      Pos
}

// Privilege is one privilege of a GRANT, with its columns. Name is lower case; "all" is ALL.
type Privilege struct {
	Name    string
	Columns []string
}

// Grant is GRANT or REVOKE on objects.
type Grant struct {
	Revoke      bool
	Privileges  []Privilege
	Kind        ObjectKind
	AllInSchema bool // Objects are schemas
	Objects     []DropObject
	Roles       []string // "public" is PUBLIC
	GrantOption bool     // WITH GRANT OPTION, or GRANT OPTION FOR
	GrantedBy   string   // "" when not written
	Cascade     bool
	Pos         Pos
}

// GrantRole is GRANT role TO role.
type GrantRole struct {
	Revoke  bool
	Roles   []string
	To      []string
	Admin   bool     // the admin option is given, or it alone is taken
	Group   bool     // written as ALTER GROUP
	By      string   // GRANTED BY; "" when not written
	Options []Option // admin, inherit, set as written
	Pos     Pos
}

// AlterDefaultPrivileges is ALTER DEFAULT PRIVILEGES.
type AlterDefaultPrivileges struct {
	ForRoles []string
	Schemas  []string
	Grant    Grant // Objects empty; Kind says of what
	Pos      Pos
}

// CreateRole is CREATE ROLE, USER or GROUP.
type CreateRole struct {
	Name    string
	Login   bool // CREATE USER
	Options []Option
	Pos     Pos
}

// AlterRole is ALTER ROLE with options or a setting.
type AlterRole struct {
	Name     string // "all" for ALTER ROLE ALL
	Options  []Option
	Setting  *Setting
	Reset    bool   // of Setting, or of all when that is nil
	Database string // IN DATABASE
	Pos      Pos
}

// AlterDatabase is ALTER DATABASE … SET.
type AlterDatabase struct {
	Name    string
	Setting *Setting
	Reset   bool // of Setting, or of all when that is nil
	Pos     Pos
}

// Set is SET, RESET (Reset) or SET LOCAL of a session. "role", "transaction isolation level" and the like come as names too.
type Set struct {
	Setting Setting
	Local   bool
	Reset   bool
	All     bool // RESET ALL
	Pos     Pos
}

// Show is SHOW name.
type Show struct {
	Name string
	Pos  Pos
}

// TxKind is a transaction command.
type TxKind uint8

// The transaction commands.
const (
	TxBegin TxKind = iota
	TxCommit
	TxRollback
	TxSavepoint
	TxRelease
	TxRollbackTo
	TxOther
)

// Transaction is BEGIN, COMMIT and their kin.
type Transaction struct {
	Kind    TxKind
	Name    string
	Start   bool     // written START TRANSACTION
	Chain   bool     // AND CHAIN
	Options []Option // transaction_isolation, transaction_read_only, transaction_deferrable
	Pos     Pos
}

// SetConstraints is SET CONSTRAINTS. Names is empty for ALL.
type SetConstraints struct {
	Names    []Name
	Deferred bool
	Pos      Pos
}

// Lock is LOCK TABLE.
type Lock struct {
	Tables []Table
	Mode   string
	NoWait bool
	Pos    Pos
}

// Notify is NOTIFY.
type Notify struct {
	Channel string
	Payload string
	Pos     Pos
}

// Explain is EXPLAIN of a statement.
type Explain struct {
	Stmt    Stmt
	Options []Option
	Pos     Pos
}

// CreatePublication is CREATE PUBLICATION.
type CreatePublication struct {
	Name      string
	Tables    []Name
	AllTables bool
	Schemas   []string
	Options   []Option
	Pos       Pos
}

// AlterPublication is ALTER PUBLICATION. Action is "add", "drop" or "set".
type AlterPublication struct {
	Name    string
	Action  string
	Tables  []Name
	Schemas []string
	Options []Option
	Pos     Pos
}

// CreateCast is CREATE CAST.
type CreateCast struct {
	From, To *TypeName
	Func     *Name // nil for WITHOUT FUNCTION and WITH INOUT
	FuncArgs []*TypeName
	InOut    bool
	Context  string // "explicit", "assignment", "implicit"
	Pos      Pos
}

// CreateAggregate is CREATE AGGREGATE; its options stay as written.
type CreateAggregate struct {
	Name    Name
	Params  []FuncParam
	Options []Option
	Replace bool
	Pos     Pos
}

// Owned is DROP OWNED BY and REASSIGN OWNED BY, which has To.
type Owned struct {
	Roles   []string
	To      string
	Cascade bool
	Pos     Pos
}

// Discard is DISCARD; What is "all", "plans", "sequences" or "temp".
type Discard struct {
	What string
	Pos  Pos
}

// NoOp is a statement that has no meaning on an embedded engine and may be accepted silently: VACUUM, ANALYZE,
// CHECKPOINT, DISCARD, CLUSTER, REINDEX, SECURITY LABEL, COMMENT ON LARGE OBJECT ….
type NoOp struct {
	What   string
	Tables []NoOpTable // that VACUUM and ANALYZE name
	Pos    Pos
}

// NoOpTable is a table, with columns of it, that a NoOp names.
type NoOpTable struct {
	Name    Name
	Columns []string
}

// UnsupportedStmt is a statement that the grammar knows and this tree does not. Feature names it for the refusal.
type UnsupportedStmt struct {
	Feature string
	Pos     Pos
}

func (*CreateTable) node()            {}
func (*CreateTableAs) node()          {}
func (*AlterTable) node()             {}
func (*Rename) node()                 {}
func (*AlterOwner) node()             {}
func (*AlterSchema) node()            {}
func (*CreateIndex) node()            {}
func (*CreateView) node()             {}
func (*RefreshMatView) node()         {}
func (*CreateSequence) node()         {}
func (*AlterSequence) node()          {}
func (*CreateSchema) node()           {}
func (*CreateExtension) node()        {}
func (*CreateEnum) node()             {}
func (*AlterEnum) node()              {}
func (*CreateComposite) node()        {}
func (*CreateDomain) node()           {}
func (*AlterDomain) node()            {}
func (*CreateFunction) node()         {}
func (*AlterFunction) node()          {}
func (*Do) node()                     {}
func (*Call) node()                   {}
func (*CreateTrigger) node()          {}
func (*CreatePolicy) node()           {}
func (*AlterPolicy) node()            {}
func (*Drop) node()                   {}
func (*Truncate) node()               {}
func (*Comment) node()                {}
func (*Grant) node()                  {}
func (*GrantRole) node()              {}
func (*AlterDefaultPrivileges) node() {}
func (*CreateRole) node()             {}
func (*AlterRole) node()              {}
func (*AlterDatabase) node()          {}
func (*Set) node()                    {}
func (*Show) node()                   {}
func (*Transaction) node()            {}
func (*SetConstraints) node()         {}
func (*Lock) node()                   {}
func (*Notify) node()                 {}
func (*Explain) node()                {}
func (*CreatePublication) node()      {}
func (*AlterPublication) node()       {}
func (*CreateCast) node()             {}
func (*CreateAggregate) node()        {}
func (*NoOp) node()                   {}
func (*Owned) node()                  {}
func (*Discard) node()                {}
func (*UnsupportedStmt) node()        {}

func (*CreateTable) stmt()            {}
func (*CreateTableAs) stmt()          {}
func (*AlterTable) stmt()             {}
func (*Rename) stmt()                 {}
func (*AlterOwner) stmt()             {}
func (*AlterSchema) stmt()            {}
func (*CreateIndex) stmt()            {}
func (*CreateView) stmt()             {}
func (*RefreshMatView) stmt()         {}
func (*CreateSequence) stmt()         {}
func (*AlterSequence) stmt()          {}
func (*CreateSchema) stmt()           {}
func (*CreateExtension) stmt()        {}
func (*CreateEnum) stmt()             {}
func (*AlterEnum) stmt()              {}
func (*CreateComposite) stmt()        {}
func (*CreateDomain) stmt()           {}
func (*AlterDomain) stmt()            {}
func (*CreateFunction) stmt()         {}
func (*AlterFunction) stmt()          {}
func (*Do) stmt()                     {}
func (*Call) stmt()                   {}
func (*CreateTrigger) stmt()          {}
func (*CreatePolicy) stmt()           {}
func (*AlterPolicy) stmt()            {}
func (*Drop) stmt()                   {}
func (*Truncate) stmt()               {}
func (*Comment) stmt()                {}
func (*Grant) stmt()                  {}
func (*GrantRole) stmt()              {}
func (*AlterDefaultPrivileges) stmt() {}
func (*CreateRole) stmt()             {}
func (*AlterRole) stmt()              {}
func (*AlterDatabase) stmt()          {}
func (*Set) stmt()                    {}
func (*Show) stmt()                   {}
func (*Transaction) stmt()            {}
func (*SetConstraints) stmt()         {}
func (*Lock) stmt()                   {}
func (*Notify) stmt()                 {}
func (*Explain) stmt()                {}
func (*CreatePublication) stmt()      {}
func (*AlterPublication) stmt()       {}
func (*CreateCast) stmt()             {}
func (*CreateAggregate) stmt()        {}
func (*NoOp) stmt()                   {}
func (*Owned) stmt()                  {}
func (*Discard) stmt()                {}
func (*UnsupportedStmt) stmt()        {}
