package interp

import (
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// statement is a piece of SQL inside a function: an expression or a statement, with the variables in its reach.
type statement struct {
	stmt sql.Stmt
	text string
	sc   *scope
	// named says that the name of a lone column is wanted.
	named bool
	// latest holds the forms prepared last: one for each role and record structure that was met. Replaced as a whole.
	latest atomic.Pointer[[]*prepared]
}

// expr is a statement that yields one value.
type expr = statement

// maxForms is how many prepared forms a statement keeps.
const maxForms = 8

// prepared is SQL compiled for a role and for the records' structures of the moment.
type prepared struct {
	shape   *shape // of the value, where it is a record whose structure the expression shows
	row     *shape // of the rows
	columns int
	name    string // of a lone column, where it is wanted
	role    string
	path    []string
	version uint64
	shapes  []shapeDep
	refs    []ref
	typ     tree.Type
	closure eval.Closure  // an expression over variables only
	prog    *exec.Program // anything else
}

// shapeDep is what a form takes for granted of a record: its structure and, where the record is used as a whole, whether it is NULL.
type shapeDep struct {
	slot  int
	shape *shape
	whole bool
	null  bool
}

// ref says which variable a parameter is: a scalar or a whole record (field -1), or a field of a record.
type ref struct{ slot, field int }

func (st *statement) prepare(a *activation) (*prepared, error) {
	forms := st.latest.Load()
	if forms != nil {
		for _, p := range *forms {
			if p.fits(a) {
				return p, nil
			}
		}
	}
	p, err := st.compile(a)
	if err != nil {
		return nil, err
	}
	next := []*prepared{p}
	if forms != nil {
		next = append(next, (*forms)[:min(len(*forms), maxForms-1)]...)
	}
	st.latest.Store(&next)
	return p, nil
}

func (p *prepared) fits(a *activation) bool {
	if p.role != a.s.Role || p.version != a.s.Cat.Version() || !samePath(p.path, a.s.Path) {
		return false
	}
	for _, d := range p.shapes {
		if sl := &a.slots[d.slot]; sl.shape() != d.shape || d.whole && (sl.rec == nil) != d.null {
			return false
		}
	}
	return true
}

func samePath(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// binder gives names their meaning while a statement is compiled, and notes what was used.
type binder struct {
	a    *activation
	sc   *scope
	p    *prepared
	seen map[ref]int // parameter number of a variable
	err  error
}

func (b *binder) param(rf ref, t tree.Type) tree.Expr {
	n, ok := b.seen[rf]
	if !ok {
		b.p.refs = append(b.p.refs, rf)
		n = len(b.p.refs)
		b.seen[rf] = n
	}
	return &tree.Param{Number: n, Typ: t}
}

// names resolves a name that may be a variable: var, rec.field, label.var, label.rec.field. Nil for what it does not know.
func (b *binder) names(fields []string) tree.Expr {
	if slot, ok := b.sc.find(fields[0]); ok {
		switch {
		case len(fields) == 1:
			return b.whole(slot)
		case len(fields) == 2 && b.a.r.vars[slot].kind == plpgsql.RecordVar:
			return b.field(slot, fields[1])
		}
	}
	if len(fields) < 2 {
		return nil
	}
	slot, ok := b.sc.labelled(fields[0], fields[1])
	switch {
	case !ok:
		return nil
	case len(fields) == 2:
		return b.whole(slot)
	case len(fields) == 3 && b.a.r.vars[slot].kind == plpgsql.RecordVar:
		return b.field(slot, fields[2])
	}
	return nil
}

func (b *binder) whole(slot int) tree.Expr {
	v := &b.a.r.vars[slot]
	if v.kind != plpgsql.RecordVar && v.typ.OID != 0 {
		return b.param(ref{slot, -1}, v.typ)
	}
	if sl := &b.a.slots[slot]; v.kind == plpgsql.RecordVar && sl.rec == nil {
		b.p.shapes = append(b.p.shapes, shapeDep{slot, sl.shape(), true, true})
		t := v.typ
		if t.OID == 0 {
			t = anyRecord
		}
		return &tree.Const{Value: value.Null, Typ: t}
	}
	sh := b.shape(slot)
	if sh == nil {
		return nil
	}
	if v.kind == plpgsql.RecordVar {
		b.p.shapes = append(b.p.shapes, shapeDep{slot, sh, true, false})
	}
	if v.kind != plpgsql.RecordVar { // the hidden variable of a CASE
		return b.param(ref{slot, -1}, sh.fields[0].Type)
	}
	row := &tree.Row{Typ: sh.typ}
	for i, f := range sh.fields {
		row.Args = append(row.Args, b.param(ref{slot, i}, f.Type))
		row.Names = append(row.Names, f.Name)
	}
	return row
}

// stars puts the fields of a record in the place of record.* in lists of expressions.
func (b *binder) stars(n sql.Node) sql.Node {
	expand := func(list []sql.Expr) ([]sql.Expr, bool) {
		var out []sql.Expr
		found := false
		for _, e := range list {
			if fields := b.starOf(e); fields != nil {
				out = append(out, fields...)
				found = true
			} else {
				out = append(out, e)
			}
		}
		return out, found
	}
	switch n := n.(type) {
	case *sql.Row:
		if args, ok := expand(n.Args); ok {
			c := *n
			c.Args = args
			return &c
		}
	case *sql.Select:
		c := *n
		changed := false
		c.Targets = nil
		for _, t := range n.Targets {
			fields := b.starOf(t.Expr)
			if fields == nil {
				c.Targets = append(c.Targets, t)
				continue
			}
			changed = true
			for _, f := range fields {
				c.Targets = append(c.Targets, sql.Target{Expr: f, Pos: t.Pos})
			}
		}
		c.Values = nil
		for _, row := range n.Values {
			out, ok := expand(row)
			changed = changed || ok
			c.Values = append(c.Values, out)
		}
		if changed {
			return &c
		}
	}
	return n
}

// starOf is the fields of record.*; nil for anything else.
func (b *binder) starOf(e sql.Expr) []sql.Expr {
	ref, ok := e.(*sql.ColumnRef)
	if !ok || !ref.Star || len(ref.Fields) != 1 {
		return nil
	}
	slot, ok := b.sc.find(ref.Fields[0])
	if !ok || b.a.r.vars[slot].kind != plpgsql.RecordVar {
		return nil
	}
	sh := b.shape(slot)
	if sh == nil {
		return nil
	}
	var out []sql.Expr
	for _, f := range sh.fields {
		out = append(out, &sql.ColumnRef{Fields: []string{ref.Fields[0], f.Name}, Pos: ref.Pos})
	}
	return out
}

func (b *binder) field(slot int, name string) tree.Expr {
	sh := b.shape(slot)
	if sh == nil {
		return nil
	}
	i, ok := sh.index[name]
	if !ok {
		if b.err == nil {
			b.err = fault.New(fault.UndefinedColumn, `record "%s" has no field "%s"`, b.a.r.vars[slot].name, name)
		}
		return nil
	}
	return b.param(ref{slot, i}, sh.fields[i].Type)
}

// shape is the structure of the record in slot, which the prepared form then depends on.
func (b *binder) shape(slot int) *shape {
	sh := b.a.slots[slot].shape()
	if sh == nil {
		if b.err == nil {
			b.err = notAssigned(b.a.r.vars[slot].name)
		}
		return nil
	}
	for _, d := range b.p.shapes {
		if d.slot == slot {
			return sh
		}
	}
	b.p.shapes = append(b.p.shapes, shapeDep{slot: slot, shape: sh})
	return sh
}

func notAssigned(name string) error {
	return fault.New("55000", `record "%s" is not assigned yet`, name).WithDetail("The tuple structure of a not-yet-assigned record is indeterminate.")
}

func (st *statement) compile(a *activation) (*prepared, error) {
	s := a.s
	p := &prepared{role: s.Role, path: s.Path, version: s.Cat.Version()}
	b := &binder{a: a, sc: st.sc, p: p, seen: map[ref]int{}}
	env := &analyze.Env{Path: s.Path, Names: b.names, Conflict: a.r.conflict(), Transition: a.transition(), FixedParams: true}
	// $1… are the arguments; they take the first parameter numbers.
	for _, slot := range a.r.args {
		e := b.param(ref{slot, -1}, a.r.vars[slot].typ)
		env.Params = append(env.Params, e.Type())
	}
	q, ok := st.stmt.(sql.Query)
	if ok && strings.Contains(st.text, "*") {
		q = sql.Rewrite(q, b.stars)
	}
	if !ok {
		return nil, fault.New(fault.SyntaxError, "%s is not a query", st.text)
	}
	err := p.make(a, env, q, st.named)
	if b.err != nil {
		return nil, b.err
	}
	if err != nil {
		return nil, err
	}
	p.row = a.r.rowShape(s.Env(), p)
	return p, nil
}

// make compiles q: in Go alone where it is an expression over variables and built-in functions, as a program otherwise.
func (p *prepared) make(a *activation, env *analyze.Env, q sql.Query, named bool) error {
	s := a.s
	p.columns = 1
	if x := lone(q); x != nil {
		e, err := analyze.ExprAs(s.Cat, env, x, analyze.InSelect)
		if err != nil {
			return err
		}
		if local(e) {
			if named {
				t, err := analyze.Query(s.Cat, env, q)
				if err != nil {
					return err
				}
				p.name = t.Targets[0].Name
			}
			p.typ = e.Type()
			p.shape = a.r.shapeOfExpr(a, e)
			if p.typ.OID == catalog.UnknownOID && !literal(e) {
				p.typ = textType
			}
			p.closure, err = eval.Compile(s.Cat, e, eval.Options{})
			return err
		}
	}
	t, err := analyze.Query(s.Cat, env, q)
	if err != nil {
		return err
	}
	if t.Left == nil && len(t.Targets) > 0 && t.Targets[0].Expr != nil {
		p.shape = a.r.shapeOfExpr(a, t.Targets[0].Expr)
	}
	prog, err := exec.CompileTree(s.Cat, s.Role, t)
	if err != nil {
		return err
	}
	if a.r.fn.Volatility != 'v' && a.r.fn.Volatility != 0 && !prog.ReadOnly() {
		return fault.New(fault.FeatureNotSupported, "%s is not allowed in a non-volatile function", commandWords[prog.Command()])
	}
	prog.Params = env.Params
	p.prog = prog
	p.columns = len(prog.Columns)
	if len(prog.Columns) > 0 {
		p.typ = prog.Columns[0].Type
	}
	return nil
}

var commandWords = map[tree.Command]string{tree.Select: "SELECT", tree.Insert: "INSERT", tree.Update: "UPDATE", tree.Delete: "DELETE", tree.Merge: "MERGE"}

// literal says that an expression is a bare constant, whose type is then still unknown.
func literal(e tree.Expr) bool {
	_, ok := e.(*tree.Const)
	return ok
}

// shapeOfExpr is the structure of an anonymous record that an expression makes; nil where it does not show.
func (r *routine) shapeOfExpr(a *activation, e tree.Expr) *shape {
	if e.Type().OID != catalog.RecordOID {
		return nil
	}
	env := a.s.Env()
	var fields []value.Field
	add := func(name string, t tree.Type) {
		ops := env.Ops(t.OID)
		if ops == nil {
			ops = env.Ops(catalog.TextOID)
		}
		fields = append(fields, value.Field{Name: name, Type: t, Ops: ops})
	}
	switch e := e.(type) {
	case *tree.Row:
		for i, x := range e.Args {
			name := "f" + strconv.Itoa(i+1)
			if i < len(e.Names) && e.Names[i] != "" {
				name = e.Names[i]
			}
			add(name, x.Type())
		}
	case *tree.WholeRow:
		for _, c := range e.Rel.Columns {
			add(c.Name, c.Type)
		}
	case *tree.Call:
		if e.User == nil {
			return nil
		}
		for _, p := range e.User.Params {
			if p.Mode == sql.OutArg || p.Mode == sql.InOutArg || p.Mode == sql.TableArg {
				add(p.Name, p.Type)
			}
		}
	}
	if fields == nil {
		return nil
	}
	return r.internFields(fields)
}

// conflict says what a name means that is both a variable and a column.
func (r *routine) conflict() analyze.Conflict {
	switch {
	case r.fn.Language == "sql":
		return analyze.ColumnWins
	case r.fn.PL.VariableConflict == "use_column":
		return analyze.ColumnWins
	case r.fn.PL.VariableConflict == "use_variable":
		return analyze.VariableWins
	}
	return analyze.ConflictError
}

// lone is the expression of SELECT expr, nil for anything more.
func lone(q sql.Query) sql.Expr {
	s, ok := q.(*sql.Select)
	if !ok || len(s.Targets) != 1 || s.With != nil || s.Into != nil || len(s.From) > 0 || s.Where != nil || len(s.GroupBy) > 0 || s.Having != nil || len(s.OrderBy) > 0 ||
		s.Limit != nil || s.Offset != nil || s.SetOp != sql.NoSetOp || s.Distinct || len(s.Windows) > 0 || len(s.Locking) > 0 {
		return nil
	}
	if c, ok := s.Targets[0].Expr.(*sql.ColumnRef); ok && c.Star {
		return nil
	}
	return s.Targets[0].Expr
}

// local reports that e reads no table and calls no function of the project, so that there is nothing for rights to say.
func local(e tree.Expr) bool {
	return !tree.Any(e, func(e tree.Expr) bool {
		switch e := e.(type) {
		case *tree.SubLink, *tree.Agg, *tree.WindowCall, *tree.Var, *tree.WholeRow:
			return true
		case *tree.Call:
			return e.User != nil || e.Fn != nil && e.Fn.RetSet
		}
		return false
	})
}

// args are the values of the parameters.
func (p *prepared) args(a *activation, into []value.Datum) []value.Datum {
	into = into[:0]
	for _, rf := range p.refs {
		sl := &a.slots[rf.slot]
		switch {
		case rf.field < 0 && a.r.vars[rf.slot].kind == plpgsql.RecordVar: // a composite argument, by number
			into = append(into, a.datum(rf.slot))
		case rf.field < 0:
			into = append(into, sl.d)
		case sl.rec == nil:
			into = append(into, value.Null)
		default:
			into = append(into, sl.rec.vals[rf.field])
		}
	}
	return into
}

// value computes an expression: its value and type. More than one row is error 21000.
func (st *statement) value(a *activation) (value.Datum, tree.Type, error) {
	d, p, err := st.compute(a)
	if err != nil {
		return d, tree.Type{}, err
	}
	return d, p.typ, nil
}

// compute is value with all that is known of the expression.
func (st *statement) compute(a *activation) (value.Datum, *prepared, error) {
	p, err := st.prepare(a)
	if err != nil {
		return value.Null, nil, err
	}
	if p.closure != nil {
		// The frame is lent: an expression that calls back into this activation is not local.
		a.frame.Params = p.args(a, a.frame.Params)
		d, err := p.closure(&a.frame)
		return d, p, err
	}
	if p.columns != 1 {
		return value.Null, nil, fault.New(fault.SyntaxError, "query returned %d columns", p.columns)
	}
	out, n := value.Null, 0
	_, err = p.prog.Run(a.s, p.args(a, nil), func(row exec.Row) error {
		if n++; n > 1 {
			return fault.New(fault.CardinalityViolation, "query returned more than one row")
		}
		out = row.Datum(0)
		return nil
	})
	return out, p, err
}

// as computes an expression as type t.
func (st *statement) as(a *activation, t tree.Type) (value.Datum, error) {
	d, from, err := st.value(a)
	if err != nil {
		return d, err
	}
	return a.r.convert(a.s, d, from, t)
}

// truth computes a condition.
func (st *statement) truth(a *activation) (bool, error) {
	d, err := st.as(a, boolType)
	return d.IsTrue(), err
}

// text computes an expression as text; the bool says that it is NULL.
func (st *statement) string(a *activation) (string, bool, error) {
	d, from, err := st.value(a)
	if err != nil || d.IsNull() {
		return "", true, err
	}
	return a.output(d, from), false, nil
}

// output is d in PostgreSQL's text form.
func (a *activation) output(d value.Datum, t tree.Type) string {
	env := a.s.Env()
	ops := env.Ops(t.OID)
	if ops == nil {
		return d.Str()
	}
	return string(ops.AppendText(env, nil, d))
}

// rows runs the statement and keeps its rows; limit 0 is all of them.
func (st *statement) rows(a *activation, limit int) (*rowset, error) {
	p, err := st.prepare(a)
	if err != nil {
		return nil, err
	}
	return a.collect(p, limit)
}

// rowset is the result of a query, kept because what follows may change what it read.
type rowset struct {
	shape   *shape
	rows    [][]value.Datum
	outcome exec.Outcome
}

func (a *activation) collect(p *prepared, limit int) (*rowset, error) {
	if p.closure != nil {
		a.frame.Params = p.args(a, a.frame.Params)
		d, err := p.closure(&a.frame)
		if err != nil {
			return nil, err
		}
		return &rowset{shape: p.row, rows: [][]value.Datum{{d}}, outcome: exec.Outcome{Rows: 1}}, nil
	}
	rs := &rowset{shape: p.row}
	width := len(rs.shape.fields)
	h := a.holder()
	var err error
	rs.outcome, err = p.prog.Run(a.s, p.args(a, nil), func(row exec.Row) error {
		if limit > 0 && len(h.rows) >= limit {
			return nil
		}
		return h.add(row, width)
	})
	rs.rows = h.rows
	return rs, err
}
