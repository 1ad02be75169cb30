package rest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// A nest is the payload of a nested write (Prefer: nested=write), taken apart: the rows of each place in it are a group and go into their table
// together. What the members of an object mean is decided here, by the catalog; nothing is written yet.
type nest struct {
	names   *plan.Nesting
	limits  *Limits
	columns []string // of the parent that count; nil for all
	missing string   // Prefer: missing
	action  query.Action
	cat     *catalog.Catalog
	root    *group
	all     []*group
	rows    int
	bulk    bool // the payload is an array
}

// A group is the rows of one place in the payload: order_items of all orders.
type group struct {
	path     string // of the place, "" for the top
	table    *catalog.Table
	up       *branch // nil at the top
	rows     []*nestedRow
	branches []*branch
	columns  []string // that are written: those of the payload, and those that hold the keys of other rows
	keep     []string // whose values other rows need
	plan     *plan.Plan
	defaults bool // what a row lacks is its column's default
}

// A branch ties a group to the rows beside it.
type branch struct {
	from, to *group
	rel      *catalog.Relationship
	key      string
	junction *group // of a many-to-many relationship: the rows between
}

// first says whether the branch's rows have to be there before those that hold their key.
func (b *branch) first() bool {
	return b.rel.Kind == catalog.ManyToOne || b.rel.Kind == catalog.OneToOne && !b.rel.IsParent
}

func (b *branch) toMany() bool {
	return b.rel.Kind == catalog.OneToMany || b.rel.Kind == catalog.ManyToMany
}

// A nestedRow is an object of the payload.
type nestedRow struct {
	path    string
	up      *nestedRow
	columns []string
	values  [][]byte // of columns, as they were sent
	beside  map[*branch][]*nestedRow
	link    bool // it is nothing but the primary key of a row that is there: it is not written

	filled []member // from the keys of other rows
	kept   [][]byte // of the group's keep, JSON
}

type member struct {
	column string
	value  []byte
}

// value is what the row has in a column, nil for nothing.
func (r *nestedRow) value(column string) []byte {
	if i := slices.Index(r.columns, column); i >= 0 {
		return r.values[i]
	}
	for _, m := range r.filled {
		if m.column == column {
			return m.value
		}
	}
	return nil
}

// read takes the payload apart, and says which columns each group writes.
func (n *nest) read(relation string, body []byte, selection []query.Item) error {
	t, err := n.names.Table(relation)
	if err != nil {
		return err
	}
	if n.root, err = n.group("", t, nil); err != nil {
		return err
	}
	top := query.Node{Select: selection}
	if n.bulk = body[0] == '['; n.bulk {
		i := 0
		err = each(body, func(raw []byte) error {
			_, err := n.row(n.root, raw, nil, "["+strconv.Itoa(i)+"]", &top, 1)
			i++
			return err
		})
	} else {
		_, err = n.row(n.root, body, nil, "", &top, 1)
	}
	if err != nil {
		return err
	}
	for _, g := range n.all {
		if err := n.settle(g); err != nil {
			return err
		}
	}
	return nil
}

// each is elements for functions that may fail.
func each(arr []byte, f func(raw []byte) error) (err error) {
	elements(arr, func(raw []byte) {
		if err == nil {
			err = f(raw)
		}
	})
	return err
}

func (n *nest) group(path string, t *catalog.Table, up *branch) (*group, error) {
	if len(n.all) > n.limits.Embeds {
		return nil, badBody("The payload writes to more than " + strconv.Itoa(n.limits.Embeds) + " related resources").
			WithHint("Ask for less in one request, or raise the limit in the project's settings.")
	}
	g := &group{path: path, table: t, up: up, defaults: n.missing == "default"}
	n.all = append(n.all, g)
	return g, nil
}

// row reads an object into the group.
func (n *nest) row(g *group, raw []byte, up *nestedRow, path string, node *query.Node, depth int) (*nestedRow, error) {
	if raw[0] != '{' {
		return nil, at(path, badBody("A row to write must be an object"))
	}
	if n.rows++; n.rows > n.limits.NestedRows {
		return nil, badBody("The payload has more than " + strconv.Itoa(n.limits.NestedRows) + " rows").
			WithHint("Ask for less in one request, or raise the limit in the project's settings.")
	}
	r := &nestedRow{path: path, up: up, beside: map[*branch][]*nestedRow{}}
	g.rows = append(g.rows, r)
	keys, values := members(raw)
	for i, key := range keys {
		if g.table.Column(key) != nil {
			if g.up != nil || n.columns == nil || slices.Contains(n.columns, key) {
				r.columns, r.values = append(r.columns, key), append(r.values, values[i])
			}
			continue
		}
		if err := n.related(g, r, key, values[i], node, depth); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// related reads the rows that belong to r by a relationship.
func (n *nest) related(g *group, r *nestedRow, key string, raw []byte, node *query.Node, depth int) error {
	path := r.path
	if path != "" {
		path += "."
	}
	path += key
	target, within := n.target(key, node)
	rel, err := n.names.Relationship(g.table, target)
	switch {
	case err == nil:
	case raw[0] != '{' && raw[0] != '[' && fault.Code(err) == "PGRST200":
		return at(path, fault.New("PGRST204", "Could not find the '%s' column of '%s' in the schema cache", key, g.table.Name))
	default:
		return at(path, err)
	}
	if rel.Kind == catalog.Computed {
		return at(path, fault.New(fault.FeatureNotSupported, "'%s' is computed by a function and cannot be written", key))
	}
	if depth >= n.limits.Depth {
		return at(path, badBody("The payload is nested deeper than "+strconv.Itoa(n.limits.Depth)+" rows").WithHint("Raise the limit in the project's settings."))
	}
	b, err := n.branch(g, key, rel)
	if err != nil {
		return err
	}
	if _, twice := r.beside[b]; twice {
		return at(path, badBody("The relationship is there twice, as '"+b.key+"' and as '"+key+"'"))
	}
	r.beside[b] = nil
	add := func(raw []byte, path string) error {
		child, err := n.row(b.to, raw, r, path, within, depth+1)
		if err != nil {
			return err
		}
		child.link = (b.first() || b.junction != nil) && isLink(n.cat, rel, child)
		r.beside[b] = append(r.beside[b], child)
		return nil
	}
	switch {
	case string(raw) == "null":
		return nil
	case !b.toMany() && raw[0] == '{':
		return add(raw, path)
	case !b.toMany():
		return at(path, badBody("'"+key+"' is one row and must be an object"))
	case raw[0] != '[':
		return at(path, badBody("'"+key+"' is any number of rows and must be an array"))
	}
	i := 0
	return each(raw, func(raw []byte) error {
		err := add(raw, path+"["+strconv.Itoa(i)+"]")
		i++
		return err
	})
}

// target is what a member's name means: an embedded resource of the select parameter by its name there, else target and hint as in that parameter.
func (n *nest) target(key string, node *query.Node) (*query.Embed, *query.Node) {
	if node != nil {
		if e := node.Embed(key); e != nil {
			return e, &e.Node
		}
	}
	name, hint, _ := strings.Cut(key, "!")
	return &query.Embed{Relation: name, Hint: hint}, nil
}

// branch is the branch of g for a relationship, whatever name it goes by.
func (n *nest) branch(g *group, key string, rel *catalog.Relationship) (*branch, error) {
	for _, b := range g.branches {
		o := b.rel
		if o.Kind == rel.Kind && o.To == rel.To && o.Constraint == rel.Constraint && o.IsParent == rel.IsParent && o.Junction == rel.Junction &&
			o.JunctionFrom == rel.JunctionFrom && o.JunctionTo == rel.JunctionTo {
			return b, nil
		}
	}
	b := &branch{from: g, rel: rel, key: key}
	path := key
	if g.path != "" {
		path = g.path + "." + key
	}
	var err error
	if b.to, err = n.group(path, rel.To, b); err != nil {
		return nil, err
	}
	switch {
	case rel.Kind == catalog.ManyToMany:
		b.junction = &group{path: path, table: rel.Junction, up: b}
		b.junction.columns = union(slices.Clone(rel.JunctionFromCols), rel.JunctionToCols)
		g.keep, b.to.keep = union(g.keep, rel.FromCols), union(b.to.keep, rel.ToCols)
	case b.first():
		b.to.keep = union(b.to.keep, rel.ToCols)
	default:
		g.keep = union(g.keep, rel.FromCols)
	}
	g.branches = append(g.branches, b)
	return b, nil
}

func union(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// isLink says whether the row is its primary key and nothing else, and that key what the relationship refers to: it names a row that is there.
func isLink(cat *catalog.Catalog, rel *catalog.Relationship, r *nestedRow) bool {
	key := plan.PrimaryKey(cat, rel.To)
	if len(key) == 0 || len(r.columns) != len(key) || len(r.beside) > 0 {
		return false
	}
	for i, c := range r.columns {
		if !slices.Contains(key, c) || string(r.values[i]) == "null" {
			return false
		}
	}
	return !slices.ContainsFunc(rel.ToCols, func(c string) bool { return !slices.Contains(key, c) })
}

// settle decides which columns the group writes. Rows that have different ones are refused, unless the client says what stands for what is missing.
func (n *nest) settle(g *group) error {
	var first []string
	for i, r := range g.written() {
		list, err := g.rowColumns(r)
		if err != nil {
			return at(r.path, err)
		}
		if i == 0 {
			first = list
		}
		chosen := n.missing != "" || g.up == nil && n.columns != nil
		if !chosen && !(len(list) == len(first) && len(union(slices.Clone(first), list)) == len(first)) {
			return at(r.path, badBody("All object keys must match").WithHint("Say what stands for the missing ones, with Prefer: missing=default or missing=null."))
		}
		g.columns = union(g.columns, list)
	}
	if g.up == nil {
		g.columns = union(g.columns, n.columns)
	}
	return nil
}

// rowColumns are the columns that the row brings. Those that hold the key of another row are filled from that row: a client that sends them says twice
// which row it belongs to, or says another one.
func (g *group) rowColumns(r *nestedRow) ([]string, error) {
	list := slices.Clone(r.columns)
	fill := func(columns []string, from string) error {
		for _, c := range columns {
			if slices.Contains(r.columns, c) {
				return badBody("The column '" + c + "' is filled from " + from + " and cannot be sent")
			}
		}
		list = union(list, columns)
		return nil
	}
	holds := g.up != nil && g.up.junction == nil && !g.up.first()
	if holds {
		if err := fill(g.up.rel.ToCols, "the row that this one is in"); err != nil {
			return nil, err
		}
	}
	for _, b := range g.branches {
		if _, there := r.beside[b]; !there || !b.first() {
			continue
		}
		if holds && g.up.rel.Constraint == b.rel.Constraint {
			return nil, badBody("'" + b.key + "' is the row that this one is in")
		}
		if err := fill(b.rel.FromCols, "'"+b.key+"'"); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// written are the group's rows that are not there already.
func (g *group) written() []*nestedRow {
	if !slices.ContainsFunc(g.rows, func(r *nestedRow) bool { return r.link }) {
		return g.rows
	}
	return slices.DeleteFunc(slices.Clone(g.rows), func(r *nestedRow) bool { return r.link })
}

// at adds the place in the payload to an error's details. Details that are a form of their own stay as they are.
func at(path string, err error) error {
	f := fault.As(err)
	if f == nil || path == "" || f.Code == "PGRST201" || f.Code == "PGRST" {
		return err
	}
	place := "At " + path + "."
	if f.Detail != "" {
		place = f.Detail + " " + place
	}
	return f.WithDetail("%s", place)
}
