// Package faultdisk is a disk below SQLite that fails where a test wants, and that forgets at a cut of power what was not synced.
//
// New registers a Disk, whose name goes into store.Options.VFS; Fail decides about each operation; Log is what was done, and Cuts enumerates from it the files that a
// cut of power could have left. Main types in order of meeting them: Disk, Op, State.
//
// Invariants: files are those of the operating system, so that a test can open them with a sound disk afterwards; an operation that fails is in the log with its
// error; a sync that failed makes nothing durable, and no later sync of the file makes durable what was written before it.
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

	mu   sync.Mutex
	fail func(Op) error // guarded by mu, like all below
	n    int
	log  []Op
}

var serial atomic.Int64

// New registers a disk. Close must be called when nothing uses it any more.
func New() *Disk {
	d := &Disk{VFS: vfs.Find("os"), name: fmt.Sprintf("faultdisk-%d", serial.Add(1))}
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

// Log is what was done up to now: everything but reads. Nobody may change it.
func (d *Disk) Log() []Op {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log[:len(d.log):len(d.log)]
}

// do runs an operation unless it has to fail.
func (d *Disk) do(o Op, run func() error) error {
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
	}
	if o.Kind != Read {
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
	return d.do(Op{Kind: Delete, Name: filepath.Base(name)}, func() error { return d.VFS.Delete(name, syncDir) })
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
func (p *Plain) Sync() error { return p.disk.do(Op{Kind: Sync, Name: p.name()}, p.file.Sync) }

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

func (d *Disk) writeAt(name string, f io.WriterAt, b []byte, at int64) (n int, err error) {
	err = d.do(Op{Kind: Write, Name: name, At: at, Data: b}, func() error {
		n, err = f.WriteAt(b, at)
		return err
	})
	if t, ok := err.(*Torn); ok {
		n, err = f.WriteAt(b[:min(t.Bytes, len(b))], at)
		if err == nil {
			err = t.Err
		}
	}
	return n, err
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

func (f *file) Truncate(size int64) error {
	return f.disk.do(Op{Kind: Truncate, Name: f.name, At: size}, func() error { return f.File.Truncate(size) })
}

func (f *file) Sync(flags vfs.SyncFlag) error {
	return f.disk.do(Op{Kind: Sync, Name: f.name}, func() error { return f.File.Sync(flags) })
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
