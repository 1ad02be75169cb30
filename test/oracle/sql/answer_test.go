package sql_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An answer is all that a statement yields.
type answer struct {
	cols    []string // name and type
	rows    []string // values joined by |, \N for NULL
	tag     string
	notices []string
	failed  bool
	code    string
	message string
	detail  string
	hint    string
	text    string
	// PostgreSQL fails in the same way when it only plans the statement, and the columns that it tells of before it plans; looked at where they decide.
	planned  bool
	analysed []string
}

func (a *answer) String() string {
	var b strings.Builder
	for _, n := range a.notices {
		b.WriteString("    # " + n + "\n")
	}
	if a.failed {
		fmt.Fprintf(&b, "    ! %s %s\n", a.code, a.message)
		if a.detail != "" {
			fmt.Fprintf(&b, "    ! detail: %s\n", a.detail)
		}
		if a.hint != "" {
			fmt.Fprintf(&b, "    ! hint: %s\n", a.hint)
		}
		return b.String()
	}
	if a.cols != nil {
		b.WriteString("    (" + strings.Join(a.cols, ", ") + ")\n")
	}
	for i, r := range a.rows {
		if i == 12 {
			fmt.Fprintf(&b, "    … %d rows\n", len(a.rows))
			break
		}
		b.WriteString("    " + r + "\n")
	}
	b.WriteString("    = " + a.tag + "\n")
	return b.String()
}

// A verdict says how two answers compare: same, differs, or the rule by which they count as equal.
type verdict string

const (
	same    verdict = "same"
	differs verdict = "differs"
	// docs/reference/limits.md: years 1 to 9999.
	limitYears verdict = "limit: years"
	// docs/reference/limits.md: -0 of float8.
	limitZero verdict = "limit: -0"
	// docs/reference/limits.md: JSON null as a field of a composite value.
	limitNull verdict = "limit: JSON null"
	// docs/reference/limits.md: lower bounds of arrays.
	limitBounds verdict = "limit: lower bounds of arrays"
	// docs/reference/limits.md: refused constructs (0A000) that name the engine.
	limitRefused verdict = "limit: refused"
	// docs/reference/limits.md: powers of numeric.
	limitPowers verdict = "limit: digits"
	// docs/reference/limits.md: an error in a part that is never reached, and the other way round.
	limitUnreached verdict = "limit: constants that PostgreSQL computes or leaves out beforehand"
	// docs/reference/limits.md: JSON null as an element of an array of JSON.
	limitJSONNull verdict = "limit: JSON null in an array"
	// docs/reference/limits.md: to_date and to_timestamp without a year give the year 1, not 1 BC.
	limitNoYear verdict = "limit: no year"
	// docs/reference/limits.md: modifiers of columns whose branches constants decide.
	limitModifier verdict = "limit: modifiers"
	// docs/reference/limits.md: an error in a part of an expression that is constant and never reached. It is one where PostgreSQL only plans, too.
	limitConstant verdict = "limit: constants"
	// Of several rows that violate a constraint PostgreSQL may come upon any first.
	whichRow verdict = "undetermined: which row fails first"
	// docs/reference/limits.md: the notices of text search queries without lexemes.
	limitNotice verdict = "limit: notice"
	// The last digits of sums and means of float8 depend on the order of the rows, those of transcendental functions on the C library: PostgreSQL promises neither.
	lastDigits verdict = "undetermined: last digits of float8"
)

var (
	bounds   = regexp.MustCompile(`(\[-?\d+:-?\d+\])+=`)
	jsonNull = regexp.MustCompile(`([(,])null([,)])`)
	minus0   = regexp.MustCompile(`-(0(?:\.0+)?)([^\d.]|$)`)
	refusal  = regexp.MustCompile(`not supported by the sqlite engine`)
	// A column of arrays of JSON.
	jsonArray = regexp.MustCompile(` jsonb?\[\]$`)
	tooLarge  = "value overflows numeric format"
)

// compare compares PostgreSQL's answer with the engine's. ordered says that the order of the rows is determined.
func compare(want, got *answer, ordered bool) verdict {
	if want.failed || got.failed {
		switch {
		case want.fails(got):
			return same
		case got.failed && got.code == "0A000" && refusal.MatchString(got.message):
			return limitRefused
		case got.failed && got.code == "22008" && strings.Contains(got.hint, "years 1 to 9999"):
			return limitYears
		case got.failed && !want.failed && got.message == tooLarge && strings.Contains(fmt.Sprint(want.rows), strings.Repeat("0", 100)):
			return limitPowers
		case want.failed && got.failed && want.code == got.code && want.message == got.message && strings.HasPrefix(want.detail, "Failing row contains (") && strings.HasPrefix(got.detail, "Failing row contains ("):
			return whichRow
		case want.planned && unreachedConstant(want, got):
			return limitConstant
		}
		return differs
	}
	if n := slices.DeleteFunc(slices.Clone(want.notices), func(s string) bool { return strings.HasPrefix(s, "NOTICE: text-search query ") }); len(n) < len(want.notices) {
		without := *want
		if without.notices = n; compare(&without, got, ordered) == same {
			return limitNotice
		}
	}
	if withoutModifiers(want.cols, got.cols) && slices.Equal(want.analysed, got.cols) {
		plain := *want
		if plain.cols = got.cols; compare(&plain, got, ordered) == same {
			return limitModifier
		}
	}
	if !slices.Equal(want.cols, got.cols) || want.tag != got.tag || len(want.rows) != len(got.rows) || !slices.Equal(want.notices, got.notices) {
		return differs
	}
	a, b := want.rows, got.rows
	if !ordered {
		a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	}
	if slices.Equal(a, b) {
		return same
	}
	v := same
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		switch r := alike(want.cols, a[i], b[i]); r {
		case differs:
			return differs
		default:
			v = r
		}
	}
	return v
}

// unreachedConstant reports whether two answers differ as they may when PostgreSQL fails at a constant of a statement and the engine does not come to it: it finds no
// row, or a row that violates a constraint first, or no conflict to mend.
func unreachedConstant(want, got *answer) bool {
	if !want.failed {
		return false
	}
	outside := want.code == "22003" || want.code == "22001"
	if got.failed {
		return outside && strings.HasPrefix(got.code, "23")
	}
	unreached := strings.HasSuffix(got.tag, " 0") || strings.HasPrefix(got.tag, "INSERT ") && conflict.MatchString(want.text)
	return unreached && (outside || want.code == "23514" && want.detail == "")
}

var (
	conflict = regexp.MustCompile(`(?i)\bon\s+conflict\b.*\bdo\s+update\b`)
	modifier = regexp.MustCompile(`\(\d+(,\d+)?\)$| day to hour$`)
)

// withoutModifiers reports whether columns differ only in modifiers that want has and got does not.
func withoutModifiers(want, got []string) bool {
	return !slices.Equal(want, got) && slices.EqualFunc(want, got, func(w, g string) bool { return w == g || modifier.ReplaceAllString(w, "") == g })
}

// alike compares two rows that are not equal.
func alike(cols []string, a, b string) verdict {
	if minus0.ReplaceAllString(a, "$1$2") == minus0.ReplaceAllString(b, "$1$2") {
		return limitZero
	}
	if early, ok := strings.CutSuffix(a, " BC"); ok && early == b && strings.HasPrefix(b, "0001-") {
		return limitNoYear
	}
	if jsonNull.ReplaceAllString(a, "$1$2") == b || jsonNull.ReplaceAllString(jsonNull.ReplaceAllString(a, "$1$2"), "$1$2") == b {
		return limitNull
	}
	if bounds.ReplaceAllString(a, "") == b {
		return limitBounds
	}
	if len(cols) == 1 && jsonArray.MatchString(cols[0]) && strings.ReplaceAll(a, `"null"`, "NULL") == b {
		return limitJSONNull
	}
	p, q := strings.Split(a, "|"), strings.Split(b, "|")
	if len(p) != len(q) || len(p) != len(cols) {
		return differs
	}
	for i := range p {
		if p[i] == q[i] {
			continue
		}
		x, err1 := strconv.ParseFloat(p[i], 64)
		y, err2 := strconv.ParseFloat(q[i], 64)
		tolerance := 1e-13
		switch {
		case strings.HasSuffix(cols[i], " real"):
			tolerance = 1e-6
		case !strings.HasSuffix(cols[i], " double precision"):
			return differs
		}
		if err1 != nil || err2 != nil || math.Abs(x-y) > tolerance*math.Max(math.Abs(x), math.Abs(y)) {
			return differs
		}
	}
	return lastDigits
}

// TestConstants: an error that only one of the two gives is by decision where PostgreSQL comes to it while it plans, and a difference where rows make it.
func TestConstants(t *testing.T) {
	p := newPair(t)
	stmts := []string{
		"create table t (a varchar(2), b int2)",
		"create view v as select case when true then a else '' end as c from t",
		"select c from v",
		"select c, a from v, t",
		"select 70000::int2 from t",
		"select case when b = 1 then 2147483647 + 1 end from t",
		"insert into t (b) select 70000 + g from generate_series(1, 2) g",
		"create unique index on t (b)",
		"insert into t (b) values (1) on conflict (b) do update set a = 12345::text",
		"insert into t (a) values (12345::text)",
	}
	want, got := p.script(stmts)
	p.clean()
	p.forget()
	for i, v := range []verdict{same, same, limitModifier, limitModifier, same, limitConstant, same, same, limitConstant, same} {
		if had := compare(&want[i], &got[i], true); had != v {
			t.Errorf("%s: %s, not %s\n  PostgreSQL\n%s  engine\n%s", stmts[i], had, v, &want[i], &got[i])
		}
	}
	// The same error from rows; a modifier that PostgreSQL knows of before it plans.
	if v := compare(&want[6], &answer{tag: "INSERT 0 0"}, true); v != differs {
		t.Errorf("rows that are out of range and that the engine does not come to: %s", v)
	}
	less := got[3]
	less.cols = []string{"c character varying", "a character varying"}
	if v := compare(&want[3], &less, true); v != differs {
		t.Errorf("a modifier that is missing: %s", v)
	}
}
