package eval_test

import (
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

func compile(t testing.TB, cat *catalog.Catalog, text string, rels ...*tree.Rel) (eval.Closure, tree.Type) {
	t.Helper()
	e, err := sql.ParseExpr(text)
	if err != nil {
		t.Fatal(text, err)
	}
	x, err := analyze.Expr(cat, nil, e, rels...)
	if err != nil {
		t.Fatal(text, err)
	}
	c, err := eval.Compile(cat, x, eval.Options{Rels: rels})
	if err != nil {
		t.Fatal(text, err)
	}
	return c, x.Type()
}

func world(t testing.TB) *catalog.Catalog {
	t.Helper()
	list, err := sql.Parse(`CREATE DOMAIN pos AS int CHECK (value > 0) CONSTRAINT small CHECK (value < 100); CREATE DOMAIN req AS text NOT NULL;
		CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE TYPE pt AS (x int, y text)`)
	if err != nil {
		t.Fatal(err)
	}
	e := catalog.Empty().Edit()
	for _, s := range list {
		if _, err := e.Apply(s.Stmt, catalog.Env{}); err != nil {
			t.Fatal(err)
		}
	}
	return e.Done()
}

// TestExpressions: the wanted texts are PostgreSQL's.
func TestExpressions(t *testing.T) {
	cat := world(t)
	for text, want := range map[string]string{
		`1 + 2 * 3`: "7", `2147483647 + 1`: "! 22003 integer out of range", `1 / 0`: "! 22012 division by zero",
		`NULL::int + 1`: `\N`, `NULL AND false`: "f", `NULL OR true`: "t", `NOT NULL::bool`: `\N`, `NULL AND true`: `\N`,
		`CASE WHEN true THEN 1 ELSE 1 / 0 END`: "1", `CASE 3 WHEN 1 THEN 'a' WHEN 3 THEN 'b' END`: "b", `CASE WHEN NULL THEN 1 END`: `\N`,
		`coalesce(NULL, 2, 1 / 0)`: "2", `nullif(1, 1)`: `\N`, `nullif(1, 2)`: "1", `greatest(1, NULL, 3)`: "3", `least(2.5, 1)`: "1", `greatest(NULL::int, NULL)`: `\N`,
		`1 IN (1, NULL)`: "t", `2 IN (1, NULL)`: `\N`, `2 NOT IN (1, 3)`: "t", `2 NOT IN (1, NULL)`: `\N`,
		`1 = ANY ('{1,2}')`: "t", `3 = ANY ('{1,NULL}'::int[])`: `\N`, `3 > ALL ('{1,2}')`: "t", `1 = ANY (NULL::int[])`: `\N`, `1 = ALL ('{}')`: "t",
		`NULL IS DISTINCT FROM 1`: "t", `1 IS NOT DISTINCT FROM 1`: "t", `NULL IS NULL`: "t", `(1, NULL) IS NULL`: "f", `(NULL, NULL) IS NULL`: "t", `(1, NULL) IS NOT NULL`: "f",
		`NULL IS TRUE`: "f", `NULL IS NOT TRUE`: "t", `NULL::bool IS UNKNOWN`: "t", `false IS FALSE`: "t",
		`ARRAY[1, 2, NULL]`: "{1,2,NULL}", `ARRAY[[1, 2], [3, 4]]`: "{{1,2},{3,4}}", `(ARRAY[1, 2])[2]`: "2", `(ARRAY[1, 2])[3]`: `\N`, `(ARRAY[1, 2, 3])[2:]`: "{2,3}", `(ARRAY[[1, 2], [3, 4]])[2][1]`: "3",
		`ARRAY['1', '2']::int[]`: "{1,2}", `ARRAY[1.4, 2.6]::int[]`: "{1,3}", `'{a,b}'::text[]`: "{a,b}",
		`ROW(1, 'a b', NULL)`: `(1,"a b",)`, `(ROW(1, 'q')::pt).y`: "q", `ROW(1, 'q')::pt`: "(1,q)", `(1, 2) < (1, 3)`: "t", `(1, NULL) < (2, 0)`: "t", `(1, NULL) < (1, 0)`: `\N`, `(1, 2) = (1, 2)`: "t", `(2, 1) >= (2, 1)`: "t",
		`5::pos`: "5", `(-5)::pos`: `! 23514 value for domain pos violates check constraint "pos_check"`, `500::pos`: `! 23514 value for domain pos violates check constraint "small"`,
		`NULL::pos`: `\N`, `NULL::text::req`: "! 23502 domain req does not allow null values",
		`'ok'::mood < 'happy'`: "t", `'x'::text::mood`: `! 22P02 invalid input value for enum mood: "x"`,
		`12::text || 'x'`: "12x", `'12'::text::int + 1`: "13", `'x'::text::int`: `! 22P02 invalid input syntax for type integer: "x"`, `'abcdef'::varchar(3)`: "abc", `1.256::numeric(4,2)`: "1.26", `'t'::text::bool`: "t",
		`now() = now()`: "t", `current_user`: "me", `current_setting('a.b')`: "c", `current_setting('no.such', true)`: `\N`,
		`upper('é') || lower('X')`: "Éx", `'abc' LIKE 'a_c'`: "t", `'a' || NULL`: `\N`, `concat('a', NULL, 1)`: "a1",
		`(SELECT 1)`: "! 0A000 cannot use a subquery here",
	} {
		check(t, cat, text, want)
	}
}

func check(t *testing.T, cat *catalog.Catalog, text, want string) {
	t.Helper()
	s := &eval.Session{Cat: cat, Role: "me", SessionRole: "me", Now: time.Unix(1e9, 0).UTC(), Settings: map[string]string{"a.b": "c"}}
	got := func() string {
		e, err := sql.ParseExpr(text)
		if err != nil {
			return err.Error()
		}
		x, err := analyze.Expr(cat, nil, e)
		if err != nil {
			return err.Error()
		}
		d := value.Null
		c, err := eval.Compile(cat, x, eval.Options{})
		if err == nil {
			d, err = c(&eval.Frame{S: s})
		}
		if f := fault.As(err); f != nil {
			return "! " + f.Code + " " + f.Message
		}
		if err != nil {
			return err.Error()
		}
		if d.IsNull() {
			return `\N`
		}
		return s.Env().Ops(x.Type().OID).Text(s.Env(), d)
	}()
	if got != want {
		t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
	}
}

// TestRows: columns of given rows, and rows that are not there.
func TestRows(t *testing.T) {
	cat := world(t)
	int4 := tree.Type{OID: catalog.Int4OID, Mod: -1}
	r := &tree.Rel{Kind: tree.RowRel, Alias: "new", Columns: []tree.RelColumn{{Name: "a", Type: int4}, {Name: "b", Type: int4}}}
	c, _ := compile(t, cat, "new.a + b", r)
	s := &eval.Session{Cat: cat}
	d, err := c(&eval.Frame{S: s, Rows: [][]value.Datum{{value.Int(2), value.Int(3)}}})
	if err != nil || d.Int64() != 5 {
		t.Error(d, err)
	}
	if d, err = c(&eval.Frame{S: s, Rows: [][]value.Datum{nil}}); err != nil || !d.IsNull() {
		t.Error(d, err)
	}
}

func BenchmarkAdd(b *testing.B) {
	cat := world(b)
	int4 := tree.Type{OID: catalog.Int4OID, Mod: -1}
	r := &tree.Rel{Kind: tree.RowRel, Alias: "t", Columns: []tree.RelColumn{{Name: "a", Type: int4}}}
	c, _ := compile(b, cat, "a + 1", r)
	f := &eval.Frame{S: &eval.Session{Cat: cat}, Rows: [][]value.Datum{{value.Int(41)}}}
	b.ReportAllocs()
	for b.Loop() {
		if d, err := c(f); err != nil || d.Int64() != 42 {
			b.Fatal(d, err)
		}
	}
}
