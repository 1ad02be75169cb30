// Command mainstay serves a project's folder of PostgreSQL SQL as a backend, and works on its database.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/mainstay-dev/mainstay/fault"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command().ExecuteContext(ctx)
	stop()
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	fmt.Fprintln(os.Stderr, explain(err))
	os.Exit(1)
}

// explain tells an error to a person: with its place in the SQL where it has one.
func explain(err error) string {
	if f := fault.As(err); f != nil {
		return f.Explain()
	}
	return "error: " + err.Error()
}
