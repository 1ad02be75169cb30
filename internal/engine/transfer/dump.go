package transfer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// DumpOptions say what of a database is written.
type DumpOptions struct {
	NoSchema, NoData bool
	// Own leaves out what Mainstay itself makes in a new database: the result is for one that has it.
	Own bool
	// Inserts writes rows as INSERT instead of COPY.
	Inserts bool
	// Secrets writes the secrets of schema vault, in clear.
	Secrets bool
	// Progress, if set, is told how far it is.
	Progress func(Progress)
}

// Dumped says what a dump holds.
type Dumped struct {
	Tables  int
	Rows    int64
	Secrets int64 // that there are; they are written only when that was asked for
}

const preamble = `SET statement_timeout = 0;
SET lock_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET client_min_messages = warning;
SET row_security = off;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET search_path = public, extensions;
`

// Triggers and foreign keys are silent while rows come, where the role may say so.
const silence = "SET session_replication_role = replica"

// Dump writes a database as PostgreSQL's SQL that psql loads into an empty one.
func Dump(ctx context.Context, e engine.Engine, o DumpOptions, to io.Writer) (Dumped, error) {
	base, err := e.Shadow(ctx, engine.Script{})
	if err != nil {
		return Dumped{}, err
	}
	p, err := newPlan(base, e.Catalog())
	if err != nil {
		return Dumped{}, err
	}
	if o.Own {
		for _, step := range catalog.Diff(base, e.Catalog()) {
			if step.Destructive {
				return Dumped{}, fault.New(fault.ObjectNotInState, "the project has dropped or changed what Mainstay makes: %s", step.Destroys).
					WithHint("Leave out --own: the dump is then for an empty database.")
			}
		}
	}
	d := &dump{o: o, plan: p, out: bufio.NewWriterSize(to, 1<<20)}
	if err := d.write(ctx, e); err != nil {
		return d.done, err
	}
	return d.done, d.out.Flush()
}

// dump is one call of Dump.
type dump struct {
	o     DumpOptions
	plan  *plan
	out   *bufio.Writer // keeps its first error
	done  Dumped
	line  line
	batch int // rows in the INSERT that is open
	track tracker

	database string // what it calls itself
}

func (d *dump) write(ctx context.Context, e engine.Engine) error {
	d.put("-- A database of Mainstay. Load it into an empty PostgreSQL database:\n--   psql --set ON_ERROR_STOP=1 --single-transaction --file FILE URL\n\n", preamble)
	if !d.o.NoSchema {
		if !d.o.Own {
			d.section("what Mainstay makes in every database", bootstrapTexts())
		}
		d.section("schema", d.plan.before)
	}
	if !d.o.NoData {
		if err := d.rows(ctx, e); err != nil {
			return err
		}
	}
	if !d.o.NoSchema {
		d.section("indexes, foreign keys, triggers, policies, rights", d.plan.after)
	}
	d.put("\n-- the end\n")
	return nil
}

func (d *dump) put(texts ...string) {
	for _, s := range texts {
		_, _ = d.out.WriteString(s) // Flush gives the error
	}
}

func (d *dump) section(title string, statements []string) {
	if len(statements) == 0 {
		return
	}
	d.put("\n-- ", title, "\n\n")
	for _, s := range statements {
		d.put(s, ";\n")
	}
}

// rows writes the rows, the positions of sequences, and secrets, all as of one moment.
func (d *dump) rows(ctx context.Context, e engine.Engine) error {
	r := newReader()
	counts := map[string]int64{}
	r.count(d.plan.tables, counts)
	if d.plan.vault {
		r.add("SELECT count(*) FROM vault.secrets", func(row engine.Row) error {
			_, err := fmt.Sscan(text(row, 0), &d.done.Secrets)
			return err
		}, nil)
	}
	r.add("SELECT current_database()", func(row engine.Row) error { d.database = text(row, 0); return nil }, func() error {
		for _, n := range counts {
			d.track.total += n
		}
		d.track.doing, d.track.tell = "writing", d.o.Progress
		d.put("\n-- rows\n\n", block(silence, "42501"), ";\n")
		return nil
	})
	for _, t := range d.plan.tables {
		first := true
		r.rows(t, func(row engine.Row) error {
			if first {
				first = false
				d.done.Tables++
				d.put("\n-- ", oneLine(t.name()), ": ", fmt.Sprint(counts[t.name()]), " rows\n")
				d.open(t)
			}
			d.row(t, row)
			d.done.Rows++
			d.track.row(t.name())
			return nil
		}, func() error {
			if !first {
				d.close()
			}
			_, err := d.out.Write(nil) // an error ends the reading, too
			return err
		})
	}
	first := true
	r.positions(d.plan.sequences, func(p position) {
		if p.untouched {
			return
		}
		if first {
			d.put("\n-- sequences\n\n")
		}
		first = false
		d.put(p.statement(), ";\n")
	})
	if d.plan.vault && d.o.Secrets {
		r.secrets(func(s secret) { d.put(s.statement(), ";\n") })
	}
	if err := r.run(ctx, e); err != nil {
		return err
	}
	if counts["cron.job"] > 0 {
		d.put(jobsStay(d.database), ";\n")
	}
	if d.done.Secrets > 0 && !d.o.Secrets {
		d.put(fmt.Sprintf("\n-- %d secrets of schema vault are left out.\n", d.done.Secrets))
	}
	d.put("\nRESET session_replication_role;\n")
	return nil
}

func (s secret) statement() string {
	name := "NULL"
	if s.name != nil {
		name = sql.QuoteLiteral(*s.name)
	}
	return fmt.Sprintf("SELECT vault.create_secret(%s, %s, %s)", sql.QuoteLiteral(s.text), name, sql.QuoteLiteral(s.description))
}

func oneLine(s string) string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(s) }

func (d *dump) head(t *table) string {
	columns := make([]string, len(t.loaded))
	for i, c := range t.loaded {
		columns[i] = sql.QuoteIdent(c)
	}
	return t.ident() + " (" + strings.Join(columns, ", ") + ")"
}

func (d *dump) open(t *table) {
	if d.batch = 0; !d.o.Inserts {
		d.put("COPY ", d.head(t), " FROM stdin;\n")
	}
}

func (d *dump) close() {
	if d.o.Inserts {
		d.put(";\n")
	} else {
		d.put("\\.\n")
	}
}

const insertRows = 100 // rows of one INSERT

func (d *dump) row(t *table, row engine.Row) {
	if !d.o.Inserts {
		d.line.read(t, row)
		_, _ = d.out.Write(d.line.copied) // Flush gives the error
		return
	}
	if d.batch == insertRows {
		d.put(";\n")
		d.batch = 0
	}
	if d.batch == 0 {
		d.put("INSERT INTO ", d.head(t), " OVERRIDING SYSTEM VALUE VALUES\n(")
	} else {
		d.put(",\n(")
	}
	d.batch++
	first := true
	for i, in := range t.isIn {
		if !in {
			continue
		}
		if !first {
			d.put(", ")
		}
		if first = false; row.IsNull(i) {
			d.put("NULL")
		} else {
			d.put(sql.QuoteLiteral(text(row, i)))
		}
	}
	d.put(")")
}
