package mainstay_test

import (
	"testing"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/exposure"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

// TestExposureReport reads the report of a server and asks the server whether it is true.
func TestExposureReport(t *testing.T) {
	s := mainstaytest.Run(t, mainstay.Server{Dir: project(t, "mainstay.toml", "[api]\nallow_without_rls = [\"named\"]\n", "migrations/1_a.sql", `
		create table ruled (id int primary key, owner uuid);
		create table closed (id int primary key);
		create table bare (id int primary key);
		create table named (id int primary key);
		create table kept (id int primary key);
		insert into ruled values (1, null); insert into closed values (1); insert into bare values (1); insert into named values (1); insert into kept values (1);
		alter table ruled enable row level security;
		alter table closed enable row level security;
		alter table kept enable row level security;
		create policy r on ruled for select using (true);
		create policy w on ruled for insert to authenticated with check (owner = auth.uid());
		create policy k on kept using (true);
		revoke all on kept from anon, authenticated;
		create view owners as select id from bare;
		create view callers with (security_invoker = on) as select id from bare;
		create view named_callers with (security_invoker = on) as select id from named;
		create view ruled_callers with (security_invoker = on) as select id from ruled;
	`)})
	want := map[string][3]string{
		"ruled":         {"read by policy", "read by policy, write by policy", "read all rows, write all rows"},
		"closed":        {"-", "-", "read all rows, write all rows"},
		"bare":          {"read not served, write not served", "read not served, write not served", "read all rows, write all rows"},
		"named":         {"read all rows, write all rows", "read all rows, write all rows", "read all rows, write all rows"},
		"kept":          {"-", "-", "read all rows, write all rows"},
		"owners":        {"read all rows, write all rows", "read all rows, write all rows", "read all rows, write all rows"},
		"callers":       {"read not served, write not served", "read not served, write not served", "read all rows, write all rows"},
		"named_callers": {"read all rows, write all rows", "read all rows, write all rows", "read all rows, write all rows"},
		"ruled_callers": {"read by policy, write by policy", "read by policy, write by policy", "read all rows, write all rows"},
	}
	// What a visitor sees of the one row of each.
	sees := map[string]string{"ruled": `[{"id":1}]`, "closed": `[]`, "named": `[{"id":1}]`, "owners": `[{"id":1}]`, "named_callers": `[{"id":1}]`, "ruled_callers": `[{"id":1}]`}
	reported := map[string]bool{}
	for _, line := range s.Exposure {
		name := line.Table.Name
		reported[name] = true
		for i, role := range exposure.Roles {
			if got := exposure.Summary(line.Access[i]); got != want[name][i] {
				t.Errorf("%s for %s: the report says %q, want %q", name, role, got, want[name][i])
			}
		}
		got := call(t, "GET", s.URL+"/rest/v1/"+name+"?select=id", "")
		if body, ok := sees[name]; ok != (got.status == 200) || ok && got.body != body {
			t.Errorf("%s as a visitor: %d %s, want %q", name, got.status, got.body, body)
		}
	}
	for name := range want {
		if !reported[name] {
			t.Errorf("%s is not in the report", name)
		}
	}
}
