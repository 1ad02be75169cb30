// Package clients runs the tests of official JavaScript clients against a Mainstay server over each engine.
//
// They are run from a checkout of supabase-js with dependencies installed and packages built, and are no part of the project: MAINSTAY_POSTGREST_JS names its folder
// packages/core/postgrest-js, MAINSTAY_SUPABASE_JS its folder packages/core/supabase-js. Where a variable is not set, its tests are skipped and say so. The server listens
// where the tests expect it, which is why one package holds them all.
package clients

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/test/compat/report"
)

var update = flag.Bool("update", false, "write what is found into "+report.Page)

func TestMain(m *testing.M) { clustertest.Main(m) }

func checkout(t *testing.T, variable string) string {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		t.Skip(variable + " names no checkout of the client's tests")
	}
	return dir
}

// assertion is what became of a test: passed, failed, or pending when it was not run.
type assertion struct {
	Status, FullName string
	FailureMessages  []string
}

func (a *assertion) message() string {
	s := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(strings.Join(a.FailureMessages, "\n"), "")
	return s[:min(len(s), 1200)]
}

// jest runs the tests in a folder.
func jest(t *testing.T, dir string, args ...string) []assertion {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.json")
	cmd := exec.Command("npx", append([]string{"jest", "--runInBand", "--ci", "--forceExit", "--json", "--outputFile=" + out}, args...)...)
	cmd.Dir = dir
	log, runErr := cmd.CombinedOutput() // fails when a test does
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatalf("the tests did not run: %v\n%s", runErr, log)
	}
	var result struct {
		TestResults []struct {
			Message          string
			AssertionResults []assertion
		}
	}
	if err := json.Unmarshal(b, &result); err != nil {
		t.Fatal(err)
	}
	var list []assertion
	for _, f := range result.TestResults {
		if len(f.AssertionResults) == 0 {
			t.Fatalf("a file of tests did not run: %s", f.Message)
		}
		list = append(list, f.AssertionResults...)
	}
	return list
}

// project makes a folder of a client's fixtures.
func project(t *testing.T, settings, migrations, seed string, adapt func(string) string) string {
	t.Helper()
	to := t.TempDir()
	files, err := filepath.Glob(filepath.Join(migrations, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal("the checkout has no fixtures: ", err)
	}
	if err := os.Mkdir(filepath.Join(to, "migrations"), 0o755); err != nil {
		t.Fatal(err)
	}
	copies := map[string]string{}
	if seed != "" {
		copies[seed] = filepath.Join(to, "seed.sql")
	}
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
