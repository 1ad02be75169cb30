package identity

import (
	"errors"

	"filippo.io/mldsa"
	"github.com/golang-jwt/jwt/v5"
)

// Signatures that a quantum computer does not forge (FIPS 204), in tokens as RFC 9964 writes them. A token with one has more than 3 KiB.

// mldsaParameters are the algorithms.
func mldsaParameters(alg string) (mldsa.Parameters, bool) {
	switch alg {
	case "ML-DSA-44":
		return mldsa.MLDSA44(), true
	case "ML-DSA-65":
		return mldsa.MLDSA65(), true
	case "ML-DSA-87":
		return mldsa.MLDSA87(), true
	}
	return mldsa.Parameters{}, false
}

// IsPostQuantum reports whether an algorithm is one of ML-DSA.
func IsPostQuantum(alg string) bool {
	_, ok := mldsaParameters(alg)
	return ok
}

// method is how an algorithm signs and verifies; nil for one that is not known.
func method(alg string) jwt.SigningMethod {
	if IsPostQuantum(alg) {
		return mldsaMethod(alg)
	}
	return jwt.GetSigningMethod(alg)
}

// mldsaMethod is a jwt.SigningMethod by its name.
type mldsaMethod string

func (m mldsaMethod) Alg() string { return string(m) }

func (m mldsaMethod) Verify(text string, signature []byte, key any) error {
	public, ok := key.(*mldsa.PublicKey)
	if !ok {
		return jwt.ErrInvalidKeyType
	}
	return mldsa.Verify(public, []byte(text), signature, nil)
}

func (m mldsaMethod) Sign(text string, key any) ([]byte, error) {
	private, ok := key.(*mldsa.PrivateKey)
	if !ok {
		return nil, jwt.ErrInvalidKeyType
	}
	return private.Sign(nil, []byte(text), nil)
}

// parseSeed reads the private key of an ML-DSA algorithm: its seed.
func (s *Signer) parseSeed(seed []byte) error {
	p, ok := mldsaParameters(s.Alg)
	if !ok {
		return errors.New("not an ML-DSA algorithm")
	}
	private, err := mldsa.NewPrivateKey(p, seed)
	if err != nil {
		return err
	}
	s.Private, s.Public = private, private.PublicKey()
	return nil
}
