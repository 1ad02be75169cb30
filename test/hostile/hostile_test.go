// Package hostile applies folders that mean harm: each has to end, with a clear error or with what it asked for, inside a bound of time and memory.
//
// A folder runs in a process of its own, so that its memory can be told from that of the others and a process that dies is seen.
package hostile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/migrate"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/project"
)

const (
	childVariable = "MAINSTAY_HOSTILE_CHILD"

	// maxPeak bounds the memory of a process, in bytes, that the parser (256 MiB by itself) and one hostile statement of the largest size may take together.
	maxPeak = 3 << 30
	// maxTime bounds the time of a folder whose work has no end by itself: the bound of the migration and what it takes to notice it.
	endlessTime = 20 * time.Second
	// timeout is the bound of a migration that the folders run with.
	timeout = 2 * time.Second
)

// folder is a hostile migration. want are the SQLSTATEs that it may end with, "" for success.
type folder struct {
	name    string
	want    string
	maxTime time.Duration
	text    func() string
}

func nest(n int, before, inner, after string) func() string {
	return func() string { return strings.Repeat(before, n) + inner + strings.Repeat(after, n) + ";" }
}

func text(s string) func() string { return func() string { return s } }

var folders = []folder{
	{"parentheses", "54001", time.Minute, func() string { return "select " + nest(100000, "(", "1", ")")() }},
	{"subqueries", "54001", time.Minute, func() string { return "select " + nest(3000, "(select ", "1", ")")() }},
	{"subqueries that fit", "", time.Minute, func() string { return "select " + nest(60, "(select ", "1", ")")() }},
	{"subqueries over tables", "54001", time.Minute, func() string {
		return "create table t (a int); select " + nest(500, "(select a + ", "1", " from t)")()
	}},
	{"derived tables", "54001", time.Minute, nest(500, "select * from (", "select 1 as a", ") as t")},
	{"exists", "54001", time.Minute, func() string {
		return "create table t (a int); " + nest(500, "select 1 from t where exists (", "select 1", ")")()
	}},
	{"operators", "54001", time.Minute, func() string { return "select 1" + strings.Repeat(" + 1", 20000) + ";" }},
	{"conditions", "", time.Minute, func() string { return "select 1 where true" + strings.Repeat(" and true", 20000) + ";" }},
	{"cases", "54001", time.Minute, func() string { return "select " + nest(3000, "case when true then ", "1", " end")() }},
	{"casts", "54001", time.Minute, func() string { return "select 1" + strings.Repeat("::int::text", 10000) + ";" }},
	{"unions", "54001", time.Minute, func() string { return "select 1" + strings.Repeat(" union all select 1", 5000) + ";" }},
	{"arrays", "54001", time.Minute, func() string { return "select '" + strings.Repeat("[", 100000) + "'::jsonb;" }},
	{"100,000 statements", "", 2 * time.Minute, func() string {
		return "create table t (a int);" + strings.Repeat("insert into t values (1);\n", 100000)
	}},
	{"100,000 values", "", time.Minute, func() string {
		return "create table t (a int); insert into t values (1)" + strings.Repeat(",(1)", 100000) + ";"
	}},
	{"3,000 tables", "", 2 * time.Minute, func() string {
		var b strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&b, "create table t%d (a int primary key, b text);\n", i)
		}
		return b.String()
	}},
	{"2,000 columns", "54011", time.Minute, func() string {
		return "create table t (a0 int" + columns(2000) + ");"
	}},
	{"a literal of 50 MB", "", time.Minute, func() string {
		return "create table t (a text); insert into t values ('" + strings.Repeat("x", 50<<20) + "'); select length(a) from t;"
	}},
	{"a file of 65 MB", "54000", time.Minute, func() string { return "select '" + strings.Repeat("x", 65<<20) + "';" }},
	{"a name of 1 MB", "", time.Minute, func() string { return "create table \"" + strings.Repeat("x", 1<<20) + "\" (a int);" }},
	{"recursive views", "42P17", time.Minute, text(`create view v as select 1 as a; create view w as select * from v; create or replace view v as select a from w; select * from v;`)},
	{"views that double", "54001", time.Minute, func() string {
		var b strings.Builder
		b.WriteString("create view v0 as select 1 as a;\n")
		for i := range 40 {
			fmt.Fprintf(&b, "create view v%d as select x.a from v%d x, v%d y;\n", i+1, i, i)
		}
		return b.String() + "select * from v40;"
	}},
	{"functions that double", "54001 57014", endlessTime, func() string {
		var b strings.Builder
		b.WriteString("create function f0(n int) returns int language sql as 'select n';\n")
		for i := range 40 {
			fmt.Fprintf(&b, "create function f%d(n int) returns int language sql as 'select f%d(n) + f%d(n)';\n", i+1, i, i)
		}
		return b.String() + "select f40(1);"
	}},
	{"recursive functions", "54001", time.Minute, text(`create table t (a int); insert into t values (1);
		create function f(n int) returns int language sql as 'select 1';
		create function g(n int) returns int language sql as 'select f(n) + a from t';
		create or replace function f(n int) returns int language sql as 'select g(n) + a from t';
		select f(1);`)},
	{"recursive policies", "42P17", time.Minute, text(`create table t (a int); alter table t enable row level security; create role hostile_role;
		grant select on t to hostile_role; create policy p on t using (exists (select 1 from t x where x.a = t.a)); set role hostile_role; select * from t;`)},
	{"recursive triggers", "54001", time.Minute, text(`create table t (a int); create function f() returns trigger language plpgsql as $$ begin insert into t values (new.a); return new; end $$;
		create trigger g before insert on t for each row execute function f(); insert into t values (1);`)},
	{"an endless loop", "57014", endlessTime, text(`do $$ begin loop null; end loop; end $$;`)},
	{"an endless loop that catches", "57014", endlessTime, text(`do $$ begin loop begin perform 1 / 0; exception when others then null; end; end loop; end $$;`)},
	{"an endless query", "57014", endlessTime, text(`with recursive r as (select 1 as n union all select n % 10 + 1 from r) select count(*) from r;`)},
	{"a product", "57014", endlessTime, text(`create table t (a int); insert into t select generate_series(1, 10000); select count(*) from t a, t b, t c where a.a + b.a + c.a = 0;`)},
	{"a series", "53400 57014", endlessTime, text(`select count(*) from generate_series(1, 2000000000) g;`)},
	{"a text that doubles", "54000", time.Minute, text(`do $$ declare s text := 'x'; begin loop s := s || s; end loop; end $$;`)},
	{"an array that doubles", "54000 57014", time.Minute, text(`do $$ declare s int[] := '{1}'; begin loop s := s || s; end loop; end $$;`)},
	{"repeat", "54000", time.Minute, text(`select repeat('x', 2000000000);`)},
	{"a huge power", "22003", time.Minute, text(`select 10::numeric ^ 100000::numeric;`)},
	{"a slow pattern", "2201B 57014", endlessTime, func() string { return `select repeat('a', 100000) ~ '(a*)*(?=b)\1c';` }},
}

func columns(n int) string {
	var b strings.Builder
	for i := range n - 1 {
		fmt.Fprintf(&b, ", a%d int", i+1)
	}
	return b.String()
}

func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		os.Exit(child(name))
	}
	os.Exit(m.Run())
}

// child applies a folder and prints the code that it ends with, its message, how long it took in milliseconds and the peak of memory in bytes.
func child(name string) int {
	for _, f := range folders {
		if f.name != name {
			continue
		}
		dir, err := os.MkdirTemp("", "hostile")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		e, err := sqlite.Open(context.Background(), sqlite.Options{Dir: dir})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		limit := f.maxTime
		if f.maxTime == endlessTime {
			limit = timeout
		}
		r := &migrate.Runner{Engine: e, Timeout: limit}
		m := project.Migration{Version: "1", Name: "hostile", File: project.File{Path: "1_hostile.sql", Text: f.text()}}
		start := time.Now()
		err = r.Up(context.Background(), []project.Migration{m})
		took := time.Since(start)
		code, message := "", ""
		if err != nil {
			code, message = fault.Code(err), err.Error()
		}
		fmt.Printf("%s\n%.200q\n%d\n%d\n", code, message, took.Milliseconds(), peak())
		// What was refused has left nothing behind, and the engine goes on.
		state, err := r.State(context.Background(), nil)
		if err == nil && (len(state.Missing) == 0) != (message != "") {
			err = errors.New("the record does not say what happened")
		}
		if err == nil {
			err = e.Script(context.Background(), engine.Script{Text: `create table afterwards (a int); insert into afterwards values (1);`}, sink{})
		}
		if err = errors.Join(err, e.Close()); err != nil {
			fmt.Fprintln(os.Stderr, "afterwards:", err)
			return 1
		}
		return 0
	}
	return 1
}

// peak is the largest resident memory that the process had, in bytes; 0 where the system does not say.
func peak() int64 {
	status, _ := os.ReadFile("/proc/self/status") // elsewhere there is no such file
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}

func TestHostileFolders(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	for _, f := range folders {
		t.Run(f.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), f.maxTime+time.Minute)
			defer cancel()
			c := exec.CommandContext(ctx, os.Args[0])
			c.Env = append(os.Environ(), childVariable+"="+f.name, "TMPDIR="+t.TempDir())
			var out, failed strings.Builder
			c.Stdout, c.Stderr = &out, &failed
			if err := c.Run(); err != nil {
				t.Fatalf("%v: %.2000s%.2000s", err, out.String(), failed.String())
			}
			lines := strings.Split(out.String(), "\n")
			took, _ := strconv.ParseInt(lines[2], 10, 64)
			memory, _ := strconv.ParseInt(lines[3], 10, 64)
			t.Logf("%q in %d ms, %d MiB: %s", lines[0], took, memory>>20, lines[1])
			if lines[0] == "" && f.want != "" || lines[0] != "" && !strings.Contains(f.want, lines[0]) {
				t.Errorf("ended with %q, want %q: %s", lines[0], f.want, lines[1])
			}
			if d := time.Duration(took) * time.Millisecond; d > f.maxTime {
				t.Errorf("took %v, at most %v", d, f.maxTime)
			}
			if memory > maxPeak {
				t.Errorf("took %d MiB of memory, at most %d", memory>>20, int64(maxPeak)>>20)
			}
		})
	}
}

// sink drops everything.
type sink struct{}

func (sink) Begin([]engine.Column) error { return nil }
func (sink) Row(engine.Row) error        { return nil }
func (sink) Done(string) error           { return nil }
func (sink) Notice(_, _ string)          {}
func (sink) Refused(error)               {}
