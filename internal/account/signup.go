package account

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	pass "github.com/mainstay-dev/mainstay/internal/password"
)

// Registration is what somebody says who wants to become a user.
type Registration struct {
	Email, Phone string
	Password     string
	Data         map[string]any // user_metadata
	Channel      string         // sms or whatsapp
	RedirectTo   string
	Challenge    Challenge
}

// Registered is the outcome of a sign-up: a session where nothing has to be confirmed, else the user who is to confirm.
type Registered struct {
	Session *Session
	User    *User
}

// SignUp makes a user with a password (or, with neither address, an anonymous one). Where an address has to be confirmed, one that is taken is answered as a
// new one would be, after the same work.
func (s *Service) SignUp(ctx context.Context, c Client, r Registration) (*Registered, error) {
	switch {
	case s.o.NoSignup:
		return nil, fail(http.StatusUnprocessableEntity, "signup_disabled", "Signups not allowed for this instance")
	case r.Email == "" && r.Phone == "":
		return s.anonymous(ctx, c, r)
	case r.Email != "" && r.Phone != "":
		return nil, invalid("Only an email address or phone number should be provided on signup.")
	case r.Password == "":
		return nil, invalid("Signup requires a valid password")
	}
	if err := r.Challenge.check(); err != nil {
		return nil, err
	}
	if r.Phone != "" {
		return s.signUpPhone(ctx, c, r)
	}
	if s.o.Email.Disabled {
		return nil, fail(http.StatusBadRequest, "email_provider_disabled", "Email signups are disabled")
	}
	mail, err := address(r.Email)
	if err != nil {
		return nil, err
	}
	hash, err := s.newPassword(ctx, c, r.Password)
	if err != nil {
		return nil, err
	}
	if !s.o.Email.AutoConfirm {
		if err := s.mayWrite(ctx, c, "mail", mail); err != nil {
			return nil, err
		}
	}
	var out *Registered
	err = s.transact(ctx, func(x *tx) error {
		out = &Registered{}
		u, err := x.userByEmail(mail)
		if err != nil {
			return err
		}
		if u != nil && (u.EmailConfirmedAt != nil || s.o.Email.AutoConfirm) {
			if s.o.Email.AutoConfirm {
				return fail(http.StatusUnprocessableEntity, "user_already_exists", "User already registered")
			}
			out.User, err = s.decoyUser(x, mail, r)
			return err
		}
		now := s.now()
		if u == nil {
			if u, err = s.newEmailUser(x, mail, hash, r.Data, byPasswordProvider); err != nil {
				return err
			}
		}
		if s.o.Email.AutoConfirm {
			if u, err = x.updateUser(now, u.ID, values{"email_confirmed_at": now}); err != nil {
				return err
			}
			out.Session, err = s.signIn(x, c, u, byPassword)
			return err
		}
		chosen := map[string]any{"password": hash, "user_metadata": orObject(r.Data)}
		pending, err := s.pendingPurpose(x, u.ID)
		switch {
		case err != nil:
			return err
		case pending == "invite": // an invitation is the administrator's, and nobody's to replace
			out.User, err = s.decoyUser(x, mail, r)
			return err
		case pending != "":
			// Two have signed up, and only one of them reads the mail. Neither's password is believed: whoever opens the link chooses one then.
			delete(chosen, "password")
		}
		flow, err := s.beginFlow(x, r.Challenge, u.ID, "email", bySignup)
		if err != nil {
			return err
		}
		// The password is the user's when the link is opened that was sent for it: whoever has signed up before with somebody else's address gets nothing.
		_, err = s.mail(x, u, mail, mailConfirmation, oneTime{
			kind: confirmation, purpose: "signup", address: mail, redirectTo: s.Redirect(r.RedirectTo), flow: flow, data: chosen,
		})
		if err != nil {
			return err
		}
		if _, err = x.updateUser(now, u.ID, values{"confirmation_sent_at": now}); err != nil {
			return err
		}
		id := u.ID
		if pending != "" {
			id = newID() // whoever asks learns no more of a user who has not confirmed than of one who is not there
		}
		out.User = s.answerUser(id, mail, r.Data)
		return nil
	})
	if err != nil {
		return nil, taken(err)
	}
	return out, nil
}

// pendingPurpose is what a user's confirmation was sent for that is still awaited; "" for none.
func (s *Service) pendingPurpose(x *tx, user string) (string, error) {
	t, err := one[tokenRow](x, schemaAuth, "one_time_tokens", eq("user_id", user), eq("token_type", string(confirmation)))
	if err != nil || t == nil {
		return "", err
	}
	c, err := one[codeRow](x, schemaOwn, "one_time_codes", eq("id", t.ID))
	if err != nil || c == nil || s.now().After(c.ExpiresAt) {
		return "", err
	}
	return c.Purpose, nil
}

// answerUser is what every sign-up is answered with whose address is to be confirmed: made of the request alone.
func (s *Service) answerUser(id, mail string, data map[string]any) *User {
	now := s.now()
	own := map[string]any{"sub": id, "email": mail, "email_verified": false, "phone_verified": false}
	return &User{
		ID: id, Aud: "authenticated", Role: "authenticated", Email: mail, ConfirmationSentAt: &now, AppMetadata: map[string]any{"provider": "email", "providers": []string{"email"}},
		UserMetadata: merged(data, own), CreatedAt: now, UpdatedAt: now,
		Identities: []Identity{{IdentityID: newID(), ID: id, UserID: id, IdentityData: own, Provider: "email", LastSignInAt: &now, CreatedAt: &now, UpdatedAt: &now, Email: mail}},
	}
}

const byPasswordProvider = "email"

// taken is the error of a unique address that somebody else got meanwhile.
func taken(err error) error {
	if f := fault.As(err); f != nil && f.Code == "23505" && strings.HasPrefix(f.Constraint, "users_") {
		return fail(http.StatusUnprocessableEntity, "user_already_exists", "User already registered")
	}
	return err
}

const maxPassword = pass.MaxBytes

// newPassword checks a password and hashes it.
func (s *Service) newPassword(ctx context.Context, c Client, password string) (string, error) {
	if err := s.take(ctx, "password", c.network(), s.o.Limits.Signups, fiveMinutes); err != nil {
		return "", err
	}
	if len(password) > maxPassword {
		return "", fail(http.StatusUnprocessableEntity, "validation_failed", "Password cannot be longer than %d bytes", maxPassword)
	}
	if err := s.strong(ctx, password); err != nil {
		return "", err
	}
	return s.hashes.Hash(ctx, password)
}

// newEmailUser makes a user of an address that nobody has confirmed yet.
func (s *Service) newEmailUser(x *tx, mail, hash string, data map[string]any, provider string) (*userRow, error) {
	now := s.now()
	id := x.creation.id
	v := values{
		"id": id, "email": mail, "raw_app_meta_data": map[string]any{"provider": provider, "providers": []string{provider}},
		"raw_user_meta_data": merged(data, map[string]any{"sub": id, "email": mail, "email_verified": s.o.Email.AutoConfirm, "phone_verified": false}),
	}
	if hash != "" {
		v["encrypted_password"] = hash
	}
	u, err := x.insertUser(now, v)
	if err != nil {
		return nil, err
	}
	return x.link(now, u, "email", u.ID, map[string]any{"sub": u.ID, "email": mail, "email_verified": s.o.Email.AutoConfirm, "phone_verified": false})
}

// decoyUser is what a sign-up with a taken address is answered with: a user of that address whom nobody has.
func (s *Service) decoyUser(x *tx, mail string, r Registration) (*User, error) {
	return s.answerUser(newID(), mail, r.Data), s.noMail(x, mail, mailConfirmation)
}

func (s *Service) signUpPhone(ctx context.Context, c Client, r Registration) (*Registered, error) {
	if s.o.Phone.Disabled {
		return nil, fail(http.StatusBadRequest, "phone_provider_disabled", "Phone signups are disabled")
	}
	phone, err := number(r.Phone)
	if err != nil {
		return nil, err
	}
	channel, err := textChannel(r.Channel)
	if err != nil {
		return nil, err
	}
	hash, err := s.newPassword(ctx, c, r.Password)
	if err != nil {
		return nil, err
	}
	if !s.o.Phone.AutoConfirm {
		if err := s.mayWrite(ctx, c, "sms", phone); err != nil {
			return nil, err
		}
	}
	var out *Registered
	err = s.transact(ctx, func(x *tx) error {
		out = &Registered{}
		u, err := x.userByPhone(phone)
		if err != nil {
			return err
		}
		if u != nil && (u.PhoneConfirmedAt != nil || s.o.Phone.AutoConfirm) {
			return fail(http.StatusUnprocessableEntity, "user_already_exists", "User already registered")
		}
		now := s.now()
		if u == nil {
			if u, err = s.newPhoneUser(x, phone, hash, r.Data); err != nil {
				return err
			}
		}
		if s.o.Phone.AutoConfirm {
			if u, err = x.updateUser(now, u.ID, values{"phone_confirmed_at": now}); err != nil {
				return err
			}
			out.Session, err = s.signIn(x, c, u, byPassword)
			return err
		}
		if _, err = s.text(x, u, phone, channel, oneTime{kind: confirmation, purpose: "sms", address: phone, data: map[string]any{"password": hash, "user_metadata": r.Data}}); err != nil {
			return err
		}
		if u, err = x.updateUser(now, u.ID, values{"confirmation_sent_at": now}); err != nil {
			return err
		}
		out.User, err = x.view(u)
		return err
	})
	if err != nil {
		return nil, taken(err)
	}
	return out, nil
}

func textChannel(channel string) (string, error) {
	switch channel {
	case "", "sms":
		return "sms", nil
	case "whatsapp":
		return "whatsapp", nil
	}
	return "", invalid("Invalid channel, supported values are 'sms' or 'whatsapp'. Please provide a valid channel.")
}

func (s *Service) newPhoneUser(x *tx, phone, hash string, data map[string]any) (*userRow, error) {
	now := s.now()
	id := x.creation.id
	v := values{
		"id": id, "phone": phone, "raw_app_meta_data": map[string]any{"provider": "phone", "providers": []string{"phone"}},
		"raw_user_meta_data": merged(data, map[string]any{"sub": id, "phone": phone, "email_verified": false, "phone_verified": s.o.Phone.AutoConfirm}),
	}
	if hash != "" {
		v["encrypted_password"] = hash
	}
	u, err := x.insertUser(now, v)
	if err != nil {
		return nil, err
	}
	return x.link(now, u, "phone", u.ID, map[string]any{"sub": u.ID, "phone": phone, "email_verified": false, "phone_verified": s.o.Phone.AutoConfirm})
}

// anonymous makes a user of nothing.
func (s *Service) anonymous(ctx context.Context, c Client, r Registration) (*Registered, error) {
	if !s.o.Anonymous {
		return nil, fail(http.StatusUnprocessableEntity, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
	}
	if err := s.take(ctx, "anonymous", c.network(), s.o.Limits.Anonymous, time.Hour); err != nil {
		return nil, err
	}
	var out *Registered
	err := s.transact(ctx, func(x *tx) error {
		out = &Registered{}
		u, err := x.insertUser(s.now(), values{"is_anonymous": true, "raw_user_meta_data": orObject(r.Data)})
		if err != nil {
			return err
		}
		out.Session, err = s.signIn(x, c, u, byAnonymous)
		return err
	})
	return out, err
}

// strong refuses a password that the project's policy does not accept.
func (s *Service) strong(ctx context.Context, password string) error {
	reasons, err := s.o.Policy.WeakAsNew(ctx, password)
	if err != nil {
		return err
	}
	if len(reasons) > 0 {
		return &WeakError{Reasons: reasons, Err: fail(http.StatusUnprocessableEntity, "weak_password", s.weakText(reasons))}
	}
	return nil
}

// WeakError says why a password is not accepted.
type WeakError struct {
	Reasons []string
	Err     error // a *fault.Error
}

func (e *WeakError) Error() string { return e.Err.Error() }
func (e *WeakError) Unwrap() error { return e.Err }
