// Package captcha asks a service whether an answer to its riddle is one of a person's.
//
// Main types: Verifier, for hCaptcha, Turnstile, and what speaks as they do; Widget, which shows their riddles on a page.
//
// Invariants: who cannot be asked has not said yes; an answer has a bound of bytes and of time.
package captcha

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// addresses are where the known services are asked.
var addresses = map[string]string{
	"hcaptcha":  "https://api.hcaptcha.com/siteverify",
	"turnstile": "https://challenges.cloudflare.com/turnstile/v0/siteverify",
}

// widgets are the scripts that show the riddles of the known services, and the places beside their own that those load from.
var widgets = map[string]struct{ script, from string }{
	"hcaptcha":  {"https://js.hcaptcha.com/1/api.js", "https://hcaptcha.com https://*.hcaptcha.com"},
	"turnstile": {"https://challenges.cloudflare.com/turnstile/v0/api.js", "https://challenges.cloudflare.com"},
}

// Widget is how a page shows the riddle of a service.
type Widget struct {
	Service string // the name of the script's object
	Script  string // its address
	From    string // what the page's policy has to allow beside itself: sources of CSP
	Key     string // of the site
}

// NewWidget makes the widget of a service, hcaptcha or turnstile. script is its address, "" for the service's own.
func NewWidget(service, key, script string) (Widget, error) {
	own, ok := widgets[service]
	if !ok {
		return Widget{}, fmt.Errorf("provider must be hcaptcha or turnstile, not %q", service)
	}
	w := Widget{Service: service, Script: own.script, From: own.from, Key: key}
	if script == "" {
		return w, nil
	}
	u, err := url.Parse(script)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || !hostForm.MatchString(u.Host) {
		return Widget{}, fmt.Errorf("widget: %q is no address of a script", script)
	}
	w.Script, w.From = script, u.Scheme+"://"+u.Host
	return w, nil
}

// hostForm keeps what a policy would read as more than one source out of it.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)

// Verifier asks one service. Safe for concurrent use.
type Verifier struct {
	address, secret string
	client          *http.Client
}

const (
	timeout   = 10 * time.Second
	maxAnswer = 64 << 10
	maxToken  = 8 << 10
)

// New makes a verifier for a service, hcaptcha or turnstile. address is where it is asked, "" for the service's own.
func New(service, secret, address string) (*Verifier, error) {
	own, ok := addresses[service]
	switch {
	case !ok:
		return nil, fmt.Errorf("provider must be hcaptcha or turnstile, not %q", service)
	case secret == "":
		return nil, errors.New("secret is missing")
	case address == "":
		address = own
	}
	return &Verifier{address: address, secret: secret, client: &http.Client{Timeout: timeout}}, nil
}

// Refused says why the service does not take an answer for a person's.
type Refused struct{ Reason string }

func (r *Refused) Error() string { return r.Reason }

// Verify asks about an answer of the sender at ip. It fails with *Refused when the service says no.
func (v *Verifier) Verify(ctx context.Context, answer string, ip netip.Addr) error {
	switch {
	case answer == "":
		return &Refused{"no captcha_token found"}
	case len(answer) > maxToken:
		return &Refused{"captcha_token is too long"}
	}
	form := url.Values{"secret": {v.secret}, "response": {answer}}
	if ip.IsValid() {
		form.Set("remoteip", ip.Unmap().String())
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := v.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask the captcha service: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	var said struct {
		Success bool     `json:"success"`
		Errors  []string `json:"error-codes"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&said); err != nil {
		return fmt.Errorf("the captcha service answered %s: %w", resp.Status, err)
	}
	if !said.Success {
		return &Refused{strings.Join(said.Errors, ", ")}
	}
	return nil
}
