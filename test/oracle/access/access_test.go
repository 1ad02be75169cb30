package access_test

import (
	"flag"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

var (
	cases   = flag.Int("cases", 300, "random requests to compare")
	seed    = flag.Uint64("seed", 1, "where the random numbers begin")
	reports = flag.Int("reports", 5, "differences to print before a test gives up")
)

// each is how many requests a world is asked.
const each = 30

// A trial asks all sides the same.
type trial struct {
	sides []*side // PostgreSQL comes first where it is there
	stats map[string]int
}

// run builds a world and asks its sides the requests, one after another. It gives the index of the first that is answered wrongly, and how; -1 for none.
// broken says that the world could not be built.
func (x *trial) run(w *world, requests []*request, mistake string) (at int, how string, broken error) {
	for _, s := range x.sides {
		if err := s.build(w); err != nil {
			return -1, "", fmt.Errorf("%s: %w", s.name, err)
		}
	}
	m := newModel(w)
	m.mistake = mistake
	for i, r := range requests {
		want := m.answer(r)
		var first reply
		for j, s := range x.sides {
			got := s.ask(r)
			if d := want.differs(r, got); d != "" {
				return i, s.name + ": " + d, nil
			}
			if j == 0 {
				first = got
			} else if d := same(r, first, got); d != "" {
				return i, s.name + ": " + d, nil
			}
		}
		x.count(r, &want)
		if len(want.instead) > 0 {
			return -1, "", nil // what is there now is not known
		}
		if r.method == "GET" {
			continue
		}
		after := m.state()
		for _, s := range x.sides {
			got, err := s.state(w)
			if err != nil {
				return i, s.name + ": " + err.Error(), nil
			}
			for _, t := range w.tables {
				if got[t.name] != after[t.name] {
					return i, fmt.Sprintf("%s: %s holds afterwards\n%s\nwant\n%s", s.name, t.name, got[t.name], after[t.name]), nil
				}
			}
		}
	}
	return -1, "", nil
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
	x := &trial{sides: []*side{server(t), embedded(t)}, stats: map[string]int{}}
	found, worlds, start := 0, 0, time.Now()
	for done := 0; done < *cases; done += each {
		s := *seed + uint64(done/each) // of this world: -seed and -cases 1 make it again alone
		w, requests := made(s)
		worlds++
		at, how, broken := x.run(w, requests, "")
		if broken != nil {
			t.Fatalf("seed %d: %v\n%s", s, broken, strings.Join(w.sql(), ";\n"))
		}
		if at < 0 {
			continue
		}
		quiet := &trial{sides: x.sides}
		w, requests, how = quiet.shrink(w, requests[:at+1], how)
		t.Errorf("seed %d, request %d: %s\n%s", s, at, how, caseFile(w, requests))
		if found++; found >= *reports {
			t.Fatal("too many differences")
		}
	}
	total := 0
	for _, n := range x.stats {
		total += n
	}
	t.Logf("%d requests in %d worlds, %d differences, %s: %v", total, worlds, found, time.Since(start).Round(time.Millisecond), x.stats)
}

// mistakes are those that an interpreter can make on purpose.
var mistakes = []string{
	"null is true", "restrictive is ignored", "restrictive is permissive", "commands are ignored", "roles are ignored", "check is using", "force is ignored",
	"definer is invoker", "views are their owner's", "columns are ignored", "sub-queries see everything", "new rows need no reading", "writes need no reading",
}

// TestWrongInterpretersAreFound holds that the comparison finds what it is for: each of these interpreters is wrong in one thing, and is found out.
func TestWrongInterpretersAreFound(t *testing.T) {
	x := &trial{sides: []*side{embedded(t)}}
	open := map[string]bool{}
	for _, m := range mistakes {
		open[m] = true
	}
	const most = 120
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
	for m := range open {
		t.Errorf("no difference was found in %d worlds: %s", most, m)
	}
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
