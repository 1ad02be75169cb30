package value

import (
	"encoding/binary"
	"fmt"
	"math"
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
