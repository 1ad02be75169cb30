package sqlite_test

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

// discard reads every column of every row, as a door does, and keeps nothing.
type discard struct {
	cols int
	buf  []byte
	rows int
}

func (d *discard) Row(r engine.Row) error {
	d.rows++
	d.buf = d.buf[:0]
	for i := range d.cols {
		d.buf = r.AppendJSON(d.buf, i)
	}
	return nil
}
func (d *discard) End(engine.Outcome) error { return nil }

func benchDo(b *testing.B, e *sqlite.Engine, st *query.Statement, rows int) {
	b.Helper()
	st.Schema = "public"
	caller := user("1")
	p, err := plan.Build(e.Catalog(), st, caller.Role, plan.Options{})
	if err != nil {
		b.Fatal(err)
	}
	args := plan.Args{Caller: caller, Values: st.Values, Body: st.Body, Fields: st.Fields, ReadOnly: st.ReadOnly}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		d := &discard{cols: len(p.Columns())}
		for pb.Next() {
			d.rows = 0
			if err := e.Do(context.Background(), p, args, d); err != nil || d.rows != rows {
				b.Fatal(err, d.rows)
			}
		}
	})
}

func benchEngine(b *testing.B) *sqlite.Engine {
	e := open(b, b.TempDir())
	script(b, e, notes+`insert into notes (owner, body) select ('00000000-0000-4000-8000-00000000000' || (n % 3))::uuid, 'note ' || n from generate_series(31, 100000) n; create index on notes (owner, id)`)
	b.ResetTimer()
	return e
}

func BenchmarkDo(b *testing.B) {
	e := benchEngine(b)
	b.Run("one", func(b *testing.B) { benchDo(b, e, read(eq("id", 0), "4"), 1) })
	b.Run("list=30", func(b *testing.B) {
		st := read(nil, "30")
		st.Read.Limit = 0
		benchDo(b, e, st, 30)
	})
	b.Run("insert", func(b *testing.B) {
		b.SetParallelism(32)
		benchDo(b, e, insert("x"), 1)
	})
}

// BenchmarkDelete deletes one row under a policy, with the three that go with it.
func BenchmarkDelete(b *testing.B) {
	e := open(b, b.TempDir())
	script(b, e, `create table folders (id bigint primary key, owner uuid not null, name text not null);
		create table files (id bigint primary key, folder bigint not null references folders on delete cascade, name text not null); create index on files (folder);
		alter table folders enable row level security;
		create policy mine on folders to authenticated using (owner = (select auth.uid()))`)
	st := &query.Statement{Schema: "public", Write: &query.Write{Action: query.Delete, Relation: "folders", Node: query.Node{Where: eq("id", 0), Limit: -1, Offset: -1, MaxRows: -1}}, MaxAffected: -1}
	caller := user("1")
	p, err := plan.Build(e.Catalog(), st, caller.Role, plan.Options{})
	if err != nil {
		b.Fatal(err)
	}
	script(b, e, fmt.Sprintf(`insert into folders select n, '%s', 'folder' from generate_series(1, %d) n; insert into files select n, 1 + (n - 1) / 3, 'file' from generate_series(1, %d) n`,
		caller.Subject, b.N, 3*b.N))
	var last atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		var end outcome
		for pb.Next() {
			args := plan.Args{Caller: caller, Values: []string{strconv.FormatInt(last.Add(1), 10)}}
			if err := e.Do(context.Background(), p, args, &end); err != nil || end.Rows != 1 {
				b.Error(err, end.Rows)
				return
			}
		}
	})
}

// outcome keeps how a statement ended.
type outcome struct{ engine.Outcome }

func (o *outcome) Row(engine.Row) error { return nil }
func (o *outcome) End(end engine.Outcome) error {
	o.Outcome = end
	return nil
}

func BenchmarkOpen(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			e.Close()
		}
	})
	b.Run("old", func(b *testing.B) {
		dir := b.TempDir()
		for b.Loop() {
			e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: dir})
			if err != nil {
				b.Fatal(err)
			}
			e.Close()
		}
	})
}
