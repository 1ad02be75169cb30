package builtin

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

func registerTimeFormat(r registry) {
	r.fn("to_char(timestamptz,text)", func(c *Ctx, a []datum) (datum, error) {
		s := stamp(a[0])
		if !s.Finite() || a[1].Str() == "" {
			return value.Null, nil
		}
		t := tmOf(s.Local(c.zone()))
		t.offset = offsetAt(s, c.zone())
		t.zone, _ = s.Time().In(c.zone()).Zone()
		t.hasZone = true
		return text(formatTime(a[1].Str(), t)), nil
	})
	r.fn("to_char(timestamp,text)", func(_ *Ctx, a []datum) (datum, error) {
		s := stamp(a[0])
		if !s.Finite() || a[1].Str() == "" {
			return value.Null, nil
		}
		return text(formatTime(a[1].Str(), tmOf(s))), nil
	})
	r.fn("to_char(interval,text)", func(_ *Ctx, a []datum) (datum, error) {
		if a[1].Str() == "" {
			return value.Null, nil
		}
		v := interval(a[0])
		for _, tok := range timeTokens(a[1].Str()) {
			switch strings.ToUpper(tok.key) {
			case "AD", "BC", "A.D.", "B.C.", "MONTH", "MON", "DAY", "DY", "TZ", "TZH", "TZM", "OF", "D", "ID":
				return value.Null, fault.New(fault.InvalidDatetimeFormat, "invalid format specification for an interval value").WithHint("Intervals are not tied to specific calendar dates.")
			}
		}
		t := &tm{interval: true, year: int(v.Months / 12), month: int(v.Months % 12), day: int(v.Days), clock: v.Micros}
		return text(formatTime(a[1].Str(), t)), nil
	})
	r.fn("to_date(text,text)", func(c *Ctx, a []datum) (datum, error) {
		d, _, _, err := parseTime(a[0].Str(), a[1].Str())
		if err != nil {
			return value.Null, err
		}
		return d.Datum()
	})
	r.fn("to_timestamp(text,text)", func(c *Ctx, a []datum) (datum, error) {
		d, us, off, err := parseTime(a[0].Str(), a[1].Str())
		if err != nil {
			return value.Null, err
		}
		s := d.At(us)
		if off != noOffset {
			return (s - value.Stamp(int64(off)*value.USecond)).TimestamptzDatum()
		}
		return s.In(c.zone()).TimestamptzDatum()
	})
	num := func(typ string, dec func(d datum) (value.Dec, error)) {
		r.fn("to_char("+typ+",text)", func(_ *Ctx, a []datum) (datum, error) {
			d, err := dec(a[0])
			if err != nil {
				return value.Null, err
			}
			return formatNumber(d, a[1].Str())
		})
	}
	num("int4", func(d datum) (value.Dec, error) { return value.DecInt(d.Int64()), nil })
	num("int8", func(d datum) (value.Dec, error) { return value.DecInt(d.Int64()), nil })
	num("numeric", func(d datum) (value.Dec, error) { return value.DecOf(d), nil })
	num("float8", func(d datum) (value.Dec, error) { return value.DecFloat(d.Float64(), 64), nil })
	num("float4", func(d datum) (value.Dec, error) { return value.DecFloat(d.Float64(), 32), nil })
	r.fn("to_number(text,text)", func(_ *Ctx, a []datum) (datum, error) { return toNumber(a[0].Str(), a[1].Str()) })
}

// tm is a broken-down time.
type tm struct {
	year, month, day int
	clock            int64
	d                value.Day
	offset           int
	zone             string
	hasZone          bool
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

// timeKeys are the template patterns, longest first where one begins another. Those that differ by case print by case.
var timeKeys = []string{"A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "Day", "Dy", "D", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "FM", "FX", "HH24", "HH12", "HH", "IDDD", "ID",
	"IW", "IYYY", "IYY", "IY", "I", "J", "MI", "MM", "MONTH", "MON", "MS", "Month", "Mon", "OF", "P.M.", "PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH", "TZM", "TZ", "US", "WW", "W",
	"Y,YYY", "YYYY", "YYY", "YY", "Y", "a.d.", "a.m.", "ad", "am", "b.c.", "bc", "day", "dy", "month", "mon", "p.m.", "pm", "rm", "tz",
	"cc", "ddd", "dd", "d", "fm", "ff1", "ff2", "ff3", "ff4", "ff5", "ff6", "hh24", "hh12", "hh", "iddd", "id", "iw", "iyyy", "iyy", "iy", "i", "j", "mi", "mm", "ms", "q", "sssss", "ssss", "ss", "us", "ww", "w",
	"y,yyy", "yyyy", "yyy", "yy", "y"}

// timeToken is a piece of a template: a pattern, or literal text when key is "".
type timeToken struct {
	key    string // canonical (upper case except where case matters)
	lit    string
	fm, th bool
	low    bool // th was lower case
	sep    bool // literal is a separator, not quoted
}

func timeTokens(f string) []timeToken {
	var out []timeToken
	fm := false
	for i := 0; i < len(f); {
		if f[i] == '"' {
			var b strings.Builder
			for i++; i < len(f) && f[i] != '"'; i++ {
				if f[i] == '\\' && i+1 < len(f) {
					i++
				}
				b.WriteByte(f[i])
			}
			i++
			out = append(out, timeToken{lit: b.String()})
			continue
		}
		if f[i] == '\\' && i+1 < len(f) && f[i+1] == '"' {
			out = append(out, timeToken{lit: `"`})
			i += 2
			continue
		}
		key := ""
		for _, k := range timeKeys {
			if strings.HasPrefix(f[i:], k) && len(k) > len(key) {
				key = k
			}
		}
		if strings.HasPrefix(f[i:], "TM") && key == "" {
			fm = true // names in the session's language, which is English, are not padded
			i += 2
			continue
		}
		if key == "" {
			n := 1
			for i+n < len(f) && f[i+n]&0xc0 == 0x80 {
				n++
			}
			out = append(out, timeToken{lit: f[i : i+n], sep: true})
			i += n
			continue
		}
		i += len(key)
		switch u := strings.ToUpper(key); u {
		case "FM":
			fm = true
			continue
		case "FX":
			continue
		case "DAY", "DY", "MONTH", "MON", "AM", "PM", "A.M.", "P.M.", "AD", "BC", "A.D.", "B.C.", "RM", "TZ":
		default:
			key = u
		}
		t := timeToken{key: key, fm: fm}
		fm = false
		if i+2 <= len(f) && (f[i:i+2] == "TH" || f[i:i+2] == "th") {
			t.th, t.low = true, f[i] == 't'
			i += 2
		}
		out = append(out, t)
	}
	return out
}

func ordinal(n string, low bool) string {
	s := "TH"
	if !(len(n) > 1 && n[len(n)-2] == '1') {
		switch n[len(n)-1] {
		case '1':
			s = "ST"
		case '2':
			s = "ND"
		case '3':
			s = "RD"
		}
	}
	if low {
		return strings.ToLower(s)
	}
	return s
}

func formatTime(f string, t *tm) string {
	var b strings.Builder
	for _, k := range timeTokens(f) {
		if k.key == "" {
			b.WriteString(k.lit)
			continue
		}
		num := func(n, w int) {
			s := strconv.Itoa(n)
			if !k.fm {
				if n < 0 {
					s = fmt.Sprintf("-%0*d", w, -n)
				} else {
					s = fmt.Sprintf("%0*d", w, n)
				}
			}
			b.WriteString(s)
			if k.th {
				b.WriteString(ordinal(s, k.low))
			}
		}
		name := func(s string, w int) {
			switch {
			case k.key == strings.ToUpper(k.key):
				s = strings.ToUpper(s)
			case k.key == strings.ToLower(k.key):
				s = strings.ToLower(s)
			}
			if !k.fm {
				s += strings.Repeat(" ", max(w-len(s), 0))
			}
			b.WriteString(s)
		}
		us := t.clock % value.USecond
		h := int(t.clock / value.UHour)
		year := t.year
		switch u := strings.ToUpper(k.key); u {
		case "HH24":
			num(h, 2)
		case "HH12", "HH":
			if h12 := h % 12; h12 == 0 {
				num(12, 2)
			} else {
				num(h12, 2)
			}
		case "MI":
			num(int(t.clock/value.UMinute%60), 2)
		case "SS":
			num(int(t.clock/value.USecond%60), 2)
		case "MS":
			num(int(us/1000), 3)
		case "US":
			num(int(us), 6)
		case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
			n := int(u[2] - '0')
			num(int(us)/int(math.Pow10(6-n)), n)
		case "SSSS", "SSSSS":
			num(int(t.clock/value.USecond), 1)
		case "AM", "PM":
			name(map[bool]string{true: "PM", false: "AM"}[h%24 >= 12], 0)
		case "A.M.", "P.M.":
			name(map[bool]string{true: "P.M.", false: "A.M."}[h%24 >= 12], 0)
		case "AD", "BC":
			name(map[bool]string{true: "BC", false: "AD"}[year <= 0], 0)
		case "A.D.", "B.C.":
			name(map[bool]string{true: "B.C.", false: "A.D."}[year <= 0], 0)
		case "MONTH":
			if t.month > 0 {
				name(monthTitles[t.month-1], 9)
			}
		case "MON":
			if t.month > 0 {
				name(monthTitles[t.month-1][:3], 0)
			}
		case "MM":
			num(t.month, 2)
		case "DAY":
			name(dayTitles[weekday(t.d)], 9)
		case "DY":
			name(dayTitles[weekday(t.d)][:3], 0)
		case "DDD":
			if t.interval {
				num(t.year*360+t.month*30+t.day, 3)
			} else {
				num(int(t.d-value.CivilDay(t.year, 1, 1))+1, 3)
			}
		case "IDDD":
			iy, _ := isoWeek(t.d)
			jan4 := value.CivilDay(iy, 1, 4)
			num(int(t.d-(jan4-value.Day((weekday(jan4)+6)%7)))+1, 3)
		case "DD":
			num(t.day, 2)
		case "D":
			num(weekday(t.d)+1, 1)
		case "ID":
			num((weekday(t.d)+6)%7+1, 1)
		case "WW":
			num(int(t.d-value.CivilDay(t.year, 1, 1))/7+1, 2)
		case "IW":
			_, w := isoWeek(t.d)
			num(w, 2)
		case "W":
			num((t.day-1)/7+1, 1)
		case "Q":
			if t.month > 0 {
				num((t.month-1)/3+1, 1)
			}
		case "CC":
			if t.interval {
				num(year/100, 2)
			} else {
				num((year+99)/100, 2)
			}
		case "YYYY":
			num(year, 4)
		case "YYY":
			num(year%1000, 3)
		case "YY":
			num(year%100, 2)
		case "Y":
			num(year%10, 1)
		case "Y,YYY":
			b.WriteString(fmt.Sprintf("%d,%03d", year/1000, year%1000))
		case "IYYY", "IYY", "IY", "I":
			iy, _ := isoWeek(t.d)
			num(iy%int(math.Pow10(len(u))), len(u))
		case "RM":
			if t.month > 0 {
				name(romanMonths[t.month-1], 4)
			}
		case "J":
			num(int(t.d)+2451545, 1)
		case "TZ":
			if t.hasZone {
				s := t.zone
				if strings.ContainsAny(s, "+-") {
					s = strings.TrimSpace(s)
				}
				if k.key == "tz" {
					s = strings.ToLower(s)
				}
				b.WriteString(s)
			}
		case "TZH":
			b.WriteString(fmt.Sprintf("%s%02d", sign(t.offset), abs(t.offset)/3600))
		case "TZM":
			b.WriteString(fmt.Sprintf("%02d", abs(t.offset)/60%60))
		case "OF":
			if t.hasZone {
				b.WriteString(fmt.Sprintf("%s%02d", sign(t.offset), abs(t.offset)/3600))
				if m := abs(t.offset) / 60 % 60; m != 0 {
					b.WriteString(fmt.Sprintf(":%02d", m))
				}
			} else {
				b.WriteString("+00")
			}
		}
	}
	return b.String()
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

const noOffset = math.MaxInt32

// parseTime reads text by a template (to_date, to_timestamp).
func parseTime(s, f string) (d value.Day, us int64, off int, err error) {
	bad := func(key, got string) error {
		return fault.New(fault.InvalidDatetimeFormat, `invalid value "%s" for "%s"`, got, key)
	}
	overflow := func() error { return fault.New(fault.DatetimeOverflow, `date/time field value out of range: "%s"`, s) }
	year, month, dom, doy, julian := 1, 1, 1, 0, 0
	hour, minute, sec, pm, hasPM, h12, bc := 0, 0, 0, false, false, false, false
	isoYear, isoW, isoDay, cc, seenYear := 0, 0, 1, 0, false
	off = noOffset
	offSign := 1
	toks := timeTokens(f)
	i := 0
	space := func() {
		for i < len(s) && s[i] == ' ' {
			i++
		}
	}
	sep := func(c byte) bool {
		return c < 0x80 && !(c >= '0' && c <= '9') && !(c|32 >= 'a' && c|32 <= 'z')
	}
	for k, t := range toks {
		if t.key == "" {
			if t.sep && len(t.lit) == 1 && sep(t.lit[0]) {
				// A separator matches any one separator, or none.
				if t.lit != " " {
					space()
				}
				if i < len(s) && sep(s[i]) && s[i] != '+' && !(s[i] == '-' && k+1 < len(toks) && toks[k+1].key == "TZH") {
					i++
				}
				continue
			}
			i = min(i+len(t.lit), len(s))
			continue
		}
		space()
		if i >= len(s) {
			break
		}
		digits := func(w int) (int, error) {
			// A field followed by another field of digits has a fixed width.
			limit := len(s)
			if k+1 < len(toks) && toks[k+1].key != "" && toks[k+1].key != "TH" && isNumericKey(toks[k+1].key) && !t.fm {
				limit = i + w
			}
			j := i
			if j < len(s) && (s[j] == '-' || s[j] == '+') && (strings.HasPrefix(t.key, "Y") || t.key == "J") {
				j++
			}
			for j < len(s) && j < limit && s[j] >= '0' && s[j] <= '9' {
				j++
			}
			if j == i {
				return 0, bad(t.key, s[i:min(i+w, len(s))]).(*fault.Error).WithDetail("Value must be an integer.")
			}
			if j-i > 9 {
				return 0, overflow()
			}
			n, aerr := strconv.Atoi(s[i:j])
			if aerr != nil {
				return 0, bad(t.key, s[i:j])
			}
			i = j
			if t.th && i+2 <= len(s) {
				i += 2
			}
			return n, nil
		}
		name := func(list []string, short bool) (int, error) {
			low := strings.ToLower(s[i:])
			for n, l := range list {
				w := strings.ToLower(l)
				if short {
					w = w[:3]
				}
				if strings.HasPrefix(low, w) {
					i += len(w)
					return n, nil
				}
			}
			return 0, bad(t.key, strings.Fields(s[i:])[0]).(*fault.Error).WithDetail("The given value did not match any of the allowed values for this field.")
		}
		var n int
		switch u := strings.ToUpper(t.key); u {
		case "YYYY", "Y,YYY":
			if u == "Y,YYY" {
				s = s[:i] + strings.Replace(s[i:], ",", "", 1)
			}
			start := i
			n, err = digits(4)
			year, seenYear = n, true
			if w := i - start; w <= 2 && err == nil {
				year = shortYear(n, w)
			}
		case "YYY", "YY", "Y":
			start := i
			n, err = digits(len(u))
			year, seenYear = shortYear(n, i-start), true
		case "IYYY", "IYY", "IY", "I":
			start := i
			n, err = digits(len(u))
			isoYear = n
			if u != "IYYY" {
				isoYear = shortYear(n, i-start)
			}
		case "MM":
			if month, err = digits(2); err == nil && (month < 1 || month > 12) {
				err = overflow()
			}
		case "MONTH":
			n, err = nameAny(name, monthTitles)
			month = n + 1
		case "MON":
			n, err = name(monthTitles, true)
			month = n + 1
		case "RM":
			best := -1
			for m, rm := range romanMonths {
				if strings.HasPrefix(strings.ToUpper(s[i:]), rm) && (best < 0 || len(rm) > len(romanMonths[best])) {
					best = m
				}
			}
			if best < 0 {
				err = bad(t.key, s[i:])
			} else {
				month = best + 1
				i += len(romanMonths[best])
			}
		case "DD":
			if dom, err = digits(2); err == nil && (dom < 1 || dom > 31) {
				err = overflow()
			}
		case "DDD":
			doy, err = digits(3)
		case "DAY":
			_, err = nameAny(name, dayTitles)
		case "DY":
			_, err = name(dayTitles, true)
		case "D", "W", "WW", "Q", "IDDD":
			_, err = digits(len(u))
		case "ID":
			isoDay, err = digits(1)
		case "IW":
			isoW, err = digits(2)
		case "CC":
			cc, err = digits(2)
		case "J":
			julian, err = digits(7)
		case "HH24":
			if hour, err = digits(2); err == nil && hour > 24 {
				err = overflow()
			}
		case "HH12", "HH":
			if hour, err = digits(2); err == nil && (hour < 1 || hour > 12) {
				err = fault.New(fault.InvalidDatetimeFormat, `hour "%d" is invalid for the 12-hour clock`, hour).WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
			}
			h12 = true
		case "MI":
			if minute, err = digits(2); err == nil && minute > 59 {
				err = overflow()
			}
		case "SS":
			if sec, err = digits(2); err == nil && sec > 59 {
				err = overflow()
			}
		case "SSSS", "SSSSS":
			n, err = digits(5)
			hour, minute, sec = n/3600, n/60%60, n%60
		case "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
			w := 6
			if u == "MS" {
				w = 3
			} else if u[0] == 'F' {
				w = int(u[2] - '0')
			}
			start := i
			if n, err = digits(w); err == nil {
				if i-start > w {
					err = overflow()
				} else {
					us += int64(n) * int64(math.Pow10(6-(i-start)))
				}
			}
		case "AM", "PM", "A.M.", "P.M.":
			low := strings.ToLower(s[i:])
			switch {
			case strings.HasPrefix(low, "a.m.") || strings.HasPrefix(low, "p.m."):
				pm, hasPM = low[0] == 'p', true
				i += 4
			case strings.HasPrefix(low, "am") || strings.HasPrefix(low, "pm"):
				pm, hasPM = low[0] == 'p', true
				i += 2
			default:
				err = bad(t.key, s[i:])
			}
		case "AD", "BC", "A.D.", "B.C.":
			bc = strings.HasPrefix(strings.ToLower(s[i:]), "b")
			i = min(i+len(t.key), len(s))
		case "TZH":
			offSign = 1
			if s[i] == '+' || s[i] == '-' {
				if s[i] == '-' {
					offSign = -1
				}
				i++
			}
			if n, err = digits(2); err == nil {
				off = offSign * n * 3600
			}
		case "TZM":
			if n, err = digits(2); err == nil && off != noOffset {
				off += offSign * n * 60
			}
		case "TZ", "OF":
			err = fault.New(fault.FeatureNotSupported, `formatting field "%s" is only supported in to_char`, u)
		}
		if err != nil {
			return 0, 0, 0, err
		}
	}
	if cc > 0 && !seenYear {
		year = (cc-1)*100 + 1
	}
	if bc {
		year = 1 - year
	}
	if hasPM {
		if !h12 && (hour < 1 || hour > 12) {
			return 0, 0, 0, fault.New(fault.InvalidDatetimeFormat, `hour "%d" is invalid for the 12-hour clock`, hour).WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
		}
		if pm && hour < 12 {
			hour += 12
		} else if !pm && hour == 12 {
			hour = 0
		}
	} else if h12 && hour == 12 {
		hour = 0
	}
	us += int64(hour)*value.UHour + int64(minute)*value.UMinute + int64(sec)*value.USecond
	switch {
	case julian > 0:
		d = value.Day(julian - 2451545)
	case isoYear > 0 && isoW > 0:
		jan4 := value.CivilDay(isoYear, 1, 4)
		d = jan4 - value.Day((weekday(jan4)+6)%7) + value.Day((isoW-1)*7+isoDay-1)
	case doy > 0:
		d = value.CivilDay(year, 1, doy)
	default:
		if dom > value.MonthDays(year, month) {
			return 0, 0, 0, overflow()
		}
		d = value.CivilDay(year, month, dom)
	}
	return d, us, off, nil
}

func nameAny(name func([]string, bool) (int, error), list []string) (int, error) {
	if n, err := name(list, false); err == nil {
		return n, nil
	}
	return name(list, true)
}

func isNumericKey(k string) bool {
	switch strings.ToUpper(k) {
	case "DAY", "DY", "MONTH", "MON", "AM", "PM", "A.M.", "P.M.", "AD", "BC", "A.D.", "B.C.", "RM", "TZ", "OF", "TZH":
		return false
	}
	return true
}

// shortYear completes a year of one to three digits to the one nearest 2020.
func shortYear(n, width int) int {
	switch {
	case width >= 4:
		return n
	case n < 70:
		return n + 2000
	case n < 100:
		return n + 1900
	case n < 520:
		return n + 2000
	}
	return n + 1000
}

// formatNumber is to_char for numbers.
func formatNumber(d value.Dec, f string) (datum, error) {
	p, err := parseNumFormat(f)
	if err != nil {
		return value.Null, err
	}
	if p.roman {
		n, ok := d.Int64()
		if !ok || n < 1 || n > 3999 {
			return text("###############"), nil
		}
		s := roman(int(n))
		if !p.fill {
			s = strings.Repeat(" ", max(15-len(s), 0)) + s
		}
		return text(s), nil
	}
	if p.exp {
		return formatExponent(d, p)
	}
	if p.shift > 0 {
		m, _ := value.DecInt(10).Power(value.DecInt(int64(p.shift)))
		d = d.Mul(m.Round(0))
	}
	neg := d.Sign() < 0
	var whole, frac string
	if !d.IsFinite() {
		whole, frac = strings.Repeat("#", p.pre), strings.Repeat("#", p.post)
		neg = false
	} else {
		s := d.Abs().Round(p.post).String()
		whole, frac, _ = strings.Cut(s, ".")
		if whole == "0" {
			whole = ""
		}
		if len(whole) > p.pre {
			whole, frac = strings.Repeat("#", p.pre), strings.Repeat("#", p.post)
		}
		if neg && strings.Trim(s, "0.") == "" {
			neg = false
		}
	}
	return text(p.render(whole, frac, neg)), nil
}

// numFormat is a parsed number template.
type numFormat struct {
	items             []numItem
	pre, post         int // digits before and after the point
	zeroFrom          int // index of the first digit place before the point printed as zero, pre if none
	fill              bool
	mi, pl, sg, pr    bool
	s, sFront         bool
	roman, exp, point bool
	shift             int
}

type numItem struct {
	kind byte // '9', '0', '.', ',', 'l' literal, 'S', 'M' (MI), 'P' (PL), 'G' (SG), 'T' (th), 'C' currency
	lit  string
}

func parseNumFormat(f string) (*numFormat, error) {
	p := &numFormat{zeroFrom: -1}
	v := false
	for i := 0; i < len(f); {
		up := strings.ToUpper(f[i:])
		add := func(k byte, n int, lit string) {
			p.items = append(p.items, numItem{k, lit})
			i += n
		}
		switch {
		case f[i] == '"':
			j := i + 1
			for j < len(f) && f[j] != '"' {
				j++
			}
			add('l', min(j+1, len(f))-i, f[i+1:j])
		case f[i] == '9' || f[i] == '0':
			switch {
			case v:
				p.shift++
				p.pre++
			case p.point:
				p.post++
			default:
				if f[i] == '0' && p.zeroFrom < 0 {
					p.zeroFrom = p.pre
				}
				p.pre++
			}
			add(f[i], 1, "")
		case f[i] == '.' || up[0] == 'D':
			if p.point {
				return nil, fault.New(fault.SyntaxError, "multiple decimal points")
			}
			p.point = true
			add('.', 1, "")
		case f[i] == ',' || up[0] == 'G':
			add(',', 1, "")
		case strings.HasPrefix(up, "FM"):
			p.fill = true
			i += 2
		case strings.HasPrefix(up, "MI"):
			p.mi = true
			add('M', 2, "")
		case strings.HasPrefix(up, "PL"):
			p.pl = true
			add('P', 2, "")
		case strings.HasPrefix(up, "SG"):
			p.sg = true
			add('G', 2, "")
		case strings.HasPrefix(up, "PR"):
			p.pr = true
			i += 2
		case strings.HasPrefix(up, "RN"):
			p.roman = true
			i += 2
		case strings.HasPrefix(up, "TH"):
			add('T', 2, f[i:i+2])
		case strings.HasPrefix(up, "EEEE"):
			p.exp = true
			i += 4
		case up[0] == 'S':
			if p.s {
				return nil, fault.New(fault.SyntaxError, `cannot use "S" twice`)
			}
			p.s = true
			p.sFront = p.pre == 0 && p.post == 0
			add('S', 1, "")
		case up[0] == 'V':
			v = true
			i++
		case up[0] == 'L':
			add('C', 1, "")
		case up[0] == 'B':
			i++
		default:
			n := 1
			for i+n < len(f) && f[i+n]&0xc0 == 0x80 {
				n++
			}
			add('l', n, f[i:i+n])
		}
	}
	if p.zeroFrom < 0 {
		p.zeroFrom = p.pre
	}
	return p, nil
}

// render lays out the digits: frac has post digits, whole at most pre.
func (p *numFormat) render(whole, frac string, neg bool) string {
	pad := p.pre - len(whole) // places before the first digit
	first := min(pad, p.zeroFrom)
	if first >= p.pre && p.pre > 0 && p.post == 0 {
		first = p.pre - 1 // the last place prints 0
	}
	if first > pad {
		first = pad
	}
	if p.fill && p.post > 0 && whole == "" && p.zeroFrom >= p.pre {
		first = p.pre // FM9.99 of 0.5 prints ".5"; of 0 prints "0."
		if strings.Trim(frac, "0") == "" && p.pre > 0 {
			first = p.pre - 1
		}
	}
	digits := strings.Repeat("0", max(pad, 0)) + whole
	// With FM, trailing zeros after the point that stand on 9s go.
	keep := len(frac)
	if p.fill {
		last := 0
		n := 0
		point := false
		for _, it := range p.items {
			switch it.kind {
			case '.':
				point = true
			case '9', '0':
				if point {
					n++
					if it.kind == '0' {
						last = n
					}
				}
			}
		}
		for keep > last && frac[keep-1] == '0' {
			keep--
		}
	}
	simple := !p.mi && !p.sg && !p.pr && !p.s
	var b strings.Builder
	place, fracPlace, signDone := 0, 0, false
	putSign := func() {
		if signDone {
			return
		}
		signDone = true
		switch {
		case simple && neg, p.s && p.sFront && neg:
			b.WriteString("-")
		case p.s && p.sFront:
			b.WriteString("+")
		case simple && !p.fill:
			b.WriteString(" ")
		case p.pr && neg:
			b.WriteString("<")
		case p.pr && !p.fill:
			b.WriteString(" ")
		}
	}
	leadSpaces := 0
	started := false
	for _, it := range p.items {
		switch it.kind {
		case '9', '0':
			if place < p.pre {
				if place >= first {
					if !started {
						b.WriteString(strings.Repeat(" ", leadSpaces))
						leadSpaces = 0
						putSign()
						started = true
					}
					b.WriteByte(digits[place])
				} else if !p.fill {
					leadSpaces++
				}
				place++
				continue
			}
			if fracPlace < keep {
				b.WriteByte(frac[fracPlace])
			}
			fracPlace++
		case '.':
			if !started {
				b.WriteString(strings.Repeat(" ", leadSpaces))
				leadSpaces = 0
				putSign()
				started = true
			}
			b.WriteByte('.')
		case ',':
			if place > first && place > 0 {
				b.WriteByte(',')
			} else if !p.fill && !started {
				leadSpaces++
			}
		case 'l':
			if !started && leadSpaces > 0 {
				b.WriteString(strings.Repeat(" ", leadSpaces))
				leadSpaces = 0
			}
			b.WriteString(it.lit)
		case 'C':
			b.WriteString(" ")
		case 'S':
			if !p.sFront {
				if neg {
					b.WriteByte('-')
				} else {
					b.WriteByte('+')
				}
			}
		case 'M':
			if neg {
				b.WriteByte('-')
			} else if !p.fill {
				b.WriteByte(' ')
			}
		case 'P':
			if !neg {
				b.WriteByte('+')
			} else if !p.fill {
				b.WriteByte(' ')
			}
		case 'G':
			if neg {
				b.WriteByte('-')
			} else {
				b.WriteByte('+')
			}
		case 'T':
			if !neg && p.post == 0 && whole+"0" != "0" {
				b.WriteString(ordinal(digits, it.lit == "th"))
			}
		}
	}
	if p.pr {
		if neg {
			b.WriteString(">")
		} else if !p.fill {
			b.WriteString(" ")
		}
	}
	return b.String()
}

func formatExponent(d value.Dec, p *numFormat) (datum, error) {
	f := d.Float64()
	if !d.IsFinite() {
		return text(strings.Repeat("#", p.pre+p.post+6)), nil
	}
	s := strconv.FormatFloat(f, 'e', p.post, 64)
	if f >= 0 && !p.fill {
		s = " " + s
	}
	return text(s), nil
}

func roman(n int) string {
	var b strings.Builder
	for _, r := range []struct {
		v int
		s string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for n >= r.v {
			b.WriteString(r.s)
			n -= r.v
		}
	}
	return b.String()
}

// toNumber is to_number: digits, sign and point of the text, where the template allows them.
func toNumber(s, f string) (datum, error) {
	if f == "" {
		return value.Null, nil
	}
	p, err := parseNumFormat(f)
	if err != nil {
		return value.Null, err
	}
	var b strings.Builder
	neg := strings.HasPrefix(strings.TrimSpace(s), "<") && p.pr
	pre, post, point := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '-':
			neg = true
		case c == '.':
			if point || !p.point {
				i = len(s)
				break
			}
			point = true
			b.WriteByte('.')
		case c >= '0' && c <= '9':
			if point {
				if post++; post > p.post {
					continue
				}
			} else if pre++; pre > p.pre {
				continue
			}
			b.WriteByte(c)
		}
	}
	out := b.String()
	if strings.Trim(out, ".") == "" {
		return value.Null, fault.New(fault.InvalidTextRepresentation, `invalid input syntax for type numeric: "%s"`, " ")
	}
	if neg {
		out = "-" + out
	}
	d, err := value.ParseDec(strings.TrimSuffix(out, "."))
	if err != nil {
		return value.Null, err
	}
	if p.shift > 0 {
		m, _ := value.DecInt(10).Power(value.DecInt(int64(p.shift)))
		if d, err = d.Div(m.Round(0)); err != nil {
			return value.Null, err
		}
		return d.Datum(), nil
	}
	return d.Datum(), nil
}
