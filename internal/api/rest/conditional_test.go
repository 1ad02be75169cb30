package rest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
)

// Whether a row is there is seen by one row, and what no read can have shown is not read to its end.
func TestConditionsReadNoMoreThanTheyMust(t *testing.T) {
	doors(t, rest.Options{MaxRows: 2, RollbackAll: true, Limits: rest.Limits{Answer: 250}}, func(t *testing.T, h http.Handler) {
		c := checker{t, h}
		if got := call(h, "PATCH /types\nIf-Match: *\n\n{\"b\":true}"); got != "No Content" {
			t.Error(got)
		}
		c.matches("POST /projects?select=id,name,data,price\nIf-Match: *\n\n{\"name\":\"x\"}", "Created")
		tag := call(h, "GET /projects?select=id&order=id&limit=2", "Etag")
		_, tag, _ = strings.Cut(tag, " | ")
		tag, _, _ = strings.Cut(tag, " | ")
		c.matches("PATCH /projects?select=id&order=id\nIf-Match: "+tag+"\n\n{\"price\":1}", `Precondition Failed \| .*`)
		c.matches("PATCH /projects?select=id&order=id&id=lt.3\nIf-Match: "+tag+"\n\n{\"price\":1}", "No Content")
	})
}

func TestCallsByPOSTTakeNoConditions(t *testing.T) {
	doors(t, rest.Options{}, func(t *testing.T, h http.Handler) {
		c := checker{t, h}
		const refused = `Bad Request \| {"code":"MS412",.*functions called by POST take no If-Match.*`
		c.matches("POST /rpc/add\nIf-Match: *\n\n{\"a\":1}", refused)
		c.matches("POST /rpc/add\nIf-None-Match: \"jx\"\n\n{\"a\":1}", refused)
		c.check("GET /rpc/add?a=1\nIf-None-Match: \"jx\"", "OK | 2")
	})
}

// However many statements a request is, the project's check of it runs once, and what it sets holds for all of them: a count of requests counts requests.
func TestChecksRunOnceARequest(t *testing.T) {
	prepared(t, rest.Options{}, func(t *testing.T, _ http.Handler, e engine.Engine) {
		const more = `create table asked (method text, path text);
grant all on all tables in schema public to authenticated;
grant usage on all sequences in schema public to authenticated;
create function count_it() returns void language plpgsql as $$
begin
  if current_setting('transaction_read_only') = 'off' then insert into asked values (current_setting('request.method'), current_setting('request.path')); end if;
  perform set_config('response.headers', '[{"X-Seen": "yes"}]', true), set_config('role', 'authenticated', true);
end $$;
create view who as select 1 as id, current_user::text as name;
grant select on who to authenticated`
		if err := e.Script(context.Background(), engine.Script{Text: more}, ignore{}); err != nil {
			t.Fatal(err)
		}
		h, plain := owners(e, rest.Options{Plan: plan.Options{PreRequest: "public.count_it"}}), owners(e, rest.Options{})
		for _, c := range []struct{ request, want, asked string }{
			{"PATCH /clients?id=eq.1&select=id\nIf-Match: *\n\n{\"name\":\"a\"}", "No Content | yes", `[{"method":"PATCH","path":"/clients"}]`},
			{"PATCH /clients?id=eq.1&select=id\nIf-Match: \"jx\", \"ox\"\n\n{\"name\":\"a\"}", "Precondition Failed | ", `[]`},
			{"POST /tasks?select=id,tasks(id)\nPrefer: nested=write, return=representation\n\n{\"id\":10,\"tasks\":[{\"id\":11}]}", "Created | yes | ", `[{"method":"POST","path":"/tasks"}]`},
			{"PUT /tasks?id=eq.10\nPrefer: nested=write\nIf-Match: *\n\n{\"id\":10,\"tasks\":[{\"id\":12}]}", "No Content | yes", `[{"method":"PUT","path":"/tasks"}]`},
			{"POST /batch\n\n[{\"method\":\"PATCH\",\"path\":\"/clients?id=eq.1\",\"headers\":{\"If-Match\":\"*\"},\"body\":{\"name\":\"b\"}},{\"method\":\"GET\",\"path\":\"/who\"}]", "OK |  | ",
				`[{"method":"PATCH","path":"/clients"}]`}, // a read counts nothing
		} {
			got := call(h, c.request, "X-Seen")
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: %s", c.request, got)
			}
			if strings.Contains(c.request, "/who") && !strings.Contains(got, `"name":"authenticated"`) {
				t.Error(got)
			}
			if asked := call(plain, "GET /asked"); asked != "OK | "+c.asked {
				t.Errorf("%s: counted %s, want %s", c.request, asked, c.asked)
			}
			if got := call(plain, "DELETE /asked"); got != "No Content" {
				t.Fatal(got)
			}
		}
	})
}
