package value

import (
	"strconv"
	"strings"
	"unicode/utf8"

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
	Flags       string // of like
	From, To    int    // of .**: levels, -1 is last
	Subs        [][2]*PathNode
	Left, Right *PathNode
}

// Path is a parsed JSON path.
type Path struct {
	Strict bool
	Root   *PathNode
}

// ParsePath reads a JSON path.
func ParsePath(s string) (*Path, error) {
	p := &pathParser{s: s}
	path := &Path{}
	switch {
	case p.word("strict"):
		path.Strict = true
	case p.word("lax"):
	}
	n := p.or()
	p.space()
	if p.failed || n == nil || p.i < len(s) {
		p.space()
		at := "end of"
		if p.i < len(s) {
			at = "or near"
		}
		if strings.TrimSpace(s) == "" {
			return nil, badInput("jsonpath", s)
		}
		if at == "or near" {
			_, w := utf8.DecodeRuneInString(s[p.i:])
			j := p.i + w
			for j < len(s) && isPathWord(s[p.i]) && isPathWord(s[j]) {
				j++
			}
			return nil, fault.New(fault.SyntaxError, `syntax error at or near "%s" of jsonpath input`, s[p.i:j])
		}
		return nil, fault.New(fault.SyntaxError, "syntax error at end of jsonpath input")
	}
	path.Root = n
	return path, nil
}

func inputJSONPath(_ *Env, s string, _ int32) (Datum, error) {
	p, err := ParsePath(s)
	if err != nil {
		return Null, err
	}
	return Text(p.String()), nil
}

type pathParser struct {
	s      string
	i      int
	failed bool
	depth  int
}

func isPathWord(c byte) bool {
	return c == '_' || c >= 0x80 || c >= '0' && c <= '9' || c|32 >= 'a' && c|32 <= 'z'
}

func (p *pathParser) space() {
	for p.i < len(p.s) {
		if strings.HasPrefix(p.s[p.i:], "/*") {
			end := strings.Index(p.s[p.i:], "*/")
			if end < 0 {
				p.failed = true
				return
			}
			p.i += end + 2
			continue
		}
		if strings.IndexByte(" \t\n\r\f", p.s[p.i]) < 0 {
			return
		}
		p.i++
	}
}

// eat takes a punctuation.
func (p *pathParser) eat(t string) bool {
	p.space()
	if !strings.HasPrefix(p.s[p.i:], t) {
		return false
	}
	p.i += len(t)
	return true
}

// word takes a keyword.
func (p *pathParser) word(w string) bool {
	p.space()
	end := p.i + len(w)
	if end > len(p.s) || !strings.EqualFold(p.s[p.i:end], w) || end < len(p.s) && isPathWord(p.s[end]) {
		return false
	}
	p.i = end
	return true
}

func (p *pathParser) fail() *PathNode {
	p.failed = true
	return nil
}

func (p *pathParser) or() *PathNode {
	n := p.and()
	for !p.failed && p.eat("||") {
		n = &PathNode{Op: "||", Left: n, Right: p.and()}
	}
	return n
}

func (p *pathParser) and() *PathNode {
	n := p.comparison()
	for !p.failed && p.eat("&&") {
		n = &PathNode{Op: "&&", Left: n, Right: p.comparison()}
	}
	return n
}

func (p *pathParser) comparison() *PathNode {
	if p.depth++; p.depth > 500 {
		return p.fail()
	}
	defer func() { p.depth-- }()
	if p.s[min(p.i, len(p.s)):] != "" && !strings.HasPrefix(strings.TrimLeft(p.s[p.i:], " "), "!=") && p.eat("!") {
		n := p.unary()
		return &PathNode{Op: "!", Left: n}
	}
	n := p.sum()
	for !p.failed {
		op := ""
		for _, o := range []string{"==", "!=", "<>", "<=", ">=", "<", ">"} {
			if p.eat(o) {
				op = o
				break
			}
		}
		switch {
		case op != "":
			if op == "<>" {
				op = "!="
			}
			n = &PathNode{Op: op, Left: n, Right: p.sum()}
		case p.word("starts"):
			if !p.word("with") {
				return p.fail()
			}
			n = &PathNode{Op: "starts", Left: n, Right: p.primary()}
		case p.word("like_regex"):
			n = &PathNode{Op: "like", Left: n, Str: p.quoted()}
			if p.word("flag") {
				n.Flags = p.quoted()
			}
		case p.word("is"):
			if !p.word("unknown") {
				return p.fail()
			}
			n = &PathNode{Op: "unknown", Left: n}
		default:
			return n
		}
	}
	return n
}

func (p *pathParser) sum() *PathNode {
	n := p.product()
	for !p.failed {
		switch {
		case p.eat("+"):
			n = &PathNode{Op: "+", Left: n, Right: p.product()}
		case p.eat("-"):
			n = &PathNode{Op: "-", Left: n, Right: p.product()}
		default:
			return n
		}
	}
	return n
}

func (p *pathParser) product() *PathNode {
	n := p.unary()
	for !p.failed {
		p.space()
		if p.i >= len(p.s) || strings.IndexByte("*/%", p.s[p.i]) < 0 {
			return n
		}
		op := p.s[p.i : p.i+1]
		p.i++
		n = &PathNode{Op: op, Left: n, Right: p.unary()}
	}
	return n
}

func (p *pathParser) unary() *PathNode {
	if p.depth++; p.depth > 500 {
		return p.fail()
	}
	defer func() { p.depth-- }()
	switch {
	case p.eat("-"):
		n := p.unary()
		return &PathNode{Op: "neg", Left: n}
	case p.eat("+"):
		n := p.unary()
		return &PathNode{Op: "pos", Left: n}
	}
	return p.accessors(p.primary())
}

func (p *pathParser) quoted() string {
	p.space()
	if p.i >= len(p.s) || p.s[p.i] != '"' {
		p.failed = true
		return ""
	}
	j := skipString(p.s, p.i)
	raw := p.s[p.i:j]
	if len(raw) < 2 || raw[len(raw)-1] != '"' {
		p.failed = true
		return ""
	}
	p.i = j
	return UnquoteJSON(raw)
}

func (p *pathParser) primary() *PathNode {
	p.space()
	if p.i >= len(p.s) {
		return p.fail()
	}
	switch c := p.s[p.i]; {
	case c == '(':
		p.i++
		n := p.or()
		if !p.eat(")") {
			return p.fail()
		}
		return n
	case c == '$':
		p.i++
		if p.i < len(p.s) && p.s[p.i] == '"' {
			return &PathNode{Op: "var", Str: p.quoted()}
		}
		j := p.i
		for j < len(p.s) && isPathWord(p.s[j]) {
			j++
		}
		if j > p.i {
			n := &PathNode{Op: "var", Str: p.s[p.i:j]}
			p.i = j
			return n
		}
		return &PathNode{Op: "$"}
	case c == '@':
		p.i++
		return &PathNode{Op: "@"}
	case c == '"':
		return &PathNode{Op: "str", Str: p.quoted()}
	case c >= '0' && c <= '9' || c == '.' && p.i+1 < len(p.s) && p.s[p.i+1] >= '0' && p.s[p.i+1] <= '9':
		j := p.i
		for j < len(p.s) && (p.s[j] >= '0' && p.s[j] <= '9' || p.s[j] == '.' && j+1 < len(p.s) && p.s[j+1] >= '0' && p.s[j+1] <= '9' || p.s[j]|32 == 'e' || (p.s[j] == '+' || p.s[j] == '-') && p.s[j-1]|32 == 'e') {
			j++
		}
		d, err := ParseDec(p.s[p.i:j])
		if err != nil || j < len(p.s) && isPathWord(p.s[j]) {
			return p.fail()
		}
		p.i = j
		return &PathNode{Op: "num", Str: d.String()}
	}
	for _, w := range []string{"true", "false"} {
		if p.word(w) {
			return &PathNode{Op: "bool", Str: w}
		}
	}
	switch {
	case p.word("null"):
		return &PathNode{Op: "null", Str: "null"}
	case p.word("last"):
		return &PathNode{Op: "last"}
	case p.word("exists"):
		if !p.eat("(") {
			return p.fail()
		}
		n := p.or()
		if !p.eat(")") {
			return p.fail()
		}
		return &PathNode{Op: "exists", Left: n}
	}
	return p.fail()
}

var pathMethods = map[string]bool{"type": true, "size": true, "double": true, "ceiling": true, "floor": true, "abs": true, "keyvalue": true, "datetime": true}

func (p *pathParser) accessors(n *PathNode) *PathNode {
	for !p.failed {
		switch {
		case p.eat(".**"):
			n = &PathNode{Op: ".**", Left: n, From: 0, To: -1}
			if p.eat("{") {
				level := func() int {
					if p.word("last") {
						return -1
					}
					p.space()
					j := p.i
					for j < len(p.s) && p.s[j] >= '0' && p.s[j] <= '9' {
						j++
					}
					v, err := strconv.Atoi(p.s[p.i:j])
					if err != nil {
						p.failed = true
					}
					p.i = j
					return v
				}
				n.From = level()
				n.To = n.From
				if p.word("to") {
					n.To = level()
				}
				if !p.eat("}") {
					return p.fail()
				}
			}
		case p.eat(".*"):
			n = &PathNode{Op: ".*", Left: n}
		case p.eat("."):
			p.space()
			if p.i < len(p.s) && p.s[p.i] == '"' {
				n = &PathNode{Op: ".key", Left: n, Str: p.quoted()}
				continue
			}
			j := p.i
			for j < len(p.s) && isPathWord(p.s[j]) {
				j++
			}
			w := p.s[p.i:j]
			if w == "" || w[0] >= '0' && w[0] <= '9' {
				return p.fail()
			}
			p.i = j
			if pathMethods[w] && p.eat("(") {
				m := &PathNode{Op: ".method", Left: n, Str: w}
				if w == "datetime" && !p.eat(")") {
					m.Flags = p.quoted()
					if !p.eat(")") {
						return p.fail()
					}
				} else if w != "datetime" && !p.eat(")") {
					return p.fail()
				}
				n = m
				continue
			}
			n = &PathNode{Op: ".key", Left: n, Str: w}
		case p.eat("[*]"):
			n = &PathNode{Op: "[*]", Left: n}
		case p.eat("["):
			if p.eat("*") {
				if !p.eat("]") {
					return p.fail()
				}
				n = &PathNode{Op: "[*]", Left: n}
				continue
			}
			n = &PathNode{Op: "[]", Left: n}
			for {
				sub := [2]*PathNode{p.sum()}
				if p.word("to") {
					sub[1] = p.sum()
				}
				n.Subs = append(n.Subs, sub)
				if p.failed || !p.eat(",") {
					break
				}
			}
			if !p.eat("]") {
				return p.fail()
			}
		case p.eat("?"):
			if !p.eat("(") {
				return p.fail()
			}
			cond := p.or()
			if !p.eat(")") {
				return p.fail()
			}
			n = &PathNode{Op: "?", Left: n, Right: cond}
		default:
			return n
		}
	}
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
		s := n.Left.print(true)
		return s
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
		if n.Flags != "" {
			return base() + "." + n.Str + "(" + QuoteJSON(n.Flags) + ")"
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
