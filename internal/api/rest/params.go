package rest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// A pair is one parameter of the query string, decoded.
type pair struct{ key, value string }

// pairs splits and decodes a query string. A bad percent sign stands for itself.
func pairs(raw string, limits *Limits) ([]pair, error) {
	if raw == "" {
		return nil, nil
	}
	list := make([]pair, 0, strings.Count(raw, "&")+1)
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		p := pair{unescape(k), unescape(v)}
		for _, s := range [2]string{p.key, p.value} {
			if err := wellFormed(s); err != nil {
				return nil, err
			}
		}
		if list = append(list, p); len(list) > limits.Params {
			return nil, fault.New("PGRST100", "the query string has more than %d parameters", limits.Params).
				WithHint("Ask for less in one request, or raise the limit in the project's settings.")
		}
	}
	return list, nil
}

func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// wellFormed is PostgreSQL's own refusal of text that is no UTF-8 or holds a NUL.
func wellFormed(s string) error {
	for i := 0; i < len(s); {
		if s[i] == 0 {
			return fault.New(fault.InvalidEncoding, `invalid byte sequence for encoding "UTF8": 0x00`)
		}
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		c, n := utf8.DecodeRuneInString(s[i:])
		if c == utf8.RuneError && n == 1 {
			return fault.New(fault.InvalidEncoding, `invalid byte sequence for encoding "UTF8": 0x%02x`, s[i])
		}
		i += n
	}
	return nil
}

// parameters are what a query string says, before it is attached to a statement.
type parameters struct {
	node       query.Node
	values     []string
	columns    []string // nil when not given
	onConflict []string
	args       []query.InvokeArg
	limit      int64 // -1 none
	offset     int64
	hasLimit   bool // limit or offset was given at the top
	hasFilters bool
	legacy     []string // see request
}

// parameters reads the query string. Of a call by GET, what has no operator is an argument.
func (l *Limits) parameters(list []pair, call bool) (*parameters, error) {
	p := &parameters{limit: -1}
	p.node.Limit, p.node.Offset, p.node.MaxRows = -1, -1, -1
	reading := func(what, s string) *reader { return &reader{s: s, what: what, limits: l} }
	for _, kv := range list { // first what the others are attached to
		if kv.key != "select" || kv.value == "" {
			continue
		}
		items, err := reading("select parameter", kv.value).selection()
		if err != nil {
			return nil, err
		}
		p.node.Select = items
	}
	for _, kv := range list {
		var err error
		switch kv.key {
		case "select":
		case "columns":
			p.columns, err = reading("columns parameter", kv.value).names()
		case "on_conflict":
			if kv.value != "" {
				p.onConflict, err = reading("on_conflict parameter", kv.value).names()
			}
		default:
			err = p.path(l, kv, call)
		}
		if err != nil {
			return nil, err
		}
	}
	conditions := countNode(&p.node)
	if conditions > l.Filters {
		return nil, fault.New("PGRST100", "the query string has more than %d conditions", l.Filters).
			WithHint("Ask for less in one request, or raise the limit in the project's settings.")
	}
	return p, nil
}

// countNode counts the conditions of a node and of what it embeds.
func countNode(n *query.Node) int {
	count := countLogic(n.Where)
	for i := range n.Select {
		if e := n.Select[i].Embed; e != nil {
			count += countNode(&e.Node)
		}
	}
	return count
}

func countLogic(l *query.Logic) int {
	if l == nil {
		return 0
	}
	if l.Op == query.Leaf {
		return 1
	}
	count := 0
	for _, a := range l.Args {
		count += countLogic(a)
	}
	return count
}

// path reads a parameter whose key may begin with the path of an embedded resource.
func (p *parameters) path(l *Limits, kv pair, call bool) error {
	r := &reader{s: kv.key, what: "tree path", limits: l}
	embeds, last, steps, ok := r.treePath()
	if !ok {
		if call {
			p.argument(kv)
			return nil
		}
		return r.err()
	}
	word := last
	negated := false
	if (word == "and" || word == "or") && len(embeds) > 0 && embeds[len(embeds)-1] == "not" {
		negated, embeds = true, embeds[:len(embeds)-1]
	}
	if len(steps) == 0 {
		switch word {
		case "order", "limit", "offset", "and", "or":
			n, err := p.find(embeds)
			if err != nil {
				return err
			}
			return p.reserved(l, n, word, negated, kv.value, len(embeds) == 0)
		}
	}
	f := &query.Filter{Name: last, Path: steps}
	vr := &reader{s: kv.value, what: "filter", limits: l}
	values := p.values
	if !vr.condition(f, &values, false) || !vr.eof() {
		if call && len(embeds) == 0 && len(steps) == 0 {
			p.argument(kv)
			return nil
		}
		return vr.err()
	}
	p.values = values
	n, err := p.find(embeds)
	if err != nil {
		return err
	}
	n.Where = conjoin(n.Where, &query.Logic{Op: query.Leaf, Leaf: f})
	p.hasFilters = p.hasFilters || len(embeds) == 0
	return nil
}

// treePath reads rel.sub.column->path.
func (r *reader) treePath() (embeds []string, last string, steps []query.PathStep, ok bool) {
	for {
		if last, ok = r.name(); !ok {
			return nil, "", nil, false
		}
		if !r.take(".") {
			break
		}
		embeds = append(embeds, last)
	}
	if steps, ok = r.path(); !ok {
		return nil, "", nil, false
	}
	if !r.eof() {
		r.fail(`"." or end of input`)
		return nil, "", nil, false
	}
	return embeds, last, steps, true
}

func (p *parameters) argument(kv pair) {
	p.values = append(p.values, kv.value)
	v := query.ValueRef(len(p.values) - 1)
	i := slices.IndexFunc(p.args, func(a query.InvokeArg) bool { return a.Name == kv.key })
	if i < 0 {
		p.args = append(p.args, query.InvokeArg{Name: kv.key})
		i = len(p.args) - 1
	}
	p.args[i].Values = append(p.args[i].Values, v)
}

// find is the node of the embedded resource that a path names.
func (p *parameters) find(path []string) (*query.Node, error) {
	n := &p.node
	for _, name := range path {
		e := n.Embed(name)
		if e == nil {
			return nil, errNotEmbedded(name)
		}
		if e.Alias != "" && e.Alias != name && !slices.Contains(p.legacy, name) {
			p.legacy = append(p.legacy, name)
		}
		n = &e.Node
	}
	return n, nil
}

func errNotEmbedded(name string) *fault.Error {
	return fault.New("PGRST108", "'%s' is not an embedded resource in this request", name).
		WithHint("Verify that '%s' is included in the 'select' query parameter.", name)
}

func (p *parameters) reserved(l *Limits, n *query.Node, word string, negated bool, value string, top bool) error {
	switch word {
	case "order":
		if value == "" {
			return nil
		}
		r := &reader{s: value, what: "order", limits: l}
		var err error
		n.Order, err = r.order()
		return err
	case "limit", "offset":
		return p.bound(n, word, value, top)
	}
	r := &reader{s: value, what: "logic tree", limits: l, shift: len(word)}
	if negated {
		r.shift += len("not.")
	}
	t := &query.Logic{Op: connectives[word], Not: negated}
	if !r.tree(t, &p.values) {
		return r.err()
	}
	if !r.eof() {
		r.fail("end of input")
		return r.err()
	}
	n.Where = conjoin(n.Where, t)
	p.hasFilters = p.hasFilters || top
	return nil
}

// bound reads a limit or an offset.
func (p *parameters) bound(n *query.Node, word, value string, top bool) error {
	v, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil {
		r := &reader{s: value, what: word + " parameter"}
		r.fail("integer")
		return r.err()
	}
	if v < 0 {
		if word == "limit" {
			return rangeError("Limit should be greater than or equal to zero.")
		}
		v = 0
	}
	if top {
		p.hasLimit = true
		if word == "limit" {
			p.limit = v
		} else {
			p.offset = v
		}
		return nil
	}
	ref := p.number(v)
	if word == "limit" {
		n.Limit = ref
	} else {
		n.Offset = ref
	}
	return nil
}

func (p *parameters) number(v int64) query.ValueRef {
	p.values = append(p.values, strconv.FormatInt(v, 10))
	return query.ValueRef(len(p.values) - 1)
}

func rangeError(detail string) error {
	return fault.New("PGRST103", "Requested range not satisfiable").WithDetail("%s", detail).WithStatus(416)
}

func conjoin(a, b *query.Logic) *query.Logic {
	switch {
	case a == nil:
		return b
	case a.Op == query.And && !a.Not:
		a.Args = append(a.Args, b)
		return a
	}
	return &query.Logic{Op: query.And, Args: []*query.Logic{a, b}}
}
