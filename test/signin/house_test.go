package signin

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/federation"
)

// house is an identity provider that says what a test wants. Nobody sees its pages: the test comes back with a code as a browser would.
type house struct {
	*httptest.Server
	name   string // of the provider in the settings
	more   []obj  // published beside its key
	key    *rsa.PrivateKey
	mu     sync.Mutex
	claims map[string]any // guarded by mu; of the next identity token
	header map[string]any // guarded by mu; of its header, over the right one
	forged bool           // guarded by mu; signed by another key
	used   map[string]int // guarded by mu; how often each code came
}

func newHouse(t *testing.T) *house {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{name: "house", key: key, used: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(obj{
			"issuer": h.URL, "authorization_endpoint": h.URL + "/auth", "token_endpoint": h.URL + "/token", "jwks_uri": h.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"},
			"authorization_response_iss_parameter_supported": true,
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(obj{"keys": append(h.more, obj{
			"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		})})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.used[r.PostFormValue("code")]++
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(obj{"access_token": "house access", "refresh_token": "house refresh", "token_type": "Bearer", "expires_in": 60, "id_token": h.token()})
	})
	h.Server = httptest.NewServer(mux)
	t.Cleanup(h.Close)
	return h
}

// token makes an identity token of what is to be said.
func (h *house) token() string {
	header := map[string]any{"alg": "RS256", "kid": "1", "typ": "JWT"}
	for k, v := range h.header {
		header[k] = v
	}
	part := func(v any) string {
		b, _ := json.Marshal(v) // maps of plain values
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(header) + "." + part(h.claims)
	if header["alg"] == "none" {
		return text + "."
	}
	sum := sha256.Sum256([]byte(text))
	key := h.key
	if h.forged {
		key, _ = rsa.GenerateKey(rand.Reader, 2048) // as good as any
	}
	b, _ := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:]) // the key is whole
	return text + "." + base64.RawURLEncoding.EncodeToString(b)
}

func (h *house) says(claims map[string]any) map[string]any {
	now := time.Now()
	all := map[string]any{"iss": h.URL, "aud": "app", "sub": "ada", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "email": "ada@example.com", "email_verified": true}
	for k, v := range claims {
		if v == nil {
			delete(all, k)
			continue
		}
		all[k] = v
	}
	return all
}

func (h *house) settings() string {
	return open + h.section()
}

// section is the part of the settings that names it.
func (h *house) section() string {
	return fmt.Sprintf("[auth.external.%s]\nenabled = true\nclient_id = \"app\"\nsecret = \"s\"\nurl = %q\n", h.name, h.URL)
}

// leave sends a browser off to the house.
func (s *server) leave(browser *http.Client, query string) url.Values {
	s.t.Helper()
	return s.leaveFor("house", browser, query)
}

func (s *server) leaveFor(provider string, browser *http.Client, query string) url.Values {
	s.t.Helper()
	resp, err := browser.Get(s.URL + "/auth/v1/authorize?provider=" + provider + query)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != http.StatusFound {
		s.t.Fatalf("leave: %d %s", resp.StatusCode, to)
	}
	return to.Query()
}

func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// back brings a browser back and gives where it is sent.
func (s *server) back(browser *http.Client, v url.Values) *url.URL {
	s.t.Helper()
	resp, err := browser.Get(s.URL + "/auth/v1/callback?" + v.Encode())
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("back: %d %s", resp.StatusCode, to)
	}
	return to
}

// visit is a whole visit: the house says what claims say, and the answer has what change says.
func (s *server) visit(h *house, claims map[string]any, change url.Values) *url.URL {
	s.t.Helper()
	b := newBrowser(s.t)
	asked := s.leaveFor(h.name, b, "")
	h.mu.Lock()
	if _, ok := claims["nonce"]; !ok {
		claims["nonce"] = asked.Get("nonce")
	}
	h.claims = claims
	h.mu.Unlock()
	v := url.Values{"state": {asked.Get("state")}, "code": {"code " + asked.Get("state")}, "iss": {h.URL}}
	for name, values := range change {
		if values == nil {
			v.Del(name)
			continue
		}
		v[name] = values
	}
	return s.back(b, v)
}

func signedIn(u *url.URL) bool { return fragment(u).Get("access_token") != "" }

// TestVisitsAtAProvider is attacks F4 to F7 and D1 of the client side: what a provider, or somebody in its place, may say that signs nobody in.
func TestVisitsAtAProvider(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		h := newHouse(t)
		s := start(h.settings(), "")
		if to := s.visit(h, h.says(nil), nil); !signedIn(to) || fragment(to).Get("provider_token") != "house access" {
			t.Fatalf("the right answer: %s", to)
		}
		for what, claims := range map[string]map[string]any{
			"F7 another issuer": {"iss": "https://evil.example"}, "another audience": {"aud": "other"}, "F4 no nonce": {"nonce": ""}, "F4 another nonce": {"nonce": "x"},
			"expired": {"exp": time.Now().Add(-time.Hour).Unix()}, "no subject": {"sub": nil}, "an audience of several, for another": {"aud": []string{"app", "other"}, "azp": "other"},
			"at_hash of another token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "no end": {"exp": nil},
		} {
			if to := s.visit(h, h.says(claims), nil); signedIn(to) || to.Query().Get("error") == "" {
				t.Errorf("%s: %s", what, to)
			}
		}
		for what, header := range map[string]map[string]any{"D1 none": {"alg": "none"}, "F8 a key that is not published": {"kid": "2"}, "D2 HS256": {"alg": "HS256"}} {
			h.mu.Lock()
			h.header = header
			h.mu.Unlock()
			if to := s.visit(h, h.says(nil), nil); signedIn(to) {
				t.Errorf("%s: %s", what, to)
			}
		}
		h.mu.Lock()
		h.header, h.forged = nil, true
		h.mu.Unlock()
		if to := s.visit(h, h.says(nil), nil); signedIn(to) {
			t.Errorf("another key: %s", to)
		}
		h.mu.Lock()
		h.forged = false
		h.mu.Unlock()
		for what, change := range map[string]url.Values{
			"F5 another issuer": {"iss": {"https://evil.example"}}, "F5 no issuer of who always sends it": {"iss": nil}, "F4 no state": {"state": nil}, "F4 an unknown state": {"state": {federation.Verifier()}},
			"F4 a state of its own": {"state": {"00000000-0000-4000-8000-000000000000"}}, "no code": {"code": nil}, "F5 an error of another": {"iss": {"https://evil.example"}, "error": {"access_denied"}},
		} {
			to := s.visit(h, h.says(nil), change)
			if signedIn(to) || to.Query().Get("error") == "" {
				t.Errorf("%s: %s", what, to)
			}
			if strings.HasPrefix(what, "F5") && to.Query().Get("error_code") != "bad_oauth_callback" {
				t.Errorf("%s: %s", what, to)
			}
		}
		// F4, F6: a visit ends once, in the browser that began it.
		b := newBrowser(t)
		asked := s.leave(b, "")
		h.mu.Lock()
		h.claims = h.says(map[string]any{"nonce": asked.Get("nonce")})
		h.mu.Unlock()
		v := url.Values{"state": {asked.Get("state")}, "code": {"once"}, "iss": {h.URL}}
		if to := s.back(newBrowser(t), v); signedIn(to) {
			t.Errorf("F4 another browser: %s", to)
		}
		if to := s.back(b, v); signedIn(to) {
			t.Errorf("F6 a visit that has ended: %s", to)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		for code, n := range h.used {
			if n > 1 {
				t.Errorf("F6 %s was exchanged %d times", code, n)
			}
		}
	})
}

// TestProviderThatPosts: an answer that comes as a form of another site (Apple's) is sent on to where the visit's cookie comes along.
func TestProviderThatPosts(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		h := newHouse(t)
		s := start(h.settings(), "")
		b := newBrowser(t)
		asked := s.leave(b, "")
		h.mu.Lock()
		h.claims = h.says(map[string]any{"nonce": asked.Get("nonce")})
		h.mu.Unlock()
		v := url.Values{"state": {asked.Get("state")}, "code": {"posted"}, "iss": {h.URL}, "user": {`{"name":{}}`}}
		// The post comes without the cookie, which is for visits of the own site (SameSite=Lax).
		r, err := http.NewRequest("POST", s.URL+"/auth/v1/callback", strings.NewReader(v.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		a := s.send(r)
		to, err := url.Parse(a.head.Get("Location"))
		if err != nil || a.status != http.StatusSeeOther || !strings.HasPrefix(to.String(), s.URL+"/auth/v1/callback?") || to.Query().Has("user") {
			t.Fatalf("sent on to %d %s", a.status, to)
		}
		if got := s.back(newBrowser(t), to.Query()); signedIn(got) {
			t.Errorf("F4 another browser: %s", got)
		}
		b = newBrowser(t)
		asked = s.leave(b, "")
		h.mu.Lock()
		h.claims = h.says(map[string]any{"nonce": asked.Get("nonce")})
		h.mu.Unlock()
		v.Set("state", asked.Get("state"))
		if got := s.back(b, v); !signedIn(got) {
			t.Errorf("the browser that left: %s", got)
		}
	})
}

// TestLinkingFollowsProof is attacks E1 to E3 and E7: who comes through a provider gets an account only with proof of it, and nobody comes back whom the project has shut out.
func TestLinkingFollowsProof(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		h := newHouse(t)
		s := start(h.settings(), "")
		s.want("E1 the attacker is first", s.auth("", "POST /signup", obj{"email": "ada@example.com", "password": "attackers own 1"}), 200, "")
		to := s.visit(h, h.says(nil), nil)
		if !signedIn(to) {
			t.Fatalf("E1 the owner: %s", to)
		}
		s.want("E1 the attacker's password", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": "attackers own 1"}), 400, "invalid_credentials")
		id := s.auth(fragment(to).Get("access_token"), "GET /user", nil).text("id")

		ben := s.signUp("ben@example.com")
		if to := s.visit(h, h.says(map[string]any{"sub": "eve", "email": "ben@example.com"}), nil); signedIn(to) || to.Query().Get("error_code") != "user_already_exists" {
			t.Errorf("an address that is proved here: %s", to)
		}
		if to := s.visit(h, h.says(map[string]any{"sub": "eve", "email": "carl@example.com", "email_verified": false}), nil); signedIn(to) {
			t.Errorf("E2 an address that the provider does not vouch for: %s", to)
		}
		if to := s.visit(h, h.says(map[string]any{"sub": "eve", "email": nil}), nil); signedIn(to) {
			t.Errorf("E2 no address: %s", to)
		}
		// E4: what the provider tells of the user gives no right.
		to = s.visit(h, h.says(map[string]any{"sub": "mallory", "email": "mallory@example.com", "role": "service_role", "app_metadata": obj{"admin": true}, "is_super_admin": true}), nil)
		if a := s.auth(fragment(to).Get("access_token"), "GET /user", nil); a.text("role") != "authenticated" || a.text("app_metadata.admin") != "" {
			t.Errorf("E4 %s", a.raw)
		}
		s.want("ban", s.auth(s.ServiceKey, "PUT /admin/users/"+id, obj{"ban_duration": "24h"}), 200, "")
		if to := s.visit(h, h.says(nil), nil); signedIn(to) || to.Query().Get("error_code") != "user_banned" {
			t.Errorf("E7 banned: %s", to)
		}
		s.want("deleted", s.auth(s.ServiceKey, "DELETE /admin/users/"+id, obj{"should_soft_delete": true}), 200, "")
		to = s.visit(h, h.says(nil), nil)
		if a := s.auth(fragment(to).Get("access_token"), "GET /user", nil); a.text("id") == id {
			t.Errorf("E14 a deleted user comes back: %s", a.raw)
		}
		s.want("ben is as he was", s.auth(ben.text("access_token"), "GET /user", nil), 200, "")
	})
}

// TestProvidersShareNothing is attack E6: of two providers that are used at once each signs in its own users, and what one says counts nowhere else.
func TestProvidersShareNothing(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		one, two := newHouse(t), newHouse(t)
		one.name, two.name = "one", "two"
		s := start(open+one.section()+two.section(), "")
		var wg sync.WaitGroup
		for _, h := range []*house{one, two} {
			wg.Go(func() {
				for range 8 {
					to := s.visit(h, h.says(map[string]any{"email": h.name + "@example.com"}), nil)
					a := s.auth(fragment(to).Get("access_token"), "GET /user", nil)
					if a.text("email") != h.name+"@example.com" || a.text("app_metadata.provider") != h.name {
						t.Errorf("E6 %s signs in %d %s", h.name, a.status, a.raw)
					}
				}
			})
		}
		wg.Wait()
		theirs := two.says(map[string]any{"email": "two@example.com"})
		if to := s.visit(one, theirs, nil); signedIn(to) {
			t.Errorf("E6 one says that it is the other: %s", to)
		}
		two.claims = two.says(map[string]any{"nonce": nil})
		token := two.token()
		s.want("E6 the identity token of the other", s.auth("", "POST /token?grant_type=id_token", obj{"provider": "one", "id_token": token}), 400, "")
		two.key, one.key = one.key, two.key
		for _, h := range []*house{one, two} {
			if to := s.visit(h, h.says(nil), nil); signedIn(to) {
				t.Errorf("E6 %s with the other's key: %s", h.name, to)
			}
		}
	})
}

// TestStrangeKeysAtAProvider is attack F8: keys that nobody here can use spoil none that can be used, and a set without end is not read to its end.
func TestStrangeKeysAtAProvider(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		h := newHouse(t)
		h.more = []obj{{}, {"kty": "AKP", "alg": "ML-DSA-65", "kid": "9", "pub": "AAAA"}, {"kty": "oct", "k": "AA", "kid": "8"}, {"kty": "RSA", "kid": "7", "n": "!", "e": "!"}, {"kty": "EC", "crv": "P-999", "kid": "6"}, {"kty": "RSA", "kid": "1", "use": "enc", "n": "AA", "e": "AQAB"}}
		if to := start(h.settings(), "").visit(h, h.says(nil), nil); !signedIn(to) {
			t.Errorf("F8 beside strange keys: %s", to)
		}
		h = newHouse(t)
		h.more = []obj{{"kty": "oct", "k": strings.Repeat("A", 2<<20)}}
		if to := start(h.settings(), "").visit(h, h.says(nil), nil); signedIn(to) {
			t.Errorf("F8 a set of two megabytes: %s", to)
		}
	})
}
