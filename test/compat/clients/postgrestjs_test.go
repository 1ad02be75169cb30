package clients

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/mainstaytest"
	"github.com/mainstay-dev/mainstay/test/compat/report"
)

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

func TestPostgRESTJSOnPostgres(t *testing.T) {
	dir := checkout(t, "MAINSTAY_POSTGREST_JS")
	run(t, dir, "postgres", mainstay.Server{Database: configured(t, clustertest.Database(t))}, func(s string) string { return s })
}

func TestPostgRESTJSOnSQLite(t *testing.T) {
	dir := checkout(t, "MAINSTAY_POSTGREST_JS")
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
	fixtures := filepath.Join(dir, "test", "supabase")
	s.Dir = project(t, settings, filepath.Join(fixtures, "migrations"), filepath.Join(fixtures, "seed.sql"), adapt)
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

	section := report.Section{Suite: suite, Engine: engine}
	for _, a := range jest(t, dir, "--testPathIgnorePatterns", "test/v12/") {
		section.Total++
		switch why := reasons[engine][a.FullName]; {
		case a.Status == "passed":
			section.Passed++
		case why == "":
			t.Errorf("%s: %s %s", a.FullName, a.Status, a.message())
		default:
			section.Failed = append(section.Failed, report.Line{Case: a.FullName, Reason: why})
		}
	}
	t.Logf("%d of %d", section.Passed, section.Total)
	if !t.Failed() {
		section.Check(t, *update)
	}
}
