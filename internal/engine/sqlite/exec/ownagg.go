package exec

import (
	"slices"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// ownCode is a compiled tree.OwnAgg.
type ownCode struct {
	step, final, init eval.Closure
	strict            bool
}

func compileOwn(cat *catalog.Catalog, own *tree.OwnAgg, o eval.Options) (*ownCode, error) {
	if own == nil {
		return nil, nil
	}
	list, err := eval.CompileAll(cat, []tree.Expr{own.Step, own.Final, own.Init}, o)
	if err != nil {
		return nil, err
	}
	return &ownCode{step: list[0], final: list[1], init: list[2], strict: own.Strict}, nil
}

// newAggregate begins an aggregation.
func (f *fragmentRun) newAggregate(x *execution) builtin.Aggregate {
	if f.own != nil {
		return &ownAggregate{code: f.own, f: f, x: x}
	}
	return f.spec.Agg.Fn.Agg(f.place.Take(f.frame.S))
}

// ownAggregate is an aggregation by functions of the project.
type ownAggregate struct {
	code  *ownCode
	f     *fragmentRun
	x     *execution
	state value.Datum
	begun bool
	none  bool // Step is strict and waits for its first row
}

// compute calls one of the functions with the state and the arguments.
func (g *ownAggregate) compute(c eval.Closure, args ...value.Datum) (value.Datum, error) {
	if err := g.x.enter(); err != nil {
		return value.Null, err
	}
	defer func() { g.x.inside-- }()
	saved := g.f.frame.Args
	g.f.frame.Args = append([]value.Datum{g.state}, args...)
	defer func() { g.f.frame.Args = saved }()
	return c(&g.f.frame)
}

func (g *ownAggregate) begin() (err error) {
	if g.begun {
		return nil
	}
	g.begun = true
	g.state, err = g.compute(g.code.init)
	g.none = g.code.strict && g.state.IsNull()
	return err
}

func (g *ownAggregate) Step(args []value.Datum) error {
	if err := g.begin(); err != nil {
		return err
	}
	if g.code.strict {
		switch {
		case slices.ContainsFunc(args, value.Datum.IsNull):
			return nil
		case g.none:
			g.state, g.none = args[0], false
			return nil
		case g.state.IsNull():
			return nil
		}
	}
	state, err := g.compute(g.code.step, args...)
	g.state = state
	return err
}

func (g *ownAggregate) Final([]value.Datum) (value.Datum, error) {
	if err := g.begin(); err != nil {
		return value.Null, err
	}
	return g.compute(g.code.final)
}
