package catalog

import "sync"

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
	Constraint string // the foreign key's name; "" for ManyToMany and Computed
	FromCols   []string
	ToCols     []string
	IsParent   bool // OneToOne: From is the referenced side
	SelfRef    bool // From and To show the same table

	// ManyToMany: the table between, and its two foreign keys; FromCols/ToCols are the referenced columns of From and To.
	Junction                         *Table
	JunctionFrom, JunctionTo         string   // constraint names
	JunctionFromCols, JunctionToCols []string // columns of Junction

	Func   *Function // Computed
	ToMany bool      // Computed: returns a set of any number
}

type relationshipCache struct {
	once  sync.Once
	byOID map[OID][]Relationship
}

// Relationships is the relationships that start at t. The slice is not to be changed. Computed once per catalog.
func (c *Catalog) Relationships(t *Table) []Relationship {
	c.rels.once.Do(func() { c.rels.byOID = c.relationships() })
	return c.rels.byOID[t.OID]
}

func (c *Catalog) relationships() map[OID][]Relationship { return map[OID][]Relationship{} }
