package rights_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

var update = flag.Bool("update", false, "write the goldens anew; those of denied.sql from the PostgreSQL at MAINSTAY_TEST_POSTGRES")

const separator = "\n----\n"

// What each role may do, compared with PostgreSQL's own word in denied.golden.
func TestDeniedAsPostgreSQLDenies(t *testing.T) {
	cat := world(t)
	cases := lines(t, "testdata/denied.sql")
	if *update && os.Getenv("MAINSTAY_TEST_POSTGRES") != "" {
		ask(t, cases)
	}
	golden := answers(t, "denied", cases)
	for i, c := range cases {
		role, text, _ := strings.Cut(c, " ")
		got := "ok"
		if _, err := attach(t, cat, role, text); err != nil {
			got = say(err)
		}
		if got != golden[i] {
			t.Errorf("%s\n  got  %s\n  want %s", c, got, golden[i])
		}
	}
}

// What becomes of statements: goldens to be read in review. "!" marks what rights has attached.
func TestPlans(t *testing.T) {
	cat := world(t)
	cases := lines(t, "testdata/plans.sql")
	var out strings.Builder
	for _, c := range cases {
		role, text, _ := strings.Cut(c, " ")
		q, err := attach(t, cat, role, text)
		got := ""
		if err != nil {
			got = say(err)
		} else {
			got = strings.TrimSuffix(tree.Format(q.Tree()), "\n")
		}
		out.WriteString(c + "\n" + got + separator)
	}
	if *update {
		if err := os.WriteFile("testdata/plans.golden", []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden := answers(t, "plans", cases)
	for i, got := range strings.Split(strings.TrimSuffix(out.String(), separator), separator) {
		if _, body, _ := strings.Cut(got, "\n"); body != golden[i] {
			t.Errorf("%s\ngot\n%s\nwant\n%s", cases[i], body, golden[i])
		}
	}
}

// Nobody outside the package can make a Query that holds a tree.
func TestQueryIsSealed(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[rights.Query](), reflect.TypeFor[rights.Expr]()} {
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() {
				t.Errorf("%s.%s can be set from outside", typ, f.Name)
			}
		}
	}
	if (rights.Query{}).Tree() != nil {
		t.Error("the zero Query holds a tree")
	}
}

func attach(t *testing.T, cat *catalog.Catalog, role, text string) (rights.Query, error) {
	t.Helper()
	stmts, err := sql.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	q, err := analyze.Query(cat, &analyze.Env{}, stmts[0].Stmt.(sql.Query))
	if err != nil {
		return rights.Query{}, err
	}
	return rights.Attach(cat, role, q)
}

func say(err error) string {
	f := fault.As(err)
	if f == nil {
		return "not a fault: " + err.Error()
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s\n%s\n%s", f.Code, f.Message, f.Detail, f.Hint))
}

func world(t testing.TB) *catalog.Catalog {
	t.Helper()
	stmts, err := sql.Parse(read(t, "testdata/roles.sql") + read(t, "testdata/world.sql"))
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

func lines(t *testing.T, name string) []string {
	t.Helper()
	return strings.Split(strings.TrimSpace(read(t, name)), "\n")
}

func answers(t *testing.T, name string, cases []string) []string {
	t.Helper()
	out := strings.Split(strings.TrimSuffix(read(t, "testdata/"+name+".golden"), separator), separator)
	if len(out) != len(cases) {
		t.Fatalf("%s.golden has %d answers for %d cases: run with -update", name, len(out), len(cases))
	}
	for i := range out {
		head, body, _ := strings.Cut(out[i], "\n")
		if head != cases[i] {
			t.Fatalf("%s.golden does not belong to %s.sql at %q: run with -update", name, name, cases[i])
		}
		out[i] = body
	}
	return out
}

func ask(t *testing.T, cases []string) {
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, os.Getenv("MAINSTAY_TEST_POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	for _, s := range append([]string{"drop database if exists mainstay_rights", "create database mainstay_rights"}, lines(t, "testdata/roles.sql")...) {
		var e *pgconn.PgError
		if _, err := admin.Exec(ctx, s); err != nil && !(errors.As(err, &e) && e.Code == "42710") {
			t.Fatal(err)
		}
	}
	cfg := admin.Config().Copy()
	cfg.Database = "mainstay_rights"
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, read(t, "testdata/world.sql")); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, s := range cases {
		role, text, _ := strings.Cut(s, " ")
		got := "ok"
		_, err := c.PgConn().Exec(ctx, "set role "+role+"; explain "+text).ReadAll()
		var e *pgconn.PgError
		if errors.As(err, &e) {
			got = strings.TrimSpace(fmt.Sprintf("%s %s\n%s\n%s", e.Code, e.Message, e.Detail, e.Hint))
		} else if err != nil {
			t.Fatal(err)
		}
		out.WriteString(s + "\n" + got + separator)
	}
	if err := os.WriteFile("testdata/denied.golden", []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
