package store_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// plainDisk writes as a program does that knows nothing of checksums: the last bytes of a page stay what they were.
type plainDisk struct{ vfs.VFS }

type plainFile struct {
	vfs.File
	pages bool
}

func (d plainDisk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, out, err := d.VFS.(vfs.VFSFilename).OpenFilename(name, flags)
	return plainFile{f, flags&vfs.OPEN_MAIN_DB != 0}, out, err
}

func (f plainFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f plainFile) WriteAt(b []byte, at int64) (int, error) {
	if f.pages && len(b) == 4096 {
		old := make([]byte, 8)
		_, _ = f.File.ReadAt(old, at+4088) // zeroes behind the end
		b = append(bytes.Clone(b[:4088]), old...)
	}
	return f.File.WriteAt(b, at)
}

// byAnother runs SQL on a folder's database as another program.
func byAnother(t *testing.T, dir, sql string) {
	t.Helper()
	vfs.Register("plain", plainDisk{vfs.Find("os")})
	defer vfs.Unregister("plain")
	c, err := sqlite3.Open("file:" + filepath.ToSlash(filepath.Join(dir, "data.sqlite")) + "?vfs=plain")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(`PRAGMA checksum_verification=OFF; ` + sql); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// accept verifies a folder's database and takes what is there.
func accept(t *testing.T, dir string) (store.Verified, int64, error) {
	t.Helper()
	s, err := store.Open(dir, store.Options{Unchecked: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v, err := s.Verify(bg)
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.Accept(bg)
	return v, n, err
}

// A program that reads the file after a crash moves the log into it, without checksums. What it wrote is not served as if nothing had been, is named, and can be kept.
func TestPagesOfAnotherProgram(t *testing.T) {
	dir := left(t)
	byAnother(t, dir, `SELECT * FROM t`)
	if _, err := store.Open(dir, store.Options{}); fault.Code(err) != fault.DataCorrupted || !strings.Contains(fault.As(err).Hint, "mainstay db verify") {
		t.Errorf("got %v, want %s with a hint", err, fault.DataCorrupted)
	}
	v, n, err := accept(t, dir)
	if err != nil || n == 0 || int(n) != len(v.Wrong) || len(v.Problems) != len(v.Wrong) {
		t.Errorf("%d pages, %v; %+v", n, err, v)
	}
	none := fmt.Sprintf("page %d has no checksum: another program has written it", v.Pages)
	if last := v.Problems[len(v.Problems)-1]; last != none {
		t.Errorf("got %q, want %q", last, none)
	}
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, s); n != 1 {
		t.Errorf("got %d rows, want 1", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// A page that it changed has the checksum of what was there before.
	byAnother(t, dir, `UPDATE t SET p = 5`)
	v, n, err = accept(t, dir)
	if err != nil || n != 1 || len(v.Problems) != 1 || v.Problems[0] != fmt.Sprintf("page %d is not what was written: its checksum is wrong", v.Wrong[0]) {
		t.Errorf("%d pages, %v; %+v", n, err, v)
	}
	if v, n, err = accept(t, dir); err != nil || n != 0 || len(v.Problems) != 0 {
		t.Errorf("afterwards: %d pages, %v; %+v", n, err, v)
	}
}

// What is broken in itself is not taken for sound.
func TestBrokenStructureIsNotAccepted(t *testing.T) {
	dir := left(t)
	byAnother(t, dir, `SELECT * FROM t`)
	path := filepath.Join(dir, "data.sqlite")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(text[len(text)-4096:], bytes.Repeat([]byte{0xff}, 100)) // the page of table t
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, n, err := accept(t, dir); err == nil || n != 0 {
		t.Errorf("%d pages were accepted, %v", n, err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, text) {
		t.Errorf("the file was changed, or cannot be read: %v", err)
	}
}

// halves is a disk that writes a page of the file in two parts when it is told to.
type halves struct {
	vfs.VFS
	between func()
}

type halvesFile struct {
	vfs.File
	disk  *halves
	pages bool
}

func (d *halves) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, out, err := d.VFS.(vfs.VFSFilename).OpenFilename(name, flags)
	return halvesFile{f, d, flags&vfs.OPEN_MAIN_DB != 0}, out, err
}

func (f halvesFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f halvesFile) WriteAt(b []byte, at int64) (int, error) {
	if between := f.disk.between; between != nil && f.pages && at >= 10*4096 {
		f.disk.between = nil
		if n, err := f.File.WriteAt(b[:2048], at); err != nil {
			return n, err
		}
		between()
	}
	return f.File.WriteAt(b, at)
}

// counted says when it was asked so many times whether it has ended.
type counted struct {
	context.Context
	left int
	done chan struct{}
}

func (c *counted) Err() error {
	if c.left--; c.left == 0 {
		close(c.done)
	}
	return nil
}

// A page that is read while it is written is not taken for damaged.
func TestVerifyBesideACheckpoint(t *testing.T) {
	d := &halves{VFS: vfs.Find("os")}
	vfs.Register("halves", d)
	defer vfs.Unregister("halves")
	s, err := store.Open(t.TempDir(), store.Options{VFS: "halves", WALLimit: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	check(t, s.Exclusive(bg, run(`CREATE TABLE t (a INTEGER PRIMARY KEY, p TEXT) STRICT`)), "")
	large := func() error {
		return s.Write(bg, run(`INSERT INTO t SELECT (SELECT coalesce(max(a), 0) + 1 FROM t), printf('%100000s', 'x')`))
	}
	check(t, large(), "") // which is past the limit: the file has pages now
	for s.Stats().LogBytes > 0 {
		check(t, s.Write(bg, run(`DELETE FROM t WHERE a = 0`)), "")
	}
	info, err := os.Stat(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	var found store.Verified
	var verr error
	var verifying sync.WaitGroup
	d.between = func() {
		c := &counted{context.Background(), int(info.Size() / 4096), make(chan struct{})}
		verifying.Go(func() { found, verr = s.Verify(c) })
		<-c.done // it has read the half of a page
	}
	check(t, s.Write(bg, run(`UPDATE t SET p = replace(p, ' ', 'y')`)), "")
	for s.Stats().LogBytes > 0 {
		check(t, s.Write(bg, run(`DELETE FROM t WHERE a = 0`)), "")
	}
	verifying.Wait()
	if verr != nil || len(found.Problems) > 0 || found.Pages == 0 {
		t.Errorf("a sound file: %+v, %v", found, verr)
	}
}
