package lower

import (
	"strconv"
	"strings"
	"sync"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// call lowers a function or operator: to SQLite's own where that does the same, otherwise to a fragment.
func (l *lowerer) call(c *tree.Call) string {
	if returnsSet(c) {
		return l.fragment(c)
	}
	if c.Fn == nil {
		return l.fragment(c)
	}
	if op := comparison(c); op != "" {
		return "(" + l.expr(c.Args[0]) + l.collate(c.Args[0].Type()) + " " + op + " " + l.expr(c.Args[1]) + ")"
	}
	if c.Fn.SQLite != "" && c.Fn.Kind == builtin.Scalar {
		args := make([]string, len(c.Args))
		for i, a := range c.Args {
			args[i] = l.expr(a)
		}
		return "(" + substitute(c.Fn.SQLite, args) + ")"
	}
	if c.Fn.Volatility == 'i' && concrete(c.Fn) && l.indexed(c) {
		// An index was made over this very call.
		var b strings.Builder
		b.WriteString("pg_" + c.Fn.ID + "(")
		for i, a := range c.Args {
			b.WriteString(sep(i, "") + l.expr(a))
		}
		return b.String() + ")"
	}
	return l.fragment(c)
}

// substitute puts arguments in the places %1, %2 … of a native form.
func substitute(form string, args []string) string {
	var b strings.Builder
	for i := 0; i < len(form); i++ {
		if form[i] == '%' && i+1 < len(form) && form[i+1] >= '1' && form[i+1] <= '9' {
			n := int(form[i+1] - '1')
			i++
			if n < len(args) {
				b.WriteString(args[n])
			}
			continue
		}
		b.WriteByte(form[i])
	}
	return b.String()
}

// concrete says that the function's parameters and result have types of their own: a polymorphic one must be told the types of each call, which a
// function registered under one name is not.
func concrete(fn *builtin.Func) bool {
	for _, t := range append([]catalog.OID{fn.Ret}, fn.Args...) {
		switch t {
		case catalog.AnyOID, catalog.AnyArrayOID, catalog.AnyElementOID, catalog.AnyNonArrayOID, catalog.AnyEnumOID, catalog.AnyRangeOID,
			catalog.AnyCompatibleOID, catalog.AnyCompatibleArrayOID, catalog.AnyCompatibleNonArrayOID, catalog.RecordOID:
			return false
		}
	}
	return true
}

// indexed says whether an index of a table that c reads is over a function of the same name, so that c may be served by it.
func (l *lowerer) indexed(c *tree.Call) bool {
	for _, a := range c.Args {
		if v, ok := stripRelabel(a).(*tree.Var); ok {
			if ref := l.rels[v.Rel]; ref != nil && ref.table != nil {
				for _, ix := range ref.table.Indexes {
					for _, k := range ix.Keys {
						if k.Expr != nil {
							return true
						}
					}
				}
			}
		}
	}
	return false
}

// comparison is SQLite's operator for a call that compares two values of types that compare alike under the collation of the first, "" for others.
func comparison(c *tree.Call) string {
	fn := c.Fn
	if fn == nil || len(fn.Args) != 2 || fn.Ret != catalog.BoolOID {
		return ""
	}
	a, b := fn.Args[0], fn.Args[1]
	switch a {
	case catalog.AnyEnumOID, catalog.AnyArrayOID, catalog.AnyRangeOID:
	default:
		if fn.SQLite == "" || a != b && !(integer(a) && integer(b)) && !(float(a) && float(b)) && !(textual(a) && textual(b)) {
			return ""
		}
	}
	return operatorOf()[fn]
}

func integer(t catalog.OID) bool {
	return t == catalog.Int2OID || t == catalog.Int4OID || t == catalog.Int8OID
}
func float(t catalog.OID) bool { return t == catalog.Float4OID || t == catalog.Float8OID }
func textual(t catalog.OID) bool {
	return t == catalog.TextOID || t == catalog.NameOID || t == catalog.VarcharOID
}

// operatorOf is the comparison operator of each function that has one.
var operatorOf = sync.OnceValue(func() map[*builtin.Func]string {
	out := map[*builtin.Func]string{}
	for _, o := range builtin.AllOperators() {
		switch o.Name {
		case "=", "<>", "<", "<=", ">", ">=":
			out[o.Func] = o.Name
		}
	}
	return out
})

func plainEqual(c *tree.Call) bool    { return c != nil && c.Fn != nil && comparison(c) == "=" }
func plainNotEqual(c *tree.Call) bool { return c != nil && c.Fn != nil && comparison(c) == "<>" }
func nativeCompare(c *tree.Call) bool { return c != nil && c.Fn != nil && comparison(c) != "" }

func returnsSet(e tree.Expr) bool {
	c, ok := e.(*tree.Call)
	return ok && (c.Fn != nil && (c.Fn.RetSet || c.Fn.Kind == builtin.SetReturning) || c.User != nil && c.User.ReturnsSet)
}

func volatileCall(c *tree.Call) bool {
	if c.User != nil {
		return c.User.Volatility != 'i' && c.User.Volatility != 's'
	}
	return c.Fn != nil && c.Fn.Volatility == 'v'
}

// isVolatile says whether e may give another value each time.
func isVolatile(e tree.Expr) bool {
	found := tree.Any(e, func(e tree.Expr) bool { c, ok := e.(*tree.Call); return ok && volatileCall(c) })
	if !found && e != nil {
		tree.EachSubQuery(e, func(q *tree.Query) { found = found || volatileQuery(q) })
	}
	return found
}

func volatileQuery(q *tree.Query) bool {
	found := false
	tree.WalkQuery(q, func(e tree.Expr) bool {
		if c, ok := e.(*tree.Call); ok && volatileCall(c) {
			found = true
		}
		return !found
	})
	return found
}

// nativeAgg is SQLite's form of an aggregate call over arguments in SQL, "" where there is none.
func nativeAgg(a *tree.Agg, args []string) string {
	if a.Fn == nil || len(a.OrderBy) > 0 || len(a.Direct) > 0 || len(args) != 1 {
		return ""
	}
	if a.Distinct {
		args = []string{"DISTINCT " + args[0]}
	}
	switch a.Fn.Name {
	case "count", "min", "max":
		return a.Fn.Name + "(" + args[0] + ")" // under the collation of the argument
	}
	if a.Fn.SQLite == "" {
		return ""
	}
	return substitute(a.Fn.SQLite, args)
}

// emptyResult is what an aggregate gives for no rows; NULL for most.
func emptyResult(a *tree.Agg) value.Datum {
	if a.Fn != nil && a.Fn.Ret == catalog.Int8OID && (a.Fn.Name == "count" || a.Fn.Name == "regr_count") {
		return value.Int(0)
	}
	return value.Null
}

// arrayAgg collects values of a type into an array.
func arrayAgg(elem, array tree.Type) *tree.Agg {
	for _, fn := range builtin.Functions("array_agg") {
		if len(fn.Args) == 1 && fn.Args[0] == catalog.AnyNonArrayOID || len(fn.Args) == 1 && fn.Args[0] == catalog.AnyElementOID {
			return &tree.Agg{Fn: fn, Args: []tree.Expr{&tree.Param{Number: -1, Typ: elem}}, Typ: array}
		}
	}
	panic("lower: no array_agg")
}

// elementsOf is unnest of an array that is the argument.
func elementsOf(array tree.Type, elem catalog.OID) tree.Expr {
	for _, fn := range builtin.Functions("unnest") {
		if len(fn.Args) == 1 && fn.Args[0] == catalog.AnyArrayOID {
			return &tree.Call{Fn: fn, Args: []tree.Expr{&tree.Param{Number: -1, Typ: array}}, Typ: tree.Type{OID: elem, Mod: -1}}
		}
	}
	panic("lower: no unnest for array type " + strconv.Itoa(int(array.OID)))
}
