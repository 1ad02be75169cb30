package gateway

import (
	"net/http"
	"net/netip"
	"testing"
)

// TestClientIP is attack P1: headers change nothing unless a proxy of the project's has set them.
func TestClientIP(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		trusted []netip.Prefix
		remote  string
		header  http.Header
		want    string
	}{
		{nil, "198.51.100.1:5000", nil, "198.51.100.1"},
		{nil, "10.0.0.1:5000", http.Header{"X-Forwarded-For": {"203.0.113.9"}}, "10.0.0.1"},
		{proxies, "198.51.100.1:5000", http.Header{"X-Forwarded-For": {"203.0.113.9"}}, "198.51.100.1"},
		{proxies, "10.0.0.1:5000", http.Header{"X-Forwarded-For": {"203.0.113.9"}}, "203.0.113.9"},
		{proxies, "[::ffff:10.0.0.1]:5000", http.Header{"X-Forwarded-For": {"::ffff:203.0.113.9"}}, "203.0.113.9"},
		// The sender writes the beginning, the proxies the end.
		{proxies, "10.0.0.1:5000", http.Header{"X-Forwarded-For": {"127.0.0.1, 203.0.113.9"}}, "203.0.113.9"},
		{proxies, "10.0.0.1:5000", http.Header{"X-Forwarded-For": {"127.0.0.1", "203.0.113.9, 10.2.3.4"}}, "203.0.113.9"},
		{proxies, "10.0.0.1:5000", http.Header{"X-Forwarded-For": {"10.9.9.9, 203.0.113.9"}}, "203.0.113.9"},
		{proxies, "10.0.0.1:5000", http.Header{"X-Forwarded-For": {"10.9.9.9"}}, "10.9.9.9"},
		{proxies, "10.0.0.1:5000", http.Header{"X-Forwarded-For": {"203.0.113.9, unknown"}}, "10.0.0.1"},
		{proxies, "10.0.0.1:5000", http.Header{"X-Forwarded-For": {"203.0.113.9, , 10.0.0.2"}}, "10.0.0.2"},
		{proxies, "10.0.0.1:5000", http.Header{"X-Forwarded-For": {"' or 1=1"}}, "10.0.0.1"},
		{proxies, "[fd00::1]:5000", http.Header{"X-Forwarded-For": {"[2001:db8::7]:443"}}, "2001:db8::7"},
		{proxies, "[fd00::1]:5000", http.Header{"X-Forwarded-For": {"2001:db8::7%eth0"}}, "2001:db8::7"},
		{proxies, "10.0.0.1:5000", http.Header{"X-Forwarded-For": {"203.0.113.9:1234"}}, "203.0.113.9"},
		{proxies, "10.0.0.1:5000", http.Header{"X-Real-Ip": {"203.0.113.9"}, "Forwarded": {"for=203.0.113.9"}, "True-Client-Ip": {"203.0.113.9"}, "Cf-Connecting-Ip": {"203.0.113.9"}, "X-Client-Ip": {"203.0.113.9"}}, "10.0.0.1"},
		{proxies, "pipe", http.Header{"X-Forwarded-For": {"203.0.113.9"}}, "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: c.header}
		if got := ClientIP(c.trusted)(r).String(); got != c.want {
			t.Errorf("%s %v: got %s, want %s", c.remote, c.header, got, c.want)
		}
	}
}
