package mail

import (
	"strings"
	"testing"
)

type fields struct {
	ConfirmationURL, Token, SiteURL, Email, NewEmail string
	Data                                             map[string]any
}

var some = fields{"https://api.test/verify?a=1&b=2", "123456", "https://app.test", "ada@app.test", "ada@new.test", map[string]any{"name": "<b>Ada</b>"}}

func render(t *testing.T, o Options, kind, languages string) *Mail {
	t.Helper()
	templates, err := NewTemplates(o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := templates.Render(kind, "ada@app.test", languages, some)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMailsAreInTheReadersLanguage(t *testing.T) {
	own := map[string]Override{"recovery": {Subject: "Neustart", HTML: "<p>{{ .Data.name }}</p>", In: map[string]Override{"pt-BR": {Subject: "Recomeço"}, "en": {Subject: "Start over", HTML: "<i>over</i>"}}}}
	for _, c := range []struct {
		o               Options
		kind, languages string
		language        string
		subject, html   string
	}{
		{Options{}, "confirmation", "", "en", "Confirm your address", "Press the button"},
		{Options{}, "confirmation", "de", "de", "Bestätigen Sie Ihre Adresse", `<html lang="de">`},
		{Options{}, "confirmation", "de_AT", "de", "Bestätigen Sie Ihre Adresse", "Oder geben Sie diesen Code ein"},
		{Options{}, "magic_link", "fr-CA,fr;q=0.9,en;q=0.8", "fr", "Votre lien de connexion", "Se connecter"},
		{Options{}, "invite", "tlh, es;q=0.1", "es", "Tiene una invitación", "Aceptar"},
		{Options{}, "invite", "zh", "en", "You have been invited", ""},
		{Options{}, "invite", "*", "en", "You have been invited", ""},
		{Options{}, "invite", "no language at all;;;", "en", "You have been invited", ""},
		{Options{}, "invite", strings.Repeat("de,", 1000), "de", "Sie sind eingeladen", ""},
		{Options{Language: "de"}, "confirmation", "zh", "de", "Bestätigen Sie Ihre Adresse", ""},
		{Options{Language: "nl"}, "confirmation", "nl", "en", "Confirm your address", ""}, // none of its own, and none comes along
		{Options{}, "reauthentication", "es", "es", "123456 es su código", "Su código: <b"},
		{Options{Own: own, Language: "de"}, "recovery", "de", "de", "Neustart", "<p>&lt;b&gt;Ada&lt;/b&gt;</p>"},
		{Options{Own: own, Language: "de"}, "recovery", "pt", "pt-BR", "Recomeço", "<p>&lt;b&gt;"},
		{Options{Own: own, Language: "de"}, "recovery", "en-GB", "en", "Start over", "<i>over</i>"},
		{Options{Own: own, Language: "de"}, "recovery", "fr", "de", "Neustart", "<p>"}, // what the project has written itself it has not written in French
		{Options{Own: own, Language: "de"}, "invite", "fr", "fr", "Vous êtes invité", ""},
	} {
		m := render(t, c.o, c.kind, c.languages)
		if m.Language != c.language || m.Subject != c.subject || !strings.Contains(m.HTML, c.html) {
			t.Errorf("%s for %.20q: got %s %q\n%s", c.kind, c.languages, m.Language, m.Subject, m.HTML)
		}
	}
}

// TestEveryMailSaysWhatItHasTo: the link, escaped for its place, in both forms; the code where one can be typed.
func TestEveryMailSaysWhatItHasTo(t *testing.T) {
	templates, err := NewTemplates(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Kinds {
		if got := strings.Join(templates.Languages(kind), " "); got != "en de es fr" {
			t.Errorf("%s is in %s", kind, got)
		}
		for tag := range built {
			m, err := templates.Render(kind, "x@y.z", tag, some)
			if err != nil {
				t.Fatal(err)
			}
			link, code := kind != "reauthentication", kind != "invite"
			if strings.Contains(m.HTML, `href="https://api.test/verify?a=1&amp;b=2"`) != link || strings.Contains(m.Text, "\n"+some.ConfirmationURL+"\n") != link ||
				strings.Contains(m.HTML, ">123456<") != code || strings.Contains(m.Text, "123456") != code || strings.Contains(m.HTML+m.Text, "[[") || m.Subject == "" {
				t.Errorf("%s in %s:\n%s\n%s\n%s", kind, tag, m.Subject, m.HTML, m.Text)
			}
		}
	}
	for tag, want := range map[string]string{"en": "Your code is 42", "de-CH": "Ihr Code ist 42", "fr": "Votre code est 42", "es-MX": "Su código es 42", "ja": "Your code is 42"} {
		if got, err := templates.SMS("42", tag); got != want || err != nil {
			t.Errorf("text message in %s: %q, %v", tag, got, err)
		}
	}
	mine, err := NewTemplates(Options{SMS: "{{ .Code }}!"})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := mine.SMS("42", "de"); got != "42!" {
		t.Errorf("the project's own text message: %q", got)
	}
}

func TestTemplatesThatCannotBe(t *testing.T) {
	for _, o := range []Options{
		{Own: map[string]Override{"confirm": {}}}, {Own: map[string]Override{"invite": {HTML: "{{"}}}, {Own: map[string]Override{"invite": {In: map[string]Override{"no tag": {Subject: "x"}}}}},
		{Language: "neither this"}, {SMS: "{{ .Code"},
	} {
		if _, err := NewTemplates(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
	m := render(t, Options{Own: map[string]Override{"invite": {Subject: "a\r\nBcc: {{ .Email }}"}}}, "invite", "")
	if m.Subject != "a Bcc: ada@app.test" {
		t.Errorf("a subject of several lines: %q", m.Subject)
	}
}
