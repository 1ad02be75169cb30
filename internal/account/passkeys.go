package account

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/passkey"
)

// Passkeys: credentials that know their user, to sign in with nothing else.

// Passkey is a passkey as its user sees it.
type Passkey struct {
	ID           string     `json:"id"`
	FriendlyName string     `json:"friendly_name"`
	CreatedAt    time.Time  `json:"created_at"`
	UpdatedAt    time.Time  `json:"updated_at"`
	LastUsedAt   *time.Time `json:"last_used_at,omitempty"`
}

// passkeyRow is a row of auth.webauthn_credentials. Byte strings are in PostgreSQL's hex form.
type passkeyRow struct {
	ID             string     `json:"id"`
	UserID         string     `json:"user_id"`
	CredentialID   string     `json:"credential_id"`
	PublicKey      string     `json:"public_key"`
	SignCount      int64      `json:"sign_count"`
	Transports     []string   `json:"transports"`
	BackupEligible bool       `json:"backup_eligible"`
	BackedUp       bool       `json:"backed_up"`
	FriendlyName   string     `json:"friendly_name"`
	CreatedAt      time.Time  `json:"created_at"`
	UpdatedAt      time.Time  `json:"updated_at"`
	LastUsedAt     *time.Time `json:"last_used_at"`
}

func (r *passkeyRow) view() *Passkey {
	return &Passkey{ID: r.ID, FriendlyName: r.FriendlyName, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), LastUsedAt: utc(r.LastUsedAt)}
}

func hexText(b []byte) string { return `\x` + hex.EncodeToString(b) }

func hexBytes(s string) []byte {
	b, err := hex.DecodeString(strings.TrimPrefix(s, `\x`))
	if err != nil {
		return nil // the column is bytea: what it prints is hex
	}
	return b
}

// passkeyChallenge is a row of auth.webauthn_challenges.
type passkeyChallenge struct {
	ID        string          `json:"id"`
	UserID    string          `json:"user_id"`
	Type      string          `json:"challenge_type"`
	Session   json.RawMessage `json:"session_data"`
	ExpiresAt time.Time       `json:"expires_at"`
}

// PasskeyChallenge is the first half of a ceremony.
type PasskeyChallenge struct {
	ID        string          `json:"challenge_id"`
	Options   json.RawMessage `json:"options"`
	ExpiresAt int64           `json:"expires_at"`
}

const maxPasskeys = 20 // of one user

func (s *Service) passkeysOn() error {
	if !s.o.Passkeys {
		return fail(http.StatusUnprocessableEntity, "passkey_disabled", "Passkeys are disabled")
	}
	return nil
}

// mayChangePasskeys: a passkey is a way in, so whoever adds or removes one must have proved every factor that there is (attack E13).
func mayChangePasskeys(who *Bearer) error {
	if who.factors && who.AAL != "aal2" {
		return fail(http.StatusForbidden, "insufficient_aal", "AAL2 required to manage passkeys")
	}
	return nil
}

func (s *Service) holder(x *tx, u *userRow) (*passkey.User, []passkeyRow, error) {
	rows, err := list[passkeyRow](x, schemaAuth, "webauthn_credentials", page{order: ascending("created_at", "id")}, eq("user_id", u.ID))
	if err != nil {
		return nil, nil, err
	}
	h := &passkey.User{ID: idBytes(u.ID), Name: nameOf(u)}
	for _, r := range rows {
		h.Credentials = append(h.Credentials, passkey.Credential{
			ID: hexBytes(r.CredentialID), PublicKey: hexBytes(r.PublicKey), SignCount: uint32(r.SignCount), Transports: r.Transports, BackupEligible: r.BackupEligible, BackedUp: r.BackedUp,
		})
	}
	return h, rows, nil
}

// keep stores the first half of a ceremony.
func (s *Service) keepCeremony(x *tx, kind, user string, c *passkey.Ceremony) (*PasskeyChallenge, error) {
	now := s.now()
	id := newID()
	v := values{"id": id, "challenge_type": kind, "session_data": c.Kept, "created_at": now, "expires_at": now.Add(challengeLifetime)}
	if user != "" {
		v["user_id"] = user
	}
	if _, err := insert[passkeyChallenge](x, schemaAuth, "webauthn_challenges", v); err != nil {
		return nil, err
	}
	return &PasskeyChallenge{ID: id, Options: c.Options, ExpiresAt: now.Add(challengeLifetime).Unix()}, nil
}

// useCeremony takes the first half of a ceremony away: it has one second half.
func (s *Service) useCeremony(x *tx, kind, user, id string) (*passkeyChallenge, error) {
	missing := fail(http.StatusBadRequest, "webauthn_challenge_not_found", "WebAuthn challenge not found")
	if !isID(id) {
		return nil, missing
	}
	where := []condition{eq("id", id), eq("challenge_type", kind)}
	if user != "" {
		where = append(where, eq("user_id", user))
	}
	rows, err := remove[passkeyChallenge](x, schemaAuth, "webauthn_challenges", where...)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, missing
	}
	return &rows[0], nil
}

// BeginPasskey gives what a browser makes a new passkey of.
func (s *Service) BeginPasskey(ctx context.Context, who *Bearer) (*PasskeyChallenge, error) {
	if err := s.passkeysOn(); err != nil {
		return nil, err
	}
	if err := mayChangePasskeys(who); err != nil {
		return nil, err
	}
	var out *PasskeyChallenge
	err := s.transact(ctx, func(x *tx) error {
		h, rows, err := s.holder(x, who.User)
		if err != nil {
			return err
		}
		if len(rows) >= maxPasskeys {
			return fail(http.StatusUnprocessableEntity, "too_many_passkeys", "Maximum number of passkeys reached")
		}
		c, err := s.site().Register(h, true)
		if err != nil {
			return keyError(err)
		}
		out, err = s.keepCeremony(x, "registration", who.User.ID, c)
		return err
	})
	return out, err
}

// AddPasskey registers the passkey that a browser has made.
func (s *Service) AddPasskey(ctx context.Context, who *Bearer, challenge string, answer json.RawMessage) (*Passkey, error) {
	if err := s.passkeysOn(); err != nil {
		return nil, err
	}
	if err := mayChangePasskeys(who); err != nil {
		return nil, err
	}
	if len(answer) > passkey.MaxAnswer {
		return nil, invalid("credential is larger than %d bytes", passkey.MaxAnswer)
	}
	// The challenge is used in one transaction and the passkey kept in another: checking it takes time that nobody else shall wait for.
	var kept *passkeyChallenge
	var h *passkey.User
	err := s.transact(ctx, func(x *tx) (err error) {
		if kept, err = s.useCeremony(x, "registration", who.User.ID, challenge); err != nil {
			return err
		}
		h, _, err = s.holder(x, who.User)
		return err
	})
	if err != nil {
		return nil, err
	}
	now := s.now()
	if now.After(kept.ExpiresAt) {
		return nil, fail(http.StatusBadRequest, "webauthn_challenge_expired", "WebAuthn challenge has expired")
	}
	c, err := s.site().Registered(h, kept.Session, answer)
	if err != nil {
		return nil, keyError(err)
	}
	var out *Passkey
	err = s.transact(ctx, func(x *tx) error {
		taken, err := one[passkeyRow](x, schemaAuth, "webauthn_credentials", eq("credential_id", hexText(c.ID)))
		if err != nil {
			return err
		}
		if taken != nil {
			return fail(http.StatusUnprocessableEntity, "webauthn_credential_exists", "This passkey is registered already")
		}
		v := values{
			"id": newID(), "user_id": who.User.ID, "credential_id": hexText(c.ID), "public_key": hexText(c.PublicKey), "attestation_type": "none", "sign_count": int64(c.SignCount),
			"transports": c.Transports, "backup_eligible": c.BackupEligible, "backed_up": c.BackedUp, "created_at": now, "updated_at": now,
		}
		if len(c.AAGUID) == 16 {
			v["aaguid"] = hex.EncodeToString(c.AAGUID)
		}
		row, err := insert[passkeyRow](x, schemaAuth, "webauthn_credentials", v)
		if err != nil {
			return err
		}
		out = row.view()
		return nil
	})
	return out, err
}

// AskPasskey gives what a browser asks for a passkey with, of whoever has one.
func (s *Service) AskPasskey(ctx context.Context, c Client) (*PasskeyChallenge, error) {
	if err := s.passkeysOn(); err != nil {
		return nil, err
	}
	if err := s.take(ctx, "passkey", c.network(), s.o.Limits.Signups, fiveMinutes); err != nil {
		return nil, err
	}
	var out *PasskeyChallenge
	err := s.transact(ctx, func(x *tx) error {
		ceremony, err := s.site().Ask(nil)
		if err != nil {
			return keyError(err)
		}
		out, err = s.keepCeremony(x, "authentication", "", ceremony)
		return err
	})
	return out, err
}

// SignInPasskey answers a passkey with a session.
func (s *Service) SignInPasskey(ctx context.Context, c Client, challenge string, answer json.RawMessage) (*Session, error) {
	if err := s.passkeysOn(); err != nil {
		return nil, err
	}
	if err := s.take(ctx, "passkey", c.network(), s.o.Limits.Signups, fiveMinutes); err != nil {
		return nil, err
	}
	bad := fail(http.StatusBadRequest, "webauthn_verification_failed", "WebAuthn verification failed")
	if len(answer) > passkey.MaxAnswer {
		return nil, invalid("credential is larger than %d bytes", passkey.MaxAnswer)
	}
	var kept *passkeyChallenge
	var u *userRow
	var row *passkeyRow
	var h *passkey.User
	err := s.transact(ctx, func(x *tx) (err error) {
		u, row, h = nil, nil, nil
		if kept, err = s.useCeremony(x, "authentication", "", challenge); err != nil {
			return err
		}
		if row, err = one[passkeyRow](x, schemaAuth, "webauthn_credentials", eq("credential_id", hexText(passkey.CredentialOf(answer)))); err != nil || row == nil {
			return err
		}
		if u, err = x.userByID(row.UserID); err != nil || u == nil {
			return err
		}
		h, _, err = s.holder(x, u)
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.now().After(kept.ExpiresAt) {
		return nil, fail(http.StatusBadRequest, "webauthn_challenge_expired", "WebAuthn challenge has expired")
	}
	got, err := s.site().Answered(nil, kept.Session, answer, func(credential, handle []byte) (*passkey.User, error) {
		if row == nil || u == nil || u.DeletedAt != nil || row.UserID != string(handle) || hexText(credential) != row.CredentialID {
			return nil, errors.New("no such passkey")
		}
		return h, nil
	})
	if err != nil {
		s.o.Log.Info("a passkey was refused", "error", err)
		return nil, bad
	}
	var out *Session
	err = s.transact(ctx, func(x *tx) error {
		now := s.now()
		v := values{"sign_count": int64(got.SignCount), "backed_up": got.BackedUp, "last_used_at": now, "updated_at": now}
		rows, err := update[passkeyRow](x, schemaAuth, "webauthn_credentials", v, eq("id", row.ID))
		if err != nil {
			return err
		}
		if len(rows) != 1 {
			return bad // it was removed meanwhile
		}
		u, err := x.userByID(row.UserID)
		if err != nil || u == nil || u.DeletedAt != nil {
			return orGone(err)
		}
		out, err = s.signIn(x, c, u, "passkey")
		return err
	})
	return out, err
}

// PasskeysOf gives a user's passkeys.
func (s *Service) PasskeysOf(ctx context.Context, user string) ([]*Passkey, error) {
	out := []*Passkey{}
	err := s.read(ctx, func(x *tx) error {
		out = []*Passkey{}
		u, err := x.userByID(user)
		if err != nil {
			return err
		}
		if u == nil {
			return errNoUser()
		}
		_, rows, err := s.holder(x, u)
		for i := range rows {
			out = append(out, rows[i].view())
		}
		return err
	})
	return out, err
}

func errNoPasskey() error {
	return fail(http.StatusNotFound, "webauthn_credential_not_found", "Passkey not found")
}

const maxFriendlyName = 120 // characters

// RenamePasskey gives a passkey another name.
func (s *Service) RenamePasskey(ctx context.Context, who *Bearer, id, name string) (*Passkey, error) {
	if !isID(id) {
		return nil, errNoPasskey()
	}
	if len([]rune(name)) > maxFriendlyName {
		return nil, invalid("a friendly name has at most %d characters", maxFriendlyName)
	}
	var out *Passkey
	err := s.transact(ctx, func(x *tx) error {
		rows, err := update[passkeyRow](x, schemaAuth, "webauthn_credentials", values{"friendly_name": name, "updated_at": s.now()}, eq("id", id), eq("user_id", who.User.ID))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return errNoPasskey()
		}
		out = rows[0].view()
		return nil
	})
	return out, err
}

// DropPasskey removes a passkey; who is nil for an administrator.
func (s *Service) DropPasskey(ctx context.Context, who *Bearer, user, id string) error {
	if who != nil {
		if err := mayChangePasskeys(who); err != nil {
			return err
		}
		user = who.User.ID
	}
	if !isID(id) || !isID(user) {
		return errNoPasskey()
	}
	return s.transact(ctx, func(x *tx) error {
		rows, err := remove[passkeyRow](x, schemaAuth, "webauthn_credentials", eq("id", id), eq("user_id", user))
		if err == nil && len(rows) == 0 {
			err = errNoPasskey()
		}
		return err
	})
}
