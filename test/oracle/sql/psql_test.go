package sql_test

import (
	"regexp"
	"strings"
)

// A step is what a script written for psql has at a place: a statement, the data of a COPY, or a command of psql.
type step struct {
	text string
	data []string // lines of COPY … FROM STDIN
	line int
	psql bool // text is a command of psql
}

// psqlSteps cuts a script as psql does: at semicolons outside of quotes, comments, parentheses and bodies of functions, and at its own commands.
func psqlSteps(text string) (all []step) {
	line := 1
	for {
		n, start := skipBlank(text)
		line += start
		text = text[n:]
		if text == "" {
			return all
		}
		if text[0] == '\\' {
			end := strings.IndexByte(text+"\n", '\n')
			all = append(all, step{text: text[:end], line: line, psql: true})
			text = text[end:]
			continue
		}
		end, command := statementEnd(text)
		s := step{text: strings.TrimSpace(text[:end]), line: line}
		rest := text[end:]
		switch {
		case command: // \gset and the like end a statement, with the rest of the line
			n := strings.IndexByte(rest+"\n", '\n')
			s.psql, s.text = true, s.text+" "+rest[:n]
			rest = rest[n:]
		case strings.HasPrefix(rest, ";"):
			rest = rest[1:]
		}
		line += strings.Count(text[:len(text)-len(rest)], "\n")
		text = rest
		if fromStdin.MatchString(s.text) && !s.psql {
			n := strings.IndexByte(text+"\n", '\n')
			text = text[min(len(text), n+1):]
			line++
			for text != "" {
				l, after, _ := strings.Cut(text, "\n")
				text = after
				line++
				if l == `\.` {
					break
				}
				s.data = append(s.data, l)
			}
		}
		if s.text != "" {
			all = append(all, s)
		}
	}
}

var fromStdin = regexp.MustCompile(`(?is)^copy\b.*\bfrom\s+stdin\b`)

// skipBlank counts the bytes and lines of blanks and comments at the beginning.
func skipBlank(text string) (n, lines int) {
	for n < len(text) {
		switch {
		case strings.ContainsRune(" \t\r\n\f;", rune(text[n])):
			n++
		case strings.HasPrefix(text[n:], "--"):
			n += strings.IndexByte(text[n:]+"\n", '\n')
		case strings.HasPrefix(text[n:], "/*"):
			n += commentEnd(text[n:])
		default:
			return n, strings.Count(text[:n], "\n")
		}
	}
	return min(n, len(text)), strings.Count(text, "\n")
}

func commentEnd(text string) int {
	depth := 0
	for i := 0; i < len(text)-1; i++ {
		switch text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

var (
	dollar = regexp.MustCompile(`^\$([A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$`)
	word   = regexp.MustCompile(`^[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*`)
	number = regexp.MustCompile(`^[0-9][A-Za-z0-9_.]*`)
)

// statementEnd is where the statement at the beginning of text ends: at a semicolon, the end, or a command of psql.
func statementEnd(text string) (end int, command bool) {
	parens, begins := 0, 0
	routine := regexp.MustCompile(`(?is)^create\s+(or\s+replace\s+)?(function|procedure)\b`).MatchString(text)
	for i := 0; i < len(text); {
		rest := text[i:]
		switch c := text[i]; {
		case c == ';' && parens <= 0 && begins == 0:
			return i, false
		case c == '\\' && strings.HasPrefix(rest, `\;`):
			i += 2
		case c == '\\':
			return i, true
		case c == '(':
			parens++
			i++
		case c == ')':
			parens--
			i++
		case c == '\'':
			i += quoted(rest, '\'', false)
		case c == '"':
			i += quoted(rest, '"', false)
		case strings.HasPrefix(rest, "--"):
			i += strings.IndexByte(rest+"\n", '\n')
		case strings.HasPrefix(rest, "/*"):
			i += commentEnd(rest)
		case c == '$' && dollar.MatchString(rest):
			tag := dollar.FindString(rest)
			n := strings.Index(rest[len(tag):], tag)
			if n < 0 {
				return len(text), false
			}
			i += n + 2*len(tag)
		case word.MatchString(rest):
			w := word.FindString(rest)
			i += len(w)
			if i < len(text) && text[i] == '\'' && strings.EqualFold(w, "e") {
				i += quoted(text[i:], '\'', true)
			}
			if routine {
				switch strings.ToLower(w) {
				case "begin":
					begins++
				case "case":
					if begins > 0 {
						begins++
					}
				case "end":
					begins = max(0, begins-1)
				}
			}
		case number.MatchString(rest):
			i += len(number.FindString(rest))
		default:
			i++
		}
	}
	return len(text), false
}

// quoted is the length of a quoted thing, its quotes included.
func quoted(text string, q byte, escapes bool) int {
	for i := 1; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] == q && i+1 < len(text) && text[i+1] == q:
			i++
		case text[i] == q:
			return i + 1
		}
	}
	return len(text)
}

// inserted makes an INSERT of a COPY with its data, where that can be.
func inserted(copyText string, data []string) string {
	m := regexp.MustCompile(`(?is)^copy\s+(\S+?)\s*(\([^)]*\))?\s+from\s+stdin\s*(.*)$`).FindStringSubmatch(copyText)
	if m == nil || regexp.MustCompile(`(?i)binary|force|header|encoding|freeze|where`).MatchString(m[3]) {
		return copyText
	}
	csv := regexp.MustCompile(`(?i)\bcsv\b`).MatchString(m[3])
	sep, null := "\t", `\N`
	if csv {
		sep, null = ",", ""
	}
	if d := regexp.MustCompile(`(?i)delimiters?\s+(?:as\s+)?'(.)'`).FindStringSubmatch(m[3]); d != nil {
		sep = d[1]
	}
	if n := regexp.MustCompile(`(?i)null\s+(?:as\s+)?'([^']*)'`).FindStringSubmatch(m[3]); n != nil {
		null = n[1]
	}
	var rows []string
	for _, l := range data {
		var values []string
		for _, f := range strings.Split(l, sep) {
			switch {
			case f == null:
				values = append(values, "null")
			case csv:
				values = append(values, quote(strings.Trim(f, `"`)))
			default:
				values = append(values, quote(unescape(f)))
			}
		}
		rows = append(rows, "("+strings.Join(values, ", ")+")")
	}
	if len(rows) == 0 {
		return copyText
	}
	return "insert into " + m[1] + " " + m[2] + " overriding system value values " + strings.Join(rows, ", ")
}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
