package builtin

import (
	"math"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerBits registers bit strings, which are texts of 0 and 1.
func registerBits(r registry) {
	ofInt := func(size int) func(*Ctx, []datum) (datum, error) {
		return func(_ *Ctx, a []datum) (datum, error) {
			n := int(a[1].Int64())
			if n <= 0 || n > 1<<20 {
				n = 1
			}
			v := uint64(a[0].Int64())
			b := make([]byte, n)
			for i := range b {
				shift := n - 1 - i
				switch {
				case shift < size:
					b[i] = '0' + byte(v>>shift&1)
				case a[0].Int64() < 0:
					b[i] = '1'
				default:
					b[i] = '0'
				}
			}
			return text(string(b)), nil
		}
	}
	r.fn("bit(int4,int4)", ofInt(32))
	r.fn("bit(int8,int4)", ofInt(64))
	toInt := func(size int, title string) func(*Ctx, []datum) (datum, error) {
		return func(_ *Ctx, a []datum) (datum, error) {
			s := a[0].Str()
			if len(s) > size {
				return value.Null, rangeError(title)
			}
			v, err := strconv.ParseUint("0"+s, 2, 64)
			if err != nil {
				return value.Null, rangeError(title)
			}
			if size == 32 {
				return value.Int(int64(int32(uint32(v)))), nil
			}
			return value.Int(int64(v)), nil
		}
	}
	r.fn("int4(bit)", toInt(32, "integer"))
	r.fn("int8(bit)", toInt(64, "bigint"))
	r.fn("bit(bit,int4,bool)", func(_ *Ctx, a []datum) (datum, error) {
		s, n := a[0].Str(), int(a[1].Int64())
		switch {
		case n <= 0 || len(s) == n:
			return a[0], nil
		case !a[2].IsTrue():
			return value.Null, fault.New("22026", "bit string length %d does not match type bit(%d)", len(s), n)
		case len(s) > n:
			return text(s[:n]), nil
		}
		return text(s + strings.Repeat("0", n-len(s))), nil
	})
	r.fn("varbit(varbit,int4,bool)", func(_ *Ctx, a []datum) (datum, error) {
		s, n := a[0].Str(), int(a[1].Int64())
		switch {
		case n <= 0 || len(s) <= n:
			return a[0], nil
		case !a[2].IsTrue():
			return value.Null, fault.New(fault.StringTruncation, "bit string too long for type bit varying(%d)", n)
		}
		return text(s[:n]), nil
	})
	two := func(name, verb string, f func(x, y byte) bool) {
		r.fn(name+"(bit,bit)", func(_ *Ctx, a []datum) (datum, error) {
			x, y := a[0].Str(), a[1].Str()
			if len(x) != len(y) {
				return value.Null, fault.New("22026", "cannot %s bit strings of different sizes", verb)
			}
			b := []byte(x)
			for i := range b {
				b[i] = '0'
				if f(x[i], y[i]) {
					b[i] = '1'
				}
			}
			return text(string(b)), nil
		})
	}
	two("bitand", "AND", func(x, y byte) bool { return x == '1' && y == '1' })
	two("bitor", "OR", func(x, y byte) bool { return x == '1' || y == '1' })
	two("bitxor", "XOR", func(x, y byte) bool { return x != y })
	r.textFn("bitnot(bit)", func(s string) string { return strings.NewReplacer("0", "1", "1", "0").Replace(s) })
	shift := func(s string, n int64) string {
		l := int64(len(s))
		switch {
		case n >= l || n <= -l:
			return strings.Repeat("0", len(s))
		case n >= 0:
			return s[n:] + strings.Repeat("0", int(n))
		}
		return strings.Repeat("0", int(-n)) + s[:l+n]
	}
	r.pure("bitshiftleft(bit,int4)", func(a []datum) datum { return text(shift(a[0].Str(), a[1].Int64())) })
	r.pure("bitshiftright(bit,int4)", func(a []datum) datum { return text(shift(a[0].Str(), -a[1].Int64())) })
	r.fn("substring(bit,int4)", func(_ *Ctx, a []datum) (datum, error) { return substring(a[0].Str(), a[1].Int64(), toTheEnd) })
	r.fn("substring(bit,int4,int4)", func(_ *Ctx, a []datum) (datum, error) { return substring(a[0].Str(), a[1].Int64(), a[2].Int64()) })
	r.fn("overlay(bit,bit,int4)", func(_ *Ctx, a []datum) (datum, error) {
		return overlay(substring, a[0].Str(), a[1].Str(), a[2].Int64(), int64(len(a[1].Str())))
	})
	r.fn("overlay(bit,bit,int4,int4)", func(_ *Ctx, a []datum) (datum, error) {
		return overlay(substring, a[0].Str(), a[1].Str(), a[2].Int64(), a[3].Int64())
	})
	r.pure("position(bit,bit)", func(a []datum) datum {
		if a[0].Str() == "" {
			return value.Int(0)
		}
		return value.Int(int64(strings.Index(a[0].Str(), a[1].Str()) + 1))
	})
	bit := func(a []datum) (n int64, err error) {
		if n = a[1].Int64(); n < 0 || n >= int64(len(a[0].Str())) {
			return 0, fault.New(fault.ArraySubscript, "bit index %d out of valid range (0..%d)", n, len(a[0].Str())-1)
		}
		return n, nil
	}
	r.fn("get_bit(bit,int4)", func(_ *Ctx, a []datum) (datum, error) {
		n, err := bit(a)
		if err != nil {
			return value.Null, err
		}
		return value.Int(int64(a[0].Str()[n] - '0')), nil
	})
	r.fn("set_bit(bit,int4,int4)", func(_ *Ctx, a []datum) (datum, error) {
		n, err := bit(a)
		if err == nil {
			err = newBit(a[2])
		}
		if err != nil {
			return value.Null, err
		}
		b := a[0].Bytes()
		b[n] = '0' + byte(a[2].Int64())
		return text(string(b)), nil
	})
	r.pure("bit_length(bit)", func(a []datum) datum { return value.Int(int64(len(a[0].Str()))) })
	r.pure("octet_length(bit)", func(a []datum) datum { return value.Int(int64(len(a[0].Str())+7) / 8) })
	for name, of := range map[string]string{"bit_and": "bitand(bit,bit)", "bit_or": "bitor(bit,bit)", "bit_xor": "bitxor(bit,bit)"} {
		two := r[of].call
		r.agg(name+"(bit)", func(c *Ctx) Aggregate {
			sum := value.Null
			return &fold{notNull(func(d datum) (err error) {
				if sum.IsNull() {
					sum = d
					return nil
				}
				sum, err = two(c, []datum{sum, d})
				return err
			}), func() (datum, error) { return sum, nil }}
		})
	}
	r.pure("length(bit)", func(a []datum) datum { return value.Int(int64(len(a[0].Str()))) })
	r.pure("bit_count(bit)", func(a []datum) datum { return value.Int(int64(strings.Count(a[0].Str(), "1"))) })
}

// registerMoney registers the arithmetic and casts of money.
func registerMoney(r registry) {
	cents := func(d datum) int64 { return value.MoneyCents(d.Str()) }
	outside := func() (datum, error) { return value.Null, fault.New(fault.NumericOutOfRange, "money out of range") }
	result := func(n int64, ok bool) (datum, error) {
		if !ok {
			return outside()
		}
		return value.MoneyDatum(n), nil
	}
	fromFloat := func(f float64) (datum, error) {
		if f = math.RoundToEven(f); math.IsNaN(f) || f < -9223372036854775808 || f >= 9223372036854775808 {
			return outside()
		}
		return value.MoneyDatum(int64(f)), nil
	}
	r.pure("numeric(money)", func(a []datum) datum { return value.MoneyDec(a[0].Str()).Datum() })
	r.fn("money(numeric)", func(_ *Ctx, a []datum) (datum, error) {
		n, err := toInt(value.DecOf(a[0]).Mul(value.DecInt(100)), "bigint")
		if err != nil {
			return value.Null, err
		}
		return value.MoneyDatum(n), nil
	})
	r.fn("money(int4) money(int8)", func(_ *Ctx, a []datum) (datum, error) {
		n, ok := mulInt(a[0].Int64(), 100)
		if !ok {
			return value.Null, rangeError("bigint")
		}
		return value.MoneyDatum(n), nil
	})
	r.fn("cash_pl(money,money)", func(_ *Ctx, a []datum) (datum, error) { return result(addInt(cents(a[0]), cents(a[1]))) })
	r.fn("cash_mi(money,money)", func(_ *Ctx, a []datum) (datum, error) { return result(subInt(cents(a[0]), cents(a[1]))) })
	for _, t := range []string{"int2", "int4", "int8"} {
		r.fn("cash_mul_"+t+"(money,"+t+")", func(_ *Ctx, a []datum) (datum, error) { return result(mulInt(cents(a[0]), a[1].Int64())) })
		r.fn(t+"_mul_cash("+t+",money)", func(_ *Ctx, a []datum) (datum, error) { return result(mulInt(cents(a[1]), a[0].Int64())) })
		r.fn("cash_div_"+t+"(money,"+t+")", func(_ *Ctx, a []datum) (datum, error) {
			n, by := cents(a[0]), a[1].Int64()
			switch {
			case by == 0:
				return value.Null, divisionByZero()
			case by == -1:
				return result(subInt(0, n))
			}
			return value.MoneyDatum(n / by), nil
		})
	}
	scaled := func(m, f datum) (datum, error) {
		d, err := inFloat(float64(cents(m))*f.Float64(), f)
		if err != nil {
			return d, err
		}
		return fromFloat(d.Float64())
	}
	r.fn("cash_mul_flt8(money,float8) cash_mul_flt4(money,float4)", func(_ *Ctx, a []datum) (datum, error) { return scaled(a[0], a[1]) })
	r.fn("flt8_mul_cash(float8,money) flt4_mul_cash(float4,money)", func(_ *Ctx, a []datum) (datum, error) { return scaled(a[1], a[0]) })
	r.pure("cash_words(money)", func(a []datum) datum { return text(moneyWords(cents(a[0]))) })
	r.fn("cash_div_flt8(money,float8) cash_div_flt4(money,float4)", func(_ *Ctx, a []datum) (datum, error) {
		if a[1].Float64() == 0 {
			return value.Null, divisionByZero()
		}
		d, err := inFloat(float64(cents(a[0]))/a[1].Float64(), a[1])
		if err != nil {
			return d, err
		}
		return fromFloat(d.Float64())
	})
	r.fn("cash_div_cash(money,money)", func(_ *Ctx, a []datum) (datum, error) {
		if cents(a[1]) == 0 {
			return value.Null, divisionByZero()
		}
		return value.Float(float64(cents(a[0])) / float64(cents(a[1]))), nil
	})
	r.agg("sum(money)", func(*Ctx) Aggregate {
		sum, any := int64(0), false
		return &fold{notNull(func(d datum) error {
			any = true
			n, ok := addInt(sum, cents(d))
			if sum = n; !ok {
				_, err := outside()
				return err
			}
			return nil
		}), func() (datum, error) {
			if !any {
				return value.Null, nil
			}
			return value.MoneyDatum(sum), nil
		}}
	})
}

var (
	smallNumbers = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	tensNumbers  = strings.Fields("- - twenty thirty forty fifty sixty seventy eighty ninety")
)

// moneyWords spells an amount: cash_words.
func moneyWords(cents int64) string {
	var b strings.Builder
	n := uint64(cents)
	if cents < 0 {
		b.WriteString("minus ")
		n = -n
	}
	dollars, rest := n/100, n%100
	for _, p := range []struct {
		size uint64
		name string
	}{{1e15, " quadrillion "}, {1e12, " trillion "}, {1e9, " billion "}, {1e6, " million "}, {1e3, " thousand "}} {
		if m := dollars / p.size % 1000; m > 0 {
			b.WriteString(hundreds(m) + p.name)
		}
	}
	if m := dollars % 1000; m > 0 {
		b.WriteString(hundreds(m))
	}
	if dollars == 0 {
		b.WriteString("zero")
	}
	if dollars == 1 {
		b.WriteString(" dollar and ")
	} else {
		b.WriteString(" dollars and ")
	}
	b.WriteString(hundreds(rest))
	if rest == 1 {
		b.WriteString(" cent")
	} else {
		b.WriteString(" cents")
	}
	s := b.String()
	return strings.ToUpper(s[:1]) + s[1:]
}

// hundreds spells a number below 1000.
func hundreds(n uint64) string {
	tens := func(n uint64) string {
		if n < 20 {
			return smallNumbers[n]
		}
		if n%10 == 0 {
			return tensNumbers[n/10]
		}
		return tensNumbers[n/10] + " " + smallNumbers[n%10]
	}
	switch {
	case n < 100:
		return tens(n)
	case n%100 == 0:
		return smallNumbers[n/100] + " hundred"
	case n%100 >= 20:
		return smallNumbers[n/100] + " hundred " + tens(n%100)
	}
	return smallNumbers[n/100] + " hundred and " + tens(n%100)
}

// newBit checks the bit that set_bit is to write.
func newBit(d datum) error {
	if d.Int64()&^1 != 0 {
		return fault.New(fault.InvalidParameterValue, "new bit must be 0 or 1")
	}
	return nil
}
