package builtin

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

func stamp(d datum) value.Stamp       { return value.StampFrom(d.Str()) }
func day(d datum) value.Day           { return value.DayFrom(d.Str()) }
func interval(d datum) value.Interval { return value.IntervalFrom(d.Str()) }

// registerTimeCompare registers the comparisons between dates and timestamps of different types.
func registerTimeCompare(r registry) {
	utc := func(_ *Ctx, d datum) value.Stamp { return stamp(d) }
	local := func(c *Ctx, d datum) value.Stamp { return stamp(d).In(c.zone()) }
	for _, p := range []struct {
		args, name string
		l, r       func(*Ctx, datum) value.Stamp
	}{{"date,timestamp", "date_%_timestamp", utc, utc}, {"timestamp,date", "timestamp_%_date", utc, utc}, {"date,timestamptz", "date_%_timestamptz", local, utc},
		{"timestamptz,date", "timestamptz_%_date", utc, local}, {"timestamp,timestamptz", "timestamp_%_timestamptz", local, utc}, {"timestamptz,timestamp", "timestamptz_%_timestamp", utc, local}} {
		for n, ok := range map[string]func(c int) bool{"eq": func(c int) bool { return c == 0 }, "ne": func(c int) bool { return c != 0 }, "lt": func(c int) bool { return c < 0 },
			"le": func(c int) bool { return c <= 0 }, "gt": func(c int) bool { return c > 0 }, "ge": func(c int) bool { return c >= 0 }} {
			r.fn(strings.Replace(p.name, "%", n, 1)+"("+p.args+")", func(c *Ctx, a []datum) (datum, error) {
				return value.Bool(ok(cmp.Compare(p.l(c, a[0]), p.r(c, a[1])))), nil
			})
		}
	}
}

func registerTime(r registry) {
	r.fn("now() transaction_timestamp()", func(c *Ctx, _ []datum) (datum, error) { return c.now().TimestamptzDatum() })
	r.fn("statement_timestamp()", func(c *Ctx, _ []datum) (datum, error) {
		if c.Stmt.IsZero() {
			return c.now().TimestamptzDatum()
		}
		c.unsteady()
		return value.StampOf(c.Stmt).TimestamptzDatum()
	})
	r.fn("clock_timestamp()", func(c *Ctx, _ []datum) (datum, error) { return c.clock().TimestamptzDatum() })
	r.fn("timeofday()", func(c *Ctx, _ []datum) (datum, error) {
		return text(c.clock().Time().In(c.zone()).Format("Mon Jan 02 15:04:05.000000 2006 MST")), nil
	})

	// Conversions.
	r.fn("timestamptz(timestamp)", func(c *Ctx, a []datum) (datum, error) { return stamp(a[0]).In(c.zone()).TimestamptzDatum() })
	r.fn("timestamp(timestamptz)", func(c *Ctx, a []datum) (datum, error) { return stamp(a[0]).Local(c.zone()).TimestampDatum() })
	r.fn("timestamptz(date)", func(c *Ctx, a []datum) (datum, error) { return stamp(a[0]).In(c.zone()).TimestamptzDatum() })
	r.fn("timestamp(date)", func(_ *Ctx, a []datum) (datum, error) { return stamp(a[0]).TimestampDatum() })
	r.fn("date(timestamp)", func(_ *Ctx, a []datum) (datum, error) { return dayOf(stamp(a[0])).Datum() })
	r.fn("date(timestamptz)", func(c *Ctx, a []datum) (datum, error) { return dayOf(stamp(a[0]).Local(c.zone())).Datum() })
	r.fn("time(timestamp)", func(_ *Ctx, a []datum) (datum, error) { return clockOf(stamp(a[0])), nil })
	r.fn("time(timestamptz)", func(c *Ctx, a []datum) (datum, error) { return clockOf(stamp(a[0]).Local(c.zone())), nil })
	r.fn("timetz(timestamptz)", func(c *Ctx, a []datum) (datum, error) {
		s := stamp(a[0])
		if !s.Finite() {
			return value.Null, nil
		}
		_, us := s.Local(c.zone()).Split()
		return value.TimetzDatum(us, offsetAt(s, c.zone())), nil
	})
	r.fn("timetz(time)", func(c *Ctx, a []datum) (datum, error) {
		return value.TimetzDatum(value.ClockFrom(a[0].Str()), offsetAt(c.now(), c.zone())), nil
	})
	r.pure("time(timetz)", func(a []datum) datum {
		us, _ := value.TimetzFrom(a[0].Str())
		return value.ClockDatum(us)
	})
	r.pure("interval(time)", func(a []datum) datum { return value.Interval{Micros: value.ClockFrom(a[0].Str())}.Datum() })
	r.pure("time(interval)", func(a []datum) datum {
		us := interval(a[0]).Micros
		if us >= 0 {
			return value.ClockDatum(us % value.UDay)
		}
		return value.ClockDatum(us + (value.UDay-1-us)/value.UDay*value.UDay) // overflows where PostgreSQL does
	})
	r.fn("timestamptz(date,time)", func(c *Ctx, a []datum) (datum, error) {
		return addClock(day(a[0]), value.ClockFrom(a[1].Str())).In(c.zone()).TimestamptzDatum()
	})
	zonedDay := func(d, clock datum) (datum, error) {
		us, off := value.TimetzFrom(clock.Str())
		s := addClock(day(d), us)
		if s.Finite() {
			s -= value.Stamp(int64(off) * value.USecond)
		}
		return s.TimestamptzDatum()
	}
	r.fn("timestamptz(date,timetz) datetimetz_pl(date,timetz)", func(_ *Ctx, a []datum) (datum, error) { return zonedDay(a[0], a[1]) })
	r.fn("timetzdate_pl(timetz,date)", func(_ *Ctx, a []datum) (datum, error) { return zonedDay(a[1], a[0]) })
	turn := func(clock datum, by int64) datum {
		us, off := value.TimetzFrom(clock.Str())
		us = (us + by) % value.UDay // which wraps around, as in PostgreSQL
		if us < 0 {
			us += value.UDay
		}
		return value.TimetzDatum(us, off)
	}
	r.pure("timetz_pl_interval(timetz,interval)", func(a []datum) datum { return turn(a[0], interval(a[1]).Micros) })
	r.pure("interval_pl_timetz(interval,timetz)", func(a []datum) datum { return turn(a[1], interval(a[0]).Micros) })
	r.pure("timetz_mi_interval(timetz,interval)", func(a []datum) datum { return turn(a[0], -interval(a[1]).Micros) })
	r.fn("timestamp(date,time) datetime_pl(date,time)", func(_ *Ctx, a []datum) (datum, error) {
		return addClock(day(a[0]), value.ClockFrom(a[1].Str())).TimestampDatum()
	})
	r.fn("timedate_pl(time,date)", func(_ *Ctx, a []datum) (datum, error) {
		return addClock(day(a[1]), value.ClockFrom(a[0].Str())).TimestampDatum()
	})
	precise := func(a []datum, title string) error {
		if n := a[1].Int64(); stamp(a[0]).Finite() && n != -1 && (n < 0 || n > 6) {
			return fault.New(fault.InvalidParameterValue, "%s(%d) precision must be between %d and %d", title, n, 0, 6)
		}
		return nil
	}
	r.fn("timestamp(timestamp,int4)", func(_ *Ctx, a []datum) (datum, error) {
		if err := precise(a, "timestamp"); err != nil {
			return value.Null, err
		}
		return stamp(a[0]).RoundTo(int32(a[1].Int64())).TimestampDatum()
	})
	r.fn("timestamptz(timestamptz,int4)", func(_ *Ctx, a []datum) (datum, error) {
		if err := precise(a, "timestamp"); err != nil {
			return value.Null, err
		}
		return stamp(a[0]).RoundTo(int32(a[1].Int64())).TimestamptzDatum()
	})
	r.pure("time(time,int4)", func(a []datum) datum {
		return value.ClockDatum(value.RoundClock(value.ClockFrom(a[0].Str()), int32(a[1].Int64())))
	})
	r.pure("timetz(timetz,int4)", func(a []datum) datum {
		us, off := value.TimetzFrom(a[0].Str())
		return value.TimetzDatum(value.RoundClock(us, int32(a[1].Int64())), off)
	})
	r.pure("interval(interval,int4)", func(a []datum) datum { return interval(a[0]).Fit(int32(a[1].Int64())).Datum() })

	// Arithmetic.
	r.fn("timestamp_pl_interval(timestamp,interval)", func(_ *Ctx, a []datum) (datum, error) { return interval(a[1]).AddTo(stamp(a[0])).TimestampDatum() })
	r.fn("interval_pl_timestamp(interval,timestamp)", func(_ *Ctx, a []datum) (datum, error) { return interval(a[0]).AddTo(stamp(a[1])).TimestampDatum() })
	r.fn("timestamp_mi_interval(timestamp,interval)", func(_ *Ctx, a []datum) (datum, error) {
		return interval(a[1]).Neg().AddTo(stamp(a[0])).TimestampDatum()
	})
	r.fn("timestamptz_pl_interval(timestamptz,interval)", func(c *Ctx, a []datum) (datum, error) { return c.shift(stamp(a[0]), interval(a[1])).TimestamptzDatum() })
	r.fn("interval_pl_timestamptz(interval,timestamptz)", func(c *Ctx, a []datum) (datum, error) { return c.shift(stamp(a[1]), interval(a[0])).TimestamptzDatum() })
	r.fn("timestamptz_mi_interval(timestamptz,interval)", func(c *Ctx, a []datum) (datum, error) {
		return c.shift(stamp(a[0]), interval(a[1]).Neg()).TimestamptzDatum()
	})
	r.fn("date_pl_interval(date,interval)", func(_ *Ctx, a []datum) (datum, error) { return interval(a[1]).AddTo(stamp(a[0])).TimestampDatum() })
	r.fn("interval_pl_date(interval,date)", func(_ *Ctx, a []datum) (datum, error) { return interval(a[0]).AddTo(stamp(a[1])).TimestampDatum() })
	r.fn("date_mi_interval(date,interval)", func(_ *Ctx, a []datum) (datum, error) {
		return interval(a[1]).Neg().AddTo(stamp(a[0])).TimestampDatum()
	})
	r.fn("date_pli(date,int4)", func(_ *Ctx, a []datum) (datum, error) { return addDays(day(a[0]), a[1].Int64()) })
	r.fn("integer_pl_date(int4,date)", func(_ *Ctx, a []datum) (datum, error) { return addDays(day(a[1]), a[0].Int64()) })
	r.fn("date_mii(date,int4)", func(_ *Ctx, a []datum) (datum, error) { return addDays(day(a[0]), -a[1].Int64()) })
	r.fn("date_mi(date,date)", func(_ *Ctx, a []datum) (datum, error) {
		x, y := day(a[0]), day(a[1])
		if !x.Finite() || !y.Finite() {
			return value.Null, fault.New(fault.DatetimeOverflow, "cannot subtract infinite dates")
		}
		return value.Int(int64(x) - int64(y)), nil
	})
	r.fn("timestamp_mi(timestamp,timestamp) timestamptz_mi(timestamptz,timestamptz)", func(_ *Ctx, a []datum) (datum, error) {
		x, y := stamp(a[0]), stamp(a[1])
		if !x.Finite() || !y.Finite() {
			return value.Null, fault.New(fault.DatetimeOverflow, "cannot subtract infinite timestamps")
		}
		us := int64(x - y)
		return value.Interval{Days: int32(us / value.UDay), Micros: us % value.UDay}.Datum(), nil
	})
	r.pure("time_mi_time(time,time)", func(a []datum) datum {
		return value.Interval{Micros: value.ClockFrom(a[0].Str()) - value.ClockFrom(a[1].Str())}.Datum()
	})
	clock := func(us int64) datum {
		us %= value.UDay
		if us < 0 {
			us += value.UDay
		}
		return value.ClockDatum(us)
	}
	r.pure("time_pl_interval(time,interval)", func(a []datum) datum { return clock(value.ClockFrom(a[0].Str()) + interval(a[1]).Micros) })
	r.pure("interval_pl_time(interval,time)", func(a []datum) datum { return clock(value.ClockFrom(a[1].Str()) + interval(a[0]).Micros) })
	r.pure("time_mi_interval(time,interval)", func(a []datum) datum { return clock(value.ClockFrom(a[0].Str()) - interval(a[1]).Micros) })
	span := func(sigs string, f func(a []datum) (value.Interval, error)) {
		r.fn(sigs, func(_ *Ctx, a []datum) (datum, error) {
			v, err := f(a)
			if err != nil {
				return value.Null, err
			}
			return v.Datum(), nil
		})
	}
	span("interval_pl(interval,interval)", func(a []datum) (value.Interval, error) { return interval(a[0]).Add(interval(a[1])) })
	span("interval_mi(interval,interval)", func(a []datum) (value.Interval, error) { return interval(a[0]).Add(interval(a[1]).Neg()) })
	span("interval_um(interval)", func(a []datum) (value.Interval, error) { return interval(a[0]).Neg(), nil })
	span("interval_mul(interval,float8)", func(a []datum) (value.Interval, error) { return interval(a[0]).Mul(a[1].Float64()) })
	span("mul_d_interval(float8,interval)", func(a []datum) (value.Interval, error) { return interval(a[1]).Mul(a[0].Float64()) })
	span("interval_div(interval,float8)", func(a []datum) (value.Interval, error) { return interval(a[0]).Div(a[1].Float64()) })
	span("justify_days(interval)", func(a []datum) (value.Interval, error) { return justifyDays(interval(a[0])) })
	span("justify_hours(interval)", func(a []datum) (value.Interval, error) { return justifyHours(interval(a[0])) })
	span("justify_interval(interval)", func(a []datum) (value.Interval, error) { return justify(interval(a[0])) })

	// Parts.
	r.fn("extract(text,timestamptz) date_part(text,timestamptz)", nil)
	r.fn("extract(text,timestamp) date_part(text,timestamp)", nil)
	r.fn("extract(text,date) date_part(text,date)", nil)
	r.fn("extract(text,time) date_part(text,time)", nil)
	r.fn("extract(text,interval) date_part(text,interval)", nil)
	r.fn("extract(text,timetz) date_part(text,timetz)", nil)
	for _, t := range []string{"timestamptz", "timestamp", "date", "time", "interval", "timetz"} {
		part := func(c *Ctx, a []datum) (value.Dec, bool, error) { return c.part(a[0].Str(), t, a[1]) }
		r["extract(text,"+t+")"].call = func(c *Ctx, a []datum) (datum, error) {
			d, ok, err := part(c, a)
			if err != nil || !ok {
				return value.Null, err
			}
			return d.Datum(), nil
		}
		r["date_part(text,"+t+")"].call = func(c *Ctx, a []datum) (datum, error) {
			if t == "date" { // in PostgreSQL it is that of the timestamp
				s, err := stamp(a[1]).TimestampDatum()
				if err != nil {
					return value.Null, err
				}
				d, ok, err := c.part(a[0].Str(), "timestamp", s)
				if err != nil || !ok {
					return value.Null, err
				}
				return value.Float(d.Float64()), nil
			}
			d, ok, err := part(c, a)
			if err != nil || !ok {
				return value.Null, err
			}
			return value.Float(d.Float64()), nil
		}
	}
	r.fn("date_trunc(text,timestamptz)", func(c *Ctx, a []datum) (datum, error) {
		return truncZoned(a[0].Str(), stamp(a[1]), c.zone())
	})
	r.fn("date_trunc(text,timestamptz,text)", func(_ *Ctx, a []datum) (datum, error) {
		if !stamp(a[1]).Finite() {
			return a[1], nil
		}
		z, err := value.Zone(a[2].Str())
		if err != nil {
			return value.Null, err
		}
		return truncZoned(a[0].Str(), stamp(a[1]), z)
	})
	r.fn("date_trunc(text,timestamp)", func(_ *Ctx, a []datum) (datum, error) {
		s, err := truncStamp(a[0].Str(), stamp(a[1]), "timestamp without time zone")
		if err != nil {
			return value.Null, err
		}
		return s.TimestampDatum()
	})
	r.fn("date_trunc(text,interval)", func(_ *Ctx, a []datum) (datum, error) { return truncInterval(a[0].Str(), interval(a[1])) })
	bin := func(stride value.Interval, s, origin value.Stamp) (value.Stamp, error) {
		switch {
		case !s.Finite():
			return s, nil
		case !origin.Finite():
			return 0, fault.New(fault.DatetimeOverflow, "origin out of range")
		case stride.Months != 0:
			return 0, fault.New(fault.FeatureNotSupported, "timestamps cannot be binned into intervals containing months or years")
		}
		step := value.Stamp(int64(stride.Days)*value.UDay + stride.Micros)
		if step <= 0 {
			return 0, fault.New(fault.DatetimeOverflow, "stride must be greater than zero")
		}
		d := s - origin
		n := d / step
		if d%step < 0 {
			n--
		}
		return origin + n*step, nil
	}
	r.fn("date_bin(interval,timestamp,timestamp)", func(_ *Ctx, a []datum) (datum, error) {
		s, err := bin(interval(a[0]), stamp(a[1]), stamp(a[2]))
		if err != nil {
			return value.Null, err
		}
		return s.TimestampDatum()
	})
	r.fn("date_bin(interval,timestamptz,timestamptz)", func(_ *Ctx, a []datum) (datum, error) {
		s, err := bin(interval(a[0]), stamp(a[1]), stamp(a[2]))
		if err != nil {
			return value.Null, err
		}
		return s.TimestamptzDatum()
	})
	r.fn("age(timestamptz,timestamptz)", func(c *Ctx, a []datum) (datum, error) {
		return age(stamp(a[0]).Local(c.zone()), stamp(a[1]).Local(c.zone()))
	})
	r.fn("age(timestamp,timestamp)", func(_ *Ctx, a []datum) (datum, error) { return age(stamp(a[0]), stamp(a[1])) })
	r.fn("age(xid)", func(*Ctx, []datum) (datum, error) {
		return value.Null, unsupported("age of a transaction is not supported by the sqlite engine")
	})
	midnight := func(c *Ctx) value.Stamp { return dayOf(c.now().Local(c.zone())).At(0) }
	r.fn("age(timestamptz)", func(c *Ctx, a []datum) (datum, error) { return age(midnight(c), stamp(a[0]).Local(c.zone())) })
	r.fn("age(timestamp)", func(c *Ctx, a []datum) (datum, error) { return age(midnight(c), stamp(a[0])) })
	r.pure("isfinite(timestamptz) isfinite(timestamp)", func(a []datum) datum { return value.Bool(stamp(a[0]).Finite()) })
	r.pure("isfinite(date)", func(a []datum) datum { return value.Bool(day(a[0]).Finite()) })
	r.pure("isfinite(interval)", func([]datum) datum { return value.Bool(true) })

	// Zones.
	zoned := func(sig string, at func(z *time.Location, d datum) value.Stamp, f func(z *time.Location, d datum) (datum, error)) {
		r.fn("timezone(text,"+sig+")", func(_ *Ctx, a []datum) (datum, error) {
			if !stamp(a[1]).Finite() {
				return a[1], nil
			}
			z, err := value.ZoneAt(a[0].Str(), func(z *time.Location) value.Stamp { return at(z, a[1]) })
			if err != nil {
				return value.Null, err
			}
			return f(z, a[1])
		})
		r.fn("timezone(interval,"+sig+")", func(_ *Ctx, a []datum) (datum, error) {
			if !stamp(a[1]).Finite() {
				return a[1], nil
			}
			v := interval(a[0])
			if v.Months != 0 || v.Days != 0 {
				return value.Null, badZone(a[0])
			}
			return f(time.FixedZone("", int(v.Micros/value.USecond)), a[1])
		})
	}
	moment := func(_ *time.Location, d datum) value.Stamp { return stamp(d) }
	local := func(z *time.Location, d datum) value.Stamp { return stamp(d).In(z) }
	zoned("timestamptz", moment, func(z *time.Location, d datum) (datum, error) { return stamp(d).Local(z).TimestampDatum() })
	zoned("timestamp", local, func(z *time.Location, d datum) (datum, error) { return stamp(d).In(z).TimestamptzDatum() })

	moved := func(d datum, offset int) (datum, error) {
		us, from := value.TimetzFrom(d.Str())
		const day = 24 * 3600 * value.USecond
		return value.TimetzDatum(((us+int64(offset-from)*value.USecond)%day+day)%day, offset), nil
	}
	r.fn("timezone(text,timetz)", func(c *Ctx, a []datum) (datum, error) {
		z, err := value.Zone(a[0].Str())
		if err != nil {
			return value.Null, err
		}
		_, offset := c.now().Time().In(z).Zone() // today's
		return moved(a[1], offset)
	})
	r.fn("timezone(interval,timetz)", func(_ *Ctx, a []datum) (datum, error) {
		v := interval(a[0])
		if v.Months != 0 || v.Days != 0 {
			return value.Null, badZone(a[0])
		}
		return moved(a[1], int(v.Micros/value.USecond))
	})

	// Makers.
	r.fn("make_interval(int4,int4,int4,int4,int4,int4,float8)", func(_ *Ctx, a []datum) (datum, error) {
		secs := a[6].Float64()
		if math.IsNaN(secs) || math.IsInf(secs, 0) {
			return value.Null, fault.New(fault.DatetimeOverflow, "interval out of range")
		}
		// What is too large wraps around, as in PostgreSQL.
		us := int64(math.MinInt64)
		if f := math.RoundToEven(secs * 1e6); f >= math.MinInt64 && f < math.MaxInt64 {
			us = int64(f)
		}
		return value.Interval{Months: int32(a[0].Int64()*12 + a[1].Int64()), Days: int32(a[2].Int64()*7 + a[3].Int64()),
			Micros: a[4].Int64()*value.UHour + a[5].Int64()*value.UMinute + us}.Datum(), nil
	})
	r.fn("make_date(int4,int4,int4)", func(_ *Ctx, a []datum) (datum, error) {
		d, err := makeDay(a[0].Int64(), a[1].Int64(), a[2].Int64())
		if err != nil {
			return value.Null, err
		}
		return d.Datum()
	})
	r.fn("make_time(int4,int4,float8)", func(_ *Ctx, a []datum) (datum, error) {
		us, err := makeClock(a[0].Int64(), a[1].Int64(), a[2].Float64())
		return value.ClockDatum(us), err
	})
	make6 := func(a []datum) (value.Stamp, error) {
		d, err := makeDay(a[0].Int64(), a[1].Int64(), a[2].Int64())
		if err != nil {
			// It names the year as it is given.
			what, _, _ := strings.Cut(err.(*fault.Error).Message, ":")
			return 0, fault.New(fault.DatetimeOverflow, "%s: %d-%02d-%02d", what, a[0].Int64(), a[1].Int64(), a[2].Int64())
		}
		us, err := makeClock(a[3].Int64(), a[4].Int64(), a[5].Float64())
		return d.At(us), err
	}
	r.fn("make_timestamp(int4,int4,int4,int4,int4,float8)", func(_ *Ctx, a []datum) (datum, error) {
		s, err := make6(a)
		if err != nil {
			return value.Null, err
		}
		return s.TimestampDatum()
	})
	r.fn("make_timestamptz(int4,int4,int4,int4,int4,float8) make_timestamptz(int4,int4,int4,int4,int4,float8,text)", func(c *Ctx, a []datum) (datum, error) {
		s, err := make6(a)
		z := c.zone()
		if err == nil && len(a) > 6 {
			z, err = value.MadeZone(a[6].Str())
		}
		if err != nil {
			return value.Null, err
		}
		return s.In(z).TimestamptzDatum()
	})
	r.fn("to_timestamp(float8)", func(_ *Ctx, a []datum) (datum, error) {
		switch f := a[0].Float64(); {
		case math.IsInf(f, 1):
			return value.StampInf.TimestamptzDatum()
		case math.IsInf(f, -1):
			return value.StampNegInf.TimestamptzDatum()
		case math.IsNaN(f):
			return value.Null, fault.New(fault.DatetimeOverflow, "timestamp cannot be NaN")
		case math.Abs(f) > 1e13:
			return value.Null, fault.New(fault.DatetimeOverflow, `timestamp out of range: "%s"`, printfG(f))
		default:
			// As PostgreSQL: seconds since 2000 in double precision, then microseconds.
			s := f - 946684800
			return value.Stamp(math.RoundToEven(s * 1e6)).TimestamptzDatum()
		}
	})
	// A pair of ends, of which either may be NULL: the other is then where it begins, and it has no end.
	overlaps := func(args string, end func(c *Ctx, begin, length datum) (datum, error), order func(a, b datum) int) {
		types := strings.Split(args, ",")
		r.fn("overlaps("+args+")", func(c *Ctx, a []datum) (datum, error) {
			var begins, ends [2]datum
			a = slices.Clone(a)
			for i := range begins { // both ends before either pair is looked at
				if types[2*i+1] == "interval" && !a[2*i+1].IsNull() {
					var err error
					if a[2*i+1], err = end(c, a[2*i], a[2*i+1]); err != nil {
						return value.Null, err
					}
				}
			}
			for i := range begins {
				begin, e := a[2*i], a[2*i+1]
				switch {
				case begin.IsNull() && e.IsNull():
					return value.Null, nil
				case begin.IsNull():
					begin, e = e, value.Null
				case !e.IsNull() && order(begin, e) > 0:
					begin, e = e, begin
				}
				begins[i], ends[i] = begin, e
			}
			if order(begins[0], begins[1]) > 0 {
				begins[0], begins[1], ends[0], ends[1] = begins[1], begins[0], ends[1], ends[0]
			}
			switch {
			case order(begins[0], begins[1]) == 0:
				if ends[0].IsNull() || ends[1].IsNull() {
					return value.Null, nil
				}
				return value.Bool(true), nil
			case ends[0].IsNull():
				return value.Null, nil
			case order(begins[1], ends[0]) < 0:
				return value.Bool(true), nil
			case ends[1].IsNull():
				return value.Null, nil
			}
			return value.Bool(false), nil
		})
	}
	byText := func(a, b datum) int { return strings.Compare(a.Str(), b.Str()) }
	for typ, end := range map[string]func(c *Ctx, begin, length datum) (datum, error){
		"timestamptz": func(c *Ctx, begin, length datum) (datum, error) {
			if begin.IsNull() {
				return begin, nil
			}
			return c.shift(stamp(begin), interval(length)).TimestamptzDatum()
		},
		"timestamp": func(_ *Ctx, begin, length datum) (datum, error) {
			if begin.IsNull() {
				return begin, nil
			}
			return interval(length).AddTo(stamp(begin)).TimestampDatum()
		},
		"time": func(_ *Ctx, begin, length datum) (datum, error) {
			if begin.IsNull() {
				return begin, nil
			}
			us := (value.ClockFrom(begin.Str()) + interval(length).Micros%value.UDay) % value.UDay
			if us < 0 {
				us += value.UDay
			}
			return value.ClockDatum(us), nil
		},
	} {
		for _, args := range []string{"%,%,%,%", "%,interval,%,interval", "%,interval,%,%", "%,%,%,interval"} {
			overlaps(strings.ReplaceAll(args, "%", typ), end, byText)
		}
	}
	overlaps("timetz,timetz,timetz,timetz", nil, opsOf(value.BuiltinNamed("timetz")).Compare)
}

func (c *Ctx) clock() value.Stamp {
	c.unsteady()
	switch {
	case c.Clock != nil:
		return value.StampOf(c.Clock())
	case !c.Stmt.IsZero():
		return value.StampOf(c.Stmt)
	}
	return c.now()
}

// shift adds months and days in the session's zone and the time on the instant.
func (c *Ctx) shift(s value.Stamp, v value.Interval) value.Stamp {
	if !s.Finite() {
		return s
	}
	if v.Months != 0 || v.Days != 0 {
		s = value.Interval{Months: v.Months, Days: v.Days}.AddTo(s.Local(c.zone())).In(c.zone())
	}
	return s + value.Stamp(v.Micros)
}

func dayOf(s value.Stamp) value.Day {
	switch s {
	case value.StampInf:
		return value.DayInf
	case value.StampNegInf:
		return value.DayNegInf
	}
	d, _ := s.Split()
	return d
}

func clockOf(s value.Stamp) datum {
	if !s.Finite() {
		return value.Null
	}
	_, us := s.Split()
	return value.ClockDatum(us)
}

func addClock(d value.Day, us int64) value.Stamp {
	switch d {
	case value.DayInf:
		return value.StampInf
	case value.DayNegInf:
		return value.StampNegInf
	}
	return d.At(us)
}

func offsetAt(s value.Stamp, z *time.Location) int {
	_, off := s.Time().In(z).Zone()
	return off
}

func addDays(d value.Day, n int64) (datum, error) {
	if !d.Finite() {
		return d.Datum()
	}
	if s := int64(d) + n; s == int64(int32(s)) {
		return value.Day(s).Datum()
	}
	return value.Null, fault.New(fault.DatetimeOverflow, "date out of range")
}

func makeDay(y, m, d int64) (value.Day, error) {
	bc := y < 0
	if bc && y > math.MinInt32 {
		y = -y
	}
	ok := y > 0
	if ok && bc {
		y = 1 - y
	}
	if !ok || m < 1 || m > 12 || d < 1 || d > int64(value.MonthDays(int(y), int(m))) {
		return 0, fault.New(fault.DatetimeOverflow, "date field value out of range: %d-%02d-%02d", y, m, d)
	}
	if y < -4713 || y == -4713 && m < 11 || y > 5874898 || y == 5874898 && m >= 6 {
		return 0, fault.New(fault.DatetimeOverflow, "date out of range: %d-%02d-%02d", y, m, d)
	}
	return value.CivilDay(int(y), int(m), int(d)), nil
}

func makeClock(h, m int64, s float64) (int64, error) {
	us := math.RoundToEven(s * 1e6)
	if h < 0 || h > 24 || m < 0 || m > 59 || !(us >= 0 && us <= 60e6) || h*value.UHour+m*value.UMinute+int64(us) > value.UDay {
		sec := printfG(s)
		if len(sec) < 2 {
			sec = "0" + sec
		}
		return 0, fault.New(fault.DatetimeOverflow, "time field value out of range: %d:%02d:%s", h, m, sec)
	}
	return h*value.UHour + m*value.UMinute + int64(us), nil
}

// printfG prints a number with six digits at most, as %g of C.
func printfG(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'g', 6, 64)
}

// carry moves whole days into months.
func carry(v value.Interval) (value.Interval, error) {
	months := int64(v.Months) + int64(v.Days/30)
	v.Days %= 30
	if v.Months = int32(months); int64(v.Months) != months {
		return v, fault.New(fault.DatetimeOverflow, "interval out of range")
	}
	return v, nil
}

// carryHours moves whole days of the time into days.
func carryHours(v value.Interval) (value.Interval, error) {
	days := int64(v.Days) + v.Micros/value.UDay
	v.Micros %= value.UDay
	if v.Days = int32(days); int64(v.Days) != days {
		return v, fault.New(fault.DatetimeOverflow, "interval out of range")
	}
	return v, nil
}

func justifyDays(v value.Interval) (value.Interval, error) {
	v, err := carry(v)
	switch {
	case v.Months > 0 && v.Days < 0:
		v.Days += 30
		v.Months--
	case v.Months < 0 && v.Days > 0:
		v.Days -= 30
		v.Months++
	}
	return v, err
}

func justifyHours(v value.Interval) (value.Interval, error) {
	v, err := carryHours(v)
	switch {
	case v.Days > 0 && v.Micros < 0:
		v.Micros += value.UDay
		v.Days--
	case v.Days < 0 && v.Micros > 0:
		v.Micros -= value.UDay
		v.Days++
	}
	return v, err
}

func justify(v value.Interval) (value.Interval, error) {
	var err error
	if v.Days > 0 && v.Micros > 0 || v.Days < 0 && v.Micros < 0 { // so that the days do not overflow
		if v, err = carry(v); err != nil {
			return v, err
		}
	}
	if v, err = carryHours(v); err != nil {
		return v, err
	}
	if v, err = carry(v); err != nil {
		return v, err
	}
	switch {
	case v.Months > 0 && (v.Days < 0 || v.Days == 0 && v.Micros < 0):
		v.Days += 30
		v.Months--
	case v.Months < 0 && (v.Days > 0 || v.Days == 0 && v.Micros > 0):
		v.Days -= 30
		v.Months++
	}
	switch {
	case v.Days > 0 && v.Micros < 0:
		v.Micros += value.UDay
		v.Days--
	case v.Days < 0 && v.Micros > 0:
		v.Micros -= value.UDay
		v.Days++
	}
	return v, nil
}

// age is the difference in years, months, days and time between two local times; NULL cannot be given for infinities, so that they are as far as dates go.
func age(a, b value.Stamp) (datum, error) {
	if a == value.StampNegInf || b == value.StampNegInf {
		return value.Null, fault.New(fault.DatetimeOverflow, "timestamp out of range")
	}
	// An infinity counts as the moment that has its number, as in PostgreSQL 15.
	neg := a < b
	if neg {
		a, b = b, a
	}
	d1, t1 := a.Split()
	d2, t2 := b.Split()
	y1, m1, dd1 := d1.Civil()
	y2, m2, dd2 := d2.Civil()
	us, days, months := t1-t2, dd1-dd2, (y1-y2)*12+m1-m2
	if us < 0 {
		us += value.UDay
		days--
	}
	for days < 0 {
		days += value.MonthDays(y2, m2) // of the earlier time's month
		months--
	}
	v := value.Interval{Months: int32(months), Days: int32(days), Micros: us}
	if neg {
		v = v.Neg()
	}
	return v.Datum(), nil
}

var titles = map[string]string{"timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone", "date": "date", "time": "time without time zone",
	"timetz": "time with time zone", "interval": "interval"}

// unitName finds the unit of a field by its spellings.
func unitName(s string) string {
	switch u := strings.ToLower(s); u {
	case "years", "y", "yr", "yrs":
		return "year"
	case "months", "mon", "mons":
		return "month"
	case "days", "d":
		return "day"
	case "hours", "h", "hr", "hrs":
		return "hour"
	case "minutes", "min", "mins", "m":
		return "minute"
	case "seconds", "sec", "secs", "s":
		return "second"
	case "milliseconds", "msec", "ms", "millisecond", "msecs":
		return "milliseconds"
	case "microseconds", "usec", "us", "microsecond", "usecs":
		return "microseconds"
	case "weeks", "w":
		return "week"
	case "quarters", "qtr":
		return "quarter"
	case "decades", "dec":
		return "decade"
	case "centuries", "c", "cent":
		return "century"
	case "timezone_h":
		return "timezone_hour"
	case "timezone_m":
		return "timezone_minute"
	case "millennia", "mil", "mils":
		return "millennium"
	default:
		return u
	}
}

func knownUnit(u string) bool {
	switch u {
	case "year", "month", "day", "hour", "minute", "second", "milliseconds", "microseconds", "week", "quarter", "decade", "century", "millennium", "dow", "isodow", "doy", "isoyear",
		"epoch", "julian", "timezone", "timezone_hour", "timezone_minute":
		return true
	}
	return false
}

func badZone(interval datum) error {
	return fault.New(fault.InvalidParameterValue, `interval time zone "%s" must not include months or days`, interval.Str())
}

func badUnit(u, typ string) error {
	u = value.TruncateName(strings.ToLower(u))
	if knownUnit(unitName(u)) {
		return fault.New(fault.FeatureNotSupported, `unit "%s" not supported for type %s`, u, typ)
	}
	return fault.New(fault.InvalidParameterValue, `unit "%s" not recognized for type %s`, u, typ)
}

// micros is a number of microseconds as seconds with scale digits.
func micros(us int64, scale int) value.Dec {
	d, err := value.DecInt(us).Div(value.DecInt(1000000))
	if err != nil {
		panic(err) // one million is not zero
	}
	return d.Round(scale)
}

// part is one field of a date or time; ok is false when it is NULL.
func (c *Ctx) part(unit, typ string, d datum) (v value.Dec, ok bool, err error) {
	u := unitName(unit)
	whole := func(n int) (value.Dec, bool, error) { return value.DecInt(int64(n)), true, nil }
	bad := func() (value.Dec, bool, error) { return value.Dec{}, false, badUnit(unit, titles[typ]) }
	clock := func(us int64) (value.Dec, bool, bool) {
		switch u {
		case "hour":
			return value.DecInt(us / value.UHour), true, true
		case "minute":
			return value.DecInt(us / value.UMinute % 60), true, true
		case "second":
			return micros(us%value.UMinute, 6), true, true
		case "milliseconds":
			return micros(us%value.UMinute*1000, 3), true, true
		case "microseconds":
			return value.DecInt(us % value.UMinute), true, true
		}
		return value.Dec{}, false, false
	}
	if typ == "interval" {
		iv := interval(d)
		if v, ok, found := clock(iv.Micros); found {
			return v, ok, nil
		}
		years := int(iv.Months / 12)
		switch u {
		case "day":
			return whole(int(iv.Days))
		case "month":
			return whole(int(iv.Months % 12))
		case "quarter":
			return whole(int(iv.Months%12)/3 + 1)
		case "year":
			return whole(years)
		case "decade":
			return whole(years / 10)
		case "century":
			return whole(years / 100)
		case "millennium":
			return whole(years / 1000)
		case "epoch":
			days := int64(iv.Months/12)*36525*864 + int64(iv.Months%12)*30*86400 + int64(iv.Days)*86400
			return micros(iv.Micros, 6).Add(value.DecInt(days)), true, nil
		}
		return bad()
	}
	if typ == "time" || typ == "timetz" {
		us, off := value.ClockFrom(d.Str()), 0
		if typ == "timetz" {
			us, off = value.TimetzFrom(d.Str())
		}
		if v, ok, found := clock(us); found {
			return v, ok, nil
		}
		switch {
		case u == "epoch":
			return micros(us-int64(off)*value.USecond, 6), true, nil
		case typ == "timetz" && u == "timezone":
			return whole(off)
		case typ == "timetz" && u == "timezone_hour":
			return whole(off / 3600)
		case typ == "timetz" && u == "timezone_minute":
			return whole(off / 60 % 60)
		}
		return bad()
	}
	s := stamp(d)
	if !s.Finite() {
		switch u {
		case "year", "decade", "century", "millennium", "epoch", "julian", "isoyear":
			if s == value.StampInf {
				v, _ = value.ParseDec("Infinity")
			} else {
				v, _ = value.ParseDec("-Infinity")
			}
			return v, true, nil
		}
		if !knownUnit(u) {
			return bad()
		}
		return value.Dec{}, false, nil
	}
	if typ == "timestamptz" {
		off := offsetAt(s, c.zone())
		switch u {
		case "timezone":
			return whole(off)
		case "timezone_hour":
			return whole(off / 3600)
		case "timezone_minute":
			return whole(off / 60 % 60)
		case "epoch":
			return micros(int64(s), 6).Add(value.DecInt(946684800)), true, nil
		}
		s = s.Local(c.zone())
	}
	dd, us := s.Split()
	y, m, dom := dd.Civil()
	if typ != "date" {
		if v, ok, found := clock(us); found {
			return v, ok, nil
		}
	}
	switch u {
	case "year":
		return whole(y)
	case "month":
		return whole(m)
	case "day":
		return whole(dom)
	case "quarter":
		return whole((m-1)/3 + 1)
	case "decade":
		return whole(y / 10)
	case "century":
		return whole((y + 99) / 100)
	case "millennium":
		return whole((y + 999) / 1000)
	case "dow":
		return whole(weekday(dd))
	case "isodow":
		return whole((weekday(dd)+6)%7 + 1)
	case "doy":
		return whole(int(dd-value.CivilDay(y, 1, 1)) + 1)
	case "week":
		_, w := isoWeek(dd)
		return whole(w)
	case "isoyear":
		iy, _ := isoWeek(dd)
		return whole(iy)
	case "epoch":
		if typ == "date" {
			return value.DecInt(int64(dd)*86400 + 946684800), true, nil
		}
		return micros(int64(s), 6).Add(value.DecInt(946684800)), true, nil
	case "julian":
		if typ == "date" {
			return whole(int(dd) + 2451545)
		}
		j := value.DecInt(int64(dd) + 2451545)
		q, _ := value.DecInt(us).Div(value.DecInt(value.UDay))
		return j.Add(q), true, nil
	}
	return bad()
}

// weekday is 0 for Sunday.
func weekday(d value.Day) int {
	w := (int(d) + 6) % 7 // 2000-01-01 was a Saturday
	if w < 0 {
		w += 7
	}
	return w
}

// isoWeek is the ISO 8601 year and week.
func isoWeek(d value.Day) (year, week int) {
	thursday := d - value.Day((weekday(d)+6)%7) + 3
	year, _, _ = thursday.Civil()
	return year, int(thursday-value.CivilDay(year, 1, 1))/7 + 1
}

func truncStamp(unit string, s value.Stamp, typ string) (value.Stamp, error) {
	if !s.Finite() {
		return s, nil // whatever the unit
	}
	u := unitName(unit)
	switch u {
	case "year", "month", "day", "hour", "minute", "second", "milliseconds", "microseconds", "week", "quarter", "decade", "century", "millennium":
	case "dow", "isodow", "doy", "isoyear", "epoch", "julian":
		return 0, fault.New(fault.InvalidParameterValue, `unit "%s" not recognized for type %s`, strings.ToLower(unit), typ)
	default:
		return 0, badUnit(unit, typ)
	}
	d, us := s.Split()
	y, m, _ := d.Civil()
	to := func(unit int64) (value.Stamp, error) { return d.At(us / unit * unit), nil }
	switch u {
	case "microseconds":
		return s, nil
	case "milliseconds":
		return to(1000)
	case "second":
		return to(value.USecond)
	case "minute":
		return to(value.UMinute)
	case "hour":
		return to(value.UHour)
	case "day":
		return d.At(0), nil
	case "week":
		return (d - value.Day((weekday(d)+6)%7)).At(0), nil
	case "month":
		return value.CivilDay(y, m, 1).At(0), nil
	case "quarter":
		return value.CivilDay(y, (m-1)/3*3+1, 1).At(0), nil
	case "year":
		return value.CivilDay(y, 1, 1).At(0), nil
	case "decade":
		return value.CivilDay(y/10*10, 1, 1).At(0), nil
	case "century":
		return value.CivilDay((y-1)/100*100+1, 1, 1).At(0), nil
	}
	return value.CivilDay((y-1)/1000*1000+1, 1, 1).At(0), nil
}

// truncZoned truncates in a zone. Units below a day do not move across a change of the clock.
func truncZoned(unit string, s value.Stamp, z *time.Location) (datum, error) {
	local := s.Local(z)
	t, err := truncStamp(unit, local, "timestamp with time zone")
	if err != nil {
		return value.Null, err
	}
	if !s.Finite() {
		return s.TimestamptzDatum()
	}
	switch unitName(unit) {
	case "hour", "minute", "second", "milliseconds", "microseconds":
		return (t - (local - s)).TimestamptzDatum()
	}
	return t.In(z).TimestamptzDatum()
}

func truncInterval(unit string, v value.Interval) (datum, error) {
	months := func(n int32) (datum, error) { return value.Interval{Months: v.Months / n * n}.Datum(), nil }
	to := func(unit int64) (datum, error) {
		v.Micros = v.Micros / unit * unit
		return v.Datum(), nil
	}
	switch unitName(unit) {
	case "millennium":
		return months(12000)
	case "century":
		return months(1200)
	case "decade":
		return months(120)
	case "year":
		return months(12)
	case "quarter":
		return months(3)
	case "month":
		return months(1)
	case "day":
		v.Micros = 0
		return v.Datum(), nil
	case "hour":
		return to(value.UHour)
	case "minute":
		return to(value.UMinute)
	case "second":
		return to(value.USecond)
	case "milliseconds":
		return to(1000)
	case "microseconds":
		return v.Datum(), nil
	case "week":
		return value.Null, badUnit(unit, "interval").(*fault.Error).WithDetail("Months usually have fractional weeks.")
	}
	return value.Null, badUnit(unit, "interval")
}
