package rest_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

var keptReads = flag.Int("kept-reads", 3000, "reads of kept answers to check in each test")

// keptWorld has what may make an answer another one: policies over claims and other tables, foreign keys that delete, triggers, views, functions of all kinds, sequences, the clock.
const keptWorld = `
create role alice_role; create role bob_role;
create table teams (id int primary key, name text not null);
create table members (team int references teams on delete cascade, who text, primary key (team, who));
create table tasks (id int primary key, team int references teams on delete cascade, title text not null, done bool not null default false, owner text);
create table notes (id int primary key, task int references tasks on delete set null, body text);
create table tally (n int not null); insert into tally values (0);
create table stray (id int primary key, v int);
create sequence counter;
create function count_up() returns trigger language plpgsql as $$ begin update tally set n = n + 1; return null; end $$;
create trigger up after insert or update on notes for each row execute function count_up();
create function is_member(t int) returns bool language sql stable security definer as $$ select exists (select from members where team = t and who = current_setting('request.jwt.claims', true)::json->>'sub') $$;
create function is_member_pl(t int) returns bool language plpgsql stable security definer as $$ begin return (select count(*) > 0 from members where team = t and who = current_setting('request.jwt.claims', true)::json->>'sub'); end $$;
create function dynamic_count(name text) returns bigint language plpgsql stable as $$ declare n bigint; begin execute 'select count(*) from ' || quote_ident(name) into n; return n; end $$;
create function tally_now() returns int language sql stable as $$ select n from tally $$;
create function my_header() returns text language sql stable as $$ select current_setting('request.headers', true)::json->>'x-flavour' $$;
create function my_path() returns text language sql stable as $$ select current_setting('request.path', true) $$;
create function moment() returns timestamptz language sql stable as $$ select now() $$;
create function dice() returns float8 language sql volatile as $$ select random() $$;
create function drawn() returns bigint language sql stable as $$ select last_value from counter $$;
create function draw() returns bigint language sql volatile as $$ select nextval('counter') $$;
create function whoami() returns text language sql stable as $$ select current_user::text $$;
create view open_tasks as select id, title, team from tasks where not done;
alter table tasks enable row level security;
create policy p on tasks for select to alice_role, bob_role using (is_member(team) or owner = current_setting('request.jwt.claims', true)::json->>'sub');
alter table notes enable row level security;
create policy p on notes for select to alice_role, bob_role using (exists (select from tasks where tasks.id = notes.task));
create table own (id int primary key, who uuid);
insert into own values (1, '11111111-1111-1111-1111-111111111111'), (2, '22222222-2222-2222-2222-222222222222');
alter table own enable row level security;
create policy p on own for select to alice_role using (who = (select auth.uid()));
grant select on all tables in schema public to alice_role, bob_role;
alter view open_tasks set (security_invoker = on);
grant execute on all functions in schema public to alice_role, bob_role;
`

// keptDoors are a door that keeps answers and one that does not, over one database. A header says who asks.
func keptDoors(t *testing.T) (kept, plain *rest.Handler, e engine.Engine) {
	t.Helper()
	e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if err := e.Script(t.Context(), engine.Script{Text: keptWorld}, ignore{}); err != nil {
		t.Fatal(err)
	}
	o := rest.Options{CallerOf: func(r *http.Request) (query.Caller, error) {
		role, sub := r.Header.Get("X-Role"), r.Header.Get("X-Sub")
		if role == "" {
			role = "postgres"
		}
		return query.Caller{
			Role: role, Claims: []byte(`{"sub":"` + sub + `"}`), Subject: sub, Method: r.Method, Path: r.URL.Path,
			Headers: func() []byte { return []byte(`{"x-flavour":"` + r.Header.Get("X-Flavour") + `"}`) },
		}, nil
	}}
	plain = rest.New(e, o)
	o.KeptBytes = 8 << 20
	return rest.New(e, o), plain, e
}

// TestKeptAnswersAreTheSame: whatever happens between them, reads of the door that keeps answers are those of the one that does not.
func TestKeptAnswersAreTheSame(t *testing.T) {
	t.Parallel()
	kept, plain, e := keptDoors(t)
	r := rand.New(rand.NewPCG(1, 7))
	n := func(max int) string { return strconv.Itoa(1 + r.IntN(max)) }
	who := func() string { return []string{"alice", "bob", "carol"}[r.IntN(3)] }
	reads := []func() string{
		func() string { return "GET /tasks?select=*&order=id" },
		func() string { return "GET /tasks?select=id,title,notes(id,body)&order=id&notes.order=id" },
		func() string {
			return "GET /notes?select=*,tasks(title,teams(name))&order=id&limit=3\nPrefer: count=exact"
		},
		func() string { return "GET /tasks?id=eq." + n(8) },
		func() string { return "HEAD /tasks?team=eq." + n(3) + "\nPrefer: count=exact" },
		func() string { return "GET /open_tasks?order=id" },
		func() string { return "GET /members?order=team,who" },
		func() string { return "GET /teams?select=name,members(who),tasks(count)&order=id&members.order=who" },
		func() string { return "GET /tally" },
		func() string { return "GET /rpc/tally_now" },
		func() string { return "GET /rpc/dynamic_count?name=" + []string{"tasks", "notes", "stray"}[r.IntN(3)] },
		func() string { return "GET /rpc/my_header\nX-Flavour: " + n(3) },
		func() string { return "GET /rpc/whoami" },
		func() string { return "GET /rpc/is_member_pl?t=" + n(3) },
		func() string { return "GET /rpc/drawn" },
		func() string { return "GET /stray?order=id\nAccept: text/csv" },
		func() string { return "GET /stray?order=id\nRange: 0-1" },
	}
	writes := []func() string{
		func() string { return "POST /teams\n\n{\"id\":" + n(3) + ",\"name\":\"t" + n(100) + "\"}" },
		func() string { return "DELETE /teams?id=eq." + n(3) },
		func() string { return "POST /members\n\n{\"team\":" + n(3) + ",\"who\":\"" + who() + "\"}" },
		func() string { return "DELETE /members?team=eq." + n(3) + "&who=eq." + who() },
		func() string {
			return "POST /tasks\nPrefer: resolution=merge-duplicates\n\n{\"id\":" + n(8) + ",\"team\":" + n(3) + ",\"title\":\"x" + n(100) + "\",\"owner\":\"" + who() + "\"}"
		},
		func() string {
			return "PATCH /tasks?id=eq." + n(8) + "\n\n{\"done\":" + strconv.FormatBool(r.IntN(2) == 0) + "}"
		},
		func() string { return "DELETE /tasks?id=eq." + n(8) },
		func() string {
			return "POST /notes\n\n{\"id\":" + n(8) + ",\"task\":" + n(8) + ",\"body\":\"b" + n(100) + "\"}"
		},
		func() string { return "DELETE /notes?id=eq." + n(8) },
		func() string {
			return "POST /stray\nPrefer: resolution=merge-duplicates\n\n{\"id\":" + n(5) + ",\"v\":" + n(100) + "}"
		},
		func() string { return "POST /rpc/draw\n\n{}" },
	}
	scripts := []string{
		"truncate stray", "alter policy p on tasks using (owner = current_setting('request.jwt.claims', true)::json->>'sub')",
		"alter policy p on tasks using (is_member(team))", "revoke select on stray from bob_role", "grant select on stray to bob_role", "alter table notes disable row level security",
		"alter table notes enable row level security", "create or replace function tally_now() returns int language sql stable as $$ select n + 1000 from tally $$",
		"create or replace function tally_now() returns int language sql stable as $$ select n from tally $$", "update tally set n = n + 1; select nextval('counter')",
		"alter table stray add column if not exists w int default 5", "alter table stray drop column if exists w",
		"begin; delete from tasks; rollback", "alter table stray rename to stray2; create table stray as select * from stray2; drop table stray2; grant select on stray to alice_role, bob_role",
	}
	headers := []string{"Content-Type", "Content-Range", "Content-Length", "Etag", "Warning", "Preference-Applied", "Vary", "Cache-Control"}
	for range *keptReads {
		switch x := r.IntN(100); {
		case x < 15:
			call(plain, writes[r.IntN(len(writes))]())
		case x < 18:
			if err := e.Script(t.Context(), engine.Script{Text: scripts[r.IntN(len(scripts))]}, ignore{}); err != nil {
				t.Fatal(err)
			}
		}
		q := reads[r.IntN(len(reads))]() + []string{"", "\nX-Role: alice_role\nX-Sub: alice", "\nX-Role: bob_role\nX-Sub: bob", "\nX-Role: bob_role\nX-Sub: carol"}[r.IntN(4)]
		for range 1 + r.IntN(3) {
			if got, want := call(kept, q, headers...), call(plain, q, headers...); got != want {
				t.Fatalf("%s\n kept: %s\nplain: %s", q, got, want)
			}
		}
		if r.IntN(20) == 0 {
			for _, q := range []string{"GET /rpc/moment", "GET /tasks?select=id&owner=eq.x&or=(id.gt.5,title.eq.now)"} {
				call(kept, q)
			}
			if a, b := call(kept, "GET /rpc/moment"), call(kept, "GET /rpc/moment"); a == b {
				t.Fatal("the clock stands: ", a)
			}
		}
	}
	hits, misses := kept.KeptStats()
	t.Logf("%d of %d reads were answered with a kept answer", hits, hits+misses)
	if hits < uint64(*keptReads)/4 {
		t.Errorf("only %d of %d", hits, hits+misses)
	}
}

// TestKeptAnswersOfPolicies: answers under the usual policy are kept, each for its caller.
func TestKeptAnswersOfPolicies(t *testing.T) {
	t.Parallel()
	kept, _, _ := keptDoors(t)
	for range 4 {
		for id, sub := range []string{"11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222", "33333333-3333-3333-3333-333333333333"} {
			want := fmt.Sprintf(`OK | [{"id":%d}]`, id+1)
			if id == 2 {
				want = "OK | []"
			}
			if got := call(kept, "GET /own?select=id\nX-Role: alice_role\nX-Sub: "+sub); got != want {
				t.Errorf("%s: got %s, want %s", sub, got, want)
			}
		}
	}
	if hits, misses := kept.KeptStats(); hits < 5 {
		t.Errorf("%d hits, %d misses", hits, misses)
	}
}

// TestKeptAnswersLeaveOutHeadersOfSQL: an answer whose header SQL has set is made each time.
func TestKeptAnswersLeaveOutHeadersOfSQL(t *testing.T) {
	t.Parallel()
	kept, _, e := keptDoors(t)
	const make = `create function no_store() returns int language plpgsql as $$ begin set local "response.headers" = '[{"Cache-Control":"no-store"}, {"Vary":"X-Foo"}]'; return 1; end $$`
	if err := e.Script(t.Context(), engine.Script{Text: make}, ignore{}); err != nil {
		t.Fatal(err)
	}
	first := call(kept, "GET /rpc/no_store", "Cache-Control", "Vary")
	for range 4 {
		if got := call(kept, "GET /rpc/no_store", "Cache-Control", "Vary"); got != first || !strings.Contains(got, "no-store") {
			t.Errorf("got %s, first %s", got, first)
		}
	}
}

// TestKeptAnswersAreLinearizable: a read that begins after a write was acknowledged, or after somebody has read it, sees it; nobody reads what was not written.
func TestKeptAnswersAreLinearizable(t *testing.T) {
	t.Parallel()
	kept, _, e := keptDoors(t)
	if err := e.Script(t.Context(), engine.Script{Text: "insert into stray select n, 0 from generate_series(1, 4) n"}, ignore{}); err != nil {
		t.Fatal(err)
	}
	type cell struct{ begun, seen atomic.Int64 } // seen: acknowledged, or read by somebody
	var cells [4]cell
	var stop atomic.Bool
	var wg, writers sync.WaitGroup
	for i := range cells {
		writers.Go(func() {
			for v := int64(1); !stop.Load(); v++ {
				cells[i].begun.Store(v)
				if got := call(kept, fmt.Sprintf("PATCH /stray?id=eq.%d\n\n{\"v\":%d}", i+1, v)); got != "No Content" {
					t.Errorf("write: %s", got)
					return
				}
				raise(&cells[i].seen, v)
			}
		})
	}
	queries := []func(i int) string{
		func(i int) string { return fmt.Sprintf("GET /stray?select=v&id=eq.%d", i+1) },
		func(i int) string {
			return fmt.Sprintf("GET /stray?select=v&id=eq.%d\nX-Role: alice_role\nX-Sub: alice", i+1)
		},
		func(i int) string {
			return fmt.Sprintf("GET /stray?select=v&id=eq.%d&limit=1\nX-Role: bob_role\nX-Sub: bob", i+1)
		},
	}
	for g := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(2, uint64(g)))
			for range *keptReads {
				i := r.IntN(len(cells))
				before := cells[i].seen.Load()
				got := call(kept, queries[r.IntN(len(queries))](i))
				v, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimPrefix(got, `OK | [{"v":`), `}]`), 10, 64)
				if err != nil || v < before || v > cells[i].begun.Load() {
					t.Errorf("row %d: %s, though %d was there before and %d is the last that was begun", i+1, got, before, cells[i].begun.Load())
					return
				}
				raise(&cells[i].seen, v)
			}
		})
	}
	wg.Wait()
	stop.Store(true)
	writers.Wait()
	hits, misses := kept.KeptStats()
	t.Logf("%d of %d reads were answered with a kept answer", hits, hits+misses)
}

func raise(a *atomic.Int64, v int64) {
	for {
		old := a.Load()
		if old >= v || a.CompareAndSwap(old, v) {
			return
		}
	}
}
