package signin

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/identity"
	"github.com/mainstay-dev/mainstay/internal/totp"
)

// clock is a clock that a test moves.
type clock struct {
	mu      sync.Mutex
	ahead   time.Duration // guarded by mu
	stopped time.Time     // guarded by mu: the time of all that is asked since; zero while it goes on
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped.IsZero() {
		return c.stopped.Add(c.ahead)
	}
	return time.Now().Add(c.ahead)
}

// stop lets time pass by move alone.
func (c *clock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = time.Now()
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// desk is sign-in with a clock, as a test uses it without HTTP.
type desk struct {
	*account.Service
	t    *testing.T
	e    engine.Engine
	keys *identity.Keys
	clock
}

func atDesk(t *testing.T, change func(*account.Options), test func(*testing.T, *desk)) {
	onEngines(t, func(t *testing.T, c *counted) {
		d := &desk{t: t, e: c.Engine}
		d.Service, d.keys = signInOver(t, c.Engine, func(o *account.Options) {
			o.Now = d.now
			o.Anonymous = true
			o.Factors.TOTP = account.FactorRule{Enroll: true, Verify: true}
			if change != nil {
				change(o)
			}
		})
		test(t, d)
	})
}

func (d *desk) sql(text string) {
	d.t.Helper()
	if err := d.e.Script(d.t.Context(), engine.Script{Text: text}, engine.Discard{}); err != nil {
		d.t.Fatalf("%s: %v", text, err)
	}
}

// rows is what a query of one column gives.
func (d *desk) rows(text string) string {
	d.t.Helper()
	k := &kept{}
	if err := d.e.Script(d.t.Context(), engine.Script{Text: text}, k); err != nil {
		d.t.Fatalf("%s: %v", text, err)
	}
	return strings.Join(k.all, ",")
}

type kept struct {
	engine.Discard
	all []string
}

func (k *kept) Row(r engine.Row) error {
	k.all = append(k.all, strings.Trim(string(r.AppendJSON(nil, 0)), `"`))
	return nil
}

func (d *desk) signIn(mail string) *account.Session {
	d.t.Helper()
	in, err := d.SignIn(d.t.Context(), someone, account.Credentials{Email: mail, Password: good})
	if err != nil {
		d.t.Fatal(err)
	}
	return in
}

func (d *desk) bearer(access string) (*account.Bearer, error) {
	token, err := d.keys.Verify(access)
	if err != nil {
		return nil, err
	}
	return d.Bearer(d.t.Context(), token)
}

func (d *desk) mustBearer(access string) *account.Bearer {
	d.t.Helper()
	who, err := d.bearer(access)
	if err != nil {
		d.t.Fatal(err)
	}
	return who
}

func (d *desk) code(what string, err error, want string) {
	d.t.Helper()
	if got := faultCode(err); got != want {
		d.t.Errorf("%s: got %q (%v), want %q", what, got, err, want)
	}
}

// faultCode is the code of an error, or its text where it has none.
func faultCode(err error) string {
	if f := fault.As(err); f != nil {
		return f.Code
	} else if err != nil {
		return err.Error()
	}
	return ""
}

// TestTimeEndsSessionsEverywhere: when time has ended a session, its access token is worth nothing either, and expires no later.
func TestTimeEndsSessionsEverywhere(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*account.Options)
		after  time.Duration
	}{
		"time box":   {func(o *account.Options) { o.Timebox = 20 * time.Minute }, 20 * time.Minute},
		"inactivity": {func(o *account.Options) { o.Inactivity = 10 * time.Minute }, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, c.change, func(t *testing.T, d *desk) {
				confirmed(t, d.Service, "ada@example.com", "")
				in := d.signIn("ada@example.com")
				if in.ExpiresIn > int64(c.after.Seconds()) || in.ExpiresAt > d.now().Add(c.after).Unix() {
					t.Errorf("the token outlives its session: %d s", in.ExpiresIn)
				}
				token, err := d.keys.Verify(in.AccessToken)
				if err != nil {
					t.Fatal(err)
				}
				d.move(c.after - 5*time.Second)
				_, err = d.Bearer(t.Context(), token)
				d.code("before the end", err, "")
				d.move(6 * time.Second)
				_, err = d.Bearer(t.Context(), token) // within the leeway of the token's own end
				d.code("after it", err, "session_expired")
				_, err = d.Refresh(t.Context(), someone, in.RefreshToken)
				d.code("its refresh token", err, "session_expired")
				if n, err := d.Sweep(t.Context()); err != nil || d.rows("select count(*)::text from auth.sessions") != "0" {
					t.Errorf("the session stays: %d went, %v", n, err)
				}
			})
		})
	}
}

// TestOldRefreshTokensEndTheSession: the token before the current one is good for a client that lost an answer, an older one for those that ask at once (tabs), and beyond
// the window it is somebody else's: the session ends for both (attack D10).
func TestOldRefreshTokensEndTheSession(t *testing.T) {
	atDesk(t, nil, func(t *testing.T, d *desk) {
		confirmed(t, d.Service, "ada@example.com", "")
		refresh := func(what string, s *account.Session, code string) *account.Session {
			t.Helper()
			got, err := d.Refresh(t.Context(), someone, s.RefreshToken)
			d.code(what, err, code)
			return got
		}
		first := d.signIn("ada@example.com")
		second := refresh("the first", first, "")
		third := refresh("the second", second, "")
		if again := refresh("the first again, at once", first, ""); again.RefreshToken != third.RefreshToken {
			t.Error("an earlier token has begun a lineage of its own")
		}
		d.move(time.Hour)
		if again := refresh("the one before, long after", second, ""); again.RefreshToken != third.RefreshToken {
			t.Error("the token before has begun a lineage of its own")
		}
		refresh("the first, long after", first, "refresh_token_already_used")
		refresh("the current one of the session that has ended", third, "refresh_token_not_found")
		if got := d.rows("select payload ->> 'action' from auth.audit_log_entries"); got != "refresh_token_reused" {
			t.Errorf("the theft is in the log as %q", got)
		}
	})
}

// TestStoredRefreshTokens: tokens of the ecosystem's first kind follow the rule of the others (attack D10).
func TestStoredRefreshTokens(t *testing.T) {
	atDesk(t, nil, func(t *testing.T, d *desk) {
		confirmed(t, d.Service, "ada@example.com", "")
		user := d.mustBearer(d.signIn("ada@example.com").AccessToken).ID()
		number := 0
		// moved is a session as another server has left it: tokens, each with its parent and whether it is revoked.
		moved := func(tokens ...[3]string) string {
			number++
			id := fmt.Sprintf("00000000-0000-4000-8000-%012d", number)
			d.sql(fmt.Sprintf("insert into auth.sessions (id, user_id, created_at, updated_at, aal) values ('%s', '%s', now() - interval '1 day', now() - interval '1 hour', 'aal1')", id, user))
			for _, k := range tokens {
				d.sql(fmt.Sprintf("insert into auth.refresh_tokens (token, parent, revoked, user_id, session_id, created_at, updated_at) values ('%s%d', nullif('%s', '') || '%d', %s, '%s', '%s', now() - interval '1 hour', now() - interval '1 hour')",
					k[0], number, k[1], number, k[2], user, id))
			}
			return id
		}
		refresh := func(token string) (*account.Session, error) {
			return d.Refresh(t.Context(), someone, fmt.Sprint(token, number))
		}
		moved([3]string{"grandparent", "", "true"}, [3]string{"parent", "grandparent", "true"}, [3]string{"child", "parent", "false"})
		first, err := refresh("parent")
		d.code("the parent of the token in use", err, "")
		again, err := refresh("child")
		d.code("the token that it has used", err, "")
		if first == nil || again == nil || first.RefreshToken != again.RefreshToken {
			t.Errorf("two lineages: %+v, %+v", first, again)
		}
		next, err := d.Refresh(t.Context(), someone, first.RefreshToken)
		d.code("ours", err, "")
		d.move(time.Minute)
		_, err = refresh("child")
		d.code("a used one after the window", err, "refresh_token_already_used")
		_, err = d.Refresh(t.Context(), someone, next.RefreshToken)
		d.code("has ended the session", err, "refresh_token_not_found")

		moved([3]string{"grandparent", "", "true"}, [3]string{"parent", "grandparent", "true"}, [3]string{"child", "parent", "false"})
		_, err = refresh("grandparent")
		d.code("an older one", err, "refresh_token_already_used")
		_, err = refresh("child")
		d.code("ends the session", err, "refresh_token_not_found")
		if got := d.rows("select payload ->> 'action' from auth.audit_log_entries"); got != "refresh_token_reused,refresh_token_reused" {
			t.Errorf("two thefts are in the log as %q", got)
		}

		moved([3]string{"child", "", "false"})
		var wg sync.WaitGroup
		got := make([]string, 20)
		for i := range got {
			wg.Go(func() {
				in, err := refresh("child")
				if err != nil {
					t.Errorf("a storm: %v", err)
					return
				}
				got[i] = in.RefreshToken
			})
		}
		wg.Wait()
		for _, token := range got {
			if token != got[0] {
				t.Errorf("a storm makes two lineages: %q, %q", token, got[0])
			}
		}
	})
}

// TestWhoKnowsAPasswordShutsNobodyOut is attack P6 for second factors: strangers with a password use up the tries of strangers, and the user goes on from where a factor
// was proved before.
func TestWhoKnowsAPasswordShutsNobodyOut(t *testing.T) {
	atDesk(t, func(o *account.Options) { o.Limits.FactorsDay = 5; o.Limits.Factors = 20 }, func(t *testing.T, d *desk) {
		ctx := t.Context()
		confirmed(t, d.Service, "ada@example.com", "")
		who := d.mustBearer(d.signIn("ada@example.com").AccessToken)
		added, err := d.Enroll(ctx, who, account.NewFactor{Type: "totp"})
		if err != nil {
			t.Fatal(err)
		}
		prove := func(from account.Client, who *account.Bearer, code string) error {
			asked, err := d.Challenge(ctx, from, who, added.ID, "")
			if err != nil {
				return err
			}
			_, err = d.VerifyFactor(ctx, from, who, added.ID, account.FactorProof{Challenge: asked.ID, Code: code})
			return err
		}
		code := func() string {
			c, err := totp.At(added.TOTP.Secret, d.now())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		d.code("at home", prove(someone, who, code()), "")
		thief := d.mustBearer(d.signIn("ada@example.com").AccessToken)
		for i := range 5 {
			from := account.Client{IP: netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})}
			d.code("a guess", prove(from, thief, "abcdef"), "mfa_verification_failed")
		}
		d.move(2 * time.Minute)
		d.code("E8 a guess from yet another network", prove(account.Client{IP: netip.MustParseAddr("203.0.113.77")}, thief, code()), "over_request_rate_limit")
		d.code("P6 the user at home", prove(someone, d.mustBearer(d.signIn("ada@example.com").AccessToken), code()), "")
		for range 5 {
			d.code("a guess at home", prove(someone, thief, "abcdef"), "mfa_verification_failed")
		}
		d.move(2 * time.Minute)
		d.code("E8 guesses at home have their bound too", prove(someone, thief, code()), "over_request_rate_limit")
	})
}

// TestAnonymousUsersKeepTheirSession: whoever gets an address goes on where they are; the next access token says so.
func TestAnonymousUsersKeepTheirSession(t *testing.T) {
	both(t, open, func(t *testing.T, s *server) {
		in := s.want("anonymous", s.auth("", "POST /signup", obj{"data": obj{}}), 200, "")
		token := in.text("access_token")
		s.want("an address", s.auth(token, "PUT /user", obj{"email": "ada@example.com"}), 200, "")
		s.press(s.mail("ada@example.com", "email_change").Link)
		a := s.want("the session goes on", s.auth(token, "GET /user", nil), 200, "")
		if a.text("is_anonymous") != "false" || a.text("email") != "ada@example.com" {
			t.Errorf("the user: %s", a.raw)
		}
		next := s.want("its refresh token", s.auth("", "POST /token?grant_type=refresh_token", obj{"refresh_token": in.text("refresh_token")}), 200, "")
		if next.text("user.is_anonymous") != "false" || next.text("user.id") != in.text("user.id") {
			t.Errorf("refreshed: %s", next.raw)
		}
		s.want("a password", s.auth(next.text("access_token"), "PUT /user", obj{"password": good}), 200, "")
		s.want("goes on", s.auth(next.text("access_token"), "GET /user", nil), 200, "")
		s.want("signs in", s.auth("", "POST /token?grant_type=password", obj{"email": "ada@example.com", "password": good}), 200, "")
	})
}

// TestSweepForgetsWhatIsOver: rows that are past their end go, those that are not stay, however many there are.
func TestSweepForgetsWhatIsOver(t *testing.T) {
	atDesk(t, nil, func(t *testing.T, d *desk) {
		ctx := t.Context()
		confirmed(t, d.Service, "ada@example.com", "")
		in := d.signIn("ada@example.com")
		user := d.mustBearer(in.AccessToken).ID()
		d.sql("insert into auth.oauth_clients (id, registration_type, redirect_uris, grant_types, token_endpoint_auth_method) values ('00000000-0000-4000-8000-000000000001', 'manual', '', '', 'none')")
		fill := func(when string, n int) {
			d.sql(fmt.Sprintf(`
				insert into mainstay.counters select 'x' || gen_random_uuid(), 1, %[1]s from generate_series(1, %[2]d);
				insert into auth.flow_state (id, provider_type, authentication_method, created_at) select gen_random_uuid(), 'email', 'otp', %[1]s from generate_series(1, %[2]d);
				insert into auth.oauth_client_states (id, provider_type, created_at) select gen_random_uuid(), 'x', %[1]s from generate_series(1, %[2]d);
				insert into auth.oauth_authorizations (id, authorization_id, client_id, redirect_uri, scope, created_at, expires_at)
					select gen_random_uuid(), gen_random_uuid()::text, '00000000-0000-4000-8000-000000000001', '', '', %[1]s, %[1]s + interval '3 minutes' from generate_series(1, %[2]d);
				insert into auth.webauthn_challenges (challenge_type, session_data, expires_at) select 'signup', '{}', %[1]s from generate_series(1, %[2]d);
				insert into auth.refresh_tokens (token, revoked, updated_at) select gen_random_uuid()::text, true, %[1]s from generate_series(1, %[2]d);
				insert into mainstay.messages (id, channel, recipient, template, data, state, next_at, created_at) select gen_random_uuid(), 'email', '', '', '{}', 'sent', %[1]s, %[1]s from generate_series(1, %[2]d);
				insert into auth.sessions (id, user_id, not_after) select gen_random_uuid(), '%[3]s', %[1]s from generate_series(1, %[2]d);`, when, n, user))
		}
		fill("now() - interval '30 days'", 1200)
		fill("now() + interval '1 day'", 3)
		for _, kind := range []string{"sms", "signup"} { // a token that is over goes with its code
			d.sql(fmt.Sprintf(`with t as (select gen_random_uuid() id) insert into auth.users (id, email) select id, '%s@example.com' from t`, kind))
			d.sql(fmt.Sprintf(`insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to) select gen_random_uuid(), id, 'recovery_token', '%[1]s', '' from auth.users where email = '%[1]s@example.com'`, kind))
		}
		d.sql(`insert into mainstay.one_time_codes (id, code_hash, expires_at, purpose) select id, '', case token_hash when 'sms' then now() - interval '30 days' else now() end, '' from auth.one_time_tokens`)
		n, err := d.Sweep(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n != 8*1200+1 {
			t.Errorf("%d rows went", n)
		}
		for table, want := range map[string]string{
			"mainstay.counters where key like 'x%'": "3", "auth.flow_state": "3", "auth.oauth_client_states": "3", "auth.oauth_authorizations": "3", "auth.webauthn_challenges": "3",
			"auth.refresh_tokens": "3", "mainstay.messages": "3", "auth.sessions": "4", "auth.one_time_tokens": "1", "mainstay.one_time_codes": "1",
		} {
			if got := d.rows("select count(*)::text from " + table); got != want {
				t.Errorf("%s: %s rows stay, want %s", table, got, want)
			}
		}
		if n, err = d.Sweep(ctx); n != 0 || err != nil {
			t.Errorf("the next one: %d, %v", n, err)
		}
	})
}

// TestLimitsCountClientsBehindProxies is attack P1 at the door: with the project's proxies named, limits count who is behind them, and what a client writes itself
// counts for nothing.
func TestLimitsCountClientsBehindProxies(t *testing.T) {
	limited := strings.Replace(open, "sign_in_sign_ups = -1", "sign_in_sign_ups = 3", 1)
	try := func(s *server, headers ...string) answer {
		return s.call("", "POST /auth/v1/token?grant_type=password", obj{"email": "ada@example.com", "password": "wrong"}, headers...)
	}
	engines(t, func(t *testing.T, start func(settings, sql string) *server) {
		s := start(limited, "")
		for i := range 3 {
			s.want("within the limit", try(s, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i)), 400, "invalid_credentials")
		}
		for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X-Original-Forwarded-For"} {
			s.want("P1 "+name, try(s, name, "198.51.100.7"), 429, "over_request_rate_limit")
		}
		s = start("[api]\ntrusted_proxies = [\"127.0.0.0/8\"]\n"+limited, "")
		for i := range 3 {
			s.want("within the limit", try(s, "X-Forwarded-For", fmt.Sprintf("198.51.100.%d, 203.0.113.1", i)), 400, "invalid_credentials")
		}
		s.want("P1 another beginning", try(s, "X-Forwarded-For", "192.0.2.1, 203.0.113.1"), 429, "over_request_rate_limit")
		s.want("another client", try(s, "X-Forwarded-For", "203.0.113.2"), 400, "invalid_credentials")
		for i := range 3 { // P2: a customer has a /64
			s.want("within the limit", try(s, "X-Forwarded-For", fmt.Sprintf("2001:db8::%d", i+1)), 400, "invalid_credentials")
		}
		s.want("P2 the same network", try(s, "X-Forwarded-For", "2001:db8::ffff:1"), 429, "over_request_rate_limit")
		s.want("P2 another network", try(s, "X-Forwarded-For", "2001:db8:0:1::1"), 400, "invalid_credentials")
		s.want("P2 the same address in another form", try(s, "X-Forwarded-For", "::ffff:203.0.113.1"), 429, "over_request_rate_limit")
	})
}

// stranger is somebody at a network of their own.
func stranger(n int) account.Client {
	return account.Client{IP: netip.AddrFrom4([4]byte{203, 0, 113, byte(n)})}
}

// lastCode is the code that was sent last.
func (d *desk) lastCode() string {
	d.t.Helper()
	all, err := d.Messages(d.t.Context(), 1)
	if err != nil || len(all) != 1 {
		d.t.Fatalf("%d messages, %v", len(all), err)
	}
	var f account.Fields
	if err := json.Unmarshal(all[0].Data, &f); err != nil || f.Token == "" {
		d.t.Fatalf("no code in %s, %v", all[0].Data, err)
	}
	return f.Token
}

// TestStrangersShutNobodyOutOfCodes is attack P6 for one-time codes: strangers use up the tries of strangers, and whoever has asked goes on; guesses without end make
// codes longer, and refuse nobody (E8).
func TestStrangersShutNobodyOutOfCodes(t *testing.T) {
	atDesk(t, func(o *account.Options) { o.Limits.CodesDay = 12 }, func(t *testing.T, d *desk) {
		ctx := t.Context()
		const ada = "ada@example.com"
		confirmed(t, d.Service, ada, "")
		send := func(from account.Client) string {
			if _, err := d.SendCode(ctx, from, account.CodeRequest{Email: ada}); err != nil {
				t.Fatal(err)
			}
			return d.lastCode()
		}
		try := func(from account.Client, code string) error {
			_, err := d.Verify(ctx, from, account.Proof{Type: "email", Email: ada, Code: code})
			return err
		}
		right := send(someone)
		for n := range 5 {
			d.code("a guess", try(stranger(n), "x"), "otp_expired")
		}
		d.code("E8 a sixth, though it is right", try(stranger(77), right), "otp_expired")
		d.code("P6 whoever has asked", try(someone, right), "")

		// One who asks in ada's name and guesses: from there, and from elsewhere.
		const rounds, each = 3, 10
		for range rounds {
			right = send(stranger(1))
			for range 5 {
				d.code("a guess", try(stranger(1), "x"), "otp_expired")
				d.code("a guess", try(stranger(2), "x"), "otp_expired")
			}
			d.code("E8 the tries of who has asked are over too", try(stranger(1), right), "otp_expired")
		}
		if right = send(someone); len(right) != 8 {
			t.Errorf("E8 after %d wrong ones a code has %d digits", rounds*each, len(right))
		}
		d.code("P6 a longer code works", try(someone, right), "")
		d.move(25 * time.Hour)
		if right = send(someone); len(right) != 6 {
			t.Errorf("a day later a code has %d digits", len(right))
		}
		d.code("a code of the next day", try(someone, right), "")
	})
}
