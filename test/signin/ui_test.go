package signin

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/browsertest"
	"github.com/mainstay-dev/mainstay/internal/mail/smtptest"
	"github.com/mainstay-dev/mainstay/internal/totp"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

// hosted is a server with the hosted pages, at a name that passkeys can be for, and a site that receives users. The browser tests run on the embedded engine: what the
// engines do is the same, and held by the tests without a browser.
type hosted struct {
	*server
	home string
	site *httptest.Server
}

const uiSettings = `name = "The Shop"
[api]
external_url = "http://localhost:%d"
port = %d
[auth]
site_url = "http://localhost:%d"
additional_redirect_urls = [%q]
[auth.ui]
enabled = true
[auth.ui.theme]
accent = "#0b5d3b"
[auth.passkey]
enabled = true
[auth.email]
max_frequency = "0s"
[auth.oauth_server]
enabled = true
[auth.rate_limit]
email_sent = -1
sign_in_sign_ups = -1
token_verifications = -1
mfa = -1
`

func hostedServer(t *testing.T, more string) *hosted {
	t.Helper()
	return hostedAt(t, freePort(t), more)
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil { // the server takes it
		t.Fatal(err)
	}
	return port
}

func hostedAt(t *testing.T, port int, more string) *hosted {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<title>site</title>the site")) // the browser has gone: nobody to tell
	}))
	t.Cleanup(site.Close)
	dir := t.TempDir()
	settings := fmt.Sprintf(uiSettings, port, port, port, site.URL+"/in") + more
	if err := os.WriteFile(filepath.Join(dir, "mainstay.toml"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	s := mainstaytest.Run(t, mainstay.Server{Dir: dir, Addr: fmt.Sprintf("127.0.0.1:%d", port)})
	return &hosted{&server{s, t}, fmt.Sprintf("http://localhost:%d/auth/ui", port), site}
}

// view waits until a view is shown, and holds it to what every page owes its users.
func (h *hosted) view(p *browsertest.Page, name string) {
	h.t.Helper()
	p.Wait("view "+name, fmt.Sprintf(`document.readyState == 'complete' && !document.getElementById('view-%s').hidden`, name))
	if found := p.Run(audit); found != "" {
		h.t.Errorf("view %s: %s", name, found)
	}
	if len(p.Log) > 0 && strings.Contains(strings.Join(p.Log, "\n"), "Content Security Policy") {
		h.t.Errorf("view %s: %v", name, p.Log)
	}
}

// audit lists what is wrong with the page for who sees it badly or uses no mouse: names, labels, order, headings, contrast.
const audit = `(() => {
	const wrong = []
	const shown = e => e.checkVisibility()
	if (!document.documentElement.lang) wrong.push('no language')
	if (!document.title) wrong.push('no title')
	const heads = [...document.querySelectorAll('h1')].filter(shown)
	if (heads.length != 1) wrong.push(heads.length + ' headings of the first level')
	const ids = [...document.querySelectorAll('[id]')].map(e => e.id)
	if (new Set(ids).size != ids.length) wrong.push('an id twice')
	for (const e of document.querySelectorAll('[aria-controls],[aria-describedby],[aria-labelledby]'))
		for (const a of ['aria-controls', 'aria-describedby', 'aria-labelledby'])
			if (e.hasAttribute(a) && !document.getElementById(e.getAttribute(a))) wrong.push(a + ' of nothing')
	for (const e of document.querySelectorAll('input')) if (shown(e) && !e.labels.length) wrong.push('no label: ' + e.id)
	for (const e of document.querySelectorAll('input[type=email],input[type=password]')) if (!e.autocomplete) wrong.push('no autocomplete: ' + e.id)
	for (const e of document.querySelectorAll('button')) if (shown(e) && !(e.getAttribute('aria-label') || e.textContent).trim()) wrong.push('a button without a name')
	for (const e of document.querySelectorAll('img')) if (shown(e) && !e.alt) wrong.push('a picture without words')
	if (document.querySelector('[tabindex]:not([tabindex="-1"]), [onclick], [style]')) wrong.push('an order, script or style in the markup')
	if (document.getElementById('error').getAttribute('role') != 'alert' || document.getElementById('status').getAttribute('role') != 'status') wrong.push('nobody is told')
	const light = c => { const v = c.match(/[\d.]+/g).slice(0, 3).map(x => x / 255).map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] }
	const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\)$/.test(c)) return c } return 'rgb(255,255,255)' }
	for (const e of document.querySelectorAll('h1,h2,p,label,button,li,input,legend')) {
		if (!shown(e) || !e.textContent.trim() && e.tagName != 'INPUT') continue
		const a = light(getComputedStyle(e).color), b = light(ground(e)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05)
		if (ratio < 4.5) wrong.push('contrast ' + ratio.toFixed(2) + ' of ' + e.tagName + ' ' + e.textContent.trim().slice(0, 20))
	}
	return wrong.join('; ')
})()`

// fill types into the shown field of a name.
func fill(p *browsertest.Page, name, text string) {
	field := fmt.Sprintf(`[...document.querySelectorAll('input[name=%s]')].find(e => e.checkVisibility())`, name)
	p.Wait("field "+name, field)
	p.Run(field + `.focus(), ` + field + `.select()`)
	p.Type(text)
}

// submit presses the main button of the view.
func submit(p *browsertest.Page) {
	p.Click(`[...document.querySelectorAll('button.main')].find(e => e.checkVisibility() && e.getAttribute('aria-busy') != 'true')`)
}

func says(p *browsertest.Page, text string) {
	p.Wait("the page says "+text, fmt.Sprintf(`document.getElementById('error').textContent.includes(%q) || document.getElementById('status').textContent.includes(%q)`, text, text))
}

// signedUp makes a user through the page, up to the view of the account.
func (h *hosted) signedUp(p *browsertest.Page, mail string) {
	h.t.Helper()
	h.view(p, "sign-in")
	p.Click(browsertest.Button("Create an account"))
	h.view(p, "sign-up")
	fill(p, "email", mail)
	fill(p, "password", good)
	submit(p)
	h.view(p, "code")
	fill(p, "token", h.mail(mail, "confirmation").Code)
	submit(p)
	h.view(p, "account")
}

// TestHostedSignUp signs up, follows the mail's link in another tab of the same browser, and is sent to the site with a session.
func TestHostedSignUp(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, "")
	at := h.home + "?redirect_to=" + url.QueryEscape(h.site.URL+"/in")
	p := browsertest.Open(t, at)
	h.view(p, "sign-in")
	p.Click(browsertest.Button("Create an account"))
	h.view(p, "sign-up")
	fill(p, "email", "ada@example.com")
	fill(p, "password", "password")
	submit(p)
	says(p, "lists that are tried first")
	if got := p.Run(`document.activeElement.id + ' ' + document.activeElement.getAttribute('aria-invalid') + ' ' + document.activeElement.getAttribute('aria-errormessage')`); got != "up-password true error" {
		t.Errorf("after the error the focus is on %s", got)
	}
	fill(p, "password", good)
	submit(p)
	h.view(p, "code")
	m := h.mail("ada@example.com", "confirmation")
	if !strings.Contains(m.Link, url.QueryEscape(h.home+"?flow=")) || !strings.HasPrefix(m.Link[strings.Index(m.Link, "token="):], "token=pkce_") {
		t.Fatalf("the link is not one of this browser's flow: %s", m.Link)
	}
	tab := p.Tab(m.Link)
	tab.Click(browsertest.Button("Continue"))
	tab.Wait("the site", `location.href.startsWith(`+js(h.site.URL+"/in#access_token=")+`)`)
	token := tab.Run(`new URLSearchParams(location.hash.slice(1)).get('access_token')`)
	if a := h.want("the session of the site", h.auth(token, "GET /user", nil), 200, ""); a.text("email") != "ada@example.com" {
		t.Errorf("got %s", a.raw)
	}
	tab.Goto(h.home)
	h.view(tab, "sign-in") // the page has kept no session
	if kept := tab.Run(`JSON.stringify([Object.keys(localStorage).length, sessionStorage.length])`); kept != "[0,0]" {
		t.Errorf("the page has kept %s", kept)
	}
	tab.Goto(m.Link) // once more
	tab.Click(browsertest.Button("Continue"))
	h.view(tab, "stop")
	tab.Wait("why", `document.getElementById('stop-text').textContent.includes('has been used')`)
}

func js(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

// TestHostedLinkInAnotherBrowser: what the link gives is worth nothing without what the first browser keeps; the code of the mail is for there.
func TestHostedLinkInAnotherBrowser(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, "")
	p := browsertest.Open(t, h.home+"?view=sign-up")
	h.view(p, "sign-up")
	fill(p, "email", "ada@example.com")
	fill(p, "password", good)
	submit(p)
	h.view(p, "code")
	m := h.mail("ada@example.com", "confirmation")
	other := browsertest.Open(t, m.Link)
	other.Click(browsertest.Button("Continue"))
	h.view(other, "stop")
	if got := other.Run(`document.getElementById('stop-text').textContent`); !strings.Contains(got, "another browser") {
		t.Errorf("got %s", got)
	}
}

// TestHostedByKeyboard signs in without a mouse, with a wrong password first, in both colour schemes.
func TestHostedByKeyboard(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, "")
	p := browsertest.Open(t, h.home)
	h.signedUp(p, "ada@example.com")
	p.Click(browsertest.Button("Sign out"))
	h.view(p, "sign-in")
	p.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
	h.view(p, "sign-in")
	if dark := p.Run(`getComputedStyle(document.body).backgroundColor`); dark != "rgb(18, 19, 22)" {
		t.Errorf("dark is %s", dark)
	}
	p.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": "light"}}}, nil)
	if accent := p.Run(`getComputedStyle(document.querySelector('button.main')).backgroundColor`); accent != "rgb(11, 93, 59)" {
		t.Errorf("the project's accent is %s", accent)
	}
	p.Press("Tab")
	p.Type("ada@example.com")
	p.Press("Tab")
	p.Type("wrong password")
	p.Press("Enter")
	says(p, "The address or the password is wrong.")
	if got := p.Run(`document.activeElement.id`); got != "in-password" {
		t.Errorf("the focus is on %s", got)
	}
	p.Press("Tab") // show
	p.Press(" ")
	p.Wait("the password can be read", `document.getElementById('in-password').type == 'text'`)
	p.Run(`document.getElementById('in-password').select()`)
	p.Run(`document.getElementById('in-password').focus()`)
	p.Type(good)
	p.Press("Enter")
	h.view(p, "account")
	if got := p.Run(`document.activeElement.tagName + ' ' + document.title`); got != "H1 Your account – The Shop" {
		t.Errorf("after the view changes the focus is on %s", got)
	}
	// What a screen reader is told of: every control has a role and a name.
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value any }
		}
	}
	p.Call("Accessibility.getFullAXTree", nil, &tree)
	buttons := 0
	for _, n := range tree.Nodes {
		if role := fmt.Sprint(n.Role.Value); !n.Ignored && (role == "button" || role == "textbox" || role == "radio") {
			buttons++
			if n.Name.Value == nil || n.Name.Value == "" {
				t.Errorf("a %s without a name", role)
			}
		}
	}
	if buttons < 5 {
		t.Errorf("the tree has %d controls", buttons)
	}
}

// TestHostedRecovery chooses a new password through the mail's link, and signs in with it; the link goes over a real mail server with TLS.
func TestHostedRecovery(t *testing.T) {
	t.Parallel()
	mails := smtptest.Start(t, smtptest.Options{TLS: "starttls", User: "app", Password: "secret of the app"})
	h := hostedServer(t, withSMTP(mails, "starttls"))
	p := browsertest.Open(t, h.home)
	h.signedUp(p, "ada@example.com")
	mails.Next(t)
	p.Click(browsertest.Button("Sign out"))
	h.view(p, "sign-in")
	fill(p, "email", "ada@example.com")
	p.Click(browsertest.Button("Forgotten password?"))
	h.view(p, "recover")
	submit(p)
	h.view(p, "code")
	m := mails.Next(t)
	if m.Subject != "Reset your password" {
		t.Fatalf("the mail: %+v", m)
	}
	tab := p.Tab(strings.ReplaceAll(href.FindStringSubmatch(m.HTML)[1], "&amp;", "&"))
	tab.Click(browsertest.Button("Continue"))
	h.view(tab, "password")
	fill(tab, "password", good)
	submit(tab)
	says(tab, "This is the password that you have.")
	fill(tab, "password", better)
	submit(tab)
	h.view(tab, "account")
	says(tab, "The password is saved.")
	h.want("the old password", h.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": good}), 400, "invalid_credentials")
	h.want("the new one", h.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": better}), 200, "")
}

// TestHostedSecondStep adds an authenticator app, and is asked for its code at the next sign-in.
func TestHostedSecondStep(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, "")
	p := browsertest.Open(t, h.home)
	h.signedUp(p, "ada@example.com")
	p.Click(browsertest.Button("Add an authenticator app"))
	h.view(p, "app")
	if got := p.Run(`new Promise(done => { const i = document.getElementById('app-qr'); const is = () => done(i.naturalWidth > 50); i.complete ? is() : i.onload = is })`); got != "true" {
		t.Error("the picture to scan is not drawn")
	}
	secret := p.Run(`document.getElementById('app-key').textContent`)
	fill(p, "code", "000000")
	submit(p)
	says(p, "That was not right")
	code := func(ahead time.Duration) string {
		c, err := totp.At(secret, time.Now().Add(ahead))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	fill(p, "code", code(0))
	submit(p)
	h.view(p, "account")
	says(p, "The app is added.")
	p.Click(browsertest.Button("Sign out"))
	h.view(p, "sign-in")
	fill(p, "email", "ada@example.com")
	fill(p, "password", good)
	submit(p)
	h.view(p, "factor")
	fill(p, "code", "111111")
	submit(p)
	says(p, "That was not right")
	fill(p, "code", code(30*time.Second)) // the next one: the last has been used
	submit(p)
	h.view(p, "account")
}

// TestHostedConsent lets a program in: it gets a code for its own challenge, and its user's address, and no more. Another denies it.
func TestHostedConsent(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, "")
	client := h.want("the program", h.auth(h.ServiceKey, "POST /admin/oauth/clients", obj{"client_name": "Reader <b>App</b>", "redirect_uris": []string{h.site.URL + "/app"}, "token_endpoint_auth_method": "none"}), 200, "")
	const verifier = "a-verifier-that-has-at-least-forty-three-characters"
	sum := sha256.Sum256([]byte(verifier))
	ask := h.URL + "/auth/v1/oauth/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {client.text("client_id")}, "redirect_uri": {h.site.URL + "/app"}, "scope": {"openid email"}, "state": {"xyz"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}.Encode()
	p := browsertest.Open(t, ask)
	h.view(p, "sign-in")
	p.Click(browsertest.Button("Create an account"))
	fill(p, "email", "ada@example.com")
	fill(p, "password", good)
	submit(p)
	h.view(p, "code")
	fill(p, "token", h.mail("ada@example.com", "confirmation").Code)
	submit(p)
	h.view(p, "consent")
	if got := p.Run(`document.getElementById('view-consent').innerText`); !strings.Contains(got, "Let Reader <b>App</b> in?") || !strings.Contains(got, "see your e-mail address") || !strings.Contains(got, strings.TrimPrefix(h.site.URL, "http://")) {
		t.Errorf("the page shows %s", got)
	}
	submit(p)
	p.Wait("the program", `location.pathname == '/app'`)
	back, err := url.Parse(p.Run(`location.href`))
	if err != nil || back.Query().Get("state") != "xyz" {
		t.Fatalf("sent to %s, %v", back, err)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {h.site.URL + "/app"}, "client_id": {client.text("client_id")}, "code_verifier": {verifier}}
	r, err := http.NewRequest("POST", h.URL+"/auth/v1/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	tokens := h.want("the program's tokens", h.send(r), 200, "")
	if info := h.auth(tokens.text("access_token"), "GET /oauth/userinfo", nil); info.text("email") != "ada@example.com" {
		t.Errorf("userinfo: %s", info.raw)
	}
	// Asked for more, and denied.
	p.Goto(strings.Replace(ask, "openid+email", "openid+email+profile", 1))
	h.view(p, "consent")
	p.Click(browsertest.Button("Do not allow"))
	p.Wait("the program learns it", `location.pathname == '/app' && new URLSearchParams(location.search).get('error') == 'access_denied'`)
	// Who is somebody else does not see a request that is another's.
	p.Goto(h.home + "?authorization_id=nobody-has-this-one")
	h.view(p, "stop")
}

// TestHostedRedirectsOnlyWhereAllowed: a page of another site is not sent a session (attack D: open redirects).
func TestHostedRedirectsOnlyWhereAllowed(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, "")
	for _, to := range []string{"https://evil.example/", "javascript:alert(1)", h.site.URL + "/in.evil", "//evil.example", "http://localhost@evil.example/", h.home + "/../../x"} {
		a := h.call("", "GET /auth/ui?redirect_to="+url.QueryEscape(to), nil)
		at := strings.TrimSuffix(h.home, "/auth/ui") // the site of the settings
		if a.status != 200 || !strings.Contains(a.raw, `data-target="`+at+`"`) {
			t.Errorf("%s: %d %.900s", to, a.status, a.raw)
		}
	}
	a := h.call("", "GET /auth/ui?redirect_to="+url.QueryEscape(h.site.URL+"/in"), nil)
	if !strings.Contains(a.raw, `data-target="`+h.site.URL+`/in"`) {
		t.Errorf("an allowed address: %s", a.raw)
	}
	policy := a.head.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %s", policy, want)
		}
	}
	if strings.Contains(a.raw, h.Secret) || strings.Contains(a.raw, h.ServiceKey) || !strings.Contains(a.raw, h.Publishable) || a.head.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("the page holds other keys, or is open to other origins: %v", a.head)
	}
}

// TestHostedProvider signs in through an identity provider, which is another server with hosted pages: there the user signs up and lets the first one in.
func TestHostedProvider(t *testing.T) {
	t.Parallel()
	provider := hostedServer(t, "")
	port := freePort(t)
	client := provider.want("the client", provider.auth(provider.ServiceKey, "POST /admin/oauth/clients", obj{
		"client_name": "The Shop", "redirect_uris": []string{fmt.Sprintf("http://localhost:%d/auth/v1/callback", port)}, "token_endpoint_auth_method": "client_secret_basic",
	}), 200, "")
	h := hostedAt(t, port, fmt.Sprintf("[auth.external.sister]\nenabled = true\nclient_id = %q\nsecret = %q\nurl = %q\nscopes = [\"openid\", \"email\"]\n",
		client.text("client_id"), client.text("client_secret"), strings.TrimSuffix(provider.home, "/auth/ui")+"/auth/v1"))
	p := browsertest.Open(t, h.home)
	h.view(p, "sign-in")
	p.Click(browsertest.Button("Continue with sister"))
	p.Wait("the provider", `location.href.startsWith(`+js(provider.home)+`)`)
	provider.view(p, "sign-in")
	p.Click(browsertest.Button("Create an account"))
	fill(p, "email", "ada@example.com")
	fill(p, "password", good)
	submit(p)
	provider.view(p, "code")
	fill(p, "token", provider.mail("ada@example.com", "confirmation").Code)
	submit(p)
	provider.view(p, "consent")
	submit(p)
	p.Wait("back", `location.href.startsWith(`+js(h.home)+`)`)
	h.view(p, "account")
	if got := p.Run(`document.getElementById('account-name').textContent`); got != "ada@example.com" {
		t.Errorf("signed in as %s", got)
	}
	if at := p.Run(`location.search + location.hash`); strings.Contains(at, "code") || strings.Contains(at, "token") {
		t.Errorf("the address still holds %s", at)
	}
	user := h.want("the user", h.auth(token(t, p), "GET /user", nil), 200, "")
	if user.text("app_metadata.provider") != "sister" {
		t.Errorf("got %s", user.raw)
	}
}

const phoneUI = "sms_sent = -1\n[auth.sms]\nenable_signup = true\nmax_frequency = \"0s\"\n[auth.mfa.phone]\nenroll_enabled = true\nverify_enabled = true\n"

// TestHostedTelephone signs up with a telephone number, adds another one as a second step and recovery codes, and is asked for them at the next sign-in.
func TestHostedTelephone(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, phoneUI)
	p := browsertest.Open(t, h.home)
	const first, second = "4917012345670", "4917012345671"
	signIn := func() {
		t.Helper()
		h.view(p, "sign-in")
		p.Click(browsertest.Button("Sign in with a telephone number"))
		h.view(p, "phone")
		fill(p, "phone", "+49 170 12345670")
		submit(p)
		h.view(p, "code")
	}
	signIn()
	if got := p.Run(`document.querySelector('#view-code h1').textContent + '; ' + document.title`); got != "Look at your telephone; Look at your telephone – The Shop" {
		t.Errorf("the page is %s", got)
	}
	fill(p, "token", "wrong")
	submit(p)
	says(p, "The code or link is wrong")
	p.Click(browsertest.Button("Send it again"))
	says(p, "It is sent again.")
	fill(p, "token", h.mail(first, "otp").Code)
	submit(p)
	h.view(p, "account")

	p.Click(browsertest.Button("Add a telephone"))
	h.view(p, "telephone")
	fill(p, "phone", "+"+second)
	submit(p)
	says(p, "A code is on its way to you.")
	h.view(p, "telephone")
	fill(p, "code", "wrong")
	submit(p)
	says(p, "That was not right")
	submit(p) // another code: the first answer has used the challenge
	says(p, "A code is on its way to you.")
	fill(p, "code", h.mail(second, "otp").Code)
	submit(p)
	h.view(p, "account")
	says(p, "The telephone is added.")

	p.Click(browsertest.Button("Make recovery codes"))
	h.view(p, "codes")
	if n := p.Run(`document.querySelectorAll('#codes li').length`); n != "10" {
		t.Fatalf("there are %s codes", n)
	}
	code := p.Run(`document.querySelector('#codes li').textContent`)
	p.Click(browsertest.Button("I have kept them"))
	h.view(p, "account")
	if left := p.Run(`document.body.textContent.includes(` + js(code) + `)`); left != "false" {
		t.Error("the codes are shown twice")
	}

	p.Click(browsertest.Button("Sign out"))
	signIn()
	fill(p, "token", h.mail(first, "otp").Code)
	submit(p)
	h.view(p, "factor")
	submit(p) // send the code
	says(p, "A code is on its way to you.")
	fill(p, "code", "wrong")
	submit(p)
	says(p, "That was not right")
	submit(p)
	says(p, "A code is on its way to you.")
	fill(p, "code", h.mail(second, "otp").Code)
	submit(p)
	h.view(p, "account")

	p.Click(browsertest.Button("Sign out"))
	signIn()
	fill(p, "token", h.mail(first, "otp").Code)
	submit(p)
	h.view(p, "factor")
	p.Click(`[...document.querySelectorAll('#factors input')].at(-1)`)
	h.view(p, "factor")
	fill(p, "code", code)
	submit(p)
	h.view(p, "account")
	p.Click(browsertest.Button("New recovery codes"))
	h.view(p, "codes")
	if again := p.Run(`document.querySelector('#codes li').textContent`); again == code {
		t.Error("new codes are the old ones")
	}
}

// TestHostedLanguages: the page speaks its reader's language, where it knows it; what has values in it as well.
func TestHostedLanguages(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, phoneUI)
	p := browsertest.Open(t, h.home)
	h.view(p, "sign-in")
	for _, c := range []struct{ prefers, lang, title, button, wrong, sent string }{
		{"de-AT,de;q=0.9,en;q=0.5", "de", "Anmelden – The Shop", "Ohne Passwort anmelden", "Die Adresse oder das Passwort ist falsch.", "Wenn ada@example.com hier benutzt werden kann"},
		{"fr", "fr", "Se connecter – The Shop", "Se connecter sans mot de passe", "L’adresse ou le mot de passe est faux.", "Si ada@example.com peut être utilisée ici"},
		{"eo,es", "es", "Entrar – The Shop", "Entrar sin contraseña", "La dirección o la contraseña no es correcta.", "Si ada@example.com puede usarse aquí"},
		{"en-GB,de", "en", "Sign in – The Shop", "Sign in without a password", "The address or the password is wrong.", "If ada@example.com can be used here"},
		{"ja", "en", "Sign in – The Shop", "Sign in without a password", "The address or the password is wrong.", "If ada@example.com can be used here"},
	} {
		p.Call("Emulation.setUserAgentOverride", map[string]any{"userAgent": "test", "acceptLanguage": c.prefers}, nil)
		p.Goto(h.home)
		h.view(p, "sign-in")
		if got := p.Run(`document.documentElement.lang + '; ' + document.title`); got != c.lang+"; "+c.title {
			t.Errorf("for %s the page is %s", c.prefers, got)
		}
		fill(p, "email", "ada@example.com")
		fill(p, "password", "wrong password")
		submit(p)
		says(p, c.wrong)
		p.Click(browsertest.Button(c.button))
		h.view(p, "link")
		submit(p)
		h.view(p, "code")
		if got := p.Run(`document.getElementById('code-text').textContent`); !strings.HasPrefix(got, c.sent) {
			t.Errorf("for %s the page says %s", c.prefers, got)
		}
	}
}
