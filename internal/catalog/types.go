package catalog

import (
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// typeAliases are the spellings that PostgreSQL's grammar knows beside the names of types.
var typeAliases = map[string]string{
	"int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4", "double precision": "float8",
	"decimal": "numeric", "dec": "numeric", "boolean": "bool", "character varying": "varchar", "character": "bpchar",
	"bit varying": "varbit", "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
	"time without time zone": "time", "time with time zone": "timetz", "national character": "bpchar", "nchar": "bpchar",
	"national character varying": "varchar",
}

// FindType resolves a type as written: aliases, modifiers, arrays, %TYPE, domains, enums, row types. The error is a *fault.Error with
// PostgreSQL's code and message, at the type's place.
func (c *facts) FindType(path []string, t *sql.TypeName) (TypeRef, error) {
	if t.PctType {
		return c.pctType(path, t)
	}
	typ := c.lookupType(path, t.Name)
	if typ == nil {
		return TypeRef{}, fault.New(fault.UndefinedObject, "type %q does not exist", typeNameText(t)).At(int(t.Pos))
	}
	ref := TypeRef{OID: typ.OID, Mod: -1}
	if len(t.Mods) > 0 {
		mod, err := typeMod(typ, t.Mods)
		if err != nil {
			return TypeRef{}, err.At(int(t.Pos))
		}
		ref.Mod = mod
	}
	if t.ArrayDims > 0 && typ.Category != 'A' {
		if typ.Array == 0 {
			return TypeRef{}, fault.New(fault.UndefinedObject, "type %q does not exist", typeNameText(t)).At(int(t.Pos))
		}
		ref.OID = typ.Array
	}
	return ref, nil
}

// lookupType finds a type by name along the path, aliases last: a type of the project may be called "dec".
func (c *facts) lookupType(path []string, n sql.Name) *Type {
	for _, s := range c.searchOrder(path, n.Schema) {
		if t := c.TypeByName(s, n.Name); t != nil {
			return t
		}
	}
	if internal, ok := typeAliases[n.Name]; ok && (n.Schema == "" || n.Schema == "pg_catalog") {
		return c.TypeByName("pg_catalog", internal)
	}
	return nil
}

func typeNameText(t *sql.TypeName) string {
	s := t.Name.Name
	if t.Name.Schema != "" {
		s = t.Name.Schema + "." + s
	}
	return s + strings.Repeat("[]", t.ArrayDims)
}

func (c *facts) pctType(path []string, t *sql.TypeName) (TypeRef, error) {
	rel, column := t.Name.Schema, t.Name.Name
	n := sql.Name{Schema: t.PctSchema, Name: rel}
	tab := c.FindTable(path, n)
	if tab == nil {
		return TypeRef{}, fault.New(fault.UndefinedTable, "relation %q does not exist", qualifiedText(n)).At(int(t.Pos))
	}
	col := tab.Column(column)
	if col == nil {
		return TypeRef{}, fault.New(fault.UndefinedColumn, "column %q of relation %q does not exist", column, tab.Name).At(int(t.Pos))
	}
	return col.Type, nil
}

// typeMod encodes a type's modifiers as PostgreSQL's typmodin functions do.
func typeMod(t *Type, mods []sql.Expr) (int32, *fault.Error) {
	invalid := func(format string, args ...any) *fault.Error {
		return fault.New(fault.InvalidParameterValue, format, args...)
	}
	nums := make([]int64, len(mods))
	for i, m := range mods {
		n, ok := constInt(m)
		if !ok {
			return 0, fault.New(fault.SyntaxError, "type modifiers must be simple constants or identifiers")
		}
		nums[i] = n
	}
	one := func() *fault.Error {
		if len(nums) != 1 {
			return invalid("invalid type modifier")
		}
		return nil
	}
	switch t.OID {
	case VarcharOID, BpcharOID:
		name := map[OID]string{VarcharOID: "varchar", BpcharOID: "char"}[t.OID]
		if err := one(); err != nil {
			return 0, err
		}
		if nums[0] < 1 {
			return 0, invalid("length for type %s must be at least 1", name)
		}
		if nums[0] > 10485760 {
			return 0, invalid("length for type %s cannot exceed 10485760", name)
		}
		return int32(nums[0]) + 4, nil
	case BitOID, VarbitOID:
		if err := one(); err != nil {
			return 0, err
		}
		if nums[0] < 1 {
			return 0, invalid("length for type %s must be at least 1", map[OID]string{BitOID: "bit", VarbitOID: "varbit"}[t.OID])
		}
		return int32(nums[0]), nil
	case NumericOID:
		if len(nums) > 2 {
			return 0, invalid("invalid NUMERIC type modifier")
		}
		if nums[0] < 1 || nums[0] > 1000 {
			return 0, invalid("NUMERIC precision %d must be between 1 and 1000", nums[0])
		}
		var scale int64
		if len(nums) == 2 {
			if scale = nums[1]; scale < -1000 || scale > 1000 {
				return 0, invalid("NUMERIC scale %d must be between -1000 and 1000", scale)
			}
		}
		return int32(nums[0]<<16|scale&0x7ff) + 4, nil
	case TimestampOID, TimestamptzOID, TimeOID, TimetzOID:
		if err := one(); err != nil {
			return 0, err
		}
		if nums[0] < 0 {
			return 0, invalid("%s precision must not be negative", strings.ToUpper(t.Name))
		}
		return int32(min(nums[0], 6)), nil
	case IntervalOID:
		if len(nums) > 2 {
			return 0, invalid("invalid INTERVAL type modifier")
		}
		precision := int64(0xffff)
		if len(nums) == 2 {
			if nums[1] < 0 {
				return 0, invalid("INTERVAL(%d) precision must not be negative", nums[1])
			}
			precision = min(nums[1], 6)
		}
		if nums[0] == intervalFullRange && precision == 0xffff {
			return -1, nil
		}
		return int32(nums[0]<<16 | precision), nil
	case VectorOID, HalfvecOID, SparsevecOID:
		if err := one(); err != nil {
			return 0, err
		}
		limit := int64(16000)
		if t.OID == SparsevecOID {
			limit = 1000000000
		}
		if nums[0] < 1 {
			return 0, invalid("dimensions for type %s must be at least 1", t.Name)
		}
		if nums[0] > limit {
			return 0, invalid("dimensions for type %s cannot exceed %d", t.Name, limit)
		}
		return int32(nums[0]), nil
	}
	return 0, fault.New(fault.SyntaxError, "type modifier is not allowed for type %q", t.Name)
}

func constInt(e sql.Expr) (int64, bool) {
	switch e := e.(type) {
	case *sql.Const:
		n, err := strconv.ParseInt(e.Text, 10, 64)
		return n, err == nil
	case *sql.Op:
		if n, ok := constInt(e.Right); ok && e.Left == nil && e.Name == "-" {
			return -n, true
		}
	}
	return 0, false
}

const intervalFullRange = 0x7fff

// intervalFields names PostgreSQL's masks of interval fields.
var intervalFields = map[int32]string{
	1 << 2: "year", 1 << 1: "month", 1 << 3: "day", 1 << 10: "hour", 1 << 11: "minute", 1 << 12: "second",
	1<<2 | 1<<1: "year to month", 1<<3 | 1<<10: "day to hour", 1<<3 | 1<<10 | 1<<11: "day to minute",
	1<<3 | 1<<10 | 1<<11 | 1<<12: "day to second", 1<<10 | 1<<11: "hour to minute", 1<<10 | 1<<11 | 1<<12: "hour to second",
	1<<11 | 1<<12: "minute to second",
}

// sqlTypeNames are the names that format_type gives in SQL's words.
var sqlTypeNames = map[OID]string{
	BoolOID: "boolean", CharOID: `"char"`, Int8OID: "bigint", Int2OID: "smallint", Int4OID: "integer", Float4OID: "real",
	Float8OID: "double precision", BpcharOID: "character", VarcharOID: "character varying", VarbitOID: "bit varying", AnyOID: `"any"`,
}

// TypeString is the type as PostgreSQL's format_type gives it: integer, character varying(10), text[], numeric(10,2). Types outside
// pg_catalog and public are qualified. "???" for an unknown OID.
func (c *facts) TypeString(r TypeRef) string {
	t := c.Type(r.OID)
	if t == nil {
		return "???"
	}
	if (t.Category == 'A' || t.OID == RecordArrayOID) && t.Elem != 0 {
		return c.TypeString(TypeRef{OID: t.Elem, Mod: r.Mod}) + "[]"
	}
	p := func(n int32) string { return "(" + strconv.Itoa(int(n)) + ")" }
	name, ok := sqlTypeNames[t.OID]
	switch t.OID {
	case TimeOID, TimestampOID, TimetzOID, TimestamptzOID:
		word, zone := "time", " without time zone"
		if t.OID == TimestampOID || t.OID == TimestamptzOID {
			word = "timestamp"
		}
		if t.OID == TimetzOID || t.OID == TimestamptzOID {
			zone = " with time zone"
		}
		if r.Mod >= 0 {
			word += p(r.Mod)
		}
		return word + zone
	}
	if !ok {
		name = quoteIdent(t.Name)
		if t.Schema != "pg_catalog" && t.Schema != "public" && !Temporary(t.Schema) {
			name = quoteIdent(t.Schema) + "." + name
		}
	}
	if r.Mod < 0 {
		return name
	}
	switch t.OID {
	case VarcharOID, BpcharOID:
		return name + p(r.Mod-4)
	case NumericOID:
		m := r.Mod - 4
		scale := m & 0x7ff
		if scale > 1000 {
			scale -= 0x800
		}
		return name + "(" + strconv.Itoa(int(m>>16)) + "," + strconv.Itoa(int(scale)) + ")"
	case IntervalOID:
		if f, ok := intervalFields[r.Mod>>16]; ok {
			name += " " + f
		}
		if r.Mod&0xffff != 0xffff {
			name += p(r.Mod & 0xffff)
		}
		return name
	}
	return name + p(r.Mod)
}

// BaseType follows domains down to what they are over; the modifier is the innermost domain's.
func (c *facts) BaseType(r TypeRef) TypeRef {
	for t := c.Type(r.OID); t != nil && t.Kind == DomainType; t = c.Type(r.OID) {
		r = t.Base
	}
	return r
}

// quoteIdent quotes a name where PostgreSQL's quote_ident would for its form (reserved words are left to the printer of package sql).
func quoteIdent(s string) string {
	plain := s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_')
	}) && !(s[0] >= '0' && s[0] <= '9')
	if plain {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}
