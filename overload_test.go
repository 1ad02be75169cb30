package mainstay_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

const overloadSettings = `[api.overload]
slots = 1
waiting = 1
wait = "50ms"
longest_wait = "20s"
`

// TestOverloadSettings: beyond slots and waiting the doors refuse in their own shape, each kind of request by itself; health and metrics answer.
func TestOverloadSettings(t *testing.T) {
	s := mainstaytest.Run(t, mainstay.Server{Dir: project(t, "mainstay.toml", overloadSettings, "migrations/1_a.sql", `
create function long(n bigint) returns bigint language sql stable as $$ select count(*) from generate_series(1, n) $$;
grant execute on function long to anon;
`)})
	metric := func(line string) bool {
		return strings.Contains(call(t, "GET", s.URL+"/metrics", "", "apikey", s.Secret).body, line+"\n")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	for i, line := range []string{`mainstay_admission_running{kind="read"} 1`, `mainstay_admission_waiting{kind="read"} 1`} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/rest/v1/rpc/long?n=1000000000000", nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			resp, err := http.DefaultClient.Do(r)
			if err == nil {
				_ = resp.Body.Close()
			}
			ended <- err
		}()
		for deadline := time.Now().Add(20 * time.Second); !metric(line); {
			if time.Now().After(deadline) {
				t.Fatalf("request %d is not there: no line %s", i, line)
			}
		}
	}
	got := call(t, "GET", s.URL+"/rest/v1/rpc/long?n=1", "")
	if got.status != 503 || got.body != `{"code":"overloaded","details":null,"hint":"Try again after the time that the header Retry-After says.","message":"the server has more requests than it can answer"}` ||
		len(got.header.Get("Retry-After")) != 1 {
		t.Errorf("a read: %d %s, Retry-After %q", got.status, got.body, got.header.Get("Retry-After"))
	}
	if !metric(`mainstay_admission_refused_total{kind="read",status="503"} 1`) {
		t.Error("the refusal is not counted")
	}
	if got := call(t, "POST", s.URL+"/rest/v1/rpc/long", `{"n":1}`, "Content-Type", "application/json"); got.status != 200 || got.body != "1" {
		t.Errorf("a write: %d %s", got.status, got.body)
	}
	if got := call(t, "GET", s.URL+"/auth/v1/settings", ""); got.status != 200 {
		t.Errorf("sign-in: %d %s", got.status, got.body)
	}
	if got := call(t, "GET", s.URL+"/health/ready", ""); got.status != 200 {
		t.Errorf("health: %d %s", got.status, got.body)
	}
	cancel()
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("a request was answered")
		}
	}
	for deadline := time.Now().Add(20 * time.Second); !metric(`mainstay_admission_running{kind="read"} 0`); {
		if time.Now().After(deadline) {
			t.Fatal("the slot of a client that is gone is still held")
		}
	}
	if got := call(t, "GET", s.URL+"/rest/v1/rpc/long?n=1", ""); got.status != 200 {
		t.Errorf("afterwards: %d %s", got.status, got.body)
	}
}

// TestOverloadOff: a negative number of slots is no bound.
func TestOverloadOff(t *testing.T) {
	s := mainstaytest.Run(t, mainstay.Server{Dir: project(t, "mainstay.toml", "[api.overload]\nslots = -1\n")})
	if got := call(t, "GET", s.URL+"/metrics", "", "apikey", s.Secret); got.status != 200 || strings.Contains(got.body, "mainstay_admission") {
		t.Errorf("%d, or there are gates", got.status)
	}
}
