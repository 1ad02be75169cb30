package passkey

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
)

// FuzzAnswers sends any bytes as what an authenticator and its browser answer: none is good without a key that signed it, and none brings the process down.
func FuzzAnswers(f *testing.F) {
	b64 := base64.RawURLEncoding.EncodeToString
	for _, s := range [][3]string{
		{"\xa3cfmtdnonegattStmt\xa0hauthDataX%" + "0123456789012345678901234567890123456", "", "x"}, {"\xa0", "", ""}, {"\xbf\xff", "\x30\x06\x02\x01\x01\x02\x01\x01", "y"}, {"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "", ""},
		{"\xa1cfmt\x7b\x7f\xff\xff\xff\xff\xff\xff\xff", "", ""},
	} {
		f.Add([]byte(s[0]), []byte(s[1]), []byte(s[2]))
	}
	rp := RelyingParty{ID: "localhost", Name: "Test", Origins: []string{"http://localhost"}}
	u := &User{ID: []byte("user"), Name: "user", Credentials: []Credential{{ID: []byte("x"), PublicKey: []byte("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20")}}}
	registering, err := rp.Register(u, true)
	if err != nil {
		f.Fatal(err)
	}
	asking, err := rp.Ask(u)
	if err != nil {
		f.Fatal(err)
	}
	challenge := func(c *Ceremony) string {
		var kept struct{ Challenge string }
		if err := json.Unmarshal(c.Kept, &kept); err != nil || kept.Challenge == "" {
			f.Fatal("no challenge: ", err)
		}
		return kept.Challenge
	}
	client := func(kind string, c *Ceremony) string {
		return b64(fmt.Appendf(nil, `{"type":"webauthn.%s","challenge":%q,"origin":"http://localhost"}`, kind, challenge(c)))
	}
	made, got := client("create", registering), client("get", asking)
	find := func([]byte, []byte) (*User, error) { return u, nil }
	f.Fuzz(func(t *testing.T, object, signature, id []byte) {
		answer := fmt.Appendf(nil, `{"id":%q,"rawId":%q,"type":"public-key","response":{"clientDataJSON":%q,"attestationObject":%q}}`, b64(id), b64(id), made, b64(object))
		if c, err := rp.Registered(u, registering.Kept, answer); err == nil && (len(c.PublicKey) == 0 || len(c.PublicKey) > maxKey) {
			t.Fatalf("%q registers a key of %d bytes", object, len(c.PublicKey))
		}
		answer = fmt.Appendf(nil, `{"id":%q,"rawId":%q,"type":"public-key","response":{"clientDataJSON":%q,"authenticatorData":%q,"signature":%q}}`, b64(id), b64(id), got, b64(object), b64(signature))
		if c, err := rp.Answered(u, asking.Kept, answer, find); err == nil {
			t.Fatalf("%q with signature %q is good for %q", object, signature, c.ID)
		}
		if id := CredentialOf(answer); id != nil && !bytes.Equal(id, CredentialOf(answer)) {
			t.Fatal("a credential is read in two ways")
		}
		_, _ = rp.Registered(u, registering.Kept, object)
		_, _ = rp.Answered(u, asking.Kept, object, find)
	})
}
