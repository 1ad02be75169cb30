package typegen

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/mainstay-dev/mainstay/internal/catalog"
)

func (m *model) golang() string {
	var sections [4][]string
	for _, t := range m.byAge() {
		switch t.Kind {
		case catalog.View:
			sections[1] = append(sections[1], m.structOf(t, "Select"))
		case catalog.MatView:
			sections[2] = append(sections[2], m.structOf(t, "Select"))
		case catalog.OrdinaryTable, catalog.PartitionedTable:
			for _, use := range []string{"Select", "Insert", "Update"} {
				sections[0] = append(sections[0], m.structOf(t, use))
			}
		}
	}
	for _, s := range m.schemas {
		for _, t := range m.types(s, catalog.CompositeType) {
			var fields [][3]string
			for _, f := range t.Fields {
				fields = append(fields, [3]string{goName(f.Name), m.goType(m.cat.TypeString(catalog.TypeRef{OID: f.Type.OID, Mod: -1}), false, false), f.Name})
			}
			sections[3] = append(sections[3], structText(goName(s)+goName(t.Name), fields))
		}
	}
	out := "package database"
	for _, s := range sections {
		out += "\n\n" + strings.Join(s, "\n\n")
	}
	return strings.TrimSpace(out)
}

// byAge are the relations in the order in which they were made: the generator's, which does not sort them.
func (m *model) byAge() []*catalog.Table {
	var out []*catalog.Table
	for t := range m.cat.Tables() {
		if slices.Contains(m.schemas, t.Schema) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *catalog.Table) int { return cmp.Compare(a.OID, b.OID) })
	return out
}

func (m *model) structOf(t *catalog.Table, use string) string {
	var fields [][3]string
	for _, c := range m.columns(t) {
		nullable := c.nullable || use == "Update" || use == "Insert" && c.optional
		fields = append(fields, [3]string{goName(c.name), m.goType(c.format, nullable, true), c.name})
	}
	return structText(goName(t.Schema)+goName(t.Name)+use, fields)
}

// structText aligns the fields: name, type, name in JSON.
func structText(name string, fields [][3]string) string {
	var longest [2]int
	for _, f := range fields {
		longest[0], longest[1] = max(longest[0], len(f[0])), max(longest[1], len(f[1]))
	}
	lines := make([]string, len(fields))
	for i, f := range fields {
		pad := func(k int) string { return f[k] + strings.Repeat(" ", longest[k]-len(f[k])) }
		lines[i] = "  " + pad(0) + " " + pad(1) + " `json:\"" + f[2] + "\"`"
	}
	return "type " + name + " struct {\n" + strings.Join(lines, "\n") + "\n}"
}

// goName joins the words of a name, each with a capital.
func goName(name string) string {
	var b strings.Builder
	start := true
	for _, r := range name {
		switch {
		case r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r):
			start = true
			continue
		case start:
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
		start = false
	}
	return b.String()
}

var goScalars = map[string]string{
	"bool": "bool", "int2": "int16", "int4": "int32", "int8": "int64", "float4": "float32", "float8": "float64", "numeric": "float64", "bytea": "[]byte",
	"json": "interface{}", "jsonb": "interface{}", "void": "interface{}", "record": "map[string]interface{}",
}

var goStrings = []string{
	"bpchar", "varchar", "date", "text", "citext", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid", "vector",
	"int4range", "int4multirange", "int8range", "int8multirange", "numrange", "nummultirange", "tsrange", "tsmultirange", "tstzrange", "tstzmultirange",
	"daterange", "datemultirange",
}

// goType is Go's type for a type by its internal name, or in a composite type by PostgreSQL's name for people, as the generator looks it up; named says
// whether the types of the project are known where it stands.
func (m *model) goType(name string, nullable, named bool) string {
	t := goScalars[name]
	if slices.Contains(goStrings, name) || named && m.find("", name, func(t *catalog.Type) bool { return t.Kind == catalog.EnumType && len(t.Labels) > 0 }) != nil {
		t = "string"
	}
	switch {
	case t != "" && nullable && t != "[]byte" && t != "interface{}" && !strings.HasPrefix(t, "map"):
		return "*" + t
	case t != "":
		return t
	}
	if named && m.find("", name, func(t *catalog.Type) bool {
		return t.Kind == catalog.CompositeType && t.Table == 0 && len(t.Fields) > 0
	}) != nil {
		return "map[string]interface{}"
	}
	if element, ok := strings.CutPrefix(name, "_"); ok {
		return "[]" + m.goType(element, nullable, named) + " " // the space is the generator's
	}
	return "interface{}"
}
