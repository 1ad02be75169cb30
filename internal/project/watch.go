package project

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long the folder must be quiet before a change is told: editors write a file in several steps.
const settle = 50 * time.Millisecond

// Watcher tells of changes to a project's files. It is made by Project.Watcher and must be closed; Run ends with its context.
type Watcher struct{ fs *fsnotify.Watcher }

// Watcher begins to note changes of the project's folders, but for node_modules, hidden folders and the like. What changes before Run is called is told by Run.
func (p *Project) Watcher() (*Watcher, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", p.Dir, err)
	}
	if err := watchTree(w, p.Root); err != nil {
		_ = w.Close() // the tree's error is the one to tell
		return nil, fmt.Errorf("watch %s: %w", p.Dir, err)
	}
	return &Watcher{w}, nil
}

// Run calls changed after each burst of changes, until ctx ends. Errors of the operating system's watcher end it.
func (w *Watcher) Run(ctx context.Context, changed func()) error {
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.fs.Events:
			if !ok {
				return nil
			}
			if e.Has(fsnotify.Create) {
				_ = watchTree(w.fs, e.Name) // a file, or gone again: then there is nothing to watch
			}
			if relevant(e.Name) && !e.Has(fsnotify.Chmod) {
				quiet.Reset(settle)
			}
		case err := <-w.fs.Errors:
			return fmt.Errorf("watch: %w", err)
		case <-quiet.C:
			changed()
		}
	}
}

// Close ends the watching. It may be called more than once.
func (w *Watcher) Close() error { return w.fs.Close() }

func relevant(path string) bool {
	switch filepath.Ext(path) {
	case ".sql", ".toml", ".ts", ".js":
		return !hidden(filepath.Base(path))
	}
	return false
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || name == "node_modules" }

func watchTree(w *fsnotify.Watcher, root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if path != root && hidden(d.Name()) {
			return filepath.SkipDir
		}
		return w.Add(path)
	})
}
