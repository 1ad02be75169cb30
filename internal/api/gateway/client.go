package gateway

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHops bounds how many addresses of X-Forwarded-For are looked at.
const maxHops = 32

// ClientIP says where requests come from, as far as proxies are to be believed: trusted are the networks of the project's own. Each proxy adds the address that it was
// asked from at the end of X-Forwarded-For, so the client is the last address that is no proxy's; what stands before it anybody may have written. Other headers
// (Forwarded, X-Real-IP and their like) are never looked at: a proxy that does not set them passes them on.
func ClientIP(trusted []netip.Prefix) func(*http.Request) netip.Addr {
	ours := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	return func(r *http.Request) netip.Addr {
		at, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return netip.Addr{}
		}
		client := plain(at.Addr())
		if len(trusted) == 0 {
			return client
		}
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= max(0, len(hops)-maxHops) && ours(client); i-- {
			a, ok := hop(hops[i])
			if !ok {
				break // what stands before it came through something that is no proxy of ours
			}
			client = a
		}
		return client
	}
}

// plain is an address as networks are compared with: IPv4 as such, without a zone.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// hop reads an address of the header: some proxies add a port, or put IPv6 in brackets.
func hop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if at, err := netip.ParseAddrPort(text); err == nil {
		return plain(at.Addr()), true
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		return netip.Addr{}, false
	}
	return plain(a), true
}
