package builtin

import (
	"strings"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
)

// A template of to_char, to_date, to_timestamp and to_number is a list of nodes: patterns, and characters that stand for themselves.
type templateNode struct {
	key   *templateKey // nil for a character
	char  string
	space bool // char is white space
	// char is a separator, one of ASCII's signs: reading takes it for any other. In templates of numbers there are none.
	separator bool
	quoted    bool // char stood in double quotes

	fill    bool // FM before a pattern: without padding
	named   bool // TM before it: a name in the session's language, which is English; it is not padded
	ordinal byte // T or t: TH or th after it
}

// templateKey is a pattern.
type templateKey struct {
	name  string // as the template writes it
	id    string // the same for patterns that differ in nothing but case
	digit bool   // it stands for digits only
	mode  byte   // g or i: it belongs to the Gregorian or to the ISO week's calendar
}

// The patterns of dates and times in the order in which they are tried. After a colon: d for digits, g or i for the calendar.
const timePatterns = `A.D. A.M. AD AM B.C. BC CC:d DAY DDD:dg DD:dg DY Day Dy D:dg FF1:d FF2:d FF3:d FF4:d FF5:d FF6:d FX HH24:d HH12:d HH:d IDDD:di ID:di IW:di IYYY:di IYY:di IY:di I:di ` +
	`J:d MI:d MM:dg MONTH:g MON:g MS:d Month:g Mon:g OF P.M. PM Q:d RM:g SSSSS:d SSSS:d SS:d TZH TZM:d TZ US:d WW:dg W:dg Y,YYY:dg YYYY:dg YYY:dg YY:dg Y:dg ` +
	`a.d. a.m. ad am b.c. bc cc:d day ddd:dg dd:dg dy d:dg ff1:d ff2:d ff3:d ff4:d ff5:d ff6:d fx hh24:d hh12:d hh:d iddd:di id:di iw:di iyyy:di iyy:di iy:di i:di ` +
	`j:d mi:d mm:dg month:g mon:g ms:d of p.m. pm q:d rm:g sssss:d ssss:d ss:d tzh tzm:d tz us:d ww:dg w:dg y,yyy:dg yyyy:dg yyy:dg yy:dg y:dg`

const numberPatterns = `, . 0 9 B C D EEEE FM G L MI PL PR RN SG SP S TH V b c d eeee fm g l mi pl pr rn sg sp s th v`

var timeKeys, numberKeys = templateKeys(timePatterns), templateKeys(numberPatterns)

func templateKeys(patterns string) []*templateKey {
	var out []*templateKey
	for p := range strings.FieldsSeq(patterns) {
		name, marks, _ := strings.Cut(p, ":")
		k := &templateKey{name: name, id: strings.ToUpper(name), digit: strings.Contains(marks, "d")}
		if i := strings.IndexAny(marks, "gi"); i >= 0 {
			k.mode = marks[i]
		}
		out = append(out, k)
	}
	return out
}

// parseTemplate takes a template apart. times says that it is one of dates, whose patterns have prefixes and suffixes; seen is told of each pattern.
func parseTemplate(f string, keys []*templateKey, times bool, seen func(k *templateKey) error) ([]templateNode, error) {
	var out []templateNode
	for f != "" {
		var n templateNode
		if times {
			switch p := f[:min(2, len(f))]; p {
			case "FM", "fm", "TM", "tm":
				n.fill, n.named = p == "FM" || p == "fm", p == "TM" || p == "tm"
				if f = f[2:]; f == "" {
					return out, nil
				}
			}
		}
		for _, k := range keys {
			if strings.HasPrefix(f, k.name) {
				n.key = k
				break
			}
		}
		if n.key != nil {
			f = f[len(n.key.name):]
			if seen != nil {
				if err := seen(n.key); err != nil {
					return nil, err
				}
			}
			if times {
				switch s := f[:min(2, len(f))]; s {
				case "TH", "th":
					n.ordinal = s[0]
					f = f[2:]
				case "SP":
					f = f[2:]
				}
			}
			out = append(out, n)
			continue
		}
		n = templateNode{}
		if f[0] == '"' {
			for f = f[1:]; f != ""; {
				if f[0] == '"' {
					f = f[1:]
					break
				}
				if f[0] == '\\' && len(f) > 1 {
					f = f[1:]
				}
				_, size := utf8.DecodeRuneInString(f)
				out = append(out, templateNode{char: f[:size], quoted: true})
				f = f[size:]
			}
			continue
		}
		if f[0] == '\\' && len(f) > 1 && f[1] == '"' {
			f = f[1:]
		}
		_, size := utf8.DecodeRuneInString(f)
		n.char = f[:size]
		n.separator = times && isSeparator(f[0])
		n.space = !n.separator && isBlank(f[0])
		out = append(out, n)
		f = f[size:]
	}
	return out, nil
}

// isSeparator is true of the signs of ASCII: neither letters nor digits nor blanks.
func isSeparator(c byte) bool {
	return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !(c|0x20 >= 'a' && c|0x20 <= 'z')
}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// ordinal is what makes an ordinal of a number: th, st …; low for lower case.
func ordinal(n string, low bool) (string, error) {
	last := n[len(n)-1]
	if last < '0' || last > '9' {
		return "", fault.New(fault.InvalidTextRepresentation, `"%s" is not a number`, n)
	}
	s := "TH"
	if len(n) == 1 || n[len(n)-2] != '1' {
		switch last {
		case '1':
			s = "ST"
		case '2':
			s = "ND"
		case '3':
			s = "RD"
		}
	}
	if low {
		s = strings.ToLower(s)
	}
	return s, nil
}
