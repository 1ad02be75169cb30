package attack

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
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

// TestConditionOfWritesTellsNothingHidden is attack A13 on writes: a condition is decided by what its caller would read, and by the right to write before that.
func TestConditionOfWritesTellsNothingHidden(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		for _, request := range []string{"PATCH /notes?select=id,title&id=eq.", "DELETE /notes?select=id,title&id=eq."} {
			body := ""
			if request[0] == 'P' {
				body = `{"title":"lost"}`
			}
			for _, condition := range []string{`*`, s.as(ben, "GET /notes?select=id,title&id=eq.3", "").head.Get("ETag")} {
				his, none := s.as(ada, request+"3", body, "If-Match", condition), s.as(ada, request+"99", body, "If-Match", condition)
				if his.status != http.StatusPreconditionFailed || none.status != his.status || his.body != none.body {
					t.Errorf("%s, If-Match: %s: %d %s, of none %d %s", request, condition, his.status, his.body, none.status, none.body)
				}
			}
		}
		for _, condition := range []string{"If-Match", "If-None-Match"} {
			s.refused(condition+" of a hidden column", s.as(ada, "PATCH /notes?select=id,secret&id=eq.1", `{"title":"lost"}`, condition, "*"))
			s.refused(condition+" of what may not be written", s.as(ada, "PATCH /notes?select=id,title&id=eq.1", `{"secret":"lost"}`, condition, `"jother"`))
		}
		if a := s.as(ada, "PATCH /notes?select=id,title&id=eq.1", `{"secret":"lost"}`, "If-Match", `"jother"`); a.status != http.StatusForbidden {
			t.Errorf("who may not write is answered %d %s", a.status, a.body)
		}
		if got := s.owner("/notes?select=title&order=id&title=eq.lost"); got != "[]" {
			t.Errorf("written all the same: %s", got)
		}
	})
}

// TestOneOfManyWritersWins lets many read a row and write it with its tag: whoever is answered 2xx has overwritten nobody's change.
func TestOneOfManyWritersWins(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		const target = "/notes?select=id,stars&id=eq.1"
		var won, lost atomic.Int64
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for range 10 {
					a := s.as(ada, "GET "+target, "", "Accept", "application/vnd.pgrst.object+json")
					n, err := strconv.Atoi(a.body[len(`{"id":1,"stars":`) : len(a.body)-1])
					if err != nil {
						t.Error(err)
						return
					}
					b := s.as(ada, "PATCH "+target, `{"stars":`+strconv.Itoa(n+1)+`}`, "If-Match", a.head.Get("ETag"))
					switch b.status {
					case http.StatusNoContent:
						won.Add(1)
					case http.StatusPreconditionFailed:
						lost.Add(1)
					default:
						t.Errorf("%d %s", b.status, b.body)
					}
				}
			})
		}
		group.Wait()
		want := `[{"stars":` + strconv.FormatInt(won.Load(), 10) + `}]`
		if got := s.owner("/notes?select=stars&id=eq.1"); got != want || won.Load()+lost.Load() != 40 {
			t.Errorf("got %s, want %s; %d were refused", got, want, lost.Load())
		}
	})
}
