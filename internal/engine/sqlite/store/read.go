package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
)

// Read runs fn on a snapshot of the database. It waits for a free connection as long as ctx allows. Errors of SQLite that ctx caused
// come back as fault 57014.
func (s *Store) Read(ctx context.Context, fn func(*Conn) error) error {
	return s.read(ctx, s.slots, fn)
}

// ReadApart is Read for an fn that may wait for somebody: it takes no connection from those that do not. Its snapshot, too, ends when the log cannot be
// emptied for it.
func (s *Store) ReadApart(ctx context.Context, fn func(*Conn) error) error {
	return s.read(ctx, s.apart, fn)
}

// ReadAside is Read for an fn that must not wait behind the others: sign-in and administration go on while requests for data take all connections.
func (s *Store) ReadAside(ctx context.Context, fn func(*Conn) error) error {
	return s.read(ctx, s.aside, fn)
}

func (s *Store) read(ctx context.Context, slots chan struct{}, fn func(*Conn) error) (err error) {
	select {
	case slots <- struct{}{}:
	default:
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return explain(ctx, ctx.Err())
		}
	}
	defer func() { <-slots }()
	c, err := s.takeReader()
	if err != nil {
		return err
	}
	sound := false // a connection that a panic went through is thrown away
	defer func() {
		s.giveReader(c, sound)
	}()

	if c.kept != 0 && c.kept == s.commits.Load() {
		c.enter(ctx, c.schema) // nothing was committed since its snapshot was taken
	} else if err = s.snapshot(ctx, c); err != nil {
		sound = c.raw.GetAutocommit()
		return explain(ctx, err)
	}
	err = fn(c)
	evicted := c.evicted.Load()
	c.evicted.Store(false)
	c.leave()
	if err != nil || c.raw.GetAutocommit() {
		if rerr := c.endSnapshot(); rerr != nil {
			return rerr
		}
	}
	sound = true
	if evicted && err != nil && fault.As(err) == nil {
		return fault.New("72000", "snapshot too old").WithHint("The statement read for so long that the write-ahead log could not be emptied. Read less at a time.")
	}
	return explain(ctx, err)
}

// snapshot ends the snapshot that c has kept and takes a new one.
func (s *Store) snapshot(ctx context.Context, c *Conn) error {
	if err := c.endSnapshot(); err != nil {
		return err
	}
	s.snap.RLock()
	defer s.snap.RUnlock()
	commits := s.commits.Load()
	c.enter(ctx, s.Schema())
	err := c.begin.Exec()
	if err == nil {
		err = c.touch.Exec() // BEGIN alone takes no snapshot
	}
	if err != nil {
		c.leave()
		return errors.Join(err, c.endSnapshot())
	}
	if commits%2 == 0 {
		c.kept = commits
	}
	return nil
}

// endSnapshot ends the transaction of a reader, if it is in one.
func (c *Conn) endSnapshot() error {
	c.kept = 0
	if c.raw.GetAutocommit() {
		return nil
	}
	return c.rollback.Exec()
}

func (s *Store) takeReader() (*Conn, error) {
	s.mu.Lock()
	if n := len(s.idle); n > 0 {
		c := s.idle[n-1]
		s.idle = s.idle[:n-1]
		c.began, c.busy = time.Now(), true
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
	c.began, c.busy = time.Now(), true
	s.readers = append(s.readers, c)
	return c, nil
}

// giveReader makes c idle. It keeps its snapshot for the next call as long as that is the newest: taking one costs three statements and four calls
// of the kernel, which is as much as reading a row by its key.
func (s *Store) giveReader(c *Conn, sound bool) {
	if sound && c.kept != s.commits.Load() {
		sound = c.endSnapshot() == nil
	}
	s.mu.Lock()
	c.busy = false
	if sound && c.kept != 0 && c.kept != s.commits.Load() { // once more: hold has seen to those that are idle by now
		sound = c.endSnapshot() == nil
	}
	surplus := len(s.idle) >= cap(s.slots)+cap(s.aside) // of reads apart
	if sound && !surplus {
		c.evicted.Store(false)
		s.idle = append(s.idle, c)
	} else {
		s.forget(c)
	}
	s.mu.Unlock()
	switch {
	case !sound:
		_ = c.abandon() // what made it unsound is being reported
	case surplus:
		_ = c.endSnapshot() // or else it ends with the connection
		_ = c.close()       // which has written nothing
	}
}

// hold lets no snapshot be kept until release; those of idle readers end. What readers are busy with goes on.
func (s *Store) hold() {
	s.commits.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	sound := s.idle[:0]
	for _, c := range s.idle {
		if err := c.endSnapshot(); err != nil {
			s.forget(c)
			_ = c.close() // the error to tell is the one before
			continue
		}
		sound = append(sound, c)
	}
	s.idle = sound
}

func (s *Store) release() { s.commits.Add(1) }

// forget drops a reader that is not sound. mu is held.
func (s *Store) forget(c *Conn) {
	s.readers = slices.DeleteFunc(s.readers, func(o *Conn) bool { return o == c })
}

// evict interrupts the readers whose snapshot is older than age.
func (s *Store) evict(age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.readers {
		if c.busy && time.Since(c.began) > age {
			c.evicted.Store(true)
		}
	}
}
