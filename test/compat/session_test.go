package compat

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

var update = flag.Bool("update", false, "rewrite the golden transcript from PostgreSQL")

const (
	shop   = "../../examples/shop"
	golden = "testdata/session.jsonl"
	ada    = "aaaaaaaa-0000-4000-8000-000000000001"
	ben    = "bbbbbbbb-0000-4000-8000-000000000002"
)

// transcript runs the session of js/session.mjs with the unmodified client and gives its lines.
func transcript(t *testing.T, s mainstay.Server) []string {
	t.Helper()
	s.Dir = shop
	server := mainstaytest.Run(t, s)
	cmd := exec.Command("node", "session.mjs", server.URL, server.Publishable, server.Token(ada), server.Token(ben), server.Secret)
	cmd.Dir = "js"
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("the session failed: %v\n%s\n%s", err, out.Bytes(), stderr.Bytes())
	}
	return strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
}

// needClient makes sure that the official client is installed.
func needClient(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("skipped: node is not installed, so the official client cannot run")
	}
	if _, err := os.Stat(filepath.Join("js", "node_modules", "@supabase", "supabase-js")); err == nil {
		return
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("skipped: the official client is not installed and npm is missing")
	}
	cmd := exec.Command(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = "js"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("skipped: the official client cannot be installed: %v\n%s", err, out)
	}
}

// TestOfficialClientSeesTheSameOnBothEngines holds the promise that moving between engines changes no byte of an answer.
func TestOfficialClientSeesTheSameOnBothEngines(t *testing.T) {
	needClient(t)
	if *update {
		lines := transcript(t, mainstay.Server{Database: clustertest.Database(t)})
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	t.Run("embedded", func(t *testing.T) { compare(t, transcript(t, mainstay.Server{}), want) })
	t.Run("PostgreSQL", func(t *testing.T) {
		compare(t, transcript(t, mainstay.Server{Database: clustertest.Database(t)}), want)
	})
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := at(got, i), at(want, i)
		if g == w {
			continue
		}
		t.Errorf("call %d:\n got %s\nwant %s", i+1, g, w)
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

func TestMain(m *testing.M) { clustertest.Main(m) }
