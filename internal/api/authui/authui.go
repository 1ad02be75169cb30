// Package authui is the door of hosted sign-in: one page, below /auth/ui, with which users sign up, sign in, recover, prove second factors, keep passkeys, and let
// programs in. It is for projects that want none of their own.
//
// New makes the handler. Main types: Options, Theme.
//
// Invariants: the page does nothing but through the public Auth API, as any client could; it loads and runs nothing but its own files, and the widget of a captcha where the
// project has one, is shown in no frame, and keeps a session in its tab alone; it sends users only where account.Service.Redirect lets it; what the project says of its looks can hold values of CSS and nothing else.
package authui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Theme are values of the page's CSS variables, by name without "--ms-".
type Theme map[string]string

// variables are those that there are; shapes are the ones of them that are no colours, and so are the same in light and dark.
var (
	variables = append([]string{"accent", "on-accent", "background", "surface", "text", "muted", "border", "danger"}, shapes...)
	shapes    = []string{"radius", "font", "width"}
)

var value = regexp.MustCompile(`^[A-Za-z0-9#%.,()\s"'+-]{1,200}$`)

// Check refuses a variable that there is not, and a value that could be more than one.
func (t Theme) Check() error {
	for name, v := range t {
		if !slices.Contains(variables, name) {
			return fmt.Errorf("%q is none of %s", name, strings.Join(variables, ", "))
		}
		if !value.MatchString(v) || strings.Contains(strings.ToLower(v), "url(") {
			return fmt.Errorf("%s: %q is no value of a colour, a length or a list of fonts", name, v)
		}
	}
	return nil
}

// Options are what the page is made of.
type Options struct {
	Title       string
	Light, Dark Theme // Check has passed
	// Home is the page's own address as users reach it.
	Home func() string
	// Redirect gives where a user may be sent who is to be sent to an address.
	Redirect func(string) string
	// Key is the publishable key, which requests carry.
	Key string
	// PhoneFactors and RecoveryCodes say that users may add these.
	PhoneFactors, RecoveryCodes bool
	// RequirePKCE refuses to give a session to a site that sends no challenge: tokens are in no address then.
	RequirePKCE bool
	// Riddle asks whether a user is a person; the zero value asks nothing.
	Riddle Riddle
}

// Riddle is the widget of a captcha.
type Riddle struct {
	Service string // hcaptcha, turnstile: the object of its script
	Script  string // address
	From    string // sources of CSP that it needs
	Key     string // of the site
}

//go:embed ui
var files embed.FS

var page = template.Must(template.ParseFS(files, "ui/index.html"))

// policy: forms go nowhere by themselves, so that a password is in no address when the script fails. Texts become markup nowhere: but a widget of another's may do so.
func (o *Options) policy() string {
	const rest = "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
	if from := o.Riddle.From; from != "" {
		return fmt.Sprintf("default-src 'none'; script-src 'self' %[1]s; style-src 'self' %[1]s; connect-src 'self' %[1]s; frame-src %[1]s; %[2]s", from, rest)
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " + rest + "; require-trusted-types-for 'script'; trusted-types 'none'"
}

// challenge is the form of a code_challenge of S256 (RFC 7636 §4.2).
var challenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// New makes the door.
func New(o Options) http.Handler {
	policy := o.policy()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { o.page(w, r) })
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) { write(w, "text/css; charset=utf-8", o.style()) })
	mux.HandleFunc("GET /app.js", func(w http.ResponseWriter, _ *http.Request) {
		write(w, "text/javascript; charset=utf-8", file("app.js"))
	})
	mux.HandleFunc("GET /words.js", func(w http.ResponseWriter, _ *http.Request) {
		write(w, "text/javascript; charset=utf-8", slices.Concat([]byte("const mainstayWords = "), file("words.json")))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Del("Access-Control-Allow-Origin") // no page of another site reads this one
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cache-Control", "no-cache")
		if r.URL.Path == "" {
			r.URL.Path = "/"
		}
		mux.ServeHTTP(w, r)
	})
}

func file(name string) []byte {
	b, err := files.ReadFile("ui/" + name)
	if err != nil {
		panic("authui: " + err.Error())
	}
	return b
}

func write(w http.ResponseWriter, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(body) // the client is gone: nobody to tell
}

func (o *Options) page(w http.ResponseWriter, r *http.Request) {
	data := struct {
		Title, Home, Target, Challenge, Key, Factors string
		Riddle                                       Riddle
	}{Title: o.Title, Home: o.Home(), Key: o.Key, Riddle: o.Riddle}
	var factors []string
	if o.PhoneFactors {
		factors = append(factors, "phone")
	}
	if o.RecoveryCodes {
		factors = append(factors, "recovery_code")
	}
	data.Factors = strings.Join(factors, " ")
	if to := r.URL.Query().Get("redirect_to"); to != "" {
		data.Target = o.Redirect(to)
		method := r.URL.Query().Get("code_challenge_method")
		data.Challenge = r.URL.Query().Get("code_challenge")
		if data.Challenge != "" && (!challenge.MatchString(data.Challenge) || !strings.EqualFold(method, "s256")) {
			http.Error(w, "code_challenge has to be 43 characters of base64url, and code_challenge_method s256 (RFC 7636)", http.StatusBadRequest)
			return
		}
		if data.Challenge == "" && o.RequirePKCE {
			http.Error(w, "redirect_to needs a code_challenge here (auth.ui.require_pkce)", http.StatusBadRequest)
			return
		}
	}
	var b bytes.Buffer
	if err := page.Execute(&b, data); err != nil {
		panic("authui: " + err.Error())
	}
	w.Header().Set("Cache-Control", "no-store") // it names where its user goes
	write(w, "text/html; charset=utf-8", b.Bytes())
}

// style is the style sheet with the project's own values after it.
func (o *Options) style() []byte {
	var b bytes.Buffer
	b.Write(file("style.css"))
	rule := func(before string, t Theme, colours bool, after string) {
		b.WriteString(before + ":root {\n")
		for _, name := range slices.Sorted(maps.Keys(t)) {
			if slices.Contains(shapes, name) != colours {
				fmt.Fprintf(&b, "  --ms-%s: %s;\n", name, t[name])
			}
		}
		b.WriteString("}" + after + "\n")
	}
	// A colour that was chosen for a light page is none for a dark one.
	rule("", o.Light, false, "")
	rule("@media (prefers-color-scheme: light) { ", o.Light, true, " }")
	rule("@media (prefers-color-scheme: dark) { ", o.Dark, true, " }")
	return b.Bytes()
}
