package rest

import (
	"context"
	"net/http"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// A job is a request that is read and planned: what is left is to run it.
type job struct {
	q      *request
	p      *plan.Plan   // nil when it could not be planned; of a nested write, the one that the answer's rows are of
	nested *nestedWrite // nil for all others
	caller query.Caller
	cat    *catalog.Catalog
	s      *settings
	basis  *plan.Basis // what the answer is made of, for who wants to keep it; nil: nobody
}

// writing is the plan that changes what the request names.
func (j *job) writing() *plan.Plan {
	if j.nested != nil {
		return j.nested.root.plan
	}
	return j.p
}

// reads says whether a job that is planned writes nothing, as far as its plan tells: functions may call others that do.
func (j *job) reads() bool {
	return j.q.statement.ReadOnly || j.nested == nil && !j.p.Writes() && j.p.Before() == nil
}

// A scope is where a job runs: in transactions of its own, or in one that is under way for several jobs or for one that happens once.
type scope struct {
	engine engine.Engine
	tx     engine.Tx // nil: of its own
	room   int64     // bytes that the answer may take; 0: as many as any answer
}

// do runs one plan.
func (in scope) do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	if in.tx == nil {
		return in.engine.Do(ctx, p, args, sink)
	}
	args.Timeout = 0 // the whole has one
	return in.tx.Do(ctx, p, args, sink)
}

// transact runs f in one transaction. In one that is under way, o is that one's already, and an error of f has to end it.
func (in scope) transact(ctx context.Context, o engine.TxOptions, f func(engine.Tx) error) error {
	if in.tx == nil {
		return in.engine.Transact(ctx, o, f)
	}
	return f(in.tx)
}

// asSaid is a transaction's error, which is the engine's own, as the door has said it inside: with the place in a nested payload.
func asSaid(err, said error) error {
	if err != nil && said != nil && fault.Code(said) == fault.Code(err) {
		return said
	}
	return err
}

// prepare reads and plans a request. When only the plan fails there is a job beside the error.
func (h *Handler) prepare(r *http.Request, a *answer, cat *catalog.Catalog, s *settings, caller query.Caller) (*job, error) {
	q, err := h.parse(r, s)
	if err != nil {
		return nil, err
	}
	if err := h.turn(q, &caller); err != nil {
		return nil, err
	}
	a.timing.done("parse")
	j := &job{q: q, caller: caller, cat: cat, s: s}
	var p *plan.Plan
	if q.nested {
		p, err = h.planNested(j)
	} else {
		p, err = h.cache.Plan(cat, &q.statement, caller.Role, s.Plan)
	}
	if err != nil {
		return j, err
	}
	if q.media, err = q.media.settle(p); err != nil {
		return j, err
	}
	if q.paged != nil && q.media.kind == asHandled {
		return j, errCursor("answers that a function of the project makes cannot be read in pages by a cursor")
	}
	q.statement.Singular = q.media.singular
	j.p = p
	a.timing.done("plan")
	return j, nil
}

// run runs a job and fills its answer.
func (h *Handler) run(ctx context.Context, in scope, a *answer, j *job) error {
	most := h.o.Limits.Answer
	if in.room > 0 {
		most = in.room
	}
	a.start(j.q, j.p, most)
	a.quoteFormulas = h.o.QuoteFormulas
	a.tagger, a.cursors = h.tagger, h.cursors
	st := &j.q.statement
	args := plan.Args{
		Caller: j.caller, Values: st.Values, Body: st.Body, Fields: st.Fields, TimeZone: st.TimeZone, ReadOnly: st.ReadOnly, Rollback: st.Rollback, Timeout: h.o.Timeout,
		Explain: j.q.media.explain, Basis: j.basis,
	}
	if h.streams(in, a, j) {
		leave, err := h.export(ctx)
		if err != nil {
			return err
		}
		defer leave()
		a.stream = newStream(a.w, h.o.Now)
		args.ReadOnly, args.Waits, args.Timeout = true, true, h.o.ExportTimeout
	}
	if j.q.conditional() {
		return h.runIf(ctx, in, a, j, args)
	}
	if j.nested != nil {
		return j.nested.run(ctx, in, a, false)
	}
	return in.do(ctx, j.p, args, a)
}
