package account

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// Message is a mail or text message that is to be told: a row of mainstay.messages, written in the transaction of what it tells.
type Message struct {
	ID        string          `json:"id"`
	Channel   string          `json:"channel"` // email, sms, whatsapp
	Recipient string          `json:"recipient"`
	Template  string          `json:"template"` // confirmation, recovery, magic_link, invite, email_change, reauthentication; otp of text messages
	Data      json.RawMessage `json:"data"`     // what the template names; see Fields
	State     string          `json:"state"`    // waiting, sent, failed
	Tries     int             `json:"tries"`
	NextAt    time.Time       `json:"next_at"`
	Error     string          `json:"error"`
	CreatedAt time.Time       `json:"created_at"`
	SentAt    *time.Time      `json:"sent_at"`
}

// Fields is what a template may name (protocol document 2.5).
type Fields struct {
	ConfirmationURL string         `json:"ConfirmationURL"`
	Token           string         `json:"Token"`
	TokenNew        string         `json:"TokenNew,omitempty"` // of the new address, where one message tells both
	TokenHashNew    string         `json:"TokenHashNew,omitempty"`
	TokenHash       string         `json:"TokenHash"`
	SiteURL         string         `json:"SiteURL"`
	RedirectTo      string         `json:"RedirectTo"`
	Email           string         `json:"Email"`
	NewEmail        string         `json:"NewEmail"`
	Phone           string         `json:"Phone"`
	Data            map[string]any `json:"Data"`
	Action          string         `json:"Action"` // the word of the link
	UserID          string         `json:"UserID"`
}

// The templates.
const (
	mailConfirmation = "confirmation"
	mailRecovery     = "recovery"
	mailMagicLink    = "magic_link"
	mailInvite       = "invite"
	mailChange       = "email_change"
	mailReauth       = "reauthentication"
	textCode         = "otp"
)

// verifyURL is the link of a one-time token.
func (s *Service) verifyURL(link, purpose, redirectTo string) string {
	// In this order: mails and tests of the ecosystem look for ?token=.
	to := s.Issuer() + "/verify?token=" + url.QueryEscape(link) + "&type=" + url.QueryEscape(purpose)
	if redirectTo != "" {
		to += "&redirect_to=" + url.QueryEscape(redirectTo)
	}
	return to
}

// tell queues a message. u may be nil: then nothing is to be told, and a row of the same size that nobody sends keeps the work equal.
func (s *Service) tell(x *tx, channel, recipient, template string, f Fields, u *userRow) (string, error) {
	now := s.now()
	f.SiteURL = s.o.SiteURL
	state := "void"
	if u != nil {
		state = "waiting"
		f.UserID = u.ID
		if f.Data == nil {
			f.Data = object(u.UserMeta)
		}
	}
	id := newID()
	_, err := insert[Message](x, schemaOwn, "messages", values{
		"id": id, "channel": channel, "recipient": recipient, "template": template, "data": f, "state": state, "next_at": now, "created_at": now,
	})
	return id, err
}

// mail makes a one-time token of the user's and queues the mail that tells it.
func (s *Service) mail(x *tx, u *userRow, to, template string, t oneTime) (*secrets, error) {
	t.user = u.ID
	sec, err := s.issue(x, t)
	if err != nil {
		return nil, err
	}
	f := Fields{
		ConfirmationURL: s.verifyURL(sec.Link, t.purpose, t.redirectTo), Token: sec.Code, TokenHash: sec.Link, RedirectTo: t.redirectTo, Email: u.Email,
		NewEmail: u.EmailChange, Action: t.purpose,
	}
	if f.Email == "" {
		f.Email = to
	}
	_, err = s.tell(x, "email", to, template, f, u)
	return sec, err
}

// text makes a one-time token of the user's and queues the text message that tells its code. It gives the message's id.
func (s *Service) text(x *tx, u *userRow, to, channel string, t oneTime) (string, error) {
	t.code = s.o.TestCodes[to]
	if s.o.NoTexts && t.code == "" {
		return "", fail(http.StatusUnprocessableEntity, "phone_provider_disabled", "Unsupported phone provider: no carrier of text messages is set")
	}
	t.user = u.ID
	sec, err := s.issue(x, t)
	if err != nil {
		return "", err
	}
	if t.code != "" {
		return "test-otp", nil
	}
	return s.tell(x, channel, to, textCode, Fields{Token: sec.Code, Phone: to, Action: t.purpose}, u)
}

// noMail does for an address that has nobody to write to what mail does for one that has, so that both take the same work.
func (s *Service) noMail(x *tx, to, template string) error {
	link := pkcePrefix + randomText(42)
	if _, err := find[tokenRow](x, schemaAuth, "one_time_tokens", eq("token_hash", linkHash(link)), eq("token_type", string(recovery))); err != nil {
		return err
	}
	_, err := s.tell(x, "email", to, template, Fields{ConfirmationURL: s.verifyURL(link, template, s.o.SiteURL), Token: digits(s.o.CodeLength), TokenHash: link, Email: to}, nil)
	return err
}

// Messages gives the latest messages, the newest first: what an inbox for development shows.
func (s *Service) Messages(ctx context.Context, limit int) ([]Message, error) {
	var rows []Message
	err := s.read(ctx, func(x *tx) (err error) {
		rows, err = list[Message](x, schemaOwn, "messages", page{order: []query.Order{{Name: "created_at", Desc: true}, {Name: "id"}}, limit: limit}, neq("state", "void"))
		return err
	})
	return rows, err
}
