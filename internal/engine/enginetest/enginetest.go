// Package enginetest is the suite that every engine passes: what package engine promises, beyond what a case file can show.
//
// Main function: Run. The answers of SQL are the business of test/cases; here are transactions, sinks, refusals, places of errors, and what must
// not leak from one request into the next.
//
// Invariants: a test opens an engine of its own; nothing here knows which engine it is.
package enginetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// Run runs the suite. open gives an engine on a new database, which ends with the test.
func Run(t *testing.T, open func(t *testing.T) engine.Engine) {
	for _, c := range []struct {
		name string
		test func(*world)
	}{
		{"ScriptYieldsRowsAndTags", scriptYields},
		{"AtomicScriptIsAllOrNothing", atomicScript},
		{"StatementsOfPlainScriptCommitByThemselves", plainScript},
		{"DryRunLeavesNothing", dryRun},
		{"CheckReportsEveryRefusal", check},
		{"GoOnPassesOverWhatFails", goOn},
		{"RecordIsPartOfTheMigration", record},
		{"ScriptTakesArguments", arguments},
		{"ErrorsHaveTheirPlace", places},
		{"NoticesAreTold", notices},
		{"ScriptRunsAsItsCaller", scriptCaller},
		{"SinkRefusesWrites", sinkRefuses},
		{"RollbackUndoesWrites", rollback},
		{"ReadOnlyRefusesWrites", readOnly},
		{"OutcomeCounts", outcome},
		{"SettingsOfTheResponse", responseSettings},
		{"CallerIsSeenAndForgotten", callers},
		{"UnknownRoleIsRefused", unknownRole},
		{"CancelledRequestsLeaveTheEngineWell", cancelled},
		{"CatalogFollowsTheSchema", catalogFollows},
		{"OldPlansRunOrFailWell", oldPlans},
		{"WritesDoNotGetLost", concurrent},
		{"TransactionSeesItsWrites", transactTogether},
		{"TransactionIsAllOrNothing", transactAllOrNothing},
		{"PartOfATransactionIsTakenBack", transactTry},
		{"TransactionChecksWhatIsDeferredAtItsEnd", transactDeferred},
		{"TransactionRefusesWritesWhereItOnlyReads", transactReadOnly},
		{"PlansOfTransactionHaveTheirOwnRequest", transactSession},
		{"TransactionHasItsCallersRights", transactRights},
		{"TransactionEndsInTime", transactTimeout},
		{"PanicEndsTransactionAndNothingElse", transactPanics},
		{"TransactionBeginsAnew", transactSchema},
		{"TransactionsDoNotMix", transactConcurrent},
		{"SnapshotLosesNoUpdate", transactSnapshot},
		{"TransactionHappensOnceForItsKey", onceAnswers},
		{"AnswersAreForgotten", onceExpires},
		{"TransactionsOfAKeyWaitForEachOther", onceAtATime},
		{"AnswersAreTheOwners", onceRights},
		{"WhatIsPutOffAgainIsTheCallers", onceDeferred},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(&world{T: t, e: open(t)})
		})
	}
}

// A world is a test with its engine.
type world struct {
	*testing.T
	e engine.Engine
}

// A result is everything that a script or a plan yields. It is both kinds of sink.
type result struct {
	width   int
	cols    []string
	rows    []string // JSON, joined by spaces
	tags    []string
	notices []string
	refused []string
	out     engine.Outcome
	ended   int
	onRow   func() error
	onEnd   func() error
}

func (r *result) Begin(cols []engine.Column) error {
	r.width = len(cols)
	for _, c := range cols {
		r.cols = append(r.cols, c.Name+" "+c.TypeName)
	}
	return nil
}

func (r *result) Row(row engine.Row) error {
	var b []byte
	for i := range r.width {
		if i > 0 {
			b = append(b, ' ')
		}
		b = row.AppendJSON(b, i)
	}
	r.rows = append(r.rows, string(b))
	if r.onRow != nil {
		return r.onRow()
	}
	return nil
}

func (r *result) Done(tag string) error        { r.tags = append(r.tags, tag); return nil }
func (r *result) Notice(level, message string) { r.notices = append(r.notices, level+": "+message) }
func (r *result) Refused(err error)            { r.refused = append(r.refused, fault.Code(err)) }

func (r *result) End(o engine.Outcome) error {
	r.out = o
	r.ended++
	if r.onEnd != nil {
		return r.onEnd()
	}
	return nil
}

// run runs a script that must succeed.
func (w *world) run(text string) *result {
	w.Helper()
	r, err := w.script(engine.Script{Text: text})
	if err != nil {
		w.Fatalf("%v\n%s", err, text)
	}
	return r
}

func (w *world) script(s engine.Script) (*result, error) {
	r := &result{}
	return r, w.e.Script(w.Context(), s, r)
}

// rows is the result of a query, rows joined by commas.
func (w *world) rows(text string) string {
	w.Helper()
	return strings.Join(w.run(text).rows, ",")
}

func (w *world) check(what, got, want string) {
	w.Helper()
	if got != want {
		w.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func (w *world) checkCode(what string, err error, code string) {
	w.Helper()
	if fault.Code(err) != code {
		w.Errorf("%s: got %v, want %s", what, err, code)
	}
}

// do plans and runs a request.
func (w *world) do(c query.Caller, st query.Statement, r *result) error {
	w.Helper()
	return w.doPlan(w.plan(c.Role, &st), c, st, r)
}

func (w *world) plan(role string, st *query.Statement) *plan.Plan {
	w.Helper()
	st.Schema, st.MaxAffected = "public", -1
	p, err := plan.Build(w.e.Catalog(), st, role, plan.Options{})
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *world) doPlan(p *plan.Plan, c query.Caller, st query.Statement, r *result) error {
	r.width = len(p.Columns())
	return w.e.Do(w.Context(), p, plan.Args{
		Caller: c, Values: st.Values, Body: st.Body, Fields: st.Fields, TimeZone: st.TimeZone, ReadOnly: st.ReadOnly, Rollback: st.Rollback,
	}, r)
}

var service = query.Caller{Role: "service_role", Claims: []byte(`{"role":"service_role"}`)}

var whole = query.Node{Limit: -1, Offset: -1, MaxRows: -1}

func read(relation string) query.Statement {
	return query.Statement{ReadOnly: true, Read: &query.Read{Relation: relation, Node: whole}}
}

func insert(relation, body string, columns ...string) query.Statement {
	return query.Statement{Body: []byte(body), Write: &query.Write{
		Action: query.Insert, Relation: relation, Columns: columns, Bulk: true, Returning: true, Node: whole,
	}}
}

func call(function string) query.Statement {
	return query.Statement{Body: []byte("{}"), Fields: [][]byte{}, Invoke: &query.Invoke{Function: function, Node: whole}}
}

// ---- scripts ----

func scriptYields(w *world) {
	r := w.run(`create table t (id integer primary key, name text, price numeric(6,2));
insert into t values (1, 'a', 1.5), (2, null, 2);
select * from t order by id;
update t set name = 'b' where id = 2;
delete from t;
-- a comment at the end`)
	w.check("tags", strings.Join(r.tags, ", "), "CREATE TABLE, INSERT 0 2, SELECT 2, UPDATE 1, DELETE 2")
	w.check("columns", strings.Join(r.cols, ", "), "id integer, name text, price numeric(6,2)")
	w.check("rows", strings.Join(r.rows, ", "), `1 "a" 1.50, 2 null 2.00`)
	r = w.run("insert into t values (3) returning id, name")
	w.check("returning", strings.Join(r.rows, ", "), "3 null")
	r = w.run("")
	w.check("nothing", strings.Join(r.tags, ", "), "")
}

func atomicScript(w *world) {
	_, err := w.script(engine.Script{Text: "create table t (id int); insert into t values (1); select 1/0", Atomic: true})
	w.checkCode("error", err, "22012")
	w.check("the table", w.rows("select to_regclass('public.t')"), "null")
	if w.e.Catalog().Table("public", "t") != nil {
		w.Error("the catalog has a table that was rolled back")
	}
	if _, err := w.script(engine.Script{Text: "create table t (id int); insert into t values (1)", Atomic: true}); err != nil {
		w.Fatal(err)
	}
	w.check("the rows", w.rows("select id from t"), "1")
}

func plainScript(w *world) {
	_, err := w.script(engine.Script{Text: "create table t (id int); insert into t values (1); select 1/0; insert into t values (2)"})
	w.checkCode("error", err, "22012")
	w.check("the rows", w.rows("select id from t"), "1")
	if w.e.Catalog().Table("public", "t") == nil {
		w.Error("the catalog lacks a table that was made before the error")
	}
}

func dryRun(w *world) {
	r, err := w.script(engine.Script{Text: "create table t (id int); insert into t values (1); select id from t", DryRun: true})
	if err != nil {
		w.Fatal(err)
	}
	w.check("rows", strings.Join(r.rows, ","), "1")
	if w.e.Catalog().Table("public", "t") != nil {
		w.Error("the catalog changed")
	}
	w.check("the table", w.rows("select to_regclass('public.t')"), "null")
}

func check(w *world) {
	r, err := w.script(engine.Script{Text: "create table t (id int); select nothing from t; create table t (id int); insert into t values (1)", Check: true, DryRun: true})
	if err != nil {
		w.Fatal(err)
	}
	w.check("refused", strings.Join(r.refused, ","), "42703,42P07")
	if w.e.Catalog().Table("public", "t") != nil {
		w.Error("the catalog changed")
	}
}

func goOn(w *world) {
	r, err := w.script(engine.Script{GoOn: true, Text: `create table t (id int primary key, p int references t deferrable initially deferred);
		select 1/0; insert into t values (1); select nothing;
		begin; insert into t values (2); insert into t values (2); select 1; rollback to a; commit;
		begin; insert into t values (3); savepoint a; insert into t values (3); select 1; rollback to a; insert into t values (4); commit;
		begin; insert into t values (5, 99); commit;
		insert into t values (6, 99);
		select id from t`})
	if err != nil {
		w.Fatal(err)
	}
	w.check("refused", strings.Join(r.refused, ","), "22012,42703,23505,25P02,3B001,23505,25P02,23503,23503")
	w.check("rows", strings.Join(r.rows, ","), "1,3,4")
	w.check("tags", strings.Join(r.tags, ","), "CREATE TABLE,INSERT 0 1,BEGIN,INSERT 0 1,ROLLBACK,BEGIN,INSERT 0 1,SAVEPOINT,ROLLBACK,INSERT 0 1,COMMIT,BEGIN,INSERT 0 1,SELECT 3")
}

func record(w *world) {
	w.run("create table done (version text primary key, note text)")
	put := []engine.Statement{{Text: "insert into done values ($1, $2)", Args: []string{"1", "it's"}}}
	if _, err := w.script(engine.Script{Text: "create table t (id int)", Atomic: true, Record: put}); err != nil {
		w.Fatal(err)
	}
	w.check("record", w.rows("select version, note from done"), `"1" "it's"`)
	_, err := w.script(engine.Script{Text: "create table u (id int)", Atomic: true, Record: put})
	w.checkCode("the same record again", err, "23505")
	if w.e.Catalog().Table("public", "u") != nil {
		w.Error("a migration stayed without its record")
	}
	if _, err := w.script(engine.Script{Text: "select 1/0", Atomic: true, Record: []engine.Statement{{Text: "insert into done values ('2')"}}}); err == nil {
		w.Error("no error")
	}
	w.check("record", w.rows("select version from done"), `"1"`)
}

func arguments(w *world) {
	r, err := w.script(engine.Script{Text: "select $1::int + 1 as n, $2::text || '!' as s", Args: []string{"41", "o'clock"}})
	if err != nil {
		w.Fatal(err)
	}
	w.check("rows", strings.Join(r.rows, ","), `42 "o'clock!"`)
	_, err = w.script(engine.Script{Text: "select $1::int", Args: []string{"x"}})
	w.checkCode("a bad argument", err, "22P02")
}

func places(w *world) {
	for _, c := range []struct{ text, code, at string }{
		{"select 1;\n-- ä\nselect 'ß', nothing;", "42703", "nothing"},
		{"create table t (id int);\ninsert into t (idd) values (1)", "42703", "idd"},
		{"select 1;\nselect from from t", "42601", "from t"},
		{"select 1;\n  create table u (x unknown_type)", "42704", "unknown_type"},
		{"select 1; select * from nowhere", "42P01", "nowhere"},
	} {
		_, err := w.script(engine.Script{Text: c.text, File: "a.sql", Atomic: true})
		f := fault.As(err)
		if f == nil {
			w.Errorf("%s: %v", c.text, err)
			continue
		}
		got := ""
		if f.Pos >= 0 && f.Pos <= len(c.text) {
			got = c.text[f.Pos:]
		}
		if f.Code != c.code || f.File != "a.sql" || !strings.HasPrefix(got, c.at) {
			w.Errorf("%s: %v, file %q, at %q; want %s at %q", c.text, err, f.File, got, c.code, c.at)
		}
	}
}

func notices(w *world) {
	r := w.run("create table if not exists t (id int); create table if not exists t (id int); do $$ begin raise notice 'n %', 1; raise warning 'w'; end $$")
	w.check("notices", strings.Join(r.notices, ", "), `NOTICE: relation "t" already exists, skipping, NOTICE: n 1, WARNING: w`)
}

func scriptCaller(w *world) {
	w.run("create table t (id int); alter table t enable row level security; insert into t values (1)")
	asAnon := func(text string) (*result, error) {
		return w.script(engine.Script{Text: text, Caller: query.Caller{Role: "anon", Claims: []byte(`{"role":"anon"}`)}})
	}
	r, err := asAnon("select count(*) from t; select current_user")
	if err != nil {
		w.Fatal(err)
	}
	w.check("anon sees", strings.Join(r.rows, ","), `0,"anon"`)
	_, err = asAnon("create table u (id int)")
	w.checkCode("anon makes a table", err, "42501")
	w.check("the owner sees", w.rows("select count(*) from t"), "1")
}

// ---- requests ----

func sinkRefuses(w *world) {
	w.run("create table t (id int primary key)")
	no := errors.New("no")
	for _, r := range []*result{{onRow: func() error { return no }}, {onEnd: func() error { return no }}} {
		if err := w.do(service, insert("t", `[{"id":1}]`, "id"), r); !errors.Is(err, no) {
			w.Errorf("Do gives %v, not the sink's error", err)
		}
		w.check("rows", w.rows("select id from t"), "")
	}
	r := &result{}
	if err := w.do(service, insert("t", `[{"id":1}]`, "id"), r); err != nil {
		w.Fatal(err)
	}
	w.check("rows", w.rows("select id from t"), "1")
	if r.ended != 1 {
		w.Errorf("End was called %d times", r.ended)
	}
	if err := w.do(service, insert("t", `[{"id":2},{"id":1}]`, "id"), r); fault.Code(err) != "23505" {
		w.Error(err)
	}
	w.check("rows", w.rows("select id from t"), "1")
}

func rollback(w *world) {
	w.run("create table t (id int primary key)")
	st := insert("t", `[{"id":1}]`, "id")
	st.Rollback = true
	r := &result{}
	if err := w.do(service, st, r); err != nil {
		w.Fatal(err)
	}
	w.check("answer", strings.Join(r.rows, ","), "1")
	w.check("rows", w.rows("select id from t"), "")
}

func readOnly(w *world) {
	w.run(`create table t (id int);
create function f() returns int language plpgsql as $$ begin insert into t values (1); return 1; end $$`)
	st := call("f")
	st.ReadOnly = true
	w.checkCode("a write in a GET", w.do(service, st, &result{}), "25006")
	w.check("rows", w.rows("select id from t"), "")
}

func outcome(w *world) {
	w.run("create table t (id int primary key, v int); insert into t select g, g from generate_series(1, 5) as g")
	st := read("t")
	st.Count = query.ExactCount
	st.Read.Limit, st.Values = 0, []string{"2"}
	r := &result{}
	if err := w.do(service, st, r); err != nil {
		w.Fatal(err)
	}
	w.check("read", fmt.Sprint(r.out.Rows, r.out.Total, len(r.rows)), "2 5 2")
	st = insert("t", `[{"id":5,"v":50},{"id":6,"v":60}]`, "id", "v")
	st.Write.Action = query.Upsert
	r = &result{}
	if err := w.do(service, st, r); err != nil {
		w.Fatal(err)
	}
	w.check("upsert", fmt.Sprintf("%d %d %s", r.out.Rows, r.out.Inserted, strings.Join(r.rows, ",")), "2 1 5 50,6 60")
	st = insert("t", `[{"id":6,"v":0},{"id":7,"v":70}]`, "id", "v")
	st.Write.Action, st.Write.Returning = query.IgnoreDuplicates, false
	r = &result{}
	if err := w.do(service, st, r); err != nil {
		w.Fatal(err)
	}
	w.check("ignore duplicates", fmt.Sprint(r.out.Rows, r.out.Inserted, len(r.rows)), "1 1 0")
	st = query.Statement{Write: &query.Write{Action: query.Delete, Relation: "t", Node: whole}}
	r = &result{}
	if err := w.do(service, st, r); err != nil {
		w.Fatal(err)
	}
	w.check("delete", fmt.Sprint(r.out.Rows, len(r.rows)), "7 0")
}

func responseSettings(w *world) {
	w.run(`create function teapot() returns void language plpgsql as $$
begin
  perform set_config('response.status', '418', true);
  perform set_config('response.headers', '[{"X-Pot": "tea"}]', true);
end $$;
create function plain() returns int language sql as 'select 1'`)
	r := &result{}
	if err := w.do(service, call("teapot"), r); err != nil {
		w.Fatal(err)
	}
	w.check("settings", r.out.Settings["response.status"]+" "+r.out.Settings["response.headers"], `418 [{"X-Pot": "tea"}]`)
	r = &result{}
	if err := w.do(service, call("plain"), r); err != nil {
		w.Fatal(err)
	}
	w.check("the next request's", r.out.Settings["response.status"], "")
}

func callers(w *world) {
	w.run(`create function who() returns text language sql stable as $$
  select concat_ws('|', current_user, auth.uid(), auth.role(), current_setting('request.method', true), current_setting('request.path', true),
    current_setting('request.headers', true)::json ->> 'x-a') $$`)
	ask := func(c query.Caller) string {
		r := &result{}
		if err := w.do(c, call("who"), r); err != nil {
			w.Error(err)
		}
		return strings.Join(r.rows, ",")
	}
	ada := query.Caller{
		Role: "authenticated", Claims: []byte(`{"role":"authenticated","sub":"aaaaaaaa-0000-4000-8000-000000000001"}`), Subject: "aaaaaaaa-0000-4000-8000-000000000001",
		Method: "POST", Path: "/rpc/who", Headers: func() []byte { return []byte(`{"x-a":"1"}`) },
	}
	anon := query.Caller{Role: "anon", Claims: []byte(`{"role":"anon"}`), Method: "GET", Path: "/", Headers: func() []byte { return []byte("{}") }}
	for range 3 { // on whatever connection
		w.check("ada", ask(ada), `"authenticated|aaaaaaaa-0000-4000-8000-000000000001|authenticated|POST|/rpc/who|1"`)
		w.check("anon", ask(anon), `"anon|anon|GET|/"`)
	}
	w.check("the owner", w.rows("select coalesce(auth.uid()::text, 'nobody')"), `"nobody"`)
}

func unknownRole(w *world) {
	w.run("create table t (id int)")
	err := w.do(query.Caller{Role: "no_such_role"}, read("t"), &result{})
	w.checkCode("an unknown role", err, "22023")
	if f := fault.As(err); f != nil {
		w.check("message", f.Message, `role "no_such_role" does not exist`)
	}
	if err := w.do(service, read("t"), &result{}); err != nil {
		w.Error(err)
	}
}

func cancelled(w *world) {
	w.run("create table t (id int)")
	st := read("t")
	p := w.plan("service_role", &st)
	ctx, cancel := context.WithCancel(w.Context())
	cancel()
	for range 5 {
		if err := w.e.Do(ctx, p, plan.Args{Caller: service}, &result{}); err == nil {
			w.Error("a cancelled request succeeds")
		}
	}
	// Cancelled while its rows are being read.
	w.run("insert into t select g from generate_series(1, 20000) as g")
	ctx, cancel = context.WithCancel(w.Context())
	n := 0
	err := w.e.Do(ctx, p, plan.Args{Caller: service}, &result{width: 1, onRow: func() error {
		if n++; n == 10 {
			cancel()
			return ctx.Err()
		}
		return nil
	}})
	if err == nil {
		w.Error("a request cancelled half-way succeeds")
	}
	for range 5 {
		if err := w.do(service, read("t"), &result{}); err != nil {
			w.Error(err)
		}
	}
}

func catalogFollows(w *world) {
	before := w.e.Catalog().Version()
	w.run("select 1")
	if w.e.Catalog().Version() != before {
		w.Error("a query changed the catalog")
	}
	w.run(`create table public.parents (id bigint primary key, name text not null default 'x');
create table public.children (id bigint generated always as identity primary key, parent bigint not null references public.parents (id) on delete cascade, unique (parent));
create view public.names as select p.id, p.name as title, length(p.name) as n from public.parents p;
create type public.mood as enum ('sad', 'glad');
comment on table public.parents is 'They have children.'`)
	c := w.e.Catalog()
	p := c.Table("public", "parents")
	if p == nil {
		w.Fatal("no table parents")
	}
	w.check("comment", p.Comment, "They have children.")
	w.check("default", fmt.Sprint(p.Column("name").NotNull, p.Column("name").Default != nil || p.Column("name").DefaultText != ""), "true true")
	w.check("key", fmt.Sprint(p.PrimaryKey().Columns), "[id]")
	v := c.Table("public", "names")
	w.check("view", fmt.Sprintf("%s %t %s %d", v.ViewColumns[0].Column, v.ViewColumns[0].Table == p.OID, v.ViewColumns[1].Column, v.ViewColumns[2].Table), "id true name 0")
	w.check("enum", fmt.Sprint(c.TypeByName("public", "mood").Labels), "[sad glad]")
	var kinds []string
	for _, r := range c.Relationships(c.Table("public", "children")) {
		kinds = append(kinds, fmt.Sprint(r.Kind, r.To.Name, r.Constraint))
	}
	if len(kinds) == 0 || !strings.Contains(strings.Join(kinds, " "), "parents") {
		w.Errorf("relationships of children: %v", kinds)
	}
	w.run("drop view public.names; drop table public.children")
	if w.e.Catalog().Table("public", "children") != nil {
		w.Error("the catalog has a table that was dropped")
	}
}

func oldPlans(w *world) {
	w.run("create table t (id int, v int); insert into t values (1, 2)")
	st := read("t")
	p := w.plan("service_role", &st)
	for range 3 {
		r := &result{}
		if err := w.doPlan(p, service, st, r); err != nil {
			w.Fatal(err)
		}
		w.check("before", strings.Join(r.rows, ","), "1 2")
	}
	w.run("alter table t alter column v type text using v::text || '!'")
	for range 3 {
		r := &result{}
		if err := w.doPlan(p, service, st, r); err != nil {
			w.Fatal(err)
		}
		w.check("after", strings.Join(r.rows, ","), `1 "2!"`)
	}
	w.run("alter table t drop column v")
	if err := w.doPlan(p, service, st, &result{}); fault.As(err) == nil {
		w.Errorf("a plan over a column that is gone: %v", err)
	}
	r := &result{}
	if err := w.do(service, read("t"), r); err != nil {
		w.Error(err)
	}
	w.check("a new plan", strings.Join(r.rows, ","), "1")
}

func concurrent(w *world) {
	w.run(`create table counter (n int not null); insert into counter values (0);
create function bump() returns int language sql as 'update counter set n = n + 1 returning n'`)
	st := call("bump")
	p := w.plan("service_role", &st)
	var group sync.WaitGroup
	const workers, each = 8, 25
	for range workers {
		group.Go(func() {
			for range each {
				if err := w.doPlan(p, service, st, &result{}); err != nil {
					w.Error(err)
				}
			}
		})
	}
	group.Wait()
	w.check("n", w.rows("select n from counter"), fmt.Sprint(workers*each))
}
