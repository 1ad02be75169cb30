// Package postgres is the engine over a PostgreSQL database.
//
// Main types in order of meeting them: Options, Engine, snapshot. A request is one pipelined round trip: BEGIN, the caller's role, claims and request as
// settings of the transaction, the planned statement, COMMIT. PostgreSQL itself decides what the role may see and do.
//
// Invariants: no statement of a request runs before its role is set in the same transaction; a connection returns to the pool idle, without a role; a
// write is committed only after its sink agreed; statement text never holds a value of a request.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Options are the settings of an Engine. Zero values mean the defaults that are given.
type Options struct {
	URL      string // postgres://user:password@host:port/database?…, or key=value words
	MaxConns int    // 10, or as many as the server allows if that is fewer
	// SearchPath is where names in the project's functions and scripts are looked for; {"public", "extensions"}.
	SearchPath []string
	// AsIs leaves the database as it is found: no roles, schemas or triggers are made.
	AsIs bool
	// Settings are set for the transaction of each request (app.settings.…). Names must have a dot.
	Settings map[string]string
	Log      *slog.Logger // nil discards
}

// Engine is a PostgreSQL database. It implements engine.Engine.
type Engine struct {
	o       Options
	pool    *pgxpool.Pool
	single  *pgx.ConnConfig // of connections outside of the pool: scripts, listening
	path    string          // the setting search_path of requests
	snap    atomic.Pointer[snapshot]
	once    turns
	reading sync.Mutex // held while the catalog is read and swapped, so that an older one never replaces a newer
}

var _ engine.Engine = (*Engine)(nil)

// Open connects, makes what projects take for granted (unless AsIs), and reads the catalog.
func Open(ctx context.Context, o Options) (*Engine, error) {
	if o.MaxConns == 0 {
		o.MaxConns = 10
	}
	if o.SearchPath == nil {
		o.SearchPath = []string{"public", "extensions"}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	e := &Engine{o: o, path: pathSetting(o.SearchPath)}
	config.MaxConns = int32(o.MaxConns)
	config.MaxConnIdleTime = 5 * time.Minute
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec // statements are kept by session, not by pgx
	config.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: 5 * time.Second}
	}
	if _, ok := config.ConnConfig.RuntimeParams["application_name"]; !ok {
		config.ConnConfig.RuntimeParams["application_name"] = "mainstay"
	}
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error { return newSession(ctx, c.PgConn(), o.Settings) }
	// A dead connection is found when it is used, and the request is then run again on another.
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	e.single = config.ConnConfig.Copy()
	if e.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, connectionFault(err)
	}
	if err := e.prepare(ctx); err != nil {
		e.pool.Close()
		return nil, err
	}
	return e, nil
}

func (e *Engine) prepare(ctx context.Context) error {
	if !e.o.AsIs {
		if err := e.bootstrap(ctx); err != nil {
			return err
		}
	}
	return e.refresh(ctx)
}

// pathSetting is a search path as a setting's value.
func pathSetting(schemas []string) string {
	quoted := make([]string, len(schemas))
	for i, s := range schemas {
		quoted[i] = sql.QuoteIdent(s)
	}
	return strings.Join(quoted, ", ")
}

// Catalog is the current snapshot.
func (e *Engine) Catalog() *catalog.Catalog { return e.snap.Load().cat }

// Has reports whether the engine has a feature.
func (e *Engine) Has(f engine.Feature) bool { return f == engine.SharedDatabase || f == engine.AllSQL }

// Measurements are numbers about the pool of connections.
func (e *Engine) Measurements() []engine.Measurement {
	of := func(read func(*pgxpool.Stat) float64) func() float64 {
		return func() float64 { return read(e.pool.Stat()) }
	}
	return []engine.Measurement{
		{Name: "postgres_connections", Help: "Connections of the pool.", Read: of(func(s *pgxpool.Stat) float64 { return float64(s.TotalConns()) })},
		{Name: "postgres_connections_busy", Help: "Connections that are in use.", Read: of(func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) })},
		{Name: "postgres_connections_limit", Help: "The most connections that the pool makes.", Read: of(func(s *pgxpool.Stat) float64 { return float64(s.MaxConns()) })},
		{Name: "postgres_acquires_total", Help: "Times that a connection was taken.", Counter: true, Read: of(func(s *pgxpool.Stat) float64 { return float64(s.AcquireCount()) })},
		{Name: "postgres_acquires_waited_total", Help: "Times that one had to be waited for.", Counter: true, Read: of(func(s *pgxpool.Stat) float64 { return float64(s.EmptyAcquireCount()) })},
		{Name: "postgres_acquire_wait_seconds_total", Help: "Time that connections were waited for.", Counter: true, Read: of(func(s *pgxpool.Stat) float64 { return s.EmptyAcquireWaitTime().Seconds() })},
	}
}

// Parallel is the most connections of the pool.
func (e *Engine) Parallel() int { return int(e.pool.Config().MaxConns) }

// Close ends all connections.
func (e *Engine) Close() error {
	e.pool.Close()
	return nil
}

// refresh reads the catalog and swaps it if it differs.
func (e *Engine) refresh(ctx context.Context) error {
	e.reading.Lock()
	defer e.reading.Unlock()
	c, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	s, err := introspect(ctx, c.Conn().PgConn())
	if err != nil {
		return err
	}
	if old := e.snap.Load(); old == nil || old.sum != s.sum {
		e.snap.Store(s)
	}
	return nil
}

// connect makes a connection of its own, outside of the pool.
func (e *Engine) connect(ctx context.Context, notice func(*pgconn.Notice)) (*pgx.Conn, error) {
	config := e.single.Copy()
	if notice != nil {
		config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { notice(n) }
	}
	return open(ctx, config)
}

// listener is a connection that only waits for notifications. Its waits end at once with their context: no statement is running that could be cancelled.
func (e *Engine) listener(ctx context.Context) (*pgx.Conn, error) {
	config := e.single.Copy()
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler { return &pgconn.DeadlineContextWatcherHandler{Conn: c.Conn()} }
	return open(ctx, config)
}

func open(ctx context.Context, config *pgx.ConnConfig) (*pgx.Conn, error) {
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, connectionFault(err)
	}
	if err := setUp(ctx, c.PgConn()); err != nil {
		closeConn(c)
		return nil, err
	}
	return c, nil
}

func closeConn(c *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.Close(ctx) // it is gone either way
}

// ---- sessions ----

// A session is what is known of a pooled connection. It belongs to whoever holds the connection.
type session struct {
	kept  map[*compiled]prepared
	queue []*compiled // in order of preparation
}

// prepared are the statements of a compiled plan on a connection.
type prepared struct {
	main  *pgconn.StatementDescription
	sides []*pgconn.StatementDescription
}

const (
	sessionKey    = "mainstay"
	maxStatements = 400 // prepared plans on a connection; the oldest goes
)

// What the encoders read does not depend on the server's configuration: JSON has ISO dates whatever DateStyle says. Compiling at run time is off: it compiles
// each sub-query of a request (10 s for 100 embedded resources, which then take 9 ms). All else is the database's own choice.
const sessionSettings = `SET client_encoding = 'UTF8'; SET DateStyle = 'ISO, MDY'; SET standard_conforming_strings = on; SET jit = off`

func setUp(ctx context.Context, c *pgconn.PgConn) error {
	if err := c.Exec(ctx, sessionSettings).Close(); err != nil {
		return fmt.Errorf("set up a connection: %w", err)
	}
	return nil
}

// Statements that every session keeps prepared.
var standing = []struct{ name, text string }{
	{"ms_begin", "BEGIN"},
	{"ms_begin_ro", "BEGIN READ ONLY"},
	{"ms_begin_snap", "BEGIN ISOLATION LEVEL REPEATABLE READ"},
	{"ms_begin_snap_ro", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
	{"ms_commit", "COMMIT"},
	{"ms_rollback", "ROLLBACK"},
	{"ms_check", "SET CONSTRAINTS ALL IMMEDIATE"},
	// Between the plans of a transaction: what one said of the response is not the next one's, and neither are the mark of its upsert and its time zone; a savepoint keeps "read only" to itself.
	{"ms_next", "SELECT pg_catalog.set_config('response.status', '', true), pg_catalog.set_config('response.headers', '', true), pg_catalog.set_config('" + updatedMark + "', 'f', true)"},
	{"ms_zone", "SET LOCAL TimeZone TO DEFAULT"},
	{"ms_enter", "SAVEPOINT mainstay_read"},
	{"ms_only", "SET LOCAL transaction_read_only = on"},
	{"ms_leave", "RELEASE SAVEPOINT mainstay_read"},
	{"ms_try", "SAVEPOINT mainstay_try"},
	{"ms_undo", "ROLLBACK TO SAVEPOINT mainstay_try"},
	{"ms_done", "RELEASE SAVEPOINT mainstay_try"},
	{"ms_owner", "SELECT pg_catalog.set_config('role', 'none', true)"},
	{"ms_role", "SELECT pg_catalog.set_config('role', $1, true)"},
	{"ms_settings", "SELECT current_setting('response.status', true), current_setting('response.headers', true)"},
}

// callerSettings are set for the transaction of each request, in this order. The role comes last: what it may set does not matter then.
var callerSettings = []string{
	"search_path", "request.jwt.claims", "request.method", "request.path", "request.headers", "request.cookies", "request.id", "role",
}

func callerText(zone bool, settings map[string]string) string {
	var b strings.Builder
	names := callerSettings
	if zone {
		names = append([]string{"TimeZone"}, names...)
	}
	b.WriteString("SELECT ")
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		k := i + 1
		if zone {
			if k--; k == 0 {
				k = len(names)
			}
		}
		fmt.Fprintf(&b, "pg_catalog.set_config('%s', $%d, true)", n, k)
	}
	for _, n := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, ", pg_catalog.set_config(%s, %s, true)", sql.QuoteLiteral(n), sql.QuoteLiteral(settings[n]))
	}
	return b.String()
}

func newSession(ctx context.Context, c *pgconn.PgConn, settings map[string]string) error {
	if err := setUp(ctx, c); err != nil {
		return err
	}
	p := c.StartPipeline(ctx)
	for _, s := range standing {
		p.SendPrepare(s.name, s.text, nil)
	}
	p.SendPrepare("ms_caller", callerText(false, settings), nil)
	p.SendPrepare("ms_caller_tz", callerText(true, settings), nil)
	err := p.Sync()
	for range len(standing) + 2 {
		if err == nil {
			_, err = p.GetResults()
		}
	}
	if closeErr := p.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("set up a connection: %w", err)
	}
	c.CustomData()[sessionKey] = &session{kept: map[*compiled]prepared{}}
	return nil
}

func sessionOf(c *pgconn.PgConn) *session { return c.CustomData()[sessionKey].(*session) }

var errNoResult = errors.New("the server sent no result")
