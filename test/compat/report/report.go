// Package report keeps the generated page docs/reference/rest-conformance.md: each suite writes, or checks, the section of each engine.
package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Page is the generated page of the REST door, AuthPage that of sign-in, from the repository's root.
const (
	Page     = "docs/reference/rest-conformance.md"
	AuthPage = "docs/reference/auth-conformance.md"
)

// Section is what one suite says of one engine.
type Section struct {
	Page          string // "" is Page
	Suite, Engine string
	Passed, Total int
	Failed        []Line // cases that do not pass
	NotRun        []Line // cases that do not apply
}

// Line is a case and why it does not pass or apply.
type Line struct{ Case, Reason string }

// Text is the section as it stands on the page.
func (s *Section) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s, %s engine\n\n%d of %d pass", s.Suite, s.Engine, s.Passed, s.Total)
	if len(s.NotRun) > 0 {
		fmt.Fprintf(&b, "; %d more do not apply", len(s.NotRun))
	}
	b.WriteString(".\n")
	table := func(title string, list []Line) {
		if len(list) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n| %s | why |\n|---|---|\n", title)
		for _, l := range list {
			fmt.Fprintf(&b, "| %s | %s |\n", strings.ReplaceAll(l.Case, "|", `\|`), strings.ReplaceAll(l.Reason, "|", `\|`))
		}
	}
	table("does not pass", s.Failed)
	table("does not apply", s.NotRun)
	return b.String()
}

// Check compares the section with the page, or writes it there.
func (s *Section) Check(t *testing.T, update bool) {
	t.Helper()
	root, err := root()
	if err != nil {
		t.Fatal(err)
	}
	name := s.Page
	if name == "" {
		name = Page
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin := fmt.Sprintf("<!-- begin %s %s -->\n", s.Suite, s.Engine)
	end := fmt.Sprintf("<!-- end %s %s -->\n", s.Suite, s.Engine)
	before, rest, ok := strings.Cut(string(page), begin)
	was, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no section %q", name, begin)
	}
	if was == s.Text() {
		return
	}
	if !update {
		t.Errorf("%s does not say what was found; go test ./test/compat/... -update writes it. Found:\n%s", name, s.Text())
		return
	}
	if err := os.WriteFile(path, []byte(before+begin+s.Text()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the tests")
		}
		dir = filepath.Dir(dir)
	}
}
