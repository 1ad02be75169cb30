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
	Pages    int64 // in the file
	Sums     bool  // pages have checksums: files that were made before there were any have none
	Problems []string
}

// Verify looks at every page of the file, at the structure of tables and indexes, and at references between rows.
func (s *Store) Verify(ctx context.Context) (v Verified, err error) {
	if err := v.scan(ctx, s.path); err != nil {
		return v, fmt.Errorf("read %s: %w", s.path, err)
	}
	err = s.Read(ctx, func(c *Conn) error {
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
	return v, err
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

// scan compares the pages of the file with their checksums.
func (v *Verified) scan(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
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
		v.Problems = append(v.Problems, fmt.Sprintf("page 1: the size of pages is %d", size))
		return nil
	}
	v.Sums = head[20] == sumBytes
	info, err := f.Stat()
	if err != nil {
		return err
	}
	page := make([]byte, size)
	for at := int64(0); at < info.Size(); at += size {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := f.ReadAt(page, at); err != nil { // also a last page that is cut short
			v.Problems = append(v.Problems, fmt.Sprintf("page %d cannot be read: %v", at/size+1, err))
			continue
		}
		v.Pages++
		if v.Sums && at/size != lockByte/size && binary.LittleEndian.Uint64(page[size-sumBytes:]) != sum(page[:size-sumBytes]) {
			v.Problems = append(v.Problems, fmt.Sprintf("page %d is not what was written: its checksum is wrong", at/size+1))
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
