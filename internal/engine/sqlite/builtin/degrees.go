package builtin

import (
	"math"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

func inputRange() error { return fault.New(fault.NumericOutOfRange, "input is out of range") }

// registerDegrees registers the functions of angles in degrees, which are exact where the exact result is a simple number: sind(30) is 0.5.
func registerDegrees(r registry) {
	circular := func(name string, f func(float64) float64) {
		r.fn(name+"(float8)", func(_ *Ctx, a []datum) (datum, error) {
			x := a[0].Float64()
			if math.IsInf(x, 0) {
				return value.Null, inputRange()
			}
			return value.Float(f(x)), nil
		})
	}
	circular("sind", func(x float64) float64 {
		x, s := firstHalf(x)
		if x > 90 {
			x = 180 - x
		}
		return s * sinQuarter(x)
	})
	circular("cosd", func(x float64) float64 {
		x, _ = firstHalf(x)
		if x > 90 {
			return -cosQuarter(180 - x)
		}
		return cosQuarter(x)
	})
	// 1 at 45 degrees, and no negative zero.
	quotient := func(x float64, above, below func(float64) float64) float64 {
		x, s := firstHalf(x)
		if x > 90 {
			x, s = 180-x, -s
		}
		q := s * (above(x) / below(x) / (above(45) / below(45)))
		if q == 0 {
			return 0
		}
		return q
	}
	circular("tand", func(x float64) float64 { return quotient(x, sinQuarter, cosQuarter) })
	circular("cotd", func(x float64) float64 { return quotient(x, cosQuarter, sinQuarter) })
	inverse := func(name string, f func(float64) float64) {
		r.fn(name+"(float8)", func(_ *Ctx, a []datum) (datum, error) {
			if math.Abs(a[0].Float64()) > 1 {
				return value.Null, inputRange()
			}
			return value.Float(f(a[0].Float64())), nil
		})
	}
	inverse("asind", func(x float64) float64 {
		if x < 0 {
			return -asinQuarter(-x)
		}
		return asinQuarter(x)
	})
	inverse("acosd", func(x float64) float64 {
		if x < 0 {
			return 90 + asinQuarter(-x)
		}
		return acosQuarter(x)
	})
	r.pure("atand(float8)", func(a []datum) datum { return value.Float(math.Atan(a[0].Float64()) / math.Atan(1) * 45) })
	r.pure("atan2d(float8,float8)", func(a []datum) datum {
		return value.Float(math.Atan2(a[0].Float64(), a[1].Float64()) / math.Atan(1) * 45)
	})
}

// firstHalf brings an angle to 0 to 180 degrees; sign is that of its sine.
func firstHalf(x float64) (angle, sign float64) {
	sign = 1
	if x = math.Mod(x, 360); x < 0 {
		x, sign = -x, -1
	}
	if x > 180 {
		x, sign = 360-x, -sign
	}
	return x, sign
}

const degree = math.Pi / 180

// Variables, so that their multiples are rounded as those of arguments are.
var thirty, sixty = 30.0, 60.0

// Sine and cosine of 0 to 90 degrees: sin 30 and cos 60 are exactly a half, which joins the two pieces of each.

func sinTo30(x float64) float64 { return math.Sin(x*degree) / math.Sin(thirty*degree) / 2 }
func cosTo60(x float64) float64 { return 1 - (1-math.Cos(x*degree))/(1-math.Cos(sixty*degree))/2 }

func sinQuarter(x float64) float64 {
	if x <= 30 {
		return sinTo30(x)
	}
	return cosTo60(90 - x)
}

func cosQuarter(x float64) float64 {
	if x <= 60 {
		return cosTo60(x)
	}
	return sinTo30(90 - x)
}

func asinQuarter(x float64) float64 {
	if x <= 0.5 {
		return math.Asin(x) / math.Asin(0.5) * 30
	}
	return 90 - math.Acos(x)/math.Acos(0.5)*60
}

func acosQuarter(x float64) float64 {
	if x <= 0.5 {
		return 90 - math.Asin(x)/math.Asin(0.5)*30
	}
	return math.Acos(x) / math.Acos(0.5) * 60
}
