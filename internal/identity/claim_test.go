package identity

import (
	"encoding/json"
	"testing"
)

func TestRoleIsFoundByItsPath(t *testing.T) {
	t.Parallel()
	var claims any
	if err := json.Unmarshal([]byte(`{"role": "plain", "n": 1, "a b": {"c": ["x", "db_reader", "y_owner"]}, "https://x/role": "url", "roles": ["one", "two"]}`), &claims); err != nil {
		t.Fatal(err)
	}
	check := func(path, want string) {
		t.Helper()
		p, err := ParseClaimPath(path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got := p.find(claims); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	check("$.role", "plain")
	check(".role", "plain")
	check(`$."https://x/role"`, "url")
	check(`$."a b".c[1]`, "db_reader")
	check(`.roles[1]`, "two")
	check(`.roles[2]`, "")
	check(`.role[0]`, "")
	check(`.n`, "")
	check(`.n.m`, "")
	check(`.missing.role`, "")
	check(`$."a b".c[?(@ ^== "db_")]`, "db_reader")
	check(`$."a b".c[?(@ ==^ "_owner")]`, "y_owner")
	check(`$."a b".c[?(@ *== "read")]`, "db_reader")
	check(`$."a b".c[?(@ == "x")]`, "x")
	check(`$."a b".c[?(@ != "x")]`, "db_reader")
	check(`$."a b".c[?(@ == "nobody")]`, "")
	for _, bad := range []string{"", "$", "role", ".", "..a", ".a[", ".a[-1]", ".a[x]", `."a`, `.a[?(@ ~ "x")]`, `.a[?(@)]`, `.a[?(@ == "x")].b`} {
		if p, err := ParseClaimPath(bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, p)
		}
	}
	if got := ClaimPath(nil).find(claims); got != "plain" {
		t.Errorf("no path: got %q", got)
	}
}

func FuzzClaimPath(f *testing.F) {
	for _, s := range []string{"$.role", `.a."b c"[0]`, `.a[?(@ ^== "x")]`, "$", "..", ".a[", `."`} {
		f.Add(s, `{"role": "x", "a": [{"b": ["c"]}]}`)
	}
	f.Fuzz(func(t *testing.T, path, claims string) {
		p, err := ParseClaimPath(path)
		if err != nil {
			return
		}
		var v any
		if json.Unmarshal([]byte(claims), &v) != nil {
			return
		}
		if first, again := p.find(v), p.find(v); first != again {
			t.Fatal("two roles of one token")
		}
	})
}
