// Package system is PostgreSQL's system relations, pg_catalog's and information_schema's, computed from a catalog when they are read.
//
// Relation gives one by name, as a Rel whose rows a built-in function yields; Describe answers the functions that describe the catalog
// (pg_get_constraintdef, has_table_privilege, obj_description …); OID and Name serve regclass. Columns are PostgreSQL 15's (facts.txt, written
// from a running server); a file for each family of relations has the functions that make their rows.
//
// Invariants: everybody may read every relation, as in PostgreSQL, but closedRelations; what information_schema shows depends on the role
// that asks; OIDs are the catalog's, and objects that have none there (extensions, publications, defaults, casts) get one that is made from their
// name. What cannot be told here (pages, statistics) is NULL or 0; relations about servers and clusters are refused, not empty.
package system

import (
	_ "embed"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// The schemas of system relations.
const (
	pgCatalog         = "pg_catalog"
	informationSchema = "information_schema"
)

// relation is a system relation.
type relation struct {
	oid          catalog.OID
	schema, name string
	kind         byte
	columns      []column
	index        map[string]int
	rel          *tree.Rel
}

type column struct {
	name     string
	pgType   string // PostgreSQL's type; typ is the one that stands for it here
	typ      catalog.OID
	notNull  bool
	whenNone value.Datum // in a row that does not say
}

//go:embed facts.txt
var serverFacts string

// relations are all system relations by qualified name.
var relations = sync.OnceValue(func() map[string]*relation {
	out := map[string]*relation{}
	for line := range strings.Lines(serverFacts) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		n, _ := strconv.ParseUint(f[0], 10, 32)
		r := &relation{oid: catalog.OID(n), schema: f[1], name: f[2], kind: f[3][0], index: map[string]int{}}
		fn := &builtin.Func{ID: "system_" + f[2], Name: f[2], Ret: catalog.RecordOID, RetSet: true, Kind: builtin.SetReturning, Direct: -1, Volatility: 's'}
		r.rel = &tree.Rel{Kind: tree.FunctionRel, Alias: r.name, Policed: true}
		for col := range strings.SplitSeq(f[4], ",") {
			col, notNull := strings.CutSuffix(col, "!")
			name, typ, _ := strings.Cut(col, ":")
			mod := int32(-1)
			if short, n, ok := strings.Cut(typ, "("); ok { // varchar(3) of yes_or_no
				size, _ := strconv.Atoi(strings.TrimSuffix(n, ")"))
				typ, mod = short, int32(size)+4
			}
			c := column{name: name, pgType: typ, typ: standIn(typ), notNull: notNull}
			if notNull {
				c.whenNone = zero(c.typ)
			}
			r.index[name] = len(r.columns)
			r.columns = append(r.columns, c)
			r.rel.Columns = append(r.rel.Columns, tree.RelColumn{Name: name, Type: catalog.TypeRef{OID: c.typ, Mod: mod}})
			fn.Cols = append(fn.Cols, builtin.Col{Name: name, Type: c.typ})
		}
		fn.Set = func(c *builtin.Ctx, _ []value.Datum, yield func([]value.Datum) bool) error {
			return r.read(c.Session, yield)
		}
		r.rel.Funcs = []tree.FuncCallRel{{Call: &tree.Call{Fn: fn, Typ: catalog.TypeRef{OID: catalog.RecordOID, Mod: -1}}, Count: len(r.columns)}}
		out[r.schema+"."+r.name] = r
	}
	return out
})

// standIn is the type that stands for one of PostgreSQL's that has no values here.
func standIn(name string) catalog.OID {
	switch name {
	case "int2vector":
		return catalog.Int2ArrayOID
	case "oidvector":
		return catalog.OIDArrayOID
	case "anyarray", "pg_lsn", "_pg_statistic", "pg_mcv_list", "pg_ndistinct", "pg_dependencies":
		return catalog.TextOID
	}
	return value.BuiltinNamed(name)
}

func zero(t catalog.OID) value.Datum {
	switch t {
	case catalog.BoolOID, catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.OIDOID, catalog.XIDOID, catalog.RegprocOID, catalog.RegtypeOID:
		return value.Int(0)
	case catalog.Float4OID, catalog.Float8OID:
		return value.Float(0)
	case catalog.Int2ArrayOID, catalog.OIDArrayOID:
		return value.Text("[]")
	}
	return value.Text("")
}

// Relation is the system relation of that name, nil if there is none; schema "" means pg_catalog. The Rel is shared: a statement uses a copy.
func Relation(schema, name string) *tree.Rel {
	if schema == "" {
		schema = pgCatalog
	}
	if schema != pgCatalog && schema != informationSchema {
		return nil
	}
	if r := relations()[schema+"."+name]; r != nil {
		return r.rel
	}
	return nil
}

// OID is the number of a system relation, 0 if there is none of that name; schema "" means pg_catalog.
func OID(schema, name string) catalog.OID {
	if schema == "" {
		schema = pgCatalog
	}
	if r := relations()[schema+"."+name]; r != nil {
		return r.oid
	}
	return 0
}

// byOID are the system relations by number.
var byOID = sync.OnceValue(func() map[catalog.OID]*relation {
	out := map[catalog.OID]*relation{}
	for _, r := range relations() {
		out[r.oid] = r
	}
	return out
})

// sorted are the system relations by schema and name.
var sorted = sync.OnceValue(func() []*relation {
	var out []*relation
	for _, r := range relations() {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *relation) int { return strings.Compare(a.schema+"."+a.name, b.schema+"."+b.name) })
	return out
})

// Name is the schema and name of a system relation, "" if there is none of that number.
func Name(oid catalog.OID) (schema, name string) {
	if r := byOID()[oid]; r != nil {
		return r.schema, r.name
	}
	return "", ""
}

// reader makes the rows of one relation for one session.
type reader struct {
	*builtin.Session
	cat   *catalog.Catalog
	rel   *relation
	yield func([]value.Datum) bool
	full  bool // the consumer has enough
}

func newReader(s *builtin.Session) *reader { return &reader{Session: s, cat: s.Facts} }

// read gives the relation's rows.
func (r *relation) read(s *builtin.Session, yield func([]value.Datum) bool) error {
	if s.Facts == nil {
		return fault.Unsupported("reading "+r.schema+"."+r.name+" here", "")
	}
	rows, ok := sources[r.schema+"."+r.name]
	if !ok {
		return fault.Unsupported("reading "+r.schema+"."+r.name, "")
	}
	x := newReader(s)
	x.rel, x.yield = r, yield
	if closedRelations[r.name] {
		if err := x.needSuper(); err != nil {
			return err
		}
	}
	if rows == nil {
		return nil
	}
	return rows(x)
}

// row yields a row that is given as pairs of column name and value; columns that are not named are NULL, or zero where they cannot be.
func (x *reader) row(pairs ...any) {
	if x.full {
		return
	}
	row := make([]value.Datum, len(x.rel.columns))
	for i := range row {
		row[i] = x.rel.columns[i].whenNone
	}
	for i := 0; i < len(pairs); i += 2 {
		n, ok := x.rel.index[pairs[i].(string)]
		if !ok {
			panic("system: " + x.rel.name + " has no column " + pairs[i].(string))
		}
		row[n] = x.datum(pairs[i+1], x.rel.columns[n].typ)
	}
	x.full = !x.yield(row)
}

// datum is a Go value as a datum of type t.
func (x *reader) datum(v any, t catalog.OID) value.Datum {
	switch v := v.(type) {
	case nil:
		return value.Null
	case value.Datum:
		return v
	case catalog.OID:
		return value.Int(int64(v))
	case int:
		return value.Int(int64(v))
	case int16:
		return value.Int(int64(v))
	case int32:
		return value.Int(int64(v))
	case int64:
		return value.Int(v)
	case bool:
		return value.Bool(v)
	case float64:
		return value.Float(v)
	case byte:
		return value.Text(string(rune(v)))
	case string:
		return value.Text(v)
	case []string:
		return list(v, catalog.TextOID, value.Text)
	case []int16:
		return list(v, catalog.Int2OID, func(n int16) value.Datum { return value.Int(int64(n)) })
	case []catalog.OID:
		return list(v, catalog.OIDOID, func(n catalog.OID) value.Datum { return value.Int(int64(n)) })
	}
	panic("system: value of an unknown type")
}

func list[T any](v []T, elem catalog.OID, one func(T) value.Datum) value.Datum {
	if v == nil {
		return value.Null
	}
	d := make([]value.Datum, len(v))
	for i, e := range v {
		d[i] = one(e)
	}
	return value.MakeArray(nil, value.TypeOps(elem), d)
}

// some is NULL for an empty text.
func some(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func yes(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

// madeOID is the number of an object that has none in the catalog.
func madeOID(kind, name string) catalog.OID {
	h := fnv.New32a()
	_, _ = h.Write([]byte(kind + "\x00" + name)) // a hash does not fail
	return 3_000_000_000 + catalog.OID(h.Sum32()%1_000_000_000)
}

func (x *reader) schemaOID(name string) catalog.OID {
	if s := x.cat.Schema(name); s != nil {
		return s.OID
	}
	if catalog.Temporary(name) {
		return tempSchemaOID
	}
	return 0
}

const tempSchemaOID catalog.OID = 11000

func (x *reader) roleOID(name string) catalog.OID {
	if r := x.cat.Role(name); r != nil {
		return r.OID
	}
	return 0
}
