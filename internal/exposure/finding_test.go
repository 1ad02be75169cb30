package exposure

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestCodesAreDocumented holds that the page of findings has every code, with its level and title.
func TestCodesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/reference/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range append(Codes, MoreReachable) {
		if line := fmt.Sprintf("| %s | %s | %s", c.Code, c.Level, c.Title); !strings.Contains(string(page), line) {
			t.Errorf("docs/reference/audit.md is without %q", line)
		}
		if seen[c.Code] {
			t.Errorf("%s is two kinds of finding", c.Code)
		}
		seen[c.Code] = true
	}
}
