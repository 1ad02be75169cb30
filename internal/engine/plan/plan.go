// Package plan gives a request meaning: it resolves a query.Statement against a catalog and makes PostgreSQL statements of it.
//
// Main types: Plan, Args, Column. Build is the only maker of a Plan, and a Plan (or a Script, which is SQL already) is the only thing that an
// engine runs. The SQL is a tree of package sql with parameters; one engine prints it, the other lowers it; both attach the
// caller's rights to it: PostgreSQL by running it as the caller's role, the sqlite engine in its package rights. So no door can forget a rule.
//
// Invariants: a Plan is immutable and holds no value of a request, only places for them ($1…); it is valid for one catalog version and may be
// cached by shape, role and version; every name in it comes from the catalog, but for the aliases that a request gives to its columns,
// which are identifiers of the tree and so quoted when printed.
package plan

import (
	"sync/atomic"
	"time"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Plan is a planned request.
type Plan struct {
	version uint64
	schema  string
	main    sql.Query
	before  *sql.Select
	count   *sql.Select
	// estimate yields the rows whose number is to be estimated.
	estimate *sql.Select
	params   []Param
	columns  []Column
	writes   bool
	shape    Shape
	upsert   bool
	each     bool
	media    string
	slot     atomic.Value
	told     atomic.Value
}

// Param says where the value of parameter $i+1 comes from. An engine has no need to know: it takes them from Bind.
type Param struct {
	Kind  ParamKind
	Value query.ValueRef  // FromValue
	Field int             // FromField and its kin: index into Args.Fields
	Type  catalog.TypeRef // the type that the statement casts the parameter to; UnknownOID where it is left to inference
	Text  string          // Fixed; for FromFieldRecord unused
}

// ParamKind is where a parameter's value comes from.
type ParamKind uint8

// The sources.
const (
	FromValue       ParamKind = iota
	FromBody                  // the whole payload, JSON
	FromField                 // one value of the payload in its text form (a JSON string without its quotes; null is NULL)
	FromFieldArray            // one value of the payload, a JSON array of it as an array literal
	FromFieldRecord           // one value of the payload as the object {"v": value}, for types that JSON populates by structure
	Fixed                     // text that is part of the shape (a key of a JSON path)
)

// Value is what a parameter is bound to: a value in PostgreSQL's text form, or NULL.
type Value struct {
	Text string
	Null bool
}

// Column is a column of the result.
type Column struct {
	Name string // key in the output
	Type catalog.TypeRef
	Key  string // Name as a JSON key: quoted, with its colon
	// Embedded says that the value is made of the rows of an embedded resource.
	Embedded bool
	Hidden   bool // for the door's own use (Location header, counts), not part of the output
	Whole    bool // hidden: a row whose value is NULL here may have an equal, and no page can end with it
}

// Shape is how the rows of a result are to be read by the door.
type Shape uint8

// The shapes.
const (
	Rows      Shape = iota // an array of objects
	Scalar                 // one value (rpc)
	ScalarSet              // an array of values (rpc returning setof scalar)
	Object                 // one object (rpc returning one composite)
	Void                   // nothing
	Handled                // one value: the whole answer as a media type handler of the project makes it
)

// Args are a request's own values for a Plan.
type Args struct {
	Caller             query.Caller
	Values             []string
	Body               []byte
	Fields             [][]byte // see query.Statement
	TimeZone           string
	ReadOnly, Rollback bool
	Timeout            time.Duration // after which the request is ended (57014); 0 is never
	// Waits says that the sink may wait for somebody, however long: a read that must hold up nobody else.
	Waits bool
	// Goes says that the plan goes on with the request of the plan before it in the transaction. Where the project has a check of every request (Before), it has run,
	// and what it has set, the role and the response included, still holds.
	Goes bool
	// Explain asks for the statement's plan in place of its rows: the engine yields rows of one text.
	Explain *Explain
	// Basis, if not nil, is filled in by an engine that knows of every write when it has answered a plan with ReadOnly.
	Basis *Basis
}

// Basis is what an answer was made of, besides the plan, its values, the role and the time zone.
type Basis struct {
	// Stands says whether the same would be answered now. It is linearizable: a write that was acknowledged before the call is not passed over, and of two calls the later one never
	// speaks for older data. Nil: nobody can say, or the answer depends on the clock or the like. Safe for concurrent use.
	Stands func() bool
	Claims bool // the caller's claims were asked for
}

// Explain is how a plan is to be told (EXPLAIN's options). Only Analyze runs the statement.
type Explain struct {
	JSON                                     bool // else text, a line a row
	Analyze, Verbose, Settings, Buffers, WAL bool
}

// Main is the statement. Count, when not nil, yields the total as its only value and is run in the same snapshot; it
// shares the numbering of parameters but uses only some of them. OnConflict says that
// the statement is an upsert with a key to conflict on. Before, when not nil, is the project's own check of every request, to be run first in the
// transaction: what it sets, the role included, holds for the statement. Estimate, when not nil, selects the rows of which only the likely number is
// wanted; where an engine cannot tell, it counts them.
func (p *Plan) Main() sql.Query        { return p.main }
func (p *Plan) Count() *sql.Select     { return p.count }
func (p *Plan) Params() []Param        { return p.params }
func (p *Plan) Columns() []Column      { return p.columns }
func (p *Plan) Before() *sql.Select    { return p.before }
func (p *Plan) Estimate() *sql.Select  { return p.estimate }
func (p *Plan) Writes() bool           { return p.writes }
func (p *Plan) Shape() Shape           { return p.shape }
func (p *Plan) OnConflict() bool       { return p.upsert }
func (p *Plan) CatalogVersion() uint64 { return p.version }

// Each says that the plan takes a Body of one element: that of a Write with Keep whose values are known only one row at a time.
func (p *Plan) Each() bool { return p.each }

// Media is the media type of the answer of a plan of shape Handled.
func (p *Plan) Media() string { return p.media }

// Schema is the request's schema: the first of the search path under which functions that set none run.
func (p *Plan) Schema() string { return p.schema }

// Slot is where the engine keeps what it compiled of the plan, so that it is found without a look-up.
func (p *Plan) Slot() *atomic.Value { return &p.slot }

// Told is where an observer of the engine keeps what it counts of the plan.
func (p *Plan) Told() *atomic.Value { return &p.told }
