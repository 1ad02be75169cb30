package value

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// multirangeOf names the ranges that the built-in multiranges consist of.
var multirangeOf = map[catalog.OID]catalog.OID{
	catalog.Int4MultirangeOID: catalog.Int4RangeOID, catalog.Int8MultirangeOID: catalog.Int8RangeOID, catalog.NumMultirangeOID: catalog.NumRangeOID,
	catalog.DateMultirangeOID: catalog.DateRangeOID, catalog.TsMultirangeOID: catalog.TsRangeOID, catalog.TstzMultirangeOID: catalog.TstzRangeOID,
}

// MultirangeSubtype is the type of the bounds of a multirange, 0 for other types.
func MultirangeSubtype(oid catalog.OID) catalog.OID { return rangeOf[multirangeOf[oid]] }

// Multirange is a set of ranges: none is empty, each is before the next, and no two overlap or touch.
type Multirange []Range

// NewMultirange makes one of any ranges.
func NewMultirange(ranges []Range, sub *Ops) Multirange {
	list := slices.DeleteFunc(slices.Clone(ranges), func(r Range) bool { return r.Empty })
	slices.SortStableFunc(list, func(a, b Range) int { return a.Cmp(b, sub) })
	var out Multirange
	for _, r := range list {
		if n := len(out); n > 0 && (out[n-1].Overlaps(r, sub) || out[n-1].Adjacent(r, sub)) {
			out[n-1] = out[n-1].Merge(r, sub)
			continue
		}
		out = append(out, r)
	}
	return out
}

func multirangeOps(oid catalog.OID, title string, sub *Ops) *Ops {
	o := textOps(oid, title, func(e *Env, s string, _ int32) (Datum, error) {
		list, err := parseMultirange(e, s, sub)
		if err != nil {
			return Null, err
		}
		return NewMultirange(list, sub).Datum(sub)
	}, nil)
	o.Compare = func(a, b Datum) int { return MultirangeFrom(sub, a).Cmp(MultirangeFrom(sub, b), sub) }
	if sub.OID == catalog.TimestamptzOID {
		o.Output = func(e *Env, dst []byte, d Datum) []byte {
			if e.zone() == utcEnv.zone() {
				return append(dst, d.s...)
			}
			return MultirangeFrom(sub, d).append(e, dst, sub)
		}
		o.JSON = quotedOut(o.Output)
	}
	return o
}

// MultirangeFrom reads a canonical multirange.
func MultirangeFrom(sub *Ops, d Datum) Multirange {
	list, err := parseMultirange(nil, d.s, sub)
	if err != nil {
		return nil
	}
	return list
}

// Datum is the canonical datum.
func (m Multirange) Datum(sub *Ops) (Datum, error) { return Text(string(m.append(nil, nil, sub))), nil }

func (m Multirange) append(e *Env, dst []byte, sub *Ops) []byte {
	dst = append(dst, '{')
	for i, r := range m {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.append(e, dst, sub)
	}
	return append(dst, '}')
}

func parseMultirange(e *Env, s string, sub *Ops) ([]Range, error) {
	bad := func(detail string) ([]Range, error) {
		return nil, fault.New(fault.InvalidTextRepresentation, `malformed multirange literal: "%s"`, s).WithDetail("%s", detail)
	}
	i := 0
	space := func() {
		for isSpace(s, i) {
			i++
		}
	}
	space()
	if i >= len(s) || s[i] != '{' {
		return bad("Missing left brace.")
	}
	i++
	var list []Range
	for first := true; ; first = false {
		space()
		if i >= len(s) {
			return bad("Unexpected end of input.")
		}
		if s[i] == '}' && first {
			break
		}
		var text string
		switch {
		case s[i] == '[' || s[i] == '(':
			from, quoted := i, false
			for i++; ; i++ {
				if i >= len(s) {
					return bad("Unexpected end of input.")
				}
				if s[i] == '\\' {
					i++
				} else if s[i] == '"' {
					quoted = !quoted
				} else if !quoted && (s[i] == ']' || s[i] == ')') {
					break
				}
			}
			i++
			text = s[from:i]
		case len(s)-i >= 5 && strings.EqualFold(s[i:i+5], "empty"):
			text = s[i : i+5]
			i += 5
		default:
			return bad("Expected range start.")
		}
		r, err := parseRange(e, text, sub)
		if err == nil {
			var d Datum
			if d, err = r.Datum(sub); err == nil {
				list = append(list, RangeFrom(sub, d))
			}
		}
		if err != nil {
			return nil, err
		}
		space()
		if i >= len(s) {
			return bad("Unexpected end of input.")
		}
		if s[i] == '}' {
			break
		}
		if s[i] != ',' {
			return bad("Expected comma or end of multirange.")
		}
		i++
	}
	i++
	space()
	if i < len(s) {
		return bad("Junk after closing right brace.")
	}
	return list, nil
}

// Cmp is the btree order: range by range, and the shorter first.
func (m Multirange) Cmp(o Multirange, sub *Ops) int {
	return slices.CompareFunc(m, o, func(a, b Range) int { return a.Cmp(b, sub) })
}

// Span is the smallest range that holds all of m.
func (m Multirange) Span(sub *Ops) Range {
	if len(m) == 0 {
		return Range{Empty: true}
	}
	return m[0].Merge(m[len(m)-1], sub)
}

// Of is a range as a multirange.
func (r Range) Of() Multirange {
	if r.Empty {
		return nil
	}
	return Multirange{r}
}

// Contains reports whether o lies in m.
func (m Multirange) Contains(o Multirange, sub *Ops) bool {
	return !slices.ContainsFunc(o, func(r Range) bool {
		return !slices.ContainsFunc(m, func(x Range) bool { return x.Contains(r, sub) })
	})
}

// ContainsElem reports whether d lies in m.
func (m Multirange) ContainsElem(d Datum, sub *Ops) bool {
	return slices.ContainsFunc(m, func(r Range) bool { return r.ContainsElem(d, sub) })
}

// Overlaps reports whether m and o have a point in common.
func (m Multirange) Overlaps(o Multirange, sub *Ops) bool {
	return slices.ContainsFunc(m, func(a Range) bool { return slices.ContainsFunc(o, func(b Range) bool { return a.Overlaps(b, sub) }) })
}

// Before reports whether m lies wholly left of o.
func (m Multirange) Before(o Multirange, sub *Ops) bool {
	return len(m) > 0 && len(o) > 0 && m[len(m)-1].Before(o[0], sub)
}

// Overleft reports whether m does not reach beyond o to the right.
func (m Multirange) Overleft(o Multirange, sub *Ops) bool {
	return len(m) > 0 && len(o) > 0 && m[len(m)-1].cmpUpper(o[len(o)-1], sub) <= 0
}

// Overright reports whether m does not reach beyond o to the left.
func (m Multirange) Overright(o Multirange, sub *Ops) bool {
	return len(m) > 0 && len(o) > 0 && m[0].cmpLower(o[0], sub) >= 0
}

// Adjacent reports whether one ends where the other begins.
func (m Multirange) Adjacent(o Multirange, sub *Ops) bool {
	return len(m) > 0 && len(o) > 0 && (m[len(m)-1].meets(o[0], sub) || o[len(o)-1].meets(m[0], sub))
}

// Intersect is m * o.
func (m Multirange) Intersect(o Multirange, sub *Ops) Multirange {
	var out []Range
	for _, a := range m {
		for _, b := range o {
			out = append(out, a.Intersect(b, sub))
		}
	}
	return NewMultirange(out, sub)
}

// Minus is m - o.
func (m Multirange) Minus(o Multirange, sub *Ops) Multirange {
	left := slices.Clone(m)
	for _, b := range o {
		var next []Range
		for _, a := range left {
			if !a.Overlaps(b, sub) {
				next = append(next, a)
				continue
			}
			if a.cmpLower(b, sub) < 0 {
				next = append(next, Range{Lower: a.Lower, LowerInc: a.LowerInc, Upper: b.Lower, UpperInc: !b.LowerInc})
			}
			if a.cmpUpper(b, sub) > 0 {
				next = append(next, Range{Lower: b.Upper, LowerInc: !b.UpperInc, Upper: a.Upper, UpperInc: a.UpperInc})
			}
		}
		left = next
	}
	return NewMultirange(left, sub)
}
