package mainstay

import (
	"context"
	"net/http"

	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/exposure"
	"github.com/mainstay-dev/mainstay/internal/reason"
)

// Explain says what a request of the REST door becomes, and why each row that it asks for is seen or not. What it writes is rolled back.
func (d *Database) Explain(ctx context.Context, r reason.Request) (*reason.Result, error) {
	a := d.app
	conf := &a.project.Config
	a.rule = exposure.Rule{AllowWithoutRLS: conf.API.AllowWithoutRLS}
	x := reason.Explainer{Engine: a.engine, Door: func(e engine.Engine, c query.Caller) http.Handler {
		return rest.New(e, rest.Options{
			Schemas: conf.API.Schemas, MaxRows: conf.API.MaxRows, Timeout: conf.API.StatementTimeout, Limits: limits(&conf.API), RequireFilter: conf.API.RequireFilter,
			Log: a.log, Plan: planOptions(a),
			CallerOf: func(r *http.Request) (query.Caller, error) {
				c.Method, c.Path = r.Method, r.URL.Path
				return c, nil
			},
		})
	}}
	return x.Explain(ctx, r)
}
