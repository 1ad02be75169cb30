package sqlite

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// checkDefinition resolves the expressions that a statement of schema definition brought, so that what they get wrong is refused where it is written.
func (t *txn) checkDefinition(cat *catalog.Catalog, ch catalog.Change) error {
	for _, step := range ch.Steps {
		var err error
		switch s := step.(type) {
		case catalog.CreatedTable:
			err = t.checkTable(cat, nil, s.Table)
		case catalog.AlteredTable:
			err = t.checkTable(cat, s.Old, s.New)
		case catalog.ChangedFunction:
			if s.New != nil && (s.Old == nil || s.Old.Source != s.New.Source) {
				err = t.checkBody(cat, s.New)
			}
		case catalog.ChangedType:
			if s.New != nil && s.New.Kind == catalog.DomainType {
				err = t.checkDomain(cat, s.Old, s.New)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *txn) checkTable(cat *catalog.Catalog, old, new *catalog.Table) error {
	if old == nil {
		old = &catalog.Table{}
	}
	if slices.ContainsFunc(new.Columns, func(c *catalog.Column) bool {
		return slices.ContainsFunc(old.Columns, func(o *catalog.Column) bool { return o.Num == c.Num && o.Type != c.Type })
	}) {
		old = &catalog.Table{} // what was right before may not be with the new type
	}
	env := &analyze.Env{Path: t.s.Path}
	row := tableRel(new)
	was := map[sql.Expr]bool{}
	for _, c := range old.Columns {
		was[c.Default] = true
	}
	for _, c := range new.Columns {
		if c.Default == nil || was[c.Default] && slices.ContainsFunc(old.Columns, func(o *catalog.Column) bool { return o.Num == c.Num && o.Type == c.Type }) {
			continue
		}
		var err error
		switch {
		case c.Generated:
			var x tree.Expr
			x, err = analyze.Assigned(cat, env, c.Default, analyze.InGenerated, c.Name, c.Type, row)
			if err == nil && notImmutable(x) {
				err = fault.New(fault.InvalidObjectDefinition, "generation expression is not immutable").At(int(sql.PosOf(c.Default)))
			}
		case new.Kind == catalog.View:
			_, err = analyze.Assigned(cat, env, c.Default, analyze.InDefault, c.Name, c.Type)
		default:
			if _, err = analyze.Assigned(cat, env, c.Default, analyze.InDefault, c.Name, c.Type); fault.Code(err) == fault.DatatypeMismatch {
				err = defaultMismatch(cat, env, c, err)
			}
		}
		if err != nil {
			return err
		}
	}
	for _, c := range new.Constraints {
		if c.Expr == nil || slices.ContainsFunc(old.Constraints, func(o *catalog.Constraint) bool { return o.Expr == c.Expr }) {
			continue
		}
		if _, err := analyze.Condition(cat, env, c.Expr, analyze.InCheck, "CHECK", row); err != nil {
			return err
		}
	}
	for _, ix := range new.Indexes {
		if slices.Contains(old.Indexes, ix) {
			continue
		}
		if err := checkIndex(cat, env, ix, row); err != nil {
			return err
		}
	}
	for _, p := range new.Policies {
		if slices.Contains(old.Policies, p) {
			continue
		}
		for _, e := range []sql.Expr{p.Using, p.Check} {
			if e == nil {
				continue
			}
			if _, err := analyze.Condition(cat, env, e, analyze.InPolicy, "POLICY", tableRel(new)); err != nil {
				return err
			}
		}
	}
	for _, g := range new.Triggers {
		if g.When == nil || slices.Contains(old.Triggers, g) {
			continue
		}
		if err := whenReads(g); err != nil {
			return err
		}
		if _, err := analyze.Condition(cat, env, g.When, analyze.InTrigger, "WHEN", transitionRow(new, "old"), transitionRow(new, "new")); err != nil {
			return err
		}
	}
	return nil
}

// defaultMismatch says of a default what PostgreSQL says there.
func defaultMismatch(cat *catalog.Catalog, env *analyze.Env, c *catalog.Column, err error) error {
	x, xerr := analyze.ExprAs(cat, env, c.Default, analyze.InDefault)
	if xerr != nil {
		return xerr
	}
	return fault.New(fault.DatatypeMismatch, "column %q is of type %s but default expression is of type %s", c.Name, cat.TypeString(c.Type), cat.TypeString(x.Type())).
		WithHint("You will need to rewrite or cast the expression.")
}

func checkIndex(cat *catalog.Catalog, env *analyze.Env, ix *catalog.Index, row *tree.Rel) error {
	for _, k := range ix.Keys {
		if k.Expr == nil {
			continue
		}
		x, err := analyze.ExprAs(cat, env, k.Expr, analyze.InIndexExpr, row)
		if err != nil {
			return err
		}
		if notImmutable(x) {
			return fault.New(fault.InvalidObjectDefinition, "functions in index expression must be marked IMMUTABLE").At(int(sql.PosOf(k.Expr)))
		}
	}
	if ix.Where == nil {
		return nil
	}
	x, err := analyze.Condition(cat, env, ix.Where, analyze.InIndexPredicate, "WHERE", row)
	if err == nil && notImmutable(x) {
		err = fault.New(fault.InvalidObjectDefinition, "functions in index predicate must be marked IMMUTABLE").At(int(sql.PosOf(ix.Where)))
	}
	return err
}

func (t *txn) checkDomain(cat *catalog.Catalog, old, new *catalog.Type) error {
	env := &analyze.Env{Path: t.s.Path, Names: func(name []string) tree.Expr {
		if len(name) == 1 && name[0] == "value" {
			return &tree.Param{Number: 1, Typ: new.Base}
		}
		return nil
	}}
	for _, c := range new.Checks {
		if old != nil && slices.Contains(old.Checks, c) {
			continue
		}
		if _, err := analyze.Condition(cat, env, c.Expr, analyze.InDomainCheck, "CHECK"); err != nil {
			return err
		}
	}
	return nil
}

// tableRel stands for the table itself in a policy or check.
func tableRel(t *catalog.Table) *tree.Rel {
	r := rowRel(t)
	r.Kind = tree.TableRel
	return r
}

func transitionRow(t *catalog.Table, name string) *tree.Rel {
	r := rowRel(t)
	r.Alias = name
	return r
}

// notImmutable reports whether an expression calls a function that depends on more than its arguments.
func notImmutable(x tree.Expr) bool {
	return tree.Any(x, func(e tree.Expr) bool {
		c, ok := e.(*tree.Call)
		return ok && (c.Fn != nil && c.Fn.Volatility != 'i' || c.User != nil && c.User.Volatility != 'i')
	})
}

// mayWrite reports whether a query calls a function that may change something.
func (e *Engine) mayWrite(path []string, q *sql.Select) bool {
	cat := e.Catalog()
	found := false
	sql.Walk(q, func(n sql.Node) bool {
		call, ok := n.(*sql.FuncCall)
		if !ok {
			return !found
		}
		for _, f := range cat.FindFunctions(path, call.Name) {
			found = found || f.Volatility == 'v'
		}
		switch call.Name.Name {
		case "nextval", "setval":
			found = true
		}
		return !found
	})
	return found
}

// whenReads says where the WHEN of a trigger reads a row that its events do not have.
func whenReads(g *catalog.Trigger) (err error) {
	sql.Walk(g.When, func(n sql.Node) bool {
		ref, ok := n.(*sql.ColumnRef)
		if !ok || err != nil || len(ref.Fields) == 0 {
			return err == nil
		}
		isOld, isNew := ref.Fields[0] == "old", ref.Fields[0] == "new"
		message := ""
		switch {
		case !isOld && !isNew:
			return true
		case !g.Row:
			message = "statement trigger's WHEN condition cannot reference column values"
		case isOld && g.Events&sql.OnInsert != 0:
			message = "INSERT trigger's WHEN condition cannot reference OLD values"
		case isNew && g.Events&sql.OnDelete != 0:
			message = "DELETE trigger's WHEN condition cannot reference NEW values"
		default:
			return true
		}
		err = fault.New("42P17", "%s", message).At(int(ref.Pos))
		return false
	})
	return err
}
