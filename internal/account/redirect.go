package account

import (
	"net/netip"
	"net/url"
	"strings"
)

// Redirect is where a user is sent: target when the project allows it, else the project's site (protocol document 2.1). A target is compared by its parts, as a
// browser reads them: whatever a browser could read in another way is not allowed.
func (s *Service) Redirect(target string) string {
	if target == "" || !s.allowed(target) {
		return s.o.SiteURL
	}
	return target
}

func (s *Service) allowed(target string) bool {
	// Browsers drop tabs and line ends, take \ for / and repair what is broken. None of that is in an honest address.
	if strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return false
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme == "" || u.Opaque != "" || u.User != nil || strings.Contains(u.EscapedPath(), "%2f") || strings.Contains(u.EscapedPath(), "%2F") {
		return false
	}
	switch strings.ToLower(u.Scheme) {
	case "javascript", "data", "vbscript", "file", "blob", "about":
		return false
	}
	if dots(u.Path) {
		return false
	}
	if page, _, _ := strings.Cut(target, "?"); s.o.HostedUI && page == s.HostedUI() {
		return true
	}
	if site, err := url.Parse(s.o.SiteURL); err == nil && u.Host != "" && sameOrigin(u, site) {
		return true
	}
	for _, pattern := range s.o.Redirects {
		if matches(pattern, target, u) {
			return true
		}
	}
	return false
}

// HostedUI is the address of the server's own page for signing in.
func (s *Service) HostedUI() string { return s.o.External() + "/auth/ui" }

// dots reports whether a path steps upwards.
func dots(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == ".." || part == "." {
			return true
		}
	}
	return false
}

// sameOrigin compares scheme, host and port. On loopback the port may differ: native clients listen where one is free (RFC 8252 §7.3).
func sameOrigin(u, site *url.URL) bool {
	if !strings.EqualFold(u.Scheme, site.Scheme) || !strings.EqualFold(u.Hostname(), site.Hostname()) {
		return false
	}
	if u.Port() == site.Port() {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback()
}

// matches compares a target with an allowed pattern: * is any characters but the separators . and /, ** any at all, ? one character. Scheme and host are
// matched by themselves, so that a pattern's wild card of a path never reaches into them.
func matches(pattern, target string, u *url.URL) bool {
	scheme, rest, ok := strings.Cut(pattern, "://")
	if !ok {
		return pattern == target
	}
	if !glob(scheme, strings.ToLower(u.Scheme)) {
		return false
	}
	i := strings.IndexAny(rest, "/?#")
	host, path := rest, ""
	if i >= 0 {
		host, path = rest[:i], rest[i:]
		if strings.HasSuffix(host, "*") && strings.HasPrefix(path, "?") { // ? is a wild card here, not the start of a query
			path = "/" + path
		}
	}
	_, after, _ := strings.Cut(target, "://")
	if j := strings.IndexAny(after, "/?#"); j >= 0 {
		after = after[j:]
	} else {
		after = ""
	}
	if !glob(strings.ToLower(host), strings.ToLower(u.Host)) {
		return false
	}
	if path == "" || path == "/" {
		return host == "**" || after == "" || after == "/"
	}
	return glob(path, after) || glob(path, after+"/")
}

// glob matches text with a pattern.
func glob(pattern, text string) bool {
	for pattern != "" {
		switch {
		case strings.HasPrefix(pattern, "**"):
			rest := strings.TrimLeft(pattern, "*")
			for i := 0; i <= len(text); i++ {
				if glob(rest, text[i:]) {
					return true
				}
			}
			return false
		case pattern[0] == '*':
			for i := 0; i <= len(text); i++ {
				if glob(pattern[1:], text[i:]) {
					return true
				}
				if i < len(text) && (text[i] == '/' || text[i] == '.') {
					return false
				}
			}
			return false
		case text == "":
			return false
		case pattern[0] == '?':
			if text[0] == '/' || text[0] == '.' {
				return false
			}
		case pattern[0] != text[0]:
			return false
		}
		pattern, text = pattern[1:], text[1:]
	}
	return text == ""
}
