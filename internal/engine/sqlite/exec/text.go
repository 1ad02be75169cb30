package exec

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/lower"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// text is a compiled lower.Text.
type text struct {
	sql       string
	binds     []bind
	fragments []*fragment
	types     []*value.Ops // of the output columns; nil where the type has none
	width     int
	// late is the same query with its stable expressions computed where a row needs them: for when one of them fails. nil when there is none.
	late func() (*text, error)
}

type bind struct {
	kind     lower.BindKind
	value    value.Datum
	param    int // > 0: the parameter itself
	closure  eval.Closure
	fragment int
}

// maker compiles the parts of one statement.
type maker struct {
	cat  *catalog.Catalog
	role string       // that runs it
	auth rights.Query // that the parts' rights have been attached
}

// text compiles a query. Vars of rels are given by the frame.
func (m *maker) text(q *tree.Query, rels []*tree.Rel) (*text, error) {
	t, err := lower.Derived(m.cat, m.auth, q, false)
	if err != nil {
		return nil, err
	}
	out, err := m.lowered(t, rels)
	if err != nil {
		return nil, err
	}
	for _, b := range t.Binds {
		if b.Kind == lower.ExprBind && lower.Stable(b.Expr) {
			out.late = sync.OnceValues(func() (*text, error) {
				t, err := lower.Derived(m.cat, m.auth, q, true)
				if err != nil {
					return nil, err
				}
				return m.lowered(t, rels)
			})
			break
		}
	}
	return out, nil
}

func (m *maker) lowered(t *lower.Text, rels []*tree.Rel) (*text, error) {
	o := m.options(rels)
	out := &text{sql: t.SQL, width: len(t.Columns)}
	for _, f := range t.Fragments {
		c, err := m.fragment(f, o)
		if err != nil {
			return nil, err
		}
		out.fragments = append(out.fragments, c)
	}
	for _, b := range t.Binds {
		c := bind{kind: b.Kind, value: b.Value, fragment: b.Fragment}
		if b.Expr != nil {
			if p, ok := b.Expr.(*tree.Param); ok && b.Kind == lower.ExprBind {
				c.param = p.Number
			}
			var err error
			if c.closure, err = eval.Compile(m.cat, b.Expr, o); err != nil {
				return nil, err
			}
		}
		out.binds = append(out.binds, c)
	}
	env := &value.Env{Types: m.cat}
	for _, c := range t.Columns {
		var ops *value.Ops
		if c.Expr != nil {
			ops = env.Ops(c.Expr.Type().OID)
		}
		out.types = append(out.types, ops)
	}
	return out, nil
}

// options lets closures read rels from the frame and run sub-queries.
func (m *maker) options(rels []*tree.Rel) eval.Options {
	return eval.Options{Rels: rels, Sub: func(e *tree.SubLink) (eval.Closure, error) { return m.subQuery(e, rels) }}
}

func (m *maker) closure(e tree.Expr, rels []*tree.Rel) (eval.Closure, error) {
	return eval.Compile(m.cat, e, m.options(rels))
}

// subQuery computes a sub-link as a statement of its own, with the rows of the frame bound.
func (m *maker) subQuery(e *tree.SubLink, rels []*tree.Rel) (eval.Closure, error) {
	q := &tree.Query{Command: tree.Select, Targets: []tree.Target{{Expr: e}}}
	t, err := m.text(q, rels)
	if err != nil {
		return nil, err
	}
	return func(f *eval.Frame) (value.Datum, error) {
		d := value.Null
		err := t.run(f, func(st *store.Stmt) error {
			d = column(st, 0)
			return nil
		})
		return d, err
	}, nil
}

// run executes the statement and calls row for each row.
func (t *text) run(f *eval.Frame, row func(st *store.Stmt) error) error {
	s := f.S
	x := executionOf(s)
	owner := s.Conn.Owner
	s.Conn.Owner = s
	defer func() { s.Conn.Owner = owner }()
	st, err := s.Conn.Stmt(t.sql)
	if err != nil {
		return x.failure(err)
	}
	defer st.Close()
	base := len(x.fragments)
	for _, c := range t.fragments {
		x.fragments = append(x.fragments, &fragmentRun{fragment: c, frame: eval.Frame{S: s, Params: f.Params, Rows: f.Rows}})
	}
	if len(t.fragments) > 0 {
		defer x.release(base, len(t.fragments))
	}
	for i := range t.binds {
		if err := t.binds[i].set(f, st, i+1, base); err != nil {
			if t.late == nil || t.binds[i].kind != lower.ExprBind || fault.As(err) == nil {
				return err
			}
			late, lateErr := t.late()
			if lateErr != nil {
				return err
			}
			return late.run(f, row)
		}
	}
	for st.Step() {
		if err := row(st); err != nil {
			return err
		}
	}
	if err := st.Err(); err != nil {
		return x.failure(err)
	}
	return nil
}

// release forgets the fragments of a statement that has ended.
func (x *execution) release(base, n int) {
	clear(x.fragments[base : base+n])
	for len(x.fragments) > 0 && x.fragments[len(x.fragments)-1] == nil {
		x.fragments = x.fragments[:len(x.fragments)-1]
	}
}

// ended is failure for a statement that may have ended well.
func (x *execution) ended(err error) error {
	if err == nil {
		return nil
	}
	return x.failure(err)
}

// failure is what a statement failed with: the callback's own error where one raised it.
func (x *execution) failure(err error) error {
	if own := x.err; own != nil {
		x.err = nil
		return own
	}
	switch {
	case errors.Is(err, sqlite3.INTERRUPT) || errors.Is(err, sqlite3.FULL) || errors.Is(err, sqlite3.IOERR):
		return err // the store knows what it means
	case strings.Contains(err.Error(), "Expression tree is too large"):
		return fault.New(fault.StatementTooComplex, "stack depth limit exceeded").WithHint("An expression of the statement is nested too deeply.")
	case errors.Is(err, sqlite3.TOOBIG):
		return tooBig()
	case errors.Is(err, sqlite3.NOMEM):
		return fault.New("53200", "out of memory").WithHint("The statement needs more memory than a connection has.")
	case errors.Is(err, sqlite3.ERROR):
		// SQLite does not take what lower has made of the statement: our mistake, whose words mean nothing to a client.
		return &untranslated{fault.New(fault.Internal, "the statement could not be translated for the embedded engine").WithHint("Write it in another way, or run it on the postgres engine."), err}
	}
	return err
}

// untranslated is the error of a statement that SQLite does not take: a client reads the fault, a log the cause.
type untranslated struct {
	fault *fault.Error
	cause error
}

func (e *untranslated) Error() string   { return e.fault.Error() + ": " + e.cause.Error() }
func (e *untranslated) Unwrap() []error { return []error{e.fault, e.cause} }

func (b *bind) set(f *eval.Frame, st *store.Stmt, at, base int) error {
	d := b.value
	switch {
	case b.kind == lower.FragmentBind:
		return st.BindInt64(at, int64(base+b.fragment))
	case b.param > 0 && b.param <= len(f.Params):
		d = f.Params[b.param-1]
	case b.closure != nil:
		var err error
		if d, err = b.closure(f); err != nil {
			return err
		}
	}
	switch b.kind {
	case lower.LimitBind, lower.OffsetBind:
		if d.IsNull() {
			d = value.Int(-1)
			if b.kind == lower.OffsetBind {
				d = value.Int(0)
			}
		} else if d.Int64() < 0 {
			if b.kind == lower.LimitBind {
				return fault.New("2201W", "LIMIT must not be negative")
			}
			return fault.New("2201X", "OFFSET must not be negative")
		}
	}
	if err := frameOffset(b.kind, d); err != nil {
		return err
	}
	if d.Kind() == value.KindFloat && math.IsNaN(d.Float64()) {
		return st.BindText(at, value.NaNText)
	}
	return bindDatum(st, at, d)
}

// maxValueBytes bounds a value that is given to SQLite: a connection has 256 MiB of memory, and the driver panics when there is none left.
const maxValueBytes = 100 << 20

func tooBig() error {
	return fault.New(fault.ProgramLimit, "string or blob too big").WithHint(fmt.Sprintf("A value may have at most %d bytes.", maxValueBytes))
}

func bindDatum(st *store.Stmt, at int, d value.Datum) error {
	switch d.Kind() {
	case value.KindInt:
		return st.BindInt64(at, d.Int64())
	case value.KindFloat:
		return st.BindFloat(at, d.Float64())
	case value.KindText:
		if len(d.Str()) > maxValueBytes {
			return tooBig()
		}
		return st.BindText(at, d.Str())
	case value.KindBlob:
		if len(d.Bytes()) > maxValueBytes {
			return tooBig()
		}
		return st.BindBlob(at, d.Bytes())
	}
	return st.BindNull(at)
}

// column reads a column of the current row.
func column(st *store.Stmt, i int) value.Datum {
	switch st.ColumnType(i) {
	case sqlite3.INTEGER:
		return value.Int(st.ColumnInt64(i))
	case sqlite3.FLOAT:
		return value.Float(st.ColumnFloat(i))
	case sqlite3.TEXT:
		return value.Text(st.ColumnText(i))
	case sqlite3.BLOB:
		return value.Blob(st.ColumnRawBlob(i))
	}
	return value.Null
}

// rows collects all rows of a statement.
func (t *text) rows(f *eval.Frame, width int) ([][]value.Datum, error) {
	x := executionOf(f.S)
	var out [][]value.Datum
	err := t.run(f, func(st *store.Stmt) error {
		if len(out) >= x.maxRows() {
			return tooManyRows()
		}
		row := make([]value.Datum, width)
		for i := range row {
			row[i] = column(st, i)
		}
		out = append(out, row)
		return nil
	})
	return out, err
}

// withCTEs makes q see the CTEs of the statement around it.
func withCTEs(q *tree.Query, outer *tree.Query) *tree.Query {
	if len(outer.CTEs) == 0 {
		return q
	}
	c := *q
	c.CTEs = append(append([]*tree.CTE(nil), outer.CTEs...), q.CTEs...)
	c.Recursive = q.Recursive || outer.Recursive
	return &c
}
