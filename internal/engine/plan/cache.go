package plan

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// Cache keeps plans by shape, schema and role, for one catalog version at a time. It is bounded: a full part is emptied, and the shapes
// in use come back with their next request. Safe for concurrent use; the zero value is not useful.
type Cache struct {
	max   int // per part
	seed  maphash.Seed
	parts [8]cachePart

	hits, misses, evictions atomic.Uint64
}

type cachePart struct {
	mu      sync.RWMutex
	version uint64           // guarded by mu
	plans   map[string]*Plan // guarded by mu
}

// NewCache makes a cache of at most size plans.
func NewCache(size int) *Cache {
	c := &Cache{max: max(1, size/8), seed: maphash.MakeSeed()}
	for i := range c.parts {
		c.parts[i].plans = map[string]*Plan{}
	}
	return c
}

var shapes = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

// maxShape bounds the keys that are kept: what is larger is rare, or somebody's attempt to fill the memory.
const maxShape = 8 << 10

// Plan returns the plan of st for role in cat, from the cache or by Build. A failure is not kept. The options must be the same for one version of the
// catalog.
func (c *Cache) Plan(cat *catalog.Catalog, st *query.Statement, role string, o Options) (*Plan, error) {
	buf := shapes.Get().(*[]byte)
	key := append((*buf)[:0], role...)
	key = st.AppendShape(append(key, 0))
	if len(key) > maxShape {
		c.misses.Add(1)
		return Build(cat, st, role, o)
	}
	*buf = key
	defer shapes.Put(buf)
	part := &c.parts[maphash.Bytes(c.seed, key)%uint64(len(c.parts))]
	part.mu.RLock()
	p := part.plans[string(key)]
	fresh := part.version == cat.Version()
	part.mu.RUnlock()
	if p != nil && fresh {
		c.hits.Add(1)
		return p, nil
	}
	c.misses.Add(1)
	p, err := Build(cat, st, role, o)
	if err != nil {
		return nil, err
	}
	part.mu.Lock()
	defer part.mu.Unlock()
	if part.version != cat.Version() || len(part.plans) >= c.max {
		c.evictions.Add(uint64(len(part.plans)))
		clear(part.plans)
		part.version = cat.Version()
	}
	part.plans[string(key)] = p
	return p, nil
}

// CacheStats counts what a cache did since it was made.
type CacheStats struct{ Hits, Misses, Evictions uint64 }

// Stats is a snapshot of the counters.
func (c *Cache) Stats() CacheStats {
	return CacheStats{c.hits.Load(), c.misses.Load(), c.evictions.Load()}
}
