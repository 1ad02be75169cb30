package plan

import (
	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// logic makes a condition over src. Names of embeds of n stand for the existence of embedded rows.
func (b *builder) logic(l *query.Logic, src *source, n *query.Node, depth int) (sql.Expr, error) {
	if l.Op == query.Leaf {
		x, err := b.filter(l.Leaf, src, n, depth)
		if err == nil && l.Leaf.Not != l.Not {
			x = not(x)
		}
		return x, err
	}
	args := make([]sql.Expr, len(l.Args))
	for i, a := range l.Args {
		var err error
		if args[i], err = b.logic(a, src, n, depth); err != nil {
			return nil, err
		}
	}
	x := args[0]
	if len(args) > 1 {
		x = &sql.BoolExpr{Op: sql.And, Args: args, Pos: sql.NoPos}
		if l.Op == query.Or {
			x.(*sql.BoolExpr).Op = sql.Or
		}
	}
	if l.Not {
		x = not(x)
	}
	return x, nil
}

var operators = map[string]string{
	"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "like": "~~", "ilike": "~~*", "match": "~", "imatch": "~*", "in": "=",
	"cs": "@>", "cd": "<@", "ov": "&&", "sl": "<<", "sr": ">>", "nxr": "&<", "nxl": "&>", "adj": "-|-",
}

var textQuery = map[string]string{
	"fts": "to_tsquery", "plfts": "plainto_tsquery", "phfts": "phraseto_tsquery", "wfts": "websearch_to_tsquery",
}

// filter makes the condition of a filter, its own negation left to the caller.
func (b *builder) filter(f *query.Filter, src *source, n *query.Node, depth int) (sql.Expr, error) {
	if len(f.Path) == 0 && src.column(f.Name) == nil {
		if e := n.Embed(f.Name); e != nil {
			return b.embedFilter(f, e, src, depth)
		}
	}
	x, t, err := b.column(src, f.Name, f.Path)
	if err != nil {
		return nil, err
	}
	switch {
	case f.Op == "is":
		return is(x, f.Is), nil
	case f.Op == "isdistinct":
		return &sql.IsDistinct{Left: x, Right: b.operand(f, t), Pos: sql.NoPos}, nil
	case textQuery[f.Op] != "":
		return b.textSearch(f, x, t), nil
	case f.Op == "in" || f.Quant != "":
		return &sql.Quantified{Op: operators[f.Op], All: f.Quant == "all", Left: x, Right: b.operandList(f, t), Pos: sql.NoPos}, nil
	case f.Op == "like":
		return &sql.LikeExpr{Kind: sql.Like, X: x, Pattern: b.operand(f, t), Pos: sql.NoPos}, nil
	case f.Op == "ilike":
		return &sql.LikeExpr{Kind: sql.ILike, X: x, Pattern: b.operand(f, t), Pos: sql.NoPos}, nil
	}
	name, ok := operators[f.Op]
	if !ok {
		return nil, fault.New(fault.Internal, "filter operator %q", f.Op)
	}
	return op(name, x, b.operand(f, t)), nil
}

func is(x sql.Expr, what string) sql.Expr {
	switch what {
	case "null":
		return &sql.NullTest{X: x, Pos: sql.NoPos}
	case "not_null":
		return &sql.NullTest{Not: true, X: x, Pos: sql.NoPos}
	case "true":
		return &sql.BoolTest{Value: sql.IsTrue, X: x, Pos: sql.NoPos}
	case "false":
		return &sql.BoolTest{Value: sql.IsFalse, X: x, Pos: sql.NoPos}
	}
	return &sql.BoolTest{Value: sql.IsUnknown, X: x, Pos: sql.NoPos}
}

// operandType is the type that PostgreSQL gives to a literal of unknown type beside a column of type t; unknown where the planner
// had better leave it to the engine's own rules, because there may be no such operator.
func (b *builder) operandType(o string, t catalog.TypeRef) catalog.TypeRef {
	t = b.base(t)
	x := b.cat.Type(t.OID)
	unknown := plain(catalog.UnknownOID)
	if x == nil {
		return unknown
	}
	switch o {
	case "like", "ilike", "match", "imatch":
		if x.Category == 'S' && t.OID != catalog.BpcharOID {
			return plain(catalog.TextOID)
		}
		return unknown
	}
	switch {
	case t.OID == catalog.VarcharOID:
		return plain(catalog.TextOID)
	case t.OID == catalog.JSONOID, t.OID == catalog.XMLOID, x.Kind == catalog.PseudoType, x.Category == 'G', x.Kind == catalog.CompositeType:
		return unknown
	}
	return t
}

// operand is the value of a filter beside a column of type t. A domain with a cast from text is reached through it.
func (b *builder) operand(f *query.Filter, t catalog.TypeRef) sql.Expr {
	if fn := b.representation(catalog.TextOID, t.OID); fn != nil && len(f.Path) == 0 {
		return userCall(fn, b.value(f.Value, catalog.TextOID))
	}
	return b.param(Param{Kind: FromValue, Value: f.Value, Type: b.operandType(f.Op, t)})
}

func (b *builder) operandList(f *query.Filter, t catalog.TypeRef) sql.Expr {
	if fn := b.representation(catalog.TextOID, t.OID); fn != nil && len(f.Path) == 0 {
		list := b.value(f.Value, catalog.TextArrayOID)
		return &sql.SubLink{Kind: sql.ArrayQ, Query: &sql.Select{
			Targets: []sql.Target{{Expr: userCall(fn, call("unnest", list)), Pos: sql.NoPos}}, Pos: sql.NoPos,
		}, Pos: sql.NoPos}
	}
	elem := b.operandType(f.Op, t)
	if elem.OID != catalog.UnknownOID {
		elem = b.arrayOf(elem)
	}
	return b.param(Param{Kind: FromValue, Value: f.Value, Type: elem})
}

func (b *builder) textSearch(f *query.Filter, x sql.Expr, t catalog.TypeRef) sql.Expr {
	var lang []sql.Expr
	if f.Lang != "" {
		lang = []sql.Expr{b.fixed(f.Lang, catalog.RegconfigOID)}
	}
	if b.base(t).OID != catalog.TSVectorOID {
		x = call("to_tsvector", append(lang[:len(lang):len(lang)], x)...)
	}
	return op("@@", x, call(textQuery[f.Op], append(lang, b.value(f.Value, catalog.TextOID))...))
}

// embedFilter is rel=is.null or rel=not.is.null: whether there is no embedded row.
func (b *builder) embedFilter(f *query.Filter, e *query.Embed, src *source, depth int) (sql.Expr, error) {
	if f.Op != "is" || f.Is != "null" && f.Is != "not_null" {
		return nil, fault.New("PGRST120", "Bad operator on the '%s' embedded resource", f.Name).
			WithDetail("Only is null or not is null filters are allowed on embedded resources")
	}
	x, err := b.embedExists(src, e, depth+1)
	if err != nil || f.Is == "not_null" {
		return x, err
	}
	return not(x), nil
}
