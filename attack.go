package mainstay

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/exposure"
)

// Target is a running server that is attacked, with what its visitors have.
type Target struct {
	URL   string // without a path
	Key   string // the publishable key; may be empty
	Token string // of a user, for what users must not do; may be empty
}

// Attacked is what came of an attack.
type Attacked struct {
	Attempts int                // that were made
	LeftOut  int                // those of users, when there is no token
	Unclear  []string           // those of which it is not known whether they were refused or got through, with what was answered
	Findings []exposure.Finding // one for each that got through
}

// attackTimeout bounds each attempt, attackAnswer what is read of its answer.
const (
	attackTimeout = 20 * time.Second
	attackAnswer  = 1 << 20
)

// Attack tries on a running server what an audit says that visitors and users cannot do, and tokens that nobody has signed. Nothing is changed by it.
func Attack(ctx context.Context, a *exposure.Audit, to Target) (*Attacked, error) {
	base, err := url.Parse(to.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("attack %q: it is no http address", to.URL)
	}
	x := &attack{to: to, base: strings.TrimSuffix(to.URL, "/"), client: &http.Client{Timeout: attackTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	defer x.client.CloseIdleConnections()
	if status, _, err := x.send(ctx, "GET", "/rest/v1/", "", "", http.Header{}); err != nil {
		return nil, fmt.Errorf("attack %s: %w", to.URL, err)
	} else if status == http.StatusNotFound {
		return nil, fmt.Errorf("attack %s: there is no /rest/v1", to.URL)
	}
	attempts := a.Attempts()
	for _, role := range []string{"anon", "authenticated"} {
		attempts = append(attempts, exposure.Attempt{Role: role, Object: "auth", What: "list the users", Method: "GET", Path: "/auth/v1/admin/users", Want: exposure.Refused})
	}
	for _, t := range attempts {
		if t.Role == "authenticated" && to.Token == "" {
			x.out.LeftOut++
			continue
		}
		if err := x.try(ctx, t, x.credentials(t.Role)); err != nil {
			return nil, err
		}
	}
	for what, token := range forged(time.Now()) {
		t := exposure.Attempt{Role: "whoever", Object: "tokens", What: "act past all policies with " + what, Method: "GET", Path: "/auth/v1/admin/users", Want: exposure.Refused}
		if err := x.try(ctx, t, http.Header{"Authorization": {"Bearer " + token}, "Apikey": {token}}); err != nil {
			return nil, err
		}
	}
	return &x.out, nil
}

type attack struct {
	to     Target
	base   string
	client *http.Client
	out    Attacked
}

func (x *attack) credentials(role string) http.Header {
	h := http.Header{}
	if x.to.Key != "" {
		h.Set("apikey", x.to.Key)
	}
	if role == "authenticated" {
		h.Set("Authorization", "Bearer "+x.to.Token)
	}
	return h
}

func (x *attack) send(ctx context.Context, method, path, body, schema string, h http.Header) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, x.base+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header = h
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
		if schema != "" {
			r.Header.Set("Content-Profile", schema)
		}
	}
	if schema != "" {
		r.Header.Set("Accept-Profile", schema)
	}
	res, err := x.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, attackAnswer))
	return res.StatusCode, text, err
}

func (x *attack) try(ctx context.Context, t exposure.Attempt, h http.Header) error {
	var failed struct {
		Code  string
		Index *int
	}
	var status int
	var body []byte
	for _, b := range append([]string{t.Body}, t.Other...) {
		var err error
		if status, body, err = x.send(ctx, t.Method, t.Path, b, t.Schema, h); err != nil {
			return fmt.Errorf("%s %s: %w", t.Method, t.Path, err)
		}
		failed.Code, failed.Index = "", nil
		_ = json.Unmarshal(body, &failed) // what is no error has none of it
		if failed.Code != "428C9" {
			break
		}
	}
	x.out.Attempts++
	through, unclear := false, false
	switch {
	case t.Want == exposure.NothingRead:
		through = status < 300 && len(bytes.TrimSpace(body)) > 0 && string(bytes.TrimSpace(body)) != "[]"
	case t.Want == exposure.Refused:
		through = status < 400
	case failed.Index == nil || *failed.Index > 1 || status < 400:
		unclear = true // no batch was run
	case *failed.Index == 1 && failed.Code != exposure.UndoneBy:
		unclear = true // the write has perhaps not been tried
	case *failed.Index == 1:
		through = strings.HasPrefix(t.What, "insert") // changes and deletions of nothing get here, too
	default: // the write failed: at a constraint, or because it met rows
		through = strings.HasPrefix(failed.Code, "23") || failed.Code == "PGRST124"
		unclear = !through && status != http.StatusUnauthorized && status != http.StatusForbidden && status != http.StatusNotFound
	}
	switch {
	case unclear || status == http.StatusTooManyRequests || status >= 500:
		x.out.Unclear = append(x.out.Unclear, fmt.Sprintf("%s, %s: %s: %d %s", t.Object, t.Role, t.What, status, failed.Code))
	case through:
		x.out.Findings = append(x.out.Findings, exposure.GotThrough.New(t.Object, fmt.Sprintf("%s can %s: %s %s %s", t.Role, t.What, t.Method, t.Path, t.Body), "Compare the running database with the project: mainstay db diff, or mainstay audit --database …"))
	}
	return nil
}

// forged are tokens that nobody with a key has made.
func forged(now time.Time) map[string]string {
	part := func(v map[string]any) string {
		text, _ := json.Marshal(v) // plain values marshal
		return base64.RawURLEncoding.EncodeToString(text)
	}
	claims := part(map[string]any{"role": "service_role", "aud": "authenticated", "exp": now.Add(time.Hour).Unix()})
	out := map[string]string{
		"a token without a signature": part(map[string]any{"alg": "none", "typ": "JWT"}) + "." + claims + ".",
		"a token with half of one":    part(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + claims + ".AAAA",
	}
	// Secrets that tutorials use, or that are none.
	for name, secret := range map[string]string{"an empty secret": "", "a secret of tutorials": "super-secret-jwt-token-with-at-least-32-characters-long", "the word secret": "secret"} {
		text := part(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + claims
		m := hmac.New(sha256.New, []byte(secret))
		m.Write([]byte(text))
		out["a token of "+name] = text + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
	}
	return out
}
