package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Options are the settings that decide what a statement may mean. They are the same for every statement of a door.
type Options struct {
	// Exposed says whether the table is served to the role at all; nil serves all. It is the rule that tables without row-level
	// security are not served to the public roles unless the project names them.
	Exposed func(t *catalog.Table, role string) bool
	// ExposedHint says how to change that, as the refusal's hint.
	ExposedHint string
	// Aggregates allows aggregate functions in select (else PGRST123).
	Aggregates bool
	// PreRequest is a function without arguments ("schema.name") that is called first in the transaction of every request, as the caller.
	PreRequest string
	// SearchPath is where types of casts are looked for, after the statement's schema.
	SearchPath []string
}

// Build plans st for role. It does not keep st. Errors are *fault.Error: the protocol's own codes for names that it does not find in the
// catalog, SQLSTATE 42703 for columns as PostgreSQL says it, 42501 for a table that is not exposed. Privileges and policies are the engine's.
func Build(cat *catalog.Catalog, st *query.Statement, role string, o Options) (*Plan, error) {
	b := &builder{cat: cat, st: st, role: role, o: o}
	p := &Plan{version: cat.Version(), schema: st.Schema}
	var err error
	switch {
	case st.Read != nil:
		err = b.read(p, st.Read)
	case st.Write != nil:
		err = b.write(p, st.Write)
	default:
		err = b.invoke(p, st.Invoke)
	}
	if err != nil {
		return nil, err
	}
	if o.PreRequest != "" {
		p.before = preRequest(o.PreRequest)
	}
	p.params = b.params
	for i := range p.columns {
		p.columns[i].Key = string(AppendJSONString(nil, p.columns[i].Name)) + ":"
	}
	return p, nil
}

// A builder makes one plan.
type builder struct {
	cat    *catalog.Catalog
	st     *query.Statement
	role   string
	o      Options
	params []Param
	levels int
	hides  bool // a relation of the statement may have rows that the role does not see
}

// PrimaryKey is the columns that identify a row of t: of a view, those that show the whole primary key of one table. Nil when there are none.
func PrimaryKey(cat *catalog.Catalog, t *catalog.Table) []string {
	if pk := t.PrimaryKey(); pk != nil {
		return pk.Columns
	}
	for _, origin := range t.ViewColumns {
		base := cat.TableByOID(origin.Table)
		if base == nil {
			continue
		}
		var cols []string
		key := PrimaryKey(cat, base)
		for _, k := range key {
			i := slices.IndexFunc(t.ViewColumns, func(c catalog.ViewColumn) bool { return c.Table == base.OID && c.Column == k })
			if i >= 0 {
				cols = append(cols, t.Columns[i].Name)
			}
		}
		if len(cols) > 0 && len(cols) == len(key) {
			return cols
		}
	}
	return nil
}

func (b *builder) read(p *Plan, r *query.Read) error {
	t, err := b.table(b.st.Schema, r.Relation)
	if err != nil {
		return err
	}
	src := &source{table: t, columns: t.Columns, alias: t.Name}
	lv, err := b.level(&r.Node, src, 0)
	if err != nil {
		return err
	}
	if r.Keyset != nil {
		if err := b.keyset(lv, r); err != nil {
			return err
		}
	}
	var from sql.TableExpr = tableItem(t, "")
	if r.Keys != nil {
		if from, err = b.keyed(lv, from, r.Keys); err != nil {
			return err
		}
	}
	p.main = lv.query(from)
	p.columns = lv.columns()
	b.totals(p, lv, from, r.MaxRows)
	return b.handled(p, tableTarget(t))
}

// totals adds what counts the rows of the level without its limits. An estimated total is exact as long as it is no larger than the cap of rows.
//
// What a planner estimates follows the rows of a table that the caller may not see; where there may be such rows, every total is counted.
func (b *builder) totals(p *Plan, lv *level, item sql.TableExpr, maxRows int64) {
	switch b.st.Count {
	case query.NoCount:
	case query.ExactCount:
		p.count = lv.count(item)
	case query.PlannedCount:
		if b.hides {
			p.count = lv.count(item)
			return
		}
		p.estimate = lv.rows(item)
	case query.EstimatedCount:
		if maxRows < 0 || b.hides {
			p.count = lv.count(item)
			return
		}
		p.estimate = lv.rows(item)
		some := lv.rows(item)
		some.Limit = integer(int(maxRows) + 1)
		n := call("count")
		n.Star = true
		p.count = &sql.Select{Targets: []sql.Target{{Name: "count", Expr: n, Pos: sql.NoPos}}, From: []sql.TableExpr{subquery(some, "pgrst_rows")}, Pos: sql.NoPos}
	}
}

// preRequest is SELECT name().
func preRequest(name string) *sql.Select {
	fc := &sql.FuncCall{Name: sql.Name{Name: name, Pos: sql.NoPos}, Pos: sql.NoPos}
	if schema, fn, ok := strings.Cut(name, "."); ok {
		fc.Name.Schema, fc.Name.Name = schema, fn
	}
	return &sql.Select{Targets: []sql.Target{{Expr: fc, Pos: sql.NoPos}}, Pos: sql.NoPos}
}

// table finds a relation of the request's schema and asks whether it is exposed.
func (b *builder) table(schema, name string) (*catalog.Table, error) {
	t := b.cat.Table(schema, name)
	if t == nil {
		return nil, b.noTable(schema, name)
	}
	return t, b.exposed(t)
}

func (b *builder) exposed(t *catalog.Table) error {
	if b.o.Exposed == nil || b.o.Exposed(t, b.role) {
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, "table %s has no row-level security and is not served to %s", t.Name, b.role).
		WithHint("%s", b.o.ExposedHint)
}

// param adds a parameter and refers to it, cast to its type unless that is unknown.
func (b *builder) param(p Param) sql.Expr {
	n := -1
	if p.Kind == Fixed { // equal keys must be equal expressions, for GROUP BY
		n = slices.Index(b.params, p)
	}
	if n < 0 {
		b.params = append(b.params, p)
		n = len(b.params) - 1
	}
	x := &sql.Param{Number: n + 1, Pos: sql.NoPos}
	if p.Type.OID == catalog.UnknownOID {
		return x
	}
	return cast(x, b.typeName(p.Type))
}

func (b *builder) value(r query.ValueRef, t catalog.OID) sql.Expr {
	return b.param(Param{Kind: FromValue, Value: r, Type: plain(t)})
}

func (b *builder) fixed(text string, t catalog.OID) sql.Expr {
	return b.param(Param{Kind: Fixed, Text: text, Type: plain(t)})
}

// A source is a relation that columns are taken from: an item of FROM.
type source struct {
	table   *catalog.Table    // whose relationships and computed fields it has; nil for none
	fn      *catalog.Function // that yields the rows, of a call
	columns []*catalog.Column
	alias   string
	// returning, when not nil, collects what a data-modifying CTE has to return for the columns that were referred to.
	returning *[]sql.Target
}

func (s *source) ref(column string) sql.Expr {
	if s.returning != nil {
		s.returns(column, ref(s.table.Name, column))
	}
	return ref(s.alias, column)
}

func (s *source) returns(name string, x sql.Expr) {
	if !slices.ContainsFunc(*s.returning, func(t sql.Target) bool { return t.Name == name }) {
		*s.returning = append(*s.returning, sql.Target{Name: name, Expr: x, Pos: sql.NoPos})
	}
}

func (s *source) column(name string) *catalog.Column {
	for _, c := range s.columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// name is what people call the source.
func (s *source) name() string {
	if s.table != nil {
		return s.table.Name
	}
	if s.fn != nil {
		return s.fn.Name
	}
	return s.alias
}

// ---- small trees ----

func ref(fields ...string) *sql.ColumnRef { return &sql.ColumnRef{Fields: fields, Pos: sql.NoPos} }

func cast(x sql.Expr, t *sql.TypeName) sql.Expr { return &sql.Cast{X: x, Type: t, Pos: sql.NoPos} }

func op(name string, l, r sql.Expr) sql.Expr {
	return &sql.Op{Name: name, Left: l, Right: r, Pos: sql.NoPos}
}

func call(name string, args ...sql.Expr) *sql.FuncCall {
	f := &sql.FuncCall{Name: sql.Name{Schema: "pg_catalog", Name: name, Pos: sql.NoPos}, Pos: sql.NoPos}
	for _, a := range args {
		f.Args = append(f.Args, sql.Arg{Value: a})
	}
	return f
}

func not(x sql.Expr) sql.Expr {
	return &sql.BoolExpr{Op: sql.Not, Args: []sql.Expr{x}, Pos: sql.NoPos}
}

// and joins conditions; nil for none.
func and(list []sql.Expr) sql.Expr {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return &sql.BoolExpr{Op: sql.And, Args: list, Pos: sql.NoPos}
}

func str(s string) sql.Expr { return &sql.Const{Kind: sql.StringConst, Text: s, Pos: sql.NoPos} }

func integer(n int) sql.Expr {
	return &sql.Const{Kind: sql.IntConst, Text: strconv.Itoa(n), Pos: sql.NoPos}
}

func boolean(v bool) sql.Expr {
	return &sql.Const{Kind: sql.BoolConst, Text: strconv.FormatBool(v), Pos: sql.NoPos}
}

func null() sql.Expr { return &sql.Const{Kind: sql.NullConst, Pos: sql.NoPos} }

func scalar(q *sql.Select) sql.Expr {
	return &sql.SubLink{Kind: sql.ScalarQ, Query: q, Pos: sql.NoPos}
}

func exists(q *sql.Select) sql.Expr {
	return &sql.SubLink{Kind: sql.Exists, Query: q, Pos: sql.NoPos}
}

func tableItem(t *catalog.Table, alias string) *sql.Table {
	x := &sql.Table{Name: sql.Name{Schema: t.Schema, Name: t.Name, Pos: sql.NoPos}, Pos: sql.NoPos}
	if alias != "" {
		x.Alias = &sql.Alias{Name: alias}
	}
	return x
}

// AppendJSONString appends s as a JSON string in PostgreSQL's escaping.
func AppendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		default:
			if c < 0x20 {
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			} else {
				b = append(b, c)
			}
		}
	}
	return append(b, '"')
}
