package exec

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/lower"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// Register makes a connection able to run lowered statements: the helper functions that they call, PostgreSQL's immutable functions under
// pg_<ID> for indexes over expressions, and the collations. The functions find the running Session in c.Owner.
func Register(c *store.Conn) error {
	db := c.Raw()
	// SQLite recurses over expressions on its own stack.
	db.Limit(sqlite3.LIMIT_EXPR_DEPTH, 250)
	db.Limit(sqlite3.LIMIT_COMPOUND_SELECT, lower.MaxArms)
	const pure = sqlite3.DETERMINISTIC | sqlite3.INNOCUOUS
	scalar := func(ctx sqlite3.Context, args ...sqlite3.Value) { callFragment(c, ctx, args) }
	if err := db.CreateFunction("pg_x", -1, sqlite3.DETERMINISTIC, scalar); err != nil {
		return err
	}
	if err := db.CreateFunction("pg_v", -1, 0, scalar); err != nil {
		return err
	}
	if err := db.CreateWindowFunction("pg_agg", -1, 0, func() sqlite3.AggregateFunction { return &aggregate{conn: c} }); err != nil {
		return err
	}
	if err := db.CreateWindowFunction("pg_win", -1, 0, func() sqlite3.AggregateFunction { return &windowed{conn: c} }); err != nil {
		return err
	}
	if err := db.CreateWindowFunction("pg_pack", -1, pure, func() sqlite3.AggregateFunction { return &packer{} }); err != nil {
		return err
	}
	if err := db.CreateWindowFunction("pg_one", 1, pure, func() sqlite3.AggregateFunction { return &single{conn: c} }); err != nil {
		return err
	}
	connect := func(db *sqlite3.Conn, _, _, _ string, _ ...string) (setModule, error) {
		return setModule{c}, db.DeclareVTab(setDeclaration)
	}
	//lint:ignore SA1019 the method that replaces it needs Go 1.27
	if err := sqlite3.CreateModule(db, "pg_set", nil, connect); err != nil {
		return err
	}
	for name, compare := range builtin.Collations() {
		if err := db.CreateCollation(name, compare); err != nil {
			return err
		}
	}
	if err := db.CollationNeeded(func(db *sqlite3.Conn, name string) { typeCollation(c, db, name) }); err != nil {
		return err
	}
	for _, fn := range builtin.All() {
		if fn.Kind != builtin.Scalar || fn.Volatility != 'i' || fn.Go == nil {
			continue
		}
		n := len(fn.Args)
		if fn.Variadic {
			n = -1
		}
		if err := db.CreateFunction("pg_"+fn.ID, n, pure, builtinFunction(c, fn)); err != nil {
			return fmt.Errorf("pg_%s: %w", fn.ID, err)
		}
	}
	return nil
}

// state is the executor's part of the session that runs on a connection; nil when none does.
func state(c *store.Conn) *execution {
	s, _ := c.Owner.(*Session)
	if s == nil {
		return nil
	}
	return executionOf(s)
}

// raise ends the running statement with an error, which run finds again as it was.
func raise(x *execution, ctx sqlite3.Context, err error) {
	if x != nil && x.err == nil {
		x.err = err
	}
	ctx.ResultError(err)
}

func datum(v sqlite3.Value) value.Datum {
	switch v.Type() {
	case sqlite3.INTEGER:
		return value.Int(v.Int64())
	case sqlite3.FLOAT:
		return value.Float(v.Float())
	case sqlite3.TEXT:
		return value.Text(v.Text())
	case sqlite3.BLOB:
		return value.Blob(v.RawBlob())
	}
	return value.Null
}

func result(x *execution, ctx sqlite3.Context, d value.Datum) {
	switch d.Kind() {
	case value.KindInt:
		ctx.ResultInt64(d.Int64())
	case value.KindFloat:
		if f := d.Float64(); f == f {
			ctx.ResultFloat(f)
		} else {
			ctx.ResultText(value.NaNText)
		}
	case value.KindText:
		if len(d.Str()) > maxValueBytes {
			ctx.ResultError(sqlite3.TOOBIG)
			return
		}
		ctx.ResultText(d.Str())
	case value.KindBlob:
		if len(d.Bytes()) > maxValueBytes {
			ctx.ResultError(sqlite3.TOOBIG)
			return
		}
		ctx.ResultBlob(d.Bytes())
	default:
		ctx.ResultNull()
	}
}

var errNoSession = fault.New(fault.Internal, "no session runs on this connection")

// callFragment is pg_x and pg_v: the first argument is the handle of a fragment of a running program.
func callFragment(c *store.Conn, ctx sqlite3.Context, args []sqlite3.Value) {
	x := state(c)
	if x == nil {
		ctx.ResultError(errNoSession)
		return
	}
	f := x.fragment(args[0].Int64())
	if f == nil {
		raise(x, ctx, errNoSession)
		return
	}
	f.frame.Args = f.frame.Args[:0]
	for _, a := range args[1:] {
		f.frame.Args = append(f.frame.Args, datum(a))
	}
	if err := x.enter(); err != nil {
		raise(x, ctx, err)
		return
	}
	d, err := f.closure(&f.frame)
	x.inside--
	if err != nil {
		raise(x, ctx, err)
		return
	}
	result(x, ctx, d)
}

// enter counts a callback that may run statements; each enter that succeeds needs x.inside--. Callbacks run inside each other on SQLite's own stack, of which one level
// takes about 1 KiB, and inside a statement that SQLite is working on: what is left must do for any statement.
func (x *execution) enter() error {
	if x.s.Conn.StackIsLow() || x.inside >= maxInside {
		return fault.New(fault.StatementTooComplex, "stack depth limit exceeded").
			WithHint("Functions that queries call run queries that call functions, more than %d levels deep.", x.inside)
	}
	x.inside++
	return nil
}

// maxInside bounds the callbacks that run inside each other: Go's stack takes some 20 KiB for each.
const maxInside = 2500

// builtinFunction serves indexes over expressions; they need nothing of a session but its types.
func builtinFunction(c *store.Conn, fn *builtin.Func) sqlite3.ScalarFunction {
	types := make([]catalog.TypeRef, len(fn.Args))
	for i, a := range fn.Args {
		types[i] = catalog.TypeRef{OID: a, Mod: -1}
	}
	call := &builtin.Ctx{Session: &builtin.Session{}, Args: types, Ret: catalog.TypeRef{OID: fn.Ret, Mod: -1}}
	return func(ctx sqlite3.Context, args ...sqlite3.Value) {
		var buf [8]value.Datum
		list := buf[:0]
		for _, a := range args {
			list = append(list, datum(a))
		}
		d, err := fn.Call(call, list)
		if err != nil {
			raise(state(c), ctx, err)
			return
		}
		result(state(c), ctx, d)
	}
}

// typeCollation makes the collations pg_enum_<oid> and pg_type_<oid>, which compare as the type of that number does in the catalog of the session.
func typeCollation(c *store.Conn, db *sqlite3.Conn, name string) {
	text, ok := strings.CutPrefix(name, "pg_enum_")
	if !ok {
		if text, ok = strings.CutPrefix(name, "pg_type_"); !ok {
			return
		}
	}
	oid, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return
	}
	var cat *catalog.Catalog
	var ops *value.Ops
	// An error leaves the collation unknown, which SQLite reports.
	_ = db.CreateCollation(name, func(a, b []byte) int {
		if s, _ := c.Owner.(*Session); s != nil && s.Cat != cat {
			cat = s.Cat
			ops = (&value.Env{Types: cat}).Ops(catalog.OID(oid))
		}
		if ops == nil {
			ops = value.TypeOps(catalog.OID(oid))
		}
		if ops == nil || ops.Compare == nil {
			return strings.Compare(string(a), string(b))
		}
		return ops.Compare(value.Text(string(a)), value.Text(string(b)))
	})
}

// ---- pg_agg ----

// aggregate is one aggregation of pg_agg(handle, arguments…, order keys…, direct arguments…).
type aggregate struct {
	conn *store.Conn
	x    *execution
	f    *fragmentRun
	agg  builtin.Aggregate
	rows [][]value.Datum // kept when they must be sorted or made distinct
	last []value.Datum   // direct arguments
	err  error
}

// keeps says whether rows are collected instead of being fed at once.
func (f *fragmentRun) keeps() bool {
	return f.spec.Agg.Distinct || len(f.spec.Agg.OrderBy) > 0
}

func (g *aggregate) Step(ctx sqlite3.Context, args ...sqlite3.Value) {
	if g.err != nil {
		return
	}
	if g.f == nil {
		if g.x = state(g.conn); g.x != nil {
			g.f = g.x.fragment(args[0].Int64())
		}
		if g.f == nil {
			g.fail(ctx, errNoSession)
			return
		}
		g.agg = g.f.newAggregate(g.x)
	}
	if err := g.x.enter(); err != nil {
		g.fail(ctx, err)
		return
	}
	list, err := g.f.row(args[1:])
	g.x.inside--
	if err != nil {
		g.fail(ctx, err)
		return
	}
	a := g.f.spec.Agg
	if d := len(a.Direct); d > 0 {
		g.last = list[len(list)-d:]
		list = list[:len(list)-d]
	}
	if g.f.keeps() {
		g.rows = append(g.rows, list)
		if len(g.rows) > g.x.maxRows() {
			g.fail(ctx, tooManyRows())
		}
		return
	}
	if err := g.agg.Step(list); err != nil {
		g.fail(ctx, err)
	}
}

// row is what an aggregate or window function takes of one row.
func (f *fragmentRun) row(args []sqlite3.Value) ([]value.Datum, error) {
	if f.takes == nil {
		list := make([]value.Datum, len(args))
		for i, a := range args {
			list[i] = datum(a)
		}
		return list, nil
	}
	f.frame.Args = f.frame.Args[:0]
	for _, a := range args {
		f.frame.Args = append(f.frame.Args, datum(a))
	}
	list := make([]value.Datum, len(f.takes))
	for i, c := range f.takes {
		var err error
		if list[i], err = c(&f.frame); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (g *aggregate) fail(ctx sqlite3.Context, err error) {
	g.err = err
	raise(g.x, ctx, err)
}

func (g *aggregate) Value(ctx sqlite3.Context) {
	if g.f == nil || g.err != nil {
		if g.err != nil {
			ctx.ResultError(g.err)
		}
		return
	}
	agg := g.agg
	if g.f.keeps() {
		agg = g.f.newAggregate(g.x)
		for _, row := range g.f.arrange(g.rows) {
			if err := agg.Step(row); err != nil {
				g.fail(ctx, err)
				return
			}
		}
	}
	d, err := agg.Final(g.last)
	if err != nil {
		g.fail(ctx, err)
		return
	}
	result(g.x, ctx, d)
}

// arrange gives the rows' own arguments in the order and with the distinctness that the call asks for.
func (f *fragmentRun) arrange(rows [][]value.Datum) [][]value.Datum {
	a := f.spec.Agg
	n := len(a.Args)
	if a.Distinct || len(a.OrderBy) > 0 {
		rows = slices.Clone(rows)
	}
	less := func(p, q []value.Datum) int {
		for i, k := range a.OrderBy {
			x, y := p[n+i], q[n+i]
			if x.IsNull() || y.IsNull() {
				if x.IsNull() != y.IsNull() {
					if x.IsNull() == k.NullsFirst {
						return -1
					}
					return 1
				}
				continue
			}
			if c := f.keyOps[i].Compare(x, y); c != 0 {
				if k.Desc {
					return -c
				}
				return c
			}
		}
		return 0
	}
	same := func(p, q []value.Datum) int {
		for i := range n {
			if c := f.argOps[i].CompareNullsLast(p[i], q[i]); c != 0 {
				return c
			}
		}
		return 0
	}
	if a.Distinct {
		slices.SortStableFunc(rows, func(p, q []value.Datum) int {
			if c := less(p, q); c != 0 {
				return c
			}
			return same(p, q)
		})
		rows = slices.CompactFunc(rows, func(p, q []value.Datum) bool { return same(p, q) == 0 })
	} else if len(a.OrderBy) > 0 {
		slices.SortStableFunc(rows, less)
	}
	out := make([][]value.Datum, len(rows))
	for i, r := range rows {
		if n == 0 {
			out[i] = r // an ordered-set aggregate takes its order keys
		} else {
			out[i] = r[:n]
		}
	}
	return out
}

// ---- pg_one ----

// single is pg_one(x): the only value of a sub-query used as an expression.
type single struct {
	conn *store.Conn
	n    int
	d    value.Datum
}

func (g *single) Step(ctx sqlite3.Context, args ...sqlite3.Value) {
	if g.n++; g.n > 1 {
		raise(state(g.conn), ctx, fault.New(fault.CardinalityViolation, "more than one row returned by a subquery used as an expression"))
		return
	}
	g.d = datum(args[0])
}

func (g *single) Value(ctx sqlite3.Context) { result(state(g.conn), ctx, g.d) }

// ---- pg_pack and pg_set ----

// packer is pg_pack(columns…): rows as one blob, types kept. pg_set unpacks it.
type packer struct{ buf []byte }

func (p *packer) Step(_ sqlite3.Context, args ...sqlite3.Value) {
	for _, a := range args {
		switch a.Type() {
		case sqlite3.INTEGER:
			p.buf = binary.AppendVarint(append(p.buf, byte(value.KindInt)), a.Int64())
		case sqlite3.FLOAT:
			p.buf = binary.BigEndian.AppendUint64(append(p.buf, byte(value.KindFloat)), math.Float64bits(a.Float()))
		case sqlite3.TEXT:
			raw := a.RawText()
			p.buf = binary.AppendUvarint(append(p.buf, byte(value.KindText)), uint64(len(raw)))
			p.buf = append(p.buf, raw...)
		case sqlite3.BLOB:
			raw := a.RawBlob()
			p.buf = binary.AppendUvarint(append(p.buf, byte(value.KindBlob)), uint64(len(raw)))
			p.buf = append(p.buf, raw...)
		default:
			p.buf = append(p.buf, byte(value.KindNull))
		}
	}
	if len(args) == 0 {
		p.buf = append(p.buf, byte(value.KindNull))
	}
}

func (p *packer) Value(ctx sqlite3.Context) {
	if p.buf == nil {
		ctx.ResultNull()
		return
	}
	ctx.ResultBlob(p.buf)
}

// unpack reads what a packer wrote as rows of n columns.
func unpack(b []byte, n int) [][]value.Datum {
	var rows [][]value.Datum
	for len(b) > 0 {
		row := make([]value.Datum, n)
		for i := range row {
			kind := value.Kind(b[0])
			b = b[1:]
			switch kind {
			case value.KindInt:
				x, w := binary.Varint(b)
				row[i], b = value.Int(x), b[w:]
			case value.KindFloat:
				row[i], b = value.Float(math.Float64frombits(binary.BigEndian.Uint64(b))), b[8:]
			case value.KindText, value.KindBlob:
				size, w := binary.Uvarint(b)
				b = b[w:]
				if kind == value.KindText {
					row[i] = value.Text(string(b[:size]))
				} else {
					row[i] = value.Blob(b[:size])
				}
				b = b[size:]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// setDeclaration declares pg_set: columns c1 …, then the hidden arguments: the handle and the function's own.
var setDeclaration = func() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE x(")
	for i := range lower.MaxSetColumns {
		fmt.Fprintf(&b, "c%d, ", i+1)
	}
	b.WriteString("h HIDDEN")
	for i := range lower.MaxSetArgs {
		fmt.Fprintf(&b, ", a%d HIDDEN", i+1)
	}
	return b.String() + ")"
}()

// setModule is the table-valued function pg_set(handle, arguments…).
type setModule struct{ conn *store.Conn }

func (m setModule) BestIndex(idx *sqlite3.IndexInfo) error {
	args := 0
	for i, c := range idx.Constraint {
		if c.Column < lower.MaxSetColumns || c.Op != sqlite3.INDEX_CONSTRAINT_EQ {
			continue
		}
		if !c.Usable {
			return sqlite3.CONSTRAINT // an argument of a table that comes later
		}
		idx.ConstraintUsage[i] = sqlite3.IndexConstraintUsage{ArgvIndex: c.Column - lower.MaxSetColumns + 1, Omit: true}
		args++
	}
	if args == 0 {
		return sqlite3.CONSTRAINT
	}
	idx.EstimatedCost, idx.EstimatedRows = 10, 10
	return nil
}

func (m setModule) Open() (sqlite3.VTabCursor, error) { return &setCursor{conn: m.conn}, nil }

type setCursor struct {
	conn *store.Conn
	rows [][]value.Datum
	pos  int
	id   int64
	more func() ([][]value.Datum, error) // the next rows, none at the end; nil when rows are all
}

func (c *setCursor) Filter(_ int, _ string, args ...sqlite3.Value) error {
	c.rows, c.pos, c.id, c.more = nil, 0, 0, nil
	x := state(c.conn)
	if x == nil {
		return errNoSession
	}
	rows, err := c.fill(x, args)
	if err != nil {
		if x.err == nil {
			x.err = err
		}
		return err
	}
	c.rows = rows
	return nil
}

func (c *setCursor) fill(x *execution, args []sqlite3.Value) ([][]value.Datum, error) {
	f := x.fragment(args[0].Int64())
	if f == nil {
		return nil, errNoSession
	}
	switch f.spec.Kind {
	case lower.UnpackFragment:
		if args[1].Type() == sqlite3.NULL {
			return nil, nil
		}
		return unpack(args[1].RawBlob(), max(1, len(f.spec.Rel.Columns))), nil
	case lower.GivenFragment:
		return x.givenRows(f)
	case lower.RecursionFragment:
		outer := make([]value.Datum, len(args)-1)
		for i, a := range args[1:] {
			outer[i] = datum(a)
		}
		c.more = f.recurse(x, outer)
		return c.more()
	}
	f.frame.Args = f.frame.Args[:0]
	for _, a := range args[1:] {
		f.frame.Args = append(f.frame.Args, datum(a))
	}
	if err := x.enter(); err != nil {
		return nil, err
	}
	defer func() { x.inside-- }()
	return f.setRows(x)
}

func (c *setCursor) EOF() bool             { return c.pos >= len(c.rows) }
func (c *setCursor) RowID() (int64, error) { return c.id, nil }

func (c *setCursor) Next() error {
	c.pos++
	c.id++
	if c.pos < len(c.rows) || c.more == nil {
		return nil
	}
	x := state(c.conn)
	if x == nil {
		return errNoSession
	}
	rows, err := c.more()
	if err != nil {
		if x.err == nil {
			x.err = err
		}
		return err
	}
	c.rows, c.pos = rows, 0
	return nil
}

func (c *setCursor) Column(ctx sqlite3.Context, n int) error {
	if row := c.rows[c.pos]; n < len(row) {
		result(state(c.conn), ctx, row[n])
	}
	return nil
}

func tooManyRows() error {
	return fault.New("53400", "the statement needs more rows in memory than allowed").WithHint("Use a narrower condition or LIMIT.")
}
