package mainstay

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/project"
)

// applySchema leads the database to the state that schema.sql wants. What would destroy data is refused unless it is named.
func (s *Server) applySchema(ctx context.Context, a *app) error {
	if a.project.Schema == nil {
		return nil
	}
	steps, err := schemaSteps(ctx, a.engine, a.project.Schema)
	if err != nil || len(steps) == 0 {
		return err
	}
	for _, step := range steps {
		if step.Destructive && !slices.Contains(s.AllowDestructive, step.Destroys) {
			return fault.New(fault.ObjectNotInState, "%s no longer holds %s: its data would be lost", a.project.Schema.Path, step.Destroys).
				WithDetail("The statement is: %s", step.Text).
				WithHint("Put it back, or allow the loss by name: --allow %q", step.Destroys)
		}
	}
	s.say("applying %s: %d statements", a.project.Schema.Path, len(steps))
	return a.engine.Script(ctx, engine.Script{Text: scriptOf(steps), File: a.project.Schema.Path + " (difference)", Atomic: true}, engine.Discard{})
}

// schemaSteps are the statements from what the database holds to what the file wants, of the project's own schemas.
func schemaSteps(ctx context.Context, e engine.Engine, f *project.File) ([]catalog.DiffStatement, error) {
	wanted, err := e.Shadow(ctx, engine.Script{Text: f.Text, File: f.Path, Atomic: true})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Path, err)
	}
	return catalog.Diff(e.Catalog(), wanted), nil
}

func scriptOf(steps []catalog.DiffStatement) string {
	var b strings.Builder
	for _, step := range steps {
		b.WriteString(step.Text)
		b.WriteString(";\n")
	}
	return b.String()
}
