package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Finding is what is probably a mistake. Its code is stable.
type Finding struct {
	Code    string `json:"code"`
	Level   string `json:"level"` // error, warning, note
	Object  string `json:"object"`
	Message string `json:"message"`
	Fix     string `json:"fix"`            // a statement of SQL, or what else to do
	File    string `json:"file,omitempty"` // where it is, when it is not in the database
}

// Code is a kind of finding.
type Code struct {
	Code, Level, Title string
}

// The kinds of findings. Documents and scanners know them by their codes: a code is never given to another kind.
var (
	NoRLS        = Code{"MSA01", "error", "A table is served without row-level security"}
	NotEnabled   = Code{"MSA02", "warning", "A table has no row-level security, and is therefore not served"}
	AlwaysTrue   = Code{"MSA03", "warning", "A policy lets everybody read every row"}
	AlwaysWrite  = Code{"MSA04", "error", "A policy lets everybody write every row"}
	OwnersView   = Code{"MSA05", "error", "A view shows what policies hide"}
	OpenDefiner  = Code{"MSA06", "warning", "Visitors can call a function that runs with its owner's rights"}
	WideCheck    = Code{"MSA07", "error", "A policy lets rows be given away"}
	MissingCheck = Code{"MSA08", "note", "A policy for changes has no WITH CHECK"}
	MutablePath  = Code{"MSA09", "warning", "A function with its owner's rights has no search_path of its own"}
	ServiceKey   = Code{"MSA10", "error", "A secret key is in a public folder"}
	IdlePolicies = Code{"MSA11", "error", "A table has policies and no row-level security"}
	NoPolicies   = Code{"MSA12", "note", "A table has row-level security and no policies"}
	UsersShown   = Code{"MSA13", "error", "A view shows the users of sign-in"}
	OwnClaims    = Code{"MSA14", "error", "A policy trusts what users say of themselves"}
	MatViewShown = Code{"MSA15", "warning", "A materialized view is served, for which no policies hold"}
	GotThrough   = Code{"MSA16", "error", "A running server lets through what the project's SQL does not"}
)

// Codes are all kinds, in order.
var Codes = []Code{
	NoRLS, NotEnabled, AlwaysTrue, AlwaysWrite, OwnersView, OpenDefiner, WideCheck, MissingCheck, MutablePath, ServiceKey, IdlePolicies, NoPolicies, UsersShown, OwnClaims,
	MatViewShown, GotThrough,
}

// New makes a finding of the kind.
func (c Code) New(object, message, fix string) Finding {
	return Finding{Code: c.Code, Level: c.Level, Object: object, Message: message, Fix: fix}
}

func (f *Finding) text() string {
	where := f.Object
	if f.File != "" {
		where = f.File
	}
	return fmt.Sprintf("%s %s %s: %s\n  %s\n", f.Level, f.Code, where, f.Message, f.Fix)
}

// visitors are the roles of requests from browsers.
var visitors = []string{"anon", "authenticated"}

// mistakes looks for what is probably wrong.
func (r Rule) mistakes(c *catalog.Catalog, schemas []string) []Finding {
	var out []Finding
	for t := range c.Tables() {
		if !slices.Contains(schemas, t.Schema) {
			continue
		}
		switch t.Kind {
		case catalog.OrdinaryTable, catalog.PartitionedTable, catalog.ForeignTable:
			out = append(out, r.ofTable(c, t)...)
			for _, p := range t.Policies {
				out = append(out, ofPolicy(c, t, p)...)
			}
		case catalog.View, catalog.MatView:
			out = append(out, r.ofView(c, t)...)
		}
	}
	for f := range c.AllFunctions() {
		if f.Definer && !f.Extension && f.Language != "internal" && own(f.Schema) {
			out = append(out, ofDefiner(c, f, schemas)...)
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		if n := strings.Compare(a.Code, b.Code); n != 0 {
			return n
		}
		return strings.Compare(a.Object, b.Object)
	})
	return out
}

// own says whether a schema is the project's, and not one that is there from the start.
func own(schema string) bool {
	switch schema {
	case "auth", "storage", "realtime", "graphql", "graphql_public", "vault", "extensions", "pg_catalog", "information_schema", "supabase_functions", "supabase_migrations", "mainstay",
		"cron", "net", "pgmq":
		return false
	}
	return true
}

// who are the roles of browsers that can do a command.
func (r Rule) who(c *catalog.Catalog, t *catalog.Table, least Access, commands ...string) []string {
	var out []string
	for _, role := range visitors {
		if slices.ContainsFunc(Commands, func(cmd Command) bool {
			return slices.Contains(commands, cmd.Name) && r.access(c, t, role, cmd) >= least
		}) {
			out = append(out, role)
		}
	}
	return out
}

var everything = []string{"select", "insert", "update", "delete"}

func (r Rule) ofTable(c *catalog.Catalog, t *catalog.Table) []Finding {
	name := quoted(t.Schema, t.Name)
	enable := "alter table " + name + " enable row level security;"
	switch {
	case !t.RLS && len(t.Policies) > 0:
		return []Finding{IdlePolicies.New(t.Schema+"."+t.Name, "its policies do not hold: row-level security is not enabled", enable)}
	case !t.RLS:
		if who := r.who(c, t, All, everything...); who != nil {
			return []Finding{NoRLS.New(t.Schema+"."+t.Name, strings.Join(who, " and ")+" reach every row: it is named in allow_without_rls", enable)}
		}
		if who := r.who(c, t, NotServed, everything...); who != nil {
			return []Finding{NotEnabled.New(t.Schema+"."+t.Name, "other programs that use the same roles, and functions, reach every row", enable)}
		}
	case len(t.Policies) == 0:
		return []Finding{NoPolicies.New(t.Schema+"."+t.Name, "only the service role and functions with their owner's rights reach it",
			`create policy "owner" on `+name+" for select to authenticated using (…);")}
	}
	return nil
}

func ofPolicy(c *catalog.Catalog, t *catalog.Table, p *catalog.Policy) []Finding {
	var out []Finding
	object := t.Schema + "." + t.Name + ", policy " + p.Name
	alter := "alter policy " + sql.QuoteIdent(p.Name) + " on " + quoted(t.Schema, t.Name)
	var who []string
	for _, role := range visitors {
		if c.Role(role) != nil && applies(c, p, role) {
			who = append(who, role)
		}
	}
	if !p.Permissive || who == nil {
		return ownClaims(p, object, alter)
	}
	reads, writes := p.Command == "select" || p.Command == "all", p.Command != "select"
	using, check := isTrue(p.UsingText), isTrue(p.CheckText)
	names := strings.Join(who, " and ")
	switch {
	case writes && (using && (p.CheckText == "" || check) || p.Command == "insert" && check):
		out = append(out, AlwaysWrite.New(object, names+" write every row ("+p.Command+")", alter+" "+fixed(p)+";"))
	case writes && check:
		out = append(out, WideCheck.New(object, "with check (true) lets "+names+" write rows that using would not let them touch", alter+" with check ("+oneLine(p.UsingText)+");"))
	case reads && using:
		out = append(out, AlwaysTrue.New(object, "using (true) lets "+names+" read every row", alter+" using (…);"))
	}
	if (p.Command == "update" || p.Command == "all") && p.CheckText == "" && p.UsingText != "" && !using {
		out = append(out, MissingCheck.New(object, "new rows are checked by using; say what they may be", alter+" with check ("+oneLine(p.UsingText)+");"))
	}
	return append(out, ownClaims(p, object, alter)...)
}

// ownClaims finds conditions on user_metadata, which users change as they like.
func ownClaims(p *catalog.Policy, object, alter string) []Finding {
	for _, text := range []string{p.UsingText, p.CheckText} {
		if strings.Contains(text, "user_metadata") || strings.Contains(text, "raw_user_meta_data") {
			return []Finding{OwnClaims.New(object, "user_metadata is the user's own to change; app_metadata is not", alter+" "+fixed(p)+"; -- over app_metadata, or a table of your own")}
		}
	}
	return nil
}

// fixed is the form of what is missing in an ALTER POLICY.
func fixed(p *catalog.Policy) string {
	switch p.Command {
	case "insert":
		return "with check (…)"
	case "select", "delete":
		return "using (…)"
	}
	return "using (…) with check (…)"
}

// isTrue says whether a condition holds for every row, whatever it is.
func isTrue(text string) bool {
	for {
		text = strings.ToLower(strings.TrimSpace(text))
		if !strings.HasPrefix(text, "(") || !strings.HasSuffix(text, ")") {
			return text == "true" || text == "1 = 1" || text == "true = true"
		}
		text = text[1 : len(text)-1]
	}
}

func (r Rule) ofView(c *catalog.Catalog, t *catalog.Table) []Finding {
	object, name := t.Schema+"."+t.Name, quoted(t.Schema, t.Name)
	who := r.who(c, t, Policied, everything...)
	if who == nil {
		return nil
	}
	if t.Kind == catalog.MatView {
		return []Finding{MatViewShown.New(object, strings.Join(who, " and ")+" read every row", "revoke all on "+name+" from anon, authenticated;")}
	}
	var hidden []string
	for _, base := range read(c, t) {
		switch {
		case base.Schema == "auth":
			return []Finding{UsersShown.New(object, strings.Join(who, " and ")+" read what it shows of "+base.Schema+"."+base.Name, "revoke all on "+name+" from anon, authenticated;")}
		case base.RLS && !t.SecurityInvoker:
			hidden = append(hidden, base.Schema+"."+base.Name)
		}
	}
	if hidden == nil {
		return nil
	}
	return []Finding{OwnersView.New(object, "it shows "+strings.Join(hidden, ", ")+" with the rights of "+t.Owner+", past the policies, to "+strings.Join(who, " and "),
		"alter view "+name+" set (security_invoker = true);")}
}

// read are the tables that a view reads, as far as they are known.
func read(c *catalog.Catalog, t *catalog.Table) []*catalog.Table {
	var out []*catalog.Table
	add := func(b *catalog.Table) {
		if b != nil && b != t && !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	for _, col := range t.ViewColumns {
		add(c.TableByOID(col.Table))
	}
	if t.Query != nil {
		sql.Walk(t.Query, func(n sql.Node) bool {
			if x, ok := n.(*sql.Table); ok && x.Name.Schema != "" {
				add(c.Table(x.Name.Schema, x.Name.Name))
			}
			return true
		})
	}
	return out
}

func ofDefiner(c *catalog.Catalog, f *catalog.Function, schemas []string) []Finding {
	var out []Finding
	name := signature(c, f)
	target := quoted(f.Schema, f.Name) + name[strings.IndexByte(name, '('):]
	if !slices.ContainsFunc(f.Settings, func(s sql.Setting) bool { return strings.EqualFold(s.Name, "search_path") }) {
		out = append(out, MutablePath.New(name, "whoever calls it decides where its names are looked up", "alter function "+target+" set search_path = '';"))
	}
	if served(f, schemas) && c.Role("anon") != nil && c.CanSchema("anon", f.Schema, catalog.PrivUsage) && c.CanExecute("anon", f) {
		out = append(out, OpenDefiner.New(name, "it does with the rights of "+f.Owner+" what a visitor asks for", "revoke execute on function "+target+" from public, anon;"))
	}
	return out
}

func quoted(schema, name string) string { return sql.QuoteIdent(schema) + "." + sql.QuoteIdent(name) }
