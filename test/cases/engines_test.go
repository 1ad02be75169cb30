package cases_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/project"
)

// A kind is an engine to run the cases on. open gives a database of the test's own, with the project's world in it.
type kind struct {
	name   string
	oracle bool // its answers are the right ones
	open   func(t *testing.T, project string) engine.Engine
}

var kinds = []kind{
	{name: "postgres", oracle: true, open: openPostgres},
}

func TestMain(m *testing.M) { clustertest.Main(m) }

func openPostgres(t *testing.T, folder string) engine.Engine {
	url := clustertest.Copy(t, folder, func(url string) error {
		e, err := postgres.Open(context.Background(), postgres.Options{URL: url, MaxConns: 1})
		if err != nil {
			return err
		}
		defer e.Close()
		return build(e, folder)
	})
	e, err := postgres.Open(t.Context(), postgres.Options{URL: url, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
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
