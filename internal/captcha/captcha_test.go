package captcha

import "testing"

// TestWidgetsNameTheirSources: a page allows the services' own places, or the one place of a script that the project names, and nothing that could be more.
func TestWidgetsNameTheirSources(t *testing.T) {
	for _, c := range []struct{ service, script, want, from string }{
		{"hcaptcha", "", "https://js.hcaptcha.com/1/api.js", "https://hcaptcha.com https://*.hcaptcha.com"},
		{"turnstile", "", "https://challenges.cloudflare.com/turnstile/v0/api.js", "https://challenges.cloudflare.com"},
		{"turnstile", "https://riddles.example:8443/a.js", "https://riddles.example:8443/a.js", "https://riddles.example:8443"},
		{"recaptcha", "", "", ""},
		{"turnstile", "javascript:alert(1)", "", ""},
		{"turnstile", "https://*;script-src:1/x", "", ""},
		{"turnstile", "https://*/x", "", ""},
	} {
		w, err := NewWidget(c.service, "key", c.script)
		if w.Script != c.want || w.From != c.from || (err == nil) != (c.want != "") {
			t.Errorf("%s %q: %+v, %v", c.service, c.script, w, err)
		}
	}
}
