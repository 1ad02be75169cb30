package mainstay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/advise"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/observed"
)

// AdviseOptions say how advice is given.
type AdviseOptions struct {
	// Statements is a file with what statements have done, as a server tells it (`/metrics/statements`); "" is what the project's own server has kept.
	Statements string
	MinRows    int64         // of a table; 0 is 1000
	MinAge     time.Duration // of the counts, before an index is called unused; 0 is a day
	Progress   func(done, all int, what string)
}

// Advise says what would make the project's statements cheaper. The embedded database is copied into dir, which is to be thrown away, and fixes are tried on the copy; one on a
// server is only looked at.
func (s *Server) Advise(ctx context.Context, dir string, o AdviseOptions) (*advise.Report, error) {
	db, err := s.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { db.Close() }()
	list, err := readStatements(db.app.dataDir)
	if o.Statements != "" {
		list, err = statementsIn(o.Statements)
	}
	if err != nil {
		return nil, fmt.Errorf("what statements did: %w", err)
	}
	a := advise.Advisor{Engine: db.app.engine, Statements: list, MinRows: o.MinRows, MinAge: o.MinAge, Now: time.Now(), Progress: o.Progress}
	if !db.app.engine.Has(engine.SharedDatabase) {
		if err := copyDatabase(db.app.dataDir, dir); err != nil {
			return nil, fmt.Errorf("copy the database: %w", err)
		}
		copied := &app{log: db.app.log, project: db.app.project, dataDir: dir}
		if err := s.openEngine(ctx, copied); err != nil {
			copied.close()
			return nil, err
		}
		defer copied.close()
		a.Engine, a.Copy = copied.engine, true
	}
	return a.Run(ctx)
}

// statementsIn reads what statements have done from a file.
func statementsIn(path string) (list []observed.Shape, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	return list, err
}

// copyDatabase copies the files of the embedded database. It is open, and nothing writes.
func copyDatabase(from, to string) error {
	for _, end := range []string{"", "-wal"} {
		in, err := os.Open(filepath.Join(from, "data.sqlite"+end))
		if errors.Is(err, fs.ErrNotExist) && end != "" {
			continue
		}
		if err != nil {
			return err
		}
		out, err := os.OpenFile(filepath.Join(to, "data.sqlite"+end), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = io.Copy(out, in)
			err = errors.Join(err, out.Close())
		}
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
	}
	return nil
}

// AdviceText is a report for people.
func AdviceText(r *advise.Report) string {
	var b strings.Builder
	for _, a := range r.Advice {
		fmt.Fprintf(&b, "%s  %s (%d rows)\n  %s\n  %s\n", a.Code, a.Table, a.Rows, a.What, a.Fix)
		switch {
		case a.Probe != "":
			fmt.Fprintf(&b, "  measured on a copy: %s → %s, %.1f times less: %s\n", a.Before.Round(time.Microsecond), a.After.Round(time.Microsecond), a.Gain, a.Probe)
		case a.Gain > 0:
			fmt.Fprintf(&b, "  one request in place of %.0f\n", a.Gain)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%d pieces of advice; %d statements were counted; %d tables have too few rows for advice\n", len(r.Advice), r.Statements, r.Small)
	if !r.Measured {
		b.WriteString("Nothing was tried: a database on a server is only looked at.\n")
	}
	return b.String()
}
