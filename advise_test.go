package mainstay_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/advise"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

// planted is a problem: what makes it, the requests that show it, and the advice that is to be found.
type planted struct {
	what, sql string
	requests  []string // of the service role, or of a user where they begin with "user "
	want      map[string]string
}

const aUser = "00000000-0000-4000-8000-000000000007"

// people is an SQL expression: one of a hundred users for each row i.
const people = `('00000000-0000-4000-8000-' || lpad((i % 100)::text, 12, '0'))::uuid`

func oneOf(fix, code string) map[string]string { return map[string]string{fix: code} }

var plants = []planted{
	{what: "a foreign key", sql: `create table fk1 (id bigint primary key, target bigint references targets);
		insert into fk1 select i, i % 100 from generate_series(1, 15000) i;`,
		want: oneOf("create index fk1_target_idx on public.fk1 (target);", advise.ForeignKey)},
	{what: "a foreign key of two columns", sql: `create table two (a bigint, b bigint, primary key (a, b)); insert into two select i % 10, i from generate_series(0, 99) i;
		create table fk2 (id bigint primary key, a bigint, b bigint, foreign key (a, b) references two); insert into fk2 select i, i % 10, i % 100 from generate_series(1, 15000) i;`,
		want: oneOf("create index fk2_a_b_idx on public.fk2 (a, b);", advise.ForeignKey)},
	{what: "a tree", sql: `create table fk3 (id bigint primary key, parent bigint references fk3); insert into fk3 select i, nullif(i / 10, 0) from generate_series(1, 15000) i;`,
		want: oneOf("create index fk3_parent_idx on public.fk3 (parent);", advise.ForeignKey)},
	{what: "rows of one's own", sql: ownRows("own1", "owner = auth.uid()"), want: oneOf("create index own1_owner_idx on public.own1 (owner);", advise.Policy)},
	{what: "rows of one's own, asked for once", sql: ownRows("own2", "(select auth.uid()) = owner"), want: oneOf("create index own2_owner_idx on public.own2 (owner);", advise.Policy)},
	{what: "rows of one's own, or open ones", sql: ownRows("own3", "open or owner = auth.uid()"), want: oneOf("create index own3_owner_idx on public.own3 (owner);", advise.Policy)},
	{what: "a claim", sql: ownRows("own4", "n = (auth.jwt()->>'n')::bigint"), want: oneOf("create index own4_n_idx on public.own4 (n);", advise.Policy)},
	{what: "members, each row asks", sql: members("m1") + ownRows("docs1", "exists (select 1 from m1 where m1.org = docs1.n and m1.member = auth.uid())"),
		want: oneOf("create index m1_org_member_idx on public.m1 (org, member);", advise.Policy)},
	{what: "members, a list", sql: members("m2") + ownRows("docs2", "n in (select org from m2 where member = (select auth.uid()))"),
		want: map[string]string{"create index m2_member_idx on public.m2 (member);": advise.Policy, "create index docs2_n_idx on public.docs2 (n);": advise.Policy}},
	{what: "members, by a function", sql: members("m3") + `create function is_member(o bigint) returns boolean language sql stable security definer set search_path = '' as
		$$ select exists (select 1 from public.m3 where m3.org = o and m3.member = auth.uid()) $$;` + ownRows("docs3", "is_member(n)"),
		want: oneOf("create index m3_org_member_idx on public.m3 (org, member);", advise.Policy)},
	{what: "what a new row is checked with", sql: members("m4") + `create table posts4 (id bigint primary key); alter table posts4 enable row level security;
		create policy p on posts4 for insert to authenticated with check (exists (select 1 from m4 where m4.member = auth.uid()));`,
		want: oneOf("create index m4_member_idx on public.m4 (member);", advise.Policy)},
	{what: "a filter", sql: things("s1"), requests: []string{"GET s1?email=eq.a7@example.org"}, want: oneOf("create index s1_email_idx on public.s1 (email);", advise.Scan)},
	{what: "a filter and an order", sql: things("s2"), requests: []string{"GET s2?n=eq.7&order=at.desc&limit=5"}, want: oneOf("create index s2_n_at_idx on public.s2 (n, at desc);", advise.Scan)},
	{what: "an order", sql: things("s3"), requests: []string{"GET s3?order=at.desc&limit=5"}, want: oneOf("create index s3_at_idx on public.s3 (at desc);", advise.Scan)},
	{what: "a range", sql: things("s4"), requests: []string{"GET s4?at=gte.2026-07-28T00:00:00Z"}, want: oneOf("create index s4_at_idx on public.s4 (at);", advise.Scan)},
	{what: "a list", sql: things("s5"), requests: []string{"GET s5?email=in.(a1@example.org,a2@example.org)"}, want: oneOf("create index s5_email_idx on public.s5 (email);", advise.Scan)},
	{what: "two filters", sql: things("s6"), requests: []string{"GET s6?n=eq.7&email=eq.a7@example.org"}, want: oneOf("create index s6_email_n_idx on public.s6 (email, n);", advise.Scan)},
	{what: "a change", sql: things("s7"), requests: []string{`PATCH s7?email=eq.a7@example.org`}, want: oneOf("create index s7_email_idx on public.s7 (email);", advise.Scan)},
	{what: "a removal", sql: things("s8"), requests: []string{"DELETE s8?email=eq.a7@example.org"}, want: oneOf("create index s8_email_idx on public.s8 (email);", advise.Scan)},
	{what: "an index that another contains", sql: things("i1") + "create index i1_short on i1 (n); create index i1_long on i1 (n, at);", want: oneOf("drop index public.i1_short;", advise.Same)},
	{what: "the same index twice", sql: things("i2") + "create index i2_first on i2 (n); create index i2_second on i2 (n);", want: oneOf("drop index public.i2_second;", advise.Same)},
	{what: "one by one", sql: things("one") + `create index one_n on one (n); alter table one enable row level security; create policy p on one for select to authenticated using (true);`,
		requests: oneByOne(), want: oneOf("GET /rest/v1/one?n=in.(…)", advise.Repeated)},
}

func oneByOne() (out []string) {
	for i := range 30 {
		out = append(out, fmt.Sprintf("user GET one?n=eq.%d", i))
	}
	return out
}

func ownRows(table, using string) string {
	return fmt.Sprintf(`create table %[1]s (id bigint primary key, owner uuid, n bigint, open boolean not null default false); alter table %[1]s enable row level security;
		create policy p on %[1]s for select to authenticated using (%[2]s);
		insert into %[1]s select i, %[3]s, i %% 100 from generate_series(1, 15000) i;`, table, using, people)
}

func members(table string) string {
	return fmt.Sprintf(`create table %[1]s (org bigint, member uuid, since date); insert into %[1]s select i %% 90, %[2]s from generate_series(1, 15000) i;`, table, people)
}

func things(table string) string {
	return fmt.Sprintf(`create table %[1]s (id bigint primary key, n bigint, email text, at timestamptz);
		insert into %[1]s select i, i %% 100, 'a' || i || '@example.org', '2026-01-01'::timestamptz + i * interval '20 minutes' from generate_series(1, 15000) i;`, table)
}

// TestAdvice: each of the planted problems is found, its fix is taken by the database and gains what is promised, and nothing else is advised.
func TestAdvice(t *testing.T) {
	text := "create table targets (id bigint primary key); insert into targets select generate_series(0, 99);\n"
	want := map[string]string{}
	for _, p := range plants {
		text += "-- " + p.what + "\n" + p.sql + "\n"
		for fix, code := range p.want {
			want[fix] = code
		}
	}
	dir := project(t, "migrations/1_a.sql", text)
	t.Run("asked", func(t *testing.T) {
		s := mainstaytest.Run(t, mainstay.Server{Dir: dir, DataDir: dir + "/data"})
		for _, p := range plants {
			for _, r := range p.requests {
				r, user := strings.CutPrefix(r, "user ")
				as := []string{"apikey", s.Secret}
				if user {
					as = []string{"Authorization", "Bearer " + s.Token(aUser)}
				}
				method, path, _ := strings.Cut(r, " ")
				body := ""
				if method == http.MethodPatch {
					body = `{"n":1}`
				}
				path, query, _ := strings.Cut(path, "?")
				v, err := url.ParseQuery(strings.ReplaceAll(query, "+", "%2B"))
				if err != nil {
					t.Fatal(err)
				}
				if got := call(t, method, s.URL+"/rest/v1/"+path+"?"+v.Encode(), body, append(as, "Content-Type", "application/json")...); got.status >= 300 {
					t.Fatalf("%s: %d %s", r, got.status, got.body)
				}
			}
		}
	})
	server := mainstay.Server{Dir: dir, DataDir: dir + "/data"}
	got, err := server.Advise(context.Background(), t.TempDir(), mainstay.AdviseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Measured {
		t.Error("nothing was measured")
	}
	for _, a := range got.Advice {
		if want[a.Fix] != a.Code {
			t.Errorf("not planted: %+v", a)
		}
		delete(want, a.Fix)
		switch {
		case a.Code == advise.Same && (a.Probe == "" || a.Gain <= 0), a.Code == advise.Repeated && a.Gain < 10, a.Code != advise.Same && a.Code != advise.Repeated && (a.Gain < 2 || a.Probe == ""):
			t.Errorf("%s promises nothing: %+v", a.Fix, a)
		}
	}
	for fix, code := range want {
		t.Errorf("%s is not advised: %s", code, fix)
	}
	if text := mainstay.AdviceText(got); !strings.Contains(text, "measured on a copy") {
		t.Errorf("the text tells no measure:\n%s", text)
	}
}

// TestAdviceOnUnusedIndexes: an index is called unused only when enough was counted for long enough.
func TestAdviceOnUnusedIndexes(t *testing.T) {
	dir := project(t, "migrations/1_a.sql", things("u")+"create index u_email on u (email); create index u_at on u (at);", "statements.json",
		`[{"role":"anon","sql":"SELECT u.id FROM public.u WHERE u.email = $1::pg_catalog.text","count":5000,"rows":5000,"total_ns":1000000,"longest_ns":1000,"first":"2026-01-01T00:00:00Z","last":"2026-02-01T00:00:00Z"}]`)
	server := mainstay.Server{Dir: dir, DataDir: dir + "/data"}
	t.Run("made", func(t *testing.T) { mainstaytest.Run(t, server) })
	for age, want := range map[time.Duration]int{time.Hour: 1, 100 * 365 * 24 * time.Hour: 0} {
		got, err := server.Advise(context.Background(), t.TempDir(), mainstay.AdviseOptions{Statements: dir + "/statements.json", MinAge: age})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Advice) != want || want == 1 && (got.Advice[0].Code != advise.Unused || got.Advice[0].Fix != "drop index public.u_at;") {
			t.Errorf("%s: %+v of %d statements", age, got.Advice, got.Statements)
		}
	}
}

// TestNoAdviceOnTheShop: the shop has the indexes that it needs.
func TestNoAdviceOnTheShop(t *testing.T) {
	data := t.TempDir()
	server := mainstay.Server{Dir: "examples/shop", DataDir: data}
	t.Run("made", func(t *testing.T) { mainstaytest.Run(t, server) })
	got, err := server.Advise(context.Background(), t.TempDir(), mainstay.AdviseOptions{MinRows: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range got.Advice {
		t.Errorf("%+v", a)
	}
}
