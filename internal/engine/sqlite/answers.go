package sqlite

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// answers are the owner's plans over the kept answers, for one version of the catalog.
type answers struct {
	cat                *catalog.Catalog
	find, keep, forget *plan.Plan
}

func (e *Engine) answerPlans(cat *catalog.Catalog) (*answers, error) {
	if a := e.answers.Load(); a != nil && a.cat == cat {
		return a, nil
	}
	node := query.Node{Limit: -1, Offset: -1, MaxRows: -1}
	with := func(n query.Node, filters ...*query.Filter) query.Node {
		n.Where = &query.Logic{Op: query.And}
		for _, f := range filters {
			n.Where.Args = append(n.Where.Args, &query.Logic{Leaf: f})
		}
		return n
	}
	found := node
	found.Select = []query.Item{{Field: &query.Field{Name: "request"}}, {Field: &query.Field{Name: "answer"}}}
	a := &answers{cat: cat}
	for _, x := range []struct {
		to **plan.Plan
		st query.Statement
	}{
		{&a.find, query.Statement{Values: make([]string, 2), Read: &query.Read{
			Relation: engine.Answers, Node: with(found, &query.Filter{Name: "key", Op: "eq", Value: 0}, &query.Filter{Name: "expires", Op: "gt", Value: 1}),
		}}},
		{&a.keep, query.Statement{Fields: slices.Repeat([][]byte{[]byte(`""`)}, len(answerColumns)), Write: &query.Write{
			Action: query.Upsert, Relation: engine.Answers, Columns: answerColumns, Node: node,
		}}},
		{&a.forget, query.Statement{Values: make([]string, 1), Write: &query.Write{
			Action: query.Delete, Relation: engine.Answers, Node: with(node, &query.Filter{Name: "expires", Op: "lte", Value: 0}),
		}}},
	} {
		x.st.Schema, x.st.MaxAffected = engine.AnswersSchema, -1
		p, err := plan.Build(cat, &x.st, Owner, plan.Options{})
		if err != nil {
			return nil, err
		}
		*x.to = p
	}
	e.answers.Store(a)
	return a, nil
}

var answerColumns = []string{"key", "request", "answer", "expires"}

func digest(sum [32]byte) string { return hex.EncodeToString(sum[:]) }

func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999Z") }

// asOwner runs a plan over the kept answers in the transaction, whoever the caller is.
func (t *txn) asOwner(choose func(*answers) *plan.Plan, args plan.Args, row func(exec.Row) error) error {
	a, err := t.e.answerPlans(t.s.Cat)
	if err != nil {
		return err
	}
	s := t.s
	role, sessionRole, path, readOnly := s.Role, s.SessionRole, s.Path, s.ReadOnly
	s.Role, s.SessionRole, s.Path, s.ReadOnly = Owner, Owner, defaultPath, false
	defer func() { s.Role, s.SessionRole, s.Path, s.ReadOnly = role, sessionRole, path, readOnly }()
	p := choose(a)
	prog, err := t.e.compiled(p, s.Cat, Owner)
	if err != nil {
		return err
	}
	values, err := bindPlan(s, p, prog.main, &args)
	if err != nil {
		return err
	}
	_, err = prog.main.Run(s, values, row)
	return err
}

// answered looks for what a transaction of the key was asked and answered.
func (t *txn) answered(key [32]byte) (request, answer string, found bool, err error) {
	args := plan.Args{Values: []string{digest(key), moment(t.s.Now)}}
	err = t.asOwner(func(a *answers) *plan.Plan { return a.find }, args, func(r exec.Row) error {
		request, answer, found = string(r.AppendText(nil, 0)), string(r.AppendText(nil, 1)), true
		return nil
	})
	return request, answer, found, err
}

// keepAnswer keeps what the transaction answers. One of the same key that is there is kept no longer.
func (t *txn) keepAnswer(once *engine.Once) error {
	answer, err := once.Answer()
	if err != nil {
		return err
	}
	var fields [][]byte
	for _, v := range []string{digest(once.Key), digest(once.Request), answer, moment(t.s.Now.Add(once.Keep))} {
		fields = append(fields, value.AppendJSONString(nil, v))
	}
	return t.asOwner(func(a *answers) *plan.Plan { return a.keep }, plan.Args{Fields: fields}, func(exec.Row) error { return nil })
}

// Forget drops the answers that are kept no longer.
func (e *Engine) Forget(ctx context.Context) error {
	return e.store.Write(ctx, func(c *store.Conn) error {
		t := e.begin(c, Owner, false, "")
		defer e.recycle(t)
		args := plan.Args{Values: []string{moment(t.s.Now)}}
		if err := t.asOwner(func(a *answers) *plan.Plan { return a.forget }, args, func(exec.Row) error { return nil }); err != nil {
			return err
		}
		return t.end()
	})
}
