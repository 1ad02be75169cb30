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
	d.post("/callback", comeBack)
	d.get("/user/identities/authorize", asUser(func(q *request, who *account.Bearer) (any, error) {
		if err := d.Accounts.MayLink(); err != nil {
			return nil, err
		}
		return depart(q, who)
	}))
	d.del("/user/identities/{id}", asUser(func(q *request, who *account.Bearer) (any, error) {
		return struct{}{}, d.Accounts.Unlink(q.Context(), who, q.PathValue("id"))
	}))
	d.get("/admin/custom-providers", asAdmin(func(q *request) (any, error) {
		all, err := d.Accounts.ListCustom(q.Context(), q.URL.Query().Get("type"))
		return map[string]any{"providers": all}, err
	}))
	d.post("/admin/custom-providers", asAdmin(func(q *request) (any, error) {
		var a account.CustomAttributes
		if err := q.read(&a); err != nil {
			return nil, err
		}
		p, err := d.Accounts.CreateCustom(q.Context(), a)
		if err != nil {
			return nil, err
		}
		writeJSON(q.w, http.StatusCreated, p)
		return nil, nil
	}))
	d.get("/admin/custom-providers/{name}", asAdmin(func(q *request) (any, error) { return d.Accounts.CustomByName(q.Context(), q.PathValue("name")) }))
	d.put("/admin/custom-providers/{name}", asAdmin(func(q *request) (any, error) {
		var a account.CustomAttributes
		if err := q.read(&a); err != nil {
			return nil, err
		}
		return d.Accounts.UpdateCustom(q.Context(), q.PathValue("name"), a)
	}))
	d.del("/admin/custom-providers/{name}", asAdmin(func(q *request) (any, error) {
		return nothing(q, d.Accounts.DeleteCustom(q.Context(), q.PathValue("name")))
	}))
	d.post("/sso", d.human(singleSignOn))
	d.get("/sso/saml/metadata", samlMetadata)
	d.post("/sso/saml/acs", samlArrive)
	d.get("/admin/sso/providers", asAdmin(func(q *request) (any, error) {
		all, err := d.Accounts.ListSSO(q.Context())
		return map[string]any{"items": all}, err
	}))
	d.post("/admin/sso/providers", asAdmin(func(q *request) (any, error) {
		var a account.SSOAttributes
		if err := q.read(&a); err != nil {
			return nil, err
		}
		p, err := d.Accounts.CreateSSO(q.Context(), a)
		if err != nil {
			return nil, err
		}
		writeJSON(q.w, http.StatusCreated, p)
		return nil, nil
	}))
	d.get("/admin/sso/providers/{id}", asAdmin(func(q *request) (any, error) { return d.Accounts.SSOByName(q.Context(), q.PathValue("id")) }))
	d.put("/admin/sso/providers/{id}", asAdmin(func(q *request) (any, error) {
		var a account.SSOAttributes
		if err := q.read(&a); err != nil {
			return nil, err
		}
		return d.Accounts.UpdateSSO(q.Context(), q.PathValue("id"), a)
	}))
	d.del("/admin/sso/providers/{id}", asAdmin(func(q *request) (any, error) { return d.Accounts.DeleteSSO(q.Context(), q.PathValue("id")) }))
}

func singleSignOn(q *request) (any, error) {
	var b struct {
		ProviderID string `json:"provider_id"`
		Domain     string `json:"domain"`
		RedirectTo string `json:"redirect_to"`
		Skip       bool   `json:"skip_http_redirect"`
		challenge
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	to, err := q.door.Accounts.SSO(q.Context(), q.client, account.SSORequest{ProviderID: b.ProviderID, Domain: b.Domain, RedirectTo: b.RedirectTo, Challenge: b.of()})
	if err != nil {
		return nil, err
	}
	if !b.Skip {
		redirect(q, to)
		return nil, nil
	}
	return map[string]string{"url": to}, nil
}

func samlMetadata(q *request) (any, error) {
	text, err := q.door.Accounts.SAMLMetadata()
	if err != nil {
		return nil, err
	}
	h := q.w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("Cache-Control", keysMaxAge)
	if q.URL.Query().Get("download") == "true" {
		h.Set("Content-Disposition", `attachment; filename="metadata.xml"`)
	}
	_, _ = q.w.Write(text) // the client is gone: nobody to tell
	return nil, nil
}

// samlArrive takes a browser back from an organisation's identity provider and sends it on into the project's own site.
func samlArrive(q *request) (any, error) {
	if err := q.ParseForm(); err != nil {
		return nil, bodyError(err)
	}
	out, err := q.door.Accounts.ArriveSAML(q.Context(), q.client, q.PostForm.Get("SAMLResponse"), q.PostForm.Get("RelayState"))
	return nil, landed(q, out, err, "")
}

// landed sends a browser on that has come back from a provider. said is the provider's own error.
func landed(q *request, out account.Verified, err error, said string) error {
	switch {
	case err != nil:
		f := fault.As(err)
		if f == nil || sqlState(f.Code) {
			return err
		}
		v := url.Values{"error": {"server_error"}, "error_code": {f.Code}, "error_description": {f.Message}}
		if f.Status < http.StatusInternalServerError {
			v.Set("error", "invalid_request")
		}
		if said == "access_denied" {
			v.Set("error", said)
		}
		redirect(q, withQuery(out.RedirectTo, v)+"#"+v.Encode())
	case out.Code != "":
		redirect(q, withQuery(out.RedirectTo, url.Values{"code": {out.Code}}))
	default:
		redirect(q, out.RedirectTo+"#"+fragment(out.Session, ""))
	}
	return nil
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

// comeBack takes what a provider has a browser post (response_mode=form_post, Apple's only one beside scopes). The post comes from another site, so the browser has left
// the visit's cookie at home: it is sent on to the same place with GET, which counts as a visit of its own and brings the cookie along.
func comeBack(q *request) (any, error) {
	if err := q.ParseForm(); err != nil {
		return nil, bodyError(err)
	}
	v := url.Values{}
	for _, name := range []string{"state", "code", "iss", "error", "error_description"} {
		if q.PostForm.Has(name) {
			v.Set(name, q.PostForm.Get(name))
		}
	}
	redirect(q, q.door.Accounts.Issuer()+"/callback?"+v.Encode())
	return nil, nil
}

// arrive takes a browser back from a provider and sends it on into the project's own site.
func (d *door) arrive(q *request) (any, error) {
	if err := q.ParseForm(); err != nil {
		return nil, bodyError(err)
	}
	a := account.Arrival{State: q.Form.Get("state"), Code: q.Form.Get("code"), Issuer: q.Form.Get("iss"), Error: q.Form.Get("error"), ErrorDescription: q.Form.Get("error_description")}
	if c, err := q.Cookie(visitCookie); err == nil {
		a.Cookie = c.Value
	}
	out, err := d.Accounts.Arrive(q.Context(), q.client, a)
	return nil, landed(q, out, err, a.Error)
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
