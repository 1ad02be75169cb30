package enginetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// once runs a step under a key and gives "did", or "again same" or "again other" with the answer that was kept.
func (w *world) once(key, request string, keep time.Duration, o engine.TxOptions, s step) (string, error) {
	if o.Caller.Role == "" {
		o.Caller = service
	}
	what := ""
	o.Once = &engine.Once{
		Key: sha256.Sum256([]byte(key)), Request: sha256.Sum256([]byte(request)), Keep: keep,
		Answer: func() (string, error) { return "it's " + request + " \u00e4", nil },
		Again: func(same bool, answer string) error {
			what = map[bool]string{true: "same: ", false: "other: "}[same] + answer
			return nil
		},
	}
	p, err := plan.Build(w.e.Catalog(), &s.Statement, o.Caller.Role, plan.Options{})
	if err != nil {
		return "", err
	}
	err = w.e.Transact(w.Context(), o, func(tx engine.Tx) error {
		what = "did"
		return w.step(tx, o.Caller, p, &s)
	})
	return what, err
}

// putOnce is a step that inserts a row.
func putOnce(id int) step {
	s := put("t", fmt.Sprintf(`[{"id":%d}]`, id), "id")
	s.Schema, s.MaxAffected = "public", -1
	return s
}

func onceAnswers(w *world) {
	w.run("create table t (id int primary key)")
	check := func(what string, id int, key, request, want string) {
		w.Helper()
		got, err := w.once(key, request, time.Hour, engine.TxOptions{}, putOnce(id))
		if err != nil {
			w.Error(err)
		}
		w.check(what, got, want)
	}
	check("the first", 1, "a", "r", "did")
	check("the same", 1, "a", "r", "same: it's r \u00e4")
	check("another request", 2, "a", "s", "other: it's r \u00e4")
	check("another key", 3, "b", "r", "did")
	w.check("kept", w.rows("select id from t order by id"), "1,3")
	if _, err := w.once("c", "r", time.Hour, engine.TxOptions{}, putOnce(1)); err == nil {
		w.Error("no error")
	}
	check("after a failure", 4, "c", "r", "did")
	if got, err := w.once("d", "r", time.Hour, engine.TxOptions{Rollback: true}, putOnce(5)); got != "did" || err != nil {
		w.Error(got, err)
	}
	check("after it was rolled back", 6, "d", "r", "did")
	w.check("kept", w.rows("select id from t order by id"), "1,3,4,6")
}

func onceExpires(w *world) {
	w.run("create table t (id int primary key)")
	for i, key := range []string{"a", "a", "b"} {
		if got, err := w.once(key, "r", -time.Second, engine.TxOptions{}, putOnce(i)); got != "did" || err != nil {
			w.Errorf("%q, %v", got, err)
		}
	}
	if got, err := w.once("c", "r", time.Hour, engine.TxOptions{}, putOnce(9)); got != "did" || err != nil {
		w.Errorf("%q, %v", got, err)
	}
	w.check("answers", w.rows("select count(*) from mainstay.answers"), "3")
	if err := w.e.(interface{ Forget(context.Context) error }).Forget(w.Context()); err != nil {
		w.Fatal(err)
	}
	w.check("answers that are still kept", w.rows("select count(*) from mainstay.answers"), "1")
	if got, err := w.once("c", "r", time.Hour, engine.TxOptions{}, putOnce(10)); !strings.HasPrefix(got, "same") || err != nil {
		w.Errorf("%q, %v", got, err)
	}
}

func onceAtATime(w *world) {
	w.run("create table t (id int primary key)")
	for i, snapshot := range []bool{false, true} {
		var group sync.WaitGroup
		var mu sync.Mutex
		seen := map[string]int{} // guarded by mu
		const workers = 6
		for range workers {
			group.Go(func() {
				got, err := w.once(fmt.Sprint(snapshot), "r", time.Hour, engine.TxOptions{Snapshot: snapshot}, putOnce(i))
				if err != nil {
					w.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				seen[got]++
			})
		}
		group.Wait()
		w.check("outcomes", fmt.Sprint(seen["did"], seen["same: it's r \u00e4"]), fmt.Sprint(1, workers-1))
	}
	w.check("kept", w.rows("select id from t order by id"), "0,1")
}

// What is written for the owner must not make anything else the owner's.
func onceRights(w *world) {
	w.run(`create table t (id int primary key); create table who (name text); grant all on t, who to authenticated;
create function note() returns trigger language plpgsql as $$ begin insert into public.who values (current_user); return null; end $$;
create constraint trigger late after insert on t deferrable initially deferred for each row execute function note();
create function restless(id int) returns void language plpgsql as $$
begin
  insert into public.t values (restless.id);
  perform set_config('search_path', 'nowhere', true);
end $$`)
	ada := query.Caller{Role: "authenticated", Claims: []byte(`{"role":"authenticated","sub":"ada"}`)}
	if got, err := w.once("a", "r", time.Hour, engine.TxOptions{Caller: ada}, putOnce(1)); got != "did" || err != nil {
		w.Error(got, err)
	}
	w.check("what is deferred runs as", w.rows("select name from who"), `"authenticated"`)
	st := call("restless")
	st.Schema, st.MaxAffected = "public", -1
	st.Body, st.Invoke.Keys, st.Fields = []byte(`{"id":2}`), []string{"id"}, [][]byte{[]byte("2")}
	for _, want := range []string{"did", "same: it's r \u00e4"} {
		if got, err := w.once("b", "r", time.Hour, engine.TxOptions{Caller: ada}, step{Statement: st}); got != want || err != nil {
			w.Error(got, err)
		}
	}
	for _, role := range []string{"anon", "authenticated", "service_role"} {
		for _, st := range []query.Statement{read(engine.Answers), {Write: &query.Write{Action: query.Delete, Relation: engine.Answers, Node: whole}}} {
			st.Schema, st.MaxAffected = engine.AnswersSchema, -1
			p, err := plan.Build(w.e.Catalog(), &st, role, plan.Options{})
			if err == nil {
				err = w.doPlan(p, query.Caller{Role: role}, st, &result{})
			}
			w.checkCode(role+" reaches the answers", err, "42501")
		}
	}
}

// A trigger that runs at the end of the transaction may put off others again: they are the caller's all the same, with a key as without.
func onceDeferred(w *world) {
	w.run(`create table t (id int primary key); create table u (id int check (id > 0)); create table who (name text, sub text); grant all on t, u, who to anon;
create function shift() returns trigger language plpgsql as $$ begin set constraints all deferred; insert into public.u values (new.id); return null; end $$;
create function note() returns trigger language plpgsql as $$
begin
  if new.id > 2 then raise exception 'no more than two'; end if;
  insert into public.who values (current_user, current_setting('request.jwt.claims', true)::json ->> 'sub');
  return null;
end $$;
create constraint trigger early after insert on t deferrable initially deferred for each row execute function shift();
create constraint trigger late after insert on u deferrable initially deferred for each row execute function note();`)
	o := engine.TxOptions{Caller: query.Caller{Role: "anon", Claims: []byte(`{"role":"anon","sub":"nobody"}`)}}
	plain := putOnce(1)
	if err := w.transact(o, plain); err != nil {
		w.Error(err)
	}
	if got, err := w.once("a", "r", time.Hour, o, putOnce(2)); got != "did" || err != nil {
		w.Error(got, err)
	}
	w.check("what is put off runs as", w.rows("select name, sub from who"), `"anon" "nobody","anon" "nobody"`)
	_, err := w.once("b", "r", time.Hour, o, putOnce(3))
	w.checkCode("a failure of what was put off", err, "P0001")
	w.check("kept", w.rows("select id from t order by id"), "1,2")
	w.check("answers", w.rows("select count(*) from mainstay.answers"), "1")
}
