package sqlite

import "github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"

// Remove removes the database in the data folder dir and gives the files that it removed. It refuses while a process has it open.
func Remove(dir string) ([]string, error) { return store.Remove(dir) }
