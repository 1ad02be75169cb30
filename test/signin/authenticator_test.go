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

// device is an authenticator made of software, for tests that need its answers and no browser. Its counter stays where a test puts it, at 0 as that of most passkeys: so
// nothing but the challenge says that an answer was given before.
type device struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	origin string
	party  string // the relying party's domain
	flags  byte
	count  byte
}

func newDevice(t *testing.T, party string) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &device{t: t, key: key, id: []byte(randomName()), origin: "https://" + party, party: party, flags: present | verified}
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
	return slices.Concat(party[:], []byte{flags, 0, 0, 0, d.count}, more)
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
	data := d.says(d.flags|attested, slices.Concat(make([]byte, 16), binary.BigEndian.AppendUint16(nil, uint16(len(d.id))), d.id, key))
	object := slices.Concat([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"), binary.BigEndian.AppendUint16(nil, uint16(len(data))), data)
	return d.answer(obj{"clientDataJSON": coded(d.client("webauthn.create", options)), "attestationObject": coded(object), "transports": []string{"internal"}})
}

// get answers the options of a sign-in of the user with a handle.
func (d *device) get(options any, handle string) obj {
	client, data := d.client("webauthn.get", options), d.says(d.flags, nil)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, sum[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return d.answer(obj{"clientDataJSON": coded(client), "authenticatorData": coded(data), "signature": coded(signature), "userHandle": coded([]byte(handle))})
}

// TestAnswersOfAuthenticatorsAreChecked is attack E21 without a browser, which would never say these: another site, another user, nobody there, a copy.
func TestAnswersOfAuthenticatorsAreChecked(t *testing.T) {
	both(t, open+"mfa = -1\nmfa_failures_day = -1\n[auth.passkey]\nenabled = true\n", func(t *testing.T, s *server) {
		ada, ben := s.signUp("ada@example.com"), s.signUp("ben@example.com")
		begin := func(who answer) answer {
			return s.want("a new passkey", s.auth(who.text("access_token"), "POST /passkeys/registration/options", obj{}), 200, "")
		}
		add := func(who, asked answer, said obj) answer {
			return s.auth(who.text("access_token"), "POST /passkeys/registration/verify", obj{"challenge_id": asked.text("challenge_id"), "credential": said})
		}
		d := newDevice(t, "app.example")
		other := func(change func(*device)) *device {
			c := *d
			change(&c)
			return &c
		}
		wrong := map[string]*device{
			"another site":             other(func(d *device) { d.origin = "https://evil.example" }),
			"a page below the site":    other(func(d *device) { d.origin = "https://x.app.example" }),
			"the site without TLS":     other(func(d *device) { d.origin = "http://app.example" }),
			"another relying party":    other(func(d *device) { d.party = "evil.example" }),
			"nobody there":             other(func(d *device) { d.flags = 0 }),
			"whoever it is":            other(func(d *device) { d.flags = present }),
			"recognised and not there": other(func(d *device) { d.flags = verified }),
		}
		for what, w := range wrong {
			asked := begin(ada)
			s.want("E21 added by "+what, add(ada, asked, w.create(asked.body["options"])), 400, "webauthn_verification_failed")
		}
		asked := begin(ada)
		s.want("E21 another's challenge", add(ben, asked, d.create(asked.body["options"])), 400, "webauthn_challenge_not_found")
		s.want("E21 an answer to another challenge", add(ada, begin(ada), d.create(asked.body["options"])), 400, "webauthn_verification_failed")
		asked = begin(ada)
		s.want("added", add(ada, asked, d.create(asked.body["options"])), 200, "")
		asked = begin(ben)
		s.want("E21 another's passkey", add(ben, asked, d.create(asked.body["options"])), 422, "webauthn_credential_exists")

		signIn := func(d *device, answer func(options any) obj) answer {
			asked := s.want("a passkey", s.auth("", "POST /passkeys/authentication/options", obj{}), 200, "")
			return s.auth("", "POST /passkeys/authentication/verify", obj{"challenge_id": asked.text("challenge_id"), "credential": answer(asked.body["options"])})
		}
		id := ada.text("user.id")
		for what, w := range wrong {
			s.want("E21 "+what, signIn(w, func(o any) obj { return w.get(o, id) }), 400, "webauthn_verification_failed")
		}
		stolen := newDevice(t, "app.example")
		stolen.id = d.id
		s.want("E21 another key", signIn(stolen, func(o any) obj { return stolen.get(o, id) }), 400, "webauthn_verification_failed")
		s.want("E21 another user", signIn(d, func(o any) obj { return d.get(o, ben.text("user.id")) }), 400, "webauthn_verification_failed")
		s.want("E21 another ceremony", signIn(d, func(o any) obj {
			said := d.get(o, id)
			said["response"].(obj)["clientDataJSON"] = coded(d.client("webauthn.create", o))
			return said
		}), 400, "webauthn_verification_failed")
		s.want("E21 no answer", signIn(d, func(any) obj { return obj{} }), 400, "webauthn_verification_failed")
		d.count = 5
		if in := s.want("the right one", signIn(d, func(o any) obj { return d.get(o, id) }), 200, ""); in.text("user.id") != id {
			t.Errorf("signed in as %s", in.raw)
		}
		for _, count := range []byte{5, 4, 0} {
			d.count = count
			s.want("E21 a counter that went back", signIn(d, func(o any) obj { return d.get(o, id) }), 400, "webauthn_verification_failed")
		}

		// The same of a second factor, whose key is one user's.
		token := ben.text("access_token")
		at := "/factors/" + s.want("enroll", s.auth(token, "POST /factors", obj{"factor_type": "webauthn", "friendly_name": "key"}), 200, "").text("id")
		prove := func(answer func(options any) obj) answer {
			asked := s.want("challenge", s.auth(token, "POST "+at+"/challenge", obj{}), 200, "")
			options, _ := asked.body["webauthn"].(map[string]any)["credential_options"].(map[string]any)
			return s.auth(token, "POST "+at+"/verify", obj{"challenge_id": asked.text("id"), "webauthn": obj{"credential_response": answer(options["publicKey"])}})
		}
		key := newDevice(t, "app.example")
		evil := *key
		evil.origin = "https://evil.example"
		s.want("E21 a new key for another site", prove(evil.create), 422, "mfa_verification_failed")
		token = s.want("a new key", prove(key.create), 200, "").text("access_token")
		s.want("E21 its proof for another site", prove(func(o any) obj { return evil.get(o, ben.text("user.id")) }), 422, "mfa_verification_failed")
		s.want("E21 another's key", prove(func(o any) obj { return d.get(o, id) }), 422, "mfa_verification_failed")
		s.want("E21 a new key in its place", prove(newDevice(t, "app.example").create), 422, "mfa_verification_failed")
		s.want("its proof", prove(func(o any) obj { return key.get(o, ben.text("user.id")) }), 200, "")
	})
}
