package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ncruces/go-sqlite3"
)

const (
	sumBytes = 8 // at the end of each page, in the form of SQLite's checksum VFS, which the driver checks whenever it reads a page of the file

	// SQLite never uses the page with this byte: its locks are there.
	lockByte = 1 << 30
)

// checksum gives the pages of a new file checksums. A file that has been written keeps what it has.
func checksum(c *Conn) error {
	pages, err := c.int(`PRAGMA page_count`)
	if err != nil || pages > 0 {
		return err
	}
	_, err = c.raw.FileControl("main", sqlite3.FCNTL_RESERVE_BYTES, sumBytes)
	return err
}

// Verified is what Verify has found.
type Verified struct {
	Pages    int64   // in the file
	Sums     bool    // pages have checksums: files that were made before there were any have none
	Wrong    []int64 // the numbers of pages whose checksum is not that of what they hold
	Problems []string
}

// Verify looks at every page of the file, at the structure of tables and indexes, and at references between rows. Others may write meanwhile.
func (s *Store) Verify(ctx context.Context) (v Verified, err error) {
	if err := s.scan(ctx, &v); err != nil {
		return v, fmt.Errorf("read %s: %w", s.path, err)
	}
	return v, s.structure(ctx, &v)
}

func (s *Store) structure(ctx context.Context, v *Verified) error {
	return s.Read(ctx, func(c *Conn) error {
		for _, pragma := range []string{`PRAGMA integrity_check`, `PRAGMA foreign_key_check`} {
			err := v.ask(c, pragma)
			if damaged(err) {
				v.Problems = append(v.Problems, fmt.Sprintf("%s ended at a damaged page: %v", pragma, err))
			} else if err != nil {
				return err
			}
		}
		return nil
	})
}

// Accept gives each page of the file the checksum of what it holds, and says how many had another. It is for files that another program has written, which knows
// nothing of checksums; nothing is done where the structure or a reference is broken. The store must have been opened Unchecked.
func (s *Store) Accept(ctx context.Context) (pages int64, err error) {
	var v Verified
	if err := s.structure(ctx, &v); err != nil {
		return 0, err
	}
	if len(v.Problems) > 0 {
		return 0, fmt.Errorf("the structure is broken, which no checksum mends: %s", v.Problems[0])
	}
	// Within a transaction no other program writes.
	err = s.Exclusive(ctx, func(*Conn) (err error) {
		f, err := os.OpenFile(s.path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		err = eachPage(ctx, f, func(p scanned) error {
			if p.err != nil || p.right() {
				return p.err
			}
			pages++
			_, err := f.WriteAt(binary.LittleEndian.AppendUint64(nil, sum(p.page[:len(p.page)-sumBytes])), p.at+int64(len(p.page))-sumBytes)
			return err
		})
		return errors.Join(err, f.Sync())
	})
	return pages, err
}

func (v *Verified) ask(c *Conn, pragma string) error {
	st, err := c.Stmt(pragma)
	if err != nil {
		return err
	}
	for st.Step() {
		switch text := st.ColumnText(0); {
		case st.ColumnCount() > 1:
			v.Problems = append(v.Problems, fmt.Sprintf("row %d of table %s refers to a row of %s that is not there", st.ColumnInt64(1), text, st.ColumnText(2)))
		case text != "ok":
			v.Problems = append(v.Problems, text)
		}
	}
	return errors.Join(st.Err(), st.Close())
}

// scan compares the pages of the file with their checksums. What seems wrong is looked at once more while nothing is written to the file: a page may be read when a part of
// it has been written.
func (s *Store) scan(ctx context.Context, v *Verified) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	suspects := map[int64]bool{}
	err = eachPage(ctx, f, func(p scanned) error {
		v.Pages, v.Sums = p.at/int64(len(p.page))+1, p.sums
		if p.err != nil || !p.right() {
			suspects[p.at] = true
		}
		return nil
	})
	if err != nil || len(suspects) == 0 {
		return err
	}
	s.filing.Lock()
	defer s.filing.Unlock()
	return eachPage(ctx, f, func(p scanned) error {
		number := p.at/int64(len(p.page)) + 1
		switch {
		case !suspects[p.at] || p.err == nil && p.right():
			return nil
		case p.err != nil: // also a last page that is cut short
			v.Problems = append(v.Problems, fmt.Sprintf("page %d cannot be read: %v", number, p.err))
			return nil
		case p.sum() == 0:
			v.Problems = append(v.Problems, fmt.Sprintf("page %d has no checksum: another program has written it", number))
		default:
			v.Problems = append(v.Problems, fmt.Sprintf("page %d is not what was written: its checksum is wrong", number))
		}
		v.Wrong = append(v.Wrong, number)
		return nil
	})
}

// scanned is a page as it is in the file.
type scanned struct {
	at   int64
	page []byte
	sums bool // the file's pages have checksums
	err  error
}

func (p *scanned) sum() uint64 { return binary.LittleEndian.Uint64(p.page[len(p.page)-sumBytes:]) }

func (p *scanned) right() bool {
	return !p.sums || p.at/int64(len(p.page)) == lockByte/int64(len(p.page)) || p.sum() == sum(p.page[:len(p.page)-sumBytes])
}

// eachPage reads the file's pages, one after the other.
func eachPage(ctx context.Context, f *os.File, look func(scanned) error) error {
	var head [100]byte
	if _, err := f.ReadAt(head[:], 0); errors.Is(err, io.EOF) {
		return nil // all there is, is in the log
	} else if err != nil {
		return err
	}
	size := int64(binary.BigEndian.Uint16(head[16:]))
	if size == 1 {
		size = 1 << 16
	}
	if size < 512 || size&(size-1) != 0 {
		return fmt.Errorf("page 1: the size of pages is %d", size)
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	page := make([]byte, size)
	for at := int64(0); at < info.Size(); at += size {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, rerr := f.ReadAt(page, at)
		if err := look(scanned{at, page, head[20] == sumBytes, rerr}); err != nil {
			return err
		}
	}
	return nil
}

// sum is the checksum of SQLite's checksum VFS: a variant of Fletcher's over words of 32 bits.
func sum(page []byte) uint64 {
	var a, b uint32
	for ; len(page) >= 8; page = page[8:] {
		a += binary.LittleEndian.Uint32(page) + b
		b += binary.LittleEndian.Uint32(page[4:]) + a
	}
	return uint64(a) | uint64(b)<<32
}
