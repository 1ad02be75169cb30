package rest

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// A reader reads one parameter of the query string. A failure is kept where it was met furthest to the right, as the place to tell people.
type reader struct {
	s        string
	i        int
	what     string // "select parameter", "filter", …
	depth    int
	embeds   int
	over     error // a limit that was exceeded: the failure to tell
	limits   *Limits
	furthest int
	expected string
	shift    int // characters that PostgREST counts before s
}

func (r *reader) fail(expected string) {
	if r.i > r.furthest || r.expected == "" {
		r.furthest, r.expected = r.i, expected
	}
}

// tooMany refuses what exceeds a limit.
func (r *reader) tooMany(most int, what string) bool {
	r.over = fault.New("PGRST100", "the %s has more than %d %s", r.what, most, what).WithHint("Ask for less in one request, or raise the limit in the project's settings.")
	return false
}

// err is PGRST100 at the furthest failure.
func (r *reader) err() error {
	if r.over != nil {
		return r.over
	}
	at := min(r.furthest, len(r.s))
	expected := r.expected
	unexpected := "end of input"
	if at < len(r.s) {
		_, n := utf8.DecodeRuneInString(r.s[at:])
		unexpected = `"` + r.s[at:at+n] + `"`
		if strings.HasSuffix(expected, "end of input") { // PostgREST's parser shows what it finds instead of the end as a character
			unexpected = "'" + r.s[at:at+n] + "'"
		}
	}
	if expected != "" {
		expected = " expecting " + expected
	}
	return fault.New("PGRST100", `"failed to parse %s (%s)" (line 1, column %d)`, r.what, r.s, utf8.RuneCountInString(r.s[:at])+1+r.shift).
		WithDetail("unexpected %s%s", unexpected, expected)
}

func (r *reader) eof() bool { return r.i >= len(r.s) }

func (r *reader) peek() byte {
	if r.eof() {
		return 0
	}
	return r.s[r.i]
}

func (r *reader) has(prefix string) bool { return strings.HasPrefix(r.s[r.i:], prefix) }

// take consumes the text if it is next.
func (r *reader) take(prefix string) bool {
	if !r.has(prefix) {
		return false
	}
	r.i += len(prefix)
	return true
}

func (r *reader) spaces() {
	for r.peek() == ' ' {
		r.i++
	}
}

// enter counts nesting; a request nested too deep is refused before it costs anything.
func (r *reader) enter() bool {
	r.depth++
	if r.depth > r.limits.Depth {
		return r.tooMany(r.limits.Depth, "levels of nesting")
	}
	return true
}

func identifierRune(c rune) bool {
	return c == '_' || c == ' ' || c == '$' || unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c)
}

// identifier reads letters, digits, _, space and $; the spaces around are dropped. "" when there is none.
func (r *reader) identifier() string {
	start := r.i
	for !r.eof() {
		if c := r.s[r.i]; c < utf8.RuneSelf {
			if c != '_' && c != ' ' && c != '$' && (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') {
				break
			}
			r.i++
			continue
		}
		c, n := utf8.DecodeRuneInString(r.s[r.i:])
		if !identifierRune(c) {
			break
		}
		r.i += n
	}
	return strings.Trim(r.s[start:r.i], " ")
}

// name reads a quoted name, or identifiers joined by dashes. No name is empty, in PostgreSQL as here.
func (r *reader) name() (string, bool) {
	if r.peek() == '"' {
		n, ok := r.quoted()
		if ok && n == "" {
			r.i--
			r.fail("field name (* or [a..z0..9_$])")
		}
		return n, ok && n != ""
	}
	start := r.i
	if r.identifier() == "" {
		r.i = start
		r.fail("field name (* or [a..z0..9_$])")
		return "", false
	}
	for r.peek() == '-' && !r.has("->") {
		r.i++
		if r.identifier() == "" {
			r.fail("field name (* or [a..z0..9_$])")
			return "", false
		}
	}
	return strings.Trim(r.s[start:r.i], " "), true
}

// quoted reads a double-quoted text in which a backslash takes the next character as it is.
func (r *reader) quoted() (string, bool) {
	r.i++
	start := r.i
	end := strings.IndexAny(r.s[start:], `"\`)
	if end >= 0 && r.s[start+end] == '"' {
		r.i = start + end + 1
		return r.s[start : start+end], true
	}
	var b strings.Builder
	for !r.eof() {
		c := r.s[r.i]
		r.i++
		if c == '"' {
			return b.String(), true
		}
		if c == '\\' && !r.eof() {
			c = r.s[r.i]
			r.i++
		}
		b.WriteByte(c)
	}
	r.fail(`"\""`)
	return "", false
}

// path reads the arrows after a name.
func (r *reader) path() ([]query.PathStep, bool) {
	var steps []query.PathStep
	for r.has("->") {
		r.i += 2
		s := query.PathStep{}
		if r.peek() == '>' {
			r.i++
			s.Text = true
		}
		if n := r.index(); n > 0 {
			s.Key, s.Index = r.s[r.i:r.i+n], true
			r.i += n
		} else if r.peek() == '-' {
			r.i++
			r.fail("digit")
			return nil, false
		} else if s.Key = r.key(); s.Key == "" {
			r.fail(`"-", digit or any non reserved character different from: .,>()`)
			return nil, false
		}
		steps = append(steps, s)
		if len(steps) > r.limits.Depth {
			return nil, r.tooMany(r.limits.Depth, "steps in a JSON path")
		}
	}
	return steps, true
}

// index is the length of an array index at the reader's place: digits that end the step; 0 for none.
func (r *reader) index() int {
	s := strings.TrimPrefix(r.s[r.i:], "-")
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits == 0 || digits > 9 {
		return 0
	}
	rest := s[digits:]
	if rest != "" && !strings.HasPrefix(rest, "->") && !strings.HasPrefix(rest, "::") && !strings.ContainsRune(".,)", rune(rest[0])) {
		return 0
	}
	return len(r.s) - r.i - len(rest)
}

func (r *reader) key() string {
	if r.peek() == '"' {
		k, _ := r.quoted()
		return k
	}
	start := r.i
	for !r.eof() && !strings.ContainsRune("(:.,>)", rune(r.s[r.i])) && !r.has("->") {
		r.i++
	}
	return strings.Trim(r.s[start:r.i], " ")
}

// ---- select ----

// selection reads the whole select parameter.
func (r *reader) selection() ([]query.Item, error) {
	items, ok := r.items()
	if ok && !r.eof() {
		r.fail(`",", "(" or end of input`)
		ok = false
	}
	if !ok {
		return nil, r.err()
	}
	return items, nil
}

func (r *reader) items() ([]query.Item, bool) {
	var list []query.Item
	for {
		it, ok := r.item()
		if !ok {
			return nil, false
		}
		list = append(list, it)
		if len(list) > r.limits.Items {
			return nil, r.tooMany(r.limits.Items, "fields in a list")
		}
		if !r.take(",") {
			return list, true
		}
	}
}

func (r *reader) item() (query.Item, bool) {
	none := query.Item{}
	r.spaces()
	if r.take("*") {
		r.spaces()
		return query.Item{Star: true}, true
	}
	spread := r.take("...")
	start := r.i
	if !spread && r.take("count()") {
		return r.counted(&query.Field{Aggregate: "count"})
	}
	r.i = start
	name, ok := r.name()
	if !ok {
		return none, false
	}
	alias := ""
	if r.peek() == ':' && !r.has("::") {
		r.i++
		alias = name
		if !spread && r.take("count()") {
			return r.counted(&query.Field{Alias: alias, Aggregate: "count"})
		}
		if name, ok = r.name(); !ok {
			return none, false
		}
	}
	if c := r.peek(); spread || c == '!' || c == '(' {
		return r.embed(&query.Embed{Alias: alias, Relation: name, Spread: spread})
	}
	f := &query.Field{Alias: alias, Name: name}
	if f.Path, ok = r.path(); !ok {
		return none, false
	}
	if f.Cast, ok = r.cast(); !ok {
		return none, false
	}
	if r.peek() == '.' {
		r.i++
		for _, a := range []string{"sum", "avg", "count", "max", "min"} {
			if r.take(a + "()") {
				f.Aggregate = a
				return r.counted(f)
			}
		}
		r.fail("aggregate function: sum(), avg(), count(), max() or min()")
		return none, false
	}
	return query.Item{Field: f}, true
}

// counted reads the cast after an aggregate.
func (r *reader) counted(f *query.Field) (query.Item, bool) {
	var ok bool
	f.AggregateCast, ok = r.cast()
	return query.Item{Field: f}, ok
}

func (r *reader) cast() (string, bool) {
	if !r.take("::") {
		return "", true
	}
	t := r.identifier()
	if t == "" {
		r.fail("type name")
	}
	return t, t != ""
}

func (r *reader) embed(e *query.Embed) (query.Item, bool) {
	none := query.Item{}
	if r.embeds++; r.embeds > r.limits.Embeds {
		return none, r.tooMany(r.limits.Embeds, "embedded resources")
	}
	for r.take("!") {
		h, ok := r.name()
		if !ok {
			return none, false
		}
		switch {
		case h == "inner" && e.Join == query.DefaultJoin:
			e.Join = query.InnerHint
		case h == "left" && e.Join == query.DefaultJoin:
			e.Join = query.LeftHint
		case e.Hint == "":
			e.Hint = h
		default:
			r.fail(`"("`)
			return none, false
		}
	}
	if !r.take("(") {
		r.fail(`"("`)
		return none, false
	}
	if !r.enter() {
		return none, false
	}
	e.Limit, e.Offset, e.MaxRows = -1, -1, -1
	r.spaces()
	if r.peek() == ')' {
		e.Empty = true
	} else {
		var ok bool
		if e.Select, ok = r.items(); !ok {
			return none, false
		}
	}
	if !r.take(")") {
		r.fail(`"," or ")"`)
		return none, false
	}
	r.spaces()
	r.depth--
	return query.Item{Embed: e}, true
}

// ---- filters ----

// operatorNames in an order in which no name hides a longer one.
var operatorNames = []string{
	"isdistinct", "imatch", "ilike", "match", "plfts", "phfts", "like", "wfts", "gte", "lte", "neq", "fts", "nxr", "nxl", "adj",
	"eq", "gt", "lt", "in", "is", "cs", "cd", "ov", "sl", "sr",
}

func quantifiable(op string) bool {
	switch op {
	case "eq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch":
		return true
	}
	return false
}

func fullText(op string) bool { return strings.HasSuffix(op, "fts") }

// condition reads [not.]operator[(modifier)].value into f. Inside a logic tree a value ends at a comma or a closing parenthesis.
func (r *reader) condition(f *query.Filter, values *[]string, inTree bool) bool {
	if r.take("not.") {
		f.Not = true
	}
	for _, name := range operatorNames {
		if rest := r.s[r.i:]; strings.HasPrefix(rest, name) && len(rest) > len(name) && (rest[len(name)] == '.' || rest[len(name)] == '(') {
			f.Op = name
			break
		}
	}
	if f.Op == "" {
		r.fail(`"not" or operator (eq, gt, ...)`)
		return false
	}
	r.i += len(f.Op)
	switch {
	case fullText(f.Op) && r.take("("):
		if f.Lang = r.identifier(); f.Lang == "" || !r.take(")") {
			r.fail(`language and ")"`)
			return false
		}
	case quantifiable(f.Op) && r.take("(any)"):
		f.Quant = "any"
	case quantifiable(f.Op) && r.take("(all)"):
		f.Quant = "all"
	}
	if !r.take(".") {
		r.fail(`"."`)
		return false
	}
	var v string
	switch {
	case f.Op == "is":
		return r.isValue(f, inTree)
	case f.Op == "in":
		list, ok := r.list(inTree)
		if !ok {
			return false
		}
		v = arrayLiteral(list)
	case inTree:
		var ok bool
		if v, ok = r.treeValue(); !ok {
			return false
		}
	default:
		v = r.s[r.i:]
		r.i = len(r.s)
	}
	if f.Op == "like" || f.Op == "ilike" {
		v = strings.ReplaceAll(v, "*", "%")
	}
	*values = append(*values, v)
	f.Value = query.ValueRef(len(*values) - 1)
	return true
}

func (r *reader) isValue(f *query.Filter, inTree bool) bool {
	f.Value = -1
	for _, w := range []string{"not_null", "null", "true", "false", "unknown"} {
		rest := r.s[r.i:]
		if len(rest) < len(w) || !strings.EqualFold(rest[:len(w)], w) {
			continue
		}
		if after := rest[len(w):]; after == "" || inTree && (after[0] == ',' || after[0] == ')' || after[0] == ' ') {
			f.Is = w
			r.i += len(w)
			return true
		}
	}
	r.fail("isVal: (null, not_null, true, false, unknown)")
	return false
}

// list reads (a,b,"c,d").
func (r *reader) list(inTree bool) ([]string, bool) {
	r.spaces()
	if !r.take("(") {
		r.fail(`"("`)
		return nil, false
	}
	var list []string
	for {
		v, ok := r.quotedBefore(",)")
		if !ok {
			end := strings.IndexAny(r.s[r.i:], ",)")
			if end < 0 {
				r.i = len(r.s)
				r.fail(`"," or ")"`)
				return nil, false
			}
			v = r.s[r.i : r.i+end]
			r.i += end
		}
		list = append(list, v)
		if len(list) > r.limits.Values {
			return nil, r.tooMany(r.limits.Values, "values in a list")
		}
		if r.take(")") {
			break
		}
		r.take(",")
	}
	r.spaces()
	if !inTree && !r.eof() {
		r.fail("end of input")
		return nil, false
	}
	if len(list) == 1 && list[0] == "" {
		list = nil
	}
	return list, true
}

// quotedBefore reads a quoted value if one is next and one of the stops or the end follows it; else nothing is read.
func (r *reader) quotedBefore(stops string) (string, bool) {
	if r.peek() != '"' {
		return "", false
	}
	start := r.i
	v, ok := r.quoted()
	if ok && (r.eof() || strings.IndexByte(stops, r.s[r.i]) >= 0) {
		return v, true
	}
	r.i = start
	return "", false
}

// treeValue reads a value inside a logic tree: quoted, a bare array or range, or text up to a comma or parenthesis.
func (r *reader) treeValue() (string, bool) {
	if v, ok := r.quotedBefore(",)"); ok {
		return v, true
	}
	if n := bracketed(r.s[r.i:]); n > 0 {
		v := r.s[r.i : r.i+n]
		r.i += n
		return v, true
	}
	end := strings.IndexAny(r.s[r.i:], ",)")
	if end < 0 {
		r.i = len(r.s)
		r.fail(`"," or ")"`)
		return "", false
	}
	v := r.s[r.i : r.i+end]
	r.i += end
	return v, true
}

// bracketed is the length of a bare {…}, or of a range such as [1,5), at the start of s, when a comma or parenthesis follows it; else 0.
func bracketed(s string) int {
	if s == "" {
		return 0
	}
	n := 0
	switch s[0] {
	case '{':
		depth, quoted := 0, false
		for i := 0; i < len(s); i++ {
			switch c := s[i]; {
			case c == '\\' && quoted:
				i++
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == '{':
				depth++
			case c == '}':
				if depth--; depth == 0 {
					n = i + 1
				}
			}
			if n > 0 {
				break
			}
		}
	case '[', '(':
		end := strings.IndexAny(s[1:], "])")
		if end < 0 || strings.Count(s[1:1+end], ",") != 1 {
			return 0
		}
		n = end + 2
	}
	if n == 0 || n < len(s) && s[n] != ',' && s[n] != ')' {
		return 0
	}
	return n
}

// arrayLiteral writes texts as a PostgreSQL array.
func arrayLiteral(list []string) string {
	n := 2
	for _, s := range list {
		n += len(s) + 3
	}
	b := make([]byte, 0, n)
	b = append(b, '{')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		for j := 0; j < len(s); j++ {
			if s[j] == '"' || s[j] == '\\' {
				b = append(b, '\\')
			}
			b = append(b, s[j])
		}
		b = append(b, '"')
	}
	return string(append(b, '}'))
}

// tree reads (a.eq.1,b.gt.2,and(…)) after the word and/or.
func (r *reader) tree(l *query.Logic, values *[]string) bool {
	if !r.enter() {
		return false
	}
	r.spaces()
	if !r.take("(") {
		r.fail(`"("`)
		return false
	}
	for {
		r.spaces()
		a, ok := r.branch(values)
		if !ok {
			return false
		}
		l.Args = append(l.Args, a)
		if len(l.Args) > r.limits.Filters {
			return r.tooMany(r.limits.Filters, "conditions")
		}
		r.spaces()
		if r.take(")") {
			break
		}
		if !r.take(",") {
			r.fail(`"," or ")"`)
			return false
		}
	}
	r.depth--
	return true
}

func (r *reader) branch(values *[]string) (*query.Logic, bool) {
	start := r.i
	l := &query.Logic{Not: r.take("not.")}
	for word, op := range connectives {
		after := strings.TrimPrefix(r.s[r.i:], word)
		if len(after) < len(r.s[r.i:]) && strings.HasPrefix(strings.TrimLeft(after, " "), "(") {
			r.i += len(word)
			l.Op = op
			return l, r.tree(l, values)
		}
	}
	r.i = start
	f := &query.Filter{}
	l = &query.Logic{Op: query.Leaf, Leaf: f}
	var ok bool
	if f.Name, ok = r.name(); !ok {
		if r.furthest == start {
			r.expected = "field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)"
		}
		return nil, false
	}
	if f.Path, ok = r.path(); !ok {
		return nil, false
	}
	if !r.take(".") {
		r.fail(`"->" or delimiter (.)`)
		return nil, false
	}
	return l, r.condition(f, values, true)
}

var connectives = map[string]query.LogicOp{"and": query.And, "or": query.Or}

// ---- order ----

func (r *reader) order() ([]query.Order, error) {
	var list []query.Order
	for {
		r.spaces()
		o, ok := r.orderItem()
		if !ok {
			return nil, r.err()
		}
		list = append(list, o)
		if len(list) > r.limits.Items {
			r.tooMany(r.limits.Items, "fields in a list")
			return nil, r.err()
		}
		if r.eof() {
			return list, nil
		}
		if !r.take(",") {
			r.fail(`"," or end of input`)
			return nil, r.err()
		}
	}
}

func (r *reader) orderItem() (o query.Order, ok bool) {
	if o.Name, ok = r.name(); !ok {
		return o, false
	}
	if r.take("(") {
		o.Embed = o.Name
		if o.Name, ok = r.name(); !ok {
			return o, false
		}
	}
	if o.Path, ok = r.path(); !ok {
		return o, false
	}
	if o.Embed != "" && !r.take(")") {
		r.fail(`")"`)
		return o, false
	}
	switch {
	case r.take(".asc"):
	case r.take(".desc"):
		o.Desc = true
	}
	switch {
	case r.take(".nullsfirst"):
		o.Nulls = query.NullsFirst
	case r.take(".nullslast"):
		o.Nulls = query.NullsLast
	}
	r.spaces()
	switch {
	case r.peek() == '.':
		r.i++
		r.fail("asc, desc, nullsfirst or nullslast")
		return o, false
	case !r.eof() && r.peek() != ',':
		r.fail(`"," or end of input`)
		return o, false
	}
	return o, true
}

// names reads a comma list of names.
func (r *reader) names() ([]string, error) {
	var list []string
	for {
		r.spaces()
		n, ok := r.name()
		if !ok {
			return nil, r.err()
		}
		if list = append(list, n); len(list) > r.limits.Items {
			r.tooMany(r.limits.Items, "fields in a list")
			return nil, r.err()
		}
		if r.eof() {
			return list, nil
		}
		if !r.take(",") {
			r.fail(`"," or end of input`)
			return nil, r.err()
		}
	}
}
