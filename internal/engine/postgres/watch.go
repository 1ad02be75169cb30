package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/internal/engine"
)

// channel is where the ecosystem's tools announce that the schema has changed.
const channel = "pgrst"

const (
	pollEvery = 5 * time.Second // where triggers may not be made
	// Triggers see neither changes of roles and memberships nor a dropped trigger of ours.
	pollAnyway = time.Minute
	// Statements of one migration announce themselves one by one.
	settle = 50 * time.Millisecond
)

// ddlWatch are event triggers that announce changes of the schema, in the form that the ecosystem knows. Only a superuser may make them.
var ddlWatch = []string{
	`CREATE OR REPLACE FUNCTION extensions.pgrst_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE
  cmd record;
BEGIN
  FOR cmd IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
    IF cmd.schema_name IS DISTINCT FROM 'pg_temp' THEN
      NOTIFY pgrst, 'reload schema';
      RETURN;
    END IF;
  END LOOP;
END
$$`,
	`CREATE OR REPLACE FUNCTION extensions.pgrst_drop_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE
  obj record;
BEGIN
  FOR obj IN SELECT * FROM pg_event_trigger_dropped_objects() LOOP
    IF NOT obj.is_temporary THEN
      NOTIFY pgrst, 'reload schema';
      RETURN;
    END IF;
  END LOOP;
END
$$`,
	`CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_ddl_watch()`,
	`CREATE EVENT TRIGGER pgrst_drop_watch ON sql_drop EXECUTE FUNCTION extensions.pgrst_drop_watch()`,
}

// watchSchema makes the event triggers if it may.
func (e *Engine) watchSchema(ctx context.Context, c *pgconn.PgConn) error {
	for _, text := range ddlWatch {
		err := c.Exec(ctx, text).Close()
		var p *pgconn.PgError
		switch {
		case err == nil, errors.As(err, &p) && p.Code == "42710":
		case errors.As(err, &p) && (p.Code == "42501" || p.Code == "0A000"):
			e.o.Log.Info("changes of the schema are looked for every few seconds: making event triggers needs a superuser", "reason", p.Message)
			return nil
		default:
			return fmt.Errorf("watch the schema: %w", err)
		}
	}
	return nil
}

// Run notices what others change in the schema, until ctx ends: by notification where there are triggers for it, and by looking. It drops answers that are
// kept no longer.
func (e *Engine) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { engine.Forgetting(ctx, e.o.Log, e.Forget) })
	wait := time.Second
	for {
		began := time.Now()
		err := e.listen(ctx)
		if ctx.Err() != nil {
			return nil
		}
		e.o.Log.Warn("the connection that listens for schema changes was lost", "error", err)
		if time.Since(began) > time.Minute {
			wait = time.Second
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(2*wait, 30*time.Second)
	}
}

func (e *Engine) listen(ctx context.Context) error {
	c, err := e.listener(ctx)
	if err != nil {
		return err
	}
	defer closeConn(c)
	if err := c.PgConn().Exec(ctx, "LISTEN "+channel).Close(); err != nil {
		return err
	}
	every := pollEvery
	res := c.PgConn().ExecParams(ctx, "SELECT 1 FROM pg_event_trigger WHERE evtname = 'pgrst_ddl_watch' AND evtenabled <> 'D'", nil, nil, nil, nil).Read()
	if res.Err != nil {
		return res.Err
	}
	if len(res.Rows) > 0 {
		every = pollAnyway
	}
	// What happened while nobody listened.
	if err := e.refresh(ctx); err != nil {
		return err
	}
	for {
		wait, cancel := context.WithTimeout(ctx, every)
		n, err := c.WaitForNotification(wait)
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !pgconn.Timeout(err):
			return err
		case err == nil && n.Payload != "" && n.Payload != "reload schema":
			continue // "reload config" is for others
		case err == nil:
			for err == nil { // one reading for all that come together
				wait, cancel := context.WithTimeout(ctx, settle)
				_, err = c.WaitForNotification(wait)
				cancel()
			}
			if ctx.Err() == nil && !pgconn.Timeout(err) {
				return err
			}
		}
		if err := e.refresh(ctx); err != nil {
			return err
		}
	}
}
