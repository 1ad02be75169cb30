package sqlite

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// deadline is a context that ends at a time. Unlike the standard library's it starts no timer before somebody waits for its end: SQLite asks from time to
// time whether to go on, and a read has mostly ended before it would ask; a timer for each costs as much as finding its row.
type deadline struct {
	context.Context
	at time.Time

	asked  atomic.Uint32
	ended  atomic.Bool
	waited atomic.Bool // somebody has asked for Done
	over   atomic.Bool // stop was called: what Done gave is closed, and so Err must say why

	once   sync.Once
	timed  context.Context // made by the first Done
	cancel context.CancelFunc
}

func newDeadline(ctx context.Context, at time.Time) *deadline {
	return &deadline{Context: ctx, at: at}
}

func (d *deadline) Deadline() (time.Time, bool) {
	if at, ok := d.Context.Deadline(); ok && at.Before(d.at) {
		return at, true
	}
	return d.at, true
}

func (d *deadline) Done() <-chan struct{} {
	d.waited.Store(true)
	d.once.Do(func() { d.timed, d.cancel = context.WithDeadline(d.Context, d.at) })
	return d.timed.Done()
}

func (d *deadline) Err() error {
	if err := d.Context.Err(); err != nil {
		return err
	}
	if d.over.Load() {
		return context.Canceled
	}
	// Who waits for the end must find it told as soon as it is there.
	if (d.asked.Add(1)%askClock == 1 || d.waited.Load()) && !time.Now().Before(d.at) {
		d.ended.Store(true)
	}
	if d.ended.Load() {
		return context.DeadlineExceeded
	}
	return nil
}

// askClock is how many questions share a look at the clock: SQLite asks before each row and every so many instructions.
const askClock = 16

// stop ends the timer, if there is one. It is called when nobody waits any more.
func (d *deadline) stop() {
	if d.cancel != nil {
		d.over.Store(true)
		d.cancel()
	}
}
