package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// jwk is a key in the form of RFC 7517, as projects bring their own.
type jwk struct {
	KTY    string   `json:"kty"`
	KID    string   `json:"kid"`
	Alg    string   `json:"alg"`
	Use    string   `json:"use"`
	Crv    string   `json:"crv"`
	KeyOps []string `json:"key_ops"`
	K      string   `json:"k"`
	X      string   `json:"x"`
	Y      string   `json:"y"`
	N      string   `json:"n"`
	E      string   `json:"e"`
	D      string   `json:"d"`
	P      string   `json:"p"`
	Q      string   `json:"q"`
}

// maxJWKs bounds a project's own keys.
const maxJWKs = 32

// parseJWKs reads a list of keys, or the set of RFC 7517 §5. The first that may sign comes first.
func parseJWKs(text []byte) ([]*Signer, error) {
	var list []jwk
	if err := json.Unmarshal(text, &list); err != nil {
		var set struct {
			Keys []jwk `json:"keys"`
		}
		if json.Unmarshal(text, &set) != nil {
			return nil, fmt.Errorf("signing keys: %w", err)
		}
		list = set.Keys
	}
	if len(list) > maxJWKs {
		return nil, fmt.Errorf("at most %d signing keys", maxJWKs)
	}
	var signing, others []*Signer
	for i, k := range list {
		s, err := k.signer()
		if err != nil {
			return nil, fmt.Errorf("signing key %d (%s): %w", i+1, k.KID, err)
		}
		if slices.Contains(k.KeyOps, "sign") && (s.Private != nil || s.Secret != nil) {
			signing = append(signing, s)
		} else {
			others = append(others, s)
		}
	}
	if len(signing) == 0 {
		return nil, errors.New("none of the signing keys may sign (key_ops)")
	}
	return append(signing, others...), nil
}

func (k *jwk) signer() (*Signer, error) {
	s := &Signer{ID: k.KID, Alg: k.Alg}
	// A key that is for something else is none that signs or verifies (RFC 8725 §2.6, RFC 7517 §4.2 and §4.3).
	if k.Use != "" && k.Use != "sig" {
		return nil, fmt.Errorf("use %q: only sig", k.Use)
	}
	if k.KeyOps != nil && !slices.Contains(k.KeyOps, "sign") && !slices.Contains(k.KeyOps, "verify") {
		return nil, errors.New("key_ops has neither sign nor verify")
	}
	number := func(name, text string) (*big.Int, error) {
		b, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(b) == 0 {
			return nil, fmt.Errorf("%s is no base64url number", name)
		}
		return new(big.Int).SetBytes(b), nil
	}
	switch k.KTY {
	case "oct":
		secret, err := base64.RawURLEncoding.DecodeString(k.K)
		if err != nil {
			return nil, errors.New("k is not base64url")
		}
		if s.Alg == "" {
			s.Alg = "HS256"
		}
		if s.Alg != "HS256" || len(secret) < 32 {
			return nil, errors.New("an HS256 key must have at least 32 bytes")
		}
		s.Secret = secret
		return s, nil
	case "EC":
		x, err := number("x", k.X)
		if err != nil {
			return nil, err
		}
		y, err := number("y", k.Y)
		if err != nil {
			return nil, err
		}
		if k.Crv != "P-256" {
			return nil, fmt.Errorf("curve %s: only P-256", k.Crv)
		}
		if x.BitLen() > 256 || y.BitLen() > 256 {
			return nil, errors.New("x or y is larger than the curve")
		}
		point := make([]byte, 65)
		point[0] = 4
		x.FillBytes(point[1:33])
		y.FillBytes(point[33:])
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			return nil, err
		}
		s.Public = public
		if k.D != "" {
			d, err := base64.RawURLEncoding.DecodeString(k.D)
			if err != nil {
				return nil, errors.New("d is not base64url")
			}
			private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
			if err != nil {
				return nil, err
			}
			if !private.PublicKey.Equal(public) {
				return nil, errors.New("the private key does not belong to the public one")
			}
			s.Private = private
		}
		if s.Alg == "" {
			s.Alg = "ES256"
		}
	case "RSA":
		n, err := number("n", k.N)
		if err != nil {
			return nil, err
		}
		e, err := number("e", k.E)
		if err != nil || !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 {
			return nil, errors.New("e is no exponent")
		}
		if guessable(n) {
			return nil, errors.New("n was made by a generator whose keys can be factored (CVE-2017-15361)")
		}
		public := &rsa.PublicKey{N: n, E: int(e.Int64())}
		s.Public = public
		if k.D != "" {
			private := &rsa.PrivateKey{PublicKey: *public}
			if private.D, err = number("d", k.D); err != nil {
				return nil, err
			}
			for name, text := range map[string]string{"p": k.P, "q": k.Q} {
				prime, err := number(name, text)
				if err != nil {
					return nil, err
				}
				private.Primes = append(private.Primes, prime)
			}
			if err := private.Validate(); err != nil {
				return nil, err
			}
			private.Precompute()
			s.Private = private
		}
		if s.Alg == "" {
			s.Alg = "RS256"
		}
	default:
		return nil, fmt.Errorf("unknown kind of key %q", k.KTY)
	}
	return s, s.checkKind()
}

// guessable reports whether a modulus has the mark of CVE-2017-15361: its primes are powers of 65537 modulo the product of small primes, and so is n modulo each of them.
// One of a hundred million other moduli looks the same.
func guessable(n *big.Int) bool {
	for _, p := range []int64{11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157} {
		rest, power, found := new(big.Int).Mod(n, big.NewInt(p)).Int64(), int64(1), false
		for range p {
			if power == rest {
				found = true
				break
			}
			power = power * 65537 % p
		}
		if !found {
			return false
		}
	}
	return true
}
