package auth

import (
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/account"
)

// The endpoints of the project as an identity provider.

func (d *door) provider() {
	a := d.Accounts
	d.get("/.well-known/openid-configuration", discovery)
	d.get("/.well-known/oauth-authorization-server", discovery)
	d.raw("GET /oauth/authorize", authorize)
	d.raw("POST /oauth/token", oauthToken)
	d.raw("POST /oauth/introspect", introspect)
	d.raw("POST /oauth/revoke", revoke)
	info := asAnybody(func(q *request, who *account.Bearer) (any, error) { return a.UserInfo(q.Context(), who) })
	d.get("/oauth/userinfo", info)
	d.post("/oauth/userinfo", info)
	d.post("/oauth/clients/register", func(q *request) (any, error) {
		c, err := readClient(q)
		if err != nil {
			return nil, err
		}
		out, err := a.CreateClient(q.Context(), q.client, *c, true)
		if err != nil {
			return nil, err
		}
		writeJSON(q.w, http.StatusCreated, out)
		return nil, nil
	})
	d.get("/oauth/authorizations/{id}", asUser(func(q *request, who *account.Bearer) (any, error) {
		out, err := a.ShowAuthorization(q.Context(), who, q.PathValue("id"))
		if err == nil && out.RedirectURL != "" {
			return map[string]string{"redirect_url": out.RedirectURL}, nil
		}
		return out, err
	}))
	d.post("/oauth/authorizations/{id}/consent", asUser(func(q *request, who *account.Bearer) (any, error) {
		var b struct {
			Action string `json:"action"`
		}
		if err := q.read(&b); err != nil {
			return nil, err
		}
		to, err := a.Decide(q.Context(), who, q.PathValue("id"), b.Action)
		return map[string]string{"redirect_url": to}, err
	}))
	d.get("/user/oauth/grants", asUser(func(q *request, who *account.Bearer) (any, error) { return a.Grants(q.Context(), who) }))
	d.del("/user/oauth/grants", asUser(func(q *request, who *account.Bearer) (any, error) {
		return nothing(q, a.RevokeGrant(q.Context(), who, q.URL.Query().Get("client_id")))
	}))

	d.post("/admin/oauth/clients", asAdmin(func(q *request) (any, error) {
		c, err := readClient(q)
		if err != nil {
			return nil, err
		}
		return a.CreateClient(q.Context(), q.client, *c, false)
	}))
	d.get("/admin/oauth/clients", asAdmin(func(q *request) (any, error) {
		v := q.URL.Query()
		number, size := positive(v.Get("page"), 1), positive(v.Get("per_page"), defaultPage)
		list, total, err := a.ListClients(q.Context(), number, size)
		if err != nil {
			return nil, err
		}
		paging(q, number, size, total)
		return map[string]any{"clients": list, "aud": "authenticated"}, nil
	}))
	d.get("/admin/oauth/clients/{id}", asAdmin(func(q *request) (any, error) { return a.ClientByID(q.Context(), q.PathValue("id")) }))
	d.put("/admin/oauth/clients/{id}", asAdmin(func(q *request) (any, error) {
		c, err := readClient(q)
		if err != nil {
			return nil, err
		}
		return a.UpdateClient(q.Context(), q.PathValue("id"), *c)
	}))
	d.del("/admin/oauth/clients/{id}", asAdmin(func(q *request) (any, error) { return nothing(q, a.DeleteClient(q.Context(), q.PathValue("id"))) }))
	d.post("/admin/oauth/clients/{id}/regenerate_secret", asAdmin(func(q *request) (any, error) { return a.NewSecret(q.Context(), q.PathValue("id")) }))
}

func discovery(q *request) (any, error) {
	q.w.Header().Set("Cache-Control", keysMaxAge)
	return q.door.Accounts.Discovery(), nil
}

func readClient(q *request) (*account.ClientChange, error) {
	var b struct {
		Name         *string  `json:"client_name"`
		URI          *string  `json:"client_uri"`
		LogoURI      *string  `json:"logo_uri"`
		RedirectURIs []string `json:"redirect_uris"`
		GrantTypes   []string `json:"grant_types"`
		AuthMethod   string   `json:"token_endpoint_auth_method"`
	}
	if err := q.read(&b); err != nil {
		return nil, err
	}
	return &account.ClientChange{Name: b.Name, URI: b.URI, LogoURI: b.LogoURI, RedirectURIs: b.RedirectURIs, GrantTypes: b.GrantTypes, AuthMethod: b.AuthMethod}, nil
}

// raw serves an endpoint that programs call in the forms of OAuth: its bearer is a program, not a user, and its errors are those of RFC 6749 §5.2.
func (d *door) raw(pattern string, f endpoint) {
	d.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		q := &request{Request: r, w: w, door: d, client: account.Client{IP: d.ClientIP(r), UserAgent: r.UserAgent()}}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		v, err := f(q)
		var o *account.OAuthError
		switch {
		case errors.As(err, &o) && o.RedirectTo != "":
			redirect(q, o.RedirectTo)
		case errors.As(err, &o):
			if o.Status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Basic realm="oauth"`)
			}
			writeJSON(w, o.Status, map[string]string{"error": o.Code, "error_description": o.Description})
		case err != nil:
			d.fail(w, r, err)
		case v != nil:
			w.Header().Set("Pragma", "no-cache")
			writeJSON(w, http.StatusOK, v)
		}
	})
}

func authorize(q *request) (any, error) {
	v := q.URL.Query()
	for name := range v {
		if len(v[name]) > 1 { // RFC 6749 §3.1
			return nil, &account.OAuthError{Status: http.StatusBadRequest, Code: "invalid_request", Description: name + " is given twice"}
		}
	}
	to, err := q.door.Accounts.Authorize(q.Context(), q.client, account.AuthorizeRequest{
		ResponseType: v.Get("response_type"), ClientID: v.Get("client_id"), RedirectURI: v.Get("redirect_uri"), Scope: v.Get("scope"), State: v.Get("state"), Nonce: v.Get("nonce"),
		Challenge: v.Get("code_challenge"), Method: v.Get("code_challenge_method"), Resource: v.Get("resource"), Prompt: v.Get("prompt"), ResponseMode: v.Get("response_mode"),
	})
	if err != nil {
		return nil, err
	}
	redirect(q, to)
	return nil, nil
}

// parameters reads a form, or JSON as some programs send it, and how the program proves to be itself: in one way only (RFC 6749 §2.3).
func parameters(q *request) (url.Values, account.ClientCredentials, error) {
	var c account.ClientCredentials
	v := url.Values{}
	if kind, _, _ := mime.ParseMediaType(q.Header.Get("Content-Type")); kind == jsonType {
		m := map[string]string{}
		if err := q.read(&m); err != nil {
			return nil, c, err
		}
		for name, text := range m {
			v.Set(name, text)
		}
	} else {
		if err := q.ParseForm(); err != nil {
			return nil, c, bodyError(err)
		}
		v = q.PostForm
	}
	c.ID, c.Secret = v.Get("client_id"), v.Get("client_secret")
	scheme, rest, _ := strings.Cut(q.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Basic") {
		return v, c, nil
	}
	bad := &account.OAuthError{Status: http.StatusUnauthorized, Code: "invalid_client", Description: "Client authentication failed"}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
	if err != nil {
		return nil, c, bad
	}
	id, secret, ok := strings.Cut(string(b), ":")
	if id, err = url.QueryUnescape(id); err != nil || !ok {
		return nil, c, bad
	}
	if secret, err = url.QueryUnescape(secret); err != nil || c.Secret != "" || c.ID != "" && c.ID != id {
		return nil, c, bad
	}
	return v, account.ClientCredentials{ID: id, Secret: secret}, nil
}

func oauthToken(q *request) (any, error) {
	v, c, err := parameters(q)
	if err != nil {
		return nil, err
	}
	return q.door.Accounts.Token(q.Context(), q.client, account.TokenRequest{
		GrantType: v.Get("grant_type"), Code: v.Get("code"), RedirectURI: v.Get("redirect_uri"), Verifier: v.Get("code_verifier"), RefreshToken: v.Get("refresh_token"),
		Client: c,
	})
}

func introspect(q *request) (any, error) {
	v, c, err := parameters(q)
	if err != nil {
		return nil, err
	}
	return q.door.Accounts.Introspect(q.Context(), c, v.Get("token"))
}

func revoke(q *request) (any, error) {
	v, c, err := parameters(q)
	if err != nil {
		return nil, err
	}
	return struct{}{}, q.door.Accounts.Revoke(q.Context(), c, v.Get("token"))
}
