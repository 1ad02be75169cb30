package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
)

// lastLink is the secret of the link that was sent last, and of what purpose it is.
func (d *desk) lastLink() account.Proof {
	d.t.Helper()
	all, err := d.Messages(d.t.Context(), 1)
	if err != nil || len(all) != 1 {
		d.t.Fatalf("%d messages, %v", len(all), err)
	}
	var f account.Fields
	if err := json.Unmarshal(all[0].Data, &f); err != nil {
		d.t.Fatal(err)
	}
	u, err := url.Parse(f.ConfirmationURL)
	if err != nil || u.Query().Get("token") == "" {
		d.t.Fatalf("no link in %s, %v", all[0].Data, err)
	}
	return account.Proof{Type: u.Query().Get("type"), Link: u.Query().Get("token")}
}

// ask has a code and link sent to an address, as somebody somewhere.
func (d *desk) ask(from account.Client, mail string) (code string, link account.Proof) {
	d.t.Helper()
	if _, err := d.SendCode(d.t.Context(), from, account.CodeRequest{Email: mail}); err != nil {
		d.t.Fatal(err)
	}
	return d.lastCode(), d.lastLink()
}

// use uses a proof, and says which error it ends with.
func (d *desk) use(what string, from account.Client, p account.Proof, want string) *account.Session {
	d.t.Helper()
	out, err := d.Verify(d.t.Context(), from, p)
	d.code(what, err, want)
	if err != nil {
		return nil
	}
	return out.Session
}

// TestStrangersMakeNoLinkVoid is attack P6 for what was sent already: a stranger who asks in somebody's name each minute, and guesses, takes neither the link nor the code away that its
// owner has asked for.
func TestStrangersMakeNoLinkVoid(t *testing.T) {
	atDesk(t, nil, func(t *testing.T, d *desk) {
		const ada = "ada@example.com"
		confirmed(t, d.Service, ada, "")
		typed := func(code string) account.Proof { return account.Proof{Type: "email", Email: ada, Code: code} }
		attack := func() (codes []string, links []account.Proof) {
			for n := range 8 {
				d.move(time.Minute)
				code, link := d.ask(stranger(n), ada)
				for range 6 {
					d.use("a guess", stranger(n), typed("x"), "otp_expired")
					d.use("a guess", stranger(100), typed("x"), "otp_expired")
				}
				codes, links = append(codes, code), append(links, link)
			}
			return codes, links
		}
		code, _ := d.ask(someone, ada)
		codes, _ := attack()
		d.use("the last code, of whose tries strangers have used theirs", stranger(77), typed(codes[7]), "otp_expired")
		d.use("P6 the code that was asked for here", someone, typed(code), "")
		d.use("once", someone, typed(code), "otp_expired")
		d.use("what signs in makes the others void", stranger(7), typed(codes[7]), "otp_expired")

		_, link := d.ask(someone, ada)
		_, links := attack()
		d.use("P6 the link", someone, link, "")
		d.use("once", someone, link, "otp_expired")
		for _, l := range links {
			d.use("the links of strangers are void then", someone, l, "otp_expired")
		}
		if left := d.rows("select count(*)::text from mainstay.earlier_tokens"); left != "0" {
			t.Errorf("%s earlier tokens are left", left)
		}

		_, link = d.ask(someone, ada)
		_, next := d.ask(someone, ada)
		d.use("who asks again, from the same place, has one link", someone, link, "otp_expired")
		d.ask(stranger(1), ada)
		d.move(10 * time.Minute)
		d.use("an earlier link ends when it would have", someone, next, "otp_expired")
		if n, err := d.Sweep(t.Context()); err != nil || d.rows("select count(*)::text from mainstay.earlier_tokens") != "0" {
			t.Errorf("what has ended stays: %d went, %v", n, err)
		}

		// A change of the password makes all of them void.
		_, link = d.ask(someone, ada)
		d.ask(stranger(1), ada)
		who, secret := d.mustBearer(d.signIn(ada).AccessToken), better
		if _, err := d.ChangeUser(t.Context(), someone, who, account.Change{Password: &secret}); err != nil {
			t.Fatal(err)
		}
		d.use("after a new password", someone, link, "otp_expired")
	})
}

// TestEarlierLinksBringNoPassword is attack E1 with two links: whoever signs up with somebody else's address leaves a link there that confirms the address, and no password with it.
func TestEarlierLinksBringNoPassword(t *testing.T) {
	atDesk(t, nil, func(t *testing.T, d *desk) {
		ctx := t.Context()
		const ada = "ada@example.com"
		if _, err := d.SignUp(ctx, stranger(1), account.Registration{Email: ada, Password: better, Data: map[string]any{"name": "Mallory"}}); err != nil {
			t.Fatal(err)
		}
		mallorys := d.lastLink()
		d.move(time.Minute)
		if _, err := d.SignUp(ctx, someone, account.Registration{Email: ada, Password: good}); err != nil {
			t.Fatal(err)
		}
		d.lastLink() // answered
		in := d.use("the link of who was first", someone, mallorys, "")
		if in == nil || in.User.UserMetadata["name"] != nil {
			t.Errorf("E1 what she says of herself stays: %+v", in)
		}
		_, err := d.SignIn(ctx, stranger(1), account.Credentials{Email: ada, Password: better})
		d.code("E1 her password", err, "invalid_credentials")

		// Whoever only asks for the mail again asks for the same: both links bring what was chosen.
		const ben = "ben@example.com"
		if _, err := d.SignUp(ctx, someone, account.Registration{Email: ben, Password: good}); err != nil {
			t.Fatal(err)
		}
		first := d.lastLink()
		d.move(time.Minute)
		if _, err := d.Resend(ctx, stranger(1), account.ResendRequest{Type: "signup", Email: ben}); err != nil {
			t.Fatal(err)
		}
		d.lastLink()
		d.use("the first link", someone, first, "")
		_, err = d.SignIn(ctx, someone, account.Credentials{Email: ben, Password: good})
		d.code("the password that came with it", err, "")
	})
}

// TestWhoAsksForACodeTakesNoSignUpAway is attack P6 for a sign-up that waits: a stranger asks for a code to sign in with, and what was chosen is still there, with the link and the
// code of the sign-up and with those that are sent again.
func TestWhoAsksForACodeTakesNoSignUpAway(t *testing.T) {
	atDesk(t, nil, func(t *testing.T, d *desk) {
		ctx := t.Context()
		for mail, prove := range map[string]func(mail string) account.Proof{
			"link@example.com": func(string) account.Proof { return d.lastLink() },
			"code@example.com": func(mail string) account.Proof {
				return account.Proof{Type: "signup", Email: mail, Code: d.lastCode()}
			},
			"again@example.com": nil,
		} {
			if _, err := d.SignUp(ctx, someone, account.Registration{Email: mail, Password: good, Data: map[string]any{"name": "Ada"}}); err != nil {
				t.Fatal(err)
			}
			var p account.Proof
			if prove != nil {
				p = prove(mail)
			} else {
				d.lastLink() // answered
			}
			for n := range 3 {
				d.move(time.Minute)
				d.ask(stranger(n), mail)
			}
			if prove == nil {
				d.move(time.Minute)
				if _, err := d.Resend(ctx, someone, account.ResendRequest{Type: "signup", Email: mail}); err != nil {
					t.Fatal(err)
				}
				p = d.lastLink()
			}
			in := d.use("P6 "+mail, someone, p, "")
			if in == nil || in.User.UserMetadata["name"] != "Ada" {
				t.Errorf("P6 %s: what was said at the sign-up is gone: %+v", mail, in)
			}
			_, err := d.SignIn(ctx, someone, account.Credentials{Email: mail, Password: good})
			d.code("P6 the password of "+mail, err, "")
		}

		// Two who sign up are two, whoever asks for codes in between (attack E1).
		const eve = "eve@example.com"
		if _, err := d.SignUp(ctx, stranger(1), account.Registration{Email: eve, Password: better, Data: map[string]any{"name": "Mallory"}}); err != nil {
			t.Fatal(err)
		}
		mallorys := d.lastLink()
		d.move(time.Minute)
		d.ask(stranger(2), eve)
		d.move(time.Minute)
		if _, err := d.SignUp(ctx, someone, account.Registration{Email: eve, Password: good}); err != nil {
			t.Fatal(err)
		}
		d.lastLink() // answered
		if in := d.use("the link of who was first", someone, mallorys, ""); in == nil || in.User.UserMetadata["name"] != nil {
			t.Errorf("E1 what she says of herself stays: %+v", in)
		}
		_, err := d.SignIn(ctx, stranger(1), account.Credentials{Email: eve, Password: better})
		d.code("E1 her password", err, "invalid_credentials")
	})
}

// TestGuessesThatWaitHaveABound: while one code for an address is compared, no more wait for it than may, and others are refused at once with the time to come again.
func TestGuessesThatWaitHaveABound(t *testing.T) {
	var held atomic.Pointer[chan struct{}] // the first who looks at the clock waits for it
	reached := make(chan struct{}, 1)
	for name, c := range map[string]struct {
		most int
		want string
	}{"of an address": {1, "over_request_rate_limit"}, "as many as come": {-1, "context deadline exceeded"}} {
		t.Run(name, func(t *testing.T) {
			s := &desk{t: t}
			e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := e.Close(); err != nil {
					t.Error(err)
				}
			})
			s.Service, _ = signInOver(t, e, func(o *account.Options) {
				o.Limits.Guessing = c.most
				o.Now = func() time.Time {
					if wait := held.Swap(nil); wait != nil {
						reached <- struct{}{}
						<-*wait
					}
					return time.Now()
				}
			})
			guess := func(ctx context.Context) error {
				_, err := s.Verify(ctx, someone, account.Proof{Type: "email", Email: "ada@example.com", Code: "x"})
				return err
			}
			wait := make(chan struct{})
			held.Store(&wait)
			first := make(chan error, 1)
			go func() { first <- guess(context.WithoutCancel(t.Context())) }()
			<-reached
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			err = guess(ctx)
			s.code("the second", err, c.want)
			var full *account.LimitError
			if c.most > 0 && (!errors.As(err, &full) || full.After <= 0) {
				t.Errorf("when to come again is not said: %v", err)
			}
			close(wait)
			s.code("the first", <-first, "otp_expired")
			s.code("the next", guess(t.Context()), "otp_expired")
		})
	}
}

// TestGuessesOverAllUsersMakeCodesLonger is attack E8 spread over users: a few guesses at each are many together.
func TestGuessesOverAllUsersMakeCodesLonger(t *testing.T) {
	atDesk(t, func(o *account.Options) { o.Limits.CodesProject = 20 }, func(t *testing.T, d *desk) {
		users := []string{"a@example.com", "b@example.com", "c@example.com", "d@example.com"}
		for n, mail := range users {
			confirmed(t, d.Service, mail, "")
			code, _ := d.ask(someone, mail)
			if len(code) != 6 {
				t.Errorf("after %d wrong ones a code has %d digits", n*5, len(code))
			}
			for range 5 {
				d.use("a guess", someone, account.Proof{Type: "email", Email: mail, Code: "x"}, "otp_expired")
			}
		}
		// Nobody has these, and what is guessed there finds nothing: it counts for nothing.
		for range 5 {
			d.use("a guess at nobody", someone, account.Proof{Type: "email", Email: "nobody@example.com", Code: "x"}, "otp_expired")
		}
		if n := d.rows("select count::text from mainstay.counters where key = 'codes-day-all'"); n != "20" {
			t.Errorf("%s wrong codes are counted, want 20", n)
		}
		confirmed(t, d.Service, "ada@example.com", "")
		code, _ := d.ask(someone, "ada@example.com")
		if len(code) != 8 {
			t.Errorf("E8 after 20 wrong ones of all users a code has %d digits", len(code))
		}
		d.use("a longer code works", someone, account.Proof{Type: "email", Email: "ada@example.com", Code: code}, "")
		d.move(25 * time.Hour)
		if code, _ = d.ask(someone, "ada@example.com"); len(code) != 6 {
			t.Errorf("a day later a code has %d digits", len(code))
		}
	})
}

// TestCodesOfACarrierHaveABound is attack E8 for codes that a carrier makes, which get no longer: so many wrong ones of a number in a day, of all strangers together; who has proved the number
// goes on where they did so (P6).
func TestCodesOfACarrierHaveABound(t *testing.T) {
	const ada, ben = "491700000001", "491700000002"
	asked := 0
	atDesk(t, func(o *account.Options) {
		o.Limits.CodesDay = 12
		o.CheckText = func(_ context.Context, _, code string) (bool, error) {
			asked++
			return code == "the right one", nil
		}
	}, func(t *testing.T, d *desk) {
		asked = 0
		send := func(from account.Client, phone string) {
			if _, err := d.SendCode(t.Context(), from, account.CodeRequest{Phone: phone}); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Messages(t.Context(), 1); err != nil { // answered
				t.Fatal(err)
			}
		}
		try := func(what string, from account.Client, phone, code, want string) {
			t.Helper()
			d.use(what, from, account.Proof{Type: "sms", Phone: phone, Code: code}, want)
		}
		confirmed(t, d.Service, "", ada)
		send(someone, ada)
		try("at home", someone, ada, "the right one", "")
		for _, phone := range []string{ada, ben} { // ben is nobody
			before := asked
			for n := range 12 {
				send(stranger(n), phone)
				try("a guess", stranger(n), phone, "x", "otp_expired")
			}
			send(stranger(77), phone)
			try("E8 no more today, though it is right", stranger(77), phone, "the right one", "over_request_rate_limit")
			if asked-before != 12 {
				t.Errorf("the carrier was asked %d times about %s", asked-before, phone)
			}
		}
		send(someone, ada)
		try("P6 at home", someone, ada, "the right one", "")
		d.move(25 * time.Hour)
		send(stranger(77), ada)
		try("the next day", stranger(77), ada, "the right one", "")
	})
}

// TestGuessesAtOnceAreTheSameWork is attack E12 for many guesses at once: they wait for each other as much, and try as often to count, where there is a code as where there is none.
func TestGuessesAtOnceAreTheSameWork(t *testing.T) {
	onEngines(t, func(t *testing.T, c *counted) {
		s, _ := signInOver(t, c, func(o *account.Options) { o.Limits.Tries = 1e6 })
		ctx := t.Context()
		confirmed(t, s, "ada@example.com", "")
		confirmed(t, s, "ben@example.com", "")
		if _, err := s.SendCode(ctx, someone, account.CodeRequest{Email: "ada@example.com"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Messages(ctx, 1); err != nil { // answered
			t.Fatal(err)
		}
		guesses := func(mail string) []string {
			trace, _ := c.work(s, func() error {
				var wg sync.WaitGroup
				for n := range parallel {
					wg.Go(func() {
						_, err := s.Verify(ctx, stranger(n), account.Proof{Type: "email", Email: mail, Code: "x"})
						if code := faultCode(err); code != "otp_expired" {
							t.Errorf("a guess at %s: %v", mail, err)
						}
					})
				}
				wg.Wait()
				return nil
			})
			slices.Sort(trace)
			return trace
		}
		guesses("carl@example.com") // makes the counters that all guesses have
		want := guesses("nobody@example.com")
		for _, mail := range []string{"ada@example.com", "ben@example.com"} {
			if got := guesses(mail); !slices.Equal(got, want) {
				t.Errorf("%d guesses at %s do %d things, at nobody %d", parallel, mail, len(got), len(want))
			}
		}
	})
}
