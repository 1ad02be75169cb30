package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Temporary objects stand in the file and in its catalog like others, in a schema of their session's own: nobody else finds them by name. A session is a
// request, or a script with all its transactions. They go when it ends, and those that a killed process left when the file is opened.

// newTemp names the schema of a new session's temporary objects.
func (e *Engine) newTemp() string { return fmt.Sprintf("%s_%d", catalog.TempSchema, e.sessions.Add(1)) }

// endSession drops what a script with several transactions has left.
func (e *Engine) endSession(ctx context.Context, temp string) error {
	return e.store.Exclusive(ctx, func(c *store.Conn) error { return e.begin(c, Owner, true, temp).end() })
}

// dropTemporary does what a commit does to temporary tables: it drops those of ON COMMIT DROP, and all where the session ends with it, and empties
// those of ON COMMIT DELETE ROWS.
func (t *txn) dropTemporary(all bool) error {
	if t.edit == nil || !t.edit.HasTemporary() {
		return nil
	}
	old := t.edit.Catalog()
	if ch := t.edit.DropTemporary(all); len(ch.Steps) > 0 {
		t.s.Cat = t.edit.Catalog()
		t.conn.SetSchema(t.s.Cat)
		t.changed = true
		if _, err := applySteps(t.s, &t.left, old, ch.Steps); err != nil {
			return err
		}
	}
	for _, x := range t.s.Cat.Temporaries() {
		if x.OnCommit != "delete rows" {
			continue
		}
		if err := t.conn.Exec(`DELETE FROM ` + layout.TableName(x.Schema, x.Name)); err != nil {
			return err
		}
	}
	return nil
}

// discard runs DISCARD.
func (t *txn) discard(s *sql.Discard) error {
	all := s.What == "all"
	if all && t.block {
		return fault.New("25001", "DISCARD ALL cannot run inside a transaction block").At(int(s.Pos))
	}
	if all || s.What == "temp" {
		if err := t.dropTemporary(true); err != nil {
			return err
		}
	}
	if all || s.What == "sequences" {
		exec.Recall(t.s, exec.Drawn{})
	}
	if all {
		if t.lasting != nil {
			*t.lasting = lasting{}
		}
		if err := t.locals.reset("session_authorization"); err != nil {
			return err
		}
		for name := range t.s.Settings {
			if !strings.HasPrefix(name, "request.") {
				if err := t.locals.reset(name); err != nil {
					return err
				}
			}
		}
	}
	return t.sink.Done("DISCARD " + strings.ToUpper(s.What))
}
