package account

import (
	"context"
	"errors"
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
	if s.o.Email.AutoConfirm {
		return s.signUpAtOnce(ctx, c, func(x *tx) (*userRow, error) {
			u, err := x.userByEmail(mail)
			if err != nil || u != nil {
				return nil, orTaken(err)
			}
			if u, err = s.newEmailUser(x, mail, hash, r.Data, byPasswordProvider); err != nil {
				return nil, err
			}
			return x.updateUser(s.now(), u.ID, values{"email_confirmed_at": s.now()})
		})
	}
	if err := s.mayWrite(ctx, c, "mail", mail); err != nil {
		return nil, err
	}
	return s.signUpLater(ctx, c, channelMail, mail, r, hash, func(x *tx) (*userRow, error) { return x.userByEmail(mail) }, func() string { return decoyMail(mail) },
		func(x *tx, address string) (*userRow, error) {
			return s.newEmailUser(x, address, hash, r.Data, byPasswordProvider)
		})
}

// signUpAtOnce signs in a user whose address is taken for confirmed. There an address that is taken is told: nobody could be signed in otherwise.
func (s *Service) signUpAtOnce(ctx context.Context, c Client, create func(*tx) (*userRow, error)) (*Registered, error) {
	out := &Registered{}
	err := s.transact(ctx, func(x *tx) error {
		u, err := create(x)
		if err != nil {
			return err
		}
		out.Session, err = s.signIn(x, c, u, byPassword)
		return err
	})
	if err != nil {
		return nil, taken(err)
	}
	return out, nil
}

// signUpLater makes a user who has still to confirm the address, and writes down that a message is to be sent. Where the address has a user, one of an address that
// nobody has is made and taken back: the same statements run, the project's triggers among them, and the answer is made of the request alone.
func (s *Service) signUpLater(ctx context.Context, c Client, channel, to string, r Registration, hash string, look func(*tx) (*userRow, error), decoy func() string, create func(x *tx, address string) (*userRow, error)) (*Registered, error) {
	out := &Registered{}
	register := func(x *tx) error {
		u, err := look(x)
		if err != nil {
			return err
		}
		id := newID() // whoever asks learns no more of a user who is there than of one who is not
		made, err := x.perform(u == nil, to, decoy, func(address string) error {
			made, err := create(x, address)
			if err == nil && u == nil {
				id = made.ID
			}
			return err
		})
		if err != nil {
			return err
		}
		out.User = s.answerUser(id, to, channel, r.Data)
		_, err = s.writeDown(x, c, channel, to, errand{
			What: askSignUp, RedirectTo: s.Redirect(r.RedirectTo), Challenge: r.Challenge, Chosen: map[string]any{"password": hash, "user_metadata": orObject(r.Data)}, Made: made,
		})
		return err
	}
	err := s.transact(ctx, register)
	if isTaken(err) { // another was faster: now the address has a user
		err = s.transact(ctx, register)
	}
	if err != nil {
		return nil, taken(err)
	}
	return out, nil
}

// answerUser is what every sign-up is answered with whose address is to be confirmed: made of the request alone.
func (s *Service) answerUser(id, to, channel string, data map[string]any) *User {
	now := s.now()
	u := &User{ID: id, Aud: "authenticated", Role: "authenticated", ConfirmationSentAt: &now, CreatedAt: now, UpdatedAt: now}
	own := map[string]any{"sub": id, "email_verified": false, "phone_verified": false}
	provider := "email"
	if channel == channelMail {
		u.Email, own["email"] = to, to
	} else {
		provider = "phone"
		u.Phone, own["phone"] = to, to
	}
	u.AppMetadata = map[string]any{"provider": provider, "providers": []string{provider}}
	u.UserMetadata = merged(data, own)
	u.Identities = []Identity{{
		IdentityID: newID(), ID: id, UserID: id, IdentityData: own, Provider: provider, LastSignInAt: &now, CreatedAt: &now, UpdatedAt: &now, Email: u.Email,
	}}
	return u
}

const byPasswordProvider = "email"

// taken is the error of a unique address that somebody else got meanwhile.
func taken(err error) error {
	if isTaken(err) {
		return errTaken()
	}
	return err
}

func isTaken(err error) bool {
	f := fault.As(err)
	return f != nil && f.Code == "23505" && strings.HasPrefix(f.Constraint, "users_")
}

func errTaken() error {
	return fail(http.StatusUnprocessableEntity, "user_already_exists", "User already registered")
}

func orTaken(err error) error {
	if err != nil {
		return err
	}
	return errTaken()
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
	return s.hash(ctx, password)
}

// Hashed is how many hashes of passwords were computed since the start.
func (s *Service) Hashed() int64 { return s.hashes.Computed() }

// hash and matches compute hashes, or refuse where too many wait for one.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	h, err := s.hashes.Hash(ctx, password)
	return h, busy(err)
}

func (s *Service) matches(ctx context.Context, hash, password string) (ok, replace bool, err error) {
	ok, replace, err = s.hashes.Verify(ctx, hash, password)
	return ok, replace, busy(err)
}

// busyFor is when those may try again who found too many waiting.
const busyFor = 2 * time.Second

func busy(err error) error {
	if !errors.Is(err, pass.ErrBusy) {
		return err
	}
	return &LimitError{Err: fail(http.StatusServiceUnavailable, "server_busy", "Too many passwords are being checked, please retry after a moment."), After: busyFor}
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
	if s.o.Phone.AutoConfirm {
		return s.signUpAtOnce(ctx, c, func(x *tx) (*userRow, error) {
			u, err := x.userByPhone(phone)
			if err != nil || u != nil {
				return nil, orTaken(err)
			}
			if u, err = s.newPhoneUser(x, phone, hash, r.Data); err != nil {
				return nil, err
			}
			return x.updateUser(s.now(), u.ID, values{"phone_confirmed_at": s.now()})
		})
	}
	if err := s.mayText(phone); err != nil {
		return nil, err
	}
	if err := s.mayWrite(ctx, c, "sms", phone); err != nil {
		return nil, err
	}
	return s.signUpLater(ctx, c, channel, phone, r, hash, func(x *tx) (*userRow, error) { return x.userByPhone(phone) }, decoyPhone, func(x *tx, address string) (*userRow, error) {
		return s.newPhoneUser(x, address, hash, r.Data)
	})
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
