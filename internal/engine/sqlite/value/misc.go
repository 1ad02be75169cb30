package value

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// Lower is lower case as PostgreSQL makes it with a UTF-8 locale: character by character.
func Lower(s string) string { return strings.Map(unicode.ToLower, s) }

// Upper is upper case, character by character.
func Upper(s string) string { return strings.Map(unicode.ToUpper, s) }

// ParseInet reads an inet, or a cidr, whose host bits must be zero.
func ParseInet(s string, cidr bool) (Datum, error) {
	title := "inet"
	if cidr {
		title = "cidr"
	}
	addr, bitsText, hasBits := strings.Cut(s, "/")
	a, err := netip.ParseAddr(addr)
	if err != nil && cidr && strings.Count(addr, ".") < 3 && !strings.Contains(addr, ":") {
		n := strings.Count(addr, ".") + 1
		a, err = netip.ParseAddr(addr + strings.Repeat(".0", 4-n))
		if !hasBits {
			bitsText, hasBits = strconv.Itoa(n*8), true
		}
	}
	if err != nil || a.Zone() != "" {
		return Null, badInput(title, s)
	}
	bits := a.BitLen()
	if hasBits {
		if bits, err = strconv.Atoi(bitsText); err != nil || bits < 0 || bits > a.BitLen() {
			return Null, badInput(title, s)
		}
	}
	p := netip.PrefixFrom(a, bits)
	if cidr && p.Masked().Addr() != a {
		return Null, fault.New(fault.InvalidTextRepresentation, `invalid cidr value: "%s"`, s).WithDetail("Value has bits set to right of mask.")
	}
	if !cidr && bits == a.BitLen() {
		return Text(a.String()), nil
	}
	return Text(p.String()), nil
}

// InetPrefix is the address and mask length of a canonical inet or cidr.
func InetPrefix(s string) netip.Prefix {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, a.BitLen())
}

// CompareInet is inet's order: family, common network bits, mask length, address.
func CompareInet(a, b string) int {
	pa, pb := InetPrefix(a), InetPrefix(b)
	if c := pa.Addr().BitLen() - pb.Addr().BitLen(); c != 0 {
		return c
	}
	n := min(pa.Bits(), pb.Bits())
	na, _ := pa.Addr().Prefix(n)
	nb, _ := pb.Addr().Prefix(n)
	if c := na.Addr().Compare(nb.Addr()); c != 0 {
		return c
	}
	if c := pa.Bits() - pb.Bits(); c != 0 {
		return c
	}
	return pa.Addr().Compare(pb.Addr())
}

// macForms are the forms of an address as scanf's: a number of any length, or of two characters.
var macForms = [][6]string{
	{"", ":", ":", ":", ":", ":"}, {"", "-", "-", "-", "-", "-"}, {"2", "2", "2", ":2", "2", "2"}, {"2", "2", "2", "-2", "2", "2"},
	{"2", "2", ".2", "2", ".2", "2"}, {"2", "2", "-2", "2", "-2", "2"}, {"2", "2", "2", "2", "2", "2"},
}

func inputMacaddr(_ *Env, s string, _ int32) (Datum, error) {
forms:
	for _, form := range macForms {
		rest := s
		var octets [6]int64
		for i, f := range form {
			literal, two := strings.CutSuffix(f, "2")
			after, ok := strings.CutPrefix(rest, literal)
			if !ok {
				continue forms
			}
			most := math.MaxInt
			if two {
				most = 2
			}
			if octets[i], rest, ok = scanHex(after, most); !ok {
				continue forms
			}
		}
		if strings.TrimLeft(rest, " \t\n\r\v\f") != "" {
			continue
		}
		out := ""
		for i, o := range octets {
			if o < 0 || o > 255 {
				return Null, fault.New(fault.NumericOutOfRange, `invalid octet value in "macaddr" value: "%s"`, s)
			}
			if i > 0 {
				out += ":"
			}
			out += fmt.Sprintf("%02x", o)
		}
		return Text(out), nil
	}
	return Null, badInput("macaddr", s)
}

// scanHex reads a hexadecimal number of at most n characters as scanf does: spaces, a sign and 0x may stand before it.
func scanHex(s string, n int) (int64, string, bool) {
	s = strings.TrimLeft(s, " \t\n\r\v\f")
	i, sign := 0, int64(1)
	if n > 0 && s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		i++
	}
	digit := func(i int) int64 {
		if i >= len(s) || i >= n {
			return -1
		}
		return int64(strings.IndexByte("0123456789abcdef", s[i]|0x20))
	}
	if digit(i) == 0 && i+1 < n && i+1 < len(s) && s[i+1]|0x20 == 'x' {
		i += 2
		if digit(i) < 0 {
			return 0, s[i:], true
		}
	}
	from, v := i, int64(0)
	for digit(i) >= 0 {
		v = min(v*16+digit(i), math.MaxInt32)
		i++
	}
	return sign * v, s[i:], i > from
}

// vectorOps are those of pgvector's types: a blob of little-endian float32.
func vectorOps(oid catalog.OID, title string) *Ops {
	out := func(_ *Env, dst []byte, d Datum) []byte {
		dst = append(dst, '[')
		for i, f := range Floats(d) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendFloat(dst, float64(f), 32)
		}
		return append(dst, ']')
	}
	return &Ops{OID: oid, Title: title, Output: out, JSON: quotedOut(out),
		Input:    func(_ *Env, s string, mod int32) (Datum, error) { return parseVector(s, title, mod) },
		FromJSON: func(_ *Env, raw string) (Datum, error) { return parseVector(UnquoteJSON(raw), title, -1) },
		Compare: func(a, b Datum) int {
			x, y := Floats(a), Floats(b)
			for i := 0; i < len(x) && i < len(y); i++ {
				if c := CompareFloat(float64(x[i]), float64(y[i])); c != 0 {
					return c
				}
			}
			return len(x) - len(y)
		}}
}

// Floats are the dimensions of a stored vector.
func Floats(d Datum) []float32 {
	out := make([]float32, len(d.s)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32([]byte(d.s[i*4 : i*4+4])))
	}
	return out
}

// VectorDatum makes a stored vector.
func VectorDatum(f []float32) Datum {
	b := make([]byte, 0, len(f)*4)
	for _, v := range f {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return Blob(b)
}

func parseVector(s, title string, mod int32) (Datum, error) {
	t := strings.TrimSpace(s)
	if !strings.HasPrefix(t, "[") || !strings.HasSuffix(t, "]") {
		return Null, fault.New(fault.InvalidTextRepresentation, `invalid input syntax for type %s: "%s"`, title, s).WithDetail(`Vector contents must start with "[".`)
	}
	t = strings.TrimSpace(t[1 : len(t)-1])
	if t == "" {
		return Null, fault.New(fault.DataException, "%s must have at least 1 dimension", title)
	}
	var f []float32
	for _, p := range strings.Split(t, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(p), 32)
		if err != nil {
			if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange {
				return Null, fault.New(fault.NumericOutOfRange, `"%s" is out of range for type %s`, strings.TrimSpace(p), title)
			}
			return Null, badInput(title, s)
		}
		if math.IsNaN(v) {
			return Null, fault.New(fault.DataException, "NaN not allowed in %s", title)
		}
		if math.IsInf(v, 0) {
			return Null, fault.New(fault.DataException, "infinite value not allowed in %s", title)
		}
		f = append(f, float32(v))
	}
	if err := CheckDims(title, len(f), mod); err != nil {
		return Null, err
	}
	return VectorDatum(f), nil
}

// CheckDims compares the dimensions of a vector with the type's modifier.
func CheckDims(title string, n int, mod int32) error {
	if n > 16000 {
		return fault.New(fault.ProgramLimit, "%s cannot have more than 16000 dimensions", title)
	}
	if mod > 0 && n != int(mod) {
		return fault.New(fault.DataException, "expected %d dimensions, not %d", mod, n)
	}
	return nil
}

// tsConfigs are the text search configurations, by PostgreSQL's OIDs.
var tsConfigs = map[int64]string{3748: "simple", 13173: "english"}

// tsConfigOID finds a configuration by its name as SQL writes it, quoted or not; 0 if there is none.
func tsConfigOID(name string) int64 {
	if schema, rest, ok := strings.Cut(name, "."); ok && identifier(schema) == "pg_catalog" {
		name = rest
	}
	name = identifier(name)
	for oid, n := range tsConfigs {
		if n == name {
			return oid
		}
	}
	return 0
}

// identifier is the name that one identifier of SQL means.
func identifier(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return strings.ReplaceAll(s[1:len(s)-1], `""`, `"`)
	}
	return strings.ToLower(s)
}

// TSConfigName is the name of a text search configuration, "" if there is none.
func TSConfigName(oid int64) string { return tsConfigs[oid] }

// Position is where a lexeme occurs in a tsvector, with its weight: 'A' to 'D'.
type Position struct {
	Pos    int
	Weight byte
}

// Lexeme is one word of a tsvector.
type Lexeme struct {
	Word string
	At   []Position
}

// ParseTSVector reads a tsvector's text form.
func ParseTSVector(s string) (Datum, error) {
	lex, err := LexemesOf(s)
	if err != nil {
		return Null, err
	}
	return TSVectorDatum(lex), nil
}

// LexemesOf reads the words of a tsvector.
func LexemesOf(s string) ([]Lexeme, error) {
	r := lexemeReader{s: s}
	var out []Lexeme
	for {
		word, at, ok, err := r.next()
		if err != nil || !ok {
			return out, err
		}
		out = append(out, Lexeme{Word: word, At: at})
	}
}

// TSVectorDatum makes a canonical tsvector: words sorted by bytes, positions ascending, equal words joined.
func TSVectorDatum(lex []Lexeme) Datum {
	byWord := map[string][]Position{}
	for _, l := range lex {
		byWord[l.Word] = append(byWord[l.Word], l.At...)
	}
	words := make([]string, 0, len(byWord))
	for w := range byWord {
		words = append(words, w)
	}
	slices.Sort(words)
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(quoteLexeme(w))
		at := byWord[w]
		sortPositions(at)
		n := 0
		for k, p := range at {
			if k > 0 && at[k-1].Pos == p.Pos || n >= 255 {
				continue
			}
			if n == 0 {
				b.WriteByte(':')
			} else {
				b.WriteByte(',')
			}
			n++
			fmt.Fprintf(&b, "%d", p.Pos)
			if p.Weight != 'D' {
				b.WriteByte(p.Weight)
			}
		}
	}
	return Text(b.String())
}

func quoteLexeme(w string) string {
	return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(w) + "'"
}
