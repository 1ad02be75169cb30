package enginetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// A step is one plan of a transaction in a test.
type step struct {
	query.Statement
	caller  *query.Caller // nil: the transaction's
	timeout time.Duration
	r       *result // nil: nobody looks
}

// transact runs steps in one transaction, whose function returns nil whatever the steps say.
func (w *world) transact(o engine.TxOptions, steps ...step) error {
	w.Helper()
	if o.Caller.Role == "" {
		o.Caller = service
	}
	plans := make([]*plan.Plan, len(steps))
	for i := range steps {
		plans[i] = w.plan(o.Caller.Role, &steps[i].Statement)
	}
	return w.e.Transact(w.Context(), o, func(tx engine.Tx) error {
		for i := range steps {
			_ = w.step(tx, o.Caller, plans[i], &steps[i])
		}
		return nil
	})
}

func (w *world) step(tx engine.Tx, c query.Caller, p *plan.Plan, s *step) error {
	if s.caller != nil {
		c = *s.caller
	}
	r := s.r
	if r == nil {
		r = &result{}
	}
	onRow, onEnd := r.onRow, r.onEnd
	*r = result{width: len(p.Columns()), onRow: onRow, onEnd: onEnd} // the function may be called again
	st := &s.Statement
	return tx.Do(w.Context(), p, plan.Args{
		Caller: c, Values: st.Values, Body: st.Body, Fields: st.Fields, TimeZone: st.TimeZone, ReadOnly: st.ReadOnly, Timeout: s.timeout,
	}, r)
}

func put(relation, body string, columns ...string) step {
	return step{Statement: insert(relation, body, columns...)}
}

func invoke(function string, r *result) step { return step{Statement: call(function), r: r} }

func transactTogether(w *world) {
	w.run("create table t (id int primary key); create function moment() returns text language sql volatile as 'select now()::text'")
	seen, first, last := &result{}, &result{}, &result{}
	err := w.transact(engine.TxOptions{}, invoke("moment", first), put("t", `[{"id":1}]`, "id"), put("t", `[{"id":2}]`, "id"), step{Statement: read("t"), r: seen}, invoke("moment", last))
	if err != nil {
		w.Fatal(err)
	}
	w.check("seen inside", strings.Join(seen.rows, ","), "1,2")
	w.check("now()", first.rows[0], last.rows[0])
	w.check("kept", w.rows("select id from t order by id"), "1,2")
}

func transactAllOrNothing(w *world) {
	w.run("create table t (id int primary key)")
	after := &result{}
	err := w.transact(engine.TxOptions{}, put("t", `[{"id":1}]`, "id"), put("t", `[{"id":1}]`, "id"), step{Statement: read("t"), r: after})
	w.checkCode("a plan's error, though the function returns nil", err, "23505")
	if after.ended != 0 {
		w.Error("a plan ran after another failed")
	}
	no := errors.New("no")
	err = w.transact(engine.TxOptions{}, put("t", `[{"id":1}]`, "id"), step{Statement: insert("t", `[{"id":2}]`, "id"), r: &result{onEnd: func() error { return no }}})
	if !errors.Is(err, no) {
		w.Errorf("Transact gives %v, not the sink's error", err)
	}
	st := insert("t", `[{"id":1}]`, "id")
	p := w.plan(service.Role, &st)
	err = w.e.Transact(w.Context(), engine.TxOptions{Caller: service}, func(tx engine.Tx) error {
		if err := w.step(tx, service, p, &step{Statement: st}); err != nil {
			w.Error(err)
		}
		return no
	})
	if !errors.Is(err, no) {
		w.Errorf("Transact gives %v, not the function's error", err)
	}
	err = w.transact(engine.TxOptions{}, put("t", `[{"id":1}]`, "id"), step{Statement: read("t"), caller: &query.Caller{Role: "anon"}})
	if err == nil {
		w.Error("a plan ran as another role than the transaction's")
	}
	if err := w.transact(engine.TxOptions{Rollback: true}, put("t", `[{"id":1}]`, "id")); err != nil {
		w.Error(err)
	}
	w.check("kept", w.rows("select id from t"), "")
	if err := w.transact(engine.TxOptions{}); err != nil {
		w.Error(err)
	}
}

// transactTry: what a part has written goes when it fails by itself, with what hangs on it, and the rest stays; an error of a plan ends the whole.
func transactTry(w *world) {
	w.run(`create table t (id int primary key); create table log (id int);
		create function logged() returns trigger language plpgsql security definer as $$ begin insert into public.log values (new.id); return new; end $$;
		create trigger logged after insert on t for each row execute function logged()`)
	no := errors.New("no")
	at := func(id int) step { return put("t", fmt.Sprintf(`[{"id":%d}]`, id), "id") }
	run := func(f func(tx engine.Tx, do func(step) error) error) error {
		return w.e.Transact(w.Context(), engine.TxOptions{Caller: service}, func(tx engine.Tx) error {
			return f(tx, func(s step) error { return w.step(tx, service, w.plan(service.Role, &s.Statement), &s) })
		})
	}
	err := run(func(tx engine.Tx, do func(step) error) error {
		if err := tx.Try(w.Context(), func() error { return errors.Join(do(at(1)), no) }); !errors.Is(err, no) {
			w.Errorf("Try gives %v, not the function's error", err)
		}
		if err := tx.Try(w.Context(), func() error {
			if err := tx.Try(w.Context(), func() error { return errors.Join(do(at(2)), no) }); !errors.Is(err, no) {
				w.Errorf("a part of a part gives %v", err)
			}
			return do(at(3))
		}); err != nil {
			return err
		}
		return do(at(4))
	})
	if err != nil {
		w.Fatal(err)
	}
	w.check("kept", w.rows("select id from t order by id"), "3,4")
	w.check("what hangs on it", w.rows("select id from log order by id"), "3,4")
	err = run(func(tx engine.Tx, do func(step) error) error {
		_ = do(at(5))
		_ = tx.Try(w.Context(), func() error { return do(at(5)) })
		return do(at(6))
	})
	w.checkCode("a plan that fails in a part", err, "23505")
	w.check("kept", w.rows("select id from t order by id"), "3,4")
}

func transactDeferred(w *world) {
	w.run("create table t (id int primary key); create table u (id int primary key, t int references t deferrable initially deferred)")
	if err := w.transact(engine.TxOptions{}, put("u", `[{"id":1,"t":1}]`, "id", "t"), put("t", `[{"id":1}]`, "id")); err != nil {
		w.Error(err)
	}
	ended := &result{}
	for _, rollback := range []bool{false, true} {
		err := w.transact(engine.TxOptions{Rollback: rollback}, step{Statement: insert("u", `[{"id":2,"t":2}]`, "id", "t"), r: ended}, put("t", `[{"id":3}]`, "id"))
		w.checkCode("a reference that nothing answers", err, "23503")
	}
	if ended.ended != 1 {
		w.Error("the reference was not left to the end")
	}
	w.check("kept", w.rows("select id from u union all select id from t"), "1,1")
}

func transactReadOnly(w *world) {
	w.run(`create table t (id int);
create function f() returns int language plpgsql as $$ begin insert into t values (1); return 1; end $$`)
	err := w.transact(engine.TxOptions{ReadOnly: true}, step{Statement: read("t")}, invoke("f", nil))
	w.checkCode("a write in a transaction that reads", err, "25006")
	only := step{Statement: call("f")}
	only.ReadOnly = true
	w.checkCode("a write of a plan that reads", w.transact(engine.TxOptions{}, put("t", `[{"id":2}]`, "id"), only), "25006")
	w.check("kept", w.rows("select id from t"), "")
	if err := w.transact(engine.TxOptions{}, step{Statement: read("t")}, invoke("f", nil), step{Statement: read("t")}, put("t", `[{"id":2}]`, "id")); err != nil {
		w.Errorf("a write after a plan that reads: %v", err)
	}
	w.check("kept", w.rows("select id from t order by id"), "1,2")
}

func transactSession(w *world) {
	w.run(`create function teapot() returns text language plpgsql as $$
begin
  perform set_config('response.status', '418', true);
  perform set_config('response.headers', '[{"X-Pot": "tea"}]', true);
  perform set_config('my.note', 'kept', true);
  return current_setting('request.path', true) || current_setting('request.method', true);
end $$;
create function state() returns text language sql volatile as $$
  select concat_ws('|', nullif(current_setting('request.path', true), ''), nullif(current_setting('my.note', true), ''), current_user, current_setting('TimeZone'), auth.role()) $$;
create function become() returns void language plpgsql as $$ begin perform set_config('role', 'anon', true); end $$`)
	at := func(path string) *query.Caller {
		c := service
		c.Method, c.Path = "POST", path
		return &c
	}
	pot, plain, zoned, again := &result{}, &result{}, &result{}, &result{}
	berlin := call("state")
	berlin.TimeZone = "Europe/Berlin"
	err := w.transact(engine.TxOptions{},
		step{Statement: call("teapot"), caller: at("/one"), r: pot}, step{Statement: call("state"), caller: at("/two"), r: plain},
		invoke("become", nil), step{Statement: berlin, caller: at("/three"), r: zoned}, step{Statement: call("state"), caller: at("/four"), r: again})
	if err != nil {
		w.Fatal(err)
	}
	w.check("settings of the response", pot.out.Settings["response.status"]+" "+pot.out.Settings["response.headers"], `418 [{"X-Pot": "tea"}]`)
	w.check("those of the next plan", plain.out.Settings["response.status"]+plain.out.Settings["response.headers"], "")
	zone := w.rows("select current_setting('TimeZone')")
	zone = strings.Trim(zone, `"`)
	w.check("the request", pot.rows[0], `"/onePOST"`)
	w.check("the next one", plain.rows[0], `"/two|kept|service_role|`+zone+`|service_role"`)
	w.check("in its zone, as its role", zoned.rows[0], `"/three|kept|service_role|Europe/Berlin|service_role"`)
	w.check("after it", again.rows[0], `"/four|kept|service_role|`+zone+`|service_role"`)
	r := &result{}
	if err := w.do(service, call("state"), r); err != nil {
		w.Fatal(err)
	}
	w.check("the next transaction", r.rows[0], `"service_role|`+zone+`|service_role"`)
}

func transactRights(w *world) {
	w.run(`create table t (id int, owner text); alter table t enable row level security;
create policy p on t to authenticated using (owner = auth.jwt() ->> 'sub') with check (owner = auth.jwt() ->> 'sub')`)
	ada := query.Caller{Role: "authenticated", Claims: []byte(`{"role":"authenticated","sub":"ada"}`)}
	seen := &result{}
	w.run("insert into t values (0, 'eve')")
	if err := w.transact(engine.TxOptions{Caller: ada}, put("t", `[{"id":1,"owner":"ada"}]`, "id", "owner"), step{Statement: read("t"), r: seen}); err != nil {
		w.Fatal(err)
	}
	w.check("seen", strings.Join(seen.rows, ","), `1 "ada"`)
	err := w.transact(engine.TxOptions{Caller: ada}, put("t", `[{"id":2,"owner":"ada"}]`, "id", "owner"), put("t", `[{"id":3,"owner":"eve"}]`, "id", "owner"))
	w.checkCode("somebody else's row", err, "42501")
	w.check("kept", w.rows("select id from t order by id"), "0,1")
}

func transactTimeout(w *world) {
	w.run("create table t (id int primary key); create function slow() returns bigint language sql volatile as 'select count(*) from generate_series(1, 30000) a, generate_series(1, 30000) b'")
	for _, c := range []struct{ whole, each time.Duration }{{100 * time.Millisecond, 0}, {0, 100 * time.Millisecond}} {
		began := time.Now()
		err := w.transact(engine.TxOptions{Timeout: c.whole}, put("t", `[{"id":1}]`, "id"), step{Statement: call("slow"), timeout: c.each})
		if f := fault.As(err); f == nil || f.Code != "57014" || f.Message != "canceling statement due to statement timeout" {
			w.Errorf("%v: %v", c, err)
		}
		if took := time.Since(began); took > 20*time.Second {
			w.Errorf("ended after %v", took)
		}
	}
	st := call("slow")
	p := w.plan(service.Role, &st)
	err := w.e.Transact(w.Context(), engine.TxOptions{Caller: service}, func(tx engine.Tx) error {
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		return tx.Do(ctx, p, plan.Args{Caller: service, Body: st.Body, Fields: st.Fields}, &result{width: 1})
	})
	w.checkCode("a plan whose own context is over", err, "57014")
	w.check("kept", w.rows("select id from t"), "")
	if err := w.transact(engine.TxOptions{}, put("t", `[{"id":1}]`, "id")); err != nil {
		w.Error(err)
	}
}

func transactPanics(w *world) {
	w.run("create table t (id int primary key)")
	st := insert("t", `[{"id":1}]`, "id")
	p := w.plan(service.Role, &st)
	for _, inside := range []bool{false, true} {
		func() {
			defer func() {
				if recover() == nil {
					w.Error("the panic got lost")
				}
			}()
			_ = w.e.Transact(w.Context(), engine.TxOptions{Caller: service}, func(tx engine.Tx) error {
				r := &result{}
				if inside {
					r.onRow = func() error { panic("in the sink") }
				}
				if err := w.step(tx, service, p, &step{Statement: st, r: r}); err != nil {
					w.Error(err)
				}
				panic("in the function")
			})
		}()
		w.check("kept", w.rows("select id from t"), "")
	}
	if err := w.transact(engine.TxOptions{}, put("t", `[{"id":1}]`, "id")); err != nil {
		w.Error(err)
	}
	w.check("after it", w.rows("select id from t"), "1")
}

func transactSchema(w *world) {
	w.run(`create table t (id int primary key, v int);
create function grow() returns void language plpgsql security definer as $$ begin create table if not exists public.made (id int); insert into public.made values (7); end $$`)
	calls := 0
	in, fn := insert("t", `[{"id":1}]`, "id"), call("grow")
	first, second := w.plan(service.Role, &in), w.plan(service.Role, &fn)
	err := w.e.Transact(w.Context(), engine.TxOptions{Caller: service}, func(tx engine.Tx) error {
		calls++
		if err := w.step(tx, service, first, &step{Statement: in}); err != nil {
			return err
		}
		return w.step(tx, service, second, &step{Statement: fn})
	})
	if err != nil {
		w.Fatal(err)
	}
	w.check("kept", w.rows("select id from t union all select id from made"), "1,7")
	if calls > 2 {
		w.Errorf("the function was called %d times", calls)
	}
	// A plan that is out of date makes the engine begin anew.
	st := read("t")
	old := w.plan(service.Role, &st)
	for range 3 {
		if err := w.doPlan(old, service, st, &result{}); err != nil {
			w.Fatal(err)
		}
	}
	w.run("alter table t alter column v type text using 'x'")
	r := &result{}
	in.Body = []byte(`[{"id":2}]`)
	err = w.e.Transact(w.Context(), engine.TxOptions{Caller: service}, func(tx engine.Tx) error {
		if err := w.step(tx, service, first, &step{Statement: in}); err != nil {
			return err
		}
		return w.step(tx, service, old, &step{Statement: st, r: r})
	})
	if err != nil {
		w.Fatal(err)
	}
	w.check("read", strings.Join(r.rows, ","), `1 "x",2 null`)
}

func transactConcurrent(w *world) {
	w.run(`create table counter (n int not null); insert into counter values (0);
create function bump() returns int language sql as 'update counter set n = n + 1 returning n'`)
	var group sync.WaitGroup
	const workers, each = 6, 10
	for range workers {
		group.Go(func() {
			for range each {
				a, b := &result{}, &result{}
				if err := w.transact(engine.TxOptions{}, invoke("bump", a), invoke("bump", b)); err != nil {
					w.Error(err)
					return
				}
				var i, j int
				if _, err := fmt.Sscan(a.rows[0]+" "+b.rows[0], &i, &j); err != nil || j != i+1 {
					w.Errorf("%s, then %s", a.rows[0], b.rows[0])
				}
			}
		})
	}
	group.Wait()
	w.check("n", w.rows("select n from counter"), fmt.Sprint(2*workers*each))
}

// transactSnapshot reads a number and writes the next one, many times at once: in a snapshot nobody's number gets lost.
func transactSnapshot(w *world) {
	w.run(`create table counter (id int primary key, n int not null); insert into counter values (1, 0)`)
	look, set := read("counter"), query.Statement{
		Schema: "public", MaxAffected: -1, Body: []byte(`[{}]`),
		Write: &query.Write{Action: query.Update, Relation: "counter", Columns: []string{"n"}, Node: query.Node{Limit: -1, Offset: -1, MaxRows: -1}},
	}
	set.Fields = [][]byte{[]byte("0")}
	reads, writes := w.plan(service.Role, &look), w.plan(service.Role, &set)
	var group sync.WaitGroup
	const workers, each = 4, 5
	for i := range workers {
		group.Go(func() {
			for j := range each {
				o := engine.TxOptions{Caller: service, Snapshot: true}
				if i%2 == 1 { // one that happens once has a snapshot, too
					o.Once = &engine.Once{Key: sha256.Sum256(fmt.Append(nil, i, j)), Keep: time.Hour, Answer: func() (string, error) { return "", nil }}
				}
				err := w.e.Transact(w.Context(), o, func(tx engine.Tx) error {
					r := &result{}
					if err := w.step(tx, service, reads, &step{Statement: look, r: r}); err != nil {
						return err
					}
					var id, n int
					if _, err := fmt.Sscan(r.rows[0], &id, &n); err != nil {
						return err
					}
					next := set
					next.Fields = [][]byte{fmt.Append(nil, n+1)}
					return w.step(tx, service, writes, &step{Statement: next})
				})
				if err != nil {
					w.Error(err)
				}
			}
		})
	}
	group.Wait()
	w.check("n", w.rows("select n from counter"), fmt.Sprint(workers*each))
}
