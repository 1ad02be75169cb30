// Package restconf runs public conformance data for the REST dialect (milmazz/bier, Apache-2.0, made of PostgREST's own tests) against the REST
// door over any engine.
//
// The data is not part of the project: Folder tells where it is looked for. Main types in order of meeting them: Case, World, Runner, Result.
package restconf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Folder is where the conformance data lies: MAINSTAY_CONFORMANCE, or shared/conformance beside the repository. It says false when there is none.
func Folder() (string, bool) {
	dir := os.Getenv("MAINSTAY_CONFORMANCE")
	if dir == "" {
		wd, err := os.Getwd()
		if err != nil {
			return "", false
		}
		for root := wd; ; root = filepath.Dir(root) {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				dir = filepath.Join(filepath.Dir(root), "shared", "conformance")
				break
			}
			if root == filepath.Dir(root) {
				return "", false
			}
		}
	}
	_, err := os.Stat(filepath.Join(dir, "rest", "cases"))
	return filepath.Join(dir, "rest"), err == nil
}

// Case is one request and what is expected of the answer.
type Case struct {
	ID            int
	Feature       string
	Request       Request
	Schema        string
	Config        map[string]any
	Preconditions []string
	Expect        Expect
}

// Request is an HTTP request, or (Kind cli) a call of PostgREST's own program, which is not run.
type Request struct {
	Kind     string
	Method   string
	Path     string
	Headers  map[string]string
	Body     any
	BodyJSON any     `yaml:"body_json"`
	BodyRaw  *string `yaml:"body_raw"`
	JWT      *struct {
		SignWith string `yaml:"sign_with"`
		Payload  map[string]any
	}
}

// Expect is what the answer must be.
type Expect struct {
	Status               int
	StatusText           string `yaml:"status_text"`
	Headers              map[string]string
	HeadersPresent       []string            `yaml:"headers_present"`
	HeadersAbsent        []string            `yaml:"headers_absent"`
	HeadersMatch         map[string]string   `yaml:"headers_match"`
	HeadersAbsentInValue map[string][]string `yaml:"headers_absent_in_value"`
	HeadersNoBlank       bool                `yaml:"headers_no_blank"`
	BodyExact            yaml.Node           `yaml:"body_exact"`
	BodyJSON             yaml.Node           `yaml:"body_json"`
	BodyContains         any                 `yaml:"body_contains"`
	BodyRaw              *string             `yaml:"body_raw"`
	BodyJSONPath         []PathCheck         `yaml:"body_jsonpath"`
}

// PathCheck is a demand on a part of a JSON body.
type PathCheck struct {
	Path    string
	Equals  yaml.Node
	Present *bool
	Absent  *bool
	Exists  *bool
}

// Load reads the cases of the folder, sorted by number.
func Load(folder string) ([]Case, error) {
	files, err := filepath.Glob(filepath.Join(folder, "cases", "*.yaml"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var list []Case
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		var c Case
		if err := yaml.Unmarshal(b, &c); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(f), err)
		}
		list = append(list, c)
	}
	return list, nil
}

// NotApplicable says why a case is not run against an engine that has PostGIS or not; "" when it is run.
func (c *Case) NotApplicable(postGIS bool) string {
	switch {
	case c.Request.Kind == "cli":
		return "runs PostgREST's own command line"
	case strings.HasPrefix(c.Feature, "content_negotiation/geojson/") && !postGIS:
		return "needs the extension PostGIS"
	case hasKey(c.Config, "jwt-secret") && c.Config["jwt-secret"] == nil, c.ID == 1764:
		return "is about a server without keys; Mainstay makes its own at first start"
	case c.Config["jwt-secret"] == "asymmetric_jwk_public_key":
		return "needs a key that the data does not hold (RS256 is tested in internal/identity)"
	case c.Config["server-trace-header"] == "":
		return "is about an answer without a request id; Mainstay always gives one"
	}
	return ""
}

// Anonymous says whether the case is about a server that serves anonymous callers.
func (c *Case) anonymous() bool {
	return !hasKey(c.Config, "db-anon-role") || c.Config["db-anon-role"] != nil || c.Expect.Status != 401
}

func hasKey(m map[string]any, k string) bool {
	_, ok := m[k]
	return ok
}
