package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
)

// TestWatchingEndsAtOnce: a wait for notifications ends with its context, and not seconds later; so does the server, and so comes what has changed in the schema.
func TestWatchingEndsAtOnce(t *testing.T) {
	address := clustertest.Database(t)
	e := openAt(t, address)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	listening := "select count(*) from pg_stat_activity where datname = current_database() and query like 'SELECT 1 FROM pg_event_trigger%'"
	within(t, "the engine listens", func() bool { return elsewhere(t, address, listening) == "1" })
	elsewhere(t, address, "create table public.later (id int primary key)")
	began := time.Now()
	within(t, "the new table is known", func() bool { return e.Catalog().Table("public", "later") != nil })
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("a change of the schema was known after %v", took)
	}
	began = time.Now()
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("Run ended %v after its context", took)
	}
}

// within waits until something is so.
func within(t *testing.T, what string, so func() bool) {
	t.Helper()
	end := time.After(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-end:
			t.Fatalf("not so in time: %s", what)
		case <-tick.C:
		}
	}
}
