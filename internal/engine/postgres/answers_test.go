package postgres

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// Who waits for the answer of somebody else's request holds no connection: others go on meanwhile.
func TestWaitingForAKeyHoldsNoConnection(t *testing.T) {
	e, err := Open(t.Context(), Options{URL: clustertest.Database(t), MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	const waiting = 4
	under, done, all := make(chan struct{}), make(chan struct{}), make(chan error, waiting+1)
	told := make(chan string, waiting+1)
	run := func(f func(engine.Tx) error) {
		once := &engine.Once{
			Key: [32]byte{1}, Request: [32]byte{2}, Keep: time.Hour, Answer: func() (string, error) { return "first", nil },
			Again: func(_ bool, answer string) error { told <- answer; return nil },
		}
		all <- e.Transact(t.Context(), engine.TxOptions{Caller: query.Caller{Role: "anon"}, Once: once}, f)
	}
	go run(func(engine.Tx) error { close(under); <-done; return nil })
	<-under
	for range waiting {
		go run(func(engine.Tx) error { return errors.New("it happened again") })
	}
	for users := 0; users < 1+waiting; runtime.Gosched() {
		e.once.mu.Lock()
		if k := e.once.keys[[32]byte{1}]; k != nil {
			users = k.users
		}
		e.once.mu.Unlock()
	}
	if n := e.pool.Stat().AcquiredConns(); n != 1 {
		t.Errorf("%d connections are held, want that of the first", n)
	}
	soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := e.Transact(soon, engine.TxOptions{Caller: query.Caller{Role: "anon"}}, func(engine.Tx) error { return nil }); err != nil {
		t.Errorf("another request: %v", err)
	}
	late, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.once.enter(late, [32]byte{1}); fault.Code(err) != fault.QueryCanceled {
		t.Errorf("a wait that was ended: %v", err)
	}
	close(done)
	for range waiting + 1 {
		if err := <-all; err != nil {
			t.Error(err)
		}
	}
	close(told)
	for answer := range told {
		if answer != "first" {
			t.Errorf("told %q", answer)
		}
	}
	if n := len(e.once.keys); n != 0 {
		t.Errorf("%d keys are left", n)
	}
}
