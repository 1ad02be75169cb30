package catalog_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// FuzzApply applies any script.
func FuzzApply(f *testing.F) {
	for _, s := range scripts {
		f.Add(s)
	}
	for _, s := range schemas {
		f.Add(s)
	}
	sql.Warm() // outside the time that one input may take
	f.Fuzz(func(t *testing.T, script string) {
		stmts, err := sql.Parse(script)
		if err != nil {
			return
		}
		survives(t, stmts)
	})
}

// TestStatementsInAnyOrder applies the statements of all scripts in orders that nobody thought of.
func TestStatementsInAnyOrder(t *testing.T) {
	var all []sql.Statement
	for _, name := range slices.Sorted(maps.Keys(scripts)) {
		stmts, err := sql.Parse(scripts[name])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, stmts...)
	}
	for _, s := range schemas {
		stmts, err := sql.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, stmts...)
	}
	for round := range uint64(40) {
		r := rand.New(rand.NewPCG(round, 1))
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		survives(t, all)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
}

// survives applies statements: only errors that a client may read, and a catalog that survives storing and diffing.
func survives(t *testing.T, stmts []sql.Statement) {
	t.Helper()
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
}
