package postgres_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// elsewhere runs SQL on a connection that the engine knows nothing of.
func elsewhere(t *testing.T, address, text string) string {
	t.Helper()
	c, err := pgconn.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	results, err := c.Exec(t.Context(), text).ReadAll()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if last := results[len(results)-1]; len(last.Rows) > 0 {
		return string(last.Rows[0][0])
	}
	return ""
}

const endOthers = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"

func TestLostConnectionsAreReplaced(t *testing.T) {
	address := clustertest.Database(t)
	e := openAt(t, address)
	run(t, e, "create table t (id int primary key)")
	for i := range 3 {
		if l, err := do(t, e, "service_role", read("t")); err != nil || len(l.rows) != i {
			t.Fatal(l, err)
		}
		elsewhere(t, address, endOthers)
		// A write is repeated as well: its COMMIT was never sent.
		if _, err := do(t, e, "service_role", insert("t", `[{"id":`+string(rune('0'+i))+`}]`, "id")); err != nil {
			t.Fatal(err)
		}
		elsewhere(t, address, endOthers)
	}
	// So is a transaction, from its start.
	st := insert("t", `[{"id":3}]`, "id")
	st.Schema, st.MaxAffected = "public", -1
	p, err := plan.Build(e.Catalog(), &st, "service_role", plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	err = e.Transact(t.Context(), engine.TxOptions{Caller: query.Caller{Role: "service_role"}}, func(tx engine.Tx) error {
		if calls++; calls == 2 {
			elsewhere(t, address, endOthers)
		}
		return tx.Do(t.Context(), p, plan.Args{Caller: query.Caller{Role: "service_role"}, Body: st.Body}, &lines{})
	})
	if err != nil || calls != 3 {
		t.Errorf("%d calls, %v", calls, err)
	}
	if got := run(t, e, "select count(*) from t"); got != "[4]" {
		t.Errorf("count = %s", got)
	}
}

func TestSchemaChangesOfOthersAreNoticed(t *testing.T) {
	for _, c := range []struct{ name, before string }{
		{"by the event trigger", ""},
		{"by looking, when there is no trigger", "drop event trigger pgrst_ddl_watch; drop event trigger pgrst_drop_watch"},
		{"after the connection was lost", endOthers},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := clustertest.Copy(t, "", prepare)
			e := openAt(t, address)
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			if c.before != endOthers && c.before != "" {
				elsewhere(t, address, c.before)
			}
			go func() { ended <- e.Run(ctx) }()
			if c.before == endOthers {
				await(t, func() bool {
					return elsewhere(t, address, "select count(*) from pg_stat_activity where datname = current_database() and query like 'LISTEN%' or query like '%pg_event_trigger%' and state = 'idle'") != "0"
				})
				elsewhere(t, address, endOthers)
			}
			elsewhere(t, address, "create table made_elsewhere (id int primary key)")
			await(t, func() bool { return e.Catalog().Table("public", "made_elsewhere") != nil })
			elsewhere(t, address, "drop table made_elsewhere")
			await(t, func() bool { return e.Catalog().Table("public", "made_elsewhere") == nil })
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// await waits for what another process does; it has no signal for us but its effect.
func await(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !done() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("it does not happen")
		}
	}
}

func prepare(address string) error {
	e, err := postgres.Open(context.Background(), postgres.Options{URL: address})
	if err != nil {
		return err
	}
	return e.Close()
}

func TestSettingsOfRolesHold(t *testing.T) {
	address := clustertest.Database(t)
	e := openAt(t, address)
	db := run(t, e, "select current_database()")
	db = strings.Trim(db, `[]"`)
	run(t, e, `alter role anon in database `+db+` set statement_timeout = '1234ms';
alter role anon in database `+db+` set app.flavour = 'it''s vanilla';
alter role anon in database `+db+` set search_path = 'nowhere';
create function public.settings() returns text language sql stable as $$
  select concat_ws('|', current_setting('statement_timeout'), current_setting('app.flavour', true), current_setting('search_path')) $$`)
	for _, c := range []struct{ role, want string }{
		{"anon", `["1234ms|it's vanilla|public, extensions"]`},
		{"authenticated", `["0||public, extensions"]`},
		{"anon", `["1234ms|it's vanilla|public, extensions"]`},
	} {
		l, err := do(t, e, c.role, query.Statement{Body: []byte("{}"), Fields: [][]byte{}, Invoke: &query.Invoke{Function: "settings", Node: query.Node{Limit: -1, Offset: -1, MaxRows: -1}}})
		if err != nil || strings.Join(l.rows, "") != strings.Replace(c.want, "0||", "0|", 1) && strings.Join(l.rows, "") != c.want {
			t.Errorf("%s: %v %v, want %s", c.role, l.rows, err, c.want)
		}
	}
}

// Managed databases give their owner CREATEROLE and no more.
func TestPlainOwnerCanServe(t *testing.T) {
	address := clustertest.Database(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	owner := "owner_of_" + name
	elsewhere(t, address, "create role "+owner+" login createrole password 'secret'; alter database "+name+" owner to "+owner)
	t.Cleanup(func() {
		c, err := pgconn.Connect(context.Background(), address)
		if err == nil {
			_, err = c.Exec(context.Background(), "reassign owned by "+owner+" to current_user; drop owned by "+owner+" cascade; drop role "+owner).ReadAll()
			c.Close(context.Background())
		}
		if err != nil {
			t.Error(err)
		}
	})
	q := u.Query()
	q.Set("user", owner)
	q.Set("password", "secret")
	u.RawQuery = q.Encode()
	u.User = nil
	e := openAt(t, u.String())
	run(t, e, "create table t (id int primary key); alter table t enable row level security; create policy p on t for select to anon using (true); insert into t values (1)")
	if l, err := do(t, e, "anon", read("t")); err != nil || len(l.rows) != 1 {
		t.Errorf("%v %v", l.rows, err)
	}
	if _, err := do(t, e, "anon", insert("t", `[{"id":2}]`, "id")); fault.Code(err) != "42501" {
		t.Error(err)
	}
	openAt(t, u.String()) // again, on what is there
}

func TestNoServer(t *testing.T) {
	_, err := postgres.Open(t.Context(), postgres.Options{URL: "postgres://nobody:secret@127.0.0.1:1/none?connect_timeout=2"})
	f := fault.As(err)
	if f == nil || f.Code != "PGRST000" || f.Status != 503 {
		t.Fatalf("%v", err)
	}
	if strings.Contains(f.Message+f.Detail+f.Hint, "nobody") || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error tells too much: %v", err)
	}
	if _, err := postgres.Open(t.Context(), postgres.Options{URL: "postgres://%zz"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

func TestAnExistingDatabaseIsServedAsItIs(t *testing.T) {
	address := clustertest.Database(t)
	elsewhere(t, address, `create schema shop; create table shop."Odd ""Names" ("a b" int primary key, "Ünï" text); insert into shop."Odd ""Names" values (1, 'x')`)
	before := elsewhere(t, address, "select count(*) from pg_class")
	e, err := postgres.Open(t.Context(), postgres.Options{URL: address, AsIs: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	table := e.Catalog().Table("shop", `Odd "Names`)
	if table == nil || len(table.Columns) != 2 || table.PrimaryKey() == nil {
		t.Fatalf("%+v", table)
	}
	var l lines
	if err := e.Script(t.Context(), engine.Script{Text: `select * from shop."Odd ""Names"`}, &l); err != nil || strings.Join(l.rows, "") != `[1,"x"]` {
		t.Error(l.rows, err)
	}
	if after := elsewhere(t, address, "select count(*) from pg_class"); after != before {
		t.Errorf("%s relations became %s", before, after)
	}
}

func TestWhatShowsRowsTwiceHasNoPages(t *testing.T) {
	address := clustertest.Database(t)
	elsewhere(t, address, `
		create table orders (id int primary key, note text);
		create table items (x int primary key, order_id int);
		create table parent (id int primary key);
		create table child () inherits (parent);
		create table parted (id int primary key) partition by range (id);
		create table part partition of parted for values from (0) to (9);
		create view joined as select o.id, i.x from orders o join items i on i.order_id = o.id;
		create rule writes as on update to joined do instead update orders set note = 'x' where id = new.id;
		create view over_joined as select id, x from joined;
		create view triggered as select o.id, i.x from orders o join items i on i.order_id = o.id;
		create function nothing() returns trigger language plpgsql as 'begin return null; end';
		create trigger writes instead of update on triggered for each row execute function nothing();
		create view over_triggered as select id, x from triggered;
		create view over_parent as select id from parent;
		create view plain as select id, upper(note) as note from orders;
		create rule writes as on update to plain do instead nothing;
		create view over_plain as select id, note from plain;
		create view over_parted as select id from parted;
		create materialized view stored as select o.id, i.x from orders o join items i on i.order_id = o.id;
		create materialized view keyed as select id from orders;
		create unique index on keyed (id)`)
	e := openAt(t, address)
	for name, pages := range map[string]bool{
		"orders": true, "parent": false, "child": false, "parted": true, "part": true, "joined": false, "over_joined": false, "triggered": false, "over_triggered": false,
		"over_parent": false, "plain": true, "over_plain": true, "over_parted": true, "stored": false, "keyed": true,
	} {
		st := read(name)
		st.Schema, st.MaxAffected, st.Read.Keyset = "public", -1, &query.Keyset{}
		_, err := plan.Build(e.Catalog(), &st, "service_role", plan.Options{})
		if pages && err != nil || !pages && fault.Code(err) != "MS400" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestScriptsWithoutAStreamRefuseCopy(t *testing.T) {
	e := open(t)
	run(t, e, "create table t (id int)")
	for _, text := range []string{"copy t from stdin", "copy t to stdout", "copy t from program 'true'"} {
		err := e.Script(t.Context(), engine.Script{Text: text}, &lines{})
		if f := fault.As(err); text != "copy t from program 'true'" && f == nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if got := run(t, e, "select count(*) from t"); got != "[0]" {
		t.Error(got)
	}
}
