package builtin

import (
	"cmp"
	"context"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

var update = flag.Bool("update", false, "write facts.txt and testdata from PostgreSQL")

// connect opens the oracle, or skips the test: MAINSTAY_TEST_POSTGRES is a PostgreSQL URL or keyword string.
func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	url := os.Getenv("MAINSTAY_TEST_POSTGRES")
	if url == "" {
		t.Skip("MAINSTAY_TEST_POSTGRES is not set")
	}
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

const factsSQL = `
select 'f', p.oid::text, p.proname::text,
	coalesce((select string_agg(ty.typname, ',' order by o) from unnest(p.proargtypes) with ordinality u(t, o) join pg_type ty on ty.oid = u.t), ''),
	coalesce((select string_agg(coalesce(n, ''), ',' order by o) from unnest(p.proargnames) with ordinality x(n, o)
		where p.proargmodes is null or p.proargmodes[o] in ('i', 'b', 'v')), ''),
	case when p.provariadic <> 0 then 'v' else '' end || case when p.proisstrict then 's' else '' end || case when p.proretset then 'r' else '' end,
	p.prokind::text, p.provolatile::text, rt.typname::text,
	coalesce((select string_agg(pg_get_function_arg_default(p.oid, i), '|' order by i) from generate_series(p.pronargs - p.pronargdefaults + 1, p.pronargs) i), ''),
	coalesce((select string_agg(coalesce(p.proargnames[o], 'column' || o) || ':' || ty.typname, ',' order by o)
		from unnest(p.proallargtypes) with ordinality a(t, o) join pg_type ty on ty.oid = a.t where p.proargmodes[o] in ('o', 't', 'b')), ''),
	coalesce((select e.extname::text from pg_depend d join pg_extension e on e.oid = d.refobjid where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'), '') ext,
	coalesce((select ag.aggnumdirectargs::text from pg_aggregate ag where ag.aggfnoid = p.oid and ag.aggkind <> 'n'), '')
from pg_proc p join pg_type rt on rt.oid = p.prorettype
where p.pronamespace = 'pg_catalog'::regnamespace
	or exists (select 1 from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`

const operatorFactsSQL = `
select 'o', o.oid::text, o.oprname::text, coalesce(l.typname, '-')::text, r.typname::text, res.typname::text,
	p.proname || '(' || (select string_agg(ty.typname, ',' order by n) from unnest(p.proargtypes) with ordinality u(t, n) join pg_type ty on ty.oid = u.t) || ')',
	coalesce((select c.oprname::text from pg_operator c where c.oid = o.oprcom), ''), coalesce((select c.oprname::text from pg_operator c where c.oid = o.oprnegate), ''),
	case when o.oprcanmerge or o.oprcanhash then 'h' else '' end,
	coalesce((select e.extname::text from pg_depend d join pg_extension e on e.oid = d.refobjid where d.classid = 'pg_operator'::regclass and d.objid = o.oid and d.deptype = 'e'), '')
from pg_operator o left join pg_type l on l.oid = o.oprleft join pg_type r on r.oid = o.oprright join pg_type res on res.oid = o.oprresult join pg_proc p on p.oid = o.oprcode`

const castFactsSQL = `
select 'c', s.typname::text, t.typname::text, castcontext::text, castmethod::text,
	coalesce((select p.proname || '(' || (select string_agg(ty.typname, ',' order by n) from unnest(p.proargtypes) with ordinality u(t, n) join pg_type ty on ty.oid = u.t) || ')'
		from pg_proc p where p.oid = castfunc), '')
from pg_cast join pg_type s on s.oid = castsource join pg_type t on t.oid = casttarget`

// TestFactsArePostgreSQLs writes facts.txt with -update, else compares it with the server: every implemented function with its exact
// signature, and the operators and casts made of them.
func TestFactsArePostgreSQLs(t *testing.T) {
	conn := connect(t)
	impls := implementations()
	var lines []string
	read := func(sql string, keep func(f []string) bool) {
		rows, err := conn.Query(context.Background(), sql)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var out []string
		for rows.Next() {
			vals, err := rows.Values()
			if err != nil {
				t.Fatal(err)
			}
			f := make([]string, len(vals))
			for i, v := range vals {
				f[i] = v.(string)
			}
			if keep(f) {
				out = append(out, strings.Join(f, "\t"))
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(out, func(a, b string) int {
			x, y := strings.Split(a, "\t"), strings.Split(b, "\t")
			return cmp.Or(cmp.Compare(x[2], y[2]), slices.Compare(x[3:], y[3:]))
		})
		lines = append(lines, out...)
	}
	// What extra.txt says goes before what the server says.
	extra := map[string]bool{}
	for line := range strings.Lines(extraFacts) {
		if f := strings.Split(line, "\t"); f[0] == "f" {
			extra[f[2]+"("+f[3]+")"] = true
		}
	}
	seen := maps.Clone(extra)
	read(factsSQL, func(f []string) bool {
		k := f[2] + "(" + f[3] + ")"
		if impls[k] == nil || extra[k] || f[2] == "bpchar" && seen[k] {
			return false
		}
		if f[11] != "" {
			f[1] = "0"
		}
		seen[k] = true
		return true
	})
	for k := range impls {
		if !seen[k] {
			t.Errorf("PostgreSQL has no function %s", k)
		}
	}
	read(operatorFactsSQL, func(f []string) bool {
		if f[10] != "" {
			f[1] = "0"
		}
		return seen[f[6]]
	})
	read(castFactsSQL, func(f []string) bool {
		if f[5] != "" && !seen[f[5]] {
			t.Logf("no cast from %s to %s: %s", f[1], f[2], f[5])
			return false
		}
		return knownType(f[1]) && knownType(f[2])
	})
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
