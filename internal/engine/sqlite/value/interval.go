package value

import (
	"cmp"
	"math"
	"strconv"

	"github.com/mainstay-dev/mainstay/fault"
)

// Interval is a span of months, days and microseconds, which are kept apart as their lengths differ.
type Interval struct {
	Months, Days int32
	Micros       int64
}

// Datum is the canonical datum.
func (v Interval) Datum() Datum { return Text(v.String()) }

// String is PostgreSQL's output with IntervalStyle postgres.
func (v Interval) String() string {
	var b []byte
	before := false // the field before was negative
	part := func(n int32, unit string) {
		if n == 0 {
			return
		}
		if len(b) > 0 {
			b = append(b, ' ')
		}
		if before && n > 0 {
			b = append(b, '+')
		}
		b = strconv.AppendInt(b, int64(n), 10)
		b = append(append(b, ' '), unit...)
		if n != 1 {
			b = append(b, 's')
		}
		before = n < 0
	}
	part(v.Months/12, "year")
	part(v.Months%12, "mon")
	part(v.Days, "day")
	if v.Micros != 0 || len(b) == 0 {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		us := uint64(v.Micros)
		if v.Micros < 0 {
			b = append(b, '-')
			us = -us
		} else if before {
			b = append(b, '+')
		}
		s := us / 1e6
		b = append(appendPadded(b, int(s/3600), 2), ':')
		b = append(appendPadded(b, int(s/60%60), 2), ':')
		b = appendFraction(appendPadded(b, int(s%60), 2), int(us%1e6))
	}
	return string(b)
}

// total is the length with months of 30 days and days of 24 hours.
func (v Interval) total() (days, us int64) {
	days = int64(v.Months)*30 + int64(v.Days)
	d := v.Micros / UDay
	us = v.Micros - d*UDay
	if us < 0 {
		d--
		us += UDay
	}
	return days + d, us
}

// Cmp is interval's order: months count 30 days, days 24 hours.
func (v Interval) Cmp(o Interval) int {
	d1, u1 := v.total()
	d2, u2 := o.total()
	if c := cmp.Compare(d1, d2); c != 0 {
		return c
	}
	return cmp.Compare(u1, u2)
}

// CompareInterval compares two canonical intervals.
func CompareInterval(a, b string) int {
	if a == b {
		return 0
	}
	return IntervalFrom(a).Cmp(IntervalFrom(b))
}

// IntervalFrom reads a canonical interval.
func IntervalFrom(s string) Interval {
	var v Interval
	for i := 0; i < len(s); {
		neg := s[i] == '-'
		if neg || s[i] == '+' {
			i++
		}
		var n int64
		for ; isDigit(s, i); i++ {
			n = n*10 + int64(s[i]-'0')
		}
		if i+1 >= len(s) {
			return v
		}
		if s[i] == ':' {
			us := uint64(n)*uint64(UHour) + uint64(ClockFrom("00"+s[i:]))
			if v.Micros = int64(us); neg {
				v.Micros = int64(-us)
			}
			return v
		}
		if neg {
			n = -n
		}
		switch s[i+1] {
		case 'y':
			v.Months += int32(n * 12)
		case 'm':
			v.Months += int32(n)
		case 'd':
			v.Days = int32(n)
		}
		for i++; i < len(s) && s[i] != ' '; i++ {
		}
		i++
	}
	return v
}

func intervalOverflow() error { return fault.New(fault.DatetimeOverflow, "interval out of range") }

// Add is v + o.
func (v Interval) Add(o Interval) (Interval, error) {
	return makeInterval(int64(v.Months)+int64(o.Months), int64(v.Days)+int64(o.Days), v.Micros, o.Micros)
}

func makeInterval(months, days, us1, us2 int64) (Interval, error) {
	us := us1 + us2
	if months != int64(int32(months)) || days != int64(int32(days)) || (us > us1) != (us2 > 0) && us2 != 0 {
		return Interval{}, intervalOverflow()
	}
	return Interval{int32(months), int32(days), us}, nil
}

// Neg is -v.
func (v Interval) Neg() Interval { return Interval{-v.Months, -v.Days, -v.Micros} }

// Mul is v × f; fractions of a month go to days, of a day to the time.
func (v Interval) Mul(f float64) (Interval, error) {
	return v.scaled(func(x float64) float64 { return x * f })
}

// Div is v / f.
func (v Interval) Div(f float64) (Interval, error) {
	if f == 0 {
		return Interval{}, divisionByZero()
	}
	return v.scaled(func(x float64) float64 { return x / f })
}

func (v Interval) scaled(by func(float64) float64) (Interval, error) {
	months, days := by(float64(v.Months)), by(float64(v.Days))
	in := func(x float64) bool { return x >= math.MinInt32 && x <= math.MaxInt32 }
	if !in(months) || !in(days) {
		return Interval{}, intervalOverflow()
	}
	out := Interval{Months: int32(months), Days: int32(days)}
	round := func(x float64) float64 { return math.RoundToEven(x*1e6) / 1e6 }
	monthRest := round((months - float64(out.Months)) * 30)
	rest := round((days - float64(out.Days) + monthRest - math.Trunc(monthRest)) * 86400)
	if math.Abs(rest) >= 86400 {
		out.Days += int32(rest / 86400)
		rest -= math.Trunc(rest/86400) * 86400
	}
	out.Days += int32(monthRest)
	us := math.RoundToEven(by(float64(v.Micros)) + rest*1e6)
	if !(us >= math.MinInt64 && us < math.MaxInt64) {
		return Interval{}, intervalOverflow()
	}
	out.Micros = int64(us)
	return out, nil
}

// RoundTo rounds the seconds to mod digits.
func (v Interval) RoundTo(mod int32) Interval {
	v.Micros = roundMicros(v.Micros, mod)
	return v
}

// AddTo adds v to a local time: months first (to the month's last day at most), then days, then the time.
func (v Interval) AddTo(s Stamp) Stamp {
	if !s.Finite() {
		return s
	}
	d, us := s.Split()
	if v.Months != 0 {
		y, m, day := d.Civil()
		m += int(v.Months)
		first := CivilDay(y, m, 1)
		y, m, _ = first.Civil()
		d = first + Day(min(day, MonthDays(y, m))-1)
	}
	d += Day(v.Days)
	return d.At(us) + Stamp(v.Micros)
}

func inputInterval(_ *Env, s string, mod int32) (Datum, error) {
	v, err := parseInterval(s, mod)
	if err != nil {
		return Null, err
	}
	return v.Fit(mod).Datum(), nil
}

// The fields of interval's modifier.
const (
	monthField  = 1 << 1
	yearField   = 1 << 2
	dayField    = 1 << 3
	hourField   = 1 << 10
	minuteField = 1 << 11
	secondField = 1 << 12
)

// Fit applies interval's modifier: fields below the last named are dropped, seconds are rounded.
func (v Interval) Fit(mod int32) Interval {
	if mod < 0 {
		return v
	}
	fields, prec := mod>>16&0x7fff, mod&0xffff
	switch fields {
	case yearField:
		v = Interval{Months: v.Months / 12 * 12}
	case monthField, yearField | monthField:
		v = Interval{Months: v.Months}
	case dayField:
		v.Micros = 0
	case hourField, dayField | hourField:
		v.Micros = v.Micros / UHour * UHour
	case minuteField, hourField | minuteField, dayField | hourField | minuteField:
		v.Micros = v.Micros / UMinute * UMinute
	}
	if prec < 6 {
		v.Micros = roundMicros(v.Micros, prec)
	}
	return v
}
