package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// disk is the VFS below a store's connections: another one, whose failures it remembers. SQLite's error says which call it gave up at, not why that failed, and
// what it did afterwards hides the cause; whether a process may go on depends on it.
type disk struct {
	vfs.VFS
	name string

	mu     sync.Mutex
	failed failures // guarded by mu
}

// failures are what has failed of the operations that change a file, since somebody asked.
type failures struct {
	hard  error // the first sync, and else the first write or truncation, that failed with anything but a lack of space
	sync  bool  // hard is of a sync
	space error // the first write or truncation for which there was no space
}

var disks atomic.Int64

// newDisk registers one above the VFS with a name; "" is the operating system's.
func newDisk(below string) (*disk, error) {
	v := vfs.Find(below)
	if v == nil {
		return nil, fmt.Errorf("no VFS is called %q", below)
	}
	d := &disk{VFS: v, name: fmt.Sprintf("mainstay-%d", disks.Add(1))}
	vfs.Register(d.name, d)
	return d, nil
}

// close takes its name away. Files that are open stay so.
func (d *disk) close() { vfs.Unregister(d.name) }

// take gives what has failed, and forgets it.
func (d *disk) take() failures {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.failed
	d.failed = failures{}
	return f
}

// note remembers a failure and gives it back. A sync that failed for want of space has failed like any other.
func (d *disk) note(err error, sync bool) error {
	if err == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f := &d.failed
	switch {
	case !sync && noRoom(err):
		if f.space == nil {
			f.space = err
		}
	case f.hard == nil || sync && !f.sync:
		f.hard, f.sync = err, sync
	}
	return err
}

// noRoom reports whether an operation of a file found no space.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, sqlite3.FULL)
}

// OpenFilename opens a file.
func (d *disk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (f vfs.File, out vfs.OpenFlag, err error) {
	if v, ok := d.VFS.(vfs.VFSFilename); ok {
		f, out, err = v.OpenFilename(name, flags)
	} else {
		f, out, err = d.VFS.Open(name.String(), flags)
	}
	if err != nil {
		if noRoom(err) {
			_ = d.note(err, false) // what is full is told by what the file is opened for
		}
		return nil, out, err
	}
	return &diskFile{f, d}, out, nil
}

type diskFile struct {
	vfs.File
	disk *disk
}

func (f *diskFile) WriteAt(b []byte, at int64) (int, error) {
	n, err := f.File.WriteAt(b, at)
	return n, f.disk.note(err, false)
}

func (f *diskFile) Truncate(size int64) error { return f.disk.note(f.File.Truncate(size), false) }

func (f *diskFile) Sync(flags vfs.SyncFlag) error { return f.disk.note(f.File.Sync(flags), true) }

// SharedMemory is the other's: SQLite's index of the log, which outlives no process.
func (f *diskFile) SharedMemory() vfs.SharedMemory {
	if s, ok := f.File.(vfs.FileSharedMemory); ok {
		return s.SharedMemory()
	}
	return nil
}

// SizeHint says how large the file will become. SQLite goes on where that fails.
func (f *diskFile) SizeHint(size int64) error {
	if s, ok := f.File.(vfs.FileSizeHint); ok {
		return s.SizeHint(size)
	}
	return nil
}

// HasMoved reports whether another file has the name by now.
func (f *diskFile) HasMoved() (bool, error) {
	if m, ok := f.File.(vfs.FileHasMoved); ok {
		return m.HasMoved()
	}
	return false, nil
}
