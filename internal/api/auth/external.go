package auth

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/account"
)

// The endpoints of other ways in: identity providers, single sign-on.

// visitCookie binds a visit at a provider to the browser that has left for it.
const visitCookie = "mainstay-visit"

func (d *door) identities() {
	d.get("/authorize", func(q *request) (any, error) { return depart(q, nil) })
	d.get("/callback", d.arrive)
	d.post("/callback", d.arrive)
	d.get("/user/identities/authorize", asUser(func(q *request, who *account.Bearer) (any, error) {
		if err := d.Accounts.MayLink(); err != nil {
			return nil, err
		}
		return depart(q, who)
	}))
	d.del("/user/identities/{id}", asUser(func(q *request, who *account.Bearer) (any, error) {
		return struct{}{}, d.Accounts.Unlink(q.Context(), who, q.PathValue("id"))
	}))
	d.post("/sso", func(*request) (any, error) {
		return nil, fault.New("saml_provider_disabled", "SAML 2.0 is disabled").WithStatus(http.StatusNotFound)
	})
}

// depart sends a browser to a provider, or tells a program where to send it.
func depart(q *request, link *account.Bearer) (any, error) {
	v := q.URL.Query()
	extra := map[string]string{}
	for name := range v {
		extra[name] = v.Get(name)
	}
	out, err := q.door.Accounts.Depart(q.Context(), q.client, account.Departure{
		Provider: v.Get("provider"), RedirectTo: v.Get("redirect_to"), Scopes: strings.Fields(strings.ReplaceAll(v.Get("scopes"), ",", " ")),
		Challenge: account.Challenge{Code: v.Get("code_challenge"), Method: v.Get("code_challenge_method")}, Invite: v.Get("invite_token"), Link: link, Extra: extra,
	})
	if err != nil {
		return nil, err
	}
	if v.Get("skip_http_redirect") == "true" {
		return map[string]string{"url": out.URL}, nil
	}
	http.SetCookie(q.w, &http.Cookie{
		Name: visitCookie, Value: out.Cookie, Path: "/", MaxAge: int((10 * time.Minute).Seconds()), HttpOnly: true, Secure: strings.HasPrefix(q.door.Accounts.Issuer(), "https://"),
		SameSite: http.SameSiteLaxMode,
	})
	q.w.Header().Set("Location", out.URL)
	q.w.WriteHeader(http.StatusFound)
	return nil, nil
}

// arrive takes a browser back from a provider and sends it on into the project's own site.
func (d *door) arrive(q *request) (any, error) {
	if err := q.ParseForm(); err != nil {
		return nil, bodyError(err)
	}
	a := account.Arrival{State: q.Form.Get("state"), Code: q.Form.Get("code"), Error: q.Form.Get("error"), ErrorDescription: q.Form.Get("error_description")}
	if c, err := q.Cookie(visitCookie); err == nil {
		a.Cookie = c.Value
	}
	out, err := d.Accounts.Arrive(q.Context(), q.client, a)
	if err != nil {
		f := fault.As(err)
		if f == nil || sqlState(f.Code) {
			return nil, err
		}
		v := url.Values{"error": {"server_error"}, "error_code": {f.Code}, "error_description": {f.Message}}
		if f.Status < http.StatusInternalServerError {
			v.Set("error", "invalid_request")
		}
		if a.Error == "access_denied" {
			v.Set("error", a.Error)
		}
		redirect(q, withQuery(out.RedirectTo, v)+"#"+v.Encode())
		return nil, nil
	}
	if out.Code != "" {
		redirect(q, withQuery(out.RedirectTo, url.Values{"code": {out.Code}}))
		return nil, nil
	}
	redirect(q, out.RedirectTo+"#"+fragment(out.Session, ""))
	return nil, nil
}

func idToken(q *request) (any, error) {
	var b struct {
		Provider string `json:"provider"`
		IDToken  string `json:"id_token"`
		Nonce    string `json:"nonce"`
		Link     bool   `json:"link_identity"`
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	var link *account.Bearer
	if b.Link {
		var err error
		if link, err = q.user(); err != nil {
			return nil, err
		}
	}
	return q.door.Accounts.IDToken(q.Context(), q.client, b.Provider, b.IDToken, b.Nonce, link)
}
