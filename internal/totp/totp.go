// Package totp makes and checks the codes of authenticator apps (RFC 6238 over HMAC-SHA-1, six digits, 30 seconds: what every app supports).
//
// Main functions: NewSecret, URI, QR and Check. Check gives the step of the code that was right, so that its caller can refuse one that was used before.
package totp

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
)

const (
	period = 30 // seconds
	digits = 6
	// drift is how many steps a phone's clock may be off, before and after (RFC 6238 §5.2 advises one).
	drift = 1
)

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret is a random secret of 160 bits in base32, as RFC 4226 §4 recommends.
func NewSecret() string {
	b := make([]byte, 20)
	if _, err := rand.Read(b); err != nil {
		panic("totp: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	return encoding.EncodeToString(b)
}

// URI is what an app reads to know a secret (the key URI format).
func URI(secret, issuer, account string) string {
	v := url.Values{"secret": {secret}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {fmt.Sprint(digits)}, "period": {fmt.Sprint(period)}}
	return "otpauth://totp/" + url.PathEscape(issuer+":"+account) + "?" + strings.ReplaceAll(v.Encode(), "+", "%20")
}

// QR is a URI as an SVG picture for a camera.
func QR(uri string) (string, error) {
	code, err := qr.Encode(uri, qr.M, qr.Unicode)
	if err != nil {
		return "", fmt.Errorf("qr code: %w", err)
	}
	const quiet, scale = 4, 4
	size := code.Bounds().Dx()
	side := (size + 2*quiet) * scale
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, side, side, side, side)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="`, side, side)
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&b, "M%d %dh%dv%dh-%dz", (x+quiet)*scale, (y+quiet)*scale, scale, scale, scale)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

// Code is the code of a step.
func code(key []byte, step int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	m := hmac.New(sha1.New, key)
	m.Write(counter[:])
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 0x0f // dynamic truncation, RFC 4226 §5.3
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

// At is the code at a time.
func At(secret string, t time.Time) (string, error) {
	key, err := encoding.DecodeString(strings.ToUpper(strings.TrimRight(secret, "=")))
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	return code(key, t.Unix()/period), nil
}

// Check gives the step whose code was given; ok is false when it is none of now.
func Check(secret, given string, now time.Time) (step int64, ok bool) {
	key, err := encoding.DecodeString(strings.ToUpper(strings.TrimRight(secret, "=")))
	if err != nil || len(given) != digits {
		return 0, false
	}
	current := now.Unix() / period
	for s := current - drift; s <= current+drift; s++ {
		if subtle.ConstantTimeCompare([]byte(code(key, s)), []byte(given)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}
