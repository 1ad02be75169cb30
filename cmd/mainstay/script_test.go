package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mainstay": main})
}

// TestScripts runs the command line as people do; see testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}

// TestServerScripts runs those that need a PostgreSQL server; $TARGET is an empty database, for each its own.
func TestServerScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/server", Setup: func(e *testscript.Env) error {
		e.Setenv("TARGET", clustertest.Database(t))
		return nil
	}})
}
