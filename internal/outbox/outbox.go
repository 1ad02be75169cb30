// Package outbox tells the messages that sign-in has queued: it takes them from the database, writes them with the project's templates and hands them to
// the project's carriers.
//
// Main types in order of meeting them: Outbox and Carrier. Run is the only thing that sends.
//
// Invariants: a message is sent at least once, and again only when nobody knows whether it arrived; one that fails is tried again and given up in the end;
// what was sent keeps no code and no link, unless an inbox for development shows it.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/mail"
)

// Outbox sends what is queued. Fields are set before Run.
type Outbox struct {
	Accounts  *account.Service
	Templates *mail.Templates
	Mail      func(context.Context, *mail.Mail) error                   // nil: mails are kept, not sent
	SMS       func(ctx context.Context, channel, to, text string) error // nil: text messages are kept, not sent
	Keep      bool                                                      // an inbox shows what was sent
	Log       *slog.Logger
}

const (
	interval = time.Second // how soon a message is sent that nobody announced
	batch    = 20
)

// Run sends messages until ctx ends.
func (o *Outbox) Run(ctx context.Context) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	sweep := time.NewTicker(10 * time.Minute)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-sweep.C:
			if _, err := o.Accounts.Sweep(ctx); err != nil && ctx.Err() == nil {
				o.Log.Warn("sweep of sign-in", "error", err)
			}
		case <-tick.C:
			if err := o.Once(ctx); err != nil && ctx.Err() == nil {
				o.Log.Warn("outbox", "error", err)
			}
		}
	}
}

// Once sends what is due now.
func (o *Outbox) Once(ctx context.Context) error {
	due, err := o.Accounts.Due(ctx, batch)
	if err != nil {
		return err
	}
	var failed error
	for i := range due {
		m := &due[i]
		if err := o.send(ctx, m); err != nil {
			o.Log.Warn("a message was not sent", "id", m.ID, "channel", m.Channel, "template", m.Template, "try", m.Tries, "error", err)
			failed = errors.Join(failed, o.Accounts.NotTold(ctx, m, err))
			continue
		}
		o.Log.Info("message sent", "id", m.ID, "channel", m.Channel, "template", m.Template)
		failed = errors.Join(failed, o.Accounts.Told(ctx, m, o.Keep))
	}
	return failed
}

func (o *Outbox) send(ctx context.Context, m *account.Message) error {
	var fields account.Fields
	if err := json.Unmarshal(m.Data, &fields); err != nil {
		return err
	}
	if m.Channel != "email" {
		text, err := o.Templates.SMS(fields.Token)
		if err != nil || o.SMS == nil {
			return err
		}
		return o.SMS(ctx, m.Channel, m.Recipient, text)
	}
	written, err := o.Templates.Render(m.Template, m.Recipient, fields)
	if err != nil || o.Mail == nil {
		return err
	}
	return o.Mail(ctx, written)
}
