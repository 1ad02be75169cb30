package signin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestCaptcha(t *testing.T) {
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		for _, provider := range []string{"hcaptcha", "turnstile"} {
			testCaptcha(t, provider, start)
		}
	})
}

func testCaptcha(t *testing.T, provider string, start func(settings, sql string) *server) {
	var asked, down atomic.Int64
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case down.Load() > 0:
			w.WriteHeader(502)
			fmt.Fprint(w, "<html>bad gateway</html>")
		case r.PostFormValue("secret") != "0x-secret" || r.PostFormValue("remoteip") != "127.0.0.1":
			fmt.Fprint(w, `{"success":false,"error-codes":["invalid-input-secret"]}`)
		case r.PostFormValue("response") != "a person":
			fmt.Fprint(w, `{"success":false,"error-codes":["invalid-input-response"]}`)
		default:
			fmt.Fprint(w, `{"success":true}`)
		}
	}))
	defer service.Close()
	s := start(open+fmt.Sprintf("[auth.captcha]\nenabled = true\nprovider = %q\nsecret = \"0x-secret\"\nurl = %q\n", provider, service.URL), "")
	with := func(token string, body obj) obj {
		body["gotrue_meta_security"] = obj{"captcha_token": token}
		return body
	}
	requests := map[string]func() obj{
		"POST /signup":    func() obj { return obj{"email": "ada@example.com", "password": good} },
		"POST /otp":       func() obj { return obj{"email": "ada@example.com"} },
		"POST /magiclink": func() obj { return obj{"email": "ada@example.com"} },
		"POST /recover":   func() obj { return obj{"email": "ada@example.com"} },
		"POST /resend":    func() obj { return obj{"email": "ada@example.com", "type": "signup"} },
	}
	for request, body := range requests {
		s.want(request+" without", s.auth("", request, body()), 400, "captcha_failed")
		a := s.want(request+" by a machine", s.auth("", request, with("a machine", body())), 400, "captcha_failed")
		if a.text("message") != "captcha protection: request disallowed (invalid-input-response)" {
			t.Errorf("answered %s", a.raw)
		}
		s.want(request+" by a person", s.auth("", request, with("a person", body())), 200, "")
	}
	s.want("password without", s.signIn("ada@example.com", good), 400, "captcha_failed")
	s.want("web3 without", s.auth("", "POST /token?grant_type=web3", obj{}), 400, "captcha_failed")
	s.want("a form has no answer", s.call("", "POST /auth/v1/token?grant_type=password", nil, "Content-Type", "application/x-www-form-urlencoded"), 400, "captcha_failed")
	s.want("too long", s.auth("", "POST /otp", with(strings.Repeat("x", 9000), obj{"email": "ada@example.com"})), 400, "captcha_failed")
	before := asked.Load()
	s.want("refresh needs none", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": "x"}), 400, "refresh_token_not_found")
	s.want("PKCE needs none", s.auth("", "POST /token?grant_type=pkce", obj{"auth_code": "x", "code_verifier": "y"}), 404, "flow_state_not_found")
	s.want("the secret key needs none", s.auth(s.ServiceKey, "POST /recover", obj{"email": "ada@example.com"}), 200, "")
	if asked.Load() != before {
		t.Error("the service was asked in vain")
	}
	down.Store(1)
	a := s.want("the service is down", s.auth("", "POST /otp", with("a person", obj{"email": "ada@example.com"})), 500, "unexpected_failure")
	if strings.Contains(a.raw, "0x-secret") {
		t.Errorf("the answer tells the secret: %s", a.raw)
	}
}
