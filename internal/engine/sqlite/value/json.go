package value

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
)

// maxJSONDepth bounds nesting, as PostgreSQL's stack does.
const maxJSONDepth = 6000

// Pair is one member of a JSON object: its key without quotes and escapes, its value as JSON text.
type Pair struct{ Key, Value string }

// AppendJSONString appends s as a JSON string with PostgreSQL's escapes.
func AppendJSONString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, c)
		}
	}
	return append(append(dst, s[start:]...), '"')
}

// QuoteJSON is s as a JSON string.
func QuoteJSON(s string) string { return string(AppendJSONString(nil, s)) }

// UnquoteJSON is the string that a valid JSON string means. What is not a string is returned as it is.
func UnquoteJSON(raw string) string {
	if len(raw) < 2 || raw[0] != '"' {
		return raw
	}
	body := raw[1 : len(raw)-1]
	if strings.IndexByte(body, '\\') < 0 {
		return body
	}
	b := make([]byte, 0, len(body))
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' || i+1 >= len(body) {
			b = append(b, body[i])
			continue
		}
		i++
		switch body[i] {
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r, n := unescapeUnicode(body[i+1:])
			b = utf8.AppendRune(b, r)
			i += n
		default:
			b = append(b, body[i])
		}
	}
	return string(b)
}

// unescapeUnicode reads the four digits after \u, and a low surrogate's escape if it follows; n is the bytes read.
func unescapeUnicode(s string) (r rune, n int) {
	if len(s) < 4 {
		return utf8.RuneError, len(s)
	}
	v, _ := strconv.ParseUint(s[:4], 16, 32)
	r = rune(v)
	if utf16.IsSurrogate(r) && len(s) >= 10 && s[4] == '\\' && s[5] == 'u' {
		low, _ := strconv.ParseUint(s[6:10], 16, 32)
		return utf16.DecodeRune(r, rune(low)), 10
	}
	return r, 4
}

// ValidJSON checks JSON text; the error is that of type json.
func ValidJSON(s string) error {
	p := jsonParser{s: s}
	_, err := p.document()
	return err
}

// ParseJSONB reads JSON into jsonb's normal form.
func ParseJSONB(s string) (Datum, error) {
	p := jsonParser{s: s, build: true}
	out, err := p.document()
	if err != nil {
		return Null, err
	}
	return Text(string(out)), nil
}

// NormalJSON is the jsonb form of JSON text that is known to be valid.
func NormalJSON(s string) string {
	d, err := ParseJSONB(s)
	if err != nil {
		return s
	}
	return d.s
}

type jsonParser struct {
	s     string
	i     int
	build bool
	depth int
}

func (p *jsonParser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// fail makes the syntax error; detail holds %s where the token at the current place goes.
func (p *jsonParser) fail(detail string) error {
	end := p.tokenEnd()
	if p.i >= len(p.s) {
		detail = "The input string ended unexpectedly."
	} else if strings.Contains(detail, "%s") {
		tok := p.s[p.i:end]
		if !validToken(tok) {
			detail = `Token "%s" is invalid.`
		}
		detail = strings.Replace(detail, "%s", tok, 1)
	}
	return p.failAt(fault.InvalidTextRepresentation, "invalid input syntax for type json", detail, end)
}

func (p *jsonParser) failAt(code, message, detail string, end int) error {
	line := 1 + strings.Count(p.s[:min(p.i, len(p.s))], "\n")
	start := strings.LastIndexByte(p.s[:min(p.i, len(p.s))], '\n') + 1
	pre, post := "", ""
	for end-start > 50 {
		_, n := utf8.DecodeRuneInString(p.s[start:])
		start += n
		pre = "..."
	}
	if end < len(p.s) {
		post = "..."
		if len(p.s)-end <= 3 {
			end, post = len(p.s), ""
		}
	}
	f := fault.New(code, message).WithDetail("%s", detail)
	f.Where = fmt.Sprintf("JSON data, line %d: %s%s%s", line, pre, p.s[start:end], post)
	return f
}

func validToken(t string) bool {
	switch t[0] {
	case '"': // with its end
		return len(t) > 1 && t[len(t)-1] == '"' && skipString(t, 0) == len(t)
	case '{', '}', '[', ']', ',', ':':
		return true
	}
	return t == "true" || t == "false" || t == "null" || validNumber(t)
}

func (p *jsonParser) tokenEnd() int {
	i := p.i
	if i >= len(p.s) {
		return len(p.s)
	}
	switch p.s[i] {
	case '{', '}', '[', ']', ',', ':':
		return i + 1
	case '"':
		for i++; i < len(p.s); i++ {
			if p.s[i] == '\\' {
				i++
			} else if p.s[i] == '"' {
				return i + 1
			}
		}
		return len(p.s)
	}
	if c := p.s[i]; c == '-' || c >= '0' && c <= '9' {
		i = numberEnd(p.s, i)
	}
	for i < len(p.s) && (p.s[i] >= 0x80 || p.s[i] == '_' || p.s[i] >= '0' && p.s[i] <= '9' || p.s[i]|32 >= 'a' && p.s[i]|32 <= 'z') {
		i++
	}
	if i == p.i {
		_, n := utf8.DecodeRuneInString(p.s[i:])
		i += n
	}
	return min(i, len(p.s))
}

// numberEnd is the end of the longest number at i.
func numberEnd(s string, i int) int {
	digits := func() {
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
	}
	if s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else {
		digits()
	}
	if i < len(s) && s[i] == '.' {
		i++
		digits()
	}
	if i < len(s) && s[i]|32 == 'e' {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		digits()
	}
	return i
}

func (p *jsonParser) document() ([]byte, error) {
	var out []byte
	if p.build {
		out = make([]byte, 0, len(p.s)+len(p.s)/8)
	}
	out, err := p.value(out, "Expected JSON value, but found \"%s\".")
	if err != nil {
		return nil, err
	}
	p.space()
	if p.i < len(p.s) {
		return nil, p.fail(`Expected end of input, but found "%s".`)
	}
	return out, nil
}

func (p *jsonParser) value(out []byte, expected string) ([]byte, error) {
	p.space()
	if p.i >= len(p.s) {
		return nil, p.fail("")
	}
	if p.depth++; p.depth > maxJSONDepth {
		return nil, fault.New(fault.StatementTooComplex, "stack depth limit exceeded")
	}
	defer func() { p.depth-- }()
	switch c := p.s[p.i]; {
	case c == '{':
		return p.object(out)
	case c == '[':
		return p.array(out)
	case c == '"':
		str, err := p.str()
		if err != nil || !p.build {
			return out, err
		}
		return AppendJSONString(out, str), nil
	}
	end := p.tokenEnd()
	tok := p.s[p.i:end]
	switch {
	case tok == "true" || tok == "false" || tok == "null":
		p.i = end
		return append(out, tok...), nil
	case validNumber(tok):
		p.i = end
		if !p.build {
			return out, nil
		}
		if d, ok := parsePlainDec(tok); ok && (d.small != 0 || tok[0] != '-') {
			return append(out, tok...), nil
		}
		d, err := ParseDec(tok)
		if err != nil {
			return nil, err
		}
		return append(out, d.String()...), nil
	}
	return nil, p.fail(expected)
}

func validNumber(t string) bool {
	i := 0
	digits := func() bool {
		n := i
		for i < len(t) && t[i] >= '0' && t[i] <= '9' {
			i++
		}
		return i > n
	}
	if i < len(t) && t[i] == '-' {
		i++
	}
	if i < len(t) && t[i] == '0' {
		i++
	} else if !digits() {
		return false
	}
	if i < len(t) && t[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < len(t) && (t[i] == 'e' || t[i] == 'E') {
		i++
		if i < len(t) && (t[i] == '+' || t[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(t) && i > 0
}

func (p *jsonParser) str() (string, error) {
	start := p.i
	escaped := false
	for i := p.i + 1; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '"':
			p.i = i + 1
			if !escaped {
				return p.s[start+1 : i], nil
			}
			return UnquoteJSON(p.s[start : i+1]), nil
		case c < 0x20:
			p.i = i
			return "", p.failAt(fault.InvalidTextRepresentation, "invalid input syntax for type json", fmt.Sprintf("Character with value 0x%02x must be escaped.", c), i)
		case c == '\\':
			escaped = true
			i++
			if i >= len(p.s) {
				break
			}
			switch p.s[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				n, err := p.unicode(i)
				if err != nil {
					return "", err
				}
				i += n
			default:
				_, n := utf8.DecodeRuneInString(p.s[i:])
				p.i = i
				return "", p.failAt(fault.InvalidTextRepresentation, "invalid input syntax for type json", fmt.Sprintf(`Escape sequence "\%s" is invalid.`, p.s[i:i+n]), i+n)
			}
		}
	}
	p.i = len(p.s)
	if p.s[start] == '"' {
		p.i = start
		return "", p.failAt(fault.InvalidTextRepresentation, "invalid input syntax for type json", fmt.Sprintf(`Token "%s" is invalid.`, p.s[start:]), len(p.s))
	}
	return "", p.fail("")
}

// unicode checks a \u escape, whose u is at i, and says how many bytes follow the u.
func (p *jsonParser) unicode(i int) (int, error) {
	hex := func(at int) (rune, bool) {
		if at+4 > len(p.s) {
			return 0, false
		}
		v, err := strconv.ParseUint(p.s[at:at+4], 16, 32)
		return rune(v), err == nil && p.s[at] != '+'
	}
	syntax := func(detail string) error {
		p.i = i
		return p.failAt(fault.InvalidTextRepresentation, "invalid input syntax for type json", detail, min(i+5, len(p.s)))
	}
	r, ok := hex(i + 1)
	if !ok {
		return 0, syntax(`"\u" must be followed by four hexadecimal digits.`)
	}
	if !p.build {
		return 4, nil
	}
	if r == 0 {
		p.i = i
		return 0, p.failAt("22P05", "unsupported Unicode escape sequence", `\u0000 cannot be converted to text.`, i+5)
	}
	if r >= 0xd800 && r < 0xdc00 {
		if i+6 < len(p.s) && p.s[i+5] == '\\' && p.s[i+6] == 'u' {
			if low, ok := hex(i + 7); ok && low >= 0xdc00 && low < 0xe000 {
				return 10, nil
			}
		}
		return 0, syntax("Unicode low surrogate must follow a high surrogate.")
	}
	if r >= 0xdc00 && r < 0xe000 {
		return 0, syntax("Unicode low surrogate must follow a high surrogate.")
	}
	return 4, nil
}

func (p *jsonParser) array(out []byte) ([]byte, error) {
	p.i++
	if p.build {
		out = append(out, '[')
	}
	p.space()
	if p.i < len(p.s) && p.s[p.i] == ']' {
		p.i++
		if p.build {
			out = append(out, ']')
		}
		return out, nil
	}
	expected := `Expected array element or "]", but found "%s".`
	for {
		var err error
		if out, err = p.value(out, expected); err != nil {
			return nil, err
		}
		expected = `Expected JSON value, but found "%s".`
		p.space()
		switch {
		case p.i < len(p.s) && p.s[p.i] == ',':
			p.i++
			if p.build {
				out = append(out, ", "...)
			}
		case p.i < len(p.s) && p.s[p.i] == ']':
			p.i++
			if p.build {
				out = append(out, ']')
			}
			return out, nil
		default:
			return nil, p.fail(`Expected "," or "]", but found "%s".`)
		}
	}
}

func (p *jsonParser) object(out []byte) ([]byte, error) {
	p.i++
	var pairs []Pair
	p.space()
	if p.i < len(p.s) && p.s[p.i] == '}' {
		p.i++
		if p.build {
			out = append(out, "{}"...)
		}
		return out, nil
	}
	expected := `Expected string or "}", but found "%s".`
	for {
		p.space()
		if p.i >= len(p.s) || p.s[p.i] != '"' {
			return nil, p.fail(expected)
		}
		expected = `Expected string, but found "%s".`
		key, err := p.str()
		if err != nil {
			return nil, err
		}
		p.space()
		if p.i >= len(p.s) || p.s[p.i] != ':' {
			return nil, p.fail(`Expected ":", but found "%s".`)
		}
		p.i++
		var v []byte
		if v, err = p.value(nil, `Expected JSON value, but found "%s".`); err != nil {
			return nil, err
		}
		if p.build {
			pairs = append(pairs, Pair{key, string(v)})
		}
		p.space()
		switch {
		case p.i < len(p.s) && p.s[p.i] == ',':
			p.i++
		case p.i < len(p.s) && p.s[p.i] == '}':
			p.i++
			if p.build {
				out = AppendObject(out, pairs)
			}
			return out, nil
		default:
			return nil, p.fail(`Expected "," or "}", but found "%s".`)
		}
	}
}

// AppendObject appends a jsonb object: keys by length then bytes, of equal keys the last. Values are in normal form. It reorders pairs.
func AppendObject(dst []byte, pairs []Pair) []byte {
	slices.SortStableFunc(pairs, func(a, b Pair) int { return cmpKeys(a.Key, b.Key) })
	dst = append(dst, '{')
	first := true
	for i, p := range pairs {
		if i+1 < len(pairs) && pairs[i+1].Key == p.Key {
			continue
		}
		if !first {
			dst = append(dst, ", "...)
		}
		first = false
		dst = append(AppendJSONString(dst, p.Key), ": "...)
		dst = append(dst, p.Value...)
	}
	return append(dst, '}')
}

func cmpKeys(a, b string) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// AppendArray appends a jsonb array of values in normal form.
func AppendArray(dst []byte, elems []string) []byte {
	dst = append(dst, '[')
	for i, e := range elems {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, e...)
	}
	return append(dst, ']')
}

// skipSpace and skipJSON walk valid JSON.
func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

func skipJSON(s string, i int) int {
	if i >= len(s) {
		return i
	}
	switch s[i] {
	case '"':
		return skipString(s, i)
	case '{', '[':
		depth := 0
		for i < len(s) {
			switch s[i] {
			case '"':
				i = skipString(s, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return i
	}
	for i < len(s) && strings.IndexByte(",]} \n\t\r:", s[i]) < 0 {
		i++
	}
	return i
}

func skipString(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// JSONKind is the kind of a valid JSON text as jsonb_typeof names it.
func JSONKind(raw string) string {
	i := skipSpace(raw, 0)
	if i >= len(raw) {
		return "null"
	}
	switch raw[i] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

// Pairs walks the members of a valid JSON object in order, nothing if raw is not an object.
func Pairs(raw string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		i := skipSpace(raw, 0)
		if i >= len(raw) || raw[i] != '{' {
			return
		}
		i++
		for {
			i = skipSpace(raw, i)
			if i >= len(raw) || raw[i] != '"' {
				return
			}
			k := skipString(raw, i)
			key := UnquoteJSON(raw[i:k])
			i = skipSpace(raw, k)
			i = skipSpace(raw, i+1)
			v := skipJSON(raw, i)
			if v <= i || !yield(key, raw[i:v]) {
				return
			}
			if i = skipSpace(raw, v); i >= len(raw) || raw[i] != ',' {
				return
			}
			i++
		}
	}
}

// Elems walks the elements of a valid JSON array, nothing if raw is not an array.
func Elems(raw string) iter.Seq[string] {
	return func(yield func(string) bool) {
		i := skipSpace(raw, 0)
		if i >= len(raw) || raw[i] != '[' {
			return
		}
		i++
		for {
			i = skipSpace(raw, i)
			v := skipJSON(raw, i)
			if v <= i || raw[i] == ']' || !yield(raw[i:v]) {
				return
			}
			if i = skipSpace(raw, v); i >= len(raw) || raw[i] != ',' {
				return
			}
			i++
		}
	}
}

func pairsOf(raw string) (out []Pair) {
	for k, v := range Pairs(raw) {
		out = append(out, Pair{k, v})
	}
	return out
}

// ElemsOf are the elements of a valid JSON array.
func ElemsOf(raw string) (out []string) {
	for e := range Elems(raw) {
		out = append(out, e)
	}
	return out
}

// JSONField is the member of an object; of equal keys the last.
func JSONField(raw, key string) (v string, ok bool) {
	for k, e := range Pairs(raw) {
		if k == key {
			v, ok = e, true
		}
	}
	return v, ok
}

// JSONElem is the element of an array; negative n counts from the end.
func JSONElem(raw string, n int) (string, bool) {
	if n < 0 {
		all := ElemsOf(raw)
		if n += len(all); n < 0 {
			return "", false
		}
		return all[n], true
	}
	for e := range Elems(raw) {
		if n == 0 {
			return e, true
		}
		n--
	}
	return "", false
}

// JSONPath follows keys and array positions, as #> does.
func JSONPath(raw string, path []string) (string, bool) {
	for _, p := range path {
		var ok bool
		switch JSONKind(raw) {
		case "object":
			raw, ok = JSONField(raw, p)
		case "array":
			n, err := strconv.ParseInt(strings.TrimSpace(p), 10, 32)
			if err != nil {
				return "", false
			}
			raw, ok = JSONElem(raw, int(n))
		}
		if !ok {
			return "", false
		}
	}
	return strings.TrimSpace(raw), true
}

// JSONText is what ->> gives of a JSON text: a string without quotes, other values as they are; false for null.
func JSONText(raw string) (string, bool) {
	raw = strings.TrimSpace(raw)
	switch {
	case raw == "null":
		return "", false
	case raw != "" && raw[0] == '"':
		return UnquoteJSON(raw), true
	}
	return raw, true
}

var jsonRank = map[string]int{"null": 0, "string": 1, "number": 2, "boolean": 3, "array": 4, "object": 5}

// CompareJSONB is jsonb's btree order of two values in normal form.
func CompareJSONB(a, b string) int {
	if a == b {
		return 0
	}
	ka, kb := JSONKind(a), JSONKind(b)
	// PostgreSQL holds a lone scalar as an array of one, so that it is greater than an empty array.
	if ka == "array" && jsonRank[kb] < 4 || kb == "array" && jsonRank[ka] < 4 {
		if ka == "array" {
			if a == "[]" {
				return -1
			}
			return 1
		}
		if b == "[]" {
			return 1
		}
		return -1
	}
	return cmpJSON(a, b, ka, kb)
}

func cmpJSON(a, b, ka, kb string) int {
	if c := cmp.Compare(jsonRank[ka], jsonRank[kb]); c != 0 {
		return c
	}
	switch ka {
	case "string":
		return strings.Compare(UnquoteJSON(a), UnquoteJSON(b))
	case "number":
		return CompareNumeric(a, b)
	case "boolean":
		return strings.Compare(a, b)
	case "array":
		ea, eb := ElemsOf(a), ElemsOf(b)
		if c := cmp.Compare(len(ea), len(eb)); c != 0 {
			return c
		}
		for i := range ea {
			if c := cmpJSON(ea[i], eb[i], JSONKind(ea[i]), JSONKind(eb[i])); c != 0 {
				return c
			}
		}
	case "object":
		pa, pb := pairsOf(a), pairsOf(b)
		if c := cmp.Compare(len(pa), len(pb)); c != 0 {
			return c
		}
		for i := range pa {
			if c := strings.Compare(pa[i].Key, pb[i].Key); c != 0 {
				return c
			}
			if c := cmpJSON(pa[i].Value, pb[i].Value, JSONKind(pa[i].Value), JSONKind(pb[i].Value)); c != 0 {
				return c
			}
		}
	}
	return 0
}

// ContainsJSONB is a @> b.
func ContainsJSONB(a, b string) bool {
	ka, kb := JSONKind(a), JSONKind(b)
	if ka == "array" && kb != "array" && kb != "object" {
		// An array contains a lone scalar, at the top only.
		return containsJSON(a, "["+b+"]")
	}
	return containsJSON(a, b)
}

func containsJSON(a, b string) bool {
	ka, kb := JSONKind(a), JSONKind(b)
	if ka != kb {
		return false
	}
	switch ka {
	case "object":
		for k, v := range Pairs(b) {
			av, ok := JSONField(a, k)
			if !ok || !containsJSON(av, v) {
				return false
			}
		}
		return true
	case "array":
		all := ElemsOf(a)
		for e := range Elems(b) {
			if !slices.ContainsFunc(all, func(x string) bool { return containsJSON(x, e) }) {
				return false
			}
		}
		return true
	}
	return cmpJSON(a, b, ka, kb) == 0
}

// HasKey is the operator ?: a key of an object, a string in an array, or the string itself.
func HasKey(raw, key string) bool {
	switch JSONKind(raw) {
	case "object":
		_, ok := JSONField(raw, key)
		return ok
	case "array":
		for e := range Elems(raw) {
			if e[0] == '"' && UnquoteJSON(e) == key {
				return true
			}
		}
	case "string":
		return UnquoteJSON(raw) == key
	}
	return false
}

// ConcatJSONB is a || b.
func ConcatJSONB(a, b string) string {
	ka, kb := JSONKind(a), JSONKind(b)
	if ka == "object" && kb == "object" {
		return string(AppendObject(nil, append(pairsOf(a), pairsOf(b)...)))
	}
	list := func(raw, kind string) []string {
		if kind == "array" {
			return ElemsOf(raw)
		}
		return []string{raw}
	}
	return string(AppendArray(nil, append(list(a, ka), list(b, kb)...)))
}

// DeleteKey is raw - key.
func DeleteKey(raw string, keys ...string) (string, error) {
	switch JSONKind(raw) {
	case "object":
		return string(AppendObject(nil, slices.DeleteFunc(pairsOf(raw), func(p Pair) bool { return slices.Contains(keys, p.Key) }))), nil
	case "array":
		return string(AppendArray(nil, slices.DeleteFunc(ElemsOf(raw), func(e string) bool { return e[0] == '"' && slices.Contains(keys, UnquoteJSON(e)) }))), nil
	}
	return "", fault.New(fault.InvalidParameterValue, "cannot delete from scalar")
}

// DeleteElem is raw - n.
func DeleteElem(raw string, n int) (string, error) {
	switch JSONKind(raw) {
	case "object":
		return "", fault.New(fault.InvalidParameterValue, "cannot delete from object using integer index")
	case "array":
		all := ElemsOf(raw)
		if n < 0 {
			n += len(all)
		}
		if n >= 0 && n < len(all) {
			all = slices.Delete(all, n, n+1)
		}
		return string(AppendArray(nil, all)), nil
	}
	return "", fault.New(fault.InvalidParameterValue, "cannot delete from scalar")
}

// PathOp says what SetPath does at the end of the path.
type PathOp uint8

// The operations of SetPath.
const (
	PathReplace      PathOp = iota // jsonb_set without create_if_missing
	PathCreate                     // jsonb_set with it
	PathDelete                     // #-
	PathInsertBefore               // jsonb_insert
	PathInsertAfter
)

// SetPath changes what is at the path; a path that leads nowhere changes nothing.
// A NULL in the path is refused when it is come to.
func SetPath(raw string, path []Datum, v string, op PathOp) (string, error) {
	if k := JSONKind(raw); k != "object" && k != "array" {
		if op == PathDelete {
			return "", fault.New(fault.InvalidParameterValue, "cannot delete path in scalar")
		}
		return "", fault.New(fault.InvalidParameterValue, "cannot set path in scalar")
	}
	if len(path) == 0 || (op == PathDelete || op == PathReplace) && strings.TrimLeft(raw[1:len(raw)-1], " ") == "" {
		return raw, nil
	}
	return setPath(raw, path, v, op, 1)
}

func setPath(raw string, path []Datum, v string, op PathOp, level int) (string, error) {
	if path[0].IsNull() {
		return "", fault.New(fault.NullNotAllowed, "path element at position %d is null", level)
	}
	key, last := path[0].Str(), len(path) == 1
	switch JSONKind(raw) {
	case "object":
		pairs := pairsOf(raw)
		i := slices.IndexFunc(pairs, func(p Pair) bool { return p.Key == key })
		switch {
		case i >= 0 && last && (op == PathInsertBefore || op == PathInsertAfter):
			return "", fault.New(fault.InvalidParameterValue, "cannot replace existing key").WithHint("Try using the function jsonb_set to replace key value.")
		case i >= 0 && last && op == PathDelete:
			pairs = slices.Delete(pairs, i, i+1)
		case i >= 0 && last:
			pairs[i].Value = v
		case i >= 0:
			r, err := setPath(pairs[i].Value, path[1:], v, op, level+1)
			if err != nil {
				return "", err
			}
			pairs[i].Value = r
		case last && op != PathDelete && op != PathReplace:
			pairs = append(pairs, Pair{key, v})
		default:
			return raw, nil
		}
		return string(AppendObject(nil, pairs)), nil
	case "array":
		all := ElemsOf(raw)
		n64, err := strconv.ParseInt(strings.TrimSpace(key), 10, 32)
		if err != nil {
			return "", fault.New(fault.InvalidTextRepresentation, `path element at position %d is not an integer: "%s"`, level, key)
		}
		n := int(n64)
		below := false
		if n < 0 {
			if n += len(all); n < 0 {
				below = true
			}
		}
		in := !below && n < len(all)
		switch {
		case !last && !in:
			return raw, nil
		case !last:
			r, err := setPath(all[n], path[1:], v, op, level+1)
			if err != nil {
				return "", err
			}
			all[n] = r
		case op == PathDelete:
			if !in {
				return raw, nil
			}
			all = slices.Delete(all, n, n+1)
		case op == PathInsertBefore && in:
			all = slices.Insert(all, n, v)
		case op == PathInsertAfter && in:
			all = slices.Insert(all, n+1, v)
		case in:
			all[n] = v
		case op == PathReplace:
			return raw, nil
		case below:
			all = slices.Insert(all, 0, v)
		default:
			all = append(all, v)
		}
		return string(AppendArray(nil, all)), nil
	}
	return raw, nil
}

// StripNulls drops object members that are null, at any depth; compact tells the layout of type json.
func StripNulls(raw string, compact bool) string {
	switch JSONKind(raw) {
	case "object":
		pairs := slices.DeleteFunc(pairsOf(raw), func(p Pair) bool { return p.Value == "null" })
		for i := range pairs {
			pairs[i].Value = StripNulls(pairs[i].Value, compact)
		}
		if !compact {
			return string(AppendObject(nil, pairs))
		}
		b := []byte{'{'}
		for i, p := range pairs {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(AppendJSONString(b, p.Key), ':'), p.Value...)
		}
		return string(append(b, '}'))
	case "array":
		all := ElemsOf(raw)
		for i := range all {
			all[i] = StripNulls(all[i], compact)
		}
		if compact {
			return "[" + strings.Join(all, ",") + "]"
		}
		return string(AppendArray(nil, all))
	}
	if raw = strings.TrimSpace(raw); compact && raw[0] == '"' {
		return QuoteJSON(UnquoteJSON(raw))
	}
	return raw
}

// PrettyJSONB is jsonb_pretty.
func PrettyJSONB(raw string) string { return string(appendPretty(nil, raw, 0)) }

func appendPretty(dst []byte, raw string, depth int) []byte {
	indent := func(n int) {
		dst = append(dst, '\n')
		for range n * 4 {
			dst = append(dst, ' ')
		}
	}
	switch JSONKind(raw) {
	case "object":
		dst = append(dst, '{')
		for i, p := range pairsOf(raw) {
			if i > 0 {
				dst = append(dst, ',')
			}
			indent(depth + 1)
			dst = append(AppendJSONString(dst, p.Key), ": "...)
			dst = appendPretty(dst, p.Value, depth+1)
		}
		indent(depth)
		return append(dst, '}')
	case "array":
		dst = append(dst, '[')
		for i, e := range ElemsOf(raw) {
			if i > 0 {
				dst = append(dst, ',')
			}
			indent(depth + 1)
			dst = appendPretty(dst, e, depth+1)
		}
		indent(depth)
		return append(dst, ']')
	}
	return append(dst, raw...)
}
