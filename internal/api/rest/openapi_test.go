package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/api/rest"
)

func TestRootDescribesTheSchema(t *testing.T) {
	doors(t, rest.Options{OpenAPI: rest.OpenAPI{BasePath: "/rest/v1"}}, rootDescribesTheSchema)
}

func rootDescribesTheSchema(t *testing.T, h http.Handler) {
	got := call(h, "GET /", "Content-Type")
	kind, text, _ := strings.Cut(strings.TrimPrefix(got, "OK | "), " | ")
	if kind != "application/openapi+json; charset=utf-8" {
		t.Fatal(got)
	}
	var doc struct {
		BasePath    string
		Paths       map[string]map[string]struct{ Tags []string }
		Definitions map[string]struct {
			Required   []string
			Properties map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s is %s, want %s", what, got, want)
		}
	}
	check("base path", doc.BasePath, "/rest/v1")
	check("key", string(doc.Definitions["clients"].Properties["id"]), `{"description":"Note:\nThis is a Primary Key.\u003cpk/\u003e","format":"int32","type":"integer"}`)
	check("foreign key", string(doc.Definitions["projects"].Properties["client_id"]), "{\"description\":\"Note:\\nThis is a Foreign Key to `clients.id`.\\u003cfk table='clients' column='id'/\\u003e\",\"format\":\"int32\",\"type\":\"integer\"}")
	check("enum", string(doc.Definitions["clients"].Properties["m"]), `{"enum":["sad","ok"],"format":"mood","type":"string"}`)
	check("default", string(doc.Definitions["labels"].Properties["n"]), `{"default":7,"format":"int32","type":"integer"}`)
	check("required", strings.Join(doc.Definitions["clients"].Required, " "), "id name")
	check("function", doc.Paths["/rpc/add"]["get"].Tags[0], "(rpc) add")
	if _, ok := doc.Paths["/rpc/make"]["get"]; ok {
		t.Error("a volatile function is offered by GET")
	}
	check("csv", call(h, "GET /\nAccept: text/csv"), `Not Acceptable | {"code":"PGRST107","details":null,"hint":null,"message":"None of these media types are available: text/csv"}`)
	check("post", call(h, "POST /"), `Method Not Allowed | {"code":"PGRST117","details":null,"hint":null,"message":"Unsupported HTTP method: POST"}`)
	check("options", call(h, "OPTIONS /", "Allow"), "OK | OPTIONS,GET,HEAD")
}

func TestRootIsNothing(t *testing.T) {
	doors(t, rest.Options{OpenAPI: rest.OpenAPI{Mode: rest.DisabledOpenAPI}}, func(t *testing.T, h http.Handler) {
		if got, want := call(h, "GET /"), `Not Found | {"code":"PGRST126","details":null,"hint":null,"message":"Root endpoint metadata is disabled"}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestRootIsAFunction(t *testing.T) {
	doors(t, rest.Options{OpenAPI: rest.OpenAPI{RootSpec: "numbers"}}, func(t *testing.T, h http.Handler) {
		if got, want := call(h, "GET /"), "OK | [1, 2, 3]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
