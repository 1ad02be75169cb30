package account

import (
	"context"
	"maps"
	"net/http"
	"time"
)

// Change is what users change of themselves. A nil field is left as it is.
type Change struct {
	Email, Phone    *string
	Password        *string
	CurrentPassword string
	Nonce           string // of Reauthenticate
	Data            map[string]any
	Channel         string
	RedirectTo      string
	Challenge       Challenge
}

const freshSession = 24 * time.Hour

// ChangeUser changes a user as the user asks. A new address is the user's when it is confirmed, by the new one and, unless the project says otherwise, by the old
// one too; a new password ends all other sessions and makes links and codes void that were sent before.
func (s *Service) ChangeUser(ctx context.Context, c Client, who *Bearer, ch Change) (*User, error) {
	if err := ch.Challenge.check(); err != nil {
		return nil, err
	}
	if who.User.SSO && (ch.Email != nil || ch.Phone != nil || ch.Password != nil || ch.Nonce != "") {
		return nil, fail(http.StatusUnprocessableEntity, "user_sso_managed", "Updating email, phone, password of a SSO account only possible via SSO")
	}
	if err := s.strongEnough(who, ch); err != nil {
		return nil, err
	}
	hash := ""
	var err error
	if ch.Password != nil {
		if hash, err = s.nextPassword(ctx, c, who, ch); err != nil {
			return nil, err
		}
	}
	mail, phone := "", ""
	if ch.Email != nil && *ch.Email != "" {
		if mail, err = address(*ch.Email); err != nil {
			return nil, err
		}
		if mail != who.User.Email && !s.o.Email.AutoConfirm {
			if err := s.mayWrite(ctx, c, "mail", mail); err != nil {
				return nil, err
			}
		}
	}
	if ch.Phone != nil && *ch.Phone != "" {
		if phone, err = number(*ch.Phone); err != nil {
			return nil, err
		}
		if phone != who.User.Phone && !s.o.Phone.AutoConfirm {
			if err := s.mayText(phone); err != nil {
				return nil, err
			}
			if err := s.mayWrite(ctx, c, "sms", phone); err != nil {
				return nil, err
			}
		}
	}
	var view *User
	err = s.transact(ctx, func(x *tx) error {
		u, err := x.userByID(who.User.ID)
		if err != nil || u == nil {
			return orGone(err)
		}
		now := s.now()
		v := values{}
		if ch.Data != nil {
			v["raw_user_meta_data"] = merged(object(u.UserMeta), ch.Data)
		}
		if ch.Password != nil {
			v["encrypted_password"] = hash
			if err := x.voidTokens(u.ID); err != nil {
				return err
			}
			if err := x.endSessions(u.ID, who.Session); err != nil {
				return err
			}
		}
		if len(v) > 0 {
			if u, err = x.updateUser(now, u.ID, v); err != nil {
				return err
			}
		}
		if mail != "" && mail != u.Email {
			if u, err = s.newMail(x, c, u, mail, ch); err != nil {
				return err
			}
		}
		if phone != "" && phone != u.Phone {
			if u, err = s.newPhone(x, c, u, phone, ch); err != nil {
				return err
			}
		}
		view, err = x.view(u)
		return err
	})
	if err != nil {
		return nil, taken(err)
	}
	return view, nil
}

// strongEnough asks for a second factor where the user has one: whoever has stolen a session of the first alone must not take the account over.
func (s *Service) strongEnough(who *Bearer, ch Change) error {
	if ch.Email == nil && ch.Phone == nil && ch.Password == nil || who.AAL == "aal2" || !who.factors {
		return nil
	}
	return fail(http.StatusUnauthorized, "insufficient_aal", "AAL2 session is required to update email or password when MFA is enabled.")
}

// nextPassword checks everything about a new password and hashes it.
func (s *Service) nextPassword(ctx context.Context, c Client, who *Bearer, ch Change) (string, error) {
	if *ch.Password == "" {
		return "", &WeakError{Reasons: []string{"length"}, Err: fail(http.StatusUnprocessableEntity, "weak_password", s.weakText([]string{"length"}))}
	}
	u := who.User
	if err := s.take(ctx, "new-password", u.ID, s.o.Limits.Passwords, fiveMinutes); err != nil {
		return "", err
	}
	if s.o.CurrentPassword && u.Password != "" {
		if ch.CurrentPassword == "" {
			return "", fail(http.StatusBadRequest, "current_password_required", "Current password required when setting new password.")
		}
		if err := s.take(ctx, "password:"+u.ID, c.network(), s.o.Limits.Passwords, fiveMinutes); err != nil {
			return "", err
		}
		ok, _, err := s.matches(ctx, u.Password, ch.CurrentPassword)
		if err != nil {
			return "", err
		}
		if !ok {
			return "", fail(http.StatusBadRequest, "current_password_invalid", "Current password required when setting new password.")
		}
	}
	if s.o.Reauthenticate && s.now().Sub(who.Since) > freshSession {
		if ch.Nonce == "" {
			return "", fail(http.StatusBadRequest, "reauthentication_needed", "Password update requires reauthentication")
		}
		if err := s.reauthenticated(ctx, c, u, ch.Nonce); err != nil {
			return "", err
		}
	}
	if u.Password != "" {
		same, _, err := s.matches(ctx, u.Password, *ch.Password)
		if err != nil {
			return "", err
		}
		if same {
			return "", fail(http.StatusUnprocessableEntity, "same_password", "New password should be different from the old password.")
		}
	}
	if err := s.strong(ctx, *ch.Password); err != nil {
		return "", err
	}
	return s.hash(ctx, *ch.Password)
}

// voidTokens makes every one-time token of a user void.
func (x *tx) voidTokens(user string) error {
	if _, err := remove[earlierRow](x, schemaOwn, "earlier_tokens", eq("user_id", user)); err != nil {
		return err
	}
	_, err := remove[tokenRow](x, schemaAuth, "one_time_tokens", eq("user_id", user))
	return err
}

// Reauthenticate sends a user a code that allows a sensitive change.
func (s *Service) Reauthenticate(ctx context.Context, c Client, who *Bearer) (string, error) {
	u := who.User
	to, kind, err := u.reachable()
	if err != nil {
		return "", err
	}
	if err := s.mayWrite(ctx, c, kind, to); err != nil {
		return "", err
	}
	id := ""
	err = s.transact(ctx, func(x *tx) error {
		t := oneTime{kind: reauth, purpose: "reauthentication", address: to, from: c.from()}
		var err error
		if kind == "sms" {
			id, err = s.text(x, u, to, "sms", t)
		} else {
			_, err = s.mail(x, u, to, mailReauth, t)
		}
		if err != nil {
			return err
		}
		now := s.now()
		_, err = x.updateUser(now, u.ID, values{"reauthentication_sent_at": now})
		return err
	})
	return id, err
}

// reachable is the confirmed address that a user is written to, and how: mail or sms.
func (u *userRow) reachable() (to, kind string, err error) {
	switch {
	case u.Email != "" && u.EmailConfirmedAt != nil:
		return u.Email, "mail", nil
	case u.Phone != "" && u.PhoneConfirmedAt != nil:
		return u.Phone, "sms", nil
	case u.Email == "" && u.Phone == "":
		return "", "", invalid("Reauthentication requires the user to have an email or a phone number")
	}
	return "", "", invalid("Please verify your email or phone first.")
}

// reauthenticated uses the code of Reauthenticate.
func (s *Service) reauthenticated(ctx context.Context, c Client, u *userRow, nonce string) error {
	bad := fail(http.StatusUnprocessableEntity, "reauthentication_not_valid", "Nonce has expired or is invalid")
	to, _, err := u.reachable()
	if err != nil {
		return bad
	}
	right, err := s.guess(ctx, c, to, nonce, func(*tx) (*userRow, error) { return u, nil }, reauth)
	if err != nil {
		return err
	}
	if right == nil {
		return bad
	}
	return s.transact(ctx, func(x *tx) error {
		_, err := s.use(x, &right.token, func() error { return bad })
		return err
	})
}

// newMail begins a change of the address, or makes it where nothing has to be confirmed. Where it has to be, nobody is told that the address is another's: that one is
// sent nothing, and so the change is never made.
func (s *Service) newMail(x *tx, c Client, u *userRow, mail string, ch Change) (*userRow, error) {
	now := s.now()
	if s.o.Email.AutoConfirm {
		if err := x.free(mail, "", u.ID); err != nil {
			return nil, err
		}
		u, err := x.updateUser(now, u.ID, values{"email_change": mail})
		if err != nil {
			return nil, err
		}
		return s.setMail(x, u)
	}
	u, err := x.updateUser(now, u.ID, values{"email_change": mail, "email_change_confirm_status": 0, "email_change_sent_at": now})
	if err != nil {
		return nil, err
	}
	_, err = s.writeDown(x, c, channelMail, mail, errand{What: askChange, User: u.ID, RedirectTo: s.Redirect(ch.RedirectTo), Challenge: ch.Challenge})
	return u, err
}

// mailChange sends what confirms a change of the address: to the new one unless it is another's, and to the old one where there is one and the project wants both.
func (s *Service) mailChange(x *tx, u *userRow, a errand) error {
	flow, err := s.beginFlow(x, a.Challenge, u.ID, "email", byChange)
	if err != nil {
		return err
	}
	current := oneTime{kind: changeCurrent, user: u.ID, purpose: "email_change", address: u.Email, redirectTo: a.RedirectTo, flow: flow, from: a.From}
	next := current
	next.kind, next.address = changeNew, u.EmailChange
	// Who has confirmed is not asked again: a second confirmation of one address is not one of the other.
	askCurrent, askNext := s.bothConfirm(u) && u.EmailChangeConfirm != currentConfirmed, u.EmailChangeConfirm != newConfirmed
	if askNext {
		other, err := x.userByEmail(u.EmailChange)
		if err != nil {
			return err
		}
		askNext = other == nil || other.ID == u.ID
	}
	if askCurrent && askNext && s.o.Hooks.Mail != nil {
		return s.mailBoth(x, u, current, next)
	}
	if askCurrent {
		if _, err := s.mail(x, u, u.Email, mailChange, current); err != nil {
			return err
		}
	}
	if !askNext {
		return nil
	}
	_, err = s.mail(x, u, u.EmailChange, mailChange, next)
	return err
}

// mailBoth queues one message with the tokens of both addresses, as a hook that sends mails expects it: beside the current address's code stands the new one's hash,
// and beside the new one's code the current one's, for the hook swaps them.
func (s *Service) mailBoth(x *tx, u *userRow, current, next oneTime) error {
	old, err := s.issue(x, current)
	if err != nil {
		return err
	}
	coming, err := s.issue(x, next)
	if err != nil {
		return err
	}
	_, err = s.tell(x, channelMail, u.Email, mailChange, Fields{
		Token: old.Code, TokenHash: coming.Link, TokenNew: coming.Code, TokenHashNew: old.Link, RedirectTo: current.redirectTo, Email: u.Email, NewEmail: u.EmailChange,
		Action: current.purpose,
	}, u, "")
	return err
}

// bothConfirm reports whether a change of the user's address needs the old one's consent.
func (s *Service) bothConfirm(u *userRow) bool {
	return !s.o.OneMailChange && u.Email != "" && u.EmailConfirmedAt != nil
}

// The stages of a change of the address (email_change_confirm_status): which of the two addresses has confirmed it.
const (
	noConfirmation   = 0
	newConfirmed     = 1
	currentConfirmed = 2
)

// changeMail takes the confirmation of one of the two addresses. done says that the change is made.
func (s *Service) changeMail(x *tx, t *used) (u *userRow, done bool, err error) {
	u = t.user
	if u.EmailChange == "" || t.token.Kind == changeNew && t.token.RelatesTo != u.EmailChange || t.token.Kind == changeCurrent && t.token.RelatesTo != u.Email {
		return nil, false, errLink()
	}
	mine := newConfirmed
	if t.token.Kind == changeCurrent {
		mine = currentConfirmed
	}
	if s.bothConfirm(u) && (u.EmailChangeConfirm == noConfirmation || u.EmailChangeConfirm == mine) {
		_, err = x.updateUser(s.now(), u.ID, values{"email_change_confirm_status": mine})
		return u, false, err
	}
	u, err = s.setMail(x, u)
	return u, true, err
}

// setMail makes the new address the user's, and everything void that was sent to the old one.
func (s *Service) setMail(x *tx, u *userRow) (*userRow, error) {
	now := s.now()
	other, err := x.userByEmail(u.EmailChange)
	if err != nil {
		return nil, err
	}
	if other != nil && other.ID != u.ID {
		return nil, errConflict()
	}
	if err := x.voidTokens(u.ID); err != nil {
		return nil, err
	}
	meta := map[string]any{"sub": u.ID, "email": u.EmailChange, "email_verified": true}
	v := values{
		"email": u.EmailChange, "email_change": "", "email_change_confirm_status": 0, "email_confirmed_at": now, "is_anonymous": false,
		"raw_user_meta_data": merged(object(u.UserMeta), map[string]any{"email": u.EmailChange, "email_verified": true}),
	}
	if u, err = x.updateUser(now, u.ID, v); err != nil {
		return nil, err
	}
	return s.ownIdentity(x, u, "email", meta)
}

// ownIdentity makes or changes the identity that stands for the user's own address.
func (s *Service) ownIdentity(x *tx, u *userRow, provider string, meta map[string]any) (*userRow, error) {
	now := s.now()
	rows, err := find[identityRow](x, schemaAuth, "identities", eq("user_id", u.ID), eq("provider", provider))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return x.link(now, u, provider, u.ID, merged(map[string]any{"email_verified": false, "phone_verified": false}, meta))
	}
	data := maps.Clone(object(rows[0].Data))
	_, err = update[identityRow](x, schemaAuth, "identities", values{"identity_data": merged(data, meta), "updated_at": now}, eq("id", rows[0].ID))
	return u, err
}

// newPhone begins a change of the telephone number, or makes it where nothing has to be confirmed.
func (s *Service) newPhone(x *tx, c Client, u *userRow, phone string, ch Change) (*userRow, error) {
	if s.o.Phone.AutoConfirm {
		if err := x.free("", phone, u.ID); err != nil {
			return nil, err
		}
		return s.changedPhone(x, u, phone)
	}
	channel, err := textChannel(ch.Channel)
	if err != nil {
		return nil, err
	}
	now := s.now()
	if u, err = x.updateUser(now, u.ID, values{"phone_change": phone, "phone_change_sent_at": now}); err != nil {
		return nil, err
	}
	_, err = s.writeDown(x, c, channel, phone, errand{What: askChange, User: u.ID})
	return u, err
}

// changedPhone makes a telephone number the user's.
func (s *Service) changedPhone(x *tx, u *userRow, phone string) (*userRow, error) {
	now := s.now()
	u, err := x.updateUser(now, u.ID, values{"phone": phone, "phone_change": "", "phone_confirmed_at": now, "is_anonymous": false})
	if err != nil {
		return nil, err
	}
	return s.ownIdentity(x, u, "phone", map[string]any{"sub": u.ID, "phone": phone, "phone_verified": true})
}
