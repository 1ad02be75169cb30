package value

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
)

// Subscript is a[i][j]… of a stored array with subscripts counted from 1; NULL outside.
func Subscript(elem *Ops, d Datum, subs ...int64) (Datum, error) {
	raw := d.s
	for k, s := range subs {
		if s < 1 {
			return Null, nil
		}
		r, ok := JSONElem(raw, int(s-1))
		if !ok || r == "null" {
			return Null, nil
		}
		if k+1 < len(subs) && (r[0] != '[' || !nestable(elem)) {
			return Null, nil
		}
		raw = r
	}
	if raw[0] == '[' && nestable(elem) {
		return Null, nil
	}
	return elem.FromJSON(nil, raw)
}

// A Bound is one dimension of a slice, both ends included, counted from 1. An end that is not given is the array's own.
type Bound struct {
	Lo, Hi     int64
	NoLo, NoHi bool
}

// within are the bounds in an array of these dimensions: whole dimensions where none are given.
func within(bounds []Bound, dims []int) []Bound {
	out := make([]Bound, len(dims))
	for i, n := range dims {
		out[i] = Bound{Lo: 1, Hi: int64(n)}
		if i >= len(bounds) {
			continue
		}
		if b := bounds[i]; !b.NoLo {
			out[i].Lo = b.Lo
		}
		if b := bounds[i]; !b.NoHi {
			out[i].Hi = b.Hi
		}
	}
	return out
}

// Slice is a[lo:hi][lo:hi]… of a stored array; empty where the array has nothing.
func Slice(elem *Ops, d Datum, bounds []Bound) Datum {
	dims := ArrayDims(elem, d)
	if len(dims) < len(bounds) {
		return Text("[]")
	}
	all := within(bounds, dims)
	for i, n := range dims {
		all[i].Lo, all[i].Hi = max(all[i].Lo, 1), min(all[i].Hi, int64(n))
		if all[i].Lo > all[i].Hi {
			return Text("[]")
		}
	}
	return Text(slice(d.s, all))
}

func slice(raw string, bounds []Bound) string {
	var out []string
	i := int64(0)
	for r := range Elems(raw) {
		if i++; i < bounds[0].Lo || i > bounds[0].Hi {
			continue
		}
		if len(bounds) > 1 {
			r = slice(r, bounds[1:])
		}
		out = append(out, r)
	}
	return "[" + strings.Join(out, ",") + "]"
}

func subscriptRange() error { return fault.New(fault.ArraySubscript, "array subscript out of range") }

func tooManyElems() error {
	return fault.New(fault.ProgramLimit, "array size exceeds the maximum allowed (%d)", MaxArrayElems)
}

// otherBounds refuses what would make an array whose subscripts cannot be kept.
func otherBounds() error {
	return fault.Unsupported("an array with a lower bound other than 1", "Assign from the first element on, or use the postgres engine.")
}

// grown are the elements of a dimension with room for n.
func grown(all []string, n int64) ([]string, error) {
	if n > MaxArrayElems {
		return nil, tooManyElems()
	}
	for int64(len(all)) < n {
		all = append(all, "null")
	}
	return all, nil
}

// SetElem is the array after a[i][j]… = v. One of one dimension grows with NULLs when i is beyond its end; so does an empty one, whose first element PostgreSQL gives the number i.
func SetElem(e *Env, elem *Ops, d Datum, subs []int64, v Datum) (Datum, error) {
	if d.IsNull() {
		d = Text("[]")
	}
	switch dims := ArrayDims(elem, d); {
	case len(dims) == 0 && len(subs) > 1:
		for _, s := range subs {
			if s != 1 {
				return Null, otherBounds()
			}
		}
		if !nestable(elem) {
			return Null, notNestable(elem)
		}
		return Text(strings.Repeat("[", len(subs)) + string(elem.elemJSON(e, nil, v)) + strings.Repeat("]", len(subs))), nil
	case len(dims) > 0 && len(dims) != len(subs):
		return Null, fault.New(fault.ArraySubscript, "wrong number of array subscripts")
	case len(subs) == 1 && subs[0] < 1:
		if n := len(dims); n > 0 && int64(dims[0])-subs[0] >= MaxArrayElems {
			return Null, tooManyElems()
		}
		return Null, otherBounds()
	}
	out, err := setElem(d.s, subs, string(elem.elemJSON(e, nil, v)), len(subs) == 1)
	return Text(out), err
}

func setElem(raw string, subs []int64, v string, grow bool) (string, error) {
	all := ElemsOf(raw)
	i := subs[0]
	if i < 1 || i > int64(len(all)) && !grow {
		return "", subscriptRange()
	}
	all, err := grown(all, i)
	if err != nil {
		return "", err
	}
	if len(subs) > 1 {
		if v, err = setElem(all[i-1], subs[1:], v, false); err != nil {
			return "", err
		}
	}
	all[i-1] = v
	return "[" + strings.Join(all, ",") + "]", nil
}

// SetSlice is the array after a[lo:hi]… = src: its first elements fill the slice in their order. A NULL changes nothing. An empty array is filled from 1 on, with NULLs before the slice.
func SetSlice(elem *Ops, d Datum, bounds []Bound, src Datum) (Datum, error) {
	if d.IsNull() {
		d = Text("[]")
	}
	if src.IsNull() {
		return d, nil
	}
	dims := ArrayDims(elem, d)
	empty := len(dims) == 0
	switch {
	case empty:
		for _, b := range bounds {
			if b.NoLo || b.NoHi {
				return Null, fault.New(fault.ArraySubscript, "array slice subscript must provide both boundaries").
					WithDetail("When assigning to a slice of an empty array value, slice boundaries must be fully specified.")
			}
		}
		dims = make([]int, len(bounds))
	case len(dims) < len(bounds):
		return Null, fault.New(fault.ArraySubscript, "wrong number of array subscripts")
	}
	all := within(bounds, dims)
	need, other := int64(1), false
	for i, b := range all {
		n := b.Hi - b.Lo + 1
		switch {
		case !empty && n < 1:
			return Null, fault.New(fault.ArraySubscript, "upper bound cannot be less than lower bound")
		case len(dims) > 1 && !empty && (b.Lo < 1 || b.Hi > int64(dims[i])):
			return Null, subscriptRange()
		case n < 0, n > MaxArrayElems, !empty && int64(dims[i])-b.Lo >= MaxArrayElems:
			return Null, tooManyElems()
		}
		if need *= n; need > MaxArrayElems { // both are at most that many
			return Null, tooManyElems()
		}
		other = other || b.Lo < 1 || b.Lo > 1 && len(dims) > 1 && empty
	}
	given := slices.Collect(leaves(elem, src.s))
	if int64(len(given)) < need {
		return Null, fault.New(fault.ArraySubscript, "source array too small")
	}
	switch {
	case need == 0:
		return Text("[]"), nil
	case other:
		return Null, otherBounds()
	case len(dims) > 1 && !nestable(elem):
		return Null, notNestable(elem)
	}
	out, _, err := setSlice(d.s, all, given)
	return Text(out), err
}

// leaves are the elements of an array of any number of dimensions.
func leaves(elem *Ops, raw string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for r := range Elems(raw) {
			if r[0] == '[' && nestable(elem) {
				for l := range leaves(elem, r) {
					if !yield(l) {
						return
					}
				}
				continue
			}
			if !yield(r) {
				return
			}
		}
	}
}

func setSlice(raw string, bounds []Bound, given []string) (out string, rest []string, err error) {
	all, err := grown(ElemsOf(raw), bounds[0].Hi)
	if err != nil {
		return "", nil, err
	}
	for i := bounds[0].Lo - 1; i < bounds[0].Hi; i++ {
		if len(bounds) == 1 {
			all[i], given = given[0], given[1:]
			continue
		}
		if all[i], given, err = setSlice(all[i], bounds[1:], given); err != nil {
			return "", nil, err
		}
	}
	return "[" + strings.Join(all, ",") + "]", given, nil
}

// SetMember is a jsonb value after j['key'][0]… = v: what the path lacks is made, gaps of arrays are filled with null.
func SetMember(raw string, path []string, v string) (string, error) {
	return setMember(raw, path, v, 1)
}

func setMember(raw string, path []string, v string, level int) (string, error) {
	if len(path) == 0 {
		return v, nil
	}
	switch JSONKind(raw) {
	case "object":
		pairs := pairsOf(raw)
		i := slices.IndexFunc(pairs, func(p Pair) bool { return p.Key == path[0] })
		if i < 0 {
			made, err := memberChain(path[1:], v)
			return string(AppendObject(nil, append(pairs, Pair{path[0], made}))), err
		}
		inner, err := setMember(pairs[i].Value, path[1:], v, level+1)
		if err != nil {
			return "", err
		}
		pairs[i].Value = inner
		return string(AppendObject(nil, pairs)), nil
	case "array":
		all := ElemsOf(raw)
		n, err := strconv.ParseInt(strings.TrimSpace(path[0]), 10, 32)
		if err != nil {
			return "", fault.New(fault.InvalidTextRepresentation, `path element at position %d is not an integer: "%s"`, level, path[0])
		}
		i := n
		if i < 0 {
			if i += int64(len(all)); i < 0 {
				return "", fault.New(fault.InvalidParameterValue, "path element at position %d is out of range: %d", level, n)
			}
		}
		if i >= int64(len(all)) {
			if all, err = grown(all, i+1); err == nil {
				all[i], err = memberChain(path[1:], v)
			}
		} else {
			all[i], err = setMember(all[i], path[1:], v, level+1)
		}
		return string(AppendArray(nil, all)), err
	}
	return "", fault.New(fault.InvalidParameterValue, "cannot replace existing key").WithDetail("The path assumes key is a composite object, but it is a scalar value.")
}

// memberChain is v below what a path that is not there leads through.
func memberChain(path []string, v string) (string, error) {
	for _, key := range slices.Backward(path) {
		n, err := strconv.ParseInt(strings.TrimSpace(key), 10, 32)
		if err != nil {
			v = string(AppendObject(nil, []Pair{{key, v}}))
			continue
		}
		all, err := grown(nil, max(n, 0)+1)
		if err != nil {
			return "", err
		}
		all[len(all)-1] = v
		v = string(AppendArray(nil, all))
	}
	return v, nil
}
