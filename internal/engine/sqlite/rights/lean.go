package rights

import (
	"slices"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A leaner takes out of conditions what cannot change which rows they leave, as PostgreSQL's planner does before anybody looks at rights: so a role needs none for it.
// Of `true OR x` it leaves true, of `false AND x` false (simplify_or_arguments, simplify_and_arguments in clauses.c), of `a OR (a AND b)` a (process_duplicate_ors in
// prepqual.c). The zero value is ready.
type leaner struct {
	dropped []tree.Expr // what was taken out; parts of it may be there still, elsewhere
}

// lean gives what is left of e: e itself when nothing is taken out.
func (l *leaner) lean(e tree.Expr) tree.Expr {
	before := len(l.dropped)
	out := l.plain(e, false)
	if len(l.dropped) == before {
		return e
	}
	return out
}

// plain is lean without the short way, of the opposite of e where not is set: negations go down to what is not AND, OR or NOT.
func (l *leaner) plain(e tree.Expr, not bool) tree.Expr {
	b, ok := e.(*tree.Bool)
	switch {
	case ok && b.Op == sql.Not:
		return l.plain(b.Args[0], !not)
	case !ok && not:
		if c, ok := e.(*tree.Const); ok && !c.Value.IsNull() {
			return &tree.Const{Value: value.Bool(!c.Value.IsTrue()), Typ: c.Typ}
		}
		return &tree.Bool{Op: sql.Not, Args: []tree.Expr{e}}
	case !ok:
		return e
	}
	op := b.Op
	if not {
		op = map[sql.BoolOp]sql.BoolOp{sql.And: sql.Or, sql.Or: sql.And}[op]
	}
	var args []tree.Expr
	for _, x := range b.Args {
		args = append(args, parts(l.plain(x, not), op)...)
	}
	// One that decides alone.
	if i := slices.IndexFunc(args, func(x tree.Expr) bool { return isConst(x, op == sql.Or) }); i >= 0 {
		return l.only(args, i)
	}
	if op == sql.Or {
		// One whose terms are terms of all the others.
		if i := slices.IndexFunc(args, func(x tree.Expr) bool {
			return !slices.ContainsFunc(args, func(y tree.Expr) bool { return !within(parts(x, sql.And), parts(y, sql.And)) })
		}); i >= 0 {
			return l.only(args, i)
		}
	}
	if len(args) == 1 {
		return args[0]
	}
	return &tree.Bool{Op: op, Args: args}
}

// only takes out all but one.
func (l *leaner) only(args []tree.Expr, i int) tree.Expr {
	l.dropped = append(append(l.dropped, args[:i]...), args[i+1:]...)
	return args[i]
}

// parts are the operands of op that make e up.
func parts(e tree.Expr, op sql.BoolOp) []tree.Expr {
	if b, ok := e.(*tree.Bool); ok && b.Op == op {
		return b.Args
	}
	return []tree.Expr{e}
}

// within says whether each of a is one of b.
func within(a, b []tree.Expr) bool {
	return !slices.ContainsFunc(a, func(x tree.Expr) bool {
		return !slices.ContainsFunc(b, func(y tree.Expr) bool { return tree.Equal(selected(x), selected(y)) })
	})
}

// selected is e with what `(select auth.uid())` selects in the place of its query: queries are compared by identity.
func selected(e tree.Expr) tree.Expr {
	return tree.Map(e, func(x tree.Expr) tree.Expr {
		if l, ok := x.(*tree.SubLink); ok {
			if y := unwrap(l); y != x {
				return &tree.SubLink{Kind: l.Kind, Tests: []tree.Expr{y}, Typ: l.Typ}
			}
		}
		return x
	})
}

func isConst(e tree.Expr, v bool) bool {
	c, ok := e.(*tree.Const)
	return ok && !c.Value.IsNull() && c.Value.IsTrue() == v
}
