package rights

import (
	"fmt"
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// target turns a change of a view into a change of the table under it, level by level. A view with an INSTEAD OF trigger for the command stays
// the target: its rows are read from its query and the trigger does the rest.
func (a *attacher) target(q *tree.Query) error {
	a.cascading = false
	for depth := 0; q.Target.Kind == tree.TableRel && q.Target.Table.Kind == catalog.View; depth++ {
		r := q.Target
		a.privileges(r)
		if insteadOf(r.Table, q) {
			if q.Conflict != nil {
				q.Conflict.Keys, q.Conflict.KeyWhere = nil, nil
			}
			return a.openView(r)
		}
		if depth > 100 {
			return fault.New(fault.StatementTooComplex, "stack depth limit exceeded")
		}
		vq, err := a.viewQuery(r)
		if err != nil {
			return err
		}
		if err := a.updatable(q, r, vq); err != nil {
			return err
		}
		if err := a.rebase(q, r, vq); err != nil {
			return err
		}
	}
	if c := q.Conflict; c != nil && c.Keys != nil {
		env := &analyze.Env{Path: storedPath, FixedParams: true, Stored: true}
		var err error
		if c.Indexes, err = analyze.Arbiters(a.cat, env, q.Target, c.Keys, c.KeyWhere); err != nil {
			return err
		}
		c.Keys, c.KeyWhere = nil, nil
	}
	return nil
}

func events(q *tree.Query) sql.TriggerEvent {
	switch q.Command {
	case tree.Insert:
		return sql.OnInsert
	case tree.Update:
		return sql.OnUpdate
	case tree.Delete:
		return sql.OnDelete
	}
	var e sql.TriggerEvent
	for _, m := range q.Merges {
		switch m.Action {
		case sql.MergeInsert:
			e |= sql.OnInsert
		case sql.MergeUpdate:
			e |= sql.OnUpdate
		case sql.MergeDelete:
			e |= sql.OnDelete
		}
	}
	return e
}

func insteadOf(v *catalog.Table, q *tree.Query) bool {
	want := events(q)
	for _, g := range v.Triggers {
		if g.Time == sql.InsteadOf && g.Row && g.Events&want != 0 && g.Enabled != 'D' {
			return true
		}
	}
	return false
}

// updatable refuses views that PostgreSQL does not update by itself.
func (a *attacher) updatable(q *tree.Query, r *tree.Rel, vq *tree.Query) error {
	detail := ""
	switch {
	case vq.Distinct:
		detail = "Views containing DISTINCT are not automatically updatable."
	case len(vq.GroupBy) > 0 || vq.GroupingSets != nil:
		detail = "Views containing GROUP BY are not automatically updatable."
	case vq.Having != nil:
		detail = "Views containing HAVING are not automatically updatable."
	case vq.SetOp != sql.NoSetOp:
		detail = "Views containing UNION, INTERSECT, or EXCEPT are not automatically updatable."
	case len(vq.CTEs) > 0:
		detail = "Views containing WITH are not automatically updatable."
	case vq.Limit != nil || vq.Offset != nil:
		detail = "Views containing LIMIT or OFFSET are not automatically updatable."
	case vq.Aggregated:
		detail = "Views that return aggregate functions are not automatically updatable."
	case len(vq.Windows) > 0:
		detail = "Views that return window functions are not automatically updatable."
	case len(vq.Rels) == 2 && vq.Rels[1].Alias == "*SELECT*":
		detail = "Views that return set-returning functions are not automatically updatable."
	case len(vq.Rels) != 1 || len(vq.From) != 1:
		detail = "Views that do not select from a single table or view are not automatically updatable."
	case vq.Rels[0].Kind != tree.TableRel || vq.Rels[0].Table == nil || vq.Rels[0].Table.Kind == catalog.MatView:
		detail = "Views that do not select from a single table or view are not automatically updatable."
	}
	verb, doing, event := "insert into", "inserting into", "INSERT"
	switch q.Command {
	case tree.Update:
		verb, doing, event = "update", "updating", "UPDATE"
	case tree.Delete:
		verb, doing, event = "delete from", "deleting from", "DELETE"
	case tree.Merge:
		return fault.New(fault.FeatureNotSupported, `cannot execute MERGE on relation "%s"`, r.Table.Name).WithDetail("This operation is not supported for views.")
	}
	if detail == "" && q.Command != tree.Delete && !slices.ContainsFunc(vq.Targets, func(t tree.Target) bool { return baseColumn(t.Expr) >= 0 }) {
		detail = "Views that have no updatable columns are not automatically updatable."
	}
	if detail != "" {
		return fault.New(fault.ObjectNotInState, `cannot %s view "%s"`, verb, r.Table.Name).WithDetail("%s", detail).
			WithHint("To enable %s the view, provide an INSTEAD OF %s trigger or an unconditional ON %s DO INSTEAD rule.", doing, event, event)
	}
	return nil
}

// baseColumn is the column that an output of a view shows unchanged, -1 for none.
func baseColumn(e tree.Expr) int {
	if v, ok := e.(*tree.Var); ok && v.Rel.Table != nil && v.Col < len(v.Rel.Table.Columns) {
		return v.Col
	}
	return -1
}

// rebase makes the table under view r the target of q.
func (a *attacher) rebase(q *tree.Query, r *tree.Rel, vq *tree.Query) error {
	base := vq.Rels[0]
	base.Alias = r.Alias
	column := func(i int) (int, error) {
		if j := baseColumn(vq.Targets[i].Expr); j >= 0 {
			return j, nil
		}
		verb := "insert into"
		if q.Command == tree.Update {
			verb = "update"
		}
		return 0, fault.New(fault.FeatureNotSupported, `cannot %s column "%s" of view "%s"`, verb, r.Table.Columns[i].Name, r.Table.Name).
			WithDetail("View columns that are not columns of their base relation are not updatable.")
	}
	read := vq.Targets
	base.NeedsInsert, base.NeedsUpdate, base.NeedsDelete = r.NeedsInsert, r.NeedsUpdate, r.NeedsDelete
	base.NeedsSelect = r.NeedsSelect // and then of all columns that the view uses, read or not
	for i := range r.Table.Columns {
		for _, s := range []struct{ from, to *tree.ColumnSet }{{&r.Inserted, &base.Inserted}, {&r.Updated, &base.Updated}} {
			if s.from.Has(i) {
				j, err := column(i)
				if err != nil {
					return err
				}
				s.to.Add(j)
			}
		}
		if r.Read.Has(i) || r.Read.WholeRow {
			tree.Walk(read[i].Expr, func(e tree.Expr) bool {
				if v, ok := e.(*tree.Var); ok && v.Rel == base {
					base.Read.Add(v.Col)
				}
				return true
			})
		}
	}
	for i, c := range q.Columns {
		j, err := column(c)
		if err != nil {
			return err
		}
		q.Columns[i] = j
	}
	sets := [][]tree.Assign{q.Set}
	var excluded, proposed *tree.Rel
	if c := q.Conflict; c != nil {
		sets = append(sets, c.Set)
		if excluded = c.Excluded; excluded != nil {
			n := *excluded
			n.Table, n.Columns = base.Table, slices.Clone(base.Columns[:len(base.Table.Columns)])
			proposed = &n
			c.Excluded = proposed
		}
	}
	for _, set := range sets {
		for i := range set {
			c := r.Table.Columns[set[i].Column]
			j, err := column(set[i].Column)
			if err != nil {
				return err
			}
			if set[i].Value == nil {
				if set[i].Value, err = a.viewDefault(c); err != nil {
					return err
				}
			}
			set[i].Column = j
		}
	}
	for _, set := range sets {
		if err := analyze.GivenToUpdate(base.Table, set); err != nil {
			return err
		}
	}
	if q.Source != nil {
		if err := analyze.GivenToInsert(q.Source, base.Table, q.Columns, q.Overriding); err != nil {
			return err
		}
	}
	// Every use of the view's row becomes what the view shows of the table's.
	show := func(of, as *tree.Rel, e tree.Expr) tree.Expr {
		expr := func(i int) tree.Expr {
			if as == base {
				return read[i].Expr
			}
			return tree.CloneExpr(read[i].Expr, map[*tree.Rel]*tree.Rel{base: as})
		}
		switch e := e.(type) {
		case *tree.Var:
			if e.Rel != of {
				return e
			}
			if e.Col < len(read) {
				return expr(e.Col)
			}
			name := of.Columns[e.Col].Name
			k := slices.IndexFunc(as.Columns, func(c tree.RelColumn) bool { return c.Name == name })
			if k < 0 {
				k = len(as.Columns)
				as.Columns = append(as.Columns, of.Columns[e.Col])
			}
			return &tree.Var{Rel: as, Col: k, Typ: e.Typ}
		case *tree.WholeRow:
			if e.Rel != of {
				return e
			}
			row := &tree.Row{Typ: e.Typ}
			for i := range read {
				row.Args, row.Names = append(row.Args, expr(i)), append(row.Names, of.Columns[i].Name)
			}
			return row
		}
		return e
	}
	q.Target = base
	for i, x := range q.Rels {
		if x == r {
			q.Rels[i] = base
		}
	}
	tree.MapQuery(q, func(e tree.Expr) tree.Expr {
		e = show(r, base, e)
		if excluded != nil {
			e = show(excluded, proposed, e)
		}
		return e
	})
	for i := range q.Targets {
		q.Targets[i].Table = nil
	}
	if q.Command != tree.Insert && vq.Where != nil {
		if q.Where == nil {
			q.Where = vq.Where
		} else {
			q.Where = &tree.Bool{Op: sql.And, Args: []tree.Expr{vq.Where, q.Where}}
		}
	}
	return a.checkOption(q, r, vq)
}

// viewDefault is what an UPDATE sets a view's column to with DEFAULT: the view's own default or NULL, whatever the table's is.
func (a *attacher) viewDefault(c *catalog.Column) (tree.Expr, error) {
	if c.Default == nil {
		return &tree.Const{Value: value.Null, Typ: c.Type}, nil
	}
	env := &analyze.Env{Path: storedPath, CallRole: a.caller, FixedParams: true, Stored: true}
	return analyze.Assigned(a.cat, env, c.Default, analyze.InDefault, c.Name, c.Type)
}

// checkOption adds WITH CHECK OPTION of the view, or of a view over it that cascades.
func (a *attacher) checkOption(q *tree.Query, r *tree.Rel, vq *tree.Query) error {
	if q.Command == tree.Delete {
		return nil
	}
	option := r.Table.CheckOption
	if a.cascading {
		option = "cascaded"
	}
	a.cascading = option == "cascaded"
	if option == "" || vq.Where == nil {
		return nil
	}
	on := tree.OnInserted | tree.OnUpdated
	where, err := a.expr(tree.CloneExpr(vq.Where, nil))
	if err != nil {
		return err
	}
	// Inner views' checks come first.
	q.Checks = append([]tree.Check{{Expr: where, On: on,
		Err: fault.New("44000", "%s", fmt.Sprintf(`new row violates check option for view "%s"`, r.Table.Name))}}, q.Checks...)
	return nil
}
