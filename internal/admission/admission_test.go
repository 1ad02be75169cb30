package admission

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

type who Key

func (w who) Key() Key { return Key(w) }

func gate(change func(*Options)) *Gate {
	o := Options{Slots: 8, Floor: 2, Places: 100, LeastPlaces: 10, Work: 10 * time.Millisecond, Wait: 100 * time.Millisecond, Longest: 10 * time.Second}
	if change != nil {
		change(&o)
	}
	return New(o)
}

// work asks for a slot, holds it for d and says how long it waited.
func work(t *testing.T, g *Gate, w who, d time.Duration) (time.Duration, error) {
	t.Helper()
	began := time.Now()
	var p Pass
	err := g.Enter(t.Context(), w, &p)
	waited := time.Since(began)
	if err == nil {
		time.Sleep(d) // the bubble's clock
		p.Leave()
	}
	return waited, err
}

func TestNothingWaitsWhileSlotsAreFree(t *testing.T) {
	g := gate(nil)
	var held [7]Pass
	for i := range held {
		if err := g.Enter(t.Context(), who(i), &held[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range held {
		held[i].Leave()
		held[i].Leave() // once is enough
	}
	if s := g.Status(); s != (Status{Slots: 8, Places: 100}) || len(g.callers) != 0 {
		t.Errorf("something is left: %+v, %d callers", s, len(g.callers))
	}
}

// TestNobodyTakesAllSlots: however many requests one caller has under way, the next caller need not wait for them.
func TestNobodyTakesAllSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(nil)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { _, _ = work(t, g, 1, time.Minute) }) // most are refused at last
		}
		synctest.Wait()
		if waited, err := work(t, g, 2, time.Millisecond); err != nil || waited != 0 {
			t.Errorf("another caller waited %v: %v", waited, err)
		}
		wg.Wait()
	})
}

// TestTurns: a caller with many requests waiting delays one with few by a turn, not by all of them.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(o *Options) { o.Slots, o.Floor = 1, 1 })
		var order []who
		var mu sync.Mutex
		var wg sync.WaitGroup
		ask := func(w who) {
			wg.Go(func() {
				var p Pass
				if err := g.Enter(t.Context(), w, &p); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, w)
				mu.Unlock()
				time.Sleep(time.Millisecond)
				p.Leave()
			})
			synctest.Wait()
		}
		for range 20 {
			ask(1)
		}
		ask(2)
		ask(3)
		ask(2)
		wg.Wait()
		// The slot was 1's when the others came.
		for i, want := range []who{1, 1, 2, 3, 1, 2, 1, 1} {
			if order[i] != want {
				t.Fatalf("order %v", order)
			}
		}
	})
}

// TestWorkThatGetsDoneSetsTheBounds: under five times what can be done, waiting stays near its bounds, slots are what is needed, and everything that can be done is done.
func TestWorkThatGetsDoneSetsTheBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(o *Options) { o.Slots, o.Places, o.LeastPlaces = 256, 1024, 8 })
		// Two processors, 2 ms of work for each request: 1000 a second.
		processors := make(chan struct{}, 2)
		var mu sync.Mutex
		var done, refused int
		var worst time.Duration
		var wg sync.WaitGroup
		began := time.Now()
		for time.Since(began) < 10*time.Second {
			wg.Go(func() {
				came := time.Now()
				var p Pass
				err := g.Enter(t.Context(), who(rand.IntN(5)), &p)
				if err == nil {
					processors <- struct{}{}
					time.Sleep(2 * time.Millisecond)
					<-processors
					p.Leave()
				}
				mu.Lock()
				defer mu.Unlock()
				var full *Refused
				switch took := time.Since(came); {
				case errors.As(err, &full):
					refused++
				case err != nil:
					t.Error(err)
				case came.Sub(began) > 2*time.Second:
					done++
					worst = max(worst, took)
				}
			})
			time.Sleep(200 * time.Microsecond) // 5000 a second
		}
		wg.Wait()
		if rate := float64(done) / 8; rate < 950 {
			t.Errorf("%.0f requests a second got done, of 1000", rate)
		}
		if worst > 200*time.Millisecond {
			t.Errorf("one took %v", worst)
		}
		if refused == 0 {
			t.Error("none was refused")
		}
		if s := g.Status(); s.Slots > 40 {
			t.Errorf("%d slots, where 10 do", s.Slots)
		}
		// When it is over, the bounds are wide again.
		for range 20 {
			time.Sleep(interval)
			if _, err := work(t, g, 1, time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		if s := g.Status(); s.Slots != 256 || s.Places != 1024 || s.Running != 0 || s.Waiting != 0 {
			t.Errorf("afterwards: %+v", s)
		}
		if len(g.callers) != 0 || g.turn != nil {
			t.Error("callers are left")
		}
	})
}

// TestWhoHasMostPlacesLosesOne: the crowd is refused, the single one is not.
func TestWhoHasMostPlacesLosesOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(o *Options) { o.Slots, o.Floor, o.Places, o.LeastPlaces = 1, 1, 10, 10 })
		var wg sync.WaitGroup
		var mu sync.Mutex
		var own, all int
		for range 30 {
			wg.Go(func() {
				_, err := work(t, g, 1, 100*time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				if full, ok := errors.AsType[*Refused](err); ok && full.Own {
					own++
				} else if ok {
					all++
				}
			})
			synctest.Wait()
		}
		if own != 0 || all != 19 {
			t.Errorf("alone: %d and %d refused, want 0 and 19 of 30 with 11 places", own, all)
		}
		if waited, err := work(t, g, 2, 0); err != nil || waited > 200*time.Millisecond {
			t.Errorf("the other one: %v, %v", waited, err)
		}
		wg.Wait()
		if own != 1 {
			t.Errorf("%d of the crowd made place, want 1", own)
		}
	})
}

func TestWaitingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(o *Options) { o.Slots, o.Floor = 1, 1 })
		var held Pass
		if err := g.Enter(t.Context(), who(1), &held); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var p Pass
		if err := g.Enter(ctx, who(1), &p); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with its context: %v", err)
		}
		began := time.Now()
		if err := g.Enter(t.Context(), who(1), &p); !errors.Is(err, refusedAll) || time.Since(began) != g.o.Longest {
			t.Errorf("after the longest time: %v, %v", err, time.Since(began))
		}
		p.Leave() // nothing was held
		held.Leave()
		if s := g.Status(); s.Running != 0 || s.Waiting != 0 || len(g.callers) != 0 {
			t.Errorf("left: %+v", s)
		}
	})
}

// TestReturn: who waited for their client comes back in turn: never more slots are held than there are, and nobody who has begun is refused.
func TestReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(o *Options) { o.Slots, o.Floor, o.Places, o.LeastPlaces = 1, 1, 3, 3 })
		var a, b, none Pass
		if err := none.Return(t.Context()); err != nil || none.Held() {
			t.Error("a pass that has not entered returned")
		}
		if err := g.Enter(t.Context(), who(1), &a); err != nil {
			t.Fatal(err)
		}
		a.Pause()
		if err := g.Enter(t.Context(), who(2), &b); err != nil {
			t.Fatal(err)
		}
		back := make(chan error, 1)
		go func() { back <- a.Return(t.Context()) }()
		synctest.Wait()
		if s := g.Status(); s.Running != 1 || s.Waiting != 1 {
			t.Errorf("there is one slot: %+v", s)
		}
		var refused int
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if _, err := work(t, g, 1, time.Millisecond); err != nil {
					refused++ // by one goroutine at a time in practice: they are decided at once
				}
			})
			synctest.Wait()
		}
		if s := g.Status(); s.Waiting != 4 || refused != 2 {
			t.Errorf("beside who returns there are three places: %+v, %d refused", s, refused)
		}
		b.Leave()
		if err := <-back; err != nil || !a.Held() {
			t.Errorf("who returned: %v", err)
		}
		a.Leave()
		wg.Wait()
		// Who returns leaves with their context.
		if err := g.Enter(t.Context(), who(1), &a); err != nil {
			t.Fatal(err)
		}
		a.Pause()
		if err := g.Enter(t.Context(), who(2), &b); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := a.Return(ctx); !errors.Is(err, context.DeadlineExceeded) || a.Held() {
			t.Errorf("after its context: %v", err)
		}
		a.Leave()
		b.Leave()
		if s := g.Status(); s.Running != 0 || s.Waiting != 0 || s.Away != 0 || len(g.callers) != 0 {
			t.Errorf("left: %+v", s)
		}
	})
}

// TestPausesAreBounded: no more requests wait for their clients without a slot than there may be places.
func TestPausesAreBounded(t *testing.T) {
	g := gate(func(o *Options) { o.Slots, o.Places, o.LeastPlaces = 16, 3, 1 })
	var p [5]Pass
	for i := range p {
		if err := g.Enter(t.Context(), who(i), &p[i]); err != nil {
			t.Fatal(err)
		}
		p[i].Pause()
	}
	if s := g.Status(); s.Away != 3 || s.Running != 2 {
		t.Errorf("%+v", s)
	}
	for i := range p {
		p[i].Leave()
	}
	if s := g.Status(); s.Away != 0 || s.Running != 0 {
		t.Errorf("left: %+v", s)
	}
}

// TestMoreCallersThanPlaces: one who has more than one place makes way for those who have none.
func TestMoreCallersThanPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(o *Options) { o.Slots, o.Floor, o.Places, o.LeastPlaces = 1, 1, 5, 5 })
		var wg sync.WaitGroup
		var let [20]bool
		for range 6 { // a slot and all places
			wg.Go(func() { _, _ = work(t, g, 0, time.Second) }) // some lose theirs
			synctest.Wait()
		}
		for i := 1; i < len(let); i++ {
			wg.Go(func() {
				_, err := work(t, g, who(i), time.Second)
				let[i] = err == nil
			})
			synctest.Wait()
		}
		if got := g.callers[0].waiting; got != 1 {
			t.Errorf("the one of many requests keeps %d places of 5, want one", got)
		}
		wg.Wait()
		var others int
		for _, ok := range let {
			if ok {
				others++
			}
		}
		if others != 4 {
			t.Errorf("%d others were let in, want 4", others)
		}
	})
}

// TestSlowWorkKeepsItsSlots: work that takes long because it waits, for a lock or another server, gets as many slots as get the most done, also when it began to be so while there were few.
func TestSlowWorkKeepsItsSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(o *Options) {
			o.Slots, o.Floor, o.Places, o.LeastPlaces, o.Wait = 64, 4, 1024, 32, 500*time.Millisecond
		})
		processors := make(chan struct{}, 2)
		var mu sync.Mutex
		done := 0
		heavy := true
		run := func(d time.Duration) float64 {
			var wg sync.WaitGroup
			began := time.Now()
			mu.Lock()
			done = 0
			mu.Unlock()
			for time.Since(began) < d {
				wg.Go(func() {
					var p Pass
					if g.Enter(t.Context(), who(rand.IntN(5)), &p) != nil {
						return
					}
					if heavy {
						processors <- struct{}{}
						time.Sleep(2 * time.Millisecond)
						<-processors
					} else {
						time.Sleep(100 * time.Millisecond)
					}
					p.Leave()
					mu.Lock()
					done++
					mu.Unlock()
				})
				time.Sleep(time.Millisecond / 2) // 2000 a second
			}
			mu.Lock()
			rate := float64(done) / d.Seconds()
			mu.Unlock()
			wg.Wait()
			return rate
		}
		heavy = false
		if rate := run(40 * time.Second); rate < 0.85*640 {
			t.Errorf("%.0f requests a second got done, of 640", rate)
		}
		heavy = true
		if rate := run(40 * time.Second); rate < 0.95*1000 {
			t.Errorf("heavy work: %.0f requests a second got done, of 1000", rate)
		}
		heavy = false
		if rate := run(40 * time.Second); rate < 0.75*640 {
			t.Errorf("slow again: %.0f requests a second got done, of 640", rate)
		}
	})
}

// TestGateUnderRandomUse: whatever happens, nothing is lost and nothing is left.
func TestGateUnderRandomUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(o *Options) { o.Places, o.LeastPlaces, o.Longest = 20, 5, 300*time.Millisecond })
		r := rand.New(rand.NewPCG(1, 2))
		var wg sync.WaitGroup
		for range 5000 {
			w, d, leaves := who(r.IntN(12)), time.Duration(r.IntN(20))*time.Millisecond, r.IntN(3) == 0
			patience := time.Duration(1+r.IntN(400)) * time.Millisecond
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				var p Pass
				if g.Enter(ctx, w, &p) != nil {
					return
				}
				time.Sleep(d)
				if leaves {
					p.Pause()
					time.Sleep(d)
					if p.Return(ctx) == nil {
						time.Sleep(d)
					}
				}
				p.Leave()
			})
			if r.IntN(4) == 0 {
				time.Sleep(time.Duration(r.IntN(6)) * time.Millisecond)
			}
		}
		wg.Wait()
		if s := g.Status(); s.Running != 0 || s.Waiting != 0 || g.unnamed.Load() != 0 || g.sure != 0 || g.greedy != 0 || g.away.Load() != 0 || g.turn != nil || len(g.callers) != 0 {
			t.Errorf("left: %+v, %d unnamed, %d callers", s, g.unnamed.Load(), len(g.callers))
		}
	})
}

func BenchmarkEnterAndLeave(b *testing.B) {
	g := gate(func(o *Options) { o.Slots = 256 })
	b.ReportAllocs()
	for b.Loop() {
		var p Pass
		if g.Enter(b.Context(), who(1), &p) != nil {
			b.Fatal("refused")
		}
		p.Leave()
	}
}
