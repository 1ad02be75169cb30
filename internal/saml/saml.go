// Package saml is the project as a service provider of SAML 2.0: it sends browsers to an identity provider and reads the assertions that come back.
//
// Main types in order of meeting them: Provider (this project), IdP (an identity provider, of its metadata) and Assertion (who came back). The library crewjam/saml
// checks signatures, times, issuer, audience and recipient; what it leaves open is checked here before it sees a response.
//
// Invariants: a response is one Response with one Assertion and no other element of those names, and no two elements have one ID: so what is signed and what is read are
// the same element; it has no document type and is signed with SHA-2; the assertion names this project as its audience, is confirmed to its bearer in answer to one request,
// and ends. The caller lets each request and each assertion count once.
package saml

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

// Provider is the project as a service provider. Safe for concurrent use.
type Provider struct {
	base func() string // the address of sign-in, …/auth/v1
	key  *rsa.PrivateKey
	cert *x509.Certificate
}

// ParseKey reads a private key as the ecosystem keeps it: RSA of at least 2048 bits, PKCS#1 or PKCS#8 in base64.
func ParseKey(text string) (*rsa.PrivateKey, error) {
	der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("the private key is not base64")
	}
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		other, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return nil, errors.New("the private key is neither PKCS#1 nor PKCS#8")
		}
		var ok bool
		if key, ok = other.(*rsa.PrivateKey); !ok {
			return nil, errors.New("the private key is not one of RSA")
		}
	}
	if key.N.BitLen() < 2048 {
		return nil, errors.New("the private key has fewer than 2048 bits")
	}
	return key, nil
}

// New makes the provider. Its certificate says nothing but the key, and is the same at every start.
func New(base func() string, key *rsa.PrivateKey) (*Provider, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "SAML service provider"}, SignatureAlgorithm: x509.SHA256WithRSA,
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), crypto.Signer(key))
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &Provider{base: base, key: key, cert: cert}, err
}

func (p *Provider) at(path string) url.URL {
	u, err := url.Parse(p.base() + path)
	if err != nil {
		return url.URL{} // it was checked when the settings were read
	}
	return *u
}

func (p *Provider) with(idp *IdP) *saml.ServiceProvider {
	sp := &saml.ServiceProvider{
		Key: p.key, Certificate: p.cert, MetadataURL: p.at("/sso/saml/metadata"), AcsURL: p.at("/sso/saml/acs"), AuthnNameIDFormat: saml.PersistentNameIDFormat,
		SignatureMethod: dsig.RSASHA256SignatureMethod,
	}
	sp.EntityID = sp.MetadataURL.String()
	if idp != nil {
		sp.IDPMetadata = idp.descriptor
	}
	return sp
}

// Metadata describes the project to identity providers.
func (p *Provider) Metadata() ([]byte, error) {
	d := p.with(nil).Metadata()
	for i := range d.SPSSODescriptors {
		role := &d.SPSSODescriptors[i]
		role.AuthnRequestsSigned = nil
		role.NameIDFormats = []saml.NameIDFormat{saml.EmailAddressNameIDFormat, saml.PersistentNameIDFormat}
		var signing []saml.KeyDescriptor // nothing is decrypted
		for _, k := range role.KeyDescriptors {
			if k.Use == "signing" {
				signing = append(signing, k)
			}
		}
		role.KeyDescriptors = signing
	}
	return xml.Marshal(d)
}

// IdP is an identity provider.
type IdP struct {
	EntityID   string
	ValidUntil time.Time // zero for no end
	descriptor *saml.EntityDescriptor
}

// MaxMetadata bounds the metadata of an identity provider, in bytes.
const MaxMetadata = 1 << 20

// ParseIdP reads the metadata of an identity provider. Its errors are for the administrator who gives it.
func ParseIdP(metadata []byte) (*IdP, error) {
	switch {
	case len(metadata) > MaxMetadata:
		return nil, fmt.Errorf("SAML Metadata is larger than %d bytes", MaxMetadata)
	case !utf8.Valid(metadata):
		return nil, errors.New("SAML Metadata XML contains invalid UTF-8 characters, which are not supported at this time")
	}
	if _, err := scan(metadata, false); err != nil {
		return nil, fmt.Errorf("SAML Metadata: %w", err)
	}
	d := &saml.EntityDescriptor{}
	if err := xml.Unmarshal(metadata, d); err != nil {
		return nil, fmt.Errorf("SAML Metadata is not that of one entity: %w", err)
	}
	switch {
	case d.EntityID == "":
		return nil, errors.New("SAML Metadata does not contain an EntityID")
	case len(d.IDPSSODescriptors) < 1:
		return nil, errors.New("SAML Metadata does not contain any IDPSSODescriptor")
	case len(d.IDPSSODescriptors) > 1:
		return nil, errors.New("SAML Metadata contains multiple IDPSSODescriptors")
	}
	idp := &IdP{EntityID: d.EntityID, ValidUntil: d.ValidUntil, descriptor: d}
	if idp.location() == "" {
		return nil, errors.New("SAML Metadata names no SingleSignOnService with the HTTP-Redirect binding")
	}
	certificates := 0
	for _, k := range d.IDPSSODescriptors[0].KeyDescriptors {
		if k.Use != "encryption" {
			certificates += len(k.KeyInfo.X509Data.X509Certificates)
		}
	}
	if certificates == 0 {
		return nil, errors.New("SAML Metadata names no certificate to check signatures with")
	}
	return idp, nil
}

// Fingerprints are the SHA-256 of the certificates that signatures are checked with, in hexadecimal and in order.
func (i *IdP) Fingerprints() []string {
	var all []string
	for _, k := range i.descriptor.IDPSSODescriptors[0].KeyDescriptors {
		if k.Use == "encryption" {
			continue
		}
		for _, c := range k.KeyInfo.X509Data.X509Certificates {
			der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(c.Data), ""))
			if err != nil {
				der = []byte(c.Data) // no certificate, and so none that a signature has: but another text than before
			}
			all = append(all, fmt.Sprintf("%x", sha256.Sum256(der)))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (i *IdP) location() string {
	at := (&saml.ServiceProvider{IDPMetadata: i.descriptor}).GetSSOBindingLocation(saml.HTTPRedirectBinding)
	if u, err := url.Parse(at); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return at
}

// NameIDFormats are the forms in which a project may ask for a subject's name.
var NameIDFormats = []string{
	string(saml.PersistentNameIDFormat), string(saml.EmailAddressNameIDFormat), string(saml.TransientNameIDFormat), string(saml.UnspecifiedNameIDFormat),
}

// Request is where a browser goes to sign in at an identity provider, and the id that the answer has to name. format is one of NameIDFormats, "" for the persistent one.
func (p *Provider) Request(idp *IdP, format, relayState string) (to, id string, err error) {
	sp := p.with(idp)
	if format != "" {
		sp.AuthnNameIDFormat = saml.NameIDFormat(format)
	}
	r, err := sp.MakeAuthenticationRequest(idp.location(), saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	if err != nil {
		return "", "", err
	}
	u, err := r.Redirect(url.QueryEscape(relayState), sp)
	if err != nil {
		return "", "", err
	}
	return u.String(), r.ID, nil
}

// Assertion is who came back.
type Assertion struct {
	ID          string
	Subject     string // how the identity provider names the person for ever; "" when it does not
	Email       string // "" when none is told
	Attributes  map[string][]string
	Ends        time.Time // when the assertion is over
	SessionEnds time.Time // when the session has to end; zero for the project's own rules
}

// MaxResponse bounds a response, in bytes of XML.
const MaxResponse = 512 << 10

// Issuer is who says to have sent a response: nothing is checked.
func Issuer(response []byte) (string, error) {
	r, err := peek(response)
	if err != nil {
		return "", err
	}
	return r.Assertion.Issuer.Value, nil
}

// Accept checks the response to the request with the id. id is "" for one that nobody has asked for, which must then not name a request.
func (p *Provider) Accept(idp *IdP, response []byte, id string) (*Assertion, error) {
	r, err := peek(response)
	if err != nil {
		return nil, err
	}
	a := r.Assertion
	for _, c := range a.Subject.SubjectConfirmations {
		if c.SubjectConfirmationData.InResponseTo != id {
			return nil, errors.New("the assertion answers another request")
		}
	}
	if r.InResponseTo != id {
		return nil, errors.New("the response answers another request")
	}
	sp := p.with(idp)
	// Whether it answers the right request has been checked above, also for those that answer none.
	sp.AllowIDPInitiated = id == ""
	good, err := sp.ParseXMLResponse(response, []string{id}, sp.AcsURL)
	var invalid *saml.InvalidResponseError
	if errors.As(err, &invalid) {
		return nil, invalid.PrivateErr // its own text says nothing, and holds the whole response
	}
	if err != nil {
		return nil, err
	}
	return read(good), nil
}

// peek reads a response without believing it, and refuses whatever could be read in two ways.
func peek(response []byte) (*saml.Response, error) {
	if len(response) > MaxResponse {
		return nil, fmt.Errorf("the response is larger than %d bytes", MaxResponse)
	}
	seen, err := scan(response, true)
	if err != nil {
		return nil, err
	}
	switch {
	case seen["EncryptedAssertion"] > 0, seen["EncryptedID"] > 0:
		return nil, errors.New("the assertion is encrypted, which is not supported")
	case seen["Response"] != 1 || seen["Assertion"] != 1:
		return nil, errors.New("there is not exactly one response with one assertion")
	}
	r := &saml.Response{}
	if err := xml.Unmarshal(response, r); err != nil {
		return nil, fmt.Errorf("no response: %w", err)
	}
	a := r.Assertion
	switch {
	case a == nil:
		return nil, errors.New("the assertion is not in its place")
	case a.ID == "" || a.Issuer.Value == "":
		return nil, errors.New("the assertion has no id or no issuer")
	case a.Subject == nil || len(a.Subject.SubjectConfirmations) == 0:
		return nil, errors.New("the assertion confirms no subject")
	case a.Conditions == nil || len(a.Conditions.AudienceRestrictions) == 0:
		return nil, errors.New("the assertion is not bound to an audience")
	case a.Conditions.NotOnOrAfter.IsZero():
		return nil, errors.New("the assertion has no end")
	}
	for _, c := range a.Subject.SubjectConfirmations {
		if c.Method != "urn:oasis:names:tc:SAML:2.0:cm:bearer" || c.SubjectConfirmationData == nil || c.SubjectConfirmationData.NotOnOrAfter.IsZero() {
			return nil, errors.New("the subject is not confirmed to its bearer for a time")
		}
	}
	return r, nil
}

// scan counts elements by their local names, and refuses document types, elements that share an ID, and, where the signature counts, one over SHA-1 or MD5.
func scan(text []byte, signed bool) (map[string]int, error) {
	seen, ids := map[string]int{}, map[string]bool{}
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return seen, nil
		}
		if err != nil {
			return nil, fmt.Errorf("no XML: %w", err)
		}
		switch t := t.(type) {
		case xml.Directive:
			return nil, errors.New("there is a document type")
		case xml.StartElement:
			seen[t.Name.Local]++
			for _, a := range t.Attr {
				switch {
				case a.Name.Space == "" && strings.EqualFold(a.Name.Local, "id"):
					if ids[a.Value] {
						return nil, errors.New("two elements have one ID")
					}
					ids[a.Value] = true
				case signed && a.Name.Local == "Algorithm" && (t.Name.Local == "SignatureMethod" || t.Name.Local == "DigestMethod"):
					if weak := strings.ToLower(a.Value); strings.Contains(weak, "sha1") || strings.Contains(weak, "md5") {
						return nil, errors.New("it is signed with a broken hash")
					}
				}
			}
		}
	}
}

const subjectID = "urn:oasis:names:tc:saml:attribute:subject-id"

// mailNames are the attributes that hold an address, in the order in which they are believed.
var mailNames = []string{
	"urn:oid:0.9.2342.19200300.100.1.3", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "http://schemas.xmlsoap.org/claims/emailaddress", "mail", "email",
}

// Attribute gives the values of an attribute by its name or friendly name, in any case.
func (a *Assertion) Attribute(name string) []string { return a.Attributes[strings.ToLower(name)] }

func read(from *saml.Assertion) *Assertion {
	a := &Assertion{ID: from.ID, Ends: from.Conditions.NotOnOrAfter, Attributes: map[string][]string{}}
	for _, statement := range from.AttributeStatements {
		for _, attribute := range statement.Attributes {
			names := []string{strings.ToLower(attribute.Name)}
			if friendly := strings.ToLower(attribute.FriendlyName); friendly != "" && friendly != names[0] {
				names = append(names, friendly)
			}
			for _, v := range attribute.Values {
				for _, name := range names {
					a.Attributes[name] = append(a.Attributes[name], v.Value)
				}
			}
		}
	}
	for _, statement := range from.AuthnStatements {
		if statement.SessionNotOnOrAfter != nil {
			a.SessionEnds = *statement.SessionNotOnOrAfter
			break
		}
	}
	name := from.Subject.NameID
	if named := a.Attribute(subjectID); len(named) > 0 {
		a.Subject = named[0]
	} else if name != nil && name.Format != string(saml.TransientNameIDFormat) {
		a.Subject = name.Value
		if name.Format == string(saml.EmailAddressNameIDFormat) {
			a.Subject = strings.ToLower(strings.TrimSpace(name.Value))
		}
	}
	for _, attribute := range mailNames {
		for _, value := range a.Attribute(attribute) {
			if value != "" && a.Email == "" {
				a.Email = value
			}
		}
	}
	if a.Email == "" && name != nil && name.Format == string(saml.EmailAddressNameIDFormat) {
		a.Email = name.Value
	}
	return a
}
