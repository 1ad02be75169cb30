package value

import (
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// Range is a range's bounds; a bound that is NULL is infinite.
type Range struct {
	Empty              bool
	Lower, Upper       Datum
	LowerInc, UpperInc bool
}

func rangeOps(oid catalog.OID, title string, sub *Ops) *Ops {
	o := textOps(oid, title, func(e *Env, s string, _ int32) (Datum, error) {
		r, err := parseRange(e, s, sub)
		if err != nil {
			return Null, err
		}
		return r.Datum(sub)
	}, nil)
	o.Elem = nil
	o.Compare = func(a, b Datum) int { return RangeFrom(sub, a).Cmp(RangeFrom(sub, b), sub) }
	if sub.OID == catalog.TimestamptzOID {
		o.Output = func(e *Env, dst []byte, d Datum) []byte {
			if e.zone() == utcEnv.zone() {
				return append(dst, d.s...)
			}
			return RangeFrom(sub, d).append(e, dst, sub)
		}
		o.JSON = quotedOut(o.Output)
	}
	return o
}

// RangeFrom reads a canonical range.
func RangeFrom(sub *Ops, d Datum) Range {
	r, err := parseRange(nil, d.s, sub)
	if err != nil {
		return Range{Empty: true}
	}
	return r
}

func badRange(s, detail string) error {
	return fault.New(fault.InvalidTextRepresentation, `malformed range literal: "%s"`, s).WithDetail("%s", detail)
}

func parseRange(e *Env, s string, sub *Ops) (Range, error) {
	t := strings.Trim(s, " \t\n\r\v\f")
	if strings.EqualFold(t, "empty") {
		return Range{Empty: true}, nil
	}
	if t == "" || t[0] != '[' && t[0] != '(' {
		return Range{}, badRange(s, "Missing left parenthesis or bracket.")
	}
	r := Range{LowerInc: t[0] == '['}
	i := 1
	bound := func() (string, bool, error) {
		var b strings.Builder
		quoted, in := false, false
		for ; ; i++ {
			if i >= len(t) {
				return "", false, badRange(s, "Unexpected end of input.")
			}
			c := t[i]
			if !in && (c == ',' || c == ')' || c == ']') {
				return b.String(), !quoted && b.Len() == 0, nil
			}
			switch {
			case c == '\\' && i+1 < len(t):
				i++
				b.WriteByte(t[i])
			case c == '"' && in && i+1 < len(t) && t[i+1] == '"':
				i++
				b.WriteByte('"')
			case c == '"':
				in, quoted = !in, true
			default:
				b.WriteByte(c)
			}
		}
	}
	lower, lowerInf, err := bound()
	if err != nil {
		return r, err
	}
	if t[i] != ',' {
		return r, badRange(s, "Missing comma after lower bound.")
	}
	i++
	upper, upperInf, err := bound()
	if err != nil {
		return r, err
	}
	if t[i] == ',' {
		return r, badRange(s, "Too many commas.")
	}
	r.UpperInc = t[i] == ']'
	if i+1 < len(t) {
		return r, badRange(s, "Junk after right parenthesis or bracket.")
	}
	if !lowerInf {
		if r.Lower, err = sub.Input(e, lower, -1); err != nil {
			return r, err
		}
	}
	if !upperInf {
		r.Upper, err = sub.Input(e, upper, -1)
	}
	return r, err
}

// Datum makes the canonical range: bounds in order, discrete types as [a,b).
func (r Range) Datum(sub *Ops) (Datum, error) {
	if r.Empty {
		return Text("empty"), nil
	}
	if r.Lower.IsNull() {
		r.LowerInc = false
	}
	if r.Upper.IsNull() {
		r.UpperInc = false
	}
	if !r.Lower.IsNull() && !r.Upper.IsNull() {
		c := sub.Compare(r.Lower, r.Upper)
		if c > 0 {
			return Null, fault.New(fault.DataException, "range lower bound must be less than or equal to range upper bound")
		}
		if c == 0 && !(r.LowerInc && r.UpperInc) {
			return Text("empty"), nil
		}
	}
	var err error
	next := func(d Datum) Datum {
		switch sub.OID {
		case catalog.DateOID:
			var n Datum
			if n, err = (DayFrom(d.s) + 1).Datum(); err != nil {
				return d
			}
			return n
		case catalog.Int4OID:
			if d.Int64() == 1<<31-1 {
				err = outOfRange("integer")
			}
		}
		return Int(d.Int64() + 1)
	}
	// The infinite dates have no next one.
	endless := func(d Datum) bool { return sub.OID == catalog.DateOID && !DayFrom(d.s).Finite() }
	if sub.OID == catalog.Int4OID || sub.OID == catalog.Int8OID || sub.OID == catalog.DateOID {
		if !r.Lower.IsNull() && !r.LowerInc && !endless(r.Lower) {
			r.Lower, r.LowerInc = next(r.Lower), true
		}
		if !r.Upper.IsNull() && r.UpperInc && !endless(r.Upper) {
			r.Upper, r.UpperInc = next(r.Upper), false
		}
		if err != nil {
			return Null, err
		}
		if !r.Lower.IsNull() && !r.Upper.IsNull() && sub.Compare(r.Lower, r.Upper) >= 0 && !r.UpperInc {
			return Text("empty"), nil
		}
	}
	return Text(string(r.append(nil, nil, sub))), nil
}

func (r Range) append(e *Env, dst []byte, sub *Ops) []byte {
	if r.Empty {
		return append(dst, "empty"...)
	}
	bound := func(d Datum) {
		if d.IsNull() {
			return
		}
		s := sub.Text(e, d)
		if s == "" || strings.ContainsAny(s, "\"\\()[], \t\n\r") {
			dst = append(dst, '"')
			for i := 0; i < len(s); i++ {
				if s[i] == '"' || s[i] == '\\' {
					dst = append(dst, s[i])
				}
				dst = append(dst, s[i])
			}
			dst = append(dst, '"')
			return
		}
		dst = append(dst, s...)
	}
	if r.LowerInc {
		dst = append(dst, '[')
	} else {
		dst = append(dst, '(')
	}
	bound(r.Lower)
	dst = append(dst, ',')
	bound(r.Upper)
	if r.UpperInc {
		return append(dst, ']')
	}
	return append(dst, ')')
}

// cmpBounds orders two bounds; upper tells on which side each is.
func cmpBounds(sub *Ops, a Datum, aInc, aUpper bool, b Datum, bInc, bUpper bool) int {
	infinite := func(upper bool) int {
		if upper {
			return 1
		}
		return -1
	}
	switch {
	case a.IsNull() && b.IsNull():
		if aUpper == bUpper {
			return 0
		}
		return infinite(aUpper)
	case a.IsNull():
		return infinite(aUpper)
	case b.IsNull():
		return -infinite(bUpper)
	}
	if c := sub.Compare(a, b); c != 0 {
		return c
	}
	switch {
	case !aInc && !bInc:
		if aUpper == bUpper {
			return 0
		}
		return -infinite(aUpper)
	case !aInc:
		return -infinite(aUpper)
	case !bInc:
		return infinite(bUpper)
	}
	return 0
}

// Cmp is the btree order of ranges.
func (r Range) Cmp(o Range, sub *Ops) int {
	switch {
	case r.Empty && o.Empty:
		return 0
	case r.Empty:
		return -1
	case o.Empty:
		return 1
	}
	if c := r.cmpLower(o, sub); c != 0 {
		return c
	}
	return r.cmpUpper(o, sub)
}

func (r Range) cmpLower(o Range, sub *Ops) int {
	return cmpBounds(sub, r.Lower, r.LowerInc, false, o.Lower, o.LowerInc, false)
}

func (r Range) cmpUpper(o Range, sub *Ops) int {
	return cmpBounds(sub, r.Upper, r.UpperInc, true, o.Upper, o.UpperInc, true)
}

// ContainsElem reports whether d lies in r.
func (r Range) ContainsElem(d Datum, sub *Ops) bool {
	if r.Empty {
		return false
	}
	if !r.Lower.IsNull() {
		if c := sub.Compare(r.Lower, d); c > 0 || c == 0 && !r.LowerInc {
			return false
		}
	}
	if !r.Upper.IsNull() {
		if c := sub.Compare(r.Upper, d); c < 0 || c == 0 && !r.UpperInc {
			return false
		}
	}
	return true
}

// Contains reports whether o lies in r.
func (r Range) Contains(o Range, sub *Ops) bool {
	if o.Empty {
		return true
	}
	return !r.Empty && r.cmpLower(o, sub) <= 0 && r.cmpUpper(o, sub) >= 0
}

// Before reports whether r lies wholly left of o.
func (r Range) Before(o Range, sub *Ops) bool {
	return !r.Empty && !o.Empty && cmpBounds(sub, r.Upper, r.UpperInc, true, o.Lower, o.LowerInc, false) < 0
}

// Overlaps reports whether r and o have a point in common.
func (r Range) Overlaps(o Range, sub *Ops) bool {
	return !r.Empty && !o.Empty && !r.Before(o, sub) && !o.Before(r, sub)
}

// Adjacent reports whether nothing lies between r and o and they do not overlap.
func (r Range) Adjacent(o Range, sub *Ops) bool {
	if r.Empty || o.Empty {
		return false
	}
	return r.meets(o, sub) || o.meets(r, sub)
}

// meets reports whether o begins where r ends.
func (r Range) meets(o Range, sub *Ops) bool {
	return !r.Upper.IsNull() && !o.Lower.IsNull() && sub.Compare(r.Upper, o.Lower) == 0 && r.UpperInc != o.LowerInc
}

// Intersect is r * o.
func (r Range) Intersect(o Range, sub *Ops) Range {
	if !r.Overlaps(o, sub) {
		return Range{Empty: true}
	}
	out := r
	if r.cmpLower(o, sub) < 0 {
		out.Lower, out.LowerInc = o.Lower, o.LowerInc
	}
	if r.cmpUpper(o, sub) > 0 {
		out.Upper, out.UpperInc = o.Upper, o.UpperInc
	}
	return out
}

// Merge is the smallest range that holds both.
func (r Range) Merge(o Range, sub *Ops) Range {
	switch {
	case r.Empty:
		return o
	case o.Empty:
		return r
	}
	out := r
	if r.cmpLower(o, sub) > 0 {
		out.Lower, out.LowerInc = o.Lower, o.LowerInc
	}
	if r.cmpUpper(o, sub) < 0 {
		out.Upper, out.UpperInc = o.Upper, o.UpperInc
	}
	return out
}

// Union is r + o; an error when they leave a gap.
func (r Range) Union(o Range, sub *Ops) (Range, error) {
	if !r.Empty && !o.Empty && !r.Overlaps(o, sub) && !r.Adjacent(o, sub) {
		return Range{}, fault.New(fault.DataException, "result of range union would not be contiguous")
	}
	return r.Merge(o, sub), nil
}

// Minus is r - o; an error when two pieces would be left.
func (r Range) Minus(o Range, sub *Ops) (Range, error) {
	if !r.Overlaps(o, sub) {
		return r, nil
	}
	lower, upper := r.cmpLower(o, sub) < 0, r.cmpUpper(o, sub) > 0
	switch {
	case lower && upper:
		return Range{}, fault.New(fault.DataException, "result of range difference would not be contiguous")
	case lower:
		return Range{Lower: r.Lower, LowerInc: r.LowerInc, Upper: o.Lower, UpperInc: !o.LowerInc}, nil
	case upper:
		return Range{Lower: o.Upper, LowerInc: !o.UpperInc, Upper: r.Upper, UpperInc: r.UpperInc}, nil
	}
	return Range{Empty: true}, nil
}
