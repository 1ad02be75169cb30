package password

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// firebase is a hash of Firebase's variant of scrypt: the key that scrypt derives of the password encrypts the project's signer key (AES-256 in counter mode),
// and the cipher text is the hash. Its string form is the one that the ecosystem's importers write:
//
//	$fbscrypt$v=1,n=14,r=8,p=1,ss=<salt separator>,sk=<signer key>$<salt>$<hash>
//
// with n the logarithm of the memory cost and everything else in base64.
type firebase struct {
	logN, r, p           int
	separator, key, salt []byte
	hash                 []byte
}

func parseFirebase(hash string) (*firebase, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 5 {
		return nil, errors.New("a Firebase hash has four parts")
	}
	f := &firebase{}
	for _, kv := range strings.Split(parts[2], ",") {
		name, value, _ := strings.Cut(kv, "=")
		var err error
		switch name {
		case "v":
			if value != "1" {
				err = errors.New("unknown version")
			}
		case "n":
			f.logN, err = strconv.Atoi(value)
		case "r":
			f.r, err = strconv.Atoi(value)
		case "p":
			f.p, err = strconv.Atoi(value)
		case "ss":
			f.separator, err = decode(value)
		case "sk":
			f.key, err = decode(value)
		}
		if err != nil {
			return nil, fmt.Errorf("%s of a Firebase hash: %w", name, err)
		}
	}
	var err error
	if f.salt, err = decode(parts[3]); err != nil {
		return nil, err
	}
	if f.hash, err = decode(parts[4]); err != nil {
		return nil, err
	}
	if f.logN < 1 || f.logN > 18 || f.r < 1 || f.r > 16 || f.p < 1 || f.p > 16 || len(f.key) == 0 || len(f.hash) != len(f.key) {
		return nil, errors.New("the cost of the Firebase hash is out of bounds")
	}
	return f, nil
}

func decode(text string) ([]byte, error) {
	text = strings.TrimRight(text, "=")
	if b, err := base64.RawStdEncoding.DecodeString(text); err == nil {
		return b, nil
	}
	return base64.RawURLEncoding.DecodeString(text)
}

func (f *firebase) check(password string) bool {
	derived, err := scrypt.Key([]byte(password), append(append([]byte{}, f.salt...), f.separator...), 1<<f.logN, f.r, f.p, 32)
	if err != nil {
		return false
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return false
	}
	got := make([]byte, len(f.key))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(got, f.key)
	return subtle.ConstantTimeCompare(got, f.hash) == 1
}
