package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/mainstay-dev/mainstay/internal/top"
)

const topTimeout = 10 * time.Second // of one request; a server under overload answers these all the same

// stay follows no redirect: the secret key goes to nobody else.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func topCommand() *cobra.Command {
	var f serverFlags
	var url, key string
	var once, asJSON bool
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "top [folder]",
		Short: "Show what a running server does",
		Long: `Show what the server of the project in the folder (default: here) does: requests and their times by route, queues, the statements that take the most time, connections, commits, caches,
sizes and memory. It asks the server's /metrics with the secret key. Ctrl-C ends it.`,
		Example: `  mainstay top
  mainstay top --once --json | jq .routes
  mainstay top --url https://api.example.com --key "$MAINSTAY_SECRET_KEY"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if every < 100*time.Millisecond {
				return fmt.Errorf("--interval must be at least 100ms")
			}
			if key == "" { // not the flag's default, which the help text would print
				key = os.Getenv("MAINSTAY_SECRET_KEY")
			}
			if url == "" || key == "" {
				s, err := f.prepare(args, slog.LevelWarn)
				if err != nil {
					return err
				}
				at, secret, err := s.Address()
				if err != nil {
					return err
				}
				if url == "" {
					url = at
				}
				if key == "" {
					key = secret
				}
			}
			source := &top.Source{URL: url, Key: key, Client: &http.Client{Timeout: topTimeout, CheckRedirect: stay}}
			return watchTop(cmd.Context(), cmd.OutOrStdout(), source, every, once, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.server.DataDir, "data", "", "folder for keys and the embedded database (default .mainstay in the project)")
	flags.StringVar(&url, "url", "", "the server's address (default the project's port on 127.0.0.1)")
	flags.StringVar(&key, "key", "", "the secret key (default $MAINSTAY_SECRET_KEY, or the project's)")
	flags.DurationVar(&every, "interval", 2*time.Second, "time between two looks")
	flags.BoolVar(&once, "once", false, "look once, over one interval, and end")
	flags.BoolVar(&asJSON, "json", false, "a JSON object for each look")
	return cmd
}

// watchTop shows view after view until ctx ends.
func watchTop(ctx context.Context, out io.Writer, source *top.Source, every time.Duration, once, asJSON bool) error {
	last, err := source.Sample(ctx)
	if err != nil {
		return err
	}
	terminal := !once && !asJSON && isTerminal(out)
	if terminal {
		top.Begin(out)
		defer top.End(out)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now, err := source.Sample(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		v := top.Between(last, now)
		last = now
		switch {
		case asJSON:
			e := json.NewEncoder(out)
			e.SetEscapeHTML(false)
			err = e.Encode(v)
		case terminal:
			err = v.Frame(out, source.URL)
		default:
			v.Text(out, source.URL)
		}
		if err != nil || once {
			return err
		}
	}
}

// isTerminal reports whether a writer is a person's terminal.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
