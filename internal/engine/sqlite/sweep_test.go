package sqlite_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

var sweepFiles = flag.Int("sweep", 4, "how many files of cases TestNoMessageIsSQLites runs with all the spoilt forms of their statements; -1 for all")

// sqliteMessage are messages that only SQLite, or the package that calls it, has. PostgreSQL's own "syntax error at or near" is none of them.
var sqliteMessage = regexp.MustCompile(`(?i)sqlite3?:|SQL logic error|\bconstraint failed\b|no such (table|column|function|index|collation|savepoint|module)|near "[^"]*": syntax error|` +
	`datatype mismatch|database (is|table is) locked|disk image is malformed|incomplete input|unrecognized token|ambiguous column name|misuse of (aggregate|window|aliased)|` +
	`wrong number of arguments to function|row value misused|sub-select returns \d+ columns|too many (terms in|columns in|SQL variables|attached)|parser stack overflow|\bpg_enum_\d+|"t\d+"\."`)

// TestNoMessageIsSQLites runs the statements of all cases, and spoilt forms of them, and looks at every error: it has a code that is not an internal error's, and its
// message is not SQLite's.
func TestNoMessageIsSQLites(t *testing.T) {
	var files []string
	for _, pattern := range []string{"testdata/*.sql", "interp/testdata/*.sql", "../../../testdata/cases/sql/*.txtar", "../../../testdata/cases/types/*.txtar"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatal("no cases in ", pattern, err)
		}
		files = append(files, found...)
	}
	total := 0
	for i, file := range files {
		spoil := *sweepFiles < 0 || i%max(1, len(files)/max(1, *sweepFiles)) == 0
		t.Run(strings.TrimPrefix(file, "../../../testdata/cases/"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w := &sweep{t: t, e: open(t, t.TempDir()), seen: map[string]bool{}}
			for _, s := range w.statements(file, string(text)) {
				if spoil {
					for _, bad := range spoilt(s) {
						w.run(bad)
					}
				}
				w.run(s)
			}
			total += w.failed
		})
	}
	if total < 1000 {
		t.Errorf("only %d statements failed: the sweep sees nothing", total)
	}
}

type sweep struct {
	t       *testing.T
	e       *sqlite.Engine
	seen    map[string]bool
	failed  int
	running string
}

// statements are the texts of a file's statements.
func (w *sweep) statements(file, text string) (all []string) {
	add := func(script string) {
		list, err := sql.Parse(script)
		if err != nil {
			w.look(err)
			return
		}
		for _, s := range list {
			all = append(all, s.Text)
		}
	}
	if strings.HasSuffix(file, ".sql") {
		for _, c := range cases(text) {
			add(c.sql)
		}
		return all
	}
	for _, part := range regexp.MustCompile(`(?m)^-- (.+) --\n`).Split(text, -1)[1:] {
		if _, script, ok := strings.Cut(part, "\n"); ok && strings.HasPrefix(part, "as ") {
			part = script
		}
		if strings.Contains(part, ";") { // else it is an answer, or a request of another door
			add(part)
		}
	}
	return all
}

func (w *sweep) run(text string) {
	if w.seen[text] {
		return
	}
	w.seen[text] = true
	w.running = text
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Second)
	defer cancel()
	if err := w.e.Script(ctx, engine.Script{Text: text, GoOn: true}, looking{w}); err != nil && ctx.Err() == nil {
		w.look(err)
	}
}

// look says whether an error is one that a client may see.
func (w *sweep) look(err error) {
	w.failed++
	f := fault.As(err)
	switch {
	case f == nil:
		w.t.Errorf("%s\n\tis answered with an error that has no code: %v", w.running, err)
	case f.Code == fault.Internal && (strings.HasPrefix(f.Message, "role ") || f.Message == "unexpected end of flag array"):
		// PostgreSQL has XX000 for memberships of pg_database_owner and for flags of json_to_tsvector that are no texts.
	case f.Code == fault.Internal:
		w.t.Errorf("%s\n\tis answered with an internal error: %v", w.running, f)
	case strings.Contains(f.Message, " because there is no such column in data type "): // PostgreSQL's words for a part of a value
	case sqliteMessage.MatchString(f.Message+" "+f.Detail+" "+f.Hint) && !strings.Contains(w.running, "sqlite"):
		w.t.Errorf("%s\n\tis answered in SQLite's words: %s %s %s", w.running, f.Message, f.Detail, f.Hint)
	}
}

type looking struct{ *sweep }

func (looking) Begin([]engine.Column) error { return nil }
func (looking) Row(engine.Row) error        { return nil }
func (looking) Done(string) error           { return nil }
func (looking) Notice(_, _ string)          {}
func (s looking) Refused(err error)         { s.look(err) }

var (
	queries = regexp.MustCompile(`(?is)^\s*(select|insert|update|delete|merge|with|values)\b`)
	literal = regexp.MustCompile(`'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b`)
	word    = regexp.MustCompile(`\b[a-z_][a-z_0-9]*\b`)
)

// spoilt are forms of a query or a change with one thing wrong: a value of another kind in the place of each literal, another word of the statement in the place of
// each word, and each pair of parentheses emptied.
func spoilt(text string) (all []string) {
	if !queries.MatchString(text) || len(text) > 600 {
		return nil
	}
	for i, at := range literal.FindAllStringIndex(text, 6) {
		other := []string{"null", "'x'", "1/0", "array[1]", "1e400", "'{'"}[i%6]
		all = append(all, text[:at[0]]+other+text[at[1]:])
	}
	words := word.FindAllStringIndex(text, 40)
	for i := 1; i < len(words); i += 2 {
		other := words[(i*7+3)%len(words)]
		all = append(all, text[:words[i][0]]+text[other[0]:other[1]]+text[words[i][1]:])
	}
	return all
}
