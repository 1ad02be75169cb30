package builtin

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerNumberFormat registers to_char of numbers and to_number.
func registerNumberFormat(r registry) {
	for _, typ := range []string{"int4", "int8", "numeric", "float4", "float8"} {
		r.fn("to_char("+typ+",text)", func(_ *Ctx, a []datum) (datum, error) {
			if a[1].Str() == "" {
				return text(""), nil
			}
			t, err := parseNumberTemplate(a[1].Str())
			if err != nil {
				return value.Null, err
			}
			return t.format(typ, a[0])
		})
	}
	r.fn("to_number(text,text)", func(_ *Ctx, a []datum) (datum, error) {
		if a[1].Str() == "" {
			return value.Null, nil
		}
		t, err := parseNumberTemplate(a[1].Str())
		if err != nil {
			return value.Null, err
		}
		return t.read(a[0].Str())
	})
}

// signPlace is where the sign of pattern S goes.
type signPlace uint8

const (
	noSign signPlace = iota
	signBefore
	signAfter
)

// numberTemplate is a template of numbers and what its patterns say together.
type numberTemplate struct {
	nodes     []templateNode
	pre, post int // digits before and after the point
	shift     int // digits behind V
	// The first 0 before the point, from 1 on, 0 if there is none; zeroEnd is the last 0 anywhere.
	zeroStart, zeroEnd int
	lsign              signPlace
	preAtSign          int

	zero, point, fill, s, minus, plus, bracket, roman, v, exponent, blank bool
}

func parseNumberTemplate(f string) (*numberTemplate, error) {
	t := &numberTemplate{}
	nodes, err := parseTemplate(f, numberKeys, false, t.see)
	t.nodes = nodes
	return t, err
}

// see takes in one pattern.
func (t *numberTemplate) see(k *templateKey) error {
	bad := func(format string, args ...any) error { return fault.New(fault.SyntaxError, format, args...) }
	if t.exponent && k.id != "EEEE" {
		return bad(`"EEEE" must be the last pattern used`)
	}
	switch k.id {
	case "9":
		switch {
		case t.bracket:
			return bad(`"9" must be ahead of "PR"`)
		case t.v:
			t.shift++
		case t.point:
			t.post++
		default:
			t.pre++
		}
	case "0":
		if t.bracket {
			return bad(`"0" must be ahead of "PR"`)
		}
		if !t.zero && !t.point {
			t.zero, t.zeroStart = true, t.pre+1
		}
		if t.point {
			t.post++
		} else {
			t.pre++
		}
		t.zeroEnd = t.pre + t.post
	case "B":
		t.blank = t.blank || t.pre == 0 && t.post == 0 && !t.zero
	case ".", "D":
		if t.point {
			return bad("multiple decimal points")
		}
		if t.v {
			return bad(`cannot use "V" and decimal point together`)
		}
		t.point = true
	case "FM":
		t.fill = true
	case "S":
		if t.s {
			return bad(`cannot use "S" twice`)
		}
		if t.plus || t.minus || t.bracket {
			return bad(`cannot use "S" and "PL"/"MI"/"SG"/"PR" together`)
		}
		t.s = true
		if t.lsign = signAfter; !t.point {
			t.lsign, t.preAtSign = signBefore, t.pre
		}
	case "MI", "PL", "SG":
		if t.s {
			return bad(`cannot use "S" and "%s" together`, k.id)
		}
		t.minus = t.minus || k.id != "PL"
		t.plus = t.plus || k.id != "MI"
	case "PR":
		if t.s || t.plus || t.minus {
			return bad(`cannot use "PR" and "S"/"PL"/"MI"/"SG" together`)
		}
		t.bracket = true
	case "RN":
		t.roman = true
	case "V":
		if t.point {
			return bad(`cannot use "V" and decimal point together`)
		}
		t.v = true
	case "EEEE":
		if t.exponent {
			return bad(`cannot use "EEEE" twice`)
		}
		if t.blank || t.fill || t.s || t.bracket || t.minus || t.plus || t.roman || t.v {
			return fault.New(fault.SyntaxError, `"EEEE" is incompatible with other formats`).
				WithDetail(`"EEEE" may only be used together with digit and decimal point patterns.`)
		}
		t.exponent = true
	}
	return nil
}

// format prints a number of a type.
func (t *numberTemplate) format(typ string, d datum) (datum, error) {
	if t.roman {
		n, err := romanNumber(typ, d)
		if err != nil {
			return value.Null, err
		}
		return t.render(roman(n), 0, 0)
	}
	if t.exponent {
		return text(t.scientific(typ, d)), nil
	}
	digits, negative, err := t.digits(typ, d)
	if err != nil {
		return value.Null, err
	}
	pre := len(digits)
	if i := strings.IndexByte(digits, '.'); i >= 0 {
		pre = i
	}
	spaces := max(t.pre-pre, 0)
	if pre > t.pre {
		b := []byte(strings.Repeat("#", t.pre+t.post+1))
		b[t.pre] = '.'
		digits = string(b)
	}
	sign := byte('+')
	if negative {
		sign = '-'
	}
	return t.render(digits, spaces, sign)
}

// digits are the number's, without its sign, with as many after the point as the template has.
func (t *numberTemplate) digits(typ string, d datum) (digits string, negative bool, err error) {
	switch typ {
	case "int4", "int8":
		n := d.Int64()
		if t.v {
			factor := math.Pow10(t.shift)
			if typ == "int4" {
				n = int64(int32(n * int64(int32(toInt64(factor, 32)))))
			} else if factor >= math.MaxInt64 {
				return "", false, rangeError("bigint")
			} else {
				var ok bool
				if n, ok = mulInt(n, int64(factor)); !ok {
					return "", false, rangeError("bigint")
				}
			}
			t.pre += t.shift
		}
		digits = strconv.FormatInt(n, 10)
		if t.post > 0 {
			digits += "." + strings.Repeat("0", t.post)
		}
	case "numeric":
		v := value.DecOf(d)
		if t.v {
			p, err := value.DecInt(10).Power(value.DecInt(int64(t.shift)))
			if err != nil {
				return "", false, err
			}
			v = v.Mul(p)
			t.pre += t.shift
		}
		digits = v.Round(t.post).String()
	default:
		f, precise := d.Float64(), 15
		if typ == "float4" {
			precise = 6
		}
		if t.v {
			factor := math.Pow10(t.shift)
			if f *= factor; typ == "float4" {
				f = single(d.Float64() * single(factor))
			}
			t.pre += t.shift
		}
		whole := fixedFloat(math.Abs(f), 0)
		if len(whole) >= precise {
			t.post = 0
		} else {
			t.post = min(t.post, precise-len(whole))
		}
		digits = fixedFloat(f, t.post)
	}
	digits, negative = strings.CutPrefix(digits, "-")
	return digits, negative, nil
}

func toInt64(f float64, bits int) int64 {
	if math.Abs(f) >= math.Pow(2, float64(bits-1)) {
		return -1 << (bits - 1)
	}
	return int64(f)
}

func fixedFloat(f float64, places int) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		return strings.Repeat("-", map[bool]int{true: 1}[f < 0]) + "Infinity"
	}
	return strconv.FormatFloat(f, 'f', places, 64)
}

func romanNumber(typ string, d datum) (int64, error) {
	switch typ {
	case "int4":
		return d.Int64(), nil
	case "int8":
		_, err := width(d.Int64(), 4)
		return d.Int64(), err
	case "numeric":
		return toInt(value.DecOf(d).Round(0), "integer")
	}
	f := math.RoundToEven(d.Float64())
	if math.IsNaN(f) {
		return 0, nil
	}
	return toInt64(f, 32), nil
}

// scientific prints with pattern EEEE.
func (t *numberTemplate) scientific(typ string, d datum) string {
	s := ""
	special := false
	switch typ {
	case "int4":
		s = strconv.FormatFloat(float64(d.Int64()), 'e', t.post, 64)
	case "float4", "float8":
		f := d.Float64()
		special = math.IsNaN(f) || math.IsInf(f, 0)
		s = strconv.FormatFloat(f, 'e', t.post, 64)
	default:
		v := value.DecInt(d.Int64())
		if typ == "numeric" {
			v = value.DecOf(d)
		}
		special = !v.IsFinite()
		s = v.Scientific(t.post)
	}
	if special {
		b := []byte(" " + strings.Repeat("#", t.pre+t.post+5))
		b[t.pre+1] = '.'
		return string(b)
	}
	if s[0] != '-' {
		s = " " + s
	}
	return s
}

// numberWriter lays out a number's digits along a template.
type numberWriter struct {
	*numberTemplate
	number       string
	at           int // the next digit of number
	spaces       int // places before the first digit
	sign         byte
	signWritten  bool
	inNumber     bool
	place, count int // of digits and points, and the last one
	last         int // the last digit after the point that has to be shown, -1 if all are
	out          []byte
}

// render lays out digits. What the number does not have ends the text, as in PostgreSQL, where it is the end of a C string.
func (t *numberTemplate) render(number string, spaces int, sign byte) (datum, error) {
	w := &numberWriter{numberTemplate: t, number: number, spaces: spaces, sign: sign, last: -1}
	if t.zeroStart > 0 {
		t.zeroStart--
	}
	if t.roman {
		*t = numberTemplate{nodes: t.nodes, fill: t.fill, roman: true}
	}
	if t.plus || t.minus {
		w.signWritten = t.minus
	} else {
		if sign != '-' && t.fill {
			t.bracket = false
		}
		w.signWritten = sign == '+' && t.fill && !t.s
		if t.lsign == signBefore && t.pre == t.preAtSign {
			t.lsign = signAfter
		}
	}
	w.count = t.post + t.pre - 1
	if t.fill && t.point {
		w.last = lastRelevant(number)
		if w.last >= 0 && t.zeroEnd > spaces {
			w.last = max(w.last, min(len(number)-1, t.zeroEnd-spaces))
		}
	}
	if !w.signWritten && spaces == 0 {
		w.count++
	}
	for _, n := range t.nodes {
		if n.key == nil {
			w.out = append(w.out, n.char...)
			continue
		}
		if err := w.pattern(n.key); err != nil {
			return value.Null, err
		}
	}
	s, _, _ := strings.Cut(string(w.out), "\x00")
	return text(s), nil
}

// lastRelevant is the place of the last digit after the point that is not zero, or of the point; -1 without a point.
func lastRelevant(number string) int {
	i := strings.IndexByte(number, '.')
	if i < 0 {
		return -1
	}
	return max(i, len(strings.TrimRight(number, "0"))-1)
}

func (w *numberWriter) put(s string) { w.out = append(w.out, s...) }

func (w *numberWriter) pattern(k *templateKey) error {
	// one writes a character, and with FM nothing in the place of a blank
	one := func(c byte) {
		if c != ' ' || !w.fill {
			w.out = append(w.out, c)
		}
	}
	when := func(is bool, c byte) byte {
		if is {
			return c
		}
		return ' '
	}
	switch k.id {
	case "9", "0", ".", "D":
		if !w.roman {
			w.numberPart(k.id == "0")
		}
	case ",", "G":
		one(when(w.inNumber, ','))
	case "L":
		w.put(" ")
	case "RN":
		s := w.number
		if k.name == "rn" {
			s = strings.ToLower(s)
		}
		if !w.fill {
			s = strings.Repeat(" ", max(15-len(s), 0)) + s
		}
		w.put(s)
	case "TH":
		if w.roman || strings.HasPrefix(w.number, "#") || w.sign == '-' || w.point {
			return nil
		}
		th, err := ordinal(w.number, k.name == "th")
		w.put(th)
		return err
	case "MI":
		one(when(w.sign == '-', '-'))
	case "PL":
		one(when(w.sign == '+', '+'))
	case "SG":
		w.out = append(w.out, w.sign)
	}
	return nil
}

// digit is the number's next character, 0 at its end.
func (w *numberWriter) digit() byte {
	if w.at < len(w.number) {
		return w.number[w.at]
	}
	return 0
}

// numberPart writes a digit or the point, and the sign when it is time.
func (w *numberWriter) numberPart(zero bool) {
	w.inNumber = false
	lastIsPoint := w.last >= 0 && w.number[w.last] == '.'
	// A zero before the point is not written where the template has no 0.
	bare := !w.zero && w.at == 0 && w.digit() == '0' && w.post != 0
	if !w.signWritten && (w.place >= w.spaces || w.zero && w.zeroStart == w.place) && (!bare || lastIsPoint) {
		w.writeSign()
	}
	switch {
	case w.place < w.spaces && (w.zeroStart > w.place || !w.zero):
		if !w.fill {
			w.put(" ")
		}
	case w.place < w.spaces:
		w.put("0")
		w.inNumber = true
	default:
		switch c := w.digit(); {
		case c == '.':
			if !lastIsPoint || w.fill {
				w.put(".")
			}
		case w.last >= 0 && w.at > w.last && !zero:
		case bare:
			if !w.fill {
				w.put(" ")
			} else if lastIsPoint {
				w.put("0")
			}
		default:
			w.out = append(w.out, c)
			w.inNumber = true
		}
		if w.at < len(w.number) {
			w.at++
		}
	}
	end := w.count
	if w.spaces > 0 {
		end++
	}
	if w.point {
		end++
	}
	if w.last >= 0 && w.last == w.at {
		end = w.place
	}
	if w.place+1 == end {
		if w.signWritten && w.bracket {
			w.put(map[bool]string{true: " ", false: ">"}[w.sign == '+'])
		} else if w.lsign == signAfter {
			w.out = append(w.out, w.sign)
		}
	}
	w.place++
}

func (w *numberWriter) writeSign() {
	switch {
	case w.s:
		if w.lsign != signBefore {
			return
		}
		w.out = append(w.out, w.sign)
	case w.bracket:
		w.put(map[bool]string{true: " ", false: "<"}[w.sign == '+'])
	case w.sign == '+':
		if !w.fill {
			w.put(" ")
		}
	case w.sign == '-':
		w.put("-")
	default:
		return
	}
	w.signWritten = true
}

func roman(n int64) string {
	if n < 1 || n > 3999 {
		return strings.Repeat("#", 15)
	}
	var b strings.Builder
	for _, r := range []struct {
		v int64
		s string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for n >= r.v {
			b.WriteString(r.s)
			n -= r.v
		}
	}
	return b.String()
}

// numberReader reads a number along a template.
type numberReader struct {
	*numberTemplate
	s         string
	i         int
	sign      byte // ' ' until there is one
	digits    []byte
	pre, post int // digits read
	point     bool
}

// read is to_number.
func (t *numberTemplate) read(s string) (datum, error) {
	if t.exponent {
		return value.Null, fault.New(fault.FeatureNotSupported, `"EEEE" not supported for input`)
	}
	if t.roman {
		return value.Null, fault.New(fault.FeatureNotSupported, `"RN" not supported for input`)
	}
	r := &numberReader{numberTemplate: t, s: s, sign: ' '}
	for _, n := range t.nodes {
		if r.ended() {
			break
		}
		r.pattern(n)
	}
	out := string(r.sign) + strings.TrimSuffix(string(r.digits), ".")
	precision := t.pre + t.shift + r.post
	d, err := value.ParseDec(out)
	if err != nil {
		return value.Null, err
	}
	if d, err = value.FitNumeric(d, int32(precision<<16|r.post)+4); err != nil {
		return value.Null, err
	}
	if t.v {
		p, err := value.DecInt(10).Power(value.DecInt(int64(-t.shift)))
		if err != nil {
			return value.Null, err
		}
		d = d.Mul(p)
	}
	return d.Datum(), nil
}

func (r *numberReader) ended() bool { return r.i >= len(r.s) }

// skip passes over characters that are no part of a number.
func (r *numberReader) skip(n int) {
	for ; n > 0 && !r.ended() && strings.IndexByte("0123456789.,+-", r.s[r.i]) < 0; n-- {
		_, size := utf8.DecodeRuneInString(r.s[r.i:])
		r.i += size
	}
}

func (r *numberReader) pattern(n templateNode) {
	if n.key == nil {
		_, size := utf8.DecodeRuneInString(r.s[r.i:])
		r.i += size
		return
	}
	signs := func(allowed string) {
		if c := r.s[r.i]; strings.IndexByte(allowed, c) >= 0 {
			r.sign = c
			r.i++
			return
		}
		r.skip(1)
	}
	switch n.key.id {
	case "9", "0", ".", "D":
		r.numberPart(n.key.id == "9" || n.key.id == "0")
		r.i++
	case ",", "G":
		if r.s[r.i] == ',' && !r.fill {
			r.i++
		}
	case "L":
		r.skip(1)
	case "TH":
		if r.sign != '#' && !r.numberTemplate.point {
			r.skip(2)
		}
	case "MI":
		signs("-")
	case "PL":
		signs("+")
	case "SG":
		signs("-+")
	}
}

// numberPart reads a digit or the point, with the sign before or after it. It stops at the last character that it takes.
func (r *numberReader) numberPart(digit bool) {
	if r.s[r.i] == ' ' {
		r.i++
	}
	if r.ended() {
		return
	}
	if r.sign == ' ' && digit && r.pre+r.post == 0 {
		c := r.s[r.i]
		switch {
		case r.numberTemplate.s && r.lsign == signBefore:
			if c == '-' || c == '+' {
				r.sign = c
				r.i++
			}
		case c == '-' || r.bracket && c == '<':
			r.sign = '-'
			r.i++
		case c == '+':
			r.sign = '+'
			r.i++
		}
	}
	if r.ended() {
		return
	}
	read := false
	switch c := r.s[r.i]; {
	case c >= '0' && c <= '9':
		if r.point && r.post == r.numberTemplate.post {
			return
		}
		r.digits = append(r.digits, c)
		if r.point {
			r.post++
		} else {
			r.pre++
		}
		read = true
	case r.numberTemplate.point && !r.point && c == '.':
		r.digits = append(r.digits, '.')
		r.point, read = true, true
	}
	if r.ended() || r.sign != ' ' || r.pre+r.post == 0 {
		return
	}
	switch {
	case r.numberTemplate.s && read && r.i+1 < len(r.s) && !(r.s[r.i+1] >= '0' && r.s[r.i+1] <= '9'):
		if c := r.s[r.i+1]; c == '-' || c == '+' {
			r.sign = c
			r.i++
		}
	case !read && !r.numberTemplate.s && (r.plus || r.minus):
		if c := r.s[r.i]; c == '-' || c == '+' {
			r.sign = c
		}
	}
}
