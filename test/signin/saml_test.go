package signin

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/mainstay-dev/mainstay/internal/account"
	spsaml "github.com/mainstay-dev/mainstay/internal/saml"
)

// organisation is an identity provider, made of the library that others run theirs with.
type organisation struct {
	*saml.IdentityProvider
	t  *testing.T
	sp *saml.EntityDescriptor
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func certificate(t *testing.T, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "idp"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// GetServiceProvider gives the project's metadata, which it was told as any other would be.
func (o *organisation) GetServiceProvider(_ *http.Request, id string) (*saml.EntityDescriptor, error) {
	if o.sp == nil || o.sp.EntityID != id {
		return nil, os.ErrNotExist
	}
	return o.sp, nil
}

func newOrganisation(t *testing.T, s *server, address string) *organisation {
	t.Helper()
	o := &organisation{t: t}
	at := func(path string) url.URL {
		u, err := url.Parse(address + path)
		if err != nil {
			t.Fatal(err)
		}
		return *u
	}
	o.IdentityProvider = &saml.IdentityProvider{
		Key: rsaKey(), Certificate: certificate(t, rsaKey()), MetadataURL: at("/metadata"), SSOURL: at("/sso"), ServiceProviderProvider: o, SignatureMethod: dsig.RSASHA256SignatureMethod,
	}
	meta := s.auth("", "GET /sso/saml/metadata", nil)
	o.sp = &saml.EntityDescriptor{}
	if err := xml.Unmarshal([]byte(meta.raw), o.sp); err != nil || o.sp.EntityID != s.URL+"/auth/v1/sso/saml/metadata" {
		t.Fatalf("metadata: %v %s", err, meta.raw)
	}
	return o
}

func (o *organisation) metadata() string {
	o.t.Helper()
	b, err := xml.Marshal(o.Metadata())
	if err != nil {
		o.t.Fatal(err)
	}
	return string(b)
}

// answer is what the organisation sends back with a browser that came with a request; change makes it misbehave before it signs.
func (o *organisation) answer(to string, change func(*saml.Assertion)) (response, state string) {
	o.t.Helper()
	r, err := saml.NewIdpAuthnRequest(o.IdentityProvider, httptest.NewRequest(http.MethodGet, to, nil))
	if err != nil {
		o.t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		o.t.Fatalf("the request is not one that the library takes: %v", err)
	}
	return o.sign(r, change)
}

func (o *organisation) sign(r *saml.IdpAuthnRequest, change func(*saml.Assertion)) (response, state string) {
	o.t.Helper()
	session := &saml.Session{ID: "1", CreateTime: time.Now(), ExpireTime: time.Now().Add(time.Hour), Index: "1", NameID: "ada-1", NameIDFormat: string(saml.PersistentNameIDFormat), UserEmail: "ada@org.example", UserCommonName: "Ada", Groups: []string{"staff", "admins"}}
	if err := (saml.DefaultAssertionMaker{}).MakeAssertion(r, session); err != nil {
		o.t.Fatal(err)
	}
	if change != nil {
		change(r.Assertion)
	}
	form, err := r.PostBinding()
	if err != nil {
		o.t.Fatal(err)
	}
	return form.SAMLResponse, form.RelayState
}

// tampered gives a response that somebody has changed on its way.
func tampered(t *testing.T, response string, change func(*etree.Document)) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		t.Fatal(err)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(b); err != nil {
		t.Fatal(err)
	}
	change(doc)
	if b, err = doc.WriteToBytes(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func (s *server) acs(response, state string) *url.URL {
	s.t.Helper()
	r, err := http.NewRequest("POST", s.URL+"/auth/v1/sso/saml/acs", strings.NewReader(url.Values{"SAMLResponse": {response}, "RelayState": {state}}.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := s.send(r)
	if a.status != http.StatusSeeOther {
		s.t.Fatalf("acs: %d %s", a.status, a.raw)
	}
	to, err := url.Parse(a.head.Get("Location"))
	if err != nil {
		s.t.Fatal(err)
	}
	return to
}

const ssoVerifier = "a-verifier-of-at-least-forty-three-characters-ok"

func (s *server) beginSSO(by obj) string {
	s.t.Helper()
	sum := sha256.Sum256([]byte(ssoVerifier))
	body := obj{"redirect_to": "https://app.example/in", "skip_http_redirect": true, "code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "s256"}
	for name, v := range by {
		body[name] = v
	}
	return s.want("sso", s.auth("", "POST /sso", body), 200, "").text("url")
}

func (s *server) addSSO(o *organisation, more obj) answer {
	s.t.Helper()
	body := obj{"type": "saml", "metadata_xml": o.metadata(), "domains": []string{"Org.example"}, "attribute_mapping": obj{"keys": obj{
		"email": obj{"name": "urn:oid:0.9.2342.19200300.100.1.3", "names": []string{"mail"}}, "groups": obj{"name": "eduPersonAffiliation", "array": true}, "full_name": obj{"name": "cn"}, "plan": obj{"name": "none", "default": "free"},
	}}}
	for name, v := range more {
		body[name] = v
	}
	return s.want("add", s.auth(s.ServiceKey, "POST /admin/sso/providers", body), 201, "")
}

const samlSettings = "[auth.saml]\nenabled = true\n[auth.rate_limit]\nsso = -1\n"

var openSAML = strings.Replace(open, "[auth.rate_limit]\n", samlSettings, 1)

func TestSingleSignOn(t *testing.T) {
	both(t, openSAML, func(t *testing.T, s *server) {
		o := newOrganisation(t, s, "https://idp.org.example")
		added := s.addSSO(o, nil)
		// Somebody has the address already, with a password: the organisation's Ada is another user.
		taken := s.signUp("ada@org.example").text("user.id")

		response, state := o.answer(s.beginSSO(obj{"domain": "ORG.example"}), nil)
		to := s.acs(response, state)
		if to.Host != "app.example" || to.Path != "/in" || to.Query().Get("code") == "" {
			t.Fatalf("landed at %s", to)
		}
		a := s.want("exchange", s.auth("", "POST /token?grant_type=pkce", obj{"auth_code": to.Query().Get("code"), "code_verifier": ssoVerifier}), 200, "")
		id := a.text("user.id")
		provider := "sso:" + added.text("id")
		if id == taken || a.text("user.email") != "ada@org.example" || a.text("user.app_metadata.provider") != provider {
			t.Errorf("signed in as %s", a.raw)
		}
		if data := a.text("user.user_metadata.custom_claims"); !strings.Contains(data, "free") || !strings.Contains(data, "staff") || a.text("user.user_metadata.full_name") != "Ada" {
			t.Errorf("claims %s in %s", data, a.raw)
		}
		if amr := claimsOf(t, a.text("access_token"))["amr"].([]any)[0].(map[string]any)["method"]; amr != "sso/saml" {
			t.Errorf("amr %v", amr)
		}
		s.want("what the organisation keeps is not changed here", s.auth(a.text("access_token"), "PUT /user", obj{"password": better}), 422, "user_sso_managed")
		s.want("no password", s.signIn("ada@org.example", better), 400, "invalid_credentials")

		response, state = o.answer(s.beginSSO(obj{"provider_id": added.text("id")}), nil)
		to = s.acs(response, state)
		again := s.want("again", s.auth("", "POST /token?grant_type=pkce", obj{"auth_code": to.Query().Get("code"), "code_verifier": ssoVerifier}), 200, "")
		if again.text("user.id") != id {
			t.Errorf("another user: %s", again.raw)
		}

		for what, body := range map[string]obj{
			"PKCE flow":       {"domain": "org.example"},
			"Only one of":     {"domain": "org.example", "provider_id": added.text("id")},
			"needs to be pro": {},
		} {
			if got := s.want(what, s.auth("", "POST /sso", body), 400, "validation_failed"); !strings.Contains(got.text("message"), what) {
				t.Errorf("answered %s", got.raw)
			}
		}
		s.want("an unknown domain", s.auth("", "POST /sso", obj{"domain": "other.example", "code_challenge": strings.Repeat("x", 43), "code_challenge_method": "plain"}), 404, "sso_provider_not_found")
	})
}

func TestAssertionsThatSignNobodyIn(t *testing.T) {
	both(t, openSAML, func(t *testing.T, s *server) {
		o := newOrganisation(t, s, "https://idp.org.example")
		s.addSSO(o, nil)
		begin := func() string { return s.beginSSO(obj{"domain": "org.example"}) }
		refused := func(what, response, state string) {
			t.Helper()
			to := s.acs(response, state)
			if to.Query().Get("code") != "" || strings.Contains(to.Fragment, "access_token") || to.Query().Get("error_code") == "" {
				t.Errorf("%s: landed at %s", what, to)
			}
		}
		// One of each kind; package saml tries the others.
		for what, change := range map[string]func(*saml.Assertion){
			"another audience": func(a *saml.Assertion) {
				a.Conditions.AudienceRestrictions = []saml.AudienceRestriction{{Audience: saml.Audience{Value: "https://other.example"}}}
			},
			"another request": func(a *saml.Assertion) {
				a.Subject.SubjectConfirmations[0].SubjectConfirmationData.InResponseTo = "id-1"
			},
			"a passing name": func(a *saml.Assertion) { a.Subject.NameID.Format = string(saml.TransientNameIDFormat) },
			"no address":     func(a *saml.Assertion) { a.AttributeStatements = nil },
			"an address that is no": func(a *saml.Assertion) {
				for i := range a.AttributeStatements[0].Attributes {
					for j := range a.AttributeStatements[0].Attributes[i].Values {
						a.AttributeStatements[0].Attributes[i].Values[j].Value = "not an address"
					}
				}
			},
		} {
			response, state := o.answer(begin(), change)
			refused(what, response, state)
		}
		for what, change := range map[string]func(*etree.Document){
			"changed": func(d *etree.Document) { d.FindElement("//NameID").SetText("eve-1") },
			"unsigned": func(d *etree.Document) {
				for _, sig := range d.FindElements("//Signature") {
					sig.Parent().RemoveChild(sig)
				}
			},
		} {
			response, state := o.answer(begin(), nil)
			refused(what, tampered(t, response, change), state)
		}
		stranger := newOrganisation(t, s, "https://idp.org.example")
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		stranger.Key, stranger.Certificate = key, certificate(t, key)
		response, state := stranger.answer(begin(), nil)
		refused("another key", response, state)

		// The same response again, in its own visit and in another.
		response, state = o.answer(begin(), nil)
		if to := s.acs(response, state); to.Query().Get("code") == "" {
			t.Fatalf("the right one landed at %s", to)
		}
		refused("again", response, state)
		_, next := o.answer(begin(), nil)
		refused("in another visit", response, next)
		refused("unasked for", response, "")
		refused("unasked for, with a place to go", response, "https://app.example/in")
		refused("no response", "", state)
		refused("no base64", "%%%", next)
		if users := s.auth(s.ServiceKey, "GET /admin/users", nil); strings.Contains(users.raw, "eve") || users.head.Get("X-Total-Count") != "1" {
			t.Errorf("there is somebody else: %s", users.raw)
		}
	})
}

func TestAssertionsNobodyAskedFor(t *testing.T) {
	settings := strings.Replace(openSAML, "[auth.saml]\n", "[auth.saml]\nallow_idp_initiated = true\nrequire_pkce = false\n", 1)
	both(t, settings, func(t *testing.T, s *server) {
		o := newOrganisation(t, s, "https://idp.org.example")
		s.addSSO(o, nil)
		unasked := func(change func(*saml.Assertion)) string {
			r := &saml.IdpAuthnRequest{IDP: o.IdentityProvider, HTTPRequest: httptest.NewRequest(http.MethodGet, "https://idp.org.example/sso", nil), Now: time.Now().UTC(), ServiceProviderMetadata: o.sp}
			r.SPSSODescriptor = &o.sp.SPSSODescriptors[0]
			for i := range r.SPSSODescriptor.AssertionConsumerServices {
				if e := &r.SPSSODescriptor.AssertionConsumerServices[i]; e.Binding == saml.HTTPPostBinding {
					r.ACSEndpoint = e
				}
			}
			response, _ := o.sign(r, change)
			return response
		}
		response := unasked(func(a *saml.Assertion) {
			ends := time.Now().Add(30 * time.Minute)
			a.AuthnStatements[0].SessionNotOnOrAfter = &ends
		})
		to := s.acs(response, "https://app.example/in")
		if to.Path != "/in" || fragment(to).Get("access_token") == "" {
			t.Fatalf("landed at %s", to)
		}
		if to := s.acs(response, "https://app.example/in"); to.Query().Get("error_code") == "" {
			t.Errorf("again: landed at %s", to)
		}
		asked, _ := o.answer(s.beginSSO(obj{"domain": "org.example"}), nil)
		if to := s.acs(asked, ""); to.Query().Get("error_code") == "" {
			t.Errorf("an answer to a request, without it: landed at %s", to)
		}
		if to := s.acs(unasked(nil), "https://evil.example/"); to.Host != "app.example" {
			t.Errorf("a place that is not allowed: landed at %s", to)
		}
		// Without PKCE the tokens are in the fragment.
		begun := s.want("sso", s.auth("", "POST /sso", obj{"domain": "org.example", "skip_http_redirect": true}), 200, "").text("url")
		response, state := o.answer(begun, nil)
		if to := s.acs(response, state); fragment(to).Get("access_token") == "" {
			t.Errorf("landed at %s", to)
		}
	})
}

func TestAdministrationOfSingleSignOn(t *testing.T) {
	both(t, openSAML, func(t *testing.T, s *server) {
		o := newOrganisation(t, s, "https://idp.org.example")
		s.want("not an administrator", s.auth(s.AnonKey, "GET /admin/sso/providers", nil), 403, "not_admin")
		for what, body := range map[string]obj{
			"validation_failed": {"type": "oidc"}, "saml_metadata_fetch_failed": {"type": "saml", "metadata_url": "https://127.0.0.1:1/metadata"},
		} {
			s.want(what, s.auth(s.ServiceKey, "POST /admin/sso/providers", body), 400, what)
		}
		for _, bad := range []obj{
			{"type": "saml"}, {"type": "saml", "metadata_url": "http://idp.example/metadata"}, {"type": "saml", "metadata_xml": "<x/>"},
			{"type": "saml", "metadata_xml": o.metadata(), "domains": []string{"no domain"}}, {"type": "saml", "metadata_xml": o.metadata(), "name_id_format": "x"},
			{"type": "saml", "metadata_xml": "<!DOCTYPE x>" + o.metadata()},
		} {
			s.want("bad", s.auth(s.ServiceKey, "POST /admin/sso/providers", bad), 400, "validation_failed")
		}
		added := s.addSSO(o, obj{"resource_id": "org"})
		id := added.text("id")
		if !strings.Contains(added.raw, `"domains":[{"domain":"org.example"}]`) || added.text("saml.entity_id") != "https://idp.org.example/metadata" {
			t.Errorf("added %s", added.raw)
		}
		s.want("twice", s.auth(s.ServiceKey, "POST /admin/sso/providers", obj{"type": "saml", "metadata_xml": o.metadata()}), 422, "saml_idp_already_exists")
		other := newOrganisation(t, s, "https://idp.other.example")
		s.want("a domain of another's", s.auth(s.ServiceKey, "POST /admin/sso/providers", obj{"type": "saml", "metadata_xml": other.metadata(), "domains": []string{"org.example"}}), 400, "sso_domain_already_exists")
		list := s.want("list", s.auth(s.ServiceKey, "GET /admin/sso/providers", nil), 200, "")
		if items, _ := list.body["items"].([]any); len(items) != 1 || strings.Contains(list.raw, "metadata_xml") {
			t.Errorf("list %s", list.raw)
		}
		if got := s.want("by their id", s.auth(s.ServiceKey, "GET /admin/sso/providers/resource_org", nil), 200, ""); got.text("id") != id {
			t.Errorf("got %s", got.raw)
		}
		s.want("another's metadata", s.auth(s.ServiceKey, "PUT /admin/sso/providers/"+id, obj{"metadata_xml": other.metadata()}), 400, "saml_entity_id_mismatch")
		changed := s.want("change", s.auth(s.ServiceKey, "PUT /admin/sso/providers/"+id, obj{"domains": []string{"new.example"}, "disabled": true}), 200, "")
		if !strings.Contains(changed.raw, `"domains":[{"domain":"new.example"}]`) || changed.text("disabled") != "true" || !strings.Contains(changed.raw, `"plan"`) {
			t.Errorf("changed %s", changed.raw)
		}
		s.want("switched off", s.auth("", "POST /sso", obj{"domain": "new.example", "code_challenge": strings.Repeat("x", 43), "code_challenge_method": "plain"}), 404, "sso_provider_disabled")
		s.want("delete", s.auth(s.ServiceKey, "DELETE /admin/sso/providers/"+id, nil), 200, "")
		s.want("gone", s.auth(s.ServiceKey, "GET /admin/sso/providers/"+id, nil), 404, "sso_provider_not_found")
	})
}

// TestMetadataIsFetchedAgain: an organisation that changes its key signs people in a day later at the latest; what does not fit changes nothing.
func TestMetadataIsFetchedAgain(t *testing.T) {
	atDesk(t, func(o *account.Options) {
		p, err := spsaml.New(func() string { return "https://api.example/auth/v1" }, rsaKey())
		if err != nil {
			t.Error(err)
		}
		o.SSO.SAML = p
	}, func(t *testing.T, d *desk) {
		ctx := t.Context()
		o := &organisation{t: t, IdentityProvider: &saml.IdentityProvider{
			Key: rsaKey(), Certificate: certificate(t, rsaKey()), MetadataURL: url.URL{Scheme: "https", Host: "idp.org.example", Path: "/metadata"}, SSOURL: url.URL{Scheme: "https", Host: "idp.org.example", Path: "/sso"},
		}}
		var said atomic.Pointer[string]
		say := func(text string) { said.Store(&text) }
		asked := 0
		at := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			if _, err := io.WriteString(w, *said.Load()); err != nil {
				t.Error(err)
			}
		}))
		t.Cleanup(at.Close)
		first := o.metadata()
		say(first)
		p, err := d.CreateSSO(ctx, account.SSOAttributes{Type: "saml", MetadataURL: at.URL})
		if err != nil {
			t.Fatal(err)
		}
		refreshed := func(what string, n int, want string) {
			t.Helper()
			got, err := d.RefreshMetadata(ctx)
			if err != nil || got != n {
				t.Errorf("%s: %d were fetched (%v), want %d", what, got, err, n)
			}
			if now, err := d.SSOByName(ctx, p.ID); err != nil || now.SAML.MetadataXML != want {
				t.Errorf("%s: the metadata is %v, %v", what, now, err)
			}
		}
		o.Certificate = certificate(t, rsaKey())
		second := o.metadata()
		say(second)
		refreshed("a new provider", 0, first)
		if asked != 1 {
			t.Errorf("asked %d times within a day", asked)
		}
		d.move(25 * time.Hour)
		refreshed("a day later", 1, second)
		d.move(25 * time.Hour)
		say("<x/>")
		refreshed("no metadata", 0, second)
		refreshed("a failure is a try", 0, second)
		if asked != 3 {
			t.Errorf("asked %d times, once of them in vain", asked)
		}
		d.move(61 * time.Minute)
		say(strings.ReplaceAll(second, "idp.org.example/metadata", "evil.example/metadata"))
		refreshed("another entity's", 0, second)
		say(first)
		d.move(61 * time.Minute)
		refreshed("the next hour", 1, first)
		if _, err := d.UpdateSSO(ctx, p.ID, account.SSOAttributes{MetadataXML: second}); err != nil {
			t.Fatal(err)
		}
		d.move(25 * time.Hour)
		refreshed("what the administrator has given is not fetched over", 0, second)
		if got := d.rows("select payload ->> 'action' from auth.audit_log_entries order by created_at"); got != "saml_certificates_changed,saml_certificates_changed" {
			t.Errorf("two changes of certificates are in the log as %q", got)
		}

		// As many as are fetched at a time, and no longer there: the others have their turn.
		at.Close()
		for n := range 100 {
			d.sql(fmt.Sprintf(`insert into auth.sso_providers (id, created_at, updated_at) values ('00000000-0000-4000-9000-%012[1]d', now(), now());
				insert into auth.saml_providers (id, sso_provider_id, entity_id, metadata_xml, metadata_url, created_at, updated_at)
				values ('00000000-0000-4000-8000-%012[1]d', '00000000-0000-4000-9000-%012[1]d', 'gone %[1]d', '<x/>', '%[2]s', now(), now())`, n, at.URL))
		}
		alive := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if _, err := io.WriteString(w, *said.Load()); err != nil {
				t.Error(err)
			}
		}))
		t.Cleanup(alive.Close)
		say(second)
		if _, err := d.UpdateSSO(ctx, p.ID, account.SSOAttributes{MetadataURL: alive.URL}); err != nil {
			t.Fatal(err)
		}
		say(first)
		d.move(25 * time.Hour)
		refreshed("a hundred that are gone are first", 0, second)
		d.move(61 * time.Minute)
		refreshed("the next hour is the others'", 1, first)
	})
}

// TestMetadataIsTriedAnHourLater: the look an hour after one that failed tries again, however long that one took.
func TestMetadataIsTriedAnHourLater(t *testing.T) {
	atDesk(t, func(o *account.Options) {
		p, err := spsaml.New(func() string { return "https://api.example/auth/v1" }, rsaKey())
		if err != nil {
			t.Error(err)
		}
		o.SSO.SAML = p
	}, func(t *testing.T, d *desk) {
		d.stop()
		o := &organisation{t: t, IdentityProvider: &saml.IdentityProvider{
			Key: rsaKey(), Certificate: certificate(t, rsaKey()), MetadataURL: url.URL{Scheme: "https", Host: "idp.org.example", Path: "/metadata"}, SSOURL: url.URL{Scheme: "https", Host: "idp.org.example", Path: "/sso"},
		}}
		var said atomic.Pointer[string]
		asked := 0
		const takes = 20 * time.Millisecond
		at := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			d.move(takes)
			if _, err := io.WriteString(w, *said.Load()); err != nil {
				t.Error(err)
			}
		}))
		t.Cleanup(at.Close)
		good, bad := o.metadata(), "<x/>"
		said.Store(&good)
		if _, err := d.CreateSSO(t.Context(), account.SSOAttributes{Type: "saml", MetadataURL: at.URL}); err != nil {
			t.Fatal(err)
		}
		look := func(what string, want int) {
			t.Helper()
			if _, err := d.RefreshMetadata(t.Context()); err != nil || asked != want {
				t.Errorf("%s: asked %d times (%v), want %d", what, asked, err, want)
			}
		}
		d.move(24 * time.Hour)
		said.Store(&bad)
		look("a day later", 2)
		d.move(time.Hour - takes)
		look("exactly an hour after the look that failed", 3)
		d.move(30 * time.Minute)
		look("no sooner", 3)
		said.Store(&good)
		d.move(30*time.Minute - takes - time.Millisecond)
		look("a look that is a little early", 4)
		d.move(24*time.Hour - takes)
		look("exactly a day after the look that found it", 5)
	})
}

func TestSingleSignOnIsOffUnlessTheProjectSaysSo(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		s.want("sso", s.auth("", "POST /sso", obj{"domain": "org.example"}), 404, "saml_provider_disabled")
		s.want("metadata", s.auth("", "GET /sso/saml/metadata", nil), 404, "saml_provider_disabled")
	})
}
