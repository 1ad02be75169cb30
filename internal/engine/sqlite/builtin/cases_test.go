package builtin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

var syntaxNames = regexp.MustCompile(`\b(extract|position|normalize|overlaps)\(`)

const arrow = " ==> "

// TestCases compares the Go implementations with the expectations in testdata, which PostgreSQL gave. Lines of a file: "# comment", "zone X",
// "expression ==> value". With a server (MAINSTAY_TEST_POSTGRES) the expectations are compared with it as well, and -update writes them.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	total := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
			var pg *pgconn.PgConn
			if os.Getenv("MAINSTAY_TEST_POSTGRES") != "" {
				pg = connect(t).PgConn()
			}
			s := testSession(t, "UTC")
			changed := false
			for i, line := range lines {
				if line == "" || line[0] == '#' {
					continue
				}
				if z, ok := strings.CutPrefix(line, "zone "); ok {
					s = testSession(t, z)
					if pg != nil {
						oracle(t, pg, "set timezone to '"+z+"'")
					}
					continue
				}
				src, want, has := strings.Cut(line, " ==>")
				want = strings.TrimPrefix(want, " ")
				if pg != nil && !strings.HasPrefix(want, "DIFFERS ") {
					sql := "select " + src
					if a, ok := strings.CutPrefix(src, "agg "); ok {
						sql = aggregateSQL(a)
					}
					pgSays := oracle(t, pg, sql)
					switch {
					case *update:
						if want != pgSays || !has {
							want, has, changed = pgSays, true, true
							lines[i] = src + arrow + want
						}
					case has && want != pgSays:
						t.Errorf("%s\n  stored     %s\n  PostgreSQL %s", src, want, pgSays)
					}
				}
				if !has {
					t.Errorf("%s has no expectation", src)
					continue
				}
				// A difference that is known and documented: what Go says stands behind the word.
				want = strings.TrimPrefix(want, "DIFFERS ")
				total++
				if got := evaluate(src, s); got != want {
					t.Errorf("%s\n  got  %s\n  want %s", src, got, want)
				}
			}
			if changed {
				if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	t.Logf("%d cases", total)
}

// oracle is what PostgreSQL answers: the rows joined with semicolons, NULL, or the error.
func oracle(t *testing.T, pg *pgconn.PgConn, sql string) string {
	t.Helper()
	// These names are syntax unless they are quoted.
	sql = syntaxNames.ReplaceAllString(sql, `pg_catalog."$1"(`)
	res, err := pg.Exec(context.Background(), sql).ReadAll()
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return errorText(pe.Code, pe.Message, pe.Detail, pe.Hint)
	}
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var out []string
	for _, r := range res {
		for _, row := range r.Rows {
			if row[0] == nil {
				out = append(out, "NULL")
			} else {
				out = append(out, string(row[0]))
			}
		}
	}
	return oneLine(strings.Join(out, ";"))
}
