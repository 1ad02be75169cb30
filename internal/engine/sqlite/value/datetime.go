package value

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones on machines that have none

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// Stamp is a timestamp in microseconds since 2000-01-01 00:00 (UTC for timestamptz), or an infinity.
type Stamp int64

// Day is a date in days since 2000-01-01, or an infinity.
type Day int32

// The infinities of Stamp and Day.
const (
	StampInf    Stamp = math.MaxInt64
	StampNegInf Stamp = math.MinInt64
	DayInf      Day   = math.MaxInt32
	DayNegInf   Day   = math.MinInt32

	USecond = int64(1000000)
	UMinute = 60 * USecond
	UHour   = 60 * UMinute
	UDay    = 24 * UHour

	unixEpoch = 10957 // days from 1970-01-01 to 2000-01-01
)

var (
	minDay = CivilDay(1, 1, 1)
	maxDay = CivilDay(9999, 12, 31)
)

const rangeHint = "The sqlite engine holds the years 1 to 9999 and infinity."

// Finite reports whether s is a time.
func (s Stamp) Finite() bool { return s != StampInf && s != StampNegInf }

// Finite reports whether d is a day.
func (d Day) Finite() bool { return d != DayInf && d != DayNegInf }

// CivilDay is the day of a date of the proleptic Gregorian calendar; m and d may lie outside their month.
func CivilDay(y, m, d int) Day {
	y += floorDiv(m-1, 12)
	m = (m-1)%12 + 1
	if m <= 0 {
		m += 12
	}
	if m <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return Day(era*146097 + doe - 719468 - unixEpoch)
}

// Civil is the date of a finite day.
func (d Day) Civil() (year, month, day int) {
	z := int(d) + unixEpoch + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	if month > 12 {
		month -= 12
	}
	year = yoe + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

// MonthDays is the number of days in a month.
func MonthDays(y, m int) int { return int(CivilDay(y, m+1, 1) - CivilDay(y, m, 1)) }

// Split is the day and the microseconds of it.
func (s Stamp) Split() (Day, int64) {
	day := int64(s) / UDay
	us := int64(s) - day*UDay
	if us < 0 {
		day--
		us += UDay
	}
	return Day(day), us
}

// At is the stamp of a time of day.
func (d Day) At(us int64) Stamp { return Stamp(int64(d)*UDay + us) }

// StampOf is the stamp of t.
func StampOf(t time.Time) Stamp { return Stamp(t.UnixMicro() - unixEpoch*UDay) }

// Time is the time of a finite stamp, in UTC.
func (s Stamp) Time() time.Time { return time.UnixMicro(int64(s) + unixEpoch*UDay).UTC() }

// Local is the local time, as a stamp without zone, at a finite instant.
func (s Stamp) Local(z *time.Location) Stamp {
	if !s.Finite() || z == time.UTC {
		return s
	}
	return s + Stamp(int64(zoneOffset(s, z))*USecond)
}

func zoneOffset(s Stamp, z *time.Location) int {
	_, off := s.Time().In(z).Zone()
	return off
}

// In is the instant at which the local time is s: in a gap the time as if the clock had not been changed, twice-existing times after the change.
func (s Stamp) In(z *time.Location) Stamp {
	if !s.Finite() || z == time.UTC {
		return s
	}
	before, after := zoneOffset(s-Stamp(UDay), z), zoneOffset(s+Stamp(UDay), z)
	at := func(off int) Stamp { return s - Stamp(int64(off)*USecond) }
	switch {
	case zoneOffset(at(after), z) == after:
		return at(after)
	default:
		return at(before)
	}
}

// checkRange refuses what has no canonical form.
func (s Stamp) checkRange(title string) (Stamp, error) {
	if d, _ := s.Split(); s.Finite() && (d < minDay || d > maxDay) {
		return 0, fault.New(fault.DatetimeOverflow, "%s out of range", title).WithHint(rangeHint)
	}
	return s, nil
}

// TimestampDatum makes a timestamp, or the error that it is out of range.
func (s Stamp) TimestampDatum() (Datum, error) {
	if _, err := s.checkRange("timestamp"); err != nil {
		return Null, err
	}
	return Text(string(appendStamp(nil, s, 'T'))), nil
}

// TimestamptzDatum makes a timestamptz, or the error that it is out of range.
func (s Stamp) TimestamptzDatum() (Datum, error) {
	if _, err := s.checkRange("timestamp"); err != nil {
		return Null, err
	}
	b := appendStamp(nil, s, 'T')
	if s.Finite() {
		b = append(b, "+00:00"...)
	}
	return Text(string(b)), nil
}

// Datum makes a date, or the error that it is out of range.
func (d Day) Datum() (Datum, error) {
	if d.Finite() && (d < minDay || d > maxDay) {
		return Null, fault.New(fault.DatetimeOverflow, "date out of range").WithHint(rangeHint)
	}
	return Text(string(appendDay(nil, d))), nil
}

func appendPadded(dst []byte, n, width int) []byte {
	s := strconv.Itoa(n)
	for i := len(s); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, s...)
}

func appendDay(dst []byte, d Day) []byte {
	switch d {
	case DayInf:
		return append(dst, "infinity"...)
	case DayNegInf:
		return append(dst, "-infinity"...)
	}
	y, m, day := d.Civil()
	dst = append(appendPadded(dst, y, 4), '-')
	dst = append(appendPadded(dst, m, 2), '-')
	return appendPadded(dst, day, 2)
}

func appendClock(dst []byte, us int64) []byte {
	s := int(us / USecond)
	dst = append(appendPadded(dst, s/3600, 2), ':')
	dst = append(appendPadded(dst, s/60%60, 2), ':')
	dst = appendPadded(dst, s%60, 2)
	return appendFraction(dst, int(us%USecond))
}

func appendFraction(dst []byte, us int) []byte {
	if us == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), us, 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

func appendStamp(dst []byte, s Stamp, sep byte) []byte {
	switch s {
	case StampInf:
		return append(dst, "infinity"...)
	case StampNegInf:
		return append(dst, "-infinity"...)
	}
	d, us := s.Split()
	return appendClock(append(appendDay(dst, d), sep), us)
}

// AppendOffset appends a zone's offset in seconds east, with its minutes.
func AppendOffset(dst []byte, off int) []byte { return appendOffset(dst, off, true) }

// appendOffset appends a zone's offset: +02, +05:30, or always with minutes when full.
func appendOffset(dst []byte, off int, full bool) []byte {
	sign := byte('+')
	if off < 0 {
		sign, off = '-', -off
	}
	dst = appendPadded(append(dst, sign), off/3600, 2)
	if full || off%3600 != 0 {
		dst = appendPadded(append(dst, ':'), off/60%60, 2)
	}
	if off%60 != 0 {
		dst = appendPadded(append(dst, ':'), off%60, 2)
	}
	return dst
}

// appendZoned appends a canonical timestamptz as local time in a zone.
func appendZoned(dst []byte, canonical string, z *time.Location, sep byte, full bool) []byte {
	if z == time.UTC && len(canonical) > 6 && canonical[len(canonical)-6] == '+' {
		body := canonical[:len(canonical)-6]
		dst = append(dst, body[:10]...)
		dst = append(append(dst, sep), body[11:]...)
		if full {
			return append(dst, "+00:00"...)
		}
		return append(dst, "+00"...)
	}
	s := StampFrom(canonical)
	dst = appendStamp(dst, s.Local(z), sep)
	if s.Finite() {
		dst = appendOffset(dst, zoneOffset(s, z), full)
	}
	return dst
}

func outTimestamptz(e *Env, dst []byte, d Datum) []byte {
	return appendZoned(dst, d.s, e.zone(), ' ', false)
}

func appendSpaced(dst []byte, s string) []byte {
	n := len(dst)
	dst = append(dst, s...)
	if len(s) > 10 && s[10] == 'T' {
		dst[n+10] = ' '
	}
	return dst
}

// StampFrom reads a canonical timestamp, timestamptz or date.
func StampFrom(s string) Stamp {
	d := DayFrom(s)
	if !d.Finite() {
		if d == DayInf {
			return StampInf
		}
		return StampNegInf
	}
	if len(s) < 19 {
		return d.At(0)
	}
	return d.At(ClockFrom(s[11:]))
}

// DayFrom reads a canonical date (or the date of a canonical timestamp).
func DayFrom(s string) Day {
	switch {
	case strings.HasPrefix(s, "inf"):
		return DayInf
	case strings.HasPrefix(s, "-inf"):
		return DayNegInf
	case len(s) < 10:
		return 0
	}
	n := func(i, j int) (v int) {
		for ; i < j; i++ {
			v = v*10 + int(s[i]-'0')
		}
		return v
	}
	return CivilDay(n(0, 4), n(5, 7), n(8, 10))
}

// ClockFrom reads a canonical time, in microseconds; what follows is left.
func ClockFrom(s string) int64 {
	if len(s) < 8 {
		return 0
	}
	n := func(i int) int64 { return int64(s[i]-'0')*10 + int64(s[i+1]-'0') }
	us := n(0)*UHour + n(3)*UMinute + n(6)*USecond
	if len(s) > 8 && s[8] == '.' {
		unit := USecond / 10
		for i := 9; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			us += int64(s[i]-'0') * unit
			unit /= 10
		}
	}
	return us
}

// ClockDatum makes a time from microseconds of the day (0 to UDay).
func ClockDatum(us int64) Datum { return Text(string(appendClock(nil, us))) }

// TimetzDatum makes a timetz from microseconds and the offset east of Greenwich in seconds.
func TimetzDatum(us int64, offset int) Datum {
	return Text(string(appendOffset(appendClock(nil, us), offset, false)))
}

// TimetzFrom reads a canonical timetz.
func TimetzFrom(s string) (us int64, offset int) {
	us = ClockFrom(s)
	i := strings.LastIndexAny(s, "+-")
	if i < 0 {
		return us, 0
	}
	unit := 3600
	for _, p := range strings.Split(s[i+1:], ":") {
		n, _ := strconv.Atoi(p)
		offset += n * unit
		unit /= 60
	}
	if s[i] == '-' {
		offset = -offset
	}
	return us, offset
}

func cmpTimetz(a, b Datum) int {
	ua, oa := TimetzFrom(a.s)
	ub, ob := TimetzFrom(b.s)
	return CompareTimetz(ua, oa, ub, ob)
}

// CompareTimetz compares two timetz by the moment, then by the offset.
func CompareTimetz(us1 int64, offset1 int, us2 int64, offset2 int) int {
	if c := cmp.Compare(us1-int64(offset1)*USecond, us2-int64(offset2)*USecond); c != 0 {
		return c
	}
	return cmp.Compare(offset2, offset1)
}

// roundMicros rounds to the digits of a modifier, half away from zero.
func roundMicros(us int64, mod int32) int64 {
	if mod < 0 || mod >= 6 {
		return us
	}
	unit := pow10s[6-mod]
	if us < 0 {
		return -((-us + unit/2) / unit * unit)
	}
	return (us + unit/2) / unit * unit
}

// RoundTo rounds to mod digits of a second.
func (s Stamp) RoundTo(mod int32) Stamp {
	if !s.Finite() {
		return s
	}
	return Stamp(roundMicros(int64(s), mod))
}

// RoundClock rounds a time to mod digits of a second.
func RoundClock(us int64, mod int32) int64 { return roundMicros(us, mod) }

// IsDateTime reports whether oid is date, timestamp or timestamptz.
func IsDateTime(oid catalog.OID) bool {
	return oid == catalog.DateOID || oid == catalog.TimestampOID || oid == catalog.TimestamptzOID
}
