package federation

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// metadata is a provider that publishes what a test wants and counts who asks.
type metadata struct {
	*httptest.Server
	asked  atomic.Int32
	answer func(w http.ResponseWriter)
}

func publish(t *testing.T, more map[string]any) *metadata {
	m := &metadata{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.asked.Add(1)
		if m.answer != nil {
			m.answer(w)
			return
		}
		doc := map[string]any{"issuer": m.URL, "authorization_endpoint": m.URL + "/auth", "token_endpoint": m.URL + "/token", "jwks_uri": m.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}}
		for k, v := range more {
			doc[k] = v
		}
		_ = json.NewEncoder(w).Encode(doc)
	}))
	t.Cleanup(m.Close)
	return m
}

func client(t *testing.T, issuer string, now func() time.Time) *Client {
	t.Helper()
	c, err := New([]Provider{{Name: "house", ClientID: "id", Issuer: issuer}}, func() string { return "https://api.example/callback" }, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func depart(ctx context.Context, c *Client) error {
	_, err := c.URL(ctx, "house", Visit{State: "s", Nonce: "n", Verifier: Verifier()}, nil, nil)
	return err
}

// TestDiscoveryIsSharedAndBacksOff: a provider is asked once for all who come meanwhile; nobody waits longer than they like; one that fails is asked less and less.
func TestDiscoveryIsSharedAndBacksOff(t *testing.T) {
	m := publish(t, nil)
	come, release := make(chan struct{}), make(chan struct{})
	m.answer = func(w http.ResponseWriter) {
		come <- struct{}{}
		<-release
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	now := time.Now()
	var mu sync.Mutex
	c := client(t, m.URL, func() time.Time { mu.Lock(); defer mu.Unlock(); return now })
	first := make(chan error, 1)
	go func() { first <- depart(t.Context(), c) }()
	<-come
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := depart(ctx, c); err == nil {
		t.Error("who has gone waits for a provider that hangs")
	}
	close(release)
	if err := <-first; err == nil {
		t.Error("a failure is no error")
	}
	m.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }
	for range 10 {
		if err := depart(t.Context(), c); err == nil {
			t.Error("a failure is forgotten")
		}
	}
	if n := m.asked.Load(); n != 1 {
		t.Errorf("a provider that fails was asked %d times at once", n)
	}
	wait := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}
	for i, d := range wait {
		mu.Lock()
		now = now.Add(d - time.Millisecond)
		mu.Unlock()
		_ = depart(t.Context(), c)
		if n := m.asked.Load(); n != int32(i)+1 {
			t.Errorf("asked %d times before %v", n, d)
		}
		mu.Lock()
		now = now.Add(2 * time.Millisecond)
		mu.Unlock()
		_ = depart(t.Context(), c)
		if n := m.asked.Load(); n != int32(i)+2 {
			t.Errorf("asked %d times after %v", n, d)
		}
	}
	m.answer = nil
	mu.Lock()
	now = now.Add(maxBackOff)
	mu.Unlock()
	var wg sync.WaitGroup
	before := m.asked.Load()
	for range 20 {
		wg.Go(func() {
			if err := depart(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := m.asked.Load() - before; n != 1 {
		t.Errorf("twenty at once asked %d times", n)
	}
}

// TestCheckIssuer is attack F5: an answer of another provider than the one that was asked is none (RFC 9207).
func TestCheckIssuer(t *testing.T) {
	says, silent := publish(t, map[string]any{"authorization_response_iss_parameter_supported": true}), publish(t, nil)
	for _, c := range []struct {
		issuer, iss string
		ok          bool
	}{
		{says.URL, says.URL, true}, {says.URL, "", false}, {says.URL, silent.URL, false},
		{silent.URL, "", true}, {silent.URL, silent.URL, true}, {silent.URL, says.URL, false}, {silent.URL, silent.URL + "/x", false},
	} {
		if err := client(t, c.issuer, nil).CheckIssuer(t.Context(), "house", c.iss); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
