package signin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"
)

// device is an authenticator made of software, for tests that need its answers and no browser. Its counter stays 0, as that of most passkeys does: so nothing but the
// challenge says that an answer was given before.
type device struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	origin string
	party  string // the relying party's domain
}

func newDevice(t *testing.T, party string) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &device{t: t, key: key, id: []byte(randomName()), origin: "https://" + party, party: party}
}

// Flags of what an authenticator says (WebAuthn level 3, 6.1): the user is there, was recognised, a key follows.
const (
	present  = 0x01
	verified = 0x04
	attested = 0x40
)

// says is the part that an authenticator signs: whose it is, flags, a counter, and what follows.
func (d *device) says(flags byte, more []byte) []byte {
	party := sha256.Sum256([]byte(d.party))
	return slices.Concat(party[:], []byte{flags, 0, 0, 0, 0}, more)
}

// client is what a browser says of a ceremony.
func (d *device) client(kind string, options any) []byte {
	challenge, _ := options.(map[string]any)["challenge"].(string)
	text, err := json.Marshal(obj{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}

func coded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (d *device) answer(response obj) obj {
	return obj{"id": coded(d.id), "rawId": coded(d.id), "type": "public-key", "clientExtensionResults": obj{}, "response": response}
}

// create answers the options of a registration (CBOR by hand, RFC 8949; the key as of RFC 9053 §7.1.1).
func (d *device) create(options any) obj {
	point, err := d.key.PublicKey.Bytes()
	if err != nil {
		d.t.Fatal(err)
	}
	key := slices.Concat([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, point[1:33], []byte{0x22, 0x58, 0x20}, point[33:])
	data := d.says(present|verified|attested, slices.Concat(make([]byte, 16), binary.BigEndian.AppendUint16(nil, uint16(len(d.id))), d.id, key))
	object := slices.Concat([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"), binary.BigEndian.AppendUint16(nil, uint16(len(data))), data)
	return d.answer(obj{"clientDataJSON": coded(d.client("webauthn.create", options)), "attestationObject": coded(object), "transports": []string{"internal"}})
}

// get answers the options of a sign-in of the user with a handle.
func (d *device) get(options any, handle string) obj {
	client, data := d.client("webauthn.get", options), d.says(present|verified, nil)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, sum[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return d.answer(obj{"clientDataJSON": coded(client), "authenticatorData": coded(data), "signature": coded(signature), "userHandle": coded([]byte(handle))})
}
