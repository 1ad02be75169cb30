package plan

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A nested write has to know the keys of the rows that it makes, and which row of the payload has which: the rows beside them hold these keys. RETURNING needs the right
// to read them, and PostgreSQL does not promise its order. So, as decision 0017 says, the keys are made before the rows where that is allowed:
//
//	WITH pgrst_rows AS MATERIALIZED (SELECT n, the payload's columns, the defaults of the keys that it lacks FROM json_to_recordset($1)),
//	pgrst_source AS (INSERT INTO t (…) SELECT … FROM pgrst_rows ORDER BY n)
//	SELECT n, keys FROM pgrst_rows ORDER BY n
//
// reads nothing of the table. Where it is not, the rows are written one by one and return their keys. A key that a trigger may replace is only known when it is
// returned: what was sent may be the key of another row.
const keptRows = "pgrst_rows"

// keep plans a Write with Keep.
func (b *builder) keep(p *Plan, t *catalog.Table, w *query.Write, cols []*catalog.Column) error {
	kept := make([]*catalog.Column, len(w.Keep))
	var made []*catalog.Column
	for i, name := range w.Keep {
		c := t.Column(name)
		if kept[i] = c; !slices.Contains(w.Columns, name) {
			made = append(made, c)
		}
	}
	p.writes = true
	replaced := b.replaces(t, w.Action)
	if !replaced && b.determined(t, w) && b.makeable(t, made) {
		return b.keepMade(p, t, w, cols, kept, made)
	}
	if !b.mayRead(t, kept) && b.cat.CanAnyColumn(b.role, t, catalog.PrivInsert) { // else the statement is refused as any other
		refusal := fault.New(fault.InsufficientPrivilege, "permission denied to learn the key of a new row of table %s", t.Name)
		if replaced {
			return refusal.WithHint("A trigger may replace what is sent or made: let the role read %s.", columnNames(kept))
		}
		return refusal.WithHint("Send %s with the row, or let the role read it, or make it: INSERT on the column, and USAGE on its sequence.", columnNames(made))
	}
	p.each = true
	src := &source{table: t, columns: t.Columns, alias: t.Name}
	var returning []sql.Target
	for _, c := range kept {
		x := b.output(c.Name, src.ref(c.Name), c.Type)
		returning = append(returning, sql.Target{Name: c.Name, Expr: x.expr, Pos: sql.NoPos})
		p.columns = append(p.columns, Column{Name: c.Name, Type: x.typ})
	}
	in, err := b.insert(t, w, cols, returning)
	if err != nil {
		return err
	}
	p.main, p.upsert = in, in.OnConflict != nil
	return nil
}

func columnNames(cols []*catalog.Column) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// replaces says whether a trigger may give a new row other keys than those that were sent: one of t, or of the table that t is a view of.
func (b *builder) replaces(t *catalog.Table, a query.Action) bool {
	on := sql.OnInsert
	if a != query.Insert {
		on |= sql.OnUpdate
	}
	if slices.ContainsFunc(t.Triggers, func(g *catalog.Trigger) bool {
		return g.Row && g.Time != sql.AfterEvent && g.Events&on != 0 && g.Enabled != 'D'
	}) {
		return true
	}
	if t.Kind != catalog.View {
		return false
	}
	i := slices.IndexFunc(t.ViewColumns, func(c catalog.ViewColumn) bool { return c.Table != 0 })
	if i < 0 {
		return true
	}
	base := b.cat.TableByOID(t.ViewColumns[i].Table) // the only one, as rows are written through the view without a trigger of its own
	return base == nil || b.replaces(base, a)
}

// mayRead says whether new rows of t can be returned to the role: it has the right on the columns, and a policy that shows rows, where policies hold.
// Whether that policy shows a certain row is known when it is there.
func (b *builder) mayRead(t *catalog.Table, cols []*catalog.Column) bool {
	for _, c := range cols {
		if !b.cat.CanColumn(b.role, t, c, catalog.PrivSelect) {
			return false
		}
	}
	return !t.RLS || b.cat.BypassesRLS(b.role, t) || slices.ContainsFunc(t.Policies, func(p *catalog.Policy) bool {
		return p.Permissive && (p.Command == "select" || p.Command == "all") &&
			(len(p.Roles) == 0 || slices.ContainsFunc(p.Roles, func(r string) bool { return r == "public" || b.cat.MemberOf(b.role, r) }))
	})
}

// determined says whether what is sent or made is what the row has, be it new or one that was there.
func (b *builder) determined(t *catalog.Table, w *query.Write) bool {
	if w.Action == query.Insert {
		return true
	}
	target := w.OnConflict
	if len(target) == 0 {
		target = PrimaryKey(b.cat, t)
	}
	return !slices.ContainsFunc(w.Keep, func(name string) bool {
		sent := w.Action != query.IgnoreDuplicates && slices.Contains(w.Columns, name)
		return !sent && !slices.Contains(target, name)
	})
}

// makeable says whether the role may make the columns' defaults itself and write them.
func (b *builder) makeable(t *catalog.Table, cols []*catalog.Column) bool {
	return !slices.ContainsFunc(cols, func(c *catalog.Column) bool {
		switch q := b.cat.SequenceByOID(c.Sequence); {
		case c.Generated || !b.cat.CanColumn(b.role, t, c, catalog.PrivInsert):
			return true
		case c.Identity != 0:
			return q == nil || !b.cat.CanSequence(b.role, q, catalog.PrivUsage)
		case c.Default == nil && c.DefaultText == "":
			d := b.cat.Type(c.Type.OID)
			return d == nil || d.Kind != catalog.DomainType || d.Default == nil
		}
		return false
	})
}

// keepMade makes the keys first.
func (b *builder) keepMade(p *Plan, t *catalog.Table, w *query.Write, cols, kept, made []*catalog.Column) error {
	rows, err := b.numbered(t, w, cols)
	if err != nil {
		return err
	}
	in := &sql.Insert{Table: tableItem(t, ""), Pos: sql.NoPos}
	in.Source = &sql.Select{From: []sql.TableExpr{tableNamed(keptRows)}, OrderBy: byOrdinal(keptRows), Pos: sql.NoPos}
	take := func(c *catalog.Column) {
		in.Columns = append(in.Columns, sql.InsertColumn{Name: c.Name, Pos: sql.NoPos})
		in.Source.Targets = append(in.Source.Targets, sql.Target{Expr: ref(keptRows, c.Name), Pos: sql.NoPos})
	}
	for _, c := range cols {
		take(c)
	}
	for _, c := range made {
		d, err := b.defaultOf(c)
		if err != nil {
			return err
		}
		rows.Targets = append(rows.Targets, sql.Target{Name: c.Name, Expr: cast(d, b.typeName(b.base(c.Type))), Pos: sql.NoPos})
		take(c)
		if c.Identity == 'a' {
			in.Overriding = sql.OverridingSystem
		}
	}
	in.OnConflict = b.onConflict(t, w)
	p.upsert = in.OnConflict != nil
	once := true
	main := &sql.Select{
		With: &sql.With{CTEs: []sql.CTE{{Name: keptRows, Materialized: &once, Query: rows, Pos: sql.NoPos}, {Name: written, Query: in, Pos: sql.NoPos}}},
		From: []sql.TableExpr{tableNamed(keptRows)}, OrderBy: byOrdinal(keptRows), Pos: sql.NoPos,
		Targets: []sql.Target{{Name: query.Ordinal, Expr: ref(keptRows, query.Ordinal), Pos: sql.NoPos}},
	}
	p.columns = []Column{{Name: query.Ordinal, Type: plain(catalog.Int4OID)}}
	for _, c := range kept {
		x := b.output(c.Name, b.stored(ref(keptRows, c.Name), c.Type), c.Type)
		main.Targets = append(main.Targets, sql.Target{Name: c.Name, Expr: x.expr, Pos: sql.NoPos})
		p.columns = append(p.columns, Column{Name: c.Name, Type: x.typ})
	}
	p.main = main
	return nil
}

// stored is a value as a column of type t has it: rounded to its scale, padded to its length. It is for values that the column has taken: one that is too long is cut.
func (b *builder) stored(x sql.Expr, t catalog.TypeRef) sql.Expr {
	if y := b.cat.Type(t.OID); t.Mod < 0 && (y == nil || y.Kind != catalog.DomainType) {
		return x
	}
	return cast(x, b.cat.TypeName(t))
}

// numbered is the payload's rows with their numbers.
func (b *builder) numbered(t *catalog.Table, w *query.Write, cols []*catalog.Column) (*sql.Select, error) {
	match, err := []sql.Expr(nil), error(nil)
	if w.Action == query.Put {
		if match, err = b.putMatch(t, w); err != nil {
			return nil, err
		}
	}
	if w.Defaults && len(cols) > 0 {
		rows, err := b.withDefaults(cols)
		if err != nil {
			return nil, err
		}
		for i, c := range cols {
			rows.Targets[i].Name = c.Name
		}
		n := cast(op("->>", ref("pgrst_body", "v"), b.fixed(query.Ordinal, catalog.TextOID)), b.typeName(plain(catalog.Int4OID)))
		rows.Targets = slices.Insert(rows.Targets, 0, sql.Target{Name: query.Ordinal, Expr: n, Pos: sql.NoPos})
		return rows, nil
	}
	rows := &sql.Select{From: []sql.TableExpr{b.numberedRecords(cols)}, Where: and(match), Pos: sql.NoPos}
	rows.Targets = append(rows.Targets, sql.Target{Name: query.Ordinal, Expr: ref("pgrst_body", query.Ordinal), Pos: sql.NoPos})
	for _, c := range cols {
		rows.Targets = append(rows.Targets, sql.Target{Name: c.Name, Expr: b.domainIn(ref("pgrst_body", c.Name), c.Type), Pos: sql.NoPos})
	}
	return rows, nil
}

func (b *builder) numberedRecords(cols []*catalog.Column) *sql.FuncTable {
	f := b.recordset(cols)
	f.Columns = append(f.Columns, sql.ColumnDef{Name: query.Ordinal, Type: b.typeName(plain(catalog.Int4OID)), Pos: sql.NoPos})
	return f
}

// keyed narrows a level to the rows that Body names, in its order.
func (b *builder) keyed(lv *level, item sql.TableExpr, keys []string) (sql.TableExpr, error) {
	cols := make([]*catalog.Column, len(keys))
	var on []sql.Expr
	for i, name := range keys {
		if cols[i] = lv.src.column(name); cols[i] == nil {
			return nil, b.noColumn(lv.src, name)
		}
		on = append(on, op("=", lv.src.ref(name), b.domainIn(ref("pgrst_body", name), cols[i].Type)))
	}
	if !lv.aggregates() {
		lv.order = append(lv.order, byOrdinal("pgrst_body")...)
	}
	return &sql.Join{Kind: sql.InnerJoin, Left: b.numberedRecords(cols), Right: item, On: and(on), Pos: sql.NoPos}, nil
}

func byOrdinal(alias string) []sql.SortBy {
	return []sql.SortBy{{Expr: ref(alias, query.Ordinal), Pos: sql.NoPos}}
}

func tableNamed(name string) *sql.Table {
	return &sql.Table{Name: sql.Name{Name: name, Pos: sql.NoPos}, Pos: sql.NoPos}
}
