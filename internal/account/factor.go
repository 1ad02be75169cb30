package account

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/passkey"
	"github.com/mainstay-dev/mainstay/internal/totp"
)

// Second factors: an authenticator app, a telephone, a security key.

// FactorRules are a project's rules of second factors.
type FactorRules struct {
	TOTP, Phone, Keys FactorRule
	Recovery          FactorRule // codes for who has lost the others
	Max               int        // factors of one user; 10
}

// FactorRule says whether a kind of factor can be added and used.
type FactorRule struct{ Enroll, Verify bool }

// The kinds of factors.
const (
	factorTOTP  = "totp"
	factorPhone = "phone"
	factorKey   = "webauthn"
)

// Enrolled is a factor that was added and is still to be proved.
type Enrolled struct {
	ID           string `json:"id"`
	Type         string `json:"type"`
	FriendlyName string `json:"friendly_name,omitempty"`
	TOTP         *struct {
		QRCode string `json:"qr_code"`
		Secret string `json:"secret"`
		URI    string `json:"uri"`
	} `json:"totp,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// NewFactor is a factor to add.
type NewFactor struct {
	Type, FriendlyName, Issuer, Phone string
}

const challengeLifetime = 5 * time.Minute

// Enroll adds a factor. A user who has a verified one has to have proved it in this session.
func (s *Service) Enroll(ctx context.Context, who *Bearer, f NewFactor) (*Enrolled, error) {
	if who.factors && who.AAL != "aal2" {
		return nil, fail(http.StatusForbidden, "insufficient_aal", "AAL2 required to enroll a new factor")
	}
	rule, err := s.factorRule(f.Type)
	if err != nil {
		return nil, err
	}
	if !rule.Enroll {
		return nil, factorDisabled(f.Type, "enroll")
	}
	now := s.now()
	out := &Enrolled{ID: newID(), Type: f.Type, FriendlyName: f.FriendlyName}
	v := values{
		"id": out.ID, "user_id": who.User.ID, "friendly_name": f.FriendlyName, "factor_type": f.Type, "status": "unverified", "created_at": now, "updated_at": now,
	}
	switch f.Type {
	case factorTOTP:
		secret := totp.NewSecret()
		issuer := f.Issuer
		if issuer == "" {
			issuer = hostOf(s.o.SiteURL)
		}
		account := who.User.Email
		if account == "" {
			account = who.User.Phone
		}
		uri := totp.URI(secret, issuer, account)
		picture, err := totp.QR(uri)
		if err != nil {
			return nil, err
		}
		out.TOTP = &struct {
			QRCode string `json:"qr_code"`
			Secret string `json:"secret"`
			URI    string `json:"uri"`
		}{picture, secret, uri}
		if v["secret"], err = s.seal(out.ID, secret); err != nil {
			return nil, err
		}
	case factorPhone:
		if out.Phone, err = number(f.Phone); err != nil {
			return nil, err
		}
		v["phone"] = out.Phone
	}
	err = s.transact(ctx, func(x *tx) error {
		all, err := find[factorRow](x, schemaAuth, "mfa_factors", eq("user_id", who.User.ID))
		if err != nil {
			return err
		}
		verified := 0
		for _, other := range all {
			switch {
			case other.Status == "verified":
				verified++
				if f.Type == factorPhone && other.Phone == out.Phone && out.Phone != "" {
					return fail(http.StatusUnprocessableEntity, "mfa_verified_factor_exists", "A verified phone factor already exists, unenroll the existing factor to continue")
				}
			case f.Type == factorPhone && other.Phone == out.Phone && out.Phone != "", moment(&other.CreatedAt).Before(now.Add(-24 * time.Hour)):
				if _, err := remove[factorRow](x, schemaAuth, "mfa_factors", eq("id", other.ID)); err != nil {
					return err
				}
				continue
			}
			if f.FriendlyName != "" && other.FriendlyName == f.FriendlyName {
				return fail(http.StatusUnprocessableEntity, "mfa_factor_name_conflict", "A factor with the friendly name %q for this user already exists", f.FriendlyName)
			}
		}
		if len(all) >= s.o.Factors.Max {
			return fail(http.StatusUnprocessableEntity, "too_many_enrolled_mfa_factors", "Maximum number of verified factors reached, unenroll to continue")
		}
		_, err = insert[factorRow](x, schemaAuth, "mfa_factors", v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func hostOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

func (s *Service) factorRule(kind string) (FactorRule, error) {
	switch kind {
	case factorTOTP:
		return s.o.Factors.TOTP, nil
	case factorPhone:
		return s.o.Factors.Phone, nil
	case factorKey:
		return s.o.Factors.Keys, nil
	}
	return FactorRule{}, invalid("factor_type needs to be totp, phone, or webauthn")
}

func factorDisabled(kind, what string) error {
	name := map[string]string{factorTOTP: "TOTP", factorPhone: "Phone", factorKey: "WebAuthn"}[kind]
	return fail(http.StatusUnprocessableEntity, "mfa_"+kind+"_"+what+"_not_enabled", "MFA %s is disabled for %s", what, name)
}

func errNoFactor() error {
	return fail(http.StatusNotFound, "mfa_factor_not_found", "Factor not found")
}

// ownFactor finds a factor of a user.
func (x *tx) ownFactor(user, id string) (*factorRow, error) {
	if !isID(id) {
		return nil, errNoFactor()
	}
	f, err := one[factorRow](x, schemaAuth, "mfa_factors", eq("id", id), eq("user_id", user))
	if err == nil && f == nil {
		err = errNoFactor()
	}
	return f, err
}

// challengeRow is a row of auth.mfa_challenges.
type challengeRow struct {
	ID         string          `json:"id"`
	FactorID   string          `json:"factor_id"`
	CreatedAt  time.Time       `json:"created_at"`
	VerifiedAt *time.Time      `json:"verified_at"`
	Code       string          `json:"otp_code"`
	Session    json.RawMessage `json:"web_authn_session_data"`
}

// Challenged is a challenge to a factor.
type Challenged struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	ExpiresAt int64  `json:"expires_at"`
	WebAuthn  *struct {
		Type    string `json:"type"` // create or request
		Options struct {
			PublicKey json.RawMessage `json:"publicKey"`
		} `json:"credential_options"`
	} `json:"webauthn,omitempty"`
}

// Challenge begins the proof of a factor.
func (s *Service) Challenge(ctx context.Context, c Client, who *Bearer, id, channel string) (*Challenged, error) {
	from, err := s.factorSender(ctx, c, who)
	if err != nil {
		return nil, err
	}
	if err := s.take(ctx, "mfa", from, s.o.Limits.Factors, time.Minute); err != nil {
		return nil, err
	}
	now := s.now()
	out := &Challenged{ID: newID(), ExpiresAt: now.Add(challengeLifetime).Unix()}
	v := values{"id": out.ID, "created_at": now, "ip_address": "0.0.0.0"}
	if c.IP.IsValid() {
		v["ip_address"] = c.IP.Unmap().String()
	}
	var f *factorRow
	err = s.read(ctx, func(x *tx) (err error) {
		f, err = x.ownFactor(who.User.ID, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	rule, err := s.factorRule(f.Type)
	if err != nil {
		return nil, err
	}
	if !rule.Verify {
		return nil, factorDisabled(f.Type, "verify")
	}
	out.Type = f.Type
	v["factor_id"] = f.ID
	code := ""
	if f.Type == factorPhone {
		if channel, err = textChannel(channel); err != nil {
			return nil, err
		}
		if err := s.mayWrite(ctx, c, "sms", f.Phone); err != nil {
			return nil, err
		}
		if code = s.o.TestCodes[f.Phone]; code == "" {
			code = digits(s.o.CodeLength)
		}
		v["otp_code"] = s.codeHash(out.ID, code)
	}
	err = s.transact(ctx, func(x *tx) error {
		if f.Type == factorKey {
			kind, ceremony, err := s.askKey(who.User, f)
			if err != nil {
				return err
			}
			v["web_authn_session_data"] = keptCeremony{Kept: ceremony.Kept, Type: kind}
			out.WebAuthn = &struct {
				Type    string `json:"type"`
				Options struct {
					PublicKey json.RawMessage `json:"publicKey"`
				} `json:"credential_options"`
			}{Type: kind}
			out.WebAuthn.Options.PublicKey = ceremony.Options
		}
		// The factor first: its column is unique, so that PostgreSQL locks the row as if its key changed. The challenge's foreign key locks it more weakly, and two who
		// both hold that lock and then want the other wait for each other until one is ended (40P01).
		if _, err := update[factorRow](x, schemaAuth, "mfa_factors", values{"last_challenged_at": now}, eq("id", f.ID)); err != nil {
			return err
		}
		if _, err := insert[challengeRow](x, schemaAuth, "mfa_challenges", v); err != nil {
			return err
		}
		if f.Type != factorPhone || s.o.TestCodes[f.Phone] != "" {
			return nil
		}
		_, err := s.tell(x, channel, f.Phone, textCode, Fields{Token: code, Phone: f.Phone, Action: "mfa"}, who.User, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// keptCeremony is what is kept of a security key's challenge.
type keptCeremony struct {
	Kept json.RawMessage
	Type string
}

// site is the relying party of passkeys and security keys: the project's own where it is set, else that of its site's address. What a client names counts for
// nothing: another page below the same domain must not relay an answer (attack E21).
func (s *Service) site() passkey.RelyingParty {
	rp := s.o.Site
	if rp.ID == "" {
		id := strings.Split(hostOf(s.o.SiteURL), ":")[0]
		rp = passkey.RelyingParty{ID: id, Name: id, Origins: []string{strings.TrimRight(s.o.SiteURL, "/")}}
	}
	if s.o.HostedUI {
		rp.Origins = append(slices.Clone(rp.Origins), originOf(s.o.External())) // where it is no part of the site, browsers refuse
	}
	return rp
}

// originOf is an address without its path.
func originOf(address string) string {
	scheme, _, _ := strings.Cut(address, "://")
	return scheme + "://" + hostOf(address)
}

func (s *Service) askKey(u *userRow, f *factorRow) (string, *passkey.Ceremony, error) {
	rp := s.site()
	holder := &passkey.User{ID: idBytes(u.ID), Name: nameOf(u)}
	if f.Status != "verified" {
		c, err := rp.Register(holder, false)
		return "create", c, keyError(err)
	}
	var err error
	if holder.Credentials, err = f.credential(); err != nil {
		return "", nil, err
	}
	c, err := rp.Ask(holder)
	return "request", c, keyError(err)
}

func keyError(err error) error {
	if err == nil {
		return nil
	}
	return fail(http.StatusBadRequest, "webauthn_verification_failed", "WebAuthn: %v", err)
}

func nameOf(u *userRow) string {
	switch {
	case u.Email != "":
		return u.Email
	case u.Phone != "":
		return u.Phone
	}
	return u.ID
}

// credential is the security key of a factor.
func (f *factorRow) credential() ([]passkey.Credential, error) {
	if len(f.Credential) == 0 || string(f.Credential) == "null" {
		return nil, nil
	}
	var c passkey.Credential
	err := json.Unmarshal(f.Credential, &c)
	return []passkey.Credential{c}, err
}

// homeFor is how long a network from which a user has proved a factor is known as one of theirs.
const homeFor = 90 * 24 * time.Hour

// factorHome is the key under which a network is known as one of the user's.
func factorHome(c Client, who *Bearer) string { return "mfa-home:" + who.User.ID + ":" + c.network() }

// factorSender is whom the limits of factors count: all strangers together, however many networks they have, and each network from which the user has proved a factor
// by itself. So whoever has only a password can neither guess more nor shut the user out (attack P6).
func (s *Service) factorSender(ctx context.Context, c Client, who *Bearer) (string, error) {
	home := false
	err := s.read(ctx, func(x *tx) error {
		row, err := one[counterRow](x, schemaOwn, "counters", eq("key", factorHome(c, who)))
		home = row != nil && s.now().Before(row.Until)
		return err
	})
	if home {
		return who.User.ID + ":" + c.network(), err
	}
	return who.User.ID, err
}

// FactorProof is the answer to a challenge: a code, or what a security key says.
type FactorProof struct {
	Challenge string
	Code      string
	Key       json.RawMessage
}

func errFactor(kind string) error {
	switch kind {
	case factorTOTP:
		return fail(http.StatusUnprocessableEntity, "mfa_verification_failed", "Invalid TOTP code entered")
	case factorPhone:
		return fail(http.StatusUnprocessableEntity, "mfa_verification_failed", "Invalid MFA Phone code entered")
	}
	return fail(http.StatusUnprocessableEntity, "mfa_verification_failed", "Invalid WebAuthn credential")
}

// VerifyFactor proves a factor with the answer to a challenge: the session has two factors from now on, under a new row of tokens. A challenge is used by the first
// answer, right or wrong; a code of an app works once.
func (s *Service) VerifyFactor(ctx context.Context, c Client, who *Bearer, id string, p FactorProof) (*Session, error) {
	if who.Session == "" {
		return nil, fail(http.StatusForbidden, "session_not_found", "A session is needed to verify a factor")
	}
	from, err := s.factorSender(ctx, c, who)
	if err != nil {
		return nil, err
	}
	if err := s.take(ctx, "mfa", from, s.o.Limits.Factors, time.Minute); err != nil {
		return nil, err
	}
	// So few wrong answers a day that a thousand days of guessing find nothing (attack E8); a right one takes its count back.
	if err := s.take(ctx, "mfa-day", from, s.o.Limits.FactorsDay, 24*time.Hour); err != nil {
		return nil, err
	}
	if !isID(p.Challenge) {
		return nil, fail(http.StatusUnprocessableEntity, "mfa_factor_not_found", "MFA factor with the provided challenge ID not found")
	}
	if len(p.Key) > passkey.MaxAnswer {
		return nil, invalid("credential_response is larger than %d bytes", passkey.MaxAnswer)
	}
	// The challenge is used in one transaction and the factor proved in another: to check a security key takes time that nobody else shall wait for.
	var f *factorRow
	var used []challengeRow
	err = s.transact(ctx, func(x *tx) (err error) {
		if f, err = x.ownFactor(who.User.ID, id); err != nil {
			return err
		}
		rule, err := s.factorRule(f.Type)
		if err != nil {
			return err
		}
		if !rule.Verify {
			return factorDisabled(f.Type, "verify")
		}
		used, err = remove[challengeRow](x, schemaAuth, "mfa_challenges", eq("id", p.Challenge), eq("factor_id", f.ID))
		if err == nil && len(used) != 1 {
			err = fail(http.StatusUnprocessableEntity, "mfa_factor_not_found", "MFA factor with the provided challenge ID not found")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	now := s.now()
	if now.After(used[0].CreatedAt.Add(challengeLifetime)) {
		return nil, fail(http.StatusUnprocessableEntity, "mfa_challenge_expired", "MFA challenge %s has expired, verify against another challenge or create a new challenge.", p.Challenge)
	}
	set := values{"status": "verified", "updated_at": now}
	ok, step, err := s.factorAnswer(ctx, who.User, f, &used[0], p, set)
	if err != nil {
		return nil, err
	}
	if err := s.factorTried(ctx, who.User, f, ok); err != nil {
		return nil, err
	}
	if !ok {
		return nil, errFactor(f.Type)
	}
	var out *Session
	var refused error
	err = s.transact(ctx, func(x *tx) error {
		out, refused = nil, nil
		if f.Type == factorTOTP {
			// A code that was right stays known until it is over, so that nobody uses it again (RFC 6238 §5.2).
			left, err := s.count(x, "totp:"+f.ID+":"+text(step), 1, 5*time.Minute)
			if err != nil {
				return err
			}
			if left > 0 {
				refused = errFactor(f.Type)
				return nil
			}
		}
		if _, err := remove[counterRow](x, schemaOwn, "counters", eq("key", "mfa-day:"+from)); err != nil {
			return err
		}
		if err := x.keepCounter(factorHome(c, who), s.now().Add(homeFor)); err != nil {
			return err
		}
		// As it was when the answer was compared: a key that has come meanwhile is not replaced.
		rows, err := update[factorRow](x, schemaAuth, "mfa_factors", set, eq("id", f.ID), eq("status", f.Status))
		if err != nil {
			return err
		}
		if len(rows) != 1 {
			refused = errFactor(f.Type)
			return nil
		}
		if _, err := remove[challengeRow](x, schemaAuth, "mfa_challenges", eq("factor_id", f.ID)); err != nil {
			return err
		}
		// The other sessions know nothing of the factor (ASVS 7.4.3).
		if f.Status != "verified" {
			if err := x.endSessions(who.User.ID, who.Session); err != nil {
				return err
			}
		}
		method := map[string]string{factorTOTP: byTOTP, factorPhone: "mfa/phone", factorKey: "mfa/webauthn"}[f.Type]
		out, err = s.raise(x, who, f.ID, method)
		return err
	})
	return settled(out, refused, err)
}

// raise makes a session one of two factors.
func (s *Service) raise(x *tx, who *Bearer, factor, method string) (*Session, error) {
	now := s.now()
	if err := x.prove(now, who.Session, method); err != nil {
		return nil, err
	}
	row, err := one[sessionRow](x, schemaAuth, "sessions", eq("id", who.Session), eq("user_id", who.User.ID))
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fail(http.StatusForbidden, "session_not_found", "Session from session_id claim in JWT does not exist")
	}
	// Two ahead: a refresh token of before is a stranger's from now on.
	next, err := update[sessionRow](x, schemaAuth, "sessions", values{"aal": "aal2", "factor_id": factor, "updated_at": now, "refresh_token_counter": row.RefreshNext + 2}, eq("id", row.ID))
	if err != nil || len(next) != 1 {
		return nil, orGone(err)
	}
	u, err := x.userByID(who.User.ID)
	if err != nil || u == nil {
		return nil, orGone(err)
	}
	return s.tokens(x, &next[0], u, method, false)
}

// factorAnswer compares an answer. v gets what is to be kept of it; step is that of an app's code.
func (s *Service) factorAnswer(ctx context.Context, u *userRow, f *factorRow, c *challengeRow, p FactorProof, v values) (ok bool, step int64, err error) {
	switch f.Type {
	case factorTOTP:
		secret, err := s.unseal(f.ID, f.Secret)
		if err != nil {
			return false, 0, err
		}
		step, ok = totp.Check(secret, strings.TrimSpace(p.Code), s.now())
		return ok, step, nil
	case factorPhone:
		if s.carried(f.Phone) {
			ok, err := s.o.CheckText(ctx, f.Phone, strings.TrimSpace(p.Code))
			return ok, 0, err
		}
		return c.Code != "" && equalText(c.Code, s.codeHash(c.ID, strings.TrimSpace(p.Code))), 0, nil
	}
	var kept keptCeremony
	if err := json.Unmarshal(c.Session, &kept); err != nil {
		return false, 0, err
	}
	holder := &passkey.User{ID: idBytes(u.ID), Name: nameOf(u)}
	var got *passkey.Credential
	switch {
	case kept.Type != "create":
		if holder.Credentials, err = f.credential(); err != nil {
			return false, 0, err
		}
		got, err = s.site().Answered(holder, kept.Kept, p.Key, nil)
	case f.Status == "verified":
		return false, 0, nil // it has a key: another is another factor
	default:
		got, err = s.site().Registered(holder, kept.Kept, p.Key)
	}
	if err != nil {
		s.o.Log.Info("a security key was refused", "user", u.ID, "error", err)
		return false, 0, nil
	}
	v["web_authn_credential"] = got
	return true, 0, nil
}

// Unenroll removes a factor of the user's own.
func (s *Service) Unenroll(ctx context.Context, who *Bearer, id string) error {
	return s.transact(ctx, func(x *tx) error {
		f, err := x.ownFactor(who.User.ID, id)
		if err != nil {
			return err
		}
		if f.Status == "verified" && who.AAL != "aal2" {
			return fail(http.StatusUnprocessableEntity, "insufficient_aal", "AAL2 required to unenroll verified factor")
		}
		return x.dropFactor(s.now(), f)
	})
}

// dropFactor removes a factor: sessions that it has raised have one factor again.
func (x *tx) dropFactor(now time.Time, f *factorRow) error {
	if _, err := remove[factorRow](x, schemaAuth, "mfa_factors", eq("id", f.ID)); err != nil {
		return err
	}
	if _, err := update[sessionRow](x, schemaAuth, "sessions", values{"aal": "aal1", "factor_id": nil, "updated_at": now}, eq("factor_id", f.ID)); err != nil {
		return err
	}
	left, err := one[factorRow](x, schemaAuth, "mfa_factors", eq("user_id", f.UserID), eq("status", "verified"))
	if err != nil || left != nil {
		return err
	}
	return x.dropRecovery(now, f.UserID) // codes stand in for a factor, and are none
}

// FactorsOf gives a user's factors to an administrator.
func (s *Service) FactorsOf(ctx context.Context, user string) ([]Factor, error) {
	u, err := s.UserByID(ctx, user)
	if err != nil {
		return nil, err
	}
	if u.Factors == nil {
		return []Factor{}, nil
	}
	return u.Factors, nil
}

// DropFactor removes a user's factor for an administrator.
func (s *Service) DropFactor(ctx context.Context, user, id string) (*Factor, error) {
	if _, err := s.UserByID(ctx, user); err != nil {
		return nil, err
	}
	var out *Factor
	err := s.transact(ctx, func(x *tx) error {
		f, err := x.ownFactor(user, id)
		if err != nil {
			return err
		}
		out = &viewOf(&userRow{}, nil, []factorRow{*f}).Factors[0]
		return x.dropFactor(s.now(), f)
	})
	return out, err
}

var errSealed = errors.New("a sealed secret cannot be opened: it was made with another key")

// idBytes is the handle under which authenticators know a user.
func idBytes(id string) []byte { return []byte(id) }
