package signin

import (
	"flag"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

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
