package plan

import (
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// Nesting tells what the members of a nested payload mean: a parent with the rows that belong to it. The rules, and the errors, are those of embedding.
type Nesting struct{ b builder }

// NewNesting is for requests of role in schema. The options are those of Build.
func NewNesting(cat *catalog.Catalog, schema, role string, o Options) *Nesting {
	return &Nesting{builder{cat: cat, st: &query.Statement{Schema: schema}, role: role, o: o}}
}

// Table finds the relation that is written to.
func (n *Nesting) Table(name string) (*catalog.Table, error) {
	return n.b.table(n.b.st.Schema, name)
}

// Relationship finds what an embedded resource of t is. It may be one that is computed, which cannot be written to.
func (n *Nesting) Relationship(t *catalog.Table, e *query.Embed) (*catalog.Relationship, error) {
	r, err := n.b.relationship(&source{table: t, columns: t.Columns, alias: t.Name}, e)
	if err != nil {
		return nil, err
	}
	return &r.Relationship, nil
}
