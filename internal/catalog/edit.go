package catalog

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Env is who applies a statement, and what the statement's text needs.
type Env struct {
	Role       string   // "" is postgres
	SearchPath []string // nil is public
	File       string   // for errors

	// ViewColumns tells the columns of a view's query, and the constraints by which its grouping is right. Nil: names and types that can be read off the targets alone.
	ViewColumns func(c *Catalog, q *sql.Select, path []string) ([]ViewColumnInfo, []OID, error)
	// IsBuiltin says whether PostgreSQL itself has a function of the name: a name that both have is left to the analyser. Nil: never.
	IsBuiltin func(name string) bool
	// Check is asked before a statement counts as applied; c is the catalog after it. Nil checks nothing.
	Check func(c *Catalog, ch Change) error
}

// ViewColumnInfo is a column of a query: its name, type, and the base column that it shows unchanged, if any.
type ViewColumnInfo struct {
	Name      string
	Type      TypeRef
	Collation string
	Table     OID // 0 when an expression
	Column    string
}

// Change says what a statement did, for the engine that must do it to the data.
type Change struct {
	Tag     string // PostgreSQL's command tag: CREATE TABLE, …
	Steps   []Step // in the order in which they can be done
	Notices []Notice
}

// Notice is a message that is no error: "relation "t" already exists, skipping".
type Notice struct {
	Severity string // NOTICE, WARNING
	Code     string
	Message  string
	Detail   string
	Hint     string
}

// Step is one effect of a statement. The set is closed.
type Step interface{ step() }

type (
	// CreatedTable is a new table, view or materialised view, with the indexes of its constraints. Fill is the query that fills it.
	CreatedTable struct {
		Table *Table
		Fill  *sql.Select
	}
	// AlteredTable is any change of a table's facts: names, columns, constraints, indexes, policies, triggers, flags, rights.
	// Using is the expressions of ALTER COLUMN … TYPE … USING by column name.
	AlteredTable struct {
		Old, New *Table
		Using    map[string]sql.Expr
	}
	// DroppedTable is a table, view or materialised view that is gone, with all that belonged to it.
	DroppedTable struct{ Table *Table }
	// CreatedIndex is a new index of a table that was there before. It follows the table's AlteredTable.
	CreatedIndex struct {
		Table *Table
		Index *Index
	}
	// DroppedIndex is an index that is gone from a table that stays.
	DroppedIndex struct {
		Table *Table
		Index *Index
	}
	// CreatedSequence is a new sequence.
	CreatedSequence struct{ Sequence *Sequence }
	// AlteredSequence is a change of a sequence. Restart, when not nil, is its next value.
	AlteredSequence struct {
		Old, New *Sequence
		Restart  *int64
	}
	// DroppedSequence is a sequence that is gone.
	DroppedSequence struct{ Sequence *Sequence }
	// ChangedType is a new (Old nil), altered, or dropped (New nil) type; array types and row types of tables are not told.
	ChangedType struct{ Old, New *Type }
	// ChangedFunction is a new (Old nil), replaced or altered, or dropped (New nil) function.
	ChangedFunction struct{ Old, New *Function }
	// ChangedSchema is a new, altered or dropped schema.
	ChangedSchema struct{ Old, New *Schema }
	// ChangedRole is a new, altered or dropped role.
	ChangedRole struct{ Old, New *Role }
	// ChangedPublication is a new, altered or dropped publication.
	ChangedPublication struct{ Old, New *Publication }
	// ChangedExtension is a new or dropped extension.
	ChangedExtension struct{ Old, New *Extension }
	// RefreshedMatView asks for a materialised view's rows again.
	RefreshedMatView struct {
		Table        *Table
		Concurrently bool
		NoData       bool
	}
)

func (CreatedTable) step()       {}
func (AlteredTable) step()       {}
func (DroppedTable) step()       {}
func (CreatedIndex) step()       {}
func (DroppedIndex) step()       {}
func (CreatedSequence) step()    {}
func (AlteredSequence) step()    {}
func (DroppedSequence) step()    {}
func (ChangedType) step()        {}
func (ChangedFunction) step()    {}
func (ChangedSchema) step()      {}
func (ChangedRole) step()        {}
func (ChangedPublication) step() {}
func (ChangedExtension) step()   {}
func (RefreshedMatView) step()   {}

// Edit is the making of the next Catalog. It is for one goroutine; a failed Apply leaves it as it was.
type Edit struct {
	facts
	view *Catalog   // of the facts as they are now; nil after a change
	st   *statement // during Apply
}

// Edit starts a private copy, at no cost.
func (c *Catalog) Edit() *Edit { return &Edit{facts: c.facts, view: c} }

// Catalog is the catalog as edited so far. It does not change when the edit goes on.
func (e *Edit) Catalog() *Catalog {
	if e.view == nil {
		e.view = newCatalog(e.facts)
	}
	return e.view
}

// Done gives the finished catalog.
func (e *Edit) Done() *Catalog { return e.Catalog() }

// Mark is a state of an edit, to go back to.
type Mark struct {
	facts facts
	view  *Catalog
}

// Mark remembers the present state, at no cost.
func (e *Edit) Mark() Mark { return Mark{e.facts, e.view} }

// Reset goes back to a mark.
func (e *Edit) Reset(m Mark) { e.facts, e.view = m.facts, m.view }

// Apply turns a statement of schema definition into facts. The error is a *fault.Error with PostgreSQL's code and message; the edit is
// then as it was before. Statements that are no schema definition are refused.
func (e *Edit) Apply(s sql.Stmt, env Env) (ch Change, err error) {
	before := e.Mark()
	if env.Role == "" {
		env.Role = "postgres"
	}
	if env.SearchPath == nil {
		env.SearchPath = []string{"public"}
	}
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			ch, err = Change{}, f.err
		}
		if err != nil {
			e.Reset(before)
			if f := fault.As(err); f != nil && f.File == "" && env.File != "" {
				c := *f
				c.File = env.File
				err = &c
			}
		}
		e.st = nil
	}()
	e.st = newStatement(env)
	e.mayDefine(s)
	e.apply(s)
	ch = e.change(before.facts)
	if env.Check != nil {
		err = env.Check(e.Catalog(), ch)
	}
	return ch, err
}

// statement is what Apply keeps while a statement is being applied.
type statement struct {
	env     Env
	tag     string
	touched []OID // tables, sequences, types and functions in the order in which they changed
	seen    map[OID]bool
	using   map[OID]map[string]sql.Expr
	fill    map[OID]*sql.Select
	restart map[OID]*int64
	steps   []Step // of objects that have no place in touched
	notices []Notice
}

func newStatement(env Env) *statement {
	return &statement{env: env, seen: map[OID]bool{}, using: map[OID]map[string]sql.Expr{}, fill: map[OID]*sql.Select{}, restart: map[OID]*int64{}}
}

// failure carries an error out of the depths of Apply, which recovers it; nothing else panics with it.
type failure struct{ err *fault.Error }

func (e *Edit) fail(pos sql.Pos, code, format string, args ...any) {
	panic(failure{fault.New(code, format, args...).At(int(pos))})
}

func raise(err *fault.Error, pos sql.Pos) { panic(failure{err.At(int(pos))}) }

// must passes a value on or fails with the error.
func must[T any](v T, err error) T {
	if err != nil {
		if f := fault.As(err); f != nil {
			panic(failure{f})
		}
		panic(failure{fault.New(fault.Internal, "%s", err.Error())})
	}
	return v
}

func (e *Edit) notice(code, format string, args ...any) {
	n := fault.New(code, format, args...)
	e.st.notices = append(e.st.notices, Notice{Severity: "NOTICE", Code: code, Message: n.Message})
}

func (e *Edit) touch(oid OID) {
	e.view = nil
	if !e.st.seen[oid] {
		e.st.seen[oid] = true
		e.st.touched = append(e.st.touched, oid)
	}
}

// change says what the touched objects were and are.
func (e *Edit) change(before facts) Change {
	ch := Change{Tag: e.st.tag, Notices: e.st.notices}
	add := func(s ...Step) { ch.Steps = append(ch.Steps, s...) }
	for _, oid := range e.st.touched {
		if o, n := before.TableByOID(oid), e.TableByOID(oid); o != n {
			switch {
			case o == nil:
				add(CreatedTable{n, e.st.fill[oid]})
			case n == nil:
				add(DroppedTable{o})
			default:
				add(e.alteredTable(o, n)...)
			}
		}
		if o, n := before.SequenceByOID(oid), e.SequenceByOID(oid); o != n {
			switch {
			case o == nil:
				add(CreatedSequence{n})
			case n == nil:
				add(DroppedSequence{o})
			default:
				add(AlteredSequence{o, n, e.st.restart[oid]})
			}
		}
		if o, n := before.Type(oid), e.Type(oid); o != n {
			add(ChangedType{o, n})
		}
		if o, n := before.FunctionByOID(oid), e.FunctionByOID(oid); o != n {
			add(ChangedFunction{o, n})
		}
	}
	add(e.st.steps...)
	return ch
}

func (e *Edit) alteredTable(o, n *Table) []Step {
	var steps []Step
	has := func(xs []*Index, oid OID) bool {
		return slices.ContainsFunc(xs, func(x *Index) bool { return x.OID == oid })
	}
	for _, x := range o.Indexes {
		if !has(n.Indexes, x.OID) {
			steps = append(steps, DroppedIndex{o, x})
		}
	}
	steps = append(steps, AlteredTable{o, n, e.st.using[o.OID]})
	for _, x := range n.Indexes {
		if !has(o.Indexes, x.OID) {
			steps = append(steps, CreatedIndex{n, x})
		}
	}
	return steps
}
