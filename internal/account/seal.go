package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// sealedPrefix tells a sealed secret from one that another server has left in the clear.
const sealedPrefix = "mainstay1:"

// seal encrypts a secret that has to be read again (AES-256-GCM under the project's key). It opens only for the same owner, so that nobody gives one's secret
// to another by copying it in the database.
func (s *Service) seal(owner, secret string) (string, error) {
	g, err := s.cipher()
	if err != nil {
		return "", err
	}
	nonce := randomBytes(g.NonceSize())
	return sealedPrefix + base64.RawStdEncoding.EncodeToString(g.Seal(nonce, nonce, []byte(secret), []byte(owner))), nil
}

func (s *Service) unseal(owner, sealed string) (string, error) {
	text, ok := strings.CutPrefix(sealed, sealedPrefix)
	if !ok {
		return sealed, nil
	}
	g, err := s.cipher()
	if err != nil {
		return "", err
	}
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(b) < g.NonceSize() {
		return "", errSealed
	}
	secret, err := g.Open(nil, b[:g.NonceSize()], b[g.NonceSize():], []byte(owner))
	if err != nil {
		return "", errSealed
	}
	return string(secret), nil
}

func (s *Service) cipher() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.keys.Derive("sealed secrets of users"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func equalText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
