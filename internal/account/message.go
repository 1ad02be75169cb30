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
	Language        string         `json:"Language"` // that the reader prefers: a tag, or a list as of Accept-Language; "" is not known
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

// tell queues a message to a user, in the row that asked for it or a new one.
func (s *Service) tell(x *tx, channel, recipient, template string, f Fields, u *userRow, row string) (string, error) {
	now := s.now()
	f.SiteURL, f.UserID = s.o.SiteURL, u.ID
	if f.Data == nil {
		f.Data = object(u.UserMeta)
	}
	f.Language = preferred(x.ctx, template, object(u.UserMeta))
	v := values{"template": template, "data": f, "state": "waiting", "next_at": now, "tries": 0, "error": ""}
	if row != "" {
		_, err := update[Message](x, schemaOwn, "messages", v, eq("id", row))
		return row, err
	}
	v["id"], v["channel"], v["recipient"], v["created_at"] = newID(), channel, recipient, now
	_, err := insert[Message](x, schemaOwn, "messages", v)
	return v["id"].(string), err
}

// preferred is the language of a user as the user says (in the metadata), or as the request that causes the message says. Who invites is not who reads.
func preferred(ctx context.Context, template string, meta map[string]any) string {
	for _, name := range []string{"locale", "language"} {
		if tag, _ := meta[name].(string); tag != "" {
			return tag
		}
	}
	if template == mailInvite {
		return ""
	}
	return languageOf(ctx)
}

// languageOf is what the request under way says that its sender reads.
func languageOf(ctx context.Context) string {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c.Language
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
	_, err = s.tell(x, channelMail, to, template, f, u, t.message)
	return sec, err
}

// testMessage is the id of a message to a number whose code is known already: none is sent.
const testMessage = "test-otp"

// mayText refuses where nobody carries text messages.
func (s *Service) mayText(to string) error {
	if s.o.NoTexts && s.o.TestCodes[to] == "" {
		return fail(http.StatusUnprocessableEntity, "phone_provider_disabled", "Unsupported phone provider: no carrier of text messages is set")
	}
	return nil
}

// text makes a one-time token of the user's and queues the text message that tells its code. It gives the message's id.
func (s *Service) text(x *tx, u *userRow, to, channel string, t oneTime) (string, error) {
	t.code = s.o.TestCodes[to]
	if err := s.mayText(to); err != nil {
		return "", err
	}
	t.user = u.ID
	sec, err := s.issue(x, t)
	if err != nil {
		return "", err
	}
	if t.code != "" {
		return testMessage, nil
	}
	return s.tell(x, channel, to, textCode, Fields{Token: sec.Code, Phone: to, Action: t.purpose}, u, t.message)
}

// Messages gives the latest messages, the newest first: what an inbox for development shows.
func (s *Service) Messages(ctx context.Context, limit int) ([]Message, error) {
	if err := s.answerDue(ctx); err != nil {
		return nil, err
	}
	var rows []Message
	err := s.read(ctx, func(x *tx) (err error) {
		rows, err = list[Message](x, schemaOwn, "messages", page{order: []query.Order{{Name: "created_at", Desc: true}, {Name: "id"}}, limit: limit}, neq("state", "void"))
		return err
	})
	return rows, err
}
