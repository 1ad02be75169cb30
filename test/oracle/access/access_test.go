package access_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/test/campaign"
)

var (
	cases      = flag.Int("cases", 300, "random requests to compare")
	seed       = flag.Uint64("seed", 1, "where the random numbers begin")
	lanesFlag  = flag.Int("lanes", 1, "pairs of databases that are asked at the same time")
	roundsFlag = flag.Int("rounds", 1, "how often a world is asked, with other rows each time and other rules every fourth time")
	span       = flag.Duration("span", 0, "how long a long run may take; 0 for as long as it takes")
	shrinks    = flag.Bool("shrink", true, "make the case of a difference small before it is printed")
	reports    = flag.Int("reports", 5, "differences to print before a test gives up")
)

// each is how many requests are asked of the same rows.
const each = 30

// A trial asks all sides the same.
type trial struct {
	sides []*side // PostgreSQL comes first where it is there
	stats map[string]int
	// strict looks at the tables after every write, not only after those that have been answered with success.
	strict bool
}

// run builds a world and asks its sides the requests, one after another. It gives the index of the first that is answered wrongly, and how; -1 for none.
// broken says that the world could not be built.
func (x *trial) run(w *world, requests []*request, mistake string) (at int, how string, broken error) {
	if err := x.build(w); err != nil {
		return -1, "", err
	}
	at, how = x.compare(w, requests, mistake)
	return at, how, nil
}

func (x *trial) build(w *world) error {
	for _, s := range x.sides {
		if err := s.build(w); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// compare asks requests of a world that is built.
func (x *trial) compare(w *world, requests []*request, mistake string) (at int, how string) {
	m := newModel(w)
	m.mistake = mistake
	pending := false // something may have been written since the tables were looked at
	for i, r := range requests {
		want := m.answer(r)
		var first reply
		for j, s := range x.sides {
			got := s.ask(r)
			if d := want.differs(r, got); d != "" {
				return i, s.name + ": " + d
			}
			if j == 0 {
				first = got
			} else if d := same(r, first, got); d != "" {
				return i, s.name + ": " + d
			}
		}
		x.count(r, &want)
		if len(want.instead) > 0 {
			return -1, "" // what is there now is not known
		}
		pending = pending || r.method != "GET"
		if pending && (x.strict || i == len(requests)-1 || r.method != "GET" && want.code == "") {
			if d := x.states(m); d != "" {
				return i, d
			}
			pending = false
		}
	}
	return -1, ""
}

// states says how what the sides' tables hold is not what the interpreter holds.
func (x *trial) states(m *model) string {
	after := m.state()
	for _, s := range x.sides {
		got, err := s.state(m.w)
		if err != nil {
			return s.name + ": " + err.Error()
		}
		for _, t := range m.w.tables {
			if got[t.name] != after[t.name] {
				return fmt.Sprintf("%s: %s holds afterwards\n%s\nwant\n%s", s.name, t.name, got[t.name], after[t.name])
			}
		}
	}
	return ""
}

// count keeps what kinds of answers there were, so that a run can say what it has looked at.
func (x *trial) count(r *request, a *answer) {
	if x.stats == nil {
		return
	}
	kind := r.method
	switch {
	case a.code != "":
		kind += " " + a.code
	case a.rows != nil && len(a.rows) == 0:
		kind += " nothing"
	case len(a.instead) > 0:
		kind += " undetermined"
	}
	x.stats[kind]++
}

// make gives the world and the requests of a seed.
func made(seed uint64) (*world, []*request) {
	g := newMaker(seed)
	w := g.world()
	var requests []*request
	for range each {
		requests = append(requests, g.request())
	}
	return w, requests
}

// TestNaive compares the engines with the naive interpreter and with each other.
func TestNaive(t *testing.T) {
	start := time.Now()
	c := &comparing{t: t, start: start, stats: map[string]int{}}
	var lanes sync.WaitGroup
	for range *lanesFlag {
		lanes.Go(func() {
			for more := true; more; {
				more = false // a database that cannot be made ends the sub-test where it is
				t.Run("worlds", func(t *testing.T) {
					more = c.lane(&trial{sides: c.sides(t), stats: map[string]int{}})
				})
			}
		})
	}
	lanes.Wait()
	t.Logf("%d requests in %d worlds, %d differences, %s: %v", c.asked, c.worlds, c.found, time.Since(start).Round(time.Millisecond), c.stats)
	if os.Getenv(campaign.Variable) == "" {
		return
	}
	campaign.Record(t, campaign.Result{
		Name: "O1", Case: "a request of a random caller in a random world, answered by the embedded engine, by PostgreSQL and by an interpreter that evaluates policies row by row",
		Cases: c.asked, Violations: c.found, Seeds: fmt.Sprintf("%d to %d", *seed, *seed+uint64(c.worlds)-1),
		Counts: map[string]int{"worlds": c.worlds, "sets of rows": c.rounds, "reads that show rows": c.stats["GET"], "requests refused": c.refused()}, Controls: controls(t),
	}, start)
}

// A comparing is what the lanes of TestNaive share.
type comparing struct {
	t     *testing.T
	start time.Time

	making                       sync.Mutex // of databases
	mu                           sync.Mutex
	asked, worlds, rounds, found int            // guarded by mu
	stats                        map[string]int // guarded by mu
}

func (c *comparing) refused() int {
	n := 0
	for kind, k := range c.stats {
		if _, code, ok := strings.Cut(kind, " "); ok && code != "nothing" && code != "undetermined" {
			n += k
		}
	}
	return n
}

// next gives the seed of the next world; false when there have been enough.
func (c *comparing) next() (uint64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked >= *cases || c.found >= *reports || overdue(c.start) || c.t.Failed() && c.found == 0 {
		return 0, false
	}
	s := *seed + uint64(c.worlds) // of this world: -seed and -cases 1, with the same -rounds, make it again alone
	c.worlds++
	return s, true
}

// done counts what has been asked, and tells the terminal of a long run.
func (c *comparing) done(x *trial) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, n := range x.stats {
		c.stats[k] += n
		c.asked += n
	}
	clear(x.stats)
	c.rounds++
	progress(fmt.Sprintf("%d requests, %d worlds from seed %d, %d differences", c.asked, c.worlds, *seed, c.found))
}

// overdue says whether a run that began at start has taken the time that it may.
func overdue(start time.Time) bool { return *span > 0 && time.Since(start) > *span }

var told = struct {
	sync.Mutex
	start, last time.Time
}{start: time.Now()}

// progress tells the terminal how far a long run is, twice a minute.
func progress(text string) {
	told.Lock()
	defer told.Unlock()
	if now := time.Now(); *cases > 10000 && now.Sub(told.last) > 30*time.Second {
		told.last = now
		fmt.Fprintf(os.Stderr, "%s: %s\n", now.Sub(told.start).Round(time.Second), text)
	}
}

// sides makes both engines' databases, one lane after another: the roles of a server are those of all its databases.
func (c *comparing) sides(t *testing.T) []*side {
	c.making.Lock()
	defer c.making.Unlock()
	return []*side{server(t), embedded(t)}
}

// worldsOfDatabase is how many worlds a database sees: the catalogs of a server that were filled and emptied many times make each statement slow.
const worldsOfDatabase = 20

// lane asks world after world; it says whether there are more.
func (c *comparing) lane(x *trial) bool {
	for range worldsOfDatabase {
		s, ok := c.next()
		if !ok {
			return false
		}
		g := newMaker(s)
		w := g.world()
		for round := range *roundsFlag {
			if err := x.begin(g, round); err != nil {
				c.t.Errorf("seed %d, round %d: %v\n%s", s, round, err, strings.Join(w.sql(), ";\n"))
				return false
			}
			var requests []*request
			for range each {
				requests = append(requests, g.request())
			}
			at, how := x.compare(w, requests, "")
			c.done(x)
			if at >= 0 {
				c.report(x, w, requests[:at+1], fmt.Sprintf("seed %d, round %d, request %d: %s", s, round, at, how))
				break
			}
		}
	}
	return true
}

// begin makes the first round's database, or what the next round has otherwise: rows, and now and then privileges and policies.
func (x *trial) begin(g *maker, round int) error {
	if round == 0 {
		return x.build(g.w)
	}
	script := g.again(round%4 == 0)
	for _, s := range x.sides {
		if err := s.again(g.w, script); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// report shrinks a difference and tells of it.
func (c *comparing) report(x *trial, w *world, requests []*request, what string) {
	if !*shrinks {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.found++
		c.t.Error(what)
		return
	}
	quiet := &trial{sides: x.sides, strict: true}
	at, how, broken := quiet.run(w, requests, "")
	if broken == nil && at >= 0 {
		w, requests, how = quiet.shrink(w, requests[:at+1], how)
	} else {
		how = "(in a database made anew it does not come again)"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found++
	c.t.Errorf("%s\nshrunk: %s\n%s", what, how, caseFile(w, requests))
	fmt.Fprintln(os.Stderr, what)
}

// mistakes are those that an interpreter can make on purpose.
var mistakes = []string{
	"null is true", "restrictive is ignored", "restrictive is permissive", "commands are ignored", "roles are ignored", "check is using", "force is ignored",
	"definer is invoker", "views are their owner's", "columns are ignored", "sub-queries see everything", "new rows need no reading", "writes need no reading", "check options are ignored",
}

// TestWrongInterpretersAreFound holds that the comparison finds what it is for: each of these interpreters is wrong in one thing, and is found out.
func TestWrongInterpretersAreFound(t *testing.T) {
	for _, c := range controls(t) {
		if !c.Found {
			t.Errorf("no difference was found: %s", c.Name)
		}
	}
}

// controls says which wrong interpreters are found out.
func controls(t *testing.T) []campaign.Control {
	x := &trial{sides: []*side{embedded(t)}}
	open := map[string]bool{}
	for _, m := range mistakes {
		open[m] = true
	}
	const most = 120 // worlds
	for s := uint64(1000); s < 1000+most && len(open) > 0; s++ {
		w, requests := made(s)
		for m := range maps.Clone(open) {
			if !disagree(w, requests, m) {
				continue // the interpreters answer alike: there is nothing to find
			}
			at, _, broken := x.run(w, requests, m)
			if broken != nil {
				t.Fatal(broken)
			}
			if at >= 0 {
				delete(open, m)
			}
		}
	}
	var out []campaign.Control
	for _, m := range mistakes {
		out = append(out, campaign.Control{Name: m, Found: !open[m]})
	}
	return out
}

// disagree says whether a mistake makes a difference to any of the requests.
func disagree(w *world, requests []*request, mistake string) bool {
	good, bad := newModel(w), newModel(w)
	bad.mistake = mistake
	for _, r := range requests {
		a, b := good.answer(r), bad.answer(r)
		if fmt.Sprint(a) != fmt.Sprint(b) || fmt.Sprint(good.state()) != fmt.Sprint(bad.state()) {
			return true
		}
	}
	return false
}
