// Package admission decides which requests are worked on now, which wait and which are refused, so that a server that is asked for more than it can do goes on doing
// as much as it can (decisions 0026 and 0030).
//
// Main types in order of meeting them: Options, Gate, Asker, Pass, Refused. A Gate has slots for work and places to wait, both fewer while more is asked for than gets done:
// places for as many as were done, by measurement, in the time that Options name; slots as few as get as much done, which is tried out (adjust.go). Whoever waits is in a queue of their
// own, and the queues take turns.
//
// Invariants: nobody holds all slots, unless there is one; never are more slots held than there were when the last one was taken; a refusal is decided at once, or after
// Options.Longest; who is in a queue leaves it when their context ends; memory is bounded by slots and places; nothing is decided by what a sender can make up (that is the Asker's part).
package admission

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// Options are a gate's bounds. All are needed.
type Options struct {
	Slots int // the most that are worked on at a time
	Floor int // slots are never fewer: what the database does at a time
	// Places is how many may wait, at most; LeastPlaces how many always may.
	Places, LeastPlaces int
	// Work is the time that an admitted request should take while others wait, Wait the time that one should wait for its slot. They and how many requests get done give how many
	// slots to try and how many places there are (Little's law).
	Work, Wait time.Duration
	Longest    time.Duration // nobody waits longer
	Now        func() time.Time
}

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

	// Slots of callers that nobody asked for their key are counted here: while room is not exceeded, which is while there is nothing to share out, coming and going is one addition each.
	unnamed atomic.Int64
	room    atomic.Int64 // set under mu
	crowded atomic.Bool  // somebody waits; set under mu
	away    atomic.Int64 // passes between Pause and Return

	mu      sync.Mutex
	named   int // slots that are held by callers
	waiting int // those who Return included
	sure    int // of them, those who Return: they need no place
	slots   int // at present, Floor to Slots
	places  int // at present, LeastPlaces to Places
	greedy  int // callers with more than one place
	callers map[Key]*caller
	turn    *caller // the next of those who wait, a ring

	since   time.Time // when the present interval began
	done    int       // requests that ended in it, if somebody waited all the time
	drained bool      // nobody waited, at some time of it
	rate    float64   // requests a second that get done while others wait; 0 is not known
	trial   trial

	refused [2]uint64 // of all together, and of one caller's own
}

// caller is somebody with requests in the gate.
type caller struct {
	key         Key
	running     int
	waiting     int
	sure        int // of them
	first, last *waiter
	next, prev  *caller // in the ring, while waiting > 0
}

// waiter is a request in a queue.
type waiter struct {
	of         *caller // nil: not in a queue any more
	sure       bool
	next, prev *waiter
	decided    chan error // has room for one
}

// Pass is a slot that is held. The zero value holds none. Not for concurrent use.
type Pass struct {
	gate *Gate
	asks Asker
	of   *caller // nil: nobody has asked whose it is
	held bool
	away bool
}

// New makes a gate.
func New(o Options) *Gate {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Slots = max(o.Slots, 1)
	o.Floor = min(max(o.Floor, 1), o.Slots)
	o.LeastPlaces = min(o.LeastPlaces, o.Places)
	g := &Gate{o: o, slots: o.Slots, places: o.Places, callers: map[Key]*caller{}}
	g.settle()
	return g
}

// Enter waits for a slot, which p then holds until its Leave. Errors are *Refused, or the context's.
func (g *Gate) Enter(ctx context.Context, a Asker, p *Pass) error {
	*p = Pass{gate: g, asks: a}
	return p.take(ctx, false)
}

// Refuses says whether Enter would refuse now: an error of Enter's, or nil. It is for those who can save work by knowing.
func (g *Gate) Refuses(a Asker) error {
	if !g.crowded.Load() {
		return nil
	}
	key := a.Key()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.measure(g.o.Now())
	c := g.callers[key]
	if c == nil {
		c = &caller{}
	}
	if r := g.full(c); r != nil {
		return r
	}
	return nil
}

// take takes a slot. Who is sure waits as long as it takes.
func (p *Pass) take(ctx context.Context, sure bool) error {
	g := p.gate
	if g.unnamed.Add(1) <= g.room.Load() {
		p.of, p.held = nil, true
		return nil
	}
	g.unnamed.Add(-1)
	key, now := p.asks.Key(), g.o.Now()
	g.mu.Lock()
	g.measure(now)
	g.admit() // to somebody who saw our one too many
	c := g.caller(key)
	if c.waiting == 0 && g.mayRun(c) {
		g.named++
		c.running++
		g.settle()
		g.mu.Unlock()
		p.of, p.held = c, true
		return nil
	}
	w, refused := g.enqueue(c, sure)
	g.settle()
	if refused == nil {
		g.admit() // a slot may have become free before it could be seen that somebody waits
		g.settle()
	}
	g.mu.Unlock()
	if refused != nil {
		return refused
	}
	if err := g.wait(ctx, w, sure); err != nil {
		return err
	}
	p.of, p.held = c, true
	return nil
}

// Leave gives the slot back. Without one it does nothing.
func (p *Pass) Leave() {
	if p.away {
		p.away = false
		p.gate.away.Add(-1)
	}
	if !p.held {
		return
	}
	p.held = false
	g := p.gate
	if p.of == nil {
		g.unnamed.Add(-1)
		if !g.crowded.Load() {
			return
		}
		g.mu.Lock()
	} else {
		g.mu.Lock()
		g.named--
		p.of.running--
		g.forget(p.of)
	}
	g.done++
	if g.waiting > 0 {
		g.measure(g.o.Now())
		g.admit()
	}
	g.settle()
	g.mu.Unlock()
}

// Held says whether p holds a slot.
func (p *Pass) Held() bool { return p.held }

// Pause gives the slot back for as long as a request waits for its client, until Return. At most as many as there may be places pause at a time; others keep their slots.
func (p *Pass) Pause() {
	if !p.held {
		return
	}
	g := p.gate
	if g.away.Add(1) > int64(g.o.Places) {
		g.away.Add(-1)
		return
	}
	p.Leave()
	p.away = true
}

// Return waits for a slot again after Pause, in turns with all others, but is never refused. Otherwise it does nothing. The error is the context's.
func (p *Pass) Return(ctx context.Context) error {
	if !p.away {
		return nil
	}
	p.away = false
	p.gate.away.Add(-1)
	return p.take(ctx, true)
}

// Waited says whether somebody waits, so that a request that takes long should let others have their turn.
func (p *Pass) Waited() bool { return p.held && p.gate.crowded.Load() }

// Status is a gate at a moment.
type Status struct {
	Running, Waiting, Away, Slots, Places int
	RefusedAll, RefusedOwn                uint64
}

// Status tells how the gate is.
func (g *Gate) Status() Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Status{
		Running: g.running(), Waiting: g.waiting, Away: int(g.away.Load()), Slots: g.slots, Places: g.places, RefusedAll: g.refused[0], RefusedOwn: g.refused[1],
	}
}

func (g *Gate) running() int { return g.named + int(g.unnamed.Load()) }

// settle makes known what the others need not take the lock for. While half of the slots are free there is nothing to share out, and whoever asks need not be known.
func (g *Gate) settle() {
	room := 0
	if g.waiting == 0 && g.slots == g.o.Slots {
		room = g.slots/2 - g.named
	}
	if r := int64(room); g.room.Load() != r {
		g.room.Store(r)
	}
	if crowded := g.waiting > 0; g.crowded.Load() != crowded {
		g.crowded.Store(crowded)
	}
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
	return g.running() < g.slots && c.running+int(g.unnamed.Load()) < max(1, g.slots-max(1, g.slots/8))
}

// share is how many places each caller has a right to.
func (g *Gate) share() int { return max(1, g.places/max(1, len(g.callers))) }

// full says whether there is no place for another request of c, not even one of somebody who has too many.
func (g *Gate) full(c *caller) *Refused {
	if g.waiting-g.sure < g.places {
		return nil
	}
	share := g.share()
	if mine := c.waiting - c.sure; mine >= share {
		return g.refuse(mine > share && len(g.callers) > 1)
	}
	if share == 1 && g.greedy == 0 {
		return g.refuse(false) // all places are taken by others, who have one each
	}
	return nil
}

// enqueue puts a request of c at the end of c's queue. Where all places are taken, somebody who has more than a share loses one.
func (g *Gate) enqueue(c *caller, sure bool) (*waiter, error) {
	w := &waiter{of: c, sure: sure, decided: make(chan error, 1)}
	if sure {
		// Before those of the same caller who have not begun.
		if w.next = c.first; w.next != nil {
			w.next.prev = w
		} else {
			c.last = w
		}
		c.first = w
		g.sure++
		c.sure++
	} else {
		if r := g.full(c); r != nil {
			g.forget(c)
			return nil, r
		}
		if g.waiting-g.sure >= g.places {
			share := g.share()
			from := g.turn
			for from.waiting-from.sure <= share {
				from = from.next // there is one, or else it would be full
			}
			g.expel(from.last, g.refuse(true))
		}
		if w.prev = c.last; w.prev != nil {
			w.prev.next = w
		} else {
			c.first = w
		}
		c.last = w
		if c.waiting-c.sure == 1 {
			g.greedy++
		}
	}
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
func (g *Gate) wait(ctx context.Context, w *waiter, sure bool) error {
	var late <-chan time.Time
	if !sure {
		longest := time.NewTimer(g.o.Longest)
		defer longest.Stop()
		late = longest.C
	}
	var err error
	select {
	case err := <-w.decided:
		return err
	case <-ctx.Done():
		err = ctx.Err()
	case <-late:
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.of == nil {
		return <-w.decided // meanwhile
	}
	if err == nil {
		err = g.refuse(false)
	}
	g.expel(w, err)
	g.settle()
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
	switch {
	case w.sure:
		g.sure--
		c.sure--
	case c.waiting-c.sure == 2:
		g.greedy--
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
	for g.turn != nil && g.running() < g.slots {
		c := g.turn
		for !g.mayRun(c) {
			if c = c.next; c == g.turn {
				return // all of them hold what one may
			}
		}
		g.turn = c.next
		w := c.first
		g.named++
		c.running++
		g.unlink(w)
		w.decided <- nil
	}
}
