package builtin

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerTimeFormat registers what prints by templates and reads by them.
func registerTimeFormat(r registry) {
	r.fn("to_char(timestamptz,text)", func(c *Ctx, a []datum) (datum, error) {
		s := stamp(a[0])
		if !s.Finite() || a[1].Str() == "" {
			return value.Null, nil
		}
		t := tmOf(s.Local(c.zone()))
		t.offset = offsetAt(s, c.zone())
		t.zone, _ = s.Time().In(c.zone()).Zone()
		switch name, _, ok := strings.Cut(strings.TrimPrefix(t.zone, "<"), ">"); {
		case ok: // of nothing but an offset
			t.zone = name
		case strings.ContainsAny(t.zone, "+-"):
			t.zone = strings.TrimSpace(t.zone)
		}
		return formatTime(a[1].Str(), t)
	})
	r.fn("to_char(timestamp,text)", func(_ *Ctx, a []datum) (datum, error) {
		s := stamp(a[0])
		if !s.Finite() || a[1].Str() == "" {
			return value.Null, nil
		}
		return formatTime(a[1].Str(), tmOf(s))
	})
	r.fn("to_char(interval,text)", func(_ *Ctx, a []datum) (datum, error) {
		if a[1].Str() == "" {
			return value.Null, nil
		}
		v := interval(a[0])
		t := &tm{interval: true, year: int(v.Months / 12), month: int(v.Months % 12), day: int(v.Days), clock: v.Micros}
		return formatTime(a[1].Str(), t)
	})
	r.fn("to_date(text,text)", func(_ *Ctx, a []datum) (datum, error) {
		t, err := parseTime(a[0].Str(), a[1].Str())
		if err != nil {
			return value.Null, err
		}
		if t.year < -4713 || t.year > 5874897 {
			return value.Null, fault.New(fault.DatetimeOverflow, `date out of range: "%s"`, a[0].Str())
		}
		return t.date().Datum()
	})
	r.fn("to_timestamp(text,text)", func(c *Ctx, a []datum) (datum, error) {
		t, err := parseTime(a[0].Str(), a[1].Str())
		if err != nil {
			return value.Null, err
		}
		if t.year < -4713 || t.year > 294276 {
			return value.Null, fault.New(fault.DatetimeOverflow, "timestamp out of range")
		}
		s := t.date().At(int64(t.hour)*value.UHour + int64(t.minute)*value.UMinute + int64(t.second)*value.USecond + t.micros)
		if t.zoned {
			s -= value.Stamp(int64(t.offset) * value.USecond)
		} else {
			s = s.In(c.zone())
		}
		if t.precision > 0 {
			s = s.RoundTo(int32(t.precision))
		}
		return s.TimestamptzDatum()
	})
	registerNumberFormat(r)
}

// tm is a broken-down time, or an interval.
type tm struct {
	year, month, day int
	clock            int64
	d                value.Day
	offset           int
	zone             string
	interval         bool
}

func tmOf(s value.Stamp) *tm {
	d, us := s.Split()
	t := &tm{d: d, clock: us}
	t.year, t.month, t.day = d.Civil()
	return t
}

var monthTitles = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
var dayTitles = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
var romanMonths = []string{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}

// datesOnly are the patterns that an interval has nothing for.
var datesOnly = map[string]bool{"A.D.": true, "AD": true, "B.C.": true, "BC": true, "MONTH": true, "MON": true, "DAY": true, "DY": true, "D": true, "ID": true,
	"TZ": true, "TZH": true, "TZM": true, "OF": true}

func formatTime(f string, t *tm) (datum, error) {
	nodes, err := parseTemplate(f, timeKeys, true, nil)
	if err != nil {
		return value.Null, err
	}
	var b strings.Builder
	for _, n := range nodes {
		if n.key == nil {
			b.WriteString(n.char)
			continue
		}
		if t.interval && datesOnly[n.key.id] {
			return value.Null, fault.New(fault.InvalidDatetimeFormat, "invalid format specification for an interval value").WithHint("Intervals are not tied to specific calendar dates.")
		}
		s, number := t.field(n.key.id, n.key.name, n.fill || n.named && (n.key.id == "MONTH" || n.key.id == "DAY"))
		b.WriteString(s)
		if number && n.ordinal != 0 {
			th, err := ordinal(s, n.ordinal == 't')
			if err != nil {
				return value.Null, err
			}
			b.WriteString(th)
		}
	}
	return text(b.String()), nil
}

// field is what a pattern stands for; number says that TH may follow it.
func (t *tm) field(id, name string, fill bool) (s string, number bool) {
	num := func(n int64, width int) (string, bool) {
		if fill {
			return strconv.FormatInt(n, 10), true
		}
		if n < 0 {
			width++
		}
		return fmt.Sprintf("%0*d", width, n), true
	}
	title := func(s string, width int) (string, bool) {
		switch name {
		case strings.ToUpper(name):
			s = strings.ToUpper(s)
		case strings.ToLower(name):
			s = strings.ToLower(s)
		}
		if !fill {
			s += strings.Repeat(" ", max(width-len(s), 0))
		}
		return s, false
	}
	half := func(late bool, words string) (string, bool) {
		early, lateWord, _ := strings.Cut(words, " ")
		if late {
			early = lateWord
		}
		return title(early, 0)
	}
	us := t.clock % value.USecond
	hour, minute, second := t.clock/value.UHour, t.clock/value.UMinute%60, t.clock/value.USecond%60
	year := t.year
	if !t.interval && year <= 0 {
		year = 1 - year
	}
	switch id {
	case "AM", "PM":
		return half(hour%24 >= 12, "AM PM")
	case "A.M.", "P.M.":
		return half(hour%24 >= 12, "A.M. P.M.")
	case "AD", "BC":
		return half(t.year <= 0, "AD BC")
	case "A.D.", "B.C.":
		return half(t.year <= 0, "A.D. B.C.")
	case "HH24":
		return num(hour, 2)
	case "HH12", "HH":
		h := hour % 12
		if h == 0 {
			h = 12
		}
		if !fill && hour < 0 {
			return fmt.Sprintf("%03d", h), true
		}
		return num(h, 2)
	case "MI":
		return num(minute, 2)
	case "SS":
		return num(second, 2)
	case "MS":
		return fmt.Sprintf("%03d", us/1000), true
	case "US":
		return fmt.Sprintf("%06d", us), true
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		n := int(id[2] - '0')
		return fmt.Sprintf("%0*d", n, us/int64(math.Pow10(6-n))), true
	case "SSSS", "SSSSS":
		return strconv.FormatInt(t.clock/value.USecond, 10), true
	case "MONTH":
		return title(monthTitles[t.month-1], 9)
	case "MON":
		return title(monthTitles[t.month-1][:3], 0)
	case "MM":
		return num(int64(t.month), 2)
	case "DAY":
		return title(dayTitles[weekday(t.d)], 9)
	case "DY":
		return title(dayTitles[weekday(t.d)][:3], 0)
	case "DDD":
		days := t.year*360 + t.month*30 + t.day
		if !t.interval {
			days = int(t.d-value.CivilDay(t.year, 1, 1)) + 1
		}
		return padded(days, 3, fill), true
	case "IDDD":
		iy, _ := isoWeek(t.isoDay())
		return padded(int(t.isoDay()-isoYearStart(iy))+1, 3, fill), true
	case "DD":
		return padded(t.day, 2, fill), true
	case "D":
		return strconv.Itoa(weekday(t.d) + 1), true
	case "ID":
		return strconv.Itoa((weekday(t.d)+6)%7 + 1), true
	case "WW":
		days := t.year*360 + t.month*30 + t.day
		if !t.interval {
			days = int(t.d-value.CivilDay(t.year, 1, 1)) + 1
		}
		return padded((days-1)/7+1, 2, fill), true
	case "IW":
		_, w := isoWeek(t.isoDay())
		return padded(w, 2, fill), true
	case "W":
		return strconv.Itoa((t.day-1)/7 + 1), true
	case "Q":
		if t.month == 0 {
			return "", false
		}
		return strconv.Itoa((t.month-1)/3 + 1), true
	case "CC":
		c := t.year / 100
		switch {
		case t.interval:
		case t.year > 0:
			c = (t.year-1)/100 + 1
		default:
			c--
		}
		if c > 99 || c < -99 {
			return strconv.Itoa(c), true
		}
		return num(int64(c), 2)
	case "Y,YYY":
		return fmt.Sprintf("%d,%03d", year/1000, year%1000), true
	case "YYYY", "YYY", "YY", "IYYY", "IYY", "IY":
		y := year
		if id[0] == 'I' {
			if y, _ = isoWeek(t.isoDay()); y <= 0 && !t.interval {
				y = 1 - y
			}
			id = id[1:] + "Y"
		}
		if width := len(id); width < 4 {
			if fill {
				return strconv.Itoa(y % int(math.Pow10(width))), true
			}
			if year < 0 {
				width++
			}
			return fmt.Sprintf("%0*d", width, y%int(math.Pow10(len(id)))), true
		}
		if !fill && year < 0 {
			return fmt.Sprintf("%05d", y), true
		}
		return padded(y, 4, fill), true
	case "Y":
		return strconv.Itoa(year % 10), true
	case "I":
		y, _ := isoWeek(t.isoDay())
		if y <= 0 && !t.interval {
			y = 1 - y
		}
		return strconv.Itoa(y % 10), true
	case "RM":
		if t.month == 0 && t.year == 0 {
			return "", false
		}
		m := t.month // from the other end when negative
		switch {
		case m < 0:
			m += 13
		case m == 0 && t.year < 0:
			m = 1
		case m == 0:
			m = 12
		}
		return title(romanMonths[m-1], 4)
	case "J":
		return strconv.Itoa(int(t.isoDay()) + 2451545), true
	case "TZ":
		if name == "tz" {
			return strings.ToLower(t.zone), false
		}
		return t.zone, false
	case "TZH":
		return fmt.Sprintf("%s%02d", sign(t.offset), abs(t.offset)/3600), false
	case "TZM":
		return fmt.Sprintf("%02d", abs(t.offset)/60%60), false
	case "OF":
		s := sign(t.offset) + padded(abs(t.offset)/3600, 2, fill)
		if rest := abs(t.offset) % 3600; rest != 0 {
			s += fmt.Sprintf(":%02d", rest/60)
		}
		return s, false
	}
	return "", false // FX and what is for reading only
}

func padded(n, width int, fill bool) string {
	if fill {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%0*d", width, n)
}

// isoDay is the day whose week is asked for; of an interval, what its fields would be as a date.
func (t *tm) isoDay() value.Day {
	if t.interval {
		return value.CivilDay(t.year, t.month, t.day)
	}
	return t.d
}

// isoYearStart is the Monday of the first week of a year.
func isoYearStart(year int) value.Day {
	jan4 := value.CivilDay(year, 1, 4)
	return jan4 - value.Day((weekday(jan4)+6)%7)
}

func sign(n int) string {
	if n < 0 {
		return "-"
	}
	return "+"
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
