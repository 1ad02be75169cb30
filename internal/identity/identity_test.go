package identity

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mainstay-dev/mainstay/fault"
)

var start = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func testKeys(t *testing.T, opts Options) *Keys {
	t.Helper()
	if opts.Now == nil {
		opts.Now = func() time.Time { return start }
	}
	k, err := Load(t.TempDir(), "", opts)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mustSign(t *testing.T, k *Keys, claims map[string]any) string {
	t.Helper()
	token, err := k.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestKeysAreMadeOnceAndKeptPrivate(t *testing.T) {
	dir := t.TempDir()
	first, err := Load(dir, "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Load(dir, "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if first.Secret != second.Secret || first.AnonJWT != second.AnonJWT {
		t.Error("the second load made other keys")
	}
	info, err := os.Stat(filepath.Join(dir, KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the key file is %v, want 0600", info.Mode().Perm())
	}
	other, err := Load(t.TempDir(), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if other.Secret == first.Secret || other.AnonJWT == first.AnonJWT {
		t.Error("two projects got the same keys")
	}
}

func TestCallerOfCredentials(t *testing.T) {
	k := testKeys(t, Options{})
	user := mustSign(t, k, map[string]any{"role": "authenticated", "sub": "42", "exp": start.Add(time.Hour).Unix()})
	check := func(name, apikey, auth, wantRole, wantSub string, wantAuthenticated bool) {
		t.Helper()
		r := httptest.NewRequest("GET", "/rest/v1/t", nil)
		if apikey != "" {
			r.Header.Set("apikey", apikey)
		}
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		c, err := k.Caller(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if c.Role != wantRole || c.Subject != wantSub || c.Authenticated != wantAuthenticated {
			t.Errorf("%s: got role %q, sub %q, authenticated %v; want %q, %q, %v", name, c.Role, c.Subject, c.Authenticated, wantRole, wantSub, wantAuthenticated)
		}
	}
	check("nothing", "", "", Anon, "", false)
	check("publishable key", k.Publishable, "", Anon, "", false)
	check("publishable key as bearer", k.Publishable, "Bearer "+k.Publishable, Anon, "", false)
	check("secret key", k.Secret, "", ServiceRole, "", true)
	check("legacy anon key", k.AnonJWT, "Bearer "+k.AnonJWT, Anon, "", false)
	check("legacy service key alone", k.ServiceJWT, "", ServiceRole, "", true)
	check("user token outranks the key", k.Publishable, "Bearer "+user, Authenticated, "42", true)
	check("user token outranks the secret key", k.Secret, "bearer "+user, Authenticated, "42", true)
}

func TestBrokenCredentialsAreRefused(t *testing.T) {
	k := testKeys(t, Options{})
	enc := base64.RawURLEncoding.EncodeToString
	good := mustSign(t, k, map[string]any{"role": "authenticated", "exp": start.Add(time.Hour).Unix()})
	parts := strings.Split(good, ".")
	none := enc([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + enc([]byte(`{"role":"service_role"}`)) + "."
	// A public key used as an HMAC secret (RFC 8725 §2.1) must not verify.
	confused, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": "service_role"}).SignedString(k.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	check := func(name, auth, code, message string) {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", auth)
		_, err := k.Caller(r)
		f := fault.As(err)
		if f == nil || f.Code != code || f.Message != message || f.Status != http.StatusUnauthorized {
			t.Errorf("%s: got %#v, want 401 %s %q", name, f, code, message)
		}
	}
	check("empty", "Bearer ", "PGRST301", "Empty JWT is sent in Authorization header")
	check("two parts", "Bearer a.b", "PGRST301", "Expected 3 parts in JWT; got 2")
	check("not base64", "Bearer a.b.c", "PGRST301", "JWT couldn't be decoded")
	check("alg none", "Bearer "+none, "PGRST301", "Wrong or unsupported encoding algorithm")
	check("key confusion", "Bearer "+confused, "PGRST301", "JWT cryptographic operation failed")
	check("changed claims", "Bearer "+parts[0]+"."+enc([]byte(`{"role":"service_role"}`))+"."+parts[2], "PGRST301", "JWT cryptographic operation failed")
	check("no signature", "Bearer "+parts[0]+"."+parts[1]+".", "PGRST301", "JWT cryptographic operation failed")
	check("half a signature", "Bearer "+parts[0]+"."+parts[1]+"."+parts[2][:20], "PGRST301", "JWT cryptographic operation failed")
	check("foreign key id", "Bearer "+enc([]byte(`{"alg":"ES256","kid":"other"}`))+"."+parts[1]+"."+parts[2], "PGRST301", "No suitable key or wrong key type")
	check("expired", "Bearer "+mustSign(t, k, map[string]any{"exp": start.Add(-31 * time.Second).Unix()}), "PGRST303", "JWT expired")
	check("not yet", "Bearer "+mustSign(t, k, map[string]any{"nbf": start.Add(31 * time.Second).Unix()}), "PGRST303", "JWT not yet valid")
	check("from the future", "Bearer "+mustSign(t, k, map[string]any{"iat": start.Add(31 * time.Second).Unix()}), "PGRST303", "JWT issued at future")
	check("exp not a number", "Bearer "+mustSign(t, k, map[string]any{"exp": "soon"}), "PGRST303", "The JWT 'exp' claim must be a number")
	check("aud not text", "Bearer "+mustSign(t, k, map[string]any{"aud": 7}), "PGRST303", "The JWT 'aud' claim must be a string or an array of strings")
	check("unknown key", "Bearer sb_secret_nope", "invalid_api_key", "Invalid API key")
}

func TestIssuerAndAudience(t *testing.T) {
	k := testKeys(t, Options{Issuer: "https://shop.example/auth/v1", Audience: []string{"authenticated"}})
	check := func(claims map[string]any, want string) {
		t.Helper()
		_, err := k.Verify(mustSign(t, k, claims))
		got := ""
		if f := fault.As(err); f != nil {
			got = f.Message
		}
		if got != want {
			t.Errorf("%v: got %q, want %q", claims, got, want)
		}
	}
	iss := "https://shop.example/auth/v1"
	check(map[string]any{"iss": iss, "aud": "authenticated"}, "")
	check(map[string]any{"iss": iss, "aud": []string{"x", "authenticated"}}, "")
	check(map[string]any{"iss": iss, "aud": "other"}, "JWT not in audience")
	check(map[string]any{"iss": "https://evil.example", "aud": "authenticated"}, "JWT not from the expected issuer")
	check(map[string]any{"aud": "authenticated"}, "JWT not from the expected issuer")
}

func TestRememberedTokenStillExpires(t *testing.T) {
	now := start
	k := testKeys(t, Options{Now: func() time.Time { return now }})
	token := mustSign(t, k, map[string]any{"role": "authenticated", "exp": start.Add(time.Minute).Unix()})
	if _, err := k.Verify(token); err != nil {
		t.Fatal(err)
	}
	now = start.Add(time.Minute + Leeway)
	if _, err := k.Verify(token); fault.Code(err) != "PGRST303" {
		t.Errorf("got %v, want PGRST303", err)
	}
}

func TestSecretKeyInBrowserIsRefused(t *testing.T) {
	k := testKeys(t, Options{})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("apikey", k.Secret)
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)")
	if _, err := k.Caller(r); fault.Code(err) != "secret_key_in_browser" {
		t.Errorf("got %v", err)
	}
}

func TestProjectSecretSignsAndVerifies(t *testing.T) {
	if _, err := Load(t.TempDir(), "short", Options{}); err == nil {
		t.Error("a short secret was accepted")
	}
	secret := "a-secret-of-the-project-with-more-than-32-bytes"
	k, err := Load(t.TempDir(), secret, Options{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": "authenticated", "sub": "7"}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	got, err := k.Verify(token)
	if err != nil || got.Role != Authenticated || got.Subject != "7" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := k.Verify(k.AnonJWT); err != nil {
		t.Errorf("legacy key: %v", err)
	}
	critical := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": "authenticated", "sub": "7"})
	critical.Header["crit"], critical.Header["b64"] = []string{"b64"}, true
	if token, err = critical.SignedString([]byte(secret)); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Verify(token); fault.Code(err) != "PGRST301" {
		t.Errorf("a token with a critical header, well signed: %+v, %v", got, err)
	}
}

func TestPublicKeysOnly(t *testing.T) {
	dir := t.TempDir()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := generate(Options{})
	if err != nil {
		t.Fatal(err)
	}
	doc.Signers = append(doc.Signers, signerDoc{ID: "rsa", Alg: "RS256", Public: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))})
	if err := writeFile(filepath.Join(dir, KeyFile), doc); err != nil {
		t.Fatal(err)
	}
	k, err := Load(dir, "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(k.JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 2 || set.Keys[0]["kty"] != "EC" || set.Keys[1]["kty"] != "RSA" || set.Keys[1]["d"] != nil || set.Keys[0]["d"] != nil {
		t.Errorf("got %s", k.JWKS())
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"role": "authenticated"})
	token.Header["kid"] = "rsa"
	signed, err := token.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Verify(signed); err != nil {
		t.Error(err)
	}
}

func FuzzVerifyNeverAcceptsUnsigned(f *testing.F) {
	k, err := Load(f.TempDir(), "", Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.")
	f.Add(k.AnonJWT[:len(k.AnonJWT)-2])
	f.Fuzz(func(t *testing.T, token string) {
		if token == k.AnonJWT || token == k.ServiceJWT {
			return // the only tokens that anybody signed
		}
		if got, err := k.Verify(token); err == nil {
			t.Errorf("accepted %q as %+v", token, got)
		}
	})
}

func TestHeadersAreOneJSONObject(t *testing.T) {
	check := func(want string, h http.Header) {
		t.Helper()
		if got := string(headersJSON(h)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		var m map[string]string
		if err := json.Unmarshal(headersJSON(h), &m); err != nil || len(m) != len(h) {
			t.Errorf("%v: %v, %v", h, m, err)
		}
	}
	check(`{}`, nil)
	check(`{"accept":"a, b","x-empty":""}`, http.Header{"X-Empty": {}, "Accept": {"a", "b"}})
	check(`{"x":"a \"quoted\" \\ é \u0001"}`, http.Header{"X": {"a \"quoted\" \\ é \x01"}})
	check(`{"x":"\ufffd","y":"<&>"}`, http.Header{"Y": {"<&>"}, "X": {"\xff"}})
}

func BenchmarkCaller(b *testing.B) {
	k, err := Load(b.TempDir(), "", Options{})
	if err != nil {
		b.Fatal(err)
	}
	token, err := k.Sign(map[string]any{"sub": "00000000-0000-4000-8000-000000000001", "role": Authenticated, "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/items?id=eq.1", nil)
	r.Header = http.Header{"Authorization": {"Bearer " + token}, "Apikey": {k.Publishable}, "Accept": {"application/json"}, "X-Client-Info": {"supabase-js/2.119.0"}, "User-Agent": {"node"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Caller(r); err != nil {
			b.Fatal(err)
		}
	}
}
