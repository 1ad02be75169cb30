package plan

import (
	"slices"
	"strconv"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

const written = "pgrst_source" // the data-modifying CTE

func (b *builder) write(p *Plan, w *query.Write) error {
	if err := b.handled(p, mediaTarget{}); err != nil {
		return err
	}
	t, err := b.table(b.st.Schema, w.Relation)
	if err != nil {
		return err
	}
	cols := make([]*catalog.Column, len(w.Columns))
	for i, name := range w.Columns {
		if cols[i] = t.Column(name); cols[i] == nil {
			return fault.New("PGRST204", "Could not find the '%s' column of '%s' in the schema cache", name, t.Name)
		}
	}
	if w.Keep != nil {
		return b.keep(p, t, w, cols)
	}
	if w.Action == query.Update && len(cols) == 0 || w.Action <= query.IgnoreDuplicates && len(cols) == 0 && w.Bulk {
		return b.nothing(p, t, w) // {} changes no column, [] inserts no row
	}

	// What is put out, and so what the statement has to return.
	out := w.Node
	out.Where = nil
	out.Limit, out.Offset, out.MaxRows = -1, -1, -1
	direct := &source{table: t, columns: t.Columns, alias: t.Name}
	var lv *level
	var returning []sql.Target
	simple := true
	switch {
	case w.Returning:
		simple = !slices.ContainsFunc(w.Select, func(i query.Item) bool {
			return i.Embed != nil || i.Field != nil && (i.Field.Aggregate != "" || i.Field.Name == "")
		}) &&
			len(w.Order) == 0
		src := direct
		if !simple {
			src = &source{table: t, columns: t.Columns, alias: written, returning: &returning}
		}
		if lv, err = b.level(&out, src, 0); err != nil {
			return err
		}
		p.columns = lv.columns()
		if simple {
			for _, x := range lv.targets {
				returning = append(returning, sql.Target{Name: x.name, Expr: x.expr, Pos: sql.NoPos})
			}
		}
	case w.Keys:
		for _, name := range PrimaryKey(b.cat, t) {
			returning = append(returning, sql.Target{Name: name, Expr: ref(t.Name, name), Pos: sql.NoPos})
			p.columns = append(p.columns, Column{Name: name, Type: t.Column(name).Type, Hidden: true})
		}
	}
	if !simple && len(returning) == 0 { // an embed without columns of its own still needs rows
		returning = []sql.Target{{Name: "pgrst_one", Expr: integer(1), Pos: sql.NoPos}}
	}

	var q sql.Query
	switch w.Action {
	case query.Update:
		q, err = b.update(t, w, cols, direct, returning)
	case query.Delete:
		var where sql.Expr
		where, err = b.writeWhere(w, direct)
		q = &sql.Delete{Table: tableItem(t, ""), Where: where, Returning: returning, Pos: sql.NoPos}
	default:
		var in *sql.Insert
		in, err = b.insert(t, w, cols, returning)
		if err == nil {
			p.upsert = in.OnConflict != nil
		}
		q = in
	}
	if err != nil {
		return err
	}
	if !simple {
		s := lv.query(tableNamed(written))
		s.With = &sql.With{CTEs: []sql.CTE{{Name: written, Query: q, Pos: sql.NoPos}}}
		q = s
	}
	p.main, p.writes = q, true
	return nil
}

// nothing is a write without effect: its rows are none.
func (b *builder) nothing(p *Plan, t *catalog.Table, w *query.Write) error {
	src := &source{table: t, columns: t.Columns, alias: t.Name}
	n := w.Node
	n.Where, n.Order = nil, nil
	n.Limit, n.Offset, n.MaxRows = -1, -1, -1
	lv, err := b.level(&n, src, 0)
	if err != nil {
		return err
	}
	lv.where = []sql.Expr{boolean(false)}
	q := lv.query(tableItem(t, ""))
	if w.Action != query.Update { // an insert of no rows needs the right to insert, as PostgreSQL has it
		in := &sql.Insert{Table: tableItem(t, ""), Source: &sql.Select{Where: boolean(false), Pos: sql.NoPos}, Pos: sql.NoPos}
		q.With = &sql.With{CTEs: []sql.CTE{{Name: written, Query: in, Pos: sql.NoPos}}}
		p.writes = true
	}
	p.main = q
	p.columns = lv.columns()
	return nil
}

func (b *builder) writeWhere(w *query.Write, src *source) (sql.Expr, error) {
	if w.Where == nil {
		return nil, nil
	}
	return b.logic(w.Where, src, &w.Node, 0)
}

func (b *builder) update(t *catalog.Table, w *query.Write, cols []*catalog.Column, src *source, returning []sql.Target) (sql.Query, error) {
	u := &sql.Update{Table: tableItem(t, ""), Returning: returning, Pos: sql.NoPos}
	for i, c := range cols {
		x := sql.Expr(ref("pgrst_body", c.Name))
		if b.st.Fields != nil {
			if x = b.payload(i, c.Type); b.st.Fields[i] == nil && w.Defaults {
				x = &sql.Default{Pos: sql.NoPos}
			}
		} else {
			x = b.domainIn(x, c.Type)
		}
		u.Set = append(u.Set, sql.Assign{Columns: []sql.InsertColumn{{Name: c.Name, Pos: sql.NoPos}}, Value: x, Pos: sql.NoPos})
	}
	if b.st.Fields == nil {
		u.From = []sql.TableExpr{b.recordset(cols)}
	}
	var err error
	u.Where, err = b.writeWhere(w, src)
	return u, err
}

// payload is field i of a payload that is one object, as a value of type t.
func (b *builder) payload(i int, t catalog.TypeRef) sql.Expr {
	if b.st.Fields[i] == nil {
		return null()
	}
	if f := b.representation(catalog.JSONOID, t.OID); f != nil {
		return userCall(f, b.param(Param{Kind: FromField, Field: i, Type: plain(catalog.JSONOID)}))
	}
	return b.fieldParam(i, t)
}

func (b *builder) fieldParam(i int, t catalog.TypeRef) sql.Expr {
	if !b.structured(t) {
		// The type under a domain: the assignment checks the domain, and with PostgreSQL's words.
		return b.param(Param{Kind: FromField, Field: i, Type: b.base(t)})
	}
	if elem, ok := b.isArray(t); ok && !b.structured(elem) && !b.isJSON(elem) {
		return b.param(Param{Kind: FromFieldArray, Field: i, Type: b.base(t)})
	}
	v := b.param(Param{Kind: FromFieldRecord, Field: i, Type: plain(catalog.JSONOID)})
	return scalar(&sql.Select{
		Targets: []sql.Target{{Expr: ref("pgrst_field", "v"), Pos: sql.NoPos}},
		From: []sql.TableExpr{&sql.FuncTable{
			Funcs: []sql.FuncItem{{Call: call("json_to_record", v)}}, Alias: &sql.Alias{Name: "pgrst_field"},
			Columns: []sql.ColumnDef{{Name: "v", Type: b.typeName(b.base(t))}}, Pos: sql.NoPos,
		}}, Pos: sql.NoPos,
	})
}

// domainIn passes a value of the payload through the cast from json of a domain that has one.
func (b *builder) domainIn(x sql.Expr, t catalog.TypeRef) sql.Expr {
	if f := b.representation(catalog.JSONOID, t.OID); f != nil {
		return userCall(f, x)
	}
	return x
}

// recordset is json_to_recordset over the payload.
func (b *builder) recordset(cols []*catalog.Column) *sql.FuncTable {
	f := &sql.FuncTable{
		Funcs: []sql.FuncItem{{Call: call("json_to_recordset", b.param(Param{Kind: FromBody, Type: plain(catalog.JSONOID)}))}},
		Alias: &sql.Alias{Name: "pgrst_body"}, Pos: sql.NoPos,
	}
	for _, c := range cols {
		t := b.base(c.Type)
		if b.representation(catalog.JSONOID, c.Type.OID) != nil {
			t = plain(catalog.JSONOID)
		}
		f.Columns = append(f.Columns, sql.ColumnDef{Name: c.Name, Type: b.typeName(t), Pos: sql.NoPos})
	}
	return f
}

func (b *builder) insert(t *catalog.Table, w *query.Write, cols []*catalog.Column, returning []sql.Target) (*sql.Insert, error) {
	q := &sql.Insert{Table: tableItem(t, ""), Returning: returning, Pos: sql.NoPos}
	for _, c := range cols {
		q.Columns = append(q.Columns, sql.InsertColumn{Name: c.Name, Pos: sql.NoPos})
	}
	var match []sql.Expr
	var err error
	if w.Action == query.Put {
		if match, err = b.putMatch(t, w); err != nil {
			return nil, err
		}
	}
	switch {
	case len(cols) == 0:
		// DEFAULT VALUES
	case b.st.Fields != nil:
		row := make([]sql.Expr, len(cols))
		for i, c := range cols {
			if row[i] = b.payload(i, c.Type); b.st.Fields[i] == nil && w.Defaults {
				row[i] = &sql.Default{Pos: sql.NoPos}
			}
		}
		q.Source = &sql.Select{Values: [][]sql.Expr{row}, Pos: sql.NoPos}
		if len(match) > 0 {
			q.Source = &sql.Select{Where: and(match), Pos: sql.NoPos}
			for _, x := range row {
				if _, ok := x.(*sql.Default); ok {
					x = null()
				}
				q.Source.Targets = append(q.Source.Targets, sql.Target{Expr: x, Pos: sql.NoPos})
			}
		}
	case w.Defaults:
		if q.Source, err = b.withDefaults(cols); err != nil {
			return nil, err
		}
	default:
		q.Source = &sql.Select{From: []sql.TableExpr{b.recordset(cols)}, Where: and(match), Pos: sql.NoPos}
		for _, c := range cols {
			q.Source.Targets = append(q.Source.Targets, sql.Target{Expr: b.domainIn(ref("pgrst_body", c.Name), c.Type), Pos: sql.NoPos})
		}
	}
	q.OnConflict = b.onConflict(t, w)
	return q, nil
}

// withDefaults is the rows of the payload, in which what an element lacks is the column's default. Defaults are made for every row, used
// or not, so that a sequence moves on as it does under PostgREST.
func (b *builder) withDefaults(cols []*catalog.Column) (*sql.Select, error) {
	elements := &sql.Select{
		Targets: []sql.Target{{Name: "v", Expr: ref("pgrst_element", "v"), Pos: sql.NoPos}},
		From: []sql.TableExpr{&sql.FuncTable{
			Funcs: []sql.FuncItem{{Call: call("json_array_elements", b.param(Param{Kind: FromBody, Type: plain(catalog.JSONOID)}))}},
			Alias: &sql.Alias{Name: "pgrst_element", Columns: []string{"v"}}, Pos: sql.NoPos,
		}}, Pos: sql.NoPos,
	}
	rows := &sql.Select{From: []sql.TableExpr{subquery(elements, "pgrst_body")}, Pos: sql.NoPos}
	for i, c := range cols {
		d, err := b.defaultOf(c)
		if err != nil {
			return nil, err
		}
		name := "d" + strconv.Itoa(i+1)
		elements.Targets = append(elements.Targets, sql.Target{Name: name, Expr: cast(d, b.typeName(b.base(c.Type))), Pos: sql.NoPos})
		rows.Targets = append(rows.Targets, sql.Target{Expr: b.elementField(c, ref("pgrst_body", name)), Pos: sql.NoPos})
	}
	return rows, nil
}

// elementField is column c of one element of the payload, or missing where the element lacks the key. It makes of a value
// what json_to_recordset makes of it.
func (b *builder) elementField(c *catalog.Column, missing sql.Expr) sql.Expr {
	key := b.fixed(c.Name, catalog.TextOID)
	v := ref("pgrst_body", "v")
	t := b.base(c.Type)
	raw := op("->", v, key)
	var x sql.Expr
	switch f := b.representation(catalog.JSONOID, c.Type.OID); {
	case f != nil:
		x = userCall(f, raw)
	case b.isJSON(t):
		text := cast(raw, b.typeName(plain(catalog.TextOID)))
		x = cast(&sql.NullIf{Left: text, Right: str("null"), Pos: sql.NoPos}, b.typeName(t))
	case b.structured(t):
		x = scalar(&sql.Select{
			Targets: []sql.Target{{Expr: ref("pgrst_field", "v"), Pos: sql.NoPos}},
			From: []sql.TableExpr{&sql.FuncTable{
				Funcs: []sql.FuncItem{{Call: call("json_to_record", call("json_build_object", str("v"), raw))}}, Alias: &sql.Alias{Name: "pgrst_field"},
				Columns: []sql.ColumnDef{{Name: "v", Type: b.typeName(t)}}, Pos: sql.NoPos,
			}}, Pos: sql.NoPos,
		})
	default:
		x = cast(op("->>", v, key), b.typeName(t))
	}
	return &sql.Case{Whens: []sql.When{{Cond: &sql.NullTest{X: raw, Pos: sql.NoPos}, Result: missing}}, Else: x, Pos: sql.NoPos}
}

// defaultOf is what DEFAULT stands for.
func (b *builder) defaultOf(c *catalog.Column) (sql.Expr, error) {
	switch {
	case c.Identity != 0:
		q := b.cat.SequenceByOID(c.Sequence)
		if q == nil {
			return null(), nil
		}
		name := sql.QuoteIdent(q.Schema) + "." + sql.QuoteIdent(q.Name)
		return call("nextval", cast(str(name), b.typeName(plain(catalog.RegclassOID)))), nil
	case c.Default != nil:
		return c.Default, nil
	case c.DefaultText != "":
		return sql.ParseExpr(c.DefaultText)
	}
	if t := b.cat.Type(c.Type.OID); t != nil && t.Kind == catalog.DomainType && t.Default != nil {
		return t.Default, nil
	}
	return null(), nil
}

// onConflict is the clause of an upsert; nil when there is no key to conflict on.
func (b *builder) onConflict(t *catalog.Table, w *query.Write) *sql.OnConflict {
	if w.Action == query.Insert {
		return nil
	}
	keys := w.OnConflict
	if len(keys) == 0 {
		if keys = PrimaryKey(b.cat, t); keys == nil {
			return nil
		}
	}
	c := &sql.OnConflict{Pos: sql.NoPos}
	for _, k := range keys {
		c.Keys = append(c.Keys, sql.IndexKey{Column: k})
	}
	if w.Action == query.IgnoreDuplicates || len(w.Columns) == 0 {
		return c
	}
	c.DoUpdate = true
	for _, name := range w.Columns {
		c.Set = append(c.Set, sql.Assign{Columns: []sql.InsertColumn{{Name: name, Pos: sql.NoPos}}, Value: ref("excluded", name), Pos: sql.NoPos})
	}
	return c
}

// putMatch are the conditions under which a PUT's payload is the row that its URL names. The URL must name the whole primary key
// with eq and nothing else.
func (b *builder) putMatch(t *catalog.Table, w *query.Write) ([]sql.Expr, error) {
	bad := fault.New("PGRST105", "Filters must include all and only primary key columns with 'eq' operators").WithStatus(405)
	var leaves []*query.Filter
	var collect func(l *query.Logic) bool
	collect = func(l *query.Logic) bool {
		switch {
		case l == nil:
			return true
		case l.Not || l.Op == query.Or:
			return false
		case l.Op == query.Leaf:
			leaves = append(leaves, l.Leaf)
			return l.Leaf.Op == "eq" && !l.Leaf.Not && l.Leaf.Quant == "" && len(l.Leaf.Path) == 0
		}
		return !slices.ContainsFunc(l.Args, func(a *query.Logic) bool { return !collect(a) })
	}
	pk := PrimaryKey(b.cat, t)
	if !collect(w.Where) || pk == nil || len(leaves) != len(pk) {
		return nil, bad
	}
	var match []sql.Expr
	for _, f := range leaves {
		i := slices.Index(w.Columns, f.Name)
		if !slices.Contains(pk, f.Name) {
			return nil, bad
		}
		if i < 0 {
			return []sql.Expr{boolean(false)}, nil
		}
		c := t.Column(f.Name)
		x := sql.Expr(ref("pgrst_body", f.Name))
		if b.st.Fields != nil {
			x = b.payload(i, c.Type)
		}
		match = append(match, op("=", x, b.operand(f, c.Type)))
	}
	return match, nil
}
