package analyze

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

func itoa(n int) string { return strconv.Itoa(n) }

// expr resolves an expression that stands at place in the level sc.
func (a *analyzer) expr(sc *scope, e sql.Expr, place Place) tree.Expr {
	saved := sc.place
	sc.place = place
	defer func() { sc.place = saved }()
	return a.ex(sc, e)
}

// ex resolves an expression, or part of one, at the place that sc says.
func (a *analyzer) ex(sc *scope, e sql.Expr) tree.Expr {
	a.enter()
	defer a.leave()
	switch e := e.(type) {
	case *sql.Const:
		return a.literal(e)
	case *sql.ColumnRef:
		if e.Star && len(e.Fields) == 0 {
			a.fail(e.Pos, fault.FeatureNotSupported, `row expansion via "*" is not supported here`)
		}
		if e.Star { // where no list of columns can stand, t.* is the row
			whole := *e
			whole.Star = false
			return a.wholeArg(sc, &whole)
		}
		return a.columnRef(sc, e, sc.place)
	case *sql.Param:
		return a.param(e)
	case *sql.Cast:
		return a.cast(sc, e)
	case *sql.Op:
		return a.op(sc, e)
	case *sql.Quantified:
		return a.quantified(sc, e)
	case *sql.IsDistinct:
		return a.isDistinct(sc, e)
	case *sql.NullIf:
		l, r := a.ex(sc, e.Left), a.ex(sc, e.Right)
		c := a.boolOperator("=", l, r, e.Pos, "NULLIF requires = operator to yield boolean")
		return a.at(&tree.NullIf{Eq: c, X: c.Args[0], Typ: c.Args[0].Type()}, a.leftmost(e.Pos, l, r))
	case *sql.In:
		return a.in(sc, e)
	case *sql.LikeExpr:
		return a.like(sc, e)
	case *sql.Between:
		return a.between(sc, e)
	case *sql.BoolExpr:
		name := map[sql.BoolOp]string{sql.And: "AND", sql.Or: "OR", sql.Not: "NOT"}[e.Op]
		out := &tree.Bool{Op: e.Op}
		for _, x := range e.Args {
			out.Args = append(out.Args, a.toBool(a.ex(sc, x), name))
		}
		return a.at(out, a.leftmost(e.Pos, out.Args...))
	case *sql.NullTest:
		x := a.ex(sc, e.X)
		row := x.Type().OID == catalog.RecordOID || a.complex(x.Type().OID)
		return a.at(&tree.NullTest{Not: e.Not, X: x, Row: row}, a.leftmost(e.Pos, x))
	case *sql.BoolTest:
		name := map[sql.TruthValue]string{sql.IsTrue: "TRUE", sql.IsFalse: "FALSE", sql.IsUnknown: "UNKNOWN"}[e.Value]
		if e.Not {
			name = "NOT " + name
		}
		x := a.toBool(a.ex(sc, e.X), "IS "+name)
		return a.at(&tree.BoolTest{Not: e.Not, Value: e.Value, X: x}, a.leftmost(e.Pos, x))
	case *sql.Case:
		return a.caseExpr(sc, e)
	case *sql.Coalesce:
		args := a.exprs(sc, e.Args, "COALESCE")
		t := a.commonType("COALESCE", args)
		mod := commonMod(args, t)
		for i := range args {
			args[i] = a.toCommon(args[i], t, "COALESCE")
		}
		return a.at(&tree.Coalesce{Args: args, Typ: tree.Type{OID: t, Mod: mod}}, e.Pos)
	case *sql.MinMax:
		name := "GREATEST"
		if e.Least {
			name = "LEAST"
		}
		args := a.exprs(sc, e.Args, "")
		t := a.commonType(name, args)
		mod := commonMod(args, t)
		for i := range args {
			args[i] = a.toCommon(args[i], t, name)
		}
		lt, _ := a.lookupOperator("", "<", []oid{t, t})
		if lt == nil {
			a.fail(e.Pos, fault.UndefinedFunction, "could not identify a comparison function for type %s", a.typeName(t))
		}
		return a.at(&tree.MinMax{Least: e.Least, Args: args, Lt: lt.fn, Typ: tree.Type{OID: t, Mod: mod}}, e.Pos)
	case *sql.FuncCall:
		return a.funcCall(sc, e)
	case *sql.SQLValue:
		return a.sqlValue(e)
	case *sql.SubLink:
		return a.at(a.subLink(sc, e), e.Pos)
	case *sql.ArrayExpr:
		return a.array(sc, e, 0, -1)
	case *sql.Row:
		return a.row(sc, e)
	case *sql.Indirection:
		return a.indirection(sc, e)
	case *sql.Collate:
		x := a.ex(sc, e.X)
		return a.collate(x, e)
	case *sql.Grouping:
		return a.grouping(sc, e)
	case *sql.Default:
		a.fail(e.Pos, fault.SyntaxError, "DEFAULT is not allowed in this context")
	case *sql.UnsupportedExpr:
		a.raise(e.Pos, fault.Unsupported(e.Feature, ""))
	}
	panic("analyze: unknown expression")
}

func (a *analyzer) exprs(sc *scope, list []sql.Expr, noSRF string) []tree.Expr {
	saved := sc.noSRF
	if noSRF != "" {
		sc.noSRF = noSRF
	}
	defer func() { sc.noSRF = saved }()
	out := make([]tree.Expr, len(list))
	for i, x := range list {
		out[i] = a.ex(sc, x)
	}
	return out
}

func (a *analyzer) literal(e *sql.Const) tree.Expr {
	typ := plain(catalog.UnknownOID)
	var d value.Datum
	switch e.Kind {
	case sql.IntConst:
		n, err := strconv.ParseInt(e.Text, 0, 64)
		if err == nil {
			typ, d = plain(catalog.Int4OID), value.Int(n)
			if n != int64(int32(n)) {
				typ = plain(catalog.Int8OID)
			}
			break
		}
		return a.readConst(e.Text, plain(catalog.NumericOID), e.Pos)
	case sql.FloatConst:
		text := strings.ReplaceAll(e.Text, "_", "")
		if n, err := strconv.ParseInt(text, 0, 64); err == nil && (len(text) < 2 || text[0] != '0' || strings.ContainsAny(text[:2], "xXoObB") || strings.Trim(text, "0") == "") {
			typ, d = plain(catalog.Int8OID), value.Int(n)
			if n == int64(int32(n)) { // -2147483648, whose digits alone do not fit
				typ = plain(catalog.Int4OID)
			}
			break
		}
		return a.readConst(e.Text, plain(catalog.NumericOID), e.Pos)
	case sql.StringConst:
		d = value.Text(e.Text)
	case sql.BoolConst:
		typ, d = plain(catalog.BoolOID), value.Bool(e.Text == "true")
	case sql.BitConst:
		return a.readConst(e.Text, plain(catalog.BitOID), e.Pos)
	}
	return a.at(&tree.Const{Value: d, Typ: typ}, e.Pos)
}

func (a *analyzer) param(e *sql.Param) tree.Expr {
	if e.Number < 1 || e.Number > 65535 || e.Number > len(a.env.Params) && a.env.FixedParams {
		a.fail(e.Pos, fault.UndefinedParameter, "there is no parameter $%d", e.Number)
	}
	for len(a.env.Params) < e.Number {
		a.env.Params = append(a.env.Params, plain(catalog.UnknownOID))
	}
	a.params = append(a.params, e.Number)
	t := a.env.Params[e.Number-1]
	if t.OID == 0 {
		t = plain(catalog.UnknownOID)
		a.env.Params[e.Number-1] = t
	}
	return a.at(&tree.Param{Number: e.Number, Typ: t}, e.Pos)
}

func (a *analyzer) cast(sc *scope, e *sql.Cast) tree.Expr {
	to := a.findType(e.Type)
	var x tree.Expr
	if arr, ok := e.X.(*sql.ArrayExpr); ok {
		base := a.cat.BaseType(to)
		if el := a.elem(base.OID); el != 0 {
			x = a.array(sc, arr, base.OID, base.Mod)
		}
	}
	if x == nil {
		x = a.ex(sc, e.X)
	}
	pos := e.Pos
	out := a.coerce(x, to, explicit)
	if out == nil {
		if pos < 0 {
			pos = a.where(x)
		}
		a.fail(pos, fault.CannotCoerce, "cannot cast type %s to %s", a.typeName(x.Type().OID), a.typeName(to.OID))
	}
	if out == x {
		return out
	}
	a.pos[out] = a.leftmost(a.leftmost(e.Type.Pos, x), x)
	if p := a.where(x); p < 0 && e.Pos >= 0 {
		a.pos[out] = e.Pos
	}
	return out
}

func (a *analyzer) op(sc *scope, e *sql.Op) tree.Expr {
	if e.Left == nil {
		return a.applyOperator(e.Schema, e.Name, []tree.Expr{a.ex(sc, e.Right)}, e.Pos)
	}
	lrow, lok := e.Left.(*sql.Row)
	if rrow, ok := e.Right.(*sql.Row); ok && lok {
		l, r := a.rowArgs(sc, lrow.Args), a.rowArgs(sc, rrow.Args)
		return a.rowCompare(e.Name, l, r, e.Pos)
	}
	if sub, ok := e.Right.(*sql.SubLink); ok && lok && sub.Kind == sql.ScalarQ {
		x := a.subLink(sc, &sql.SubLink{Kind: sql.AnyQ, Test: e.Left, Op: e.Name, Query: sub.Query, Pos: e.Pos})
		x.Row = true
		return a.at(x, e.Pos)
	}
	l := a.ex(sc, e.Left)
	r := a.ex(sc, e.Right)
	if x := a.recordCompare(e.Name, l, r, e.Pos); x != nil {
		return x
	}
	return a.applyOperator(e.Schema, e.Name, []tree.Expr{l, r}, e.Pos)
}

// recordCompare compares composites of a known shape field by field where there is no operator for whole records. Nil: not such a case.
func (a *analyzer) recordCompare(name string, l, r tree.Expr, pos sql.Pos) tree.Expr {
	lr, lok := l.(*tree.Row)
	rr, rok := r.(*tree.Row)
	if !lok || !rok || len(lr.Args) != len(rr.Args) {
		return nil
	}
	for i, x := range lr.Args { // what has different types is refused when it is computed
		if s, t := x.Type().OID, rr.Args[i].Type().OID; s != t && s != catalog.UnknownOID && t != catalog.UnknownOID {
			return nil
		}
	}
	return a.rowCompare(name, lr.Args, rr.Args, pos)
}

// rowCompare is (a, b) op (c, d).
func (a *analyzer) rowCompare(name string, l, r []tree.Expr, pos sql.Pos) tree.Expr {
	if len(l) != len(r) {
		a.fail(pos, fault.SyntaxError, "unequal number of entries in row expressions")
	}
	if len(l) == 0 {
		a.fail(pos, fault.FeatureNotSupported, "cannot compare rows of zero length")
	}
	calls := make([]*tree.Call, len(l))
	for i := range l {
		c, ok := a.applyOperator("", name, []tree.Expr{l[i], r[i]}, pos).(*tree.Call)
		if !ok || c.Typ.OID != catalog.BoolOID {
			a.fail(pos, fault.DatatypeMismatch, "row comparison operator must yield type boolean, not type %s", a.typeName(c.Typ.OID))
		}
		calls[i] = c
	}
	at := a.leftmost(pos, append(slices.Clone(l), r...)...)
	if len(calls) == 1 {
		return calls[0]
	}
	list := make([]tree.Expr, len(calls))
	for i, c := range calls {
		list[i] = c
	}
	ordering := name
	if len(name) > 2 && name[0] == '~' { // ~<~ and its like: the order of bytes, which is every text's
		ordering = strings.Trim(name, "~")
	}
	switch ordering {
	case "=":
		return a.at(&tree.Bool{Op: sql.And, Args: list}, at)
	case "<>", "!=":
		return a.at(&tree.Bool{Op: sql.Or, Args: list}, at)
	case "<", "<=", ">", ">=":
	default:
		a.failHint(pos, fault.FeatureNotSupported, "Row comparison operators must be associated with btree operator families.", "could not determine interpretation of row comparison operator %s", name)
	}
	out := &tree.RowCompare{Op: ordering}
	for i := range l {
		get := func(op string) *tree.Call {
			return a.applyOperator("", op, []tree.Expr{calls[i].Args[0], calls[i].Args[1]}, pos).(*tree.Call)
		}
		out.Lt, out.Gt, out.Eq = append(out.Lt, get("<")), append(out.Gt, get(">")), append(out.Eq, get("="))
	}
	return a.at(out, at)
}

func (a *analyzer) boolOperator(name string, l, r tree.Expr, pos sql.Pos, message string) *tree.Call {
	c, ok := a.applyOperator("", name, []tree.Expr{l, r}, pos).(*tree.Call)
	if !ok || c.Typ.OID != catalog.BoolOID {
		a.fail(pos, fault.DatatypeMismatch, "%s", message)
	}
	return c
}

func (a *analyzer) isDistinct(sc *scope, e *sql.IsDistinct) tree.Expr {
	if l, ok := e.Left.(*sql.Row); ok {
		if r, ok := e.Right.(*sql.Row); ok {
			ls, rs := a.rowArgs(sc, l.Args), a.rowArgs(sc, r.Args)
			if len(ls) != len(rs) {
				a.fail(e.Pos, fault.SyntaxError, "unequal number of entries in row expressions")
			}
			out := &tree.Bool{Op: sql.Or}
			if e.Not {
				out.Op = sql.And
			}
			for i := range ls {
				out.Args = append(out.Args, &tree.Distinct{Not: e.Not, Eq: a.boolOperator("=", ls[i], rs[i], e.Pos, "IS DISTINCT FROM requires = operator to yield boolean")})
			}
			if len(out.Args) == 1 {
				return a.at(out.Args[0], e.Pos)
			}
			return a.at(out, a.leftmost(e.Pos, ls...))
		}
	}
	l, r := a.ex(sc, e.Left), a.ex(sc, e.Right)
	// Against a bare NULL this is a null test, as in PostgreSQL.
	isNull := func(x sql.Expr) bool { c, ok := x.(*sql.Const); return ok && c.Kind == sql.NullConst }
	if isNull(e.Right) {
		return a.at(&tree.NullTest{Not: !e.Not, X: l}, a.leftmost(e.Pos, l))
	}
	if isNull(e.Left) {
		return a.at(&tree.NullTest{Not: !e.Not, X: r}, a.leftmost(e.Pos, r))
	}
	return a.at(&tree.Distinct{Not: e.Not, Eq: a.boolOperator("=", l, r, e.Pos, "IS DISTINCT FROM requires = operator to yield boolean")}, a.leftmost(e.Pos, l, r))
}

// quantified is x op ANY|ALL (array).
func (a *analyzer) quantified(sc *scope, e *sql.Quantified) tree.Expr {
	l, r := a.ex(sc, e.Left), a.ex(sc, e.Right)
	lt, rt := l.Type().OID, r.Type().OID
	elem := catalog.UnknownOID
	if rt != catalog.UnknownOID {
		if elem = a.elem(a.base(rt)); elem == 0 {
			a.fail(e.Pos, fault.WrongObjectType, "op ANY/ALL (array) requires array on right side")
		}
	}
	op := a.findOperator("", e.Op, []oid{lt, elem}, e.Pos)
	declared := slices.Clone(op.args)
	ret, err := a.unify(declared, []oid{lt, elem}, op.ret)
	if err != nil {
		a.raise(e.Pos, err)
	}
	if ret != catalog.BoolOID {
		a.fail(e.Pos, fault.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean")
	}
	if isPolymorphic(declared[1]) {
		declared[1] = elem
	}
	want := declared[1]
	var arr tree.Expr
	if arrType := a.arrayOf(want); arrType != 0 && a.canCoerceOne(rt, arrType, implicit) {
		arr = a.coerceType(r, plain(arrType), implicit)
	} else {
		a.fail(e.Pos, fault.UndefinedObject, "could not find array type for data type %s", a.typeName(want))
	}
	c := &tree.Call{Fn: op.fn, User: op.user, Typ: plain(ret), Op: op.name, Pos: e.Pos, Args: []tree.Expr{a.coerceType(l, plain(declared[0]), implicit), &tree.Param{Typ: plain(want)}}}
	return a.at(&tree.Quantified{All: e.All, Op: c, Array: arr}, a.leftmost(e.Pos, l, r))
}

func (a *analyzer) in(sc *scope, e *sql.In) tree.Expr {
	name, join := "=", sql.Or
	if e.Not {
		name, join = "<>", sql.And
	}
	var parts []tree.Expr
	lrow, lIsRow := e.X.(*sql.Row)
	if lIsRow {
		for _, item := range e.List {
			r, ok := item.(*sql.Row)
			if !ok {
				x := a.ex(sc, item)
				parts = append(parts, a.applyOperator("", name, []tree.Expr{a.ex(sc, e.X), x}, e.Pos))
				continue
			}
			parts = append(parts, a.rowCompare(name, a.rowArgs(sc, lrow.Args), a.rowArgs(sc, r.Args), e.Pos))
		}
		return a.at(joinBool(join, parts), a.leftmost(e.Pos, parts...))
	}
	x := a.ex(sc, e.X)
	var consts, others []tree.Expr
	for _, item := range e.List {
		y := a.ex(sc, item)
		_, isRow := item.(*sql.Row)
		if isRow || a.hasVar(y) {
			others = append(others, y)
		} else {
			consts = append(consts, y)
		}
	}
	if len(consts) > 1 {
		all := append([]tree.Expr{x}, consts...)
		t := a.commonType("", all)
		ok := t != 0 && t != catalog.RecordOID && a.arrayOf(t) != 0
		for _, y := range all {
			ok = ok && a.canCoerceOne(y.Type().OID, t, implicit)
		}
		if ok {
			list := make([]tree.Expr, len(consts))
			for i, y := range consts {
				list[i] = a.toCommon(y, t, "IN")
			}
			op := a.findOperator("", name, []oid{x.Type().OID, t}, e.Pos)
			if name == "<>" {
				// In compares with = and Not turns the result round.
				if eq := a.equality(x.Type().OID, t); eq != nil {
					op = eq
				}
			}
			c := a.callOperator(op, []tree.Expr{x, &tree.Param{Typ: plain(t)}}, e.Pos).(*tree.Call)
			parts = append(parts, a.at(&tree.In{Not: e.Not, Eq: c, X: c.Args[0], List: list}, a.leftmost(e.Pos, x)))
			consts = nil
		}
	}
	rest := append(consts, others...)
	for i, y := range rest {
		l := x
		if i > 0 || len(parts) > 0 {
			l = a.ex(sc, e.X) // a tree of its own, as each may be converted in its own way
		}
		if z := a.recordCompare(name, l, y, e.Pos); z != nil {
			parts = append(parts, z)
			continue
		}
		c := a.applyOperator("", name, []tree.Expr{l, y}, e.Pos)
		parts = append(parts, a.toBool(c, "IN"))
	}
	return a.at(joinBool(join, parts), a.leftmost(e.Pos, x))
}

func joinBool(op sql.BoolOp, parts []tree.Expr) tree.Expr {
	if len(parts) == 1 {
		return parts[0]
	}
	return &tree.Bool{Op: op, Args: parts}
}

// hasVar says whether an expression has columns in it.
func (a *analyzer) hasVar(x tree.Expr) bool {
	return tree.Any(x, func(e tree.Expr) bool {
		switch e.(type) {
		case *tree.Var, *tree.WholeRow:
			return true
		}
		return false
	})
}

func (a *analyzer) like(sc *scope, e *sql.LikeExpr) tree.Expr {
	x, pattern := a.ex(sc, e.X), a.ex(sc, e.Pattern)
	name := map[sql.LikeKind]string{sql.Like: "~~", sql.ILike: "~~*", sql.SimilarTo: "~"}[e.Kind]
	if e.Not {
		name = "!" + name
	}
	switch {
	case e.Kind == sql.SimilarTo && e.Escape != nil:
		pattern = a.callNamed("similar_to_escape", []tree.Expr{pattern, a.ex(sc, e.Escape)}, e.Pos)
	case e.Kind == sql.SimilarTo:
		pattern = a.callNamed("similar_to_escape", []tree.Expr{pattern}, e.Pos)
	case e.Escape != nil:
		pattern = a.callNamed("like_escape", []tree.Expr{pattern, a.ex(sc, e.Escape)}, e.Pos)
	}
	return a.applyOperator("", name, []tree.Expr{x, pattern}, e.Pos)
}

func (a *analyzer) between(sc *scope, e *sql.Between) tree.Expr {
	cmp := func(op string, bound sql.Expr) tree.Expr {
		l := a.ex(sc, e.X)
		r := a.ex(sc, bound)
		return a.toBool(a.applyOperator("", op, []tree.Expr{l, r}, e.Pos), "AND")
	}
	one := func(lo, hi sql.Expr) tree.Expr {
		if e.Not {
			return &tree.Bool{Op: sql.Or, Args: []tree.Expr{cmp("<", lo), cmp(">", hi)}}
		}
		return &tree.Bool{Op: sql.And, Args: []tree.Expr{cmp(">=", lo), cmp("<=", hi)}}
	}
	out := one(e.Lo, e.Hi)
	if e.Symmetric {
		join := sql.Or
		if e.Not {
			join = sql.And
		}
		out = &tree.Bool{Op: join, Args: []tree.Expr{out, one(e.Hi, e.Lo)}}
	}
	return a.at(out, a.leftmost(e.Pos))
}

func (a *analyzer) caseExpr(sc *scope, e *sql.Case) tree.Expr {
	out := &tree.Case{}
	saved := sc.noSRF
	sc.noSRF = "CASE"
	defer func() { sc.noSRF = saved }()
	if e.Arg != nil {
		out.Arg = a.settle(a.ex(sc, e.Arg))
	}
	var results []tree.Expr
	for _, w := range e.Whens {
		var cond tree.Expr
		if out.Arg != nil {
			r := a.ex(sc, w.Cond)
			arg := &tree.CaseArg{Typ: out.Arg.Type()}
			a.at(arg, locate(w.Cond))
			cond = a.toBool(a.applyOperator("", "=", []tree.Expr{arg, r}, locateOr(w.Cond, e.Pos)), "CASE/WHEN")
		} else {
			cond = a.toBool(a.ex(sc, w.Cond), "CASE/WHEN")
		}
		res := a.ex(sc, w.Result)
		out.Whens = append(out.Whens, tree.When{Cond: cond, Result: res})
		results = append(results, res)
	}
	if e.Else != nil {
		out.Else = a.ex(sc, e.Else)
	} else {
		out.Else = &tree.Const{Typ: plain(catalog.UnknownOID)}
	}
	results = append([]tree.Expr{out.Else}, results...)
	t := a.commonType("CASE", results)
	out.Typ = tree.Type{OID: t, Mod: commonMod(results, t)}
	out.Else = a.toCommon(out.Else, t, "CASE/ELSE")
	for i := range out.Whens {
		out.Whens[i].Result = a.toCommon(out.Whens[i].Result, t, "CASE/WHEN")
	}
	return a.at(out, e.Pos)
}

// sqlValue is CURRENT_DATE and its kin, as functions and conversions of now().
func (a *analyzer) sqlValue(e *sql.SQLValue) tree.Expr {
	now := func(t oid) tree.Expr {
		x := a.callNamed("now", nil, e.Pos)
		to := tree.Type{OID: t, Mod: int32(e.Precision)}
		if e.Precision < 0 || t == catalog.DateOID {
			to.Mod = -1
		}
		if t == catalog.TimestamptzOID && to.Mod < 0 {
			return x
		}
		return a.coerce(x, to, explicit)
	}
	var out tree.Expr
	switch e.Name {
	case "current_date":
		out = now(catalog.DateOID)
	case "current_timestamp":
		out = now(catalog.TimestamptzOID)
	case "localtimestamp":
		out = now(catalog.TimestampOID)
	case "current_time":
		out = now(catalog.TimetzOID)
	case "localtime":
		out = now(catalog.TimeOID)
	case "current_catalog":
		out = a.callNamed("current_database", nil, e.Pos)
	case "user", "current_role":
		out = a.callNamed("current_user", nil, e.Pos)
	default:
		out = a.callNamed(e.Name, nil, e.Pos)
	}
	return a.at(out, e.Pos)
}

func (a *analyzer) subLink(sc *scope, e *sql.SubLink) *tree.SubLink {
	switch sc.place {
	case InCheck, InDomainCheck:
		a.fail(e.Pos, fault.FeatureNotSupported, "cannot use subquery in check constraint")
	case InDefault:
		a.fail(e.Pos, fault.FeatureNotSupported, "cannot use subquery in DEFAULT expression")
	case InIndexExpr:
		a.fail(e.Pos, fault.FeatureNotSupported, "cannot use subquery in index expression")
	case InIndexPredicate:
		a.fail(e.Pos, fault.FeatureNotSupported, "cannot use subquery in index predicate")
	case InTrigger:
		a.fail(e.Pos, fault.FeatureNotSupported, "cannot use subquery in trigger WHEN condition")
	case InGenerated:
		a.fail(e.Pos, fault.FeatureNotSupported, "cannot use subquery in column generation expression")
	case InExecute:
		a.fail(e.Pos, fault.FeatureNotSupported, "cannot use subquery in EXECUTE parameter")
	case InArgument:
		a.fail(e.Pos, fault.FeatureNotSupported, "cannot use subquery in CALL argument")
	}
	sub := &scope{parent: sc}
	outside := a.recursion
	a.recursion = "a subquery"
	q := a.selectQuery(sub, e.Query)
	a.recursion = outside
	out := &tree.SubLink{Kind: e.Kind, Query: q, Typ: plain(catalog.BoolOID)}
	cols := visible(q.Targets)
	switch e.Kind {
	case sql.ScalarQ, sql.ArrayQ:
		if len(cols) != 1 {
			a.fail(e.Pos, fault.SyntaxError, "subquery must return only one column")
		}
		out.Typ = targetType(q, 0)
		if e.Kind == sql.ArrayQ {
			t := a.arrayOf(out.Typ.OID)
			if a.elem(out.Typ.OID) != 0 {
				t = out.Typ.OID
			}
			if t == 0 {
				a.fail(e.Pos, fault.UndefinedObject, "could not find array type for data type %s", a.typeName(out.Typ.OID))
			}
			out.Typ.OID = t
		}
	case sql.AnyQ, sql.AllQ:
		var left []tree.Expr
		if row, ok := e.Test.(*sql.Row); ok {
			left = a.rowArgs(sc, row.Args)
		} else {
			left = []tree.Expr{a.ex(sc, e.Test)}
		}
		if len(left) < len(cols) {
			a.fail(e.Pos, fault.SyntaxError, "subquery has too many columns")
		}
		if len(left) > len(cols) {
			a.fail(e.Pos, fault.SyntaxError, "subquery has too few columns")
		}
		right := make([]tree.Expr, len(cols))
		for i := range cols {
			right[i] = a.at(&tree.SubCol{Col: i, Typ: targetType(q, i)}, a.where(left[i]))
		}
		name := e.Op
		if name == "" {
			name = "="
		}
		test := a.rowCompare(name, left, right, e.Pos)
		if b, ok := test.(*tree.Bool); ok && b.Op == sql.And {
			out.Tests = b.Args
		} else {
			out.Tests = []tree.Expr{test}
		}
	}
	return out
}

// array is ARRAY[…]; want is the array type that a cast asks for, or 0.
func (a *analyzer) array(sc *scope, e *sql.ArrayExpr, want oid, mod int32) tree.Expr {
	out := &tree.Array{}
	wantElem := a.elem(want)
	for _, x := range e.Elems {
		if sub, ok := x.(*sql.ArrayExpr); ok {
			out.Elems = append(out.Elems, a.array(sc, sub, want, mod))
			out.Multi = true
			continue
		}
		y := a.ex(sc, x)
		if t := y.Type().OID; a.elem(t) != 0 {
			out.Multi = true
		}
		out.Elems = append(out.Elems, y)
	}
	var elem, arr oid
	hard := false
	switch {
	case want != 0:
		arr, elem, hard = want, wantElem, true
		if out.Multi {
			elem = want
		}
	case len(e.Elems) == 0:
		a.failHint(e.Pos, fault.IndeterminateDatatype, "Explicitly cast to the desired type, for example ARRAY[]::integer[].", "cannot determine type of empty array")
	default:
		elem = a.commonType("ARRAY", out.Elems)
		if out.Multi {
			arr = elem
		} else if arr = a.arrayOf(elem); arr == 0 {
			a.fail(e.Pos, fault.UndefinedObject, "could not find array type for data type %s", a.typeName(elem))
		}
	}
	for i, x := range out.Elems {
		if !hard {
			out.Elems[i] = a.toCommon(x, elem, "ARRAY")
			continue
		}
		y := a.coerce(x, tree.Type{OID: elem, Mod: mod}, explicit)
		if y == nil {
			a.fail(a.where(x), fault.CannotCoerce, "cannot cast type %s to %s", a.typeName(x.Type().OID), a.typeName(elem))
		}
		out.Elems[i] = y
	}
	out.Typ = tree.Type{OID: arr, Mod: -1}
	if hard && !out.Multi {
		out.Typ.Mod = mod
	}
	return a.at(out, e.Pos)
}

func (a *analyzer) row(sc *scope, e *sql.Row) tree.Expr {
	out := &tree.Row{Typ: plain(catalog.RecordOID), Args: a.rowArgs(sc, e.Args)}
	for i, x := range out.Args {
		out.Names = append(out.Names, "f"+itoa(i+1))
		switch x.(type) {
		case *tree.Const, *tree.Param: // may still become what the row is compared with
		default:
			out.Args[i] = a.settle(x)
		}
	}
	return a.at(out, e.Pos)
}

// rowArgs are the fields of a row, t.* expanded.
func (a *analyzer) rowArgs(sc *scope, list []sql.Expr) (out []tree.Expr) {
	for _, x := range list {
		ts := a.stars(sc, x)
		for _, t := range ts {
			out = append(out, t.Expr)
		}
		if ts == nil {
			out = append(out, a.ex(sc, x))
		}
	}
	return out
}

// stars expands *, t.* and (x).* where a list of columns may stand; nil when e is no such thing.
func (a *analyzer) stars(sc *scope, e sql.Expr) []tree.Target {
	switch e := e.(type) {
	case *sql.ColumnRef:
		if !e.Star {
			return nil
		}
		return a.expandStar(sc, e)
	case *sql.Indirection:
		if !e.Steps[len(e.Steps)-1].Star {
			return nil
		}
		var x tree.Expr
		if len(e.Steps) == 1 {
			x = a.ex(sc, e.X)
		} else {
			n := *e
			n.Steps = e.Steps[:len(e.Steps)-1]
			x = a.ex(sc, &n)
		}
		return a.expandRow(x, e.Pos)
	}
	return nil
}

func (a *analyzer) expandStar(sc *scope, e *sql.ColumnRef) []tree.Target {
	if len(e.Fields) == 0 {
		out := []tree.Target{}
		any := false
		for _, it := range sc.items {
			if it.colsVisible && !it.lateralOnly {
				any = true
				out = append(out, a.starColumns(it, e.Pos)...)
			}
		}
		if !any {
			a.fail(e.Pos, fault.SyntaxError, "SELECT * with no tables specified is not valid")
		}
		return out
	}
	fields := e.Fields
	schema := ""
	if len(fields) == 3 {
		fields = fields[1:]
	}
	if len(fields) == 2 {
		schema, fields = fields[0], fields[1:]
	}
	if it := a.findItem(sc, schema, fields[0], e.Pos); it != nil {
		return append([]tree.Target{}, a.starColumns(it, e.Pos)...)
	}
	if x := a.outside(e.Fields); x != nil {
		return a.expandRow(x, e.Pos)
	}
	a.missingTable(sc, schema, fields[0], e.Pos)
	return nil
}

// expandRow is the fields of a composite value.
func (a *analyzer) expandRow(x tree.Expr, pos sql.Pos) []tree.Target {
	out := []tree.Target{}
	if w, ok := x.(*tree.WholeRow); ok {
		for i, c := range w.Rel.Columns {
			if w.Rel.Table != nil && i >= len(w.Rel.Table.Columns) {
				break
			}
			a.markRead(w.Rel, i)
			out = append(out, a.target(c.Name, a.at(&tree.Var{Rel: w.Rel, Col: i, Typ: c.Type}, pos)))
		}
		return out
	}
	if r, ok := x.(*tree.Row); ok && r.Typ.OID == catalog.RecordOID {
		for i, v := range r.Args {
			out = append(out, tree.Target{Name: r.Names[i], Expr: v})
		}
		return out
	}
	fields := a.shape(x)
	if fields == nil {
		a.fail(pos, fault.WrongObjectType, "record type has not been registered")
	}
	for i, f := range fields {
		out = append(out, tree.Target{Name: f.Name, Expr: a.at(&tree.FieldOf{X: x, Name: f.Name, Index: i, Typ: f.Type}, pos)})
	}
	return out
}

// shape is the fields of a composite value, nil when unknown.
func (a *analyzer) shape(x tree.Expr) []tree.RelColumn {
	if f := a.fields(x.Type().OID); f != nil {
		return f
	}
	switch x := x.(type) {
	case *tree.WholeRow:
		return x.Rel.Columns
	case *tree.Row:
		var out []tree.RelColumn
		for i, v := range x.Args {
			out = append(out, tree.RelColumn{Name: x.Names[i], Type: v.Type()})
		}
		return out
	case *tree.Call:
		return a.resultColumns(x)
	case *tree.Var:
		// A record that a sub-query's column shows.
		if q := x.Rel.Query; q != nil && x.Col < len(q.Targets) && q.Targets[x.Col].Expr != nil {
			return a.shape(q.Targets[x.Col].Expr)
		}
		if c := x.Rel.CTE; c != nil && c.Query != nil && x.Col < len(c.Query.Targets) && c.Query.Targets[x.Col].Expr != nil {
			return a.shape(c.Query.Targets[x.Col].Expr)
		}
	case *tree.SubLink:
		if x.Kind == sql.ScalarQ && x.Query.Targets[0].Expr != nil {
			return a.shape(x.Query.Targets[0].Expr)
		}
	}
	return nil
}

func (a *analyzer) indirection(sc *scope, e *sql.Indirection) tree.Expr {
	x := a.ex(sc, e.X)
	for i := 0; i < len(e.Steps); i++ {
		s := e.Steps[i]
		switch {
		case s.Star: // where no list of columns can stand, (x).* is x
		case s.Field != "":
			pos := e.Pos
			if y := a.field(x, s.Field, pos); y != nil {
				x = y
				continue
			}
			y := a.columnFunction(sc, s.Field, x, pos, sc.place)
			if y == nil {
				a.noField(x, s.Field, pos)
			}
			x = y
		default:
			n := i
			for n < len(e.Steps) && !e.Steps[n].Star && e.Steps[n].Field == "" {
				n++
			}
			x = a.subscript(sc, x, e.Steps[i:n], e.Pos)
			i = n - 1
		}
	}
	return x
}

// field is (x).name; nil when x has no such field.
func (a *analyzer) field(x tree.Expr, name string, pos sql.Pos) tree.Expr {
	if w, ok := x.(*tree.WholeRow); ok {
		for i, c := range w.Rel.Columns {
			if c.Name == name {
				a.markRead(w.Rel, i)
				return a.at(&tree.Var{Rel: w.Rel, Col: i, Typ: c.Type}, a.leftmost(pos, x))
			}
		}
		return nil
	}
	if r, ok := x.(*tree.Row); ok && r.Typ.OID == catalog.RecordOID {
		if i := slices.Index(r.Names, name); i >= 0 {
			return r.Args[i]
		}
		return nil
	}
	t := x.Type().OID
	if t != catalog.RecordOID && !a.complex(t) {
		return nil
	}
	for i, f := range a.shape(x) {
		if f.Name == name {
			return a.at(&tree.FieldOf{X: x, Name: name, Index: i, Typ: f.Type}, a.leftmost(pos, x))
		}
	}
	return nil
}

// noField raises the error for a field that x does not have.
func (a *analyzer) noField(x tree.Expr, name string, pos sql.Pos) {
	t := x.Type().OID
	switch v, isVar := x.(*tree.WholeRow); {
	case isVar:
		a.fail(pos, fault.UndefinedColumn, "column %s.%s does not exist", v.Rel.Alias, name)
	case a.complex(t):
		a.fail(pos, fault.UndefinedColumn, `column "%s" not found in data type %s`, name, a.typeName(t))
	case t == catalog.RecordOID:
		a.fail(pos, fault.UndefinedColumn, `could not identify column "%s" in record data type`, name)
	}
	a.fail(pos, fault.WrongObjectType, `column notation .%s applied to type %s, which is not a composite type`, name, a.typeName(t))
}

func (a *analyzer) collate(x tree.Expr, e *sql.Collate) tree.Expr {
	t := a.base(x.Type().OID)
	if t == catalog.UnknownOID {
		t = catalog.TextOID
	}
	if el := a.elem(t); el != 0 {
		t = el
	}
	switch t {
	case catalog.TextOID, catalog.VarcharOID, catalog.BpcharOID, catalog.NameOID, catalog.CitextOID:
	default:
		a.fail(e.Pos, fault.DatatypeMismatch, "collations are not supported by type %s", a.typeName(x.Type().OID))
	}
	switch e.Name.Name {
	case "C", "POSIX", "default", "ucs_basic":
	default:
		if !strings.Contains(e.Name.Name, "-x-") && !strings.Contains(e.Name.Name, "_") && !strings.Contains(e.Name.Name, ".") {
			a.fail(e.Pos, fault.UndefinedObject, `collation "%s" for encoding "UTF8" does not exist`, e.Name.Name)
		}
		a.raise(e.Pos, fault.Unsupported(`collation "`+e.Name.Name+`"`, `Text is ordered by code point here, as collation "C" does; leave the COLLATE out or run on the postgres engine.`))
	}
	if x.Type().OID == catalog.UnknownOID { // what it is compared with decides its type
		return x
	}
	return a.at(&tree.Collate{X: x, Name: e.Name.Name}, a.leftmost(e.Pos, x))
}

func (a *analyzer) grouping(sc *scope, e *sql.Grouping) tree.Expr {
	if len(e.Args) > 31 {
		a.fail(e.Pos, "54023", "GROUPING must have fewer than 32 arguments")
	}
	switch sc.place {
	case InSelect, InHaving, InOrderBy, InDistinctOn, InPartition, InWindowOrder:
	default:
		a.fail(e.Pos, fault.GroupingError, "grouping operations are not allowed in %s", sc.place)
	}
	g := &tree.Grouping{Args: a.exprs(sc, e.Args, ""), Typ: plain(catalog.Int4OID)}
	owner := a.ownerOf(sc, &tree.Agg{Args: g.Args})
	owner.groupings = append(owner.groupings, g)
	owner.hasAgg = true
	if owner.grouped {
		a.settleGroupings(owner)
	}
	return a.at(g, e.Pos)
}

// settleGroupings finds the arguments of the level's GROUPINGs among what it groups by.
func (a *analyzer) settleGroupings(sc *scope) {
	sc.grouped = true
	for _, g := range sc.groupings {
		for _, x := range g.Args {
			i := slices.IndexFunc(sc.query.GroupBy, func(g tree.Expr) bool { return tree.Equal(g, x) })
			if i < 0 {
				a.fail(a.where(x), fault.GroupingError, "arguments to GROUPING must be grouping expressions of the associated query level")
			}
			g.Items = append(g.Items, i)
		}
	}
	sc.groupings = nil
}

// locate is where an expression begins in the text.
func locate(e sql.Expr) sql.Pos {
	first := func(p sql.Pos, xs ...sql.Expr) sql.Pos {
		for _, x := range xs {
			if x == nil {
				continue
			}
			if q := locate(x); q >= 0 && (p < 0 || q < p) {
				p = q
			}
		}
		return p
	}
	switch e := e.(type) {
	case *sql.ColumnRef:
		return e.Pos
	case *sql.Const:
		return e.Pos
	case *sql.Param:
		return e.Pos
	case *sql.FuncCall:
		return e.Pos
	case *sql.Op:
		return first(e.Pos, e.Left, e.Right)
	case *sql.Cast:
		return first(e.Type.Pos, e.X)
	case *sql.SubLink:
		return first(e.Pos, e.Test)
	case *sql.Case:
		return e.Pos
	case *sql.Coalesce:
		return e.Pos
	case *sql.MinMax:
		return e.Pos
	case *sql.ArrayExpr:
		return e.Pos
	case *sql.Row:
		return e.Pos
	case *sql.SQLValue:
		return e.Pos
	case *sql.Indirection:
		return first(e.Pos, e.X)
	case *sql.BoolExpr:
		return first(e.Pos, e.Args...)
	case *sql.NullTest:
		return first(e.Pos, e.X)
	case *sql.BoolTest:
		return first(e.Pos, e.X)
	case *sql.In:
		return first(e.Pos, e.X)
	case *sql.LikeExpr:
		return first(e.Pos, e.X)
	case *sql.Between:
		return first(e.Pos, e.X)
	case *sql.Quantified:
		return first(e.Pos, e.Left)
	case *sql.IsDistinct:
		return first(e.Pos, e.Left)
	case *sql.NullIf:
		return e.Pos
	case *sql.Collate:
		return first(e.Pos, e.X)
	case *sql.Grouping:
		return e.Pos
	case *sql.Default:
		return e.Pos
	case *sql.UnsupportedExpr:
		return e.Pos
	}
	return sql.NoPos
}

func locateOr(e sql.Expr, p sql.Pos) sql.Pos {
	if q := locate(e); q >= 0 {
		return q
	}
	return p
}
