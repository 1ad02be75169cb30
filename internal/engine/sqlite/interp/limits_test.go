package interp_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
)

// TestEndlessWorkEnds holds that what a function does ends with its request, whatever the function is.
func TestEndlessWorkEnds(t *testing.T) {
	e := open(t)
	run(t, e, `
		create table t (a int);
		create function twice(n int) returns int language plpgsql as $$ begin if n = 0 then return 0; end if; return twice(n - 1) + twice(n - 1); end $$;
		create function fork(n int) returns int language sql as $$ select case when n = 0 then 0 else fork(n - 1) + fork(n - 1) end $$;`)
	for _, text := range []string{
		`do $$ begin loop null; end loop; end $$`,
		`do $$ begin while true loop end loop; end $$`,
		`do $$ begin for i in 1..2000000000 loop end loop; end $$`,
		`do $$ declare i int := 0; begin loop i := (i + 1) % 100; end loop; end $$`,
		`do $$ begin loop begin perform 1; exception when others then null; end; end loop; end $$`,
		`do $$ begin loop begin loop null; end loop; exception when query_canceled then null; end; end loop; end $$`,
		`do $$ begin loop insert into t values (1); delete from t; end loop; end $$`,
		`do $$ begin perform twice(200); end $$`,
		`do $$ begin perform fork(22); end $$`,
		`do $$ declare r record; begin loop for r in select generate_series(1, 10) loop null; end loop; end loop; end $$`,
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		start := time.Now()
		err := e.Script(ctx, engine.Script{Text: text}, quiet{})
		cancel()
		if f := fault.As(err); err == nil || f != nil && f.Code != fault.QueryCanceled {
			t.Errorf("%s: %v", text, err)
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: ended after %v", text, d)
		}
	}
	run(t, e, `select count(*) from t`) // the engine is as it was
}

// TestBounds holds that depth and memory have bounds.
func TestBounds(t *testing.T) {
	e := open(t)
	run(t, e, `
		create table t (a int);
		create function deep(n int) returns int language plpgsql as $$ begin return deep(n + 1); end $$;
		create function deepsql(n int) returns int language sql as $$ select deepsql(n + 1) $$;
		create function again() returns trigger language plpgsql as $$ begin insert into t values (new.a + 1); return new; end $$;
		create trigger again after insert on t for each row execute function again();
		create function endless() returns setof int language plpgsql as $$ begin loop return next 1; end loop; end $$;`)
	check := func(text, code string) {
		t.Helper()
		err := e.Script(context.Background(), engine.Script{Text: text}, quiet{})
		if fault.Code(err) != code {
			t.Errorf("%s\ngot %v, want %s", text, err, code)
		}
	}
	check(`select deep(1)`, "54001")
	check(`select deepsql(1)`, "54001")
	check(`insert into t values (1)`, "54001")
	check(`do $$ declare s text := 'x'; begin loop s := s || s; end loop; end $$`, "54000")
	check(`select count(*) from t`, "")
}

// TestRoutinesAreShared runs the same functions in many sessions at once; it is for the race detector.
func TestRoutinesAreShared(t *testing.T) {
	e := open(t)
	run(t, e, `
		create table t (id int primary key, v text);
		insert into t select g, 'v' || g from generate_series(1, 50) g;
		create function f(n int) returns text language plpgsql stable as $$
		declare r record; s text := '';
		begin
			for r in select id, v from t where id <= n order by id loop s := s || r.v; end loop;
			if n % 2 = 0 then select v, id into r from t where id = n; else select id, v into r from t where id = n; end if;
			case n % 3 when 0 then s := s || r.id; else s := s || r.v; end case;
			return upper(s);
		end $$;
		create function g(n int) returns setof t language sql stable as $$ select * from t where id <= n order by id $$;`)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				err := e.Script(context.Background(), engine.Script{Text: `select f(id), (select count(*) from g(id)) from t where id <= 12`}, quiet{})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
