package sql_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
)

var (
	seed             = flag.Uint64("seed", 1, "where the random numbers begin")
	expressionsCount = flag.Int("expressions", 0, "random expressions to compare, 0 for none")
	queries          = flag.Int("queries", 300, "random queries and data modifications to compare")
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
	count := tally{}
	for done := 0; done < *expressionsCount; done += batch {
		// A batch has a seed of its own: it can be made again alone, with -seed and -expressions 500.
		p.batch(*seed+uint64(done/batch), min(batch, *expressionsCount-done), count)
		if count[differs] >= *reports {
			t.Fatalf("too many differences: %v", count)
		}
	}
	t.Logf("%d expressions of %d functions, operators, casts and forms: %v", *expressionsCount, len(newTables().makers), count)
}

// TestSeeds makes the batches again whose seeds testdata/seeds.txt holds: they have found something once.
func TestSeeds(t *testing.T) {
	text, err := os.ReadFile("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	p := newPair(t)
	count := tally{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		s, err := strconv.ParseUint(line, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		p.batch(s, batch, count)
	}
	t.Log(count)
}

const batch = 500

// batch compares the expressions of a seed and reports what differs.
func (p *pair) batch(s uint64, size int, count tally) {
	t := p.t
	g := newGen(s)
	order := newGen(0).Perm(len(g.tables.makers))
	nodes := make([]*node, size)
	stmts := make([]string, len(nodes))
	for i := range nodes {
		nodes[i] = g.top(order[(int(s)*batch+i)%len(order)], 1+g.IntN(3))
		stmts[i] = "select " + nodes[i].String() + " as x"
	}
	want, got := p.script(stmts)
	for i := range nodes {
		v := compare(&want[i], &got[i], true)
		if v == differs {
			v = p.excused(nodes[i], &want[i], &got[i])
		}
		count[v]++
		if v != differs {
			continue
		}
		n := p.smallest(g, nodes[i])
		w, h := p.script([]string{"select " + n.String() + " as x"})
		t.Errorf("seed %d, expression %d:\n  select %s as x;\n  PostgreSQL\n%s  engine\n%s", s, i, n, &w[0], &h[0])
		if count[differs] >= *reports {
			return
		}
	}
}

// Which of several errors an expression gives is PostgreSQL's choice: it computes constant parts first, and may go through the others in any order.
const otherError verdict = "undetermined: which of its errors"

// excused is the rule by which two answers to an expression that differ count as equal, or differs.
func (p *pair) excused(n *node, want, got *answer) verdict {
	switch {
	case p.eitherError(n, want, got):
		return otherError
	case p.withoutYear(n):
		return limitNoYear
	case p.unreached(n, want, got):
		return limitUnreached
	}
	return differs
}

// withoutYear reports whether to_date or to_timestamp in the expression reads a text without a year: what is made of the year 1 BC differs, too.
func (p *pair) withoutYear(n *node) bool {
	var stmts []string
	for _, e := range expressions(n) {
		if s := e.String(); strings.HasPrefix(s, "to_date(") || strings.HasPrefix(s, "to_timestamp(") {
			stmts = append(stmts, "select "+s)
		}
	}
	return slices.ContainsFunc(p.postgres(stmts), func(a answer) bool { return len(a.rows) == 1 && strings.HasSuffix(a.rows[0], " BC") })
}

// unreached reports whether one of the two has stumbled over a part of the expression that the other one has not computed: PostgreSQL computes the constant
// parts that are never reached, and leaves parts out beside a constant that decides alone. Both fail alike on the part by itself.
func (p *pair) unreached(n *node, want, got *answer) bool {
	if want.failed == got.failed {
		return false
	}
	failed := want
	if got.failed {
		if failed = got; strings.Contains(n.String(), "case when") || strings.Contains(n.String(), "coalesce(") {
			return false // which must not compute what they do not choose
		}
	}
	var stmts []string
	for _, e := range expressions(n) {
		if e != n {
			stmts = append(stmts, "select "+e.String())
		}
	}
	w, g := p.postgres(stmts), p.sqlite(stmts)
	for i := range stmts {
		if w[i].failed && compare(&w[i], &g[i], true) == same && w[i].code == failed.code && w[i].message == failed.message && w[i].detail == failed.detail {
			return true
		}
	}
	return false
}

// eitherError reports whether the engine's error is one that PostgreSQL gives to a part of the expression.
func (p *pair) eitherError(n *node, want, got *answer) bool {
	if !got.failed || !want.failed && !(len(want.rows) == 1 && want.rows[0] == `\N`) {
		return false // what a strict function with a NULL beside them makes of its other arguments is not computed, or is
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
	// The other way round: PostgreSQL tells of a constant part before it looks for the function around it.
	for _, a := range p.sqlite(stmts) {
		if a.failed && a.code == want.code && a.message == want.message && a.detail == want.detail {
			return true
		}
	}
	return false
}

// smallest is the smallest part of an expression that differs, with its parts replaced by their values.
func (p *pair) smallest(g *gen, n *node) *node {
	fails := func(e *node) bool {
		w, h := p.script([]string{"select " + e.String() + " as x"})
		return compare(&w[0], &h[0], true) == differs && p.excused(e, &w[0], &h[0]) == differs
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

// TestQueries compares random queries and data modifications in random worlds.
func TestQueries(t *testing.T) {
	compareWorlds(t, *queries, func(*world) {}, (*world).statement)
}

// compareWorlds compares n statements in random worlds, which more may add to. After the first write whose answers differ a world has ended.
func compareWorlds(t *testing.T, n int, more func(*world), statement func(*world) (n *node, ordered, writes bool)) {
	const each = 100
	p := newPair(t)
	count, failed := tally{}, 0
	for done := 0; done < n; done += each {
		s := *seed + uint64(done/each) // of this world: -seed and -queries 100 make it again alone
		w := &world{gen: newGen(s)}
		w.schema()
		more(w)
		setup := len(w.stmts)
		trees, ordered, stmts := make([]*node, setup), make([]bool, setup), w.stmts
		for i := range stmts {
			trees[i], ordered[i] = plain("", stmts[i]), true
		}
		for i := range min(each, n-done) {
			if i == each/2 && w.policies {
				trees, ordered, stmts = append(trees, plain("", "set role authenticated")), append(ordered, true), append(stmts, "set role authenticated")
			}
			n, o, writes := statement(w)
			trees, ordered, stmts = append(trees, n), append(ordered, o), append(stmts, n.String())
			if writes {
				for _, r := range w.rels {
					if r.table {
						trees, ordered, stmts = append(trees, plain("", "select * from "+r.name)), append(ordered, false), append(stmts, "select * from "+r.name)
					}
				}
			}
		}
		want, got := p.script(stmts)
		p.clean()
		p.forget()
		for i := range stmts {
			v := compare(&want[i], &got[i], ordered[i])
			count[v]++
			if want[i].failed {
				failed++
			}
			if v != differs {
				continue
			}
			list, n := p.smaller(stmts[:i], trees[i], ordered[i])
			wa, ha := p.script(append(list, n.String()))
			p.clean()
			p.forget()
			if k := len(list); compare(&wa[k], &ha[k], ordered[i]) != differs { // it does not come again: what it was
				wa[k], ha[k] = want[i], got[i]
			}
			t.Errorf("seed %d, query %d:\n  %s;\n  %s;\n  PostgreSQL\n%s  engine\n%s", s, i, strings.Join(list, ";\n  "), n, &wa[len(list)], &ha[len(list)])
			if count[differs] >= *reports {
				t.Fatalf("too many differences: %v", count)
			}
			if strings.HasPrefix(stmts[i], "select * from t") || !strings.HasPrefix(stmts[i], "select") {
				break
			}
		}
	}
	t.Logf("%d queries: %v; %d statements fail on PostgreSQL", n, count, failed)
}

// smaller shrinks a script that ends with a difference.
func (p *pair) smaller(before []string, last *node, ordered bool) ([]string, *node) {
	fails := func(before []string, n *node) bool {
		stmts := append(before[:len(before):len(before)], n.String())
		want, got := p.script(stmts)
		p.clean()
		p.forget()
		k := len(stmts) - 1
		return compare(&want[k], &got[k], ordered) == differs
	}
	list := append([]string(nil), before...)
	// First all queries at once, then piece by piece.
	var changes []string
	for _, s := range list {
		if !strings.HasPrefix(s, "select") && !strings.HasPrefix(s, "(") {
			changes = append(changes, s)
		}
	}
	if fails(changes, last) {
		list = changes
	}
	for size := len(list) / 2; size >= 1; size /= 2 {
		for i := len(list) - size; i >= 0; i -= size {
			less := append(append([]string(nil), list[:i]...), list[i+size:]...)
			if fails(less, last) {
				list = less
			}
		}
	}
	return list, shrink(last, func(typ string) *node { return plain(typ, "null::"+title(typ)) }, func(n *node) bool { return fails(list, n) }, 150)
}
