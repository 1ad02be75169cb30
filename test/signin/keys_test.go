package signin

import (
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/identity"
)

// TestKeysRotateUnderARunningServer: nobody is signed out by a rotation, nor by a revocation, but what a revoked key has signed opens nothing.
func TestKeysRotateUnderARunningServer(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		eventually := func(what string, is func() bool) {
			t.Helper()
			for deadline := time.Now().Add(20 * time.Second); !is(); {
				if time.Now().After(deadline) {
					t.Fatalf("%s: not within 20 s", what)
				}
			}
		}
		published := func(id string) bool {
			return strings.Contains(s.auth("", "GET /.well-known/jwks.json", nil).raw, `"`+id+`"`)
		}
		a := s.signUp("ada@example.com")
		old := a.text("access_token")
		keys, err := identity.OpenStore(s.DataDir)
		if err != nil {
			t.Fatal(err)
		}
		list, err := keys.List()
		if err != nil {
			t.Fatal(err)
		}
		first := list[0].ID
		next, err := keys.Create("ES256", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		eventually("the new key is published", func() bool { return published(next.ID) })
		if _, err := keys.Rotate("", time.Now(), 0); err != nil {
			t.Fatal(err)
		}
		fresh := ""
		eventually("the new key signs", func() bool {
			a = s.want("refresh", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": a.text("refresh_token")}), 200, "")
			fresh = a.text("access_token")
			return strings.Split(fresh, ".")[0] != strings.Split(old, ".")[0]
		})
		s.want("an old token still opens", s.auth(old, "GET /user", nil), 200, "")
		if !published(first) {
			t.Error("the old key is not published any more")
		}
		if err := keys.Revoke(first); err != nil {
			t.Fatal(err)
		}
		eventually("the old key's tokens are refused", func() bool { return s.auth(old, "GET /user", nil).status == 403 })
		s.want("on every door", s.call(old, "GET /rest/v1/profiles", nil), 401, "PGRST301")
		if published(first) {
			t.Error("a revoked key is published")
		}
		s.want("the new key's are good", s.auth(fresh, "GET /user", nil), 200, "")
		s.want("nobody is signed out", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": a.text("refresh_token")}), 200, "")

		s.want("the legacy key", s.auth(s.ServiceKey, "GET /admin/users", nil), 200, "")
		if err := keys.Revoke("legacy"); err != nil {
			t.Fatal(err)
		}
		eventually("the legacy keys are refused", func() bool { return s.auth(s.ServiceKey, "GET /admin/users", nil).status == 403 })
		s.want("the secret key is not", s.auth(s.Secret, "GET /admin/users", nil), 200, "")
	})
}
