package cases_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The page that says which case shows what of the dialect names all of its cases, and no others.
func TestTheDialectsPageNamesItsCases(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs/reference/rest-dialect.md"))
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, m := range regexp.MustCompile("\\| `(dialect/[a-z_]+)` \\|\n").FindAllStringSubmatch(string(page), -1) {
		named = append(named, m[1])
	}
	slices.Sort(named)
	named = slices.Compact(named)
	var there []string
	for _, path := range casePaths(t) {
		if name := caseName(path); strings.HasPrefix(name, "dialect/") {
			there = append(there, name)
		}
	}
	slices.Sort(there)
	if !slices.Equal(named, there) {
		t.Errorf("the page names %q, there are %q", named, there)
	}
}
