package identity

import (
	"sync"
	"sync/atomic"
	"time"
)

// endedSessions are the sessions whose access tokens are refused though they have not expired: signed out, banned, deleted. Each is remembered until
// no token of it can be valid any more.
type endedSessions struct {
	some  atomic.Bool // false: nothing has ended, the usual case costs one load
	mu    sync.RWMutex
	until map[string]time.Time // guarded by mu
	swept time.Time            // guarded by mu
}

// EndSession refuses the access tokens of a session from now on. until is when the last of them expires.
func (k *Keys) EndSession(id string, until time.Time) {
	e := &k.ended
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.until == nil {
		e.until = map[string]time.Time{}
	}
	e.until[id] = until
	e.some.Store(true)
	now := k.now()
	if now.Sub(e.swept) < time.Minute {
		return
	}
	e.swept = now
	for id, t := range e.until {
		if now.After(t) {
			delete(e.until, id)
		}
	}
}

func (e *endedSessions) has(id string) bool {
	if id == "" || !e.some.Load() {
		return false
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	_, ok := e.until[id]
	return ok
}
