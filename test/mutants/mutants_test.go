package mutants_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/test/campaign"
)

var (
	run  = flag.Bool("mutants", false, "make the mistakes and run the tests")
	span = flag.Duration("span", 0, "no further mistake is made after this time; 0 for all of them")
	only = flag.String("only", "", "the mistakes whose names hold this")
)

const root = "../.."

// A mutant is a mistake, and the test that must find it.
type mutant struct {
	name     string
	file     string // below the root
	old, new string
	in       string // folder of the tests
	test     string // as go test -run takes it
}

// TestMutantsFit holds that each mistake can still be made, and that its test is there.
func TestMutantsFit(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutants {
		if names[m.name] {
			t.Errorf("there are two of %q", m.name)
		}
		names[m.name] = true
		if _, err := m.mutated(); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		if err := m.tested(); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
	if len(mutants) < 25 {
		t.Errorf("there are %d mistakes, want 25", len(mutants))
	}
}

// mutated is the text of the file with the mistake in it.
func (m *mutant) mutated() (string, error) {
	text, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), m.old); n != 1 || m.old == m.new {
		return "", fmt.Errorf("%s holds the text %d times, want 1:\n%s", m.file, n, m.old)
	}
	return strings.Replace(string(text), m.old, m.new, 1), nil
}

var topTest = regexp.MustCompile(`^\^?(Test[A-Za-z0-9_]*)`)

// tested says whether the named test is in its folder; a case is a file.
func (m *mutant) tested() error {
	top := topTest.FindStringSubmatch(m.test)
	if top == nil {
		return fmt.Errorf("%q names no test", m.test)
	}
	files, err := filepath.Glob(filepath.Join(root, m.in, "*_test.go"))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(files, func(f string) bool {
		text, err := os.ReadFile(f)
		return err == nil && strings.Contains(string(text), "func "+top[1]+"(")
	}) {
		return fmt.Errorf("%s has no %s", m.in, top[1])
	}
	if name, ok := strings.CutPrefix(m.test, "TestCases/"); ok {
		if _, err := os.Stat(filepath.Join(root, "testdata/cases", strings.TrimSuffix(name, "$")+".txtar")); err != nil {
			return err
		}
	}
	return nil
}

// TestMutantsAreFound makes each mistake and runs its test, which must fail.
func TestMutantsAreFound(t *testing.T) {
	if !*run {
		t.Skip("takes many minutes: make mutants")
	}
	start := time.Now()
	clean := map[string]bool{} // tests that pass without a mistake
	survivors, found := 0, map[string]int{}
	var made, left []string
	for _, m := range mutants {
		if !strings.Contains(m.name, *only) {
			continue
		}
		if *span > 0 && time.Since(start) > *span {
			left = append(left, m.name)
			continue
		}
		made = append(made, fmt.Sprintf("- %s (%s): %s %s", m.name, m.file, m.in, m.test))
		key := m.in + " " + m.test
		if _, ok := clean[key]; !ok {
			out, err := m.check(t, "")
			if clean[key] = err == nil; err != nil {
				t.Errorf("%s fails without a mistake:\n%s", key, tail(out))
			}
		}
		began := time.Now()
		text, err := m.mutated()
		if err != nil {
			t.Fatal(err)
		}
		out, err := m.check(t, text)
		switch {
		case strings.Contains(out, "[build failed]"):
			survivors++
			t.Errorf("%s does not compile:\n%s", m.name, tail(out))
		case err == nil || !strings.Contains(out, "--- FAIL") && !strings.Contains(out, "panic:"):
			survivors++
			t.Errorf("%s is not found by %s:\n%s", m.name, key, tail(out))
		default:
			found[m.in]++
			t.Logf("%s: found by %s in %s", m.name, key, time.Since(began).Round(time.Second))
		}
	}
	if *only != "" {
		return
	}
	var controls []campaign.Control
	for key, ok := range clean {
		controls = append(controls, campaign.Control{Name: key + " without a mistake passes", Found: ok})
	}
	slices.SortFunc(controls, func(a, b campaign.Control) int { return strings.Compare(a.Name, b.Name) })
	note := "\nThe mistakes and what finds them:\n\n" + strings.Join(made, "\n")
	if left != nil {
		note += "\n\nNot made in this run, for want of time: " + strings.Join(left, "; ") + "."
	}
	campaign.Record(t, campaign.Result{
		Name: "R18", Case: "an old mistake, made anew, which the test that is named for it must find", Cases: len(made), Violations: survivors,
		Seeds: "none", Counts: found, Controls: controls, Note: note,
	}, start)
}

// check runs the mutant's test with a text in the place of its file's; "" for the file as it is.
func (m *mutant) check(t *testing.T, text string) (string, error) {
	t.Helper()
	args := []string{"test", "-count=1", "-vet=off", "-ldflags=-s -w", "-run", m.test}
	if text != "" {
		dir := t.TempDir()
		changed := filepath.Join(dir, filepath.Base(m.file))
		file, err := filepath.Abs(filepath.Join(root, m.file))
		if err != nil {
			t.Fatal(err)
		}
		plan, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
		if err != nil {
			t.Fatal(err)
		}
		overlay := filepath.Join(dir, "overlay.json")
		for name, content := range map[string]string{changed: text, overlay: string(plan)} {
			if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		args = append(args, "-overlay", overlay)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	args = append(args, "./"+m.in)
	if m.in == access {
		args = append(args, "-reports", "1", "-shrink=false")
	}
	c := exec.CommandContext(ctx, "go", args...)
	c.Dir = root
	c.Env = append(os.Environ(), campaign.Variable+"=")
	out, err := c.CombinedOutput()
	if err == nil && strings.Contains(string(out), "no tests to run") {
		t.Errorf("%s: %s has no test %s", m.name, m.in, m.test)
	}
	return string(out), err
}

// tail is the end of an output.
func tail(out string) string { return out[max(0, len(out)-1500):] }
