package access_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// A row is a row of a table: column to value.
type row map[string]any

type column struct {
	name    string
	typ     string
	notNull bool
	uid     bool    // default auth.uid()
	ref     *table  // foreign key
	action  string  // ON DELETE
	grants  []grant // on the column alone
}

// A grant lets a role do a command.
type grant struct {
	role, command string
}

type table struct {
	name    string
	owner   string
	columns []*column // the first is id
	rls     bool
	force   bool
	grants  []grant
	poli    []*policy
	rows    []row
	before  int // how many functions there were before it
}

type policy struct {
	name         string
	permissive   bool
	command      string   // all, select, insert, update, delete
	roles        []string // public for everybody
	using, check *node
}

// A view shows columns of one table, under their names.
type view struct {
	name    string
	owner   string
	invoker bool
	of      *table
	columns []*column
	where   *node // of rows of the alias base
	check   bool  // with check option
	grants  []grant
}

type function struct {
	name    string
	owner   string
	definer bool
	params  []param
	value   *node  // of a function that returns a boolean
	of      *table // of one that returns rows, those for which where holds
	where   *node
	closed  []string // roles that may not call it
}

type param struct{ name, typ string }

// A caller is who sends requests.
type caller struct {
	name, role, sub string
	claims          map[string]any
}

// A world is what a case's database holds, and who calls.
type world struct {
	tables    []*table
	views     []*view
	functions []*function
	callers   []*caller
}

// The roles. keeper owns tables, views and functions without being above the policies; editor is a member of authenticated.
const (
	anon, authenticated, service = "anon", "authenticated", "service_role"
	keeper, editor, super        = "access_keeper", "access_editor", "postgres"
)

var memberOf = map[string][]string{editor: {authenticated}}

// has says whether a role has what another one is given.
func has(role, other string) bool {
	return other == "public" || role == other || slices.Contains(memberOf[role], other)
}

func (w *world) table(name string) *table {
	i := slices.IndexFunc(w.tables, func(t *table) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	return w.tables[i]
}

func (w *world) view(name string) *view {
	i := slices.IndexFunc(w.views, func(v *view) bool { return v.name == name })
	if i < 0 {
		return nil
	}
	return w.views[i]
}

func (w *world) function(name string) *function {
	i := slices.IndexFunc(w.functions, func(f *function) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return w.functions[i]
}

func (t *table) column(name string) *column {
	i := slices.IndexFunc(t.columns, func(c *column) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return t.columns[i]
}

func names(cols []*column) []string {
	var out []string
	for _, c := range cols {
		out = append(out, c.name)
	}
	return out
}

func (c *caller) query() query.Caller {
	claims := map[string]any{"role": c.role}
	for k, v := range c.claims {
		claims[k] = v
	}
	if c.sub != "" {
		claims["sub"] = c.sub
	}
	text, _ := json.Marshal(claims) // texts and numbers marshal
	return query.Caller{Role: c.role, Subject: c.sub, Claims: text, Authenticated: c.role != anon}
}

// line is the caller as a case declares it.
func (c *caller) line() string {
	text, _ := json.Marshal(c.claims) // texts and numbers marshal
	s := c.name + " " + c.role + " " + c.sub
	if len(c.claims) > 0 {
		s += " " + string(text)
	}
	return s
}

// sql declares the world, one statement each.
func (w *world) sql() []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, t := range w.tables {
		var cols []string
		for _, c := range t.columns {
			s := ident(c.name) + " " + c.typ
			if c.name == "id" {
				s += " primary key"
			}
			if c.notNull {
				s += " not null"
			}
			if c.uid {
				s += " default auth.uid()"
			}
			if c.ref != nil {
				s += " references public." + c.ref.name + " (id)" + c.action
			}
			cols = append(cols, s)
		}
		add("create table public.%s (%s)", t.name, strings.Join(cols, ", "))
		if rows := t.insert(); rows != "" {
			add("%s", rows)
		}
		if t.rls {
			add("alter table public.%s enable row level security", t.name)
		}
		if t.force {
			add("alter table public.%s force row level security", t.name)
		}
	}
	for _, f := range w.functions {
		out = append(out, f.sql()...)
	}
	for _, t := range w.tables {
		out = append(out, t.ruled()...)
		if t.owner != super {
			add("alter table public.%s owner to %s", t.name, t.owner)
		}
	}
	for _, v := range w.views {
		with, cols := "", []string{}
		if v.invoker {
			with = " with (security_invoker = true)"
		}
		for _, c := range v.columns {
			cols = append(cols, "base."+ident(c.name))
		}
		option := ""
		if v.check {
			option = " with check option"
		}
		add("create view public.%s%s as select %s from public.%s base where %s%s", v.name, with, strings.Join(cols, ", "), v.of.name, v.where.sql(), option)
		add("revoke all on public.%s from anon, authenticated, service_role", v.name)
		add("grant all on public.%s to service_role", v.name)
		out = append(out, grants(v.name, v.grants, nil)...)
		if v.owner != super {
			add("alter view public.%s owner to %s", v.name, v.owner)
		}
	}
	return out
}

// ruled are a table's privileges and policies, and unruled takes them away.
func (t *table) ruled() []string {
	out := []string{"revoke all on public." + t.name + " from anon, authenticated, service_role", "grant all on public." + t.name + " to service_role, " + keeper}
	out = append(out, grants(t.name, t.grants, t.columns)...)
	for _, p := range t.poli {
		out = append(out, p.sql(t))
	}
	return out
}

func (t *table) unruled() []string {
	out := []string{"revoke all on public." + t.name + " from anon, authenticated, " + editor}
	for _, p := range t.poli {
		out = append(out, "drop policy "+p.name+" on public."+t.name)
	}
	return out
}

// tools are functions of the test: access_state gives all rows of all tables, access_fill takes them away and puts others there. It truncates: in the place of
// deleted rows PostgreSQL would put new ones, and come upon them in another order.
func (w *world) tools() []string {
	var state, all, fill []string
	for _, t := range w.tables {
		state = append(state, fmt.Sprintf("'%s', (select coalesce(json_agg(x order by x.id), '[]') from public.%s x)", t.name, t.name))
		all = append(all, "public."+t.name)
		fill = append(fill, fmt.Sprintf("insert into public.%s select * from json_populate_recordset(null::public.%s, r -> '%s');", t.name, t.name, t.name))
	}
	return []string{
		"create function public.access_state() returns json language sql stable as $f$ select json_build_object(" + strings.Join(state, ", ") + ") $f$",
		"create function public.access_fill(r json) returns void language sql as $f$ truncate " + strings.Join(all, ", ") + "; " + strings.Join(fill, " ") + " $f$",
		"revoke execute on function public.access_state(), public.access_fill(json) from public, anon, authenticated",
		"grant execute on function public.access_state(), public.access_fill(json) to service_role",
	}
}

func grants(rel string, list []grant, columns []*column) []string {
	var out []string
	for _, g := range list {
		out = append(out, fmt.Sprintf("grant %s on public.%s to %s", g.command, rel, g.role))
	}
	for _, c := range columns {
		for _, g := range c.grants {
			out = append(out, fmt.Sprintf("grant %s (%s) on public.%s to %s", g.command, ident(c.name), rel, g.role))
		}
	}
	return out
}

func (t *table) insert() string {
	var rows []string
	for _, r := range t.rows {
		var vals []string
		for _, c := range t.columns {
			vals = append(vals, lit(c.typ, r[c.name]).sql())
		}
		rows = append(rows, "("+strings.Join(vals, ", ")+")")
	}
	if rows == nil {
		return ""
	}
	return "insert into public." + t.name + " values " + strings.Join(rows, ", ")
}

func (p *policy) sql(t *table) string {
	s := "create policy " + p.name + " on public." + t.name
	if !p.permissive {
		s += " as restrictive"
	}
	s += " for " + p.command + " to " + strings.Join(p.roles, ", ")
	if p.using != nil {
		s += " using (" + p.using.sql() + ")"
	}
	if p.check != nil {
		s += " with check (" + p.check.sql() + ")"
	}
	return s
}

func (f *function) sql() []string {
	var params, types []string
	for _, p := range f.params {
		params, types = append(params, p.name+" "+p.typ), append(types, p.typ)
	}
	returns, body := "boolean", "select "
	if f.of != nil {
		returns, body = "setof public."+f.of.name, "select base.* from public."+f.of.name+" base where "+f.where.sql()
	} else {
		body += f.value.sql()
	}
	mode := ""
	if f.definer {
		mode = " security definer set search_path = ''"
	}
	signature := "public." + f.name + "(" + strings.Join(types, ", ") + ")"
	out := []string{
		fmt.Sprintf("create function public.%s(%s) returns %s language sql stable%s as $f$ %s $f$", f.name, strings.Join(params, ", "), returns, mode, body),
	}
	if f.owner != super {
		out = append(out, "alter function "+signature+" owner to "+f.owner)
	}
	if len(f.closed) > 0 {
		out = append(out, "revoke execute on function "+signature+" from public, "+strings.Join(f.closed, ", "), "grant execute on function "+signature+" to service_role, access_keeper")
		for _, r := range []string{anon, authenticated} {
			if !slices.Contains(f.closed, r) {
				out = append(out, "grant execute on function "+signature+" to "+r)
			}
		}
	}
	return out
}
