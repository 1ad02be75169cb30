// Package authjs runs the tests of the official client auth-js against Mainstay servers over each engine.
//
// They are run from a checkout that MAINSTAY_AUTH_JS names (the folder packages/core/auth-js, dependencies installed, signing keys made), and are no part of the
// project. The servers listen where the tests expect them: one that serves the suite's own settings file, and four of other configurations, whose door is at the root.
package authjs

import (
	"context"
	"encoding/json"
	"flag"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/test/compat/report"
)

var update = flag.Bool("update", false, "write what is found into "+report.AuthPage)

func TestMain(m *testing.M) { clustertest.Main(m) }

func TestPostgres(t *testing.T) { run(t, "postgres") }
func TestSQLite(t *testing.T)   { run(t, "sqlite") }

const secret = `jwt_secret = "37c304f8-51aa-419a-a1af-06154e63707a-padded"
`

// common is in the settings of every server: the suite signs up with password123.
const common = "[auth.leaked_passwords]\nenabled = false\n"

// others are the configurations beside the suite's own, by the port of their door.
var others = map[string]string{
	"9999": "[auth]\n" + secret + "[auth.email]\nenable_confirmations = true\n[auth.sms]\nenable_signup = true\nenable_confirmations = true\nmax_frequency = \"0s\"\n",
	"9998": "[auth]\n" + secret + "enable_anonymous_sign_ins = true\n[auth.email]\nenable_confirmations = false\n[auth.sms]\nenable_signup = true\nenable_confirmations = false\n",
	"9997": "[auth]\n" + secret + "enable_signup = false\n",
	"9996": "[auth]\n[auth.email]\nenable_confirmations = false\n", // the keys of the data folder are asymmetric
}

// reasons say why a test does not pass; nothing else may fail.
var reasons = map[string]string{}

func run(t *testing.T, engine string) {
	dir := os.Getenv("MAINSTAY_AUTH_JS")
	if dir == "" {
		t.Skip("MAINSTAY_AUTH_JS names no checkout of the client's tests")
	}
	project := t.TempDir()
	if err := os.CopyFS(filepath.Join(project, "supabase"), os.DirFS(filepath.Join(dir, "test", "supabase"))); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(project, "supabase", "migrations"), 0o755); err != nil {
		t.Fatal(err)
	}
	start(t, engine, project, "127.0.0.1:54321")
	for port, settings := range others {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "mainstay.toml"), []byte("[api]\nexternal_url = \"http://localhost:"+port+"\"\n"+settings+common), 0o644); err != nil {
			t.Fatal(err)
		}
		front(t, port, start(t, engine, folder, "127.0.0.1:0"))
	}
	section := report.Section{Page: report.AuthPage, Suite: "auth-js", Engine: engine}
	for _, config := range []string{"jest.config.cli.js", "jest.config.docker.js"} {
		jest(t, dir, config, &section)
	}
	t.Logf("%d of %d", section.Passed, section.Total)
	if !t.Failed() {
		section.Check(t, *update)
	}
}

// start runs a server as it runs for users, not for development, and gives its address.
func start(t *testing.T, engine, dir, addr string) string {
	t.Helper()
	s := mainstay.Server{Dir: dir, DataDir: t.TempDir(), Addr: addr}
	if engine == "postgres" {
		s.Database = clustertest.Database(t)
	}
	ready := make(chan mainstay.Info, 1)
	s.Ready = func(i mainstay.Info) { ready <- i }
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case i := <-ready:
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		return i.URL
	case err := <-done:
		cancel()
		t.Fatal(err)
	}
	return ""
}

// front serves a server's door of sign-in at the root of a port.
func front(t *testing.T, port, server string) {
	t.Helper()
	to, err := url.Parse(server + "/auth/v1")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = web.Serve(l) }() // ends with Close
	t.Cleanup(func() { _ = web.Close() })
}

func jest(t *testing.T, dir, config string, section *report.Section) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.json")
	cmd := exec.Command("npx", "jest", "-c", config, "--coverage=false", "--runInBand", "--ci", "--forceExit", "--json", "--outputFile="+out)
	cmd.Dir = dir
	log, runErr := cmd.CombinedOutput() // fails when a test does
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatalf("the tests did not run: %v\n%s", runErr, log)
	}
	var result struct {
		NumPassedTests, NumTotalTests int
		TestResults                   []struct {
			AssertionResults []struct {
				Status, FullName string
				FailureMessages  []string
			}
		}
	}
	if err := json.Unmarshal(b, &result); err != nil {
		t.Fatal(err)
	}
	section.Passed += result.NumPassedTests
	section.Total += result.NumTotalTests
	for _, f := range result.TestResults {
		for _, a := range f.AssertionResults {
			if a.Status != "failed" {
				continue
			}
			why := reasons[a.FullName]
			if why == "" {
				t.Errorf("%s: %s", a.FullName, plain(strings.Join(a.FailureMessages, "\n")))
			}
			section.Failed = append(section.Failed, report.Line{Case: a.FullName, Reason: why})
		}
	}
}

func plain(s string) string {
	s = regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(s, "")
	return s[:min(len(s), 800)]
}
