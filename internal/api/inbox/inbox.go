// Package inbox is a door for development: it shows the mails and text messages that the project sends, as they arrive, so that links can be followed and codes
// typed without a mail server.
//
// New makes the handler. GET / is the page, GET /messages the same as JSON, GET /templates every template with made-up data.
//
// Invariants: it is made by a server for development only, which listens on loopback; it answers only requests for a loopback name, so that no page of
// another site can read it (DNS rebinding).
package inbox

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/mail"
)

// shown is how many messages the page shows.
const shown = 100

// Message is a message as the inbox shows it.
type Message struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Channel string    `json:"channel"`
	To      string    `json:"to"`
	Kind    string    `json:"kind"`
	Subject string    `json:"subject,omitempty"`
	Text    string    `json:"text"`
	HTML    string    `json:"html,omitempty"`
	State   string    `json:"state"`
	Link    string    `json:"link,omitempty"`
	Code    string    `json:"code,omitempty"`
}

//go:embed inbox.html templates.html
var files embed.FS

var pages = template.Must(template.ParseFS(files, "*.html"))

// write answers with a page.
func write(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		panic("inbox: " + err.Error())
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'")
	_, _ = w.Write(b.Bytes()) // the client is gone: nobody to tell
}

// New makes the door.
func New(accounts *account.Service, templates *mail.Templates) http.Handler {
	mux := http.NewServeMux()
	list := func(w http.ResponseWriter, r *http.Request) ([]Message, bool) {
		messages, err := read(r, accounts, templates)
		if err != nil {
			http.Error(w, "the inbox cannot be read", http.StatusInternalServerError)
			return nil, false
		}
		return messages, true
	}
	mux.HandleFunc("GET /messages", func(w http.ResponseWriter, r *http.Request) {
		messages, ok := list(w, r)
		if !ok {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(messages) // the client is gone: nobody to tell
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		messages, ok := list(w, r)
		if !ok {
			return
		}
		write(w, "inbox.html", messages)
	})
	mux.HandleFunc("GET /templates", func(w http.ResponseWriter, r *http.Request) {
		shown, err := preview(templates)
		if err != nil { // what a template of the project's makes of made-up data is for its author to read
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		write(w, "templates.html", shown)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The gateway lets every origin read answers; this door lets none.
		w.Header().Del("Access-Control-Allow-Origin")
		site := r.Header.Get("Sec-Fetch-Site")
		from, _, err := net.SplitHostPort(r.RemoteAddr)
		if !local(r.Host) || err != nil || !local(from) || r.Header.Get("Origin") != "" || site == "cross-site" || site == "same-site" {
			http.Error(w, "the inbox is for this machine only", http.StatusForbidden)
			return
		}
		if r.URL.Path == "" {
			r.URL.Path = "/"
		}
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

func local(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

func read(r *http.Request, accounts *account.Service, templates *mail.Templates) ([]Message, error) {
	rows, err := accounts.Messages(r.Context(), shown)
	if err != nil {
		return nil, err
	}
	out := make([]Message, 0, len(rows))
	for _, m := range rows {
		var f account.Fields
		if err := json.Unmarshal(m.Data, &f); err != nil {
			return nil, err
		}
		v := Message{ID: m.ID, At: m.CreatedAt, Channel: m.Channel, To: m.Recipient, Kind: m.Template, State: m.State, Link: f.ConfirmationURL, Code: f.Token}
		if m.Channel == "email" {
			written, err := templates.Render(m.Template, m.Recipient, f.Language, f)
			if err != nil {
				return nil, err
			}
			v.Subject, v.Text, v.HTML = written.Subject, written.Text, written.HTML
		} else if v.Text, err = templates.SMS(f.Token, f.Language); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// shownTemplates are the templates as the page shows them.
type shownTemplates struct {
	Mails []struct {
		Kind     string
		Versions []*mail.Mail
	}
	Texts []*mail.Mail // Language and Text
}

// sample is what the templates are filled with.
var sample = account.Fields{
	ConfirmationURL: "https://api.example/auth/v1/verify?token=sample&type=sample", Token: "123456", TokenHash: "sample", SiteURL: "https://app.example", RedirectTo: "https://app.example/in",
	Email: "ada@example.com", NewEmail: "ada@new.example", Phone: "15551234567", Data: map[string]any{"name": "Ada"}, UserID: "aaaaaaaa-0000-4000-8000-000000000001",
}

// preview makes every mail and text message in every language.
func preview(templates *mail.Templates) (*shownTemplates, error) {
	out := &shownTemplates{}
	for _, kind := range mail.Kinds {
		var versions []*mail.Mail
		for _, tag := range templates.Languages(kind) {
			m, err := templates.Render(kind, sample.Email, tag, sample)
			if err != nil {
				return nil, fmt.Errorf("%s in %s: %w", kind, tag, err)
			}
			versions = append(versions, m)
		}
		out.Mails = append(out.Mails, struct {
			Kind     string
			Versions []*mail.Mail
		}{kind, versions})
	}
	for _, tag := range templates.TextLanguages() {
		text, err := templates.SMS(sample.Token, tag)
		if err != nil {
			return nil, fmt.Errorf("text message in %s: %w", tag, err)
		}
		out.Texts = append(out.Texts, &mail.Mail{Language: tag, Text: text})
	}
	return out, nil
}
