package project

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Config is a project's settings. The zero value of each part is filled with its default by Load.
// In the supabase/ layout it is read from config.toml, whose other settings are left to their own tools.
type Config struct {
	Name string // the project's name; default: the folder's
	API  API
	Auth Auth
	DB   DB
	Seed Seed

	Telemetry Telemetry
}

// API is how data is served.
type API struct {
	Port int // default 54321
	// ExternalURL is the server's address as users reach it, of which links in mails are made; default: where it listens.
	ExternalURL string
	Schemas     []string // exposed, the first one is the default; default ["public"]
	// ExtraSearchPath follows the request's schema in search_path; default ["public", "extensions"].
	ExtraSearchPath []string
	MaxRows         int64 // rows a request at most; default 1000
	// AllowWithoutRLS names tables ("name" or "schema.name", "*" for all) that anon and authenticated may reach though they have no
	// row-level security. Default: none.
	AllowWithoutRLS []string
	Aggregates      bool  // aggregate functions in select; default false
	MaxBodyBytes    int64 // default 10 MiB
	MaxAnswerBytes  int64 // default 64 MiB
	// StatementTimeout ends a request's statement that runs longer; default 30 s, 0 is never.
	StatementTimeout time.Duration

	// SlowStatement is the time from which a statement is written to the log with its plan; default 1 s, 0 is never.
	SlowStatement time.Duration

	// StatementShapes is how many shapes of statements are counted, each for itself; default 1000, 0 is none.
	StatementShapes int

	// ExportTimeout is StatementTimeout of an answer that is streamed; default 10 min, 0 is never. MaxExportRows is its MaxRows; default MaxRows.
	ExportTimeout time.Duration
	MaxExportRows int64

	CursorLifetime time.Duration // how long the cursor of a page is good for; default 24 h

	// IdempotencyKeep is for how long the answer to a request with an Idempotency-Key is kept; default 24 h.
	IdempotencyKeep time.Duration

	// KeptAnswerBytes bounds the memory for answers that are given again while nothing that they were made of has changed; default 32 MiB, 0 keeps none.
	KeptAnswerBytes int64

	// What one request may ask for. Zero is the door's default.
	Limits RequestLimits

	Overload Overload

	Plans         bool              // the plan media type; default false
	ServerTiming  string            // who is told how long the parts of a request took: "service_role" (default), "everyone", "nobody"
	Metrics       string            // who may read /metrics: "service_role" (default: with the secret key), "everyone", "nobody"
	PreRequest    string            // function called first in the transaction of every request ("schema.name"); default none
	TxEnd         string            // "commit" (default), "commit-allow-override", "rollback", "rollback-allow-override"
	RequireFilter bool              // refuse updates and deletions of all rows; default false
	Errors        string            // "verbose" (default) or "minimal": code and message only
	CSVFormulas   string            // "keep" (default), or "quote": an apostrophe before texts that a spreadsheet would run
	Origins       []string          // whose pages may read answers (CORS); default: every one
	Proxies       []netip.Prefix    // of the project's own proxies, whose X-Forwarded-For is believed; default: none
	Settings      map[string]string // app.settings.NAME of every request's transaction
}

// Overload is what happens to requests that come faster than they can be answered.
type Overload struct {
	Slots   int           // requests of a kind that are worked on at a time, at most; default 256, negative is no bound and no queue
	Waiting int           // those that wait, at most; default 1024
	Wait    time.Duration // how long they should have to, while more come than get done; default 100 ms
	Longest time.Duration // how long any waits; default 10 s
}

// RequestLimits bound what one request may ask for.
type RequestLimits struct {
	URLBytes   int `toml:"url_bytes"`
	Parameters int `toml:"parameters"`
	Fields     int `toml:"fields"`
	Conditions int `toml:"conditions"`
	Values     int `toml:"values"`
	Nesting    int `toml:"nesting"`
	Embeds     int `toml:"embeds"`
	Exports    int `toml:"exports"`
	NestedRows int `toml:"nested_rows"`

	BatchRequests     int `toml:"batch_requests"`
	IdempotencyKey    int `toml:"idempotency_key_bytes"`
	IdempotencyAnswer int `toml:"idempotency_answer_bytes"`
}

// Auth is how callers are known.
type Auth struct {
	SiteURL   string   // default http://localhost:3000
	JWTSecret string   // the project's own HS256 secret; default: made at first start
	Issuer    string   // iss that tokens must carry; default: any
	Audience  []string // aud, one of which tokens must carry; default: any
	RoleClaim string   // path to the claim that names the role; default $.role
	Anonymous bool     // requests without credentials are served, as anon; default true
	SignIn    SignIn
}

// DB is where the data is.
type DB struct {
	// URL of a PostgreSQL database; default: the embedded engine. The environment's DATABASE_URL and the flag outrank it.
	URL string
	// MigrationTimeout ends a migration or seed file that runs longer; default 30 min, 0 is never.
	MigrationTimeout time.Duration
}

// Telemetry is where traces of requests go.
type Telemetry struct {
	Endpoint string            // of a collector that speaks OTLP over HTTP, "http://127.0.0.1:4318"; default: the environment's, or none
	Headers  map[string]string // of requests to it
	Ratio    float64           // of requests that are recorded; default 1
}

// Seed is the data that a new database gets.
type Seed struct {
	Enabled bool     // default true
	Paths   []string // patterns relative to the folder; default ["seed.sql"]
}

// Limits of numbers in settings.
const (
	defaultPort      = 54321
	defaultMaxRows   = 1000
	defaultMaxBody   = 10 << 20
	defaultMaxAnswer = 64 << 20
	defaultTimeout   = 30 * time.Second
	defaultExport    = 10 * time.Minute
	defaultCursor    = 24 * time.Hour
	defaultMigration = 30 * time.Minute
	defaultKeep      = 24 * time.Hour
	defaultKept      = 32 << 20
	defaultShapes    = 1000
	maxShapes        = 100_000
	maxConfigBytes   = 1 << 20
	defaultSite      = "http://localhost:3000"
	configOwn        = "mainstay.toml"
	configSupabase   = "config.toml"
	settingPassword  = "env(" // env(NAME) takes a value from the environment, as in the supabase/ layout
)

// document is the settings file. The two layouts share it: what the ecosystem names differently has both names.
type document struct {
	Name      *string `toml:"name"`
	ProjectID *string `toml:"project_id"`
	API       struct {
		Enabled          *bool     `toml:"enabled"`
		Port             *int      `toml:"port"`
		ExternalURL      *string   `toml:"external_url"`
		Schemas          *[]string `toml:"schemas"`
		ExtraSearchPath  *[]string `toml:"extra_search_path"`
		MaxRows          *int64    `toml:"max_rows"`
		AllowWithoutRLS  *[]string `toml:"allow_without_rls"`
		Aggregates       *bool     `toml:"aggregates"`
		MaxBodyBytes     *int64    `toml:"max_body_bytes"`
		MaxAnswerBytes   *int64    `toml:"max_answer_bytes"`
		StatementTimeout *string   `toml:"statement_timeout"`
		SlowStatement    *string   `toml:"slow_statement"`
		ExportTimeout    *string   `toml:"export_timeout"`
		MaxExportRows    *int64    `toml:"max_export_rows"`
		IdempotencyKeep  *string   `toml:"idempotency_keep"`
		CursorLifetime   *string   `toml:"cursor_lifetime"`

		KeptAnswerBytes *int64 `toml:"kept_answer_bytes"`
		StatementShapes *int   `toml:"statement_shapes"`

		Overload struct {
			Slots       *int    `toml:"slots"`
			Waiting     *int    `toml:"waiting"`
			Wait        *string `toml:"wait"`
			LongestWait *string `toml:"longest_wait"`
		} `toml:"overload"`

		Limits        RequestLimits      `toml:"limits"`
		Plans         *bool              `toml:"plan_enabled"`
		ServerTiming  *string            `toml:"server_timing"`
		Metrics       *string            `toml:"metrics"`
		PreRequest    *string            `toml:"pre_request"`
		TxEnd         *string            `toml:"tx_end"`
		RequireFilter *bool              `toml:"require_filter"`
		Errors        *string            `toml:"errors"`
		CSVFormulas   *string            `toml:"csv_formulas"`
		Origins       *[]string          `toml:"cors_origins"`
		Proxies       *[]netip.Prefix    `toml:"trusted_proxies"`
		Settings      *map[string]string `toml:"settings"`
	} `toml:"api"`
	Auth struct {
		SiteURL   *string   `toml:"site_url"`
		JWTSecret *string   `toml:"jwt_secret"`
		Issuer    *string   `toml:"jwt_issuer"`
		Audience  *[]string `toml:"jwt_audience"`
		RoleClaim *string   `toml:"jwt_role_claim"`
		Anonymous *bool     `toml:"anonymous"`
		signInDocument
	} `toml:"auth"`
	Telemetry struct {
		Endpoint *string            `toml:"otlp_endpoint"`
		Headers  *map[string]string `toml:"otlp_headers"`
		Ratio    *float64           `toml:"sample_ratio"`
	} `toml:"telemetry"`
	DB struct {
		URL              *string `toml:"url"`
		MigrationTimeout *string `toml:"migration_timeout"`
		Seed             struct {
			Enabled  *bool     `toml:"enabled"`
			SQLPaths *[]string `toml:"sql_paths"`
		} `toml:"seed"`
	} `toml:"db"`
}

func (p *Project) readConfig() error {
	name := configOwn
	if p.Layout == Supabase {
		name = configSupabase
	}
	path := filepath.Join(p.Root, name)
	var doc document
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case info.Size() > maxConfigBytes:
		return fmt.Errorf("%s: larger than %d bytes", p.rel(path), maxConfigBytes)
	default:
		meta, err := toml.DecodeFile(path, &doc)
		if err != nil {
			return p.configError(path, err)
		}
		if p.Layout == Own {
			p.warnUnknown(path, meta)
		}
	}
	p.Config = doc.config(filepath.Base(p.Dir))
	for _, setting := range []struct {
		name string
		text *string
		to   *time.Duration
	}{
		{"api.statement_timeout", doc.API.StatementTimeout, &p.Config.API.StatementTimeout},
		{"api.slow_statement", doc.API.SlowStatement, &p.Config.API.SlowStatement},
		{"api.export_timeout", doc.API.ExportTimeout, &p.Config.API.ExportTimeout},
		{"api.idempotency_keep", doc.API.IdempotencyKeep, &p.Config.API.IdempotencyKeep},
		{"api.cursor_lifetime", doc.API.CursorLifetime, &p.Config.API.CursorLifetime},
		{"api.overload.wait", doc.API.Overload.Wait, &p.Config.API.Overload.Wait},
		{"api.overload.longest_wait", doc.API.Overload.LongestWait, &p.Config.API.Overload.Longest},
		{"db.migration_timeout", doc.DB.MigrationTimeout, &p.Config.DB.MigrationTimeout},
	} {
		if setting.text == nil {
			continue
		}
		d, err := time.ParseDuration(*setting.text)
		if err != nil || d < 0 {
			return fmt.Errorf("%s: %s must be a time such as \"30s\" or \"0s\" for none", p.rel(path), setting.name)
		}
		*setting.to = d
	}
	signIn, err := doc.Auth.signIn(p.Root, p.Layout == Supabase)
	if err != nil {
		return fmt.Errorf("%s: %w", p.rel(path), err)
	}
	p.Config.Auth.SignIn = signIn
	return p.checkConfig(path)
}

func (p *Project) configError(path string, err error) error {
	var pe toml.ParseError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: line %d: %s", p.rel(path), pe.Position.Line, pe.Message)
	}
	return fmt.Errorf("%s: %w", p.rel(path), err)
}

func (p *Project) warnUnknown(path string, meta toml.MetaData) {
	var unknown []string
	for _, key := range meta.Undecoded() {
		unknown = append(unknown, key.String())
	}
	sort.Strings(unknown)
	for _, key := range unknown {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s: unknown setting %s", p.rel(path), key))
	}
}

func (d *document) config(folder string) Config {
	c := Config{
		Name: folder,
		API: API{
			Port: defaultPort, Schemas: []string{"public"}, ExtraSearchPath: []string{"public", "extensions"},
			MaxRows: defaultMaxRows, MaxBodyBytes: defaultMaxBody, MaxAnswerBytes: defaultMaxAnswer, StatementTimeout: defaultTimeout, SlowStatement: time.Second, KeptAnswerBytes: defaultKept, StatementShapes: defaultShapes, ExportTimeout: defaultExport, IdempotencyKeep: defaultKeep, CursorLifetime: defaultCursor,
			Overload:     Overload{Slots: 256, Waiting: 1024, Wait: 100 * time.Millisecond, Longest: 10 * time.Second},
			ServerTiming: "service_role", Metrics: "service_role", TxEnd: "commit", Errors: "verbose", CSVFormulas: "keep",
		},
		Auth: Auth{SiteURL: defaultSite, RoleClaim: "$.role", Anonymous: true},
		DB:   DB{MigrationTimeout: defaultMigration},
		Seed: Seed{Enabled: true, Paths: []string{"seed.sql"}},

		Telemetry: Telemetry{Ratio: 1},
	}
	set(&c.Telemetry.Endpoint, d.Telemetry.Endpoint)
	c.Telemetry.Endpoint = fromEnv(c.Telemetry.Endpoint)
	set(&c.Telemetry.Headers, d.Telemetry.Headers)
	for name, v := range c.Telemetry.Headers {
		c.Telemetry.Headers[name] = fromEnv(v)
	}
	set(&c.Telemetry.Ratio, d.Telemetry.Ratio)
	set(&c.Name, d.ProjectID)
	set(&c.Name, d.Name)
	set(&c.API.Port, d.API.Port)
	set(&c.API.ExternalURL, d.API.ExternalURL)
	c.API.ExternalURL = strings.TrimRight(fromEnv(c.API.ExternalURL), "/")
	set(&c.API.Schemas, d.API.Schemas)
	set(&c.API.ExtraSearchPath, d.API.ExtraSearchPath)
	set(&c.API.MaxRows, d.API.MaxRows)
	set(&c.API.AllowWithoutRLS, d.API.AllowWithoutRLS)
	set(&c.API.Aggregates, d.API.Aggregates)
	set(&c.API.MaxBodyBytes, d.API.MaxBodyBytes)
	set(&c.API.MaxAnswerBytes, d.API.MaxAnswerBytes)
	set(&c.API.MaxExportRows, d.API.MaxExportRows)
	set(&c.API.KeptAnswerBytes, d.API.KeptAnswerBytes)
	set(&c.API.StatementShapes, d.API.StatementShapes)
	c.API.Limits = d.API.Limits
	set(&c.API.Overload.Slots, d.API.Overload.Slots)
	set(&c.API.Overload.Waiting, d.API.Overload.Waiting)
	set(&c.API.Plans, d.API.Plans)
	set(&c.API.ServerTiming, d.API.ServerTiming)
	set(&c.API.Metrics, d.API.Metrics)
	set(&c.API.PreRequest, d.API.PreRequest)
	set(&c.API.TxEnd, d.API.TxEnd)
	set(&c.API.RequireFilter, d.API.RequireFilter)
	set(&c.API.Errors, d.API.Errors)
	set(&c.API.CSVFormulas, d.API.CSVFormulas)
	set(&c.API.Origins, d.API.Origins)
	set(&c.API.Proxies, d.API.Proxies)
	set(&c.API.Settings, d.API.Settings)
	set(&c.Auth.RoleClaim, d.Auth.RoleClaim)
	set(&c.Auth.Anonymous, d.Auth.Anonymous)
	set(&c.Auth.SiteURL, d.Auth.SiteURL)
	set(&c.Auth.JWTSecret, d.Auth.JWTSecret)
	set(&c.Auth.Issuer, d.Auth.Issuer)
	set(&c.Auth.Audience, d.Auth.Audience)
	set(&c.DB.URL, d.DB.URL)
	set(&c.Seed.Enabled, d.DB.Seed.Enabled)
	set(&c.Seed.Paths, d.DB.Seed.SQLPaths)
	c.Auth.JWTSecret = fromEnv(c.Auth.JWTSecret)
	c.DB.URL = fromEnv(c.DB.URL)
	return c
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func fromEnv(value string) string {
	if strings.HasPrefix(value, settingPassword) && strings.HasSuffix(value, ")") {
		return os.Getenv(value[len(settingPassword) : len(value)-1])
	}
	return value
}

func (p *Project) checkConfig(path string) error {
	c := &p.Config
	bad := func(setting, why string) error { return fmt.Errorf("%s: %s %s", p.rel(path), setting, why) }
	switch {
	case c.API.Port < 1 || c.API.Port > 65535:
		return bad("api.port", "must be between 1 and 65535")
	case slices.ContainsFunc(c.API.Proxies, func(n netip.Prefix) bool { return n.Bits() == 0 }):
		return bad("api.trusted_proxies", "must name your own proxies: a network of everybody is nobody's")
	case len(c.API.Schemas) == 0:
		return bad("api.schemas", "must name at least one schema")
	case c.API.MaxRows < 1:
		return bad("api.max_rows", "must be at least 1")
	case c.API.MaxExportRows < 0:
		return bad("api.max_export_rows", "must be at least 1, or 0 for max_rows")
	case c.API.CursorLifetime < time.Second:
		return bad("api.cursor_lifetime", "must be at least 1s")
	case c.API.MaxBodyBytes < 1024:
		return bad("api.max_body_bytes", "must be at least 1024")
	case c.API.KeptAnswerBytes < 0:
		return bad("api.kept_answer_bytes", "must be at least 0")
	case c.API.StatementShapes < 0 || c.API.StatementShapes > maxShapes:
		return bad("api.statement_shapes", fmt.Sprintf("must be between 0 and %d", maxShapes))
	case c.API.MaxAnswerBytes < 1024:
		return bad("api.max_answer_bytes", "must be at least 1024")
	case c.Telemetry.Ratio < 0 || c.Telemetry.Ratio > 1:
		return bad("telemetry.sample_ratio", "must be between 0 and 1")
	case c.API.Overload.Slots == 0:
		return bad("api.overload.slots", "must be at least 1, or negative for no bound")
	case c.API.Overload.Waiting < 1:
		return bad("api.overload.waiting", "must be at least 1")
	case c.API.Overload.Wait < time.Millisecond || c.API.Overload.Longest < c.API.Overload.Wait:
		return bad("api.overload.wait", "must be at least 1ms, and at most longest_wait")
	case c.API.IdempotencyKeep < time.Second:
		return bad("api.idempotency_keep", "must be at least 1s")
	case !slices.Contains([]string{"service_role", "everyone", "nobody"}, c.API.ServerTiming):
		return bad("api.server_timing", "must be service_role, everyone or nobody")
	case !slices.Contains([]string{"service_role", "everyone", "nobody"}, c.API.Metrics):
		return bad("api.metrics", "must be service_role, everyone or nobody")
	case !slices.Contains([]string{"commit", "commit-allow-override", "rollback", "rollback-allow-override"}, c.API.TxEnd):
		return bad("api.tx_end", "must be commit, commit-allow-override, rollback or rollback-allow-override")
	case c.API.Errors != "verbose" && c.API.Errors != "minimal":
		return bad("api.errors", "must be verbose or minimal")
	case c.API.CSVFormulas != "keep" && c.API.CSVFormulas != "quote":
		return bad("api.csv_formulas", "must be keep or quote")
	case c.API.ExternalURL != "" && !strings.HasPrefix(c.API.ExternalURL, "https://") && !strings.HasPrefix(c.API.ExternalURL, "http://"):
		return bad("api.external_url", "must be an address such as https://api.example.com")
	case c.Auth.JWTSecret != "" && len(c.Auth.JWTSecret) < 32:
		return bad("auth.jwt_secret", "must have at least 32 bytes")
	}
	l := &c.API.Limits
	for _, x := range []struct {
		name  string
		limit int
	}{
		{"url_bytes", l.URLBytes}, {"parameters", l.Parameters}, {"fields", l.Fields}, {"conditions", l.Conditions}, {"values", l.Values}, {"nesting", l.Nesting}, {"embeds", l.Embeds}, {"exports", l.Exports},
		{"nested_rows", l.NestedRows},
		{"batch_requests", l.BatchRequests}, {"idempotency_key_bytes", l.IdempotencyKey}, {"idempotency_answer_bytes", l.IdempotencyAnswer},
	} {
		if x.limit < 0 {
			return bad("api.limits."+x.name, "must be at least 1")
		}
	}
	return nil
}
