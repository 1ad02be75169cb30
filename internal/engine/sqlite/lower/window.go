package lower

import (
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// SQLite's own windows serve where they do what PostgreSQL's do. Frames whose bounds are a date or a number away from the current row's, offsets that a sub-query
// gives and aggregates that SQLite does not have are computed by pg_win: a window function of our own that is given the whole partition and finds each row's frame itself.

// windowCall lowers a call of a true window function.
func (l *lowerer) windowCall(w *tree.WindowCall) string {
	framed := false
	switch w.Fn.Name {
	case "ntile":
		if !positive(w.Args[0]) {
			return l.ownWindow(Fragment{Kind: WindowFragment, Win: w}, w.Args, nil, w.Over)
		}
	case "first_value", "last_value", "nth_value":
		framed = true
		if !l.nativeWindow(w.Over) || len(w.Args) > 1 && !positive(w.Args[1]) {
			return l.ownWindow(Fragment{Kind: WindowFragment, Win: w}, w.Args, nil, w.Over)
		}
	}
	var args []string
	for _, x := range w.Args {
		args = append(args, l.expr(x))
	}
	return w.Fn.Name + "(" + strings.Join(args, ", ") + ") OVER " + l.window(w.Over, framed)
}

func positive(e tree.Expr) bool {
	c, ok := e.(*tree.Const)
	return ok && !c.Value.IsNull() && c.Value.Int64() > 0
}

// nativeWindow says whether SQLite finds the frames of w.
func (l *lowerer) nativeWindow(w *tree.Window) bool {
	f := w.Frame
	if f == nil {
		return true
	}
	for _, offset := range []tree.Expr{f.StartOffset, f.EndOffset} {
		switch {
		case offset == nil:
		case !l.bindable(offset):
			return false
		case f.Mode == sql.RangeFrame && !integer(l.cat.BaseType(w.OrderBy[0].Expr.Type()).OID):
			return false
		}
	}
	return true
}

// ownWindow calls pg_win for a window function or aggregate. What it takes of each row: the arguments, the filter, the sort keys and the frame's offsets. SQLite gives it the
// whole partition, then takes the rows back one by one, which tells which row is the current one: the way of SQLite's own ntile.
func (l *lowerer) ownWindow(f Fragment, args []tree.Expr, filter tree.Expr, w *tree.Window) string {
	f.Over = w
	takes := append([]tree.Expr(nil), args...)
	if filter != nil {
		f.FilterAt = len(takes)
		takes = append(takes, filter)
	} else {
		f.FilterAt = -1
	}
	f.KeysAt = len(takes)
	for _, k := range w.OrderBy {
		takes = append(takes, k.Expr)
	}
	f.StartAt, f.EndAt = -1, -1
	if w.Frame != nil {
		if w.Frame.StartOffset != nil {
			f.StartAt = len(takes)
			takes = append(takes, w.Frame.StartOffset)
		}
		if w.Frame.EndOffset != nil {
			f.EndAt = len(takes)
			takes = append(takes, w.Frame.EndOffset)
		}
	}
	var leaves []tree.Expr
	for _, x := range takes {
		f.AggArgs = append(f.AggArgs, l.cutArgument(x, &leaves))
	}
	return "pg_win(" + l.fragmentBind(f) + l.list(leaves) + ") OVER " + l.over(w, " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING")
}

// window writes OVER (…); framed says that the frame matters to the function.
func (l *lowerer) window(w *tree.Window, framed bool) string {
	f := w.Frame
	if f == nil || !framed {
		return l.over(w, "")
	}
	var b strings.Builder
	b.WriteString(map[sql.FrameMode]string{sql.RangeFrame: " RANGE", sql.RowsFrame: " ROWS", sql.GroupsFrame: " GROUPS"}[f.Mode])
	kinds := [2]BindKind{StartBind, EndBind}
	if f.Mode == sql.RangeFrame {
		kinds = [2]BindKind{RangeStartBind, RangeEndBind}
	}
	b.WriteString(" BETWEEN " + l.bound(f.Start, kinds[0], f.StartOffset) + " AND " + l.bound(f.End, kinds[1], f.EndOffset))
	b.WriteString(map[sql.FrameExclusion]string{sql.ExcludeCurrentRow: " EXCLUDE CURRENT ROW", sql.ExcludeGroup: " EXCLUDE GROUP", sql.ExcludeTies: " EXCLUDE TIES"}[f.Exclude])
	return l.over(w, b.String())
}

func (l *lowerer) over(w *tree.Window, frame string) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, e := range w.PartitionBy {
		b.WriteString(sep(i, "PARTITION BY ") + l.expr(e) + l.collate(e.Type()))
	}
	for i, k := range w.OrderBy {
		first := "ORDER BY "
		if len(w.PartitionBy) > 0 {
			first = " ORDER BY "
		}
		b.WriteString(sep(i, first) + l.sortKey(l.expr(k.Expr), k, l.mayBeNull(k.Expr)))
	}
	return b.String() + frame + ")"
}

func (l *lowerer) bound(k sql.BoundKind, kind BindKind, offset tree.Expr) string {
	switch k {
	case sql.UnboundedPreceding:
		return "UNBOUNDED PRECEDING"
	case sql.OffsetPreceding:
		return l.bind(Bind{Kind: kind, Expr: offset}) + " PRECEDING"
	case sql.CurrentRow:
		return "CURRENT ROW"
	case sql.OffsetFollowing:
		return l.bind(Bind{Kind: kind, Expr: offset}) + " FOLLOWING"
	}
	return "UNBOUNDED FOLLOWING"
}

func hasWindow(q *tree.Query) bool {
	for _, t := range q.Targets {
		if t.Expr != nil && tree.Any(t.Expr, func(e tree.Expr) bool {
			_, w := e.(*tree.WindowCall)
			a, agg := e.(*tree.Agg)
			return w || agg && a.Over != nil
		}) {
			return true
		}
	}
	return false
}

// KeyOf is the type of a window's only sort key, that of a domain below it.
func KeyOf(cat *catalog.Catalog, w *tree.Window) catalog.OID {
	return cat.BaseType(w.OrderBy[0].Expr.Type()).OID
}
