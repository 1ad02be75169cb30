package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/bootstrap"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// readCatalog reads the stored catalog and the version of the bootstrap that it has seen; nil in a new file.
func readCatalog(c *store.Conn) (cat *catalog.Catalog, bootstrapped int, err error) {
	if fresh, err := isNew(c); err != nil || fresh {
		return nil, 0, err
	}
	st, err := c.Stmt(`SELECT facts, bootstrap FROM ` + layout.CatalogTable)
	if err != nil {
		return nil, 0, err
	}
	defer st.Close()
	if !st.Step() {
		return nil, 0, st.Err()
	}
	if cat, err = catalog.Decode(st.ColumnBlob(0, nil)); err != nil {
		return nil, 0, err
	}
	return cat, st.ColumnInt(1), nil
}

func isNew(c *store.Conn) (bool, error) {
	st, err := c.Stmt(`SELECT 1 FROM sqlite_schema LIMIT 1`)
	if err != nil {
		return false, err
	}
	defer st.Close()
	return !st.Step(), st.Err()
}

// writeCatalog stores the catalog, in the transaction that made it.
func writeCatalog(c *store.Conn, cat *catalog.Catalog) error {
	st, err := c.Stmt(`INSERT INTO ` + layout.CatalogTable + ` (id, facts, bootstrap) VALUES (1, ?1, ?2) ON CONFLICT (id) DO UPDATE SET facts = ?1, bootstrap = ?2`)
	if err != nil {
		return err
	}
	defer st.Close()
	if err := errors.Join(st.BindBlob(1, cat.Encode()), st.BindInt(2, bootstrap.Version)); err != nil {
		return err
	}
	return st.Exec()
}

// bootstrap runs package bootstrap's statements in a file that has not seen their present version.
func (e *Engine) bootstrap(ctx context.Context, c *store.Conn, version int) error {
	if version == bootstrap.Version {
		return nil
	}
	if version > bootstrap.Version {
		return fmt.Errorf("this data folder was written by a newer Mainstay (system schema %d; this one knows %d)", version, bootstrap.Version)
	}
	t := e.begin(c, Owner, true, "")
	for _, s := range bootstrap.Statements() {
		stmts, err := sql.Parse(s.Text)
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", s.File, err, s.Text)
		}
		for _, one := range stmts {
			if err := exec.Savepoint(t.s, func() error { return t.define(one.Stmt, s.File) }); err != nil && !s.Forgives(fault.Code(err)) {
				return fmt.Errorf("%s: %w\n%s", s.File, err, s.Text)
			}
		}
	}
	return t.end()
}
