// Package postgrestjs runs the tests of the official client postgrest-js against a Mainstay server over each engine.
//
// They are run from a checkout that MAINSTAY_POSTGREST_JS names (the folder packages/core/postgrest-js, dependencies installed), and are no part of the
// project. The server listens where they expect it.
package postgrestjs

import (
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/mainstaytest"
	"github.com/mainstay-dev/mainstay/test/compat/report"
)

var update = flag.Bool("update", false, "write what is found into "+report.Page)

const (
	suite    = "postgrest-js"
	settings = `[api]
schemas = ["public", "personal"]
tx_end = "commit-allow-override"
allow_without_rls = ["*"]
[auth]
jwt_secret = "super-secret-jwt-token-with-at-least-32-characters-long"
`
)

func TestMain(m *testing.M) { clustertest.Main(m) }

func TestPostgres(t *testing.T) {
	dir := checkout(t)
	run(t, dir, "postgres", mainstay.Server{Database: configured(t, clustertest.Database(t))}, func(s string) string { return s })
}

func TestSQLite(t *testing.T) {
	dir := checkout(t)
	run(t, dir, "sqlite", mainstay.Server{}, withoutPartitions)
}

// configured is the address of a database whose sessions have what the tests' own server has in its configuration: the test of explain shows it.
func configured(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("options", "-c compute_query_id=on -c effective_cache_size=128MB")
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // a plus stands for itself here
	return u.String()
}

func checkout(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("MAINSTAY_POSTGREST_JS")
	if dir == "" {
		t.Skip("MAINSTAY_POSTGREST_JS names no checkout of the client's tests")
	}
	return dir
}

// withoutPartitions makes a plain table of the partitioned one and text of the geometry: the embedded engine refuses both.
func withoutPartitions(s string) string {
	s = regexp.MustCompile(`(?i)\)\s*partition by range \(created_at\);`).ReplaceAllString(s, ");")
	s = regexp.MustCompile(`(?is)CREATE TABLE \S+ PARTITION OF .*?;`).ReplaceAllString(s, "")
	s = regexp.MustCompile(`(?i)create extension if not exists postgis[^;]*;`).ReplaceAllString(s, "")
	return regexp.MustCompile(`(?i)extensions\.geometry\(POINT, 4326\)`).ReplaceAllString(s, "text")
}

// reasons say why a test does not pass; nothing else may fail.
var reasons = map[string]map[string]string{
	"postgres": {},
	"sqlite": {
		"geojson":                              "there is no PostGIS",
		"explain with json/text format":        noCosts,
		"explain with options":                 noCosts,
		"select with head:true, count:planned": "the test expects the planner to estimate too many rows; estimates are exact on the embedded engine (200 instead of 206)",
		"basic select view":                    viewOrder,
		"embeded functions select embeded_function_returning_view - function returning view":                                 viewOrder,
		"embeded functions select embeded_function_with_view_input_returning_view - function with view input returning view": viewOrder,
	},
}

const (
	noCosts   = "SQLite's plans have no costs"
	viewOrder = "without order= the rows of a view come in the order of the index that serves it"
)

func run(t *testing.T, dir, engine string, s mainstay.Server, adapt func(string) string) {
	s.Dir = project(t, dir, adapt)
	text, err := os.ReadFile(filepath.Join(dir, "test", "basic.test.ts"))
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`http://localhost:(\d+)/rest/v1`).FindSubmatch(text)
	if address == nil {
		t.Fatal("the tests name no address of a server")
	}
	s.Addr = "127.0.0.1:" + string(address[1])
	mainstaytest.Run(t, s)

	out := filepath.Join(t.TempDir(), "out.json")
	cmd := exec.Command("npx", "jest", "--runInBand", "--ci", "--testPathIgnorePatterns", "test/v12/", "--json", "--outputFile="+out)
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
	section := report.Section{Suite: suite, Engine: engine, Passed: result.NumPassedTests, Total: result.NumTotalTests}
	for _, f := range result.TestResults {
		for _, a := range f.AssertionResults {
			if a.Status != "failed" {
				continue
			}
			why := reasons[engine][a.FullName]
			if why == "" {
				t.Errorf("%s: %s", a.FullName, plain(strings.Join(a.FailureMessages, "\n")))
			}
			section.Failed = append(section.Failed, report.Line{Case: a.FullName, Reason: why})
		}
	}
	t.Logf("%d of %d", section.Passed, section.Total)
	if !t.Failed() {
		section.Check(t, *update)
	}
}

func plain(s string) string {
	s = regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(s, "")
	return s[:min(len(s), 1200)]
}

// project makes a folder of the client's fixtures.
func project(t *testing.T, dir string, adapt func(string) string) string {
	t.Helper()
	to := t.TempDir()
	files, err := filepath.Glob(filepath.Join(dir, "test", "supabase", "migrations", "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal("the checkout has no fixtures: ", err)
	}
	if err := os.Mkdir(filepath.Join(to, "migrations"), 0o755); err != nil {
		t.Fatal(err)
	}
	copies := map[string]string{filepath.Join(dir, "test", "supabase", "seed.sql"): filepath.Join(to, "seed.sql")}
	for _, f := range files {
		copies[f] = filepath.Join(to, "migrations", filepath.Base(f))
	}
	for from, name := range copies {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(adapt(string(b))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(to, "mainstay.toml"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	return to
}
