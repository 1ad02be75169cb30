package builtin

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// A pathTime is what .datetime() makes of a string. As an item of a JSON path it is a text that begins with timeMark, as no JSON does.
type pathTime struct {
	kind byte // a key of pathTimeNames
	at   int64
	zone int // seconds east, of the kinds with a time zone
	// at is days of a date, microseconds of the others: of a time of the day in its own zone, of a timestamp with time zone in UTC.
}

const timeMark = '\x01'

var pathTimeNames = map[byte]string{'d': "date", 't': "time without time zone", 'T': "time with time zone", 's': "timestamp without time zone", 'S': "timestamp with time zone"}

func (t pathTime) item() string { return fmt.Sprintf("%c%c %d %d", timeMark, t.kind, t.at, t.zone) }

// timeOfItem is the pathTime that an item is; ok is false of JSON.
func timeOfItem(v string) (t pathTime, ok bool) {
	if v == "" || v[0] != timeMark {
		return pathTime{}, false
	}
	if _, err := fmt.Sscanf(v[1:], "%c %d %d", &t.kind, &t.at, &t.zone); err != nil {
		panic(fmt.Sprintf("builtin: the item %q of a JSON path", v))
	}
	return t, true
}

// kindOfItem is value.JSONKind, and "datetime".
func kindOfItem(v string) string {
	if _, ok := timeOfItem(v); ok {
		return "datetime"
	}
	return value.JSONKind(v)
}

// json is what leaves the path: a timestamp is in the zone that was read with it.
func (t pathTime) json() string {
	text, _ := t.text()
	return value.QuoteJSON(text)
}

// text is the time as JSON has it, or the error that it is out of range.
func (t pathTime) text() (string, error) {
	var d datum
	var err error
	switch t.kind {
	case 'd':
		d, err = value.Day(t.at).Datum()
	case 't', 'T':
		d = value.ClockDatum(t.at)
	case 's', 'S':
		d, err = value.Stamp(t.at + int64(t.zone)*value.USecond).TimestampDatum()
	}
	if err != nil {
		return "", err
	}
	if t.zoned() {
		return d.Str() + string(value.AppendOffset(nil, t.zone)), nil
	}
	return d.Str(), nil
}

// unreadTime is the error of a text that is not as its template says: silent calls and predicates swallow it, whatever its code.
type unreadTime struct{ cause *fault.Error }

func (u unreadTime) Error() string { return u.cause.Error() }

// pathTimeTemplates are tried one after another where .datetime() has no template.
var pathTimeTemplates = func() [][]templateNode {
	var all [][]templateNode
	for _, day := range []string{"", "yyyy-mm-dd ", `yyyy-mm-dd"T"`} {
		for _, zone := range []string{"TZH:TZM", "TZH", ""} {
			for _, fraction := range []string{".US", ""} {
				nodes, _ := parseTemplate(day+"HH24:MI:SS"+fraction+zone, timeKeys, true, nil) // fails at numbers only
				all = append(all, nodes)
			}
		}
	}
	day, _ := parseTemplate("yyyy-mm-dd", timeKeys, true, nil)
	return append([][]templateNode{day}, all...)
}()

// readPathTime is the method .datetime() on one item.
func readPathTime(n *value.PathNode, v string) ([]string, error) {
	if kindOfItem(v) != "string" {
		return nil, fault.New("22031", "jsonpath item method .datetime() can only be applied to a string")
	}
	s := value.UnquoteJSON(v)
	if n.Template == nil {
		for _, nodes := range pathTimeTemplates {
			if t, err := pathTimeBy(s, nodes); err == nil {
				if _, err := t.text(); err != nil {
					return nil, err
				}
				return []string{t.item()}, nil
			}
		}
		return nil, fault.New("22031", `datetime format is not recognized: "%s"`, s).WithHint("Use a datetime template argument to specify the input data format.")
	}
	nodes, err := parseTemplate(n.Template.Str, timeKeys, true, nil)
	if err != nil {
		return nil, err
	}
	for i := range nodes {
		if c := nodes[i]; c.key == nil && !c.quoted && !strings.Contains("-./,':; ", c.char) {
			return nil, fault.New(fault.InvalidDatetimeFormat, `invalid datetime format separator: "%s"`, c.char)
		}
	}
	t, err := pathTimeBy(s, nodes)
	if err == nil {
		_, err = t.text()
	}
	if err != nil {
		if f, ok := err.(*fault.Error); ok {
			err = unreadTime{f}
		}
		return nil, err
	}
	return []string{t.item()}, nil
}

// pathTimeBy reads a text by a template, which says what type it is.
func pathTimeBy(s string, nodes []templateNode) (t pathTime, err error) {
	dated, timed, zoned := false, false, false
	for _, n := range nodes {
		if n.key == nil {
			continue
		}
		switch n.key.id {
		case "FX":
		case "A.M.", "P.M.", "AM", "PM", "HH", "HH12", "HH24", "MI", "SS", "SSSS", "SSSSS", "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
			timed = true
		case "TZ", "TZH", "TZM", "OF":
			zoned = true
		default:
			dated = true
		}
	}
	r, err := (&timeReader{s: s, fields: map[string]int{}, exact: true}).read(nodes)
	if err != nil {
		return t, err
	}
	clock := int64(r.hour*3600+r.minute*60+r.second)*value.USecond + r.micros
	local := int64(r.date().At(clock))
	switch {
	case dated && timed && zoned:
		return pathTime{'S', local - int64(r.offset)*value.USecond, r.offset}, nil
	case dated && timed:
		return pathTime{kind: 's', at: local}, nil
	case dated && zoned:
		return t, fault.New(fault.InvalidDatetimeFormat, "datetime format is zoned but not timed")
	case dated:
		return pathTime{kind: 'd', at: int64(r.date())}, nil
	case timed && zoned:
		return pathTime{'T', clock, r.offset}, nil
	case timed:
		return pathTime{kind: 't', at: clock}, nil
	}
	return t, fault.New(fault.InvalidDatetimeFormat, "datetime format is not dated and not timed")
}

// compareTimes compares two items that are times; comparable is false of one with a date and a time of the day.
func (e *pathEval) compareTimes(v, w string) (c int, comparable bool, err error) {
	x, _ := timeOfItem(v)
	y, _ := timeOfItem(w)
	if x.daytime() != y.daytime() {
		return 0, false, nil
	}
	a, err := e.as(x, y)
	if err != nil {
		return 0, false, err
	}
	b, err := e.as(y, x)
	if err != nil {
		return 0, false, err
	}
	if a.kind == 'T' {
		return value.CompareTimetz(a.at, a.zone, b.at, b.zone), true, nil
	}
	return cmp.Compare(a.at, b.at), true, nil
}

func (t pathTime) daytime() bool { return t.kind == 't' || t.kind == 'T' }
func (t pathTime) zoned() bool   { return t.kind == 'S' || t.kind == 'T' }

// as makes a time comparable with another.
func (e *pathEval) as(t, other pathTime) (pathTime, error) {
	names := map[byte]string{'d': "date", 't': "time", 's': "timestamp", 'S': "timestamptz", 'T': "timetz"}
	if other.zoned() && !t.zoned() && !e.zoned {
		return t, fault.New(fault.FeatureNotSupported, "cannot convert value from %s to %s without time zone usage", names[t.kind], names[other.kind]).
			WithHint("Use *_tz() function for time zone support.")
	}
	if t.kind == 'd' && other.kind != 'd' {
		t = pathTime{kind: 's', at: int64(value.Day(t.at).At(0))}
	}
	if other.zoned() && !t.zoned() {
		if t.kind == 't' {
			return pathTime{'T', t.at, offsetAt(e.ctx.now(), e.ctx.zone())}, nil
		}
		return pathTime{kind: 'S', at: int64(value.Stamp(t.at).In(e.ctx.zone()))}, nil
	}
	return t, nil
}
