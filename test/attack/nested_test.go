package attack

import (
	"fmt"
	"strings"
	"testing"
)

// What a payload reaches beyond its own table is written with the caller's rights, or nothing is. Ada may write replies to her own notes; nobody may see the vault.
func TestNestedWritesReachNothingMore(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		state := func() string {
			var b strings.Builder
			for _, target := range []string{"/notes?select=id,owner,title,secret&order=id", "/replies?order=id", "/vault?order=id", "/tags?order=id", "/note_tags?order=note,tag"} {
				b.WriteString(s.owner(target) + "\n")
			}
			return b.String()
		}
		write := func(request, body string, prefer ...string) answer {
			t.Helper()
			return s.as(ada, request, body, "Prefer", "nested=write"+strings.Join(append([]string{""}, prefer...), ", "))
		}
		before := state()
		for _, x := range []struct{ name, request, body string }{
			{"a child of another's row", "POST /replies", `{"text":"x","notes":{"id":3}}`},
			{"a child of another's row, beside one of ours", "POST /replies", `[{"text":"x","notes":{"id":1}},{"text":"x","notes":{"id":3}}]`},
			{"a row for another", "POST /notes", `{"title":"x","owner":"` + ben + `","replies":[{"text":"x"}]}`},
			{"a row for another, inside", "POST /replies", `{"text":"x","notes":{"title":"x","owner":"` + ben + `"}}`},
			{"the key of another parent", "POST /notes", `{"title":"x","replies":[{"text":"x","note":3}]}`},
			{"the key of another parent of ours", "POST /notes", `{"title":"x","replies":[{"text":"x","note":1}]}`},
			{"the same in a later row", "POST /notes", `[{"title":"x","replies":[{"text":"x"}]},{"title":"y","replies":[{"text":"x","note":3}]}]`},
			{"the same key sent twice", "POST /notes", `{"title":"x","replies":[{"text":"x","note":3,"note":100}]}`},
			{"our key beside its row", "POST /replies", `{"text":"x","note":1,"notes":{"id":3}}`},
			{"the row around from within", "POST /notes", `{"title":"x","replies":[{"text":"x","notes":{"id":3}}]}`},
			{"a hidden column of the parent", "POST /notes", `{"title":"x","secret":"x","replies":[{"text":"x"}]}`},
			{"a hidden column of a child", "POST /notes", `{"title":"x","replies":[{"text":"x","score":9}]}`},
			{"a hidden column inside", "POST /replies", `{"text":"x","notes":{"title":"x","secret":"x"}}`},
			{"a hidden table", "POST /notes", `{"title":"x","vault":[{"id":9,"code":"x"}]}`},
			{"a hidden table, beside what is allowed", "POST /notes", `{"title":"x","replies":[{"text":"x"}],"vault":[{"id":9,"code":"x"}]}`},
			{"a table that may only be read", "POST /notes", `{"title":"x","tags":[{"id":9,"name":"x"}]}`},
			{"a hidden table between", "POST /notes", `{"title":"x","tags":[{"id":1}]}`},
			{"a hidden table between, by its name", "POST /notes", `{"title":"x","note_tags":[{"tags":{"id":1}}]}`},
			{"a function", "POST /notes", `{"title":"x","vault_code":[{}]}`},
			{"a schema of ours", "POST /notes", `{"title":"x","users":[{"id":"` + ben + `"}]}`},
			{"another's row changed from outside", "PUT /notes?id=eq.3", `{"id":3,"title":"x","owner":"` + ada + `","replies":[{"text":"x"}]}`},
			{"the member that numbers rows", "POST /notes", `{"title":"x","pgrst_n":7}`},
			{"a name with quotes", "POST /notes", `{"title":"x","replies\"!x; drop table notes":[{"text":"x"}]}`},
			{"depth", "POST /notes", strings.Repeat(`{"replies":[{"notes":`, 3000) + `{}` + strings.Repeat(`}]}`, 3000)},
			{"width", "POST /notes", `{"title":"x","replies":[` + strings.Repeat(`{"text":"x"},`, 5000) + `{"text":"x"}]}`},
		} {
			a := write(x.request, x.body)
			s.refused(x.name, a)
			if after := state(); after != before {
				t.Errorf("%s was refused (%s) and left\n%s\nwas\n%s", x.name, a.body, after, before)
			}
		}
		s.refused("another's child taken over", write("POST /notes", fmt.Sprintf(`{"id":1,"title":"ada one","owner":"%s","replies":[{"id":1,"text":"x"}]}`, ada), "resolution=merge-duplicates"))
		if after := state(); after != before {
			t.Errorf("a child was taken over:\n%s", after)
		}
		a := write("POST /notes", `{"title":"x","vaul":[{"id":9}]}`)
		if s.refused("a guess at a hidden table", a); strings.Contains(a.body, "Perhaps") {
			t.Errorf("a hint names what is hidden: %s", a.body)
		}
		if a, b := write("POST /notes", `{"title":"x","vault":[{"id":1,"code":"x"}]}`), write("POST /notes", `{"title":"x","vault":[{"id":2,"code":"x"}]}`); a.body != b.body || a.status != b.status {
			t.Errorf("a hidden row is told from one that is not there: %s, %s", a.body, b.body)
		}
		// What is allowed works, and shows what a read would.
		if a := write("POST /notes?select=title,replies(text)", `{"title":"mine","replies":[{"text":"a"},{"text":"b"}]}`, "return=representation"); a.status != 201 || !strings.Contains(a.body, `"text":"b"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a := write("POST /notes?select=title,secret,replies(text)", `{"title":"mine","replies":[{"text":"a"}]}`, "return=representation"); a.status != 403 {
			t.Errorf("a hidden column was returned: %d %s", a.status, a.body)
		}
	})
}

// A trigger gives a parcel another key than the one that was sent, which is the key of somebody else's. Labels go with the parcel that was made, or nothing is written.
func TestNestedWritesFollowKeysThatTriggersReplace(t *testing.T) {
	const parcels = `
create table public.parcels (id bigint primary key, owner text not null default 'ada');
create table public.labels (parcel bigint not null references public.parcels (id), text text not null);
create table public.seen (id bigint primary key, owner text);
create table public.seen_labels (parcel bigint not null references public.seen (id), text text not null);
create table public.drops (id bigint primary key, owner text not null default 'ada');
create table public.drop_labels (parcel bigint not null references public.drops (id), text text not null);
alter table public.parcels enable row level security;
alter table public.labels enable row level security;
alter table public.seen enable row level security;
alter table public.seen_labels enable row level security;
alter table public.drops enable row level security;
alter table public.drop_labels enable row level security;
create policy everything on public.parcels to authenticated using (true);
create policy everything on public.labels to authenticated using (true);
create policy everything on public.seen to authenticated using (true);
create policy everything on public.seen_labels to authenticated using (true);
create policy everything on public.drop_labels to authenticated using (true);
create policy send on public.drops for insert to authenticated with check (true);
create view public.slips with (security_invoker = true) as select id, owner from public.parcels;
create view public.notices with (security_invoker = true) as select * from public.slips;
create function public.renumber() returns trigger language plpgsql as $$ begin new.id := new.id + 1000; return new; end $$;
insert into public.parcels values (5, 'ben');
insert into public.seen values (5, 'ben');
insert into public.drops values (5, 'ben');
create trigger renumber before insert on public.parcels for each row execute function public.renumber();
create trigger renumber before insert on public.seen for each row execute function public.renumber();
create trigger renumber before insert on public.drops for each row execute function public.renumber();
revoke all on public.slips, public.notices, public.parcels, public.labels, public.seen, public.seen_labels, public.drops, public.drop_labels from anon, authenticated;
grant insert on public.slips, public.notices, public.parcels, public.labels, public.seen, public.seen_labels, public.drops, public.drop_labels to authenticated;
grant select on public.seen, public.drops to authenticated;
`
	bothOn(t, parcels, func(t *testing.T, s *server) {
		post := func(request, body string) answer {
			t.Helper()
			return s.as(ada, request, body, "Prefer", "nested=write")
		}
		for _, x := range []struct{ name, request, body, table, hint string }{
			{"no right to read", "POST /parcels", `{"id":5,"labels":[{"text":"child"}]}`, "parcels", "let the role read id."},
			{"no right to read, in bulk", "POST /parcels", `[{"id":4,"labels":[]},{"id":5,"labels":[{"text":"child"}]}]`, "parcels", "let the role read id."},
			{"no right to read, from within", "POST /labels", `{"text":"child","parcels":{"id":5,"owner":"ada"}}`, "parcels", "let the role read id."},
			{"through a view", "POST /slips", `{"id":5,"labels":[{"text":"child"}]}`, "slips", "let the role read id."},
			{"through a view of a view", "POST /notices", `{"id":5,"labels":[{"text":"child"}]}`, "notices", "let the role read id."},
			{"no policy that shows the row", "POST /drops", `{"id":5,"drop_labels":[{"text":"child"}]}`, "drops", "let the role read id."},
		} {
			a := post(x.request, x.body)
			if a.status != 403 || !strings.Contains(a.body, `"42501"`) || !strings.Contains(a.body, "permission denied to learn the key of a new row of table "+x.table) || !strings.Contains(a.body, x.hint) {
				t.Errorf("%s: %d %s", x.name, a.status, a.body)
			}
		}
		for _, target := range []string{"/labels", "/drop_labels"} {
			if got := s.owner(target); got != "[]" {
				t.Errorf("%s: written beside another's row: %s", target, got)
			}
		}
		for _, target := range []string{"/parcels", "/drops"} {
			if got := s.owner(target); got != `[{"id":5,"owner":"ben"}]` {
				t.Errorf("%s: %s", target, got)
			}
		}
		// Who may read the key gets it, and who sends no rows inside needs none.
		if a := post("POST /seen", `{"id":5,"seen_labels":[{"text":"child"}]}`); a.status != 201 {
			t.Errorf("with the right to read: %d %s", a.status, a.body)
		}
		if got := s.owner("/seen_labels"); got != `[{"parcel":1005,"text":"child"}]` {
			t.Errorf("with the right to read: %s", got)
		}
		if a := post("POST /parcels", `{"id":5}`); a.status != 201 {
			t.Errorf("with nothing inside: %d %s", a.status, a.body)
		}
	})
}
