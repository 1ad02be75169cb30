package cases_test

import (
	"context"
	"flag"
	"slices"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/transfer"
)

var everyMovedCase = flag.Bool("moved", false, "move the worlds of all cases, not only of some")

// someMoved are the cases that are always moved: each kind of object, value and request once.
var someMoved = []string{
	"rest/defaults", "schemas/cron", "schemas/pgmq", "shop/embedding", "shop/place_order", "shop/writes", "shop/constraints", "sql/plpgsql", "sql/policies", "sql/catalogs", "types/round_trip",
}

// TestMovedCases makes the world of a case on the embedded engine, moves it to PostgreSQL, and takes the steps there. The answers are PostgreSQL's, of a
// world that was made on it.
func TestMovedCases(t *testing.T) {
	moved := kind{name: "moved", open: openSQLite, made: move}
	for _, path := range casePaths(t) {
		name := caseName(path)
		if !*everyMovedCase && !slices.Contains(someMoved, name) {
			continue
		}
		c, err := readCase(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runCase(t, c, moved)
		})
	}
}

// move moves a world to a new database of PostgreSQL.
func move(t *testing.T, from engine.Engine) engine.Engine {
	url := serverWorld(t, "")
	m := transfer.Mover{From: from, Base: openSQLite(t, "").Catalog(), Open: func(ctx context.Context, asFound bool) (engine.Loader, error) {
		return postgres.Open(ctx, postgres.Options{URL: url, MaxConns: 2, AsIs: asFound})
	}}
	if _, err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return openURL(t, url)
}
