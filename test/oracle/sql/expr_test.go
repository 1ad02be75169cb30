package sql_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// basic are the types of which there are random values.
var basic = strings.Fields(`bool bytea char name int2 int4 int8 oid float4 float8 numeric money text varchar bpchar date time timetz timestamp timestamptz interval
varbit uuid json jsonb jsonpath tsvector tsquery inet cidr macaddr int4range int8range numrange daterange tsrange tstzrange
int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange`)

// ordered are the types that the embedded engine can compare: the others' operators are not declared (docs/reference/sql.md).
var ordered = slices.DeleteFunc(slices.Clone(basic), func(t string) bool {
	return t == "json" || t == "jsonpath" || t == "tsquery" || strings.HasSuffix(t, "multirange") || t == "char" || t == "cidr"
})

// A maker is a function, operator or cast.
type maker struct {
	name string
	args []string
	ret  string
	// in is the template of a call, with a %s for each argument; "" for a function, whose arguments may vary in number.
	in       string
	variadic bool
}

// tables are what the embedded engine says it can do, in the generator's form.
type tables struct {
	makers []*maker
	by     map[string][]*maker // by result
	casts  map[string][]string // to → from
	sets   []*maker            // functions that return sets
}

// What depends on the session, the moment, the server or the object's number, and what waits.
var elsewhere = regexp.MustCompile(`^(pg_|has_|current_|session_user|version|now$|random|clock_|statement_t|transaction_t|timeofday|setseed|set_config|lastval|currval|nextval|setval|` +
	`inet_(client|server)|col_description|obj_description|shobj_|to_reg|reg|row_security|getdatabase|gen_random|txid|get_current|format_type|aclexplode|json_populate|jsonb_populate|json_to_rec|jsonb_to_rec|` +
	`hashtext|xid|.*(send|recv|_in|_out)$|current_query|uuid_generate|` +
	// Of comparison functions only the sign is told; the others' arguments are internal.
	`bt\w+cmp$|\w+_cmp$|oidvectortypes|bpcharcmp|byteacmp|(var)?bitcmp)`)

// lengthFunction are the functions behind typmods, whose second argument is internal.
func lengthFunction(f *builtin.Func) bool {
	return len(f.Args) >= 2 && f.Args[0] == f.Ret && f.Args[1] == catalog.Int4OID && value.BuiltinName(f.Ret) == f.Name
}

func newTables() *tables {
	t := &tables{by: map[string][]*maker{}, casts: map[string][]string{}}
	add := func(m *maker) {
		t.makers = append(t.makers, m)
		t.by[m.ret] = append(t.by[m.ret], m)
	}
	for _, f := range builtin.All() {
		if f.Ext != "" || f.Volatility == 'v' || elsewhere.MatchString(f.Name) || f.OID == 0 || f.OID >= 16384 || lengthFunction(f) {
			continue
		}
		m := &maker{name: f.Name, ret: value.BuiltinName(f.Ret), variadic: f.Variadic}
		for _, a := range f.Args {
			m.args = append(m.args, value.BuiltinName(a))
		}
		switch {
		case !slices.ContainsFunc(append(m.args[:len(m.args):len(m.args)], m.ret), func(s string) bool { return !known(s) }) && f.Kind == builtin.Scalar && !f.RetSet:
			add(m)
		case f.Kind == builtin.SetReturning && !strings.HasPrefix(f.Name, "generate_series"):
			t.sets = append(t.sets, m)
		}
	}
	for _, o := range builtin.AllOperators() {
		if o.Ext != "" || o.OID == 0 {
			continue
		}
		m := &maker{name: o.Name, ret: value.BuiltinName(o.Ret), in: "(" + o.Name + " %s)", args: []string{value.BuiltinName(o.Right)}}
		if o.Left != 0 {
			m.in, m.args = "(%s "+strings.ReplaceAll(o.Name, "%", "%%")+" %s)", []string{value.BuiltinName(o.Left), value.BuiltinName(o.Right)}
		}
		if !slices.ContainsFunc(append(m.args[:len(m.args):len(m.args)], m.ret), func(s string) bool { return !known(s) }) {
			add(m)
		}
	}
	for _, from := range basic {
		for _, to := range basic {
			if to == "jsonpath" { // words of the parser's own messages
				continue
			}
			if builtin.CastBetween(value.BuiltinNamed(from), value.BuiltinNamed(to)) != nil {
				t.casts[to] = append(t.casts[to], from)
				add(&maker{name: "cast", args: []string{from}, ret: to, in: "%s::" + title(to)})
			}
		}
	}
	for _, s := range syntax {
		f := strings.Fields(s)
		add(&maker{name: "syntax", ret: f[0], args: strings.Split(strings.Trim(f[1], "-"), ","), in: strings.Join(f[2:], " ")})
	}
	return t
}

// syntax is what is neither a function nor an operator: result, arguments, template.
var syntax = []string{
	"anyelement bool,anyelement,anyelement (case when %s then %s else %s end)",
	"anyelement anyelement,anyelement,anyelement,anyelement (case %s when %s then %s else %s end)",
	"anyelement anyelement,anyelement coalesce(%s, %s)",
	"anyelement anyelement,anyelement nullif(%s, %s)",
	"anyelement anyelement,anyelement greatest(%s, %s)",
	"anyelement anyelement,anyelement,anyelement least(%s, %s, %s)",
	"bool anyelement,anyelement,anyelement (%s in (%s, %s))",
	"bool anyelement,anyelement,anyelement (%s not in (%s, %s))",
	"bool anyelement,anyelement,anyelement (%s between %s and %s)",
	"bool anyelement,anyelement,anyelement (%s between symmetric %s and %s)",
	"bool anyelement,anyelement (%s is distinct from %s)",
	"bool anyelement,anyelement (%s is not distinct from %s)",
	"bool anyelement,anyarray (%s = any (%s))",
	"bool anyelement,anyarray (%s <> all (%s))",
	"bool anyelement,anyarray (%s < any (%s))",
	"bool anyelement (%s is null)",
	"bool anyelement (%s is not null)",
	"bool bool (not %s)",
	"bool bool (%s is true)",
	"bool bool (%s is not false)",
	"bool bool (%s is unknown)",
	"bool bool,bool (%s and %s)",
	"bool bool,bool (%s or %s)",
	"bool text,text (%s like %s)",
	"bool text,text (%s ilike %s)",
	"bool text,text (%s similar to %s)",
	"bool text,text,escape (%s like %s escape %s)",
	"bool anyelement,text,anyelement,text ((%s, %s) < (%s, %s))",
	"bool anyelement,int4,anyelement,int4 ((%s, %s) = (%s, %s))",
	"bool int4,text (row(%s, %s) is null)",
	"anyarray anyelement,anyelement array[%s, %s]",
	"anyelement anyarray,int4 (%s)[%s]",
	"anyarray anyarray,int4,int4 (%s)[%s:%s]",
	"anyarray anyarray,int4 (%s)[:%s]",
	"text text,int4,int4 substring(%s from %s for %s)",
	"text text,text substring(%s from %s)",
	"text text,text,escape substring(%s similar %s escape %s)",
	"text text,text trim(both %s from %s)",
	"text text,text trim(leading %s from %s)",
	"text text trim(%s)",
	"text text,text,int4 overlay(%s placing %s from %s)",
	"text text,text,int4,int4 overlay(%s placing %s from %s for %s)",
	"int4 text,text position(%s in %s)",
	"numeric timestamp extract(epoch from %s)",
	"numeric timestamptz extract(hour from %s)",
	"numeric date extract(isodow from %s)",
	"numeric interval extract(day from %s)",
	"numeric time extract(second from %s)",
	"timestamptz timestamp (%s at time zone 'America/New_York')",
	"timestamp timestamptz (%s at time zone 'Asia/Kolkata')",
	"timestamp timestamptz,interval (%s at time zone %s)",
	"timetz timetz (%s at time zone 'UTC')",
	"bool date,date,date,date ((%s, %s) overlaps (%s, %s))",
	"bool timestamp,interval,timestamp,interval ((%s, %s) overlaps (%s, %s))",
	"text text (%s collate \"C\")",
	"numeric numeric %s::numeric(8,2)",
	"numeric float8 %s::numeric(12,4)",
	"numeric numeric %s::numeric(5,-2)",
	"varchar text %s::varchar(3)",
	"bpchar text %s::char(4)",
	"varchar text cast(%s as varchar(2))",
	"timestamp timestamp %s::timestamp(2)",
	"timestamptz timestamptz %s::timestamptz(0)",
	"time time %s::time(3)",
	"interval interval %s::interval(1)",
	"interval interval %s::interval\u00a0day\u00a0to\u00a0hour",
	"varbit varbit %s::varbit(3)",
	"varbit varbit %s::bit(5)",
	"anyelement anyelement (select %s)",
	"bool anyelement exists(select 1 where %s is null)",
	"bool anyelement,anyelement (%s in (select %s))",
	"bool anyelement,anyarray (%s >= all (select unnest(%s)))",
	"anyarray anyarray array(select x from unnest(%s) as x)",
	"anyarray anyarray array(select x from unnest(%s) as x order by x desc nulls last)",
	"int8 anyarray (select count(*) from unnest(%s))",
	"anyelement anyarray (select max(x) from unnest(%s) as x)",
	"anyelement anyarray (select min(x) from unnest(%s) as x)",
	"numeric _int8 (select sum(x) from unnest(%s) as x)",
	"numeric _numeric (select avg(x) from unnest(%s) as x)",
	"numeric _int4 (select avg(x) from unnest(%s) as x)",
	"float8 _float8 (select sum(x) from unnest(%s) as x)",
	"interval _interval (select sum(x) from unnest(%s) as x)",
	"text _text (select string_agg(x, ',') from unnest(%s) as x)",
	"anyarray anyarray (select array_agg(x) filter (where x is not null) from unnest(%s) as x)",
	"jsonb anyarray (select jsonb_agg(x) from unnest(%s) as x)",
	"json anyarray (select json_agg(x) from unnest(%s) as x)",
	"bool _bool (select bool_and(x) from unnest(%s) as x)",
	"int4 _int4 (select bit_xor(x) from unnest(%s) as x)",
	"jsonb text,anyelement jsonb_build_object(%s, %s)",
	"jsonb anyelement,anyelement jsonb_build_array(%s, %s)",
	"text anyelement,text concat(%s, %s)",
	"text anyelement,anyelement,text concat_ws(',', %s, %s, %s)",
	"text text,anyelement format('%%%%s|%%%%L|%%%%I', %s, %s, 1)",
	"int4 anyelement num_nulls(%s, 1, null)",
	"text anyelement pg_typeof(%s)::text",
	"jsonb jsonb,text %s[%s]",
}

// poly says which arguments take a type of each family, and what that is.
func (g *gen) instantiate(m *maker, ret string) []string {
	elem := ""
	rng := ""
	switch m.ret {
	case "anyelement", "anycompatible", "anynonarray", "anycompatiblenonarray":
		elem = ret
	case "anyarray", "anycompatiblearray":
		elem = strings.TrimPrefix(ret, "_")
	case "anyrange", "anycompatiblerange":
		rng = ret
	case "anymultirange", "anycompatiblemultirange":
		rng = strings.Replace(ret, "multirange", "range", 1)
	}
	if rng == "" && slices.ContainsFunc(m.args, func(a string) bool { return strings.HasSuffix(a, "range") && strings.HasPrefix(a, "any") }) {
		names := []string{"int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"}
		rng = names[g.IntN(len(names))]
		for r, e := range rangeOf {
			if e == elem {
				rng = r
			}
		}
	}
	if rng != "" {
		elem = rangeOf[rng]
	}
	if elem == "" {
		elem = g.pick("int4", "text", "numeric", "bool", "date", "float8", "jsonb", "uuid", "timestamptz", "int8", "interval", "varchar", "int2")
	}
	out := make([]string, 0, len(m.args))
	for _, a := range m.args {
		switch a {
		case "anyelement", "anycompatible", "anynonarray", "anycompatiblenonarray":
			out = append(out, elem)
		case "anyarray", "anycompatiblearray":
			if strings.HasPrefix(elem, "_") {
				out = append(out, elem)
			} else {
				out = append(out, "_"+elem)
			}
		case "anyrange", "anycompatiblerange":
			out = append(out, rng)
		case "anymultirange", "anycompatiblemultirange":
			out = append(out, strings.Replace(rng, "range", "multirange", 1))
		case "any":
			out = append(out, basic[g.IntN(len(basic))])
		case "":
		default:
			out = append(out, a)
		}
	}
	return out
}

// result is a type that a maker can give.
func (g *gen) result(m *maker) string {
	switch m.ret {
	case "anyelement", "anycompatible", "anynonarray", "anycompatiblenonarray":
		return ordered[g.IntN(len(ordered))]
	case "anyarray", "anycompatiblearray":
		return "_" + ordered[g.IntN(len(ordered))]
	case "anyrange", "anycompatiblerange":
		return g.pick("int4range", "numrange", "daterange", "tsrange", "tstzrange", "int8range")
	case "anymultirange", "anycompatiblemultirange":
		return g.pick("int4multirange", "nummultirange", "datemultirange", "tstzmultirange")
	}
	return m.ret
}

func known(typ string) bool {
	e := strings.TrimPrefix(typ, "_")
	return slices.Contains(basic, e) || typ == "bit" || strings.HasPrefix(typ, "any") && typ != "anyenum" && typ != "anycompatiblerange"
}

// expression makes one of a type, with calls at most depth deep.
func (g *gen) expression(typ string, depth int) *node {
	if depth <= 0 || g.chance(25) {
		return g.leaf(typ)
	}
	families := []string{typ, typ, "anyelement"}
	switch {
	case strings.HasPrefix(typ, "_"):
		families = []string{"anyarray", typ, "anycompatiblearray"}
	case strings.HasSuffix(typ, "multirange"):
		families = []string{"anymultirange"}
	case strings.HasSuffix(typ, "range"):
		families = []string{"anyrange", typ}
	}
	of := g.tables.by[families[g.IntN(len(families))]]
	if len(of) == 0 {
		return g.leaf(typ)
	}
	return g.make(of[g.IntN(len(of))], typ, depth)
}

func (g *gen) leaf(typ string) *node { return g.literal(typ) }

// Arguments that decide how large a result is, or how long it takes.
var small = regexp.MustCompile(`^(repeat|lpad|rpad|factorial|array_fill|set_bit|set_byte|round|trunc|power|pow|exp|dexp|numeric_|\^|bit|<<|>>|int4shl|int8shl|bitshiftleft|pg_sleep|div|log|ln|sqrt|dpow|dsqrt|num_nulls|gcd|lcm|mod)`)

// Functions of the C library, whose last digits are not the same everywhere.
var libm = regexp.MustCompile(`^(exp|ln|log|log10|power|pow|sin|cos|tan|cot|asin|acos|atan|atan2|sind|cosd|tand|cotd|asind|acosd|atand|atan2d|sinh|cosh|tanh|asinh|acosh|atanh|cbrt|degrees|radians|dexp|dlog1|dlog10|dpow|dcbrt|ts_rank|ts_rank_cd|dsqrt|sqrt|\^|\|\|/|\|/)$`)

// make calls a maker for a result of typ.
func (g *gen) make(m *maker, typ string, depth int) *node {
	args := g.instantiate(m, typ)
	if strings.Contains(m.in, "greatest(") || strings.Contains(m.in, "least(") {
		if !slices.Contains(ordered, args[0]) { // that is told before a constant beside it makes it vanish
			return g.leaf(typ)
		}
	}
	if m.name == "bpchar" || m.name == "cast" && typ == "bpchar" {
		if args[0] == "char" { // which makes characters of half of UTF-8: docs/reference/limits.md
			args[0] = "name"
		}
	}
	if m.variadic && len(args) > 0 {
		last := args[len(args)-1]
		args = args[:len(args)-1]
		for range g.IntN(3) + 1 {
			args = append(args, strings.TrimPrefix(last, "_"))
		}
	}
	kids := make([]*node, len(args))
	for i, a := range args {
		switch {
		case a == "escape": // longer ones are what like_escape and similar_to_escape are called with
			kids[i] = plain("text", quote(g.pick("#", `\\`, "a", "", "%", "日"))+"::text")
		case m.name == "array_fill" && a == "_int4": // lengths and lower bounds
			kids[i] = plain(a, quote(g.pick("{}", "{0}", "{1}", "{2,3}", "{-1}", "{NULL}", "{1,0}", "{2,2,2}", "{2147483647,1}"))+"::int4[]")
		case small.MatchString(m.name) && (a == "int4" || a == "int8" || a == "numeric" || a == "float8" || a == "int2"):
			kids[i] = plain(a, g.pick("0", "1", "2", "3", "5", "7", "-1", "-2", "12")+"::"+a)
			if a == "numeric" || a == "float8" {
				kids[i] = plain(a, quote(g.pick("", "-")+g.digits(2)+g.pick("", "."+g.digits(4)))+"::"+a)
			}
		case g.chance(3):
			kids[i] = plain(a, quote(g.value(a))) // of unknown type
		case g.chance(2):
			kids[i] = g.expression(basic[g.IntN(len(basic))], depth-1)
		default:
			kids[i] = g.expression(a, depth-1)
		}
	}
	if m.in != "" {
		n := expr(typ, strings.ReplaceAll(m.in, "%%", "\x01"), kids...)
		for i := range n.parts {
			n.parts[i] = strings.ReplaceAll(n.parts[i], "\x01", "%")
		}
		return g.rounded(m, n)
	}
	if m.name == "initcap" { // what a letter is depends on the locale: docs/reference/limits.md
		kids[0] = expr("text", "regexp_replace(%s, '[^ -~]', '', 'g')", kids[0])
	}
	n := list(sql.QuoteIdent(m.name)+"(", ", ", ")", kids...)
	if len(kids) == 0 {
		n = text(sql.QuoteIdent(m.name) + "()")
	}
	n.typ = typ
	return g.rounded(m, n)
}

// rounded keeps the last digits of the C library's functions out of what uses them.
func (g *gen) rounded(m *maker, n *node) *node {
	if libm.MatchString(m.name) && (n.typ == "float8" || n.typ == "float4") {
		return expr(n.typ, "round(%s::numeric, 6)::"+n.typ, n)
	}
	return n
}

// top makes an expression of the maker that comes next, so that each has its turn.
func (g *gen) top(i, depth int) *node {
	m := g.tables.makers[i%len(g.tables.makers)]
	return g.make(m, g.result(m), depth)
}

func newGen(seed uint64) *gen {
	return &gen{Rand: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)), tables: newTables()}
}
