package account

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

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
		// The decision first: of many at once, one goes on.
		if to, err = s.approve(x, a); err != nil {
			return err
		}
		return x.consent(now, who.User.ID, c.ID, a.Scope)
	})
	return to, err
}

// consent remembers what a user has let a program do.
func (x *tx) consent(now time.Time, user, client, scope string) error {
	made, err := x.insertNew(schemaAuth, "oauth_consents", values{"id": newID(), "user_id": user, "client_id": client, "scopes": scope, "granted_at": now})
	if err != nil || made {
		return err
	}
	given, err := one[consentRow](x, schemaAuth, "oauth_consents", eq("user_id", user), eq("client_id", client))
	if err != nil || given == nil {
		return err
	}
	v := values{"scopes": union(given.Scopes, scope), "granted_at": now, "revoked_at": nil}
	if given.RevokedAt != nil {
		v["scopes"] = scope
	}
	_, err = update[consentRow](x, schemaAuth, "oauth_consents", v, eq("id", given.ID))
	return err
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
