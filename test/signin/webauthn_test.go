package signin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/browsertest"
)

// authenticator gives a page an authenticator of its own, which always says yes, and listens to what the page sends.
func authenticator(p *browsertest.Page) (id string) {
	p.Call("WebAuthn.enable", map[string]any{"enableUI": false}, nil)
	var made struct{ AuthenticatorID string }
	p.Call("WebAuthn.addVirtualAuthenticator", map[string]any{"options": map[string]any{
		"protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true,
	}}, &made)
	return made.AuthenticatorID
}

// record keeps what the page sends from now on.
func record(p *browsertest.Page) {
	p.Run(`window.kept = [], window.real ||= window.fetch, window.fetch = (u, o) => { kept.push([String(u), o && o.body]); return real(u, o) }, 1`)
}

// sent is the body of the last request of the page to a path.
func sent(t *testing.T, p *browsertest.Page, path string) obj {
	t.Helper()
	text := p.Run(fmt.Sprintf(`kept.filter(k => k[0].endsWith(%q)).at(-1)?.[1]`, path))
	var body obj
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatalf("what was sent to %s: %v %s", path, err, text)
	}
	return body
}

func TestPasskeyInABrowser(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, "")
	p := browsertest.Open(t, h.home)
	device := authenticator(p)
	h.signedUp(p, "ada@example.com")
	p.Click(browsertest.Button("Add a passkey"))
	says(p, "The passkey is added.")
	h.view(p, "account")
	signIn := func() {
		p.Click(browsertest.Button("Sign out"))
		h.view(p, "sign-in")
		record(p)
		p.Click(browsertest.Button("Sign in with a passkey"))
	}
	signIn()
	h.view(p, "account")
	if got := p.Run(`document.getElementById('account-name').textContent`); got != "ada@example.com" {
		t.Errorf("signed in as %s", got)
	}
	if methods := fmt.Sprint(claimsOf(t, token(t, p))["amr"]); !strings.Contains(methods, "passkey") {
		t.Errorf("amr is %s", methods)
	}
	const verify = "/passkeys/authentication/verify"
	used := sent(t, p, verify)
	h.want("E21 the same answer again", h.auth("", "POST "+verify, used), 400, "webauthn_challenge_not_found")
	next := h.auth("", "POST /passkeys/authentication/options", obj{})
	h.want("E21 the answer to another challenge", h.auth("", "POST "+verify, obj{"challenge_id": next.text("challenge_id"), "credential": used["credential"]}), 400, "webauthn_verification_failed")

	// Somebody has copied the authenticator: its counter goes back.
	var keys struct{ Credentials []map[string]any }
	p.Call("WebAuthn.getCredentials", map[string]any{"authenticatorId": device}, &keys)
	if len(keys.Credentials) != 1 {
		t.Fatalf("the authenticator has %d keys", len(keys.Credentials))
	}
	p.Call("WebAuthn.clearCredentials", map[string]any{"authenticatorId": device}, nil)
	copied := keys.Credentials[0]
	copied["signCount"] = 0
	p.Call("WebAuthn.addCredential", map[string]any{"authenticatorId": device, "credential": copied}, nil)
	signIn()
	says(p, "The passkey was not accepted.")
	copied["signCount"] = 100
	p.Call("WebAuthn.clearCredentials", map[string]any{"authenticatorId": device}, nil)
	p.Call("WebAuthn.addCredential", map[string]any{"authenticatorId": device, "credential": copied}, nil)

	// It does not know that its user is there: a passkey alone is not enough then.
	p.Call("WebAuthn.setUserVerified", map[string]any{"authenticatorId": device, "isUserVerified": false}, nil)
	p.Click(browsertest.Button("Sign in with a passkey"))
	says(p, "It was cancelled, or took too long.")
	p.Call("WebAuthn.setUserVerified", map[string]any{"authenticatorId": device, "isUserVerified": true}, nil)
	p.Click(browsertest.Button("Sign in with a passkey"))
	h.view(p, "account")
	p.Click(browsertest.Button("Remove"))
	p.Wait("it is removed", `document.querySelectorAll('#passkeys li').length == 0`)
	signIn()
	says(p, "The passkey was not accepted.")
}

// TestPasskeyOfAnotherOrigin: a page on another port of the same host may ask the authenticator, for the relying party is the host; what it gets is worth nothing here.
func TestPasskeyOfAnotherOrigin(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, "")
	p := browsertest.Open(t, h.home)
	authenticator(p)
	h.signedUp(p, "ada@example.com")
	p.Click(browsertest.Button("Add a passkey"))
	says(p, "The passkey is added.")
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<title>evil</title>")) // the browser has gone: nobody to tell
	}))
	defer evil.Close()
	// answer asks the authenticator in a page, as a script of the page would.
	answer := func(page string) (challenge string, credential json.RawMessage) {
		asked := h.want("the challenge", h.auth("", "POST /passkeys/authentication/options", obj{}), 200, "")
		p.Goto(page)
		p.Wait("the page", `document.readyState == 'complete' && location.href.startsWith(`+js(page)+`)`)
		options, err := json.Marshal(asked.body["options"])
		if err != nil {
			t.Fatal(err)
		}
		return asked.text("challenge_id"), json.RawMessage(p.Run(`(async () => {
			const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0))
			const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
			const o = ` + string(options) + `
			const c = await navigator.credentials.get({ publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: [] } })
			return JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, clientExtensionResults: {}, response: {
				clientDataJSON: text(c.response.clientDataJSON), authenticatorData: text(c.response.authenticatorData), signature: text(c.response.signature), userHandle: text(c.response.userHandle) } })
		})()`))
	}
	challenge, credential := answer(strings.Replace(evil.URL, "127.0.0.1", "localhost", 1))
	h.want("E21 another origin", h.auth("", "POST /passkeys/authentication/verify", obj{"challenge_id": challenge, "credential": credential}), 400, "webauthn_verification_failed")
	challenge, credential = answer(h.home)
	h.want("the right origin", h.auth("", "POST /passkeys/authentication/verify", obj{"challenge_id": challenge, "credential": credential}), 200, "")
}

func TestSecurityKeyInABrowser(t *testing.T) {
	t.Parallel()
	h := hostedServer(t, "")
	p := browsertest.Open(t, h.home)
	authenticator(p)
	h.signedUp(p, "ada@example.com")
	p.Click(browsertest.Button("Add a security key"))
	says(p, "The security key is added.")
	h.view(p, "account")
	p.Click(browsertest.Button("Sign out"))
	h.view(p, "sign-in")
	fill(p, "email", "ada@example.com")
	fill(p, "password", good)
	submit(p)
	h.view(p, "factor")
	if before := fmt.Sprint(claimsOf(t, token(t, p))["aal"]); before != "aal1" {
		t.Errorf("before the key: %s", before)
	}
	first := token(t, p)
	record(p)
	submit(p)
	h.view(p, "account")
	if after := fmt.Sprint(claimsOf(t, token(t, p))["aal"]); after != "aal2" {
		t.Errorf("after the key: %s", after)
	}
	factor := p.Run(`kept.find(k => k[0].endsWith('/verify'))[0].split('/').at(-2)`)
	used := sent(t, p, "/verify")
	h.want("E21 the same answer again", h.auth(first, "POST /factors/"+factor+"/verify", used), 422, "mfa_factor_not_found")
	next := h.want("another challenge", h.auth(first, "POST /factors/"+factor+"/challenge", obj{}), 200, "")
	used["challenge_id"] = next.text("id")
	h.want("E21 the answer to another challenge", h.auth(first, "POST /factors/"+factor+"/verify", used), 422, "mfa_verification_failed")
}

func token(t *testing.T, p *browsertest.Page) string {
	t.Helper()
	var in struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(p.Run(`sessionStorage.getItem('mainstay-session')`)), &in); err != nil {
		t.Fatal(err)
	}
	return in.AccessToken
}
