package identity

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Status is what a key is for. A key goes one way: standby, in use, previously used, revoked.
type Status string

// The states of a key.
const (
	Standby  Status = "standby"         // published, and verifies; it will sign
	InUse    Status = "in_use"          // signs
	Previous Status = "previously_used" // published, and verifies what it has signed
	Revoked  Status = "revoked"         // what it has signed is refused
)

// legacyKey names the key of before keys had names, which the legacy API keys are signed with.
const legacyKey = "legacy"

// maxStored bounds the keys of a project, those that are revoked included.
const maxStored = 32

// KeyInfo is what may be told of a key.
type KeyInfo struct {
	ID        string
	Alg       string
	Status    Status
	CreatedAt time.Time // zero when it is not known
}

// Store is the file of a project's keys. A server that runs notices what changes in it.
type Store struct{ path string }

// OpenStore opens the keys of the data folder dir, making them when there are none.
func OpenStore(dir string) (*Store, error) {
	s := &Store{filepath.Join(dir, KeyFile)}
	_, err := readFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = Load(dir, "", Options{})
	}
	return s, err
}

// List gives the keys, the one that signs first.
func (s *Store) List() ([]KeyInfo, error) {
	doc, err := readFile(s.path)
	if err != nil {
		return nil, err
	}
	var all []KeyInfo
	for _, d := range doc.ordered() {
		all = append(all, d.info())
	}
	return all, nil
}

func (d signerDoc) info() KeyInfo {
	return KeyInfo{ID: d.name(), Alg: d.Alg, Status: d.Status, CreatedAt: d.CreatedAt}
}

func (d signerDoc) name() string { return cmp.Or(d.ID, legacyKey) }

// ordered are the keys with their states, the one that signs first. In a file of before there were states, the first signs and the others verify.
func (f *file) ordered() []signerDoc {
	all := slices.Clone(f.Signers)
	for i := range all {
		switch {
		case all[i].Status != "":
		case i == 0:
			all[i].Status = InUse
		default:
			all[i].Status = Previous
		}
	}
	order := []Status{InUse, Standby, Previous, Revoked}
	slices.SortStableFunc(all, func(a, b signerDoc) int { return slices.Index(order, a.Status) - slices.Index(order, b.Status) })
	return all
}

// change reads the file, lets f change its keys and writes it.
func (s *Store) change(f func(keys []signerDoc) ([]signerDoc, error)) error {
	doc, err := readFile(s.path)
	if err != nil {
		return err
	}
	if doc.Signers, err = f(doc.ordered()); err != nil {
		return err
	}
	if _, err := newKeySet(doc, nil); err != nil {
		return err
	}
	return writeFile(s.path, doc)
}

// Create makes a key on standby.
func (s *Store) Create(alg string, now time.Time) (KeyInfo, error) {
	d, err := newSigner(alg)
	if err != nil {
		return KeyInfo{}, err
	}
	d.Status, d.CreatedAt = Standby, now.UTC().Truncate(time.Second)
	return d.info(), s.change(func(keys []signerDoc) ([]signerDoc, error) {
		if len(keys) >= maxStored {
			return nil, fmt.Errorf("there are %d keys already", len(keys))
		}
		return append(keys, d), nil
	})
}

// newSigner makes a key.
func newSigner(alg string) (signerDoc, error) {
	d := signerDoc{ID: random(12), Alg: alg}
	var private any
	var err error
	switch {
	case alg == "HS256":
		d.Secret = random(48)
		return d, nil
	case alg == "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case alg == "RS256":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case IsPostQuantum(alg):
		d.Secret = random(32)
		return d, nil
	default:
		err = fmt.Errorf("there is no algorithm %q: ES256, RS256, HS256, ML-DSA-44, ML-DSA-65 or ML-DSA-87", alg)
	}
	if err != nil {
		return d, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	d.Private = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return d, err
}

// Rotate lets a key on standby sign; "" is the only one. The one that has signed verifies from now on. published is how long a key has to have been on standby, so that
// whoever keeps the key set knows it.
func (s *Store) Rotate(id string, now time.Time, published time.Duration) (KeyInfo, error) {
	var next KeyInfo
	err := s.change(func(keys []signerDoc) ([]signerDoc, error) {
		var found []*signerDoc
		for i := range keys {
			if keys[i].Status == Standby && (id == "" || keys[i].name() == id) {
				found = append(found, &keys[i])
			}
		}
		switch {
		case len(found) == 0 && id != "":
			return nil, fmt.Errorf("no key on standby is named %s", id)
		case len(found) == 0:
			return nil, errors.New("no key is on standby: create one first")
		case len(found) > 1:
			return nil, errors.New("several keys are on standby: name one")
		case now.Sub(found[0].CreatedAt) < published:
			return nil, fmt.Errorf("key %s has been published for %v: whoever keeps the key set may not know it yet. Wait until it was for %v, or say that it shall sign now",
				found[0].name(), now.Sub(found[0].CreatedAt).Round(time.Second), published)
		}
		for i := range keys {
			if keys[i].Status == InUse {
				keys[i].Status = Previous
			}
		}
		found[0].Status = InUse
		next = found[0].info()
		return keys, nil
	})
	return next, err
}

// Revoke refuses from now on what a key has signed. The key that signs cannot be revoked: rotate first.
func (s *Store) Revoke(id string) error {
	return s.change(func(keys []signerDoc) ([]signerDoc, error) {
		for i := range keys {
			switch {
			case keys[i].name() != id:
			case keys[i].Status == InUse:
				return nil, fmt.Errorf("key %s signs: rotate to another first", id)
			case keys[i].Status == Revoked:
				return nil, fmt.Errorf("key %s is revoked already", id)
			default:
				// What it could sign with goes: nobody needs it any more, and a backup may be read.
				keys[i] = signerDoc{ID: keys[i].ID, Alg: keys[i].Alg, Status: Revoked, CreatedAt: keys[i].CreatedAt}
				return keys, nil
			}
		}
		return nil, fmt.Errorf("there is no key %s", id)
	})
}

// lookEvery is how often the file of keys is looked at for changes.
const lookEvery = time.Second

// Watch takes over what changes in the file of keys, until ctx ends: new keys are published, another signs, what a revoked one has signed is refused.
func (k *Keys) Watch(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last := stamp(k.path)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := stamp(k.path)
		if now == last || now == "" {
			continue
		}
		last = now
		if err := k.reload(); err != nil {
			log.Error("the keys have changed and cannot be read: those of before stay", "error", err)
			continue
		}
		log.Info("the keys have changed")
	}
}

// stamp tells one state of a file from another; "" when there is none. A change replaces the file, so its time and size are enough.
func stamp(path string) string {
	i, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(i.ModTime().UnixNano(), i.Size())
}

// reload reads the file of keys again. Tokens that were verified are verified anew.
func (k *Keys) reload() error {
	doc, err := readFile(k.path)
	if err != nil {
		return err
	}
	set, err := k.makeSet(doc)
	if err != nil {
		return err
	}
	k.set.Store(set)
	return nil
}

// makeSet are the keys of a file, with what outranks them: the project's own secret and its own keys.
func (k *Keys) makeSet(doc *file) (*keySet, error) {
	if k.secret != "" {
		doc = withSecret(doc, k.secret)
	}
	return newKeySet(doc, k.opts.SigningKeys)
}

// keySet are the keys that hold at a time. Immutable but for its cache.
type keySet struct {
	signers []*Signer // the first one signs
	byID    map[string]*Signer
	cache   tokenCache // of tokens that these keys have verified
}

func newKeySet(doc *file, own []byte) (*keySet, error) {
	set := &keySet{byID: map[string]*Signer{}}
	if own != nil {
		list, err := parseJWKs(own)
		if err != nil {
			return nil, err
		}
		set.signers = list
	}
	for _, d := range doc.ordered() {
		if d.Status == Revoked {
			continue
		}
		s, err := d.signer()
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", d.name(), err)
		}
		if len(set.signers) == 0 && d.Status != InUse {
			return nil, errors.New("no key is in use")
		}
		set.signers = append(set.signers, s)
	}
	if len(set.signers) == 0 {
		return nil, errors.New("no signing key")
	}
	for _, s := range set.signers {
		if s.ID != "" && set.byID[s.ID] == nil {
			set.byID[s.ID] = s
		}
	}
	return set, nil
}
