package transfer_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/engine/transfer"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// worlds are what is dumped and moved: names of testdata/NAME.sql, and the shop.
var worlds = []string{"everything", "shop"}

func world(t testing.TB, name string) []engine.Script {
	t.Helper()
	paths := []string{filepath.Join("testdata", name+".sql")}
	if name == "shop" {
		var err error
		if paths, err = filepath.Glob("../../../examples/shop/migrations/*.sql"); err != nil || len(paths) == 0 {
			t.Fatal("no migrations", err)
		}
		paths = append(paths, "../../../examples/shop/seed.sql")
	}
	var out []engine.Script
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, engine.Script{Text: string(text), File: p, Atomic: true})
	}
	return out
}

func embedded(t testing.TB, scripts ...engine.Script) *sqlite.Engine {
	t.Helper()
	e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	run(t, e, scripts...)
	return e
}

func run(t testing.TB, e engine.Engine, scripts ...engine.Script) {
	t.Helper()
	for _, s := range scripts {
		if err := e.Script(t.Context(), s, engine.Discard{}); err != nil {
			t.Fatalf("%s: %v", s.File, err)
		}
	}
}

func server(t testing.TB, url string) *postgres.Engine {
	t.Helper()
	e, err := postgres.Open(t.Context(), postgres.Options{URL: url, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// base is the catalog of a new project, made once.
var base = sync.OnceValues(func() (*catalog.Catalog, error) {
	dir, err := os.MkdirTemp("", "mainstay-transfer-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: dir, Readers: 1})
	if err != nil {
		return nil, err
	}
	return e.Catalog(), e.Close()
})

// psql loads a dump as people do.
func psql(t *testing.T, url string, dump []byte) {
	t.Helper()
	bin, err := cluster.Bin()
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "psql"), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--single-transaction", "--file", "-", url)
	cmd.Stdin = bytes.NewReader(dump)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
}

func dump(t *testing.T, e engine.Engine, o transfer.DumpOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := transfer.Dump(t.Context(), e, o, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDumpIsWhatPSQLLoads(t *testing.T) {
	check := func(name, title string, o transfer.DumpOptions) {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			url := clustertest.Database(t)
			e := embedded(t, world(t, name)...)
			psql(t, url, dump(t, e, o))
			loaded := server(t, url)
			same(t, e, loaded)
			sameSchema(t, name, loaded)
		})
	}
	check("shop", "shop", transfer.DumpOptions{})
	check("everything", "everything", transfer.DumpOptions{})
	check("everything", "everything as INSERT", transfer.DumpOptions{Inserts: true})
}

// same holds that two engines have the same rows and that their sequences stand at the same place.
func same(t *testing.T, want, got engine.Engine) {
	t.Helper()
	a, b := contents(t, want), contents(t, got)
	if n := len(a); n < 25 {
		t.Fatalf("only %d entries to compare", n)
	}
	report(t, a, b)
}

// contents are the rows of all tables and the positions of all sequences, in order.
func contents(t *testing.T, e engine.Engine) map[string]string {
	t.Helper()
	out := map[string]string{}
	read := func(key, text string) {
		var rows lines
		if err := e.Script(t.Context(), engine.Script{Text: text}, &rows); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if len(rows.out) > 1000 {
			// PostgreSQL puts a row into the space that an earlier page has left: rows of more than a few pages have no order of their own.
			slices.Sort(rows.out)
		}
		for i, r := range rows.out {
			out[fmt.Sprintf("%s %d", key, i)] = r
		}
	}
	for table := range e.Catalog().Tables() {
		columns := "*"
		switch {
		case table.Kind != catalog.OrdinaryTable && table.Kind != catalog.MatView || table.Schema == "vault" || table.Schema == "mainstay_move":
			continue
		case table.Schema == "cron" && table.Name == "job": // jobs of the database that was left are those of the new one
			columns = "jobid, schedule, command, database = current_database() as here, username, active, jobname"
		}
		read(table.Schema+"."+table.Name, "SELECT "+columns+" FROM "+sql.QuoteIdent(table.Schema)+"."+sql.QuoteIdent(table.Name))
	}
	for q := range e.Catalog().Sequences() {
		read(q.Schema+"."+q.Name, "SELECT last_value, is_called FROM "+sql.QuoteIdent(q.Schema)+"."+sql.QuoteIdent(q.Name))
	}
	return out
}

// lines keeps rows as text.
type lines struct {
	engine.Discard
	cols []engine.Column
	out  []string
}

func (l *lines) Begin(cols []engine.Column) error { l.cols = cols; return nil }

func (l *lines) Row(row engine.Row) error {
	var b strings.Builder
	for i, c := range l.cols {
		if row.IsNull(i) {
			fmt.Fprintf(&b, "%s is null;", c.Name)
		} else {
			fmt.Fprintf(&b, "%s=%q;", c.Name, row.AppendText(nil, i))
		}
	}
	l.out = append(l.out, b.String())
	return nil
}

// sameSchema holds that a database has the objects that the world has when it is made there.
func sameSchema(t *testing.T, name string, got *postgres.Engine) {
	t.Helper()
	native := server(t, clustertest.Database(t))
	run(t, native, world(t, name)...)
	want, have := native.Catalog().Facts(), got.Catalog().Facts()
	for _, facts := range []map[string]string{want, have} {
		// Mainstay makes these when it opens the database: before the world changes default privileges there, after it did here.
		maps.DeleteFunc(facts, func(k, _ string) bool { return strings.HasPrefix(k, "function extensions.pgrst_") })
		if name != "everything" { // whose role is of the whole server, and another test may make it just now
			maps.DeleteFunc(facts, func(k, _ string) bool { return strings.Contains(k, "shop_reader") })
		}
	}
	report(t, want, have)
}

func report(t *testing.T, want, got map[string]string) {
	t.Helper()
	keys := maps.Clone(want)
	maps.Copy(keys, got)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if want[k] != got[k] {
			t.Errorf("%s:\n got %q\nwant %q", k, got[k], want[k])
		}
	}
}

func TestDumpOfAServersDatabase(t *testing.T) {
	for _, name := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, url := server(t, clustertest.Database(t)), clustertest.Database(t)
			run(t, e, world(t, name)...)
			psql(t, url, dump(t, e, transfer.DumpOptions{}))
			loaded := server(t, url)
			same(t, e, loaded)
			sameSchema(t, name, loaded)
		})
	}
}
