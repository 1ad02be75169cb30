package analyze

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// hypotheticals are the aggregates that say where a row would come among those of a group.
var hypotheticals = []string{"rank", "dense_rank", "percent_rank", "cume_dist"}

// isHypothetical reports whether a call with WITHIN GROUP is one of them.
func isHypothetical(n sql.Name) bool {
	return (n.Schema == "" || n.Schema == "pg_catalog") && slices.Contains(hypotheticals, n.Name)
}

// hypothetical makes a hypothetical-set aggregate of counts of the rows that sort before the hypothetical one. The first of the arguments are that row, the others
// are what the group is sorted by.
func (a *analyzer) hypothetical(sc *scope, e *sql.FuncCall, args []tree.Expr, filter tree.Expr) tree.Expr {
	n := len(e.Args)
	switch {
	case len(args) != 2*n:
		a.failHint(e.Pos, fault.UndefinedFunction, "To use the hypothetical-set aggregate "+e.Name.Name+", the number of hypothetical direct arguments (here "+itoa(n)+
			") must match the number of ordering columns (here "+itoa(len(args)-n)+").", "function %s does not exist", a.signature(e.Name, typesOf(args), nil))
	case e.Over != nil:
		a.fail(e.Pos, fault.FeatureNotSupported, "OVER is not supported for ordered-set aggregate %s", e.Name.Name)
	case e.Distinct:
		a.fail(e.Pos, fault.FeatureNotSupported, "cannot use DISTINCT with WITHIN GROUP")
	}
	not := func(x tree.Expr) tree.Expr { return &tree.Bool{Op: sql.Not, Args: []tree.Expr{x}} }
	var before, alike tree.Expr = boolConst(false), boolConst(true)
	row := &tree.Row{Typ: plain(catalog.RecordOID)}
	for i := n - 1; i >= 0; i-- {
		t := a.commonType("WITHIN GROUP", []tree.Expr{args[i], args[n+i]})
		h, key := a.coerceType(args[i], plain(t), implicit), a.coerceType(args[n+i], plain(t), implicit)
		row.Args, row.Names = append(row.Args, key), append(row.Names, "f"+itoa(i+1))
		k := a.sortKey(key, e.OrderBy[i])
		op := "<"
		if k.Desc {
			op = ">"
		}
		noKey, noRow := &tree.NullTest{X: key}, &tree.NullTest{X: h}
		first := &tree.Case{Typ: boolConst(true).Type(), Whens: []tree.When{
			{Cond: noKey, Result: &tree.Bool{Op: sql.And, Args: []tree.Expr{boolConst(k.NullsFirst), not(noRow)}}},
			{Cond: noRow, Result: boolConst(!k.NullsFirst)},
		}, Else: a.applyOperator("", op, []tree.Expr{key, h}, e.Pos)}
		same := &tree.Case{Typ: boolConst(true).Type(), Whens: []tree.When{{Cond: noKey, Result: noRow}, {Cond: noRow, Result: boolConst(false)}},
			Else: a.applyOperator("", "=", []tree.Expr{key, h}, e.Pos)}
		before = &tree.Bool{Op: sql.Or, Args: []tree.Expr{first, &tree.Bool{Op: sql.And, Args: []tree.Expr{same, before}}}}
		alike = &tree.Bool{Op: sql.And, Args: []tree.Expr{same, alike}}
	}
	count := func(distinct bool, of tree.Expr) tree.Expr {
		agg := &tree.Agg{Star: !distinct, Distinct: distinct, Filter: of, Typ: plain(catalog.Int8OID), Pos: e.Pos}
		if distinct {
			agg.Args = []tree.Expr{row}
		}
		if filter != nil && of != nil {
			agg.Filter = &tree.Bool{Op: sql.And, Args: []tree.Expr{filter, of}}
		} else if of == nil {
			agg.Filter = filter
		}
		k, _, _ := a.lookup(sql.Name{Schema: "pg_catalog", Name: "count"}, typesOf(agg.Args), nil, false)
		agg.Fn = k.fn
		agg.Direct = args[:n] // which may be grouped columns only
		a.pos[agg] = e.Pos
		a.placeAggregate(sc, agg)
		return agg
	}
	one := &tree.Const{Value: intConst(1).(*tree.Const).Value, Typ: plain(catalog.Int8OID)}
	plus := func(x tree.Expr) tree.Expr { return a.applyOperator("", "+", []tree.Expr{x, one}, e.Pos) }
	float := func(x tree.Expr) tree.Expr { return a.coerceType(x, plain(catalog.Float8OID), explicit) }
	ratio := func(x, y tree.Expr) tree.Expr {
		return a.applyOperator("", "/", []tree.Expr{float(x), float(y)}, e.Pos)
	}
	var out tree.Expr
	switch e.Name.Name {
	case "rank":
		out = plus(count(false, before))
	case "dense_rank":
		out = plus(count(true, before))
	case "cume_dist":
		out = ratio(plus(count(false, &tree.Bool{Op: sql.Or, Args: []tree.Expr{before, alike}})), plus(count(false, nil)))
	default:
		all := count(false, nil)
		some := a.applyOperator("", ">=", []tree.Expr{all, one}, e.Pos)
		out = &tree.Case{Typ: plain(catalog.Float8OID), Whens: []tree.When{{Cond: some, Result: ratio(count(false, before), all)}}, Else: float(intConst(0))}
	}
	return a.at(out, e.Pos)
}
