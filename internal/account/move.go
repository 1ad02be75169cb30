package account

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/identity"
	"github.com/mainstay-dev/mainstay/internal/password"
)

// Users who come from another system, and who leave for one.

// Record is a user as they are moved, in the words of auth.users.
type Record struct {
	ID               string           `json:"id"`
	Aud              string           `json:"aud,omitempty"`
	Role             string           `json:"role,omitempty"`
	Email            string           `json:"email,omitempty"`
	EmailConfirmedAt *time.Time       `json:"email_confirmed_at,omitempty"`
	Phone            string           `json:"phone,omitempty"`
	PhoneConfirmedAt *time.Time       `json:"phone_confirmed_at,omitempty"`
	Password         string           `json:"encrypted_password,omitempty"` // a hash; see package password for the forms
	AppMeta          map[string]any   `json:"raw_app_meta_data"`
	UserMeta         map[string]any   `json:"raw_user_meta_data"`
	CreatedAt        *time.Time       `json:"created_at,omitempty"`
	UpdatedAt        *time.Time       `json:"updated_at,omitempty"`
	LastSignInAt     *time.Time       `json:"last_sign_in_at,omitempty"`
	BannedUntil      *time.Time       `json:"banned_until,omitempty"`
	SSO              bool             `json:"is_sso_user,omitempty"`
	Anonymous        bool             `json:"is_anonymous,omitempty"`
	Identities       []RecordIdentity `json:"identities"`
}

// RecordIdentity is how a provider knows a moved user.
type RecordIdentity struct {
	Provider string         `json:"provider"`
	Subject  string         `json:"provider_id"`
	Data     map[string]any `json:"identity_data"`
}

// Moved is what became of a record: a new user, one who was there already, or an error.
type Moved struct {
	There bool
	Err   error
}

// Import makes users of records, those that can be, in one transaction; where one cannot be, each in its own, so that nobody is half there. A record whose id, address,
// number or identity a user has is left alone: to import again what was imported is no change. Their passwords are checked when they sign in, and then hashed anew.
func (s *Service) Import(ctx context.Context, records []Record) ([]Moved, error) {
	out := make([]Moved, len(records))
	all := s.transact(ctx, func(x *tx) error {
		for i := range records {
			there, err := s.importOne(x, records[i])
			if err != nil {
				return err
			}
			out[i] = Moved{There: there}
		}
		return nil
	})
	if all == nil {
		return out, nil
	}
	for i := range records {
		err := s.transact(ctx, func(x *tx) (err error) {
			out[i].There, err = s.importOne(x, records[i])
			return err
		})
		if ctx.Err() != nil {
			return out[:i], err
		}
		if err != nil && fault.As(err) == nil {
			return out[:i], err // not of this record: the next would fail as well
		}
		out[i].Err = err
	}
	return out, nil
}

func (s *Service) importOne(x *tx, r Record) (there bool, err error) {
	if r.Email != "" {
		if r.Email, err = address(r.Email); err != nil {
			return false, err
		}
	}
	if r.Phone != "" {
		if r.Phone, err = number(r.Phone); err != nil {
			return false, err
		}
	}
	switch {
	case r.ID == "":
		r.ID = newID()
	case !isID(r.ID):
		return false, invalid("%q is no id: it has to be a UUID", r.ID)
	}
	if r.Email == "" && r.Phone == "" && len(r.Identities) == 0 && !r.Anonymous {
		return false, invalid("the user has neither an address nor a telephone number nor an identity")
	}
	if slices.Contains([]string{identity.ServiceRole, "supabase_admin", "postgres"}, r.Role) {
		return false, invalid("the user has the role %s, which is no user's", r.Role)
	}
	if r.Password != "" && !password.Known(r.Password) {
		return false, invalid("the password hash has no form that is known: bcrypt, argon2 or Firebase's scrypt")
	}
	if there, err = x.imported(r); there || err != nil {
		return there, err
	}
	now := s.now()
	created := now
	if r.CreatedAt != nil {
		created = r.CreatedAt.UTC()
	}
	identities, providers := r.identities(), []string{}
	for _, i := range identities {
		if !slices.Contains(providers, i.Provider) {
			providers = append(providers, i.Provider)
		}
	}
	v := values{
		"id": r.ID, "raw_app_meta_data": withProviders(maps.Clone(orObject(r.AppMeta)), providers), "raw_user_meta_data": orObject(r.UserMeta), "is_sso_user": r.SSO, "is_anonymous": r.Anonymous, "created_at": created, "updated_at": now,
	}
	for column, text := range map[string]string{"aud": r.Aud, "role": r.Role, "email": r.Email, "phone": r.Phone, "encrypted_password": r.Password} {
		if text != "" {
			v[column] = text
		}
	}
	for column, at := range map[string]*time.Time{
		"email_confirmed_at": r.EmailConfirmedAt, "phone_confirmed_at": r.PhoneConfirmedAt, "last_sign_in_at": r.LastSignInAt, "banned_until": r.BannedUntil,
	} {
		if at != nil {
			v[column] = at.UTC()
		}
	}
	u, err := x.insertUser(now, v)
	if err != nil {
		return false, err
	}
	for _, i := range identities {
		data := maps.Clone(orObject(i.Data))
		if data["sub"] == nil {
			data["sub"] = i.Subject
		}
		if _, err := insert[identityRow](x, schemaAuth, "identities", values{
			"id": newID(), "provider_id": i.Subject, "user_id": u.ID, "provider": i.Provider, "identity_data": data, "created_at": created, "updated_at": now, "last_sign_in_at": created,
		}); err != nil {
			return false, err
		}
	}
	return false, nil
}

// identities are those of a record, with the ones of its own addresses.
func (r *Record) identities() []RecordIdentity {
	all := r.Identities
	has := func(provider string) bool {
		return slices.ContainsFunc(all, func(i RecordIdentity) bool { return i.Provider == provider })
	}
	if r.Email != "" && !r.SSO && !has("email") && (r.Password != "" || len(r.Identities) == 0) {
		all = append(all, RecordIdentity{"email", r.ID, map[string]any{"sub": r.ID, "email": r.Email, "email_verified": r.EmailConfirmedAt != nil, "phone_verified": false}})
	}
	if r.Phone != "" && !has("phone") {
		all = append(all, RecordIdentity{"phone", r.ID, map[string]any{"sub": r.ID, "phone": r.Phone, "phone_verified": r.PhoneConfirmedAt != nil, "email_verified": false}})
	}
	return all
}

// imported reports whether a record's user is there.
func (x *tx) imported(r Record) (bool, error) {
	u, err := x.userByID(r.ID)
	if err != nil || u != nil {
		return u != nil, err
	}
	if r.Email != "" && !r.SSO {
		if u, err = x.userByEmail(r.Email); err != nil || u != nil {
			return u != nil, err
		}
	}
	if r.Phone != "" {
		if u, err = x.userByPhone(r.Phone); err != nil || u != nil {
			return u != nil, err
		}
	}
	for _, i := range r.Identities {
		if i.Provider == "" || i.Subject == "" {
			return false, invalid("an identity has no provider or no provider_id")
		}
		rows, err := find[identityRow](x, schemaAuth, "identities", eq("provider", i.Provider), eq("provider_id", i.Subject))
		if err != nil || len(rows) > 0 {
			return len(rows) > 0, err
		}
	}
	return false, nil
}

const exportPage = 500

// Export gives all users but the deleted ones, in the order of their ids; withHashes gives their passwords' hashes along. Second factors and passkeys stay: their secrets are
// sealed with this project's keys.
func (s *Service) Export(ctx context.Context, withHashes bool, each func(Record) error) error {
	last := "00000000-0000-0000-0000-000000000000"
	for {
		var users []userRow
		identities := map[string][]identityRow{}
		err := s.read(ctx, func(x *tx) error {
			clear(identities)
			var err error
			users, err = list[userRow](x, schemaAuth, "users", page{order: []query.Order{{Name: "id"}}, limit: exportPage}, condition{"id", "gt", last})
			if err != nil || len(users) == 0 {
				return err
			}
			rows, err := list[identityRow](x, schemaAuth, "identities", page{order: ascending("created_at", "provider")}, condition{"user_id", "gt", last}, condition{"user_id", "lte", users[len(users)-1].ID})
			for _, r := range rows {
				identities[r.UserID] = append(identities[r.UserID], r)
			}
			return err
		})
		if err != nil {
			return err
		}
		if len(users) == 0 {
			return nil
		}
		for i := range users {
			if u := &users[i]; u.DeletedAt == nil {
				if err := each(recordOf(u, identities[u.ID], withHashes)); err != nil {
					return err
				}
			}
		}
		last = users[len(users)-1].ID
	}
}

func recordOf(u *userRow, identities []identityRow, withHashes bool) Record {
	r := Record{
		ID: u.ID, Aud: u.Aud, Role: u.Role, Email: u.Email, EmailConfirmedAt: utc(u.EmailConfirmedAt), Phone: u.Phone, PhoneConfirmedAt: utc(u.PhoneConfirmedAt), AppMeta: object(u.AppMeta),
		UserMeta: object(u.UserMeta), CreatedAt: utc(u.CreatedAt), UpdatedAt: utc(u.UpdatedAt), LastSignInAt: utc(u.LastSignInAt), BannedUntil: utc(u.BannedUntil), SSO: u.SSO, Anonymous: u.Anonymous,
		Identities: []RecordIdentity{},
	}
	if withHashes {
		r.Password = u.Password
	}
	for _, i := range identities {
		r.Identities = append(r.Identities, RecordIdentity{i.Provider, i.ProviderID, object(i.Data)})
	}
	return r
}

// Find gives the user of an id, an address or a telephone number.
func (s *Service) Find(ctx context.Context, who string) (*User, error) {
	var view *User
	err := s.read(ctx, func(x *tx) error {
		u, err := x.userByID(who)
		if err == nil && u == nil {
			if mail, bad := address(who); bad == nil {
				u, err = x.userByEmail(mail)
			} else if phone, bad := number(who); bad == nil {
				u, err = x.userByPhone(phone)
			}
		}
		if err != nil {
			return err
		}
		if u == nil {
			return fmt.Errorf("nobody has the id, address or number %q", who)
		}
		view, err = x.view(u)
		return err
	})
	return view, err
}
