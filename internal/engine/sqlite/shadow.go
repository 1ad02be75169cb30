package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
)

// Shadow runs s on a new database in a folder of its own, which is removed.
func (e *Engine) Shadow(ctx context.Context, s engine.Script) (_ *catalog.Catalog, err error) {
	dir, err := os.MkdirTemp("", "mainstay-shadow-*")
	if err != nil {
		return nil, fmt.Errorf("make a shadow database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	shadow, err := Open(ctx, Options{Dir: dir, Log: e.log, Readers: 1, Now: e.now})
	if err != nil {
		return nil, fmt.Errorf("make a shadow database: %w", err)
	}
	defer func() { err = errors.Join(err, shadow.Close()) }()
	if err := shadow.Script(ctx, s, engine.Discard{}); err != nil {
		return nil, err
	}
	return shadow.Catalog(), nil
}
