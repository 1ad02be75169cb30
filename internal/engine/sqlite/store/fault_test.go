package store_test

import (
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// badDisk is the operating system's files with faults that a test turns on.
type badDisk struct {
	vfs.VFS
	failSync, full    atomic.Bool
	write, read, sync atomic.Pointer[error] // what these fail with
	syncs             atomic.Int64          // of the log
}

type badFile struct {
	vfs.File
	disk *badDisk
	log  bool
}

func (d *badDisk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, out, err := d.VFS.(vfs.VFSFilename).OpenFilename(name, flags)
	return &badFile{f, d, flags&vfs.OPEN_WAL != 0}, out, err
}

func (f *badFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f *badFile) Sync(flags vfs.SyncFlag) error {
	if f.disk.failSync.Load() {
		return sqlite3.IOERR_FSYNC
	}
	if err := f.disk.sync.Load(); err != nil {
		return *err
	}
	if f.log {
		f.disk.syncs.Add(1)
	}
	return f.File.Sync(flags)
}

func (f *badFile) WriteAt(b []byte, at int64) (int, error) {
	if f.disk.full.Load() {
		return 0, sqlite3.FULL
	}
	if err := f.disk.write.Load(); err != nil {
		return 0, *err
	}
	return f.File.WriteAt(b, at)
}

func (f *badFile) ReadAt(b []byte, at int64) (int, error) {
	if err := f.disk.read.Load(); err != nil {
		return 0, *err
	}
	return f.File.ReadAt(b, at)
}

func broken(errno syscall.Errno) *error {
	var err error = &fs.PathError{Op: "fault", Path: "data.sqlite", Err: errno}
	return &err
}

var badDisks atomic.Int64

func faulty(t *testing.T) (*store.Store, *badDisk) {
	d := &badDisk{VFS: vfs.Find("os")}
	name := fmt.Sprintf("bad-%s-%d", strings.ToLower(t.Name()), badDisks.Add(1))
	vfs.Register(name, d)
	t.Cleanup(func() { vfs.Unregister(name) })
	s, err := store.Open(t.TempDir(), store.Options{VFS: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.failSync.Store(false)
		d.write.Store(nil)
		d.read.Store(nil)
		d.sync.Store(nil)
		_ = s.Close() // what a broken store says of its end is not the test's business
	})
	check(t, s.Exclusive(bg, run(`CREATE TABLE t (a INTEGER PRIMARY KEY, p INTEGER) STRICT`)), "")
	return s, d
}

func TestNothingIsAcknowledgedBeforeItIsSynced(t *testing.T) {
	s, d := faulty(t)
	for i := range int64(5) {
		before := d.syncs.Load()
		check(t, s.Write(bg, run(`INSERT INTO t VALUES (?, NULL)`, i)), "")
		if d.syncs.Load() == before {
			t.Error("a write was acknowledged without a sync of the log")
		}
	}
}

func TestFailedSyncStopsWriting(t *testing.T) {
	s, d := faulty(t)
	check(t, s.Write(bg, run(`INSERT INTO t VALUES (1, NULL)`)), "")
	d.failSync.Store(true)
	if code := fault.Code(s.Write(bg, run(`INSERT INTO t VALUES (2, NULL)`))); code != fault.IOError {
		t.Errorf("got %v, want %s", code, fault.IOError)
	}
	select {
	case <-s.Failed():
	default:
		t.Error("the store does not say that it has failed")
	}
	// A disk that says it is well again is not believed: what it lost, it lost.
	d.failSync.Store(false)
	for _, write := range []func() error{
		func() error { return s.Write(bg, run(`INSERT INTO t VALUES (3, NULL)`)) },
		func() error { return s.Exclusive(bg, run(`DROP TABLE t`)) },
	} {
		if f := fault.As(write()); f == nil || f.Code != "58030" || !strings.HasPrefix(f.Message, "the database is read-only because writing to disk failed: ") {
			t.Errorf("got %v, want the refusal", f)
		}
	}
	if n := count(t, s); n != 1 {
		t.Errorf("got %d rows, want 1", n)
	}
}

func TestFullDiskFailsTheWriteOnly(t *testing.T) {
	s, d := faulty(t)
	check(t, s.Write(bg, run(`INSERT INTO t VALUES (1, NULL)`)), "")
	d.full.Store(true)
	if f := fault.As(s.Write(bg, run(`INSERT INTO t VALUES (2, NULL)`))); f == nil || f.Code != "53100" {
		t.Errorf("got %v, want 53100", f)
	}
	d.full.Store(false)
	check(t, s.Write(bg, run(`INSERT INTO t VALUES (3, NULL)`)), "")
	if n := count(t, s); n != 2 {
		t.Errorf("got %d rows, want 2", n)
	}
}

// What could not be read fails who asked for it. Nothing was lost by that, and no other process would read it.
func TestFailedReadFailsTheRequestOnly(t *testing.T) {
	s, d := faulty(t)
	check(t, s.Exclusive(bg, run(`CREATE TABLE u (a INTEGER PRIMARY KEY, p INTEGER) STRICT`)), "")
	check(t, s.Write(bg, run(`INSERT INTO t VALUES (1, NULL)`)), "")
	check(t, s.Write(bg, func(c *store.Conn) error { return c.Raw().Exec(`PRAGMA shrink_memory`) }), "") // so that pages are read again
	d.read.Store(broken(syscall.EIO))
	for _, sql := range []string{`INSERT INTO u VALUES (1, NULL)`, `DELETE FROM t`} {
		if f := fault.As(s.Write(bg, run(sql))); f == nil || f.Code != fault.IOError || f.Status != 503 {
			t.Errorf("%s: got %v, want %s with status 503", sql, f, fault.IOError)
		}
	}
	d.read.Store(nil)
	if err := s.Err(); err != nil {
		t.Errorf("nothing is written any more: %v", err)
	}
	check(t, s.Write(bg, run(`INSERT INTO t VALUES (2, NULL)`)), "")
	if n := count(t, s); n != 2 {
		t.Errorf("got %d rows, want 2", n)
	}
}

// Why a write failed is known from the write, whatever the disk says afterwards.
func TestWritesFailForOneReason(t *testing.T) {
	for _, c := range []struct {
		errno syscall.Errno
		code  string
		lives bool
	}{{syscall.ENOSPC, "53100", true}, {syscall.EDQUOT, "53100", true}, {syscall.EIO, "58030", false}} {
		s, d := faulty(t)
		check(t, s.Write(bg, run(`INSERT INTO t VALUES (1, NULL)`)), "")
		d.write.Store(broken(c.errno))
		if code := fault.Code(s.Write(bg, run(`INSERT INTO t VALUES (2, NULL)`))); code != c.code {
			t.Errorf("%v: got %s, want %s", c.errno, code, c.code)
		}
		d.write.Store(nil)
		if err := s.Err(); (err == nil) != c.lives {
			t.Errorf("%v: writing goes on: %t, want %t (%v)", c.errno, err == nil, c.lives, err)
		}
	}
}

// A sync that fails for want of space has lost what was written like any other.
func TestSyncThatFindsNoSpaceStopsWriting(t *testing.T) {
	for _, err := range []error{sqlite3.FULL, *broken(syscall.ENOSPC), *broken(syscall.EDQUOT), *broken(syscall.EIO)} {
		s, d := faulty(t)
		d.sync.Store(&err)
		if code := fault.Code(s.Write(bg, run(`INSERT INTO t VALUES (1, NULL)`))); code != fault.IOError {
			t.Errorf("%v: got %s, want %s", err, code, fault.IOError)
		}
		d.sync.Store(nil)
		if s.Err() == nil {
			t.Errorf("%v: writing goes on", err)
		}
	}
}
