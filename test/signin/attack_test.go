package signin

import (
	"strings"
	"sync"
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

// TestHashingHasABound is attack M7: whoever has passwords hashed without end is refused at once, and told when to come again, while nobody else waits for minutes.
func TestHashingHasABound(t *testing.T) {
	both(t, open+"[auth.password_hashing]\nat_a_time = 1\nwaiting = -1\n", func(t *testing.T, s *server) {
		busy, compared := 0, 0
		var mu sync.Mutex
		s.race(func() answer {
			a := s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": "wrong"})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case a.status == 503 && a.text("code") == "server_busy" && a.head.Get("Retry-After") == "2":
				busy++
				a.status = 429
			case a.status == 400 && a.text("code") == "invalid_credentials":
				compared++
			default:
				t.Errorf("M7 %d %s", a.status, a.raw)
			}
			return a
		})
		if busy == 0 || compared == 0 {
			t.Errorf("M7 of %d at once %d were compared, %d refused", parallel, compared, busy)
		}
		s.want("afterwards", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": "wrong"}), 400, "invalid_credentials")
	})
}
