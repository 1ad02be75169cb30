package builtin

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// readTime is what a text says by a template: to_date and to_timestamp.
type readTime struct {
	year, month, day     int
	hour, minute, second int
	micros               int64
	precision            int // of the fraction, 0 for all
	zoned                bool
	offset               int // seconds east
}

func (t *readTime) date() value.Day { return value.CivilDay(t.year, t.month, t.day) }

// timeReader goes through a text along a template.
type timeReader struct {
	s string
	i int
	// fields are the numbers read, by name; a field may be read again, but not differently.
	fields     map[string]int
	mode       byte
	twelve     bool
	yearDigits int
	zoneSign   int
	precision  int

	fixed        bool // FX: nothing is skipped
	exact        bool // the text must have the template's own separators and characters, and nothing else: JSON paths
	skipped      int  // more characters than the template has
	node         *templateNode
	digitsFollow bool // what comes next stands for digits, so that the field ends where its width does
}

// parseTime reads a text by a template.
func parseTime(s, f string) (*readTime, error) {
	nodes, err := parseTemplate(f, timeKeys, true, nil)
	if err != nil {
		return nil, err
	}
	return (&timeReader{s: s, fields: map[string]int{}}).read(nodes)
}

func (r *timeReader) read(nodes []templateNode) (*readTime, error) {
	s := r.s
	r.fixed = r.exact
	for i := range nodes {
		if r.i >= len(s) {
			if r.exact {
				return nil, fault.New(fault.InvalidDatetimeFormat, "input string is too short for datetime format")
			}
			break
		}
		n := &nodes[i]
		if !r.fixed && (n.key == nil || n.key.id != "FX") && (n.key != nil || i == 0) {
			r.skipBlanks()
		}
		switch {
		case r.exact && n.key == nil && !strings.HasPrefix(s[r.i:], n.char):
			what := "character"
			if n.space || n.separator {
				what = "separator"
			}
			return nil, fault.New(fault.InvalidDatetimeFormat, `unmatched format %s "%s"`, what, n.char)
		case n.space || n.separator:
			if r.fixed {
				r.skipChar()
				continue
			}
			r.skipped--
			if r.i < len(s) && (isBlank(s[r.i]) || isSeparator(s[r.i])) {
				r.i++
				r.skipped++
			}
			continue
		case n.key == nil:
			if !r.fixed && r.skipped > 0 {
				r.skipped--
			} else {
				r.skipChar()
			}
			continue
		}
		if n.key.mode != 0 {
			if r.mode != 0 && r.mode != n.key.mode {
				return nil, fault.New(fault.InvalidDatetimeFormat, "invalid combination of date conventions").
					WithHint("Do not mix Gregorian and ISO week date conventions in a formatting template.")
			}
			r.mode = n.key.mode
		}
		r.node, r.digitsFollow = n, n.ordinal == 0 && i+1 < len(nodes) && nodes[i+1].isDigit()
		if err := r.field(n); err != nil {
			return nil, err
		}
		if !r.fixed {
			r.skipped = 0
			r.skipBlanks()
		}
	}
	if r.exact && strings.TrimLeft(s[r.i:], " \t\n\v\f\r") != "" {
		return nil, fault.New(fault.InvalidDatetimeFormat, "trailing characters remain in input string after datetime format")
	}
	return r.result()
}

// isDigit says that a node stands for digits.
func (n *templateNode) isDigit() bool {
	if n.key != nil {
		return n.key.digit
	}
	return len(n.char) == 1 && n.char[0] >= '0' && n.char[0] <= '9'
}

func (r *timeReader) skipBlanks() {
	for r.i < len(r.s) && isBlank(r.s[r.i]) {
		r.i++
		r.skipped++
	}
}

func (r *timeReader) skipChar() {
	_, n := utf8.DecodeRuneInString(r.s[r.i:])
	r.i += n
}

// set keeps a field, which may be there already with the same value.
func (r *timeReader) set(field string, v int) error {
	if old := r.fields[field]; old != 0 && old != v {
		return fault.New(fault.InvalidDatetimeFormat, `conflicting values for "%s" field in formatting string`, r.node.key.name).
			WithDetail("This value contradicts a previous setting for the same field type.")
	}
	r.fields[field] = v
	return nil
}

// number reads an integer into a field, of width characters where more digits follow in the template, and gives how many characters it took.
func (r *timeReader) number(field string, width int) (int, error) {
	from, name := r.i, r.node.key.name
	for r.i < len(r.s) && isBlank(r.s[r.i]) {
		r.i++
	}
	cut := r.s[r.i:min(r.i+width, len(r.s))]
	tooMany := fault.New(fault.DatetimeOverflow, `value for "%s" in source string is out of range`, name).
		WithDetail("Value must be in the range %d to %d.", math.MinInt32, math.MaxInt32)
	var digits string
	if r.node.fill || !r.digitsFollow {
		if digits = leadingInteger(r.s[r.i:]); digits == "" {
			r.i = from
		}
	} else {
		if len(cut) < width {
			return 0, fault.New(fault.InvalidDatetimeFormat, `source string too short for "%s" formatting field`, name).
				WithDetail("Field requires %d characters, but only %d remain.", width, len(cut)).
				WithHint(`If your source string is not fixed-width, try using the "FM" modifier.`)
		}
		if digits = leadingInteger(cut); digits != "" && len(digits) < width {
			return 0, fault.New(fault.InvalidDatetimeFormat, `invalid value "%s" for "%s"`, cut, name).
				WithDetail("Field requires %d characters, but only %d could be parsed.", width, len(digits)).
				WithHint(`If your source string is not fixed-width, try using the "FM" modifier.`)
		}
	}
	r.i += len(digits)
	if r.i == from {
		return 0, fault.New(fault.InvalidDatetimeFormat, `invalid value "%s" for "%s"`, cut, name).WithDetail("Value must be an integer.")
	}
	v := 0
	if digits != "" {
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 32)
		if err != nil {
			return 0, tooMany
		}
		v = int(n)
	}
	if field != "" {
		if err := r.set(field, v); err != nil {
			return 0, err
		}
	}
	return r.i - from, nil
}

// leadingInteger is the integer that a text begins with: blanks, a sign, digits. "" if there is none.
func leadingInteger(s string) string {
	i := 0
	for i < len(s) && isBlank(s[i]) {
		i++
	}
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	from := i
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == from {
		return ""
	}
	return s[:i]
}

// word finds one of the words at the current place, whatever its case.
func (r *timeReader) word(words ...string) (int, error) {
	for i, w := range words {
		if rest := r.s[r.i:]; len(rest) >= len(w) && strings.EqualFold(rest[:len(w)], w) {
			r.i += len(w)
			return i, nil
		}
	}
	rest := r.s[r.i:]
	if i := strings.IndexAny(rest, " \t\n\r\f"); i >= 0 {
		rest = rest[:i]
	}
	return 0, fault.New(fault.InvalidDatetimeFormat, `invalid value "%s" for "%s"`, rest, r.node.key.name).
		WithDetail("The given value did not match any of the allowed values for this field.")
}

func shortTitles(titles []string) []string {
	out := make([]string, len(titles))
	for i, t := range titles {
		out[i] = t[:3]
	}
	return out
}

func (r *timeReader) field(n *templateNode) (err error) {
	// TH after a number is two characters of the text.
	number := func(field string, width int) error {
		_, err := r.number(field, width)
		return err
	}
	choice := func(field string, words ...string) error {
		i, err := r.word(words...)
		if err != nil {
			return err
		}
		return r.set(field, i%2)
	}
	switch id := n.key.id; id {
	case "FX":
		r.fixed = true
		return nil
	case "A.M.", "P.M.":
		r.twelve = true
		return choice("pm", "a.m.", "p.m.")
	case "AM", "PM":
		r.twelve = true
		return choice("pm", "am", "pm")
	case "A.D.", "B.C.":
		return choice("bc", "a.d.", "b.c.")
	case "AD", "BC":
		return choice("bc", "ad", "bc")
	case "HH", "HH12":
		r.twelve = true
		err = number("hour", 2)
	case "HH24":
		err = number("hour", 2)
	case "MI":
		err = number("minute", 2)
	case "SS":
		err = number("second", 2)
	case "SSSS", "SSSSS":
		err = number("seconds", len(id))
	case "MS":
		var took int
		if took, err = r.number("ms", 3); err == nil && took < 3 {
			r.fields["ms"] *= int(math.Pow10(3 - took))
		}
	case "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		width := 6
		if id[0] == 'F' {
			width = int(id[2] - '0')
			r.precision = width
		}
		var took int
		if took, err = r.number("us", width); err == nil && took < 6 {
			r.fields["us"] *= int(math.Pow10(6 - took))
		}
	case "TZ", "OF":
		return fault.New(fault.FeatureNotSupported, `formatting field "%s" is only supported in to_char`, n.key.name)
	case "TZH":
		// The sign may have been taken for a separator.
		r.zoneSign = 1
		if c := r.s[r.i]; c == '+' || c == '-' || c == ' ' {
			if c == '-' {
				r.zoneSign = -1
			}
			r.i++
		} else if r.skipped > 0 && r.i > 0 && r.s[r.i-1] == '-' {
			r.zoneSign = -1
		}
		return number("zone hour", 2)
	case "TZM":
		if r.zoneSign == 0 {
			r.zoneSign = 1
		}
		return number("zone minute", 2)
	case "MONTH", "MON":
		titles := monthTitles
		if id == "MON" {
			titles = shortTitles(titles)
		}
		m, err := r.word(titles...)
		if err != nil {
			return err
		}
		return r.set("month", m+1)
	case "RM":
		m, err := r.word("xii", "xi", "x", "ix", "viii", "vii", "vi", "v", "iv", "iii", "ii", "i")
		if err != nil {
			return err
		}
		return r.set("month", 12-m)
	case "DAY", "DY":
		titles := dayTitles
		if id == "DY" {
			titles = shortTitles(titles)
		}
		d, err := r.word(titles...)
		if err != nil {
			return err
		}
		if err := r.set("weekday", d); err != nil {
			return err
		}
		r.fields["weekday"]++
		return nil
	case "MM":
		err = number("month", 2)
	case "DD":
		err = number("day", 2)
	case "DDD", "IDDD":
		err = number("day of year", 3)
	case "D":
		err = number("weekday", 1)
	case "ID":
		if err = number("weekday", 1); err == nil {
			if r.fields["weekday"]++; r.fields["weekday"] > 7 {
				r.fields["weekday"] = 1
			}
		}
	case "WW", "IW":
		err = number("week", 2)
	case "W":
		err = number("week of month", 1)
	case "Q": // it is read, and says nothing
		err = number("", 1)
	case "CC":
		err = number("century", 2)
	case "J":
		err = number("julian", 1)
	case "Y,YYY":
		err = r.groupedYear()
	case "YYYY", "IYYY", "YYY", "IYY", "YY", "IY", "Y", "I":
		var took int
		took, err = r.number("year", len(id))
		if r.yearDigits = len(id); err == nil && len(id) < 4 && took < 4 {
			r.fields["year"] = nearYear(r.fields["year"])
		}
	}
	if err == nil && n.ordinal != 0 {
		for range 2 {
			if r.i < len(r.s) {
				r.skipChar()
			}
		}
	}
	return err
}

// groupedYear reads 1,999.
func (r *timeReader) groupedYear() error {
	bad := fault.New(fault.InvalidDatetimeFormat, `invalid input string for "Y,YYY"`)
	thousands := leadingInteger(r.s[r.i:])
	rest := r.s[r.i+len(thousands):]
	if thousands == "" || !strings.HasPrefix(rest, ",") {
		return bad
	}
	rest = rest[1:]
	blanks := len(rest) - len(strings.TrimLeft(rest, " \t\n\v\f\r"))
	years := leadingInteger(rest[blanks:min(blanks+3, len(rest))])
	if years == "" {
		return bad
	}
	t, err := strconv.ParseInt(strings.TrimSpace(thousands), 10, 32)
	y, err2 := strconv.ParseInt(years, 10, 32)
	if err != nil || err2 != nil {
		return bad
	}
	r.i += len(thousands) + 1 + blanks + len(years)
	r.yearDigits = 4
	return r.set("year", int(int32(t*1000+y)))
}

// nearYear completes a year of one to three digits to the one nearest 2020.
func nearYear(n int) int {
	switch {
	case n < 70:
		return n + 2000
	case n < 100:
		return n + 1900
	case n < 520:
		return n + 2000
	case n < 1000:
		return n + 1000
	}
	return n
}

// result makes a time of the fields.
func (r *timeReader) result() (*readTime, error) {
	f := r.fields
	t := &readTime{month: 1, day: 1, precision: r.precision}
	overflow := func() error {
		return fault.New(fault.DatetimeOverflow, `date/time field value out of range: "%s"`, r.s)
	}
	if s := f["seconds"]; s != 0 {
		t.hour, t.minute, t.second = s/3600, s%3600/60, s%60
	}
	keep := func(to *int, field string) {
		if f[field] != 0 {
			*to = f[field]
		}
	}
	keep(&t.second, "second")
	keep(&t.minute, "minute")
	keep(&t.hour, "hour")
	if r.twelve {
		if t.hour < 1 || t.hour > 12 {
			return nil, fault.New(fault.InvalidDatetimeFormat, `hour "%d" is invalid for the 12-hour clock`, t.hour).WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
		}
		if pm := f["pm"] != 0; pm && t.hour < 12 {
			t.hour += 12
		} else if !pm && t.hour == 12 {
			t.hour = 0
		}
	}
	bc, century := f["bc"] != 0, f["century"]
	if bc {
		century = -century
	}
	hasYear, hasMonth, hasDay := false, false, false
	switch year := f["year"]; {
	case year != 0 && century != 0 && r.yearDigits <= 2:
		// The last digits of a year of the century, which ends with 00.
		switch t.year = year % 100; {
		case t.year == 0 && century >= 0:
			t.year = century * 100
		case t.year == 0:
			t.year = century*100 + 1
		case century >= 0:
			t.year += (century - 1) * 100
		default:
			t.year = (century+1)*100 - t.year + 1
		}
		hasYear = true
	case year != 0:
		if t.year = year; bc {
			t.year = -year
		}
		if t.year < 0 {
			t.year++
		}
		hasYear = true
	case century > 0:
		t.year, hasYear = (century-1)*100+1, true
	case century < 0:
		t.year, hasYear = century*100+1, true
	}
	if j := f["julian"]; j != 0 {
		t.year, t.month, t.day = value.Day(j - 2451545).Civil()
		hasYear, hasMonth, hasDay = true, true, true
	}
	dayOfYear, day := f["day of year"], f["day"]
	if w := f["week"]; w != 0 {
		if r.mode == 'i' {
			d := isoYearStart(t.year) + value.Day((w-1)*7)
			if wd := f["weekday"]; wd > 1 {
				d += value.Day(wd - 2)
			} else if wd == 1 {
				d += 6
			}
			t.year, t.month, t.day = d.Civil()
			hasYear, hasMonth, hasDay = true, true, true
		} else {
			dayOfYear = (w-1)*7 + 1
		}
	}
	if w := f["week of month"]; w != 0 {
		day = (w-1)*7 + 1
	}
	if day != 0 {
		t.day, hasDay = day, true
	}
	if f["month"] != 0 {
		t.month, hasMonth = f["month"], true
	}
	if dayOfYear != 0 && (t.month <= 1 || t.day <= 1) {
		if t.year == 0 && !bc {
			return nil, fault.New(fault.InvalidDatetimeFormat, "cannot calculate day of year without year information")
		}
		if r.mode == 'i' {
			t.year, t.month, t.day = (isoYearStart(t.year) + value.Day(dayOfYear-1)).Civil()
			hasYear = true
		} else {
			before, m := 0, 1
			for m <= 12 && dayOfYear > before+value.MonthDays(t.year, m) {
				before += value.MonthDays(t.year, m)
				m++
			}
			if t.month <= 1 {
				t.month = m
			}
			if t.day <= 1 {
				if m > 12 {
					before = 365 + value.MonthDays(t.year, 2) - 28
				}
				t.day = dayOfYear - before
			}
		}
		hasMonth, hasDay = true, true
	}
	t.micros = int64(f["ms"])*1000 + int64(f["us"])
	switch {
	case hasMonth && (t.month < 1 || t.month > 12), hasDay && (t.day < 1 || t.day > 31),
		hasYear && hasMonth && hasDay && t.day > value.MonthDays(t.year, t.month),
		t.hour < 0 || t.hour >= 24 || t.minute < 0 || t.minute >= 60 || t.second < 0 || t.second >= 60 || t.micros < 0 || t.micros >= value.USecond:
		return nil, overflow()
	}
	if r.zoneSign != 0 {
		h, m := f["zone hour"], f["zone minute"]
		if h < 0 || h > 15 || m < 0 || m > 59 {
			return nil, fault.New("22009", `time zone displacement out of range: "%s"`, r.s)
		}
		t.zoned, t.offset = true, r.zoneSign*(h*3600+m*60)
	}
	if !hasYear { // PostgreSQL has the year before, which is not held: docs/reference/limits.md
		t.year = 1
	}
	return t, nil
}
