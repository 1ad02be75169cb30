package plan

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A relation is a relationship that a request chose.
type relation struct{ catalog.Relationship }

func (r *relation) toMany() bool {
	return r.Kind == catalog.OneToMany || r.Kind == catalog.ManyToMany || r.Kind == catalog.Computed && r.ToMany
}

// source is the embedded relation as a source of columns. Aliases tell depths apart; within one SELECT, tie makes them distinct.
func (r *relation) source(depth int) *source {
	return &source{table: r.To, columns: r.To.Columns, alias: r.To.Name + "_" + strconv.Itoa(depth)}
}

// tie is the FROM item of the embedded relation and the conditions that tie it to src.
func (b *builder) tie(src *source, r *relation, child *source) (sql.TableExpr, []sql.Expr) {
	switch r.Kind {
	case catalog.Computed:
		row := sql.Expr(ref(src.alias))
		if src.returning != nil {
			src.returns("pgrst_row", ref(src.table.Name))
			row = ref(src.alias, "pgrst_row")
		}
		return &sql.FuncTable{Funcs: []sql.FuncItem{{Call: userCall(r.Func, row)}}, Alias: &sql.Alias{Name: child.alias}, Pos: sql.NoPos}, nil
	case catalog.ManyToMany:
		j := r.Junction.Name + strings.TrimPrefix(child.alias, r.To.Name)
		if j == child.alias {
			j += "_j"
		}
		item := &sql.Join{
			Kind: sql.InnerJoin, Left: tableItem(r.To, child.alias), Right: tableItem(r.Junction, j),
			On: and(equal(child.ref, r.ToCols, func(c string) sql.Expr { return ref(j, c) }, r.JunctionToCols)), Pos: sql.NoPos,
		}
		return item, equal(func(c string) sql.Expr { return ref(j, c) }, r.JunctionFromCols, src.ref, r.FromCols)
	}
	return tableItem(r.To, child.alias), equal(child.ref, r.ToCols, src.ref, r.FromCols)
}

func equal(left func(string) sql.Expr, l []string, right func(string) sql.Expr, r []string) []sql.Expr {
	list := make([]sql.Expr, len(l))
	for i := range l {
		list[i] = op("=", left(l[i]), right(r[i]))
	}
	return list
}

// embed adds an embedded resource to the level.
func (b *builder) embed(lv *level, e *query.Embed, depth int) error {
	r, err := b.relationship(lv.src, e)
	if err != nil {
		return err
	}
	child := r.source(depth)
	if e.Spread { // two spreads of one table are items of one FROM
		for i := 2; slices.ContainsFunc(lv.joins, func(j join) bool { return j.alias == child.alias }); i++ {
			child.alias = r.To.Name + "_" + strconv.Itoa(depth) + "_" + strconv.Itoa(i)
		}
	}
	node := e.Node
	if !r.toMany() {
		node.MaxRows = -1
	}
	inner, err := b.level(&node, child, depth)
	if err != nil {
		return err
	}
	if len(e.Select) == 0 && e.Empty {
		inner.targets = nil
	}
	item, on := b.tie(lv.src, r, child)
	if e.Join == query.InnerHint {
		lv.where = append(lv.where, inner.matches(item, on...))
	}
	if r.Kind != catalog.Computed {
		for _, c := range r.FromCols {
			lv.group = append(lv.group, lv.src.ref(c))
		}
	}
	switch {
	case len(inner.targets) == 0:
	case e.Spread && r.toMany():
		return b.spreadMany(lv, inner, item, on)
	case e.Spread:
		b.spreadOne(lv, inner, item, on)
	case r.toMany():
		rows := inner.query(item, on...)
		lv.targets = append(lv.targets, target{name: embedName(e), expr: jsonArray(rows, ref("pgrst_rows")), typ: plain(catalog.JSONOID), embed: true})
	default:
		row := inner.query(item, on...)
		if r.To.Kind != catalog.OrdinaryTable && row.Limit == nil || r.Kind == catalog.Computed {
			row.Limit = integer(1) // nothing makes the row of a view or function the only one
		}
		x := scalar(&sql.Select{
			Targets: []sql.Target{{Expr: call("row_to_json", ref("pgrst_row")), Pos: sql.NoPos}},
			From:    []sql.TableExpr{subquery(row, "pgrst_row")}, Pos: sql.NoPos,
		})
		lv.targets = append(lv.targets, target{name: embedName(e), expr: x, typ: plain(catalog.JSONOID), embed: true})
	}
	return nil
}

func embedName(e *query.Embed) string {
	if e.Alias != "" {
		return e.Alias
	}
	return e.Relation
}

func subquery(q *sql.Select, alias string) sql.TableExpr {
	return &sql.SubqueryTable{Query: q, Alias: &sql.Alias{Name: alias}, Pos: sql.NoPos}
}

// jsonArray is (SELECT coalesce(json_agg(x), '[]') FROM rows AS pgrst_rows).
func jsonArray(rows *sql.Select, x sql.Expr) sql.Expr {
	empty := cast(str("[]"), &sql.TypeName{Name: sql.Name{Schema: "pg_catalog", Name: "json", Pos: sql.NoPos}, Pos: sql.NoPos})
	return scalar(&sql.Select{
		Targets: []sql.Target{{Expr: &sql.Coalesce{Args: []sql.Expr{call("json_agg", x), empty}, Pos: sql.NoPos}, Pos: sql.NoPos}},
		From:    []sql.TableExpr{subquery(rows, "pgrst_rows")}, Pos: sql.NoPos,
	})
}

// spreadOne lifts the columns of a to-one embed into the level.
func (b *builder) spreadOne(lv, inner *level, item sql.TableExpr, on []sql.Expr) {
	conds := append(on, inner.where...)
	if len(conds) == 0 { // a computed relationship
		conds = []sql.Expr{boolean(true)}
	}
	if f, ok := item.(*sql.FuncTable); ok {
		f.Lateral = true
	}
	lv.joins = append(lv.joins, join{item: item, on: and(conds), alias: inner.src.alias})
	lv.joins = append(lv.joins, inner.joins...)
	lv.targets = append(lv.targets, inner.targets...)
	lv.group = append(lv.group, inner.group...)
}

// spreadMany makes an array of each column of a to-many embed. Every array is a sub-query of its own over the same rows in the same
// order: not every engine has LATERAL.
func (b *builder) spreadMany(lv, inner *level, item sql.TableExpr, on []sql.Expr) error {
	if inner.aggregates() {
		return fault.New("PGRST127", "Feature not implemented").
			WithDetail("Aggregates are not implemented for one-to-many or many-to-many spreads.")
	}
	for _, t := range inner.targets {
		rows := inner.query(item, on...)
		rows.Targets = []sql.Target{{Name: t.name, Expr: t.expr, Pos: sql.NoPos}}
		lv.targets = append(lv.targets, target{
			name: t.name, expr: jsonArray(rows, ref("pgrst_rows", t.name)), typ: plain(catalog.JSONOID), embed: true,
		})
	}
	return nil
}

// embedExists is whether src has a row of the embed, its filters included.
func (b *builder) embedExists(src *source, e *query.Embed, depth int) (sql.Expr, error) {
	r, err := b.relationship(src, e)
	if err != nil {
		return nil, err
	}
	child := r.source(depth)
	inner, err := b.level(&e.Node, child, depth)
	if err != nil {
		return nil, err
	}
	item, on := b.tie(src, r, child)
	return inner.matches(item, on...), nil
}

// relationship finds what an embed means: the relationship from src that its target and hint name.
func (b *builder) relationship(src *source, e *query.Embed) (*relation, error) {
	schema := b.st.Schema
	var all []catalog.Relationship
	if src.table != nil {
		schema = src.table.Schema
		all = b.cat.Relationships(src.table)
	}
	var found []catalog.Relationship
	for _, r := range all {
		if r.Kind == catalog.Computed {
			if r.Func.Name == e.Relation && r.Func.Schema == schema {
				found = []catalog.Relationship{r} // it overrides a detected one of its name
				break
			}
			continue
		}
		if r.To.Schema == schema && (r.Junction == nil || r.Junction.Schema == schema) && names(&r, e.Relation, e.Hint) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return nil, b.noRelationship(src, e, schema, all)
	case 1:
		r := &relation{found[0]}
		if err := b.exposed(r.To); err != nil {
			return nil, err
		}
		if r.Junction != nil {
			return r, b.exposed(r.Junction)
		}
		return r, nil
	}
	return nil, b.ambiguous(src, e, found)
}

// names says whether target and hint mean the relationship. Of a self reference the table's own name means the children, with or without
// the column as hint, and the column or the constraint the parent. Columns and constraints lead to tables only, not to views of them.
func names(r *catalog.Relationship, target, hint string) bool {
	parent := r.Kind == catalog.ManyToOne || r.Kind == catalog.OneToOne && !r.IsParent
	single := func(cols []string, name string) bool { return len(cols) == 1 && cols[0] == name }
	if hint == "" {
		switch {
		case target == r.To.Name:
			return !r.SelfRef || !parent
		case r.Kind == catalog.ManyToMany, r.To.Kind == catalog.View, r.To.Kind == catalog.MatView:
			return false
		case target == r.Constraint:
			return !r.SelfRef || parent
		}
		return parent && single(r.FromCols, target)
	}
	if target != r.To.Name {
		return false
	}
	if r.Kind == catalog.ManyToMany {
		return hint == r.Junction.Name
	}
	if r.SelfRef {
		return !parent && single(r.ToCols, hint)
	}
	return hint == r.Constraint || single(r.FromCols, hint) || single(r.ToCols, hint)
}

// ambiguous is PGRST201. Its details are a JSON array.
// It names only relationships to what the role may see.
func (b *builder) ambiguous(src *source, e *query.Embed, found []catalog.Relationship) error {
	type choice struct {
		Cardinality  string `json:"cardinality"`
		Embedding    string `json:"embedding"`
		Relationship string `json:"relationship"`
	}
	list := []choice{}
	var hints []string
	for _, r := range found {
		if !b.visible(r.To) || r.Junction != nil && !b.visible(r.Junction) {
			continue
		}
		c := choice{Embedding: src.name() + " with " + r.To.Name}
		cols := func(l []string) string { return strings.Join(l, ", ") }
		hint := r.Constraint
		c.Relationship = r.Constraint + " using " + src.name() + "(" + cols(r.FromCols) + ") and " + r.To.Name + "(" + cols(r.ToCols) + ")"
		switch r.Kind {
		case catalog.ManyToOne:
			c.Cardinality = "many-to-one"
		case catalog.OneToMany:
			c.Cardinality = "one-to-many"
		case catalog.OneToOne:
			c.Cardinality = "one-to-one"
		default:
			c.Cardinality = "many-to-many"
			hint = r.Junction.Name
			c.Relationship = r.Junction.Name + " using " + r.JunctionFrom + "(" + cols(r.JunctionFromCols) + ") and " + r.JunctionTo + "(" + cols(r.JunctionToCols) + ")"
		}
		list = append(list, c)
		hints = append(hints, "'"+e.Relation+"!"+hint+"'")
	}
	details, _ := json.Marshal(list) // strings always marshal
	f := fault.New("PGRST201", "Could not embed because more than one relationship was found for '%s' and '%s'", src.name(), e.Relation).WithStatus(300)
	if len(hints) > 0 {
		f = f.WithHint("Try changing '%s' to one of the following: %s. Find the desired relationship in the 'details' key.", e.Relation, strings.Join(hints, ", "))
	}
	f.Detail = string(details)
	return f
}
