package cases_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// One engine reads its catalog from a database, the other makes it from the project's statements: they must know the same of a project.
func TestCatalogsAgree(t *testing.T) {
	var want []string
	var from string
	for _, k := range kinds {
		if *onlyEngine != "" {
			t.Skip("it takes more than one engine")
		}
		got := describe(k.open(t, "examples/shop").Catalog())
		if want == nil {
			want, from = got, k.name
			continue
		}
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("%s only:  %s", from, line)
			}
		}
		for _, line := range got {
			if !slices.Contains(want, line) {
				t.Errorf("%s only:  %s", k.name, line)
			}
		}
	}
}

// describe tells the facts of a catalog, one a line, without numbers that an engine is free to choose.
func describe(c *catalog.Catalog) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	// What is in schema vault comes from the server's extension, which PostgreSQL itself is without; see docs/reference/schemas.md.
	own := func(schema string) bool {
		return schema != "pg_catalog" && schema != "information_schema" && schema != "extensions" && schema != "vault"
	}
	for s := range c.Schemas() {
		if own(s.Name) {
			add("schema %s owner=%s acl=%s comment=%q", s.Name, s.Owner, acl(s.ACL), s.Comment)
		}
	}
	for t := range c.Tables() {
		if t.Schema != "vault" {
			describeTable(c, t, add)
		}
	}
	for f := range c.AllFunctions() {
		if !own(f.Schema) {
			continue
		}
		var args []string
		for _, p := range f.Params {
			args = append(args, fmt.Sprintf("%d %s %s default=%t", p.Mode, p.Name, c.TypeString(p.Type), p.Default != nil || p.DefaultText != ""))
		}
		add("function %s.%s(%s) returns set=%t %s %s kind=%c vol=%c strict=%t definer=%t set=%s owner=%s acl=%s comment=%q", f.Schema, f.Name, strings.Join(args, ", "),
			f.ReturnsSet, c.TypeString(f.Returns), f.Language, f.Kind, f.Volatility, f.Strict, f.Definer, settings(f.Settings), f.Owner, acl(f.ACL), f.Comment)
	}
	for t := range c.Types() {
		if own(t.Schema) && t.Elem == 0 {
			var fields []string
			for _, f := range t.Fields {
				fields = append(fields, f.Name+" "+c.TypeString(f.Type))
			}
			add("type %s.%s kind=%c category=%c array=%t labels=%v fields=%v of table=%t", t.Schema, t.Name, t.Kind, t.Category, t.Array != 0, t.Labels, fields, t.Table != 0)
		}
	}
	for q := range c.Sequences() {
		add("sequence %s.%s start=%d by=%d min=%d max=%d owned=%s type=%s acl=%s", q.Schema, q.Name, q.Start, q.Increment, q.Min, q.Max, q.OwnerColumn, c.TypeString(catalog.TypeRef{OID: q.Type, Mod: -1}), acl(q.ACL))
	}
	for _, name := range []string{"anon", "authenticated", "service_role", "authenticator", "supabase_auth_admin", "dashboard_user"} {
		r := c.Role(name)
		add("role %s %t %t %t %t", name, r.Super, r.Inherit, r.Login, r.BypassRLS)
		for _, of := range []string{"anon", "authenticated", "service_role", "authenticator"} {
			add("role %s member of %s: %t", name, of, c.MemberOf(name, of))
		}
	}
	for p := range c.Publications() {
		add("publication %s all=%t tables=%d %v", p.Name, p.AllTables, len(p.Tables), p.Publish)
	}
	for _, d := range c.DefaultACLs() {
		add("default %s in %s for %s: %s", d.Kind, d.Schema, d.Owner, acl(d.ACL))
	}
	return out
}

func describeTable(c *catalog.Catalog, t *catalog.Table, add func(string, ...any)) {
	name := t.Schema + "." + t.Name
	if t.Schema == "extensions" || t.Schema == "pg_catalog" || t.Schema == "information_schema" {
		return
	}
	add("table %s kind=%c owner=%s rls=%t force=%t invoker=%t writable=%t,%t,%t acl=%s comment=%q", name, t.Kind, t.Owner, t.RLS, t.ForceRLS, t.SecurityInvoker,
		t.Insertable, t.Updatable, t.Deletable, acl(t.ACL), t.Comment)
	for i, k := range t.Columns {
		base := ""
		if t.ViewColumns != nil && t.ViewColumns[i].Table != 0 {
			base = c.TableByOID(t.ViewColumns[i].Table).Name + "." + t.ViewColumns[i].Column
		}
		identity := ""
		if k.Identity != 0 {
			identity = string(k.Identity)
		}
		add("column %s.%s %d %s notnull=%t default=%t generated=%t identity=%s sequence=%t acl=%s comment=%q from=%s", name, k.Name, k.Num, c.TypeString(k.Type), k.NotNull,
			k.Default != nil || k.DefaultText != "", k.Generated, identity, k.Sequence != 0, acl(k.ACL), k.Comment, base)
	}
	for _, k := range t.Constraints {
		ref := ""
		if r := c.TableByOID(k.RefTable); r != nil {
			ref = r.Schema + "." + r.Name
		}
		add("constraint %s %s %c %v ref=%s%v %d %d deferrable=%t,%t valid=%t", name, k.Name, k.Kind, k.Columns, ref, k.RefColumns, k.OnDelete, k.OnUpdate, k.Deferrable, k.Deferred, !k.NotValid)
	}
	for _, x := range t.Indexes {
		var keys []string
		for _, k := range x.Keys {
			keys = append(keys, fmt.Sprintf("%s expr=%t desc=%t", k.Column, k.Expr != nil, k.Desc))
		}
		add("index %s %s unique=%t %s keys=%v where=%t constraint=%t", name, x.Name, x.Unique, x.Method, keys, x.Where != nil, x.Constraint != 0)
	}
	for _, p := range t.Policies {
		add("policy %s %q %s permissive=%t roles=%v using=%t check=%t", name, p.Name, p.Command, p.Permissive, p.Roles, p.Using != nil, p.Check != nil)
	}
	for _, g := range t.Triggers {
		f := c.FunctionByOID(g.Func)
		add("trigger %s %s %d %d row=%t cols=%v when=%t func=%s.%s args=%v enabled=%c", name, g.Name, g.Time, g.Events, g.Row, g.Columns, g.When != nil, f.Schema, f.Name, g.Args, g.Enabled)
	}
	for _, r := range c.Relationships(t) {
		fn, junction := "", ""
		if r.Func != nil {
			fn = r.Func.Name
		}
		if r.Junction != nil {
			junction = r.Junction.Name + " " + r.JunctionFrom + " " + r.JunctionTo
		}
		add("relationship %s %d %s.%s by %s %v %v parent=%t self=%t junction=%s func=%s many=%t", name, r.Kind, r.To.Schema, r.To.Name, r.Constraint, r.FromCols, r.ToCols, r.IsParent, r.SelfRef, junction, fn, r.ToMany)
	}
}

func acl(a catalog.ACL) string {
	if a == nil {
		return "default"
	}
	var list []string
	for _, g := range a {
		list = append(list, fmt.Sprintf("%s=%x*%x/%s", g.Grantee, g.Privs, g.Option, g.Grantor))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func settings(list []sql.Setting) string {
	var out []string
	for _, s := range list {
		out = append(out, s.Name+"="+strings.Trim(strings.Join(s.Values, ","), `"`))
	}
	return strings.Join(out, " ")
}
