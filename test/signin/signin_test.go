// Package signin holds what users and administrators do with the door of sign-in, and what attackers try, as tests over HTTP on both engines.
package signin

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/identity"
	"github.com/mainstay-dev/mainstay/internal/totp"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

func TestMain(m *testing.M) {
	trustTestServers()
	clustertest.Main(m, removeFolders)
}

// open has no limits but those that a test sets, so that tests from one address do not meet them.
const open = `[auth]
site_url = "https://app.example"
additional_redirect_urls = ["https://app.example/**", "myapp://back"]
enable_anonymous_sign_ins = true
enable_manual_linking = true
[auth.email]
max_frequency = "0s"
[auth.sms]
enable_signup = true
max_frequency = "0s"
[auth.rate_limit]
email_sent = -1
sms_sent = -1
anonymous_users = -1
token_refresh = -1
sign_in_sign_ups = -1
token_verifications = -1
password_failures = -1
`

const world = `
create table public.profiles (id uuid primary key references auth.users (id) on delete cascade, name text);
alter table public.profiles enable row level security;
create policy own on public.profiles to authenticated using (id = (select auth.uid()));
grant select on public.profiles to authenticated;
create function public.welcome() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into public.profiles (id, name) values (new.id, new.raw_user_meta_data ->> 'name');
  return new;
end $$;
create trigger welcome after insert on auth.users for each row execute function public.welcome();
`

type server struct {
	*mainstaytest.Server
	t *testing.T
}

type answer struct {
	status int
	head   http.Header
	raw    string
	body   map[string]any
}

// text is a member of the answer, "" where there is none. Steps are parted by dots.
func (a answer) text(path string) string {
	var v any = a.body
	for step := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		v = m[step]
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// both runs a test on each engine, with a project of its own.
func both(t *testing.T, settings string, test func(*testing.T, *server)) {
	t.Helper()
	engines(t, func(t *testing.T, start func(settings, sql string) *server) { test(t, start(settings, "")) })
}

// engines runs a test on each engine, which starts the servers that it wants: of settings, and with SQL of its own beside the world.
func engines(t *testing.T, test func(t *testing.T, start func(settings, sql string) *server)) {
	t.Helper()
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, func(settings, sql string) *server {
				s := mainstay.Server{Dir: project(t, settings, sql)}
				if engine == "postgres" {
					s.Database = database(t)
				} else {
					s.DataDir = embedded(t)
				}
				return &server{mainstaytest.Run(t, s), t}
			})
		})
	}
}

// project makes the folder of a project: the world, and SQL beside it.
func project(t *testing.T, settings, sql string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"mainstay.toml": settings, "migrations/1_world.sql": world}
	if sql != "" {
		files["migrations/2_more.sql"] = sql
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// database makes a database that has what a first start makes of one, and the world: it is a copy of one that was started once, because that takes seconds.
func database(t *testing.T) string {
	t.Helper()
	return clustertest.Copy(t, "world", func(address string) error {
		return startOnce(t, mainstay.Server{DataDir: t.TempDir(), Database: address})
	})
}

// embedded is database for the embedded engine: a data folder, without keys.
func embedded(t *testing.T) string {
	t.Helper()
	return folder(t, "world", func(dir string) error { return startOnce(t, mainstay.Server{DataDir: dir}) })
}

// startOnce starts a server of the world and ends it.
func startOnce(t *testing.T, s mainstay.Server) error {
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	s.Dir, s.Addr, s.Dev, s.Ready = project(t, open, ""), "127.0.0.1:0", true, func(mainstay.Info) { stop() }
	return s.Run(ctx)
}

// A made is a folder that others are copies of.
type made struct {
	once sync.Once
	dir  string
	err  error
}

var folders sync.Map // key → *made

// folder makes a folder of a test that is a copy of the one that fill has filled, once for each key. The server's keys are not copied: each makes its own.
func folder(t *testing.T, key string, fill func(dir string) error) string {
	t.Helper()
	v, _ := folders.LoadOrStore(key, &made{})
	m := v.(*made)
	m.once.Do(func() {
		if m.dir, m.err = os.MkdirTemp("", "signin"); m.err == nil {
			m.err = fill(m.dir)
		}
	})
	if m.err != nil {
		t.Fatal(m.err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(m.dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, identity.KeyFile)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func removeFolders() {
	folders.Range(func(_, v any) bool {
		if err := os.RemoveAll(v.(*made).dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return true
	})
}

// call sends a request to the door: METHOD /path, a body that is marshalled unless it is nil, and a bearer token ("" for none).
func (s *server) call(bearer, request string, body any, headers ...string) answer {
	s.t.Helper()
	method, target, _ := strings.Cut(request, " ")
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		payload = bytes.NewReader(b)
	}
	r, err := http.NewRequest(method, s.URL+target, payload)
	if err != nil {
		s.t.Fatal(err)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("X-Supabase-Api-Version", "2024-01-01")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return s.send(r)
}

var browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (s *server) send(r *http.Request) answer {
	s.t.Helper()
	resp, err := browser.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, head: resp.Header, raw: string(b)}
	_ = json.Unmarshal(b, &a.body) // some answers are no objects
	return a
}

func (s *server) auth(bearer, request string, body any) answer {
	s.t.Helper()
	method, target, _ := strings.Cut(request, " ")
	return s.call(bearer, method+" /auth/v1"+target, body)
}

// want checks a status and, of an error, its code.
func (s *server) want(what string, a answer, status int, code string) answer {
	s.t.Helper()
	if a.status != status || code != "" && a.text("code") != code {
		s.t.Fatalf("%s: got %d %.400s, want %d %s", what, a.status, a.raw, status, code)
	}
	return a
}

type obj = map[string]any

type message struct {
	Channel, To, Kind, Subject, Text, HTML, State, Link, Code string
}

// inbox is what was sent to an address, the newest first.
func (s *server) inbox(to string) []message {
	s.t.Helper()
	a := s.call("", "GET /inbox/messages", nil)
	var all, mine []message
	if err := json.Unmarshal([]byte(a.raw), &all); err != nil {
		s.t.Fatalf("inbox: %d %s", a.status, a.raw)
	}
	for _, m := range all {
		if m.To == to {
			mine = append(mine, m)
		}
	}
	return mine
}

func (s *server) mail(to, kind string) message {
	s.t.Helper()
	all := s.inbox(to)
	if len(all) == 0 || all[0].Kind != kind {
		s.t.Fatalf("the last message to %s should be a %s: %+v", to, kind, all)
	}
	return all[0]
}

// press opens a link as a browser does, and presses the page's button.
func (s *server) press(link string) (to *url.URL, a answer) {
	s.t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		s.t.Fatal(err)
	}
	page := s.call("", "GET "+u.RequestURI(), nil)
	if page.status != 200 || !strings.Contains(page.raw, "<form") {
		s.t.Fatalf("the page of a link: %d %s", page.status, page.raw)
	}
	form := url.Values{}
	for name := range u.Query() {
		form.Set(name, u.Query().Get(name))
	}
	r, err := http.NewRequest("POST", s.URL+"/auth/v1/verify/link", strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a = s.send(r)
	if a.status != http.StatusSeeOther {
		s.t.Fatalf("press: %d %s", a.status, a.raw)
	}
	if to, err = url.Parse(a.head.Get("Location")); err != nil {
		s.t.Fatal(err)
	}
	return to, a
}

func fragment(u *url.URL) url.Values {
	v, _ := url.ParseQuery(u.Fragment)
	return v
}

const good, better = "correct horse battery", "another good one 77"

// signUp makes a user whose address is confirmed and gives the session.
func (s *server) signUp(mail string) answer {
	s.t.Helper()
	s.want("sign up", s.auth("", "POST /signup", obj{"email": mail, "password": good, "data": obj{"name": "Ada"}}), 200, "")
	to, _ := s.press(s.mail(mail, "confirmation").Link)
	token := fragment(to).Get("access_token")
	if token == "" {
		s.t.Fatalf("no session after the confirmation: %s", to)
	}
	return s.want("sign in", s.auth("", "POST /token?grant_type=password", obj{"email": mail, "password": good}), 200, "")
}

func TestSignUpConfirmSignInRefreshSignOut(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		a := s.want("sign up", s.auth("", "POST /signup", obj{"email": "Ada@Example.com", "password": good, "data": obj{"name": "Ada"}}), 200, "")
		if a.text("email") != "ada@example.com" || a.text("access_token") != "" || a.text("user_metadata.name") != "Ada" {
			t.Errorf("sign up answered %s", a.raw)
		}
		s.want("before the confirmation", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": good}), 400, "email_not_confirmed")
		m := s.mail("ada@example.com", "confirmation")
		if !strings.HasPrefix(m.Link, s.URL+"/auth/v1/verify?") || len(m.Code) != 6 {
			t.Errorf("mail: %+v", m)
		}
		to, _ := s.press(m.Link)
		if to.Host != "app.example" || fragment(to).Get("type") != "signup" {
			t.Errorf("redirected to %s", to)
		}
		again, _ := s.press(m.Link)
		if fragment(again).Get("error_code") != "otp_expired" {
			t.Errorf("a link works twice: %s", again)
		}
		s.want("wrong password", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": "wrong"}), 400, "invalid_credentials")
		in := s.want("sign in", s.auth("", "POST /token?grant_type=password", obj{"email": "ADA@example.com", "password": good}), 200, "")
		if in.text("token_type") != "bearer" || in.text("user.email_confirmed_at") == "" || in.text("user.id") != a.text("id") {
			t.Errorf("sign in answered %s", in.raw)
		}
		token := in.text("access_token")
		if rows := s.call(token, "GET /rest/v1/profiles?select=name", nil); rows.raw != `[{"name":"Ada"}]` {
			t.Errorf("the trigger's row through the policy: %d %s", rows.status, rows.raw)
		}
		next := s.want("refresh", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": in.text("refresh_token")}), 200, "")
		lost := s.want("the answer was lost", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": in.text("refresh_token")}), 200, "")
		if next.text("refresh_token") == in.text("refresh_token") || lost.text("refresh_token") != next.text("refresh_token") {
			t.Error("of one refresh token came two lineages, or none")
		}
		s.want("sign out", s.auth(token, "POST /logout?scope=local", nil), 204, "")
		s.want("after it", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": next.text("refresh_token")}), 400, "refresh_token_not_found")
		if rows := s.call(token, "GET /rest/v1/profiles", nil); rows.status != 401 {
			t.Errorf("the access token of a session that has ended: %d %s", rows.status, rows.raw)
		}
	})
}

func TestWhoSignsUpWithAnothersAddressKeepsNothing(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		s.want("the attacker", s.auth("", "POST /signup", obj{"email": "eve@example.com", "password": "attackers own 1"}), 200, "")
		s.want("the owner", s.auth("", "POST /otp", obj{"email": "eve@example.com"}), 200, "")
		s.press(s.mail("eve@example.com", "confirmation").Link)
		s.want("E1 the attacker's password", s.auth("", "POST /token?grant_type=password", obj{"email": "eve@example.com", "password": "attackers own 1"}), 400, "invalid_credentials")
	})
}

func TestCodesHaveFewTries(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		s.want("code", s.auth("", "POST /otp", obj{"email": "ada@example.com"}), 200, "")
		right := s.mail("ada@example.com", "confirmation").Code
		for range 5 {
			wrong := "000000"
			if right == wrong {
				wrong = "111111"
			}
			s.want("wrong code", s.auth("", "POST /verify", obj{"email": "ada@example.com", "token": wrong, "type": "email"}), 403, "otp_expired")
		}
		s.want("E8 the right code after five wrong ones", s.auth("", "POST /verify", obj{"email": "ada@example.com", "token": right, "type": "email"}), 403, "otp_expired")
		s.want("code", s.auth("", "POST /otp", obj{"email": "ada@example.com"}), 200, "")
		s.want("a new one", s.auth("", "POST /verify", obj{"email": "ada@example.com", "token": s.mail("ada@example.com", "confirmation").Code, "type": "email"}), 200, "")
	})
}

func TestPasswordRecovery(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		old := s.signUp("ada@example.com")
		s.want("recover", s.auth("", "POST /recover", obj{"email": "ada@example.com"}), 200, "")
		to, _ := s.press(s.mail("ada@example.com", "recovery").Link)
		token := fragment(to).Get("access_token")
		if fragment(to).Get("type") != "recovery" {
			t.Errorf("redirected to %s", to)
		}
		s.want("weak", s.auth(token, "PUT /user", obj{"password": "short"}), 422, "weak_password")
		s.want("same", s.auth(token, "PUT /user", obj{"password": good}), 422, "same_password")
		s.want("new password", s.auth(token, "PUT /user", obj{"password": better}), 200, "")
		s.want("D11 the other session", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": old.text("refresh_token")}), 400, "refresh_token_not_found")
		s.want("the old password", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": good}), 400, "invalid_credentials")
		s.want("the new password", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": better}), 200, "")
	})
}

func TestNewAddressNeedsBoth(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		in := s.signUp("old@example.com")
		token := in.text("access_token")
		a := s.want("change", s.auth(token, "PUT /user", obj{"email": "new@example.com"}), 200, "")
		if a.text("email") != "old@example.com" || a.text("new_email") != "new@example.com" {
			t.Errorf("change answered %s", a.raw)
		}
		first, _ := s.press(s.mail("new@example.com", "email_change").Link)
		if fragment(first).Get("message") == "" || fragment(first).Get("access_token") != "" {
			t.Errorf("one confirmation is enough: %s", first)
		}
		second, _ := s.press(s.mail("old@example.com", "email_change").Link)
		if fragment(second).Get("access_token") == "" {
			t.Errorf("both confirmed: %s", second)
		}
		if a = s.auth(fragment(second).Get("access_token"), "GET /user", nil); a.text("email") != "new@example.com" {
			t.Errorf("the user is %s", a.raw)
		}
	})
}

func TestPKCE(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		verifier := strings.Repeat("v", 43)
		challenge := obj{"email": "ada@example.com", "code_challenge": verifier, "code_challenge_method": "plain"}
		code := func() string {
			s.want("code", s.auth("", "POST /otp?redirect_to="+url.QueryEscape("https://app.example/in?x=1"), challenge), 200, "")
			to, _ := s.press(s.inbox("ada@example.com")[0].Link)
			if to.Query().Get("x") != "1" || to.Fragment != "" {
				t.Errorf("redirected to %s", to)
			}
			return to.Query().Get("code")
		}
		first := code()
		s.want("F2 another verifier", s.auth("", "POST /token?grant_type=pkce", obj{"auth_code": first, "code_verifier": strings.Repeat("w", 43)}), 400, "bad_code_verifier")
		s.want("F2 no verifier", s.auth("", "POST /token?grant_type=pkce", obj{"auth_code": first}), 400, "validation_failed")
		s.want("F3 a code is used once, right or wrong", s.auth("", "POST /token?grant_type=pkce", obj{"auth_code": first, "code_verifier": verifier}), 404, "flow_state_not_found")
		s.want("exchange", s.auth("", "POST /token?grant_type=pkce", obj{"auth_code": code(), "code_verifier": verifier}), 200, "")
	})
}

func TestRedirectsStayAtHome(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		for _, evil := range []string{
			"//evil.example", `\\evil.example`, "https:evil.example", "https://app.example@evil.example", "https://app.example%2f@evil.example", "https://evil.example/%2f%2fapp.example",
			"https://app.example.evil.example", "https://evil.example#https://app.example/", "https://app.example:8443/", "http://app.example/", "javascript:alert(1)", "java\tscript:alert(1)",
			"https://app.example/../../evil", "https://аpp.example/", "data:text/html,x", "myapp://back/further",
		} {
			s.want("code", s.auth("", "POST /otp?redirect_to="+url.QueryEscape(evil), obj{"email": "ada@example.com"}), 200, "")
			if to, _ := s.press(s.inbox("ada@example.com")[0].Link); to.Scheme+"://"+to.Host+to.Path != "https://app.example" {
				t.Errorf("F1 %q leads to %s", evil, to)
			}
		}
		s.want("code", s.auth("", "POST /otp?redirect_to="+url.QueryEscape("myapp://back"), obj{"email": "ada@example.com"}), 200, "")
		if to, _ := s.press(s.inbox("ada@example.com")[0].Link); to.Scheme != "myapp" {
			t.Errorf("an allowed target leads to %s", to)
		}
	})
}

func TestAnonymousUsersBecomePermanent(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		in := s.want("anonymous", s.auth("", "POST /signup", obj{"data": obj{"name": "Nobody"}}), 200, "")
		if in.text("user.is_anonymous") != "true" {
			t.Errorf("anonymous: %s", in.raw)
		}
		s.want("upgrade", s.auth(in.text("access_token"), "PUT /user", obj{"email": "ada@example.com"}), 200, "")
		to, _ := s.press(s.mail("ada@example.com", "email_change").Link)
		a := s.auth(fragment(to).Get("access_token"), "GET /user", nil)
		if a.text("is_anonymous") != "false" || a.text("email") != "ada@example.com" || a.text("id") != in.text("user.id") {
			t.Errorf("upgraded: %s", a.raw)
		}
	})
}

func TestAdministration(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		s.want("nobody", s.auth("", "GET /admin/users", nil), 401, "no_authorization")
		s.want("a visitor's key", s.auth(s.AnonKey, "GET /admin/users", nil), 403, "not_admin")
		made := s.want("create", s.auth(s.ServiceKey, "POST /admin/users", obj{"email": "ada@example.com", "password": good, "email_confirm": true, "app_metadata": obj{"plan": "pro"}}), 200, "")
		if made.text("app_metadata.plan") != "pro" || strings.Contains(made.raw, "argon2") {
			t.Errorf("created: %s", made.raw)
		}
		s.want("again", s.auth(s.ServiceKey, "POST /admin/users", obj{"email": "ada@example.com"}), 422, "email_exists")
		id := made.text("id")
		in := s.want("sign in", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": good}), 200, "")
		s.want("a user is no administrator", s.auth(in.text("access_token"), "GET /admin/users/"+id, nil), 403, "not_admin")
		s.want("ban", s.auth(s.ServiceKey, "PUT /admin/users/"+id, obj{"ban_duration": "24h"}), 200, "")
		s.want("banned", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": good}), 400, "user_banned")
		if rows := s.call(in.text("access_token"), "GET /rest/v1/profiles", nil); rows.status != 401 {
			t.Errorf("D9 the token of a banned user: %d %s", rows.status, rows.raw)
		}
		s.want("lift", s.auth(s.ServiceKey, "PUT /admin/users/"+id, obj{"ban_duration": "none"}), 200, "")
		list := s.want("list", s.auth(s.ServiceKey, "GET /admin/users?per_page=1", nil), 200, "")
		if list.head.Get("X-Total-Count") != "1" || !strings.Contains(list.head.Get("Link"), `rel="last"`) {
			t.Errorf("list: %v", list.head)
		}
		link := s.want("link", s.auth(s.ServiceKey, "POST /admin/generate_link", obj{"type": "magiclink", "email": "ada@example.com"}), 200, "")
		s.want("its hash", s.auth("", "POST /verify", obj{"token_hash": link.text("hashed_token"), "type": "magiclink"}), 200, "")
		s.want("invite", s.auth(s.ServiceKey, "POST /invite", obj{"email": "ben@example.com"}), 200, "")
		s.press(s.mail("ben@example.com", "invite").Link)
		s.want("delete", s.auth(s.ServiceKey, "DELETE /admin/users/"+id, nil), 200, "")
		s.want("gone", s.auth(s.ServiceKey, "GET /admin/users/"+id, nil), 404, "user_not_found")
		s.want("no id", s.auth(s.ServiceKey, "GET /admin/users/me", nil), 404, "validation_failed")
	})
}

// verifier and its challenge by S256 (RFC 7636, appendix B).
const verifier, s256 = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

func TestSecondFactors(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		in := s.signUp("ada@example.com")
		other := s.want("another session", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": good}), 200, "")
		token := in.text("access_token")
		added := s.want("enroll", s.auth(token, "POST /factors", obj{"factor_type": "totp", "friendly_name": "phone"}), 200, "")
		id, secret := added.text("id"), added.text("totp.secret")
		if !strings.HasPrefix(added.text("totp.qr_code"), "<svg") || !strings.HasPrefix(added.text("totp.uri"), "otpauth://totp/") {
			t.Errorf("enrolled: %.200s", added.raw)
		}
		prove := func(bearer, code string) answer {
			ch := s.want("challenge", s.auth(bearer, "POST /factors/"+id+"/challenge", obj{}), 200, "")
			return s.auth(bearer, "POST /factors/"+id+"/verify", obj{"challenge_id": ch.text("id"), "code": code})
		}
		now, err := totp.At(secret, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		s.want("a wrong code", prove(token, "abcdef"), 422, "mfa_verification_failed")
		up := s.want("the code", prove(token, now), 200, "")
		s.want("E10 the same code again", prove(up.text("access_token"), now), 422, "mfa_verification_failed")
		if user := s.auth(up.text("access_token"), "GET /user", nil); !strings.Contains(user.raw, `"status":"verified"`) || strings.Contains(user.raw, secret) {
			t.Errorf("user: %s", user.raw)
		}
		s.want("the other session has ended", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": other.text("refresh_token")}), 400, "refresh_token_not_found")
		s.want("E13 the refresh token of before", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": in.text("refresh_token")}), 400, "refresh_token_already_used")
		s.want("E13 the access token of before", s.auth(token, "PUT /user", obj{"password": better}), 401, "insufficient_aal")
		s.want("the session goes on", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": up.text("refresh_token")}), 200, "")
		again := s.want("sign in", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": good}), 200, "")
		weak := again.text("access_token")
		for what, a := range map[string]answer{
			"password": s.auth(weak, "PUT /user", obj{"password": better}),
			"address":  s.auth(weak, "PUT /user", obj{"email": "eve@example.com"}),
		} {
			s.want("E13 "+what, a, 401, "insufficient_aal")
		}
		s.want("E13 a second factor", s.auth(weak, "POST /factors", obj{"factor_type": "totp"}), 403, "insufficient_aal")
		s.want("E13 removal", s.auth(weak, "DELETE /factors/"+id, nil), 422, "insufficient_aal")
		s.want("another's factor", s.auth(s.signUp("ben@example.com").text("access_token"), "DELETE /factors/"+id, nil), 404, "mfa_factor_not_found")
		s.want("removal", s.auth(up.text("access_token"), "DELETE /factors/"+id, nil), 200, "")
	})
}

func TestPhoneFactor(t *testing.T) {
	both(t, open+"mfa = -1\n[auth.mfa.phone]\nenroll_enabled = true\nverify_enabled = true\n", func(t *testing.T, s *server) {
		token := s.signUp("ada@example.com").text("access_token")
		id := s.want("enroll", s.auth(token, "POST /factors", obj{"factor_type": "phone", "phone": "+49 170 1234567"}), 200, "").text("id")
		ch := s.want("challenge", s.auth(token, "POST /factors/"+id+"/challenge", obj{"channel": "sms"}), 200, "").text("id")
		code := s.mail("491701234567", "otp").Code
		s.want("a challenge is used by the first answer", s.auth(token, "POST /factors/"+id+"/verify", obj{"challenge_id": ch, "code": "x"}), 422, "mfa_verification_failed")
		s.want("even the right one", s.auth(token, "POST /factors/"+id+"/verify", obj{"challenge_id": ch, "code": code}), 422, "mfa_factor_not_found")
		ch = s.want("challenge", s.auth(token, "POST /factors/"+id+"/challenge", obj{"channel": "sms"}), 200, "").text("id")
		up := s.want("the code", s.auth(token, "POST /factors/"+id+"/verify", obj{"challenge_id": ch, "code": s.mail("491701234567", "otp").Code}), 200, "")
		if up.text("user.factors") == "" {
			t.Errorf("session: %s", up.raw)
		}
	})
}

const provider = open + `[auth.oauth_server]
enabled = true
allow_dynamic_registration = true
authorization_url_path = "/consent"
`

// form sends a form to the door.
func (s *server) form(target string, v url.Values, basic ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest("POST", s.URL+"/auth/v1"+target, strings.NewReader(v.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if len(basic) == 2 {
		r.SetBasicAuth(basic[0], basic[1])
	}
	return s.send(r)
}

func TestProvider(t *testing.T) {
	both(t, provider, func(t *testing.T, s *server) {
		const back = "https://client.example/cb"
		client := s.want("register", s.auth(s.ServiceKey, "POST /admin/oauth/clients", obj{"client_name": "Client", "redirect_uris": []string{back}}), 200, "")
		id, secret := client.text("client_id"), client.text("client_secret")
		other := s.want("register", s.auth(s.ServiceKey, "POST /admin/oauth/clients", obj{"client_name": "Other", "redirect_uris": []string{"https://other.example/cb"}}), 200, "")
		in := s.signUp("ada@example.com")
		token := in.text("access_token")
		ask := func(change url.Values) answer {
			v := url.Values{
				"response_type": {"code"}, "client_id": {id}, "redirect_uri": {back}, "scope": {"openid email"}, "state": {"st"}, "nonce": {"no"}, "code_challenge": {s256}, "code_challenge_method": {"S256"},
			}
			for k := range change {
				v[k] = change[k]
			}
			return s.auth("", "GET /oauth/authorize?"+v.Encode(), nil)
		}
		for what, change := range map[string]url.Values{
			"F1 another address": {"redirect_uri": {"https://client.example/cb2"}}, "F1 a longer address": {"redirect_uri": {back + "?x=1"}}, "an unknown client": {"client_id": {"00000000-0000-4000-8000-000000000000"}},
			"another's address": {"redirect_uri": {"https://other.example/cb"}},
		} {
			if a := ask(change); a.status != 400 || a.text("error") != "invalid_request" || a.head.Get("Location") != "" {
				t.Errorf("%s: %d %s %s", what, a.status, a.raw, a.head.Get("Location"))
			}
		}
		for what, change := range map[string]url.Values{
			"F2 no challenge": {"code_challenge": {""}}, "F2 plain": {"code_challenge_method": {"plain"}}, "F11 implicit": {"response_type": {"token"}}, "scope": {"scope": {"admin"}}, "F14 prompt": {"prompt": {"none"}},
			"F14 fragment": {"response_mode": {"fragment"}}, "F14 form": {"response_mode": {"form_post"}}, "F14 another window": {"response_mode": {"web_message"}},
		} {
			a := ask(change)
			to, _ := url.Parse(a.head.Get("Location"))
			if a.status != 303 || to.Host != "client.example" || to.Query().Get("error") == "" || to.Query().Get("state") != "st" || to.Query().Get("iss") != s.URL+"/auth/v1" {
				t.Errorf("%s: %d %s", what, a.status, a.head.Get("Location"))
			}
		}
		code := func(first bool) string {
			a := s.want("authorize", ask(nil), 303, "")
			to, _ := url.Parse(a.head.Get("Location"))
			if to.Host != "app.example" || to.Path != "/consent" {
				t.Fatalf("the consent page is %s", to)
			}
			page := "/oauth/authorizations/" + to.Query().Get("authorization_id")
			s.want("nobody", s.auth("", "GET "+page, nil), 401, "no_authorization")
			shown := s.want("show", s.auth(token, "GET "+page, nil), 200, "")
			url1 := shown.text("redirect_url")
			if first {
				if shown.text("client.name") != "Client" || shown.text("scope") != "openid email" {
					t.Errorf("shown: %s", shown.raw)
				}
				url1 = s.want("approve", s.auth(token, "POST "+page+"/consent", obj{"action": "approve"}), 200, "").text("redirect_url")
				s.want("F10 decided once", s.auth(token, "POST "+page+"/consent", obj{"action": "deny"}), 404, "oauth_authorization_not_found")
			}
			to, _ = url.Parse(url1)
			if to.Query().Get("state") != "st" || to.Query().Get("iss") != s.URL+"/auth/v1" {
				t.Errorf("F5 redirected to %s", to)
			}
			return to.Query().Get("code")
		}
		exchange := func(code string, change url.Values, basic ...string) answer {
			v := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {back}, "code_verifier": {verifier}}
			for k := range change {
				v[k] = change[k]
			}
			return s.form("/oauth/token", v, basic...)
		}
		c := code(true)
		if a := exchange(c, nil, other.text("client_id"), other.text("client_secret")); a.status != 400 || a.text("error") != "invalid_grant" {
			t.Errorf("F3 another client: %d %s", a.status, a.raw)
		}
		if a := exchange(c, nil, id, "wrong"); a.status != 401 || a.text("error") != "invalid_client" {
			t.Errorf("a wrong secret: %d %s", a.status, a.raw)
		}
		got := exchange(c, nil, id, secret)
		if got.status != 200 || got.text("id_token") == "" || got.text("scope") != "openid email" {
			t.Fatalf("exchange: %d %s", got.status, got.raw)
		}
		if a := s.auth(got.text("access_token"), "GET /oauth/userinfo", nil); a.text("email") != "ada@example.com" || a.text("sub") != in.text("user.id") {
			t.Errorf("userinfo: %d %s", a.status, a.raw)
		}
		if a := s.call(got.text("id_token"), "GET /rest/v1/profiles", nil); a.status != 401 {
			t.Errorf("D6 an identity token as an access token: %d %s", a.status, a.raw)
		}
		next := s.form("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.text("refresh_token")}}, id, secret)
		if next.status != 200 || next.text("refresh_token") == got.text("refresh_token") {
			t.Errorf("refresh: %d %s", next.status, next.raw)
		}
		if a := s.form("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {next.text("refresh_token")}}, other.text("client_id"), other.text("client_secret")); a.text("error") != "invalid_grant" {
			t.Errorf("F13 another's refresh token: %d %s", a.status, a.raw)
		}
		if a := s.form("/oauth/introspect", url.Values{"token": {next.text("access_token")}}, id, secret); a.text("active") != "true" || a.text("client_id") != id {
			t.Errorf("introspect: %s", a.raw)
		}
		if a := s.form("/oauth/introspect", url.Values{"token": {next.text("access_token")}}, other.text("client_id"), other.text("client_secret")); a.raw != `{"active":false}` {
			t.Errorf("another's token: %s", a.raw)
		}
		if a := exchange(c, nil, id, secret); a.text("error") != "invalid_grant" {
			t.Errorf("F3 a code is used once: %d %s", a.status, a.raw)
		}
		if a := s.auth(next.text("access_token"), "GET /oauth/userinfo", nil); a.status != 401 && a.status != 403 {
			t.Errorf("F3 the second use ends what the first gave: %d %s", a.status, a.raw)
		}
		c = code(false)
		if a := exchange(c, url.Values{"code_verifier": {strings.Repeat("x", 43)}}, id, secret); a.text("error") != "invalid_grant" {
			t.Errorf("F2 another verifier: %s", a.raw)
		}
		got = exchange(code(false), url.Values{"client_id": {id}, "client_secret": {secret}})
		if got.status != 200 {
			t.Fatalf("client_secret_post: %s", got.raw)
		}
		if a := s.form("/oauth/revoke", url.Values{"token": {got.text("refresh_token")}}, id, secret); a.status != 200 {
			t.Errorf("revoke: %d %s", a.status, a.raw)
		}
		if a := s.form("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.text("refresh_token")}}, id, secret); a.text("error") != "invalid_grant" {
			t.Errorf("a revoked token: %s", a.raw)
		}
		grants := s.auth(token, "GET /user/oauth/grants", nil)
		if !strings.Contains(grants.raw, `"scopes":["openid","email"]`) {
			t.Errorf("grants: %s", grants.raw)
		}
		s.want("take it back", s.auth(token, "DELETE /user/oauth/grants?client_id="+id, nil), 204, "")
		for _, evil := range []string{"javascript:alert(1)", "http://evil.example/cb", "https://a.example/#f", "data:text/html,x", "https://user@a.example/"} {
			s.want("F9 "+evil, s.auth("", "POST /oauth/clients/register", obj{"client_name": "Evil", "redirect_uris": []string{evil}}), 400, "validation_failed")
		}
		made := s.want("register itself", s.auth("", "POST /oauth/clients/register", obj{"client_name": "App", "redirect_uris": []string{"http://127.0.0.1/cb"}, "token_endpoint_auth_method": "none"}), 201, "")
		if made.text("client_type") != "public" || made.text("client_secret") != "" {
			t.Errorf("registered: %s", made.raw)
		}
		if a := ask(url.Values{"client_id": {made.text("client_id")}, "redirect_uri": {"http://127.0.0.1:5123/cb"}}); a.status != 303 || !strings.HasPrefix(a.head.Get("Location"), "https://app.example/consent") {
			t.Errorf("a loopback address may have any port: %d %s", a.status, a.raw)
		}
		if d := s.auth("", "GET /.well-known/openid-configuration", nil); d.text("issuer") != s.URL+"/auth/v1" || d.text("token_endpoint") != s.URL+"/auth/v1/oauth/token" {
			t.Errorf("discovery: %s", d.raw)
		}
	})
}

// TestWhatAProgramMayNotDo: the token that a user has let a program have opens nothing of the account, and its refresh token is the program's alone.
func TestWhatAProgramMayNotDo(t *testing.T) {
	both(t, provider, func(t *testing.T, s *server) {
		const back = "https://client.example/cb"
		client := s.want("register", s.auth(s.ServiceKey, "POST /admin/oauth/clients", obj{"client_name": "Client", "redirect_uris": []string{back}}), 200, "")
		token := s.signUp("ada@example.com").text("access_token")
		v := url.Values{
			"response_type": {"code"}, "client_id": {client.text("client_id")}, "redirect_uri": {back}, "scope": {"openid"}, "code_challenge": {s256}, "code_challenge_method": {"S256"},
		}
		page, _ := url.Parse(s.auth("", "GET /oauth/authorize?"+v.Encode(), nil).head.Get("Location"))
		id := "/oauth/authorizations/" + page.Query().Get("authorization_id")
		s.want("show", s.auth(token, "GET "+id, nil), 200, "")
		given, _ := url.Parse(s.auth(token, "POST "+id+"/consent", obj{"action": "approve"}).text("redirect_url"))
		got := s.form("/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {given.Query().Get("code")}, "redirect_uri": {back}, "code_verifier": {verifier}},
			client.text("client_id"), client.text("client_secret"))
		program := got.text("access_token")
		s.want("a new password", s.auth(program, "PUT /user", obj{"password": better}), 403, "insufficient_scope")
		s.want("a factor", s.auth(program, "POST /factors", obj{"factor_type": "totp"}), 403, "insufficient_scope")
		s.want("the user", s.auth(program, "GET /user", nil), 403, "insufficient_scope")
		s.want("what was granted", s.auth(program, "GET /oauth/userinfo", nil), 200, "")
		s.want("its refresh token without its secret", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": got.text("refresh_token")}), 400, "refresh_token_not_found")
		claims, err := base64.RawURLEncoding.DecodeString(strings.Split(program, ".")[1])
		if err != nil || strings.Contains(string(claims), "ada@example.com") {
			t.Errorf("a token for openid alone tells %s, %v", claims, err)
		}
	})
}

// TestOneAddressDoesNotConfirmForBoth: who has confirmed a change may not confirm it again for the other address, with a message sent anew.
func TestOneAddressDoesNotConfirmForBoth(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		token := s.signUp("old@example.com").text("access_token")
		s.want("change", s.auth(token, "PUT /user", obj{"email": "new@example.com"}), 200, "")
		s.press(s.mail("new@example.com", "email_change").Link)
		sent := len(s.inbox("new@example.com"))
		s.want("again", s.auth("", "POST /resend", obj{"type": "email_change", "email": "old@example.com"}), 200, "")
		if len(s.inbox("new@example.com")) != sent {
			t.Error("the address that has confirmed is asked again")
		}
		if a := s.auth(token, "GET /user", nil); a.text("email") != "old@example.com" {
			t.Errorf("changed by one address: %s", a.raw)
		}
	})
}

// TestTheLastSignUpDoesNotWin: of two who sign up with one address nobody's password is believed when the link is opened (attack E1).
func TestTheLastSignUpDoesNotWin(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		first := s.want("the owner", s.auth("", "POST /signup", obj{"email": "ada@example.com", "password": good, "data": obj{"name": "Ada"}}), 200, "")
		second := s.want("the attacker", s.auth("", "POST /signup", obj{"email": "ada@example.com", "password": "attackers own 1", "data": obj{"role": "admin"}}), 200, "")
		if second.text("id") == first.text("id") || strings.Contains(second.raw, `"Ada"`) {
			t.Errorf("E12 a second sign-up tells of the first: %s", second.raw)
		}
		s.press(s.mail("ada@example.com", "confirmation").Link)
		s.want("the attacker's password", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": "attackers own 1"}), 400, "invalid_credentials")
		s.want("invite", s.auth(s.ServiceKey, "POST /invite", obj{"email": "ben@example.com"}), 200, "")
		invited := s.mail("ben@example.com", "invite").Link
		s.want("a sign-up beside an invitation", s.auth("", "POST /signup", obj{"email": "ben@example.com", "password": "attackers own 1"}), 200, "")
		if to, _ := s.press(invited); fragment(to).Get("access_token") == "" {
			t.Errorf("the invitation is void: %s", to)
		}
		s.want("the attacker's password", s.auth("", "POST /token?grant_type=password", obj{"email": "ben@example.com", "password": "attackers own 1"}), 400, "invalid_credentials")
	})
}

// TestInboxIsForItsOwnPage: no page of another site reads what was sent.
func TestInboxIsForItsOwnPage(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		for _, h := range [][2]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}} {
			if a := s.call("", "GET /inbox/messages", nil, h[0], h[1]); a.status != 403 || a.head.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%v: %d %v", h, a.status, a.head)
			}
		}
	})
}

// TestRestartForgetsNothing: what was ended before a restart stays ended (attack D9), and limits go on where they were (P5).
func TestRestartForgetsNothing(t *testing.T) {
	t.Parallel()
	dir, data := t.TempDir(), t.TempDir()
	settings := strings.Replace(open, "password_failures = -1", "password_failures = 2", 1)
	if err := os.WriteFile(filepath.Join(dir, "mainstay.toml"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	var token string
	t.Run("before", func(t *testing.T) {
		s := &server{mainstaytest.Run(t, mainstay.Server{Dir: dir, DataDir: data}), t}
		token = s.signUp("ada@example.com").text("access_token")
		s.want("sign out", s.auth(token, "POST /logout", nil), 204, "")
		for range 2 {
			s.want("wrong", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": "wrong"}), 400, "invalid_credentials")
		}
	})
	t.Run("after", func(t *testing.T) {
		s := &server{mainstaytest.Run(t, mainstay.Server{Dir: dir, DataDir: data}), t}
		if a := s.call(token, "GET /rest/v1/", nil); a.status != 401 {
			t.Errorf("D9 the token of a session that has ended: %d %s", a.status, a.raw)
		}
		s.want("P5", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": good}), 429, "over_request_rate_limit")
	})
}
