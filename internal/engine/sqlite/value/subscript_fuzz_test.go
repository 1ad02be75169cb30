package value_test

import (
	"testing"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// FuzzSubscripts reads and assigns elements and slices of arrays at any subscripts: no panic, what is assigned is an array that reads back as it is and holds what was
// assigned, and what was refused was so for a reason that is told.
func FuzzSubscripts(f *testing.F) {
	const lo, hi = -1 << 31, 1<<31 - 1
	f.Add("{1,2,3}", "{5,6}", uint8(1), int32(2), int32(3), int32(1), int32(1), int32(1), int32(1), int32(1), int32(1))
	f.Add("{{1,2},{3,4}}", "{5,6}", uint8(2), int32(1), int32(2), int32(2), int32(2), int32(1), int32(1), int32(1), int32(1))
	f.Add("{}", "{1}", uint8(4), int32(1), int32(65536), int32(1), int32(65536), int32(1), int32(65536), int32(1), int32(65536))
	f.Add("{}", "{1}", uint8(2), int32(lo), int32(hi), int32(lo), int32(hi), int32(lo), int32(hi), int32(lo), int32(hi))
	f.Add("{1}", "{1}", uint8(1), int32(hi), int32(hi), int32(lo), int32(lo), int32(0), int32(0), int32(0), int32(-1))
	f.Add("{{{1}}}", "{{7,8}}", uint8(3|1<<4), int32(1), int32(1), int32(1), int32(1), int32(1), int32(1), int32(1), int32(1))
	f.Add("[2147483646:2147483647]={1,2}", "[-2147483648:2147483647]={1}", uint8(1), int32(1), int32(1), int32(1), int32(1), int32(1), int32(1), int32(1), int32(1))
	e := &value.Env{}
	arrays := value.TypeOps(catalog.Int4ArrayOID)
	elem := value.TypeOps(catalog.Int4OID)
	f.Fuzz(func(t *testing.T, array, source string, shape uint8, l1, h1, l2, h2, l3, h3, l4, h4 int32) {
		d, err := arrays.Input(e, array, -1)
		if err != nil {
			d = value.Null
		}
		src, err := arrays.Input(e, source, -1)
		if err != nil {
			src = value.Null
		}
		var bounds []value.Bound
		var subs []int64
		for i, b := range [][2]int32{{l1, h1}, {l2, h2}, {l3, h3}, {l4, h4}}[:shape&3+1] {
			bounds = append(bounds, value.Bound{Lo: int64(b[0]), Hi: int64(b[1]), NoLo: shape>>4 == uint8(i)+1, NoHi: shape>>4 == uint8(i)+5})
			subs = append(subs, int64(b[0]))
		}
		whole := func(x value.Datum) {
			again, err := arrays.Input(e, arrays.Text(e, x), -1)
			if err != nil || arrays.Compare(x, again) != 0 {
				t.Fatalf("%q, %q, %v: %q is no array: %v", array, source, bounds, x.Str(), err)
			}
		}
		if !d.IsNull() {
			whole(value.Slice(elem, d, bounds))
			if _, err := value.Subscript(elem, d, subs...); err != nil {
				t.Fatalf("%q%v: %v", array, subs, err)
			}
		}
		for _, s := range subs {
			if s > 10_000 && s <= value.MaxArrayElems { // long arrays take long
				return
			}
		}
		for _, b := range bounds {
			if b.Hi > 10_000 && b.Hi <= value.MaxArrayElems {
				return
			}
		}
		if set, err := value.SetElem(e, elem, d, subs, value.Int(7)); err == nil {
			whole(set)
			if v, err := value.Subscript(elem, set, subs...); err != nil || v.Int64() != 7 || v.IsNull() {
				t.Fatalf("%q%v = 7 gives %q, which has %q there: %v", array, subs, set.Str(), v.Str(), err)
			}
		}
		set, err := value.SetSlice(elem, d, bounds, src)
		if err != nil {
			return
		}
		whole(set)
		if !src.IsNull() {
			// The slice that was set, set to what it holds, changes nothing.
			again, err := value.SetSlice(elem, set, bounds, value.Slice(elem, set, bounds))
			if set.Str() != "[]" && (err != nil || again.Str() != set.Str()) {
				t.Fatalf("%q%v = %q gives %q, and set to its own slice %q: %v", array, bounds, source, set.Str(), again.Str(), err)
			}
		}
	})
}
