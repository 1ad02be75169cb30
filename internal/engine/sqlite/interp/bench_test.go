package interp_test

import (
	"context"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

// The figures to compare with are PostgreSQL's, for the same texts, under psql's \timing.
const (
	loop = `do $$ declare s bigint := 0; begin for i in 1..1000000 loop s := s + i; end loop; end $$`

	triggerTables = `
		create table plain (id int primary key, v text, updated_at timestamptz);
		create table stamped (id int primary key, v text, updated_at timestamptz);
		create function stamp() returns trigger language plpgsql as $$ begin new.updated_at = now(); return new; end $$;
		create trigger stamp before insert or update on stamped for each row execute function stamp();`
)

func run(t testing.TB, e *sqlite.Engine, text string) {
	t.Helper()
	if err := e.Script(context.Background(), engine.Script{Text: text}, quiet{}); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB) *sqlite.Engine {
	t.Helper()
	e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// BenchmarkLoop is a million integer additions.
func BenchmarkLoop(b *testing.B) {
	e := open(b)
	for b.Loop() {
		run(b, e, loop)
	}
}

// BenchmarkWhile is the same with a condition and two assignments a turn.
func BenchmarkWhile(b *testing.B) {
	e := open(b)
	for b.Loop() {
		run(b, e, `do $$ declare s bigint := 0; i int := 0; begin while i < 1000000 loop i := i + 1; s := s + i; end loop; end $$`)
	}
}

// BenchmarkInsert is 10,000 rows without and with a trigger like those that keep updated_at.
func BenchmarkInsert(b *testing.B) {
	for _, table := range []string{"plain", "stamped"} {
		b.Run(table, func(b *testing.B) {
			e := open(b)
			run(b, e, triggerTables)
			for b.Loop() {
				run(b, e, `begin; insert into `+table+` select g, 'v' from generate_series(1, 10000) g; rollback;`)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/10000, "µs/row")
		})
	}
}

// BenchmarkCalls is 100,000 calls of a small function from a query.
func BenchmarkCalls(b *testing.B) {
	e := open(b)
	run(b, e, `create function inc(n int) returns int language plpgsql as $$ begin return n + 1; end $$`)
	for b.Loop() {
		run(b, e, `select sum(inc(g)) from generate_series(1, 100000) g`)
	}
}

type quiet struct{}

func (quiet) Begin([]engine.Column) error { return nil }
func (quiet) Row(engine.Row) error        { return nil }
func (quiet) Done(string) error           { return nil }
func (quiet) Notice(_, _ string)          {}
func (quiet) Refused(error)               {}
