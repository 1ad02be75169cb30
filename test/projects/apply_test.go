package projects_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/bootstrap"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/project"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A source is a line of projects.txt.
type source struct{ name, repository, commit, folder string }

func sources(t *testing.T, list string) []source {
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	var all []source
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 4 && f[0] != "#" {
			all = append(all, source{f[0], f[1], f[2], f[3]})
		}
	}
	return all
}

// A file is one file of a project, read.
type file struct {
	path, text string
	stmts      []sql.Statement
}

func files(t *testing.T, dir string) []file {
	p, err := project.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []file
	add := func(f project.File) {
		stmts, err := sql.Parse(f.Text)
		if err != nil {
			t.Fatalf("%s: %v", f.Path, err)
		}
		if len(stmts) > 0 {
			all = append(all, file{f.Path, f.Text, stmts})
		}
	}
	for _, m := range p.Migrations {
		add(m.File)
	}
	for _, s := range p.Seeds {
		add(s)
	}
	return all
}

// A refusal is a statement that did not run.
type refusal struct {
	path string
	stmt string
	err  *fault.Error
}

func (r refusal) String() string {
	s := strings.Join(strings.Fields(r.stmt), " ")
	if len(s) > 160 {
		s = s[:160] + "…"
	}
	return fmt.Sprintf("%s: %s (%s): %s", filepath.Base(r.path), r.err.Message, r.err.Code, s)
}

// apply runs files, each in one transaction; a statement that fails is left out. bodies are those of functions that cannot run. skip says
// which statements are not even tried.
func apply(t *testing.T, e engine.Engine, all []file, skip func(file, int) bool) (refused, bodies []refusal, out map[string]bool) {
	t.Helper()
	out = map[string]bool{}
	for _, f := range all {
		stmts := f.stmts
		at := make([]int, 0, len(stmts))
		if skip != nil {
			stmts = nil
		}
		for i, s := range f.stmts {
			if skip == nil {
				at = append(at, i)
			} else if !skip(f, i) {
				stmts, at = append(stmts, s), append(at, i)
			}
		}
		if len(stmts) == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		c := &collector{}
		err := e.Script(ctx, engine.Script{Text: f.text, Parsed: stmts, File: f.path, Atomic: true, Check: true}, c)
		cancel()
		if err != nil {
			t.Fatalf("%s: %v", f.path, err)
		}
		for i, a := range c.all {
			if a.err == nil {
				continue
			}
			if i >= len(at) {
				bodies = append(bodies, refusal{f.path, "the body of a function", a.err})
				continue
			}
			refused = append(refused, refusal{f.path, f.stmts[at[i]].Text, a.err})
			out[key(f, at[i])] = true
		}
	}
	return refused, bodies, out
}

func key(f file, i int) string { return fmt.Sprint(f.path, " ", i) }

// standIns make what a missing extension has, as far as a project's statements need it to exist: the type vector, as text, with two of its operators; and what the vault's
// own statements (package bootstrap) call, without a cipher.
const standIns = `create type extensions.vector;
create function extensions.mainstay_vector_in(cstring, oid, integer) returns extensions.vector language internal immutable strict as 'textin';
create function extensions.mainstay_vector_out(extensions.vector) returns cstring language internal immutable strict as 'textout';
create function extensions.mainstay_vector_mod(cstring[]) returns integer language internal immutable strict as 'bittypmodin';
create function extensions.mainstay_vector_modout(integer) returns cstring language internal immutable strict as 'bittypmodout';
create type extensions.vector (input = extensions.mainstay_vector_in, output = extensions.mainstay_vector_out, typmod_in = extensions.mainstay_vector_mod,
  typmod_out = extensions.mainstay_vector_modout, storage = extended);
create function extensions.mainstay_vector_cosine(extensions.vector, extensions.vector) returns float8 language sql immutable strict
  as 'select 1 - sum(a * b) / (sqrt(sum(a * a)) * sqrt(sum(b * b))) from unnest(translate($1::text, ''[]'', ''{}'')::float8[], translate($2::text, ''[]'', ''{}'')::float8[]) as u (a, b)';
create operator extensions.<=> (leftarg = extensions.vector, rightarg = extensions.vector, function = extensions.mainstay_vector_cosine);
create function extensions.mainstay_vector_product(extensions.vector, extensions.vector) returns float8 language sql immutable strict
  as 'select -sum(a * b) from unnest(translate($1::text, ''[]'', ''{}'')::float8[], translate($2::text, ''[]'', ''{}'')::float8[]) as u (a, b)';
create operator extensions.<#> (leftarg = extensions.vector, rightarg = extensions.vector, function = extensions.mainstay_vector_product);
create schema if not exists vault;
create function vault._crypto_aead_det_noncegen() returns bytea language sql immutable as 'select ''\x00''::bytea';
create function vault._crypto_aead_det_encrypt(bytea, bytea, bigint, bytea, bytea) returns bytea language sql immutable as 'select $1';
create function vault._crypto_aead_det_decrypt(bytea, bytea, bigint, bytea, bytea) returns bytea language sql immutable as 'select $1'`

// standIn makes the stand-ins.
func standIn(t *testing.T, pg engine.Engine) {
	for _, st := range strings.Split(standIns, ";\n") {
		if a := keep(pg, st); a.err != nil {
			t.Fatal(a.err)
		}
	}
	for _, st := range bootstrap.Statements() {
		if st.StandsInFor != "supabase_vault" || strings.HasPrefix(st.Text, "create extension") {
			continue
		}
		if a := keep(pg, st.Text); a.err != nil {
			t.Fatal(a.err)
		}
	}
}

func openPostgres(t *testing.T) engine.Engine {
	url := clustertest.Database(t)
	e, err := postgres.Open(t.Context(), postgres.Options{URL: url, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Roles are the whole server's; the next project may make one of the same name.
		for r := range e.Catalog().Roles() {
			if r.OID >= catalog.FirstUserOID && empty(t).Role(r.Name) == nil {
				keep(e, "drop owned by "+sql.QuoteIdent(r.Name)+" cascade")
				keep(e, "drop role "+sql.QuoteIdent(r.Name))
			}
		}
		_ = e.Close()
	})
	standIn(t, e)
	return e
}

func openSQLite(t *testing.T) engine.Engine {
	e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

var emptyCatalog *catalog.Catalog

// empty is the catalog before a project's first statement.
func empty(t *testing.T) *catalog.Catalog {
	if emptyCatalog == nil {
		e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: t.TempDir(), Readers: 1})
		if err != nil {
			t.Fatal(err)
		}
		emptyCatalog = e.Catalog()
		_ = e.Close()
	}
	return emptyCatalog
}
