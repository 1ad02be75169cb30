package attack

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
)

// What is hidden may change as it likes: a caller who asks again is answered with the same bytes, headers included. Only the order that is not asked for follows
// the table, as in PostgreSQL.
func TestAnswersDoNotFollowHiddenChanges(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		requests := []struct {
			request string
			headers []string
		}{
			{"GET /notes?select=id,title&order=id", nil}, {"HEAD /notes?select=id&order=id", nil}, {"HEAD /notes?select=id&id=eq.3", nil}, {"GET /notes?select=id,title&id=eq.3", nil},
			{"GET /notes?select=id&order=id", []string{"Range", "1-1"}}, {"GET /notes?select=id&order=id", []string{"Range", "2-5"}}, {"GET /notes?select=id&order=id&offset=2", []string{"Prefer", "count=exact"}},
			{"GET /notes?select=id&order=id&limit=1", []string{"Prefer", "count=exact"}}, {"HEAD /notes?select=id&order=id", []string{"Prefer", "count=planned"}}, {"GET /notes?select=id&limit=1&order=id", []string{"Prefer", "count=planned"}},
			{"HEAD /notes?select=id&order=id", []string{"Prefer", "count=estimated"}}, {"GET /notes?select=id&order=id", []string{"If-None-Match", "*"}}, {"GET /notes?select=id&order=id", []string{"If-None-Match", `"x"`}},
			{"GET /notes?select=id&order=id", []string{"If-Modified-Since", time.Now().UTC().Format(http.TimeFormat)}}, {"GET /notes?select=count(),stars.max()", nil}, {"GET /tags?select=*", nil},
			{"GET /notes?select=id,title&order=id", []string{"Accept", "text/csv"}}, {"GET /notes?select=title&id=eq.1", []string{"Accept", "application/vnd.pgrst.object+json"}}, {"POST /rpc/whoami", nil},
		}
		observe := func() map[string]string {
			seen := map[string]string{}
			for _, r := range requests {
				a := s.as(ada, r.request, "", r.headers...)
				a.head.Del("Date")
				a.head.Del("X-Request-Id")
				seen[r.request+" "+strings.Join(r.headers, ": ")] = fmt.Sprint(a.status, a.head, a.body)
			}
			return seen
		}
		before := observe()
		for _, x := range []struct{ request, body string }{
			{"PATCH /notes?id=eq.1", `{"secret": "another"}`}, {"PATCH /notes?id=eq.3", `{"title": "ben again"}`}, {"PATCH /vault?id=eq.1", `{"code": "changed"}`}, {"DELETE /note_tags", ""},
			{"POST /notes", "[" + strings.Repeat(`{"owner": "`+ben+`", "title": "many"},`, 2000) + `{"owner": "` + ben + `", "title": "many"}]`}, {"DELETE /notes?id=eq.3", ""},
		} {
			if a := s.as("", x.request, x.body, "apikey", s.Secret); a.status >= 300 {
				t.Fatalf("%s: %d %s", x.request, a.status, a.body)
			}
		}
		after := observe()
		for _, k := range slices.Sorted(maps.Keys(before)) {
			if before[k] != after[k] {
				t.Errorf("A13 %s follows what is hidden:\n before %s\n after  %s", k, before[k], after[k])
			}
		}
	})
}

// roles are three that may see a third of the rows and a column each, and members of every set of them.
const roles = `
create table public.files (id bigint primary key, kind text not null, a text default 'a', b text default 'b', c text default 'c', locked boolean not null default false);
alter table public.files enable row level security;
revoke all on public.files from anon, authenticated;
insert into public.files (id, kind, locked) values (1, 'a', false), (2, 'b', false), (3, 'c', false), (4, 'd', false), (5, 'a', true), (6, 'b', true);
` + newRole

const newRole = `do $$ begin create role %[1]s nologin; exception when duplicate_object then null; end $$; grant usage on schema public to %[1]s; grant %[1]s to authenticator;
`

// A role that is a member of others sees what these see together: no filter of one is lost, none of another's is added.
func TestMembersSeeWhatTheirRolesSee(t *testing.T) {
	one := func(name string) string { return fmt.Sprintf(newRole, name) }
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(roles, newRole))
	for _, k := range []string{"a", "b", "c"} {
		b.WriteString(one("attack_" + k))
		fmt.Fprintf(&b, "grant select (id, kind, %[1]s) on public.files to attack_%[1]s; create policy %[1]s on public.files for select to attack_%[1]s using (kind = '%[1]s');\n", k)
	}
	b.WriteString("create policy unlocked on public.files as restrictive for select to attack_b using (not locked);\n") // who is also b sees nothing that is locked
	for set := range 8 {
		member := fmt.Sprintf("attack_%d", set)
		b.WriteString(one(member) + one(member+"_below") + "grant " + member + " to " + member + "_below;\n")
		for i, k := range []string{"a", "b", "c"} {
			if set>>i&1 == 1 {
				fmt.Fprintf(&b, "grant attack_%s to %s;\n", k, member)
			}
		}
	}
	bothOn(t, b.String(), func(t *testing.T, s *server) {
		for set := range 8 {
			for _, below := range []string{"", "_below"} {
				role := fmt.Sprintf("attack_%d%s", set, below)
				token, err := s.Sign(map[string]any{"role": role, "exp": time.Now().Add(time.Hour).Unix()})
				if err != nil {
					t.Fatal(err)
				}
				read := func(target string) answer { return s.as("", "GET "+target, "", "Authorization", "Bearer "+token) }
				ids := []string{}
				for _, row := range []struct {
					id     int
					kind   int
					locked bool
				}{{1, 0, false}, {2, 1, false}, {3, 2, false}, {5, 0, true}, {6, 1, true}} {
					if set>>row.kind&1 == 1 && !(row.locked && set>>1&1 == 1) {
						ids = append(ids, fmt.Sprintf(`{"id":%d}`, row.id))
					}
				}
				a := read("/files?select=id&order=id")
				switch want := "[" + strings.Join(ids, ", \n ") + "]"; {
				case set == 0:
					s.refused("A20 "+role, a)
				case a.status != 200 || a.body != want:
					t.Errorf("A20 %s: got %d %s, want %s", role, a.status, a.body, want)
				}
				for i, k := range []string{"a", "b", "c"} {
					a := read("/files?select=" + k + "&limit=1")
					if may := set>>i&1 == 1; may != (a.status == 200) {
						t.Errorf("A20 %s reads column %s: %d %s", role, k, a.status, a.body)
					}
				}
				s.refused("A20 "+role+" writes", s.as("", "DELETE /files", "", "Authorization", "Bearer "+token))
			}
		}
	})
}

// An identifier that a client chooses names a row and nothing else: no role, no other user.
func TestIdentifiersGiveNoRights(t *testing.T) {
	bothOn(t, world+`
create table public.profiles (id uuid primary key default auth.uid(), name text);
create table public.groups (id text primary key, owner uuid not null default auth.uid());
alter table public.profiles enable row level security;
alter table public.groups enable row level security;
create policy own on public.profiles to authenticated using (id = auth.uid()) with check (id = auth.uid());
create policy own on public.groups to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
`, func(t *testing.T, s *server) {
		s.refused("B4 another's id", s.as(ada, "POST /profiles", `{"id": "`+ben+`"}`))
		if a := s.as(ada, "POST /profiles", `{"name": "ada"}`); a.status != 201 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		s.refused("B4 another's id later", s.as(ada, "PATCH /profiles?id=eq."+ada, `{"id": "`+ben+`"}`))
		for _, id := range []string{"service_role", "postgres", "authenticator", "*", "role:service_role", ada, "0"} {
			if a := s.as(ada, "POST /groups", `{"id": `+quote(id)+`}`); a.status != 201 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			token, err := s.Sign(map[string]any{"role": "authenticated", "sub": id, "groups": id, "user_role": id, "app_metadata": map[string]any{"role": id}, "exp": time.Now().Add(time.Hour).Unix()})
			if err != nil {
				t.Fatal(err)
			}
			a := s.as("", "GET /rpc/whoami", "", "Authorization", "Bearer "+token)
			if id != ada && a.status == 200 && !strings.Contains(a.body, `"role" : "authenticated"`) {
				t.Errorf("B4 sub %s: %d %s", id, a.status, a.body)
			}
			a = s.as("", "GET /notes?select=id", "", "Authorization", "Bearer "+token)
			if id != ada && a.status == 200 && a.body != "[]" {
				t.Errorf("B4 sub %s: %d %s", id, a.status, a.body)
			}
			s.refused("B4 sub "+id, s.as("", "GET /vault?select=code", "", "Authorization", "Bearer "+token))
		}
		if a := s.as(ben, "GET /groups", ""); a.body != "[]" {
			t.Errorf("B4: %d %s", a.status, a.body)
		}
	})
}

// A write that touches nothing says so, and is never taken for a right; a trial is judged as the write itself is.
func TestAWriteOfNothingIsNoPermission(t *testing.T) {
	engines(t, func(t *testing.T, project mainstay.Server) {
		write(t, project.Dir, "mainstay.toml", strings.Replace(settings, "[api]\n", "[api]\ntx_end = \"commit-allow-override\"\n", 1))
		write(t, project.Dir, "migrations/1_world.sql", world)
		s := start(t, project)
		before := s.owner("/notes?order=id&select=*")
		for _, request := range []string{"PATCH /notes?id=eq.3", "DELETE /notes?id=eq.3", "PATCH /notes?id=eq.99", "DELETE /notes?id=eq.99"} {
			body := ""
			if strings.HasPrefix(request, "PATCH") {
				body = `{"title": "x"}`
			}
			if a := s.as(ada, request, body, "Prefer", "count=exact"); a.head.Get("Content-Range") != "*/0" {
				t.Errorf("B8 %s: %d, Content-Range %q: it does not say that nothing was written", request, a.status, a.head.Get("Content-Range"))
			}
			if a := s.as(ada, request+"&select=id", body, "Prefer", "return=representation"); a.status != 200 || a.body != "[]" {
				t.Errorf("B8 %s: %d %s", request, a.status, a.body)
			}
			if a := s.as(ada, request+"&select=id", body, "Prefer", "return=representation", "Accept", "application/vnd.pgrst.object+json"); a.status != 406 {
				t.Errorf("B8 %s, exactly one: %d %s", request, a.status, a.body)
			}
		}
		for _, prefer := range []string{"", "return=minimal", "return=headers-only", "tx=rollback", "tx=rollback, return=minimal", "missing=default"} {
			s.refused("B8 insert "+prefer, s.as(ada, "POST /notes", `{"title": "x", "owner": "`+ben+`"}`, "Prefer", prefer))
			s.refused("B8 new owner "+prefer, s.as(ada, "PATCH /notes?id=eq.1", `{"owner": "`+ben+`"}`, "Prefer", prefer))
			s.refused("B8 another table "+prefer, s.as(ada, "DELETE /vault?id=eq.99", "", "Prefer", prefer))
			s.refused("B8 another table's none "+prefer, s.as(ada, "PATCH /vault?id=eq.99", `{"code": "x"}`, "Prefer", prefer))
			s.refused("B8 no row "+prefer, s.as(ada, "POST /vault", `[]`, "Prefer", prefer))
			s.refused("B8 no change "+prefer, s.as(ada, "PATCH /vault?id=eq.1", `{}`, "Prefer", prefer))
		}
		if a := s.as(ada, "POST /notes", `{"title": "trial"}`, "Prefer", "tx=rollback"); a.status != 201 {
			t.Errorf("B8 a trial: %d %s", a.status, a.body)
		}
		if a := s.as(ada, "POST /notes?select=id", `{"id": 3, "title": "mine"}`, "Prefer", "resolution=ignore-duplicates, return=representation"); a.status >= 500 || strings.Contains(a.body, `"id":3`) {
			t.Errorf("B8 the duplicate of another's row: %d %s", a.status, a.body)
		}
		if after := s.owner("/notes?order=id&select=*"); after != before {
			t.Errorf("something was written: %s\nbefore %s", after, before)
		}
	})
}

// Who may only read writes by no door, and what only reads writes for nobody.
func TestReadersWriteNowhere(t *testing.T) {
	bothOn(t, world+fmt.Sprintf(newRole, "attack_reader")+`
grant select on public.notes, public.tags, public.vault to attack_reader;
create policy reader on public.notes for select to attack_reader using (true);
create policy reader on public.vault for select to attack_reader using (true);
create table public.audit (at timestamptz default now(), who text);
alter table public.audit enable row level security;
revoke all on public.audit from anon, authenticated;
create sequence public.counter;
revoke all on sequence public.counter from anon, authenticated;
create function public.add_note(title text) returns bigint language sql volatile as $$ insert into public.notes (owner, title) values ('aaaaaaaa-0000-4000-8000-000000000001', title) returning id $$;
create function public.add_note_quietly(title text) returns bigint language plpgsql stable as $$ begin insert into public.notes (owner, title) values ('aaaaaaaa-0000-4000-8000-000000000001', title); return 1; end $$;
create function public.counted() returns bigint language sql volatile as $$ select nextval('public.counter') $$;
create view public.all_notes as select * from public.notes;
grant select on public.all_notes to attack_reader;
create function public.cleared() returns void language plpgsql volatile as $$ begin delete from public.notes; end $$;
`, func(t *testing.T, s *server) {
		before := s.owner("/notes?order=id&select=*")
		token, err := s.Sign(map[string]any{"role": "attack_reader", "sub": ada, "exp": time.Now().Add(time.Hour).Unix()})
		if err != nil {
			t.Fatal(err)
		}
		if a := s.as("", "GET /notes?select=id&order=id", "", "Authorization", "Bearer "+token); a.body != "[{\"id\":1}, \n {\"id\":2}, \n {\"id\":3}]" {
			t.Fatalf("the reader reads: %d %s", a.status, a.body)
		}
		for _, x := range [][2]string{
			{"POST /notes", `{"title": "x"}`}, {"POST /notes", `[]`}, {"PATCH /notes?id=eq.1", `{"title": "x"}`}, {"PUT /notes?id=eq.1", `{"id": 1, "title": "x"}`}, {"DELETE /notes?id=eq.1", ""}, {"DELETE /all_notes", ""},
			{"POST /all_notes", `{"title": "x"}`}, {"POST /tags", `{"id": 2, "name": "x"}`}, {"POST /rpc/add_note", `{"title": "x"}`}, {"POST /rpc/add_note_quietly", `{"title": "x"}`}, {"POST /rpc/counted", `{}`}, {"POST /rpc/cleared", `{}`},
			{"GET /rpc/add_note?title=x", ""}, {"GET /rpc/add_note_quietly?title=x", ""}, {"GET /rpc/counted", ""}, {"GET /rpc/cleared", ""}, {"HEAD /rpc/cleared", ""}, {"POST /audit", `{"who": "x"}`},
		} {
			s.refused("B10 "+x[0], s.as("", x[0], x[1], "Authorization", "Bearer "+token))
		}
		s.refused("B10 upsert", s.as("", "POST /notes", `{"id": 1, "title": "x"}`, "Authorization", "Bearer "+token, "Prefer", "resolution=merge-duplicates"))
		s.refused("B10 ignored duplicate", s.as("", "POST /notes", `{"id": 1, "title": "x"}`, "Authorization", "Bearer "+token, "Prefer", "resolution=ignore-duplicates"))
		// A read is a read for everybody, the secret key included.
		for _, request := range []string{"GET /rpc/add_note?title=x", "HEAD /rpc/add_note?title=x", "GET /rpc/add_note_quietly?title=x", "GET /rpc/counted", "GET /rpc/cleared"} {
			s.refused("B10 the secret key: "+request, s.as("", request, "", "apikey", s.Secret))
		}
		if after := s.owner("/notes?order=id&select=*"); after != before {
			t.Errorf("something was written: %s\nbefore %s", after, before)
		}
	})
}

// A session of the embedded engine is its caller's: no function of a project makes it another's, neither for the statement nor for those that come after. (On a server it is
// the login's that the project gives: what that may become, its functions may.)
func TestNobodyBecomesAnother(t *testing.T) {
	srv := mainstay.Server{Dir: t.TempDir(), DataDir: t.TempDir()}
	write(t, srv.Dir, "mainstay.toml", settings)
	write(t, srv.Dir, "migrations/1_world.sql", world+`
create function public.as_another(setting text, who text) returns text language plpgsql volatile as $$
  begin perform set_config(setting, who, false); return (select string_agg(code, ',') from public.vault); end $$;
create function public.as_another_quietly(setting text, who text) returns text language plpgsql volatile as $$
  begin
    begin perform set_config(setting, who, false); exception when others then null; end;
    return current_user || ' ' || session_user;
  end $$;
create function public.as_owner_and_another(setting text, who text) returns text language plpgsql volatile security definer set search_path = '' as $$
  begin perform set_config(setting, who, false); return current_user; end $$;
`)
	s := start(t, srv)
	plain := s.as(ada, "POST /rpc/as_another_quietly", `{"setting": "application_name", "who": "x"}`)
	for _, x := range [][2]string{{"session_authorization", "postgres"}, {"session_authorization", "service_role"}, {"role", "postgres"}} {
		body := `{"setting": "` + x[0] + `", "who": "` + x[1] + `"}`
		s.refused(x[0]+" "+x[1], s.as(ada, "POST /rpc/as_another", body))
		s.refused(x[0]+" "+x[1]+" within a definer's function", s.as(ada, "POST /rpc/as_owner_and_another", body))
		if a := s.as(ada, "POST /rpc/as_another_quietly", body); a.status != 200 || a.body != plain.body {
			t.Errorf("%s = %s leaves %d %s, want %s", x[0], x[1], a.status, a.body, plain.body)
		}
		s.refused("after "+x[0], s.as(ada, "GET /vault", ""))
	}
}

// What looks alike is not the same: texts are compared by their bytes, and what a project makes unique without case is.
func TestLookAlikesAreOthers(t *testing.T) {
	const composed, decomposed = "caf\u00e9@x.test", "cafe\u0301@x.test"
	bothOn(t, `
create table public.accounts (id bigint generated by default as identity primary key, email text not null unique, owner uuid not null default auth.uid());
create table public.handles (name text not null);
create unique index handles_name on public.handles (lower(name));
alter table public.accounts enable row level security;
alter table public.handles enable row level security;
create policy own on public.accounts to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
create policy everybody on public.handles to authenticated using (true) with check (true);
insert into public.accounts (email, owner) values ('ada@x.test', 'aaaaaaaa-0000-4000-8000-000000000001'), ('`+composed+`', 'aaaaaaaa-0000-4000-8000-000000000001');
insert into public.handles values ('Ada');
`, func(t *testing.T, s *server) {
		alike := []string{"ADA@x.test", "ada@x.test ", " ada@x.test", "\u0430da@x.test", "ada@x.test\u200b", "ad\u0061\u0301@x.test", decomposed, strings.ToUpper(composed), "\uff41da@x.test", "ada\u0000@x.test"}
		for _, email := range alike {
			target := "/accounts?select=id&email=eq." + url.QueryEscape(email)
			if strings.Contains(email, "\u0000") {
				s.refused("B11 "+email, s.as(ada, "GET "+target, ""))
				continue
			}
			if a := s.as(ada, "GET "+target, ""); a.status != 200 || a.body != "[]" {
				t.Errorf("B11 %q is taken for another: %d %s", email, a.status, a.body)
			}
			// An upsert by a look-alike is a row of its own, and changes nobody's.
			a := s.as(ben, "POST /accounts?on_conflict=email&select=email", `{"email": `+quote(email)+`}`, "Prefer", "resolution=merge-duplicates, return=representation")
			if want := `[{"email":` + quote(email) + `}]`; a.status != 201 || a.body != want {
				t.Errorf("B11 %q: got %d %s, want %s", email, a.status, a.body, want)
			}
		}
		s.refused("B11 the same", s.as(ben, "POST /accounts", `{"email": "ada@x.test"}`))
		s.refused("B11 the same, escaped", s.as(ben, "POST /accounts", `{"email": "\u0061da@x.test"}`))
		s.refused("B11 without case", s.as(ben, "POST /handles", `{"name": "ADA"}`))
		if a := s.as(ada, "GET /accounts?select=email&order=id", ""); a.body != "[{\"email\":\"ada@x.test\"}, \n {\"email\":\""+composed+"\"}]" {
			t.Errorf("B11 ada's accounts: %s", a.body)
		}
	})
}

// What is dropped and made again is new: nothing that was granted on the old one holds for it.
func TestWhatIsMadeAgainIsNew(t *testing.T) {
	engines(t, func(t *testing.T, project mainstay.Server) {
		requests := []string{"/papers?select=id,note", "/letters?select=id", "/rpc/told", "/shown?select=id", "/kept?select=id,renamed", "/members?select=id"}
		ask := func(t *testing.T, s *server) map[string]answer {
			got := map[string]answer{}
			for _, r := range requests {
				got[r] = s.as(ada, "GET "+r, "")
			}
			token, err := s.Sign(map[string]any{"role": "attack_temp", "exp": time.Now().Add(time.Hour).Unix()})
			if err != nil {
				t.Fatal(err)
			}
			got["a role"] = s.as("", "GET /members?select=id", "", "Authorization", "Bearer "+token)
			return got
		}
		t.Run("before", func(t *testing.T) {
			write(t, project.Dir, "migrations/1_world.sql", `
create table public.papers (id bigint primary key, note text);
create table public.letters (id bigint primary key);
create table public.kept (id bigint primary key, named text);
create table public.members (id bigint primary key);
create view public.shown as select id from public.letters;
create function public.told() returns text language sql stable as $$ select 'told' $$;
alter table public.papers enable row level security;
alter table public.letters enable row level security;
alter table public.kept enable row level security;
alter table public.members enable row level security;
revoke all on public.papers, public.letters, public.kept, public.shown, public.members from anon, authenticated;
revoke execute on function public.told() from public, anon, authenticated;
grant select (id, note) on public.papers to authenticated;
grant select on public.letters, public.shown, public.members to authenticated;
grant select (id, named) on public.kept to authenticated;
grant execute on function public.told() to authenticated;
create policy p on public.papers using (true);
create policy p on public.letters using (true);
create policy p on public.kept using (true);
create policy p on public.members using (true);
insert into public.letters values (1);
insert into public.members values (1);
alter table public.kept rename column named to renamed;
`+fmt.Sprintf(newRole, "attack_temp")+"grant select on public.members to attack_temp;")
			for r, a := range ask(t, start(t, project)) {
				if a.status != 200 {
					t.Errorf("%s: %d %s", r, a.status, a.body)
				}
			}
		})
		write(t, project.Dir, "migrations/2_again.sql", `
alter table public.papers drop column note;
alter table public.papers add column note text default 'gamma';
drop view public.shown;
drop table public.letters;
create table public.letters (id bigint primary key);
revoke all on public.letters from anon, authenticated;
insert into public.letters values (2);
create view public.shown as select id from public.letters;
revoke all on public.shown from anon, authenticated;
drop function public.told();
create function public.told() returns text language sql stable as $$ select 'sesame' $$;
revoke execute on function public.told() from public, anon, authenticated;
alter table public.kept add column named text;
drop policy p on public.members;
revoke all on public.members from attack_temp;
revoke usage on schema public from attack_temp;
revoke attack_temp from authenticator;
drop role attack_temp;
create role attack_temp nologin;
grant usage on schema public to attack_temp;
grant attack_temp to authenticator;
`)
		got := ask(t, start(t, project))
		s := &server{t: t}
		for _, r := range []string{"/papers?select=id,note", "/letters?select=id", "/rpc/told", "/shown?select=id", "a role"} {
			s.refused("B14 "+r, got[r])
		}
		if a := got["/kept?select=id,renamed"]; a.status != 200 {
			t.Errorf("B14 a column that has another name: %d %s", a.status, a.body)
		}
		if a := got["/members?select=id"]; a.status != 200 || a.body != "[]" {
			t.Errorf("B14 a policy that was dropped: %d %s", a.status, a.body)
		}
	})
}
