package plan

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A level is one SELECT in the making: the top of a request, or an embedded resource.
type level struct {
	src     *source
	targets []target
	joins   []join     // of to-one spreads
	where   []sql.Expr // the level's own conditions
	group   []sql.Expr // what embeds are correlated by, for GROUP BY
	order   []sql.SortBy
	// orderTypes are those of order's expressions, as far as it was asked for.
	orderTypes []catalog.TypeRef
	after      sql.Expr // where a page by cursor begins; nil for none
	limit      sql.Expr
	offset     sql.Expr
}

// A target is an output column.
type target struct {
	name   string
	expr   sql.Expr
	typ    catalog.TypeRef
	agg    bool // holds an aggregate
	embed  bool // is a sub-query: grouped by what it is correlated by
	hidden bool // see Column
	whole  bool // see Column
}

// A join is a LEFT JOIN.
type join struct {
	item  sql.TableExpr
	on    sql.Expr
	alias string
}

// maxLevels bounds the SELECTs of one plan. An embed that is also a null filter is two, at every depth, so that nesting such embeds
// would double the statement with each level.
const maxLevels = 500

// level builds the select list, conditions, order and limits of a node over src. Writes leave where out by an empty node.Where.
func (b *builder) level(n *query.Node, src *source, depth int) (*level, error) {
	if b.levels++; b.levels > maxLevels {
		return nil, fault.New(fault.StatementTooComplex, "the request embeds more than %d resources", maxLevels).WithStatus(400)
	}
	lv := &level{src: src}
	b.hides = b.hides || b.mayHide(src.table)
	items := n.Select
	if len(items) == 0 {
		items = []query.Item{{Star: true}}
	}
	for i := range items {
		it := &items[i]
		var err error
		switch {
		case it.Star:
			for _, c := range src.columns {
				lv.targets = append(lv.targets, b.output(c.Name, src.ref(c.Name), c.Type))
			}
		case it.Field != nil:
			err = b.field(lv, it.Field)
		default:
			err = b.embed(lv, it.Embed, depth+1)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := distinctEmbeds(items, src, depth+1); err != nil {
		return nil, err
	}
	if n.Where != nil {
		x, err := b.logic(n.Where, src, n, depth)
		if err != nil {
			return nil, err
		}
		lv.where = append(lv.where, x)
	}
	for i := range n.Order {
		s, t, err := b.orderBy(&n.Order[i], src, n, depth)
		if err != nil {
			return nil, err
		}
		lv.order, lv.orderTypes = append(lv.order, s), append(lv.orderTypes, t)
	}
	if n.Offset >= 0 {
		lv.offset = b.value(n.Offset, catalog.Int8OID)
	}
	switch {
	case n.Limit >= 0 && n.MaxRows >= 0:
		lv.limit = &sql.MinMax{Least: true, Args: []sql.Expr{b.value(n.Limit, catalog.Int8OID), integer(int(n.MaxRows))}, Pos: sql.NoPos}
	case n.Limit >= 0:
		lv.limit = b.value(n.Limit, catalog.Int8OID)
	case n.MaxRows >= 0:
		lv.limit = integer(int(n.MaxRows))
	}
	return lv, nil
}

// mayHide says whether a relation may have rows that the role does not see: by its policies, or by what a view or function leaves out (t is nil then).
func (b *builder) mayHide(t *catalog.Table) bool {
	if r := b.cat.Role(b.role); r != nil && (r.Super || r.BypassRLS) {
		return false
	}
	return t == nil || t.Kind != catalog.OrdinaryTable || t.RLS && !b.cat.BypassesRLS(b.role, t)
}

// distinctEmbeds refuses two embeds of one level that would be one key of the answer: a client would read the last alone. The words are PostgreSQL's about
// the statement that PostgREST makes.
func distinctEmbeds(items []query.Item, src *source, depth int) error {
	seen := map[string]bool{}
	for _, it := range items {
		if it.Embed == nil || it.Embed.Spread {
			continue
		}
		name := embedName(it.Embed)
		if seen[name] {
			return fault.New(fault.DuplicateAlias, `table name "%s_%s_%d" specified more than once`, src.table.Name, name, depth)
		}
		seen[name] = true
	}
	return nil
}

// from is the level's FROM, its own relation being item.
func (lv *level) from(item sql.TableExpr) []sql.TableExpr {
	for _, j := range lv.joins {
		item = &sql.Join{Kind: sql.LeftJoin, Left: item, Right: j.item, On: j.on, Pos: sql.NoPos}
	}
	return []sql.TableExpr{item}
}

// query is the level as a statement. on are conditions that tie it to what it is embedded in.
func (lv *level) query(item sql.TableExpr, on ...sql.Expr) *sql.Select {
	where := append(on, lv.where...)
	if lv.after != nil {
		where = append(where, lv.after)
	}
	q := &sql.Select{
		From: lv.from(item), Where: and(where), OrderBy: lv.order, Limit: lv.limit, Offset: lv.offset, Pos: sql.NoPos,
	}
	for _, t := range lv.targets {
		q.Targets = append(q.Targets, sql.Target{Name: t.name, Expr: t.expr, Pos: sql.NoPos})
	}
	if lv.aggregates() {
		for _, t := range lv.targets {
			if !t.agg && !t.embed {
				q.GroupBy = append(q.GroupBy, sql.GroupBy{Expr: t.expr})
			}
		}
		for _, x := range lv.group {
			q.GroupBy = append(q.GroupBy, sql.GroupBy{Expr: x})
		}
	}
	return q
}

// rows is the level's rows without its limits, and without their columns.
func (lv *level) rows(item sql.TableExpr) *sql.Select {
	return &sql.Select{
		Targets: []sql.Target{{Name: "one", Expr: integer(1), Pos: sql.NoPos}}, From: []sql.TableExpr{item}, Where: and(lv.where), Pos: sql.NoPos,
	}
}

// count is a statement that counts the rows of the level without its limits.
func (lv *level) count(item sql.TableExpr) *sql.Select {
	n := call("count")
	n.Star = true
	return &sql.Select{
		Targets: []sql.Target{{Name: "count", Expr: n, Pos: sql.NoPos}}, From: []sql.TableExpr{item}, Where: and(lv.where), Pos: sql.NoPos,
	}
}

// matches is EXISTS over the level's rows.
func (lv *level) matches(item sql.TableExpr, on ...sql.Expr) sql.Expr {
	return exists(&sql.Select{
		Targets: []sql.Target{{Expr: integer(1), Pos: sql.NoPos}}, From: []sql.TableExpr{item}, Where: and(append(on, lv.where...)), Pos: sql.NoPos,
	})
}

func (lv *level) aggregates() bool {
	return slices.ContainsFunc(lv.targets, func(t target) bool { return t.agg })
}

func (lv *level) columns() []Column {
	cols := make([]Column, len(lv.targets))
	for i, t := range lv.targets {
		cols[i] = Column{Name: t.name, Type: t.typ, Embedded: t.embed, Hidden: t.hidden, Whole: t.whole}
	}
	return cols
}

// column resolves a name and a JSON path to an expression and its type: a column, or a computed field.
func (b *builder) column(src *source, name string, path []query.PathStep) (sql.Expr, catalog.TypeRef, error) {
	var x sql.Expr
	var t catalog.TypeRef
	if c := src.column(name); c != nil {
		x, t = src.ref(name), c.Type
	} else if f := b.computed(src, name); f != nil {
		x, t = b.computedField(src, f), f.Returns
	} else {
		return nil, t, b.noColumn(src, name)
	}
	if len(path) == 0 {
		return x, t, nil
	}
	if !b.isJSON(t) {
		x, t = call("to_jsonb", x), plain(catalog.JSONBOID)
	}
	for _, s := range path {
		key := b.pathKey(s)
		if s.Text {
			x, t = op("->>", x, key), plain(catalog.TextOID)
		} else {
			x = op("->", x, key)
		}
	}
	return x, t, nil
}

func (b *builder) pathKey(s query.PathStep) sql.Expr {
	if s.Index {
		return b.fixed(s.Key, catalog.Int4OID)
	}
	return b.fixed(s.Key, catalog.TextOID)
}

// computed finds the function that makes a computed field of src: one argument of its row type, a single value as result.
func (b *builder) computed(src *source, name string) *catalog.Function {
	if src.table == nil {
		return nil
	}
	for _, schema := range append([]string{src.table.Schema}, b.o.SearchPath...) {
		for _, f := range b.cat.Functions(schema, name) {
			args := f.ArgTypes()
			if len(args) == 1 && args[0] == src.table.RowType && !f.ReturnsSet && b.cat.CanExecute(b.role, f) {
				return f
			}
		}
	}
	return nil
}

func (b *builder) computedField(src *source, f *catalog.Function) sql.Expr {
	row := src.alias
	if src.returning != nil {
		row = src.table.Name
	}
	x := &sql.FuncCall{Name: sql.Name{Schema: f.Schema, Name: f.Name, Pos: sql.NoPos}, Args: []sql.Arg{{Value: ref(row)}}, Pos: sql.NoPos}
	if src.returning == nil {
		return x
	}
	src.returns(f.Name, x)
	return ref(src.alias, f.Name)
}

// field adds a selected field to the level.
func (b *builder) field(lv *level, f *query.Field) error {
	if f.Name == "" || f.Name == "count" && f.Aggregate == "" && len(f.Path) == 0 && lv.src.column("count") == nil && b.computed(lv.src, "count") == nil {
		if f.Name == "" && !b.o.Aggregates {
			return errAggregates()
		}
		n := call("count")
		n.Star = true
		return b.aggregate(lv, f, n, plain(catalog.Int8OID))
	}
	x, t, err := b.column(lv.src, f.Name, f.Path)
	if err != nil {
		return err
	}
	if len(f.Path) == 0 && f.Aggregate == "" {
		out := b.output(outputName(f), x, t)
		x, t = out.expr, out.typ
	}
	if f.Cast != "" {
		if t, err = b.castType(f.Cast); err != nil {
			return err
		}
		x = cast(x, b.typeName(t))
	}
	if f.Aggregate != "" {
		if !b.o.Aggregates {
			return errAggregates()
		}
		return b.aggregate(lv, f, call(f.Aggregate, x), b.aggregateType(f.Aggregate, t))
	}
	lv.targets = append(lv.targets, target{name: outputName(f), expr: x, typ: t})
	return nil
}

func (b *builder) aggregate(lv *level, f *query.Field, x sql.Expr, t catalog.TypeRef) error {
	if f.AggregateCast != "" {
		var err error
		if t, err = b.castType(f.AggregateCast); err != nil {
			return err
		}
		x = cast(x, b.typeName(t))
	}
	name := f.Alias
	if name == "" {
		name = f.Aggregate
	}
	if name == "" {
		name = "count"
	}
	lv.targets = append(lv.targets, target{name: name, expr: x, typ: t, agg: true})
	return nil
}

func (b *builder) aggregateType(name string, t catalog.TypeRef) catalog.TypeRef {
	o := b.base(t).OID
	switch name {
	case "count":
		return plain(catalog.Int8OID)
	case "sum":
		switch o {
		case catalog.Int2OID, catalog.Int4OID:
			return plain(catalog.Int8OID)
		case catalog.Int8OID:
			return plain(catalog.NumericOID)
		}
	case "avg":
		switch o {
		case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID:
			return plain(catalog.NumericOID)
		case catalog.Float4OID:
			return plain(catalog.Float8OID)
		}
	}
	return plain(o)
}

// output is a column as the client sees it: through the cast to json of a domain that has one.
func (b *builder) output(name string, x sql.Expr, t catalog.TypeRef) target {
	if y := b.cat.Type(t.OID); y == nil || y.Kind != catalog.DomainType {
		return target{name: name, expr: x, typ: t}
	}
	if f := b.representation(t.OID, catalog.JSONOID); f != nil {
		return target{name: name, expr: userCall(f, x), typ: plain(catalog.JSONOID)}
	}
	return target{name: name, expr: x, typ: t}
}

// representation is the function of a cast of the project from or to a domain, which shapes its values on the wire.
func (b *builder) representation(from, to catalog.OID) *catalog.Function {
	for _, c := range b.cat.Casts() {
		if c.From == from && c.To == to && c.Func != 0 {
			return b.cat.FunctionByOID(c.Func)
		}
	}
	return nil
}

func userCall(f *catalog.Function, args ...sql.Expr) sql.Expr {
	x := &sql.FuncCall{Name: sql.Name{Schema: f.Schema, Name: f.Name, Pos: sql.NoPos}, Pos: sql.NoPos}
	for _, a := range args {
		x.Args = append(x.Args, sql.Arg{Value: a})
	}
	return x
}

// outputName is the key of a field: its alias, the last key of its path that is no index, or the column.
func outputName(f *query.Field) string {
	if f.Alias != "" {
		return f.Alias
	}
	for i := len(f.Path) - 1; i >= 0; i-- {
		if !f.Path[i].Index {
			return f.Path[i].Key
		}
	}
	return f.Name
}

func (b *builder) orderBy(o *query.Order, src *source, n *query.Node, depth int) (s sql.SortBy, t catalog.TypeRef, err error) {
	s = sql.SortBy{Desc: o.Desc, Nulls: sql.NullsOrder(o.Nulls), Pos: sql.NoPos}
	if o.Embed == "" {
		s.Expr, t, err = b.column(src, o.Name, o.Path)
		return s, t, err
	}
	e := n.Embed(o.Embed)
	if e == nil {
		return s, t, errNotEmbedded(o.Embed)
	}
	rel, err := b.relationship(src, e)
	if err != nil {
		return s, t, err
	}
	if rel.toMany() {
		return s, t, fault.New("PGRST118", "A related order on '%s' is not possible", o.Embed).
			WithDetail("'%s' and '%s' do not form a many-to-one or one-to-one relationship", src.name(), o.Embed)
	}
	child := rel.source(depth + 1)
	x, t, err := b.column(child, o.Name, o.Path)
	if err != nil {
		return s, t, err
	}
	item, on := b.tie(src, rel, child)
	s.Expr = scalar(&sql.Select{Targets: []sql.Target{{Expr: x, Pos: sql.NoPos}}, From: []sql.TableExpr{item}, Where: and(on), Pos: sql.NoPos})
	return s, t, nil
}

func errAggregates() error {
	return fault.New("PGRST123", "Use of aggregate functions is not allowed")
}

func errNotEmbedded(name string) error {
	return fault.New("PGRST108", "'%s' is not an embedded resource in this request", name).
		WithHint("Verify that '%s' is included in the 'select' query parameter.", name)
}
