package rights_test

import (
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// One statement over a table whose policy looks into another policed table: names, types, two policies and five inlined functions.
func BenchmarkAttach(b *testing.B) {
	cat := world(b)
	stmts, err := sql.Parse("select * from orgs where name like 'a%' order by id limit 10")
	if err != nil {
		b.Fatal(err)
	}
	q := stmts[0].Stmt.(sql.Query)
	b.ReportAllocs()
	for b.Loop() {
		t, err := analyze.Query(cat, &analyze.Env{}, q)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := rights.Attach(cat, "rt_user", t); err != nil {
			b.Fatal(err)
		}
	}
}
