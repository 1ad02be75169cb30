package hook

import (
	"testing"
)

// FuzzParse reads any address and secrets: what is taken is an address of the two kinds, with a function's name or a key.
func FuzzParse(f *testing.F) {
	for _, s := range [][2]string{
		{"https://example.com/hook", "v1,whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}, {"pg-functions://postgres/auth/f", ""}, {"pg-functions://postgres/a/b/c", ""}, {"http://[::1]:99999/", "v1,whsec_"}, {"https://a b/", "|"}, {"%", "v1,"},
		{"pg-functions://postgres/a;drop/b", ""}, {"ftp://x", "v1,whsec_YQ==|v1,whsec_YQ=="},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, uri, secrets string) {
		h, err := Parse(uri, secrets, 0)
		if err != nil {
			return
		}
		if h.Timeout <= 0 {
			t.Fatalf("%q has no bound of time", uri)
		}
		if h.Function != "" && (!nameForm.MatchString(h.Schema) || !nameForm.MatchString(h.Function)) {
			t.Fatalf("%q names function %q.%q", uri, h.Schema, h.Function)
		}
	})
}
