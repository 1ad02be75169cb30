package signin

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"golang.org/x/crypto/sha3"
)

func keccak(b []byte) []byte {
	h := sha3.NewLegacyKeccak256()
	h.Write(b)
	return h.Sum(nil)
}

type ethereumWallet struct {
	key     *secp256k1.PrivateKey
	address string
}

func newEthereumWallet(seed string) ethereumWallet {
	key := secp256k1.PrivKeyFromBytes([]byte(strings.Repeat(seed, 32)))
	return ethereumWallet{key, "0x" + hex.EncodeToString(keccak(key.PubKey().SerializeUncompressed()[1:])[12:])}
}

func (w ethereumWallet) sign(text string) string {
	sig := ecdsa.SignCompact(w.key, keccak(fmt.Appendf(nil, "\x19Ethereum Signed Message:\n%d%s", len(text), text)), false)
	return "0x" + hex.EncodeToString(append(sig[1:], sig[0]))
}

// message is what the official client makes, of these fields.
func (w ethereumWallet) message(domain, uri string, issued time.Time, more ...string) string {
	text := fmt.Sprintf("%s wants you to sign in with your Ethereum account:\n%s\n\nHello\n\nURI: %s\nVersion: 1\nChain ID: 1\nIssued At: %s", domain, w.address, uri, issued.UTC().Format(time.RFC3339Nano))
	return strings.Join(append([]string{text}, more...), "\n")
}

const walletSettings = "[auth.web3.ethereum]\nenabled = true\n[auth.web3.solana]\nenabled = true\n"

func TestWalletsOfEthereum(t *testing.T) {
	both(t, open+walletSettings, func(t *testing.T, s *server) {
		w := newEthereumWallet("a")
		now := time.Now()
		use := func(text, signature string) answer {
			return s.auth("", "POST /token?grant_type=web3", obj{"chain": "ethereum", "message": text, "signature": signature})
		}
		text := w.message("app.example", "https://app.example/sign-in", now)
		a := s.want("sign in", use(text, w.sign(text)), 200, "")
		if !strings.Contains(a.raw, `"provider":"web3"`) || !strings.Contains(a.raw, "web3:ethereum:"+w.address) || claimsOf(t, a.text("access_token"))["amr"].([]any)[0].(map[string]any)["method"] != "web3" {
			t.Errorf("answered %s", a.raw)
		}
		s.want("the token works", s.auth(a.text("access_token"), "GET /user", nil), 200, "")

		refused := func(what, text, signature, why string) {
			t.Helper()
			got := s.want(what, use(text, signature), 400, "invalid_grant")
			if !strings.Contains(got.text("message"), why) || got.text("error") != "invalid_grant" {
				t.Errorf("%s: answered %s", what, got.raw)
			}
		}
		refused("again", text, w.sign(text), "used already")
		// Another signature of the same message: r, n-s and the other V.
		b, _ := hex.DecodeString(w.sign(text)[2:])
		var r secp256k1.ModNScalar
		r.SetByteSlice(b[32:64])
		r.Negate()
		other := r.Bytes()
		copy(b[32:64], other[:])
		b[64] = 27 + 28 - b[64]
		refused("again, signed otherwise", text, "0x"+hex.EncodeToString(b), "used already")

		again := w.message("app.example", "https://app.example/sign-in", now.Add(time.Second))
		if next := s.want("the same wallet is the same user", use(again, w.sign(again)), 200, ""); next.text("user.id") != a.text("user.id") {
			t.Errorf("another user: %s", next.raw)
		}
		bad := func(what, why, domain, uri string, issued time.Time, more ...string) {
			t.Helper()
			text := w.message(domain, uri, issued, more...)
			refused(what, text, w.sign(text), why)
		}
		evil := newEthereumWallet("e")
		text = w.message("app.example", "https://app.example/", now)
		refused("another wallet's signature", text, evil.sign(text), "does not match")
		refused("another text's signature", text, w.sign(again), "does not match")
		bad("another site", "another app", "evil.example", "https://evil.example/", now)
		bad("another domain", "Domain", "evil.example", "https://app.example/", now)
		bad("no TLS", "HTTPS", "app.example", "http://app.example/", now)
		bad("too old", "too long ago", "app.example", "https://app.example/", now.Add(-11*time.Minute))
		bad("from the future", "future", "app.example", "https://app.example/", now.Add(11*time.Minute))
		bad("expired", "expired", "app.example", "https://app.example/", now.Add(-time.Minute), "Expiration Time: "+now.Add(-time.Second).UTC().Format(time.RFC3339))
		bad("not yet", "in the future", "app.example", "https://app.example/", now, "Not Before: "+now.Add(time.Minute).UTC().Format(time.RFC3339))
		s.want("no message", use("hello", "0x"), 400, "validation_failed")
		s.want("no chain", s.auth("", "POST /token?grant_type=web3", obj{"chain": "bitcoin", "message": text, "signature": w.sign(text)}), 400, "web3_unsupported_chain")
	})
}

func TestWalletsOfSolana(t *testing.T) {
	both(t, open+walletSettings, func(t *testing.T, s *server) {
		// The key of 32 times "s" in base 58.
		key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", 32)))
		message := func(address string, domain string) string {
			return fmt.Sprintf("%s wants you to sign in with your Solana account:\n%s\n\nVersion: 1\nURI: https://%s/\nIssued At: %s", domain, address, domain, time.Now().UTC().Format(time.RFC3339Nano))
		}
		use := func(text string) answer {
			return s.auth("", "POST /token?grant_type=web3", obj{"chain": "solana", "message": text, "signature": base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(text)))})
		}
		const address, another = "J9TUZh2TThczjmGCjkNFha5cmNRJzceNGqvWxmoobyZG", "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T"
		text := message(address, "app.example")
		a := s.want("sign in", use(text), 200, "")
		if !strings.Contains(a.raw, "web3:solana:"+address) {
			t.Errorf("answered %s", a.raw)
		}
		s.want("again", use(text), 400, "invalid_grant")
		s.want("another's address", use(message(another, "app.example")), 400, "invalid_grant")
		s.want("another site", use(message(address, "evil.example")), 400, "invalid_grant")
	})
}

func TestWalletsAreOffWhateverIsSent(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		s.want("off", s.auth("", "POST /token?grant_type=web3", obj{"chain": "ethereum", "signature": obj{}}), 422, "web3_provider_disabled")
	})
}

func TestWalletsAreOffUnlessTheProjectSaysSo(t *testing.T) {
	both(t, open+"[auth.web3.solana]\nenabled = true\n", func(t *testing.T, s *server) {
		w := newEthereumWallet("a")
		text := w.message("app.example", "https://app.example/", time.Now())
		s.want("off", s.auth("", "POST /token?grant_type=web3", obj{"chain": "ethereum", "message": text, "signature": w.sign(text)}), 422, "web3_provider_disabled")
	})
}
