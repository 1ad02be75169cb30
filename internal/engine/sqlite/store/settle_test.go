package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// left gives a folder as a process leaves it that does not close its store: a row of table t is in the log alone.
func left(t *testing.T) (dir string) {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	check(t, s.Exclusive(bg, run(`CREATE TABLE t (a INTEGER PRIMARY KEY, p INTEGER) STRICT`)), "")
	check(t, s.Write(bg, run(`INSERT INTO t VALUES (1, NULL)`)), "")
	dir = t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(s.Path() + suffix)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "data.sqlite"+suffix), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// While the log is written anew nobody else writes to it: another program with the file open would have its transaction overwritten.
func TestLogIsWrittenAnewUnderItsLock(t *testing.T) {
	dir := left(t)
	other, err := sqlite3.Open(filepath.Join(dir, "data.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Exec(`SELECT count(*) FROM t`); err != nil { // it has the file and its log open
		t.Fatal(err)
	}
	looked := false
	s, err := store.Open(dir, store.Options{OpenLog: func(path string) (store.File, error) {
		looked = true
		if err := other.Exec(`BEGIN IMMEDIATE`); !errors.Is(err, sqlite3.BUSY) {
			t.Errorf("another program may write to the log that is written anew: %v", err)
		}
		return os.OpenFile(path, os.O_RDWR, 0)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !looked {
		t.Error("the log is not written anew")
	}
	if err := other.Exec(`BEGIN IMMEDIATE; ROLLBACK`); err != nil {
		t.Errorf("the lock is kept: %v", err)
	}
	if n := count(t, s); n != 1 {
		t.Errorf("got %d rows, want 1", n)
	}
}
