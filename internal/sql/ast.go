// Package sql is PostgreSQL's SQL as a syntax tree of our own.
//
// Parse turns text into statements with PostgreSQL 17's own grammar; Print turns a tree back
// into PostgreSQL text; Walk visits a tree and Rewrite copies one with changes; package codec, with Types, stores one. The main types, in the
// order of meeting them, are Stmt, Select, TableExpr, Expr and TypeName.
//
// The tree is closed: Stmt, Expr and TableExpr are each a fixed list of structs in this package,
// so a switch over them can be complete. It is pure syntax: names are unresolved, nothing is typed.
//
// Invariants: a tree never changes after it was made (copy to edit); print∘parse∘print is stable;
// every node that a message can point at carries its byte offset; no other package sees the
// parser's own output.
package sql

// Pos is a byte offset into the text of the statement's source; -1 when unknown (a made node).
type Pos int32

// NoPos marks a node that no text stands for.
const NoPos Pos = -1

// Node is any part of a tree.
type Node interface{ node() }

// Stmt is a whole statement. The marker method closes the set.
type Stmt interface {
	Node
	stmt()
}

// Query is a statement that can yield rows: Select, Insert, Update, Delete or Merge.
type Query interface {
	Stmt
	query()
}

// Expr is a scalar (or, before resolving, possibly set-returning) expression.
type Expr interface {
	Node
	expr()
}

// TableExpr is an item of FROM.
type TableExpr interface {
	Node
	tableExpr()
}

// Name is a possibly qualified object name. Schema is "" when not given.
type Name struct {
	Schema string
	Name   string
	Pos    Pos
}

// TypeName is a type as written: integer, numeric(10,2), text[], t.col%TYPE.
type TypeName struct {
	Name      Name
	Mods      []Expr // type modifiers as written; interval fields are a mask in Mods[0] as in PostgreSQL
	ArrayDims int    // number of [] suffixes, 0 for a plain type
	SetOf     bool
	PctType   bool   // Name.Schema/Name hold table and column: t.col%TYPE
	PctSchema string // the table's schema of a %TYPE, "" when not given
	Pos       Pos
}

// ---- expressions ----

// ColumnRef is a, t.a, s.t.a, *, t.*. Fields has no entry for the star.
type ColumnRef struct {
	Fields []string
	Star   bool
	Pos    Pos
}

// Param is $n, counted from 1.
type Param struct {
	Number int
	Pos    Pos
}

// ConstKind says how a constant was written.
type ConstKind uint8

// The kinds of constant.
const (
	NullConst   ConstKind = iota
	IntConst              // fits int32 in PostgreSQL's lexer
	FloatConst            // any other number, text kept as written
	StringConst           // 'text', of unknown type until resolved
	BoolConst             // Text is "true" or "false"
	BitConst              // Text begins with b or x
)

// Const is a literal.
type Const struct {
	Kind ConstKind
	Text string
	Pos  Pos
}

// Cast is x::type or CAST(x AS type).
type Cast struct {
	X    Expr
	Type *TypeName
	Pos  Pos
}

// Op is a prefix (Left nil) or infix operator, also OPERATOR(schema.op).
type Op struct {
	Schema      string
	Name        string
	Left, Right Expr
	Pos         Pos
}

// Quantified is x op ANY (array) or x op ALL (array). With a sub-query it is a SubLink.
type Quantified struct {
	Schema      string // of OPERATOR(schema.op)
	Op          string
	All         bool
	Left, Right Expr
	Pos         Pos
}

// IsDistinct is IS [NOT] DISTINCT FROM.
type IsDistinct struct {
	Not         bool
	Left, Right Expr
	Pos         Pos
}

// NullIf is NULLIF(a, b).
type NullIf struct {
	Left, Right Expr
	Pos         Pos
}

// In is x [NOT] IN (list). With a sub-query it is a SubLink.
type In struct {
	Not  bool
	X    Expr
	List []Expr
	Pos  Pos
}

// LikeKind is the pattern language of a Like.
type LikeKind uint8

// The pattern languages.
const (
	Like LikeKind = iota
	ILike
	SimilarTo
)

// LikeExpr is x [NOT] LIKE|ILIKE|SIMILAR TO pattern [ESCAPE e]. Escape is nil when not given.
type LikeExpr struct {
	Kind       LikeKind
	Not        bool
	X, Pattern Expr
	Escape     Expr
	Pos        Pos
}

// Between is x [NOT] BETWEEN [SYMMETRIC] lo AND hi.
type Between struct {
	Not, Symmetric bool
	X, Lo, Hi      Expr
	Pos            Pos
}

// BoolOp is AND, OR or NOT.
type BoolOp uint8

// The boolean connectives.
const (
	And BoolOp = iota
	Or
	Not
)

// BoolExpr joins Args (two or more; exactly one for Not).
type BoolExpr struct {
	Op   BoolOp
	Args []Expr
	Pos  Pos
}

// NullTest is x IS [NOT] NULL.
type NullTest struct {
	Not bool
	X   Expr
	Pos Pos
}

// TruthValue is the right side of IS TRUE and its kin.
type TruthValue uint8

// The truth values.
const (
	IsTrue TruthValue = iota
	IsFalse
	IsUnknown
)

// BoolTest is x IS [NOT] TRUE|FALSE|UNKNOWN.
type BoolTest struct {
	Not   bool
	Value TruthValue
	X     Expr
	Pos   Pos
}

// When is one arm of a Case.
type When struct {
	Cond, Result Expr
}

// Case is CASE [arg] WHEN … END. Arg and Else may be nil.
type Case struct {
	Arg   Expr
	Whens []When
	Else  Expr
	Pos   Pos
}

// Coalesce is COALESCE(args).
type Coalesce struct {
	Args []Expr
	Pos  Pos
}

// MinMax is GREATEST(args) or LEAST(args).
type MinMax struct {
	Least bool
	Args  []Expr
	Pos   Pos
}

// Arg is one argument of a call. Name is set for name => value.
type Arg struct {
	Name  string
	Value Expr
}

// FuncCall is a call of a function, aggregate or window function.
type FuncCall struct {
	Name        Name
	Args        []Arg
	Variadic    bool // the last argument is VARIADIC
	Star        bool // count(*)
	Distinct    bool
	OrderBy     []SortBy
	WithinGroup bool // OrderBy is WITHIN GROUP
	Filter      Expr
	Over        *WindowDef // nil when not a window call
	// SQLSyntax is set where the grammar turned special syntax (EXTRACT(… FROM …), SUBSTRING(… FROM …),
	// x AT TIME ZONE y, TRIM, OVERLAY, POSITION …) into this call of a pg_catalog function.
	SQLSyntax bool
	Pos       Pos
}

// WindowDef is OVER name, OVER (…) or an item of WINDOW.
type WindowDef struct {
	Name        string // of a WINDOW item
	Ref         string // the named window that this one uses or extends
	PartitionBy []Expr
	OrderBy     []SortBy
	Frame       *Frame // nil for the default frame
	Pos         Pos
}

// FrameMode is the unit of a window frame.
type FrameMode uint8

// The frame units.
const (
	RangeFrame FrameMode = iota
	RowsFrame
	GroupsFrame
)

// BoundKind is one end of a window frame.
type BoundKind uint8

// The frame ends.
const (
	UnboundedPreceding BoundKind = iota
	OffsetPreceding
	CurrentRow
	OffsetFollowing
	UnboundedFollowing
)

// FrameExclusion is EXCLUDE … of a frame.
type FrameExclusion uint8

// The exclusions.
const (
	ExcludeNone FrameExclusion = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// Frame is a window frame. StartOffset and EndOffset belong to the Offset bounds.
type Frame struct {
	Mode                   FrameMode
	Start, End             BoundKind
	StartOffset, EndOffset Expr
	Exclude                FrameExclusion
}

// SQLValue is CURRENT_DATE, CURRENT_USER and the like; Name is the lower-case word.
// Precision is -1 when not given.
type SQLValue struct {
	Name      string
	Precision int
	Pos       Pos
}

// SubLinkKind is the use of a sub-query in an expression.
type SubLinkKind uint8

// The uses of a sub-query.
const (
	Exists  SubLinkKind = iota
	ScalarQ             // (select …)
	ArrayQ              // ARRAY(select …)
	AnyQ                // x op ANY (select …), x IN (select …) with Op "="
	AllQ                // x op ALL (select …)
)

// SubLink is a sub-query in an expression. Test and Op belong to AnyQ and AllQ.
type SubLink struct {
	Kind     SubLinkKind
	Test     Expr
	OpSchema string // of OPERATOR(schema.op)
	Op       string
	Query    *Select
	Pos      Pos
}

// ArrayExpr is ARRAY[…].
type ArrayExpr struct {
	Elems []Expr
	Pos   Pos
}

// Row is ROW(…) or (a, b).
type Row struct {
	Args     []Expr
	Explicit bool
	Pos      Pos
}

// Step is one step of an Indirection: .field, .*, [i] or [lo:hi].
type Step struct {
	Field  string
	Star   bool
	Slice  bool
	Lo, Hi Expr // [Hi] when not Slice; either may be nil in a slice
}

// Indirection is (x).field, x[1], (x).*.
type Indirection struct {
	X     Expr
	Steps []Step
	Pos   Pos
}

// Collate is x COLLATE name.
type Collate struct {
	X    Expr
	Name Name
	Pos  Pos
}

// Grouping is GROUPING(args).
type Grouping struct {
	Args []Expr
	Pos  Pos
}

// Default is the word DEFAULT in VALUES or SET.
type Default struct{ Pos Pos }

// UnsupportedExpr is syntax that the grammar knows and Mainstay does not: XML, SQL/JSON constructors….
// Feature names it for the refusal.
type UnsupportedExpr struct {
	Feature string
	Pos     Pos
}

// ---- FROM ----

// Alias is AS name(cols).
type Alias struct {
	Name    string
	Columns []string
}

// Table is a named relation in FROM or as the target of a statement.
type Table struct {
	Name  Name
	Only  bool
	Alias *Alias
	Pos   Pos
}

// SubqueryTable is (select …) AS alias.
type SubqueryTable struct {
	Query   *Select
	Lateral bool
	Alias   *Alias
	Pos     Pos
}

// FuncItem is one function of a FuncTable, with its AS (col type, …) list where it has one.
type FuncItem struct {
	Call    Expr
	Columns []ColumnDef
}

// FuncTable is f(…) or ROWS FROM (…) in FROM. Columns is the column definition list after the alias.
type FuncTable struct {
	Funcs      []FuncItem
	RowsFrom   bool
	Lateral    bool
	Ordinality bool
	Alias      *Alias
	Columns    []ColumnDef
	Pos        Pos
}

// JoinKind is the kind of a Join.
type JoinKind uint8

// The kinds of join; CROSS JOIN is an inner join without condition.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
)

// Join is a join of two items. At most one of Natural, Using and On is set.
type Join struct {
	Kind        JoinKind
	Natural     bool
	Left, Right TableExpr
	Using       []string
	UsingAlias  string
	On          Expr
	Alias       *Alias
	Pos         Pos
}

// UnsupportedTable is FROM syntax that Mainstay does not know: TABLESAMPLE, XMLTABLE, JSON_TABLE.
type UnsupportedTable struct {
	Feature string
	Pos     Pos
}

// ---- queries ----

// Target is an item of a select or RETURNING list. Name is "" without AS.
type Target struct {
	Name string
	Expr Expr
	Pos  Pos
}

// SortBy is an item of ORDER BY.
type SortBy struct {
	Expr  Expr
	Desc  bool
	Nulls NullsOrder
	Using string // ORDER BY x USING op
	Pos   Pos
}

// NullsOrder is NULLS FIRST or LAST.
type NullsOrder uint8

// The orders of nulls; the default depends on the direction (last when ascending).
const (
	NullsDefault NullsOrder = iota
	NullsFirst
	NullsLast
)

// CTE is an item of WITH. Query is a Select, Insert, Update, Delete or Merge.
type CTE struct {
	Name         string
	Columns      []string
	Materialized *bool // nil when not said
	Query        Query
	Search       bool // SEARCH or CYCLE clause present: refused by who cannot run it
	Pos          Pos
}

// With is a WITH clause.
type With struct {
	Recursive bool
	CTEs      []CTE
}

// SetOp is the set operation of a Select.
type SetOp uint8

// The set operations.
const (
	NoSetOp SetOp = iota
	Union
	Intersect
	Except
)

// GroupKind is an item of GROUP BY.
type GroupKind uint8

// The kinds of GROUP BY item.
const (
	GroupExpr GroupKind = iota
	GroupEmpty
	GroupRollup
	GroupCube
	GroupSets
)

// GroupBy is an item of GROUP BY: an expression or a grouping set.
type GroupBy struct {
	Kind GroupKind
	Expr Expr      // GroupExpr
	Sets []GroupBy // the others
}

// LockStrength is FOR UPDATE and its kin.
type LockStrength uint8

// The lock strengths.
const (
	ForKeyShare LockStrength = iota
	ForShare
	ForNoKeyUpdate
	ForUpdate
)

func (s LockStrength) String() string {
	return [...]string{"FOR KEY SHARE", "FOR SHARE", "FOR NO KEY UPDATE", "FOR UPDATE"}[s]
}

// LockWait is what to do with locked rows.
type LockWait uint8

// The waits.
const (
	LockBlock LockWait = iota
	LockSkip
	LockNoWait
)

// Locking is a FOR UPDATE clause.
type Locking struct {
	Strength LockStrength
	Of       []Name
	Wait     LockWait
}

// Select is SELECT, VALUES, TABLE or a set operation. For a set operation only With, SetOp, All, Left,
// Right, OrderBy, Limit, Offset and Locking are set; for VALUES, Values and the outer clauses.
type Select struct {
	With       *With
	Distinct   bool
	DistinctOn []Expr // DISTINCT ON; Distinct is then true
	Targets    []Target
	Into       *Table // SELECT … INTO (not PL/pgSQL's)
	From       []TableExpr
	Where      Expr
	GroupBy    []GroupBy
	GroupAll   bool // GROUP BY DISTINCT
	Having     Expr
	Windows    []WindowDef
	Values     [][]Expr
	OrderBy    []SortBy
	Limit      Expr
	Offset     Expr
	WithTies   bool
	Locking    []Locking
	SetOp      SetOp
	All        bool
	Left       *Select
	Right      *Select
	Pos        Pos
}

// Overriding is INSERT … OVERRIDING.
type Overriding uint8

// The overriding clauses.
const (
	OverridingNone Overriding = iota
	OverridingUser
	OverridingSystem
)

// InsertColumn is a target column of an INSERT, possibly with an indirection.
type InsertColumn struct {
	Name  string
	Steps []Step
	Pos   Pos
}

// Insert is an INSERT. Source is nil for DEFAULT VALUES.
type Insert struct {
	With       *With
	Table      *Table
	Columns    []InsertColumn // nil when no list was given
	Source     *Select
	Overriding Overriding
	OnConflict *OnConflict
	Returning  []Target
	Pos        Pos
}

// OnConflict is ON CONFLICT. Without DoUpdate it is DO NOTHING.
type OnConflict struct {
	Keys       []IndexKey // inference elements
	Where      Expr       // of the inference
	Constraint string     // ON CONSTRAINT name
	DoUpdate   bool
	Set        []Assign
	SetWhere   Expr
	Pos        Pos
}

// Assign is col = value, or (cols) = row when Columns has several.
type Assign struct {
	Columns []InsertColumn
	Value   Expr
	Multi   bool // (a, b) = …: Value is a Row or a SubLink
	Pos     Pos
}

// Update is an UPDATE.
type Update struct {
	With      *With
	Table     *Table
	Set       []Assign
	From      []TableExpr
	Where     Expr
	Returning []Target
	Pos       Pos
}

// Delete is a DELETE.
type Delete struct {
	With      *With
	Table     *Table
	Using     []TableExpr
	Where     Expr
	Returning []Target
	Pos       Pos
}

// MergeMatch says when a MERGE clause applies.
type MergeMatch uint8

// The matches.
const (
	WhenMatched MergeMatch = iota
	WhenNotMatchedBySource
	WhenNotMatched
)

// MergeAction is what a MERGE clause does.
type MergeAction uint8

// The actions.
const (
	MergeNothing MergeAction = iota
	MergeInsert
	MergeUpdate
	MergeDelete
)

// MergeWhen is one WHEN clause.
type MergeWhen struct {
	Match      MergeMatch
	Cond       Expr
	Action     MergeAction
	Set        []Assign
	Columns    []InsertColumn
	Values     []Expr
	Overriding Overriding
}

// Merge is a MERGE.
type Merge struct {
	With      *With
	Table     *Table
	Source    TableExpr
	On        Expr
	Whens     []MergeWhen
	Returning []Target
	Pos       Pos
}

func (*TypeName) node()         {}
func (*ColumnRef) node()        {}
func (*Param) node()            {}
func (*Const) node()            {}
func (*Cast) node()             {}
func (*Op) node()               {}
func (*Quantified) node()       {}
func (*IsDistinct) node()       {}
func (*NullIf) node()           {}
func (*In) node()               {}
func (*LikeExpr) node()         {}
func (*Between) node()          {}
func (*BoolExpr) node()         {}
func (*NullTest) node()         {}
func (*BoolTest) node()         {}
func (*Case) node()             {}
func (*Coalesce) node()         {}
func (*MinMax) node()           {}
func (*FuncCall) node()         {}
func (*SQLValue) node()         {}
func (*SubLink) node()          {}
func (*ArrayExpr) node()        {}
func (*Row) node()              {}
func (*Indirection) node()      {}
func (*Collate) node()          {}
func (*Grouping) node()         {}
func (*Default) node()          {}
func (*UnsupportedExpr) node()  {}
func (*Table) node()            {}
func (*SubqueryTable) node()    {}
func (*FuncTable) node()        {}
func (*Join) node()             {}
func (*UnsupportedTable) node() {}
func (*Select) node()           {}
func (*Insert) node()           {}
func (*Update) node()           {}
func (*Delete) node()           {}
func (*Merge) node()            {}

func (*ColumnRef) expr()       {}
func (*Param) expr()           {}
func (*Const) expr()           {}
func (*Cast) expr()            {}
func (*Op) expr()              {}
func (*Quantified) expr()      {}
func (*IsDistinct) expr()      {}
func (*NullIf) expr()          {}
func (*In) expr()              {}
func (*LikeExpr) expr()        {}
func (*Between) expr()         {}
func (*BoolExpr) expr()        {}
func (*NullTest) expr()        {}
func (*BoolTest) expr()        {}
func (*Case) expr()            {}
func (*Coalesce) expr()        {}
func (*MinMax) expr()          {}
func (*FuncCall) expr()        {}
func (*SQLValue) expr()        {}
func (*SubLink) expr()         {}
func (*ArrayExpr) expr()       {}
func (*Row) expr()             {}
func (*Indirection) expr()     {}
func (*Collate) expr()         {}
func (*Grouping) expr()        {}
func (*Default) expr()         {}
func (*UnsupportedExpr) expr() {}

func (*Table) tableExpr()            {}
func (*SubqueryTable) tableExpr()    {}
func (*FuncTable) tableExpr()        {}
func (*Join) tableExpr()             {}
func (*UnsupportedTable) tableExpr() {}

func (*Select) stmt()  {}
func (*Insert) stmt()  {}
func (*Update) stmt()  {}
func (*Delete) stmt()  {}
func (*Merge) stmt()   {}
func (*Select) query() {}
func (*Insert) query() {}
func (*Update) query() {}
func (*Delete) query() {}
func (*Merge) query()  {}
