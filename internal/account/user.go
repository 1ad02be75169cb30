package account

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// userRow is a row of auth.users.
type userRow struct {
	ID                   string          `json:"id"`
	Aud                  string          `json:"aud"`
	Role                 string          `json:"role"`
	Email                string          `json:"email"`
	Password             string          `json:"encrypted_password"`
	EmailConfirmedAt     *time.Time      `json:"email_confirmed_at"`
	InvitedAt            *time.Time      `json:"invited_at"`
	ConfirmationSentAt   *time.Time      `json:"confirmation_sent_at"`
	RecoverySentAt       *time.Time      `json:"recovery_sent_at"`
	EmailChange          string          `json:"email_change"`
	EmailChangeSentAt    *time.Time      `json:"email_change_sent_at"`
	EmailChangeConfirm   int             `json:"email_change_confirm_status"`
	LastSignInAt         *time.Time      `json:"last_sign_in_at"`
	AppMeta              json.RawMessage `json:"raw_app_meta_data"`
	UserMeta             json.RawMessage `json:"raw_user_meta_data"`
	CreatedAt            *time.Time      `json:"created_at"`
	UpdatedAt            *time.Time      `json:"updated_at"`
	Phone                string          `json:"phone"`
	PhoneConfirmedAt     *time.Time      `json:"phone_confirmed_at"`
	PhoneChange          string          `json:"phone_change"`
	PhoneChangeSentAt    *time.Time      `json:"phone_change_sent_at"`
	ConfirmedAt          *time.Time      `json:"confirmed_at"`
	BannedUntil          *time.Time      `json:"banned_until"`
	ReauthenticationSent *time.Time      `json:"reauthentication_sent_at"`
	SSO                  bool            `json:"is_sso_user"`
	DeletedAt            *time.Time      `json:"deleted_at"`
	Anonymous            bool            `json:"is_anonymous"`
}

func (u *userRow) banned(now time.Time) bool {
	return u.BannedUntil != nil && now.Before(*u.BannedUntil)
}

// confirmed reports whether the user has proved an address.
func (u *userRow) confirmed() bool { return u.EmailConfirmedAt != nil || u.PhoneConfirmedAt != nil }

// identityRow is a row of auth.identities: how a provider knows the user.
type identityRow struct {
	ID           string          `json:"id"`
	ProviderID   string          `json:"provider_id"`
	UserID       string          `json:"user_id"`
	Data         json.RawMessage `json:"identity_data"`
	Provider     string          `json:"provider"`
	LastSignInAt *time.Time      `json:"last_sign_in_at"`
	CreatedAt    *time.Time      `json:"created_at"`
	UpdatedAt    *time.Time      `json:"updated_at"`
	Email        string          `json:"email"`
}

type factorRow struct {
	ID               string          `json:"id"`
	UserID           string          `json:"user_id"`
	FriendlyName     string          `json:"friendly_name"`
	Type             string          `json:"factor_type"`
	Status           string          `json:"status"`
	CreatedAt        time.Time       `json:"created_at"`
	UpdatedAt        time.Time       `json:"updated_at"`
	Secret           string          `json:"secret"`
	Phone            string          `json:"phone"`
	LastChallengedAt *time.Time      `json:"last_challenged_at"`
	Credential       json.RawMessage `json:"web_authn_credential"`
}

// User is a user as clients see one: this list of fields and no other (the hash and the tokens have no place in it).
type User struct {
	ID                 string         `json:"id"`
	Aud                string         `json:"aud"`
	Role               string         `json:"role"`
	Email              string         `json:"email"`
	EmailConfirmedAt   *time.Time     `json:"email_confirmed_at,omitempty"`
	InvitedAt          *time.Time     `json:"invited_at,omitempty"`
	Phone              string         `json:"phone"`
	PhoneConfirmedAt   *time.Time     `json:"phone_confirmed_at,omitempty"`
	ConfirmationSentAt *time.Time     `json:"confirmation_sent_at,omitempty"`
	ConfirmedAt        *time.Time     `json:"confirmed_at,omitempty"`
	RecoverySentAt     *time.Time     `json:"recovery_sent_at,omitempty"`
	NewEmail           string         `json:"new_email,omitempty"`
	EmailChangeSentAt  *time.Time     `json:"email_change_sent_at,omitempty"`
	NewPhone           string         `json:"new_phone,omitempty"`
	PhoneChangeSentAt  *time.Time     `json:"phone_change_sent_at,omitempty"`
	ReauthSentAt       *time.Time     `json:"reauthentication_sent_at,omitempty"`
	LastSignInAt       *time.Time     `json:"last_sign_in_at,omitempty"`
	AppMetadata        map[string]any `json:"app_metadata"`
	UserMetadata       map[string]any `json:"user_metadata"`
	Factors            []Factor       `json:"factors,omitempty"`
	Identities         []Identity     `json:"identities"`
	CreatedAt          time.Time      `json:"created_at"`
	UpdatedAt          time.Time      `json:"updated_at"`
	BannedUntil        *time.Time     `json:"banned_until,omitempty"`
	DeletedAt          *time.Time     `json:"deleted_at,omitempty"`
	IsAnonymous        bool           `json:"is_anonymous"`
}

// Identity is how a provider knows a user.
type Identity struct {
	IdentityID   string         `json:"identity_id"`
	ID           string         `json:"id"`
	UserID       string         `json:"user_id"`
	IdentityData map[string]any `json:"identity_data"`
	Provider     string         `json:"provider"`
	LastSignInAt *time.Time     `json:"last_sign_in_at,omitempty"`
	CreatedAt    *time.Time     `json:"created_at,omitempty"`
	UpdatedAt    *time.Time     `json:"updated_at,omitempty"`
	Email        string         `json:"email,omitempty"`
}

// Factor is a second factor of a user's.
type Factor struct {
	ID               string     `json:"id"`
	FriendlyName     string     `json:"friendly_name,omitempty"`
	FactorType       string     `json:"factor_type"`
	Status           string     `json:"status"`
	Phone            string     `json:"phone,omitempty"`
	CreatedAt        time.Time  `json:"created_at"`
	UpdatedAt        time.Time  `json:"updated_at"`
	LastChallengedAt *time.Time `json:"last_challenged_at,omitempty"`
}

// object is a JSON object of a column; {} for NULL.
func object(raw json.RawMessage) map[string]any {
	m := map[string]any{}
	if len(raw) > 0 {
		_ = json.Unmarshal(raw, &m) // a project may have written anything there: what is no object counts as none
	}
	if m == nil {
		m = map[string]any{}
	}
	return m
}

// merged is object a with b's members over it; a null removes one.
func merged(a, b map[string]any) map[string]any {
	m := maps.Clone(a)
	if m == nil {
		m = map[string]any{}
	}
	for k, v := range b {
		if v == nil {
			delete(m, k)
			continue
		}
		m[k] = v
	}
	return m
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// view is the user as clients see it.
func (x *tx) view(u *userRow) (*User, error) {
	identities, err := list[identityRow](x, schemaAuth, "identities", page{order: ascending("created_at", "provider")}, eq("user_id", u.ID))
	if err != nil {
		return nil, err
	}
	factors, err := list[factorRow](x, schemaAuth, "mfa_factors", page{order: ascending("created_at", "id")}, eq("user_id", u.ID))
	if err != nil {
		return nil, err
	}
	v := viewOf(u, identities, factors)
	if len(factors) == 0 {
		return v, nil
	}
	set, err := x.recoverySet(u.ID)
	if err == nil && set != nil {
		v.Factors = append(v.Factors, Factor{ID: set.ID, FriendlyName: set.Name, FactorType: factorRecovery, Status: "verified", CreatedAt: set.CreatedAt.UTC(), UpdatedAt: set.UpdatedAt.UTC()})
	}
	return v, err
}

func viewOf(u *userRow, identities []identityRow, factors []factorRow) *User {
	v := &User{
		ID: u.ID, Aud: u.Aud, Role: u.Role, Email: u.Email, EmailConfirmedAt: utc(u.EmailConfirmedAt), InvitedAt: utc(u.InvitedAt), Phone: u.Phone,
		PhoneConfirmedAt: utc(u.PhoneConfirmedAt), ConfirmationSentAt: utc(u.ConfirmationSentAt), ConfirmedAt: utc(u.ConfirmedAt), RecoverySentAt: utc(u.RecoverySentAt),
		NewEmail: u.EmailChange, EmailChangeSentAt: utc(u.EmailChangeSentAt), NewPhone: u.PhoneChange, PhoneChangeSentAt: utc(u.PhoneChangeSentAt),
		ReauthSentAt: utc(u.ReauthenticationSent), LastSignInAt: utc(u.LastSignInAt), AppMetadata: object(u.AppMeta), UserMetadata: object(u.UserMeta),
		Identities: []Identity{}, CreatedAt: moment(u.CreatedAt), UpdatedAt: moment(u.UpdatedAt), BannedUntil: utc(u.BannedUntil), DeletedAt: utc(u.DeletedAt),
		IsAnonymous: u.Anonymous,
	}
	for _, i := range identities {
		v.Identities = append(v.Identities, Identity{
			IdentityID: i.ID, ID: i.ProviderID, UserID: i.UserID, IdentityData: object(i.Data), Provider: i.Provider, LastSignInAt: utc(i.LastSignInAt),
			CreatedAt: utc(i.CreatedAt), UpdatedAt: utc(i.UpdatedAt), Email: i.Email,
		})
	}
	for _, f := range factors {
		v.Factors = append(v.Factors, Factor{
			ID: f.ID, FriendlyName: f.FriendlyName, FactorType: f.Type, Status: f.Status, Phone: f.Phone, CreatedAt: f.CreatedAt.UTC(), UpdatedAt: f.UpdatedAt.UTC(),
			LastChallengedAt: utc(f.LastChallengedAt),
		})
	}
	return v
}

// userByEmail finds the user who signs in with the address. Users of single sign-on do not.
func (x *tx) userByEmail(mail string) (*userRow, error) {
	return one[userRow](x, schemaAuth, "users", eq("email", mail), isFalse("is_sso_user"))
}

func (x *tx) userByPhone(phone string) (*userRow, error) {
	return one[userRow](x, schemaAuth, "users", eq("phone", phone), isFalse("is_sso_user"))
}

func (x *tx) userByID(id string) (*userRow, error) {
	if !isID(id) {
		return nil, nil
	}
	return one[userRow](x, schemaAuth, "users", eq("id", id))
}

func isFalse(column string) condition { return condition{column, "is", "false"} }

// updateUser changes columns of a user and gives the user as it is then.
func (x *tx) updateUser(now time.Time, id string, v values) (*userRow, error) {
	v["updated_at"] = now
	rows, err := update[userRow](x, schemaAuth, "users", v, eq("id", id))
	if err != nil || len(rows) == 0 {
		return nil, orGone(err)
	}
	return &rows[0], nil
}

func orGone(err error) error {
	if err != nil {
		return err
	}
	return fail(404, "user_not_found", "User not found")
}

// insertUser makes a user. v has what is particular of it.
func (x *tx) insertUser(now time.Time, v values) (*userRow, error) {
	all := values{
		"instance_id": "00000000-0000-0000-0000-000000000000", "aud": "authenticated", "role": "authenticated", "created_at": now, "updated_at": now,
		"raw_app_meta_data": map[string]any{}, "raw_user_meta_data": map[string]any{}, "is_anonymous": false, "is_sso_user": false,
		"confirmation_token": "", "recovery_token": "", "email_change_token_new": "", "email_change": "",
	}
	maps.Copy(all, v)
	if all["id"] == nil {
		all["id"] = x.creation.id
	}
	if err := x.creation.mayCreate(all); err != nil {
		return nil, err
	}
	x.creation.made = append(x.creation.made, all["id"].(string))
	return insert[userRow](x, schemaAuth, "users", all)
}

// link makes an identity of a user and keeps the list of providers in the user's metadata.
func (x *tx) link(now time.Time, u *userRow, provider, subject string, data map[string]any) (*userRow, error) {
	_, err := insert[identityRow](x, schemaAuth, "identities", values{
		"id": newID(), "provider_id": subject, "user_id": u.ID, "provider": provider, "identity_data": data, "created_at": now, "updated_at": now, "last_sign_in_at": now,
	})
	if err != nil {
		return nil, err
	}
	return x.providers(now, u)
}

// providers writes the providers of a user's identities into its metadata.
func (x *tx) providers(now time.Time, u *userRow) (*userRow, error) {
	identities, err := list[identityRow](x, schemaAuth, "identities", page{order: ascending("created_at", "provider")}, eq("user_id", u.ID))
	if err != nil {
		return nil, err
	}
	all := []string{}
	for _, i := range identities {
		if !slices.Contains(all, i.Provider) {
			all = append(all, i.Provider)
		}
	}
	return x.updateUser(now, u.ID, values{"raw_app_meta_data": withProviders(object(u.AppMeta), all)})
}

// withProviders is a user's metadata with the providers of its identities.
func withProviders(meta map[string]any, all []string) map[string]any {
	meta["providers"] = all
	if first, _ := meta["provider"].(string); len(all) > 0 && !slices.Contains(all, first) {
		meta["provider"] = all[0]
	}
	if len(all) == 0 {
		delete(meta, "provider")
		delete(meta, "providers")
	}
	return meta
}
