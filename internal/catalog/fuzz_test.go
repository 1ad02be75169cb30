package catalog_test

import (
	"maps"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// FuzzApply applies any script: no panic, only errors that a client may read, and a catalog that survives storing and diffing.
func FuzzApply(f *testing.F) {
	for _, s := range scripts {
		f.Add(s)
	}
	for _, s := range schemas {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) {
		stmts, err := sql.Parse(script)
		if err != nil {
			return
		}
		e := catalog.Empty().Edit()
		for _, s := range stmts {
			if !catalog.IsDefinition(s.Stmt) {
				continue
			}
			before := e.Catalog().Version()
			if _, err := e.Apply(s.Stmt, catalog.Env{}); err != nil {
				if f := fault.As(err); f == nil || f.Code == fault.Internal {
					t.Errorf("%s: %v", s.Text, err)
				}
				if e.Catalog().Version() != before {
					t.Errorf("%s: failed and left a change", s.Text)
				}
			}
		}
		c := e.Done()
		d, err := catalog.Decode(c.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(c.Facts(), d.Facts()) {
			t.Error(differences(d.Facts(), c.Facts()))
		}
		if steps := catalog.Diff(c, d); len(steps) > 0 {
			t.Errorf("differs from itself: %s", steps[0].Text)
		}
		catalog.Diff(catalog.Empty(), c)
		catalog.Diff(c, catalog.Empty())
	})
}
