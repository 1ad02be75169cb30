package value

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
)

// Dec is a PostgreSQL numeric: an exact decimal with a display scale, NaN, or an infinity. The zero value is 0. Values do not change.
type Dec struct {
	special decSpecial
	scale   int32    // digits after the point, ≥ 0
	small   int64    // the coefficient when big is nil
	big     *big.Int // the coefficient when it does not fit small
}

type decSpecial uint8

const (
	finite decSpecial = iota
	negInf
	posInf
	nan
)

// DecNaN is numeric's NaN.
var DecNaN = Dec{special: nan}

const (
	maxDecScale  = 16383
	maxDecWeight = 131072 // digits before the point
	minSigDigits = 16
	maxDispScale = 1000
)

var (
	ten    = big.NewInt(10)
	pow10s [19]int64
)

func init() {
	pow10s[0] = 1
	for i := 1; i < len(pow10s); i++ {
		pow10s[i] = pow10s[i-1] * 10
	}
}

// DecInt makes the numeric of an integer.
func DecInt(i int64) Dec { return Dec{small: i} }

// DecOf is the numeric of a Text datum in numeric's canonical form, or of a number.
func DecOf(d Datum) Dec {
	switch d.kind {
	case KindInt:
		return DecInt(int64(d.n))
	case KindFloat:
		return DecFloat(d.Float64(), 64)
	}
	v, err := ParseDec(d.s)
	if err != nil {
		panic("value: not a canonical numeric: " + d.s)
	}
	return v
}

func makeDec(c *big.Int, scale int32) Dec {
	if c.IsInt64() {
		return Dec{small: c.Int64(), scale: scale}
	}
	return Dec{big: c, scale: scale}
}

// ParseDec reads the text of a numeric.
func ParseDec(s string) (Dec, error) {
	t := strings.Trim(s, " \t\n\r\v\f")
	if d, ok := parsePlainDec(t); ok {
		return d, nil
	}
	body, neg := t, false
	if body != "" && (body[0] == '-' || body[0] == '+') {
		neg, body = body[0] == '-', body[1:]
	}
	switch l := strings.ToLower(body); l {
	case "nan":
		if body == t {
			return DecNaN, nil
		}
		return Dec{}, badInput("numeric", s)
	case "infinity", "inf":
		if neg {
			return Dec{special: negInf}, nil
		}
		return Dec{special: posInf}, nil
	}
	mant, expText, hasExp := body, "", false
	if i := strings.IndexAny(body, "eE"); i >= 0 {
		mant, expText, hasExp = body[:i], body[i+1:], true
	}
	exp := 0
	if hasExp {
		e, err := strconv.Atoi(expText)
		if err != nil {
			if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange {
				return Dec{}, outOfRangeNumeric()
			}
			return Dec{}, badInput("numeric", s)
		}
		exp = e
	}
	whole, frac, _ := strings.Cut(mant, ".")
	if whole == "" && frac == "" {
		return Dec{}, badInput("numeric", s)
	}
	digits := whole + frac
	for i := 0; i < len(digits); i++ {
		if digits[i] < '0' || digits[i] > '9' {
			return Dec{}, badInput("numeric", s)
		}
	}
	if exp > maxDecWeight+maxDecScale || exp < -(maxDecWeight+maxDecScale) || len(digits) > maxDecWeight+maxDecScale {
		return Dec{}, outOfRangeNumeric()
	}
	scale := len(frac) - exp
	c, _ := new(big.Int).SetString(digits, 10)
	if neg {
		c.Neg(c)
	}
	if scale < 0 {
		c.Mul(c, pow10(-scale))
		scale = 0
	}
	d := makeDec(c, int32(scale))
	if scale > maxDecScale {
		d.scale = int32(scale)
		d = d.Round(maxDecScale)
	}
	return d.check()
}

// parsePlainDec reads the common form, up to 18 digits.
func parsePlainDec(s string) (Dec, bool) {
	i, neg := 0, false
	if s != "" && s[0] == '-' {
		i, neg = 1, true
	}
	if i == len(s) || len(s)-i > 19 {
		return Dec{}, false
	}
	var n int64
	point, digits := -1, 0
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
			digits++
		case c == '.' && point < 0:
			point = i
		default:
			return Dec{}, false
		}
	}
	if digits == 0 || digits > 18 {
		return Dec{}, false
	}
	var scale int32
	if point >= 0 {
		scale = int32(len(s) - point - 1)
	}
	if neg {
		n = -n
	}
	return Dec{small: n, scale: scale}, true
}

func outOfRangeNumeric() *fault.Error {
	return fault.New(fault.NumericOutOfRange, "value overflows numeric format")
}

// check refuses what numeric's format cannot hold.
func (d Dec) check() (Dec, error) {
	if d.big != nil && d.special == finite {
		if digits := d.digits() - int(d.scale); digits > maxDecWeight {
			return Dec{}, outOfRangeNumeric()
		}
	}
	return d, nil
}

func pow10(n int) *big.Int {
	if n < len(pow10s) {
		return big.NewInt(pow10s[n])
	}
	return new(big.Int).Exp(ten, big.NewInt(int64(n)), nil)
}

func (d Dec) coef() *big.Int {
	if d.big != nil {
		return d.big
	}
	return big.NewInt(d.small)
}

// digits is the number of decimal digits of the coefficient, 0 for zero.
func (d Dec) digits() int {
	if d.big == nil {
		n, v := 0, d.small
		for v != 0 {
			v /= 10
			n++
		}
		return n
	}
	return len(new(big.Int).Abs(d.big).String())
}

// String is PostgreSQL's output.
func (d Dec) String() string {
	switch d.special {
	case nan:
		return "NaN"
	case posInf:
		return "Infinity"
	case negInf:
		return "-Infinity"
	}
	var s string
	if d.big == nil {
		s = strconv.FormatInt(d.small, 10)
	} else {
		s = d.big.String()
	}
	if d.scale == 0 {
		return s
	}
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	sc := int(d.scale)
	if len(s) <= sc {
		s = strings.Repeat("0", sc-len(s)+1) + s
	}
	return sign + s[:len(s)-sc] + "." + s[len(s)-sc:]
}

// Datum is the canonical datum.
func (d Dec) Datum() Datum { return Text(d.String()) }

// Scale is the display scale.
func (d Dec) Scale() int { return int(d.scale) }

// IsNaN reports NaN.
func (d Dec) IsNaN() bool { return d.special == nan }

// Inf is +1 or -1 for the infinities, else 0.
func (d Dec) Inf() int {
	switch d.special {
	case posInf:
		return 1
	case negInf:
		return -1
	}
	return 0
}

// IsFinite reports whether d is a number.
func (d Dec) IsFinite() bool { return d.special == finite }

// Sign is -1, 0 or +1; NaN's is 0.
func (d Dec) Sign() int {
	switch d.special {
	case posInf:
		return 1
	case negInf:
		return -1
	case nan:
		return 0
	}
	if d.big != nil {
		return d.big.Sign()
	}
	switch {
	case d.small < 0:
		return -1
	case d.small > 0:
		return 1
	}
	return 0
}

// Neg is -d.
func (d Dec) Neg() Dec {
	switch d.special {
	case posInf:
		return Dec{special: negInf}
	case negInf:
		return Dec{special: posInf}
	case nan:
		return d
	}
	if d.big == nil && d.small != math.MinInt64 {
		return Dec{small: -d.small, scale: d.scale}
	}
	return makeDec(new(big.Int).Neg(d.coef()), d.scale)
}

// Abs is |d|.
func (d Dec) Abs() Dec {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// rescaled is the coefficient at a scale that is not smaller.
func (d Dec) rescaled(scale int32) *big.Int {
	if scale == d.scale {
		return d.coef()
	}
	return new(big.Int).Mul(d.coef(), pow10(int(scale-d.scale)))
}

// smallAt is rescaled in int64, if it fits.
func (d Dec) smallAt(scale int32) (int64, bool) {
	if d.big != nil {
		return 0, false
	}
	diff := scale - d.scale
	if diff == 0 {
		return d.small, true
	}
	if int(diff) >= len(pow10s) {
		return 0, d.small == 0
	}
	p := pow10s[diff]
	r := d.small * p
	if d.small != 0 && (r/p != d.small || d.small == math.MinInt64) {
		return 0, false
	}
	return r, true
}

// Cmp is numeric's order: -Infinity < numbers < Infinity < NaN.
func (d Dec) Cmp(o Dec) int {
	if d.special != finite || o.special != finite {
		rank := func(s decSpecial) int {
			return [...]int{finite: 1, negInf: 0, posInf: 2, nan: 3}[s]
		}
		return rank(d.special) - rank(o.special)
	}
	scale := max(d.scale, o.scale)
	if a, ok := d.smallAt(scale); ok {
		if b, ok := o.smallAt(scale); ok {
			switch {
			case a < b:
				return -1
			case a > b:
				return 1
			}
			return 0
		}
	}
	return d.rescaled(scale).Cmp(o.rescaled(scale))
}

// CompareNumeric compares two canonical numerics.
func CompareNumeric(a, b string) int {
	if a == b {
		return 0
	}
	x, errA := ParseDec(a)
	y, errB := ParseDec(b)
	if errA != nil || errB != nil {
		return strings.Compare(a, b)
	}
	return x.Cmp(y)
}

// Add is d + o.
func (d Dec) Add(o Dec) Dec {
	if d.special != finite || o.special != finite {
		switch {
		case d.special == nan || o.special == nan || d.Inf()*o.Inf() < 0:
			return DecNaN
		case d.special != finite:
			return d
		}
		return o
	}
	scale := max(d.scale, o.scale)
	if a, ok := d.smallAt(scale); ok {
		if b, ok := o.smallAt(scale); ok {
			if s := a + b; (s > a) == (b > 0) {
				return Dec{small: s, scale: scale}
			}
		}
	}
	return makeDec(new(big.Int).Add(d.rescaled(scale), o.rescaled(scale)), scale)
}

// Sub is d - o.
func (d Dec) Sub(o Dec) Dec { return d.Add(o.Neg()) }

// Mul is d × o.
func (d Dec) Mul(o Dec) Dec {
	if d.special != finite || o.special != finite {
		switch s := d.Sign() * o.Sign(); {
		case d.special == nan || o.special == nan || s == 0:
			return DecNaN
		case s > 0:
			return Dec{special: posInf}
		}
		return Dec{special: negInf}
	}
	scale := d.scale + o.scale
	var r Dec
	if p := d.small * o.small; d.big == nil && o.big == nil && (d.small == 0 || (p/d.small == o.small && d.small != math.MinInt64 && o.small != math.MinInt64)) {
		r = Dec{small: p, scale: scale}
	} else {
		r = makeDec(new(big.Int).Mul(d.coef(), o.coef()), scale)
	}
	if scale > maxDecScale {
		return r.Round(maxDecScale)
	}
	return r
}

func divisionByZero() error { return fault.New(fault.DivisionByZero, "division by zero") }

// weight is the place of the first base-10000 digit and that digit, as PostgreSQL's variables hold them.
func (d Dec) weight() (weight, first int) {
	n := d.digits()
	if n == 0 {
		return 0, 0
	}
	lead := n - int(d.scale) - 1 // power of ten of the first decimal digit
	weight = floorDiv(lead, 4)
	take := lead - 4*weight + 1
	s := new(big.Int).Abs(d.coef()).String()
	for len(s) < take {
		s += "0"
	}
	first, _ = strconv.Atoi(s[:take])
	return weight, first
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// divScale is the scale of a quotient (PostgreSQL's select_div_scale).
func (d Dec) divScale(o Dec) int32 {
	w1, f1 := d.weight()
	w2, f2 := o.weight()
	qw := w1 - w2
	if f1 <= f2 {
		qw--
	}
	scale := int32(minSigDigits - qw*4)
	return min(max(scale, d.scale, o.scale, 0), maxDispScale)
}

// Div is d / o with PostgreSQL's scale; dividing by zero is an error.
func (d Dec) Div(o Dec) (Dec, error) {
	if d.special != finite || o.special != finite {
		switch {
		case d.special == nan || o.special == nan || (d.Inf() != 0 && o.Inf() != 0):
			return DecNaN, nil
		case o.special != finite:
			return Dec{}, nil
		case o.Sign() == 0:
			return Dec{}, divisionByZero()
		case d.Sign()*o.Sign() > 0:
			return Dec{special: posInf}, nil
		}
		return Dec{special: negInf}, nil
	}
	if o.Sign() == 0 {
		return Dec{}, divisionByZero()
	}
	return d.quo(o, d.divScale(o)), nil
}

// quo is d / o rounded half away from zero at scale.
func (d Dec) quo(o Dec, scale int32) Dec {
	num, den := new(big.Int).Set(d.coef()), new(big.Int).Set(o.coef())
	if shift := int(scale + o.scale - d.scale); shift >= 0 {
		num.Mul(num, pow10(shift))
	} else {
		den.Mul(den, pow10(-shift))
	}
	return makeDec(divRound(num, den), scale)
}

func divRound(num, den *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(num, den, new(big.Int))
	r.Abs(r).Lsh(r, 1)
	if r.CmpAbs(den) >= 0 {
		if num.Sign()*den.Sign() < 0 {
			q.Sub(q, big.NewInt(1))
		} else {
			q.Add(q, big.NewInt(1))
		}
	}
	return q
}

// QuoInt is the whole part of d / o (PostgreSQL's div function).
func (d Dec) QuoInt(o Dec) (Dec, error) {
	if d.special != finite || o.special != finite {
		return d.Div(o)
	}
	if o.Sign() == 0 {
		return Dec{}, divisionByZero()
	}
	scale := max(d.scale, o.scale)
	return makeDec(new(big.Int).Quo(d.rescaled(scale), o.rescaled(scale)), 0), nil
}

// Mod is the remainder with the sign of d.
func (d Dec) Mod(o Dec) (Dec, error) {
	if d.special != finite || o.special != finite {
		switch {
		case d.special == nan || o.special == nan || (d.Inf() != 0 && o.Sign() != 0):
			return DecNaN, nil
		case o.Sign() == 0:
			return Dec{}, divisionByZero()
		}
		return d, nil
	}
	if o.Sign() == 0 {
		return Dec{}, divisionByZero()
	}
	scale := max(d.scale, o.scale)
	return makeDec(new(big.Int).Rem(d.rescaled(scale), o.rescaled(scale)), scale), nil
}

// Round rounds half away from zero at n digits after the point; n may be negative.
func (d Dec) Round(n int) Dec { return d.cut(n, true) }

// Trunc cuts at n digits after the point; n may be negative.
func (d Dec) Trunc(n int) Dec { return d.cut(n, false) }

func (d Dec) cut(n int, round bool) Dec {
	if d.special != finite {
		return d
	}
	n = min(max(n, -maxDecWeight), maxDecScale)
	if n >= int(d.scale) {
		if a, ok := d.smallAt(int32(n)); ok {
			return Dec{small: a, scale: int32(n)}
		}
		return makeDec(d.rescaled(int32(n)), int32(n))
	}
	p := pow10(int(d.scale) - n)
	var q *big.Int
	if round {
		q = divRound(d.coef(), p)
	} else {
		q = new(big.Int).Quo(d.coef(), p)
	}
	if n < 0 {
		return makeDec(q.Mul(q, pow10(-n)), 0)
	}
	return makeDec(q, int32(n))
}

// Floor is the greatest whole number not above d.
func (d Dec) Floor() Dec {
	t := d.Trunc(0)
	if d.special == finite && d.Cmp(t) < 0 {
		return t.Sub(DecInt(1))
	}
	return t
}

// Ceil is the smallest whole number not below d.
func (d Dec) Ceil() Dec { return d.Neg().Floor().Neg() }

// TrimScale drops trailing zeros after the point.
func (d Dec) TrimScale() Dec {
	if d.special != finite || d.scale == 0 {
		return d
	}
	return d.Round(d.MinScale())
}

// MinScale is the smallest scale that holds d exactly.
func (d Dec) MinScale() int {
	n, c := int(d.scale), d.coef()
	r := new(big.Int)
	for n > 0 {
		q, rem := new(big.Int).QuoRem(c, ten, r)
		if rem.Sign() != 0 {
			break
		}
		c = q
		n--
	}
	return n
}

// Int64 rounds to a bigint; false if out of range or not a number.
func (d Dec) Int64() (int64, bool) {
	if d.special != finite {
		return 0, false
	}
	r := d.Round(0)
	return r.small, r.big == nil
}

// Float64 is the nearest double.
func (d Dec) Float64() float64 {
	switch d.special {
	case nan:
		return math.NaN()
	case posInf:
		return math.Inf(1)
	case negInf:
		return math.Inf(-1)
	}
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}

// DecFloat is the numeric of a float8 or float4 (bits 64, 32): 15 or 6 significant digits, as PostgreSQL casts.
func DecFloat(f float64, bits int) Dec {
	switch {
	case math.IsNaN(f):
		return DecNaN
	case math.IsInf(f, 1):
		return Dec{special: posInf}
	case math.IsInf(f, -1):
		return Dec{special: negInf}
	}
	digits := 15
	if bits == 32 {
		digits = 6
	}
	s := strconv.FormatFloat(f, 'e', digits-1, 64)
	mant, exp, _ := strings.Cut(s, "e")
	mant = strings.TrimRight(strings.TrimRight(mant, "0"), ".")
	d, err := ParseDec(mant + "e" + exp)
	if err != nil {
		panic("value: float text: " + s)
	}
	return d
}

// Scientific prints a finite number with an exponent, and so many places after the point. As in PostgreSQL a significand that rounds up to 10 stays that.
func (d Dec) Scientific(places int) string {
	if !d.IsFinite() {
		return d.String()
	}
	c := new(big.Int).Set(d.coef())
	first := len(new(big.Int).Abs(c).String()) - 1 // digits behind the first
	exponent := first - int(d.scale)
	if c.Sign() == 0 {
		exponent = 0
	}
	return fmt.Sprintf("%se%+03d", makeDec(c, int32(first)).Round(places).String(), exponent)
}

// GCD is the greatest common divisor, with the greater of the two scales.
func (d Dec) GCD(o Dec) Dec {
	if !d.IsFinite() || !o.IsFinite() {
		return Dec{special: nan}
	}
	scale := max(d.scale, o.scale)
	return makeDec(new(big.Int).GCD(nil, nil, d.Abs().rescaled(scale), o.Abs().rescaled(scale)), scale)
}

// LCM is the least common multiple.
func (d Dec) LCM(o Dec) (Dec, error) {
	g := d.GCD(o)
	if g.Sign() == 0 || !g.IsFinite() {
		return g, nil
	}
	scale := g.scale
	a, b := d.Abs().rescaled(scale), o.Abs().rescaled(scale)
	q := new(big.Int).Quo(a, g.rescaled(scale))
	return makeDec(q.Mul(q, b), scale).check()
}

// Sqrt is the square root.
func (d Dec) Sqrt() (Dec, error) {
	switch {
	case d.special == nan || d.special == posInf:
		return d, nil
	case d.Sign() < 0:
		return Dec{}, fault.New("2201F", "cannot take square root of a negative number")
	}
	w, _ := d.weight()
	sweight := w*4/2 + 1
	scale := min(max(int32(minSigDigits-sweight), d.scale, 0), maxDispScale)
	return d.sqrtAt(scale), nil
}

// Deviation is the square root of a variance, with as many digits behind the point.
func (d Dec) Deviation() (Dec, error) {
	if d.special != finite || d.Sign() < 0 {
		return d.Sqrt()
	}
	return d.sqrtAt(d.scale), nil
}

func (d Dec) sqrtAt(scale int32) Dec {
	// One digit more, then round: the square root of an integer is exact to the floor, and a floor's next digit decides.
	shift := int(2*(scale+1)) - int(d.scale)
	c := new(big.Int).Set(d.coef())
	if shift >= 0 {
		c.Mul(c, pow10(shift))
	} else {
		c.Quo(c, pow10(-shift))
	}
	return makeDec(c.Sqrt(c), scale+1).Round(int(scale))
}

// float is d as a binary float of prec bits.
func (d Dec) float(prec uint) *big.Float {
	f, _, err := big.ParseFloat(d.String(), 10, prec, big.ToNearestEven)
	if err != nil {
		panic("value: numeric text: " + d.String())
	}
	return f
}

func decFromFloat(f *big.Float, scale int32) Dec {
	d, err := ParseDec(f.Text('f', int(scale)+3))
	if err != nil {
		return DecNaN
	}
	return d.Round(int(scale))
}

// Exp is e to the power of d.
func (d Dec) Exp() (Dec, error) {
	switch d.special {
	case nan, posInf:
		return d, nil
	case negInf:
		return Dec{}, nil
	}
	val := d.Float64() * 0.434294481903252
	val = max(min(val, 2000), -2000)
	scale := min(max(int32(minSigDigits-int(val)), d.scale, 0), maxDispScale)
	if d.Float64() >= 6000 {
		return Dec{}, outOfRangeNumeric()
	}
	return expAt(d, scale), nil
}

func expAt(d Dec, scale int32) Dec {
	x := d.Float64()
	if x < -float64(scale+10)*2.302585092994046 {
		return Dec{scale: scale}
	}
	digits := float64(scale) + 20 + math.Abs(x)*0.4343
	prec := uint(digits*3.33) + 64
	return decFromFloat(bigExp(d.float(prec), prec), scale)
}

// bigExp is the exponential by halving the argument and summing the series.
func bigExp(x *big.Float, prec uint) *big.Float {
	x = new(big.Float).SetPrec(prec + 64).Set(x)
	halvings := 0
	if e := x.MantExp(nil); e > -8 {
		halvings = e + 8
		x.SetMantExp(x, -halvings)
	}
	sum := new(big.Float).SetPrec(prec + 64).SetInt64(1)
	term := new(big.Float).SetPrec(prec + 64).SetInt64(1)
	for i := int64(1); ; i++ {
		term.Mul(term, x)
		term.Quo(term, new(big.Float).SetInt64(i))
		if term.Sign() == 0 || term.MantExp(nil) < sum.MantExp(nil)-int(prec)-64 {
			break
		}
		sum.Add(sum, term)
	}
	for ; halvings > 0; halvings-- {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigLn is the natural logarithm of x > 0, by Newton's method on bigExp.
func bigLn(x *big.Float, prec uint) *big.Float {
	mant := new(big.Float).SetPrec(prec + 64)
	e := x.MantExp(mant) // x = mant × 2^e, mant in [0.5, 1)
	m, _ := mant.Float64()
	y := new(big.Float).SetPrec(prec + 64).SetFloat64(math.Log(m))
	one := new(big.Float).SetInt64(1)
	for bits := uint(40); bits < 2*(prec+64); bits *= 2 {
		ey := bigExp(new(big.Float).Neg(y), prec+32)
		ey.Mul(ey, mant)
		y.Add(y, ey.Sub(ey, one)) // quadratic: y + (m·e^-y − 1)
	}
	if e != 0 {
		y.Add(y, new(big.Float).SetPrec(prec+64).Mul(bigLn2(prec+64), new(big.Float).SetInt64(int64(e))))
	}
	return y
}

// bigLn2 is ln 2 = 2·Σ 1/((2k+1)·3^(2k+1)).
func bigLn2(prec uint) *big.Float {
	sum := new(big.Float).SetPrec(prec + 32)
	p := new(big.Float).SetPrec(prec+32).Quo(new(big.Float).SetPrec(prec+32).SetInt64(2), new(big.Float).SetInt64(3))
	nine := new(big.Float).SetInt64(9)
	for k := int64(0); p.MantExp(nil) > -int(prec)-32; k++ {
		sum.Add(sum, new(big.Float).SetPrec(prec+32).Quo(p, new(big.Float).SetInt64(2*k+1)))
		p.Quo(p, nine)
	}
	return sum
}

func logDomain(d Dec) error {
	if d.special != nan && d.Sign() < 0 {
		return fault.New("2201E", "cannot take logarithm of a negative number")
	}
	if d.special == finite && d.Sign() == 0 {
		return fault.New("2201E", "cannot take logarithm of zero")
	}
	return nil
}

// lnWeight estimates the decimal weight of ln(d) (PostgreSQL's estimate_ln_dweight).
func (d Dec) lnWeight() int {
	if d.Cmp(Dec{small: 9, scale: 1}) >= 0 && d.Cmp(Dec{small: 11, scale: 1}) <= 0 {
		x := d.Sub(DecInt(1))
		if x.Sign() == 0 {
			return 0
		}
		return x.digits() - int(x.scale) - 1
	}
	x := math.Abs(lnApprox(d))
	return int(math.Log10(x))
}

func lnApprox(d Dec) float64 {
	f := d.float(64)
	m := new(big.Float)
	e := f.MantExp(m)
	mf, _ := m.Float64()
	return math.Log(mf) + float64(e)*math.Ln2
}

// Ln is the natural logarithm.
func (d Dec) Ln() (Dec, error) {
	if err := logDomain(d); err != nil || d.special != finite {
		return d, err
	}
	scale := min(max(int32(minSigDigits-d.lnWeight()), d.scale, 0), maxDispScale)
	return lnAt(d, scale), nil
}

func lnAt(d Dec, scale int32) Dec {
	prec := uint(float64(scale+20+int32(d.digits()))*3.33) + 64
	return decFromFloat(bigLn(d.float(prec), prec), scale)
}

// Log is the logarithm of x to the base d.
func (d Dec) Log(x Dec) (Dec, error) {
	for _, v := range []Dec{d, x} {
		if err := logDomain(v); err != nil {
			return Dec{}, err
		}
	}
	if d.special != finite || x.special != finite {
		switch {
		case d.special == nan || x.special == nan || d.special == x.special:
			return DecNaN, nil
		case d.special != finite:
			return Dec{}, nil
		}
		return Dec{special: posInf}, nil
	}
	wb, wx := d.lnWeight(), x.lnWeight()
	scale := int32(minSigDigits - (wx - wb))
	scale = min(max(scale, d.scale, x.scale, 0), maxDispScale)
	den := lnAt(d, scale+int32(max(wb, 0))+12)
	if den.Sign() == 0 {
		return Dec{}, divisionByZero()
	}
	return lnAt(x, scale+int32(max(wx, 0))+12).quo(den, scale), nil
}

// Power is d to the power of o.
func (d Dec) Power(o Dec) (Dec, error) {
	switch {
	case d.special == finite && d.Cmp(DecInt(1)) == 0 && o.special == nan:
		return DecInt(1), nil
	case o.special == finite && o.Sign() == 0 && d.special == nan:
		return DecInt(1), nil
	case d.special == nan || o.special == nan:
		return DecNaN, nil
	case d.special == finite && o.special == finite:
	case d.special == finite && d.Sign() == 0 && o.special == negInf:
		return Dec{}, fault.New("2201F", "zero raised to a negative power is undefined")
	case d.special == negInf && o.special == finite && o.Cmp(o.Trunc(0)) != 0:
		return Dec{}, fault.New("2201F", "a negative number raised to a non-integer power yields a complex result")
	default:
		f := math.Pow(d.Float64(), o.Float64())
		return DecFloat(f, 64), nil
	}
	if d.Sign() == 0 && o.Sign() < 0 {
		return Dec{}, fault.New("2201F", "zero raised to a negative power is undefined")
	}
	whole := o.Cmp(o.Trunc(0)) == 0
	if d.Sign() < 0 && !whole {
		return Dec{}, fault.New("2201F", "a negative number raised to a non-integer power yields a complex result")
	}
	if d.Sign() == 0 && o.Sign() == 0 {
		return DecInt(1).Round(minSigDigits), nil
	}
	if d.Sign() == 0 {
		return Dec{}.Round(minSigDigits), nil
	}
	if n, ok := o.Int64(); whole && ok && n >= math.MinInt32 && n <= math.MaxInt32 {
		return d.powInt(int(n))
	}
	neg := false
	b := d
	if d.Sign() < 0 {
		b = d.Neg()
		neg = o.Trunc(0).coef().Bit(0) == 1
	}
	// As many digits of ln(b) as say how large the result is; b may be so near to 1 that there are none in a float64.
	weight := int32(b.lnWeight())
	val := lnAt(b, max(8-weight, 0)).Mul(o).Float64() * 0.434294481903252
	if math.Abs(val) > 2000*3.01 || val > maxDecWeight {
		if val > 0 {
			return Dec{}, outOfRangeNumeric()
		}
		return Dec{scale: maxDispScale}, nil
	}
	val = max(min(val, 2000), -2000)
	scale := min(max(int32(minSigDigits-int(val)), d.scale, o.scale, 0), maxDispScale)
	ln := lnAt(b, max(scale+int32(math.Abs(val))-weight+24, 0))
	r := expAt(ln.Mul(o), scale)
	if neg {
		r = r.Neg()
	}
	return r, nil
}

// maxPowerDigits bounds the digits of a power or exponential before the point. PostgreSQL goes up to 131072; here the time grows with the square of the
// digits and no query can be interrupted meanwhile.
const maxPowerDigits = 6000

func (d Dec) powInt(n int) (Dec, error) {
	f := lnApprox(d.Abs()) * 0.434294481903252 * float64(n)
	if f > maxPowerDigits {
		return Dec{}, outOfRangeNumeric().WithHint("This engine computes powers of at most %d digits.", maxPowerDigits)
	}
	scale := min(max(minSigDigits, d.scale), maxDispScale)
	if f+1 < -maxDispScale {
		return Dec{scale: scale}, nil
	}
	switch n {
	case 0:
		return DecInt(1).Round(int(scale)), nil
	case 1:
		return d.Round(int(scale)), nil
	}
	m := n
	if m < 0 {
		m = -m
	}
	if f > 0 && float64(d.digits())*float64(m) > 1e6 {
		return Dec{}, outOfRangeNumeric()
	}
	c := Dec{}
	if float64(d.digits())*float64(m) < 20000 {
		c = makeDec(new(big.Int).Exp(d.coef(), big.NewInt(int64(m)), nil), d.scale*int32(m))
	} else {
		r := expAt(lnAt(d.Abs(), scale+int32(math.Abs(f))+24).Mul(DecInt(int64(n))), scale)
		if d.Sign() < 0 && m%2 == 1 {
			r = r.Neg()
		}
		return r, nil
	}
	if n < 0 {
		return DecInt(1).quo(c, scale), nil
	}
	return c.Round(int(scale)), nil
}

// FitNumeric applies numeric(p,s)'s modifier: rounds, and refuses what does not fit.
func FitNumeric(d Dec, mod int32) (Dec, error) {
	if mod < 4 || d.special == nan {
		return d, nil
	}
	p := int(mod-4) >> 16 & 0xffff
	s := int(mod-4) & 0x7ff
	s = (s ^ 1024) - 1024
	overflow := fault.New(fault.NumericOutOfRange, "numeric field overflow")
	if d.special != finite {
		return Dec{}, overflow.WithDetail("A field with precision %d, scale %d cannot hold an infinite value.", p, s)
	}
	r := d.Round(s)
	if r.digits()-int(r.scale) > p-s && r.Sign() != 0 {
		limit := "10^" + strconv.Itoa(p-s)
		if p == s {
			limit = "1"
		}
		return Dec{}, overflow.WithDetail("A field with precision %d, scale %d must round to an absolute value less than %s.", p, s, limit)
	}
	return r, nil
}

func inputNumeric(_ *Env, s string, mod int32) (Datum, error) {
	d, err := ParseDec(s)
	if err != nil {
		return Null, err
	}
	if mod >= 4 {
		if d, err = FitNumeric(d, mod); err != nil {
			return Null, err
		}
	}
	return d.Datum(), nil
}
