package account

import (
	"crypto/sha256"
	"encoding/base64"
	"testing"
)

// FuzzRefresh reads any text as a refresh token: each that is one has one spelling.
func FuzzRefresh(f *testing.F) {
	body := append([]byte{refreshVersion}, make([]byte, 16+1+macBytes)...)
	sum := sha256.Sum256(body)
	good := base64.RawURLEncoding.EncodeToString(append(body, sum[:checksumBytes]...))
	for _, s := range []string{"", "a", good, good + "=", good[:len(good)-1], good + "A"} {
		f.Add([]byte(s), s)
	}
	if _, ok := parseRefresh(good); !ok {
		f.Fatal("a token is not read: this shows nothing")
	}
	f.Fuzz(func(t *testing.T, body []byte, text string) {
		sum := sha256.Sum256(body) // random bytes do not have the right one
		for _, token := range []string{text, base64.RawURLEncoding.EncodeToString(append(append([]byte{}, body...), sum[:checksumBytes]...))} {
			r, ok := parseRefresh(token)
			if !ok {
				continue
			}
			if len(r.session) != 36 || r.counter < 0 || len(r.mac) != macBytes || len(token) > maxRefreshChars {
				t.Fatalf("%q is read as %+v", token, r)
			}
			back := append(append([]byte{}, r.signed...), r.mac...)
			sum := sha256.Sum256(back)
			if again := base64.RawURLEncoding.EncodeToString(append(back, sum[:checksumBytes]...)); again != token {
				t.Fatalf("%q and %q are one token", token, again)
			}
		}
	})
}
