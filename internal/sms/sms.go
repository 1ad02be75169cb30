// Package sms hands text messages to the project's carrier: Twilio, Twilio Verify, MessageBird, Vonage or Textlocal.
//
// Main types in order of meeting them: Message, Carrier (New makes one of a project's settings) and Checker, which a carrier is that makes and compares codes itself.
//
// Invariants: nil from Send means that the carrier has taken the message; ErrRefused says that it never will; an answer has a bound of bytes and a carrier one of time;
// no error tells a code, a text or a key.
package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Message is a text message.
type Message struct {
	Channel string // sms, whatsapp
	To      string // E.164 without its plus
	Text    string
	Code    string // that Text tells
}

// Carrier takes text messages. Safe for concurrent use.
type Carrier interface {
	Send(ctx context.Context, m Message) error
}

// Checker is a carrier that sends codes of its own and says whether one is right.
type Checker interface {
	Carrier
	Check(ctx context.Context, to, code string) (bool, error)
}

// ErrRefused says that a carrier will never take the message.
var ErrRefused = errors.New("the carrier refuses the message")

// Settings are what a project says of its carrier. Which members count is the carrier's business.
type Settings struct {
	Carrier    string // twilio, twilio_verify, messagebird, vonage, textlocal
	Account    string // twilio: account_sid
	Key        string // access_key, api_key
	Secret     string // auth_token, api_secret
	From       string // originator, sender, from, message_service_sid
	ContentSID string // twilio: the template of WhatsApp messages
	URL        string // "" is the carrier's own
}

const (
	timeout   = 15 * time.Second
	maxAnswer = 64 << 10
)

// New makes the carrier of a project.
func New(s Settings) (Carrier, error) {
	need := func(all ...string) error {
		for i := 0; i < len(all); i += 2 {
			if all[i+1] == "" {
				return fmt.Errorf("%s is missing", all[i])
			}
		}
		return nil
	}
	c := &client{http: &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	base := func(own string) string {
		if s.URL != "" {
			return strings.TrimRight(s.URL, "/")
		}
		return own
	}
	switch s.Carrier {
	case "twilio":
		return &twilio{c, s, base("https://api.twilio.com")}, need("account_sid", s.Account, "auth_token", s.Secret, "message_service_sid", s.From)
	case "twilio_verify":
		return &twilioVerify{c, s, base("https://verify.twilio.com")}, need("account_sid", s.Account, "auth_token", s.Secret, "message_service_sid", s.From)
	case "messagebird":
		return &messageBird{c, s, base("https://rest.messagebird.com")}, need("access_key", s.Key, "originator", s.From)
	case "vonage":
		return &vonage{c, s, base("https://rest.nexmo.com")}, need("api_key", s.Key, "api_secret", s.Secret, "from", s.From)
	case "textlocal":
		return &textlocal{c, s, base("https://api.textlocal.in")}, need("api_key", s.Key, "sender", s.From)
	}
	return nil, fmt.Errorf("there is no carrier %q", s.Carrier)
}

type client struct{ http *http.Client }

// post sends a form and reads the answer into out.
func (c *client) post(ctx context.Context, address string, form url.Values, authorize func(*http.Request), out any) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if authorize != nil {
		authorize(r)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out); err != nil {
		return resp.StatusCode, outcome(resp.StatusCode, fmt.Sprintf("answered %d and no JSON", resp.StatusCode))
	}
	return resp.StatusCode, nil
}

// outcome is the error of a status: what a carrier says to be the message's fault is not tried again.
func outcome(status int, why string) error {
	if status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout {
		return fmt.Errorf("%w: %s", ErrRefused, why)
	}
	return fmt.Errorf("the carrier did not take the message: %s", why)
}

func onlySMS(m Message) error {
	if m.Channel != "sms" {
		return fmt.Errorf("%w: it has no channel %q", ErrRefused, m.Channel)
	}
	return nil
}

type twilio struct {
	*client
	Settings
	base string
}

// Send sends over Programmable Messaging.
func (t *twilio) Send(ctx context.Context, m Message) error {
	form := url.Values{"To": {"+" + m.To}, "From": {t.From}, "Channel": {m.Channel}}
	if strings.HasPrefix(t.From, "MG") { // a messaging service
		form.Del("From")
		form.Set("MessagingServiceSid", t.From)
	}
	if m.Channel == "whatsapp" {
		form.Set("To", "whatsapp:+"+m.To)
		if from := form.Get("From"); from != "" {
			form.Set("From", "whatsapp:"+from)
		}
	}
	if m.Channel == "whatsapp" && t.ContentSID != "" {
		variables, err := json.Marshal(map[string]string{"1": m.Code})
		if err != nil {
			return err
		}
		form.Set("ContentSid", t.ContentSID)
		form.Set("ContentVariables", string(variables))
	} else {
		form.Set("Body", m.Text)
	}
	_, _, err := ask(ctx, t.client, t.Settings, t.base+"/2010-04-01/Accounts/"+url.PathEscape(t.Account)+"/Messages.json", form)
	return err
}

// twilioAnswer is what both of Twilio's interfaces answer; of an error, code and message.
type twilioAnswer struct {
	Status  string          `json:"status"`
	Valid   bool            `json:"valid"`
	Code    json.RawMessage `json:"code"`
	Message string          `json:"message"`
	Error   string          `json:"error_message"`
}

// ask asks one of Twilio's interfaces.
func ask(ctx context.Context, c *client, s Settings, address string, form url.Values) (*twilioAnswer, int, error) {
	var a struct {
		twilioAnswer
		Status any `json:"status"` // a word, or of an error the status as a number
	}
	status, err := c.post(ctx, address, form, func(r *http.Request) { r.SetBasicAuth(s.Account, s.Secret) }, &a)
	if err != nil {
		return nil, status, err
	}
	a.twilioAnswer.Status, _ = a.Status.(string)
	switch {
	case status != http.StatusOK && status != http.StatusCreated:
		return nil, status, outcome(status, fmt.Sprintf("%d: %s (%s)", status, a.Message, a.Code))
	case a.twilioAnswer.Status == "failed" || a.twilioAnswer.Status == "undelivered":
		return nil, status, fmt.Errorf("the carrier did not take the message: %s", a.Error)
	}
	return &a.twilioAnswer, status, nil
}

type twilioVerify struct {
	*client
	Settings
	base string
}

func (t *twilioVerify) service() string { return t.base + "/v2/Services/" + url.PathEscape(t.From) }

// Send lets Twilio send a code of its own.
func (t *twilioVerify) Send(ctx context.Context, m Message) error {
	_, _, err := ask(ctx, t.client, t.Settings, t.service()+"/Verifications", url.Values{"To": {"+" + m.To}, "Channel": {m.Channel}})
	return err
}

// Check asks whether a code is the one that was sent last.
func (t *twilioVerify) Check(ctx context.Context, to, code string) (bool, error) {
	a, status, err := ask(ctx, t.client, t.Settings, t.service()+"/VerificationCheck", url.Values{"To": {"+" + to}, "Code": {code}})
	if status == http.StatusNotFound || status == http.StatusBadRequest {
		return false, nil // nothing was sent, it is over, or this is no code
	}
	if err != nil {
		return false, err
	}
	return a.Status == "approved" && a.Valid, nil
}

type messageBird struct {
	*client
	Settings
	base string
}

func (t *messageBird) Send(ctx context.Context, m Message) error {
	if err := onlySMS(m); err != nil {
		return err
	}
	var a struct {
		Recipients struct {
			Sent int `json:"totalSentCount"`
		} `json:"recipients"`
		Errors []struct {
			Description string `json:"description"`
		} `json:"errors"`
	}
	form := url.Values{"originator": {t.From}, "body": {m.Text}, "recipients": {m.To}, "type": {"sms"}, "datacoding": {"unicode"}}
	status, err := t.post(ctx, t.base+"/messages", form, func(r *http.Request) { r.Header.Set("Authorization", "AccessKey "+t.Key) }, &a)
	switch {
	case err != nil:
		return err
	case status >= 300:
		why := fmt.Sprint(status)
		if len(a.Errors) > 0 {
			why = a.Errors[0].Description
		}
		return outcome(status, why)
	case a.Recipients.Sent == 0:
		return errors.New("the carrier has sent the message to nobody")
	}
	return nil
}

type vonage struct {
	*client
	Settings
	base string
}

func (t *vonage) Send(ctx context.Context, m Message) error {
	if err := onlySMS(m); err != nil {
		return err
	}
	form := url.Values{"from": {t.From}, "to": {m.To}, "text": {m.Text}, "api_key": {t.Key}, "api_secret": {t.Secret}}
	if strings.ContainsFunc(m.Text, func(r rune) bool { return r > 0x7f }) {
		form.Set("type", "unicode")
	}
	var a struct {
		Messages []struct {
			Status string `json:"status"`
			Error  string `json:"error-text"`
		} `json:"messages"`
	}
	status, err := t.post(ctx, t.base+"/sms/json", form, nil, &a)
	switch {
	case err != nil:
		return err
	case status >= 300, len(a.Messages) == 0:
		return outcome(status, fmt.Sprint(status))
	}
	for _, part := range a.Messages {
		switch part.Status {
		case "0":
		case "1", "5", "8": // throttled, internal error, service down: another time
			return fmt.Errorf("the carrier did not take the message: %s", part.Error)
		default:
			return fmt.Errorf("%w: %s", ErrRefused, part.Error)
		}
	}
	return nil
}

type textlocal struct {
	*client
	Settings
	base string
}

func (t *textlocal) Send(ctx context.Context, m Message) error {
	if err := onlySMS(m); err != nil {
		return err
	}
	var a struct {
		Status string `json:"status"`
		Errors []struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	status, err := t.post(ctx, t.base+"/send", url.Values{"sender": {t.From}, "apikey": {t.Key}, "message": {m.Text}, "numbers": {m.To}}, nil, &a)
	switch {
	case err != nil:
		return err
	case status >= 300:
		return outcome(status, fmt.Sprint(status))
	case a.Status != "success" && len(a.Errors) > 0:
		return fmt.Errorf("the carrier did not take the message: %s (%d)", a.Errors[0].Message, a.Errors[0].Code)
	case a.Status != "success":
		return fmt.Errorf("the carrier did not take the message: %q", a.Status)
	}
	return nil
}
