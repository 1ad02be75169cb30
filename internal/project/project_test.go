package project

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// write makes a folder of files: alternating names and contents.
func write(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, files ...string) *Project {
	t.Helper()
	p, err := Load(write(t, files...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOwnLayout(t *testing.T) {
	p := load(t,
		"mainstay.toml", "name = \"shop\"\n[api]\nschemas = [\"public\", \"shop\"]\nmax_rows = 50\n",
		"migrations/0010_b.sql", "select 2", "migrations/9_a.sql", "\ufeffselect 1", "migrations/notes.sql", "x",
		"seed.sql", "insert", "functions/hello/index.ts", "", "public/index.html", "")
	if p.Layout != Own || p.Config.Name != "shop" || p.Config.API.MaxRows != 50 || p.Config.API.Schemas[1] != "shop" || p.Config.API.Port != 54321 {
		t.Errorf("got %+v", p.Config)
	}
	if len(p.Migrations) != 2 || p.Migrations[0].Version != "9" || p.Migrations[0].Text != "select 1" || p.Migrations[1].Name != "b" {
		t.Errorf("got migrations %+v", p.Migrations)
	}
	if len(p.Seeds) != 1 || p.Functions == "" || p.Public == "" {
		t.Errorf("got %+v", p)
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "migrations/notes.sql is not applied") {
		t.Errorf("got warnings %q", p.Warnings)
	}
}

func TestSupabaseLayout(t *testing.T) {
	t.Setenv("SHOP_SECRET", "0123456789012345678901234567890123456789")
	files := []string{
		"supabase/config.toml", "project_id = \"x\"\n[api]\nport = 6000\n[auth]\njwt_secret = \"env(SHOP_SECRET)\"\n[db]\nmajor_version = 15\n[db.seed]\nsql_paths = [\"./seeds/*.sql\"]\n[edge_runtime]\nenabled = true\n",
		"supabase/migrations/20240101000000_init.sql", "create table t()",
		"supabase/seeds/b.sql", "2", "supabase/seeds/a.sql", "1",
		"schema.sql", "-- somebody's notes"}
	dir := write(t, files...)
	for _, named := range []string{dir, filepath.Join(dir, "supabase")} {
		p, err := Load(named)
		if err != nil {
			t.Fatal(err)
		}
		if p.Layout != Supabase || p.Config.Name != "x" || p.Config.API.Port != 6000 || len(p.Migrations) != 1 || len(p.Warnings) != 0 {
			t.Errorf("got %+v", p)
		}
		if p.Config.Auth.JWTSecret != os.Getenv("SHOP_SECRET") {
			t.Error("env(…) was not read")
		}
		if len(p.Seeds) != 2 || p.Seeds[0].Text != "1" {
			t.Errorf("got seeds %+v", p.Seeds)
		}
	}
}

func TestWrongFolders(t *testing.T) {
	check := func(want string, files ...string) {
		t.Helper()
		_, err := Load(write(t, files...))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	check("has none of mainstay.toml, schema.sql, migrations/ and supabase/", "README", "")
	check("mainstay.toml: line 2: ", "mainstay.toml", "name = \"a\"\nport = = 1\n")
	check("api.port must be between 1 and 65535", "mainstay.toml", "[api]\nport = 70000\n")
	check("api.trusted_proxies must name your own proxies", "mainstay.toml", "[api]\ntrusted_proxies = [\"::/0\"]\n")
	check("api.max_rows must be at least 1", "mainstay.toml", "[api]\nmax_rows = 0\n")
	check("api.schemas must name at least one schema", "mainstay.toml", "[api]\nschemas = []\n")
	check("api.statement_timeout must be a time", "mainstay.toml", "[api]\nstatement_timeout = \"soon\"\n")
	check("api.export_timeout must be a time", "mainstay.toml", "[api]\nexport_timeout = \"long\"\n")
	check("api.cursor_lifetime must be at least 1s", "mainstay.toml", "[api]\ncursor_lifetime = \"0s\"\n")
	check("api.max_export_rows must be", "mainstay.toml", "[api]\nmax_export_rows = -1\n")
	check("api.limits.exports must be at least 1", "mainstay.toml", "[api.limits]\nexports = -1\n")
	check("db.migration_timeout must be a time", "mainstay.toml", "[db]\nmigration_timeout = \"-1s\"\n")
	check("api.idempotency_keep must be at least 1s", "mainstay.toml", "[api]\nidempotency_keep = \"0s\"\n")
	check("api.limits.batch_requests must be at least 1", "mainstay.toml", "[api.limits]\nbatch_requests = -1\n")
	check("api.metrics must be", "mainstay.toml", "[api]\nmetrics = \"me\"\n")
	check("api.kept_answer_bytes must be", "mainstay.toml", "[api]\nkept_answer_bytes = -1\n")
	check("api.statement_shapes must be", "mainstay.toml", "[api]\nstatement_shapes = 200000\n")
	check("api.slow_statement must be", "mainstay.toml", "[api]\nslow_statement = \"soon\"\n")
	check("api.server_timing must be", "mainstay.toml", "[api]\nserver_timing = \"me\"\n")
	check("api.tx_end must be", "mainstay.toml", "[api]\ntx_end = \"never\"\n")
	check("api.errors must be", "mainstay.toml", "[api]\nerrors = \"none\"\n")
	check("api.csv_formulas must be", "mainstay.toml", "[api]\ncsv_formulas = \"run\"\n")
	check("api.limits.embeds must be at least 1", "mainstay.toml", "[api.limits]\nembeds = -1\n")
	check("auth.jwt_secret must have at least 32 bytes", "mainstay.toml", "[auth]\njwt_secret = \"short\"\n")
	check("auth.email.template.invite: colour is none of subject", "mainstay.toml", "[auth.email.template.invite]\ncolour = \"red\"\n")
	check("auth.email.template.invite: de: content_path must be a text", "mainstay.toml", "[auth.email.template.invite.de]\ncontent_path = 1\n")
	check("auth.email.template.invite: open", "mainstay.toml", "[auth.email.template.invite]\ncontent_path = \"absent.html\"\n")
	check("auth.leaked_passwords.lookup_url must be an https address", "mainstay.toml", "[auth.leaked_passwords]\nlookup_url = \"http://lists.test/range\"\n")
	check("auth.leaked_passwords.timeout must be a time", "mainstay.toml", "[auth.leaked_passwords]\ntimeout = \"soon\"\n")
	check("have the same version 1", "migrations/1_a.sql", "", "migrations/1_b.sql", "")
	_, err := Load(write(t, "README", ""))
	if !errors.Is(err, ErrNoProject) {
		t.Errorf("got %v, want ErrNoProject", err)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("an absent folder was loaded")
	}
}

func TestSettingsOfTheDoor(t *testing.T) {
	p := load(t, "mainstay.toml", `[api]
plan_enabled = true
idempotency_keep = "2h"
server_timing = "nobody"
metrics = "everyone"
slow_statement = "250ms"
kept_answer_bytes = 1000
statement_shapes = 50
pre_request = "public.check"
tx_end = "rollback"
require_filter = true
errors = "minimal"
csv_formulas = "quote"
cors_origins = ["https://shop.example"]
[api.limits]
url_bytes = 1
parameters = 2
fields = 3
conditions = 4
values = 5
nesting = 6
embeds = 7
batch_requests = 8
idempotency_key_bytes = 9
idempotency_answer_bytes = 10
nested_rows = 11
[api.settings]
greeting = "hello"
[auth]
jwt_role_claim = "$.roles[0]"
anonymous = false
`)
	a, want := p.Config.API, RequestLimits{URLBytes: 1, Parameters: 2, Fields: 3, Conditions: 4, Values: 5, Nesting: 6, Embeds: 7, BatchRequests: 8, IdempotencyKey: 9, IdempotencyAnswer: 10, NestedRows: 11}
	if !a.Plans || a.IdempotencyKeep != 2*time.Hour || a.ServerTiming != "nobody" || a.Metrics != "everyone" || a.SlowStatement != 250*time.Millisecond || a.KeptAnswerBytes != 1000 || a.StatementShapes != 50 || a.PreRequest != "public.check" || a.TxEnd != "rollback" || !a.RequireFilter || a.Errors != "minimal" || a.CSVFormulas != "quote" ||
		len(a.Origins) != 1 || a.Limits != want || a.Settings["greeting"] != "hello" || p.Config.Auth.RoleClaim != "$.roles[0]" || p.Config.Auth.Anonymous || len(p.Warnings) > 0 {
		t.Errorf("got %+v %+v %q", a, p.Config.Auth, p.Warnings)
	}
	a = load(t, "mainstay.toml", "").Config.API
	if a.Plans || a.IdempotencyKeep != 24*time.Hour || a.ServerTiming != "service_role" || a.Metrics != "service_role" || a.SlowStatement != time.Second || a.KeptAnswerBytes != 32<<20 || a.StatementShapes != 1000 || a.TxEnd != "commit" || a.RequireFilter || a.Errors != "verbose" || a.CSVFormulas != "keep" || a.Origins != nil {
		t.Errorf("got %+v", a)
	}
}

func TestUnknownSettingIsSaid(t *testing.T) {
	p := load(t, "mainstay.toml", "[api]\nmax_row = 5\n")
	if len(p.Warnings) != 1 || p.Warnings[0] != "mainstay.toml: unknown setting api.max_row" {
		t.Errorf("got %q", p.Warnings)
	}
}

func TestWatchTellsOfChanges(t *testing.T) {
	p := load(t, "mainstay.toml", "", "migrations/1_a.sql", "select 1")
	w, err := p.Watcher()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	if err := os.WriteFile(filepath.Join(p.Root, "migrations", "2_b.sql"), []byte("select 2"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	told := 0
	if err := w.Run(ctx, func() { told++; cancel() }); err != nil {
		t.Fatal(err)
	}
	if told != 1 {
		t.Errorf("told %d times, want once", told)
	}
}

func TestSignInSettingsThatAreRefused(t *testing.T) {
	check := func(settings, want string) {
		t.Helper()
		if _, err := Load(write(t, "mainstay.toml", settings)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", settings, err, want)
		}
	}
	check("[auth.hook.send_mail]\nenabled = true\n", "auth.hook.send_mail: there is no such hook")
	check("[auth.hook.send_email]\nenabled = true\ntimeout = \"31s\"\n", "auth.hook.send_email.timeout must be a time of at most 30s")
	check("[auth.sms.twilio]\nenabled = true\n[auth.sms.vonage]\nenabled = true\n", "both twilio and vonage are enabled")
}
