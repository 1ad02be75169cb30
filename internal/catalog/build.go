package catalog

import "slices"

// Facts are the objects of a database that exists, for Build. Objects refer to each other by OID, as PostgreSQL's catalogs do.
type Facts struct {
	Schemas      []*Schema
	Types        []*Type // array types and the row types of tables among them; PostgreSQL's own are known
	Tables       []*Table
	Functions    []*Function // in order of creation
	Sequences    []*Sequence
	Roles        []*Role
	Extensions   []*Extension
	Publications []*Publication
	Casts        []CastDef
	DefaultACLs  []DefaultACL
	Settings     []RoleSetting
}

// Build makes a catalog of facts that were read from a database. Expressions may be known by their text alone (DefaultText, ExprText, …, or
// an sql.UnsupportedExpr with the text as its Feature); Diff parses them when it needs them. It keeps what f points to, which may not change any more. Schemas and roles
// replace those of Empty.
func Build(f Facts) *Catalog {
	e := Edit{facts: emptyFacts()}
	e.schemas, e.roles = ordMap[string, *Schema]{}, ordMap[string, *Role]{}
	for _, s := range f.Schemas {
		e.schemas = e.schemas.set(s.Name, s)
	}
	for _, name := range []string{"pg_catalog", "information_schema"} {
		if e.Schema(name) == nil {
			e.schemas = e.schemas.set(name, Empty().Schema(name))
		}
	}
	for _, r := range f.Roles {
		e.roles = e.roles.set(r.Name, r)
	}
	for _, t := range f.Types {
		e.addType(t)
	}
	for _, t := range f.Tables {
		e.tables = e.tables.set(nameKey(t.Schema, t.Name), t)
		e.tableByOID = e.tableByOID.set(t.OID, t)
		for _, x := range t.Indexes {
			e.indexes = e.indexes.set(nameKey(t.Schema, x.Name), t.OID)
		}
	}
	for _, p := range f.Functions {
		k := nameKey(p.Schema, p.Name)
		e.functions = e.functions.set(k, append(slices.Clip(e.functions.at(k)), p))
		e.funcByOID = e.funcByOID.set(p.OID, p)
	}
	for _, q := range f.Sequences {
		e.sequences = e.sequences.set(nameKey(q.Schema, q.Name), q)
		e.seqByOID = e.seqByOID.set(q.OID, q)
	}
	for _, x := range f.Extensions {
		e.extensions = e.extensions.set(x.Name, x)
	}
	for _, p := range f.Publications {
		e.publications = e.publications.set(p.Name, p)
	}
	e.casts, e.defaultACLs, e.settings = f.Casts, f.DefaultACLs, f.Settings
	e.unread = true
	return e.Done()
}
