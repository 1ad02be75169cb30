package sql

import (
	"strings"

	"github.com/mainstay-dev/mainstay/internal/sql/grammar"
)

type value = grammar.Value

// conv turns the parser's tree into ours. Its methods are total: what they do not know becomes one of the Unsupported nodes.
type conv struct {
	src   string
	base  int // where the parser's text begins in src
	start Pos // of the current statement
}

func (c *conv) pos(v *value) Pos { return c.posIn(v, "location") }

func (c *conv) posIn(v *value, field string) Pos {
	n := v.Int(field)
	if n < 0 || n+c.base < 0 {
		return NoPos
	}
	return Pos(n + c.base)
}

// mapped is f over the items of a list; nil for an empty one.
func mapped[T any](items []value, f func(*value) T) []T {
	if len(items) == 0 {
		return nil
	}
	out := make([]T, len(items))
	for i := range items {
		out[i] = f(&items[i])
	}
	return out
}

func texts(items []value) []string { return mapped(items, (*value).String) }

// name reads a list of String nodes as a qualified name; a database in front is dropped, as the grammar has checked.
func (c *conv) name(items []value, pos Pos) Name {
	n := Name{Pos: pos}
	switch k := len(items); {
	case k == 1:
		n.Name = items[0].String()
	case k >= 2:
		n.Schema, n.Name = items[k-2].String(), items[k-1].String()
	}
	return n
}

// rangeName is the name in a RangeVar.
func (c *conv) rangeName(v *value) Name {
	_, v = v.Node()
	return Name{Schema: v.Text("schemaname"), Name: v.Text("relname"), Pos: c.pos(v)}
}

func (c *conv) table(v *value) *Table {
	if v == nil {
		return nil
	}
	_, v = v.Node()
	n := c.rangeName(v)
	return &Table{Name: n, Only: !v.Bool("inh"), Alias: c.alias(v.Get("alias")), Pos: n.Pos}
}

func (c *conv) alias(v *value) *Alias {
	if v == nil {
		return nil
	}
	_, v = v.Node()
	return &Alias{Name: v.Text("aliasname"), Columns: texts(v.List("colnames"))}
}

func (c *conv) typeName(v *value) *TypeName {
	if v == nil {
		return nil
	}
	tag, in := v.Node()
	if tag != "" && tag != "TypeName" {
		return nil
	}
	v = in
	p := c.pos(v)
	t := &TypeName{
		Name: c.name(v.List("names"), p), Mods: c.exprs(v.List("typmods")), ArrayDims: len(v.List("arrayBounds")),
		SetOf: v.Bool("setof"), PctType: v.Bool("pct_type"), Pos: p,
	}
	if names := v.List("names"); t.PctType && len(names) > 2 {
		t.PctSchema = names[len(names)-3].String()
	}
	return t
}

func (c *conv) typeNames(items []value) []*TypeName { return mapped(items, c.typeName) }

func (c *conv) exprs(items []value) []Expr { return mapped(items, c.expr) }

// expr converts an expression; nil stays nil.
func (c *conv) expr(v *value) Expr {
	if v == nil {
		return nil
	}
	tag, n := v.Node()
	p := c.pos(n)
	switch tag {
	case "ColumnRef":
		r := &ColumnRef{Pos: p}
		fields := n.List("fields")
		for i := range fields {
			if t, _ := fields[i].Node(); t == "A_Star" {
				r.Star = true
			} else {
				r.Fields = append(r.Fields, fields[i].String())
			}
		}
		return r
	case "ParamRef":
		return &Param{Number: n.Int("number"), Pos: p}
	case "A_Const":
		return c.constant(n, p)
	case "Integer", "Float", "String", "Boolean", "BitString":
		return c.bare(v, tag)
	case "TypeCast":
		return &Cast{X: c.expr(n.Get("arg")), Type: c.typeName(n.Get("typeName")), Pos: p}
	case "A_Expr":
		return c.operator(n, p)
	case "BoolExpr":
		b := &BoolExpr{Args: c.exprs(n.List("args")), Pos: p}
		switch n.Text("boolop") {
		case "OR_EXPR":
			b.Op = Or
		case "NOT_EXPR":
			b.Op = Not
		}
		return b
	case "NullTest":
		return &NullTest{Not: n.Text("nulltesttype") == "IS_NOT_NULL", X: c.expr(n.Get("arg")), Pos: p}
	case "BooleanTest":
		t := n.Text("booltesttype")
		b := &BoolTest{Not: strings.Contains(t, "_NOT_"), X: c.expr(n.Get("arg")), Pos: p}
		switch {
		case strings.HasSuffix(t, "FALSE"):
			b.Value = IsFalse
		case strings.HasSuffix(t, "UNKNOWN"):
			b.Value = IsUnknown
		}
		return b
	case "CaseExpr":
		return &Case{Arg: c.expr(n.Get("arg")), Whens: mapped(n.List("args"), c.when), Else: c.expr(n.Get("defresult")), Pos: p}
	case "CoalesceExpr":
		return &Coalesce{Args: c.exprs(n.List("args")), Pos: p}
	case "MinMaxExpr":
		return &MinMax{Least: n.Text("op") == "IS_LEAST", Args: c.exprs(n.List("args")), Pos: p}
	case "FuncCall":
		return c.call(n, p)
	case "SQLValueFunction":
		return sqlValue(n, p)
	case "SubLink":
		return c.subLink(n, p)
	case "A_ArrayExpr":
		return &ArrayExpr{Elems: c.exprs(n.List("elements")), Pos: p}
	case "RowExpr":
		return &Row{Args: c.exprs(n.List("args")), Explicit: n.Text("row_format") == "COERCE_EXPLICIT_CALL", Pos: p}
	case "A_Indirection":
		x := c.expr(n.Get("arg"))
		return &Indirection{X: x, Steps: c.steps(n.List("indirection")), Pos: PosOf(x)}
	case "CollateClause":
		return &Collate{X: c.expr(n.Get("arg")), Name: c.name(n.List("collname"), p), Pos: p}
	case "GroupingFunc":
		return &Grouping{Args: c.exprs(n.List("args")), Pos: p}
	case "SetToDefault":
		return &Default{Pos: p}
	case "List":
		return &Row{Args: c.exprs(v.Items()), Pos: NoPos}
	case "TypeName":
		// A type where the grammar allows any value (options of CREATE AGGREGATE and the like).
		t := c.typeName(n)
		return &ColumnRef{Fields: fieldsOf(t.Name), Pos: t.Pos}
	}
	return &UnsupportedExpr{Feature: exprFeature(tag, n), Pos: p}
}

func fieldsOf(n Name) []string {
	if n.Schema == "" {
		return []string{n.Name}
	}
	return []string{n.Schema, n.Name}
}

func exprFeature(tag string, n *value) string {
	switch tag {
	case "XmlExpr":
		return strings.ReplaceAll(strings.TrimPrefix(n.Text("op"), "IS_"), "_", " ")
	case "XmlSerialize":
		return "XMLSERIALIZE"
	case "JsonObjectConstructor":
		return "JSON_OBJECT constructor"
	case "JsonArrayConstructor", "JsonArrayQueryConstructor":
		return "JSON_ARRAY constructor"
	case "JsonObjectAgg":
		return "JSON_OBJECTAGG"
	case "JsonArrayAgg":
		return "JSON_ARRAYAGG"
	case "JsonIsPredicate":
		return "IS JSON"
	case "JsonParseExpr":
		return "JSON()"
	case "JsonScalarExpr":
		return "JSON_SCALAR"
	case "JsonSerializeExpr":
		return "JSON_SERIALIZE"
	case "JsonFuncExpr":
		switch n.Text("op") {
		case "JSON_EXISTS_OP":
			return "JSON_EXISTS"
		case "JSON_QUERY_OP":
			return "JSON_QUERY"
		}
		return "JSON_VALUE"
	case "CurrentOfExpr":
		return "WHERE CURRENT OF"
	case "MergeSupportFunc":
		return "MERGE_ACTION()"
	}
	return words(tag)
}

// words turns a tag of the parser such as CreateEventTrigStmt into words.
func words(tag string) string {
	tag = strings.TrimSuffix(strings.TrimSuffix(tag, "Stmt"), "Expr")
	var b strings.Builder
	for i, r := range tag {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

func (c *conv) constant(n *value, p Pos) Expr {
	k := &Const{Pos: p}
	switch {
	case n.Bool("isnull"):
	case n.Has("ival"):
		k.Kind = IntConst
		k.Text = n.Get("ival").Get("ival").String()
		if k.Text == "" {
			k.Text = "0"
		}
	case n.Has("fval"):
		k.Kind, k.Text = FloatConst, n.Get("fval").Text("fval")
	case n.Has("sval"):
		k.Kind, k.Text = StringConst, n.Get("sval").Text("sval")
	case n.Has("boolval"):
		k.Kind, k.Text = BoolConst, "false"
		if n.Get("boolval").Bool("boolval") {
			k.Text = "true"
		}
	case n.Has("bsval"):
		k.Kind, k.Text = BitConst, n.Get("bsval").Text("bsval")
	}
	return k
}

// bare converts a value node that stands without A_Const (in options).
func (c *conv) bare(v *value, tag string) Expr {
	k := &Const{Text: v.String(), Pos: NoPos}
	switch tag {
	case "Integer":
		k.Kind = IntConst
	case "Float":
		k.Kind = FloatConst
	case "String":
		k.Kind = StringConst
	case "Boolean":
		k.Kind = BoolConst
	case "BitString":
		k.Kind = BitConst
	}
	return k
}

func (c *conv) when(v *value) When {
	_, v = v.Node()
	return When{Cond: c.expr(v.Get("expr")), Result: c.expr(v.Get("result"))}
}

func (c *conv) operator(n *value, p Pos) Expr {
	op := c.name(n.List("name"), p)
	left, right := n.Get("lexpr"), n.Get("rexpr")
	switch kind := n.Text("kind"); kind {
	case "AEXPR_OP_ANY", "AEXPR_OP_ALL":
		return &Quantified{Schema: op.Schema, Op: op.Name, All: kind == "AEXPR_OP_ALL", Left: c.expr(left), Right: c.expr(right), Pos: p}
	case "AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT":
		return &IsDistinct{Not: kind == "AEXPR_NOT_DISTINCT", Left: c.expr(left), Right: c.expr(right), Pos: p}
	case "AEXPR_NULLIF":
		return &NullIf{Left: c.expr(left), Right: c.expr(right), Pos: p}
	case "AEXPR_IN":
		return &In{Not: op.Name == "<>", X: c.expr(left), List: c.exprs(right.Items()), Pos: p}
	case "AEXPR_LIKE", "AEXPR_ILIKE", "AEXPR_SIMILAR":
		l := &LikeExpr{Not: strings.HasPrefix(op.Name, "!"), X: c.expr(left), Pos: p}
		switch kind {
		case "AEXPR_ILIKE":
			l.Kind = ILike
		case "AEXPR_SIMILAR":
			l.Kind = SimilarTo
		}
		l.Pattern, l.Escape = c.pattern(right, kind == "AEXPR_SIMILAR")
		return l
	case "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN", "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM":
		b := &Between{Not: strings.Contains(kind, "_NOT_"), Symmetric: strings.HasSuffix(kind, "_SYM"), X: c.expr(left), Pos: p}
		if bounds := right.Items(); len(bounds) == 2 {
			b.Lo, b.Hi = c.expr(&bounds[0]), c.expr(&bounds[1])
		}
		return b
	}
	return &Op{Schema: op.Schema, Name: op.Name, Left: c.expr(left), Right: c.expr(right), Pos: p}
}

// pattern undoes what the grammar makes of a pattern with ESCAPE: a call of like_escape or similar_to_escape.
func (c *conv) pattern(v *value, similar bool) (pattern, escape Expr) {
	tag, n := v.Node()
	if tag == "FuncCall" {
		names := n.List("funcname")
		args := n.List("args")
		if len(names) == 2 && names[0].String() == "pg_catalog" {
			switch f := names[1].String(); {
			case f == "like_escape" && !similar && len(args) == 2, f == "similar_to_escape" && similar && len(args) == 2:
				return c.expr(&args[0]), c.expr(&args[1])
			case f == "similar_to_escape" && similar && len(args) == 1:
				return c.expr(&args[0]), nil
			}
		}
	}
	return c.expr(v), nil
}

func (c *conv) call(n *value, p Pos) *FuncCall {
	f := &FuncCall{
		Name: c.name(n.List("funcname"), p), Args: mapped(n.List("args"), c.arg), Variadic: n.Bool("func_variadic"), Star: n.Bool("agg_star"),
		Distinct: n.Bool("agg_distinct"), OrderBy: mapped(n.List("agg_order"), c.sortBy), WithinGroup: n.Bool("agg_within_group"),
		Filter: c.expr(n.Get("agg_filter")), SQLSyntax: n.Text("funcformat") == "COERCE_SQL_SYNTAX", Pos: p,
	}
	if over := n.Get("over"); over != nil {
		w := c.window(over)
		if w.Name != "" {
			w.Ref, w.Name = w.Name, "" // OVER name: the parser keeps it where WINDOW items have theirs
		}
		f.Over = &w
	}
	return f
}

func (c *conv) arg(v *value) Arg {
	if tag, n := v.Node(); tag == "NamedArgExpr" {
		return Arg{Name: n.Text("name"), Value: c.expr(n.Get("arg"))}
	}
	return Arg{Value: c.expr(v)}
}

func (c *conv) window(v *value) WindowDef {
	_, v = v.Node()
	w := WindowDef{
		Name: v.Text("name"), Ref: v.Text("refname"), PartitionBy: c.exprs(v.List("partitionClause")),
		OrderBy: mapped(v.List("orderClause"), c.sortBy), Pos: c.pos(v),
	}
	bits := v.Int("frameOptions")
	if bits&1 == 0 {
		return w
	}
	f := &Frame{StartOffset: c.expr(v.Get("startOffset")), EndOffset: c.expr(v.Get("endOffset"))}
	switch {
	case bits&0x4 != 0:
		f.Mode = RowsFrame
	case bits&0x8 != 0:
		f.Mode = GroupsFrame
	}
	bound := func(unboundedPreceding, unboundedFollowing, current, preceding int) BoundKind {
		switch {
		case bits&unboundedPreceding != 0:
			return UnboundedPreceding
		case bits&unboundedFollowing != 0:
			return UnboundedFollowing
		case bits&current != 0:
			return CurrentRow
		case bits&preceding != 0:
			return OffsetPreceding
		}
		return OffsetFollowing
	}
	f.Start = bound(0x20, 0x80, 0x200, 0x800)
	f.End = bound(0x40, 0x100, 0x400, 0x1000)
	switch {
	case bits&0x8000 != 0:
		f.Exclude = ExcludeCurrentRow
	case bits&0x10000 != 0:
		f.Exclude = ExcludeGroup
	case bits&0x20000 != 0:
		f.Exclude = ExcludeTies
	}
	w.Frame = f
	return w
}

func (c *conv) sortBy(v *value) SortBy {
	_, v = v.Node()
	s := SortBy{Expr: c.expr(v.Get("node")), Pos: c.pos(v)}
	switch v.Text("sortby_dir") {
	case "SORTBY_DESC":
		s.Desc = true
	case "SORTBY_USING":
		s.Using = opName(v.List("useOp"))
	}
	s.Nulls = nullsOrder(v.Text("sortby_nulls"))
	return s
}

// opName is an operator's name as one string: op, or schema.op with the schema quoted where it has to be.
func opName(items []value) string {
	switch n := len(items); n {
	case 0:
		return ""
	case 1:
		return items[0].String()
	default:
		return QuoteIdent(items[n-2].String()) + "." + items[n-1].String()
	}
}

func nullsOrder(text string) NullsOrder {
	switch text {
	case "SORTBY_NULLS_FIRST":
		return NullsFirst
	case "SORTBY_NULLS_LAST":
		return NullsLast
	}
	return NullsDefault
}

func sqlValue(n *value, p Pos) *SQLValue {
	name := strings.ToLower(strings.TrimPrefix(n.Text("op"), "SVFOP_"))
	s := &SQLValue{Name: name, Precision: -1, Pos: p}
	if base, ok := strings.CutSuffix(name, "_n"); ok {
		s.Name, s.Precision = base, n.Int("typmod")
	}
	return s
}

func (c *conv) subLink(n *value, p Pos) Expr {
	op := c.name(n.List("operName"), p)
	s := &SubLink{Test: c.expr(n.Get("testexpr")), OpSchema: op.Schema, Op: op.Name, Query: c.selectOf(n.Get("subselect")), Pos: p}
	switch n.Text("subLinkType") {
	case "EXISTS_SUBLINK":
		s.Kind = Exists
	case "EXPR_SUBLINK":
		s.Kind = ScalarQ
	case "ARRAY_SUBLINK":
		s.Kind = ArrayQ
	case "ALL_SUBLINK":
		s.Kind = AllQ
	case "ANY_SUBLINK":
		s.Kind = AnyQ
		if s.Op == "" {
			s.Op = "="
		}
	}
	return s
}

func (c *conv) steps(items []value) []Step {
	return mapped(items, func(v *value) Step {
		switch tag, n := v.Node(); tag {
		case "A_Star":
			return Step{Star: true}
		case "A_Indices":
			return Step{Slice: n.Bool("is_slice"), Lo: c.expr(n.Get("lidx")), Hi: c.expr(n.Get("uidx"))}
		}
		return Step{Field: v.String()}
	})
}
