package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// SQLite drops nothing while a statement reads, whatever it reads: a function that a query calls in FROM could not. It renames tables, though. So a table
// that is dropped there gets a name out of the way and goes when no statement runs any more, at the end of the transaction at the latest. Its indexes
// keep their names meanwhile; an index that would need one of these gets its own name when they have gone. What is left to do stands in the file's schema, so that a
// rollback to a savepoint takes it back with everything else; physical.left only spares the look. No schema of a project gives a name that begins like these.
const (
	droppedPrefix = "mainstay.dropped."
	waitingPrefix = "mainstay.index." // and the index's OID
)

// dropTable drops a table, or leaves it to settle.
func (p *physical) dropTable(t *catalog.Table) error {
	name := layout.TableName(t.Schema, t.Name)
	err := p.conn.Exec(`DROP TABLE ` + name)
	if !errors.Is(err, sqlite3.LOCKED) {
		return err
	}
	*p.left = true
	dropped, err := p.named("table", droppedPrefix)
	if err != nil {
		return err
	}
	return p.conn.Exec(`ALTER TABLE ` + name + ` RENAME TO ` + layout.Quote(fmt.Sprintf("%s%d", droppedPrefix, len(dropped)+1)))
}

// indexName is the quoted name for a new index: its own, unless one of a dropped table still has it.
func (p *physical) indexName(t *catalog.Table, ix *catalog.Index) (string, error) {
	name, taken := layout.IndexName(t, ix), false
	if !*p.left {
		return name, nil
	}
	err := p.query(`SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1 COLLATE NOCASE`, []value.Datum{value.Text(strings.ReplaceAll(name[1:len(name)-1], `""`, `"`))}, func(*store.Stmt) error {
		taken = true
		return nil
	})
	if taken {
		name = layout.Quote(fmt.Sprintf("%s%d", waitingPrefix, ix.OID))
	}
	return name, err
}

// settle drops the tables that wait for it and gives indexes their own names. It fails with LOCKED, having done nothing, while a statement still reads.
func (p *physical) settle() error {
	if !*p.left {
		return nil
	}
	dropped, err := p.named("table", droppedPrefix)
	if err != nil || len(dropped) == 0 {
		return err
	}
	for _, name := range dropped {
		if err := p.conn.Exec(`DROP TABLE ` + layout.Quote(name)); err != nil {
			return err
		}
	}
	waiting, err := p.named("index", waitingPrefix)
	if err != nil || len(waiting) == 0 {
		return err
	}
	for t := range p.cat.Tables() {
		for _, ix := range t.Indexes {
			name := fmt.Sprintf("%s%d", waitingPrefix, ix.OID)
			if !slices.Contains(waiting, name) {
				continue
			}
			if err := p.conn.Exec(`DROP INDEX ` + layout.Quote(name)); err != nil {
				return err
			}
			if err := p.createIndex(t, ix); err != nil {
				return err
			}
		}
	}
	return nil
}

// named are the names in the file's schema that begin so.
func (p *physical) named(kind, prefix string) (names []string, err error) {
	err = p.query(`SELECT name FROM sqlite_schema WHERE type = ?1 AND substr(name, 1, length(?2)) = ?2`, []value.Datum{value.Text(kind), value.Text(prefix)}, func(st *store.Stmt) error {
		names = append(names, st.ColumnText(0))
		return nil
	})
	return names, err
}

// dropIndex drops an index.
func (p *physical) dropIndex(t *catalog.Table, ix *catalog.Index) error {
	return inQuery(p.conn.Exec(`DROP INDEX IF EXISTS `+layout.IndexName(t, ix)), "dropping the index "+ix.Name)
}

// inQuery refuses what SQLite does not do while a statement reads.
func inQuery(err error, what string) error {
	if errors.Is(err, sqlite3.LOCKED) {
		return fault.Unsupported(what+" in a function that a running query calls", "Call the function by itself: SELECT f().")
	}
	return err
}
