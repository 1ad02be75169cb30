package hook

import (
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	const secret = "v1,whsec_MDEyMzQ1Njc4OWFiY2RlZg=="
	check := func(uri, secrets, want string) {
		t.Helper()
		got := ""
		if _, err := Parse(uri, secrets, 0); err != nil {
			got = err.Error()
		}
		if got != want && (want == "" || !strings.Contains(got, want)) {
			t.Errorf("%s %s: got %q, want %q", uri, secrets, got, want)
		}
	}
	check("https://hooks.example/x", secret, "")
	check("http://127.0.0.1:9000/x", secret+"|"+secret, "")
	check("http://[::1]/x", secret, "")
	check("pg-functions://postgres/public/claims", "", "")
	check("http://hooks.example/x", secret, "needs https")
	check("https://hooks.example/x", "", "secrets should be")
	check("https://hooks.example/x", "v1,whsec_c2hvcnQ=", "at least 16 bytes")
	check("https://hooks.example/x", strings.TrimPrefix(secret, "v1,"), "secrets should be")
	check("pg-functions://postgres/claims", "", "should be pg-functions")
	check(`pg-functions://postgres/public/x"y`, "", "should be pg-functions")
	check("file:///etc/passwd", secret, "neither")

	h, err := Parse("https://hooks.example/x", secret, 0)
	if err != nil || h.Timeout != HTTPTimeout {
		t.Errorf("got %v, %v", h, err)
	}
	if h, err = Parse("pg-functions://postgres/a/b", "", time.Second); err != nil || h.Timeout != time.Second || h.Schema != "a" || h.Function != "b" {
		t.Errorf("got %+v, %v", h, err)
	}
}
