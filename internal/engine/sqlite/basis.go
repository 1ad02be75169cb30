package sqlite

import (
	"slices"
	"sync/atomic"

	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// basis finds out what an answer is made of. Which tables a plan reads, those of its policies and functions included, is known when it has run: the first time the answer can be spoken
// for only if nothing at all was committed meanwhile; from then on, what the tables were like is noted before.
type basis struct {
	store *store.Store
	known *atomic.Pointer[store.Tables] // tables that the plan has been seen to read
	had   store.Tables
	stamp store.Stamp // of those, from before the snapshot
	quiet uint64      // the number of commits, from before the snapshot
	still bool        // no commit was under way then
}

// newBasis is called before the snapshot is taken.
func newBasis(s *store.Store, known *atomic.Pointer[store.Tables]) *basis {
	b := &basis{store: s, known: known}
	b.quiet, b.still = s.Quiet()
	if t := known.Load(); t != nil {
		b.had = *t
		b.stamp = s.Stamp(b.had)
	}
	return b
}

// fill is called when the plan has run in t, before its transaction ends.
func (b *basis) fill(t *txn, out *plan.Basis) {
	*out = plan.Basis{}
	if t.s.Unsteady || responseSettings(t.s) != nil { // header fields that SQL sets cannot be told from others'
		return
	}
	read := t.conn.Watched()
	tables, stamp := b.had, b.stamp
	if b.had == nil || slices.ContainsFunc(read, func(n uint16) bool { return !slices.Contains(b.had, n) }) {
		tables = slices.Clone(b.had)
		for _, n := range read {
			if !slices.Contains(tables, n) {
				tables = append(tables, n)
			}
		}
		if tables == nil {
			tables = store.Tables{}
		}
		b.known.Store(&tables)
		stamp = b.store.Stamp(tables)
		if now, still := b.store.Quiet(); !b.still || !still || now != b.quiet {
			return
		}
	}
	out.Claims = t.s.ReadClaims
	s := b.store
	out.Stands = func() bool { return s.Stands(stamp, tables) }
}
