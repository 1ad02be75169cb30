package rights_test

import (
	"path/filepath"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/bootstrap"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Everything that the bootstrap and the example project store resolves: defaults, checks, policies, indexes, views, bodies of SQL functions.
func TestStoredResolves(t *testing.T) {
	e := catalog.Empty().Edit()
	for _, s := range bootstrap.Statements() {
		stmts, err := sql.Parse(s.Text)
		if err != nil {
			t.Fatalf("%s: %v", s.Text, err)
		}
		for _, p := range stmts {
			if !catalog.IsDefinition(p.Stmt) {
				continue
			}
			if _, err := e.Apply(p.Stmt, catalog.Env{ViewColumns: analyze.ViewColumns}); err != nil && !s.Forgives(fault.Code(err)) {
				t.Errorf("%s\n%v", p.Text, err)
			}
		}
	}
	files, err := filepath.Glob("../../../../examples/*/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no example: %v", err)
	}
	for _, f := range files {
		stmts, err := sql.Parse(read(t, f))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range stmts {
			if !catalog.IsDefinition(s.Stmt) {
				continue
			}
			if _, err := e.Apply(s.Stmt, catalog.Env{ViewColumns: analyze.ViewColumns}); err != nil {
				t.Errorf("%s\n%v", s.Text, err)
			}
		}
	}
	resolveAll(t, e.Done())
}

// resolveAll analyses and attaches everything in a catalog.
func resolveAll(t *testing.T, cat *catalog.Catalog) {
	t.Helper()
	path := []string{"public", "extensions"}
	report := func(what string, err error) {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for tab := range cat.Tables() {
		name := tab.Schema + "." + tab.Name
		rel := func(alias string) *tree.Rel {
			r := &tree.Rel{Kind: tree.RowRel, Alias: alias, Table: tab}
			for _, c := range tab.Columns {
				r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: c.Type})
			}
			return r
		}
		env := func() *analyze.Env { return &analyze.Env{Path: path, FixedParams: true} }
		for _, c := range tab.Columns {
			switch {
			case c.Default == nil:
			case c.Generated:
				_, err := analyze.Assigned(cat, env(), c.Default, analyze.InGenerated, c.Name, c.Type, rel(tab.Name))
				report(name+"."+c.Name+" generated", err)
			default:
				_, err := analyze.Assigned(cat, env(), c.Default, analyze.InDefault, c.Name, c.Type)
				report(name+"."+c.Name+" default", err)
			}
		}
		for _, k := range tab.Constraints {
			if k.Expr != nil {
				_, err := analyze.Condition(cat, env(), k.Expr, analyze.InCheck, "CHECK", rel(tab.Name))
				report(name+" check "+k.Name, err)
			}
		}
		for _, x := range tab.Indexes {
			for _, k := range x.Keys {
				if k.Expr != nil {
					_, err := analyze.ExprAs(cat, env(), k.Expr, analyze.InIndexExpr, rel(tab.Name))
					report(name+" index "+x.Name, err)
				}
			}
			if x.Where != nil {
				_, err := analyze.Condition(cat, env(), x.Where, analyze.InIndexPredicate, "WHERE", rel(tab.Name))
				report(name+" index "+x.Name, err)
			}
		}
		for _, p := range tab.Policies {
			for _, x := range []sql.Expr{p.Using, p.Check} {
				if x == nil {
					continue
				}
				y, err := analyze.Condition(cat, env(), x, analyze.InPolicy, "POLICY", rel(tab.Name))
				report(name+" policy "+p.Name, err)
				if err == nil {
					_, err = rights.AttachExpr(cat, "postgres", y)
					report(name+" policy "+p.Name, err)
				}
			}
		}
		for _, g := range tab.Triggers {
			if g.When != nil {
				_, err := analyze.Condition(cat, env(), g.When, analyze.InTrigger, "WHEN", rel("old"), rel("new"))
				report(name+" trigger "+g.Name, err)
			}
		}
		if tab.Query != nil {
			q, err := analyze.Query(cat, env(), tab.Query)
			report(name+" view", err)
			if err == nil {
				_, err = rights.Attach(cat, "postgres", q)
				report(name+" view", err)
			}
		}
	}
	for f := range cat.AllFunctions() {
		for _, s := range f.SQL {
			q, ok := s.(sql.Query)
			if !ok {
				continue
			}
			env := &analyze.Env{Path: path, FixedParams: true}
			var names []string
			for _, p := range f.Params {
				if p.Mode != sql.OutArg && p.Mode != sql.TableArg {
					env.Params = append(env.Params, p.Type)
					names = append(names, p.Name)
				}
			}
			env.Names = rights.ArgumentNames(f.Name, names, env.Params)
			out, err := analyze.Query(cat, env, q)
			report("function "+f.Schema+"."+f.Name, err)
			if err == nil {
				_, err = rights.Attach(cat, f.Owner, out)
				report("function "+f.Schema+"."+f.Name, err)
			}
		}
	}
}
