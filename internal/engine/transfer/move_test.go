package transfer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/engine/transfer"
)

// many is rows enough for many chunks: a table whose rows are as they came, and one with updates behind it.
var many = engine.Script{File: "many", Atomic: true, Text: `
create table public.events (id bigint generated always as identity primary key, kind text, payload jsonb, at timestamptz not null);
insert into public.events (kind, payload, at) select 'kind ' || n % 7, jsonb_build_object('n', n, 'text', repeat('x', n % 50)), timestamptz '2024-01-01' + n * interval '1 minute' from generate_series(1, 20000) n;
create table public.marks (event bigint references public.events, mark numeric(6,2), primary key (event));
insert into public.marks select n, n / 7.0 from generate_series(1, 3000) n;
update public.marks set mark = mark + 1 where event % 3 = 0;
insert into auth.users (id, email) select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'u' || n || '@example.com' from generate_series(1, 1000) n;
insert into auth.identities (provider_id, user_id, identity_data, provider) select id::text, id, '{}', 'email' from auth.users;
`}

func mover(t testing.TB, from engine.Engine, url string) *transfer.Mover {
	t.Helper()
	b, err := base()
	if err != nil {
		t.Fatal(err)
	}
	return &transfer.Mover{From: from, Base: b, ChunkBytes: 96 << 10, Open: func(ctx context.Context, asFound bool) (engine.Loader, error) {
		return postgres.Open(ctx, postgres.Options{URL: url, MaxConns: 2, AsIs: asFound})
	}}
}

func TestMoveCarriesEverything(t *testing.T) {
	for _, name := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, url := embedded(t, world(t, name)...), clustertest.Database(t)
			r, err := mover(t, e, url).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if r.Resumed || len(r.Tables) < 10 || r.Rows < 15 || r.Sequences < 3 {
				t.Errorf("the report is %+v", r)
			}
			moved := server(t, url)
			same(t, e, moved)
			sameSchema(t, name, moved)
		})
	}
}

// loads is a target that counts what is loaded into it.
type loads struct {
	engine.Loader
	n      *int
	before func() // each chunk of rows
}

func (l loads) Load(ctx context.Context, x engine.Load) error {
	if x.Rows != nil {
		l.before()
		*l.n++
	}
	return l.Loader.Load(ctx, x)
}

func (l loads) Script(ctx context.Context, s engine.Script, sink engine.ScriptSink) error {
	l.before()
	return l.Loader.Script(ctx, s, sink)
}

func TestInterruptedMoveGoesOn(t *testing.T) {
	t.Parallel()
	e, url := embedded(t, append(world(t, "shop"), many)...), clustertest.Database(t)
	n, interrupted := 0, 0
	for each := range 1000 {
		ctx, cancel := context.WithCancel(t.Context())
		m := mover(t, e, url)
		left := 3 + each%4*2 // a few chunks or statements a run: the end comes in the schema, in tables, between them, in the check
		open := m.Open
		m.Open = func(ctx context.Context, asFound bool) (engine.Loader, error) {
			to, err := open(ctx, asFound)
			return loads{to, &n, func() {
				if left--; left == 0 {
					cancel()
				}
			}}, err
		}
		r, err := m.Run(ctx)
		ended := ctx.Err() != nil
		cancel()
		if err == nil {
			if !r.Resumed || r.Rows < 25000 {
				t.Errorf("the last report is %+v", r)
			}
			break
		}
		if !ended {
			t.Fatal(err)
		}
		interrupted++
	}
	if interrupted < 6 {
		t.Errorf("interrupted only %d times", interrupted)
	}
	// Each interruption may throw away a chunk that was on its way.
	whole := 0
	m := mover(t, e, clustertest.Database(t))
	open := m.Open
	m.Open = func(ctx context.Context, asFound bool) (engine.Loader, error) {
		to, err := open(ctx, asFound)
		return loads{to, &whole, func() {}}, err
	}
	if _, err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n > whole+2*interrupted {
		t.Errorf("%d chunks in %d runs, where one run needs %d: what was done was done again", n, interrupted+1, whole)
	}
	same(t, e, server(t, url))
}

// child moves in a process of its own, which is killed.
func child(dir, url string) error {
	ctx := context.Background()
	e, err := sqlite.Open(ctx, sqlite.Options{Dir: dir, Readers: 1})
	if err != nil {
		return err
	}
	m := transfer.Mover{From: e, ChunkBytes: 32 << 10}
	n := 0
	m.Open = func(ctx context.Context, asFound bool) (engine.Loader, error) {
		to, err := postgres.Open(ctx, postgres.Options{URL: url, MaxConns: 2, AsIs: asFound})
		return loads{to, &n, func() { fmt.Println("step") }}, err
	}
	_, err = m.Run(ctx)
	return err
}

const childVariable = "MAINSTAY_TRANSFER_CHILD"

func TestMain(m *testing.M) {
	if dir, url, ok := strings.Cut(os.Getenv(childVariable), "|"); ok {
		if err := child(dir, url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	clustertest.Main(m)
}

func TestKilledMoveGoesOn(t *testing.T) {
	t.Parallel()
	dir, url := t.TempDir(), clustertest.Database(t)
	e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	run(t, e, many)
	want := contents(t, e)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	killed := 0
	for _, steps := range []int{1, 4, 30, 1000} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+dir+"|"+url)
		var complaint strings.Builder
		cmd.Stderr = &complaint
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); {
			if n++; n == steps {
				_ = cmd.Process.Kill() // if it has not ended by itself
			}
		}
		if err := cmd.Wait(); err == nil {
			break
		} else if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.Exited() {
			t.Fatalf("%v\n%s", err, &complaint)
		}
		killed++
	}
	if killed != 3 {
		t.Errorf("killed %d times", killed)
	}
	report(t, want, contents(t, server(t, url)))
}

func TestMoveCopiesAnewWhatChanged(t *testing.T) {
	t.Parallel()
	e, url := embedded(t, many), clustertest.Database(t)
	stopAfter := func(chunks int) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		m := mover(t, e, url)
		open := m.Open
		m.Open = func(ctx context.Context, asFound bool) (engine.Loader, error) {
			to, err := open(ctx, asFound)
			return loads{to, &n, func() {
				if n == chunks {
					cancel()
				}
			}}, err
		}
		if _, err := m.Run(ctx); err == nil {
			t.Fatal("it was not interrupted")
		}
	}
	stopAfter(20)
	run(t, e, engine.Script{Text: `update public.events set kind = 'changed' where id = 5; delete from public.marks where event < 2900; update auth.users set email = 'new@example.com' where email = 'u7@example.com'`})
	stopAfter(10)
	run(t, e, engine.Script{Text: `insert into public.events (kind, at) values ('late', now()); delete from auth.identities where provider_id like '%1'`})
	if _, err := mover(t, e, url).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, e, server(t, url))
}

func TestMoveRefuses(t *testing.T) {
	e := embedded(t, engine.Script{Text: `create table public.a (x integer); insert into public.a values (1); insert into auth.users (id) values (gen_random_uuid())`})
	check := func(name string, from engine.Engine, prepare func(t *testing.T, url string), want string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := clustertest.Database(t)
			prepare(t, url)
			_, err := mover(t, from, url).Run(t.Context())
			f := fault.As(err)
			if f == nil || !strings.Contains(f.Message+" "+f.Detail, want) {
				t.Errorf("the error is %v, want %q", err, want)
			}
		})
	}
	script := func(text string) func(*testing.T, string) {
		return func(t *testing.T, url string) { run(t, server(t, url), engine.Script{Text: text}) }
	}
	check("foreign tables", e, script(`create table public.mine (x integer)`), "the target is not empty It holds public.mine.")
	check("foreign schemas", e, script(`create schema other; create function other.f() returns integer language sql as 'select 1'; create type other.t as enum ('a')`),
		"It holds other.f, other.t.")
	check("users", e, script(`insert into auth.users (id) values (gen_random_uuid())`), "It holds 1 rows in auth.users.")
	check("another project's move", e, script(`create schema mainstay_move; create table mainstay_move.source as select 'x' as fingerprint;
		create table mainstay_move.progress (name text, rows bigint, sum text)`), "begun from another project")
	check("a server's database", server(t, clustertest.Database(t)), func(*testing.T, string) {}, "on a database server already")
	secrets := embedded(t, engine.Script{Text: `select vault.create_secret('the secret', 'its name', 'what for'); select vault.create_secret('nameless')`})
	check("secrets that cannot be kept", secrets, func(*testing.T, string) {}, "cannot keep the 2 secrets")
	t.Run("a moved project", func(t *testing.T) {
		t.Parallel()
		url := clustertest.Database(t)
		if _, err := mover(t, e, url).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := mover(t, e, url).Run(t.Context()); fault.As(err) == nil || fault.As(err).Message != "the target is not empty" {
			t.Errorf("the second time: %v", err)
		}
	})
}

// A role that owns the database and may make roles is enough, as it is to serve one.
func TestMoveByAPlainRole(t *testing.T) {
	t.Parallel()
	const role = "mainstay_plain"
	e, address := embedded(t, world(t, "shop")...), clustertest.Database(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	asFound, err := postgres.Open(t.Context(), postgres.Options{URL: address, AsIs: true})
	if err != nil {
		t.Fatal(err)
	}
	run(t, asFound, engine.Script{Text: "do $$ begin create role " + role + " login createrole; exception when duplicate_object or unique_violation then null; end $$;" +
		"alter database " + strings.TrimPrefix(u.Path, "/") + " owner to " + role})
	if err := asFound.Close(); err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	if _, err := mover(t, e, u.String()).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, e, server(t, address))
}

func TestMoveNoticesADifference(t *testing.T) {
	t.Parallel()
	e, url := embedded(t, many), clustertest.Database(t)
	m := mover(t, e, url)
	m.Progress = func(p transfer.Progress) {
		if p.Doing == "copying" && p.Rows == p.Total { // all is on its way; the last chunk may wait for us
			run(t, server(t, url), engine.Script{Text: `update public.events set kind = 'else' where id = 1`})
		}
	}
	_, err := m.Run(t.Context())
	if f := fault.As(err); f == nil || f.Code != "XX001" || !strings.Contains(f.Detail, "public.events has the checksum") {
		t.Errorf("the error is %v", err)
	}
}

func TestSecretsAreMovedInClearOrNotAtAll(t *testing.T) {
	t.Parallel()
	e := embedded(t, engine.Script{Text: `select vault.create_secret('the ''secret''', 'its name', 'what for'); select vault.create_secret('nameless')`})
	// What stands for the extension, which is on few servers: it shows what arrives.
	stand := `create table vault.kept (secret text, name text, description text);
		create function vault.create_secret(new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null) returns uuid
		language sql as 'insert into vault.kept values ($1, $2, $3) returning gen_random_uuid()'`
	kept := func(url string) string {
		var l lines
		if err := server(t, url).Script(t.Context(), engine.Script{Text: `select * from vault.kept order by secret`}, &l); err != nil {
			t.Fatal(err)
		}
		return strings.Join(l.out, "\n")
	}
	const want = `secret="nameless";name is null;description="";` + "\n" + `secret="the 'secret'";name="its name";description="what for";`

	url := clustertest.Database(t)
	run(t, server(t, url), engine.Script{Text: stand})
	r, err := mover(t, e, url).Run(t.Context())
	if err != nil || r.Secrets != 2 {
		t.Fatal(r, err)
	}
	if got := kept(url); got != want {
		t.Errorf("moved:\n%s", got)
	}
	m := mover(t, e, clustertest.Database(t))
	m.WithoutSecrets = true
	if r, err := m.Run(t.Context()); err != nil || r.Secrets != 0 {
		t.Error("without secrets:", r, err)
	}

	if text := string(dump(t, e, transfer.DumpOptions{})); strings.Contains(text, "nameless") || !strings.Contains(text, "2 secrets of schema vault are left out") {
		t.Error("a dump holds secrets, or does not say that it leaves them out")
	}
	url = clustertest.Database(t)
	run(t, server(t, url), engine.Script{Text: stand})
	psql(t, url, dump(t, e, transfer.DumpOptions{Secrets: true}))
	if got := kept(url); got != want {
		t.Errorf("dumped:\n%s", got)
	}
}
