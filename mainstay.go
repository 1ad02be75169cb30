// Package mainstay is a complete backend as a value: a Server serves the project in a folder.
//
//	s := mainstay.Server{Dir: "examples/shop", Dev: true}
//	err := s.Run(ctx)
//
// Main types: Server and Info. The zero Server serves the current folder with the embedded engine. See wire.go for what is made of what.
//
// Invariants: Run is the only method that starts anything, and it returns only after everything that it started has ended; two Servers in one
// process share nothing. The process's GOMAXPROCS is doubled while one of them hashes passwords, so that hashes leave processors to the rest.
package mainstay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/exposure"
	"github.com/mainstay-dev/mainstay/internal/project"
)

// Server serves one project. Fields may not change after Run was called.
type Server struct {
	// Dir is the project's folder; "" is the current one.
	Dir string
	// Dev serves for development: on loopback only, with keys shown, watching the folder and applying what changes, seeding a new database.
	Dev bool
	// DataDir holds keys and the embedded database; "" is .mainstay in Dir.
	DataDir string
	// Addr is where to listen, host:port; "" is the project's port on loopback. Port 0 takes a free one.
	Addr string
	// Database is the URL of a PostgreSQL database; "" is the project's setting, and without one the embedded engine.
	Database string
	// PrivateCluster starts a PostgreSQL of the server's own in DataDir, from installed binaries. Only with Dev.
	PrivateCluster bool
	// Log receives the structured log; nil discards it.
	Log *slog.Logger
	// Ready, if set, is called once when requests are being served.
	Ready func(Info)
	// Progress, if set, is told in words what is being done before and while serving: files applied, notices, refusals.
	Progress func(text string)
	// IncludeAll also applies migrations that come before one already applied.
	IncludeAll bool
	// AllowDestructive lets a change of schema.sql destroy data, when it names what the refusal named: "the values of column x of table t".
	AllowDestructive []string
}

// Info is what a person needs to know of a running server.
type Info struct {
	Name        string
	URL         string // http://127.0.0.1:54321
	Publishable string
	Secret      string
	AnonKey     string // the legacy JWT keys
	ServiceKey  string
	Engine      string // where the data is, for people
	DataDir     string
	Schemas     []string
	Exposure    []exposure.Table
	Catalog     *catalog.Catalog
	Warnings    []string
	Took        time.Duration // from Run to ready
	// Sign makes a token with the project's signing key; for tests and tools that act as a user.
	Sign func(claims map[string]any) (string, error)
}

// Limits of the HTTP server. A slow client may not hold a connection's headers open for long, and a body may take a while.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 5 * time.Minute
	writeTimeout      = 5 * time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10 // long URLs of filters come in the same budget
	shutdownTimeout   = 20 * time.Second
)

// Run serves until ctx ends, then finishes what is in flight and returns nil. Errors are about starting, or about something that ended the
// server; those in a project's SQL are *fault.Error with the place.
func (s *Server) Run(ctx context.Context) error {
	began := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	app, err := s.wire(ctx)
	if err != nil {
		return err
	}
	defer func() { app.close() }()
	listener, err := s.listen(app.project)
	if err != nil {
		return err
	}
	at := "http://" + listener.Addr().String()
	app.listening.Store(&at)
	web := &http.Server{
		Handler: app.front, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(app.log.Handler(), slog.LevelDebug),
	}

	var group lifetimes
	group.start(cancel, func() error { return app.engine.Run(ctx) })
	group.start(cancel, func() error { return app.outbox.Run(ctx) })
	group.start(cancel, func() error { return app.keys.Watch(ctx, app.log) })
	group.start(cancel, func() error { return app.accounts.KeepMetadata(ctx) })
	group.start(cancel, func() error { app.keepStatements(ctx); return nil })
	if app.watch != nil {
		group.start(cancel, func() error { return app.watch(ctx) })
	}
	group.start(cancel, func() error {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
		}
		return nil
	})
	if s.Ready != nil {
		s.Ready(app.info(listener.Addr(), time.Since(began)))
	}

	<-ctx.Done()
	finish, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer done()
	if err := web.Shutdown(finish); err != nil {
		app.log.Warn("requests were still running at shutdown", "error", err)
		_ = web.Close() // cuts them off
	}
	err = group.wait()
	app.writeStatements()
	return err
}

// lifetimes runs functions and waits for them; the first error ends all.
type lifetimes struct {
	wg   sync.WaitGroup
	once sync.Once
	err  error // written once before wg is done
}

func (l *lifetimes) start(end func(), run func() error) {
	l.wg.Go(func() {
		if err := run(); err != nil {
			l.once.Do(func() { l.err = err })
			end()
		}
	})
}

func (l *lifetimes) wait() error {
	l.wg.Wait()
	return l.err
}

// listen opens the port. A taken one is said with a free one to use instead.
func (s *Server) listen(p *project.Project) (net.Listener, error) {
	addr := s.Addr
	if addr == "" {
		addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Config.API.Port))
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &PortTakenError{Addr: addr, Free: freePort(addr)}
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return l, nil
}

// PortTakenError says that another program listens on the address. Free is one that nobody listens on, "" when none was found.
type PortTakenError struct{ Addr, Free string }

// Error names both addresses.
func (e *PortTakenError) Error() string {
	if e.Free == "" {
		return fmt.Sprintf("%s is taken by another program; choose another with --addr", e.Addr)
	}
	return fmt.Sprintf("%s is taken by another program; %s is free: use --addr %s", e.Addr, e.Free, e.Free)
}

func freePort(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return ""
	}
	defer func() { _ = l.Close() }() // only its number was wanted
	return l.Addr().String()
}

func (s *Server) dataDir(p *project.Project) string {
	if s.DataDir != "" {
		return s.DataDir
	}
	return filepath.Join(p.Dir, ".mainstay")
}

func (s *Server) dir() string {
	if s.Dir == "" {
		return "."
	}
	return s.Dir
}

func (s *Server) logger() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

func (s *Server) say(format string, args ...any) {
	if s.Progress != nil {
		s.Progress(fmt.Sprintf(format, args...))
	}
}

// makeDataDir makes the folder for nobody but the owner, with a .gitignore so that keys and data are never committed.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Stat(ignore); errors.Is(err, os.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o600); err != nil {
			return fmt.Errorf("make the data folder: %w", err)
		}
	}
	return nil
}
