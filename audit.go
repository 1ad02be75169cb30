package mainstay

import (
	"context"
	"fmt"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/exposure"
	"github.com/mainstay-dev/mainstay/internal/project"
)

// Audit says what each role can reach of the database, and what is probably a mistake.
func (d *Database) Audit() *exposure.Audit { return audit(d.app) }

func audit(a *app) *exposure.Audit {
	rule := exposure.Rule{AllowWithoutRLS: a.project.Config.API.AllowWithoutRLS}
	return rule.Audit(a.engine.Catalog(), a.project.Config.API.Schemas)
}

// AuditFolder audits the database that the project's folder makes: in dir, which is to be thrown away, without the seed.
func (s *Server) AuditFolder(ctx context.Context, dir string) (*exposure.Audit, error) {
	p, err := project.Load(s.dir())
	if err != nil {
		return nil, err
	}
	a := &app{log: s.logger(), project: p, dataDir: dir}
	defer func() { a.close() }()
	if err := s.openEngine(ctx, a); err != nil {
		return nil, err
	}
	files := make([]project.File, 0, len(p.Migrations)+1)
	for _, m := range p.Migrations {
		files = append(files, m.File)
	}
	if p.Schema != nil {
		files = append(files, *p.Schema)
	}
	for _, f := range files {
		if err := a.engine.Script(ctx, engine.Script{Text: f.Text, File: f.Path, Atomic: true}, engine.Discard{}); err != nil {
			return nil, fmt.Errorf("apply %s: %w", f.Path, err)
		}
	}
	return audit(a), nil
}
