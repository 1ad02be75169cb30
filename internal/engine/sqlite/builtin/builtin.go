// Package builtin is the one table of what pg_catalog offers: functions, operators, casts and aggregates with PostgreSQL's own
// signatures, and for each the Go function that computes it and, where SQLite does exactly the same, the SQLite form.
//
// The analyser resolves names with Functions, Operators and Cast; lowering calls Func.Call through a registered SQLite function
// or writes Func.SQLite; the evaluator calls Func.Call. The Go implementation is the truth; the SQLite form is a faster way to
// the same answer, NULLs and errors included.
//
// Main types: Func, Op, Cast, Ctx, Aggregate. Invariants: the tables do not change after they are made; nothing here reads a
// clock, a random source or a catalog except through the Ctx. Signatures are PostgreSQL's (facts.txt, written from a running server).
package builtin

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// Kind says how a function is called.
type Kind uint8

// The kinds of function.
const (
	Scalar Kind = iota
	SetReturning
	AggregateKind
	WindowKind // SQLite's own function of the same name computes it
)

// Col is a column of a function that returns rows.
type Col struct {
	Name string
	Type catalog.OID
}

// Func is one function of pg_catalog or of an extension that Mainstay provides.
type Func struct {
	// ID is unique and stable, of letters, digits and underscores: the name, with its argument types where the name is overloaded.
	ID        string
	OID       catalog.OID // PostgreSQL's; 0 for those of extensions
	Name      string
	Ext       string // the extension that brings it, "" for pg_catalog
	Args      []catalog.OID
	ArgNames  []string // nil, or one for each of Args
	Variadic  bool     // the last of Args is an array type (or "any") and takes the rest
	NDefaults int      // the last arguments that may be left out
	Defaults  []value.Datum
	Ret       catalog.OID
	RetSet    bool
	Cols      []Col // of a function that returns rows of several columns, or one named column
	Kind      Kind
	// Direct counts the direct arguments of an ordered-set aggregate (WITHIN GROUP), -1 for other functions.
	Direct     int
	Strict     bool
	Volatility byte // 'i', 's' or 'v'

	// Go computes a scalar function. Strict functions never see NULL. Variadic "any" arguments come one by one.
	Go func(c *Ctx, args []value.Datum) (value.Datum, error)
	// Set computes a set-returning function, row by row; row is one datum per column and may be kept. yield returns false to stop.
	Set func(c *Ctx, args []value.Datum, yield func(row []value.Datum) bool) error
	// Agg makes a fresh aggregation. DISTINCT, FILTER and ORDER BY are the caller's work.
	Agg func(c *Ctx) Aggregate
	// SQLite is the native form with %1, %2 … for the arguments, "" if there is none; for aggregates and window functions too.
	SQLite string
}

// Aggregate is one aggregation in progress.
type Aggregate interface {
	// Step takes the next row's arguments; NULLs included. Ordered-set aggregates take the ordered column only.
	Step(args []value.Datum) error
	// Final gives the result; direct are the direct arguments of an ordered-set aggregate.
	Final(direct []value.Datum) (value.Datum, error)
}

// Op is an operator. Left is 0 for a prefix operator.
type Op struct {
	Name             string
	Left, Right, Ret catalog.OID
	Func             *Func
	Commutator       string // the operator's name with the arguments swapped, "" if none
	Negator          string
	OID              catalog.OID
	MergeHash        bool   // it is an equality that can join
	Ext              string // the extension that brings it
}

// Cast is an entry of pg_cast, or a conversion through text.
type Cast struct {
	From, To catalog.OID
	Context  byte  // 'i' implicit, 'a' assignment, 'e' explicit only
	Method   byte  // 'f' function, 'b' same representation, 'i' through text
	Func     *Func // when Method is 'f'; may take the type modifier (int4) and whether the cast is explicit (bool) after the value
}

// Call runs a scalar function: NULL if a strict one has a NULL argument.
func (f *Func) Call(c *Ctx, args []value.Datum) (value.Datum, error) {
	if f.Strict {
		for _, a := range args {
			if a.IsNull() {
				return value.Null, nil
			}
		}
	}
	return f.Go(c, args)
}

// Functions are all functions of that name, pg_catalog's and the extensions'.
func Functions(name string) []*Func { return table().funcs[name] }

// ByID is the function with that ID, nil if there is none.
func ByID(id string) *Func { return table().ids[id] }

// All are all functions, sorted by name.
func All() []*Func { return table().all }

// Operators are all operators of that name.
func Operators(name string) []*Op { return table().ops[name] }

// AllOperators are all operators.
func AllOperators() []*Op { return table().allOps }

// CastBetween is the cast between two built-in types, nil if there is none. Casts between a type and a string type without an
// entry in pg_cast go through text: on assignment to the string, explicitly from it. Array types are the caller's work.
func CastBetween(from, to catalog.OID) *Cast {
	if c := table().casts[castKey{from, to}]; c != nil {
		return c
	}
	f, t := value.Builtin(from), value.Builtin(to)
	fa, ta := value.TypeOps(from), value.TypeOps(to)
	if from == to || fa == nil || ta == nil {
		return nil
	}
	switch {
	case t != nil && t.Category == 'S':
		return &Cast{From: from, To: to, Context: 'a', Method: 'i'}
	case f != nil && f.Category == 'S':
		return &Cast{From: from, To: to, Context: 'e', Method: 'i'}
	}
	return nil
}

type castKey struct{ from, to catalog.OID }

type tables struct {
	funcs  map[string][]*Func
	all    []*Func
	ids    map[string]*Func
	byKey  map[string]*Func
	ops    map[string][]*Op
	allOps []*Op
	casts  map[castKey]*Cast
}

// facts.txt is written from a running PostgreSQL by the test of that name; extra.txt has the signatures of pgvector
// and of functions of later releases, in the same form.
//
//go:embed facts.txt
var serverFacts string

//go:embed extra.txt
var extraFacts string

// table joins the facts with the implementations, once.
var table = sync.OnceValue(func() *tables {
	t := &tables{funcs: map[string][]*Func{}, ids: map[string]*Func{}, byKey: map[string]*Func{}, ops: map[string][]*Op{}, casts: map[castKey]*Cast{}}
	impls := implementations()
	names := map[string]int{}
	facts := serverFacts + extraFacts
	for line := range strings.SplitSeq(facts, "\n") {
		f := strings.Split(line, "\t")
		if f[0] == "f" {
			names[f[2]]++
		}
	}
	for line := range strings.SplitSeq(facts, "\n") {
		f := strings.Split(line, "\t")
		switch f[0] {
		case "f":
			fn := parseFunc(f)
			im := impls[key(fn)]
			if im == nil {
				panic("builtin: no implementation of " + key(fn))
			}
			fn.Go, fn.Set, fn.Agg, fn.SQLite = im.call, im.set, im.agg, im.sqlite
			switch {
			case f[6] == "a":
				fn.Kind = AggregateKind
			case f[6] == "w":
				fn.Kind = WindowKind
			case fn.Set != nil:
				fn.Kind = SetReturning
			}
			fn.ID = fn.Name
			if names[fn.Name] > 1 {
				for _, a := range fn.Args {
					fn.ID += "_" + strings.TrimPrefix(value.BuiltinName(a), "_")
					if strings.HasPrefix(value.BuiltinName(a), "_") {
						fn.ID += "s"
					}
				}
			}
			if t.ids[fn.ID] != nil {
				fn.ID += "_" + strconv.Itoa(int(fn.OID))
			}
			t.ids[fn.ID] = fn
			t.byKey[key(fn)] = fn
			t.funcs[fn.Name] = append(t.funcs[fn.Name], fn)
			t.all = append(t.all, fn)
		case "o":
			op := &Op{OID: oid(f[1]), Name: f[2], Left: typeOID(f[3]), Right: typeOID(f[4]), Ret: typeOID(f[5]), Func: t.byKey[f[6]],
				Commutator: f[7], Negator: f[8], MergeHash: f[9] == "h", Ext: f[10]}
			if op.Func == nil {
				panic("builtin: operator " + f[2] + " without function " + f[6])
			}
			t.ops[op.Name] = append(t.ops[op.Name], op)
			t.allOps = append(t.allOps, op)
		case "c":
			c := &Cast{From: typeOID(f[1]), To: typeOID(f[2]), Context: f[3][0], Method: f[4][0]}
			if f[5] != "" {
				if c.Func = t.byKey[f[5]]; c.Func == nil {
					panic("builtin: cast without function " + f[5])
				}
			}
			t.casts[castKey{c.From, c.To}] = c
		}
	}
	return t
})

// parseFunc reads a line of facts: f, OID, name, argument types, argument names, flags, kind, volatility, result, defaults, columns, extension, direct arguments.
func parseFunc(f []string) *Func {
	fn := &Func{OID: oid(f[1]), Name: f[2], Volatility: f[7][0], Ret: typeOID(f[8]), Ext: f[11], Direct: -1}
	if f[3] != "" {
		for a := range strings.SplitSeq(f[3], ",") {
			fn.Args = append(fn.Args, typeOID(a))
		}
	}
	if f[4] != "" && strings.Trim(f[4], ",") != "" {
		fn.ArgNames = strings.Split(f[4], ",")
	}
	fn.Variadic = strings.Contains(f[5], "v")
	fn.Strict = strings.Contains(f[5], "s")
	fn.RetSet = strings.Contains(f[5], "r")
	if f[9] != "" {
		defs := strings.Split(f[9], "|")
		fn.NDefaults = len(defs)
		for i, d := range defs {
			fn.Defaults = append(fn.Defaults, defaultValue(fn.Args[len(fn.Args)-len(defs)+i], d))
		}
	}
	if f[10] != "" {
		for c := range strings.SplitSeq(f[10], ",") {
			name, typ, _ := strings.Cut(c, ":")
			fn.Cols = append(fn.Cols, Col{name, typeOID(typ)})
		}
	}
	if f[12] != "" {
		fn.Direct, _ = strconv.Atoi(f[12])
	}
	return fn
}

func defaultValue(typ catalog.OID, text string) value.Datum {
	text, _, _ = strings.Cut(text, "::")
	if strings.EqualFold(text, "NULL") {
		return value.Null
	}
	d, err := value.TypeOps(typ).Input(nil, strings.Trim(text, "'"), -1)
	if err != nil {
		panic("builtin: default " + text + ": " + err.Error())
	}
	return d
}

// key names a function by its signature: "int4pl(int4,int4)".
func key(f *Func) string {
	var b strings.Builder
	b.WriteString(f.Name + "(")
	for i, a := range f.Args {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(value.BuiltinName(a))
	}
	return b.String() + ")"
}

func oid(s string) catalog.OID {
	n, _ := strconv.ParseUint(s, 10, 32)
	if n >= uint64(catalog.FirstUserOID) {
		return 0 // of an extension: its number differs from database to database
	}
	return catalog.OID(n)
}

func typeOID(name string) catalog.OID {
	if name == "" || name == "-" {
		return 0
	}
	o := value.BuiltinNamed(name)
	if o == 0 {
		panic("builtin: unknown type " + name)
	}
	return o
}

// impl is what a signature's code is.
type impl struct {
	call   func(*Ctx, []value.Datum) (value.Datum, error)
	set    func(*Ctx, []value.Datum, func([]value.Datum) bool) error
	agg    func(*Ctx) Aggregate
	sqlite string
}

// registry collects the implementations by signature.
type registry map[string]*impl

func (r registry) entry(sig string) *impl {
	if r[sig] != nil {
		panic("builtin: implemented twice: " + sig)
	}
	r[sig] = &impl{}
	return r[sig]
}

// fn registers a scalar function under each of the signatures.
func (r registry) fn(sigs string, f func(c *Ctx, a []value.Datum) (value.Datum, error)) {
	for sig := range strings.FieldsSeq(sigs) {
		r.entry(sig).call = f
	}
}

// pure registers a function that needs no context and cannot fail.
func (r registry) pure(sigs string, f func(a []value.Datum) value.Datum) {
	r.fn(sigs, func(_ *Ctx, a []value.Datum) (value.Datum, error) { return f(a), nil })
}

// set registers a set-returning function.
func (r registry) set(sigs string, f func(c *Ctx, a []value.Datum, yield func([]value.Datum) bool) error) {
	for sig := range strings.FieldsSeq(sigs) {
		r.entry(sig).set = f
	}
}

// agg registers an aggregate.
func (r registry) agg(sigs string, f func(c *Ctx) Aggregate) {
	for sig := range strings.FieldsSeq(sigs) {
		r.entry(sig).agg = f
	}
}

// native gives registered functions a SQLite form.
func (r registry) native(sqlite, sigs string) {
	for sig := range strings.FieldsSeq(sigs) {
		im := r[sig]
		if im == nil {
			panic("builtin: native form of unknown " + sig)
		}
		im.sqlite = sqlite
	}
}

func implementations() registry {
	r := registry{}
	registerCompare(r)
	registerNumbers(r)
	registerBits(r)
	registerBytes(r)
	registerNetwork(r)
	registerMoney(r)
	registerText(r)
	registerPatterns(r)
	registerTime(r)
	registerTimeFormat(r)
	registerJSON(r)
	registerJSONPath(r)
	registerArrays(r)
	registerRanges(r)
	registerMultiranges(r)
	registerAggregates(r)
	registerSystem(r)
	registerCatalog(r)
	registerCrypto(r)
	registerSearch(r)
	registerVector(r)
	return r
}

func unsupported(format string, args ...any) error {
	return fault.New(fault.FeatureNotSupported, format, args...)
}
