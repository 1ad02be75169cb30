package value

import (
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
)

// Dates and times are read as PostgreSQL reads them with DateStyle ISO, MDY: the text is cut into fields, each field says what it is by its form and by what the fields
// before it were, and no field may come twice.

func inputDate(e *Env, s string, _ int32) (Datum, error) {
	t, err := readDateTime(e, s, "date", 0)
	if err != nil {
		return Null, err
	}
	switch t.special {
	case "infinity":
		return DayInf.Datum()
	case "-infinity":
		return DayNegInf.Datum()
	case "epoch":
		return Day(-unixEpoch).Datum()
	}
	d, err := CivilDay(t.year, t.month, t.day).Datum()
	if t.beyond() {
		_, err = DayOutside.Datum()
	}
	return d, atInput(err, "date", s)
}

// DayOutside is a day that is beyond what can be held.
const DayOutside = DayInf - 1

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
	t, err := readDateTime(e, s, "timestamp", 0)
	if err != nil {
		return Null, err
	}
	if st, ok := t.stamp(); ok {
		return st.TimestampDatum()
	}
	if t.beyond() {
		_, err := DayOutside.Datum()
		return Null, atInput(err, "timestamp", s)
	}
	d, err := t.local().RoundTo(mod).TimestampDatum()
	return d, atInput(err, "timestamp", s)
}

func inputTimestamptz(e *Env, s string, mod int32) (Datum, error) {
	t, err := readDateTime(e, s, "timestamp with time zone", 0)
	if err != nil {
		return Null, err
	}
	if st, ok := t.stamp(); ok {
		return st.TimestamptzDatum()
	}
	if t.beyond() {
		_, err := DayOutside.Datum()
		return Null, atInput(err, "timestamp", s)
	}
	d, err := (t.local() - Stamp(int64(t.offset)*USecond)).RoundTo(mod).TimestamptzDatum()
	return d, atInput(err, "timestamp", s)
}

func inputTime(e *Env, s string, mod int32) (Datum, error) {
	t, err := readDateTime(e, s, "time", timeOnly)
	if err != nil {
		return Null, err
	}
	return ClockDatum(roundMicros(t.clock(), mod)), nil
}

func inputTimetz(e *Env, s string, mod int32) (Datum, error) {
	t, err := readDateTime(e, s, "time with time zone", timeOnly)
	if err != nil {
		return Null, err
	}
	return TimetzDatum(roundMicros(t.clock(), mod), t.offset), nil
}

// ReadDate reads a date as a timestamp of type date would be, for to_date and its like.
func badDate(title, s string) error {
	return fault.New(fault.InvalidDatetimeFormat, `invalid input syntax for type %s: "%s"`, title, s)
}

// readError is why a text is no date, time or interval; 0 for none.
type readError int

const (
	badFormat readError = iota + 1
	fieldOverflow
	monthOverflow // perhaps day and month are swapped
	intervalFieldOverflow
	zoneOverflow
	noSuchZone // the name is in the reader
)

func (r readError) of(title, s, zone string) error {
	switch r {
	case 0:
		return nil
	case fieldOverflow:
		return fault.New(fault.DatetimeOverflow, `date/time field value out of range: "%s"`, s)
	case monthOverflow:
		return fault.New(fault.DatetimeOverflow, `date/time field value out of range: "%s"`, s).WithHint(`Perhaps you need a different "datestyle" setting.`)
	case intervalFieldOverflow:
		return fault.New("22015", `interval field value out of range: "%s"`, s)
	case zoneOverflow:
		return fault.New("22009", `time zone displacement out of range: "%s"`, s)
	case noSuchZone:
		return fault.New(fault.InvalidParameterValue, `time zone "%s" not recognized`, zone)
	}
	return badDate(title, s)
}

// fieldKind is the form of a field.
type fieldKind uint8

const (
	numberField fieldKind = iota
	wordField
	dateField // digits or words with -, / or . between them; the name of a zone, too
	timeField
	signedField // a sign and a number: the offset of a zone
	signedWord
)

type dateTimeField struct {
	text string
	kind fieldKind
}

const (
	maxFields     = 25
	maxFieldBytes = 153 // of a date or time; an interval may have 256
)

func isDigit(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }
func isAlpha(s string, i int) bool { return i < len(s) && (s[i]|0x20) >= 'a' && (s[i]|0x20) <= 'z' }
func isSpace(s string, i int) bool { return i < len(s) && strings.IndexByte(" \t\n\r\v\f", s[i]) >= 0 }

// dateTimeFields cuts a text into fields. Punctuation between them says nothing.
func dateTimeFields(s string, room int) (fields []dateTimeField, bad readError) {
	at := func(i int) byte {
		if i < len(s) {
			return s[i]
		}
		return 0
	}
	alnum := func(i int) bool { return isDigit(s, i) || isAlpha(s, i) }
	for i := 0; i < len(s); {
		if isSpace(s, i) {
			i++
			continue
		}
		if len(fields) >= maxFields {
			return nil, badFormat
		}
		from, kind := i, numberField
		switch {
		case isDigit(s, i):
			for isDigit(s, i) {
				i++
			}
			switch c := at(i); c {
			case ':':
				kind = timeField
				for isDigit(s, i) || at(i) == ':' || at(i) == '.' {
					i++
				}
			case '-', '/', '.':
				i++
				if !isDigit(s, i) {
					kind = dateField
					for alnum(i) || at(i) == c {
						i++
					}
					break
				}
				if c != '.' {
					kind = dateField
				}
				for isDigit(s, i) {
					i++
				}
				if at(i) == c {
					kind = dateField
					for isDigit(s, i) || at(i) == c {
						i++
					}
				}
			}
		case s[i] == '.':
			for i++; isDigit(s, i); {
				i++
			}
		case isAlpha(s, i):
			kind = wordField
			for isAlpha(s, i) {
				i++
			}
			c := at(i)
			if c == '-' || c == '/' || c == '.' || (c == '+' || isDigit(s, i)) && dateWords[strings.ToLower(s[from:i])].kind == 0 {
				kind = dateField
				for i++; alnum(i) || at(i) != 0 && strings.IndexByte("+-/_.:", at(i)) >= 0; {
					i++
				}
			}
		case s[i] == '+' || s[i] == '-':
			sign := s[i : i+1]
			for i++; isSpace(s, i); {
				i++
			}
			from = i
			switch {
			case isDigit(s, i):
				kind = signedField
				for isDigit(s, i) || at(i) != 0 && strings.IndexByte(":.-", at(i)) >= 0 {
					i++
				}
			case isAlpha(s, i):
				kind = signedWord
				for isAlpha(s, i) {
					i++
				}
			default:
				return nil, badFormat
			}
			room -= i - from + 2
			fields = append(fields, dateTimeField{sign + strings.ToLower(s[from:i]), kind})
			if room < 0 {
				return nil, badFormat
			}
			continue
		case s[i] > ' ' && s[i] < 0x7f: // punctuation
			i++
			continue
		default:
			return nil, badFormat
		}
		if room -= i - from + 1; room < 0 {
			return nil, badFormat
		}
		fields = append(fields, dateTimeField{strings.ToLower(s[from:i]), kind})
	}
	return fields, 0
}

// A part is a set of what fields can say.
type part uint32

const (
	yearPart part = 1 << iota
	monthPart
	dayPart
	doyPart
	hourPart
	minutePart
	secondPart
	millisecondPart
	microsecondPart
	zonePart
	daylightPart
	daylightModPart
	meridiemPart
	eraPart
	weekdayPart
	reservedPart
	zoneOfMomentPart

	wholeDate   = yearPart | monthPart | dayPart
	wholeSecond = secondPart | millisecondPart | microsecondPart
	wholeTime   = hourPart | minutePart | wholeSecond
)

// wordKind is what a word of a date does.
type wordKind uint8

const (
	specialWord wordKind = iota + 1
	monthWord
	weekdayWord
	meridiemWord
	eraWord
	unitWord // says what the number after it is
	timeWord // the T of ISO 8601
	daylightWord
	idleWord
)

type dateWord struct {
	kind  wordKind
	value int
	unit  byte // of unitWord: y m d h i (minute) s j (Julian day), x for those that cannot stand here
}

var dateWords = func() map[string]dateWord {
	m := map[string]dateWord{
		"-infinity": {kind: specialWord}, "infinity": {kind: specialWord}, "epoch": {kind: specialWord}, "now": {kind: specialWord}, "today": {kind: specialWord},
		"tomorrow": {kind: specialWord}, "yesterday": {kind: specialWord}, "allballs": {kind: specialWord},
		"am": {kind: meridiemWord}, "pm": {kind: meridiemWord, value: 1}, "ad": {kind: eraWord}, "bc": {kind: eraWord, value: 1},
		"at": {kind: idleWord}, "on": {kind: idleWord}, "dst": {kind: daylightWord}, "t": {kind: timeWord},
		"d": {kind: unitWord, unit: 'd'}, "h": {kind: unitWord, unit: 'h'}, "j": {kind: unitWord, unit: 'j'}, "jd": {kind: unitWord, unit: 'j'}, "julian": {kind: unitWord, unit: 'j'},
		"m": {kind: unitWord, unit: 'm'}, "mm": {kind: unitWord, unit: 'i'}, "s": {kind: unitWord, unit: 's'}, "y": {kind: unitWord, unit: 'y'},
		"dow": {kind: unitWord, unit: 'x'}, "doy": {kind: unitWord, unit: 'x'}, "isodow": {kind: unitWord, unit: 'x'}, "isoyear": {kind: unitWord, unit: 'x'},
		"sept": {kind: monthWord, value: 9}, "tues": {kind: weekdayWord}, "weds": {kind: weekdayWord}, "thur": {kind: weekdayWord}, "thurs": {kind: weekdayWord},
	}
	for i, n := range monthNames {
		m[n] = dateWord{kind: monthWord, value: i + 1}
		m[n[:3]] = m[n]
	}
	for _, n := range dayNames {
		m[n] = dateWord{kind: weekdayWord}
		m[n[:3]] = m[n]
	}
	return m
}()

var monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
var dayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// dateTime is what has been read so far.
type dateTime struct {
	year, month, day  int
	doy               int
	hour, minute, sec int
	us                int64
	offset            int // seconds east
	special           string
	twoDigits         bool
	julian, bc        bool
	meridiem          string
	zone              *time.Location // whose offset is that of the date
	zoneName          string         // that does not exist
	textMonth         bool
	seen              part
	timeOnly          bool
	abbreviation      string // of zone, whose own offset counts
}

// Modes of readDateTime.
const timeOnly = 1

func (t *dateTime) clock() int64 {
	return int64(t.hour)*UHour + int64(t.minute)*UMinute + int64(t.sec)*USecond + t.us
}

func (t *dateTime) local() Stamp { return CivilDay(t.year, t.month, t.day).At(t.clock()) }

func (t *dateTime) beyond() bool { return t.year > 200000 || t.year < -200000 }

// stamp is the value of a special word.
func (t *dateTime) stamp() (Stamp, bool) {
	switch t.special {
	case "infinity":
		return StampInf, true
	case "-infinity":
		return StampNegInf, true
	case "epoch":
		return Day(-unixEpoch).At(0), true
	}
	return 0, false
}

func readDateTime(e *Env, s, title string, mode int) (*dateTime, error) {
	room := maxFieldBytes
	if title == "date" || mode == timeOnly {
		room = 129
	}
	fields, bad := dateTimeFields(s, room)
	t := &dateTime{timeOnly: mode == timeOnly}
	if bad == 0 {
		bad = t.read(e, fields)
	}
	if t.special == "now" || t.special == "day" {
		t.special = ""
		if _, ok := e.now(); !ok {
			return nil, fault.New(fault.FeatureNotSupported, `"%s" cannot be read here as %s`, s, title).WithHint("Use now() or CURRENT_DATE.")
		}
	}
	return t, bad.of(title, s, t.zoneName)
}

// strtoint reads an integer at the beginning of s, as the C library does; over reports one that has no 32 bits.
func strtoint(s string) (n int, rest string, over bool) {
	n64, rest, over := strtoint64(s)
	return int(int32(n64)), rest, over || n64 != int64(int32(n64))
}

func strtoint64(s string) (n int64, rest string, over bool) {
	i := 0
	for isSpace(s, i) {
		i++
	}
	from := i
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	digits := i
	for isDigit(s, i) {
		i++
	}
	if i == digits {
		return 0, s, false
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(s[from:i], "+"), 10, 64)
	return n, s[i:], err != nil
}

func atoi(s string) int { n, _, _ := strtoint(s); return n }

// fraction reads a point and digits.
func fraction(s string) (float64, readError) {
	if s == "." {
		return 0, 0
	}
	f, err := strconv.ParseFloat("0"+s, 64)
	if err != nil || strings.ContainsAny(s, "xX_") {
		return 0, badFormat
	}
	return f, 0
}

func fractionMicros(s string) (int64, readError) {
	f, bad := fraction(s)
	return int64(math.RoundToEven(f * 1e6)), bad
}

// read takes the fields of a date with or without a time, or of a time alone.
func (t *dateTime) read(e *Env, fields []dateTimeField) readError {
	var unit byte // of the number that comes: y2001m02d04; t before a time
	for i, f := range fields {
		var got part
		var bad readError
		switch f.kind {
		case dateField:
			got, bad = t.dateOrZone(fields, i, &unit)
		case timeField:
			if unit != 0 && !t.timeOnly {
				if unit != 't' {
					return badFormat
				}
				unit = 0
			}
			got, bad = t.clockField(f.text)
			if bad == 0 && !t.timeOnly && t.overflows() {
				return fieldOverflow
			}
		case signedField:
			t.offset, bad = zoneOffsetOf(f.text)
			got = zonePart
		case numberField:
			if unit != 0 {
				got, bad = t.labelled(f.text, unit)
				unit = 0
				if _, ok := t.stamp(); ok {
					t.special = ""
				}
			} else {
				got, bad = t.number(fields, i)
			}
		default:
			got, bad = t.word(e, fields, i, &unit)
		}
		if bad != 0 {
			return bad
		}
		if got&t.seen != 0 {
			return badFormat
		}
		t.seen |= got
	}
	if bad := t.validDate(); bad != 0 {
		return bad
	}
	switch {
	case t.meridiem != "" && t.hour > 12:
		return fieldOverflow
	case t.meridiem == "am" && t.hour == 12:
		t.hour = 0
	case t.meridiem == "pm" && t.hour != 12:
		t.hour += 12
	}
	if t.timeOnly {
		if t.overflows() {
			return fieldOverflow
		}
		if t.seen&wholeTime != wholeTime {
			return badFormat
		}
	} else if _, ok := t.stamp(); ok {
		return 0
	} else if t.seen&wholeDate != wholeDate {
		return badFormat
	}
	return t.settleZone(e)
}

// settleZone finds the offset of a zone that is known by name, or of the session.
func (t *dateTime) settleZone(e *Env) readError {
	zone := t.zone
	switch {
	case zone == nil && t.seen&zonePart != 0:
		return 0
	case t.seen&daylightModPart != 0:
		return badFormat
	}
	day := CivilDay(t.year, t.month, t.day)
	if t.timeOnly {
		switch {
		case zone != nil && t.seen&wholeDate != wholeDate:
			off, constant := constantOffset(zone)
			if !constant && t.abbreviation == "" {
				return badFormat
			}
			if constant {
				t.offset = off
				return 0
			}
		case zone == nil && t.seen&wholeDate != 0 && t.seen&wholeDate != wholeDate:
			return badFormat
		}
		if t.seen&wholeDate == 0 {
			now := Stamp(0)
			if at, ok := e.now(); ok {
				now = StampOf(at)
			}
			day, _ = now.Local(e.zone()).Split()
		}
	} else if t.beyond() {
		return 0
	}
	if zone == nil {
		zone = e.zone()
	}
	local := day.At(t.clock())
	at := local.In(zone)
	t.offset = int(int64(local-at) / USecond)
	if t.abbreviation != "" {
		t.offset = abbreviatedOffset(at, zone, t.abbreviation, t.offset)
	}
	return 0
}

// abbreviatedOffset is the offset that a zone's abbreviation has at a moment, or had last before it, or has next after it.
func abbreviatedOffset(at Stamp, zone *time.Location, name string, otherwise int) int {
	const years = 40
	for _, step := range []time.Duration{-28 * 24 * time.Hour, 28 * 24 * time.Hour} {
		moment := at.Time().In(zone)
		for range years * 13 {
			if n, off := moment.Zone(); n == name {
				return off
			}
			moment = moment.Add(step)
		}
	}
	return otherwise
}

// constantOffset is the offset of a zone that has always had the same.
func constantOffset(z *time.Location) (offset int, constant bool) {
	offset = zoneOffset(CivilDay(1800, 1, 1).At(0), z)
	for y := 1900; y < 2040; y++ {
		for m := 1; m <= 12; m += 3 {
			if zoneOffset(CivilDay(y, m, 1).At(0), z) != offset {
				return 0, false
			}
		}
	}
	return offset, true
}

func (t *dateTime) overflows() bool {
	return t.hour < 0 || t.hour > 24 || t.minute < 0 || t.minute > 59 || t.sec < 0 || t.sec > 60 || t.us < 0 || t.us > USecond || t.clock() > UDay
}

// validDate completes the year and checks the date's fields.
func (t *dateTime) validDate() readError {
	if t.seen&yearPart != 0 && !t.julian {
		switch {
		case t.bc:
			if t.year <= 0 {
				return fieldOverflow
			}
			t.year = 1 - t.year
		case t.twoDigits:
			switch {
			case t.year < 0:
				return fieldOverflow
			case t.year < 70:
				t.year += 2000
			case t.year < 100:
				t.year += 1900
			}
		case t.year <= 0:
			return fieldOverflow
		}
	}
	if t.seen&doyPart != 0 {
		t.year, t.month, t.day = CivilDay(t.year, 1, t.doy).Civil()
	}
	switch {
	case t.seen&monthPart != 0 && (t.month < 1 || t.month > 12):
		return monthOverflow
	case t.seen&dayPart != 0 && (t.day < 1 || t.day > 31):
		return monthOverflow
	case t.seen&wholeDate == wholeDate && t.day > MonthDays(t.year, t.month):
		return fieldOverflow
	}
	return 0
}

// dateOrZone takes a field that looks like a date: it may be the name of a zone, or a time in digits with the offset of a zone.
func (t *dateTime) dateOrZone(fields []dateTimeField, i int, unit *byte) (part, readError) {
	text := fields[i].text
	digits := isDigit(text, 0)
	if t.timeOnly {
		if i == 0 && len(fields) >= 2 && (fields[len(fields)-1].kind == dateField || fields[1].kind == timeField) {
			return t.dateParts(text)
		}
		if digits && t.seen&wholeTime == wholeTime {
			return 0, badFormat
		}
	} else {
		if *unit == 'j' {
			n, rest, over := strtoint(text)
			if over || n < 0 {
				return 0, fieldOverflow
			}
			t.setJulian(n)
			var bad readError
			t.offset, bad = zoneOffsetOf(rest)
			*unit = 0
			return wholeDate | wholeTime | zonePart, bad
		}
		if *unit == 0 && t.seen&(monthPart|dayPart) != monthPart|dayPart {
			return t.dateParts(text)
		}
		if digits || *unit != 0 {
			if *unit != 0 {
				if *unit != 't' {
					return 0, badFormat
				}
				*unit = 0
			}
			if t.seen&wholeTime == wholeTime {
				return 0, badFormat
			}
			digits = true
		}
	}
	if !digits {
		z := NamedZone(text)
		if z == nil {
			t.zoneName = text
			return 0, noSuchZone
		}
		t.zone = z
		return zonePart, 0
	}
	at := strings.IndexByte(text, '-')
	if at < 0 {
		return 0, badFormat
	}
	var bad readError
	if t.offset, bad = zoneOffsetOf(text[at:]); bad != 0 {
		return 0, bad
	}
	seen := t.seen
	if t.timeOnly {
		seen |= wholeDate
	}
	got, bad := t.runTogether(text[:at], seen)
	return got | zonePart, bad
}

func (t *dateTime) setJulian(n int) {
	t.julian = true
	t.year, t.month, t.day = Day(n - 2451545).Civil()
}

// dateParts takes a date with delimiters.
func (t *dateTime) dateParts(text string) (part, readError) {
	var parts []string
	for i := 0; i < len(text) && len(parts) < maxFields; {
		for i < len(text) && !isDigit(text, i) && !isAlpha(text, i) {
			i++
		}
		if i == len(text) {
			return 0, badFormat
		}
		from := i
		if isDigit(text, i) {
			for isDigit(text, i) {
				i++
			}
		} else {
			for isAlpha(text, i) {
				i++
			}
		}
		parts = append(parts, text[from:i])
		i++ // whatever follows is a delimiter
	}
	seen, got := t.seen, part(0)
	textMonth := false
	for i, p := range parts {
		if !isAlpha(p, 0) {
			continue
		}
		w := dateWords[p]
		if w.kind == idleWord {
			continue
		}
		if w.kind != monthWord || seen&monthPart != 0 {
			return 0, badFormat
		}
		t.month, textMonth = w.value, true
		seen |= monthPart
		got |= monthPart
		parts[i] = ""
	}
	for _, p := range parts {
		if p == "" {
			continue
		}
		g, bad := t.plainNumber(p, textMonth, seen)
		if bad != 0 {
			return 0, bad
		}
		if g&seen != 0 {
			return 0, badFormat
		}
		seen |= g
		got |= g
	}
	if seen&^(doyPart|zonePart) != wholeDate {
		return 0, badFormat
	}
	return got, 0
}

// clockField takes hh:mm, hh:mm:ss with or without a fraction, or mm:ss.fff.
func (t *dateTime) clockField(text string) (part, readError) {
	h, m, s, us, bad := clockParts(text, false)
	if bad == 0 && h > math.MaxInt32 {
		bad = fieldOverflow
	}
	t.hour, t.minute, t.sec, t.us = int(h), m, s, us
	return wholeTime, bad
}

// clockParts reads the fields of a time; minutes says that two fields are minutes and seconds.
func clockParts(text string, minutes bool) (h int64, m, s int, us int64, bad readError) {
	h, rest, over := strtoint64(text)
	if over {
		return 0, 0, 0, 0, fieldOverflow
	}
	if rest == "" || rest[0] != ':' {
		return 0, 0, 0, 0, badFormat
	}
	if m, rest, over = strtoint(rest[1:]); over {
		return 0, 0, 0, 0, fieldOverflow
	}
	shift := func() {
		if h > math.MaxInt32 || h < math.MinInt32 {
			bad = fieldOverflow
			return
		}
		h, m, s = 0, int(h), m
	}
	switch {
	case rest == "":
		if minutes {
			shift()
		}
	case rest[0] == '.':
		if us, bad = fractionMicros(rest); bad == 0 {
			shift()
		}
	case rest[0] == ':':
		if s, rest, over = strtoint(rest[1:]); over {
			return 0, 0, 0, 0, fieldOverflow
		}
		switch {
		case rest == "":
		case rest[0] == '.':
			us, bad = fractionMicros(rest)
		default:
			bad = badFormat
		}
	default:
		bad = badFormat
	}
	if bad == 0 && (h < 0 || m < 0 || m > 59 || s < 0 || s > 60 || us < 0 || us > USecond) {
		bad = fieldOverflow
	}
	return h, m, s, us, bad
}

// zoneOffsetOf reads the offset of a zone, in seconds east: +hh, +hhmm, +hh:mm or +hh:mm:ss.
func zoneOffsetOf(text string) (int, readError) {
	if text == "" || text[0] != '+' && text[0] != '-' {
		return 0, badFormat
	}
	h, rest, over := strtoint(text[1:])
	if over {
		return 0, zoneOverflow
	}
	m, s := 0, 0
	switch {
	case rest != "" && rest[0] == ':':
		if m, rest, over = strtoint(rest[1:]); over {
			return 0, zoneOverflow
		}
		if rest != "" && rest[0] == ':' {
			if s, rest, over = strtoint(rest[1:]); over {
				return 0, zoneOverflow
			}
		}
	case rest == "" && len(text) > 3:
		h, m = h/100, h%100
	}
	if h < 0 || h > 15 || m < 0 || m > 59 || s < 0 || s > 59 {
		return 0, zoneOverflow
	}
	if rest != "" {
		return 0, badFormat
	}
	off := h*3600 + m*60 + s
	if text[0] == '-' {
		off = -off
	}
	return off, 0
}

// labelled takes the number after a word that says what it is.
func (t *dateTime) labelled(text string, unit byte) (part, readError) {
	n, rest, over := strtoint(text)
	switch {
	case over:
		return 0, fieldOverflow
	case rest != "" && (rest[0] != '.' || unit != 'j' && unit != 't' && unit != 's'):
		return 0, badFormat
	}
	switch unit {
	case 'y':
		t.year = n
		return yearPart, 0
	case 'm':
		if t.seen&monthPart != 0 && t.seen&hourPart != 0 {
			t.minute = n
			return minutePart, 0
		}
		t.month = n
		return monthPart, 0
	case 'd':
		t.day = n
		return dayPart, 0
	case 'h':
		t.hour = n
		return hourPart, 0
	case 'i':
		t.minute = n
		return minutePart, 0
	case 's':
		t.sec = n
		if rest == "" {
			return secondPart, 0
		}
		var bad readError
		t.us, bad = fractionMicros(rest)
		return wholeSecond, bad
	case 'j':
		if n < 0 {
			return 0, fieldOverflow
		}
		t.setJulian(n)
		if rest == "" {
			return wholeDate, 0
		}
		f, bad := fraction(rest)
		us := int64(math.RoundToEven(f * float64(UDay)))
		t.hour, t.minute, t.sec, t.us = int(us/UHour), int(us/UMinute%60), int(us/USecond%60), us%USecond
		return wholeDate | wholeTime, bad
	case 't':
		got, bad := t.runTogether(text, t.seen|wholeDate)
		if bad == 0 && got != wholeTime {
			bad = badFormat
		}
		return got, bad
	}
	return 0, badFormat
}

// number takes a number without a label.
func (t *dateTime) number(fields []dateTimeField, i int) (part, readError) {
	text := fields[i].text
	dot := strings.IndexByte(text, '.')
	if t.timeOnly {
		seen := t.seen | wholeDate
		switch {
		case dot >= 0 && i == 0 && len(fields) >= 2 && fields[len(fields)-1].kind == dateField:
			return t.dateParts(text)
		case dot > 2, dot < 0 && len(text) > 4:
			return t.runTogether(text, seen)
		case dot >= 0:
			return 0, badFormat
		}
		return t.plainNumber(text, false, seen)
	}
	switch {
	case dot >= 0 && t.seen&wholeDate == 0:
		return t.dateParts(text)
	case dot > 2, len(text) >= 6 && (t.seen&wholeDate == 0 || t.seen&wholeTime == 0):
		return t.runTogether(text, t.seen)
	}
	return t.plainNumber(text, t.textMonth, t.seen)
}

// plainNumber takes a number that is one part of a date, by what is seen already: year first when it has three digits or more, else month, day, year.
func (t *dateTime) plainNumber(text string, textMonth bool, seen part) (part, readError) {
	n, rest, over := strtoint(text)
	switch {
	case over:
		return 0, fieldOverflow
	case len(rest) == len(text):
		return 0, badFormat
	case rest != "" && rest[0] == '.':
		if len(text)-len(rest) > 2 {
			return t.runTogether(text, seen|wholeDate)
		}
		var bad readError
		if t.us, bad = fractionMicros(rest); bad != 0 {
			return 0, bad
		}
	case rest != "":
		return 0, badFormat
	}
	if len(text) == 3 && seen&wholeDate == yearPart && n >= 1 && n <= 366 {
		t.doy = n
		return doyPart | monthPart | dayPart, 0
	}
	got := yearPart
	switch seen & wholeDate {
	case 0:
		if len(text) < 3 {
			got = monthPart
		}
	case yearPart, dayPart:
		got = monthPart
	case monthPart:
		if !textMonth || len(text) < 3 {
			got = dayPart
		}
	case yearPart | monthPart:
		got = dayPart
		if textMonth && len(text) >= 3 && t.twoDigits { // what was taken for the year was the day
			t.day, t.year, t.twoDigits = t.year, n, false
			return got, 0
		}
	case monthPart | dayPart:
	case wholeDate:
		return t.runTogether(text, seen)
	default:
		return 0, badFormat
	}
	switch got {
	case yearPart:
		t.year, t.twoDigits = n, len(text) <= 2
	case monthPart:
		t.month = n
	case dayPart:
		t.day = n
	}
	return got, 0
}

// runTogether takes yymmdd, yyyymmdd, hhmm or hhmmss, the time with a fraction of a second.
func (t *dateTime) runTogether(text string, seen part) (part, readError) {
	if dot := strings.IndexByte(text, '.'); dot >= 0 {
		us, bad := fractionMicros(text[dot:])
		if bad != 0 {
			return 0, bad
		}
		t.us = us
		text = text[:dot]
	} else if n := len(text); seen&wholeDate != wholeDate && n >= 6 {
		t.year, t.month, t.day = atoi(text[:n-4]), atoi(text[n-4:n-2]), atoi(text[n-2:])
		if n == 6 {
			t.twoDigits = true
		}
		return wholeDate, 0
	}
	if seen&wholeTime != wholeTime && (len(text) == 4 || len(text) == 6) {
		t.hour, t.minute, t.sec = atoi(text[:2]), atoi(text[2:4]), atoi(text[4:])
		return wholeTime, 0
	}
	return 0, badFormat
}

// word takes a word: a zone, a month, a label, or one that stands for a date or time.
func (t *dateTime) word(e *Env, fields []dateTimeField, i int, unit *byte) (part, readError) {
	text := fields[i].text
	if a, ok := abbreviations()[text]; ok {
		if a.zone != nil {
			t.zone, t.abbreviation = a.zone, strings.ToUpper(text)
			return zonePart | zoneOfMomentPart, 0
		}
		t.offset = a.offset
		if a.daylight {
			return zonePart | daylightPart, 0
		}
		return zonePart, 0
	}
	w := dateWords[text]
	switch w.kind {
	case idleWord:
		return 0, 0
	case specialWord:
		return t.specialWord(e, text)
	case monthWord:
		got := monthPart
		if t.seen&monthPart != 0 && !t.textMonth && t.seen&dayPart == 0 && t.month >= 1 && t.month <= 31 {
			t.day = t.month
			got = dayPart
		}
		t.textMonth, t.month = true, w.value
		if t.timeOnly {
			return 0, badFormat
		}
		return got, 0
	case weekdayWord:
		if t.timeOnly {
			return 0, badFormat
		}
		return weekdayPart, 0
	case meridiemWord:
		t.meridiem = text
		return meridiemPart, 0
	case eraWord:
		t.bc = text == "bc"
		return eraPart, 0
	case daylightWord:
		t.offset += 3600
		return daylightModPart | daylightPart, 0
	case unitWord, timeWord:
		*unit = w.unit
		if w.kind == timeWord {
			if !t.timeOnly && t.seen&wholeDate != wholeDate {
				return 0, badFormat
			}
			if next := i + 1; next >= len(fields) || fields[next].kind != numberField && fields[next].kind != timeField && fields[next].kind != dateField {
				return 0, badFormat
			}
			*unit = 't'
		}
		return 0, 0
	}
	z := NamedZone(text)
	if z == nil {
		return 0, badFormat
	}
	t.zone = z
	return zonePart, 0
}

func (t *dateTime) specialWord(e *Env, text string) (part, readError) {
	now := Stamp(0)
	if at, ok := e.now(); ok {
		now = StampOf(at)
	}
	day, us := now.Local(e.zone()).Split()
	clock := func() {
		t.hour, t.minute, t.sec, t.us = int(us/UHour), int(us/UMinute%60), int(us/USecond%60), us%USecond
	}
	switch text {
	case "allballs":
		t.special = ""
		t.hour, t.minute, t.sec, t.us, t.offset = 0, 0, 0, 0, 0
		return wholeTime | zonePart, 0
	case "now":
		t.special = "now"
		clock()
		if t.timeOnly {
			return wholeTime, 0
		}
		t.year, t.month, t.day = day.Civil()
		t.offset = zoneOffset(now, e.zone())
		return wholeDate | wholeTime | zonePart, 0
	}
	if t.timeOnly {
		return 0, badFormat
	}
	switch text {
	case "yesterday":
		day--
	case "tomorrow":
		day++
	case "today":
	default:
		t.special = text
		return reservedPart, 0
	}
	t.special = "day"
	t.year, t.month, t.day = day.Civil()
	return wholeDate, 0
}

// zones keeps the named zones that were read, by lower-case name: there are some hundreds at most.
var zones sync.Map

// Zone finds a time zone by the names that SET TIME ZONE and AT TIME ZONE take: an abbreviation, a full name, an offset.
func Zone(name string) (*time.Location, error) {
	l := strings.ToLower(name)
	if a, ok := abbreviations()[l]; ok {
		switch {
		case a.zone != nil:
			return a.zone, nil
		case a.offset == 0:
			return time.UTC, nil
		}
		return time.FixedZone(strings.ToUpper(l), a.offset), nil
	}
	if z := NamedZone(l); z != nil {
		return z, nil
	}
	return nil, fault.New(fault.InvalidParameterValue, `time zone "%s" not recognized`, name)
}

// ZoneAt is Zone at a moment: an abbreviation that has had several offsets has the one that it had then.
func ZoneAt(name string, at func(*time.Location) Stamp) (*time.Location, error) {
	z, err := Zone(name)
	if a := abbreviations()[strings.ToLower(name)]; err == nil && a.zone != nil {
		moment := at(z)
		z = OffsetZone(abbreviatedOffset(moment, z, strings.ToUpper(name), zoneOffset(moment, z)))
	}
	return z, err
}

// MadeZone is the zone of make_timestamptz, where a number is an offset east.
func MadeZone(name string) (*time.Location, error) {
	if isDigit(name, 0) {
		return nil, fault.New(fault.InvalidParameterValue, `invalid input syntax for type %s: "%s"`, "numeric time zone", name).
			WithHint(`Numeric time zones must have "-" or "+" as first character.`)
	}
	offset, bad := zoneOffsetOf(name)
	switch bad {
	case 0:
		return time.FixedZone("", offset), nil
	case zoneOverflow:
		return nil, fault.New(fault.InvalidParameterValue, `numeric time zone "%s" out of range`, name)
	}
	return Zone(name)
}

// OffsetZone is a zone of nothing but an offset, in seconds east, with the name that PostgreSQL gives it.
func OffsetZone(seconds int) *time.Location {
	size := max(seconds, -seconds)
	t := fmt.Sprintf("%02d", size/3600)
	if size%3600 != 0 {
		t += fmt.Sprintf(":%02d", size/60%60)
	}
	if size%60 != 0 {
		t += fmt.Sprintf(":%02d", size%60)
	}
	if seconds < 0 {
		return time.FixedZone("<-"+t+">+"+t, seconds)
	}
	return time.FixedZone("<+"+t+">-"+t, seconds)
}

// NamedZone finds a time zone by its full name or by a description; nil when there is none.
func NamedZone(l string) *time.Location {
	l = strings.ToLower(l)
	switch {
	case l == "" || l == "local" || l[0] == ':':
		return nil
	case l[0] == '.' || l[0] == '/':
		return posixZone(l)
	}
	if z, ok := zones.Load(l); ok {
		return z.(*time.Location)
	}
	for _, n := range []string{zoneCase(l), strings.ToUpper(l)} {
		if z, err := time.LoadLocation(n); err == nil {
			zones.Store(l, z)
			return z
		}
	}
	return posixZone(l)
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

// posixZone reads a zone's description, "+05:30", "-3", "UTC+3", "<any name>-1", "EST5EDT", whose sign is POSIX's: positive is west of Greenwich. Daylight time without
// a rule follows that of the United States.
func posixZone(l string) *time.Location {
	name := func(s string) (string, bool) {
		if strings.HasPrefix(s, "<") {
			_, after, ok := strings.Cut(s, ">")
			return after, ok
		}
		return strings.TrimLeftFunc(s, func(r rune) bool { return !(r >= '0' && r <= '9' || r == ',' || r == '-' || r == '+') }), true
	}
	rest, ok := name(l)
	if !ok {
		return nil
	}
	std, rest, ok := posixOffset(rest)
	if !ok {
		return nil
	}
	if rest == "" {
		return time.FixedZone(strings.ToUpper(l), -std)
	}
	after, ok := name(rest)
	if !ok || after == rest {
		return nil
	}
	dst := std - 3600
	if after != "" && after[0] != ',' {
		if dst, after, ok = posixOffset(after); !ok {
			return nil
		}
	}
	switch {
	case after == "":
		after = ",M3.2.0,M11.1.0"
	default:
		if after = strings.ToUpper(after); !posixRule.MatchString(after) {
			return nil
		}
	}
	// A zone of nothing but that rule, in the form of a file of zones.
	header := "TZif2" + strings.Repeat("\x00", 15) + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x04"
	body := string(binary.BigEndian.AppendUint32(nil, uint32(-std))) + "\x00\x00STD\x00"
	z, err := time.LoadLocationFromTZData(l, []byte(header+body+header+body+fmt.Sprintf("\n<STD>%d:%d:%d<DST>%d:%d:%d%s\n",
		std/3600, max(std, -std)/60%60, max(std, -std)%60, dst/3600, max(dst, -dst)/60%60, max(dst, -dst)%60, after)))
	if err != nil {
		return nil
	}
	return z
}

var posixRule = regexp.MustCompile(`^(,(J?\d+|M\d+\.\d+\.\d+)(/[+-]?\d+(:\d+){0,2})?){2}$`)

// posixOffset reads an offset in hours, minutes and seconds, in seconds west.
func posixOffset(s string) (offset int, rest string, ok bool) {
	sign := 1
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	unit := 3600
	for i, most := range []int{167, 59, 60} {
		if i > 0 {
			if s == "" || s[0] != ':' {
				break
			}
			s = s[1:]
		}
		n, j := 0, 0
		for isDigit(s, j) {
			if n = n*10 + int(s[j]-'0'); n > most {
				return 0, "", false
			}
			j++
		}
		if j == 0 {
			return 0, "", false
		}
		offset += n * unit
		unit /= 60
		s = s[j:]
	}
	return sign * offset, s, true
}
