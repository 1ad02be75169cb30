package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/catalog"
)

func TestRelationships(t *testing.T) {
	e := catalog.Empty().Edit()
	for i, s := range apply(t, e, `
		create table clients (id int primary key, name text);
		create table projects (id int primary key, client_id int references clients, parent_id int references projects);
		create table details (project_id int primary key references projects);
		create table users (id int primary key);
		create table members (user_id int references users, project_id int references projects, since date, primary key (user_id, project_id));
		create table follows (a int references users, b int references users, primary key (a, b));
		create table loose (user_id int references users, project_id int references projects, unique (user_id, project_id));
		create view project_view as select id as pid, client_id, upper('x') from projects;
		create view deep as select pid from project_view;
		create view client_names as select name from clients;
		create function recent(clients) returns setof projects language sql as 'select * from projects';
		create function owner(projects) returns setof clients rows 1 language sql as 'select * from clients';
	`) {
		if s != "" {
			t.Fatal(i, s)
		}
	}
	c := e.Done()
	check := func(table string, want ...string) {
		t.Helper()
		var got []string
		for _, r := range c.Relationships(c.Table("public", table)) {
			kind := [...]string{"m2o", "o2m", "o2o", "m2m", "fn"}[r.Kind]
			if r.IsParent {
				kind += " parent"
			}
			if r.SelfRef {
				kind += " self"
			}
			s := fmt.Sprintf("%s %s %s(%s)", kind, r.To.Name, r.Constraint, strings.Join(r.FromCols, ",")+" "+strings.Join(r.ToCols, ","))
			if r.Junction != nil {
				s = fmt.Sprintf("%s %s via %s %s(%s) %s(%s)", kind, r.To.Name, r.Junction.Name, r.JunctionFrom, strings.Join(r.JunctionFromCols, ","), r.JunctionTo, strings.Join(r.JunctionToCols, ","))
			}
			if r.Func != nil {
				s = fmt.Sprintf("%s %s %s many=%v", kind, r.To.Name, r.Func.Name, r.ToMany)
			}
			got = append(got, s)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", table, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	}
	check("clients", "o2m projects projects_client_id_fkey(id client_id)", "o2m project_view projects_client_id_fkey(id client_id)", "fn projects recent many=true")
	check("details", "o2o projects details_project_id_fkey(project_id id)", "o2o project_view details_project_id_fkey(project_id pid)", "o2o deep details_project_id_fkey(project_id pid)")
	check("follows", "m2o users follows_a_fkey(a id)", "m2o users follows_b_fkey(b id)")
	check("client_names")
	check("deep", "o2o parent details details_project_id_fkey(pid project_id)", "o2m members members_project_id_fkey(pid project_id)", "o2m loose loose_project_id_fkey(pid project_id)",
		"o2m projects projects_parent_id_fkey(pid parent_id)", "m2m users via members members_project_id_fkey(project_id) members_user_id_fkey(user_id)")
	check("users", "o2m members members_user_id_fkey(id user_id)", "o2m follows follows_a_fkey(id a)", "o2m follows follows_b_fkey(id b)", "o2m loose loose_user_id_fkey(id user_id)",
		"m2m projects via members members_user_id_fkey(user_id) members_project_id_fkey(project_id)", "m2m project_view via members members_user_id_fkey(user_id) members_project_id_fkey(project_id)",
		"m2m deep via members members_user_id_fkey(user_id) members_project_id_fkey(project_id)",
		"m2m self users via follows follows_a_fkey(a) follows_b_fkey(b)", "m2m self users via follows follows_b_fkey(b) follows_a_fkey(a)")
	check("projects", "m2o clients projects_client_id_fkey(client_id id)", "m2o self projects projects_parent_id_fkey(parent_id id)", "o2m self projects projects_parent_id_fkey(id parent_id)",
		"m2o project_view projects_parent_id_fkey(parent_id pid)", "m2o deep projects_parent_id_fkey(parent_id pid)",
		"o2o parent details details_project_id_fkey(id project_id)", "o2m members members_project_id_fkey(id project_id)", "o2m loose loose_project_id_fkey(id project_id)",
		"m2m users via members members_project_id_fkey(project_id) members_user_id_fkey(user_id)", "fn clients owner many=false")
}
