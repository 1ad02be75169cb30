package signin

import (
	"crypto/sha1"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// service is a service of leaked passwords that knows one, or fails.
func service(t *testing.T, knows string) (url string, fails *atomic.Bool, asked *atomic.Int64) {
	digest := strings.ToUpper(fmt.Sprintf("%x", sha1.Sum([]byte(knows))))
	fails, asked = &atomic.Bool{}, &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if fails.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, strings.Repeat("0", 35)+":9\r\n") // the server has gone: nobody to tell
		if strings.HasSuffix(r.URL.Path, "/"+digest[:5]) {
			_, _ = io.WriteString(w, digest[5:]+":17\r\n") // likewise
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/range", fails, asked
}

func reasons(a answer) string {
	weak, _ := a.body["weak_password"].(map[string]any)
	return fmt.Sprint(weak["reasons"])
}

func TestPasswordsThatOthersKnowAreRefused(t *testing.T) {
	url, fails, asked := service(t, "a phrase that has leaked")
	both(t, open+"[auth.leaked_passwords]\nlookup_url = \""+url+"\"\n", func(t *testing.T, s *server) {
		fails.Store(false)
		s.signUp("known@example.com")
		before := asked.Load()
		for _, c := range []struct{ password, want string }{
			{"short", "[length]"},
			{"monkey", "[length pwned]"},
			{"P@ssw0rd2024", "[pwned]"},
			{"a phrase that has leaked", "[pwned]"},
		} {
			for _, mail := range []string{"known@example.com", "nobody@example.com"} {
				a := s.want(c.password, s.auth("", "POST /signup", obj{"email": mail, "password": c.password}), 422, "weak_password")
				if reasons(a) != c.want {
					t.Errorf("%q of %s: got %s, want %s", c.password, mail, reasons(a), c.want)
				}
			}
		}
		if n := asked.Load() - before; n != 2 { // what is known here to be weak tells nobody anything
			t.Errorf("the service was asked %d times", n)
		}
		in := s.auth("", "POST /token?grant_type=password", obj{"email": "known@example.com", "password": good})
		s.want("change", s.auth(in.text("access_token"), "PUT /user", obj{"password": "a phrase that has leaked"}), 422, "weak_password")
		if n := asked.Load() - before; n != 3 { // a password that is signed in with is not looked up
			t.Errorf("the service was asked %d times", n)
		}
		fails.Store(true)
		s.want("a service that fails is no obstacle", s.auth(in.text("access_token"), "PUT /user", obj{"password": "a phrase that has leaked"}), 200, "")
	})
}

func TestServiceOfLeakedPasswordsMayBeNeeded(t *testing.T) {
	url, fails, _ := service(t, "")
	fails.Store(true)
	both(t, open+"[auth.leaked_passwords]\nenabled = false\nfail_closed = true\nlookup_url = \""+url+"\"\n", func(t *testing.T, s *server) {
		s.want("sign up", s.auth("", "POST /signup", obj{"email": "ada@example.com", "password": "password"}), 500, "unexpected_failure")
		fails.Store(false)
		s.want("sign up", s.auth("", "POST /signup", obj{"email": "ada@example.com", "password": "password"}), 200, "")
		fails.Store(true)
	})
}
