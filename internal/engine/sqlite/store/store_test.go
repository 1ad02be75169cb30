package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

var bg = context.Background()

// open makes a store with an empty table t(a).
func open(t *testing.T, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	check(t, s.Exclusive(bg, run(`CREATE TABLE t (a INTEGER PRIMARY KEY, p INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED) STRICT`)), "")
	return s
}

// check compares an error by its text; "" is no error. A text that ends with … is a prefix.
func check(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if prefix, ok := strings.CutSuffix(want, "…"); ok && strings.HasPrefix(got, prefix) {
		return
	}
	if got != want {
		t.Errorf("got error %q, want %q", got, want)
	}
}

func run(sql string, args ...int64) func(*store.Conn) error {
	return func(c *store.Conn) error {
		s, err := c.Stmt(sql)
		if err != nil {
			return err
		}
		defer s.Close()
		for i, a := range args {
			if err := s.BindInt64(i+1, a); err != nil {
				return err
			}
		}
		return s.Exec()
	}
}

func count(t *testing.T, s *store.Store) (n int64) {
	t.Helper()
	check(t, s.Read(bg, func(c *store.Conn) error {
		st, err := c.Stmt(`SELECT count(*) FROM t`)
		if err != nil {
			return err
		}
		defer st.Close()
		if st.Step() {
			n = st.ColumnInt64(0)
		}
		return st.Err()
	}), "")
	return n
}

func TestConcurrentWritesShareCommits(t *testing.T) {
	var commits, requests atomic.Int64
	s := open(t, store.Options{Committed: func(n int) { commits.Add(1); requests.Add(int64(n)) }})
	commits.Store(0)
	requests.Store(0)

	// The first request holds the writer until the others wait, so that they must share one commit.
	const others = 100
	var wg sync.WaitGroup
	started, release := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		check(t, s.Write(bg, func(c *store.Conn) error {
			close(started)
			<-release
			return run(`INSERT INTO t VALUES (1, NULL)`)(c)
		}), "")
	})
	<-started
	waiting := make(chan struct{}, others)
	for i := range int64(others) {
		wg.Go(func() {
			waiting <- struct{}{}
			check(t, s.Write(bg, run(`INSERT INTO t VALUES (?, NULL)`, i+2)), "")
		})
	}
	for range others {
		<-waiting
	}
	close(release)
	wg.Wait()
	if n := count(t, s); n != others+1 {
		t.Errorf("got %d rows, want %d", n, others+1)
	}
	if requests.Load() != others+1 || commits.Load() > others/2 {
		t.Errorf("%d requests took %d commits", requests.Load(), commits.Load())
	}
}

func TestReadersAndWritersTogether(t *testing.T) {
	s := open(t, store.Options{})
	var wg sync.WaitGroup
	for w := range int64(8) {
		wg.Go(func() {
			for i := range int64(50) {
				check(t, s.Write(bg, run(`INSERT INTO t VALUES (?, NULL)`, w*1000+i)), "")
			}
		})
		wg.Go(func() {
			last := int64(0)
			for range 50 {
				n := count(t, s)
				if n < last {
					t.Errorf("a row went away: %d after %d", n, last)
				}
				last = n
			}
		})
	}
	wg.Wait()
	if n := count(t, s); n != 400 {
		t.Errorf("got %d rows, want 400", n)
	}
}

func TestFailureTakesNothingOfOthers(t *testing.T) {
	s := open(t, store.Options{})
	boom := errors.New("boom")
	var wg sync.WaitGroup
	for i := range int64(60) {
		wg.Go(func() {
			err := s.Write(bg, func(c *store.Conn) error {
				if err := run(`INSERT INTO t VALUES (?, NULL)`, i)(c); err != nil {
					return err
				}
				switch i % 3 {
				case 1:
					return boom
				case 2:
					return run(`UPDATE t SET p = 12345 WHERE a = ?`, i)(c)
				}
				return nil
			})
			check(t, err, []string{"", "boom", "insert or update violates foreign key constraint (23503)"}[i%3])
		})
	}
	wg.Wait()
	if n := count(t, s); n != 20 {
		t.Errorf("got %d rows, want 20", n)
	}
}

func TestSnapshotDoesNotMove(t *testing.T) {
	s := open(t, store.Options{})
	check(t, s.Read(bg, func(c *store.Conn) error {
		if err := s.Write(bg, run(`INSERT INTO t VALUES (1, NULL)`)); err != nil {
			return err
		}
		st, err := c.Stmt(`SELECT count(*) FROM t`)
		if err != nil {
			return err
		}
		if st.Step(); st.ColumnInt64(0) != 0 {
			t.Error("the snapshot sees a later row")
		}
		return st.Err() // left open: the store takes it back
	}), "")
	if n := count(t, s); n != 1 {
		t.Errorf("got %d rows, want 1", n)
	}
}

// A reader's own snapshot is used again only while it is the newest, on every connection.
func TestReadsSeeWhatWasCommitted(t *testing.T) {
	s := open(t, store.Options{Readers: 4})
	var written atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for written.Load() < 200 {
				least := written.Load()
				if n := count(t, s); n < least {
					t.Errorf("%d rows were committed and %d are seen", least, n)
				}
			}
		})
	}
	for i := range int64(200) {
		check(t, s.Write(bg, run(`INSERT INTO t VALUES (?, NULL)`, i)), "")
		written.Add(1)
	}
	wg.Wait()
}

func TestReadersCannotWrite(t *testing.T) {
	s := open(t, store.Options{})
	check(t, s.Read(bg, run(`INSERT INTO t VALUES (1, NULL)`)), "sqlite3: attempt to write a readonly database")
}

const endless = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n`

func TestContextEndsStatements(t *testing.T) {
	s := open(t, store.Options{})
	interrupted := func(begin func(context.Context, func(*store.Conn) error) error) error {
		ctx, cancel := context.WithCancel(bg)
		return begin(ctx, func(c *store.Conn) error {
			cancel()
			return run(endless)(c)
		})
	}
	const cancelled = "canceling statement due to user request (57014)"
	check(t, interrupted(s.Read), cancelled)
	check(t, interrupted(s.Write), cancelled)
	check(t, interrupted(s.Exclusive), cancelled)

	ctx, cancel := context.WithDeadline(bg, time.Now())
	defer cancel()
	check(t, s.Read(ctx, run(endless)), "canceling statement due to statement timeout (57014)")
	check(t, s.Write(bg, run(`INSERT INTO t VALUES (1, NULL)`)), "")
}

func TestInterruptedWriteSparesItsBatch(t *testing.T) {
	s := open(t, store.Options{})
	ctx, cancel := context.WithCancel(bg)
	started, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		check(t, s.Write(bg, func(c *store.Conn) error {
			close(started)
			<-release
			return run(`INSERT INTO t VALUES (1, NULL)`)(c)
		}), "")
	})
	<-started
	queued := make(chan struct{})
	wg.Go(func() {
		close(queued)
		err := s.Write(ctx, func(c *store.Conn) error {
			c.Raw().CreateFunction("stop", 0, 0, func(sqlite3.Context, ...sqlite3.Value) { cancel() })
			if err := run(`INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i, stop() FROM n`)(c); err != nil {
				return err
			}
			return run(`INSERT INTO t VALUES (99999, NULL)`)(c)
		})
		check(t, err, "canceling statement due to user request (57014)")
	})
	<-queued
	close(release)
	wg.Wait()
	if n := count(t, s); n != 1 {
		t.Errorf("got %d rows, want 1", n)
	}
}

func TestSchemaAndSnapshotBelongTogether(t *testing.T) {
	s := open(t, store.Options{})
	change := func(i int, fail error) error {
		return s.Exclusive(bg, func(c *store.Conn) error {
			if err := c.Exec(fmt.Sprintf(`CREATE TABLE v%d (x) `, i)); err != nil {
				return err
			}
			c.SetSchema(i)
			if c.Schema() != i {
				t.Error("the staged schema is not seen in its own transaction")
			}
			return fail
		})
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				check(t, s.Read(bg, func(c *store.Conn) error {
					st, err := c.Stmt(`SELECT count(*) - 1 FROM sqlite_schema WHERE type = 'table'`)
					if err != nil {
						return err
					}
					defer st.Close()
					st.Step()
					want, _ := c.Schema().(int)
					if got := st.ColumnInt(0); got != want {
						t.Errorf("schema %d with a snapshot of %d", want, got)
					}
					return st.Err()
				}), "")
			}
		})
	}
	for i := range 20 {
		check(t, change(i+1, nil), "")
	}
	close(stop)
	wg.Wait()
	check(t, change(77, errors.New("no")), "no")
	if s.Schema() != 20 {
		t.Errorf("schema is %v after a failed change, want 20", s.Schema())
	}
}

func TestPanicReachesItsCallerOnly(t *testing.T) {
	s := open(t, store.Options{})
	for _, begin := range []func(context.Context, func(*store.Conn) error) error{s.Read, s.Write, s.Exclusive} {
		func() {
			defer func() {
				if v := recover(); v == nil || !strings.HasPrefix(fmt.Sprint(v), "oh") {
					t.Errorf("recovered %v, want oh", v)
				}
			}()
			_ = begin(bg, func(*store.Conn) error { panic("oh") })
		}()
		check(t, s.Write(bg, run(`INSERT INTO t VALUES (NULL, NULL)`)), "")
	}
	if n := count(t, s); n != 3 {
		t.Errorf("got %d rows, want 3", n)
	}
}

func TestLogIsBounded(t *testing.T) {
	s := open(t, store.Options{WALLimit: 100 << 10})
	check(t, s.Exclusive(bg, run(`CREATE TABLE big (b BLOB)`)), "")
	for range 50 {
		check(t, s.Write(bg, run(`INSERT INTO big VALUES (zeroblob(20000))`)), "")
		if n := count(t, s); n != 0 { // whose reader keeps its snapshot, which must not keep the log
			t.Fatalf("got %d rows, want 0", n)
		}
		if fi, err := os.Stat(s.Path() + "-wal"); err != nil || fi.Size() > 200<<10 {
			t.Fatalf("log: %v, %v", fi.Size(), err)
		}
	}
}

// TestReadsApartTakeNobodysPlace holds more reads apart than there are readers, and reads meanwhile.
func TestReadsApartTakeNobodysPlace(t *testing.T) {
	s := open(t, store.Options{Readers: 1, Apart: 3})
	var wg sync.WaitGroup
	begun, end := make(chan struct{}), make(chan struct{})
	for range 3 {
		wg.Go(func() {
			check(t, s.ReadApart(bg, func(c *store.Conn) error {
				begun <- struct{}{}
				<-end
				return nil
			}), "")
		})
		<-begun
	}
	for i := range int64(5) {
		check(t, s.Write(bg, run(`INSERT INTO t VALUES (?, NULL)`, i)), "")
		if n := count(t, s); n != i+1 {
			t.Errorf("got %d rows, want %d", n, i+1)
		}
	}
	over, cancel := context.WithCancel(bg)
	cancel()
	if err := s.ReadApart(over, func(*store.Conn) error { return nil }); err == nil {
		t.Error("a fourth read apart found a place")
	}
	close(end)
	wg.Wait()
}

func TestStatementCacheIsBoundedAndReentrant(t *testing.T) {
	s := open(t, store.Options{Statements: 2})
	check(t, s.Read(bg, func(c *store.Conn) error {
		var held []*store.Stmt
		for range 3 {
			st, err := c.Stmt(`SELECT 1`)
			if err != nil {
				return err
			}
			held = append(held, st)
		}
		if held[0] == held[1] || held[1] == held[2] {
			t.Error("a statement in use was handed out again")
		}
		for _, st := range held {
			st.Close()
		}
		again, _ := c.Stmt(`SELECT 1`)
		if again != held[0] {
			t.Error("the statement was prepared again")
		}
		again.Close()
		for i := range 10 {
			st, err := c.Stmt(fmt.Sprintf(`SELECT %d + 100`, i))
			if err != nil {
				return err
			}
			st.Close()
		}
		n := 0
		for st := range c.Raw().Stmts() {
			if strings.HasPrefix(st.SQL(), "SELECT") && strings.HasSuffix(st.SQL(), "100") {
				n++
			}
		}
		if n > 2 {
			t.Errorf("%d statements are kept, want 2", n)
		}
		return nil
	}), "")
	check(t, s.Read(bg, run(`SELECT 1; SELECT 2`)), "not a single SQL statement: SELECT 1; SELECT 2")
	check(t, s.Read(bg, run(`SELEC`)), `sqlite3: SQL logic error: near "SELEC": syntax error`)
}

// TestMain lets the test binary be the second process of TestSecondProcessIsRefused.
func TestMain(m *testing.M) {
	if dir := os.Getenv("STORE_TEST_OPEN"); dir != "" {
		if s, err := store.Open(dir, store.Options{}); err != nil {
			fmt.Print(err)
		} else {
			s.Close()
			fmt.Print("opened")
		}
		return
	}
	os.Exit(m.Run())
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	other := func() string {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "STORE_TEST_OPEN="+dir)
		out, err := cmd.Output()
		check(t, err, "")
		return string(out)
	}
	s, err := store.Open(dir, store.Options{})
	check(t, err, "")
	want := fmt.Sprintf("the data folder %s is in use by process %d; only one Mainstay can serve a folder", dir, os.Getpid())
	if got := other(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_, err = store.Open(dir, store.Options{})
	check(t, err, want)
	check(t, s.Close(), "")
	if got := other(); got != "opened" {
		t.Errorf("got %q after close", got)
	}
}

func TestForeignAndNewerFilesAreRefused(t *testing.T) {
	for pragma, want := range map[string]string{
		`PRAGMA application_id=1299084148; PRAGMA user_version=9`: "this data folder was written by a newer Mainstay (format 9; this one knows 1): …",
		`PRAGMA application_id=7`:                                 "…",
		`CREATE TABLE mine (x)`:                                   "…",
	} {
		dir := t.TempDir()
		db, err := sqlite3.Open(filepath.Join(dir, "data.sqlite"))
		check(t, err, "")
		check(t, db.Exec(pragma), "")
		check(t, db.Close(), "")
		if want == "…" {
			want = filepath.Join(dir, "data.sqlite") + " is not a database of Mainstay…"
		}
		_, err = store.Open(dir, store.Options{})
		check(t, err, want)
	}
}

func TestDataOutlivesClose(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a ?#%20b")
	for i := range int64(3) {
		s, err := store.Open(dir, store.Options{})
		check(t, err, "")
		if i == 0 {
			check(t, s.Exclusive(bg, run(`CREATE TABLE t (a INTEGER PRIMARY KEY, p INTEGER) STRICT`)), "")
		}
		if n := count(t, s); n != i {
			t.Errorf("got %d rows, want %d", n, i)
		}
		check(t, s.Write(bg, run(`INSERT INTO t VALUES (?, NULL)`, i)), "")
		check(t, s.Close(), "")
		if fault.As(s.Write(bg, run(`SELECT 1`))) != nil {
			t.Error("a write after close should not be a fault")
		}
	}
}

func BenchmarkRead(b *testing.B) {
	s, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Read(bg, func(c *store.Conn) error {
			st, err := c.Stmt(`SELECT 1`)
			if err != nil {
				return err
			}
			defer st.Close()
			st.Step()
			return st.Err()
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	s, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Exclusive(bg, run(`CREATE TABLE t (a INTEGER PRIMARY KEY)`)); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.Write(bg, run(`INSERT INTO t VALUES (NULL)`)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
