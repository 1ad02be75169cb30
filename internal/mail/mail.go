// Package mail writes the project's mails and text messages and sends the mails over SMTP.
//
// Main types in order of meeting them: Templates, which makes a Mail of a message's fields, and SMTP, which sends one. Templates are the project's own files
// where it has them (Go's template language, with the names that the ecosystem's templates use), else the ones here.
//
// Invariants: what a template puts into HTML is escaped for its place; a header holds no line end, whoever chose its text (html/template, go-mail).
package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/mail"
	"os"
	"strings"
	text "text/template"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Mail is a finished mail.
type Mail struct {
	To      string
	Subject string
	HTML    string
	Text    string
}

//go:embed template/*
var files embed.FS

// kinds are the messages that there are, with their default subjects.
var kinds = map[string]string{
	"confirmation":     "Confirm your address",
	"recovery":         "Reset your password",
	"magic_link":       "Your link to sign in",
	"invite":           "You have been invited",
	"email_change":     "Confirm your new address",
	"reauthentication": "{{ .Token }} is your code",
}

// Override is what a project says of one kind of mail; "" is the default.
type Override struct {
	Subject string
	HTML    string // the template itself
	Text    string
}

// Templates are the templates of a project. Immutable.
type Templates struct {
	subject map[string]*text.Template
	html    map[string]*template.Template
	plain   map[string]*text.Template
	sms     *text.Template
}

// NewTemplates reads the project's templates by kind: confirmation, recovery, magic_link, invite, email_change, reauthentication. sms is the text of a code. An
// error names the kind.
func NewTemplates(own map[string]Override, sms string) (*Templates, error) {
	t := &Templates{subject: map[string]*text.Template{}, html: map[string]*template.Template{}, plain: map[string]*text.Template{}}
	for kind := range own {
		if _, ok := kinds[kind]; !ok {
			return nil, fmt.Errorf("there is no mail of kind %q", kind)
		}
	}
	for kind, subject := range kinds {
		o := own[kind]
		html, err := or(o.HTML, kind+".html")
		if err != nil {
			return nil, err
		}
		plain, err := or(o.Text, kind+".txt")
		if err != nil {
			return nil, err
		}
		if o.Subject != "" {
			subject = o.Subject
		}
		if t.subject[kind], err = text.New(kind).Parse(subject); err == nil {
			if t.html[kind], err = template.New(kind).Parse(html); err == nil {
				t.plain[kind], err = text.New(kind).Parse(plain)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("the template of mail %s: %w", kind, err)
		}
	}
	if sms == "" {
		sms = "Your code is {{ .Code }}"
	}
	var err error
	if t.sms, err = text.New("sms").Parse(sms); err != nil {
		return nil, fmt.Errorf("the template of text messages: %w", err)
	}
	return t, nil
}

func or(own, file string) (string, error) {
	if own != "" {
		return own, nil
	}
	b, err := files.ReadFile("template/" + file)
	if errors.Is(err, fs.ErrNotExist) {
		panic("mail: no template " + file)
	}
	return string(b), err
}

// Render makes the mail of a kind. fields are what templates name.
func (t *Templates) Render(kind, to string, fields any) (*Mail, error) {
	if t.subject[kind] == nil {
		return nil, fmt.Errorf("there is no mail of kind %q", kind)
	}
	m := &Mail{To: to}
	var subject, html, plain bytes.Buffer
	if err := t.subject[kind].Execute(&subject, fields); err != nil {
		return nil, err
	}
	if err := t.html[kind].Execute(&html, fields); err != nil {
		return nil, err
	}
	if err := t.plain[kind].Execute(&plain, fields); err != nil {
		return nil, err
	}
	m.Subject, m.HTML, m.Text = strings.Join(strings.Fields(subject.String()), " "), html.String(), plain.String()
	return m, nil
}

// SMS makes the text message of a code.
func (t *Templates) SMS(code string) (string, error) {
	var b bytes.Buffer
	err := t.sms.Execute(&b, map[string]string{"Code": code, "Token": code})
	return b.String(), err
}

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
	Timeout time.Duration // of one mail; 30 s
}

// Send hands a mail over. It is on the server when Send returns nil.
func (s *SMTP) Send(ctx context.Context, m *Mail) error {
	msg := gomail.NewMsg()
	from := (&mail.Address{Name: s.FromName, Address: s.From}).String()
	if err := msg.From(from); err != nil {
		return fmt.Errorf("sender %s: %w", from, err)
	}
	if err := msg.To(m.To); err != nil {
		return fmt.Errorf("recipient: %w", err)
	}
	msg.Subject(m.Subject)
	msg.SetMessageID()
	msg.SetDate()
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	c, err := s.client()
	if err != nil {
		return err
	}
	if err := c.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("send over %s: %w", s.Host, err)
	}
	return nil
}

func (s *SMTP) client() (*gomail.Client, error) {
	timeout := s.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	opts := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(timeout)}
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
	if s.CA != "" {
		pem, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, err
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", s.CA)
		}
		opts = append(opts, gomail.WithTLSConfig(&tls.Config{RootCAs: pool, ServerName: s.Host, MinVersion: tls.VersionTLS12}))
	}
	if s.User != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	return gomail.NewClient(s.Host, opts...)
}
