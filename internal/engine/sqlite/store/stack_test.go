package store

import (
	"context"
	"testing"
)

// TestOverflowEndsTheConnection: when SQLite has written below its stack, nothing of the call is committed and the next call has a sound connection.
func TestOverflowEndsTheConnection(t *testing.T) {
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Exclusive(t.Context(), func(c *Conn) error { return c.Exec(`CREATE TABLE t (a)`) }); err != nil {
		t.Fatal(err)
	}
	for name, begin := range map[string]func(context.Context, func(*Conn) error) error{"read": s.Read, "write": s.Write, "exclusive": s.Exclusive} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: nothing noticed", name)
				}
			}()
			_ = begin(t.Context(), func(c *Conn) error {
				if name != "read" {
					if err := c.Exec(`INSERT INTO t VALUES (1)`); err != nil {
						t.Error(err)
					}
				}
				(*c.stack.module.Slice())[uint32(c.stack.low)+100] = 0
				return nil
			})
		}()
	}
	err = s.Write(t.Context(), func(c *Conn) error {
		if n, err := c.int(`SELECT count(*) FROM t`); err != nil || n != 0 {
			t.Errorf("%d rows, %v", n, err)
		}
		return c.Exec(`INSERT INTO t VALUES (1)`)
	})
	if err != nil {
		t.Error(err)
	}
}
