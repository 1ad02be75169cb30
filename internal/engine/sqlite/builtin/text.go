package builtin

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

func text(s string) datum { return value.Text(s) }

func runes(s string) int { return utf8.RuneCountInString(s) }

// textFn registers functions from text to text.
func (r registry) textFn(sigs string, f func(s string) string) {
	r.pure(sigs, func(a []datum) datum { return text(f(a[0].Str())) })
}

func registerText(r registry) {
	r.textFn("lower(text)", value.Lower)
	r.textFn("upper(text)", value.Upper)
	r.textFn("initcap(text)", initcap)
	r.textFn("reverse(text)", func(s string) string {
		b := make([]byte, len(s))
		for i := 0; i < len(s); {
			_, n := utf8.DecodeRuneInString(s[i:])
			copy(b[len(s)-i-n:], s[i:i+n])
			i += n
		}
		return string(b)
	})
	r.textFn("text(name) varchar(name) text(char) bpchar(char) name(text) name(varchar) bpchar(name)", value.TruncateName)

	r.textFn("text(bpchar)", func(s string) string { return strings.TrimRight(s, " ") })
	r.textFn("name(bpchar)", func(s string) string { return value.TruncateName(strings.TrimRight(s, " ")) })
	r.textFn("char(text)", value.CharOf)
	r.pure("text(bool)", func(a []datum) datum {
		if a[0].IsTrue() {
			return text("true")
		}
		return text("false")
	})
	r.fn("varchar(varchar,int4,bool)", func(_ *Ctx, a []datum) (datum, error) {
		return value.FitVarchar(a[0].Str(), int32(a[1].Int64()), a[2].IsTrue())
	})
	r.fn("bpchar(bpchar,int4,bool)", func(_ *Ctx, a []datum) (datum, error) {
		return value.FitBpchar(a[0].Str(), int32(a[1].Int64()), a[2].IsTrue())
	})
	length := func(a []datum) datum { return value.Int(int64(runes(a[0].Str()))) }
	r.pure("length(text) char_length(text) character_length(text) textlen(text)", length)
	r.native("length(%1)", "length(text) char_length(text) character_length(text)")
	r.pure("length(bpchar) char_length(bpchar) character_length(bpchar)", func(a []datum) datum {
		return value.Int(int64(runes(strings.TrimRight(a[0].Str(), " "))))
	})
	r.pure("octet_length(text) octet_length(bytea) length(bytea) octet_length(bpchar)", func(a []datum) datum { return value.Int(int64(len(a[0].Str()))) })
	r.pure("bit_length(text) bit_length(bytea)", func(a []datum) datum { return value.Int(int64(len(a[0].Str())) * 8) })
	r.fn("substr(text,int4) substring(text,int4)", func(_ *Ctx, a []datum) (datum, error) { return substring(a[0].Str(), a[1].Int64(), toTheEnd) })
	r.fn("substr(text,int4,int4) substring(text,int4,int4)", func(_ *Ctx, a []datum) (datum, error) {
		return substring(a[0].Str(), a[1].Int64(), a[2].Int64())
	})
	r.fn("overlay(text,text,int4)", func(_ *Ctx, a []datum) (datum, error) {
		return overlay(substring, a[0].Str(), a[1].Str(), a[2].Int64(), int64(runes(a[1].Str())))
	})
	r.fn("overlay(text,text,int4,int4)", func(_ *Ctx, a []datum) (datum, error) {
		return overlay(substring, a[0].Str(), a[1].Str(), a[2].Int64(), a[3].Int64())
	})
	position := func(s, sub string) datum {
		i := strings.Index(s, sub)
		if i < 0 {
			return value.Int(0)
		}
		return value.Int(int64(runes(s[:i])) + 1)
	}
	r.pure("position(text,text) strpos(text,text)", func(a []datum) datum { return position(a[0].Str(), a[1].Str()) })
	r.native("instr(%1, %2)", "strpos(text,text) position(text,text)")
	r.textFn("btrim(text)", func(s string) string { return strings.Trim(s, " ") })
	r.textFn("ltrim(text)", func(s string) string { return strings.TrimLeft(s, " ") })
	r.textFn("rtrim(text)", func(s string) string { return strings.TrimRight(s, " ") })
	r.native("trim(%1)", "btrim(text)")
	r.native("ltrim(%1)", "ltrim(text)")
	r.native("rtrim(%1)", "rtrim(text)")
	for n, f := range map[string]func(s, cut string) string{"btrim": strings.Trim, "ltrim": strings.TrimLeft, "rtrim": strings.TrimRight} {
		r.pure(n+"(text,text)", func(a []datum) datum { return text(f(a[0].Str(), a[1].Str())) })
	}
	r.fn("lpad(text,int4) rpad(text,int4) lpad(text,int4,text) rpad(text,int4,text)", nil)
	for _, n := range []string{"lpad", "rpad"} {
		pad := func(_ *Ctx, a []datum) (datum, error) {
			fill := " "
			if len(a) > 2 {
				fill = a[2].Str()
			}
			return padText(a[0].Str(), a[1].Int64(), fill, n == "lpad")
		}
		r[n+"(text,int4)"].call, r[n+"(text,int4,text)"].call = pad, pad
	}
	r.fn("repeat(text,int4)", func(_ *Ctx, a []datum) (datum, error) {
		n := max(a[1].Int64(), 0)
		if n*int64(len(a[0].Str())) > 1<<30 {
			return value.Null, fault.New(fault.ProgramLimit, "requested length too large")
		}
		return text(strings.Repeat(a[0].Str(), int(n))), nil
	})
	r.pure("replace(text,text,text)", func(a []datum) datum {
		if a[1].Str() == "" {
			return a[0]
		}
		return text(strings.ReplaceAll(a[0].Str(), a[1].Str(), a[2].Str()))
	})
	r.native("replace(%1, %2, %3)", "replace(text,text,text)")
	r.pure("left(text,int4)", func(a []datum) datum {
		s, n := a[0].Str(), a[1].Int64()
		if n < 0 {
			n = max(int64(runes(s))+n, 0)
		}
		return text(s[:offset(s, n)])
	})
	r.pure("right(text,int4)", func(a []datum) datum {
		s, n := a[0].Str(), a[1].Int64()
		l := int64(runes(s))
		switch {
		case n == math.MinInt32: // cannot be negated
			n = 0
		case n < 0:
			n = -n
		default:
			n = max(l-n, 0)
		}
		return text(s[offset(s, n):])
	})
	r.fn("split_part(text,text,int4)", func(_ *Ctx, a []datum) (datum, error) { return splitPart(a[0].Str(), a[1].Str(), a[2].Int64()) })
	r.pure("translate(text,text,text)", func(a []datum) datum {
		from, to := []rune(a[1].Str()), []rune(a[2].Str())
		return text(strings.Map(func(c rune) rune {
			for i, f := range from {
				if f == c {
					if i < len(to) {
						return to[i]
					}
					return -1
				}
			}
			return c
		}, a[0].Str()))
	})
	r.pure("ascii(text)", func(a []datum) datum {
		if a[0].Str() == "" {
			return value.Int(0)
		}
		c, _ := utf8.DecodeRuneInString(a[0].Str())
		return value.Int(int64(c))
	})
	r.fn("chr(int4)", func(_ *Ctx, a []datum) (datum, error) {
		n := a[0].Int64()
		switch {
		case n == 0:
			return value.Null, fault.New(fault.ProgramLimit, "null character not permitted")
		case n < 0:
			return value.Null, fault.New(fault.InvalidParameterValue, "character number must be positive")
		case n > 0x10ffff || !utf8.ValidRune(rune(n)):
			return value.Null, fault.New(fault.ProgramLimit, "requested character too large for encoding: %d", n)
		}
		return text(string(rune(n))), nil
	})
	r.fn("unistr(text)", func(_ *Ctx, a []datum) (datum, error) { return unistr(a[0].Str()) })
	r.pure("textcat(text,text)", func(a []datum) datum { return text(a[0].Str() + a[1].Str()) })
	r.native("(%1 || %2)", "textcat(text,text)")
	r.pure("bitcat(varbit,varbit)", func(a []datum) datum { return text(a[0].Str() + a[1].Str()) })
	cat := func(c *Ctx, a []datum) (datum, error) {
		var b strings.Builder
		for i, d := range a { // as their casts to text
			if c.argType(i) == catalog.InetOID {
				b.WriteString(value.InetPrefix(d.Str()).String())
			} else {
				b.WriteString(c.asText(i, d))
			}
		}
		return text(b.String()), nil
	}
	r.fn("textanycat(text,anynonarray) anytextcat(anynonarray,text)", cat)
	r.fn("concat(any)", func(c *Ctx, a []datum) (datum, error) {
		var b strings.Builder
		for i, d := range a {
			if !d.IsNull() {
				b.WriteString(c.argOps(i).Text(c.Env(), d))
			}
		}
		return text(b.String()), nil
	})
	r.fn("concat_ws(text,any)", func(c *Ctx, a []datum) (datum, error) {
		if a[0].IsNull() {
			return value.Null, nil
		}
		var parts []string
		for i, d := range a[1:] {
			if !d.IsNull() {
				parts = append(parts, c.argOps(i+1).Text(c.Env(), d))
			}
		}
		return text(strings.Join(parts, a[0].Str())), nil
	})
	r.fn("format(text,any) format(text)", formatText)
	r.textFn("quote_ident(text)", QuoteIdent)
	r.textFn("quote_literal(text)", QuoteLiteral)
	r.fn("quote_literal(anyelement)", func(c *Ctx, a []datum) (datum, error) {
		return text(QuoteLiteral(c.asText(0, a[0]))), nil
	})
	nullable := func(c *Ctx, a []datum) (datum, error) {
		if a[0].IsNull() {
			return text("NULL"), nil
		}
		return text(QuoteLiteral(c.asText(0, a[0]))), nil
	}
	r.fn("quote_nullable(text) quote_nullable(anyelement)", nullable)
	hash := func(sigs string, f func(b []byte) []byte) {
		r.pure(sigs, func(a []datum) datum { return value.Blob(f([]byte(a[0].Str()))) })
	}
	r.pure("md5(text) md5(bytea)", func(a []datum) datum {
		s := md5.Sum([]byte(a[0].Str()))
		return text(hex.EncodeToString(s[:]))
	})
	hash("sha224(bytea)", func(b []byte) []byte { s := sha256.Sum224(b); return s[:] })
	hash("sha256(bytea)", func(b []byte) []byte { s := sha256.Sum256(b); return s[:] })
	hash("sha384(bytea)", func(b []byte) []byte { s := sha512.Sum384(b); return s[:] })
	hash("sha512(bytea)", func(b []byte) []byte { s := sha512.Sum512(b); return s[:] })
	r.pure("to_hex(int4)", func(a []datum) datum { return text(strconv.FormatUint(uint64(uint32(a[0].Int64())), 16)) })
	r.pure("to_hex(int8)", func(a []datum) datum { return text(strconv.FormatUint(uint64(a[0].Int64()), 16)) })
	r.fn("encode(bytea,text)", func(_ *Ctx, a []datum) (datum, error) { return encode(a[0].Str(), a[1].Str()) })
	r.fn("decode(text,text)", func(_ *Ctx, a []datum) (datum, error) { return decode(a[0].Str(), a[1].Str()) })
	r.fn("convert_from(bytea,name)", func(_ *Ctx, a []datum) (datum, error) {
		if err := onlyUTF8(a[1].Str(), "source "); err != nil {
			return value.Null, err
		}
		if s := a[0].Str(); !utf8.ValidString(s) {
			return value.Null, badUTF8(s)
		}
		return text(a[0].Str()), nil
	})
	r.fn("convert_to(text,name)", func(_ *Ctx, a []datum) (datum, error) {
		if err := onlyUTF8(a[1].Str(), "destination "); err != nil {
			return value.Null, err
		}
		return value.Blob(a[0].Bytes()), nil
	})
	r.fn("normalize(text,text)", func(_ *Ctx, a []datum) (datum, error) {
		f, err := normalForm(a[1].Str())
		if err != nil {
			return value.Null, err
		}
		return text(f.String(a[0].Str())), nil
	})
	r.fn("is_normalized(text,text)", func(_ *Ctx, a []datum) (datum, error) {
		f, err := normalForm(a[1].Str())
		if err != nil {
			return value.Null, err
		}
		return value.Bool(f.IsNormalString(a[0].Str())), nil
	})
	r.fn("string_to_array(text,text) string_to_array(text,text,text)", func(c *Ctx, a []datum) (datum, error) {
		if a[0].IsNull() {
			return value.Null, nil
		}
		return value.MakeArray(nil, opsOf(catalog.TextOID), splitText(a)), nil
	})
	r.set("string_to_table(text,text) string_to_table(text,text,text)", func(_ *Ctx, a []datum, yield func([]datum) bool) error {
		if a[0].IsNull() {
			return nil
		}
		for _, d := range splitText(a) {
			if !yield([]datum{d}) {
				break
			}
		}
		return nil
	})
	r.pure("hashtext(text)", func(a []datum) datum { return value.Int(int64(int32(hashBytes([]byte(a[0].Str()))))) })
	r.pure("hashtextextended(text,int8)", func(a []datum) datum {
		return value.Int(int64(hashBytesExtended([]byte(a[0].Str()), uint64(a[1].Int64()))))
	})
	r.textFn("unaccent(text)", unaccent)
	// citext
	r.textFn("citext(bpchar)", func(s string) string { return strings.TrimRight(s, " ") })
	r.pure("citext(bool)", func(a []datum) datum {
		if a[0].IsTrue() {
			return text("true")
		}
		return text("false")
	})
	r.pure("citext(inet)", func(a []datum) datum { return a[0] })
	r.pure("replace(citext,citext,citext)", func(a []datum) datum {
		return text(replaceFold(a[0].Str(), a[1].Str(), a[2].Str()))
	})
	r.fn("split_part(citext,citext,int4)", func(_ *Ctx, a []datum) (datum, error) {
		parts := strings.Split(replaceFold(a[0].Str(), a[1].Str(), "\x00"), "\x00")
		if n := a[2].Int64(); n >= 1 && int(n) <= len(parts) {
			return text(parts[n-1]), nil
		}
		return text(""), nil
	})
	r.pure("strpos(citext,citext)", func(a []datum) datum { return position(value.Lower(a[0].Str()), value.Lower(a[1].Str())) })
}

// asText is the cast of the i-th argument to text.
func (c *Ctx) asText(i int, d datum) string {
	switch c.argType(i) {
	case catalog.BoolOID:
		return strconv.FormatBool(d.IsTrue())
	case catalog.BpcharOID:
		return strings.TrimRight(d.Str(), " ")
	}
	return c.argOps(i).Text(c.Env(), d)
}

// replaceFold replaces without regard to case.
func replaceFold(s, old, with string) string {
	if old == "" {
		return s
	}
	l, o := value.Lower(s), value.Lower(old)
	if len(l) != len(s) {
		return strings.ReplaceAll(s, old, with)
	}
	var b strings.Builder
	for {
		i := strings.Index(l, o)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i] + with)
		s, l = s[i+len(o):], l[i+len(o):]
	}
}

func normalForm(name string) (norm.Form, error) {
	switch strings.ToUpper(name) {
	case "NFC":
		return norm.NFC, nil
	case "NFD":
		return norm.NFD, nil
	case "NFKC":
		return norm.NFKC, nil
	case "NFKD":
		return norm.NFKD, nil
	}
	return 0, fault.New(fault.InvalidParameterValue, "invalid normalization form: %s", name)
}

// What PostgreSQL's names of encodings look like.
var encodingName = regexp.MustCompile(`^(SQLASCII|LATIN\d+|ISO8859\d*|WIN(DOWS)?\d+|KOI8.*|EUC.*|SJIS|SHIFTJIS.*|MSKANJI|BIG5|GBK|UHC|GB18030|JOHAB|MULEINTERNAL|ABC|ALT|TCVN.*|VSCII|MSWIN.*)$`)

// onlyUTF8 refuses other encodings; end is "source ", "destination " or "".
func onlyUTF8(enc, end string) error {
	name := strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToUpper(enc))
	switch {
	case name == "UTF8" || name == "UNICODE":
		return nil
	case !encodingName.MatchString(name):
		return fault.New(fault.InvalidParameterValue, `invalid %sencoding name "%s"`, end, enc)
	}
	return unsupported("encoding %s is not supported", enc).(*fault.Error).WithHint("Use UTF8.")
}

func badUTF8(s string) error {
	i := 0
	for i < len(s) {
		c, n := utf8.DecodeRuneInString(s[i:])
		if c == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	var b strings.Builder
	for k := i; k < min(i+1, len(s)); k++ {
		b.WriteString(" 0x" + hex.EncodeToString([]byte{s[k]}))
	}
	return fault.New(fault.InvalidEncoding, `invalid byte sequence for encoding "UTF8":%s`, b.String())
}

// overlay puts a text into another, in the place of count characters from one on.
func overlay(part func(s string, from, count int64) (datum, error), s, with string, from, count int64) (datum, error) {
	if from <= 0 {
		return value.Null, fault.New("22011", "negative substring length not allowed")
	}
	head, err := part(s, 1, from-1)
	if err != nil {
		return value.Null, err
	}
	if from+count != int64(int32(from+count)) {
		return value.Null, rangeError("integer")
	}
	tail, err := part(s, from+count, toTheEnd)
	if err != nil {
		return value.Null, err
	}
	return text(head.Str() + with + tail.Str()), nil
}

// toTheEnd is a length that no text has.
const toTheEnd = math.MaxInt64 / 2

// initcap makes the first letter of each word upper case, the others lower; words are of letters and digits.
func initcap(s string) string {
	in := false
	return strings.Map(func(c rune) rune {
		was := in
		in = unicode.IsLetter(c) || unicode.IsDigit(c)
		if was {
			return unicode.ToLower(c)
		}
		return unicode.ToUpper(c)
	}, s)
}

// offset is the byte offset of the n-th character.
func offset(s string, n int64) int {
	if n <= 0 {
		return 0
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func substring(s string, from, count int64) (datum, error) {
	if count < 0 {
		return value.Null, fault.New("22011", "negative substring length not allowed")
	}
	end := from + count
	start := max(from, 1)
	if end <= start {
		return text(""), nil
	}
	i := offset(s, start-1)
	return text(s[i : i+offset(s[i:], end-start)]), nil
}

func subbytes(s string, from, count int64) (datum, error) {
	if count < 0 {
		return value.Null, fault.New("22011", "negative substring length not allowed")
	}
	end := min(from+count, int64(len(s))+1)
	start := max(from, 1)
	if end <= start {
		return value.Blob(nil), nil
	}
	return value.Blob([]byte(s[start-1 : end-1])), nil
}

func padText(s string, n int64, fill string, left bool) (datum, error) {
	if n > 1<<28 {
		return value.Null, fault.New(fault.ProgramLimit, "requested length too large")
	}
	l := int64(runes(s))
	if n <= l {
		return text(s[:offset(s, n)]), nil
	}
	if fill == "" {
		return text(s), nil
	}
	need := n - l
	pad := strings.Repeat(fill, int(need)/runes(fill)+1)
	pad = pad[:offset(pad, need)]
	if left {
		return text(pad + s), nil
	}
	return text(s + pad), nil
}

func splitPart(s, sep string, n int64) (datum, error) {
	if n == 0 {
		return value.Null, fault.New(fault.InvalidParameterValue, "field position must not be zero")
	}
	parts := []string{s}
	if sep != "" && s != "" {
		parts = strings.Split(s, sep)
	}
	if n < 0 {
		n += int64(len(parts)) + 1
	}
	if n < 1 || n > int64(len(parts)) {
		return text(""), nil
	}
	return text(parts[n-1]), nil
}

// splitText is string_to_array: a NULL separator splits into characters.
func splitText(a []datum) []datum {
	s := a[0].Str()
	var parts []string
	switch {
	case s == "":
		return nil
	case a[1].IsNull():
		for _, c := range s {
			parts = append(parts, string(c))
		}
	case a[1].Str() == "":
		parts = []string{s}
	default:
		parts = strings.Split(s, a[1].Str())
	}
	out := make([]datum, len(parts))
	for i, p := range parts {
		if len(a) > 2 && !a[2].IsNull() && a[2].Str() == p {
			continue
		}
		out[i] = text(p)
	}
	return out
}

func encode(s, format string) (datum, error) {
	switch strings.ToLower(format) {
	case "hex":
		return text(hex.EncodeToString([]byte(s))), nil
	case "base64":
		// Lines of 76 characters, as RFC 2045 has them.
		b := base64.StdEncoding.EncodeToString([]byte(s))
		var out strings.Builder
		for len(b) > 76 {
			out.WriteString(b[:76] + "\n")
			b = b[76:]
		}
		return text(out.String() + b), nil
	case "escape":
		var b strings.Builder
		for i := 0; i < len(s); i++ {
			switch c := s[i]; {
			case c == '\\':
				b.WriteString(`\\`)
			case c == 0 || c >= 0x80:
				b.WriteString(`\` + string([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7}))
			default:
				b.WriteByte(c)
			}
		}
		return text(b.String()), nil
	}
	return value.Null, fault.New(fault.InvalidParameterValue, `unrecognized encoding: "%s"`, format)
}

func decode(s, format string) (datum, error) {
	switch strings.ToLower(format) {
	case "hex":
		return value.ParseBytea(`\x` + s)
	case "base64":
		clean := strings.Map(func(c rune) rune {
			if strings.ContainsRune(" \t\n\r", c) {
				return -1
			}
			return c
		}, s)
		for _, c := range clean {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=') {
				return value.Null, fault.New(fault.InvalidParameterValue, `invalid symbol "%c" found while decoding base64 sequence`, c)
			}
		}
		b, err := base64.StdEncoding.DecodeString(clean)
		if err != nil {
			return value.Null, fault.New(fault.InvalidParameterValue, "invalid base64 end sequence").WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.")
		}
		return value.Blob(b), nil
	case "escape":
		if strings.HasPrefix(s, `\x`) {
			return value.Null, fault.New(fault.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
		return value.ParseBytea(s)
	}
	return value.Null, fault.New(fault.InvalidParameterValue, `unrecognized encoding: "%s"`, format)
}

// keywords are PostgreSQL's keywords that quote_ident quotes: all but the unreserved.
var keywords = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(keywordList) {
		m[w] = true
	}
	return m
})

const keywordList = "" +
	"all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character check coalesce " +
	"collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp " +
	"current_user dec decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant " +
	"greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull join lateral leading least left like " +
	"limit localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps " +
	"overlay placing position precision primary real references returning right row select session_user setof similar smallint some substring symmetric " +
	"table tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where window with " +
	"xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable" +
	""

// QuoteIdent is quote_ident.
func QuoteIdent(s string) string {
	safe := s != "" && (s[0] >= 'a' && s[0] <= 'z' || s[0] == '_')
	for i := 0; i < len(s) && safe; i++ {
		c := s[i]
		safe = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
	}
	if safe && !keywords()[s] {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// QuoteLiteral is quote_literal.
func QuoteLiteral(s string) string {
	q := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		return "E" + strings.ReplaceAll(q, `\`, `\\`)
	}
	return q
}

// formatText is format().
func formatText(c *Ctx, a []datum) (datum, error) {
	if a[0].IsNull() {
		return value.Null, nil
	}
	f := a[0].Str()
	var b strings.Builder
	next := 0 // last argument used
	few := func() (datum, error) {
		return value.Null, fault.New(fault.InvalidParameterValue, "too few arguments for format()")
	}
	for i := 0; i < len(f); i++ {
		if f[i] != '%' {
			b.WriteByte(f[i])
			continue
		}
		unterminated := fault.New(fault.InvalidParameterValue, "unterminated format() type specifier").WithHint(`For a single "%" use "%%".`)
		if i++; i >= len(f) {
			return value.Null, unterminated
		}
		if f[i] == '%' {
			b.WriteByte('%')
			continue
		}
		number := func() (int, bool) {
			j := i
			for j < len(f) && f[j] >= '0' && f[j] <= '9' {
				j++
			}
			if j == i {
				return 0, false
			}
			n, err := strconv.Atoi(f[i:j])
			if err != nil {
				n = math.MaxInt32
			}
			i = j
			return n, true
		}
		zero := fault.New(fault.InvalidParameterValue, "format specifies argument 0, but arguments are numbered from 1")
		arg, width, left := 0, 0, false
		n, given := number()
		if given && i < len(f) && f[i] == '$' {
			if n == 0 {
				return value.Null, zero
			}
			arg, given = n, false
			i++
		}
		for !given && i < len(f) && f[i] == '-' {
			left = true
			i++
		}
		switch {
		case given: // a width, after which there are no flags
			width = n
		case i < len(f) && f[i] == '*':
			i++
			w := next + 1
			if n, ok := number(); ok {
				switch {
				case i >= len(f):
					return value.Null, unterminated
				case f[i] != '$':
					return value.Null, fault.New(fault.InvalidParameterValue, `width argument position must be ended by "$"`)
				case n == 0:
					return value.Null, zero
				}
				i++
				w = n
			}
			if i >= len(f) {
				return value.Null, unterminated
			}
			next = w
			if w >= len(a) {
				return few()
			}
			if !a[w].IsNull() {
				n, err := strconv.Atoi(c.argOps(w).Text(c.Env(), a[w]))
				if err != nil {
					return value.Null, fault.New(fault.InvalidTextRepresentation, `invalid input syntax for type integer: "%s"`, c.argOps(w).Text(c.Env(), a[w]))
				}
				if width = n; width < 0 {
					left, width = true, -width
				}
			}
		default:
			width, _ = number()
		}
		if i >= len(f) {
			return value.Null, unterminated
		}
		verb := f[i]
		if verb != 's' && verb != 'I' && verb != 'L' {
			_, n := utf8.DecodeRuneInString(f[i:])
			return value.Null, fault.New(fault.InvalidParameterValue, `unrecognized format() type specifier "%s"`, f[i:i+n]).WithHint(`For a single "%" use "%%".`)
		}
		if arg == 0 {
			arg = next + 1
		}
		next = arg
		if arg >= len(a) {
			return few()
		}
		var s string
		d := a[arg]
		switch {
		case d.IsNull() && verb == 'I':
			return value.Null, fault.New(fault.NullNotAllowed, "null values cannot be formatted as an SQL identifier")
		case d.IsNull() && verb == 'L':
			s = "NULL"
		case d.IsNull():
		default:
			s = c.argOps(arg).Text(c.Env(), d)
			switch verb {
			case 'I':
				s = QuoteIdent(s)
			case 'L':
				s = QuoteLiteral(s)
			}
		}
		if pad := width - runes(s); pad > 0 && width < 1<<20 {
			if left {
				s += strings.Repeat(" ", pad)
			} else {
				s = strings.Repeat(" ", pad) + s
			}
		}
		b.WriteString(s)
	}
	return text(b.String()), nil
}

// unaccent drops the accents of letters, and spells out those letters that are not a base letter with a mark.
func unaccent(s string) string {
	for i := 0; ; i++ {
		if i == len(s) {
			return s
		}
		if s[i] >= 0x80 {
			break
		}
	}
	var b strings.Builder
	for _, c := range norm.NFD.String(s) {
		if unicode.Is(unicode.Mn, c) {
			continue
		}
		if t, ok := unaccented[c]; ok {
			b.WriteString(t)
			continue
		}
		b.WriteRune(c)
	}
	return norm.NFC.String(b.String())
}

var unaccented = map[rune]string{'ß': "ss", 'Æ': "AE", 'æ': "ae", 'Œ': "OE", 'œ': "oe", 'Ø': "O", 'ø': "o", 'Đ': "D", 'đ': "d", 'Ð': "D", 'ð': "d", 'Þ': "TH", 'þ': "th",
	'Ł': "L", 'ł': "l", 'ı': "i", 'Ħ': "H", 'ħ': "h", 'ĸ': "q", 'Ŋ': "N", 'ŋ': "n", 'Ŧ': "T", 'ŧ': "t", 'ſ': "s", '‘': "'", '’': "'", '“': `"`, '”': `"`, '–': "-", '—': "-", '«': "<<", '»': ">>", '…': "..."}

// unistr reads Unicode escapes: \XXXX, \+XXXXXX, \uXXXX and \UXXXXXXXX.
func unistr(s string) (datum, error) {
	var b strings.Builder
	pair := fault.New(fault.SyntaxError, "invalid Unicode surrogate pair")
	var first rune
	for s != "" {
		if s[0] != '\\' || strings.HasPrefix(s, `\\`) {
			if first != 0 {
				return value.Null, pair
			}
			b.WriteByte(s[0])
			s = strings.TrimPrefix(s[1:], map[bool]string{true: `\`}[s[0] == '\\'])
			continue
		}
		c, size := unicodeEscape(s)
		switch {
		case size == 0:
			return value.Null, fault.New(fault.SyntaxError, "invalid Unicode escape").WithHint(`Unicode escapes must be \XXXX, \+XXXXXX, \uXXXX, or \UXXXXXXXX.`)
		case c == 0 || c > unicode.MaxRune:
			return value.Null, fault.New(fault.InvalidParameterValue, "invalid Unicode code point: %04X", uint32(c))
		}
		s = s[size:]
		high, low := c >= 0xd800 && c < 0xdc00, c >= 0xdc00 && c < 0xe000
		switch {
		case low != (first != 0):
			return value.Null, pair
		case low:
			b.WriteRune(utf16.DecodeRune(first, c))
			first = 0
		case high:
			first = c
		default:
			b.WriteRune(c)
		}
	}
	if first != 0 {
		return value.Null, pair
	}
	return text(b.String()), nil
}

// unicodeEscape reads the escape that a text begins with and gives its length, 0 when it is none.
func unicodeEscape(s string) (c rune, size int) {
	for _, form := range []struct {
		mark   string
		digits int
	}{{`\`, 4}, {`\u`, 4}, {`\+`, 6}, {`\U`, 8}} {
		digits, ok := strings.CutPrefix(s, form.mark)
		if !ok || len(digits) < form.digits || strings.ContainsAny(digits[:form.digits], "+-_") {
			continue
		}
		if n, err := strconv.ParseUint(digits[:form.digits], 16, 32); err == nil {
			return rune(n), len(form.mark) + form.digits
		}
	}
	return 0, 0
}
