// Package eval computes resolved expressions in Go.
//
// Compile turns a tree.Expr into a Closure over a Frame, which holds the session, the statement's parameters and the rows that the
// expression's Vars mean. It serves whatever does not run inside SQLite: values that a statement is bound to, checks, defaults, generated
// columns, policies on new rows, triggers' WHEN, RETURNING, PL/pgSQL, and the Fragments that package lower hands back. Session is the
// running transaction; SubQuery is how sub-queries get to the executor.
//
// Invariants: a Closure is pure but for its Frame and may be shared; results are those of PostgreSQL: strict functions give NULL for NULL, logic is
// three-valued, a branch that is not taken is not computed.
package eval

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Options say what an expression may refer to.
type Options struct {
	Rels []*tree.Rel // Vars of Rels[i] read Frame.Rows[i]
	Sub  SubQuery    // nil: sub-queries are an error
}

// Compile makes a Closure of e. The error is that of a construct that cannot run here.
func Compile(cat *catalog.Catalog, e tree.Expr, o Options) (Closure, error) {
	c := &compiler{cat: cat, opts: o, env: &value.Env{Types: cat}}
	return c.expr(e)
}

// CompileAll compiles a list.
func CompileAll(cat *catalog.Catalog, list []tree.Expr, o Options) ([]Closure, error) {
	out := make([]Closure, len(list))
	for i, e := range list {
		var err error
		if out[i], err = Compile(cat, e, o); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type compiler struct {
	cat  *catalog.Catalog
	opts Options
	env  *value.Env // for types only

	remembers bool // an expression around the one under way is remembered
}

// Env is what text forms depend on, kept for the life of the frame.
func (f *Frame) Env() *value.Env {
	if f.env == nil {
		f.env = f.S.Env()
	}
	return f.env
}

func (c *compiler) list(list []tree.Expr) ([]Closure, error) {
	out := make([]Closure, len(list))
	for i, e := range list {
		var err error
		if out[i], err = c.expr(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *compiler) ops(t tree.Type) (*value.Ops, error) {
	if o := c.env.Ops(t.OID); o != nil {
		return o, nil
	}
	return nil, fault.Unsupported("the type "+c.cat.TypeString(t), "")
}

func constant(d value.Datum) Closure {
	return func(*Frame) (value.Datum, error) { return d, nil }
}

func (c *compiler) expr(e tree.Expr) (Closure, error) {
	if f, err := c.remembered(e); f != nil || err != nil {
		return f, err
	}
	return c.form(e)
}

func (c *compiler) form(e tree.Expr) (Closure, error) {
	switch e := e.(type) {
	case *tree.Const:
		return constant(e.Value), nil
	case *tree.Param:
		return param(e.Number), nil
	case *tree.Var:
		return c.variable(e)
	case *tree.WholeRow:
		return c.wholeRow(e)
	case *tree.Session:
		return c.expr(e.X)
	case *tree.Call:
		return c.call(e)
	case *tree.Relabel:
		return c.expr(e.X)
	case *tree.Collate:
		return c.expr(e.X)
	case *tree.DomainCheck:
		return c.domainCheck(e)
	case *tree.IOCast:
		return c.ioCast(e)
	case *tree.ArrayCast:
		return c.arrayCast(e)
	case *tree.RowCast:
		return c.rowCast(e)
	case *tree.Bool:
		return c.boolean(e)
	case *tree.NullTest:
		return c.nullTest(e)
	case *tree.BoolTest:
		return c.boolTest(e)
	case *tree.Distinct:
		return c.distinct(e)
	case *tree.NullIf:
		return c.nullIf(e)
	case *tree.Case:
		return c.cases(e)
	case *tree.CaseArg:
		return func(f *Frame) (value.Datum, error) { return f.caseArg, nil }, nil
	case *tree.Coalesce:
		return c.coalesce(e)
	case *tree.MinMax:
		return c.minMax(e)
	case *tree.Quantified:
		return c.quantified(e)
	case *tree.In:
		return c.in(e)
	case *tree.SubLink:
		if c.opts.Sub == nil {
			return nil, fault.New(fault.FeatureNotSupported, "cannot use a subquery here")
		}
		return c.opts.Sub(e)
	case *tree.Array:
		return c.array(e)
	case *tree.Row:
		return c.row(e)
	case *tree.RowCompare:
		return c.rowCompare(e)
	case *tree.FieldOf:
		return c.fieldOf(e)
	case *tree.SetElement:
		return c.setElement(e)
	case *tree.SetFields:
		return c.setFields(e)
	case *tree.Subscript:
		return c.subscript(e)
	case *tree.SetDefault:
		return nil, fault.New(fault.SyntaxError, "DEFAULT is not allowed in this context")
	case *tree.Refusal:
		err := e.Err
		return func(*Frame) (value.Datum, error) { return value.Null, err }, nil
	case *tree.Agg, *tree.WindowCall, *tree.Grouping, *tree.SubCol:
		return nil, fault.New(fault.Internal, "eval: %T outside a query", e)
	}
	return nil, fault.New(fault.Internal, "eval: unknown expression %T", e)
}

func param(n int) Closure {
	switch {
	case n > 0:
		return func(f *Frame) (value.Datum, error) {
			if n > len(f.Params) {
				return value.Null, fault.New(fault.UndefinedParameter, "there is no parameter $%d", n)
			}
			return f.Params[n-1], nil
		}
	case n == tree.DomainValue:
		return func(f *Frame) (value.Datum, error) { return f.domain, nil }
	case n < 0:
		i := -n - 1
		return func(f *Frame) (value.Datum, error) { return f.Args[i], nil }
	}
	return func(f *Frame) (value.Datum, error) { return f.elem, nil }
}

func (c *compiler) slot(r *tree.Rel) (int, error) {
	for i, x := range c.opts.Rels {
		if x == r {
			return i, nil
		}
	}
	return 0, fault.New(fault.Internal, "eval: the row of %q is not at hand", r.Alias)
}

func (c *compiler) variable(e *tree.Var) (Closure, error) {
	i, err := c.slot(e.Rel)
	if err != nil {
		return nil, err
	}
	col := e.Col
	if t := e.Rel.Table; t != nil && e.Rel.Kind == tree.TableRel && col >= len(t.Columns) && col < len(e.Rel.Columns) {
		switch e.Rel.Columns[col].Name {
		case "tableoid":
			return constant(value.Int(int64(t.OID))), nil
		case "ctid":
			// The executor gives the position behind the columns.
			n := len(t.Columns)
			return func(f *Frame) (value.Datum, error) {
				row := f.Rows[i]
				if n >= len(row) {
					return value.Null, nil
				}
				return value.Text("(0," + strconv.FormatInt(row[n].Int64(), 10) + ")"), nil
			}, nil
		}
		return constant(value.Int(0)), nil
	}
	return func(f *Frame) (value.Datum, error) {
		row := f.Rows[i]
		if col >= len(row) {
			return value.Null, nil // no row: OLD of an INSERT, the side that an outer join did not find
		}
		return row[col], nil
	}, nil
}

// call compiles a function, operator or cast function.
func (c *compiler) call(e *tree.Call) (Closure, error) {
	if returnsSet(e) {
		return nil, fault.New(fault.FeatureNotSupported, "set-valued function called in context that cannot accept a set").At(int(e.Pos))
	}
	args, err := c.list(e.Args)
	if err != nil {
		return nil, err
	}
	impl, strict, err := c.implementation(e)
	if err != nil {
		return nil, err
	}
	run := func(f *Frame) (value.Datum, error) {
		base := len(f.stack)
		null := false
		for _, a := range args {
			d, err := a(f)
			if err != nil {
				f.stack = f.stack[:base]
				return value.Null, err
			}
			null = null || d.IsNull()
			f.stack = append(f.stack, d)
		}
		if null && strict {
			f.stack = f.stack[:base]
			return value.Null, nil
		}
		r, err := impl(f, f.stack[base:len(f.stack):len(f.stack)])
		f.stack = f.stack[:base]
		return r, err
	}
	if c.foldable(e) {
		// An error is left for the run, in which the call may not be reached.
		if d, err := run(&Frame{S: &Session{Cat: c.cat}}); err == nil {
			return func(*Frame) (value.Datum, error) { return d, nil }, nil
		}
	}
	return run, nil
}

// foldable reports whether a call gives the same number or truth value always: a LIMIT of the API is a cast of a constant.
func (c *compiler) foldable(e *tree.Call) bool {
	switch e.Typ.OID {
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.BoolOID, catalog.Float8OID:
		return e.Fn != nil && e.Fn.Volatility == 'i' && !slices.ContainsFunc(e.Args, func(a tree.Expr) bool { _, ok := a.(*tree.Const); return !ok })
	}
	return false
}

// Enter counts a call of a function or trigger of the project; each Enter that succeeds needs a Leave.
func (s *Session) Enter() error {
	if s.Depth >= MaxDepth {
		return fault.New(fault.StatementTooComplex, "stack depth limit exceeded").
			WithHint("Functions or triggers call each other more than %d levels deep.", MaxDepth)
	}
	s.Depth++
	return nil
}

// Leave ends what Enter began.
func (s *Session) Leave() { s.Depth-- }

func userImplementation(fn *catalog.Function) func(f *Frame, args []value.Datum) (value.Datum, error) {
	return func(f *Frame, args []value.Datum) (value.Datum, error) {
		s := f.S
		if fn.Refused != "" {
			return value.Null, fault.New(fault.FeatureNotSupported, "%s", fn.Refused).WithHint("%s", fn.RefusedHint)
		}
		if s.CallFunc == nil {
			return value.Null, fault.Unsupported("the function "+fn.Name, "")
		}
		if err := s.Enter(); err != nil {
			return value.Null, err
		}
		defer s.Leave()
		return s.CallFunc(s, fn, append([]value.Datum(nil), args...))
	}
}

func (c *compiler) ioCast(e *tree.IOCast) (Closure, error) {
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	from, err := c.ops(e.X.Type())
	if err != nil {
		return nil, err
	}
	if e.X.Type().OID == catalog.RecordOID {
		if fields := recordFields(c.env, e.X); fields != nil { // which an anonymous record itself does not tell
			from = value.RecordOps(catalog.RecordOID, "record", fields)
		}
	}
	to, err := c.ops(e.Typ)
	if err != nil {
		return nil, err
	}
	mod := e.Typ.Mod
	toText := c.cat.BaseType(e.Typ).OID == catalog.TextOID
	return func(f *Frame) (value.Datum, error) {
		d, err := x(f)
		if err != nil || d.IsNull() {
			return value.Null, err
		}
		text := from.Text(f.Env(), d)
		if toText {
			return value.Text(text), nil
		}
		return to.Input(f.Env(), text, mod)
	}, nil
}

func (c *compiler) elemOps(t tree.Type) (*value.Ops, error) {
	o, err := c.ops(t)
	if err != nil {
		return nil, err
	}
	if o.Elem == nil {
		return nil, fault.New(fault.Internal, "eval: %s is not an array", c.cat.TypeString(t))
	}
	return o.Elem, nil
}

func (c *compiler) arrayCast(e *tree.ArrayCast) (Closure, error) {
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	elem, err := c.expr(e.Elem)
	if err != nil {
		return nil, err
	}
	from, err := c.elemOps(e.X.Type())
	if err != nil {
		return nil, err
	}
	to, err := c.elemOps(e.Typ)
	if err != nil {
		return nil, err
	}
	var convert func(f *Frame, raw string) (string, error)
	convert = func(f *Frame, raw string) (string, error) {
		var b strings.Builder
		b.WriteByte('[')
		n := 0
		for r := range value.Elems(raw) {
			if n++; n > 1 {
				b.WriteByte(',')
			}
			if len(value.ArrayDims(from, value.Text(raw))) > 1 {
				inner, err := convert(f, r)
				if err != nil {
					return "", err
				}
				b.WriteString(inner)
				continue
			}
			f.elem = value.Null
			if r != "null" {
				d, err := from.FromJSON(nil, r)
				if err != nil {
					return "", err
				}
				f.elem = d
			}
			d, err := elem(f)
			if err != nil {
				return "", err
			}
			one := value.MakeArray(f.Env(), to, []value.Datum{d}).Str()
			b.WriteString(one[1 : len(one)-1])
		}
		b.WriteByte(']')
		return b.String(), nil
	}
	return func(f *Frame) (value.Datum, error) {
		d, err := x(f)
		if err != nil || d.IsNull() {
			return value.Null, err
		}
		saved := f.elem
		defer func() { f.elem = saved }()
		s, err := convert(f, d.Str())
		if err != nil {
			return value.Null, err
		}
		return value.Text(s), nil
	}, nil
}

// rowCast makes a record whose fields only execution knows one of a composite type, by position.
func (c *compiler) rowCast(e *tree.RowCast) (Closure, error) {
	if e.Fields != nil {
		return c.row(&tree.Row{Args: e.Fields, Typ: e.Typ})
	}
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	to, err := c.ops(e.Typ)
	if err != nil {
		return nil, err
	}
	return func(f *Frame) (value.Datum, error) {
		d, err := x(f)
		if err != nil || d.IsNull() {
			return value.Null, err
		}
		values := make([]value.Datum, len(to.Fields))
		i := 0
		for _, raw := range value.Pairs(d.Str()) {
			if i < len(values) && raw != "null" {
				if values[i], err = to.Fields[i].Ops.FromJSON(f.Env(), raw); err != nil {
					return value.Null, err
				}
			}
			i++
		}
		if i != len(values) {
			word := "few"
			if i > len(values) {
				word = "many"
			}
			return value.Null, fault.New(fault.CannotCoerce, "cannot cast type record to %s", to.Title).WithDetail("Input has too %s columns.", word)
		}
		return value.MakeRecord(f.Env(), to.Fields, values), nil
	}, nil
}

func (c *compiler) boolean(e *tree.Bool) (Closure, error) {
	args, err := c.list(e.Args)
	if err != nil {
		return nil, err
	}
	if e.Op == sql.Not {
		x := args[0]
		return func(f *Frame) (value.Datum, error) {
			d, err := x(f)
			if err != nil || d.IsNull() {
				return value.Null, err
			}
			return value.Bool(!d.IsTrue()), nil
		}, nil
	}
	stop := e.Op == sql.Or
	return func(f *Frame) (value.Datum, error) {
		null := false
		for _, x := range args {
			d, err := x(f)
			switch {
			case err != nil:
				return value.Null, err
			case d.IsNull():
				null = true
			case d.IsTrue() == stop:
				return d, nil
			}
		}
		if null {
			return value.Null, nil
		}
		return value.Bool(!stop), nil
	}, nil
}

// fields are the fields of a row that is at hand in parts: put together, a field that is JSON null could not be told from NULL.
// allNull says whether all of a list are NULL, or with not whether none is.
func (c *compiler) boolTest(e *tree.BoolTest) (Closure, error) {
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	not, want := e.Not, e.Value
	return func(f *Frame) (value.Datum, error) {
		d, err := x(f)
		if err != nil {
			return value.Null, err
		}
		var is bool
		switch want {
		case sql.IsTrue:
			is = d.IsTrue()
		case sql.IsFalse:
			is = !d.IsNull() && !d.IsTrue()
		default:
			is = d.IsNull()
		}
		return value.Bool(is != not), nil
	}, nil
}

func (c *compiler) distinct(e *tree.Distinct) (Closure, error) {
	args, err := c.list(e.Eq.Args)
	if err != nil {
		return nil, err
	}
	impl, _, err := c.implementation(e.Eq)
	if err != nil {
		return nil, err
	}
	not := e.Not
	return func(f *Frame) (value.Datum, error) {
		a, err := args[0](f)
		if err != nil {
			return value.Null, err
		}
		b, err := args[1](f)
		if err != nil {
			return value.Null, err
		}
		if a.IsNull() || b.IsNull() {
			return value.Bool((a.IsNull() != b.IsNull()) != not), nil
		}
		eq, err := f.apply(impl, a, b)
		return value.Bool(eq.IsTrue() == not), err
	}, nil
}

// apply calls a function of two arguments.
func (f *Frame) apply(impl func(*Frame, []value.Datum) (value.Datum, error), a, b value.Datum) (value.Datum, error) {
	base := len(f.stack)
	f.stack = append(f.stack, a, b)
	d, err := impl(f, f.stack[base:base+2:base+2])
	f.stack = f.stack[:base]
	return d, err
}

func (c *compiler) nullIf(e *tree.NullIf) (Closure, error) {
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	eq, err := c.call(e.Eq)
	if err != nil {
		return nil, err
	}
	return func(f *Frame) (value.Datum, error) {
		d, err := eq(f)
		if err != nil || d.IsTrue() {
			return value.Null, err
		}
		return x(f)
	}, nil
}

func (c *compiler) cases(e *tree.Case) (Closure, error) {
	type arm struct{ cond, result Closure }
	arms := make([]arm, len(e.Whens))
	var err error
	for i, w := range e.Whens {
		if arms[i].cond, err = c.expr(w.Cond); err != nil {
			return nil, err
		}
		if arms[i].result, err = c.expr(w.Result); err != nil {
			return nil, err
		}
	}
	other, err := c.expr(e.Else)
	if err != nil {
		return nil, err
	}
	choose := func(f *Frame) (value.Datum, error) {
		for _, a := range arms {
			d, err := a.cond(f)
			if err != nil {
				return value.Null, err
			}
			if d.IsTrue() {
				return a.result(f)
			}
		}
		return other(f)
	}
	if e.Arg == nil {
		return choose, nil
	}
	arg, err := c.expr(e.Arg)
	if err != nil {
		return nil, err
	}
	return func(f *Frame) (value.Datum, error) {
		d, err := arg(f)
		if err != nil {
			return value.Null, err
		}
		saved := f.caseArg
		f.caseArg = d
		r, err := choose(f)
		f.caseArg = saved
		return r, err
	}, nil
}

func (c *compiler) coalesce(e *tree.Coalesce) (Closure, error) {
	args, err := c.list(e.Args)
	if err != nil {
		return nil, err
	}
	return func(f *Frame) (value.Datum, error) {
		for _, a := range args {
			d, err := a(f)
			if err != nil || !d.IsNull() {
				return d, err
			}
		}
		return value.Null, nil
	}, nil
}

func (c *compiler) minMax(e *tree.MinMax) (Closure, error) {
	args, err := c.list(e.Args)
	if err != nil {
		return nil, err
	}
	ops, err := c.ops(e.Typ)
	if err != nil {
		return nil, err
	}
	least := e.Least
	return func(f *Frame) (value.Datum, error) {
		best := value.Null
		for _, a := range args {
			d, err := a(f)
			if err != nil {
				return value.Null, err
			}
			if d.IsNull() {
				continue
			}
			if best.IsNull() || (ops.Compare(d, best) < 0) == least && ops.Compare(d, best) != 0 {
				best = d
			}
		}
		return best, nil
	}, nil
}

func (c *compiler) quantified(e *tree.Quantified) (Closure, error) {
	op, err := c.call(e.Op)
	if err != nil {
		return nil, err
	}
	array, err := c.expr(e.Array)
	if err != nil {
		return nil, err
	}
	elem, err := c.elemOps(e.Array.Type())
	if err != nil {
		return nil, err
	}
	stop := !e.All
	return func(f *Frame) (value.Datum, error) {
		a, err := array(f)
		if err != nil || a.IsNull() {
			return value.Null, err
		}
		saved := f.elem
		defer func() { f.elem = saved }()
		null := false
		for d, err := range value.ArrayElems(elem, a) {
			if err != nil {
				return value.Null, err
			}
			f.elem = d
			r, err := op(f)
			switch {
			case err != nil:
				return value.Null, err
			case r.IsNull():
				null = true
			case r.IsTrue() == stop:
				return r, nil
			}
		}
		if null {
			return value.Null, nil
		}
		return value.Bool(!stop), nil
	}, nil
}

func (c *compiler) in(e *tree.In) (Closure, error) {
	eq, err := c.call(e.Eq)
	if err != nil {
		return nil, err
	}
	list, err := c.list(e.List)
	if err != nil {
		return nil, err
	}
	not := e.Not
	return func(f *Frame) (value.Datum, error) {
		saved := f.elem
		defer func() { f.elem = saved }()
		null := false
		for _, x := range list {
			f.elem = saved
			d, err := x(f)
			if err != nil {
				return value.Null, err
			}
			f.elem = d
			r, err := eq(f)
			switch {
			case err != nil:
				return value.Null, err
			case r.IsNull():
				null = true
			case r.IsTrue():
				return value.Bool(!not), nil
			}
		}
		if null {
			return value.Null, nil
		}
		return value.Bool(not), nil
	}, nil
}

func (c *compiler) array(e *tree.Array) (Closure, error) {
	elems, err := c.list(e.Elems)
	if err != nil {
		return nil, err
	}
	if e.Multi {
		return func(f *Frame) (value.Datum, error) {
			var b strings.Builder
			b.WriteByte('[')
			size := -1
			for _, x := range elems {
				d, err := x(f)
				if err != nil {
					return value.Null, err
				}
				if d.IsNull() || d.Str() == "[]" {
					if size > 0 {
						return value.Null, badDimensions()
					}
					size = 0
					continue
				}
				n := len(value.ElemsOf(d.Str()))
				if size >= 0 && n != size {
					return value.Null, badDimensions()
				}
				size = n
				if b.Len() > 1 {
					b.WriteByte(',')
				}
				b.WriteString(d.Str())
			}
			return value.Text(b.String() + "]"), nil
		}, nil
	}
	elem, err := c.elemOps(e.Typ)
	if err != nil {
		return nil, err
	}
	return func(f *Frame) (value.Datum, error) {
		base := len(f.stack)
		defer func() { f.stack = f.stack[:base] }()
		for _, x := range elems {
			d, err := x(f)
			if err != nil {
				return value.Null, err
			}
			f.stack = append(f.stack, d)
		}
		return value.MakeArray(f.Env(), elem, f.stack[base:]), nil
	}, nil
}

func badDimensions() error {
	return fault.New(fault.ArraySubscript, "multidimensional arrays must have array expressions with matching dimensions")
}

// rowFields are the fields of a ROW: those of its composite type, or named as written, or f1, f2 ….
func (c *compiler) rowFields(e *tree.Row) ([]value.Field, error) {
	if e.Typ.OID != catalog.RecordOID && e.Typ.OID != 0 {
		if o := c.env.Ops(e.Typ.OID); o != nil && len(o.Fields) == len(e.Args) {
			return o.Fields, nil
		}
	}
	fields := make([]value.Field, len(e.Args))
	for i, a := range e.Args {
		t := a.Type()
		if t.OID == catalog.UnknownOID {
			t.OID = catalog.TextOID
		}
		o, err := c.ops(t)
		if err != nil {
			return nil, err
		}
		name := "f" + strconv.Itoa(i+1)
		if i < len(e.Names) && e.Names[i] != "" {
			name = e.Names[i]
		}
		fields[i] = value.Field{Name: name, Type: t, Ops: o}
	}
	return fields, nil
}

func (c *compiler) calls(list []*tree.Call) ([]Closure, error) {
	out := make([]Closure, len(list))
	for i, e := range list {
		var err error
		if out[i], err = c.call(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}
