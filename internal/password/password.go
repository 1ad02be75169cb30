// Package password hashes passwords, verifies them and says which are too weak.
//
// Main types: Pool, which hashes with bounded memory and processors, and Policy, which a new password has to fulfil. New hashes are argon2id in
// the PHC string format; those of imported users (bcrypt, argon2i and argon2id, Firebase's scrypt) are verified as they are, and Verify says that they
// should be replaced.
//
// Invariants: the whole password counts, whatever its length (NIST SP 800-63B-4 §3.1.1.2); comparing takes the same work for a user that does not exist
// (Decoy); at most Options.Parallel hashes are computed at a time, and at most Options.Waiting wait for that (ErrBusy beyond).
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Options are the cost of new hashes. The zero value is 19 MiB, two passes and one lane (OWASP's second choice of equals, so that two cores can serve
// others meanwhile), with as many hashes at a time as there are processors, and 256 that wait.
type Options struct {
	MemoryKiB uint32
	Passes    uint32
	Parallel  int
	Waiting   int // negative: none
	// Busy, if not nil, is told when hashes begin to be computed, and when none has been for a second.
	Busy func(bool)
}

// idleAfter is how long no hash is computed before the pool counts as idle.
const idleAfter = time.Second

// ErrBusy says that too many wait for a hash already. Who is told so at once comes again later; who waits for minutes is gone before the answer.
var ErrBusy = errors.New("too many passwords are waiting to be hashed")

// MaxBytes bounds a password, so that nobody has megabytes hashed.
const MaxBytes = 1024

// Pool computes hashes. Safe for concurrent use.
type Pool struct {
	o        Options
	slots    chan struct{} // of those who compute
	places   chan struct{} // of those who compute or wait
	decoy    string
	computed atomic.Int64

	mu        sync.Mutex
	computing int         // guarded by mu
	busy      bool        // guarded by mu: what Options.Busy was told last
	idle      *time.Timer // guarded by mu: until it is told of the end; nil for none
}

// NewPool makes a pool.
func NewPool(o Options) *Pool {
	if o.MemoryKiB == 0 {
		o.MemoryKiB = 19 << 10
	}
	if o.Passes == 0 {
		o.Passes = 2
	}
	if o.Parallel == 0 {
		o.Parallel = runtime.GOMAXPROCS(0)
	}
	if o.Waiting == 0 {
		o.Waiting = 256
	}
	p := &Pool{o: o, slots: make(chan struct{}, o.Parallel), places: make(chan struct{}, o.Parallel+max(o.Waiting, 0))}
	salt := random()
	// Nobody has the password of the decoy: its hash is random.
	p.decoy = p.format(salt, random())
	return p
}

// Decoy is a hash that no password matches and whose verification costs what others cost: for users that do not exist.
func (p *Pool) Decoy() string { return p.decoy }

func random() []byte {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		panic("password: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	return b
}

// Computed is how many hashes were computed so far.
func (p *Pool) Computed() int64 { return p.computed.Load() }

// run computes f when a slot is free. Waiting ends with ctx.
func (p *Pool) run(ctx context.Context, f func()) error {
	select {
	case p.places <- struct{}{}:
	default:
		return ErrBusy
	}
	defer func() { <-p.places }()
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-p.slots }()
	p.computed.Add(1)
	p.begin()
	defer p.end()
	// A thread of its own, which yields to others and ends with the hash: a hash is tens of milliseconds of a processor, and who only reads a row must not wait for it. What is computed
	// has to stay on it, as argonID does.
	done := make(chan error, 1)
	go func() {
		defer func() {
			// The recover at the door is on another goroutine: without one here, what is wrong with one hash would end the server for everybody.
			if r := recover(); r != nil {
				done <- fmt.Errorf("hash a password: %v\n%s", r, debug.Stack())
			}
		}()
		runtime.LockOSThread() // and never unlocked: the thread goes, with its priority
		yield()
		f()
		done <- nil
	}()
	return <-done
}

// begin and end stand around each hash.
func (p *Pool) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.computing++
	if p.idle != nil {
		p.idle.Stop()
		p.idle = nil
	}
	if !p.busy && p.o.Busy != nil {
		p.busy = true
		p.o.Busy(true)
	}
}

func (p *Pool) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.computing--; p.computing > 0 || !p.busy {
		return
	}
	p.idle = time.AfterFunc(idleAfter, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.busy && p.computing == 0 {
			p.busy = false
			p.o.Busy(false)
		}
	})
}

const hashBytes = 32

// Hash gives the PHC string of a password.
func (p *Pool) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxBytes {
		return "", fmt.Errorf("a password has at most %d bytes", MaxBytes)
	}
	var h string
	err := p.run(ctx, func() {
		salt := random()
		h = p.format(salt, argonID([]byte(password), salt, p.o.Passes, p.o.MemoryKiB, hashBytes))
	})
	return h, err
}

func (p *Pool) format(salt, hash []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, p.o.MemoryKiB, p.o.Passes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
}

// Verify reports whether the password has the hash, and whether the hash is to be replaced by one of the pool's own. A hash of a form that is not known
// matches no password, after the same work.
func (p *Pool) Verify(ctx context.Context, hash, password string) (ok, replace bool, err error) {
	if len(password) > MaxBytes {
		return false, false, nil
	}
	check, current := p.checker(hash)
	if check == nil {
		check, _ = p.checker(p.decoy)
		err = p.run(ctx, func() { _ = check(password) })
		return false, false, err
	}
	err = p.run(ctx, func() { ok = check(password) })
	return ok, ok && !current, err
}

// Known reports whether hash is of a form that Verify can check.
func Known(hash string) bool {
	check, _ := (&Pool{}).checker(hash)
	return check != nil
}

// checker reads a hash. current says that the pool would make it with the same cost.
func (p *Pool) checker(hash string) (check func(string) bool, current bool) {
	switch {
	case strings.HasPrefix(hash, "$2a$"), strings.HasPrefix(hash, "$2b$"), strings.HasPrefix(hash, "$2y$"):
		if cost, err := bcrypt.Cost([]byte(hash)); err != nil || cost > maxBcrypt {
			return nil, false
		}
		return func(password string) bool {
			// bcrypt reads 72 bytes and no more. Those who made the hash have cut what was longer; a hash of ours is made at once, of the whole.
			return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password[:min(len(password), 72)])) == nil
		}, false
	case strings.HasPrefix(hash, "$argon2id$"), strings.HasPrefix(hash, "$argon2i$"):
		a, err := parseArgon(hash)
		if err != nil {
			return nil, false
		}
		return a.check, a.id && a.memory == p.o.MemoryKiB && a.passes == p.o.Passes && a.lanes == 1 && len(a.hash) == hashBytes
	case strings.HasPrefix(hash, "$fbscrypt$"):
		f, err := parseFirebase(hash)
		if err != nil {
			return nil, false
		}
		return f.check, false
	}
	return nil, false
}

type argon struct {
	id             bool
	memory, passes uint32
	lanes          uint8
	salt, hash     []byte
}

// Bounds of imported hashes: whoever may import users must not be able to make a sign-in take minutes or gigabytes.
const (
	maxBcrypt    = 14
	maxMemoryKiB = 128 << 10
	maxPasses    = 20
	maxLanes     = 16
)

func parseArgon(hash string) (*argon, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return nil, errors.New("not an argon2 hash of version 1.3")
	}
	a := &argon{id: parts[1] == "argon2id"}
	for _, kv := range strings.Split(parts[3], ",") {
		name, value, _ := strings.Cut(kv, "=")
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return nil, err
		}
		switch name {
		case "m":
			a.memory = uint32(n)
		case "t":
			a.passes = uint32(n)
		case "p":
			a.lanes = uint8(min(n, 255))
		}
	}
	var err error
	if a.salt, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(parts[4], "=")); err != nil {
		return nil, err
	}
	if a.hash, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(parts[5], "=")); err != nil {
		return nil, err
	}
	if a.memory == 0 || a.memory > maxMemoryKiB || a.passes == 0 || a.passes > maxPasses || a.lanes == 0 || a.lanes > maxLanes || len(a.salt) < 8 || len(a.hash) < 16 || len(a.hash) > 128 {
		return nil, errors.New("the cost of the argon2 hash is out of bounds")
	}
	return a, nil
}

func (a *argon) check(password string) bool {
	key := argon2.Key
	switch {
	case a.id && a.lanes == 1:
		return subtle.ConstantTimeCompare(a.hash, argonID([]byte(password), a.salt, a.passes, a.memory, uint32(len(a.hash)))) == 1
	case a.id:
		key = argon2.IDKey
	}
	return subtle.ConstantTimeCompare(a.hash, key([]byte(password), a.salt, a.passes, a.memory, a.lanes, uint32(len(a.hash)))) == 1
}
