package totp

import (
	"encoding/base32"
	"strings"
	"testing"
	"time"
)

// TestVectors are those of RFC 6238, appendix B, cut to six digits.
func TestVectors(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		got, err := At(secret, time.Unix(at, 0))
		if err != nil || got != want {
			t.Errorf("at %d: got %s, %v, want %s", at, got, err, want)
		}
		if step, ok := Check(secret, want, time.Unix(at+period, 0)); !ok || step != at/period {
			t.Errorf("a step later: %d, %v", step, ok)
		}
		if _, ok := Check(secret, want, time.Unix(at+3*period, 0)); ok {
			t.Error("three steps later it is over")
		}
	}
	if _, ok := Check("not base32!", "000000", time.Unix(0, 0)); ok {
		t.Error("a broken secret has no codes")
	}
}

func TestPicture(t *testing.T) {
	uri := URI(NewSecret(), "A shop & more", "ada@example.com")
	if !strings.HasPrefix(uri, "otpauth://totp/A%20shop%20&%20more:ada@example.com?") || strings.Contains(uri, "+") {
		t.Errorf("uri %s", uri)
	}
	svg, err := QR(uri)
	if err != nil || !strings.HasPrefix(svg, "<svg ") || !strings.HasSuffix(svg, "</svg>") {
		t.Errorf("svg %.80s, %v", svg, err)
	}
}
