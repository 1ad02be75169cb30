// Package faultdisk is a disk below SQLite that fails where a test wants, and that forgets at a cut of power what was not synced.
//
// New registers a Disk, whose name goes into store.Options.VFS; Fail decides about each operation; Log is what was done, and Cuts enumerates from it the files that a
// cut of power could have left. Main types in order of meeting them: Disk, Op, State.
//
// Invariants: files are those of the operating system, so that a test can open them with a sound disk afterwards; an operation that fails is in the log with its
// error; after a sync that failed no later sync makes durable what was written before it: Lose says which pages reached the disk all the same, which can still be read
// although they did not, and which are what they were before.
package faultdisk

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// Kind is what an operation does.
type Kind int

// The kinds. A Mark is the test's own.
const (
	Open Kind = iota
	Read
	Write
	Truncate
	Sync
	Delete
	Mark
)

var kinds = [...]string{"open", "read", "write", "truncate", "sync", "delete", "mark"}

func (k Kind) String() string { return kinds[k] }

// Op is an operation on a file.
type Op struct {
	N    int // counted from 1
	Kind Kind
	Name string // of the file, without its folder
	At   int64  // of a read and a write; of a truncation the size
	Data []byte // that was written
	Mark any
	Err  error // that it failed with; nothing was done then, unless it is a *Torn
	Kept []Op  // of a sync that failed: the writes that reached the disk
}

func (o Op) String() string {
	return fmt.Sprintf("%d: %s %s at %d, %d bytes", o.N, o.Kind, o.Name, o.At, len(o.Data))
}

// Torn is the error of a write that wrote its first bytes before it failed.
type Torn struct {
	Bytes int
	Err   error
}

// Error is that of the cause.
func (t *Torn) Error() string { return t.Err.Error() }

// Disk is a VFS. Safe for concurrent use.
type Disk struct {
	vfs.VFS
	name string

	mu    sync.Mutex
	fail  func(Op) error // guarded by mu, like all below
	n     int
	log   []Op
	pages map[string]*pages // by name of file
	lose  func() Fate
}

var serial atomic.Int64

// New registers a disk. Close must be called when nothing uses it any more.
func New() *Disk {
	d := &Disk{VFS: vfs.Find("os"), name: fmt.Sprintf("faultdisk-%d", serial.Add(1)), pages: map[string]*pages{}}
	vfs.Register(d.name, d)
	return d
}

// Name is what SQLite knows the disk by.
func (d *Disk) Name() string { return d.name }

// Close takes its name away.
func (d *Disk) Close() { vfs.Unregister(d.name) }

// Fail has f decide about operations from now on: with an error the operation fails. f is called with the disk locked; nil lets all succeed.
func (d *Disk) Fail(f func(Op) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = f
}

// Mark puts something of the test's into the log.
func (d *Disk) Mark(v any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = append(d.log, Op{N: d.n, Kind: Mark, Mark: v})
}

// Log is what was done up to now: everything but reads that succeeded. Nobody may change it.
func (d *Disk) Log() []Op {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log[:len(d.log):len(d.log)]
}

// do runs an operation unless it has to fail.
func (d *Disk) do(o Op, run func() error) error {
	return d.run(o, run, func(*Op) error { return nil })
}

// run is do for an operation that leaves something behind when it fails.
func (d *Disk) run(o Op, run func() error, failed func(*Op) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.n++
	o.N = d.n
	if d.fail != nil {
		o.Err = d.fail(o)
	}
	if o.Err == nil {
		if err := run(); err != nil {
			return err
		}
	} else if err := failed(&o); err != nil {
		return err
	}
	if o.Kind != Read || o.Err != nil {
		o.Data = bytes.Clone(o.Data) // the caller's buffer is used again
		d.log = append(d.log, o)
	}
	return o.Err
}

// OpenFilename opens a file.
func (d *Disk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (f vfs.File, out vfs.OpenFlag, err error) {
	base := filepath.Base(name.String())
	err = d.do(Op{Kind: Open, Name: base}, func() error {
		f, out, err = d.VFS.(vfs.VFSFilename).OpenFilename(name, flags)
		return err
	})
	if err != nil {
		return nil, flags, err
	}
	return &file{f, d, base}, out, nil
}

// Delete removes a file.
func (d *Disk) Delete(name string, syncDir bool) error {
	base := filepath.Base(name)
	return d.do(Op{Kind: Delete, Name: base}, func() error {
		d.of(base).truncated(0)
		return d.VFS.Delete(name, syncDir)
	})
}

// OpenFile opens a file that is there, without SQLite.
func (d *Disk) OpenFile(path string) (*Plain, error) {
	var f *os.File
	err := d.do(Op{Kind: Open, Name: filepath.Base(path)}, func() (err error) {
		f, err = os.OpenFile(path, os.O_RDWR, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Plain{disk: d, file: f}, nil
}

// Plain is a file of OpenFile.
type Plain struct {
	disk *Disk
	file *os.File
}

// ReadAt reads.
func (p *Plain) ReadAt(b []byte, at int64) (n int, err error) {
	return p.disk.readAt(p.name(), p.file, b, at)
}

// WriteAt writes.
func (p *Plain) WriteAt(b []byte, at int64) (n int, err error) {
	return p.disk.writeAt(p.name(), p.file, b, at)
}

// Sync makes what was written durable.
func (p *Plain) Sync() error { return p.disk.sync(p.name(), p.file, p.file.Sync) }

// Close closes the file.
func (p *Plain) Close() error { return p.file.Close() }

func (p *Plain) name() string { return filepath.Base(p.file.Name()) }

func (d *Disk) readAt(name string, f io.ReaderAt, b []byte, at int64) (n int, err error) {
	err = d.do(Op{Kind: Read, Name: name, At: at}, func() error {
		n, err = f.ReadAt(b, at)
		return err
	})
	return n, err
}

func (d *Disk) writeAt(name string, f content, b []byte, at int64) (n int, err error) {
	write := func(b []byte) error {
		if err := d.of(name).dirtied(f, at, int64(len(b))); err != nil {
			return err
		}
		n, err = f.WriteAt(b, at)
		return err
	}
	torn := func(o *Op) error {
		if t, ok := o.Err.(*Torn); ok {
			return write(b[:min(t.Bytes, len(b))])
		}
		return nil
	}
	err = d.run(Op{Kind: Write, Name: name, At: at, Data: b}, func() error { return write(b) }, torn)
	if t, ok := err.(*Torn); ok {
		err = t.Err
	}
	return n, err
}

func (d *Disk) sync(name string, f content, run func() error) error {
	done := func() error {
		d.of(name).synced()
		return run()
	}
	lost := func(o *Op) (err error) {
		o.Kept, err = d.of(name).lost(name, f, d.lose)
		return err
	}
	return d.run(Op{Kind: Sync, Name: name}, done, lost)
}

func (d *Disk) truncate(name string, f vfs.File, size int64) error {
	return d.do(Op{Kind: Truncate, Name: name, At: size}, func() error {
		d.of(name).truncated(size)
		return f.Truncate(size)
	})
}

type file struct {
	vfs.File
	disk *Disk
	name string
}

// SharedMemory is the operating system's: it does not outlive a process.
func (f *file) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f *file) ReadAt(b []byte, at int64) (int, error)  { return f.disk.readAt(f.name, f.File, b, at) }
func (f *file) WriteAt(b []byte, at int64) (int, error) { return f.disk.writeAt(f.name, f.File, b, at) }

func (f *file) Truncate(size int64) error { return f.disk.truncate(f.name, f.File, size) }

func (f *file) Sync(flags vfs.SyncFlag) error {
	return f.disk.sync(f.name, f.File, func() error { return f.File.Sync(flags) })
}

// SizeHint makes the file as large as SQLite expects it to become.
func (f *file) SizeHint(size int64) error {
	if now, err := f.File.Size(); err != nil || now >= size {
		return err
	}
	err := f.Truncate(size)
	if err != nil {
		return sqlite3.IOERR_TRUNCATE
	}
	return nil
}
