package exec_test

import (
	"context"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// bench runs one statement b.N times in one transaction.
func bench(b *testing.B, ddl, query string, args ...value.Datum) {
	w := newWorld(b)
	w.apply(ddl)
	w.answer("INSERT INTO t (a, b, c) SELECT g, 'name ' || g, g / 3.0 FROM generate_series(1, 1000) g")
	list, err := sql.Parse(query)
	if err != nil {
		b.Fatal(err)
	}
	p, err := exec.Compile(w.cat, &analyze.Env{Path: []string{"public"}}, "postgres", list[0].Stmt.(sql.Query))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	err = w.store.Write(context.Background(), func(c *store.Conn) error {
		b.ResetTimer()
		var buf []byte
		for b.Loop() {
			s := w.session(c)
			if _, err := p.Run(s, args, func(r exec.Row) error {
				buf = buf[:0]
				for i := range p.Columns {
					buf = r.AppendJSON(buf, i)
				}
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

const benchTable = `CREATE TABLE t (id serial PRIMARY KEY, a int NOT NULL, b text, c numeric, d timestamptz DEFAULT now(), UNIQUE (a, id))`

func BenchmarkSelectByKey(b *testing.B) {
	bench(b, benchTable, "SELECT id, a, b, c, d FROM t WHERE id = $1", value.Int(500))
}

func BenchmarkSelect30(b *testing.B) {
	bench(b, benchTable, "SELECT id, a, b, c, d FROM t WHERE a > $1 ORDER BY id LIMIT 30", value.Int(100))
}

func BenchmarkInsertOne(b *testing.B) {
	bench(b, benchTable, "INSERT INTO t (a, b, c) VALUES ($1, 'x', 1.5)", value.Int(7))
}

func BenchmarkInsertReturning(b *testing.B) {
	bench(b, benchTable, "INSERT INTO t (a, b, c) VALUES ($1, 'x', 1.5) RETURNING *", value.Int(7))
}

func BenchmarkUpdateByKey(b *testing.B) {
	bench(b, benchTable, "UPDATE t SET b = 'y' || a, c = a + 1 WHERE id = $1", value.Int(500))
}

func BenchmarkRowToJSON30(b *testing.B) {
	bench(b, benchTable, "SELECT json_agg(x) FROM (SELECT id, a, b, c, d FROM t WHERE a > $1 ORDER BY id LIMIT 30) x", value.Int(100))
}

func BenchmarkRegister(b *testing.B) {
	for b.Loop() {
		newWorld(b)
	}
}
