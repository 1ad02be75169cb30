package plan

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

const called = "pgrst_call" // the alias of a function in FROM

func (b *builder) invoke(p *Plan, v *query.Invoke) error {
	f, unnamed, err := b.function(v)
	if err != nil {
		return err
	}
	fc := &sql.FuncCall{Name: sql.Name{Schema: f.Schema, Name: f.Name, Pos: sql.NoPos}, Pos: sql.NoPos}
	if unnamed {
		fc.Args = []sql.Arg{{Value: b.param(Param{Kind: FromBody, Type: inputs(f)[0].Type})}}
	} else {
		b.arguments(fc, f, v)
	}
	p.writes = f.Volatility == 'v'
	src := b.resultSource(f)
	switch {
	case f.Returns.OID == catalog.VoidOID:
		p.shape = Void
		return b.single(p, fc, f)
	case src == nil && !f.ReturnsSet:
		p.shape = Scalar
		return b.single(p, fc, f)
	case src == nil:
		p.shape = ScalarSet
		src = &source{fn: f, alias: called, columns: []*catalog.Column{{Name: "pgrst_scalar", Type: f.Returns}}}
	case !f.ReturnsSet:
		p.shape = Object
	}
	item := &sql.FuncTable{Funcs: []sql.FuncItem{{Call: fc}}, Alias: &sql.Alias{Name: called}, Pos: sql.NoPos}
	n := v.Node
	if p.shape == ScalarSet {
		item.Alias.Columns = []string{"pgrst_scalar"}
		n.Select, n.Where, n.Order = nil, nil, nil
	}
	lv, err := b.level(&n, src, 0)
	if err != nil {
		return err
	}
	p.main, p.columns = lv.query(item), lv.columns()
	if f.ReturnsSet {
		b.hides = b.hides || b.mayHide(nil)
		b.totals(p, lv, item, v.MaxRows)
	}
	return b.handled(p, functionTarget(f, src))
}

// single is SELECT f(…).
func (b *builder) single(p *Plan, fc sql.Expr, f *catalog.Function) error {
	t := b.output("pgrst_scalar", fc, f.Returns)
	p.main = &sql.Select{Targets: []sql.Target{{Name: t.name, Expr: t.expr, Pos: sql.NoPos}}, Pos: sql.NoPos}
	p.columns = []Column{{Name: t.name, Type: t.typ}}
	return b.handled(p, functionTarget(f, nil))
}

// inputs are the parameters that a call gives.
func inputs(f *catalog.Function) []catalog.Param {
	var in []catalog.Param
	for _, p := range f.Params {
		if p.Mode != sql.OutArg && p.Mode != sql.TableArg {
			in = append(in, p)
		}
	}
	return in
}

// resultSource is the columns of a function's result; nil when it is no row.
func (b *builder) resultSource(f *catalog.Function) *source {
	src := &source{fn: f, alias: called}
	for _, p := range f.Params {
		if p.Mode == sql.OutArg || p.Mode == sql.InOutArg || p.Mode == sql.TableArg {
			src.columns = append(src.columns, &catalog.Column{Name: p.Name, Type: p.Type})
		}
	}
	if src.columns != nil {
		return src
	}
	t := b.cat.Type(b.base(f.Returns).OID)
	if t == nil || t.Kind != catalog.CompositeType {
		return nil
	}
	src.columns = t.Fields
	if t.Table != 0 {
		src.table = b.cat.TableByOID(t.Table)
		src.columns = src.table.Columns
	}
	return src
}

func (b *builder) arguments(fc *sql.FuncCall, f *catalog.Function, v *query.Invoke) {
	for _, p := range inputs(f) {
		variadic := p.Mode == sql.VariadicArg
		var x sql.Expr
		if i := slices.Index(v.Keys, p.Name); i >= 0 && b.st.Fields != nil {
			x = b.payload(i, p.Type)
		} else if i := slices.IndexFunc(v.Args, func(a query.InvokeArg) bool { return a.Name == p.Name }); i >= 0 {
			x = b.queryArgument(v.Args[i].Values, p.Type, variadic)
		} else {
			continue
		}
		fc.Args = append(fc.Args, sql.Arg{Name: p.Name, Value: x})
		fc.Variadic = fc.Variadic || variadic
	}
}

// queryArgument is an argument from the query string: its text, or an array of the texts for a variadic parameter.
func (b *builder) queryArgument(values []query.ValueRef, t catalog.TypeRef, variadic bool) sql.Expr {
	elem, isArray := b.isArray(t)
	if !variadic || !isArray {
		if f := b.representation(catalog.TextOID, t.OID); f != nil {
			return userCall(f, b.value(values[len(values)-1], catalog.TextOID))
		}
		return b.param(Param{Kind: FromValue, Value: values[len(values)-1], Type: b.base(t)})
	}
	a := &sql.ArrayExpr{Pos: sql.NoPos}
	for _, r := range values {
		a.Elems = append(a.Elems, b.param(Param{Kind: FromValue, Value: r, Type: elem}))
	}
	return a
}

// function chooses the overload that the names of the arguments mean. unnamed says that the body is its single unnamed parameter.
func (b *builder) function(v *query.Invoke) (f *catalog.Function, unnamed bool, err error) {
	var given []string
	given = append(given, v.Keys...)
	for _, a := range v.Args {
		given = append(given, a.Name)
	}
	raw := v.SingleBody == "text" || v.SingleBody == "xml" || v.SingleBody == "octet"
	var named, single []*catalog.Function
	for _, f := range b.cat.Functions(b.st.Schema, v.Function) {
		if !Callable(f) {
			continue
		}
		in := inputs(f)
		if !raw && v.SingleBody == "" && takes(in, given) {
			named = append(named, f)
		}
		if len(in) == 1 && in[0].Name == "" && takesBody(in[0].Type.OID, v.SingleBody, b.st.Body != nil) {
			single = append(single, f)
		}
	}
	switch {
	case len(named) == 1:
		return named[0], false, nil
	case len(named) > 1:
		return nil, false, b.ambiguousFunction(named)
	case len(single) == 1:
		return single[0], true, nil
	case len(single) > 1:
		return nil, false, b.ambiguousFunction(single)
	}
	return nil, false, b.noFunction(v, given)
}

// Callable says whether the function can be called by name at all: it is no trigger, and its arguments have names, or it has one
// without a name that can be the whole body of a request.
func Callable(f *catalog.Function) bool {
	if f.Kind != catalog.PlainFunction || f.Returns.OID == catalog.TriggerOID || f.Returns.OID == catalog.EventTriggerOID {
		return false
	}
	in := inputs(f)
	unnamed := slices.ContainsFunc(in, func(p catalog.Param) bool { return p.Name == "" })
	if !unnamed || len(in) > 1 {
		return !unnamed
	}
	switch in[0].Type.OID {
	case catalog.ByteaOID, catalog.JSONOID, catalog.JSONBOID, catalog.TextOID, catalog.XMLOID:
		return true
	}
	return false
}

// takes says whether the given names are arguments of a call: all that have no default, and no others.
func takes(in []catalog.Param, given []string) bool {
	for _, g := range given {
		if !slices.ContainsFunc(in, func(p catalog.Param) bool { return p.Name == g }) {
			return false
		}
	}
	for _, p := range in {
		if p.Default == nil && p.DefaultText == "" && !slices.Contains(given, p.Name) {
			return false
		}
	}
	return true
}

func takesBody(t catalog.OID, kind string, hasBody bool) bool {
	switch kind {
	case "text":
		return t == catalog.TextOID
	case "xml":
		return t == catalog.XMLOID
	case "octet":
		return t == catalog.ByteaOID
	}
	return hasBody && (t == catalog.JSONOID || t == catalog.JSONBOID)
}

func (b *builder) ambiguousFunction(list []*catalog.Function) error {
	var sigs []string
	for _, f := range list {
		var args []string
		for _, p := range inputs(f) {
			args = append(args, p.Name+" => "+b.cat.TypeString(p.Type))
		}
		sigs = append(sigs, f.Schema+"."+f.Name+"("+strings.Join(args, ", ")+")")
	}
	slices.SortFunc(sigs, func(x, y string) int { return strings.Compare(strings.TrimSuffix(x, ")"), strings.TrimSuffix(y, ")")) })
	return fault.New("PGRST203", "Could not choose the best candidate function between: %s", strings.Join(sigs, ", ")).
		WithHint("Try renaming the parameters or the function itself in the database so function overloading can be resolved").WithStatus(300)
}

func (b *builder) noFunction(v *query.Invoke, given []string) error {
	schema := b.st.Schema
	name := schema + "." + v.Function
	given = slices.Sorted(slices.Values(given))
	list := strings.Join(given, ", ")
	msg, searched := name+"("+list+")", ""
	switch v.SingleBody {
	case "text", "xml", "octet":
		kind := map[string]string{"text": "text", "xml": "xml", "octet": "bytea"}[v.SingleBody]
		msg, searched = name, " with a single unnamed "+kind+" parameter"
	default:
		switch len(given) {
		case 0:
			msg, searched = name+" without parameters", " without parameters"
		case 1:
			searched = " with parameter " + list
		default:
			searched = " with parameters " + list
		}
		if b.st.Body != nil {
			searched += " or with a single unnamed json/jsonb parameter"
		}
	}
	f := fault.New("PGRST202", "Could not find the function %s in the schema cache", msg).
		WithDetail("Searched for the function %s%s, but no matches were found in the schema cache.", name, searched)

	var callable []*catalog.Function
	for g := range b.cat.AllFunctions() {
		if g.Schema == schema && Callable(g) && b.cat.CanExecute(b.role, g) {
			callable = append(callable, g)
		}
	}
	var names, sigs []string
	for _, g := range callable {
		names = append(names, g.Name)
		if g.Name == v.Function {
			var args []string
			for _, p := range inputs(g) {
				args = append(args, p.Name)
			}
			sigs = append(sigs, "("+strings.Join(args, ", ")+")")
		}
	}
	if len(sigs) > 0 {
		if best := closest("("+list+")", sigs, 0.33); best != "" {
			return f.WithHint("Perhaps you meant to call the function %s%s", name, best)
		}
		return f
	}
	if best := closest(v.Function, names, 0.75); best != "" {
		return f.WithHint("Perhaps you meant to call the function %s.%s", schema, best)
	}
	return f
}
