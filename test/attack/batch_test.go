package attack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBatchGivesNoMoreThanItsRequests is attack I3: a batch must not get round what holds for one request.
func TestBatchGivesNoMoreThanItsRequests(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		batch := func(user string, parts ...string) answer {
			t.Helper()
			return s.as(user, "POST /batch", "["+strings.Join(parts, ",")+"]")
		}
		refused := func(name string, a answer, status int, words string) {
			t.Helper()
			if a.status != status || !strings.Contains(a.body, words) {
				t.Errorf("%s: got %d %s, want %d with %s", name, a.status, a.body, status, words)
			}
		}
		part := func(method, path, more string) string {
			return fmt.Sprintf(`{"method":%q,"path":%q%s}`, method, path, more)
		}
		read := part("GET", "/notes?select=id&order=id", "")

		// Each request has the caller's rights, and a refused one takes the others with it.
		if a := batch(ada, read); a.status != http.StatusOK || !strings.Contains(a.body, "\"body\":[{\"id\":1}, \n {\"id\":2}]") {
			t.Errorf("ada's own: %d %s", a.status, a.body)
		}
		add := part("POST", "/notes", `,"body":{"title":"new"}`)
		refused("a hidden column", batch(ada, add, part("GET", "/notes?select=secret", "")), http.StatusForbidden, `"index":1`)
		refused("a hidden table", batch(ada, add, part("GET", "/vault", "")), http.StatusForbidden, `"index":1`)
		refused("a function that is not theirs", batch(ada, add, part("POST", "/rpc/vault_code", `,"body":{"n":1}`)), http.StatusForbidden, `"index":1`)
		refused("another's row", batch(ada, add, part("POST", "/notes", `,"body":{"title":"x","owner":"`+ben+`"}`)), http.StatusForbidden, `"index":1`)
		refused("a visitor", batch("", read), http.StatusUnauthorized, "42501")
		if a := batch(ada, part("PATCH", "/notes?id=eq.3", `,"body":{"title":"mine"},"headers":{"Prefer":"count=exact"}`), part("DELETE", "/notes?id=eq.3", "")); a.status != http.StatusOK || !strings.Contains(a.body, `"*/0"`) {
			t.Errorf("another's row: %d %s", a.status, a.body)
		}
		if a := s.as("", "GET /notes?select=id,title&id=gt.2", "", "apikey", s.Secret); a.body != `[{"id":3,"title":"ben one"}]` {
			t.Errorf("what is there: %s", a.body)
		}

		// Nobody becomes another inside.
		token := s.Token(ben)
		for _, headers := range []string{`{"Authorization":"Bearer ` + token + `"}`, `{"apikey":"` + s.Secret + `"}`, `{"Cookie":"a=b"}`, `{"X-Forwarded-For":"10.0.0.1"}`, `{"idempotency-key":"a"}`, `{"Host":"elsewhere"}`, `{"X-Custom":"a"}`} {
			refused("the header "+headers, batch(ada, part("GET", "/rpc/whoami", `,"headers":`+headers)), http.StatusBadRequest, "MS400")
		}
		refused("the key in the query", batch("", part("GET", "/rpc/whoami?apikey="+s.Secret, "")), http.StatusBadRequest, "MS400")
		if a := batch(ada, part("GET", "/rpc/whoami", "")); !strings.Contains(a.body, ada) {
			t.Errorf("who: %s", a.body)
		}

		// Nothing but the door's own requests, and no more of them than are allowed.
		for _, path := range []string{"/batch", "/../auth/v1/token", "/../../health/live", "//elsewhere/notes", "http://elsewhere/notes", "notes", "", "/", "/notes/../vault", "/notes#x", "/rest/v1/notes", "/%2e%2e/docs"} {
			if a := batch(ada, part("POST", path, `,"body":[]`)); a.status < 400 || a.status >= 500 {
				t.Errorf("the path %q: %d %s", path, a.status, a.body)
			}
		}
		for _, method := range []string{"OPTIONS", "CONNECT", "TRACE", "get", "", "GET /notes HTTP/1.1\r\nX: y"} {
			if a := batch(ada, part(method, "/notes", "")); a.status < 400 || a.status >= 500 {
				t.Errorf("the method %q: %d %s", method, a.status, a.body)
			}
		}
		many := make([]string, 101)
		for i := range many {
			many[i] = read
		}
		refused("101 requests", batch(ada, many...), http.StatusRequestEntityTooLarge, "MS400")
		if a := batch(ada, many[:100]...); a.status != http.StatusOK || strings.Count(a.body, `"status":200`) != 100 {
			t.Errorf("100 requests: %d", a.status)
		}
		refused("empty ones", s.as(ada, "POST /batch", "["+strings.Repeat("{},", 500_000)+"{}]"), http.StatusRequestEntityTooLarge, "MS400")
		refused("deep ones", s.as(ada, "POST /batch", strings.Repeat("[", 100_000)), http.StatusBadRequest, "MS400")
		refused("two readings of one", s.as(ada, "POST /batch", `[{"method":"GET","path":"/notes"}][]`), http.StatusBadRequest, "MS400")
		// Nor by the other name of the type.
		nested := part("POST", "/batch", `,"headers":{"Content-Type":"application/vnd.mainstay.batch+json"},"body":[`+read+`]`)
		refused("a batch inside", batch(ada, nested), http.StatusBadRequest, "a batch cannot hold a batch")
		// A read writes nothing, also when others write.
		refused("OPTIONS in disguise", batch(ada, part("OPTIONS", "/notes", "")), http.StatusMethodNotAllowed, "PGRST117")
	})
}

// TestKeptAnswersAreTheirCallers: an Idempotency-Key must give nobody what another was answered, and change nothing for anybody else.
func TestKeptAnswersAreTheirCallers(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		post := func(user, title string) answer {
			t.Helper()
			return s.as(user, "POST /notes?select=title,owner", `{"title":"`+title+`"}`, "Idempotency-Key", `"guessed"`, "Prefer", "return=representation")
		}
		first := post(ada, "of ada")
		if first.status != http.StatusCreated || !strings.Contains(first.body, ada) {
			t.Fatalf("%d %s", first.status, first.body)
		}
		if a := post(ada, "of ada"); a.body != first.body || a.head.Get("Idempotency-Replayed") != "true" {
			t.Errorf("ada again: %d %s", a.status, a.body)
		}
		// Under the same key, the same request of another is another's.
		if a := post(ben, "of ada"); a.status != http.StatusCreated || a.head.Get("Idempotency-Replayed") != "" || strings.Contains(a.body, ada) {
			t.Errorf("ben: %d %s", a.status, a.body)
		}
		if a := post(ben, "of ben"); a.status != http.StatusUnprocessableEntity || strings.Contains(a.body, "of ada") || strings.Contains(a.body, ada) {
			t.Errorf("ben, another request: %d %s", a.status, a.body)
		}
		s.refused("a visitor", post("", "of ada"))
		// The key is data.
		for _, p := range payloads {
			if strings.ContainsAny(p, "\x00\r\n") {
				continue
			}
			a := s.as(ada, "POST /notes", `{"title":"x"}`, "Idempotency-Key", p)
			if a.status >= 500 || a.status < 300 && a.status != http.StatusCreated {
				t.Errorf("the key %q: %d %s", p, a.status, a.body)
			}
		}
		// Where the answers are is nobody's to see.
		for _, user := range []string{"", ada} {
			s.refused("the table", s.as(user, "GET /answers", "", "Accept-Profile", "mainstay"))
		}
		if a := s.as("", "GET /answers", "", "Accept-Profile", "mainstay", "apikey", s.Secret); a.status < 400 {
			t.Errorf("the secret key reads the answers: %d %s", a.status, a.body)
		}
		// A failed write keeps nothing: not its row, not its key.
		const key = `"failing"`
		s.refused("another's row", s.as(ada, "POST /notes", `{"title":"x","owner":"`+ben+`"}`, "Idempotency-Key", key))
		if a := s.as(ada, "POST /notes", `{"title":"y"}`, "Idempotency-Key", key); a.status != http.StatusCreated {
			t.Errorf("after it: %d %s", a.status, a.body)
		}
	})
}

// tenants has rows that belong to the claim tenant of whoever is signed in, and a function that only reads.
const tenants = `
create table public.deeds (id bigint generated always as identity primary key, tenant text not null default auth.jwt() ->> 'tenant', title text not null);
alter table public.deeds enable row level security;
grant select, insert on public.deeds to authenticated;
create policy own on public.deeds to authenticated using (tenant = auth.jwt() ->> 'tenant') with check (tenant = auth.jwt() ->> 'tenant');
create function public.mine() returns bigint language sql stable as $$ select count(*) from public.deeds $$;
create function public.deed() returns bigint language sql as $$ insert into public.deeds (title) values ('hidden write') returning id $$;
create function public.sly() returns bigint language plpgsql stable as $$ begin return public.deed(); end $$;
`

// TestKeptAnswersAreTheirTokens: who may do what is said by any claim, so an answer is kept for those that have all of them in common, whoever the subject is.
func TestKeptAnswersAreTheirTokens(t *testing.T) {
	bothOn(t, tenants, func(t *testing.T, s *server) {
		token := func(claims map[string]any) string {
			t.Helper()
			claims["role"] = "authenticated"
			if claims["exp"] == nil {
				claims["exp"] = time.Now().Add(time.Hour).Unix()
			}
			token, err := s.Sign(claims)
			if err != nil {
				t.Fatal(err)
			}
			return "Bearer " + token
		}
		ask := func(token, request, body, key string) answer {
			t.Helper()
			return s.as("", request, body, "Authorization", token, "Idempotency-Key", key, "Prefer", "return=representation")
		}
		post := func(claims map[string]any) answer {
			t.Helper()
			return ask(token(claims), "POST /deeds?select=tenant", `{"title":"x"}`, "guessed")
		}
		for what, c := range map[string]struct{ a, b map[string]any }{
			"without a subject": {map[string]any{"tenant": "A"}, map[string]any{"tenant": "B"}},
			"with one subject":  {map[string]any{"tenant": "A", "sub": ada}, map[string]any{"tenant": "B", "sub": ada}},
			"deep inside": {
				map[string]any{"tenant": "A", "sub": ben, "app_metadata": map[string]any{"exp": 1}},
				map[string]any{"tenant": "A", "sub": ben, "app_metadata": map[string]any{"exp": 2}},
			},
		} {
			for _, claims := range []map[string]any{c.a, c.b} {
				want := `[{"tenant":"` + claims["tenant"].(string) + `"}]`
				if a := post(claims); a.status != http.StatusCreated || a.head.Get("Idempotency-Replayed") != "" || a.body != want {
					t.Errorf("%s, %v: %d %v %s", what, claims, a.status, a.head, a.body)
				}
			}
		}
		// The next token of the same caller is the same caller's.
		now := time.Now().Unix()
		for i, want := range []string{"", "true"} {
			at := now - int64(i)
			claims := map[string]any{
				"tenant": "A", "sub": "fresh", "exp": now + 600 + int64(i), "iat": at, "nbf": at, "jti": strings.Repeat("j", i+1), "session_id": strings.Repeat("s", i+1),
				"amr": []any{map[string]any{"method": "password", "timestamp": at}},
			}
			if a := post(claims); a.status != http.StatusCreated || a.head.Get("Idempotency-Replayed") != want {
				t.Errorf("token %d: %d %v %s", i, a.status, a.head, a.body)
			}
		}
		if a := post(map[string]any{"tenant": "A", "sub": "fresh", "amr": []any{map[string]any{"method": "otp"}}}); a.status != http.StatusCreated || a.head.Get("Idempotency-Replayed") != "" {
			t.Errorf("signed in otherwise: %d %v %s", a.status, a.head, a.body)
		}
		// What only reads is done again, and takes no room.
		reader := token(map[string]any{"tenant": "C"})
		batch := `[{"method":"GET","path":"/deeds?select=title"},{"method":"POST","path":"/rpc/mine"}]`
		for range 2 {
			for request, body := range map[string]string{"POST /rpc/mine": "", "POST /batch": batch} {
				if a := ask(reader, request, body, `"read `+request[6:]+`"`); a.status != http.StatusOK || a.head.Get("Idempotency-Replayed") != "" {
					t.Errorf("%s: %d %v %s", request, a.status, a.head, a.body)
				}
			}
		}
		// What says that it only reads, and writes, happens once.
		for _, want := range []string{"", "true"} {
			for request, body := range map[string]string{"POST /rpc/sly": "", "POST /batch": `[{"method":"POST","path":"/rpc/sly"}]`} {
				if a := ask(reader, request, body, `"sly `+request[6:]+`"`); a.status != http.StatusOK || a.head.Get("Idempotency-Replayed") != want {
					t.Errorf("%s: %d %v %s", request, a.status, a.head, a.body)
				}
			}
		}
		if a := ask(reader, "POST /batch", `[{"method":"POST","path":"/rpc/sly","id":1}]`, `"sly batch"`); a.status != http.StatusUnprocessableEntity || strings.Contains(a.body, "index") {
			t.Errorf("another batch: %d %s", a.status, a.body)
		}
		if a := ask(reader, "POST /rpc/mine", "", "after"); a.body != "2" {
			t.Errorf("written: %s", a.body)
		}
	})
}
