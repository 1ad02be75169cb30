package plan

import (
	"slices"
	"strconv"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// maxKeys bounds the columns that pages by cursor are ordered by: what comes after a row is a condition nested as deep.
const maxKeys = 32

// A key is a column of the order of a read in pages.
type key struct {
	expr       sql.Expr
	typ        catalog.TypeRef
	desc       bool
	nullsFirst bool
	notNull    bool
	whole      bool // see Column
}

// keyset makes a page of a level: its order is completed by a key, so that no two rows are equal in it; the values of the order come last, in hidden
// columns; and with After the page begins behind the row that had these values.
func (b *builder) keyset(lv *level, r *query.Read) error {
	t := lv.src.table
	bad := func(why string) *fault.Error {
		return fault.New("MS400", "%s cannot be read in pages by a cursor: %s", t.Name, why)
	}
	if lv.aggregates() {
		return bad("rows are aggregated")
	}
	pk := b.unique(t)
	switch {
	case pk != nil:
	case t.Kind == catalog.MatView:
		return bad("it has no unique index that tells its rows apart")
	default:
		return bad("it has no primary key that tells its rows apart")
	}
	never := t.Kind != catalog.MatView // whether the key is never NULL
	var keys []key
	for i, s := range lv.order {
		k := key{expr: s.Expr, desc: s.Desc, nullsFirst: s.Desc, typ: lv.orderTypes[i]}
		if o := &r.Order[i]; o.Embed == "" && len(o.Path) == 0 {
			if c := t.Column(o.Name); c != nil {
				own := slices.Contains(pk, c.Name)
				k.notNull, k.whole = c.NotNull || own && never, own && !never
				pk = slices.DeleteFunc(slices.Clone(pk), func(name string) bool { return name == c.Name })
			}
		}
		if s.Nulls != sql.NullsDefault {
			k.nullsFirst = s.Nulls == sql.NullsFirst
		}
		keys = append(keys, k)
	}
	for _, name := range pk {
		x := lv.src.ref(name)
		lv.order = append(lv.order, sql.SortBy{Expr: x, Pos: sql.NoPos})
		keys = append(keys, key{expr: x, typ: t.Column(name).Type, notNull: never, whole: !never})
	}
	if len(keys) > maxKeys {
		return bad("it would be ordered by more than " + strconv.Itoa(maxKeys) + " columns")
	}
	for i, k := range keys {
		lv.targets = append(lv.targets, target{name: "pgrst_key" + strconv.Itoa(i+1), expr: k.expr, typ: k.typ, hidden: true, whole: k.whole})
	}
	after := r.Keyset.After
	if after == nil {
		return nil
	}
	if len(after) != len(keys) {
		return fault.New("MS400", "the cursor does not fit the table any more").WithHint("Begin again with the first page.")
	}
	lv.after = b.behind(keys, after)
	return nil
}

// unique is the columns that tell the rows of t apart: the primary key of the one table whose rows they are, or those of a materialised view's own unique index, which
// do so where none is NULL.
func (b *builder) unique(t *catalog.Table) []string {
	if t.Kind == catalog.MatView {
		return uniqueIndex(t)
	}
	base := b.cat.ShownTable(t)
	if base == nil || base.Kind == catalog.MatView || base.Inherited {
		return nil
	}
	return PrimaryKey(b.cat, t)
}

// uniqueIndex is the columns of the first unique index of t that holds all rows and nothing but columns.
func uniqueIndex(t *catalog.Table) []string {
	for _, x := range t.Indexes {
		if !x.Unique || x.Where != nil || x.Deferrable {
			continue
		}
		var cols []string
		for _, k := range x.Keys {
			if k.Column != "" && t.Column(k.Column) != nil {
				cols = append(cols, k.Column)
			}
		}
		if len(cols) == len(x.Keys) {
			return cols
		}
	}
	return nil
}

// behind is the condition that a row comes after the row of the given values. Where all columns have one direction and no NULLs it is a comparison of rows, which
// an index answers; else the first column's bound stands alone beside the rest, for the index of it.
func (b *builder) behind(keys []key, after []query.ValueRef) sql.Expr {
	plain := len(keys) > 1
	for i, k := range keys {
		plain = plain && k.notNull && after[i] >= 0 && k.desc == keys[0].desc
	}
	if plain {
		left, right := &sql.Row{Pos: sql.NoPos}, &sql.Row{Pos: sql.NoPos}
		for i, k := range keys {
			left.Args, right.Args = append(left.Args, k.expr), append(right.Args, b.keyValue(k, after[i]))
		}
		return op(keys[0].beyond(), left, right)
	}
	x := b.behindKey(keys, after)
	first := keys[0]
	if len(keys) > 1 && after[0] >= 0 && (first.notNull || first.nullsFirst) {
		return and([]sql.Expr{op(first.beyond()+"=", first.expr, b.keyValue(first, after[0])), x})
	}
	return x
}

// behindKey is: this column lies beyond its value, or it is equal and the rest lies behind.
func (b *builder) behindKey(keys []key, after []query.ValueRef) sql.Expr {
	k, null := keys[0], after[0] < 0
	var beyond, equal sql.Expr
	isNull := &sql.NullTest{X: k.expr, Pos: sql.NoPos}
	switch {
	case null:
		equal = isNull
		if k.nullsFirst {
			beyond = &sql.NullTest{Not: true, X: k.expr, Pos: sql.NoPos}
		}
	default:
		v := b.keyValue(k, after[0])
		beyond, equal = op(k.beyond(), k.expr, v), op("=", k.expr, v)
		if !k.notNull && !k.nullsFirst {
			beyond = or(beyond, isNull)
		}
	}
	if len(keys) == 1 {
		if beyond == nil {
			return boolean(false)
		}
		return beyond
	}
	rest := and([]sql.Expr{equal, b.behindKey(keys[1:], after[1:])})
	if beyond == nil {
		return rest
	}
	return or(beyond, rest)
}

func (k *key) beyond() string {
	if k.desc {
		return "<"
	}
	return ">"
}

func (b *builder) keyValue(k key, v query.ValueRef) sql.Expr {
	return b.param(Param{Kind: FromValue, Value: v, Type: b.operandType("gt", k.typ)})
}

func or(x, y sql.Expr) sql.Expr {
	return &sql.BoolExpr{Op: sql.Or, Args: []sql.Expr{x, y}, Pos: sql.NoPos}
}
