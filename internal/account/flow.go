package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Challenge is what a client that proves its identity later sends first (PKCE, RFC 7636). The zero value is a client that does not.
type Challenge struct {
	Code   string
	Method string // s256 or plain
}

var challengeForm = regexp.MustCompile(`^[a-zA-Z0-9._~-]{43,128}$`)

func (c Challenge) check() error {
	switch {
	case c.Code == "" && c.Method == "":
		return nil
	case c.Code == "" || c.Method == "":
		return invalid("PKCE flow requires code_challenge_method and code_challenge")
	case !challengeForm.MatchString(c.Code):
		return invalid("code challenge has to be between 43 and 128 characters")
	case !strings.EqualFold(c.Method, "s256") && !strings.EqualFold(c.Method, "plain"):
		return invalid("code challenge method must be plain or s256")
	}
	return nil
}

// flowRow is a row of auth.flow_state: a sign-in that has begun in one browser and ends there.
type flowRow struct {
	ID            string     `json:"id"`
	UserID        string     `json:"user_id"`
	Code          string     `json:"auth_code"`
	Method        string     `json:"code_challenge_method"`
	Challenge     string     `json:"code_challenge"`
	ProviderType  string     `json:"provider_type"`
	AccessToken   string     `json:"provider_access_token"`
	RefreshToken  string     `json:"provider_refresh_token"`
	CreatedAt     *time.Time `json:"created_at"`
	CodeIssuedAt  *time.Time `json:"auth_code_issued_at"`
	Authenticated string     `json:"authentication_method"`
	Referrer      string     `json:"referrer"`
	InviteToken   string     `json:"invite_token"`
	ClientState   string     `json:"oauth_client_state_id"`
	LinkingTarget string     `json:"linking_target_id"`
}

// beginFlow keeps a challenge; "" without one. user may be "".
func (s *Service) beginFlow(x *tx, c Challenge, user, provider, method string) (string, error) {
	if c.Code == "" {
		return "", nil
	}
	now := s.now()
	id := newID()
	v := values{
		"id": id, "code_challenge": c.Code, "code_challenge_method": strings.ToLower(c.Method), "provider_type": provider,
		"authentication_method": method, "created_at": now, "updated_at": now,
	}
	if user != "" {
		v["user_id"] = user
	}
	_, err := insert[flowRow](x, schemaAuth, "flow_state", v)
	return id, err
}

// sealTokens are a provider's own tokens as they are kept until the browser that began the flow gets them.
func (s *Service) sealTokens(flow, access, refresh string) (values, error) {
	v := values{}
	for name, token := range map[string]string{"provider_access_token": access, "provider_refresh_token": refresh} {
		if token == "" {
			v[name] = nil
			continue
		}
		sealed, err := s.seal("flow "+flow, token)
		if err != nil {
			return nil, err
		}
		v[name] = sealed
	}
	return v, nil
}

func (s *Service) unsealTokens(f *flowRow) (access, refresh string, err error) {
	if access, err = s.unseal("flow "+f.ID, f.AccessToken); err != nil {
		return "", "", err
	}
	refresh, err = s.unseal("flow "+f.ID, f.RefreshToken)
	return access, refresh, err
}

// endFlow gives the code with which the browser that began the flow gets its session.
func (s *Service) endFlow(x *tx, flow, user string) (string, error) {
	now := s.now()
	code := newID()
	rows, err := update[flowRow](x, schemaAuth, "flow_state", values{"user_id": user, "auth_code": linkHash(code), "auth_code_issued_at": now, "updated_at": now}, eq("id", flow))
	if err != nil {
		return "", err
	}
	if len(rows) == 0 {
		return "", errNoFlow()
	}
	return code, nil
}

func errNoFlow() error {
	return fail(http.StatusNotFound, "flow_state_not_found", "invalid flow state, no valid flow state found")
}

// Exchange answers a flow's code and the verifier of its challenge with a session. The code is used by the first who comes with it, right or wrong verifier: a
// code that somebody else has seen is worth nothing after that.
func (s *Service) Exchange(ctx context.Context, c Client, code, verifier string) (*Session, error) {
	if code == "" || verifier == "" {
		return nil, invalid("invalid request: both auth code and code verifier should be non-empty")
	}
	var out *Session
	var refused error
	err := s.transact(ctx, func(x *tx) error {
		out, refused = nil, nil
		rows, err := remove[flowRow](x, schemaAuth, "flow_state", eq("auth_code", linkHash(code)), notNull("auth_code_issued_at"))
		if err != nil {
			return err
		}
		if len(rows) != 1 || rows[0].UserID == "" {
			return errNoFlow()
		}
		f := rows[0]
		switch {
		case s.now().After(moment(f.CodeIssuedAt).Add(s.o.FlowLifetime)):
			refused = fail(http.StatusUnprocessableEntity, "flow_state_expired", "invalid flow state, flow state has expired")
			return nil
		case !verified(f.Method, f.Challenge, verifier):
			refused = fail(http.StatusBadRequest, "bad_code_verifier", "code challenge does not match previously saved code verifier")
			return nil
		}
		u, err := x.userByID(f.UserID)
		if err != nil || u == nil || u.DeletedAt != nil {
			return orGone(err)
		}
		if f.ProviderType == handedOver {
			out, err = s.handedTo(x, u, &f)
			return err
		}
		if f.LinkingTarget != "" {
			linked, p, err := s.linkNow(x, &f)
			if err != nil {
				return err
			}
			u, f.AccessToken, f.RefreshToken = linked, p.AccessToken, p.RefreshToken
		} else if f.AccessToken, f.RefreshToken, err = s.unsealTokens(&f); err != nil {
			return err
		}
		if out, err = s.signIn(x, c, u, f.Authenticated); err != nil {
			return err
		}
		out.Provider, out.ProviderNext = f.AccessToken, f.RefreshToken
		return nil
	})
	return settled(out, refused, err)
}

// handedOver is the provider type of a flow in which a session that there is goes from one place to another. Its referrer is the session's generation, its method the AAL.
const handedOver = "handover"

// HandOver gives the session of who to the site at redirectTo: what it gives is the code with which the site gets the session, and the address without it. Tokens are in no
// address then, and nobody who reads the address gets any without the verifier of the site's challenge (RFC 9700 §2.1.2).
//
// Who has the session itself hands it over: token is its refresh token of now. An access token alone, which a log or a script may have, makes no session that lasts; one of before
// the second factor was proved makes none of after it (attack E13).
func (s *Service) HandOver(ctx context.Context, c Client, who *Bearer, token string, challenge Challenge, redirectTo string) (*Verified, error) {
	switch {
	case who.Session == "":
		return nil, fail(http.StatusForbidden, "session_not_found", "A session is needed to hand it over")
	case !strings.EqualFold(challenge.Method, "s256"):
		return nil, invalid("code_challenge_method must be s256")
	}
	if err := challenge.check(); err != nil {
		return nil, err
	}
	if err := s.take(ctx, "refresh", c.network(), s.o.Limits.Refresh, fiveMinutes); err != nil {
		return nil, err
	}
	t, ok := parseRefresh(token)
	if !ok || t.session != who.Session {
		return nil, errUnknownRefresh()
	}
	out := &Verified{RedirectTo: s.Redirect(redirectTo)}
	err := s.transact(ctx, func(x *tx) error {
		row, u, err := s.liveSession(x, who.Session)
		switch {
		case err != nil:
			return err
		case row == nil || u.ID != who.User.ID || row.ClientID != "" || !t.signedBy(s.keys.Derive(refreshPurpose), row) || t.counter > row.RefreshNext:
			return errUnknownRefresh()
		case t.counter < row.RefreshNext:
			return errUsedRefresh()
		case row.AAL != who.AAL:
			return fail(http.StatusForbidden, "insufficient_aal", "A token of before the second factor was proved hands over no session of after it")
		}
		flow, err := s.beginFlow(x, challenge, u.ID, handedOver, row.AAL)
		if err != nil {
			return err
		}
		if _, err := update[flowRow](x, schemaAuth, "flow_state", values{"referrer": row.generation()}, eq("id", flow)); err != nil {
			return err
		}
		out.Code, err = s.endFlow(x, flow, u.ID)
		return err
	})
	return out, err
}

// generation names a session as it is until its next refresh token.
func (r *sessionRow) generation() string { return r.ID + " " + strconv.FormatInt(r.RefreshNext, 10) }

// handedTo gives the tokens of a session that is handed over, if it is still as it was when it was. Those of before are a stranger's from now on.
func (s *Service) handedTo(x *tx, u *userRow, f *flowRow) (*Session, error) {
	id, _, _ := strings.Cut(f.Referrer, " ")
	row, live, err := s.liveSession(x, id)
	if err != nil || row == nil || live.ID != u.ID {
		return nil, orGone(err)
	}
	if row.generation() != f.Referrer || row.AAL != f.Authenticated {
		return nil, errChanged()
	}
	rows, err := update[sessionRow](x, schemaAuth, "sessions", values{"refresh_token_counter": row.RefreshNext + 2, "updated_at": s.now()},
		eq("id", row.ID), eq("refresh_token_counter", row.RefreshNext), eq("aal", row.AAL))
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, errChanged()
	}
	return s.tokens(x, &rows[0], u, byRefresh, false)
}

func errChanged() error {
	return fail(http.StatusUnprocessableEntity, "flow_state_expired", "invalid flow state, the session has changed since it was handed over")
}

func verified(method, challenge, verifier string) bool {
	if method == "s256" {
		h := sha256.Sum256([]byte(verifier))
		verifier = base64.RawURLEncoding.EncodeToString(h[:])
	}
	return subtle.ConstantTimeCompare([]byte(challenge), []byte(verifier)) == 1
}
