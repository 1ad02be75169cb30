package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/identity"
	"github.com/mainstay-dev/mainstay/internal/mail"
	"github.com/mainstay-dev/mainstay/internal/mail/smtptest"
	"github.com/mainstay-dev/mainstay/internal/outbox"
)

// office is an outbox at work, whose clock the test moves.
type office struct {
	t        *testing.T
	accounts *account.Service
	ahead    atomic.Int64 // nanoseconds that the clock is ahead
	log      safeBuffer
	stop     func()
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// start starts an outbox that sends to a server.
func start(t *testing.T, carrier *mail.SMTP) *office {
	t.Helper()
	dir := t.TempDir()
	o := &office{t: t}
	log := slog.New(slog.NewTextHandler(&o.log, nil))
	e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := identity.Load(dir, "", identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.accounts = account.New(e, keys, account.Options{
		SiteURL: "https://app.test", External: func() string { return "https://api.test" }, Limits: account.Limits{Mails: -1, Signups: -1, MailEvery: -1},
		Now: func() time.Time { return time.Now().Add(time.Duration(o.ahead.Load())) }, Log: log,
	})
	templates, err := mail.NewTemplates(mail.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	box := &outbox.Outbox{Accounts: o.accounts, Templates: templates, Mail: carrier.Send, Log: log}
	var group sync.WaitGroup
	group.Go(func() { _ = e.Run(ctx) })   // ends with ctx
	group.Go(func() { _ = box.Run(ctx) }) // likewise
	o.stop = sync.OnceFunc(func() { cancel(); group.Wait() })
	t.Cleanup(func() {
		o.stop()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func (o *office) invite(to string) {
	o.t.Helper()
	if _, err := o.accounts.Invite(o.t.Context(), to, nil, ""); err != nil {
		o.t.Fatal(err)
	}
}

// message is what became of the message to an address.
func (o *office) message(to string) account.Message {
	o.t.Helper()
	all, err := o.accounts.Messages(o.t.Context(), 100)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, m := range all {
		if m.Recipient == to {
			return m
		}
	}
	o.t.Fatalf("no message to %s", to)
	panic("unreachable")
}

// until waits until the message to an address is as it should be, each time the outbox has had a turn.
func (o *office) until(to string, is func(account.Message) bool) account.Message {
	o.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		if m := o.message(to); is(m) {
			return m
		}
	}
	o.t.Fatalf("the message to %s stays %+v\n%s", to, o.message(to), o.log.String())
	panic("unreachable")
}

func sent(m account.Message) bool { return m.State == "sent" }

func carrierOf(s *smtptest.Server, tls string) *mail.SMTP {
	return &mail.SMTP{Host: s.Host, Port: s.Port, From: "hello@app.test", FromName: "The App", TLS: tls, CA: s.CA}
}

func TestServerThatIsDownIsTriedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil { // nobody listens there now
		t.Fatal(err)
	}
	o := start(t, &mail.SMTP{Host: "127.0.0.1", Port: addr.Port, From: "hello@app.test", TLS: "none"})
	o.invite("ada@app.test")
	m := o.until("ada@app.test", func(m account.Message) bool { return m.Error != "" })
	if m.State != "waiting" || m.Tries != 1 || !strings.Contains(m.Error, "refused") {
		t.Fatalf("after the first try: %+v", m)
	}
	s := smtptest.Start(t, smtptest.Options{Addr: addr.String(), TLS: "none"})
	o.ahead.Store(int64(31 * time.Second))
	got := s.Next(t)
	if got.To != "ada@app.test" || got.Header.Get("Message-Id") != "<"+m.ID+"@app.test>" {
		t.Errorf("got %+v", got)
	}
	if m = o.until("ada@app.test", sent); m.Tries != 2 || m.Error != "" || strings.Contains(string(m.Data), "token") {
		t.Errorf("after the second try: %+v", m)
	}
	if log := o.log.String(); !strings.Contains(log, "a message was not sent") || !strings.Contains(log, "again=true") || !strings.Contains(log, m.ID) {
		t.Errorf("the log does not tell: %s", log)
	}
}

func TestRefusedForGoodIsNotTriedAgain(t *testing.T) {
	s := smtptest.Start(t, smtptest.Options{TLS: "none", Answer: func(to string) error {
		switch {
		case strings.HasPrefix(to, "nobody"):
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		case strings.HasPrefix(to, "later"):
			return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "come again"}
		}
		return nil
	}})
	o := start(t, carrierOf(s, "none"))
	o.invite("nobody@app.test")
	o.invite("later@app.test")
	m := o.until("nobody@app.test", func(m account.Message) bool { return m.State == "failed" })
	if m.Tries != 1 || !strings.Contains(m.Error, "no such user") || strings.Contains(string(m.Data), "verify?token") {
		t.Errorf("what is refused: %+v", m)
	}
	if m := o.until("later@app.test", func(m account.Message) bool { return m.Error != "" }); m.State != "waiting" {
		t.Errorf("what is to come later: %+v", m)
	}
	o.ahead.Store(int64(time.Hour))
	o.invite("ada@app.test")
	o.until("later@app.test", func(m account.Message) bool { return m.Tries == 2 })
	if got := s.Next(t); got.To != "ada@app.test" {
		t.Errorf("got %+v", got)
	}
	tries := map[string]int{}
	for range len(s.Tries) {
		tries[<-s.Tries]++
	}
	if tries["nobody@app.test"] != 1 {
		t.Errorf("tries: %v", tries)
	}
	if log := o.log.String(); !strings.Contains(log, "refused=true") {
		t.Errorf("the log does not tell: %s", log)
	}
}

// TestSignInThatFailsIsTriedAgain: what is wrong is the project's setting, which somebody mends.
func TestSignInThatFailsIsTriedAgain(t *testing.T) {
	s := smtptest.Start(t, smtptest.Options{TLS: "starttls", User: "app", Password: "right"})
	c := carrierOf(s, "starttls")
	c.User, c.Password = "app", "wrong"
	o := start(t, c)
	o.invite("ada@app.test")
	if m := o.until("ada@app.test", func(m account.Message) bool { return m.Error != "" }); m.State != "waiting" || strings.Contains(m.Error, "wrong") {
		t.Errorf("got %+v", m)
	}
}

// TestSlowMailsHoldUpNobody: mails that hang leave places to others; what has no place is nobody's yet, so that its time does not run out while it waits.
func TestSlowMailsHoldUpNobody(t *testing.T) {
	release := make(chan struct{})
	s := smtptest.Start(t, smtptest.Options{TLS: "none", Hold: func(to string) {
		if strings.HasPrefix(to, "slow") {
			<-release
		}
	}})
	o := start(t, carrierOf(s, "none"))
	for i := range outbox.Parallel - 1 {
		o.invite(fmt.Sprintf("slow%d@app.test", i))
	}
	for range outbox.Parallel - 1 {
		<-s.Tries
	}
	for i := range 3 {
		to := fmt.Sprintf("quick%d@app.test", i)
		o.invite(to)
		if got := s.Next(t); got.To != to {
			t.Fatalf("got %s, want %s", got.To, to)
		}
		o.until(to, sent)
	}
	o.invite("slow-last@app.test")
	o.until("slow-last@app.test", func(m account.Message) bool { return m.Tries == 1 })
	o.invite("waits@app.test")
	if due, err := o.accounts.Due(t.Context(), 10); err != nil || len(due) != 1 || due[0].Recipient != "waits@app.test" {
		t.Errorf("what waits should be nobody's yet: %v, %v", due, err)
	}
	close(release)
	for range outbox.Parallel {
		to := s.Next(t).To
		if m := o.until(to, sent); m.Tries != 1 {
			t.Errorf("%s: %d tries", to, m.Tries)
		}
	}
	o.ahead.Store(int64(account.Lease + time.Second)) // the test took it and does not send it: it is another's now
	if got := s.Next(t); got.To != "waits@app.test" {
		t.Errorf("got %s", got.To)
	}
}

// TestUnderWayIsLeftAlone: while a mail is being handed over, nobody takes it a second time, and when the server is stopped it may arrive.
func TestUnderWayIsLeftAlone(t *testing.T) {
	come, release := make(chan struct{}), make(chan struct{})
	s := smtptest.Start(t, smtptest.Options{TLS: "none", Hold: func(string) { come <- struct{}{}; <-release }})
	o := start(t, carrierOf(s, "none"))
	o.invite("ada@app.test")
	<-come
	due, err := o.accounts.Due(t.Context(), 10)
	if err != nil || len(due) != 0 {
		t.Errorf("due meanwhile: %v, %v", due, err)
	}
	stopped := make(chan struct{})
	go func() { o.stop(); close(stopped) }()
	close(release)
	<-stopped
	if m := o.message("ada@app.test"); m.State != "sent" {
		t.Errorf("after the stop: %+v\n%s", m, o.log.String())
	}
}

// TestEndOfPatienceCutsTheConnection: a server that never answers holds a mail no longer than its sender waits.
func TestEndOfPatienceCutsTheConnection(t *testing.T) {
	for _, tls := range []string{"none", "starttls", "tls"} {
		t.Run(tls, func(t *testing.T) {
			come, release := make(chan struct{}), make(chan struct{})
			s := smtptest.Start(t, smtptest.Options{TLS: tls, Hold: func(string) { close(come); <-release }})
			t.Cleanup(func() { close(release) }) // before the server ends
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-come; cancel() }()
			began := time.Now()
			err := carrierOf(s, tls).Send(ctx, &mail.Mail{ID: "1", To: "ada@app.test", Subject: "s", Text: "t", HTML: "h"})
			if took := time.Since(began); err == nil || errors.Is(err, mail.ErrRefused) || took > 20*time.Second {
				t.Errorf("after %v: %v", took, err)
			}
		})
	}
}
