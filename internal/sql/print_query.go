package sql

import "fmt"

// clause begins a clause: on its own line in the outermost query, after a space elsewhere.
func (p *printer) clause() {
	if p.pretty {
		p.put("\n")
	} else {
		p.put(" ")
	}
}

// sub writes a query in parentheses.
func (p *printer) sub(q Query) {
	pretty := p.pretty
	p.pretty = false
	p.put("(")
	p.stmt(q)
	p.put(")")
	p.pretty = pretty
}

func (p *printer) with(w *With) {
	if w == nil || len(w.CTEs) == 0 {
		return
	}
	p.put("WITH ")
	if w.Recursive {
		p.put("RECURSIVE ")
	}
	for i, c := range w.CTEs {
		if i > 0 {
			p.put(",")
			p.clause()
		}
		p.put(QuoteIdent(c.Name))
		if len(c.Columns) > 0 {
			p.put(" (")
			p.idents(c.Columns)
			p.put(")")
		}
		p.put(" AS ")
		if c.Materialized != nil {
			p.not(!*c.Materialized)
			p.put("MATERIALIZED ")
		}
		p.sub(c.Query)
	}
	p.clause()
}

func (p *printer) selectStmt(s *Select) {
	p.with(s.With)
	switch {
	case s.SetOp != NoSetOp:
		p.operand(s.Left, s.SetOp, true)
		p.clause()
		p.put([]string{"", "UNION", "INTERSECT", "EXCEPT"}[s.SetOp])
		if s.All {
			p.put(" ALL")
		}
		p.clause()
		p.operand(s.Right, s.SetOp, false)
	case len(s.Values) > 0:
		p.put("VALUES ")
		p.list(len(s.Values), func(i int) {
			p.put("(")
			p.exprs(s.Values[i])
			p.put(")")
		})
	default:
		p.simpleSelect(s)
	}
	if len(s.OrderBy) > 0 {
		p.clause()
		p.put("ORDER BY ")
		p.sort(s.OrderBy)
	}
	if s.Offset != nil {
		p.clause()
		p.put("OFFSET ")
		p.expr(s.Offset, precLowest)
	}
	if s.Limit != nil {
		p.clause()
		if s.WithTies {
			p.put("FETCH FIRST ")
			p.expr(s.Limit, precPrimary)
			p.put(" ROWS WITH TIES")
		} else if k, ok := s.Limit.(*Const); ok && k.Kind == NullConst {
			p.put("LIMIT ALL")
		} else {
			p.put("LIMIT ")
			p.expr(s.Limit, precLowest)
		}
	}
	for _, l := range s.Locking {
		p.clause()
		p.put(l.Strength.String())
		if len(l.Of) > 0 {
			p.put(" OF ")
			p.names(l.Of)
		}
		p.put([]string{"", " SKIP LOCKED", " NOWAIT"}[l.Wait])
	}
}

// operand writes a side of a set operation, in parentheses where its own clauses or its operation need them.
func (p *printer) operand(s *Select, outer SetOp, left bool) {
	plain := s.With == nil && s.OrderBy == nil && s.Limit == nil && s.Offset == nil && s.Locking == nil
	if s.SetOp != NoSetOp {
		tighter := s.SetOp == Intersect && outer != Intersect
		sameLevel := left && (s.SetOp == Intersect) == (outer == Intersect)
		plain = plain && (tighter || sameLevel)
	}
	if plain {
		p.selectStmt(s)
		return
	}
	p.sub(s)
}

func (p *printer) simpleSelect(s *Select) {
	p.put("SELECT")
	if s.Distinct {
		p.put(" DISTINCT")
		if len(s.DistinctOn) > 0 {
			p.put(" ON (")
			p.exprs(s.DistinctOn)
			p.put(")")
		}
	}
	if len(s.Targets) > 0 {
		p.put(" ")
		p.targets(s.Targets)
	}
	if s.Into != nil {
		p.clause()
		p.put("INTO ")
		p.table(s.Into)
	}
	if len(s.From) > 0 {
		p.clause()
		p.put("FROM ")
		p.tableExprs(s.From)
	}
	p.where(s.Where)
	if len(s.GroupBy) > 0 {
		p.clause()
		p.put("GROUP BY ")
		if s.GroupAll {
			p.put("DISTINCT ")
		}
		p.groupBy(s.GroupBy)
	}
	if s.Having != nil {
		p.clause()
		p.put("HAVING ")
		p.expr(s.Having, precLowest)
	}
	if len(s.Windows) > 0 {
		p.clause()
		p.put("WINDOW ")
		p.list(len(s.Windows), func(i int) {
			p.put(QuoteIdent(s.Windows[i].Name), " AS ")
			p.window(&s.Windows[i])
		})
	}
}

func (p *printer) where(e Expr) {
	if e != nil {
		p.clause()
		p.put("WHERE ")
		p.expr(e, precLowest)
	}
}

func (p *printer) names(ns []Name) { p.list(len(ns), func(i int) { p.name(ns[i]) }) }

func (p *printer) targets(ts []Target) {
	p.list(len(ts), func(i int) {
		p.expr(ts[i].Expr, precLowest)
		if ts[i].Name != "" {
			p.put(" AS ", label(ts[i].Name))
		}
	})
}

func (p *printer) groupBy(items []GroupBy) {
	p.list(len(items), func(i int) {
		switch g := items[i]; g.Kind {
		case GroupExpr:
			p.expr(g.Expr, precLowest)
		case GroupEmpty:
			p.put("()")
		default:
			p.put([]string{"", "", "ROLLUP (", "CUBE (", "GROUPING SETS ("}[g.Kind])
			p.groupBy(g.Sets)
			p.put(")")
		}
	})
}

func (p *printer) tableExprs(ts []TableExpr) { p.list(len(ts), func(i int) { p.tableExpr(ts[i]) }) }

func (p *printer) alias(a *Alias) {
	if a == nil {
		return
	}
	p.put(" AS ", QuoteIdent(a.Name))
	if len(a.Columns) > 0 {
		p.put("(")
		p.idents(a.Columns)
		p.put(")")
	}
}

// table writes a relation with its ONLY and alias.
func (p *printer) table(t *Table) {
	if t.Only {
		p.put("ONLY ")
	}
	p.name(t.Name)
	p.alias(t.Alias)
}

func (p *printer) lateral(yes bool) {
	if yes {
		p.put("LATERAL ")
	}
}

func (p *printer) tableExpr(t TableExpr) {
	switch t := t.(type) {
	case *Table:
		p.table(t)
	case *SubqueryTable:
		p.lateral(t.Lateral)
		p.sub(t.Query)
		p.alias(t.Alias)
	case *FuncTable:
		p.lateral(t.Lateral)
		if t.RowsFrom {
			p.put("ROWS FROM (")
			p.list(len(t.Funcs), func(i int) {
				p.expr(t.Funcs[i].Call, precLowest)
				if len(t.Funcs[i].Columns) > 0 {
					p.put(" AS (")
					p.columnDefs(t.Funcs[i].Columns)
					p.put(")")
				}
			})
			p.put(")")
		} else if len(t.Funcs) > 0 {
			p.expr(t.Funcs[0].Call, precLowest)
		}
		if t.Ordinality {
			p.put(" WITH ORDINALITY")
		}
		if len(t.Columns) > 0 {
			p.put(" AS ")
			if t.Alias != nil {
				p.put(QuoteIdent(t.Alias.Name), " ")
			}
			p.put("(")
			p.columnDefs(t.Columns)
			p.put(")")
			return
		}
		p.alias(t.Alias)
	case *Join:
		if t.Alias != nil {
			p.put("(")
		}
		p.join(t)
		if t.Alias != nil {
			p.put(")")
			p.alias(t.Alias)
		}
	case *UnsupportedTable:
		p.put("/* unsupported: ", t.Feature, " */")
	default:
		panic(fmt.Sprintf("sql: %T has no printed form", t))
	}
}

func (p *printer) join(j *Join) {
	p.tableExpr(j.Left)
	cross := j.Kind == InnerJoin && !j.Natural && j.Using == nil && j.On == nil
	p.put(" ")
	if j.Natural {
		p.put("NATURAL ")
	}
	if cross {
		p.put("CROSS JOIN ")
	} else {
		p.put([]string{"JOIN ", "LEFT JOIN ", "RIGHT JOIN ", "FULL JOIN "}[j.Kind])
	}
	if r, ok := j.Right.(*Join); ok && r.Alias == nil {
		p.put("(")
		p.join(r)
		p.put(")")
	} else {
		p.tableExpr(j.Right)
	}
	if len(j.Using) > 0 {
		p.put(" USING (")
		p.idents(j.Using)
		p.put(")")
		if j.UsingAlias != "" {
			p.put(" AS ", QuoteIdent(j.UsingAlias))
		}
	}
	if j.On != nil {
		p.put(" ON ")
		p.expr(j.On, precLowest)
	}
}

func (p *printer) insertColumns(cols []InsertColumn) {
	p.list(len(cols), func(i int) {
		p.put(QuoteIdent(cols[i].Name))
		p.steps(cols[i].Steps)
	})
}

func (p *printer) returning(ts []Target) {
	if len(ts) > 0 {
		p.clause()
		p.put("RETURNING ")
		p.targets(ts)
	}
}

func (p *printer) overriding(o Overriding) {
	p.put([]string{"", " OVERRIDING USER VALUE", " OVERRIDING SYSTEM VALUE"}[o])
}

func (p *printer) insert(s *Insert) {
	p.with(s.With)
	p.put("INSERT INTO ")
	p.table(s.Table)
	if len(s.Columns) > 0 {
		p.put(" (")
		p.insertColumns(s.Columns)
		p.put(")")
	}
	p.overriding(s.Overriding)
	p.clause()
	if s.Source == nil {
		p.put("DEFAULT VALUES")
	} else {
		p.selectStmt(s.Source)
	}
	if c := s.OnConflict; c != nil {
		p.clause()
		p.put("ON CONFLICT")
		if c.Constraint != "" {
			p.put(" ON CONSTRAINT ", QuoteIdent(c.Constraint))
		} else if len(c.Keys) > 0 {
			p.put(" (")
			p.indexKeys(c.Keys)
			p.put(")")
			if c.Where != nil {
				p.put(" WHERE ")
				p.expr(c.Where, precLowest)
			}
		}
		if !c.DoUpdate {
			p.put(" DO NOTHING")
		} else {
			p.put(" DO UPDATE SET ")
			p.assigns(c.Set)
			if c.SetWhere != nil {
				p.put(" WHERE ")
				p.expr(c.SetWhere, precLowest)
			}
		}
	}
	p.returning(s.Returning)
}

func (p *printer) assigns(as []Assign) {
	p.list(len(as), func(i int) {
		a := as[i]
		if a.Multi {
			p.put("(")
		}
		p.insertColumns(a.Columns)
		if a.Multi {
			p.put(")")
		}
		p.put(" = ")
		p.expr(a.Value, precLowest)
	})
}

func (p *printer) update(s *Update) {
	p.with(s.With)
	p.put("UPDATE ")
	p.table(s.Table)
	p.clause()
	p.put("SET ")
	p.assigns(s.Set)
	if len(s.From) > 0 {
		p.clause()
		p.put("FROM ")
		p.tableExprs(s.From)
	}
	p.where(s.Where)
	p.returning(s.Returning)
}

func (p *printer) delete(s *Delete) {
	p.with(s.With)
	p.put("DELETE FROM ")
	p.table(s.Table)
	if len(s.Using) > 0 {
		p.clause()
		p.put("USING ")
		p.tableExprs(s.Using)
	}
	p.where(s.Where)
	p.returning(s.Returning)
}

func (p *printer) merge(s *Merge) {
	p.with(s.With)
	p.put("MERGE INTO ")
	p.table(s.Table)
	p.clause()
	p.put("USING ")
	p.tableExpr(s.Source)
	p.put(" ON ")
	p.expr(s.On, precLowest)
	for _, w := range s.Whens {
		p.clause()
		p.put([]string{"WHEN MATCHED", "WHEN NOT MATCHED BY SOURCE", "WHEN NOT MATCHED"}[w.Match])
		if w.Cond != nil {
			p.put(" AND ")
			p.expr(w.Cond, precLowest)
		}
		p.put(" THEN ")
		switch w.Action {
		case MergeNothing:
			p.put("DO NOTHING")
		case MergeDelete:
			p.put("DELETE")
		case MergeUpdate:
			p.put("UPDATE SET ")
			p.assigns(w.Set)
		case MergeInsert:
			p.put("INSERT")
			if len(w.Columns) > 0 {
				p.put(" (")
				p.insertColumns(w.Columns)
				p.put(")")
			}
			p.overriding(w.Overriding)
			if len(w.Values) == 0 {
				p.put(" DEFAULT VALUES")
			} else {
				p.put(" VALUES (")
				p.exprs(w.Values)
				p.put(")")
			}
		}
	}
	p.returning(s.Returning)
}

func (p *printer) indexKeys(keys []IndexKey) {
	p.list(len(keys), func(i int) { p.indexKey(&keys[i]) })
}

func (p *printer) indexKey(k *IndexKey) {
	switch f, ok := k.Expr.(*FuncCall); {
	case k.Expr == nil:
		p.put(QuoteIdent(k.Column))
	case ok && !f.SQLSyntax && f.Over == nil && f.Filter == nil:
		p.expr(k.Expr, precLowest)
	default:
		p.put("(")
		p.expr(k.Expr, precLowest)
		p.put(")")
	}
	if k.Collation != "" {
		p.put(" COLLATE ", dottedIdent(k.Collation))
	}
	if k.OpClass != "" {
		p.put(" ", dottedIdent(k.OpClass))
	}
	if k.Desc {
		p.put(" DESC")
	}
	p.nulls(k.Nulls)
}
