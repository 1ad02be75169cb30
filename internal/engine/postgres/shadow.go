package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
)

// Shadow runs s in a database of its own on the same server, which is dropped. The role needs CREATEDB.
func (e *Engine) Shadow(ctx context.Context, s engine.Script) (_ *catalog.Catalog, err error) {
	conn, err := pgx.ConnectConfig(ctx, e.single.Copy())
	if err != nil {
		return nil, fmt.Errorf("make a shadow database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // its work is done or has failed
	name := "mainstay_shadow_" + strings.ToLower(rand.Text()[:12])
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE template0"); err != nil {
		return nil, fmt.Errorf("make a shadow database: %w", faultOf(err))
	}
	defer func() {
		_, dropped := conn.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
		err = errors.Join(err, dropped)
	}()
	o := e.o
	o.URL = e.shadowURL(name)
	shadow, err := Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("make a shadow database: %w", err)
	}
	defer func() { err = errors.Join(err, shadow.Close()) }()
	if err := shadow.Script(ctx, s, engine.Discard{}); err != nil {
		return nil, err
	}
	return shadow.Catalog(), nil
}

// shadowURL is the engine's address with another database.
func (e *Engine) shadowURL(name string) string {
	u, err := url.Parse(e.o.URL)
	if err != nil || u.Scheme == "" {
		return e.o.URL + " dbname=" + name // key=value words: the last one wins
	}
	u.Path = "/" + name
	return u.String()
}
