package analyze

import (
	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// The contexts of a conversion, weakest first.
const (
	implicit   byte = 'i'
	assignment byte = 'a'
	explicit   byte = 'e'
)

// allows says whether a cast that is declared for context declared may be used in context ctx.
func allows(ctx, declared byte) bool {
	rank := map[byte]int{implicit: 0, assignment: 1, explicit: 2}
	return rank[ctx] >= rank[declared]
}

// pathway is a way from one type to another.
type pathway struct {
	kind pathKind
	fn   *builtin.Func
	user *catalog.Function
}

type pathKind uint8

const (
	noPath pathKind = iota
	relabelPath
	funcPath
	ioPath
	arrayPath
)

// findPath finds how a value of type from becomes one of type to, as PostgreSQL's find_coercion_pathway.
func (a *analyzer) findPath(from, to oid, ctx byte) pathway {
	from, to = a.base(from), a.base(to)
	if from == to {
		return pathway{kind: relabelPath}
	}
	for _, c := range a.cat.Casts() {
		if c.From == from && c.To == to {
			if !allows(ctx, c.Context) {
				return pathway{}
			}
			if c.Func == 0 {
				if a.binaryLike(from, to) {
					return pathway{kind: relabelPath}
				}
				return pathway{kind: ioPath}
			}
			return pathway{kind: funcPath, user: a.cat.FunctionByOID(c.Func)}
		}
	}
	if c, ok := castBetween(from, to); ok {
		if !allows(ctx, c.context) {
			return pathway{}
		}
		return pathway{kind: c.kind, fn: c.fn}
	}
	if fe, te := a.elem(from), a.elem(to); fe != 0 && te != 0 {
		switch p := a.findPath(fe, te, ctx); {
		case p.kind == noPath:
		case p.kind == relabelPath && a.base(te) == te:
			return p
		default: // an element that becomes one of a domain is checked
			return pathway{kind: arrayPath}
		}
	}
	if cat, _ := a.category(to); allows(ctx, assignment) && cat == 'S' {
		return pathway{kind: ioPath}
	}
	if cat, _ := a.category(from); allows(ctx, explicit) && cat == 'S' {
		return pathway{kind: ioPath}
	}
	return pathway{}
}

// binaryLike says whether the stored forms of two types are the same texts, so that a cast WITHOUT FUNCTION costs nothing.
func (a *analyzer) binaryLike(from, to oid) bool {
	f, _ := a.category(from)
	t, _ := a.category(to)
	return f == t && f == 'S'
}

// canCoerce says whether arguments of the given types can be passed for the wanted ones.
func (a *analyzer) canCoerce(have, want []oid, ctx byte) bool {
	generic := false
	for i, in := range have {
		to := want[i]
		switch {
		case in == to, to == catalog.AnyOID:
		case isPolymorphic(to):
			generic = true
		case in == catalog.UnknownOID:
		case a.findPath(in, to, ctx).kind != noPath:
		case in == catalog.RecordOID && a.complex(to), to == catalog.RecordOID && a.complex(in):
		case in == catalog.RecordArrayOID && a.complex(a.elem(to)), to == catalog.RecordArrayOID && a.complex(a.elem(in)):
		default:
			return false
		}
	}
	if generic {
		_, err := a.unify(append([]oid(nil), want[:len(have)]...), have, 0)
		return err == nil
	}
	return true
}

func (a *analyzer) canCoerceOne(from, to oid, ctx byte) bool {
	return a.canCoerce([]oid{from}, []oid{to}, ctx)
}

// coerce converts e to a type, modifier included; nil when there is no way.
func (a *analyzer) coerce(e tree.Expr, to tree.Type, ctx byte) tree.Expr {
	if !a.canCoerceOne(e.Type().OID, to.OID, ctx) {
		return nil
	}
	return a.at(a.coerceMod(a.coerceType(e, to, ctx), to, ctx), a.where(e))
}

// coerceType converts e to the type, which is known to be possible. The modifier is only looked at for the base of a domain.
func (a *analyzer) coerceType(e tree.Expr, to tree.Type, ctx byte) tree.Expr {
	from := e.Type().OID
	if from == to.OID {
		return e
	}
	switch to.OID {
	case catalog.AnyOID, catalog.AnyElementOID, catalog.AnyNonArrayOID, catalog.AnyCompatibleOID, catalog.AnyCompatibleNonArrayOID:
		return e
	case catalog.AnyArrayOID, catalog.AnyEnumOID, catalog.AnyRangeOID, catalog.AnyMultirangeOID, catalog.AnyCompatibleArrayOID,
		catalog.AnyCompatibleRangeOID, catalog.AnyCompatibleMultirangeOID:
		if from != catalog.UnknownOID {
			if b := a.base(from); b != from {
				return a.at(&tree.Relabel{X: e, Typ: plain(b)}, a.where(e))
			}
			return e
		}
	}
	if from == catalog.UnknownOID {
		switch c := e.(type) {
		case *tree.Const:
			return a.coerceLiteral(c, to, ctx)
		case *tree.Param:
			return a.inferParam(c, to)
		case *tree.Collate:
			return &tree.Collate{X: a.coerceType(c.X, to, ctx), Name: c.Name}
		}
	}
	if c, ok := e.(*tree.Collate); ok {
		if x := a.coerceType(c.X, to, ctx); x != nil {
			if cat, _ := a.category(to.OID); cat == 'S' {
				return a.at(&tree.Collate{X: x, Name: c.Name}, a.where(e))
			}
			return x
		}
	}
	base := a.cat.BaseType(plain(to.OID))
	if base.OID == to.OID {
		base.Mod = to.Mod
	}
	switch p := a.findPath(from, to.OID, ctx); p.kind {
	case noPath:
	case relabelPath:
		out := a.toDomain(e, to.OID, ctx)
		if out == e {
			out = &tree.Relabel{X: e, Typ: plain(to.OID)}
		}
		return a.at(out, a.where(e))
	default:
		out := a.applyPath(p, e, base, ctx)
		if base.OID != to.OID {
			out = a.toDomain(out, to.OID, ctx)
		}
		return a.at(out, a.where(e))
	}
	switch {
	case from == catalog.RecordOID && a.complex(to.OID):
		return a.rowTo(e, to, ctx)
	case from == catalog.RecordArrayOID && a.complex(a.elem(to.OID)):
		el := a.elem(to.OID)
		return a.at(&tree.ArrayCast{X: e, Elem: a.coerceType(&tree.Param{Typ: plain(catalog.RecordOID)}, plain(el), ctx), Typ: plain(to.OID)}, a.where(e))
	}
	return e // a composite used as a record
}

// applyPath converts with a function, through text, or element by element. to is not a domain.
func (a *analyzer) applyPath(p pathway, e tree.Expr, to tree.Type, ctx byte) tree.Expr {
	from := e.Type()
	switch p.kind {
	case funcPath:
		if from.OID != a.base(from.OID) {
			e = a.at(&tree.Relabel{X: e, Typ: a.cat.BaseType(from)}, a.where(e))
		}
		args := []tree.Expr{e}
		n := 0
		typ := tree.Type{OID: to.OID, Mod: -1}
		if p.fn != nil {
			n = len(p.fn.Args)
		} else {
			n = len(p.user.ArgTypes())
		}
		if n > 1 {
			args = append(args, intConst(int64(to.Mod)))
			typ.Mod = to.Mod
		}
		if n > 2 {
			args = append(args, boolConst(ctx == explicit))
		}
		return &tree.Call{Fn: p.fn, User: p.user, Args: args, Typ: typ, Role: a.env.CallRole, Pos: a.where(e)}
	case ioPath:
		return a.toDomains(&tree.IOCast{X: e, Typ: plain(to.OID)})
	case arrayPath:
		fe, te := a.elem(a.base(from.OID)), a.elem(to.OID)
		el := tree.Type{OID: te, Mod: to.Mod}
		return &tree.ArrayCast{X: e, Elem: a.coerceMod(a.coerceType(&tree.Param{Typ: plain(fe)}, el, ctx), el, ctx), Typ: to}
	}
	panic("analyze: no conversion")
}

// coerceMod applies a type modifier: the length of a varchar, the scale of a numeric. No modifier, -1, changes only the type.
func (a *analyzer) coerceMod(e tree.Expr, to tree.Type, ctx byte) tree.Expr {
	if e.Type().Mod == to.Mod {
		return e
	}
	t := a.cat.Type(to.OID)
	if t == nil || t.Kind == catalog.DomainType {
		return e
	}
	if to.Mod < 0 {
		return a.at(&tree.Relabel{X: e, Typ: to}, a.where(e))
	}
	if el := a.elem(to.OID); el != 0 {
		elem := a.coerceMod(&tree.Param{Typ: plain(el)}, tree.Type{OID: el, Mod: to.Mod}, ctx)
		if _, same := elem.(*tree.Param); same {
			return e
		}
		return a.at(&tree.ArrayCast{X: e, Elem: elem, Typ: to}, a.where(e))
	}
	if c, ok := castBetween(to.OID, to.OID); ok && c.fn != nil {
		args := []tree.Expr{e, intConst(int64(to.Mod))}
		if len(c.fn.Args) > 2 {
			args = append(args, boolConst(ctx == explicit))
		}
		return a.at(&tree.Call{Fn: c.fn, Args: args, Typ: to, Pos: a.where(e)}, a.where(e))
	}
	return a.at(&tree.Relabel{X: e, Typ: to}, a.where(e))
}

// toDomain makes a value of a domain's base type one of the domain; e itself when to is no domain.
func (a *analyzer) toDomain(e tree.Expr, to oid, ctx byte) tree.Expr {
	base := a.cat.BaseType(plain(to))
	if base.OID == to {
		return e
	}
	if base.Mod >= 0 {
		e = a.coerceMod(e, base, ctx)
	}
	return a.at(&tree.DomainCheck{X: e, Typ: plain(to)}, a.where(e))
}

// coerceLiteral gives a literal of unknown type its type: the text is read now.
func (a *analyzer) coerceLiteral(c *tree.Const, to tree.Type, ctx byte) tree.Expr {
	pos := a.where(c)
	base := a.cat.BaseType(plain(to.OID))
	read := plain(base.OID)
	if base.OID == catalog.IntervalOID {
		read.Mod = base.Mod
		if base.OID == to.OID {
			read.Mod = to.Mod
		}
	}
	var out tree.Expr
	if c.Value.IsNull() {
		out = a.at(&tree.Const{Typ: read}, pos)
	} else {
		out = a.readConst(c.Value.Str(), read, pos)
	}
	if base.OID != to.OID {
		out = a.at(a.toDomain(out, to.OID, ctx), pos)
	}
	return a.at(a.toDomains(out), pos)
}

// toDomains checks the elements of an array that was read from text, where they are of a domain.
func (a *analyzer) toDomains(e tree.Expr) tree.Expr {
	el := a.elem(e.Type().OID)
	if el == 0 || a.base(el) == el {
		return e
	}
	return &tree.ArrayCast{X: e, Elem: a.toDomain(&tree.Param{Typ: plain(a.base(el))}, el, implicit), Typ: e.Type()}
}

// inferParam gives a parameter of unknown type its type.
func (a *analyzer) inferParam(p *tree.Param, to tree.Type) tree.Expr {
	if p.Number < 1 || p.Number > len(a.env.Params) {
		return &tree.Relabel{X: p, Typ: plain(to.OID)}
	}
	known := &a.env.Params[p.Number-1]
	if known.OID == catalog.UnknownOID {
		*known = plain(to.OID)
	} else if known.OID != to.OID {
		a.raise(a.where(p), fault.New("42P08", "inconsistent types deduced for parameter $%d", p.Number).
			WithDetail("%s versus %s", a.typeName(known.OID), a.typeName(to.OID)))
	}
	return a.at(&tree.Param{Number: p.Number, Typ: plain(to.OID)}, a.where(p))
}

// rowTo makes a row of unnamed fields one of a composite type.
func (a *analyzer) rowTo(e tree.Expr, to tree.Type, ctx byte) tree.Expr {
	pos := a.where(e)
	cannot := func(pos sql.Pos, detail string, args ...any) {
		a.raise(pos, fault.New(fault.CannotCoerce, "cannot cast type %s to %s", a.typeName(catalog.RecordOID), a.typeName(to.OID)).WithDetail(detail, args...))
	}
	want := a.fields(to.OID)
	var have []tree.Expr
	row, isRow := e.(*tree.Row)
	if isRow {
		have = row.Args
	} else if w, ok := e.(*tree.WholeRow); ok {
		for i, c := range w.Rel.Columns {
			have = append(have, &tree.Var{Rel: w.Rel, Col: i, Typ: c.Type})
		}
	} else {
		// A record that only execution knows.
		out := tree.Expr(&tree.RowCast{X: e, Typ: plain(a.base(to.OID))})
		return a.at(a.toDomain(out, to.OID, ctx), pos)
	}
	if len(have) < len(want) {
		cannot(pos, "Input has too few columns.")
	}
	if len(have) > len(want) {
		cannot(pos, "Input has too many columns.")
	}
	out := &tree.Row{Typ: plain(a.base(to.OID))}
	for i, x := range have {
		c := a.coerce(x, want[i].Type, ctx)
		if c == nil {
			cannot(a.where(x), "Cannot cast type %s to %s in column %d.", a.typeName(x.Type().OID), a.typeName(want[i].Type.OID), i+1)
		}
		out.Args = append(out.Args, c)
		out.Names = append(out.Names, want[i].Name)
	}
	return a.at(a.toDomain(a.at(out, pos), to.OID, ctx), pos)
}

// commonType picks the type that UNION, CASE and their kin give to all of exprs. what is the construct's name in the message; with "" a failure is 0.
func (a *analyzer) commonType(what string, exprs []tree.Expr) oid {
	types := make([]oid, len(exprs))
	for i, e := range exprs {
		types[i] = e.Type().OID
	}
	t, bad := a.commonOf(types)
	if bad >= 0 {
		if what == "" {
			return 0
		}
		a.fail(a.where(exprs[bad]), fault.DatatypeMismatch, "%s types %s and %s cannot be matched", what, a.typeName(t), a.typeName(a.base(types[bad])))
	}
	return t
}

// commonOf is PostgreSQL's select_common_type. When the types do not go together, bad is the one that does not fit t; otherwise it is -1.
func (a *analyzer) commonOf(types []oid) (t oid, bad int) {
	t = types[0]
	if t != catalog.UnknownOID {
		same := true
		for _, o := range types[1:] {
			same = same && o == t
		}
		if same {
			return t, -1
		}
	}
	t = a.base(t)
	cat, preferred := a.category(t)
	for i, n := range types[1:] {
		n = a.base(n)
		if n == catalog.UnknownOID || n == t {
			continue
		}
		ncat, npreferred := a.category(n)
		switch {
		case t == catalog.UnknownOID:
			t, cat, preferred = n, ncat, npreferred
		case ncat != cat:
			return t, i + 1
		case !preferred && a.canCoerceOne(t, n, implicit) && !a.canCoerceOne(n, t, implicit):
			t, cat, preferred = n, ncat, npreferred
		}
	}
	if t == catalog.UnknownOID {
		t = catalog.TextOID
	}
	return t, -1
}

// toCommon converts e to the common type of a construct.
func (a *analyzer) toCommon(e tree.Expr, t oid, what string) tree.Expr {
	if e.Type().OID == t {
		return e
	}
	if !a.canCoerceOne(e.Type().OID, t, implicit) {
		a.fail(a.where(e), fault.CannotCoerce, "%s could not convert type %s to %s", what, a.typeName(e.Type().OID), a.typeName(t))
	}
	return a.at(a.coerceType(e, plain(t), implicit), a.where(e))
}

// commonMod is the modifier that all of exprs share when they have type t, otherwise -1.
func commonMod(exprs []tree.Expr, t oid) int32 {
	mod := int32(-1)
	for i, e := range exprs {
		et := e.Type()
		if et.OID != t || i > 0 && et.Mod != mod {
			return -1
		}
		mod = et.Mod
	}
	return mod
}

// condition analyses a boolean condition.
func (a *analyzer) condition(sc *scope, e sql.Expr, place Place, what string) tree.Expr {
	return a.toBool(a.expr(sc, e, place), what)
}

func (a *analyzer) toBool(x tree.Expr, what string) tree.Expr {
	if x.Type().OID != catalog.BoolOID {
		out := a.coerce(x, plain(catalog.BoolOID), assignment)
		if out == nil {
			a.fail(a.where(x), fault.DatatypeMismatch, "argument of %s must be type %s, not type %s", what, "boolean", a.typeName(x.Type().OID))
		}
		x = out
	}
	a.noSet(x, what)
	return x
}

// toType is a coercion of an argument that must have a certain type: LIMIT, array subscripts.
func (a *analyzer) toType(x tree.Expr, t oid, what string) tree.Expr {
	out := a.coerce(x, plain(t), assignment)
	if out == nil {
		a.fail(a.where(x), fault.DatatypeMismatch, "argument of %s must be type %s, not type %s", what, a.typeName(t), a.typeName(x.Type().OID))
	}
	a.noSet(out, what)
	return out
}

// noSet refuses a set-returning function.
func (a *analyzer) noSet(x tree.Expr, what string) {
	tree.Walk(x, func(e tree.Expr) bool {
		if c, ok := e.(*tree.Call); ok && returnsSet(c) {
			a.fail(a.where(e), fault.DatatypeMismatch, "argument of %s must not return a set", what)
		}
		return true
	})
}

// assignTo converts a value for storing in a column.
func (a *analyzer) assignTo(x tree.Expr, column string, to tree.Type, pos sql.Pos) tree.Expr {
	if d, ok := x.(*tree.SetDefault); ok {
		d.Typ = to
		return d
	}
	out := a.coerce(x, to, assignment)
	if out == nil {
		if p := a.where(x); p >= 0 {
			pos = p
		}
		a.failHint(pos, fault.DatatypeMismatch, "You will need to rewrite or cast the expression.",
			`column "%s" is of type %s but expression is of type %s`, column, a.typeName(to.OID), a.typeName(x.Type().OID))
	}
	return out
}

// settle makes what is still of unknown type text, as PostgreSQL does with the outputs of a query.
func (a *analyzer) settle(x tree.Expr) tree.Expr {
	if x.Type().OID == catalog.UnknownOID {
		return a.at(a.coerceType(x, plain(catalog.TextOID), implicit), a.where(x))
	}
	return x
}

func intConst(n int64) tree.Expr {
	return &tree.Const{Value: value.Int(n), Typ: plain(catalog.Int4OID)}
}

func boolConst(b bool) tree.Expr {
	return &tree.Const{Value: value.Bool(b), Typ: plain(catalog.BoolOID)}
}
