package sqlite_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/bootstrap"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

var (
	update = flag.Bool("update", false, "write the answers into the case files: PostgreSQL's with -oracle, else the engine's")
	oracle = flag.String("oracle", os.Getenv("MAINSTAY_TEST_POSTGRES"), "connection string of a PostgreSQL 15 superuser: the cases are run there too, and with -update only there")
)

// TestCases runs testdata/*.sql and interp/testdata/*.sql (PL/pgSQL). A case is a statement up to a line that ends with a semicolon, or a transaction; the lines that begin with --| after it are what it answers:
// rows with their columns separated by |, the command tag after =, notices after #, and errors after ! (code, message, detail, hint).
// All statements of a file run on one database, in one session. What differs from PostgreSQL on purpose is in files called own_….
func TestCases(t *testing.T) {
	if *update && *oracle != "" {
		t.Skip("the files get PostgreSQL's answers")
	}
	eachFile(t, func(t *testing.T, file string) { runCases(t, file, ours(t, open(t, t.TempDir()))) })
}

// TestCasesOnPostgreSQL checks that what the files say is true.
func TestCasesOnPostgreSQL(t *testing.T) {
	if *oracle == "" {
		t.Skip("no PostgreSQL: neither -oracle nor MAINSTAY_TEST_POSTGRES is set")
	}
	eachFile(t, func(t *testing.T, file string) {
		if strings.HasPrefix(filepath.Base(file), "own_") {
			t.Skip("not PostgreSQL's answers")
		}
		runCases(t, file, postgres(t))
	})
}

func eachFile(t *testing.T, run func(t *testing.T, file string)) {
	for dir, name := range map[string]string{"testdata": "", "interp/testdata": "plpgsql_"} {
		files, err := filepath.Glob(dir + "/*.sql")
		if err != nil || len(files) == 0 {
			t.Fatal("no cases", err)
		}
		for _, file := range files {
			t.Run(name+strings.TrimSuffix(filepath.Base(file), ".sql"), func(t *testing.T) {
				t.Parallel()
				run(t, file)
			})
		}
	}
}

// answerer runs one statement and gives its answer's lines.
type answerer func(sql string) []string

func runCases(t *testing.T, file string, answer answerer) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, c := range cases(string(text)) {
		out.WriteString(c.sql)
		got := answer(c.sql)
		for _, line := range got {
			out.WriteString("--| " + line + "\n")
		}
		if !*update && strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s:%d: %s\ngot:\n  %s\nwant:\n  %s", file, c.line, strings.TrimSpace(c.sql), strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
		}
		out.WriteString(c.after)
	}
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

type testCase struct {
	line       int
	sql, after string // after: blank lines that follow
	want       []string
}

func cases(text string) (all []testCase) {
	var sql strings.Builder
	start, line, quoted := 1, 0, false
	for l := range strings.Lines(text) {
		line++
		if want, ok := strings.CutPrefix(l, "--| "); ok {
			last := &all[len(all)-1]
			last.want = append(last.want, strings.TrimSuffix(want, "\n"))
			continue
		}
		if strings.TrimSpace(l) == "" && sql.Len() == 0 && len(all) > 0 {
			all[len(all)-1].after += l
			continue
		}
		if sql.Len() == 0 {
			start = line
		}
		sql.WriteString(l)
		if strings.Count(l, "$$")%2 == 1 {
			quoted = !quoted
		}
		end := strings.TrimSpace(l)
		if strings.HasPrefix(sql.String(), "begin;") && !strings.HasSuffix(end, "rollback;") && !strings.HasSuffix(end, "commit;") {
			continue
		}
		if strings.HasSuffix(end, ";") && !quoted {
			all = append(all, testCase{line: start, sql: sql.String()})
			sql.Reset()
		}
	}
	return all
}

func open(t testing.TB, dir string) *sqlite.Engine {
	t.Helper()
	e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return e
}

// ours answers with the engine. Session settings would end with each Script, so statements that belong together are in one BEGIN … COMMIT.
func ours(t *testing.T, e *sqlite.Engine) answerer {
	return func(sql string) []string {
		s := &lines{}
		err := e.Script(context.Background(), engine.Script{Text: sql}, s)
		if err != nil {
			f := fault.As(err)
			if f == nil {
				t.Errorf("%s: %v", sql, err)
				return append(s.out, "! "+err.Error())
			}
			// As from PostgreSQL: of a transaction that fails there is nothing but its error.
			s.out = slices.DeleteFunc(s.out, func(l string) bool { return !strings.HasPrefix(l, "#") })
			s.out = append(s.out, faultLines(f.Code, f.Message, f.Detail, f.Hint)...)
		}
		// Notices come first, as the driver gives them.
		slices.SortStableFunc(s.out, func(a, b string) int { return rank(a) - rank(b) })
		return s.out
	}
}

func rank(line string) int {
	if strings.HasPrefix(line, "# ") {
		return 0
	}
	return 1
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " / ") }

func faultLines(code, message, detail, hint string) []string {
	out := []string{"! " + code + " " + oneLine(message)}
	if detail != "" {
		out = append(out, "! detail: "+oneLine(detail))
	}
	if hint != "" {
		out = append(out, "! hint: "+hint)
	}
	return out
}

// lines is a sink that writes down what it is told.
type lines struct {
	out  []string
	cols int
}

func (s *lines) Begin(cols []engine.Column) error { s.cols = len(cols); return nil }
func (s *lines) Row(r engine.Row) error {
	parts := make([]string, s.cols)
	for i := range parts {
		parts[i] = `\N`
		if !r.IsNull(i) {
			parts[i] = string(r.AppendText(nil, i))
		}
	}
	s.out = append(s.out, strings.Split(strings.Join(parts, "|"), "\n")...)
	return nil
}
func (s *lines) Done(tag string) error { s.out = append(s.out, "= "+tag); return nil }
func (s *lines) Notice(level, message string) {
	s.out = append(s.out, "# "+level+": "+oneLine(message))
}
func (s *lines) Refused(err error) { s.out = append(s.out, "? "+err.Error()) }

// postgres answers with a real server, in a fresh database.
func postgres(t *testing.T) answerer {
	ctx := context.Background()
	admin, err := pgconn.Connect(ctx, *oracle)
	if err != nil {
		t.Fatal(err)
	}
	name := "cases_" + strings.ToLower(strings.NewReplacer("/", "_", "-", "_").Replace(t.Name()))
	for _, sql := range []string{`DROP DATABASE IF EXISTS ` + name, `CREATE DATABASE ` + name} {
		if _, err := admin.Exec(ctx, sql).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	var notices []string
	config, err := pgconn.ParseConfig(*oracle)
	if err != nil {
		t.Fatal(err)
	}
	config.Database = name
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		notices = append(notices, "# "+n.Severity+": "+oneLine(n.Message))
	}
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
	exec := func(sql string) ([]*pgconn.Result, error) {
		results, err := conn.Exec(ctx, sql).ReadAll()
		if conn.TxStatus() == 'E' {
			if _, err := conn.Exec(ctx, "rollback").ReadAll(); err != nil {
				t.Fatal(err)
			}
		}
		return results, err
	}
	for _, s := range bootstrap.Statements() {
		var pg *pgconn.PgError
		if _, err := exec(s.Text); errors.As(err, &pg) && !s.Forgives(pg.Code) && s.File != "9_vault.sql" { // the vault needs an extension that few servers have
			t.Fatal(s.File, err)
		}
	}
	if _, err := exec(`SET search_path = public, extensions; SET timezone = 'UTC'`); err != nil {
		t.Fatal(err)
	}
	return func(sql string) []string {
		notices = nil
		results, err := exec(sql)
		out := append([]string(nil), notices...)
		for _, r := range results {
			if r.Err != nil {
				break
			}
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
			out = append(out, "= "+r.CommandTag.String())
		}
		if err != nil {
			var pg *pgconn.PgError
			if !errors.As(err, &pg) {
				return append(out, fmt.Sprint("! ", err))
			}
			out = append(append([]string(nil), notices...), faultLines(pg.Code, pg.Message, pg.Detail, pg.Hint)...)
			if _, err := exec(`ROLLBACK`); err != nil { // of a transaction that the error left open
				t.Error(err)
			}
		}
		return out
	}
}
