package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// kind says which of a user's one-time tokens one is. A user has at most one of each: a new one makes the old one void.
type kind string

// The kinds, as the ecosystem's table names them.
const (
	confirmation  kind = "confirmation_token"
	recovery      kind = "recovery_token"
	reauth        kind = "reauthentication_token"
	changeNew     kind = "email_change_token_new"
	changeCurrent kind = "email_change_token_current"
	changePhone   kind = "phone_change_token"
)

// tokenRow is a row of auth.one_time_tokens. The link's secret itself is nowhere kept.
type tokenRow struct {
	ID        string `json:"id"`
	UserID    string `json:"user_id"`
	Kind      kind   `json:"token_type"`
	Hash      string `json:"token_hash"`
	RelatesTo string `json:"relates_to"`
}

// codeRow is the row of mainstay.one_time_codes that belongs to a token.
type codeRow struct {
	ID         string          `json:"id"`
	CodeHash   string          `json:"code_hash"`
	AskedFrom  string          `json:"asked_from"`
	Tries      int             `json:"tries"`       // from there
	Strangers  int             `json:"tries_other"` // from anywhere else
	ExpiresAt  time.Time       `json:"expires_at"`
	Flow       string          `json:"flow_state_id"`
	RedirectTo string          `json:"redirect_to"`
	Purpose    string          `json:"purpose"`
	Data       json.RawMessage `json:"data"`
}

// oneTime is a one-time token to be made: for whom, what for, and what its use is to do.
type oneTime struct {
	user       string
	kind       kind
	purpose    string // the word of the link: signup, magiclink, recovery, invite, email_change …
	address    string // what it proves
	redirectTo string
	flow       string         // PKCE: the flow that gets the result
	data       map[string]any // e.g. the password hash that a sign-up has chosen
	lifetime   time.Duration  // 0: the project's
	code       string         // "" for any
	from       string         // the network that has asked for it (Client.from); "" for nobody's
	message    string         // the row that asked for it and becomes the message; "" for a new one
}

// secrets are the two forms of a one-time token, known only to who receives the message.
type secrets struct {
	Code string // digits, to type
	Link string // for a URL
}

const pkcePrefix = "pkce_"

// issue makes a one-time token in place of the user's last of that kind.
func (s *Service) issue(x *tx, t oneTime) (*secrets, error) {
	now := s.now()
	length, err := s.replace(x, t)
	if err != nil {
		return nil, err
	}
	out := &secrets{Code: digits(length), Link: hex.EncodeToString(randomBytes(28))}
	if t.code != "" {
		out.Code = t.code
	}
	if t.flow != "" {
		out.Link = pkcePrefix + out.Link
	}
	id := newID()
	_, err = insert[tokenRow](x, schemaAuth, "one_time_tokens", values{
		"id": id, "user_id": t.user, "token_type": string(t.kind), "token_hash": linkHash(out.Link), "relates_to": t.address,
	})
	if err != nil {
		return nil, err
	}
	if t.lifetime == 0 {
		t.lifetime = s.o.CodeLifetime
	}
	v := values{
		"id": id, "code_hash": s.codeHash(id, out.Code), "expires_at": now.Add(t.lifetime), "redirect_to": t.redirectTo, "purpose": t.purpose, "data": orObject(t.data), "asked_from": t.from,
	}
	if t.flow != "" {
		v["flow_state_id"] = t.flow
	}
	_, err = insert[codeRow](x, schemaOwn, "one_time_codes", v)
	return out, err
}

// replace removes the token in whose place another comes, and gives the digits of that one's code. The tries of the old code go to the user's count of the day: nobody is
// refused because of it, but codes get longer as guesses get more, so that guessing finds as little as before and shuts nobody out (decision 0019).
func (s *Service) replace(x *tx, t oneTime) (length int, err error) {
	old, err := one[tokenRow](x, schemaAuth, "one_time_tokens", eq("user_id", t.user), eq("token_type", string(t.kind)))
	if err != nil {
		return 0, err
	}
	tries := 0
	if old != nil {
		// The code first: from now on nobody tries it.
		codes, err := remove[codeRow](x, schemaOwn, "one_time_codes", eq("id", old.ID))
		if err != nil {
			return 0, err
		}
		for _, c := range codes {
			tries += c.Tries + c.Strangers
		}
		if _, err := remove[tokenRow](x, schemaAuth, "one_time_tokens", eq("id", old.ID)); err != nil {
			return 0, err
		}
	}
	if s.o.Limits.CodesDay < 0 {
		return s.o.CodeLength, nil
	}
	wrong, err := s.add(x, "codes-day:"+t.user, int64(tries), 24*time.Hour)
	return s.o.CodeLength + longer(wrong, int64(s.o.Limits.CodesDay)), err
}

// longer is how many digits a code has beyond the usual after so many wrong ones: two, and two more for each hundred times as many. So all guesses of a day between one
// length and the next have the chance that the first have.
func longer(wrong, few int64) int {
	n := 0
	for ; wrong >= max(few, 1); wrong /= 100 {
		n += 2
	}
	return n
}

func orObject(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// linkHash is what is kept of a link's secret, which has 224 random bits and so needs no slow hash.
func linkHash(link string) string {
	h := sha256.Sum256([]byte(link))
	return hex.EncodeToString(h[:])
}

// codeHash is what is kept of a code: a code has few digits, so without the project's key nobody can find it from the hash.
func (s *Service) codeHash(id, code string) string {
	m := hmac.New(sha256.New, s.keys.Derive("one-time code"))
	m.Write([]byte(id + ":" + code))
	return hex.EncodeToString(m.Sum(nil))
}

// used is a one-time token that was right: it is gone already.
type used struct {
	token tokenRow
	code  codeRow
	user  *userRow
}

func errCode() error {
	return fail(http.StatusForbidden, "otp_expired", "Token has expired or is invalid")
}
func errLink() error {
	return fail(http.StatusForbidden, "otp_expired", "Email link is invalid or has expired")
}

// useLink uses the token of a link. kinds are those that the request's purpose may use.
func (s *Service) useLink(x *tx, link string, kinds ...kind) (*used, error) {
	return s.useHash(x, linkHash(link), kinds...)
}

func (s *Service) useHash(x *tx, hash string, kinds ...kind) (*used, error) {
	for _, k := range kinds {
		rows, err := find[tokenRow](x, schemaAuth, "one_time_tokens", eq("token_hash", hash), eq("token_type", string(k)))
		if err != nil {
			return nil, err
		}
		if len(rows) == 1 {
			return s.use(x, &rows[0], errLink)
		}
	}
	return nil, errLink()
}

// use deletes a token and gives what belongs to it; of two at once, one gets it.
func (s *Service) use(x *tx, t *tokenRow, wrong func() error) (*used, error) {
	code, err := one[codeRow](x, schemaOwn, "one_time_codes", eq("id", t.ID))
	if err != nil {
		return nil, err
	}
	gone, err := remove[tokenRow](x, schemaAuth, "one_time_tokens", eq("id", t.ID))
	if err != nil {
		return nil, err
	}
	if code == nil || len(gone) != 1 || !s.now().Before(code.ExpiresAt) {
		return nil, wrong()
	}
	u, err := x.userByID(t.UserID)
	if err != nil {
		return nil, err
	}
	if u == nil || u.DeletedAt != nil {
		return nil, wrong()
	}
	return &used{token: *t, code: *code, user: u}, nil
}

// guess is a code that was right, still to be used; nil means that it was wrong.
type guess struct {
	token   tokenRow
	carried bool // only the carrier knows whether it was right: see asked
}

// carried reports whether codes to an address are the carrier's, not the project's.
func (s *Service) carried(to string) bool {
	return s.o.CheckText != nil && s.o.TestCodes[to] == "" && phoneForm.MatchString(to)
}

// asked asks the carrier about a guess, where only it knows; also where nothing was sent, so that both take the same work.
func (s *Service) asked(ctx context.Context, g *guess, to, code string) (*guess, error) {
	if !s.carried(to) {
		return g, nil
	}
	right, err := s.o.CheckText(ctx, to, strings.TrimSpace(code))
	if err != nil || !right {
		return nil, err
	}
	return g, nil
}

// tryCode compares a code with those of the address, counting the try before it compares, in a transaction that commits whatever the outcome. So a code has
// Limits.Tries tries from the network that has asked for it, and as many from all others together, however many come at once: strangers use up the tries of strangers. For an address that has no user (u is nil), or no code, the same
// statements run and find nothing.
func (s *Service) tryCode(x *tx, u *userRow, from, relatesTo, code string, kinds ...kind) (*guess, error) {
	user := newID() // nobody's
	if u != nil {
		user = u.ID
	}
	code = strings.TrimSpace(code)
	for _, k := range kinds {
		rows, err := find[tokenRow](x, schemaAuth, "one_time_tokens", eq("user_id", user), eq("token_type", string(k)))
		if err != nil {
			return nil, err
		}
		t := tokenRow{ID: newID()}
		if len(rows) == 1 && rows[0].RelatesTo == relatesTo {
			t = rows[0]
		}
		right, err := s.tryOne(x, t.ID, from, code, s.carried(relatesTo))
		if err != nil {
			return nil, err
		}
		if right {
			return &guess{token: t, carried: s.carried(relatesTo)}, nil
		}
	}
	return nil, nil
}

// tryOne counts a try of a code and compares it. One that the carrier compares passes here.
func (s *Service) tryOne(x *tx, id, from, code string, carried bool) (bool, error) {
	for range rounds {
		c, err := one[codeRow](x, schemaOwn, "one_time_codes", eq("id", id))
		if err != nil {
			return false, err
		}
		mine, others := 0, 1
		if c != nil && c.AskedFrom == from {
			mine, others = 1, 0
		}
		most := s.o.Limits.Tries
		spent := c == nil || most >= 0 && (mine > 0 && c.Tries >= most || others > 0 && c.Strangers >= most) || !s.now().Before(c.ExpiresAt)
		if spent {
			id, c = newID(), &codeRow{}
		}
		rows, err := update[codeRow](x, schemaOwn, "one_time_codes", values{"tries": c.Tries + mine, "tries_other": c.Strangers + others},
			eq("id", id), eq("tries", c.Tries), eq("tries_other", c.Strangers))
		if err != nil || spent {
			return false, err
		}
		if len(rows) == 1 {
			return carried || subtle.ConstantTimeCompare([]byte(c.CodeHash), []byte(s.codeHash(id, code))) == 1, nil
		}
	}
	return false, nil
}
