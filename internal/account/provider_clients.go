package account

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

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
