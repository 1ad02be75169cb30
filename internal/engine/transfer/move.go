package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Mover moves a database from one engine to another. The source stays as it is. A move that was interrupted, however it was, goes on where it stopped when
// it is started again: rows come in chunks, each in one transaction with the record of how far the table is.
type Mover struct {
	From engine.Engine
	// Base is the catalog of a database that has only what Mainstay makes, as From.Shadow gives it; nil: it is asked for.
	Base *catalog.Catalog
	// Open opens the target; as it is found, or with what Mainstay makes in it.
	Open func(ctx context.Context, asFound bool) (engine.Loader, error)
	// WithoutSecrets leaves the secrets of schema vault behind.
	WithoutSecrets bool
	// ChunkBytes is how many bytes of rows are committed at a time; 0 is 4 MiB. At most three chunks are in memory.
	ChunkBytes int
	// Progress, if set, is told how far it is.
	Progress func(Progress)
}

// Report says what was moved and found equal.
type Report struct {
	Tables    []TableReport
	Rows      int64
	Sequences int
	Secrets   int
	Resumed   bool // an earlier move had done a part
}

// TableReport is a table's rows: their number and a checksum that does not depend on their order.
type TableReport struct {
	Name string
	Rows int64
	Sum  string
}

// Where the record of a move under way is, in the target. It is gone when the move is done.
const recordSchema = "mainstay_move"

const makeRecord = `CREATE SCHEMA mainstay_move;
CREATE TABLE mainstay_move.source (fingerprint text NOT NULL);
CREATE TABLE mainstay_move.progress (name text PRIMARY KEY, rows bigint NOT NULL, sum text NOT NULL);
`

// move is a Mover at work.
type move struct {
	*Mover
	plan   *plan
	to     engine.Loader
	done   map[string]progress // by table
	counts map[string]int64
	copied map[string]progress // what the source has
	report Report
	track  tracker

	database  string // the source's name of itself
	positions []position
	secrets   []secret
}

// progress is how far a table is.
type progress struct {
	rows int64
	sum  sum
}

// Run moves. The target must be empty, or hold what an earlier Run for the same source left.
func (m *Mover) Run(ctx context.Context) (_ Report, err error) {
	if m.From.Has(engine.SharedDatabase) {
		return Report{}, fault.New(fault.ObjectNotInState, "the project is on a database server already").WithHint("pg_dump moves a database from one server to another.")
	}
	base := m.Base
	if base == nil {
		if base, err = m.From.Shadow(ctx, engine.Script{}); err != nil {
			return Report{}, err
		}
	}
	w := &move{Mover: m, done: map[string]progress{}, counts: map[string]int64{}}
	if w.plan, err = newPlan(base, m.From.Catalog()); err != nil {
		return Report{}, err
	}
	if err := w.look(ctx); err != nil {
		return Report{}, err
	}
	if err := w.open(ctx, true); err != nil {
		return Report{}, err
	}
	defer func() {
		if w.to != nil {
			err = errors.Join(err, w.to.Close())
		}
	}()
	if err := w.prepare(ctx); err != nil {
		return Report{}, err
	}
	if err := w.copyAll(ctx); err != nil {
		return Report{}, err
	}
	if err := w.verify(ctx); err != nil {
		return Report{}, err
	}
	return w.report, w.finish(ctx)
}

// look counts what there is to be moved.
func (w *move) look(ctx context.Context) error {
	r := newReader()
	r.count(w.plan.tables, w.counts)
	r.add("SELECT current_database()", func(row engine.Row) error { w.database = text(row, 0); return nil }, nil)
	r.positions(w.plan.sequences, func(p position) { w.positions = append(w.positions, p) })
	if w.plan.vault && !w.WithoutSecrets {
		r.secrets(func(s secret) { w.secrets = append(w.secrets, s) })
	}
	if err := r.run(ctx, w.From); err != nil {
		return doing(err, "read the project's database")
	}
	// Of Mainstay's own tables those without rows are left alone: the target's may have some that belong to its server.
	w.plan.tables = slices.DeleteFunc(w.plan.tables, func(t *table) bool { return !t.own && w.counts[t.name()] == 0 })
	for _, t := range w.plan.tables {
		w.track.total += w.counts[t.name()]
	}
	return nil
}

// fingerprint tells one source from another, and from itself after a change of its schema.
func (p *plan) fingerprint() string {
	h := sha256.New()
	for _, s := range slices.Concat(p.before, p.after) {
		fmt.Fprintf(h, "%s;\n", s) // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ---- the target ----

func (w *move) open(ctx context.Context, asFound bool) error {
	to, err := w.Open(ctx, asFound)
	if err != nil {
		return fmt.Errorf("open the target: %v", err) // what a client would be told of it tells too little here
	}
	w.to = to
	return nil
}

// prepare looks whether the target may be filled, and begins or takes up the move.
func (w *move) prepare(ctx context.Context) error {
	if w.to.Catalog().Schema(recordSchema) != nil {
		w.report.Resumed = true
		return w.takeUp(ctx)
	}
	if err := w.refuseForeign(ctx); err != nil {
		return err
	}
	// As Mainstay opens it to serve it.
	err := w.to.Close()
	w.to = nil
	if err == nil {
		err = w.open(ctx, false)
	}
	if err != nil {
		return err
	}
	if len(w.secrets) > 0 && len(w.to.Catalog().Functions(vaultSchema, "create_secret")) == 0 {
		return fault.New(fault.ObjectNotInState, "the target cannot keep the %d secrets of schema vault: its server has no supabase_vault", len(w.secrets)).
			WithHint("Install the extension, or leave the secrets behind with --without-secrets.")
	}
	if err := w.refuseRows(ctx); err != nil {
		return err
	}
	return w.begin(ctx)
}

// foreignObjects are what a database holds beside PostgreSQL's and extensions' own, as far as it belongs to the connected role.
const foreignObjects = `SELECT n.nspname, o.name FROM (
	SELECT 'pg_class'::regclass AS of, oid, relnamespace AS schema, relname AS name, relowner AS owner FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p', 'f', 'S')
	UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace, proname, proowner FROM pg_proc
	UNION ALL SELECT 'pg_type'::regclass, t.oid, typnamespace, typname, typowner FROM pg_type t LEFT JOIN pg_class c ON c.oid = typrelid
		WHERE typtype IN ('d', 'e', 'r') OR typtype = 'c' AND c.relkind = 'c'
) o JOIN pg_namespace n ON n.oid = o.schema
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND pg_has_role(o.owner, 'MEMBER')
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.of AND d.objid = o.oid AND d.deptype = 'e')
ORDER BY 1, 2`

// refuseForeign refuses a target that holds anything which Mainstay did not make there.
func (w *move) refuseForeign(ctx context.Context) error {
	var found []string
	r := newReader()
	r.add(foreignObjects, func(row engine.Row) error {
		schema, name := text(row, 0), text(row, 1)
		if !w.plan.schemas[schema] && !w.plan.ours[schema+"."+name] {
			found = append(found, schema+"."+name)
		}
		return nil
	}, nil)
	if err := r.run(ctx, w.to); err != nil {
		return doing(err, "look at the target")
	}
	return notEmpty(found)
}

// refuseRows refuses a target whose tables of Mainstay's own, auth.users and the like, are in use.
func (w *move) refuseRows(ctx context.Context) error {
	counts := map[string]int64{}
	r := newReader()
	for _, t := range w.plan.tables {
		if !t.own {
			r.count([]*table{t}, counts)
		}
	}
	if err := r.run(ctx, w.to); err != nil {
		return doing(err, "look at the target")
	}
	var found []string
	for _, t := range w.plan.tables {
		if n := counts[t.name()]; n > 0 {
			found = append(found, fmt.Sprintf("%d rows in %s", n, t.name()))
		}
	}
	return notEmpty(found)
}

func notEmpty(found []string) error {
	if len(found) == 0 {
		return nil
	}
	const most = 10
	more := ""
	if n := len(found) - most; n > 0 {
		found, more = found[:most], fmt.Sprintf(" and %d more", n)
	}
	return fault.New(fault.ObjectNotInState, "the target is not empty").WithDetail("It holds %s%s.", strings.Join(found, ", "), more).
		WithHint("Move into a new database. A move that was interrupted goes on by itself; one that has ended leaves nothing to go on with.")
}

// begin makes the schema, as far as rows need it, and the record of the move.
func (w *move) begin(ctx context.Context) error {
	w.tell("making the schema")
	record := []engine.Statement{{Text: "INSERT INTO mainstay_move.source VALUES ($1)", Args: []string{w.plan.fingerprint()}}}
	if err := w.script(ctx, makeRecord+joined(w.plan.before), record); err != nil {
		return doing(err, "make the schema in the target")
	}
	return nil
}

func joined(statements []string) string {
	var b strings.Builder
	for _, s := range statements {
		b.WriteString(s)
		b.WriteString(";\n")
	}
	return b.String()
}

// script runs statements in one transaction of the target. Bodies of functions are not checked: what they name may come later.
func (w *move) script(ctx context.Context, text string, record []engine.Statement) error {
	const settings = "SET LOCAL check_function_bodies = false;\nSET LOCAL client_min_messages = warning;\nSET LOCAL statement_timeout = 0;\nSET LOCAL search_path = public, extensions;\n"
	return w.to.Script(ctx, engine.Script{Text: settings + text, File: "move", Atomic: true, Record: record}, engine.Discard{})
}

// takeUp reads how far an earlier move of the same source came.
func (w *move) takeUp(ctx context.Context) error {
	fingerprint := ""
	r := &reader{}
	r.add("BEGIN", nil, nil)
	// A chunk of a process that was killed may still be on its way into the tables.
	r.add("LOCK TABLE mainstay_move.progress IN SHARE MODE", nil, nil)
	r.add("SELECT fingerprint FROM mainstay_move.source", func(row engine.Row) error { fingerprint = text(row, 0); return nil }, nil)
	r.add("SELECT name, rows, sum FROM mainstay_move.progress", func(row engine.Row) error {
		rows, err := strconv.ParseInt(text(row, 1), 10, 64)
		if err != nil {
			return err
		}
		s, err := parseSum(text(row, 2))
		w.done[text(row, 0)] = progress{rows, s}
		return err
	}, nil)
	if err := r.run(ctx, w.to); err != nil {
		return doing(err, "read how far the move is")
	}
	if fingerprint != w.plan.fingerprint() {
		return fault.New(fault.ObjectNotInState, "the target holds a move that was begun from another project, or from this one before its schema was changed").
			WithHint("Drop the target's database, make it anew, and start over.")
	}
	return nil
}

// ---- rows ----

// changedError says that rows which were copied are not what the source has any more.
type changedError struct{ table *table }

func (e *changedError) Error() string { return e.table.name() + " has changed since it was copied" }

// copyAll copies all rows. A table that changed since an earlier run is copied anew.
func (w *move) copyAll(ctx context.Context) error {
	for {
		err := w.copyOnce(ctx)
		var changed *changedError
		if !errors.As(err, &changed) {
			return err
		}
		if err := w.clear(ctx, changed.table); err != nil {
			return err
		}
	}
}

// clear takes a table's rows out of the target. Where Mainstay's own tables have references to each other, those that come after it are cleared, too.
func (w *move) clear(ctx context.Context, from *table) error {
	affected := []*table{from}
	if !from.own {
		affected = w.plan.tables[slices.Index(w.plan.tables, from):]
		affected = affected[:max(1, slices.IndexFunc(append(slices.Clone(affected), &table{own: true}), func(t *table) bool { return t.own }))]
	}
	for _, t := range slices.Backward(affected) {
		err := w.to.Load(ctx, engine.Load{Record: []engine.Statement{
			{Text: "DELETE FROM mainstay_move.progress WHERE name = $1", Args: []string{t.name()}},
			{Text: "DELETE FROM " + t.ident()},
		}})
		if err != nil {
			return doing(err, "clear %s in the target", t.name())
		}
		delete(w.done, t.name())
	}
	return nil
}

// copyOnce reads the source from its beginning and sends what the target does not have.
func (w *move) copyOnce(ctx context.Context) error {
	w.track.doing, w.track.rows, w.track.tell = "copying", 0, w.Progress
	w.copied = map[string]progress{}
	s := w.send(ctx)
	r := newReader()
	for _, t := range w.plan.tables {
		c := &copying{w: w, table: t, sender: s, had: w.done[t.name()]}
		r.rows(t, c.row, c.end)
	}
	err := r.run(ctx, w.From)
	if sent := s.wait(); sent != nil {
		return sent // what stopped the reading
	}
	return err
}

// copying is a table on its way.
type copying struct {
	w      *move
	table  *table
	sender *sender
	had    progress // in the target from an earlier run
	now    progress // of the source, up to the current row
	line   line
	buf    []byte
}

func (c *copying) row(row engine.Row) error {
	c.line.read(c.table, row)
	c.now.rows++
	c.now.sum.add(c.line.summed)
	c.w.track.row(c.table.name())
	if c.now.rows <= c.had.rows {
		if c.now.rows == c.had.rows && c.now.sum != c.had.sum {
			return &changedError{c.table}
		}
		return nil
	}
	if c.buf == nil {
		c.buf = c.sender.buffer()
	}
	if c.buf = append(c.buf, c.line.copied...); len(c.buf) < c.w.chunk() {
		return nil
	}
	return c.flush()
}

func (c *copying) end() error {
	if c.now.rows < c.had.rows {
		return &changedError{c.table}
	}
	c.w.copied[c.table.name()] = c.now
	return c.flush()
}

func (c *copying) flush() error {
	if len(c.buf) == 0 {
		return nil
	}
	buf := c.buf
	c.buf = nil
	return c.sender.send(piece{c.table, buf, c.now})
}

func (w *move) chunk() int {
	if w.ChunkBytes > 0 {
		return w.ChunkBytes
	}
	return 4 << 20
}

// piece is rows to be loaded, and how far their table is with them.
type piece struct {
	table *table
	rows  []byte
	upTo  progress
}

// sender loads pieces while the next ones are read.
type sender struct {
	pieces chan piece
	free   chan []byte // buffers to be used again
	failed chan struct{}
	ended  chan struct{}
	err    error // written before failed is closed
}

func (w *move) send(ctx context.Context) *sender {
	s := &sender{pieces: make(chan piece, 1), free: make(chan []byte, 3), failed: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		for p := range s.pieces {
			if s.err != nil {
				continue // the reader is about to notice
			}
			if err := w.load(ctx, p); err != nil {
				s.err = err
				close(s.failed)
				continue
			}
			select {
			case s.free <- p.rows[:0]:
			default:
			}
		}
	}()
	return s
}

func (s *sender) buffer() []byte {
	select {
	case b := <-s.free:
		return b
	default:
		return []byte{}
	}
}

func (s *sender) send(p piece) error {
	select {
	case s.pieces <- p:
		return nil
	case <-s.failed:
		return s.err
	}
}

// wait waits for what was sent and gives the error of what could not be loaded.
func (s *sender) wait() error {
	close(s.pieces)
	<-s.ended
	return s.err
}

func (w *move) load(ctx context.Context, p piece) error {
	err := w.to.Load(ctx, engine.Load{
		Table: sql.Name{Schema: p.table.Schema, Name: p.table.Name}, Columns: p.table.loaded, Rows: bytes.NewReader(p.rows),
		Record: []engine.Statement{{
			Text: `INSERT INTO mainstay_move.progress AS p VALUES ($1, $2::bigint, $3) ON CONFLICT (name) DO UPDATE SET rows = excluded.rows, sum = excluded.sum`,
			Args: []string{p.table.name(), strconv.FormatInt(p.upTo.rows, 10), p.upTo.sum.String()},
		}},
	})
	if err != nil {
		return doing(err, "copy %s", p.table.name())
	}
	return nil
}

// ---- the end ----

// verify reads all rows back and compares them with the source's.
func (w *move) verify(ctx context.Context) error {
	w.track.doing, w.track.rows = "checking", 0
	var differ []string
	w.report.Tables = nil
	r := newReader()
	for _, t := range w.plan.tables {
		var have progress
		var l line
		r.rows(t, func(row engine.Row) error {
			l.read(t, row)
			have.rows++
			have.sum.add(l.summed)
			w.track.row(t.name())
			return nil
		}, func() error {
			want := w.copied[t.name()]
			switch {
			case have.rows != want.rows:
				differ = append(differ, fmt.Sprintf("%s has %d rows instead of %d", t.name(), have.rows, want.rows))
			case have.sum != want.sum:
				differ = append(differ, fmt.Sprintf("%s has the checksum %s instead of %s", t.name(), have.sum, want.sum))
			}
			w.report.Tables = append(w.report.Tables, TableReport{t.name(), have.rows, have.sum.String()})
			w.report.Rows += have.rows
			return nil
		})
	}
	if err := r.run(ctx, w.to); err != nil {
		return doing(err, "read the rows back")
	}
	if len(differ) > 0 {
		return fault.New("XX001", "the target does not have what the project has").WithDetail("%s.", strings.Join(differ, "; ")).
			WithHint("Was the target written to meanwhile? Drop its database, make it anew, and start over.")
	}
	slices.SortFunc(w.report.Tables, func(a, b TableReport) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// finish makes what comes after the rows, sets the sequences, and takes the record away: all of it or nothing.
func (w *move) finish(ctx context.Context) error {
	w.tell("making indexes, foreign keys, triggers, policies")
	var b strings.Builder
	b.WriteString(joined(w.plan.after))
	for _, p := range w.positions {
		if !p.untouched {
			b.WriteString(p.statement() + ";\n")
			w.report.Sequences++
		}
	}
	if w.counts["cron.job"] > 0 {
		b.WriteString(jobsStay(w.database) + ";\n")
	}
	b.WriteString("ANALYZE;\nDROP SCHEMA mainstay_move CASCADE;\n")
	var record []engine.Statement
	for _, s := range w.secrets {
		record = append(record, s.bound())
		w.report.Secrets++
	}
	if err := w.script(ctx, b.String(), record); err != nil {
		return doing(err, "finish the target")
	}
	return nil
}

// jobsStay lets the jobs of one database run in the one that they are now in.
func jobsStay(database string) string {
	return "UPDATE cron.job SET database = pg_catalog.current_database() WHERE database = " + sql.QuoteLiteral(database)
}

// bound is the statement that keeps the secret, with the secret apart: it must not show in an error.
func (s secret) bound() engine.Statement {
	if s.name == nil {
		return engine.Statement{Text: "SELECT vault.create_secret($1, NULL, $2)", Args: []string{s.text, s.description}}
	}
	return engine.Statement{Text: "SELECT vault.create_secret($1, $2, $3)", Args: []string{s.text, *s.name, s.description}}
}

func (w *move) tell(doing string) {
	if w.Progress != nil {
		w.Progress(Progress{Doing: doing})
	}
}

// doing says in an error what was being done, in the message where it is one that a person is shown.
func doing(err error, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	f := fault.As(err)
	if f == nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	c := *f
	c.Message = what + ": " + c.Message
	return &c
}
