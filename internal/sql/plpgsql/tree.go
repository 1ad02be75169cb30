// Package plpgsql is PL/pgSQL as a closed syntax tree.
//
// Parse turns the body of a function (ParseDo that of a DO block) into a Function; every SQL expression and statement inside it is already
// a tree of package sql. Main types: Function, Stmt, Block, Expr.
//
// Invariants: pure syntax and immutable, as package sql; variables are by index into Function.Vars, resolved by PL/pgSQL's rules
// of scope, while names inside SQL expressions are resolved against the visible variables by the interpreter.
package plpgsql

import "github.com/mainstay-dev/mainstay/internal/sql"

// Function is a parsed body.
type Function struct {
	Vars []Var // every datum; index = number used by the statements
	Body *Block
	// NewVar, OldVar are the indexes of NEW and OLD in a trigger function, -1 otherwise.
	NewVar, OldVar int
	// VariableConflict is the word after #variable_conflict (error, use_variable, use_column); "" when not given.
	VariableConflict string
}

// VarKind is the kind of a datum.
type VarKind uint8

// The kinds of datum.
const (
	ScalarVar VarKind = iota
	RecordVar         // record, or of a row type (Type set)
	RowVar            // an unnamed list of targets: Fields are indexes of Vars
	FieldVar          // a field of a record: Parent and Name
)

// Var is a datum of a function.
type Var struct {
	Kind       VarKind
	Name       string
	Type       *sql.TypeName // as written; nil for untyped records and fields
	Const      bool
	NotNull    bool
	Default    *Expr
	Parent     int   // FieldVar
	Fields     []int // RowVar; the names of RowVar targets are those of the variables
	Line       int
	IsCursor   bool
	Cursor     *Expr // query of a bound cursor
	CursorArgs int   // index of the RowVar with its arguments, -1 when none
}

// Expr is an SQL expression or query inside PL/pgSQL. For an expression, Query is SELECT expr.
type Expr struct {
	Text  string
	Query sql.Stmt // *sql.Select for expressions; any statement for Exec
}

// Stmt is a statement. The marker closes the set.
type Stmt interface{ plstmt() }

// Block is [DECLARE] BEGIN … [EXCEPTION …] END. Declared variables are initialised on entry.
type Block struct {
	Label    string
	Declared []int
	Aliases  []Alias
	Body     []Stmt
	Handlers []Handler
	Line     int
}

// Alias is another name of a variable.
type Alias struct {
	Name string
	Var  int
}

// Handler is WHEN conditions THEN body. A condition is a name ("unique_violation", "others") or a SQLSTATE of five characters.
type Handler struct {
	Conditions []string
	Body       []Stmt
}

// Assign is target := expr. Target steps (array subscripts, fields) are in Steps.
type Assign struct {
	Var   int
	Steps []sql.Step
	Expr  *Expr
	Line  int
}

// If is IF … ELSIF … ELSE.
type If struct {
	Arms []Arm
	Else []Stmt
	Line int
}

// Arm is a condition and what follows it.
type Arm struct {
	Cond *Expr
	Body []Stmt
}

// Case is CASE. Arg may be nil. HasElse is false when none was written (case_not_found).
type Case struct {
	Arg     *Expr
	ArgVar  int // the variable that holds Arg inside the arms' conditions, -1 when none
	Arms    []Arm
	HasElse bool
	Else    []Stmt
	Line    int
}

// Loop is LOOP; While is set for WHILE.
type Loop struct {
	Label string
	While *Expr
	Body  []Stmt
	Line  int
}

// ForInt is FOR i IN [REVERSE] lo..hi [BY step].
type ForInt struct {
	Label   string
	Var     int
	Lo, Hi  *Expr
	Step    *Expr
	Reverse bool
	Body    []Stmt
	Line    int
}

// ForQuery is FOR target IN query|EXECUTE …|cursor LOOP.
type ForQuery struct {
	Label      string
	Var        int
	Query      *Expr
	Dynamic    *Expr // EXECUTE expr
	Using      []*Expr
	Cursor     int // index of a bound cursor, -1 when none
	CursorArgs *Expr
	Body       []Stmt
	Line       int
}

// ForEach is FOREACH target [SLICE n] IN ARRAY expr.
type ForEach struct {
	Label string
	Var   int
	Slice int
	Expr  *Expr
	Body  []Stmt
	Line  int
}

// Exit is EXIT or CONTINUE.
type Exit struct {
	Continue bool
	Label    string
	When     *Expr
	Line     int
}

// Return is RETURN [expr]. Var is set (≥ 0), beside Expr, where the expression is just a variable.
type Return struct {
	Expr *Expr
	Var  int
	Line int
}

// ReturnNext is RETURN NEXT.
type ReturnNext struct {
	Expr *Expr
	Var  int
	Line int
}

// ReturnQuery is RETURN QUERY [EXECUTE].
type ReturnQuery struct {
	Query   *Expr
	Dynamic *Expr
	Using   []*Expr
	Line    int
}

// RaiseLevel is the level of a RAISE.
type RaiseLevel uint8

// The levels.
const (
	RaiseDebug RaiseLevel = iota
	RaiseLog
	RaiseInfo
	RaiseNotice
	RaiseWarning
	RaiseException
)

// RaiseOption is USING option = expr; Name is lower case (errcode, message, detail, hint, column, constraint, datatype, table, schema).
type RaiseOption struct {
	Name string
	Expr *Expr
}

// Raise is RAISE. Condition is a condition name or SQLSTATE. With neither message nor condition nor options it re-raises.
type Raise struct {
	Level      RaiseLevel
	Condition  string
	Message    string
	HasMessage bool
	Params     []*Expr
	Options    []RaiseOption
	Line       int
}

// Assert is ASSERT.
type Assert struct {
	Cond, Message *Expr
	Line          int
}

// Perform is PERFORM.
type Perform struct {
	Query *Expr
	Line  int
}

// Exec is an SQL statement, perhaps INTO a target (Var ≥ 0).
type Exec struct {
	SQL    *Expr
	Into   bool
	Strict bool
	Var    int
	Line   int
}

// DynExec is EXECUTE expr [INTO] [USING].
type DynExec struct {
	SQL    *Expr
	Into   bool
	Strict bool
	Var    int
	Using  []*Expr
	Line   int
}

// DiagItem is target = item of GET DIAGNOSTICS; Item is lower case (row_count, returned_sqlstate, message_text …).
type DiagItem struct {
	Item string
	Var  int
}

// GetDiagnostics is GET [STACKED] DIAGNOSTICS.
type GetDiagnostics struct {
	Stacked bool
	Items   []DiagItem
	Line    int
}

// Open is OPEN cursor.
type Open struct {
	Cursor  int
	Query   *Expr
	Dynamic *Expr
	Using   []*Expr
	Args    *Expr
	Line    int
}

// Fetch is FETCH (or MOVE) of a cursor. Direction is PostgreSQL's: 0 forward, 1 backward, 2 absolute, 3 relative.
type Fetch struct {
	Cursor    int
	Var       int
	Direction int
	Count     int64
	CountExpr *Expr
	Move      bool
	Line      int
}

// Close is CLOSE cursor.
type Close struct {
	Cursor int
	Line   int
}

// Call is CALL, or DO inside a body.
type Call struct {
	Call *Expr
	Var  int
	Line int
}

// Null is NULL;.
type Null struct{ Line int }

// Commit is COMMIT or ROLLBACK inside a procedure.
type Commit struct {
	Rollback bool
	Line     int
}

// Unsupported is a statement that this tree does not know.
type Unsupported struct {
	Feature string
	Line    int
}

func (*Block) plstmt()          {}
func (*Assign) plstmt()         {}
func (*If) plstmt()             {}
func (*Case) plstmt()           {}
func (*Loop) plstmt()           {}
func (*ForInt) plstmt()         {}
func (*ForQuery) plstmt()       {}
func (*ForEach) plstmt()        {}
func (*Exit) plstmt()           {}
func (*Return) plstmt()         {}
func (*ReturnNext) plstmt()     {}
func (*ReturnQuery) plstmt()    {}
func (*Raise) plstmt()          {}
func (*Assert) plstmt()         {}
func (*Perform) plstmt()        {}
func (*Exec) plstmt()           {}
func (*DynExec) plstmt()        {}
func (*GetDiagnostics) plstmt() {}
func (*Open) plstmt()           {}
func (*Fetch) plstmt()          {}
func (*Close) plstmt()          {}
func (*Call) plstmt()           {}
func (*Null) plstmt()           {}
func (*Commit) plstmt()         {}
func (*Unsupported) plstmt()    {}
