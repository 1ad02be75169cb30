package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// apply runs a script on an edit and gives what each statement said: "" or notices for success, else code and message.
func apply(t testing.TB, e *catalog.Edit, script string) []string {
	t.Helper()
	stmts, err := sql.Parse(script)
	if err != nil {
		t.Fatalf("parse: %v\n%s", err, script)
	}
	var out []string
	for _, s := range stmts {
		ch, err := e.Apply(s.Stmt, catalog.Env{})
		out = append(out, said(ch, err))
	}
	return out
}

func said(ch catalog.Change, err error) string {
	if f := fault.As(err); f != nil {
		return said1("ERROR", f.Code, f.Message, f.Detail, f.Hint)
	} else if err != nil {
		return err.Error()
	}
	var lines []string
	for _, n := range ch.Notices {
		lines = append(lines, said1(n.Severity, n.Code, n.Message, n.Detail, n.Hint))
	}
	return strings.Join(lines, "\n")
}

func said1(severity, code, message, detail, hint string) string {
	s := fmt.Sprintf("%s %s: %s", severity, code, message)
	if detail != "" {
		s += " / " + detail
	}
	if hint != "" {
		s += " / " + hint
	}
	return s
}

// facts is a catalog in lines that can be compared with PostgreSQL's: the order is that of the lines.
func facts(c *catalog.Catalog, schema string) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for t := range c.Tables() {
		if t.Schema != schema {
			continue
		}
		add("%s %c", t.Name, t.Kind)
		for _, k := range t.Columns {
			add("%s.%s %s notnull=%v default=%v identity=%s", t.Name, k.Name, c.TypeString(k.Type), k.NotNull, k.Default != nil, idOf(k.Identity))
		}
		for _, k := range t.Constraints {
			ref := ""
			if r := c.TableByOID(k.RefTable); r != nil {
				ref = r.Name + "(" + strings.Join(k.RefColumns, ",") + ")"
			}
			add("%s constraint %s %c (%s) %s", t.Name, k.Name, k.Kind, strings.Join(k.Columns, ","), ref)
		}
		for _, x := range t.Indexes {
			add("%s index %s unique=%v", t.Name, x.Name, x.Unique)
		}
		for _, p := range t.Policies {
			add("%s policy %s", t.Name, p.Name)
		}
		for _, g := range t.Triggers {
			add("%s trigger %s", t.Name, g.Name)
		}
		add("%s acl %s", t.Name, aclOf(t.ACL))
		for _, k := range t.Columns {
			if k.ACL != nil {
				add("%s.%s acl %s", t.Name, k.Name, aclOf(k.ACL))
			}
		}
		add("%s owner %s", t.Name, t.Owner)
		if t.RLS || t.ForceRLS {
			add("%s rls=%v force=%v", t.Name, t.RLS, t.ForceRLS)
		}
	}
	for q := range c.Sequences() {
		if q.Schema == schema {
			owner := ""
			if t := c.TableByOID(q.OwnerTable); t != nil {
				owner = t.Name + "." + q.OwnerColumn
			}
			add("sequence %s %s start=%d min=%d max=%d inc=%d %s", q.Name, c.TypeString(catalog.TypeRef{OID: q.Type, Mod: -1}), q.Start, q.Min, q.Max, q.Increment, owner)
			add("sequence %s acl %s", q.Name, aclOf(q.ACL))
		}
	}
	for y := range c.Types() {
		if y.Schema == schema && y.Table == 0 && (y.Elem == 0 || c.Type(y.Elem).Table == 0) {
			add("type %s %c %s", y.Name, y.Kind, strings.Join(y.Labels, ","))
		}
	}
	for f := range c.AllFunctions() {
		if f.Schema == schema {
			var args []string
			for _, a := range f.ArgTypes() {
				args = append(args, c.TypeString(catalog.TypeRef{OID: a, Mod: -1}))
			}
			add("function %s(%s) %s", f.Name, strings.Join(args, ", "), c.TypeString(f.Returns))
			add("function %s(%s) acl %s", f.Name, strings.Join(args, ", "), aclOf(f.ACL))
		}
	}
	return out
}

// aclOf is an access list as PostgreSQL prints it, sorted.
func aclOf(a catalog.ACL) string {
	if a == nil {
		return "default"
	}
	var out []string
	for _, g := range a {
		s := g.Grantee + "="
		for i, letter := range "rawdDxtXUCcT" {
			if bit := catalog.Privilege(1) << i; g.Privs&bit != 0 {
				s += string(letter)
				if g.Option&bit != 0 {
					s += "*"
				}
			}
		}
		out = append(out, s+"/"+g.Grantor)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func idOf(b byte) string {
	if b == 0 {
		return ""
	}
	return string(b)
}

func TestStepsSayWhatToDoInOrder(t *testing.T) {
	const before = `create table p (id int primary key, a int); create table c (id serial primary key, p_id int references p);
		create view v as select id, a from p; create type e as enum ('x'); create table te (a e);`
	check := func(stmt string, want ...string) {
		t.Helper()
		e := build(t, before).Edit()
		parsed, err := sql.Parse(stmt)
		if err != nil {
			t.Fatal(err)
		}
		ch, err := e.Apply(parsed[0].Stmt, catalog.Env{})
		if err != nil {
			t.Fatalf("%s: %v", stmt, err)
		}
		var got []string
		for _, s := range ch.Steps {
			got = append(got, step(s))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", stmt, got, want)
		}
	}
	check("create table t (id serial primary key, a int unique)", "create sequence t_id_seq", "create t")
	check("create table if not exists p (x int)")
	check("create table f as select id from p", "create f filled")
	check("create index on p (a)", "alter p", "create index p_a_idx")
	check("alter table p add unique (a), add b int", "alter p", "create index p_a_key")
	check("alter table te alter a type text using a::text", "alter te using a")
	check("drop table p cascade", "drop v", "alter c", "drop p")
	check("drop table c", "drop sequence c_id_seq", "drop c")
	check("drop type e cascade", "alter te", "type e gone")
	check("alter table p drop constraint p_pkey cascade", "alter c", "drop index p_pkey", "alter p")
	check("create policy x on p using (true)", "alter p")
	check("alter table p rename to q", "alter p to q", "alter c", "alter v")
	check("alter sequence c_id_seq restart with 5", "alter sequence c_id_seq restart 5")
	check("create function f() returns int language sql as 'select 1'", "function f")
	check("alter type e add value 'y'", "type e")
	check("create schema s create table t (a int)", "create t", "schema s")
}

func step(s catalog.Step) string {
	switch s := s.(type) {
	case catalog.CreatedTable:
		if s.Fill != nil {
			return "create " + s.Table.Name + " filled"
		}
		return "create " + s.Table.Name
	case catalog.AlteredTable:
		out := "alter " + s.Old.Name
		if s.New.Name != s.Old.Name {
			out += " to " + s.New.Name
		}
		for c := range s.Using {
			out += " using " + c
		}
		return out
	case catalog.DroppedTable:
		return "drop " + s.Table.Name
	case catalog.CreatedIndex:
		return "create index " + s.Index.Name
	case catalog.DroppedIndex:
		return "drop index " + s.Index.Name
	case catalog.CreatedSequence:
		return "create sequence " + s.Sequence.Name
	case catalog.AlteredSequence:
		if s.Restart != nil {
			return fmt.Sprintf("alter sequence %s restart %d", s.New.Name, *s.Restart)
		}
		return "alter sequence " + s.New.Name
	case catalog.DroppedSequence:
		return "drop sequence " + s.Sequence.Name
	case catalog.ChangedType:
		if s.New == nil {
			return "type " + s.Old.Name + " gone"
		}
		return "type " + s.New.Name
	case catalog.ChangedFunction:
		return "function " + s.New.Name
	case catalog.ChangedSchema:
		return "schema " + s.New.Name
	}
	return fmt.Sprintf("%T", s)
}

// TestStoredTreesFollowRenames looks at the text of what was stored under other names.
func TestStoredTreesFollowRenames(t *testing.T) {
	e := build(t, `create schema s; create table s.t (id int primary key, a int check (a > 0), b int generated always as (a * 2) stored);
		create function s.f(int) returns boolean language sql as 'select true';`).Edit()
	run := func(path []string, script string) {
		t.Helper()
		parsed, err := sql.Parse(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parsed {
			if _, err := e.Apply(p.Stmt, catalog.Env{SearchPath: path}); err != nil {
				t.Fatalf("%s: %v", p.Text, err)
			}
		}
	}
	run([]string{"s", "public"}, `create view public.v as select x.*, t.a as again from t x join t using (id) where f(x.a);
		create policy p on t using (t.a > 1 and exists (select 1 from t u where u.a = t.id) and a = any (array(select a from t)));
		create index i on t ((a + 1)) where f(a);`)
	check := func(v, policy, index, other string) {
		t.Helper() // texts of the view, the policy, the index, and the check with the generated column
		c := e.Catalog()
		tab := c.TableByOID(c.Table("public", "v").ViewColumns[0].Table)
		_, x := c.Index(tab.Schema, "i")
		got := []string{strings.Join(strings.Fields(c.Table("public", "v").QueryText), " "), strings.Join(strings.Fields(tab.Policy("p").UsingText), " "),
			sql.PrintExpr(x.Keys[0].Expr) + " " + sql.PrintExpr(x.Where), tab.Constraint("t_a_check").ExprText + " " + tab.Column("b").DefaultText}
		for i, want := range []string{v, policy, index, other} {
			if got[i] != want {
				t.Errorf("\n got %s\nwant %s", got[i], want)
			}
		}
	}
	check("SELECT x.id, x.a, x.b, t.a AS again FROM s.t AS x JOIN s.t USING (id) WHERE s.f(x.a)",
		"(t.a > 1 AND EXISTS (SELECT 1 FROM s.t AS u WHERE u.a = t.id) AND a = ANY (ARRAY(SELECT a FROM s.t)))", "(a + 1) s.f(a)", "(a > 0) (a * 2)")
	run(nil, "alter function s.f(int) rename to g; alter schema s rename to s2; alter table s2.t rename to tt; alter table s2.tt rename column a to aa")
	check("SELECT x.id, x.aa AS a, x.b, t.aa AS again FROM s2.tt AS x JOIN s2.tt AS t USING (id) WHERE s2.g(x.aa)",
		"(tt.aa > 1 AND EXISTS (SELECT 1 FROM s2.tt AS u WHERE u.aa = tt.id) AND aa = ANY (ARRAY(SELECT aa AS a FROM s2.tt AS t)))", "(aa + 1) s2.g(aa)", "(aa > 0) (aa * 2)")
	run(nil, "drop view public.v; alter table s2.tt set schema public")
	if got := e.Catalog().Table("public", "tt").Policy("p").UsingText; strings.Contains(got, "s2.tt") {
		t.Error(got)
	}
}

func BenchmarkApply(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprintf("tables=%d", n), func(b *testing.B) {
			parsed, err := sql.Parse("create table t (id serial primary key, a int unique, p int references p); create policy x on t using (a > 0); drop policy if exists y on t; create table p (id int primary key);")
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				e := catalog.Empty().Edit()
				must := func(s sql.Stmt) {
					if _, err := e.Apply(s, catalog.Env{}); err != nil {
						b.Fatal(err)
					}
				}
				must(parsed[3].Stmt)
				for i := range n {
					name := sql.Name{Name: fmt.Sprintf("t%d", i)}
					t, p, d := *parsed[0].Stmt.(*sql.CreateTable), *parsed[1].Stmt.(*sql.CreatePolicy), *parsed[2].Stmt.(*sql.Drop)
					t.Table, p.Table = &sql.Table{Name: name}, &sql.Table{Name: name}
					d.Objects = []sql.DropObject{{Name: name, Sub: "y"}}
					must(&t)
					must(&p)
					must(&d)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(3*n), "µs/statement")
		})
	}
}
