package cases_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/project"
)

// A kind is an engine to run the cases on. open gives a database of the test's own, with the project's world in it.
type kind struct {
	name   string
	oracle bool // its answers are the right ones
	open   func(t *testing.T, project string) engine.Engine
	made   func(t *testing.T, world engine.Engine) engine.Engine // where the steps of a case are taken once its world is made; nil: there
}

var kinds = []kind{
	{name: "postgres", oracle: true, open: openPostgres},
	{name: "sqlite", open: openSQLite},
}

func TestMain(m *testing.M) { clustertest.Main(m, removeWorlds) }

func openPostgres(t *testing.T, folder string) engine.Engine {
	return openURL(t, serverWorld(t, folder))
}

// serverWorld is a database of its own with a project's world in it.
func serverWorld(t *testing.T, folder string) string {
	return clustertest.Copy(t, folder, func(url string) error {
		e, err := postgres.Open(context.Background(), postgres.Options{URL: url, MaxConns: 1})
		if err != nil {
			return err
		}
		defer e.Close()
		return build(e, folder)
	})
}

func openURL(t *testing.T, url string) engine.Engine {
	e, err := postgres.Open(t.Context(), postgres.Options{URL: url, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// worlds are the data folders of projects, made once and copied.
var worlds sync.Map // folder → func() (string, error)

func openSQLite(t *testing.T, folder string) engine.Engine {
	v, _ := worlds.LoadOrStore(folder, sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp("", "mainstay-cases-")
		if err != nil {
			return "", err
		}
		e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: dir, Readers: 1})
		if err != nil {
			return "", err
		}
		return dir, errors.Join(build(e, folder), e.Close())
	}))
	made, err := v.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(made)); err != nil {
		t.Fatal(err)
	}
	e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// removeWorlds is for the end of the tests.
func removeWorlds() {
	worlds.Range(func(_, v any) bool {
		if dir, err := v.(func() (string, error))(); err == nil {
			_ = os.RemoveAll(dir) // a temporary folder
		}
		return true
	})
}

// build makes the world of a project: its migrations and seeds.
func build(e engine.Engine, folder string) error {
	if folder == "" {
		return nil
	}
	p, err := project.Load(filepath.Join(root, folder))
	if err != nil {
		return err
	}
	apply := func(file, text string) error {
		if err := e.Script(context.Background(), engine.Script{Text: text, File: file, Atomic: true}, &transcript{}); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		return nil
	}
	for _, m := range p.Migrations {
		if err := apply(m.Path, m.Text); err != nil {
			return err
		}
	}
	for _, s := range p.Seeds {
		if err := apply(s.Path, s.Text); err != nil {
			return err
		}
	}
	return nil
}
