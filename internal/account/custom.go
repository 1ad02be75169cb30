package account

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/federation"
)

// Identity providers that an administrator adds while the server runs. Their names begin with custom:, so that they are never taken for those of the settings.

const customPrefix = "custom:"

// maxCustom bounds the providers of a project.
const maxCustom = 100

// CustomProvider is a row of auth.custom_oauth_providers as administrators see it. Its secret is told to nobody.
type CustomProvider struct {
	ID               string          `json:"id"`
	Type             string          `json:"provider_type"` // oidc, oauth2
	Identifier       string          `json:"identifier"`
	Name             string          `json:"name"`
	ClientID         string          `json:"client_id"`
	MoreClientIDs    []string        `json:"acceptable_client_ids"`
	Scopes           []string        `json:"scopes"`
	PKCE             bool            `json:"pkce_enabled"`
	Mapping          json.RawMessage `json:"attribute_mapping"`
	Params           json.RawMessage `json:"authorization_params"`
	Enabled          bool            `json:"enabled"`
	EmailOptional    bool            `json:"email_optional"`
	Issuer           string          `json:"issuer,omitempty"`
	SkipNonce        bool            `json:"skip_nonce_check"`
	AuthorizationURL string          `json:"authorization_url,omitempty"`
	TokenURL         string          `json:"token_url,omitempty"`
	UserInfoURL      string          `json:"userinfo_url,omitempty"`
	CreatedAt        time.Time       `json:"created_at"`
	UpdatedAt        time.Time       `json:"updated_at"`
}

type customRow struct {
	CustomProvider
	Secret string `json:"client_secret"`
}

// CustomAttributes are what an administrator says of a provider. A nil field is left as it is.
type CustomAttributes struct {
	Type             *string            `json:"provider_type"`
	Identifier       *string            `json:"identifier"`
	Name             *string            `json:"name"`
	ClientID         *string            `json:"client_id"`
	Secret           *string            `json:"client_secret"`
	MoreClientIDs    *[]string          `json:"acceptable_client_ids"`
	Scopes           *[]string          `json:"scopes"`
	PKCE             *bool              `json:"pkce_enabled"`
	Mapping          *map[string]string `json:"attribute_mapping"`
	Params           *map[string]string `json:"authorization_params"`
	Enabled          *bool              `json:"enabled"`
	EmailOptional    *bool              `json:"email_optional"`
	Issuer           *string            `json:"issuer"`
	DiscoveryURL     *string            `json:"discovery_url"`
	SkipNonce        *bool              `json:"skip_nonce_check"`
	AuthorizationURL *string            `json:"authorization_url"`
	TokenURL         *string            `json:"token_url"`
	UserInfoURL      *string            `json:"userinfo_url"`
}

var customForm = regexp.MustCompile(`^custom:[a-z0-9]([a-z0-9:-]{0,40}[a-z0-9])?$`)

// reserved are parameters of the authorization endpoint that are the server's to set.
var reserved = []string{"client_id", "client_secret", "redirect_uri", "response_type", "state", "scope", "nonce", "code_challenge", "code_challenge_method", "code_verifier", "grant_type", "code"}

func errNoCustom() error {
	return fail(http.StatusNotFound, "custom_provider_not_found", "Custom OAuth provider not found")
}

// columns are what the attributes set, checked.
func (a *CustomAttributes) columns() (values, error) {
	v := values{}
	for name, text := range map[string]*string{"issuer": a.Issuer, "authorization_url": a.AuthorizationURL, "token_url": a.TokenURL, "userinfo_url": a.UserInfoURL} {
		if text == nil {
			continue
		}
		u, err := url.Parse(*text)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || len(*text) > 2048 {
			return nil, invalid("%s must be an HTTPS URL", name)
		}
		v[name] = *text
	}
	if a.DiscoveryURL != nil && *a.DiscoveryURL != "" {
		return nil, invalid("discovery_url is not supported: the document is looked for below the issuer")
	}
	if a.PKCE != nil && !*a.PKCE {
		return nil, invalid("pkce_enabled cannot be false: a provider that does not know PKCE ignores it")
	}
	for name, text := range map[string]*string{"name": a.Name, "client_id": a.ClientID} {
		if text == nil {
			continue
		}
		if *text == "" || len(*text) > 100 && name == "name" || len(*text) > 512 {
			return nil, invalid("%s is empty or too long", name)
		}
		v[name] = *text
	}
	if a.Params != nil {
		for name := range *a.Params {
			if slices.Contains(reserved, strings.ToLower(name)) {
				return nil, invalid("authorization_params cannot set %s", name)
			}
		}
		v["authorization_params"] = *a.Params
	}
	if a.Mapping != nil {
		for name := range *a.Mapping {
			if !slices.Contains([]string{"sub", "email", "email_verified", "name", "picture"}, name) {
				return nil, invalid("attribute_mapping cannot set %s: only sub, email, email_verified, name and picture", name)
			}
		}
		v["attribute_mapping"] = *a.Mapping
	}
	for name, list := range map[string]*[]string{"scopes": a.Scopes, "acceptable_client_ids": a.MoreClientIDs} {
		if list != nil {
			v[name] = append([]string{}, *list...)
		}
	}
	for name, flag := range map[string]*bool{"enabled": a.Enabled, "email_optional": a.EmailOptional, "skip_nonce_check": a.SkipNonce} {
		if flag != nil {
			v[name] = *flag
		}
	}
	return v, nil
}

// ListCustom gives the providers, all or those of a type.
func (s *Service) ListCustom(ctx context.Context, kind string) ([]CustomProvider, error) {
	where := []condition{}
	if kind != "" {
		if kind != "oidc" && kind != "oauth2" {
			return nil, invalid("type must be either 'oauth2' or 'oidc'")
		}
		where = append(where, eq("provider_type", kind))
	}
	var all []CustomProvider
	err := s.read(ctx, func(x *tx) (err error) {
		all, err = list[CustomProvider](x, schemaAuth, "custom_oauth_providers", page{order: ascending("created_at", "identifier")}, where...)
		return err
	})
	if all == nil {
		all = []CustomProvider{}
	}
	return all, err
}

// CustomByName gives a provider.
func (s *Service) CustomByName(ctx context.Context, name string) (p *CustomProvider, err error) {
	err = s.read(ctx, func(x *tx) error {
		if p, err = one[CustomProvider](x, schemaAuth, "custom_oauth_providers", eq("identifier", name)); err == nil && p == nil {
			err = errNoCustom()
		}
		return err
	})
	return p, err
}

// CreateCustom adds a provider.
func (s *Service) CreateCustom(ctx context.Context, a CustomAttributes) (p *CustomProvider, err error) {
	given := func(list ...*string) bool {
		return !slices.ContainsFunc(list, func(t *string) bool { return t == nil || *t == "" })
	}
	switch {
	case !given(a.Type) || *a.Type != "oidc" && *a.Type != "oauth2":
		return nil, invalid("provider_type must be either 'oauth2' or 'oidc'")
	case !given(a.Identifier) || !customForm.MatchString(*a.Identifier):
		return nil, invalid("identifier must start with 'custom:' and go on with lower-case letters, digits and -")
	case !given(a.Name, a.ClientID, a.Secret):
		return nil, invalid("name, client_id and client_secret are required")
	case *a.Type == "oidc" && !given(a.Issuer):
		return nil, invalid("issuer is required for OIDC providers")
	case *a.Type == "oauth2" && !given(a.AuthorizationURL, a.TokenURL, a.UserInfoURL):
		return nil, invalid("authorization_url, token_url and userinfo_url are required for OAuth2 providers")
	}
	v, err := a.columns()
	if err != nil {
		return nil, err
	}
	id := newID()
	if v["client_secret"], err = s.seal(id, *a.Secret); err != nil {
		return nil, err
	}
	now := s.now()
	maps.Copy(v, values{"id": id, "provider_type": *a.Type, "identifier": *a.Identifier, "created_at": now, "updated_at": now})
	err = s.transact(ctx, func(x *tx) error {
		n, err := count(x, schemaAuth, "custom_oauth_providers")
		if err != nil {
			return err
		}
		if n >= maxCustom {
			return fail(http.StatusBadRequest, "over_custom_provider_quota", "Maximum number of custom OAuth/OIDC providers reached")
		}
		other, err := one[CustomProvider](x, schemaAuth, "custom_oauth_providers", eq("identifier", *a.Identifier))
		if err != nil {
			return err
		}
		if other != nil {
			return fail(http.StatusBadRequest, "conflict", "A custom OAuth provider with this identifier already exists")
		}
		p, err = insert[CustomProvider](x, schemaAuth, "custom_oauth_providers", v)
		return err
	})
	return p, err
}

// UpdateCustom changes a provider. Its type and its identifier stay: users are known by them.
func (s *Service) UpdateCustom(ctx context.Context, name string, a CustomAttributes) (p *CustomProvider, err error) {
	v, err := a.columns()
	if err != nil {
		return nil, err
	}
	err = s.transact(ctx, func(x *tx) error {
		old, err := one[CustomProvider](x, schemaAuth, "custom_oauth_providers", eq("identifier", name))
		if err != nil {
			return err
		}
		if old == nil {
			return errNoCustom()
		}
		// A subject is only meant with its issuer: whoever could change that could be anybody.
		if a.Issuer != nil && *a.Issuer != old.Issuer {
			return invalid("the issuer cannot be changed: add another provider")
		}
		if a.Secret != nil && *a.Secret != "" {
			if v["client_secret"], err = s.seal(old.ID, *a.Secret); err != nil {
				return err
			}
		}
		v["updated_at"] = s.now()
		rows, err := update[CustomProvider](x, schemaAuth, "custom_oauth_providers", v, eq("id", old.ID))
		if err != nil || len(rows) != 1 {
			return orGone(err)
		}
		p = &rows[0]
		return nil
	})
	return p, err
}

// DeleteCustom removes a provider. Its users stay.
func (s *Service) DeleteCustom(ctx context.Context, name string) error {
	return s.transact(ctx, func(x *tx) error {
		gone, err := remove[struct{}](x, schemaAuth, "custom_oauth_providers", eq("identifier", name))
		if err == nil && len(gone) == 0 {
			err = errNoCustom()
		}
		return err
	})
}

// custom lets Federation know the provider of a name that an administrator has given, as it is now.
func (s *Service) custom(ctx context.Context, name string) error {
	if s.o.Federation == nil || !strings.HasPrefix(name, customPrefix) {
		return nil
	}
	var row *customRow
	err := s.read(ctx, func(x *tx) (err error) {
		row, err = one[customRow](x, schemaAuth, "custom_oauth_providers", eq("identifier", name))
		return err
	})
	if err != nil {
		return err
	}
	if row == nil || !row.Enabled {
		s.o.Federation.Drop(name)
		return nil
	}
	secret, err := s.unseal(row.ID, row.Secret)
	if err != nil {
		return err
	}
	texts := func(raw json.RawMessage) map[string]string {
		m := map[string]string{}
		for key, v := range object(raw) {
			if text, ok := v.(string); ok {
				m[key] = text
			}
		}
		return m
	}
	return s.o.Federation.Put(federation.Provider{
		Name: name, ClientID: row.ClientID, MoreClientIDs: row.MoreClientIDs, Secret: secret, Issuer: row.Issuer, Scopes: row.Scopes, SkipNonce: row.SkipNonce,
		EmailOptional: row.EmailOptional, AuthURL: row.AuthorizationURL, TokenURL: row.TokenURL, UserInfoURL: row.UserInfoURL, Params: texts(row.Params), Members: texts(row.Mapping),
		Guarded: !s.o.PrivateProviders,
	}, row.UpdatedAt.UTC().Format(time.RFC3339Nano))
}
