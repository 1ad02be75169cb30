package builtin

import (
	"math"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerVector registers pgvector's distances, comparisons and arithmetic, whose signatures are in extra.txt.
func registerVector(r registry) {
	for _, t := range []string{"vector", "halfvec"} {
		pair := t + "," + t
		prefix := t + "_"
		distance := func(names string, f func(x, y []float32) float64) {
			r.fn(names, func(_ *Ctx, a []datum) (datum, error) {
				x, y := value.Floats(a[0]), value.Floats(a[1])
				if len(x) != len(y) {
					return value.Null, fault.New(fault.DataException, "different %s dimensions %d and %d", t, len(x), len(y))
				}
				return value.Float(f(x, y)), nil
			})
		}
		distance("l2_distance("+pair+")", func(x, y []float32) float64 {
			s := 0.0
			for i := range x {
				d := float64(x[i]) - float64(y[i])
				s += d * d
			}
			return math.Sqrt(s)
		})
		distance("l1_distance("+pair+")", func(x, y []float32) float64 {
			s := 0.0
			for i := range x {
				s += math.Abs(float64(x[i]) - float64(y[i]))
			}
			return s
		})
		dot := func(x, y []float32) float64 {
			s := 0.0
			for i := range x {
				s += float64(x[i]) * float64(y[i])
			}
			return s
		}
		distance("inner_product("+pair+")", dot)
		distance(prefix+"negative_inner_product("+pair+")", func(x, y []float32) float64 { return -dot(x, y) })
		distance("cosine_distance("+pair+")", func(x, y []float32) float64 {
			s := dot(x, y) / math.Sqrt(dot(x, x)*dot(y, y))
			return 1 - math.Max(-1, math.Min(1, s))
		})
		r.pure("vector_dims("+t+")", func(a []datum) datum { return value.Int(int64(len(value.Floats(a[0])))) })
		norm := "vector_norm"
		if t == "halfvec" {
			norm = "l2_norm"
		}
		r.pure(norm+"("+t+")", func(a []datum) datum { x := value.Floats(a[0]); return value.Float(math.Sqrt(dot(x, x))) })
		r.pure("l2_normalize("+t+")", func(a []datum) datum {
			x := value.Floats(a[0])
			if n := math.Sqrt(dot(x, x)); n > 0 {
				for i := range x {
					x[i] = float32(float64(x[i]) / n)
				}
			}
			return value.VectorDatum(x)
		})
		r.comparison(pair, prefix+"eq "+prefix+"ne "+prefix+"lt "+prefix+"le "+prefix+"gt "+prefix+"ge", "", opsOf(value.BuiltinNamed(t)).Compare)
		each := func(name string, f func(x, y float32) float32) {
			r.fn(prefix+name+"("+pair+")", func(_ *Ctx, a []datum) (datum, error) {
				x, y := value.Floats(a[0]), value.Floats(a[1])
				if len(x) != len(y) {
					return value.Null, fault.New(fault.DataException, "different %s dimensions %d and %d", t, len(x), len(y))
				}
				for i := range x {
					if x[i] = f(x[i], y[i]); math.IsInf(float64(x[i]), 0) {
						return value.Null, fault.New(fault.NumericOutOfRange, "value out of range: overflow")
					}
				}
				return value.VectorDatum(x), nil
			})
		}
		each("add", func(x, y float32) float32 { return x + y })
		each("sub", func(x, y float32) float32 { return x - y })
		each("mul", func(x, y float32) float32 { return x * y })
		r.fn(t+"("+t+",int4,bool)", func(_ *Ctx, a []datum) (datum, error) {
			return a[0], value.CheckDims(t, len(value.Floats(a[0])), int32(a[1].Int64()))
		})
		for _, el := range []string{"int4", "float4", "float8", "numeric"} {
			o := opsOf(value.BuiltinNamed(el))
			r.fn("array_to_"+t+"(_"+el+",int4,bool)", func(c *Ctx, a []datum) (datum, error) {
				list, err := value.ArraySlice(o, a[0])
				if err != nil {
					return value.Null, err
				}
				f := make([]float32, len(list))
				for i, d := range list {
					switch {
					case d.IsNull():
						return value.Null, fault.New(fault.NullNotAllowed, "array must not contain nulls")
					case el == "int4":
						f[i] = float32(d.Int64())
					case el == "numeric":
						f[i] = float32(value.DecOf(d).Float64())
					default:
						f[i] = float32(d.Float64())
					}
				}
				if len(f) == 0 {
					return value.Null, fault.New(fault.DataException, "%s must have at least 1 dimension", t)
				}
				return value.VectorDatum(f), value.CheckDims(t, len(f), int32(a[1].Int64()))
			})
		}
		r.fn(t+"_to_float4("+t+",int4,bool)", func(_ *Ctx, a []datum) (datum, error) {
			var out []datum
			for _, f := range value.Floats(a[0]) {
				out = append(out, value.Float(float64(f)))
			}
			return value.MakeArray(nil, opsOf(value.BuiltinNamed("float4")), out), nil
		})
		r.agg("avg("+t+")", func(*Ctx) Aggregate { return &vectorSum{title: t, mean: true} })
		r.agg("sum("+t+")", func(*Ctx) Aggregate { return &vectorSum{title: t} })
	}
	r.fn("vector_to_halfvec(vector,int4,bool) halfvec_to_vector(halfvec,int4,bool)", func(_ *Ctx, a []datum) (datum, error) { return a[0], nil })
}

type vectorSum struct {
	title string
	mean  bool
	n     int
	sum   []float64
}

func (s *vectorSum) Step(a []datum) error {
	if a[0].IsNull() {
		return nil
	}
	x := value.Floats(a[0])
	if s.sum == nil {
		s.sum = make([]float64, len(x))
	}
	if len(x) != len(s.sum) {
		return fault.New(fault.DataException, "expected %d dimensions, not %d", len(s.sum), len(x))
	}
	s.n++
	for i := range x {
		s.sum[i] += float64(x[i])
	}
	return nil
}

func (s *vectorSum) Final([]datum) (datum, error) {
	if s.n == 0 {
		return value.Null, nil
	}
	out := make([]float32, len(s.sum))
	for i, v := range s.sum {
		if s.mean {
			v /= float64(s.n)
		}
		out[i] = float32(v)
	}
	return value.VectorDatum(out), nil
}
