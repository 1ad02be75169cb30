package rest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
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
