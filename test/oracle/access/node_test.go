package access_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A node is an expression of SQL: of a policy, a view, a function or a request's filter. Its value is nil (NULL), bool, int64, string (of a point in time too), doc or list.
type node struct {
	op   string  // see (*node).sql
	typ  string  // bigint, text, uuid, boolean
	val  any     // of a literal
	rel  string  // alias of a column or sub-query
	name string  // column, claim, function, table of a sub-query
	kids []*node // operands; of a sub-query the condition comes last
	form int     // which of several ways to write the same
}

// A doc is a value of jsonb, in the form of encoding/json. Two are equal when their texts are; they have no order here.
type doc string

func (d doc) MarshalJSON() ([]byte, error) { return []byte(d), nil }

func (d doc) value() any {
	var v any
	if err := json.Unmarshal([]byte(d), &v); err != nil {
		panic(err)
	}
	return v
}

// A list is a value of uuid[] in PostgreSQL's form.
type list string

func (l list) items() []any {
	var out []any
	for _, x := range strings.Split(strings.Trim(string(l), "{}"), ",") {
		switch x {
		case "":
		case "NULL":
			out = append(out, nil)
		default:
			out = append(out, x)
		}
	}
	return out
}

func (l list) MarshalJSON() ([]byte, error) {
	if l == "{}" {
		return []byte("[]"), nil
	}
	return json.Marshal(l.items())
}

func listOf(items []any) list {
	var out []string
	for _, x := range items {
		if x == nil {
			x = "NULL"
		}
		out = append(out, x.(string))
	}
	return list("{" + strings.Join(out, ",") + "}")
}

// ordered says whether values of a type have an order that the interpreter knows.
func ordered(typ string) bool { return typ != "jsonb" && typ != "uuid[]" }

func lit(typ string, v any) *node      { return &node{op: "lit", typ: typ, val: v} }
func col(rel string, c *column) *node  { return &node{op: "col", typ: c.typ, rel: rel, name: c.name} }
func pred(op string, k ...*node) *node { return &node{op: op, typ: "boolean", kids: k} }
func truth(v any) *node                { return lit("boolean", v) }

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func ident(s string) string { return `"` + s + `"` }

func (n *node) sql() string {
	k := func(i int) string { return n.kids[i].sql() }
	switch n.op {
	case "lit":
		switch v := n.val.(type) {
		case nil:
			return "null::" + n.typ
		case bool:
			return strconv.FormatBool(v)
		case int64:
			return strconv.FormatInt(v, 10)
		default:
			if n.typ == "text" {
				return quote(v.(string))
			}
			return quote(fmt.Sprint(v)) + "::" + n.typ
		}
	case "col":
		return n.rel + "." + ident(n.name)
	case "uid":
		return [...]string{"auth.uid()", "(select auth.uid())", "(auth.jwt() ->> 'sub')::uuid"}[n.form%3]
	case "claim":
		return [...]string{"(auth.jwt() ->> " + quote(n.name) + ")", "(select auth.jwt() ->> " + quote(n.name) + ")",
			"(current_setting('request.jwt.claims', true)::json ->> " + quote(n.name) + ")"}[n.form%3] + "::" + n.typ
	case "role":
		return "auth.role()"
	case "user":
		return "current_user::text"
	case "not":
		return "(not " + k(0) + ")"
	case "null":
		return "(" + k(0) + " is null)"
	case "true":
		return "(" + k(0) + " is true)"
	case "distinct":
		return "(" + k(0) + " is distinct from " + k(1) + ")"
	case "in":
		var list []string
		for _, x := range n.kids[1:] {
			list = append(list, x.sql())
		}
		if n.form%2 == 1 {
			return "(" + k(0) + " = any (array[" + strings.Join(list, ", ") + "]))"
		}
		return "(" + k(0) + " in (" + strings.Join(list, ", ") + "))"
	case "coalesce":
		return "coalesce(" + k(0) + ", " + k(1) + ")"
	case "case":
		return "(case when " + k(0) + " then " + k(1) + " else " + k(2) + " end)"
	case "exists":
		return "(exists (select 1 from public." + n.name + " " + n.rel + " where " + k(0) + "))"
	case "insub": // kids: value, column of the sub-query, condition
		if n.form%2 == 1 {
			return "(" + k(0) + " = any (select " + k(1) + " from public." + n.name + " " + n.rel + " where " + k(2) + "))"
		}
		return "(" + k(0) + " in (select " + k(1) + " from public." + n.name + " " + n.rel + " where " + k(2) + "))"
	case "count":
		return "(select count(*) from public." + n.name + " " + n.rel + " where " + k(0) + ")"
	case "call":
		var args []string
		for _, x := range n.kids {
			args = append(args, x.sql())
		}
		text := "public." + n.name + "(" + strings.Join(args, ", ") + ")"
		if n.form%2 == 1 {
			return "(select " + text + ")"
		}
		return text
	case "like": // the pattern is letters and %
		return "(" + k(0) + " like " + k(1) + ")"
	case "arg":
		return n.name
	case "path":
		return "(" + k(0) + " ->> " + quote(n.name) + ")"
	case "within": // a value and a list
		return "(" + k(0) + " = any (" + k(1) + "))"
	case "has":
		return "(" + k(0) + " @> " + k(1) + ")"
	case "meets":
		return "(" + k(0) + " && " + k(1) + ")"
	case "and", "or", "=", "<>", "<", "<=", ">", ">=":
		var list []string
		for _, x := range n.kids {
			list = append(list, x.sql())
		}
		return "(" + strings.Join(list, " "+n.op+" ") + ")"
	}
	panic(fmt.Sprintf("no text for %q", n.op))
}

// subquery says whether the node reads a table under an alias of its own.
func (n *node) subquery() bool { return n.op == "exists" || n.op == "insub" || n.op == "count" }

// walk calls f for n and all below it.
func (n *node) walk(f func(*node)) {
	f(n)
	for _, k := range n.kids {
		k.walk(f)
	}
}

// columns are those of an alias that the node names.
func (n *node) columns(rel string) []string {
	var out []string
	n.walk(func(x *node) {
		if x.op == "col" && x.rel == rel {
			out = append(out, x.name)
		}
	})
	return out
}

// smaller gives expressions that are smaller than a boolean one and might do in its place.
func (n *node) smaller() []*node {
	if n.op == "lit" {
		return nil
	}
	out := []*node{truth(true), truth(false)}
	for i, k := range n.kids {
		if k.typ == "boolean" && !n.subquery() {
			out = append(out, k)
		}
		if k.typ != "boolean" {
			continue
		}
		for _, s := range k.smaller() {
			c := *n
			c.kids = append([]*node(nil), n.kids...)
			c.kids[i] = s
			out = append(out, &c)
		}
	}
	return out
}

// An env is what an expression is evaluated in.
type env struct {
	m    *model
	who  *caller
	user string // current_user
	as   string // whose rights relations are read with
	rows map[string]row
	args map[string]any
	old  *env // the query around a sub-query
}

func (e *env) with(rel string, r row) *env {
	c := *e
	c.rows, c.old = map[string]row{rel: r}, e
	return &c
}

func (e *env) lookup(rel, name string) any {
	for x := e; x != nil; x = x.old {
		if r, ok := x.rows[rel]; ok {
			v, ok := r[name]
			if !ok {
				panic("no column " + rel + "." + name)
			}
			return v
		}
	}
	panic("no relation " + rel)
}

// eval gives the node's value, by the three-valued logic of SQL.
func (n *node) eval(e *env) any {
	k := func(i int) any { return n.kids[i].eval(e) }
	switch n.op {
	case "lit":
		return n.val
	case "col":
		return e.lookup(n.rel, n.name)
	case "arg":
		return e.args[n.name]
	case "uid":
		if e.who.sub == "" {
			return nil
		}
		return e.who.sub
	case "claim":
		v, ok := e.who.claims[n.name]
		if !ok || v == nil {
			return nil
		}
		if n.typ == "bigint" {
			return v.(int64)
		}
		return fmt.Sprint(v)
	case "role":
		return e.who.role
	case "user":
		return e.user
	case "not":
		if v := k(0); v != nil {
			return !v.(bool)
		}
		return nil
	case "null":
		return k(0) == nil
	case "true":
		return k(0) == true
	case "distinct":
		return k(0) != k(1)
	case "and":
		return and(k(0), k(1))
	case "or":
		return or(k(0), k(1))
	case "in":
		v, found := k(0), any(false)
		for _, x := range n.kids[1:] {
			found = or(found, compare("=", v, x.eval(e)))
		}
		return found
	case "coalesce":
		if v := k(0); v != nil {
			return v
		}
		return k(1)
	case "case":
		if k(0) == true {
			return k(1)
		}
		return k(2)
	case "like":
		v, p := k(0), k(1)
		if v == nil || p == nil {
			return nil
		}
		return like(v.(string), p.(string))
	case "path":
		if d, ok := k(0).(doc); ok {
			if m, ok := d.value().(map[string]any); ok && m[n.name] != nil {
				return fmt.Sprint(m[n.name])
			}
		}
		return nil
	case "within":
		v, l := k(0), k(1)
		if l == nil {
			return nil
		}
		found := any(false)
		for _, x := range l.(list).items() {
			found = or(found, compare("=", v, x))
		}
		return found
	case "has", "meets":
		a, b := k(0), k(1)
		if a == nil || b == nil {
			return nil
		}
		if d, ok := a.(doc); ok {
			return contains(d.value(), b.(doc).value(), true)
		}
		return overlap(n.op == "has", a.(list).items(), b.(list).items())
	case "exists":
		for _, r := range e.m.visible(e, n.name) {
			if n.kids[0].eval(e.with(n.rel, r)) == true {
				return true
			}
		}
		return false
	case "insub":
		v, found := k(0), any(false)
		for _, r := range e.m.visible(e, n.name) {
			if in := e.with(n.rel, r); n.kids[2].eval(in) == true {
				found = or(found, compare("=", v, n.kids[1].eval(in)))
			}
		}
		return found
	case "count":
		total := int64(0)
		for _, r := range e.m.visible(e, n.name) {
			if n.kids[0].eval(e.with(n.rel, r)) == true {
				total++
			}
		}
		return total
	case "call":
		f := e.m.w.function(n.name)
		args := map[string]any{}
		for i, p := range f.params {
			args[p.name] = k(i)
		}
		return f.value.eval(e.m.inside(e, f, args))
	}
	return compare(n.op, k(0), k(1))
}

// overlap says whether all or some of the items of b are in a. One that is NULL is in nothing.
func overlap(all bool, a, b []any) bool {
	for _, x := range b {
		if in := x != nil && slices.Contains(a, x); in != all {
			return in
		}
	}
	return all
}

// contains is the operator @> of jsonb. An array contains a value on the outermost level only.
func contains(a, b any, outermost bool) bool {
	switch y := b.(type) {
	case map[string]any:
		x, ok := a.(map[string]any)
		for k, v := range y {
			there, has := x[k]
			ok = ok && has && contains(there, v, false)
		}
		return ok
	case []any:
		x, ok := a.([]any)
		return ok && !slices.ContainsFunc(y, func(v any) bool {
			return !slices.ContainsFunc(x, func(o any) bool { return contains(o, v, false) })
		})
	}
	switch x := a.(type) {
	case map[string]any:
		return false
	case []any:
		return outermost && slices.ContainsFunc(x, func(o any) bool { return contains(o, b, false) })
	}
	return a == b
}

func and(a, b any) any {
	switch {
	case a == false || b == false:
		return false
	case a == nil || b == nil:
		return nil
	}
	return true
}

func or(a, b any) any {
	switch {
	case a == true || b == true:
		return true
	case a == nil || b == nil:
		return nil
	}
	return false
}

func compare(op string, a, b any) any {
	if a == nil || b == nil {
		return nil
	}
	c := order(a, b)
	switch op {
	case "=":
		return c == 0
	case "<>":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	}
	panic(fmt.Sprintf("no value for %q", op))
}

// order compares two values of one type that are not NULL.
func order(a, b any) int {
	switch x := a.(type) {
	case int64:
		y := b.(int64)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	case bool:
		y := b.(bool)
		switch {
		case !x && y:
			return -1
		case x && !y:
			return 1
		}
		return 0
	}
	return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

// like matches patterns of characters and %.
func like(s, pattern string) bool {
	head, rest, more := strings.Cut(pattern, "%")
	if !more {
		return s == head
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	for i := len(head); i <= len(s); i++ {
		if like(s[i:], rest) {
			return true
		}
	}
	return false
}

// lean is a condition without what PostgreSQL's planner leaves out before anybody looks at rights, because it changes nothing: beside a constant that decides alone, and
// of `a or (a and b)` all but a. Negations stand at what is not "and", "or" or "not". nil is no condition.
func (n *node) lean() *node {
	if n == nil {
		return nil
	}
	switch n.op {
	case "lit":
		return n
	case "not":
		k := n.kids[0]
		switch {
		case k.op == "not":
			return k.kids[0].lean()
		case k.op == "and" || k.op == "or":
			var kids []*node
			for _, x := range k.kids {
				kids = append(kids, pred("not", x))
			}
			return pred(map[string]string{"and": "or", "or": "and"}[k.op], kids...).lean()
		case k.op == "lit" && k.val != nil:
			return truth(k.val == false)
		}
		return n
	case "and", "or":
	default:
		return n
	}
	var kids []*node
	for _, k := range n.kids {
		if k = k.lean(); k != nil {
			kids = append(kids, k.terms(n.op)...)
		}
	}
	for _, k := range kids {
		if k.op == "lit" && k.val == (n.op == "or") {
			return k
		}
	}
	for _, k := range kids {
		idle := n.op == "or"
		for _, other := range kids {
			for _, x := range k.terms("and") {
				idle = idle && slices.ContainsFunc(other.terms("and"), func(y *node) bool { return y.sql() == x.sql() })
			}
		}
		if idle {
			return k
		}
	}
	return pred(n.op, kids...)
}

// terms are the operands of op that make a condition up.
func (n *node) terms(op string) []*node {
	if n.op == op {
		return n.kids
	}
	return []*node{n}
}
