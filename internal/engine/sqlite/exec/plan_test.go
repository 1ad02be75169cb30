package exec_test

import (
	"context"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/lower"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// TestIndexesServe checks how SQLite reads what PostgreSQL would use an index for.
func TestIndexesServe(t *testing.T) {
	w := newWorld(t)
	w.apply(`CREATE TYPE mood AS ENUM ('sad', 'ok');
		CREATE TABLE org (id uuid PRIMARY KEY, name text);
		CREATE TABLE member (org uuid REFERENCES org, who uuid, PRIMARY KEY (who, org));
		CREATE TABLE t (id bigserial PRIMARY KEY, org uuid NOT NULL REFERENCES org, name text, price numeric, made timestamptz NOT NULL, seen timestamptz, m mood, n int);
		CREATE INDEX t_org ON t (org); CREATE INDEX t_name ON t (name); CREATE INDEX t_price ON t (price); CREATE INDEX t_made ON t (made); CREATE INDEX t_seen ON t (seen);
		CREATE INDEX t_m ON t (m); CREATE INDEX t_made_id ON t (made DESC, id DESC);
		CREATE ROLE r; GRANT SELECT ON t, org, member TO r;
		ALTER TABLE t ENABLE ROW LEVEL SECURITY;
		CREATE POLICY p ON t USING (org IN (SELECT m.org FROM member m WHERE m.who = (current_setting('request.sub', true))::uuid))`)
	for query, want := range map[string]string{
		`SELECT name FROM t WHERE id = $1`:                                                                                    `SEARCH t1 USING INDEX public.t_pkey (id=?)`,
		`SELECT name FROM t WHERE name = $1`:                                                                                  `SEARCH t1 USING COVERING INDEX public.t_name (name=?)`,
		`SELECT id FROM t WHERE price = $1`:                                                                                   `SEARCH t1 USING INDEX public.t_price (price=?)`,
		`SELECT id FROM t WHERE m = $1`:                                                                                       `SEARCH t1 USING INDEX public.t_m (m=?)`,
		`SELECT name FROM t WHERE id = ANY ($1)`:                                                                              `SEARCH t1 USING INDEX public.t_pkey (id=?)`,
		`SELECT name FROM t WHERE id IN (1, 2)`:                                                                               `SEARCH t1 USING INDEX public.t_pkey (id=?)`,
		`SELECT name FROM t ORDER BY made LIMIT 5`:                                                                            `SCAN t1 USING INDEX public.t_made`,
		`SELECT name FROM t ORDER BY made DESC LIMIT 5`:                                                                       `SCAN t1 USING INDEX public.t_made`,
		`SELECT name FROM t ORDER BY seen LIMIT 5`:                                                                            `SCAN t1 USING INDEX public.t_seen`,
		`SELECT name FROM t ORDER BY seen DESC LIMIT 5`:                                                                       `SCAN t1 USING INDEX public.t_seen`,
		`SELECT name FROM t WHERE (made, id) < ($1, $2) ORDER BY made DESC, id DESC LIMIT 5`:                                  `SEARCH t1 USING INDEX public.t_made_id ((made,id)<(?,?))`,
		`SELECT name FROM t WHERE made > now() - interval '1 day' ORDER BY made LIMIT 3`:                                      `SEARCH t1 USING INDEX public.t_made (made>?)`,
		`SELECT o.name, (SELECT count(*) FROM t WHERE t.org = o.id) FROM org o`:                                               `SEARCH t2 USING COVERING INDEX public.t_org (org=?)`,
		`SELECT t.name, o.name FROM t JOIN org o ON o.id = t.org WHERE t.id = 5`:                                              `SEARCH t2 USING INDEX public.org_pkey (id=?)`,
		`SELECT t.name, l.name FROM t LEFT JOIN LATERAL (SELECT name FROM org WHERE org.id = t.org) l ON true WHERE t.id = 5`: `SEARCH t3 USING INDEX public.org_pkey (id=?)`,
	} {
		plan := strings.Join(explain(t, w, "postgres", query), "\n")
		if !strings.Contains(plan, want) {
			t.Errorf("%s\nwant %s\ngot\n%s", query, want, plan)
		}
	}
	if plan := strings.Join(explain(t, w, "r", `SELECT name FROM t WHERE id = 5`), "\n"); strings.Contains(plan, "SCAN") {
		t.Errorf("policy:\n%s", plan)
	}
}

func explain(t *testing.T, w *world, role, query string) []string {
	t.Helper()
	list, err := sql.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	q, err := analyze.Query(w.cat, nil, list[0].Stmt.(sql.Query))
	if err != nil {
		t.Fatal(query, err)
	}
	a, err := rights.Attach(w.cat, role, q)
	if err != nil {
		t.Fatal(query, err)
	}
	text, err := lower.Select(w.cat, a)
	if err != nil {
		t.Fatal(query, err)
	}
	var out []string
	err = w.store.Read(context.Background(), func(c *store.Conn) error {
		c.Owner = w.session(c)
		st, err := c.Stmt("EXPLAIN QUERY PLAN " + text.SQL)
		if err != nil {
			return err
		}
		defer st.Close()
		for st.Step() {
			out = append(out, st.ColumnText(3))
		}
		return st.Err()
	})
	if err != nil {
		t.Fatal(text.SQL, err)
	}
	return append(out, text.SQL)
}
