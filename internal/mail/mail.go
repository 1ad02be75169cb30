// Package mail writes the project's mails and text messages and sends the mails over SMTP.
//
// Main types in order of meeting them: Templates, which makes a Mail of a message's fields, and SMTP, which sends one. Templates are the project's own files
// where it has them (Go's template language, with the names that the ecosystem's templates use), else the ones here, in the language that fits the reader best.
//
// Invariants: what a template puts into HTML is escaped for its place; a header holds no line end, whoever chose its text (html/template, go-mail).
package mail

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	text "text/template"

	"golang.org/x/text/language"
)

// Mail is a finished mail.
type Mail struct {
	ID       string // of the message: the same when it is sent again, so that who gets it twice shows it once
	To       string
	Language string // tag (RFC 5646)
	Subject  string
	HTML     string
	Text     string
}

// Kinds are the mails that there are.
var Kinds = slices.Sorted(maps.Keys(built[fallback].mails))

// fallback is the language that everything is in.
const fallback = "en"

// Override is what a project says of one kind of mail; "" is the default.
type Override struct {
	Subject string
	HTML    string // the template itself
	Text    string
	In      map[string]Override // in other languages, by their tags
}

// Options are what a project says of its mails.
type Options struct {
	Own      map[string]Override // by kind
	SMS      string              // the text of a code
	Language string              // of the project's own templates, and of readers whose language is not known; "" is English
}

// Templates are the templates of a project. Immutable.
type Templates struct {
	mails map[string]*versions[written]
	sms   *versions[*text.Template]
}

// written is a mail in one language.
type written struct {
	language       string
	subject, plain *text.Template
	html           *template.Template
}

// versions are the same in several languages.
type versions[T any] struct {
	tags    []string // the first is for readers whose language is not among them
	all     []T
	matcher language.Matcher
}

func (v *versions[T]) add(tag string, t T) { v.tags, v.all = append(v.tags, tag), append(v.all, t) }

func (v *versions[T]) ready() error {
	tags := make([]language.Tag, len(v.tags))
	for i, t := range v.tags {
		tag, err := language.Parse(t)
		if err != nil {
			return fmt.Errorf("%q is no tag of a language: %w", t, err)
		}
		tags[i] = tag
	}
	v.matcher = language.NewMatcher(tags)
	return nil
}

// maxPreferences bounds what is read of a reader's languages.
const maxPreferences = 100

// best is the version for a reader who prefers these languages: a tag, or a list as of Accept-Language (RFC 9110 §12.5.4).
func (v *versions[T]) best(preferred string) T {
	list := strings.ReplaceAll(preferred[:min(len(preferred), maxPreferences)], "_", "-")
	wanted, _, err := language.ParseAcceptLanguage(list)
	if last := strings.LastIndex(list, ","); err != nil && last >= 0 { // the end of a long list is cut somewhere
		wanted, _, err = language.ParseAcceptLanguage(list[:last])
	}
	if err != nil || len(wanted) == 0 {
		return v.all[0]
	}
	_, i, _ := v.matcher.Match(wanted...)
	return v.all[i]
}

// NewTemplates reads the project's templates. An error names the kind.
func NewTemplates(o Options) (*Templates, error) {
	for kind := range o.Own {
		if !slices.Contains(Kinds, kind) {
			return nil, fmt.Errorf("there is no mail of kind %q", kind)
		}
	}
	first := cmp.Or(o.Language, fallback)
	t := &Templates{mails: map[string]*versions[written]{}, sms: &versions[*text.Template]{}}
	for _, kind := range Kinds {
		v, err := mailVersions(kind, first, o.Own)
		if err != nil {
			return nil, fmt.Errorf("the template of mail %s: %w", kind, err)
		}
		t.mails[kind] = v
	}
	texts := map[string]string{first: o.SMS}
	if o.SMS == "" {
		texts = map[string]string{first: builtIn(first).sms}
		for tag, w := range built {
			texts[tag] = w.sms
		}
	}
	for _, tag := range inOrder(first, texts) {
		one, err := text.New("sms").Parse(texts[tag])
		if err != nil {
			return nil, fmt.Errorf("the template of text messages: %w", err)
		}
		t.sms.add(tag, one)
	}
	return t, t.sms.ready()
}

// inOrder are the tags of a map, first before the others.
func inOrder[T any](first string, m map[string]T) []string {
	tags := []string{first}
	for _, tag := range slices.Sorted(maps.Keys(m)) {
		if tag != first {
			tags = append(tags, tag)
		}
	}
	return tags
}

// builtIn are the words of a language, or of the one that everything is in.
func builtIn(tag string) words {
	if w, ok := built[tag]; ok {
		return w
	}
	return built[fallback]
}

// mailVersions are a kind of mail in its languages: those that the project has written it in, or else those that come along.
func mailVersions(kind, first string, own map[string]Override) (*versions[written], error) {
	o, ours := own[kind]
	in := map[string]Override{}
	if ours {
		for tag, other := range o.In {
			in[tag] = Override{Subject: cmp.Or(other.Subject, o.Subject), HTML: cmp.Or(other.HTML, o.HTML), Text: cmp.Or(other.Text, o.Text)}
		}
	} else {
		for tag := range built {
			in[tag] = Override{}
		}
	}
	if _, named := in[first]; !named {
		in[first] = o
	}
	v := &versions[written]{}
	for _, tag := range inOrder(first, in) {
		one, err := version(kind, tag, in[tag])
		if err != nil {
			return nil, err
		}
		v.add(tag, *one)
	}
	return v, v.ready()
}

//go:embed template/layout.html
var layout string

func version(kind, tag string, o Override) (*written, error) {
	w := builtIn(tag)
	m := w.mails[kind]
	if _, ok := built[tag]; !ok && o.HTML == "" {
		tag = fallback // what is not the project's is in this language
	}
	button, code := "", `<p>`+w.code+` <b style="font-size: 1.2em; letter-spacing: .1em">{{ .Token }}</b></p>`+"\n"
	plain := m.open + "\n\n{{ .ConfirmationURL }}\n\n" + w.code + " {{ .Token }}\n\n" + w.other + "\n"
	if m.button != "" {
		button = `<p><a href="{{ .ConfirmationURL }}" style="display: inline-block; padding: .6em 1.4em; border-radius: .4em; background: #1f5fbf; color: #fff; text-decoration: none">` + m.button + "</a></p>\n"
	} else {
		code = strings.Replace(code, w.code, w.only, 1)
		plain = m.open + "\n\n" + w.only + " {{ .Token }}\n\n" + w.other + "\n"
	}
	if kind == "invite" { // whoever is invited has nowhere to type a code
		code, plain = "", strings.Replace(plain, w.code+" {{ .Token }}\n\n", "", 1)
	}
	html := strings.NewReplacer("[[language]]", tag, "[[title]]", m.title, "[[press]]", m.press, "[[button]]", button, "[[code]]", code, "[[other]]", w.other).Replace(layout)
	out := &written{language: tag}
	var err error
	if out.subject, err = text.New(kind).Parse(cmp.Or(o.Subject, m.subject)); err != nil {
		return nil, err
	}
	if out.html, err = template.New(kind).Parse(cmp.Or(o.HTML, html)); err != nil {
		return nil, err
	}
	out.plain, err = text.New(kind).Parse(cmp.Or(o.Text, plain))
	return out, err
}

// Languages are those that a kind of mail is written in; the first is for everybody else.
func (t *Templates) Languages(kind string) []string { return t.mails[kind].tags }

// TextLanguages are those of text messages.
func (t *Templates) TextLanguages() []string { return t.sms.tags }

// Render makes the mail of a kind for a reader who prefers these languages: a tag, or a list as of Accept-Language. fields are what templates name.
func (t *Templates) Render(kind, to, languages string, fields any) (*Mail, error) {
	v := t.mails[kind]
	if v == nil {
		return nil, fmt.Errorf("there is no mail of kind %q", kind)
	}
	w := v.best(languages)
	m := &Mail{To: to, Language: w.language}
	var subject, html, plain bytes.Buffer
	if err := w.subject.Execute(&subject, fields); err != nil {
		return nil, err
	}
	if err := w.html.Execute(&html, fields); err != nil {
		return nil, err
	}
	if err := w.plain.Execute(&plain, fields); err != nil {
		return nil, err
	}
	m.Subject, m.HTML, m.Text = strings.Join(strings.Fields(subject.String()), " "), html.String(), plain.String()
	return m, nil
}

// SMS makes the text message of a code.
func (t *Templates) SMS(code, languages string) (string, error) {
	var b bytes.Buffer
	err := t.sms.best(languages).Execute(&b, map[string]string{"Code": code, "Token": code})
	return b.String(), err
}
