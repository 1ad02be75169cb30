// Package store owns the SQLite file: its connections, its one writer and its log.
//
// Open opens a data folder; Read runs a function on a snapshot, Write runs one in the next group commit, Exclusive runs one in a transaction of
// its own that may change the schema. Main types in order of meeting them: Store, Options, Conn, Stmt.
//
// Invariants: one process has a folder open (lock file); one goroutine writes; when Write or Exclusive returns nil the change has been
// synced to disk, and nobody learns the outcome of a write before the commit that holds it; a failing request takes nothing of others
// with it; a snapshot and the schema value that Conn.Schema gives always belong together.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
)

const (
	// Format is the version of the folder's content that this program writes and the newest that it reads.
	Format = 1

	fileName      = "data.sqlite"
	applicationID = 0x4d6e7374 // "Mnst"
)

// Options are the settings of a Store. The zero value works.
type Options struct {
	// Register installs functions and collations on a new connection.
	Register func(*Conn) error
	// Readers is the number of read connections; 0 is the number of cores, at least 2. More than cores lose throughput.
	Readers int
	// Apart is the number of connections for reads that wait for somebody; 0 is 16.
	Apart int
	// CacheKiB bounds the page cache of each connection; 0 is 32768.
	CacheKiB int
	// Statements is how many prepared statements a connection keeps; 0 is 512.
	Statements int
	// WALLimit is the size of the log, in bytes, past which the writer empties it between two commits; 0 is 32 MiB.
	WALLimit int64
	// Committed is called on the writer's goroutine after each commit with the number of requests in it.
	Committed func(requests int)
	// VFS names a registered SQLite VFS; "" is the operating system's files.
	VFS string
	// OpenLog opens the file of the log, if it is there, when the store is opened; nil opens the operating system's.
	OpenLog func(path string) (File, error)
	// Unchecked has pages read whatever their checksums say: for Verify and Accept.
	Unchecked bool
	Log       *slog.Logger
}

// Store is an open data folder. Safe for concurrent use.
type Store struct {
	opts Options
	path string
	lock *lockFile
	disk *disk
	log  *slog.Logger

	queue    chan *request
	closing  chan struct{}
	stopped  chan struct{} // closed when the writer's goroutine has ended
	writer   *Conn         // owned by the writer's goroutine
	walBytes int64         // likewise: the log's size after the last commit
	walRetry int64         // likewise: the size at which a checkpoint that readers prevented is tried again

	broken atomic.Pointer[fault.Error] // why nothing can be written any more
	failed chan struct{}               // closed after broken is set because the disk failed

	// snap makes the end of a schema change and its publication one step for readers that take a snapshot.
	snap   sync.RWMutex
	schema atomic.Pointer[any] // stored with snap held

	// commits is odd while a commit or a checkpoint is under way and grows by two with each. A snapshot that was taken at an even number is the newest as
	// long as the number stands: readers keep theirs by it. It starts at 2.
	commits  atomic.Uint64
	versions versions

	filing sync.Mutex // held while the log is emptied into the file

	batches, written atomic.Uint64 // commits, and the requests in them

	slots   chan struct{} // one token for each reader in use
	apart   chan struct{} // likewise, of ReadApart
	aside   chan struct{} // likewise, of ReadAside: as many again
	mu      sync.Mutex
	idle    []*Conn // guarded by mu; the last is the warmest
	readers []*Conn // likewise: all, busy and idle
}

// Open opens the data folder dir, which it creates when missing, and starts the writer's goroutine, which Close ends.
// A folder that another process has open, or that was written by a newer version, is an error that says so.
func Open(dir string, opts Options) (_ *Store, err error) {
	if opts.Readers == 0 {
		opts.Readers = max(2, runtime.GOMAXPROCS(0))
	}
	if opts.Apart == 0 {
		opts.Apart = 16
	}
	if opts.CacheKiB == 0 {
		opts.CacheKiB = 32 << 10
	}
	if opts.Statements == 0 {
		opts.Statements = 512
	}
	if opts.WALLimit == 0 {
		opts.WALLimit = 32 << 20
	}
	if opts.OpenLog == nil {
		opts.OpenLog = openFile
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create data folder: %w", err)
	}
	lock, err := acquireLock(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		opts:    opts,
		path:    filepath.Join(dir, fileName),
		lock:    lock,
		log:     opts.Log,
		queue:   make(chan *request, queueLimit),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
		failed:  make(chan struct{}),
		slots:   make(chan struct{}, opts.Readers),
		apart:   make(chan struct{}, opts.Apart),
		aside:   make(chan struct{}, opts.Readers),
	}
	s.commits.Store(2)
	if opts.VFS == "" {
		// The file is made for nobody but the owner; SQLite gives its log and index the same mode.
		f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
		if err == nil {
			err = errors.Join(f.Chmod(0o600), f.Close())
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("create the database: %w", err), lock.release())
		}
	}
	if s.disk, err = newDisk(opts.VFS); err != nil {
		return nil, errors.Join(err, lock.release())
	}
	if s.writer, err = s.connect(true); err != nil {
		s.disk.close()
		return nil, errors.Join(explain(context.Background(), err), lock.release())
	}
	if err = s.locked(s.settle); err != nil {
		err = fmt.Errorf("write the log anew: %w", err)
	} else {
		err = s.checkFormat()
	}
	if err != nil {
		_ = s.writer.abandon() // which has written nothing that counts
		s.disk.close()
		return nil, errors.Join(explain(context.Background(), err), lock.release())
	}
	go s.write()
	return s, nil
}

// locked runs f while no other program can write to the log: one that opens the file with SQLite beside this one is kept off by SQLite's own lock.
func (s *Store) locked(f func() error) error {
	if err := s.writer.beginImmediate.Exec(); err != nil {
		return err
	}
	return errors.Join(f(), s.writer.rollback.Exec())
}

// settle makes durable what the log of a process shows that did not close it. When that ended because a sync failed, the operating system may read what it does not
// have on disk, and would not write it when the log is synced once more: a checkpoint from it and what is written behind it could be lost or come to be there by
// half. So all its bytes are written once more, in their place, which needs no space. SQLite has read the log by then, and written nothing.
func (s *Store) settle() error {
	f, err := s.opts.OpenLog(s.path + "-wal")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	part, at := make([]byte, 1<<20), int64(0)
	for {
		n, err := f.ReadAt(part, at)
		if n == 0 && errors.Is(err, io.EOF) {
			break
		}
		if n > 0 {
			_, err = f.WriteAt(part[:n], at)
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
		at += int64(n)
	}
	if at == 0 {
		return f.Close()
	}
	return errors.Join(f.Sync(), f.Close())
}

// File is what the store itself does with a file.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
}

func openFile(path string) (File, error) { return os.OpenFile(path, os.O_RDWR, 0) }

// Failed is closed when writing to the disk has failed, so that only another process can go on; Err then says why.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// Err says why nothing can be written any more; nil when it can.
func (s *Store) Err() error {
	if err := s.broken.Load(); err != nil {
		return err
	}
	return nil
}

// Close ends the writer and closes the file. No call may be under way. When writing has failed it writes nothing: the next Open sees to what there is.
func (s *Store) Close() error {
	close(s.closing)
	<-s.stopped
	defer s.disk.close()
	var errs []error
	if s.broken.Load() != nil {
		for _, c := range s.idle {
			errs = append(errs, c.abandon())
		}
		if s.writer != nil {
			errs = append(errs, s.writer.abandon())
		}
		return errors.Join(append(errs, s.lock.release())...)
	}
	for _, c := range s.idle {
		errs = append(errs, c.close())
	}
	// The last connection to close empties the log.
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	errs = append(errs, s.lock.release())
	return errors.Join(errs...)
}

// Schema is the value that the last committed Exclusive staged with Conn.SetSchema; nil before the first.
func (s *Store) Schema() any {
	if p := s.schema.Load(); p != nil {
		return *p
	}
	return nil
}

// Stats are numbers about a store at a moment.
type Stats struct {
	Waiting        int    // writes that wait for a commit
	Readers, Busy  int    // connections for reads, and those in use
	Apart          int    // connections in use by reads that wait for somebody
	Commits        uint64 // since the store was opened
	Writes         uint64 // requests in those commits
	File, LogBytes int64  // sizes on disk
}

// Stats are told without waiting for anything.
func (s *Store) Stats() Stats {
	size := func(path string) int64 {
		if info, err := os.Stat(path); err == nil {
			return info.Size()
		}
		return 0 // the log is made by the first write
	}
	return Stats{
		Waiting: len(s.queue), Readers: cap(s.slots), Busy: len(s.slots), Apart: len(s.apart), Commits: s.batches.Load(), Writes: s.written.Load(),
		File: size(s.path), LogBytes: size(s.path + "-wal"),
	}
}

// Path is the database file.
func (s *Store) Path() string { return s.path }

// connect opens a connection and sets it up.
func (s *Store) connect(writer bool) (*Conn, error) {
	flags := sqlite3.OPEN_READWRITE | sqlite3.OPEN_URI
	if writer {
		flags |= sqlite3.OPEN_CREATE
	}
	raw, err := sqlite3.OpenFlags(fileURI(s.path)+"?vfs="+s.disk.name, flags)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", s.path, err)
	}
	c, err := newConn(raw, s.opts.Statements)
	if err == nil {
		err = s.setUp(c, writer)
	}
	if err != nil {
		_ = raw.Close() // the first error is the one to tell
		return nil, fmt.Errorf("open %s: %w", s.path, err)
	}
	return c, nil
}

func (s *Store) setUp(c *Conn, writer bool) error {
	for _, o := range []sqlite3.DBConfig{sqlite3.DBCONFIG_DQS_DDL, sqlite3.DBCONFIG_DQS_DML, sqlite3.DBCONFIG_TRUSTED_SCHEMA} {
		if _, err := c.raw.Config(o, false); err != nil {
			return err
		}
	}
	if s.opts.Unchecked {
		if err := c.raw.Exec(`PRAGMA checksum_verification=OFF`); err != nil {
			return err
		}
	}
	// A reader may meet the writer only while the log is being reset; it waits that out.
	if err := c.raw.BusyTimeout(5 * time.Second); err != nil {
		return err
	}
	if writer {
		if err := checksum(c); err != nil {
			return fmt.Errorf("set checksums up: %w", err)
		}
	}
	pragmas := fmt.Sprintf(`PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-%d; PRAGMA temp_store=MEMORY;`, s.opts.CacheKiB)
	if writer {
		pragmas = `PRAGMA journal_mode=WAL;` + pragmas
	} else {
		pragmas += `PRAGMA query_only=ON;`
	}
	if err := c.raw.Exec(pragmas); err != nil {
		return err
	}
	if writer {
		// Setting the hook also turns SQLite's own checkpoints, which stall the commit that meets them, off.
		c.raw.WALHook(func(db *sqlite3.Conn, _ string, pages int) error {
			s.walBytes = int64(pages) * (4096 + 24)
			return nil
		})
	}
	if s.opts.Register != nil {
		if err := c.sparing(s.opts.Register); err != nil {
			return fmt.Errorf("register functions: %w", err)
		}
	}
	return c.prepareControl()
}

// checkFormat refuses a folder of somebody else or of a newer version and marks a new one as ours.
func (s *Store) checkFormat() error {
	id, err := s.writer.int(`PRAGMA application_id`)
	if err != nil {
		return err
	}
	format, err := s.writer.int(`PRAGMA user_version`)
	if err != nil {
		return err
	}
	switch {
	case id == applicationID && format == Format:
		return nil
	case id == applicationID && format > Format:
		return fmt.Errorf("this data folder was written by a newer Mainstay (format %d; this one knows %d): %s", format, Format, filepath.Dir(s.path))
	case id == 0 && format == 0:
		tables, err := s.writer.int(`SELECT count(*) FROM sqlite_schema`)
		if err != nil {
			return err
		}
		if tables == 0 {
			return s.writer.raw.Exec(fmt.Sprintf(`BEGIN IMMEDIATE; PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT`, applicationID, Format))
		}
	}
	return fmt.Errorf("%s is not a database of Mainstay (application_id %d, user_version %d)", s.path, id, format)
}

// explain turns what SQLite says of an ended or failed call into what a client may read.
func explain(ctx context.Context, err error) error {
	err = cancelled(ctx, err)
	if err == nil || fault.As(err) != nil {
		return err
	}
	switch {
	case diskFull(err):
		return noSpace()
	case damaged(err):
		return fault.New(fault.DataCorrupted, "the database file is damaged").WithHint(damagedHint).WithStatus(http.StatusInternalServerError)
	case errors.Is(err, sqlite3.IOERR):
		return fault.New(fault.IOError, "could not read the database: %v", err).WithHint("Check the disk.").WithStatus(http.StatusServiceUnavailable)
	}
	return err
}

const damagedHint = "Find out where with mainstay db verify, which also tells what to do after another program has written the file; else restore a backup."

// cancelled is explain for what ctx caused.
func cancelled(ctx context.Context, err error) error {
	if err == nil || fault.As(err) != nil {
		return err
	}
	ended := errors.Is(err, sqlite3.INTERRUPT) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	switch {
	case ended && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.New(fault.QueryCanceled, "canceling statement due to statement timeout")
	case ended && ctx.Err() != nil:
		return fault.New(fault.QueryCanceled, "canceling statement due to user request")
	}
	return err
}

func noSpace() error {
	return fault.New(fault.DiskFull, "could not extend the database: No space left on device").WithHint("Check free disk space.").WithStatus(http.StatusInsufficientStorage)
}

// diskFull reports whether err is about space, which may come back. A sync that failed for want of it has failed like any other.
func diskFull(err error) bool {
	return noRoom(err) && !errors.Is(err, sqlite3.IOERR_FSYNC) && !errors.Is(err, sqlite3.IOERR_DIR_FSYNC)
}

// unread reports whether err says that something could not be read, or looked at. Nothing was changed by that, and other pages may be read.
func unread(err error) bool {
	return is(err, sqlite3.IOERR_READ, sqlite3.IOERR_SHORT_READ, sqlite3.IOERR_CORRUPTFS, sqlite3.IOERR_FSTAT, sqlite3.IOERR_SEEK, sqlite3.IOERR_ACCESS)
}

// indexFailed reports whether err is of SQLite's index of the log, which is made anew of the log: nothing that is to last was concerned.
func indexFailed(err error) bool {
	return is(err, sqlite3.IOERR_SHMOPEN, sqlite3.IOERR_SHMSIZE, sqlite3.IOERR_SHMMAP)
}

func is(err error, codes ...sqlite3.ExtendedErrorCode) bool {
	return slices.ContainsFunc(codes, func(c sqlite3.ExtendedErrorCode) bool { return errors.Is(err, c) })
}

// indexFull guesses why the index could not grow, by trying to write as much beside it: the driver keeps only the last cause. It decides what a client is told, and
// nothing else.
func (s *Store) indexFull(err error) bool {
	if !indexFailed(err) {
		return false
	}
	f, err := os.CreateTemp(filepath.Dir(s.path), "space-")
	if err == nil {
		_, err = f.Write(make([]byte, 32<<10))
		_ = errors.Join(f.Close(), os.Remove(f.Name())) // nothing of it is wanted
	}
	return noRoom(err)
}

// damaged reports whether err says that what was read is not what was written.
func damaged(err error) bool {
	return errors.Is(err, sqlite3.CORRUPT) || errors.Is(err, sqlite3.NOTADB) || errors.Is(err, sqlite3.IOERR_DATA)
}
