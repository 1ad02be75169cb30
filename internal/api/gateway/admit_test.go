package gateway

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mainstay-dev/mainstay/internal/admission"
)

func narrow(places int) *admission.Gate {
	return admission.New(admission.Options{Slots: 1, Floor: 1, Places: places, LeastPlaces: places, Work: time.Millisecond, Wait: time.Millisecond, Longest: time.Second})
}

// TestOverload: who is not let in is told so at once, with a time; doors without gates and health go on; a broken-off request leaves the queue.
func TestOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := narrow(1)
		leave := make(chan struct{})
		var log bytes.Buffer
		h := New(Options{
			Log: slog.New(slog.NewTextHandler(&log, nil)),
			Doors: []Door{
				{Prefix: "/slow", Reads: gate, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == "GET" {
						<-leave
					}
					_, _ = io.WriteString(w, "done")
				})},
				{Prefix: "/free", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "free") })},
			},
		})
		answers := make(chan *http.Response, 2)
		for range 2 {
			go func() { answers <- get(h, "GET", "/slow") }()
			synctest.Wait()
		}
		r := get(h, "GET", "/slow", "Origin", "https://shop.example")
		got := body(t, r)
		if r.StatusCode != 503 || !strings.HasPrefix(got, `{"code":"overloaded","message":`) || !strings.Contains("123", r.Header.Get("Retry-After")) || r.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%d %s, Retry-After %q", r.StatusCode, got, r.Header.Get("Retry-After"))
		}
		for _, path := range []string{"/free", "/health/live", "/health/ready"} {
			if r := get(h, "GET", path); r.StatusCode != 200 {
				t.Errorf("%s: %d", path, r.StatusCode)
			}
		}
		if r := get(h, "POST", "/slow"); r.StatusCode != 200 {
			t.Errorf("a write, for which there is no gate: %d", r.StatusCode)
		}
		close(leave)
		for range 2 {
			if r := <-answers; r.StatusCode != 200 || body(t, r) != "done" {
				t.Errorf("a request that waited: %d", r.StatusCode)
			}
		}
		if !strings.Contains(log.String(), `msg="overloaded: requests are refused" refused=1`) || strings.Contains(log.String(), "status=503") {
			t.Error("log:", log.String())
		}
		if s := gate.Status(); s.Running != 0 || s.RefusedAll != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// TestSlotsAreForMakingAnswers: neither a body that comes slowly nor a client that reads slowly holds one.
func TestSlotsAreForMakingAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := narrow(10)
		reading, writing := make(chan struct{}), make(chan struct{})
		var held int
		h := New(Options{Log: slog.New(slog.DiscardHandler), Doors: []Door{{Prefix: "/", Writes: gate, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			held = gate.Status().Running
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write(b)
			if s := gate.Status(); s.Running != 1 {
				t.Errorf("between the parts of an answer: %+v", s)
			}
			_, _ = io.WriteString(w, ".")
		})}}})
		post := func(path string, length int64, body io.Reader) chan string {
			r := httptest.NewRequest("POST", path, body)
			r.ContentLength = length
			done := make(chan string, 1)
			go func() {
				w := &client{ResponseRecorder: httptest.NewRecorder()}
				if path == "/slow-answer" {
					w.ready = writing
				}
				h.ServeHTTP(w, r)
				done <- w.Body.String()
			}()
			synctest.Wait()
			return done
		}
		slow := func() io.Reader {
			return io.MultiReader(strings.NewReader("a"), waits(reading), strings.NewReader("b"))
		}
		long, short, answer := post("/", -1, slow()), post("/", 2, slow()), post("/slow-answer", 1, strings.NewReader("x"))
		time.Sleep(2 * slowWrite) // the bubble's clock
		if got := <-post("/", 1, strings.NewReader("y")); got != "y." {
			t.Errorf("beside them: %q", got)
		}
		close(reading)
		close(writing)
		if a, b, c := <-long, <-short, <-answer; a != "ab." || b != "ab." || c != "x." {
			t.Errorf("got %q, %q and %q", a, b, c)
		}
		if held == 0 {
			t.Error("an answer was made without a slot")
		}
		if s := gate.Status(); s.Running != 0 || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// client reads answers when it is ready; nil is always.
type client struct {
	*httptest.ResponseRecorder
	ready chan struct{}
}

func (c *client) Write(b []byte) (int, error) {
	if c.ready != nil {
		<-c.ready
	}
	return c.ResponseRecorder.Write(b)
}

// TestSlotsOfLateBodies: those whose bodies came late wait for slots as all others do.
func TestSlotsOfLateBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := narrow(100)
		most := 0
		var h http.Handler = New(Options{Log: slog.New(slog.DiscardHandler), Doors: []Door{{Prefix: "/", Writes: gate, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				t.Error(err)
			}
			most = max(most, gate.Status().Running)
			time.Sleep(time.Millisecond)
			w.WriteHeader(http.StatusEarlyHints)
			most = max(most, gate.Status().Running)
			if gate.Status().Running == 0 {
				t.Error("an answer is made without a slot after what came before it")
			}
			w.WriteHeader(http.StatusNoContent)
		})}}})
		reading := make(chan struct{})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("a"), waits(reading)))
				r.ContentLength = -1
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, r); w.Code != http.StatusEarlyHints { // the recorder keeps the first
					t.Errorf("status %d", w.Code)
				}
			})
			synctest.Wait()
		}
		close(reading)
		wg.Wait()
		if most != 1 {
			t.Errorf("%d slots were held of 1", most)
		}
		if s := gate.Status(); s.Running != 0 || s.Waiting != 0 || s.Away != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestBodiesThatAreWaitedFor: those that have no slot yet have a bound together, and whoever is going to be refused is so before a byte is read.
func TestBodiesThatAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gateway
		reading := make(chan struct{})
		var wg sync.WaitGroup
		const most = heldAtAll / heldBody
		var late atomic.Int64
		for range most + 50 {
			wg.Go(func() {
				r := httptest.NewRequest("POST", "/", waits(reading))
				r.ContentLength = heldBody
				g.arrive(&recorder{}, r)
				if _, ok := r.Body.(*lateBody); ok {
					late.Add(1)
				}
			})
		}
		synctest.Wait()
		if n := g.arriving.Load(); n != heldAtAll || late.Load() != 50 {
			t.Errorf("%d bytes are held, %d are read with a slot", n, late.Load())
		}
		close(reading)
		wg.Wait()
		if n := g.arriving.Load(); n != 0 {
			t.Errorf("%d bytes are left", n)
		}

		gate := narrow(1)
		var held, waiting admission.Pass
		if err := gate.Enter(t.Context(), key(1), &held); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if err := gate.Enter(t.Context(), key(0), &waiting); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		h := New(Options{Log: slog.New(slog.DiscardHandler), Doors: []Door{{Prefix: "/", Writes: gate, Handler: http.NotFoundHandler()}}})
		r := httptest.NewRequest("POST", "/", nil)
		r.ContentLength = 10
		r.Body = io.NopCloser(untouched{t})
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != 503 {
			t.Errorf("status %d", w.Code)
		}
		held.Leave()
		wg.Wait()
		waiting.Leave()
	})
}

type key admission.Key

func (k key) Key() admission.Key { return admission.Key(k) }

type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("a body is read of a request that is refused")
	return 0, io.EOF
}

// waits is a reader that gives nothing until it is closed.
type waits chan struct{}

func (w waits) Read([]byte) (int, error) {
	<-w
	return 0, io.EOF
}

func TestCaller(t *testing.T) {
	of := Caller(ClientIP([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}), func(r *http.Request) string {
		return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer made-up")
	})
	key := func(forwarded, authorization string) admission.Key {
		return of(&http.Request{RemoteAddr: "10.0.0.1:1", Header: http.Header{"X-Forwarded-For": {forwarded}, "Authorization": {authorization}}})
	}
	same := func(want bool, name string, a, b admission.Key) {
		t.Helper()
		if (a == b) != want {
			t.Errorf("%s: the same is %v", name, a == b)
		}
	}
	same(true, "one address", key("203.0.113.9", ""), key("203.0.113.9", ""))
	same(false, "two addresses", key("203.0.113.9", ""), key("203.0.113.10", ""))
	same(true, "one network", key("2001:db8:1:2::3", ""), key("2001:db8:1:2:ffff::4", ""))
	same(false, "two networks", key("2001:db8:1:2::3", ""), key("2001:db8:1:3::3", ""))
	same(true, "a user at two places", key("203.0.113.9", "user 1"), key("203.0.113.10", "user 1"))
	same(false, "two users at one place", key("203.0.113.9", "user 1"), key("203.0.113.9", "user 2"))
	same(true, "what nobody has verified", key("203.0.113.9", ""), key("203.0.113.9", "Bearer made-up"))
}
