package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const lockName = "mainstay.lock"

// lockFile keeps other processes off the folder. The operating system drops it when the process ends, however it ends.
type lockFile struct{ f *os.File }

func acquireLock(dir string) (*lockFile, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if err := tryLock(f); err != nil {
		defer f.Close()
		holder := "another process"
		var pid [20]byte
		if n, _ := f.ReadAt(pid[:], 0); n > 0 {
			holder = "process " + strings.TrimSpace(string(pid[:n]))
		}
		return nil, fmt.Errorf("the data folder %s is in use by %s; only one Mainstay can serve a folder", dir, holder)
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	if err != nil {
		_ = f.Close() // the write's error is the one to tell
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	return &lockFile{f}, nil
}

// release leaves the file in place: removing it would let two processes hold locks on two files of one name.
func (l *lockFile) release() error { return l.f.Close() }
