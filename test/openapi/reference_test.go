package openapi

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
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

// browserTimeout bounds one page in the browser, which on a busy machine takes its time to start.
const browserTimeout = 2 * time.Minute

// TestReferenceRendersInABrowser loads the page in Chromium without a network: every name but the server's own address fails to resolve.
func TestReferenceRendersInABrowser(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("skipped: Chromium is not installed, so the page cannot be looked at")
	}
	s := mainstaytest.Run(t, mainstay.Server{Dir: shop})
	ctx, cancel := context.WithTimeout(t.Context(), browserTimeout)
	defer cancel()
	args := []string{
		"--headless=new", "--disable-gpu", "--user-data-dir=" + t.TempDir(), "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--virtual-time-budget=20000", "--enable-logging=stderr", "--window-size=1400,1000", "--dump-dom", s.URL + "/docs",
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses its sandbox to root
	}
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
