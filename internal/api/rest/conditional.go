package rest

import (
	"context"
	"net/http"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// conditional says whether a write depends on what its caller would read.
func (q *request) conditional() bool {
	w := q.statement.Write
	if w == nil || q.media.explain != nil {
		return false
	}
	return q.ifMatch != nil || q.ifNoneMatch != nil && !q.onlyNew() || q.onlyNew() && w.Action == query.Put
}

// onlyNew says whether a POST or PUT may only make rows: If-None-Match: *.
func (q *request) onlyNew() bool {
	w := q.statement.Write
	return w != nil && q.ifNoneMatch != nil && q.ifNoneMatch.any && w.Action != query.Update && w.Action != query.Delete
}

// runIf runs a write whose conditions are decided in its transaction, by what a GET of the same URL would answer: the rows that its filters name, as the caller
// sees them, in the form that each tag is of. Both see one snapshot, and a row that somebody changes in between makes the engine begin anew.
func (h *Handler) runIf(ctx context.Context, in scope, a *answer, j *job, args plan.Args) error {
	st := targetOf(&j.q.statement)
	most := j.s.mostTagged()
	if most >= 0 {
		st.Read.Node.MaxRows = most + 1 // to see that there are more
	}
	if j.q.onlyExistence() {
		st.Read.Node.MaxRows = 1
	}
	reading, err := h.cache.Plan(j.cat, st, args.Caller.Role, j.s.Plan)
	if err != nil {
		return err
	}
	look := plan.Args{Caller: args.Caller, Values: st.Values, TimeZone: st.TimeZone, Timeout: args.Timeout}
	if reading.Before() == nil { // else the project's check of the request runs with it, once, and may write
		look.ReadOnly, look.Caller.Method = true, http.MethodGet
	}
	o := engine.TxOptions{Caller: args.Caller, Rollback: args.Rollback, Timeout: args.Timeout, Snapshot: true}
	var said error
	err = in.transact(ctx, o, func(tx engine.Tx) error {
		in, look, args := scope{tx: tx}, look, args
		c := checker{h: h, q: j.q, st: st, p: reading, most: most, seen: map[byte]string{}, do: func(s engine.Sink) error {
			err := in.do(ctx, reading, look, s)
			look.Goes, args.Goes = true, true
			return err
		}}
		failed, err := c.fails()
		if err != nil {
			return err
		}
		if failed != "" {
			// Who may not write at all is told so, whatever the condition (RFC 9110 13.2.1).
			asking := args
			asking.Explain = &plan.Explain{}
			if err := in.do(ctx, j.writing(), asking, nowhere{}); err != nil {
				return err
			}
			return errPrecondition(failed)
		}
		a.restart()
		if j.nested != nil {
			said = j.nested.run(ctx, in, a, args.Goes)
			return said
		}
		return in.do(ctx, j.p, args, a)
	})
	return asSaid(err, said)
}

// onlyExistence says whether the conditions ask for nothing but whether a row is there.
func (q *request) onlyExistence() bool {
	return (q.ifMatch == nil || q.ifMatch.any) && (q.ifNoneMatch == nil || q.ifNoneMatch.any)
}

// mostTagged is the most rows that an answer with an entity tag can have; -1 for any number.
func (s *settings) mostTagged() int64 {
	if s.MaxRows <= 0 {
		return -1
	}
	return max(s.MaxRows, s.MaxExportRows)
}

// targetOf is the read of what a write names: all of its rows, whatever their number.
func targetOf(st *query.Statement) *query.Statement {
	w := st.Write
	n := w.Node
	n.Limit, n.Offset, n.MaxRows = -1, -1, -1
	return &query.Statement{Schema: st.Schema, Read: &query.Read{Relation: w.Relation, Node: n}, Values: st.Values, TimeZone: st.TimeZone, MaxAffected: -1}
}

// nowhere is a sink for what nobody reads.
type nowhere struct{}

func (nowhere) Row(engine.Row) error     { return nil }
func (nowhere) End(engine.Outcome) error { return nil }

// A checker reads what a write names and compares it with the request's tags.
type checker struct {
	h    *Handler
	q    *request
	st   *query.Statement
	p    *plan.Plan
	most int64 // rows that an answer with a tag can have; -1 for any number
	do   func(engine.Sink) error
	seen map[byte]string // tags by their form, as far as they were asked for; "" where there is none of the form
	rows int64           // that there are, when something was read
}

// fails says which condition does not hold; "" when they do.
func (c *checker) fails() (string, error) {
	if m := c.q.ifMatch; m != nil {
		ok, err := c.matches(m, false)
		if err != nil {
			return "", err
		}
		if !ok {
			return "What is there now has another entity tag than If-Match names.", nil
		}
	}
	if m := c.q.ifNoneMatch; m != nil {
		some, err := c.matches(m, true)
		if err != nil {
			return "", err
		}
		if some {
			return "What If-None-Match names is there.", nil
		}
	}
	return "", nil
}

// matches says whether one of the tags is that of what is there, or for * whether a row is there.
func (c *checker) matches(t *tags, weak bool) (bool, error) {
	if t.any {
		if _, err := c.tag('j'); err != nil {
			return false, err
		}
		return c.rows > 0, nil
	}
	for _, s := range t.list {
		if weak {
			s = strings.TrimPrefix(s, "W/")
		}
		if len(s) < 3 || s[0] != '"' {
			continue
		}
		want, _, _ := strings.Cut(s[1:len(s)-1], ";") // a part of the rows, or their number, is no part of what is written
		if want == "" {
			continue
		}
		tag, err := c.tag(want[0])
		if err != nil {
			return false, err
		}
		if tag != "" && tag == want {
			return true, nil
		}
	}
	return false, nil
}

// forms are those of a table's rows, by their letter in tags.
var forms = map[byte]media{'j': {}, 's': {stripped: true}, 'o': {singular: true}, 'p': {singular: true, stripped: true}, 'c': {kind: asCSV}, 'n': {kind: asLines}}

// tag is the tag of what is there now, in a form; "" when there is no such form of it.
func (c *checker) tag(form byte) (string, error) {
	if tag, ok := c.seen[form]; ok {
		return tag, nil
	}
	m, ok := forms[form]
	if !ok {
		return "", nil
	}
	st := *c.st
	st.Singular = m.singular
	a := newAnswer(http.Header{})
	defer a.release()
	a.start(&request{statement: st, media: m, method: http.MethodGet, name: c.q.name, limit: -1, maxRows: -1, maxNested: -1, ifMatch: c.q.ifMatch, ifNoneMatch: c.q.ifNoneMatch}, c.p, c.h.o.Limits.Answer)
	a.quoteFormulas = c.h.o.QuoteFormulas
	if err := c.do(&looked{a}); err != nil {
		return "", err
	}
	c.rows = a.rows
	tag := ""
	if (!m.singular || a.rows == 1) && (c.most < 0 || a.rows <= c.most) {
		tag = string(c.h.tagger.tag(nil, a.sum[:], &m, a.buf, ""))
	}
	c.seen[form] = tag
	return tag, nil
}

// looked is an answer that nobody gets.
type looked struct{ *answer }

// End makes the body complete.
func (l *looked) End(engine.Outcome) error {
	l.status = http.StatusOK
	l.enclose()
	return nil
}

// restart forgets what an earlier attempt of the transaction has told.
func (a *answer) restart() {
	a.buf, a.rows, a.keys, a.cut = a.buf[:0], 0, a.keys[:0], false
}

// allNew checks that a request that may only make rows has made all of them.
func (a *answer) allNew(o *engine.Outcome, affected int64) error {
	q := a.q
	if !q.onlyNew() {
		return nil
	}
	st := &q.statement
	sent := affected
	switch st.Write.Action {
	case query.IgnoreDuplicates:
		if sent = 1; st.Fields == nil {
			sent = 0
			elements(st.Body, func([]byte) { sent++ })
		}
		if affected >= sent {
			return nil
		}
	default:
		if o.Inserted < 0 || o.Inserted >= affected {
			return nil
		}
	}
	return errPrecondition("If-None-Match: * lets rows only be made, and some are there.")
}
