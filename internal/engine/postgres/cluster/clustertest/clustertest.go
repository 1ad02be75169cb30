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
	name := "mainstay_test_" + strings.ToLower(rand.Text()[:12])
	admin(t, address("postgres"), "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
	t.Cleanup(func() { admin(t, address("postgres"), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return address(name)
}

func admin(t testing.TB, address, statement string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := c.Exec(ctx, statement).Close(); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
