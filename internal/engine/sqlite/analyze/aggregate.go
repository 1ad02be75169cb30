package analyze

import (
	"slices"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// ownAggregate is how an aggregate of the project computes its result, of type ret, from arguments; nil for PostgreSQL's own aggregates.
func (a *analyzer) ownAggregate(k *candidate, args []tree.Expr, ret oid) *tree.OwnAgg {
	if k.user == nil || k.user.Agg == nil {
		return nil
	}
	agg := k.user.Agg
	state, err := a.unify(slices.Clone(k.declared), typesOf(args), agg.State.OID)
	if err != nil {
		a.raise(sql.NoPos, err)
	}
	param := func(i int, t oid) tree.Expr { return &tree.Param{Number: -1 - i, Typ: plain(t)} }
	call := func(n sql.Name, params []tree.Expr, to oid) (tree.Expr, bool) {
		c, how, _ := a.lookup(n, typesOf(params), nil, false)
		if how != foundFunction {
			a.noFunction(n, typesOf(params), nil, how, sql.NoPos)
		}
		x := a.call(c, params, sql.NoPos)
		if x.Type().OID != to {
			x = a.coerceType(x, plain(to), explicit)
		}
		return x, c.fn != nil && c.fn.Strict || c.user != nil && c.user.Strict
	}
	params := []tree.Expr{param(0, state)}
	extra := slices.Clone(params)
	for i, x := range args {
		params = append(params, param(i+1, x.Type().OID))
		extra = append(extra, &tree.Const{Value: value.Null, Typ: plain(x.Type().OID)})
	}
	out := &tree.OwnAgg{Init: &tree.Const{Value: value.Null, Typ: plain(state)}, Final: params[0]}
	if agg.Init != nil {
		out.Init = a.readConst(*agg.Init, plain(state), sql.NoPos)
	}
	out.Step, out.Strict = call(agg.Step, params, state)
	if !agg.FinalExtra {
		extra = extra[:1]
	}
	if agg.Final.Name != "" {
		out.Final, _ = call(agg.Final, extra, ret)
	}
	return out
}
