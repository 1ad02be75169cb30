package sqlite_test

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// onDone is a sink that calls a function after each statement.
type onDone struct {
	lines
	f func(tag string)
}

func (s *onDone) Done(tag string) error { s.f(tag); return s.lines.Done(tag) }

func TestTemporaryTablesAreTheirSessionsOwn(t *testing.T) {
	dir, killed := t.TempDir(), t.TempDir()
	e := open(t, dir)
	seen := false
	err := e.Script(context.Background(), engine.Script{Text: `create temp table mine (a int primary key); create temp sequence s; insert into mine values (1); select a from mine;`}, &onDone{f: func(tag string) {
		if tag != "INSERT 0 1" {
			return
		}
		seen = true
		if x := e.Catalog().FindTable([]string{"public"}, sql.Name{Name: "mine"}); x != nil {
			t.Errorf("others find %s.%s", x.Schema, x.Name)
		}
		if len(e.Catalog().Sessions()) == 0 {
			t.Error("the session's table is not in the catalog")
		}
		// What a process that is killed now leaves.
		if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
			t.Error(err)
		}
	}})
	if err != nil || !seen {
		t.Fatal(err, seen)
	}
	if left := e.Catalog().Sessions(); len(left) > 0 {
		t.Errorf("after the session there is %v", left)
	}
	again, err := sqlite.Open(context.Background(), sqlite.Options{Dir: killed})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if left := again.Catalog().Sessions(); len(left) > 0 {
		t.Errorf("after a kill there is %v", left)
	}
	var out lines
	if err := again.Script(context.Background(), engine.Script{Text: `create temp table mine (b text); select to_regclass('s') is null as gone;`}, &out); err != nil || !slices.Contains(out.out, "t") {
		t.Error(err, out.out)
	}
}
