package typegen

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// helpers are the generic types by which the clients name parts of Database: the same in every output.
//
//go:embed helpers.ts.txt
var helpers string

const jsonType = `export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]

`

func (m *model) typescript() string {
	var schemas, constants []doc
	for _, s := range m.schemas {
		schemas = append(schemas, member(s, m.schema(s)))
		var enums []doc
		for _, t := range m.types(s, catalog.EnumType) {
			enums = append(enums, member(t.Name, array(quotedAll(t.Labels))))
		}
		constants = append(constants, member(s, record([]doc{member("Enums", record(enums))})))
	}
	return jsonType + render(list{text("export type Database = "), block(true, schemas)}) + "\n\n" + helpers +
		render(list{text("export const Constants = "), record(constants), text(" as const")}) + "\n"
}

// nothing is what a section without members holds.
var nothing = []doc{text("[_ in never]: never")}

func section(name string, members []doc) doc {
	if len(members) == 0 {
		members = nothing
	}
	return member(name, block(true, members))
}

func (m *model) schema(s string) doc {
	functions := m.functions(s)
	var tables, views, calls, enums, composites []doc
	for _, t := range m.tables(s, false) {
		tables = append(tables, member(t.Name, m.table(t, functions)))
	}
	for _, t := range m.tables(s, true) {
		views = append(views, member(t.Name, m.table(t, functions)))
	}
	for len(functions) > 0 {
		n := 1
		for n < len(functions) && functions[n].Name == functions[0].Name {
			n++
		}
		var forms []doc
		for _, f := range functions[:n] {
			forms = append(forms, m.signature(s, f, functions[:n]))
		}
		calls = append(calls, member(functions[0].Name, union(forms)))
		functions = functions[n:]
	}
	for _, t := range m.types(s, catalog.EnumType) {
		enums = append(enums, member(t.Name, union(quotedAll(t.Labels))))
	}
	for _, t := range m.types(s, catalog.CompositeType) {
		var fields []doc
		for _, f := range t.Fields {
			fields = append(fields, member(f.Name, orNull(m.value(s, m.nameOf(f.Type.OID)), true)))
		}
		composites = append(composites, member(t.Name, block(true, fields)))
	}
	return block(true, []doc{section("Tables", tables), section("Views", views), section("Functions", calls), section("Enums", enums), section("CompositeTypes", composites)})
}

func (m *model) table(t *catalog.Table, functions []*function) doc {
	var row, insert, update []doc
	view := t.Kind == catalog.View || t.Kind == catalog.MatView
	for _, c := range m.columns(t) {
		value := m.value(t.Schema, c.format)
		row = append(row, member(c.name, orNull(value, c.nullable)))
		if c.always || view && !c.updatable {
			insert, update = append(insert, optional(c.name, text("never"))), append(update, optional(c.name, text("never")))
			continue
		}
		field := member
		if c.optional || view {
			field = optional
		}
		insert = append(insert, field(c.name, orNull(value, c.nullable || view)))
		update = append(update, optional(c.name, orNull(value, c.nullable || view)))
	}
	for _, f := range functions {
		if f.arguments == t.Name {
			row = append(row, member(f.Name, orNull(m.returned(t.Schema, f), true)))
		}
	}
	members := []doc{member("Row", block(true, row))}
	if !view || writable(t) {
		members = append(members, member("Insert", block(true, insert)), member("Update", block(true, update)))
	}
	return block(true, append(members, member("Relationships", array(m.relationships(t)))))
}

func (m *model) relationships(t *catalog.Table) []doc {
	var rels []catalog.Relationship
	for _, r := range m.cat.Relationships(t) {
		if (r.Kind == catalog.ManyToOne || r.Kind == catalog.OneToOne && !r.IsParent) && r.To.Schema == t.Schema {
			rels = append(rels, r)
		}
	}
	slices.SortStableFunc(rels, func(a, b catalog.Relationship) int {
		if c := compare(a.Constraint, b.Constraint); c != 0 {
			return c
		}
		if c := compare(a.To.Name, b.To.Name); c != 0 {
			return c
		}
		return compare(strings.Join(a.ToCols, `","`), strings.Join(b.ToCols, `","`))
	})
	var out []doc
	for _, r := range rels {
		out = append(out, block(true, []doc{
			member("foreignKeyName", quoted(r.Constraint)), member("columns", array(quotedAll(r.FromCols))),
			member("isOneToOne", text(fmt.Sprint(r.Kind == catalog.OneToOne))),
			member("referencedRelation", quoted(r.To.Name)), member("referencedColumns", array(quotedAll(r.ToCols))),
		}))
	}
	return out
}

// signature is one form of a function; those of the same name that cannot be told apart are marked as errors.
func (m *model) signature(s string, f *function, forms []*function) doc {
	in := f.in()
	arguments := doc(text("never"))
	if len(in) > 0 {
		var members []doc
		for _, a := range in {
			field := member
			if a.given {
				field = optional
			}
			members = append(members, field(a.name, m.value(s, m.nameOf(a.of))))
		}
		arguments = block(false, members)
	}
	result := m.returned(s, f)
	switch conflict := m.conflict(s, f, forms); {
	case conflict != "":
		result = refusal(conflict)
	case len(in) == 1 && in[0].name == "" && m.rowType(in[0].of) != nil && m.target(f) == "":
		result = refusal(fmt.Sprintf("the function %s.%s with parameter or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache", s, f.Name))
	}
	many := f.ReturnsSet && m.rows(f) > 1
	if f.ReturnsSet && (many || m.target(f) == "") {
		result = list{result, text("[]")}
	}
	members := []doc{member("Args", arguments), member("Returns", result)}
	if o := m.setof(f, many); o != nil {
		members = append(members, member("SetofOptions", o))
	}
	return block(false, members)
}

func refusal(words string) doc {
	return list{block(false, []doc{member("error", text("true"))}), text(" & "), quoted(words)}
}

// rows is the planner's estimate of a set: PostgreSQL's default is 1000.
func (m *model) rows(f *function) float64 {
	if f.Rows == 0 {
		return 1000
	}
	return f.Rows
}

// target is the relation or composite whose rows a function returns, "" for none.
func (m *model) target(f *function) string {
	if f.Returns.OID == catalog.RecordOID {
		return ""
	}
	if t := m.rowType(f.Returns.OID); t != nil {
		return t.Name
	}
	return ""
}

// setof tells the clients what a function leads from and to.
func (m *model) setof(f *function, many bool) doc {
	to := m.target(f)
	if to == "" {
		return nil
	}
	from, one, set := "*", !many, f.ReturnsSet
	if len(f.args) == 1 {
		if t := m.rowType(f.args[0].of); t != nil {
			from = m.cat.TypeString(catalog.TypeRef{OID: t.OID, Mod: -1})
			if !set {
				one = true
			}
		}
	}
	return block(true, []doc{
		member("from", quoted(from)), member("to", quoted(to)), member("isOneToOne", text(fmt.Sprint(one))), member("isSetofReturn", text(fmt.Sprint(set))),
	})
}

// returned is the type of one result.
func (m *model) returned(s string, f *function) doc {
	var columns []doc
	for _, a := range f.args {
		if a.mode == sql.TableArg {
			columns = append(columns, member(a.name, m.value(s, m.nameOf(a.of))))
		}
	}
	if columns != nil {
		return block(true, columns)
	}
	if t := m.cat.Type(f.Returns.OID); t != nil && t.Table != 0 {
		if of := m.cat.TableByOID(t.Table); of != nil && of.Schema == s {
			for _, c := range m.columns(of) {
				columns = append(columns, member(c.name, orNull(m.value(s, c.format), c.nullable)))
			}
			return block(true, columns)
		}
	}
	return m.value(s, m.nameOf(f.Returns.OID))
}

// conflict explains why a call cannot choose between forms, "" if it can.
func (m *model) conflict(s string, f *function, forms []*function) string {
	in := f.in()
	const advice = ". Try renaming the parameters or the function itself in the database so function overloading can be resolved"
	const cannot = "Could not choose the best candidate function between: "
	if len(in) > 1 || len(in) == 1 && in[0].name == "" {
		return ""
	}
	var others []*function
	for _, o := range forms {
		theirs := o.in()
		if o == f || len(theirs) != 1 {
			continue
		}
		if len(in) == 0 && theirs[0].name == "" && theirs[0].given || len(in) == 1 && theirs[0].name == in[0].name && theirs[0].of != in[0].of {
			others = append(others, o)
		}
	}
	if others == nil {
		return ""
	}
	if len(in) == 0 {
		return fmt.Sprintf("%s%s.%s(), %s.%s( => %s)%s", cannot, s, f.Name, s, f.Name, m.nameOf(others[0].Returns.OID), advice)
	}
	all := append([]*function{f}, others...)
	slices.SortStableFunc(all, func(a, b *function) int { return int(a.in()[0].of) - int(b.in()[0].of) })
	var names []string
	for _, o := range all {
		a := o.in()[0]
		names = append(names, fmt.Sprintf("%s.%s(%s => %s)", s, f.Name, a.name, m.nameOf(a.of)))
	}
	return cannot + strings.Join(names, ", ") + advice
}

// nameOf is the internal name of a type; domains keep theirs.
func (m *model) nameOf(of catalog.OID) string {
	if t := m.cat.Type(of); t != nil {
		return t.Name
	}
	return "unknown"
}

var scalars = map[string]string{
	"bool": "boolean", "int2": "number", "int4": "number", "int8": "number", "float4": "number", "float8": "number", "numeric": "number",
	"bytea": "string", "bpchar": "string", "varchar": "string", "date": "string", "text": "string", "citext": "string", "time": "string", "timetz": "string",
	"timestamp": "string", "timestamptz": "string", "uuid": "string", "vector": "string", "interval": "string",
	"json": "Json", "jsonb": "Json", "void": "undefined", "record": "Record<string, unknown>",
}

// value is TypeScript's type for a type by its internal name, seen from a schema.
func (m *model) value(s, name string) doc {
	if t, ok := scalars[name]; ok {
		return text(t)
	}
	if element, ok := strings.CutPrefix(name, "_"); ok {
		of := m.value(s, element)
		if c, ok := of.(choice); ok {
			return list{text("("), c, text(")[]")}
		}
		return list{of, text("[]")}
	}
	part := func(schema, section, suffix string) doc {
		return list{text("Database["), quoted(schema), text(`]["` + section + `"][`), quoted(name), text("]" + suffix)}
	}
	if t := m.find(s, name, func(t *catalog.Type) bool { return t.Kind == catalog.EnumType && len(t.Labels) > 0 }); t != nil {
		if slices.Contains(m.schemas, t.Schema) {
			return part(t.Schema, "Enums", "")
		}
		return union(quotedAll(t.Labels))
	}
	if t := m.find(s, name, func(t *catalog.Type) bool {
		return t.Kind == catalog.CompositeType && t.Table == 0 && len(t.Fields) > 0
	}); t != nil {
		if slices.Contains(m.schemas, t.Schema) {
			return part(t.Schema, "CompositeTypes", "")
		}
		return text("unknown")
	}
	for _, views := range []bool{false, true} {
		for _, schema := range append([]string{s}, m.schemas...) {
			t := m.cat.Table(schema, name)
			if t == nil || t.Kind == catalog.MatView || (t.Kind == catalog.View) != views {
				continue
			}
			if views {
				return part(schema, "Views", `["Row"]`)
			}
			return part(schema, "Tables", `["Row"]`)
		}
	}
	return text("unknown")
}

func orNull(d doc, nullable bool) doc {
	if !nullable || d == text("unknown") {
		return d
	}
	if c, ok := d.(choice); ok {
		return union(append(slices.Clone(c.parts), text("null")))
	}
	return union([]doc{d, text("null")})
}

var plainName = regexp.MustCompile(`^[$_a-zA-Z][$_a-zA-Z0-9]*$`)

func key(name string) doc {
	if plainName.MatchString(name) {
		return text(name)
	}
	return quoted(name)
}

func member(name string, d doc) doc   { return list{key(name), text(": "), d} }
func optional(name string, d doc) doc { return list{key(name), text("?: "), d} }

// quoted is a string as the formatter writes it: in the quotes that need fewer escapes, double ones if that is equal.
func quoted(s string) doc {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	out := strings.TrimSuffix(b.String(), "\n")
	if strings.Count(s, `"`) > strings.Count(s, `'`) {
		inner := strings.ReplaceAll(out[1:len(out)-1], `\"`, `"`)
		out = "'" + strings.ReplaceAll(inner, "'", `\'`) + "'"
	}
	return text(out)
}

func quotedAll(list []string) []doc {
	out := make([]doc, len(list))
	for i, s := range list {
		out[i] = quoted(s)
	}
	return out
}
