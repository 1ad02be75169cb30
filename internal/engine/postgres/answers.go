package postgres

import (
	"context"
	"encoding/hex"
	"strconv"

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
