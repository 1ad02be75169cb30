package signin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/federation"
)

// The cases of the catalogue of attacks that have no test of their own elsewhere; docs/reference/attacks.md says which is where.

// forge makes a token of a header and claims; sign may be nil.
func forge(header, claims any, sign func(text string) []byte) string {
	part := func(v any) string {
		if text, ok := v.(string); ok {
			return base64.RawURLEncoding.EncodeToString([]byte(text))
		}
		b, _ := json.Marshal(v) // maps of plain values
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(header) + "." + part(claims)
	if sign == nil {
		return text + "."
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sign(text))
}

// TestForgedTokens is attacks D1 to D7 at the doors: none of these is a token.
func TestForgedTokens(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		s := start(provider, "")
		in := s.signUp("ada@example.com")
		token := in.text("access_token")
		parts := strings.Split(token, ".")
		claims, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		var mine map[string]any
		if err := json.Unmarshal(claims, &mine); err != nil {
			t.Fatal(err)
		}
		admin := obj{"role": "service_role", "sub": mine["sub"], "exp": time.Now().Add(time.Hour).Unix(), "session_id": mine["session_id"]}
		with := func(change obj) string { // signed by the project's key, as an attacker cannot, to see what is checked behind the signature
			all := obj{}
			for k, v := range mine {
				all[k] = v
			}
			for k, v := range change {
				all[k] = v
			}
			signed, err := s.Sign(all)
			if err != nil {
				t.Fatal(err)
			}
			return signed
		}
		public := s.auth("", "GET /.well-known/jwks.json", nil).raw
		hs := func(key string) func(string) []byte {
			return func(text string) []byte {
				m := hmac.New(sha256.New, []byte(key))
				m.Write([]byte(text))
				return m.Sum(nil)
			}
		}
		bad := map[string]string{
			"D1 none": forge(obj{"alg": "none"}, admin, nil), "D1 None": forge(obj{"alg": "None"}, admin, nil), "D1 nOnE": forge(obj{"alg": "nOnE"}, admin, nil),
			"D1 an empty signature": parts[0] + "." + parts[1] + ".", "D1 no alg": forge(obj{}, admin, nil), "D1 another's claims": parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"role":"service_role"}`)) + "." + parts[2],
			"D2 HS256 with the public key": forge(obj{"alg": "HS256"}, admin, hs(public)), "D2 HS256 with nothing": forge(obj{"alg": "HS256"}, admin, hs("")),
			"D3 kid of a file": forge(obj{"alg": "HS256", "kid": "../../dev/null"}, admin, hs("")), "D3 kid of SQL": forge(obj{"alg": "HS256", "kid": "' or 1=1 --"}, admin, hs("")),
			"D3 a key of its own":         forge(obj{"alg": "HS256", "jwk": obj{"kty": "oct", "k": "AA"}}, admin, hs("\x00")),
			"D3 the address of a key set": forge(obj{"alg": "RS256", "jku": s.URL + "/keys", "kid": "1"}, admin, hs("x")), "D3 critical": forge(obj{"alg": "HS256", "crit": []string{"b64"}, "b64": false}, admin, hs("x")),
			"D5 expired": with(obj{"exp": time.Now().Add(-time.Hour).Unix()}), "D5 exp as text": with(obj{"exp": "9999999999"}), "D5 exp as a list": with(obj{"exp": []int{1}}), "D5 exp beyond numbers": with(obj{"exp": 1e300}),
			"D5 not yet": with(obj{"nbf": time.Now().Add(time.Hour).Unix()}), "D5 issued later": with(obj{"iat": time.Now().Add(time.Hour).Unix()}), "D5 iat as text": with(obj{"iat": "now"}),
			"D6 for something else": with(obj{"token_use": "id"}), "D6 a refresh token": in.text("refresh_token"),
			"D7 thousands of dots": strings.Repeat(".", 20000), "D7 five parts": token + ".x.y", "D7 a deep claim": forge(obj{"alg": "HS256"}, strings.Repeat("[", 10000)+strings.Repeat("]", 10000), hs("x")),
			"D12 cut": token[:len(token)-2], "D12 longer": token + "A", "D9 another session": with(obj{"session_id": "00000000-0000-4000-8000-000000000009"}),
		}
		for what, token := range bad {
			if a := s.auth(token, "GET /user", nil); a.status != 401 && a.status != 403 && a.status != 431 {
				t.Errorf("%s at the door of sign-in: %d %.200s", what, a.status, a.raw)
			}
			if strings.HasPrefix(what, "D9") {
				continue // the data door knows the sessions that have ended; one that never was is one that the key has signed
			}
			if a := s.call(token, "GET /rest/v1/profiles", nil); a.status != 401 && a.status != 431 {
				t.Errorf("%s at the data door: %d %.200s", what, a.status, a.raw)
			}
		}
		s.want("the right one", s.auth(token, "GET /user", nil), 200, "")

		// D6: each kind of token opens what it is for and nothing else.
		s.want("a link", s.auth("", "POST /recover", obj{"email": "ada@example.com"}), 200, "")
		link, err := url.Parse(s.mail("ada@example.com", "recovery").Link)
		if err != nil {
			t.Fatal(err)
		}
		secret := link.Query().Get("token")
		for what, a := range map[string]answer{
			"an access token that refreshes": s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": token}),
			"a link that refreshes":          s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": secret}),
			"a link as a code":               s.auth("", "POST /token?grant_type=pkce", obj{"auth_code": secret, "code_verifier": verifier}),
			"a link for another purpose":     s.auth("", "POST /verify", obj{"type": "email_change", "token_hash": secret}),
			"a refresh token as a link":      s.auth("", "POST /verify", obj{"type": "recovery", "token_hash": in.text("refresh_token")}),
			"an access token as a link":      s.auth("", "POST /verify", obj{"type": "recovery", "token_hash": token}),
			"a link as a bearer":             s.auth(secret, "GET /user", nil),
		} {
			if a.status < 400 || a.status >= 500 {
				t.Errorf("D6 %s: %d %.200s", what, a.status, a.raw)
			}
		}
		// D12: what is opaque counts whole.
		refresh := in.text("refresh_token")
		for _, other := range []string{refresh[:len(refresh)-1], refresh + "A", refresh + "=", " " + refresh + "x", strings.ToUpper(refresh), refresh[:20], secret[:len(secret)-1]} {
			if a := s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": other}); a.status != 400 {
				t.Errorf("D12 %q: %d %.200s", other, a.status, a.raw)
			}
		}
		for _, other := range []string{secret[:len(secret)-1], secret + "0", strings.ToUpper(secret)} {
			s.want("D12 a link", s.auth("", "POST /verify", obj{"type": "recovery", "token_hash": other}), 403, "otp_expired")
		}
		s.want("and whole it works", s.auth("", "POST /verify", obj{"type": "recovery", "token_hash": secret}), 200, "")
		// D14: a token in the address counts for nothing where the protocol does not ask for it.
		if a := s.auth("", "GET /user?access_token="+token, nil); a.status != 401 {
			t.Errorf("D14 %d %s", a.status, a.raw)
		}
		// D15: a secret key from a browser.
		r, err := http.NewRequest("GET", s.URL+"/auth/v1/admin/users", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("apikey", s.Secret)
		r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)")
		if a := s.send(r); a.status != 401 {
			t.Errorf("D15 %d %s", a.status, a.raw)
		}
	})
}

// TestWhatUsersSayOfThemselves is attacks E4, E5, E11, E16, E19, D17, D18 and B12.
func TestWhatUsersSayOfThemselves(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		long := strings.Repeat("a", 99) + "b" + strings.Repeat("c", 100)
		s.want("E4 sign-up", s.auth("", "POST /signup", obj{
			"email": "ada@example.com", "password": long, "role": "service_role", "email_confirmed_at": "2020-01-01T00:00:00Z", "app_metadata": obj{"admin": true}, "is_super_admin": true, "id": "00000000-0000-4000-8000-000000000001",
			"data": obj{"role": "admin"},
		}), 200, "")
		s.want("E4 not confirmed", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": long}), 400, "email_not_confirmed")
		s.press(s.mail("ada@example.com", "confirmation").Link)
		s.want("D18 another byte at 100", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": strings.Replace(long, "b", "d", 1)}), 400, "invalid_credentials")
		s.want("D18 cut at 72", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": long[:72]}), 400, "invalid_credentials")
		s.want("D18 NUL", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": long[:50] + "\x00"}), 400, "invalid_credentials")
		in := s.want("D18 the whole", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": long}), 200, "")
		again := s.want("D17 a second session", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": long}), 200, "")
		if in.text("refresh_token") == again.text("refresh_token") {
			t.Error("D17 two sign-ins have one session")
		}
		token := again.text("access_token")
		s.want("E4 the user's own", s.auth(token, "PUT /user", obj{"data": obj{"name": "Ada"}, "role": "service_role", "app_metadata": obj{"admin": true}, "email_confirm": true, "is_anonymous": true, "banned_until": nil}), 200, "")
		a := s.auth(token, "GET /user", nil)
		if a.text("role") != "authenticated" || a.text("app_metadata.admin") != "" || a.text("id") == "00000000-0000-4000-8000-000000000001" || a.text("is_anonymous") != "false" {
			t.Errorf("E4 %s", a.raw)
		}
		// E19: no answer holds what is the server's.
		for _, secret := range []string{"argon2", "encrypted_password", "confirmation_token", "recovery_token", "hmac", "is_super_admin", "instance_id", "token_hash"} {
			for what, text := range map[string]string{"user": a.raw, "session": in.raw, "admin": s.auth(s.ServiceKey, "GET /admin/users", nil).raw} {
				if strings.Contains(text, secret) {
					t.Errorf("E19 %s tells %s: %s", what, secret, text)
				}
			}
		}
		// E5: wrong types and both addresses at once are no request.
		for _, body := range []string{
			`{"email":{"$ne":null},"password":"x"}`, `{"email":["ada@example.com"],"password":"x"}`, `{"email":"ada@example.com","password":{"$gt":""}}`, `{"email":"ada@example.com","password":true}`, `[]`, `"x"`, `{`, ``,
			`{"email":"ada@example.com","phone":"491701234567","password":"x"}`, `{"password":"x"}`,
		} {
			r, err := http.NewRequest("POST", s.URL+"/auth/v1/token?grant_type=password", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			if a := s.send(r); a.status != 400 {
				t.Errorf("E5 %s: %d %s", body, a.status, a.raw)
			}
		}
		// E11: what was sent to the old address is void when it is replaced.
		s.want("a link to the old address", s.auth("", "POST /recover", obj{"email": "ada@example.com"}), 200, "")
		old, err := url.Parse(s.mail("ada@example.com", "recovery").Link)
		if err != nil {
			t.Fatal(err)
		}
		s.want("another address", s.auth(s.ServiceKey, "PUT /admin/users/"+a.text("id"), obj{"email": "ada2@example.com"}), 200, "")
		s.want("E11", s.auth("", "POST /verify", obj{"type": "recovery", "token_hash": old.Query().Get("token")}), 403, "otp_expired")
		// E16: links are made of the project's own address.
		if a := s.call("", "POST /auth/v1/recover", obj{"email": "ada2@example.com"}, "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "Forwarded", "host=evil.example", "Origin", "https://evil.example", "Referer", "https://evil.example/"); a.status != 200 {
			t.Errorf("E16 %d %s", a.status, a.raw)
		}
		if link := s.mail("ada2@example.com", "recovery").Link; !strings.HasPrefix(link, s.URL+"/") || strings.Contains(link, "evil") {
			t.Errorf("E16 %s", link)
		}
		// E20, F11: there is nothing to set up, and no grant that gives a program a user's password.
		for _, grant := range []string{"implicit", "device_code", "urn:ietf:params:oauth:grant-type:token-exchange", "client_credentials", "magic"} {
			if a := s.auth("", "POST /token?grant_type="+url.QueryEscape(grant), obj{}); a.status != 400 {
				t.Errorf("F11, F12 %s: %d %s", grant, a.status, a.raw)
			}
		}
		for _, path := range []string{"/setup", "/install", "/first-admin"} {
			s.want("E20", s.auth("", "POST "+path, obj{}), 404, "not_found")
		}
	})
}

// TestLimitsOfSignIn is attacks E8, E9, E17, P3, P4 and P7: limits hold against many at once, and whatever the address of the request looks like.
func TestLimitsOfSignIn(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		s := start(strings.Replace(open, "password_failures = -1", "password_failures = 10", 1), "")
		s.signUp("ada@example.com")
		var compared atomic.Int32
		s.race(func() answer {
			a := s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": "wrong"})
			if a.status == 400 {
				compared.Add(1)
			}
			return a
		})
		if n := compared.Load(); n != 9 && n != 10 { // the sign-in before has taken its count back
			t.Errorf("E9 of %d wrong passwords at once %d were compared", parallel, n)
		}
		s.want("P5 and the right one waits", s.auth("", "POST /token?grant_type=password", obj{"email": "ADA@example.com ", "password": good}), 429, "over_request_rate_limit")
		s.want("P3 another address has its own", s.auth("", "POST /token?grant_type=password", obj{"email": "ben@example.com", "password": "wrong"}), 400, "invalid_credentials")

		s = start(strings.Replace(strings.Replace(open, "sign_in_sign_ups = -1", "sign_in_sign_ups = 4", 1), "email_sent = -1", "email_sent = 2", 1), "")
		for i := range 2 {
			s.want("a mail", s.auth("", "POST /recover", obj{"email": fmt.Sprintf("a%d@example.com", i)}), 200, "")
		}
		s.want("E17 the project's mails", s.auth("", "POST /recover", obj{"email": "a9@example.com"}), 429, "over_email_send_rate_limit")
		for range 4 {
			s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": "wrong"})
		}
		for _, path := range []string{"/auth/v1/token?grant_type=password&x=1", "/auth/v1/token/../token?grant_type=password", "/auth/v1//token?grant_type=password", "/auth/v1/TOKEN?grant_type=password", "/AUTH/v1/token?grant_type=password", "/auth/v1/token;x?grant_type=password", "/auth/v1/%74oken?grant_type=password", "/auth/v1/token/?grant_type=password"} {
			a := s.call("", "POST "+path, obj{"email": "ada@example.com", "password": "wrong"}, "X-HTTP-Method-Override", "POST")
			if a.status != 429 && a.status != 404 && a.status != 301 && a.status != 307 && a.status != 308 {
				t.Errorf("P4 %s: %d %s", path, a.status, a.raw)
			}
		}
		s = start(strings.Replace(open, `max_frequency = "0s"`, `max_frequency = "1m"`, 1), "")
		var sent atomic.Int32
		s.race(func() answer {
			a := s.auth("", "POST /recover", obj{"email": "ada@example.com"})
			if a.status == 200 {
				sent.Add(1)
				a.status = 429
			}
			return a
		})
		if n := sent.Load(); n != 1 {
			t.Errorf("E17 of %d requests for one address at once %d were served", parallel, n)
		}
	})
}

// TestSecretsOfFlowsAreNotInTheClear: whoever reads the database, or a backup of it, gets no session of the flows that wait in it.
func TestSecretsOfFlowsAreNotInTheClear(t *testing.T) {
	h := newHouse(t)
	atDesk(t, func(o *account.Options) {
		var err error
		if o.Federation, err = federation.New([]federation.Provider{{Name: "house", ClientID: "app", Secret: "s", Issuer: h.URL}}, func() string { return "https://api.example/auth/v1/callback" }, nil, nil); err != nil {
			t.Fatal(err)
		}
	}, func(t *testing.T, d *desk) {
		ctx := t.Context()
		flow := account.Challenge{Code: s256, Method: "s256"}
		left, err := d.Depart(ctx, someone, account.Departure{Provider: "house", Challenge: flow, Invite: "an invitation's secret"})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.rows("select code_verifier from auth.oauth_client_states"); !strings.HasPrefix(got, "mainstay1:") {
			t.Errorf("the verifier towards the provider: %s", got)
		}
		if got := d.rows("select invite_token from auth.flow_state"); strings.Contains(got, "secret") || got == "" {
			t.Errorf("the invitation: %s", got)
		}
		d.sql("update auth.flow_state set invite_token = null")
		to, err := url.Parse(left.URL)
		if err != nil {
			t.Fatal(err)
		}
		h.mu.Lock()
		h.claims = h.says(map[string]any{"nonce": to.Query().Get("nonce")})
		h.mu.Unlock()
		out, err := d.Arrive(ctx, someone, account.Arrival{State: to.Query().Get("state"), Code: "c" + to.Query().Get("state"), Issuer: h.URL})
		if err != nil || out.Code == "" {
			t.Fatal(out, err)
		}
		kept := d.rows("select auth_code || ' ' || provider_access_token || ' ' || provider_refresh_token from auth.flow_state")
		if strings.Contains(kept, out.Code) || strings.Contains(kept, "house") || strings.Count(kept, "mainstay1:") != 2 {
			t.Errorf("kept in the clear: %s", kept)
		}
		in, err := d.Exchange(ctx, someone, out.Code, verifier)
		if err != nil || in.Provider != "house access" || in.ProviderNext != "house refresh" {
			t.Errorf("the browser gets %+v, %v", in, err)
		}
	})
}
