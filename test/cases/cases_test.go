// Package cases_test runs testdata/cases: one behaviour a file, on every engine.
//
// A case is a txtar archive. Its comment says what it shows. Sections, in order:
//
//	-- project --       the folder of a project whose migrations and seed make the world
//	-- project.sql --   more SQL of the owner
//	-- callers --       NAME ROLE [SUBJECT] [{claims}], one a line; callers.txt beside the file is read first. owner, anon and service_role are known
//	-- request --       as NAME, …
//	                    METHOD /target
//	                    Header: value
//
//	                    body
//	-- response --      for each caller, equal ones together: status, headers worth showing, body
//	-- sql --           as NAME, …; words        words: atomic, dry-run, check
//	                    statements
//	-- result --        rows as JSON arrays, tags, notices, the error
//	-- plan --          (optional, after a response) the planned statement; -- postgres --, -- sqlite --: each engine's own text of it
//
// Steps follow one another in one database. go test ./test/cases -update writes the answers of real PostgreSQL down; every other engine must equal
// them, and there is no place to write down a difference.
package cases_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

var (
	updateCases = flag.Bool("update", false, "write PostgreSQL's answers, and each engine's own statements where a case has a section for them, into the cases")
	onlyEngine  = flag.String("engine", "", "run the cases on this engine only")
)

const root = "../.."

// casePaths are the files of all cases.
func casePaths(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(filepath.Join(root, "testdata/cases"), func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".txtar") {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases: ", err)
	}
	return paths
}

// caseName is the name of the case in a file.
func caseName(path string) string {
	name, _ := filepath.Rel(filepath.Join(root, "testdata/cases"), strings.TrimSuffix(path, ".txtar")) // path is below
	return filepath.ToSlash(name)
}

func TestCases(t *testing.T) {
	for _, path := range casePaths(t) {
		c, err := readCase(path)
		if err != nil {
			t.Error(err)
			continue
		}
		t.Run(caseName(path), func(t *testing.T) {
			t.Parallel()
			for _, k := range kinds {
				if *onlyEngine != "" && k.name != *onlyEngine {
					continue
				}
				if *updateCases { // the oracle comes first and may have written answers
					if c, err = readCase(path); err != nil {
						t.Fatal(err)
					}
				}
				t.Run(k.name, func(t *testing.T) { runCase(t, c, k) })
			}
		})
	}
}

func runCase(t *testing.T, c *caseFile, k kind) {
	rec := &recorder{Engine: k.open(t, c.project)}
	if c.sql != "" {
		if err := rec.Script(t.Context(), engine.Script{Text: c.sql, File: "project.sql", Atomic: true}, &transcript{}); err != nil {
			t.Fatal(err)
		}
	}
	if k.made != nil {
		rec.Engine = k.made(t, rec.Engine)
	}
	var caller query.Caller
	door := rest.New(rec, rest.Options{
		Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }, Schemas: []string{"public"}, MaxRows: 1000, AllowRollback: true, Plan: plan.Options{Aggregates: true},
		CallerOf: func(r *http.Request) (query.Caller, error) { return requestOf(caller, r), nil },
	})
	u := update{answers: map[*step]string{}, goldens: map[*step]map[string]string{}}
	for i, s := range c.steps {
		rec.plan = nil
		var got []string
		for _, name := range s.names {
			caller = c.callers[name]
			if s.kind == "sql" {
				got = append(got, runSQL(t.Context(), rec, s, caller))
			} else {
				got = append(got, send(t, door, s.text))
			}
		}
		text := together(s.names, got)
		if k.oracle {
			u.answers[s] = text
		}
		if want := c.text(s.answer); !(*updateCases && k.oracle) && text != want && !morePrecise(text, want) {
			t.Errorf("step %d: %s\n--- want\n%s+++ got\n%s", i+1, strings.TrimSpace(s.text), c.text(s.answer), text)
		}
		u.goldens[s] = map[string]string{}
		for name, at := range s.golden {
			text, ok := rec.text(k, name)
			if !ok {
				continue
			}
			text = enumOIDs.ReplaceAllString(text, "pg_enum_#")
			u.goldens[s][name] = text
			if !*updateCases && text != c.text(at) {
				t.Errorf("step %d, %s:\n--- want\n%s+++ got\n%s", i+1, name, c.text(at), text)
			}
		}
	}
	if *updateCases {
		if err := c.write(u); err != nil {
			t.Error(err)
		}
	}
}

// together writes answers down, those that are equal once under all their callers.
func together(names, texts []string) string {
	if len(names) == 1 {
		return texts[0]
	}
	var b strings.Builder
	for i, text := range texts {
		if slices.Index(texts, text) < i {
			continue
		}
		who := names[i]
		for j := i + 1; j < len(texts); j++ {
			if texts[j] == text {
				who += ", " + names[j]
			}
		}
		fmt.Fprintf(&b, "== %s\n%s", who, text)
	}
	return b.String()
}

// A recorder keeps the last plan that an engine ran.
type recorder struct {
	engine.Engine
	plan *plan.Plan
}

func (r *recorder) Do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	r.plan = p
	return r.Engine.Do(ctx, p, args, sink)
}

// enumOIDs are collations that are named after types: the numbers move whenever package bootstrap makes more or fewer objects.
var enumOIDs = regexp.MustCompile(`pg_enum_\d+`)

// text is a golden of the last request: the plan, or the engine's own statement.
func (r *recorder) text(k kind, section string) (string, bool) {
	if r.plan == nil {
		return "", false
	}
	if section == "plan" {
		text := sql.Print(r.plan.Main())
		if n := r.plan.Count(); n != nil {
			text += "\n" + sql.Print(n)
		}
		return text + "\n", true
	}
	e, ok := r.Engine.(interface{ SQL(*plan.Plan) string })
	if !ok || section != k.name {
		return "", false
	}
	return e.SQL(r.plan) + "\n", true
}

func requestOf(c query.Caller, r *http.Request) query.Caller {
	headers := map[string]string{}
	for k, v := range r.Header {
		headers[strings.ToLower(k)] = strings.Join(v, ", ")
	}
	c.Method, c.Path = r.Method, r.URL.Path
	text, _ := json.Marshal(headers) // strings always marshal
	c.Headers, c.Cookies = func() []byte { return text }, func() []byte { return []byte("{}") }
	return c
}

// send sends a request of a case and gives the response in the form of a case.
func send(t *testing.T, h http.Handler, text string) string {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	method, target, ok := strings.Cut(lines[0], " ")
	if !ok {
		t.Fatalf("a request is METHOD /target: %s", lines[0])
	}
	r := httptest.NewRequest(method, target, strings.NewReader(strings.TrimSuffix(body, "\n")))
	if body == "" {
		r = httptest.NewRequest(method, target, nil)
	}
	for _, l := range lines[1:] {
		k, v, _ := strings.Cut(l, ":")
		r.Header.Add(strings.TrimSpace(k), strings.TrimSpace(v))
	}
	if body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	if r.Header.Get("If-Match") == "" && r.Header.Get("If-None-Match") == "" {
		res.Header.Del("Etag") // it follows from what else there is to see
	}
	return response(res, hideNow(w.Body.String(), time.Now()))
}

// A point in time, as text or as JSON prints it.
var instant = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?\+00(:00)?`)

// hideNow replaces times of the last minutes, which no two runs have in common.
func hideNow(text string, now time.Time) string {
	return instant.ReplaceAllStringFunc(text, func(s string) string {
		p, err := time.Parse("2006-01-02T15:04:05Z07:00", strings.Replace(strings.TrimSuffix(s, ":00")+":00", " ", "T", 1))
		if age := now.Sub(p); err != nil || age > time.Hour || age < -time.Minute {
			return s
		}
		if s[10] == 'T' {
			return "<now T>"
		}
		return "<now>"
	})
}

// Headers that are the same in every response of their kind.
var dull = map[string]string{"Vary": "", "Content-Length": "", "Cache-Control": "private", "Content-Type": "application/json; charset=utf-8"}

func response(r *http.Response, body string) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.StatusCode)
	var keys []string
	for k := range r.Header {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		for _, v := range r.Header[k] {
			if d, ok := dull[k]; !ok || d != "" && d != v {
				fmt.Fprintf(&b, "%s: %s\n", k, v)
			}
		}
	}
	if body != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSuffix(body, "\n"))
	}
	return b.String()
}

func runSQL(ctx context.Context, e engine.Engine, s *step, caller query.Caller) string {
	in := engine.Script{
		Caller: caller, Text: s.text, File: "script.sql",
		Atomic: contains(s.words, "atomic"), DryRun: contains(s.words, "dry-run"), Check: contains(s.words, "check"),
		GoOn: contains(s.words, "go-on"),
	}
	var out transcript
	if err := e.Script(ctx, in, &out); err != nil {
		out.error("ERROR", err, s.text)
	}
	return out.String()
}

// A transcript is what a script yields, written down. It is the script's sink. Rows of a statement that fails are not told: how many come
// before the failure is the planner's choice.
type transcript struct {
	strings.Builder
	n    int
	rows strings.Builder // of the statement under way
}

func (t *transcript) Begin(cols []engine.Column) error {
	t.n = len(cols)
	for i, c := range cols {
		if i > 0 {
			t.rows.WriteString(" | ")
		}
		t.rows.WriteString(c.Name + " " + c.TypeName)
	}
	t.rows.WriteString("\n")
	return nil
}

func (t *transcript) Row(r engine.Row) error {
	b := []byte{'['}
	for i := range t.n {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = r.AppendJSON(b, i)
	}
	t.rows.Write(append(b, "]\n"...))
	return nil
}

func (t *transcript) Done(tag string) error {
	t.WriteString(t.rows.String() + tag + "\n")
	t.rows.Reset()
	return nil
}

func (t *transcript) Notice(level, message string) {
	t.WriteString(level + ": " + message + "\n")
}

func (t *transcript) Refused(err error) { t.error("REFUSED", err, "") }

func (t *transcript) error(word string, err error, text string) {
	t.rows.Reset()
	f := fault.As(err)
	if f == nil {
		fmt.Fprintf(t, "%s (internal): %v\n", word, err)
		return
	}
	fmt.Fprintf(t, "%s %s: %s\n", word, f.Code, f.Message)
	for _, part := range [][2]string{{"detail", f.Detail}, {"hint", f.Hint}, {"constraint", f.Constraint}} {
		if part[1] != "" {
			fmt.Fprintf(t, "  %s: %s\n", part[0], part[1])
		}
	}
	if text != "" && f.Pos >= 0 && f.Pos <= len(text) && f.File != "" && !startsStatement(text, f.Pos) {
		line := strings.Count(text[:f.Pos], "\n") + 1
		fmt.Fprintf(t, "  at: line %d, column %d\n", line, f.Pos-strings.LastIndex(text[:f.Pos], "\n"))
	}
}

// startsStatement says whether a place is the start of a statement, which is where an error is put that has no place of its own.
func startsStatement(text string, pos int) bool {
	statements, err := sql.Parse(text)
	return err == nil && slices.ContainsFunc(statements, func(s sql.Statement) bool { return s.Start == pos })
}

// morePrecise says whether got is want but for places of errors that want does not tell.
func morePrecise(got, want string) bool {
	const at = "  at: "
	w := strings.SplitAfter(want, "\n")
	i := 0
	for line := range strings.SplitAfterSeq(got, "\n") {
		switch {
		case i < len(w) && line == w[i]:
			i++
		case !strings.HasPrefix(line, at) || i < len(w) && strings.HasPrefix(w[i], at):
			return false
		}
	}
	return i >= len(w)
}
