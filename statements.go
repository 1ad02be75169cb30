package mainstay

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine/observed"
)

const (
	statementsFile  = "statements.json"
	statementsEvery = time.Minute
)

// statementsDoor tells whom allow lets in what statements have done.
func statementsDoor(list func() []observed.Shape, allow func(*http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := allow(r); err != nil {
			w.Header().Set("WWW-Authenticate", `Basic realm="metrics"`)
			refuse(w, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(append([]observed.Shape{}, list()...)) // nobody is there to be told
	})
}

// readStatements reads what statements had done when the server was last ended; none when nothing was kept.
func readStatements(dir string) ([]observed.Shape, error) {
	text, err := os.ReadFile(filepath.Join(dir, statementsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []observed.Shape
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	return list, nil
}

// keepStatements writes from time to time what statements have done, until ctx ends.
func (a *app) keepStatements(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(statementsEvery):
			a.writeStatements()
		}
	}
}

// writeStatements keeps what statements have done. Losing it costs nothing but advice: a failure is told and nothing more.
func (a *app) writeStatements() {
	list := a.statements()
	if len(list) == 0 {
		return
	}
	text, err := json.Marshal(list)
	if err == nil {
		path := filepath.Join(a.dataDir, statementsFile)
		if err = os.WriteFile(path+".new", text, 0o600); err == nil {
			err = os.Rename(path+".new", path)
		}
	}
	if err != nil {
		a.log.Warn("what statements did could not be kept", "error", err)
	}
}
