package sql

import (
	"math"
	"strconv"
)

// Statements about what lasts for a session or a transaction: prepared statements and cursors.

// Prepare is PREPARE name (types) AS query.
type Prepare struct {
	Name  string
	Types []*TypeName
	Query Query
	Pos   Pos
}

// Execute is EXECUTE name (arguments).
type Execute struct {
	Name string
	Args []Expr
	Pos  Pos
}

// Deallocate is DEALLOCATE. Name is empty for ALL.
type Deallocate struct {
	Name string
	Pos  Pos
}

// DeclareCursor is DECLARE name CURSOR FOR query.
type DeclareCursor struct {
	Name             string
	Query            *Select
	Scroll, NoScroll bool
	Binary, Hold     bool
	Insensitive      bool
	Asensitive       bool
	Pos              Pos
}

// FetchDirection is where FETCH goes, by a count or to a place.
type FetchDirection int

const (
	FetchForward FetchDirection = iota
	FetchBackward
	FetchAbsolute
	FetchRelative
)

// FetchAll is the count of FETCH ALL.
const FetchAll = math.MaxInt64

// Fetch is FETCH, or MOVE, of a cursor.
type Fetch struct {
	Cursor    string
	Direction FetchDirection
	Count     int64
	Move      bool
	Pos       Pos
}

// CloseCursor is CLOSE. Name is empty for ALL.
type CloseCursor struct {
	Name string
	Pos  Pos
}

func (*Prepare) node()       {}
func (*Execute) node()       {}
func (*Deallocate) node()    {}
func (*DeclareCursor) node() {}
func (*Fetch) node()         {}
func (*CloseCursor) node()   {}

func (*Prepare) stmt()       {}
func (*Execute) stmt()       {}
func (*Deallocate) stmt()    {}
func (*DeclareCursor) stmt() {}
func (*Fetch) stmt()         {}
func (*CloseCursor) stmt()   {}

// sessionStmt converts such a statement; nil for others.
func (c *conv) sessionStmt(tag string, n *value) Stmt {
	p := c.start
	switch tag {
	case "PrepareStmt":
		return &Prepare{Name: n.Text("name"), Types: c.typeNames(n.List("argtypes")), Query: c.query(n.Get("query")), Pos: p}
	case "ExecuteStmt":
		return &Execute{Name: n.Text("name"), Args: c.exprs(n.List("params")), Pos: p}
	case "DeallocateStmt":
		return &Deallocate{Name: n.Text("name"), Pos: p}
	case "DeclareCursorStmt":
		// The bits of PostgreSQL's CURSOR_OPT_….
		o := n.Int("options")
		return &DeclareCursor{
			Name: n.Text("portalname"), Query: c.selectOf(n.Get("query")), Binary: o&1 != 0, Scroll: o&2 != 0, NoScroll: o&4 != 0, Insensitive: o&8 != 0, Asensitive: o&16 != 0,
			Hold: o&32 != 0, Pos: p,
		}
	case "FetchStmt":
		f := &Fetch{Cursor: n.Text("portalname"), Count: int64(n.Int("howMany")), Move: n.Bool("ismove"), Pos: p}
		switch n.Text("direction") {
		case "FETCH_BACKWARD":
			f.Direction = FetchBackward
		case "FETCH_ABSOLUTE":
			f.Direction = FetchAbsolute
		case "FETCH_RELATIVE":
			f.Direction = FetchRelative
		}
		return f
	case "ClosePortalStmt":
		return &CloseCursor{Name: n.Text("portalname"), Pos: p}
	}
	return nil
}

// session prints such a statement; false for others.
func (p *printer) session(s Stmt) bool {
	or := func(name string) string {
		if name == "" {
			return "ALL"
		}
		return QuoteIdent(name)
	}
	switch s := s.(type) {
	case *Prepare:
		p.put("PREPARE ", QuoteIdent(s.Name))
		if len(s.Types) > 0 {
			p.put(" (")
			p.list(len(s.Types), func(i int) { p.typeName(s.Types[i]) })
			p.put(")")
		}
		p.put(" AS ")
		p.stmt(s.Query)
	case *Execute:
		p.put("EXECUTE ", QuoteIdent(s.Name))
		if len(s.Args) > 0 {
			p.put("(")
			p.exprs(s.Args)
			p.put(")")
		}
	case *Deallocate:
		p.put("DEALLOCATE ", or(s.Name))
	case *DeclareCursor:
		p.put("DECLARE ", QuoteIdent(s.Name))
		p.flag(s.Binary, " BINARY")
		p.flag(s.Insensitive, " INSENSITIVE")
		p.flag(s.Asensitive, " ASENSITIVE")
		p.flag(s.Scroll, " SCROLL")
		p.flag(s.NoScroll, " NO SCROLL")
		p.put(" CURSOR")
		p.flag(s.Hold, " WITH HOLD")
		p.put(" FOR ")
		p.stmt(s.Query)
	case *Fetch:
		p.put(s.Verb(), " ", [...]string{"FORWARD", "BACKWARD", "ABSOLUTE", "RELATIVE"}[s.Direction], " ")
		if s.Count == FetchAll {
			p.put("ALL")
		} else {
			p.put(strconv.FormatInt(s.Count, 10))
		}
		p.put(" FROM ", QuoteIdent(s.Cursor))
	case *CloseCursor:
		p.put("CLOSE ", or(s.Name))
	default:
		return false
	}
	return true
}

// Verb is FETCH or MOVE.
func (s *Fetch) Verb() string {
	if s.Move {
		return "MOVE"
	}
	return "FETCH"
}
