package federation

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
)

// usableKeys is an answer without the keys that nobody here can use, if it is a set of keys; any other stays as it is. The library refuses a whole set for one key that it
// cannot read, so a provider that tries something new would sign nobody in (RFC 7517 §5 says to leave such keys out). It can go when the library does so.
func usableKeys(answer []byte) []byte {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(answer, &set) != nil || set.Keys == nil {
		return answer
	}
	kept := []map[string]string{}
	for _, raw := range set.Keys {
		var all map[string]any
		if json.Unmarshal(raw, &all) != nil {
			continue
		}
		key := map[string]string{}
		for _, name := range []string{"kty", "kid", "use", "alg", "crv", "n", "e", "x", "y"} {
			if text, ok := all[name].(string); ok {
				key[name] = text
			}
		}
		if usable(key) {
			kept = append(kept, key)
		}
	}
	out, err := json.Marshal(map[string]any{"keys": kept})
	if err != nil {
		return answer
	}
	return out
}

// minModulus is the least length of an RSA key in bits (RFC 7518 §3.3).
const minModulus = 2048

func usable(key map[string]string) bool {
	if key["use"] != "" && key["use"] != "sig" {
		return false
	}
	number := func(name string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(key[name])
		if err != nil {
			return nil
		}
		return b
	}
	switch key["kty"] {
	case "RSA":
		e := new(big.Int).SetBytes(number("e"))
		return new(big.Int).SetBytes(number("n")).BitLen() >= minModulus && e.BitLen() > 1 && e.BitLen() < 32
	case "EC":
		curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[key["crv"]]
		if curve == nil {
			return false
		}
		_, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, number("x"), number("y")))
		return err == nil && len(number("x")) == len(number("y"))
	case "OKP":
		return key["crv"] == "Ed25519" && len(number("x")) == 32
	}
	return false
}
