// Package outbox tells the messages that sign-in has queued: it takes them from the database, writes them with the project's templates and hands them to
// the project's carriers.
//
// Main type: Outbox. Run is the only thing that sends.
//
// Invariants: a message is sent at least once, and again only when nobody knows whether it arrived; nobody sends one longer than it is theirs (account.Lease), so
// that no two send it at once; a slow one holds up no other until Parallel are slow; one that fails is tried again and given up in the end, one that its
// carrier refuses for good at once; what was sent keeps no code and no link, unless an inbox for development shows it.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/mail"
	"github.com/mainstay-dev/mainstay/internal/sms"
)

// Outbox sends what is queued. Fields are set before Run.
type Outbox struct {
	Accounts  *account.Service
	Templates *mail.Templates
	Mail      func(context.Context, *mail.Mail) error  // nil: mails are kept, not sent
	SMS       func(context.Context, sms.Message) error // nil: text messages are kept, not sent
	// MailHook and TextHook say that a hook of the project's sends them instead.
	MailHook, TextHook bool
	Keep               bool // an inbox shows what was sent
	Log                *slog.Logger
}

const (
	// Parallel is how many messages are under way at a time.
	Parallel = 8
	interval = time.Second // how soon a message is sent that nobody announced
	// patience is how long one message may take: less than it is ours, with time left to write down what came of it.
	patience = account.Lease - recording
	// recording bounds the writing down, also when the server is being stopped.
	recording = 10 * time.Second
	// grace is how long messages that are under way may go on when the server is being stopped.
	grace = 5 * time.Second
)

// Run sends messages until ctx ends; those under way then have a few seconds to arrive.
func (o *Outbox) Run(ctx context.Context) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	sweep := time.NewTicker(10 * time.Minute)
	defer sweep.Stop()
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	w := work{o: o, ctx: sending, places: make(chan struct{}, Parallel), again: make(chan struct{}, 1)}
	for {
		select {
		case <-ctx.Done():
			late := time.AfterFunc(grace, cut)
			defer late.Stop()
			w.group.Wait()
			return nil
		case <-sweep.C:
			if _, err := o.Accounts.Sweep(ctx); err != nil && ctx.Err() == nil {
				o.Log.Warn("sweep of sign-in", "error", err)
			}
			continue
		case <-tick.C:
		case <-w.again:
		}
		if err := w.take(ctx); err != nil && ctx.Err() == nil {
			o.Log.Warn("outbox", "error", err)
		}
	}
}

// work is what is under way.
type work struct {
	o      *Outbox
	ctx    context.Context
	places chan struct{} // one for each message under way
	group  sync.WaitGroup
	more   atomic.Bool   // more was due than there were places
	again  chan struct{} // a place is free and more is due
}

// take takes as many due messages as there are places and sends each beside the others.
func (w *work) take(ctx context.Context) error {
	places := cap(w.places) - len(w.places) // only take fills them
	if places == 0 {
		w.more.Store(true)
		return nil
	}
	due, err := w.o.Accounts.Due(ctx, places)
	w.more.Store(len(due) == places)
	for i := range due {
		m := &due[i]
		w.places <- struct{}{}
		w.group.Go(func() {
			if err := w.o.tell(w.ctx, m); err != nil {
				w.o.Log.Warn("outbox", "error", err)
			}
			<-w.places
			if w.more.Load() {
				select {
				case w.again <- struct{}{}:
				default: // it is said already
				}
			}
		})
	}
	return err
}

// tell sends a message and writes down what came of it.
func (o *Outbox) tell(ctx context.Context, m *account.Message) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	err := o.send(bounded, m)
	cancel()
	// Written down also when the server is being stopped: what was sent is not to be sent again.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), recording)
	defer cancel()
	if err == nil {
		o.Log.Info("message sent", "id", m.ID, "channel", m.Channel, "template", m.Template)
		return o.Accounts.Told(ctx, m, o.Keep)
	}
	refused := errors.Is(err, mail.ErrRefused) || errors.Is(err, sms.ErrRefused)
	again, failed := o.Accounts.NotTold(ctx, m, err, refused)
	o.Log.Warn("a message was not sent", "id", m.ID, "channel", m.Channel, "template", m.Template, "try", m.Tries, "again", again, "refused", refused, "error", err)
	return failed
}

func (o *Outbox) send(ctx context.Context, m *account.Message) error {
	var fields account.Fields
	if err := json.Unmarshal(m.Data, &fields); err != nil {
		return err
	}
	if m.Channel != "email" {
		text, err := o.Templates.SMS(fields.Token, fields.Language)
		if err == nil && o.TextHook {
			return o.Accounts.TextByHook(ctx, m, &fields, text)
		}
		if err != nil || o.SMS == nil {
			return err
		}
		return o.SMS(ctx, sms.Message{Channel: m.Channel, To: m.Recipient, Text: text, Code: fields.Token})
	}
	if o.MailHook {
		return o.Accounts.MailByHook(ctx, m, &fields)
	}
	written, err := o.Templates.Render(m.Template, m.Recipient, fields.Language, fields)
	if err != nil || o.Mail == nil {
		return err
	}
	written.ID = m.ID
	return o.Mail(ctx, written)
}
