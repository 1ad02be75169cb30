package builtin

import (
	"math"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// fold is an aggregation made of two closures.
type fold struct {
	step  func(a []datum) error
	final func() (datum, error)
}

func (f *fold) Step(a []datum) error           { return f.step(a) }
func (f *fold) Final(_ []datum) (datum, error) { return f.final() }
func notNull(f func(d datum) error) func([]datum) error {
	return func(a []datum) error {
		if a[0].IsNull() {
			return nil
		}
		return f(a[0])
	}
}

func registerAggregates(r registry) {
	r.agg("count()", func(*Ctx) Aggregate {
		n := int64(0)
		return &fold{func([]datum) error { n++; return nil }, func() (datum, error) { return value.Int(n), nil }}
	})
	r.agg("count(any)", func(*Ctx) Aggregate {
		n := int64(0)
		return &fold{notNull(func(datum) error { n++; return nil }), func() (datum, error) { return value.Int(n), nil }}
	})
	r.native("count(*)", "count()")
	r.native("count(%1)", "count(any)")
	sumInt := func(*Ctx) Aggregate {
		sum, any := int64(0), false
		return &fold{notNull(func(d datum) error {
			s, ok := addInt(sum, d.Int64())
			if !ok {
				return rangeError("bigint")
			}
			sum, any = s, true
			return nil
		}), func() (datum, error) {
			if !any {
				return value.Null, nil
			}
			return value.Int(sum), nil
		}}
	}
	r.agg("sum(int2) sum(int4)", sumInt)
	r.native("sum(%1)", "sum(int2) sum(int4)")
	sumDec := func(dec func(d datum) value.Dec) func(*Ctx) Aggregate {
		return func(*Ctx) Aggregate {
			var sum value.Dec
			any := false
			return &fold{notNull(func(d datum) error { sum, any = sum.Add(dec(d)), true; return nil }), func() (datum, error) {
				if !any {
					return value.Null, nil
				}
				return sum.Datum(), nil
			}}
		}
	}
	ofInt := func(d datum) value.Dec { return value.DecInt(d.Int64()) }
	r.agg("sum(int8)", sumDec(ofInt))
	r.agg("sum(numeric)", sumDec(value.DecOf))
	avgDec := func(dec func(d datum) value.Dec) func(*Ctx) Aggregate {
		return func(*Ctx) Aggregate {
			var sum value.Dec
			n := int64(0)
			return &fold{notNull(func(d datum) error { sum = sum.Add(dec(d)); n++; return nil }), func() (datum, error) {
				if n == 0 {
					return value.Null, nil
				}
				v, err := sum.Div(value.DecInt(n))
				return v.Datum(), err
			}}
		}
	}
	r.agg("avg(int2) avg(int4) avg(int8)", avgDec(ofInt))
	r.agg("avg(numeric)", avgDec(value.DecOf))
	for _, t := range []string{"float4", "float8"} {
		sum := func(avg bool) func(*Ctx) Aggregate {
			return func(*Ctx) Aggregate {
				sum, n := 0.0, 0
				return &fold{notNull(func(d datum) error {
					if sum += d.Float64(); t == "float4" && !avg {
						sum = single(sum)
					}
					n++
					if math.IsInf(sum, 0) && !math.IsInf(d.Float64(), 0) && n == 1 {
						return fault.New(fault.NumericOutOfRange, "value out of range: overflow")
					}
					return nil
				}), func() (datum, error) {
					switch {
					case n == 0:
						return value.Null, nil
					case avg:
						return value.Float(sum / float64(n)), nil
					}
					return value.Float(sum), nil
				}}
			}
		}
		r.agg("sum("+t+")", sum(false))
		r.agg("avg("+t+")", sum(true))
	}
	sumInterval := func(avg bool) func(*Ctx) Aggregate {
		return func(*Ctx) Aggregate {
			var sum value.Interval
			n := 0
			return &fold{notNull(func(d datum) (err error) { sum, err = sum.Add(interval(d)); n++; return err }), func() (datum, error) {
				if n == 0 {
					return value.Null, nil
				}
				if !avg {
					return sum.Datum(), nil
				}
				v, err := sum.Div(float64(n))
				return v.Datum(), err
			}}
		}
	}
	r.agg("sum(interval)", sumInterval(false))
	r.agg("avg(interval)", sumInterval(true))
	extreme := func(least bool, order func(c *Ctx) func(a, b datum) int) func(*Ctx) Aggregate {
		return func(c *Ctx) Aggregate {
			best := value.Null
			cmp := order(c)
			return &fold{notNull(func(d datum) error {
				if best.IsNull() || least && cmp(d, best) < 0 || !least && cmp(d, best) > 0 {
					best = d
				}
				return nil
			}), func() (datum, error) { return best, nil }}
		}
	}
	for _, t := range strings.Fields("int2 int4 int8 float4 float8 numeric text bpchar date timestamp timestamptz time timetz interval oid inet money citext") {
		o := opsOf(value.BuiltinNamed(t))
		order := func(*Ctx) func(a, b datum) int { return o.Compare }
		r.agg("min("+t+")", extreme(true, order))
		r.agg("max("+t+")", extreme(false, order))
		if coll, ok := CollationOf(o.OID); ok {
			arg := "%1"
			if coll != "" {
				arg += " COLLATE " + coll
			}
			r.native("min("+arg+")", "min("+t+")")
			r.native("max("+arg+")", "max("+t+")")
		}
	}
	byArg := func(c *Ctx) func(a, b datum) int { return c.argOps(0).Compare }
	r.agg("min(anyarray) min(anyenum)", extreme(true, byArg))
	r.agg("max(anyarray) max(anyenum)", extreme(false, byArg))
	boolean := func(and bool) func(*Ctx) Aggregate {
		return func(*Ctx) Aggregate {
			v := value.Null
			return &fold{notNull(func(d datum) error {
				if v.IsNull() || d.IsTrue() != and {
					v = d
				}
				return nil
			}), func() (datum, error) { return v, nil }}
		}
	}
	r.agg("bool_and(bool) every(bool)", boolean(true))
	r.agg("bool_or(bool)", boolean(false))
	r.native("min(%1)", "bool_and(bool) every(bool)")
	r.native("max(%1)", "bool_or(bool)")
	for _, t := range []string{"int2", "int4", "int8"} {
		for n, f := range map[string]func(a, b int64) int64{"bit_and": func(a, b int64) int64 { return a & b }, "bit_or": func(a, b int64) int64 { return a | b }, "bit_xor": func(a, b int64) int64 { return a ^ b }} {
			r.agg(n+"("+t+")", func(*Ctx) Aggregate {
				v := value.Null
				return &fold{notNull(func(d datum) error {
					if v.IsNull() {
						v = d
					} else {
						v = value.Int(f(v.Int64(), d.Int64()))
					}
					return nil
				}), func() (datum, error) { return v, nil }}
			})
		}
	}
	join := func(bytes bool) func(*Ctx) Aggregate {
		return func(*Ctx) Aggregate {
			var b strings.Builder
			any := false
			return &fold{func(a []datum) error {
				if a[0].IsNull() {
					return nil
				}
				if any && !a[1].IsNull() {
					b.WriteString(a[1].Str())
				}
				any = true
				b.WriteString(a[0].Str())
				return nil
			}, func() (datum, error) {
				switch {
				case !any:
					return value.Null, nil
				case bytes:
					return value.Blob([]byte(b.String())), nil
				}
				return text(b.String()), nil
			}}
		}
	}
	r.agg("string_agg(text,text)", join(false))
	r.agg("string_agg(bytea,bytea)", join(true))
	r.agg("array_agg(anynonarray)", func(c *Ctx) Aggregate {
		var list []datum
		return &fold{func(a []datum) error { list = append(list, a[0]); return nil }, func() (datum, error) {
			if list == nil {
				return value.Null, nil
			}
			return value.MakeArray(c.Env(), c.argOps(0), list), nil
		}}
	})
	r.agg("array_agg(anyarray)", func(c *Ctx) Aggregate {
		var list []string
		var dims []int
		return &fold{func(a []datum) error {
			switch {
			case a[0].IsNull():
				return fault.New(fault.NullNotAllowed, "cannot accumulate null arrays")
			case a[0].Str() == "[]":
				return fault.New(fault.ArraySubscript, "cannot accumulate empty arrays")
			}
			if o := c.argOps(0).Elem; o != nil {
				now := value.ArrayDims(o, a[0])
				if list != nil && !slices.Equal(now, dims) {
					return fault.New(fault.ArraySubscript, "cannot accumulate arrays of different dimensionality")
				}
				dims = now
			}
			list = append(list, a[0].Str())
			return nil
		}, func() (datum, error) {
			if list == nil {
				return value.Null, nil
			}
			return text("[" + strings.Join(list, ",") + "]"), nil
		}}
	})
	jsonAgg := func(form func(c *Ctx, d datum) string, sep string) func(*Ctx) Aggregate {
		return func(c *Ctx) Aggregate {
			var list []string
			return &fold{func(a []datum) error { list = append(list, form(c, a[0])); return nil }, func() (datum, error) {
				if list == nil {
					return value.Null, nil
				}
				return text("[" + strings.Join(list, sep) + "]"), nil
			}}
		}
	}
	r.agg("jsonb_agg(anyelement)", jsonAgg(func(c *Ctx, d datum) string { return c.jsonbOf(0, d) }, ", "))
	r.agg("json_agg(anyelement)", func(c *Ctx) Aggregate {
		var b []byte
		return &fold{func(a []datum) error {
			switch {
			case b == nil:
				b = append(b, '[')
			default:
				b = append(b, ", "...)
				// PostgreSQL puts composites and arrays on lines of their own.
				if o := c.argOps(0); !a[0].IsNull() && (o.Fields != nil || o.OID == catalog.RecordOID || o.Elem != nil) {
					b = append(b, "\n "...)
				}
			}
			b = append(b, c.jsonOf(0, a[0])...)
			return nil
		}, func() (datum, error) {
			if b == nil {
				return value.Null, nil
			}
			return text(string(append(b, ']'))), nil
		}}
	})
	r.agg("jsonb_object_agg(any,any)", func(c *Ctx) Aggregate {
		var list []value.Pair
		return &fold{func(a []datum) error {
			if a[0].IsNull() {
				return fault.New(fault.InvalidParameterValue, "field name must not be null")
			}
			list = append(list, value.Pair{Key: c.argOps(0).Text(c.Env(), a[0]), Value: c.jsonbOf(1, a[1])})
			return nil
		}, func() (datum, error) {
			if list == nil {
				return value.Null, nil
			}
			return text(string(value.AppendObject(nil, list))), nil
		}}
	})
	r.agg("json_object_agg(any,any)", func(c *Ctx) Aggregate {
		var b []byte
		return &fold{func(a []datum) error {
			if a[0].IsNull() {
				return fault.New(fault.InvalidParameterValue, "field name must not be null")
			}
			if b == nil {
				b = append(b, "{ "...)
			} else {
				b = append(b, ", "...)
			}
			b = append(value.AppendJSONString(b, c.argOps(0).Text(c.Env(), a[0])), " : "...)
			b = append(b, c.jsonOf(1, a[1])...)
			return nil
		}, func() (datum, error) {
			if b == nil {
				return value.Null, nil
			}
			return text(string(append(b, " }"...))), nil
		}}
	})
	registerStatistics(r)
	registerOrderedSets(r)
	// SQLite has the window functions itself.
	for sig, form := range map[string]string{"row_number()": "row_number()", "rank()": "rank()", "dense_rank()": "dense_rank()", "percent_rank()": "percent_rank()", "cume_dist()": "cume_dist()",
		"ntile(int4)": "ntile(%1)", "lag(anyelement)": "lag(%1)", "lag(anyelement,int4)": "lag(%1, %2)", "lag(anycompatible,int4,anycompatible)": "lag(%1, %2, %3)",
		"lead(anyelement)": "lead(%1)", "lead(anyelement,int4)": "lead(%1, %2)", "lead(anycompatible,int4,anycompatible)": "lead(%1, %2, %3)",
		"first_value(anyelement)": "first_value(%1)", "last_value(anyelement)": "last_value(%1)", "nth_value(anyelement,int4)": "nth_value(%1, %2)"} {
		r.entry(sig).sqlite = form
	}
}

// registerStatistics registers variance and its like.
func registerStatistics(r registry) {
	decs := func(dec func(d datum) value.Dec, sample, root bool) func(*Ctx) Aggregate {
		return func(*Ctx) Aggregate {
			var n int64
			var sum, squares value.Dec
			return &fold{notNull(func(d datum) error {
				x := dec(d)
				n++
				sum, squares = sum.Add(x), squares.Add(x.Mul(x))
				return nil
			}), func() (datum, error) {
				if n == 0 || sample && n == 1 {
					return value.Null, nil
				}
				if !sum.IsFinite() {
					return value.DecNaN.Datum(), nil
				}
				N := value.DecInt(n)
				num := N.Mul(squares).Sub(sum.Mul(sum))
				if num.Sign() <= 0 {
					return value.DecInt(0).Datum(), nil
				}
				den := N.Mul(N)
				if sample {
					den = N.Mul(value.DecInt(n - 1))
				}
				v, err := num.Div(den)
				if err == nil && root {
					v, err = v.Deviation()
				}
				return v.Datum(), err
			}}
		}
	}
	floats := func(sample, root bool) func(*Ctx) Aggregate {
		return func(*Ctx) Aggregate {
			n, sx, sxx := 0.0, 0.0, 0.0
			return &fold{notNull(func(d datum) error {
				x, old := d.Float64(), sx
				n++
				sx += x
				if n > 1 {
					t := x*n - sx
					sxx += t * t / (n * (n - 1)) // not the product with the reciprocal of sums: the last digits differ
					if math.IsInf(sx, 0) || math.IsInf(sxx, 0) {
						if !math.IsInf(old, 0) && !math.IsInf(x, 0) {
							return fault.New(fault.NumericOutOfRange, "value out of range: overflow")
						}
						sxx = math.NaN()
					}
				} else if math.IsInf(x, 0) || math.IsNaN(x) {
					sxx = math.NaN()
				}
				return nil
			}), func() (datum, error) {
				if n == 0 || sample && n == 1 {
					return value.Null, nil
				}
				v := sxx / n
				if sample {
					v = sxx / (n - 1)
				}
				if root {
					v = math.Sqrt(v)
				}
				return value.Float(v), nil
			}}
		}
	}
	ofInt := func(d datum) value.Dec { return value.DecInt(d.Int64()) }
	for n, f := range map[string][2]bool{"variance": {true, false}, "var_samp": {true, false}, "var_pop": {false, false}, "stddev": {true, true}, "stddev_samp": {true, true}, "stddev_pop": {false, true}} {
		for _, t := range []string{"int2", "int4", "int8"} {
			r.agg(n+"("+t+")", decs(ofInt, f[0], f[1]))
		}
		r.agg(n+"(numeric)", decs(value.DecOf, f[0], f[1]))
		r.agg(n+"(float4) "+n+"(float8)", floats(f[0], f[1]))
	}
	regr := func(name string, f func(s sums) (float64, bool)) {
		r.agg(name+"(float8,float8)", func(*Ctx) Aggregate {
			var s sums
			return &fold{func(a []datum) error {
				if a[0].IsNull() || a[1].IsNull() {
					return nil
				}
				return s.add(a[0].Float64(), a[1].Float64())
			}, func() (datum, error) {
				v, ok := f(s)
				if !ok {
					return value.Null, nil
				}
				return value.Float(v), nil
			}}
		})
	}
	r.agg("regr_count(float8,float8)", func(*Ctx) Aggregate {
		n := int64(0)
		return &fold{func(a []datum) error {
			if !a[0].IsNull() && !a[1].IsNull() {
				n++
			}
			return nil
		}, func() (datum, error) { return value.Int(n), nil }}
	})
	regr("regr_sxx", func(s sums) (float64, bool) { return s.sxx, s.n > 0 })
	regr("regr_syy", func(s sums) (float64, bool) { return s.syy, s.n > 0 })
	regr("regr_sxy", func(s sums) (float64, bool) { return s.sxy, s.n > 0 })
	regr("corr", func(s sums) (float64, bool) {
		return s.sxy / math.Sqrt(s.sxx*s.syy), s.n > 0 && s.sxx != 0 && s.syy != 0
	})
	regr("covar_pop", func(s sums) (float64, bool) { return s.sxy / s.n, s.n > 0 })
	regr("covar_samp", func(s sums) (float64, bool) { return s.sxy / (s.n - 1), s.n > 1 })
	regr("regr_slope", func(s sums) (float64, bool) { return s.sxy / s.sxx, s.n > 0 && s.sxx != 0 })
	regr("regr_intercept", func(s sums) (float64, bool) { return (s.sy - s.sx*s.sxy/s.sxx) / s.n, s.n > 0 && s.sxx != 0 })
	regr("regr_r2", func(s sums) (float64, bool) {
		if s.syy == 0 {
			return 1, s.n > 0 && s.sxx != 0
		}
		return s.sxy * s.sxy / (s.sxx * s.syy), s.n > 0 && s.sxx != 0
	})
	regr("regr_avgx", func(s sums) (float64, bool) { return s.sx / s.n, s.n > 0 })
	regr("regr_avgy", func(s sums) (float64, bool) { return s.sy / s.n, s.n > 0 })
}

// sums are what the statistics of pairs are made of, by Youngs and Cramer's method, as in PostgreSQL.
type sums struct{ n, sx, sxx, sy, syy, sxy float64 }

func (s *sums) add(y, x float64) error {
	oldX, oldY := s.sx, s.sy
	s.n++
	s.sx += x
	s.sy += y
	if s.n == 1 {
		if math.IsInf(x, 0) || math.IsNaN(x) {
			s.sxx, s.sxy = math.NaN(), math.NaN()
		}
		if math.IsInf(y, 0) || math.IsNaN(y) {
			s.syy, s.sxy = math.NaN(), math.NaN()
		}
		return nil
	}
	tx, ty, k := x*s.n-s.sx, y*s.n-s.sy, 1/(s.n*(s.n-1))
	s.sxx += tx * tx * k
	s.syy += ty * ty * k
	s.sxy += tx * ty * k
	if math.IsInf(s.sx, 0) || math.IsInf(s.sxx, 0) || math.IsInf(s.sy, 0) || math.IsInf(s.syy, 0) || math.IsInf(s.sxy, 0) {
		if (math.IsInf(s.sx, 0) || math.IsInf(s.sxx, 0)) && !math.IsInf(oldX, 0) && !math.IsInf(x, 0) || (math.IsInf(s.sy, 0) || math.IsInf(s.syy, 0)) && !math.IsInf(oldY, 0) && !math.IsInf(y, 0) {
			return fault.New(fault.NumericOutOfRange, "value out of range: overflow")
		}
		for _, v := range []*float64{&s.sxx, &s.syy, &s.sxy} {
			if math.IsInf(*v, 0) {
				*v = math.NaN()
			}
		}
	}
	return nil
}

// ordered collects the ordered column of an ordered-set aggregate, NULLs left out.
type ordered struct {
	rows  []datum
	final func(rows, direct []datum) (datum, error)
}

func (o *ordered) Step(a []datum) error {
	if !a[0].IsNull() {
		o.rows = append(o.rows, a[0])
	}
	return nil
}

func (o *ordered) Final(direct []datum) (datum, error) { return o.final(o.rows, direct) }

func registerOrderedSets(r registry) {
	fraction := func(d datum) (float64, error) {
		f := d.Float64()
		if f < 0 || f > 1 || math.IsNaN(f) {
			return 0, fault.New(fault.NumericOutOfRange, "percentile value %s is not between 0 and 1", string(value.AppendFloat(nil, f, 64)))
		}
		return f, nil
	}
	disc := func(rows []datum, d datum) (datum, error) {
		if d.IsNull() {
			return value.Null, nil
		}
		f, err := fraction(d)
		if err != nil || len(rows) == 0 {
			return value.Null, err
		}
		return rows[max(int(math.Ceil(f*float64(len(rows))))-1, 0)], nil
	}
	cont := func(lerp func(a, b datum, f float64) datum) func(rows []datum, d datum) (datum, error) {
		return func(rows []datum, d datum) (datum, error) {
			if d.IsNull() {
				return value.Null, nil
			}
			f, err := fraction(d)
			if err != nil || len(rows) == 0 {
				return value.Null, err
			}
			at := f * float64(len(rows)-1)
			i, j := int(math.Floor(at)), int(math.Ceil(at))
			if i == j {
				return rows[i], nil
			}
			return lerp(rows[i], rows[j], at-float64(i)), nil
		}
	}
	floats := cont(func(a, b datum, f float64) datum { return value.Float(a.Float64() + f*(b.Float64()-a.Float64())) })
	intervals := cont(func(a, b datum, f float64) datum {
		d, err := interval(b).Add(interval(a).Neg())
		if err == nil {
			if d, err = d.Mul(f); err == nil {
				d, err = d.Add(interval(a))
			}
		}
		if err != nil {
			return value.Null
		}
		return d.Datum()
	})
	one := func(f func(rows []datum, d datum) (datum, error)) func(*Ctx) Aggregate {
		return func(*Ctx) Aggregate {
			return &ordered{final: func(rows, direct []datum) (datum, error) { return f(rows, direct[0]) }}
		}
	}
	many := func(elem func(c *Ctx) *value.Ops, f func(rows []datum, d datum) (datum, error)) func(*Ctx) Aggregate {
		return func(c *Ctx) Aggregate {
			return &ordered{final: func(rows, direct []datum) (datum, error) {
				if direct[0].IsNull() || len(rows) == 0 {
					return value.Null, nil
				}
				fs, err := value.ArraySlice(opsOf(catalog.Float8OID), direct[0])
				if err != nil {
					return value.Null, err
				}
				out := make([]datum, len(fs))
				for i := range fs {
					if out[i], err = f(rows, fs[i]); err != nil {
						return value.Null, err
					}
				}
				return value.MakeArray(c.Env(), elem(c), out, value.ArrayDims(opsOf(catalog.Float8OID), direct[0])...), nil
			}}
		}
	}
	r.agg("percentile_disc(float8,anyelement)", one(disc))
	r.agg("percentile_cont(float8,float8)", one(floats))
	r.agg("percentile_cont(float8,interval)", one(intervals))
	r.agg("percentile_disc(_float8,anyelement)", many(func(c *Ctx) *value.Ops { return c.Env().Ops(c.Ret.OID).Elem }, disc))
	r.agg("percentile_cont(_float8,float8)", many(func(*Ctx) *value.Ops { return opsOf(catalog.Float8OID) }, floats))
	r.agg("percentile_cont(_float8,interval)", many(func(*Ctx) *value.Ops { return opsOf(catalog.IntervalOID) }, intervals))
	r.agg("mode(anyelement)", func(c *Ctx) Aggregate {
		return &ordered{final: func(rows, _ []datum) (datum, error) {
			best, bestN := value.Null, 0
			for i := 0; i < len(rows); {
				j := i + 1
				for j < len(rows) && c.argOps(0).Compare(rows[i], rows[j]) == 0 {
					j++
				}
				if j-i > bestN {
					best, bestN = rows[i], j-i
				}
				i = j
			}
			return best, nil
		}}
	})
}
