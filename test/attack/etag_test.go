package attack

import (
	"net/http"
	"testing"
)

// TestTagsTellNothingHidden is attack A13: whoever watches an entity tag, a 304 or a 412 must not learn of rows and columns that are not theirs.
func TestTagsTellNothingHidden(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		const mine = "/notes?select=id,title&order=id"
		tag := func(user, target string) string {
			t.Helper()
			a := s.as(user, "GET "+target, "")
			if a.status != http.StatusOK || a.head.Get("ETag") == "" {
				t.Fatalf("%s: %d %v %s", target, a.status, a.head, a.body)
			}
			if h := s.as(user, "HEAD "+target, ""); h.head.Get("ETag") != a.head.Get("ETag") {
				t.Errorf("HEAD %s: got %s, want %s", target, h.head.Get("ETag"), a.head.Get("ETag"))
			}
			return a.head.Get("ETag")
		}
		all, nothing := tag(ada, mine), tag(ada, "/notes?select=id,title&id=eq.3")
		if absent := tag(ada, "/notes?select=id,title&id=eq.99"); absent != nothing {
			t.Errorf("another's row is told from none: %s, %s", nothing, absent)
		}
		hidden := func(request, body string) {
			t.Helper()
			if a := s.as("", request, body, "apikey", s.Secret); a.status >= 300 {
				t.Fatalf("%s: %d %s", request, a.status, a.body)
			}
		}
		hidden("PATCH /notes?id=eq.1", `{"secret":"delta"}`)
		hidden("PATCH /notes?id=eq.3", `{"title":"ben two"}`)
		hidden("POST /notes", `{"owner":"`+ben+`","title":"ben three"}`)
		hidden("POST /vault", `{"id":2,"note":1,"code":"open"}`)
		if got := tag(ada, mine); got != all {
			t.Errorf("what is hidden has changed the tag from %s to %s", all, got)
		}
		if got := tag(ada, "/notes?select=id,title&id=eq.3"); got != nothing {
			t.Errorf("another's row has changed the tag from %s to %s", nothing, got)
		}
		if a := s.as(ada, "GET "+mine, "", "If-None-Match", all); a.status != http.StatusNotModified || a.body != "" {
			t.Errorf("If-None-Match: %d %s", a.status, a.body)
		}
		for _, id := range []string{"3", "99"} {
			if a := s.as(ada, "GET /notes?select=id,title&id=eq."+id, "", "If-None-Match", "*"); a.status != http.StatusOK {
				t.Errorf("If-None-Match: * of note %s: %d", id, a.status)
			}
			if a := s.as(ada, "GET /notes?select=id,title&id=eq."+id, "", "If-Match", "*"); a.status != http.StatusPreconditionFailed {
				t.Errorf("If-Match: * of note %s: %d", id, a.status)
			}
		}
		for _, condition := range []string{"If-Match", "If-None-Match"} {
			a := s.as(ada, "GET /notes?select=secret", "", condition, "*")
			if plain := s.as(ada, "GET /notes?select=secret", ""); a.status != plain.status || a.body != plain.body || a.head.Get("ETag") != "" {
				t.Errorf("%s of a hidden column: %d %s, without it %d %s", condition, a.status, a.body, plain.status, plain.body)
			}
		}
	})
}
