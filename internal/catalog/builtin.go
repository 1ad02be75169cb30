package catalog

// The OIDs of PostgreSQL's own types, and of their array types.
const (
	BoolOID                    OID = 16
	BoolArrayOID               OID = 1000
	ByteaOID                   OID = 17
	ByteaArrayOID              OID = 1001
	CharOID                    OID = 18
	CharArrayOID               OID = 1002
	NameOID                    OID = 19
	NameArrayOID               OID = 1003
	Int8OID                    OID = 20
	Int8ArrayOID               OID = 1016
	Int2OID                    OID = 21
	Int2ArrayOID               OID = 1005
	Int4OID                    OID = 23
	Int4ArrayOID               OID = 1007
	RegprocOID                 OID = 24
	RegprocArrayOID            OID = 1008
	TextOID                    OID = 25
	TextArrayOID               OID = 1009
	OIDOID                     OID = 26
	OIDArrayOID                OID = 1028
	TIDOID                     OID = 27
	TIDArrayOID                OID = 1010
	XIDOID                     OID = 28
	XIDArrayOID                OID = 1011
	CIDOID                     OID = 29
	CIDArrayOID                OID = 1012
	JSONOID                    OID = 114
	JSONArrayOID               OID = 199
	XMLOID                     OID = 142
	XMLArrayOID                OID = 143
	PointOID                   OID = 600
	PointArrayOID              OID = 1017
	LsegOID                    OID = 601
	LsegArrayOID               OID = 1018
	PathOID                    OID = 602
	PathArrayOID               OID = 1019
	BoxOID                     OID = 603
	BoxArrayOID                OID = 1020
	PolygonOID                 OID = 604
	PolygonArrayOID            OID = 1027
	LineOID                    OID = 628
	LineArrayOID               OID = 629
	CidrOID                    OID = 650
	CidrArrayOID               OID = 651
	Float4OID                  OID = 700
	Float4ArrayOID             OID = 1021
	Float8OID                  OID = 701
	Float8ArrayOID             OID = 1022
	UnknownOID                 OID = 705
	CircleOID                  OID = 718
	CircleArrayOID             OID = 719
	Macaddr8OID                OID = 774
	Macaddr8ArrayOID           OID = 775
	MoneyOID                   OID = 790
	MoneyArrayOID              OID = 791
	MacaddrOID                 OID = 829
	MacaddrArrayOID            OID = 1040
	InetOID                    OID = 869
	InetArrayOID               OID = 1041
	AclitemOID                 OID = 1033
	AclitemArrayOID            OID = 1034
	BpcharOID                  OID = 1042
	BpcharArrayOID             OID = 1014
	VarcharOID                 OID = 1043
	VarcharArrayOID            OID = 1015
	DateOID                    OID = 1082
	DateArrayOID               OID = 1182
	TimeOID                    OID = 1083
	TimeArrayOID               OID = 1183
	TimestampOID               OID = 1114
	TimestampArrayOID          OID = 1115
	TimestamptzOID             OID = 1184
	TimestamptzArrayOID        OID = 1185
	IntervalOID                OID = 1186
	IntervalArrayOID           OID = 1187
	TimetzOID                  OID = 1266
	TimetzArrayOID             OID = 1270
	BitOID                     OID = 1560
	BitArrayOID                OID = 1561
	VarbitOID                  OID = 1562
	VarbitArrayOID             OID = 1563
	NumericOID                 OID = 1700
	NumericArrayOID            OID = 1231
	RefcursorOID               OID = 1790
	RefcursorArrayOID          OID = 2201
	RegprocedureOID            OID = 2202
	RegprocedureArrayOID       OID = 2207
	RegoperOID                 OID = 2203
	RegoperArrayOID            OID = 2208
	RegoperatorOID             OID = 2204
	RegoperatorArrayOID        OID = 2209
	RegclassOID                OID = 2205
	RegclassArrayOID           OID = 2210
	RegtypeOID                 OID = 2206
	RegtypeArrayOID            OID = 2211
	RecordOID                  OID = 2249
	RecordArrayOID             OID = 2287
	CstringOID                 OID = 2275
	CstringArrayOID            OID = 1263
	AnyOID                     OID = 2276
	AnyArrayOID                OID = 2277
	VoidOID                    OID = 2278
	TriggerOID                 OID = 2279
	InternalOID                OID = 2281
	AnyElementOID              OID = 2283
	AnyNonArrayOID             OID = 2776
	UUIDOID                    OID = 2950
	UUIDArrayOID               OID = 2951
	PgLSNOID                   OID = 3220
	PgLSNArrayOID              OID = 3221
	AnyEnumOID                 OID = 3500
	TSVectorOID                OID = 3614
	TSVectorArrayOID           OID = 3643
	TSQueryOID                 OID = 3615
	TSQueryArrayOID            OID = 3645
	RegconfigOID               OID = 3734
	RegconfigArrayOID          OID = 3735
	RegdictionaryOID           OID = 3769
	RegdictionaryArrayOID      OID = 3770
	JSONBOID                   OID = 3802
	JSONBArrayOID              OID = 3807
	AnyRangeOID                OID = 3831
	EventTriggerOID            OID = 3838
	Int4RangeOID               OID = 3904
	Int4RangeArrayOID          OID = 3905
	NumRangeOID                OID = 3906
	NumRangeArrayOID           OID = 3907
	TsRangeOID                 OID = 3908
	TsRangeArrayOID            OID = 3909
	TstzRangeOID               OID = 3910
	TstzRangeArrayOID          OID = 3911
	DateRangeOID               OID = 3912
	DateRangeArrayOID          OID = 3913
	Int8RangeOID               OID = 3926
	Int8RangeArrayOID          OID = 3927
	JSONPathOID                OID = 4072
	JSONPathArrayOID           OID = 4073
	RegnamespaceOID            OID = 4089
	RegnamespaceArrayOID       OID = 4090
	RegroleOID                 OID = 4096
	RegroleArrayOID            OID = 4097
	RegcollationOID            OID = 4191
	RegcollationArrayOID       OID = 4192
	Int4MultirangeOID          OID = 4451
	Int4MultirangeArrayOID     OID = 6150
	NumMultirangeOID           OID = 4532
	NumMultirangeArrayOID      OID = 6151
	TsMultirangeOID            OID = 4533
	TsMultirangeArrayOID       OID = 6152
	TstzMultirangeOID          OID = 4534
	TstzMultirangeArrayOID     OID = 6153
	DateMultirangeOID          OID = 4535
	DateMultirangeArrayOID     OID = 6155
	Int8MultirangeOID          OID = 4536
	Int8MultirangeArrayOID     OID = 6157
	AnyMultirangeOID           OID = 4537
	AnyCompatibleMultirangeOID OID = 4538
	XID8OID                    OID = 5069
	XID8ArrayOID               OID = 271
	AnyCompatibleOID           OID = 5077
	AnyCompatibleArrayOID      OID = 5078
	AnyCompatibleNonArrayOID   OID = 5079
	AnyCompatibleRangeOID      OID = 5080
)

// The OIDs of the types of extensions. PostgreSQL gives them any; ours are fixed, below FirstUserOID and above its own.
const (
	CitextOID OID = 9001 + iota
	CitextArrayOID
	VectorOID
	VectorArrayOID
	HalfvecOID
	HalfvecArrayOID
	HstoreOID
	HstoreArrayOID
	SparsevecOID
	SparsevecArrayOID
)

// The OIDs of PostgreSQL's own schemas and of the bootstrap role.
const (
	pgCatalogOID         OID = 11
	publicOID            OID = 2200
	informationSchemaOID OID = 13214
	postgresRoleOID      OID = 10
)

type builtinType struct {
	oid                  OID
	name                 string
	kind                 TypeKind
	category             byte
	preferred            bool
	elem, array, rangeOf OID
}

// builtinTypes is pg_type of PostgreSQL 15 for everything but the row types of its own tables. Array types follow from the array column.
var builtinTypes = []builtinType{
	{16, "bool", 'b', 'B', true, 0, 1000, 0},
	{17, "bytea", 'b', 'U', false, 0, 1001, 0},
	{18, "char", 'b', 'Z', false, 0, 1002, 0},
	{19, "name", 'b', 'S', false, 0, 1003, 0},
	{20, "int8", 'b', 'N', false, 0, 1016, 0},
	{21, "int2", 'b', 'N', false, 0, 1005, 0},
	{23, "int4", 'b', 'N', false, 0, 1007, 0},
	{24, "regproc", 'b', 'N', false, 0, 1008, 0},
	{25, "text", 'b', 'S', true, 0, 1009, 0},
	{26, "oid", 'b', 'N', true, 0, 1028, 0},
	{27, "tid", 'b', 'U', false, 0, 1010, 0},
	{28, "xid", 'b', 'U', false, 0, 1011, 0},
	{29, "cid", 'b', 'U', false, 0, 1012, 0},
	{32, "pg_ddl_command", 'p', 'P', false, 0, 0, 0},
	{114, "json", 'b', 'U', false, 0, 199, 0},
	{142, "xml", 'b', 'U', false, 0, 143, 0},
	{194, "pg_node_tree", 'b', 'Z', false, 0, 0, 0},
	{269, "table_am_handler", 'p', 'P', false, 0, 0, 0},
	{325, "index_am_handler", 'p', 'P', false, 0, 0, 0},
	{600, "point", 'b', 'G', false, 0, 1017, 0},
	{601, "lseg", 'b', 'G', false, 0, 1018, 0},
	{602, "path", 'b', 'G', false, 0, 1019, 0},
	{603, "box", 'b', 'G', false, 0, 1020, 0},
	{604, "polygon", 'b', 'G', false, 0, 1027, 0},
	{628, "line", 'b', 'G', false, 0, 629, 0},
	{650, "cidr", 'b', 'I', false, 0, 651, 0},
	{700, "float4", 'b', 'N', false, 0, 1021, 0},
	{701, "float8", 'b', 'N', true, 0, 1022, 0},
	{705, "unknown", 'p', 'X', false, 0, 0, 0},
	{718, "circle", 'b', 'G', false, 0, 719, 0},
	{774, "macaddr8", 'b', 'U', false, 0, 775, 0},
	{790, "money", 'b', 'N', false, 0, 791, 0},
	{829, "macaddr", 'b', 'U', false, 0, 1040, 0},
	{869, "inet", 'b', 'I', true, 0, 1041, 0},
	{1033, "aclitem", 'b', 'U', false, 0, 1034, 0},
	{1042, "bpchar", 'b', 'S', false, 0, 1014, 0},
	{1043, "varchar", 'b', 'S', false, 0, 1015, 0},
	{1082, "date", 'b', 'D', false, 0, 1182, 0},
	{1083, "time", 'b', 'D', false, 0, 1183, 0},
	{1114, "timestamp", 'b', 'D', false, 0, 1115, 0},
	{1184, "timestamptz", 'b', 'D', true, 0, 1185, 0},
	{1186, "interval", 'b', 'T', true, 0, 1187, 0},
	{1266, "timetz", 'b', 'D', false, 0, 1270, 0},
	{1560, "bit", 'b', 'V', false, 0, 1561, 0},
	{1562, "varbit", 'b', 'V', true, 0, 1563, 0},
	{1700, "numeric", 'b', 'N', false, 0, 1231, 0},
	{1790, "refcursor", 'b', 'U', false, 0, 2201, 0},
	{2202, "regprocedure", 'b', 'N', false, 0, 2207, 0},
	{2203, "regoper", 'b', 'N', false, 0, 2208, 0},
	{2204, "regoperator", 'b', 'N', false, 0, 2209, 0},
	{2205, "regclass", 'b', 'N', false, 0, 2210, 0},
	{2206, "regtype", 'b', 'N', false, 0, 2211, 0},
	{2249, "record", 'p', 'P', false, 0, 2287, 0},
	{2275, "cstring", 'p', 'P', false, 0, 1263, 0},
	{2276, "any", 'p', 'P', false, 0, 0, 0},
	{2277, "anyarray", 'p', 'P', false, 0, 0, 0},
	{2278, "void", 'p', 'P', false, 0, 0, 0},
	{2279, "trigger", 'p', 'P', false, 0, 0, 0},
	{2280, "language_handler", 'p', 'P', false, 0, 0, 0},
	{2281, "internal", 'p', 'P', false, 0, 0, 0},
	{2283, "anyelement", 'p', 'P', false, 0, 0, 0},
	{2287, "_record", 'p', 'P', false, 2249, 0, 0},
	{2776, "anynonarray", 'p', 'P', false, 0, 0, 0},
	{2950, "uuid", 'b', 'U', false, 0, 2951, 0},
	{2970, "txid_snapshot", 'b', 'U', false, 0, 2949, 0},
	{3115, "fdw_handler", 'p', 'P', false, 0, 0, 0},
	{3220, "pg_lsn", 'b', 'U', false, 0, 3221, 0},
	{3310, "tsm_handler", 'p', 'P', false, 0, 0, 0},
	{3361, "pg_ndistinct", 'b', 'Z', false, 0, 0, 0},
	{3402, "pg_dependencies", 'b', 'Z', false, 0, 0, 0},
	{3500, "anyenum", 'p', 'P', false, 0, 0, 0},
	{3614, "tsvector", 'b', 'U', false, 0, 3643, 0},
	{3615, "tsquery", 'b', 'U', false, 0, 3645, 0},
	{3642, "gtsvector", 'b', 'U', false, 0, 3644, 0},
	{3734, "regconfig", 'b', 'N', false, 0, 3735, 0},
	{3769, "regdictionary", 'b', 'N', false, 0, 3770, 0},
	{3802, "jsonb", 'b', 'U', false, 0, 3807, 0},
	{3831, "anyrange", 'p', 'P', false, 0, 0, 0},
	{3838, "event_trigger", 'p', 'P', false, 0, 0, 0},
	{3904, "int4range", 'r', 'R', false, 0, 3905, 23},
	{3906, "numrange", 'r', 'R', false, 0, 3907, 1700},
	{3908, "tsrange", 'r', 'R', false, 0, 3909, 1114},
	{3910, "tstzrange", 'r', 'R', false, 0, 3911, 1184},
	{3912, "daterange", 'r', 'R', false, 0, 3913, 1082},
	{3926, "int8range", 'r', 'R', false, 0, 3927, 20},
	{4072, "jsonpath", 'b', 'U', false, 0, 4073, 0},
	{4089, "regnamespace", 'b', 'N', false, 0, 4090, 0},
	{4096, "regrole", 'b', 'N', false, 0, 4097, 0},
	{4191, "regcollation", 'b', 'N', false, 0, 4192, 0},
	{4451, "int4multirange", 'm', 'R', false, 0, 6150, 0},
	{4532, "nummultirange", 'm', 'R', false, 0, 6151, 0},
	{4533, "tsmultirange", 'm', 'R', false, 0, 6152, 0},
	{4534, "tstzmultirange", 'm', 'R', false, 0, 6153, 0},
	{4535, "datemultirange", 'm', 'R', false, 0, 6155, 0},
	{4536, "int8multirange", 'm', 'R', false, 0, 6157, 0},
	{4537, "anymultirange", 'p', 'P', false, 0, 0, 0},
	{4538, "anycompatiblemultirange", 'p', 'P', false, 0, 0, 0},
	{4600, "pg_brin_bloom_summary", 'b', 'Z', false, 0, 0, 0},
	{4601, "pg_brin_minmax_multi_summary", 'b', 'Z', false, 0, 0, 0},
	{5017, "pg_mcv_list", 'b', 'Z', false, 0, 0, 0},
	{5038, "pg_snapshot", 'b', 'U', false, 0, 5039, 0},
	{5069, "xid8", 'b', 'U', false, 0, 271, 0},
	{5077, "anycompatible", 'p', 'P', false, 0, 0, 0},
	{5078, "anycompatiblearray", 'p', 'P', false, 0, 0, 0},
	{5079, "anycompatiblenonarray", 'p', 'P', false, 0, 0, 0},
	{5080, "anycompatiblerange", 'p', 'P', false, 0, 0, 0},
}
