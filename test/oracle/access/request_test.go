package access_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A request is one of the REST door.
type request struct {
	who        *caller
	method     string
	rel        string // table, view, or function that returns rows
	function   string // that returns one value
	args       map[string]any
	level           // of a write: what is given back, and its conditions
	count      bool // Prefer: count=exact
	one        bool // exactly one row is wanted
	body       []row
	keys       []string // columns of the body
	resolution string   // of an upsert
	back       bool     // Prefer: return=representation
	inside     *inside  // Prefer: nested=write
}

// An inside is the rows of another table that a body holds, those of each of its rows.
type inside struct {
	of   *table
	by   *column // refers to the rows around
	keys []string
	rows [][]row
}

// A level is what is wanted of a relation.
type level struct {
	columns       []string
	where         *node // conditions on the alias row
	order         []by
	limit, offset int // limit -1: none
	embeds        []*embed
	join          string // the column that an embedded level is joined by
}

type by struct {
	column           string
	desc, nullsFirst bool
}

// An embed is a related table: where its column join is the row's column here.
type embed struct {
	alias, rel, constraint string
	one, inner             bool
	here                   string
	level
}

// named are the columns that a level's query names.
func (l *level) named() []string {
	out := slices.Clone(l.columns)
	if l.where != nil {
		out = append(out, l.where.columns("row")...)
	}
	for _, o := range l.order {
		out = append(out, o.column)
	}
	for _, x := range l.embeds {
		out = append(out, x.here)
	}
	if l.join != "" {
		out = append(out, l.join)
	}
	return out
}

// target is the request's path and query.
func (r *request) target() string {
	path := "/" + r.rel
	if r.function != "" {
		path = "/rpc/" + r.function
	}
	q := url.Values{}
	for k, v := range r.args {
		q.Set(k, text(v))
	}
	if r.method == "GET" && r.rel != "" || r.back {
		q.Set("select", r.level.selection())
	}
	r.level.parameters("", q)
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (l *level) selection() string {
	list := slices.Clone(l.columns)
	for _, x := range l.embeds {
		s := x.alias + ":" + x.rel + "!" + x.constraint
		if x.inner {
			s += "!inner"
		}
		list = append(list, s+"("+x.level.selection()+")")
	}
	return strings.Join(list, ",")
}

func (l *level) parameters(prefix string, q url.Values) {
	if l.where != nil {
		for _, n := range conjuncts(l.where) {
			k, v := n.parameter()
			q.Add(prefix+k, v)
		}
	}
	var list []string
	for _, o := range l.order {
		s := o.column
		if o.desc {
			s += ".desc"
		}
		if o.nullsFirst {
			s += ".nullsfirst"
		} else {
			s += ".nullslast"
		}
		list = append(list, s)
	}
	if list != nil {
		q.Set(prefix+"order", strings.Join(list, ","))
	}
	if l.limit >= 0 {
		q.Set(prefix+"limit", strconv.Itoa(l.limit))
	}
	if l.offset > 0 {
		q.Set(prefix+"offset", strconv.Itoa(l.offset))
	}
	for _, x := range l.embeds {
		x.level.parameters(prefix+x.alias+".", q)
	}
}

// conjuncts are the operands of conditions that are joined by and at the top.
func conjuncts(n *node) []*node {
	if n.op == "and" {
		return append(conjuncts(n.kids[0]), conjuncts(n.kids[1])...)
	}
	return []*node{n}
}

var operators = map[string]string{"=": "eq", "<>": "neq", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}

// parameter is a condition as a parameter of the query string.
func (n *node) parameter() (name, value string) {
	not := ""
	for n.op == "not" && n.kids[0].op != "and" && n.kids[0].op != "or" {
		if not != "" { // twice is not at all
			not = ""
		} else {
			not = "not."
		}
		n = n.kids[0]
	}
	if n.op == "not" {
		inner := n.kids[0]
		if not == "" {
			return "not." + inner.op, "(" + inner.kids[0].logic() + "," + inner.kids[1].logic() + ")"
		}
		return inner.op, "(" + inner.kids[0].logic() + "," + inner.kids[1].logic() + ")"
	}
	if n.op == "and" || n.op == "or" {
		if not != "" {
			return "not." + n.op, "(" + n.kids[0].logic() + "," + n.kids[1].logic() + ")"
		}
		return n.op, "(" + n.kids[0].logic() + "," + n.kids[1].logic() + ")"
	}
	return n.kids[0].key(), not + n.operation(text)
}

// operation is the operator and the operand of a condition on a column.
func (n *node) operation(value func(any) string) string {
	switch n.op {
	case "null":
		return "is.null"
	case "true":
		return "is.true"
	case "distinct":
		return "isdistinct." + value(n.kids[1].val)
	case "has":
		return "cs." + value(n.kids[1].val)
	case "meets":
		return "ov." + value(n.kids[1].val)
	case "like":
		return "like." + strings.ReplaceAll(n.kids[1].val.(string), "%", "*")
	case "in":
		var list []string
		for _, x := range n.kids[1:] {
			list = append(list, quoted(x.val))
		}
		return "in.(" + strings.Join(list, ",") + ")"
	}
	return operators[n.op] + "." + value(n.kids[1].val)
}

// logic is a condition within a tree of conditions.
func (n *node) logic() string {
	switch {
	case n.op == "not":
		s := n.kids[0].logic()
		if n.kids[0].op == "not" {
			return n.kids[0].kids[0].logic()
		}
		if n.kids[0].op == "and" || n.kids[0].op == "or" {
			return "not." + s
		}
		name, rest, _ := strings.Cut(s, ".")
		return name + ".not." + rest
	case n.op == "and" || n.op == "or":
		return n.op + "(" + n.kids[0].logic() + "," + n.kids[1].logic() + ")"
	}
	return n.kids[0].key() + "." + n.operation(quoted)
}

// key names what a condition is about.
func (n *node) key() string {
	if n.op == "path" {
		return n.kids[0].name + "->>" + n.name
	}
	return n.name
}

func text(v any) string { return fmt.Sprint(v) }

func quoted(v any) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(text(v), `\`, `\\`), `"`, `\"`) + `"`
}

// head are the request's headers, as lines.
func (r *request) head() []string {
	var prefer, out []string
	if r.count {
		prefer = append(prefer, "count=exact")
	}
	if r.back {
		prefer = append(prefer, "return=representation")
	}
	if r.resolution != "" {
		prefer = append(prefer, "resolution="+r.resolution)
	}
	if r.inside != nil {
		prefer = append(prefer, "nested=write")
	}
	if prefer != nil {
		out = append(out, "Prefer: "+strings.Join(prefer, ", "))
	}
	if r.one {
		out = append(out, "Accept: application/vnd.pgrst.object+json")
	}
	return out
}

// payload is the request's body as JSON, "" for none.
func (r *request) payload() string {
	if r.body == nil {
		return ""
	}
	var list []string
	for i, x := range r.body {
		var more []string
		if r.inside != nil {
			var rows []string
			for _, o := range r.inside.rows[i] {
				rows = append(rows, object(r.inside.keys, o))
			}
			more = []string{strconv.Quote(r.inside.of.name+"!"+r.inside.of.name+"_"+r.inside.by.name+"_fkey") + ":[" + strings.Join(rows, ",") + "]"}
		}
		list = append(list, object(r.keys, x, more...))
	}
	if r.method == "PATCH" || len(list) == 1 {
		return list[0]
	}
	return "[" + strings.Join(list, ",") + "]"
}

// object is a row as JSON: its keys in this order, and fields more.
func object(keys []string, x row, more ...string) string {
	var fields []string
	for _, k := range keys {
		v, _ := json.Marshal(x[k]) // plain values marshal
		fields = append(fields, strconv.Quote(k)+":"+string(v))
	}
	return "{" + strings.Join(append(fields, more...), ",") + "}"
}

// step is the request as a case has it.
func (r *request) step() string {
	s := "-- request --\nas " + r.who.name + "\n" + r.method + " " + r.target() + "\n"
	for _, h := range r.head() {
		s += h + "\n"
	}
	if b := r.payload(); b != "" {
		s += "\n" + b + "\n"
	}
	return s
}

func (r *request) clone() *request {
	c := *r
	c.args = maps.Clone(r.args)
	return &c
}
