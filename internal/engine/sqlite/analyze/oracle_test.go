package analyze_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

var update = flag.Bool("update", false, "write the goldens anew, asking the PostgreSQL at MAINSTAY_TEST_POSTGRES")

const separator = "\n----\n"

// The statements of testdata/*.sql, one a line, and what PostgreSQL 15 says to each in testdata/*.golden.
func TestAgainstPostgreSQL(t *testing.T) {
	cat := world(t)
	for _, name := range []string{"good", "bad", "mixed"} {
		stmts := lines(t, "testdata/"+name+".sql")
		if *update {
			ask(t, name, stmts)
		}
		golden := strings.Split(strings.TrimSuffix(read(t, "testdata/"+name+".golden"), separator), separator)
		if len(golden) != len(stmts) {
			t.Fatalf("%s.golden has %d answers for %d statements: run with -update", name, len(golden), len(stmts))
		}
		bad := 0
		for i, s := range stmts {
			text, want, _ := strings.Cut(golden[i], "\n")
			if text != s {
				t.Fatalf("%s.golden does not belong to %s.sql at %q: run with -update", name, name, s)
			}
			if strings.HasPrefix(want, "skip") {
				continue
			}
			if got := describe(cat, s); got != want {
				bad++
				t.Errorf("%s\n  got  %s\n  want %s", s, strings.ReplaceAll(got, "\n", "\n       "), strings.ReplaceAll(want, "\n", "\n       "))
			}
		}
		t.Logf("%s: %d of %d differ", name, bad, len(stmts))
	}
}

// describe is what analysis says of a statement: types of parameters and columns, or the error.
func describe(cat *catalog.Catalog, text string) string {
	env := &analyze.Env{}
	stmts, err := sql.Parse(text)
	if err == nil {
		var q *tree.Query
		if q, err = analyze.Query(cat, env, stmts[0].Stmt.(sql.Query)); err == nil {
			var b strings.Builder
			for _, p := range env.Params {
				fmt.Fprintf(&b, "param %s\n", cat.TypeString(catalog.TypeRef{OID: p.OID, Mod: -1}))
			}
			for _, c := range q.Targets {
				fmt.Fprintf(&b, "%s %s\n", c.Name, cat.TypeString(cat.BaseType(c.Expr.Type())))
			}
			if q.Command != tree.Select || true {
				_, err = rights.Attach(cat, "postgres", q)
			}
			if err == nil {
				return strings.TrimSuffix(b.String(), "\n")
			}
		}
	}
	f := fault.As(err)
	if f == nil {
		return "not a fault: " + err.Error()
	}
	pos := 0
	if f.Pos >= 0 {
		pos = utf8.RuneCountInString(text[:f.Pos]) + 1
	}
	return strings.TrimSuffix(fmt.Sprintf("%s %s\nat %d\n%s\n%s", f.Code, f.Message, pos, prefixed("detail ", f.Detail), prefixed("hint ", f.Hint)), "\n")
}

func prefixed(label, s string) string {
	if s == "" {
		return "-"
	}
	return label + s
}

func ask(t *testing.T, name string, stmts []string) {
	ctx := context.Background()
	dsn := os.Getenv("MAINSTAY_TEST_POSTGRES")
	admin, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	if _, err := admin.Exec(ctx, "drop database if exists mainstay_analyze"); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(ctx, "create database mainstay_analyze"); err != nil {
		t.Fatal(err)
	}
	cfg := admin.Config().Copy()
	cfg.Database = "mainstay_analyze"
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, read(t, "testdata/world.sql")); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, s := range stmts {
		out.WriteString(s + "\n" + answer(ctx, c, s) + separator)
	}
	if err := os.WriteFile("testdata/"+name+".golden", []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func answer(ctx context.Context, c *pgx.Conn, s string) string {
	d, err := c.PgConn().Prepare(ctx, "", s, nil)
	shift := 0
	if err == nil && len(d.ParamOIDs) == 0 && !strings.HasPrefix(s, "select") && !strings.HasPrefix(s, "values") {
		shift = len("explain ")
		_, err = c.PgConn().Exec(ctx, "explain "+s).ReadAll()
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		if e.Code == "42601" && strings.HasPrefix(e.Message, "syntax error") || e.Message == "there is no parameter $1" {
			return "skip"
		}
		return strings.TrimSuffix(fmt.Sprintf("%s %s\nat %d\n%s\n%s", e.Code, e.Message, max(0, int(e.Position)-shift), prefixed("detail ", e.Detail), prefixed("hint ", e.Hint)), "\n")
	}
	if err != nil {
		return "skip " + err.Error()
	}
	var b strings.Builder
	format := func(oid uint32, mod int32) string {
		r := c.PgConn().ExecParams(ctx, "select format_type($1, nullif($2, -1))", [][]byte{fmt.Append(nil, oid), fmt.Append(nil, mod)}, []uint32{26, 23}, nil, nil).Read()
		if r.Err != nil {
			return r.Err.Error()
		}
		return string(r.Rows[0][0])
	}
	params, fields := d.ParamOIDs, d.Fields
	for _, p := range params {
		fmt.Fprintf(&b, "param %s\n", format(p, -1))
	}
	for _, f := range fields {
		fmt.Fprintf(&b, "%s %s\n", f.Name, format(f.DataTypeOID, f.TypeModifier))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func world(t testing.TB) *catalog.Catalog {
	t.Helper()
	return build(t, read(t, "testdata/world.sql"))
}

// build applies definitions to an empty catalog.
func build(t testing.TB, script string) *catalog.Catalog {
	t.Helper()
	stmts, err := sql.Parse(script)
	if err != nil {
		t.Fatal(err)
	}
	e := catalog.Empty().Edit()
	for _, s := range stmts {
		if _, err := e.Apply(s.Stmt, catalog.Env{ViewColumns: analyze.ViewColumns}); err != nil {
			t.Fatalf("%s: %v", s.Text, err)
		}
	}
	return e.Done()
}

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func lines(t testing.TB, name string) []string {
	t.Helper()
	var out []string
	s := bufio.NewScanner(strings.NewReader(read(t, name)))
	for s.Scan() {
		if s.Text() != "" {
			out = append(out, s.Text())
		}
	}
	return out
}
