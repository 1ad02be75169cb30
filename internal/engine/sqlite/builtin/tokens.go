package builtin

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// token is a piece of text that becomes a lexeme; plain tokens are never stemmed.
type token struct {
	word  string
	plain bool
}

// tokens splits text as PostgreSQL's default parser does: words, compounds with a hyphen and their parts, numbers, versions, hosts, addresses, URLs and files. Tags,
// entities and the name of a protocol are no tokens.
func tokens(s string) []token {
	t := tokenizer{s: s}
	for t.at < len(s) {
		t.next()
	}
	return t.out
}

// tokenizer finds tokens from left to right. Each of its find… methods tries one form that begins at a place and gives its end, 0 when it is not there.
type tokenizer struct {
	s     string
	at    int
	blank bool // what comes before belongs to no token: a dot or ~ then begins none
	out   []token
}

// char is the character at i, 0 at the end, and the place after it.
func (t *tokenizer) char(i int) (rune, int) {
	if i >= len(t.s) {
		return 0, i
	}
	if c := t.s[i]; c < utf8.RuneSelf {
		return rune(c), i + 1
	}
	c, n := utf8.DecodeRuneInString(t.s[i:])
	return c, i + n
}

func (t *tokenizer) byte(i int) byte {
	if i < len(t.s) {
		return t.s[i]
	}
	return 0
}

func isLatin(c rune) bool   { return 'a' <= c|0x20 && c|0x20 <= 'z' && c < utf8.RuneSelf }
func isNumeral(c rune) bool { return '0' <= c && c <= '9' }
func isWordChar(c rune) bool {
	return isLatin(c) || c >= utf8.RuneSelf && (unicode.IsLetter(c) || unicode.IsMark(c) || unicode.IsNumber(c))
}
func isHostChar(c byte) bool { return isLatin(rune(c)) || isNumeral(rune(c)) }

// run is the end of the characters from i that is accepts.
func (t *tokenizer) run(i int, is func(rune) bool) int {
	for {
		c, after := t.char(i)
		if after == i || !is(c) {
			return i
		}
		i = after
	}
}

func (t *tokenizer) add(from, to int, plain bool) {
	t.out = append(t.out, token{value.Lower(t.s[from:to]), plain})
	t.at, t.blank = to, false
}

// skip passes over what is no token.
func (t *tokenizer) skip(to int) { t.at, t.blank = to, true }

// next finds what begins at the current place and goes to its end.
func (t *tokenizer) next() {
	c, after := t.char(t.at)
	switch {
	case isLatin(c):
		t.word()
	case isWordChar(c):
		t.plainWord(t.at)
	case isNumeral(c):
		t.number()
	case c == '<':
		t.ignore(t.tag(t.at), after)
	case c == '&':
		t.ignore(t.entity(t.at), after)
	case c == '-' || c == '+':
		t.signed()
	case c == '/':
		t.path(t.file(after), after)
	case c == '~' && !t.blank:
		t.path(t.home(after), after)
	case c == '.' && !t.blank:
		t.path(t.dots(after), after)
	default:
		t.skip(after)
	}
}

// path adds the path of a file up to end; when there is none it goes on after the first character.
func (t *tokenizer) path(end, after int) {
	if end == 0 {
		t.skip(after)
		return
	}
	t.add(t.at, end, true)
}

// ignore passes over a tag or entity up to end, which is no token but parts others as one does; when there is none it goes on after the first character.
func (t *tokenizer) ignore(end, after int) {
	if end == 0 {
		t.skip(after)
		return
	}
	t.at, t.blank = end, false
}

// word is what begins with a letter of ASCII.
func (t *tokenizer) word() {
	from := t.at
	end := t.run(from, isLatin)
	c, _ := t.char(end)
	if c == '.' || c == '-' || c == '_' || c == '@' || isNumeral(c) {
		if t.host(from) {
			return
		}
	}
	switch {
	case c == '.':
		if stop := t.fileNext(end + 1); stop > 0 {
			t.add(from, stop, true)
			return
		}
	case c == ':' && strings.HasPrefix(t.s[end:], "://"):
		t.at, t.blank = end+len("://"), false
		return
	case c == '/':
		if stop := t.file(end + 1); stop > 0 {
			t.add(from, stop, true)
			return
		}
	}
	t.plainWord(from)
}

// plainWord is a word without the forms of the network, or a compound of words.
func (t *tokenizer) plainWord(from int) {
	end, numeral := t.part(from)
	if stop, n := t.compound(end, numeral); stop > 0 {
		t.add(from, stop, n)
		t.parts(from)
		return
	}
	if numeral {
		c := t.byte(end)
		if c == '@' {
			if stop := t.address(end); stop > 0 {
				t.add(from, stop, true)
				return
			}
		}
		stop := 0
		switch c {
		case '/':
			stop = t.file(end + 1)
		case '.':
			stop = t.fileNext(end + 1)
		}
		if stop > 0 {
			t.add(from, stop, true)
			return
		}
	}
	t.add(from, end, numeral)
}

// part is the end of letters and numerals; numeral says that there are numerals among them.
func (t *tokenizer) part(i int) (end int, numeral bool) {
	end = t.run(i, func(c rune) bool {
		numeral = numeral || isNumeral(c)
		return isNumeral(c) || isWordChar(c)
	})
	return end, numeral
}

// compound goes on over parts with a hyphen before them; a part that has only numerals ends it.
func (t *tokenizer) compound(i int, numeral bool) (end int, plain bool) {
	for t.byte(i) == '-' {
		digits := t.run(i+1, isNumeral)
		stop, n := t.part(i + 1)
		if stop == i+1 || stop == digits {
			break
		}
		numeral = numeral || n
		i, end = stop, stop
	}
	return end, numeral
}

// parts adds the parts of a compound, and what hangs on it with more hyphens: a number there has no sign.
func (t *tokenizer) parts(from int) {
	for {
		end, numeral := t.part(from)
		t.add(from, end, numeral)
		from = end + 1
		if c, _ := t.char(from); t.byte(end) != '-' || !isNumeral(c) && !isWordChar(c) {
			return
		}
	}
}

// number is what begins with a numeral.
func (t *tokenizer) number() {
	from := t.at
	end := t.run(from, isNumeral)
	c, _ := t.char(end)
	if c == '.' || c == '-' || c == '_' || c == '@' {
		if t.host(from) {
			return
		}
	}
	if c == '.' {
		if stop := t.run(end+1, isNumeral); stop > end+1 {
			if e := t.exponent(stop); e > 0 {
				t.add(from, e, true)
				return
			}
			for t.byte(stop) == '.' && isNumeral(rune(t.byte(stop+1))) {
				stop = t.run(stop+1, isNumeral)
			}
			t.add(from, stop, true)
			return
		}
	}
	if stop := t.exponent(end); stop > 0 {
		t.add(from, stop, true)
		return
	}
	if isLatin(c) && t.host(from) {
		return
	}
	if isWordChar(c) {
		t.plainWord(from)
		return
	}
	if c == '/' {
		if stop := t.file(end + 1); stop > 0 {
			t.add(from, stop, true)
			return
		}
	}
	t.add(from, end, true)
}

// exponent is the end of e5, E-5.
func (t *tokenizer) exponent(i int) int {
	if t.byte(i)|0x20 != 'e' {
		return 0
	}
	i++
	if c := t.byte(i); c == '+' || c == '-' {
		i++
	}
	if end := t.run(i, isNumeral); end > i {
		return end
	}
	return 0
}

// signed is a number with its sign, or nothing.
func (t *tokenizer) signed() {
	end := t.run(t.at+1, isNumeral)
	if end == t.at+1 {
		t.skip(end)
		return
	}
	if t.byte(end) == '.' {
		if stop := t.run(end+1, isNumeral); stop > end+1 {
			end = stop
		}
	}
	if stop := t.exponent(end); stop > 0 {
		end = stop
	}
	t.add(t.at, end, true)
}

// host tries a host, with port and path, or an address, from the beginning of a word or number.
func (t *tokenizer) host(from int) bool {
	end, kind := t.findHost(from)
	switch kind {
	case 0:
		return false
	case 'u':
		path := from + strings.IndexByte(t.s[from:], '/')
		t.add(from, end, true)
		t.add(from, path, true)
		t.add(path, end, true)
	default:
		t.add(from, end, true)
	}
	return true
}

// findHost gives the end of a host ('h'), of an address of mail ('m') or of a host with a path ('u').
func (t *tokenizer) findHost(from int) (end int, kind byte) {
	i, best := from, 0 // best is the end of the longest host that something else has followed so far
	last := false      // the label may be the last one: it has letters only
	letters := 0
	for {
		c := t.byte(i)
		switch {
		case isLatin(rune(c)):
			letters++
			i++
			continue
		case isNumeral(rune(c)):
			last = false
			letters++
			i++
			continue
		}
		whole := last && letters >= 2
		if (c == '.' || c == '-' || c == '_') && isHostChar(t.byte(i+1)) && i > from {
			if whole {
				best = i
			}
			last, letters = c == '.', 0
			i++
			continue
		}
		if c == '@' && i > from {
			if stop := t.address(i); stop > 0 {
				return stop, 'm'
			}
		}
		if !whole {
			break
		}
		end = i
		if c == ':' {
			if stop := t.run(i+1, isNumeral); stop > i+1 {
				end = stop
			}
		}
		if t.byte(end) == '/' {
			if stop := t.run(end+1, isURLChar); stop > end+1 {
				return stop, 'u'
			}
		}
		return end, 'h'
	}
	if best > 0 {
		return best, 'h'
	}
	return 0, 0
}

// address is the end of the host after an @, 0 when there is none.
func (t *tokenizer) address(at int) int {
	if end, kind := t.findHost(at + 1); kind == 'h' {
		return end
	}
	return 0
}

func isURLChar(c rune) bool {
	return c > ' ' && c < 0x7f && !strings.ContainsRune("\"<>\\^`{|}", c)
}

// file is the end of a file's path, from after a slash; 0 when there is none.
func (t *tokenizer) file(i int) (end int) {
	for {
		if t.byte(i) == '~' {
			i++
		} else if t.byte(i) == '.' {
			i++
			if t.byte(i) == '.' {
				i++
				c, _ := t.char(i)
				if c != '/' {
					if i >= len(t.s) || unicode.IsSpace(c) {
						end = i
					}
					return end
				}
				end = i
			}
		} else if t.byte(i) == '/' {
			return end
		}
		switch c := t.byte(i); {
		case isHostChar(c) || c == '_':
			i = t.fileName(i + 1)
			end = i
			if t.byte(i) != '/' {
				return end
			}
		case c != '/':
			return end
		}
		i++
	}
}

// home is the end of a path from after a ~.
func (t *tokenizer) home(i int) int {
	c := t.byte(i)
	switch {
	case isHostChar(c) || c == '_':
		return t.fileRest(i)
	case c == '/':
		return t.file(i + 1)
	}
	return 0
}

// dots is the end of a path that begins with a dot: one dot alone begins none.
func (t *tokenizer) dots(i int) int {
	if c := t.byte(i); c != '.' && c != '/' {
		return 0
	}
	return t.file(i - 1)
}

// fileNext is the end of a path from after a dot within a name.
func (t *tokenizer) fileNext(i int) int {
	if c := t.byte(i); isHostChar(c) || c == '_' {
		return t.fileRest(i)
	}
	return 0
}

// fileRest is the end of a path from within a name.
func (t *tokenizer) fileRest(i int) int {
	i = t.fileName(i)
	if t.byte(i) == '/' {
		if end := t.file(i + 1); end > 0 {
			return end
		}
	}
	return i
}

func (t *tokenizer) fileName(i int) int {
	for {
		c := t.byte(i)
		next := t.byte(i + 1)
		if !isHostChar(c) && c != '_' && c != '-' && !(c == '.' && (isHostChar(next) || next == '_')) {
			return i
		}
		i++
	}
}

// tag is the end of <…>, 0 when it is none.
func (t *tokenizer) tag(i int) int {
	if strings.HasPrefix(t.s[i:], "<!--") {
		if n := strings.Index(t.s[i+4:], "-->"); n >= 0 {
			return i + 4 + n + 3
		}
		return 0
	}
	i++
	if c := t.byte(i); c == '/' || c == '?' {
		i++
	}
	if c := t.byte(i); !isLatin(rune(c)) && c != ':' && c != '_' && c != '!' {
		return 0
	}
	for i < len(t.s) {
		c, after := t.char(i)
		switch {
		case c == '>':
			return after
		case c == '"' || c == '\'':
			n := strings.IndexRune(t.s[after:], c)
			if n < 0 {
				return 0
			}
			after += n + 1
		case isLatin(c) || isNumeral(c) || unicode.IsSpace(c) || strings.ContainsRune("=-_#/:.&?%~!", c):
		default:
			return 0
		}
		i = after
	}
	return 0
}

// entity is the end of &name; and &#12;, 0 when it is none.
func (t *tokenizer) entity(i int) int {
	i++
	end := i
	switch {
	case strings.HasPrefix(t.s[i:], "#x") || strings.HasPrefix(t.s[i:], "#X"):
		i += 2
		end = t.run(i, func(c rune) bool { return isNumeral(c) || 'a' <= c|0x20 && c|0x20 <= 'f' })
	case t.byte(i) == '#':
		i++
		end = t.run(i, isNumeral)
	case isLatin(rune(t.byte(i))) || t.byte(i) == ':' || t.byte(i) == '_':
		end = t.run(i, func(c rune) bool { return isLatin(c) || isNumeral(c) || c == ':' || c == '_' || c == '.' || c == '-' })
	}
	if end > i && t.byte(end) == ';' {
		return end + 1
	}
	return 0
}
