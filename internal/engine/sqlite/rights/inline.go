package rights

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// maxInline bounds functions inside functions; deeper ones stay calls, which end in the run-time's own limit.
const maxInline = 16

// call checks that a function may be called and, where it is an SQL function that amounts to an expression or sub-query, opens it.
func (a *attacher) call(c *tree.Call) (tree.Expr, error) {
	f := c.User
	if f == nil {
		return c, nil
	}
	if !a.cat.CanExecute(a.as(c.Role), f) {
		return nil, denied("function", f.Name)
	}
	if f.ReturnsSet {
		return c, nil
	}
	q, err := a.body(c)
	if q == nil || err != nil {
		return c, err
	}
	if len(q.Targets) != 1 {
		return c, nil
	}
	target := &q.Targets[0].Expr
	if q.SetOp != sql.NoSetOp || q.Values != nil {
		if (*target).Type().OID != f.Returns.OID {
			return c, nil
		}
	} else {
		x, err := analyze.Coerce(a.cat, *target, f.Returns, 'a')
		if err != nil {
			return c, nil // the call reports it
		}
		*target = x
	}
	if q.Limit == nil && !(q.Aggregated && len(q.GroupBy) == 0) && len(q.Rels) > 0 {
		q.Limit = &tree.Const{Value: value.Int(1), Typ: tree.Type{OID: catalog.Int8OID, Mod: -1}}
	}
	if err := a.within(f, q); err != nil {
		return nil, err
	}
	if needsOwner(f, q) {
		return c, nil
	}
	x := unwrap(&tree.SubLink{Kind: sql.ScalarQ, Query: q, Typ: f.Returns})
	if f.Strict && !strictIn(x, c.Args) {
		when := tree.When{Result: &tree.Const{Typ: f.Returns}}
		for _, arg := range c.Args {
			var test tree.Expr = &tree.NullTest{X: arg}
			if when.Cond != nil {
				test = &tree.Bool{Op: sql.Or, Args: []tree.Expr{when.Cond, test}}
			}
			when.Cond = test
		}
		if when.Cond != nil {
			x = &tree.Case{Whens: []tree.When{when}, Else: x, Typ: f.Returns}
		}
	}
	return x, nil
}

// strictIn says whether an expression is NULL by itself whenever one of args is: a chain of strict calls down to all of them.
func strictIn(x tree.Expr, args []tree.Expr) bool {
	seen := 0
	var walk func(tree.Expr) bool
	walk = func(e tree.Expr) bool {
		if slices.ContainsFunc(args, func(a tree.Expr) bool { return a == e }) {
			seen++
			return true
		}
		switch e := e.(type) {
		case *tree.Call:
			if e.Fn == nil || !e.Fn.Strict {
				return false
			}
			for _, y := range e.Args {
				if !walk(y) {
					return false
				}
			}
			return true
		case *tree.Relabel:
			return walk(e.X)
		case *tree.IOCast:
			return walk(e.X)
		case *tree.Const:
			return true
		}
		return false
	}
	return walk(x) && seen >= len(args)
}

// body is the query of an SQL function's only statement with the arguments of a call in the places of its parameters; nil when the function
// is to stay a call.
func (a *attacher) body(c *tree.Call) (*tree.Query, error) {
	f := c.User
	if f.Kind != catalog.PlainFunction || f.Language != "sql" || f.Refused != "" || len(f.SQL) != 1 || len(a.inlined) >= maxInline || slices.Contains(a.inlined, f) {
		return nil, nil
	}
	s, ok := f.SQL[0].(*sql.Select)
	if !ok || s.Into != nil || f.Returns.OID == catalog.VoidOID || f.Returns.OID == catalog.TriggerOID || polymorphic(f) {
		return nil, nil
	}
	path := storedPath
	for _, set := range f.Settings {
		if set.Name != "search_path" || set.FromCurrent || set.Default {
			return nil, nil
		}
		path = nil
		for _, v := range set.Values {
			if v != "" && v != "$user" {
				path = append(path, v)
			}
		}
		if path == nil {
			path = []string{"pg_catalog"}
		}
	}
	env := &analyze.Env{Path: path, Role: c.Role, CallRole: c.Role, FixedParams: true}
	if f.Definer {
		env.Role, env.CallRole = f.Owner, f.Owner
	}
	var names []string
	for _, p := range f.Params {
		if p.Mode == sql.OutArg || p.Mode == sql.TableArg {
			continue
		}
		env.Params = append(env.Params, p.Type)
		names = append(names, p.Name)
	}
	if a.opened++; a.opened > maxOpened {
		return nil, nil
	}
	env.Names = ArgumentNames(f.Name, names, env.Params)
	q, err := analyze.Query(a.cat, env, s)
	if err != nil {
		return nil, nil // the body may be for a schema that is not there; the call reports it
	}
	uses := make([]int, len(c.Args))
	pure := true
	tree.WalkQuery(q, func(e tree.Expr) bool {
		switch e := e.(type) {
		case *tree.Param:
			if e.Number > 0 {
				uses[e.Number-1]++
			}
		case *tree.Call:
			if volatile(e) && !(e.User != nil && e.User.Language == "sql") {
				pure = false
			}
		}
		return true
	})
	if !pure || len(q.Locking) > 0 {
		return nil, nil
	}
	modifies := false
	tree.EachQuery(q, func(q *tree.Query) { modifies = modifies || q.Command != tree.Select })
	if modifies {
		return nil, nil
	}
	for i, arg := range c.Args {
		if tree.Any(arg, volatile) || uses[i] > 1 && tree.Any(arg, func(e tree.Expr) bool { _, ok := e.(*tree.SubLink); return ok }) {
			return nil, nil
		}
	}
	tree.MapQuery(q, func(e tree.Expr) tree.Expr {
		if p, ok := e.(*tree.Param); ok && p.Number > 0 {
			return c.Args[p.Number-1]
		}
		return e
	})
	return q, nil
}

// ArgumentNames gives the names that an SQL function's body has for its arguments: name and function.name. The arguments are Params 1, 2, ….
func ArgumentNames(function string, names []string, types []tree.Type) func([]string) tree.Expr {
	return func(n []string) tree.Expr {
		if len(n) == 2 && n[0] == function {
			n = n[1:]
		}
		if len(n) != 1 {
			return nil
		}
		if i := slices.Index(names, n[0]); i >= 0 && n[0] != "" {
			return &tree.Param{Number: i + 1, Typ: types[i]}
		}
		return nil
	}
}

func polymorphic(f *catalog.Function) bool {
	poly := func(o catalog.OID) bool {
		switch o {
		case catalog.AnyElementOID, catalog.AnyArrayOID, catalog.AnyNonArrayOID, catalog.AnyEnumOID, catalog.AnyRangeOID, catalog.AnyMultirangeOID,
			catalog.AnyCompatibleOID, catalog.AnyCompatibleArrayOID, catalog.AnyCompatibleNonArrayOID, catalog.AnyCompatibleRangeOID, catalog.AnyCompatibleMultirangeOID:
			return true
		}
		return false
	}
	return slices.ContainsFunc(f.Params, func(p catalog.Param) bool { return poly(p.Type.OID) }) || poly(f.Returns.OID)
}

// openFunctionRel makes a set-returning SQL function in FROM the sub-query that it amounts to.
func (a *attacher) openFunctionRel(r *tree.Rel) error {
	r.Policed = true
	if len(r.Funcs) != 1 || r.Ordinality {
		return nil
	}
	c, ok := r.Funcs[0].Call.(*tree.Call)
	if !ok || c.User == nil || !c.User.ReturnsSet || c.User.Strict {
		return nil
	}
	if !a.cat.CanExecute(a.as(c.Role), c.User) {
		return denied("function", c.User.Name)
	}
	q, err := a.body(c)
	if q == nil || err != nil {
		return err
	}
	if len(q.Targets) != len(r.Columns) {
		return nil
	}
	for i, col := range r.Columns {
		t := &q.Targets[i]
		if q.SetOp != sql.NoSetOp || q.Values != nil {
			if t.Expr.Type().OID != col.Type.OID {
				return nil
			}
			continue
		}
		x, err := analyze.Coerce(a.cat, t.Expr, col.Type, 'a')
		if err != nil {
			return nil
		}
		t.Expr = x
	}
	if err := a.within(c.User, q); err != nil || needsOwner(c.User, q) {
		return err
	}
	// The query may look at Rels beside it through the arguments.
	r.Kind, r.Query, r.Funcs, r.Lateral = tree.SubqueryRel, q, nil, true
	return nil
}

// within treats the body of a function that is being opened.
func (a *attacher) within(f *catalog.Function, q *tree.Query) error {
	caller := a.caller
	a.inlined = append(a.inlined, f)
	if f.Definer {
		a.caller = f.Owner
	}
	err := a.query(q)
	a.inlined, a.caller = a.inlined[:len(a.inlined)-1], caller
	return err
}

// needsOwner says whether the body of a definer function can only run with its owner as the current role: it asks who that is, or calls functions
// that run as their caller and could not be opened.
func needsOwner(f *catalog.Function, q *tree.Query) bool {
	if !f.Definer {
		return false
	}
	found := false
	tree.WalkQuery(q, func(e tree.Expr) bool {
		if c, ok := e.(*tree.Call); ok {
			found = found || c.User != nil && c.Role != "" && !c.User.Definer || c.Fn != nil && asksRole(c.Fn.Name)
		}
		return !found
	})
	return found
}

func asksRole(name string) bool {
	switch name {
	case "current_user", "current_role", "user", "pg_has_role", "row_security_active":
		return true
	}
	return strings.HasPrefix(name, "has_") && strings.HasSuffix(name, "_privilege")
}
