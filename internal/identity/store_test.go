package identity

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func store(t *testing.T) (*Store, *Keys) {
	t.Helper()
	dir := t.TempDir()
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	k, err := Load(dir, "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s, k
}

func header(t *testing.T, token string) (h struct{ Alg, Kid string }) {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if err == nil {
		err = json.Unmarshal(b, &h)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestKeysGoOneWay(t *testing.T) {
	for _, alg := range []string{"ES256", "RS256", "HS256", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"} {
		t.Run(alg, func(t *testing.T) {
			s, k := store(t)
			sign := func() string {
				t.Helper()
				token, err := k.Sign(map[string]any{"sub": "ada", "role": "authenticated", "exp": time.Now().Add(time.Hour).Unix()})
				if err != nil {
					t.Fatal(err)
				}
				return token
			}
			check := func(what, token string, want bool) {
				t.Helper()
				if got, err := k.Verify(token); (err == nil) != want || want && got.Subject != "ada" {
					t.Errorf("%s: got %v, %v", what, got, err)
				}
			}
			apply := func() {
				t.Helper()
				if err := k.reload(); err != nil {
					t.Fatal(err)
				}
			}
			first := sign()
			check("the first key's", first, true)

			made, err := s.Create(alg, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			apply()
			if got := header(t, sign()); got.Kid == made.ID {
				t.Error("a key on standby signs")
			}
			if published := strings.Contains(string(k.JWKS()), made.ID); published != (alg != "HS256") {
				t.Errorf("published: %v", published)
			}
			if _, err := s.Rotate("", time.Now(), time.Hour); err == nil {
				t.Error("it signs before others know it")
			}
			if _, err := s.Rotate(made.ID, time.Now(), 0); err != nil {
				t.Fatal(err)
			}
			apply()
			second := sign()
			if got := header(t, second); got.Kid != made.ID || got.Alg != alg {
				t.Errorf("signed by %+v", got)
			}
			check("the second key's", second, true)
			check("the first key's after the rotation", first, true)
			check("changed", second[:len(second)-8]+strings.Repeat("A", 8), false)
			parts := strings.Split(second, ".")
			check("under another algorithm's name", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","kid":"`+made.ID+`"}`))+"."+parts[1]+"."+strings.Split(first, ".")[2], false)

			if err := s.Revoke(made.ID); err == nil {
				t.Error("the key that signs was revoked")
			}
			if err := s.Revoke(header(t, first).Kid); err != nil {
				t.Fatal(err)
			}
			apply()
			check("a revoked key's", first, false)
			check("the second key's, still", second, true)
			if strings.Contains(string(k.JWKS()), header(t, first).Kid) {
				t.Error("a revoked key is published")
			}
			b, err := os.ReadFile(s.path)
			if err != nil {
				t.Fatal(err)
			}
			var doc file
			if err := json.Unmarshal(b, &doc); err != nil {
				t.Fatal(err)
			}
			for _, d := range doc.Signers {
				if d.Status == Revoked && (d.Private != "" || d.Secret != "") {
					t.Error("what a revoked key signs with is still there")
				}
			}
			if info, err := os.Stat(s.path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestTokensOfProgramsAreVerifiedByMany(t *testing.T) {
	s, k := store(t)
	if _, err := s.Create("ML-DSA-44", time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Rotate("", time.Now(), 0); err != nil {
		t.Fatal(err)
	}
	if err := k.reload(); err != nil {
		t.Fatal(err)
	}
	if got := k.IDAlgs(); len(got) != 1 || got[0] != "ES256" {
		t.Errorf("identity tokens are signed with %v", got)
	}
	var set struct {
		Keys []struct{ Kty, Alg, Pub, Kid string }
	}
	if err := json.Unmarshal(k.JWKS(), &set); err != nil || set.Keys[0].Kty != "AKP" || set.Keys[0].Alg != "ML-DSA-44" || len(set.Keys[0].Pub) != 1750 { // 1312 bytes
		t.Errorf("published %v, %+v", err, set)
	}
}

func TestKeysOfBefore(t *testing.T) {
	s, _ := store(t)
	b, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "status") {
		t.Fatal("a new file has the form of before: this test needs it")
	}
	list, err := s.List()
	if err != nil || len(list) != 2 || list[0].Status != InUse || list[1].Status != Previous || list[1].ID != legacyKey {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestKeysThatCannotBeReadStay(t *testing.T) {
	s, k := store(t)
	if err := os.WriteFile(s.path, []byte(`{"jwt_keys":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.reload(); err == nil {
		t.Error("no key is no set of keys")
	}
	if _, err := k.Sign(map[string]any{"sub": "ada"}); err != nil {
		t.Errorf("the keys of before are gone: %v", err)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(s.path), KeyFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.List(); err == nil {
		t.Error("there is no file")
	}
}
