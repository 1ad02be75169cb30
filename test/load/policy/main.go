// Command policy measures what row-level security over a membership table of 1,000,000 rows costs a read of one row.
//
//	go run ./test/load/policy            # a minute: a table, on standard output
//
// The same rows are in one table without policies and in tables whose policies ask for membership in the ways that projects write it. Each round asks over a
// connection of HTTP that is kept open (with -door the door itself, package rest, without a socket, which shows the difference larger) for rows by key from all tables in turn, one request each, so that what else the machine does
// meets all alike; the ratio of a round is that of the two tables' median times. Printed are the median ratio over the rounds and its spread. Every answer is checked,
// those to who is no member too. The exit status is 1 when an answer is wrong or a median passes -max.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

const (
	users = 100_000
	orgs  = 20_000 // each user is in ten of them: 1,000,000 memberships
	rows  = 200_000
)

// schema makes the tables. User n is in the organisations n, n+1 … n+9 (modulo orgs); row i belongs to organisation i (modulo orgs).
const schema = `
create table members (org int, member uuid, role text not null default 'member', primary key (org, member));
create index on members (member);
insert into members select (n + k) % 20000, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid from generate_series(0, 99999) n, generate_series(0, 9) k;
alter table members enable row level security;
create policy own on members for select to authenticated using (member = (select auth.uid()));
create function is_member(o int) returns boolean language sql stable security definer set search_path = '' as
  $$ select exists (select 1 from public.members m where m.org = o and m.member = (select auth.uid())) $$;
create function is_member_slow(o int) returns boolean language plpgsql stable security definer set search_path = '' as
  $$ begin return exists (select 1 from public.members m where m.org = o and m.member = auth.uid()); end $$;
create function my_orgs() returns setof int language sql stable security definer set search_path = '' as
  $$ select m.org from public.members m where m.member = (select auth.uid()) $$;
create table free (id int primary key, org int not null, title text not null);
insert into free select n, n % 20000, 'row ' || n from generate_series(0, 199999) n;
`

// ways are the policies, by the name of the table.
var ways = []struct{ name, using string }{
	{"by_exists", "exists (select 1 from members m where m.org = by_exists.org and m.member = (select auth.uid()))"},
	{"by_exists_bare", "exists (select 1 from members m where m.org = by_exists_bare.org and m.member = auth.uid())"},
	{"by_in", "org in (select m.org from members m where m.member = (select auth.uid()))"},
	{"by_any", "auth.uid() in (select m.member from members m where m.org = by_any.org)"},
	{"by_function", "is_member(org)"},
	{"by_set", "org in (select my_orgs())"},
	{"by_plpgsql", "is_member_slow(org)"},
}

func main() {
	rounds := flag.Int("rounds", 15, "rounds")
	reads := flag.Int("reads", 400, "reads of each table in a round")
	bare := flag.Bool("door", false, "ask the door without a socket")
	limit := flag.Float64("max", 0, "fail when the median ratio of a table is above; 0 is no limit")
	flag.Parse()
	if err := run(*rounds, *reads, *bare, *limit); err != nil {
		fmt.Fprintln(os.Stderr, "policy:", err)
		os.Exit(1)
	}
}

func run(rounds, reads int, bare bool, limit float64) (err error) {
	dir, err := os.MkdirTemp("", "policy")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	e, err := sqlite.Open(ctx, sqlite.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer e.Close()
	text := schema
	for _, w := range ways {
		text += fmt.Sprintf(`create table %[1]s (like free including all); insert into %[1]s select * from free; alter table %[1]s enable row level security;
			create policy members on %[1]s for select to authenticated using (%[2]s);`, w.name, w.using)
	}
	start := time.Now()
	if err := e.Script(ctx, engine.Script{Text: text, Atomic: true}, sink{}); err != nil {
		return err
	}
	fmt.Printf("%d memberships, %d rows in each table, made in %v\n", users*10, rows, time.Since(start).Round(time.Millisecond))

	var caller atomic.Pointer[query.Caller]
	door := rest.New(e, rest.Options{Schemas: []string{"public"}, MaxRows: 1000, CallerOf: func(*http.Request) (query.Caller, error) { return *caller.Load(), nil }})
	server := httptest.NewServer(door)
	defer server.Close()
	// read asks as a user for a row and gives how long the answer took.
	read := func(table string, user, row int) (time.Duration, error) {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012d", user)
		caller.Store(&query.Caller{Role: "authenticated", Subject: id, Authenticated: true, Claims: []byte(`{"sub":"` + id + `","role":"authenticated"}`)})
		path := fmt.Sprintf("/%s?id=eq.%d&select=id,org,title", table, row)
		var took time.Duration
		var status int
		var body []byte
		if bare {
			r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
			start := time.Now()
			door.ServeHTTP(w, r)
			took, status, body = time.Since(start), w.Code, w.Body.Bytes()
		} else {
			start := time.Now()
			r, err := http.Get(server.URL + path)
			if err != nil {
				return 0, err
			}
			body, err = io.ReadAll(r.Body)
			took, status = time.Since(start), r.StatusCode
			if err = errors.Join(err, r.Body.Close()); err != nil {
				return 0, err
			}
		}
		want := "[]"
		if table == "free" || (row-user%orgs+orgs)%orgs < 10 {
			want = fmt.Sprintf(`[{"id":%d,"org":%d,"title":"row %d"}]`, row, row%orgs, row)
		}
		if status != http.StatusOK || string(body) != want {
			return 0, fmt.Errorf("%s, user %d, row %d: status %d, %s, want %s", table, user, row, status, body, want)
		}
		return took, nil
	}
	tables := []string{"free"}
	for _, w := range ways {
		tables = append(tables, w.name)
	}
	random := rand.New(rand.NewPCG(1, 2))
	ratios := map[string][]float64{}
	times := map[string][]float64{}
	for round := -1; round < rounds; round++ { // the first warms up
		took := map[string][]time.Duration{}
		for range reads {
			user := random.IntN(users)
			row := random.IntN(rows/orgs)*orgs + (user+random.IntN(10))%orgs
			if random.IntN(10) == 0 {
				row = random.IntN(rows) // most likely not the user's
			}
			// Whoever comes first finds the user's claims unread; who that is changes.
			random.Shuffle(len(tables), func(i, j int) { tables[i], tables[j] = tables[j], tables[i] })
			for _, table := range tables {
				d, err := read(table, user, row)
				if err != nil {
					return err
				}
				took[table] = append(took[table], d)
			}
		}
		if round < 0 {
			continue
		}
		slices.Sort(took["free"])
		for table, all := range took {
			slices.Sort(all)
			ratios[table] = append(ratios[table], float64(all[reads/2])/float64(took["free"][reads/2]))
			times[table] = append(times[table], float64(all[reads/2].Nanoseconds())/1000)
		}
	}
	fmt.Printf("%-16s %10s %8s %14s\n", "table", "µs a read", "ratio", "spread")
	slices.Sort(tables)
	for _, table := range tables {
		r := ratios[table]
		slices.Sort(r)
		slices.Sort(times[table])
		median := r[len(r)/2]
		fmt.Printf("%-16s %10.1f %8.2f %7.2f–%.2f\n", table, times[table][len(r)/2], median, r[len(r)/10], r[len(r)-1-len(r)/10])
		if limit > 0 && median > limit {
			err = fmt.Errorf("%s: reads take %.2f times those without a policy, at most %.2f", table, median, limit)
		}
	}
	return err
}

// sink drops everything.
type sink struct{}

func (sink) Begin([]engine.Column) error { return nil }
func (sink) Row(engine.Row) error        { return nil }
func (sink) Done(string) error           { return nil }
func (sink) Notice(_, _ string)          {}
func (sink) Refused(error)               {}
