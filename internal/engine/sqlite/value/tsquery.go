package value

import (
	"cmp"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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
	return ReadTSQuery(s, false, func(word, weights string, prefix bool) *TSNode {
		return &TSNode{Word: word, Weights: weights, Prefix: prefix}
	})
}

// ReadTSQuery parses a tsquery, or with web the language of search boxes. leaf makes of each operand what stands for it: nil when that is nothing (it has only stop
// words), which falls away with the operators around it.
func ReadTSQuery(s string, web bool, leaf func(word, weights string, prefix bool) *TSNode) (*TSNode, error) {
	p := &tsParser{s: s, web: web, leaf: leaf}
	n, err := p.level(0)
	if err != nil || n == nil {
		return nil, err
	}
	n, _, _ = n.clean()
	return n, nil
}

// tsStop is the place of an operand that is nothing.
const tsStop = 's'

// clean takes the stop words out of a query. What the distances of phrases lose by it left and right of n is told to the phrase around it.
func (n *TSNode) clean() (out *TSNode, left, right int) {
	switch n.Op {
	case 0:
		return n, 0, 0
	case tsStop:
		return nil, 0, 0
	case '!':
		l, a, b := n.Left.clean()
		if l == nil {
			return nil, a, b
		}
		return &TSNode{Op: '!', Left: l}, a, b
	}
	l, ll, lr := n.Left.clean()
	r, rl, rr := n.Right.clean()
	phrase := n.Op == '<'
	switch {
	case l == nil && r == nil:
		if phrase {
			return nil, ll + n.Distance + rl, ll + n.Distance + rl
		}
		return nil, max(ll, rl), max(ll, rl)
	case l == nil:
		if phrase {
			return r, ll + n.Distance + rl, rr
		}
		return r, rl, rr
	case r == nil:
		if phrase {
			return l, ll, lr + n.Distance + rr
		}
		return l, ll, lr
	case phrase:
		return &TSNode{Op: '<', Distance: n.Distance + lr + rl, Left: l, Right: r}, ll, rr
	}
	return &TSNode{Op: n.Op, Left: l, Right: r}, 0, 0
}

// tsParser goes through a query with PostgreSQL's states: what it wants is an operand or an operator.
type tsParser struct {
	s    string
	i    int
	web  bool
	leaf func(word, weights string, prefix bool) *TSNode
	want int // an operand that may be missing, an operand, an operator
	open int // parentheses
}

const (
	firstOperand = iota
	operand
	operator
)

func (p *tsParser) bad() error {
	return fault.New(fault.SyntaxError, `syntax error in tsquery: "%s"`, p.s)
}

func tsPriority(op byte) int { return strings.IndexByte("|&<!", op) }

// level reads up to the end or the closing parenthesis.
func (p *tsParser) level(depth int) (*TSNode, error) {
	if depth > 1000 {
		return nil, fault.New(fault.StatementTooComplex, "stack depth limit exceeded")
	}
	var out []*TSNode
	type pending struct {
		op       byte
		distance int
	}
	var ops []pending
	reduce := func(op byte) {
		for len(ops) > 0 {
			top := ops[len(ops)-1]
			if op != '!' && tsPriority(op) > tsPriority(top.op) || op == '!' && tsPriority(op) >= tsPriority(top.op) {
				return
			}
			ops = ops[:len(ops)-1]
			n := len(out)
			if top.op == '!' {
				out[n-1] = &TSNode{Op: '!', Left: out[n-1]}
				continue
			}
			out = append(out[:n-2], &TSNode{Op: top.op, Distance: top.distance, Left: out[n-2], Right: out[n-1]})
		}
	}
	for {
		t, err := p.token()
		if err != nil {
			return nil, err
		}
		switch t.kind {
		case 'v':
			n := p.leaf(t.word, t.weights, t.prefix)
			if n == nil {
				n = &TSNode{Op: tsStop}
			}
			out = append(out, n)
			continue
		case '(':
			n, err := p.level(depth + 1)
			if err != nil {
				return nil, err
			}
			out = append(out, n)
			continue
		case ')', 0:
			reduce('|')
			if len(out) == 0 {
				return nil, nil
			}
			return out[0], nil
		}
		reduce(t.kind)
		if len(ops) == 32 {
			return nil, fault.New(fault.Internal, "tsquery stack too small")
		}
		ops = append(ops, pending{t.kind, t.distance})
	}
}

// tsToken is an operand v, an operator, a parenthesis, or 0 for the end.
type tsToken struct {
	kind     byte
	word     string
	weights  string
	prefix   bool
	distance int
}

func (p *tsParser) at() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func isTSOperator(c byte) bool { return c != 0 && strings.IndexByte("!&|()<", c) >= 0 }

func (p *tsParser) token() (tsToken, error) {
	for ; ; p.i++ {
		c := p.at()
		if p.want == operator {
			switch {
			case c == 0:
				if p.open > 0 {
					return tsToken{}, p.bad()
				}
				return tsToken{}, nil
			case isSpace(p.s, p.i), p.web && isTSOperator(c):
				continue
			case p.web:
				p.want = operand
				if c != '"' && p.or() {
					return tsToken{kind: '|'}, nil
				}
				return tsToken{kind: '&'}, nil
			case c == '&' || c == '|':
				p.i++
				p.want = operand
				return tsToken{kind: c}, nil
			case c == ')':
				p.i++
				if p.open--; p.open < 0 {
					return tsToken{}, p.bad()
				}
				return tsToken{kind: ')'}, nil
			}
			d, ok, err := p.phrase()
			if err == nil && !ok {
				err = p.bad()
			}
			p.want = operand
			return tsToken{kind: '<', distance: d}, err
		}
		switch {
		case p.web && c == '-', !p.web && c == '!':
			p.i++
			p.want = operand
			return tsToken{kind: '!'}, nil
		case p.web && c == '"':
			rest := p.s[p.i+1:]
			word, _, closed := strings.Cut(rest, `"`)
			p.i += 1 + len(word)
			if closed {
				p.i++
			}
			p.want = operator
			return tsToken{kind: 'v', word: word}, nil
		case p.web && isTSOperator(c):
			p.want = operand
			continue
		case c == '(':
			p.i++
			p.open++
			p.want = operand
			return tsToken{kind: '('}, nil
		case !p.web && c == ':':
			return tsToken{}, p.bad()
		case isSpace(p.s, p.i):
			continue
		}
		lex := lexemeReader{s: p.s, i: p.i, query: true, web: p.web}
		word, _, ok, err := lex.next()
		p.i = lex.i
		switch {
		case err != nil:
			return tsToken{}, err
		case ok:
			t := tsToken{kind: 'v', word: word}
			if !p.web {
				t.weights, t.prefix = p.modifiers()
			}
			p.want = operator
			return t, nil
		case p.want == firstOperand:
			return tsToken{}, nil
		case p.web: // something has to follow
			p.want = operator
			return tsToken{kind: 'v'}, nil
		}
		return tsToken{}, fault.New(fault.SyntaxError, `no operand in tsquery: "%s"`, p.s)
	}
}

// phrase reads <-> or <n>, after which something has to come.
func (p *tsParser) phrase() (distance int, ok bool, err error) {
	s := p.s[p.i:]
	if s[0] != '<' {
		return 0, false, nil
	}
	i := 1
	distance = 1
	if i < len(s) && s[i] == '-' {
		i++
	} else {
		for isDigit(s, i) {
			i++
		}
		if i == 1 {
			return 0, false, nil
		}
		n, parseErr := strconv.ParseInt(s[1:i], 10, 64)
		if parseErr != nil || n > 16384 {
			return 0, false, fault.New(fault.InvalidParameterValue, "distance in phrase operator must be an integer value between zero and %d inclusive", 16384)
		}
		distance = int(n)
	}
	if i+1 >= len(s) || s[i] != '>' {
		return 0, false, nil
	}
	p.i += i + 1
	return distance, true, nil
}

// or reads the word or of a search box: it stands alone, and something follows.
func (p *tsParser) or() bool {
	s := p.s[p.i:]
	if len(s) < 3 || !strings.EqualFold(s[:2], "or") {
		return false
	}
	c, n := utf8.DecodeRuneInString(s[2:])
	if c == '-' || c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) {
		return false
	}
	if strings.Trim(s[2+n:], " \t\n\r\v\f") == "" {
		return false
	}
	p.i += 2
	return true
}

func (p *tsParser) modifiers() (weights string, prefix bool) {
	if p.at() != ':' {
		return "", false
	}
	have := [4]bool{}
	for p.i++; ; p.i++ {
		switch c := p.at(); {
		case c == '*':
			prefix = true
			continue
		case c|0x20 >= 'a' && c|0x20 <= 'd' && c > '@':
			have[c|0x20-'a'] = true
			continue
		}
		break
	}
	for i, h := range have {
		if h {
			weights += string(rune('A' + i))
		}
	}
	return weights, prefix
}

// lexemeReader reads the words of a tsvector, with their positions, or the operands of a tsquery.
type lexemeReader struct {
	s          string
	i          int
	query, web bool
}

func (r *lexemeReader) bad() error {
	if r.query {
		return fault.New(fault.SyntaxError, `syntax error in tsquery: "%s"`, r.s)
	}
	return fault.New(fault.SyntaxError, `syntax error in tsvector: "%s"`, r.s)
}

// next reads a word; ok is false at the end.
func (r *lexemeReader) next() (word string, at []Position, ok bool, err error) {
	char := func() byte {
		if r.i < len(r.s) {
			return r.s[r.i]
		}
		return 0
	}
	for isSpace(r.s, r.i) {
		r.i++
	}
	var b []byte
	escaped := func() error {
		if r.i++; r.i >= len(r.s) {
			return fault.New(fault.SyntaxError, `there is no escaped character: "%s"`, r.s)
		}
		b = append(b, r.s[r.i])
		r.i++
		return nil
	}
	switch {
	case r.i >= len(r.s):
		return "", nil, false, nil
	case !r.web && char() == '\'':
		for r.i++; ; {
			switch {
			case r.i >= len(r.s):
				return "", nil, false, r.bad()
			case char() == '\\':
				if err := escaped(); err != nil {
					return "", nil, false, err
				}
				continue
			case char() != '\'':
				b = append(b, char())
				r.i++
				continue
			}
			if r.i++; char() != '\'' {
				break
			}
			b = append(b, '\'')
			r.i++
		}
		if len(b) == 0 {
			return "", nil, false, r.bad()
		}
	default:
		if r.query && isTSOperator(char()) || r.web && char() == '"' {
			return "", nil, false, r.bad()
		}
		for first := true; ; first = false {
			c := char()
			if c == '\\' && !r.web {
				if err := escaped(); err != nil {
					return "", nil, false, err
				}
				continue
			}
			if c == 0 && r.i >= len(r.s) || isSpace(r.s, r.i) || r.query && isTSOperator(c) || r.web && c == '"' || c == ':' && !first {
				break
			}
			b = append(b, c)
			r.i++
		}
	}
	if r.query || char() != ':' {
		return string(b), nil, true, nil
	}
	for delimiter := byte(':'); char() == delimiter && r.i < len(r.s); delimiter = ',' {
		r.i++
		from := r.i
		for isDigit(r.s, r.i) {
			r.i++
		}
		if from == r.i {
			return "", nil, false, r.bad()
		}
		n, _ := strconv.Atoi(r.s[from:r.i])
		if n == 0 {
			return "", nil, false, fault.New(fault.SyntaxError, `wrong position info in tsvector: "%s"`, r.s)
		}
		p := Position{Pos: min(n, 16383), Weight: 'D'}
		for ; ; r.i++ {
			c := char()
			switch {
			case c == '*' || c|0x20 == 'a' && c > '@', c|0x20 >= 'b' && c|0x20 <= 'd' && c > '@':
				if p.Weight != 'D' {
					return "", nil, false, r.bad()
				}
				if p.Weight = c &^ 0x20; c == '*' {
					p.Weight = 'A'
				}
				continue
			case isDigit(r.s, r.i):
				continue
			}
			break
		}
		at = append(at, p)
		if r.i < len(r.s) && char() != ',' && !isSpace(r.s, r.i) {
			return "", nil, false, r.bad()
		}
	}
	return string(b), at, true, nil
}

// size is how many nodes there are, and bytes how large PostgreSQL's form of a query is.
func (n *TSNode) size() (nodes, bytes int) {
	if n == nil {
		return 0, 0
	}
	l, lb := n.Left.size()
	r, rb := n.Right.size()
	if n.Op == 0 {
		lb += len(n.Word) + 1
	}
	return l + r + 1, lb + rb + 12
}

// CompareTSQuery is PostgreSQL's order of queries: by size, then by their trees.
func CompareTSQuery(a, b string) int {
	x, err := TSQueryNode(a)
	y, err2 := TSQueryNode(b)
	if err != nil || err2 != nil {
		return strings.Compare(a, b)
	}
	n, nb := x.size()
	m, mb := y.size()
	if c := cmp.Or(cmp.Compare(n, m), cmp.Compare(nb, mb)); c != 0 || x == nil {
		return c
	}
	return x.cmp(y)
}

func (n *TSNode) cmp(o *TSNode) int {
	if (n.Op == 0) != (o.Op == 0) {
		if n.Op == 0 {
			return 1
		}
		return -1
	}
	if n.Op == 0 {
		if c := cmp.Compare(legacyCRC(o.Word), legacyCRC(n.Word)); c != 0 {
			return c
		}
		return strings.Compare(n.Word, o.Word)
	}
	const order = "!&|<"
	if c := cmp.Compare(strings.IndexByte(order, o.Op), strings.IndexByte(order, n.Op)); c != 0 {
		return c
	}
	if n.Op == '!' {
		return n.Left.cmp(o.Left)
	}
	return cmp.Or(n.Right.cmp(o.Right), n.Left.cmp(o.Left), cmp.Compare(o.Distance, n.Distance))
}

// legacyCRC is the checksum that PostgreSQL keeps with each word of a query: the usual table, gone through from the other end.
func legacyCRC(s string) int32 {
	crc := uint32(0xffffffff)
	for i := range len(s) {
		crc = crc32.IEEETable[byte(crc>>24)^s[i]] ^ crc<<8
	}
	return int32(^crc)
}

// CompareTSVector is PostgreSQL's order of tsvectors: by size, then word by word.
func CompareTSVector(a, b string) int {
	x, err := LexemesOf(a)
	y, err2 := LexemesOf(b)
	if err != nil || err2 != nil {
		return strings.Compare(a, b)
	}
	size := func(lex []Lexeme) int {
		n := 0
		for _, l := range lex {
			if n += len(l.Word); len(l.At) > 0 {
				n += n%2 + 2 + 2*len(l.At)
			}
		}
		return n + 4*len(lex)
	}
	if c := cmp.Or(cmp.Compare(size(x), size(y)), cmp.Compare(len(x), len(y))); c != 0 {
		return c
	}
	for i, l := range x {
		r := y[i]
		if (len(l.At) > 0) != (len(r.At) > 0) {
			if len(l.At) > 0 {
				return -1
			}
			return 1
		}
		if c := cmp.Or(strings.Compare(l.Word, r.Word), cmp.Compare(len(r.At), len(l.At))); c != 0 {
			return c
		}
		for k, p := range l.At {
			if c := cmp.Or(cmp.Compare(r.At[k].Pos, p.Pos), cmp.Compare(p.Weight, r.At[k].Weight)); c != 0 {
				return c
			}
		}
	}
	return 0
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
