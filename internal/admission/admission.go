// Package admission decides which requests are worked on now, which wait and which are refused, so that a server that is asked for more than it can do goes on doing
// as much as it can (decision 0026).
//
// Main types in order of meeting them: Options, Gate, Asker, Pass, Refused. A Gate has slots for work and places to wait, both fewer while more is asked for than gets done:
// as many as were done, by measurement, in the times that Options name. Whoever waits is in a queue of their own, and the queues take turns.
//
// Invariants: nobody holds all slots, unless there is one; a refusal is decided at once, or after Options.Longest; who is in a queue leaves it when their context ends; memory is
// bounded by slots and places; nothing is decided by what a sender can make up (that is the Asker's part).
package admission

import (
	"context"
	"hash/maphash"
	"math"
	"sync"
	"time"
)

// Options are a gate's bounds. All are needed.
type Options struct {
	Slots int // the most that are worked on at a time
	Floor int // slots are never fewer: what the database does at a time
	// Places is how many may wait, at most; LeastPlaces how many always may.
	Places, LeastPlaces int
	// Work is the time that an admitted request should take while others wait, Wait the time that one should wait for its slot. Slots and places follow from them and from how
	// many requests get done (Little's law).
	Work, Wait time.Duration
	Longest    time.Duration // nobody waits longer
	Now        func() time.Time
}

// interval is how long is measured before slots and places are set anew.
const interval = 100 * time.Millisecond

// Key stands for a caller. Callers with the same key share their turns.
type Key uint64

var seed = maphash.MakeSeed()

// KeyOf is the key of a name. Names that collide, which nobody outside can bring about, share.
func KeyOf(name string) Key { return Key(maphash.String(seed, name)) }

// Asker is who wants to come in. Key is called when it matters, outside of locks.
type Asker interface{ Key() Key }

// Refused is the error of whoever is not let in.
type Refused struct {
	// Own: this caller wants more than their share while there are others; otherwise it is all callers together.
	Own bool
}

// Error says why.
func (e *Refused) Error() string {
	if e.Own {
		return "too many requests of one caller"
	}
	return "too many requests"
}

var (
	refusedOwn = &Refused{Own: true}
	refusedAll = &Refused{}
)

// Gate lets requests in. Safe for concurrent use.
type Gate struct {
	o Options

	mu      sync.Mutex
	running int // slots that are held; more than slots when bodies came late
	unnamed int // of them, by callers that nobody asked for their key
	waiting int
	slots   int // at present, Floor to Slots
	places  int // at present, LeastPlaces to Places
	callers map[Key]*caller
	turn    *caller // the next of those who wait, a ring

	since   time.Time // when the present interval began
	done    int       // requests that ended in it
	drained bool      // nobody waited, at some time of it
	rate    float64   // requests a second that get done while others wait; 0 is not known

	refused [2]uint64 // of all together, and of one caller's own
}

// caller is somebody with requests in the gate.
type caller struct {
	key         Key
	running     int
	waiting     int
	first, last *waiter
	next, prev  *caller // in the ring, while waiting > 0
}

// waiter is a request in a queue.
type waiter struct {
	of         *caller // nil: not in a queue any more
	next, prev *waiter
	decided    chan error // has room for one
}

// Pass is a slot that is held. The zero value holds none. Not for concurrent use.
type Pass struct {
	gate *Gate
	of   *caller
	held bool
}

// New makes a gate.
func New(o Options) *Gate {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Slots = max(o.Slots, 1)
	o.Floor = min(max(o.Floor, 1), o.Slots)
	o.LeastPlaces = min(o.LeastPlaces, o.Places)
	return &Gate{o: o, slots: o.Slots, places: o.Places, callers: map[Key]*caller{}}
}

// Enter waits for a slot, which p then holds until its Leave. Errors are *Refused, or the context's.
func (g *Gate) Enter(ctx context.Context, a Asker, p *Pass) error {
	g.mu.Lock()
	// While half of the slots are free there is nothing to share out, and whoever asks need not be known.
	if g.running < g.slots/2 && g.waiting == 0 && g.slots == g.o.Slots {
		g.running++
		g.unnamed++
		g.mu.Unlock()
		*p = Pass{gate: g, held: true}
		return nil
	}
	g.mu.Unlock()

	key, now := a.Key(), g.o.Now()
	g.mu.Lock()
	g.measure(now)
	c := g.caller(key)
	if c.waiting == 0 && g.mayRun(c) {
		g.running++
		c.running++
		g.mu.Unlock()
		*p = Pass{gate: g, of: c, held: true}
		return nil
	}
	w, err := g.enqueue(c)
	g.mu.Unlock()
	if err != nil {
		return err
	}
	if err := g.wait(ctx, w); err != nil {
		return err
	}
	*p = Pass{gate: g, of: c, held: true}
	return nil
}

// Leave gives the slot back. Without one it does nothing.
func (p *Pass) Leave() {
	if !p.held {
		return
	}
	p.held = false
	g := p.gate
	g.mu.Lock()
	g.running--
	g.done++
	if p.of == nil {
		g.unnamed--
	} else {
		p.of.running--
		g.forget(p.of)
	}
	if g.waiting > 0 {
		g.measure(g.o.Now())
		g.admit()
	}
	g.mu.Unlock()
}

// Return takes a slot again after Leave, without waiting, for a request that has been let in before and only waited for its sender. Without an Enter it does nothing.
func (p *Pass) Return() {
	if p.gate == nil || p.held {
		return
	}
	p.held = true
	p.gate.mu.Lock()
	p.gate.running++
	p.gate.done-- // it has not ended
	if p.of == nil {
		p.gate.unnamed++
	} else {
		p.of = p.gate.caller(p.of.key)
		p.of.running++
	}
	p.gate.mu.Unlock()
}

// Status is a gate at a moment.
type Status struct {
	Running, Waiting, Slots, Places int
	RefusedAll, RefusedOwn          uint64
}

// Status tells how the gate is.
func (g *Gate) Status() Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Status{Running: g.running, Waiting: g.waiting, Slots: g.slots, Places: g.places, RefusedAll: g.refused[0], RefusedOwn: g.refused[1]}
}

// caller is the one with a key, who may be new.
func (g *Gate) caller(key Key) *caller {
	c := g.callers[key]
	if c == nil {
		c = &caller{key: key}
		g.callers[key] = c
	}
	return c
}

// mayRun says whether a caller may have another slot. Slots of unnamed callers may be theirs.
func (g *Gate) mayRun(c *caller) bool {
	return g.running < g.slots && c.running+g.unnamed < max(1, g.slots-max(1, g.slots/8))
}

// enqueue puts a request of c at the end of c's queue. Where all places are taken, whoever has the most of them loses one.
func (g *Gate) enqueue(c *caller) (*waiter, error) {
	if g.waiting >= g.places {
		others := len(g.callers) > 1
		share := g.places / len(g.callers)
		if c.waiting >= share {
			g.forget(c)
			return nil, g.refuse(others && c.waiting > share)
		}
		// Some other has more than a share, as all places are taken.
		from := g.turn
		for from.waiting <= share && from.next != g.turn {
			from = from.next
		}
		g.expel(from.last, g.refuse(true))
	}
	w := &waiter{of: c, prev: c.last, decided: make(chan error, 1)}
	if c.last != nil {
		c.last.next = w
	} else {
		c.first = w
	}
	c.last = w
	g.waiting++
	if c.waiting++; c.waiting == 1 {
		g.join(c)
	}
	return w, nil
}

func (g *Gate) refuse(own bool) *Refused {
	if own {
		g.refused[1]++
		return refusedOwn
	}
	g.refused[0]++
	return refusedAll
}

// wait waits until it is decided what becomes of w.
func (g *Gate) wait(ctx context.Context, w *waiter) error {
	longest := time.NewTimer(g.o.Longest)
	defer longest.Stop()
	var err error
	select {
	case err := <-w.decided:
		return err
	case <-ctx.Done():
		err = ctx.Err()
	case <-longest.C:
	}
	g.mu.Lock()
	if w.of == nil {
		// It was decided meanwhile.
		g.mu.Unlock()
		return <-w.decided
	}
	if err == nil {
		err = g.refuse(false)
	}
	g.expel(w, err)
	g.mu.Unlock()
	return err
}

// expel takes w out of its queue and tells it why.
func (g *Gate) expel(w *waiter, err error) {
	c := w.of
	g.unlink(w)
	w.decided <- err
	g.forget(c)
}

// unlink takes w out of its queue.
func (g *Gate) unlink(w *waiter) {
	c := w.of
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		c.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		c.last = w.prev
	}
	*w = waiter{decided: w.decided}
	g.waiting--
	if c.waiting--; c.waiting == 0 {
		g.part(c)
	}
	if g.waiting == 0 {
		g.drained = true
	}
}

// join puts c into the ring, where its turn comes last.
func (g *Gate) join(c *caller) {
	if g.turn == nil {
		c.next, c.prev = c, c
		g.turn = c
		return
	}
	c.next, c.prev = g.turn, g.turn.prev
	c.prev.next, c.next.prev = c, c
}

// part takes c out of the ring.
func (g *Gate) part(c *caller) {
	if c.next == c {
		g.turn = nil
	} else {
		c.prev.next, c.next.prev = c.next, c.prev
		if g.turn == c {
			g.turn = c.next
		}
	}
	c.next, c.prev = nil, nil
}

// forget drops a caller who has nothing in the gate.
func (g *Gate) forget(c *caller) {
	if c.running == 0 && c.waiting == 0 {
		delete(g.callers, c.key)
	}
}

// admit gives free slots to those who wait, in turns.
func (g *Gate) admit() {
	for g.turn != nil && g.running < g.slots {
		c := g.turn
		for !g.mayRun(c) {
			if c = c.next; c == g.turn {
				return // all of them hold what one may
			}
		}
		g.turn = c.next
		w := c.first
		g.running++
		c.running++
		g.unlink(w)
		w.decided <- nil
	}
}

// measure sets slots and places when an interval has ended: to what gets done in Work and in Wait if somebody waited all the time, and otherwise to twice what they were.
func (g *Gate) measure(now time.Time) {
	took := now.Sub(g.since)
	if took < interval {
		return
	}
	if g.drained || g.waiting == 0 {
		g.slots, g.places = min(2*g.slots, g.o.Slots), min(2*g.places, g.o.Places)
		if g.slots == g.o.Slots && g.places == g.o.Places {
			g.rate = 0
		}
	} else {
		rate := float64(g.done) / took.Seconds()
		if g.rate == 0 {
			g.rate = rate
		}
		g.rate += (rate - g.rate) * 0.3
		in := func(d time.Duration) int { return int(math.Ceil(g.rate * d.Seconds())) }
		g.slots = min(max(in(g.o.Work), g.o.Floor), g.o.Slots)
		g.places = min(max(in(g.o.Wait), g.o.LeastPlaces), g.o.Places)
		g.trim()
	}
	g.since, g.done, g.drained = now, 0, g.waiting == 0
	g.admit()
}

// trim refuses those for whom there is no place any more: the last of the longest queues.
func (g *Gate) trim() {
	for g.waiting > g.places {
		most := g.turn
		for c := g.turn.next; c != g.turn; c = c.next {
			if c.waiting > most.waiting {
				most = c
			}
		}
		share := g.places / len(g.callers)
		for g.waiting > g.places && most.last != nil {
			others := len(g.callers) > 1
			g.expel(most.last, g.refuse(others && most.waiting > share))
			if others && most.waiting <= share {
				break
			}
		}
	}
}
