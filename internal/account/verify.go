package account

import (
	"context"
	"net/http"
)

// Proof is a one-time token that somebody has received, and what it is said to be for.
type Proof struct {
	Type         string // signup, invite, magiclink, recovery, email_change, email, sms, phone_change
	Link         string // the link's secret
	Email, Phone string // or an address with its
	Code         string // code
}

// Verified is the outcome of a proof: a session, or only a message when the other address of a change has still to confirm.
type Verified struct {
	Session    *Session
	Message    string
	Code       string // PKCE: what the browser that began the flow exchanges
	RedirectTo string
	Type       string
}

// Verify uses a one-time token. Purposes are kept apart: a token does only what it was sent for.
func (s *Service) Verify(ctx context.Context, c Client, p Proof) (*Verified, error) {
	return s.verify(ctx, c, p, false)
}

// FollowLink uses the token of a link that a browser has opened. In a PKCE flow its outcome is a code instead of a session.
func (s *Service) FollowLink(ctx context.Context, c Client, p Proof) (*Verified, error) {
	return s.verify(ctx, c, p, true)
}

func (s *Service) verify(ctx context.Context, c Client, p Proof, follow bool) (*Verified, error) {
	kinds, err := p.kinds()
	if err != nil {
		return nil, err
	}
	if err := s.take(ctx, "verify", c.network(), s.o.Limits.Verify, fiveMinutes); err != nil {
		return nil, err
	}
	var right *guess
	if p.Link == "" {
		if right, err = s.guessed(ctx, c, p, kinds); err != nil {
			return nil, err
		}
	}
	var out *Verified
	err = s.transact(ctx, func(x *tx) error {
		var t *used
		var err error
		if right != nil {
			t, err = s.use(x, &right.token, errCode)
		} else {
			t, err = s.useLink(x, p.Link, kinds...)
		}
		if err != nil {
			return err
		}
		out, err = s.proved(x, c, t, follow)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (p Proof) kinds() ([]kind, error) {
	if p.Link == "" && p.Code == "" {
		return nil, invalid("Verify requires a token or a token hash")
	}
	if p.Link != "" && (p.Email != "" || p.Phone != "" || p.Code != "") {
		return nil, invalid("Only the token_hash and type should be provided")
	}
	if p.Link == "" && (p.Email == "") == (p.Phone == "") {
		return nil, invalid("Only an email address or phone number should be provided on verify")
	}
	switch p.Type {
	case "signup", "invite":
		return []kind{confirmation}, nil
	case "magiclink", "email":
		return []kind{recovery, confirmation}, nil
	case "recovery":
		return []kind{recovery}, nil
	case "email_change":
		return []kind{changeNew, changeCurrent}, nil
	case "sms":
		return []kind{confirmation}, nil
	case "phone_change":
		return []kind{changePhone}, nil
	case "":
		return nil, invalid("Verify requires a verification type")
	}
	return nil, invalid("Invalid %s verification type", map[bool]string{true: "email", false: "sms"}[p.Phone == ""])
}

// guessed compares a code. It fails for a wrong one after the same work as for an address that nobody has.
func (s *Service) guessed(ctx context.Context, c Client, p Proof, kinds []kind) (*guess, error) {
	to := ""
	var err error
	if p.Email != "" {
		to, err = address(p.Email)
	} else {
		to, err = number(p.Phone)
	}
	if err != nil {
		return nil, err
	}
	right, err := s.guess(ctx, c, to, p.Code, func(x *tx) (*userRow, error) { return x.userOf(p, to) }, kinds...)
	if err != nil {
		return nil, err
	}
	if right == nil {
		return nil, errCode()
	}
	return right, nil
}

// userOf finds the user whose code somebody gives.
func (x *tx) userOf(p Proof, to string) (*userRow, error) {
	switch {
	case p.Type == "phone_change":
		return one[userRow](x, schemaAuth, "users", eq("phone_change", to))
	case p.Phone != "":
		return x.userByPhone(to)
	}
	u, err := x.userByEmail(to)
	if err != nil || p.Type != "email_change" {
		return u, err
	}
	changing, err := one[userRow](x, schemaAuth, "users", eq("email_change", to))
	if changing != nil {
		u = changing
	}
	return u, err
}

// proved does what the use of a token stands for.
func (s *Service) proved(x *tx, c Client, t *used, follow bool) (*Verified, error) {
	out := &Verified{RedirectTo: t.code.RedirectTo, Type: t.code.Purpose}
	u, method, err := t.user, byCode, error(nil)
	if follow {
		method = byLink
	}
	switch t.token.Kind {
	case changeNew, changeCurrent:
		done := false
		if u, done, err = s.changeMail(x, t); err != nil {
			return nil, err
		}
		if !done {
			out.Message = "Confirmation link accepted. Please proceed to confirm link sent to the other email"
			return out, nil
		}
		method = byChange
	case changePhone:
		if u, err = s.changedPhone(x, u, t.token.RelatesTo); err != nil {
			return nil, err
		}
	default:
		if u, err = s.confirmAddress(x, t); err != nil {
			return nil, err
		}
	}
	if t.code.Purpose == "recovery" {
		method = byRecovery
	}
	if t.code.Purpose == "invite" {
		method = byInvite
	}
	if follow && t.code.Flow != "" {
		if u.banned(s.now()) {
			return nil, errBanned()
		}
		out.Code, err = s.endFlow(x, t.code.Flow, u.ID)
		return out, err
	}
	out.Session, err = s.signIn(x, c, u, method)
	return out, err
}

// confirmAddress makes the address that a token was sent to the user's own. At the first proof everything goes that nobody had proved: a password which
// somebody chose before (unless the proof is of that very sign-up), identities of other addresses, sessions and factors. So whoever signs up with another's
// address keeps nothing when its owner comes (conclusion 7 of the attack catalogue, E1).
func (s *Service) confirmAddress(x *tx, t *used) (*userRow, error) {
	now := s.now()
	u := t.user
	phone := t.token.RelatesTo != u.Email
	if phone && t.token.RelatesTo != u.Phone {
		return nil, errLink() // the address is another one by now
	}
	v := values{}
	first := !u.confirmed()
	data := object(t.code.Data)
	if first {
		hash, _ := data["password"].(string)
		if hash == "" {
			v["encrypted_password"] = nil
		} else {
			v["encrypted_password"] = hash
		}
		if err := x.endSessions(u.ID); err != nil {
			return nil, err
		}
		if err := x.dropRecovery(now, u.ID); err != nil {
			return nil, err
		}
		if _, err := remove[factorRow](x, schemaAuth, "mfa_factors", eq("user_id", u.ID)); err != nil {
			return nil, err
		}
		if _, err := remove[identityRow](x, schemaAuth, "identities", eq("user_id", u.ID), neq("provider", "email"), neq("provider", "phone")); err != nil {
			return nil, err
		}
	}
	provider, meta := "email", map[string]any{"email": u.Email, "email_verified": true}
	switch {
	case phone && u.PhoneConfirmedAt == nil:
		v["phone_confirmed_at"] = now
		provider, meta = "phone", map[string]any{"phone": u.Phone, "phone_verified": true}
	case !phone && u.EmailConfirmedAt == nil:
		v["email_confirmed_at"] = now
	default:
		return u, nil
	}
	if u.Anonymous {
		v["is_anonymous"] = false
	}
	v["raw_user_meta_data"] = merged(object(u.UserMeta), meta)
	if chosen, ok := data["user_metadata"].(map[string]any); ok && first {
		// What the one says who proves the address, and not what anybody said of it before.
		v["raw_user_meta_data"] = merged(chosen, merged(map[string]any{"sub": u.ID, "email_verified": false, "phone_verified": false}, meta))
	}
	u, err := x.updateUser(now, u.ID, v)
	if err != nil {
		return nil, err
	}
	rows, err := find[identityRow](x, schemaAuth, "identities", eq("user_id", u.ID), eq("provider", provider))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return x.link(now, u, provider, u.ID, merged(map[string]any{"sub": u.ID, "email_verified": false, "phone_verified": false}, meta))
	}
	_, err = update[identityRow](x, schemaAuth, "identities", values{"identity_data": merged(object(rows[0].Data), meta), "updated_at": now}, eq("id", rows[0].ID))
	return u, err
}

func errConflict() error {
	return fail(http.StatusUnprocessableEntity, "email_exists", "A user with this email address has already been registered")
}
