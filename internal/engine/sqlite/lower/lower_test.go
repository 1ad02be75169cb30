package lower_test

import (
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/lower"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

const schema = `
CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL, price numeric, tags text[], doc jsonb, made timestamptz, up int REFERENCES t);
CREATE INDEX ON t (name);
CREATE ROLE r;
GRANT SELECT ON t TO r;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (name = current_user);
`

func world(t testing.TB) *catalog.Catalog {
	t.Helper()
	list, err := sql.Parse(schema)
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

func lowered(cat *catalog.Catalog, role, query string) (*lower.Text, error) {
	list, err := sql.Parse(query)
	if err != nil {
		return nil, err
	}
	q, err := analyze.Query(cat, nil, list[0].Stmt.(sql.Query))
	if err != nil {
		return nil, err
	}
	a, err := rights.Attach(cat, role, q)
	if err != nil {
		return nil, err
	}
	return lower.Select(cat, a)
}

// TestText shows what queries become.
func TestText(t *testing.T) {
	cat := world(t)
	for query, want := range map[string]string{
		`SELECT id, name FROM t WHERE id = $1`:                       `SELECT "t1"."id" AS "c1", "t1"."name" AS "c2" FROM "public.t" AS "t1" WHERE ("t1"."id" = ?1) ORDER BY "t1"."ctid"`,
		`SELECT id FROM t ORDER BY name LIMIT 5`:                     `SELECT "t1"."id" AS "c1" FROM "public.t" AS "t1" ORDER BY "t1"."name" LIMIT ?1`,
		`SELECT id FROM t ORDER BY price DESC`:                       `SELECT "t1"."id" AS "c1" FROM "public.t" AS "t1" ORDER BY "t1"."price" COLLATE pg_numeric DESC NULLS FIRST`,
		`SELECT id FROM t WHERE id = ANY ($1)`:                       `SELECT "t1"."id" AS "c1" FROM "public.t" AS "t1" WHERE ("t1"."id" IN (SELECT value AS "v" FROM json_each(coalesce(?1, '[null]')))) ORDER BY "t1"."ctid"`,
		`SELECT id FROM t WHERE name IN ('a', 'b')`:                  `SELECT "t1"."id" AS "c1" FROM "public.t" AS "t1" WHERE ("t1"."name" IN (?1, ?2)) ORDER BY "t1"."ctid"`,
		`SELECT id FROM t WHERE (name, id) > ($1, $2)`:               `SELECT "t1"."id" AS "c1" FROM "public.t" AS "t1" WHERE (("t1"."name", "t1"."id") > (?1, ?2)) ORDER BY "t1"."ctid"`,
		`SELECT id FROM t WHERE made > now() - '1d'::text::interval`: `SELECT "t1"."id" AS "c1" FROM "public.t" AS "t1" WHERE ("t1"."made" > ?1) ORDER BY "t1"."ctid"`,
		`SELECT count(*) FROM t WHERE (SELECT current_user) = name`:  `SELECT count(*) AS "c1" FROM "public.t" AS "t1" WHERE (?1 = "t1"."name")`,
		`SELECT a.id FROM t a LEFT JOIN t b ON b.up = a.id`:          `SELECT "t1"."id" AS "c1" FROM "public.t" AS "t1" LEFT JOIN "public.t" AS "t2" ON ("t2"."up" = "t1"."id") ORDER BY "t1"."ctid"`,
	} {
		got, err := lowered(cat, "postgres", query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if got.SQL != want {
			t.Errorf("%s\ngot  %s\nwant %s", query, got.SQL, want)
		}
	}
}

// TestPolicyIsInsideOuterJoin: a row that a policy hides must not match, and the row beside it must still come out.
func TestPolicyIsInsideOuterJoin(t *testing.T) {
	cat := world(t)
	got, err := lowered(cat, "r", `SELECT a.id FROM t a LEFT JOIN t b ON b.up = a.id`)
	if err != nil {
		t.Fatal(err)
	}
	on, where, ok := strings.Cut(got.SQL, " WHERE ")
	if !ok || !strings.Contains(on, `ON ("t2"."name" = ?1) AND`) || !strings.Contains(where, `("t1"."name" = ?1)`) || strings.Contains(where, `"t2"`) {
		t.Error(got.SQL)
	}
}

// FuzzTextHoldsNoLiterals: whatever a literal says, the text is the same.
func FuzzTextHoldsNoLiterals(f *testing.F) {
	cat := world(f)
	templates := []string{
		`SELECT id FROM t WHERE name = %s`,
		`SELECT id, %s AS x FROM t ORDER BY name || %s`,
		`SELECT upper(%s), name LIKE %s FROM t WHERE name ~ 'a' GROUP BY 2, id, name HAVING max(name) > %s`,
		`SELECT * FROM unnest(ARRAY[%s]) x WHERE x <> %s`,
		`WITH c AS (SELECT %s AS v) SELECT v FROM c UNION SELECT name FROM t WHERE name = ANY (ARRAY[%s])`,
		`SELECT CASE WHEN name = %s THEN doc ->> %s ELSE coalesce(name, %s) END FROM t WHERE EXISTS (SELECT FROM t u WHERE u.name = %s)`,
		`SELECT row_to_json(x), string_agg(x.n, %s) OVER (ORDER BY x.n) FROM (SELECT name AS n, %s AS m FROM t) x`,
	}
	var plain []string
	for _, q := range templates {
		text, err := lowered(cat, "r", strings.ReplaceAll(q, "%s", "'zz'"))
		if err != nil {
			f.Fatal(q, err)
		}
		plain = append(plain, text.SQL)
	}
	for _, s := range []string{"a", "'", `"`, "'; DROP TABLE t; --", "?1", "%1", "\\", "é", "c1", "NULL"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, lit string) {
		for i, q := range templates {
			text, err := lowered(cat, "r", strings.ReplaceAll(q, "%s", sql.QuoteLiteral(lit)))
			if err != nil {
				continue // not text that PostgreSQL takes
			}
			if text.SQL != plain[i] {
				t.Errorf("%q\n%s\n%s", lit, text.SQL, plain[i])
			}
		}
	})
}
