package catalog

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// createAggregate is CREATE AGGREGATE of one that is made of functions for each row and for the end. What only speeds PostgreSQL up (combinefunc, parallel, the
// functions for moving windows) is passed over.
func (e *Edit) createAggregate(s *sql.CreateAggregate) {
	e.st.tag = "CREATE AGGREGATE"
	agg := &Aggregate{}
	f := &Function{Name: s.Name.Name, Schema: e.creationSchema(s.Name), Kind: AggregateFunction, Owner: e.st.env.Role, Language: "internal", Volatility: 'i',
		SourcePos: sql.NoPos, Agg: agg}
	var uses []addr
	var args []TypeRef
	for _, p := range s.Params {
		typ := e.findType(p.Type)
		f.Params = append(f.Params, Param{Name: p.Name, Mode: p.Mode, Type: typ})
		uses, args = append(uses, e.useOfType(typ)), append(args, TypeRef{typ.OID, -1})
	}
	step, final := (*sql.Name)(nil), (*sql.Name)(nil)
	for _, o := range s.Options {
		n := &sql.Name{Name: o.Value, Pos: sql.NoPos}
		if o.Type != nil {
			n.Schema, n.Name = o.Type.Name.Schema, o.Type.Name.Name
		}
		switch strings.ToLower(o.Name) {
		case "stype", "stype1":
			if o.Type != nil {
				agg.State = TypeRef{e.findType(o.Type).OID, -1}
				uses = append(uses, e.useOfType(agg.State))
			}
		case "initcond", "initcond1":
			agg.Init = &o.Value
		case "sfunc", "sfunc1":
			step = n
		case "finalfunc":
			final = n
		case "finalfunc_extra":
			agg.FinalExtra = o.Value == "" || strings.EqualFold(o.Value, "true") || strings.EqualFold(o.Value, "on")
		case "hypothetical":
			raise(fault.Unsupported("CREATE AGGREGATE for ordered sets", ""), s.Pos)
		}
	}
	switch {
	case agg.State.OID == 0:
		e.fail(sql.NoPos, fault.InvalidFunctionDefinition, "aggregate stype must be specified")
	case step == nil:
		e.fail(sql.NoPos, fault.InvalidFunctionDefinition, "aggregate sfunc must be specified")
	}
	takes := append([]TypeRef{agg.State}, args...)
	var t TypeRef
	var user *Function
	agg.Step, t, user = e.aggregatePart(*step, takes)
	if t.OID != agg.State.OID && !polymorphic(t) && !polymorphic(agg.State) {
		e.fail(sql.NoPos, fault.DatatypeMismatch, "return type of transition function %s is not %s", step.Name, e.TypeString(agg.State))
	}
	if user != nil {
		if uses = append(uses, addr{oid: user.OID}); user.Strict && agg.Init == nil && (len(args) == 0 || args[0].OID != agg.State.OID) {
			e.fail(sql.NoPos, fault.InvalidFunctionDefinition, "must not omit initial value when transition function is strict and transition type is not compatible with input type")
		}
	}
	f.Returns = agg.State
	if final != nil {
		takes := takes
		if !agg.FinalExtra {
			takes = takes[:1]
		}
		if agg.Final, f.Returns, user = e.aggregatePart(*final, takes); user != nil {
			uses = append(uses, addr{oid: user.OID})
		}
	}
	f.Returns.Mod = -1
	if agg.Init != nil && !polymorphic(agg.State) && e.st.env.ViewColumns != nil { // the initial value must be one of the type
		x := &sql.Cast{X: &sql.Const{Kind: sql.StringConst, Text: *agg.Init, Pos: sql.NoPos}, Type: e.TypeName(agg.State), Pos: sql.NoPos}
		cols, _, err := e.st.env.ViewColumns(e.Catalog(), &sql.Select{Targets: []sql.Target{{Expr: x, Pos: sql.NoPos}}, Pos: sql.NoPos}, e.st.env.SearchPath)
		must(cols, err)
	}
	if polymorphic(f.Returns) && !slices.ContainsFunc(args, polymorphic) {
		raise(fault.New(fault.InvalidFunctionDefinition, "cannot determine result data type").
			WithDetail("A result of type %s requires at least one input of type anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange.", e.TypeString(f.Returns)), sql.NoPos)
	}
	old := e.overload(f)
	switch {
	case old != nil && !s.Replace:
		e.fail(s.Name.Pos, fault.DuplicateFunction, "function %q already exists with same argument types", f.Name)
	case old != nil:
		e.needOwner(old.Owner, "aggregate", old.Name, s.Name.Pos)
		e.replaceable(old, f, s.Name.Pos)
		f.OID, f.Owner, f.ACL, f.Comment = old.OID, old.Owner, old.ACL, old.Comment
		e.forget(addr{oid: f.OID})
	default:
		f.OID = e.newOID()
		f.ACL = e.defaultACL(sql.KindFunction, f.Schema, f.Owner, nil)
	}
	e.setFunction(f)
	e.depend(addr{oid: f.OID}, false, uses...)
}

// polymorphic reports whether a type stands for several.
func polymorphic(t TypeRef) bool {
	switch t.OID {
	case AnyOID, AnyElementOID, AnyArrayOID, AnyNonArrayOID, AnyEnumOID, AnyRangeOID, AnyCompatibleOID, AnyCompatibleArrayOID, AnyCompatibleNonArrayOID, AnyCompatibleRangeOID:
		return true
	}
	return false
}

// aggregatePart finds a function that an aggregate is made of, with its result for arguments of these types: the project's, which is user, or PostgreSQL's own.
func (e *Edit) aggregatePart(n sql.Name, takes []TypeRef) (name sql.Name, returns TypeRef, user *Function) {
	for _, f := range e.FindFunctions(e.st.env.SearchPath, n) {
		have := f.ArgTypes()
		if len(have) != len(takes) {
			continue
		}
		fits := true
		for i, t := range have {
			fits = fits && (t == takes[i].OID || polymorphic(TypeRef{OID: t}))
		}
		if fits && f.Kind == PlainFunction {
			return sql.Name{Schema: f.Schema, Name: f.Name, Pos: sql.NoPos}, TypeRef{f.Returns.OID, -1}, f
		}
	}
	call := &sql.FuncCall{Name: sql.Name{Schema: "pg_catalog", Name: n.Name, Pos: sql.NoPos}, Pos: sql.NoPos}
	var types []string
	open := false
	for _, t := range takes {
		types = append(types, e.TypeString(t))
		open = open || polymorphic(t)
		call.Args = append(call.Args, sql.Arg{Value: &sql.Cast{X: &sql.Const{Kind: sql.NullConst, Pos: sql.NoPos}, Type: e.TypeName(t), Pos: sql.NoPos}})
	}
	switch {
	case open && e.st.env.IsBuiltin != nil && e.st.env.IsBuiltin(n.Name):
		return call.Name, takes[0], nil
	case !open && e.st.env.ViewColumns != nil:
		q := &sql.Select{Targets: []sql.Target{{Expr: call, Pos: sql.NoPos}}, Pos: sql.NoPos}
		if cols, _, err := e.st.env.ViewColumns(e.Catalog(), q, e.st.env.SearchPath); err == nil && len(cols) == 1 {
			return call.Name, TypeRef{cols[0].Type.OID, -1}, nil
		}
	}
	e.fail(sql.NoPos, fault.UndefinedFunction, "function %s(%s) does not exist", n.Name, strings.Join(types, ", "))
	return name, returns, nil
}

// aggregateTree is the statement that makes an aggregate.
func (c *facts) aggregateTree(f *Function) *sql.CreateAggregate {
	s := &sql.CreateAggregate{Name: made(f.Schema, f.Name), Pos: sql.NoPos}
	for _, p := range f.Params {
		s.Params = append(s.Params, sql.FuncParam{Name: p.Name, Mode: p.Mode, Type: c.TypeName(p.Type)})
	}
	named := func(option string, n sql.Name) {
		if n.Name != "" {
			s.Options = append(s.Options, sql.Option{Name: option, Type: &sql.TypeName{Name: n, Pos: sql.NoPos}, Pos: sql.NoPos})
		}
	}
	named("sfunc", f.Agg.Step)
	s.Options = append(s.Options, sql.Option{Name: "stype", Type: c.TypeName(f.Agg.State), Pos: sql.NoPos})
	named("finalfunc", f.Agg.Final)
	if f.Agg.FinalExtra {
		s.Options = append(s.Options, sql.Option{Name: "finalfunc_extra", Pos: sql.NoPos})
	}
	if f.Agg.Init != nil {
		s.Options = append(s.Options, sql.Option{Name: "initcond", Value: *f.Agg.Init, Pos: sql.NoPos})
	}
	return s
}
