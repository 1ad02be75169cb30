package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// validate checks existing rows against what an ALTER TABLE newly asks of them. Unique constraints are checked by the making of their indexes.
func (p *physical) validate(old, new *catalog.Table, from []conversion) error {
	name := layout.TableName(new.Schema, new.Name)
	for _, c := range from {
		if c.col.NotNull && (c.old == nil || !c.old.NotNull || c.compute != nil) {
			if err := p.noNulls(name, new, c.col); err != nil {
				return err
			}
		}
	}
	for _, con := range new.Constraints {
		if con.NotValid {
			continue
		}
		if o := constraintByOID(old, con.OID); o != nil && !o.NotValid && !rewritten(con, from) {
			continue
		}
		var err error
		switch con.Kind {
		case catalog.Check:
			err = p.checkHolds(new, con)
		case catalog.ForeignKey:
			err = p.referencesExist(new, con)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func constraintByOID(t *catalog.Table, oid catalog.OID) *catalog.Constraint {
	for _, c := range t.Constraints {
		if c.OID == oid {
			return c
		}
	}
	return nil
}

// rewritten reports whether values that a constraint may look at were computed anew.
func rewritten(con *catalog.Constraint, from []conversion) bool {
	for _, c := range from {
		if c.compute != nil && c.old != nil {
			return true
		}
	}
	return false
}

func (p *physical) noNulls(name string, t *catalog.Table, col *catalog.Column) error {
	return p.query(`SELECT 1 FROM `+name+` WHERE `+layout.Quote(col.Name)+` IS NULL LIMIT 1`, nil, func(*store.Stmt) error {
		err := fault.New(fault.NotNullViolation, "column %q of relation %q contains null values", col.Name, t.Name)
		err.Schema, err.Table, err.Column = t.Schema, t.Name, col.Name
		return err
	})
}

var errFound = errors.New("found")

func (p *physical) checkHolds(t *catalog.Table, con *catalog.Constraint) error {
	q := &sql.Select{
		Targets: []sql.Target{{Expr: &sql.Const{Kind: sql.IntConst, Text: "1", Pos: sql.NoPos}}},
		From:    []sql.TableExpr{tableExpr(t, "")},
		Where:   &sql.BoolTest{X: con.Expr, Value: sql.IsFalse, Pos: sql.NoPos},
		Limit:   &sql.Const{Kind: sql.IntConst, Text: "1", Pos: sql.NoPos},
		Pos:     sql.NoPos,
	}
	err := runQuery(p.s, "postgres", q, nil, func([]value.Datum) error { return errFound })
	if errors.Is(err, errFound) {
		return fault.New(fault.CheckViolation, "check constraint %q of relation %q is violated by some row", con.Name, t.Name).WithConstraint(t.Schema, t.Name, con.Name)
	}
	return err
}

func (p *physical) referencesExist(t *catalog.Table, con *catalog.Constraint) error {
	if con.MatchFull && len(con.Columns) > 1 {
		if err := p.fullKeys(t, con); err != nil {
			return err
		}
	}
	ref := p.cat.TableByOID(con.RefTable)
	const child, parent = "child", "parent"
	var match, given []sql.Expr
	q := &sql.Select{From: []sql.TableExpr{tableExpr(t, child)}, Limit: &sql.Const{Kind: sql.IntConst, Text: "1", Pos: sql.NoPos}, Pos: sql.NoPos}
	for i, c := range con.Columns {
		col := &sql.ColumnRef{Fields: []string{child, c}, Pos: sql.NoPos}
		q.Targets = append(q.Targets, sql.Target{Expr: col})
		match = append(match, &sql.Op{Name: "=", Left: &sql.ColumnRef{Fields: []string{parent, con.RefColumns[i]}, Pos: sql.NoPos}, Right: col, Pos: sql.NoPos})
		given = append(given, &sql.NullTest{X: col, Not: true, Pos: sql.NoPos})
	}
	missing := &sql.BoolExpr{Op: sql.Not, Pos: sql.NoPos, Args: []sql.Expr{&sql.SubLink{Kind: sql.Exists, Pos: sql.NoPos, Query: &sql.Select{
		Targets: []sql.Target{{Expr: &sql.Const{Kind: sql.IntConst, Text: "1", Pos: sql.NoPos}}},
		From:    []sql.TableExpr{tableExpr(ref, parent)},
		Where:   &sql.BoolExpr{Op: sql.And, Args: match, Pos: sql.NoPos},
		Pos:     sql.NoPos,
	}}}}
	q.Where = &sql.BoolExpr{Op: sql.And, Args: append(given, missing), Pos: sql.NoPos}
	err := runQuery(p.s, "postgres", q, nil, func(row []value.Datum) error {
		var names, texts []string
		for i, c := range con.Columns {
			names = append(names, sql.QuoteIdent(c))
			texts = append(texts, textOf(p.s.Env(), t.Column(c).Type, row[i]))
		}
		return fault.New(fault.ForeignKeyViolation, "insert or update on table %q violates foreign key constraint %q", t.Name, con.Name).
			WithDetail("%s", fmt.Sprintf("Key (%s)=(%s) is not present in table %q.", strings.Join(names, ", "), strings.Join(texts, ", "), ref.Name)).
			WithConstraint(t.Schema, t.Name, con.Name)
	})
	return err
}

// fullKeys refuses keys of which only some columns are NULL.
func (p *physical) fullKeys(t *catalog.Table, con *catalog.Constraint) error {
	some := &sql.BoolExpr{Op: sql.Or, Pos: sql.NoPos}
	given := &sql.BoolExpr{Op: sql.Or, Pos: sql.NoPos}
	for _, c := range con.Columns {
		col := &sql.ColumnRef{Fields: []string{c}, Pos: sql.NoPos}
		some.Args = append(some.Args, &sql.NullTest{X: col, Pos: sql.NoPos})
		given.Args = append(given.Args, &sql.NullTest{X: col, Not: true, Pos: sql.NoPos})
	}
	one := &sql.Const{Kind: sql.IntConst, Text: "1", Pos: sql.NoPos}
	q := &sql.Select{Targets: []sql.Target{{Expr: one}}, From: []sql.TableExpr{tableExpr(t, "")}, Limit: one, Where: &sql.BoolExpr{Op: sql.And, Args: []sql.Expr{some, given}, Pos: sql.NoPos}, Pos: sql.NoPos}
	return runQuery(p.s, "postgres", q, nil, func([]value.Datum) error {
		return fault.New(fault.ForeignKeyViolation, "insert or update on table %q violates foreign key constraint %q", t.Name, con.Name).
			WithDetail("MATCH FULL does not allow mixing of null and nonnull key values.").WithConstraint(t.Schema, t.Name, con.Name)
	})
}

func tableExpr(t *catalog.Table, alias string) *sql.Table {
	e := &sql.Table{Name: sql.Name{Schema: t.Schema, Name: t.Name, Pos: sql.NoPos}, Pos: sql.NoPos}
	if alias != "" {
		e.Alias = &sql.Alias{Name: alias}
	}
	return e
}

// domainHolds checks what is stored in columns of a domain against what ALTER DOMAIN newly asks of it.
func (p *physical) domainHolds(old, new *catalog.Type) error {
	base := p.cat.BaseType(new.Base)
	type rule struct {
		name string
		test eval.Closure
	}
	var rules []rule
	for _, k := range new.Checks {
		if k.NotValid || slices.ContainsFunc(old.Checks, func(o *catalog.Constraint) bool { return o.OID == k.OID && !o.NotValid }) {
			continue
		}
		env := &analyze.Env{Path: p.s.Path, Names: func(name []string) tree.Expr {
			if len(name) == 1 && name[0] == "value" {
				return &tree.Param{Number: 1, Typ: base}
			}
			return nil
		}}
		x, err := analyze.Condition(p.cat, env, k.Expr, analyze.InDomainCheck, "CHECK")
		if err != nil {
			return err
		}
		test, err := eval.Compile(p.cat, x, eval.Options{})
		if err != nil {
			return err
		}
		rules = append(rules, rule{k.Name, test})
	}
	notNull := new.NotNull && !old.NotNull
	if !notNull && len(rules) == 0 {
		return nil
	}
	holds := func(t *catalog.Table, c *catalog.Column, d value.Datum) error {
		if notNull && d.IsNull() {
			err := fault.New(fault.NotNullViolation, "column %q of table %q contains null values", c.Name, t.Name)
			err.Schema, err.Table, err.Column = t.Schema, t.Name, c.Name
			return err
		}
		for _, r := range rules {
			ok, err := r.test(&eval.Frame{S: p.s, Params: []value.Datum{d}})
			if err != nil {
				return err
			}
			if !ok.IsNull() && !ok.IsTrue() {
				err := fault.New(fault.CheckViolation, "column %q of table %q contains values that violate the new constraint", c.Name, t.Name)
				err.Schema, err.Table, err.Column = t.Schema, t.Name, c.Name
				return err
			}
		}
		return nil
	}
	for t := range p.cat.Tables() {
		if !stored(t) {
			continue
		}
		for _, c := range t.Columns {
			if ty := p.cat.Type(c.Type.OID); ty != nil && ty.Elem != 0 && ty.Category == 'A' && p.isDomain(ty.Elem, new.OID) {
				return fault.New(fault.FeatureNotSupported, "cannot alter type %q because column \"%s.%s\" uses it", new.Name, t.Name, c.Name)
			}
			if !p.isDomain(c.Type.OID, new.OID) {
				continue
			}
			if err := p.query(`SELECT `+layout.Quote(c.Name)+` FROM `+layout.TableName(t.Schema, t.Name), nil, func(st *store.Stmt) error { return holds(t, c, column(st, 0)) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// isDomain says whether a type is a domain or one over it.
func (p *physical) isDomain(oid, domain catalog.OID) bool {
	for t := p.cat.Type(oid); t != nil && t.Kind == catalog.DomainType; t = p.cat.Type(t.Base.OID) {
		if t.OID == domain {
			return true
		}
	}
	return false
}
