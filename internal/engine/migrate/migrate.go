// Package migrate brings a database to the state that a project's files describe.
//
// Main types: State (what is recorded against what is there) and Runner. Each migration is one transaction with its own record in
// supabase_migrations.schema_migrations, under the ecosystem's column names and a checksum of ours.
//
// Invariants: a migration is applied whole or not at all; one that was applied is never applied again; one that was changed, is
// missing, or comes before one already applied is said (State), never passed over in silence.
package migrate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/project"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Applied is a recorded migration. Checksum is "" where another tool recorded it.
type Applied struct {
	Version  string
	Name     string
	Checksum string
}

// State compares the files with the record. Each list is in order of version.
type State struct {
	Applied    []Applied
	Pending    []project.Migration // to be applied, all later than the last applied
	OutOfOrder []project.Migration // not applied, though a later one is
	Changed    []project.Migration // applied with another text
	Missing    []Applied           // applied, and the file is gone
}

// Problems says in words what is wrong besides pending work; empty when all is well.
func (s *State) Problems() []string {
	var out []string
	for _, m := range s.OutOfOrder {
		out = append(out, fmt.Sprintf("%s comes before %s, which is applied already; give it a later version, or apply it with --include-all", m.Path, s.Applied[len(s.Applied)-1].Version))
	}
	for _, m := range s.Changed {
		out = append(out, fmt.Sprintf("%s was changed after it was applied; put the change into a new migration, or start over with: mainstay db reset", m.Path))
	}
	for _, a := range s.Missing {
		out = append(out, fmt.Sprintf("migration %s (%s) is applied, but its file is missing", a.Version, a.Name))
	}
	return out
}

// Runner applies files to an engine. Not safe for concurrent use.
type Runner struct {
	Engine engine.Engine
	// Applying is told of each file before it runs; nil for nobody.
	Applying func(path string)
	// Notice passes what the database has to say; nil for nobody.
	Notice func(path, level, message string)
	// Timeout ends a file that runs longer (57014); 0 is never.
	Timeout time.Duration
}

// State reads the record and compares it with the files.
func (r *Runner) State(ctx context.Context, files []project.Migration) (*State, error) {
	applied, err := r.applied(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the applied migrations: %w", err)
	}
	return compare(applied, files), nil
}

func compare(applied []Applied, files []project.Migration) *State {
	s := &State{Applied: applied}
	byVersion := make(map[string]project.Migration, len(files))
	for _, f := range files {
		byVersion[f.Version] = f
	}
	recorded := make(map[string]bool, len(applied))
	last := ""
	for _, a := range applied {
		recorded[a.Version] = true
		last = a.Version
		f, ok := byVersion[a.Version]
		switch {
		case !ok:
			s.Missing = append(s.Missing, a)
		case a.Checksum != "" && a.Checksum != f.Checksum:
			s.Changed = append(s.Changed, f)
		}
	}
	for _, f := range files {
		switch {
		case recorded[f.Version]:
		case last != "" && project.VersionLess(f.Version, last):
			s.OutOfOrder = append(s.OutOfOrder, f)
		default:
			s.Pending = append(s.Pending, f)
		}
	}
	return s
}

// Up applies files in their order, each in a transaction of its own, and stops at the first that fails: those before it stay.
// Errors are *fault.Error with file and place where the SQL is at fault.
func (r *Runner) Up(ctx context.Context, files []project.Migration) error {
	for _, m := range files {
		if r.Applying != nil {
			r.Applying(m.Path)
		}
		script := engine.Script{Text: m.Text, File: m.Path, Atomic: true, Record: []engine.Statement{{
			Text: `INSERT INTO supabase_migrations.schema_migrations (version, name, statements) VALUES ($1, $2, ARRAY[$3])`,
			Args: []string{m.Version, m.Name, m.Text},
		}, {
			Text: `INSERT INTO supabase_migrations.mainstay_checksums (version, checksum) VALUES ($1, $2)`,
			Args: []string{m.Version, m.Checksum},
		}}}
		if err := r.script(ctx, script); err != nil {
			return fmt.Errorf("apply %s: %w", m.Path, err)
		}
	}
	return nil
}

// Seed runs the seed files in one transaction each, and records that it was done, so that it is done once.
func (r *Runner) Seed(ctx context.Context, files []project.File) error {
	for _, f := range files {
		if r.Applying != nil {
			r.Applying(f.Path)
		}
		script := engine.Script{Text: f.Text, File: f.Path, Atomic: true, Record: []engine.Statement{{
			Text: `INSERT INTO supabase_migrations.seed_files (path, hash) VALUES ($1, $2)`,
			Args: []string{f.Path, project.Checksum(f.Text)},
		}}}
		if err := r.script(ctx, script); err != nil {
			return fmt.Errorf("seed with %s: %w", f.Path, err)
		}
	}
	return nil
}

// script runs a file inside its bound of time.
func (r *Runner) script(ctx context.Context, s engine.Script) error {
	if r.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.Timeout)
		defer cancel()
	}
	return r.Engine.Script(ctx, s, r.sink(s.File))
}

// Seeded reports whether any seed file was run.
func (r *Runner) Seeded(ctx context.Context) (bool, error) {
	rows, err := r.query(ctx, "seed_files", "path")
	return len(rows) > 0, err
}

func (r *Runner) applied(ctx context.Context) ([]Applied, error) {
	rows, err := r.query(ctx, "schema_migrations", "version", "name")
	if err != nil {
		return nil, err
	}
	sums, err := r.query(ctx, "mainstay_checksums", "version", "checksum")
	if err != nil {
		return nil, err
	}
	checksum := make(map[string]string, len(sums))
	for _, row := range sums {
		checksum[row[0]] = row[1]
	}
	all := make([]Applied, len(rows))
	for i, row := range rows {
		all[i] = Applied{row[0], row[1], checksum[row[0]]}
	}
	slices.SortFunc(all, func(a, b Applied) int {
		if project.VersionLess(a.Version, b.Version) {
			return -1
		}
		return 1
	})
	return all, nil
}

// query reads columns of a table of the record. The statement is made, not parsed: a normal start needs no parser.
func (r *Runner) query(ctx context.Context, table string, columns ...string) ([][]string, error) {
	q := &sql.Select{From: []sql.TableExpr{&sql.Table{Name: sql.Name{Schema: "supabase_migrations", Name: table}}}}
	for _, c := range columns {
		q.Targets = append(q.Targets, sql.Target{Expr: &sql.ColumnRef{Fields: []string{c}, Pos: sql.NoPos}})
	}
	sink := &textSink{}
	err := r.Engine.Script(ctx, engine.Script{Parsed: []sql.Statement{{Stmt: q, Text: sql.Print(q)}}}, sink)
	if code := fault.Code(err); code == fault.UndefinedTable || code == fault.InvalidSchemaName {
		return nil, nil // a database that no tool has touched yet
	}
	return sink.rows, err
}

// textSink keeps rows as text.
type textSink struct {
	width int
	rows  [][]string
}

func (s *textSink) Begin(cols []engine.Column) error { s.width = len(cols); return nil }

func (s *textSink) Row(row engine.Row) error {
	out := make([]string, s.width)
	for i := range out {
		out[i] = string(row.AppendText(nil, i))
	}
	s.rows = append(s.rows, out)
	return nil
}

func (s *textSink) Done(string) error     { return nil }
func (s *textSink) Notice(string, string) {}
func (s *textSink) Refused(error)         {}

func (r *Runner) sink(path string) engine.ScriptSink { return &noticeSink{runner: r, path: path} }

// noticeSink drops rows and passes notices on.
type noticeSink struct {
	runner *Runner
	path   string
}

func (s *noticeSink) Begin([]engine.Column) error { return nil }
func (s *noticeSink) Row(engine.Row) error        { return nil }
func (s *noticeSink) Done(string) error           { return nil }
func (s *noticeSink) Refused(error)               {}
func (s *noticeSink) Notice(level, message string) {
	if s.runner.Notice != nil {
		s.runner.Notice(s.path, level, message)
	}
}
