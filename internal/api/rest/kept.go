package rest

import (
	"encoding/binary"
	"hash/maphash"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// keeper keeps answers to reads and gives them again while nothing that they were made of has changed. An answer is found by all that the door reads of a request, by the role and,
// if the claims were asked for, by the claims; the engine says whether it stands (plan.Basis). So nobody gets an answer that is old or somebody else's. An answer is kept
// when it is asked for the second time. Safe for concurrent use.
type keeper struct {
	seed   maphash.Seed
	asked  [1 << 14]atomic.Uint32 // fingerprints of requests that were answered lately
	parts  [8]keptPart
	budget int64 // bytes of a generation of a part
	most   int   // bytes of one answer

	hits, misses atomic.Uint64
}

// keptPart holds a share of the answers, in two generations: when the young one is full it becomes the old one, and the old one is forgotten.
type keptPart struct {
	mu         sync.RWMutex
	young, old map[string]*keptAnswer // guarded by mu
	bytes      int64                  // likewise: of the young
}

// keptAnswer is immutable.
type keptAnswer struct {
	cat    *catalog.Catalog
	claims bool // it is one of several, which are found by the claims; the rest is empty
	stands func() bool
	status int
	head   []keptField
	body   []byte
}

type keptField struct {
	name   string
	values []string
}

const keptOverhead = 500 // bytes of the maps and of what is not counted

// size is what an answer takes of the budget.
func (kept *keptAnswer) size(key []byte) int64 {
	n := len(key) + len(kept.body) + keptOverhead
	for _, f := range kept.head {
		for _, v := range f.values {
			n += len(f.name) + len(v)
		}
	}
	return int64(n)
}

func newKeeper(budget int64) *keeper {
	if budget <= 0 {
		return nil
	}
	k := &keeper{seed: maphash.MakeSeed()}
	k.budget = budget / int64(2*len(k.parts))
	k.most = int(min(256<<10, k.budget/4))
	return k
}

// keptHeaders are the fields of a request that the door reads when it reads data. (Those that SQL may read make the engine say that an answer depends on more.)
var keptHeaders = []string{"Accept", "Accept-Profile", "Prefer", "Range", "Range-Unit", "If-Match", "If-None-Match"}

// keptKey names a request without its claims; nil for one whose answer is not kept. Every part comes with its length, so that no two requests have the same key.
func keptKey(b []byte, r *http.Request, role string) []byte {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	part := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	b = append(b, byShape)
	part(r.Method)
	part(role)
	part(r.URL.Path)
	part(r.URL.RawQuery)
	for _, name := range keptHeaders {
		values := r.Header[name]
		b = binary.AppendUvarint(b, uint64(len(values)))
		for _, v := range values {
			part(v)
		}
	}
	if len(b) > maxKeptKey {
		return nil
	}
	return b
}

// The first byte of a key.
const (
	byShape  = 0
	byClaims = 1 // the claims follow
)

// find gives the answer that is kept under a key, and the key under which another one may be kept.
func (k *keeper) find(cat *catalog.Catalog, caller *query.Caller, key []byte) (*keptAnswer, []byte) {
	got := k.get(key, cat)
	if got != nil && got.claims {
		key = withClaims(key, caller)
		got = k.get(key, cat)
	}
	if got == nil || !got.stands() {
		k.misses.Add(1)
		return nil, key
	}
	k.hits.Add(1)
	return got, key
}

func withClaims(key []byte, caller *query.Caller) []byte {
	key[0] = byClaims
	return append(key, caller.Claims...)
}

func (k *keeper) part(key []byte) *keptPart {
	return &k.parts[maphash.Bytes(k.seed, key)%uint64(len(k.parts))]
}

func (k *keeper) get(key []byte, cat *catalog.Catalog) *keptAnswer {
	p := k.part(key)
	p.mu.RLock()
	got, young := p.young[string(key)], true
	if got == nil {
		got, young = p.old[string(key)], false
	}
	p.mu.RUnlock()
	if got == nil || got.cat != cat {
		return nil
	}
	if !young {
		k.put(key, got)
	}
	return got
}

func (k *keeper) put(key []byte, a *keptAnswer) {
	p := k.part(key)
	p.mu.Lock()
	defer p.mu.Unlock()
	size := a.size(key)
	if p.bytes+size > k.budget || p.young == nil {
		p.old, p.young, p.bytes = p.young, map[string]*keptAnswer{}, 0
	}
	if old := p.young[string(key)]; old != nil {
		p.bytes -= old.size(key)
	}
	p.young[string(key)] = a
	p.bytes += size
}

// again says whether a request was answered before, lately.
func (k *keeper) again(key []byte) bool {
	sum := maphash.Bytes(k.seed, key)
	return k.asked[sum%uint64(len(k.asked))].Swap(uint32(sum>>32)) == uint32(sum>>32)
}

// keep keeps an answer that was made of basis, if it can be kept. key is as find gave it; before are the header fields that are not the door's.
func (k *keeper) keep(key []byte, a *answer, cat *catalog.Catalog, caller *query.Caller, basis *plan.Basis, before []string) {
	if basis.Stands == nil || a.stream != nil || a.noLength || len(a.buf) > k.most ||
		a.status != http.StatusOK && a.status != http.StatusPartialContent && a.status != http.StatusNotModified {
		return
	}
	if basis.Claims && key[0] != byClaims {
		k.put(key, &keptAnswer{cat: cat, claims: true})
		key = withClaims(key, caller)
	}
	kept := &keptAnswer{cat: cat, stands: basis.Stands, status: a.status, body: slices.Clone(a.buf)}
	if kept.body == nil {
		kept.body = []byte{}
	}
	for name, values := range a.head {
		if name != "Vary" && !slices.Contains(before, name) {
			kept.head = append(kept.head, keptField{name, slices.Clone(values)})
		}
	}
	k.put(key, kept)
}

const maxKeptKey = 16 << 10

// answer makes a the answer that was kept.
func (kept *keptAnswer) answer(a *answer) {
	for _, f := range kept.head {
		a.head[f.name] = f.values
	}
	a.status = kept.status
	a.again = kept.body
}

// names are the fields of a header.
func names(h http.Header) []string {
	list := make([]string, 0, len(h))
	for name := range h {
		list = append(list, name)
	}
	return list
}
