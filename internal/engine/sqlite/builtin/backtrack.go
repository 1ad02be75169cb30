package builtin

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// backtracker matches the patterns that RE2 cannot: lookaround and back-references. It works on what reTranslator writes, with
// Perl's preference of alternatives, and gives up after maxSteps.
type backtracker struct {
	root   *btNode
	groups int
}

const maxSteps = 2_000_000

type btKind uint8

const (
	btSet    btKind = iota // one character of a set
	btConcat               // subs in order
	btAlt                  // one of subs
	btRepeat               // subs[0], min to max times
	btGroup                // subs[0], captured as n
	btBack                 // what group n captured
	btAhead                // (?= ) or, when not, (?! )
	btBehind               // (?<= ) or, when not, (?<! )
	btBegin
	btEnd
	btWord // \b, or \B when not
)

type btNode struct {
	kind     btKind
	subs     []*btNode
	set      []rune // pairs of bounds
	n        int
	min, max int // max -1: no bound
	lazy     bool
	not      bool
	lines    bool // ^ and $ match at line ends
}

type btParser struct {
	s      string
	i      int
	flags  syntax.Flags
	groups int
	depth  int
}

func compileBacktrack(src string) (*backtracker, error) {
	p := &btParser{s: src, flags: syntax.Perl &^ syntax.OneLine}
	if strings.HasPrefix(src, "(?") {
		if end := strings.IndexByte(src, ')'); end > 0 && strings.Trim(src[2:end], "ism") == "" {
			for _, f := range src[2:end] {
				switch f {
				case 'i':
					p.flags |= syntax.FoldCase
				case 's':
					p.flags |= syntax.DotNL
				}
			}
			if !strings.Contains(src[2:end], "m") {
				p.flags |= syntax.OneLine
			}
			p.i = end + 1
		}
	}
	n, err := p.alt()
	if err != nil {
		return nil, err
	}
	if p.i < len(p.s) {
		return nil, invalidRegex("parentheses () not balanced")
	}
	return &backtracker{n, p.groups}, nil
}

func (p *btParser) alt() (*btNode, error) {
	if p.depth++; p.depth > 200 {
		return nil, invalidRegex("regular expression is too complex")
	}
	defer func() { p.depth-- }()
	n := &btNode{kind: btAlt}
	for {
		c, err := p.concat()
		if err != nil {
			return nil, err
		}
		n.subs = append(n.subs, c)
		if p.i >= len(p.s) || p.s[p.i] != '|' {
			break
		}
		p.i++
	}
	if len(n.subs) == 1 {
		return n.subs[0], nil
	}
	return n, nil
}

func (p *btParser) concat() (*btNode, error) {
	n := &btNode{kind: btConcat}
	for p.i < len(p.s) && p.s[p.i] != '|' && p.s[p.i] != ')' {
		a, err := p.atom()
		if err != nil {
			return nil, err
		}
		for p.i < len(p.s) {
			lo, hi, width := 0, -1, 1
			switch p.s[p.i] {
			case '*':
			case '+':
				lo = 1
			case '?':
				hi = 1
			case '{':
				end := strings.IndexByte(p.s[p.i:], '}')
				a, b, ranged := strings.Cut(p.s[p.i+1:p.i+max(end, 1)], ",")
				lo, _ = strconv.Atoi(a)
				if hi = lo; ranged {
					hi = -1
					if b != "" {
						hi, _ = strconv.Atoi(b)
					}
				}
				width = end + 1
			default:
				width = 0
			}
			if width == 0 {
				break
			}
			p.i += width
			a = &btNode{kind: btRepeat, subs: []*btNode{a}, min: lo, max: hi}
			if p.i < len(p.s) && p.s[p.i] == '?' {
				a.lazy = true
				p.i++
			}
		}
		n.subs = append(n.subs, a)
	}
	return n, nil
}

func (p *btParser) atom() (*btNode, error) {
	rest := p.s[p.i:]
	group := func(prefix string, n *btNode) (*btNode, error) {
		p.i += len(prefix)
		sub, err := p.alt()
		if err != nil {
			return nil, err
		}
		if p.i >= len(p.s) || p.s[p.i] != ')' {
			return nil, invalidRegex("parentheses () not balanced")
		}
		p.i++
		if n == nil {
			return sub, nil
		}
		n.subs = []*btNode{sub}
		return n, nil
	}
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "(?:"):
		return group("(?:", nil)
	case strings.HasPrefix(rest, "(?="):
		return group("(?=", &btNode{kind: btAhead})
	case strings.HasPrefix(rest, "(?!"):
		return group("(?!", &btNode{kind: btAhead, not: true})
	case strings.HasPrefix(rest, "(?<="):
		return group("(?<=", &btNode{kind: btBehind})
	case strings.HasPrefix(rest, "(?<!"):
		return group("(?<!", &btNode{kind: btBehind, not: true})
	case c == '(':
		p.groups++
		return group("(", &btNode{kind: btGroup, n: p.groups})
	case c == '^':
		p.i++
		return &btNode{kind: btBegin, lines: p.flags&syntax.OneLine == 0}, nil
	case c == '$':
		p.i++
		return &btNode{kind: btEnd, lines: p.flags&syntax.OneLine == 0}, nil
	case strings.HasPrefix(rest, `\A`), strings.HasPrefix(rest, `\z`):
		p.i += 2
		if rest[1] == 'A' {
			return &btNode{kind: btBegin}, nil
		}
		return &btNode{kind: btEnd}, nil
	case strings.HasPrefix(rest, `\b`), strings.HasPrefix(rest, `\B`):
		p.i += 2
		return &btNode{kind: btWord, not: rest[1] == 'B'}, nil
	case c == '\\' && rest[1] >= '1' && rest[1] <= '9':
		p.i += 2
		n := int(rest[1] - '0')
		if n > p.groups {
			return nil, invalidRegex("invalid backreference number")
		}
		return &btNode{kind: btBack, n: n}, nil
	case strings.IndexByte("*+?{", c) >= 0:
		return nil, invalidRegex("quantifier operand invalid")
	}
	// One character or class: RE2's parser knows its ranges.
	end := 1
	switch {
	case rest[0] == '[':
		for end = 1; end < len(rest) && rest[end] != ']'; end++ {
			if rest[end] == '\\' {
				end++
			}
		}
		end++
	case strings.HasPrefix(rest, `\x{`), strings.HasPrefix(rest, `\p{`):
		end = strings.IndexByte(rest, '}') + 1
	case rest[0] == '\\':
		_, n := utf8.DecodeRuneInString(rest[1:])
		if end = 1 + n; rest[1] == 'x' {
			end = 4 // \x08
		}
	default:
		_, end = utf8.DecodeRuneInString(rest)
	}
	re, err := syntax.Parse(rest[:min(end, len(rest))], p.flags)
	if err != nil {
		return nil, reError(err)
	}
	p.i += min(end, len(rest))
	n := &btNode{kind: btSet}
	switch re.Op {
	case syntax.OpCharClass:
		n.set = re.Rune
	case syntax.OpAnyChar:
		n.set = []rune{0, unicode.MaxRune}
	case syntax.OpAnyCharNotNL:
		n.set = []rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}
	case syntax.OpLiteral:
		r := re.Rune[0]
		n.set = []rune{r, r}
		if re.Flags&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				n.set = append(n.set, f, f)
			}
		}
	default:
		n.set = nil // an empty class
	}
	return n, nil
}

func (n *btNode) holds(r rune) bool {
	for i := 0; i+1 < len(n.set); i += 2 {
		if r >= n.set[i] && r <= n.set[i+1] {
			return true
		}
	}
	return false
}

// btRun is one attempt.
type btRun struct {
	s     string
	caps  []int
	steps int
}

// find is the first match at or after from; ok is false when it took too long.
func (b *backtracker) find(s string, from int) (m []int, ok bool) {
	r := &btRun{s: s, caps: make([]int, 2*(b.groups+1))}
	for at := from; at <= len(s); {
		for i := range r.caps {
			r.caps[i] = -1
		}
		end := -1
		if r.match(b.root, at, func(i int) bool { end = i; return true }) {
			r.caps[0], r.caps[1] = at, end
			return r.caps, true
		}
		if r.steps > maxSteps {
			return nil, false
		}
		if at == len(s) {
			break
		}
		_, n := utf8.DecodeRuneInString(s[at:])
		at += n
	}
	return nil, true
}

func isWord(s string, i int, back bool) bool {
	var c rune
	if back {
		if i == 0 {
			return false
		}
		c, _ = utf8.DecodeLastRuneInString(s[:i])
	} else {
		if i >= len(s) {
			return false
		}
		c, _ = utf8.DecodeRuneInString(s[i:])
	}
	return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c)
}

// match tries n at i and goes on with k.
func (r *btRun) match(n *btNode, i int, k func(int) bool) bool {
	if r.steps++; r.steps > maxSteps {
		return false
	}
	switch n.kind {
	case btSet:
		if i >= len(r.s) {
			return false
		}
		c, w := utf8.DecodeRuneInString(r.s[i:])
		return n.holds(c) && k(i+w)
	case btConcat:
		return r.seq(n.subs, i, k)
	case btAlt:
		for _, sub := range n.subs {
			if r.match(sub, i, k) {
				return true
			}
		}
		return false
	case btRepeat:
		return r.repeat(n, i, 0, k)
	case btGroup:
		from, to := r.caps[2*n.n], r.caps[2*n.n+1]
		if r.match(n.subs[0], i, func(j int) bool {
			oldFrom, oldTo := r.caps[2*n.n], r.caps[2*n.n+1]
			r.caps[2*n.n], r.caps[2*n.n+1] = i, j
			if k(j) {
				return true
			}
			r.caps[2*n.n], r.caps[2*n.n+1] = oldFrom, oldTo
			return false
		}) {
			return true
		}
		r.caps[2*n.n], r.caps[2*n.n+1] = from, to
		return false
	case btBack:
		if r.caps[2*n.n] < 0 {
			return false
		}
		w := r.s[r.caps[2*n.n]:r.caps[2*n.n+1]]
		return strings.HasPrefix(r.s[i:], w) && k(i+len(w))
	case btAhead:
		caps := slices.Clone(r.caps)
		found := r.match(n.subs[0], i, func(int) bool { return true })
		copy(r.caps, caps) // groups inside do not capture
		return found != n.not && r.steps <= maxSteps && k(i)
	case btBehind:
		found := false
		for j := i; j >= 0 && !found; j-- {
			found = r.match(n.subs[0], j, func(e int) bool { return e == i })
		}
		return found != n.not && r.steps <= maxSteps && k(i)
	case btBegin:
		return (i == 0 || n.lines && r.s[i-1] == '\n') && k(i)
	case btEnd:
		return (i == len(r.s) || n.lines && r.s[i] == '\n') && k(i)
	}
	return (isWord(r.s, i, true) != isWord(r.s, i, false)) != n.not && k(i)
}

func (r *btRun) seq(subs []*btNode, i int, k func(int) bool) bool {
	if len(subs) == 0 {
		return k(i)
	}
	return r.match(subs[0], i, func(j int) bool { return r.seq(subs[1:], j, k) })
}

func (r *btRun) repeat(n *btNode, i, done int, k func(int) bool) bool {
	more := func() bool {
		return (n.max < 0 || done < n.max) && r.match(n.subs[0], i, func(j int) bool {
			return (j > i || done < n.min) && r.repeat(n, j, done+1, k)
		})
	}
	switch {
	case done < n.min:
		return more()
	case n.lazy:
		return k(i) || more()
	}
	return more() || k(i)
}
