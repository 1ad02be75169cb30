package wallet

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
)

const siwe = `app.example wants you to sign in with your Ethereum account:
0x%s

I accept the terms: all of them

URI: https://app.example/sign-in
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2026-11-30T16:25:24Z
Expiration Time: 2026-11-30T17:25:24.123Z
Not Before: 2026-11-30T16:00:00+00:00
Request ID: r-1
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://app.example/terms`

// ethereumKey is a key and its address.
func ethereumKey(t *testing.T) (*secp256k1.PrivateKey, string) {
	t.Helper()
	key := secp256k1.PrivKeyFromBytes([]byte(strings.Repeat("F", 32)))
	return key, hex.EncodeToString(keccak(key.PubKey().SerializeUncompressed()[1:])[12:])
}

func signEthereum(key *secp256k1.PrivateKey, text string) string {
	sig := ecdsa.SignCompact(key, keccak(fmt.Appendf(nil, "\x19Ethereum Signed Message:\n%d%s", len(text), text)), false)
	return "0x" + hex.EncodeToString(append(sig[1:], sig[0]))
}

func TestEthereum(t *testing.T) {
	key, address := ethereumKey(t)
	text := fmt.Sprintf(siwe, strings.ToUpper(address))
	m, err := Parse(Ethereum, text)
	if err != nil {
		t.Fatal(err)
	}
	if m.Domain != "app.example" || m.Address != "0x"+address || m.Statement != "I accept the terms: all of them" || m.URI.String() != "https://app.example/sign-in" || m.Network != "1" ||
		m.Nonce != "32891756" || m.RequestID != "r-1" || len(m.Resources) != 2 || !m.IssuedAt.Equal(time.Date(2026, 11, 30, 16, 25, 24, 0, time.UTC)) || m.Expires.IsZero() || m.NotBefore.IsZero() {
		t.Errorf("got %+v", m)
	}
	signature := signEthereum(key, text)
	check := func(what, signature string, want bool) {
		t.Helper()
		if ok, err := m.Verified(signature); ok != want || err != nil {
			t.Errorf("%s: got %v, %v", what, ok, err)
		}
	}
	check("right", signature, true)
	check("without 0x, V of 0 or 1", strings.TrimPrefix(signature[:len(signature)-2], "0x")+map[string]string{"1b": "00", "1c": "01"}[signature[len(signature)-2:]], true)
	check("of another text", signEthereum(key, text+"\n- https://evil.example"), false)
	check("of another key", signEthereum(secp256k1.PrivKeyFromBytes([]byte(strings.Repeat("G", 32))), text), false)
	check("another V", signature[:len(signature)-2]+"1d", false)
	check("nothing", strings.Repeat("0", 130), false)
	check("all ones", strings.Repeat("f", 130), false)
	for _, bad := range []string{"", "0x00", strings.Repeat("x", 130), signature + "00"} {
		if _, err := m.Verified(bad); err == nil {
			t.Errorf("%q is no signature", bad)
		}
	}
}

// TestKnownSignature is the first of EIP-191's kind that web3.js documents: eth.accounts.sign("Some data", key).
func TestKnownSignature(t *testing.T) {
	m := &Message{Chain: Ethereum, Raw: "Some data", Address: "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23"}
	ok, err := m.Verified("0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c")
	if !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
}

const siws = `app.example wants you to sign in with your Solana account:
%s

Version: 1
URI: https://app.example/
Issued At: 2026-11-30T16:25:24Z
Chain ID: mainnet
Resources
- https://app.example/terms`

func address58(key []byte) string {
	digits := []byte{}
	n := append([]byte{}, key...)
	for len(n) > 0 {
		rest, next := 0, n[:0:0]
		for _, b := range n {
			rest = rest<<8 | int(b)
			if q := rest / 58; q > 0 || len(next) > 0 {
				next = append(next, byte(q))
			}
			rest %= 58
		}
		digits = append([]byte{base58Digits[rest]}, digits...)
		n = next
	}
	return string(digits)
}

func TestSolana(t *testing.T) {
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", 32)))
	public := private.Public().(ed25519.PublicKey)
	text := fmt.Sprintf(siws, address58(public))
	m, err := Parse(Solana, text)
	if err != nil {
		t.Fatal(err)
	}
	if m.Network != "mainnet" || len(m.Resources) != 1 || m.Statement != "" {
		t.Errorf("got %+v", m)
	}
	signature := ed25519.Sign(private, []byte(text))
	check := func(what, signature string, want bool) {
		t.Helper()
		if ok, err := m.Verified(signature); ok != want || err != nil {
			t.Errorf("%s: got %v, %v", what, ok, err)
		}
	}
	check("base64url", base64.RawURLEncoding.EncodeToString(signature), true)
	check("base64", base64.StdEncoding.EncodeToString(signature), true)
	envelope := "\xffsolana offchain\x00app.example" + strings.Repeat("\x00", 32-len("app.example")) + "\x00\x01" + string(public) + string([]byte{byte(len(text)), byte(len(text) >> 8)}) + text
	check("by a hardware wallet", base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, []byte(envelope))), true)
	signature[5] ^= 1
	check("changed", base64.RawURLEncoding.EncodeToString(signature), false)
	if _, err := m.Verified("AAAA"); err == nil {
		t.Error("that is no signature")
	}
	if got := base58("1111" + address58([]byte{7})); string(got) != "\x00\x00\x00\x00\x07" {
		t.Errorf("got %x", got)
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	_, address := ethereumKey(t)
	good := fmt.Sprintf(siwe, address)
	check := func(chain Chain, text, want string) {
		t.Helper()
		if _, err := Parse(chain, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	change := func(old, new string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("there is no %q", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	check("bitcoin", good, "no chain")
	check(Solana, good, "first line")
	check(Ethereum, "short", "too short")
	check(Ethereum, good+strings.Repeat("x", 21<<10), "20KB")
	check(Ethereum, change("app.example wants", "app.example/evil wants"), "domain")
	check(Ethereum, change("app.example wants", "user@app.example wants"), "domain")
	check(Ethereum, change("0x"+address, "0x"+address[1:]), "address")
	check(Ethereum, change("\n\nI accept", "\nI accept"), "third line")
	check(Ethereum, change("Version: 1", "Version: 2"), "version")
	check(Ethereum, change("Version: 1\n", ""), "version")
	check(Ethereum, change("Chain ID: 1", "Chain ID: one"), "Chain ID")
	check(Ethereum, change("URI: https://app.example/sign-in", "URI: /sign-in"), "URI")
	check(Ethereum, change("Nonce: 32891756", "URI: https://evil.example"), "twice")
	check(Ethereum, change("Nonce: 32891756", "Colour: red"), "no field")
	check(Ethereum, change("Nonce: 32891756", "Nonce"), "cannot be read")
	check(Ethereum, change("Issued At: 2026-11-30T16:25:24Z\n", ""), "Issued At is missing")
	check(Ethereum, change("Issued At: 2026-11-30T16:25:24Z", "Issued At: yesterday"), "timestamp")
	check(Ethereum, change("Issued At: 2026-11-30T16:25:24Z", "Issued At: 2027-11-30T16:25:24Z"), "after Expiration Time")
	check(Ethereum, change("Not Before: 2026", "Not Before: 2027"), "Not Before is after")
	check(Ethereum, change("- ipfs", "ipfs"), "no resource")
	check(Ethereum, change("I accept", "I\raccept"), "cannot be shown")
}

func FuzzParse(f *testing.F) {
	f.Add(siwe)
	f.Add(siws)
	f.Fuzz(func(t *testing.T, text string) {
		for _, chain := range []Chain{Ethereum, Solana} {
			if m, err := Parse(chain, text); err == nil {
				if m.URI == nil || m.IssuedAt.IsZero() || m.Domain == "" {
					t.Errorf("%q: %+v", text, m)
				}
				if ok, _ := m.Verified(strings.Repeat("0", 130)); ok {
					t.Errorf("%q: verified by nothing", text)
				}
			}
		}
	})
}
