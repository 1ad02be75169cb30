package account

import (
	"context"
	"encoding/json"
	"time"
)

// Lease is how long a message belongs to who has taken it to send. Whoever dies meanwhile leaves it to another.
const Lease = 2 * time.Minute

// Due takes up to limit messages that are to be sent now; each belongs to the caller until its lease ends.
func (s *Service) Due(ctx context.Context, limit int) ([]Message, error) {
	if err := s.answerDue(ctx); err != nil {
		return nil, err
	}
	now := s.now()
	mine, err := s.waiting(ctx, now, limit, neq("template", asked))
	if err != nil || len(mine) == 0 {
		return nil, err
	}
	waiting := mine
	err = s.transact(ctx, func(x *tx) error {
		mine = nil
		for _, m := range waiting {
			rows, err := update[Message](x, schemaOwn, "messages", values{"next_at": now.Add(Lease), "tries": m.Tries + 1}, eq("id", m.ID), eq("state", "waiting"), eq("tries", m.Tries))
			if err != nil {
				return err
			}
			mine = append(mine, rows...)
		}
		return nil
	})
	return mine, err
}

// answerDue answers what was asked for until now, one after the other.
func (s *Service) answerDue(ctx context.Context) error {
	select {
	case s.answering <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.answering }()
	now := s.now()
	for {
		some, err := s.waiting(ctx, now, answeredAtATime, eq("template", asked))
		if err != nil {
			return err
		}
		if err := s.answerAll(ctx, some); err != nil || len(some) < answeredAtATime {
			return err
		}
	}
}

// waiting gives what is to be done now, the oldest first. Mostly there is nothing, which a reader finds out.
func (s *Service) waiting(ctx context.Context, now time.Time, limit int, which condition) ([]Message, error) {
	var rows []Message
	err := s.read(ctx, func(x *tx) (err error) {
		rows, err = list[Message](x, schemaOwn, "messages", page{order: ascending("next_at", "created_at", "id"), limit: limit}, eq("state", "waiting"), lte("next_at", now), which)
		return err
	})
	return rows, err
}

// Told records that a message was sent. Its secrets are forgotten unless keep says that an inbox for development shows them.
func (s *Service) Told(ctx context.Context, m *Message, keep bool) error {
	v := values{"state": "sent", "sent_at": s.now(), "error": ""}
	if !keep {
		v["data"] = withoutSecrets(m.Data)
	}
	return s.transact(ctx, func(x *tx) error {
		_, err := update[Message](x, schemaOwn, "messages", v, eq("id", m.ID))
		return err
	})
}

// sendTries is how often a message is sent before it is given up: after 30 s, 1 min, 2 min … within about a quarter of an hour, when its code is over.
const sendTries = 6

// NotTold records that a message could not be sent; it reports whether it is tried again later. One that was refused for good is given up at once.
func (s *Service) NotTold(ctx context.Context, m *Message, why error, refused bool) (again bool, err error) {
	again = !refused && m.Tries < sendTries
	v := values{"error": why.Error(), "next_at": s.now().Add(15 * time.Second << m.Tries)}
	if !again {
		v["state"], v["data"] = "failed", withoutSecrets(m.Data)
	}
	return again, s.transact(ctx, func(x *tx) error {
		_, err := update[Message](x, schemaOwn, "messages", v, eq("id", m.ID))
		return err
	})
}

func withoutSecrets(data json.RawMessage) map[string]any {
	m := object(data)
	for _, secret := range []string{"ConfirmationURL", "Token", "TokenHash", "TokenNew", "TokenHashNew"} {
		delete(m, secret)
	}
	return m
}
