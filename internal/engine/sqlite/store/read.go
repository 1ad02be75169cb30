package store

import (
	"context"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
)

// Read runs fn on a snapshot of the database. It waits for a free connection as long as ctx allows. Errors of SQLite that ctx caused
// come back as fault 57014.
func (s *Store) Read(ctx context.Context, fn func(*Conn) error) (err error) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return explain(ctx, ctx.Err())
	}
	defer func() { <-s.slots }()
	c, err := s.takeReader()
	if err != nil {
		return err
	}
	sound := false // a connection that a panic went through is thrown away
	defer func() {
		s.giveReader(c, sound)
	}()

	s.snap.RLock()
	if err = c.begin.Exec(); err == nil {
		err = c.touch.Exec() // BEGIN alone takes no snapshot
	}
	c.enter(ctx, s.Schema())
	s.snap.RUnlock()
	if err == nil {
		err = fn(c)
	}
	evicted := c.evicted.Load()
	c.evicted.Store(false)
	c.leave()
	if !c.raw.GetAutocommit() {
		if rerr := c.rollback.Exec(); rerr != nil {
			return rerr
		}
	}
	sound = true
	if evicted && err != nil && fault.As(err) == nil {
		return fault.New("72000", "snapshot too old").WithHint("The statement read for so long that the write-ahead log could not be emptied. Read less at a time.")
	}
	return explain(ctx, err)
}

func (s *Store) takeReader() (*Conn, error) {
	s.mu.Lock()
	if n := len(s.idle); n > 0 {
		c := s.idle[n-1]
		s.idle = s.idle[:n-1]
		c.began = time.Now()
		s.busy[c] = struct{}{}
		s.mu.Unlock()
		return c, nil
	}
	s.mu.Unlock()
	c, err := s.connect(false)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.began = time.Now()
	s.busy[c] = struct{}{}
	return c, nil
}

func (s *Store) giveReader(c *Conn, sound bool) {
	s.mu.Lock()
	delete(s.busy, c)
	if sound {
		c.evicted.Store(false)
		s.idle = append(s.idle, c)
	}
	s.mu.Unlock()
	if !sound {
		_ = c.close() // its failure has been reported by what made it unsound
	}
}

// evict interrupts the readers whose snapshot is older than age.
func (s *Store) evict(age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.busy {
		if time.Since(c.began) > age {
			c.evicted.Store(true)
		}
	}
}
