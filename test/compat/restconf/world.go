package restconf

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Script is a part of the world that the cases run in, as SQL.
type Script struct{ Name, Text string }

// World reads the fixtures and adds the schemas of the areas, which the data describes but does not hold.
func World(folder string) ([]Script, error) {
	read := func(name string) (string, error) {
		b, err := os.ReadFile(filepath.Join(folder, name))
		return string(b), err
	}
	main, err := read("fixtures.sql")
	if err != nil {
		return nil, err
	}
	rpc, err := read("fixtures/rpc.sql")
	if err != nil {
		return nil, err
	}
	headers, err := read("fixtures/headers.sql")
	if err != nil {
		return nil, err
	}
	test := regexp.MustCompile(`\btest\b`)
	scripts := []Script{
		{"extensions", "DROP EXTENSION IF EXISTS pgcrypto;"}, // the data wants it in the schema public
		{"roles", "CREATE ROLE postgrest_test_anonymous; CREATE ROLE postgrest_test_default_role; CREATE ROLE postgrest_test_author;"},
		{"members", `DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticator') THEN
    GRANT postgrest_test_anonymous, postgrest_test_default_role, postgrest_test_author TO authenticator;
  END IF;
END $$`},
		{"fixtures.sql", main},
		{"rpc", test.ReplaceAllString(rpc, "rpc")},
	}
	before, _, _ := strings.Cut(headers, "-- Multi-schema tables for")
	before = regexp.MustCompile(`\bprivate\b`).ReplaceAllString(test.ReplaceAllString(before, "headers"), "headers_private")
	scripts = append(scripts, Script{"headers", before + `
CREATE VIEW headers.parents AS SELECT * FROM v1.parents;
CREATE VIEW headers.children AS SELECT * FROM v1.children;`})

	stmts, err := sql.Parse(main)
	if err != nil {
		return nil, err
	}
	for _, area := range []string{"operators", "ordering", "pagination", "representations", "mutations", "config", "domain_representations"} {
		scripts = append(scripts, Script{area, mirror(area, stmts)})
	}
	return append(scripts, Script{"auth", auth(stmts)}, Script{"values", `
UPDATE test.complex_items SET "field-with_sep" = id WHERE id <= 3;
UPDATE test.complex_items SET arr_data = '{1}' WHERE id = 1;
UPDATE test.complex_items SET arr_data = '{1,2}' WHERE id = 2;
UPDATE test.complex_items SET arr_data = '{1,2,3}' WHERE id = 3;
UPDATE representations.complex_items SET "field-with_sep" = 1;`}, Script{"shops", shops}), nil
}

// shops is the part of the world that needs PostGIS, where the server has it. Its points are those that the cases expect.
const shops = `
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgis') THEN
    CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;
    CREATE TABLE test.shops (id int PRIMARY KEY, address text, shop_geom geometry(POINT, 4326));
    INSERT INTO test.shops VALUES
      (1, '1369 Cambridge St', 'SRID=4326;POINT(-71.10044 42.373695)'),
      (2, '757 Massachusetts Ave', 'SRID=4326;POINT(-71.10543 42.366432)'),
      (3, '605 W Kendall St', 'SRID=4326;POINT(-71.081924 42.36437)');
  END IF;
END $$`

// own are the tables of an area that are tables of its own, because its cases write to them.
var own = map[string][]string{
	"representations": {"items", "clients", "projects", "complex_items", "auto_incrementing_pk"},
	"mutations": {
		"items", "articles", "complex_items", "tiobe_pls", "simple_pk", "no_pk", "single_unique", "compound_unique", "safe_update_items", "safe_delete_items",
	},
}

// mirror is the schema of an area: what the schema test shows, as views and copies of its functions.
func mirror(area string, stmts []sql.Statement) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE SCHEMA %s;\n", area)
	var relations []string
	for _, s := range stmts {
		switch x := s.Stmt.(type) {
		case *sql.CreateTable:
			if x.Table.Name.Schema == "test" {
				relations = append(relations, x.Table.Name.Name)
			}
		case *sql.CreateView:
			if x.View.Name.Schema == "test" {
				relations = append(relations, x.View.Name.Name)
			}
		}
	}
	for _, r := range own[area] {
		name := sql.QuoteIdent(r)
		fmt.Fprintf(&b, "CREATE TABLE %s.%s (LIKE test.%s INCLUDING ALL);\n", area, name, name)
		if area == "mutations" && r == "articles" {
			fmt.Fprintf(&b, "INSERT INTO mutations.articles (id, body) VALUES (1, 'orig');\n")
		} else {
			fmt.Fprintf(&b, "INSERT INTO %s.%s SELECT * FROM test.%s;\n", area, name, name)
		}
	}
	for _, r := range relations {
		if !slices.Contains(own[area], r) {
			name := sql.QuoteIdent(r)
			fmt.Fprintf(&b, "CREATE VIEW %s.%s AS SELECT * FROM test.%s;\n", area, name, name)
		}
	}
	switch area {
	case "representations":
		b.WriteString(`ALTER TABLE representations.projects ADD CONSTRAINT client FOREIGN KEY (client_id) REFERENCES representations.clients (id);
CREATE SEQUENCE representations.auto_incrementing_pk_id_seq START 2;
ALTER TABLE representations.auto_incrementing_pk ALTER COLUMN id SET DEFAULT nextval('representations.auto_incrementing_pk_id_seq');
`)
	case "mutations":
		b.WriteString("UPDATE mutations.complex_items SET \"field-with_sep\" = 1;\n")
	}
	qualified := regexp.MustCompile(`\btest\.`)
	for _, s := range stmts {
		f, ok := s.Stmt.(*sql.CreateFunction)
		if !ok || f.Name.Schema != "test" || f.Returns == nil {
			continue
		}
		rowFunction := len(f.Params) == 1 && f.Params[0].Type != nil && f.Params[0].Type.Name.Schema == "test" && slices.Contains(relations, f.Params[0].Type.Name.Name)
		if rowFunction || f.Returns.SetOf {
			b.WriteString(qualified.ReplaceAllString(s.Text, area+".") + ";\n")
		}
	}
	return b.String()
}

// auth is the schema of the cases about roles: views that keep the caller's rights, and the functions.
func auth(stmts []sql.Statement) string {
	var b strings.Builder
	b.WriteString("CREATE SCHEMA IF NOT EXISTS auth;\nGRANT USAGE ON SCHEMA auth TO postgrest_test_anonymous, postgrest_test_author, postgrest_test_default_role;\n")
	for _, r := range []string{"authors_only", "private_table", "items", "has_count_column"} {
		fmt.Fprintf(&b, "CREATE VIEW auth.%s WITH (security_invoker = true) AS SELECT * FROM test.%s;\n", r, r)
		fmt.Fprintf(&b, "GRANT SELECT ON auth.%s TO postgrest_test_anonymous, postgrest_test_author, postgrest_test_default_role;\n", r)
	}
	names := []string{"login", "jwt_test", "reveal_big_jwt", "get_current_user", "switch_role", "privileged_hello", "get_guc_value"}
	qualified := regexp.MustCompile(`\btest\.`)
	for _, s := range stmts {
		if f, ok := s.Stmt.(*sql.CreateFunction); ok && f.Name.Schema == "test" && slices.Contains(names, f.Name.Name) {
			b.WriteString(qualified.ReplaceAllString(s.Text, "auth.") + ";\n")
		}
	}
	b.WriteString(`REVOKE EXECUTE ON FUNCTION auth.privileged_hello(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION auth.privileged_hello(text) TO postgrest_test_author;
`)
	return b.String()
}
