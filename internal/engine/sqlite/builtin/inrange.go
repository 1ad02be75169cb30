package builtin

import (
	"math"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// InRange says whether a window frame of mode RANGE reaches from base to v: v <= base + offset, with minus instead of plus when sub is set, and >= unless less is.
// None of the three is NULL.
type InRange func(c *Ctx, v, base, offset value.Datum, sub, less bool) (bool, error)

// RangeOffsets are the types that an offset may have from a sort key of a type, none where RANGE takes no offset.
func RangeOffsets(key catalog.OID) []catalog.OID {
	switch key {
	case catalog.Int2OID, catalog.Int4OID:
		return []catalog.OID{catalog.Int8OID, catalog.Int4OID, catalog.Int2OID}
	case catalog.Int8OID:
		return []catalog.OID{catalog.Int8OID}
	case catalog.Float4OID, catalog.Float8OID:
		return []catalog.OID{catalog.Float8OID}
	case catalog.NumericOID:
		return []catalog.OID{catalog.NumericOID}
	case catalog.DateOID, catalog.TimestampOID, catalog.TimestamptzOID, catalog.TimeOID, catalog.TimetzOID, catalog.IntervalOID:
		return []catalog.OID{catalog.IntervalOID}
	}
	return nil
}

// RangeOf is the InRange of a sort key's type, nil where RANGE takes no offset.
func RangeOf(key catalog.OID) InRange {
	switch key {
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID:
		return inRangeInt
	case catalog.Float4OID, catalog.Float8OID:
		return inRangeFloat
	case catalog.NumericOID:
		return inRangeNumeric
	case catalog.TimeOID:
		return inRangeTime
	case catalog.TimetzOID:
		return inRangeTimetz
	case catalog.DateOID, catalog.TimestampOID:
		return func(_ *Ctx, v, base, offset value.Datum, sub, less bool) (bool, error) {
			return inRangeStamp(v, base, offset, sub, less, func(s value.Stamp, by value.Interval) value.Stamp { return by.AddTo(s) })
		}
	case catalog.TimestamptzOID:
		return func(c *Ctx, v, base, offset value.Datum, sub, less bool) (bool, error) {
			return inRangeStamp(v, base, offset, sub, less, c.shift)
		}
	case catalog.IntervalOID:
		return inRangeInterval
	}
	return nil
}

func badFrameSize() error {
	return fault.New("22013", "invalid preceding or following size in window function")
}

// side is the answer for v compared with a bound: cmp is its order.
func side(cmp int, less bool) (bool, error) {
	if less {
		return cmp <= 0, nil
	}
	return cmp >= 0, nil
}

func inRangeInt(_ *Ctx, v, base, offset value.Datum, sub, less bool) (bool, error) {
	n := offset.Int64()
	if n < 0 {
		return false, badFrameSize()
	}
	if sub {
		n = -n
	}
	sum, ok := addInt(base.Int64(), n)
	if !ok { // beyond every value
		return sub != less, nil
	}
	switch a := v.Int64(); {
	case a < sum:
		return side(-1, less)
	case a > sum:
		return side(1, less)
	}
	return true, nil
}

func inRangeFloat(_ *Ctx, v, base, offset value.Datum, sub, less bool) (bool, error) {
	a, b, n := v.Float64(), base.Float64(), offset.Float64()
	switch {
	case math.IsNaN(n) || n < 0:
		return false, badFrameSize()
	case math.IsNaN(a):
		return math.IsNaN(b) || !less, nil
	case math.IsNaN(b):
		return less, nil
	case math.IsInf(n, 0) && (sub && math.IsInf(b, 1) || !sub && math.IsInf(b, -1)):
		return true, nil
	}
	if sub {
		n = -n
	}
	if less {
		return a <= b+n, nil
	}
	return a >= b+n, nil
}

func inRangeNumeric(_ *Ctx, v, base, offset value.Datum, sub, less bool) (bool, error) {
	a, b, n := value.DecOf(v), value.DecOf(base), value.DecOf(offset)
	switch {
	case n.IsNaN() || n.Sign() < 0:
		return false, badFrameSize()
	case a.IsNaN():
		return b.IsNaN() || !less, nil
	case b.IsNaN():
		return less, nil
	case n.Inf() != 0 && (sub && b.Inf() > 0 || !sub && b.Inf() < 0):
		return true, nil
	}
	if sub {
		n = n.Neg()
	}
	return side(a.Cmp(b.Add(n)), less)
}

func inRangeStamp(v, base, offset value.Datum, sub, less bool, add func(value.Stamp, value.Interval) value.Stamp) (bool, error) {
	by := interval(offset)
	if by.Cmp(value.Interval{}) < 0 {
		return false, badFrameSize()
	}
	if sub {
		by = by.Neg()
	}
	switch a, b := stamp(v), add(stamp(base), by); {
	case a < b:
		return side(-1, less)
	case a > b:
		return side(1, less)
	}
	return true, nil
}

func inRangeTime(_ *Ctx, v, base, offset value.Datum, sub, less bool) (bool, error) {
	return inRangeClock(value.ClockFrom(v.Str()), value.ClockFrom(base.Str()), 0, 0, offset, sub, less)
}

func inRangeTimetz(_ *Ctx, v, base, offset value.Datum, sub, less bool) (bool, error) {
	a, az := value.TimetzFrom(v.Str())
	b, bz := value.TimetzFrom(base.Str())
	return inRangeClock(a, b, az, bz, offset, sub, less)
}

// inRangeClock compares times of day, of which only the clock part of the offset counts; at midnight nothing begins anew. Times that are the same moment are told
// apart by their offsets from UTC.
func inRangeClock(a, b int64, az, bz int, offset value.Datum, sub, less bool) (bool, error) {
	us := interval(offset).Micros
	if us < 0 {
		return false, badFrameSize()
	}
	if sub {
		us = -us
	}
	sum, ok := addInt(b, us)
	if !ok {
		return less, nil
	}
	return side(value.CompareTimetz(a, az, sum, bz), less)
}

func inRangeInterval(_ *Ctx, v, base, offset value.Datum, sub, less bool) (bool, error) {
	by := interval(offset)
	if by.Cmp(value.Interval{}) < 0 {
		return false, badFrameSize()
	}
	if sub {
		by = by.Neg()
	}
	sum, err := interval(base).Add(by)
	if err != nil {
		return false, err
	}
	return side(interval(v).Cmp(sum), less)
}
