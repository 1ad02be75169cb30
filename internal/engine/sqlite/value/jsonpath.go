package value

import (
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
)

// PathNode is a node of a parsed JSON path. Op says what it is:
//
//	$ @ last           the root, the current item, the last subscript
//	var str num bool null   a variable (Str), literals (Str is the JSON text for num, bool and null)
//	.key .* .** [*] [] ? .method   accessors of Left: Str is the key or the method; [] has Subs; ? has Right, the condition
//	+ - * / % neg pos       arithmetic
//	== != < <= > >= && || ! starts like exists unknown   predicates
type PathNode struct {
	Op          string
	Str         string
	Flags       string    // of like
	Template    *PathNode // of .datetime(…), a str; nil where there is none
	From, To    int       // of .**: levels, -1 is last
	Subs        [][2]*PathNode
	Left, Right *PathNode
}

// Path is a parsed JSON path.
type Path struct {
	Strict bool
	Root   *PathNode
}

// ParsePath reads a JSON path.
func ParsePath(s string) (path *Path, err error) {
	p := &pathParser{lexer: pathLexer{s: s}}
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(*fault.Error)
			if !ok {
				panic(r)
			}
			path, err = nil, f
		}
	}()
	p.next()
	path = &Path{}
	if p.tok.kind == pathEnd {
		return nil, badInput("jsonpath", s)
	}
	if path.Strict = p.is("strict"); path.Strict || p.is("lax") {
		p.next()
	}
	path.Root, _ = p.or(either)
	if p.tok.kind != pathEnd {
		p.unexpected()
	}
	path.Root.check(false, false)
	return path, nil
}

func inputJSONPath(_ *Env, s string, _ int32) (Datum, error) {
	p, err := ParsePath(s)
	if err != nil {
		return Null, err
	}
	return Text(p.String()), nil
}

// check panics where @ stands outside of a filter, or last outside of a subscript.
func (n *PathNode) check(filtered, subscript bool) {
	if n == nil {
		return
	}
	switch {
	case n.Op == "@" && !filtered:
		panic(fault.New(fault.SyntaxError, "@ is not allowed in root expressions"))
	case n.Op == "last" && !subscript:
		panic(fault.New(fault.SyntaxError, "LAST is allowed only in array subscripts"))
	}
	n.Left.check(filtered, subscript)
	n.Right.check(filtered || n.Op == "?", subscript)
	for _, s := range n.Subs {
		s[0].check(filtered, true)
		s[1].check(filtered, true)
	}
}

// pathParser goes through the tokens and fails, by a panic with a fault.Error, at the first one that cannot follow.
type pathParser struct {
	lexer pathLexer
	tok   pathToken
	depth int
}

func (p *pathParser) next() { p.tok = p.lexer.next() }

// is tells that the token is that keyword or sign.
func (p *pathParser) is(what string) bool {
	return (p.tok.kind == pathKeyword || p.tok.kind == pathSign) && p.tok.text == what
}

func (p *pathParser) unexpected() { p.lexer.fail("syntax error") }

func (p *pathParser) expect(what string) {
	if !p.is(what) {
		p.unexpected()
	}
	p.next()
}

func (p *pathParser) deeper() func() {
	if p.depth++; p.depth > 1000 {
		panic(fault.New(fault.StatementTooComplex, "stack depth limit exceeded"))
	}
	return func() { p.depth-- }
}

// What may stand at a place.
type pathWant uint8

const (
	either pathWant = iota
	expression
	predicate
)

// or reads predicates joined by ||, or an expression; isPredicate says which it is.
func (p *pathParser) or(want pathWant) (n *PathNode, isPredicate bool) {
	defer p.deeper()()
	n, isPredicate = p.and(want)
	for isPredicate && p.is("||") {
		p.next()
		right, _ := p.and(predicate)
		n = &PathNode{Op: "||", Left: n, Right: right}
	}
	return n, isPredicate
}

func (p *pathParser) and(want pathWant) (n *PathNode, isPredicate bool) {
	n, isPredicate = p.test(want)
	for isPredicate && p.is("&&") {
		p.next()
		right, _ := p.test(predicate)
		n = &PathNode{Op: "&&", Left: n, Right: right}
	}
	return n, isPredicate
}

// exists reads what follows the word.
func (p *pathParser) exists() *PathNode {
	p.next()
	p.expect("(")
	n, _ := p.or(expression)
	p.expect(")")
	return &PathNode{Op: "exists", Left: n}
}

// test reads one predicate, or an expression.
func (p *pathParser) test(want pathWant) (n *PathNode, isPredicate bool) {
	switch {
	case want != expression && p.is("!"):
		p.next()
		if p.is("exists") {
			return &PathNode{Op: "!", Left: p.exists()}, true
		}
		p.expect("(")
		n, _ := p.or(predicate)
		p.expect(")")
		return &PathNode{Op: "!", Left: n}, true
	case want != expression && p.is("exists"):
		return p.exists(), true
	}
	n, isPredicate = p.sum(want)
	if isPredicate {
		if p.is("is") {
			p.next()
			p.expect("unknown")
			n = &PathNode{Op: "unknown", Left: n}
		}
		return n, true
	}
	if want == expression {
		return n, false
	}
	if p.tok.kind == pathSign {
		switch op := p.tok.text; op {
		case "==", "!=", "<", "<=", ">", ">=":
			p.next()
			right, _ := p.sum(expression)
			return &PathNode{Op: op, Left: n, Right: right}, true
		}
	}
	switch {
	case p.is("starts"):
		p.next()
		p.expect("with")
		if p.tok.kind != pathString && p.tok.kind != pathVariable {
			p.unexpected()
		}
		return &PathNode{Op: "starts", Left: n, Right: p.scalar()}, true
	case p.is("like_regex"):
		p.next()
		n = &PathNode{Op: "like", Left: n, Str: p.quoted()}
		if p.is("flag") {
			p.next()
			n.Flags = regexFlags(p.quoted())
		}
		return n, true
	case want == predicate:
		p.unexpected()
	}
	return n, false
}

// regexFlags are the flags of like_regex in their own order.
func regexFlags(s string) string {
	for _, c := range s {
		if !strings.ContainsRune("ismxq", c) {
			panic(fault.New(fault.SyntaxError, "invalid input syntax for type %s", "jsonpath").
				WithDetail(`Unrecognized flag character "%c" in LIKE_REGEX predicate.`, c))
		}
	}
	out := ""
	for _, f := range "ismxq" {
		if strings.ContainsRune(s, f) {
			out += string(f)
		}
	}
	if strings.Contains(out, "x") && !strings.Contains(out, "q") {
		panic(fault.New(fault.FeatureNotSupported, `XQuery "x" flag (expanded regular expressions) is not implemented`))
	}
	return out
}

func (p *pathParser) quoted() string {
	if p.tok.kind != pathString {
		p.unexpected()
	}
	s := p.tok.text
	p.next()
	return s
}

func (p *pathParser) sum(want pathWant) (n *PathNode, isPredicate bool) {
	n, isPredicate = p.product(want)
	for !isPredicate && (p.is("+") || p.is("-")) {
		op := p.tok.text
		p.next()
		right, _ := p.product(expression)
		n = &PathNode{Op: op, Left: n, Right: right}
	}
	return n, isPredicate
}

func (p *pathParser) product(want pathWant) (n *PathNode, isPredicate bool) {
	n, isPredicate = p.unary(want)
	for !isPredicate && (p.is("*") || p.is("/") || p.is("%")) {
		op := p.tok.text
		p.next()
		right, _ := p.unary(expression)
		n = &PathNode{Op: op, Left: n, Right: right}
	}
	return n, isPredicate
}

func (p *pathParser) unary(want pathWant) (n *PathNode, isPredicate bool) {
	defer p.deeper()()
	if !p.is("-") && !p.is("+") {
		return p.primary(want)
	}
	op := map[string]string{"-": "neg", "+": "pos"}[p.tok.text]
	p.next()
	n, _ = p.unary(expression)
	switch {
	case n.Op != "num":
		return &PathNode{Op: op, Left: n}, false
	case op == "neg":
		n.Str = DecOf(Text(n.Str)).Neg().String()
	}
	return n, false
}

func (p *pathParser) primary(want pathWant) (n *PathNode, isPredicate bool) {
	if !p.is("(") {
		return p.accessors(p.scalar()), false
	}
	p.next()
	n, isPredicate = p.or(either)
	p.expect(")")
	if p.is(".") || p.is("[") || p.is("?") {
		return p.accessors(n), false
	}
	if isPredicate && want == expression {
		p.unexpected()
	}
	return n, isPredicate
}

// scalar reads what an expression begins with.
func (p *pathParser) scalar() (n *PathNode) {
	switch t := p.tok; {
	case t.kind == pathString:
		n = &PathNode{Op: "str", Str: t.text}
	case t.kind == pathVariable:
		n = &PathNode{Op: "var", Str: t.text}
	case t.kind == pathNumber || t.kind == pathInteger:
		d, err := ParseDec(t.text)
		if err != nil {
			panic(err)
		}
		n = &PathNode{Op: "num", Str: d.String()}
	case p.is("null"):
		n = &PathNode{Op: "null", Str: "null"}
	case p.is("true") || p.is("false"):
		n = &PathNode{Op: "bool", Str: t.text}
	case p.is("$") || p.is("@") || p.is("last"):
		n = &PathNode{Op: t.text}
	default:
		p.unexpected()
	}
	p.next()
	return n
}

var pathMethods = map[string]bool{"type": true, "size": true, "double": true, "ceiling": true, "floor": true, "abs": true, "keyvalue": true, "datetime": true}

func (p *pathParser) accessors(n *PathNode) *PathNode {
	for {
		switch {
		case p.is("."):
			p.next()
			n = p.member(n)
		case p.is("["):
			p.next()
			n = p.subscripts(n)
		case p.is("?"):
			p.next()
			p.expect("(")
			condition, _ := p.or(predicate)
			p.expect(")")
			n = &PathNode{Op: "?", Left: n, Right: condition}
		default:
			return n
		}
	}
}

// member reads what stands behind a dot.
func (p *pathParser) member(n *PathNode) *PathNode {
	switch {
	case p.is("*"):
		p.next()
		return &PathNode{Op: ".*", Left: n}
	case p.is("**"):
		p.next()
		n = &PathNode{Op: ".**", Left: n, From: 0, To: -1}
		if !p.is("{") {
			return n
		}
		p.next()
		n.From = p.level()
		n.To = n.From
		if p.is("to") {
			p.next()
			n.To = p.level()
		}
		p.expect("}")
		return n
	case p.tok.kind != pathString && p.tok.kind != pathName && p.tok.kind != pathKeyword:
		p.unexpected()
	}
	name, keyword := p.tok.text, p.tok.kind == pathKeyword
	if keyword {
		name = p.tok.written
	}
	method := strings.ToLower(name)
	p.next()
	if !keyword || !pathMethods[method] || !p.is("(") {
		return &PathNode{Op: ".key", Left: n, Str: name}
	}
	p.next()
	n = &PathNode{Op: ".method", Left: n, Str: method}
	if method == "datetime" && p.tok.kind == pathString {
		n.Template = &PathNode{Op: "str", Str: p.quoted()}
	}
	p.expect(")")
	return n
}

// level is a number in .**{…}, -1 for last.
func (p *pathParser) level() int {
	if p.is("last") {
		p.next()
		return -1
	}
	if p.tok.kind != pathInteger {
		p.unexpected()
	}
	n, _ := strconv.Atoi(p.tok.text)
	p.next()
	return n
}

func (p *pathParser) subscripts(n *PathNode) *PathNode {
	if p.is("*") {
		p.next()
		p.expect("]")
		return &PathNode{Op: "[*]", Left: n}
	}
	n = &PathNode{Op: "[]", Left: n}
	for {
		from, _ := p.sum(expression)
		sub := [2]*PathNode{from}
		if p.is("to") {
			p.next()
			sub[1], _ = p.sum(expression)
		}
		n.Subs = append(n.Subs, sub)
		if !p.is(",") {
			break
		}
		p.next()
	}
	p.expect("]")
	return n
}

// String is PostgreSQL's output.
func (p *Path) String() string {
	s := p.Root.print(true)
	if p.Strict {
		return "strict " + s
	}
	return s
}

func (n *PathNode) priority() int {
	switch n.Op {
	case "||":
		return 0
	case "&&":
		return 1
	case "==", "!=", "<", "<=", ">", ">=", "starts":
		return 2
	case "+", "-":
		return 3
	case "*", "/", "%":
		return 4
	case "neg", "pos":
		return 5
	}
	return 6
}

func (n *PathNode) print(brackets bool) string {
	sub := func(m *PathNode) string { return m.print(m.priority() <= n.priority()) }
	wrap := func(s string) string {
		if brackets {
			return "(" + s + ")"
		}
		return s
	}
	base := func() string {
		if n.Left.Op == "num" { // its point would be taken for the accessor's
			return "(" + n.Left.Str + ")"
		}
		return n.Left.print(true)
	}
	level := func(v int) string {
		if v < 0 {
			return "last"
		}
		return strconv.Itoa(v)
	}
	switch n.Op {
	case "$", "@", "last":
		return n.Op
	case "var":
		return "$" + QuoteJSON(n.Str)
	case "str":
		return QuoteJSON(n.Str)
	case "num", "bool", "null":
		return n.Str
	case ".key":
		return base() + "." + QuoteJSON(n.Str)
	case ".*", "[*]":
		return base() + n.Op
	case ".**":
		switch {
		case n.From == 0 && n.To == -1:
			return base() + ".**"
		case n.From == n.To:
			return base() + ".**{" + level(n.From) + "}"
		}
		return base() + ".**{" + level(n.From) + " to " + level(n.To) + "}"
	case "[]":
		var parts []string
		for _, s := range n.Subs {
			t := s[0].print(false)
			if s[1] != nil {
				t += " to " + s[1].print(false)
			}
			parts = append(parts, t)
		}
		return base() + "[" + strings.Join(parts, ",") + "]"
	case "?":
		return base() + "?(" + n.Right.print(false) + ")"
	case ".method":
		if n.Template != nil {
			return base() + "." + n.Str + "(" + n.Template.print(false) + ")"
		}
		return base() + "." + n.Str + "()"
	case "neg", "pos":
		op := "-"
		if n.Op == "pos" {
			op = "+"
		}
		return wrap(op + sub(n.Left))
	case "!":
		return "!(" + n.Left.print(false) + ")"
	case "unknown":
		return "(" + n.Left.print(false) + ") is unknown"
	case "exists":
		return "exists (" + n.Left.print(false) + ")"
	case "starts":
		return wrap(sub(n.Left) + " starts with " + sub(n.Right))
	case "like":
		s := n.Left.print(n.Left.priority() <= 2) + " like_regex " + QuoteJSON(n.Str)
		if n.Flags != "" {
			s += " flag " + QuoteJSON(n.Flags)
		}
		return wrap(s)
	}
	return wrap(sub(n.Left) + " " + n.Op + " " + sub(n.Right))
}
