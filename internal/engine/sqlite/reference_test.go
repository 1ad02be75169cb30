package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

const referenceFile = "../../../docs/reference/sql.md"

// TestReference holds that docs/reference/sql.md says what the engine does: each construct is run, and what it answers is what the page says. -update writes the page.
func TestReference(t *testing.T) {
	if *oracle != "" && *update {
		t.Skip("the page is the engine's")
	}
	want := reference(t, open(t, t.TempDir()))
	if *update {
		if err := os.WriteFile(referenceFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		a, b := strings.Split(string(have), "\n"), strings.Split(want, "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("line %d is not what the engine does; run with -update\nhave: %s\nwant: %s", i+1, a[i], b[i])
			}
		}
		t.Fatal("the page has another length than it should; run with -update")
	}
}

// TestConstructsArePostgreSQLs holds that the examples are good SQL.
func TestConstructsArePostgreSQLs(t *testing.T) {
	if *oracle == "" {
		t.Skip("no PostgreSQL: neither -oracle nor MAINSTAY_TEST_POSTGRES is set")
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, *oracle)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, c := range constructs(t) {
		if c.sql == "" {
			continue
		}
		tx := "begin; create schema reference_test; set local search_path = reference_test, public; " + c.sql + "; rollback"
		if _, err := conn.PgConn().Exec(ctx, tx).ReadAll(); err != nil {
			t.Errorf("%s: %v", c.name, err)
			_, _ = conn.Exec(ctx, "rollback") // the next one needs no transaction under way
		}
	}
}

// construct is a line of constructs.txt; without sql it is the title of a section.
type construct struct{ name, sql string }

func constructs(t *testing.T) (all []construct) {
	text, err := os.ReadFile("testdata/constructs.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		title, isTitle := strings.CutPrefix(line, "## ")
		name, sql, ok := strings.Cut(line, " | ")
		switch {
		case isTitle:
			all = append(all, construct{name: title})
		case ok:
			all = append(all, construct{name, sql})
		}
	}
	return all
}

func reference(t *testing.T, e *sqlite.Engine) string {
	var b strings.Builder
	b.WriteString("# SQL on the embedded engine\n\nMade by `go test ./internal/engine/sqlite -run TestReference -update`: each line under *Statements and constructs* was run on the engine, the rest is\n" +
		"read from its tables. What differs from PostgreSQL although it works is in [limits.md](limits.md). On the PostgreSQL engine everything is PostgreSQL's.\n\n## Statements and constructs\n")
	for _, c := range constructs(t) {
		if c.sql == "" {
			b.WriteString("\n### " + c.name + "\n\n| construct | state | example |\n|---|---|---|\n")
			continue
		}
		state := "yes"
		err := e.Script(context.Background(), engine.Script{Text: c.sql, Atomic: true, DryRun: true}, &lines{})
		if f := (*fault.Error)(nil); errors.As(err, &f) && f.Code == fault.FeatureNotSupported {
			state = "refused: " + f.Message
			if f.Hint != "" {
				state += " – " + f.Hint
			}
		} else if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		cell := func(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
		statements := strings.Split(c.sql, "; ")
		example := statements[len(statements)-1]
		if strings.Contains(c.sql, "$$") || len(statements) == 1 {
			example = c.sql
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` |\n", cell(c.name), cell(state), cell(example))
	}
	b.WriteString("\n## Types\n\nEach with its array type. Types of a project (enum, composite, domain) and multiranges of the ranges below besides.\n\n| type | stored and computed |\n|---|---|\n")
	for _, info := range value.BuiltinTypes() {
		if info.Kind == catalog.PseudoType {
			continue
		}
		state := "yes"
		if value.TypeOps(info.OID) == nil {
			state = "no"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", info.Title, state)
	}
	operator := map[string][]string{}
	for _, o := range builtin.AllOperators() {
		left := "" // of a prefix operator
		if o.Left != 0 {
			left = value.BuiltinName(o.Left) + " "
		}
		operator[o.Name] = append(operator[o.Name], left+o.Name+" "+value.BuiltinName(o.Right))
	}
	b.WriteString("\n## Operators\n\n")
	for _, name := range sorted(operator) {
		forms := operator[name]
		slices.Sort(forms)
		fmt.Fprintf(&b, "- `%s`\n", strings.Join(slices.Compact(forms), "`, `"))
	}
	byKind := map[builtin.Kind]map[string][]string{}
	for _, f := range builtin.All() {
		if behindOperator(f) {
			continue
		}
		if byKind[f.Kind] == nil {
			byKind[f.Kind] = map[string][]string{}
		}
		var args []string
		for i, a := range f.Args {
			s := value.BuiltinName(a)
			if f.Variadic && i == len(f.Args)-1 {
				s = "variadic " + s
			}
			if f.Direct >= 0 && i == f.Direct {
				s = "order by " + s
			}
			args = append(args, s)
		}
		ret := value.BuiltinName(f.Ret)
		if f.RetSet {
			ret = "setof " + ret
		}
		sig := f.Name + "(" + strings.Join(args, ", ") + ") " + ret
		if f.Ext != "" {
			sig += " [" + f.Ext + "]"
		}
		byKind[f.Kind][f.Name] = append(byKind[f.Kind][f.Name], sig)
	}
	for _, k := range []struct {
		kind  builtin.Kind
		title string
	}{{builtin.Scalar, "Functions"}, {builtin.SetReturning, "Functions that return sets"}, {builtin.AggregateKind, "Aggregates"}, {builtin.WindowKind, "Window functions"}} {
		b.WriteString("\n## " + k.title + "\n\nExtensions in brackets.\n\n")
		for _, name := range sorted(byKind[k.kind]) {
			sigs := byKind[k.kind][name]
			slices.Sort(sigs)
			fmt.Fprintf(&b, "- `%s`\n", strings.Join(slices.Compact(sigs), "`, `"))
		}
	}
	return b.String()
}

// behindOperator says whether a function is there only for an operator or a cast.
func behindOperator(f *builtin.Func) bool {
	for _, o := range builtin.AllOperators() {
		if o.Func == f {
			return true
		}
	}
	return false
}

func sorted(m map[string][]string) []string {
	var names []string
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// TestFunctionsHaveCases holds that every function that the page names is called in a case whose answer is PostgreSQL's. testdata/uncalled.txt names those
// that are not: a case takes a name out of it, and nothing comes in.
func TestFunctionsHaveCases(t *testing.T) {
	var text strings.Builder
	for _, pattern := range []string{"testdata/*.sql", "*/testdata/*.sql", "*/testdata/*.txt", "testdata/constructs.txt", "../../../testdata/cases/*/*.txtar", "../../../testdata/cases/*/*/*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text.WriteString(strings.ToLower(string(b)))
		}
	}
	called := map[string]bool{}
	for _, m := range regexp.MustCompile(`([a-z_][a-z0-9_]*)"?\s*\(`).FindAllStringSubmatch(text.String(), -1) {
		called[m[1]] = true
	}
	known, err := os.ReadFile("testdata/uncalled.txt")
	if err != nil {
		t.Fatal(err)
	}
	var uncalled []string
	for _, f := range builtin.All() {
		if !called[f.Name] && !behindOperator(f) && !behindSyntax(f) && !slices.Contains(uncalled, f.Name) {
			uncalled = append(uncalled, f.Name)
		}
	}
	want := strings.Fields(string(known))
	for _, name := range uncalled {
		if !slices.Contains(want, name) {
			t.Errorf("%s is called in no case", name)
		}
	}
	for _, name := range want {
		if !slices.Contains(uncalled, name) {
			t.Errorf("%s is called in a case: take it out of uncalled.txt", name)
		}
	}
}

// TestConstructsHaveCases holds that every construct of the page is run in a case: the supported with PostgreSQL's answer, the refused with the refusal.
func TestConstructsHaveCases(t *testing.T) {
	read := func(file string) string {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	supported, refused := read("../../../testdata/cases/sql/constructs.txtar"), read("testdata/own_constructs.sql")
	e := open(t, t.TempDir())
	for _, c := range constructs(t) {
		if c.sql == "" {
			continue
		}
		err := e.Script(context.Background(), engine.Script{Text: c.sql, Atomic: true, DryRun: true}, &lines{})
		if fault.Code(err) == fault.FeatureNotSupported {
			if !strings.Contains(refused, "begin;\n"+c.sql+";\nrollback;\n--| ! 0A000 ") {
				t.Errorf("%s is refused in no case of own_constructs.sql", c.name)
			}
		} else if !strings.Contains(refused, "begin;\n"+c.sql+";\nrollback;\n--| ") && !strings.Contains(supported, "\n"+c.sql+";\n-- result --\n") {
			t.Errorf("%s has no case in constructs.txtar", c.name)
		}
	}
}

// behindSyntax says whether a function is called by casting to a type or by words of SQL.
func behindSyntax(f *builtin.Func) bool {
	return value.BuiltinNamed(f.Name) != 0 || slices.Contains([]string{"timezone", "pg_collation_for", "is_normalized", "like_escape", "similar_to_escape"}, f.Name)
}

// samples are two literals of each type that an operator or a cast takes.
var samples = map[string][2]string{
	"bool": {"true", "false"}, "int2": {"7", "3"}, "int4": {"7", "3"}, "int8": {"7", "3"}, "float4": {"7.5", "2"}, "float8": {"7.5", "8"}, "numeric": {"7.50", "2"}, "money": {"7.50", "2"},
	"oid": {"7", "3"}, "xid": {"7", "3"}, "cid": {"7", "3"}, "xid8": {"7", "3"}, "text": {"abc", "b%"}, "varchar": {"abc", "b%"}, "bpchar": {"abc", "b%"}, "name": {"abc", "b%"}, "char": {"a", "b"}, "citext": {"ABC", "b%"},
	"bytea": {`\x6162`, `\x61`}, "uuid": {"00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"}, "bit": {"101", "011"}, "varbit": {"101", "011"},
	"date": {"2024-02-29", "2024-01-31"}, "time": {"10:20:30", "01:02:03"}, "timetz": {"10:20:30+02", "01:02:03+00"}, "timestamp": {"2024-02-29 10:20:30", "2024-01-31 01:02:03"},
	"timestamptz": {"2024-02-29 10:20:30+00", "2024-01-31 01:02:03+00"}, "interval": {"1 day 02:00", "3 hours"}, "inet": {"10.0.0.7", "10.0.0.0/8"}, "cidr": {"10.0.0.0/8", "10.1.0.0/16"},
	"macaddr": {"08:00:2b:01:02:03", "08:00:2b:01:02:04"}, "json": {`{"a": [1, "b"]}`, `[1]`}, "jsonb": {`{"a": [1, "b"]}`, `{"a": 1}`}, "jsonpath": {"$.a", "$.b"},
	"tsvector": {"'cat':1 'dog':2", "'dog':1 'eel':2 'fox':3"}, "tsquery": {"'cat' & 'dog'", "'dog'"}, "int4range": {"[1,5)", "[3,8)"}, "int8range": {"[1,5)", "[3,8)"}, "int4multirange": {"{[1,3),[5,8)}", "{[2,6)}"}, "numrange": {"[1,5)", "[3,8)"},
	"daterange": {"[2024-01-01,2024-02-01)", "[2024-01-15,2024-03-01)"}, "tsrange": {"[2024-01-01,2024-02-01)", "[2024-01-15,2024-03-01)"}, "tstzrange": {"[2024-01-01,2024-02-01)", "[2024-01-15,2024-03-01)"},
	"regclass": {"pg_class", "pg_proc"}, "regtype": {"integer", "text"}, "regrole": {"postgres", "anon"}, "regnamespace": {"public", "pg_catalog"}, "regproc": {"now", "version"}, "regprocedure": {"now()", "version()"},
	"regconfig": {"english", "simple"}, "regdictionary": {"simple", "english_stem"}, "xml": {"<a/>", "<b/>"},
	"_text": {"{a,b}", "{b,c}"}, "_int4": {"{1,2}", "{2,3}"},
}

// standIns are types for those that stand for any.
var standIns = map[string]string{"anyarray": "_int4", "anycompatiblearray": "_int4", "anyelement": "int4", "anycompatible": "int4", "anynonarray": "int4", "anyrange": "int4range", "anymultirange": "int4multirange"}

// withoutSample are types whose operators and casts have cases of their own: enums in enums.sql, rows in rows.txtar, vectors in the testdata of package builtin.
var withoutSample = []string{"anyenum", "record", "vector", "halfvec"}

// sample is a literal of a type in SQL; "" for none.
func sample(typ string, i int) string {
	if s := standIns[typ]; s != "" {
		typ = s
	}
	s, ok := samples[typ]
	if !ok {
		return ""
	}
	if e, ok := strings.CutPrefix(typ, "_"); ok {
		typ = e + "[]"
	}
	if typ == "char" {
		typ = `"char"`
	}
	if typ == "bit" {
		typ = "bit(3)"
	}
	return "'" + strings.ReplaceAll(s[i], "'", "''") + "'::" + typ
}

// TestOperatorsHaveCases holds that every operator that the page names has a case in testdata/operators.sql, whose answers are PostgreSQL's.
func TestOperatorsHaveCases(t *testing.T) {
	const file = "testdata/operators.sql"
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var missing strings.Builder
	for _, o := range builtin.AllOperators() {
		right, left := sample(value.BuiltinName(o.Right), 1), ""
		if o.Left != 0 {
			left = sample(value.BuiltinName(o.Left), 0) + " "
		}
		if right == "" || left == " " {
			if !slices.Contains(withoutSample, value.BuiltinName(o.Right)) && !slices.Contains(withoutSample, value.BuiltinName(o.Left)) {
				t.Errorf("no sample for %s %s %s", value.BuiltinName(o.Left), o.Name, value.BuiltinName(o.Right))
			}
			continue
		}
		line := "select " + left + "operator(" + schemaOf(o) + "." + o.Name + ") " + right + " as r;\n"
		if !strings.Contains(string(have), line) && !strings.Contains(missing.String(), line) {
			missing.WriteString(line + "\n")
		}
	}
	if missing.Len() == 0 {
		return
	}
	if !*update {
		t.Fatalf("%s lacks, and -update adds:\n%s", file, missing.String())
	}
	if err := os.WriteFile(file, append(have, missing.String()...), 0o644); err != nil {
		t.Fatal(err)
	}
}

func schemaOf(o *builtin.Op) string {
	if o.Func != nil && o.Func.Ext != "" {
		return "extensions"
	}
	return "pg_catalog"
}
