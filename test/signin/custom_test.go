package signin

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// trustTestServers lets this process trust the certificate of the test servers, as a machine's administrator would.
func trustTestServers() {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	dir, err := os.MkdirTemp("", "mainstay-test-*")
	if err != nil {
		panic(err)
	}
	path := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		panic(err)
	}
	if err := os.Setenv("SSL_CERT_FILE", path); err != nil {
		panic(err)
	}
}

// outside is an identity provider of somebody's: OAuth 2.0 with an interface of its own, and OpenID Connect.
func outside(t *testing.T) *httptest.Server {
	var s *httptest.Server
	s = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := func(v any) {
			w.Header().Set("Content-Type", "application/json")
			if err := json.NewEncoder(w).Encode(v); err != nil {
				t.Error(err)
			}
		}
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			answer(obj{"issuer": s.URL, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/jwks", "id_token_signing_alg_values_supported": []string{"HS256"}})
		case "/token":
			_, secret, ok := r.BasicAuth()
			if secret != "a-secret" && r.FormValue("client_secret") != "a-secret" || r.FormValue("code_verifier") == "" {
				t.Errorf("the code was exchanged with %v %v", ok, r.Form)
			}
			answer(obj{"access_token": "opaque", "token_type": "bearer"})
		case "/userinfo":
			if r.Header.Get("Authorization") != "Bearer opaque" {
				t.Errorf("asked with %q", r.Header.Get("Authorization"))
			}
			answer(obj{"uid": 4711, "mail": "Ada@Example.com", "mail_ok": true, "label": "Ada"})
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func customBody(at string) obj {
	return obj{
		"provider_type": "oauth2", "identifier": "custom:shop", "name": "Shop", "client_id": "c1", "client_secret": "a-secret", "scopes": []string{"me"},
		"authorization_url": at + "/authorize", "token_url": at + "/token", "userinfo_url": at + "/userinfo",
		"attribute_mapping":    obj{"sub": "uid", "email": "mail", "email_verified": "mail_ok", "name": "label"},
		"authorization_params": obj{"audience": "shop"},
	}
}

func TestProvidersThatAnAdministratorAdds(t *testing.T) {
	both(t, strings.Replace(open, "[auth]\n", "[auth]\ncustom_providers_private = true\n", 1), func(t *testing.T, s *server) {
		o := outside(t)
		s.want("before", s.auth("", "GET /authorize?provider=custom:shop", nil), 400, "validation_failed")
		s.want("not an administrator", s.auth(s.AnonKey, "POST /admin/custom-providers", customBody(o.URL)), 403, "not_admin")
		made := s.want("add", s.auth(s.ServiceKey, "POST /admin/custom-providers", customBody(o.URL)), 201, "")
		if strings.Contains(made.raw, "secret") || made.text("identifier") != "custom:shop" {
			t.Errorf("added %s", made.raw)
		}
		visit := func() *url.URL {
			t.Helper()
			a := s.want("authorize", s.auth("", "GET /authorize?provider=custom:shop&redirect_to=https://app.example/in", nil), 302, "")
			to, err := url.Parse(a.head.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			q := to.Query()
			if !strings.HasPrefix(to.String(), o.URL+"/authorize?") || q.Get("client_id") != "c1" || q.Get("audience") != "shop" || q.Get("scope") != "me" || q.Get("code_challenge") == "" {
				t.Errorf("sent to %s", to)
			}
			cookie, _, _ := strings.Cut(a.head.Get("Set-Cookie"), ";")
			back := s.call("", "GET /auth/v1/callback?code=x&state="+q.Get("state"), nil, "Cookie", cookie)
			if to, err = url.Parse(back.head.Get("Location")); err != nil || back.status != 303 {
				t.Fatalf("back: %d %s", back.status, back.raw)
			}
			return to
		}
		to := visit()
		token := fragment(to).Get("access_token")
		user := s.want("signed in", s.auth(token, "GET /user", nil), 200, "")
		if user.text("email") != "ada@example.com" || user.text("app_metadata.provider") != "custom:shop" || !strings.Contains(user.raw, `"id":"4711"`) || user.text("user_metadata.full_name") != "Ada" {
			t.Errorf("signed in as %s", user.raw)
		}
		changed := s.want("change", s.auth(s.ServiceKey, "PUT /admin/custom-providers/custom:shop", obj{"name": "The shop", "authorization_params": obj{"audience": "shop", "x": "y"}}), 200, "")
		if changed.text("name") != "The shop" {
			t.Errorf("changed %s", changed.raw)
		}
		if again := s.want("again", s.auth(fragment(visit()).Get("access_token"), "GET /user", nil), 200, ""); again.text("id") != user.text("id") {
			t.Errorf("another user: %s", again.raw)
		}
		if list := s.auth(s.ServiceKey, "GET /admin/custom-providers?type=oauth2", nil); !strings.Contains(list.raw, `"providers":[{`) || strings.Contains(list.raw, "a-secret") {
			t.Errorf("list %s", list.raw)
		}
		if list := s.auth(s.ServiceKey, "GET /admin/custom-providers?type=oidc", nil); list.raw != `{"providers":[]}` {
			t.Errorf("list %s", list.raw)
		}
		s.want("switch off", s.auth(s.ServiceKey, "PUT /admin/custom-providers/custom:shop", obj{"enabled": false}), 200, "")
		s.want("off", s.auth("", "GET /authorize?provider=custom:shop", nil), 400, "validation_failed")
		s.want("delete", s.auth(s.ServiceKey, "DELETE /admin/custom-providers/custom:shop", nil), 204, "")
		s.want("gone", s.auth(s.ServiceKey, "GET /admin/custom-providers/custom:shop", nil), 404, "custom_provider_not_found")

		// A token that is signed with anything but the provider's own keys is nobody's.
		body := obj{"provider_type": "oidc", "identifier": "custom:oidc", "name": "OIDC", "client_id": "c1", "client_secret": "a-secret", "issuer": o.URL}
		s.want("add", s.auth(s.ServiceKey, "POST /admin/custom-providers", body), 201, "")
		forged, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": o.URL, "aud": "c1", "sub": "1", "email": "ada@example.com", "email_verified": true, "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}).SignedString([]byte("a-secret"))
		if err != nil {
			t.Fatal(err)
		}
		s.want("forged", s.auth("", "POST /token?grant_type=id_token", obj{"provider": "custom:oidc", "id_token": forged}), 400, "validation_failed")
		s.want("another issuer", s.auth(s.ServiceKey, "PUT /admin/custom-providers/custom:oidc", obj{"issuer": "https://other.example"}), 400, "validation_failed")
	})
}

func TestProvidersThatAreNotAdded(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		for what, change := range map[string]obj{
			"no prefix": {"identifier": "google"}, "no name": {"name": ""}, "no type": {"provider_type": "saml"}, "no TLS": {"token_url": "http://idp.example/token"},
			"a reserved parameter": {"authorization_params": obj{"redirect_uri": "https://evil.example"}}, "a reserved claim": {"attribute_mapping": obj{"role": "x"}},
			"no secret": {"client_secret": ""}, "no PKCE": {"pkce_enabled": false},
		} {
			body := customBody("https://idp.example")
			for name, v := range change {
				body[name] = v
			}
			s.want(what, s.auth(s.ServiceKey, "POST /admin/custom-providers", body), 400, "validation_failed")
		}
		// What is on this machine or in a private network is not asked, whoever names it.
		o := outside(t)
		s.want("add", s.auth(s.ServiceKey, "POST /admin/custom-providers", customBody(o.URL)), 201, "")
		s.want("twice", s.auth(s.ServiceKey, "POST /admin/custom-providers", customBody(o.URL)), 400, "conflict")
		a := s.want("authorize", s.auth("", "GET /authorize?provider=custom:shop", nil), 302, "")
		to, err := url.Parse(a.head.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		cookie, _, _ := strings.Cut(a.head.Get("Set-Cookie"), ";")
		back := s.call("", "GET /auth/v1/callback?code=x&state="+to.Query().Get("state"), nil, "Cookie", cookie)
		if to, err = url.Parse(back.head.Get("Location")); err != nil || to.Query().Get("error_code") == "" {
			t.Errorf("back: %s", fmt.Sprint(to, err))
		}
	})
}
