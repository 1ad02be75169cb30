package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/mainstay-dev/mainstay"
)

func adviseCommand() *cobra.Command {
	var f serverFlags
	var o mainstay.AdviseOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "advise [folder]",
		Short: "Say which indexes are missing or needless, and what else makes statements slow",
		Long: `Look at the project's tables, policies and foreign keys, and at what its server has counted of statements, and say what would make them cheaper: each piece of advice with the
statement that follows it, and what it gains on a copy of the data. The data itself stays as it is. The embedded database is open for one process at a time: end the server first.`,
		Example: `  mainstay advise
  mainstay advise --statements statements.json    # as GET /metrics/statements gave it
  mainstay advise --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.prepare(args, slog.LevelWarn)
			if err != nil {
				return err
			}
			dir, err := os.MkdirTemp("", "mainstay-advise-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(dir)
			if out, ok := cmd.ErrOrStderr().(*os.File); ok && terminal(out) {
				o.Progress = func(done, all int, what string) { fmt.Fprintf(out, "\r\x1b[K%d of %d: %s", done+1, all, what) }
				defer fmt.Fprint(out, "\r\x1b[K")
			}
			r, err := s.Advise(cmd.Context(), dir, o)
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				return e.Encode(r)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), mainstay.AdviceText(r))
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&o.Statements, "statements", "", "a file with what statements have done, as /metrics/statements tells it")
	cmd.Flags().Int64Var(&o.MinRows, "min-rows", 1000, "rows that a table needs for advice")
	cmd.Flags().DurationVar(&o.MinAge, "min-age", 24*time.Hour, "how long statements must have been counted before an index is called unused")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
