package sql_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

func TestMain(m *testing.M) { clustertest.Main(m) }

// A pair is the two that are compared: one session of a PostgreSQL database, and an embedded engine.
type pair struct {
	t       testing.TB
	pg      *pgconn.PgConn
	types   map[string]string // OID and modifier → as format_type prints it
	notices []string
	lite    *sqlite.Engine
}

func newPair(t testing.TB) *pair {
	t.Helper()
	ctx := context.Background()
	url := clustertest.Copy(t, "oracle", func(url string) error {
		e, err := postgres.Open(ctx, postgres.Options{URL: url, MaxConns: 1}) // makes what every project takes for granted
		if err != nil {
			return err
		}
		return e.Close()
	})
	p := connect(t, url)
	var err error
	if p.lite, err = sqlite.Open(ctx, sqlite.Options{Dir: t.TempDir(), Readers: 1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.lite.Close() })
	return p
}

// connect makes the half of a pair that is a session of a PostgreSQL database.
func connect(t testing.TB, url string) *pair {
	ctx := context.Background()
	p := &pair{t: t, types: map[string]string{}}
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		p.notices = append(p.notices, n.Severity+": "+oneLine(n.Message))
	}
	if p.pg, err = pgconn.ConnectConfig(ctx, config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.pg.Close(ctx) })
	p.must("set search_path = public, extensions; set statement_timeout = '20s'")
	return p
}

// must runs statements on PostgreSQL alone.
func (p *pair) must(text string) {
	p.t.Helper()
	if err := p.pg.Exec(context.Background(), text).Close(); err != nil {
		p.t.Fatal(text, err)
	}
}

// script runs statements, one after another, on both: what one of them does is undone only if it fails, and all of them have done nothing when script returns.
func (p *pair) script(stmts []string) (want, got []answer) {
	p.t.Helper()
	want = p.postgres(stmts)
	got = p.sqlite(stmts)
	for i := range want {
		want[i].text = stmts[i]
		if unreachedConstant(&want[i], &got[i]) {
			p.clean()
			p.forget()
			again := p.postgres(append(slices.Clone(stmts[:i]), "explain "+stmts[i]))
			want[i].planned = again[i].fails(&want[i])
		}
		if withoutModifiers(want[i].cols, got[i].cols) {
			p.clean()
			p.forget()
			p.postgres(stmts[:i])
			want[i].analysed = p.analysed(stmts[i])
		}
	}
	return want, got
}

// analysed are the columns of a statement as PostgreSQL tells of them before it plans it.
func (p *pair) analysed(text string) []string {
	p.t.Helper()
	ctx := context.Background()
	d, err := p.pg.Prepare(ctx, "", text, nil)
	if err != nil {
		p.t.Fatal(text, err)
	}
	return p.columns(ctx, d.Fields)
}

// columns are names and types of columns.
func (p *pair) columns(ctx context.Context, fields []pgconn.FieldDescription) (out []string) {
	unknown := map[string]bool{}
	for _, f := range fields {
		if k := typeKey(f); p.types[k] == "" || f.DataTypeOID >= 10000 {
			unknown[k] = true
		}
	}
	p.learn(ctx, unknown)
	for _, f := range fields {
		out = append(out, f.Name+" "+unqualified(p.types[typeKey(f)]))
	}
	return out
}

// fails reports whether a fails as b does.
func (a *answer) fails(b *answer) bool {
	return a.failed && b.failed && a.code == b.code && a.message == b.message && a.detail == b.detail && a.hint == b.hint
}

// clean takes back what statements have done to the database's public schema.
func (p *pair) clean() {
	p.must(`reset role; reset all; set search_path = public, extensions; set statement_timeout = '20s'; set client_min_messages = warning; drop schema public cascade; create schema public; ` +
		`grant usage on schema public to anon, authenticated, service_role; alter default privileges in schema public grant all on tables to anon, authenticated, service_role; ` +
		`alter default privileges in schema public grant all on functions to anon, authenticated, service_role; alter default privileges in schema public grant all on sequences to anon, authenticated, service_role; set client_min_messages = notice`)
}

// postgres sends all statements at once, each in a transaction of its own.
func (p *pair) postgres(stmts []string) []answer {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	type described struct {
		answer
		fields []pgconn.FieldDescription
	}
	var list []described
	unknown := map[string]bool{}
	for len(list) < len(stmts) {
		// In pieces: what the server has to say about them waits for us.
		piece := stmts[len(list):min(len(stmts), len(list)+100)]
		pipe := p.pg.StartPipeline(ctx)
		for _, s := range piece {
			pipe.SendQueryParams(s, nil, nil, nil, nil)
			pipe.SendPipelineSync()
		}
		if err := pipe.Flush(); err != nil {
			p.t.Fatal(err)
		}
		for _, s := range piece {
			p.notices = nil
			d := described{}
			for {
				r, err := pipe.GetResults()
				if err != nil {
					d.err(p.t, s, err)
					continue
				}
				if _, ok := r.(*pgconn.PipelineSync); ok {
					break
				}
				rr := r.(*pgconn.ResultReader)
				d.fields = append([]pgconn.FieldDescription(nil), rr.FieldDescriptions()...)
				for i := range d.fields {
					d.fields[i].Name = strings.Clone(d.fields[i].Name)
					if k := typeKey(d.fields[i]); p.types[k] == "" {
						unknown[k] = true
					}
				}
				for rr.NextRow() {
					d.rows = append(d.rows, pgRow(rr.Values()))
				}
				tag, err := rr.Close()
				if err != nil {
					d.err(p.t, s, err)
				}
				d.tag = tag.String()
			}
			d.notices = append([]string(nil), p.notices...)
			list = append(list, d)
		}
		if err := pipe.Close(); err != nil {
			p.t.Fatal(err)
		}
	}
	p.learn(ctx, unknown)
	out := make([]answer, len(list))
	for i, d := range list {
		for _, f := range d.fields {
			d.cols = append(d.cols, f.Name+" "+p.types[typeKey(f)])
		}
		out[i] = d.answer
	}
	return out
}

func (a *answer) err(t testing.TB, text string, err error) {
	t.Helper()
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		t.Fatal(text, err)
	}
	a.failed, a.code, a.message, a.detail, a.hint = true, e.Code, oneLine(e.Message), oneLine(e.Detail), oneLine(e.Hint)
}

func pgRow(values [][]byte) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteByte('|')
		}
		if v == nil {
			b.WriteString(`\N`)
		} else {
			b.Write(v)
		}
	}
	return oneLine(b.String())
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "⏎") }

func typeKey(f pgconn.FieldDescription) string {
	return strconv.Itoa(int(f.DataTypeOID)) + "," + strconv.Itoa(int(f.TypeModifier))
}

// learn asks for the names of types.
func (p *pair) learn(ctx context.Context, keys map[string]bool) {
	for k := range keys {
		r := p.pg.ExecParams(ctx, "select coalesce(format_type(split_part($1, ',', 1)::oid, nullif(split_part($1, ',', 2)::int, -1)), '-')", [][]byte{[]byte(k)}, nil, nil, nil).Read()
		if r.Err != nil {
			p.t.Fatal(r.Err)
		}
		name := string(r.Rows[0][0])
		if oid, _, _ := strings.Cut(k, ","); len(oid) < 5 { // the numbers of others' types may come again, for other types
			p.types[k] = name
			continue
		}
		p.types[k] = name
	}
}

// forget drops what is known of the types of a world.
func (p *pair) forget() {
	for k := range p.types {
		if oid, _, _ := strings.Cut(k, ","); len(oid) >= 5 {
			delete(p.types, k)
		}
	}
}

// sqlite runs all statements as one script of which nothing is kept.
func (p *pair) sqlite(stmts []string) []answer {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	// A statement that cannot be read would end the whole script.
	unread := map[int]error{}
	readable := make([]string, len(stmts))
	for i, text := range stmts {
		list, err := sql.Parse(text)
		switch {
		case err != nil:
			unread[i] = err
		case len(list) != 1:
			p.t.Fatalf("%d statements: %s", len(list), text)
		default:
			readable[i] = text
			continue
		}
		readable[i] = "select 1"
	}
	s := &collector{}
	if err := p.lite.Script(ctx, engine.Script{Text: strings.Join(readable, ";\n"), Check: true, DryRun: true}, s); err != nil {
		p.t.Fatalf("%v\n%s", err, strings.Join(readable, ";\n"))
	}
	if len(s.all) < len(stmts) {
		p.t.Fatalf("%d statements have %d answers:\n%s", len(stmts), len(s.all), strings.Join(readable, ";\n"))
	}
	out := s.all[:len(stmts)]
	for i, err := range unread {
		out[i] = answer{}
		out[i].refused(err)
	}
	return out
}

// A collector is a sink that keeps the answers of a script's statements.
type collector struct {
	all  []answer
	now  answer
	done *atomic.Int32 // statements, for who watches
	bare bool          // types without their schema
}

func (c *collector) Begin(cols []engine.Column) error {
	for _, col := range cols {
		typ := col.TypeName
		if c.bare {
			typ = unqualified(typ)
		}
		c.now.cols = append(c.now.cols, col.Name+" "+typ)
	}
	return nil
}

func (c *collector) Row(r engine.Row) error {
	var b []byte
	for i := range c.now.cols {
		if i > 0 {
			b = append(b, '|')
		}
		if r.IsNull(i) {
			b = append(b, `\N`...)
		} else {
			b = r.AppendText(b, i)
		}
	}
	c.now.rows = append(c.now.rows, oneLine(string(b)))
	return nil
}

func (c *collector) Done(tag string) error { c.now.tag = tag; c.end(); return nil }
func (c *collector) Notice(level, message string) {
	c.now.notices = append(c.now.notices, level+": "+oneLine(message))
}

func (c *collector) Refused(err error) { c.now.refused(err); c.end() }

func (c *collector) end() {
	c.all = append(c.all, c.now)
	c.now = answer{}
	if c.done != nil {
		c.done.Add(1)
	}
}

func (a *answer) refused(err error) {
	f := fault.As(err)
	if f == nil {
		f = fault.New("internal", "%v", fmt.Sprint(err))
	}
	a.failed, a.code, a.message, a.detail, a.hint = true, f.Code, oneLine(f.Message), oneLine(f.Detail), oneLine(f.Hint)
}
