package eval

import (
	"slices"
	"strings"
	"sync"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// Memory keeps what expressions over a caller's claims were computed to: a policy asks for auth.uid(), which reads JSON, in every request, and
// callers come back. It keeps a value with the settings that it was computed from, so that it cannot give one caller's value to another. On a read of one
// row it saves a tenth of the time (BenchmarkClaims). The zero value works; safe for concurrent use. It forgets in two generations: when the young one is full it
// becomes the old one.
type Memory struct {
	mu         sync.RWMutex
	young, old map[memoryKey]value.Datum // guarded by mu
}

// memoryLimit bounds a generation.
const memoryLimit = 4096

// memoryKey is an expression of a program, and the values of the settings that it reads.
type memoryKey struct {
	place *claims
	first setting
	next  setting
}

type setting struct {
	value string
	ok    bool
}

func (m *Memory) get(k memoryKey) (value.Datum, bool) {
	m.mu.RLock()
	d, ok := m.young[k]
	young := ok
	if !ok {
		d, ok = m.old[k]
	}
	m.mu.RUnlock()
	if ok && !young {
		m.put(k, d)
	}
	return d, ok
}

func (m *Memory) put(k memoryKey, d value.Datum) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.young == nil || len(m.young) >= memoryLimit {
		m.old, m.young = m.young, map[memoryKey]value.Datum{}
	}
	m.young[k] = d
}

// claims is an expression that depends on one or two settings of the caller's claims and on nothing else.
type claims struct {
	names   []string
	compute Closure
}

// run gives the value from the session's memory, or computes it. Errors are not kept.
func (c *claims) run(f *Frame) (value.Datum, error) {
	m := f.S.Memory
	if m == nil {
		return c.compute(f)
	}
	k := memoryKey{place: c}
	k.first.value, k.first.ok = f.S.Setting(c.names[0])
	if len(c.names) > 1 {
		k.next.value, k.next.ok = f.S.Setting(c.names[1])
	}
	if d, ok := m.get(k); ok {
		return d, nil
	}
	d, err := c.compute(f)
	if err == nil {
		m.put(k, d)
	}
	return d, err
}

// remembered compiles e so that its values are kept, if they can be; nil if not.
func (c *compiler) remembered(e tree.Expr) (Closure, error) {
	d := dependence{left: maxRemembered}
	if c.remembers || !d.onClaims(e) || len(d.names) == 0 || len(d.names) > 2 {
		return nil, nil
	}
	c.remembers = true
	defer func() { c.remembers = false }()
	f, err := c.form(e)
	if err != nil {
		return nil, err
	}
	return (&claims{d.names, f}).run, nil
}

// maxRemembered is the size of the largest expression that is looked at, in nodes: each expression's parts are looked at for themselves.
const maxRemembered = 64

// dependence is what an expression depends on.
type dependence struct {
	names []string // of settings
	left  int      // nodes that may still be looked at
}

// claimSettings begin the names of the settings that hold claims.
const claimSettings = "request.jwt."

// onClaims reports whether e is made of nothing but constants, settings of the claims, which it adds to names, and what computes the same of the same arguments
// for everybody, always. What is not known here is not.
func (d *dependence) onClaims(e tree.Expr) bool {
	if d.left--; d.left < 0 {
		return false
	}
	switch e := e.(type) {
	case *tree.Const:
		return true
	case *tree.Session:
		return d.onClaims(e.X)
	case *tree.Relabel:
		return plain(e.Typ) && d.onClaims(e.X)
	case *tree.IOCast:
		return plain(e.Typ) && plain(e.X.Type()) && d.onClaims(e.X)
	case *tree.Coalesce:
		return d.all(e.Args)
	case *tree.NullIf:
		return d.onClaims(e.Eq) && d.onClaims(e.X)
	case *tree.Call:
		if e.Fn == nil || e.Fn.Ext != "" || !plain(e.Typ) {
			return false
		}
		if e.Fn.Name != "current_setting" {
			return e.Fn.Volatility == 'i' && d.all(e.Args)
		}
		name, ok := e.Args[0].(*tree.Const)
		if !ok || name.Value.IsNull() || !strings.HasPrefix(name.Value.Str(), claimSettings) {
			return false
		}
		if !slices.Contains(d.names, name.Value.Str()) {
			d.names = append(d.names, name.Value.Str())
		}
		return d.all(e.Args[1:])
	}
	return false
}

func (d *dependence) all(list []tree.Expr) bool {
	return !slices.ContainsFunc(list, func(e tree.Expr) bool { return !d.onClaims(e) })
}

// plain reports whether a type's text form is the same in every session.
func plain(t tree.Type) bool {
	switch t.OID {
	case catalog.TextOID, catalog.VarcharOID, catalog.BoolOID, catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.NumericOID, catalog.UUIDOID, catalog.JSONOID, catalog.JSONBOID:
		return true
	}
	return false
}
