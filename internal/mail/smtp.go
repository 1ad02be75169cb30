package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"os"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// SMTP is a server that takes mails.
type SMTP struct {
	Host     string
	Port     int
	User     string
	Password string
	From     string // address
	FromName string
	// TLS is how the connection is protected: "starttls" (default), "tls" from the first byte, "none" for a server on this machine.
	TLS string
	// CA is a file of certificates that are trusted beside the system's.
	CA      string
	Timeout time.Duration // of the greeting, and again of the handing over; 30 s
}

// ErrRefused is in the error of a mail that the server does not want, now or later (a reply of 5xx to the mail itself; RFC 5321 §4.2.1).
var ErrRefused = errors.New("refused for good")

// Send hands a mail over. It is on the server when Send returns nil. The end of ctx cuts the connection.
func (s *SMTP) Send(ctx context.Context, m *Mail) error {
	msg := gomail.NewMsg()
	from := (&mail.Address{Name: s.FromName, Address: s.From}).String()
	if err := msg.From(from); err != nil {
		return fmt.Errorf("sender %s: %w", from, err)
	}
	if err := msg.To(m.To); err != nil {
		return fmt.Errorf("%w: recipient: %w", ErrRefused, err)
	}
	msg.Subject(m.Subject)
	msg.SetMessageID()
	if _, host, ok := strings.Cut(s.From, "@"); ok && m.ID != "" {
		msg.SetMessageIDWithValue(m.ID + "@" + host)
	}
	msg.SetDate()
	if m.Language != "" {
		msg.SetGenHeader(gomail.HeaderContentLang, m.Language)
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	c, err := s.client(ctx)
	if err != nil {
		return err
	}
	conn, err := c.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("reach %s: %w", s.Host, err)
	}
	err = c.SendWithSMTPClient(conn, msg)
	_ = c.CloseWithSMTPClient(conn) // the mail is there or not: a farewell that fails changes nothing
	if err == nil || msg.IsDelivered() {
		return nil
	}
	var answer *gomail.SendError
	if errors.As(err, &answer) && refusal(answer.ErrorCode()) {
		return fmt.Errorf("%w: send over %s: %w", ErrRefused, s.Host, err)
	}
	return fmt.Errorf("send over %s: %w", s.Host, err)
}

// refusal reports whether a reply is about the mail, and final. That the server does not let this client in (530, 535, 538; RFC 4954 §6) is for the project to mend,
// and the mail can wait for that.
func refusal(code int) bool {
	return code >= 500 && !slices.Contains([]int{530, 535, 538}, code)
}

func (s *SMTP) client(ctx context.Context) (*gomail.Client, error) {
	timeout := s.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	trust := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12}
	if s.CA != "" {
		pem, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, err
		}
		if trust.RootCAs, err = x509.SystemCertPool(); err != nil {
			trust.RootCAs = x509.NewCertPool()
		}
		if !trust.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", s.CA)
		}
	}
	// The connection is dialled here, so that it can be cut: the library asks ctx only until it has one.
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		raw, err := (&net.Dialer{}).DialContext(dialing, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = raw.Close() }) // it may be closed already
		if s.TLS != "tls" {
			return raw, nil
		}
		c := tls.Client(raw, trust)
		if err := c.HandshakeContext(dialing); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
		return c, nil
	}
	opts := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(timeout), gomail.WithTLSConfig(trust), gomail.WithDialContextFunc(dial)}
	switch s.TLS {
	case "", "starttls":
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case "tls":
		opts = append(opts, gomail.WithSSL())
	case "none":
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("smtp tls must be starttls, tls or none, not %q", s.TLS)
	}
	if s.User != "" {
		opts = append(opts, gomail.WithSMTPAuthCustom(&login{user: s.User, password: s.Password, host: s.Host}))
	}
	return gomail.NewClient(s.Host, opts...)
}

// login proves to be the project's account in the best way that the server offers. What shows the password is the library's to refuse where others could read it.
type login struct {
	user, password, host string
	way                  smtp.Auth
}

// Start chooses.
func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	ways := []struct {
		name string
		way  smtp.Auth
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(l.user, l.password)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(l.user, l.password)},
		{"PLAIN", smtp.PlainAuth("", l.user, l.password, l.host, false)},
		{"LOGIN", smtp.LoginAuth(l.user, l.password, l.host, false)},
	}
	for _, w := range ways {
		if slices.ContainsFunc(server.Auth, func(offered string) bool { return strings.EqualFold(offered, w.name) }) {
			l.way = w.way
			return l.way.Start(server)
		}
	}
	return "", nil, fmt.Errorf("%s offers no way to sign in that is known here: %s", l.host, strings.Join(server.Auth, " "))
}

// Next goes on in the way that was chosen.
func (l *login) Next(fromServer []byte, more bool) ([]byte, error) {
	return l.way.Next(fromServer, more)
}
