package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

var _ engine.Loader = (*Engine)(nil)

// Load runs the record and copies rows into a table.
func (e *Engine) Load(ctx context.Context, l engine.Load) error {
	pooled, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	defer pooled.Release()
	c := pooled.Conn().PgConn()
	err = load(ctx, c, l)
	if err != nil && !c.IsClosed() {
		// After a rollback the connection is as it was; the first error is the one to tell.
		_ = c.Exec(context.WithoutCancel(ctx), "ROLLBACK").Close()
	}
	return faultOf(err)
}

func load(ctx context.Context, c *pgconn.PgConn, l engine.Load) error {
	if err := c.Exec(ctx, "BEGIN; SET LOCAL statement_timeout = 0; SAVEPOINT quiet").Close(); err != nil {
		return err
	}
	if err := c.Exec(ctx, "SET LOCAL session_replication_role = replica").Close(); err != nil {
		// The role may not say so. What comes in whole and in the order of its references passes the foreign keys, too.
		if err := c.Exec(ctx, "ROLLBACK TO SAVEPOINT quiet").Close(); err != nil {
			return err
		}
	}
	for _, r := range l.Record {
		if err := c.ExecParams(ctx, r.Text, textArgs(r.Args), nil, nil, nil).Read().Err; err != nil {
			return err
		}
	}
	if l.Rows == nil {
		return c.Exec(ctx, "COMMIT").Close()
	}
	columns := make([]string, len(l.Columns))
	for i, name := range l.Columns {
		columns[i] = sql.QuoteIdent(name)
	}
	text := fmt.Sprintf("COPY %s.%s (%s) FROM STDIN", sql.QuoteIdent(l.Table.Schema), sql.QuoteIdent(l.Table.Name), strings.Join(columns, ", "))
	if _, err := c.CopyFrom(ctx, l.Rows, text); err != nil {
		return err
	}
	return c.Exec(ctx, "COMMIT").Close()
}
