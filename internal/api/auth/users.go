package auth

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/account"
)

// The endpoints of users.

// challenge is the part of a body that begins a PKCE flow.
type challenge struct {
	CodeChallenge       string `json:"code_challenge"`
	CodeChallengeMethod string `json:"code_challenge_method"`
}

func (c challenge) of() account.Challenge {
	return account.Challenge{Code: c.CodeChallenge, Method: c.CodeChallengeMethod}
}

func (d *door) users() {
	d.post("/signup", d.human(signUp))
	d.post("/token", d.tokens())
	d.post("/otp", d.human(sendCode))
	d.post("/magiclink", d.human(magicLink))
	d.post("/recover", d.human(recoverPassword))
	d.post("/resend", d.human(resend))
	d.post("/verify", verify)
	d.get("/verify", d.openLink)
	d.post("/verify/link", d.followLink)
	d.get("/reauthenticate", asUser(reauthenticate))
	d.post("/reauthenticate", asUser(reauthenticate))
	d.get("/user", asUser(func(q *request, who *account.Bearer) (any, error) { return d.Accounts.User(q.Context(), who) }))
	d.put("/user", asUser(changeUser))
	d.post("/logout", asUser(logout))
	d.post("/handover", asUser(handOver))
}

// handOver is this server's own: it gives the address at which a site gets the session of who asks, by a code for the site's challenge.
func handOver(q *request, who *account.Bearer) (any, error) {
	var b struct {
		RedirectTo   string `json:"redirect_to"`
		RefreshToken string `json:"refresh_token"`
		challenge
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	out, err := q.door.Accounts.HandOver(q.Context(), q.client, who, b.RefreshToken, b.of(), b.RedirectTo)
	if err != nil {
		return nil, err
	}
	return map[string]string{"redirect_url": withQuery(out.RedirectTo, url.Values{"code": {out.Code}})}, nil
}

func signUp(q *request) (any, error) {
	var b struct {
		Email    string         `json:"email"`
		Phone    string         `json:"phone"`
		Password string         `json:"password"`
		Data     map[string]any `json:"data"`
		Channel  string         `json:"channel"`
		challenge
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	out, err := q.door.Accounts.SignUp(q.Context(), q.client, account.Registration{
		Email: b.Email, Phone: b.Phone, Password: b.Password, Data: b.Data, Channel: b.Channel, RedirectTo: q.redirectTo(), Challenge: b.of(),
	})
	if err != nil {
		return nil, err
	}
	if out.Session != nil {
		return out.Session, nil
	}
	return out.User, nil
}

// tokens gives tokens. A flow that began with a captcha, a session and another provider's word need none again.
func (d *door) tokens() endpoint {
	asked := d.human(token)
	return func(q *request) (any, error) {
		switch q.URL.Query().Get("grant_type") {
		case "refresh_token", "pkce", "id_token":
			return token(q)
		}
		return asked(q)
	}
}

func token(q *request) (any, error) {
	switch grant := q.URL.Query().Get("grant_type"); grant {
	case "password":
		var b struct {
			Email    string `json:"email"`
			Phone    string `json:"phone"`
			Password string `json:"password"`
		}
		if err := q.read(&b); err != nil {
			return nil, err
		}
		return q.door.Accounts.SignIn(q.Context(), q.client, account.Credentials{Email: b.Email, Phone: b.Phone, Password: b.Password})
	case "refresh_token":
		var b struct {
			RefreshToken string `json:"refresh_token"`
		}
		if err := q.read(&b); err != nil {
			return nil, err
		}
		if b.RefreshToken == "" {
			return nil, fault.New("validation_failed", "refresh_token required").WithStatus(http.StatusBadRequest)
		}
		return q.door.Accounts.Refresh(q.Context(), q.client, b.RefreshToken)
	case "pkce":
		var b struct {
			AuthCode     string `json:"auth_code"`
			CodeVerifier string `json:"code_verifier"`
		}
		if err := q.read(&b); err != nil {
			return nil, err
		}
		return q.door.Accounts.Exchange(q.Context(), q.client, b.AuthCode, b.CodeVerifier)
	case "web3":
		var b struct {
			Chain     string `json:"chain"`
			Message   string `json:"message"`
			Signature string `json:"signature"`
		}
		if err := q.door.Accounts.WalletsOn(); err != nil { // whatever the body holds
			return nil, err
		}
		if err := q.read(&b); err != nil {
			return nil, err
		}
		return q.door.Accounts.SignInWallet(q.Context(), q.client, b.Chain, b.Message, b.Signature)
	case "id_token":
		return idToken(q)
	default:
		return nil, fault.New("invalid_credentials", "unsupported_grant_type").WithStatus(http.StatusBadRequest)
	}
}

type codeBody struct {
	Email      string         `json:"email"`
	Phone      string         `json:"phone"`
	Data       map[string]any `json:"data"`
	CreateUser *bool          `json:"create_user"`
	Channel    string         `json:"channel"`
	challenge
}

func sendCode(q *request) (any, error) {
	var b codeBody
	if err := q.read(&b); err != nil {
		return nil, err
	}
	return sent(q.door.Accounts.SendCode(q.Context(), q.client, account.CodeRequest{
		Email: b.Email, Phone: b.Phone, Data: b.Data, Create: b.CreateUser == nil || *b.CreateUser, Channel: b.Channel, RedirectTo: q.redirectTo(), Challenge: b.of(),
	}))
}

// sent is the answer to a request for a message: the id of a text message, nothing of a mail.
func sent(id string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if id == "" {
		return struct{}{}, nil
	}
	return map[string]string{"message_id": id}, nil
}

func magicLink(q *request) (any, error) {
	var b codeBody
	if err := q.read(&b); err != nil {
		return nil, err
	}
	return sent(q.door.Accounts.SendCode(q.Context(), q.client, account.CodeRequest{Email: b.Email, Data: b.Data, Create: true, RedirectTo: q.redirectTo(), Challenge: b.of()}))
}

func recoverPassword(q *request) (any, error) {
	var b codeBody
	if err := q.read(&b); err != nil {
		return nil, err
	}
	return struct{}{}, q.door.Accounts.Recover(q.Context(), q.client, b.Email, q.redirectTo(), b.of())
}

func resend(q *request) (any, error) {
	var b struct {
		Type string `json:"type"`
		codeBody
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	return sent(q.door.Accounts.Resend(q.Context(), q.client, account.ResendRequest{
		Type: b.Type, Email: b.Email, Phone: b.Phone, RedirectTo: q.redirectTo(), Challenge: b.of(),
	}))
}

func verify(q *request) (any, error) {
	var b struct {
		Type       string `json:"type"`
		Token      string `json:"token"`
		TokenHash  string `json:"token_hash"`
		Email      string `json:"email"`
		Phone      string `json:"phone"`
		RedirectTo string `json:"redirect_to"`
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	out, err := q.door.Accounts.Verify(q.Context(), q.client, account.Proof{Type: b.Type, Link: b.TokenHash, Email: b.Email, Phone: b.Phone, Code: b.Token})
	if err != nil {
		return nil, err
	}
	if out.Session == nil {
		return map[string]any{"msg": out.Message, "code": strconv.Itoa(http.StatusOK)}, nil
	}
	return out.Session, nil
}

func reauthenticate(q *request, who *account.Bearer) (any, error) {
	return sent(q.door.Accounts.Reauthenticate(q.Context(), q.client, who))
}

func changeUser(q *request, who *account.Bearer) (any, error) {
	var b struct {
		Email           *string        `json:"email"`
		Phone           *string        `json:"phone"`
		Password        *string        `json:"password"`
		CurrentPassword string         `json:"current_password"`
		Nonce           string         `json:"nonce"`
		Data            map[string]any `json:"data"`
		Channel         string         `json:"channel"`
		challenge
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	return q.door.Accounts.ChangeUser(q.Context(), q.client, who, account.Change{
		Email: b.Email, Phone: b.Phone, Password: b.Password, CurrentPassword: b.CurrentPassword, Nonce: b.Nonce, Data: b.Data, Channel: b.Channel, RedirectTo: q.redirectTo(),
		Challenge: b.of(),
	})
}

func logout(q *request, who *account.Bearer) (any, error) {
	scope := account.Scope(q.URL.Query().Get("scope"))
	switch scope {
	case "":
		scope = account.Global
	case account.Global, account.Local, account.Others:
	default:
		return nil, fault.New("validation_failed", "Unsupported logout scope %q", string(scope)).WithStatus(http.StatusBadRequest)
	}
	if err := q.door.Accounts.Logout(q.Context(), who, scope); err != nil {
		return nil, err
	}
	q.w.WriteHeader(http.StatusNoContent)
	return nil, nil
}

// openLink answers a link that was opened with a page that asks whether to go on: programs that look into mails ahead of their readers open links too, and a
// one-time link would be used up (attack E15). Only the page's button uses it.
func (d *door) openLink(q *request) (any, error) {
	if d.FollowAtOnce {
		return d.follow(q, q.URL.Query())
	}
	writePage(q.w, http.StatusOK, "link", map[string]string{
		"Token": q.URL.Query().Get("token"), "Type": q.URL.Query().Get("type"), "RedirectTo": q.redirectTo(),
	})
	return nil, nil
}

func (d *door) followLink(q *request) (any, error) {
	if err := q.ParseForm(); err != nil {
		return nil, bodyError(err)
	}
	return d.follow(q, q.PostForm)
}

// follow uses a link and sends the browser on, with the outcome where the protocol puts it: in the fragment, or as a code in the query of a PKCE flow.
func (d *door) follow(q *request, form url.Values) (any, error) {
	out, err := d.Accounts.FollowLink(q.Context(), q.client, account.Proof{Type: form.Get("type"), Link: form.Get("token")})
	if err != nil {
		f := fault.As(err)
		if f == nil || sqlState(f.Code) {
			return nil, err
		}
		v := url.Values{"error": {"access_denied"}, "error_code": {f.Code}, "error_description": {f.Message}}
		to := d.Accounts.Redirect(form.Get("redirect_to"))
		if len(form.Get("token")) > 5 && form.Get("token")[:5] == "pkce_" {
			to = withQuery(to, v)
		}
		redirect(q, to+"#"+v.Encode())
		return nil, nil
	}
	switch {
	case out.Code != "":
		redirect(q, withQuery(out.RedirectTo, url.Values{"code": {out.Code}}))
	case out.Session == nil:
		redirect(q, out.RedirectTo+"#"+url.Values{"message": {out.Message}}.Encode())
	default:
		redirect(q, out.RedirectTo+"#"+fragment(out.Session, out.Type))
	}
	return nil, nil
}

func fragment(s *account.Session, kind string) string {
	v := url.Values{
		"access_token": {s.AccessToken}, "expires_in": {strconv.FormatInt(s.ExpiresIn, 10)}, "expires_at": {strconv.FormatInt(s.ExpiresAt, 10)},
		"refresh_token": {s.RefreshToken}, "token_type": {s.TokenType},
	}
	if kind != "" {
		v.Set("type", kind)
	}
	if s.Provider != "" {
		v.Set("provider_token", s.Provider)
	}
	if s.ProviderNext != "" {
		v.Set("provider_refresh_token", s.ProviderNext)
	}
	return v.Encode()
}

// withQuery adds parameters to an address.
func withQuery(to string, v url.Values) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	q := u.Query()
	for name := range v {
		q.Set(name, v.Get(name))
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// redirect sends a browser on with GET (RFC 9700 §4.12: 303 and never 307, which would send the form along).
func redirect(q *request, to string) {
	q.w.Header().Set("Location", to)
	q.w.WriteHeader(http.StatusSeeOther)
}
