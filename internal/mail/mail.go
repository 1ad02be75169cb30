// Package mail writes the project's mails and text messages and sends the mails over SMTP.
//
// Main types in order of meeting them: Templates, which makes a Mail of a message's fields, and SMTP, which sends one. Templates are the project's own files
// where it has them (Go's template language, with the names that the ecosystem's templates use), else the ones here.
//
// Invariants: what a template puts into HTML is escaped for its place; a header holds no line end, whoever chose its text (html/template, go-mail).
package mail

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	text "text/template"
)

// Mail is a finished mail.
type Mail struct {
	ID      string // of the message: the same when it is sent again, so that who gets it twice shows it once
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
