package store

import (
	"errors"
	"os"
	"path/filepath"
)

// Remove removes the database in dir, with its log, and gives the files that it removed. It refuses while a process has it open.
func Remove(dir string) (removed []string, err error) {
	lock, err := acquireLock(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	// The log goes first: a log without its database is nothing, a database without its log may lack commits.
	for _, suffix := range []string{"-wal", "-shm", ""} {
		path := filepath.Join(dir, fileName+suffix)
		switch err := os.Remove(path); {
		case err == nil:
			removed = append(removed, path)
		case !errors.Is(err, os.ErrNotExist):
			return removed, err
		}
	}
	return removed, nil
}
