package signin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/totp"
)

// The hooks of sign-in: a real receiver over HTTP that checks signatures for itself, and functions of the database.

const hookSecret = "bWFpbnN0YXkgaG9vayBzZWNyZXQgb2YgYSB0ZXN0ISE="

// heard is what a receiver was told.
type heard struct {
	path, id string
	body     map[string]any
}

type receiver struct {
	*httptest.Server
	t    *testing.T
	told chan heard

	mu     sync.Mutex
	answer func(heard) (status int, body string) // guarded by mu
}

// listen starts a receiver that answers {} until it is told otherwise.
func listen(t *testing.T) *receiver {
	r := &receiver{t: t, told: make(chan heard, 100)}
	r.say(func(heard) (int, string) { return 200, "{}" })
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		b, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		h := heard{path: q.URL.Path, id: q.Header.Get("webhook-id")}
		if err := json.Unmarshal(b, &h.body); err != nil {
			t.Errorf("the event is no JSON: %s", b)
		}
		if !signed(q.Header, b) {
			t.Errorf("%s: the signature %q is not one of its body", q.URL.Path, q.Header.Get("webhook-signature"))
		}
		r.mu.Lock()
		answer := r.answer
		r.mu.Unlock()
		status, body := answer(h)
		r.told <- h
		w.Header().Set("Content-Type", "application/json")
		if kind, text, ok := strings.Cut(body, "\x00"); ok {
			w.Header().Set("Content-Type", kind)
			body = text
		}
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "0")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) say(answer func(heard) (int, string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// next waits for what is told at a path.
func (r *receiver) next(path string) heard {
	r.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case h := <-r.told:
			if h.path == path {
				return h
			}
		case <-deadline:
			r.t.Fatalf("nothing was told at %s", path)
		}
	}
}

// signed checks a message as the Standard Webhooks say: under the secret, at about this time.
func signed(h http.Header, body []byte) bool {
	at, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute || h.Get("webhook-id") == "" {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(hookSecret)
	if err != nil {
		return false
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "."))
	m.Write(body)
	want := "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
	for _, given := range strings.Fields(h.Get("webhook-signature")) {
		if hmac.Equal([]byte(given), []byte(want)) {
			return true
		}
	}
	return false
}

// hooked are settings with hooks: a path of the receiver, or a function of schema public.
func hooked(r *receiver, points ...string) string {
	var b strings.Builder
	b.WriteString(open)
	for _, name := range points {
		name, timeout, _ := strings.Cut(name, " ")
		name, function, sql := strings.Cut(name, "=")
		fmt.Fprintf(&b, "[auth.hook.%s]\nenabled = true\n", name)
		if sql {
			fmt.Fprintf(&b, "uri = \"pg-functions://postgres/public/%s\"\n", function)
		} else {
			fmt.Fprintf(&b, "uri = \"%s/%s\"\nsecrets = \"v1,whsec_%s|v1,whsec_%s\"\n", r.URL, name, base64.StdEncoding.EncodeToString([]byte("the secret of before, for a while")), hookSecret)
		}
		if timeout != "" {
			fmt.Fprintf(&b, "timeout = %q\n", timeout)
		}
	}
	return b.String()
}

func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no token: %q", token)
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(b, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func (s *server) signIn(mail, password string) answer {
	s.t.Helper()
	return s.auth("", "POST /token?grant_type=password", obj{"email": mail, "password": password})
}

func TestHookMakesClaims(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		r := listen(t)
		s := start(hooked(r, "custom_access_token 2s"), "")
		add := func(h heard) (int, string) {
			claims := h.body["claims"].(map[string]any)
			claims["plan"] = "gold"
			b, _ := json.Marshal(obj{"claims": claims})
			return 200, string(b)
		}
		r.say(add)
		a := s.signUp("ada@example.com")
		if c := claimsOf(t, a.text("access_token")); c["plan"] != "gold" || c["email"] != "ada@example.com" {
			t.Errorf("claims %v", c)
		}
		h := r.next("/custom_access_token")
		if h.body["user_id"] != a.text("user.id") || h.body["authentication_method"] == "" || h.body["metadata"].(map[string]any)["name"] != "customize-access-token" {
			t.Errorf("told %v", h.body)
		}
		s.want("the token works", s.auth(a.text("access_token"), "GET /user", nil), 200, "")
		next := s.want("refresh", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": a.text("refresh_token")}), 200, "")
		if c := claimsOf(t, next.text("access_token")); c["plan"] != "gold" {
			t.Errorf("claims after a refresh: %v", c)
		}

		// What a hook must not do, and what a client then reads. Whoever refreshes loses nothing.
		refuse := func(what string, status int, code string, answer func(heard) (int, string)) {
			t.Helper()
			r.say(answer)
			s.want(what, s.signIn("ada@example.com", good), status, code)
			s.want(what+", refresh", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": next.text("refresh_token")}), status, code)
		}
		change := func(name string, v any) func(heard) (int, string) {
			return func(h heard) (int, string) {
				claims := h.body["claims"].(map[string]any)
				claims[name] = v
				b, _ := json.Marshal(obj{"claims": claims})
				return 200, string(b)
			}
		}
		refuse("its own refusal", 403, "unknown", func(heard) (int, string) { return 200, `{"error":{"http_code":403,"message":"not today"}}` })
		refuse("no claims", 500, "unexpected_failure", func(heard) (int, string) { return 200, `{}` })
		refuse("another user", 500, "unexpected_failure", change("sub", "00000000-0000-4000-8000-000000000001"))
		refuse("another session", 500, "unexpected_failure", change("session_id", "00000000-0000-4000-8000-000000000001"))
		refuse("a longer life", 500, "unexpected_failure", change("exp", time.Now().Add(1000*time.Hour).Unix()))
		refuse("a wrong type", 500, "unexpected_failure", change("is_anonymous", "no"))
		refuse("no JSON", 500, "unexpected_failure", func(heard) (int, string) { return 200, `hello` })
		refuse("another type", 400, "hook_payload_invalid_content_type", func(heard) (int, string) { return 200, "text/html\x00{}" })
		refuse("too large", 422, "hook_payload_over_size_limit", func(heard) (int, string) { return 200, `{"x":"` + strings.Repeat("x", 201<<10) + `"}` })
		refuse("a failure", 500, "unexpected_failure", func(heard) (int, string) { return 500, "" })
		refuse("a redirect", 500, "unexpected_failure", func(heard) (int, string) { return 307, "" })

		busy := 0
		r.say(func(h heard) (int, string) {
			if busy++; busy < 3 {
				return 503, ""
			}
			return add(h)
		})
		s.want("twice busy", s.signIn("ada@example.com", good), 200, "")
		r.say(add)
		s.want("the refresh token is still good", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": next.text("refresh_token")}), 200, "")
	})
}

func TestHookHasLittleTime(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		r := listen(t)
		released := make(chan struct{})
		t.Cleanup(func() { close(released) })
		s := start(hooked(r, "before_user_created 100ms"), "")
		r.say(func(heard) (int, string) { <-released; return 200, "{}" })
		s.want("too slow", s.auth("", "POST /signup", obj{"email": "slow@example.com", "password": good}), 422, "hook_timeout")
		list := s.want("list", s.auth(s.ServiceKey, "GET /admin/users", nil), 200, "")
		if strings.Contains(list.raw, "slow@example.com") {
			t.Error("the user was made before the hook had said so")
		}
	})
}

func TestHookBeforeUserIsMade(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		r := listen(t)
		s := start(hooked(r, "before_user_created", "after_user_created"), "")
		r.say(func(h heard) (int, string) {
			mail, _ := h.body["user"].(map[string]any)["email"].(string)
			if strings.HasSuffix(mail, "@evil.example") {
				return 200, `{"error":{"http_code":400,"message":"Sign-ups from this domain are closed"}}`
			}
			return 204, ""
		})
		for _, request := range []string{"POST /signup", "POST /otp"} {
			a := s.want("refused", s.auth("", request, obj{"email": "eve@evil.example", "password": good}), 400, "unknown")
			if a.text("message") != "Sign-ups from this domain are closed" {
				t.Errorf("answered %s", a.raw)
			}
		}
		s.want("an invitation is asked about, too", s.auth(s.ServiceKey, "POST /invite", obj{"email": "eve@evil.example"}), 400, "unknown")
		if list := s.auth(s.ServiceKey, "GET /admin/users", nil); strings.Contains(list.raw, "evil.example") || len(s.inbox("eve@evil.example")) > 0 {
			t.Errorf("a refused user was made: %s", list.raw)
		}
		a := s.want("anonymous", s.auth("", "POST /signup", obj{}), 200, "")
		asked, told := r.next("/before_user_created"), heard{}
		for asked.body["user"].(map[string]any)["is_anonymous"] != true {
			asked = r.next("/before_user_created")
		}
		told = r.next("/after_user_created")
		for _, h := range []heard{asked, told} {
			if id := h.body["user"].(map[string]any)["id"]; id != a.text("user.id") {
				t.Errorf("%s: told of user %v, made was %s", h.path, id, a.text("user.id"))
			}
		}
		if !strings.Contains(fmt.Sprint(asked.body["metadata"]), "127.0.0.1") {
			t.Errorf("the event does not say where the request comes from: %v", asked.body["metadata"])
		}
		s.signUp("ada@example.com")
	})
}

const hookFunctions = `
create table public.tries (user_id uuid, valid boolean, at timestamptz default now());
create table public.plans (user_id uuid, plan text);
create table public.outgoing (kind text, event jsonb);
grant usage on schema public to supabase_auth_admin;
grant all on public.tries, public.plans, public.outgoing to supabase_auth_admin;
grant all on public.tries, public.plans, public.outgoing to service_role;

create function public.claims(event jsonb) returns jsonb language plpgsql stable as $$
declare
  found text;
begin
  select plan into found from public.plans where user_id = (event ->> 'user_id')::uuid;
  if found is not null then
    event := jsonb_set(event, '{claims,plan}', to_jsonb(found));
  end if;
  return event;
end $$;
create function public.password(event jsonb) returns jsonb language plpgsql as $$
begin
  insert into public.tries (user_id, valid) values ((event ->> 'user_id')::uuid, (event ->> 'valid')::boolean);
  if (select count(*) from public.tries where not valid) > 2 then
    return jsonb_build_object('decision', 'reject', 'message', 'Come back tomorrow', 'should_logout_user', true);
  end if;
  return jsonb_build_object('decision', 'continue');
end $$;
create function public.factor(event jsonb) returns jsonb language plpgsql as $$
begin
  insert into public.tries (user_id, valid) values ((event ->> 'user_id')::uuid, (event ->> 'valid')::boolean);
  if not (event ->> 'valid')::boolean then
    return jsonb_build_object('decision', 'reject');
  end if;
  return jsonb_build_object('decision', 'continue');
end $$;
create function public.gate(event jsonb) returns jsonb language plpgsql as $$
begin
  if event -> 'user' ->> 'email' like '%@evil.example' then
    return jsonb_build_object('error', jsonb_build_object('http_code', 403, 'message', 'not here'));
  end if;
  return '{}'::jsonb;
end $$;
create function public.message(event jsonb) returns void language plpgsql as $$
begin
  insert into public.outgoing values (event -> 'metadata' ->> 'name', event);
end $$;
create function public.broken(event jsonb) returns jsonb language plpgsql as $$
begin
  raise exception 'secret of the database';
end $$;
revoke execute on function public.claims, public.password, public.factor, public.gate, public.message from public, anon, authenticated;
grant execute on function public.claims, public.password, public.factor, public.gate, public.message to supabase_auth_admin;
`

func TestHooksOfTheDatabase(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		s := start(hooked(nil, "custom_access_token=claims", "password_verification_attempt=password", "before_user_created=gate"), hookFunctions)
		s.want("refused", s.auth("", "POST /signup", obj{"email": "eve@evil.example", "password": good}), 403, "unknown")
		a := s.signUp("ada@example.com")
		if _, ok := claimsOf(t, a.text("access_token"))["plan"]; ok {
			t.Error("a plan before there is one")
		}
		s.want("plan", s.call(s.ServiceKey, "POST /rest/v1/plans", obj{"user_id": a.text("user.id"), "plan": "gold"}), 201, "")
		a = s.want("sign in", s.signIn("ada@example.com", good), 200, "")
		if plan := claimsOf(t, a.text("access_token"))["plan"]; plan != "gold" {
			t.Errorf("plan %v", plan)
		}
		for range 2 {
			s.want("wrong", s.signIn("ada@example.com", better), 400, "invalid_credentials")
		}
		last := s.want("third", s.signIn("ada@example.com", better), 400, "invalid_credentials")
		if last.text("message") != "Come back tomorrow" {
			t.Errorf("answered %s", last.raw)
		}
		s.want("signed out", s.auth(a.text("access_token"), "GET /user", nil), 403, "")
		s.want("the right one, too", s.signIn("ada@example.com", good), 400, "invalid_credentials")
		if tries := s.call(s.ServiceKey, "GET /rest/v1/tries?select=valid", nil); strings.Count(tries.raw, "false") != 3 {
			t.Errorf("what a hook writes is kept: %s", tries.raw)
		}
		s.want("nobody else calls it", s.call(a.text("access_token"), "POST /rest/v1/rpc/claims", obj{"event": obj{}}), 401, "")
	})
}

func TestHooksThatFail(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		for _, function := range []string{"broken", "absent"} {
			s := start(hooked(nil, "before_user_created="+function), hookFunctions)
			a := s.want(function, s.auth("", "POST /signup", obj{"email": "ada@example.com", "password": good}), 500, "unexpected_failure")
			if strings.Contains(a.raw, "secret") || !strings.Contains(a.raw, "public/"+function) {
				t.Errorf("answered %s", a.raw)
			}
		}
	})
}

func TestHookOfSecondFactors(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		s := start(hooked(nil, "mfa_verification_attempt=factor"), hookFunctions)
		token := s.signUp("ada@example.com").text("access_token")
		added := s.want("enroll", s.auth(token, "POST /factors", obj{"factor_type": "totp"}), 200, "")
		id := added.text("id")
		verify := func(code string) answer {
			c := s.want("challenge", s.auth(token, "POST /factors/"+id+"/challenge", obj{}), 200, "")
			return s.auth(token, "POST /factors/"+id+"/verify", obj{"challenge_id": c.text("id"), "code": code})
		}
		code, err := totp.At(added.text("totp.secret"), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		token = s.want("right", verify(code), 200, "").text("access_token")
		a := s.want("wrong", verify("000000"), 403, "mfa_verification_rejected")
		if a.text("message") != "Further MFA verification attempts will be rejected." {
			t.Errorf("answered %s", a.raw)
		}
		s.want("signed out", s.auth(token, "GET /user", nil), 403, "")
	})
}

func TestHookSendsMails(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		r := listen(t)
		s := start(hooked(r, "send_email"), "")
		s.want("sign up", s.auth("", "POST /signup?redirect_to=https://app.example/in", obj{"email": "ada@example.com", "password": good}), 200, "")
		h := r.next("/send_email")
		data := func(h heard, name string) string { return fmt.Sprint(h.body["email_data"].(map[string]any)[name]) }
		if h.body["user"].(map[string]any)["email"] != "ada@example.com" || data(h, "email_action_type") != "signup" || data(h, "redirect_to") != "https://app.example/in" ||
			data(h, "site_url") != s.URL+"/auth/v1" {
			t.Fatalf("told %v", h.body)
		}
		a := s.want("the code works", s.auth("", "POST /verify", obj{"type": "email", "email": "ada@example.com", "token": data(h, "token")}), 200, "")

		s.want("recover", s.auth("", "POST /recover", obj{"email": "ada@example.com"}), 200, "")
		h = r.next("/send_email")
		s.want("the hash works", s.auth("", "POST /verify", obj{"type": "recovery", "token_hash": data(h, "token_hash")}), 200, "")

		// A change that both addresses confirm is one event with the tokens of both: token with token_hash_new is the old address's.
		s.want("change", s.auth(a.text("access_token"), "PUT /user", obj{"email": "new@example.com"}), 200, "")
		h = r.next("/send_email")
		if h.body["user"].(map[string]any)["new_email"] != "new@example.com" {
			t.Fatalf("told %v", h.body)
		}
		s.want("old", s.auth("", "POST /verify", obj{"type": "email_change", "token_hash": data(h, "token_hash_new")}), 200, "")
		done := s.want("new", s.auth("", "POST /verify", obj{"type": "email_change", "email": "new@example.com", "token": data(h, "token_new")}), 200, "")
		if done.text("user.email") != "new@example.com" {
			t.Errorf("answered %s", done.raw)
		}

		// A hook that fails is asked again, under the same id.
		r.say(func(heard) (int, string) { return 500, "" })
		s.want("recover", s.auth("", "POST /recover", obj{"email": "new@example.com"}), 200, "")
		first := r.next("/send_email")
		r.say(func(heard) (int, string) { return 200, "{}" })
		if first.id == "" || first.id == h.id {
			t.Errorf("ids %q and %q", first.id, h.id)
		}
	})
}

func TestHookSendsTexts(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		s := start(hooked(nil, "send_sms=message"), hookFunctions)
		s.want("otp", s.auth("", "POST /otp", obj{"phone": "+491701234567"}), 200, "")
		code := ""
		for deadline := time.Now().Add(20 * time.Second); code == ""; {
			var rows []struct {
				Event struct {
					SMS struct{ OTP, Phone string }
				}
			}
			if err := json.Unmarshal([]byte(s.call(s.ServiceKey, "GET /rest/v1/outgoing?kind=eq.send-sms", nil).raw), &rows); err != nil {
				t.Fatal(err)
			}
			if len(rows) == 1 && rows[0].Event.SMS.Phone == "491701234567" {
				code = rows[0].Event.SMS.OTP
			} else if time.Now().After(deadline) {
				t.Fatalf("no message: %+v", rows)
			}
		}
		s.want("the code works", s.auth("", "POST /verify", obj{"type": "sms", "phone": "+491701234567", "token": code}), 200, "")
	})
}
