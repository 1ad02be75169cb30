package exec_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

// TestEngineCases runs testdata/engine/*.sql, which need functions and schema changes, through the whole engine.
func TestEngineCases(t *testing.T) {
	files, err := filepath.Glob("testdata/engine/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".sql"), func(t *testing.T) {
			runFile(t, file, func() func(string) []string {
				e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: t.TempDir()})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := e.Close(); err != nil {
						t.Error(err)
					}
				})
				prefix := ""
				return func(q string) []string {
					if name, ok := roleStatement(q); ok {
						prefix = "SET ROLE " + name + ";"
						// The role may be there already.
						_ = e.Script(context.Background(), engine.Script{Text: "CREATE ROLE " + name}, &sink{})
						return nil
					}
					s := &sink{}
					err := e.Script(context.Background(), engine.Script{Text: prefix + q}, s)
					if f := fault.As(err); f != nil {
						return faultLines(f.Code, f.Message, f.Detail, f.Hint)
					}
					if err != nil {
						return []string{"! " + err.Error()}
					}
					return s.out
				}
			})
		})
	}
}

// sink writes down rows and counts.
type sink struct {
	out  []string
	cols int
}

func (s *sink) Begin(cols []engine.Column) error { s.cols = len(cols); return nil }
func (s *sink) Row(r engine.Row) error {
	parts := make([]string, s.cols)
	for i := range parts {
		parts[i] = `\N`
		if !r.IsNull(i) {
			parts[i] = string(r.AppendText(nil, i))
		}
	}
	s.out = append(s.out, strings.Split(strings.Join(parts, "|"), "\n")...)
	return nil
}

func (s *sink) Done(tag string) error {
	if !definition(tag) {
		words := strings.Fields(tag)
		s.out = append(s.out, "= "+words[len(words)-1])
	}
	return nil
}
func (s *sink) Notice(string, string) {}
func (s *sink) Refused(error)         {}
