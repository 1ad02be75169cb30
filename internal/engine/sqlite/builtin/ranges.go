package builtin

import (
	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// rangeSub are the operations of the subtype of the i-th argument, a range.
func (c *Ctx) rangeSub(i int) (*value.Ops, error) {
	if sub := c.Env().RangeSubtype(c.argType(i)); sub != 0 {
		if o := c.Env().Ops(sub); o != nil {
			return o, nil
		}
	}
	return nil, fault.New(fault.DatatypeMismatch, "argument declared anyrange is not a range type")
}

func registerRanges(r registry) {
	for name, sub := range map[string]string{"int4range": "int4", "int8range": "int8", "numrange": "numeric", "tsrange": "timestamp", "tstzrange": "timestamptz", "daterange": "date"} {
		o := opsOf(value.BuiltinNamed(sub))
		r.fn(name+"("+sub+","+sub+") "+name+"("+sub+","+sub+",text)", func(_ *Ctx, a []datum) (datum, error) {
			v := value.Range{Lower: a[0], Upper: a[1], LowerInc: true}
			if len(a) > 2 {
				switch {
				case a[2].IsNull():
					return value.Null, fault.New(fault.DataException, "range constructor flags argument must not be null")
				case a[2].Str() == "[)", a[2].Str() == "[]", a[2].Str() == "()", a[2].Str() == "(]":
					v.LowerInc, v.UpperInc = a[2].Str()[0] == '[', a[2].Str()[1] == ']'
				default:
					return value.Null, fault.New(fault.SyntaxError, "invalid range bound flags").WithHint(`Valid values are "[]", "[)", "(]", and "()".`)
				}
			}
			return v.Datum(o)
		})
	}
	one := func(sigs string, f func(v value.Range) datum) {
		r.fn(sigs, func(c *Ctx, a []datum) (datum, error) {
			sub, err := c.rangeSub(0)
			if err != nil {
				return value.Null, err
			}
			return f(value.RangeFrom(sub, a[0])), nil
		})
	}
	one("lower(anyrange)", func(v value.Range) datum { return v.Lower })
	one("upper(anyrange)", func(v value.Range) datum { return v.Upper })
	one("isempty(anyrange)", func(v value.Range) datum { return value.Bool(v.Empty) })
	one("lower_inc(anyrange)", func(v value.Range) datum { return value.Bool(v.LowerInc) })
	one("upper_inc(anyrange)", func(v value.Range) datum { return value.Bool(v.UpperInc) })
	one("lower_inf(anyrange)", func(v value.Range) datum { return value.Bool(!v.Empty && v.Lower.IsNull()) })
	one("upper_inf(anyrange)", func(v value.Range) datum { return value.Bool(!v.Empty && v.Upper.IsNull()) })
	two := func(name string, f func(a, b value.Range, sub *value.Ops) bool) {
		r.fn(name+"(anyrange,anyrange)", func(c *Ctx, a []datum) (datum, error) {
			sub, err := c.rangeSub(0)
			if err != nil {
				return value.Null, err
			}
			return value.Bool(f(value.RangeFrom(sub, a[0]), value.RangeFrom(sub, a[1]), sub)), nil
		})
	}
	two("range_contains", value.Range.Contains)
	two("range_contained_by", func(a, b value.Range, sub *value.Ops) bool { return b.Contains(a, sub) })
	two("range_overlaps", value.Range.Overlaps)
	two("range_before", value.Range.Before)
	two("range_after", func(a, b value.Range, sub *value.Ops) bool { return b.Before(a, sub) })
	two("range_adjacent", value.Range.Adjacent)
	two("range_overleft", func(a, b value.Range, sub *value.Ops) bool {
		return !a.Empty && !b.Empty && value.Range{Upper: a.Upper, UpperInc: a.UpperInc}.Cmp(value.Range{Upper: b.Upper, UpperInc: b.UpperInc}, sub) <= 0
	})
	two("range_overright", func(a, b value.Range, sub *value.Ops) bool {
		return !a.Empty && !b.Empty && value.Range{Lower: a.Lower, LowerInc: a.LowerInc}.Cmp(value.Range{Lower: b.Lower, LowerInc: b.LowerInc}, sub) >= 0
	})
	r.fn("range_contains_elem(anyrange,anyelement)", func(c *Ctx, a []datum) (datum, error) {
		sub, err := c.rangeSub(0)
		if err != nil {
			return value.Null, err
		}
		return value.Bool(value.RangeFrom(sub, a[0]).ContainsElem(a[1], sub)), nil
	})
	r.fn("elem_contained_by_range(anyelement,anyrange)", func(c *Ctx, a []datum) (datum, error) {
		sub, err := c.rangeSub(1)
		if err != nil {
			return value.Null, err
		}
		return value.Bool(value.RangeFrom(sub, a[1]).ContainsElem(a[0], sub)), nil
	})
	made := func(name string, f func(a, b value.Range, sub *value.Ops) (value.Range, error)) {
		r.fn(name+"(anyrange,anyrange)", func(c *Ctx, a []datum) (datum, error) {
			sub, err := c.rangeSub(0)
			if err != nil {
				return value.Null, err
			}
			v, err := f(value.RangeFrom(sub, a[0]), value.RangeFrom(sub, a[1]), sub)
			if err != nil {
				return value.Null, err
			}
			return v.Datum(sub)
		})
	}
	made("range_union", value.Range.Union)
	made("range_minus", value.Range.Minus)
	made("range_intersect", func(a, b value.Range, sub *value.Ops) (value.Range, error) { return a.Intersect(b, sub), nil })
	made("range_merge", func(a, b value.Range, sub *value.Ops) (value.Range, error) { return a.Merge(b, sub), nil })
}
