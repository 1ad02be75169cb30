package catalog

import (
	"slices"
	"sync"

	"github.com/mainstay-dev/mainstay/internal/sql"
)

// RelationshipKind is the cardinality of a Relationship.
type RelationshipKind uint8

// The kinds of relationship.
const (
	ManyToOne RelationshipKind = iota
	OneToMany
	OneToOne
	ManyToMany
	Computed
)

// Relationship is a way from one table to another that a REST request may embed.
type Relationship struct {
	Kind       RelationshipKind
	From, To   *Table
	Constraint string   // the foreign key's name; "" for ManyToMany and Computed
	FromCols   []string // of From and To; FromCols[i] belongs to ToCols[i], or to JunctionFromCols[i]
	ToCols     []string
	IsParent   bool // OneToOne: From is the referenced side
	SelfRef    bool // From and To are the same table or view

	// ManyToMany: the table between, its two foreign keys by name, and their columns; FromCols and ToCols are what they refer to.
	Junction                         *Table
	JunctionFrom, JunctionTo         string
	JunctionFromCols, JunctionToCols []string

	Func   *Function // Computed: takes a row of From
	ToMany bool      // Computed: returns any number of rows
}

type relationshipCache struct {
	once  sync.Once
	byOID map[OID][]Relationship
}

// Relationships is the relationships that start at t, as PostgREST's schema cache has them: foreign keys both ways, one-to-one where the
// key's columns are a primary key or unique; the same through views that show the columns; many-to-many through tables whose primary key
// contains two foreign keys; functions of a row. The slice is not to be changed. All are computed once per catalog, at the first call.
func (c *Catalog) Relationships(t *Table) []Relationship {
	c.rels.once.Do(func() { c.rels.byOID = c.relationships() })
	return c.rels.byOID[t.OID]
}

func (c *Catalog) relationships() map[OID][]Relationship {
	var toOne []Relationship // many-to-one, and one-to-one seen from the foreign key
	for t := range c.Tables() {
		if t.IsPartition {
			continue
		}
		for _, k := range t.Constraints {
			ref := c.TableByOID(k.RefTable)
			if k.Kind != ForeignKey || ref == nil || ref.IsPartition {
				continue
			}
			r := Relationship{Kind: ManyToOne, From: t, To: ref, Constraint: k.Name, FromCols: k.Columns, ToCols: k.RefColumns}
			if t.isKey(k.Columns) {
				r.Kind = OneToOne
			}
			toOne = append(toOne, r)
		}
	}
	toOne = append(toOne, c.throughViews(toOne)...)
	all := map[OID][]Relationship{}
	add := func(r Relationship) {
		r.SelfRef = r.From.OID == r.To.OID
		all[r.From.OID] = append(all[r.From.OID], r)
	}
	for _, r := range toOne {
		add(r)
		back := Relationship{Kind: OneToMany, From: r.To, To: r.From, Constraint: r.Constraint, FromCols: r.ToCols, ToCols: r.FromCols}
		if r.Kind == OneToOne {
			back.Kind, back.IsParent = OneToOne, true
		}
		add(back)
	}
	c.junctions(toOne, add)
	for f := range c.AllFunctions() {
		if r, ok := c.computed(f); ok {
			add(r)
		}
	}
	return all
}

// isKey says whether the columns are exactly those of the primary key or of a unique constraint.
func (t *Table) isKey(cols []string) bool {
	for _, k := range t.Constraints {
		if (k.Kind == PrimaryKey || k.Kind == Unique) && sameSet(k.Columns, cols) {
			return true
		}
	}
	return false
}

func sameSet(a, b []string) bool { return len(a) == len(b) && contains(a, b) }

func contains(all, some []string) bool {
	for _, s := range some {
		if !slices.Contains(all, s) {
			return false
		}
	}
	return true
}

// shown is the columns of a view that show base columns, by table and name: the first where one is shown twice.
type shown map[ViewColumn]string

func (c *Catalog) shownBy(v *Table) shown {
	s := shown{}
	for i, col := range v.ViewColumns {
		for depth := 0; depth < 64; depth++ {
			b := c.TableByOID(col.Table)
			if b == nil || b.ViewColumns == nil {
				break
			}
			j := b.ColumnIndex(col.Column)
			if j < 0 || j >= len(b.ViewColumns) {
				break
			}
			col = b.ViewColumns[j]
		}
		if _, dup := s[col]; !dup && col.Table != 0 && i < len(v.Columns) {
			s[col] = v.Columns[i].Name
		}
	}
	return s
}

// of gives the view's names of a table's columns, nil when one is not shown.
func (s shown) of(table OID, cols []string) []string {
	out := make([]string, len(cols))
	for i, n := range cols {
		var ok bool
		if out[i], ok = s[ViewColumn{table, n}]; !ok {
			return nil
		}
	}
	return out
}

// throughViews gives the foreign keys again with a view in place of one or both of their tables.
func (c *Catalog) throughViews(base []Relationship) []Relationship {
	type shows struct {
		view *Table
		cols shown
	}
	byTable := map[OID][]shows{}
	for v := range c.Tables() {
		if v.Kind != View && v.Kind != MatView {
			continue
		}
		s := shows{v, c.shownBy(v)}
		seen := map[OID]bool{}
		for col := range s.cols {
			if !seen[col.Table] {
				seen[col.Table] = true
				byTable[col.Table] = append(byTable[col.Table], s)
			}
		}
	}
	var out []Relationship
	for _, r := range base {
		froms := byTable[r.From.OID]
		tos := byTable[r.To.OID]
		for _, f := range froms {
			cols := f.cols.of(r.From.OID, r.FromCols)
			if cols == nil {
				continue
			}
			n := r
			n.From, n.FromCols = f.view, cols
			out = append(out, n)
			for _, t := range tos {
				if refs := t.cols.of(r.To.OID, r.ToCols); refs != nil {
					m := n
					m.To, m.ToCols = t.view, refs
					out = append(out, m)
				}
			}
		}
		for _, t := range tos {
			if refs := t.cols.of(r.To.OID, r.ToCols); refs != nil {
				n := r
				n.To, n.ToCols = t.view, refs
				out = append(out, n)
			}
		}
	}
	return out
}

// junctions finds the pairs of foreign keys that a primary key contains.
func (c *Catalog) junctions(toOne []Relationship, add func(Relationship)) {
	byJunction := map[OID][]Relationship{}
	var order []*Table
	for _, r := range toOne {
		if r.Kind == ManyToOne {
			if byJunction[r.From.OID] == nil {
				order = append(order, r.From)
			}
			byJunction[r.From.OID] = append(byJunction[r.From.OID], r)
		}
	}
	for _, j := range order {
		key := c.keyColumns(j)
		if len(key) == 0 {
			continue
		}
		rs := byJunction[j.OID]
		for _, a := range rs {
			if !contains(key, a.FromCols) {
				continue
			}
			for _, b := range rs {
				if a.Constraint == b.Constraint || !contains(key, b.FromCols) {
					continue
				}
				add(Relationship{Kind: ManyToMany, From: a.To, To: b.To, FromCols: a.ToCols, ToCols: b.ToCols, Junction: j,
					JunctionFrom: a.Constraint, JunctionTo: b.Constraint, JunctionFromCols: a.FromCols, JunctionToCols: b.FromCols})
			}
		}
	}
}

// keyColumns is the primary key's columns, of a view those of its base table when it shows them all.
func (c *Catalog) keyColumns(t *Table) []string {
	if pk := t.PrimaryKey(); pk != nil {
		return pk.Columns
	}
	if t.ViewColumns == nil {
		return nil
	}
	s := c.shownBy(t)
	var bases []OID
	for col := range s {
		if !slices.Contains(bases, col.Table) {
			bases = append(bases, col.Table)
		}
	}
	slices.Sort(bases)
	for _, oid := range bases {
		if base := c.TableByOID(oid); base != nil && base.PrimaryKey() != nil {
			if cols := s.of(base.OID, base.PrimaryKey().Columns); cols != nil {
				return cols
			}
		}
	}
	return nil
}

// computed is a function of one argument, a row of a table, that returns rows of a table.
func (c *Catalog) computed(f *Function) (Relationship, bool) {
	args := f.ArgTypes()
	if f.Kind != PlainFunction || len(args) != 1 || len(f.Params) != 1 || f.Params[0].Mode != sql.InArg {
		return Relationship{}, false
	}
	arg, result := c.Type(args[0]), c.Type(f.Returns.OID)
	if arg == nil || result == nil || arg.Table == 0 || result.Table == 0 {
		return Relationship{}, false
	}
	from, to := c.TableByOID(arg.Table), c.TableByOID(result.Table)
	if from == nil || to == nil {
		return Relationship{}, false
	}
	return Relationship{Kind: Computed, From: from, To: to, Func: f, ToMany: f.ReturnsSet && f.Rows != 1}, true
}
