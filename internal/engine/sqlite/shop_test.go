package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
)

func TestShopLoads(t *testing.T) {
	e := open(t, t.TempDir())
	files, err := filepath.Glob("../../../examples/shop/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no migrations", err)
	}
	for _, file := range append(files, "../../../examples/shop/seed.sql") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := &lines{}
		if err := e.Script(context.Background(), engine.Script{Text: string(text), File: file, Atomic: true}, s); err != nil {
			if f := fault.As(err); f != nil && f.Pos >= 0 && f.Pos < len(f.Text) {
				t.Fatalf("%s: %v\n%.200s\nafter %d answers", file, err, f.Text[f.Pos:], len(s.out))
			}
			t.Fatalf("%s: %v after %q", file, err, s.out[max(0, len(s.out)-3):])
		}
	}
}
