// Package passkey is the server's side of WebAuthn (level 3): it makes the options that a browser is asked with, and checks what its authenticator answers.
//
// Main types in order of meeting them: RelyingParty, User, Credential. A ceremony has two halves: what the first gives to keep is needed for the second, once.
//
// Invariants: challenge, origin, relying party and the kind of ceremony are those of the first half; attestation is not asked for (a credential proves that it is
// the same authenticator, not which); a counter that went back is an error.
package passkey

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// RelyingParty is the site that credentials are for.
type RelyingParty struct {
	ID      string // domain
	Name    string
	Origins []string
}

// Credential is what is kept of a registered authenticator.
type Credential struct {
	ID             []byte
	PublicKey      []byte
	AAGUID         []byte
	SignCount      uint32
	Transports     []string
	BackupEligible bool
	BackedUp       bool
	Verified       bool // the authenticator checked its user
}

// User is whose authenticators they are.
type User struct {
	ID          []byte // handle, at most 64 bytes
	Name        string
	Credentials []Credential
}

type user struct{ *User }

func (u user) WebAuthnID() []byte          { return u.ID }
func (u user) WebAuthnName() string        { return u.Name }
func (u user) WebAuthnDisplayName() string { return u.Name }
func (u user) WebAuthnCredentials() []webauthn.Credential {
	list := make([]webauthn.Credential, len(u.Credentials))
	for i, c := range u.Credentials {
		list[i] = webauthn.Credential{
			ID: c.ID, PublicKey: c.PublicKey, Flags: webauthn.CredentialFlags{BackupEligible: c.BackupEligible, BackupState: c.BackedUp},
			Authenticator: webauthn.Authenticator{AAGUID: c.AAGUID, SignCount: c.SignCount},
		}
		for _, t := range c.Transports {
			list[i].Transport = append(list[i].Transport, protocol.AuthenticatorTransport(t))
		}
	}
	return list
}

func (rp RelyingParty) open() (*webauthn.WebAuthn, error) {
	w, err := webauthn.New(&webauthn.Config{RPID: rp.ID, RPDisplayName: rp.Name, RPOrigins: rp.Origins})
	if err != nil {
		return nil, fmt.Errorf("relying party: %w", err)
	}
	return w, nil
}

// Ceremony is the first half: Options is what the browser gets (the member publicKey), Kept what the second half needs.
type Ceremony struct {
	Options json.RawMessage
	Kept    json.RawMessage
}

func ceremony(options, session any) (*Ceremony, error) {
	o, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	k, err := json.Marshal(session)
	return &Ceremony{Options: o, Kept: k}, err
}

// Register begins the registration of an authenticator. discoverable asks for one that knows its user by itself: a passkey.
func (rp RelyingParty) Register(u *User, discoverable bool) (*Ceremony, error) {
	w, err := rp.open()
	if err != nil {
		return nil, err
	}
	var known []protocol.CredentialDescriptor
	for _, c := range (user{u}).WebAuthnCredentials() {
		known = append(known, c.Descriptor())
	}
	opts := []webauthn.RegistrationOption{webauthn.WithExclusions(known), webauthn.WithConveyancePreference(protocol.PreferNoAttestation)}
	if discoverable {
		opts = append(opts, webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		}))
	}
	options, session, err := w.BeginRegistration(user{u}, opts...)
	if err != nil {
		return nil, err
	}
	return ceremony(options.Response, session)
}

// MaxAnswer bounds what a browser sends of an authenticator, and maxKey its public key (RSA of 4096 bits and some).
const (
	MaxAnswer = 16 << 10
	maxKey    = 1 << 10
)

// CredentialOf is the credential that an answer to Ask names, before anything of it is checked; nil for none.
func CredentialOf(answer []byte) []byte {
	var a struct {
		RawID string `json:"rawId"`
	}
	if json.Unmarshal(answer, &a) != nil {
		return nil
	}
	id, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(a.RawID, "="))
	if err != nil {
		return nil
	}
	return id
}

// Registered checks the answer to Register and gives the new credential.
func (rp RelyingParty) Registered(u *User, kept, answer []byte) (*Credential, error) {
	w, err := rp.open()
	if err != nil {
		return nil, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(kept, &session); err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBody(bytes.NewReader(answer))
	if err != nil {
		return nil, explain(err)
	}
	// What an authenticator says of its maker is not asked for, and not believed: to check it would cost what a stranger chooses (a key of any size).
	parsed.Response.AttestationObject.Format, parsed.Response.AttestationObject.AttStatement = "none", nil
	if len(parsed.Response.AttestationObject.AuthData.AttData.CredentialPublicKey) > maxKey {
		return nil, errors.New("the key is too large")
	}
	c, err := w.CreateCredential(user{u}, session, parsed)
	if err != nil {
		return nil, explain(err)
	}
	return credential(c), nil
}

func credential(c *webauthn.Credential) *Credential {
	out := &Credential{
		ID: c.ID, PublicKey: c.PublicKey, AAGUID: c.Authenticator.AAGUID, SignCount: c.Authenticator.SignCount, BackupEligible: c.Flags.BackupEligible,
		BackedUp: c.Flags.BackupState, Verified: c.Flags.UserVerified, Transports: []string{},
	}
	for _, t := range c.Transport {
		out.Transports = append(out.Transports, string(t))
	}
	return out
}

// Ask begins a sign-in with one of a user's authenticators or, with no user, with any passkey.
func (rp RelyingParty) Ask(u *User) (*Ceremony, error) {
	w, err := rp.open()
	if err != nil {
		return nil, err
	}
	if u == nil {
		options, session, err := w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
		if err != nil {
			return nil, err
		}
		return ceremony(options.Response, session)
	}
	options, session, err := w.BeginLogin(user{u})
	if err != nil {
		return nil, err
	}
	return ceremony(options.Response, session)
}

// ErrCloned says that a counter went back: there may be a copy of the authenticator.
var ErrCloned = errors.New("the authenticator's counter went back: it may have been copied")

// Answered checks the answer to Ask and gives the credential as it is now. find gives the user of a credential and a handle when Ask had none.
func (rp RelyingParty) Answered(u *User, kept, answer []byte, find func(credential, handle []byte) (*User, error)) (*Credential, error) {
	w, err := rp.open()
	if err != nil {
		return nil, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(kept, &session); err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBody(bytes.NewReader(answer))
	if err != nil {
		return nil, explain(err)
	}
	var c *webauthn.Credential
	if u != nil {
		c, err = w.ValidateLogin(user{u}, session, parsed)
	} else {
		c, err = w.ValidateDiscoverableLogin(func(id, handle []byte) (webauthn.User, error) {
			u, err := find(id, handle)
			if err != nil {
				return nil, err
			}
			return user{u}, nil
		}, session, parsed)
	}
	if err != nil {
		return nil, explain(err)
	}
	if c.Authenticator.CloneWarning {
		return nil, ErrCloned
	}
	return credential(c), nil
}

// explain gives the library's reason in one line.
func explain(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) {
		return errors.New(e.Details)
	}
	return err
}
