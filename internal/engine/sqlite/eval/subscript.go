package eval

import (
	"strconv"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// numbers computes subscripts; those that are not given are NULL with absent set.
func numbers(f *Frame, index []Closure) (out []value.Datum, null bool, err error) {
	out = make([]value.Datum, len(index))
	for i, x := range index {
		if x == nil {
			continue
		}
		if out[i], err = x(f); err != nil {
			return nil, false, err
		}
		null = null || out[i].IsNull()
	}
	return out, null, nil
}

func positions(list []value.Datum) []int64 {
	out := make([]int64, len(list))
	for i, d := range list {
		out[i] = d.Int64()
	}
	return out
}

// bounds are the subscripts of a slice: pairs of which nil ones were not written.
func bounds(list []value.Datum, index []Closure) []value.Bound {
	out := make([]value.Bound, len(list)/2)
	for i := range out {
		out[i] = value.Bound{Lo: list[2*i].Int64(), Hi: list[2*i+1].Int64(), NoLo: index[2*i] == nil, NoHi: index[2*i+1] == nil}
	}
	return out
}

// index compiles subscripts; nil stays nil.
func (c *compiler) index(list []tree.Expr) ([]Closure, error) {
	out := make([]Closure, len(list))
	for i, x := range list {
		if x == nil {
			continue
		}
		var err error
		if out[i], err = c.expr(x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *compiler) subscript(e *tree.Subscript) (Closure, error) {
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	elem, err := c.elemOps(e.X.Type())
	if err != nil {
		return nil, err
	}
	index, err := c.index(e.Index)
	if err != nil {
		return nil, err
	}
	return func(f *Frame) (value.Datum, error) {
		d, err := x(f)
		if err != nil || d.IsNull() {
			return value.Null, err
		}
		at, null, err := numbers(f, index)
		switch {
		case err != nil || null:
			return value.Null, err
		case e.Slice:
			return value.Slice(elem, d, bounds(at, index)), nil
		}
		return value.Subscript(elem, d, positions(at)...)
	}, nil
}

func (c *compiler) setElement(e *tree.SetElement) (Closure, error) {
	parts, err := c.list([]tree.Expr{e.X, e.Value})
	if err != nil {
		return nil, err
	}
	index, err := c.index(e.Index)
	if err != nil {
		return nil, err
	}
	json := e.X.Type().OID == catalog.JSONBOID
	var elem *value.Ops
	if !json {
		if elem, err = c.elemOps(e.X.Type()); err != nil {
			return nil, err
		}
	}
	nested := !json && !e.Slice // a slice and a member of jsonb are assigned as a whole
	return func(f *Frame) (value.Datum, error) {
		old, err := parts[0](f)
		if err != nil {
			return value.Null, err
		}
		at, null, err := numbers(f, index)
		if err != nil {
			return value.Null, err
		}
		if null {
			what := "array"
			if json {
				what = "jsonb"
			}
			return value.Null, fault.New(fault.NullNotAllowed, "%s subscript in assignment must not be null", what)
		}
		part := value.Null
		if nested && !old.IsNull() {
			if part, err = value.Subscript(elem, old, positions(at)...); err != nil {
				return value.Null, err
			}
		}
		v, err := replaced(f, part, parts[1])
		switch {
		case err != nil:
			return value.Null, err
		case json:
			return setMember(old, at, e.Index, v)
		case e.Slice:
			return value.SetSlice(elem, old, bounds(at, index), v)
		}
		return value.SetElem(f.Env(), elem, old, positions(at), v)
	}, nil
}

// replaced computes what takes the place of part.
func replaced(f *Frame, part value.Datum, by Closure) (value.Datum, error) {
	saved := f.caseArg
	defer func() { f.caseArg = saved }()
	f.caseArg = part
	return by(f)
}

func (c *compiler) setFields(e *tree.SetFields) (Closure, error) {
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	o, err := c.ops(e.Typ)
	if err != nil {
		return nil, err
	}
	values := make([]Closure, len(e.Sets))
	for i, s := range e.Sets {
		if values[i], err = c.expr(s.Value); err != nil {
			return nil, err
		}
	}
	return func(f *Frame) (value.Datum, error) {
		d, err := x(f)
		if err != nil {
			return value.Null, err
		}
		all := o.FieldValues(d)
		for i, s := range e.Sets {
			if all[s.Index], err = replaced(f, all[s.Index], values[i]); err != nil {
				return value.Null, err
			}
		}
		return value.MakeRecord(f.Env(), o.Fields, all), nil
	}, nil
}

// setMember is j[…] = v. A jsonb that is NULL becomes what the first subscript is for: an array or an object.
func setMember(j value.Datum, at []value.Datum, index []tree.Expr, v value.Datum) (value.Datum, error) {
	path := make([]string, len(at))
	for i, d := range at {
		if path[i] = d.Str(); index[i].Type().OID == catalog.Int4OID {
			path[i] = strconv.FormatInt(d.Int64(), 10)
		}
	}
	raw := j.Str()
	switch {
	case !j.IsNull():
	case index[0].Type().OID == catalog.Int4OID:
		raw = "[]"
	default:
		raw = "{}"
	}
	if v.IsNull() {
		v = value.Text("null")
	}
	out, err := value.SetMember(raw, path, v.Str())
	return value.Text(out), err
}
