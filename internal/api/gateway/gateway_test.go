package gateway

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func front(log io.Writer, doors ...Door) http.Handler {
	return New(Options{Doors: doors, Log: slog.New(slog.NewTextHandler(log, nil)), MaxBodyBytes: 16})
}

func get(h http.Handler, method, path string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDoorsSeeTheirOwnPath(t *testing.T) {
	h := front(io.Discard, Door{Prefix: "/rest/v1", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })})
	check := func(path string, status int, want string) {
		t.Helper()
		r := get(h, "GET", path)
		if got := body(t, r); r.StatusCode != status || !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %d %q, want %d %q", path, r.StatusCode, got, status, want)
		}
	}
	check("/rest/v1/todos", 200, "/todos")
	check("/rest/v1/rpc/f", 200, "/rpc/f")
	check("/rest/v1", 200, "")
	check("/rest/v12", 404, `{"code":"not_found","message":"no route matches GET /rest/v12"`)
	check("/health/live", 200, "")
}

func TestPanicIsAReferenceForTheClient(t *testing.T) {
	var log bytes.Buffer
	h := front(&log, Door{Prefix: "/", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret detail") })})
	// The token is no word that an address in the stack could hold.
	r := get(h, "GET", "/x?token=the-token", "X-Request-Id", "0123456789")
	got := body(t, r)
	if r.StatusCode != 500 || got != `{"code":"XX000","message":"internal error","hint":"Reference 0123456789."}` {
		t.Errorf("got %d %s", r.StatusCode, got)
	}
	if !strings.Contains(log.String(), "secret detail") || strings.Contains(log.String(), "the-token") {
		t.Errorf("log: %s", log.String())
	}
}

func TestCORS(t *testing.T) {
	h := front(io.Discard, Door{Prefix: "/", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) })})
	r := get(h, "OPTIONS", "/rest/v1/t", "Origin", "https://shop.example", "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "apikey, prefer")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "apikey, prefer", "Access-Control-Allow-Methods": corsMethods, "Access-Control-Max-Age": "86400",
		"Access-Control-Allow-Credentials": "",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if r.StatusCode != 200 {
		t.Errorf("preflight: got %d", r.StatusCode)
	}
	r = get(h, "GET", "/t", "Origin", "https://shop.example")
	if !strings.Contains(r.Header.Get("Access-Control-Expose-Headers"), "Content-Range") {
		t.Error("Content-Range is not exposed")
	}
	if get(h, "GET", "/t").Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("CORS headers without an origin")
	}
}

func TestBodyLimit(t *testing.T) {
	var err error
	h := front(io.Discard, Door{Prefix: "/", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, err = io.ReadAll(r.Body) })})
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", 17))))
	if !TooLarge(err) {
		t.Errorf("got %v, want a body that is too large", err)
	}
}

func TestRequestIDs(t *testing.T) {
	h := front(io.Discard)
	if id := get(h, "GET", "/health/live", "X-Request-Id", "trace-1234").Header.Get("X-Request-Id"); id != "trace-1234" {
		t.Errorf("got %q", id)
	}
	if id := get(h, "GET", "/health/live", "X-Request-Id", "evil\"{}id").Header.Get("X-Request-Id"); len(id) != 24 {
		t.Errorf("got %q", id)
	}
}
