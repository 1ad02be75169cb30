package sqlite_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// TestDroppedInQueries drops and rebuilds tables in functions that queries call: the file has no more of them when the transaction has ended, is sound, and
// references and indexes are those of the tables that stay.
func TestDroppedInQueries(t *testing.T) {
	dir := t.TempDir()
	e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	script(t, e, `
create table parent (id int primary key, "Name" text unique, n int);
create index "by ""n"" ON" on parent (n);
create table child (id int primary key, parent int references parent);
insert into parent values (1, 'a', 1), (2, 'b', 2);
insert into child values (10, 1);
create function rebuild() returns int language plpgsql as $$ begin alter table parent alter column n type text; alter table parent alter column n type int using n::int; return 1; end $$;
create function pass() returns int language plpgsql as $$ begin
	create table passing ("Id" int primary key, v text unique); create index "on" on passing (v, "Id");
	insert into passing values (1, 'x'); drop table passing; return 2; end $$;
create function keep() returns int language plpgsql as $$ begin
	drop table if exists kept; create table kept (id int primary key, v text unique); insert into kept values (1, 'x');
	drop table kept; create table kept (id int primary key, v text unique); create index kept_id on kept (id, v); insert into kept values (1, 'x'); return 5; end $$;
create function fail() returns int language plpgsql as $$ begin
	begin perform * from pass(); drop table child; create table child (x int); raise exception 'back'; exception when others then null; end;
	return (select count(parent) from child); end $$;
create function bare() returns int language plpgsql as $$ begin drop index "by ""n"" ON"; return 3; end $$;`)
	for _, q := range []struct{ text, want string }{
		{`select r from rebuild() r`, `rewriting the table parent in a function that a running query calls is not supported by the sqlite engine (0A000)`},
		{`select rebuild()`, "1"},
		{`select k from keep() k`, "5"},
		{`select keep() from parent`, "5 5"},
		{`insert into kept values (2, 'x')`, `duplicate key value violates unique constraint "kept_v_key" (23505)`},
		{`select p from parent, lateral (select pass() + parent.id - parent.id as p) x`, "2 2"},
		{`select p from generate_series(1, 3), lateral pass() p`, "2 2 2"},
		{`select p + (select count(*) from child c where c.parent <= x.id) from parent x, lateral pass() p order by x.id`, "3 3"},
		{`select p + (select count(*) from child c where c.parent <= p and exists (select from parent where id = c.parent)) from parent x, pass() p`, "3 3"},
		{`select f from fail() f`, "1"},
		{`select b from bare() b`, `dropping the index by "n" ON in a function that a running query calls is not supported by the sqlite engine (0A000)`},
		{`select "Name" from parent where n = 2`, "b"},
		{`insert into parent values (3, 'a', 3)`, `duplicate key value violates unique constraint "parent_Name_key" (23505)`},
		{`insert into child values (11, 9)`, `insert or update on table "child" violates foreign key constraint "child_parent_fkey" (23503)`},
		{`select bare()`, "3"},
	} {
		got, err := values(t, e, "", q.text)
		if err != nil {
			got = []string{err.Error()}
		}
		if strings.Join(got, " ") != q.want {
			t.Errorf("%s: got %q, want %q", q.text, got, q.want)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}

	s, err := store.Open(dir, store.Options{Register: exec.Register})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ask := func(text string) (all []string) {
		t.Helper()
		if err := s.Read(t.Context(), func(c *store.Conn) error {
			st, err := c.Stmt(text)
			if err != nil {
				return err
			}
			defer st.Close()
			for st.Step() {
				all = append(all, st.ColumnText(0))
			}
			return st.Err()
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, q := range []struct {
		text string
		want []string
	}{
		{`PRAGMA integrity_check`, []string{"ok"}},
		{`PRAGMA foreign_key_check`, nil},
		{`SELECT "table" FROM pragma_foreign_key_list('public.child')`, []string{"public.parent"}},
		{`SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'public.kept' ORDER BY 1`, []string{"public.kept_id", "public.kept_pkey", "public.kept_v_key"}},
		{`SELECT name FROM sqlite_schema WHERE name LIKE 'mainstay.index%' OR name LIKE '%dropped%' OR sql LIKE '%dropped%' OR name LIKE '%passing%'`, nil},
	} {
		if got := ask(q.text); !slices.Equal(got, q.want) {
			t.Errorf("%s: got %q, want %q", q.text, got, q.want)
		}
	}
}
