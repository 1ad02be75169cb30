package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/transfer"
)

func dbDumpCommand() *cobra.Command {
	var f serverFlags
	var o transfer.DumpOptions
	var file string
	cmd := &cobra.Command{
		Use:   "dump [folder]",
		Short: "Write the database as PostgreSQL SQL, schema and data",
		Long: `Write the database as SQL that psql loads into an empty PostgreSQL database: what Mainstay itself makes, the project's schema, all rows, where sequences
stand. The embedded database is open for one process at a time: stop the server, or dump a copy of the data folder.`,
		Example: `  mainstay db dump --file shop.sql
  psql --set ON_ERROR_STOP=1 --single-transaction --file shop.sql "$DATABASE_URL"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.NoSchema && o.NoData {
				return errors.New("--schema-only and --data-only exclude each other")
			}
			return open(cmd, &f, args, func(db *mainstay.Database) error {
				bar := newBar(cmd.ErrOrStderr(), file != "" || !terminal(os.Stdout))
				o.Progress = bar.show
				done, err := writeWhole(file, cmd.OutOrStdout(), func(to io.Writer) (transfer.Dumped, error) { return db.Dump(cmd.Context(), o, to) })
				bar.clear()
				if err != nil {
					return err
				}
				if done.Secrets > 0 && !o.Secrets {
					fmt.Fprintf(cmd.ErrOrStderr(), "note: %d secrets of schema vault are left out; --secrets writes them in clear\n", done.Secrets)
				}
				if file != "" {
					fmt.Fprintf(cmd.ErrOrStderr(), "%d rows of %d tables in %s\n", done.Rows, done.Tables, file)
				}
				return nil
			})
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&file, "file", "", "file to write (default standard output)")
	flags.BoolVar(&o.NoData, "schema-only", false, "no rows")
	flags.BoolVar(&o.NoSchema, "data-only", false, "rows and positions of sequences only")
	flags.BoolVar(&o.Own, "own", false, "only what the project made: for a database that has the rest, as Mainstay or a Supabase server makes it")
	flags.BoolVar(&o.Inserts, "inserts", false, "rows as INSERT instead of COPY")
	flags.BoolVar(&o.Secrets, "secrets", false, "the secrets of schema vault, too, in clear")
	return cmd
}

func dbMoveCommand() *cobra.Command {
	var f serverFlags
	var o mainstay.MoveOptions
	var to string
	cmd := &cobra.Command{
		Use:   "move [folder] --to postgres://…",
		Short: "Move the embedded database to PostgreSQL",
		Long: `Move the embedded database of the project to an empty PostgreSQL database: schema, rows, where sequences stand, secrets, the record of migrations. All rows
are read back and compared by number and checksum. The embedded database stays as it is. Stop the server first. When the move is interrupted, run the
same command again: it goes on where it stopped.`,
		Example: `  createdb shop
  mainstay db move --to postgres://localhost/shop
  DATABASE_URL=postgres://localhost/shop mainstay serve`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return errors.New("say where to with --to postgres://…")
			}
			f.server.Database = "" // what is moved is the embedded one, whatever the environment says
			return open(cmd, &f, args, func(db *mainstay.Database) error {
				bar := newBar(cmd.ErrOrStderr(), true)
				o.Progress = bar.show
				report, err := db.Move(cmd.Context(), to, o)
				bar.clear()
				if err != nil && cmd.Context().Err() != nil {
					return errors.New("interrupted; run the same command again to go on")
				}
				if err != nil {
					return err
				}
				return printMove(cmd.OutOrStdout(), report)
			})
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&to, "to", "", "URL of the PostgreSQL database, which has to be empty")
	cmd.Flags().BoolVar(&o.WithoutSecrets, "without-secrets", false, "leave the secrets of schema vault behind")
	return cmd
}

func printMove(out io.Writer, report transfer.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "table\trows\tchecksum")
	for _, t := range report.Tables {
		fmt.Fprintf(w, "%s\t%d\t%s\n", t.Name, t.Rows, t.Sum)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d rows, %d sequences and %d secrets are moved; rows and checksums are equal on both sides.\nServe them with DATABASE_URL set to the new database.\n",
		report.Rows, report.Sequences, report.Secrets)
	return err
}

// writeWhole lets write fill a file that appears under its name when it is whole; name "" is out.
func writeWhole[T any](name string, out io.Writer, write func(io.Writer) (T, error)) (done T, err error) {
	if name == "" {
		return write(out)
	}
	part, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // mode 0600: it holds everybody's data
	if err != nil {
		return done, err
	}
	defer func() { _ = os.Remove(part.Name()) }() // gone already when all went well
	done, err = write(part)
	if err == nil {
		err = part.Sync()
	}
	if err := errors.Join(err, part.Close()); err != nil {
		return done, err
	}
	return done, os.Rename(part.Name(), name)
}

// bar shows progress on a terminal: one line, written over.
type bar struct {
	out   io.Writer // nil: nobody looks
	began time.Time
	last  time.Time
	doing string
	now   func() time.Time
}

func newBar(out io.Writer, wanted bool) *bar {
	b := &bar{now: time.Now}
	if f, ok := out.(*os.File); ok && wanted && terminal(f) {
		b.out = out
	}
	return b
}

const (
	barCells = 24
	barEvery = 100 * time.Millisecond
)

func (b *bar) show(p transfer.Progress) {
	now := b.now()
	if b.out == nil || now.Sub(b.last) < barEvery && p.Rows < p.Total && p.Doing == b.doing {
		return
	}
	if p.Doing != b.doing {
		b.doing, b.began = p.Doing, now
	}
	b.last = now
	if p.Total == 0 {
		fmt.Fprintf(b.out, "\r\x1b[K%s", p.Doing)
		return
	}
	share := float64(p.Rows) / float64(p.Total)
	full := min(barCells, int(share*barCells))
	line := fmt.Sprintf("%s [%s%s] %3.0f%%  %d of %d rows", p.Doing, strings.Repeat("█", full), strings.Repeat("░", barCells-full), share*100, p.Rows, p.Total)
	if took := now.Sub(b.began); took > time.Second {
		line += fmt.Sprintf(", %.0f a second", float64(p.Rows)/took.Seconds())
	}
	fmt.Fprintf(b.out, "\r\x1b[K%s  %s", line, p.Table)
}

func (b *bar) clear() {
	if b.out != nil {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
