package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
)

// OAuthError is an error in the form of RFC 6749 §5.2.
type OAuthError struct {
	Status      int
	Code        string
	Description string
	// RedirectTo, when not "", is where the browser takes the error (RFC 6749 §4.1.2.1).
	RedirectTo string
}

func (e *OAuthError) Error() string { return e.Code + ": " + e.Description }

func oauthError(code, description string) *OAuthError {
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	return &OAuthError{Status: status, Code: code, Description: description}
}

// ClientCredentials are how a program proves to be itself.
type ClientCredentials struct {
	ID, Secret string
}

// authenticate finds the program that asks.
func (x *tx) authenticate(c ClientCredentials) (*clientRow, error) {
	row, err := x.client(c.ID)
	if err != nil {
		return nil, oauthError("invalid_client", "Client authentication failed")
	}
	if row.Type == "public" {
		if c.Secret != "" {
			return nil, oauthError("invalid_client", "Client authentication failed")
		}
		return row, nil
	}
	if c.Secret == "" || !equalText(row.SecretHash, linkHash(c.Secret)) {
		return nil, oauthError("invalid_client", "Client authentication failed")
	}
	return row, nil
}

// TokenRequest is a program's request for tokens (RFC 6749 §4.1.3, §6).
type TokenRequest struct {
	GrantType, Code, RedirectURI, Verifier, RefreshToken string
	Client                                               ClientCredentials
}

// Tokens are what a program gets.
type Tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
	IDToken      string `json:"id_token,omitempty"`
}

// Token answers a program's code or refresh token with tokens.
func (s *Service) Token(ctx context.Context, c Client, r TokenRequest) (*Tokens, error) {
	if err := s.providerOn(); err != nil {
		return nil, err
	}
	switch r.GrantType {
	case "authorization_code":
		return s.tokenByCode(ctx, c, r)
	case "refresh_token":
		return s.tokenByRefresh(ctx, c, r)
	case "":
		return nil, oauthError("invalid_request", "grant_type is missing")
	}
	return nil, oauthError("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")
}

// tokenByCode exchanges a code. It is bound to its program, its redirect address and its challenge, and works once: who comes with it again ends the session that it
// gave (RFC 6749 §4.1.2).
func (s *Service) tokenByCode(ctx context.Context, c Client, r TokenRequest) (*Tokens, error) {
	if r.Code == "" || r.Verifier == "" {
		return nil, oauthError("invalid_request", "code and code_verifier are required")
	}
	bad := oauthError("invalid_grant", "The authorization code is invalid, expired or used")
	var finish func() (*Tokens, error)
	var refused error
	err := s.transact(ctx, func(x *tx) error {
		finish, refused = nil, nil
		client, err := x.authenticate(r.Client)
		if err != nil {
			return err
		}
		a, err := one[authorizationRow](x, schemaAuth, "oauth_authorizations", eq("authorization_code", linkHash(r.Code)), eq("client_id", client.ID))
		if err != nil {
			return err
		}
		if a == nil {
			return bad
		}
		if a.Status != "approved" {
			// Used before. What it gave ends: one of the two who had it is a thief.
			refused = bad
			return x.gone(remove[sessionRow](x, schemaAuth, "sessions", eq("user_id", a.UserID), eq("oauth_client_id", client.ID), eq("tag", a.ID)))
		}
		used, err := update[authorizationRow](x, schemaAuth, "oauth_authorizations", values{"status": "expired"}, eq("id", a.ID), eq("status", "approved"))
		if err != nil {
			return err
		}
		if len(used) != 1 || s.now().After(a.ExpiresAt) || a.RedirectURI != r.RedirectURI && r.RedirectURI != "" || !verified(a.Method, a.Challenge, r.Verifier) {
			refused = bad
			return nil
		}
		u, err := x.userByID(a.UserID)
		if err != nil {
			return err
		}
		if u == nil || u.DeletedAt != nil || u.banned(s.now()) {
			refused = bad
			return nil
		}
		now := s.now()
		v := values{
			"id": newID(), "user_id": u.ID, "created_at": now, "updated_at": now, "aal": "aal1", "user_agent": c.UserAgent, "oauth_client_id": client.ID, "scopes": a.Scope, "tag": a.ID,
			"refresh_token_hmac_key": base64.StdEncoding.EncodeToString(randomBytes(32)), "refresh_token_counter": 0,
		}
		row, err := insert[sessionRow](x, schemaAuth, "sessions", v)
		if err != nil {
			return err
		}
		if err := x.prove(now, row.ID, byProgram); err != nil {
			return err
		}
		session, err := s.tokens(x, row, u, byProgram, true)
		finish = func() (*Tokens, error) { return s.clientTokens(client, row, session, a.Nonce) }
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return nil, err
	}
	return finish()
}

// byProgram is how the user of a session was proved that was given to a program.
const byProgram = "oauth_provider/authorization_code"

// clientTokens is what a program gets of a session that has its access token.
func (s *Service) clientTokens(client *clientRow, row *sessionRow, session *Session, nonce string) (_ *Tokens, err error) {
	out := &Tokens{AccessToken: session.AccessToken, TokenType: "bearer", ExpiresIn: session.ExpiresIn, Scope: row.Scopes}
	if slices.Contains(split(client.GrantTypes), "refresh_token") {
		out.RefreshToken = session.RefreshToken
	}
	if slices.Contains(strings.Fields(row.Scopes), "openid") {
		now := s.now()
		claims := s.userClaims(session.User, row.Scopes)
		sum := sha256.Sum256([]byte(out.AccessToken))
		claims["iss"], claims["aud"], claims["iat"], claims["exp"] = s.Issuer(), client.ID, now.Unix(), now.Add(s.o.Lifetime).Unix()
		claims["auth_time"], claims["at_hash"] = moment(row.CreatedAt).Unix(), base64.RawURLEncoding.EncodeToString(sum[:16])
		if nonce != "" {
			claims["nonce"] = nonce
		}
		if out.IDToken, err = s.keys.SignID(claims); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// userClaims is what a program learns of a user (OpenID Connect Core §5.1, §5.4).
func (s *Service) userClaims(u *User, scope string) map[string]any {
	have := strings.Fields(scope)
	claims := map[string]any{"sub": u.ID}
	if slices.Contains(have, "email") && u.Email != "" {
		claims["email"], claims["email_verified"] = u.Email, u.EmailConfirmedAt != nil
	}
	if slices.Contains(have, "phone") && u.Phone != "" {
		claims["phone_number"], claims["phone_number_verified"] = "+"+u.Phone, u.PhoneConfirmedAt != nil
	}
	if slices.Contains(have, "profile") {
		for claim, names := range map[string][]string{"name": {"full_name", "name"}, "picture": {"avatar_url", "picture"}, "preferred_username": {"preferred_username", "user_name"}} {
			for _, name := range names {
				if text, ok := u.UserMetadata[name].(string); ok && text != "" {
					claims[claim] = text
					break
				}
			}
		}
		claims["updated_at"] = u.UpdatedAt.Unix()
	}
	return claims
}

func (s *Service) tokenByRefresh(ctx context.Context, c Client, r TokenRequest) (*Tokens, error) {
	t, ok := parseRefresh(r.RefreshToken)
	bad := oauthError("invalid_grant", "The refresh token is invalid")
	var client *clientRow
	err := s.read(ctx, func(x *tx) (err error) {
		if client, err = x.authenticate(r.Client); err != nil {
			return err
		}
		if !ok || !slices.Contains(split(client.GrantTypes), "refresh_token") {
			return bad
		}
		row, err := one[sessionRow](x, schemaAuth, "sessions", eq("id", t.session), eq("oauth_client_id", client.ID))
		if err == nil && row == nil {
			err = bad
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	session, err := s.refresh(ctx, c, r.RefreshToken, client.ID)
	if f := fault.As(err); f != nil && f.Status == http.StatusBadRequest {
		return nil, bad
	}
	if err != nil {
		return nil, err
	}
	var out *Tokens
	err = s.read(ctx, func(x *tx) error {
		row, err := one[sessionRow](x, schemaAuth, "sessions", eq("id", t.session))
		if err != nil || row == nil {
			return bad
		}
		out = &Tokens{AccessToken: session.AccessToken, TokenType: "bearer", ExpiresIn: session.ExpiresIn, RefreshToken: session.RefreshToken, Scope: row.Scopes}
		return nil
	})
	return out, err
}

// UserInfo is what a program with an access token learns of its user.
func (s *Service) UserInfo(ctx context.Context, who *Bearer) (map[string]any, error) {
	var out map[string]any
	err := s.read(ctx, func(x *tx) error {
		row, err := one[sessionRow](x, schemaAuth, "sessions", eq("id", who.Session))
		if err != nil {
			return err
		}
		u, err := x.view(who.User)
		if err != nil {
			return err
		}
		scope := strings.Join(scopes, " ")
		if row != nil && row.ClientID != "" {
			scope = row.Scopes
		}
		out = s.userClaims(u, scope)
		return nil
	})
	return out, err
}

// Introspect says whether a token of the program's own is live (RFC 7662).
func (s *Service) Introspect(ctx context.Context, c ClientCredentials, token string) (map[string]any, error) {
	if err := s.providerOn(); err != nil {
		return nil, err
	}
	dead := map[string]any{"active": false}
	out := dead
	err := s.read(ctx, func(x *tx) error {
		out = dead
		client, err := x.authenticate(c)
		if err != nil {
			return err
		}
		row, about, err := s.clientSession(x, client, token)
		if err != nil || row == nil {
			return err
		}
		if t, isRefresh := parseRefresh(token); isRefresh && t.counter < row.RefreshNext-1 {
			return nil
		}
		about["active"], about["client_id"], about["scope"], about["sub"], about["iss"] = true, client.ID, row.Scopes, row.UserID, s.Issuer()
		out = about
		return nil
	})
	return out, err
}

// clientSession finds the session of an access or a refresh token that the client was given, and what the token says of itself; a nil row is a token that is not live,
// or another's.
func (s *Service) clientSession(x *tx, client *clientRow, token string) (row *sessionRow, about map[string]any, err error) {
	t, isRefresh := parseRefresh(token)
	id := ""
	if isRefresh {
		id, about = t.session, map[string]any{"token_type": "refresh_token"}
	} else {
		access, err := s.keys.Verify(token)
		if err != nil || !isID(access.Session) {
			return nil, nil, nil // a token that is not valid is not live
		}
		all := object(json.RawMessage(access.Claims))
		id, about = access.Session, map[string]any{"token_type": "bearer", "exp": all["exp"], "iat": all["iat"], "aud": all["aud"]}
	}
	row, err = one[sessionRow](x, schemaAuth, "sessions", eq("id", id), eq("oauth_client_id", client.ID))
	if err != nil || row == nil || isRefresh && !t.signedBy(s.keys.Derive(refreshPurpose), row) {
		return nil, nil, err
	}
	return row, about, nil
}

// Revoke ends the session of a token of the program's own (RFC 7009). A token that is not live is no error.
func (s *Service) Revoke(ctx context.Context, c ClientCredentials, token string) error {
	if err := s.providerOn(); err != nil {
		return err
	}
	return s.transact(ctx, func(x *tx) error {
		client, err := x.authenticate(c)
		if err != nil {
			return err
		}
		row, _, err := s.clientSession(x, client, token)
		if err != nil || row == nil {
			return err
		}
		return x.endSession(row.ID)
	})
}
