package plpgsql

import (
	"strings"

	"github.com/mainstay-dev/mainstay/internal/sql/grammar"
)

// kind is the kind of a token.
type kind uint8

const (
	atEnd  kind = iota
	word        // unquoted name or keyword; text is lower case
	quoted      // "name"; text is the name
	str         // any string constant; text is its value
	number
	punct // operator or punctuation; text is it
)

// token is a lexical element of a body.
type token struct {
	kind       kind
	text       string
	start, end int
}

// lexer splits a body into PostgreSQL's tokens. It never fails: what is broken ends the last token at the end of the text.
type lexer struct {
	src string
	pos int
}

func (l *lexer) next() token {
	l.pos += grammar.Blank(l.src[l.pos:])
	t := token{start: l.pos}
	if l.pos >= len(l.src) {
		t.end = l.pos
		return t
	}
	switch c := l.src[l.pos]; {
	case letter(c):
		for l.pos < len(l.src) && (letter(l.src[l.pos]) || digit(l.src[l.pos]) || l.src[l.pos] == '$') {
			l.pos++
		}
		t.kind, t.text = word, lower(l.src[t.start:l.pos])
		// E'…', B'…', X'…', N'…', U&'…'
		if len(t.text) == 1 && l.pos < len(l.src) && l.src[l.pos] == '\'' && strings.Contains("ebxn", t.text) {
			t.kind, t.text = str, l.quote('\'', t.text == "e")
		}
	case c == '"':
		t.kind, t.text = quoted, l.quote('"', false)
	case c == '\'':
		t.kind, t.text = str, l.quote('\'', false)
	case digit(c) || c == '.' && l.pos+1 < len(l.src) && digit(l.src[l.pos+1]):
		t.kind = number
		for l.pos < len(l.src) && (digit(l.src[l.pos]) || letter(l.src[l.pos]) || l.src[l.pos] == '.') {
			if strings.HasPrefix(l.src[l.pos:], "..") {
				break // 1..10
			}
			l.pos++
		}
		t.text = l.src[t.start:l.pos]
	case c == '$':
		t.kind = punct
		if tag := dollarTag(l.src[l.pos:]); tag != "" {
			t.kind = str
			body := l.src[l.pos+len(tag):]
			end := strings.Index(body, tag)
			if end < 0 {
				t.text, l.pos = body, len(l.src)
				break
			}
			t.text = body[:end]
			l.pos += len(tag)*2 + end
			break
		}
		l.pos++
		for l.pos < len(l.src) && digit(l.src[l.pos]) {
			l.pos++
		}
		t.text = l.src[t.start:l.pos]
	default:
		t.kind = punct
		l.pos++
		for _, p := range []string{":=", "..", "<<", ">>", "::", "<=", ">=", "<>", "!=", "=>"} {
			if strings.HasPrefix(l.src[t.start:], p) {
				l.pos = t.start + 2
				break
			}
		}
		t.text = l.src[t.start:l.pos]
	}
	t.end = l.pos
	return t
}

// quote reads a quoted string or name and gives its value.
func (l *lexer) quote(q byte, escapes bool) string {
	var b strings.Builder
	for l.pos++; l.pos < len(l.src); l.pos++ {
		switch c := l.src[l.pos]; {
		case c == '\\' && escapes && l.pos+1 < len(l.src):
			l.pos++
			switch e := l.src[l.pos]; e {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case 'r':
				b.WriteByte('\r')
			case 'b':
				b.WriteByte('\b')
			case 'f':
				b.WriteByte('\f')
			default:
				b.WriteByte(e)
			}
		case c == q:
			if l.pos+1 < len(l.src) && l.src[l.pos+1] == q {
				l.pos++
				b.WriteByte(q)
				continue
			}
			l.pos++
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func dollarTag(s string) string {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
			return s[:i+1]
		case letter(c) || i > 1 && digit(c):
		default:
			return ""
		}
	}
	return ""
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// lower folds ASCII, as PostgreSQL does with names in UTF-8.
func lower(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
