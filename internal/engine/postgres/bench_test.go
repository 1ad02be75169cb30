package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// What a hand-written handler does with pgx for the same request: one batch of BEGIN, role and claims, the statement, COMMIT.
func byHand(ctx context.Context, pool *pgxpool.Pool, text string, args ...any) (n int, err error) {
	b := &pgx.Batch{}
	b.Queue("BEGIN READ ONLY")
	b.Queue("SELECT set_config('search_path', $1, true), set_config('role', $2, true), set_config('request.jwt.claims', $3, true)", "public", "authenticated", claims)
	b.Queue(text, args...)
	b.Queue("COMMIT")
	err = pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		r := c.SendBatch(ctx, b)
		defer r.Close()
		for range 2 {
			if _, err := r.Exec(); err != nil {
				return err
			}
		}
		rows, err := r.Query()
		if err != nil {
			return err
		}
		for rows.Next() {
			n += len(rows.RawValues())
		}
		if err := rows.Err(); err != nil {
			return err
		}
		_, err = r.Exec()
		return err
	})
	return n, err
}

const claims = `{"role":"authenticated","sub":"aaaaaaaa-0000-4000-8000-000000000001"}`

type counter struct {
	width, n int
	buf      []byte
}

func (c *counter) Row(r engine.Row) error {
	c.buf = c.buf[:0]
	for i := range c.width {
		c.buf = r.AppendJSON(c.buf, i)
	}
	c.n += c.width
	return nil
}

func (c *counter) End(engine.Outcome) error { return nil }

func BenchmarkRead(b *testing.B) {
	url := clustertest.Database(b)
	e, err := postgres.Open(b.Context(), postgres.Options{URL: url, MaxConns: 4})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	if err := e.Script(b.Context(), engine.Script{Text: `create table t (id int primary key, a text, b text, c numeric, d timestamptz, e int, f bool, g jsonb);
insert into t select g, 'name ' || g, repeat('x', 40), g / 10.0, now(), g, true, '{"a": 1}' from generate_series(1, 100000) as g; analyze t;
alter table t enable row level security; create policy all_rows on t for select using (auth.uid() is not null)`}, engine.Discard{}); err != nil {
		b.Fatal(err)
	}
	pool, err := pgxpool.New(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	caller := query.Caller{Role: "authenticated", Claims: []byte(claims), Method: "GET", Path: "/t", Headers: func() []byte { return []byte(`{"host":"x"}`) }}
	for _, size := range []int{1, 30} {
		op := map[int]string{1: "eq", 30: "lte"}[size]
		st := query.Statement{Schema: "public", ReadOnly: true, MaxAffected: -1, Values: []string{fmt.Sprint(size)}, Read: &query.Read{Relation: "t", Node: query.Node{
			Limit: -1, Offset: -1, MaxRows: -1, Where: &query.Logic{Leaf: &query.Filter{Name: "id", Op: op, Value: 0}},
		}}}
		p, err := plan.Build(e.Catalog(), &st, "authenticated", plan.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("engine/rows=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := &counter{width: 8}
				if err := e.Do(b.Context(), p, plan.Args{Caller: caller, Values: st.Values, ReadOnly: true}, c); err != nil || c.n != 8*size {
					b.Fatal(c.n, err)
				}
			}
		})
		sign := map[int]string{1: "=", 30: "<="}[size]
		b.Run(fmt.Sprintf("by_hand/rows=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, err := byHand(b.Context(), pool, "SELECT id, a, b, c, d, e, f, g FROM public.t WHERE id "+sign+" $1", size); err != nil || n != 8*size {
					b.Fatal(n, err)
				}
			}
		})
	}
}
