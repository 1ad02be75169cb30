package value

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
)

// sortPositions sorts by position, of equal positions the heaviest weight first.
func sortPositions(p []Position) {
	slices.SortFunc(p, func(a, b Position) int {
		if c := cmp.Compare(a.Pos, b.Pos); c != 0 {
			return c
		}
		return cmp.Compare(a.Weight, b.Weight)
	})
}

// TSNode is a node of a tsquery. Op 0 is a word.
type TSNode struct {
	Op          byte // 0, '!', '&', '|', '<' (followed by)
	Distance    int  // of '<'
	Left, Right *TSNode
	Word        string
	Weights     string // of A to D; "" is all
	Prefix      bool
}

// ParseTSQuery reads a tsquery's text form.
func ParseTSQuery(s string) (Datum, error) {
	n, err := TSQueryNode(s)
	if err != nil {
		return Null, err
	}
	return Text(n.String()), nil
}

// TSQueryNode parses a tsquery; nil for an empty one.
func TSQueryNode(s string) (*TSNode, error) {
	p := tsParser{s: s}
	p.space()
	if p.i >= len(s) {
		return nil, nil
	}
	n := p.or()
	if p.space(); p.i >= len(s) && (n == nil || p.bad) && !strings.HasSuffix(strings.TrimSpace(s), "'") {
		return nil, fault.New(fault.SyntaxError, `no operand in tsquery: "%s"`, s)
	}
	if n == nil || p.bad || p.i < len(s) {
		return nil, fault.New(fault.SyntaxError, `syntax error in tsquery: "%s"`, s)
	}
	return n, nil
}

type tsParser struct {
	s     string
	i     int
	bad   bool
	depth int
}

func (p *tsParser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\n\r", p.s[p.i]) >= 0 {
		p.i++
	}
}

func (p *tsParser) peek() byte {
	p.space()
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *tsParser) or() *TSNode {
	n := p.and()
	for n != nil && p.peek() == '|' {
		p.i++
		r := p.and()
		if r == nil {
			p.bad = true
			return nil
		}
		n = &TSNode{Op: '|', Left: n, Right: r}
	}
	return n
}

func (p *tsParser) and() *TSNode {
	n := p.phrase()
	for n != nil && p.peek() == '&' {
		p.i++
		r := p.phrase()
		if r == nil {
			p.bad = true
			return nil
		}
		n = &TSNode{Op: '&', Left: n, Right: r}
	}
	return n
}

func (p *tsParser) phrase() *TSNode {
	n := p.not()
	for n != nil && p.peek() == '<' {
		end := strings.IndexByte(p.s[p.i:], '>')
		if end < 0 {
			p.bad = true
			return nil
		}
		d := 1
		if in := p.s[p.i+1 : p.i+end]; in != "-" {
			if d = atoi(in); d < 0 || d > 16384 {
				p.bad = true
				return nil
			}
		}
		p.i += end + 1
		r := p.not()
		if r == nil {
			p.bad = true
			return nil
		}
		n = &TSNode{Op: '<', Distance: d, Left: n, Right: r}
	}
	return n
}

func (p *tsParser) not() *TSNode {
	if p.depth++; p.depth > 1000 {
		p.bad = true
		return nil
	}
	defer func() { p.depth-- }()
	switch p.peek() {
	case '!':
		p.i++
		n := p.not()
		if n == nil {
			p.bad = true
			return nil
		}
		return &TSNode{Op: '!', Left: n}
	case '(':
		p.i++
		n := p.or()
		if n == nil || p.peek() != ')' {
			p.bad = true
			return nil
		}
		p.i++
		return n
	}
	var b strings.Builder
	if p.peek() == '\'' {
		closed := false
		for p.i++; p.i < len(p.s); p.i++ {
			if p.s[p.i] == '\'' {
				if p.i+1 < len(p.s) && p.s[p.i+1] == '\'' {
					p.i++
				} else {
					closed = true
					p.i++
					break
				}
			} else if p.s[p.i] == '\\' && p.i+1 < len(p.s) {
				p.i++
			}
			b.WriteByte(p.s[p.i])
		}
		if !closed {
			p.bad = true
		}
	} else {
		for ; p.i < len(p.s) && strings.IndexByte(" \t\n\r:&|!()<", p.s[p.i]) < 0; p.i++ {
			if p.s[p.i] == '\\' && p.i+1 < len(p.s) {
				p.i++
			}
			b.WriteByte(p.s[p.i])
		}
	}
	if b.Len() == 0 {
		return nil
	}
	n := &TSNode{Word: b.String()}
	if p.i < len(p.s) && p.s[p.i] == ':' {
		for p.i++; p.i < len(p.s) && strings.IndexByte("ABCDabcd*", p.s[p.i]) >= 0; p.i++ {
			switch c := p.s[p.i]; {
			case c == '*':
				n.Prefix = true
			case !strings.Contains(n.Weights, string(c&^32)):
				n.Weights += string(c &^ 32)
			}
		}
		w := []byte(n.Weights)
		slices.Sort(w)
		n.Weights = string(w)
	}
	return n
}

// String is PostgreSQL's output.
func (n *TSNode) String() string {
	if n == nil {
		return ""
	}
	prec := func(m *TSNode) int {
		switch m.Op {
		case '|':
			return 1
		case '&':
			return 2
		case '<':
			return 3
		case '!':
			return 4
		}
		return 5
	}
	sub := func(m *TSNode, right bool) string {
		s := m.String()
		if prec(m) < prec(n) || right && n.Op == '<' && m.Op == '<' {
			return "( " + s + " )"
		}
		return s
	}
	switch n.Op {
	case 0:
		s := quoteLexeme(n.Word)
		if n.Prefix || n.Weights != "" {
			s += ":"
			if n.Prefix {
				s += "*"
			}
			s += n.Weights
		}
		return s
	case '!':
		return "!" + sub(n.Left, false)
	case '<':
		d := "-"
		if n.Distance != 1 {
			d = strconv.Itoa(n.Distance)
		}
		return sub(n.Left, false) + " <" + d + "> " + sub(n.Right, true)
	}
	return sub(n.Left, false) + " " + string(n.Op) + " " + sub(n.Right, false)
}
