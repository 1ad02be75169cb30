package signin

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/mail/smtptest"
)

var href = regexp.MustCompile(`href="([^"]*/verify[^"]*)"`)

// withSMTP are settings with a mail server.
func withSMTP(s *smtptest.Server, tls string) string {
	return fmt.Sprintf(`[auth.email.smtp]
host = %q
port = %d
user = "app"
pass = "secret of the app"
admin_email = "hello@app.example"
sender_name = "Größe & Co"
tls = %q
ca_path = %q
`, s.Host, s.Port, tls, s.CA)
}

// TestMailGoesOverTLSWithSignIn sends over STARTTLS and over TLS from the first byte to a real server that asks who sends.
func TestMailGoesOverTLSWithSignIn(t *testing.T) {
	for _, tls := range []string{"starttls", "tls"} {
		t.Run(tls, func(t *testing.T) {
			mails := smtptest.Start(t, smtptest.Options{TLS: tls, User: "app", Password: "secret of the app"})
			both(t, open+withSMTP(mails, tls), func(t *testing.T, s *server) {
				s.want("sign up", s.auth("", "POST /signup", obj{"email": "ada@example.com", "password": good}), 200, "")
				m := mails.Next(t)
				if !m.Encrypted || !m.Signed || m.From != "hello@app.example" || m.To != "ada@example.com" || m.Subject != "Confirm your address" {
					t.Errorf("the envelope: %+v", m)
				}
				if from, err := m.Header.AddressList("From"); err != nil || from[0].Name != "Größe & Co" {
					t.Errorf("from %v, %v", from, err)
				}
				link := href.FindStringSubmatch(m.HTML)
				if link == nil || !strings.Contains(m.Text, "/auth/v1/verify?token=") {
					t.Fatalf("no link: %s\n%s", m.Text, m.HTML)
				}
				to, _ := s.press(strings.ReplaceAll(link[1], "&amp;", "&"))
				if fragment(to).Get("access_token") == "" {
					t.Errorf("the link leads to %s", to)
				}
				if kept := s.inbox("ada@example.com"); len(kept) != 1 || kept[0].Link != s.URL+"/auth/v1/verify?"+query(t, link[1]) {
					t.Errorf("the inbox for development shows %+v", kept)
				}
			})
		})
	}
}

func query(t *testing.T, link string) string {
	u, err := url.Parse(strings.ReplaceAll(link, "&amp;", "&"))
	if err != nil {
		t.Fatal(err)
	}
	return u.RawQuery
}
