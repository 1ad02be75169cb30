package store_test

import (
	"errors"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// TestStampsSeeWhatForeignKeysDo: a statement that was prepared where foreign keys were not enforced is known to write to what they reach all the same.
func TestStampsSeeWhatForeignKeysDo(t *testing.T) {
	s := open(t, store.Options{})
	run := func(in func(f func(*store.Conn) error) error, sql string, err error) error {
		return in(func(c *store.Conn) error {
			st, perr := c.Stmt(sql)
			if perr != nil {
				return perr
			}
			defer st.Close()
			if perr := st.Exec(); perr != nil {
				return perr
			}
			return err
		})
	}
	exclusive := func(f func(*store.Conn) error) error { return s.Exclusive(t.Context(), f) }
	write := func(f func(*store.Conn) error) error { return s.Write(t.Context(), f) }
	if err := exclusive(func(c *store.Conn) error {
		return c.Exec(`CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE k (a INTEGER REFERENCES a ON DELETE CASCADE); INSERT INTO a VALUES (1); INSERT INTO k VALUES (1)`)
	}); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	if err := run(exclusive, `DELETE FROM a`, refused); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	var tables store.Tables
	if err := s.Read(t.Context(), func(c *store.Conn) error {
		c.Watch()
		st, err := c.Stmt(`SELECT count(*) FROM k`)
		if err != nil {
			return err
		}
		defer st.Close()
		tables = append(tables, c.Watched()...)
		return st.Exec()
	}); err != nil {
		t.Fatal(err)
	}
	if len(tables) != 1 {
		t.Fatalf("%d tables are read", len(tables))
	}
	stamp := s.Stamp(tables)
	if !s.Stands(stamp, tables) {
		t.Fatal("a stamp does not stand though nothing happened")
	}
	if err := run(write, `DELETE FROM a`, nil); err != nil {
		t.Fatal(err)
	}
	if s.Stands(stamp, tables) {
		t.Error("the stamp stands though the rows were deleted by the foreign key")
	}
}
