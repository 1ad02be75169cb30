package store

import (
	"errors"
	"os"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

func TestDatabaseIsItsOwnersFile(t *testing.T) {
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	info, err := os.Stat(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode().Perm())
	}
}

// Where a sync has failed, a lack of space beside it excuses nothing.
func TestFullDiskDoesNotHideASync(t *testing.T) {
	for err, want := range map[error]bool{
		sqlite3.FULL: true, errors.Join(sqlite3.FULL, sqlite3.IOERR_FSYNC): false, errors.Join(sqlite3.IOERR_DIR_FSYNC, sqlite3.FULL): false, sqlite3.IOERR_WRITE: false,
	} {
		if got := diskFull(err); got != want {
			t.Errorf("%v: %t, want %t", err, got, want)
		}
	}
}
