package lower

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// collate is the COLLATE clause under which values of type t compare as in PostgreSQL, "" for the binary one.
func (l *lowerer) collate(t tree.Type) string {
	if c := layout.CollationOf(l.cat, t); c != "" {
		return " COLLATE " + c
	}
	return ""
}

// conditions lowers WHERE. A condition that calls a function of the project sees only rows that pass the security quals.
func (l *lowerer) conditions(q *tree.Query) []string {
	var readers []*tree.Rel
	for _, r := range q.Rels {
		if len(r.Quals) > 0 && r.Kind == tree.TableRel {
			readers = append(readers, r)
		}
	}
	where := q.Where
	if l.wide(q) {
		where = l.asIn(q, where)
	}
	return l.guarded(where, readers)
}

func (l *lowerer) guarded(e tree.Expr, readers []*tree.Rel) []string {
	parts := []tree.Expr{e}
	if b, ok := e.(*tree.Bool); ok && b.Op == sql.And && len(b.Args) <= 16 {
		parts = b.Args
	}
	var out []string
	for _, p := range parts {
		s := l.expr(p)
		if len(readers) > 0 && tree.Any(p, func(e tree.Expr) bool { c, ok := e.(*tree.Call); return ok && c.User != nil }) {
			var quals []string
			for _, r := range readers {
				quals = append(quals, l.quals(r)...)
			}
			s = "CASE WHEN " + strings.Join(quals, " AND ") + " THEN " + s + " END"
		}
		out = append(out, s)
	}
	return out
}

// expr lowers an expression. A collation that its parts compare under must not be the one that it is compared under itself: SQLite finds an explicit one in any part.
func (l *lowerer) expr(e tree.Expr) string {
	s := l.collated(e)
	if strings.Contains(s, " COLLATE ") && l.collate(e.Type()) == "" && !l.numeric(e.Type()) {
		switch e.(type) {
		case *tree.SubLink, *tree.Var:
		default:
			return "(" + s + " COLLATE BINARY)"
		}
	}
	return s
}

// numeric says whether values of type t are stored as numbers, which know no collation.
func (l *lowerer) numeric(t tree.Type) bool {
	t = l.cat.BaseType(t)
	return integer(t.OID) || float(t.OID) || t.OID == catalog.BoolOID
}

func (l *lowerer) collated(e tree.Expr) string {
	if inner := trivialQuery(e); inner != nil {
		e = inner
	}
	if l.lazy == 0 && worthBinding(e) && l.bindable(e) && !(l.late && Stable(e)) {
		return l.bind(Bind{Kind: ExprBind, Expr: e})
	}
	switch e := e.(type) {
	case *tree.Const:
		return l.constant(e.Value)
	case *tree.Param:
		switch {
		case e.Number > 0:
			return l.bind(Bind{Kind: ExprBind, Expr: e})
		case e.Number == 0 && len(l.elem) > 0:
			return l.elem[len(l.elem)-1]
		}
		return l.fail(fault.New(fault.Internal, "lower: parameter %d outside its loop", e.Number))
	case *tree.Session:
		return l.expr(e.X)
	case *tree.Var:
		if ref := l.rels[e.Rel]; ref != nil {
			return l.relColumn(ref, e.Rel, e.Col)
		}
		return l.bind(Bind{Kind: ExprBind, Expr: e})
	case *tree.WholeRow:
		return l.wholeRow(e)
	case *tree.Relabel:
		return l.expr(e.X)
	case *tree.Collate:
		return l.expr(e.X)
	case *tree.Call:
		return l.call(e)
	case *tree.Bool:
		return l.boolean(e)
	case *tree.NullTest:
		return l.nullTest(e)
	case *tree.BoolTest:
		word := map[sql.TruthValue]string{sql.IsTrue: "TRUE", sql.IsFalse: "FALSE", sql.IsUnknown: "NULL"}[e.Value]
		if e.Not {
			word = "NOT " + word
		}
		return "(" + l.expr(e.X) + " IS " + word + ")"
	case *tree.Distinct:
		if plainEqual(e.Eq) {
			op := " IS NOT "
			if e.Not {
				op = " IS "
			}
			return "(" + l.expr(e.Eq.Args[0]) + l.collate(e.Eq.Args[0].Type()) + op + l.expr(e.Eq.Args[1]) + ")"
		}
	case *tree.NullIf:
		if plainEqual(e.Eq) && !isVolatile(e.X) {
			return "CASE WHEN " + l.call(e.Eq) + " THEN NULL ELSE " + l.expr(e.X) + " END"
		}
	case *tree.Case:
		if e.Arg == nil || !isVolatile(e.Arg) {
			return l.cases(e)
		}
	case *tree.CaseArg:
		if n := len(l.caseArg); n > 0 {
			return l.caseArg[n-1]
		}
	case *tree.Coalesce:
		if len(e.Args) == 1 {
			return l.expr(e.Args[0])
		}
		var b strings.Builder
		b.WriteString("coalesce(")
		for i, a := range e.Args {
			if i == 1 {
				l.lazy++
			}
			b.WriteString(sep(i, "") + l.expr(a))
		}
		l.lazy--
		return b.String() + ")"
	case *tree.In:
		if plainEqual(e.Eq) {
			return l.in(e)
		}
		if l.needsSQL(e) {
			return l.expr(inAsBool(e))
		}
	case *tree.Quantified:
		return l.quantified(e)
	case *tree.SubLink:
		return l.subLink(e)
	case *tree.SubCol:
		if n := len(l.subCol); n > 0 {
			return l.subCol[n-1] + column(e.Col)
		}
	case *tree.Agg:
		return l.aggregate(e)
	case *tree.WindowCall:
		return l.windowCall(e)
	case *tree.Grouping:
		return "0" // without grouping sets everything is grouped
	case *tree.RowCompare:
		if s, ok := l.rowCompare(e); ok {
			return s
		}
	case *tree.IOCast:
		if from := e.X.Type().OID; (e.Typ.OID == catalog.TextOID || e.Typ.OID == catalog.VarcharOID) && (from == catalog.Int4OID || from == catalog.Int8OID || from == catalog.Int2OID) {
			return "CAST(" + l.expr(e.X) + " AS TEXT)"
		}
	case *tree.FieldOf:
		switch x := e.X.(type) {
		case *tree.WholeRow:
			if e.Index < len(x.Rel.Columns) {
				return l.expr(&tree.Var{Rel: x.Rel, Col: e.Index, Typ: e.Typ})
			}
		case *tree.SubLink:
			// (a, b) = (select …): each column is a sub-query of its own.
			if targets := visible(x.Query); x.Kind == sql.ScalarQ && len(targets) > 1 && x.Query.SetOp == sql.NoSetOp && x.Query.Values == nil {
				q := *x.Query
				q.Targets = []tree.Target{targets[e.Index]}
				return l.subLink(&tree.SubLink{Kind: sql.ScalarQ, Query: &q, Typ: e.Typ})
			}
		}
	case *tree.SetDefault:
		return l.fail(fault.New(fault.SyntaxError, "DEFAULT is not allowed in this context"))
	case *tree.Refusal:
		return l.fail(e.Err)
	}
	return l.fragment(e)
}

// trivialQuery is the expression of a scalar sub-query that only wraps it, as (select auth.uid()) does; nil for others.
func trivialQuery(e tree.Expr) tree.Expr {
	s, ok := e.(*tree.SubLink)
	if !ok || s.Kind != sql.ScalarQ {
		return nil
	}
	q := s.Query
	if q.Command != tree.Select || len(q.From) > 0 || len(q.CTEs) > 0 || q.Where != nil || q.Aggregated || q.Having != nil || q.Limit != nil || q.Offset != nil ||
		q.SetOp != sql.NoSetOp || q.Values != nil || len(q.Targets) != 1 || tree.Any(q.Targets[0].Expr, returnsSet) || hasWindow(q) {
		return nil
	}
	if inner := trivialQuery(q.Targets[0].Expr); inner != nil {
		return inner
	}
	return q.Targets[0].Expr
}

// worthBinding is false for what is bound or written directly anyway.
func worthBinding(e tree.Expr) bool {
	switch e := e.(type) {
	case *tree.Const, *tree.Param, *tree.Var, *tree.CaseArg, *tree.SubCol, *tree.SetDefault, *tree.Refusal:
		return false
	case *tree.Relabel:
		return worthBinding(e.X)
	case *tree.Collate:
		return worthBinding(e.X)
	}
	return true
}

// Stable says whether e depends on the session or the time: PostgreSQL does not compute it while it plans, so that its errors come only where a row needs it.
func Stable(e tree.Expr) bool {
	return tree.Any(e, func(e tree.Expr) bool {
		switch e := e.(type) {
		case *tree.Call:
			return e.Fn != nil && e.Fn.Volatility == 's' || e.User != nil && e.User.Volatility == 's'
		case *tree.IOCast:
			return value.IsDateTime(e.X.Type().OID) || value.IsDateTime(e.Typ.OID)
		case *tree.Session:
			return true
		}
		return false
	})
}

// bindable says whether e can be computed before the statement runs: nothing in it depends on the statement's rows, and it gives the same
// value however often it is computed.
func (l *lowerer) bindable(e tree.Expr) bool {
	loops := 0
	var ok func(e tree.Expr) bool
	ok = func(e tree.Expr) bool {
		good := true
		tree.Walk(e, func(e tree.Expr) bool {
			if !good {
				return false
			}
			switch x := e.(type) {
			case *tree.Var:
				good = l.rels[x.Rel] == nil && l.given(x.Rel)
			case *tree.WholeRow:
				good = l.rels[x.Rel] == nil && l.given(x.Rel)
			case *tree.Param:
				good = x.Number > 0 || x.Number == 0 && loops > 0
			case *tree.Case:
				if x.Arg == nil {
					return true
				}
				good = ok(x.Arg)
				loops++
				for _, w := range x.Whens {
					good = good && ok(w.Cond) && ok(w.Result)
				}
				good = good && ok(x.Else)
				loops--
				return false
			case *tree.SetElement:
				good = ok(x.X)
				for _, i := range x.Index {
					good = good && (i == nil || ok(i))
				}
				loops++
				good = good && ok(x.Value)
				loops--
				return false
			case *tree.SetFields:
				good = ok(x.X)
				loops++
				for _, s := range x.Sets {
					good = good && ok(s.Value)
				}
				loops--
				return false
			case *tree.CaseArg:
				good = loops > 0
			case *tree.Quantified, *tree.In, *tree.ArrayCast:
				if loops == 0 {
					loops++
					good = ok(e)
					loops--
					return false
				}
			case *tree.SubLink:
				if inner := trivialQuery(x); inner != nil {
					good = ok(inner)
					return false
				}
				good = false
			case *tree.Agg, *tree.WindowCall, *tree.Grouping, *tree.SubCol, *tree.SetDefault, *tree.Refusal:
				good = false
			case *tree.DomainCheck:
				good = false // a value that its domain does not take is an error for a row, not for the statement
			case *tree.Call:
				good = !volatileCall(x) && !returnsSet(x)
			}
			return good
		})
		return good
	}
	return ok(e)
}

// given says whether the row of a Rel that this statement does not read comes from outside.
func (l *lowerer) given(r *tree.Rel) bool { return true }

func (l *lowerer) boolean(e *tree.Bool) string {
	if e.Op == sql.Not {
		return "(NOT " + l.expr(e.Args[0]) + ")"
	}
	word := " AND "
	if e.Op == sql.Or {
		word = " OR "
	}
	parts := make([]string, len(e.Args))
	for i, a := range e.Args {
		parts[i] = l.expr(a)
	}
	return balanced(parts, word)
}

// balanced joins the parts of a long AND or OR as a balanced tree: SQLite's parser would make a list of them, whose depth is limited, as is the
// stack that walks it.
func balanced(parts []string, word string) string {
	if len(parts) <= 16 {
		return "(" + strings.Join(parts, word) + ")"
	}
	half := len(parts) / 2
	return "(" + balanced(parts[:half], word) + word + balanced(parts[half:], word) + ")"
}

func (l *lowerer) nullTest(e *tree.NullTest) string {
	not := ""
	if e.Not {
		not = "NOT "
	}
	if !e.Row {
		if w, ok := e.X.(*tree.WholeRow); ok {
			return "(" + l.wholeRow(w) + " IS " + not + "NULL)"
		}
		return "(" + l.expr(e.X) + " IS " + not + "NULL)"
	}
	var fields []string
	switch x := e.X.(type) {
	case *tree.WholeRow:
		if l.rels[x.Rel] == nil {
			return l.fragment(e)
		}
		for i, c := range x.Rel.Columns {
			if i < len(x.Rel.Columns) {
				fields = append(fields, l.expr(&tree.Var{Rel: x.Rel, Col: i, Typ: c.Type}))
			}
		}
	case *tree.Row:
		for _, a := range x.Args {
			fields = append(fields, l.expr(a))
		}
	default:
		return l.fragment(e)
	}
	if len(fields) == 0 {
		return "1"
	}
	return "(" + strings.Join(fields, " IS "+not+"NULL AND ") + " IS " + not + "NULL)"
}

func (l *lowerer) cases(e *tree.Case) string {
	var b strings.Builder
	b.WriteString("CASE")
	if e.Arg != nil {
		l.caseArg = append(l.caseArg, l.expr(e.Arg))
	}
	for i, w := range e.Whens {
		if i == 1 {
			l.lazy++ // only the first condition is sure to be computed
		}
		b.WriteString(" WHEN " + l.expr(w.Cond))
		l.lazy++
		b.WriteString(" THEN " + l.expr(w.Result))
		l.lazy--
	}
	if len(e.Whens) < 2 {
		l.lazy++
	}
	b.WriteString(" ELSE " + l.expr(e.Else))
	l.lazy--
	if e.Arg != nil {
		l.caseArg = l.caseArg[:len(l.caseArg)-1]
	}
	return b.String() + " END"
}

// in lowers x IN (list) where equality is SQLite's.
func (l *lowerer) in(e *tree.In) string {
	var b strings.Builder
	b.WriteString("(" + l.expr(e.X) + l.collate(e.X.Type()))
	if e.Not {
		b.WriteString(" NOT")
	}
	b.WriteString(" IN (")
	for i, x := range e.List {
		b.WriteString(sep(i, "") + l.expr(x))
	}
	return b.String() + "))"
}

// inAsBool writes IN as a chain of comparisons.
func inAsBool(e *tree.In) tree.Expr {
	or := &tree.Bool{Op: sql.Or}
	for _, x := range e.List {
		or.Args = append(or.Args, withElement(e.Eq, x))
	}
	var out tree.Expr = or
	if len(or.Args) == 1 {
		out = or.Args[0]
	}
	if e.Not {
		out = &tree.Bool{Op: sql.Not, Args: []tree.Expr{out}}
	}
	return out
}

// withElement puts x in the place of the element, Param 0.
func withElement(e tree.Expr, x tree.Expr) tree.Expr {
	return tree.Rewrite(e, func(e tree.Expr) (tree.Expr, bool) {
		if p, ok := e.(*tree.Param); ok && p.Number == 0 {
			return x, true
		}
		return nil, false
	})
}

// elements is a SELECT of the elements of an array, as "v". A NULL array yields one NULL, which makes strict comparisons with it NULL.
func (l *lowerer) elements(array tree.Expr) string {
	a := l.expr(array)
	elem := l.elemType(array.Type())
	if jsonPlain[l.cat.BaseType(tree.Type{OID: elem, Mod: -1}).OID] {
		return `SELECT value AS "v" FROM json_each(coalesce(` + a + `, '[null]'))`
	}
	k := l.fragmentBind(Fragment{Kind: SetFragment, Rel: nil, Calls: []tree.FuncCallRel{{Call: elementsOf(array.Type(), elem), Count: 1, Scalar: true}}})
	return `SELECT "c1" AS "v" FROM pg_set(` + k + ", " + a + ")"
}

// jsonPlain are the types whose elements json_each gives in their stored form.
var jsonPlain = map[catalog.OID]bool{
	catalog.BoolOID: true, catalog.Int2OID: true, catalog.Int4OID: true, catalog.Int8OID: true, catalog.OIDOID: true, catalog.TextOID: true, catalog.VarcharOID: true,
	catalog.NameOID: true, catalog.UUIDOID: true, catalog.DateOID: true, catalog.TimestampOID: true, catalog.TimestamptzOID: true, catalog.BpcharOID: true, catalog.CitextOID: true,
}

func (l *lowerer) elemType(t tree.Type) catalog.OID {
	if ty := l.cat.Type(l.cat.BaseType(t).OID); ty != nil {
		return ty.Elem
	}
	return 0
}

func (l *lowerer) quantified(e *tree.Quantified) string {
	x := e.Op.Args[0]
	el, isElem := e.Op.Args[1].(*tree.Param)
	plain := isElem && el.Number == 0
	if list, ok := e.Array.(*tree.Array); ok && !list.Multi && plainEqual(e.Op) && plain && !e.All {
		return l.in(&tree.In{Eq: e.Op, X: x, List: list.Elems})
	}
	if plain && !e.All && plainEqual(e.Op) {
		return "(" + l.expr(x) + l.collate(x.Type()) + " IN (" + l.elements(e.Array) + "))"
	}
	if plain && e.All && plainNotEqual(e.Op) {
		return "(" + l.expr(x) + l.collate(x.Type()) + " NOT IN (" + l.elements(e.Array) + "))"
	}
	if !l.needsSQL(e) {
		return l.fragment(e)
	}
	l.elem = append(l.elem, `"v"`)
	l.lazy++
	test := l.call(e.Op)
	l.lazy--
	l.elem = l.elem[:len(l.elem)-1]
	return quantify(e.All, test, l.elements(e.Array))
}

// quantify folds a test over rows with three-valued ANY or ALL.
func quantify(all bool, test, rows string) string {
	if all {
		return `(SELECT CASE WHEN min("b") = 0 THEN 0 WHEN count(*) > count("b") THEN NULL ELSE 1 END FROM (SELECT ` + test + ` AS "b" FROM (` + rows + `)))`
	}
	return `(SELECT CASE WHEN max("b") THEN 1 WHEN count(*) > count("b") THEN NULL ELSE 0 END FROM (SELECT ` + test + ` AS "b" FROM (` + rows + `)))`
}

func (l *lowerer) rowCompare(e *tree.RowCompare) (string, bool) {
	var left, right []string
	for i, eq := range e.Eq {
		if !plainEqual(eq) || !nativeCompare(e.Lt[i]) {
			return "", false
		}
		left = append(left, l.expr(eq.Args[0])+l.collate(eq.Args[0].Type()))
		right = append(right, l.expr(eq.Args[1]))
	}
	return "((" + strings.Join(left, ", ") + ") " + e.Op + " (" + strings.Join(right, ", ") + "))", true
}

// wholeRow makes a composite of a Rel's columns; NULL where an outer join found no row.
func (l *lowerer) wholeRow(e *tree.WholeRow) string {
	ref := l.rels[e.Rel]
	if ref == nil {
		return l.bind(Bind{Kind: ExprBind, Expr: e})
	}
	if e.Typ.OID != catalog.RecordOID && len(e.Rel.Columns) == 1 && e.Rel.Columns[0].Type.OID == e.Typ.OID {
		return l.relColumn(ref, e.Rel, 0) // the value of a scalar function
	}
	row := rowOf(e)
	s := l.fragment(row)
	if ref.nullable {
		if ref.table != nil {
			return "CASE WHEN " + quote(ref.alias) + `."ctid" IS NOT NULL THEN ` + s + " END"
		}
		var all []string
		for i := range e.Rel.Columns {
			all = append(all, l.relColumn(ref, e.Rel, i))
		}
		if len(all) == 1 {
			return "CASE WHEN " + all[0] + " IS NOT NULL THEN " + s + " END"
		}
		return "CASE WHEN coalesce(" + strings.Join(all, ", ") + ") IS NOT NULL THEN " + s + " END"
	}
	return s
}

// rowOf writes a whole row as ROW of its columns.
func rowOf(e *tree.WholeRow) *tree.Row {
	row := &tree.Row{Typ: e.Typ}
	n := len(e.Rel.Columns)
	if e.Rel.Kind == tree.TableRel && e.Rel.Table != nil {
		n = min(n, len(e.Rel.Table.Columns)) // without system columns
	}
	for i, c := range e.Rel.Columns[:n] {
		row.Args = append(row.Args, &tree.Var{Rel: e.Rel, Col: i, Typ: c.Type})
		row.Names = append(row.Names, c.Name)
	}
	return row
}

// ---- sub-queries ----

func (l *lowerer) subLink(e *tree.SubLink) string {
	switch e.Kind {
	case sql.Exists:
		return "EXISTS (" + l.query(e.Query, false) + ")"
	case sql.ScalarQ:
		q := l.query(e.Query, false)
		if atMostOne(e.Query) {
			return "(" + q + ")"
		}
		return "(SELECT pg_one(c1) FROM (" + q + "))"
	case sql.ArrayQ:
		elem := visible(e.Query)[0].Expr
		var t tree.Type
		if elem != nil {
			t = elem.Type()
		} else {
			t = targetType(e.Query, 0, visible(e.Query)[0])
		}
		k := l.fragmentBind(Fragment{Kind: AggFragment, Agg: arrayAgg(t, e.Typ), AggArgs: []tree.Expr{ArgParam(0, t)}})
		return "coalesce((SELECT pg_agg(" + k + ", c1) FROM (" + l.query(e.Query, false) + ")), '[]')"
	}
	// x op ANY|ALL (select …)
	native := true
	var left []string
	for i, t := range e.Tests {
		c, ok := t.(*tree.Call)
		if !ok || !plainEqual(c) && !(e.Kind == sql.AllQ && plainNotEqual(c)) || len(c.Args) != 2 {
			native = false
			break
		}
		if e.Kind == sql.AllQ && (!plainNotEqual(c) || len(e.Tests) > 1) || e.Kind == sql.AnyQ && !plainEqual(c) {
			native = false
			break
		}
		sc, ok := c.Args[1].(*tree.SubCol)
		if !ok || sc.Col != i {
			native = false
			break
		}
		left = append(left, l.expr(c.Args[0])+l.collate(c.Args[0].Type()))
	}
	rows := l.query(e.Query, false)
	if native && len(left) == len(visible(e.Query)) {
		word := " IN ("
		if e.Kind == sql.AllQ {
			word = " NOT IN ("
		}
		x := strings.Join(left, ", ")
		if len(left) > 1 {
			x = "(" + x + ")"
		}
		switch {
		case !e.Row:
			return "(" + x + word + rows + "))"
		case atMostOne(e.Query):
			return "(" + x + " = (" + rows + "))"
		}
	}
	alias := l.name("s")
	l.subCol = append(l.subCol, quote(alias)+".")
	l.lazy++
	var tests []string
	for _, t := range e.Tests {
		tests = append(tests, l.expr(t))
	}
	l.lazy--
	l.subCol = l.subCol[:len(l.subCol)-1]
	test := strings.Join(tests, " AND ")
	body := `SELECT (` + test + `) AS "b" FROM (` + rows + ") AS " + quote(alias)
	switch {
	case e.Row && atMostOne(e.Query):
		return "(" + body + ")"
	case e.Row:
		return `(SELECT pg_one("b") FROM (` + body + "))"
	}
	if e.Kind == sql.AllQ {
		return `(SELECT CASE WHEN min("b") = 0 THEN 0 WHEN count(*) > count("b") THEN NULL ELSE 1 END FROM (` + body + "))"
	}
	return `(SELECT CASE WHEN max("b") THEN 1 WHEN count(*) > count("b") THEN NULL ELSE 0 END FROM (` + body + "))"
}

// atMostOne says whether a query surely yields no second row.
func atMostOne(q *tree.Query) bool {
	if q.SetOp != sql.NoSetOp {
		return false
	}
	if q.Values != nil {
		return len(q.Values) <= 1
	}
	for _, t := range q.Targets {
		if tree.Any(t.Expr, returnsSet) {
			return false
		}
	}
	if len(q.From) == 0 || q.Aggregated && len(q.GroupBy) == 0 && q.GroupingSets == nil {
		return true
	}
	if c, ok := q.Limit.(*tree.Const); ok && !c.Value.IsNull() && c.Value.Int64() <= 1 && !q.WithTies {
		return true
	}
	if len(q.From) == 1 {
		if it, ok := q.From[0].(*tree.RelItem); ok && it.Rel.Kind == tree.TableRel {
			return keyFixed(it.Rel, q.Where)
		}
		if it, ok := q.From[0].(*tree.RelItem); ok && it.Rel.Kind == tree.SubqueryRel {
			return atMostOne(it.Rel.Query)
		}
	}
	return false
}

// keyFixed says whether where equates every column of a unique key of r's table with something outside r.
func keyFixed(r *tree.Rel, where tree.Expr) bool {
	fixed := map[string]bool{}
	parts := []tree.Expr{where}
	if b, ok := where.(*tree.Bool); ok && b.Op == sql.And {
		parts = b.Args
	}
	for _, p := range append(parts, r.Quals...) {
		c, ok := p.(*tree.Call)
		if !ok || !plainEqual(c) {
			continue
		}
		for i := range 2 {
			v, ok := stripRelabel(c.Args[i]).(*tree.Var)
			if ok && v.Rel == r && v.Col >= 0 && v.Col < len(r.Table.Columns) && !uses(c.Args[1-i], r) {
				fixed[r.Table.Columns[v.Col].Name] = true
			}
		}
	}
	for _, ix := range r.Table.Indexes {
		if !ix.Unique || ix.Where != nil || ix.Deferrable {
			continue
		}
		all := len(ix.Keys) > 0
		for _, k := range ix.Keys {
			all = all && k.Expr == nil && fixed[k.Column]
		}
		if all {
			return true
		}
	}
	return false
}

func stripRelabel(e tree.Expr) tree.Expr {
	for {
		r, ok := e.(*tree.Relabel)
		if !ok {
			return e
		}
		e = r.X
	}
}

func uses(e tree.Expr, r *tree.Rel) bool {
	found := false
	see := func(e tree.Expr) bool {
		switch e := e.(type) {
		case *tree.Var:
			found = found || e.Rel == r
		case *tree.WholeRow:
			found = found || e.Rel == r
		}
		return !found
	}
	tree.Walk(e, see)
	tree.EachSubQuery(e, func(q *tree.Query) { tree.WalkQuery(q, see) })
	return found
}

// ---- aggregates and windows ----

func (l *lowerer) aggregate(a *tree.Agg) string {
	lazy := l.lazy
	l.lazy = 0
	defer func() { l.lazy = lazy }()
	var s, empty string
	var args []string
	if len(a.Args) == 1 && len(a.OrderBy)+len(a.Direct) == 0 {
		args = []string{l.expr(a.Args[0]) + l.collate(a.Args[0].Type())}
	}
	native := nativeAgg(a, args)
	if a.Star {
		native = "count(*)"
	}
	switch {
	case a.Over != nil && (native == "" || !l.nativeWindow(a.Over)):
		return l.ownWindow(Fragment{Kind: WindowFragment, Agg: a}, a.Args, a.Filter, a.Over)
	case native != "":
		s = native
	default:
		takes := append([]tree.Expr(nil), a.Args...)
		for _, k := range a.OrderBy {
			takes = append(takes, k.Expr)
		}
		takes = append(takes, a.Direct...)
		var leaves []tree.Expr
		for i, x := range takes {
			takes[i] = l.cutArgument(x, &leaves)
		}
		s = "pg_agg(" + l.fragmentBind(Fragment{Kind: AggFragment, Agg: a, AggArgs: takes}) + l.list(leaves) + ")"
		if d := emptyResult(a); !d.IsNull() {
			empty = l.constant(d)
		}
	}
	if a.Own != nil { // what it gives for no rows is not NULL
		filter := ""
		if a.Filter != nil {
			filter = " FILTER (WHERE " + l.expr(a.Filter) + ")"
		}
		none := tree.Map(a.Own.Final, func(x tree.Expr) tree.Expr {
			if p, ok := x.(*tree.Param); ok && p.Number == -1 {
				return a.Own.Init
			}
			return x
		})
		return "CASE WHEN count(*)" + filter + " = 0 THEN " + l.expr(none) + " ELSE " + s + filter + " END"
	}
	if a.Filter != nil {
		s += " FILTER (WHERE " + l.expr(a.Filter) + ")"
	}
	if a.Over != nil {
		s += " OVER " + l.window(a.Over, true)
	}
	if empty != "" {
		return "coalesce(" + s + ", " + empty + ")"
	}
	return s
}

// list writes further arguments of a function.
func (l *lowerer) list(args []tree.Expr) string {
	var b strings.Builder
	for _, x := range args {
		b.WriteString(", " + l.expr(x))
	}
	return b.String()
}

// ---- fragments ----

// needsSQL says whether a part of e can only be computed in SQL.
func (l *lowerer) needsSQL(e tree.Expr) bool {
	return tree.Any(e, func(e tree.Expr) bool {
		switch e.(type) {
		case *tree.SubLink, *tree.Agg, *tree.WindowCall:
			return true
		}
		return false
	})
}

// fragment lowers e to a call back into Go.
func (l *lowerer) fragment(e tree.Expr) string {
	var args []tree.Expr
	body := l.cutArgs(e, &args)
	f := Fragment{Kind: ScalarFragment, Expr: body, Volatile: isVolatile(body)}
	var b strings.Builder
	if f.Volatile {
		b.WriteString("pg_v(")
	} else {
		b.WriteString("pg_x(")
	}
	b.WriteString(l.fragmentBind(f))
	if len(args) > maxFunctionArgs {
		return l.fail(fault.New(fault.StatementTooComplex, "an expression uses too many values").WithHint("Split it."))
	}
	for _, a := range args {
		b.WriteString(", " + l.expr(a))
	}
	return b.String() + ")"
}

// maxFunctionArgs is below SQLite's limit of arguments of a function.
const maxFunctionArgs = 900

// cutArgs replaces the parts of e that SQL computes (columns, sub-queries, aggregates) by parameters -1, -2 … and appends those parts to args.
func (l *lowerer) cutArgs(e tree.Expr, args *[]tree.Expr) tree.Expr {
	leaf := func(x tree.Expr) (tree.Expr, bool) {
		for i, a := range *args {
			if tree.Equal(a, x) {
				return ArgParam(i, x.Type()), true
			}
		}
		*args = append(*args, x)
		return ArgParam(len(*args)-1, x.Type()), true
	}
	cases, loops, parts := 0, 0, 0
	branches := 0 // inside what may not be reached
	var cut func(x tree.Expr, top bool) tree.Expr
	branch := func(unsure bool, x tree.Expr) tree.Expr {
		if x == nil {
			return nil
		}
		if unsure {
			branches++
			defer func() { branches-- }()
		}
		return cut(x, false)
	}
	cut = func(x tree.Expr, top bool) tree.Expr {
		first := top
		return tree.Rewrite(x, func(x tree.Expr) (tree.Expr, bool) {
			isTop := first
			first = false
			if !isTop {
				if inner := trivialQuery(x); inner != nil {
					return cut(inner, false), true
				}
			}
			if !isTop && cases == 0 && loops == 0 && branchReads(x) {
				return leaf(x) // an argument is computed whether it is needed or not; SQL's own form computes the branch that is taken
			}
			switch n := x.(type) {
			case *tree.Const:
				return x, true
			case *tree.Param:
				if n.Number == 0 && loops == 0 {
					return leaf(x)
				}
				return x, true
			case *tree.Var, *tree.SubLink, *tree.Agg, *tree.WindowCall, *tree.Grouping, *tree.SubCol:
				return leaf(x)
			case *tree.WholeRow:
				if ref := l.rels[n.Rel]; ref != nil && !ref.nullable && ref.inline == nil {
					return cut(rowOrValue(n), false), true
				}
				return leaf(x)
			case *tree.CaseArg:
				if cases == 0 && parts == 0 {
					return leaf(x)
				}
				return x, true
			case *tree.SetElement:
				c := *n
				c.X, c.Index = cut(n.X, false), slices.Clone(n.Index)
				for i, y := range n.Index {
					c.Index[i] = branch(false, y)
				}
				parts++
				c.Value = cut(n.Value, false)
				parts--
				return &c, true
			case *tree.SetFields:
				c := *n
				c.X, c.Sets = cut(n.X, false), slices.Clone(n.Sets)
				parts++
				for i := range c.Sets {
					c.Sets[i].Value = cut(c.Sets[i].Value, false)
				}
				parts--
				return &c, true
			case *tree.Case:
				c := *n
				if n.Arg == nil {
					c.Whens = nil
					for i, w := range n.Whens {
						w.Cond = branch(i > 0, w.Cond)
						w.Result = branch(true, w.Result)
						c.Whens = append(c.Whens, w)
					}
					c.Else = branch(true, n.Else)
					return &c, true
				}
				c.Arg = cut(n.Arg, false)
				cases++
				c.Whens = nil
				for _, w := range n.Whens {
					c.Whens = append(c.Whens, tree.When{Cond: cut(w.Cond, false), Result: cut(w.Result, false)})
				}
				c.Else = cut(n.Else, false)
				cases--
				return &c, true
			case *tree.Coalesce:
				c := *n
				c.Args = nil
				for i, y := range n.Args {
					c.Args = append(c.Args, branch(i > 0, y))
				}
				return &c, true
			case *tree.Quantified:
				c := *n
				loops++
				c.Op = cut(n.Op, true).(*tree.Call)
				loops--
				c.Array = cut(n.Array, false)
				return &c, true
			case *tree.In:
				c := *n
				loops++
				c.Eq = cut(n.Eq, true).(*tree.Call)
				loops--
				c.X = cut(n.X, false)
				c.List = nil
				for _, y := range n.List {
					c.List = append(c.List, cut(y, false))
				}
				return &c, true
			case *tree.ArrayCast:
				c := *n
				c.X = cut(n.X, false)
				loops++
				c.Elem = cut(n.Elem, false)
				loops--
				return &c, true
			case *tree.Call:
				if returnsSet(n) && !isTop {
					l.fail(fault.New(fault.FeatureNotSupported, "set-valued function called in context that cannot accept a set"))
				}
			case *tree.FieldOf:
				if s, ok := n.X.(*tree.SubLink); ok && s.Kind == sql.ScalarQ && len(visible(s.Query)) > 1 {
					return leaf(x)
				}
				if w, ok := n.X.(*tree.WholeRow); ok && n.Index < len(w.Rel.Columns) && l.rels[w.Rel] != nil {
					return leaf(&tree.Var{Rel: w.Rel, Col: n.Index, Typ: n.Typ})
				}
			}
			if !isTop && l.lazy == 0 && branches == 0 && cases == 0 && loops == 0 && worthBinding(x) && l.bindable(x) && tree.Any(x, isCall) && !(l.late && Stable(x)) {
				return leaf(x) // computed once, not for each row
			}
			return nil, false
		})
	}
	return cut(e, true)
}

// branchReads says whether e chooses between expressions and one that may not be reached has a sub-query.
func branchReads(e tree.Expr) bool {
	var branches []tree.Expr
	switch e := e.(type) {
	case *tree.Case:
		for i, w := range e.Whens {
			if branches = append(branches, w.Result); i > 0 {
				branches = append(branches, w.Cond)
			}
		}
		branches = append(branches, e.Else)
	case *tree.Coalesce:
		branches = e.Args[1:]
	case *tree.Bool:
		branches = e.Args[1:]
	}
	return slices.ContainsFunc(branches, func(x tree.Expr) bool {
		return tree.Any(x, func(x tree.Expr) bool { _, ok := x.(*tree.SubLink); return ok })
	})
}

// cutArgument is cutArgs for an argument of an aggregate: what SQL computes stays there, the rest is computed by the aggregate itself, which
// saves a call for each row.
func (l *lowerer) cutArgument(e tree.Expr, leaves *[]tree.Expr) tree.Expr {
	switch x := e.(type) {
	case *tree.Row, *tree.IOCast, *tree.Array:
		return l.cutArgs(e, leaves)
	case *tree.WholeRow:
		if ref := l.rels[x.Rel]; ref != nil && !ref.nullable && ref.inline == nil {
			return l.cutArgs(rowOrValue(x), leaves)
		}
	case *tree.Call:
		if x.Fn != nil && x.Fn.SQLite == "" && comparison(x) == "" && !isVolatile(x) {
			return l.cutArgs(e, leaves)
		}
	}
	for i, y := range *leaves {
		if tree.Equal(y, e) {
			return ArgParam(i, e.Type())
		}
	}
	*leaves = append(*leaves, e)
	return ArgParam(len(*leaves)-1, e.Type())
}

func isCall(e tree.Expr) bool { _, ok := e.(*tree.Call); return ok }

// rowOrValue is what a whole row stands for: its only value for a scalar function, otherwise ROW of its columns.
func rowOrValue(e *tree.WholeRow) tree.Expr {
	if e.Typ.OID != catalog.RecordOID && len(e.Rel.Columns) == 1 && e.Rel.Columns[0].Type.OID == e.Typ.OID {
		return &tree.Var{Rel: e.Rel, Col: 0, Typ: e.Typ}
	}
	return rowOf(e)
}
