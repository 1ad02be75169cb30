// Command mainstay serves a project's folder of PostgreSQL SQL as a backend, and works on its database.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/mainstay-dev/mainstay/fault"
)

func main() {
	collectLess()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command().ExecuteContext(ctx)
	stop()
	logLines.Flush()
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	fmt.Fprintln(os.Stderr, explain(err))
	os.Exit(1)
}

// collectLess lets the heap grow to five times what is live before it is collected, unless the environment says otherwise: what is live is small (caches are
// bounded in bytes), and requests leave little behind, so that collecting twice as often buys nothing but CPU time.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// explain tells an error to a person: with its place in the SQL where it has one.
func explain(err error) string {
	if f := fault.As(err); f != nil {
		return f.Explain()
	}
	return "error: " + err.Error()
}
