package eval

import (
	"sync"

	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// Sequences are the positions to which sequences have been moved by nextval and setval since the start of the process. Positions are also stored, but a
// rollback takes a stored one back, and PostgreSQL never gives the same number to two transactions. Safe for concurrent use.
type Sequences struct {
	mu sync.Mutex
	at map[catalog.OID]Position
}

// Position is where a sequence stands: the last value, and whether it has been given out.
type Position struct {
	Last   int64
	Called bool
}

// Get is the position of a sequence, if it has been moved.
func (q *Sequences) Get(oid catalog.OID) (Position, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	p, ok := q.at[oid]
	return p, ok
}

// Set notes a position.
func (q *Sequences) Set(oid catalog.OID, p Position) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.at == nil {
		q.at = map[catalog.OID]Position{}
	}
	q.at[oid] = p
}

// Forget makes the stored position count again, after the sequence was made or restarted.
func (q *Sequences) Forget(oid catalog.OID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.at, oid)
}
