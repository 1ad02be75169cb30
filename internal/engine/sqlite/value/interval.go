package value

import (
	"cmp"
	"math"
	"strconv"
	"strings"

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
	v, err := ParseInterval(s)
	if err != nil {
		return Interval{}
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
	months, days := float64(v.Months)*f, float64(v.Days)*f
	if math.IsNaN(f) || math.Abs(months) > math.MaxInt32 || math.Abs(days) > math.MaxInt32 {
		return Interval{}, intervalOverflow()
	}
	return spread(v, int32(months), int32(days), f, float64(v.Micros)*f)
}

// Div is v / f.
func (v Interval) Div(f float64) (Interval, error) {
	if f == 0 {
		return Interval{}, divisionByZero()
	}
	months, days := float64(v.Months)/f, float64(v.Days)/f
	if math.IsNaN(f) || math.Abs(months) > math.MaxInt32 || math.Abs(days) > math.MaxInt32 {
		return Interval{}, intervalOverflow()
	}
	return spread(v, int32(months), int32(days), 1/f, float64(v.Micros)/f)
}

func spread(v Interval, months, days int32, f, us float64) (Interval, error) {
	round := func(x float64) float64 { return math.RoundToEven(x*1e6) / 1e6 }
	exactMonths := float64(v.Months) * f
	monthRest := round((exactMonths - float64(months)) * 30)
	exactDays := float64(v.Days) * f
	secRest := round((exactDays - float64(days) + monthRest - math.Trunc(monthRest)) * 86400)
	if math.Abs(secRest) >= 86400 {
		days += int32(secRest / 86400)
		secRest -= math.Trunc(secRest/86400) * 86400
	}
	days += int32(monthRest)
	us = math.RoundToEven(us + secRest*1e6)
	if math.Abs(us) > math.MaxInt64/2 {
		return Interval{}, intervalOverflow()
	}
	return Interval{months, days, int64(us)}, nil
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

func badInterval(s string) error { return badDate("interval", s) }

func inputInterval(_ *Env, s string, mod int32) (Datum, error) {
	v, err := ParseInterval(s)
	if err != nil {
		return Null, err
	}
	return v.Fit(mod).Datum(), nil
}

// Fit applies interval's modifier: fields below the last named are dropped, seconds are rounded.
func (v Interval) Fit(mod int32) Interval {
	if mod < 0 {
		return v
	}
	fields, prec := mod>>16&0x7fff, mod&0xffff
	const month, year, day, hour, minute = 1 << 1, 1 << 2, 1 << 3, 1 << 10, 1 << 11
	switch fields {
	case year:
		v = Interval{Months: v.Months / 12 * 12}
	case month, year | month:
		v = Interval{Months: v.Months}
	case day:
		v.Micros = 0
	case hour, day | hour:
		v.Micros = v.Micros / UHour * UHour
	case minute, hour | minute, day | hour | minute:
		v.Micros = v.Micros / UMinute * UMinute
	}
	if prec < 6 {
		v.Micros = roundMicros(v.Micros, prec)
	}
	return v
}

// intervalUnits are lengths in months, days or microseconds.
var intervalUnits = map[string]struct {
	months, days, us int64
}{
	"us": {us: 1}, "usec": {us: 1}, "usecs": {us: 1}, "microsecond": {us: 1}, "microseconds": {us: 1}, "microsecon": {us: 1},
	"ms": {us: 1000}, "msec": {us: 1000}, "msecs": {us: 1000}, "msecond": {us: 1000}, "mseconds": {us: 1000}, "millisecond": {us: 1000}, "milliseconds": {us: 1000}, "millisecon": {us: 1000},
	"s": {us: 1e6}, "sec": {us: 1e6}, "secs": {us: 1e6}, "second": {us: 1e6}, "seconds": {us: 1e6},
	"m": {us: 60e6}, "min": {us: 60e6}, "mins": {us: 60e6}, "minute": {us: 60e6}, "minutes": {us: 60e6},
	"h": {us: 3600e6}, "hr": {us: 3600e6}, "hrs": {us: 3600e6}, "hour": {us: 3600e6}, "hours": {us: 3600e6},
	"d": {days: 1}, "day": {days: 1}, "days": {days: 1}, "w": {days: 7}, "week": {days: 7}, "weeks": {days: 7},
	"mon": {months: 1}, "mons": {months: 1}, "month": {months: 1}, "months": {months: 1}, "qtr": {months: 3}, "quarter": {months: 3}, "quarters": {months: 3},
	"y": {months: 12}, "yr": {months: 12}, "yrs": {months: 12}, "year": {months: 12}, "years": {months: 12},
	"decade": {months: 120}, "decades": {months: 120}, "dec": {months: 120}, "decs": {months: 120},
	"century": {months: 1200}, "centuries": {months: 1200}, "cent": {months: 1200}, "c": {months: 1200},
	"millennium": {months: 12000}, "millennia": {months: 12000}, "mil": {months: 12000}, "mils": {months: 12000}, "millenniu": {months: 12000},
}

// accum sums fields and hands fractions of big units down.
type accum struct {
	months, days int64
	us           float64
	exact        int64
	over         bool
}

func (a *accum) add(n int64, frac float64, unit string) bool {
	u, ok := intervalUnits[unit]
	if !ok {
		return false
	}
	if math.Abs(float64(n)) > 9e15 {
		a.over = true
		return true
	}
	switch {
	case u.months > 0:
		a.months += n * u.months
		if frac != 0 {
			m := frac * float64(u.months)
			if u.months > 1 {
				a.months += int64(math.RoundToEven(m))
				break
			}
			d := m * 30
			whole := math.Trunc(d)
			a.days += int64(whole)
			a.us += math.RoundToEven((d - whole) * float64(UDay))
		}
	case u.days > 0:
		a.days += n * u.days
		if frac != 0 {
			d := frac * float64(u.days)
			whole := math.Trunc(d)
			a.days += int64(whole)
			a.us += math.RoundToEven((d - whole) * float64(UDay))
		}
	default:
		if math.Abs(float64(n)*float64(u.us)) > 9.2e18 {
			a.over = true
			return true
		}
		a.exact += n * u.us
		a.us += math.RoundToEven(frac * float64(u.us))
	}
	return true
}

func (a *accum) result() (Interval, error) {
	if a.over || a.months != int64(int32(a.months)) || a.days != int64(int32(a.days)) {
		return Interval{}, intervalOverflow()
	}
	return Interval{int32(a.months), int32(a.days), a.exact + int64(a.us)}, nil
}

// ParseInterval reads an interval: units in words, hh:mm:ss, SQL's year-month, or ISO 8601.
func ParseInterval(s string) (Interval, error) {
	t := strings.ToLower(strings.TrimSpace(s))
	if strings.HasPrefix(t, "p") {
		return parseISOInterval(s, t[1:])
	}
	var a accum
	i, seen, ago := 0, false, false
	for i < len(t) {
		c := t[i]
		if c == ' ' || c == '\t' || c == '\n' || c == '@' || c == ',' {
			i++
			continue
		}
		if c >= 'a' && c <= 'z' {
			j := i
			for j < len(t) && t[j] >= 'a' && t[j] <= 'z' {
				j++
			}
			if t[i:j] != "ago" || !seen {
				return Interval{}, badInterval(s)
			}
			ago = true
			i = j
			continue
		}
		neg := false
		if c == '+' || c == '-' {
			neg = c == '-'
			i++
			for i < len(t) && t[i] == ' ' {
				i++
			}
		}
		j := i
		for j < len(t) && (t[j] >= '0' && t[j] <= '9' || t[j] == '.' || t[j] == ':') {
			j++
		}
		tok := t[i:j]
		if tok == "" || ago {
			return Interval{}, badInterval(s)
		}
		seen = true
		sign := int64(1)
		if neg {
			sign = -1
		}
		if strings.Contains(tok, ":") {
			us, ok, over := intervalClock(tok)
			if over {
				return Interval{}, fault.New("22015", `interval field value out of range: "%s"`, s)
			}
			if !ok {
				return Interval{}, badInterval(s)
			}
			a.exact += sign * us
			i = j
			continue
		}
		if j < len(t) && t[j] == '-' && !strings.Contains(tok, ".") {
			k := j + 1
			for k < len(t) && t[k] >= '0' && t[k] <= '9' {
				k++
			}
			y, m := atoi(tok), atoi(t[j+1:k])
			if y < 0 || m < 0 || m > 11 {
				return Interval{}, badInterval(s)
			}
			a.months += sign * int64(y*12+m)
			i = k
			continue
		}
		n, frac, ok := splitNumber(tok)
		if !ok {
			if len(tok) > 18 && !strings.Contains(tok, ".") {
				return Interval{}, fault.New("22015", `interval field value out of range: "%s"`, s)
			}
			return Interval{}, badInterval(s)
		}
		k := j
		for k < len(t) && t[k] == ' ' {
			k++
		}
		u := k
		for u < len(t) && t[u] >= 'a' && t[u] <= 'z' {
			u++
		}
		unit := t[k:u]
		switch {
		case unit == "" && k < len(t) && (t[k] >= '0' && t[k] <= '9' || t[k] == '-' || t[k] == '+'):
			unit = "day" // "1 02:03:04"
			u = j
		case unit == "", unit == "ago":
			unit, u = "second", j
		}
		if !a.add(sign*n, float64(sign)*frac, unit) {
			return Interval{}, badInterval(s)
		}
		i = u
	}
	if !seen {
		return Interval{}, badInterval(s)
	}
	v, err := a.result()
	if err != nil {
		return v, fault.New("22015", `interval field value out of range: "%s"`, s)
	}
	if ago {
		v = v.Neg()
	}
	return v, nil
}

func splitNumber(tok string) (int64, float64, bool) {
	whole, fracText, hasFrac := strings.Cut(tok, ".")
	var n int64
	var frac float64
	var err error
	if whole != "" {
		if n, err = strconv.ParseInt(whole, 10, 64); err != nil {
			return 0, 0, false
		}
	}
	if hasFrac {
		if fracText == "" && whole == "" {
			return 0, 0, false
		}
		if fracText != "" {
			if frac, err = strconv.ParseFloat("0."+fracText, 64); err != nil {
				return 0, 0, false
			}
		}
	}
	return n, frac, true
}

// intervalClock reads h:mm[:ss[.f]] with any number of hours.
func intervalClock(tok string) (us int64, ok, over bool) {
	whole, frac, hasFrac := strings.Cut(tok, ".")
	parts := strings.Split(whole, ":")
	if len(parts) > 3 {
		return 0, false, false
	}
	var n [3]int64
	for i, p := range parts {
		v, err := strconv.ParseInt(p, 10, 64)
		if err != nil {
			return 0, p == "" && i == len(parts)-1 && i > 0, false
		}
		n[i] = v
	}
	if hasFrac {
		if len(parts) == 2 {
			n = [3]int64{0, n[0], n[1]}
		}
		if frac != "" {
			f, err := strconv.ParseFloat("0."+frac, 64)
			if err != nil {
				return 0, false, false
			}
			us = int64(math.RoundToEven(f * 1e6))
		}
	}
	if n[1] > 59 || n[2] > 60 || n[0] > 2562047788 {
		return 0, true, true
	}
	return n[0]*UHour + n[1]*UMinute + n[2]*USecond + us, true, false
}

func parseISOInterval(s, t string) (Interval, error) {
	var a accum
	clock, seen := false, false
	for i := 0; i < len(t); {
		if t[i] == 't' {
			clock = true
			i++
			continue
		}
		j := i
		for j < len(t) && (t[j] >= '0' && t[j] <= '9' || t[j] == '.' || j == i && (t[j] == '-' || t[j] == '+')) {
			j++
		}
		if j == i || j == len(t) {
			return Interval{}, badInterval(s)
		}
		tok, sign := t[i:j], int64(1)
		if tok[0] == '-' || tok[0] == '+' {
			if tok[0] == '-' {
				sign = -1
			}
			tok = tok[1:]
		}
		n, frac, ok := splitNumber(tok)
		unit := map[byte]string{'y': "year", 'm': "month", 'w': "week", 'd': "day"}[t[j]]
		if clock {
			unit = map[byte]string{'h': "hour", 'm': "minute", 's': "second"}[t[j]]
		}
		if !ok || tok == "" || !a.add(sign*n, float64(sign)*frac, unit) {
			return Interval{}, badInterval(s)
		}
		seen = true
		i = j + 1
	}
	if !seen {
		return Interval{}, badInterval(s)
	}
	return a.result()
}
