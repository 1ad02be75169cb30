package access_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/test/campaign"
)

var pairs = flag.Int("pairs", 600, "random requests that are sent to two worlds")

// A wire is a request as it is sent, with what is known of it.
type wire struct {
	method, target, body string
	head                 []string
	from                 *request // nil for one that is made by hand
}

func (r *request) wire() wire {
	return wire{r.method, r.target(), r.payload(), r.head(), r}
}

// spy makes requests of a caller that ask for everything the door tells.
func (g *maker) spy(who *caller, cursor string) wire {
	r := g.request()
	for r.method != "GET" && g.chance(50) {
		r = g.request()
	}
	r.who = who
	x := r.wire()
	t := pick(g, g.w.tables...)
	switch g.IntN(16) {
	case 0:
		x.head = append(x.head, "Accept: "+pick(g, "text/csv", "application/x-ndjson", "application/vnd.pgrst.plan+json", "application/vnd.pgrst.plan", "application/vnd.pgrst.array+json;nulls=stripped"))
	case 1:
		x.head = append(x.head, "Prefer: count="+pick(g, "planned", "estimated", "exact"))
	case 2:
		x = wire{method: "GET", target: "/" + t.name + "?select=id&limit=1&order=" + pick(g, t.columns...).name, head: []string{"Prefer: cursor"}}
	case 3:
		if cursor != "" {
			x = wire{method: "GET", target: cursor, head: []string{"Prefer: cursor"}}
		}
	case 4: // what is not there: hints
		x = wire{method: "GET", target: "/" + t.name + "?select=" + pick(g, "idd", "ownr", "t1(id)", "t2(id)", "count()", "id.max(),org", "org,id.count()", "nte")}
	case 5:
		x = wire{method: "GET", target: pick(g, "/", "/tt1", "/rpc/f9", "/rpc/f1?a=x", "/t1?id=eq.x", "/t9?select=*")}
	case 6:
		a, b := g.request(), g.request()
		a.who, b.who = who, who
		x = wire{method: "POST", target: "/batch", body: "[" + a.batched() + "," + b.batched() + "]", head: []string{"Content-Type: application/json"}}
		if a.method != "GET" || b.method != "GET" {
			x.from = a // its conflicts may tell
			if b.method != "GET" {
				x.from = &request{method: "POST", rel: b.rel, body: append(slices.Clone(a.body), b.body...), resolution: "merge-duplicates"}
			}
		}
	case 7:
		if x.method == "GET" {
			x.method = "HEAD"
		}
	case 8:
		if x.method == "PATCH" || x.method == "DELETE" {
			x.head = append(x.head, "If-Match: *")
		}
	case 9:
		if x.method != "GET" {
			x.head = append(x.head, "Prefer: max-affected=1, handling=strict")
		}
	case 10:
		x = wire{method: "GET", target: "/" + t.name + "?select=" + pick(g, "count()", "org,count()", "id.max()", "owner,id.sum()")}
	}
	return x
}

// batched is the request as one of a batch.
func (r *request) batched() string {
	s := `{"method":"` + r.method + `","path":` + asJSON(r.target())
	head := map[string]string{}
	for _, h := range r.head() {
		k, v, _ := strings.Cut(h, ": ")
		head[k] = v
	}
	s += `,"headers":` + asJSON(head)
	if b := r.payload(); b != "" {
		s += `,"body":` + b
	}
	return s + "}"
}

// within says what of a table's rows a caller may see or change.
func (m *model) within(who *caller, t *table, r row) bool {
	e := &env{m: m, who: who, user: who.role, as: who.role}
	return slices.ContainsFunc([]string{"select", "update", "delete"}, func(command string) bool {
		return m.may(who.role, t.name, command) && m.passes(e, t, command, false, r)
	})
}

// seen is all that a caller may see or change, with the columns that they may read.
func (m *model) seen(who *caller) string {
	var b strings.Builder
	e := &env{m: m, who: who, user: who.role, as: who.role}
	for _, t := range m.w.tables {
		for _, r := range m.rows[t.name] {
			if !m.within(who, t, r) {
				continue
			}
			shown := row{}
			for _, c := range t.columns {
				if m.may(who.role, t.name, "select", c.name) {
					shown[c.name] = r[c.name]
				}
			}
			fmt.Fprint(&b, t.name, r["id"], asJSON(shown))
			for _, command := range []string{"select", "update", "delete"} {
				fmt.Fprint(&b, m.passes(e, t, command, false, r), m.passes(e, t, command, true, r))
			}
		}
	}
	return b.String()
}

// twin changes what a caller cannot see of a world: rows and columns. It says how much was changed.
func (g *maker) twin(w *world, who *caller) int {
	changed := 0
	for _, t := range w.tables {
		for range 6 {
			old := t.rows
			before := newModel(w).seen(who)
			if g.change(w, t, who) && newModel(w).seen(who) == before {
				changed++
			} else {
				t.rows = old
			}
		}
	}
	return changed
}

// change changes a row that a caller cannot see, or a column that they cannot see, takes the row away, or adds one.
func (g *maker) change(w *world, t *table, who *caller) bool {
	m := newModel(w)
	t.rows = slices.Clone(t.rows)
	if len(t.rows) == 0 || g.chance(25) {
		x := row{}
		for _, c := range t.columns {
			if x[c.name] = g.maybe(c.typ); c.ref != nil {
				x[c.name] = g.reference(c)
			} else if c.notNull && x[c.name] == nil {
				x[c.name] = g.value(c.typ)
			}
		}
		x["id"] = int64(1 + g.IntN(40))
		if among(t.rows, x) {
			return false
		}
		t.rows = append(t.rows, x)
		return true
	}
	i := g.IntN(len(t.rows))
	x := maps.Clone(t.rows[i])
	hidden := !m.within(who, t, x)
	if hidden && g.chance(30) && !w.referred(t, x) {
		t.rows = slices.Delete(t.rows, i, i+1)
		return true
	}
	c := pick(g, t.columns...)
	if c.name == "id" || !hidden && m.may(who.role, t.name, "select", c.name) {
		return false
	}
	v := g.value(c.typ)
	if c.ref != nil {
		v = g.reference(c)
	}
	if v == x[c.name] {
		return false
	}
	x[c.name] = v
	t.rows[i] = x
	return true
}

func (w *world) referred(t *table, x row) bool {
	for _, o := range w.tables {
		for _, c := range o.columns {
			if c.ref == t && slices.ContainsFunc(o.rows, func(r row) bool { return r[c.name] == x["id"] }) {
				return true
			}
		}
	}
	return false
}

// reveals says whether PostgreSQL itself tells of hidden rows here: the keys of rows are unique, and foreign keys hold, whoever can see them. These are all the
// exceptions. On a server its statistics tell besides how large tables are, in plans and in counts that are estimated: both are PostgreSQL's own, and plans are off unless a
// project wants them.
func (x *wire) reveals(server bool, a, b reply, worlds [2]*model) bool {
	if head := strings.Join(x.head, " "); server && (strings.Contains(head, "vnd.pgrst.plan") || strings.Contains(head, "count=planned") || strings.Contains(head, "count=estimated")) {
		return true
	}
	if x.from == nil {
		return false
	}
	for _, r := range []reply{a, b} {
		if c := r.code(); c == conflict || c == orphan {
			return true
		}
	}
	if x.from.resolution == "" {
		return false
	}
	return slices.ContainsFunc(x.from.body, func(r row) bool { // an upsert meets a row in one world only
		return among(worlds[0].rows[x.from.rel], r) != among(worlds[1].rows[x.from.rel], r)
	})
}

// TestTwoWorlds sends the same requests to two databases that differ only in what their caller cannot see: every byte that comes back must be the same.
func TestTwoWorlds(t *testing.T) {
	for _, s := range []*side{embedded(t), server(t)} {
		n := *pairs
		if s.name == "postgres" {
			n /= 6
		}
		t.Run(s.name, func(t *testing.T) { twoWorlds(t, s, n) })
	}
}

func twoWorlds(t *testing.T, s *side, n int) {
	c := &telling{t: t, s: s, start: time.Now()}
	for at := *seed; c.sent < n && c.leaks < *reports && !overdue(c.start); at++ {
		p := newPairs(at)
		for round := 0; round < *roundsFlag; round++ {
			if !p.next(round) {
				continue // nothing is hidden
			}
			c.worlds++
			if err := c.compare(p); err != nil {
				t.Fatalf("seed %d, round %d: %v", at, round, err)
			}
			progress(fmt.Sprintf("%s: %d requests in %d pairs of worlds from seed %d, %d leaks", s.name, c.sent, c.worlds, *seed, c.leaks))
		}
		c.last = at
	}
	t.Logf("%d requests in %d pairs of worlds, %d exceptions, %d that the caller's writes have set apart, %d leaks, %s", c.sent, c.worlds, c.exceptions, c.apart, c.leaks, time.Since(c.start).Round(time.Millisecond))
	if os.Getenv(campaign.Variable) == "" {
		return
	}
	campaign.Record(t, campaign.Result{
		Name: "O2-" + s.name, Case: "a request that is sent to two databases which differ only in what its caller may not see, of whose answers every byte is compared",
		Cases: c.sent, Violations: c.leaks, Seeds: fmt.Sprintf("%d to %d", *seed, c.last),
		Counts:   map[string]int{"pairs of worlds": c.worlds, "exceptions: a key or a foreign key met a hidden row, or a server told its statistics": c.exceptions, "worlds that the caller's own writes have set apart": c.apart},
		Controls: []campaign.Control{{Name: "no row-level security", Found: leaksFound(t) >= 3}},
	}, c.start)
}

// A telling is a comparison of pairs of worlds.
type telling struct {
	t                                      *testing.T
	s                                      *side
	start                                  time.Time
	last                                   uint64 // seed
	sent, exceptions, apart, worlds, leaks int
}

func (c *telling) compare(p *worldPair) error {
	replies, seen, err := p.ask(c.s)
	if err != nil {
		return err
	}
	for i, x := range p.wires {
		c.sent++
		a, b := replies[0][i], replies[1][i]
		if a.String() == b.String() {
			if seen[0][i] == seen[1][i] {
				continue
			}
			c.apart++ // the caller has written what lets them see more, as a membership
			break
		}
		if x.reveals(c.s.name == "postgres", a, b, p.models) {
			c.exceptions++
			break // what is there now differs
		}
		c.leaks++
		c.t.Errorf("seed %d, round %d, as %s: %s %s %v\n%s\none world answers\n%sthe other\n%s\n%s\n--\n%s", p.seed, p.round, p.who.line(), x.method, x.target, x.head, x.body, a, b,
			strings.Join(p.models[0].w.sql(), ";\n"), strings.Join(p.models[1].w.sql(), ";\n"))
		break
	}
	return nil
}

// A worldPair is two worlds that look the same to a caller, and what the caller asks.
type worldPair struct {
	seed   uint64
	round  int
	makers [2]*maker // they make the same
	script []string  // changes the rules of the round before
	built  bool      // the tables are there
	who    *caller
	models [2]*model
	wires  []wire
}

// newPairs begins with the worlds of a seed; next makes pairs of them.
func newPairs(seed uint64) *worldPair {
	p := &worldPair{seed: seed}
	for i := range p.makers {
		p.makers[i] = newMaker(seed)
		p.makers[i].private = true
		p.makers[i].world()
	}
	return p
}

// next makes a round's pair; false when nothing is hidden in it.
func (p *worldPair) next(round int) bool {
	p.round = round
	if round > 0 {
		for _, g := range p.makers {
			if script := g.again(round%4 == 0); g == p.makers[0] {
				p.script = append(p.script, script...)
			}
		}
	}
	one, other := p.makers[0].w, p.makers[1].w
	g := &maker{Rand: rand.New(rand.NewPCG(p.seed, uint64(100+round))), nextID: 100, private: true, w: one}
	i := g.IntN(len(one.callers) - 1)
	p.who = one.callers[i]
	if g.twin(other, other.callers[i]) == 0 {
		return false
	}
	p.models = [2]*model{newModel(one), newModel(other)}
	p.wires = nil
	for range each {
		p.wires = append(p.wires, g.spy(p.who, cursorOf))
	}
	return true
}

// begin makes a side's database that of one of the two.
func (p *worldPair) begin(s *side, w *world) error {
	if p.built {
		script := p.script
		p.script = nil
		return s.again(w, script)
	}
	p.built, p.script = true, nil
	return s.build(w)
}

// cursorOf stands for the page after the last that had a cursor.
const cursorOf = "the next page"

// ask sends the requests to a side, with one world and then the other. It gives, with each reply, what the caller may see afterwards.
func (p *worldPair) ask(s *side) (replies [2][]reply, seen [2][]string, err error) {
	for i, m := range p.models {
		if err := p.begin(s, m.w); err != nil {
			return replies, seen, err
		}
		after := newModel(m.w)
		now := after.seen(p.who)
		next := "/t1?limit=1&order=id"
		for _, x := range p.wires {
			if x.target == cursorOf {
				x.target = next
			}
			got := s.sendWire(p.who.query(), x)
			got.head.Del("Date")
			if c := got.head.Get("Next-Cursor"); c != "" {
				u, err := url.Parse(x.target)
				if err != nil {
					return replies, seen, err
				}
				q := u.Query()
				q.Set("~cursor", c)
				next = u.Path + "?" + q.Encode()
			}
			if x.method != "GET" && x.method != "HEAD" && got.status < 300 {
				if err := s.load(after); err != nil {
					return replies, seen, err
				}
				now = after.seen(p.who)
			}
			replies[i], seen[i] = append(replies[i], got), append(seen[i], now)
		}
	}
	return replies, seen, nil
}

// load reads the rows that the side's tables hold.
func (s *side) load(m *model) error {
	all, err := s.rows()
	if err != nil {
		return err
	}
	for _, t := range m.w.tables {
		list := []row{}
		for _, v := range all[t.name] {
			r := row(v.(map[string]any))
			for _, c := range t.columns {
				switch v := r[c.name].(type) {
				case nil:
				case json.Number:
					if r[c.name], err = v.Int64(); c.typ == "bigint" && err != nil {
						return err
					}
				case []any:
					if c.typ == "uuid[]" {
						r[c.name] = listOf(v)
					}
				}
				if c.typ == "jsonb" && r[c.name] != nil {
					r[c.name] = doc(asJSON(r[c.name]))
				}
			}
			list = append(list, r)
		}
		m.rows[t.name] = list
	}
	return nil
}

func (s *side) sendWire(c query.Caller, x wire) reply {
	return s.send(c, x.method, x.target, x.body, x.head...)
}

// TestLeaksAreFound holds that the comparison of two worlds finds what it is for: without row-level security, worlds can be told apart.
func TestLeaksAreFound(t *testing.T) {
	if found := leaksFound(t); found < 3 {
		t.Errorf("without row-level security %d pairs of worlds differ, want 3", found)
	}
}

func leaksFound(t *testing.T) int {
	s := embedded(t)
	found := 0
	for at := uint64(1); at < 40 && found < 3; at++ {
		p := newPairs(at)
		if !p.next(0) {
			continue
		}
		for _, m := range p.models {
			for _, t := range m.w.tables {
				t.rls = false // and privileges alone decide
			}
		}
		replies, _, err := p.ask(s)
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.wires {
			if replies[0][i].String() != replies[1][i].String() {
				found++
				break
			}
		}
	}
	return found
}
