package restconf

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mainstay-dev/mainstay/internal/api/gateway"
	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/identity"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

const (
	anonymous = "postgrest_test_anonymous"
	// Secret is the data's own, with which tokens are signed.
	Secret = "reallyreallyreallyreallyverysafe"
	// Audience is the only one that cases configure.
	Audience = "youraudience"
)

// Runner runs cases against doors over one engine that holds the world.
type Runner struct {
	Engine engine.Engine
	// Owner is the role of the cases that are not about roles.
	Owner string
	// Keys verify tokens; KeysFor do so for an audience.
	Keys    *identity.Keys
	KeysFor map[string]*identity.Keys
	// SignedIn are the keys of a server that serves nobody without credentials.
	SignedIn *identity.Keys
}

// Result is the outcome of a case: what is wrong, or why it was not run.
type Result struct {
	Case    *Case
	Skipped string
	Wrong   []string
}

// Setup runs the scripts of the world. A script that does not run as a whole is run statement by statement, and what fails is noted.
func Setup(ctx context.Context, e engine.Engine, world []Script, note func(script, statement string, err error)) {
	for _, s := range world {
		if e.Script(ctx, engine.Script{Text: s.Text, File: s.Name, Atomic: true}, silent{}) == nil {
			continue
		}
		stmts, err := sql.Parse(s.Text)
		if err != nil {
			note(s.Name, "", err)
			continue
		}
		path := ""
		for _, st := range stmts {
			switch x := st.Stmt.(type) {
			case *sql.Transaction:
				continue
			case *sql.Set:
				if x.Setting.Name == "search_path" {
					path = st.Text + ";\n"
					continue
				}
			}
			if err := e.Script(ctx, engine.Script{Text: path + st.Text, File: s.Name}, silent{}); err != nil {
				note(s.Name, st.Text, err)
			}
		}
	}
}

// silent ignores what a script yields.
type silent struct{}

func (silent) Begin([]engine.Column) error { return nil }
func (silent) Row(engine.Row) error        { return nil }
func (silent) Done(string) error           { return nil }
func (silent) Notice(string, string)       {}
func (silent) Refused(error)               {}

// Run runs a case. Writes are rolled back by the door, as the cases want it.
func (r *Runner) Run(ctx context.Context, c *Case) Result {
	res := Result{Case: c, Skipped: c.NotApplicable(r.Engine.Catalog().Extension("postgis") != nil)}
	if res.Skipped != "" {
		return res
	}
	for _, text := range c.Preconditions {
		if strings.HasPrefix(text, "COMMENT ON SCHEMA") {
			continue // the case has a schema of its own without a comment
		}
		// Some are sentences for people; those are no SQL and change nothing.
		_ = r.Engine.Script(ctx, engine.Script{Text: text}, silent{})
	}
	a := r.answer(ctx, c)
	res.Wrong = c.Check(a)
	return res
}

func (r *Runner) answer(ctx context.Context, c *Case) *Answer {
	handler := r.door(c)
	req := httptest.NewRequestWithContext(ctx, c.Request.Method, "http://localhost/", bytes.NewReader(c.payload()))
	path, rawQuery, _ := strings.Cut(c.Request.Path, "?")
	if p, err := url.PathUnescape(path); err == nil {
		path = p
	}
	req.URL.Path, req.URL.RawQuery = path, rawQuery
	req.RequestURI = c.Request.Path
	for k, v := range c.Request.Headers {
		req.Header.Set(k, v)
	}
	if len(c.payload()) > 0 && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if profile := c.profile(); profile != "" {
		for _, h := range []string{"Accept-Profile", "Content-Profile"} {
			if req.Header.Get(h) == "" {
				req.Header.Set(h, profile)
			}
		}
	}
	if c.Request.JWT != nil {
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims(c.Request.JWT.Payload)).SignedString([]byte(Secret))
		if err == nil {
			req.Header.Set("Authorization", "Bearer "+token)
		}
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, req)
	body := w.Body.Bytes()
	if profile := c.profile(); profile != "" && w.Code >= 300 {
		// The data names the schema of its areas test in what the door says of names.
		body = bytes.ReplaceAll(body, []byte(profile+"."), []byte("test."))
	}
	return &Answer{Status: w.Code, Header: w.Result().Header, Body: body}
}

func (c *Case) payload() []byte {
	switch {
	case c.Request.BodyRaw != nil:
		return []byte(*c.Request.BodyRaw)
	case c.Request.BodyJSON != nil:
		b, _ := json.Marshal(c.Request.BodyJSON) // came from YAML without cycles
		return b
	case c.Request.Body != nil:
		if s, ok := c.Request.Body.(string); ok {
			return []byte(s)
		}
		b, _ := json.Marshal(c.Request.Body)
		return b
	}
	return nil
}

// schemas are what the door exposes for the case, the first by default.
func (c *Case) schemas() []string {
	special := `SPECIAL "@/\#~_-`
	profiles := strings.HasPrefix(c.Feature, "headers/profile/")
	switch {
	case c.Schema == "multi", profiles:
		return []string{"v1", "v2", special}
	case c.Schema == "unicode":
		return []string{"تست"}
	case c.Schema == "openapi_no_schema_comment":
		return []string{"openapi_no_comment"}
	}
	all := []string{
		"test", "operators", "ordering", "pagination", "representations", "mutations", "rpc", "headers", "config", "domain_representations",
		"observability", "auth", "v1", "v2", special, "تست",
	}
	return all
}

func (c *Case) profile() string {
	s := c.schemas()
	if len(s) < 5 || c.Schema == "test" || c.Schema == "public" || c.Schema == "openapi" || !slices.Contains(s, c.Schema) {
		return ""
	}
	return c.Schema
}

func (r *Runner) door(c *Case) http.Handler {
	o := rest.Options{
		Schemas: c.schemas(), RollbackAll: true, AllowRollback: false,
		Plan: plan.Options{SearchPath: []string{"public"}}, Plans: true, RequireFilter: strings.HasPrefix(c.Feature, "mutations/safe-"),
	}
	o.Plan.PreRequest, _ = c.Config["db-pre-request"].(string)
	if v, ok := c.Config["db-aggregates-enabled"].(bool); ok {
		o.Plan.Aggregates = v
	}
	switch c.Config["openapi-mode"] {
	case "ignore-privileges", "ignore-acl":
		o.OpenAPI.Mode = rest.IgnorePrivileges
	case "disabled":
		o.OpenAPI.Mode = rest.DisabledOpenAPI
	}
	if v, ok := c.Config["openapi-security-active"].(bool); ok {
		o.OpenAPI.Security = v
	}
	if v, ok := c.Config["db-root-spec"].(string); ok {
		o.OpenAPI.RootSpec = v
	}
	if v, ok := c.Config["db-max-rows"].(int); ok {
		o.MaxRows = int64(v)
	}
	if v, ok := c.Config["server-timing-enabled"].(bool); ok {
		o.ServerTiming = func(query.Caller) bool { return v }
	}
	o.CallerOf = r.callerOf(c)
	g := gateway.Options{Log: slog.New(slog.DiscardHandler), Doors: []gateway.Door{{Prefix: "/", Handler: rest.New(r.Engine, o)}}}
	if v, ok := c.Config["server-cors-allowed-origins"].(string); ok && v != "" {
		g.Origins = strings.Split(v, ", ")
	}
	return gateway.New(g)
}

// callerOf is who asks: the owner where roles do not matter, else what the token says.
func (r *Runner) callerOf(c *Case) func(*http.Request) (query.Caller, error) {
	keys := r.Keys
	if v, ok := c.Config["jwt-aud"].(string); ok {
		keys = r.KeysFor[v]
	}
	if !c.anonymous() {
		keys = r.SignedIn
	}
	roles := c.Schema == "auth" || c.Schema == "openapi"
	return func(req *http.Request) (query.Caller, error) {
		q, err := keys.Caller(req)
		switch {
		case err != nil:
			return q, err
		case !roles:
			q.Role = r.Owner
		case q.Role == identity.Anon:
			q.Role = anonymous
			claims := map[string]any{}
			if json.Unmarshal(q.Claims, &claims) == nil {
				claims["role"] = anonymous
				q.Claims, _ = json.Marshal(claims) // what was unmarshalled marshals
			}
		}
		return q, nil
	}
}

// Report writes results for people: failures first, then what was not run, then the counts.
func Report(results []Result) string {
	var b strings.Builder
	passed, applicable := 0, 0
	for _, r := range results {
		if r.Skipped != "" {
			continue
		}
		applicable++
		if len(r.Wrong) == 0 {
			passed++
			continue
		}
		fmt.Fprintf(&b, "FAIL %d %s (%s): %s %s\n", r.Case.ID, r.Case.Feature, r.Case.Schema, r.Case.Request.Method, r.Case.Request.Path)
		for _, w := range r.Wrong {
			fmt.Fprintf(&b, "\t%s\n", w)
		}
	}
	for _, r := range results {
		if r.Skipped != "" && r.Case.Request.Kind != "cli" {
			fmt.Fprintf(&b, "not run: %d %s: %s\n", r.Case.ID, r.Case.Feature, r.Skipped)
		}
	}
	fmt.Fprintf(&b, "passed %d of %d applicable (%d cases)\n", passed, applicable, len(results))
	return b.String()
}
