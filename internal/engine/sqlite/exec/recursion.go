package exec

import (
	"slices"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/lower"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// recursion is a compiled lower.Recursion.
type recursion struct {
	cte         *tree.CTE
	left, right *text
	all         bool
	ops         []*value.Ops // of its columns
}

// fragment compiles a fragment of a statement.
func (m *maker) fragment(spec lower.Fragment, o eval.Options) (*fragment, error) {
	if spec.Kind != lower.RecursionFragment {
		return compileFragment(m.cat, spec, o)
	}
	r := &recursion{cte: spec.Recursion.CTE, all: spec.Recursion.All}
	rels := append(slices.Clone(o.Rels), spec.Recursion.Outer)
	var err error
	if r.left, err = m.text(spec.Recursion.Left, rels); err != nil {
		return nil, err
	}
	if r.right, err = m.text(spec.Recursion.Right, rels); err != nil {
		return nil, err
	}
	env := &value.Env{Types: m.cat}
	for _, c := range r.cte.Columns {
		r.ops = append(r.ops, env.Ops(c.Type.OID))
	}
	return &fragment{spec: spec, recursion: r}, nil
}

// recurse gives the rows of a recursion time by time: those of the first term, then those that the recursive one makes of the rows of the time before, as long as there are any.
func (f *fragmentRun) recurse(x *execution, outer []value.Datum) func() ([][]value.Datum, error) {
	r := f.recursion
	frame := &eval.Frame{S: x.s, Params: f.frame.Params, Rows: append(slices.Clone(f.frame.Rows), outer)}
	term := r.left
	var working [][]value.Datum
	var known knownRows
	total := 0
	return func() ([][]value.Datum, error) {
		if term == r.right && len(working) == 0 {
			return nil, nil
		}
		if err := x.enter(); err != nil {
			return nil, err
		}
		defer func() { x.inside-- }()
		if x.ctes == nil {
			x.ctes = map[*tree.CTE][][]value.Datum{}
		}
		around, nested := x.ctes[r.cte]
		x.ctes[r.cte] = working
		rows, err := term.rows(frame, max(1, len(r.ops)))
		if delete(x.ctes, r.cte); nested {
			x.ctes[r.cte] = around
		}
		if err != nil {
			return nil, err
		}
		if !r.all {
			rows = slices.DeleteFunc(rows, func(row []value.Datum) bool { return !known.add(row, r.ops) })
		}
		if total += len(rows); total > x.maxRows() {
			return nil, tooManyRows()
		}
		term, working = r.right, rows
		return rows, nil
	}
}

// knownRows are different rows, in their order.
type knownRows [][]value.Datum

// add puts in a row and reports whether it was new.
func (k *knownRows) add(row []value.Datum, ops []*value.Ops) bool {
	at, found := slices.BinarySearchFunc(*k, row, func(a, b []value.Datum) int {
		for i, o := range ops {
			if c := o.CompareNullsLast(a[i], b[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	if !found {
		*k = slices.Insert(*k, at, row)
	}
	return !found
}
