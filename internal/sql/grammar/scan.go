package grammar

import "strings"

// Span is a part of a text.
type Span struct{ Start, End int }

// maxUnits bounds the estimated depth of a statement's tree. The parser's WebAssembly stack overflows silently (it then loops or
// corrupts its memory, it does not report) at about 300 nested CASEs, 400 sub-queries or 600 chained operators.
const maxUnits = 250

// Split cuts a script at semicolons between statements into spans of at least size bytes, so that each can be parsed alone.
func Split(text string, size int) []Span {
	if len(text) <= size {
		return []Span{{0, len(text)}}
	}
	var spans []Span
	start := 0
	l := lexer{text: text}
	var depth, atomic int
	var routine bool // the statement is CREATE FUNCTION or PROCEDURE, whose body may be BEGIN ATOMIC … END
	words := 0
	for {
		tok := l.next()
		switch tok.kind {
		case 0:
			if start < len(text) {
				spans = append(spans, Span{start, len(text)})
			}
			return spans
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case 'w':
			words++
			w := tok.word
			switch {
			case words <= 4 && (isWord(w, "function") || isWord(w, "procedure")):
				routine = true
			case routine && (isWord(w, "begin") || atomic > 0 && isWord(w, "case")):
				atomic++
			case atomic > 0 && isWord(w, "end"):
				atomic--
			}
		case ';':
			if depth > 0 || atomic > 0 {
				break
			}
			depth, words, routine = 0, 0, false
			if l.pos-start >= size {
				spans = append(spans, Span{start, l.pos})
				start = l.pos
			}
		}
	}
}

// Blank is the number of bytes of space and comments that text begins with.
func Blank(text string) int {
	l := lexer{text: text}
	l.blank()
	return l.pos
}

// level is an open parenthesis, bracket or CASE.
type level struct {
	open  byte
	units int  // of everything that encloses it
	chain int  // operators since the last separator: each may be a level of a left-deep tree
	query bool // it holds a query
	sets  int  // set operations and joins, which are left-deep too
}

func (l *level) depth() int { return l.units + l.chain + l.sets/2 }

// tooDeep estimates, from above, how deep the trees of a text's statements are; it errs on the safe side for a chain of operators. It also finds
// the few other things that take the parser too long.
func tooDeep(text string) bool {
	l := lexer{text: text}
	stack := []level{{}}
	prev := token{}
	atomic := 0 // open BEGIN ATOMIC bodies
	for {
		tok := l.next()
		if l.hard {
			return true
		}
		top := &stack[len(stack)-1]
		switch tok.kind {
		case 0:
			return false
		case '(', '[':
			stack = append(stack, level{open: tok.kind, units: top.depth() + 1})
		case ')', ']':
			for i := len(stack) - 1; i > 0; i-- {
				if stack[i].open != 'c' {
					stack = stack[:i]
					break
				}
			}
		case ',':
			top.chain = 0
		case ';':
			if len(stack) == 1 && top.open == 0 {
				*top = level{units: atomic * 4}
			}
		case 'o':
			top.chain++
		case 'w':
			if prev.kind == '.' || prev.kind == 'w' && isWord(prev.word, "as") && !isWord(tok.word, "not") {
				break
			}
			switch keyword(tok.word) {
			case 'c':
				stack = append(stack, level{open: 'c', units: top.depth() + 1})
			case 'e':
				if top.open == 'c' {
					stack = stack[:len(stack)-1]
				} else if atomic > 0 {
					atomic--
				}
			case 'r':
				top.chain = 0
			case 'o':
				top.chain++
			case 's':
				top.sets++
			case 'q':
				top.chain = 0
				if !top.query { // a sub-query costs three times what a parenthesis does
					top.query = true
					top.units += 2
				}
			case 'a':
				atomic++
				top.units += 4
			}
		}
		top = &stack[len(stack)-1]
		if top.depth() > maxUnits {
			return true
		}
		prev = tok
	}
}

// keyword classes a word: c opens a CASE, e ends one, q begins a query, r restarts a chain of operators, o is an operator, s a set operation or a join,
// a opens a nested routine body.
func keyword(w string) byte {
	if len(w) > 9 {
		return 0
	}
	switch strings.ToLower(w) {
	case "case":
		return 'c'
	case "end":
		return 'e'
	case "and", "or", "when", "then", "else", "from", "where", "on", "set", "values", "having":
		return 'r'
	case "select", "with":
		return 'q'
	case "not", "is", "in", "like", "ilike", "similar", "between", "isnull", "notnull", "at", "collate", "escape", "overlaps", "operator", "any", "all", "some":
		return 'o'
	case "union", "intersect", "except", "join":
		return 's'
	case "atomic":
		return 'a'
	}
	return 0
}

func isWord(w, lower string) bool { return len(w) == len(lower) && strings.EqualFold(w, lower) }

// token is a lexical element: w word, o operator, q anything quoted or a number, or the punctuation itself; 0 at the end.
type token struct {
	kind byte
	word string
}

// lexer finds the borders of PostgreSQL's tokens, as far as they matter for nesting and for the ends of statements.
type lexer struct {
	text string
	pos  int
	hard bool // a token was met that would take the parser too long
}

// blank skips space and comments.
func (l *lexer) blank() {
	for l.pos < len(l.text) {
		rest := l.text[l.pos:]
		switch {
		case rest[0] == ' ' || rest[0] >= '\t' && rest[0] <= '\r':
			l.pos++
		case strings.HasPrefix(rest, "--"):
			if end := strings.IndexAny(rest, "\n\r"); end >= 0 {
				l.pos += end
			} else {
				l.pos = len(l.text)
			}
		case strings.HasPrefix(rest, "/*"):
			n, ok := comment(rest)
			l.pos += n
			l.hard = l.hard || !ok
		default:
			return
		}
	}
}

// The scanner that PostgreSQL's is made of reads a run of operator characters to its end before it looks where the token ends, so that
// it takes quadratic time (cubic for + and -) over runs of operators and of comments. Names of operators have at most 63 characters.
const (
	maxOperatorRun  = 100
	maxCommentRun   = 4096
	maxCommentDepth = 100
)

const operatorChars = "+-*/<>=~!@#%^&|`?"

// longRun tells if s begins with more than limit operator characters.
func longRun(s string, limit int) bool {
	for n := range min(len(s), limit+1) {
		if strings.IndexByte(operatorChars, s[n]) < 0 {
			return false
		}
	}
	return len(s) > limit
}

// comment is the length of the nested comment that s begins with, and whether the parser can take it.
func comment(s string) (n int, ok bool) {
	depth := 0
	ok = !longRun(s, maxCommentRun)
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
			ok = ok && depth <= maxCommentDepth
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1, ok
			}
		}
	}
	return len(s), ok
}

func (l *lexer) next() token {
	l.blank()
	if l.pos >= len(l.text) {
		return token{}
	}
	start := l.pos
	switch b := l.text[start]; {
	case wordStart(b):
		for l.pos < len(l.text) && wordPart(l.text[l.pos]) {
			l.pos++
		}
		w := l.text[start:l.pos]
		// E'…' has backslash escapes; B, X, N and U& do not matter here.
		if l.pos < len(l.text) && l.text[l.pos] == '\'' && isWord(w, "e") {
			l.quoted('\'', true)
			return token{kind: 'q'}
		}
		return token{kind: 'w', word: w}
	case b == '\'' || b == '"':
		l.quoted(b, false)
		return token{kind: 'q'}
	case b == '$':
		if n := dollarTag(l.text[start:]); n > 0 {
			tag := l.text[start : start+n]
			if end := strings.Index(l.text[start+n:], tag); end >= 0 {
				l.pos = start + n + end + n
			} else {
				l.pos = len(l.text)
			}
			return token{kind: 'q'}
		}
		l.pos++
		for l.pos < len(l.text) && l.text[l.pos] >= '0' && l.text[l.pos] <= '9' {
			l.pos++
		}
		return token{kind: 'q'}
	case b >= '0' && b <= '9':
		for l.pos < len(l.text) && (wordPart(l.text[l.pos]) && l.text[l.pos] != '$' || l.text[l.pos] == '.') {
			l.pos++
		}
		return token{kind: 'q'}
	case b == ':' || strings.IndexByte(operatorChars, b) >= 0:
		l.hard = l.hard || longRun(l.text[start:], maxOperatorRun)
		for l.pos < len(l.text) && (l.text[l.pos] == ':' || strings.IndexByte(operatorChars, l.text[l.pos]) >= 0) {
			if rest := l.text[l.pos:]; strings.HasPrefix(rest, "--") || strings.HasPrefix(rest, "/*") {
				break
			}
			l.pos++
		}
		return token{kind: 'o'}
	default:
		l.pos++
		return token{kind: b}
	}
}

// quoted skips a quoted string or name; a doubled quote stays inside.
func (l *lexer) quoted(q byte, escapes bool) {
	for l.pos++; l.pos < len(l.text); l.pos++ {
		switch c := l.text[l.pos]; {
		case c == '\\' && escapes:
			l.pos++
		case c == q:
			l.pos++
			if l.pos >= len(l.text) || l.text[l.pos] != q {
				return
			}
		}
	}
	l.pos = len(l.text)
}

// dollarTag is the length of $tag$ at the start of s; 0 when there is none.
func dollarTag(s string) int {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
			return i + 1
		case wordStart(c) || i > 1 && c >= '0' && c <= '9':
		default:
			return 0
		}
	}
	return 0
}

func wordStart(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || b >= 0x80
}

func wordPart(b byte) bool { return wordStart(b) || b >= '0' && b <= '9' || b == '$' }
