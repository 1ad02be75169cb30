// Package query is a request for data as a tree of names: what a door understood of it, before anything is looked up.
//
// A door (REST, GraphQL, …) makes a Statement; package plan gives it meaning. Main types: Caller, Statement, Read, Write, Invoke, Filter.
//
// Invariants: no HTTP, no SQL text, no catalog: names are as the client wrote them; every value that a client sent is in Values
// and is referred to by index, so that two requests of one shape differ only there (AppendShape makes the key of the plan cache).
package query

// Caller is who asks, and what a transaction of theirs may know of the request. It is made by package identity. Immutable.
type Caller struct {
	Role    string // the database role: anon, authenticated, service_role or the project's own
	Claims  []byte // the verified token's claims as JSON, {} when there are none
	Subject string // claim sub, "" when absent
	// The request as SQL may see it (request.method, request.path, request.headers, request.cookies); JSON objects with lower-case names.
	Method, Path     string
	Headers, Cookies Lazy
	RequestID        string
	Authenticated    bool // a token was presented (42501 is then 403, not 401)
}

// Lazy makes a text when it is asked for; nil is none.
type Lazy func() []byte

// Text is the text, nil for none.
func (l Lazy) Text() []byte {
	if l == nil {
		return nil
	}
	return l()
}

// Statement is a request. Exactly one of Read, Write and Invoke is set.
type Statement struct {
	Schema string // the schema that the door resolved names in
	Read   *Read
	Write  *Write
	Invoke *Invoke
	Values []string // what the client sent, by index; used by ValueRef
	// The payload of a Write or Invoke as JSON. For an insert Body is always an array. Fields, when not nil, are the raw JSON values of a
	// payload that is one object, in the order of Write.Columns or Invoke.Keys (nil where the object lacks the key).
	Body   []byte
	Fields [][]byte

	Count CountKind
	// Media are the accepted media types in order of preference, for projects that have handlers of their own (see plan.Handlers); nil for JSON rows.
	Media []string

	Singular    bool   // exactly one row, else fault PGRST116 and nothing is written
	MaxAffected int64  // -1 for no limit
	TimeZone    string // "" for UTC
	ReadOnly    bool   // GET and HEAD: a write inside is refused (25006)
	Rollback    bool   // Prefer: tx=rollback
}

// ValueRef is an index into Statement.Values; -1 for none.
type ValueRef int

// CountKind is the total that was asked for.
type CountKind uint8

// The totals.
const (
	NoCount CountKind = iota
	ExactCount
	PlannedCount
	EstimatedCount
)

// Ordinal is the member of Body's elements that numbers them, for a Read with Keys and a Write with Keep.
const Ordinal = "pgrst_n"

// Read selects from a relation.
type Read struct {
	Relation string
	// Keys, when not nil, are the columns that name the rows: only those that an element of Body names, in its order.
	Keys []string
	Node
	Keyset *Keyset // nil for none
}

// Keyset asks for a page that begins behind a row. The order is completed so that it tells any two rows apart, and the values of it are put out with each row,
// in hidden columns.
type Keyset struct {
	After []ValueRef // the row's values, -1 for NULL; nil for the first page
}

// Node is a level of a (possibly embedded) selection.
type Node struct {
	Select  []Item // empty: *
	Where   *Logic // nil for none
	Order   []Order
	Limit   ValueRef // -1 none
	Offset  ValueRef
	MaxRows int64 // the door's cap, -1 none
}

// Embed is the embedded resource of n that a parameter names: by its alias, else by its relation; nil when there is none.
func (n *Node) Embed(name string) *Embed {
	var byRelation *Embed
	for i := range n.Select {
		e := n.Select[i].Embed
		switch {
		case e == nil:
		case e.Alias == name, e.Alias == "" && e.Relation == name:
			return e
		case e.Relation == name && byRelation == nil:
			byRelation = e
		}
	}
	return byRelation
}

// Item is an element of a select list. Exactly one of Star, Field and Embed is set.
type Item struct {
	Star  bool
	Field *Field
	Embed *Embed
}

// Field is [alias:]name[path][::cast][.agg()[::cast]].
type Field struct {
	Alias         string
	Name          string // "" for count()
	Path          []PathStep
	Cast          string
	Aggregate     string // "", count, sum, avg, min, max
	AggregateCast string
}

// PathStep is -> or ->> with a key or an index.
type PathStep struct {
	Text  bool // ->>
	Key   string
	Index bool // Key is an integer
}

// JoinHint is !inner or !left.
type JoinHint uint8

// The hints.
const (
	DefaultJoin JoinHint = iota
	InnerHint
	LeftHint
)

// Embed is a related resource in a select list.
type Embed struct {
	Alias    string
	Relation string // table, view, constraint, column or function name, as written
	Hint     string
	Join     JoinHint
	Spread   bool
	Empty    bool // rel(): joined and filtered by, but not put out
	Node
}

// Logic is a tree of conditions.
type Logic struct {
	Op   LogicOp // And/Or over Args; Leaf
	Not  bool
	Args []*Logic
	Leaf *Filter
}

// LogicOp is the form of a Logic.
type LogicOp uint8

// The forms.
const (
	Leaf LogicOp = iota
	And
	Or
)

// Filter is column op value.
type Filter struct {
	Name  string // a column, or an embed of the same level (is null, not.is.null)
	Path  []PathStep
	Op    string // eq neq gt gte lt lte like ilike match imatch in is isdistinct fts plfts phfts wfts cs cd ov sl sr nxr nxl adj
	Quant string // "", any, all
	Lang  string // of full-text operators
	Is    string // of the operator is: null, not_null, true, false, unknown
	Not   bool
	Value ValueRef // of in, any and all it is an array literal
}

// Order is an item of an order list. Embed names the to-one embed whose column it is.
type Order struct {
	Embed string
	Name  string
	Path  []PathStep
	Desc  bool
	Nulls NullsOrder
}

// NullsOrder is nullsfirst or nullslast.
type NullsOrder uint8

// The orders.
const (
	NullsDefault NullsOrder = iota
	NullsFirst
	NullsLast
)

// Action is what a Write does.
type Action uint8

// The actions.
const (
	Insert Action = iota
	Upsert
	IgnoreDuplicates
	Update
	Delete
	Put
)

// Write changes a relation. Node is the selection of the returned rows; its Where limits Update and Delete.
type Write struct {
	Action     Action
	Relation   string
	Columns    []string // keys of the payload that are used: the columns parameter, or the payload's own keys; sorted as they appear
	Bulk       bool     // the payload is an array
	Defaults   bool     // missing=default
	OnConflict []string
	Returning  bool // the selected rows are wanted (return=representation)
	Keys       bool // the primary key of each written row is wanted (a Location header)
	// Keep, when not nil, are columns whose values are to be told for each element of Body, under its number, whether or not the payload has them. The
	// plan's columns are the number and then these; of a plan that takes one element at a time (plan.Plan.Each) these alone.
	Keep []string
	Node
}

// Invoke calls a function. Args name the arguments given in the query string (GET) with their values; a POST's are keys of Body.
type Invoke struct {
	Function   string
	Args       []InvokeArg
	Keys       []string // the keys of the JSON body
	SingleBody string   // media type of a body that is not a JSON object of arguments: "text", "octet", "xml", "json"; "" otherwise
	Node
}

// InvokeArg is one argument of a GET call; several values for a variadic one.
type InvokeArg struct {
	Name   string
	Values []ValueRef
}
