package account

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

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
	ResponseType, ResponseMode, ClientID, RedirectURI, Scope, State, Nonce, Challenge, Method, Resource, Prompt string
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
		case r.ResponseMode != "" && r.ResponseMode != "query":
			return back("invalid_request", "response_mode must be query")
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
