package value

import (
	"slices"

	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// TypeInfo is what is fixed about a built-in type (pg_type's facts).
type TypeInfo struct {
	OID       catalog.OID
	Name      string // internal name: int4
	Title     string // as format_type prints it without modifier: integer
	Array     catalog.OID
	Category  byte
	Preferred bool
	Kind      catalog.TypeKind
}

var builtinTypes = []TypeInfo{
	{16, "bool", "boolean", 1000, 'B', true, 'b'},
	{17, "bytea", "bytea", 1001, 'U', false, 'b'},
	{18, "char", "char", 1002, 'Z', false, 'b'},
	{19, "name", "name", 1003, 'S', false, 'b'},
	{20, "int8", "bigint", 1016, 'N', false, 'b'},
	{21, "int2", "smallint", 1005, 'N', false, 'b'},
	{23, "int4", "integer", 1007, 'N', false, 'b'},
	{24, "regproc", "regproc", 1008, 'N', false, 'b'},
	{25, "text", "text", 1009, 'S', true, 'b'},
	{26, "oid", "oid", 1028, 'N', true, 'b'},
	{27, "tid", "tid", 1010, 'U', false, 'b'},
	{28, "xid", "xid", 1011, 'U', false, 'b'},
	{29, "cid", "cid", 1012, 'U', false, 'b'},
	{114, "json", "json", 199, 'U', false, 'b'},
	{142, "xml", "xml", 143, 'U', false, 'b'},
	{194, "pg_node_tree", "pg_node_tree", 0, 'Z', false, 'b'},
	{600, "point", "point", 1017, 'G', false, 'b'},
	{601, "lseg", "lseg", 1018, 'G', false, 'b'},
	{602, "path", "path", 1019, 'G', false, 'b'},
	{603, "box", "box", 1020, 'G', false, 'b'},
	{604, "polygon", "polygon", 1027, 'G', false, 'b'},
	{628, "line", "line", 629, 'G', false, 'b'},
	{650, "cidr", "cidr", 651, 'I', false, 'b'},
	{700, "float4", "real", 1021, 'N', false, 'b'},
	{701, "float8", "double precision", 1022, 'N', true, 'b'},
	{705, "unknown", "unknown", 0, 'X', false, 'p'},
	{718, "circle", "circle", 719, 'G', false, 'b'},
	{774, "macaddr8", "macaddr8", 775, 'U', false, 'b'},
	{790, "money", "money", 791, 'N', false, 'b'},
	{829, "macaddr", "macaddr", 1040, 'U', false, 'b'},
	{869, "inet", "inet", 1041, 'I', true, 'b'},
	{1033, "aclitem", "aclitem", 1034, 'U', false, 'b'},
	{1042, "bpchar", "character", 1014, 'S', false, 'b'},
	{1043, "varchar", "character varying", 1015, 'S', false, 'b'},
	{1082, "date", "date", 1182, 'D', false, 'b'},
	{1083, "time", "time without time zone", 1183, 'D', false, 'b'},
	{1114, "timestamp", "timestamp without time zone", 1115, 'D', false, 'b'},
	{1184, "timestamptz", "timestamp with time zone", 1185, 'D', true, 'b'},
	{1186, "interval", "interval", 1187, 'T', true, 'b'},
	{1266, "timetz", "time with time zone", 1270, 'D', false, 'b'},
	{1560, "bit", "bit", 1561, 'V', false, 'b'},
	{1562, "varbit", "bit varying", 1563, 'V', true, 'b'},
	{1700, "numeric", "numeric", 1231, 'N', false, 'b'},
	{1790, "refcursor", "refcursor", 2201, 'U', false, 'b'},
	{2202, "regprocedure", "regprocedure", 2207, 'N', false, 'b'},
	{2205, "regclass", "regclass", 2210, 'N', false, 'b'},
	{2206, "regtype", "regtype", 2211, 'N', false, 'b'},
	{2249, "record", "record", 2287, 'P', false, 'p'},
	{2275, "cstring", "cstring", 1263, 'P', false, 'p'},
	{2276, "any", "any", 0, 'P', false, 'p'},
	{2277, "anyarray", "anyarray", 0, 'P', false, 'p'},
	{2278, "void", "void", 0, 'P', false, 'p'},
	{2279, "trigger", "trigger", 0, 'P', false, 'p'},
	{2281, "internal", "internal", 0, 'P', false, 'p'},
	{2283, "anyelement", "anyelement", 0, 'P', false, 'p'},
	{2776, "anynonarray", "anynonarray", 0, 'P', false, 'p'},
	{2950, "uuid", "uuid", 2951, 'U', false, 'b'},
	{3500, "anyenum", "anyenum", 0, 'P', false, 'p'},
	{3614, "tsvector", "tsvector", 3643, 'U', false, 'b'},
	{3615, "tsquery", "tsquery", 3645, 'U', false, 'b'},
	{3734, "regconfig", "regconfig", 3735, 'N', false, 'b'},
	{3769, "regdictionary", "regdictionary", 3770, 'N', false, 'b'},
	{3802, "jsonb", "jsonb", 3807, 'U', false, 'b'},
	{3831, "anyrange", "anyrange", 0, 'P', false, 'p'},
	{3838, "event_trigger", "event_trigger", 0, 'P', false, 'p'},
	{3904, "int4range", "int4range", 3905, 'R', false, 'r'},
	{3906, "numrange", "numrange", 3907, 'R', false, 'r'},
	{3908, "tsrange", "tsrange", 3909, 'R', false, 'r'},
	{3910, "tstzrange", "tstzrange", 3911, 'R', false, 'r'},
	{3912, "daterange", "daterange", 3913, 'R', false, 'r'},
	{3926, "int8range", "int8range", 3927, 'R', false, 'r'},
	{4072, "jsonpath", "jsonpath", 4073, 'U', false, 'b'},
	{4089, "regnamespace", "regnamespace", 4090, 'N', false, 'b'},
	{4096, "regrole", "regrole", 4097, 'N', false, 'b'},
	{4191, "regcollation", "regcollation", 4192, 'N', false, 'b'},
	{4451, "int4multirange", "int4multirange", 6150, 'R', false, 'm'},
	{4532, "nummultirange", "nummultirange", 6151, 'R', false, 'm'},
	{4533, "tsmultirange", "tsmultirange", 6152, 'R', false, 'm'},
	{4534, "tstzmultirange", "tstzmultirange", 6153, 'R', false, 'm'},
	{4535, "datemultirange", "datemultirange", 6155, 'R', false, 'm'},
	{4536, "int8multirange", "int8multirange", 6157, 'R', false, 'm'},
	{4537, "anymultirange", "anymultirange", 0, 'P', false, 'p'},
	{4538, "anycompatiblemultirange", "anycompatiblemultirange", 0, 'P', false, 'p'},
	{5069, "xid8", "xid8", 271, 'U', false, 'b'},
	{5077, "anycompatible", "anycompatible", 0, 'P', false, 'p'},
	{5078, "anycompatiblearray", "anycompatiblearray", 0, 'P', false, 'p'},
	{5079, "anycompatiblenonarray", "anycompatiblenonarray", 0, 'P', false, 'p'},
	{5080, "anycompatiblerange", "anycompatiblerange", 0, 'P', false, 'p'},
	{9001, "citext", "citext", 9002, 'S', false, 'b'},
	{9003, "vector", "vector", 9004, 'U', false, 'b'},
	{9005, "halfvec", "halfvec", 9006, 'U', false, 'b'},
}

var (
	byOID   = make(map[catalog.OID]*TypeInfo, len(builtinTypes))
	byName  = make(map[string]*TypeInfo, len(builtinTypes))
	byArray = make(map[catalog.OID]*TypeInfo, len(builtinTypes))
	rangeOf = map[catalog.OID]catalog.OID{
		catalog.Int4RangeOID: catalog.Int4OID, catalog.Int8RangeOID: catalog.Int8OID, catalog.NumRangeOID: catalog.NumericOID,
		catalog.TsRangeOID: catalog.TimestampOID, catalog.TstzRangeOID: catalog.TimestamptzOID, catalog.DateRangeOID: catalog.DateOID,
	}
)

// The maps above are indexes of the fixed table and never change after this.
func init() {
	for i := range builtinTypes {
		t := &builtinTypes[i]
		byOID[t.OID] = t
		byName[t.Name] = t
		if t.Array != 0 {
			byArray[t.Array] = t
		}
	}
}

// Builtin is the built-in non-array type of that OID, nil if there is none.
func Builtin(oid catalog.OID) *TypeInfo { return byOID[oid] }

// BuiltinTypes are all built-in types but arrays.
func BuiltinTypes() []TypeInfo { return slices.Clone(builtinTypes) }

// BuiltinNamed is the OID of the built-in type with that internal name ("int4", "_text"), 0 if there is none.
func BuiltinNamed(name string) catalog.OID {
	if t := byName[name]; t != nil {
		return t.OID
	}
	if name == "_record" {
		return 2287
	}
	if len(name) > 1 && name[0] == '_' {
		if t := byName[name[1:]]; t != nil {
			return t.Array
		}
	}
	return 0
}

// BuiltinName is the internal name of a built-in type, "" if it is none.
func BuiltinName(oid catalog.OID) string {
	if t := byOID[oid]; t != nil {
		return t.Name
	}
	if t := byArray[oid]; t != nil {
		return "_" + t.Name
	}
	return ""
}
