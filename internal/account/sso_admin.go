package account

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/saml"
)

// SSOAttributes are what an administrator says of an identity provider. A nil or empty field is left as it is.
type SSOAttributes struct {
	Type         string       `json:"type"` // saml
	MetadataURL  string       `json:"metadata_url"`
	MetadataXML  string       `json:"metadata_xml"`
	Domains      *[]string    `json:"domains"`
	Mapping      *SAMLMapping `json:"attribute_mapping"`
	NameIDFormat *string      `json:"name_id_format"`
	ResourceID   *string      `json:"resource_id"`
	Disabled     *bool        `json:"disabled"`
}

// maxSSODomains bounds the domains of one provider.
const maxSSODomains = 1000

var ssoDomainForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

func (a *SSOAttributes) check() error {
	if a.MetadataURL != "" && a.MetadataXML != "" {
		return invalid("Only one of metadata_xml or metadata_url needs to be set")
	}
	if a.MetadataURL != "" {
		u, err := url.Parse(a.MetadataURL)
		switch {
		case err != nil || u.Host == "":
			return invalid("metadata_url is not a valid URL")
		case u.Scheme != "https":
			return invalid("metadata_url is not a HTTPS URL")
		}
	}
	if f := a.NameIDFormat; f != nil && *f != "" && !slices.Contains(saml.NameIDFormats, *f) {
		return invalid("name_id_format must be unspecified or one of %s", strings.Join(saml.NameIDFormats, ", "))
	}
	if a.Domains == nil {
		return nil
	}
	if len(*a.Domains) > maxSSODomains {
		return invalid("an SSO provider has at most %d domains", maxSSODomains)
	}
	for i, d := range *a.Domains {
		d = strings.ToLower(strings.TrimSpace(d))
		if !ssoDomainForm.MatchString(d) {
			return invalid("%q is not a domain", d)
		}
		(*a.Domains)[i] = d
	}
	slices.Sort(*a.Domains)
	*a.Domains = slices.Compact(*a.Domains)
	return nil
}

// metadata reads the metadata that an administrator gives or names.
func (a *SSOAttributes) metadata(ctx context.Context) ([]byte, *saml.IdP, error) {
	text := []byte(a.MetadataXML)
	if a.MetadataURL != "" {
		var err error
		if text, err = fetchMetadata(ctx, a.MetadataURL); err != nil {
			return nil, nil, err
		}
	}
	idp, err := saml.ParseIdP(text)
	if err != nil {
		return nil, nil, invalid("%v", err)
	}
	return text, idp, nil
}

func fetchMetadata(ctx context.Context, address string) ([]byte, error) {
	failed := func(why any) error {
		return fail(http.StatusBadRequest, "saml_metadata_fetch_failed", "error fetching SAML Metadata from URL '%s': %v", address, why)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, failed(err)
	}
	r.Header.Set("Accept", "application/xml;charset=UTF-8")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return nil, failed(err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	if resp.StatusCode != http.StatusOK {
		return nil, failed("HTTP " + resp.Status)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, saml.MaxMetadata+1))
	if err != nil {
		return nil, failed(err)
	}
	return text, nil
}

const (
	metadataAge   = 24 * time.Hour // that metadata gets before it is fetched again
	metadataEvery = time.Hour      // how often it is looked after, and how soon what could not be fetched is tried again
	metadataSlack = time.Minute    // that is no wait more: a look is not an hour after the last to the millisecond
	metadataMost  = 100            // providers at a time
)

// KeepMetadata fetches the metadata of identity providers again and again, until ctx ends.
func (s *Service) KeepMetadata(ctx context.Context) error {
	if s.samlOn() != nil {
		return nil
	}
	tick := time.NewTicker(metadataEvery)
	defer tick.Stop()
	for {
		if _, err := s.RefreshMetadata(ctx); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("metadata of identity providers", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// RefreshMetadata fetches the metadata that is a day old of identity providers that have said where it is: so a key that an organisation changes is known here a day later at the
// latest. What cannot be fetched, cannot be read or is another entity's changes nothing, and is tried again an hour later. It gives how many were fetched.
func (s *Service) RefreshMetadata(ctx context.Context) (fetched int, err error) {
	if err := s.samlOn(); err != nil {
		return 0, nil
	}
	// Of one look there is one now: what takes long to fetch is not due later for it.
	now := s.now()
	due := lte("updated_at", now.Add(metadataSlack-metadataAge))
	var old []samlRow
	err = s.read(ctx, func(x *tx) (err error) {
		old, err = list[samlRow](x, schemaAuth, "saml_providers", page{order: ascending("updated_at", "id"), limit: metadataMost}, notNull("metadata_url"), due)
		return err
	})
	for _, row := range old {
		text, idp, failure := (&SSOAttributes{MetadataURL: row.MetadataURL}).metadata(ctx)
		if failure == nil && idp.EntityID != row.EntityID {
			failure = errOtherEntity(row.EntityID, idp.EntityID)
		}
		if ctx.Err() != nil {
			return fetched, context.Cause(ctx)
		}
		v := values{"updated_at": now}
		var before, after []string
		if failure == nil {
			v["metadata_xml"] = string(text)
			before, after = fingerprints(row.MetadataXML), idp.Fingerprints()
		} else {
			s.o.Log.Warn("the metadata of an identity provider stays as it was", "provider", row.ProviderID, "error", failure)
			// It was tried: next time it stands behind those that were not, so that many which are gone keep none waiting.
			v["updated_at"] = now.Add(metadataEvery - metadataAge)
		}
		changed := !slices.Equal(before, after)
		err := s.transact(ctx, func(x *tx) error {
			// Unless an administrator has changed it meanwhile.
			rows, err := update[samlRow](x, schemaAuth, "saml_providers", v, eq("id", row.ID), eq("metadata_url", row.MetadataURL), due)
			if changed = changed && len(rows) == 1; err != nil || !changed {
				return err
			}
			return x.audit(s.now(), "sso", "saml_certificates_changed", map[string]any{"provider_id": row.ProviderID, "entity_id": row.EntityID, "before": before, "after": after})
		})
		if err != nil {
			return fetched, err
		}
		if changed {
			s.o.Log.Warn("an identity provider signs with other certificates", "provider", row.ProviderID, "entity", row.EntityID, "before", before, "after", after)
		}
		if failure == nil {
			fetched++
		}
	}
	return fetched, err
}

// fingerprints are those of metadata that is kept; none where it cannot be read any more.
func fingerprints(metadata string) []string {
	idp, err := saml.ParseIdP([]byte(metadata))
	if err != nil {
		return nil
	}
	return idp.Fingerprints()
}

// audit writes what happened into the ecosystem's table, in the transaction of what happened.
func (x *tx) audit(now time.Time, kind, action string, traits map[string]any) error {
	_, err := insert[struct{}](x, schemaAuth, "audit_log_entries", values{
		"id": newID(), "payload": map[string]any{"action": action, "log_type": kind, "timestamp": now, "traits": traits}, "created_at": now,
	})
	return err
}

func errOtherEntity(want, got string) error {
	return fail(http.StatusBadRequest, "saml_entity_id_mismatch", "SAML Metadata can be updated only if the EntityID matches for the provider; expected '%s' but got '%s'", want, got)
}

func errNoSSO() error {
	return fail(http.StatusNotFound, "sso_provider_not_found", "SSO Identity Provider not found")
}

// named finds a provider as administrators name it: by its id, or by resource_ and the id of theirs.
func (x *tx) namedSSO(name string) (*SSOProvider, error) {
	column := "id"
	if own, ok := strings.CutPrefix(name, "resource_"); ok {
		column, name = "resource_id", own
	}
	p, err := x.ssoProvider(column, name)
	if err == nil && p == nil {
		err = errNoSSO()
	}
	return p, err
}

// ListSSO gives all identity providers, without their metadata.
func (s *Service) ListSSO(ctx context.Context) ([]SSOProvider, error) {
	all := []SSOProvider{}
	err := s.read(ctx, func(x *tx) error {
		rows, err := list[SSOProvider](x, schemaAuth, "sso_providers", page{order: ascending("created_at", "id")})
		for _, r := range rows {
			p, err := x.ssoProvider("id", r.ID)
			if err != nil {
				return err
			}
			if p != nil {
				p.SAML.MetadataXML = ""
				all = append(all, *p)
			}
		}
		return err
	})
	return all, err
}

// SSOByName gives an identity provider.
func (s *Service) SSOByName(ctx context.Context, name string) (p *SSOProvider, err error) {
	err = s.read(ctx, func(x *tx) error {
		p, err = x.namedSSO(name)
		return err
	})
	return p, err
}

// CreateSSO makes an identity provider.
func (s *Service) CreateSSO(ctx context.Context, a SSOAttributes) (p *SSOProvider, err error) {
	switch {
	case a.Type != "saml":
		return nil, invalid("Only 'saml' supported for SSO provider type")
	case a.MetadataURL == "" && a.MetadataXML == "":
		return nil, invalid("Either metadata_xml or metadata_url must be set")
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	text, idp, err := a.metadata(ctx)
	if err != nil {
		return nil, err
	}
	err = s.transact(ctx, func(x *tx) error {
		now, id := s.now(), newID()
		other, err := one[samlRow](x, schemaAuth, "saml_providers", eq("entity_id", idp.EntityID))
		if err != nil {
			return err
		}
		if other != nil {
			return fail(http.StatusUnprocessableEntity, "saml_idp_already_exists", "SAML Identity Provider with this EntityID (%s) already exists", idp.EntityID)
		}
		if _, err := insert[struct{}](x, schemaAuth, "sso_providers", values{"id": id, "created_at": now, "updated_at": now}); err != nil {
			return err
		}
		v := values{"id": newID(), "sso_provider_id": id, "entity_id": idp.EntityID, "metadata_xml": string(text), "attribute_mapping": SAMLMapping{}, "created_at": now, "updated_at": now}
		if a.MetadataURL != "" {
			v["metadata_url"] = a.MetadataURL
		}
		if _, err := insert[samlRow](x, schemaAuth, "saml_providers", v); err != nil {
			return err
		}
		p, err = s.writeSSO(x, id, a, nil)
		return err
	})
	return p, err
}

// UpdateSSO changes an identity provider.
func (s *Service) UpdateSSO(ctx context.Context, name string, a SSOAttributes) (p *SSOProvider, err error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	var text []byte
	var idp *saml.IdP
	if a.MetadataURL != "" || a.MetadataXML != "" {
		if text, idp, err = a.metadata(ctx); err != nil {
			return nil, err
		}
	}
	err = s.transact(ctx, func(x *tx) error {
		old, err := x.namedSSO(name)
		if err != nil {
			return err
		}
		v := values{}
		if idp != nil {
			if idp.EntityID != old.SAML.EntityID {
				return errOtherEntity(old.SAML.EntityID, idp.EntityID)
			}
			v["metadata_xml"], v["metadata_url"] = string(text), nil // what was given is not fetched over
			if a.MetadataURL != "" {
				v["metadata_url"] = a.MetadataURL
			}
		}
		p, err = s.writeSSO(x, old.ID, a, v)
		return err
	})
	return p, err
}

// writeSSO writes what is the same for a new provider and for one that changes. v are further columns of its SAML part.
func (s *Service) writeSSO(x *tx, id string, a SSOAttributes, v values) (*SSOProvider, error) {
	now := s.now()
	if v == nil {
		v = values{}
	}
	v["updated_at"] = now
	if a.Mapping != nil {
		v["attribute_mapping"] = a.Mapping
	}
	if a.NameIDFormat != nil {
		v["name_id_format"] = nil
		if *a.NameIDFormat != "" {
			v["name_id_format"] = *a.NameIDFormat
		}
	}
	if _, err := update[samlRow](x, schemaAuth, "saml_providers", v, eq("sso_provider_id", id)); err != nil {
		return nil, err
	}
	own := values{"updated_at": now}
	if a.ResourceID != nil {
		own["resource_id"] = nil
		if *a.ResourceID != "" {
			own["resource_id"] = *a.ResourceID
		}
	}
	if a.Disabled != nil {
		own["disabled"] = *a.Disabled
	}
	if _, err := update[struct{}](x, schemaAuth, "sso_providers", own, eq("id", id)); err != nil {
		return nil, err
	}
	if a.Domains != nil {
		if _, err := remove[struct{}](x, schemaAuth, "sso_domains", eq("sso_provider_id", id)); err != nil {
			return nil, err
		}
		for _, domain := range *a.Domains {
			other, err := x.ssoByDomain(domain)
			if err != nil {
				return nil, err
			}
			if other != nil {
				return nil, fail(http.StatusBadRequest, "sso_domain_already_exists", "SSO Domain '%s' is already assigned to an SSO identity provider (%s)", domain, other.ID)
			}
			if _, err := insert[struct{}](x, schemaAuth, "sso_domains", values{"id": newID(), "sso_provider_id": id, "domain": domain, "created_at": now, "updated_at": now}); err != nil {
				return nil, err
			}
		}
	}
	return x.ssoProvider("id", id)
}

// DeleteSSO removes an identity provider. Its users stay, and nobody signs in as one of them any more.
func (s *Service) DeleteSSO(ctx context.Context, name string) (p *SSOProvider, err error) {
	err = s.transact(ctx, func(x *tx) error {
		if p, err = x.namedSSO(name); err != nil {
			return err
		}
		_, err = remove[struct{}](x, schemaAuth, "sso_providers", eq("id", p.ID))
		return err
	})
	return p, err
}
