package builtin

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

func registerPatterns(r registry) {
	for _, t := range []string{"text,text", "name,text", "bpchar,text"} {
		p, _, _ := strings.Cut(t, ",")
		for _, f := range []struct {
			name string
			fold bool
			not  bool
		}{{"like", false, false}, {"nlike", false, true}, {"iclike", true, false}, {"icnlike", true, true}} {
			sigs := p + f.name + "(" + t + ")"
			if p == "text" && !f.fold {
				name := strings.Replace(f.name, "nlike", "notlike", 1)
				sigs += " " + name + "(text,text)"
			}
			r.fn(sigs, func(_ *Ctx, a []datum) (datum, error) {
				s, pat := a[0].Str(), a[1].Str()
				if f.fold {
					s, pat = value.Lower(s), value.Lower(pat)
				}
				ok, err := like(s, pat)
				return value.Bool(ok != f.not), err
			})
		}
		for _, f := range []struct {
			name, flags string
			not         bool
		}{{"regexeq", "", false}, {"regexne", "", true}, {"icregexeq", "i", false}, {"icregexne", "i", true}} {
			r.fn(p+f.name+"("+t+")", func(c *Ctx, a []datum) (datum, error) {
				re, err := c.regex(a[1].Str(), f.flags)
				if err != nil {
					return value.Null, err
				}
				return value.Bool(re.match(a[0].Str()) != f.not), nil
			})
		}
	}
	for _, t := range []string{"citext,citext", "citext,text"} {
		for _, f := range []struct {
			name string
			not  bool
		}{{"texticlike", false}, {"texticnlike", true}} {
			r.fn(f.name+"("+t+")", func(_ *Ctx, a []datum) (datum, error) {
				ok, err := like(value.Lower(a[0].Str()), value.Lower(a[1].Str()))
				return value.Bool(ok != f.not), err
			})
		}
		for _, f := range []struct {
			name string
			not  bool
		}{{"texticregexeq", false}, {"texticregexne", true}} {
			r.fn(f.name+"("+t+")", func(c *Ctx, a []datum) (datum, error) {
				re, err := c.regex(a[1].Str(), "i")
				if err != nil {
					return value.Null, err
				}
				return value.Bool(re.match(a[0].Str()) != f.not), nil
			})
		}
	}
	r.fn("like_escape(text,text)", func(_ *Ctx, a []datum) (datum, error) { return likeEscape(a[0].Str(), a[1].Str()) })
	r.fn("similar_to_escape(text)", func(_ *Ctx, a []datum) (datum, error) { return similarEscape(a[0].Str(), `\`) })
	r.fn("similar_to_escape(text,text)", func(_ *Ctx, a []datum) (datum, error) { return similarEscape(a[0].Str(), a[1].Str()) })
	r.fn("substring(text,text,text)", func(c *Ctx, a []datum) (datum, error) {
		p, err := similarEscape(a[1].Str(), a[2].Str())
		if err != nil {
			return value.Null, err
		}
		pattern := p.Str()
		if i := strings.Index(pattern, "){1,1}?("); i >= 0 {
			// What stands before the part takes as little as it can, as a whole; here each of its pieces does.
			pattern = strings.ReplaceAll(pattern[:i], ".*", ".*?") + pattern[i:]
		}
		return c.regexSubstring(a[0].Str(), pattern)
	})
	r.fn("substring(text,text)", func(c *Ctx, a []datum) (datum, error) { return c.regexSubstring(a[0].Str(), a[1].Str()) })
	r.fn("regexp_replace(text,text,text) regexp_replace(text,text,text,text)", func(c *Ctx, a []datum) (datum, error) {
		flags, n := flagsAt(a, 3), int64(1)
		if flags != "" && flags[0] >= '0' && flags[0] <= '9' {
			return value.Null, fault.New(fault.InvalidParameterValue, `invalid regular expression option: "%c"`, flags[0]).
				WithHint("If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.")
		}
		if strings.Contains(flags, "g") {
			n = 0
		}
		return c.regexReplace(a[0].Str(), a[1].Str(), a[2].Str(), flags, 1, n)
	})
	r.fn("regexp_replace(text,text,text,int4) regexp_replace(text,text,text,int4,int4) regexp_replace(text,text,text,int4,int4,text)", func(c *Ctx, a []datum) (datum, error) {
		n, flags := int64(1), flagsAt(a, 5)
		if len(a) > 4 {
			if n = a[4].Int64(); n < 0 {
				return value.Null, fault.New(fault.InvalidParameterValue, `invalid value for parameter "n": %d`, n)
			}
		}
		return c.regexReplace(a[0].Str(), a[1].Str(), a[2].Str(), flags, a[3].Int64(), n)
	})
	r.fn("regexp_match(text,text) regexp_match(text,text,text) regexp_match(citext,citext)", func(c *Ctx, a []datum) (datum, error) {
		flags := flagsAt(a, 2)
		if err := notGlobal("regexp_match", flags); err != nil {
			return value.Null, err.WithHint("Use the regexp_matches function instead.")
		}
		re, err := c.regex(a[1].Str(), flags)
		if err != nil {
			return value.Null, err
		}
		m := re.find(a[0].Str(), 0)
		if m == nil {
			return value.Null, nil
		}
		return re.captures(a[0].Str(), m), nil
	})
	r.set("regexp_matches(text,text) regexp_matches(text,text,text)", func(c *Ctx, a []datum, yield func([]datum) bool) error {
		flags := flagsAt(a, 2)
		re, err := c.regex(a[1].Str(), flags)
		if err != nil {
			return err
		}
		for m := range re.all(a[0].Str(), 0) {
			if !yield([]datum{re.captures(a[0].Str(), m)}) || !strings.Contains(flags, "g") {
				break
			}
		}
		return nil
	})
	r.fn("regexp_split_to_array(text,text) regexp_split_to_array(text,text,text)", func(c *Ctx, a []datum) (datum, error) {
		parts, err := c.regexSplit("regexp_split_to_array", a)
		return value.MakeArray(nil, opsOf(catalog.TextOID), parts), err
	})
	r.set("regexp_split_to_table(text,text) regexp_split_to_table(text,text,text)", func(c *Ctx, a []datum, yield func([]datum) bool) error {
		parts, err := c.regexSplit("regexp_split_to_table", a)
		for _, p := range parts {
			if !yield([]datum{p}) {
				break
			}
		}
		return err
	})
	r.fn("regexp_like(text,text) regexp_like(text,text,text)", func(c *Ctx, a []datum) (datum, error) {
		if err := notGlobal("regexp_like", flagsAt(a, 2)); err != nil {
			return value.Null, err
		}
		re, err := c.regex(a[1].Str(), flagsAt(a, 2))
		if err != nil {
			return value.Null, err
		}
		return value.Bool(re.match(a[0].Str())), nil
	})
	r.fn("regexp_count(text,text) regexp_count(text,text,int4) regexp_count(text,text,int4,text)", func(c *Ctx, a []datum) (datum, error) {
		if err := notGlobal("regexp_count", flagsAt(a, 3)); err != nil {
			return value.Null, err
		}
		re, err := c.regex(a[1].Str(), flagsAt(a, 3))
		if err != nil {
			return value.Null, err
		}
		start, err := startAt(a, 2)
		if err != nil {
			return value.Null, err
		}
		n := int64(0)
		for range re.all(a[0].Str(), offset(a[0].Str(), start-1)) {
			n++
		}
		return value.Int(n), nil
	})
	r.fn("regexp_substr(text,text) regexp_substr(text,text,int4) regexp_substr(text,text,int4,int4) regexp_substr(text,text,int4,int4,text) regexp_substr(text,text,int4,int4,text,int4)", func(c *Ctx, a []datum) (datum, error) {
		g, err := subexpression(a, 5)
		if err != nil {
			return value.Null, err
		}
		m, re, err := c.regexNth("regexp_substr", a, 4)
		if m == nil || err != nil || g > re.groups {
			return value.Null, err
		}
		return group(a[0].Str(), m, g), nil
	})
	r.fn("regexp_instr(text,text) regexp_instr(text,text,int4) regexp_instr(text,text,int4,int4) regexp_instr(text,text,int4,int4,int4) regexp_instr(text,text,int4,int4,int4,text) regexp_instr(text,text,int4,int4,int4,text,int4)", func(c *Ctx, a []datum) (datum, error) {
		end := 0
		if len(a) > 4 {
			if end = int(a[4].Int64()); end != 0 && end != 1 {
				return value.Null, fault.New(fault.InvalidParameterValue, `invalid value for parameter "endoption": %d`, end)
			}
		}
		g, err := subexpression(a, 6)
		if err != nil {
			return value.Null, err
		}
		m, re, err := c.regexNth("regexp_instr", a, 5)
		if m == nil || err != nil || g > re.groups || m[2*g] < 0 {
			return value.Int(0), err
		}
		return value.Int(int64(runes(a[0].Str()[:m[2*g+end]])) + 1), nil
	})
	r.limited()
}

// limited makes the functions on regular expressions fail when a search gave up, which the matcher can only note.
func (r registry) limited() {
	check := func(c *Ctx, err error) error {
		if re, ok := c.Cache.(*regex); ok && re.tooLong && err == nil {
			re.tooLong = false
			return invalidRegex("regular expression is too complex")
		}
		return err
	}
	for sig, im := range r {
		if !strings.Contains(sig, "regex") && sig != "substring(text,text)" {
			continue
		}
		if call := im.call; call != nil {
			im.call = func(c *Ctx, a []datum) (datum, error) {
				d, err := call(c, a)
				if err = check(c, err); err != nil {
					return value.Null, err
				}
				return d, nil
			}
		}
		if set := im.set; set != nil {
			im.set = func(c *Ctx, a []datum, yield func([]datum) bool) error { return check(c, set(c, a, yield)) }
		}
	}
}

func flagsAt(a []datum, i int) string {
	if i < len(a) {
		return a[i].Str()
	}
	return ""
}

// notGlobal refuses flag g where one match is looked for.
func notGlobal(fn, flags string) *fault.Error {
	if !strings.Contains(flags, "g") {
		return nil
	}
	return fault.New(fault.InvalidParameterValue, `%s() does not support the "global" option`, fn)
}

// subexpression is the number of a group that an argument asks for; 0 is the whole match.
func subexpression(a []datum, i int) (int, error) {
	if i >= len(a) {
		return 0, nil
	}
	if n := a[i].Int64(); n >= 0 {
		return int(n), nil
	}
	return 0, fault.New(fault.InvalidParameterValue, `invalid value for parameter "subexpr": %d`, a[i].Int64())
}

func startAt(a []datum, i int) (int64, error) {
	if i >= len(a) {
		return 1, nil
	}
	if n := a[i].Int64(); n > 0 {
		return n, nil
	}
	return 0, fault.New(fault.InvalidParameterValue, `invalid value for parameter "%s": %d`, "start", a[i].Int64())
}

func (c *Ctx) regexNth(fn string, a []datum, flags int) ([]int, *regex, error) {
	if err := notGlobal(fn, flagsAt(a, flags)); err != nil {
		return nil, nil, err
	}
	re, err := c.regex(a[1].Str(), flagsAt(a, flags))
	if err != nil {
		return nil, nil, err
	}
	start, err := startAt(a, 2)
	if err != nil {
		return nil, nil, err
	}
	n := int64(1)
	if len(a) > 3 {
		if n = a[3].Int64(); n <= 0 {
			return nil, nil, fault.New(fault.InvalidParameterValue, `invalid value for parameter "n": %d`, n)
		}
	}
	for m := range re.all(a[0].Str(), offset(a[0].Str(), start-1)) {
		if n--; n == 0 {
			return m, re, nil
		}
	}
	return nil, re, nil
}

// like matches LIKE with backslash as the escape character.
func like(s, p string) (bool, error) {
	m, err := likeMatch(s, p)
	return m == likeYes, err
}

type likeResult uint8

const (
	likeNo likeResult = iota
	likeYes
	likeAbort // the text is at its end: no later start can match either, which keeps the search linear per wildcard
)

func likeMatch(s, p string) (likeResult, error) {
	for p != "" {
		if p[0] != '%' && s == "" {
			return likeAbort, nil
		}
		switch p[0] {
		case '%':
			for p != "" && (p[0] == '%' || p[0] == '_') {
				if p[0] == '_' {
					if s == "" {
						return likeAbort, nil
					}
					_, n := utf8.DecodeRuneInString(s)
					s = s[n:]
				}
				p = p[1:]
			}
			if p == "" {
				return likeYes, nil
			}
			if p == `\` {
				return likeNo, likeEnd()
			}
			first := p[0]
			if first == '\\' {
				first = p[1]
			}
			for i := 0; i < len(s); i++ {
				if s[i] != first {
					continue
				}
				if m, err := likeMatch(s[i:], p); m != likeNo || err != nil {
					return m, err
				}
			}
			return likeAbort, nil
		case '_':
			_, n := utf8.DecodeRuneInString(s)
			s, p = s[n:], p[1:]
		case '\\':
			if len(p) == 1 {
				return likeNo, likeEnd()
			}
			p = p[1:]
			fallthrough
		default:
			if s[0] != p[0] {
				return likeNo, nil
			}
			s, p = s[1:], p[1:]
		}
	}
	if s == "" {
		return likeYes, nil
	}
	return likeNo, nil
}

func likeEnd() error {
	return fault.New("22025", "LIKE pattern must not end with escape character")
}

// regexSubstring is what a pattern, or its first group, matches first.
func (c *Ctx) regexSubstring(s, pattern string) (datum, error) {
	re, err := c.regex(pattern, "")
	if err != nil {
		return value.Null, err
	}
	m := re.find(s, 0)
	if m == nil {
		return value.Null, nil
	}
	if re.groups > 0 {
		return group(s, m, 1), nil
	}
	return group(s, m, 0), nil
}

// likeEscape turns a pattern with another escape character into one with backslash.
func likeEscape(p, esc string) (datum, error) {
	if runes(esc) > 1 {
		return value.Null, fault.New("22025", "invalid escape string").WithHint("Escape string must be empty or one character.")
	}
	if esc == `\` {
		return text(p), nil
	}
	var b strings.Builder
	for p != "" {
		_, n := utf8.DecodeRuneInString(p)
		c := p[:n]
		p = p[n:]
		switch {
		case esc != "" && c == esc:
			b.WriteByte('\\')
			_, n := utf8.DecodeRuneInString(p)
			b.WriteString(p[:n])
			p = p[n:]
		case c == `\`:
			b.WriteString(`\\`)
		default:
			b.WriteString(c)
		}
	}
	return text(b.String()), nil
}

// similarEscape turns a SIMILAR TO pattern into a regular expression.
func similarEscape(p, esc string) (datum, error) {
	if runes(esc) > 1 {
		return value.Null, fault.New("22025", "invalid escape string").WithHint("Escape string must be empty or one character.")
	}
	b := strings.Builder{}
	b.WriteString("^(?:")
	bracket, quotes := false, 0
	for i := 0; i < len(p); {
		_, n := utf8.DecodeRuneInString(p[i:])
		c := p[i : i+n]
		i += n
		switch {
		case c == esc && esc != "" && i == len(p): // escapes nothing
		case c == esc && esc != "":
			_, n := utf8.DecodeRuneInString(p[i:])
			switch {
			case p[i:i+n] != `"`:
				b.WriteString(`\` + p[i:i+n])
			case quotes == 0: // between the two is what substring takes out
				b.WriteString("){1,1}?(")
			case quotes == 1:
				b.WriteString("){1,1}(?:")
			default:
				return value.Null, fault.New("2200C", "SQL regular expression may not contain more than two escape-double-quote separators")
			}
			if p[i] == '"' {
				quotes++
			}
			i += n
		case bracket:
			if c == `\` {
				b.WriteByte('\\')
			}
			b.WriteString(c)
			bracket = c != "]"
		case c == "[":
			b.WriteString(c)
			bracket = true
		case c == "%":
			b.WriteString(".*")
		case c == "_":
			b.WriteString(".")
		case c == "(":
			b.WriteString("(?:")
		case c == `\` || c == "." || c == "^" || c == "$":
			b.WriteString(`\` + c)
		default:
			b.WriteString(c)
		}
	}
	b.WriteString(")$")
	return text(b.String()), nil
}

// regex is a compiled PostgreSQL regular expression.
type regex struct {
	pattern, flags string
	re             *regexp.Regexp
	back           *backtracker // instead of re, for what RE2 cannot do
	groups         int
	tooLong        bool // the last search gave up
	context        bool // looks at what is before the match: ^, \A, \b, \B
}

// regex compiles, keeping the last pattern of this call place.
func (c *Ctx) regex(pattern, flags string) (*regex, error) {
	if re, ok := c.Cache.(*regex); ok && re.pattern == pattern && re.flags == flags {
		return re, nil
	}
	re, err := compileRegex(pattern, flags)
	if err != nil {
		return nil, err
	}
	c.Cache = re
	return re, nil
}

func (r *regex) match(s string) bool {
	if r.back != nil {
		return r.find(s, 0) != nil
	}
	return r.re.MatchString(s)
}

// find is the first match at or after a byte offset: the offsets of the match and of the groups.
func (r *regex) find(s string, from int) []int {
	if from == 0 && r.back == nil {
		return r.re.FindStringSubmatchIndex(s)
	}
	for m := range r.all(s, from) {
		return m
	}
	return nil
}

// all walks the matches that do not overlap from a byte offset on. Context before the offset counts for anchors.
func (r *regex) all(s string, from int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		if r.back != nil {
			for at := from; at <= len(s); {
				m, ok := r.back.find(s, at)
				r.tooLong = !ok
				if m == nil {
					return
				}
				m = slices.Clone(m)
				at = m[1]
				if m[0] == m[1] {
					_, n := utf8.DecodeRuneInString(s[at:])
					at += max(n, 1)
				}
				if !yield(m) {
					return
				}
			}
			return
		}
		found := r.re.FindAllStringSubmatchIndex(s[from:], -1)
		for k, m := range found {
			shift(m, from)
			if !yield(m) {
				return
			}
			// Go leaves out an empty match just behind another; PostgreSQL does not.
			end := m[1]
			if m[0] == end || r.context || k+1 < len(found) && found[k+1][0]+from == end {
				continue
			}
			if e := r.re.FindStringSubmatchIndex(s[end:]); e != nil && e[1] == 0 {
				shift(e, end)
				if !yield(e) {
					return
				}
			}
		}
	}
}

func shift(m []int, by int) {
	for i := range m {
		if m[i] >= 0 {
			m[i] += by
		}
	}
}

func group(s string, m []int, g int) datum {
	if m[2*g] < 0 {
		return value.Null
	}
	return text(s[m[2*g]:m[2*g+1]])
}

// captures is the array of the groups, or of the whole match if there are none.
func (r *regex) captures(s string, m []int) datum {
	if r.groups == 0 {
		return value.MakeArray(nil, opsOf(catalog.TextOID), []datum{group(s, m, 0)})
	}
	out := make([]datum, r.groups)
	for i := range out {
		out[i] = group(s, m, i+1)
	}
	return value.MakeArray(nil, opsOf(catalog.TextOID), out)
}

func (c *Ctx) regexReplace(s, pattern, with, flags string, start, nth int64) (datum, error) {
	if start <= 0 {
		return value.Null, fault.New(fault.InvalidParameterValue, `invalid value for parameter "start": %d`, start)
	}
	re, err := c.regex(pattern, flags)
	if err != nil {
		return value.Null, err
	}
	every := nth == 0
	want := max(nth, 1)
	var b strings.Builder
	last, seen := 0, int64(0)
	for m := range re.all(s, offset(s, start-1)) {
		seen++
		if !every && seen < want {
			continue
		}
		b.WriteString(s[last:m[0]])
		for i := 0; i < len(with); i++ {
			if with[i] != '\\' || i+1 >= len(with) {
				b.WriteByte(with[i])
				continue
			}
			i++
			switch e := with[i]; {
			case e == '&':
				b.WriteString(s[m[0]:m[1]])
			case e >= '1' && e <= '9':
				if g := int(e - '0'); g <= re.groups && m[2*g] >= 0 {
					b.WriteString(s[m[2*g]:m[2*g+1]])
				}
			case e == '\\':
				b.WriteByte('\\')
			default:
				b.WriteByte('\\')
				b.WriteByte(e)
			}
		}
		last = m[1]
		if !every {
			break
		}
	}
	b.WriteString(s[last:])
	return text(b.String()), nil
}

func (c *Ctx) regexSplit(name string, a []datum) ([]datum, error) {
	flags := flagsAt(a, 2)
	if strings.Contains(flags, "g") {
		return nil, fault.New(fault.InvalidParameterValue, `%s() does not support the "global" option`, name)
	}
	re, err := c.regex(a[1].Str(), flags)
	if err != nil {
		return nil, err
	}
	s, last := a[0].Str(), 0
	var out []datum
	for m := range re.all(s, 0) {
		// An empty match at the start, at the end or just after another match does not split.
		if m[0] == m[1] && (m[0] == 0 || m[0] >= len(s) || m[0] == last) {
			continue
		}
		out = append(out, text(s[last:m[0]]))
		last = m[1]
	}
	return append(out, text(s[last:])), nil
}

func invalidRegex(why string) error {
	return fault.New(fault.InvalidRegex, "invalid regular expression: %s", why)
}

// compileRegex translates an advanced regular expression of PostgreSQL to RE2's syntax.
func compileRegex(pattern, flags string) (*regex, error) {
	r := &regex{pattern: pattern, flags: flags}
	t := reTranslator{s: pattern}
	for _, f := range flags {
		switch f {
		case 'g':
		case 'i':
			t.fold = true
		case 'c', 's', 't', 'b', 'e':
			if f == 'c' {
				t.fold = false
			}
		case 'n', 'm':
			t.lines = true
		case 'x':
			t.expanded = true
		case 'q':
			t.literal = true
		case 'p':
			t.partial = true
		case 'w':
			t.weird = true
		default:
			return nil, fault.New(fault.InvalidParameterValue, `invalid regular expression option: "%c"`, f)
		}
	}
	src, err := t.translate()
	if err != nil {
		return nil, err
	}
	if t.back {
		if r.back, err = compileBacktrack(src); err != nil {
			return nil, err
		}
		r.groups = r.back.groups
		return r, nil
	}
	re, err := regexp.Compile(src)
	if err != nil {
		return nil, reError(err)
	}
	if !t.lazy {
		re.Longest()
	}
	r.re, r.groups = re, re.NumSubexp()
	r.context = t.context
	return r, nil
}

func reError(err error) error {
	var se *syntax.Error
	if !errors.As(err, &se) {
		return invalidRegex(err.Error())
	}
	switch se.Code {
	case syntax.ErrMissingParen, syntax.ErrUnexpectedParen:
		return invalidRegex("parentheses () not balanced")
	case syntax.ErrMissingBracket:
		return invalidRegex("brackets [] not balanced")
	case syntax.ErrMissingRepeatArgument, syntax.ErrInvalidRepeatOp:
		return invalidRegex("quantifier operand invalid")
	case syntax.ErrInvalidRepeatSize:
		return invalidRegex("invalid repetition count(s)")
	case syntax.ErrInvalidCharRange:
		return invalidRegex("invalid character range")
	case syntax.ErrTrailingBackslash, syntax.ErrInvalidEscape:
		return invalidRegex(`invalid escape \ sequence`)
	}
	return invalidRegex("regular expression is too complex")
}

type reTranslator struct {
	s                                              string
	i                                              int
	out                                            strings.Builder
	fold, lines, expanded, literal, partial, weird bool
	lazy                                           bool
	groups                                         int  // that have begun
	back                                           bool // needs the backtracker
	context                                        bool // see regex.context
}

// Classes of characters, as ranges that may stand inside brackets.
const (
	wordClass  = `\p{L}\p{N}\p{M}_`
	digitClass = `\p{Nd}`
	spaceClass = `\t\n\v\f\r \x{85}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}`
)

var posixClasses = map[string]string{"alpha": `\p{L}`, "digit": digitClass, "alnum": `\p{L}\p{N}`, "upper": `\p{Lu}`, "lower": `\p{Ll}`, "space": spaceClass,
	"blank": ` \t`, "punct": "!-/:-@\\[-`{-~", "xdigit": "0-9A-Fa-f", "cntrl": `\x00-\x1f\x7f`, "print": `\pL\pM\pN\pP\pS `, "graph": `\pL\pM\pN\pP\pS`, "word": wordClass}

func (t *reTranslator) translate() (string, error) {
	if strings.HasPrefix(t.s, "***=") {
		t.s, t.literal = t.s[4:], true
	} else if strings.HasPrefix(t.s, "***:") {
		t.s = t.s[4:]
	} else if strings.HasPrefix(t.s, "***?") {
		return "", invalidRegex("invalid regexp (reg version 0.8)")
	} else if strings.HasPrefix(t.s, "***") {
		return "", invalidRegex("quantifier operand invalid")
	}
	// Options in front: (?i), (?n) …
	for strings.HasPrefix(t.s, "(?") && len(t.s) > 2 && t.s[2] >= 'a' && t.s[2] <= 'z' && !t.literal {
		end := strings.IndexByte(t.s, ')')
		if end < 0 {
			return "", invalidRegex("invalid embedded option")
		}
		for _, f := range t.s[2:end] {
			switch f {
			case 'i':
				t.fold = true
			case 'c':
				t.fold = false
			case 'n', 'm':
				t.lines = true
			case 's':
				t.lines = false
			case 'x':
				t.expanded = true
			case 'q':
				t.literal = true
			case 'p':
				t.partial = true
			case 'w':
				t.weird = true
			case 't', 'b', 'e':
			default:
				return "", invalidRegex("invalid embedded option")
			}
		}
		t.s = t.s[end+1:]
	}
	head := ""
	if t.fold {
		head += "i"
	}
	if !t.lines && !t.partial {
		head += "s"
	}
	if t.lines || t.weird {
		head += "m"
	}
	if head != "" {
		t.out.WriteString("(?" + head + ")")
	}
	if t.literal {
		t.out.WriteString(regexp.QuoteMeta(t.s))
		return t.out.String(), nil
	}
	if err := checkRegex(t.s, t.expanded); err != nil {
		return "", err
	}
	for t.i < len(t.s) {
		if err := t.item(); err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

func (t *reTranslator) item() error {
	c := t.s[t.i]
	rest := t.s[t.i:]
	switch {
	case t.expanded && strings.IndexByte(" \t\n\r", c) >= 0:
		t.i++
	case t.expanded && c == '#':
		for t.i < len(t.s) && t.s[t.i] != '\n' {
			t.i++
		}
	case c == '\\':
		return t.escape()
	case strings.HasPrefix(rest, "[[:<:]]"), strings.HasPrefix(rest, "[[:>:]]"):
		t.out.WriteString(`\b`)
		t.context = true
		t.i += 7
	case c == '[':
		return t.bracket()
	case strings.HasPrefix(rest, "(?#"):
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return invalidRegex("parentheses () not balanced")
		}
		t.i += end + 1
	case strings.HasPrefix(rest, "(?:"):
		t.out.WriteString("(?:")
		t.i += 3
	case strings.HasPrefix(rest, "(?=") || strings.HasPrefix(rest, "(?!") || strings.HasPrefix(rest, "(?<"):
		n := 3
		if rest[2] == '<' {
			if n = 4; len(rest) < 4 || rest[3] != '=' && rest[3] != '!' {
				return invalidRegex("quantifier operand invalid")
			}
		}
		t.out.WriteString(rest[:n])
		t.i += n
		t.back = true
	case strings.HasPrefix(rest, "(?"):
		return invalidRegex("quantifier operand invalid")
	case c == '{':
		// A brace that does not begin a repetition is itself.
		end := strings.IndexByte(rest, '}')
		if len(rest) < 2 || rest[1] < '0' || rest[1] > '9' {
			t.out.WriteString(`\{`)
			t.i++
			return nil
		}
		if end < 0 {
			return invalidRegex("braces {} not balanced")
		}
		var lo, hi int
		body := rest[1:end]
		if n, _ := fmt.Sscanf(body, "%d,%d", &lo, &hi); n == 0 || lo > 255 || hi > 255 || n == 2 && lo > hi || strings.Trim(body, "0123456789,") != "" || strings.Count(body, ",") > 1 {
			return invalidRegex("invalid repetition count(s)")
		}
		t.out.WriteString(rest[:end+1])
		t.i += end + 1
		t.quantifierEnd()
	case c == '*' || c == '+' || c == '?':
		t.out.WriteByte(c)
		t.i++
		t.quantifierEnd()
		if t.i < len(t.s) && strings.IndexByte("*+?", t.s[t.i]) >= 0 {
			return invalidRegex("quantifier operand invalid")
		}
	case c == '$' && !t.lines && !t.weird:
		t.out.WriteString(`\z`)
		t.i++
	default:
		if c == '(' {
			t.groups++
		}
		_, n := utf8.DecodeRuneInString(rest)
		t.out.WriteString(rest[:n])
		t.i += n
		t.context = t.context || c == '^'
	}
	return nil
}

// quantifierEnd takes the ? of a non-greedy quantifier.
func (t *reTranslator) quantifierEnd() {
	if t.i < len(t.s) && t.s[t.i] == '?' {
		t.out.WriteByte('?')
		t.i++
		t.lazy = true
	}
}

func (t *reTranslator) escape() error {
	if t.i+1 >= len(t.s) {
		return invalidRegex(`invalid escape \ sequence`)
	}
	c := t.s[t.i+1]
	t.i += 2
	t.context = t.context || strings.IndexByte("AmMyY", c) >= 0
	switch c {
	case 'd':
		t.out.WriteString("[" + digitClass + "]")
	case 'D':
		t.out.WriteString("[^" + digitClass + "]")
	case 'w':
		t.out.WriteString("[" + wordClass + "]")
	case 'W':
		t.out.WriteString("[^" + wordClass + "]")
	case 's':
		t.out.WriteString("[" + spaceClass + "]")
	case 'S':
		t.out.WriteString("[^" + spaceClass + "]")
	case 'A':
		t.out.WriteString(`\A`)
	case 'Z':
		t.out.WriteString(`\z`)
	case 'm', 'M', 'y':
		t.out.WriteString(`\b`)
	case 'Y':
		t.out.WriteString(`\B`)
	case 'a', 'f', 'n', 'r', 't', 'v':
		t.out.WriteString(`\` + string(c))
	case 'b':
		t.out.WriteString(`\x08`)
	case 'e':
		t.out.WriteString(`\x1b`)
	case 'B':
		t.out.WriteString(`\\`)
	case 'u', 'U', 'x':
		n := map[byte]int{'u': 4, 'U': 8, 'x': 255}[c]
		j := t.i
		for j < len(t.s) && j < t.i+n && strings.IndexByte("0123456789abcdefABCDEF", t.s[j]) >= 0 {
			j++
		}
		if j == t.i || c != 'x' && j-t.i < n {
			return invalidRegex(`invalid escape \ sequence`)
		}
		if n, err := strconv.ParseInt(t.s[t.i:j], 16, 64); err != nil || n > utf8.MaxRune {
			t.out.WriteString(`[^\x00-\x{10ffff}]`) // a character that no text has
		} else {
			t.out.WriteString(`\x{` + t.s[t.i:j] + `}`)
		}
		t.i = j
	default:
		switch {
		case c >= '0' && c <= '9':
			t.number()
		case c|32 >= 'a' && c|32 <= 'z':
			return invalidRegex(`invalid escape \ sequence`)
		case c >= utf8.RuneSelf:
			t.i--
			_, n := utf8.DecodeRuneInString(t.s[t.i:])
			t.out.WriteString(t.s[t.i : t.i+n])
			t.i += n
		default:
			t.out.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return nil
}

// number translates a backslash with digits behind it: a back-reference where there are as many groups, or a character by its octal number.
func (t *reTranslator) number() {
	from := t.i - 1
	j := from
	for j < len(t.s) && t.s[j] >= '0' && t.s[j] <= '9' {
		j++
	}
	if n, err := strconv.Atoi(t.s[from:j]); t.s[from] != '0' && err == nil && (j == from+1 || n <= t.groups) {
		t.out.WriteString(`\` + t.s[from:j])
		t.back = true
		t.i = j
		return
	}
	j = from
	n := 0
	for j < len(t.s) && j < from+3 && t.s[j] >= '0' && t.s[j] <= '7' && n*8+int(t.s[j]-'0') <= 0xff {
		n = n*8 + int(t.s[j]-'0')
		j++
	}
	fmt.Fprintf(&t.out, `\x{%x}`, n)
	t.i = j
}

// bracket translates a bracket expression.
func (t *reTranslator) bracket() error {
	t.i++
	t.out.WriteByte('[')
	if t.i < len(t.s) && t.s[t.i] == '^' {
		t.out.WriteByte('^')
		t.i++
		if t.lines || t.partial {
			t.out.WriteString(`\n`)
		}
	}
	for first := true; ; first = false {
		if t.i >= len(t.s) {
			return invalidRegex("brackets [] not balanced")
		}
		rest := t.s[t.i:]
		switch c := rest[0]; {
		case c == ']' && !first:
			t.out.WriteByte(']')
			t.i++
			return nil
		case strings.HasPrefix(rest, "[:"):
			end := strings.Index(rest[2:], ":]") + 2
			if end < 2 {
				return invalidRegex("brackets [] not balanced")
			}
			cl, ok := posixClasses[rest[2:end]]
			if !ok {
				return invalidRegex("invalid character class")
			}
			t.out.WriteString(cl)
			t.i += end + 2
		case strings.HasPrefix(rest, "[.") || strings.HasPrefix(rest, "[="):
			end := strings.Index(rest[2:], rest[1:2]+"]") + 2
			if end < 2 {
				return invalidRegex("brackets [] not balanced")
			}
			el, ok := collatingElement(rest[2:end])
			if !ok {
				return invalidRegex("invalid collating element")
			}
			t.out.WriteString(regexp.QuoteMeta(string(el)))
			t.i += end + 2
		case c == '\\' && len(rest) > 1:
			switch rest[1] {
			case 'd':
				t.out.WriteString(digitClass)
				t.i += 2
			case 'w':
				t.out.WriteString(wordClass)
				t.i += 2
			case 's':
				t.out.WriteString(spaceClass)
				t.i += 2
			default:
				if err := t.escape(); err != nil {
					return err
				}
			}
		case c == '-':
			// Ranges keep their dash; one at an edge is itself.
			if first || len(rest) > 1 && rest[1] == ']' {
				t.out.WriteString(`\-`)
			} else {
				t.out.WriteByte('-')
			}
			t.i++
		case c == '[' || c == ']' || c == '^' || c == '&' || c == '~':
			t.out.WriteString(`\` + string(c))
			t.i++
		default:
			_, n := utf8.DecodeRuneInString(rest)
			t.out.WriteString(rest[:n])
			t.i += n
		}
	}
}
