package sql

import (
	"fmt"
	"strconv"
	"strings"
)

// The binding strengths of PostgreSQL's grammar, weakest first.
const (
	precLowest = iota
	precOr
	precAnd
	precNot
	precIs
	precCompare
	precLike // BETWEEN, IN, LIKE
	precOp   // any operator not named here
	precAdd
	precMul
	precPower
	precAt
	precCollate
	precUnary
	precSubscript
	precCast
	precPrimary
)

// printer writes PostgreSQL text. Methods that take a minimal strength put parentheses around what binds less.
type printer struct {
	strings.Builder
	pretty bool // clauses on lines of their own: true for the outermost query only
}

func (p *printer) put(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

// list writes n items with commas between.
func (p *printer) list(n int, item func(int)) {
	for i := range n {
		if i > 0 {
			p.put(", ")
		}
		item(i)
	}
}

func (p *printer) exprs(es []Expr) { p.list(len(es), func(i int) { p.expr(es[i], precLowest) }) }

func (p *printer) idents(names []string) {
	p.list(len(names), func(i int) { p.put(QuoteIdent(names[i])) })
}

func (p *printer) name(n Name) {
	if n.Schema != "" {
		p.put(QuoteIdent(n.Schema), ".")
	}
	p.put(QuoteIdent(n.Name))
}

// funcName is a function's name: some keywords may stand there unquoted.
func (p *printer) funcName(n Name) {
	if n.Schema == "" && typeFuncWords[n.Name] {
		p.put(n.Name)
		return
	}
	p.name(n)
}

func opPrec(o *Op) int {
	if o.Left == nil {
		if o.Schema == "" && (o.Name == "-" || o.Name == "+") {
			return precUnary
		}
		return precOp
	}
	if o.Schema != "" {
		return precOp
	}
	switch o.Name {
	case "<", ">", "=", "<=", ">=", "<>", "!=":
		return precCompare
	case "+", "-":
		return precAdd
	case "*", "/", "%":
		return precMul
	case "^":
		return precPower
	}
	return precOp
}

// prec is how strongly e's printed form binds.
func prec(e Expr) int {
	switch e := e.(type) {
	case *Const:
		if strings.HasPrefix(e.Text, "-") && (e.Kind == IntConst || e.Kind == FloatConst) {
			return precUnary
		}
	case *Cast:
		return precCast
	case *Op:
		return opPrec(e)
	case *Quantified:
		return quantifiedPrec(e.Schema, e.Op)
	case *IsDistinct, *NullTest, *BoolTest:
		return precIs
	case *In, *LikeExpr, *Between:
		return precLike
	case *BoolExpr:
		switch e.Op {
		case And:
			return precAnd
		case Or:
			return precOr
		}
		return precNot
	case *SubLink:
		switch {
		case e.Kind == AnyQ && isIn(e):
			return precLike
		case e.Kind == AnyQ || e.Kind == AllQ:
			return quantifiedPrec(e.OpSchema, e.Op)
		}
	case *Collate:
		return precCollate
	case *FuncCall:
		if e.SQLSyntax && syntaxForm(e) != "" {
			switch e.Name.Name {
			case "timezone":
				return precAt
			case "is_normalized":
				return precIs
			case "overlaps":
				return precCompare
			}
		}
	case *UnsupportedExpr:
		return precPrimary
	}
	return precPrimary
}

// isIn tells x IN (select …) from x = ANY (select …), which are the same tree.
func isIn(s *SubLink) bool { return s.Op == "=" && s.OpSchema == "" }

func quantifiedPrec(schema, op string) int {
	return min(opPrec(&Op{Schema: schema, Name: op, Left: &Default{}}), precOp)
}

// expr writes e, in parentheses when it binds less than need.
func (p *printer) expr(e Expr, need int) {
	if e == nil {
		p.put("NULL")
		return
	}
	if prec(e) < need {
		p.put("(")
		p.bare(e)
		p.put(")")
		return
	}
	p.bare(e)
}

func (p *printer) not(yes bool) {
	if yes {
		p.put("NOT ")
	}
}

func (p *printer) bare(e Expr) {
	switch e := e.(type) {
	case *ColumnRef:
		for i, f := range e.Fields {
			if i > 0 {
				p.put(".", label(f))
				continue
			}
			p.put(QuoteIdent(f))
		}
		if e.Star {
			if len(e.Fields) > 0 {
				p.put(".")
			}
			p.put("*")
		}
	case *Param:
		p.put("$", strconv.Itoa(e.Number))
	case *Const:
		p.constant(e)
	case *Cast:
		p.expr(e.X, precCast)
		p.put("::")
		p.typeName(e.Type)
	case *Op:
		p.op(e)
	case *Quantified:
		p.expr(e.Left, max(quantifiedPrec(e.Schema, e.Op), precLike)+1)
		p.put(" ", operator(e.Schema, e.Op), " ")
		if e.All {
			p.put("ALL (")
		} else {
			p.put("ANY (")
		}
		if q, ok := e.Right.(*SubLink); ok && q.Kind == ScalarQ {
			p.put("(") // ANY ((select …)) is an array from a query, not ANY over a query's rows
			p.expr(e.Right, precLowest)
			p.put(")")
		} else {
			p.expr(e.Right, precLowest)
		}
		p.put(")")
	case *IsDistinct:
		p.expr(e.Left, precCompare)
		p.put(" IS ")
		p.not(e.Not)
		p.put("DISTINCT FROM ")
		p.expr(e.Right, precCompare)
	case *NullIf:
		p.put("NULLIF(")
		p.exprs([]Expr{e.Left, e.Right})
		p.put(")")
	case *In:
		p.expr(e.X, precOp)
		p.put(" ")
		p.not(e.Not)
		p.put("IN (")
		p.exprs(e.List)
		p.put(")")
	case *LikeExpr:
		p.expr(e.X, precOp)
		p.put(" ")
		p.not(e.Not)
		p.put([]string{"LIKE ", "ILIKE ", "SIMILAR TO "}[e.Kind])
		p.expr(e.Pattern, precOp)
		if e.Escape != nil {
			p.put(" ESCAPE ")
			p.expr(e.Escape, precOp)
		}
	case *Between:
		p.expr(e.X, precOp)
		p.put(" ")
		p.not(e.Not)
		p.put("BETWEEN ")
		if e.Symmetric {
			p.put("SYMMETRIC ")
		}
		p.simple(e.Lo)
		p.put(" AND ")
		p.expr(e.Hi, precOp)
	case *BoolExpr:
		p.boolExpr(e)
	case *NullTest:
		p.expr(e.X, precCompare)
		p.put(" IS ")
		p.not(e.Not)
		p.put("NULL")
	case *BoolTest:
		p.expr(e.X, precCompare)
		p.put(" IS ")
		p.not(e.Not)
		p.put([]string{"TRUE", "FALSE", "UNKNOWN"}[e.Value])
	case *Case:
		p.put("CASE")
		if e.Arg != nil {
			p.put(" ")
			p.expr(e.Arg, precLowest)
		}
		for _, w := range e.Whens {
			p.put(" WHEN ")
			p.expr(w.Cond, precLowest)
			p.put(" THEN ")
			p.expr(w.Result, precLowest)
		}
		if e.Else != nil {
			p.put(" ELSE ")
			p.expr(e.Else, precLowest)
		}
		p.put(" END")
	case *Coalesce:
		p.put("COALESCE(")
		p.exprs(e.Args)
		p.put(")")
	case *MinMax:
		if e.Least {
			p.put("LEAST(")
		} else {
			p.put("GREATEST(")
		}
		p.exprs(e.Args)
		p.put(")")
	case *FuncCall:
		p.call(e)
	case *SQLValue:
		p.put(strings.ToUpper(e.Name))
		if e.Precision >= 0 {
			fmt.Fprintf(p, "(%d)", e.Precision)
		}
	case *SubLink:
		p.subLink(e)
	case *ArrayExpr:
		p.put("ARRAY[")
		p.exprs(e.Elems)
		p.put("]")
	case *Row:
		if e.Explicit || len(e.Args) < 2 {
			p.put("ROW")
		}
		p.put("(")
		p.exprs(e.Args)
		p.put(")")
	case *Indirection:
		p.indirection(e)
	case *Collate:
		p.expr(e.X, precCollate)
		p.put(" COLLATE ")
		p.name(e.Name)
	case *Grouping:
		p.put("GROUPING(")
		p.exprs(e.Args)
		p.put(")")
	case *Default:
		p.put("DEFAULT")
	case *UnsupportedExpr:
		// There is no text for it; the comment keeps the output readable and makes it fail where it is used.
		p.put("/* unsupported: ", strings.ReplaceAll(e.Feature, "*/", ""), " */")
	default:
		panic(fmt.Sprintf("sql: expression %T has no printed form", e))
	}
}

// simple writes the lower bound of BETWEEN, where the grammar takes only a part of the expressions.
func (p *printer) simple(e Expr) {
	switch x := e.(type) {
	case *Op:
		if x.Left != nil && prec(x.Left) >= precCast && prec(x.Right) >= precCast && opPrec(x) > precCompare {
			p.bare(e)
			return
		}
		p.put("(")
		p.bare(e)
		p.put(")")
		return
	case *Const:
		p.bare(e)
		return
	}
	p.expr(e, precCast)
}

func (p *printer) constant(e *Const) {
	switch e.Kind {
	case NullConst:
		p.put("NULL")
	case StringConst:
		p.put(QuoteLiteral(e.Text))
	case BitConst:
		if len(e.Text) > 0 {
			p.put(strings.ToUpper(e.Text[:1]), "'", strings.ReplaceAll(e.Text[1:], "'", "''"), "'")
		}
	default:
		p.put(e.Text)
	}
}

func operator(schema, op string) string {
	if schema == "" {
		return op
	}
	return "OPERATOR(" + QuoteIdent(schema) + "." + op + ")"
}

func (p *printer) op(e *Op) {
	own := opPrec(e)
	if e.Left == nil {
		p.put(operator(e.Schema, e.Name))
		if own != precUnary || startsWithOp(e.Right) {
			p.put(" ")
		}
		if own == precUnary {
			// -(1) would be read as the constant -1.
			if k, ok := e.Right.(*Const); ok && e.Name == "-" && (k.Kind == IntConst || k.Kind == FloatConst) {
				p.put("(")
				p.bare(k)
				p.put(")")
				return
			}
			p.expr(e.Right, precUnary)
			return
		}
		p.expr(e.Right, precOp)
		return
	}
	left := own
	if own == precCompare {
		left++ // comparisons do not chain
	}
	p.expr(e.Left, left)
	p.put(" ", operator(e.Schema, e.Name), " ")
	p.expr(e.Right, own+1)
}

func startsWithOp(e Expr) bool {
	switch e := e.(type) {
	case *Op:
		return e.Left == nil
	case *Const:
		return strings.HasPrefix(e.Text, "-") && e.Kind != StringConst
	}
	return false
}

func (p *printer) boolExpr(e *BoolExpr) {
	if e.Op == Not {
		p.put("NOT ")
		if len(e.Args) > 0 {
			p.expr(e.Args[0], precNot)
		}
		return
	}
	word, own := " AND ", precAnd
	if e.Op == Or {
		word, own = " OR ", precOr
	}
	for i, a := range e.Args {
		need := own + 1
		if i > 0 {
			p.put(word)
		} else {
			need = own // the grammar flattens at the left
		}
		p.expr(a, need)
	}
}

func (p *printer) subLink(e *SubLink) {
	switch e.Kind {
	case Exists:
		p.put("EXISTS ")
	case ArrayQ:
		p.put("ARRAY")
	case AnyQ, AllQ:
		if e.Kind == AnyQ && isIn(e) {
			p.expr(e.Test, precOp)
			p.put(" IN ")
			break
		}
		p.expr(e.Test, max(quantifiedPrec(e.OpSchema, e.Op), precLike)+1)
		p.put(" ", operator(e.OpSchema, e.Op), " ")
		if e.Kind == AllQ {
			p.put("ALL ")
		} else {
			p.put("ANY ")
		}
	}
	p.sub(e.Query)
}

func (p *printer) indirection(e *Indirection) {
	bare := false
	switch x := e.X.(type) {
	case *ColumnRef:
		bare = !x.Star && len(e.Steps) > 0 && e.Steps[0].Field == "" && !e.Steps[0].Star
	case *Param:
		bare = true
	case *SubLink:
		bare = x.Kind == ScalarQ
	}
	if bare {
		p.bare(e.X)
	} else {
		p.put("(")
		p.bare(e.X)
		p.put(")")
	}
	p.steps(e.Steps)
}

func (p *printer) steps(steps []Step) {
	for _, s := range steps {
		switch {
		case s.Star:
			p.put(".*")
		case s.Field != "":
			p.put(".", label(s.Field))
		default:
			p.put("[")
			if s.Slice {
				if s.Lo != nil {
					p.expr(s.Lo, precLowest)
				}
				p.put(":")
			}
			if s.Hi != nil {
				p.expr(s.Hi, precLowest)
			}
			p.put("]")
		}
	}
}

// label is a name after a dot or AS, where keywords need no quotes.
func label(name string) string {
	if plainIdent(name) {
		return name
	}
	return QuoteIdent(name)
}

func (p *printer) call(e *FuncCall) {
	if e.SQLSyntax {
		if form := syntaxForm(e); form != "" {
			p.syntax(e, form)
			return
		}
	}
	p.funcName(e.Name)
	p.put("(")
	if e.Distinct {
		p.put("DISTINCT ")
	}
	if e.Star {
		p.put("*")
	}
	p.list(len(e.Args), func(i int) {
		if e.Variadic && i == len(e.Args)-1 {
			p.put("VARIADIC ")
		}
		if a := e.Args[i]; a.Name != "" {
			p.put(QuoteIdent(a.Name), " => ")
		}
		p.expr(e.Args[i].Value, precLowest)
	})
	if len(e.OrderBy) > 0 && !e.WithinGroup {
		if len(e.Args) > 0 {
			p.put(" ")
		}
		p.put("ORDER BY ")
		p.sort(e.OrderBy)
	}
	p.put(")")
	if e.WithinGroup {
		p.put(" WITHIN GROUP (ORDER BY ")
		p.sort(e.OrderBy)
		p.put(")")
	}
	if e.Filter != nil {
		p.put(" FILTER (WHERE ")
		p.expr(e.Filter, precLowest)
		p.put(")")
	}
	if w := e.Over; w != nil {
		p.put(" OVER ")
		if w.Ref != "" && w.PartitionBy == nil && w.OrderBy == nil && w.Frame == nil {
			p.put(QuoteIdent(w.Ref))
			return
		}
		p.window(w)
	}
}

// syntaxForm is how a call that came from special syntax is written again: a pattern in which each digit is an argument;
// "" when the call must be written as a call. An upper-case digit's place is not needed, as no form has more than four arguments.
func syntaxForm(e *FuncCall) string {
	if e.Name.Schema != "pg_catalog" {
		return ""
	}
	for _, a := range e.Args {
		if a.Name != "" {
			return ""
		}
	}
	return map[string]string{
		"extract/2": "EXTRACT(! FROM 1)", "timezone/2": "1 AT TIME ZONE 0", "timezone/1": "0 AT LOCAL", "position/2": "POSITION(1 IN 0)",
		"overlay/3": "OVERLAY(0 PLACING 1 FROM 2)", "overlay/4": "OVERLAY(0 PLACING 1 FROM 2 FOR 3)",
		"substring/2": "SUBSTRING(0 FROM 1)", "substring/3": "SUBSTRING(0 FROM 1 FOR 2)", "similar_substring/3": "",
		"btrim/1": "TRIM(BOTH FROM 0)", "btrim/2": "TRIM(BOTH 1 FROM 0)", "ltrim/1": "TRIM(LEADING FROM 0)", "ltrim/2": "TRIM(LEADING 1 FROM 0)",
		"rtrim/1": "TRIM(TRAILING FROM 0)", "rtrim/2": "TRIM(TRAILING 1 FROM 0)", "normalize/1": "NORMALIZE(0)", "is_normalized/1": "0 IS NORMALIZED",
		"pg_collation_for/1": "COLLATION FOR (0)", "overlaps/4": "(0, 1) OVERLAPS (2, 3)", "system_user/0": "SYSTEM_USER",
	}[e.Name.Name+"/"+strconv.Itoa(len(e.Args))]
}

func (p *printer) syntax(e *FuncCall, form string) {
	need := precLowest
	switch e.Name.Name {
	case "timezone":
		need = precAt
	case "is_normalized":
		need = precCompare
	case "position": // b_expr IN b_expr
		need = precCast
	}
	for i := range len(form) {
		switch c := form[i]; {
		case c == '!':
			// EXTRACT(field FROM …): the field comes as a string.
			if k, ok := e.Args[0].Value.(*Const); ok && k.Kind == StringConst {
				if plainIdent(k.Text) && QuoteIdent(k.Text) == k.Text {
					p.put(k.Text)
				} else {
					p.put(QuoteLiteral(k.Text))
				}
			} else {
				p.expr(e.Args[0].Value, precLowest)
			}
		case c >= '0' && c <= '9':
			n := need
			if c == '0' && e.Name.Name == "timezone" && len(e.Args) == 2 {
				n++
			}
			p.expr(e.Args[c-'0'].Value, n)
		default:
			p.WriteByte(c)
		}
	}
}

func (p *printer) sort(items []SortBy) {
	p.list(len(items), func(i int) {
		s := items[i]
		p.expr(s.Expr, precLowest)
		switch {
		case s.Using != "":
			p.put(" USING ", usingOp(s.Using))
		case s.Desc:
			p.put(" DESC")
		}
		p.nulls(s.Nulls)
	})
}

// usingOp writes an operator that the tree keeps as one string.
func usingOp(op string) string {
	if strings.ContainsRune(op, '.') {
		return "OPERATOR(" + op + ")"
	}
	return op
}

func (p *printer) nulls(n NullsOrder) {
	switch n {
	case NullsFirst:
		p.put(" NULLS FIRST")
	case NullsLast:
		p.put(" NULLS LAST")
	}
}

// window writes the parenthesised part of OVER or WINDOW.
func (p *printer) window(w *WindowDef) {
	p.put("(")
	sep := ""
	if w.Ref != "" {
		p.put(QuoteIdent(w.Ref))
		sep = " "
	}
	if w.PartitionBy != nil {
		p.put(sep, "PARTITION BY ")
		p.exprs(w.PartitionBy)
		sep = " "
	}
	if w.OrderBy != nil {
		p.put(sep, "ORDER BY ")
		p.sort(w.OrderBy)
		sep = " "
	}
	if f := w.Frame; f != nil {
		p.put(sep, []string{"RANGE", "ROWS", "GROUPS"}[f.Mode], " BETWEEN ")
		p.bound(f.Start, f.StartOffset)
		p.put(" AND ")
		p.bound(f.End, f.EndOffset)
		p.put([]string{"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"}[f.Exclude])
	}
	p.put(")")
}

func (p *printer) bound(b BoundKind, offset Expr) {
	switch b {
	case UnboundedPreceding:
		p.put("UNBOUNDED PRECEDING")
	case OffsetPreceding:
		p.expr(offset, precOp)
		p.put(" PRECEDING")
	case CurrentRow:
		p.put("CURRENT ROW")
	case OffsetFollowing:
		p.expr(offset, precOp)
		p.put(" FOLLOWING")
	default:
		p.put("UNBOUNDED FOLLOWING")
	}
}

// systemTypes are the types that the grammar itself names, with their words in SQL.
var systemTypes = map[string]string{
	"bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double precision", "numeric": "numeric",
	"varchar": "varchar", "timestamp": "timestamp", "timestamptz": "timestamptz", "time": "time", "timetz": "timetz", "interval": "interval",
	"varbit": "bit varying", "json": "json",
}

func (p *printer) typeName(t *TypeName) {
	if t == nil {
		p.put("record")
		return
	}
	if t.SetOf {
		p.put("SETOF ")
	}
	switch word, ok := systemTypes[t.Name.Name]; {
	case t.PctType:
		if t.PctSchema != "" {
			p.put(QuoteIdent(t.PctSchema), ".")
		}
		p.name(t.Name)
		p.put("%TYPE")
	case t.Name.Schema == "pg_catalog" && t.Name.Name == "interval":
		p.interval(t.Mods)
	case t.Name.Schema == "pg_catalog" && (t.Name.Name == "bpchar" || t.Name.Name == "bit") && len(t.Mods) == 1:
		p.put(map[string]string{"bpchar": "char", "bit": "bit"}[t.Name.Name])
		p.mods(t.Mods)
	case t.Name.Schema == "pg_catalog" && ok:
		// timestamptz(3) is not the grammar's own spelling, so that its modifier would be lost on the way back to pg_catalog.
		switch {
		case len(t.Mods) > 0 && (t.Name.Name == "timestamptz" || t.Name.Name == "timetz"):
			p.put(strings.TrimSuffix(word, "tz"))
			p.mods(t.Mods)
			p.put(" with time zone")
		case t.Name.Name == "timestamptz" || t.Name.Name == "timetz":
			p.put(strings.TrimSuffix(word, "tz"), " with time zone")
		default:
			p.put(word)
			p.mods(t.Mods)
		}
	default:
		if t.Name.Schema == "" {
			// A type's name may be a function's keyword, not a column's.
			p.funcName(t.Name)
		} else {
			p.name(t.Name)
		}
		p.mods(t.Mods)
	}
	for range t.ArrayDims {
		p.put("[]")
	}
}

func (p *printer) mods(mods []Expr) {
	if len(mods) > 0 {
		p.put("(")
		p.exprs(mods)
		p.put(")")
	}
}

// interval writes interval with its fields; the first modifier is PostgreSQL's mask of them.
func (p *printer) interval(mods []Expr) {
	p.put("interval")
	if len(mods) == 0 {
		return
	}
	mask := ""
	if k, ok := mods[0].(*Const); ok {
		mask = k.Text
	}
	fields := map[string]string{
		"4": " year", "2": " month", "8": " day", "1024": " hour", "2048": " minute", "4096": " second", "6": " year to month", "1032": " day to hour",
		"3080": " day to minute", "7176": " day to second", "3072": " hour to minute", "7168": " hour to second", "6144": " minute to second",
	}[mask]
	p.put(fields)
	if len(mods) > 1 {
		p.put("(")
		p.expr(mods[1], precLowest)
		p.put(")")
	}
}
