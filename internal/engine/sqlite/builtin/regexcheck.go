package builtin

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkRegex gives the error that PostgreSQL has for an expression, nil for a good one. Which of several errors it is depends on the order of reading: a token is
// read before the one in front of it is understood.
func checkRegex(s string, expanded bool) (err error) {
	c := &regexChecker{s: s, expanded: expanded}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(regexError)
			if !ok {
				panic(r)
			}
			err = invalidRegex(string(e))
		}
	}()
	c.next()
	c.alternatives(0, false)
	return nil
}

type regexError string

const (
	badRepeat  regexError = "quantifier operand invalid"
	badCount   regexError = "invalid repetition count(s)"
	badEscape  regexError = `invalid escape \ sequence`
	badBack    regexError = "invalid backreference number"
	badRange   regexError = "invalid character range"
	badClass   regexError = "invalid character class"
	badElement regexError = "invalid collating element"
	openBrace  regexError = "braces {} not balanced"
	openSet    regexError = "brackets [] not balanced"
	openParen  regexError = "parentheses () not balanced"
)

// Where the reader of tokens is.
type regexPlace uint8

const (
	inPattern regexPlace = iota
	inBound
	inBracket
	inElement // [. .], [= =] or [: :]
)

// regexChecker reads tokens. Their kinds: 0 the end, c a character, C a class (\d), b a back-reference, d a digit of a bound, - a range, E the end of an
// element, a an anchor, l a look-around, and the signs themselves.
type regexChecker struct {
	s        string
	i        int
	expanded bool
	place    regexPlace
	element  byte // what closes an element

	kind, before byte
	value        rune
	groups       int    // opened
	closed       []bool // by number
	depth        int
}

func (c *regexChecker) token(kind byte, v rune) { c.before, c.kind, c.value = c.kind, kind, v }

func (c *regexChecker) next() {
	if c.expanded && c.place == inPattern {
		c.skip()
	}
	if c.i >= len(c.s) {
		switch c.place {
		case inBound:
			panic(openBrace)
		case inBracket, inElement:
			panic(openSet)
		}
		c.token(0, 0)
		return
	}
	r, size := utf8.DecodeRuneInString(c.s[c.i:])
	c.i += size
	switch c.place {
	case inBound:
		c.bound(r)
	case inBracket:
		c.inBracket(r)
	case inElement:
		if byte(r) == c.element && c.i < len(c.s) && c.s[c.i] == ']' {
			c.i++
			c.place = inBracket
			c.token('E', r)
			return
		}
		c.token('c', r)
	default:
		c.pattern(r)
	}
}

// skip passes over what expanded syntax ignores.
func (c *regexChecker) skip() {
	for {
		for c.i < len(c.s) && strings.IndexByte(" \t\n\v\f\r", c.s[c.i]) >= 0 {
			c.i++
		}
		switch {
		case c.i < len(c.s) && c.s[c.i] == '#':
			for c.i < len(c.s) && c.s[c.i] != '\n' {
				c.i++
			}
		case strings.HasPrefix(c.s[c.i:], "(?#"):
			c.comment()
		default:
			return
		}
	}
}

func (c *regexChecker) comment() {
	if end := strings.IndexByte(c.s[c.i:], ')'); end >= 0 {
		c.i += end + 1
	} else {
		c.i = len(c.s)
	}
}

func (c *regexChecker) bound(r rune) {
	switch {
	case r >= '0' && r <= '9':
		c.token('d', r-'0')
	case r == ',':
		c.token(',', r)
	case r == '}':
		c.place = inPattern
		if c.i < len(c.s) && c.s[c.i] == '?' {
			c.i++
		}
		c.token('}', r)
	default:
		panic(badCount)
	}
}

func (c *regexChecker) inBracket(r rune) {
	switch r {
	case '\\':
		if c.i >= len(c.s) {
			panic(badEscape)
		}
		if c.escape(); c.kind != 'c' && c.kind != 'C' {
			panic(badEscape)
		}
	case '-':
		if c.kind == '[' || c.i < len(c.s) && c.s[c.i] == ']' {
			c.token('c', r)
		} else {
			c.token('-', r)
		}
	case ']':
		if c.kind == '[' {
			c.token('c', r)
			return
		}
		c.place = inPattern
		c.token(']', r)
	case '[':
		if c.i >= len(c.s) {
			panic(openSet)
		}
		switch e := c.s[c.i]; e {
		case '.', '=', ':':
			c.i++
			c.place, c.element = inElement, e
			c.token(e, r)
		default:
			c.token('c', r)
		}
	default:
		c.token('c', r)
	}
}

func (c *regexChecker) pattern(r rune) {
	rest := c.s[c.i:]
	switch r {
	case '|', ')', '.':
		c.token(byte(r), r)
	case '*', '+', '?':
		if strings.HasPrefix(rest, "?") {
			c.i++
		}
		c.token(byte(r), r)
	case '{':
		if rest == "" || rest[0] < '0' || rest[0] > '9' {
			c.token('c', r)
			return
		}
		c.place = inBound
		c.token('{', r)
	case '(':
		c.parenthesis(rest)
	case '[':
		if strings.HasPrefix(rest, "[:<:]]") || strings.HasPrefix(rest, "[:>:]]") {
			c.i += len("[:<:]]")
			c.token('a', r)
			return
		}
		c.place = inBracket
		if strings.HasPrefix(rest, "^") {
			c.i++
		}
		c.token('[', r)
	case '^', '$':
		c.token('a', r)
	case '\\':
		if rest == "" {
			panic(badEscape)
		}
		c.escape()
	default:
		c.token('c', r)
	}
}

func (c *regexChecker) parenthesis(rest string) {
	if !strings.HasPrefix(rest, "?") {
		c.token('(', 1)
		return
	}
	switch {
	case strings.HasPrefix(rest, "?:"):
		c.i += 2
		c.token('(', 0)
	case strings.HasPrefix(rest, "?#"):
		c.comment()
		c.next()
	case strings.HasPrefix(rest, "?=") || strings.HasPrefix(rest, "?!"):
		c.i += 2
		c.token('l', 0)
	case strings.HasPrefix(rest, "?<=") || strings.HasPrefix(rest, "?<!"):
		c.i += 3
		c.token('l', 0)
	default:
		panic(badRepeat)
	}
}

// digits reads up to most digits of a base, at least least.
func (c *regexChecker) digits(base, least, most int) int64 {
	from := c.i
	for c.i < len(c.s) && c.i < from+most {
		d := strings.IndexByte("0123456789abcdef", c.s[c.i]|0x20)
		if c.s[c.i] < '0' || d < 0 || d >= base {
			break
		}
		c.i++
	}
	if c.i-from < least {
		panic(badEscape)
	}
	n, err := strconv.ParseInt(c.s[from:c.i], base, 64)
	if err != nil {
		panic(badEscape)
	}
	return n
}

// escape reads what follows a backslash.
func (c *regexChecker) escape() {
	r, size := utf8.DecodeRuneInString(c.s[c.i:])
	c.i += size
	if r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		c.token('c', r)
		return
	}
	switch r {
	case 'a', 'b', 'B', 'e', 'f', 'n', 'r', 't', 'v':
		c.token('c', map[rune]rune{'a': 7, 'b': 8, 'B': '\\', 'e': 0x1b, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}[r])
	case 'c':
		if c.i >= len(c.s) {
			panic(badEscape)
		}
		x, size := utf8.DecodeRuneInString(c.s[c.i:])
		c.i += size
		c.token('c', x&0x1f)
	case 'd', 'D', 's', 'S', 'w', 'W':
		c.token('C', r)
	case 'A', 'm', 'M', 'y', 'Y', 'Z':
		c.token('a', r)
	case 'u', 'U', 'x':
		least, most := 4, 4
		switch r {
		case 'U':
			least, most = 8, 8
		case 'x':
			least, most = 1, 255
		}
		n := c.digits(16, least, most)
		if n > 0x7ffffffe {
			panic(badEscape)
		}
		c.token('c', rune(n))
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		after := c.i
		c.i--
		if r != '0' {
			n := c.digits(10, 1, 255)
			if c.i == after || n > 0 && n <= int64(c.groups) {
				c.token('b', rune(n))
				return
			}
			c.i = after - 1
		}
		n := c.digits(8, 1, 3)
		if n > 0xff {
			c.i--
			n >>= 3
		}
		c.token('c', rune(n))
	default:
		panic(badEscape)
	}
}

// alternatives reads up to the closing parenthesis, or to the end.
func (c *regexChecker) alternatives(stop byte, lookaround bool) {
	if c.depth++; c.depth > 1000 {
		panic(regexError("regular expression is too complex"))
	}
	defer func() { c.depth-- }()
	for {
		for c.kind != '|' && c.kind != stop && c.kind != 0 {
			c.atom(lookaround)
		}
		if c.kind != '|' {
			break
		}
		c.next()
	}
	if c.kind != stop {
		panic(openParen)
	}
}

func (c *regexChecker) atom(lookaround bool) {
	switch c.kind {
	case 'a':
		c.next()
		return
	case 'l':
		c.next()
		c.alternatives(')', true)
		c.next()
		return
	case '*', '+', '?', '{':
		panic(badRepeat)
	case ')':
		panic(openParen)
	case '(':
		n := -1
		if c.value == 1 && !lookaround {
			c.groups++
			n = c.groups
			c.closed = append(c.closed, false)
		}
		c.next()
		c.alternatives(')', lookaround)
		if n > 0 {
			c.closed[n-1] = true
		}
		c.next()
	case '[':
		c.next()
		for c.kind != ']' {
			c.bracketPart()
		}
		c.next()
	case 'b':
		if n := int(c.value); lookaround || n > c.groups || !c.closed[n-1] {
			panic(badBack)
		}
		c.next()
	default:
		c.next()
	}
	switch c.kind {
	case '*', '+', '?':
		c.next()
	case '{':
		c.next()
		c.count()
	}
}

// count reads a bound up to its brace.
func (c *regexChecker) count() {
	number := func() int {
		n := 0
		for c.kind == 'd' && n < 255 {
			n = n*10 + int(c.value)
			c.next()
		}
		if c.kind == 'd' || n > 255 {
			panic(badCount)
		}
		return n
	}
	low := number()
	if c.kind == ',' {
		c.next()
		if c.kind == 'd' && number() < low {
			panic(badCount)
		}
	}
	if c.kind != '}' {
		panic(badCount)
	}
	c.next()
}

// bracketPart reads a character, a range or a class of a bracket expression.
func (c *regexChecker) bracketPart() {
	var from rune
	switch c.kind {
	case '-':
		panic(badRange)
	case 'c':
		from = c.value
		c.next()
	case '.':
		from = c.elementOf(1)
	case '=':
		c.elementOf(1)
		return
	case ':':
		c.elementOf(2)
		return
	default: // a class
		c.next()
		return
	}
	if c.kind != '-' {
		return
	}
	c.next()
	to := rune(0)
	switch c.kind {
	case 'c', '-':
		to = c.value
		c.next()
	case '.':
		to = c.elementOf(1)
	default:
		panic(badRange)
	}
	if from > to {
		panic(badRange)
	}
}

// elementOf reads [.x.], [=x=] (what 1) or [:class:] (what 2).
func (c *regexChecker) elementOf(what int) rune {
	var b strings.Builder
	for c.next(); c.kind == 'c'; c.next() {
		b.WriteRune(c.value)
	}
	c.next()
	name := b.String()
	if what == 2 {
		if _, ok := posixClasses[name]; !ok {
			panic(badClass)
		}
		return 0
	}
	r, ok := collatingElement(name)
	if !ok {
		panic(badElement)
	}
	return r
}

// collatingElement is a character by itself or by its name.
func collatingElement(name string) (rune, bool) {
	if r, size := utf8.DecodeRuneInString(name); size == len(name) && size > 0 {
		return r, true
	}
	names := strings.Fields(collatingNames)
	for i, n := range names {
		if n == name {
			return rune(names[i+1][0]), true
		}
	}
	return 0, false
}

// collatingNames are the names of POSIX for the signs of ASCII.
const collatingNames = `exclamation-mark ! quotation-mark " number-sign # dollar-sign $ percent-sign % ampersand & apostrophe ' left-parenthesis ( right-parenthesis )
asterisk * plus-sign + comma , hyphen - hyphen-minus - period . full-stop . slash / solidus / zero 0 one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9
colon : semicolon ; less-than-sign < equals-sign = greater-than-sign > question-mark ? commercial-at @ left-square-bracket [ backslash \ reverse-solidus \
right-square-bracket ] circumflex ^ circumflex-accent ^ underscore _ low-line _ grave-accent ` + "` " + `left-brace { left-curly-bracket { vertical-line | right-brace } right-curly-bracket } tilde ~`
