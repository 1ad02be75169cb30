// Package federation lets users come in through other identity providers: it knows the providers, sends browsers to them and finds out who came back.
//
// Main types in order of meeting them: Provider (a project's settings of one), Client (all of a project's) and Person (who came). A provider that speaks OpenID Connect
// is believed by its signed identity token; another by what its own API says to the access token that it gave.
//
// Invariants: an issuer is pinned per provider, and the subject is only meant together with it; an address counts as verified only if the provider says so; the state,
// the nonce and the code verifier of one visit are worth nothing in another; nothing that a token says names an address to fetch.
package federation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Provider is a project's settings of an identity provider.
type Provider struct {
	Name     string // google, github … or the project's own name of an OpenID provider
	ClientID string
	// MoreClientIDs are other audiences whose identity tokens are taken (apps beside the web).
	MoreClientIDs []string
	Secret        string
	RedirectURL   string // "" is the project's own
	Issuer        string // outranks the known one: a tenant's, a self-hosted server's
	Scopes        []string
	SkipNonce     bool // identity tokens of apps that cannot set a nonce
	EmailOptional bool
	// Of a provider that an administrator has added: the addresses of one that speaks OAuth 2.0 alone, further parameters of its authorization endpoint, and which members of
	// its answer are sub, email, email_verified, name and picture.
	AuthURL, TokenURL, UserInfoURL string
	Params                         map[string]string
	Members                        map[string]string
	// Guarded providers are asked at public addresses only: who may add one is not who may reach everything that the server can.
	Guarded bool
}

// Person is who came back from a provider.
type Person struct {
	Provider string
	Subject  string
	Email    string // lower case; "" for none
	Verified bool   // the provider vouches for Email
	Data     map[string]any
	// The provider's own tokens, for the client.
	AccessToken, RefreshToken string
}

// known is what is published of a provider.
type known struct {
	issuer   string // OpenID Connect
	scopes   []string
	auth     string // OAuth 2.0 alone
	token    string
	userinfo string
	person   func(ctx context.Context, get func(path string, v any) error, raw map[string]any) (*Person, error)
	params   map[string]string
}

// table holds the known providers, by the names that the clients use.
var table = map[string]known{
	"google":        {issuer: "https://accounts.google.com", scopes: []string{"openid", "email", "profile"}},
	"apple":         {issuer: "https://appleid.apple.com", scopes: []string{"openid", "email", "name"}, params: map[string]string{"response_mode": "form_post"}},
	"azure":         {issuer: "https://login.microsoftonline.com/common/v2.0", scopes: []string{"openid", "email", "profile"}},
	"gitlab":        {issuer: "https://gitlab.com", scopes: []string{"openid", "email", "profile"}},
	"linkedin_oidc": {issuer: "https://www.linkedin.com/oauth", scopes: []string{"openid", "email", "profile"}},
	"slack_oidc":    {issuer: "https://slack.com", scopes: []string{"openid", "email", "profile"}},
	"twitch":        {issuer: "https://id.twitch.tv/oauth2", scopes: []string{"openid", "user:read:email"}, params: map[string]string{"claims": `{"id_token":{"email":null,"email_verified":null}}`}},
	"keycloak":      {scopes: []string{"openid", "email", "profile"}},
	"workos":        {issuer: "https://api.workos.com", scopes: []string{"openid", "email", "profile"}},
	"github": {
		auth: "https://github.com/login/oauth/authorize", token: "https://github.com/login/oauth/access_token", userinfo: "https://api.github.com/user", scopes: []string{"user:email"},
		person: github,
	},
	"discord": {
		auth: "https://discord.com/api/oauth2/authorize", token: "https://discord.com/api/oauth2/token", userinfo: "https://discord.com/api/users/@me", scopes: []string{"identify", "email"},
		person: fields("id", "email", "verified", "username", ""),
	},
	"facebook": {
		auth: "https://www.facebook.com/dialog/oauth", token: "https://graph.facebook.com/oauth/access_token", userinfo: "https://graph.facebook.com/me?fields=id,name,email", scopes: []string{"email"},
		person: fields("id", "email", "", "name", ""),
	},
	"spotify": {
		auth: "https://accounts.spotify.com/authorize", token: "https://accounts.spotify.com/api/token", userinfo: "https://api.spotify.com/v1/me", scopes: []string{"user-read-email"},
		person: fields("id", "email", "", "display_name", ""),
	},
	"figma": {
		auth: "https://www.figma.com/oauth", token: "https://api.figma.com/v1/oauth/token", userinfo: "https://api.figma.com/v1/me", scopes: []string{"current_user:read"},
		person: fields("id", "email", "", "handle", "img_url"),
	},
	"zoom": {
		auth: "https://zoom.us/oauth/authorize", token: "https://zoom.us/oauth/token", userinfo: "https://api.zoom.us/v2/users/me", scopes: []string{"user:read:user"},
		person: fields("id", "email", "verified", "display_name", "pic_url"),
	},
}

// Known reports whether a name is one of the known providers.
func Known(name string) bool {
	_, ok := table[name]
	return ok
}

// Client is a project's providers. Safe for concurrent use; each provider has its own state.
type Client struct {
	mu        sync.RWMutex
	providers map[string]*provider // guarded by mu
	http      *http.Client
	guarded   *http.Client
	now       func() time.Time
	back      func() string
}

type provider struct {
	Provider
	known
	stamp  string // of what an administrator has added
	mu     sync.Mutex
	oidc   *oidc.Provider // guarded by mu; nil until it was discovered
	asking chan struct{}  // guarded by mu; closed when the discovery under way has ended, nil when none is
	failed error          // guarded by mu; of the last discovery
	fails  int            // guarded by mu; in a row
	again  time.Time      // guarded by mu; not before then is it tried again
}

// maxAnswer bounds what a provider may send.
const maxAnswer = 1 << 20

// New makes the client. back is where providers send browsers; base is nil for plain HTTPS; now is nil for the clock.
func New(list []Provider, back func() string, base http.RoundTripper, now func() time.Time) (*Client, error) {
	if base == nil {
		base = http.DefaultTransport
	}
	if now == nil {
		now = time.Now
	}
	c := &Client{providers: map[string]*provider{}, http: &http.Client{Timeout: 15 * time.Second, Transport: bounded{base}}, now: now, back: back}
	c.guarded = &http.Client{Timeout: 15 * time.Second, Transport: bounded{publicOnly()}}
	for _, p := range list {
		made, err := newProvider(p)
		if err != nil {
			return nil, err
		}
		c.providers[p.Name] = made
	}
	return c, nil
}

func newProvider(p Provider) (*provider, error) {
	k := table[p.Name]
	if p.AuthURL != "" {
		k = known{auth: p.AuthURL, token: p.TokenURL, userinfo: p.UserInfoURL, scopes: []string{}, person: members(p.Members)}
	}
	if p.Params != nil {
		k.params = p.Params
	}
	if p.Issuer != "" && k.auth == "" {
		k.issuer = strings.TrimRight(p.Issuer, "/")
	}
	if k.issuer == "" && k.auth == "" {
		return nil, fmt.Errorf("provider %s: an issuer (url) is needed", p.Name)
	}
	if p.ClientID == "" {
		return nil, fmt.Errorf("provider %s: client_id is needed", p.Name)
	}
	if k.scopes == nil {
		k.scopes = []string{"openid", "email", "profile"}
	}
	return &provider{Provider: p, known: k}, nil
}

// Put adds a provider, or takes over what has changed of it: stamp says which state of it p is.
func (c *Client) Put(p Provider, stamp string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.providers[p.Name]; old != nil && old.stamp == stamp {
		return nil
	}
	made, err := newProvider(p)
	if err != nil {
		return err
	}
	made.stamp = stamp
	c.providers[p.Name] = made
	return nil
}

// Drop forgets a provider.
func (c *Client) Drop(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.providers, name)
}

// client is how a provider is asked.
func (c *Client) client(p *provider) *http.Client {
	if p.Guarded {
		return c.guarded
	}
	return c.http
}

// publicOnly connects to no address of this machine and of private networks, whatever a name resolves to.
func publicOnly() http.RoundTripper {
	d := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if ip := at.Addr().Unmap(); !ip.IsGlobalUnicast() || ip.IsPrivate() || sharedSpace.Contains(ip) {
			return fmt.Errorf("%s is not a public address", ip)
		}
		return nil
	}}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext, t.Proxy = d.DialContext, nil
	return t
}

var sharedSpace = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598: a carrier's own network

// members reads a person from an answer whose members have the names that the project says, or the usual ones.
func members(names map[string]string) func(context.Context, func(string, any) error, map[string]any) (*Person, error) {
	name := func(claim string) string {
		if own := names[claim]; own != "" {
			return own
		}
		return claim
	}
	return func(ctx context.Context, get func(string, any) error, raw map[string]any) (*Person, error) {
		id := name("sub")
		if names["sub"] == "" && scalar(raw["sub"]) == "" {
			id = "id"
		}
		return fields(id, name("email"), name("email_verified"), name("name"), name("picture"))(ctx, get, raw)
	}
}

// bounded cuts answers that are too long, and leaves keys out of them that cannot be used.
type bounded struct{ base http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if r.Method == http.MethodGet && resp.StatusCode == http.StatusOK {
		answer = usableKeys(answer)
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
	return resp, nil
}

// ErrUnknown says that the project has no such provider.
var ErrUnknown = errors.New("provider is not enabled")

func (c *Client) find(name string) (*provider, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	p := c.providers[name]
	if p == nil {
		return nil, ErrUnknown
	}
	return p, nil
}

// Has reports whether the project has the provider.
func (c *Client) Has(name string) bool {
	_, err := c.find(name)
	return err == nil
}

// EmailOptional reports whether people of the provider may come without an address.
func (c *Client) EmailOptional(name string) bool {
	p, err := c.find(name)
	return err == nil && p.Provider.EmailOptional
}

// discover gives the metadata of an OpenID provider, which is fetched once; its issuer has to be the pinned one. Who comes while it is being fetched waits for that, as
// long as they like; after a failure it is tried again a little later each time, and meanwhile everybody is told of the failure at once.
func (c *Client) discover(ctx context.Context, p *provider) (*oidc.Provider, error) {
	for {
		p.mu.Lock()
		switch {
		case p.oidc != nil:
			o := p.oidc
			p.mu.Unlock()
			return o, nil
		case p.asking == nil && p.failed != nil && c.now().Before(p.again):
			err := p.failed
			p.mu.Unlock()
			return nil, err
		case p.asking == nil:
			p.asking = make(chan struct{})
			p.mu.Unlock()
			return c.fetch(ctx, p)
		}
		asking := p.asking
		p.mu.Unlock()
		select {
		case <-asking:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// maxBackOff is the longest time between two tries of a discovery.
const maxBackOff = time.Minute

func (c *Client) fetch(ctx context.Context, p *provider) (o *oidc.Provider, err error) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.oidc, p.failed = o, err
		if err != nil {
			p.again = c.now().Add(min(time.Second<<min(p.fails, 10), maxBackOff))
			p.fails++
		}
		close(p.asking)
		p.asking = nil
	}()
	// The metadata is everybody's: that one of them has gone does not end it. The client's own time does.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), c.client(p))
	if p.tenants() {
		// The common endpoint names its issuer as a template of tenants; each token's issuer is compared with its own tenant below.
		ctx = oidc.InsecureIssuerURLContext(ctx, "https://login.microsoftonline.com/{tenantid}/v2.0")
	}
	if o, err = oidc.NewProvider(ctx, p.issuer); err != nil {
		return nil, fmt.Errorf("discover %s: %w", p.Name, err)
	}
	return o, nil
}

// tenants reports whether any tenant of Azure signs in.
func (p *provider) tenants() bool {
	return p.Name == "azure" && strings.HasSuffix(p.issuer, "/common/v2.0")
}

// CheckIssuer compares the issuer that came with an answer (RFC 9207) with the one of the provider that was asked. A provider that says it sends one has to.
func (c *Client) CheckIssuer(ctx context.Context, name, iss string) error {
	p, err := c.find(name)
	if err != nil {
		return err
	}
	if p.auth != "" {
		return nil // no issuer is known of it
	}
	if iss != "" {
		if p.tenants() && strings.HasPrefix(iss, "https://login.microsoftonline.com/") && strings.HasSuffix(iss, "/v2.0") || strings.TrimRight(iss, "/") == p.issuer {
			return nil
		}
		return fmt.Errorf("an answer of %q, not of %q", iss, p.issuer)
	}
	d, err := c.discover(ctx, p)
	if err != nil {
		return err
	}
	var says struct {
		Issuer bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err := d.Claims(&says); err != nil {
		return err
	}
	if says.Issuer {
		return fmt.Errorf("an answer without an issuer, which %q always sends", p.issuer)
	}
	return nil
}

func (c *Client) config(ctx context.Context, p *provider, scopes []string) (*oauth2.Config, error) {
	o := &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, RedirectURL: p.RedirectURL}
	if o.RedirectURL == "" {
		o.RedirectURL = c.back()
	}
	for _, list := range [][]string{p.known.scopes, p.Provider.Scopes, scopes} {
		for _, s := range list {
			if !slices.Contains(o.Scopes, s) {
				o.Scopes = append(o.Scopes, s)
			}
		}
	}
	if p.auth != "" {
		o.Endpoint = oauth2.Endpoint{AuthURL: p.auth, TokenURL: p.token}
		return o, nil
	}
	d, err := c.discover(ctx, p)
	if err != nil {
		return nil, err
	}
	o.Endpoint = d.Endpoint()
	return o, nil
}

// Visit is one browser's way to a provider and back.
type Visit struct {
	State    string
	Nonce    string
	Verifier string // PKCE towards the provider
}

// Verifier makes a code verifier.
func Verifier() string { return oauth2.GenerateVerifier() }

// passed on are the parameters of a client's request that a provider may see.
var passed = []string{"prompt", "access_type", "login_hint", "hd", "domain_hint", "display", "ui_locales"}

// URL is where a browser goes to begin a visit. extra are the client's own parameters.
func (c *Client) URL(ctx context.Context, name string, v Visit, scopes []string, extra map[string]string) (string, error) {
	p, err := c.find(name)
	if err != nil {
		return "", err
	}
	o, err := c.config(ctx, p, scopes)
	if err != nil {
		return "", err
	}
	opts := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(v.Verifier)}
	if p.auth == "" {
		opts = append(opts, oidc.Nonce(v.Nonce))
	}
	for name, text := range p.params {
		opts = append(opts, oauth2.SetAuthURLParam(name, text))
	}
	for _, name := range passed {
		if text := extra[name]; text != "" {
			opts = append(opts, oauth2.SetAuthURLParam(name, text))
		}
	}
	return o.AuthCodeURL(v.State, opts...), nil
}

// Back finds out who came back with a code.
func (c *Client) Back(ctx context.Context, name string, v Visit, code string) (*Person, error) {
	p, err := c.find(name)
	if err != nil {
		return nil, err
	}
	o, err := c.config(ctx, p, nil)
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, c.client(p))
	token, err := o.Exchange(ctx, code, oauth2.VerifierOption(v.Verifier))
	if err != nil {
		return nil, fmt.Errorf("exchange the code: %w", err)
	}
	var person *Person
	if p.auth == "" {
		raw, _ := token.Extra("id_token").(string)
		if raw == "" {
			return nil, errors.New("the provider gave no identity token")
		}
		person, err = c.believe(ctx, p, raw, func(t *oidc.IDToken) error {
			if t.Nonce != v.Nonce {
				return errors.New("the nonce is another visit's")
			}
			if t.AccessTokenHash != "" {
				return t.VerifyAccessToken(token.AccessToken)
			}
			return nil
		}, []string{p.ClientID})
	} else {
		person, err = c.ask(ctx, p, token)
	}
	if err != nil {
		return nil, err
	}
	person.AccessToken, person.RefreshToken = token.AccessToken, token.RefreshToken
	return person, nil
}

// Token finds out who an identity token is of that an app has got by itself. nonce is what the app says to have used, plain or hashed.
func (c *Client) Token(ctx context.Context, name, raw, nonce string) (*Person, error) {
	p, err := c.find(name)
	if err != nil {
		return nil, err
	}
	if p.auth != "" {
		return nil, fmt.Errorf("%s gives no identity tokens", name)
	}
	return c.believe(oidc.ClientContext(ctx, c.client(p)), p, raw, func(t *oidc.IDToken) error {
		if p.SkipNonce {
			return nil
		}
		if t.Nonce == "" && nonce == "" {
			return nil
		}
		sum := sha256.Sum256([]byte(nonce))
		if nonce == "" || t.Nonce != nonce && t.Nonce != hex.EncodeToString(sum[:]) {
			return errors.New("the nonces do not match")
		}
		return nil
	}, append([]string{p.ClientID}, p.MoreClientIDs...))
}

// believe checks an identity token: signature, issuer, audience, times, and what check asks.
func (c *Client) believe(ctx context.Context, p *provider, raw string, check func(*oidc.IDToken) error, audiences []string) (*Person, error) {
	d, err := c.discover(ctx, p)
	if err != nil {
		return nil, err
	}
	tenants := p.tenants()
	t, err := d.VerifierContext(ctx, &oidc.Config{SkipClientIDCheck: true, SkipIssuerCheck: tenants, Now: c.now}).Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(t.Audience, func(a string) bool { return slices.Contains(audiences, a) }) {
		return nil, errors.New("the token is for another audience")
	}
	claims := map[string]any{}
	if err := t.Claims(&claims); err != nil {
		return nil, err
	}
	if azp, ok := claims["azp"].(string); ok && len(t.Audience) > 1 && !slices.Contains(audiences, azp) {
		return nil, errors.New("the token is for another party")
	}
	if tenants {
		tid, _ := claims["tid"].(string)
		if tid == "" || t.Issuer != "https://login.microsoftonline.com/"+tid+"/v2.0" {
			return nil, errors.New("the issuer is no tenant's")
		}
	}
	if err := check(t); err != nil {
		return nil, err
	}
	if t.Subject == "" {
		return nil, errors.New("the token names no subject")
	}
	person := &Person{Provider: p.Name, Subject: t.Subject, Data: map[string]any{}}
	if tenants {
		person.Subject = t.Issuer + "#" + t.Subject // a subject is only meant with its issuer
	}
	email, _ := claims["email"].(string)
	person.Email, person.Verified = strings.ToLower(email), isTrue(claims["email_verified"])
	if tenants {
		// Anybody may write any address into a tenant of their own; only this claim says that the tenant owns the domain.
		person.Verified = isTrue(claims["xms_edov"])
	}
	for _, name := range []string{"name", "given_name", "family_name", "picture", "preferred_username", "locale", "hd"} {
		if text, ok := claims[name].(string); ok && text != "" {
			person.Data[name] = text
		}
	}
	person.Data["iss"] = t.Issuer
	return finish(person), nil
}

func isTrue(v any) bool { return v == true || v == "true" || v == "1" || v == float64(1) }

// finish fills what every identity has.
func finish(p *Person) *Person {
	p.Data["sub"], p.Data["provider_id"] = p.Subject, p.Subject
	p.Data["email_verified"], p.Data["phone_verified"] = p.Verified, false
	if p.Email != "" {
		p.Data["email"] = p.Email
	}
	if name, ok := p.Data["name"]; ok {
		p.Data["full_name"] = name
	}
	if picture, ok := p.Data["picture"]; ok {
		p.Data["avatar_url"] = picture
	}
	return p
}

// ask asks the API of a provider who has given the token.
func (c *Client) ask(ctx context.Context, p *provider, token *oauth2.Token) (*Person, error) {
	get := func(address string, v any) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token.AccessToken)
		r.Header.Set("Accept", "application/json")
		resp, err := c.client(p).Do(r)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }() // it was read
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answered %s", p.Name, resp.Status)
		}
		return json.NewDecoder(resp.Body).Decode(v)
	}
	raw := map[string]any{}
	if err := get(p.userinfo, &raw); err != nil {
		return nil, err
	}
	person, err := p.person(ctx, get, raw)
	if err != nil {
		return nil, err
	}
	if person.Subject == "" {
		return nil, fmt.Errorf("%s names no subject", p.Name)
	}
	person.Provider = p.Name
	person.Data["iss"] = p.auth
	return finish(person), nil
}

// fields reads a person from members of the provider's answer. Without a member that says so no address is verified.
func fields(id, email, verified, name, picture string) func(context.Context, func(string, any) error, map[string]any) (*Person, error) {
	return func(_ context.Context, _ func(string, any) error, raw map[string]any) (*Person, error) {
		p := &Person{Data: map[string]any{}}
		p.Subject = scalar(raw[id])
		p.Email = strings.ToLower(scalar(raw[email]))
		p.Verified = verified != "" && isTrue(raw[verified])
		if text := scalar(raw[name]); text != "" {
			p.Data["name"] = text
		}
		if text := scalar(raw[picture]); picture != "" && text != "" {
			p.Data["picture"] = text
		}
		return p, nil
	}
}

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return fmt.Sprintf("%.0f", v)
	}
	return ""
}

// github lists a user's addresses apart from the user.
func github(_ context.Context, get func(string, any) error, raw map[string]any) (*Person, error) {
	p := &Person{Subject: scalar(raw["id"]), Data: map[string]any{}}
	for from, to := range map[string]string{"name": "name", "login": "user_name", "avatar_url": "picture"} {
		if text := scalar(raw[from]); text != "" {
			p.Data[to] = text
		}
	}
	if login, ok := p.Data["user_name"]; ok {
		p.Data["preferred_username"] = login
	}
	var list []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	if err := get("https://api.github.com/user/emails", &list); err != nil {
		return nil, err
	}
	for _, e := range list {
		if e.Primary {
			p.Email, p.Verified = strings.ToLower(e.Email), e.Verified
		}
	}
	return p, nil
}
