package cluster_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster"
)

func start(t *testing.T, o cluster.Options) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(t.Context(), o)
	if errors.Is(err, cluster.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func exec(t *testing.T, url, text string) string {
	t.Helper()
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	results, err := c.Exec(ctx, text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if last := results[len(results)-1]; len(last.Rows) > 0 {
		return string(last.Rows[0][0])
	}
	return ""
}

func TestDataOutliveTheServer(t *testing.T) {
	dir, err := os.MkdirTemp("", "cluster") // a folder that the server's user can reach when the tests run as root
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c := start(t, cluster.Options{Dir: dir})
	exec(t, c.URL("postgres"), "create table t as select 7 as x")
	if got := exec(t, c.URL("postgres"), "show fsync"); got != "on" {
		t.Errorf("fsync = %s", got)
	}
	if got := exec(t, c.URL("postgres"), "show listen_addresses"); got != "" {
		t.Errorf("listen_addresses = %q", got)
	}
	c.Stop()
	c = start(t, cluster.Options{Dir: dir})
	if got := exec(t, c.URL("postgres"), "select x from t"); got != "7" {
		t.Errorf("x = %q", got)
	}
	c.Stop()
	if _, err := pgconn.Connect(t.Context(), c.URL("postgres")); err == nil {
		t.Error("the server still answers")
	}
}

func TestVolatileClusterLeavesNothingBehind(t *testing.T) {
	dir, err := os.MkdirTemp("", "cluster")
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, cluster.Options{Dir: dir, Volatile: true})
	c.Stop()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}
