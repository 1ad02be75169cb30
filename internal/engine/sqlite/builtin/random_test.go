package builtin

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestRandomExpressionsAgainstPostgreSQL compares Go with a server on expressions made at random; the seed is fixed, so that a failure repeats.
func TestRandomExpressionsAgainstPostgreSQL(t *testing.T) {
	pg := connect(t).PgConn()
	oracle(t, pg, "set timezone to 'America/New_York'")
	s := testSession(t, "America/New_York")
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	digits := func(n int) string {
		var b strings.Builder
		for range 1 + r.IntN(n) {
			b.WriteByte(byte('0' + r.IntN(10)))
		}
		return b.String()
	}
	num := func() string {
		s := pick("", "-") + digits(3+9*r.IntN(2))
		if r.IntN(3) > 0 {
			s += "." + digits(8)
		}
		return "'" + s + "'::numeric"
	}
	positive := func() string { return strings.Replace(num(), "'-", "'", 1) }
	stampText := func() string {
		return fmt.Sprintf("%04d-%02d-%02d %02d:%02d:%02d.%s", 1900+r.IntN(200), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), digits(6))
	}
	span := func() string {
		return fmt.Sprintf("'%s%d mons %s%d days %s%d:%02d:%02d.%s'::interval", pick("", "-"), r.IntN(30), pick("", "-"), r.IntN(70), pick("", "-"), r.IntN(50), r.IntN(60), r.IntN(60), digits(6))
	}
	stamp := func() string { return "'" + stampText() + "'::" + pick("timestamp", "timestamptz") }
	unit := func() string {
		return pick("year", "month", "day", "hour", "minute", "second", "week", "quarter", "decade", "century", "milliseconds")
	}
	var object func(depth int) string
	object = func(depth int) string {
		switch n := r.IntN(8); {
		case depth > 2 || n < 3:
			return pick("null", "true", digits(4)+"."+digits(3), "-"+pick("0", "7.10", "1e3", "1.5E-2"), `"a\u00e9\n"`, `"x"`)
		case n < 5:
			return "[" + object(depth+1) + pick("", " , "+object(depth+1)) + "]"
		}
		return `{"` + pick("a", "bb", "ccc", "b") + `":` + object(depth+1) + pick("", `, "`+pick("a", "zz")+`" : `+object(depth+1)) + "}"
	}
	makers := []func() string{
		func() string { return num() + " " + pick("+", "-", "*", "/", "%", "<", "=") + " " + num() },
		func() string { return fmt.Sprintf("%s(%s, %d)", pick("round", "trunc"), num(), r.IntN(14)-5) },
		func() string {
			return pick("sqrt", "ln", "log", "ceil", "floor", "sign", "abs") + "(" + positive() + ")"
		},
		func() string { return fmt.Sprintf("exp('%s%d.%s'::numeric)", pick("", "-"), r.IntN(40), digits(5)) },
		func() string {
			return fmt.Sprintf("power('%d.%s'::numeric, '%d.%s'::numeric)", 1+r.IntN(50), digits(3), r.IntN(6), digits(3))
		},
		func() string {
			return fmt.Sprintf("power('%d.%s'::numeric, %d)", 1+r.IntN(50), digits(3), r.IntN(20)-6)
		},
		func() string { return num() + "::float8" },
		func() string { return num() + "::float4" },
		func() string { return num() + "::float8::numeric" },
		func() string {
			return "to_char(" + num() + ", '" + pick("FM999,999,999,990.00", "999990.99", "S9999.9", "0000", "FM9999.99", "9G999D9", "9999MI", "99999PR") + "')"
		},
		func() string { return stamp() + pick(" + ", " - ") + span() },
		func() string { return "'" + stampText() + "'::timestamptz - '" + stampText() + "'::timestamptz" },
		func() string { return "age('" + stampText() + "'::timestamp, '" + stampText() + "'::timestamp)" },
		func() string { return "date_trunc('" + unit() + "', " + stamp() + ")" },
		func() string {
			return "extract('" + pick(unit(), "epoch", "dow", "isodow", "doy", "isoyear") + "', " + stamp() + ")"
		},
		func() string {
			return "extract('" + pick("epoch", "day", "hour", "month", "second") + "', " + span() + ")"
		},
		func() string {
			return span() + pick(" * ", " / ") + fmt.Sprintf("'%d.%s'::float8", 1+r.IntN(9), digits(2))
		},
		func() string { return span() + pick(" + ", " - ", " < ", " = ") + span() },
		func() string { return pick("justify_days", "justify_hours", "justify_interval") + "(" + span() + ")" },
		func() string {
			return "to_char(" + stamp() + ", '" + pick("YYYY-MM-DD HH24:MI:SS.US", "Dy DD Mon YY HH12:MI am", "IYYY-IW-ID DDD", "FMDay FMDDth FMMonth", "Q WW W CC J") + "')"
		},
		func() string { return "'" + object(0) + "'::jsonb" },
		func() string {
			return "'" + object(0) + "'::jsonb " + pick("@>", "<", "=", "||") + " '" + object(0) + "'::jsonb"
		},
		func() string { return "jsonb_pretty('" + object(0) + "')" },
	}
	word := func(n int) string {
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteString(pick("a", "b", "ab", "A", " ", "1", "-", "_", "%"))
		}
		return "'" + b.String() + "'"
	}
	regex := func() string {
		var b strings.Builder
		for range 1 + r.IntN(4) {
			b.WriteString(pick("a", "b", ".", "[ab]", "[^a]", "(a|ab)", "(b+)", "\\d", "\\s", "^", "a*", "b?", "a{1,2}", "(?:ab)+", "$", "|", "[[:alpha:]]"))
		}
		return "'" + b.String() + "'"
	}
	ints := func() string {
		var list []string
		for range r.IntN(5) {
			list = append(list, pick("1", "2", "3", "NULL"))
		}
		return "'{" + strings.Join(list, ",") + "}'::int[]"
	}
	rng := func() string {
		lo := r.IntN(8)
		return fmt.Sprintf("'%s%s,%s%s'::int4range", pick("[", "("), pick(fmt.Sprint(lo), fmt.Sprint(lo), ""), pick(fmt.Sprint(lo+r.IntN(6)), fmt.Sprint(lo+r.IntN(6)), ""), pick("]", ")"))
	}
	makers = append(makers, []func() string{
		func() string { return fmt.Sprintf("substr(%s, %d, %d)", word(9), r.IntN(9)-3, r.IntN(6)) },
		func() string { return fmt.Sprintf("%s(%s, %d)", pick("left", "right", "repeat"), word(9), r.IntN(9)-4) },
		func() string {
			return fmt.Sprintf("%s(%s, %d, %s)", pick("lpad", "rpad"), word(6), r.IntN(12), word(4))
		},
		func() string { return fmt.Sprintf("split_part(%s, %s, %d)", word(9), word(3), r.IntN(7)-3) },
		func() string {
			return fmt.Sprintf("%s(%s, %s)", pick("btrim", "ltrim", "rtrim", "strpos", "string_to_array", "starts_with"), word(9), word(4))
		},
		func() string {
			return fmt.Sprintf("%s(%s, %s, %s)", pick("replace", "translate", "string_to_array"), word(9), word(4), word(4))
		},
		func() string { return word(8) + " " + pick("~~", "!~~", "~~*") + " " + word(6) },
		func() string { return word(9) + " " + pick("~", "!~", "~*") + " " + regex() },
		func() string { return "regexp_replace(" + word(12) + ", " + regex() + ", '<\\&>', 'g')" },
		func() string { return "regexp_split_to_array(" + word(12) + ", " + regex() + ")" },
		func() string {
			return pick("initcap", "upper", "quote_ident", "quote_literal", "md5", "soundex") + "(" + word(9) + ")"
		},
		func() string {
			return pick("similarity", "word_similarity", "strict_word_similarity", "levenshtein") + "(" + word(9) + ", " + word(9) + ")"
		},
		func() string { return ints() + " " + pick("@>", "<@", "&&", "=", "<", "||") + " " + ints() },
		func() string {
			return pick("array_remove", "array_positions", "array_position", "array_append") + "(" + ints() + ", " + pick("1", "2", "NULL::int") + ")"
		},
		func() string {
			return rng() + " " + pick("@>", "&&", "-|-", "<<", ">>", "&<", "&>", "+", "*", "-", "=", "<") + " " + rng()
		},
		func() string {
			return "format('" + pick("%s|%5s|%-5s", "%2$s %1$L", "%I.%L", "%s%%%s") + "', " + word(5) + ", " + word(5) + ", " + word(3) + ")"
		},
	}...)
	bad := 0
	for range 6000 {
		src := makers[r.IntN(len(makers))]()
		if got, want := evaluate(src, s), oracle(t, pg, "select "+src); got != want {
			t.Errorf("%s\n  got  %s\n  want %s", src, got, want)
			if bad++; bad > 20 {
				t.Fatal("too many differences")
			}
		}
	}
}
