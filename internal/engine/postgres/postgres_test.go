package postgres_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/enginetest"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

func open(t *testing.T) *postgres.Engine {
	t.Helper()
	return openAt(t, clustertest.Database(t))
}

func TestMain(m *testing.M) { clustertest.Main(m) }

func TestEngine(t *testing.T) {
	enginetest.Run(t, func(t *testing.T) engine.Engine {
		return openAt(t, clustertest.Copy(t, "", func(url string) error {
			e, err := postgres.Open(context.Background(), postgres.Options{URL: url})
			if err != nil {
				return err
			}
			return e.Close()
		}))
	})
}

func openAt(t *testing.T, url string) *postgres.Engine {
	t.Helper()
	e, err := postgres.Open(t.Context(), postgres.Options{URL: url, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// run runs a script as the owner and gives its rows as JSON arrays, one a line.
func run(t *testing.T, e *postgres.Engine, text string) string {
	t.Helper()
	var s lines
	if err := e.Script(t.Context(), engine.Script{Text: text}, &s); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return strings.Join(s.rows, "\n")
}

// lines is a sink that keeps rows as JSON arrays.
type lines struct {
	n       int
	rows    []string
	tags    []string
	notices []string
	refused []error
	out     engine.Outcome
	refuse  error // what End answers
}

func (l *lines) Begin(cols []engine.Column) error { l.n = len(cols); return nil }

func (l *lines) Row(r engine.Row) error {
	b := []byte{'['}
	for i := range l.n {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.AppendJSON(b, i)
	}
	l.rows = append(l.rows, string(append(b, ']')))
	return nil
}

func (l *lines) Done(tag string) error        { l.tags = append(l.tags, tag); return nil }
func (l *lines) Notice(level, message string) { l.notices = append(l.notices, level+": "+message) }
func (l *lines) Refused(err error)            { l.refused = append(l.refused, err) }
func (l *lines) End(o engine.Outcome) error   { l.out = o; return l.refuse }

func do(t *testing.T, e *postgres.Engine, role string, st query.Statement) (*lines, error) {
	t.Helper()
	st.Schema, st.MaxAffected = "public", -1
	p, err := plan.Build(e.Catalog(), &st, role, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := &lines{n: len(p.Columns())}
	err = e.Do(context.Background(), p, plan.Args{Caller: query.Caller{Role: role}, Values: st.Values, Body: st.Body, Fields: st.Fields, ReadOnly: st.ReadOnly, Rollback: st.Rollback}, l)
	return l, err
}

func read(relation string) query.Statement {
	return query.Statement{ReadOnly: true, Read: &query.Read{Relation: relation, Node: query.Node{Limit: -1, Offset: -1, MaxRows: -1}}}
}

func insert(relation, body string, columns ...string) query.Statement {
	return query.Statement{Body: []byte(body), Write: &query.Write{
		Action: query.Insert, Relation: relation, Columns: columns, Bulk: true, Returning: true, Node: query.Node{Limit: -1, Offset: -1, MaxRows: -1},
	}}
}

func TestShopIsServed(t *testing.T) {
	e := open(t)
	files, err := filepath.Glob("../../../examples/shop/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, f := range append(files, "../../../examples/shop/seed.sql") {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Script(t.Context(), engine.Script{Text: string(text), File: f, Atomic: true}, &lines{}); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
	}
	for _, role := range []string{"anon", "authenticated", "service_role"} {
		l, err := do(t, e, role, read("categories"))
		if err != nil || len(l.rows) != 12 {
			t.Errorf("%s: %d rows, %v", role, len(l.rows), err)
		}
	}
	l, err := do(t, e, "service_role", insert("categories", `[{"slug":"new","name":"New"}]`, "slug", "name"))
	if err != nil || len(l.rows) != 1 || !strings.HasSuffix(l.rows[0], `,null,"new","New",0]`) {
		t.Errorf("%v, %v", l.rows, err)
	}
	if _, err := do(t, e, "anon", insert("categories", `[{"slug":"no","name":"No"}]`, "slug", "name")); err == nil || !strings.Contains(err.Error(), "42501") {
		t.Errorf("anon inserts: %v", err)
	}
}
