package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
)

const (
	queueLimit = 1024                  // requests that wait; more wait for a place in the queue
	batchLimit = 512                   // requests in one commit
	batchTime  = 10 * time.Millisecond // after which a commit takes no more requests

	// A checkpoint waits this long for readers of old snapshots; it is tried again when the log has grown by a half of its limit.
	checkpointWait = 100 * time.Millisecond
	// Past this many limits, readers older than evictAge are interrupted.
	evictFactor = 8
	evictAge    = 5 * time.Second
)

// ErrClosed is returned by writes after Close.
var ErrClosed = errors.New("the database is closed")

// Panic is what Write and Exclusive panic with in their caller's goroutine when the function that they ran on the writer's panicked.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("%v\n%s", p.Value, p.Stack) }

// Write runs fn on the writer's goroutine, in a savepoint of a transaction that it shares with other requests. It returns after the commit of
// that transaction has been synced to disk. When fn returns an error, what it did is undone and the error returned.
// When ctx ends before fn has begun, fn does not run; while it runs, its statements are interrupted.
func (s *Store) Write(ctx context.Context, fn func(*Conn) error) error {
	return s.submit(&request{ctx: ctx, fn: fn, done: make(chan struct{})})
}

// Exclusive runs fn in a transaction of its own, in which the schema may be changed. Foreign keys are not enforced by SQLite within it.
// Readers see the change and the value given to Conn.SetSchema together, after the commit.
func (s *Store) Exclusive(ctx context.Context, fn func(*Conn) error) error {
	return s.submit(&request{ctx: ctx, fn: fn, exclusive: true, done: make(chan struct{})})
}

// request is one call of Write or Exclusive. err and panicked belong to the writer until done is closed.
type request struct {
	ctx       context.Context
	fn        func(*Conn) error
	exclusive bool
	taken     atomic.Bool // by the writer, or by the caller that gave up
	err       error
	panicked  *Panic
	done      chan struct{}
}

func (s *Store) submit(r *request) error {
	if err := s.broken.Load(); err != nil {
		return err
	}
	select {
	case s.queue <- r:
	case <-r.ctx.Done():
		return explain(r.ctx, r.ctx.Err())
	case <-s.stopped:
		return ErrClosed
	}
	select {
	case <-r.done:
	case <-s.stopped:
		if r.taken.CompareAndSwap(false, true) {
			return ErrClosed
		}
		<-r.done
	case <-r.ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return explain(r.ctx, r.ctx.Err())
		}
		<-r.done
	}
	if r.panicked != nil {
		panic(r.panicked)
	}
	return explain(r.ctx, r.err)
}

// write is the writer's goroutine.
func (s *Store) write() {
	defer close(s.stopped)
	for {
		select {
		case <-s.closing:
			return
		case r := <-s.queue:
			// Let those who were woken by the last commit ask again before this one begins: at 64 clients and a sync of 2 ms it gains 20–70 %.
			runtime.Gosched()
			s.batch(r)
			s.checkpoint()
		}
	}
}

// batch runs r and what else waits in one transaction and answers them all.
func (s *Store) batch(r *request) {
	b := batch{s: s}
	start := time.Now()
	for r != nil {
		if r.taken.CompareAndSwap(false, true) {
			if r.exclusive {
				b.commit()
				s.exclusive(r)
				return
			}
			b.run(r)
		}
		r = nil
		if len(b.members) < batchLimit && time.Since(start) < batchTime {
			select {
			case r = <-s.queue:
			default:
			}
		}
	}
	b.commit()
}

// batch is one group commit.
type batch struct {
	s       *Store
	open    bool       // a transaction is open
	members []*request // those that have run; answered after the commit
	good    int        // how many of them succeeded
}

func (b *batch) run(r *request) {
	s := b.s
	b.members = append(b.members, r)
	if r.err = s.ready(); r.err != nil {
		return
	}
	c := s.writer
	if !b.open {
		if r.err = c.beginImmediate.Exec(); r.err != nil {
			r.err = s.blame(r.err)
			return
		}
		b.open = true
	}
	if r.err = c.savepoint.Exec(); r.err != nil {
		b.lose(r)
		return
	}
	s.call(r, b.good == 0)
	switch {
	case r.panicked != nil:
		// The panic may have unwound SQLite itself: nothing that this connection says can be trusted.
		s.dropWriter()
		b.lose(r)
		return
	case c.raw.GetAutocommit():
		// SQLite rolled everything back: the disk is full or failing, or a lone writing statement was interrupted.
		b.lose(r)
		return
	case r.err == nil:
		r.err = unresolved(c)
	}
	end := c.release.Exec
	if r.err != nil {
		end = func() error { return errors.Join(c.rollbackTo.Exec(), c.release.Exec()) }
	}
	if err := end(); err != nil {
		r.err = err
		b.lose(r)
		return
	}
	if r.err == nil {
		b.good++
	}
}

// lose ends a transaction that r broke: what others did in it is gone.
func (b *batch) lose(r *request) {
	cause := b.s.noteFailure(r.err)
	b.rollback()
	if cause != nil {
		r.err = cause
	} else {
		cause = fault.New("40000", "transaction was rolled back because the disk or another transaction of the same commit failed").WithHint("Repeat the transaction.")
	}
	b.fail(cause)
	b.answer()
}

// fail gives err to those that have none.
func (b *batch) fail(err error) {
	for _, m := range b.members {
		if m.err == nil && m.panicked == nil {
			m.err = err
		}
	}
}

func (b *batch) commit() {
	if b.open && b.good == 0 {
		b.rollback()
	} else if b.open {
		err := b.s.publish(b.s.writer, false, b.s.writer.commit.Exec)
		if err != nil {
			err = fmt.Errorf("commit: %w", err)
			err = b.s.blame(err)
			b.rollback()
			b.fail(err)
		} else {
			b.s.committed(b.good)
		}
		b.open = false
	}
	b.answer()
}

// committed notes a commit. It has been synced, whatever failed before in somebody's part of it; with a disk that fails nothing more is written.
func (s *Store) committed(requests int) {
	if failed := s.disk.take(); failed.hard != nil {
		s.stop(failed.hard)
	}
	s.batches.Add(1)
	s.written.Add(uint64(requests))
	if s.opts.Committed != nil {
		s.opts.Committed(requests)
	}
}

func (b *batch) rollback() {
	if w := b.s.writer; w != nil && !w.raw.GetAutocommit() {
		_ = w.rollback.Exec() // fails only when there is nothing left to roll back
	}
	b.open = false
}

func (b *batch) answer() {
	for _, m := range b.members {
		close(m.done)
	}
	b.members, b.good = b.members[:0], 0
}

// call runs the request's function on the writer's connection.
func (s *Store) call(r *request, alone bool) {
	c := s.writer
	c.enter(r.ctx, s.Schema())
	c.alone = alone
	defer func() {
		if v := recover(); v != nil {
			r.panicked = &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	r.err = r.fn(c)
	c.leave()
}

// exclusive runs a request in a transaction of its own.
func (s *Store) exclusive(r *request) {
	defer close(r.done)
	if r.err = s.ready(); r.err != nil {
		return
	}
	c := s.writer
	// Within a transaction the pragma does nothing, and DROP TABLE in the course of a rebuild would count the references to the dropped table as broken.
	if r.err = c.raw.Exec(`PRAGMA foreign_keys=OFF; BEGIN IMMEDIATE`); r.err != nil {
		r.err = s.blame(r.err)
		if err := c.raw.Exec(`PRAGMA foreign_keys=ON`); err != nil {
			s.dropWriter()
		}
		return
	}
	c.epoch++
	s.call(r, true)
	c.epoch++
	if r.panicked != nil {
		s.dropWriter()
		return
	}
	if r.err == nil && c.raw.GetAutocommit() {
		r.err = errors.New("the transaction was ended inside")
	}
	if r.err == nil {
		// Readers wait only for the commit itself, not for the pages it holds.
		r.err = c.raw.CacheFlush()
	}
	if r.err == nil {
		s.snap.Lock()
		r.err = s.publish(c, true, func() error {
			err := c.commit.Exec()
			if err == nil && c.staged {
				published := c.next
				s.schema.Store(&published)
			}
			return err
		})
		s.snap.Unlock()
		if r.err == nil {
			s.committed(1)
		}
	}
	if r.err != nil {
		r.err = s.blame(r.err)
		if !c.raw.GetAutocommit() {
			_ = c.rollback.Exec() // fails only when there is nothing left to roll back
		}
	}
	if err := c.raw.Exec(`PRAGMA foreign_keys=ON`); err != nil {
		s.dropWriter()
	}
}

// unresolved refuses a request that leaves references broken: at COMMIT they would fail the whole batch. The executor checks references itself and
// says exactly which; this is the net below it.
func unresolved(c *Conn) error {
	n, _, err := c.raw.Status(sqlite3.DBSTATUS_DEFERRED_FKS, false)
	if err != nil {
		return err
	}
	if n != 0 {
		return fault.New(fault.ForeignKeyViolation, "insert or update violates foreign key constraint")
	}
	return nil
}

// ready makes sure that there is a sound writer's connection.
func (s *Store) ready() error {
	if err := s.broken.Load(); err != nil {
		return err
	}
	if s.writer != nil {
		return nil
	}
	c, err := s.connect(true)
	if err != nil {
		return err
	}
	s.writer = c
	return nil
}

// dropWriter abandons the writer's connection, and with it what it has not committed; ready opens another.
func (s *Store) dropWriter() {
	if err := s.writer.abandon(); err != nil {
		s.stop(fmt.Errorf("abandon the writer's connection: %w", err))
	}
	s.writer = nil
}

// noteFailure stops all writing when the disk failed, and gives what those who wrote have to be told; nil when err is not about the disk. A sync that failed once
// may claim to succeed the next time without having written anything, so only another process, which reads what is really there, can go on; likewise for a write that
// failed with anything but a lack of space. What could not be read was not changed, and a full disk takes writes again when there is space.
func (s *Store) noteFailure(err error) error {
	failed := s.disk.take()
	switch {
	case failed.hard != nil:
		s.stop(failed.hard)
	case failed.space != nil, diskFull(err), s.indexFull(err):
		return noSpace()
	case errors.Is(err, sqlite3.IOERR_DATA), unread(err), indexFailed(err):
		return explain(context.Background(), err)
	case damaged(err):
		s.refuse(fault.New(fault.DataCorrupted, "the database is read-only because its file is damaged: %v", err).
			WithHint(damagedHint).WithStatus(http.StatusServiceUnavailable))
	case errors.Is(err, sqlite3.IOERR):
		s.stop(err)
	default:
		return nil
	}
	return s.Err()
}

// blame is noteFailure for one who has an error to tell in any case.
func (s *Store) blame(err error) error {
	if cause := s.noteFailure(err); cause != nil {
		return cause
	}
	return err
}

// stop lets nothing be written any more, and says so on failed.
func (s *Store) stop(err error) {
	if s.refuse(fault.New(fault.IOError, "the database is read-only because writing to disk failed: %v", err).
		WithHint("Check the disk, then restart. What was acknowledged before is safe.").WithStatus(http.StatusServiceUnavailable)) {
		close(s.failed)
	}
}

// refuse lets nothing be written any more. It reports whether it is the first to do so.
func (s *Store) refuse(f *fault.Error) bool {
	first := s.broken.CompareAndSwap(nil, f)
	if first {
		s.log.Error(f.Message, "file", s.path, "hint", f.Hint)
	}
	return first
}

// checkpoint empties the log when it has passed its limit.
func (s *Store) checkpoint() {
	if s.walBytes <= max(s.opts.WALLimit, s.walRetry) || s.writer == nil || s.broken.Load() != nil {
		return
	}
	if s.walBytes > evictFactor*s.opts.WALLimit {
		s.evict(evictAge)
	}
	c := s.writer
	if err := c.raw.BusyTimeout(checkpointWait); err != nil {
		s.log.Error("set the wait of a checkpoint", "err", err)
		return
	}
	s.hold()
	defer s.release()
	start := time.Now()
	s.filing.Lock()
	_, _, err := c.raw.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
	s.filing.Unlock()
	switch {
	case err == nil:
		s.log.Debug("checkpoint", "log_bytes", s.walBytes, "took", time.Since(start))
		s.walBytes, s.walRetry = 0, 0
	case errors.Is(err, sqlite3.BUSY):
		s.walRetry = s.walBytes + s.opts.WALLimit/2
		s.log.Debug("checkpoint is held up by a reader", "log_bytes", s.walBytes, "took", time.Since(start))
	default:
		s.walRetry = s.walBytes + s.opts.WALLimit/2
		_ = s.noteFailure(err) // nobody waits for a checkpoint
		s.log.Error("the log cannot be emptied", "log_bytes", s.walBytes, "err", err)
	}
	if err := c.raw.BusyTimeout(5 * time.Second); err != nil {
		s.log.Error("set the wait of the writer", "err", err)
	}
}
