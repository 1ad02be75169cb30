package analyze

import (
	"slices"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// builtinCast is a cast between built-in types.
type builtinCast struct {
	fn      *builtin.Func
	context byte
	kind    pathKind
}

func castBetween(from, to oid) (builtinCast, bool) {
	c := builtin.CastBetween(from, to)
	if c == nil {
		return builtinCast{}, false
	}
	kind := map[byte]pathKind{'f': funcPath, 'b': relabelPath, 'i': ioPath}[c.Method]
	return builtinCast{c.Func, c.Context, kind}, true
}

// builtinFunctions are the functions of a name in pg_catalog and in the extensions that are in reach of n.
func (a *analyzer) builtinFunctions(n sql.Name) []*builtin.Func {
	var out []*builtin.Func
	for _, f := range builtin.Functions(n.Name) {
		if f.Ext == "" {
			if n.Schema == "" || n.Schema == "pg_catalog" {
				out = append(out, f)
			}
			continue
		}
		x := a.cat.Extension(f.Ext)
		if x != nil && (n.Schema == x.Schema || n.Schema == "" && slices.Contains(a.path, x.Schema)) {
			out = append(out, f)
		}
	}
	return out
}

func builtinCandidate(f *builtin.Func) *candidate {
	k := &candidate{fn: f, declared: f.Args, names: f.ArgNames, defaults: f.NDefaults, ret: f.Ret, retMod: -1, retSet: f.RetSet}
	if f.Variadic {
		switch last := f.Args[len(f.Args)-1]; last {
		case catalog.AnyOID:
			k.variadic = catalog.AnyOID
		case catalog.AnyArrayOID:
			k.variadic = catalog.AnyElementOID
		case catalog.AnyCompatibleArrayOID:
			k.variadic = catalog.AnyCompatibleOID
		default:
			if t := emptyCatalog.Type(last); t != nil {
				k.variadic = t.Elem
			}
		}
	}
	return k
}

// emptyCatalog knows the built-in types.
var emptyCatalog = catalog.Empty()

// operatorsNamed are the operators of a name with the number of operands.
func (a *analyzer) operatorsNamed(name string, operands int) []*operator {
	var out []*operator
	for _, o := range builtin.Operators(name) {
		if (o.Left == 0) != (operands == 1) || o.Ext != "" && a.cat.Extension(o.Ext) == nil {
			continue
		}
		op := &operator{name: o.Name, fn: o.Func, ret: o.Ret, args: []oid{o.Left, o.Right}}
		if operands == 1 {
			op.args = op.args[1:]
		}
		out = append(out, op)
	}
	return out
}

func builtinSoleOut(f *builtin.Func) string {
	if f != nil && len(f.Cols) == 1 {
		return f.Cols[0].Name
	}
	return ""
}

// builtinColumns are the columns of a built-in function that yields rows.
func (a *analyzer) builtinColumns(c *tree.Call) []tree.RelColumn {
	if c.Fn == nil || len(c.Fn.Cols) == 0 {
		return nil
	}
	out := make([]tree.RelColumn, len(c.Fn.Cols))
	for i, col := range c.Fn.Cols {
		t := col.Type
		if isPolymorphic(t) {
			if u, err := a.unify(slices.Clone(c.Fn.Args), typesOf(c.Args), t); err == nil {
				t = u
			}
		}
		out[i] = tree.RelColumn{Name: col.Name, Type: plain(t)}
	}
	return out
}

func returnsSet(c *tree.Call) bool {
	return c.Fn != nil && c.Fn.RetSet || c.User != nil && c.User.ReturnsSet
}
