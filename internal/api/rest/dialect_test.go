package rest_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

type checker struct {
	t *testing.T
	h http.Handler
}

func (c checker) check(request, want string, headers ...string) {
	c.t.Helper()
	if got := call(c.h, request, headers...); got != want {
		c.t.Errorf("%s\n got %s\nwant %s", request, got, want)
	}
}

func (c checker) matches(request, want string, headers ...string) {
	c.t.Helper()
	if got := call(c.h, request, headers...); !regexp.MustCompile("(?s)^" + want + "$").MatchString(got) {
		c.t.Errorf("%s\n got %s\nwant %s", request, got, want)
	}
}

// What PostgREST 16 does and the conformance data of 14 does not cover (protocol document 1).
func TestSixteen(t *testing.T) {
	doors(t, rest.Options{RollbackAll: true}, func(t *testing.T, h http.Handler) {
		c := checker{t, h}
		const vary = "Accept, Prefer, Range"
		c.check("GET /clients?id=eq.1&select=id", "OK | "+vary+" | [{\"id\":1}]", "Vary")
		c.check("GET /nope", `Not Found | `+vary+` | PostgREST; error=PGRST205 | {"code":"PGRST205","details":null,"hint":null,"message":"Could not find the table 'public.nope' in the schema cache"}`, "Vary", "Proxy-Status")
		c.check("POST /labels\n\n{\"code\":\"v\"}", "Created | "+vary, "Vary")
		c.check("OPTIONS /clients", "OK | "+vary, "Vary")
		// Offsets are PostgreSQL's: a number is hours east, hours and minutes are POSIX's, west.
		c.check("GET /types?select=tz&id=eq.1\nPrefer: timezone=+02:30", `OK | timezone=+02:30 | [{"tz":"2020-01-02T00:34:05-02:30"}]`, "Preference-Applied")
		c.check("GET /types?select=tz&id=eq.1\nPrefer: timezone=-3", `OK | timezone=-3 | [{"tz":"2020-01-02T00:04:05-03:00"}]`, "Preference-Applied")
		c.check("GET /types?select=tz&id=eq.1\nPrefer: timezone=America/Lima", `OK | timezone=America/Lima | [{"tz":"2020-01-01T22:04:05-05:00"}]`, "Preference-Applied")
		c.check("GET /types?select=tz&id=eq.1\nPrefer: timezone=Jupiter/Io", `OK |  | [{"tz":"2020-01-02T03:04:05+00:00"}]`, "Preference-Applied")
		// A parameter may name an embedded resource that has an alias by its target, with a warning.
		c.check("GET /clients?select=id,p:projects(id)&p.id=eq.1&id=eq.1", `OK |  | [{"id":1,"p":[{"id":1}]}]`, "Warning")
		c.check("GET /clients?select=id,p:projects(id)&projects.id=eq.1&id=eq.1", `OK | 299 - "The embedded resource 'projects' has an alias, which parameters should use" | [{"id":1,"p":[{"id":1}]}]`, "Warning")
	})
}

// A cache between keeps no answer for one caller that another would get, whichever header said who asks.
func TestCachesTellCallersApart(t *testing.T) {
	prepared(t, rest.Options{}, func(t *testing.T, h http.Handler, e engine.Engine) {
		known := rest.New(e, rest.Options{CallerOf: func(r *http.Request) (query.Caller, error) {
			return query.Caller{Role: "postgres", Claims: []byte(`{}`), Method: r.Method, Path: r.URL.Path, Authenticated: true}, nil
		}})
		if got := call(known, "GET /clients?select=id&id=eq.1", "Cache-Control"); got != `OK | private | [{"id":1}]` {
			t.Error(got)
		}
		if got := call(known, "POST /labels\n\n{\"code\":\"v\"}", "Cache-Control"); got != "Created | " {
			t.Error(got)
		}
		for _, target := range []string{"/clients", "/nope", "/rpc/add?a=1"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
			if got := strings.Join(w.Header()["Vary"], ", "); got != "Accept, Prefer, Range, Authorization, apikey, Accept-Profile" {
				t.Errorf("%s: %s", target, got)
			}
			if got := w.Header().Get("Cache-Control"); got != "" {
				t.Errorf("%s: what anybody gets may be kept for anybody: %s", target, got)
			}
		}
	})
}

func TestBriefErrors(t *testing.T) {
	doors(t, rest.Options{Brief: true}, func(t *testing.T, h http.Handler) {
		checker{t, h}.check("GET /client", `Not Found | {"code":"PGRST205","message":"Could not find the table 'public.client' in the schema cache"}`)
	})
}

func TestWhatIsCutIsSaid(t *testing.T) {
	doors(t, rest.Options{MaxRows: 2}, func(t *testing.T, h http.Handler) {
		c := checker{t, h}
		const top = `299 - "The answer was cut at 2 rows, the most that this server gives; ask for the rest with limit and offset"`
		const within = `299 - "An embedded resource was cut at 2 rows, the most that this server gives"`
		c.check("GET /projects?select=id&order=id", "OK | "+top+" | 0-1/* | [{\"id\":1}, \n {\"id\":2}]", "Warning", "Content-Range")
		c.check("GET /projects?select=id&order=id&limit=3", "OK | "+top+" | 0-1/* | [{\"id\":1}, \n {\"id\":2}]", "Warning", "Content-Range")
		c.check("GET /projects?select=id&order=id&limit=2", "OK |  | 0-1/* | [{\"id\":1}, \n {\"id\":2}]", "Warning", "Content-Range")
		c.check("GET /projects?select=id&order=id&offset=2\nPrefer: count=exact", "Partial Content |  | 2-3/4 | [{\"id\":3}, \n {\"id\":4}]", "Warning", "Content-Range")
		c.check("GET /clients?select=id,projects(id)&id=eq.1", "OK | "+within+` | [{"id":1,"projects":[{"id":1}, `+"\n"+` {"id":2}]}]`, "Warning")
		c.check("GET /clients?select=id,projects(id)&id=eq.2", `OK |  | [{"id":2,"projects":[{"id":3}]}]`, "Warning")
		c.check("GET /clients?select=id,...projects(ids:id)&id=eq.1", "OK | "+within+` | [{"id":1,"ids":[1, 2]}]`, "Warning")
		c.check("GET /rpc/numbers", "OK | "+top+" | [1, 2]", "Warning")
		// Beyond the cap an estimated total is the larger of what was counted and what is likely.
		c.matches("GET /projects?select=id\nPrefer: count=estimated", `Partial Content \| 0-1/(4|\d{2,}) .*`, "Content-Range")
		c.check("GET /clients?select=id&order=id\nPrefer: count=estimated", "OK | 0-1/2 | [{\"id\":1}, \n {\"id\":2}]", "Content-Range")
		c.matches("HEAD /projects\nPrefer: count=planned", `(OK|Partial Content) \| 0-1/\d+ \| count=planned`, "Content-Range", "Preference-Applied")
		c.check("GET /projects?select=id&id=eq.77\nPrefer: count=estimated", "OK | */0 | []", "Content-Range")
	})
}

func TestPlansAreAnswered(t *testing.T) {
	doors(t, rest.Options{Plans: true, RollbackAll: true}, func(t *testing.T, h http.Handler) {
		c := checker{t, h}
		c.matches("GET /clients?id=eq.1\nAccept: application/vnd.pgrst.plan+json", `OK \| application/vnd.pgrst.plan\+json; for="application/json"; charset=utf-8 \| \[\s*\{\s*"Plan": .*`, "Content-Type")
		c.matches("GET /clients?id=eq.1\nAccept: application/vnd.pgrst.plan; options=analyze|verbose", `OK \| application/vnd.pgrst.plan\+text; for="application/json"; options=analyze\|verbose; charset=utf-8 \| .*clients.*`, "Content-Type")
		c.matches("GET /rpc/by_client?c=1\nAccept: application/vnd.pgrst.plan+json", `OK \| \[.*`)
		c.matches("POST /clients\nAccept: application/vnd.pgrst.plan+json\n\n{\"id\":9,\"name\":\"n\"}", `OK \| \[.*`)
		c.check("GET /clients?id=eq.9", "OK | []")
		c.check("GET /clients?nope=eq.1\nAccept: application/vnd.pgrst.plan+json", `Bad Request | {"code":"42703","details":null,"hint":"Perhaps you meant to reference the column \"clients.name\".","message":"column clients.nope does not exist"}`)
		c.check("GET /clients\nAccept: application/vnd.pgrst.plan+xml", `Not Acceptable | {"code":"PGRST107","details":null,"hint":null,"message":"None of these media types are available: application/vnd.pgrst.plan+xml"}`)
	})
}

func TestHandlersOfMediaTypes(t *testing.T) {
	doors(t, rest.Options{}, func(t *testing.T, h http.Handler) {
		c := checker{t, h}
		c.check("GET /rpc/page\nAccept: text/html", "OK | text/html | <b>hello</b>", "Content-Type")
		c.check("GET /rpc/page\nAccept: text/csv;q=0.1, text/html", "OK | text/html | <b>hello</b>", "Content-Type")
		c.matches("GET /rpc/page\nAccept: image/png", `Not Acceptable \| .*"PGRST107".*None of these media types are available: image/png.*`)
		c.check("GET /rpc/raw\nAccept: image/png", "OK | application/octet-stream | bytes", "Content-Type")
		c.check("GET /rpc/raw", "OK | application/octet-stream | bytes", "Content-Type")
		c.check("GET /clients?select=id&id=eq.1\nAccept: text/html, application/json", `OK | application/json; charset=utf-8 | [{"id":1}]`, "Content-Type")
		c.matches("GET /clients\nAccept: text/html", `Not Acceptable \| .*PGRST107.*`)
		c.matches("PATCH /clients?id=eq.1\nAccept: text/html\n\n{\"name\":\"x\"}", `Not Acceptable \| .*PGRST107.*`)
		c.check("GET /clients?select=name&id=eq.1", `OK | [{"name":"Microsoft"}]`)
	})
}

func TestACheckBeforeEveryRequest(t *testing.T) {
	doors(t, rest.Options{Plan: plan.Options{PreRequest: "public.before_request"}}, func(t *testing.T, h http.Handler) {
		c := checker{t, h}
		c.check("GET /clients?select=id&id=eq.1", `OK | seen | [{"id":1}]`, "X-Before")
		c.check("DELETE /labels?code=eq.none", "No Content | seen", "X-Before")
		c.check("POST /rpc/add\n\n{\"a\":1}", "OK | seen | 2", "X-Before")
		c.check("GET /projects?select=id", `Bad Request | {"code":"P0001","details":null,"hint":null,"message":"projects are closed"}`)
		c.check("POST /projects\n\n{\"id\":50}", `Bad Request | {"code":"P0001","details":null,"hint":null,"message":"projects are closed"}`)
	})
}

func TestAMissingCheckIsAnError(t *testing.T) {
	doors(t, rest.Options{Plan: plan.Options{PreRequest: "public.no_such"}}, func(t *testing.T, h http.Handler) {
		checker{t, h}.matches("GET /clients", `Not Found \| .*"42883".*function public.no_such\(\) does not exist.*`)
	})
}

func TestUpdatesOfEverythingCanBeRefused(t *testing.T) {
	doors(t, rest.Options{RequireFilter: true, RollbackAll: true}, func(t *testing.T, h http.Handler) {
		c := checker{t, h}
		c.check("PATCH /clients\n\n{\"name\":\"x\"}", `Bad Request | {"code":"21000","details":null,"hint":null,"message":"UPDATE requires a WHERE clause"}`)
		c.check("DELETE /tasks?order=id&limit=1", `Bad Request | {"code":"21000","details":null,"hint":null,"message":"DELETE requires a WHERE clause"}`)
		c.check("DELETE /tasks?or=(id.gt.0)", "No Content")
	})
}

func TestTimingIsForThoseWhoMayKnow(t *testing.T) {
	doors(t, rest.Options{ServerTiming: func(c query.Caller) bool { return true }}, func(t *testing.T, h http.Handler) {
		c := checker{t, h}
		c.matches("GET /clients?select=id&id=eq.1", `OK \| jwt;dur=[\d.]+, parse;dur=[\d.]+, plan;dur=[\d.]+, transaction;dur=[\d.]+, response;dur=[\d.]+ .*`, "Server-Timing")
		c.matches("OPTIONS /clients", `OK \| jwt;dur=[\d.]+, parse;dur=[\d.]+, response;dur=[\d.]+`, "Server-Timing")
	})
}

func TestTimingIsToldToNobodyByDefault(t *testing.T) {
	doors(t, rest.Options{}, func(t *testing.T, h http.Handler) {
		if got := call(h, "GET /clients", "Server-Timing"); !strings.HasPrefix(got, "OK |  |") {
			t.Errorf("got %s", got)
		}
	})
}
