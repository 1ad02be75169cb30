package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/federation"
	"github.com/mainstay-dev/mainstay/internal/saml"
)

// Single sign-on: users of an organisation come through its own identity provider (SAML 2.0).

// SSORules are a project's rules of single sign-on.
type SSORules struct {
	SAML *saml.Provider // nil: off
	// Unasked takes assertions that nobody has asked for: whoever can make a browser send one signs it in as somebody (attack F4).
	Unasked bool
	// WithoutPKCE takes sign-ins that are not bound to the browser that began them.
	WithoutPKCE bool
}

// bySSO is how users of single sign-on are proved.
const bySSO = "sso/saml"

// relayLifetime is how long a visit at an identity provider may take.
const relayLifetime = 5 * time.Minute

// relayRow is a row of auth.saml_relay_states: a visit at an identity provider.
type relayRow struct {
	ID         string    `json:"id"`
	ProviderID string    `json:"sso_provider_id"`
	RequestID  string    `json:"request_id"`
	RedirectTo string    `json:"redirect_to"`
	CreatedAt  time.Time `json:"created_at"`
	Flow       string    `json:"flow_state_id"`
}

// SSORequest asks to sign in at an organisation's identity provider: by its id, or by a domain that it stands for.
type SSORequest struct {
	ProviderID, Domain string
	RedirectTo         string
	Challenge          Challenge
}

func (s *Service) samlOn() error {
	if s.o.SSO.SAML == nil {
		return fail(http.StatusNotFound, "saml_provider_disabled", "SAML 2.0 is disabled")
	}
	return nil
}

// SAMLMetadata describes the project to identity providers.
func (s *Service) SAMLMetadata() ([]byte, error) {
	if err := s.samlOn(); err != nil {
		return nil, err
	}
	return s.o.SSO.SAML.Metadata()
}

// SSO begins a sign-in and gives where the browser goes.
func (s *Service) SSO(ctx context.Context, c Client, r SSORequest) (string, error) {
	if err := s.samlOn(); err != nil {
		return "", err
	}
	switch {
	case r.ProviderID != "" && r.Domain != "":
		return "", invalid("Only one of provider_id or domain supported")
	case r.ProviderID == "" && r.Domain == "":
		return "", invalid("A provider_id or domain needs to be provided")
	}
	if err := r.Challenge.check(); err != nil {
		return "", err
	}
	if r.Challenge.Code == "" && !s.o.SSO.WithoutPKCE {
		return "", invalid("Single sign-on needs the PKCE flow: code_challenge is missing")
	}
	if err := s.take(ctx, "sso", c.network(), s.o.Limits.SSO, fiveMinutes); err != nil {
		return "", err
	}
	var p *SSOProvider
	err := s.read(ctx, func(x *tx) (err error) {
		if r.Domain != "" {
			p, err = x.ssoByDomain(r.Domain)
		} else {
			p, err = x.ssoProvider("id", r.ProviderID)
		}
		return err
	})
	switch {
	case err != nil:
		return "", err
	case p == nil && r.Domain != "":
		return "", fail(http.StatusNotFound, "sso_provider_not_found", "No SSO provider assigned for this domain")
	case p == nil:
		return "", fail(http.StatusNotFound, "sso_provider_not_found", "No such SSO provider")
	case p.Disabled != nil && *p.Disabled:
		return "", fail(http.StatusNotFound, "sso_provider_disabled", "SSO Provider is currently disabled")
	}
	idp, err := saml.ParseIdP([]byte(p.SAML.MetadataXML))
	if err != nil {
		return "", err
	}
	state := newID()
	to, request, err := s.o.SSO.SAML.Request(idp, p.SAML.NameIDFormat, state)
	if err != nil {
		return "", err
	}
	return to, s.transact(ctx, func(x *tx) error {
		now := s.now()
		v := values{"id": state, "sso_provider_id": p.ID, "request_id": request, "redirect_to": s.Redirect(r.RedirectTo), "created_at": now, "updated_at": now}
		flow, err := s.beginFlow(x, r.Challenge, "", "sso:"+p.ID, bySSO)
		if err != nil {
			return err
		}
		if flow != "" {
			v["flow_state_id"] = flow
		}
		_, err = insert[relayRow](x, schemaAuth, "saml_relay_states", v)
		return err
	})
}

func errRelay() error {
	return fail(http.StatusNotFound, "saml_relay_state_not_found", "SAML RelayState does not exist, try logging in again?")
}

// ArriveSAML takes a browser that comes back from an identity provider with a response (base64 of XML). It gives where the browser goes, with an error as well.
func (s *Service) ArriveSAML(ctx context.Context, c Client, response, state string) (out Verified, err error) {
	out.RedirectTo = s.o.SiteURL
	if err := s.samlOn(); err != nil {
		return out, err
	}
	if err := s.take(ctx, "acs", c.network(), s.o.Limits.SSO, fiveMinutes); err != nil {
		return out, err
	}
	if response == "" {
		return out, invalid("SAMLResponse is missing")
	}
	text, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		return out, invalid("SAMLResponse is not a valid Base64 string")
	}
	var relay *relayRow
	var p *SSOProvider
	if isID(state) {
		if relay, p, err = s.usedRelay(ctx, state); err != nil {
			return out, err
		}
		out.RedirectTo = relay.RedirectTo
	} else {
		if !s.o.SSO.Unasked {
			return out, errRelay()
		}
		if p, err = s.ssoByIssuer(ctx, text); err != nil {
			return out, err
		}
		out.RedirectTo = s.Redirect(state)
	}
	if p.Disabled != nil && *p.Disabled {
		return out, fail(http.StatusNotFound, "sso_provider_disabled", "SSO Provider assigned for this domain is currently disabled")
	}
	idp, err := saml.ParseIdP([]byte(p.SAML.MetadataXML))
	if err != nil {
		return out, err
	}
	request := ""
	if relay != nil {
		request = relay.RequestID
	}
	a, err := s.o.SSO.SAML.Accept(idp, text, request)
	if err != nil {
		s.o.Log.Info("SAML assertion refused", "provider", p.ID, "error", err)
		return out, invalid("SAML Assertion is not valid")
	}
	person, err := p.person(a)
	if err != nil {
		return out, err
	}
	var refused error
	err = s.transact(ctx, func(x *tx) error {
		out.Session, out.Code, refused = nil, "", nil
		// An assertion counts once, as long as it could count at all.
		used, err := s.count(x, "saml-used:"+digest(idp.EntityID+"\x00"+a.ID), 1, a.Ends.Sub(s.now())+time.Hour)
		if err != nil {
			return err
		}
		if used > 0 {
			refused = invalid("SAML Assertion is not valid")
			return nil
		}
		u, err := s.known(x, person, &flowRow{})
		if err != nil {
			return err
		}
		if u.banned(s.now()) {
			return errBanned()
		}
		if relay != nil && relay.Flow != "" {
			out.Code, err = s.endFlow(x, relay.Flow, u.ID)
			return err
		}
		if out.Session, err = s.signIn(x, c, u, bySSO); err != nil || a.SessionEnds.IsZero() {
			return err
		}
		_, err = update[sessionRow](x, schemaAuth, "sessions", values{"not_after": a.SessionEnds}, eq("id", x.issued[len(x.issued)-1].row.ID))
		return err
	})
	if err == nil {
		err = refused
	}
	return out, err // with an error as well: the browser goes on in any case
}

// usedRelay uses a visit: it ends once, whatever comes of it.
func (s *Service) usedRelay(ctx context.Context, state string) (relay *relayRow, p *SSOProvider, err error) {
	err = s.transact(ctx, func(x *tx) error {
		relay, p = nil, nil
		gone, err := remove[relayRow](x, schemaAuth, "saml_relay_states", eq("id", state))
		if err != nil || len(gone) != 1 {
			return err
		}
		relay = &gone[0]
		p, err = x.ssoProvider("id", relay.ProviderID)
		return err
	})
	switch {
	case err != nil:
		return nil, nil, err
	case relay == nil || p == nil:
		return nil, nil, errRelay()
	case s.now().After(relay.CreatedAt.Add(relayLifetime)):
		return nil, nil, fail(http.StatusUnprocessableEntity, "saml_relay_state_expired", "SAML RelayState has expired. Try logging in again?")
	}
	return relay, p, nil
}

// ssoByIssuer finds the provider that says to have sent a response.
func (s *Service) ssoByIssuer(ctx context.Context, response []byte) (*SSOProvider, error) {
	issuer, err := saml.Issuer(response)
	if err != nil {
		return nil, invalid("SAMLResponse is not a valid XML SAML assertion")
	}
	var p *SSOProvider
	err = s.read(ctx, func(x *tx) error {
		row, err := one[samlRow](x, schemaAuth, "saml_providers", eq("entity_id", issuer))
		if err != nil || row == nil {
			return err
		}
		p, err = x.ssoProvider("id", row.ProviderID)
		return err
	})
	if err == nil && p == nil {
		err = fail(http.StatusNotFound, "saml_idp_not_found", "A SAML connection has not been established with this Identity Provider")
	}
	return p, err
}

// person is who an assertion is about. Such a person is a user by the provider's subject alone, and shares an address with nobody.
func (p *SSOProvider) person(a *saml.Assertion) (*federation.Person, error) {
	if a.Subject == "" {
		return nil, fail(http.StatusBadRequest, "saml_assertion_no_user_id", "SAML Assertion did not contain a persistent Subject Identifier attribute or Subject NameID uniquely identifying this user")
	}
	claims := p.SAML.Mapping.claims(a)
	mail, _ := claims["email"].(string)
	if mail == "" {
		mail = a.Email
	}
	if mail == "" {
		return nil, fail(http.StatusBadRequest, "saml_assertion_no_email", "SAML Assertion does not contain an email address")
	}
	mail, err := address(mail)
	if err != nil {
		return nil, err
	}
	data := map[string]any{"iss": p.SAML.EntityID, "sub": a.Subject, "provider_id": a.Subject, "email": mail, "email_verified": true, "phone_verified": false}
	custom := map[string]any{}
	for name, v := range claims {
		switch name {
		case "name", "full_name", "given_name", "family_name", "preferred_username", "picture", "avatar_url", "locale":
			data[name] = v
		case "email":
		default:
			custom[name] = v
		}
	}
	data["custom_claims"] = custom
	return &federation.Person{Provider: "sso:" + p.ID, Subject: a.Subject, Email: mail, Verified: true, Data: data}, nil
}

// SAMLMapping says which attributes become which claims.
type SAMLMapping struct {
	Keys map[string]SAMLAttribute `json:"keys,omitempty"`
}

// SAMLAttribute is where a claim comes from: the first of the names that the assertion has.
type SAMLAttribute struct {
	Name    string   `json:"name,omitempty"`
	Names   []string `json:"names,omitempty"`
	Default any      `json:"default,omitempty"`
	Array   bool     `json:"array,omitempty"`
}

func (m SAMLMapping) claims(a *saml.Assertion) map[string]any {
	out := map[string]any{}
	for key, from := range m.Keys {
		for _, name := range append([]string{from.Name}, from.Names...) {
			var have []string
			for _, v := range a.Attribute(name) {
				if v != "" {
					have = append(have, v)
				}
			}
			if name == "" || len(have) == 0 {
				continue
			}
			if from.Array {
				out[key] = have
			} else {
				out[key] = have[0]
			}
			break
		}
		if _, ok := out[key]; !ok && from.Default != nil {
			out[key] = from.Default
		}
	}
	return out
}

// samlRow is a row of auth.saml_providers.
type samlRow struct {
	ID           string          `json:"id"`
	ProviderID   string          `json:"sso_provider_id"`
	EntityID     string          `json:"entity_id"`
	MetadataXML  string          `json:"metadata_xml"`
	MetadataURL  string          `json:"metadata_url"`
	Mapping      json.RawMessage `json:"attribute_mapping"`
	NameIDFormat string          `json:"name_id_format"`
}

// SSOProvider is an organisation's identity provider, as administrators see it.
type SSOProvider struct {
	ID         string      `json:"id"`
	ResourceID string      `json:"resource_id,omitempty"`
	Disabled   *bool       `json:"disabled"`
	SAML       SSOSAML     `json:"saml"`
	Domains    []SSODomain `json:"domains"`
	CreatedAt  time.Time   `json:"created_at"`
	UpdatedAt  time.Time   `json:"updated_at"`
}

// SSOSAML is the part of it that is SAML's.
type SSOSAML struct {
	EntityID     string      `json:"entity_id"`
	MetadataXML  string      `json:"metadata_xml,omitempty"`
	MetadataURL  string      `json:"metadata_url,omitempty"`
	Mapping      SAMLMapping `json:"attribute_mapping"`
	NameIDFormat string      `json:"name_id_format,omitempty"`
}

// SSODomain is a domain whose users a provider signs in.
type SSODomain struct {
	Domain string `json:"domain"`
}

// ssoProvider finds a provider by a unique column; nil for none.
func (x *tx) ssoProvider(column, value string) (*SSOProvider, error) {
	if column == "id" && !isID(value) {
		return nil, nil
	}
	p, err := one[SSOProvider](x, schemaAuth, "sso_providers", eq(column, value))
	if err != nil || p == nil {
		return nil, err
	}
	row, err := one[samlRow](x, schemaAuth, "saml_providers", eq("sso_provider_id", p.ID))
	if err != nil || row == nil {
		return nil, err
	}
	p.SAML = SSOSAML{EntityID: row.EntityID, MetadataXML: row.MetadataXML, MetadataURL: row.MetadataURL, NameIDFormat: row.NameIDFormat}
	if len(row.Mapping) > 0 {
		if err := json.Unmarshal(row.Mapping, &p.SAML.Mapping); err != nil {
			return nil, err
		}
	}
	p.Domains, err = list[SSODomain](x, schemaAuth, "sso_domains", page{order: ascending("domain")}, eq("sso_provider_id", p.ID))
	if p.Domains == nil {
		p.Domains = []SSODomain{}
	}
	p.CreatedAt, p.UpdatedAt = p.CreatedAt.UTC(), p.UpdatedAt.UTC()
	return p, err
}

// ssoByDomain finds the provider that stands for a domain; nil for none.
func (x *tx) ssoByDomain(domain string) (*SSOProvider, error) {
	row, err := one[struct {
		ProviderID string `json:"sso_provider_id"`
	}](x, schemaAuth, "sso_domains", eq("domain", strings.ToLower(strings.TrimSpace(domain))))
	if err != nil || row == nil {
		return nil, err
	}
	return x.ssoProvider("id", row.ProviderID)
}
