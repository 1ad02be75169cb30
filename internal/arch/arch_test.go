package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/mainstay-dev/mainstay"

// root is the repository's folder.
const root = "../.."

// file is a parsed Go file of the project that is not a test.
type file struct {
	path   string // from the root, with slashes
	folder string
	syntax *ast.File
}

var positions = token.NewFileSet()

func files(t *testing.T, tests bool) []file {
	t.Helper()
	var all []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name == "node_modules" || name == "testdata" || name == "tools" || strings.HasPrefix(name, ".") && p != root {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") != tests {
			return nil
		}
		syntax, err := parser.ParseFile(positions, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		all = append(all, file{rel, path.Dir(rel), syntax})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// policy reads policy.txt: package → what it may import.
func policy(t *testing.T) (map[string][]string, []string) {
	t.Helper()
	text, err := os.ReadFile("policy.txt")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string][]string{}
	var order []string
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		name, allowed, _ := strings.Cut(line, "<")
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		rules[name] = strings.Fields(allowed)
		order = append(order, name)
	}
	return rules, order
}

func covers(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == prefix || strings.HasPrefix(name, prefix+"/")
	}
	return pattern == name
}

func TestImportsFollowThePolicy(t *testing.T) {
	rules, order := policy(t)
	ruleOf := func(name string) ([]string, bool) {
		if r, ok := rules[name]; ok {
			return r, true
		}
		i := slices.IndexFunc(order, func(p string) bool { return covers(p, name) })
		if i < 0 {
			return nil, false
		}
		return rules[order[i]], true
	}
	for _, f := range files(t, false) {
		allowed, ok := ruleOf(f.folder)
		if !ok {
			t.Errorf("%s: package %s is not in policy.txt: decide where it stands", f.path, f.folder)
			continue
		}
		for _, im := range f.syntax.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if p != module && !strings.HasPrefix(p, module+"/") {
				continue
			}
			name := strings.TrimPrefix(strings.TrimPrefix(p, module), "/")
			if name == "" {
				name = "."
			}
			if !slices.ContainsFunc(allowed, func(a string) bool { return covers(a, name) }) {
				t.Errorf("%s: %s may not import %s (internal/arch/policy.txt)", f.path, f.folder, name)
			}
		}
	}
}

// wrappers are dependencies that one package alone may know, so that they can be exchanged there.
var wrappers = map[string][]string{
	"github.com/ncruces/go-sqlite3":         {"internal/engine/sqlite"},
	"github.com/jackc/pgx/v5":               {"internal/engine/postgres", "test"},
	"github.com/wasilibs/go-pgquery/parser": {"internal/sql/grammar"},
	"github.com/golang-jwt/jwt/v5":          {"internal/identity", "test"},
	"github.com/BurntSushi/toml":            {"internal/project"},
	"github.com/wneessen/go-mail":           {"internal/mail"},
	"github.com/prometheus/client_golang":   {"internal/metrics"},
	"go.opentelemetry.io":                   {"internal/tracing"},
	"google.golang.org/protobuf":            {"internal/tracing"},
	"github.com/emersion/go-smtp":           {"internal/mail/smtptest", "internal/outbox", "test"},
	"github.com/emersion/go-sasl":           {"internal/mail/smtptest"},
	"github.com/go-webauthn/webauthn":       {"internal/passkey"},
	"github.com/boombuler/barcode":          {"internal/totp"},
	"github.com/coreos/go-oidc/v3":          {"internal/federation"},
	"golang.org/x/oauth2":                   {"internal/federation"},
	"golang.org/x/crypto":                   {"internal/password", "internal/wallet", "internal/engine/sqlite/builtin"},
	"github.com/decred/dcrd/dcrec":          {"internal/wallet", "test"},
	"filippo.io/mldsa":                      {"internal/identity"},
	"github.com/crewjam/saml":               {"internal/saml", "test"},
	"github.com/russellhaering/goxmldsig":   {"internal/saml", "test"},
	"github.com/beevik/etree":               {"test"},
	"github.com/fsnotify/fsnotify":          {"internal/project"},
	"github.com/spf13/cobra":                {"cmd/mainstay"},
	"github.com/lmittmann/tint":             {"cmd/mainstay"},
}

func TestDependenciesAreWrapped(t *testing.T) {
	for _, f := range files(t, false) {
		for _, im := range f.syntax.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(p, "/")
			if !strings.Contains(first, ".") || strings.HasPrefix(p, module) {
				continue
			}
			known := false
			for dep, folders := range wrappers {
				if p != dep && !strings.HasPrefix(p, dep+"/") {
					continue
				}
				known = true
				if !slices.ContainsFunc(folders, func(w string) bool { return covers(w+"/...", f.folder) }) {
					t.Errorf("%s: %s may be imported only below %v", f.path, p, folders)
				}
			}
			if !known && !extra(p) {
				t.Errorf("%s: dependency %s is not known: it enters by a decision record and belongs to one package", f.path, p)
			}
		}
	}
}

// extra are dependencies that any package may use where they fit.
func extra(p string) bool {
	for _, ok := range []string{"golang.org/x/crypto", "golang.org/x/sync", "golang.org/x/sys", "golang.org/x/text", "go.yaml.in/yaml/v4", "golang.org/x/tools/txtar"} {
		if p == ok || strings.HasPrefix(p, ok+"/") {
			return true
		}
	}
	return false
}

// NoC holds that nothing which compiles C where a compiler is present is imported: the grammar's root package and its C twin.
func TestNoPackageCompilesC(t *testing.T) {
	for _, f := range append(files(t, false), files(t, true)...) {
		for _, im := range f.syntax.Imports {
			switch im.Path.Value {
			case `"C"`, `"github.com/wasilibs/go-pgquery"`, `"github.com/pganalyze/pg_query_go/v6"`:
				t.Errorf("%s: imports %s, which compiles C", f.path, im.Path.Value)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	docs := map[string][]string{}
	folders := map[string]bool{}
	for _, f := range files(t, false) {
		folders[f.folder] = true
		if f.syntax.Doc != nil {
			docs[f.folder] = append(docs[f.folder], f.path)
		}
	}
	for folder := range folders {
		if n := len(docs[folder]); n != 1 {
			t.Errorf("%s has %d package comments, want one: %v", folder, n, docs[folder])
		}
	}
}

// sqlText finds statements in string literals. Messages in lower case and single words are no statements.
var sqlText = regexp.MustCompile(`\b(SELECT\s.*\bFROM|INSERT INTO|UPDATE\s\S+\sSET|DELETE FROM|CREATE (TABLE|VIEW|FUNCTION|POLICY|INDEX|SCHEMA)|ALTER TABLE|DROP TABLE|SET LOCAL)\b`)

// sqlRooms are where SQL text may stand.
func sqlRoom(folder string) bool {
	for _, room := range []string{"internal/engine", "internal/sql", "internal/catalog", "internal/arch", "test"} {
		if folder == room || strings.HasPrefix(folder, room+"/") {
			return true
		}
	}
	return false
}

func TestSQLStaysInTheEngines(t *testing.T) {
	for _, f := range files(t, false) {
		if sqlRoom(f.folder) {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && sqlText.MatchString(lit.Value) {
				t.Errorf("%s: SQL text outside the engines: %s", positions.Position(lit.Pos()), lit.Value)
			}
			return true
		})
	}
}

// engineName finds the engines' names in code. PostgreSQL as the name of the language and of the oracle is everybody's word.
var engineName = regexp.MustCompile(`(?i)sqlite|postgres\b`)

// engineRoom says where code may know which engine it is: their folders, the wiring and the command line that names them to people.
func engineRoom(f file) bool {
	return strings.HasPrefix(f.folder, "internal/engine/") || f.path == "wire.go" || f.path == "mainstay.go" || f.folder == "cmd/mainstay" || f.folder == "fault" ||
		strings.HasPrefix(f.folder, "test/") || f.folder == "internal/arch"
}

func TestEnginesAreNamedOnlyInTheirRooms(t *testing.T) {
	for _, f := range files(t, false) {
		if engineRoom(f) {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if engineName.MatchString(n.Name) {
					t.Errorf("%s: identifier %s names an engine", positions.Position(n.Pos()), n.Name)
				}
			case *ast.ImportSpec:
				return false // the policy's business
			}
			return true
		})
	}
}

// link finds relative links of Markdown.
var link = regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)

func TestLinksOfDocumentsExist(t *testing.T) {
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && p != root) {
			return filepath.SkipDir
		}
		if filepath.Ext(p) != ".md" {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(p), filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("%s: link to %s, which does not exist", p, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
