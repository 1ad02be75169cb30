package value

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// builtinOps is the registry of the built-in types, made once.
var builtinOps = sync.OnceValue(func() map[catalog.OID]*Ops {
	m := map[catalog.OID]*Ops{}
	add := func(o *Ops) {
		m[o.OID] = o
		if a := byOID[o.OID]; a != nil && a.Array != 0 {
			m[a.Array] = arrayOps(a.Array, o)
		}
	}
	add(&Ops{OID: catalog.BoolOID, Title: "boolean", Input: func(_ *Env, s string, _ int32) (Datum, error) { return ParseBool(s) },
		Output: func(_ *Env, dst []byte, d Datum) []byte {
			if d.n != 0 {
				return append(dst, 't')
			}
			return append(dst, 'f')
		},
		JSON: func(_ *Env, dst []byte, d Datum) []byte { return strconv.AppendBool(dst, d.n != 0) },
		FromJSON: func(_ *Env, raw string) (Datum, error) {
			return Bool(raw == "true" || raw == "1"), nil
		}, Compare: cmpInt})
	add(intOps(catalog.Int2OID, "smallint", math.MinInt16, math.MaxInt16))
	add(intOps(catalog.Int4OID, "integer", math.MinInt32, math.MaxInt32))
	add(intOps(catalog.Int8OID, "bigint", math.MinInt64, math.MaxInt64))
	add(unsignedOps(catalog.OIDOID, "oid"))
	add(unsignedOps(28, "xid"))
	add(unsignedOps(29, "cid"))
	add(unsignedOps(5069, "xid8"))
	for _, r := range []struct {
		oid   catalog.OID
		title string
	}{{24, "regproc"}, {2202, "regprocedure"}, {2205, "regclass"}, {2206, "regtype"}, {3734, "regconfig"}, {3769, "regdictionary"}, {4089, "regnamespace"}, {4096, "regrole"}, {4191, "regcollation"}} {
		add(regOps(r.oid, r.title))
	}
	add(floatOps(catalog.Float4OID, "real", 32))
	add(floatOps(catalog.Float8OID, "double precision", 64))
	add(&Ops{OID: catalog.NumericOID, Title: "numeric", Input: inputNumeric, Output: outText,
		JSON: func(_ *Env, dst []byte, d Datum) []byte {
			if c := d.s; c == "NaN" || c == "Infinity" || c == "-Infinity" {
				return AppendJSONString(dst, c)
			}
			return append(dst, d.s...)
		}, FromJSON: textFromJSON, Compare: func(a, b Datum) int { return CompareNumeric(a.s, b.s) }})
	plain := func(_ *Env, s string, _ int32) (Datum, error) { return Text(s), nil }
	add(textOps(catalog.TextOID, "text", plain, cmpText))
	add(textOps(catalog.VarcharOID, "character varying", inputVarchar, cmpText))
	add(textOps(catalog.BpcharOID, "character", inputBpchar, func(a, b Datum) int {
		return strings.Compare(strings.TrimRight(a.s, " "), strings.TrimRight(b.s, " "))
	}))
	add(textOps(catalog.NameOID, "name", func(_ *Env, s string, _ int32) (Datum, error) { return Text(TruncateName(s)), nil }, cmpText))
	add(textOps(18, `"char"`, func(_ *Env, s string, _ int32) (Datum, error) { return Text(CharOf(s)), nil }, func(a, b Datum) int { return cmp.Compare(CharCode(a.s), CharCode(b.s)) }))
	add(textOps(catalog.UnknownOID, "unknown", plain, cmpText))
	add(textOps(catalog.CstringOID, "cstring", plain, cmpText))
	add(textOps(citextOID, "citext", plain, func(a, b Datum) int { return CompareCitext(a.s, b.s) }))
	add(textOps(catalog.UUIDOID, "uuid", func(_ *Env, s string, _ int32) (Datum, error) { return ParseUUID(s) }, cmpText))
	add(textOps(catalog.XMLOID, "xml", plain, cmpText))
	add(textOps(194, "pg_node_tree", plain, cmpText)) // holds the expression's text
	add(textOps(catalog.AclitemOID, "aclitem", plain, cmpText))
	add(textOps(catalog.BitOID, "bit", func(_ *Env, s string, mod int32) (Datum, error) { return inputBit(s, mod, true) }, cmpText))
	add(textOps(catalog.VarbitOID, "bit varying", func(_ *Env, s string, mod int32) (Datum, error) { return inputBit(s, mod, false) }, cmpText))
	add(textOps(catalog.MoneyOID, "money", inputMoney, func(a, b Datum) int { return cmp.Compare(MoneyCents(a.s), MoneyCents(b.s)) }))
	add(&Ops{OID: catalog.ByteaOID, Title: "bytea", Input: func(_ *Env, s string, _ int32) (Datum, error) { return ParseBytea(s) },
		Output: outBytea, JSON: quotedOut(outBytea), FromJSON: func(_ *Env, raw string) (Datum, error) { return ParseBytea(UnquoteJSON(raw)) }, Compare: cmpText})
	add(textOps(catalog.DateOID, "date", inputDate, func(a, b Datum) int { return cmpText(a, b) }))
	add(textOps(catalog.TimestampOID, "timestamp without time zone", inputTimestamp, cmpText))
	m[catalog.TimestampOID].Output = func(_ *Env, dst []byte, d Datum) []byte { return appendSpaced(dst, d.s) }
	add(&Ops{OID: catalog.TimestamptzOID, Title: "timestamp with time zone", Input: inputTimestamptz, Output: outTimestamptz,
		JSON: func(e *Env, dst []byte, d Datum) []byte {
			return append(appendZoned(append(dst, '"'), d.s, e.zone(), 'T', true), '"')
		}, FromJSON: textFromJSON, Compare: cmpText})
	add(textOps(catalog.TimeOID, "time without time zone", inputTime, cmpText))
	add(textOps(catalog.TimetzOID, "time with time zone", inputTimetz, cmpTimetz))
	add(textOps(catalog.IntervalOID, "interval", inputInterval, func(a, b Datum) int { return CompareInterval(a.s, b.s) }))
	add(&Ops{OID: catalog.JSONOID, Title: "json", Input: func(_ *Env, s string, _ int32) (Datum, error) {
		if err := ValidJSON(s); err != nil {
			return Null, err
		}
		return Text(s), nil
	}, Output: outText, JSON: outText, FromJSON: func(_ *Env, raw string) (Datum, error) { return Text(raw), nil }, Compare: cmpText})
	add(&Ops{OID: catalog.JSONBOID, Title: "jsonb", Input: func(_ *Env, s string, _ int32) (Datum, error) { return ParseJSONB(s) },
		Output: outText, JSON: outText, FromJSON: func(_ *Env, raw string) (Datum, error) { return Text(raw), nil }, Compare: func(a, b Datum) int { return CompareJSONB(a.s, b.s) }})
	add(textOps(catalog.JSONPathOID, "jsonpath", inputJSONPath, cmpText))
	add(textOps(catalog.InetOID, "inet", func(_ *Env, s string, _ int32) (Datum, error) { return ParseInet(s, false) }, func(a, b Datum) int { return CompareInet(a.s, b.s) }))
	add(textOps(catalog.CidrOID, "cidr", func(_ *Env, s string, _ int32) (Datum, error) { return ParseInet(s, true) }, func(a, b Datum) int { return CompareInet(a.s, b.s) }))
	add(textOps(829, "macaddr", inputMacaddr, cmpText))
	add(textOps(catalog.TSVectorOID, "tsvector", func(_ *Env, s string, _ int32) (Datum, error) { return ParseTSVector(s) }, func(a, b Datum) int { return CompareTSVector(a.s, b.s) }))
	add(textOps(catalog.TSQueryOID, "tsquery", func(_ *Env, s string, _ int32) (Datum, error) { return ParseTSQuery(s) }, func(a, b Datum) int { return CompareTSQuery(a.s, b.s) }))
	add(vectorOps(vectorOID, "vector"))
	add(vectorOps(halfvecOID, "halfvec"))
	for r, sub := range rangeOf {
		add(rangeOps(r, byOID[r].Name, m[sub]))
	}
	for multi, r := range multirangeOf {
		add(multirangeOps(multi, byOID[multi].Name, m[rangeOf[r]]))
	}
	add(recordOps)
	m[2287] = arrayOps(2287, recordOps)
	add(&Ops{OID: catalog.VoidOID, Title: "void", Input: func(*Env, string, int32) (Datum, error) { return Text(""), nil }, Output: outText, JSON: jsonText, FromJSON: textFromJSON, Compare: cmpText})
	return m
})

const (
	citextOID  catalog.OID = 9001
	vectorOID  catalog.OID = 9003
	halfvecOID catalog.OID = 9005
)

func cmpInt(a, b Datum) int { return cmp.Compare(int64(a.n), int64(b.n)) }

// ParseBool reads PostgreSQL's spellings of a boolean.
func ParseBool(s string) (Datum, error) {
	t := strings.ToLower(strings.Trim(s, " \t\n\r\v\f"))
	switch t {
	case "1":
		return Bool(true), nil
	case "0":
		return Bool(false), nil
	}
	if t != "" {
		for _, w := range []struct {
			word string
			min  int
			v    bool
		}{{"true", 1, true}, {"false", 1, false}, {"yes", 1, true}, {"no", 1, false}, {"on", 2, true}, {"off", 2, false}} {
			if len(t) >= w.min && strings.HasPrefix(w.word, t) {
				return Bool(w.v), nil
			}
		}
	}
	return Null, badInput("boolean", s)
}

func intOps(oid catalog.OID, title string, lo, hi int64) *Ops {
	return &Ops{OID: oid, Title: title,
		Input: func(_ *Env, s string, _ int32) (Datum, error) {
			t := strings.Trim(s, " \t\n\r\v\f")
			i, err := strconv.ParseInt(t, 10, 64)
			if err != nil {
				// The digits that it begins with are too many before something else is wrong.
				rest := strings.TrimLeft(t, "+-")
				digits := t[:len(t)-len(strings.TrimLeft(rest, "0123456789"))]
				if i, err := strconv.ParseInt(digits, 10, 64); errors.Is(err, strconv.ErrRange) || err == nil && lo < 0 && (i < lo || i > hi) {
					return Null, inputOutOfRange(title, s)
				}
				return Null, badInput(title, s)
			}
			if i < lo || i > hi {
				return Null, inputOutOfRange(title, s)
			}
			return Int(i), nil
		},
		Output: func(_ *Env, dst []byte, d Datum) []byte { return strconv.AppendInt(dst, int64(d.n), 10) },
		JSON:   func(_ *Env, dst []byte, d Datum) []byte { return strconv.AppendInt(dst, int64(d.n), 10) },
		FromJSON: func(_ *Env, raw string) (Datum, error) {
			i, err := strconv.ParseInt(strings.Trim(raw, `"`), 10, 64)
			if err != nil || i < lo || i > hi {
				return Null, badInput(title, raw)
			}
			return Int(i), nil
		},
		Compare: cmpInt}
}

func unsignedOps(oid catalog.OID, title string) *Ops {
	o := intOps(oid, title, 0, math.MaxUint32)
	in := o.Input
	o.Input = func(e *Env, s string, mod int32) (Datum, error) {
		// PostgreSQL reads a negative number as its two's complement.
		if i, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32); err == nil && i < 0 {
			return Int(int64(uint32(i))), nil
		}
		return in(e, s, mod)
	}
	o.JSON = func(_ *Env, dst []byte, d Datum) []byte {
		return append(strconv.AppendInt(append(dst, '"'), int64(d.n), 10), '"')
	}
	return o
}

func regOps(oid catalog.OID, title string) *Ops {
	o := unsignedOps(oid, title)
	in := o.Input
	o.Input = func(e *Env, s string, mod int32) (Datum, error) {
		if s == "-" {
			return Int(0), nil
		}
		if s != "" && s[0] >= '0' && s[0] <= '9' {
			return in(e, s, mod)
		}
		if oid == catalog.RegconfigOID {
			if i := tsConfigOID(s); i != 0 {
				return Int(i), nil
			}
			return Null, fault.New(fault.UndefinedObject, `text search configuration "%s" does not exist`, identifier(s))
		}
		if oid == catalog.RegtypeOID && (e == nil || e.RegIn == nil) {
			if t := builtinByTitle(s); t != 0 {
				return Int(int64(t)), nil
			}
			return Null, fault.New(fault.UndefinedObject, `type "%s" does not exist`, s)
		}
		if e == nil || e.RegIn == nil {
			return Null, fault.New(fault.FeatureNotSupported, "a name cannot be read as %s here", title).WithHint("Give the OID as a number.")
		}
		r, err := e.RegIn(oid, s)
		if err != nil {
			return Null, err
		}
		return Int(int64(r)), nil
	}
	o.Output = func(e *Env, dst []byte, d Datum) []byte {
		if d.n == 0 {
			return append(dst, '-')
		}
		if oid == catalog.RegconfigOID {
			if n := TSConfigName(int64(d.n)); n != "" {
				return append(dst, n...)
			}
		}
		if e != nil && e.RegOut != nil {
			if n := e.RegOut(oid, catalog.OID(d.n)); n != "" {
				return append(dst, n...)
			}
		}
		if oid == catalog.RegtypeOID {
			if t := byOID[catalog.OID(d.n)]; t != nil {
				return append(dst, t.Title...)
			}
			if t := byArray[catalog.OID(d.n)]; t != nil {
				return append(append(dst, t.Title...), "[]"...)
			}
		}
		return strconv.AppendInt(dst, int64(d.n), 10)
	}
	o.JSON = func(e *Env, dst []byte, d Datum) []byte {
		// Arrays and composites hold the number, so that a later renaming shows.
		if e == nil || e.RegOut == nil {
			return strconv.AppendInt(dst, int64(d.n), 10)
		}
		return AppendJSONString(dst, string(o.Output(e, nil, d)))
	}
	return o
}

// builtinByTitle finds a built-in type by format_type's or its internal name, 0 if there is none.
func builtinByTitle(s string) catalog.OID {
	base, isArray := strings.CutSuffix(strings.TrimSpace(s), "[]")
	base = strings.ToLower(strings.TrimPrefix(base, "pg_catalog."))
	for _, t := range builtinTypes {
		if t.Title == base || t.Name == base {
			if isArray {
				return t.Array
			}
			return t.OID
		}
	}
	return BuiltinNamed(base)
}

func floatOps(oid catalog.OID, title string, bits int) *Ops {
	out := func(_ *Env, dst []byte, d Datum) []byte { return AppendFloat(dst, d.Float64(), bits) }
	return &Ops{OID: oid, Title: title,
		Input:  func(_ *Env, s string, _ int32) (Datum, error) { return parseFloat(s, title, bits) },
		Output: out,
		JSON: func(e *Env, dst []byte, d Datum) []byte {
			if f := d.Float64(); math.IsNaN(f) || math.IsInf(f, 0) {
				return AppendJSONString(dst, string(out(e, nil, d)))
			}
			return out(e, dst, d)
		},
		FromJSON: func(_ *Env, raw string) (Datum, error) { return parseFloat(strings.Trim(raw, `"`), title, bits) },
		Compare:  func(a, b Datum) int { return CompareFloat(a.Float64(), b.Float64()) }}
}

// CompareFloat is PostgreSQL's order: NaN equals itself and is greater than all others.
func CompareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	switch an, bn := math.IsNaN(a), math.IsNaN(b); {
	case an && bn:
		return 0
	case an:
		return 1
	}
	return -1
}

func parseFloat(s, title string, bits int) (Datum, error) {
	t := strings.Trim(s, " \t\n\r\v\f")
	l := strings.ToLower(t)
	switch l {
	case "nan":
		return Float(math.NaN()), nil
	case "infinity", "inf", "+infinity", "+inf":
		return Float(math.Inf(1)), nil
	case "-infinity", "-inf":
		return Float(math.Inf(-1)), nil
	}
	if strings.ContainsAny(l, "_ipn") {
		return Null, badInput(title, s)
	}
	f, err := strconv.ParseFloat(t, bits)
	if err != nil {
		if e, ok := err.(*strconv.NumError); ok && e.Err == strconv.ErrRange {
			return Null, fault.New(fault.NumericOutOfRange, `"%s" is out of range for type %s`, s, title)
		}
		return Null, badInput(title, s)
	}
	if f == 0 && strings.ContainsAny(strings.SplitN(l, "e", 2)[0], "123456789") && !strings.HasPrefix(l, "0x") {
		return Null, fault.New(fault.NumericOutOfRange, `"%s" is out of range for type %s`, s, title)
	}
	return Float(f), nil
}

// AppendFloat appends the shortest text that reads back as f, in PostgreSQL's layout.
func AppendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 0:
		if math.Signbit(f) {
			return append(dst, "-0"...)
		}
		return append(dst, '0')
	}
	var buf [32]byte
	e := strconv.AppendFloat(buf[:0], f, 'e', -1, bits)
	if a := math.Abs(f); a >= 1<<53 || bits == 32 && a >= 1<<24 {
		places := 0
		if dot := bytes.IndexByte(e, '.'); dot >= 0 {
			places = bytes.IndexByte(e, 'e') - dot - 1
		}
		for prec := places + 1; onBoundary(e, f, bits) && prec < 18; prec++ {
			e = strconv.AppendFloat(buf[:0], f, 'e', prec, bits)
		}
	}
	i := len(e) - 1
	for e[i] != 'e' {
		i--
	}
	exp, _ := strconv.Atoi(string(e[i+1:]))
	limit := 15
	if bits == 32 {
		limit = 6
	}
	if exp < -4 || exp >= limit {
		dst = append(dst, e[:i]...)
		dst = append(dst, 'e')
		if exp < 0 {
			dst = append(dst, '-')
			exp = -exp
		} else {
			dst = append(dst, '+')
		}
		if exp < 10 {
			dst = append(dst, '0')
		}
		return strconv.AppendInt(dst, int64(exp), 10)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

// onBoundary reports whether a decimal lies half way between f and a neighbour. It reads back as f only because ties go to even, and
// PostgreSQL does not print such. Only large numbers have boundaries of so few digits.
func onBoundary(dec []byte, f float64, bits int) bool {
	next := func(to float64) float64 {
		if bits == 32 {
			return float64(math.Nextafter32(float32(f), float32(to)))
		}
		return math.Nextafter(f, to)
	}
	v, _, err := big.ParseFloat(string(dec), 10, 200, big.ToNearestEven)
	if err != nil {
		return false
	}
	exact := new(big.Float).SetPrec(200).SetFloat64(f)
	diff := v.Sub(v, exact)
	if diff.Sign() == 0 {
		return false
	}
	n := next(math.Inf(diff.Sign()))
	if math.IsInf(n, 0) {
		return false
	}
	gap := new(big.Float).SetPrec(200).SetFloat64(n)
	gap.Sub(gap, exact)
	return diff.Mul(diff, big.NewFloat(2)).Cmp(gap) == 0
}

func inputVarchar(_ *Env, s string, mod int32) (Datum, error) { return FitVarchar(s, mod, false) }

// FitVarchar applies the length of character varying(n): too long is an error unless the excess is blank, or explicit asks to cut as an explicit cast does.
func FitVarchar(s string, mod int32, explicit bool) (Datum, error) {
	return fit(s, mod, explicit, "character varying")
}

func fit(s string, mod int32, explicit bool, title string) (Datum, error) {
	n := int(mod) - 4
	if mod < 4 || len(s) <= n || utf8.RuneCountInString(s) <= n {
		return Text(s), nil
	}
	cut := runeOffset(s, n)
	if !explicit && strings.Trim(s[cut:], " ") != "" {
		return Null, fault.New(fault.StringTruncation, "value too long for type %s(%d)", title, n)
	}
	return Text(s[:cut]), nil
}

// runeOffset is the byte offset of the n-th character of s, len(s) if there are fewer.
func runeOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func inputBpchar(_ *Env, s string, mod int32) (Datum, error) { return FitBpchar(s, mod, false) }

// FitBpchar applies the length of character(n): as FitVarchar, and pads with blanks.
func FitBpchar(s string, mod int32, explicit bool) (Datum, error) {
	d, err := fit(s, mod, explicit, "character")
	if err != nil || mod < 4 {
		return d, err
	}
	if pad := int(mod) - 4 - utf8.RuneCountInString(d.s); pad > 0 {
		return Text(d.s + strings.Repeat(" ", pad)), nil
	}
	return d, nil
}

// TruncateName cuts an identifier to the 63 bytes that PostgreSQL keeps, at a character boundary.
func TruncateName(s string) string {
	if len(s) < 64 {
		return s
	}
	n := 63
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// CompareCitext orders as citext: by lower case.
func CompareCitext(a, b string) int { return strings.Compare(Lower(a), Lower(b)) }

// ParseUUID reads the spellings of a UUID that PostgreSQL accepts.
func ParseUUID(s string) (Datum, error) {
	t := s
	if len(t) > 1 && t[0] == '{' && t[len(t)-1] == '}' {
		t = t[1 : len(t)-1]
	}
	var out [36]byte
	n := 0 // hex digits so far
	for i := 0; i < len(t); i++ {
		c := t[i]
		switch {
		case c == '-' && n > 0 && n%4 == 0 && n < 32 && t[i-1] != '-':
			continue
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f':
		case c >= 'A' && c <= 'F':
			c += 'a' - 'A'
		default:
			return Null, badInput("uuid", s)
		}
		if n >= 32 {
			return Null, badInput("uuid", s)
		}
		p := n
		for _, dash := range []int{8, 12, 16, 20} {
			if n >= dash {
				p++
			}
		}
		out[p] = c
		n++
	}
	if n != 32 {
		return Null, badInput("uuid", s)
	}
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return Text(string(out[:])), nil
}

// ParseBytea reads hex (\x…) and escape format.
func ParseBytea(s string) (Datum, error) {
	if strings.HasPrefix(s, `\x`) {
		h := strings.NewReplacer(" ", "", "\t", "", "\n", "", "\r", "").Replace(s[2:])
		for _, r := range h {
			if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F') {
				return Null, fault.New(fault.InvalidParameterValue, `invalid hexadecimal digit: "%c"`, r)
			}
		}
		b, err := hex.DecodeString(h)
		if err != nil {
			return Null, fault.New(fault.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		return Blob(b), nil
	}
	if !strings.Contains(s, `\`) {
		return Blob([]byte(s)), nil
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			b = append(b, s[i])
		case i+1 < len(s) && s[i+1] == '\\':
			b = append(b, '\\')
			i++
		case i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && isOctal(s[i+2]) && isOctal(s[i+3]):
			b = append(b, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		default:
			return Null, fault.New(fault.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return Blob(b), nil
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

func outBytea(_ *Env, dst []byte, d Datum) []byte {
	dst = append(dst, `\x`...)
	return hex.AppendEncode(dst, []byte(d.s))
}

func inputBit(s string, mod int32, fixed bool) (Datum, error) {
	t := s
	if t != "" && (t[0] == 'b' || t[0] == 'B') {
		t = t[1:]
	} else if t != "" && (t[0] == 'x' || t[0] == 'X') {
		var b strings.Builder
		for _, c := range t[1:] {
			v, err := strconv.ParseUint(string(c), 16, 8)
			if err != nil {
				return Null, fault.New(fault.InvalidTextRepresentation, `"%c" is not a valid hexadecimal digit`, c)
			}
			for i := 3; i >= 0; i-- {
				b.WriteByte('0' + byte(v>>i&1))
			}
		}
		t = b.String()
	}
	for _, c := range t {
		if c != '0' && c != '1' {
			return Null, fault.New(fault.InvalidTextRepresentation, `"%c" is not a valid binary digit`, c)
		}
	}
	if mod > 0 {
		if fixed && len(t) != int(mod) {
			return Null, fault.New("22026", "bit string length %d does not match type bit(%d)", len(t), mod)
		}
		if !fixed && len(t) > int(mod) {
			return Null, fault.New(fault.StringTruncation, "bit string too long for type bit varying(%d)", mod)
		}
	}
	return Text(t), nil
}

// CharOf is a value of "char": the first byte of a text, in the form \ooo when it is none of ASCII.
func CharOf(s string) string {
	octal := func(i int) bool { return s[i] >= '0' && s[i] <= '7' }
	if len(s) == 4 && s[0] == '\\' && octal(1) && octal(2) && octal(3) {
		return CharText((s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0'))
	}
	if s == "" {
		return ""
	}
	return CharText(s[0])
}

// CharText is the value of "char" that a byte is.
func CharText(c byte) string {
	switch {
	case c == 0:
		return ""
	case c >= 0x80:
		return fmt.Sprintf(`\%03o`, c)
	}
	return string(rune(c))
}

// CharCode is the byte of a value of "char".
func CharCode(s string) byte {
	switch len(s) {
	case 0:
		return 0
	case 4:
		return (s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0')
	}
	return s[0]
}

func inputMoney(_ *Env, s string, _ int32) (Datum, error) {
	t := s
	space := func() { t = strings.TrimLeft(t, " \t\n\r\v\f") }
	symbol := func(c string) bool {
		rest, ok := strings.CutPrefix(t, c)
		t = rest
		return ok
	}
	space()
	symbol("$")
	space()
	neg := symbol("-") || symbol("(")
	if !neg {
		symbol("+")
	}
	space()
	symbol("$")
	space()
	// The amount grows below zero, where there is one number more.
	n, over, dot, places := int64(0), false, false, 0
	digit := func(d int64) {
		if n < (math.MinInt64+d)/10 {
			over = true
			return
		}
		n = n*10 - d
	}
	isDigit := func() bool { return t != "" && t[0] >= '0' && t[0] <= '9' }
amount:
	for ; t != ""; t = t[1:] {
		switch {
		case isDigit() && (!dot || places < 2):
			digit(int64(t[0] - '0'))
			if dot {
				places++
			}
		case t[0] == '.' && !dot:
			dot = true
		case t[0] == ',':
		default:
			break amount
		}
	}
	if isDigit() && t[0] >= '5' {
		if n == math.MinInt64 {
			over = true
		} else {
			n--
		}
	}
	for ; places < 2; places++ {
		digit(0)
	}
	for isDigit() {
		t = t[1:]
	}
	if over {
		return Null, inputOutOfRange("money", s)
	}
	for t != "" {
		switch {
		case strings.IndexByte(" \t\n\r\v\f)", t[0]) >= 0:
			t = t[1:]
		case symbol("-"):
			neg = true
		case symbol("+"), symbol("$"):
		default:
			return Null, badInput("money", s)
		}
	}
	if !neg {
		if n == math.MinInt64 {
			return Null, inputOutOfRange("money", s)
		}
		n = -n
	}
	return MoneyDatum(n), nil
}

// MoneyDatum makes an amount of money from cents.
func MoneyDatum(cents int64) Datum {
	s := strconv.FormatInt(cents, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for len(s) < 3 {
		s = "0" + s
	}
	whole, frac := s[:len(s)-2], s[len(s)-2:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return Text(sign + "$" + whole + "." + frac)
}

// MoneyCents reads a canonical amount of money.
func MoneyCents(s string) int64 {
	i, _ := strconv.ParseInt(strings.NewReplacer("$", "", ",", "", ".", "").Replace(s), 10, 64)
	return i
}

// MoneyDec reads a canonical amount of money as a number with two decimals.
func MoneyDec(s string) Dec {
	d, err := ParseDec(strings.NewReplacer("$", "", ",", "").Replace(s))
	if err != nil {
		return DecInt(0)
	}
	return d
}

func enumOps(t *catalog.Type) *Ops {
	rank := make(map[string]int, len(t.Labels))
	for i, l := range t.Labels {
		rank[l] = i
	}
	return textOps(t.OID, t.Name, func(_ *Env, s string, _ int32) (Datum, error) {
		if _, ok := rank[s]; !ok {
			return Null, fault.New(fault.InvalidTextRepresentation, `invalid input value for enum %s: "%s"`, t.Name, s)
		}
		return Text(s), nil
	}, func(a, b Datum) int { return cmp.Compare(rank[a.s], rank[b.s]) })
}
