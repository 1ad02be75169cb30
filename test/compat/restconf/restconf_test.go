package restconf

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/identity"
)

var (
	only   = flag.String("case", "", "run only the case of this number")
	report = flag.String("report", "", "write the report to this file, its name followed by the engine's")
)

// The counts that are reached; a change that falls below one fails.
const (
	postgresFloor = 501
	sqliteFloor   = 492
)

func TestPostgres(t *testing.T) {
	e, err := postgres.Open(t.Context(), postgres.Options{URL: clustertest.Database(t), AsIs: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	conform(t, "postgres", e, postgresFloor)
}

func TestSQLite(t *testing.T) {
	e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	conform(t, "sqlite", e, sqliteFloor)
}

// conform runs all cases and demands at least floor of them.
func conform(t *testing.T, name string, e engine.Engine, floor int) {
	folder, ok := Folder()
	if !ok {
		t.Skip("the conformance data is not here; MAINSTAY_CONFORMANCE names its folder")
	}
	world, err := World(folder)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	Setup(t.Context(), e, world, func(script, statement string, err error) {
		t.Logf("%s: %v: %.200s", script, err, statement)
	})
	r := &Runner{Engine: e, Owner: "postgres", KeysFor: map[string]*identity.Keys{}}
	dir := t.TempDir()
	if r.Keys, err = identity.Load(dir, Secret, identity.Options{}); err != nil {
		t.Fatal(err)
	}
	if r.KeysFor[Audience], err = identity.Load(dir, Secret, identity.Options{Audience: []string{Audience}}); err != nil {
		t.Fatal(err)
	}
	if r.SignedIn, err = identity.Load(dir, Secret, identity.Options{SignedInOnly: true}); err != nil {
		t.Fatal(err)
	}
	var results []Result
	passed := 0
	for i := range cases {
		if *only != "" && *only != strconv.Itoa(cases[i].ID) {
			continue
		}
		res := r.Run(t.Context(), &cases[i])
		if res.Skipped == "" && len(res.Wrong) == 0 {
			passed++
		}
		results = append(results, res)
	}
	text := Report(results)
	t.Log("\n" + text)
	if *report != "" {
		if err := os.WriteFile(*report+name, []byte(text), 0o644); err != nil {
			t.Error(err)
		}
	}
	if *only == "" && passed < floor {
		t.Errorf("%d cases pass, %d did before", passed, floor)
	}
}
