package catalog_test

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/catalog"
)

func TestDecodeGivesTheSameCatalog(t *testing.T) {
	for i, s := range schemas {
		c := build(t, s)
		data := c.Encode()
		d, err := catalog.Decode(data)
		if err != nil {
			t.Fatal(i, err)
		}
		if !maps.Equal(c.Facts(), d.Facts()) {
			t.Errorf("%d: %s", i, differences(d.Facts(), c.Facts()))
		}
		if !bytes.Equal(data, d.Encode()) {
			t.Errorf("%d: encoded again it is other bytes", i)
		}
		// Dependencies are there too: the same drop fails in the same words.
		for _, drop := range []string{"drop table t", "drop type status", "drop function touch()", "drop schema priv"} {
			if a, b := apply(t, c.Edit(), drop), apply(t, d.Edit(), drop); fmt.Sprint(a) != fmt.Sprint(b) {
				t.Errorf("%d: %s: %q, decoded %q", i, drop, a, b)
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	check := func(data []byte, want string) {
		t.Helper()
		if _, err := catalog.Decode(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	good := catalog.Empty().Encode()
	check(nil, "no stored catalog")
	check([]byte("something else"), "no stored catalog")
	head := bytes.IndexByte(good, '\n') + 1
	newer := bytes.Clone(good)
	newer[head] = 99
	check(newer, "newer version")
	check(good[:len(good)-3], "decode")
}

// project is a schema of n tables, with what a real one has beside them.
func project(n int) string {
	var b strings.Builder
	b.WriteString("create role authenticated; create function uid() returns uuid language sql stable as 'select null::uuid';")
	for i := range n {
		fmt.Fprintf(&b, `create table t%[1]d (id uuid primary key default gen_random_uuid(), owner uuid not null, title text check (length(title) > 3), body jsonb default '{}',
			n int default 0, parent uuid references t%[1]d on delete cascade, created_at timestamptz not null default now(), updated_at timestamptz, status text, flag boolean default false);
			create index on t%[1]d (owner); alter table t%[1]d enable row level security;
			create policy own on t%[1]d for all using (owner = (select uid())) with check (owner = (select uid()));
			create policy seen on t%[1]d for select using (exists (select 1 from t%[1]d p where p.id = t%[1]d.parent and p.owner = uid()));
			create function touch%[1]d() returns trigger language plpgsql as $$begin if new.title is distinct from old.title then new.updated_at := now(); end if;
				insert into t%[1]d (owner, title) select owner, title from t%[1]d where id = new.parent; return new; end$$;
			create trigger touch before update on t%[1]d for each row execute function touch%[1]d();
			grant select on t%[1]d to authenticated;`, i)
	}
	return b.String()
}

func BenchmarkDecode(b *testing.B) {
	data := build(b, project(50)).Encode()
	b.ReportMetric(float64(len(data)), "bytes")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := catalog.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
