// Package smtptest runs a real mail server inside a test, to send to.
//
// Main types in order of meeting them: Options, Server, Mail.
//
// Invariants: the server listens on loopback alone and ends with its test; its certificate is its own, in a file that a client can be told to trust.
package smtptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options say how the server behaves.
type Options struct {
	Addr           string // "": a free port
	TLS            string // starttls, tls or none
	User, Password string // "": nobody has to sign in
	// Answer, if set, is asked about every recipient: its error refuses it.
	Answer func(to string) error
	// Hold, if set, is called when a mail has come, before the server says that it has it.
	Hold func(to string)
}

// Server is a running mail server.
type Server struct {
	Host   string
	Port   int
	CA     string    // file
	Mails  chan Mail // that the server has said to have
	Tries  chan string
	server *smtp.Server
}

// Mail is a mail that came.
type Mail struct {
	From, To  string // of the envelope
	Signed    bool   // its sender has signed in
	Encrypted bool
	Header    mail.Header
	Subject   string
	Text      string
	HTML      string
}

const room = 1000 // mails that a test may leave unread

// Start starts a server that ends with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	s := &Server{Host: "127.0.0.1", Mails: make(chan Mail, room), Tries: make(chan string, room)}
	certificate := s.certificate(t)
	l, err := net.Listen("tcp", o.Addr)
	if err != nil {
		t.Fatal(err)
	}
	s.Port = l.Addr().(*net.TCPAddr).Port
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{s: s, o: o, conn: c}, nil }))
	s.server.Domain, s.server.AllowInsecureAuth = "mail.test", o.TLS == "none"
	if o.TLS != "none" {
		s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	if o.TLS == "tls" {
		l = tls.NewListener(l, s.server.TLSConfig)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.server.Serve(l) // ends with Close
	}()
	t.Cleanup(func() {
		_ = s.server.Close() // the test is over
		<-done
	})
	return s
}

// Next is the next mail that comes.
func (s *Server) Next(t testing.TB) Mail {
	t.Helper()
	select {
	case m := <-s.Mails:
		return m
	case <-time.After(30 * time.Second):
		t.Fatal("no mail came")
	}
	panic("unreachable")
}

func (s *Server) certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s.CA = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(s.CA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// session is one connection.
type session struct {
	s      *Server
	o      Options
	conn   *smtp.Conn
	signed bool
	from   string
	to     string
}

var errSignIn = &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "sign in first"}

func (c *session) AuthMechanisms() []string {
	if c.o.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != c.o.User || password != c.o.Password {
			return smtp.ErrAuthFailed
		}
		c.signed = true
		return nil
	}), nil
}

func (c *session) Reset()        { c.from, c.to = "", "" }
func (c *session) Logout() error { return nil }

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if c.o.User != "" && !c.signed {
		return errSignIn
	}
	c.from = from
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.s.Tries <- to
	if c.o.Answer != nil {
		if err := c.o.Answer(to); err != nil {
			return err
		}
	}
	c.to = to
	return nil
}

func (c *session) Data(r io.Reader) error {
	m, err := read(r)
	if err != nil {
		return err
	}
	_, m.Encrypted = c.conn.TLSConnectionState()
	m.From, m.To, m.Signed = c.from, c.to, c.signed
	if c.o.Hold != nil {
		c.o.Hold(c.to)
	}
	c.s.Mails <- *m
	return nil
}

// read reads a mail of two forms.
func read(r io.Reader) (*Mail, error) {
	parsed, err := mail.ReadMessage(r)
	if err != nil {
		return nil, err
	}
	m := &Mail{Header: parsed.Header}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		return nil, err
	}
	kind, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return nil, errors.Join(err, errors.New("the mail is no multipart/alternative but "+kind))
	}
	parts := multipart.NewReader(parsed.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return nil, err
		}
		var body io.Reader = p
		if strings.EqualFold(p.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
			body = quotedprintable.NewReader(p)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		switch kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); kind {
		case "text/plain":
			m.Text = string(text)
		case "text/html":
			m.HTML = string(text)
		}
	}
}
