package sql_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/sql"
)

// lines is the statements of a file with one a line.
func lines(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

func parseOne(t testing.TB, text string) sql.Stmt {
	t.Helper()
	list, err := sql.Parse(text)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	if len(list) != 1 {
		t.Fatalf("%s\n%d statements", text, len(list))
	}
	return list[0].Stmt
}

func TestPrintIsStable(t *testing.T) {
	for _, line := range lines(t, "testdata/statements.sql") {
		once := sql.Print(parseOne(t, line))
		list, err := sql.Parse(once)
		if err != nil || len(list) != 1 {
			t.Errorf("printed text does not parse\n  from %s\n  to   %s\n  %v", line, once, err)
			continue
		}
		if twice := sql.Print(list[0].Stmt); twice != once {
			t.Errorf("print is not stable\n  from %s\n  once  %s\n  twice %s", line, once, twice)
		}
		if os.Getenv("SHOW") != "" {
			t.Log("\n" + once)
		}
	}
}
