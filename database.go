package mainstay

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/migrate"
	"github.com/mainstay-dev/mainstay/internal/engine/transfer"
	"github.com/mainstay-dev/mainstay/internal/project"
	"github.com/mainstay-dev/mainstay/internal/typegen"
)

// Database is a project's database without a server, for commands that work on it. It is made by Server.Open and must be closed. The embedded
// database is open for one process at a time: a running server holds it.
type Database struct {
	server *Server
	app    *app
}

// Open opens the database of the server's project. Nothing of the project is applied.
func (s *Server) Open(ctx context.Context) (*Database, error) {
	a := &app{log: s.logger()}
	var err error
	if a.project, err = project.Load(s.dir()); err != nil {
		return nil, err
	}
	a.dataDir = s.dataDir(a.project)
	if err := makeDataDir(a.dataDir); err != nil {
		return nil, err
	}
	if err := s.openEngine(ctx, a); err != nil {
		a.close()
		return nil, err
	}
	return &Database{s, a}, nil
}

// Close releases the database.
func (d *Database) Close() { d.app.close() }

// Accounts is the administration of the project's users. Nothing asks the project's hooks; what is to be told to users is queued for the server, which sends it when it runs.
func (d *Database) Accounts() (*account.Service, error) {
	a := d.app
	if err := a.loadKeys(); err != nil {
		return nil, err
	}
	c := &a.project.Config.Auth.SignIn
	return account.New(a.engine, a.keys, account.Options{
		SiteURL: a.project.Config.Auth.SiteURL, Redirects: c.Redirects, External: a.external, HostedUI: c.UI.Enabled, Policy: a.passwordPolicy(), NoTexts: true,
		CodeLength: c.CodeLength, CodeLifetime: c.CodeLifetime, Lifetime: c.Lifetime, Log: a.log,
	}), nil
}

// Script runs SQL text.
func (d *Database) Script(ctx context.Context, script engine.Script, sink engine.ScriptSink) error {
	return d.app.engine.Script(ctx, script, sink)
}

// Migrations compares the project's migrations with those that were applied.
func (d *Database) Migrations(ctx context.Context) (*migrate.State, error) {
	return d.server.runner(d.app).State(ctx, d.app.project.Migrations)
}

// Migrate applies the migrations that are new, and reports how many.
func (d *Database) Migrate(ctx context.Context) (int, error) {
	r := d.server.runner(d.app)
	state, err := r.State(ctx, d.app.project.Migrations)
	if err != nil {
		return 0, err
	}
	pending := state.Pending
	if d.server.IncludeAll {
		pending = append(state.OutOfOrder, pending...)
	}
	return len(pending), r.Up(ctx, pending)
}

// Diff gives the statements that lead from the database to the project's schema.sql.
func (d *Database) Diff(ctx context.Context) ([]catalog.DiffStatement, error) {
	if d.app.project.Schema == nil {
		return nil, errors.New("the project has no schema.sql to compare with")
	}
	return schemaSteps(ctx, d.app.engine, d.app.project.Schema)
}

// Dump writes the database as PostgreSQL's SQL.
func (d *Database) Dump(ctx context.Context, o transfer.DumpOptions, to io.Writer) (transfer.Dumped, error) {
	return transfer.Dump(ctx, d.app.engine, o, to)
}

// MoveOptions say how a database is moved.
type MoveOptions struct {
	// WithoutSecrets leaves the secrets of schema vault behind.
	WithoutSecrets bool
	// Progress, if set, is told how far it is.
	Progress func(transfer.Progress)
}

// Move moves the embedded database to the empty one at a URL, or goes on with a move that was interrupted. The project's own stays as it is.
func (d *Database) Move(ctx context.Context, url string, o MoveOptions) (transfer.Report, error) {
	m := transfer.Mover{
		From: d.app.engine, WithoutSecrets: o.WithoutSecrets, Progress: o.Progress,
		Open: func(ctx context.Context, asFound bool) (engine.Loader, error) {
			return openServer(ctx, d.app, url, asFound)
		},
	}
	return m.Run(ctx)
}

// Types writes the types of schemas for a program in another language, "typescript" or "go"; without schemas, those that are served.
func (d *Database) Types(lang string, schemas []string) (string, error) {
	if len(schemas) == 0 {
		schemas = d.app.project.Config.API.Schemas
	}
	return typegen.Generate(d.app.engine.Catalog(), typegen.Options{Lang: lang, Schemas: schemas})
}

// Finding is a statement or function body that the engine cannot run.
type Finding struct {
	File string
	Err  error
}

// Check runs every SQL file of the project on a new database that is thrown away, and lists what cannot run. It stops at nothing that is only refused;
// an error in the SQL itself ends it, for what comes after depends on it.
func (s *Server) Check(ctx context.Context, dir string) ([]Finding, error) {
	a, files, err := s.throwaway(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer a.close()
	files = append(files, a.project.Seeds...)
	var found []Finding
	for _, f := range files {
		sink := &findings{file: f.Path}
		err := a.engine.Script(ctx, engine.Script{Text: f.Text, File: f.Path, Check: true}, sink)
		found = append(found, sink.found...)
		if err != nil {
			return found, fmt.Errorf("check %s: %w", f.Path, err)
		}
	}
	return found, nil
}

// throwaway opens a new database in dir, and gives the files that make the project's schema in it. Who calls it closes it.
func (s *Server) throwaway(ctx context.Context, dir string) (*app, []project.File, error) {
	p, err := project.Load(s.dir())
	if err != nil {
		return nil, nil, err
	}
	a := &app{log: s.logger(), project: p, dataDir: dir}
	if err := s.openEngine(ctx, a); err != nil {
		a.close()
		return nil, nil, err
	}
	files := make([]project.File, 0, len(p.Migrations)+1+len(p.Seeds))
	for _, m := range p.Migrations {
		files = append(files, m.File)
	}
	if p.Schema != nil {
		files = append(files, *p.Schema)
	}
	return a, files, nil
}

// findings collects refusals.
type findings struct {
	engine.Discard
	file  string
	found []Finding
}

// Refused notes one.
func (f *findings) Refused(err error) { f.found = append(f.found, Finding{f.file, err}) }
