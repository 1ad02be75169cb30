package store

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3"
)

// Whoever keeps what was read wants to know whether it would be read again. Each table has a counter that is odd while a commit that wrote to the table is under way, and
// grows by two with each. SQLite itself tells, when a statement is prepared, which tables it reads and writes, what foreign keys do included, so that nothing can be
// forgotten. Tables share counters by the hash of their names: a shared one only makes more of what was kept old.

// counters is how many there are.
const counters = 1024

// Tables is a set of tables, each by its counter, without duplicates.
type Tables []uint16

// versions are the counters, and that of schema changes, which are changes of all tables.
type versions struct {
	tables [counters]atomic.Uint64
	schema atomic.Uint64
}

var counterSeed = maphash.MakeSeed()

// counterOf is the counter of a table; SQLite's names have no case.
func counterOf(name string) uint16 {
	return uint16(maphash.String(counterSeed, strings.ToLower(name)) % counters)
}

// Stamp is the state of some tables. It is equal to another one of the same tables when nothing was written to them in between.
type Stamp struct {
	sum   uint64 // of counters that only grow: equal sums are equal counters
	sound bool
}

// Stamp tells the state of tables, as whoever begins to read now will see it, or a later one. It is not sound while a commit is under way that writes to them.
func (s *Store) Stamp(tables Tables) Stamp {
	n := s.versions.schema.Load()
	st := Stamp{sum: n, sound: n%2 == 0}
	for _, t := range tables {
		n := s.versions.tables[t].Load()
		st.sum += n
		st.sound = st.sound && n%2 == 0
	}
	return st
}

// Stands says whether nothing was written to the tables since the stamp was taken, nor is being written.
func (s *Store) Stands(st Stamp, tables Tables) bool {
	return st.sound && s.Stamp(tables) == st
}

// Quiet is a number that is the same as long as nothing at all is committed; ok is false while something is.
func (s *Store) Quiet() (n uint64, ok bool) {
	n = s.commits.Load()
	return n, n%2 == 0
}

// tableSet gathers tables.
type tableSet struct {
	has  [counters / 64]uint64
	list Tables
}

func (t *tableSet) add(list Tables) {
	for _, n := range list {
		if t.has[n/64]&(1<<(n%64)) == 0 {
			t.has[n/64] |= 1 << (n % 64)
			t.list = append(t.list, n)
		}
	}
}

func (t *tableSet) clear() {
	for _, n := range t.list {
		t.has[n/64] = 0
	}
	t.list = t.list[:0]
}

// watchTables makes SQLite tell the tables of each statement that is prepared.
func (c *Conn) watchTables() error {
	return c.raw.SetAuthorizer(func(action sqlite3.AuthorizerActionCode, name, _, _, _ string) sqlite3.AuthorizerReturnCode {
		switch action {
		case sqlite3.AUTH_READ:
			c.preparing.reads.add(Tables{counterOf(name)})
		case sqlite3.AUTH_INSERT, sqlite3.AUTH_UPDATE, sqlite3.AUTH_DELETE:
			c.preparing.writes.add(Tables{counterOf(name)})
		}
		return sqlite3.AUTH_OK
	})
}

// Watch begins to gather the tables that statements of this call read; Watched gives them.
func (c *Conn) Watch() { c.watching = true }

// Watched are the tables that statements which were handed out since Watch read. It is good until the call ends.
func (c *Conn) Watched() Tables { return c.watched.list }

// publish commits what the connection has written: commit runs between the two steps of the counters, so that nobody can take the state before for the one after.
// all says that every table may have changed.
func (s *Store) publish(c *Conn, all bool, commit func() error) error {
	step := func() {
		for _, t := range c.wrote.list {
			s.versions.tables[t].Add(1)
		}
		if all || c.wroteAll {
			s.versions.schema.Add(1)
		}
	}
	s.commits.Add(1)
	step()
	err := commit()
	step()
	s.commits.Add(1)
	c.wrote.clear()
	c.wroteAll = false
	return err
}
