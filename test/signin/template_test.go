package signin

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/browsertest"
)

const german = `[auth.email.template.recovery]
subject = "Start over, {{ .Data.name }}"
content = "<p>over <a href='{{ .ConfirmationURL }}'>here</a></p>"
[auth.email.template.recovery.de]
subject = "Neustart, {{ .Data.name }}"
`

// TestMailsAreInTheUsersLanguage: as the request says, unless the user says otherwise.
func TestMailsAreInTheUsersLanguage(t *testing.T) {
	both(t, open+german, func(t *testing.T, s *server) {
		ask := func(path, languages string, body obj) {
			t.Helper()
			s.want(path, s.call("", "POST /auth/v1"+path, body, "Accept-Language", languages), 200, "")
		}
		ask("/signup", "de-AT,de;q=0.9,en;q=0.8", obj{"email": "ada@example.com", "password": good, "data": obj{"name": "Ada"}})
		m := s.mail("ada@example.com", "confirmation")
		if m.Subject != "Bestätigen Sie Ihre Adresse" || !strings.Contains(m.HTML, `lang="de"`) || !strings.Contains(m.Text, "öffnen Sie diesen Link") {
			t.Errorf("got %+v", m)
		}
		s.press(m.Link)
		ask("/recover", "de", obj{"email": "ada@example.com"})
		if m := s.mail("ada@example.com", "recovery"); m.Subject != "Neustart, Ada" || !strings.Contains(m.HTML, "<p>over <a href='http") {
			t.Errorf("the project's own: %+v", m)
		}
		ask("/recover", "fr", obj{"email": "ada@example.com"})
		if m := s.mail("ada@example.com", "recovery"); m.Subject != "Start over, Ada" {
			t.Errorf("the project has not written it in French: %+v", m)
		}
		ask("/otp", "es", obj{"email": "bob@example.com", "data": obj{"locale": "fr_CA"}})
		if m := s.mail("bob@example.com", "confirmation"); m.Subject != "Confirmez votre adresse" {
			t.Errorf("the user's own language: %+v", m)
		}
		ask("/otp", strings.Repeat("x", 5000), obj{"email": "cyd@example.com"})
		if m := s.mail("cyd@example.com", "confirmation"); m.Subject != "Confirm your address" {
			t.Errorf("a language that is none: %+v", m)
		}
		s.want("invite", s.call(s.ServiceKey, "POST /auth/v1/invite", obj{"email": "dan@example.com"}, "Accept-Language", "de"), 200, "")
		if m := s.mail("dan@example.com", "invite"); m.Subject != "You have been invited" {
			t.Errorf("who invites is not who reads: %+v", m)
		}
	})
}

// TestEveryTemplateCanBeLookedAt: in development, with made-up data, in every language.
func TestEveryTemplateCanBeLookedAt(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, german)
	p := browsertest.Open(t, h.URL+"/inbox")
	p.Click(`document.querySelector('a[href="inbox/templates"]')`)
	p.Wait("the templates", `document.title == 'Templates' && document.readyState == 'complete'`)
	if got := p.Run(`[...document.querySelectorAll('h2')].map(h => h.id).join(' ')`); got != "confirmation email_change invite magic_link reauthentication recovery sms" {
		t.Errorf("the page shows %s", got)
	}
	if got := p.Run(`[...document.querySelectorAll('article')].map(a => a.lang).join(' ')`); got != strings.Repeat("en de es fr ", 5)+"en de "+"en de es fr" {
		t.Errorf("the languages are %s", got)
	}
	if got := p.Run(`document.body.innerText`); !strings.Contains(got, "Neustart, Ada") || !strings.Contains(got, "Ihr Code ist 123456") {
		t.Errorf("the page shows %s", got)
	}
	if got := p.Run(`document.querySelector('iframe').srcdoc`); !strings.Contains(got, "https://api.example/auth/v1/verify?token=sample&amp;type=sample") {
		t.Errorf("the first mail: %s", got)
	}
	if a := h.call("", "GET /inbox/templates", nil, "Origin", "https://evil.example"); a.status != http.StatusForbidden {
		t.Errorf("another site reads it: %d", a.status)
	}
}
