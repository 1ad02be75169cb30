package sql_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// lines is the statements of a file with one a line.
func lines(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

func parseOne(t testing.TB, text string) sql.Stmt {
	t.Helper()
	list, err := sql.Parse(text)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	if len(list) != 1 {
		t.Fatalf("%s\n%d statements", text, len(list))
	}
	return list[0].Stmt
}

func TestPrintIsStable(t *testing.T) {
	for _, line := range lines(t, "testdata/statements.sql") {
		checkStable(t, parseOne(t, line), line)
	}
}

// TestCorpus parses and prints the .sql files of a folder of real projects.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("MAINSTAY_CORPUS")
	if dir == "" {
		t.Skip("MAINSTAY_CORPUS is not set: no folder of .sql files to try")
	}
	files, refused, statements := 0, 0, 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".sql" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		list, err := sql.Parse(string(data))
		if err != nil {
			refused++
			t.Logf("%s: %v", path, err)
			return nil
		}
		for _, s := range list {
			statements++
			checkStable(t, s.Stmt, path+": "+s.Text)
			if f, ok := s.Stmt.(*sql.CreateFunction); ok && f.Language == "plpgsql" {
				if _, err := plpgsql.Parse(f); err != nil {
					t.Errorf("%s: %v\n%s", path, err, s.Text)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d statements, %d files refused", files, statements, refused)
}

// checkStable prints, parses and prints s. Statements without a printed form are left out.
func checkStable(t testing.TB, s sql.Stmt, from string) {
	t.Helper()
	once := sql.Print(s)
	if strings.Contains(once, "/* unsupported") || strings.Contains(once, "/* ignored") {
		return
	}
	list, err := sql.Parse(once)
	if err != nil || len(list) != 1 {
		t.Errorf("printed text does not parse\n  from %s\n  to   %s\n  %v", from, once, err)
		return
	}
	if twice := sql.Print(list[0].Stmt); twice != once {
		t.Errorf("print is not stable\n  from  %s\n  once  %s\n  twice %s", from, once, twice)
	}
}

func TestErrors(t *testing.T) {
	check := func(text, code, message string, pos int) {
		t.Helper()
		_, err := sql.Parse(text)
		var f *fault.Error
		if !errors.As(err, &f) {
			t.Errorf("%q: got %v, want %s", text, err, message)
			return
		}
		if f.Code != code || f.Message != message || f.Pos != pos {
			t.Errorf("%q: got %s %q at %d, want %s %q at %d", text, f.Code, f.Message, f.Pos, code, message, pos)
		}
	}
	check("SELECT 1; SELECT é FRO m x y", "42601", `syntax error at or near "m"`, 24)
	check("SELECT 'abc", "42601", `unterminated quoted string at or near "'abc"`, 7)
	check("SELECT (", "42601", "syntax error at end of input", 8)
	check("SELECT 1 /* x", "42601", `unterminated /* comment at or near "/* x"`, 9)
	check("SELECT '\xff'", "22021", `invalid byte sequence for encoding "UTF8": 0xff`, 8)
	check("SELECT '\xe2\x28\xa1'", "22021", `invalid byte sequence for encoding "UTF8": 0xe2 0x28 0xa1`, 8)
	check("SELECT \x00", "22021", `invalid byte sequence for encoding "UTF8": 0x00`, 7)
	check("SELECT a.b.c.d.* FROM a.b.c.d", "42601", `improper qualified name (too many dotted names): a.b.c.d`, 22)
}

// TestDeepNestingIsRefused holds the parser's WebAssembly stack, which overflows silently.
func TestDeepNestingIsRefused(t *testing.T) {
	wrap := func(before, middle, after string) func(int) string {
		return func(n int) string { return "SELECT " + strings.Repeat(before, n) + middle + strings.Repeat(after, n) }
	}
	for name, text := range map[string]func(int) string{
		"parentheses": wrap("(", "1", ")"), "calls": wrap("f(", "1", ")"), "cases": wrap("CASE WHEN true THEN ", "1", " END"),
		"sub-queries": wrap("(SELECT ", "1", ")"), "sums": wrap("", "1", "+1"), "nots": wrap("NOT ", "true", ""), "unions": wrap("", "1", " UNION SELECT 1"),
		"joins": wrap("", "* FROM a", " CROSS JOIN a"), "casts": wrap("", "a", "::int"), "arrays": wrap("ARRAY[", "1", "]"), "signs": wrap("- ", "a", ""),
		"from": wrap("* FROM (SELECT ", "1", ") AS x"), "ctes": wrap("(WITH a AS (SELECT ", "1", ") SELECT 1)"), "cases in cases": wrap("CASE CASE ", "1", " WHEN 1 THEN 2 END WHEN 3 THEN 4 END"),
		"subscripts": wrap("a[", "1", "]"), "collate": wrap("", "a", ` COLLATE "C"`), "is": wrap("(", "a", " IS NULL)"), "in": wrap("", "a", " IN (1) = b"),
		"joins in joins": wrap("* FROM (a JOIN ", "b", " ON true)"),
	} {
		for _, n := range []int{1, 10, 30, 100, 200, 250, 300, 1000, 20000} {
			_, err := sql.Parse(text(n))
			var f *fault.Error
			if err != nil && (!errors.As(err, &f) || f.Code != "54001" && f.Code != "42601") {
				t.Errorf("%s, %d deep: %v", name, n, err)
			}
			if n <= 30 && f != nil && f.Code == "54001" {
				t.Errorf("%s, %d deep: %v", name, n, err)
			}
			if n == 20000 && err == nil {
				t.Errorf("%s, %d deep: no error", name, n)
			}
			if _, err := sql.Parse("SELECT 1"); err != nil {
				t.Fatalf("%s, %d deep: the parser is broken afterwards: %v", name, n, err)
			}
		}
	}
}

// TestSlowTokensAreRefused holds what takes PostgreSQL's scanner quadratic time and more.
func TestSlowTokensAreRefused(t *testing.T) {
	check := func(text string) {
		t.Helper()
		var f *fault.Error
		if _, err := sql.Parse(text); !errors.As(err, &f) || f.Code != "54001" {
			t.Errorf("%.20s…: got %v", text, err)
		}
	}
	check(strings.Repeat("/*", 100000))
	check("SELECT 1 " + strings.Repeat("/**/", 20000))
	check("SELECT a " + strings.Repeat("+", 100000) + " b")
	check("SELECT a " + strings.Repeat("+/**/", 20000) + " b")
	check("SELECT a " + strings.Repeat("<", 100000) + " b")
	if _, err := sql.Parse("/" + strings.Repeat("*", 2000) + "/ SELECT 1 --" + strings.Repeat("-", 10000)); err != nil {
		t.Error(err)
	}
}

func TestStatementsKnowTheirPlace(t *testing.T) {
	text := "-- first\n  SELECT 'a;b' ;; /* second */ INSERT INTO t VALUES ($$;$$)\n;\n\nSELECT é, b -- last\n"
	list, err := sql.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		if text[s.Start:s.End] != s.Text {
			t.Errorf("%q is not at %d", s.Text, s.Start)
		}
		got = append(got, s.Text)
	}
	if want := "SELECT 'a;b'|INSERT INTO t VALUES ($$;$$)|SELECT é, b -- last"; strings.Join(got, "|") != want {
		t.Errorf("got %s", strings.Join(got, "|"))
	}
	if b := list[2].Stmt.(*sql.Select).Targets[1].Expr; !strings.HasPrefix(text[sql.PosOf(b):], "b --") {
		t.Errorf("b is at %d", sql.PosOf(b))
	}
	f, err := sql.Parse("SELECT 1; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS /* c */ $x$BODY$x$; DO 'BODY'")
	if err != nil {
		t.Fatal(err)
	}
	fn, do := f[1].Stmt.(*sql.CreateFunction), f[2].Stmt.(*sql.Do)
	if fn.BodyPos != 69 || do.BodyPos != 82 {
		t.Errorf("bodies are at %d and %d", fn.BodyPos, do.BodyPos)
	}
}

// TestLargeScripts parses what takes several chunks, with statements that chunks must not be cut in.
func TestLargeScripts(t *testing.T) {
	one := "CREATE TABLE \"a;b\" (x text DEFAULT ';', y int); -- ;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;\n" +
		"DO $a$ BEGIN NULL; END $a$; /* ; /* ; */ */ INSERT INTO t VALUES (E'\\';', '\\'), (U&';', 'x');\nCREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2);\n"
	n := 2000
	text := strings.Repeat(one, n)
	list, err := sql.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 5*n {
		t.Fatalf("%d statements", len(list))
	}
	for i, s := range list {
		if text[s.Start:s.End] != s.Text || s.Text != list[i%5].Text {
			t.Fatalf("statement %d is %q", i, s.Text)
		}
	}
	if _, err := sql.Parse(text + "SELECT FROM WHERE"); err == nil || err.(*fault.Error).Pos != len(text)+len("SELECT FROM ") {
		t.Errorf("got %v", err)
	}
}

func TestExprAndType(t *testing.T) {
	expr := func(in, want string) {
		t.Helper()
		e, err := sql.ParseExpr(in)
		got := ""
		if err == nil {
			got = sql.Print(e)
		}
		if got != want {
			t.Errorf("%s: got %s (%v), want %s", in, got, err, want)
		}
	}
	expr("a+b", "a + b")
	expr("a, b", "")
	expr("a FROM t", "")
	expr("a AS b", "")
	expr("1; SELECT 2", "")
	expr("", "")
	typ := func(in, want string) {
		t.Helper()
		e, err := sql.ParseType(in)
		got := ""
		if err == nil {
			got = sql.Print(e)
		}
		if got != want {
			t.Errorf("%s: got %s (%v), want %s", in, got, err, want)
		}
	}
	typ("int4[]", "int4[]")
	typ("Numeric(10,2)", "numeric(10, 2)")
	typ("s.\"T\"", `s."T"`)
	typ("timestamp(3) with time zone", "timestamp(3) with time zone")
	typ("int, 1", "")
	typ("int + 1", "")
	typ("int::text", "")
}

func TestQuoting(t *testing.T) {
	ident := func(in, want string) {
		t.Helper()
		if got := sql.QuoteIdent(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	ident("a", "a")
	ident("_a1", "_a1")
	ident("1a", `"1a"`)
	ident("A", `"A"`)
	ident("a b", `"a b"`)
	ident(`a"b`, `"a""b"`)
	ident("select", `"select"`)
	ident("left", `"left"`)
	ident("integer", `"integer"`)
	ident("begin", "begin")
	ident("é", `"é"`)
	ident("", `""`)
	literal := func(in, want string) {
		t.Helper()
		if got := sql.QuoteLiteral(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	literal("a", "'a'")
	literal("a'b", "'a''b'")
	literal(`a\b`, `E'a\\b'`)
	literal(`'\`, `E'''\\'`)
}

func TestWalkAndRewrite(t *testing.T) {
	s := parseOne(t, "WITH w AS (SELECT a FROM t WHERE b = $1) SELECT c, (SELECT d FROM u) FROM w JOIN t ON t.x = ANY (ARRAY[1, e]) ORDER BY f")
	before := sql.Print(s)
	var tables, columns []string
	sql.Walk(s, func(n sql.Node) bool {
		switch n := n.(type) {
		case *sql.Table:
			tables = append(tables, n.Name.Name)
		case *sql.ColumnRef:
			columns = append(columns, n.Fields[len(n.Fields)-1])
		}
		return true
	})
	if got := strings.Join(tables, " ") + "|" + strings.Join(columns, " "); got != "t u w t|a b c d x e f" {
		t.Errorf("walked %s", got)
	}
	out := sql.Rewrite(s, func(n sql.Node) sql.Node {
		switch n := n.(type) {
		case *sql.Table:
			c := *n
			c.Name.Schema = "s"
			return &c
		case *sql.Param:
			return &sql.Const{Kind: sql.IntConst, Text: "7"}
		}
		return n
	})
	if got, want := sql.Print(out), strings.NewReplacer("FROM t", "FROM s.t", "FROM u", "FROM s.u", "FROM w", "FROM s.w", "JOIN t", "JOIN s.t", "$1", "7").Replace(before); got != want {
		t.Errorf("rewritten to %s, want %s", got, want)
	}
	if sql.Print(s) != before {
		t.Error("rewriting changed the original")
	}
	if same := sql.Rewrite(s, func(n sql.Node) sql.Node { return n }); same != s {
		t.Error("rewriting nothing made a copy")
	}
}

func TestUnsupportedIsNamed(t *testing.T) {
	check := func(text, want string) {
		t.Helper()
		got := ""
		sql.Walk(parseOne(t, text), func(n sql.Node) bool {
			switch n := n.(type) {
			case *sql.UnsupportedStmt:
				got = n.Feature
			case *sql.UnsupportedExpr:
				got = n.Feature
			case *sql.UnsupportedTable:
				got = n.Feature
			case *sql.NoOp:
				got = "no-op " + n.What
			}
			return true
		})
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	check("CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()", "CREATE EVENT TRIGGER")
	check("CREATE RULE r AS ON INSERT TO t DO NOTHING", "CREATE RULE")
	check("CREATE OPERATOR + (LEFTARG = int, FUNCTION = f)", "CREATE OPERATOR")
	check("CREATE TYPE r AS RANGE (subtype = int)", "CREATE TYPE AS RANGE")
	check("CREATE FOREIGN TABLE t (a int) SERVER s", "CREATE FOREIGN TABLE")
	check("CREATE TEXT SEARCH CONFIGURATION c (COPY = english)", "CREATE TEXT SEARCH CONFIGURATION")
	check("COPY t FROM stdin", "COPY")
	check("CREATE TABLE t AS EXECUTE p(1)", "CREATE TABLE AS EXECUTE")
	check("DROP OPERATOR + (int, int)", "DROP OPERATOR")
	check("SELECT * FROM t TABLESAMPLE system (10)", "TABLESAMPLE")
	check("SELECT * FROM XMLTABLE('/a' PASSING x COLUMNS b int)", "XMLTABLE")
	check("SELECT * FROM JSON_TABLE('{}', '$' COLUMNS (a int PATH '$.a')) AS j", "JSON_TABLE")
	check("SELECT xmlelement(name a)", "XMLELEMENT")
	check("SELECT JSON_OBJECT('a': 1)", "JSON_OBJECT constructor")
	check("SELECT JSON_VALUE('{}', '$.a')", "JSON_VALUE")
	check("SELECT a IS JSON", "IS JSON")
	check("VACUUM t", "no-op VACUUM")
	check("REINDEX TABLE t", "no-op REINDEX")
	check("SECURITY LABEL ON TABLE t IS 'x'", "no-op SECURITY LABEL")
}

func FuzzParse(f *testing.F) {
	for _, line := range lines(f, "testdata/statements.sql") {
		f.Add(line)
	}
	f.Add("SELECT '\xff'")
	f.Add("SELECT ((((")
	sql.Warm() // starting the parser must not count as a hang of the first input
	f.Fuzz(func(t *testing.T, text string) {
		list, err := sql.Parse(text)
		if err != nil {
			var e *fault.Error
			if !errors.As(err, &e) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		for _, s := range list {
			if s.Start < 0 || s.End > len(text) || s.Start > s.End || text[s.Start:s.End] != s.Text {
				t.Fatalf("%q: statement at %d to %d", text, s.Start, s.End)
			}
		}
	})
}

func FuzzPrint(f *testing.F) {
	for _, line := range lines(f, "testdata/statements.sql") {
		f.Add(line)
	}
	sql.Warm() // starting the parser must not count as a hang of the first input
	f.Fuzz(func(t *testing.T, text string) {
		list, err := sql.Parse(text)
		if err != nil {
			return
		}
		for _, s := range list {
			checkStable(t, s.Stmt, s.Text)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := strings.Repeat("INSERT INTO t (a, b, c) VALUES (1, 'two', 3.5);\n", 20000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if list, err := sql.Parse(text); err != nil || len(list) != 20000 {
			b.Fatal(err)
		}
	}
}
