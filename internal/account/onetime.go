package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"time"
)

// kind says which of a user's one-time tokens one is. A user has at most one of each that was asked for from one network: a new one makes that void.
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

// earlierRow is a row of mainstay.earlier_tokens: a token that another has replaced, which somebody else has asked for.
type earlierRow struct {
	codeRow
	UserID    string `json:"user_id"`
	Kind      kind   `json:"token_type"`
	Hash      string `json:"token_hash"`
	RelatesTo string `json:"relates_to"`
}

func (r *earlierRow) token() tokenRow {
	return tokenRow{ID: r.ID, UserID: r.UserID, Kind: r.Kind, Hash: r.Hash, RelatesTo: r.RelatesTo}
}

// maxEarlier bounds the earlier tokens of a user and a kind: as many as come in the hour that the longest usual lifetime has, one a minute.
const maxEarlier = 60

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

// replace makes room for a token and gives the digits of its code. The token before is void when whoever asks now has asked for it, too. Else it goes on until its own end:
// what a stranger asks for in somebody's name takes nothing away from what they have asked for themselves (attack P6).
//
// Wrong codes of the day, the user's and those of all users together, make codes longer, so that guessing finds as little as before and shuts nobody out (decision 0019).
func (s *Service) replace(x *tx, t oneTime) (length int, err error) {
	if err := s.setAside(x, t); err != nil {
		return 0, err
	}
	more := 0
	for _, c := range []struct {
		key string
		few int
	}{{codesDay(t.address), s.o.Limits.CodesDay}, {codesAll, s.o.Limits.CodesProject}} {
		if c.few < 0 {
			continue
		}
		wrong, err := s.counted(x, c.key)
		if err != nil {
			return 0, err
		}
		more = max(more, longer(wrong, int64(c.few)))
	}
	return s.o.CodeLength + more, nil
}

// The keys under which wrong codes of a day are counted.
func codesDay(address string) string { return "codes-day:" + digest(address) }

const codesAll = "codes-day-all"

// setAside removes the token in whose place t comes, and keeps it as an earlier one where it is for the same address and others have asked for it. Rows are locked in the
// order earlier tokens, codes, tokens, as use does.
func (s *Service) setAside(x *tx, t oneTime) error {
	now := s.now()
	earlier, err := list[earlierRow](x, schemaOwn, "earlier_tokens", page{order: ascending("expires_at", "id")}, eq("user_id", t.user), eq("token_type", string(t.kind)))
	if err != nil {
		return err
	}
	stays := func(relatesTo string, c *codeRow) bool {
		return t.kind != reauth && t.from != "" && c.AskedFrom != t.from && relatesTo == t.address && now.Before(c.ExpiresAt)
	}
	// What came with a sign-up is nobody's when another signs up: neither the password nor what was said of the user goes with a link of before (attack E1). Who only asks for a
	// code says nothing of the user, and takes nothing away.
	nothing := map[string]any{"user_metadata": map[string]any{}}
	same := func(c *codeRow) bool {
		return len(t.data) == 0 || reflect.DeepEqual(object(c.Data), object(rawJSON(orObject(t.data))))
	}
	for i := range earlier {
		e := &earlier[i]
		switch {
		case !stays(e.RelatesTo, &e.codeRow) || i < len(earlier)+1-maxEarlier:
			_, err = remove[earlierRow](x, schemaOwn, "earlier_tokens", eq("id", e.ID))
		case !same(&e.codeRow):
			_, err = update[earlierRow](x, schemaOwn, "earlier_tokens", values{"data": nothing}, eq("id", e.ID))
		}
		if err != nil {
			return err
		}
	}
	old, err := one[tokenRow](x, schemaAuth, "one_time_tokens", eq("user_id", t.user), eq("token_type", string(t.kind)))
	if err != nil || old == nil {
		return err
	}
	// The code first: from now on nobody tries it.
	codes, err := remove[codeRow](x, schemaOwn, "one_time_codes", eq("id", old.ID))
	if err != nil {
		return err
	}
	if _, err := remove[tokenRow](x, schemaAuth, "one_time_tokens", eq("id", old.ID)); err != nil {
		return err
	}
	if len(codes) == 0 || !stays(old.RelatesTo, &codes[0]) {
		return nil
	}
	c := &codes[0]
	v := values{
		"id": c.ID, "user_id": old.UserID, "token_type": string(old.Kind), "token_hash": old.Hash, "relates_to": old.RelatesTo, "code_hash": c.CodeHash, "asked_from": c.AskedFrom,
		"tries": c.Tries, "tries_other": c.Strangers, "expires_at": c.ExpiresAt, "redirect_to": c.RedirectTo, "purpose": c.Purpose, "data": nothing,
	}
	if same(c) {
		v["data"] = c.Data
	}
	if c.Flow != "" {
		v["flow_state_id"] = c.Flow
	}
	_, err = insert[earlierRow](x, schemaOwn, "earlier_tokens", v)
	return err
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
		where := []condition{eq("token_hash", hash), eq("token_type", string(k))}
		t, err := one[tokenRow](x, schemaAuth, "one_time_tokens", where...)
		if err != nil {
			return nil, err
		}
		if t == nil {
			e, err := one[earlierRow](x, schemaOwn, "earlier_tokens", where...)
			if err != nil {
				return nil, err
			}
			if e == nil {
				continue
			}
			earlier := e.token()
			t = &earlier
		}
		return s.use(x, t, errLink)
	}
	return nil, errLink()
}

// use deletes a token, and all others of its user and kind, and gives what belongs to it; of two at once, one gets it.
func (s *Service) use(x *tx, t *tokenRow, wrong func() error) (*used, error) {
	of := []condition{eq("user_id", t.UserID), eq("token_type", string(t.Kind))}
	earlier, err := remove[earlierRow](x, schemaOwn, "earlier_tokens", of...)
	if err != nil {
		return nil, err
	}
	var code *codeRow
	for i := range earlier {
		if earlier[i].ID == t.ID {
			code = &earlier[i].codeRow
		}
	}
	last, err := one[tokenRow](x, schemaAuth, "one_time_tokens", of...)
	if err != nil {
		return nil, err
	}
	if last != nil {
		codes, err := remove[codeRow](x, schemaOwn, "one_time_codes", eq("id", last.ID))
		if err != nil {
			return nil, err
		}
		gone, err := remove[tokenRow](x, schemaAuth, "one_time_tokens", eq("id", last.ID))
		if err != nil {
			return nil, err
		}
		if len(codes) == 1 && len(gone) == 1 && last.ID == t.ID {
			code = &codes[0]
		}
	}
	if code == nil || !s.now().Before(code.ExpiresAt) {
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
	token tokenRow
}

// carried reports whether codes to an address are the carrier's, not the project's.
func (s *Service) carried(to string) bool {
	return s.o.CheckText != nil && s.o.TestCodes[to] == "" && phoneForm.MatchString(to)
}

// guess compares a code that somebody gives for an address with those that were sent there, of whoever find gives; nil is a wrong one. One that is known works as one that
// nobody has: the same statements, in a transaction that writes, after the same wait, since those who guess at one address do so one after the other.
// Who does not get a seat is told so before anything is compared: what was compared is counted.
func (s *Service) guess(ctx context.Context, c Client, to, code string, find func(*tx) (*userRow, error), kinds ...kind) (*guess, error) {
	leave, err := s.guessing.sit()
	if err != nil {
		return nil, err
	}
	defer leave()
	var sender string
	if s.carried(to) {
		if sender, err = s.carriedSender(ctx, c, to); err != nil {
			return nil, err
		}
		// The carrier's codes have the carrier's length: what makes others longer bounds these.
		if err := s.take(ctx, "carried", sender, s.o.Limits.CodesDay, 24*time.Hour); err != nil {
			return nil, err
		}
	}
	right, wrong, err := s.try(ctx, c, to, code, find, kinds...)
	if err != nil {
		return nil, err
	}
	if s.carried(to) {
		// Asked also where nothing was sent, so that both take the same work.
		ok, err := s.o.CheckText(ctx, to, strings.TrimSpace(code))
		if err != nil {
			return nil, err
		}
		if !ok && right != nil {
			right, wrong = nil, wrong+1
		}
		if right != nil {
			return right, s.transact(ctx, func(x *tx) error {
				if _, err := remove[counterRow](x, schemaOwn, "counters", eq("key", "carried:"+sender)); err != nil {
					return err
				}
				return x.keepCounter(carriedHome(c, to), s.now().Add(homeFor))
			})
		}
	}
	if right != nil {
		return right, nil
	}
	select {
	case s.counting <- struct{}{}:
		defer func() { <-s.counting }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return nil, s.transact(ctx, func(x *tx) error {
		_, err := s.add(x, codesAll, int64(wrong), 24*time.Hour)
		return err
	})
}

// carriedHome is the key under which a network is known as one from which the code of a number was right.
func carriedHome(c Client, to string) string { return "carried-home:" + digest(to) + ":" + c.network() }

// carriedSender is whom the bound of a carrier's codes counts, as factorSender does for factors: all strangers together, and each network that is known by itself.
func (s *Service) carriedSender(ctx context.Context, c Client, to string) (string, error) {
	home := false
	err := s.read(ctx, func(x *tx) error {
		row, err := one[counterRow](x, schemaOwn, "counters", eq("key", carriedHome(c, to)))
		home = row != nil && s.now().Before(row.Until)
		return err
	})
	if home {
		return digest(to) + ":" + c.network(), err
	}
	return digest(to), err
}

// try counts a try and compares it, in a transaction that commits whatever the outcome. So a code has Limits.Tries tries from the network that has asked for it, and as many
// from all others together, however many come at once: strangers use up the tries of strangers. wrong is how many codes it was compared with in vain: those count to the day.
func (s *Service) try(ctx context.Context, c Client, to, code string, find func(*tx) (*userRow, error), kinds ...kind) (right *guess, wrong int, err error) {
	leave, err := s.guessing.enter(ctx, to)
	if err != nil {
		return nil, 0, err
	}
	defer leave()
	err = s.transact(ctx, func(x *tx) error {
		right, wrong = nil, 0
		// Written before anything is looked for: on PostgreSQL those who come over several servers wait for each other here, and not at a code, where there is one. What
		// was no wrong code is taken back at the end.
		if _, err := s.add(x, codesDay(to), 1, 24*time.Hour); err != nil {
			return err
		}
		u, err := find(x)
		if err != nil {
			return err
		}
		if right, wrong, err = s.tryCodes(x, u, c.from(), to, strings.TrimSpace(code), kinds...); err != nil {
			return err
		}
		_, err = s.add(x, codesDay(to), int64(wrong-1), 24*time.Hour)
		return err
	})
	return right, wrong, err
}

// tryCodes compares a code with the one that was asked for from the same network, where that is an earlier one, and with the last. For an address that has no user (u is nil), or
// no code, the same statements run and find nothing.
func (s *Service) tryCodes(x *tx, u *userRow, from, relatesTo, code string, kinds ...kind) (right *guess, wrong int, err error) {
	user := newID() // nobody's
	if u != nil {
		user = u.ID
	}
	for _, k := range kinds {
		of := []condition{eq("user_id", user), eq("token_type", string(k)), eq("relates_to", relatesTo)}
		own, err := one[earlierRow](x, schemaOwn, "earlier_tokens", append(of, eq("asked_from", from))...)
		if err != nil {
			return nil, 0, err
		}
		last, err := one[tokenRow](x, schemaAuth, "one_time_tokens", of...)
		if err != nil {
			return nil, 0, err
		}
		nobodys := tokenRow{ID: newID()}
		candidates := [2]tokenRow{nobodys, nobodys}
		if own != nil {
			candidates[0] = own.token()
		}
		if last != nil {
			candidates[1] = *last
		}
		for i, relation := range []string{"earlier_tokens", "one_time_codes"} {
			t := candidates[i]
			compared, ok, err := s.tryOne(x, relation, t.ID, from, code, s.carried(relatesTo))
			switch {
			case err != nil:
				return nil, 0, err
			case ok:
				return &guess{token: t}, wrong, nil
			case compared:
				wrong++
			}
		}
	}
	return nil, wrong, nil
}

// tryOne counts a try of a code and compares it, where it has tries left. One that the carrier compares passes here.
func (s *Service) tryOne(x *tx, relation, id, from, code string, carried bool) (compared, right bool, err error) {
	for range rounds {
		c, err := one[codeRow](x, schemaOwn, relation, eq("id", id))
		if err != nil {
			return false, false, err
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
		rows, err := update[codeRow](x, schemaOwn, relation, values{"tries": c.Tries + mine, "tries_other": c.Strangers + others},
			eq("id", id), eq("tries", c.Tries), eq("tries_other", c.Strangers))
		if err != nil || spent {
			return false, false, err
		}
		if len(rows) == 1 {
			return true, carried || subtle.ConstantTimeCompare([]byte(c.CodeHash), []byte(s.codeHash(id, code))) == 1, nil
		}
	}
	return false, false, nil
}
