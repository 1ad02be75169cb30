package account

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/password"
)

// Credentials are an address and a password.
type Credentials struct {
	Email, Phone string
	Password     string
}

func errCredentials() error {
	return fail(http.StatusBadRequest, "invalid_credentials", "Invalid login credentials")
}

// SignIn answers an address and its password with a session. A user that does not exist costs the same work as a wrong password. Wrong ones are counted
// for the address and the network they come from, before the comparison, so that nobody can lock others out and parallel guesses are counted all.
func (s *Service) SignIn(ctx context.Context, c Client, r Credentials) (*Session, error) {
	who, column := "", ""
	var err error
	switch {
	case r.Email != "" && r.Phone != "":
		return nil, invalid("Only an email address or phone number should be provided on login.")
	case r.Email != "":
		if s.o.Email.Disabled {
			return nil, fail(http.StatusUnprocessableEntity, "email_provider_disabled", "Email logins are disabled")
		}
		who, column = strings.ToLower(strings.TrimSpace(r.Email)), "email"
	case r.Phone != "":
		if s.o.Phone.Disabled {
			return nil, fail(http.StatusUnprocessableEntity, "phone_provider_disabled", "Phone logins are disabled")
		}
		who, err = number(r.Phone)
		column = "phone"
		if err != nil {
			return nil, err
		}
	default:
		return nil, invalid("missing email or phone")
	}
	if err := s.take(ctx, "signin", c.network(), s.o.Limits.Signups, fiveMinutes); err != nil {
		return nil, err
	}
	limit := "password:" + digest(who)
	if err := s.take(ctx, limit, c.network(), s.o.Limits.Passwords, fiveMinutes); err != nil {
		return nil, err
	}
	var u *userRow
	err = s.read(ctx, func(x *tx) (err error) {
		u, err = one[userRow](x, schemaAuth, "users", eq(column, who), isFalse("is_sso_user"))
		return err
	})
	if err != nil {
		return nil, err
	}
	hash := s.hashes.Decoy()
	if u != nil && u.Password != "" {
		hash = u.Password
	}
	ok, replace, err := s.matches(ctx, hash, r.Password)
	if err != nil {
		return nil, err
	}
	if u != nil && u.DeletedAt == nil {
		if err := s.passwordTried(ctx, u, ok); err != nil {
			return nil, err
		}
	}
	if !ok || u == nil || u.DeletedAt != nil {
		return nil, errCredentials()
	}
	if u.banned(s.now()) {
		return nil, errBanned()
	}
	if column == "email" && u.EmailConfirmedAt == nil {
		return nil, fail(http.StatusBadRequest, "email_not_confirmed", "Email not confirmed")
	}
	if column == "phone" && u.PhoneConfirmedAt == nil {
		return nil, fail(http.StatusBadRequest, "phone_not_confirmed", "Phone not confirmed")
	}
	reasons := s.o.Policy.Weak(r.Password)
	newHash := ""
	if replace {
		if newHash, err = s.hash(ctx, r.Password); err != nil {
			return nil, err
		}
	}
	var out *Session
	err = s.transact(ctx, func(x *tx) error {
		// The user as it is now: a password that was changed while this one was compared is not signed in with any more.
		now, err := one[userRow](x, schemaAuth, "users", eq("id", u.ID), eq("encrypted_password", u.Password))
		if err != nil {
			return err
		}
		if now == nil {
			return errCredentials()
		}
		if newHash != "" {
			if now, err = x.updateUser(s.now(), u.ID, values{"encrypted_password": newHash}); err != nil {
				return err
			}
		}
		// What was right is not counted against its owner.
		if _, err := remove[counterRow](x, schemaOwn, "counters", eq("key", limit+":"+c.network())); err != nil {
			return err
		}
		out, err = s.signIn(x, c, now, byPassword)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(reasons) > 0 {
		out.Weak = &WeakPassword{Message: s.weakText(reasons), Reasons: reasons}
	}
	return out, nil
}

// digest shortens what a limit is counted by, so that no address is in the table of counters.
func digest(who string) string { return linkHash(who)[:32] }

func (s *Service) weakText(reasons []string) string {
	var parts []string
	for _, r := range reasons {
		switch r {
		case password.TooShort:
			parts = append(parts, fmt.Sprintf("Password should be at least %d characters.", s.o.Policy.Length()))
		case password.Characters:
			parts = append(parts, "Password should contain at least one character of each: "+strings.Join(s.o.Policy.Required, ", ")+".")
		case password.Pwned:
			parts = append(parts, "Password is known to be weak and easy to guess, please choose a different one.")
		}
	}
	return strings.Join(parts, " ")
}

// CodeRequest asks for a one-time code or link.
type CodeRequest struct {
	Email, Phone string
	Data         map[string]any
	Create       bool   // make the user where there is none
	Channel      string // sms or whatsapp
	RedirectTo   string
	Challenge    Challenge
}

// SendCode sends a code and a link with which a user signs in without a password. It gives the id of a text message. Of addresses nobody learns who has a user.
func (s *Service) SendCode(ctx context.Context, c Client, r CodeRequest) (string, error) {
	if err := r.Challenge.check(); err != nil {
		return "", err
	}
	if r.Email != "" && r.Phone != "" {
		return "", invalid("Only an email address or phone number should be provided")
	}
	if r.Phone != "" {
		return s.sendText(ctx, c, r)
	}
	if r.Email == "" {
		return "", invalid("One of email or phone must be set")
	}
	if s.o.Email.Disabled {
		return "", fail(http.StatusUnprocessableEntity, "email_provider_disabled", "Email logins are disabled")
	}
	mail, err := address(r.Email)
	if err != nil {
		return "", err
	}
	if err := s.mayWrite(ctx, c, "mail", mail); err != nil {
		return "", err
	}
	_, err = s.sendSignIn(ctx, c, channelMail, mail, r, s.o.Email.AutoConfirm, func(x *tx) (*userRow, error) { return x.userByEmail(mail) }, func() string { return decoyMail(mail) },
		func(x *tx, address string) error {
			_, err := s.newEmailUser(x, address, "", r.Data, "email")
			return err
		})
	return "", err
}

// sendSignIn makes the user where there is none and one is to be made, or does so for show, and writes down that a code is to be sent.
func (s *Service) sendSignIn(ctx context.Context, c Client, channel, to string, r CodeRequest, told bool, look func(*tx) (*userRow, error), decoy func() string, create func(x *tx, address string) error) (id string, err error) {
	creates := r.Create && !s.o.NoSignup
	known := false
	send := func(x *tx) error {
		u, err := look(x)
		if err != nil {
			return err
		}
		known = u != nil
		if u == nil && !r.Create && told { // where sign-up itself tells who is known, there is nothing to hide
			return fail(http.StatusUnprocessableEntity, "otp_disabled", "Signups not allowed for otp")
		}
		a := errand{What: askSignIn, RedirectTo: s.Redirect(r.RedirectTo), Challenge: r.Challenge}
		if creates {
			if a.Made, err = x.perform(u == nil, to, decoy, func(address string) error { return create(x, address) }); err != nil {
				return err
			}
		}
		id, err = s.writeDown(x, c, channel, to, a)
		return err
	}
	err = s.transact(ctx, send)
	if err != nil && known && creates || isTaken(err) {
		// What refuses the user who is made for show, a trigger or a hook of the project's, must not keep the one out who is there; or another was faster.
		creates = false
		err = s.transact(ctx, send)
	}
	return id, err
}

func (s *Service) sendText(ctx context.Context, c Client, r CodeRequest) (string, error) {
	if s.o.Phone.Disabled {
		return "", fail(http.StatusUnprocessableEntity, "phone_provider_disabled", "Phone logins are disabled")
	}
	phone, err := number(r.Phone)
	if err != nil {
		return "", err
	}
	channel, err := textChannel(r.Channel)
	if err != nil {
		return "", err
	}
	if err := s.mayText(phone); err != nil {
		return "", err
	}
	if err := s.mayWrite(ctx, c, "sms", phone); err != nil {
		return "", err
	}
	return s.sendSignIn(ctx, c, channel, phone, r, s.o.Phone.AutoConfirm, func(x *tx) (*userRow, error) { return x.userByPhone(phone) }, decoyPhone, func(x *tx, address string) error {
		_, err := s.newPhoneUser(x, address, "", r.Data)
		return err
	})
}

// Recover sends a user who has forgotten the password a link to sign in with. Nobody learns whether the address has a user.
func (s *Service) Recover(ctx context.Context, c Client, mail, redirectTo string, ch Challenge) error {
	if mail == "" {
		return invalid("Password recovery requires an email")
	}
	if err := ch.check(); err != nil {
		return err
	}
	mail, err := address(mail)
	if err != nil {
		return err
	}
	if err := s.mayWrite(ctx, c, "mail", mail); err != nil {
		return err
	}
	return s.transact(ctx, func(x *tx) error {
		_, err := s.writeDown(x, c, channelMail, mail, errand{What: askRecovery, RedirectTo: s.Redirect(redirectTo), Challenge: ch})
		return err
	})
}

// ResendRequest asks for a message again.
type ResendRequest struct {
	Type         string // signup, email_change, sms, phone_change
	Email, Phone string
	RedirectTo   string
	Challenge    Challenge
}

// Resend sends a message again whose answer is still awaited. It gives the id of a text message.
func (s *Service) Resend(ctx context.Context, c Client, r ResendRequest) (string, error) {
	if err := r.Challenge.check(); err != nil {
		return "", err
	}
	a := errand{What: askAgain, RedirectTo: s.Redirect(r.RedirectTo), Challenge: r.Challenge}
	if r.Type == "email_change" || r.Type == "phone_change" {
		a.What = askChangeAgain
	}
	channel, kind, to := channelMail, "mail", ""
	var err error
	switch r.Type {
	case "signup", "email_change":
		to, err = address(r.Email)
	case "sms", "phone_change":
		channel, kind = "sms", "sms"
		to, err = number(r.Phone)
	default:
		err = invalid("Missing one of these types: signup, email_change, sms, phone_change")
	}
	if err != nil {
		return "", err
	}
	if err := s.mayWrite(ctx, c, kind, to); err != nil {
		return "", err
	}
	id := ""
	err = s.transact(ctx, func(x *tx) (err error) {
		id, err = s.writeDown(x, c, channel, to, a)
		return err
	})
	if channel == channelMail {
		id = ""
	}
	return id, err
}
