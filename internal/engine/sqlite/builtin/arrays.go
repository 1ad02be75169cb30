package builtin

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// elems are the elements of an array argument.
func (c *Ctx) elems(i int, d datum) ([]datum, *value.Ops, error) {
	o, err := c.elemOps(i)
	if err != nil {
		return nil, nil, err
	}
	list, err := value.ArraySlice(o, d)
	return list, o, err
}

func equalElems(o *value.Ops, a, b datum) bool {
	return !a.IsNull() && !b.IsNull() && o.Compare(a, b) == 0
}

// same compares with NULL equal to NULL.
func same(o *value.Ops, a, b datum) bool { return o.CompareNullsLast(a, b) == 0 }

// comparable refuses types that have no equality.
func comparable(o *value.Ops) error {
	if o.OID == catalog.JSONOID || o.OID == catalog.JSONPathOID {
		return fault.New(fault.UndefinedFunction, "could not identify an equality operator for type %s", o.Title)
	}
	return nil
}

func rawJoin(parts ...string) datum {
	var b strings.Builder
	b.WriteByte('[')
	for _, p := range parts {
		elems := strings.TrimSpace(p)
		elems = strings.TrimSpace(elems[1 : len(elems)-1])
		if elems != "" && b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(elems)
	}
	b.WriteByte(']')
	return text(b.String())
}

func registerArrays(r registry) {
	r.fn("array_append(anycompatiblearray,anycompatible)", func(c *Ctx, a []datum) (datum, error) {
		o, err := c.elemOps(0)
		if err != nil {
			return value.Null, err
		}
		if a[0].IsNull() {
			return value.MakeArray(c.Env(), o, a[1:]), nil
		}
		if len(value.ArrayDims(o, a[0])) > 1 {
			return value.Null, fault.New(fault.DataException, "argument must be empty or one-dimensional array")
		}
		return rawJoin(a[0].Str(), value.MakeArray(c.Env(), o, a[1:]).Str()), nil
	})
	r.fn("array_prepend(anycompatible,anycompatiblearray)", func(c *Ctx, a []datum) (datum, error) {
		o, err := c.elemOps(1)
		if err != nil {
			return value.Null, err
		}
		one := value.MakeArray(c.Env(), o, a[:1])
		if a[1].IsNull() {
			return one, nil
		}
		if len(value.ArrayDims(o, a[1])) > 1 {
			return value.Null, fault.New(fault.DataException, "argument must be empty or one-dimensional array")
		}
		return rawJoin(one.Str(), a[1].Str()), nil
	})
	r.fn("array_cat(anycompatiblearray,anycompatiblearray)", func(c *Ctx, a []datum) (datum, error) {
		switch {
		case a[0].IsNull():
			return a[1], nil
		case a[1].IsNull() || a[1].Str() == "[]":
			return a[0], nil
		case a[0].Str() == "[]":
			return a[1], nil
		}
		o, err := c.elemOps(0)
		if err != nil {
			return value.Null, err
		}
		d0, d1 := value.ArrayDims(o, a[0]), value.ArrayDims(o, a[1])
		switch {
		case len(d0) == len(d1):
			if !slices.Equal(d0[1:], d1[1:]) {
				return value.Null, fault.New(fault.ArraySubscript, "cannot concatenate incompatible arrays").WithDetail("Arrays with differing element dimensions are not compatible for concatenation.")
			}
			return rawJoin(a[0].Str(), a[1].Str()), nil
		case len(d0) == len(d1)+1 && slices.Equal(d0[1:], d1):
			return rawJoin(a[0].Str(), "["+a[1].Str()+"]"), nil
		case len(d1) == len(d0)+1 && slices.Equal(d1[1:], d0):
			return rawJoin("["+a[0].Str()+"]", a[1].Str()), nil
		case len(d0) == len(d1)+1, len(d1) == len(d0)+1:
			return value.Null, fault.New(fault.ArraySubscript, "cannot concatenate incompatible arrays").WithDetail("Arrays with differing dimensions are not compatible for concatenation.")
		}
		return value.Null, fault.New(fault.ArraySubscript, "cannot concatenate incompatible arrays").WithDetail("Arrays of %d and %d dimensions are not compatible for concatenation.", len(d0), len(d1))
	})
	dims := func(c *Ctx, d datum) ([]int, error) {
		o, err := c.elemOps(0)
		if err != nil {
			return nil, err
		}
		return value.ArrayDims(o, d), nil
	}
	dim := func(sigs string, f func(n int) int64) {
		r.fn(sigs, func(c *Ctx, a []datum) (datum, error) {
			ds, err := dims(c, a[0])
			n := a[1].Int64()
			if err != nil || n < 1 || n > int64(len(ds)) {
				return value.Null, err
			}
			return value.Int(f(ds[n-1])), nil
		})
	}
	dim("array_length(anyarray,int4) array_upper(anyarray,int4)", func(n int) int64 { return int64(n) })
	dim("array_lower(anyarray,int4)", func(int) int64 { return 1 })
	r.fn("array_ndims(anyarray)", func(c *Ctx, a []datum) (datum, error) {
		ds, err := dims(c, a[0])
		if err != nil || len(ds) == 0 {
			return value.Null, err
		}
		return value.Int(int64(len(ds))), nil
	})
	r.fn("array_dims(anyarray)", func(c *Ctx, a []datum) (datum, error) {
		ds, err := dims(c, a[0])
		if err != nil || len(ds) == 0 {
			return value.Null, err
		}
		return text(value.DimsText(ds)), nil
	})
	r.fn("cardinality(anyarray)", func(c *Ctx, a []datum) (datum, error) {
		list, _, err := c.elems(0, a[0])
		return value.Int(int64(len(list))), err
	})
	position := func(c *Ctx, a []datum, yield func(i int) bool) error {
		if a[0].IsNull() {
			return nil
		}
		list, o, err := c.elems(0, a[0])
		if err != nil {
			return err
		}
		if len(value.ArrayDims(o, a[0])) > 1 {
			return fault.New(fault.FeatureNotSupported, "searching for elements in multidimensional arrays is not supported")
		}
		if err := comparable(o); err != nil {
			return err
		}
		for i, e := range list {
			if same(o, e, a[1]) && !yield(i) {
				break
			}
		}
		return nil
	}
	r.fn("array_position(anycompatiblearray,anycompatible) array_position(anycompatiblearray,anycompatible,int4)", func(c *Ctx, a []datum) (datum, error) {
		from := int64(1)
		if len(a) > 2 && !a[0].IsNull() && len(value.ArrayDims(c.argOps(0).Elem, a[0])) > 0 {
			if a[2].IsNull() {
				if list, _, err := c.elems(0, a[0]); err == nil && a[1].IsNull() && !slices.ContainsFunc(list, datum.IsNull) {
					return value.Null, nil
				}
				return value.Null, fault.New(fault.NullNotAllowed, "initial position must not be null")
			}
			from = a[2].Int64()
		}
		out := value.Null
		err := position(c, a, func(i int) bool {
			if int64(i)+1 >= from {
				out = value.Int(int64(i) + 1)
				return false
			}
			return true
		})
		return out, err
	})
	r.fn("array_positions(anycompatiblearray,anycompatible)", func(c *Ctx, a []datum) (datum, error) {
		if a[0].IsNull() {
			return value.Null, nil
		}
		out := []datum{}
		err := position(c, a, func(i int) bool { out = append(out, value.Int(int64(i)+1)); return true })
		return value.MakeArray(nil, opsOf(catalog.Int4OID), out), err
	})
	r.fn("array_remove(anycompatiblearray,anycompatible)", func(c *Ctx, a []datum) (datum, error) {
		if a[0].IsNull() {
			return value.Null, nil
		}
		list, o, err := c.elems(0, a[0])
		if err != nil {
			return value.Null, err
		}
		if len(value.ArrayDims(o, a[0])) > 1 {
			return value.Null, fault.New(fault.FeatureNotSupported, "removing elements from multidimensional arrays is not supported")
		}
		if err := comparable(o); err != nil {
			return value.Null, err
		}
		return value.MakeArray(nil, o, slices.DeleteFunc(list, func(e datum) bool { return same(o, e, a[1]) })), nil
	})
	r.fn("array_replace(anycompatiblearray,anycompatible,anycompatible)", func(c *Ctx, a []datum) (datum, error) {
		if a[0].IsNull() {
			return value.Null, nil
		}
		list, o, err := c.elems(0, a[0])
		if err != nil {
			return value.Null, err
		}
		if err := comparable(o); err != nil {
			return value.Null, err
		}
		for i, e := range list {
			if same(o, e, a[1]) {
				list[i] = a[2]
			}
		}
		return value.MakeArray(nil, o, list, value.ArrayDims(o, a[0])...), nil
	})
	r.fn("array_to_string(anyarray,text) array_to_string(anyarray,text,text)", func(c *Ctx, a []datum) (datum, error) {
		if a[0].IsNull() || a[1].IsNull() {
			return value.Null, nil
		}
		list, o, err := c.elems(0, a[0])
		if err != nil {
			return value.Null, err
		}
		var parts []string
		for _, e := range list {
			switch {
			case !e.IsNull():
				parts = append(parts, o.Text(c.Env(), e))
			case len(a) > 2 && !a[2].IsNull():
				parts = append(parts, a[2].Str())
			}
		}
		return text(strings.Join(parts, a[1].Str())), nil
	})
	fill := func(c *Ctx, a []datum) (datum, error) {
		if a[1].IsNull() || len(a) > 2 && a[2].IsNull() {
			return value.Null, fault.New(fault.NullNotAllowed, "dimension array or low bound array cannot be null")
		}
		ns, err := value.ArraySlice(opsOf(catalog.Int4OID), a[1])
		if err != nil {
			return value.Null, err
		}
		if len(value.ArrayDims(opsOf(catalog.Int4OID), a[1])) > 1 {
			return value.Null, fault.New(fault.ArraySubscript, "wrong number of array subscripts").WithDetail("Dimension array must be one dimensional.")
		}
		if len(ns) > 6 {
			return value.Null, fault.New(fault.InvalidParameterValue, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(ns), 6)
		}
		if slices.ContainsFunc(ns, datum.IsNull) {
			return value.Null, fault.New(fault.NullNotAllowed, "dimension values cannot be null")
		}
		var lows []datum
		if len(a) > 2 { // lower bounds, which are not held
			lows, err = value.ArraySlice(opsOf(catalog.Int4OID), a[2])
			switch {
			case err != nil:
				return value.Null, err
			case slices.ContainsFunc(lows, datum.IsNull):
				return value.Null, fault.New(fault.NullNotAllowed, "dimension values cannot be null")
			case len(lows) != len(ns):
				return value.Null, fault.New(fault.ArraySubscript, "wrong number of array subscripts").WithDetail("Low bound array has different size than dimensions array.")
			}
		}
		items := int64(1)
		for _, n := range ns {
			if items *= n.Int64(); n.Int64() < 0 || items != int64(int32(items)) {
				return value.Null, fault.New(fault.ProgramLimit, "array size exceeds the maximum allowed (%d)", 134217727)
			}
		}
		if items > 134217727 {
			return value.Null, fault.New(fault.ProgramLimit, "array size exceeds the maximum allowed (%d)", 134217727)
		}
		for i, n := range ns {
			low := int64(1)
			if lows != nil {
				low = lows[i].Int64()
			}
			if n.Int64()+low != int64(int32(n.Int64()+low)) {
				return value.Null, fault.New(fault.ProgramLimit, "array lower bound is too large: %d", low)
			}
		}
		if o := c.argOps(0); len(ns) > 1 && (o.OID == catalog.JSONOID || o.OID == catalog.JSONBOID) {
			return value.Null, fault.Unsupported("an array of "+o.Title+" with several dimensions", "Use a JSON array.")
		}
		one := value.MakeArray(c.Env(), c.argOps(0), a[:1]).Str()
		out := one[1 : len(one)-1]
		total := int64(1)
		for _, n := range slices.Backward(ns) {
			if n.Int64() < 0 || n.Int64() > 1<<26 {
				return value.Null, fault.New(fault.ProgramLimit, "array size exceeds the maximum allowed (%d)", 134217727)
			}
			if total *= n.Int64(); total > 1<<26 {
				return value.Null, fault.New(fault.ProgramLimit, "array size exceeds the maximum allowed (%d)", 134217727)
			}
			if n.Int64() == 0 {
				return text("[]"), nil
			}
			if n.Int64()*int64(len(out)+1) > 1<<30 {
				return value.Null, fault.New(fault.ProgramLimit, "array size exceeds the maximum allowed (%d)", 1<<30)
			}
			out = "[" + strings.TrimSuffix(strings.Repeat(out+",", int(n.Int64())), ",") + "]"
		}
		if len(ns) == 0 {
			out = "[]"
		}
		return text(out), nil
	}
	r.fn("array_fill(anyelement,_int4) array_fill(anyelement,_int4,_int4)", fill)
	r.fn("trim_array(anyarray,int4)", func(c *Ctx, a []datum) (datum, error) {
		all := value.ElemsOf(a[0].Str())
		n := a[1].Int64()
		if n < 0 || n > int64(len(all)) {
			return value.Null, fault.New(fault.ArraySubscript, "number of elements to trim must be between 0 and %d", len(all))
		}
		return text("[" + strings.Join(all[:len(all)-int(n)], ",") + "]"), nil
	})
	contains := func(c *Ctx, whole, part datum) (datum, error) {
		w, o, err := c.elems(0, whole)
		if err != nil {
			return value.Null, err
		}
		p, err := value.ArraySlice(o, part)
		for _, e := range p {
			if !slices.ContainsFunc(w, func(x datum) bool { return equalElems(o, x, e) }) {
				return value.Bool(false), err
			}
		}
		return value.Bool(true), err
	}
	r.fn("arraycontains(anyarray,anyarray)", func(c *Ctx, a []datum) (datum, error) { return contains(c, a[0], a[1]) })
	r.fn("arraycontained(anyarray,anyarray)", func(c *Ctx, a []datum) (datum, error) { return contains(c, a[1], a[0]) })
	r.fn("arrayoverlap(anyarray,anyarray)", func(c *Ctx, a []datum) (datum, error) {
		x, o, err := c.elems(0, a[0])
		if err != nil {
			return value.Null, err
		}
		y, err := value.ArraySlice(o, a[1])
		for _, e := range y {
			if slices.ContainsFunc(x, func(v datum) bool { return equalElems(o, v, e) }) {
				return value.Bool(true), err
			}
		}
		return value.Bool(false), err
	})
	r.set("unnest(anyarray)", func(c *Ctx, a []datum, yield func([]datum) bool) error {
		list, _, err := c.elems(0, a[0])
		for _, e := range list {
			if !yield([]datum{e}) {
				break
			}
		}
		return err
	})
	r.set("generate_subscripts(anyarray,int4) generate_subscripts(anyarray,int4,bool)", func(c *Ctx, a []datum, yield func([]datum) bool) error {
		ds, err := dims(c, a[0])
		if err != nil || a[1].Int64() < 1 || a[1].Int64() > int64(len(ds)) {
			return err
		}
		n := ds[a[1].Int64()-1]
		for i := range n {
			v := i + 1
			if len(a) > 2 && a[2].IsTrue() {
				v = n - i
			}
			if !yield([]datum{value.Int(int64(v))}) {
				break
			}
		}
		return nil
	})
	registerSeries(r)
}

func registerSeries(r registry) {
	zero := fault.New(fault.InvalidParameterValue, "step size cannot equal zero")
	ints := func(_ *Ctx, a []datum, yield func([]datum) bool) error {
		step := int64(1)
		if len(a) > 2 {
			step = a[2].Int64()
		}
		if step == 0 {
			return zero
		}
		for i, end := a[0].Int64(), a[1].Int64(); step > 0 && i <= end || step < 0 && i >= end; {
			if !yield([]datum{value.Int(i)}) {
				return nil
			}
			next, ok := addInt(i, step)
			if !ok {
				return nil
			}
			i = next
		}
		return nil
	}
	r.set("generate_series(int4,int4) generate_series(int8,int8) generate_series(int4,int4,int4) generate_series(int8,int8,int8)", ints)
	r.set("generate_series(numeric,numeric) generate_series(numeric,numeric,numeric)", func(_ *Ctx, a []datum, yield func([]datum) bool) error {
		step := value.DecInt(1)
		if len(a) > 2 {
			step = value.DecOf(a[2])
		}
		for i, d := range a {
			if v := value.DecOf(d); !v.IsFinite() {
				what := "infinity"
				if v.IsNaN() {
					what = "NaN"
				}
				return fault.New(fault.InvalidParameterValue, "%s cannot be %s", []string{"start value", "stop value", "step size"}[i], what)
			}
		}
		if step.Sign() == 0 {
			return zero
		}
		for i, end := value.DecOf(a[0]), value.DecOf(a[1]); step.Sign() > 0 && i.Cmp(end) <= 0 || step.Sign() < 0 && i.Cmp(end) >= 0; i = i.Add(step) {
			if !yield([]datum{i.Datum()}) {
				break
			}
		}
		return nil
	})
	times := func(add func(c *Ctx, s value.Stamp, v value.Interval) value.Stamp, out func(value.Stamp) (datum, error)) func(*Ctx, []datum, func([]datum) bool) error {
		return func(c *Ctx, a []datum, yield func([]datum) bool) error {
			v := interval(a[2])
			dir := v.Cmp(value.Interval{})
			if dir == 0 {
				return zero
			}
			end := stamp(a[1])
			for s := stamp(a[0]); s.Finite() && (dir > 0 && s <= end || dir < 0 && s >= end); s = add(c, s, v) {
				d, err := out(s)
				if err != nil {
					return err
				}
				if !yield([]datum{d}) {
					break
				}
			}
			return nil
		}
	}
	r.set("generate_series(timestamp,timestamp,interval)", times(func(_ *Ctx, s value.Stamp, v value.Interval) value.Stamp { return v.AddTo(s) }, value.Stamp.TimestampDatum))
	r.set("generate_series(timestamptz,timestamptz,interval)", times((*Ctx).shift, value.Stamp.TimestamptzDatum))
}

// Any is `x op ANY (array)` (or ALL when all): three-valued.
func Any(f *Func, c *Ctx, x datum, elem *value.Ops, array datum, all bool) (datum, error) {
	if array.IsNull() {
		return value.Null, nil
	}
	null := false
	args := []datum{x, value.Null}
	for e, err := range value.ArrayElems(elem, array) {
		if err != nil {
			return value.Null, err
		}
		args[1] = e
		d, err := f.Call(c, args)
		switch {
		case err != nil:
			return value.Null, err
		case d.IsNull():
			null = true
		case d.IsTrue() != all:
			return value.Bool(!all), nil
		}
	}
	if null {
		return value.Null, nil
	}
	return value.Bool(all), nil
}
