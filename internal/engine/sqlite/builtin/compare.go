package builtin

import (
	"cmp"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

type datum = value.Datum

// The names of SQLite collations for types whose order is not that of their stored bytes.
const (
	NumericCollation  = "pg_numeric"
	IntervalCollation = "pg_interval"
	JSONBCollation    = "pg_jsonb"
	CitextCollation   = "pg_citext"
	BpcharCollation   = "pg_bpchar"
	TimetzCollation   = "pg_timetz"
	InetCollation     = "pg_inet"
)

// Collations are the comparison functions of those collations, on stored text.
func Collations() map[string]func(a, b []byte) int {
	return map[string]func(a, b []byte) int{
		NumericCollation:  func(a, b []byte) int { return value.CompareNumeric(string(a), string(b)) },
		IntervalCollation: func(a, b []byte) int { return value.CompareInterval(string(a), string(b)) },
		JSONBCollation:    func(a, b []byte) int { return value.CompareJSONB(string(a), string(b)) },
		CitextCollation:   func(a, b []byte) int { return value.CompareCitext(string(a), string(b)) },
		BpcharCollation: func(a, b []byte) int {
			return opsOf(catalog.BpcharOID).Compare(value.Text(string(a)), value.Text(string(b)))
		},
		TimetzCollation: func(a, b []byte) int {
			return opsOf(catalog.TimetzOID).Compare(value.Text(string(a)), value.Text(string(b)))
		},
		InetCollation: func(a, b []byte) int { return value.CompareInet(string(a), string(b)) },
	}
}

// CollationOf is the collation by which SQLite orders stored values of a built-in type as PostgreSQL does: "" is BINARY (or the numeric order of
// integers and floats); ok is false for types that SQLite cannot order (arrays, ranges, composites, enums).
func CollationOf(oid catalog.OID) (name string, ok bool) {
	switch oid {
	case catalog.NumericOID:
		return NumericCollation, true
	case catalog.IntervalOID:
		return IntervalCollation, true
	case catalog.JSONBOID:
		return JSONBCollation, true
	case catalog.CitextOID:
		return CitextCollation, true
	case catalog.BpcharOID:
		return BpcharCollation, true
	case catalog.TimetzOID:
		return TimetzCollation, true
	case catalog.InetOID, catalog.CidrOID:
		return InetCollation, true
	case 18, catalog.TSVectorOID, catalog.TSQueryOID, catalog.MoneyOID, catalog.VectorOID, catalog.HalfvecOID, catalog.RecordOID:
		return "", false
	}
	t := value.Builtin(oid)
	return "", t != nil && t.Kind == catalog.BaseType
}

func opsOf(oid catalog.OID) *value.Ops { return value.TypeOps(oid) }

// comparison registers =, <>, <, <=, >, >= under the six names (those that are empty are left out), with the SQLite form if native has one:
// native holds OP for the operator.
func (r registry) comparison(args string, names string, native string, compare func(a, b datum) int) {
	tests := []struct {
		op string
		ok func(c int) bool
	}{
		{"=", func(c int) bool { return c == 0 }}, {"<>", func(c int) bool { return c != 0 }}, {"<", func(c int) bool { return c < 0 }},
		{"<=", func(c int) bool { return c <= 0 }}, {">", func(c int) bool { return c > 0 }}, {">=", func(c int) bool { return c >= 0 }},
	}
	for i, n := range strings.Fields(names) {
		if n == "-" {
			continue
		}
		ok := tests[i].ok
		sig := n + "(" + args + ")"
		r.pure(sig, func(a []datum) datum { return value.Bool(ok(compare(a[0], a[1]))) })
		if native != "" {
			r.native(strings.Replace(native, "OP", tests[i].op, 1), sig)
		}
	}
}

func six(prefix string) string {
	var b strings.Builder
	for _, s := range []string{"eq", "ne", "lt", "le", "gt", "ge"} {
		b.WriteString(prefix + s + " ")
	}
	return b.String()
}

const plainSQL = "(%1 OP %2)"

func collated(name string) string { return "(%1 COLLATE " + name + " OP %2)" }

func registerCompare(r registry) {
	of := func(oid catalog.OID) func(a, b datum) int { return opsOf(oid).Compare }
	ints := func(a, b datum) int { return cmp.Compare(a.Int64(), b.Int64()) }
	floats := func(a, b datum) int { return value.CompareFloat(a.Float64(), b.Float64()) }
	text := func(a, b datum) int { return strings.Compare(a.Str(), b.Str()) }
	for _, p := range []struct{ args, names string }{
		{"int2,int2", six("int2")}, {"int4,int4", six("int4")}, {"int8,int8", six("int8")}, {"int2,int4", six("int24")}, {"int4,int2", six("int42")},
		{"int2,int8", six("int28")}, {"int8,int2", six("int82")}, {"int4,int8", six("int48")}, {"int8,int4", six("int84")}, {"oid,oid", six("oid")},
		{"bool,bool", six("bool")},
	} {
		r.comparison(p.args, p.names, plainSQL, ints)
	}
	r.comparison("xid,xid", "xideq xidneq - - - -", plainSQL, ints)
	for _, p := range []struct{ args, names string }{{"float4,float4", six("float4")}, {"float8,float8", six("float8")}, {"float4,float8", six("float48")}, {"float8,float4", six("float84")}} {
		r.comparison(p.args, p.names, plainSQL, floats)
	}
	for _, p := range []struct{ args, names string }{
		{"text,text", "texteq textne text_lt text_le text_gt text_ge"}, {"name,name", six("name")}, {"name,text", "nameeqtext namenetext namelttext nameletext namegttext namegetext"}, {"text,name", "texteqname textnename textltname textlename textgtname textgename"},
		{"bytea,bytea", six("bytea")}, {"uuid,uuid", six("uuid_")}, {"date,date", six("date_")}, {"timestamp,timestamp", six("timestamp_")},
		{"timestamptz,timestamptz", six("timestamptz_")}, {"time,time", six("time_")}, {"bit,bit", six("bit")}, {"varbit,varbit", six("varbit")},
		{"macaddr,macaddr", six("macaddr_")},
	} {
		r.comparison(p.args, p.names, plainSQL, text)
	}
	r.comparison("tsvector,tsvector", six("tsvector_"), "", of(catalog.TSVectorOID))
	r.comparison("tsquery,tsquery", six("tsquery_"), "", of(catalog.TSQueryOID))
	r.comparison("char,char", six("char"), "", of(18)) // not in the order of their texts
	r.comparison("bpchar,bpchar", six("bpchar"), collated(BpcharCollation), of(catalog.BpcharOID))
	r.comparison("numeric,numeric", six("numeric_"), collated(NumericCollation), of(catalog.NumericOID))
	r.comparison("interval,interval", six("interval_"), collated(IntervalCollation), of(catalog.IntervalOID))
	r.comparison("timetz,timetz", six("timetz_"), collated(TimetzCollation), of(catalog.TimetzOID))
	r.comparison("jsonb,jsonb", six("jsonb_"), collated(JSONBCollation), of(catalog.JSONBOID))
	r.comparison("inet,inet", six("network_"), collated(InetCollation), of(catalog.InetOID))
	r.comparison("citext,citext", six("citext_"), collated(CitextCollation), of(catalog.CitextOID))
	r.comparison("money,money", six("cash_"), "", of(catalog.MoneyOID))
	registerTimeCompare(r)
	for _, p := range []struct{ args, names string }{
		{"anyarray,anyarray", six("array_")}, {"record,record", six("record_")}, {"anyrange,anyrange", six("range_")}, {"anyenum,anyenum", six("enum_")},
	} {
		r.polymorphicComparison(p.args, p.names)
	}
	r.native("(%1 = %2)", "enum_eq(anyenum,anyenum)")
	r.native("(%1 <> %2)", "enum_ne(anyenum,anyenum)")
	for _, t := range []string{"text,text", "bpchar,bpchar"} {
		p, _, _ := strings.Cut(t, ",")
		compare := text
		if p == "bpchar" {
			compare = of(catalog.BpcharOID)
		}
		r.comparison(t, "- - "+p+"_pattern_lt "+p+"_pattern_le "+p+"_pattern_gt "+p+"_pattern_ge", "", compare)
	}
	registerOrders(r)
	r.pure("starts_with(text,text)", func(a []datum) datum { return value.Bool(strings.HasPrefix(a[0].Str(), a[1].Str())) })
}

// registerOrders registers the functions behind indexes and behind min and max: which of two is first, and the larger and the smaller of two.
func registerOrders(r registry) {
	order := func(sigs string, compare func(a, b datum) int) {
		r.pure(sigs, func(a []datum) datum { return value.Int(int64(cmp.Compare(compare(a[0], a[1]), 0))) })
	}
	for _, t := range []struct{ typ, order, extremes string }{
		{"bool", "btboolcmp", ""}, {"bytea", "byteacmp", ""}, {"char", "btcharcmp", ""}, {"name", "btnamecmp", ""}, {"oid", "btoidcmp", "oidlarger oidsmaller"},
		{"int2", "btint2cmp", "int2larger int2smaller"}, {"int4", "btint4cmp", "int4larger int4smaller"}, {"int8", "btint8cmp", "int8larger int8smaller"},
		{"float4", "btfloat4cmp", "float4larger float4smaller"}, {"float8", "btfloat8cmp", "float8larger float8smaller"},
		{"numeric", "numeric_cmp", "numeric_larger numeric_smaller"}, {"money", "cash_cmp", "cashlarger cashsmaller"},
		{"text", "bttextcmp bttext_pattern_cmp", "text_larger text_smaller"}, {"bpchar", "bpcharcmp btbpchar_pattern_cmp", "bpchar_larger bpchar_smaller"},
		{"date", "date_cmp", "date_larger date_smaller"}, {"time", "time_cmp", "time_larger time_smaller"}, {"timetz", "timetz_cmp", "timetz_larger timetz_smaller"},
		{"timestamp", "timestamp_cmp", "timestamp_larger timestamp_smaller"}, {"timestamptz", "timestamptz_cmp", "timestamptz_larger timestamptz_smaller"},
		{"interval", "interval_cmp", "interval_larger interval_smaller"}, {"uuid", "uuid_cmp", ""}, {"jsonb", "jsonb_cmp", ""}, {"citext", "citext_cmp", ""},
		{"inet", "network_cmp", "network_larger network_smaller"}, {"macaddr", "macaddr_cmp", ""}, {"bit", "bitcmp", ""}, {"varbit", "varbitcmp", ""},
		{"tsvector", "tsvector_cmp", ""}, {"tsquery", "tsquery_cmp", ""},
	} {
		compare := opsOf(value.BuiltinNamed(t.typ)).Compare
		args := "(" + t.typ + "," + t.typ + ")"
		for n := range strings.FieldsSeq(t.order) {
			order(n+args, compare)
		}
		for i, n := range strings.Fields(t.extremes) {
			r.pure(n+args, func(a []datum) datum {
				// Of what compares alike it is the second, but for bpchar.
				if c := compare(a[0], a[1]); i == 0 && c < 0 || i == 1 && c > 0 || c == 0 && t.typ != "bpchar" {
					return a[1]
				}
				return a[0]
			})
		}
	}
	order("btint24cmp(int2,int4) btint42cmp(int4,int2) btint28cmp(int2,int8) btint82cmp(int8,int2) btint48cmp(int4,int8) btint84cmp(int8,int4)", opsOf(catalog.Int8OID).Compare)
	order("btfloat48cmp(float4,float8) btfloat84cmp(float8,float4)", opsOf(catalog.Float8OID).Compare)
	order("btnametextcmp(name,text) bttextnamecmp(text,name)", opsOf(catalog.TextOID).Compare)
	for sig, names := range map[string]string{"(anyarray,anyarray)": "btarraycmp array_larger array_smaller", "(anyenum,anyenum)": "enum_cmp enum_larger enum_smaller",
		"(anyrange,anyrange)": "range_cmp", "(anymultirange,anymultirange)": "multirange_cmp"} {
		for i, n := range strings.Fields(names) {
			r.fn(n+sig, func(c *Ctx, a []datum) (datum, error) {
				o := c.argOps(0)
				if o.Elem != nil && comparable(o.Elem) != nil {
					return value.Null, fault.New(fault.UndefinedFunction, "could not identify a comparison function for type %s", o.Elem.Title)
				}
				v := o.Compare(a[0], a[1])
				switch {
				case i == 0:
					return value.Int(int64(cmp.Compare(v, 0))), nil
				case i == 1 && v <= 0, i == 2 && v >= 0:
					return a[1], nil
				}
				return a[0], nil
			})
		}
	}
	r.fn("btrecordcmp(record,record)", func(c *Ctx, a []datum) (datum, error) {
		v, err := compareRecords(c, a[0], a[1])
		return value.Int(int64(cmp.Compare(v, 0))), err
	})
}

// polymorphicComparison compares by the actual type of the first argument.
func (r registry) polymorphicComparison(args, names string) {
	tests := []func(c int) bool{
		func(c int) bool { return c == 0 }, func(c int) bool { return c != 0 }, func(c int) bool { return c < 0 },
		func(c int) bool { return c <= 0 }, func(c int) bool { return c > 0 }, func(c int) bool { return c >= 0 },
	}
	for i, n := range strings.Fields(names) {
		ok := tests[i]
		r.fn(n+"("+args+")", func(c *Ctx, a []datum) (datum, error) {
			if c.argOps(0).Fields != nil {
				v, err := compareRecords(c, a[0], a[1])
				return value.Bool(ok(v)), err
			}
			return value.Bool(ok(c.argOps(0).Compare(a[0], a[1]))), nil
		})
	}
}

// compareRecords compares field by field, whatever the fields are called.
func compareRecords(c *Ctx, a, b datum) (int, error) {
	l, r := c.argOps(0), c.argOps(1)
	if r.Fields == nil {
		return l.Compare(a, b), nil
	}
	va, vb := l.FieldValues(a), r.FieldValues(b)
	for i := range min(len(va), len(vb)) {
		if x, y := l.Fields[i], r.Fields[i]; x.Type.OID != y.Type.OID {
			return 0, fault.New(fault.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d", x.Ops.Title, y.Ops.Title, i+1)
		}
		if v := l.Fields[i].Ops.CompareNullsLast(va[i], vb[i]); v != 0 {
			return v, nil
		}
	}
	if len(va) != len(vb) {
		return 0, fault.New(fault.DatatypeMismatch, "cannot compare record types with different numbers of columns")
	}
	return 0, nil
}

// Greatest is the largest of the values that are not NULL by the order of their type, or the smallest when least; NULL if all are NULL.
func Greatest(o *value.Ops, least bool, vals []datum) datum {
	best := value.Null
	for _, v := range vals {
		if v.IsNull() {
			continue
		}
		if best.IsNull() || (o.Compare(v, best) < 0) == least && o.Compare(v, best) != 0 {
			best = v
		}
	}
	return best
}
