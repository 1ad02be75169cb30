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
