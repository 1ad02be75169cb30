package mainstay

import (
	"context"
	"fmt"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/exposure"
)

// Audit says what each role can reach of the database, and what is probably a mistake.
func (d *Database) Audit() *exposure.Audit { return audit(d.app) }

func audit(a *app) *exposure.Audit {
	rule := exposure.Rule{AllowWithoutRLS: a.project.Config.API.AllowWithoutRLS}
	return rule.Audit(a.engine.Catalog(), a.project.Config.API.Schemas)
}

// AuditFolder audits the database that the project's folder makes: in dir, which is to be thrown away, without the seed.
func (s *Server) AuditFolder(ctx context.Context, dir string) (*exposure.Audit, error) {
	a, files, err := s.throwaway(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer a.close()
	for _, f := range files {
		if err := a.engine.Script(ctx, engine.Script{Text: f.Text, File: f.Path, Atomic: true}, engine.Discard{}); err != nil {
			return nil, fmt.Errorf("apply %s: %w", f.Path, err)
		}
	}
	return audit(a), nil
}
