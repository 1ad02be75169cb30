package mainstay

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/mainstay-dev/mainstay/internal/identity"
	"github.com/mainstay-dev/mainstay/internal/project"
)

// SigningKey is a key that signs or verifies the project's tokens.
type SigningKey struct {
	ID        string
	Alg       string
	Status    string // standby, in_use, previously_used, revoked
	CreatedAt time.Time
}

// keyPublished is how long a key has to be on standby before it signs: whoever keeps the key set asks for it again by then (it is good for ten minutes).
const keyPublished = 20 * time.Minute

// SigningKeys gives the project's keys, the one that signs first. A server that runs need not be stopped for what the methods below do: it notices within seconds.
func (s *Server) SigningKeys() ([]SigningKey, error) {
	store, _, err := s.keyStore()
	if err != nil {
		return nil, err
	}
	list, err := store.List()
	var all []SigningKey
	for _, k := range list {
		all = append(all, signingKey(k))
	}
	return all, err
}

func signingKey(k identity.KeyInfo) SigningKey {
	return SigningKey{ID: k.ID, Alg: k.Alg, Status: string(k.Status), CreatedAt: k.CreatedAt}
}

// CreateSigningKey makes a key on standby: published, and not signing yet.
func (s *Server) CreateSigningKey(alg string) (SigningKey, error) {
	store, p, err := s.keyStore()
	if err != nil {
		return SigningKey{}, err
	}
	if identity.IsPostQuantum(alg) && !p.Config.Auth.SignIn.PostQuantum {
		return SigningKey{}, fmt.Errorf("most clients cannot verify %s, and its tokens have more than 3 KiB, which some proxies refuse in a header: set auth.post_quantum_keys if that is meant", alg)
	}
	k, err := store.Create(alg, time.Now())
	return signingKey(k), err
}

// RotateSigningKey lets the key on standby sign, id "" being the only one; the one that has signed verifies what it has signed. now does not wait until the key was published
// long enough for whoever keeps the key set.
func (s *Server) RotateSigningKey(id string, now bool) (SigningKey, error) {
	store, p, err := s.keyStore()
	if err != nil {
		return SigningKey{}, err
	}
	if p.Config.Auth.JWTSecret != "" || p.Config.Auth.SignIn.SigningKeys != nil {
		return SigningKey{}, errors.New("the settings name what signs (auth.jwt_secret or auth.signing_keys_path): change it there")
	}
	wait := keyPublished
	if now {
		wait = 0
	}
	k, err := store.Rotate(id, time.Now(), wait)
	return signingKey(k), err
}

// RevokeSigningKey refuses from now on what a key has signed. It cannot be the one that signs.
func (s *Server) RevokeSigningKey(id string) error {
	store, _, err := s.keyStore()
	if err != nil {
		return err
	}
	return store.Revoke(id)
}

func (s *Server) keyStore() (*identity.Store, *project.Project, error) {
	p, err := project.Load(s.dir())
	if err != nil {
		return nil, nil, err
	}
	dir := s.dataDir(p)
	if err := makeDataDir(dir); err != nil {
		return nil, nil, err
	}
	store, err := identity.OpenStore(dir)
	return store, p, err
}

// Address is where the project's server listens if nothing else is said, and its secret key. A project whose server has never been started has none.
func (s *Server) Address() (url, secret string, err error) {
	p, err := project.Load(s.dir())
	if err != nil {
		return "", "", err
	}
	dir := s.dataDir(p)
	if _, err := os.Stat(dir); err != nil {
		return "", "", fmt.Errorf("no server of this project has been started here: %w", err)
	}
	keys, err := identity.Load(dir, p.Config.Auth.JWTSecret, identity.Options{})
	if err != nil {
		return "", "", err
	}
	return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Config.API.Port)), keys.Secret, nil
}
