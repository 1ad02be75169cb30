package clients

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/mainstaytest"
	"github.com/mainstay-dev/mainstay/test/compat/report"
)

func TestSupabaseJSOnPostgres(t *testing.T) {
	dir := checkout(t, "MAINSTAY_SUPABASE_JS")
	supabaseJS(t, dir, "postgres", mainstay.Server{Database: clustertest.Database(t)})
}

func TestSupabaseJSOnSQLite(t *testing.T) {
	supabaseJS(t, checkout(t, "MAINSTAY_SUPABASE_JS"), "sqlite", mainstay.Server{})
}

// noDoor says of the tests that are not run, by how their names begin, which door they wait for.
var noDoor = map[string]string{
	"Supabase Integration Tests Realtime": "there is no door of realtime yet",
	"Custom JWT Realtime":                 "there is no door of realtime yet",
	"Storage API":                         "there is no door of storage yet",
}

func supabaseJS(t *testing.T, dir, engine string, s mainstay.Server) {
	text, err := os.ReadFile(filepath.Join(dir, "test", "integration.test.ts"))
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`).FindSubmatch(text)
	secret := regexp.MustCompile(`JWT_SECRET = '([^']+)'`).FindSubmatch(text)
	if address == nil || secret == nil {
		t.Fatal("the tests name no address of a server, or no secret")
	}
	settings := "[auth]\njwt_secret = \"" + string(secret[1]) + "\"\n[auth.email]\nenable_confirmations = false\n" +
		"[auth.leaked_passwords]\nenabled = false\n" // as on the server that the tests are written for: their users' password is one that guessers try first
	s.Dir = project(t, settings, filepath.Join(dir, "supabase", "migrations"), "", func(s string) string { return s })
	s.Addr = string(address[1])
	mainstaytest.Run(t, s)

	prefixes := slices.Sorted(maps.Keys(noDoor))
	section := report.Section{Suite: "supabase-js", Engine: engine}
	for _, a := range jest(t, dir, "test/integration.test.ts", "--testNamePattern", "^(?!"+strings.Join(prefixes, "|")+")") {
		i := slices.IndexFunc(prefixes, func(p string) bool { return strings.HasPrefix(a.FullName, p) })
		switch {
		case a.Status == "passed":
			section.Passed++
			section.Total++
		case i >= 0 && a.Status == "pending":
			section.NotRun = append(section.NotRun, report.Line{Case: a.FullName, Reason: noDoor[prefixes[i]]})
		default:
			t.Errorf("%s: %s %s", a.FullName, a.Status, a.message())
		}
	}
	t.Logf("%d of %d", section.Passed, section.Total)
	if !t.Failed() {
		section.Check(t, *update)
	}
}
