package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

const fiveMinutes = 5 * time.Minute

// counterRow is a row of mainstay.counters.
type counterRow struct {
	Key   string    `json:"key"`
	Count int64     `json:"count"`
	Until time.Time `json:"until"`
}

// take counts one use of what a limit bounds, before the use, in a transaction of its own: of many at once no more than limit get through, and neither a
// failure nor a restart gives one back. It is an error of the protocol when the limit is reached.
func (s *Service) take(ctx context.Context, what, who string, limit int, window time.Duration) error {
	if limit < 0 {
		return nil
	}
	var left time.Duration
	err := s.transact(ctx, func(x *tx) (err error) {
		left, err = s.countUp(x, what+":"+who, limit, window)
		return err
	})
	if err != nil || left == 0 {
		return err
	}
	return limited(what, left)
}

// limited is the error of a limit that is reached, for who may try again after left.
func limited(what string, left time.Duration) error {
	code, message := "over_request_rate_limit", "Request rate limit reached"
	switch what {
	case "mail":
		code, message = "over_email_send_rate_limit", "email rate limit exceeded"
	case "sms":
		code, message = "over_sms_send_rate_limit", "SMS rate limit exceeded"
	}
	return &LimitError{Err: fail(http.StatusTooManyRequests, code, message), After: left}
}

// LimitError says that something was done too often, and when it may be done again.
type LimitError struct {
	Err   error // a *fault.Error
	After time.Duration
}

func (e *LimitError) Error() string { return e.Err.Error() }
func (e *LimitError) Unwrap() error { return e.Err }

// turns lets those who ask for one thing do so one after the other. They wait without a connection in hand, and as long where the thing is as where it is not; those who ask
// for another thing do not wait for them. Safe for concurrent use.
type turns struct {
	each, most int // that have a turn or wait for it: of one key, and of all; negative is no bound

	mu     sync.Mutex
	places map[string]*place // guarded by mu; those that somebody has or waits for
	seats  int               // guarded by mu
}

type place struct {
	turn chan struct{} // whoever has put something into it has the turn
	n    int           // guarded by turns.mu: who have it or wait for it
}

func newTurns(each int) *turns {
	return &turns{each: each, most: turnsKeys * each, places: map[string]*place{}}
}

// turnsKeys is for how many keys there is room that as many wait for as may.
const turnsKeys = 4

// sit takes one of the seats that all keys share; leave gives it back. It waits for none.
func (t *turns) sit() (leave func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.most >= 0 && t.seats >= t.most {
		return nil, &LimitError{Err: fail(http.StatusServiceUnavailable, "server_busy", "Too many codes are being checked, please retry after a moment."), After: busyFor}
	}
	t.seats++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.seats--
	}, nil
}

// enter waits for the turn of a key until ctx ends; leave gives it on. Where as many wait as may, it refuses at once.
func (t *turns) enter(ctx context.Context, key string) (leave func(), err error) {
	t.mu.Lock()
	p := t.places[key]
	if p == nil {
		p = &place{turn: make(chan struct{}, 1)}
		t.places[key] = p
	}
	if t.each >= 0 && p.n >= max(t.each, 1) {
		t.mu.Unlock()
		return nil, limited("guess", busyFor)
	}
	p.n++
	t.mu.Unlock()
	gone := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if p.n--; p.n == 0 {
			delete(t.places, key)
		}
	}
	select {
	case p.turn <- struct{}{}:
		return func() { <-p.turn; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, context.Cause(ctx)
	}
}

// rounds bounds the tries to count while others count the same.
const rounds = 100

// countUp is count of a limit as it is set: negative is none.
func (s *Service) countUp(x *tx, key string, limit int, window time.Duration) (time.Duration, error) {
	if limit < 0 {
		return 0, nil
	}
	return s.count(x, key, int64(limit), window)
}

// count adds one to a counter and gives 0, or how long it stays full.
func (s *Service) count(x *tx, key string, limit int64, window time.Duration) (time.Duration, error) {
	now := s.now()
	for range rounds {
		c, err := one[counterRow](x, schemaOwn, "counters", eq("key", key))
		if err != nil {
			return 0, err
		}
		switch {
		case c == nil:
			made, err := x.insertNew(schemaOwn, "counters", values{"key": key, "count": 1, "until": now.Add(window)})
			if err != nil || made {
				return 0, err
			}
			continue
		case !now.Before(c.Until):
			made, err := update[counterRow](x, schemaOwn, "counters", values{"count": 1, "until": now.Add(window)}, eq("key", key), eq("count", c.Count), eq("until", c.Until))
			if err != nil || len(made) == 1 {
				return 0, err
			}
		case c.Count >= limit:
			return c.Until.Sub(now), nil
		default:
			made, err := update[counterRow](x, schemaOwn, "counters", values{"count": c.Count + 1}, eq("key", key), eq("count", c.Count), eq("until", c.Until))
			if err != nil || len(made) == 1 {
				return 0, err
			}
		}
	}
	return 0, errFaster(key)
}

func errFaster(key string) error {
	return errors.New("count " + key + ": others were faster each time")
}

// counted is how far a counter has come.
func (s *Service) counted(x *tx, key string) (int64, error) {
	c, err := one[counterRow](x, schemaOwn, "counters", eq("key", key))
	if err != nil || c == nil || !s.now().Before(c.Until) {
		return 0, err
	}
	return c.Count, nil
}

// add adds n to a counter without a limit and gives the sum. It writes whatever n is.
func (s *Service) add(x *tx, key string, n int64, window time.Duration) (int64, error) {
	now := s.now()
	for range rounds {
		c, err := one[counterRow](x, schemaOwn, "counters", eq("key", key))
		if err != nil {
			return 0, err
		}
		sum, until := n, now.Add(window)
		if c != nil && now.Before(c.Until) {
			sum, until = c.Count+n, c.Until
		}
		done := false
		if c == nil {
			done, err = x.insertNew(schemaOwn, "counters", values{"key": key, "count": sum, "until": until})
		} else {
			var rows []counterRow
			rows, err = update[counterRow](x, schemaOwn, "counters", values{"count": sum, "until": until}, eq("key", key), eq("count", c.Count), eq("until", c.Until))
			done = len(rows) == 1
		}
		if err != nil || done {
			return sum, err
		}
	}
	return 0, errFaster(key)
}

// keepCounter remembers a key until then.
func (x *tx) keepCounter(key string, until time.Time) error {
	rows, err := update[counterRow](x, schemaOwn, "counters", values{"until": until}, eq("key", key))
	if err != nil || len(rows) == 1 {
		return err
	}
	_, err = x.insertNew(schemaOwn, "counters", values{"key": key, "count": 1, "until": until})
	return err
}

// insertNew inserts a row unless its key is there, and reports whether it did.
func (x *tx) insertNew(schema, relation string, v values) (bool, error) {
	st := newStatement(schema)
	st.write(query.IgnoreDuplicates, relation, v, nil)
	rows, err := run[struct{}](x, st)
	return len(rows) == 1, err
}

// mayWrite counts a message before it is known whether anybody gets it: for its sender, for the address, and for the project. So a limit tells nothing of
// who has a user. kind is mail or sms.
func (s *Service) mayWrite(ctx context.Context, c Client, kind, to string) error {
	if err := s.take(ctx, "signup", c.network(), s.o.Limits.Signups, fiveMinutes); err != nil {
		return err
	}
	every, budget := s.o.Limits.MailEvery, s.o.Limits.Mails
	if kind == "sms" {
		every, budget = s.o.Limits.TextsEvery, s.o.Limits.Texts
	}
	if every > 0 {
		err := s.take(ctx, kind, digest(to), 1, every)
		var full *LimitError
		if errors.As(err, &full) {
			seconds := int((full.After + time.Second - 1) / time.Second)
			text := fmt.Sprintf("For security purposes, you can only request this after %d seconds.", seconds)
			return &LimitError{Err: fail(http.StatusTooManyRequests, fault.As(full.Err).Code, text), After: full.After}
		}
		if err != nil {
			return err
		}
	}
	return s.take(ctx, kind, "all", budget, time.Hour)
}

// Sweep forgets what is over: counters, messages that were told long ago, flows, tokens and authorizations past their end, sessions that time has ended. It deletes
// sweepAtATime rows of each kind in a transaction, so that nobody waits for it, and no more than sweepRounds times that: what is left is the next one's. It gives the
// number of rows that went.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	total := 0
	now := s.now()
	day := now.Add(-24 * time.Hour)
	for _, old := range []struct {
		schema, relation string
		where            []condition
		skip             bool
	}{
		{schema: schemaOwn, relation: "counters", where: []condition{lt("until", now)}},
		{schema: schemaOwn, relation: "earlier_tokens", where: []condition{lt("expires_at", now)}},
		{schema: schemaOwn, relation: "messages", where: []condition{lt("created_at", now.Add(-keepMessages))}},
		{schema: schemaAuth, relation: "flow_state", where: []condition{lt("created_at", day)}},
		{schema: schemaAuth, relation: "oauth_client_states", where: []condition{lt("created_at", day)}},
		// A day longer than it is good for: who comes with a used code ends what it gave.
		{schema: schemaAuth, relation: "oauth_authorizations", where: []condition{lt("expires_at", day)}},
		{schema: schemaAuth, relation: "webauthn_challenges", where: []condition{lt("expires_at", now)}},
		{schema: schemaAuth, relation: "mfa_challenges", where: []condition{lt("created_at", now.Add(-challengeLifetime))}},
		{schema: schemaAuth, relation: "sessions", where: []condition{lt("not_after", now)}},
		{schema: schemaAuth, relation: "sessions", where: []condition{lt("created_at", now.Add(-s.o.Timebox))}, skip: s.o.Timebox == 0},
		{schema: schemaAuth, relation: "sessions", where: []condition{lt("updated_at", now.Add(-s.o.Inactivity))}, skip: s.o.Inactivity == 0},
		// The tokens' own rows; the codes, which know the end, go with them.
		{schema: schemaOwn, relation: "one_time_codes", where: []condition{lt("expires_at", now.Add(-keepTokens))}},
		{schema: schemaAuth, relation: "refresh_tokens", where: []condition{{"revoked", "is", "true"}, lt("updated_at", now.Add(-keepTokens))}},
	} {
		for range sweepRounds {
			if old.skip {
				break
			}
			n, err := s.sweep(ctx, old.schema, old.relation, old.where)
			if err != nil {
				return total, err
			}
			total += n
			if n < sweepAtATime {
				break
			}
		}
	}
	return total, nil
}

const (
	sweepAtATime = 500
	sweepRounds  = 20
	// keepTokens is how long a token is kept after its end: what a sign-up has chosen goes with the next mail, and a refresh token of long ago tells of a thief.
	keepTokens = 7 * 24 * time.Hour
)

// sweep deletes some rows that fulfil the conditions.
func (s *Service) sweep(ctx context.Context, schema, relation string, where []condition) (n int, err error) {
	type keyed struct {
		ID  json.RawMessage `json:"id"`
		Key string          `json:"key"`
	}
	err = s.transact(ctx, func(x *tx) error {
		n = 0
		// In the order of the column that tells the end, which has an index.
		rows, err := list[keyed](x, schema, relation, page{order: ascending(where[len(where)-1].column), limit: sweepAtATime}, where...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			id := strings.Trim(string(r.ID), `"`)
			if relation == "one_time_codes" {
				_, err = remove[tokenRow](x, schemaAuth, "one_time_tokens", eq("id", id))
			} else if relation == "sessions" {
				err = x.endSession(id)
			} else if relation == "counters" {
				_, err = remove[counterRow](x, schema, relation, append([]condition{eq("key", r.Key)}, where...)...)
			} else {
				_, err = remove[keyed](x, schema, relation, append([]condition{eq("id", id)}, where...)...)
			}
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// keepMessages is how long a message that was sent or given up can be looked at.
const keepMessages = 7 * 24 * time.Hour

// digits is a random code of n decimal digits.
func digits(n int) string {
	var b strings.Builder
	for b.Len() < n {
		for _, c := range randomBytes(n) {
			if c < 250 && b.Len() < n { // 250 is the largest multiple of ten in a byte: no digit is more likely than another
				b.WriteString(strconv.Itoa(int(c % 10)))
			}
		}
	}
	return b.String()
}
