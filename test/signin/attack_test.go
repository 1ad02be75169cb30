package signin

import (
	"strings"
	"testing"
)

// TestMailGoesToTheStoredAddress is attack B11: who asks for a link in the name of an address that only looks like another's gets none of theirs.
func TestMailGoesToTheStoredAddress(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		s.signUp("ada@example.com")
		before := len(s.inbox("ada@example.com"))
		for _, alike := range []string{"\u0430da@example.com", "ada@ex\u00e4mple.com", "ada@example.com\u200b", "ad\u0061\u0301@example.com", "\uff41da@example.com", "ada@example.com\r\nBcc: eve@example.com", "ada@example.com,eve@example.com", "\"ada\"@example.com"} {
			if a := s.auth("", "POST /recover", obj{"email": alike}); a.status >= 500 {
				t.Errorf("B11 %q: %d %s", alike, a.status, a.raw)
			}
			if got := s.inbox(alike); len(got) > 0 {
				t.Errorf("B11 %q was sent %+v", alike, got)
			}
		}
		if got := s.inbox("eve@example.com"); len(got) > 0 {
			t.Errorf("C7 another address in a header: %+v", got)
		}
		if got := len(s.inbox("ada@example.com")); got != before {
			t.Errorf("B11 a look-alike is taken for ada: %d mails, before %d", got, before)
		}
		s.want("B11 her own, in other letters", s.auth("", "POST /recover", obj{"email": " ADA@Example.COM"}), 200, "")
		s.mail("ada@example.com", "recovery")
	})
}

// TestAUserWhoIsMadeAgainIsNew is attack B14: an address that signs up again after its user was deleted has nothing of theirs.
func TestAUserWhoIsMadeAgainIsNew(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		old := s.signUp("ada@example.com")
		s.want("delete", s.auth(s.ServiceKey, "DELETE /admin/users/"+old.text("user.id"), nil), 200, "")
		again := s.signUp("ada@example.com")
		if again.text("user.id") == old.text("user.id") {
			t.Errorf("B14 the id is used again: %s", again.text("user.id"))
		}
		if a := s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": old.text("refresh_token")}); a.status < 400 || a.status >= 500 {
			t.Errorf("B14 the refresh token of the deleted user: %d %s", a.status, a.raw)
		}
		if a := s.call(old.text("access_token"), "GET /rest/v1/profiles?select=id", nil); strings.Contains(a.raw, again.text("user.id")) || a.status >= 500 {
			t.Errorf("B14 the token of the deleted user: %d %s", a.status, a.raw)
		}
	})
}
