package builtin

import (
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// multi reads the i-th argument, a range or multirange, as a multirange.
func (c *Ctx) multi(i int, d datum) (value.Multirange, *value.Ops, error) {
	if sub := value.MultirangeSubtype(c.argType(i)); sub != 0 {
		o := c.Env().Ops(sub)
		return value.MultirangeFrom(o, d), o, nil
	}
	o, err := c.rangeSub(i)
	if err != nil {
		return nil, nil, err
	}
	return value.RangeFrom(o, d).Of(), o, nil
}

func registerMultiranges(r registry) {
	for name, sub := range map[string]string{"int4": "int4", "int8": "int8", "num": "numeric", "ts": "timestamp", "tstz": "timestamptz", "date": "date"} {
		o := opsOf(value.BuiltinNamed(sub))
		rng := opsOf(value.BuiltinNamed(name + "range"))
		r.fn(name+"multirange() "+name+"multirange("+name+"range) "+name+"multirange(_"+name+"range)", func(c *Ctx, a []datum) (datum, error) {
			var list []value.Range
			for i, d := range a {
				if i == 0 && c.argOps(0).Elem != nil {
					elems, err := value.ArraySlice(rng, d)
					if err != nil {
						return value.Null, err
					}
					for _, e := range elems {
						if e.IsNull() {
							return value.Null, fault.New(fault.NullNotAllowed, "multirange values cannot contain null members")
						}
						list = append(list, value.RangeFrom(o, e))
					}
					continue
				}
				list = append(list, value.RangeFrom(o, d))
			}
			return value.NewMultirange(list, o).Datum(o)
		})
	}
	one := func(sig string, f func(m value.Multirange, sub *value.Ops) (datum, error)) {
		r.fn(sig, func(c *Ctx, a []datum) (datum, error) {
			m, sub, err := c.multi(0, a[0])
			if err != nil {
				return value.Null, err
			}
			return f(m, sub)
		})
	}
	one("multirange(anyrange)", func(m value.Multirange, sub *value.Ops) (datum, error) { return m.Datum(sub) })
	one("range_merge(anymultirange)", func(m value.Multirange, sub *value.Ops) (datum, error) { return m.Span(sub).Datum(sub) })
	one("isempty(anymultirange)", func(m value.Multirange, _ *value.Ops) (datum, error) { return value.Bool(len(m) == 0), nil })
	end := func(sig string, f func(first, last value.Range) datum) {
		one(sig, func(m value.Multirange, _ *value.Ops) (datum, error) {
			if len(m) == 0 {
				return f(value.Range{Empty: true}, value.Range{Empty: true}), nil
			}
			return f(m[0], m[len(m)-1]), nil
		})
	}
	end("lower(anymultirange)", func(first, _ value.Range) datum { return first.Lower })
	end("upper(anymultirange)", func(_, last value.Range) datum { return last.Upper })
	end("lower_inc(anymultirange)", func(first, _ value.Range) datum { return value.Bool(first.LowerInc) })
	end("upper_inc(anymultirange)", func(_, last value.Range) datum { return value.Bool(last.UpperInc) })
	end("lower_inf(anymultirange)", func(first, _ value.Range) datum { return value.Bool(!first.Empty && first.Lower.IsNull()) })
	end("upper_inf(anymultirange)", func(_, last value.Range) datum { return value.Bool(!last.Empty && last.Upper.IsNull()) })

	for op, f := range map[string]func(a, b value.Multirange, sub *value.Ops) bool{
		"overlaps": value.Multirange.Overlaps, "contains": value.Multirange.Contains, "before": value.Multirange.Before, "overleft": value.Multirange.Overleft,
		"overright": value.Multirange.Overright, "adjacent": value.Multirange.Adjacent,
		"contained_by": func(a, b value.Multirange, sub *value.Ops) bool { return b.Contains(a, sub) },
		"after":        func(a, b value.Multirange, sub *value.Ops) bool { return b.Before(a, sub) },
	} {
		for _, args := range []string{"range,multirange", "multirange,range", "multirange,multirange"} {
			left, right, _ := strings.Cut(args, ",")
			r.fn(left+"_"+op+"_"+right+"(any"+left+",any"+right+")", func(c *Ctx, a []datum) (datum, error) {
				x, sub, err := c.multi(0, a[0])
				if err != nil {
					return value.Null, err
				}
				y, _, err := c.multi(1, a[1])
				if err != nil {
					return value.Null, err
				}
				return value.Bool(f(x, y, sub)), nil
			})
		}
	}
	r.fn("multirange_contains_elem(anymultirange,anyelement)", func(c *Ctx, a []datum) (datum, error) {
		m, sub, err := c.multi(0, a[0])
		return value.Bool(err == nil && m.ContainsElem(a[1], sub)), err
	})
	r.fn("elem_contained_by_multirange(anyelement,anymultirange)", func(c *Ctx, a []datum) (datum, error) {
		m, sub, err := c.multi(1, a[1])
		return value.Bool(err == nil && m.ContainsElem(a[0], sub)), err
	})
	for op, f := range map[string]func(a, b value.Multirange, sub *value.Ops) value.Multirange{
		"union": func(a, b value.Multirange, sub *value.Ops) value.Multirange {
			return value.NewMultirange(append(a, b...), sub)
		},
		"minus":     value.Multirange.Minus,
		"intersect": value.Multirange.Intersect,
	} {
		r.fn("multirange_"+op+"(anymultirange,anymultirange)", func(c *Ctx, a []datum) (datum, error) {
			x, sub, err := c.multi(0, a[0])
			if err != nil {
				return value.Null, err
			}
			y, _, err := c.multi(1, a[1])
			if err != nil {
				return value.Null, err
			}
			return f(x, y, sub).Datum(sub)
		})
	}
	for _, cmp := range []struct {
		name string
		ok   func(c int) bool
	}{{"eq", func(c int) bool { return c == 0 }}, {"ne", func(c int) bool { return c != 0 }}, {"lt", func(c int) bool { return c < 0 }},
		{"le", func(c int) bool { return c <= 0 }}, {"gt", func(c int) bool { return c > 0 }}, {"ge", func(c int) bool { return c >= 0 }}} {
		r.fn("multirange_"+cmp.name+"(anymultirange,anymultirange)", func(c *Ctx, a []datum) (datum, error) {
			return value.Bool(cmp.ok(c.argOps(0).Compare(a[0], a[1]))), nil
		})
	}
	r.set("unnest(anymultirange)", func(c *Ctx, a []datum, yield func([]datum) bool) error {
		m, sub, err := c.multi(0, a[0])
		for _, rng := range m {
			d, err := rng.Datum(sub)
			if err != nil || !yield([]datum{d}) {
				return err
			}
		}
		return err
	})
	// range_agg joins, range_intersect_agg meets.
	r.agg("range_agg(anyrange) range_agg(anymultirange)", func(c *Ctx) Aggregate {
		var list []value.Range
		var sub *value.Ops
		return &fold{func(a []datum) error {
			if a[0].IsNull() {
				return nil
			}
			m, o, err := c.multi(0, a[0])
			list, sub = append(list, m...), o
			return err
		}, func() (datum, error) {
			if sub == nil {
				return value.Null, nil
			}
			return value.NewMultirange(list, sub).Datum(sub)
		}}
	})
	r.agg("range_intersect_agg(anyrange) range_intersect_agg(anymultirange)", func(c *Ctx) Aggregate {
		var all value.Multirange
		var sub *value.Ops
		return &fold{func(a []datum) error {
			if a[0].IsNull() {
				return nil
			}
			m, o, err := c.multi(0, a[0])
			if sub == nil {
				all = m
			} else if err == nil {
				all = all.Intersect(m, o)
			}
			sub = o
			return err
		}, func() (datum, error) {
			switch {
			case sub == nil:
				return value.Null, nil
			case value.MultirangeSubtype(c.argType(0)) == catalog.OID(0):
				return all.Span(sub).Datum(sub)
			}
			return all.Datum(sub)
		}}
	})
}
