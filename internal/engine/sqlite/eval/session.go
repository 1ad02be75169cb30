package eval

import (
	"context"
	"time"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Session is a caller's running transaction: what expressions and statements depend on besides their arguments. It belongs to the goroutine
// that runs the transaction. Fields of the first group are set by who makes it; hooks are filled by package interp; the rest is the executor's.
type Session struct {
	Conn        *store.Conn
	Cat         *catalog.Catalog
	Role        string // current_user: whose rights count
	SessionRole string // session_user
	LoginRole   string // the role that the session began as; only a superuser's may become another session_user
	Path        []string
	Settings    map[string]string // SET and set_config, request.* among them; names in lower case
	// Request gives the settings by which SQL knows of the request, "" for those that there are not; nil: none. They are made when asked for, and
	// Settings goes before them.
	Request   func(name string) string
	Now       time.Time      // transaction_timestamp
	Statement time.Time      // statement_timestamp; Now when zero
	Zone      *time.Location // nil is UTC
	ReadOnly  bool           // data modification is error 25006
	MaxRows   int            // rows that a statement may hold in memory; 0 is DefaultMaxRows
	Notice    func(level, message string)

	Hooks

	// Sequences remembers the numbers that were drawn, whether their transactions committed or not; shared by the sessions of an engine.
	// Nil: a number drawn in a transaction that is rolled back is drawn again.
	Sequences *Sequences

	// Sealer encrypts the secrets of schema vault; shared by the sessions of an engine.
	Sealer builtin.Sealer

	// Memory keeps values over claims between requests; shared by the sessions of an engine. Nil: they are computed each time.
	Memory *Memory

	// Unsteady is set when a statement has asked for what may be another the next time though the data, the role, the claims and the time zone are the same. ReadClaims is
	// set when it has asked for the claims.
	Unsteady, ReadClaims bool

	builtin *builtin.Session
	env     *value.Env

	Depth    int    // nesting of function and trigger calls
	Triggers int    // nesting of triggers
	Running  any    // the innermost function that runs, as the interpreter knows it
	Definers int    // nesting of SECURITY DEFINER functions, in which the role cannot be set
	SetRole  string // the role outside them, where Definers > 0: what the setting "role" says
}

// Hooks are what others do for a session. They stay when a session is used again.
type Hooks struct {
	// CallFunc calls a function of the project that yields one value (a composite for OUT parameters). CallSet calls one that returns a set
	// and gives each row to yield: its columns for a composite, otherwise the value. FireTrigger calls a trigger function: it returns the row to go on with
	// (d.New or d.Old of a BEFORE ROW trigger as the function changed it), or nil when the function returned NULL.
	CallFunc    func(s *Session, fn *catalog.Function, args []value.Datum) (value.Datum, error)
	CallSet     func(s *Session, fn *catalog.Function, args []value.Datum, yield func(row []value.Datum) error) error
	FireTrigger func(s *Session, fn *catalog.Function, d *TriggerData) ([]value.Datum, error)

	// Utility runs a statement that is no query: schema definition, SET, DO, CALL. Filled by the engine.
	Utility func(s *Session, st sql.Statement) error
	// Apply makes a setting take effect (SET, set_config): role, search_path, timezone …; nil: it is only kept in Settings.
	Apply func(name, v string, local bool) error
	// Sequence functions, for nextval and its kin; filled by the executor.
	NextVal, CurrVal func(seq catalog.OID) (int64, error)
	LastVal          func() (int64, error)
	SetVal           func(seq catalog.OID, v int64, called bool) error
	SeqState         func(seq catalog.OID, rights ...catalog.Privilege) (last int64, called, ok bool, err error)
	// RegIn and RegOut turn names of objects into OIDs and back; see value.Env. Filled by the executor.
	RegIn  func(kind catalog.OID, name string) (catalog.OID, error)
	RegOut func(kind, oid catalog.OID) string

	// Savepoint is told of each savepoint that a block of a function sets; what it gives is called when the block is undone. Nil: nobody wants to know.
	Savepoint func() (undo func())

	// Exec is the executor's own state in the session.
	Exec any
}

// DefaultMaxRows is the bound on rows that a statement may hold in memory when the session names none.
const DefaultMaxRows = 5_000_000

// MaxDepth is the deepest nesting of function and trigger calls; beyond is error 54001.
const MaxDepth = 1000

// TriggerData is what a trigger function is told.
type TriggerData struct {
	Trigger  *catalog.Trigger
	Table    *catalog.Table
	Op       string        // INSERT, UPDATE, DELETE, TRUNCATE
	Old, New []value.Datum // nil where there is none; in the order of Table.Columns
	// OldRows and NewRows are the transition tables; a statement of the function reads them under the names that Trigger gives.
	OldRows, NewRows [][]value.Datum
}

// Context is that of the running request.
func (s *Session) Context() context.Context {
	if s.Conn == nil {
		return context.Background()
	}
	return s.Conn.Context()
}

// Env is what the text forms of values depend on.
func (s *Session) Env() *value.Env {
	if e := s.env; e != nil && e.Types == value.Resolver(s.Cat) && e.Zone == s.Zone && e.Now == s.Now && (e.RegIn == nil) == (s.RegIn == nil) {
		return e
	}
	s.env = &value.Env{Types: s.Cat, Zone: s.Zone, Now: s.Now, Unsteady: &s.Unsteady, RegIn: s.RegIn, RegOut: s.RegOut}
	return s.env
}

// Frame is what a Closure runs in.
type Frame struct {
	S      *Session
	Params []value.Datum   // $1 …
	Args   []value.Datum   // Params with negative numbers
	Rows   [][]value.Datum // of the compiler's Rels

	env     *value.Env
	elem    value.Datum // Param 0 of the loop under way
	domain  value.Datum // VALUE in the check of a domain
	caseArg value.Datum
	stack   []value.Datum // arguments of the calls under way
}

// Closure computes an expression. It may be run by many goroutines, each with its own Frame.
type Closure func(f *Frame) (value.Datum, error)

// SubQuery compiles a sub-link for Compile: the result computes it, with the rows of the frame as given.
type SubQuery func(e *tree.SubLink) (Closure, error)
