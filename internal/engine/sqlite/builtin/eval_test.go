package builtin

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// The cases of testdata are SQL expressions. A small evaluator, which resolves calls roughly as PostgreSQL does, runs them on the Go
// implementations; the expectations beside them come from PostgreSQL.

// typed is a value with its type. Unknown literals keep UnknownOID until a call gives them a type.
type typed struct {
	t catalog.TypeRef
	d datum
}

type evaluator struct {
	src     string
	i       int
	session *Session
}

type evalError struct{ msg string }

func (e evalError) Error() string { return "test evaluator: " + e.msg }

func (e *evaluator) fail(format string, a ...any) { panic(evalError{fmt.Sprintf(format, a...)}) }

func (e *evaluator) space() {
	for e.i < len(e.src) && e.src[e.i] == ' ' {
		e.i++
	}
}

const opChars = "+-*/<>=~!@#%^&|?"

// op is the operator at the current place, "" if there is none.
func (e *evaluator) op() string {
	e.space()
	j := e.i
	for j < len(e.src) && strings.IndexByte(opChars, e.src[j]) >= 0 {
		j++
	}
	o := e.src[e.i:j]
	// A sign after an operator is not part of it.
	for len(o) > 1 && (o[len(o)-1] == '-' || o[len(o)-1] == '+') && !strings.ContainsAny(o, "~!@#%^&|?") {
		o = o[:len(o)-1]
	}
	return o
}

func precedence(o string) int {
	switch o {
	case "":
		return 0
	case "=", "<>", "<", "<=", ">", ">=":
		return 1
	case "+", "-":
		return 3
	case "*", "/", "%":
		return 4
	case "^":
		return 5
	}
	return 2
}

func (e *evaluator) expr(min int) typed {
	left := e.unary()
	for {
		o := e.op()
		p := precedence(o)
		if p == 0 || p <= min {
			return left
		}
		e.i += len(o)
		right := e.expr(p)
		left = e.operate(o, left, right)
	}
}

func (e *evaluator) unary() typed {
	if o := e.op(); o != "" {
		e.i += len(o)
		e.space()
		if o == "-" && e.i < len(e.src) && e.src[e.i] >= '0' && e.src[e.i] <= '9' {
			n := e.number()
			if n.t.OID == catalog.NumericOID {
				n.d = value.Text("-" + n.d.Str())
			} else {
				n.d = value.Int(-n.d.Int64())
			}
			return e.postfix(n)
		}
		return e.operate(o, typed{}, e.unary())
	}
	return e.postfix(e.primary())
}

func (e *evaluator) postfix(v typed) typed {
	for strings.HasPrefix(e.src[e.i:], "::") {
		e.i += 2
		v = e.cast(v, e.typeName())
	}
	return v
}

func (e *evaluator) ident() string {
	j := e.i
	for j < len(e.src) && (e.src[j] == '_' || e.src[j]|32 >= 'a' && e.src[j]|32 <= 'z' || j > e.i && e.src[j] >= '0' && e.src[j] <= '9') {
		j++
	}
	w := e.src[e.i:j]
	e.i = j
	return w
}

var aliases = map[string]string{"int": "int4", "integer": "int4", "bigint": "int8", "smallint": "int2", "boolean": "bool", "real": "float4", "decimal": "numeric", "char": "bpchar"}

func (e *evaluator) typeName() catalog.TypeRef {
	n := e.ident()
	if a, ok := aliases[n]; ok {
		n = a
	}
	t := catalog.TypeRef{OID: value.BuiltinNamed(n), Mod: -1}
	if t.OID == 0 {
		e.fail("type %q", n)
	}
	if e.i < len(e.src) && e.src[e.i] == '(' {
		end := strings.IndexByte(e.src[e.i:], ')')
		parts := strings.Split(e.src[e.i+1:e.i+end], ",")
		a, _ := strconv.Atoi(parts[0])
		switch n {
		case "numeric":
			s := 0
			if len(parts) > 1 {
				s, _ = strconv.Atoi(parts[1])
			}
			t.Mod = int32(a)<<16 | int32(s)&0x7ff + 4
		case "varchar", "bpchar":
			t.Mod = int32(a) + 4
		case "interval":
			t.Mod = 0x7fff<<16 | int32(a)
		default:
			t.Mod = int32(a)
		}
		e.i += end + 1
	}
	if strings.HasPrefix(e.src[e.i:], "[]") {
		e.i += 2
		t.OID = (&value.Env{}).ArrayType(t.OID)
	}
	return t
}

func (e *evaluator) number() typed {
	j := e.i
	for j < len(e.src) && (e.src[j] >= '0' && e.src[j] <= '9' || e.src[j] == '.' || e.src[j] == 'e') {
		j++
	}
	s := e.src[e.i:j]
	e.i = j
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil:
		d, err := value.ParseDec(s)
		if err != nil {
			panic(err)
		}
		return typed{catalog.TypeRef{OID: catalog.NumericOID, Mod: -1}, d.Datum()}
	case n == int64(int32(n)):
		return typed{catalog.TypeRef{OID: catalog.Int4OID, Mod: -1}, value.Int(n)}
	}
	return typed{catalog.TypeRef{OID: catalog.Int8OID, Mod: -1}, value.Int(n)}
}

func (e *evaluator) primary() typed {
	e.space()
	if e.i >= len(e.src) {
		e.fail("unexpected end")
	}
	switch c := e.src[e.i]; {
	case c == '(':
		e.i++
		v := e.expr(0)
		e.expect(')')
		return v
	case c == '\'' || c == 'E' && strings.HasPrefix(e.src[e.i:], "E'"):
		esc := c == 'E'
		if esc {
			e.i++
		}
		var b strings.Builder
		for e.i++; e.i < len(e.src); e.i++ {
			if e.src[e.i] == '\'' {
				if e.i+1 < len(e.src) && e.src[e.i+1] == '\'' {
					e.i++
				} else {
					e.i++
					break
				}
			} else if esc && e.src[e.i] == '\\' {
				e.i++
				switch e.src[e.i] {
				case 'n':
					b.WriteByte('\n')
				case 't':
					b.WriteByte('\t')
				default:
					b.WriteByte(e.src[e.i])
				}
				continue
			}
			b.WriteByte(e.src[e.i])
		}
		return typed{catalog.TypeRef{OID: catalog.UnknownOID, Mod: -1}, value.Text(b.String())}
	case c >= '0' && c <= '9':
		return e.number()
	}
	n := e.ident()
	switch strings.ToLower(n) {
	case "null":
		return typed{catalog.TypeRef{OID: catalog.UnknownOID, Mod: -1}, value.Null}
	case "true", "false":
		return typed{catalog.TypeRef{OID: catalog.BoolOID, Mod: -1}, value.Bool(n == "true")}
	case "":
		e.fail("at %q", e.src[e.i:])
	}
	e.expect('(')
	var args []typed
	for e.space(); e.src[e.i] != ')'; e.space() {
		if len(args) > 0 {
			e.expect(',')
		}
		args = append(args, e.expr(0))
	}
	e.expect(')')
	return e.call(Functions(n), n, args)
}

func (e *evaluator) expect(c byte) {
	e.space()
	if e.i >= len(e.src) || e.src[e.i] != c {
		e.fail("expected %c at %q", c, e.src[e.i:])
	}
	e.i++
}

func (e *evaluator) operate(o string, l, r typed) typed {
	var fs []*Func
	for _, op := range Operators(o) {
		if (op.Left == 0) == (l.t.OID == 0) {
			f := *op.Func
			f.Variadic = false
			fs = append(fs, &f)
		}
	}
	args := []typed{l, r}
	if l.t.OID == 0 {
		args = args[1:]
	} else if l.t.OID == catalog.UnknownOID != (r.t.OID == catalog.UnknownOID) {
		// An unknown literal has the type of the other side if there is such an operator.
		known := l.t.OID
		if known == catalog.UnknownOID {
			known = r.t.OID
		}
		for _, f := range fs {
			if f.Args[0] == known && f.Args[1] == known {
				fs = []*Func{f}
				break
			}
		}
	}
	return e.call(fs, o, args)
}

func isPoly(o catalog.OID) bool {
	switch o {
	case catalog.AnyOID, catalog.AnyElementOID, catalog.AnyArrayOID, catalog.AnyNonArrayOID, catalog.AnyEnumOID, catalog.AnyRangeOID, catalog.AnyCompatibleOID, catalog.AnyCompatibleArrayOID, catalog.AnyCompatibleNonArrayOID:
		return true
	}
	return false
}

var env0 = &value.Env{}

// cost of giving an argument to a parameter; negative if impossible.
func cost(param catalog.OID, a typed) int {
	t := a.t.OID
	switch {
	case param == t:
		return 0
	case t == catalog.UnknownOID && isPoly(param):
		return 3
	case t == catalog.UnknownOID:
		if param == catalog.TextOID {
			return 1
		}
		return 2
	case param == catalog.AnyArrayOID || param == catalog.AnyCompatibleArrayOID:
		if env0.ElemType(t) == 0 {
			return -1
		}
		return 3
	case param == catalog.AnyRangeOID:
		if env0.RangeSubtype(t) == 0 {
			return -1
		}
		return 3
	case param == catalog.AnyEnumOID:
		return -1
	case param == catalog.AnyNonArrayOID || param == catalog.AnyCompatibleNonArrayOID:
		if env0.ElemType(t) != 0 {
			return -1
		}
		return 4
	case isPoly(param):
		return 4
	}
	if c := CastBetween(t, param); c != nil && c.Context == 'i' {
		if b := value.Builtin(param); b != nil && b.Preferred {
			return 5
		}
		return 6
	}
	return -1
}

func (e *evaluator) call(fs []*Func, name string, args []typed) typed {
	var best *Func
	var params []catalog.OID
	bestCost := 1 << 30
	for _, f := range fs {
		p := f.Args
		if f.Variadic && len(args) >= len(f.Args) {
			last := f.Args[len(f.Args)-1]
			if last != catalog.AnyOID {
				if el := env0.ElemType(last); el != 0 && !(len(args) == len(f.Args) && args[len(args)-1].t.OID == last) {
					last = el
				}
			}
			p = append([]catalog.OID{}, f.Args[:len(f.Args)-1]...)
			for len(p) < len(args) {
				p = append(p, last)
			}
		}
		if len(args) > len(p) || len(args) < len(p)-f.NDefaults {
			continue
		}
		sum := 0
		for i, a := range args {
			c := cost(p[i], a)
			if c < 0 {
				sum = -1
				break
			}
			sum += c
		}
		if sum >= 0 && sum < bestCost {
			best, bestCost, params = f, sum, p
		}
	}
	if best == nil {
		e.fail("no function %s for %v", name, args)
	}
	c := &Ctx{Session: e.session}
	// Polymorphic types: the element type of the first argument that tells it.
	elem, rng := catalog.OID(0), catalog.OID(0)
	for i, p := range params[:len(args)] {
		t := args[i].t.OID
		if t == catalog.UnknownOID {
			continue
		}
		switch p {
		case catalog.AnyElementOID, catalog.AnyNonArrayOID, catalog.AnyCompatibleOID, catalog.AnyCompatibleNonArrayOID:
			if elem == 0 {
				elem = t
			}
		case catalog.AnyArrayOID, catalog.AnyCompatibleArrayOID:
			elem = env0.ElemType(t)
		case catalog.AnyRangeOID:
			rng = t
			if elem == 0 {
				elem = env0.RangeSubtype(t)
			}
		}
	}
	actual := func(p catalog.OID, a catalog.OID) catalog.OID {
		switch p {
		case catalog.AnyElementOID, catalog.AnyNonArrayOID, catalog.AnyCompatibleOID, catalog.AnyCompatibleNonArrayOID:
			return elem
		case catalog.AnyArrayOID, catalog.AnyCompatibleArrayOID:
			return env0.ArrayType(elem)
		case catalog.AnyRangeOID:
			return rng
		case catalog.AnyOID:
			if a == catalog.UnknownOID {
				return catalog.TextOID
			}
			return a
		}
		return p
	}
	var vals []datum
	for i, a := range args {
		t := actual(params[i], a.t.OID)
		if t == 0 {
			t = catalog.TextOID
		}
		v := a
		if a.t.OID != t {
			v = e.cast(a, catalog.TypeRef{OID: t, Mod: -1})
		}
		vals = append(vals, v.d)
		c.Args = append(c.Args, catalog.TypeRef{OID: t, Mod: -1})
	}
	if best.Variadic && best.Args[len(best.Args)-1] != catalog.AnyOID && len(params) > 0 && params[len(params)-1] != best.Args[len(best.Args)-1] {
		n := len(best.Args) - 1
		arr := value.MakeArray(nil, opsOf(params[n]), vals[n:])
		vals = append(vals[:n:n], arr)
		c.Args = append(c.Args[:n:n], catalog.TypeRef{OID: best.Args[n], Mod: -1})
	}
	for i := len(vals); i < len(best.Args) && !best.Variadic; i++ {
		vals = append(vals, best.Defaults[i-(len(best.Args)-best.NDefaults)])
		c.Args = append(c.Args, catalog.TypeRef{OID: best.Args[i], Mod: -1})
	}
	ret := actual(best.Ret, 0)
	c.Ret = catalog.TypeRef{OID: ret, Mod: -1}
	if best.Set != nil {
		return typed{catalog.TypeRef{OID: catalog.TextOID, Mod: -1}, e.rows(best, c, vals, ret)}
	}
	d, err := best.Call(c, vals)
	if err != nil {
		panic(err)
	}
	return typed{c.Ret, d}
}

// rows joins the rows of a set-returning function with semicolons.
func (e *evaluator) rows(f *Func, c *Ctx, vals []datum, ret catalog.OID) datum {
	for _, v := range vals {
		if f.Strict && v.IsNull() {
			return value.Text("")
		}
	}
	var out []string
	err := f.Set(c, vals, func(row []datum) bool {
		if len(row) > 1 {
			var fields []value.Field
			for _, col := range f.Cols {
				fields = append(fields, value.Field{Name: col.Name, Ops: opsOf(col.Type)})
			}
			o := value.RecordOps(0, "record", fields)
			out = append(out, o.Text(c.Env(), value.MakeRecord(nil, fields, row)))
			return true
		}
		if row[0].IsNull() {
			out = append(out, "NULL")
			return true
		}
		t := ret
		if len(f.Cols) == 1 {
			t = f.Cols[0].Type
		}
		out = append(out, opsOf(t).Text(c.Env(), row[0]))
		return len(out) < 1000
	})
	if err != nil {
		panic(err)
	}
	return value.Text(strings.Join(out, ";"))
}

func (e *evaluator) cast(v typed, to catalog.TypeRef) typed {
	env := (&Ctx{Session: e.session}).Env()
	if v.t.OID == catalog.UnknownOID {
		if v.d.IsNull() {
			return typed{to, v.d}
		}
		d, err := opsOf(to.OID).Input(env, v.d.Str(), castMod(to))
		if err != nil {
			panic(err)
		}
		v = typed{catalog.TypeRef{OID: to.OID, Mod: -1}, d}
	} else if v.t.OID != to.OID {
		if v.d.IsNull() {
			return typed{to, v.d}
		}
		cast := CastBetween(v.t.OID, to.OID)
		if cast == nil && env.ElemType(to.OID) != 0 {
			cast = &Cast{Method: 'i'}
		}
		if cast == nil {
			e.fail("no cast from %s to %s", value.BuiltinName(v.t.OID), value.BuiltinName(to.OID))
		}
		switch cast.Method {
		case 'f':
			args := []datum{v.d}
			c := &Ctx{Session: e.session, Args: []catalog.TypeRef{v.t}}
			if len(cast.Func.Args) > 1 {
				args = append(args, value.Int(int64(to.Mod)))
			}
			if len(cast.Func.Args) > 2 {
				args = append(args, value.Bool(true))
			}
			d, err := cast.Func.Call(c, args)
			if err != nil {
				panic(err)
			}
			v = typed{catalog.TypeRef{OID: to.OID, Mod: -1}, d}
		case 'b':
			v.t = catalog.TypeRef{OID: to.OID, Mod: -1}
		default:
			c := &Ctx{Session: e.session}
			d, err := c.Convert(v.d, v.t, catalog.TypeRef{OID: to.OID, Mod: -1})
			if err != nil {
				panic(err)
			}
			v = typed{catalog.TypeRef{OID: to.OID, Mod: -1}, d}
		}
	}
	if to.Mod >= 0 && !v.d.IsNull() {
		if cast := CastBetween(to.OID, to.OID); cast != nil && cast.Func != nil {
			args := []datum{v.d, value.Int(int64(to.Mod))}
			if len(cast.Func.Args) > 2 {
				args = append(args, value.Bool(true))
			}
			d, err := cast.Func.Call(&Ctx{Session: e.session}, args)
			if err != nil {
				panic(err)
			}
			v.d = d
		}
	}
	v.t = to
	return v
}

// castMod is the modifier that the input of a cast literal gets: the length is cut afterwards.
func castMod(t catalog.TypeRef) int32 {
	if t.OID == catalog.VarcharOID || t.OID == catalog.BpcharOID || t.OID == catalog.BitOID || t.OID == catalog.VarbitOID {
		return -1
	}
	return t.Mod
}

// evaluate gives the text of an expression's value, "NULL", or "ERROR code: message | detail | hint".
func evaluate(src string, s *Session) (out string) {
	defer func() {
		if r := recover(); r != nil {
			err, ok := r.(error)
			if !ok {
				panic(r)
			}
			var f *fault.Error
			if errors.As(err, &f) {
				out = errorText(f.Code, f.Message, f.Detail, f.Hint)
				return
			}
			var ev evalError
			if errors.As(err, &ev) {
				out = ev.Error()
				return
			}
			panic(r)
		}
	}()
	e := &evaluator{src: src, session: s}
	var v typed
	if strings.HasPrefix(src, "agg ") {
		v = e.aggregate(src[4:])
	} else {
		v = e.expr(0)
		if e.space(); e.i < len(src) {
			e.fail("left over: %q", src[e.i:])
		}
	}
	if v.d.IsNull() {
		return "NULL"
	}
	return oneLine(opsOf(v.t.OID).Text((&Ctx{Session: s}).Env(), v.d))
}

// aggregate runs "agg name(type[, arg …]) {array}" or, for ordered sets, "agg name(direct) within type {array}".
func (e *evaluator) aggregate(src string) typed {
	name, rest, _ := strings.Cut(src, "(")
	inner, rest, _ := strings.Cut(rest, ") ")
	var direct, extra []typed
	typ := inner
	if w, ok := strings.CutPrefix(rest, "within "); ok {
		if inner != "" {
			direct = append(direct, (&evaluator{src: inner, session: e.session}).expr(0))
		}
		typ, rest, _ = strings.Cut(w, " ")
	} else if t, a, ok := strings.Cut(inner, ", "); ok {
		typ = t
		extra = append(extra, (&evaluator{src: a, session: e.session}).expr(0))
	}
	elemType := (&evaluator{src: typ}).typeName().OID
	env := (&Ctx{Session: e.session}).Env()
	arr, err := opsOf(env.ArrayType(elemType)).Input(env, rest, -1)
	if err != nil {
		panic(err)
	}
	args := append(append(direct, typed{catalog.TypeRef{OID: elemType, Mod: -1}, value.Null}), extra...)
	var best *Func
	bestCost := 1 << 30
	for _, f := range Functions(name) {
		if len(f.Args) != len(args) || f.Agg == nil {
			continue
		}
		sum := 0
		for i, a := range args {
			if c := cost(f.Args[i], a); c < 0 {
				sum = 1 << 30
			} else {
				sum += c
			}
		}
		if sum < bestCost {
			best, bestCost = f, sum
		}
	}
	if best == nil {
		e.fail("no aggregate %s(%s)", name, inner)
	}
	var types []catalog.TypeRef
	var fixed []datum
	for i, a := range args {
		t := best.Args[i]
		if isPoly(t) {
			t = a.t.OID
		}
		if t == catalog.UnknownOID {
			t = catalog.TextOID
		}
		fixed = append(fixed, e.cast(a, catalog.TypeRef{OID: t, Mod: -1}).d)
		types = append(types, catalog.TypeRef{OID: t, Mod: -1})
	}
	c := &Ctx{Session: e.session, Args: types}
	if len(direct) > 0 {
		c.Args = append(types[len(direct):], types[:len(direct)]...)
	}
	agg := best.Agg(c)
	elems, err := value.ArraySlice(opsOf(elemType), arr)
	if err != nil {
		panic(err)
	}
	for _, d := range elems {
		row := []datum{d}
		if len(direct) == 0 {
			row = append(row, fixed[1:]...)
		}
		if types[len(direct)].OID != elemType && !d.IsNull() {
			row[0] = e.cast(typed{catalog.TypeRef{OID: elemType, Mod: -1}, d}, types[len(direct)]).d
		}
		if err := agg.Step(row); err != nil {
			panic(err)
		}
	}
	d, err := agg.Final(fixed[:len(direct)])
	if err != nil {
		panic(err)
	}
	ret := best.Ret
	switch ret {
	case catalog.AnyElementOID, catalog.AnyEnumOID:
		ret = elemType
	case catalog.AnyArrayOID:
		ret = env.ArrayType(elemType)
	}
	return typed{catalog.TypeRef{OID: ret, Mod: -1}, d}
}

// aggregateSQL is the same in SQL.
func aggregateSQL(src string) string {
	name, rest, _ := strings.Cut(src, "(")
	inner, rest, _ := strings.Cut(rest, ") ")
	quoted := func(typ, arr string) string {
		return "unnest('" + strings.ReplaceAll(arr, "'", "''") + "'::" + typ + "[]) with ordinality t(x, o)"
	}
	if w, ok := strings.CutPrefix(rest, "within "); ok {
		typ, arr, _ := strings.Cut(w, " ")
		return "select " + name + "(" + inner + ") within group (order by x) from " + quoted(typ, arr)
	}
	typ, extra := inner, ""
	if t, a, ok := strings.Cut(inner, ", "); ok {
		typ, extra = t, ", "+a
	}
	return "select " + name + "(x" + extra + " order by o) from " + quoted(typ, rest)
}

func errorText(code, message, detail, hint string) string {
	s := "ERROR " + code + ": " + message
	if detail != "" {
		s += " | " + detail
	}
	if hint != "" {
		s += " | " + hint
	}
	return oneLine(s)
}

func oneLine(s string) string { return strings.NewReplacer("\\", `\\`, "\n", `\n`).Replace(s) }

// testSession is the world of the cases: the time is fixed, the zone is named by the file.
func testSession(t *testing.T, zone string) *Session {
	z, err := value.Zone(zone)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2024, 2, 29, 12, 34, 56, 789012000, time.UTC)
	return &Session{Now: now, Zone: z, User: "tester", CurrentUser: "tester", Database: "db", SearchPath: []string{"public"}}
}
