package postgres

import (
	"context"
	"encoding/hex"
	"strconv"
	"sync"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
)

// The statements over the kept answers run as the connected role, in transactions in which others' code may have run: nothing in them depends on the search path.
const (
	// takeAnswer waits for a transaction of the same key. It makes no row when there is an answer.
	takeAnswer = `INSERT INTO mainstay.answers AS a (key, request, answer, expires)
		VALUES ($1, $2, '', pg_catalog.now() OPERATOR(pg_catalog.+) $3::pg_catalog.interval)
		ON CONFLICT (key) DO UPDATE SET request = excluded.request, answer = '', expires = excluded.expires
		WHERE a.expires OPERATOR(pg_catalog.<=) pg_catalog.now()`
	findAnswer    = `SELECT request, answer FROM mainstay.answers WHERE key OPERATOR(pg_catalog.=) $1`
	keepAnswer    = `UPDATE mainstay.answers SET answer = $2 WHERE key OPERATOR(pg_catalog.=) $1`
	forgetAnswers = `DELETE FROM mainstay.answers WHERE expires OPERATOR(pg_catalog.<=) pg_catalog.now()`
)

// turns are those of the transactions of one key: who waits for another of this server holds no connection meanwhile.
type turns struct {
	mu   sync.Mutex
	keys map[[32]byte]*turn // guarded by mu; of those that are under way or waited for
}

// A turn is had by one at a time.
type turn struct {
	taken chan struct{} // holds a token while somebody has it
	users int           // who have it or wait for it; guarded by turns.mu
}

// enter waits for a key's turn.
func (t *turns) enter(ctx context.Context, key [32]byte) (leave func(), err error) {
	t.mu.Lock()
	if t.keys == nil {
		t.keys = map[[32]byte]*turn{}
	}
	k := t.keys[key]
	if k == nil {
		k = &turn{taken: make(chan struct{}, 1)}
		t.keys[key] = k
	}
	k.users++
	t.mu.Unlock()
	gone := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if k.users--; k.users == 0 {
			delete(t.keys, key)
		}
	}
	select {
	case k.taken <- struct{}{}:
		return func() { <-k.taken; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, faultOf(ctx.Err())
	}
}

func digest(sum [32]byte) string { return hex.EncodeToString(sum[:]) }

// errNoAnswers is for a database that has not been prepared.
func errNoAnswers() error {
	return fault.Unsupported("a request that is answered once: this database has no table "+engine.AnswersSchema+"."+engine.Answers, "")
}

func (e *Engine) keepsAnswers() bool {
	return e.Catalog().Table(engine.AnswersSchema, engine.Answers) != nil
}

// take begins the transaction and makes the key its own, or finds what was answered.
func (t *transaction) take(once *engine.Once) (request, answer string, found bool, err error) {
	if !t.e.keepsAnswers() {
		return "", "", false, errNoAnswers()
	}
	t.begun = true
	p := t.conn.StartPipeline(t.ctx)
	key := bytesOf(digest(once.Key))
	p.SendQueryPrepared(t.begin(), nil, nil, nil)
	p.SendQueryPrepared("ms_owner", nil, nil, nil)
	keep := strconv.FormatInt(once.Keep.Microseconds(), 10) + " microseconds"
	p.SendQueryParams(takeAnswer, [][]byte{key, bytesOf(digest(once.Request)), bytesOf(keep)}, nil, nil, nil)
	p.SendQueryParams(findAnswer, [][]byte{key}, nil, nil, nil)
	err = p.Sync()
	for range 2 {
		if err == nil {
			_, err = finish(p)
		}
	}
	if err == nil {
		tag, takeErr := finish(p)
		found, err = takeErr == nil && tag.RowsAffected() == 0, takeErr
	}
	if err == nil {
		rr, nextErr := next(p)
		if err = nextErr; err == nil {
			for rr.NextRow() {
				request, answer = string(rr.Values()[0]), string(rr.Values()[1])
			}
			_, err = rr.Close()
		}
	}
	if closeErr := p.Close(); err == nil {
		err = closeErr
	}
	return request, answer, found, err
}

// Forget drops the answers that are kept no longer.
func (e *Engine) Forget(ctx context.Context) error {
	if !e.keepsAnswers() {
		return nil
	}
	c, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	return faultOf(c.Conn().PgConn().Exec(ctx, forgetAnswers).Close())
}
