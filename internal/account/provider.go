package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// The project as an identity provider: OAuth 2.1 with OpenID Connect for other programs (RFC 6749, 7636, 9207, 9700; OpenID Connect Core). There is one grant, the
// authorization code with PKCE; redirect addresses are compared exactly; refresh tokens are those of sessions, and so are rotated.

// ProviderRules are a project's rules for other programs.
type ProviderRules struct {
	On bool
	// ConsentPath is the page of the project's site that asks the user, with authorization_id in its query; "" is the server's own.
	ConsentPath string
	// Dynamic lets programs register themselves (RFC 7591).
	Dynamic bool
}

// OAuthClient is a program that users may let in.
type OAuthClient struct {
	ID           string   `json:"client_id"`
	Secret       string   `json:"client_secret,omitempty"` // only when it was made
	Type         string   `json:"client_type"`
	Registration string   `json:"registration_type"`
	Name         string   `json:"client_name"`
	URI          string   `json:"client_uri,omitempty"`
	LogoURI      string   `json:"logo_uri,omitempty"`
	RedirectURIs []string `json:"redirect_uris"`
	GrantTypes   []string `json:"grant_types"`
	Responses    []string `json:"response_types"`
	Scope        string   `json:"scope,omitempty"`
	AuthMethod   string   `json:"token_endpoint_auth_method"`
	CreatedAt    string   `json:"created_at"`
	UpdatedAt    string   `json:"updated_at"`
}

// clientRow is a row of auth.oauth_clients.
type clientRow struct {
	ID           string    `json:"id"`
	SecretHash   string    `json:"client_secret_hash"`
	Registration string    `json:"registration_type"`
	RedirectURIs string    `json:"redirect_uris"`
	GrantTypes   string    `json:"grant_types"`
	Name         string    `json:"client_name"`
	URI          string    `json:"client_uri"`
	LogoURI      string    `json:"logo_uri"`
	Type         string    `json:"client_type"`
	AuthMethod   string    `json:"token_endpoint_auth_method"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
}

func (r *clientRow) view(secret string) *OAuthClient {
	return &OAuthClient{
		ID: r.ID, Secret: secret, Type: r.Type, Registration: r.Registration, Name: r.Name, URI: r.URI, LogoURI: r.LogoURI, RedirectURIs: split(r.RedirectURIs),
		GrantTypes: split(r.GrantTypes), Responses: []string{"code"}, AuthMethod: r.AuthMethod, CreatedAt: r.CreatedAt.UTC().Format(time.RFC3339Nano),
		UpdatedAt: r.UpdatedAt.UTC().Format(time.RFC3339Nano),
	}
}

func split(list string) []string {
	if list == "" {
		return []string{}
	}
	return strings.Split(list, ",")
}

// ClientChange is what is said of a program. nil is left as it is.
type ClientChange struct {
	Name, URI, LogoURI *string
	RedirectURIs       []string
	GrantTypes         []string
	AuthMethod         string
}

const maxRedirects = 10

func (s *Service) providerOn() error {
	if !s.o.Provider.On {
		return fail(http.StatusNotFound, "feature_disabled", "OAuth server is disabled")
	}
	return nil
}

// redirectURI is an address that a program may have users sent to: absolute, without a fragment, and never one that runs in the page. Without TLS it is on this
// machine, or an app's own scheme (RFC 8252).
func redirectURI(text string) error {
	u, err := url.Parse(text)
	bad := invalid("redirect_uris: %q is no valid redirect address", text)
	if err != nil || !u.IsAbs() || u.Fragment != "" || strings.Contains(text, "#") || u.User != nil || strings.ContainsAny(text, "\\ \t\r\n*,") || len(text) > 2048 {
		return bad
	}
	switch scheme := strings.ToLower(u.Scheme); scheme {
	case "https":
		if u.Host == "" {
			return bad
		}
	case "http":
		if ip, err := netip.ParseAddr(u.Hostname()); u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
			return invalid("redirect_uris: %q needs https", text)
		}
	case "javascript", "data", "vbscript", "file", "blob", "about", "ftp", "mailto":
		return bad
	default:
		if !strings.Contains(text, "://") && !strings.Contains(scheme, ".") {
			return bad
		}
	}
	return nil
}

// webAddress is a page or picture that is shown to users.
func webAddress(name string, text *string) error {
	if text == nil || *text == "" {
		return nil
	}
	u, err := url.Parse(*text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(*text) > 2048 {
		return invalid("%s must be a http or https address", name)
	}
	return nil
}

func (c *ClientChange) check() error {
	if len(c.RedirectURIs) > maxRedirects {
		return invalid("redirect_uris: at most %d", maxRedirects)
	}
	for _, u := range c.RedirectURIs {
		if err := redirectURI(u); err != nil {
			return err
		}
	}
	for _, g := range c.GrantTypes {
		if g != "authorization_code" && g != "refresh_token" {
			return invalid("grant_types: %q is not supported", g)
		}
	}
	switch c.AuthMethod {
	case "", "none", "client_secret_basic", "client_secret_post":
	default:
		return invalid("token_endpoint_auth_method must be client_secret_basic, client_secret_post or none")
	}
	if c.Name != nil && (*c.Name == "" || len(*c.Name) > 1024) {
		return invalid("client_name must have 1 to 1024 characters")
	}
	if err := webAddress("client_uri", c.URI); err != nil {
		return err
	}
	return webAddress("logo_uri", c.LogoURI)
}

// CreateClient registers a program; dynamic says that it does so itself.
func (s *Service) CreateClient(ctx context.Context, from Client, c ClientChange, dynamic bool) (*OAuthClient, error) {
	if err := s.providerOn(); err != nil {
		return nil, err
	}
	if dynamic {
		if !s.o.Provider.Dynamic {
			return nil, fail(http.StatusForbidden, "oauth_dynamic_client_registration_disabled", "Dynamic client registration is not enabled")
		}
		if err := s.take(ctx, "register", from.network(), 10, time.Hour); err != nil {
			return nil, err
		}
	}
	if c.Name == nil || *c.Name == "" {
		return nil, invalid("client_name is required")
	}
	if len(c.RedirectURIs) == 0 {
		return nil, invalid("redirect_uris is required")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if len(c.GrantTypes) == 0 {
		c.GrantTypes = []string{"authorization_code", "refresh_token"}
	}
	if c.AuthMethod == "" {
		c.AuthMethod = "client_secret_basic"
	}
	now := s.now()
	v := values{
		"id": newID(), "registration_type": "manual", "redirect_uris": strings.Join(c.RedirectURIs, ","), "grant_types": strings.Join(c.GrantTypes, ","), "client_name": *c.Name,
		"client_type": "confidential", "token_endpoint_auth_method": c.AuthMethod, "created_at": now, "updated_at": now,
	}
	if dynamic {
		v["registration_type"] = "dynamic"
	}
	if c.URI != nil {
		v["client_uri"] = *c.URI
	}
	if c.LogoURI != nil {
		v["logo_uri"] = *c.LogoURI
	}
	secret := ""
	if c.AuthMethod == "none" {
		v["client_type"] = "public"
	} else {
		secret = randomText(32)
		v["client_secret_hash"] = linkHash(secret)
	}
	var out *OAuthClient
	err := s.transact(ctx, func(x *tx) error {
		row, err := insert[clientRow](x, schemaAuth, "oauth_clients", v)
		if err != nil {
			return err
		}
		out = row.view(secret)
		return nil
	})
	return out, err
}

func errNoClient() error {
	return fail(http.StatusNotFound, "oauth_client_not_found", "OAuth client not found")
}

func (x *tx) client(id string) (*clientRow, error) {
	if !isID(id) {
		return nil, errNoClient()
	}
	row, err := one[clientRow](x, schemaAuth, "oauth_clients", eq("id", id), null("deleted_at"))
	if err == nil && row == nil {
		err = errNoClient()
	}
	return row, err
}

// ClientByID gives a program.
func (s *Service) ClientByID(ctx context.Context, id string) (*OAuthClient, error) {
	if err := s.providerOn(); err != nil {
		return nil, err
	}
	var out *OAuthClient
	err := s.read(ctx, func(x *tx) error {
		row, err := x.client(id)
		if err == nil {
			out = row.view("")
		}
		return err
	})
	return out, err
}

// ListClients gives a page of the programs, and the number of all.
func (s *Service) ListClients(ctx context.Context, number, size int) ([]*OAuthClient, int64, error) {
	if err := s.providerOn(); err != nil {
		return nil, 0, err
	}
	size = min(max(size, 1), maxPage)
	var out []*OAuthClient
	var total int64
	err := s.read(ctx, func(x *tx) error {
		out = []*OAuthClient{}
		var err error
		if total, err = count(x, schemaAuth, "oauth_clients", null("deleted_at")); err != nil {
			return err
		}
		rows, err := list[clientRow](x, schemaAuth, "oauth_clients", page{
			order: []query.Order{{Name: "created_at", Desc: true}, {Name: "id"}}, limit: size, offset: (max(number, 1) - 1) * size,
		}, null("deleted_at"))
		for i := range rows {
			out = append(out, rows[i].view(""))
		}
		return err
	})
	return out, total, err
}

// UpdateClient changes a program.
func (s *Service) UpdateClient(ctx context.Context, id string, c ClientChange) (*OAuthClient, error) {
	if err := s.providerOn(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	v := values{"updated_at": s.now()}
	if c.Name != nil {
		v["client_name"] = *c.Name
	}
	if c.URI != nil {
		v["client_uri"] = *c.URI
	}
	if c.LogoURI != nil {
		v["logo_uri"] = *c.LogoURI
	}
	if len(c.RedirectURIs) > 0 {
		v["redirect_uris"] = strings.Join(c.RedirectURIs, ",")
	}
	if len(c.GrantTypes) > 0 {
		v["grant_types"] = strings.Join(c.GrantTypes, ",")
	}
	var out *OAuthClient
	err := s.transact(ctx, func(x *tx) error {
		old, err := x.client(id)
		if err != nil {
			return err
		}
		if c.AuthMethod != "" && c.AuthMethod != old.AuthMethod {
			if (c.AuthMethod == "none") != (old.Type == "public") {
				return invalid("a public program cannot become a confidential one, nor the other way round")
			}
			v["token_endpoint_auth_method"] = c.AuthMethod
		}
		rows, err := update[clientRow](x, schemaAuth, "oauth_clients", v, eq("id", id), null("deleted_at"))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return errNoClient()
		}
		out = rows[0].view("")
		return nil
	})
	return out, err
}

// NewSecret gives a program another secret; the old one is void.
func (s *Service) NewSecret(ctx context.Context, id string) (*OAuthClient, error) {
	if err := s.providerOn(); err != nil {
		return nil, err
	}
	var out *OAuthClient
	secret := randomText(32)
	err := s.transact(ctx, func(x *tx) error {
		old, err := x.client(id)
		if err != nil {
			return err
		}
		if old.Type == "public" {
			return invalid("a public program has no secret")
		}
		rows, err := update[clientRow](x, schemaAuth, "oauth_clients", values{"client_secret_hash": linkHash(secret), "updated_at": s.now()}, eq("id", id))
		if err != nil || len(rows) == 0 {
			return orGone(err)
		}
		out = rows[0].view(secret)
		return nil
	})
	return out, err
}

// DeleteClient removes a program with all that users have granted it.
func (s *Service) DeleteClient(ctx context.Context, id string) error {
	if err := s.providerOn(); err != nil {
		return err
	}
	return s.transact(ctx, func(x *tx) error {
		if _, err := x.client(id); err != nil {
			return err
		}
		if err := x.gone(remove[sessionRow](x, schemaAuth, "sessions", eq("oauth_client_id", id))); err != nil {
			return err
		}
		_, err := remove[clientRow](x, schemaAuth, "oauth_clients", eq("id", id))
		return err
	})
}

// OAuthError is an error in the form of RFC 6749 §5.2.
type OAuthError struct {
	Status      int
	Code        string
	Description string
	// RedirectTo, when not "", is where the browser takes the error (RFC 6749 §4.1.2.1).
	RedirectTo string
}

func (e *OAuthError) Error() string { return e.Code + ": " + e.Description }

func oauthError(code, description string) *OAuthError {
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	return &OAuthError{Status: status, Code: code, Description: description}
}

// authorizationRow is a row of auth.oauth_authorizations.
type authorizationRow struct {
	ID              string    `json:"id"`
	AuthorizationID string    `json:"authorization_id"`
	ClientID        string    `json:"client_id"`
	UserID          string    `json:"user_id"`
	RedirectURI     string    `json:"redirect_uri"`
	Scope           string    `json:"scope"`
	State           string    `json:"state"`
	Challenge       string    `json:"code_challenge"`
	Method          string    `json:"code_challenge_method"`
	Status          string    `json:"status"`
	Code            string    `json:"authorization_code"`
	Nonce           string    `json:"nonce"`
	ExpiresAt       time.Time `json:"expires_at"`
}

// consentRow is a row of auth.oauth_consents.
type consentRow struct {
	ID        string     `json:"id"`
	UserID    string     `json:"user_id"`
	ClientID  string     `json:"client_id"`
	Scopes    string     `json:"scopes"`
	GrantedAt time.Time  `json:"granted_at"`
	RevokedAt *time.Time `json:"revoked_at"`
}

// AuthorizeRequest is a program's wish (RFC 6749 §4.1.1 with RFC 7636).
type AuthorizeRequest struct {
	ResponseType, ClientID, RedirectURI, Scope, State, Nonce, Challenge, Method, Resource, Prompt string
}

const (
	authorizationLifetime = 10 * time.Minute // to decide
	codeLifetime          = time.Minute      // to exchange the code (RFC 6749 §4.1.2 allows ten)
)

// scopes are what a program may ask for.
var scopes = []string{"openid", "email", "profile", "phone"}

// Authorize begins an authorization and gives the page that asks the user.
func (s *Service) Authorize(ctx context.Context, c Client, r AuthorizeRequest) (string, error) {
	if err := s.providerOn(); err != nil {
		return "", err
	}
	if err := s.take(ctx, "authorize", c.network(), s.o.Limits.Signups, fiveMinutes); err != nil {
		return "", err
	}
	to := ""
	err := s.transact(ctx, func(x *tx) error {
		client, err := x.client(r.ClientID)
		if err != nil {
			return oauthError("invalid_request", "client_id is unknown")
		}
		allowed := split(client.RedirectURIs)
		if r.RedirectURI == "" && len(allowed) == 1 {
			r.RedirectURI = allowed[0]
		}
		if !slices.ContainsFunc(allowed, func(a string) bool { return sameRedirect(a, r.RedirectURI) }) {
			return oauthError("invalid_request", "redirect_uri is none of the client's")
		}
		back := func(code, description string) error {
			e := oauthError(code, description)
			v := url.Values{"error": {code}, "error_description": {description}, "iss": {s.Issuer()}}
			if r.State != "" {
				v.Set("state", r.State)
			}
			e.RedirectTo = withParams(r.RedirectURI, v)
			return e
		}
		if r.Scope == "" {
			r.Scope = "email"
		}
		switch {
		case r.ResponseType != "code":
			return back("unsupported_response_type", "response_type must be code")
		case r.Challenge == "":
			return back("invalid_request", "PKCE is required: code_challenge is missing")
		case !strings.EqualFold(r.Method, "S256"):
			return back("invalid_request", "code_challenge_method must be S256")
		case !challengeForm.MatchString(r.Challenge):
			return back("invalid_request", "code_challenge must have 43 to 128 characters")
		case len(r.State) > 4096 || len(r.Nonce) > 255 || len(r.Scope) > 4096 || len(r.Resource) > 2048:
			return back("invalid_request", "a parameter is too long")
		case r.Prompt == "none":
			return back("interaction_required", "the user has to be asked")
		}
		for scope := range strings.FieldsSeq(r.Scope) {
			if !slices.Contains(scopes, scope) {
				return back("invalid_scope", "scope "+scope+" is unknown")
			}
		}
		now := s.now()
		id := randomText(24)
		v := values{
			"id": newID(), "authorization_id": id, "client_id": client.ID, "redirect_uri": r.RedirectURI, "scope": r.Scope, "code_challenge": r.Challenge,
			"code_challenge_method": "s256", "response_type": "code", "status": "pending", "created_at": now, "expires_at": now.Add(authorizationLifetime),
		}
		for name, text := range map[string]string{"state": r.State, "nonce": r.Nonce, "resource": r.Resource} {
			if text != "" {
				v[name] = text
			}
		}
		if _, err := insert[authorizationRow](x, schemaAuth, "oauth_authorizations", v); err != nil {
			return err
		}
		to = withParams(s.consentPage(), url.Values{"authorization_id": {id}})
		return nil
	})
	return to, err
}

func (s *Service) consentPage() string {
	path := s.o.Provider.ConsentPath
	if path == "" {
		return s.HostedUI()
	}
	return strings.TrimRight(s.o.SiteURL, "/") + "/" + strings.TrimLeft(path, "/")
}

// sameRedirect compares a redirect address with a registered one: byte by byte, but for the port of a loopback address (RFC 8252 §7.3).
func sameRedirect(registered, asked string) bool {
	if registered == asked {
		return true
	}
	a, err := url.Parse(registered)
	if err != nil || a.Scheme != "http" {
		return false
	}
	b, err := url.Parse(asked)
	if err != nil || b.User != nil || b.Fragment != "" {
		return false
	}
	ip, err := netip.ParseAddr(a.Hostname())
	return err == nil && ip.IsLoopback() && b.Scheme == "http" && a.Hostname() == b.Hostname() && a.EscapedPath() == b.EscapedPath() && a.RawQuery == b.RawQuery
}

func withParams(to string, v url.Values) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	q := u.Query()
	for name := range v {
		q.Set(name, v.Get(name))
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Authorization is what a consent page shows.
type Authorization struct {
	ID          string `json:"authorization_id"`
	RedirectURI string `json:"redirect_uri"`
	Client      struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		URI     string `json:"uri"`
		LogoURI string `json:"logo_uri"`
	} `json:"client"`
	User struct {
		ID    string `json:"id"`
		Email string `json:"email"`
	} `json:"user"`
	Scope string `json:"scope"`
	// RedirectURL, when not "", is where the browser goes at once: the user has agreed before.
	RedirectURL string `json:"-"`
}

func errNoAuthorization() error {
	return fail(http.StatusNotFound, "oauth_authorization_not_found", "Authorization not found")
}

// pending finds an authorization that waits for the user, and makes it theirs: who opens it first decides it.
func (s *Service) pending(x *tx, id, user string) (*authorizationRow, *clientRow, error) {
	a, err := one[authorizationRow](x, schemaAuth, "oauth_authorizations", eq("authorization_id", id))
	if err != nil {
		return nil, nil, err
	}
	if a == nil || a.Status != "pending" || s.now().After(a.ExpiresAt) || a.UserID != "" && a.UserID != user {
		return nil, nil, errNoAuthorization()
	}
	if a.UserID == "" {
		rows, err := update[authorizationRow](x, schemaAuth, "oauth_authorizations", values{"user_id": user}, eq("id", a.ID), null("user_id"), eq("status", "pending"))
		if err != nil {
			return nil, nil, err
		}
		if len(rows) != 1 {
			return nil, nil, errNoAuthorization()
		}
		a = &rows[0]
	}
	c, err := x.client(a.ClientID)
	return a, c, err
}

// ShowAuthorization gives a consent page what it shows; a user who has agreed to all of it before is sent on.
func (s *Service) ShowAuthorization(ctx context.Context, who *Bearer, id string) (*Authorization, error) {
	if err := s.providerOn(); err != nil {
		return nil, err
	}
	out := &Authorization{}
	err := s.transact(ctx, func(x *tx) error {
		a, c, err := s.pending(x, id, who.User.ID)
		if err != nil {
			return err
		}
		*out = Authorization{ID: a.AuthorizationID, RedirectURI: a.RedirectURI, Scope: a.Scope}
		out.Client.ID, out.Client.Name, out.Client.URI, out.Client.LogoURI = c.ID, c.Name, c.URI, c.LogoURI
		out.User.ID, out.User.Email = who.User.ID, who.User.Email
		given, err := one[consentRow](x, schemaAuth, "oauth_consents", eq("user_id", who.User.ID), eq("client_id", c.ID), null("revoked_at"))
		if err != nil || given == nil || !covers(given.Scopes, a.Scope) {
			return err
		}
		out.RedirectURL, err = s.approve(x, a)
		return err
	})
	return out, err
}

func covers(given, asked string) bool {
	have := strings.Fields(given)
	for scope := range strings.FieldsSeq(asked) {
		if !slices.Contains(have, scope) {
			return false
		}
	}
	return true
}

// approve gives the program its code.
func (s *Service) approve(x *tx, a *authorizationRow) (string, error) {
	now := s.now()
	code := randomText(32)
	rows, err := update[authorizationRow](x, schemaAuth, "oauth_authorizations", values{
		"status": "approved", "approved_at": now, "authorization_code": linkHash(code), "expires_at": now.Add(codeLifetime),
	}, eq("id", a.ID), eq("status", "pending"))
	if err != nil {
		return "", err
	}
	if len(rows) != 1 {
		return "", errNoAuthorization()
	}
	v := url.Values{"code": {code}, "iss": {s.Issuer()}}
	if a.State != "" {
		v.Set("state", a.State)
	}
	return withParams(a.RedirectURI, v), nil
}

// Decide takes a user's decision and gives where the browser goes.
func (s *Service) Decide(ctx context.Context, who *Bearer, id, action string) (string, error) {
	if err := s.providerOn(); err != nil {
		return "", err
	}
	if action != "approve" && action != "deny" {
		return "", invalid("action must be 'approve' or 'deny'")
	}
	to := ""
	err := s.transact(ctx, func(x *tx) error {
		a, c, err := s.pending(x, id, who.User.ID)
		if err != nil {
			return err
		}
		now := s.now()
		if action == "deny" {
			rows, err := update[authorizationRow](x, schemaAuth, "oauth_authorizations", values{"status": "denied"}, eq("id", a.ID), eq("status", "pending"))
			if err != nil {
				return err
			}
			if len(rows) != 1 {
				return errNoAuthorization()
			}
			v := url.Values{"error": {"access_denied"}, "error_description": {"The user has denied the request"}, "iss": {s.Issuer()}}
			if a.State != "" {
				v.Set("state", a.State)
			}
			to = withParams(a.RedirectURI, v)
			return nil
		}
		given, err := one[consentRow](x, schemaAuth, "oauth_consents", eq("user_id", who.User.ID), eq("client_id", c.ID))
		if err != nil {
			return err
		}
		switch {
		case given == nil:
			_, err = insert[consentRow](x, schemaAuth, "oauth_consents", values{"id": newID(), "user_id": who.User.ID, "client_id": c.ID, "scopes": a.Scope, "granted_at": now})
		case given.RevokedAt != nil:
			_, err = update[consentRow](x, schemaAuth, "oauth_consents", values{"scopes": a.Scope, "granted_at": now, "revoked_at": nil}, eq("id", given.ID))
		default:
			_, err = update[consentRow](x, schemaAuth, "oauth_consents", values{"scopes": union(given.Scopes, a.Scope), "granted_at": now}, eq("id", given.ID))
		}
		if err != nil {
			return err
		}
		to, err = s.approve(x, a)
		return err
	})
	return to, err
}

func union(a, b string) string {
	all := strings.Fields(a)
	for scope := range strings.FieldsSeq(b) {
		if !slices.Contains(all, scope) {
			all = append(all, scope)
		}
	}
	return strings.Join(all, " ")
}

// Grant is what a user has let a program do.
type Grant struct {
	Client struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		URI     string `json:"uri"`
		LogoURI string `json:"logo_uri"`
	} `json:"client"`
	Scopes    []string  `json:"scopes"`
	GrantedAt time.Time `json:"granted_at"`
}

// Grants gives what a user has granted.
func (s *Service) Grants(ctx context.Context, who *Bearer) ([]Grant, error) {
	out := []Grant{}
	err := s.read(ctx, func(x *tx) error {
		out = []Grant{}
		rows, err := list[consentRow](x, schemaAuth, "oauth_consents", page{order: []query.Order{{Name: "granted_at", Desc: true}, {Name: "id"}}}, eq("user_id", who.User.ID), null("revoked_at"))
		if err != nil {
			return err
		}
		for _, r := range rows {
			c, err := x.client(r.ClientID)
			if err != nil {
				return err
			}
			g := Grant{Scopes: strings.Fields(r.Scopes), GrantedAt: r.GrantedAt.UTC()}
			g.Client.ID, g.Client.Name, g.Client.URI, g.Client.LogoURI = c.ID, c.Name, c.URI, c.LogoURI
			out = append(out, g)
		}
		return nil
	})
	return out, err
}

// RevokeGrant takes back what a user has granted a program, and ends its sessions.
func (s *Service) RevokeGrant(ctx context.Context, who *Bearer, client string) error {
	if !isID(client) {
		return invalid("client_id must be an UUID")
	}
	return s.transact(ctx, func(x *tx) error {
		rows, err := update[consentRow](x, schemaAuth, "oauth_consents", values{"revoked_at": s.now()}, eq("user_id", who.User.ID), eq("client_id", client), null("revoked_at"))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fail(http.StatusNotFound, "oauth_consent_not_found", "No grant for this client")
		}
		return x.gone(remove[sessionRow](x, schemaAuth, "sessions", eq("user_id", who.User.ID), eq("oauth_client_id", client)))
	})
}

// ClientCredentials are how a program proves to be itself.
type ClientCredentials struct {
	ID, Secret string
}

// authenticate finds the program that asks.
func (x *tx) authenticate(c ClientCredentials) (*clientRow, error) {
	row, err := x.client(c.ID)
	if err != nil {
		return nil, oauthError("invalid_client", "Client authentication failed")
	}
	if row.Type == "public" {
		if c.Secret != "" {
			return nil, oauthError("invalid_client", "Client authentication failed")
		}
		return row, nil
	}
	if c.Secret == "" || !equalText(row.SecretHash, linkHash(c.Secret)) {
		return nil, oauthError("invalid_client", "Client authentication failed")
	}
	return row, nil
}

// TokenRequest is a program's request for tokens (RFC 6749 §4.1.3, §6).
type TokenRequest struct {
	GrantType, Code, RedirectURI, Verifier, RefreshToken string
	Client                                               ClientCredentials
}

// Tokens are what a program gets.
type Tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
	IDToken      string `json:"id_token,omitempty"`
}

// Token answers a program's code or refresh token with tokens.
func (s *Service) Token(ctx context.Context, c Client, r TokenRequest) (*Tokens, error) {
	if err := s.providerOn(); err != nil {
		return nil, err
	}
	switch r.GrantType {
	case "authorization_code":
		return s.tokenByCode(ctx, c, r)
	case "refresh_token":
		return s.tokenByRefresh(ctx, c, r)
	case "":
		return nil, oauthError("invalid_request", "grant_type is missing")
	}
	return nil, oauthError("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")
}

// tokenByCode exchanges a code. It is bound to its program, its redirect address and its challenge, and works once: who comes with it again ends the session that it
// gave (RFC 6749 §4.1.2).
func (s *Service) tokenByCode(ctx context.Context, c Client, r TokenRequest) (*Tokens, error) {
	if r.Code == "" || r.Verifier == "" {
		return nil, oauthError("invalid_request", "code and code_verifier are required")
	}
	bad := oauthError("invalid_grant", "The authorization code is invalid, expired or used")
	var finish func() (*Tokens, error)
	var refused error
	err := s.transact(ctx, func(x *tx) error {
		finish, refused = nil, nil
		client, err := x.authenticate(r.Client)
		if err != nil {
			return err
		}
		a, err := one[authorizationRow](x, schemaAuth, "oauth_authorizations", eq("authorization_code", linkHash(r.Code)), eq("client_id", client.ID))
		if err != nil {
			return err
		}
		if a == nil {
			return bad
		}
		if a.Status != "approved" {
			// Used before. What it gave ends: one of the two who had it is a thief.
			refused = bad
			return x.gone(remove[sessionRow](x, schemaAuth, "sessions", eq("user_id", a.UserID), eq("oauth_client_id", client.ID), eq("tag", a.ID)))
		}
		used, err := update[authorizationRow](x, schemaAuth, "oauth_authorizations", values{"status": "expired"}, eq("id", a.ID), eq("status", "approved"))
		if err != nil {
			return err
		}
		if len(used) != 1 || s.now().After(a.ExpiresAt) || a.RedirectURI != r.RedirectURI && r.RedirectURI != "" || !verified(a.Method, a.Challenge, r.Verifier) {
			refused = bad
			return nil
		}
		u, err := x.userByID(a.UserID)
		if err != nil {
			return err
		}
		if u == nil || u.DeletedAt != nil || u.banned(s.now()) {
			refused = bad
			return nil
		}
		now := s.now()
		v := values{
			"id": newID(), "user_id": u.ID, "created_at": now, "updated_at": now, "aal": "aal1", "user_agent": c.UserAgent, "oauth_client_id": client.ID, "scopes": a.Scope, "tag": a.ID,
			"refresh_token_hmac_key": base64.StdEncoding.EncodeToString(randomBytes(32)), "refresh_token_counter": 0,
		}
		row, err := insert[sessionRow](x, schemaAuth, "sessions", v)
		if err != nil {
			return err
		}
		if err := x.prove(now, row.ID, byProgram); err != nil {
			return err
		}
		session, err := s.tokens(x, row, u, byProgram, true)
		finish = func() (*Tokens, error) { return s.clientTokens(client, row, session, a.Nonce) }
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return nil, err
	}
	return finish()
}

// byProgram is how the user of a session was proved that was given to a program.
const byProgram = "oauth_provider/authorization_code"

// clientTokens is what a program gets of a session that has its access token.
func (s *Service) clientTokens(client *clientRow, row *sessionRow, session *Session, nonce string) (_ *Tokens, err error) {
	out := &Tokens{AccessToken: session.AccessToken, TokenType: "bearer", ExpiresIn: session.ExpiresIn, Scope: row.Scopes}
	if slices.Contains(split(client.GrantTypes), "refresh_token") {
		out.RefreshToken = session.RefreshToken
	}
	if slices.Contains(strings.Fields(row.Scopes), "openid") {
		now := s.now()
		claims := s.userClaims(session.User, row.Scopes)
		sum := sha256.Sum256([]byte(out.AccessToken))
		claims["iss"], claims["aud"], claims["iat"], claims["exp"] = s.Issuer(), client.ID, now.Unix(), now.Add(s.o.Lifetime).Unix()
		claims["auth_time"], claims["at_hash"] = moment(row.CreatedAt).Unix(), base64.RawURLEncoding.EncodeToString(sum[:16])
		if nonce != "" {
			claims["nonce"] = nonce
		}
		if out.IDToken, err = s.keys.SignID(claims); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// userClaims is what a program learns of a user (OpenID Connect Core §5.1, §5.4).
func (s *Service) userClaims(u *User, scope string) map[string]any {
	have := strings.Fields(scope)
	claims := map[string]any{"sub": u.ID}
	if slices.Contains(have, "email") && u.Email != "" {
		claims["email"], claims["email_verified"] = u.Email, u.EmailConfirmedAt != nil
	}
	if slices.Contains(have, "phone") && u.Phone != "" {
		claims["phone_number"], claims["phone_number_verified"] = "+"+u.Phone, u.PhoneConfirmedAt != nil
	}
	if slices.Contains(have, "profile") {
		for claim, names := range map[string][]string{"name": {"full_name", "name"}, "picture": {"avatar_url", "picture"}, "preferred_username": {"preferred_username", "user_name"}} {
			for _, name := range names {
				if text, ok := u.UserMetadata[name].(string); ok && text != "" {
					claims[claim] = text
					break
				}
			}
		}
		claims["updated_at"] = u.UpdatedAt.Unix()
	}
	return claims
}

func (s *Service) tokenByRefresh(ctx context.Context, c Client, r TokenRequest) (*Tokens, error) {
	t, ok := parseRefresh(r.RefreshToken)
	bad := oauthError("invalid_grant", "The refresh token is invalid")
	var client *clientRow
	err := s.read(ctx, func(x *tx) (err error) {
		if client, err = x.authenticate(r.Client); err != nil {
			return err
		}
		if !ok || !slices.Contains(split(client.GrantTypes), "refresh_token") {
			return bad
		}
		row, err := one[sessionRow](x, schemaAuth, "sessions", eq("id", t.session), eq("oauth_client_id", client.ID))
		if err == nil && row == nil {
			err = bad
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	session, err := s.refresh(ctx, c, r.RefreshToken, client.ID)
	if f := fault.As(err); f != nil && f.Status == http.StatusBadRequest {
		return nil, bad
	}
	if err != nil {
		return nil, err
	}
	var out *Tokens
	err = s.read(ctx, func(x *tx) error {
		row, err := one[sessionRow](x, schemaAuth, "sessions", eq("id", t.session))
		if err != nil || row == nil {
			return bad
		}
		out = &Tokens{AccessToken: session.AccessToken, TokenType: "bearer", ExpiresIn: session.ExpiresIn, RefreshToken: session.RefreshToken, Scope: row.Scopes}
		return nil
	})
	return out, err
}

// UserInfo is what a program with an access token learns of its user.
func (s *Service) UserInfo(ctx context.Context, who *Bearer) (map[string]any, error) {
	var out map[string]any
	err := s.read(ctx, func(x *tx) error {
		row, err := one[sessionRow](x, schemaAuth, "sessions", eq("id", who.Session))
		if err != nil {
			return err
		}
		u, err := x.view(who.User)
		if err != nil {
			return err
		}
		scope := strings.Join(scopes, " ")
		if row != nil && row.ClientID != "" {
			scope = row.Scopes
		}
		out = s.userClaims(u, scope)
		return nil
	})
	return out, err
}

// Introspect says whether a token of the program's own is live (RFC 7662).
func (s *Service) Introspect(ctx context.Context, c ClientCredentials, token string) (map[string]any, error) {
	if err := s.providerOn(); err != nil {
		return nil, err
	}
	dead := map[string]any{"active": false}
	out := dead
	err := s.read(ctx, func(x *tx) error {
		out = dead
		client, err := x.authenticate(c)
		if err != nil {
			return err
		}
		row, about, err := s.clientSession(x, client, token)
		if err != nil || row == nil {
			return err
		}
		if t, isRefresh := parseRefresh(token); isRefresh && t.counter < row.RefreshNext-1 {
			return nil
		}
		about["active"], about["client_id"], about["scope"], about["sub"], about["iss"] = true, client.ID, row.Scopes, row.UserID, s.Issuer()
		out = about
		return nil
	})
	return out, err
}

// clientSession finds the session of an access or a refresh token that the client was given, and what the token says of itself; a nil row is a token that is not live,
// or another's.
func (s *Service) clientSession(x *tx, client *clientRow, token string) (row *sessionRow, about map[string]any, err error) {
	t, isRefresh := parseRefresh(token)
	id := ""
	if isRefresh {
		id, about = t.session, map[string]any{"token_type": "refresh_token"}
	} else {
		access, err := s.keys.Verify(token)
		if err != nil || !isID(access.Session) {
			return nil, nil, nil // a token that is not valid is not live
		}
		all := object(json.RawMessage(access.Claims))
		id, about = access.Session, map[string]any{"token_type": "bearer", "exp": all["exp"], "iat": all["iat"], "aud": all["aud"]}
	}
	row, err = one[sessionRow](x, schemaAuth, "sessions", eq("id", id), eq("oauth_client_id", client.ID))
	if err != nil || row == nil || isRefresh && !t.signedBy(s.keys.Derive(refreshPurpose), row) {
		return nil, nil, err
	}
	return row, about, nil
}

// Revoke ends the session of a token of the program's own (RFC 7009). A token that is not live is no error.
func (s *Service) Revoke(ctx context.Context, c ClientCredentials, token string) error {
	if err := s.providerOn(); err != nil {
		return err
	}
	return s.transact(ctx, func(x *tx) error {
		client, err := x.authenticate(c)
		if err != nil {
			return err
		}
		row, _, err := s.clientSession(x, client, token)
		if err != nil || row == nil {
			return err
		}
		return x.endSession(row.ID)
	})
}

// Discovery is the metadata of the provider (RFC 8414, OpenID Connect Discovery).
func (s *Service) Discovery() map[string]any {
	iss := s.Issuer()
	d := map[string]any{
		"issuer": iss, "authorization_endpoint": iss + "/oauth/authorize", "token_endpoint": iss + "/oauth/token", "userinfo_endpoint": iss + "/oauth/userinfo",
		"jwks_uri": iss + "/.well-known/jwks.json", "introspection_endpoint": iss + "/oauth/introspect", "revocation_endpoint": iss + "/oauth/revoke",
		"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"}, "grant_types_supported": []string{"authorization_code", "refresh_token"},
		"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": s.keys.IDAlgs(), "scopes_supported": scopes,
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", "none"}, "code_challenge_methods_supported": []string{"S256"},
		"claims_supported": []string{"sub", "aud", "iss", "exp", "iat", "auth_time", "nonce", "email", "email_verified", "phone_number", "phone_number_verified", "name", "picture", "preferred_username", "updated_at"},
		"authorization_response_iss_parameter_supported": true, "request_uri_parameter_supported": false,
	}
	if s.o.Provider.Dynamic {
		d["registration_endpoint"] = iss + "/oauth/clients/register"
	}
	return d
}
