package rest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/engine"
)

// A deadlined notes until when its client may take what is written.
type deadlined struct {
	http.ResponseWriter
	until *time.Time
}

func (d deadlined) SetWriteDeadline(t time.Time) error {
	*d.until = t
	return http.NewResponseController(d.ResponseWriter).SetWriteDeadline(t)
}

// What an export takes to compute is not its client's fault, and a client that stops reading is never waited for without end.
func TestExportsHaveTheirOwnTimeToWrite(t *testing.T) {
	prepared(t, rest.Options{}, func(t *testing.T, h http.Handler, e engine.Engine) {
		const large = "create view large as select g as id, repeat('x', 1000) as body from generate_series(1, 100) as g"
		if err := e.Script(context.Background(), engine.Script{Text: large}, ignore{}); err != nil {
			t.Fatal(err)
		}
		ends := make(chan time.Time, 100)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var until time.Time
			defer func() { ends <- until }()
			h.ServeHTTP(deadlined{w, &until}, r)
		}))
		server.Config.WriteTimeout = time.Nanosecond // it is over before there is an answer
		server.Start()
		defer server.Close()
		for _, c := range []struct {
			target string
			status int
			lines  int
		}{
			{"/large", http.StatusOK, 100},
			{"/large?limit=2", http.StatusOK, 2},
			{"/large?select=body::int", http.StatusBadRequest, 0},
		} {
			r, err := http.NewRequest(http.MethodGet, server.URL+c.target, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept", "application/x-ndjson")
			began := time.Now()
			resp, err := server.Client().Do(r)
			if err != nil {
				t.Fatalf("%s: %v", c.target, err)
			}
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || resp.StatusCode != c.status || c.status == http.StatusOK && strings.Count(string(body), "\n") != c.lines {
				t.Errorf("%s: %d, %.200s, %v", c.target, resp.StatusCode, body, err)
			}
			if until := <-ends; until.Before(began) || until.After(time.Now().Add(time.Minute)) {
				t.Errorf("%s: it may be written until %v", c.target, until)
			}
		}
	})
}

// A slow client takes its time for everything that is written. Its clock is the test's.
type slow struct {
	http.ResponseWriter
	clock *time.Time
	until time.Time
	each  time.Duration // for 32 KiB
}

func (s *slow) SetWriteDeadline(t time.Time) error { s.until = t; return nil }

func (s *slow) Write(b []byte) (int, error) {
	*s.clock = s.clock.Add(s.each * time.Duration(len(b)) / (32 << 10))
	if !s.until.IsZero() && s.clock.After(s.until) {
		return 0, os.ErrDeadlineExceeded
	}
	return len(b), nil
}

// A client that reads a little now and then is never late for one part, and yet holds a place among the exports.
func TestExportsEndWhereTheClientIsTooSlow(t *testing.T) {
	prepared(t, rest.Options{}, func(t *testing.T, _ http.Handler, e engine.Engine) {
		clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		h := owners(e, rest.Options{Now: func() time.Time { return clock }, Limits: rest.Limits{Exports: 1}})
		const large = "create view large as select g as id, repeat('x', 1000) as body from generate_series(1, 2000) as g"
		if err := e.Script(context.Background(), engine.Script{Text: large}, ignore{}); err != nil {
			t.Fatal(err)
		}
		export := func(each time.Duration) (took time.Duration, whole bool) {
			began := clock
			r := httptest.NewRequest(http.MethodGet, "/large?limit=2000", nil)
			r.Header.Set("Accept", "application/x-ndjson")
			defer func() {
				took = clock.Sub(began)
				whole = recover() == nil
			}()
			h.ServeHTTP(&slow{ResponseWriter: httptest.NewRecorder(), clock: &clock, each: each}, r)
			return
		}
		if took, whole := export(1900 * time.Millisecond); !whole || took < time.Minute {
			t.Errorf("a client that takes 17 KiB a second: whole %v after %v", whole, took)
		}
		if took, whole := export(4 * time.Second); whole || took > 30*time.Second {
			t.Errorf("a client that takes 8 KiB a second: whole %v after %v", whole, took)
		}
		if took, whole := export(11 * time.Second); whole || took > 12*time.Second {
			t.Errorf("a client that takes nothing for long: whole %v after %v", whole, took)
		}
		if _, whole := export(0); !whole {
			t.Error("the place of an export that was broken off is not free")
		}
	})
}
