package exec

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
)

// A statement with data-modifying WITH items runs in parts: each of them, and the statement itself. PostgreSQL computes a WITH query once, from the data as it was,
// for all who read it. So a query that several parts read is no part of their texts: it is run by itself, and its rows are given to them.

// steps compiles the WITH items of q that are run by themselves, and gives q without those that are queries.
func (m *maker) steps(p *Program, q *tree.Query) (*tree.Query, error) {
	if err := m.captureOptions(p, q); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(q.CTEs, func(c *tree.CTE) bool { return c.Query.Command != tree.Select }) {
		return q, nil
	}
	p.readOnly = false
	if err := m.capture(p, q); err != nil {
		return nil, err
	}
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

// capture makes every part of the statement see the tables that it changes as they were: where a query reads such a table, the rows are read before anything is changed.
func (m *maker) capture(p *Program, q *tree.Query) error {
	changed := map[*catalog.Table]bool{}
	for _, c := range q.CTEs {
		if c.Query.Target != nil {
			changed[c.Query.Target.Table] = true
		}
	}
	var err error
	tree.EachQuery(q, func(part *tree.Query) {
		for _, r := range part.Rels {
			if r.Kind != tree.TableRel || r == part.Target || !changed[r.Table] || err != nil {
				continue
			}
			err = m.captured(p, r, q)
		}
	})
	return err
}

// captureOptions makes the check options of views see the table that is changed as it was: they are looked at when the row is there, which they must not find.
func (m *maker) captureOptions(p *Program, q *tree.Query) error {
	var err error
	for _, k := range q.Checks {
		if fault.Code(k.Err) != withCheckOption {
			continue
		}
		tree.EachSubQuery(k.Expr, func(sub *tree.Query) {
			tree.EachQuery(sub, func(part *tree.Query) {
				for _, r := range part.Rels {
					if r.Kind == tree.TableRel && r.Table == q.Target.Table && err == nil {
						err = m.captured(p, r, q)
					}
				}
			})
		})
	}
	return err
}

// captured puts rows read beforehand in the place of the table of r.
func (m *maker) captured(p *Program, r *tree.Rel, q *tree.Query) error {
	n := len(r.Table.Columns)
	system := false // a system column is asked for
	tree.WalkQuery(q, func(e tree.Expr) bool {
		v, ok := e.(*tree.Var)
		system = system || ok && v.Rel == r && (v.Col < 0 || v.Col >= n)
		return !system
	})
	if system {
		return nil
	}
	src := *r
	src.Quals = nil
	for _, e := range r.Quals {
		src.Quals = append(src.Quals, tree.CloneExpr(e, map[*tree.Rel]*tree.Rel{r: &src}))
	}
	read := &tree.Query{Command: tree.Select, Rels: []*tree.Rel{&src}, From: []tree.FromItem{&tree.RelItem{Rel: &src}}}
	c := &tree.CTE{Name: r.Alias, Query: read, Columns: r.Columns[:n], Refs: 1}
	for i, col := range c.Columns {
		read.Targets = append(read.Targets, tree.Target{Name: col.Name, Expr: &tree.Var{Rel: &src, Col: i, Typ: col.Type}})
	}
	st := &step{cte: c}
	var err error
	if st.query, err = m.text(read, nil); err != nil {
		return err
	}
	p.shared = append(p.shared, st)
	r.Kind, r.CTE, r.Columns, r.Quals = tree.CTERel, c, c.Columns, nil
	return nil
}
