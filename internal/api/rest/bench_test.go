package rest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// oneRow is an engine whose every answer is one row of numbers: what is left is the door's own cost.
type oneRow struct {
	engine.Engine
	cat *catalog.Catalog
}

func (e oneRow) Catalog() *catalog.Catalog { return e.cat }

func (e oneRow) Do(_ context.Context, p *plan.Plan, a plan.Args, s engine.Sink) error {
	for i := range p.Params() {
		_ = p.Bind(i, &a)
	}
	if err := s.Row(numbers{}); err != nil {
		return err
	}
	return s.End(engine.Outcome{Rows: 1, Total: -1, Inserted: -1})
}

type numbers struct{}

func (numbers) AppendJSON(b []byte, i int) []byte { return strconv.AppendInt(b, int64(i), 10) }
func (numbers) AppendText(b []byte, i int) []byte { return strconv.AppendInt(b, int64(i), 10) }
func (numbers) IsNull(int) bool                   { return false }

// discard is a ResponseWriter that keeps nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func BenchmarkRead(b *testing.B) {
	stmts, err := sql.Parse("create table clients (id int primary key, name text); create table projects (id int primary key, name text, price numeric, client_id int references clients (id))")
	if err != nil {
		b.Fatal(err)
	}
	e := catalog.Empty().Edit()
	for _, s := range stmts {
		if _, err := e.Apply(s.Stmt, catalog.Env{}); err != nil {
			b.Fatal(err)
		}
	}
	h := New(oneRow{cat: e.Done()}, Options{})
	run := func(name, raw string) {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/projects", nil)
			r.URL = &url.URL{Path: "/projects", RawQuery: raw}
			w := discard{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.h)
				h.ServeHTTP(w, r)
			}
		})
	}
	run("row", "id=eq.5")
	run("embed=1", "select=id,name,price,clients(name)&price=gt.5&order=name.desc&limit=20")
}
