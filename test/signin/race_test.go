package signin

import (
	"flag"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/totp"
)

var rounds = flag.Int("rounds", 1, "how often each race is run")

const parallel = 50

// race does one thing many times at once and gives how often it succeeded. The statuses of the others must be refusals.
func (s *server) race(try func() answer) (won int, last answer) {
	s.t.Helper()
	var wg sync.WaitGroup
	start := make(chan struct{})
	answers := make([]answer, parallel)
	for i := range answers {
		wg.Go(func() {
			<-start
			answers[i] = try()
		})
	}
	close(start)
	wg.Wait()
	for _, a := range answers {
		switch {
		case a.status == 200 || a.status == 303 && !strings.Contains(a.head.Get("Location"), "error"):
			won++
			last = a
		case a.status >= 500:
			s.t.Errorf("a race answered %d %s", a.status, a.raw)
		}
	}
	return won, last
}

// TestSingleUseThingsWorkOnce: of fifty who use one thing at once, one succeeds (attack E10, conclusion 7).
func TestSingleUseThingsWorkOnce(t *testing.T) {
	both(t, provider, func(t *testing.T, s *server) {
		const back = "https://client.example/cb"
		client := s.want("register", s.auth(s.ServiceKey, "POST /admin/oauth/clients", obj{"client_name": "Client", "redirect_uris": []string{back}}), 200, "")
		in := s.signUp("ada@example.com")
		token := in.text("access_token")
		once := func(what string, try func() answer) {
			t.Helper()
			if won, _ := s.race(try); won != 1 {
				t.Errorf("%s: %d of %d succeeded", what, won, parallel)
			}
		}
		for range *rounds {
			s.want("code", s.auth("", "POST /otp", obj{"email": "ada@example.com"}), 200, "")
			m := s.mail("ada@example.com", "magic_link")
			once("a code", func() answer {
				return s.auth("", "POST /verify", obj{"email": "ada@example.com", "token": m.Code, "type": "email"})
			})

			for kind, path := range map[string]string{"magiclink": "POST /otp", "recovery": "POST /recover"} {
				s.want(kind, s.auth("", path, obj{"email": "ada@example.com"}), 200, "")
				u, err := url.Parse(s.inbox("ada@example.com")[0].Link)
				if err != nil {
					t.Fatal(err)
				}
				once(kind, func() answer {
					return s.auth("", "POST /verify", obj{"token_hash": u.Query().Get("token"), "type": kind})
				})
			}

			s.want("flow", s.auth("", "POST /otp", obj{"email": "ada@example.com", "code_challenge": s256, "code_challenge_method": "s256"}), 200, "")
			to, _ := s.press(s.inbox("ada@example.com")[0].Link)
			once("a flow's code", func() answer {
				return s.auth("", "POST /token?grant_type=pkce", obj{"auth_code": to.Query().Get("code"), "code_verifier": verifier})
			})

			v := url.Values{
				"response_type": {"code"}, "client_id": {client.text("client_id")}, "redirect_uri": {back}, "scope": {"openid"}, "code_challenge": {s256}, "code_challenge_method": {"S256"},
			}
			page, err := url.Parse(s.auth("", "GET /oauth/authorize?"+v.Encode(), nil).head.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			id := "/oauth/authorizations/" + page.Query().Get("authorization_id")
			given := s.auth(token, "GET "+id, nil).text("redirect_url")
			if given == "" {
				given = s.auth(token, "POST "+id+"/consent", obj{"action": "approve"}).text("redirect_url")
			}
			answered, err := url.Parse(given)
			if err != nil {
				t.Fatal(err)
			}
			once("an authorization code", func() answer {
				return s.form("/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {answered.Query().Get("code")}, "redirect_uri": {back}, "code_verifier": {verifier}},
					client.text("client_id"), client.text("client_secret"))
			})

			mail := "invited" + randomName() + "@example.com"
			s.want("invite", s.auth(s.ServiceKey, "POST /invite", obj{"email": mail}), 200, "")
			u, err := url.Parse(s.inbox(mail)[0].Link)
			if err != nil {
				t.Fatal(err)
			}
			once("an invitation", func() answer {
				return s.auth("", "POST /verify", obj{"token_hash": u.Query().Get("token"), "type": "invite"})
			})
		}
	})
}

// TestOtherSingleUseThingsWorkOnce: what comes from elsewhere (a telephone, an organisation, a wallet, another provider) or goes beyond signing in works once as well.
func TestOtherSingleUseThingsWorkOnce(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		h := newHouse(t)
		s := start(strings.Replace(h.settings(), "[auth.rate_limit]\n", samlSettings+"mfa = -1\nmfa_failures_day = -1\nweb3 = -1\n", 1)+walletSettings+"[auth.mfa.phone]\nenroll_enabled = true\nverify_enabled = true\n", "")
		o := newOrganisation(t, s, "https://idp.org.example")
		s.addSSO(o, nil)
		once := func(what string, try func() answer) {
			t.Helper()
			if won, _ := s.race(try); won != 1 {
				t.Errorf("%s: %d of %d succeeded", what, won, parallel)
			}
		}
		wallet := newEthereumWallet("a")
		for round := range *rounds {
			phone := fmt.Sprintf("49170%07d", round)
			s.want("text", s.auth("", "POST /otp", obj{"phone": phone}), 200, "")
			code := s.mail(phone, "otp").Code
			once("a code of a text message", func() answer { return s.auth("", "POST /verify", obj{"phone": phone, "token": code, "type": "sms"}) })

			mail := randomName() + "@example.com"
			token := s.signUp(mail).text("access_token")
			next := randomName() + "@example.com"
			s.want("change", s.auth(token, "PUT /user", obj{"email": next}), 200, "")
			for _, to := range []string{next, mail} {
				u, err := url.Parse(s.mail(to, "email_change").Link)
				if err != nil {
					t.Fatal(err)
				}
				once("the link of a change", func() answer {
					return s.auth("", "POST /verify", obj{"token_hash": u.Query().Get("token"), "type": "email_change"})
				})
			}

			factor := s.want("enroll", s.auth(token, "POST /factors", obj{"factor_type": "phone", "phone": phone}), 200, "").text("id")
			asked := s.want("challenge", s.auth(token, "POST /factors/"+factor+"/challenge", obj{"channel": "sms"}), 200, "").text("id")
			code = s.mail(phone, "otp").Code
			var mu sync.Mutex
			once("a challenge of a telephone", func() answer {
				a := s.auth(token, "POST /factors/"+factor+"/verify", obj{"challenge_id": asked, "code": code})
				if a.status == 200 {
					mu.Lock()
					defer mu.Unlock()
					token = a.text("access_token")
				}
				return a
			})

			made := s.want("recovery codes", s.auth(token, "POST /factors/recovery-codes", obj{}), 200, "")
			weak := s.want("sign in", s.signIn(next, good), 200, "").text("access_token")
			once("a recovery code", func() answer {
				return s.auth(weak, "POST /factors/recovery-codes/verify", obj{"code": made.body["codes"].([]any)[0]})
			})

			text := wallet.message("app.example", "https://app.example/", time.Now())
			once("a wallet's message", func() answer {
				return s.auth("", "POST /token?grant_type=web3", obj{"chain": "ethereum", "message": text, "signature": wallet.sign(text)})
			})

			response, state := o.answer(s.beginSSO(obj{"domain": "org.example"}), nil)
			once("an organisation's assertion", func() answer {
				return s.form("/sso/saml/acs", url.Values{"SAMLResponse": {response}, "RelayState": {state}})
			})

			b := newBrowser(t)
			left := s.leave(b, "")
			h.mu.Lock()
			h.claims = h.says(map[string]any{"nonce": left.Get("nonce")})
			h.mu.Unlock()
			back, err := url.Parse(s.URL + "/auth/v1/callback")
			if err != nil {
				t.Fatal(err)
			}
			var cookies []string
			for _, c := range b.Jar.Cookies(back) {
				cookies = append(cookies, c.String())
			}
			v := url.Values{"state": {left.Get("state")}, "code": {"code " + left.Get("state")}, "iss": {h.URL}}
			once("a visit at a provider", func() answer {
				return s.call("", "GET /auth/v1/callback?"+v.Encode(), nil, "Cookie", strings.Join(cookies, "; "))
			})
		}
	})
}

// TestAnswersOfAuthenticatorsWorkOnce: of fifty who send one answer of an authenticator at once, one succeeds: a passkey that is added, a sign-in with it, a security key
// that is added as a second factor, and its proof (attacks E10 and E21).
func TestAnswersOfAuthenticatorsWorkOnce(t *testing.T) {
	both(t, open+"mfa = -1\nmfa_failures_day = -1\n[auth.passkey]\nenabled = true\n[auth.mfa.web_authn]\nenroll_enabled = true\nverify_enabled = true\n", func(t *testing.T, s *server) {
		once := func(what string, try func() answer) answer {
			t.Helper()
			won, last := s.race(try)
			if won != 1 {
				t.Errorf("%s: %d of %d succeeded", what, won, parallel)
			}
			return last
		}
		for range *rounds {
			in := s.signUp(randomName() + "@example.com")
			token, d := in.text("access_token"), newDevice(t, "app.example")

			asked := s.want("a new passkey", s.auth(token, "POST /passkeys/registration/options", obj{}), 200, "")
			made := d.create(asked.body["options"])
			once("a new passkey", func() answer {
				return s.auth(token, "POST /passkeys/registration/verify", obj{"challenge_id": asked.text("challenge_id"), "credential": made})
			})
			asked = s.want("a passkey", s.auth("", "POST /passkeys/authentication/options", obj{}), 200, "")
			said := d.get(asked.body["options"], in.text("user.id"))
			once("a passkey", func() answer {
				return s.auth("", "POST /passkeys/authentication/verify", obj{"challenge_id": asked.text("challenge_id"), "credential": said})
			})

			at := "/factors/" + s.want("enroll", s.auth(token, "POST /factors", obj{"factor_type": "webauthn", "friendly_name": "key"}), 200, "").text("id")
			for _, ceremony := range []struct {
				what   string
				answer func(options any) obj
			}{{"a new security key", d.create}, {"a security key", func(o any) obj { return d.get(o, in.text("user.id")) }}} {
				asked := s.want("challenge", s.auth(token, "POST "+at+"/challenge", obj{}), 200, "")
				key, _ := asked.body["webauthn"].(map[string]any)
				options, _ := key["credential_options"].(map[string]any)
				said := ceremony.answer(options["publicKey"])
				token = once(ceremony.what, func() answer {
					return s.auth(token, "POST "+at+"/verify", obj{"challenge_id": asked.text("id"), "webauthn": obj{"type": key["type"], "credential_response": said}})
				}).text("access_token")
			}
		}
	})
}

// TestConsentIsDecidedOnce: of fifty decisions of one authorization one counts (attack F10).
func TestConsentIsDecidedOnce(t *testing.T) {
	both(t, provider, func(t *testing.T, s *server) {
		const back = "https://client.example/cb"
		token := s.signUp("ada@example.com").text("access_token")
		for range *rounds {
			client := s.want("register", s.auth(s.ServiceKey, "POST /admin/oauth/clients", obj{"client_name": "Client", "redirect_uris": []string{back}}), 200, "")
			v := url.Values{
				"response_type": {"code"}, "client_id": {client.text("client_id")}, "redirect_uri": {back}, "scope": {"openid"}, "code_challenge": {s256}, "code_challenge_method": {"S256"},
			}
			page, err := url.Parse(s.auth("", "GET /oauth/authorize?"+v.Encode(), nil).head.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			id := "/oauth/authorizations/" + page.Query().Get("authorization_id")
			s.want("shown", s.auth(token, "GET "+id, nil), 200, "")
			if won, _ := s.race(func() answer { return s.auth(token, "POST "+id+"/consent", obj{"action": "approve"}) }); won != 1 {
				t.Errorf("%d of %d decided", won, parallel)
			}
		}
	})
}

// TestNoncesWorkOnce: of fifty changes of a password with one nonce one is made.
func TestNoncesWorkOnce(t *testing.T) {
	atDesk(t, func(o *account.Options) { o.Reauthenticate = true }, func(t *testing.T, d *desk) {
		for range *rounds {
			mail := randomName() + "@example.com"
			confirmed(t, d.Service, mail, "")
			who := d.mustBearer(d.signIn(mail).AccessToken)
			d.move(25 * time.Hour)
			if _, err := d.Reauthenticate(t.Context(), someone, who); err != nil {
				t.Fatal(err)
			}
			nonce, secret := d.lastCode(), better
			var wg sync.WaitGroup
			var made atomic.Int32
			for range parallel {
				wg.Go(func() {
					_, err := d.ChangeUser(t.Context(), someone, who, account.Change{Password: &secret, Nonce: nonce})
					switch {
					case err == nil:
						made.Add(1)
					case fault.As(err) == nil || fault.As(err).Code != "reauthentication_not_valid":
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if made.Load() != 1 {
				t.Errorf("%d of %d changed the password", made.Load(), parallel)
			}
		}
	})
}

func randomName() string { return strings.ToLower(totp.NewSecret()) }

// TestCodesOfAppsWorkOnce: each of fifty has a challenge of their own, and all have the same code.
func TestCodesOfAppsWorkOnce(t *testing.T) {
	both(t, open+"mfa = -1\nmfa_failures_day = -1\n", func(t *testing.T, s *server) {
		for range *rounds {
			token := s.signUp(randomName() + "@example.com").text("access_token")
			added := s.want("enroll", s.auth(token, "POST /factors", obj{"factor_type": "totp"}), 200, "")
			code, err := totp.At(added.text("totp.secret"), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			at := "/factors/" + added.text("id")
			won, _ := s.race(func() answer {
				ch := s.auth(token, "POST "+at+"/challenge", obj{})
				return s.auth(token, "POST "+at+"/verify", obj{"challenge_id": ch.text("id"), "code": code})
			})
			if won != 1 {
				t.Errorf("%d of %d succeeded", won, parallel)
			}
		}
	})
}

// TestRefreshStorm: fifty tabs refresh with one token. All stay signed in, in one lineage (attack D10).
func TestRefreshStorm(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		token := s.signUp("ada@example.com").text("refresh_token")
		for range *rounds {
			var mu sync.Mutex
			got := map[string]bool{}
			won, last := s.race(func() answer {
				a := s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": token})
				mu.Lock()
				defer mu.Unlock()
				got[a.text("refresh_token")] = true
				return a
			})
			if won != parallel || len(got) != 1 {
				t.Fatalf("%d of %d are signed in, with %d tokens", won, parallel, len(got))
			}
			token = last.text("refresh_token")
		}
	})
}

// TestOneUserOfOneAddress: of fifty sign-ups with one address comes one user (attack E18).
func TestOneUserOfOneAddress(t *testing.T) {
	both(t, strings.Replace(open, "max_frequency = \"0s\"\n[auth.sms]", "max_frequency = \"0s\"\nenable_confirmations = false\n[auth.sms]", 1), func(t *testing.T, s *server) {
		for range *rounds {
			mail := randomName() + "@example.com"
			if won, _ := s.race(func() answer { return s.auth("", "POST /signup", obj{"email": mail, "password": good}) }); won != 1 {
				t.Errorf("%d users of one address", won)
			}
		}
	})
}
