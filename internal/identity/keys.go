package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// KeyFile is the name of the file that holds a project's keys, in the data folder.
const KeyFile = "keys.json"

// file is the stored form of Keys.
type file struct {
	Publishable string      `json:"publishable_key"`
	Secret      string      `json:"secret_key"`
	AnonJWT     string      `json:"anon_key"`
	ServiceJWT  string      `json:"service_role_key"`
	Root        string      `json:"root_key,omitempty"` // of which secrets of one purpose are derived; "" in files of before: the secret key
	Signers     []signerDoc `json:"jwt_keys"`           // the first one signs
	SAML        string      `json:"saml_private_key,omitempty"`
}

type signerDoc struct {
	ID      string `json:"kid,omitempty"`
	Alg     string `json:"alg"`
	Secret  string `json:"secret,omitempty"`      // HS256, as text: its bytes are the key; ML-DSA: the seed, in base64
	Private string `json:"private_key,omitempty"` // PKCS#8 PEM
	Public  string `json:"public_key,omitempty"`  // PKIX PEM, for keys that only verify

	Status    Status    `json:"status,omitempty"`
	CreatedAt time.Time `json:"created_at,omitzero"`
}

// legacyLifetime is how long the legacy JWT keys are valid: ten years, as the ecosystem's own.
const legacyLifetime = 10 * 365 * 24 * time.Hour

// Load reads the keys of the data folder dir, making them at the first start (file mode 0600). secret, when not empty, is the project's own HS256
// secret and outranks a generated one: the legacy keys are then signed with it.
func Load(dir, secret string, opts Options) (*Keys, error) {
	path := filepath.Join(dir, KeyFile)
	doc, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		doc, err = generate(opts)
		if err == nil {
			err = writeFile(path, doc)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	k, err := fromDoc(doc, secret, opts)
	if err != nil {
		return nil, fmt.Errorf("load keys from %s: %w", path, err)
	}
	k.path = path
	if secret != "" {
		if err := k.signLegacy(); err != nil {
			return nil, fmt.Errorf("load keys: %w", err)
		}
	}
	return k, nil
}

// SAMLKey is the key of the data folder dir with which the project signs as a SAML service provider, in base64 of PKCS#8. It is made when it is first asked for.
func SAMLKey(dir string) (string, error) {
	path := filepath.Join(dir, KeyFile)
	doc, err := readFile(path)
	if err != nil || doc.SAML != "" {
		return doc.samlKey(), err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	doc.SAML = base64.StdEncoding.EncodeToString(der)
	return doc.SAML, writeFile(path, doc)
}

func (f *file) samlKey() string {
	if f == nil {
		return ""
	}
	return f.SAML
}

func readFile(path string) (*file, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	doc := &file{}
	if err := json.Unmarshal(b, doc); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return doc, nil
}

// writeFile replaces path at once: a crash leaves the old file or the new one.
func writeFile(path string, doc *file) error {
	b, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already when all went well
	if _, err := tmp.Write(append(b, '\n')); err != nil {
		_ = tmp.Close() // the write's error is the one to tell
		return err
	}
	if err := tmp.Sync(); err != nil {
		_ = tmp.Close() // likewise
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// generate makes new keys. User tokens are signed with ES256, so that others can verify them with the public key alone; the HS256
// secret is for the legacy keys and for projects that sign tokens themselves.
func generate(opts Options) (*file, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	doc := &file{
		Publishable: "sb_publishable_" + random(24),
		Secret:      "sb_secret_" + random(24),
		Root:        random(32),
		Signers: []signerDoc{
			{ID: random(12), Alg: "ES256", Private: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))},
			{Alg: "HS256", Secret: random(48)},
		},
	}
	k, err := fromDoc(doc, "", opts)
	if err != nil {
		return nil, err
	}
	if err := k.signLegacy(); err != nil {
		return nil, err
	}
	doc.AnonJWT, doc.ServiceJWT = k.AnonJWT, k.ServiceJWT
	return doc, nil
}

// withSecret puts the project's own HS256 secret first.
func withSecret(doc *file, secret string) *file {
	c := *doc
	c.Signers = []signerDoc{{Alg: "HS256", Secret: secret, Status: InUse}}
	for _, s := range doc.ordered() {
		if s.Alg == "HS256" && s.ID == "" {
			continue
		}
		if s.Status == InUse {
			s.Status = Previous
		}
		c.Signers = append(c.Signers, s)
	}
	return &c
}

func random(n int) string {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic("identity: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// signLegacy makes the legacy keys with the HS256 key.
func (k *Keys) signLegacy() error {
	var hs *Signer
	for _, s := range k.set.Load().signers {
		if s.Alg == "HS256" && s.ID == "" {
			hs = s
			break
		}
	}
	if hs == nil {
		return errors.New("no HS256 key for the legacy API keys")
	}
	now := k.now()
	for role, to := range map[string]*string{Anon: &k.AnonJWT, ServiceRole: &k.ServiceJWT} {
		token, err := sign(hs, map[string]any{"iss": "mainstay", "role": role, "iat": now.Unix(), "exp": now.Add(legacyLifetime).Unix()})
		if err != nil {
			return err
		}
		*to = token
	}
	return nil
}

func fromDoc(doc *file, secret string, opts Options) (*Keys, error) {
	k := &Keys{Publishable: doc.Publishable, Secret: doc.Secret, AnonJWT: doc.AnonJWT, ServiceJWT: doc.ServiceJWT, root: doc.Root, secret: secret, opts: opts}
	set, err := k.makeSet(doc)
	k.set.Store(set)
	return k, err
}

func (d signerDoc) signer() (*Signer, error) {
	s := &Signer{ID: d.ID, Alg: d.Alg}
	switch d.Alg {
	case "HS256":
		// RFC 7518 §3.2: the key must be at least as long as the hash.
		if len(d.Secret) < 32 {
			return nil, errors.New("an HS256 secret must have at least 32 bytes")
		}
		s.Secret = []byte(d.Secret)
		return s, nil
	case "ES256", "RS256":
		if d.Private != "" {
			return s, s.parsePrivate(d.Private)
		}
		return s, s.parsePublic(d.Public)
	}
	if IsPostQuantum(d.Alg) {
		seed, err := base64.RawURLEncoding.DecodeString(d.Secret)
		if err != nil {
			return nil, errors.New("the seed is not base64")
		}
		return s, s.parseSeed(seed)
	}
	return nil, fmt.Errorf("unknown algorithm %q", d.Alg)
}

func (s *Signer) parsePrivate(text string) error {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return errors.New("private key is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return err
	}
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		s.Private, s.Public = key, &key.PublicKey
	case *rsa.PrivateKey:
		s.Private, s.Public = key, &key.PublicKey
	}
	return s.checkKind()
}

func (s *Signer) parsePublic(text string) error {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return errors.New("public key is not PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	s.Public = key
	return s.checkKind()
}

// checkKind makes sure that the key is of the kind and strength that its algorithm needs.
func (s *Signer) checkKind() error {
	switch key := s.Public.(type) {
	case *ecdsa.PublicKey:
		if s.Alg == "ES256" && key.Curve == elliptic.P256() {
			return nil
		}
	case *rsa.PublicKey:
		if s.Alg == "RS256" && key.N.BitLen() >= 2048 {
			return nil
		}
	}
	return fmt.Errorf("key does not fit algorithm %s", s.Alg)
}

// JWKS is the set of public keys as JSON (RFC 7517). Symmetric keys are never in it.
func (k *Keys) JWKS() []byte {
	type public struct {
		KTY    string   `json:"kty"`
		KID    string   `json:"kid,omitempty"`
		Alg    string   `json:"alg"`
		Use    string   `json:"use"`
		KeyOps []string `json:"key_ops"`
		Crv    string   `json:"crv,omitempty"`
		X      string   `json:"x,omitempty"`
		Y      string   `json:"y,omitempty"`
		N      string   `json:"n,omitempty"`
		E      string   `json:"e,omitempty"`
		Pub    string   `json:"pub,omitempty"`
	}
	set := struct {
		Keys []public `json:"keys"`
	}{Keys: []public{}}
	for _, s := range k.set.Load().signers {
		j := public{KID: s.ID, Alg: s.Alg, Use: "sig", KeyOps: []string{"verify"}}
		switch key := s.Public.(type) {
		case *ecdsa.PublicKey:
			point, err := key.Bytes() // 0x04 ‖ X ‖ Y
			if err != nil {
				continue
			}
			size := (len(point) - 1) / 2
			j.KTY, j.Crv = "EC", "P-256"
			j.X = base64.RawURLEncoding.EncodeToString(point[1 : 1+size])
			j.Y = base64.RawURLEncoding.EncodeToString(point[1+size:])
		case *rsa.PublicKey:
			j.KTY = "RSA"
			j.N = base64.RawURLEncoding.EncodeToString(key.N.Bytes())
			j.E = base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())
		case interface{ Bytes() []byte }: // ML-DSA (RFC 9964)
			j.KTY, j.Pub = "AKP", base64.RawURLEncoding.EncodeToString(key.Bytes())
		default:
			continue
		}
		set.Keys = append(set.Keys, j)
	}
	b, err := json.Marshal(set)
	if err != nil {
		panic("identity: marshal of a key set: " + err.Error())
	}
	return b
}

// Derive gives 32 secret bytes of the project for one purpose, the same at every start (HKDF, RFC 5869). Purposes are kept apart: what is made for one
// is worth nothing for another.
func (k *Keys) Derive(purpose string) []byte {
	root := k.root
	if root == "" {
		root = k.Secret
	}
	b, err := hkdf.Key(sha256.New, []byte(root), nil, "mainstay "+purpose, 32)
	if err != nil {
		panic("identity: derive a key: " + err.Error()) // the length is within HKDF's bound
	}
	return b
}
