package sql_test

import (
	"flag"
	"fmt"
	"sort"
	"strings"
	"testing"
)

var (
	seed             = flag.Uint64("seed", 1, "where the random numbers begin")
	expressionsCount = flag.Int("expressions", 0, "random expressions to compare, 0 for none")
	queries          = flag.Int("queries", 0, "random queries and data modifications to compare, 0 for none")
	reports          = flag.Int("reports", 10, "differences to print before a test gives up")
)

// A tally counts verdicts.
type tally map[verdict]int

func (c tally) String() string {
	var names []string
	for v := range c {
		names = append(names, string(v))
	}
	sort.Strings(names)
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %d", n, c[verdict(n)])
	}
	return strings.Join(names, ", ")
}

// TestExpressions compares random expressions.
func TestExpressions(t *testing.T) {
	if *expressionsCount == 0 {
		t.Skip("no -expressions: make oracle runs the campaign")
	}
	p := newPair(t)
	const batch = 500
	count := tally{}
	order := newGen(*seed).Perm(len(newTables().makers))
	for done := 0; done < *expressionsCount; done += batch {
		// A batch has a seed of its own: it can be made again alone, with -seed and -expressions 500.
		g := newGen(*seed + uint64(done/batch))
		nodes := make([]*node, min(batch, *expressionsCount-done))
		stmts := make([]string, len(nodes))
		for i := range nodes {
			nodes[i] = g.top(order[(done+i)%len(order)], 1+g.IntN(3))
			stmts[i] = "select " + nodes[i].String() + " as x"
		}
		want, got := p.script(stmts)
		for i := range nodes {
			v := compare(&want[i], &got[i], true)
			if v == differs && p.eitherError(nodes[i], &want[i], &got[i]) {
				v = otherError
			}
			count[v]++
			if v != differs {
				continue
			}
			n := p.smallest(g, nodes[i])
			w, h := p.script([]string{"select " + n.String() + " as x"})
			t.Errorf("seed %d, expression %d:\n  select %s as x;\n  PostgreSQL\n%s  engine\n%s", *seed+uint64(done/batch), i, n, &w[0], &h[0])
			if count[differs] >= *reports {
				t.Fatalf("too many differences: %v", count)
			}
		}
	}
	t.Logf("%d expressions of %d functions, operators, casts and forms: %v", *expressionsCount, len(newTables().makers), count)
}

// Which of several errors an expression gives is PostgreSQL's choice: it computes constant parts first, and may go through the others in any order.
const otherError verdict = "undetermined: which of its errors"

// eitherError reports whether the engine's error is one that PostgreSQL gives to a part of the expression.
func (p *pair) eitherError(n *node, want, got *answer) bool {
	if !want.failed || !got.failed {
		return false
	}
	var stmts []string
	for _, e := range expressions(n) {
		stmts = append(stmts, "select "+e.String())
	}
	for _, a := range p.postgres(stmts) {
		if a.failed && a.code == got.code && a.message == got.message && a.detail == got.detail {
			return true
		}
	}
	return false
}

// smallest is the smallest part of an expression that differs, with its parts replaced by their values.
func (p *pair) smallest(g *gen, n *node) *node {
	fails := func(e *node) bool {
		w, h := p.script([]string{"select " + e.String() + " as x"})
		return compare(&w[0], &h[0], true) == differs && !p.eitherError(e, &w[0], &h[0])
	}
	for _, e := range expressions(n) {
		if fails(e) {
			n = e
			break
		}
	}
	// What a part is worth stands for the part.
	constant := func(e *node) *node {
		if len(e.kids) == 0 {
			return e
		}
		a := p.postgres([]string{"select (" + e.String() + ")::text, pg_typeof(" + e.String() + ")"})[0]
		if a.failed || len(a.rows) != 1 {
			return e
		}
		v, typ, ok := strings.Cut(a.rows[0], "|")
		if !ok || strings.Contains(typ, "|") {
			return e
		}
		if v == `\N` {
			return plain(e.typ, "null::"+typ)
		}
		return plain(e.typ, quote(strings.ReplaceAll(v, "⏎", "\n"))+"::"+typ)
	}
	for i, k := range n.kids {
		if k == nil {
			continue
		}
		if n.kids[i] = constant(k); !fails(n) {
			n.kids[i] = k
		}
	}
	return shrink(n, func(typ string) *node { return nil }, fails, 50)
}
