package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/api/rest"
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
