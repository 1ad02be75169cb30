package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/internal/engine/bootstrap"
)

// bootstrap makes what projects take for granted. Each statement is on its own: what is there already stays, and what the connected role
// may not make is either optional or an error.
func (e *Engine) bootstrap(ctx context.Context) error {
	c, err := e.connect(ctx, nil)
	if err != nil {
		return err
	}
	defer closeConn(c)
	conn := c.PgConn()
	done, err := bootstrapped(ctx, conn)
	if err != nil || done {
		return err
	}
	there := map[string]bool{} // extensions that need no stand-in
	for _, s := range bootstrap.Statements() {
		if s.Embedded {
			continue
		}
		if x := s.StandsInFor; x != "" {
			has, known := there[x]
			if !known {
				if has, err = haveExtension(ctx, conn, x); err != nil {
					return err
				}
				there[x] = has
			}
			if has {
				continue
			}
		}
		for tries := 0; ; tries++ {
			err := conn.Exec(ctx, s.Text).Close()
			var p *pgconn.PgError
			switch {
			case err == nil:
			case errors.As(err, &p) && s.Forgives(p.Code):
			case errors.As(err, &p) && concurrently(p) && tries < 10:
				continue // roles belong to all databases of a server, and another one is being made
			default:
				return fmt.Errorf("prepare the database: %s: %w\n%s", s.File, err, s.Text)
			}
			break
		}
	}
	if err := join(ctx, conn); err != nil {
		return err
	}
	if err := e.watchSchema(ctx, conn); err != nil {
		return err
	}
	mark := fmt.Sprintf("COMMENT ON SCHEMA %s IS '%s'", markedSchema, mark())
	if err := conn.Exec(ctx, mark).Close(); err != nil {
		e.o.Log.Warn("the database is prepared, but that could not be recorded; it will be prepared again at the next start", "error", err)
	}
	return nil
}

// haveExtension makes an extension where the server has it to offer and the connected role may, and reports whether the database has it.
func haveExtension(ctx context.Context, c *pgconn.PgConn, name string) (bool, error) {
	res := c.ExecParams(ctx, "SELECT installed_version IS NOT NULL FROM pg_available_extensions WHERE name = $1", [][]byte{[]byte(name)}, nil, nil, nil).Read()
	if res.Err != nil {
		return false, fmt.Errorf("look for the extension %s: %w", name, res.Err)
	}
	if len(res.Rows) == 0 {
		return false, nil
	}
	if string(res.Rows[0][0]) == "t" {
		return true, nil
	}
	err := c.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS "+name).Close()
	var p *pgconn.PgError
	if err != nil && !errors.As(err, &p) {
		return false, fmt.Errorf("make the extension %s: %w", name, err)
	}
	return err == nil, nil // what the server refuses, it refuses for this role or database: the stand-in serves
}

// join makes the connected role a member of those that requests run as. A superuser is one already; who made a role is not.
func join(ctx context.Context, c *pgconn.PgConn) error {
	res := c.ExecParams(ctx, `SELECT quote_ident(rolname) FROM pg_roles
		WHERE rolname IN ('anon', 'authenticated', 'service_role') AND NOT pg_has_role(oid, 'MEMBER')`, nil, nil, nil, nil).Read()
	err := res.Err
	for _, row := range res.Rows {
		if err == nil {
			err = c.Exec(ctx, "GRANT "+string(row[0])+" TO CURRENT_USER").Close()
		}
	}
	if err != nil {
		return fmt.Errorf("the database's user has to be a member of anon, authenticated and service_role: %w", err)
	}
	return nil
}

// The comment of this schema says which version of the statements has been run.
const markedSchema = "extensions"

func mark() string { return fmt.Sprintf("Prepared by mainstay, version %d.", bootstrap.Version) }

func bootstrapped(ctx context.Context, c *pgconn.PgConn) (bool, error) {
	res := c.ExecParams(ctx, "SELECT 1 FROM pg_namespace WHERE nspname = $1 AND obj_description(oid, 'pg_namespace') = $2",
		[][]byte{[]byte(markedSchema), []byte(mark())}, nil, nil, nil).Read()
	if res.Err != nil {
		return false, fmt.Errorf("look whether the database is prepared: %w", res.Err)
	}
	return len(res.Rows) > 0, nil
}

// concurrently says whether another session changed the same row of a catalog at the same time.
func concurrently(p *pgconn.PgError) bool {
	return p.Code == "XX000" && p.Message == "tuple concurrently updated" || p.Code == "23505" || p.Code == "40001"
}
