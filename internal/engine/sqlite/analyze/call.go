package analyze

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// callNamed calls a function of pg_catalog on resolved arguments.
func (a *analyzer) callNamed(name string, args []tree.Expr, pos sql.Pos) tree.Expr {
	n := sql.Name{Schema: "pg_catalog", Name: name}
	k, how, _ := a.lookup(n, typesOf(args), nil, false)
	if how != foundFunction {
		a.noFunction(sql.Name{Name: "pg_catalog." + name}, typesOf(args), nil, how, pos)
	}
	return a.call(k, args, pos)
}

func (a *analyzer) noFunction(n sql.Name, have []oid, names []string, how found, pos sql.Pos) {
	if n.Schema != "" && a.cat.Schema(n.Schema) == nil {
		a.fail(pos, fault.InvalidSchemaName, `schema "%s" does not exist`, n.Schema)
	}
	sig := a.signature(n, have, names)
	if how == foundMany {
		a.failHint(pos, fault.AmbiguousFunction, "Could not choose a best candidate function. You might need to add explicit type casts.", "function %s is not unique", sig)
	}
	a.failHint(pos, fault.UndefinedFunction, "No function matches the given name and argument types. You might need to add explicit type casts.", "function %s does not exist", sig)
}

// arguments are the converted arguments of a call in declared order: defaults filled in, variadic ones packed. It also gives the result's type.
func (a *analyzer) arguments(k *candidate, args []tree.Expr) ([]tree.Expr, oid) {
	have := typesOf(args)
	declared := slices.Clone(k.args)
	// Parameters that defaults fill take part in finding polymorphic types.
	var defaults []tree.Expr
	if k.missing > 0 {
		filled := make([]bool, len(k.declared))
		for i := range args {
			if k.order != nil {
				filled[k.order[i]] = true
			} else {
				filled[i] = true
			}
		}
		for i, t := range k.declared {
			if !filled[i] {
				d := a.defaultOf(k, i)
				defaults = append(defaults, d)
				have = append(have, d.Type().OID)
				declared = append(declared, t)
			}
		}
	}
	ret, err := a.unify(declared, have, k.ret)
	if err != nil {
		a.raise(sql.NoPos, err) // PostgreSQL gives no place either
	}
	all := append(slices.Clone(args), defaults...)
	for i, x := range all {
		all[i] = a.coerceType(x, plain(declared[i]), implicit)
	}
	if k.order != nil || k.missing > 0 {
		ordered := make([]tree.Expr, len(k.declared))
		rest := len(args)
		for i := range args {
			if k.order != nil {
				ordered[k.order[i]] = all[i]
			} else {
				ordered[i] = all[i]
			}
		}
		for i := range ordered {
			if ordered[i] == nil {
				ordered[i] = all[rest]
				rest++
			}
		}
		all = ordered
	}
	if k.expanded > 0 && k.variadic != catalog.AnyOID {
		n := len(all) - k.expanded
		elems := all[n:]
		t := elems[0].Type().OID
		arr := a.arrayOf(t)
		if arr == 0 {
			a.fail(a.where(elems[0]), fault.UndefinedObject, "could not find array type for data type %s", a.typeName(t))
		}
		packed := &tree.Array{Elems: slices.Clone(elems), Typ: plain(arr)}
		all = append(slices.Clone(all[:n]), a.at(packed, a.where(elems[0])))
	}
	return all, ret
}

// defaultOf is the default of a parameter.
func (a *analyzer) defaultOf(k *candidate, i int) tree.Expr {
	if k.fn != nil {
		j := i - (len(k.fn.Args) - len(k.fn.Defaults))
		return &tree.Const{Value: k.fn.Defaults[j], Typ: plain(k.fn.Args[i])}
	}
	in := -1
	for _, p := range k.user.Params {
		if p.Mode == sql.OutArg || p.Mode == sql.TableArg {
			continue
		}
		if in++; in == i {
			inner := *a.env
			inner.Names, inner.Params, inner.FixedParams = nil, nil, true
			b := newAnalyzer(a.cat, &inner)
			x := b.expr(&scope{query: &tree.Query{}}, p.Default, InOther)
			return b.assignTo(x, p.Name, p.Type, sql.NoPos)
		}
	}
	panic("analyze: parameter without default")
}

// call makes the call of a plain function.
func (a *analyzer) call(k *candidate, args []tree.Expr, pos sql.Pos) tree.Expr {
	all, ret := a.arguments(k, args)
	c := &tree.Call{Fn: k.fn, User: k.user, Args: all, Typ: plain(ret), Role: a.env.CallRole, Pos: pos}
	return a.at(c, pos)
}

// columnFunction is t.f or (x).f meaning f(x); nil when there is no such function.
func (a *analyzer) columnFunction(sc *scope, name string, x tree.Expr, pos sql.Pos, place Place) tree.Expr {
	t := x.Type().OID
	if t != catalog.RecordOID && !a.complex(t) {
		return nil
	}
	k, how, to := a.lookup(sql.Name{Name: name}, []oid{t}, nil, false)
	switch how {
	case foundFunction:
		if k.fn != nil && (k.fn.Kind == builtin.AggregateKind || k.fn.Kind == builtin.WindowKind) {
			return nil
		}
		return a.plainCall(sc, k, []tree.Expr{x}, pos)
	case foundCoercion:
		return a.coerce(x, plain(to), explicit)
	}
	return nil
}

// funcCall resolves a call of a function, aggregate or window function.
func (a *analyzer) funcCall(sc *scope, e *sql.FuncCall) tree.Expr {
	var args []tree.Expr
	var names []string
	for _, arg := range e.Args {
		x := arg.Value
		args = append(args, a.ex(sc, x))
		switch {
		case arg.Name != "":
			if slices.Contains(names, arg.Name) {
				a.fail(locate(x), fault.SyntaxError, `argument name "%s" used more than once`, arg.Name)
			}
			names = append(names, arg.Name)
		case len(names) > 0:
			a.fail(locate(x), fault.SyntaxError, "positional argument cannot follow named argument")
		}
	}
	var filter tree.Expr
	if e.Filter != nil {
		filter = a.condition(sc, e.Filter, InFilter, "FILTER")
	}
	direct := len(args)
	var within []tree.SortKey
	if e.WithinGroup {
		for _, s := range e.OrderBy {
			args = append(args, a.ex(sc, s.Expr))
		}
	}
	have := typesOf(args)
	n := e.Name
	plainArgs := len(names) == 0 && !e.Variadic && !e.Star && !e.Distinct && e.OrderBy == nil && e.Filter == nil && e.Over == nil
	k, how, to := a.lookup(n, have, names, e.Variadic)
	switch how {
	case foundCoercion:
		if !plainArgs {
			a.decorated(e, e.Pos, n.Name)
		}
		out := a.coerce(args[0], plain(to), explicit)
		if out == nil {
			a.fail(e.Pos, fault.CannotCoerce, "cannot cast type %s to %s", a.typeName(have[0]), a.typeName(to))
		}
		if out == args[0] {
			return out
		}
		a.pos[out] = e.Pos
		return out
	case foundNone, foundMany:
		if plainArgs && len(args) == 1 && n.Schema == "" && (have[0] == catalog.RecordOID || a.complex(have[0])) {
			if x := a.field(args[0], n.Name, e.Pos); x != nil {
				return x
			}
		}
		if how == foundNone && len(e.OrderBy) > 1 && !e.WithinGroup {
			a.failHint(e.Pos, fault.UndefinedFunction, "No aggregate function matches the given name and argument types. Perhaps you misplaced ORDER BY; ORDER BY must appear after all regular arguments of the aggregate.",
				"function %s does not exist", a.signature(n, have, names))
		}
		if how == foundNone && isHypothetical(n) {
			if e.WithinGroup {
				return a.hypothetical(sc, e, args, filter)
			}
			if e.Over == nil {
				a.fail(e.Pos, fault.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", n.Name)
			}
		}
		a.noFunction(n, have, names, how, e.Pos)
	}
	isAgg := k.fn != nil && k.fn.Kind == builtin.AggregateKind || k.user != nil && k.user.Kind == catalog.AggregateFunction
	isWindow := k.fn != nil && k.fn.Kind == builtin.WindowKind || k.user != nil && k.user.Kind == catalog.WindowFunction
	if k.user != nil && k.user.Kind == catalog.Procedure {
		a.failHint(e.Pos, fault.WrongObjectType, "To call a procedure, use CALL.", "%s is a procedure", a.signature(n, have, names))
	}
	switch {
	case isAgg:
		ordered := k.fn != nil && k.fn.Direct >= 0
		name := n.Name
		switch {
		case ordered && !e.WithinGroup && e.Over == nil:
			a.fail(e.Pos, fault.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name)
		case ordered && e.Over != nil:
			a.fail(e.Pos, fault.FeatureNotSupported, "OVER is not supported for ordered-set aggregate %s", name)
		case ordered && e.Distinct:
			a.fail(e.Pos, fault.FeatureNotSupported, "cannot use DISTINCT with WITHIN GROUP")
		case !ordered && e.WithinGroup:
			a.fail(e.Pos, fault.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name)
		}
		if len(args) == 0 && !e.Star && !(ordered) {
			a.fail(e.Pos, fault.WrongObjectType, "%s(*) must be used to call a parameterless aggregate function", name)
		}
		all, ret := a.arguments(k, args)
		if e.Over != nil {
			if e.Distinct {
				a.fail(e.Pos, fault.FeatureNotSupported, "DISTINCT is not implemented for window functions")
			}
			if len(e.OrderBy) > 0 {
				a.fail(e.Pos, fault.FeatureNotSupported, "aggregate ORDER BY is not implemented for window functions")
			}
		}
		own := a.ownAggregate(k, all, ret)
		agg := &tree.Agg{Fn: k.fn, User: k.user, Own: own, Args: all, Star: e.Star, Distinct: e.Distinct, Filter: filter, Typ: plain(ret), Pos: e.Pos}
		if ordered {
			agg.Direct, agg.Args = slices.Clone(all[:direct]), slices.Clone(all[direct:])
			for i, s := range e.OrderBy {
				within = append(within, a.sortKey(agg.Args[i], s))
			}
			agg.OrderBy = within
		} else {
			for _, s := range e.OrderBy {
				x := a.settle(a.ex(sc, s.Expr))
				if e.Distinct { // it must be an argument as it was written, before it was made to fit
					i := slices.IndexFunc(args, func(y tree.Expr) bool { return tree.Equal(x, y) })
					if i < 0 || i >= len(all) {
						a.fail(a.where(x), fault.InvalidColumnReference, "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
					}
					x = all[i]
				}
				agg.OrderBy = append(agg.OrderBy, a.sortKey(x, s))
			}
			if e.Distinct {
				for _, x := range all {
					if op := a.equality(x.Type().OID, x.Type().OID); op == nil {
						a.fail(a.where(x), fault.UndefinedFunction, "could not identify an equality operator for type %s", a.typeName(x.Type().OID))
					}
				}
			}
		}
		a.pos[agg] = e.Pos
		if e.Over != nil {
			agg.Over = a.window(sc, e.Over, e.Pos)
			return agg
		}
		a.placeAggregate(sc, agg)
		return agg
	case isWindow:
		if e.Over == nil {
			a.fail(e.Pos, fault.WrongObjectType, "window function %s requires an OVER clause", n.Name)
		}
		if e.WithinGroup {
			a.fail(e.Pos, fault.WrongObjectType, "window function %s cannot have WITHIN GROUP", n.Name)
		}
		if e.Distinct {
			a.fail(e.Pos, fault.FeatureNotSupported, "DISTINCT is not implemented for window functions")
		}
		if e.Filter != nil {
			a.fail(e.Pos, fault.FeatureNotSupported, "FILTER is not implemented for non-aggregate window functions")
		}
		if k.fn == nil {
			a.raise(e.Pos, fault.Unsupported("a window function of the project", "Built-in aggregates and window functions take any window."))
		}
		all, ret := a.arguments(k, args)
		w := &tree.WindowCall{Fn: k.fn, Args: all, Typ: plain(ret)}
		w.Over = a.window(sc, e.Over, e.Pos)
		return a.at(w, e.Pos)
	}
	if !plainArgs {
		a.decorated(e, e.Pos, n.Name)
	}
	return a.plainCallVariadic(sc, k, args, e.Variadic, e.Pos)
}

// decorated refuses what only aggregates may have on a plain function.
func (a *analyzer) decorated(e *sql.FuncCall, pos sql.Pos, name string) {
	switch {
	case e.Star:
		a.fail(pos, fault.WrongObjectType, "%s(*) specified, but %s is not an aggregate function", name, name)
	case e.Distinct:
		a.fail(pos, fault.WrongObjectType, "DISTINCT specified, but %s is not an aggregate function", name)
	case e.WithinGroup:
		a.fail(pos, fault.WrongObjectType, "WITHIN GROUP specified, but %s is not an aggregate function", name)
	case len(e.OrderBy) > 0:
		a.fail(pos, fault.WrongObjectType, "ORDER BY specified, but %s is not an aggregate function", name)
	case e.Filter != nil:
		a.fail(pos, fault.WrongObjectType, "FILTER specified, but %s is not an aggregate function", name)
	case e.Over != nil:
		a.fail(pos, fault.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name)
	}
}

// wholeArg is t.* as an argument: the whole row.
func (a *analyzer) wholeArg(sc *scope, e *sql.ColumnRef) tree.Expr {
	schema, fields := "", e.Fields
	if len(fields) > 1 {
		schema, fields = fields[len(fields)-2], fields[len(fields)-1:]
	}
	if it := a.findItem(sc, schema, fields[0], e.Pos); it != nil {
		return a.wholeRow(it, e.Pos)
	}
	if x := a.outside(e.Fields); x != nil {
		return x
	}
	a.missingTable(sc, schema, fields[0], e.Pos)
	return nil
}

func (a *analyzer) plainCall(sc *scope, k *candidate, args []tree.Expr, pos sql.Pos) tree.Expr {
	return a.plainCallVariadic(sc, k, args, false, pos)
}

func (a *analyzer) plainCallVariadic(sc *scope, k *candidate, args []tree.Expr, variadicCall bool, pos sql.Pos) tree.Expr {
	if variadicCall && len(args) > 0 {
		last := args[len(args)-1].Type().OID
		if k.variadic == 0 {
			a.fail(a.where(args[len(args)-1]), fault.DatatypeMismatch, "VARIADIC argument must be an array")
		}
		if k.variadic == catalog.AnyOID && a.elem(a.base(last)) == 0 {
			a.fail(a.where(args[len(args)-1]), fault.DatatypeMismatch, "VARIADIC argument must be an array")
		}
	}
	all, ret := a.arguments(k, args)
	c := &tree.Call{Fn: k.fn, User: k.user, Args: all, Typ: plain(ret), Role: a.env.CallRole, Pos: pos, Variadic: variadicCall && k.variadic == catalog.AnyOID}
	a.at(c, pos)
	if k.retSet && sc != nil {
		a.placeSet(sc, pos)
	}
	return c
}

// placeSet checks that a set-returning function may stand here.
func (a *analyzer) placeSet(sc *scope, pos sql.Pos) {
	if sc.noSRF != "" {
		a.failHint(pos, fault.FeatureNotSupported, "You might be able to move the set-returning function into a LATERAL FROM item.",
			"set-returning functions are not allowed in %s", sc.noSRF)
	}
	switch sc.place {
	case InSelect, InInsert, InOrderBy, InDistinctOn, InGroupBy, InValuesSingle:
		sc.hasSRF = true
	case InFromFunction, InOther, InArgument:
	case InFilter:
		a.fail(pos, fault.FeatureNotSupported, "aggregate function calls cannot contain set-returning function calls")
	default:
		name := sc.place.String()
		switch sc.place {
		case InPartition, InWindowOrder, InFrame:
			a.fail(pos, fault.FeatureNotSupported, "set-returning functions are not allowed in window definitions")
		}
		a.fail(pos, fault.FeatureNotSupported, "set-returning functions are not allowed in %s", name)
	}
}

// sortKey is an ORDER BY item over x.
func (a *analyzer) sortKey(x tree.Expr, s sql.SortBy) tree.SortKey {
	k := tree.SortKey{Expr: x, Desc: s.Desc}
	switch s.Using {
	case "", "<":
	case ">":
		k.Desc = true
	default:
		a.failHint(s.Pos, fault.WrongObjectType, `Ordering operators must be "<" or ">" members of btree operator families.`, "operator %s is not a valid ordering operator", s.Using)
	}
	k.NullsFirst = s.Nulls == sql.NullsFirst || s.Nulls == sql.NullsDefault && k.Desc
	a.sortable(x, locate(s.Expr))
	return k
}

// sortable refuses types without an order.
func (a *analyzer) sortable(x tree.Expr, pos sql.Pos) {
	t := x.Type().OID
	if t == catalog.RecordOID || a.complex(t) {
		return
	}
	switch a.base(t) {
	case catalog.JSONOID, catalog.PointOID, catalog.XMLOID, catalog.JSONPathOID, catalog.BoxOID, catalog.PolygonOID, catalog.PathOID, catalog.LineOID, catalog.LsegOID, catalog.CircleOID:
		a.failHint(pos, fault.UndefinedFunction, "Use an explicit ordering operator or modify the query.", "could not identify an ordering operator for type %s", a.typeName(t))
	}
}

// placeAggregate finds the level that an aggregate belongs to and checks that it may stand where it stands.
func (a *analyzer) placeAggregate(sc *scope, agg *tree.Agg) {
	owner := a.ownerOf(sc, agg)
	all := append(slices.Clone(agg.Args), agg.Direct...)
	if agg.Filter != nil {
		all = append(all, agg.Filter)
	}
	for _, k := range agg.OrderBy {
		all = append(all, k.Expr)
	}
	for _, x := range all {
		tree.Walk(x, func(e tree.Expr) bool {
			switch e := e.(type) {
			case *tree.Agg:
				if e.Over != nil {
					a.fail(a.where(e), fault.GroupingError, "aggregate function calls cannot contain window function calls")
				}
				if a.ownerOf(sc, e) == owner {
					a.fail(a.where(e), fault.GroupingError, "aggregate function calls cannot be nested")
				}
			case *tree.WindowCall:
				a.fail(a.where(e), fault.GroupingError, "aggregate function calls cannot contain window function calls")
			case *tree.Call:
				if returnsSet(e) {
					a.failHint(a.where(e), fault.FeatureNotSupported, "You might be able to move the set-returning function into a LATERAL FROM item.", "aggregate function calls cannot contain set-returning function calls")
				}
			}
			return true
		})
	}
	if owner.inFrom {
		a.fail(agg.Pos, fault.GroupingError, "aggregate functions are not allowed in FROM clause of their own query level")
	}
	switch owner.place {
	case InSelect, InHaving, InOrderBy, InDistinctOn, InPartition, InWindowOrder, InFrame, InInsert:
	case InOther:
		a.fail(agg.Pos, fault.GroupingError, "aggregate functions are not allowed in this context")
	case InWhere:
		a.fail(agg.Pos, fault.GroupingError, "aggregate functions are not allowed in WHERE")
	case InFilter:
		a.fail(agg.Pos, fault.GroupingError, "aggregate functions are not allowed in FILTER")
	default:
		a.fail(agg.Pos, fault.GroupingError, "aggregate functions are not allowed in %s", owner.place)
	}
	owner.hasAgg = true
	owner.aggs = append(owner.aggs, agg)
}

// ownerOf is the innermost level whose columns an aggregate's arguments use; its own when they use none.
func (a *analyzer) ownerOf(sc *scope, agg *tree.Agg) *scope {
	owner := (*scope)(nil)
	depth := func(s *scope) int {
		n := 0
		for t := sc; t != nil && t != s; t = t.parent {
			n++
		}
		return n
	}
	var visit func(x tree.Expr)
	see := func(r *tree.Rel) {
		s := a.levels[r]
		if s == nil {
			return
		}
		in := false
		for t := sc; t != nil; t = t.parent {
			in = in || t == s
		}
		if in && (owner == nil || depth(s) < depth(owner)) {
			owner = s
		}
	}
	visit = func(x tree.Expr) {
		tree.Walk(x, func(e tree.Expr) bool {
			switch e := e.(type) {
			case *tree.Var:
				see(e.Rel)
			case *tree.WholeRow:
				see(e.Rel)
			case *tree.SubLink:
				tree.WalkQuery(e.Query, func(y tree.Expr) bool {
					switch y := y.(type) {
					case *tree.Var:
						see(y.Rel)
					case *tree.WholeRow:
						see(y.Rel)
					}
					return true
				})
			}
			return true
		})
	}
	for _, x := range agg.Args {
		visit(x)
	}
	if agg.Filter != nil {
		visit(agg.Filter)
	}
	for _, k := range agg.OrderBy {
		visit(k.Expr)
	}
	if owner == nil {
		return sc
	}
	return owner
}

// window finds or notes the window of an OVER clause.
func (a *analyzer) window(sc *scope, d *sql.WindowDef, pos sql.Pos) *tree.Window {
	switch sc.place {
	case InSelect, InOrderBy, InDistinctOn, InInsert:
	case InPartition, InWindowOrder, InFrame:
		a.fail(pos, fault.WindowingError, "window functions are not allowed in window definitions")
	case InOther:
		a.fail(pos, fault.WindowingError, "window functions are not allowed in this context")
	default:
		a.fail(pos, fault.WindowingError, "window functions are not allowed in %s", sc.place)
	}
	sc.hasWin = true
	plainRef := d.Ref != "" && d.PartitionBy == nil && d.OrderBy == nil && d.Frame == nil
	for _, p := range sc.windows {
		if p.def == d || plainRef && p.def.Name == d.Ref {
			return p.win
		}
	}
	if plainRef {
		a.fail(d.Pos, fault.UndefinedObject, `window "%s" does not exist`, d.Ref)
	}
	p := &pendingWindow{def: d, win: &tree.Window{}}
	sc.windows = append(sc.windows, p)
	return p.win
}

type pendingWindow struct {
	def *sql.WindowDef
	win *tree.Window
}
