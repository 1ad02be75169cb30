package account

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/password"
)

// Administration: what the service role may do with any user.

// Attributes are what an administrator says of a user. A nil field is left as it is.
type Attributes struct {
	ID           string
	Email, Phone *string
	Password     *string
	PasswordHash string // of another system; see package password for the forms
	EmailConfirm *bool
	PhoneConfirm *bool
	UserMetadata map[string]any
	AppMetadata  map[string]any
	Role, Aud    string
	BanDuration  string // a time such as "24h", or "none"
}

// CreateUser makes a user.
func (s *Service) CreateUser(ctx context.Context, a Attributes) (*User, error) {
	v := values{}
	now := s.now()
	if a.ID != "" {
		if !isID(a.ID) || a.ID == "00000000-0000-0000-0000-000000000000" {
			return nil, invalid("ID must conform to the uuid v4 format")
		}
		v["id"] = a.ID
	}
	mail, phone, err := s.addresses(a)
	if err != nil {
		return nil, err
	}
	if mail == "" && phone == "" {
		return nil, invalid("Cannot create a user without either an email or phone")
	}
	if a.Role != "" {
		v["role"] = a.Role
	}
	if a.Aud != "" {
		v["aud"] = a.Aud
	}
	if err := s.adminPassword(ctx, a, v); err != nil {
		return nil, err
	}
	if a.BanDuration != "" {
		if err := ban(now, a.BanDuration, v); err != nil {
			return nil, err
		}
	}
	providers := []string{}
	if mail != "" {
		v["email"] = mail
		providers = append(providers, "email")
		if a.EmailConfirm != nil && *a.EmailConfirm {
			v["email_confirmed_at"] = now
		}
	}
	if phone != "" {
		v["phone"] = phone
		providers = append(providers, "phone")
		if a.PhoneConfirm != nil && *a.PhoneConfirm {
			v["phone_confirmed_at"] = now
		}
	}
	v["raw_app_meta_data"] = merged(map[string]any{"provider": providers[0], "providers": providers}, a.AppMetadata)
	v["raw_user_meta_data"] = orObject(a.UserMetadata)
	var view *User
	err = s.transact(ctx, func(x *tx) error {
		if err := x.free(mail, phone, ""); err != nil {
			return err
		}
		u, err := x.insertUser(now, v)
		if err != nil {
			return err
		}
		if u, err = s.ownIdentities(x, u, mail, phone); err != nil {
			return err
		}
		view, err = x.view(u)
		return err
	})
	if err != nil {
		return nil, taken(err)
	}
	return view, nil
}

func (s *Service) addresses(a Attributes) (mail, phone string, err error) {
	if a.Email != nil && *a.Email != "" {
		if mail, err = address(*a.Email); err != nil {
			return "", "", err
		}
	}
	if a.Phone != nil && *a.Phone != "" {
		if phone, err = number(*a.Phone); err != nil {
			return "", "", err
		}
	}
	return mail, phone, nil
}

// ownIdentities makes or changes the identities of the addresses that an administrator gives.
func (s *Service) ownIdentities(x *tx, u *userRow, mail, phone string) (_ *userRow, err error) {
	if mail != "" {
		if u, err = s.ownIdentity(x, u, "email", map[string]any{"sub": u.ID, "email": mail, "email_verified": u.EmailConfirmedAt != nil}); err != nil {
			return nil, err
		}
	}
	if phone != "" {
		return s.ownIdentity(x, u, "phone", map[string]any{"sub": u.ID, "phone": phone, "phone_verified": u.PhoneConfirmedAt != nil})
	}
	return u, nil
}

// free refuses addresses that another user has.
func (x *tx) free(mail, phone, but string) error {
	if mail != "" {
		u, err := x.userByEmail(mail)
		if err != nil {
			return err
		}
		if u != nil && u.ID != but {
			return errConflict()
		}
	}
	if phone != "" {
		u, err := x.userByPhone(phone)
		if err != nil {
			return err
		}
		if u != nil && u.ID != but {
			return fail(http.StatusUnprocessableEntity, "phone_exists", "A user with this phone number has already been registered")
		}
	}
	return nil
}

func (s *Service) adminPassword(ctx context.Context, a Attributes, v values) error {
	switch {
	case a.PasswordHash != "":
		if a.Password != nil {
			return invalid("Only a password or a password hash should be provided")
		}
		if !password.Known(a.PasswordHash) {
			return invalid("Only a bcrypt, argon2 or Firebase scrypt hash can be used as a password hash")
		}
		v["encrypted_password"] = a.PasswordHash
	case a.Password != nil && *a.Password != "":
		if err := s.strong(ctx, *a.Password); err != nil {
			return err
		}
		hash, err := s.hash(ctx, *a.Password)
		if err != nil {
			return err
		}
		v["encrypted_password"] = hash
	}
	return nil
}

func ban(now time.Time, span string, v values) error {
	if span == "none" {
		v["banned_until"] = nil
		return nil
	}
	d, err := time.ParseDuration(span)
	if err != nil {
		return invalid("invalid format for ban duration: %v", err)
	}
	v["banned_until"] = now.Add(d)
	return nil
}

func errNoUser() error { return fail(http.StatusNotFound, "user_not_found", "User not found") }

// UserByID gives a user to an administrator.
func (s *Service) UserByID(ctx context.Context, id string) (*User, error) {
	if !isID(id) {
		return nil, fail(http.StatusNotFound, "validation_failed", "user_id must be an UUID")
	}
	var view *User
	err := s.read(ctx, func(x *tx) error {
		u, err := x.userByID(id)
		if err != nil {
			return err
		}
		if u == nil {
			return errNoUser()
		}
		view, err = x.view(u)
		return err
	})
	return view, err
}

// UpdateUser changes a user as an administrator says. A ban or a new password ends the user's sessions.
func (s *Service) UpdateUser(ctx context.Context, id string, a Attributes) (*User, error) {
	if !isID(id) {
		return nil, fail(http.StatusNotFound, "validation_failed", "user_id must be an UUID")
	}
	mail, phone, err := s.addresses(a)
	if err != nil {
		return nil, err
	}
	set := values{}
	if err := s.adminPassword(ctx, a, set); err != nil {
		return nil, err
	}
	now := s.now()
	if a.BanDuration != "" {
		if err := ban(now, a.BanDuration, set); err != nil {
			return nil, err
		}
	}
	var view *User
	err = s.transact(ctx, func(x *tx) error {
		u, err := x.userByID(id)
		if err != nil {
			return err
		}
		if u == nil {
			return errNoUser()
		}
		if err := x.free(mail, phone, id); err != nil {
			return err
		}
		v := values{}
		for name, x := range set {
			v[name] = x
		}
		if a.Role != "" {
			v["role"] = a.Role
		}
		if a.Aud != "" {
			v["aud"] = a.Aud
		}
		if mail != "" {
			v["email"] = mail
		}
		if phone != "" {
			v["phone"] = phone
		}
		if a.EmailConfirm != nil && *a.EmailConfirm && u.EmailConfirmedAt == nil {
			v["email_confirmed_at"] = now
		}
		if a.PhoneConfirm != nil && *a.PhoneConfirm && u.PhoneConfirmedAt == nil {
			v["phone_confirmed_at"] = now
		}
		if a.UserMetadata != nil {
			v["raw_user_meta_data"] = merged(object(u.UserMeta), a.UserMetadata)
		}
		if a.AppMetadata != nil {
			v["raw_app_meta_data"] = merged(object(u.AppMeta), a.AppMetadata)
		}
		_, newPassword := v["encrypted_password"]
		banned, _ := v["banned_until"].(time.Time)
		if newPassword || banned.After(now) {
			if err := x.endSessions(id); err != nil {
				return err
			}
		}
		if newPassword || mail != "" && mail != u.Email {
			if err := x.voidTokens(id); err != nil {
				return err
			}
		}
		if u, err = x.updateUser(now, id, v); err != nil {
			return err
		}
		if u, err = s.ownIdentities(x, u, mail, phone); err != nil {
			return err
		}
		view, err = x.view(u)
		return err
	})
	if err != nil {
		return nil, taken(err)
	}
	return view, nil
}

// DeleteUser removes a user with all that hangs on it, or (soft) everything of it but its row, in which addresses are replaced by their hashes.
func (s *Service) DeleteUser(ctx context.Context, id string, soft bool) error {
	if !isID(id) {
		return fail(http.StatusNotFound, "validation_failed", "user_id must be an UUID")
	}
	return s.transact(ctx, func(x *tx) error {
		u, err := x.userByID(id)
		if err != nil {
			return err
		}
		if u == nil {
			return errNoUser()
		}
		if err := x.endSessions(id); err != nil {
			return err
		}
		if !soft {
			_, err := remove[struct{}](x, schemaAuth, "users", eq("id", id))
			return err
		}
		if err := x.voidTokens(id); err != nil {
			return err
		}
		if err := x.dropRecovery(s.now(), id); err != nil {
			return err
		}
		for _, hangs := range []string{"identities", "mfa_factors", "webauthn_credentials"} {
			if _, err := remove[struct{}](x, schemaAuth, hangs, eq("user_id", id)); err != nil {
				return err
			}
		}
		now := s.now()
		v := values{
			"deleted_at": now, "encrypted_password": "", "email_change": "", "phone_change": "", "raw_user_meta_data": map[string]any{}, "raw_app_meta_data": map[string]any{},
		}
		if u.Email != "" {
			v["email"] = linkHash(u.ID + u.Email)
		}
		if u.Phone != "" {
			v["phone"] = linkHash(u.ID + u.Phone)[:15]
		}
		_, err = x.updateUser(now, id, v)
		return err
	})
}

// Users is a page of all users. Total is the number of all.
type Users struct {
	Users []*User
	Total int64
}

const maxPage = 1000

// literal takes from LIKE's signs what they stand for.
var literal = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// ListUsers gives a page of users, the newest first. filter is a part of an address.
func (s *Service) ListUsers(ctx context.Context, number, size int, filter string) (*Users, error) {
	if size <= 0 || size > maxPage {
		size = 50
	}
	number = max(number, 1)
	out := &Users{Users: []*User{}}
	err := s.read(ctx, func(x *tx) error {
		out.Users, out.Total = []*User{}, 0
		var where []condition
		if filter != "" {
			where = append(where, condition{"email", "ilike", "%" + literal.Replace(filter) + "%"})
		}
		var err error
		if out.Total, err = count(x, schemaAuth, "users", where...); err != nil {
			return err
		}
		rows, err := list[userRow](x, schemaAuth, "users", page{
			order: []query.Order{{Name: "created_at", Desc: true, Nulls: query.NullsLast}, {Name: "id"}}, limit: size, offset: (number - 1) * size,
		}, where...)
		if err != nil {
			return err
		}
		for i := range rows {
			v, err := x.view(&rows[i])
			if err != nil {
				return err
			}
			out.Users = append(out.Users, v)
		}
		return nil
	})
	return out, err
}

// Invite makes a user of an address and sends a mail with which it becomes theirs.
func (s *Service) Invite(ctx context.Context, mail string, data map[string]any, redirectTo string) (*User, error) {
	mail, err := address(mail)
	if err != nil {
		return nil, err
	}
	var view *User
	err = s.transact(ctx, func(x *tx) error {
		u, _, err := s.invited(x, mail, data, redirectTo, true)
		if err != nil {
			return err
		}
		view, err = x.view(u)
		return err
	})
	return view, err
}

func (s *Service) invited(x *tx, mail string, data map[string]any, redirectTo string, send bool) (*userRow, *secrets, error) {
	now := s.now()
	u, err := x.userByEmail(mail)
	if err != nil {
		return nil, nil, err
	}
	if u != nil && u.confirmed() {
		return nil, nil, errConflict()
	}
	if u == nil {
		if u, err = s.newEmailUser(x, mail, "", data, "email"); err != nil {
			return nil, nil, err
		}
	}
	t := oneTime{user: u.ID, kind: confirmation, purpose: "invite", address: mail, redirectTo: s.Redirect(redirectTo), lifetime: inviteLifetime}
	var sec *secrets
	if send {
		sec, err = s.mail(x, u, mail, mailInvite, t)
	} else {
		sec, err = s.issue(x, t)
	}
	if err != nil {
		return nil, nil, err
	}
	u, err = x.updateUser(now, u.ID, values{"invited_at": now, "confirmation_sent_at": now})
	return u, sec, err
}

// inviteLifetime is longer than that of codes: whoever is invited did not ask and reads later.
const inviteLifetime = 24 * time.Hour

// LinkRequest asks for a link in place of the mail that would bring it.
type LinkRequest struct {
	Type            string // signup, invite, magiclink, recovery, email_change_current, email_change_new
	Email, NewEmail string
	Password        string
	Data            map[string]any
	RedirectTo      string
}

// Link is what the mail would have told.
type Link struct {
	User       *User
	URL        string
	Code       string
	Secret     string
	Type       string
	RedirectTo string
}

// GenerateLink makes a one-time token and gives it to the administrator.
func (s *Service) GenerateLink(ctx context.Context, r LinkRequest) (*Link, error) {
	mail, err := address(r.Email)
	if err != nil {
		return nil, err
	}
	hash := ""
	if r.Type == "signup" {
		if r.Password == "" {
			return nil, invalid("Signup requires a valid password")
		}
		if err := s.strong(ctx, r.Password); err != nil {
			return nil, err
		}
		if hash, err = s.hash(ctx, r.Password); err != nil {
			return nil, err
		}
	}
	to := s.Redirect(r.RedirectTo)
	out := &Link{RedirectTo: to}
	err = s.transact(ctx, func(x *tx) error {
		u, err := x.userByEmail(mail)
		if err != nil {
			return err
		}
		now := s.now()
		sent := values{}
		t := oneTime{purpose: r.Type, address: mail, redirectTo: to}
		var sec *secrets
		switch r.Type {
		case "magiclink", "recovery":
			if u == nil {
				if r.Type == "recovery" {
					return errNoUser()
				}
				if u, err = s.newEmailUser(x, mail, "", r.Data, "email"); err != nil {
					return err
				}
			}
			t.kind = recovery
			sent["recovery_sent_at"] = now
		case "invite":
			if u, sec, err = s.invited(x, mail, r.Data, r.RedirectTo, false); err != nil {
				return err
			}
		case "signup":
			if u != nil && u.confirmed() {
				return errConflict()
			}
			if u == nil {
				if u, err = s.newEmailUser(x, mail, hash, r.Data, "email"); err != nil {
					return err
				}
				// What an administrator says of a user is all that is said of it.
				if u, err = x.updateUser(now, u.ID, values{"raw_user_meta_data": orObject(r.Data)}); err != nil {
					return err
				}
			}
			t.kind, t.data = confirmation, map[string]any{"password": hash, "user_metadata": r.Data}
			sent["confirmation_sent_at"] = now
		case "email_change_current", "email_change_new":
			if u == nil {
				return errNoUser()
			}
			next, err := address(r.NewEmail)
			if err != nil {
				return invalid("The new email address provided is invalid")
			}
			if err := x.free(next, "", u.ID); err != nil {
				return err
			}
			t.purpose = "email_change"
			t.kind, t.address = changeCurrent, mail
			if r.Type == "email_change_new" {
				t.kind, t.address = changeNew, next
			}
			sent["email_change"], sent["email_change_sent_at"], sent["email_change_confirm_status"] = next, now, noConfirmation
		default:
			return invalid("Invalid email action link type requested: %s", r.Type)
		}
		if sec == nil {
			t.user = u.ID
			if sec, err = s.issue(x, t); err != nil {
				return err
			}
			if u, err = x.updateUser(now, u.ID, sent); err != nil {
				return err
			}
		}
		out.URL, out.Code, out.Secret, out.Type = s.verifyURL(sec.Link, t.purpose, to), sec.Code, sec.Link, r.Type
		out.User, err = x.view(u)
		return err
	})
	if err != nil {
		return nil, taken(err)
	}
	return out, nil
}
