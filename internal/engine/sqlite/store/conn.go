package store

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
)

// Conn is a connection with a cache of prepared statements. It belongs to the goroutine that runs the function it was given to, until
// that function returns.
type Conn struct {
	// Owner is for the user of the connection: what SQL functions called on it find. It is nil when a Read, Write or Exclusive begins.
	Owner any

	raw    *sqlite3.Conn
	stack  stack
	ctx    context.Context // of the call under way
	schema any
	next   any  // staged by SetSchema
	staged bool // likewise

	// SQLite answers the interruption of a writing statement by rolling the whole transaction back, with what others have in it. So a
	// writing statement can be interrupted only when its request is the first of the commit; otherwise the interruption takes effect when it ends.
	writing int // depth of writing statements that are running
	alone   bool

	kept    uint64      // a reader's: Store.commits when it took the snapshot that it still has; 0 for none that may be used again
	busy    bool        // a reader's: a call is under way; guarded by Store.mu
	began   time.Time   // when the read under way took its snapshot; guarded by Store.mu
	evicted atomic.Bool // set by the writer when the snapshot has held the log for too long

	cache *cache
	out   []*Stmt // handed out and not given back

	preparing struct{ reads, writes tableSet } // tables of the statement that is being prepared
	watching  bool
	watched   tableSet // tables that the call under way has read, while watching
	wrote     tableSet // the writer's: tables written to since the last commit
	wroteAll  bool     // likewise: text was run whose tables are not known
	epoch     uint64   // likewise: it changes when an Exclusive begins and when it ends

	begin, beginImmediate, touch, commit, rollback, savepoint, release, rollbackTo *sqlite3.Stmt
}

func newConn(raw *sqlite3.Conn, statements int) (*Conn, error) {
	stack, err := newStack(raw)
	if err != nil {
		return nil, err
	}
	c := &Conn{raw: raw, stack: stack, ctx: context.Background(), cache: newCache(statements)}
	raw.SetInterrupt((*guard)(c))
	return c, c.watchTables()
}

// Raw is the driver's connection. Transactions on it are the store's business.
func (c *Conn) Raw() *sqlite3.Conn { return c.raw }

// StackIsLow says whether too little of SQLite's stack is left to run a statement inside those that are running.
func (c *Conn) StackIsLow() bool { return c.stack.isLow() }

// Context is that of the call under way. SQL functions that take long should heed it.
func (c *Conn) Context() context.Context { return c.ctx }

// During runs f with ctx in place of the call's context. What ends ctx has to be all that ends the call's, and more. Errors are as those of Read.
func (c *Conn) During(ctx context.Context, f func() error) error {
	outer := c.ctx
	c.ctx = ctx
	err := cancelled(ctx, f())
	c.ctx = outer
	return err
}

// Schema is the schema value of this transaction: the one last staged here, else the one last committed before the snapshot.
func (c *Conn) Schema() any {
	if c.staged {
		return c.next
	}
	return c.schema
}

// SetSchema stages the schema value that is published when the running Exclusive commits.
func (c *Conn) SetSchema(v any) { c.next, c.staged = v, true }

// Exec runs SQL text without parameters that is not worth keeping: schema changes, savepoints of rare names.
func (c *Conn) Exec(sql string) error {
	c.wroteAll = c.wroteAll || !strings.HasPrefix(sql, "SAVEPOINT ") && !strings.HasPrefix(sql, "RELEASE ") && !strings.HasPrefix(sql, "ROLLBACK TO ")
	return c.raw.Exec(sql)
}

// Stmt prepares a single statement or takes it from the cache. Close it when done. All its parameters must be bound before each run: values of
// the run before are still bound (clearing them would make SQLite prepare it again).
func (c *Conn) Stmt(sql string) (*Stmt, error) {
	s := c.cache.take(sql)
	if s != nil && !s.readOnly && s.epoch != c.epoch {
		// Which tables it writes to depends on foreign keys: on whether they are enforced, which they are not in an Exclusive, and on those that have come since.
		c.cache.drop(s)
		s = nil
	}
	if s == nil {
		c.preparing.reads.clear()
		c.preparing.writes.clear()
		raw, tail, err := c.raw.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
		if err != nil {
			return nil, err
		}
		if raw == nil || strings.TrimSpace(tail) != "" {
			if raw != nil {
				_ = raw.Close()
			}
			return nil, fmt.Errorf("not a single SQL statement: %s", sql)
		}
		s = &Stmt{Stmt: raw, conn: c, sql: sql, readOnly: raw.ReadOnly(), reads: slices.Clone(c.preparing.reads.list), writes: slices.Clone(c.preparing.writes.list), epoch: c.epoch}
		c.cache.add(s)
	}
	s.out = len(c.out)
	c.out = append(c.out, s)
	if c.watching {
		c.watched.add(s.reads)
	}
	if !s.readOnly {
		c.wrote.add(s.writes)
	}
	return s, nil
}

// Stmt is a prepared statement. Columns and parameters are used through the driver's statement that it holds.
type Stmt struct {
	*sqlite3.Stmt
	conn     *Conn
	sql      string
	readOnly bool
	reads    Tables
	writes   Tables
	epoch    uint64 // the connection's when it was prepared
	err      error

	out          int   // index in Conn.out; -1 when not handed out
	kept         bool  // is in the cache
	newer, older *Stmt // in the cache's order of use
}

// Step goes to the next row and reports whether there is one; Err says why not.
func (s *Stmt) Step() bool {
	if s.readOnly {
		ok := s.Stmt.Step()
		s.err = nil
		return ok
	}
	if err := (*guard)(s.conn).Err(); err != nil && s.conn.writing == 0 {
		s.err = sqlite3.INTERRUPT
		return false
	}
	s.err = nil
	s.conn.writing++
	ok := s.Stmt.Step()
	s.conn.writing--
	return ok
}

// Err is the error of the last Step; nil after the end.
func (s *Stmt) Err() error {
	if s.err != nil {
		return s.err
	}
	return s.Stmt.Err()
}

// NaN is what a NaN that SQLite would have to take is refused with: SQLite makes NULL of it.
func NaN() error {
	return fault.Unsupported("NaN as a value of type real or double precision", "Use numeric, which has it, or NULL.")
}

// BindFloat binds a number. SQLite would take NaN for NULL: it is refused instead of lost.
func (s *Stmt) BindFloat(param int, v float64) error {
	if v != v {
		return NaN()
	}
	return s.Stmt.BindFloat(param, v)
}

// Exec runs the statement to its end and resets it.
func (s *Stmt) Exec() error {
	for s.Step() {
	}
	err := s.Err()
	if rerr := s.Stmt.Reset(); err == nil {
		err = rerr
	}
	return err
}

// Close resets the statement and gives it back to its connection. It may be called twice.
func (s *Stmt) Close() error {
	if s.out < 0 {
		return nil
	}
	c := s.conn
	last := len(c.out) - 1
	c.out[s.out] = c.out[last]
	c.out[s.out].out = s.out
	c.out = c.out[:last]
	s.out = -1
	_ = s.Stmt.Reset() // repeats the error of the last Step
	s.err = nil
	if !s.kept {
		return s.Stmt.Close()
	}
	return nil
}

// guard is what the driver asks whether to interrupt.
type guard Conn

func (g *guard) Deadline() (time.Time, bool) { return g.ctx.Deadline() }
func (g *guard) Done() <-chan struct{}       { return g.ctx.Done() }
func (g *guard) Value(key any) any           { return g.ctx.Value(key) }
func (g *guard) Err() error {
	if g.writing > 0 && !g.alone {
		return nil
	}
	if g.evicted.Load() {
		return context.Canceled
	}
	return g.ctx.Err()
}

// enter begins a call on the connection.
func (c *Conn) enter(ctx context.Context, schema any) {
	c.ctx, c.schema = ctx, schema
	c.Owner, c.next, c.staged = nil, nil, false
}

// leave ends it: what was handed out is taken back, and nothing interrupts the statements that end the transaction. It panics when SQLite has left its stack.
func (c *Conn) leave() {
	if !c.stack.holds() {
		panic(errOverflow)
	}
	c.ctx, c.writing, c.Owner = context.Background(), 0, nil
	if c.watching {
		c.watching = false
		c.watched.clear()
	}
	for len(c.out) > 0 {
		_ = c.out[len(c.out)-1].Close() // the call's own error has been returned
	}
}

func (c *Conn) prepareControl() error {
	for _, p := range []struct {
		stmt **sqlite3.Stmt
		sql  string
	}{
		{&c.begin, `BEGIN`}, {&c.beginImmediate, `BEGIN IMMEDIATE`}, {&c.touch, `SELECT 1 FROM sqlite_schema LIMIT 1`}, {&c.commit, `COMMIT`}, {&c.rollback, `ROLLBACK`},
		{&c.savepoint, `SAVEPOINT request`}, {&c.release, `RELEASE request`}, {&c.rollbackTo, `ROLLBACK TO request`},
	} {
		var err error
		if *p.stmt, _, err = c.raw.PrepareFlags(p.sql, sqlite3.PREPARE_PERSISTENT); err != nil {
			return err
		}
	}
	return nil
}

func (c *Conn) int(sql string) (int64, error) {
	s, _, err := c.raw.Prepare(sql)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	if !s.Step() {
		return 0, s.Err()
	}
	return s.ColumnInt64(0), nil
}

// close finalizes all statements, without which SQLite does not close, and ends what transaction there is.
func (c *Conn) close() error {
	for _, s := range slices.Collect(c.raw.Stmts()) {
		_ = s.Close() // repeats the error of its last run
	}
	return c.raw.Close()
}

// abandon ends a connection that a panic went through, without running any of SQLite's code: the files are closed, which gives up the locks, and the memory is
// given back. To the other connections it is as if a process had died.
func (c *Conn) abandon() error { return c.stack.module.Close() }

// sparing runs register without letting it use up the connection's lookaside memory, from which SQLite takes what a statement needs while it runs. What
// describes a registered function would sit there for good, and each run of a statement would go to the slower general allocator instead. So the
// memory is held meanwhile, by statements that nobody runs.
func (c *Conn) sparing(register func(*Conn) error) error {
	var held []*sqlite3.Stmt
	defer func() {
		for _, s := range held {
			_ = s.Close() // has not run
		}
	}()
	for range 200 {
		s, _, err := c.raw.Prepare(`SELECT 1`)
		if err != nil {
			return err
		}
		held = append(held, s)
		if _, missed, err := c.raw.Status(sqlite3.DBSTATUS_LOOKASIDE_MISS_FULL, true); err != nil || missed > 0 {
			break // it is full, or counts nothing
		}
	}
	return register(c)
}

// fileURI makes a URI of a path, so that no character of it means anything to SQLite.
func fileURI(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// cache keeps prepared statements, the least recently used ones going first.
type cache struct {
	limit int
	bySQL map[string]*Stmt
	head  Stmt // ring: head.older is the newest, head.newer the oldest
}

func newCache(limit int) *cache {
	c := &cache{limit: limit, bySQL: map[string]*Stmt{}}
	c.head.older, c.head.newer = &c.head, &c.head
	return c
}

// take finds a kept statement that is not handed out.
func (c *cache) take(sql string) *Stmt {
	s := c.bySQL[sql]
	if s == nil || s.out >= 0 {
		return nil
	}
	c.unlink(s)
	c.link(s)
	return s
}

// add keeps a new statement, unless one with the same text is kept (it is in use then).
func (c *cache) add(s *Stmt) {
	if c.bySQL[s.sql] != nil {
		return
	}
	for old := c.head.newer; len(c.bySQL) >= c.limit && old != &c.head; {
		victim := old
		old = old.newer
		if victim.out < 0 {
			c.drop(victim)
		}
	}
	if len(c.bySQL) >= c.limit {
		return
	}
	c.bySQL[s.sql], s.kept = s, true
	c.link(s)
}

// drop forgets a kept statement that is not handed out.
func (c *cache) drop(s *Stmt) {
	c.unlink(s)
	delete(c.bySQL, s.sql)
	s.kept = false
	_ = s.Stmt.Close() // repeats the error of its last run
}

func (c *cache) link(s *Stmt) {
	s.newer, s.older = &c.head, c.head.older
	s.older.newer, c.head.older = s, s
}

func (c *cache) unlink(s *Stmt) {
	s.newer.older, s.older.newer = s.older, s.newer
	s.newer, s.older = nil, nil
}
