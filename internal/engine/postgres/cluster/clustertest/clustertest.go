// Package clustertest gives tests databases of a real PostgreSQL server.
//
// Main function: Database. The server is the one that MAINSTAY_TEST_POSTGRES names, or a private cluster, one a test process, that ends with the process.
//
// Invariants: every database is new and of one test; it is dropped after it.
package clustertest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster"
)

// Variable names the environment variable with the address of a server to use, as a superuser.
const Variable = "MAINSTAY_TEST_POSTGRES"

var server = sync.OnceValues(func() (func(database string) string, error) {
	if address := os.Getenv(Variable); address != "" {
		u, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		return func(database string) string {
			v := *u
			v.Path = "/" + database
			return v.String()
		}, nil
	}
	dir, err := os.MkdirTemp("", "mainstay-test-")
	if err != nil {
		return nil, err
	}
	c, err := cluster.Start(context.Background(), cluster.Options{Dir: dir, Volatile: true})
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return c.URL, nil // the server ends with this process and removes its folder
})

// Database makes a database and returns its address. Without an installed server the test is skipped, and says so.
func Database(t testing.TB) string {
	t.Helper()
	address, err := server()
	if errors.Is(err, cluster.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := newName()
	admin(t, address("postgres"), create(name, "template0")+" ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
	settle(t, address("postgres"), name)
	t.Cleanup(func() { admin(t, address("postgres"), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return address(name)
}

func admin(t testing.TB, address, statement string) {
	t.Helper()
	if err := run(address, statement); err != nil {
		t.Fatal(err)
	}
}

func run(address, statement string) error {
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	if err := c.Exec(ctx, statement).Close(); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// Main runs a package's tests and then drops the databases that Copy copied from and calls after. Call it from TestMain where Copy is used.
func Main(m *testing.M, after ...func()) {
	code := m.Run()
	for _, f := range after {
		f()
	}
	templates.Range(func(_, v any) bool {
		if address, err := server(); err == nil {
			if err := run(address("postgres"), "DROP DATABASE IF EXISTS "+v.(*template).name+" WITH (FORCE)"); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		return true
	})
	os.Exit(code)
}

// A template is a database that others are copies of.
type template struct {
	once sync.Once
	name string
	err  error
}

var templates sync.Map // key → *template

// Copy makes a database that is a copy of one that fill has filled, once for each key. fill must leave no connection open.
func Copy(t testing.TB, key string, fill func(address string) error) string {
	t.Helper()
	address, err := server()
	if errors.Is(err, cluster.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	v, _ := templates.LoadOrStore(key, &template{})
	m := v.(*template)
	m.once.Do(func() {
		m.name = newName()
		admin(t, address("postgres"), create(m.name, "template0")+" ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
		settle(t, address("postgres"), m.name)
		m.err = fill(address(m.name))
	})
	if m.err != nil {
		t.Fatal(m.err)
	}
	name := newName()
	admin(t, address("postgres"), create(name, m.name))
	settle(t, address("postgres"), name)
	t.Cleanup(func() { admin(t, address("postgres"), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return address(name)
}

// settle makes a database independent of its server's configuration. Copies of a database do not take its settings along.
func settle(t testing.TB, address, name string) {
	t.Helper()
	for _, s := range []string{"timezone = 'UTC'", "default_text_search_config = 'pg_catalog.english'", "intervalstyle = 'postgres'", "lc_messages = 'C'"} {
		admin(t, address, "ALTER DATABASE "+name+" SET "+s)
	}
}

func newName() string { return "mainstay_test_" + strings.ToLower(rand.Text()[:12]) }

func create(name, from string) string { return "CREATE DATABASE " + name + " TEMPLATE " + from }
