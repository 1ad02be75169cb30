package gateway

import (
	"net/http"
	"net/netip"
	"testing"
)

// FuzzClientIP: headers say nothing where no proxy is trusted, and never that the sender is nobody.
func FuzzClientIP(f *testing.F) {
	for _, s := range []string{"", "203.0.113.9", "10.9.9.9, 203.0.113.9", "[2001:db8::7]:443", "2001:db8::7%eth0", "unknown", ", ,", "::ffff:10.0.0.1", "203.0.113.9:1234", "' or 1=1"} {
		f.Add("10.0.0.1:5000", s, s)
	}
	trusting, alone := ClientIP([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}), ClientIP(nil)
	f.Fuzz(func(t *testing.T, remote, one, two string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {one, two}}}
		plain := &http.Request{RemoteAddr: remote, Header: http.Header{}}
		if a, b := alone(r), alone(plain); a != b {
			t.Fatalf("%q says that %v is %v, and no proxy is trusted", r.Header, b, a)
		}
		got, without := trusting(r), trusting(plain)
		if got.IsValid() != without.IsValid() {
			t.Fatalf("%q says that %v is %v", r.Header, without, got)
		}
		if got.Zone() != "" || got.Is4In6() {
			t.Fatalf("%v is another spelling of an address", got)
		}
	})
}
