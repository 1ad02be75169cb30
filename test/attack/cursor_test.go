package attack

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// pagesWorld has rows with NULLs and ties in every column but the key.
const pagesWorld = `
create type public.mood as enum ('sad', 'fine', 'glad');
create table public.kinds (id int primary key, label text);
insert into public.kinds values (1, 'one'), (2, null), (3, 'three'), (4, 'one');
create table public.things (
  k1 int, k2 text, n int, t text, at timestamptz, m numeric(8,2), f float8, b boolean, e public.mood, u uuid, d date, doc jsonb, kind int references public.kinds (id), must int not null, also text not null,
  primary key (k1, k2));
create index on public.things (must, also, k1, k2);
create function public.double(public.things) returns int language sql stable as 'select $1.n * 2';
`

// next is the cursor of the answer's link, which has to be that of its header.
func (a answer) next(t *testing.T) (cursor, link string) {
	t.Helper()
	link = a.head.Get("Link")
	cursor = a.head.Get("Next-Cursor")
	if link == "" && cursor == "" {
		return "", ""
	}
	ref, rest, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
	if rest != `; rel="next"` || !strings.HasSuffix(ref, "~cursor="+cursor) || cursor == "" {
		t.Fatalf("the link %q of the cursor %q", link, cursor)
	}
	return cursor, ref
}

// TestPagesAreTheWhole reads random tables in random orders, in pages: together they are what one answer has.
func TestPagesAreTheWhole(t *testing.T) {
	inWorld(t, "max_rows = 1000\n", pagesWorld, func(t *testing.T, s *server) {
		r := rand.New(rand.NewPCG(7, 7))
		var rows []map[string]any
		some := func(list ...any) any { return list[r.IntN(len(list))] }
		for i := range 150 {
			rows = append(rows, map[string]any{
				"k1": i % 13, "k2": string(rune('a' + i/13)), "n": some(nil, 1, 2, -3), "t": some(nil, "", "a", "B", "ä", "a b", "x,y"), "at": some(nil, "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000001Z"),
				"m": some(nil, "1.50", "-2.25", "100.00"), "f": some(nil, 0.1, 1e300, -2.5), "b": some(nil, true, false), "e": some(nil, "sad", "fine", "glad"),
				"u": some(nil, "00000000-0000-4000-8000-000000000001", "f0000000-0000-4000-8000-000000000001"), "d": some(nil, "2024-02-29", "1999-12-31"), "doc": some(nil, map[string]any{"x": some("p", "q", nil)}),
				"kind": some(nil, 1, 2, 3, 4), "must": some(1, 2, 3), "also": some("p", "q"),
			})
		}
		body, err := json.Marshal(rows)
		if err != nil {
			t.Fatal(err)
		}
		key := []string{"apikey", s.Secret}
		if a := s.as("", "POST /things", string(body), key...); a.status != http.StatusCreated {
			t.Fatal(a.status, a.body)
		}
		columns := []string{"n", "t", "at", "m", "f", "b", "e", "u", "d", "doc->>x", "doc->x", "kind", "must", "also", "k1", "k2", "double", "kinds(label)"}
		ordering := func() string {
			var list []string
			for _, i := range r.Perm(len(columns))[:1+r.IntN(3)] {
				list = append(list, columns[i]+some("", ".asc", ".desc").(string)+some("", "", ".nullsfirst", ".nullslast").(string))
			}
			return strings.Join(list, ",")
		}
		orders := []string{"", "must,also", "must.desc,also.desc,k1.desc,k2.desc", "k2", "k1.desc"}
		for range 40 {
			orders = append(orders, ordering())
		}
		for i, order := range orders {
			query := url.Values{"select": {"k1,k2,kinds(label)"}}
			if order != "" {
				query.Set("order", order)
			}
			if i%4 == 1 {
				query.Set("must", "neq.3")
			}
			whole := cloned(query)
			whole.Set("order", strings.TrimPrefix(order+",k1,k2", ","))
			want := s.as("", "GET /things?"+whole.Encode(), "", key...)
			var all []json.RawMessage
			if err := json.Unmarshal([]byte(want.body), &all); err != nil || want.status != http.StatusOK {
				t.Fatalf("%s: %d %s", order, want.status, want.body)
			}
			query.Set("limit", fmt.Sprint(1+r.IntN(40)))
			var got []json.RawMessage
			a := s.as("", "GET /things?"+query.Encode(), "", append(key, "Prefer", "cursor")...)
			for n := 0; ; n++ {
				var page []json.RawMessage
				if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != http.StatusOK || n > len(all) {
					t.Fatalf("%s, page %d: %d %s", order, n, a.status, a.body)
				}
				got = append(got, page...)
				cursor, link := a.next(t)
				if cursor == "" {
					break
				}
				if r.IntN(2) == 0 {
					a = s.as("", "GET /things"+link, "", key...)
				} else {
					a = s.as("", "GET /things?"+query.Encode(), "", append(key, "Prefer", "cursor="+cursor)...)
				}
			}
			if !slices.EqualFunc(got, all, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
				t.Errorf("order=%s limit=%s: got %d rows\n%s\nwant %d\n%s", order, query.Get("limit"), len(got), got, len(all), all)
			}
		}
	})
}

func cloned(v url.Values) url.Values {
	out := url.Values{}
	for k, list := range v {
		out[k] = list
	}
	return out
}

// TestPagesStandStill inserts and deletes rows between the pages: what was there all the time is read once.
func TestPagesStandStill(t *testing.T) {
	inWorld(t, "", pagesWorld, func(t *testing.T, s *server) {
		key := []string{"apikey", s.Secret}
		add := func(k1, must int) {
			t.Helper()
			if a := s.as("", "POST /things", fmt.Sprintf(`{"k1":%d,"k2":"x","must":%d,"also":"p"}`, k1, must), key...); a.status != http.StatusCreated {
				t.Fatal(a.status, a.body)
			}
		}
		for i := range 20 {
			add(i*10, i/5)
		}
		seen := map[int]int{}
		a := s.as("", "GET /things?select=k1&order=must.desc&limit=3", "", append(key, "Prefer", "cursor")...)
		for n := 0; n < 100; n++ {
			var page []struct{ K1 int }
			if err := json.Unmarshal([]byte(a.body), &page); err != nil {
				t.Fatal(a.status, a.body)
			}
			for _, row := range page {
				seen[row.K1]++
			}
			_, link := a.next(t)
			if link == "" {
				break
			}
			add(1000+n, 3)
			add(-1000-n, 3)
			add(5+n*10, n%4)
			if b := s.as("", fmt.Sprintf("DELETE /things?k1=eq.%d", page[len(page)-1].K1), "", key...); b.status >= 300 { // the row that the cursor stands on
				t.Fatal(b.status, b.body)
			}
			a = s.as("", "GET /things"+link, "", key...)
		}
		for k1, n := range seen {
			if n > 1 {
				t.Errorf("row %d was read %d times", k1, n)
			}
		}
		for i := range 20 {
			if seen[i*10] == 0 {
				t.Errorf("row %d was not read", i*10)
			}
		}
	})
}

// TestPagesOfStoredViewsAreTheWhole reads a materialised view whose rows share the order's column, ordered by a part of its key and by a column that is none.
func TestPagesOfStoredViewsAreTheWhole(t *testing.T) {
	inWorld(t, "", `
create table public.orders (id int primary key);
create table public.items (x int primary key, o int not null);
insert into public.orders select g from generate_series(1, 5) as g;
insert into public.items select g, 1 + g % 5 from generate_series(1, 60) as g;
create materialized view public.bare as select o.id, i.x, i.x % 3 as rest from public.orders o join public.items i on i.o = o.id;
create materialized view public.keyed as select * from public.bare;
create unique index on public.keyed (x, id);
`, func(t *testing.T, s *server) {
		key := []string{"apikey", s.Secret}
		if a := s.as("", "GET /bare?limit=4&order=id", "", append(key, "Prefer", "cursor")...); a.status != http.StatusBadRequest || !strings.Contains(a.body, "MS400") {
			t.Errorf("without a key: %d %.200s", a.status, a.body)
		}
		for _, order := range []string{"id", "rest.desc", "x.desc"} {
			seen := map[int]int{}
			a := s.as("", "GET /keyed?limit=4&order="+order, "", append(key, "Prefer", "cursor")...)
			for range 15 {
				var page []struct{ X int }
				if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status >= 300 {
					t.Fatalf("%s: %d %.200s", order, a.status, a.body)
				}
				for _, r := range page {
					seen[r.X]++
				}
				_, link := a.next(t)
				if link == "" {
					break
				}
				a = s.as("", "GET /keyed"+link, "", key...)
			}
			for x := range 60 {
				if seen[x+1] != 1 {
					t.Errorf("%s: row %d was read %d times", order, x+1, seen[x+1])
				}
			}
		}
	})
}

// TestCursorsAreForWhoGotThem is attack A12.
func TestCursorsAreForWhoGotThem(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		const query = "/notes?select=id,title&order=title&limit=1"
		cursor, _ := s.as(ada, "GET "+query, "", "Prefer", "cursor").next(t)
		if cursor == "" {
			t.Fatal("there is no cursor")
		}
		try := func(user, target, cursor string) answer {
			t.Helper()
			return s.as(user, "GET "+target, "", "Prefer", "cursor="+cursor)
		}
		if a := try(ada, query, cursor); a.status != http.StatusOK || a.body == "[]" {
			t.Fatalf("the next page: %d %s", a.status, a.body)
		}
		if a := try(ada, "/notes?select=id,title&order=title&limit=7", cursor); a.status != http.StatusOK {
			t.Errorf("a page of another size: %d %s", a.status, a.body)
		}
		refused := func(name string, a answer) {
			t.Helper()
			if a.status != http.StatusBadRequest || !strings.Contains(a.body, "MS400") || a.head.Get("Next-Cursor") != "" {
				t.Errorf("%s: %d %.200s", name, a.status, a.body)
			}
			s.quiet(name, a)
		}
		refused("another user", try(ben, query, cursor))
		refused("the owner's key", s.as("", "GET "+query, "", "Prefer", "cursor="+cursor, "apikey", s.Secret))
		for _, other := range []string{
			"/notes?select=id&order=title&limit=1", "/notes?select=id,title&order=title.desc&limit=1", "/notes?select=id,title&limit=1", "/notes?select=id,title&order=title&limit=1&id=gt.0",
			"/tags?select=id,name&order=name&limit=1",
		} {
			refused(other, try(ada, other, cursor))
		}
		for i := range len(cursor) {
			b := []byte(cursor)
			if b[i] = 'A'; cursor[i] == 'A' {
				b[i] = 'B'
			}
			refused("a changed character", try(ada, query, string(b)))
		}
		for _, forged := range []string{"x", cursor[:len(cursor)-1], cursor + "A", cursor[4:], strings.Repeat("A", 200), "1 or 1=1", "%27", cursor + "=="} {
			refused("forged: "+forged, try(ada, query, url.QueryEscape(forged)))
			refused("forged in the URL: "+forged, s.as(ada, "GET "+query+"&~cursor="+url.QueryEscape(forged), ""))
		}
	})
}

// TestPagesUseAnIndex holds the plans of later pages to an index, in one direction, in two, and by the primary key alone.
func TestPagesUseAnIndex(t *testing.T) {
	const world = `
create table public.things (id int primary key, n int not null, t text not null, x int not null, maybe int);
create index things_n on public.things (n, id);
create index things_t on public.things (t desc, id desc);
create index things_x on public.things (x);
create index things_maybe on public.things (maybe desc, id);
insert into public.things select g, g / 10, md5(g::text), g / 3, case when g % 7 > 0 then g end from generate_series(1, 20000) as g;
analyze public.things;
`
	inWorld(t, "plan_enabled = true\n", world, func(t *testing.T, s *server) {
		for order, index := range map[string]string{"id": "things_pkey", "n": "things_n", "t.desc,id.desc": "things_t", "x.desc,id": "things_x", "maybe.desc": "things_maybe"} {
			query := "/things?select=id&order=" + order + "&limit=10"
			_, link := s.as("", "GET "+query, "", "apikey", s.Secret, "Prefer", "cursor").next(t)
			a := s.as("", "GET /things"+link, "", "apikey", s.Secret, "Accept", "application/vnd.pgrst.plan+text")
			seeks := strings.Contains(a.body, "SEARCH") || strings.Contains(a.body, "Index Cond") // NULLs that come first leave no bound behind them
			if a.status != http.StatusOK || !strings.Contains(a.body, index) || !seeks && order != "maybe.desc" {
				t.Errorf("order=%s does not use %s: %d\n%s", order, index, a.status, a.body)
			}
		}
	})
}
