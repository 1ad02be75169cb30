package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// Recovery codes: each stands in once for a second factor that is lost. They are no factor of their own: without another there are none.

// factorRecovery is the kind of factor that a set of codes is shown as.
const factorRecovery = "recovery_code"

// byRecoveryCode is how a user was proved who has used one.
const byRecoveryCode = "mfa/recovery_code"

const (
	recoveryCodes = 10
	recoveryBytes = 10 // 80 random bits: nobody guesses one
)

// recoveryForm has no character that is taken for another.
var recoveryForm = base32.NewEncoding("abcdefghjkmnpqrstuvwxyz023456789").WithPadding(base32.NoPadding)

// recoverySet is a row of mainstay.recovery_sets.
type recoverySet struct {
	ID        string    `json:"id"`
	UserID    string    `json:"user_id"`
	Name      string    `json:"friendly_name"`
	Total     int       `json:"total"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// RecoveryStatus is what is told of a user's codes.
type RecoveryStatus struct {
	ID        string   `json:"id"`
	Type      string   `json:"type"`
	Name      string   `json:"friendly_name,omitempty"`
	Total     int      `json:"total"`
	Remaining *int     `json:"remaining,omitempty"` // not of new ones
	Codes     []string `json:"codes,omitempty"`     // of new ones, this once
}

func (x *tx) recoverySet(user string) (*recoverySet, error) {
	return one[recoverySet](x, schemaOwn, "recovery_sets", eq("user_id", user))
}

// dropRecovery removes a user's codes: sessions that they have raised have one factor again.
func (x *tx) dropRecovery(now time.Time, user string) error {
	gone, err := remove[recoverySet](x, schemaOwn, "recovery_sets", eq("user_id", user))
	for _, set := range gone {
		if err == nil {
			_, err = update[sessionRow](x, schemaAuth, "sessions", values{"aal": "aal1", "factor_id": nil, "updated_at": now}, eq("factor_id", set.ID))
		}
	}
	return err
}

// recoveryHash is what is kept of a code, under a key of the project's.
func (s *Service) recoveryHash(set, code string) string {
	m := hmac.New(sha256.New, s.keys.Derive("recovery codes"))
	m.Write([]byte(set + ":" + code))
	return hex.EncodeToString(m.Sum(nil))
}

// Recovery tells a user how many codes are left.
func (s *Service) Recovery(ctx context.Context, who *Bearer) (*RecoveryStatus, error) {
	var out *RecoveryStatus
	err := s.read(ctx, func(x *tx) error {
		set, err := x.recoverySet(who.User.ID)
		if err != nil {
			return err
		}
		if set == nil {
			return errNoFactor()
		}
		n, err := count(x, schemaOwn, "recovery_codes", eq("set_id", set.ID))
		left := int(n)
		out = &RecoveryStatus{ID: set.ID, Type: factorRecovery, Total: set.Total, Remaining: &left}
		return err
	})
	return out, err
}

// NewRecovery makes a user's codes; renew replaces those that there are. They are told once.
func (s *Service) NewRecovery(ctx context.Context, who *Bearer, name string, renew bool) (*RecoveryStatus, error) {
	switch {
	case !s.o.Factors.Recovery.Enroll:
		return nil, fail(http.StatusUnprocessableEntity, "mfa_recovery_codes_enroll_not_enabled", "MFA enroll is disabled for recovery codes")
	case !who.factors:
		return nil, fail(http.StatusUnprocessableEntity, "mfa_recovery_codes_sole_factor", "Recovery codes need another verified factor")
	case who.AAL != "aal2":
		return nil, fail(http.StatusForbidden, "insufficient_aal", "AAL2 required to generate recovery codes")
	}
	if err := s.take(ctx, "mfa", who.User.ID, s.o.Limits.Factors, time.Minute); err != nil {
		return nil, err
	}
	out := &RecoveryStatus{ID: newID(), Type: factorRecovery, Name: name, Total: recoveryCodes}
	err := s.transact(ctx, func(x *tx) error {
		out.Codes = nil
		now := s.now()
		old, err := x.recoverySet(who.User.ID)
		switch {
		case err != nil:
			return err
		case old == nil && renew:
			return errNoFactor()
		case old != nil && !renew:
			return fail(http.StatusUnprocessableEntity, "mfa_verified_factor_exists", "Recovery codes exist already, regenerate them to replace them")
		case old != nil:
			out.ID, out.Name = old.ID, old.Name
			if _, err := remove[struct{}](x, schemaOwn, "recovery_codes", eq("set_id", old.ID)); err != nil {
				return err
			}
			if _, err := update[recoverySet](x, schemaOwn, "recovery_sets", values{"total": out.Total, "updated_at": now}, eq("id", old.ID)); err != nil {
				return err
			}
		default:
			if out.Name == "" {
				out.Name = "Recovery codes"
			}
			same, err := one[factorRow](x, schemaAuth, "mfa_factors", eq("user_id", who.User.ID), eq("friendly_name", out.Name))
			if err != nil {
				return err
			}
			if same != nil {
				return fail(http.StatusUnprocessableEntity, "mfa_factor_name_conflict", "A factor with the friendly name %q for this user already exists", out.Name)
			}
			v := values{"id": out.ID, "user_id": who.User.ID, "friendly_name": out.Name, "total": out.Total, "created_at": now, "updated_at": now}
			if _, err := insert[recoverySet](x, schemaOwn, "recovery_sets", v); err != nil {
				return err
			}
		}
		for range recoveryCodes {
			code := recoveryForm.EncodeToString(randomBytes(recoveryBytes))
			if _, err := insert[struct{}](x, schemaOwn, "recovery_codes", values{"id": newID(), "set_id": out.ID, "code_hash": s.recoveryHash(out.ID, code)}); err != nil {
				return err
			}
			out.Codes = append(out.Codes, code)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DropRecovery removes a user's codes and gives the id of their set.
func (s *Service) DropRecovery(ctx context.Context, who *Bearer) (id string, err error) {
	if who.AAL != "aal2" {
		return "", fail(http.StatusUnprocessableEntity, "insufficient_aal", "AAL2 required to unenroll recovery codes")
	}
	err = s.transact(ctx, func(x *tx) error {
		set, err := x.recoverySet(who.User.ID)
		if err != nil {
			return err
		}
		if set == nil {
			return errNoFactor()
		}
		id = set.ID
		return x.dropRecovery(s.now(), who.User.ID)
	})
	return id, err
}

// VerifyRecovery proves a user with one of the codes: the session has two factors from now on, and the user's sessions of one end.
func (s *Service) VerifyRecovery(ctx context.Context, who *Bearer, typed string) (*Session, error) {
	switch {
	case !s.o.Factors.Recovery.Verify:
		return nil, fail(http.StatusUnprocessableEntity, "mfa_recovery_codes_verify_not_enabled", "MFA verify is disabled for recovery codes")
	case who.Session == "":
		return nil, fail(http.StatusForbidden, "session_not_found", "A session is needed to verify a factor")
	}
	if err := s.take(ctx, "mfa", who.User.ID, s.o.Limits.Factors, time.Minute); err != nil {
		return nil, err
	}
	// Counted with the wrong answers of the other factors: whoever guesses has no more tries than there.
	if err := s.take(ctx, "mfa-day", who.User.ID, s.o.Limits.FactorsDay, 24*time.Hour); err != nil {
		if full, ok := err.(*LimitError); ok {
			return nil, &LimitError{Err: fail(http.StatusTooManyRequests, "mfa_recovery_codes_locked", "Too many failed attempts, try again later or use another factor"), After: full.After}
		}
		return nil, err
	}
	code := strings.ToLower(strings.Map(func(r rune) rune {
		if r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, typed))
	wrong := fail(http.StatusUnprocessableEntity, "mfa_verification_failed", "Invalid recovery code entered")
	var set *recoverySet
	right := false
	// The code is used in one transaction and the session raised in another: the project's hook comes between them.
	err := s.transact(ctx, func(x *tx) error {
		right = false
		var err error
		if set, err = x.recoverySet(who.User.ID); err != nil || set == nil || !who.factors {
			return err
		}
		gone, err := remove[struct{}](x, schemaOwn, "recovery_codes", eq("set_id", set.ID), eq("code_hash", s.recoveryHash(set.ID, code)))
		if err != nil || len(gone) != 1 {
			return err
		}
		right = true
		_, err = remove[counterRow](x, schemaOwn, "counters", eq("key", "mfa-day:"+who.User.ID))
		return err
	})
	if err != nil {
		return nil, err
	}
	if set != nil {
		if err := s.factorTried(ctx, who.User, &factorRow{ID: set.ID, Type: factorRecovery}, right); err != nil {
			return nil, err
		}
	}
	if !right {
		return nil, wrong
	}
	var out *Session
	err = s.transact(ctx, func(x *tx) error {
		if err := x.gone(remove[sessionRow](x, schemaAuth, "sessions", eq("user_id", who.User.ID), neq("id", who.Session), eq("aal", "aal1"))); err != nil {
			return err
		}
		var err error
		out, err = s.raise(x, who, set.ID, byRecoveryCode)
		return err
	})
	return out, err
}
