package value

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
)

type pathTokenKind uint8

const (
	pathEnd pathTokenKind = iota
	pathSign
	pathKeyword
	pathName
	pathString
	pathVariable
	pathInteger
	pathNumber
)

// pathToken is a token of a JSON path.
type pathToken struct {
	kind    pathTokenKind
	text    string // without quotes and escapes; of a keyword in lower case
	written string // of a keyword
}

// pathLexer takes a JSON path apart. Its failures are panics with a fault.Error that names the text of the last token.
type pathLexer struct {
	s    string
	i    int
	last string // the text that was read last; "" at the end
}

// pathKeywords; those that are true have to be in lower case.
var pathKeywords = map[string]bool{"is": false, "to": false, "abs": false, "lax": false, "flag": false, "last": false, "null": true, "size": false, "true": true,
	"type": false, "with": false, "false": true, "floor": false, "double": false, "exists": false, "starts": false, "strict": false, "ceiling": false, "unknown": false,
	"datetime": false, "keyvalue": false, "like_regex": false}

const pathSigns, pathBlanks = "?%$.[]{}()|&!=<>@#,*:-+/", " \t\n\r\f"

func (l *pathLexer) fail(what string) {
	if l.last == "" {
		panic(fault.New(fault.SyntaxError, "%s at end of jsonpath input", what))
	}
	panic(fault.New(fault.SyntaxError, `%s at or near "%s" of jsonpath input`, what, l.last))
}

// other is the length of the characters from i on that are neither signs nor blanks, backslashes or quotes.
func (l *pathLexer) other(i int) int {
	n := 0
	for i+n < len(l.s) && strings.IndexByte(pathSigns+pathBlanks+`\"`, l.s[i+n]) < 0 {
		n++
	}
	return n
}

// take reads n bytes.
func (l *pathLexer) take(n int) string {
	l.last = l.s[l.i : l.i+n]
	l.i += n
	return l.last
}

func (l *pathLexer) next() pathToken {
	for l.i < len(l.s) {
		rest := l.s[l.i:]
		switch n := len(rest) - len(strings.TrimLeft(rest, pathBlanks)); {
		case n > 0:
			l.take(n)
			continue
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				l.i, l.last = len(l.s), ""
				l.fail("unexpected end of comment")
			}
			l.take(end + 4)
			continue
		}
		break
	}
	if l.i >= len(l.s) {
		l.last = ""
		return pathToken{}
	}
	rest := l.s[l.i:]
	if n := l.number(); n > 0 {
		text := l.take(n)
		if strings.ContainsAny(text, ".eE") {
			return pathToken{kind: pathNumber, text: text}
		}
		return pathToken{kind: pathInteger, text: text}
	}
	switch c := rest[0]; {
	case c == '"':
		l.take(1)
		return pathToken{kind: pathString, text: l.quoted()}
	case strings.HasPrefix(rest, `$"`):
		l.take(2)
		return pathToken{kind: pathVariable, text: l.quoted()}
	case c == '$' && l.other(l.i+1) > 0:
		return pathToken{kind: pathVariable, text: l.take(1 + l.other(l.i+1))[1:]}
	case strings.IndexByte(pathSigns, c) >= 0:
		for _, two := range []string{"&&", "||", "**", "<=", "==", "<>", "!=", ">="} {
			if strings.HasPrefix(rest, two) {
				l.take(2)
				return pathToken{kind: pathSign, text: strings.Replace(two, "<>", "!=", 1)}
			}
		}
		return pathToken{kind: pathSign, text: l.take(1)}
	}
	return l.word()
}

// number is the length of a number at the current place, 0 if there is none.
func (l *pathLexer) number() int {
	digits := func(i int) int {
		n := 0
		for isDigit(l.s, i+n) {
			n++
		}
		return n
	}
	n := 0
	switch {
	case isDigit(l.s, l.i) && l.s[l.i] == '0':
		n = 1
	case isDigit(l.s, l.i):
		n = digits(l.i)
	case l.s[l.i] != '.' || !isDigit(l.s, l.i+1):
		return 0
	}
	if l.i+n < len(l.s) && l.s[l.i+n] == '.' {
		n += 1 + digits(l.i+n+1)
	}
	if i := l.i + n; i < len(l.s) && l.s[i]|0x20 == 'e' {
		i++
		signed := i < len(l.s) && (l.s[i] == '+' || l.s[i] == '-')
		if signed {
			i++
		}
		switch d := digits(i); {
		case d > 0:
			n = i + d - l.i
		case signed:
			l.take(i - l.i)
			l.fail("invalid numeric literal")
		}
	}
	if l.other(l.i+n) > 0 {
		_, size := utf8.DecodeRuneInString(l.s[l.i+n:])
		l.take(n + size)
		l.fail("trailing junk after numeric literal")
	}
	return n
}

// word reads a name or keyword, which may have escapes.
func (l *pathLexer) word() pathToken {
	var b strings.Builder
	for {
		switch n := l.other(l.i); {
		case n > 0:
			b.WriteString(l.take(n))
			continue
		case l.i < len(l.s) && l.s[l.i] == '\\':
			l.escape(&b)
			continue
		case l.i < len(l.s): // what ends it is the text of which an error tells
			n := len(l.s[l.i:]) - len(strings.TrimLeft(l.s[l.i:], pathBlanks))
			l.last = l.s[l.i : l.i+max(n, 1)]
			l.i += n
		default:
			l.last = ""
		}
		break
	}
	text := b.String()
	if low, ok := pathKeywords[strings.ToLower(text)]; ok && (!low || text == strings.ToLower(text)) {
		return pathToken{kind: pathKeyword, text: strings.ToLower(text), written: text}
	}
	return pathToken{kind: pathName, text: text}
}

// quoted reads up to the closing quote.
func (l *pathLexer) quoted() string {
	var b strings.Builder
	for l.i < len(l.s) {
		switch c := l.s[l.i]; c {
		case '"':
			l.take(1)
			return b.String()
		case '\\':
			l.escape(&b)
		default:
			n := strings.IndexAny(l.s[l.i:], `\"`)
			if n < 0 {
				n = len(l.s) - l.i
			}
			b.WriteString(l.take(n))
		}
	}
	l.last = ""
	l.fail("unterminated quoted string")
	return ""
}

// escape reads what begins with a backslash.
func (l *pathLexer) escape(b *strings.Builder) {
	if l.i+1 >= len(l.s) {
		l.take(1)
		l.fail("unexpected end after backslash")
	}
	switch c := l.s[l.i+1]; c {
	case 'b', 'f', 'n', 'r', 't', 'v':
		b.WriteByte("\b\f\n\r\t\v"[strings.IndexByte("bfnrtv", c)])
		l.take(2)
	case 'x':
		hex := l.hex(l.i+2, 2)
		if len(hex) < 2 {
			l.take(2 + len(hex))
			l.fail("invalid hex character sequence")
		}
		l.take(4)
		l.writeRune(b, hex)
	case 'u':
		l.unicode(b)
	default:
		_, size := utf8.DecodeRuneInString(l.s[l.i+1:])
		b.WriteString(l.take(1 + size)[1:])
	}
}

// hex are at most n hexadecimal digits from i on.
func (l *pathLexer) hex(i, n int) string {
	j := i
	for j < len(l.s) && j < i+n && strings.IndexByte("0123456789abcdefABCDEF", l.s[j]) >= 0 {
		j++
	}
	return l.s[i:j]
}

// unicode reads \u1234 or \u{1234}, and the second half of a pair of surrogates.
func (l *pathLexer) unicode(b *strings.Builder) {
	one := func() (rune, int, bool) {
		if !strings.HasPrefix(l.s[l.i:], `\u`) {
			return 0, 0, false
		}
		if strings.HasPrefix(l.s[l.i+2:], "{") {
			hex := l.hex(l.i+3, 6)
			end := l.i + 3 + len(hex)
			if hex == "" || end >= len(l.s) || l.s[end] != '}' {
				return 0, 3 + len(hex), false
			}
			n, _ := strconv.ParseInt(hex, 16, 32)
			return rune(n), len(hex) + 4, true
		}
		hex := l.hex(l.i+2, 4)
		if len(hex) < 4 {
			return 0, 2 + len(hex), false
		}
		n, _ := strconv.ParseInt(hex, 16, 32)
		return rune(n), 6, true
	}
	bad := func(detail string) {
		panic(fault.New(fault.InvalidTextRepresentation, "invalid input syntax for type %s", "jsonpath").WithDetail("%s", detail))
	}
	c, size, ok := one()
	l.take(size)
	if !ok {
		l.fail("invalid unicode sequence")
	}
	switch {
	case c >= 0xd800 && c < 0xdc00:
		low, size, ok := one()
		if !ok || low < 0xdc00 || low > 0xdfff {
			bad("Unicode low surrogate must follow a high surrogate.")
		}
		l.take(size)
		c = 0x10000 + (c-0xd800)<<10 + low - 0xdc00
	case c >= 0xdc00 && c < 0xe000:
		bad("Unicode low surrogate must follow a high surrogate.")
	}
	l.writeRune(b, strconv.FormatInt(int64(c), 16))
}

func (l *pathLexer) writeRune(b *strings.Builder, hex string) {
	n, _ := strconv.ParseInt(hex, 16, 32)
	if n == 0 {
		panic(fault.New("22P05", "unsupported Unicode escape sequence").WithDetail(`\u0000 cannot be converted to text.`))
	}
	if !utf8.ValidRune(rune(n)) {
		l.fail("invalid unicode sequence")
	}
	b.WriteRune(rune(n))
}
