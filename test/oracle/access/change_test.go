package access_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/test/campaign"
)

var flips = flag.Int("flips", 39, "changes of rules under load")

// ruled is a table whose rules change; everything of it can be reached in several ways.
const ruled = `
create table public.lists (id bigint primary key);
create table public.items (id bigint primary key, owner uuid, org bigint, list bigint references public.lists (id));
create table public.members (org bigint, member uuid, primary key (org, member));
insert into public.lists values (1);
insert into public.items values (1, 'aaaaaaaa-0000-4000-8000-000000000001', 1, 1), (2, 'bbbbbbbb-0000-4000-8000-000000000002', 1, 1), (3, 'bbbbbbbb-0000-4000-8000-000000000002', 2, 1), (4, null, 3, 1);
insert into public.members values (2, 'aaaaaaaa-0000-4000-8000-000000000001');
alter table public.items enable row level security;
create function public.of_members(o bigint) returns boolean language sql stable security definer set search_path = '' as
  $$ select exists (select 1 from public.members m where m.org = o and m.member = auth.uid()) $$;
create function public.all_items() returns setof public.items language sql stable as 'select * from public.items order by id';
create view public.shown with (security_invoker = true) as select * from public.items;
create policy p on public.items for select to authenticated using (owner = auth.uid());
revoke all on public.members from anon, authenticated;
`

// rules are what the rules are made one after another, and what Ada sees then; nil is a refusal.
var rules = []struct {
	sql string
	ids []int
}{
	{"alter policy p on public.items using (org = 1)", []int{1, 2}},
	{"drop policy p on public.items", []int{}},
	{"create policy p on public.items for select to authenticated using (public.of_members(org))", []int{3}},
	{"insert into public.members values (3, 'aaaaaaaa-0000-4000-8000-000000000001')", []int{3, 4}},
	{"delete from public.members where org = 2", []int{4}},
	{"create or replace function public.of_members(o bigint) returns boolean language sql stable security definer set search_path = '' as 'select o = 2'", []int{3}},
	{"create policy q on public.items as restrictive using (id <> 3)", []int{}},
	{"revoke select on public.items from authenticated", nil},
	{"grant select on public.items to authenticated; drop policy q on public.items", []int{3}},
	{"alter table public.items disable row level security", []int{1, 2, 3, 4}},
	{"alter table public.items enable row level security", []int{3}},
	{"alter policy p on public.items to anon", []int{}},
	{"alter policy p on public.items to authenticated using (owner = auth.uid()); " +
		"create or replace function public.of_members(o bigint) returns boolean language sql stable security definer set search_path = '' as " +
		"$$ select exists (select 1 from public.members m where m.org = o and m.member = auth.uid()) $$; " +
		"delete from public.members; insert into public.members values (2, 'aaaaaaaa-0000-4000-8000-000000000001')", []int{1}},
}

// ways are those of asking for the ids.
var ways = []wire{
	{method: "GET", target: "/items?select=id&order=id"},
	{method: "GET", target: "/rpc/all_items?select=id&order=id"},
	{method: "GET", target: "/shown?select=id&order=id"},
	{method: "PATCH", target: "/items?id=gt.0&select=id", body: `{"list":1}`, head: []string{"Prefer: return=representation"}},
	{method: "GET", target: "/lists?select=items(id)&id=eq.1&items.order=id"},
}

// TestRuleChanges changes rules while others ask: what is asked for after a change has been answered is answered by the new rules, in every way.
func TestRuleChanges(t *testing.T) {
	for _, s := range []*side{embedded(t), server(t)} {
		n := *flips
		if s.name == "postgres" {
			n /= 4
		}
		t.Run(s.name, func(t *testing.T) { ruleChanges(t, s, n) })
	}
}

func ruleChanges(t *testing.T, s *side, n int) {
	run := func(text string) {
		t.Helper()
		if err := s.engine.Script(context.Background(), engine.Script{Text: text, File: "rules.sql", Atomic: true}, engine.Discard{}); err != nil {
			t.Fatal(text, err)
		}
	}
	run(clean + ";" + ruled + "grant all on public.items, public.lists, public.shown to authenticated; create policy u on public.items for update to authenticated using (true) with check (true)")
	ada := (&caller{role: authenticated, sub: subjects[0]}).query()
	// begun and done count the changes that have begun, and those that have been answered. Before the first, rule -1 holds, which is the last of the cycle.
	var begun, done atomic.Int64
	var asked, sharp atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range ways {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				from := done.Load()
				got := s.sendWire(ada, ways[i])
				to := begun.Load()
				asked.Add(1)
				if from == to {
					sharp.Add(1)
				}
				// PostgreSQL does not hold a function while a statement runs: where one is replaced meanwhile, an update may find a row by the old body and refuse it by the new one.
				torn := s.name == "postgres" && ways[i].method == "PATCH" && from < to && got.code() == denied
				if !torn && !obeys(got, from, to, i == len(ways)-1) {
					t.Errorf("%s: between change %d, which had been answered, and %d (%s), Ada is answered %s", ways[i].target, from, to, rules[(from+int64(len(rules))-1)%int64(len(rules))].sql, got)
					return
				}
			}
		})
	}
	start := time.Now()
	for i := range n {
		if overdue(start) {
			break
		}
		progress(fmt.Sprintf("%s: %d changes of rules", s.name, i))
		begun.Add(1)
		run(rules[i%len(rules)].sql)
		done.Add(1)
		for _, w := range ways { // and at rest
			at := done.Load()
			if got := s.sendWire(ada, w); !obeys(got, at, at, w.target == ways[len(ways)-1].target) {
				t.Errorf("%s: after change %d (%s) Ada is answered %s", w.target, at, rules[i%len(rules)].sql, got)
			}
		}
		if t.Failed() {
			break
		}
	}
	close(stop)
	wg.Wait()
	if os.Getenv(campaign.Variable) != "" {
		wrong := 0
		if t.Failed() {
			wrong = 1
		}
		campaign.Record(t, campaign.Result{
			Name: "O5-" + s.name, Case: "a change of the rules, acknowledged while five clients ask; what is asked afterwards must be answered by the new rules in five ways of asking",
			Cases: int(done.Load()), Violations: wrong, Seeds: "none", Counts: map[string]int{"requests meanwhile": int(asked.Load()), "of them between two changes": int(sharp.Load())},
			Controls: []campaign.Control{{Name: "answers by the rules of before", Found: staleFound(t)}},
		}, start)
	}
	t.Logf("%d changes, %d requests meanwhile, %d of them between two changes", n, asked.Load(), sharp.Load())
	if asked.Load() == 0 {
		t.Error("nobody asked")
	}
}

// obeys says whether an answer is that of one of the rules after the changes from … to.
func obeys(got reply, from, to int64, nested bool) bool {
	for k := from; k <= to; k++ {
		rule := rules[(k+int64(len(rules))-1)%int64(len(rules))]
		if rule.ids == nil {
			if got.code() == denied {
				return true
			}
			continue
		}
		rows := []any{}
		for _, id := range rule.ids {
			rows = append(rows, map[string]any{"id": id})
		}
		want := lines(rows, true)
		if nested {
			want = lines([]any{map[string]any{"items": rows}}, true)
		}
		if got.status == 200 && canon(got.body, true) == want {
			return true
		}
	}
	return false
}

// TestStaleRulesAreFound holds that an answer by rules that have been changed is told apart.
func TestStaleRulesAreFound(t *testing.T) {
	if !staleFound(t) {
		t.Error("an answer of before passes")
	}
}

func staleFound(t *testing.T) bool {
	found := true
	for k, r := range rules {
		before := rules[(k+len(rules)-1)%len(rules)]
		if slices.Equal(r.ids, before.ids) && (r.ids == nil) == (before.ids == nil) {
			t.Logf("%s changes nothing that is looked at", r.sql)
			found = false
		}
		body := "["
		for i, id := range before.ids {
			if i > 0 {
				body += ","
			}
			body += fmt.Sprintf(`{"id":%d}`, id)
		}
		stale := reply{status: 200, body: []byte(body + "]")}
		if before.ids == nil {
			stale = reply{status: 403, body: []byte(`{"code":"42501"}`)}
		}
		if at := int64(k) + 1; obeys(stale, at, at, false) {
			t.Logf("after %q the answer of before passes", r.sql)
			found = false
		}
	}
	return found
}
