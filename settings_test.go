package mainstay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

const settingsWorld = `
create role shop_reader nologin;
grant shop_reader to authenticator;
grant usage on schema public to shop_reader;
create table notes (id bigint primary key, parent bigint references notes (id));
alter table notes enable row level security;
create policy "all" on notes using (true) with check (true);
grant select on notes to anon, authenticated, shop_reader;
insert into notes values (1), (2), (3);
create function setting(name text) returns text language sql stable as $$ select current_setting(name, true) $$;
create function who() returns text language sql stable as $$ select current_user::text $$;
create function check_request() returns void language plpgsql as $$
begin
  if current_setting('request.headers', true)::json ->> 'x-banned' is not null then
    raise exception 'banned' using errcode = 'PT429';
  end if;
  if current_setting('request.headers', true)::json ->> 'x-reader' is not null then
    set local role shop_reader;
  end if;
end $$;
`

const settingsFile = `[api]
pre_request = "public.check_request"
plan_enabled = true
server_timing = "everyone"
tx_end = "commit-allow-override"
require_filter = true
errors = "minimal"
max_rows = 2
cors_origins = ["https://shop.example"]
[api.limits]
url_bytes = 300
embeds = 2
batch_requests = 1
idempotency_key_bytes = 3
idempotency_answer_bytes = 150
[api.settings]
greeting = "it's me"
[auth]
anonymous = false
jwt_role_claim = "$.shop.roles[?(@ ^== \"shop_\")]"
`

// TestSettingsReachTheDoor shows each setting at work in a server that is wired as people run it.
func TestSettingsReachTheDoor(t *testing.T) {
	dir := project(t, "mainstay.toml", settingsFile, "migrations/1_a.sql", settingsWorld)
	t.Run("sqlite", func(t *testing.T) { settingsReach(t, mainstay.Server{Dir: dir}) })
	t.Run("postgres", func(t *testing.T) { settingsReach(t, mainstay.Server{Dir: dir, Database: clustertest.Database(t)}) })
}

func settingsReach(t *testing.T, server mainstay.Server) {
	s := mainstaytest.Run(t, server)
	rest := s.URL + "/rest/v1"
	get := func(path string, headers ...string) answer {
		t.Helper()
		return call(t, "GET", rest+path, "", append([]string{"apikey", s.AnonKey}, headers...)...)
	}
	check := func(name string, got answer, status int, body string) {
		t.Helper()
		if got.status != status || !strings.HasPrefix(got.body, body) {
			t.Errorf("%s: got %d %s, want %d %s", name, got.status, got.body, status, body)
		}
	}
	check("nobody without credentials", call(t, "GET", rest+"/notes", ""), 401, `{"code":"PGRST302","message":"Anonymous access is disabled"}`)
	check("with the key", get("/notes?select=id&id=eq.1"), 200, `[{"id":1}]`)
	check("a setting of the project's own", get("/rpc/setting?name=app.settings.greeting"), 200, `"it's me"`)
	check("the check refuses", get("/notes", "X-Banned", "1"), 429, `{"code":"PT429","message":"banned"}`)
	check("the check changes the role", get("/rpc/who", "X-Reader", "1"), 200, `"shop_reader"`)
	check("the next request has its own role", get("/rpc/who"), 200, `"anon"`)
	check("a plan", get("/notes", "Accept", "application/vnd.pgrst.plan+json"), 200, "[")
	check("all rows at once", call(t, "DELETE", rest+"/notes", "", "apikey", s.Secret), 400, `{"code":"21000","message":"DELETE requires a WHERE clause"}`)
	check("a long URL", get("/notes?id=eq."+strings.Repeat("1", 400)), 414, `{"code":"PGRST100"`)
	check("many embeds", get("/notes?select=a:notes(id),b:notes(id),c:notes(id)"), 400, `{"code":"PGRST100"`)
	part := `{"method":"GET","path":"/notes?id=eq.1&select=id"}`
	post := func(path, body string, headers ...string) answer {
		t.Helper()
		return call(t, "POST", rest+path, body, append([]string{"apikey", s.Secret, "Content-Type", "application/json"}, headers...)...)
	}
	check("a batch of one", post("/batch", "["+part+"]"), 200, `[{"status":200`)
	check("a batch of two", post("/batch", "["+part+","+part+"]"), 413, `{"code":"MS400","message":"the batch has more than 1 requests"}`)
	check("a check that refuses a part", post("/batch", "["+part+"]", "X-Banned", "1"), 429, `{"code":"PT429","message":"banned","index":0}`)
	check("a key", post("/notes", `{"id":8}`, "Idempotency-Key", "abc"), 201, "")
	check("a long key", post("/notes", `{"id":9}`, "Idempotency-Key", "abcd"), 400, `{"code":"MS422","message":"the header Idempotency-Key is longer than the server allows"}`)
	check("a long answer to keep", post("/notes", `{"id":9}`, "Idempotency-Key", "b", "Prefer", "return=representation"), 413, `{"code":"MS422"`)
	if got := call(t, "DELETE", rest+"/notes?id=gt.7&select=id", "", "apikey", s.Secret, "Prefer", "return=representation"); got.body != `[{"id":8}]` {
		t.Errorf("what was kept: %s", got.body)
	}
	call(t, "DELETE", rest+"/notes?id=eq.3", "", "apikey", s.Secret, "Prefer", "tx=rollback")
	if got := get("/notes?select=id&order=id"); got.header.Get("Warning") == "" || got.header.Get("Server-Timing") == "" {
		t.Errorf("two of three rows: %s %v", got.body, got.header)
	}
	if got := get("/notes?id=eq.1", "Origin", "https://shop.example"); got.header.Get("Access-Control-Allow-Origin") != "https://shop.example" || !strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Origin") {
		t.Errorf("an origin that is let in: %v", got.header)
	}
	if got := get("/nope", "Origin", "https://evil.example"); got.header.Get("Access-Control-Allow-Origin") != "" || !strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Origin") {
		t.Errorf("an origin that is not: %v", got.header)
	}
	token, err := s.Sign(map[string]any{"shop": map[string]any{"roles": []string{"other", "shop_reader"}}, "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	check("the role's claim", get("/rpc/who", "Authorization", "Bearer "+token), 200, `"shop_reader"`)
}
