// Package tree is a resolved, typed query: what PostgreSQL's analyser makes of a statement.
//
// analyze makes trees, rights adds privileges and policies to them, lower turns them into SQLite text and eval into Go
// closures. Main types in order of meeting them: Query, Rel, FromItem, Expr, Var, Call.
//
// Names are gone: a Var points at its Rel, a Call at its function, a Rel at its table. Every expression knows its type; every
// coercion is explicit (a Call of a cast function, or a Relabel that costs nothing). A Var of an outer query simply points at a
// Rel of that query; there are no level numbers, so sub-trees can be moved.
//
// Invariants: expressions are immutable and may be shared; a Query and its Rels are owned by one statement and may be changed only by
// the package that is working on it (analyze, then rights, then nobody); Clone copies deeply with Rels remapped.
package tree

import (
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"math"
)

// Type is a type with its modifier.
type Type = catalog.TypeRef

// Command is what a Query does.
type Command uint8

// The commands.
const (
	Select Command = iota
	Insert
	Update
	Delete
	Merge
)

// Query is a resolved statement or sub-query.
type Query struct {
	Command       Command
	CTEs          []*CTE
	Recursive     bool
	Rels          []*Rel     // every Rel of this level, in order of appearance
	From          []FromItem // comma list; each item's Rels are in Rels
	Where         Expr       // nil for none
	Targets       []Target   // output columns; for Insert/Update/Delete/Merge the RETURNING list
	GroupBy       []Expr
	GroupingSets  [][]int // indexes into GroupBy; nil when there is one plain set
	Aggregated    bool    // GROUP BY, HAVING or an aggregate is present
	Having        Expr
	Windows       []*Window
	Distinct      bool
	DistinctOn    []Expr // Distinct is then true
	OrderBy       []SortKey
	Limit, Offset Expr // int8
	WithTies      bool
	Locking       []sql.Locking
	Values        [][]Expr // VALUES lists; Targets then name the columns, each with a SubCol for its type
	SetOp         sql.SetOp
	All           bool
	Left, Right   *Query // set operation: same number of columns, of Targets' types; Targets and OrderBy hold a SubCol for each output column

	// Data modification. Target is the Rel of the table (also the Rel of its old row in WHERE, SET and RETURNING).
	Target      *Rel
	Columns     []int  // Insert: positions (in Target.Table.Columns) that Source fills, in its column order
	Source      *Query // Insert: nil for DEFAULT VALUES
	Overriding  sql.Overriding
	Set         []Assign // Update
	Conflict    *Conflict
	Merges      []MergeWhen
	MergeSource FromItem
	MergeOn     Expr

	// Filled by rights for data modification; each is nil when there is nothing to check.
	Checks []Check
	Pos    sql.Pos
}

// Check is a condition that every new row of a data modification must satisfy: a policy's WITH CHECK or a view's check option.
// Expr's Vars of Query.Target mean the new row. A result that is not true raises Err.
type Check struct {
	Expr Expr
	// On says which rows it is for: those inserted, those updated (also by ON CONFLICT), or the existing row that ON CONFLICT DO UPDATE is going to change.
	On  CheckOn
	Err error
}

// CheckOn says for which rows a Check is.
type CheckOn uint8

// The rows.
const (
	OnInserted CheckOn = 1 << iota
	OnUpdated
	OnConflictExisting
	OnMergeUpdateExisting // the row that MERGE is going to update
	OnMergeDeleteExisting // the row that MERGE is going to delete
)

// Assign sets one column of the target.
type Assign struct {
	Column int  // position in Target.Table.Columns
	Value  Expr // nil: DEFAULT
	// Group > 0 ties together columns set from one sub-query, (a, b) = (select …): Value is then a FieldOf its row.
}

// Conflict is ON CONFLICT.
type Conflict struct {
	Indexes []*catalog.Index // the unique indexes inferred; empty: any conflict (DO NOTHING only)
	// What they are inferred from where the target is a view: rights does so when it has come to the table. Nil afterwards.
	Keys, KeyWhere []Expr
	DoUpdate       bool
	Excluded       *Rel // the proposed row, for DO UPDATE
	Set            []Assign
	Where          Expr
}

// MergeWhen is a WHEN clause of MERGE.
type MergeWhen struct {
	Match   sql.MergeMatch
	Cond    Expr
	Action  sql.MergeAction
	Set     []Assign
	Columns []int
	Values  []Expr
}

// CTE is an item of WITH.
type CTE struct {
	Name         string
	Query        *Query
	Columns      []RelColumn
	Materialized *bool
	Recursive    bool // refers to itself
	Refs         int  // how many Rels use it
}

// RelKind is what a Rel is.
type RelKind uint8

// The kinds of Rel.
const (
	TableRel      RelKind = iota // Table
	SubqueryRel                  // Query; also a view after rights has inlined it
	FunctionRel                  // Funcs
	ValuesRel                    // Query with Values
	CTERel                       // CTE
	RowRel                       // a row given from outside: NEW, OLD, EXCLUDED, a row being checked; Table may be set
	TransitionRel                // a transition table of a statement trigger, or a PL/pgSQL row set: given from outside by Name
)

// Rel is a range-table entry.
type Rel struct {
	Kind       RelKind
	Alias      string // unique only within its query's names
	Columns    []RelColumn
	Table      *catalog.Table
	Query      *Query
	Lateral    bool // may refer to Rels before it
	Funcs      []FuncCallRel
	Ordinality bool
	CTE        *CTE
	Name       string // TransitionRel
	At         int    // 1 + where the statement names it, 0 when it does not

	// Rights. Role is as whom the table is read: "" is the caller (the session's current role when the statement runs), otherwise the owner
	// of the view or definer function that brought the Rel in. analyze notes which columns are used; rights checks and clears.
	Role                                               string
	Read, Inserted, Updated                            ColumnSet
	NeedsSelect, NeedsInsert, NeedsUpdate, NeedsDelete bool
	Quals                                              []Expr // security quals: policies' USING that apply to reading this Rel, set by rights; AND-ed before any other condition that could leak
	Locked                                             bool   // FOR UPDATE or FOR SHARE names it: needs the UPDATE privilege, and UPDATE policies hold
	Policed                                            bool   // set by rights when done, so that nothing is attached twice
}

// ColumnSet is a set of positions in Table.Columns. WholeRow is also set by references to the row itself and count(*)-like needs.
type ColumnSet struct {
	Bits     []uint64
	WholeRow bool
}

// Add puts position i in the set.
func (s *ColumnSet) Add(i int) {
	for len(s.Bits) <= i/64 {
		s.Bits = append(s.Bits, 0)
	}
	s.Bits[i/64] |= 1 << (i % 64)
}

// Has reports whether i is in the set.
func (s *ColumnSet) Has(i int) bool { return i/64 < len(s.Bits) && s.Bits[i/64]&(1<<(i%64)) != 0 }

// RelColumn is a column of a Rel.
type RelColumn struct {
	Name string
	Type Type
}

// FuncCallRel is one function of a FunctionRel. Columns are those of the Rel from First on, Count many.
type FuncCallRel struct {
	Call         Expr
	First, Count int
	Scalar       bool // yields one column that is the value itself; otherwise fields of a composite
}

// FromItem is a node of the join tree: *RelItem or *Join.
type FromItem interface{ fromItem() }

// RelItem stands for a Rel in the join tree.
type RelItem struct{ Rel *Rel }

// Join joins two items. On is nil for a cross join.
type Join struct {
	Kind        sql.JoinKind
	Left, Right FromItem
	On          Expr
}

func (*RelItem) fromItem() {}
func (*Join) fromItem()    {}

// Target is an output column. Junk columns (needed only for ORDER BY and the like) are not shown.
type Target struct {
	Name string
	Expr Expr
	Junk bool
	// Where the column comes from when it is a plain column of a table; Table nil otherwise.
	Table  *catalog.Table
	Column int
}

// SortKey is an ORDER BY item. The null order is always explicit here.
type SortKey struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// Window is a window definition.
type Window struct {
	Name        string
	PartitionBy []Expr
	OrderBy     []SortKey
	Frame       *Frame
}

// Frame is a window frame.
type Frame struct {
	Mode                   sql.FrameMode
	Start, End             sql.BoundKind
	StartOffset, EndOffset Expr
	Exclude                sql.FrameExclusion
}

// ---- expressions ----

// Expr is a typed expression. The unexported method closes the set.
type Expr interface {
	Type() Type
	expr()
}

// Const is a value known now.
type Const struct {
	Value value.Datum
	Typ   Type
}

// Var is a column of a Rel.
type Var struct {
	Rel *Rel
	Col int // index in Rel.Columns
	Typ Type
}

// WholeRow is a Rel used as a value: its row as a composite (or its only value, for a scalar function Rel).
type WholeRow struct {
	Rel *Rel
	Typ Type
}

// Param is a bound argument of the statement, from 1; a PL/pgSQL variable or an argument of an SQL function is one too.
type Param struct {
	Number int
	Typ    Type
}

// DomainValue is the number of the Param that is VALUE in the check of a domain. 0 is the element of a loop over a list, negative ones are arguments of a fragment.
const DomainValue = math.MinInt32

// SessionKind is a value of the session or transaction.
type SessionKind uint8

// The session values.
const (
	SessionExpr SessionKind = iota // X: an expression without columns that is stable: computed once when the statement starts
)

// Session is a value that is fixed while a statement runs and known when it starts: now(), auth.uid(), current_setting('…', true),
// current_user and stable expressions over them. It is computed once by eval and bound, so that indexes serve it.
// analyze leaves such calls as Calls; lower and eval find maximal stable sub-expressions without Vars and bind them; Session marks one that was found.
type Session struct {
	Kind SessionKind
	X    Expr
}

// Call is a function, operator or cast function. Exactly one of Fn and User is set.
type Call struct {
	Fn   *builtin.Func
	User *catalog.Function
	Args []Expr // complete: defaults filled, variadic packed unless Fn takes "any"
	Typ  Type
	Op   string // the operator's name where one was written, for messages
	Role string // as whom a User function's own rights apply when inlined; "" the caller
	Pos  sql.Pos
	// Variadic is set when the last argument is an array given for the rest of a VARIADIC "any": f(VARIADIC array).
	Variadic bool
}

// Agg is an aggregate call. Over is set when it is used as a window function.
type Agg struct {
	Fn       *builtin.Func
	User     *catalog.Function
	Args     []Expr
	Direct   []Expr // of an ordered-set aggregate
	Star     bool
	Distinct bool
	OrderBy  []SortKey
	Filter   Expr
	Over     *Window
	Typ      Type
	Pos      sql.Pos
	Own      *OwnAgg // of an aggregate of the project
}

// OwnAgg is how an aggregate of the project is computed. Param -1 is the state, -2 and below are a row's arguments.
type OwnAgg struct {
	Step, Final Expr
	Init        Expr // a Const
	// Whether Step takes no NULLs: rows with one are passed over, and the first argument of the first other one is the state where it began as NULL.
	Strict bool
}

// WindowCall is a call of a true window function (row_number, lag …).
type WindowCall struct {
	Fn     *builtin.Func
	Args   []Expr
	Filter Expr
	Over   *Window
	Typ    Type
}

// Grouping is GROUPING(…) over indexes of Query.GroupBy. Args are the arguments as they were when it was analysed, which tell two of them apart.
type Grouping struct {
	Items []int
	Args  []Expr
	Typ   Type
}

// Relabel gives X another type without changing the datum (binary coercible, or a domain's base).
type Relabel struct {
	X   Expr
	Typ Type
}

// DomainCheck is a coercion of X to a domain: its constraints are checked.
type DomainCheck struct {
	X   Expr
	Typ Type
}

// IOCast converts through text: X's output form read by Typ's input function.
type IOCast struct {
	X   Expr
	Typ Type
}

// ArrayCast converts each element of array X with Elem applied to Param Number 0 (a Param in Elem with Number 0 is the element).
type ArrayCast struct {
	X    Expr
	Elem Expr
	Typ  Type
}

// RowCast converts a composite field by field.
type RowCast struct {
	X      Expr
	Fields []Expr // over FieldOf X
	Typ    Type
}

// Collate is a forced collation; the only ones supported are "C", "POSIX", "default", "ucs_basic".
type Collate struct {
	X    Expr
	Name string
}

// Bool is AND, OR, NOT.
type Bool struct {
	Op   sql.BoolOp
	Args []Expr
}

// NullTest is IS [NOT] NULL. Row is set when X is composite and each field counts.
type NullTest struct {
	Not bool
	X   Expr
	Row bool
}

// BoolTest is IS [NOT] TRUE….
type BoolTest struct {
	Not   bool
	Value sql.TruthValue
	X     Expr
}

// Distinct is IS [NOT] DISTINCT FROM, with the type's equality.
type Distinct struct {
	Not bool
	Eq  *Call // the equality applied to Left and Right
}

// NullIf is NULLIF: Eq compares, Typ is the first argument's type.
type NullIf struct {
	Eq  *Call // over the (possibly coerced) arguments
	X   Expr  // the value when not equal
	Typ Type
}

// Case is CASE with boolean conditions; a simple CASE has been rewritten with Arg as CaseArg in its conditions.
type Case struct {
	Arg   Expr // nil; evaluated once, seen by CaseArg
	Whens []When
	Else  Expr // never nil: NULL of Typ when none
	Typ   Type
}

// When is an arm of a Case.
type When struct{ Cond, Result Expr }

// CaseArg is the value of the innermost enclosing Case.Arg, or what the innermost enclosing SetElement or SetFields replaces.
type CaseArg struct{ Typ Type }

// Coalesce is COALESCE.
type Coalesce struct {
	Args []Expr
	Typ  Type
}

// MinMax is GREATEST or LEAST. Lt is the type's < applied to a pair (Args nil).
type MinMax struct {
	Least bool
	Args  []Expr
	Lt    *builtin.Func
	Typ   Type
}

// Quantified is x op ANY|ALL (array). Op's second argument is the element.
type Quantified struct {
	All   bool
	Op    *Call // Args[0] is x, Args[1] a Param with Number 0 standing for the element (possibly coerced)
	Array Expr
}

// In is x IN (list) of expressions, all coerced to one type; Eq compares x with a Param Number 0.
type In struct {
	Not  bool
	Eq   *Call
	X    Expr
	List []Expr
}

// SubLink is a sub-query in an expression. For AnyQ and AllQ, Tests holds one comparison per column, each over Test parts and SubCol.
type SubLink struct {
	Kind  sql.SubLinkKind
	Query *Query
	Tests []Expr // AnyQ, AllQ: conditions AND-ed (rows: lexicographic operators were rewritten); SubCol stands for the sub-query's column
	Row   bool   // AnyQ: of the one row that the query yields at most, as (a, b) = (select …); NULL without a row
	Typ   Type
}

// SubCol is column Col of the innermost enclosing SubLink's query inside Tests; in a set operation's or VALUES' Targets and OrderBy it is output
// column Col.
type SubCol struct {
	Col int
	Typ Type
}

// Array is ARRAY[…]; Multi when the elements are arrays themselves.
type Array struct {
	Elems []Expr
	Multi bool
	Typ   Type
}

// Row is ROW(…). Typ is record or the composite type that it was coerced to.
type Row struct {
	Args  []Expr
	Names []string
	Typ   Type
}

// RowCompare is (a, b) op (c, d) for the ordering operators: Lt and Eq per column pair.
type RowCompare struct {
	Op         string // "<", "<=", ">", ">="
	Lt, Gt, Eq []*Call
}

// FieldOf is (x).field; Index counts the fields of X's composite type.
type FieldOf struct {
	X     Expr
	Name  string
	Index int
	Typ   Type
}

// Subscript is x[i]…; for arrays (jsonb subscripting is a Call).
type Subscript struct {
	X     Expr
	Index []Expr // int4; for a slice Lo, Hi pairs with nil for an open end
	Slice bool
	Typ   Type
}

// SetElement is the array or jsonb X with the part at the subscripts replaced by Value, as SET a[i] = … makes it. X and the subscripts are computed once:
// CaseArg in Value is the part that was there.
type SetElement struct {
	X     Expr
	Index []Expr // as in Subscript; int4 or text for jsonb
	Slice bool   // Value is then an array
	Value Expr
	Typ   Type
}

// SetFields is the composite value X with fields replaced in turn, as SET c.f = … makes it. CaseArg in a field's Value is what the field holds so far.
type SetFields struct {
	X    Expr
	Sets []FieldSet
	Typ  Type
}

// FieldSet is a field, by its number, and what it becomes.
type FieldSet struct {
	Index int
	Name  string
	Value Expr
}

// SetDefault stands for DEFAULT in VALUES of an INSERT.
type SetDefault struct{ Typ Type }

// Refusal is an expression that resolves but cannot run here; evaluating it (or lowering the query) gives Err.
type Refusal struct {
	Err error
	Typ Type
}

var boolType = Type{OID: catalog.BoolOID, Mod: -1}

// Type gives the type of the expression.
func (e *Const) Type() Type       { return e.Typ }
func (e *Var) Type() Type         { return e.Typ }
func (e *WholeRow) Type() Type    { return e.Typ }
func (e *Param) Type() Type       { return e.Typ }
func (e *Session) Type() Type     { return e.X.Type() }
func (e *Call) Type() Type        { return e.Typ }
func (e *Agg) Type() Type         { return e.Typ }
func (e *WindowCall) Type() Type  { return e.Typ }
func (e *Grouping) Type() Type    { return e.Typ }
func (e *Relabel) Type() Type     { return e.Typ }
func (e *DomainCheck) Type() Type { return e.Typ }
func (e *IOCast) Type() Type      { return e.Typ }
func (e *ArrayCast) Type() Type   { return e.Typ }
func (e *RowCast) Type() Type     { return e.Typ }
func (e *Collate) Type() Type     { return e.X.Type() }
func (e *Bool) Type() Type        { return boolType }
func (e *NullTest) Type() Type    { return boolType }
func (e *BoolTest) Type() Type    { return boolType }
func (e *Distinct) Type() Type    { return boolType }
func (e *NullIf) Type() Type      { return e.Typ }
func (e *Case) Type() Type        { return e.Typ }
func (e *CaseArg) Type() Type     { return e.Typ }
func (e *Coalesce) Type() Type    { return e.Typ }
func (e *MinMax) Type() Type      { return e.Typ }
func (e *Quantified) Type() Type  { return boolType }
func (e *In) Type() Type          { return boolType }
func (e *SubLink) Type() Type     { return e.Typ }
func (e *SubCol) Type() Type      { return e.Typ }
func (e *Array) Type() Type       { return e.Typ }
func (e *Row) Type() Type         { return e.Typ }
func (e *RowCompare) Type() Type  { return boolType }
func (e *FieldOf) Type() Type     { return e.Typ }
func (e *Subscript) Type() Type   { return e.Typ }
func (e *SetElement) Type() Type  { return e.Typ }
func (e *SetFields) Type() Type   { return e.Typ }
func (e *SetDefault) Type() Type  { return e.Typ }
func (e *Refusal) Type() Type     { return e.Typ }

func (*Const) expr()       {}
func (*Var) expr()         {}
func (*WholeRow) expr()    {}
func (*Param) expr()       {}
func (*Session) expr()     {}
func (*Call) expr()        {}
func (*Agg) expr()         {}
func (*WindowCall) expr()  {}
func (*Grouping) expr()    {}
func (*Relabel) expr()     {}
func (*DomainCheck) expr() {}
func (*IOCast) expr()      {}
func (*ArrayCast) expr()   {}
func (*RowCast) expr()     {}
func (*Collate) expr()     {}
func (*Bool) expr()        {}
func (*NullTest) expr()    {}
func (*BoolTest) expr()    {}
func (*Distinct) expr()    {}
func (*NullIf) expr()      {}
func (*Case) expr()        {}
func (*CaseArg) expr()     {}
func (*Coalesce) expr()    {}
func (*MinMax) expr()      {}
func (*Quantified) expr()  {}
func (*In) expr()          {}
func (*SubLink) expr()     {}
func (*SubCol) expr()      {}
func (*Array) expr()       {}
func (*Row) expr()         {}
func (*RowCompare) expr()  {}
func (*FieldOf) expr()     {}
func (*Subscript) expr()   {}
func (*SetElement) expr()  {}
func (*SetFields) expr()   {}
func (*SetDefault) expr()  {}
func (*Refusal) expr()     {}
