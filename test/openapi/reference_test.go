package openapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/browsertest"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, body := send(t, r)
	return resp, string(body)
}

func TestReferenceIsClosedToOtherOrigins(t *testing.T) {
	s := mainstaytest.Run(t, mainstay.Server{Dir: shop})
	resp, page := get(t, s.URL+"/docs")
	policy := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %s", policy, want)
		}
	}
	if !strings.Contains(page, s.Publishable) {
		t.Error("the publishable key is not filled in")
	}
	for _, secret := range []string{s.Secret, s.ServiceKey} {
		if strings.Contains(page, secret) {
			t.Error("the page holds a secret key")
		}
	}
	if resp, script := get(t, s.URL+"/docs/reference.js"); resp.StatusCode != http.StatusOK || !strings.Contains(script, "createApiReference") {
		t.Errorf("the script: %s, %d bytes", resp.Status, len(script))
	}
	if resp, _ := get(t, s.URL+"/docs/nope"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a page that is not there: %s", resp.Status)
	}
	if resp, body := get(t, s.URL+"/openapi.json?schema=auth"); resp.StatusCode != http.StatusNotAcceptable || !strings.Contains(body, "PGRST106") {
		t.Errorf("a schema that is not served: %s %s", resp.Status, body)
	}
}

// TestReferenceRendersInABrowser loads the page in Chromium without a network: every name but the server's own address fails to resolve.
func TestReferenceRendersInABrowser(t *testing.T) {
	browser, args := browsertest.Program(t)
	s := mainstaytest.Run(t, mainstay.Server{Dir: shop})
	ctx, cancel := context.WithTimeout(t.Context(), browsertest.Timeout)
	defer cancel()
	args = append(args, "--virtual-time-budget=20000", "--enable-logging=stderr", "--dump-dom", s.URL+"/docs")
	var dom, log strings.Builder
	cmd := exec.CommandContext(ctx, browser, args...)
	cmd.Stdout, cmd.Stderr = &dom, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("the browser: %v\n%.2000s", err, log.String())
	}
	for _, want := range []string{"What the role anon may do", "product_catalog", "price_history"} {
		if !strings.Contains(dom.String(), want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "CONSOLE") && (strings.Contains(line, "violates") || strings.Contains(line, "Refused") || strings.Contains(line, "Uncaught")) {
			t.Errorf("the browser complains: %s", line)
		}
	}
}

// TestReferenceRunsRequests tries an operation as a reader does: the key is there already, and Send shows the server's answer.
func TestReferenceRunsRequests(t *testing.T) {
	s := mainstaytest.Run(t, mainstay.Server{Dir: shop})
	p := browsertest.Open(t, s.URL+"/docs")
	p.Click(browsertest.Button("Open Group - product_catalog"))
	p.Click(`document.querySelector('a[href$="GET/rest/v1/product_catalog"]')`)
	p.Click(browsertest.Button("Test Request\n(get /rest/v1/product_catalog)"))
	p.Click(browsertest.Button("Send"))
	x := p.Answer("/rest/v1/product_catalog")
	if x.Status != http.StatusOK || x.Headers["apikey"] != s.Publishable {
		t.Errorf("sent with %q, answered %d", x.Headers, x.Status)
	}
	var rows []struct{ Name string }
	_, body := get(t, s.URL+"/rest/v1/product_catalog?select=name")
	if err := json.Unmarshal([]byte(body), &rows); err != nil || len(rows) == 0 {
		t.Fatalf("no products: %v %s", err, body)
	}
	p.Wait(rows[0].Name, fmt.Sprintf(`document.body.innerText.includes('200 OK') && document.body.innerText.includes(%q)`, rows[0].Name)) // what is below it is not drawn yet
}
