package rest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

func TestNestedWritesAreBounded(t *testing.T) {
	doors(t, rest.Options{Limits: rest.Limits{NestedRows: 4, Depth: 3, Embeds: 2}}, func(t *testing.T, h http.Handler) {
		check := func(body, want string) {
			t.Helper()
			if got := call(h, "POST /tasks\nPrefer: nested=write\n\n"+body); got != want {
				t.Errorf("%.100s\n got %s\nwant %s", body, got, want)
			}
		}
		hint := `"hint":"Ask for less in one request, or raise the limit in the project's settings."`
		check(`[{"id":10},{"id":11},{"id":12},{"id":13}]`, "Created")
		check(`[{"id":20},{"id":21},{"id":22},{"id":23},{"id":24}]`, `Bad Request | {"code":"PGRST102","details":null,`+hint+`,"message":"The payload has more than 4 rows"}`)
		check(`{"id":20,"tasks":[{"id":21},{"id":22},{"id":23}]}`, "Created")
		check(`{"id":30,"tasks":[{"id":31},{"id":32},{"id":33},{"id":34}]}`, `Bad Request | {"code":"PGRST102","details":null,`+hint+`,"message":"The payload has more than 4 rows"}`)
		check(`{"id":40,"tasks":[{"id":41,"tasks":[{"id":42}]}]}`, "Created")
		deep := `Bad Request | {"code":"PGRST102","details":"At tasks[0].tasks[0].tasks.","hint":"Raise the limit in the project's settings.","message":"The payload is nested deeper than 3 rows"}`
		check(`{"id":50,"tasks":[{"id":51,"tasks":[{"id":52,"tasks":[]}]}]}`, deep)
		check(strings.Repeat(`{"tasks":[`, 4000)+strings.Repeat(`]}`, 4000), deep)
		check(strings.Repeat(`{"tasks":[`, 20000)+strings.Repeat(`]}`, 20000), `Bad Request | {"code":"PGRST102","details":null,"hint":null,"message":"Empty or invalid json"}`)
		check(`{"id":60,"projects":{"name":"a","clients":{"id":60,"name":"b"},"tasks":[{"id":61}]}}`,
			`Bad Request | {"code":"PGRST102","details":null,`+hint+`,"message":"The payload writes to more than 2 related resources"}`)
		if got, want := call(h, "GET /tasks?select=id&id=gte.10&order=id"), "OK | "+rows(10, 11, 12, 13, 20, 21, 22, 23, 40, 41, 42); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestCheckOfRequestsSeesNestedWrites(t *testing.T) {
	doors(t, rest.Options{Plan: plan.Options{PreRequest: "public.before_request"}}, func(t *testing.T, h http.Handler) {
		for _, step := range [][2]string{
			{"POST /tasks?select=id,tasks(id)\nPrefer: nested=write, return=representation\n\n{\"id\":10,\"tasks\":[{\"id\":11}]}", `Created | seen | [{"id":10,"tasks":[{"id":11}]}]`},
			{"POST /projects\nPrefer: nested=write\n\n{\"name\":\"a\",\"tasks\":[{\"id\":12}]}", `Bad Request |  | {"code":"P0001","details":null,"hint":null,"message":"projects are closed"}`},
			{"GET /tasks?select=id&id=gte.10&order=id", "OK | seen | " + rows(10, 11)},
		} {
			if got := call(h, step[0], "X-Before"); got != step[1] {
				t.Errorf("%s\n got %s\nwant %s", step[0], got, step[1])
			}
		}
	})
}

// Whatever a payload is, it is written or refused with a reason, and never breaks the door.
func FuzzNestedWrite(f *testing.F) {
	for _, body := range []string{
		`{"id":10,"tasks":[{"id":11,"projects":{"name":"a","clients":{"id":9,"name":"b"}}}]}`, `[{"id":10,"projects":{"id":1}},{"id":11,"projects":null}]`,
		`{"id":10,"tasks_parent_fkey":{"id":12},"name":"\u0041"}`, `[{"id":10,"tasks":[]},{"id":10,"tasks":[{"id":13}]}]`, `{"id":10,"parent":1,"tasks!x":[{}]}`, `[[]]`, `{"tasks":{}}`, `{"":[{}]}`,
		`{"id":10,"tasks":[{"id":11},{"id":11}]}`, `{"id":10,"projects":{"name":"too long for it"}}`, `{"id":10,"projects":{"id":{"a":1}}}`,
	} {
		f.Add(body, uint8(0))
		f.Add(body, uint8(7))
	}
	e, err := sqlite.Open(f.Context(), sqlite.Options{Dir: f.TempDir()})
	h := door(f, e, err, rest.Options{RollbackAll: true, Limits: rest.Limits{NestedRows: 50}})
	f.Fuzz(func(t *testing.T, body string, prefer uint8) {
		words := "nested=write"
		for i, word := range []string{"return=representation", "missing=default", "resolution=merge-duplicates"} {
			if prefer&(1<<i) != 0 {
				words += ", " + word
			}
		}
		switch got := call(h, "POST /tasks?select=id,tasks(id),projects(name,clients(id))\nPrefer: "+words+"\n\n"+body); {
		case strings.HasPrefix(got, "Created"), strings.HasPrefix(got, "OK"):
		case !strings.Contains(got, `"code":"`), strings.Contains(got, `"code":"XX`), strings.Contains(got, `"code":"PGRSTX`):
			t.Errorf("%q: %s", body, got)
		}
	})
}

func rows(ids ...int) string {
	var list []string
	for _, id := range ids {
		list = append(list, fmt.Sprintf(`{"id":%d}`, id))
	}
	return "[" + strings.Join(list, ", \n ") + "]"
}

// A large nested write costs a statement for each table, and the order of the payload decides which row is whose.
func TestNestedWriteKeepsItsRowsTogether(t *testing.T) {
	doors(t, rest.Options{}, func(t *testing.T, h http.Handler) {
		const parents = 300
		var list []string
		for i := range parents {
			list = append(list, fmt.Sprintf(`{"name":"p%d","tasks":[{"id":%d,"name":"a%d"},{"id":%d,"name":"b%d"}]}`, i, 1000+2*i, i, 1001+2*i, i))
		}
		if got := call(h, "POST /projects\nPrefer: nested=write\n\n["+strings.Join(list, ",")+"]"); got != "Created" {
			t.Fatal(got)
		}
		got := call(h, "GET /tasks?select=id,name,projects(name)&id=gte.1000&order=id")
		var want []string
		for i := range parents {
			want = append(want, fmt.Sprintf(`{"id":%d,"name":"a%d","projects":{"name":"p%d"}}`, 1000+2*i, i, i), fmt.Sprintf(`{"id":%d,"name":"b%d","projects":{"name":"p%d"}}`, 1001+2*i, i, i))
		}
		if got != "OK | ["+strings.Join(want, ", \n ")+"]" {
			t.Errorf("rows are not with their parents: %.500s", got)
		}
	})
}
