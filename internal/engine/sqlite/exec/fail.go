package exec

import (
	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// Fail ends a call of an SQL function that others registered with an error, which the statement under way returns as it is: SQLite by itself keeps only the text.
func Fail(c *store.Conn, ctx sqlite3.Context, err error) { raise(state(c), ctx, err) }
