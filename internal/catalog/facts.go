package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Equal says whether two catalogs hold the same facts. OIDs, the order of columns and the order of making do not count.
func Equal(a, b *Catalog) bool { return maps.Equal(a.Facts(), b.Facts()) }

// Facts is the catalog as text: one entry per object and part, the key says which. Two catalogs are Equal when these are.
func (c *Catalog) Facts() map[string]string {
	out := map[string]string{}
	for s := range c.Schemas() {
		out["schema "+s.Name] = join(s.Owner, aclText(sql.KindSchema, s.Owner, s.ACL), s.Comment)
	}
	for r := range c.Roles() {
		out["role "+r.Name] = c.roleText(r)
	}
	for x := range c.Extensions() {
		out["extension "+x.Name] = x.Schema
	}
	for p := range c.Publications() {
		out["publication "+p.Name] = c.publicationText(p)
	}
	for _, d := range c.defaultACLs {
		out[fmt.Sprintf("default privileges %s %s %s", d.Owner, d.Schema, d.Kind)] = aclText(d.Kind, d.Owner, d.ACL)
	}
	for _, s := range c.settings {
		out["setting "+s.Role+" "+s.Setting.Name] = fmt.Sprint(s.Setting.Values)
	}
	for _, k := range c.casts {
		f := ""
		if fn := c.FunctionByOID(k.Func); fn != nil {
			f = c.funcKey(fn)
		}
		out["cast "+c.typeKey(TypeRef{k.From, -1})+" "+c.typeKey(TypeRef{k.To, -1})] = join(f, string(k.Context))
	}
	for y := range c.Types() {
		if y.Table != 0 || y.Category == 'A' && y.Elem != 0 || y.OID < FirstUserOID {
			continue
		}
		out["type "+y.Schema+"."+y.Name] = join(c.typeText(y), y.Owner, aclText(sql.KindType, y.Owner, y.ACL), y.Comment)
	}
	for q := range c.Sequences() {
		out["sequence "+q.Schema+"."+q.Name] = join(c.sequenceText(q), q.Owner, aclText(sql.KindSequence, q.Owner, q.ACL), q.Comment)
	}
	for f := range c.AllFunctions() {
		out["function "+c.funcKey(f)] = join(c.funcText(f), f.Owner, aclText(sql.KindFunction, f.Owner, f.ACL), f.Comment)
	}
	for t := range c.Tables() {
		c.tableFacts(t, out)
	}
	return out
}

func (c *Catalog) tableFacts(t *Table, out map[string]string) {
	key := t.Schema + "." + t.Name
	out["table "+key] = join(string(t.Kind), t.Owner, aclText(sql.KindTable, t.Owner, t.ACL), t.Comment, fmt.Sprint(t.RLS, t.ForceRLS), string(t.ReplicaIdentity))
	if t.Query != nil {
		out["query "+key] = c.viewText(t)
	}
	for _, k := range t.Columns {
		out["column "+key+"."+k.Name] = join(c.columnText(t, k), aclText(sql.KindColumn, t.Owner, k.ACL), k.Comment)
	}
	for _, k := range t.Constraints {
		out["constraint "+key+"."+k.Name] = join(c.constraintText(t, k), k.Comment)
	}
	for _, x := range t.Indexes {
		if x.Constraint == 0 {
			out["index "+t.Schema+"."+x.Name] = join(c.indexText(t, x), x.Comment)
		}
	}
	for _, g := range t.Triggers {
		out["trigger "+key+"."+g.Name] = join(c.triggerText(t, g), g.Comment)
	}
	for _, p := range t.Policies {
		out["policy "+key+"."+p.Name] = join(policyText(t, p), p.Comment)
	}
}

func join(parts ...string) string { return strings.Join(parts, "\x1f") }

// typeKey names a type the same way in any catalog.
func (c *facts) typeKey(r TypeRef) string {
	t := c.Type(r.OID)
	if t == nil {
		return "?"
	}
	if t.Category == 'A' && t.Elem != 0 {
		return c.typeKey(TypeRef{t.Elem, r.Mod}) + "[]"
	}
	return t.Schema + "." + t.Name + ":" + strconv.Itoa(int(r.Mod))
}

func (c *facts) funcKey(f *Function) string {
	var args []string
	for _, a := range f.ArgTypes() {
		args = append(args, c.typeKey(TypeRef{a, -1}))
	}
	return f.Schema + "." + f.Name + "(" + strings.Join(args, ",") + ")"
}

// aclText is an access list without the grantors, the owner's default spelled out.
func aclText(kind sql.ObjectKind, owner string, a ACL) string {
	rights := rightsOf(kind, owner, a)
	var lines []string
	for who, g := range rights {
		lines = append(lines, fmt.Sprintf("%s=%x/%x", who, g.Privs, g.Option))
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

// rightsOf is who has which rights, whoever granted them.
func rightsOf(kind sql.ObjectKind, owner string, a ACL) map[string]Grant {
	if a == nil {
		a = initialACL(kind, owner)
	}
	out := map[string]Grant{}
	for _, g := range a {
		x := out[g.Grantee]
		x.Privs |= g.Privs
		if g.Grantee != owner {
			x.Option |= g.Option
		}
		if x.Privs != 0 {
			out[g.Grantee] = x
		}
	}
	return out
}

func (c *Catalog) roleText(r *Role) string {
	of := slices.Clone(r.MemberOf)
	slices.Sort(of)
	admin := slices.Clone(r.AdminOf)
	slices.Sort(admin)
	var set []string
	for _, s := range r.Settings {
		set = append(set, s.Name+"="+strings.Join(s.Values, ","))
	}
	slices.Sort(set)
	return fmt.Sprint(r.Super, r.Inherit, r.CreateRole, r.CreateDB, r.Login, r.BypassRLS, of, admin, set)
}

func (c *Catalog) publicationText(p *Publication) string {
	var names []string
	for _, oid := range p.Tables {
		if t := c.TableByOID(oid); t != nil {
			names = append(names, t.Schema+"."+t.Name)
		}
	}
	slices.Sort(names)
	schemas := slices.Sorted(slices.Values(p.Schemas))
	return fmt.Sprint(p.AllTables, names, schemas, p.Publish)
}

func (c *facts) typeText(y *Type) string {
	switch y.Kind {
	case EnumType:
		return "enum " + strings.Join(y.Labels, "\x1e")
	case DomainType:
		s := fmt.Sprint("domain ", c.typeKey(y.Base), y.NotNull, exprText(y.Default))
		var checks []string
		for _, k := range y.Checks {
			checks = append(checks, k.Name+" "+exprText(k.Expr)+fmt.Sprint(k.NotValid))
		}
		slices.Sort(checks)
		return s + strings.Join(checks, "\x1e")
	case CompositeType:
		var fields []string
		for _, f := range y.Fields {
			fields = append(fields, f.Name+" "+c.typeKey(f.Type)+" "+f.Comment)
		}
		return "composite " + strings.Join(fields, "\x1e")
	}
	return string(y.Kind)
}

func (c *facts) sequenceText(q *Sequence) string {
	owner := ""
	if t := c.TableByOID(q.OwnerTable); t != nil {
		owner = t.Schema + "." + t.Name + "." + q.OwnerColumn
	}
	return fmt.Sprint(c.typeKey(TypeRef{q.Type, -1}), q.Start, q.Increment, q.Min, q.Max, q.Cache, q.Cycle, owner)
}

// funcHead is what CREATE OR REPLACE cannot change.
func (c *facts) funcHead(f *Function) string {
	var ps []string
	for _, p := range f.Params {
		ps = append(ps, fmt.Sprint(p.Name, p.Mode, c.typeKey(TypeRef{p.Type.OID, -1})))
	}
	return fmt.Sprint(string(f.Kind), strings.Join(ps, ","), c.typeKey(f.Returns), f.ReturnsSet)
}

func (c *facts) funcText(f *Function) string {
	var defaults []string
	for _, p := range f.Params {
		defaults = append(defaults, exprText(p.Default))
	}
	body := f.Source
	if body == "" {
		for _, s := range f.SQL {
			body += stmtText(s) + ";"
		}
	}
	if f.Agg != nil {
		body = stmtText(c.aggregateTree(f))
	}
	set := fmt.Sprint(f.Settings)
	return join(c.funcHead(f), strings.Join(defaults, ","), f.Language, string(f.Volatility), fmt.Sprint(f.Strict, f.Definer, f.Rows), set, body)
}

func (c *facts) viewText(t *Table) string {
	var cols []string
	for _, k := range t.Columns {
		cols = append(cols, k.Name+" "+c.typeKey(k.Type))
	}
	return join(stmtText(t.Query), strings.Join(cols, ","), fmt.Sprint(t.SecurityInvoker), t.CheckOption)
}

func (c *facts) columnText(t *Table, k *Column) string {
	q := ""
	if s := c.SequenceByOID(k.Sequence); s != nil {
		q = s.Schema + "." + s.Name
	}
	return join(c.typeKey(k.Type), fmt.Sprint(k.NotNull, k.Generated, k.Identity), exprText(k.Default), k.Collation, q)
}

func (c *facts) constraintText(t *Table, k *Constraint) string {
	ref := ""
	if t := c.TableByOID(k.RefTable); t != nil {
		ref = t.Schema + "." + t.Name + fmt.Sprint(k.RefColumns, k.OnDelete, k.OnUpdate, k.OnDeleteColumns, k.MatchFull)
	}
	if k.Kind == Exclusion {
		ref = stmtText(alter(t, sql.AlterCmd{Kind: sql.AddConstraint, Name: k.Name, Constraint: c.constraintTree(t, k)}))
	}
	cols := k.Columns
	if k.Kind == Check {
		cols = slices.Sorted(slices.Values(cols))
	}
	return join(string(k.Kind), fmt.Sprint(cols), exprText(k.Expr), ref, fmt.Sprint(k.NullsNotDistinct, k.Deferrable, k.Deferred, k.NotValid))
}

func (c *facts) indexText(t *Table, x *Index) string { return stmtText(x.tree(t)) }

func (c *facts) triggerText(t *Table, g *Trigger) string {
	return join(stmtText(c.triggerTree(t, g)), string(g.Enabled))
}

func policyText(t *Table, p *Policy) string { return stmtText(p.tree(t)) }
