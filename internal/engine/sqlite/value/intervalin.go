package value

import (
	"math"
	"strconv"
	"strings"
)

// An intervalUnit is a word for a length of time.
type intervalUnit uint8

const (
	noUnit intervalUnit = iota
	microsecondUnit
	millisecondUnit
	secondUnit
	minuteUnit
	hourUnit
	dayUnit
	weekUnit
	monthUnit
	yearUnit
	decadeUnit
	centuryUnit
	millenniumUnit
	otherUnit // is known and cannot stand here
	agoUnit
)

// intervalWords has the first ten letters of words: those of longer ones do not count.
var intervalWords = func() map[string]intervalUnit {
	m := map[string]intervalUnit{}
	for unit, words := range map[intervalUnit]string{
		microsecondUnit: "microsecon us usec usecond useconds usecs",
		millisecondUnit: "millisecon ms msec msecond mseconds msecs",
		secondUnit:      "s sec second seconds secs",
		minuteUnit:      "m min mins minute minutes",
		hourUnit:        "h hour hours hr hrs",
		dayUnit:         "d day days",
		weekUnit:        "w week weeks",
		monthUnit:       "mon mons month months",
		yearUnit:        "y year years yr yrs",
		decadeUnit:      "dec decade decades decs",
		centuryUnit:     "c cent centuries century",
		millenniumUnit:  "mil millennia millennium mils",
		otherUnit:       "qtr quarter timezone timezone_h timezone_m",
		agoUnit:         "ago",
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] = unit
		}
	}
	return m
}()

// span is an interval that is being put together.
type span struct {
	years, months, days int32
	us                  int64
}

func add32(to *int32, n int64) bool {
	sum := int64(*to) + n
	*to = int32(sum)
	return n == int64(int32(n)) && sum == int64(int32(sum))
}

func (v *span) micros(n int64, unit int64) bool {
	p := n * unit
	if n != 0 && (p/n != unit || n == -1 && unit == math.MinInt64) {
		return false
	}
	sum := v.us + p
	ok := (sum > v.us) == (p > 0)
	v.us = sum
	return ok
}

// part adds a fraction of a unit, to the microsecond.
func (v *span) part(f float64, unit int64) bool {
	if f == 0 {
		return true
	}
	f *= float64(unit)
	us := int64(f)
	switch f -= float64(us); {
	case f > 0.5:
		us++
	case f < -0.5:
		us--
	}
	return v.micros(us, 1)
}

// partDays adds a fraction of a unit of days: whole days, and the rest as time.
func (v *span) partDays(f float64, days int64) bool {
	if f == 0 {
		return true
	}
	f *= float64(days)
	whole := int64(f)
	return add32(&v.days, whole) && v.part(f-float64(whole), UDay)
}

func (v *span) whole(to *int32, n, unit int64) bool {
	return n == int64(int32(n)) && n*unit == int64(int32(n*unit)) && add32(to, n*unit)
}

// add takes n and a fraction of a unit.
func (v *span) add(n int64, f float64, unit intervalUnit) bool {
	years := func(of int64) bool {
		return v.whole(&v.years, n, of) && add32(&v.months, int64(math.RoundToEven(f*float64(of)*12)))
	}
	switch unit {
	case microsecondUnit:
		return v.micros(n, 1) && v.part(f, 1)
	case millisecondUnit:
		return v.micros(n, 1000) && v.part(f, 1000)
	case secondUnit:
		return v.micros(n, USecond) && v.part(f, USecond)
	case minuteUnit:
		return v.micros(n, UMinute) && v.part(f, UMinute)
	case hourUnit:
		return v.micros(n, UHour) && v.part(f, UHour)
	case dayUnit:
		return v.whole(&v.days, n, 1) && v.part(f, UDay)
	case weekUnit:
		return v.whole(&v.days, n, 7) && v.partDays(f, 7)
	case monthUnit:
		return v.whole(&v.months, n, 1) && v.partDays(f, 30)
	case yearUnit:
		return years(1)
	case decadeUnit:
		return years(10)
	case centuryUnit:
		return years(100)
	}
	return years(1000)
}

// parts are what a number with this unit has said of the interval: none may be said twice.
func (u intervalUnit) parts(fraction bool) part {
	switch u {
	case microsecondUnit:
		return microsecondPart
	case millisecondUnit:
		return millisecondPart
	case secondUnit:
		if fraction {
			return wholeSecond
		}
		return secondPart
	case minuteUnit:
		return minutePart
	case hourUnit:
		return hourPart
	case dayUnit:
		return dayPart
	case monthUnit:
		return monthPart
	case yearUnit:
		return yearPart
	}
	return 1 << (16 + part(u))
}

// ParseInterval reads an interval: units in words, hh:mm:ss, SQL's year-month, or ISO 8601.
func ParseInterval(s string) (Interval, error) { return parseInterval(s, -1) }

func parseInterval(s string, mod int32) (Interval, error) {
	var v span
	fields, bad := dateTimeFields(s, 256)
	if bad == 0 {
		v, bad = readInterval(fields, mod)
	}
	if bad == badFormat {
		v, bad = readISOInterval(s)
	}
	if bad == fieldOverflow {
		bad = intervalFieldOverflow
	}
	if bad != 0 {
		return Interval{}, bad.of("interval", s, "")
	}
	months := int64(v.years)*12 + int64(v.months)
	if months != int64(int32(months)) {
		return Interval{}, intervalOverflow()
	}
	return Interval{int32(months), v.days, v.us}, nil
}

// lastUnit is what a number without a unit is, by the fields of the type.
func lastUnit(mod int32) intervalUnit {
	if mod >= 0 {
		switch fields := mod >> 16 & 0x7fff; {
		case fields == 0x7fff || fields&secondField != 0:
		case fields&minuteField != 0:
			return minuteUnit
		case fields&hourField != 0:
			return hourUnit
		case fields&dayField != 0:
			return dayUnit
		case fields&monthField != 0:
			return monthUnit
		case fields&yearField != 0:
			return yearUnit
		}
	}
	return secondUnit
}

// readInterval goes from the last field to the first: the units come before their numbers.
func readInterval(fields []dateTimeField, mod int32) (v span, bad readError) {
	minutes := mod >= 0 && mod>>16&0x7fff == minuteField|secondField
	unit, given := noUnit, false
	ago := false
	var seen part
	clock := func(text string) readError {
		h, m, s, us, bad := clockParts(text, minutes)
		if bad != 0 {
			return bad
		}
		v.us = us
		if !v.micros(h, UHour) || !v.micros(int64(m), UMinute) || !v.micros(int64(s), USecond) {
			return fieldOverflow
		}
		return 0
	}
	for i := len(fields) - 1; i >= 0; i-- {
		var got part
		text := fields[i].text
		switch fields[i].kind {
		case timeField:
			if bad := clock(text); bad != 0 {
				return v, bad
			}
			got, unit, given = wholeTime, dayUnit, true
		case wordField, signedWord:
			w := text
			if len(w) > 10 {
				w = w[:10]
			}
			switch u := intervalWords[w]; u {
			case noUnit:
				return v, badFormat
			case agoUnit:
				ago, unit, given = true, noUnit, true
			default:
				unit, given = u, true
			}
			continue
		default:
			if fields[i].kind == signedField && strings.Contains(text, ":") {
				before := v
				if clock(text[1:]) == 0 {
					if text[0] == '-' {
						v.us = -v.us
					}
					got, unit, given = wholeTime, dayUnit, true
					break
				}
				v = before
			}
			if !given {
				unit, given = lastUnit(mod), true
			}
			n, rest, over := strtoint64(text)
			var f float64
			switch {
			case over:
				return v, fieldOverflow
			case rest == "":
			case rest[0] == '-': // years and months
				m, after, over := strtoint(rest[1:])
				if over || m < 0 || m > 11 {
					return v, fieldOverflow
				}
				if after != "" {
					return v, badFormat
				}
				unit = monthUnit
				if text[0] == '-' {
					m = -m
				}
				if n > math.MaxInt64/12-12 || n < math.MinInt64/12+12 {
					return v, fieldOverflow
				}
				n = n*12 + int64(m)
			case rest[0] == '.':
				if f, bad = fraction(rest); bad != 0 {
					return v, bad
				}
				if text[0] == '-' {
					f = -f
				}
			default:
				return v, badFormat
			}
			if unit == noUnit || unit == otherUnit {
				return v, badFormat
			}
			if !v.add(n, f, unit) {
				return v, fieldOverflow
			}
			if got = unit.parts(f != 0); unit == hourUnit {
				unit = dayUnit
			}
		}
		if got&seen != 0 {
			return v, badFormat
		}
		seen |= got
	}
	if seen == 0 {
		return v, badFormat
	}
	if ago {
		if v.us == math.MinInt64 || v.days == math.MinInt32 || v.months == math.MinInt32 || v.years == math.MinInt32 {
			return v, fieldOverflow
		}
		v = span{-v.years, -v.months, -v.days, -v.us}
	}
	return v, 0
}

// readISOInterval reads P1Y2M3DT4H5M6S, P20240102T101112 and P2024-01-02T10:11:12.
func readISOInterval(s string) (v span, bad readError) {
	if len(s) < 2 || s[0] != 'P' {
		return v, badFormat
	}
	date, had := true, false
	next := byte(0)
	number := func() (n int64, f float64, width int, bad readError) {
		n, f, width, s, bad = isoNumber(s)
		return
	}
	for s = s[1:]; s != ""; had = true {
		if s[0] == 'T' {
			date, had, s = false, false, s[1:]
			if s == "" {
				break
			}
			if s[0] == 'T' {
				continue
			}
		}
		n, f, width, bad := number()
		if bad != 0 {
			return v, bad
		}
		next = 0
		if s != "" {
			next, s = s[0], s[1:]
		}
		unit := noUnit
		if date {
			unit = map[byte]intervalUnit{'Y': yearUnit, 'M': monthUnit, 'W': weekUnit, 'D': dayUnit}[next]
		} else {
			unit = map[byte]intervalUnit{'H': hourUnit, 'M': minuteUnit, 'S': secondUnit}[next]
		}
		if unit != noUnit {
			if !v.add(n, f, unit) {
				return v, fieldOverflow
			}
			continue
		}
		switch {
		case date && (next == 'T' || next == 0) && width == 8 && !had:
			if !v.add(n/10000, 0, yearUnit) || !v.add(n/100%100, 0, monthUnit) || !v.add(n%100, 0, dayUnit) || !v.part(f, UDay) {
				return v, fieldOverflow
			}
		case !date && next == 0 && width == 6 && !had:
			if !v.add(n/10000, 0, hourUnit) || !v.add(n/100%100, 0, minuteUnit) || !v.add(n%100, 0, secondUnit) || !v.part(f, 1) {
				return v, fieldOverflow
			}
			return v, 0
		case had, date && next != 'T' && next != '-' && next != 0, !date && next != ':' && next != 0:
			return v, badFormat
		default:
			units, between := []intervalUnit{yearUnit, monthUnit, dayUnit}, byte('-')
			if !date {
				units, between = []intervalUnit{hourUnit, minuteUnit, secondUnit}, ':'
			}
			for i, u := range units {
				if i > 0 {
					if n, f, _, bad = number(); bad != 0 {
						return v, bad
					}
					next = 0
					if s != "" {
						next, s = s[0], s[1:]
					}
				}
				if !v.add(n, f, u) {
					return v, fieldOverflow
				}
				switch {
				case next == 0:
					return v, 0
				case next == between && i < 2:
					continue
				case next != 'T' || !date:
					return v, badFormat
				}
				break
			}
		}
		if next == 0 {
			return v, 0
		}
		// A T: the time follows.
		date = false
		if s == "" {
			break
		}
		s, date = "T"+s, true
	}
	return v, 0
}

// isoNumber reads a number at the beginning of s: what is before its point, the fraction, and the width of the former.
func isoNumber(s string) (n int64, f float64, width int, rest string, bad readError) {
	if s == "" || !isDigit(s, 0) && s[0] != '-' && s[0] != '.' {
		return 0, 0, 0, s, badFormat
	}
	i := 0
	if s[0] == '-' {
		i++
	}
	for isDigit(s, i) {
		i++
	}
	if width = i; s[0] == '-' {
		width--
	}
	digits := width > 0
	if i < len(s) && s[i] == '.' {
		for i++; isDigit(s, i); i++ {
			digits = true
		}
	}
	if !digits {
		return 0, 0, 0, s, badFormat
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		j := i + 1
		if j < len(s) && (s[j] == '-' || s[j] == '+') {
			j++
		}
		if isDigit(s, j) {
			for isDigit(s, j) {
				j++
			}
			i = j
		}
	}
	x, err := strconv.ParseFloat(s[:i], 64)
	switch {
	case err != nil:
		return 0, 0, 0, s, badFormat
	case x < -1e15 || x > 1e15:
		return 0, 0, 0, s, fieldOverflow
	}
	whole := math.Trunc(x)
	return int64(whole), x - whole, width, s[i:], 0
}
