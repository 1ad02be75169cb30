package account

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/identity"
)

// sessionRow is a row of auth.sessions.
type sessionRow struct {
	ID          string     `json:"id"`
	UserID      string     `json:"user_id"`
	CreatedAt   *time.Time `json:"created_at"`
	UpdatedAt   *time.Time `json:"updated_at"` // when the last refresh token was issued
	FactorID    string     `json:"factor_id"`
	AAL         string     `json:"aal"`
	NotAfter    *time.Time `json:"not_after"`
	ClientID    string     `json:"oauth_client_id"`
	Scopes      string     `json:"scopes"`
	RefreshKey  string     `json:"refresh_token_hmac_key"`
	RefreshNext int64      `json:"refresh_token_counter"`
}

// methodRow is a row of auth.mfa_amr_claims: how the session's user has proved to be one.
type methodRow struct {
	SessionID string    `json:"session_id"`
	Method    string    `json:"authentication_method"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Session is what a signed-in client gets.
type Session struct {
	AccessToken  string        `json:"access_token"`
	TokenType    string        `json:"token_type"`
	ExpiresIn    int64         `json:"expires_in"`
	ExpiresAt    int64         `json:"expires_at"`
	RefreshToken string        `json:"refresh_token"`
	User         *User         `json:"user"`
	Provider     string        `json:"provider_token,omitempty"`
	ProviderNext string        `json:"provider_refresh_token,omitempty"`
	Weak         *WeakPassword `json:"weak_password,omitempty"`
}

// WeakPassword says that the password which was right would not be accepted for a new user.
type WeakPassword struct {
	Message string   `json:"message"`
	Reasons []string `json:"reasons"`
}

// The ways of proving to be a user, as the claim amr names them.
const (
	byPassword  = "password"
	byCode      = "otp"
	byLink      = "magiclink"
	byRecovery  = "recovery"
	byInvite    = "invite"
	bySignup    = "email/signup"
	byChange    = "email_change"
	byAnonymous = "anonymous"
	byOAuth     = "oauth"
	byRefresh   = "token_refresh"
	byTOTP      = "totp"
)

// signIn starts a session of a user who has just been proved by method. It ends others where the project allows one only.
func (s *Service) signIn(x *tx, c Client, u *userRow, method string) (*Session, error) {
	now := s.now()
	if u.banned(now) {
		return nil, errBanned()
	}
	if s.o.SingleUser {
		if err := x.endSessions(u.ID); err != nil {
			return nil, err
		}
	}
	v := values{
		"id": newID(), "user_id": u.ID, "created_at": now, "updated_at": now, "aal": "aal1", "user_agent": c.UserAgent,
		"refresh_token_hmac_key": base64.StdEncoding.EncodeToString(randomBytes(32)), "refresh_token_counter": 0,
	}
	if c.IP.IsValid() {
		v["ip"] = c.IP.Unmap().String()
	}
	row, err := insert[sessionRow](x, schemaAuth, "sessions", v)
	if err != nil {
		return nil, err
	}
	if err := x.prove(now, row.ID, method); err != nil {
		return nil, err
	}
	if u, err = x.updateUser(now, u.ID, values{"last_sign_in_at": now}); err != nil {
		return nil, err
	}
	return s.tokens(x, row, u, method, true)
}

func errBanned() error { return fail(http.StatusBadRequest, "user_banned", "User is banned") }

// prove records how the user of a session was proved.
func (x *tx) prove(now time.Time, session, method string) error {
	rows, err := update[methodRow](x, schemaAuth, "mfa_amr_claims", values{"updated_at": now}, eq("session_id", session), eq("authentication_method", method))
	if err != nil || len(rows) > 0 {
		return err
	}
	_, err = insert[methodRow](x, schemaAuth, "mfa_amr_claims", values{
		"id": newID(), "session_id": session, "created_at": now, "updated_at": now, "authentication_method": method,
	})
	return err
}

// tokens makes the tokens of a session as it is, for a user who was proved by method; fresh says that the session begins with it. The access token is made when the
// transaction has committed.
func (s *Service) tokens(x *tx, row *sessionRow, u *userRow, method string, fresh bool) (*Session, error) {
	view, err := x.view(u)
	if err != nil {
		return nil, err
	}
	methods, err := list[methodRow](x, schemaAuth, "mfa_amr_claims", page{order: ascending("created_at", "authentication_method")}, eq("session_id", row.ID))
	if err != nil {
		return nil, err
	}
	claims, expires := s.claims(row, view, methods)
	refresh, err := refreshToken(s.keys.Derive(refreshPurpose), row)
	if err != nil {
		return nil, err
	}
	out := &Session{
		TokenType: "bearer", ExpiresIn: int64(expires.Sub(s.now()) / time.Second), ExpiresAt: expires.Unix(), RefreshToken: refresh, User: view,
	}
	x.issued = append(x.issued, &issued{session: out, row: row, claims: claims, method: method, fresh: fresh})
	return out, nil
}

type method struct {
	Method    string `json:"method"`
	Timestamp int64  `json:"timestamp"`
}

// claims are those of a session's access token, and when it expires.
func (s *Service) claims(row *sessionRow, u *User, methods []methodRow) (map[string]any, time.Time) {
	now := s.now()
	expires := now.Add(s.o.Lifetime)
	if end := s.ends(row); !end.IsZero() && end.Before(expires) {
		expires = end // no door takes a token of a session that is over
	}
	amr := make([]method, len(methods))
	for i, m := range methods {
		amr[i] = method{m.Method, m.UpdatedAt.Unix()}
	}
	slices.SortStableFunc(amr, func(a, b method) int { return int(b.Timestamp - a.Timestamp) }) // the latest first
	claims := map[string]any{
		"iss": s.Issuer(), "sub": u.ID, "aud": u.Aud, "exp": expires.Unix(), "iat": now.Unix(), "email": u.Email, "phone": u.Phone,
		"app_metadata": u.AppMetadata, "user_metadata": u.UserMetadata, "role": u.Role, "aal": row.AAL, "amr": amr, "session_id": row.ID, "is_anonymous": u.IsAnonymous,
	}
	if row.ClientID != "" {
		// A program reads its token: it learns what it was granted and no more.
		claims["client_id"], claims["scope"] = row.ClientID, row.Scopes
		granted := strings.Fields(row.Scopes)
		for scope, names := range map[string][]string{"email": {"email"}, "phone": {"phone"}, "profile": {"user_metadata"}} {
			if !slices.Contains(granted, scope) {
				for _, name := range names {
					delete(claims, name)
				}
			}
		}
	}
	return claims, expires
}

// Refresh answers a refresh token with the session's next tokens (protocol document 2.4). The token before the current one, or an older one within the
// reuse window, is somebody whose answer was lost or another tab: it gets the current one again. One that is older is a stolen copy, or its owner after the
// thief: nobody can tell, so the session ends.
func (s *Service) Refresh(ctx context.Context, c Client, token string) (*Session, error) {
	return s.refresh(ctx, c, token, "")
}

// refresh is Refresh for a session that was given to a program (client), or to the project's own client.
func (s *Service) refresh(ctx context.Context, c Client, token, client string) (*Session, error) {
	if err := s.take(ctx, "refresh", c.network(), s.o.Limits.Refresh, fiveMinutes); err != nil {
		return nil, err
	}
	t, ok := parseRefresh(token)
	if !ok {
		if client != "" {
			return nil, errUnknownRefresh()
		}
		return s.refreshStored(ctx, c, token)
	}
	var out *Session
	var refused error
	err := s.transact(ctx, func(x *tx) error {
		out, refused = nil, nil
		row, u, err := s.liveSession(x, t.session)
		if err != nil {
			return err
		}
		if row == nil || row.ClientID != client || !t.signedBy(s.keys.Derive(refreshPurpose), row) {
			return errUnknownRefresh()
		}
		now := s.now()
		switch {
		case t.counter > row.RefreshNext:
			return errUnknownRefresh()
		case t.counter == row.RefreshNext:
			next, err := update[sessionRow](x, schemaAuth, "sessions", values{"refresh_token_counter": t.counter + 1, "updated_at": now, "refreshed_at": now, "user_agent": c.UserAgent},
				eq("id", row.ID), eq("refresh_token_counter", t.counter))
			if err != nil {
				return err
			}
			if len(next) == 1 {
				row = &next[0]
				break
			}
			// Another was faster: its answer is the current token.
			if row, err = one[sessionRow](x, schemaAuth, "sessions", eq("id", row.ID)); err != nil || row == nil {
				return orUnknown(err)
			}
		case t.counter == row.RefreshNext-1:
		case now.Sub(moment(row.UpdatedAt)) < s.o.ReuseWindow && t.counter >= row.RefreshNext-reuseSteps:
			// Not across the proof of a second factor: the token of before knows nothing of it. That is no theft either.
			if row.AAL == "aal2" {
				return errUsedRefresh()
			}
		default:
			refused = errUsedRefresh()
			return x.stolen(s.now(), row)
		}
		out, err = s.tokens(x, row, u, byRefresh, false)
		return err
	})
	return settled(out, refused, err)
}

// stolen ends a session of which somebody has an old refresh token.
func (x *tx) stolen(now time.Time, row *sessionRow) error {
	if err := x.audit(now, "token", "refresh_token_reused", map[string]any{"session_id": row.ID, "user_id": row.UserID}); err != nil {
		return err
	}
	return x.endSession(row.ID)
}

// settled is what a transaction has come to: out, its own error, or what it has refused and has committed why (a try that counts, a token that is used up).
func settled[T any](out *T, refused, err error) (*T, error) {
	if err == nil {
		err = refused
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// reuseSteps is how many tokens back one may be that comes within the reuse window.
const reuseSteps = 4

func errUnknownRefresh() error {
	return fail(http.StatusBadRequest, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
}

func errUsedRefresh() error {
	return fail(http.StatusBadRequest, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
}

func orUnknown(err error) error {
	if err != nil {
		return err
	}
	return errUnknownRefresh()
}

// liveSession finds a session and its user; none where it has ended. Its errors say that time or the administrator has ended it.
func (s *Service) liveSession(x *tx, id string) (*sessionRow, *userRow, error) {
	row, err := one[sessionRow](x, schemaAuth, "sessions", eq("id", id))
	if err != nil || row == nil {
		return nil, nil, err
	}
	u, err := x.userByID(row.UserID)
	if err != nil || u == nil {
		return nil, nil, err
	}
	if u.banned(s.now()) {
		return nil, nil, errBanned()
	}
	if why := s.over(row); why != "" {
		return nil, nil, fail(http.StatusBadRequest, "session_expired", "Invalid Refresh Token: %s", why)
	}
	return row, u, nil
}

// over says why time has ended a session; "" while it has not.
func (s *Service) over(row *sessionRow) string {
	now := s.now()
	switch {
	case s.o.Timebox > 0 && now.After(moment(row.CreatedAt).Add(s.o.Timebox)), row.NotAfter != nil && now.After(*row.NotAfter):
		return "Session Expired"
	case s.o.Inactivity > 0 && now.After(moment(row.UpdatedAt).Add(s.o.Inactivity)):
		return "Session Expired (Inactivity)"
	}
	return ""
}

// ends is when a session is over unless something happens before; zero for never.
func (s *Service) ends(row *sessionRow) time.Time {
	var end time.Time
	sooner := func(t time.Time) {
		if end.IsZero() || t.Before(end) {
			end = t
		}
	}
	if s.o.Timebox > 0 {
		sooner(moment(row.CreatedAt).Add(s.o.Timebox))
	}
	if s.o.Inactivity > 0 {
		sooner(moment(row.UpdatedAt).Add(s.o.Inactivity))
	}
	if row.NotAfter != nil {
		sooner(*row.NotAfter)
	}
	return end
}

// storedRefresh is a refresh token of the ecosystem's first kind: a row each.
type storedRefresh struct {
	ID        int64      `json:"id"`
	Token     string     `json:"token"`
	SessionID string     `json:"session_id"`
	Revoked   bool       `json:"revoked"`
	Parent    string     `json:"parent"`
	UpdatedAt *time.Time `json:"updated_at"`
}

// refreshStored exchanges a refresh token of the first kind, which a moved project's users still hold, for one of ours. One that was exchanged already follows the rule
// of the others: the parent of the token in use, or one that comes within the reuse window, gets what is in use; another is a stolen copy, and the session ends.
func (s *Service) refreshStored(ctx context.Context, c Client, token string) (*Session, error) {
	var out *Session
	var refused error
	err := s.transact(ctx, func(x *tx) error {
		out, refused = nil, nil
		old, err := one[storedRefresh](x, schemaAuth, "refresh_tokens", eq("token", token))
		if err != nil || old == nil || token == "" {
			return orUnknown(err)
		}
		row, u, err := s.liveSession(x, old.SessionID)
		if err != nil || row == nil || row.ClientID != "" {
			return orUnknown(err)
		}
		if !old.Revoked {
			if row, err = s.exchangeStored(x, c, row, old); err != nil || row != nil {
				if err == nil {
					out, err = s.tokens(x, row, u, byRefresh, false)
				}
				return err
			}
			// Another was faster: this is the parent of what it got.
			if row, err = one[sessionRow](x, schemaAuth, "sessions", eq("id", old.SessionID)); err != nil || row == nil {
				return orUnknown(err)
			}
			if old, err = one[storedRefresh](x, schemaAuth, "refresh_tokens", eq("id", old.ID)); err != nil || old == nil {
				return orUnknown(err)
			}
		}
		last, err := list[storedRefresh](x, schemaAuth, "refresh_tokens", page{order: []query.Order{{Name: "id", Desc: true}}, limit: 1}, eq("session_id", row.ID))
		if err != nil || len(last) == 0 {
			return orUnknown(err)
		}
		inUse := &last[0]
		recent := s.now().Sub(moment(old.UpdatedAt)) < s.o.ReuseWindow && row.AAL != "aal2"
		switch {
		case !inUse.Revoked && (inUse.Parent == old.Token || recent):
			if row, err = s.exchangeStored(x, c, row, inUse); err != nil || row == nil {
				return orUnknown(err)
			}
		case inUse.Revoked && row.RefreshKey != "" && (inUse.ID == old.ID && row.RefreshNext == 0 || recent):
		default:
			refused = errUsedRefresh()
			return x.stolen(s.now(), row)
		}
		out, err = s.tokens(x, row, u, byRefresh, false)
		return err
	})
	return settled(out, refused, err)
}

// exchangeStored uses a token of the first kind and gives the session with a key of its own; nil when another has used it.
func (s *Service) exchangeStored(x *tx, c Client, row *sessionRow, old *storedRefresh) (*sessionRow, error) {
	now := s.now()
	v := values{"updated_at": now, "refreshed_at": now, "user_agent": c.UserAgent}
	if row.RefreshKey == "" {
		v["refresh_token_hmac_key"], v["refresh_token_counter"] = base64.StdEncoding.EncodeToString(randomBytes(32)), 0
	}
	used, err := update[storedRefresh](x, schemaAuth, "refresh_tokens", values{"revoked": true, "updated_at": now}, eq("id", old.ID), isFalse("revoked"))
	if err != nil || len(used) != 1 {
		return nil, err
	}
	next, err := update[sessionRow](x, schemaAuth, "sessions", v, eq("id", row.ID))
	if err != nil || len(next) != 1 {
		return nil, orUnknown(err)
	}
	return &next[0], nil
}

// endSession ends one session: its row goes, with what hangs on it, and its access tokens are refused from now on.
func (x *tx) endSession(id string) error {
	return x.gone(remove[sessionRow](x, schemaAuth, "sessions", eq("id", id)))
}

// endSessions ends all sessions of a user but those named.
func (x *tx) endSessions(user string, but ...string) error {
	where := []condition{eq("user_id", user)}
	for _, id := range but {
		where = append(where, neq("id", id))
	}
	return x.gone(remove[sessionRow](x, schemaAuth, "sessions", where...))
}

func (x *tx) gone(rows []sessionRow, err error) error {
	for _, r := range rows {
		x.ended = append(x.ended, r.ID)
	}
	return err
}

// Scope says which sessions a logout ends.
type Scope string

// The scopes.
const (
	Global Scope = "global" // all of the user's
	Local  Scope = "local"  // the one that asks
	Others Scope = "others" // all but the one that asks
)

// Logout ends sessions.
func (s *Service) Logout(ctx context.Context, who *Bearer, scope Scope) error {
	return s.transact(ctx, func(x *tx) error {
		switch scope {
		case Local:
			return x.endSession(who.Session)
		case Others:
			return x.endSessions(who.User.ID, who.Session)
		}
		return x.endSessions(who.User.ID)
	})
}

// Bearer is the user of a request, whose access token was checked against the session and the user as they are now.
type Bearer struct {
	User    *userRow
	Session string
	AAL     string
	Since   time.Time // when the session began
	Client  string    // the program that the session was given to; "" for the project's own
	factors bool      // the user has a second factor that is verified
}

// ID is the user's.
func (b *Bearer) ID() string { return b.User.ID }

// Bearer finds the user of a verified access token.
func (s *Service) Bearer(ctx context.Context, t *identity.Token) (*Bearer, error) {
	claims := object(t.Claims)
	if t.Subject == "" || !isID(t.Subject) {
		return nil, fail(http.StatusUnauthorized, "no_authorization", "This endpoint requires a valid Bearer token")
	}
	b := &Bearer{}
	b.Session, _ = claims["session_id"].(string)
	b.AAL, _ = claims["aal"].(string)
	err := s.read(ctx, func(x *tx) error {
		u, err := x.userByID(t.Subject)
		switch {
		case err != nil:
			return err
		case u == nil || u.DeletedAt != nil:
			return fail(http.StatusForbidden, "user_not_found", "User from sub claim in JWT does not exist")
		case u.banned(s.now()):
			return fail(http.StatusForbidden, "user_banned", "User is banned")
		}
		b.User = u
		factor, err := one[factorRow](x, schemaAuth, "mfa_factors", eq("user_id", u.ID), eq("status", "verified"))
		if err != nil {
			return err
		}
		b.factors = factor != nil
		if b.Session == "" {
			return nil
		}
		row, err := one[sessionRow](x, schemaAuth, "sessions", eq("id", b.Session))
		switch {
		case err != nil:
			return err
		case row == nil || row.UserID != u.ID:
			return fail(http.StatusForbidden, "session_not_found", "Session from session_id claim in JWT does not exist")
		}
		if why := s.over(row); why != "" {
			return fail(http.StatusForbidden, "session_expired", "%s", why)
		}
		b.Since, b.Client = moment(row.CreatedAt), row.ClientID
		// A token of before the second factor was proved stays one of before it.
		if row.AAL != "aal2" || b.AAL != "aal2" {
			b.AAL = "aal1"
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// User is the bearer's user as clients see it.
func (s *Service) User(ctx context.Context, who *Bearer) (*User, error) {
	var v *User
	err := s.read(ctx, func(x *tx) (err error) {
		v, err = x.view(who.User)
		return err
	})
	return v, err
}
