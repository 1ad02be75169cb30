package analyze_test

import (
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Whatever parses is either resolved or refused with a fault, and what was resolved can be cloned and printed alike.
func FuzzQuery(f *testing.F) {
	cat := world(f)
	for _, name := range []string{"good", "bad", "mixed"} {
		for _, s := range lines(f, "testdata/"+name+".sql") {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		stmts, err := sql.Parse(text)
		if err != nil {
			return
		}
		for _, s := range stmts {
			q, ok := s.Stmt.(sql.Query)
			if !ok {
				continue
			}
			out, err := analyze.Query(cat, &analyze.Env{}, q)
			if err != nil {
				if fault.As(err) == nil {
					t.Fatalf("%s: not a fault: %v", text, err)
				}
				continue
			}
			if a, b := tree.Format(out), tree.Format(tree.Clone(out)); a != b {
				t.Fatalf("%s\nclone differs:\n%s\n%s", text, a, b)
			}
			if _, err := rights.Attach(cat, "postgres", out); err != nil && fault.As(err) == nil {
				t.Fatalf("%s: not a fault: %v", text, err)
			}
		}
	})
}
