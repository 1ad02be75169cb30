package exec_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

var (
	update = flag.Bool("update", false, "write PostgreSQL's answers into the case files; needs -oracle")
	oracle = flag.String("oracle", "", "connection string of a PostgreSQL 15 superuser; the cases are run there instead")
)

// TestCases runs testdata/*.sql: statements, each up to a line that ends with a semicolon, followed by what PostgreSQL answers in lines that begin with
// "--| ": rows with | between columns, then the number of rows, or an error with its code, message, detail and hint.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".sql"), func(t *testing.T) {
			runFile(t, file, func() func(string) []string { return newWorld(t).answer })
		})
	}
}

func runFile(t *testing.T, file string, ours func() func(string) []string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var answer func(sql string) []string
	if *oracle != "" {
		answer = newServer(t).answer
	} else {
		answer = ours()
	}
	var out, stmt strings.Builder
	var want []string
	line, start := 0, 0
	flush := func() {
		if stmt.Len() == 0 {
			return
		}
		got := answer(stmt.String())
		out.WriteString(stmt.String())
		for _, l := range got {
			out.WriteString("--| " + l + "\n")
		}
		if !*update && strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:%d: %s\ngot:\n  %s\nwant:\n  %s", file, start, strings.TrimSpace(stmt.String()), strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		}
		stmt.Reset()
		want = nil
	}
	complete, quoted := false, false
	for l := range strings.Lines(string(text)) {
		line++
		if w, ok := strings.CutPrefix(strings.TrimSuffix(l, "\n"), "--| "); ok {
			want = append(want, w)
			continue
		}
		if complete {
			flush()
			complete = false
		}
		if stmt.Len() == 0 {
			start = line
			if s := strings.TrimSpace(l); s == "" || strings.HasPrefix(s, "--") {
				out.WriteString(l)
				continue
			}
		}
		stmt.WriteString(l)
		if strings.Count(l, "$$")%2 == 1 {
			quoted = !quoted
		}
		complete = !quoted && strings.HasSuffix(strings.TrimSpace(l), ";")
	}
	flush()
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func faultLines(code, message, detail, hint string) []string {
	out := []string{"! " + code + " " + message}
	if detail != "" {
		out = append(out, "! detail: "+detail)
	}
	if hint != "" {
		out = append(out, "! hint: "+hint)
	}
	return out
}

// server is a database of a real PostgreSQL.
type server struct {
	conn *pgconn.PgConn
}

func newServer(t *testing.T) *server {
	ctx := context.Background()
	admin, err := pgconn.Connect(ctx, *oracle)
	if err != nil {
		t.Fatal(err)
	}
	name := "exec_" + strings.ToLower(strings.NewReplacer("/", "_", "-", "_").Replace(t.Name()))
	for _, q := range []string{`DROP DATABASE IF EXISTS ` + name, `CREATE DATABASE ` + name} {
		if _, err := admin.Exec(ctx, q).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	config, err := pgconn.ParseConfig(*oracle)
	if err != nil {
		t.Fatal(err)
	}
	config.Database = name
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close(ctx)
		if _, err := admin.Exec(ctx, `DROP DATABASE `+name).ReadAll(); err != nil {
			t.Error(err)
		}
		admin.Close(ctx)
	})
	s := &server{conn}
	s.answer(`SET timezone = 'UTC'`)
	return s
}

func (s *server) answer(q string) []string {
	if name, ok := roleStatement(q); ok {
		_, _ = s.conn.Exec(context.Background(), "RESET ROLE; CREATE ROLE "+name).ReadAll() // may be there from another file
	}
	results, err := s.conn.Exec(context.Background(), q).ReadAll()
	var out []string
	for _, r := range results {
		for _, row := range r.Rows {
			parts := make([]string, len(row))
			for i, v := range row {
				parts[i] = `\N`
				if v != nil {
					parts[i] = string(v)
				}
			}
			out = append(out, strings.Split(strings.Join(parts, "|"), "\n")...)
		}
		if r.Err == nil && !definition(r.CommandTag.String()) {
			out = append(out, fmt.Sprint("= ", r.CommandTag.RowsAffected()))
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return faultLines(pg.Code, pg.Message, pg.Detail, pg.Hint)
	}
	if err != nil {
		return []string{"! " + err.Error()}
	}
	return out
}

func definition(tag string) bool {
	switch strings.Fields(tag)[0] {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE":
		return false
	}
	return true
}

func roleStatement(q string) (string, bool) {
	name, ok := strings.CutPrefix(strings.TrimSpace(q), "SET ROLE ")
	return strings.TrimSuffix(name, ";"), ok
}

// world is a database of ours, without functions of its own: those are package interp's.
type world struct {
	t     testing.TB
	store *store.Store
	cat   *catalog.Catalog
	role  string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	st, err := store.Open(t.TempDir(), store.Options{Register: exec.Register})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := st.Exclusive(context.Background(), func(c *store.Conn) error { return c.Exec(layout.System) }); err != nil {
		t.Fatal(err)
	}
	return &world{t: t, store: st, cat: catalog.Empty(), role: "postgres"}
}

func (w *world) answer(q string) []string {
	if name, ok := roleStatement(q); ok {
		w.role = name
		if w.cat.Role(name) == nil {
			w.apply("CREATE ROLE " + name)
		}
		return nil
	}
	list, err := sql.Parse(q)
	var out []string
	if err == nil {
		for _, st := range list {
			query, ok := st.Stmt.(sql.Query)
			if !ok {
				err = w.define(st.Stmt)
				continue
			}
			var got []string
			if got, err = w.query(query); err != nil {
				break
			}
			out = append(out, got...)
		}
	}
	if f := fault.As(err); f != nil {
		return faultLines(f.Code, f.Message, f.Detail, f.Hint)
	}
	if err != nil {
		return []string{"! " + err.Error()}
	}
	return out
}

func (w *world) apply(q string) {
	w.t.Helper()
	list, err := sql.Parse(q)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, st := range list {
		if err := w.define(st.Stmt); err != nil {
			w.t.Fatal(err)
		}
	}
}

// define applies a statement of schema definition, as far as tests need it.
func (w *world) define(st sql.Stmt) error {
	e := w.cat.Edit()
	ch, err := e.Apply(st, catalog.Env{Role: "postgres"})
	if err != nil {
		return err
	}
	cat := e.Done()
	err = w.store.Exclusive(context.Background(), func(c *store.Conn) error {
		index := func(t *catalog.Table, ix *catalog.Index) error {
			for _, k := range ix.Keys {
				if k.Expr != nil {
					return nil
				}
			}
			if ix.Where != nil {
				return nil
			}
			q, err := layout.CreateIndex(cat, t, ix, nil)
			if err != nil {
				return err
			}
			return c.Exec(q)
		}
		for _, s := range ch.Steps {
			switch s := s.(type) {
			case catalog.CreatedTable:
				if s.Table.Kind == catalog.View {
					continue
				}
				if err := c.Exec(layout.CreateTable(cat, s.Table)); err != nil {
					return err
				}
				for _, ix := range s.Table.Indexes {
					if err := index(s.Table, ix); err != nil {
						return err
					}
				}
			case catalog.CreatedIndex:
				if err := index(s.Table, s.Index); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil {
		w.cat = cat
	}
	return err
}

func (w *world) session(c *store.Conn) *exec.Session {
	return &exec.Session{Conn: c, Cat: w.cat, Role: w.role, SessionRole: w.role, Path: []string{"public"}, Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Settings: map[string]string{}}
}

func (w *world) query(q sql.Query) ([]string, error) {
	p, err := exec.Compile(w.cat, &analyze.Env{Path: []string{"public"}}, w.role, q)
	if err != nil {
		return nil, err
	}
	return w.run(p)
}

func (w *world) run(p *exec.Program, args ...value.Datum) ([]string, error) {
	var out []string
	err := w.store.Write(context.Background(), func(c *store.Conn) error {
		s := w.session(c)
		o, err := p.Run(s, args, func(r exec.Row) error {
			parts := make([]string, len(p.Columns))
			for i := range parts {
				parts[i] = `\N`
				if !r.IsNull(i) {
					parts[i] = string(r.AppendText(nil, i))
				}
			}
			out = append(out, strings.Split(strings.Join(parts, "|"), "\n")...)
			return nil
		})
		if err != nil {
			return err
		}
		out = append(out, fmt.Sprint("= ", o.Rows))
		return exec.Finish(s)
	})
	return out, err
}
