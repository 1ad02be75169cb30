package exec

import (
	"slices"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
)

// A statement with data-modifying WITH items runs in parts: each of them, and the statement itself. PostgreSQL computes a WITH query once, from the data as it was,
// for all who read it. So a query that several parts read is no part of their texts: it is run by itself, and its rows are given to them.

// steps compiles the WITH items of q that are run by themselves, and gives q without those that are queries.
func (m *maker) steps(p *Program, q *tree.Query) (*tree.Query, error) {
	if !slices.ContainsFunc(q.CTEs, func(c *tree.CTE) bool { return c.Query.Command != tree.Select }) {
		return q, nil
	}
	p.readOnly = false
	main := *q
	main.CTEs = nil
	readers := map[*tree.CTE]int{} // parts
	changed := map[*tree.CTE]bool{}
	count := func(part *tree.Query) (reads map[*tree.CTE]bool) {
		reads = map[*tree.CTE]bool{}
		readCTEs(part, reads)
		for c := range reads {
			readers[c]++
		}
		return reads
	}
	p.first = q.Command == tree.Select
	for c := range count(&main) {
		p.first = p.first && c.Query.Command == tree.Select
	}
	for _, c := range q.CTEs {
		if c.Query.Command != tree.Select {
			count(c.Query)
			continue
		}
		reads := map[*tree.CTE]bool{}
		readCTEs(c.Query, reads)
		for r := range reads {
			changed[c] = changed[c] || r.Query.Command != tree.Select
		}
	}
	rest := *q
	rest.CTEs = slices.DeleteFunc(slices.Clone(q.CTEs), func(c *tree.CTE) bool { return c.Query.Command == tree.Select && readers[c] > 1 })
	var before []*tree.CTE // queries that no part but the next query reads
	for _, c := range q.CTEs {
		st := &step{cte: c}
		var err error
		switch {
		case c.Query.Command != tree.Select:
			st.change, err = m.change(c.Query, &rest)
		case readers[c] > 1:
			st.query, err = m.text(apart(wholeCTE(c, before, q.Recursive)), nil)
		default:
			before = append(before, c)
			continue
		}
		switch {
		case err != nil:
			return nil, err
		case st.change == nil && !changed[c]:
			p.shared = append(p.shared, st)
		default:
			p.steps = append(p.steps, st)
		}
	}
	return &rest, nil
}

// readCTEs adds the WITH items that q reads, by itself or through others that are queries.
func readCTEs(q *tree.Query, found map[*tree.CTE]bool) {
	tree.EachQuery(q, func(q *tree.Query) {
		for _, r := range q.Rels {
			if r.Kind != tree.CTERel || found[r.CTE] {
				continue
			}
			found[r.CTE] = true
			if r.CTE.Query.Command == tree.Select {
				readCTEs(r.CTE.Query, found)
			}
		}
	})
}

// wholeCTE is SELECT * FROM c, which may read itself and the queries before it.
func wholeCTE(c *tree.CTE, before []*tree.CTE, recursive bool) *tree.Query {
	from := &tree.Rel{Kind: tree.CTERel, Alias: c.Name, CTE: c, Columns: c.Columns}
	out := &tree.Query{
		Command: tree.Select, CTEs: append(slices.Clone(before), c), Recursive: recursive, Rels: []*tree.Rel{from}, From: []tree.FromItem{&tree.RelItem{Rel: from}},
	}
	for i, col := range c.Columns {
		out.Targets = append(out.Targets, tree.Target{Name: col.Name, Expr: &tree.Var{Rel: from, Col: i, Typ: col.Type}})
	}
	return out
}
