package system

import (
	"fmt"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

func TestEverySourceIsOfARelation(t *testing.T) {
	for name := range sources {
		if relations()[name] == nil {
			t.Errorf("PostgreSQL has no relation %s", name)
		}
	}
}

func TestColumnsHaveTypes(t *testing.T) {
	for _, r := range sorted() {
		for _, c := range r.columns {
			if value.TypeOps(c.typ) == nil {
				t.Errorf("%s.%s: no type stands for %s", r.name, c.name, c.pgType)
			}
		}
	}
}

// TestRelationsOfAnEmptyDatabase reads every relation: what has rows gives them with all their columns, what only a server has is refused.
func TestRelationsOfAnEmptyDatabase(t *testing.T) {
	s := &builtin.Session{Facts: catalog.Empty(), User: "postgres", CurrentUser: "postgres", Database: "postgres"}
	for _, r := range sorted() {
		_, known := sources[r.schema+"."+r.name]
		err := r.read(s, func(row []value.Datum) bool {
			for i, d := range row {
				if r.columns[i].notNull && d.IsNull() {
					t.Errorf("%s.%s is NULL", r.name, r.columns[i].name)
				}
			}
			return len(row) == len(r.columns)
		})
		if known != (err == nil) || !known && fault.As(err).Code != fault.FeatureNotSupported {
			t.Errorf("%s: %v", r.name, err)
		}
	}
}

func TestRelation(t *testing.T) {
	check := func(schema, name string, want bool) {
		t.Helper()
		if got := Relation(schema, name) != nil; got != want {
			t.Errorf("%s.%s: %v", schema, name, got)
		}
	}
	check("", "pg_class", true)
	check("pg_catalog", "pg_class", true)
	check("public", "pg_class", false)
	check("information_schema", "tables", true)
	check("", "tables", false)
	check("information_schema", "pg_class", false)
	check("pg_catalog", "tables", false)
}

func TestReadName(t *testing.T) {
	cat := catalog.Empty()
	check := func(kind catalog.OID, text, want string) {
		t.Helper()
		oid, err := ReadName(cat, nil, kind, text)
		got := fmt.Sprint(oid)
		if err != nil {
			got = fault.As(err).Code + " " + fault.As(err).Message
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	check(catalog.RegclassOID, "pg_class", "1259")
	check(catalog.RegclassOID, ` "pg_class" `, "1259")
	check(catalog.RegclassOID, "Pg_Catalog.PG_CLASS", "1259")
	check(catalog.RegclassOID, "1234", "1234")
	check(catalog.RegclassOID, "-", "0")
	check(catalog.RegclassOID, "", "42602 invalid name syntax")
	check(catalog.RegclassOID, `"open`, "42602 invalid name syntax")
	check(catalog.RegclassOID, "a.", "42602 invalid name syntax")
	check(catalog.RegclassOID, "a.b.c", "42602 invalid name syntax")
	check(catalog.RegclassOID, "public.nope", `42P01 relation "public.nope" does not exist`)
	check(catalog.RegtypeOID, "int", "23")
	check(catalog.RegtypeOID, "integer[]", "1007")
	check(catalog.RegtypeOID, "character varying(20)", "1043")
	check(catalog.RegtypeOID, "timestamp(3) with time zone", "1184")
	check(catalog.RegtypeOID, "nope", `42704 type "nope" does not exist`)
	check(catalog.RegtypeOID, "int(", `42704 type "int(" does not exist`)
	check(catalog.RegprocOID, "now", "1299")
	check(catalog.RegprocOID, "lower", `42725 more than one function named "lower"`)
	check(catalog.RegprocedureOID, "lower(text)", "870")
	check(catalog.RegprocedureOID, "lower", "22P02 expected a left parenthesis")
	check(catalog.RegprocedureOID, "lower(text", "22P02 expected a right parenthesis")
	check(catalog.RegprocedureOID, "lower(nope)", `42704 type "nope" does not exist`)
	check(catalog.RegroleOID, "postgres", "10")
	check(catalog.RegnamespaceOID, "public", "2200")
	check(catalog.RegconfigOID, "klingon", `42704 text search configuration "klingon" does not exist`)
}

func TestWriteName(t *testing.T) {
	cat := catalog.Empty()
	check := func(kind, oid catalog.OID, want string) {
		t.Helper()
		if got := WriteName(cat, nil, kind, oid); got != want {
			t.Errorf("%d: got %s, want %s", oid, got, want)
		}
	}
	check(catalog.RegclassOID, 1259, "pg_class")
	check(catalog.RegclassOID, OID("information_schema", "tables"), "information_schema.tables")
	check(catalog.RegclassOID, 99, "99")
	check(catalog.RegtypeOID, catalog.Int4ArrayOID, "integer[]")
	check(catalog.RegprocOID, 870, "lower")
	check(catalog.RegprocedureOID, 870, "lower(text)")
	check(catalog.RegroleOID, 10, "postgres")
	check(catalog.RegnamespaceOID, 2200, "public")
}
