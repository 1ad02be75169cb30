package openapi

import (
	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// maxDepth bounds how deep composite types are written out: they may hold themselves through arrays.
const maxDepth = 6

// value is the schema of a value of a type as PostgreSQL's to_json writes it, which is also a form that is read.
func (d *document) value(r catalog.TypeRef, nullable bool, depth int) object {
	t := d.cat.Type(r.OID)
	for t != nil && t.Kind == catalog.DomainType {
		nullable = nullable && !t.NotNull
		r = t.Base
		t = d.cat.Type(r.OID)
	}
	if t == nil || depth > maxDepth {
		return object{}
	}
	kind := func(names ...string) object {
		if nullable {
			names = append(names, "null")
		}
		if len(names) == 1 {
			return object{"type": names[0]}
		}
		return object{"type": names}
	}
	text := func(format string) object {
		s := kind("string")
		s["maxLength"] = maxLength
		if format != "" {
			s["format"] = format
		}
		return s
	}
	if t.Elem != 0 && t.Category == 'A' {
		s := kind("array")
		// Arrays of several dimensions have the same type in PostgreSQL: an element may be an array.
		s["items"], s["maxItems"] = object{"anyOf": []object{d.value(catalog.TypeRef{OID: t.Elem, Mod: r.Mod}, true, depth+1), {"type": "array", "items": object{}, "maxItems": maxItems}}}, maxItems
		return s
	}
	switch t.Kind {
	case catalog.EnumType:
		s := kind("string")
		labels := make([]any, 0, len(t.Labels)+1)
		for _, l := range t.Labels {
			labels = append(labels, l)
		}
		if nullable {
			labels = append(labels, nil)
		}
		s["enum"] = labels
		return s
	case catalog.CompositeType:
		s := kind("object")
		fields := t.Fields
		if of := d.cat.TableByOID(t.Table); of != nil {
			fields = of.Columns
		}
		properties := object{}
		for _, f := range fields {
			properties[f.Name] = d.value(f.Type, true, depth+1)
		}
		s["properties"] = properties
		return s
	}
	switch t.OID {
	case catalog.BoolOID:
		return kind("boolean")
	case catalog.Int2OID:
		return bounded(kind("integer"), "int32", -32768, 32767)
	case catalog.Int4OID:
		return bounded(kind("integer"), "int32", -2147483648, 2147483647)
	case catalog.Int8OID:
		return bounded(kind("integer"), "int64", -9223372036854775808, 9223372036854775807)
	case catalog.NumericOID, catalog.Float4OID, catalog.Float8OID:
		s := kind("number", "string") // what JSON has no number for is a string
		s["pattern"], s["maxLength"] = "^(NaN|-?Infinity)$", 9
		return s
	case catalog.JSONOID, catalog.JSONBOID, catalog.RecordOID:
		return object{"description": "Any JSON."}
	case catalog.UUIDOID:
		return text("uuid")
	case catalog.DateOID:
		return text("date")
	case catalog.TimestamptzOID:
		return text("date-time")
	case catalog.TextOID:
		return text("")
	case catalog.VarcharOID, catalog.BpcharOID:
		s := text("")
		const header = 4 // a modifier counts the length word
		if r.Mod > header {
			s["maxLength"] = r.Mod - header
		}
		return s
	case catalog.AnyOID, catalog.AnyElementOID, catalog.AnyArrayOID, catalog.AnyNonArrayOID, catalog.AnyEnumOID, catalog.AnyRangeOID:
		return object{}
	}
	if t.Kind == catalog.PseudoType || t.Kind == catalog.BaseType && t.OID >= catalog.FirstUserOID {
		return object{}
	}
	return text(d.cat.TypeString(catalog.TypeRef{OID: t.OID, Mod: -1}))
}

func bounded(s object, format string, least, most int64) object {
	s["format"], s["minimum"], s["maximum"] = format, least, most
	return s
}

// example is a value of the type, in text.
func (d *document) example(r catalog.TypeRef) string {
	t := d.cat.Type(r.OID)
	for t != nil && t.Kind == catalog.DomainType {
		t = d.cat.Type(t.Base.OID)
	}
	switch {
	case t == nil:
		return "1"
	case t.Kind == catalog.EnumType && len(t.Labels) > 0:
		return t.Labels[0]
	case t.Category == 'A':
		return "{}"
	}
	switch t.OID {
	case catalog.BoolOID:
		return "true"
	case catalog.UUIDOID:
		return "00000000-0000-4000-8000-000000000001"
	case catalog.DateOID:
		return "2026-01-31"
	case catalog.TimestampOID, catalog.TimestamptzOID:
		return "2026-01-31T12:00:00Z"
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.NumericOID, catalog.Float4OID, catalog.Float8OID:
		return "1"
	}
	return "text"
}
