package sqlite_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

const notes = `
create table notes (id bigint generated always as identity primary key, owner uuid not null default auth.uid(), body text not null, at timestamptz not null default '2026-01-02T03:04:05Z');
alter table notes enable row level security;
create policy "own" on notes for all to authenticated using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
insert into notes (owner, body) select ('00000000-0000-4000-8000-00000000000' || (n % 3))::uuid, 'note ' || n from generate_series(1, 30) n;
create function shout(word text) returns text language sql immutable as $$ select upper(word) $$;
`

func user(n string) query.Caller {
	id := "00000000-0000-4000-8000-00000000000" + n
	return query.Caller{Role: "authenticated", Subject: id, Authenticated: true, Claims: []byte(`{"sub":"` + id + `","role":"authenticated"}`)}
}

// script runs SQL as the owner.
func script(t testing.TB, e *sqlite.Engine, sql string) {
	t.Helper()
	if err := e.Script(context.Background(), engine.Script{Text: sql, Atomic: true}, &lines{}); err != nil {
		t.Fatal(err)
	}
}

// jsonSink writes rows as a JSON array.
type jsonSink struct {
	cols []plan.Column
	out  []byte
	end  engine.Outcome
	fail error
}

func (s *jsonSink) Row(r engine.Row) error {
	sep := byte('[')
	if len(s.out) > 0 {
		sep = ','
	}
	s.out = append(s.out, sep)
	for i, c := range s.cols {
		sep := byte('{')
		if i > 0 {
			sep = ','
		}
		s.out = append(append(s.out, sep), c.Key...)
		s.out = r.AppendJSON(s.out, i)
	}
	s.out = append(s.out, '}')
	return nil
}
func (s *jsonSink) End(o engine.Outcome) error { s.end = o; return s.fail }

func do(t testing.TB, e *sqlite.Engine, caller query.Caller, st *query.Statement, fail error) (string, engine.Outcome) {
	t.Helper()
	st.Schema = "public"
	p, err := plan.Build(e.Catalog(), st, caller.Role, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &jsonSink{cols: p.Columns(), fail: fail}
	if err := e.Do(context.Background(), p, plan.Args{Caller: caller, Values: st.Values, Body: st.Body, Fields: st.Fields, ReadOnly: st.ReadOnly, TimeZone: st.TimeZone, Rollback: st.Rollback}, s); err != nil {
		if f := fault.As(err); f != nil {
			return f.Error(), s.end
		}
		return "internal: " + err.Error(), s.end
	}
	return string(s.out) + strings.Repeat("]", min(1, len(s.out))), s.end
}

func fields(names ...string) (items []query.Item) {
	for _, n := range names {
		items = append(items, query.Item{Field: &query.Field{Name: n}})
	}
	return items
}

func eq(column string, value query.ValueRef) *query.Logic {
	return &query.Logic{Leaf: &query.Filter{Name: column, Op: "eq", Value: value}}
}

func read(where *query.Logic, values ...string) *query.Statement {
	return &query.Statement{Read: &query.Read{Relation: "notes", Node: query.Node{Select: fields("id", "body", "at"), Where: where, Limit: -1, Offset: -1, MaxRows: -1,
		Order: []query.Order{{Name: "id"}}}}, Values: values, ReadOnly: true, MaxAffected: -1}
}

func TestDoReadsUnderPolicies(t *testing.T) {
	e := open(t, t.TempDir())
	script(t, e, notes)
	got, _ := do(t, e, user("1"), read(eq("id", 0), "4"), nil)
	if want := `[{"id":4,"body":"note 4","at":"2026-01-02T03:04:05+00:00"}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, _ := do(t, e, user("2"), read(eq("id", 0), "4"), nil); got != "" {
		t.Errorf("another's note is seen: %s", got)
	}
	if got, _ := do(t, e, query.Caller{Role: "anon"}, read(eq("id", 0), "4"), nil); got != "" {
		t.Errorf("anon sees %s", got)
	}
	st := read(nil)
	st.Count = query.ExactCount
	if _, end := do(t, e, user("1"), st, nil); end.Total != 10 || end.Rows != 10 {
		t.Errorf("got %+v, want 10 rows of 10", end)
	}
	st = read(eq("id", 0), "4")
	st.TimeZone = "Europe/Berlin"
	if got, _ := do(t, e, user("1"), st, nil); !strings.Contains(got, "04:04:05+01:00") {
		t.Errorf("in Berlin: %s", got)
	}
	if got, _ := do(t, e, user("1"), read(eq("id", 0), "x"), nil); got != `invalid input syntax for type bigint: "x" (22P02)` {
		t.Error(got)
	}
}

func insert(body string) *query.Statement {
	return &query.Statement{Write: &query.Write{Action: query.Insert, Relation: "notes", Columns: []string{"body"}, Returning: true,
		Node: query.Node{Select: fields("id", "owner"), Limit: -1, Offset: -1, MaxRows: -1}}, Body: []byte(`{"body":"` + body + `"}`), Fields: [][]byte{[]byte(`"` + body + `"`)}, MaxAffected: -1}
}

func TestDoWrites(t *testing.T) {
	e := open(t, t.TempDir())
	script(t, e, notes)
	if got, _ := do(t, e, user("1"), insert("new"), nil); got != `[{"id":31,"owner":"00000000-0000-4000-8000-000000000001"}]` {
		t.Error(got)
	}
	// A sink that fails, a rollback that was asked for: nothing stays, but the number is gone.
	if got, _ := do(t, e, user("1"), insert("new"), fault.New("PGRST116", "no")); got != "no (PGRST116)" {
		t.Error(got)
	}
	st := insert("new")
	st.Rollback = true
	if got, _ := do(t, e, user("1"), st, nil); !strings.Contains(got, `"id":33`) {
		t.Error(got)
	}
	if got, _ := do(t, e, user("1"), insert("last"), nil); !strings.Contains(got, `"id":34`) {
		t.Error(got)
	}
	st = insert("new")
	st.ReadOnly = true
	if got, _ := do(t, e, user("1"), st, nil); got != "cannot execute INSERT in a read-only transaction (25006)" {
		t.Error(got)
	}
	if got, _ := do(t, e, query.Caller{Role: "anon"}, insert("new"), nil); !strings.HasSuffix(got, "(23502)") && !strings.HasSuffix(got, "(42501)") {
		t.Error(got)
	}
	all := read(nil)
	if _, end := do(t, e, user("1"), all, nil); end.Rows != 12 {
		t.Errorf("%d rows, want 12", end.Rows)
	}
}

func TestDoSeesSchemaChanges(t *testing.T) {
	e := open(t, t.TempDir())
	script(t, e, notes)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if got, _ := do(t, e, user("1"), read(eq("id", 0), "4"), nil); !strings.Contains(got, "note 4") {
					t.Error(got)
				}
			}
		})
	}
	for range 5 {
		script(t, e, `alter table notes add column extra int default 1; create index notes_extra on notes (extra); alter table notes alter column extra type text; alter table notes drop column extra`)
	}
	wg.Wait()
}

func TestEngineReopens(t *testing.T) {
	dir := t.TempDir()
	e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	script(t, e, notes)
	before := e.Catalog()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = open(t, dir)
	if got, _ := do(t, e, user("1"), read(eq("id", 0), "4"), nil); !strings.Contains(got, "note 4") {
		t.Error(got)
	}
	n := 0
	for a := range before.Tables() {
		n++
		if b := e.Catalog().TableByOID(a.OID); b == nil || b.Name != a.Name || len(b.Columns) != len(a.Columns) || len(b.Policies) != len(a.Policies) {
			t.Errorf("%s.%s is not as it was", a.Schema, a.Name)
		}
	}
	if n < 30 {
		t.Errorf("only %d tables", n)
	}
	script(t, e, `drop table notes`)
}

func TestScriptModes(t *testing.T) {
	e := open(t, t.TempDir())
	ctx := context.Background()
	run := func(s engine.Script) (string, []string) {
		out := &lines{}
		if err := e.Script(ctx, s, out); err != nil {
			f := fault.As(err)
			if f == nil {
				return err.Error(), out.out
			}
			at := ""
			if f.Pos >= 0 && f.Pos < len(f.Text) {
				at = " at " + strings.Fields(f.Text[f.Pos:])[0]
			}
			return f.File + ": " + f.Error() + at, out.out
		}
		return "", out.out
	}
	exists := func(name string) bool { return e.Catalog().Table("public", name) != nil }

	if err, _ := run(engine.Script{Text: "create table a (x int); select nope from a;", File: "f.sql", Atomic: true}); err != `f.sql: column "nope" does not exist (42703) at nope` || exists("a") {
		t.Errorf("a failed migration: %q, left a table: %v", err, exists("a"))
	}
	if err, _ := run(engine.Script{Text: "create table a (x int); insert into a values (1)", DryRun: true}); err != "" || exists("a") {
		t.Errorf("a dry run: %q, left a table: %v", err, exists("a"))
	}
	if err, _ := run(engine.Script{Text: "create table a (x int); selec"}); !strings.Contains(err, `syntax error at or near "selec"`) || exists("a") {
		t.Errorf("a syntax error: %q", err)
	}
	err, out := run(engine.Script{Text: "create table a (x int); create policy p on a using (nope = 1); select 1; insert into a values ('x');", File: "c.sql", Check: true, DryRun: true})
	if want := "= CREATE TABLE,? column \"nope\" does not exist (42703),1,= SELECT 1,? invalid input syntax for type integer: \"x\" (22P02)"; err != "" || strings.Join(out, ",") != want || exists("a") {
		t.Errorf("check: %q, %q", err, strings.Join(out, ","))
	}
	if err, _ := run(engine.Script{Text: "create table a (x int, y text);", Atomic: true, File: "1_a.sql", Record: []engine.Statement{
		{Text: `insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, array[$3])`, Args: []string{"1", "a", "create table …"}}}}); err != "" {
		t.Error(err)
	}
	if _, out := run(engine.Script{Text: "select * from supabase_migrations.schema_migrations"}); strings.Join(out, ",") != "1|{\"create table …\"}|a,= SELECT 1" {
		t.Errorf("the record: %q", out)
	}
	if err, out := run(engine.Script{Text: "insert into a values ($1, $2) returning *", Args: []string{"7", "seven"}}); err != "" || strings.Join(out, ",") != "7|seven,= INSERT 0 1" {
		t.Errorf("arguments: %q %q", err, out)
	}
	if err, _ := run(engine.Script{Text: "insert into a values ($1, $2)", Args: []string{"7"}}); err != ": bind message supplies 1 parameters, but prepared statement \"\" requires 2 (08P01) at insert" {
		t.Error(err)
	}
	if err, out := run(engine.Script{Text: "begin; insert into a values (8); savepoint s; insert into a values (9); rollback to s; commit; select count(*) from a; begin; delete from a; rollback; select count(*) from a"}); err != "" || strings.Join(out, ",") != "= BEGIN,= INSERT 0 1,= SAVEPOINT,= INSERT 0 1,= ROLLBACK,= COMMIT,2,= SELECT 1,= BEGIN,= DELETE 2,= ROLLBACK,2,= SELECT 1" {
		t.Errorf("transactions: %q %q", err, out)
	}
	if err, out := run(engine.Script{Text: "set role anon; select current_user; set local search_path = auth; show search_path; select * from a"}); err != `: permission denied for table a (42501)` && err != "" {
		t.Errorf("settings: %q %q", err, out)
	}
}
