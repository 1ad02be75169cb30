package mainstay

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Mainstay speaks HTTP/1.1. Its front behind a server that speaks HTTP/2 keeps to that protocol as well as a bare handler does. MAINSTAY_H2SPEC names the program h2spec.
func TestFrontBehindHTTP2(t *testing.T) {
	program := os.Getenv("MAINSTAY_H2SPEC")
	if program == "" {
		t.Skip("MAINSTAY_H2SPEC does not name the program h2spec")
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/mainstay.toml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := Server{Dir: dir, DataDir: t.TempDir(), Dev: true}
	app, err := s.wire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer app.close()
	failed := func(h http.Handler) []string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		web := &http.Server{Handler: h, Protocols: &http.Protocols{}, ReadHeaderTimeout: readHeaderTimeout, MaxHeaderBytes: maxHeaderBytes}
		web.Protocols.SetUnencryptedHTTP2(true)
		go func() { _ = web.Serve(l) }() // ends with Close
		defer web.Close()
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		out, err := exec.CommandContext(t.Context(), program, "-h", "127.0.0.1", "-p", port).CombinedOutput()
		m := regexp.MustCompile(`(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed`).FindStringSubmatch(string(out))
		if m == nil {
			t.Fatalf("h2spec: %v\n%s", err, out)
		}
		t.Logf("%s; %v", m[0], time.Since(began).Round(time.Second))
		if passed, err := strconv.Atoi(m[2]); err != nil || passed == 0 {
			t.Fatal("nothing passed: this shows nothing")
		}
		_, list, _ := strings.Cut(string(out), "Failures:")
		return regexp.MustCompile(`(?m)^ *× .*$`).FindAllString(list, -1)
	}
	bare := failed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }))
	worse := func() []string {
		return slices.DeleteFunc(failed(app.front), func(f string) bool { return slices.Contains(bare, f) })
	}
	first := worse()
	if len(first) == 0 {
		return
	}
	// Some of its tests wait for a time: what a busy machine makes fail once does not fail twice.
	for _, f := range worse() {
		if slices.Contains(first, f) {
			t.Errorf("fails behind the front, and not behind a bare handler:%s", f)
		}
	}
}
