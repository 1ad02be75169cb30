package crash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store/faultdisk"
)

// A small workload on package store: few operations of the disk, so that each of them can be made to fail and each moment can be a cut of power. A step is a
// transaction; its number is what it writes.
type step struct {
	rows      int // inserts so many rows
	note      int // of so many bytes each
	move      bool
	deletes   int  // the step whose rows it deletes
	schema    bool // makes a table with a row
	alongside bool // shares the commit of the step before
	reopen    bool // the store is closed and opened before it
}

var steps = []step{
	1:  {schema: true},
	2:  {rows: 1, note: 10},
	3:  {rows: 1, note: 100},
	4:  {rows: 1, note: 10},
	5:  {rows: 1, note: 10, alongside: true},
	6:  {move: true, alongside: true},
	7:  {rows: 3, note: 1500},
	8:  {move: true},
	9:  {deletes: 7},
	10: {schema: true},
	11: {rows: 6, note: 3000}, // past the log's limit
	12: {move: true},
	13: {rows: 1, note: 10, reopen: true},
	14: {move: true},
}

// The marks of the workload in a disk's log.
type (
	sent      int
	answered  int      // with success
	committed struct{} // by the writer, before anything else is done
	reopened  struct{}
	stopped   struct{} // the store can write no longer
)

func (st step) run(n int) func(*store.Conn) error {
	return func(c *store.Conn) error {
		switch {
		case n == 1:
			return c.Exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, step INTEGER, note TEXT) STRICT; CREATE INDEX t_step ON t (step);
				CREATE TABLE c (k INTEGER PRIMARY KEY, v INTEGER) STRICT; INSERT INTO c VALUES (1, 0), (2, 0)`)
		case st.schema:
			return c.Exec(fmt.Sprintf(`CREATE TABLE u%d (v INTEGER) STRICT; INSERT INTO u%d VALUES (%d)`, n, n, n))
		case st.move:
			return c.Exec(fmt.Sprintf(`UPDATE c SET v = %d WHERE k = 1; UPDATE c SET v = %d WHERE k = 2`, n, n))
		case st.deletes > 0:
			return c.Exec(fmt.Sprintf(`DELETE FROM t WHERE step = %d`, st.deletes))
		}
		for i := range st.rows {
			if err := c.Exec(fmt.Sprintf(`INSERT INTO t VALUES (%d, %d, '%s')`, n*100+i, n, strings.Repeat("x", st.note))); err != nil {
				return err
			}
		}
		return nil
	}
}

// work runs the steps on a folder and notes in the disk's log what was sent and acknowledged. A store that can write no longer is opened again, as a supervisor
// would start the process anew. early acknowledges each step before it is made.
func work(dir string, d *faultdisk.Disk, early bool) {
	open := func() *store.Store {
		s, err := store.Open(dir, store.Options{
			VFS: d.Name(), WALLimit: 16 << 10, CacheKiB: 256, Statements: 8, Readers: 1, Committed: func(int) { d.Mark(committed{}) },
			OpenLog: func(path string) (store.File, error) { return d.OpenFile(path) },
		})
		if err != nil {
			return nil
		}
		return s
	}
	end := func(s *store.Store) {
		_ = s.Close() // its errors are those of the disk
	}
	s := open()
	again := func() {
		if s != nil {
			end(s)
		}
		d.Mark(reopened{})
		s = open()
	}
	for n := 1; n < len(steps); n++ {
		if s != nil && s.Err() != nil {
			d.Mark(stopped{})
		}
		if s == nil || s.Err() != nil || steps[n].reopen {
			again()
		}
		if s == nil {
			continue
		}
		last := n
		for last+1 < len(steps) && steps[last+1].alongside {
			last++
		}
		write := func(n int) {
			d.Mark(sent(n))
			if early {
				d.Mark(answered(n))
			}
			in := s.Write
			if steps[n].schema {
				in = s.Exclusive
			}
			if in(context.Background(), steps[n].run(n)) == nil && !early {
				d.Mark(answered(n))
			}
		}
		if last == n {
			write(n)
			continue
		}
		// The writer is held until all of them wait for it.
		var group sync.WaitGroup
		entered, hold := make(chan struct{}), make(chan struct{})
		group.Go(func() {
			_ = s.Write(context.Background(), func(*store.Conn) error { close(entered); <-hold; return errHeld })
		})
		select {
		case <-entered:
		case <-s.Failed():
		}
		for i := n; i <= last; i++ {
			group.Go(func() { write(i) })
			for s.Err() == nil && s.Stats().Waiting <= i-n {
				runtime.Gosched()
			}
		}
		close(hold)
		group.Wait()
		n = last
	}
	if s != nil {
		end(s)
	}
}

var errHeld = errors.New("only held the writer")

// claims are what is known after a part of a disk's log.
type claims struct{ sent, answered [32]bool }

func claimsOf(log []faultdisk.Op) (c claims, problems []string) {
	failed := ""
	for _, o := range log {
		switch m := o.Mark.(type) {
		case sent:
			c.sent[m] = true
		case answered:
			c.answered[m] = true
		case committed:
			if failed != "" {
				problems = append(problems, problem("answered", "a commit was made after a sync had failed (%s)", failed))
			}
		case reopened:
			failed = ""
		}
		if o.Kind == faultdisk.Sync && o.Err != nil {
			failed = o.String()
		}
	}
	return c, problems
}

// compare opens a folder with a sound disk and gives what contradicts the claims.
func (k *claims) compare(dir string) (problems []string) {
	report := func(kind, format string, args ...any) { problems = append(problems, problem(kind, format, args...)) }
	s, err := store.Open(dir, store.Options{CacheKiB: 256, Statements: 8, Readers: 1})
	if err != nil {
		return []string{problem("unreadable", "%v", err)}
	}
	defer func() {
		if err := s.Close(); err != nil {
			report("unreadable", "close: %v", err)
		}
	}()
	err = s.Read(context.Background(), func(c *store.Conn) error {
		all := func(sql string) (rows [][2]string) {
			st, err := c.Stmt(sql)
			if err != nil {
				report("unreadable", "%s: %v", sql, err)
				return nil
			}
			for st.Step() {
				row := [2]string{st.ColumnText(0)}
				if st.ColumnCount() > 1 {
					row[1] = st.ColumnText(1)
				}
				rows = append(rows, row)
			}
			if err := errors.Join(st.Err(), st.Close()); err != nil {
				report("unreadable", "%s: %v", sql, err)
			}
			return rows
		}
		for _, row := range all(`PRAGMA integrity_check`) {
			if row[0] != "ok" {
				report("damaged", "%s", row[0])
			}
		}
		tables := map[string]bool{}
		for _, row := range all(`SELECT name FROM sqlite_schema WHERE type = 'table'`) {
			tables[row[0]] = true
		}
		found := map[string]string{}
		if tables["t"] {
			for _, row := range all(`SELECT step, count(*) FROM t GROUP BY 1`) {
				found[row[0]] = row[1]
			}
		}
		for n := 1; n < len(steps); n++ {
			st := steps[n]
			switch {
			case st.schema:
				name := fmt.Sprintf("u%d", n)
				if n == 1 {
					name = "t"
				}
				if k.answered[n] && !tables[name] {
					report("lost", "step %d was acknowledged, table %s is not there", n, name)
				}
				if n > 1 && tables[name] {
					if rows := all(`SELECT v FROM ` + name); len(rows) != 1 {
						report("half", "table %s has %d rows", name, len(rows))
					}
				}
			case st.rows > 0:
				got, whole, deleter := found[fmt.Sprint(n)], fmt.Sprint(st.rows), 0
				for m := range steps {
					if steps[m].deletes == n {
						deleter = m
					}
				}
				switch {
				case got != "" && got != whole:
					report("half", "step %d has %s of %s rows", n, got, whole)
				case got == "" && k.answered[n] && !k.sent[deleter]:
					report("lost", "step %d was acknowledged, its rows are not there", n)
				case got != "" && k.answered[deleter]:
					report("lost", "step %d was acknowledged, the rows that it deleted are there", deleter)
				case got != "" && !k.sent[n]:
					report("unknown", "step %d was not sent", n)
				}
			}
		}
		if !tables["c"] {
			return nil
		}
		values, least := all(`SELECT v FROM c ORDER BY k`), 0
		for n := range steps {
			if steps[n].move && k.answered[n] {
				least = n
			}
		}
		var v int
		if len(values) == 2 {
			_, _ = fmt.Sscan(values[0][0], &v) // SQLite's own integer
		}
		switch {
		case len(values) != 2 || values[0] != values[1]:
			report("half", "c holds %v", values)
		case v < least:
			report("lost", "step %d was acknowledged, c holds %d", least, v)
		case v != 0 && !k.sent[v]:
			report("unknown", "c holds %d", v)
		}
		return nil
	})
	if err != nil {
		report("unreadable", "%v", err)
	}
	return problems
}

// lay writes a state's files into a folder.
func lay(dir string, files map[string][]byte) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
