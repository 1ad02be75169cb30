// Package captcha asks a service whether an answer to its riddle is one of a person's.
//
// Main type: Verifier, for hCaptcha, Turnstile, and what speaks as they do.
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
	"strings"
	"time"
)

// addresses are where the known services are asked.
var addresses = map[string]string{
	"hcaptcha":  "https://api.hcaptcha.com/siteverify",
	"turnstile": "https://challenges.cloudflare.com/turnstile/v0/siteverify",
}

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
