package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

func dbCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "db", Short: "Work on a project's database"}
	cmd.AddCommand(dbQueryCommand(), dbCheckCommand(), dbDiffCommand(), dbMigrateCommand(), dbVerifyCommand(), dbResetCommand(), dbDumpCommand(), dbMoveCommand())
	return cmd
}

// open runs f on the opened database of the project that args and flags name.
func open(cmd *cobra.Command, f *serverFlags, args []string, run func(*mainstay.Database) error) error {
	s, err := f.prepare(args, slog.LevelWarn)
	if err != nil {
		return err
	}
	out := cmd.ErrOrStderr()
	s.Progress = func(text string) { fmt.Fprintln(out, text) }
	db, err := s.Open(cmd.Context())
	if err != nil {
		return err
	}
	defer db.Close()
	return run(db)
}

func dbQueryCommand() *cobra.Command {
	var f serverFlags
	var dir, role, claims, format, file string
	cmd := &cobra.Command{
		Use:   "query [SQL]",
		Short: "Run PostgreSQL SQL, as the owner or as a role",
		Example: `  mainstay db query 'select * from products limit 3'
  mainstay db query --as authenticated --claims '{"sub":"…"}' 'select * from orders'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, name, err := queryText(args, file, cmd.InOrStdin())
			if err != nil {
				return err
			}
			if !json.Valid([]byte(claims)) {
				return errors.New("--claims is not JSON")
			}
			sink, err := newPrinter(format, cmd.OutOrStdout(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return open(cmd, &f, []string{dir}, func(db *mainstay.Database) error {
				caller := query.Caller{Role: role, Claims: []byte(claims)}
				err := db.Script(cmd.Context(), engine.Script{Caller: caller, Text: text, File: name}, sink)
				return errors.Join(sink.flush(), err)
			})
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&dir, "dir", ".", "the project's folder")
	cmd.Flags().StringVar(&role, "as", "", "role to run as (default the owner)")
	cmd.Flags().StringVar(&claims, "claims", "{}", "claims of the caller's token, as JSON")
	cmd.Flags().StringVar(&format, "format", "table", "table, csv or json")
	cmd.Flags().StringVar(&file, "file", "", "file to run instead of SQL given as an argument; - for standard input")
	return cmd
}

func queryText(args []string, file string, stdin io.Reader) (text, name string, err error) {
	switch {
	case file == "-":
		b, err := io.ReadAll(stdin)
		return string(b), "standard input", err
	case file != "":
		b, err := os.ReadFile(file)
		return string(b), file, err
	case len(args) == 1:
		return args[0], "", nil
	}
	return "", "", errors.New("give the SQL as an argument, or a file with --file")
}

// printer writes results for people and programs. Rows of a statement are flushed when it is done.
type printer struct {
	engine.Discard
	format    string
	out, errs io.Writer
	cols      []engine.Column
	table     *tabwriter.Writer
	csv       *csv.Writer
	rows      int
	line      []byte
}

func newPrinter(format string, out, errs io.Writer) (*printer, error) {
	switch format {
	case "table", "csv", "json":
		return &printer{format: format, out: out, errs: errs}, nil
	}
	return nil, fmt.Errorf("--format: %q is none of table, csv and json", format)
}

// Begin starts a result.
func (p *printer) Begin(cols []engine.Column) error {
	p.cols, p.rows = cols, 0
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	switch p.format {
	case "table":
		p.table = tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(p.table, strings.Join(names, "\t"))
		for i, n := range names {
			names[i] = strings.Repeat("-", len(n))
		}
		fmt.Fprintln(p.table, strings.Join(names, "\t"))
	case "csv":
		p.csv = csv.NewWriter(p.out)
		return p.csv.Write(names)
	}
	return nil
}

// Row writes one row: JSON as one object a line.
func (p *printer) Row(row engine.Row) error {
	p.rows++
	if p.format == "json" {
		p.line = append(p.line[:0], '{')
		for i, c := range p.cols {
			if i > 0 {
				p.line = append(p.line, ',')
			}
			name, err := json.Marshal(c.Name)
			if err != nil {
				return err
			}
			p.line = append(append(p.line, name...), ':')
			p.line = row.AppendJSON(p.line, i)
		}
		p.line = append(p.line, '}', '\n')
		_, err := p.out.Write(p.line)
		return err
	}
	fields := make([]string, len(p.cols))
	for i := range fields {
		fields[i] = string(row.AppendText(nil, i))
		if p.format == "table" {
			if row.IsNull(i) {
				fields[i] = "∅"
			}
			fields[i] = strings.NewReplacer("\n", "↵", "\t", "→").Replace(fields[i])
		}
	}
	if p.format == "csv" {
		return p.csv.Write(fields)
	}
	_, err := fmt.Fprintln(p.table, strings.Join(fields, "\t"))
	return err
}

// Done ends a statement; its tag goes to people only.
func (p *printer) Done(tag string) error {
	if err := p.flush(); err != nil {
		return err
	}
	if p.format == "table" {
		fmt.Fprintln(p.errs, tag)
	}
	return nil
}

// Notice passes what the database has to say.
func (p *printer) Notice(level, message string) { fmt.Fprintf(p.errs, "%s: %s\n", level, message) }

func (p *printer) flush() error {
	if p.csv != nil {
		p.csv.Flush()
		return p.csv.Error()
	}
	if p.table != nil {
		err := p.table.Flush()
		p.table = nil
		return err
	}
	return nil
}

func dbCheckCommand() *cobra.Command {
	var f serverFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [folder]",
		Short: "List what of a folder the embedded engine cannot run, without touching data",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.prepare(args, slog.LevelWarn)
			if err != nil {
				return err
			}
			dir, err := os.MkdirTemp("", "mainstay-check-*")
			if err != nil {
				return err
			}
			defer func() { _ = os.RemoveAll(dir) }() // a scratch folder
			found, err := s.Check(cmd.Context(), filepath.Join(dir, "data"))
			if err := printFindings(cmd.OutOrStdout(), found, asJSON); err != nil {
				return err
			}
			if err == nil && len(found) > 0 {
				err = fmt.Errorf("%d places cannot run on this engine", len(found))
			}
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return cmd
}

func printFindings(out io.Writer, found []mainstay.Finding, asJSON bool) error {
	if !asJSON {
		for _, x := range found {
			fmt.Fprintf(out, "%s\n\n", explain(x.Err))
		}
		if len(found) == 0 {
			fmt.Fprintln(out, "everything runs")
		}
		return nil
	}
	enc := json.NewEncoder(out)
	for _, x := range found {
		line := struct {
			File    string `json:"file"`
			Line    int    `json:"line,omitempty"`
			Column  int    `json:"column,omitempty"`
			Code    string `json:"code"`
			Message string `json:"message"`
			Detail  string `json:"detail,omitempty"`
			Hint    string `json:"hint,omitempty"`
		}{File: x.File, Message: x.Err.Error()}
		if e := fault.As(x.Err); e != nil {
			line.Line, line.Column, _ = e.Place()
			line.Code, line.Message, line.Detail, line.Hint = e.Code, e.Message, e.Detail, e.Hint
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func dbDiffCommand() *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use:   "diff [folder]",
		Short: "Print the statements that lead from the database to schema.sql",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd, &f, args, func(db *mainstay.Database) error {
				steps, err := db.Diff(cmd.Context())
				if err != nil {
					return err
				}
				for _, step := range steps {
					if step.Destructive {
						fmt.Fprintf(cmd.OutOrStdout(), "-- destroys %s\n", step.Destroys)
					}
					fmt.Fprintf(cmd.OutOrStdout(), "%s;\n", step.Text)
				}
				return nil
			})
		},
	}
	f.add(cmd)
	return cmd
}

func dbVerifyCommand() *cobra.Command {
	var f serverFlags
	var accept bool
	cmd := &cobra.Command{
		Use:   "verify [folder]",
		Short: "Look for damage in the embedded database: checksums of pages, structure, references",
		Long: `Look for damage in the embedded database: checksums of pages, structure, references.

Other programs know nothing of the checksums: what sqlite3 has written, or moved from the log into the file after a crash, has wrong ones and is not read any
more. When that is what happened, and the structure is whole, --accept makes checksums of what is there.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.prepare(args, slog.LevelWarn)
			if err != nil {
				return err
			}
			v, err := s.Verify(cmd.Context(), accept)
			if err != nil {
				return err
			}
			for _, p := range v.Problems {
				fmt.Fprintln(cmd.OutOrStdout(), p)
			}
			switch {
			case v.Accepted > 0:
				fmt.Fprintf(cmd.OutOrStdout(), "%d pages have the checksum of what they hold now\n", v.Accepted)
			case v.OnlySums:
				return fmt.Errorf("pages are not what was written, but their structure is whole (%s): if another program has written the file, as sqlite3 does even to read it after a crash, keep what it wrote with --accept; else restore a backup", v.Summary)
			case len(v.Problems) > 0:
				return fmt.Errorf("the database is damaged (%s): restore a backup", v.Summary)
			default:
				fmt.Fprintf(cmd.OutOrStdout(), "sound: %s\n", v.Summary)
			}
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&accept, "accept", false, "make the checksums of pages anew where nothing else is wrong: what another program wrote is kept")
	return cmd
}

func dbMigrateCommand() *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use:   "migrate [folder]",
		Short: "Apply the migrations that are new",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd, &f, args, func(db *mainstay.Database) error {
				state, err := db.Migrations(cmd.Context())
				if err != nil {
					return err
				}
				for _, problem := range state.Problems() {
					fmt.Fprintln(cmd.ErrOrStderr(), "note:", problem)
				}
				n, err := db.Migrate(cmd.Context())
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "%d applied\n", n)
				}
				return err
			})
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.server.IncludeAll, "include-all", false, "also apply migrations that come before one already applied")
	return cmd
}

func dbResetCommand() *cobra.Command {
	var f serverFlags
	var yes bool
	cmd := &cobra.Command{
		Use:   "reset [folder]",
		Short: "Throw the embedded database away; the next start makes it anew",
		Long:  "Remove the embedded database of the project, with all its data. Keys stay. Migrations and seed run again at the next start of mainstay dev.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.prepare(args, slog.LevelWarn)
			if err != nil {
				return err
			}
			if !yes {
				return errors.New("this destroys the project's data; say --yes if that is meant")
			}
			removed, err := s.Reset()
			for _, path := range removed {
				fmt.Fprintln(cmd.OutOrStdout(), "removed", path)
			}
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "really do it")
	return cmd
}
