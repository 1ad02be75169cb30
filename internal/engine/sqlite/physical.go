package sqlite

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// rebuildName is the table that a rebuild fills before it takes the old one's place.
const rebuildName = `"mainstay.rebuild"`

// applySteps does to the file what a statement did to the catalog. s is a session of the owner in the transaction under way; s.Cat is the
// catalog after the statement, old the one before it. left is set when something is left to settle.
// filled is the number of rows that CREATE TABLE AS put into its table, -1 for other statements.
func applySteps(s *eval.Session, left *bool, old *catalog.Catalog, steps []catalog.Step) (filled int64, err error) {
	p := &physical{s: s, left: left, conn: s.Conn, old: old, cat: s.Cat, filled: -1}
	for _, step := range steps {
		if err := p.apply(step); err != nil {
			return 0, err
		}
	}
	return p.filled, nil
}

type physical struct {
	s        *eval.Session
	conn     *store.Conn
	old, cat *catalog.Catalog
	filled   int64
	left     *bool // set when something is left to settle; see dropped.go
}

func (p *physical) apply(step catalog.Step) error {
	switch c := step.(type) {
	case catalog.CreatedTable:
		return p.createTable(c.Table, c.Fill)
	case catalog.AlteredTable:
		if !stored(c.Old) && !stored(c.New) {
			return nil
		}
		return p.alterTable(c.Old, c.New, c.Using)
	case catalog.DroppedTable:
		if !stored(c.Table) {
			return nil
		}
		return p.dropTable(c.Table)
	case catalog.CreatedIndex:
		return p.createIndex(c.Table, c.Index)
	case catalog.DroppedIndex:
		return p.dropIndex(c.Table, c.Index)
	case catalog.CreatedSequence:
		return p.placeSequence(c.Sequence, c.Sequence.Start)
	case catalog.AlteredSequence:
		if c.Restart != nil {
			return p.placeSequence(c.New, *c.Restart)
		}
		exec.SequenceChanged(p.s, c.New, nil)
		return nil
	case catalog.DroppedSequence:
		return p.exec(`DELETE FROM `+layout.SequencesTable+` WHERE oid = ?1`, value.Int(int64(c.Sequence.OID)))
	case catalog.ChangedType:
		return p.changeType(c.Old, c.New)
	case catalog.RefreshedMatView:
		if err := p.conn.Exec(`DELETE FROM ` + layout.TableName(c.Table.Schema, c.Table.Name)); err != nil || c.NoData {
			return err
		}
		return p.withoutUnique(c.Table, c.Table, func() error { return p.fill(c.Table, c.Table.Query) })
	case catalog.ChangedFunction, catalog.ChangedSchema, catalog.ChangedRole, catalog.ChangedPublication, catalog.ChangedExtension:
		return nil
	}
	panic(fmt.Sprintf("sqlite: unknown step %T", step))
}

// stored reports whether a relation has rows of its own.
func stored(t *catalog.Table) bool { return t.Kind != catalog.View && t.Kind != catalog.ForeignTable }

func (p *physical) createTable(t *catalog.Table, fill *sql.Select) error {
	if !stored(t) {
		return nil
	}
	if err := distinctNames(t); err != nil {
		return err
	}
	if err := p.conn.Exec(layout.CreateTable(p.cat, t)); err != nil {
		return err
	}
	if fill != nil {
		if err := p.fill(t, fill); err != nil {
			return err
		}
	}
	for _, ix := range t.Indexes {
		if err := p.createIndex(t, ix); err != nil {
			return err
		}
	}
	return nil
}

// withoutUnique changes a table while its unique indexes are away, and makes them again: which key is there twice is known only then.
func (p *physical) withoutUnique(old, t *catalog.Table, change func() error) error {
	var unique []*catalog.Index
	for _, ix := range t.Indexes {
		if !ix.Unique && ix.Operators == nil || indexByOID(old, ix.OID) == nil { // those that are new have steps of their own
			continue
		}
		unique = append(unique, ix)
		if err := p.dropIndex(t, ix); err != nil {
			return err
		}
	}
	if err := change(); err != nil {
		return err
	}
	for _, ix := range unique {
		if err := p.createIndex(t, ix); err != nil {
			return err
		}
	}
	return nil
}

// distinctNames refuses columns whose names differ only in case, which SQLite takes for one.
func distinctNames(t *catalog.Table) error {
	seen := map[string]string{}
	for _, c := range t.Columns {
		folded := strings.ToLower(c.Name)
		if other, ok := seen[folded]; ok {
			return fault.Unsupported(fmt.Sprintf("a table with columns %q and %q, which differ only in case,", other, c.Name), "Rename one of them.")
		}
		seen[folded] = c.Name
	}
	return nil
}

// fill puts the rows of a query into a table that is new or empty.
func (p *physical) fill(t *catalog.Table, q *sql.Select) error {
	ins, err := p.insert(layout.TableName(t.Schema, t.Name), t)
	if err != nil {
		return err
	}
	defer ins.Close()
	p.filled = 0
	return runQuery(p.s, t.Owner, q, nil, func(row []value.Datum) error {
		p.filled++
		return step(ins, append([]value.Datum{value.Int(p.filled)}, row[:len(t.Columns)]...)...)
	})
}

// insert prepares the insertion of whole rows of t into the quoted table name: the ctid, then the columns.
func (p *physical) insert(name string, t *catalog.Table) (*store.Stmt, error) {
	return p.conn.Stmt(`INSERT INTO ` + name + ` (` + physicalColumns(t) + `) VALUES (` + strings.TrimSuffix(strings.Repeat("?, ", len(t.Columns)+1), ", ") + `)`)
}

// physicalColumns is the list of all columns of a stored table, the ctid first.
func physicalColumns(t *catalog.Table) string {
	var b strings.Builder
	b.WriteString(layout.CtidColumn)
	for _, c := range t.Columns {
		b.WriteString(", " + layout.Quote(c.Name))
	}
	return b.String()
}

func (p *physical) createIndex(t *catalog.Table, ix *catalog.Index) error {
	if !layout.Physical(ix) {
		return p.apart(t, ix)
	}
	name, err := p.indexName(t, ix)
	if err != nil {
		return err
	}
	text, err := layout.CreateIndexAs(p.cat, t, ix, name, p.lowerIndex(ix))
	if errors.Is(err, errNotIndexable) {
		return p.apart(t, ix) // it would have served speed only
	}
	if err != nil {
		return err
	}
	if err = p.conn.Exec(text); errors.Is(err, sqlite3.CONSTRAINT) && ix.Unique {
		return p.duplicates(t, ix)
	}
	if err != nil {
		return err
	}
	return p.apart(t, ix)
}

// placeSequence stores the position of a sequence that was made or restarted.
func (p *physical) placeSequence(seq *catalog.Sequence, last int64) error {
	exec.SequenceChanged(p.s, seq, &eval.Position{Last: last})
	return p.exec(`INSERT INTO `+layout.SequencesTable+` (oid, last_value, is_called) VALUES (?1, ?2, 0) ON CONFLICT (oid) DO UPDATE SET last_value = ?2, is_called = 0`,
		value.Int(int64(seq.OID)), value.Int(last))
}

// alterTable leads a table's file form from old to new.
func (p *physical) alterTable(old, new *catalog.Table, using map[string]sql.Expr) error {
	if err := distinctNames(new); err != nil {
		return err
	}
	from, err := p.conversions(old, new, using)
	if err != nil {
		return err
	}
	if p.needsRebuild(old, new, from) {
		err = p.rebuild(old, new, from)
	} else {
		err = p.alterInPlace(old, new, from)
	}
	if err != nil {
		return err
	}
	return p.validate(old, new, from)
}

// conversion says where a column's values come from. With old nil the column is new. compute is nil where values stay as they are or start as NULL.
type conversion struct {
	col     *catalog.Column
	old     *catalog.Column
	compute eval.Closure // over the old row, or for a generated column over the new row
	newRow  bool         // compute looks at the new row
	once    bool         // compute gives the same for every row
}

func (p *physical) conversions(old, new *catalog.Table, using map[string]sql.Expr) ([]conversion, error) {
	all := make([]conversion, len(new.Columns))
	for i, col := range new.Columns {
		c := conversion{col: col}
		for _, o := range old.Columns {
			if o.Num == col.Num {
				c.old = o
			}
		}
		var err error
		switch {
		case c.old == nil && col.Generated, c.old != nil && col.Generated && c.old.Type != col.Type:
			rel := rowRel(new)
			c.newRow = true
			c.compute, err = p.compile(p.cat, col.Default, col, rel)
		case c.old == nil:
			c.compute, c.once, err = p.startValue(col)
		case using[col.Name] != nil:
			c.compute, err = p.compile(p.old, using[col.Name], col, rowRel(old))
		case c.old.Type != col.Type && !sameValues(p.cat, c.old.Type, col.Type):
			if c.compute, err = p.compile(p.cat, &sql.ColumnRef{Fields: []string{c.old.Name}, Pos: sql.NoPos}, col, rowRel(old)); fault.Code(err) == fault.DatatypeMismatch || fault.Code(err) == fault.CannotCoerce {
				err = fault.New(fault.DatatypeMismatch, "column %q cannot be cast automatically to type %s", col.Name, p.cat.TypeString(col.Type)).
					WithHint(`You might need to specify "USING %s::%s".`, sql.QuoteIdent(col.Name), p.cat.TypeString(col.Type))
			}
		}
		if err != nil {
			return nil, err
		}
		all[i] = c
	}
	return all, nil
}

// rowRel stands for a row of t in expressions.
func rowRel(t *catalog.Table) *tree.Rel {
	r := &tree.Rel{Kind: tree.RowRel, Alias: t.Name, Table: t}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: c.Type})
	}
	return r
}

// compile makes a closure of an expression whose value is stored in col; the only row of its frame is rel's.
func (p *physical) compile(cat *catalog.Catalog, e sql.Expr, col *catalog.Column, rel ...*tree.Rel) (eval.Closure, error) {
	x, err := analyze.Assigned(cat, &analyze.Env{Path: p.s.Path}, e, analyze.InOther, col.Name, col.Type, rel...)
	if err != nil {
		return nil, err
	}
	return eval.Compile(p.cat, x, eval.Options{Rels: rel})
}

// startValue computes what existing rows get in a new column. once is set where it is the same for all.
func (p *physical) startValue(col *catalog.Column) (compute eval.Closure, once bool, err error) {
	e := col.Default
	if e == nil && col.Identity != 0 && col.Sequence != 0 {
		seq := p.cat.SequenceByOID(col.Sequence)
		e = &sql.FuncCall{Name: sql.Name{Schema: "pg_catalog", Name: "nextval", Pos: sql.NoPos}, Args: []sql.Arg{{Value: &sql.Const{Kind: sql.StringConst, Text: sql.QuoteIdent(seq.Schema) + "." + sql.QuoteIdent(seq.Name), Pos: sql.NoPos}}}, Pos: sql.NoPos}
	}
	if y := p.cat.Type(col.Type.OID); e == nil && y.Kind == catalog.DomainType {
		e = cmp.Or[sql.Expr](y.Default, &sql.Const{Kind: sql.NullConst, Pos: sql.NoPos}) // the domain may refuse NULL
	}
	if e == nil {
		return nil, false, nil
	}
	x, err := analyze.Assigned(p.cat, &analyze.Env{Path: p.s.Path}, e, analyze.InDefault, col.Name, col.Type)
	if err != nil {
		return nil, false, err
	}
	compute, err = eval.Compile(p.cat, x, eval.Options{})
	return compute, !volatile(x), err
}

// volatile reports whether an expression may give another value each time.
func volatile(x tree.Expr) bool {
	return tree.Any(x, func(e tree.Expr) bool {
		c, ok := e.(*tree.Call)
		return ok && (c.Fn != nil && c.Fn.Volatility == 'v' || c.User != nil && c.User.Volatility == 'v')
	})
}

// sameValues reports whether every value of type from is the same value in type to, so that rows need not be touched.
func sameValues(cat *catalog.Catalog, from, to catalog.TypeRef) bool {
	text := func(t catalog.TypeRef) bool { return t.OID == catalog.TextOID || t.OID == catalog.VarcharOID }
	switch {
	case from.OID == to.OID && to.Mod == -1 && from.OID != catalog.BpcharOID:
		return true
	case text(from) && text(to):
		return to.Mod == -1 || from.OID == catalog.VarcharOID && from.Mod != -1 && from.Mod <= to.Mod
	}
	return false
}

// needsRebuild reports whether SQLite's ALTER TABLE cannot do it.
func (p *physical) needsRebuild(old, new *catalog.Table, from []conversion) bool {
	last := int16(-1)
	for i, c := range from {
		if c.old == nil {
			continue
		}
		if last > c.col.Num || i > 0 && from[i-1].old == nil {
			return true
		}
		last = c.col.Num
		if c.old.Type != c.col.Type && (layout.StorageOf(p.old, c.old.Type) != layout.StorageOf(p.cat, c.col.Type) || layout.CollationOf(p.old, c.old.Type) != layout.CollationOf(p.cat, c.col.Type)) {
			return true
		}
	}
	return !slices.Equal(foreignKeys(old), foreignKeys(new))
}

// foreignKeys are the constraints that a table's declaration holds.
func foreignKeys(t *catalog.Table) (oids []catalog.OID) {
	for _, c := range t.Constraints {
		if c.Kind == catalog.ForeignKey && !c.NotValid {
			oids = append(oids, c.OID)
		}
	}
	return oids
}

func (p *physical) alterInPlace(old, new *catalog.Table, from []conversion) error {
	name := layout.TableName(old.Schema, old.Name)
	// Indexes first: SQLite drops no column that one uses, and the names of those that stay may change with the table's schema.
	var again []*catalog.Index
	for _, ix := range new.Indexes {
		if o := indexByOID(old, ix.OID); o != nil && (layout.IndexName(old, o) != layout.IndexName(new, ix) || o.NullsNotDistinct != ix.NullsNotDistinct || o.Deferrable != ix.Deferrable || hasExpression(ix) && columnsRenamed(from)) {
			if err := p.dropIndex(old, o); err != nil {
				return err
			}
			again = append(again, ix)
		}
	}
	if to := layout.TableName(new.Schema, new.Name); to != name {
		if err := p.conn.Exec(`ALTER TABLE ` + name + ` RENAME TO ` + to); err != nil {
			return err
		}
		name = to
	}
	for _, o := range old.Columns {
		if !slices.ContainsFunc(from, func(c conversion) bool { return c.old == o }) {
			if err := p.conn.Exec(`ALTER TABLE ` + name + ` DROP COLUMN ` + layout.Quote(o.Name)); err != nil {
				return err
			}
		}
	}
	if err := p.renameColumns(name, from); err != nil {
		return err
	}
	for _, c := range from {
		if c.old == nil {
			if err := p.conn.Exec(`ALTER TABLE ` + name + ` ADD COLUMN ` + layout.ColumnDecl(p.cat, c.col)); err != nil {
				return err
			}
		}
	}
	if err := p.convertInPlace(name, old, new, from); err != nil {
		return err
	}
	for _, ix := range again {
		if err := p.createIndex(new, ix); err != nil {
			return err
		}
	}
	return nil
}

// renameColumns renames in two steps where names change places.
func (p *physical) renameColumns(table string, from []conversion) error {
	rename := func(a, b string) error {
		return p.conn.Exec(`ALTER TABLE ` + table + ` RENAME COLUMN ` + layout.Quote(a) + ` TO ` + layout.Quote(b))
	}
	taken := func(name string) bool {
		return slices.ContainsFunc(from, func(c conversion) bool { return c.old != nil && strings.EqualFold(c.old.Name, name) })
	}
	var later []conversion
	for _, c := range from {
		switch {
		case c.old == nil || c.old.Name == c.col.Name:
		case taken(c.col.Name):
			if err := rename(c.old.Name, "mainstay."+c.old.Name); err != nil {
				return err
			}
			later = append(later, c)
		default:
			if err := rename(c.old.Name, c.col.Name); err != nil {
				return err
			}
		}
	}
	for _, c := range later {
		if err := rename("mainstay."+c.old.Name, c.col.Name); err != nil {
			return err
		}
	}
	return nil
}

func indexByOID(t *catalog.Table, oid catalog.OID) *catalog.Index {
	for _, ix := range t.Indexes {
		if ix.OID == oid {
			return ix
		}
	}
	return nil
}

func hasExpression(ix *catalog.Index) bool {
	return ix.Where != nil || slices.ContainsFunc(ix.Keys, func(k sql.IndexKey) bool { return k.Expr != nil })
}

func columnsRenamed(from []conversion) bool {
	return slices.ContainsFunc(from, func(c conversion) bool { return c.old != nil && c.old.Name != c.col.Name })
}

// convertInPlace computes the columns that need it in each row of the altered table. Rows keep their places in the heap, as in a table that PostgreSQL rewrites.
func (p *physical) convertInPlace(name string, old, new *catalog.Table, from []conversion) error {
	var set []string
	var work []conversion
	for _, c := range from {
		if c.compute != nil {
			work = append(work, c)
			set = append(set, layout.Quote(c.col.Name)+" = ?")
		}
	}
	if len(work) == 0 {
		return nil
	}
	if !slices.ContainsFunc(work, func(c conversion) bool { return !c.once }) {
		if empty, err := p.empty(name); err != nil || empty {
			return err
		}
		var args []value.Datum
		for _, c := range work {
			v, err := c.compute(&eval.Frame{S: p.s})
			if err != nil {
				return err
			}
			args = append(args, v)
		}
		return p.withoutUnique(old, new, func() error { return p.exec(`UPDATE `+name+` SET `+strings.Join(set, ", "), args...) })
	}
	update, err := p.conn.Stmt(`UPDATE ` + name + ` SET ` + strings.Join(set, ", ") + ` WHERE ` + layout.CtidColumn + ` = ?`)
	if err != nil {
		return err
	}
	defer update.Close()
	// The rows are taken in the table's new form; a compute over the old row finds its columns there, for those that went away are not in it.
	each := func(ctid int64, row []value.Datum) error {
		conv := rowConverter{p: p, old: old, from: from}
		oldRow := conv.oldRow(row)
		if err := conv.convert(oldRow, row); err != nil {
			return err
		}
		var args []value.Datum
		for i, c := range from {
			if c.compute != nil {
				args = append(args, row[i])
			}
		}
		return step(update, append(args, value.Int(ctid))...)
	}
	return p.withoutUnique(old, new, func() error { return p.eachRow(name, new, each) })
}

func (p *physical) empty(name string) (bool, error) {
	none := true
	err := p.query(`SELECT 1 FROM `+name+` LIMIT 1`, nil, func(*store.Stmt) error {
		none = false
		return nil
	})
	return none, err
}

// eachRow reads the rows of a table in the order of the heap. fn may change the row under it.
func (p *physical) eachRow(name string, t *catalog.Table, fn func(ctid int64, row []value.Datum) error) error {
	// A few rows at a time, from where the last ones ended: SQLite leaves open what a scan sees of rows that change under it.
	const chunk = 1000
	next := int64(-1 << 63)
	var ctids []int64
	var rows [][]value.Datum
	for {
		ctids, rows = ctids[:0], rows[:0]
		err := p.query(`SELECT `+physicalColumns(t)+` FROM `+name+` WHERE `+layout.CtidColumn+` > ?1 ORDER BY `+layout.CtidColumn+` LIMIT ?2`,
			[]value.Datum{value.Int(next), value.Int(chunk)}, func(st *store.Stmt) error {
				ctids = append(ctids, st.ColumnInt64(0))
				row := make([]value.Datum, len(t.Columns))
				for i := range row {
					row[i] = column(st, i+1)
				}
				rows = append(rows, row)
				return nil
			})
		if err != nil {
			return err
		}
		for i, row := range rows {
			if err := fn(ctids[i], row); err != nil {
				return err
			}
		}
		if len(rows) < chunk {
			return nil
		}
		next = ctids[len(ctids)-1]
	}
}

// rowConverter computes the new form of rows.
type rowConverter struct {
	p    *physical
	old  *catalog.Table
	from []conversion
}

// oldRow arranges a row in the new form's order in that of the old table.
func (c *rowConverter) oldRow(row []value.Datum) []value.Datum {
	old := make([]value.Datum, len(c.old.Columns))
	for i, f := range c.from {
		if f.old != nil {
			old[slices.Index(c.old.Columns, f.old)] = row[i]
		}
	}
	return old
}

// convert computes what is to be computed in row, which holds the old values of the columns that were there.
func (c *rowConverter) convert(old, row []value.Datum) (err error) {
	for _, generated := range []bool{false, true} { // a generated column looks at the others' new values
		for i, f := range c.from {
			if f.compute == nil || f.newRow != generated {
				continue
			}
			frame := &eval.Frame{S: c.p.s, Rows: [][]value.Datum{old}}
			if generated {
				frame.Rows[0] = row
			}
			if row[i], err = f.compute(frame); err != nil {
				return err
			}
		}
	}
	return nil
}

// rebuild makes the table anew with its rows in their places.
func (p *physical) rebuild(old, new *catalog.Table, from []conversion) error {
	oldName, newName := layout.TableName(old.Schema, old.Name), layout.TableName(new.Schema, new.Name)
	if err := p.conn.Exec(layout.CreateTableAs(p.cat, new, rebuildName)); err != nil {
		return err
	}
	if !slices.ContainsFunc(from, func(c conversion) bool { return c.compute != nil }) {
		into, take := layout.CtidColumn, layout.CtidColumn
		for _, c := range from {
			if c.old != nil {
				into += ", " + layout.Quote(c.col.Name)
				take += ", " + layout.Quote(c.old.Name)
			}
		}
		if err := p.conn.Exec(`INSERT INTO ` + rebuildName + ` (` + into + `) SELECT ` + take + ` FROM ` + oldName + ` ORDER BY 1`); err != nil {
			return err
		}
	} else if err := p.copyRows(oldName, old, new, from); err != nil {
		return err
	}
	if err := inQuery(p.conn.Exec(`DROP TABLE `+oldName), "rewriting the table "+old.Name); err != nil {
		return err
	}
	if err := p.conn.Exec(`ALTER TABLE ` + rebuildName + ` RENAME TO ` + newName); err != nil {
		return err
	}
	for _, ix := range new.Indexes {
		// New ones have steps of their own.
		if indexByOID(old, ix.OID) != nil {
			if err := p.createIndex(new, ix); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *physical) copyRows(oldName string, old, new *catalog.Table, from []conversion) error {
	ins, err := p.insert(rebuildName, new)
	if err != nil {
		return err
	}
	defer ins.Close()
	conv := rowConverter{p: p, old: old, from: from}
	return p.eachRow(oldName, old, func(ctid int64, oldRow []value.Datum) error {
		row := make([]value.Datum, len(from))
		for i, c := range from {
			if c.old != nil {
				row[i] = oldRow[slices.Index(old.Columns, c.old)]
			}
		}
		if err := conv.convert(oldRow, row); err != nil {
			return err
		}
		return step(ins, append([]value.Datum{value.Int(ctid)}, row...)...)
	})
}

// changeType follows a change of an enum: stored labels that were renamed, and indexes whose order moved.
func (p *physical) changeType(old, new *catalog.Type) error {
	if old != nil && new != nil && old.Kind == catalog.DomainType {
		return p.domainHolds(old, new)
	}
	if old == nil || new == nil || old.Kind != catalog.EnumType || slices.Equal(old.Labels, new.Labels) {
		return nil
	}
	if len(old.Labels) == len(new.Labels) {
		for i, label := range old.Labels {
			if label != new.Labels[i] {
				if err := p.renameLabel(new, label, new.Labels[i]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if slices.Equal(old.Labels, new.Labels[:len(old.Labels)]) {
		return nil // added at the end: the order of what is stored is as before
	}
	for t := range p.cat.Tables() {
		for _, c := range t.Columns {
			if stored(t) && p.cat.BaseType(c.Type).OID == new.OID {
				if err := p.conn.Exec(`REINDEX ` + layout.TableName(t.Schema, t.Name)); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

func (p *physical) renameLabel(t *catalog.Type, from, to string) error {
	for tab := range p.cat.Tables() {
		if !stored(tab) {
			continue
		}
		name := layout.TableName(tab.Schema, tab.Name)
		for _, c := range tab.Columns {
			col := layout.Quote(c.Name)
			var err error
			switch p.cat.BaseType(c.Type).OID {
			case t.OID:
				err = p.exec(`UPDATE `+name+` SET `+col+` = ?2 WHERE `+col+` COLLATE BINARY = ?1`, value.Text(from), value.Text(to))
			case t.Array:
				err = p.exec(`UPDATE `+name+` SET `+col+` = replace(`+col+`, json_quote(?1), json_quote(?2)) WHERE instr(`+col+`, json_quote(?1))`, value.Text(from), value.Text(to))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// exec runs one statement with parameters.
func (p *physical) exec(text string, args ...value.Datum) error {
	st, err := p.conn.Stmt(text)
	if err != nil {
		return err
	}
	defer st.Close()
	return step(st, args...)
}

// query runs a statement and calls row for each row.
func (p *physical) query(text string, args []value.Datum, row func(*store.Stmt) error) error {
	st, err := p.conn.Stmt(text)
	if err != nil {
		return err
	}
	defer st.Close()
	if err := bind(st, args); err != nil {
		return err
	}
	for st.Step() {
		if err := row(st); err != nil {
			return err
		}
	}
	return st.Err()
}

// step binds and runs a statement.
func step(st *store.Stmt, args ...value.Datum) error {
	if err := bind(st, args); err != nil {
		return err
	}
	return st.Exec()
}

func bind(st *store.Stmt, args []value.Datum) error {
	for i, a := range args {
		var err error
		switch a.Kind() {
		case value.KindNull:
			err = st.BindNull(i + 1)
		case value.KindInt:
			err = st.BindInt64(i+1, a.Int64())
		case value.KindFloat:
			err = st.BindFloat(i+1, a.Float64())
		case value.KindText:
			err = st.BindText(i+1, a.Str())
		case value.KindBlob:
			err = st.BindBlob(i+1, a.Bytes())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// column reads a column of the current row.
func column(st *store.Stmt, i int) value.Datum {
	switch st.ColumnType(i) {
	case sqlite3.INTEGER:
		return value.Int(st.ColumnInt64(i))
	case sqlite3.FLOAT:
		return value.Float(st.ColumnFloat(i))
	case sqlite3.TEXT:
		return value.Text(st.ColumnText(i))
	case sqlite3.BLOB:
		return value.Blob(st.ColumnRawBlob(i))
	}
	return value.Null
}
