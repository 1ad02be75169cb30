package catalog

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

type extensionType struct {
	oid, array OID
	name       string
	category   byte
}

// extensionTypes are the types that an extension brings.
var extensionTypes = map[string][]extensionType{
	"citext": {{CitextOID, CitextArrayOID, "citext", 'S'}},
	"vector": {{VectorOID, VectorArrayOID, "vector", 'U'}, {HalfvecOID, HalfvecArrayOID, "halfvec", 'U'}, {SparsevecOID, SparsevecArrayOID, "sparsevec", 'U'}},
	"hstore": {{HstoreOID, HstoreArrayOID, "hstore", 'U'}},
}

// extensionStand says how an extension stands here: "" works, otherwise why it has no effect. Extensions that are not listed do not exist.
var extensionStand = map[string]string{
	"plpgsql": "", "pgcrypto": "", "uuid-ossp": "", "citext": "", "pg_trgm": "", "moddatetime": "", "vector": "", "pg_cron": "", "pg_net": "", "pgmq": "",
	"unaccent": "", "fuzzystrmatch": "", "supabase_vault": "", "http": "", "pgjwt": "", "hstore": "", "btree_gin": "", "btree_gist": "", "intarray": "", "tablefunc": "",

	"pg_graphql":                     "GraphQL is built in; the extension's own functions are not there",
	"pg_stat_statements":             "statistics of statements are kept by the server itself",
	"pgsodium":                       "its functions are not there",
	"pg_jsonschema":                  "its functions are not there",
	"pgaudit":                        "the audit log is the server's",
	"pg_stat_monitor":                "statistics of statements are kept by the server itself",
	"pg_hashids":                     "its functions are not there",
	"pg_repack":                      "there is nothing to repack",
	"pg_walinspect":                  "there is no write-ahead log to inspect",
	"pgstattuple":                    "there are no heap pages to inspect",
	"pg_prewarm":                     "there is no buffer cache to warm",
	"pg_buffercache":                 "there is no buffer cache to look at",
	"pg_freespacemap":                "there is no free space map to look at",
	"pgrowlocks":                     "there are no row locks to look at",
	"pg_visibility":                  "there is no visibility map to look at",
	"amcheck":                        "there are no PostgreSQL indexes to check",
	"plpgsql_check":                  "`mainstay db check` checks function bodies",
	"index_advisor":                  "its functions are not there",
	"hypopg":                         "its functions are not there",
	"pgtap":                          "its functions are not there",
	"pg_tle":                         "its functions are not there",
	"autoinc":                        "its functions are not there",
	"insert_username":                "its functions are not there",
	"refint":                         "its functions are not there",
	"tcn":                            "its functions are not there",
	"seg":                            "its types are not there",
	"tsm_system_rows":                "its sampling method is not there",
	"tsm_system_time":                "its sampling method is not there",
	"dict_int":                       "its dictionary is not there",
	"dict_xsyn":                      "its dictionary is not there",
	"bloom":                          "its indexes are plain ones here",
	"rum":                            "its indexes are plain ones here",
	"lo":                             "large objects are not there",
	"sslinfo":                        "its functions are not there",
	"xml2":                           "its functions are not there",
	"address_standardizer":           "its functions are not there",
	"adminpack":                      "its functions are not there",
	"supabase-dbdev":                 "its functions are not there",
	"basejump-supabase_test_helpers": "its functions are not there",
}

// extensionFunctions are the functions that PostgreSQL has by an extension, those that only its indexes call among them; * stands for any ending.
var extensionFunctions = map[string]string{
	"pg_trgm":       "similarity* word_similarity* strict_word_similarity* show_trgm show_limit set_limit gtrgm_* gin_trgm_* gin_extract_query_trgm gin_extract_value_trgm",
	"citext":        "citext* regexp_match* regexp_replace regexp_split_to_* replace split_part strpos texticlike texticnlike texticregexeq texticregexne translate max min",
	"uuid-ossp":     "uuid_*",
	"pgcrypto":      "armor dearmor crypt decrypt* encrypt* digest gen_random_bytes gen_random_uuid gen_salt hmac pgp_*",
	"unaccent":      "unaccent*",
	"fuzzystrmatch": "levenshtein* soundex text_soundex difference metaphone dmetaphone*",
	"btree_gin":     "gin_*",
	"btree_gist":    "gbt_* gbtreekey* cash_dist date_dist float4_dist float8_dist int2_dist int4_dist int8_dist interval_dist oid_dist time_dist ts_dist tstz_dist",
	"vector":        "vector* halfvec* sparsevec* array_to_* cosine_distance inner_product l1_distance l2_distance l2_norm l2_normalize hamming_distance jaccard_distance hnsw* ivfflat* subvector binary_quantize",
	"hstore":        "hstore* hs_* akeys avals delete each exist exists_* defined fetchval ghstore_* gin_*_hstore isdefined isexists populate_record skeys slice slice_array svals tconvert",
	"http":          "http* urlencode text_to_bytea bytea_to_text",
	"pgjwt":         "sign verify url_encode url_decode algorithm_sign try_cast_double",
	"moddatetime":   "moddatetime",
}

// ofExtension says whether n is a function that a declared extension brings and the project has none of.
func (e *Edit) ofExtension(n sql.Name) bool {
	if len(e.FindFunctions(e.st.env.SearchPath, n)) > 0 {
		return false
	}
	for x := range e.Extensions() {
		if n.Schema != "" && n.Schema != x.Schema {
			continue
		}
		for pattern := range strings.FieldsSeq(extensionFunctions[x.Name]) {
			if ok, _ := path.Match(pattern, n.Name); ok { // the patterns are well formed
				return true
			}
		}
	}
	return false
}

// refusedExtensions are those whose types and statements a project cannot do without once it declares them.
var refusedExtensions = map[string]string{
	"postgis": "spatial types", "postgis_topology": "spatial types", "postgis_raster": "spatial types", "postgis_tiger_geocoder": "spatial types",
	"postgis_sfcgal": "spatial types", "pgrouting": "spatial types", "timescaledb": "hypertables", "postgres_fdw": "foreign tables", "file_fdw": "foreign tables",
	"dblink": "connections to other databases", "wrappers": "foreign tables", "plv8": "functions in JavaScript", "plls": "functions in LiveScript",
	"plcoffee": "functions in CoffeeScript", "plpython3u": "functions in Python", "plperl": "functions in Perl", "pltcl": "functions in Tcl", "pgroonga": "its indexes and operators",
	"pgroonga_database": "its indexes and operators", "ltree": "its types", "cube": "its types", "isn": "its types", "earthdistance": "its types", "citus": "distributed tables",
	"pg_partman": "partitions", "orioledb": "its storage", "age": "graph queries",
}

// fixedSchemas are those of extensions whose control file names one: they do not ask for the schema that is selected.
var fixedSchemas = map[string]string{
	"plpgsql": "pg_catalog", "pg_cron": "pg_catalog", "pg_net": "net", "pgmq": "pgmq", "supabase_vault": "vault", "pgsodium": "pgsodium", "pg_graphql": "graphql",
}

// AvailableExtensions are the names of the extensions that a project may declare, sorted.
func AvailableExtensions() []string { return slices.Sorted(maps.Keys(extensionStand)) }

func (e *Edit) createExtension(s *sql.CreateExtension) {
	e.st.tag = "CREATE EXTENSION"
	if e.Extension(s.Name) != nil {
		if s.IfNotExists {
			e.notice(fault.DuplicateObject, "extension %q already exists, skipping", s.Name)
			return
		}
		e.fail(s.Pos, fault.DuplicateObject, "extension %q already exists", s.Name)
	}
	if what, ok := refusedExtensions[s.Name]; ok {
		raise(fault.Unsupported("extension \""+s.Name+"\" ("+what+")", ""), s.Pos)
	}
	stand, ok := extensionStand[s.Name]
	if !ok {
		raise(fault.New(fault.FeatureNotSupported, "extension %q is not available", s.Name).
			WithDetail("It is neither provided nor known as one that can be ignored.").
			WithHint("The extension must first be installed on the system where PostgreSQL is running; this runs on the postgres engine."), s.Pos)
	}
	schema, fixed := s.Schema, fixedSchemas[s.Name]
	switch {
	case schema == "" && fixed != "":
		schema = fixed
	case schema == "":
		schema = e.creationSchema(sql.Name{Pos: s.Pos})
	default:
		e.schema(schema, s.Pos)
	}
	x := &Extension{Name: s.Name, Schema: schema, Inactive: stand}
	e.extensions = e.extensions.set(x.Name, x)
	e.view = nil
	e.st.steps = append(e.st.steps, ChangedExtension{nil, x})
	if stand != "" {
		e.st.notices = append(e.st.notices, Notice{Severity: "WARNING", Code: "01000", Message: "extension \"" + s.Name + "\" is accepted but has no effect", Detail: stand})
	}
	for _, t := range extensionTypes[s.Name] {
		e.newType(&Type{OID: t.oid, Array: t.array, Schema: schema, Name: t.name, Kind: BaseType, Category: t.category, Base: TypeRef{Mod: -1}, Owner: e.st.env.Role}, s.Pos)
	}
}
