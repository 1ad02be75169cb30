package analyze

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// maxDimensions is how many subscripts an array can have.
const maxDimensions = 6

// subscripts are resolved subscripts of an array, or the keys of a jsonb; of a slice pairs with nil for what is not given.
func (a *analyzer) subscripts(sc *scope, t oid, steps []sql.Step) (index []tree.Expr, slice bool) {
	for _, s := range steps {
		slice = slice || s.Slice
	}
	if t == catalog.JSONBOID {
		for _, s := range steps {
			index = append(index, a.jsonbSubscript(sc, s))
		}
		return index, false
	}
	number := func(e sql.Expr) tree.Expr {
		if e == nil {
			return nil
		}
		i := a.ex(sc, e)
		c := a.coerce(i, plain(catalog.Int4OID), assignment)
		if c == nil {
			a.fail(a.where(i), fault.DatatypeMismatch, "array subscript must have type integer")
		}
		return c
	}
	for _, s := range steps {
		if slice {
			lo := number(s.Lo)
			if !s.Slice {
				lo = intConst(1)
			}
			index = append(index, lo)
		}
		index = append(index, number(s.Hi))
	}
	if len(steps) > maxDimensions {
		a.fail(sql.NoPos, fault.ProgramLimit, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(steps), maxDimensions)
	}
	return index, slice
}

func (a *analyzer) jsonbSubscript(sc *scope, s sql.Step) tree.Expr {
	if s.Slice {
		bound := s.Hi
		if bound == nil {
			bound = s.Lo
		}
		a.fail(locate(bound), fault.DatatypeMismatch, "jsonb subscript does not support slices")
	}
	i := a.ex(sc, s.Hi)
	t := i.Type().OID
	number, text := a.canCoerceOne(t, catalog.Int4OID, implicit), a.canCoerceOne(t, catalog.TextOID, implicit)
	switch {
	case t == catalog.UnknownOID, text && !number:
		return a.coerceType(i, plain(catalog.TextOID), implicit)
	case t == catalog.Int4OID, t == catalog.TextOID:
		return i
	case number:
		return a.coerceType(i, plain(catalog.Int4OID), implicit)
	}
	a.failHint(a.where(i), fault.DatatypeMismatch, "jsonb subscript must be coercible to either integer or text.", "subscript type %s is not supported", a.typeName(t))
	return nil
}

// subscript is x[i]….
func (a *analyzer) subscript(sc *scope, x tree.Expr, steps []sql.Step, pos sql.Pos) tree.Expr {
	t := a.base(x.Type().OID)
	if t == catalog.JSONBOID {
		index, _ := a.subscripts(sc, t, steps)
		path := &tree.Array{Typ: plain(catalog.TextArrayOID)}
		for _, i := range index {
			path.Elems = append(path.Elems, a.coerce(i, plain(catalog.TextOID), explicit))
		}
		return a.at(a.applyOperator("", "#>", []tree.Expr{x, path}, pos), a.where(x))
	}
	elem := a.elem(t)
	if elem == 0 {
		if t == catalog.NameOID {
			a.raise(a.leftmost(pos, x), fault.Unsupported("a subscript of a name", "Use substr."))
		}
		a.fail(a.leftmost(pos, x), fault.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", a.typeName(x.Type().OID))
	}
	out := &tree.Subscript{X: x, Typ: tree.Type{OID: elem, Mod: x.Type().Mod}}
	if x.Type().OID != t {
		out.Typ.Mod = a.cat.BaseType(x.Type()).Mod
		out.X = a.at(&tree.Relabel{X: x, Typ: plain(t)}, a.where(x))
	}
	if out.Index, out.Slice = a.subscripts(sc, t, steps); out.Slice {
		out.Typ.OID = t
	}
	return a.at(out, a.leftmost(pos, x))
}

// A part is what the target of an assignment leads to: a column, or with steps a field, an element or a slice of it.
type part struct {
	steps []sql.Step
	typ   tree.Type // what is assigned has this type
	// How a value that does not fit is refused.
	name        string
	subscripted bool
}

// together counts the subscripts that the steps begin with.
func together(steps []sql.Step) (n int) {
	for n < len(steps) && steps[n].Field == "" {
		n++
	}
	return n
}

// partOf finds the part of a value of type t to which steps lead.
func (a *analyzer) partOf(t tree.Type, name string, steps []sql.Step, pos sql.Pos) part {
	out := part{steps: steps, typ: t, name: name}
	for len(steps) > 0 {
		base := a.cat.BaseType(out.typ)
		if steps[0].Star {
			a.fail(pos, fault.FeatureNotSupported, `row expansion via "*" is not supported here`)
		}
		if n := together(steps); n > 0 {
			elem := a.elem(base.OID)
			switch {
			case base.OID == catalog.JSONBOID:
				out.typ = base
			case elem == 0:
				a.fail(pos, fault.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", a.typeName(out.typ.OID))
			case sliced(steps[:n]):
				out.typ = base
			default:
				out.typ = tree.Type{OID: elem, Mod: base.Mod}
			}
			out.subscripted, steps = true, steps[n:]
			continue
		}
		field := steps[0].Field
		if !a.complex(base.OID) {
			a.fail(pos, fault.DatatypeMismatch, `cannot assign to field "%s" of column "%s" because its type %s is not a composite type`, field, out.name, a.typeName(out.typ.OID))
		}
		found := false
		for _, f := range a.fields(base.OID) {
			if f.Name == field {
				found, out.typ = true, f.Type
			}
		}
		if !found {
			a.fail(pos, fault.UndefinedColumn, `cannot assign to field "%s" of column "%s" because there is no such column in data type %s`, field, out.name, a.typeName(out.typ.OID))
		}
		out.name, out.subscripted, steps = field, false, steps[1:]
	}
	return out
}

func sliced(steps []sql.Step) bool {
	for _, s := range steps {
		if s.Slice {
			return true
		}
	}
	return false
}

// fit is a value as the part needs it.
func (a *analyzer) fit(p part, x tree.Expr, pos sql.Pos) tree.Expr {
	if len(p.steps) == 0 {
		return a.assignTo(x, p.name, p.typ, pos)
	}
	if _, ok := x.(*tree.SetDefault); ok {
		a.noDefault(p.steps, pos)
	}
	out := a.coerce(x, p.typ, assignment)
	if out == nil {
		form := `subfield "%s" is of type %s but expression is of type %s`
		if p.subscripted {
			form = `subscripted assignment to "%s" requires type %s but expression is of type %s`
		}
		a.failHint(pos, fault.DatatypeMismatch, "You will need to rewrite or cast the expression.", form, p.name, a.typeName(p.typ.OID), a.typeName(x.Type().OID))
	}
	return out
}

func (a *analyzer) noDefault(steps []sql.Step, pos sql.Pos) {
	what := "an array element"
	if steps[0].Field != "" {
		what = "a subfield"
	}
	a.fail(pos, fault.FeatureNotSupported, "cannot set %s to DEFAULT", what)
}

// withPart is old, of type t, with v, which fits, in the place that steps lead to. old stands in it once.
func (a *analyzer) withPart(sc *scope, old tree.Expr, t tree.Type, steps []sql.Step, v tree.Expr) tree.Expr {
	if len(steps) == 0 {
		return v
	}
	base := a.cat.BaseType(t)
	if base.OID != t.OID { // a domain has its say about the whole, of a column once about all its parts
		if d, ok := old.(*tree.DomainCheck); ok {
			old = d.X
		} else {
			old = &tree.Relabel{X: old, Typ: base}
		}
		return a.coerce(a.withPart(sc, old, base, steps, v), t, assignment)
	}
	n := together(steps)
	if n == 0 {
		out := &tree.SetFields{X: old, Typ: plain(base.OID)}
		if before, ok := old.(*tree.SetFields); ok {
			*out = *before
		}
		for j, f := range a.fields(base.OID) {
			if f.Name == steps[0].Field {
				out.Sets = append(slices.Clone(out.Sets), tree.FieldSet{Index: j, Name: f.Name, Value: a.withPart(sc, &tree.CaseArg{Typ: f.Type}, f.Type, steps[1:], v)})
			}
		}
		return out
	}
	out := &tree.SetElement{X: old, Typ: base}
	out.Index, out.Slice = a.subscripts(sc, base.OID, steps[:n])
	inner := tree.Type{OID: a.elem(base.OID), Mod: base.Mod}
	if out.Slice || base.OID == catalog.JSONBOID {
		inner = base
	}
	out.Value = a.withPart(sc, &tree.CaseArg{Typ: inner}, inner, steps[n:], v)
	return out
}
