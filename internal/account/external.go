package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/federation"
)

// Ways in through other providers.

// Departure is a request to go to a provider.
type Departure struct {
	Provider   string
	RedirectTo string
	Scopes     []string
	Challenge  Challenge
	Invite     string  // a link's secret: the address is the invited one's
	Link       *Bearer // whose identity it shall be; nil to sign in
	Extra      map[string]string
}

// Departed is where the browser goes, and what it has to bring back beside the state.
type Departed struct {
	URL    string
	Cookie string // of the browser that has left; "" when it was not a browser that asked
}

// clientStateRow is a row of auth.oauth_client_states: a visit at a provider, used when the browser comes back.
type clientStateRow struct {
	ID        string    `json:"id"`
	Provider  string    `json:"provider_type"`
	Verifier  string    `json:"code_verifier"`
	CreatedAt time.Time `json:"created_at"`
}

func (s *Service) enabled(ctx context.Context, provider string) error {
	if err := s.custom(ctx, provider); err != nil {
		return err
	}
	if s.o.Federation == nil || !s.o.Federation.Has(provider) {
		return fail(http.StatusBadRequest, "validation_failed", "Unsupported provider: provider is not enabled")
	}
	return nil
}

// mark is a secret of one visit for one purpose: nobody has to keep it.
func (s *Service) mark(purpose, visit string) string {
	m := hmac.New(sha256.New, s.keys.Derive("visit "+purpose))
	m.Write([]byte(visit))
	return hex.EncodeToString(m.Sum(nil))
}

// Depart begins a visit at a provider.
func (s *Service) Depart(ctx context.Context, c Client, d Departure) (*Departed, error) {
	if err := s.enabled(ctx, d.Provider); err != nil {
		return nil, err
	}
	if err := d.Challenge.check(); err != nil {
		return nil, err
	}
	if d.Link != nil {
		switch {
		case d.Link.factors && d.Link.AAL != "aal2":
			return nil, fail(http.StatusForbidden, "insufficient_aal", "AAL2 required to link an identity")
		case d.Challenge.Code == "":
			// Without it nothing would tell the browser that comes back from the one that asked: anybody's identity could be linked to anybody's account.
			return nil, invalid("Linking an identity needs the PKCE flow: code_challenge is missing")
		}
	}
	if err := s.take(ctx, "depart", c.network(), s.o.Limits.Signups, fiveMinutes); err != nil {
		return nil, err
	}
	visit := newID()
	verifier := federation.Verifier()
	to, err := s.o.Federation.URL(ctx, d.Provider, federation.Visit{State: visit, Nonce: s.mark("nonce", visit), Verifier: verifier}, d.Scopes, d.Extra)
	if err != nil {
		s.o.Log.Warn("provider", "provider", d.Provider, "error", err)
		return nil, fail(http.StatusInternalServerError, "unexpected_failure", "The provider cannot be reached")
	}
	sealed, err := s.seal("visit "+visit, verifier)
	if err != nil {
		return nil, err
	}
	err = s.transact(ctx, func(x *tx) error {
		now := s.now()
		if _, err := insert[clientStateRow](x, schemaAuth, "oauth_client_states", values{"id": visit, "provider_type": d.Provider, "code_verifier": sealed, "created_at": now}); err != nil {
			return err
		}
		v := values{
			"id": newID(), "provider_type": d.Provider, "authentication_method": byOAuth, "created_at": now, "updated_at": now, "oauth_client_state_id": visit,
			"referrer": s.Redirect(d.RedirectTo),
		}
		if d.Challenge.Code != "" {
			v["code_challenge"], v["code_challenge_method"] = d.Challenge.Code, lower(d.Challenge.Method)
		}
		if d.Invite != "" {
			v["invite_token"] = linkHash(d.Invite)
		}
		if d.Link != nil {
			v["linking_target_id"] = d.Link.User.ID
		}
		_, err := insert[flowRow](x, schemaAuth, "flow_state", v)
		return err
	})
	return &Departed{URL: to, Cookie: s.mark("cookie", visit)}, err
}

func lower(method string) string {
	if method == "S256" {
		return "s256"
	}
	return method
}

// Arrival is what a browser brings back from a provider.
type Arrival struct {
	State, Code string
	// Issuer is who says to have answered (RFC 9207); "" for a provider that does not say.
	Issuer string
	// Cookie is what the browser has kept of Departed.
	Cookie string
	// Error is the provider's own refusal.
	Error, ErrorDescription string
}

// Arrive ends a visit: who came back is signed in, or linked to the user who asked. It gives where the browser goes, with an error as well.
func (s *Service) Arrive(ctx context.Context, c Client, a Arrival) (out Verified, err error) {
	out.RedirectTo = s.o.SiteURL
	if !isID(a.State) {
		return out, fail(http.StatusBadRequest, "bad_oauth_state", "OAuth state parameter is missing or invalid")
	}
	// A visit ends once, whatever comes of it.
	var visit *clientStateRow
	var flow *flowRow
	err = s.transact(ctx, func(x *tx) error {
		visit, flow = nil, nil
		gone, err := remove[clientStateRow](x, schemaAuth, "oauth_client_states", eq("id", a.State))
		if err != nil || len(gone) != 1 {
			return err
		}
		visit = &gone[0]
		flow, err = one[flowRow](x, schemaAuth, "flow_state", eq("oauth_client_state_id", a.State))
		return err
	})
	if err != nil {
		return out, err
	}
	if visit == nil || flow == nil || s.now().After(visit.CreatedAt.Add(s.o.FlowLifetime)) {
		return out, fail(http.StatusBadRequest, "bad_oauth_state", "OAuth state not found or expired")
	}
	out.RedirectTo = flow.Referrer
	// Another browser than the one that left would be signed in as somebody else (login CSRF, attack F4). PKCE and linking bind the visit in their own ways.
	if flow.Challenge == "" && flow.LinkingTarget == "" && !equalText(a.Cookie, s.mark("cookie", a.State)) {
		return out, fail(http.StatusBadRequest, "bad_oauth_state", "OAuth state was not issued to this browser")
	}
	// An answer of another provider than the one that was asked, an error as well, is a mix-up (attack F5).
	if err := s.o.Federation.CheckIssuer(ctx, visit.Provider, a.Issuer); err != nil {
		s.o.Log.Warn("provider", "provider", visit.Provider, "error", err)
		return out, fail(http.StatusBadRequest, "bad_oauth_callback", "OAuth callback of another issuer")
	}
	if a.Error != "" {
		return out, fail(http.StatusBadRequest, "bad_oauth_callback", "%s: %s", a.Error, a.ErrorDescription)
	}
	if a.Code == "" {
		return out, fail(http.StatusBadRequest, "bad_oauth_callback", "OAuth callback with missing authorization code")
	}
	if err := s.custom(ctx, visit.Provider); err != nil {
		return out, err
	}
	verifier, err := s.unseal("visit "+visit.ID, visit.Verifier)
	if err != nil {
		return out, err
	}
	person, err := s.o.Federation.Back(ctx, visit.Provider, federation.Visit{State: a.State, Nonce: s.mark("nonce", a.State), Verifier: verifier}, a.Code)
	if err != nil {
		s.o.Log.Warn("provider", "provider", visit.Provider, "error", err)
		return out, fail(http.StatusInternalServerError, "unexpected_failure", "Unable to exchange external code")
	}
	if flow.LinkingTarget != "" {
		out.Code, err = s.linkLater(ctx, flow, person)
		return out, err
	}
	err = s.transact(ctx, func(x *tx) error {
		out.Session, out.Code = nil, ""
		u, err := s.known(x, person, flow)
		if err != nil {
			return err
		}
		if u.banned(s.now()) {
			return errBanned()
		}
		if flow.Challenge != "" {
			kept, err := s.sealTokens(flow.ID, person.AccessToken, person.RefreshToken)
			if err != nil {
				return err
			}
			if _, err := update[flowRow](x, schemaAuth, "flow_state", kept, eq("id", flow.ID)); err != nil {
				return err
			}
			out.Code, err = s.endFlow(x, flow.ID, u.ID)
			return err
		}
		if _, err := remove[flowRow](x, schemaAuth, "flow_state", eq("id", flow.ID)); err != nil {
			return err
		}
		if out.Session, err = s.signIn(x, c, u, byOAuth); err != nil {
			return err
		}
		out.Session.Provider, out.Session.ProviderNext = person.AccessToken, person.RefreshToken
		return nil
	})
	return out, err
}

// linkLater keeps who came back until the browser that began the linking proves to be it with the verifier of its challenge: Exchange links then, and nobody before.
func (s *Service) linkLater(ctx context.Context, flow *flowRow, p *federation.Person) (code string, err error) {
	b, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sealed, err := s.seal("link "+flow.ID, string(b))
	if err != nil {
		return "", err
	}
	err = s.transact(ctx, func(x *tx) error {
		if _, err := update[flowRow](x, schemaAuth, "flow_state", values{"provider_access_token": sealed}, eq("id", flow.ID)); err != nil {
			return err
		}
		code, err = s.endFlow(x, flow.ID, flow.LinkingTarget)
		return err
	})
	return code, err
}

// linkNow links who came back in a flow.
func (s *Service) linkNow(x *tx, f *flowRow) (*userRow, *federation.Person, error) {
	text, err := s.unseal("link "+f.ID, f.AccessToken)
	if err != nil {
		return nil, nil, err
	}
	p := &federation.Person{}
	if err := json.Unmarshal([]byte(text), p); err != nil {
		return nil, nil, err
	}
	u, err := s.known(x, p, f)
	return u, p, err
}

// IDToken signs in whoever an identity token of a provider is of, or links the identity to the bearer.
func (s *Service) IDToken(ctx context.Context, c Client, provider, token, nonce string, link *Bearer) (*Session, error) {
	if err := s.custom(ctx, provider); err != nil {
		return nil, err
	}
	if s.o.Federation == nil || !s.o.Federation.Has(provider) {
		return nil, fail(http.StatusBadRequest, "provider_disabled", "Provider (issuer %q) is not enabled", provider)
	}
	if token == "" {
		return nil, invalid("id_token required")
	}
	if err := s.take(ctx, "signup", c.network(), s.o.Limits.Signups, fiveMinutes); err != nil {
		return nil, err
	}
	person, err := s.o.Federation.Token(ctx, provider, token, nonce)
	if err != nil {
		s.o.Log.Info("identity token refused", "provider", provider, "error", err)
		return nil, fail(http.StatusBadRequest, "validation_failed", "Bad ID token")
	}
	flow := &flowRow{}
	if link != nil {
		if err := s.MayLink(); err != nil {
			return nil, err
		}
		if link.factors && link.AAL != "aal2" {
			return nil, fail(http.StatusForbidden, "insufficient_aal", "AAL2 required to link an identity")
		}
		flow.LinkingTarget = link.User.ID
	}
	var out *Session
	err = s.transact(ctx, func(x *tx) error {
		u, err := s.known(x, person, flow)
		if err != nil {
			return err
		}
		out, err = s.signIn(x, c, u, byOAuth)
		return err
	})
	return out, err
}

// known finds or makes the user of a person (conclusion 7 of the attack catalogue). An identity is its provider and subject. A user whose address the provider vouches
// for is the same person only if nobody else has proved that address before, or if the project believes its providers (LinkVerified); what strangers left on an address
// that nobody has proved goes.
func (s *Service) known(x *tx, p *federation.Person, flow *flowRow) (*userRow, error) {
	now := s.now()
	own, err := one[identityRow](x, schemaAuth, "identities", eq("provider", p.Provider), eq("provider_id", p.Subject))
	if err != nil {
		return nil, err
	}
	if flow.LinkingTarget != "" {
		u, err := x.userByID(flow.LinkingTarget)
		if err != nil || u == nil {
			return nil, orGone(err)
		}
		if own != nil {
			if own.UserID == u.ID {
				return nil, fail(http.StatusUnprocessableEntity, "identity_already_exists", "Identity is already linked")
			}
			return nil, fail(http.StatusUnprocessableEntity, "identity_already_exists", "Identity is already linked to another user")
		}
		if u.Anonymous {
			v := values{"is_anonymous": false}
			if p.Email != "" && p.Verified && u.Email == "" {
				if err := x.free(p.Email, "", u.ID); err != nil {
					return nil, err
				}
				v["email"], v["email_confirmed_at"] = p.Email, now
			}
			if u, err = x.updateUser(now, u.ID, v); err != nil {
				return nil, err
			}
		}
		return x.link(now, u, p.Provider, p.Subject, p.Data)
	}
	if own != nil {
		if _, err := update[identityRow](x, schemaAuth, "identities", values{"identity_data": p.Data, "last_sign_in_at": now, "updated_at": now}, eq("id", own.ID)); err != nil {
			return nil, err
		}
		u, err := x.userByID(own.UserID)
		if err != nil || u == nil || u.DeletedAt != nil {
			return nil, orGone(err)
		}
		return x.updateUser(now, u.ID, values{"raw_user_meta_data": merged(object(u.UserMeta), p.Data)})
	}
	if flow.InviteToken != "" {
		return s.invitedPerson(x, p, flow)
	}
	if strings.HasPrefix(p.Provider, "sso:") {
		return s.newPerson(x, p, true) // an organisation says who its people are, and nothing about anybody else
	}
	if p.Email == "" || !p.Verified {
		if p.Provider != walletProvider && !s.o.Federation.EmailOptional(p.Provider) {
			if p.Email == "" {
				return nil, fail(http.StatusUnprocessableEntity, "email_address_not_provided", "Error getting user email from external provider")
			}
			return nil, fail(http.StatusUnprocessableEntity, "provider_email_needs_verification", "Unverified email with %s. Verify the email at %s first.", p.Provider, p.Provider)
		}
		return s.newPerson(x, p, false)
	}
	u, err := x.userByEmail(p.Email)
	switch {
	case err != nil:
		return nil, err
	case u == nil:
		return s.newPerson(x, p, true)
	case u.EmailConfirmedAt != nil && !s.o.LinkVerified:
		return nil, fail(http.StatusUnprocessableEntity, "user_already_exists", "A user with this address exists. Sign in as before, then link %s.", p.Provider)
	case u.EmailConfirmedAt == nil, s.o.Email.AutoConfirm: // an address that was taken for confirmed is not proved
		if u, err = s.takeOver(x, u); err != nil {
			return nil, err
		}
	}
	if u, err = x.updateUser(now, u.ID, values{"raw_user_meta_data": merged(object(u.UserMeta), p.Data)}); err != nil {
		return nil, err
	}
	return x.link(now, u, p.Provider, p.Subject, p.Data)
}

// takeOver gives an address that nobody had proved to who has: nothing stays that somebody else may have left.
func (s *Service) takeOver(x *tx, u *userRow) (*userRow, error) {
	if err := x.endSessions(u.ID); err != nil {
		return nil, err
	}
	if err := x.voidTokens(u.ID); err != nil {
		return nil, err
	}
	if err := x.dropRecovery(s.now(), u.ID); err != nil {
		return nil, err
	}
	for _, hangs := range []string{"identities", "mfa_factors", "webauthn_credentials"} {
		if _, err := remove[struct{}](x, schemaAuth, hangs, eq("user_id", u.ID)); err != nil {
			return nil, err
		}
	}
	return x.updateUser(s.now(), u.ID, values{"encrypted_password": nil, "email_confirmed_at": s.now(), "phone": nil, "phone_confirmed_at": nil, "raw_user_meta_data": map[string]any{}})
}

func (s *Service) newPerson(x *tx, p *federation.Person, verified bool) (*userRow, error) {
	if s.o.NoSignup {
		return nil, fail(http.StatusUnprocessableEntity, "signup_disabled", "Signups not allowed for this instance")
	}
	now := s.now()
	v := values{"raw_user_meta_data": p.Data, "raw_app_meta_data": map[string]any{"provider": p.Provider, "providers": []string{p.Provider}}}
	if strings.HasPrefix(p.Provider, "sso:") {
		v["is_sso_user"] = true
	}
	if verified {
		v["email"], v["email_confirmed_at"] = p.Email, now
	}
	u, err := x.insertUser(now, v)
	if err != nil {
		return nil, taken(err)
	}
	return x.link(now, u, p.Provider, p.Subject, p.Data)
}

// invitedPerson makes an invitation the person's whose provider vouches for the invited address.
func (s *Service) invitedPerson(x *tx, p *federation.Person, flow *flowRow) (*userRow, error) {
	t, err := s.useHash(x, flow.InviteToken, confirmation)
	if err != nil {
		return nil, err
	}
	if !p.Verified || p.Email != t.user.Email || t.code.Purpose != "invite" {
		return nil, fail(http.StatusBadRequest, "validation_failed", "Invited email does not match emails from external provider")
	}
	u, err := s.takeOver(x, t.user)
	if err != nil {
		return nil, err
	}
	return x.link(s.now(), u, p.Provider, p.Subject, p.Data)
}
