package builtin

import (
	"math"
	"math/big"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

func rangeError(title string) error {
	return fault.New(fault.NumericOutOfRange, "%s out of range", title)
}

func divisionByZero() error { return fault.New(fault.DivisionByZero, "division by zero") }

// width checks an integer against the size of its type in bytes.
func width(i int64, bytes int) (datum, error) {
	switch {
	case bytes == 2 && i != int64(int16(i)):
		return value.Null, rangeError("smallint")
	case bytes == 4 && i != int64(int32(i)):
		return value.Null, rangeError("integer")
	}
	return value.Int(i), nil
}

type intOp func(a, b int64) (int64, bool)

func addInt(a, b int64) (int64, bool) { s := a + b; return s, (s > a) == (b > 0) }
func subInt(a, b int64) (int64, bool) { s := a - b; return s, (s < a) == (b > 0) }
func mulInt(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	p := a * b
	return p, p/b == a && !(a == -1 && b == math.MinInt64) && !(b == -1 && a == math.MinInt64)
}

func registerNumbers(r registry) {
	ints := []struct {
		pair, name string
		bytes      int
	}{{"int2,int2", "int2", 2}, {"int4,int4", "int4", 4}, {"int8,int8", "int8", 8}, {"int2,int4", "int24", 4}, {"int4,int2", "int42", 4},
		{"int2,int8", "int28", 8}, {"int8,int2", "int82", 8}, {"int4,int8", "int48", 8}, {"int8,int4", "int84", 8}}
	for _, t := range ints {
		op := func(suffix string, f intOp) {
			r.fn(t.name+suffix+"("+t.pair+")", func(_ *Ctx, a []datum) (datum, error) {
				v, ok := f(a[0].Int64(), a[1].Int64())
				if !ok {
					return value.Null, rangeError("bigint")
				}
				return width(v, t.bytes)
			})
		}
		op("pl", addInt)
		op("mi", subInt)
		op("mul", mulInt)
		r.fn(t.name+"div("+t.pair+")", func(_ *Ctx, a []datum) (datum, error) {
			x, y := a[0].Int64(), a[1].Int64()
			switch {
			case y == 0:
				return value.Null, divisionByZero()
			case y == -1 && x == math.MinInt64:
				return value.Null, rangeError("bigint")
			}
			return width(x/y, t.bytes)
		})
	}
	for _, t := range ints[:3] {
		mod := func(_ *Ctx, a []datum) (datum, error) {
			if a[1].Int64() == 0 {
				return value.Null, divisionByZero()
			}
			if a[1].Int64() == -1 {
				return value.Int(0), nil
			}
			return value.Int(a[0].Int64() % a[1].Int64()), nil
		}
		r.fn(t.name+"mod("+t.pair+") mod("+t.pair+")", mod)
		r.fn(t.name+"um("+t.name+")", func(_ *Ctx, a []datum) (datum, error) {
			if a[0].Int64() == math.MinInt64 {
				return value.Null, rangeError("bigint")
			}
			return width(-a[0].Int64(), t.bytes)
		})
		r.pure(t.name+"up("+t.name+")", func(a []datum) datum { return a[0] })
		r.fn(t.name+"abs("+t.name+") abs("+t.name+")", func(_ *Ctx, a []datum) (datum, error) {
			i := a[0].Int64()
			if i == math.MinInt64 {
				return value.Null, rangeError("bigint")
			}
			if i < 0 {
				i = -i
			}
			return width(i, t.bytes)
		})
		bits := t.bytes * 8
		r.pure(t.name+"and("+t.pair+")", func(a []datum) datum { return value.Int(a[0].Int64() & a[1].Int64()) })
		r.pure(t.name+"or("+t.pair+")", func(a []datum) datum { return value.Int(a[0].Int64() | a[1].Int64()) })
		r.pure(t.name+"xor("+t.pair+")", func(a []datum) datum { return value.Int(a[0].Int64() ^ a[1].Int64()) })
		r.pure(t.name+"not("+t.name+")", func(a []datum) datum { return value.Int(^a[0].Int64()) })
		narrow := func(i int64) int64 {
			switch bits {
			case 16:
				return int64(int16(i))
			case 32:
				return int64(int32(i))
			}
			return i
		}
		r.pure(t.name+"shl("+t.name+",int4)", func(a []datum) datum {
			return value.Int(narrow(a[0].Int64() << (uint(a[1].Int64()) % uint(max(bits, 32)))))
		})
		r.pure(t.name+"shr("+t.name+",int4)", func(a []datum) datum {
			return value.Int(a[0].Int64() >> (uint(a[1].Int64()) % uint(max(bits, 32))))
		})
		r.native("(%1 & %2)", t.name+"and("+t.pair+")")
		r.native("(%1 | %2)", t.name+"or("+t.pair+")")
	}
	gcd := func(a, b int64) *big.Int {
		return new(big.Int).GCD(nil, nil, new(big.Int).Abs(big.NewInt(a)), new(big.Int).Abs(big.NewInt(b)))
	}
	for _, t := range []struct {
		n string
		b int
	}{{"int4", 4}, {"int8", 8}} {
		big2 := func(v *big.Int) (datum, error) {
			if !v.IsInt64() {
				return value.Null, rangeError("bigint")
			}
			return width(v.Int64(), t.b)
		}
		r.fn("gcd("+t.n+","+t.n+")", func(_ *Ctx, a []datum) (datum, error) { return big2(gcd(a[0].Int64(), a[1].Int64())) })
		r.fn("lcm("+t.n+","+t.n+")", func(_ *Ctx, a []datum) (datum, error) {
			g := gcd(a[0].Int64(), a[1].Int64())
			if g.Sign() == 0 {
				return value.Int(0), nil
			}
			p := new(big.Int).Mul(big.NewInt(a[0].Int64()), big.NewInt(a[1].Int64()))
			return big2(p.Abs(p).Quo(p, g))
		})
	}
	registerFloats(r)
	registerNumeric(r)
	registerNumberCasts(r)
}

// logOf takes the logarithm, of numbers below the smallest normal one too, which Go's assembler takes for that one.
func logOf(f float64, log func(float64) float64, ofTwo float64) float64 {
	if f > 0 && f < 0x1p-1022 {
		return log(f*0x1p54) - 54*ofTwo
	}
	return log(f)
}

// inFloat runs f and checks the result as PostgreSQL does: infinity from finite arguments is overflow.
func inFloat(f float64, args ...datum) (datum, error) {
	if math.IsInf(f, 0) {
		for _, a := range args {
			if math.IsInf(a.Float64(), 0) {
				return value.Float(f), nil
			}
		}
		return value.Null, fault.New(fault.NumericOutOfRange, "value out of range: overflow")
	}
	return value.Float(f), nil
}

func underflow() error { return fault.New(fault.NumericOutOfRange, "value out of range: underflow") }

func single(f float64) float64 { return float64(float32(f)) }

func registerFloats(r registry) {
	for _, t := range []struct {
		pair, name string
		fit        func(float64) float64
	}{{"float8,float8", "float8", func(f float64) float64 { return f }}, {"float4,float4", "float4", single},
		{"float4,float8", "float48", func(f float64) float64 { return f }}, {"float8,float4", "float84", func(f float64) float64 { return f }}} {
		op := func(suffix string, f func(a, b float64) float64) {
			r.fn(t.name+suffix+"("+t.pair+")", func(_ *Ctx, a []datum) (datum, error) {
				return inFloat(t.fit(f(a[0].Float64(), a[1].Float64())), a...)
			})
		}
		op("pl", func(a, b float64) float64 { return a + b })
		op("mi", func(a, b float64) float64 { return a - b })
		r.fn(t.name+"mul("+t.pair+")", func(_ *Ctx, a []datum) (datum, error) {
			p := t.fit(a[0].Float64() * a[1].Float64())
			if p == 0 && a[0].Float64() != 0 && a[1].Float64() != 0 {
				return value.Null, underflow()
			}
			return inFloat(p, a...)
		})
		r.fn(t.name+"div("+t.pair+")", func(_ *Ctx, a []datum) (datum, error) {
			if a[1].Float64() == 0 && !math.IsNaN(a[0].Float64()) {
				return value.Null, divisionByZero()
			}
			q := t.fit(a[0].Float64() / a[1].Float64())
			if q == 0 && a[0].Float64() != 0 && !math.IsInf(a[1].Float64(), 0) {
				return value.Null, underflow()
			}
			return inFloat(q, a...)
		})
	}
	for _, t := range []string{"float4", "float8"} {
		r.pure(t+"um("+t+")", func(a []datum) datum { return value.Float(-a[0].Float64()) })
		r.pure(t+"up("+t+")", func(a []datum) datum { return a[0] })
		r.pure(t+"abs("+t+") abs("+t+")", func(a []datum) datum { return value.Float(math.Abs(a[0].Float64())) })
	}
	one := func(names string, f func(float64) float64) {
		for n := range strings.FieldsSeq(names) {
			r.fn(n+"(float8)", func(_ *Ctx, a []datum) (datum, error) { return inFloat(f(a[0].Float64()), a...) })
		}
	}
	circular := func(name string, f func(float64) float64) {
		r.fn(name+"(float8)", func(_ *Ctx, a []datum) (datum, error) {
			if math.IsInf(a[0].Float64(), 0) {
				return value.Null, inputRange()
			}
			return inFloat(f(a[0].Float64()), a...)
		})
	}
	one("ceil ceiling", math.Ceil)
	one("floor", math.Floor)
	one("round dround", math.RoundToEven)
	one("trunc dtrunc", math.Trunc)
	r.fn("exp(float8) dexp(float8)", func(_ *Ctx, a []datum) (datum, error) {
		f := math.Exp(a[0].Float64())
		if f == 0 && !math.IsInf(a[0].Float64(), 0) {
			return value.Null, underflow()
		}
		return inFloat(f, a...)
	})
	one("cbrt dcbrt", math.Cbrt)
	circular("sin", math.Sin)
	circular("cos", math.Cos)
	circular("tan", math.Tan)
	one("atan", math.Atan)
	r.pure("sinh(float8)", func(a []datum) datum { return value.Float(math.Sinh(a[0].Float64())) }) // overflow is infinity
	r.pure("cosh(float8)", func(a []datum) datum { return value.Float(math.Cosh(a[0].Float64())) })
	one("tanh", math.Tanh)
	one("asinh", math.Asinh)
	r.fn("acosh(float8)", func(_ *Ctx, a []datum) (datum, error) {
		if a[0].Float64() < 1 {
			return value.Null, inputRange()
		}
		return value.Float(math.Acosh(a[0].Float64())), nil
	})
	r.fn("atanh(float8)", func(_ *Ctx, a []datum) (datum, error) {
		if math.Abs(a[0].Float64()) > 1 {
			return value.Null, inputRange()
		}
		return value.Float(math.Atanh(a[0].Float64())), nil
	})
	registerDegrees(r)
	one("degrees", func(f float64) float64 { return f / (math.Pi / 180) })
	one("radians", func(f float64) float64 { return f * (math.Pi / 180) })
	r.fn("cot(float8)", func(_ *Ctx, a []datum) (datum, error) { // the cotangent of nearly nothing is infinity
		if math.IsInf(a[0].Float64(), 0) {
			return value.Null, inputRange()
		}
		return value.Float(1 / math.Tan(a[0].Float64())), nil
	})
	one("sign", func(f float64) float64 {
		switch {
		case f > 0:
			return 1
		case f < 0:
			return -1
		}
		return 0 // of NaN, too
	})
	for _, t := range []struct {
		n string
		f func(float64) float64
	}{{"asin", math.Asin}, {"acos", math.Acos}} {
		r.fn(t.n+"(float8)", func(_ *Ctx, a []datum) (datum, error) {
			if f := a[0].Float64(); f < -1 || f > 1 {
				return value.Null, inputRange()
			}
			return value.Float(t.f(a[0].Float64())), nil
		})
	}
	r.pure("atan2(float8,float8)", func(a []datum) datum { return value.Float(math.Atan2(a[0].Float64(), a[1].Float64())) })
	r.pure("pi()", func([]datum) datum { return value.Float(math.Pi) })
	r.fn("sqrt(float8) dsqrt(float8)", func(_ *Ctx, a []datum) (datum, error) {
		if a[0].Float64() < 0 {
			return value.Null, fault.New("2201F", "cannot take square root of a negative number")
		}
		return value.Float(math.Sqrt(a[0].Float64())), nil
	})
	for _, t := range []struct {
		n string
		f func(float64) float64
	}{{"ln(float8) dlog1(float8)", func(f float64) float64 { return logOf(f, math.Log, math.Ln2) }},
		{"log(float8) log10(float8) dlog10(float8)", func(f float64) float64 { return logOf(f, math.Log10, math.Ln2/math.Ln10) }}} {
		r.fn(t.n, func(_ *Ctx, a []datum) (datum, error) {
			switch f := a[0].Float64(); {
			case f == 0:
				return value.Null, fault.New("2201E", "cannot take logarithm of zero")
			case f < 0:
				return value.Null, fault.New("2201E", "cannot take logarithm of a negative number")
			default:
				return value.Float(t.f(f)), nil
			}
		})
	}
	r.fn("power(float8,float8) pow(float8,float8) dpow(float8,float8)", func(_ *Ctx, a []datum) (datum, error) {
		x, y := a[0].Float64(), a[1].Float64()
		switch {
		case x == 0 && y < 0:
			return value.Null, fault.New("2201F", "zero raised to a negative power is undefined")
		case x < 0 && y != math.Floor(y) && !math.IsInf(y, 0) && !math.IsNaN(y):
			return value.Null, fault.New("2201F", "a negative number raised to a non-integer power yields a complex result")
		}
		f := math.Pow(x, y)
		if f == 0 && x != 0 && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
			return value.Null, underflow()
		}
		return inFloat(f, a...)
	})
	r.fn("width_bucket(float8,float8,float8,int4)", func(_ *Ctx, a []datum) (datum, error) {
		x, lo, hi, n := a[0].Float64(), a[1].Float64(), a[2].Float64(), a[3].Int64()
		if err := bucketArgs(n, math.IsNaN(x) || math.IsNaN(lo) || math.IsNaN(hi), math.IsInf(lo, 0) || math.IsInf(hi, 0), lo == hi); err != nil {
			return value.Null, err
		}
		if lo > hi {
			lo, hi, x = -lo, -hi, -x
		}
		switch {
		case x < lo:
			return value.Int(0), nil
		case x >= hi:
			return width(n+1, 4)
		}
		share := (x - lo) / (hi - lo)
		if math.IsInf(hi-lo, 0) {
			share = (x/2 - lo/2) / (hi/2 - lo/2)
		}
		return value.Int(int64(int32(share*float64(n)) + 1)), nil // a share that is rounded to 1 is not put right, as in PostgreSQL
	})
	r.fn("width_bucket(anycompatible,anycompatiblearray)", func(c *Ctx, a []datum) (datum, error) {
		elem, err := c.elemOps(1)
		if err != nil {
			return value.Null, err
		}
		if len(value.ArrayDims(elem, a[1])) > 1 {
			return value.Null, fault.New(fault.ArraySubscript, "thresholds must be one-dimensional array")
		}
		list, err := value.ArraySlice(elem, a[1])
		if err != nil {
			return value.Null, err
		}
		if slices.ContainsFunc(list, datum.IsNull) {
			return value.Null, fault.New(fault.NullNotAllowed, "thresholds array must not contain NULLs")
		}
		return value.Int(int64(sort.Search(len(list), func(i int) bool { return elem.Compare(list[i], a[0]) > 0 }))), nil
	})
	r.fn("random()", func(c *Ctx, _ []datum) (datum, error) {
		c.unsteady()
		if c.Rand == nil {
			return value.Null, unsupported("random() cannot be used here")
		}
		return value.Float(c.Rand()), nil
	})
	r.fn("setseed(float8)", func(c *Ctx, a []datum) (datum, error) {
		if f := a[0].Float64(); f < -1 || f > 1 || math.IsNaN(f) {
			return value.Null, fault.New(fault.InvalidParameterValue, "setseed parameter %s is out of allowed range [-1,1]", string(value.AppendFloat(nil, f, 64)))
		}
		if c.Seed != nil {
			c.Seed(a[0].Float64())
		}
		return value.Text(""), nil
	})
}

// bucketArgs checks the arguments of width_bucket: how many are not numbers, whether a bound is infinite.
func bucketArgs(n int64, nan, infinite, same bool) error {
	switch {
	case n <= 0:
		return fault.New("2201G", "count must be greater than zero")
	case nan:
		return fault.New("2201G", "operand, lower bound, and upper bound cannot be NaN")
	case infinite:
		return fault.New("2201G", "lower and upper bounds must be finite")
	case same:
		return fault.New("2201G", "lower bound cannot equal upper bound")
	}
	return nil
}

func registerNumeric(r registry) {
	two := func(sigs string, f func(a, b value.Dec) (value.Dec, error)) {
		r.fn(sigs, func(_ *Ctx, a []datum) (datum, error) {
			d, err := f(value.DecOf(a[0]), value.DecOf(a[1]))
			if err != nil {
				return value.Null, err
			}
			return d.Datum(), nil
		})
	}
	one := func(sigs string, f func(a value.Dec) (value.Dec, error)) {
		r.fn(sigs, func(_ *Ctx, a []datum) (datum, error) {
			d, err := f(value.DecOf(a[0]))
			if err != nil {
				return value.Null, err
			}
			return d.Datum(), nil
		})
	}
	sure := func(f func(a value.Dec) value.Dec) func(value.Dec) (value.Dec, error) {
		return func(a value.Dec) (value.Dec, error) { return f(a), nil }
	}
	two("numeric_add(numeric,numeric)", func(a, b value.Dec) (value.Dec, error) { return a.Add(b), nil })
	two("numeric_sub(numeric,numeric)", func(a, b value.Dec) (value.Dec, error) { return a.Sub(b), nil })
	two("numeric_mul(numeric,numeric)", func(a, b value.Dec) (value.Dec, error) { return a.Mul(b), nil })
	two("numeric_div(numeric,numeric)", value.Dec.Div)
	two("div(numeric,numeric) numeric_div_trunc(numeric,numeric)", value.Dec.QuoInt)
	two("numeric_mod(numeric,numeric) mod(numeric,numeric)", value.Dec.Mod)
	two("power(numeric,numeric) pow(numeric,numeric) numeric_power(numeric,numeric)", value.Dec.Power)
	two("gcd(numeric,numeric)", func(a, b value.Dec) (value.Dec, error) { return a.GCD(b), nil })
	two("lcm(numeric,numeric)", value.Dec.LCM)
	two("log(numeric,numeric) numeric_log(numeric,numeric)", func(a, b value.Dec) (value.Dec, error) { return a.Log(b) })
	one("numeric_uminus(numeric)", sure(value.Dec.Neg))
	one("numeric_uplus(numeric)", sure(func(a value.Dec) value.Dec { return a }))
	one("numeric_abs(numeric) abs(numeric)", sure(value.Dec.Abs))
	one("ceil(numeric) ceiling(numeric)", sure(value.Dec.Ceil))
	one("floor(numeric)", sure(value.Dec.Floor))
	one("round(numeric)", sure(func(a value.Dec) value.Dec { return a.Round(0) }))
	one("trunc(numeric)", sure(func(a value.Dec) value.Dec { return a.Trunc(0) }))
	one("trim_scale(numeric)", sure(value.Dec.TrimScale))
	one("numeric_inc(numeric)", sure(func(a value.Dec) value.Dec { return a.Add(value.DecInt(1)) }))
	one("sign(numeric)", sure(func(a value.Dec) value.Dec {
		if a.IsNaN() {
			return a
		}
		return value.DecInt(int64(a.Sign()))
	}))
	one("sqrt(numeric) numeric_sqrt(numeric)", value.Dec.Sqrt)
	one("exp(numeric) numeric_exp(numeric)", value.Dec.Exp)
	one("ln(numeric) numeric_ln(numeric)", value.Dec.Ln)
	one("log(numeric) log10(numeric)", func(a value.Dec) (value.Dec, error) { return value.DecInt(10).Log(a) })
	one("factorial(int8)", nil)
	r["factorial(int8)"].call = func(_ *Ctx, a []datum) (datum, error) {
		n := a[0].Int64()
		switch {
		case n < 0:
			return value.Null, fault.New(fault.NumericOutOfRange, "factorial of a negative number is undefined")
		case n > 32177:
			return value.Null, fault.New(fault.NumericOutOfRange, "value overflows numeric format")
		}
		return value.Text(new(big.Int).MulRange(1, max(n, 1)).String()), nil
	}
	places := func(sigs string, f func(d value.Dec, n int) value.Dec) {
		r.pure(sigs, func(a []datum) datum { return f(value.DecOf(a[0]), int(a[1].Int64())).Datum() })
	}
	places("round(numeric,int4)", value.Dec.Round)
	places("trunc(numeric,int4)", value.Dec.Trunc)
	r.pure("scale(numeric)", func(a []datum) datum {
		if d := value.DecOf(a[0]); d.IsFinite() {
			return value.Int(int64(d.Scale()))
		}
		return value.Null
	})
	r.pure("min_scale(numeric)", func(a []datum) datum {
		if d := value.DecOf(a[0]); d.IsFinite() {
			return value.Int(int64(d.MinScale()))
		}
		return value.Null
	})
	r.fn("width_bucket(numeric,numeric,numeric,int4)", func(_ *Ctx, a []datum) (datum, error) {
		x, lo, hi, n := value.DecOf(a[0]), value.DecOf(a[1]), value.DecOf(a[2]), a[3].Int64()
		if err := bucketArgs(n, x.IsNaN() || lo.IsNaN() || hi.IsNaN(), !lo.IsFinite() || !hi.IsFinite(), lo.Cmp(hi) == 0); err != nil {
			return value.Null, err
		}
		if lo.Cmp(hi) > 0 {
			lo, hi, x = lo.Neg(), hi.Neg(), x.Neg()
		}
		switch {
		case x.Cmp(lo) < 0:
			return value.Int(0), nil
		case x.Cmp(hi) >= 0:
			return width(n+1, 4)
		}
		// The quotient is rounded before it is cut, as in PostgreSQL.
		q, err := x.Sub(lo).Mul(value.DecInt(n)).Div(hi.Sub(lo))
		if err != nil {
			return value.Null, err
		}
		i, _ := q.Floor().Int64()
		return value.Int(i + 1), nil
	})
	r.fn("numeric(numeric,int4)", func(_ *Ctx, a []datum) (datum, error) {
		d, err := value.FitNumeric(value.DecOf(a[0]), int32(a[1].Int64()))
		if err != nil {
			return value.Null, err
		}
		return d.Datum(), nil
	})
}

// toInt rounds a numeric to an integer.
func toInt(d value.Dec, title string) (int64, error) {
	if !d.IsFinite() {
		what := "infinity"
		if d.IsNaN() {
			what = "NaN"
		}
		return 0, fault.New(fault.FeatureNotSupported, "cannot convert %s to %s", what, title)
	}
	i, ok := d.Int64()
	if !ok {
		return 0, rangeError(title)
	}
	return i, nil
}

// registerNumberCasts registers the conversions between number types, bool and money.
func registerNumberCasts(r registry) {
	sizes := []struct {
		n string
		b int
	}{{"int2", 2}, {"int4", 4}, {"int8", 8}}
	titles := map[string]string{"int2": "smallint", "int4": "integer", "int8": "bigint"}
	for _, to := range sizes {
		for _, from := range sizes {
			if from.n != to.n {
				r.fn(to.n+"("+from.n+")", func(_ *Ctx, a []datum) (datum, error) { return width(a[0].Int64(), to.b) })
			}
		}
		for _, from := range []string{"float4", "float8"} {
			r.fn(to.n+"("+from+")", func(_ *Ctx, a []datum) (datum, error) {
				f := math.RoundToEven(a[0].Float64())
				if math.IsNaN(f) || f < -9223372036854775808 || f >= 9223372036854775808 {
					return value.Null, rangeError(titles[to.n])
				}
				return width(int64(f), to.b)
			})
		}
		r.fn(to.n+"(numeric)", func(_ *Ctx, a []datum) (datum, error) {
			i, err := toInt(value.DecOf(a[0]), titles[to.n])
			if err != nil {
				return value.Null, err
			}
			return width(i, to.b)
		})
		r.pure("numeric("+to.n+")", func(a []datum) datum { return value.Text(strconv.FormatInt(a[0].Int64(), 10)) })
		r.pure("float8("+to.n+")", func(a []datum) datum { return value.Float(float64(a[0].Int64())) })
		r.pure("float4("+to.n+")", func(a []datum) datum { return value.Float(float64(float32(a[0].Int64()))) })
	}
	r.pure("float8(float4)", func(a []datum) datum { return a[0] })
	r.fn("float4(float8)", func(_ *Ctx, a []datum) (datum, error) {
		f := single(a[0].Float64())
		if f == 0 && a[0].Float64() != 0 {
			return value.Null, underflow()
		}
		return inFloat(f, a...)
	})
	r.fn("float8(numeric)", func(_ *Ctx, a []datum) (datum, error) {
		d := value.DecOf(a[0])
		f := d.Float64()
		if d.IsFinite() && (math.IsInf(f, 0) || f == 0 && d.Sign() != 0) {
			return value.Null, fault.New(fault.NumericOutOfRange, `"%s" is out of range for type double precision`, a[0].Str())
		}
		return value.Float(f), nil
	})
	r.fn("float4(numeric)", func(_ *Ctx, a []datum) (datum, error) {
		d := value.DecOf(a[0])
		f, _ := strconv.ParseFloat(a[0].Str(), 32)
		if d.IsFinite() && (math.IsInf(f, 0) || f == 0 && d.Sign() != 0) {
			return value.Null, fault.New(fault.NumericOutOfRange, `"%s" is out of range for type real`, a[0].Str())
		}
		return value.Float(f), nil
	})
	r.pure("numeric(float8)", func(a []datum) datum { return value.DecFloat(a[0].Float64(), 64).Datum() })
	r.pure("numeric(float4)", func(a []datum) datum { return value.DecFloat(a[0].Float64(), 32).Datum() })
	r.pure("bool(int4)", func(a []datum) datum { return value.Bool(a[0].Int64() != 0) })
	r.pure("int4(bool)", func(a []datum) datum { return value.Int(a[0].Int64()) })
	r.fn("oid(int8)", func(_ *Ctx, a []datum) (datum, error) {
		if i := a[0].Int64(); i < 0 || i > math.MaxUint32 {
			return value.Null, fault.New(fault.NumericOutOfRange, "OID out of range")
		}
		return a[0], nil
	})
	// In PostgreSQL these cost nothing: the same 32 bits mean another number.
	r.pure("oid(int4) oid(int2)", func(a []datum) datum { return value.Int(int64(uint32(a[0].Int64()))) })
	r.native("(%1 & 4294967295)", "oid(int4) oid(int2)")
	r.pure("int4(oid)", func(a []datum) datum { return value.Int(int64(int32(a[0].Int64()))) })
	r.pure("int8(oid)", func(a []datum) datum { return a[0] })
	r.fn("char(int4)", func(_ *Ctx, a []datum) (datum, error) {
		n := a[0].Int64()
		if n != int64(int8(n)) {
			return value.Null, rangeError(`"char"`)
		}
		return text(value.CharText(byte(n))), nil
	})
	r.pure("int4(char)", func(a []datum) datum {
		return value.Int(int64(int8(value.CharCode(a[0].Str()))))
	})
}
