package attack

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
)

// The attacks on HTTP itself (M). They aim at what is in front of the doors, so they run on one engine.

func httpServer(t *testing.T) *server {
	t.Helper()
	s := mainstay.Server{Dir: t.TempDir()}
	write(t, s.Dir, "mainstay.toml", settings+"max_body_bytes = 1048576\n")
	write(t, s.Dir, "migrations/1_world.sql", world)
	return start(t, s)
}

// dial opens a connection for bytes that no client library would send.
func (s *server) dial() net.Conn {
	s.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() }) // the server may have closed it
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// raw sends bytes on a connection of their own and gives the status of each answer until the server closes it.
func (s *server) raw(text string) (answers []int) {
	s.t.Helper()
	c := s.dial()
	if _, err := io.WriteString(c, text); err != nil {
		return nil // it was closed before all was sent
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return nil
	}
	for r := bufio.NewReader(c); ; {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return answers
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			return append(answers, -1)
		}
		answers = append(answers, resp.StatusCode)
	}
}

// M2: a request that two programs could read as two different ones is refused, or ends its connection: what follows is not taken for another request.
func TestRequestsAreReadInOneWay(t *testing.T) {
	s := httpServer(t)
	const smuggled = "GET /rest/v1/notes HTTP/1.1\r\nHost: a\r\n\r\n"
	for _, c := range []struct {
		name, text string
		want       string
	}{
		{"a plain request, and one more", "GET /rest/v1/ HTTP/1.1\r\nHost: a\r\n\r\n" + smuggled, "[200 401]"},
		{"two lengths", "POST /rest/v1/notes HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 50\r\n\r\n{}" + smuggled, "[400]"},
		{"a length with a sign", "POST /rest/v1/notes HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n{}" + smuggled, "[400]"},
		{"a length and chunks", "POST /rest/v1/notes HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "one"},
		{"chunks in HTTP/1.0", "POST /rest/v1/notes HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "one"},
		{"an unknown coding", "POST /rest/v1/notes HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled, "[501]"},
		{"a coding twice", "POST /rest/v1/notes HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled, "refused"},
		{"a space before the colon", "POST /rest/v1/notes HTTP/1.1\r\nHost: a\r\nContent-Length : 2\r\n\r\n{}" + smuggled, "[400]"},
		{"a folded header", "GET /rest/v1/ HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n" + smuggled, "any"},
		{"a bare line feed in a chunk's size", "POST /rest/v1/notes HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;x\n\r\n\r\n" + smuggled, "one"},
		{"a size of a chunk that is none", "POST /rest/v1/notes HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + smuggled, "one"},
		{"two hosts", "GET /rest/v1/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + smuggled, "[400]"},
		{"no host", "GET /rest/v1/ HTTP/1.1\r\n\r\n" + smuggled, "[400]"},
		{"a NUL in a header", "GET /rest/v1/ HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n" + smuggled, "[400]"},
		{"a carriage return in a header", "GET /rest/v1/ HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n" + smuggled, "[400]"},
		{"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled, "refused"},
		{"a version that is none", "GET /rest/v1/ HTTP/9.9\r\nHost: a\r\n\r\n" + smuggled, "refused"},
		{"a tunnel", "CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n" + smuggled, "first refused"},
		{"a header of 100 kB", "GET /rest/v1/ HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 100<<10) + "\r\n\r\n" + smuggled, "refused"},
	} {
		got := s.raw(c.text)
		ok := fmt.Sprint(got) == c.want
		switch c.want {
		case "one":
			ok = len(got) == 1
		case "refused":
			ok = len(got) <= 1 && (len(got) == 0 || got[0] >= 400)
		case "first refused":
			ok = len(got) > 0 && got[0] >= 400
		case "any":
			ok = len(got) > 0 && got[0] < 500
		}
		if !ok {
			t.Errorf("%s: answers %v, want %s", c.name, got, c.want)
		}
	}
}

// M10: the path of a door has one spelling, which the rules of a proxy in front know: others are not found, or sent to the first, for who may read there too. Below
// the door, %6e is n (RFC 3986 6.2.2.2), and a name is a name.
func TestPathsHaveOneSpelling(t *testing.T) {
	s := httpServer(t)
	ask := func(path string) (int, string) {
		t.Helper()
		c := s.dial()
		if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", path, s.Token(ada)); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	for _, path := range []string{"/rest/v1/notes?select=title", "/rest/v1/%6eotes?select=title", "/auth/v1/settings", "/health/live"} {
		if status, text := ask(path); status != http.StatusOK {
			t.Errorf("%s: %d %.200s", path, status, text)
		}
	}
	for _, path := range []string{
		"/rest/v1//notes", "//rest/v1/notes", "/rest/v1/./notes", "/rest/v1/x/../notes", "/rest/v1/%2e%2e/v1/notes", "/rest%2fv1/notes", "/rest/v1%2fnotes", "/rest%2Fv1%2Fnotes",
		"/%72est/v1/notes", "/rest/v1/notes%2f", "/rest/v1/notes/", "/REST/v1/notes", "/rest/v1/notes;x=1", "/rest/v1/notes%00", "/rest/v1/notes%20", "/rest/v1/NOTES", `/rest\v1\notes`,
		"/rest/v1/notes%3f", "/auth%2fv1/settings", "/auth/v1%2fsettings", "/auth/v1//settings", "/auth/v1/settings/", "/health%2flive",
	} {
		status, text := ask(path + "?select=title")
		if status < 300 || status >= 500 || strings.Contains(text, "title") {
			t.Errorf("%s: %d %.200s", path, status, text)
		}
	}
}

// M4, M8, M12: a body is what its headers say, small enough, and read once: bombs are refused soon.
func TestBodiesAreWhatTheySay(t *testing.T) {
	s := httpServer(t)
	many := make([]string, 50_000)
	for i := range many {
		many[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	for _, c := range []struct {
		name, body string
		headers    []string
	}{
		{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00", []string{"Content-Encoding", "gzip"}},
		{"brotli", "\x0b\x02\x80", []string{"Content-Encoding", "br"}},
		{"text that is JSON", `{"title":"a"}`, []string{"Content-Type", "text/html"}},
		{"a form of several parts that is JSON", `{"title":"a"}`, []string{"Content-Type", "multipart/form-data; boundary=x"}},
		{"depth", strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), nil},
		{"depth in a value", `{"body":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, nil},
		{"50,000 keys", "{" + strings.Join(many, ",") + "}", nil},
		{"a huge number", `{"stars":1e999999}`, nil},
		{"a number of many digits", `{"stars":` + strings.Repeat("9", 500_000) + `}`, nil},
		{"a byte order mark", "\xef\xbb\xbf{\"title\":\"a\"}", nil},
		{"bytes that are no text", "{\"title\":\"\xff\xfe\"}", nil},
		{"a NUL", `{"title":"\u0000"}`, nil},
		{"two bodies", `{"title":"a"}{"title":"b"}`, nil},
		{"more than is allowed", `{"title":"` + strings.Repeat("x", 2<<20) + `"}`, nil},
	} {
		began := time.Now()
		a := s.as(ada, "POST /notes", c.body, c.headers...)
		s.refused(c.name, a)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: refused after %v", c.name, took)
		}
	}
	if got := s.owner("/notes?select=id&id=gt.3"); got != "[]" {
		t.Errorf("written: %s", got)
	}
}

// M1: many connections that send their headers, their bodies, or take their answers, a byte at a time hold up nobody else, and those without headers are closed.
func TestSlowConnectionsHoldUpNobody(t *testing.T) {
	const of = 150
	s := httpServer(t)
	var silent []net.Conn
	for i := range of {
		for _, text := range []string{
			"GET /rest/v1/notes HTTP/1.1\r\nHost: a\r\nX-A: ",                                                              // headers that do not end
			"POST /rest/v1/notes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n[", // a body that does not end
			"GET /rest/v1/notes?select=id HTTP/1.1\r\nHost: a\r\n\r\n",                                                     // an answer that nobody takes
		} {
			c := s.dial()
			if _, err := io.WriteString(c, text); err != nil {
				t.Fatal(err)
			}
			if i%10 == 0 && strings.HasSuffix(text, "X-A: ") {
				silent = append(silent, c)
			}
		}
	}
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for range 25 {
				began := time.Now()
				if a := s.as(ada, "GET /notes?select=id", ""); a.status != 200 {
					t.Errorf("beside slow connections: %d %s", a.status, a.body)
				}
				if a := s.as(ada, "PATCH /notes?id=eq.1", `{"title":"a"}`); a.status != 204 {
					t.Errorf("a write beside slow connections: %d %s", a.status, a.body)
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("beside slow connections a read and a write take %v", took)
				}
			}
		})
	}
	asking.Wait()
	for _, c := range silent {
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Fatalf("a connection without headers is kept: %v", err)
		}
	}
}
