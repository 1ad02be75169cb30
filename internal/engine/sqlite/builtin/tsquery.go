package builtin

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerTSQuery registers what makes queries of text search out of others.
func registerTSQuery(r registry) {
	combine := func(sig string, op byte) {
		r.fn(sig, func(_ *Ctx, a []datum) (datum, error) {
			distance := 1
			if len(a) > 2 {
				if distance = int(a[2].Int64()); distance < 0 || distance > 16384 {
					return value.Null, fault.New(fault.InvalidParameterValue, "distance in phrase operator must be an integer value between zero and %d inclusive", 16384)
				}
			}
			x, err := value.TSQueryNode(a[0].Str())
			if err != nil {
				return value.Null, err
			}
			y, err := value.TSQueryNode(a[1].Str())
			switch {
			case err != nil:
				return value.Null, err
			case x == nil:
				return a[1], nil
			case y == nil:
				return a[0], nil
			}
			return text((&value.TSNode{Op: op, Distance: distance, Left: x, Right: y}).String()), nil
		})
	}
	combine("tsquery_and(tsquery,tsquery)", '&')
	combine("tsquery_or(tsquery,tsquery)", '|')
	combine("tsquery_phrase(tsquery,tsquery) tsquery_phrase(tsquery,tsquery,int4)", '<')
	r.fn("tsquery_not(tsquery)", func(_ *Ctx, a []datum) (datum, error) {
		x, err := value.TSQueryNode(a[0].Str())
		if err != nil || x == nil {
			return a[0], err
		}
		return text((&value.TSNode{Op: '!', Left: x}).String()), nil
	})
	r.fn("numnode(tsquery)", func(_ *Ctx, a []datum) (datum, error) {
		x, err := value.TSQueryNode(a[0].Str())
		var count func(n *value.TSNode) int64
		count = func(n *value.TSNode) int64 {
			if n == nil {
				return 0
			}
			return 1 + count(n.Left) + count(n.Right)
		}
		return value.Int(count(x)), err
	})
	r.fn("querytree(tsquery)", func(_ *Ctx, a []datum) (datum, error) {
		n, err := value.TSQueryNode(a[0].Str())
		if err != nil || n == nil {
			return text(""), err
		}
		if n = searchable(n); n == nil {
			return text("T"), nil
		}
		return text(n.String()), nil
	})
	contains := func(of, in int) func(*Ctx, []datum) (datum, error) {
		return func(_ *Ctx, a []datum) (datum, error) {
			x, err := value.TSQueryNode(a[of].Str())
			if err != nil {
				return value.Null, err
			}
			y, err := value.TSQueryNode(a[in].Str())
			if err != nil {
				return value.Null, err
			}
			have := queryWords(y)
			return value.Bool(!slices.ContainsFunc(queryWords(x), func(w string) bool { return !slices.Contains(have, w) })), nil
		}
	}
	r.fn("tsq_mcontains(tsquery,tsquery)", contains(1, 0))
	r.fn("tsq_mcontained(tsquery,tsquery)", contains(0, 1))
}

// queryWords are the words of a query, whatever it asks of them.
func queryWords(n *value.TSNode) []string {
	switch {
	case n == nil:
		return nil
	case n.Op == 0:
		return []string{n.Word}
	}
	return append(queryWords(n.Left), queryWords(n.Right)...)
}

// searchable is the part of a query that an index can answer: without what is denied.
func searchable(n *value.TSNode) *value.TSNode {
	switch n.Op {
	case 0:
		return n
	case '!':
		return nil
	}
	l, r := searchable(n.Left), searchable(n.Right)
	switch {
	case n.Op == '|' && (l == nil || r == nil):
		return nil
	case l == nil:
		return r
	case r == nil:
		return l
	}
	return &value.TSNode{Op: n.Op, Distance: n.Distance, Left: l, Right: r}
}
