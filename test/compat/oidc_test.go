package compat

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

// provider starts js/provider.mjs and gives its issuer.
func provider(t *testing.T, redirectURI string) string {
	t.Helper()
	cmd := exec.Command("node", "provider.mjs", redirectURI)
	cmd.Dir = "js"
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // tells it to end
		_ = cmd.Wait() // how it ends says nothing
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider did not start: %v", err)
	}
	return strings.TrimSpace(line)
}

// freePort is a port that nobody listens on: a provider and its client have to know each other's before they start.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // only its number was wanted
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// visitor is a browser: it keeps cookies and follows redirects as far as the project's own site, which nobody serves.
type visitor struct {
	*http.Client
	landed *url.URL
}

func newVisitor(t *testing.T, issuer, login string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(issuer)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(at, []*http.Cookie{{Name: "login", Value: login, Path: "/"}})
	v := &visitor{}
	v.Client = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "app.example" {
			v.landed = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return v
}

// open opens an address and gives where the browser landed, nil for nowhere.
func (v *visitor) open(t *testing.T, address string) *url.URL {
	t.Helper()
	v.landed = nil
	resp, err := v.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if v.landed == nil {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 500))
		t.Logf("%s answered %s: %s", resp.Request.URL, resp.Status, b)
	}
	return v.landed
}

// federated is a server of a project with an identity provider.
func federated(t *testing.T, engine, port, issuer, more string) *mainstaytest.Server {
	t.Helper()
	dir := t.TempDir()
	settings := `[api]
external_url = "http://127.0.0.1:` + port + `"
[auth]
site_url = "https://app.example"
enable_manual_linking = true
` + more + `[auth.rate_limit]
sign_in_sign_ups = -1
[auth.external.house]
enabled = true
client_id = "mainstay"
secret = "a secret of the test"
url = "` + issuer + `"
`
	if err := os.WriteFile(filepath.Join(dir, "mainstay.toml"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	s := mainstay.Server{Dir: dir, Addr: "127.0.0.1:" + port}
	if engine == "postgres" {
		s.Database = clustertest.Database(t)
	}
	return mainstaytest.Run(t, s)
}

// TestOpenIDProvider signs in through a real OpenID provider, which the right ones leave signed in and the wrong ones never do.
func TestOpenIDProvider(t *testing.T) {
	needClient(t)
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			port := freePort(t)
			issuer := provider(t, "http://127.0.0.1:"+port+"/auth/v1/callback")
			s := federated(t, engine, port, issuer, "")
			begin := s.URL + "/auth/v1/authorize?provider=house&redirect_to=" + url.QueryEscape("https://app.example/in")
			session := func(to *url.URL) url.Values {
				if to == nil {
					return nil
				}
				v, _ := url.ParseQuery(to.Fragment)
				return v
			}
			ada := newVisitor(t, issuer, "ada")
			to := ada.open(t, begin)
			if to == nil || to.Path != "/in" || session(to).Get("access_token") == "" || session(to).Get("provider_token") == "" {
				t.Fatalf("the right one landed at %v", to)
			}
			if again := session(ada.open(t, begin)); again.Get("access_token") == "" {
				t.Errorf("a second time: %v", again)
			}
			// Another browser brings the answer of Ada's visit: login CSRF (F4), and an answer is used once.
			if to := newVisitor(t, issuer, "eve").open(t, begin); session(to).Get("error_code") != "provider_email_needs_verification" {
				t.Errorf("E2 an address that the provider does not vouch for: %v", to)
			}
			for _, how := range []string{"issuer", "audience", "nonce", "expired", "subject", "none", "stranger", "hs256"} {
				if resp, err := http.Get(issuer + "/misbehave?how=" + how); err != nil || resp.StatusCode != 200 {
					t.Fatal(err)
				}
				to := newVisitor(t, issuer, "ben").open(t, begin)
				if v := session(to); v.Get("access_token") != "" || v.Get("error_code") == "" {
					t.Errorf("a provider with a wrong %s: %v", how, to)
				}
			}
			if resp, err := http.Get(issuer + "/misbehave"); err != nil || resp.StatusCode != 200 {
				t.Fatal(err)
			}
			if v := session(newVisitor(t, issuer, "ben").open(t, begin)); v.Get("access_token") == "" {
				t.Errorf("when it behaves again: %v", v)
			}
		})
	}
}

// TestVisitsBelongToTheirBrowser: the answer of one browser's visit signs in nobody else, and nobody twice (attack F4).
func TestVisitsBelongToTheirBrowser(t *testing.T) {
	needClient(t)
	port := freePort(t)
	issuer := provider(t, "http://127.0.0.1:"+port+"/auth/v1/callback")
	s := federated(t, "sqlite", port, issuer, "")
	eve := newVisitor(t, issuer, "ben")
	var answer string
	eve.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), s.URL+"/auth/v1/callback") {
			answer = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	if _, err := eve.Get(s.URL + "/auth/v1/authorize?provider=house"); err != nil || answer == "" {
		t.Fatalf("no answer: %v", err)
	}
	for range 2 {
		to := newVisitor(t, issuer, "ada").open(t, answer)
		if to == nil || !strings.Contains(to.Fragment, "error_code=bad_oauth_state") {
			t.Errorf("another browser landed at %v", to)
		}
	}
}

// TestOpenIDClient lets a certified client in, which checks what it gets by the book.
func TestOpenIDClient(t *testing.T) {
	needClient(t)
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir := t.TempDir()
			settings := "[auth]\nsite_url = \"https://app.example\"\n[auth.email]\nenable_confirmations = false\n[auth.oauth_server]\nenabled = true\nauthorization_url_path = \"/consent\"\n"
			if err := os.WriteFile(filepath.Join(dir, "mainstay.toml"), []byte(settings), 0o644); err != nil {
				t.Fatal(err)
			}
			s := mainstay.Server{Dir: dir}
			if engine == "postgres" {
				s.Database = clustertest.Database(t)
			}
			server := mainstaytest.Run(t, s)
			call := func(bearer, method, path string, body any) map[string]any {
				t.Helper()
				b, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				r, err := http.NewRequest(method, server.URL+"/auth/v1"+path, bytes.NewReader(b))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+bearer)
				r.Header.Set("Content-Type", "application/json")
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				out := map[string]any{}
				if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != 200 {
					t.Fatalf("%s %s: %s %v %v", method, path, resp.Status, out, err)
				}
				return out
			}
			const back = "https://client.example/cb"
			made := call(server.ServiceKey, "POST", "/admin/oauth/clients", map[string]any{"client_name": "Client", "redirect_uris": []string{back}})
			user := call(server.AnonKey, "POST", "/signup", map[string]any{"email": "ada@example.com", "password": "correct horse battery"})
			cmd := exec.Command("node", "client.mjs", server.URL+"/auth/v1", made["client_id"].(string), made["client_secret"].(string), back)
			cmd.Dir = "js"
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(out)
			address, err := lines.ReadString('\n')
			if err != nil {
				t.Fatalf("%v: %s", err, stderr.Bytes())
			}
			to := newVisitor(t, server.URL, "").open(t, strings.TrimSpace(address))
			page := "/oauth/authorizations/" + to.Query().Get("authorization_id")
			call(user["access_token"].(string), "GET", page, nil)
			given := call(user["access_token"].(string), "POST", page+"/consent", map[string]string{"action": "approve"})
			if _, err := io.WriteString(in, given["redirect_url"].(string)+"\n"); err != nil {
				t.Fatal(err)
			}
			got, err := lines.ReadString('\n')
			if waited := cmd.Wait(); err != nil || waited != nil {
				t.Fatalf("%v, %v: %s", err, waited, stderr.Bytes())
			}
			want := `{"sub":"` + user["user"].(map[string]any)["id"].(string) + `","email":"ada@example.com","scope":"openid email profile","rotated":true,"live":true,"dead":false,"replayed":"invalid_grant"}`
			if strings.TrimSpace(got) != want {
				t.Errorf("the client got  %s\nit should be   %s", got, want)
			}
		})
	}
}
