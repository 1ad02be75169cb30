package sql_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A gen makes things at random.
type gen struct {
	*rand.Rand
	tables *tables
}

func (g *gen) pick(of ...string) string { return of[g.IntN(len(of))] }

// chance is true in percent of a hundred cases.
func (g *gen) chance(percent int) bool { return g.IntN(100) < percent }

func (g *gen) digits(most int) string {
	var b strings.Builder
	for range 1 + g.IntN(most) {
		b.WriteByte(byte('0' + g.IntN(10)))
	}
	return b.String()
}

func (g *gen) date() string {
	return fmt.Sprintf("%04d-%02d-%02d", 1900+g.IntN(200), 1+g.IntN(12), 1+g.IntN(28))
}

func (g *gen) clock() string {
	s := fmt.Sprintf("%02d:%02d:%02d", g.IntN(24), g.IntN(60), g.IntN(60))
	if g.chance(40) {
		s += "." + g.digits(6)
	}
	return s
}

func (g *gen) words(most int) string {
	var b strings.Builder
	for range g.IntN(most + 1) {
		b.WriteString(g.pick("a", "b", "ab", "A", " ", "1", "-", "_", "%", "foo", "Bar", ",", ".", "z", "日", "\\", "x", "'", "{", "\""))
	}
	return b.String()
}

// json makes a JSON value; jsonb's texts are the same.
func (g *gen) json(depth int) string {
	switch n := g.IntN(10); {
	case depth > 2 || n < 5:
		return g.pick("null", "true", "false", "0", "1", "-2", "3.50", "1e3", "1.5E-2", `"a"`, `"b"`, `""`, `"x y"`, `"a\u00e9\n"`, `"2020-01-02"`, "123456789012345678901234567890")
	case n < 7:
		var list []string
		for range g.IntN(4) {
			list = append(list, g.json(depth+1))
		}
		return "[" + strings.Join(list, g.pick(",", ", ", " , ")) + "]"
	}
	var list []string
	for range g.IntN(4) {
		list = append(list, `"`+g.pick("a", "b", "bb", "ccc", "", "A")+`"`+g.pick(":", ": ", " : ")+g.json(depth+1))
	}
	return "{" + strings.Join(list, g.pick(",", ", ")) + "}"
}

var rangeOf = map[string]string{"int4range": "int4", "int8range": "int8", "numrange": "numeric", "daterange": "date", "tsrange": "timestamp", "tstzrange": "timestamptz"}

func (g *gen) rangeText(elem string) string {
	if g.chance(12) {
		return "empty"
	}
	bound := func() string {
		if g.chance(12) {
			return ""
		}
		switch elem {
		case "int4", "int8":
			return fmt.Sprint(g.IntN(20) - 5)
		case "numeric":
			return fmt.Sprintf("%d.%d", g.IntN(20)-5, g.IntN(10))
		case "date":
			return fmt.Sprintf("2024-01-%02d", 1+g.IntN(28))
		}
		return fmt.Sprintf(`"2024-01-%02d %02d:00:00"`, 1+g.IntN(28), g.IntN(24))
	}
	lo, hi := bound(), bound()
	if lo != "" && hi != "" && len(lo) == len(hi) && lo > hi && lo[0] != '-' && g.chance(95) {
		lo, hi = hi, lo
	}
	return g.pick("[", "(") + lo + "," + hi + g.pick("]", ")")
}

// value is the text of a value of a type: ordinary, at an edge, and seldom bad.
func (g *gen) value(typ string) string {
	if elem, ok := strings.CutPrefix(typ, "_"); ok {
		n := g.IntN(4)
		if g.chance(10) {
			return g.pick("{}", "{NULL}")
		}
		var parts []string
		for range n {
			if g.chance(10) {
				parts = append(parts, "NULL")
				continue
			}
			v := g.value(elem)
			if v == "null" { // of JSON, which arrays do not hold: docs/reference/limits.md
				v = "0"
			}
			parts = append(parts, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v)+`"`)
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	if elem, ok := rangeOf[typ]; ok {
		return g.rangeText(elem)
	}
	if strings.HasSuffix(typ, "multirange") {
		var list []string
		for range g.IntN(4) {
			list = append(list, g.rangeText(rangeOf[strings.Replace(typ, "multirange", "range", 1)]))
		}
		return "{" + strings.Join(list, ",") + "}"
	}
	if g.chance(1) {
		return g.pick("", "x", " ", "-", "1e", "{}", "null")
	}
	if g.chance(6) {
		switch typ {
		case "date", "time", "timetz", "timestamp", "timestamptz":
			return g.fragments(dateFragments)
		case "interval":
			return g.fragments(intervalFragments)
		}
	}
	sign := g.pick("", "", "-")
	switch typ {
	case "bool":
		return g.pick("t", "f", "true", "false", "yes", "off", "1")
	case "bytea":
		return g.pick(`\x`, `\x00`, `\x`+fmt.Sprintf("%08x", g.Uint32()), `abc`, `\\x01`, `a\000b`)
	case "char":
		return g.pick("a", "", "b", "1", "abc")
	case "name":
		return g.pick("a", "Foo", "public", "anon", "a b", "select")
	case "int2":
		return g.pick("0", "1", "-1", "2", "32767", "-32768", sign+g.digits(4))
	case "int4":
		if g.chance(70) {
			return sign + g.digits(2)
		}
		return g.pick("0", "1", "-1", "2147483647", "-2147483648", sign+g.digits(9))
	case "int8":
		if g.chance(60) {
			return sign + g.digits(2)
		}
		return g.pick("0", "1", "-1", "9223372036854775807", "-9223372036854775808", "2147483648", sign+g.digits(18))
	case "oid":
		return g.pick("0", "1", "25", "4294967295", g.digits(4))
	case "float4":
		return g.pick("0", "1", "-1", "1.5", "1e10", "3.4e38", "1e-40", "NaN", "Infinity", "-Infinity", sign+g.digits(3)+"."+g.digits(3))
	case "float8":
		return g.pick("0", "1", "-1", "0.5", "2.5", "1e15", "1e16", "1e-5", "1e300", "1e-310", "NaN", "Infinity", "-Infinity", sign+g.digits(5)+"."+g.digits(4), sign+g.digits(2)+".5")
	case "numeric":
		switch g.IntN(10) {
		case 0:
			return g.pick("NaN", "Infinity", "-Infinity", "0", "0.00", "1e20", "1e-20", "99999999999999999999.999")
		case 1, 2, 3:
			return sign + g.digits(2)
		}
		return sign + g.digits(6) + "." + g.digits(5)
	case "money":
		return g.pick("$1.00", "-$1,234.56", "0", sign+g.digits(4)+"."+g.digits(2))
	case "text", "varchar", "bpchar":
		if g.chance(15) {
			return g.pick("", "a", "1", "1.5", "2024-02-29", "true", "{1,2}", "UTC", "day", "month", "hex", "base64", "[1,2]", "a.b", "simple", "english", "foo bar", "(1,2)")
		}
		return g.words(7)
	case "date":
		if g.chance(15) {
			return g.pick("infinity", "-infinity", "2024-02-29", "0001-01-01", "9999-12-31", "1970-01-01", "epoch", "Jan 8, 1999", "19990108", "1999-01-08")
		}
		return g.date()
	case "time":
		return g.pick(g.clock(), g.clock(), "00:00", "24:00:00", "04:05 PM", "040506")
	case "timetz":
		return g.clock() + g.pick("+00", "-08", "+05:30", "+01", "-11:59", " PST")
	case "timestamp":
		if g.chance(12) {
			return g.pick("infinity", "-infinity", "epoch", "2024-02-29 23:59:59.999999", "9999-12-31 23:59:59", "0001-01-01")
		}
		return g.date() + g.pick(" ", "T") + g.clock()
	case "timestamptz":
		if g.chance(12) {
			return g.pick("infinity", "-infinity", "epoch", "2024-02-29 23:59:59.999999+00", "2024-03-10 02:30:00 America/New_York", "2024-11-03 01:30:00-04")
		}
		return g.date() + " " + g.clock() + g.pick("", "+00", "-08", "+05:30", "Z", " Europe/Berlin")
	case "interval":
		switch g.IntN(8) {
		case 0:
			return g.pick("0", "1 day", "1 mon", "1 year", "00:00:01", "P1Y2M3DT4H5M6S", "1-2", "1 day ago", "-1:30", "2 weeks", "1.5 days", "0.5 month", "3 decades")
		case 1:
			return fmt.Sprintf("%s%d days", sign, g.IntN(100))
		case 2:
			return fmt.Sprintf("%s%s", sign, g.clock())
		}
		return fmt.Sprintf("%s%d mons %s%d days %s%s", sign, g.IntN(30), g.pick("", "-"), g.IntN(70), g.pick("", "-"), g.clock())
	case "bit", "varbit":
		return g.pick("0", "1", "101", "0000", "11110000", "", "10101010101")
	case "uuid":
		return g.pick("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc999c0b4ef8bb6d6bb9bd380a11}",
			fmt.Sprintf("%08x-0000-4000-8000-%012x", g.Uint32(), g.Uint32()))
	case "json", "jsonb":
		return g.json(0)
	case "jsonpath":
		return g.pick("$", "$.a", "$.a.b", "$[0]", "$[*]", "$.*", "$.a[*] ? (@ > 1)", "strict $.a", "$.a ? (@ == \"x\")", "$.size()", "$.type()", "$[*].a", "$.a + 1", "-$[0]", "$ ? (exists(@.a))",
			"$.**", "$.a.double()", "$[last]", "$[0 to 1]", "lax $.bb[0].ccc", "$.keyvalue()", "$ ? (@.a > 1 && @.b < 3 || !(@.a == 2))", "$.a like_regex \"^a\"", "$.floor()", "$.abs()", "$.a starts with \"x\"")
	case "tsvector":
		return g.pick("", "a b c", "a:1 b:2A c:3B", "'foo bar':4 fat:2,4 cat:3", "the:1 quick:2 fox:3,7C", "x")
	case "tsquery":
		return g.pick("a", "a & b", "a | !b", "fat <-> cat", "(a | b) & c", "quick:*", "foo:AB", "a <2> b", "!a")
	case "inet":
		return g.pick("192.168.1.5", "192.168.1.0/24", "10.0.0.0/8", "::1", "2001:db8::/32", "0.0.0.0/0", "255.255.255.255")
	case "cidr":
		return g.pick("192.168.1.0/24", "10.0.0.0/8", "2001:db8::/32", "10", "192.168.1.5")
	case "macaddr":
		return g.pick("08:00:2b:01:02:03", "08002b010203", "ff:ff:ff:ff:ff:ff")
	case "citext":
		return g.pick("a", "A", "Foo", "foo", "")
	}
	panic("no values of " + typ)
}

var (
	dateFragments = strings.Split(`2024|24|1|12|31|366|060|2024-02-29|2024-1-5|1/8/1999|8.1.1999|Jan|january|8-jan-1999|sept|mon|friday|bc|AD|am|PM|at|on|t|T|y2001m02d04|J2451187|j|2451187|20240229|240229|`+
		`04:05|04:05:06.789|23:59:60|24:00|24:00:01|040506|0405|040506.789|25:00|-08|+05:30|-0830|+15:59:59|+16|z|UTC|PST|PDT|EST5EDT|America/New_York|europe/berlin|MSK|dst|allballs|`+
		`infinity|-infinity|epoch|.5|-|/|,|foo|2024-|2024.|1.5|99999|10000-01-01|T040506|h04mm05s06|2024-060|1999-Jan-08|99-01-08|Jan-08-99|xyz-3|Nowhere/Land`, "|")
	intervalFragments = strings.Split(`1|-1|+2|1.5|-0.5|.5|0|100000|2147483648|9223372036854775807|year|years|mon|months|week|day|days|hours|h|m|min|sec|seconds|ms|us|microseconds|decade|century|mil|quarter|ago|@|`+
		`01:02:03|1:30|-1:30|+01:02:03.5|12:60|1-2|-1-2|1-13|1 day|2 weeks|P1Y2M3DT4H5M6S|PT0.5S|P1.5D|P20240102T101112|P2024-01-02T10:11:12|P1W|foo|,|-|fortnight|1e3|1d|3h|timezone|1y2m`, "|")
)

// fragments makes something of pieces, which is seldom right.
func (g *gen) fragments(of []string) string {
	var b strings.Builder
	for i := range 1 + g.IntN(4) {
		if i > 0 {
			b.WriteString(g.pick(" ", " ", " ", "", "  "))
		}
		b.WriteString(g.pick(of...))
	}
	return b.String()
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// literal is a constant of a type.
func (g *gen) literal(typ string) *node {
	if g.chance(5) {
		return plain(typ, "null::"+title(typ))
	}
	if g.chance(30) {
		switch typ { // as people write them
		case "int4":
			return plain(typ, g.pick("0", "1", "2", "3", "10", "-1", "-7", "100"))
		case "numeric":
			return plain(typ, g.pick("1.5", "0.0", "-2.25", "10.10", "1e3", "99999999999"))
		case "bool":
			return plain(typ, g.pick("true", "false"))
		}
	}
	return plain(typ, quote(g.value(typ))+"::"+title(typ))
}

// title is how a type is written.
func title(typ string) string {
	if e, ok := strings.CutPrefix(typ, "_"); ok {
		return title(e) + "[]"
	}
	if typ == "char" {
		return `"char"`
	}
	if typ == "bit" {
		return "bit varying" // the keyword alone is bit(1)
	}
	return typ
}
