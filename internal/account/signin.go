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
	ok, replace, err := s.hashes.Verify(ctx, hash, r.Password)
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
		if newHash, err = s.hashes.Hash(ctx, r.Password); err != nil {
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
	return "", s.transact(ctx, func(x *tx) error {
		u, err := x.userByEmail(mail)
		if err != nil {
			return err
		}
		if u == nil {
			switch {
			case !r.Create && !s.o.Email.AutoConfirm:
				return s.noMail(x, mail, mailMagicLink)
			case !r.Create: // where sign-up itself tells who is known, there is nothing to hide
				return fail(http.StatusUnprocessableEntity, "otp_disabled", "Signups not allowed for otp")
			case s.o.NoSignup:
				return s.noMail(x, mail, mailMagicLink)
			}
			if u, err = s.newEmailUser(x, mail, "", r.Data, "email"); err != nil {
				return taken(err)
			}
		}
		return s.mailSignIn(x, u, r)
	})
}

// mailSignIn sends a user the code and link to sign in with: it confirms the address of one who has not yet.
func (s *Service) mailSignIn(x *tx, u *userRow, r CodeRequest) error {
	t := oneTime{kind: recovery, purpose: "magiclink", address: u.Email, redirectTo: s.Redirect(r.RedirectTo)}
	template, sent, method := mailMagicLink, "recovery_sent_at", byLink
	if u.EmailConfirmedAt == nil {
		t.kind, t.purpose = confirmation, "signup"
		template, sent, method = mailConfirmation, "confirmation_sent_at", bySignup
	}
	var err error
	if t.flow, err = s.beginFlow(x, r.Challenge, u.ID, "email", method); err != nil {
		return err
	}
	if _, err := s.mail(x, u, u.Email, template, t); err != nil {
		return err
	}
	now := s.now()
	_, err = x.updateUser(now, u.ID, values{sent: now})
	return err
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
	if err := s.mayWrite(ctx, c, "sms", phone); err != nil {
		return "", err
	}
	id := ""
	err = s.transact(ctx, func(x *tx) error {
		u, err := x.userByPhone(phone)
		if err != nil {
			return err
		}
		if u == nil {
			switch {
			case !r.Create && s.o.Phone.AutoConfirm:
				return fail(http.StatusUnprocessableEntity, "otp_disabled", "Signups not allowed for otp")
			case !r.Create, s.o.NoSignup:
				id = newID()
				return s.noMail(x, phone, textCode)
			}
			if u, err = s.newPhoneUser(x, phone, "", r.Data); err != nil {
				return taken(err)
			}
		}
		if id, err = s.text(x, u, phone, channel, oneTime{kind: confirmation, purpose: "sms", address: phone}); err != nil {
			return err
		}
		now := s.now()
		_, err = x.updateUser(now, u.ID, values{"confirmation_sent_at": now})
		return err
	})
	return id, err
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
		u, err := x.userByEmail(mail)
		if err != nil {
			return err
		}
		if u == nil || u.DeletedAt != nil {
			return s.noMail(x, mail, mailRecovery)
		}
		flow, err := s.beginFlow(x, ch, u.ID, "email", byRecovery)
		if err != nil {
			return err
		}
		if _, err := s.mail(x, u, mail, mailRecovery, oneTime{kind: recovery, purpose: "recovery", address: mail, redirectTo: s.Redirect(redirectTo), flow: flow}); err != nil {
			return err
		}
		now := s.now()
		_, err = x.updateUser(now, u.ID, values{"recovery_sent_at": now})
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
	switch r.Type {
	case "signup", "email_change":
		mail, err := address(r.Email)
		if err != nil {
			return "", err
		}
		if err := s.mayWrite(ctx, c, "mail", mail); err != nil {
			return "", err
		}
		return "", s.transact(ctx, func(x *tx) error { return s.resendMail(x, mail, r) })
	case "sms", "phone_change":
		phone, err := number(r.Phone)
		if err != nil {
			return "", err
		}
		if err := s.mayWrite(ctx, c, "sms", phone); err != nil {
			return "", err
		}
		id := ""
		err = s.transact(ctx, func(x *tx) (err error) {
			id, err = s.resendText(x, phone, r)
			return err
		})
		return id, err
	case "":
		return "", invalid("Missing one of these types: signup, email_change, sms, phone_change")
	}
	return "", invalid("Missing one of these types: signup, email_change, sms, phone_change")
}

func (s *Service) resendMail(x *tx, mail string, r ResendRequest) error {
	u, err := x.userByEmail(mail)
	if err != nil {
		return err
	}
	template := mailConfirmation
	if r.Type == "email_change" {
		template = mailChange
	}
	if u == nil || r.Type == "signup" && u.EmailConfirmedAt != nil || r.Type == "email_change" && u.EmailChange == "" {
		return s.noMail(x, mail, template)
	}
	if r.Type == "email_change" {
		return s.mailChange(x, u, r.RedirectTo, r.Challenge)
	}
	t := oneTime{kind: confirmation, purpose: "signup", address: mail, redirectTo: s.Redirect(r.RedirectTo)}
	// What the sign-up has chosen goes with its token.
	old, err := one[tokenRow](x, schemaAuth, "one_time_tokens", eq("user_id", u.ID), eq("token_type", string(confirmation)))
	if err != nil {
		return err
	}
	if old != nil {
		code, err := one[codeRow](x, schemaOwn, "one_time_codes", eq("id", old.ID))
		if err != nil {
			return err
		}
		if code != nil {
			t.data = object(code.Data)
		}
	}
	if t.flow, err = s.beginFlow(x, r.Challenge, u.ID, "email", bySignup); err != nil {
		return err
	}
	if _, err := s.mail(x, u, mail, mailConfirmation, t); err != nil {
		return err
	}
	now := s.now()
	_, err = x.updateUser(now, u.ID, values{"confirmation_sent_at": now})
	return err
}

func (s *Service) resendText(x *tx, phone string, r ResendRequest) (string, error) {
	now := s.now()
	if r.Type == "phone_change" {
		u, err := one[userRow](x, schemaAuth, "users", eq("phone_change", phone))
		if err != nil {
			return "", err
		}
		if u == nil {
			return newID(), nil
		}
		id, err := s.text(x, u, phone, "sms", oneTime{kind: changePhone, purpose: "phone_change", address: phone})
		if err != nil {
			return "", err
		}
		_, err = x.updateUser(now, u.ID, values{"phone_change_sent_at": now})
		return id, err
	}
	u, err := x.userByPhone(phone)
	if err != nil {
		return "", err
	}
	if u == nil || u.PhoneConfirmedAt != nil {
		return newID(), nil
	}
	id, err := s.text(x, u, phone, "sms", oneTime{kind: confirmation, purpose: "sms", address: phone})
	if err != nil {
		return "", err
	}
	_, err = x.updateUser(now, u.ID, values{"confirmation_sent_at": now})
	return id, err
}
