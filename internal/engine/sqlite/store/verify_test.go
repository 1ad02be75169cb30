package store_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// A bit that changed on disk is found and named, what it stands in is not served, and the rest is.
func TestDamagedPageIsNamedAndNotServed(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	check(t, s.Exclusive(bg, run(`CREATE TABLE t (a INTEGER PRIMARY KEY, p TEXT) STRICT`)), "")
	check(t, s.Exclusive(bg, run(`CREATE TABLE u (a INTEGER PRIMARY KEY, p TEXT) STRICT`)), "")
	check(t, s.Write(bg, run(`INSERT INTO t VALUES (1, 'a text that nobody else has')`)), "")
	check(t, s.Write(bg, run(`INSERT INTO u VALUES (1, 'whole')`)), "")
	if v, err := s.Verify(bg); err != nil || len(v.Problems) > 0 {
		t.Errorf("a sound file: %v, %v", v, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	path := filepath.Join(dir, "data.sqlite")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, []byte("a text that nobody else has"))
	if at < 0 {
		t.Fatal("the row is not in the file")
	}
	text[at] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}

	if s, err = store.Open(dir, store.Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	read := func(sql string) (got string, err error) {
		err = s.Read(bg, func(c *store.Conn) error {
			st, err := c.Stmt(sql)
			if err != nil {
				return err
			}
			defer st.Close()
			if st.Step() {
				got = st.ColumnText(0)
			}
			return st.Err()
		})
		return got, err
	}
	if got, err := read(`SELECT p FROM t`); fault.Code(err) != fault.DataCorrupted || got != "" {
		t.Errorf("a damaged row is answered %q, %v", got, err)
	}
	if code := fault.Code(s.Write(bg, run(`UPDATE t SET p = 'new' WHERE a = 1`))); code != fault.DataCorrupted {
		t.Errorf("a write to a damaged page gives %q", code)
	}
	if got, err := read(`SELECT p FROM u`); err != nil || got != "whole" {
		t.Errorf("a sound row is answered %q, %v", got, err)
	}
	check(t, s.Write(bg, run(`UPDATE u SET p = 'new' WHERE a = 1`)), "")
	v, err := s.Verify(bg)
	want := fmt.Sprintf("page %d is not what was written: its checksum is wrong", at/4096+1)
	if err != nil || !v.Sums || len(v.Problems) == 0 || v.Problems[0] != want || strings.Contains(strings.Join(v.Problems[1:], ""), "checksum") {
		t.Errorf("got %+v, %v; want %q", v, err, want)
	}
}
