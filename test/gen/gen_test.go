// Package gen holds the generated types to the ecosystem's own generator: the expected files are what supabase/postgres-meta 641831e wrote for the same
// SQL on PostgreSQL (PG_META_GENERATE_TYPES, with one-to-one relationships detected).
package gen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
)

func TestMain(m *testing.M) { clustertest.Main(m) }

func TestTypesAreTheGeneratorsToTheByte(t *testing.T) {
	edge := t.TempDir()
	text, err := os.ReadFile("../../internal/typegen/testdata/edge.sql")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(edge, "migrations"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(edge, "migrations", "1_edge.sql"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"embedded", "PostgreSQL"} {
		t.Run(kind, func(t *testing.T) {
			opened := func(dir string) *mainstay.Database {
				s := &mainstay.Server{Dir: dir, DataDir: t.TempDir()}
				if kind == "PostgreSQL" {
					s.Database = clustertest.Database(t)
				}
				db, err := s.Open(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(db.Close)
				if _, err := db.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				return db
			}
			shop, odd := opened("../../examples/shop"), opened(edge)
			check := func(db *mainstay.Database, file, lang string, schemas ...string) {
				t.Helper()
				want, err := os.ReadFile("../../internal/typegen/testdata/" + file)
				if err != nil {
					t.Fatal(err)
				}
				got, err := db.Types(lang, schemas)
				if err != nil {
					t.Fatal(err)
				}
				g, w := strings.Split(strings.TrimSuffix(got, "\n"), "\n"), strings.Split(strings.TrimSuffix(string(want), "\n"), "\n")
				for i := range max(len(g), len(w)) {
					if i >= len(g) || i >= len(w) || g[i] != w[i] {
						t.Errorf("%s differs at line %d:\n got %q\nwant %q", file, i+1, g[min(i, len(g)):min(i+3, len(g))], w[min(i, len(w)):min(i+3, len(w))])
						return
					}
				}
			}
			check(shop, "shop.ts", "typescript")
			check(shop, "shop.go.txt", "go")
			check(odd, "edge.ts", "typescript", "public")
			check(odd, "edge-two.ts", "typescript", "public", "other")
			check(odd, "edge.go.txt", "go", "public")
			if _, err := odd.Types("typescript", []string{"nope"}); err == nil || err.Error() != `schema "nope" does not exist` {
				t.Errorf("a schema that is not there: %v", err)
			}
			if _, err := odd.Types("cobol", nil); err == nil {
				t.Error("an unknown language was not refused")
			}
		})
	}
}
