package signin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/browsertest"
	"github.com/mainstay-dev/mainstay/internal/totp"
)

// TestSessionsAreHandedOver: a site gets the session that there is by a code, once, with the verifier of its challenge, and at an allowed address alone (attacks F1 to F3). Who has the
// session hands it over, and nobody who has an access token of it, least of all one of before the second factor (E13).
func TestSessionsAreHandedOver(t *testing.T) {
	both(t, open+"mfa = -1\n", func(t *testing.T, s *server) {
		signed := s.signUp("ada@example.com")
		token, refresh := signed.text("access_token"), signed.text("refresh_token")
		ask := func(token, refresh, to string) answer {
			return s.auth(token, "POST /handover", obj{"redirect_to": to, "refresh_token": refresh, "code_challenge": s256, "code_challenge_method": "s256"})
		}
		exchange := func(u *url.URL, verifier string) answer {
			return s.auth("", "POST /token?grant_type=pkce", obj{"auth_code": u.Query().Get("code"), "code_verifier": verifier})
		}
		hand := func(to string) *url.URL {
			t.Helper()
			a := s.want("hand over", ask(token, refresh, to), 200, "")
			u, err := url.Parse(a.text("redirect_url"))
			if err != nil || u.Fragment != "" || strings.Contains(a.raw, "access_token") {
				t.Fatalf("sent to %s, %v", a.raw, err)
			}
			return u
		}
		early := hand("https://app.example/in")
		added := s.want("enroll", s.auth(token, "POST /factors", obj{"factor_type": "totp"}), 200, "")
		code, err := totp.At(added.text("totp.secret"), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		asked := s.want("challenge", s.auth(token, "POST /factors/"+added.text("id")+"/challenge", obj{}), 200, "")
		in := s.want("verify", s.auth(token, "POST /factors/"+added.text("id")+"/verify", obj{"challenge_id": asked.text("id"), "code": code}), 200, "")
		weak, used := token, refresh
		token, refresh = in.text("access_token"), in.text("refresh_token")
		s.want("E13 an access token of before", ask(weak, refresh, ""), 403, "insufficient_aal")
		s.want("E13 both tokens of before", ask(weak, used, ""), 400, "refresh_token_already_used")
		s.want("E13 the refresh token of before", ask(token, used, ""), 400, "refresh_token_already_used")
		s.want("E13 a code of before", exchange(early, verifier), 422, "flow_state_expired")
		s.want("an access token alone", ask(token, "", ""), 400, "refresh_token_not_found")
		s.want("another's refresh token", ask(token, s.signUp("ben@example.com").text("refresh_token"), ""), 400, "refresh_token_not_found")
		if u := hand("https://evil.example/in"); u.Host != "app.example" {
			t.Errorf("F1 sent to %s", u)
		}
		u := hand("https://app.example/in?a=b")
		if u.Path != "/in" || u.Query().Get("a") != "b" {
			t.Errorf("sent to %s", u)
		}
		s.want("F2 another verifier", exchange(u, strings.Repeat("x", 43)), 400, "bad_code_verifier")
		s.want("F3 used by it", exchange(u, verifier), 404, "flow_state_not_found")
		u = hand("https://app.example/in")
		won, got := s.race(func() answer { return exchange(u, verifier) })
		if won != 1 {
			t.Errorf("F3 %d of %d got the session", won, parallel)
		}
		s.want("what the site has got since", ask(token, refresh, ""), 400, "refresh_token_already_used")
		before, after := claimsOf(t, token), claimsOf(t, got.text("access_token"))
		if before["session_id"] != after["session_id"] || after["aal"] != "aal2" || fmt.Sprint(before["amr"]) != fmt.Sprint(after["amr"]) {
			t.Errorf("another session: %v, was %v", after, before)
		}
		next := s.want("it goes on", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": got.text("refresh_token")}), 200, "")
		refresh = next.text("refresh_token")
		s.want("no challenge", s.auth(token, "POST /handover", obj{"redirect_to": "https://app.example/in"}), 400, "validation_failed")
		s.want("plain", s.auth(token, "POST /handover", obj{"code_challenge": verifier, "code_challenge_method": "plain"}), 400, "validation_failed")
		s.want("nobody", s.auth("", "POST /handover", obj{"code_challenge": s256, "code_challenge_method": "s256"}), 401, "no_authorization")
		u = hand("https://app.example/in")
		s.want("used meanwhile", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": refresh}), 200, "")
		s.want("a session that has gone on", exchange(u, verifier), 422, "flow_state_expired")
		refresh = s.want("again", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": refresh}), 200, "").text("refresh_token")
		u = hand("https://app.example/in")
		s.want("signed out meanwhile", s.auth(token, "POST /logout", nil), 204, "")
		if a := exchange(u, verifier); a.status == 200 {
			t.Errorf("a session that has ended is handed over: %s", a.raw)
		}
	})
}

// TestHostedHandsOverByCode: a site that comes with a challenge gets a code, through a sign-up whose mail comes in between; nothing is in a fragment.
func TestHostedHandsOverByCode(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, "")
	p := browsertest.Open(t, h.home+"?"+url.Values{"redirect_to": {h.site.URL + "/in"}, "code_challenge": {s256}, "code_challenge_method": {"s256"}, "view": {"sign-up"}}.Encode())
	h.view(p, "sign-up")
	fill(p, "email", "ada@example.com")
	fill(p, "password", good)
	submit(p)
	h.view(p, "code")
	tab := p.Tab(h.mail("ada@example.com", "confirmation").Link)
	tab.Click(browsertest.Button("Continue"))
	tab.Wait("the site", `location.href.startsWith(`+js(h.site.URL+"/in?code=")+`)`)
	at, err := url.Parse(tab.Run(`location.href`))
	if err != nil || at.Fragment != "" {
		t.Fatalf("sent to %s, %v", at, err)
	}
	in := h.want("the session of the site", h.auth("", "POST /token?grant_type=pkce", obj{"auth_code": at.Query().Get("code"), "code_verifier": verifier}), 200, "")
	if in.text("user.email") != "ada@example.com" {
		t.Errorf("got %s", in.raw)
	}
	for _, query := range []string{"code_challenge=short&code_challenge_method=s256", "code_challenge=" + s256 + "&code_challenge_method=plain", "code_challenge=" + s256} {
		h.want(query, h.call("", "GET /auth/ui?redirect_to="+url.QueryEscape(h.site.URL+"/in")+"&"+query, nil), 400, "")
	}
}

// TestHostedSecretsAreShownOnce: what is shown once is nowhere in the page afterwards, however its user goes on: no codes, and no key of an app.
func TestHostedSecretsAreShownOnce(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, "")
	p := browsertest.Open(t, h.home)
	h.signedUp(p, "ada@example.com")
	p.Click(browsertest.Button("Add an authenticator app"))
	h.view(p, "app")
	secret := p.Run(`document.getElementById('app-key').textContent`)
	code, err := totp.At(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	fill(p, "code", code)
	submit(p)
	h.view(p, "account")
	p.Click(browsertest.Button("Make recovery codes"))
	h.view(p, "codes")
	codes := strings.Fields(p.Run(`document.getElementById('codes').innerText`))
	if len(codes) != 10 {
		t.Fatalf("%d codes", len(codes))
	}
	p.Click(browsertest.Button("I have kept them"))
	h.view(p, "account")
	page := p.Run(`document.documentElement.outerHTML + JSON.stringify(sessionStorage) + JSON.stringify(localStorage)`)
	for _, shown := range append(codes, strings.ReplaceAll(codes[0], "-", ""), secret) {
		if strings.Contains(page, shown) {
			t.Errorf("the page still has %s", shown)
		}
	}
}

// widget is a service's script as a page sees it: what it draws is a button, and a person presses it.
const widget = `window.%s = {
	made: 0,
	render(place, o) {
		const b = document.createElement('button')
		b.textContent = 'I am a person'
		b.addEventListener('click', () => o.callback(o.sitekey + ' ' + ++this.made))
		place.append(b)
		return 7
	},
	reset(id) { this.resets = (this.resets || 0) + (id === 7) },
}
window[new URLSearchParams(new URL(document.currentScript.src).search).get('onload')]()`

// TestHostedCaptcha: the page shows the riddle, waits for its answer, and uses each once.
func TestHostedCaptcha(t *testing.T) {
	for _, provider := range []string{"hcaptcha", "turnstile"} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			var last atomic.Value
			last.Store("")
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" {
					w.Header().Set("Content-Type", "text/javascript")
					fmt.Fprintf(w, widget, provider)
					return
				}
				said := r.PostFormValue("response")
				fmt.Fprintf(w, `{"success":%v}`, strings.HasPrefix(said, "the site ") && last.Swap(said) != said)
			}))
			t.Cleanup(service.Close)
			h := hostedServer(t, fmt.Sprintf("[auth.captcha]\nenabled = true\nprovider = %q\nsecret = \"s\"\nurl = %q\nsite_key = \"the site\"\nwidget = %q\n", provider, service.URL, service.URL+"/api.js"))
			p := browsertest.Open(t, h.home+"?view=sign-up")
			h.view(p, "sign-up")
			fill(p, "email", "ada@example.com")
			fill(p, "password", good)
			submit(p)
			says(p, "Show first that you are a person.")
			p.Click(browsertest.Button("I am a person"))
			h.view(p, "code")
			fill(p, "token", h.mail("ada@example.com", "confirmation").Code)
			submit(p)
			h.view(p, "account")
			p.Click(browsertest.Button("Sign out"))
			h.view(p, "sign-in")
			p.Click(browsertest.Button("I am a person"))
			fill(p, "email", "ada@example.com")
			fill(p, "password", "wrong password")
			submit(p)
			says(p, "The address or the password is wrong.")
			fill(p, "password", good)
			submit(p)
			says(p, "Show first that you are a person.")
			p.Click(browsertest.Button("I am a person"))
			h.view(p, "account")
			if n := p.Run(`window.` + provider + `.resets`); n != "3" {
				t.Errorf("the widget was reset %s times, want 3", n)
			}
			policy := h.call("", "GET /auth/ui", nil).head.Get("Content-Security-Policy")
			for _, want := range []string{"script-src 'self' " + service.URL + ";", "frame-src " + service.URL + ";", "default-src 'none'", "frame-ancestors 'none'"} {
				if !strings.Contains(policy, want) {
					t.Errorf("the policy lacks %s: %s", want, policy)
				}
			}
		})
	}
}
