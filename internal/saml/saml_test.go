package saml

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

const base = "https://shop.example/auth/v1"

// idp is an identity provider, made of the library that others run theirs with.
type idp struct {
	*saml.IdentityProvider
	sp *saml.EntityDescriptor
	at *Provider
}

func newKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certificate(t testing.TB, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
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
func (i *idp) GetServiceProvider(_ *http.Request, id string) (*saml.EntityDescriptor, error) {
	if i.sp.EntityID != id {
		return nil, os.ErrNotExist
	}
	return i.sp, nil
}

var keys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var two [2]*rsa.PrivateKey
	for n := range two {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		two[n] = key
	}
	return two
})

func newIdP(t testing.TB) *idp {
	t.Helper()
	p, err := New(func() string { return base }, keys()[0])
	if err != nil {
		t.Fatal(err)
	}
	meta, err := p.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	i := &idp{at: p, sp: &saml.EntityDescriptor{}}
	if err := xml.Unmarshal(meta, i.sp); err != nil {
		t.Fatal(err)
	}
	address := func(path string) url.URL { return url.URL{Scheme: "https", Host: "idp.org.example", Path: path} }
	i.IdentityProvider = &saml.IdentityProvider{
		Key: keys()[1], Certificate: certificate(t, keys()[1]), MetadataURL: address("/metadata"), SSOURL: address("/sso"), ServiceProviderProvider: i, SignatureMethod: dsig.RSASHA256SignatureMethod,
	}
	return i
}

// known is the identity provider as the project knows it.
func (i *idp) known(t testing.TB) *IdP {
	t.Helper()
	b, err := xml.Marshal(i.Metadata())
	if err != nil {
		t.Fatal(err)
	}
	known, err := ParseIdP(b)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// answer is a response to a request of the project's; change makes the identity provider misbehave before it signs.
func (i *idp) answer(t testing.TB, change func(*saml.Assertion)) (response []byte, id string) {
	t.Helper()
	to, id, err := i.at.Request(i.known(t), "", "state")
	if err != nil {
		t.Fatal(err)
	}
	r, err := saml.NewIdpAuthnRequest(i.IdentityProvider, httptest.NewRequest(http.MethodGet, to, nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Fatalf("the request is not one that the library takes: %v", err)
	}
	session := &saml.Session{ID: "1", CreateTime: time.Now(), ExpireTime: time.Now().Add(time.Hour), Index: "1", NameID: "ada-1", NameIDFormat: string(saml.PersistentNameIDFormat), UserEmail: "ada@org.example", UserCommonName: "Ada"}
	if err := (saml.DefaultAssertionMaker{}).MakeAssertion(r, session); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r.Assertion)
	}
	form, err := r.PostBinding()
	if err != nil {
		t.Fatal(err)
	}
	response, err = base64.StdEncoding.DecodeString(form.SAMLResponse)
	if err != nil {
		t.Fatal(err)
	}
	return response, id
}

// tampered gives a response that somebody has changed on its way.
func tampered(t testing.TB, response []byte, change func(*etree.Document)) []byte {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(response); err != nil {
		t.Fatal(err)
	}
	change(doc)
	b, err := doc.WriteToBytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheRightResponse(t *testing.T) {
	i := newIdP(t)
	ends := time.Now().Add(30 * time.Minute).UTC().Truncate(time.Second)
	response, id := i.answer(t, func(a *saml.Assertion) { a.AuthnStatements[0].SessionNotOnOrAfter = &ends })
	a, err := i.at.Accept(i.known(t), response, id)
	if err != nil {
		t.Fatal(err)
	}
	if a.Subject != "ada-1" || a.Email != "ada@org.example" || a.ID == "" || !a.SessionEnds.Equal(ends) || len(a.Attribute("CN")) != 1 || a.Attribute("cn")[0] != "Ada" {
		t.Errorf("read %+v", a)
	}
	if who, err := Issuer(response); err != nil || who != i.known(t).EntityID {
		t.Errorf("issuer %q, %v", who, err)
	}
	if _, err := i.at.Accept(i.known(t), response, "id-other"); err == nil {
		t.Error("it answers another request too")
	}
	if _, err := i.at.Accept(i.known(t), response, ""); err == nil {
		t.Error("it answers none as well")
	}
	// Accept keeps nothing: that an assertion counts once is the caller's, who has its ID for that (test/signin).
	if again, err := i.at.Accept(i.known(t), response, id); err != nil || again.ID != a.ID {
		t.Errorf("again: %+v, %v", again, err)
	}
	other, err := New(func() string { return "https://other.example/auth/v1" }, keys()[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Accept(i.known(t), response, id); err == nil {
		t.Error("another project takes it")
	}
}

// TestWhatAnIdentityProviderMustNotSay: rightly signed, and still nobody's way in.
func TestWhatAnIdentityProviderMustNotSay(t *testing.T) {
	i := newIdP(t)
	data := func(a *saml.Assertion) *saml.SubjectConfirmationData {
		return a.Subject.SubjectConfirmations[0].SubjectConfirmationData
	}
	for what, change := range map[string]func(*saml.Assertion){
		"another audience": func(a *saml.Assertion) {
			a.Conditions.AudienceRestrictions = []saml.AudienceRestriction{{Audience: saml.Audience{Value: "https://other.example"}}}
		},
		"no audience": func(a *saml.Assertion) { a.Conditions.AudienceRestrictions = nil },
		"expired":     func(a *saml.Assertion) { a.Conditions.NotOnOrAfter = time.Now().Add(-time.Hour) },
		"not yet":     func(a *saml.Assertion) { a.Conditions.NotBefore = time.Now().Add(time.Hour) },
		"no end": func(a *saml.Assertion) {
			a.Conditions = &saml.Conditions{AudienceRestrictions: a.Conditions.AudienceRestrictions}
		},
		"no conditions":        func(a *saml.Assertion) { a.Conditions = nil },
		"an old confirmation":  func(a *saml.Assertion) { data(a).NotOnOrAfter = time.Now().Add(-time.Hour) },
		"a confirmation's end": func(a *saml.Assertion) { data(a).NotOnOrAfter = time.Time{} },
		"another recipient":    func(a *saml.Assertion) { data(a).Recipient = "https://other.example/acs" },
		"no recipient":         func(a *saml.Assertion) { data(a).Recipient = "" },
		"another request":      func(a *saml.Assertion) { data(a).InResponseTo = "id-1" },
		"no request":           func(a *saml.Assertion) { data(a).InResponseTo = "" },
		"no confirmation":      func(a *saml.Assertion) { a.Subject.SubjectConfirmations = nil },
		"no confirmation data": func(a *saml.Assertion) { a.Subject.SubjectConfirmations[0].SubjectConfirmationData = nil },
		"a holder of a key": func(a *saml.Assertion) {
			a.Subject.SubjectConfirmations[0].Method = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
		},
		"no subject":      func(a *saml.Assertion) { a.Subject = nil },
		"another issuer":  func(a *saml.Assertion) { a.Issuer.Value = "https://other.example" },
		"no issuer":       func(a *saml.Assertion) { a.Issuer.Value = "" },
		"issued long ago": func(a *saml.Assertion) { a.IssueInstant = time.Now().Add(-time.Hour) },
	} {
		response, id := i.answer(t, change)
		if a, err := i.at.Accept(i.known(t), response, id); err == nil {
			t.Errorf("%s: read %+v", what, a)
		}
	}
	// A name that is another at the next visit names nobody.
	response, id := i.answer(t, func(a *saml.Assertion) { a.Subject.NameID.Format = string(saml.TransientNameIDFormat) })
	if a, err := i.at.Accept(i.known(t), response, id); err == nil && a.Subject != "" {
		t.Errorf("a passing name: read %+v", a)
	}
}

// manipulations are what others do with a right response on its way.
var manipulations = map[string]func(*etree.Document){
	"unsigned": func(d *etree.Document) { unsign(d.Root()); unsign(assertion(d)) },
	"changed":  func(d *etree.Document) { assertion(d).FindElement("//NameID").SetText("eve-1") },
	"changed, and the response's signature removed": func(d *etree.Document) { unsign(d.Root()); assertion(d).FindElement("//NameID").SetText("eve-1") },
	"wrapped: another assertion first":              func(d *etree.Document) { unsign(d.Root()); d.Root().InsertChildAt(assertion(d).Index(), forged(d)) },
	"wrapped: another assertion last":               func(d *etree.Document) { unsign(d.Root()); d.Root().AddChild(forged(d)) },
	"wrapped: the right one within another": func(d *etree.Document) {
		unsign(d.Root())
		right, evil := assertion(d), forged(d)
		d.Root().RemoveChild(right)
		evil.AddChild(right)
		d.Root().AddChild(evil)
	},
	"wrapped: the right one within another's signature": func(d *etree.Document) {
		unsign(d.Root())
		right, evil := assertion(d), forged(d)
		sig := right.SelectElement("Signature")
		d.Root().RemoveChild(right)
		right.RemoveChild(sig)
		sig.CreateElement("ds:Object").AddChild(right)
		evil.CreateAttr("ID", right.SelectAttrValue("ID", ""))
		evil.AddChild(sig)
		d.Root().AddChild(evil)
	},
	"wrapped: the right response within another": func(d *etree.Document) {
		right := d.Root()
		evil := right.Copy()
		unsign(evil)
		evil.CreateAttr("ID", "id-evil")
		evil.FindElement("//NameID").SetText("eve-1")
		evil.CreateElement("samlp:Extensions").AddChild(right)
		d.SetRoot(evil)
	},
	"an assertion under another name space": func(d *etree.Document) {
		unsign(d.Root())
		evil := forged(d)
		evil.Space = ""
		evil.CreateAttr("xmlns", "urn:other")
		d.Root().AddChild(evil)
	},
	"two elements of one ID": func(d *etree.Document) {
		unsign(d.Root())
		assertion(d).FindElement("//NameID").CreateAttr("ID", assertion(d).SelectAttrValue("ID", ""))
	},
	"another destination": func(d *etree.Document) {
		unsign(d.Root())
		d.Root().CreateAttr("Destination", "https://other.example/acs")
	},
	"another status": func(d *etree.Document) {
		unsign(d.Root())
		d.FindElement("//StatusCode").CreateAttr("Value", "urn:oasis:names:tc:SAML:2.0:status:Requester")
	},
	"the name of a broken hash": func(d *etree.Document) {
		for _, m := range d.FindElements("//SignatureMethod") {
			m.CreateAttr("Algorithm", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")
		}
	},
	"a signature that needs no key": func(d *etree.Document) {
		for _, m := range d.FindElements("//SignatureMethod") {
			m.CreateAttr("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
		}
	},
	"no signature value": func(d *etree.Document) {
		for _, m := range d.FindElements("//SignatureValue") {
			m.SetText("")
		}
	},
	"a document type": func(d *etree.Document) { d.InsertChildAt(0, etree.NewDirective(`DOCTYPE x [<!ENTITY a "eve-1">]`)) },
	"a document type from outside": func(d *etree.Document) {
		d.InsertChildAt(0, etree.NewDirective(`DOCTYPE x SYSTEM "file:///etc/passwd"`))
	},
	"encrypted": func(d *etree.Document) { d.Root().CreateElement("saml:EncryptedAssertion") },
}

func assertion(d *etree.Document) *etree.Element { return d.FindElement("//Assertion") }

func unsign(e *etree.Element) {
	if sig := e.SelectElement("Signature"); sig != nil {
		e.RemoveChild(sig)
	}
}

func forged(d *etree.Document) *etree.Element {
	evil := assertion(d).Copy()
	unsign(evil)
	evil.CreateAttr("ID", "id-evil")
	evil.FindElement("//NameID").SetText("eve-1")
	return evil
}

func TestResponsesThatWereChanged(t *testing.T) {
	i := newIdP(t)
	for what, change := range manipulations {
		response, id := i.answer(t, nil)
		if a, err := i.at.Accept(i.known(t), tampered(t, response, change), id); err == nil {
			t.Errorf("%s: read %+v", what, a)
		}
	}
	stranger := newIdP(t)
	stranger.Key = newKey(t)
	stranger.Certificate = certificate(t, stranger.Key.(crypto.Signer))
	response, id := stranger.answer(t, nil)
	if _, err := i.at.Accept(i.known(t), response, id); err == nil {
		t.Error("another key under the same name")
	}
	old := newIdP(t)
	old.SignatureMethod = dsig.RSASHA1SignatureMethod
	response, id = old.answer(t, nil)
	if _, err := i.at.Accept(old.known(t), response, id); err == nil {
		t.Error("SHA-1")
	}
}

// TestCommentsCutNothingOff: a comment is no part of what is signed. A reader that takes the text before it alone takes one name for another.
func TestCommentsCutNothingOff(t *testing.T) {
	i := newIdP(t)
	const whole = "ada@org.example.evil.example"
	for what, cut := range map[string]string{"a comment": "<!-- -->", "an instruction": "<?x y?>"} {
		response, id := i.answer(t, func(a *saml.Assertion) {
			a.Subject.NameID.Value = whole
			for n := range a.AttributeStatements[0].Attributes {
				for m := range a.AttributeStatements[0].Attributes[n].Values {
					a.AttributeStatements[0].Attributes[n].Values[m].Value = whole
				}
			}
		})
		parted := strings.ReplaceAll(string(response), whole, "ada@org.example"+cut+".evil.example")
		if parted == string(response) {
			t.Fatal("the name is not there to be parted")
		}
		if a, err := i.at.Accept(i.known(t), []byte(parted), id); err == nil && (a.Subject != whole || a.Email != whole) {
			t.Errorf("%s: read %+v", what, a)
		}
	}
}

// TestHugeDocumentsEndSoon: what is large, deep or many costs little before it is refused.
func TestHugeDocumentsEndSoon(t *testing.T) {
	i := newIdP(t)
	response, id := i.answer(t, nil)
	inside := func(s string) string {
		return strings.Replace(string(response), "</samlp:Response>", s+"</samlp:Response>", 1)
	}
	began := time.Now()
	for what, text := range map[string]string{
		"larger than the bound": inside(strings.Repeat(" ", MaxResponse)),
		"deep":                  inside(strings.Repeat("<a>", 60_000) + strings.Repeat("</a>", 60_000)),
		"deep and open":         strings.Repeat("<a>", MaxResponse/3),
		"many attributes":       inside("<a" + strings.Repeat(` b="c"`, 80_000) + "/>"),
		"entities":              inside("<a>" + strings.Repeat("&lol;", 1000) + "</a>"),
		"nothing":               "",
		"no XML":                "\x00\xff",
		"cut":                   string(response[:len(response)/2]),
		"two roots":             string(response) + string(response),
	} {
		if a, err := i.at.Accept(i.known(t), []byte(text), id); err == nil {
			t.Errorf("%s: read %+v", what, a)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("refusing took %v", took)
	}
}

func TestMetadataThatIsRefused(t *testing.T) {
	i := newIdP(t)
	b, err := xml.Marshal(i.Metadata())
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	for what, text := range map[string]string{
		"a document type": "<!DOCTYPE x>" + good, "no entity": strings.ReplaceAll(good, "https://idp.org.example/metadata", ""), "no certificate": strings.ReplaceAll(good, "X509Certificate", "Other"),
		"another scheme": strings.ReplaceAll(good, "https://idp.org.example/sso", "javascript:alert(1)"), "no UTF-8": good + "\xff", "large": good + strings.Repeat(" ", MaxMetadata), "nothing": "",
	} {
		if _, err := ParseIdP([]byte(text)); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

// FuzzAccept: whatever is made of a right response, either nobody comes in or the one who was signed.
func FuzzAccept(f *testing.F) {
	i := newIdP(f)
	response, id := i.answer(f, nil)
	f.Add(response)
	for _, change := range manipulations {
		f.Add(tampered(f, response, change))
	}
	known := i.known(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if a, err := i.at.Accept(known, text, id); err == nil && (a.Subject != "ada-1" || a.Email != "ada@org.example") {
			t.Errorf("%s\nis read as %+v", text, a)
		}
	})
}

func FuzzParseIdP(f *testing.F) {
	b, err := xml.Marshal(newIdP(f).Metadata())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, text []byte) {
		if idp, err := ParseIdP(text); err == nil && (idp.EntityID == "" || idp.location() == "") {
			t.Errorf("%s\nis read as %+v", text, idp)
		}
	})
}
