package plan

import (
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

func plain(oid catalog.OID) catalog.TypeRef { return catalog.TypeRef{OID: oid, Mod: -1} }

// base is the type under domains, without a modifier: what an operator sees.
func (b *builder) base(t catalog.TypeRef) catalog.TypeRef {
	for {
		x := b.cat.Type(t.OID)
		if x == nil || x.Kind != catalog.DomainType {
			return plain(t.OID)
		}
		t = x.Base
	}
}

func (b *builder) isJSON(t catalog.TypeRef) bool {
	o := b.base(t).OID
	return o == catalog.JSONOID || o == catalog.JSONBOID
}

// isArray tells the element type of an array type.
func (b *builder) isArray(t catalog.TypeRef) (catalog.TypeRef, bool) {
	x := b.cat.Type(b.base(t).OID)
	if x == nil || x.Elem == 0 || x.Category != 'A' {
		return catalog.TypeRef{}, false
	}
	return plain(x.Elem), true
}

func (b *builder) arrayOf(t catalog.TypeRef) catalog.TypeRef {
	if x := b.cat.Type(t.OID); x != nil && x.Array != 0 {
		return plain(x.Array)
	}
	return plain(catalog.UnknownOID)
}

// structured says whether JSON populates a value of the type by its structure and not by its text.
func (b *builder) structured(t catalog.TypeRef) bool {
	if _, ok := b.isArray(t); ok {
		return true
	}
	x := b.cat.Type(b.base(t).OID)
	return x != nil && x.Kind == catalog.CompositeType
}

// typeName writes a type without its modifier.
func (b *builder) typeName(t catalog.TypeRef) *sql.TypeName {
	x := b.cat.Type(t.OID)
	if x == nil {
		return &sql.TypeName{Name: sql.Name{Schema: "pg_catalog", Name: "text", Pos: sql.NoPos}, Pos: sql.NoPos}
	}
	n := &sql.TypeName{Pos: sql.NoPos}
	if x.Elem != 0 && x.Category == 'A' {
		if e := b.cat.Type(x.Elem); e != nil {
			x, n.ArrayDims = e, 1
		}
	}
	n.Name = sql.Name{Schema: x.Schema, Name: x.Name, Pos: sql.NoPos}
	return n
}

// spelled are the type names of several words or of the grammar's own, which a cast in a request may use.
var spelled = map[string]string{
	"int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4", "double precision": "float8", "float": "float8",
	"decimal": "numeric", "dec": "numeric", "boolean": "bool", "character varying": "varchar", "character": "bpchar", "char": "bpchar",
	"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
	"time without time zone": "time", "time with time zone": "timetz", "bit varying": "varbit",
}

// castType resolves the type of a cast.
func (b *builder) castType(name string) (catalog.TypeRef, error) {
	low := strings.ToLower(strings.Join(strings.Fields(name), " "))
	if s, ok := spelled[low]; ok {
		low = s
	}
	if t := b.cat.TypeByName("pg_catalog", low); t != nil {
		return plain(t.OID), nil
	}
	path := append([]string{b.st.Schema}, b.o.SearchPath...)
	t, err := b.cat.FindType(path, &sql.TypeName{Name: sql.Name{Name: low, Pos: sql.NoPos}, Pos: sql.NoPos})
	if err != nil {
		return t, err
	}
	return plain(t.OID), nil
}
