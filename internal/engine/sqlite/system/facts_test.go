package system

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

var update = flag.Bool("update", false, "write facts.txt from PostgreSQL")

// factsSQL gives, for each system relation, its number, schema, name, kind and columns; domains of information_schema are told by their base types.
const factsSQL = `
select c.oid || e'\t' || n.nspname || e'\t' || c.relname || e'\t' || c.relkind::text || e'\t' ||
	string_agg(a.attname || ':' || coalesce(b.typname || case when t.typtypmod > 4 then '(' || t.typtypmod - 4 || ')' else '' end, t.typname) || case when a.attnotnull then '!' else '' end, ',' order by a.attnum)
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not attisdropped
	join pg_type t on t.oid = a.atttypid left join pg_type b on b.oid = t.typbasetype
where n.nspname in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'v') and c.relname not like '\_pg\_%'
group by c.oid, n.nspname, c.relname, c.relkind order by n.nspname, c.relname`

// TestFactsArePostgreSQLs writes facts.txt with -update, else compares it with the server. MAINSTAY_TEST_POSTGRES is a PostgreSQL 15 URL or keyword string.
func TestFactsArePostgreSQLs(t *testing.T) {
	url := os.Getenv("MAINSTAY_TEST_POSTGRES")
	if url == "" {
		t.Skip("MAINSTAY_TEST_POSTGRES is not set")
	}
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(context.Background(), factsSQL)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile("facts.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != serverFacts {
		t.Error("facts.txt is not what the server says; run with -update")
	}
}
