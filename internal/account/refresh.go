package account

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// A refresh token names its session and its place in the session's row of tokens, so that a refresh writes one row and leaves none behind:
//
//	base64url(0x00 ‖ session id, 16 bytes ‖ counter, uvarint ‖ HMAC-SHA256 of all that, 16 bytes ‖ SHA-256 of all that, 4 bytes)
//
// The key is the session's own. The checksum lets a mistyped or cut token be told from a forged one without a look at the database (protocol document 2.4).
type refresh struct {
	session string
	counter int64
	signed  []byte
	mac     []byte
}

const (
	refreshVersion  = 0
	macBytes        = 16
	checksumBytes   = 4
	maxRefreshChars = 128
)

func refreshToken(secret []byte, row *sessionRow) (string, error) {
	key, err := row.refreshKey(secret)
	if err != nil || len(key) == 0 {
		return "", fmt.Errorf("session %s has no key for refresh tokens", row.ID)
	}
	id, err := hex.DecodeString(strings.ReplaceAll(row.ID, "-", ""))
	if err != nil {
		return "", fmt.Errorf("session %s: %w", row.ID, err)
	}
	b := append([]byte{refreshVersion}, id...)
	b = binary.AppendUvarint(b, uint64(row.RefreshNext))
	b = append(b, sign(key, b)...)
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(append(b, sum[:checksumBytes]...)), nil
}

func sign(key, text []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(text)
	return m.Sum(nil)[:macBytes]
}

func parseRefresh(token string) (*refresh, bool) {
	if len(token) > maxRefreshChars {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < 1+16+1+macBytes+checksumBytes || b[0] != refreshVersion {
		return nil, false
	}
	body, checksum := b[:len(b)-checksumBytes], b[len(b)-checksumBytes:]
	if sum := sha256.Sum256(body); subtle.ConstantTimeCompare(sum[:checksumBytes], checksum) != 1 {
		return nil, false
	}
	counter, n := binary.Uvarint(body[17:])
	if n <= 0 || len(body) != 17+n+macBytes || counter > 1<<62 {
		return nil, false
	}
	h := hex.EncodeToString(body[1:17])
	return &refresh{
		session: h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], counter: int64(counter), signed: body[:17+n], mac: body[17+n:],
	}, true
}

// refreshPurpose derives the project's part of the keys of refresh tokens.
const refreshPurpose = "refresh tokens"

// refreshKey is made of the session's own key and a secret that is not in the database: whoever reads a backup makes no tokens of it.
func (r *sessionRow) refreshKey(secret []byte) ([]byte, error) {
	own, err := base64.StdEncoding.DecodeString(r.RefreshKey)
	if err != nil || len(own) == 0 {
		return nil, err
	}
	m := hmac.New(sha256.New, secret)
	m.Write(own)
	return m.Sum(nil), nil
}

func (r *refresh) signedBy(secret []byte, row *sessionRow) bool {
	key, err := row.refreshKey(secret)
	return err == nil && len(key) > 0 && subtle.ConstantTimeCompare(sign(key, r.signed), r.mac) == 1
}
