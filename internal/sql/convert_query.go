package sql

import "strings"

// selectOf converts a SelectStmt; nil stays nil.
func (c *conv) selectOf(v *value) *Select {
	if v == nil {
		return nil
	}
	_, n := v.Node()
	s := &Select{
		With: c.with(n.Get("withClause")), Targets: c.targets(n.List("targetList")), From: c.tableExprs(n.List("fromClause")),
		Where: c.expr(n.Get("whereClause")), GroupBy: mapped(n.List("groupClause"), c.groupBy), GroupAll: n.Bool("groupDistinct"),
		Having: c.expr(n.Get("havingClause")), Windows: mapped(n.List("windowClause"), c.window),
		Values:  mapped(n.List("valuesLists"), func(v *value) []Expr { return c.exprs(v.Items()) }),
		OrderBy: mapped(n.List("sortClause"), c.sortBy), Limit: c.expr(n.Get("limitCount")), Offset: c.expr(n.Get("limitOffset")),
		WithTies: n.Text("limitOption") == "LIMIT_OPTION_WITH_TIES", Locking: mapped(n.List("lockingClause"), c.locking),
		All: n.Bool("all"), Left: c.selectOf(n.Get("larg")), Right: c.selectOf(n.Get("rarg")), Pos: NoPos,
	}
	switch n.Text("op") {
	case "SETOP_UNION":
		s.SetOp = Union
	case "SETOP_INTERSECT":
		s.SetOp = Intersect
	case "SETOP_EXCEPT":
		s.SetOp = Except
	}
	if d := n.Get("distinctClause"); d != nil {
		// DISTINCT alone is a list with one empty node.
		s.Distinct = true
		if items := d.Items(); len(items) > 0 && items[0].IsObject() {
			if tag, _ := items[0].Node(); tag != "" {
				s.DistinctOn = c.exprs(items)
			}
		}
	}
	if into := n.Get("intoClause"); into != nil {
		s.Into = c.table(into.Get("rel"))
	}
	return s
}

func (c *conv) with(v *value) *With {
	if v == nil {
		return nil
	}
	_, v = v.Node()
	return &With{Recursive: v.Bool("recursive"), CTEs: mapped(v.List("ctes"), func(v *value) CTE {
		_, n := v.Node()
		t := CTE{
			Name: n.Text("ctename"), Columns: texts(n.List("aliascolnames")), Search: n.Has("search_clause") || n.Has("cycle_clause"), Pos: c.pos(n),
		}
		switch n.Text("ctematerialized") {
		case "CTEMaterializeAlways":
			t.Materialized = new(bool)
			*t.Materialized = true
		case "CTEMaterializeNever":
			t.Materialized = new(bool)
		}
		t.Query = c.query(n.Get("ctequery"))
		return t
	})}
}

// query converts a statement that yields rows.
func (c *conv) query(v *value) Query {
	tag, n := v.Node()
	switch tag {
	case "InsertStmt":
		return c.insert(n)
	case "UpdateStmt":
		return c.update(n)
	case "DeleteStmt":
		return c.delete(n)
	case "MergeStmt":
		return c.merge(n)
	}
	return c.selectOf(v)
}

func (c *conv) targets(items []value) []Target {
	return mapped(items, func(v *value) Target {
		_, n := v.Node()
		return Target{Name: n.Text("name"), Expr: c.expr(n.Get("val")), Pos: c.pos(n)}
	})
}

func (c *conv) groupBy(v *value) GroupBy {
	tag, n := v.Node()
	if tag != "GroupingSet" {
		return GroupBy{Expr: c.expr(v)}
	}
	g := GroupBy{Sets: mapped(n.List("content"), c.groupBy)}
	switch n.Text("kind") {
	case "GROUPING_SET_ROLLUP":
		g.Kind = GroupRollup
	case "GROUPING_SET_CUBE":
		g.Kind = GroupCube
	case "GROUPING_SET_SETS":
		g.Kind = GroupSets
	default:
		g.Kind = GroupEmpty
	}
	return g
}

func (c *conv) locking(v *value) Locking {
	_, n := v.Node()
	l := Locking{Of: mapped(n.List("lockedRels"), c.rangeName)}
	switch n.Text("strength") {
	case "LCS_FORSHARE":
		l.Strength = ForShare
	case "LCS_FORNOKEYUPDATE":
		l.Strength = ForNoKeyUpdate
	case "LCS_FORUPDATE":
		l.Strength = ForUpdate
	}
	switch n.Text("waitPolicy") {
	case "LockWaitSkip":
		l.Wait = LockSkip
	case "LockWaitError":
		l.Wait = LockNoWait
	}
	return l
}

func (c *conv) tableExprs(items []value) []TableExpr { return mapped(items, c.tableExpr) }

func (c *conv) tableExpr(v *value) TableExpr {
	tag, n := v.Node()
	switch tag {
	case "RangeVar":
		return c.table(v)
	case "RangeSubselect":
		q := c.selectOf(n.Get("subquery"))
		return &SubqueryTable{Query: q, Lateral: n.Bool("lateral"), Alias: c.alias(n.Get("alias")), Pos: NoPos}
	case "RangeFunction":
		f := &FuncTable{
			RowsFrom: n.Bool("is_rowsfrom"), Lateral: n.Bool("lateral"), Ordinality: n.Bool("ordinality"), Alias: c.alias(n.Get("alias")),
			Columns: mapped(n.List("coldeflist"), c.columnDef), Pos: NoPos,
		}
		for _, item := range n.List("functions") {
			pair := item.Items()
			if len(pair) == 0 {
				continue
			}
			it := FuncItem{Call: c.expr(&pair[0])}
			if len(pair) > 1 {
				it.Columns = mapped(pair[1].Items(), c.columnDef)
			}
			f.Funcs = append(f.Funcs, it)
			if f.Pos == NoPos {
				f.Pos = PosOf(it.Call)
			}
		}
		return f
	case "JoinExpr":
		j := &Join{
			Natural: n.Bool("isNatural"), Left: c.tableExpr(n.Get("larg")), Right: c.tableExpr(n.Get("rarg")), Using: texts(n.List("usingClause")),
			UsingAlias: n.Get("join_using_alias").Text("aliasname"), On: c.expr(n.Get("quals")), Alias: c.alias(n.Get("alias")), Pos: NoPos,
		}
		switch n.Text("jointype") {
		case "JOIN_LEFT":
			j.Kind = LeftJoin
		case "JOIN_RIGHT":
			j.Kind = RightJoin
		case "JOIN_FULL":
			j.Kind = FullJoin
		}
		return j
	case "RangeTableSample":
		return &UnsupportedTable{Feature: "TABLESAMPLE", Pos: c.pos(n)}
	case "RangeTableFunc":
		return &UnsupportedTable{Feature: "XMLTABLE", Pos: c.pos(n)}
	case "JsonTable":
		return &UnsupportedTable{Feature: "JSON_TABLE", Pos: c.pos(n)}
	}
	return &UnsupportedTable{Feature: words(tag), Pos: c.pos(n)}
}

func (c *conv) insertColumn(v *value) InsertColumn {
	_, n := v.Node()
	return InsertColumn{Name: n.Text("name"), Steps: c.steps(n.List("indirection")), Pos: c.pos(n)}
}

func overriding(text string) Overriding {
	switch text {
	case "OVERRIDING_USER_VALUE":
		return OverridingUser
	case "OVERRIDING_SYSTEM_VALUE":
		return OverridingSystem
	}
	return OverridingNone
}

func (c *conv) insert(n *value) *Insert {
	i := &Insert{
		With: c.with(n.Get("withClause")), Table: c.table(n.Get("relation")), Columns: mapped(n.List("cols"), c.insertColumn),
		Source: c.selectOf(n.Get("selectStmt")), Overriding: overriding(n.Text("override")), Returning: c.targets(n.List("returningList")), Pos: NoPos,
	}
	if v := n.Get("onConflictClause"); v != nil {
		_, v = v.Node()
		oc := &OnConflict{
			DoUpdate: v.Text("action") == "ONCONFLICT_UPDATE", Set: c.assigns(v.List("targetList")), SetWhere: c.expr(v.Get("whereClause")), Pos: c.pos(v),
		}
		if inf := v.Get("infer"); inf != nil {
			_, inf = inf.Node()
			oc.Keys = mapped(inf.List("indexElems"), c.indexKey)
			oc.Where = c.expr(inf.Get("whereClause"))
			oc.Constraint = inf.Text("conname")
		}
		i.OnConflict = oc
	}
	return i
}

// assigns converts a SET list; the members of (a, b) = … come as one item each and become one Assign.
func (c *conv) assigns(items []value) []Assign {
	var out []Assign
	for i := 0; i < len(items); i++ {
		_, n := items[i].Node()
		a := Assign{Columns: []InsertColumn{c.insertColumn(&items[i])}, Pos: c.pos(n)}
		tag, ref := n.Get("val").Node()
		if tag != "MultiAssignRef" {
			a.Value = c.expr(n.Get("val"))
			out = append(out, a)
			continue
		}
		a.Multi = true
		a.Value = c.expr(ref.Get("source"))
		for rest := ref.Int("ncolumns") - 1; rest > 0 && i+1 < len(items); rest-- {
			i++
			a.Columns = append(a.Columns, c.insertColumn(&items[i]))
		}
		out = append(out, a)
	}
	return out
}

func (c *conv) update(n *value) *Update {
	return &Update{
		With: c.with(n.Get("withClause")), Table: c.table(n.Get("relation")), Set: c.assigns(n.List("targetList")), From: c.tableExprs(n.List("fromClause")),
		Where: c.expr(n.Get("whereClause")), Returning: c.targets(n.List("returningList")), Pos: NoPos,
	}
}

func (c *conv) delete(n *value) *Delete {
	return &Delete{
		With: c.with(n.Get("withClause")), Table: c.table(n.Get("relation")), Using: c.tableExprs(n.List("usingClause")),
		Where: c.expr(n.Get("whereClause")), Returning: c.targets(n.List("returningList")), Pos: NoPos,
	}
}

func (c *conv) merge(n *value) *Merge {
	m := &Merge{
		With: c.with(n.Get("withClause")), Table: c.table(n.Get("relation")), Source: c.tableExpr(n.Get("sourceRelation")), On: c.expr(n.Get("joinCondition")),
		Returning: c.targets(n.List("returningList")), Pos: NoPos,
	}
	m.Whens = mapped(n.List("mergeWhenClauses"), func(v *value) MergeWhen {
		_, w := v.Node()
		out := MergeWhen{Cond: c.expr(w.Get("condition")), Overriding: overriding(w.Text("override"))}
		switch k := w.Text("matchKind"); {
		case strings.HasSuffix(k, "BY_SOURCE"):
			out.Match = WhenNotMatchedBySource
		case k != "MERGE_WHEN_MATCHED":
			out.Match = WhenNotMatched
		}
		switch w.Text("commandType") {
		case "CMD_INSERT":
			out.Action = MergeInsert
			out.Columns = mapped(w.List("targetList"), c.insertColumn)
			out.Values = c.exprs(w.List("values"))
		case "CMD_UPDATE":
			out.Action = MergeUpdate
			out.Set = c.assigns(w.List("targetList"))
		case "CMD_DELETE":
			out.Action = MergeDelete
		}
		return out
	})
	return m
}

func (c *conv) indexKey(v *value) IndexKey {
	_, n := v.Node()
	k := IndexKey{
		Column: n.Text("name"), Expr: c.expr(n.Get("expr")), Desc: n.Text("ordering") == "SORTBY_DESC", Nulls: nullsOrder(n.Text("nulls_ordering")),
		OpClass: dotted(texts(n.List("opclass"))), Collation: dotted(texts(n.List("collation"))),
	}
	return k
}

// dotted joins the parts of a name that the tree keeps as one string. A part is quoted where it has to be.
func dotted(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	for i := range parts {
		parts[i] = QuoteIdent(parts[i])
	}
	return strings.Join(parts, ".")
}
