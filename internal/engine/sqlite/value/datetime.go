package value

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"sync"
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
	if c := cmp.Compare(ua-int64(oa)*USecond, ub-int64(ob)*USecond); c != 0 {
		return c
	}
	return cmp.Compare(ob, oa)
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

func inputDate(e *Env, s string, _ int32) (Datum, error) {
	p, err := parseDateTime(e, s, "date")
	if err != nil {
		return Null, err
	}
	switch p.word {
	case "infinity":
		return DayInf.Datum()
	case "-infinity":
		return DayNegInf.Datum()
	case "now":
		d, _ := p.stamp.Local(e.zone()).Split()
		return d.Datum()
	case "epoch":
		return Day(-unixEpoch).Datum()
	}
	if !p.hasDate {
		return Null, badDate("date", s)
	}
	d, err := p.day.Datum()
	return d, atInput(err, "date", s)
}

// atInput names the text in a range error, as PostgreSQL's input functions do.
func atInput(err error, title, s string) error {
	if err == nil {
		return nil
	}
	if title != "date" {
		title = "timestamp"
	}
	return fault.New(fault.DatetimeOverflow, `%s out of range: "%s"`, title, s).WithHint(rangeHint)
}

func inputTimestamp(e *Env, s string, mod int32) (Datum, error) {
	const title = "timestamp without time zone"
	p, err := parseDateTime(e, s, "timestamp")
	if err != nil {
		return Null, err
	}
	if st, ok := p.special(); ok {
		if p.word == "now" {
			st = st.Local(e.zone())
		}
		return st.RoundTo(mod).TimestampDatum()
	}
	if !p.hasDate {
		return Null, badDate("timestamp", s)
	}
	d, err := p.day.At(p.clock).RoundTo(mod).TimestampDatum()
	return d, atInput(err, title, s)
}

func inputTimestamptz(e *Env, s string, mod int32) (Datum, error) {
	const title = "timestamp with time zone"
	p, err := parseDateTime(e, s, title)
	if err != nil {
		return Null, err
	}
	if st, ok := p.special(); ok {
		return st.RoundTo(mod).TimestamptzDatum()
	}
	if !p.hasDate {
		return Null, badDate(title, s)
	}
	d, err := p.instant(e).RoundTo(mod).TimestamptzDatum()
	return d, atInput(err, title, s)
}

func inputTime(e *Env, s string, mod int32) (Datum, error) {
	const title = "time"
	p, err := parseDateTime(e, s, title)
	if err != nil {
		return Null, err
	}
	switch {
	case p.word == "now":
		_, us := p.stamp.Local(e.zone()).Split()
		p.clock = us
	case p.word == "allballs":
	case p.word != "" || !p.hasTime:
		return Null, badDate(title, s)
	}
	return ClockDatum(roundMicros(p.clock, mod)), nil
}

func inputTimetz(e *Env, s string, mod int32) (Datum, error) {
	const title = "time with time zone"
	p, err := parseDateTime(e, s, title)
	if err != nil {
		return Null, err
	}
	off := p.offset
	now := Stamp(0)
	if e != nil && !e.Now.IsZero() {
		now = StampOf(e.Now)
	}
	switch {
	case p.word == "now":
		_, p.clock = p.stamp.Local(e.zone()).Split()
		off = zoneOffset(p.stamp, e.zone())
	case p.word == "allballs":
	case p.word != "" || !p.hasTime:
		return Null, badDate(title, s)
	case p.zone != nil:
		off = zoneOffset(now, p.zone)
	case !p.hasOffset:
		off = zoneOffset(now, e.zone())
	}
	return TimetzDatum(roundMicros(p.clock, mod), off), nil
}

// dateTime is a parsed date and time. word is a special value.
type dateTime struct {
	hasDate, hasTime, hasOffset bool
	day                         Day
	clock                       int64
	offset                      int            // seconds east
	zone                        *time.Location // named zone
	word                        string
	stamp                       Stamp // for word now
}

func (p *dateTime) special() (Stamp, bool) {
	switch p.word {
	case "infinity":
		return StampInf, true
	case "-infinity":
		return StampNegInf, true
	case "epoch":
		return Day(-unixEpoch).At(0), true
	case "now":
		return p.stamp, true
	}
	return 0, false
}

func (p *dateTime) instant(e *Env) Stamp {
	s := p.day.At(p.clock)
	switch {
	case p.hasOffset:
		return s - Stamp(int64(p.offset)*USecond)
	case p.zone != nil:
		return s.In(p.zone)
	}
	return s.In(e.zone())
}

func badDate(title, s string) error {
	return fault.New(fault.InvalidDatetimeFormat, `invalid input syntax for type %s: "%s"`, title, s)
}

func fieldOverflow(s string) error {
	return fault.New(fault.DatetimeOverflow, `date/time field value out of range: "%s"`, s)
}

func monthOverflow(s string) error {
	return fault.New(fault.DatetimeOverflow, `date/time field value out of range: "%s"`, s).WithHint(`Perhaps you need a different "datestyle" setting.`)
}

var monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
var dayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

func monthOf(w string) int {
	if w == "sept" {
		return 9
	}
	for i, m := range monthNames {
		if w == m || len(w) == 3 && w == m[:3] {
			return i + 1
		}
	}
	return 0
}

func weekdayOf(w string) int {
	switch w {
	case "tues":
		return 2
	case "wednes", "weds":
		return 3
	case "thur", "thurs":
		return 4
	}
	for i, d := range dayNames {
		if w == d || len(w) == 3 && w == d[:3] {
			return i
		}
	}
	return -1
}

// abbreviations are PostgreSQL's default zone abbreviations that projects meet, in hours east.
var abbreviations = map[string]float64{"utc": 0, "gmt": 0, "z": 0, "zulu": 0, "ut": 0, "uct": 0, "wet": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
	"pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "cet": 1, "cest": 2, "met": 1, "mest": 2, "eet": 2, "eest": 3, "bst": 1, "west": 1, "msk": 3, "ist": 2,
	"jst": 9, "kst": 9, "sgt": 8, "hkt": 8, "awst": 8, "aest": 10, "aedt": 11, "acst": 9.5, "acdt": 10.5, "nzst": 12, "nzdt": 13, "nst": -3.5, "ndt": -2.5, "ast": -4, "adt": -3,
	"brt": -3, "art": -3, "clt": -4, "pkt": 5, "ict": 7, "wib": 7, "pht": 8, "eat": 3}

// zones keeps the named zones that were read, by lower-case name: there are some hundreds at most.
var zones sync.Map

// Zone finds a time zone by the names that SET TIME ZONE and AT TIME ZONE take: a full name, an abbreviation, an offset.
func Zone(name string) (*time.Location, error) {
	l := strings.ToLower(strings.TrimSpace(name))
	if h, ok := abbreviations[l]; ok {
		if h == 0 {
			return time.UTC, nil
		}
		return time.FixedZone(strings.ToUpper(l), int(h*3600)), nil
	}
	if l != "" && l != "local" && !strings.HasPrefix(l, ".") && !strings.HasPrefix(l, "/") {
		if z, ok := zones.Load(l); ok {
			return z.(*time.Location), nil
		}
		for _, n := range []string{name, zoneCase(l)} {
			if z, err := time.LoadLocation(n); err == nil {
				zones.Store(l, z)
				return z, nil
			}
		}
		if z := posixZone(l); z != nil {
			return z, nil
		}
	}
	return nil, fault.New(fault.InvalidParameterValue, `time zone "%s" not recognized`, name)
}

// zoneCase writes a zone's name in the usual case: america/new_york → America/New_York.
func zoneCase(l string) string {
	b := []byte(l)
	up := true
	for i, c := range b {
		if up && c >= 'a' && c <= 'z' {
			b[i] = c - 32
		}
		up = c == '/' || c == '_' || c == '-'
	}
	s := string(b)
	for _, w := range []string{"Of", "Es"} {
		s = strings.ReplaceAll(s, "_"+w+"_", "_"+strings.ToLower(w)+"_")
	}
	return s
}

// posixZone reads "+05:30", "-3", "UTC+3", whose sign is POSIX's: positive is west of Greenwich.
func posixZone(l string) *time.Location {
	i := strings.IndexAny(l, "+-")
	start := i
	if i < 0 {
		if l[0] < '0' || l[0] > '9' {
			return nil
		}
		start = -1
	} else if strings.ContainsAny(l[:i], "0123456789") {
		return nil
	}
	off, ok := parseOffset(l[start+1:])
	if !ok {
		return nil
	}
	if i < 0 || l[i] == '+' {
		off = -off
	}
	return time.FixedZone(l, off)
}

// parseOffset reads hh, hhmm, hhmmss, hh:mm or hh:mm:ss, in seconds.
func parseOffset(s string) (int, bool) {
	parts := strings.Split(s, ":")
	if len(parts) == 1 && len(s) > 2 {
		if len(s)%2 == 1 {
			s = "0" + s
		}
		parts = nil
		for i := 0; i < len(s); i += 2 {
			parts = append(parts, s[i:i+2])
		}
	}
	off, unit := 0, 3600
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || i > 2 || (i > 0 && n > 59) || (i == 0 && n > 15) {
			return 0, false
		}
		off += int(n) * unit
		unit /= 60
	}
	return off, true
}

// parseDateTime reads the forms of dates and times that PostgreSQL accepts with DateStyle ISO, MDY.
func parseDateTime(e *Env, s, title string) (*dateTime, error) {
	p := &dateTime{}
	var nums []string // loose number fields
	month, y, m, d := 0, 0, 0, 0
	var numBeforeMonth int
	pm, hasPM, bc := false, false, false
	bad := func() (*dateTime, error) { return nil, badDate(title, s) }
	setDate := func(yy, mm, dd int) { y, m, d = yy, mm, dd; p.hasDate = true }
	i := 0
	isDigit := func(c byte) bool { return c >= '0' && c <= '9' }
	isAlpha := func(c byte) bool { return c|32 >= 'a' && c|32 <= 'z' }
	for i < len(s) {
		c := s[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == '\v' || c == '\f':
			i++
		case isDigit(c):
			j := i
			for j < len(s) && isDigit(s[j]) {
				j++
			}
			next := byte(0)
			if j < len(s) {
				next = s[j]
			}
			switch {
			case next == ':':
				for j < len(s) && (isDigit(s[j]) || s[j] == ':' || s[j] == '.') {
					j++
				}
				us, ok, over := parseClock(s[i:j])
				if over {
					return nil, fieldOverflow(s)
				}
				if !ok || p.hasTime {
					return bad()
				}
				p.clock, p.hasTime = us, true
				i = j
			case (next == '-' || next == '/' || next == '.') && !p.hasDate && j+1 < len(s) && (isDigit(s[j+1]) || isAlpha(s[j+1])) && !(next == '.' && strings.Count(s[i:], ".") < 2):
				parts := []string{s[i:j]}
				for j < len(s) && s[j] == next {
					k := j + 1
					for k < len(s) && isDigit(s[k]) {
						k++
					}
					if k == j+1 {
						for k < len(s) && isAlpha(s[k]) {
							k++
						}
					}
					parts = append(parts, s[j+1:k])
					j = k
				}
				if len(parts) == 2 && next == '-' && len(parts[0]) == 4 && len(parts[1]) == 3 {
					n, err := strconv.Atoi(parts[1]) // ISO ordinal date
					if err != nil || n == 0 || n > 366 {
						return bad()
					}
					yy, _ := strconv.Atoi(parts[0])
					setDate(CivilDay(yy, 1, n).Civil())
				} else {
					if len(parts) != 3 {
						return bad()
					}
					yy, mm, dd, ok := dateParts(parts)
					if !ok {
						return bad()
					}
					setDate(yy, mm, dd)
				}
				i = j
			case j-i == 8 && !p.hasDate && len(nums) == 0:
				setDate(atoi(s[i:i+4]), atoi(s[i+4:i+6]), atoi(s[i+6:j]))
				i = j
			case (j-i == 6 || j-i == 4) && p.hasDate && !p.hasTime:
				t := s[i:i+2] + ":" + s[i+2:i+4]
				if j-i == 6 {
					t += ":" + s[i+4:j]
				}
				k := j
				if j-i == 6 && next == '.' {
					for k++; k < len(s) && isDigit(s[k]); k++ {
					}
				}
				us, ok, over := parseClock(t + s[j:k])
				if over || !ok {
					return nil, fieldOverflow(s)
				}
				p.clock, p.hasTime = us, true
				i = k
			case j-i == 6 && (title == "time" || title == "time with time zone") && !p.hasTime:
				us, ok, over := parseClock(s[i:i+2] + ":" + s[i+2:i+4] + ":" + s[i+4:j])
				if over || !ok {
					return nil, fieldOverflow(s)
				}
				p.clock, p.hasTime = us, true
				i = j
			case j-i == 6 && !p.hasDate && len(nums) == 0 && month == 0:
				setDate(fullYear(s[i:i+2]), atoi(s[i+2:i+4]), atoi(s[i+4:j]))
				i = j
			case j-i <= 4 && !p.hasDate:
				nums = append(nums, s[i:j])
				i = j
				// "4th" is not read; "4 PM" is.
				rest := strings.ToLower(strings.TrimLeft(s[j:], " "))
				if (strings.HasPrefix(rest, "am") || strings.HasPrefix(rest, "pm")) && !p.hasTime {
					nums = nums[:len(nums)-1]
					p.clock, p.hasTime = int64(atoi(s[j-min(2, j):j]))*UHour, true
				}
			case j-i <= 2 && p.hasDate && !p.hasTime:
				rest := strings.ToLower(strings.TrimLeft(s[j:], " "))
				h := atoi(s[i:j])
				if h > 24 {
					return nil, fieldOverflow(s)
				}
				if !strings.HasPrefix(rest, "am") && !strings.HasPrefix(rest, "pm") && (i == 0 || s[i-1]|32 != 't') {
					return bad()
				}
				p.clock, p.hasTime = int64(h)*UHour, true
				i = j
			default:
				return bad()
			}
		case c == '+' || c == '-':
			if i+1 < len(s) && isAlpha(s[i+1]) {
				if w := strings.ToLower(strings.TrimSpace(s[i:])); w == "-infinity" || w == "+infinity" || w == "-inf" || w == "+inf" {
					if strings.TrimSpace(s[:i]) != "" {
						return bad()
					}
					p.word = map[byte]string{'-': "-infinity", '+': "infinity"}[c]
					return p, nil
				}
				return bad()
			}
			j := i + 1
			for j < len(s) && (isDigit(s[j]) || s[j] == ':') {
				j++
			}
			if j == i+1 || p.hasOffset || (!p.hasDate && !p.hasTime) {
				return bad()
			}
			off, ok := parseOffset(s[i+1 : j])
			if !ok {
				return nil, fault.New("22009", `time zone displacement out of range: "%s"`, s)
			}
			if c == '-' {
				off = -off
			}
			p.offset, p.hasOffset = off, true
			i = j
		case isAlpha(c):
			j := i
			for j < len(s) && isAlpha(s[j]) {
				j++
			}
			if j < len(s) && (s[j] == '/' || s[j] == '_') || j-i > 1 && j < len(s) && (s[j] == '-' || s[j] == '+') && monthOf(strings.ToLower(s[i:j])) == 0 {
				for j < len(s) && (isAlpha(s[j]) || isDigit(s[j]) || strings.IndexByte("/_-+:", s[j]) >= 0) {
					j++
				}
			}
			w := strings.ToLower(s[i:j])
			if j < len(s) && s[j] == '-' && monthOf(w) > 0 {
				for j < len(s) && (s[j] == '-' || isDigit(s[j])) {
					j++
				}
				parts := strings.Split(s[i:j], "-")
				if len(parts) != 3 {
					return bad()
				}
				setDate(fullYear(parts[2]), monthOf(w), atoi(parts[1]))
				i = j
				continue
			}
			i = j
			switch w {
			case "t":
				if !p.hasDate && len(nums) == 0 {
					if i >= len(s) || !isDigit(s[i]) {
						return bad()
					}
					// T hhmmss without a date, for type time
					k := i
					for k < len(s) && isDigit(s[k]) {
						k++
					}
					if k-i == 6 {
						us, ok, over := parseClock(s[i:i+2] + ":" + s[i+2:i+4] + ":" + s[i+4:k])
						if over || !ok {
							return nil, fieldOverflow(s)
						}
						p.clock, p.hasTime = us, true
						i = k
					}
				}
			case "am", "pm":
				pm, hasPM = w == "pm", true
			case "bc":
				bc = true
			case "ad", "at", "on", "dst":
			case "infinity", "inf", "epoch":
				if strings.TrimSpace(strings.ToLower(s)) != w {
					return bad()
				}
				p.word = w
				if w == "inf" {
					p.word = "infinity"
				}
				return p, nil
			case "now", "today", "tomorrow", "yesterday":
				if e == nil || e.Now.IsZero() {
					return nil, fault.New(fault.FeatureNotSupported, `"%s" cannot be read here as %s`, w, title).WithHint("Use now() or CURRENT_DATE.")
				}
				if w == "now" {
					p.word, p.stamp = "now", StampOf(e.Now)
					continue
				}
				day, _ := StampOf(e.Now).Local(e.zone()).Split()
				switch w {
				case "tomorrow":
					day++
				case "yesterday":
					day--
				}
				setDate(day.Civil())
			case "allballs":
				p.hasTime, p.hasOffset = true, true
				if !p.hasDate {
					p.word = "allballs"
				}
			default:
				if mo := monthOf(w); mo > 0 && month == 0 {
					month, numBeforeMonth = mo, len(nums)
					continue
				}
				if weekdayOf(w) >= 0 {
					continue
				}
				if h, ok := abbreviations[w]; ok && (p.hasTime || p.hasDate) {
					p.offset, p.hasOffset = int(h*3600), true
					continue
				}
				if !p.hasTime && !p.hasDate && month == 0 {
					return bad()
				}
				z, err := Zone(w)
				if err != nil {
					if strings.ContainsAny(w, "/_") {
						return nil, err
					}
					return bad()
				}
				p.zone = z
			}
		default:
			return bad()
		}
	}
	if p.word == "now" && (p.hasDate || p.hasTime) {
		return bad()
	}
	if p.word == "now" {
		return p, nil
	}
	if month > 0 {
		if len(nums) != 2 || p.hasDate {
			return bad()
		}
		// "8 January 1999", "January 8, 1999", "1999 January 8"
		a, b := nums[0], nums[1]
		if len(a) > 2 && numBeforeMonth > 0 {
			a, b = b, a
		}
		setDate(fullYear(b), month, atoi(a))
	} else if len(nums) > 0 {
		return bad()
	}
	if hasPM {
		h := p.clock / UHour
		if !p.hasTime || h > 12 {
			return nil, fieldOverflow(s)
		}
		switch {
		case pm && h != 12:
			p.clock += 12 * UHour
		case !pm && h == 12:
			p.clock -= 12 * UHour
		}
	}
	if p.hasDate {
		if y <= 0 && !bc {
			return nil, fieldOverflow(s)
		}
		if m < 1 || m > 12 || d < 1 || d > 31 {
			return nil, monthOverflow(s)
		}
		if bc {
			y = 1 - y
		}
		if d > MonthDays(y, m) {
			return nil, fieldOverflow(s)
		}
		if y > 290000 {
			return nil, atInput(fieldOverflow(s), title, s)
		}
		p.day = CivilDay(y, m, d)
	}
	if !p.hasDate && !p.hasTime && p.word == "" {
		return bad()
	}
	return p, nil
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// fullYear completes a year of two digits: 70 to 99 are of the twentieth century.
func fullYear(s string) int {
	n := atoi(s)
	if len(s) <= 2 && n >= 0 {
		if n < 70 {
			return n + 2000
		}
		return n + 1900
	}
	return n
}

// dateParts orders the three parts of a date: year first when it has more than two digits, else month, day, year.
func dateParts(p []string) (y, m, d int, ok bool) {
	mon := func(s string) int {
		if s != "" && (s[0] < '0' || s[0] > '9') {
			return monthOf(strings.ToLower(s))
		}
		return atoi(s)
	}
	alpha := func(s string) bool { return s != "" && (s[0] < '0' || s[0] > '9') }
	switch {
	case p[1] == "" || p[2] == "":
		return 0, 0, 0, false
	case len(p[0]) > 2:
		y, m, d = atoi(p[0]), mon(p[1]), atoi(p[2])
	case alpha(p[1]):
		y, m, d = fullYear(p[2]), mon(p[1]), atoi(p[0])
	case alpha(p[0]):
		y, m, d = fullYear(p[2]), mon(p[0]), atoi(p[1])
	default:
		y, m, d = fullYear(p[2]), atoi(p[0]), atoi(p[1])
	}
	return y, m, d, m != 0 || !alpha(p[1])
}

// parseClock reads hh:mm[:ss[.ffffff]]; over reports a field out of range.
func parseClock(s string) (us int64, ok, over bool) {
	whole, frac, hasFrac := strings.Cut(s, ".")
	parts := strings.Split(whole, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false, false
	}
	var n [3]int
	for i, p := range parts {
		if n[i] = atoi(p); n[i] < 0 {
			return 0, false, false
		}
	}
	if hasFrac {
		if len(parts) == 2 {
			// mm:ss.fff
			n = [3]int{0, n[0], n[1]}
		}
		f, err := strconv.ParseFloat("0."+frac, 64)
		if err != nil && frac != "" {
			return 0, false, false
		}
		us = int64(math.RoundToEven(f * 1e6))
	}
	if n[0] > 24 || n[1] > 59 || n[2] > 60 || n[0] == 24 && (n[1] > 0 || n[2] > 0 || us > 0) {
		return 0, true, true
	}
	return int64(n[0])*UHour + int64(n[1])*UMinute + int64(n[2])*USecond + us, true, false
}

// IsDateTime reports whether oid is date, timestamp or timestamptz.
func IsDateTime(oid catalog.OID) bool {
	return oid == catalog.DateOID || oid == catalog.TimestampOID || oid == catalog.TimestamptzOID
}
