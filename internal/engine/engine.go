// Package engine is the only way to data: the interface that both engines fulfil.
//
// Main types in order of meeting them: Engine, Loader, Row, Sink, Tx, Script. A door builds a plan.Plan and gives it to Engine.Do, or several to the Tx of Engine.Transact;
// migrations and people's SQL go to Engine.Script.
//
// Invariants: whatever reaches data passes the caller's privileges and policies, in the engine; a Sink sees rows before the commit and its error
// rolls everything back; when Do, Transact or Script returns nil for a write, the write is on disk (fsync) or on the server.
package engine

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Feature is something that an engine may or may not be able to do. Code asks for features, never for engines by name.
type Feature uint8

// The features.
const (
	// SharedDatabase: other programs may change the data and the schema behind Mainstay's back.
	SharedDatabase Feature = iota
	// AllSQL: every statement that PostgreSQL's grammar knows runs.
	AllSQL
)

// Engine runs plans and scripts against one database. Safe for concurrent use.
type Engine interface {
	// Catalog is the current snapshot; never nil.
	Catalog() *catalog.Catalog
	// Do runs one planned request in a transaction of its own, as the caller, and streams its rows to sink.
	// Errors are *fault.Error where a client may read them. ctx ends the statement.
	Do(ctx context.Context, p *plan.Plan, args plan.Args, sink Sink) error
	// Transact runs f in one transaction and commits when it returns nil. f may be called again from the start when the engine has to begin anew, so
	// it must reset what its sinks keep. f may hold up every other write: it calls nothing of the engine but its Tx, and waits for nothing else.
	Transact(ctx context.Context, o TxOptions, f func(Tx) error) error
	// Script runs SQL text.
	Script(ctx context.Context, s Script, sink ScriptSink) error
	// Shadow gives the catalog that a new database would have after s: the wanted state of a schema file. Nothing of it is kept.
	Shadow(ctx context.Context, s Script) (*catalog.Catalog, error)
	// Has reports whether the engine has a feature.
	Has(f Feature) bool
	// Run does the engine's background work (checkpoints, change feed, noticing foreign schema changes) until ctx ends.
	Run(ctx context.Context) error
	// Close releases everything. No call may be under way.
	Close() error
}

// Loader is an engine that takes in many rows at once.
type Loader interface {
	Engine
	// Load runs the record and then copies rows into a table, in one transaction of the owner's. Triggers and foreign keys do not fire where the database
	// lets the connected role say so.
	Load(ctx context.Context, l Load) error
}

// Measured is an engine that tells numbers about itself.
type Measured interface {
	// Measurements are read whenever somebody wants to know; reading them waits for nothing that a request holds.
	Measurements() []Measurement
	// Parallel is how many reads the database works on at a time.
	Parallel() int
}

// Measurement is a number about an engine. Names are in the style of Prometheus, without the program's name ("sqlite_log_bytes").
type Measurement struct {
	Name, Help string
	Counter    bool // it only grows
	Read       func() float64
}

// Load is rows for a table.
type Load struct {
	Table   sql.Name
	Columns []string
	Rows    io.Reader // in the text form of COPY; nil for none
	Record  []Statement
}

// Row is the current row of a result. It is valid only during the call that got it.
type Row interface {
	// AppendJSON appends column i as PostgreSQL's to_json prints it; null for NULL.
	AppendJSON(dst []byte, i int) []byte
	// AppendText appends column i in PostgreSQL's text output form; nothing for NULL.
	AppendText(dst []byte, i int) []byte
	// IsNull reports whether column i is NULL.
	IsNull(i int) bool
}

// Outcome is what is known when a plan's rows have been read.
type Outcome struct {
	Rows     int64             // rows returned, or affected by a write without RETURNING
	Total    int64             // the count that was asked for; -1 when none was
	Estimate int64             // the likely number of the plan's Estimate; -1 when none was asked for
	Inserted int64             // of an upsert: rows that were new; -1 when unknown
	Settings map[string]string // response.status, response.headers … that SQL set; nil for none
}

// Sink receives a result. Row is called for each row in order; End once after the last, before the commit. An error from
// either rolls the transaction back and is returned by Do.
type Sink interface {
	Row(Row) error
	End(Outcome) error
}

// TxOptions are what holds for a transaction of several plans. The clock (now()), the role and the claims are the same throughout.
type TxOptions struct {
	Caller   query.Caller
	ReadOnly bool          // writes are refused (25006), and all plans see one snapshot
	Rollback bool          // constraints are checked, and nothing is kept
	Snapshot bool          // all plans see one snapshot; who changes rows that somebody else has changed since begins anew
	Aside    bool          // with ReadOnly: it does not wait behind the reads of requests for data, where the engine has connections of its own
	Timeout  time.Duration // after which the whole is ended (57014); 0 is never
	Once     *Once         // nil: it happens as often as it is asked for
}

// Once makes a transaction happen once: what it answered is kept in the same transaction, with the owner's rights, and told again to whoever repeats it. Of
// several at a time the others wait for the first. A transaction that fails or is rolled back leaves nothing.
type Once struct {
	Key     [32]byte      // stands for the caller and their name for the transaction
	Request [32]byte      // stands for all that is asked
	Keep    time.Duration // for how long the answer is kept
	// Answer is called after the function, before the commit. It gives the text to keep, UTF-8 without NUL.
	Answer func() (string, error)
	// Again is called in place of the function when the key has an answer; same says whether the request was the same. Its error is returned.
	Again func(same bool, answer string) error
}

// The relation that keeps answers. No role but its owner can reach it.
const (
	AnswersSchema = "mainstay"
	Answers       = "answers"
)

// forgetEvery is how often answers that are kept no longer are dropped.
const forgetEvery = time.Hour

// Forgetting calls forget from time to time until ctx ends. It is part of an engine's Run.
func Forgetting(ctx context.Context, log *slog.Logger, forget func(context.Context) error) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(forgetEvery):
		}
		if err := forget(ctx); err != nil && ctx.Err() == nil {
			log.Warn("answers that are kept no longer could not be dropped", "error", err)
		}
	}
}

// Tx runs plans in one transaction. Not for concurrent use; not valid after the function that got it has returned.
type Tx interface {
	// Do runs one planned request as Engine.Do would, as args.Caller, and sees what earlier ones of the transaction wrote. The caller has to be the transaction's,
	// but that method and path of its request may differ. args.ReadOnly holds for this plan alone; args.Rollback means nothing. What SQL says of the response is this plan's
	// alone. Constraints that are deferred are checked at the end of the transaction. An error makes the whole transaction roll back, whatever the function returns.
	Do(ctx context.Context, p *plan.Plan, args plan.Args, sink Sink) error
	// Try runs f, whose plans run in this transaction. What they wrote is taken back when f returns an error of its own, which Try gives; the transaction goes on.
	// An error of a plan ends the transaction here as well.
	Try(ctx context.Context, f func() error) error
}

// Script is SQL text to run.
type Script struct {
	Caller query.Caller // Role "" is the owner of everything (postgres)
	Text   string
	// Parsed is what to run instead of Text: statements that Mainstay itself has made, so that a normal start needs no parser.
	Parsed []sql.Statement
	File   string   // for error places
	Args   []string // $1…, as text of unknown type; nil for none. Only for a single statement.
	// Atomic runs all statements in one transaction (a migration). BEGIN/COMMIT inside are then refused or ignored as PostgreSQL's
	// simple query protocol would within a transaction block. Without it each statement commits by itself.
	Atomic bool
	// DryRun rolls back at the end.
	DryRun bool
	// Check goes on after a statement that cannot run: each is reported to the sink's Refused, function bodies among them.
	Check bool
	// GoOn goes on after a statement that fails, as people at a terminal do: it is reported to the sink's Refused, and what is left of its transaction block
	// is refused with 25P02. Not with Atomic, DryRun or Check, which are one transaction.
	GoOn bool
	// Record is run in the same transaction after Text (the migration's own record).
	Record []Statement
}

// Statement is a single statement with arguments.
type Statement struct {
	Text string
	Args []string
}

// Column is a column of a script statement's result.
type Column struct {
	Name     string
	Type     catalog.TypeRef
	TypeName string
}

// ScriptSink receives what the statements of a script yield.
type ScriptSink interface {
	// Begin is called for each statement that yields rows.
	Begin(cols []Column) error
	Row(Row) error
	// Done is called after each statement with its command tag ("INSERT 0 3", "CREATE TABLE") as PostgreSQL gives it.
	Done(tag string) error
	// Notice passes NOTICE and WARNING messages.
	Notice(level, message string)
	// Refused is called, with Check or GoOn, for each statement that cannot run, and with Check for each function body.
	Refused(err error)
}

// Discard is a ScriptSink that keeps nothing.
type Discard struct{}

// Begin and the other methods do nothing.
func (Discard) Begin([]Column) error  { return nil }
func (Discard) Row(Row) error         { return nil }
func (Discard) Done(string) error     { return nil }
func (Discard) Notice(string, string) {}
func (Discard) Refused(error)         {}

// Statements are what the script runs. A syntax error has the script's file as its place.
func (s *Script) Statements() ([]sql.Statement, error) {
	if s.Parsed != nil {
		return s.Parsed, nil
	}
	list, err := sql.Parse(s.Text)
	if f := fault.As(err); f != nil && f.File == "" {
		c := *f
		c.File = s.File
		return nil, &c
	}
	return list, err
}
