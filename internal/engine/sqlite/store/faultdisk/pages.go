package faultdisk

import (
	"errors"
	"io"
	"maps"
	"slices"
)

// page is what an operating system keeps of a file, and writes, as a whole.
const page = 4096

// Fate is what becomes of a page that was written since the last sync when a sync fails. The next sync succeeds and writes none of them: they are clean.
type Fate int

// The fates.
const (
	Readable Fate = iota // it is not on the disk, and is still read
	Dropped              // it is not on the disk, and what is there is read again
	Kept                 // it has reached the disk
)

// Lose has f decide about each page when a sync fails, in the order of the file; nil is Readable for all. f is called with the disk locked.
func (d *Disk) Lose(f func() Fate) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lose = f
}

// content is a file as a disk uses it.
type content interface {
	io.ReaderAt
	io.WriterAt
}

// pages are those of a file that are not on the disk as they are read, with what is there; nil where nothing is.
type pages struct {
	dirty map[int64][]byte // written since the last sync
	clean map[int64][]byte // lost by a sync that failed
}

// of gives a file's. The disk is locked.
func (d *Disk) of(name string) *pages {
	if d.pages[name] == nil {
		d.pages[name] = &pages{map[int64][]byte{}, map[int64][]byte{}}
	}
	return d.pages[name]
}

// dirtied is called before bytes are written.
func (p *pages) dirtied(f io.ReaderAt, at, size int64) error {
	for n := at / page; n*page < at+size; n++ {
		if _, ok := p.dirty[n]; ok {
			continue
		}
		there, ok := p.clean[n]
		if !ok {
			var err error
			if there, err = readPage(f, n); err != nil {
				return err
			}
		}
		p.dirty[n] = there
	}
	return nil
}

func readPage(f io.ReaderAt, n int64) ([]byte, error) {
	b := make([]byte, page)
	got, err := f.ReadAt(b, n*page)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b[:got], nil
}

// synced is called when all that is dirty comes to be on the disk.
func (p *pages) synced() {
	for n := range p.dirty {
		delete(p.clean, n)
	}
	clear(p.dirty)
}

func (p *pages) truncated(size int64) {
	for _, m := range []map[int64][]byte{p.dirty, p.clean} {
		maps.DeleteFunc(m, func(n int64, _ []byte) bool { return n*page >= size })
	}
}

// lost is called when a sync fails, and gives what reaches the disk.
func (p *pages) lost(name string, f content, fate func() Fate) (kept []Op, err error) {
	for _, n := range slices.Sorted(maps.Keys(p.dirty)) {
		what := Readable
		if fate != nil {
			what = fate()
		}
		now, err := readPage(f, n)
		if err != nil {
			return kept, err
		}
		switch what {
		case Readable:
			p.clean[n] = p.dirty[n]
		case Kept:
			delete(p.clean, n)
			kept = append(kept, Op{Kind: Write, Name: name, At: n * page, Data: now})
		case Dropped:
			delete(p.clean, n)
			there := make([]byte, len(now)) // the size of a file is not a page's
			copy(there, p.dirty[n])
			if _, err := f.WriteAt(there, n*page); err != nil {
				return kept, err
			}
		}
	}
	clear(p.dirty)
	return kept, nil
}
