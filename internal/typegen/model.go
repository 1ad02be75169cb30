// Package typegen writes the types of a database for programs in other languages, as the ecosystem's generator (postgres-meta) writes them.
//
// Main types: Options and Generate. The output is that generator's to the byte for names of ASCII, which is its contract with the clients that read it:
// its order, its layout and its choices, strange ones included.
//
// Invariants: pure functions of a catalog; equal input gives equal bytes; rights are not looked at, for it is the owner who asks.
package typegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Options say what is written.
type Options struct {
	Lang    string   // "typescript" or "go"
	Schemas []string // at least one
}

// Languages are those that Generate knows.
var Languages = []string{"typescript", "go"}

// Generate writes the types of some schemas. It fails for a language or a schema that does not exist.
func Generate(cat *catalog.Catalog, o Options) (string, error) {
	m := &model{cat: cat}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(o.Schemas))) {
		if cat.Schema(name) == nil {
			return "", fmt.Errorf("schema %q does not exist", name)
		}
		m.schemas = append(m.schemas, name)
	}
	slices.SortFunc(m.schemas, compare)
	switch o.Lang {
	case "typescript":
		return m.typescript(), nil
	case "go":
		return m.golang(), nil
	}
	return "", fmt.Errorf("language %q is none of %s", o.Lang, strings.Join(Languages, ", "))
}

// model is a catalog seen as the generator sees it.
type model struct {
	cat     *catalog.Catalog
	schemas []string
}

// column is a column as the templates need it.
type column struct {
	name, format            string
	nullable, optional      bool // optional: an insert may leave it out
	identity, always, given bool // given: has a default or is generated
	updatable               bool
}

// formatOf is the internal name of a type, or of what a domain is over.
func (m *model) formatOf(r catalog.TypeRef) string {
	t := m.cat.Type(r.OID)
	if t != nil && t.Kind == catalog.DomainType {
		t = m.cat.Type(t.Base.OID)
	}
	if t == nil {
		return "unknown"
	}
	return t.Name
}

// columns are sorted by name.
func (m *model) columns(t *catalog.Table) []column {
	out := make([]column, 0, len(t.Columns))
	for i, c := range t.Columns {
		y := m.cat.Type(c.Type.OID)
		given := c.Default != nil || c.DefaultText != ""
		k := column{name: c.Name, format: m.formatOf(c.Type), identity: c.Identity != 0, always: c.Identity == 'a', given: given}
		k.nullable = !(c.NotNull || y != nil && y.Kind == catalog.DomainType && y.NotNull)
		k.optional = k.nullable || k.identity || given
		k.updatable = t.Kind != catalog.View || i < len(t.ViewColumns) && t.ViewColumns[i].Table != 0
		out = append(out, k)
	}
	slices.SortStableFunc(out, func(a, b column) int { return compare(a.name, b.name) })
	return out
}

// tables are the tables, or the views, of a schema by name.
func (m *model) tables(schema string, views bool) []*catalog.Table {
	var out []*catalog.Table
	for t := range m.cat.Tables() {
		isView := t.Kind == catalog.View || t.Kind == catalog.MatView
		if t.Schema == schema && isView == views && t.Kind != catalog.SequenceRel {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b *catalog.Table) int { return compare(a.Name, b.Name) })
	return out
}

// writable says whether rows of a view can be changed without a trigger.
func writable(t *catalog.Table) bool {
	instead := slices.ContainsFunc(t.Triggers, func(g *catalog.Trigger) bool { return g.Time == sql.InsteadOf })
	return t.Kind == catalog.View && t.Updatable && t.Deletable && !instead
}

func (m *model) types(schema string, kind catalog.TypeKind) []*catalog.Type {
	var out []*catalog.Type
	for t := range m.cat.Types() {
		if t.Schema == schema && t.Kind == kind && t.Table == 0 && (len(t.Labels) > 0 || len(t.Fields) > 0) {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b *catalog.Type) int { return compare(a.Name, b.Name) })
	return out
}

// find gives the type of that name: of the schema, or the first of any.
func (m *model) find(schema, name string, fits func(*catalog.Type) bool) *catalog.Type {
	if t := m.cat.TypeByName(schema, name); t != nil && fits(t) {
		return t
	}
	for t := range m.cat.Types() {
		if t.Name == name && fits(t) {
			return t
		}
	}
	return nil
}

// argument is a parameter of a function.
type argument struct {
	name  string
	of    catalog.OID
	mode  sql.ArgMode
	given bool // has a default
}

// function is a function with its arguments by name.
type function struct {
	*catalog.Function
	args      []argument
	arguments string // as pg_get_function_arguments
	returns   string // as pg_get_function_result
}

func (f *function) in() []argument {
	return slices.DeleteFunc(slices.Clone(f.args), func(a argument) bool { return a.mode == sql.OutArg || a.mode == sql.TableArg })
}

// functions are those of a schema that can be called from outside, by name, arguments and result.
func (m *model) functions(schema string) []*function {
	var out []*function
	for f := range m.cat.AllFunctions() {
		if f.Schema != schema || f.Kind != catalog.PlainFunction || f.Returns.OID == catalog.TriggerOID || f.Returns.OID == catalog.EventTriggerOID {
			continue
		}
		k := &function{Function: f, returns: m.cat.TypeString(catalog.TypeRef{OID: f.Returns.OID, Mod: -1})}
		var texts []string
		for _, p := range f.Params {
			given := p.Default != nil || p.DefaultText != ""
			k.args = append(k.args, argument{p.Name, p.Type.OID, p.Mode, given})
			if p.Mode == sql.TableArg {
				continue
			}
			words := m.cat.TypeString(catalog.TypeRef{OID: p.Type.OID, Mod: -1})
			if p.Name != "" {
				words = p.Name + " " + words
			}
			texts = append(texts, map[sql.ArgMode]string{sql.OutArg: "OUT ", sql.InOutArg: "INOUT ", sql.VariadicArg: "VARIADIC "}[p.Mode]+words)
		}
		k.arguments = strings.Join(texts, ", ")
		slices.SortStableFunc(k.args, func(a, b argument) int { return compare(a.name, b.name) })
		if m.callable(k) {
			out = append(out, k)
		}
	}
	slices.SortStableFunc(out, func(a, b *function) int {
		if c := compare(a.Name, b.Name); c != 0 {
			return c
		}
		if c := compare(a.arguments, b.arguments); c != 0 {
			return c
		}
		return compare(a.returns, b.returns)
	})
	return out
}

// unnamed are the types that an unnamed argument may have: the body of a request.
var unnamed = []catalog.OID{catalog.JSONOID, catalog.JSONBOID, catalog.TextOID}

func (m *model) callable(f *function) bool {
	in := f.in()
	bare := func(a argument) bool { return a.name == "" }
	if !slices.ContainsFunc(in, bare) {
		return true
	}
	if len(in) == 1 && (slices.Contains(unnamed, in[0].of) || m.rowType(in[0].of) != nil) {
		return true
	}
	return !slices.ContainsFunc(in, func(a argument) bool { return bare(a) && !(a.given && slices.Contains(unnamed, a.of)) })
}

// rowType is a type that a relation or a composite stands behind, or nil.
func (m *model) rowType(of catalog.OID) *catalog.Type {
	if t := m.cat.Type(of); t != nil && t.Kind == catalog.CompositeType {
		return t
	}
	return nil
}
