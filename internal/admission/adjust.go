package admission

import (
	"math"
	"time"
)

// How slots are tried out. Fewer slots are better as long as they get as much done: what is being worked on is then done sooner, and what is not can be refused before anything was spent on it.
// How many that are cannot be told from how long requests take: work that needs a processor takes the longer the more is done at a time, so that a few slots do as much as many; work that waits
// for a lock or another server takes as long in any case, and few slots do little. So the number is changed, and what gets done says whether that was right.
const (
	interval   = 100 * time.Millisecond // how long is measured before anything is set anew
	trialLeast = 3 * interval           // a trial takes so long, and until
	trialDone  = 64                     // so many were done, or
	trialMost  = time.Second            // this has passed
	baseDone   = 16                     // as many must have been done before the first trial
	lost       = 0.6                    // fewer slots were wrong where less than this part of before gets done
	won        = 1.25                   // more slots were right where more than this gets done
	trialPause = time.Second            // after a trial; twice as long after each that was wrong
	pauseMost  = 5                      // doublings
)

// trial is a number of slots that is tried out, and what was learned.
type trial struct {
	from    int     // slots before it; 0: none is on
	rate    float64 // what got done then, a second; between trials, with the slots that were right
	settled bool    // no more slots are held than there are
	done    int     // since then
	took    time.Duration
	next    time.Time // no other before
	wrong   int       // trials that were, in a row
	more    bool      // the next one gives more slots: the last one did and was right, or gave fewer and was not
	waits   bool      // work was found to wait for something that is no processor: slots are cut by halves
}

// measure sets slots and places when an interval has ended.
func (g *Gate) measure(now time.Time) {
	took := now.Sub(g.since)
	if took < interval {
		return
	}
	if g.drained || g.waiting == 0 {
		g.slots, g.places = min(2*g.slots, g.o.Slots), min(2*g.places, g.o.Places)
		g.trial = trial{wrong: g.trial.wrong, waits: g.trial.waits, next: g.trial.next, rate: g.trial.rate}
		if g.slots == g.o.Slots && g.places == g.o.Places {
			g.rate, g.trial = 0, trial{}
		}
	} else {
		rate := float64(g.done) / took.Seconds()
		if g.rate == 0 {
			g.rate = rate
		}
		g.rate += (rate - g.rate) * 0.3
		g.places = min(max(int(math.Ceil(g.rate*g.o.Wait.Seconds())), g.o.LeastPlaces), g.o.Places)
		g.adjust(now, took)
		g.trim()
	}
	g.since, g.done, g.drained = now, 0, g.waiting == 0
	g.admit()
}

// adjust goes on with trying out how many slots do. Somebody has waited all the time.
func (g *Gate) adjust(now time.Time, took time.Duration) {
	t := &g.trial
	if !t.settled && g.running() <= g.slots {
		t.settled, t.done, t.took = true, 0, 0 // what got done in this interval got done with other slots
		return
	}
	t.done += g.done
	t.took += took
	rate := float64(t.done) / t.took.Seconds()
	enough := t.took >= trialLeast && (t.done >= trialDone || t.took >= trialMost)
	goal := min(max(int(math.Ceil(g.rate*g.o.Work.Seconds())), g.o.Floor), g.o.Slots)
	if t.from == 0 {
		if t.rate > 0 && !enough || t.done < baseDone && t.took < trialMost {
			return
		}
		if rate < lost*t.rate {
			t.wrong, t.next = 0, now // work has become another
		}
		if now.Before(t.next) {
			t.done, t.took = 0, 0
			return
		}
		least := goal
		if t.waits {
			least = max(goal, g.slots/2)
		}
		to := min(2*g.slots, g.o.Slots)
		if least < g.slots && (!t.more || to == g.slots) {
			to = least
		}
		if t.rate = rate; to != g.slots {
			t.from = g.slots
			t.change(&g.slots, to)
		}
		return
	}
	right := true
	switch fewer := t.from > g.slots; {
	case !enough:
		return
	case fewer && rate < lost*t.rate:
		right, t.waits = false, true
	case fewer && !t.settled:
		return
	case !fewer:
		right = rate > won*t.rate
		t.waits = t.waits || right
	}
	t.more = right == (g.slots > t.from)
	switch {
	case !right:
		t.wrong = min(t.wrong+1, pauseMost)
	case g.slots < t.from:
		t.wrong = 0
	}
	t.next = now.Add(trialPause << t.wrong)
	if right {
		t.rate = rate
		if t.more && g.slots < g.o.Slots || !t.more && t.waits && g.slots > goal {
			t.next = now // it goes on like this
		}
		t.done, t.took = 0, 0
	} else {
		t.change(&g.slots, t.from)
	}
	t.from = 0
}

// change changes slots; what gets done is measured from when it has come into effect.
func (t *trial) change(slots *int, to int) {
	*slots, t.settled, t.done, t.took = to, false, 0, 0
}

// trim refuses those for whom there is no place any more: the last of the longest queues.
func (g *Gate) trim() {
	for g.waiting-g.sure > g.places {
		most := g.turn
		for c := g.turn.next; c != g.turn; c = c.next {
			if c.waiting-c.sure > most.waiting-most.sure {
				most = c
			}
		}
		share, others := g.share(), len(g.callers) > 1
		for g.waiting-g.sure > g.places && most.waiting > most.sure {
			mine := most.waiting - most.sure
			g.expel(most.last, g.refuse(others && mine > share))
			if others && mine <= share {
				break
			}
		}
	}
}
