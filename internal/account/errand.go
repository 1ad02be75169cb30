package account

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// What anybody may ask for in the name of an address is only written down while they wait: a row of mainstay.messages that says what was asked. Whether the address
// has a user, and what is to be sent to it, is found out afterwards (answer). So whoever asks waits for the same statements, whoever they ask about.

// errand is what was asked for, as the row keeps it until it is answered.
type errand struct {
	What       string         `json:"what"`
	User       string         `json:"user,omitempty"` // whose change it is
	RedirectTo string         `json:"redirect_to,omitempty"`
	Challenge  Challenge      `json:"challenge"`
	Chosen     map[string]any `json:"chosen,omitempty"` // what a sign-up says of its user
	Made       []string       `json:"made,omitempty"`   // users whom the project's hook is to hear of
	Language   string         `json:"language,omitempty"`
	From       string         `json:"from"` // the network that it was asked from
}

// The things that are asked for.
const (
	askSignUp        = "signup"
	askSignIn        = "signin"
	askRecovery      = "recovery"
	askAgain         = "resend"
	askChange        = "change"
	askChangeAgain   = "change again"
	asked            = "ask" // in place of the row's template, until the template is known
	channelMail      = "email"
	answeredAtATime  = 20
	decoyPartLetters = 32
)

// writeDown keeps what was asked for in the name of an address. It gives the id that the message will have.
func (s *Service) writeDown(x *tx, c Client, channel, to string, a errand) (string, error) {
	now := s.now()
	id := newID()
	a.Language, a.From = languageOf(x.ctx), c.from()
	_, err := insert[Message](x, schemaOwn, "messages", values{
		"id": id, "channel": channel, "recipient": to, "template": asked, "data": a, "state": "waiting", "next_at": now, "created_at": now,
	})
	if s.o.TestCodes[to] != "" {
		// Everybody knows the code, and there is nothing to hide: it works at once.
		id, x.answer = testMessage, true
	}
	return id, err
}

// errUndone takes back what was done for show.
var errUndone = errors.New("undone")

// perform makes a user of an address, or one of an address that nobody has and takes it back: the same work either way. A hook that has a say in new users is asked
// about the address itself. It gives the users who were made.
func (x *tx) perform(real bool, address string, decoy func() string, make func(address string) error) (made []string, err error) {
	c := x.creation
	ended, before := len(x.ended), len(c.made)
	as := decoy()
	c.decoy, c.address = as, address
	if real {
		as, c.decoy = address, ""
	}
	err = x.tx.Try(x.ctx, func() error {
		if err := make(as); err != nil || real {
			return err
		}
		return errUndone
	})
	if real && err == nil {
		made = c.made[before:]
	}
	// The hook hears of them when whoever has asked has gone.
	c.made = c.made[:before]
	if errors.Is(err, errUndone) {
		x.ended = x.ended[:ended]
		err = nil
	}
	return made, err
}

// decoyMail is an address that nobody has, at the same domain: rules that a project keeps for domains treat it alike.
func decoyMail(mail string) string {
	_, domain, _ := strings.Cut(mail, "@")
	local := strings.ToLower(digitsAndLetters(decoyPartLetters))
	return local[:max(1, min(len(local), maxAddress-1-len(domain)))] + "@" + domain
}

func digitsAndLetters(n int) string {
	return strings.NewReplacer("-", "0", "_", "1").Replace(randomText(n))
}

// decoyPhone is a number that nobody has: numbers have at most 15 digits, the first of them not 0, and these are no country's.
func decoyPhone() string { return "999" + digits(12) }

// answerAll answers what was asked for and is still to be answered.
func (s *Service) answerAll(ctx context.Context, waiting []Message) error {
	for i := range waiting {
		m := &waiting[i]
		if m.Template != asked {
			continue
		}
		err := s.answer(ctx, m)
		if err == nil {
			continue
		}
		s.o.Log.Warn("what was asked for could not be answered", "id", m.ID, "try", m.Tries, "error", err)
		m.Tries++
		if _, err := s.NotTold(ctx, m, err, false); err != nil {
			return err
		}
	}
	return nil
}

// answer finds out whom an address belongs to and sends what was asked for, or nothing.
func (s *Service) answer(ctx context.Context, m *Message) error {
	var a errand
	if err := json.Unmarshal(m.Data, &a); err != nil {
		return err
	}
	answered := false
	ctx = WithClient(ctx, Client{Language: a.Language}) // who has asked, as far as the answer needs to know
	err := s.transact(ctx, func(x *tx) error {
		// Of two that answer at once, one does. Until it is known that there is something to send, there is nothing.
		mine, err := update[Message](x, schemaOwn, "messages", values{"state": "void", "data": map[string]any{}}, eq("id", m.ID), eq("state", "waiting"), eq("template", asked))
		answered = len(mine) == 1
		if err != nil || !answered {
			return err
		}
		if m.Channel != channelMail {
			return s.answerText(x, m, a)
		}
		switch a.What {
		case askSignUp:
			return s.answerSignUp(x, m, a)
		case askSignIn:
			return s.answerSignIn(x, m, a)
		case askRecovery:
			return s.answerRecovery(x, m, a)
		case askAgain:
			return s.answerAgain(x, m, a)
		}
		return s.answerChange(x, m, a)
	})
	if err == nil && answered && s.o.Hooks.AfterUser != nil {
		for _, id := range a.Made {
			s.tellAfter(ctx, id)
		}
	}
	return err
}

func (s *Service) answerSignUp(x *tx, m *Message, a errand) error {
	u, err := x.userByEmail(m.Recipient)
	if err != nil || u == nil || u.EmailConfirmedAt != nil {
		return err
	}
	pending, err := s.awaited(x, u.ID)
	switch {
	case err != nil:
		return err
	case pending != nil && pending.Purpose == "invite": // an invitation is the administrator's, and nobody's to replace
		return nil
	case pending != nil:
		delete(a.Chosen, "password")
	}
	// The password is the user's when the link is opened that was sent for it: whoever has signed up before with somebody else's address gets nothing.
	return s.mailFirst(x, u, m, a, a.Chosen)
}

// awaited is the confirmation of a user's address that is still awaited; nil for none. Where another sign-up is answered meanwhile, two have signed up and only one of
// them reads the message. Neither's password is believed: whoever confirms chooses one then (attack E1).
func (s *Service) awaited(x *tx, user string) (*codeRow, error) {
	t, err := one[tokenRow](x, schemaAuth, "one_time_tokens", eq("user_id", user), eq("token_type", string(confirmation)))
	if err != nil || t == nil {
		return nil, err
	}
	c, err := one[codeRow](x, schemaOwn, "one_time_codes", eq("id", t.ID))
	if err != nil || c == nil || s.now().After(c.ExpiresAt) {
		return nil, err
	}
	return c, nil
}

// mailFirst sends what confirms the address of a user for the first time.
func (s *Service) mailFirst(x *tx, u *userRow, m *Message, a errand, data map[string]any) error {
	flow, err := s.beginFlow(x, a.Challenge, u.ID, "email", bySignup)
	if err != nil {
		return err
	}
	_, err = s.mail(x, u, m.Recipient, mailConfirmation, oneTime{
		kind: confirmation, purpose: "signup", address: m.Recipient, redirectTo: a.RedirectTo, flow: flow, data: data, message: m.ID, from: a.From,
	})
	if err != nil {
		return err
	}
	now := s.now()
	_, err = x.updateUser(now, u.ID, values{"confirmation_sent_at": now})
	return err
}

// answerSignIn sends a user the code and link to sign in with: it confirms the address of one who has not yet.
func (s *Service) answerSignIn(x *tx, m *Message, a errand) error {
	u, err := x.userByEmail(m.Recipient)
	if err != nil || u == nil || u.DeletedAt != nil {
		return err
	}
	if u.EmailConfirmedAt == nil {
		return s.mailFirst(x, u, m, a, nil)
	}
	return s.mailRecovery(x, u, m, a, mailMagicLink, "magiclink", byLink)
}

func (s *Service) answerRecovery(x *tx, m *Message, a errand) error {
	u, err := x.userByEmail(m.Recipient)
	if err != nil || u == nil || u.DeletedAt != nil {
		return err
	}
	return s.mailRecovery(x, u, m, a, mailRecovery, "recovery", byRecovery)
}

// mailRecovery sends a code and link that a user signs in with.
func (s *Service) mailRecovery(x *tx, u *userRow, m *Message, a errand, template, purpose, method string) error {
	flow, err := s.beginFlow(x, a.Challenge, u.ID, "email", method)
	if err != nil {
		return err
	}
	t := oneTime{kind: recovery, purpose: purpose, address: m.Recipient, redirectTo: a.RedirectTo, flow: flow, message: m.ID, from: a.From}
	if _, err := s.mail(x, u, m.Recipient, template, t); err != nil {
		return err
	}
	now := s.now()
	_, err = x.updateUser(now, u.ID, values{"recovery_sent_at": now})
	return err
}

func (s *Service) answerAgain(x *tx, m *Message, a errand) error {
	u, err := x.userByEmail(m.Recipient)
	if err != nil || u == nil || u.EmailConfirmedAt != nil {
		return err
	}
	chosen, err := s.chosen(x, u.ID)
	if err != nil {
		return err
	}
	return s.mailFirst(x, u, m, a, chosen)
}

// chosen is what a sign-up has chosen whose confirmation is awaited, or is over: it goes with the next one.
func (s *Service) chosen(x *tx, user string) (map[string]any, error) {
	of := []condition{eq("user_id", user), eq("token_type", string(confirmation))}
	t, err := one[tokenRow](x, schemaAuth, "one_time_tokens", of...)
	if err != nil || t == nil {
		return nil, err
	}
	c, err := one[codeRow](x, schemaOwn, "one_time_codes", eq("id", t.ID))
	if err != nil || c == nil {
		return nil, err
	}
	chosen := object(c.Data)
	if len(chosen) > 0 {
		return chosen, nil
	}
	// The last is a stranger's who has asked for a code alone: what a sign-up has chosen is with one of before, and all that have something have the same.
	earlier, err := list[earlierRow](x, schemaOwn, "earlier_tokens", page{order: ascending("expires_at", "id")}, of...)
	for i := range earlier {
		if d := object(earlier[i].Data); len(d) > 0 && s.now().Before(earlier[i].ExpiresAt) {
			chosen = d
		}
	}
	return chosen, err
}

// answerChange sends what confirms a change of an address: nothing to the new one where it is another's already.
func (s *Service) answerChange(x *tx, m *Message, a errand) error {
	var u *userRow
	var err error
	if a.What == askChangeAgain {
		u, err = x.userByEmail(m.Recipient)
	} else {
		u, err = x.userByID(a.User)
	}
	if err != nil || u == nil || u.EmailChange == "" || a.What == askChange && u.EmailChange != m.Recipient {
		return err
	}
	return s.mailChange(x, u, a)
}

// answerText sends a text message with a code, where somebody carries it.
func (s *Service) answerText(x *tx, m *Message, a errand) error {
	if s.o.NoTexts {
		return nil
	}
	if a.What == askChange || a.What == askChangeAgain {
		return s.answerPhoneChange(x, m, a)
	}
	u, err := x.userByPhone(m.Recipient)
	if err != nil || u == nil || u.DeletedAt != nil || a.What != askSignIn && u.PhoneConfirmedAt != nil {
		return err
	}
	switch a.What {
	case askSignUp:
		pending, err := s.awaited(x, u.ID)
		if err != nil {
			return err
		}
		if pending != nil {
			delete(a.Chosen, "password")
		}
	case askAgain:
		if a.Chosen, err = s.chosen(x, u.ID); err != nil {
			return err
		}
	}
	if _, err = s.text(x, u, m.Recipient, m.Channel, oneTime{kind: confirmation, purpose: "sms", address: m.Recipient, data: a.Chosen, message: m.ID, from: a.From}); err != nil {
		return err
	}
	now := s.now()
	_, err = x.updateUser(now, u.ID, values{"confirmation_sent_at": now})
	return err
}

func (s *Service) answerPhoneChange(x *tx, m *Message, a errand) error {
	now := s.now()
	var u *userRow
	var err error
	if a.What == askChangeAgain {
		u, err = one[userRow](x, schemaAuth, "users", eq("phone_change", m.Recipient))
	} else {
		u, err = x.userByID(a.User)
	}
	if err != nil || u == nil || u.PhoneChange != m.Recipient {
		return err
	}
	other, err := x.userByPhone(m.Recipient)
	if err != nil || other != nil && other.ID != u.ID {
		return err
	}
	if _, err = s.text(x, u, m.Recipient, m.Channel, oneTime{kind: changePhone, purpose: "phone_change", address: m.Recipient, message: m.ID, from: a.From}); err != nil {
		return err
	}
	_, err = x.updateUser(now, u.ID, values{"phone_change_sent_at": now})
	return err
}
