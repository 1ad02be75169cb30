package exec_test

import (
	"context"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

// TestEndlessRecursion: functions and triggers that never end are stopped with PostgreSQL's code; where exactly is our own choice.
func TestEndlessRecursion(t *testing.T) {
	e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	run := func(q string) error { return e.Script(context.Background(), engine.Script{Text: q}, &sink{}) }
	if err := run(`CREATE TABLE one (x int); INSERT INTO one VALUES (1); CREATE TABLE loop (a int);
		CREATE FUNCTION forever(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT x + forever(n + 1) FROM one); END $$;
		CREATE FUNCTION direct(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN direct(n + 1); END $$;
		CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO loop VALUES (NEW.a + 1); RETURN NEW; END $$;
		CREATE TRIGGER again AFTER INSERT ON loop FOR EACH ROW EXECUTE FUNCTION again()`); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{`SELECT forever(1)`, `SELECT forever(x) FROM one`, `SELECT direct(1)`, `INSERT INTO loop VALUES (1)`} {
		if err := run(q); fault.Code(err) != fault.StatementTooComplex {
			t.Errorf("%s: %v", q, err)
		}
	}
	if err := run(`SELECT count(*) FROM loop, one`); err != nil {
		t.Error("afterwards:", err)
	}
}

// TestDeepRecursion: what PostgreSQL computes with its default stack of 2 MiB is computed here too.
func TestDeepRecursion(t *testing.T) {
	e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	run := func(q string) error { return e.Script(context.Background(), engine.Script{Text: q}, &sink{}) }
	if err := run(`CREATE TABLE one (x int); INSERT INTO one VALUES (1); CREATE TABLE visited (a int);
		CREATE FUNCTION q(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF n = 0 THEN RETURN 0; END IF; RETURN (SELECT x + q(n - 1) FROM one); END $$;
		CREATE FUNCTION r(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF n = 0 THEN RETURN 0; END IF; RETURN r(n - 1) + 1; END $$;
		CREATE FUNCTION s(n int) RETURNS int LANGUAGE sql AS $$ SELECT CASE WHEN n = 0 THEN 0 ELSE (SELECT x + s(n - 1) FROM one) END $$;
		CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.a < 500 THEN INSERT INTO visited VALUES (NEW.a + 1); END IF; RETURN NEW; END $$;
		CREATE TRIGGER again AFTER INSERT ON visited FOR EACH ROW EXECUTE FUNCTION again()`); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{`SELECT 1 / (q(500) - 499)`, `SELECT 1 / (r(500) - 499)`, `SELECT 1 / (s(500) - 499) FROM one`, `INSERT INTO visited VALUES (1)`,
		`SELECT 1 / (count(*) - 499) FROM visited`} {
		if err := run(q); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
}
