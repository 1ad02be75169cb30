package analyze

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// defineWindows resolves the windows that the query names and uses, when its other clauses are known.
func (a *analyzer) defineWindows(sc *scope) {
	for i := 0; i < len(sc.windows); i++ {
		p := sc.windows[i]
		d, w := p.def, p.win
		for _, k := range d.OrderBy {
			w.OrderBy = append(w.OrderBy, a.sortKey(a.settle(a.expr(sc, k.Expr, InWindowOrder)), k))
		}
		for _, e := range d.PartitionBy {
			w.PartitionBy = append(w.PartitionBy, a.settle(a.expr(sc, e, InPartition)))
		}
		if d.Ref != "" {
			j := slices.IndexFunc(sc.windows[:i], func(o *pendingWindow) bool { return o.def.Name == d.Ref })
			if j < 0 {
				a.fail(d.Pos, fault.UndefinedObject, `window "%s" does not exist`, d.Ref)
			}
			base := sc.windows[j]
			if len(w.PartitionBy) > 0 {
				a.fail(d.Pos, fault.WindowingError, `cannot override PARTITION BY clause of window "%s"`, d.Ref)
			}
			if len(w.OrderBy) > 0 && len(base.win.OrderBy) > 0 {
				a.fail(d.Pos, fault.WindowingError, `cannot override ORDER BY clause of window "%s"`, d.Ref)
			}
			if base.win.Frame != nil {
				a.fail(d.Pos, fault.WindowingError, `cannot copy window "%s" because it has a frame clause`, d.Ref)
			}
			w.PartitionBy = base.win.PartitionBy
			if len(w.OrderBy) == 0 {
				w.OrderBy = base.win.OrderBy
			}
		}
		if d.Frame != nil {
			a.frame(sc, d, w)
		}
		sc.query.Windows = append(sc.query.Windows, w)
	}
}

func (a *analyzer) frame(sc *scope, d *sql.WindowDef, w *tree.Window) {
	f := d.Frame
	out := &tree.Frame{Mode: f.Mode, Start: f.Start, End: f.End, Exclude: f.Exclude}
	offset := func(e sql.Expr) tree.Expr {
		if e == nil {
			return nil
		}
		x := a.expr(sc, e, InFrame)
		name := map[sql.FrameMode]string{sql.RowsFrame: "ROWS", sql.GroupsFrame: "GROUPS", sql.RangeFrame: "RANGE"}[f.Mode]
		tree.Walk(x, func(y tree.Expr) bool {
			if v, ok := y.(*tree.Var); ok && a.levels[v.Rel] == sc {
				a.fail(a.where(v), fault.InvalidColumnReference, "argument of %s must not contain variables", name)
			}
			return true
		})
		switch f.Mode {
		case sql.RowsFrame:
			return a.toType(x, catalog.Int8OID, "ROWS")
		case sql.GroupsFrame:
			return a.toType(x, catalog.Int8OID, "GROUPS")
		}
		if len(w.OrderBy) != 1 {
			a.fail(d.Pos, fault.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
		}
		t := a.rangeOffset(w.OrderBy[0].Expr.Type().OID, x)
		return a.toType(x, t, "RANGE")
	}
	if f.Mode == sql.GroupsFrame && len(w.OrderBy) == 0 {
		a.fail(d.Pos, fault.WindowingError, "GROUPS mode requires an ORDER BY clause")
	}
	out.StartOffset, out.EndOffset = offset(f.StartOffset), offset(f.EndOffset)
	w.Frame = out
}

// rangeOffset is the type that the offset x of a RANGE frame takes over a sort key of a type.
func (a *analyzer) rangeOffset(key oid, x tree.Expr) oid {
	const refusal = "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s"
	key = a.base(key)
	have := x.Type().OID
	all := builtin.RangeOffsets(key)
	if len(all) == 0 {
		if key == catalog.VarcharOID {
			key = catalog.TextOID
		}
		a.fail(a.where(x), fault.FeatureNotSupported, refusal, a.typeName(key))
	}
	preferred := have
	if have == catalog.UnknownOID {
		preferred = key
	}
	var fits []oid
	for _, t := range all {
		switch {
		case t == preferred:
			return t
		case a.canCoerceOne(have, t, implicit):
			fits = append(fits, t)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0]
	case 0:
		a.failHint(a.where(x), fault.FeatureNotSupported, "Cast the offset value to an appropriate type.", refusal+" and offset type %s", a.typeName(key), a.typeName(have))
	}
	a.failHint(a.where(x), fault.FeatureNotSupported, "Cast the offset value to the exact intended type.",
		"RANGE with offset PRECEDING/FOLLOWING has multiple interpretations for column type %s and offset type %s", a.typeName(key), a.typeName(have))
	return 0
}
