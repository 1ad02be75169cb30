package signin

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/identity"
	"github.com/mainstay-dev/mainstay/internal/password"
)

// counted is an engine that writes down what is done with it: transactions with their ends, and statements by their shape.
type counted struct {
	engine.Engine
	mu    sync.Mutex
	trace []string
	plans map[*plan.Plan]int
}

func (c *counted) add(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trace = append(c.trace, fmt.Sprintf(format, args...))
}

func (c *counted) Transact(ctx context.Context, o engine.TxOptions, f func(engine.Tx) error) error {
	c.add("begin, read only %v", o.ReadOnly)
	err := c.Engine.Transact(ctx, o, func(t engine.Tx) error { return f(&countedTx{t, c}) })
	c.add("end %v", err == nil)
	return err
}

type countedTx struct {
	engine.Tx
	c *counted
}

func (t *countedTx) Do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	t.c.mu.Lock()
	n, ok := t.c.plans[p]
	if !ok {
		n = len(t.c.plans)
		t.c.plans[p] = n
	}
	t.c.mu.Unlock()
	if c := p.Columns(); len(c) == 3 && c[0].Name == "key" {
		t.c.add("counter") // made by whoever was first to ask, of nobody's address too
	} else {
		t.c.add("statement %d, %d columns", n, len(c))
	}
	return t.Tx.Do(ctx, p, args, sink)
}

func (t *countedTx) Try(ctx context.Context, f func() error) error {
	t.c.add("try")
	defer t.c.add("tried")
	return t.Tx.Try(ctx, f)
}

// work runs f and gives what it did: statements, and hashes of passwords.
func (c *counted) work(s *account.Service, f func() error) (trace []string, code string) {
	c.mu.Lock()
	c.trace = nil
	c.mu.Unlock()
	before := s.Hashed()
	err := f()
	c.mu.Lock()
	defer c.mu.Unlock()
	return append(slices.Clone(c.trace), fmt.Sprintf("%d hashes", s.Hashed()-before)), fmt.Sprint(err)
}

func onEngines(t *testing.T, test func(*testing.T, *counted), settings ...string) {
	t.Helper()
	t.Parallel()
	open := map[string]func(*testing.T) (engine.Engine, error){
		"sqlite": func(t *testing.T) (engine.Engine, error) {
			return sqlite.Open(t.Context(), sqlite.Options{Dir: folder(t, "empty", func(dir string) error {
				e, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
				if err != nil {
					return err
				}
				return e.Close()
			})})
		},
		"postgres": func(t *testing.T) (engine.Engine, error) {
			address := database(t)
			for _, set := range settings {
				runSQL(t, address, "do $$ begin execute format('alter database %I set "+set+"', current_database()); end $$")
			}
			return postgres.Open(t.Context(), postgres.Options{URL: address})
		},
	}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			e, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := e.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, &counted{Engine: e, plans: map[*plan.Plan]int{}})
		})
	}
}

// runSQL runs SQL on a connection of its own.
func runSQL(t *testing.T, address, text string) {
	t.Helper()
	c, err := pgconn.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if err := c.Exec(t.Context(), text).Close(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// signInOver is sign-in over an engine, without limits, with hashes that cost little.
func signInOver(t *testing.T, e engine.Engine, change func(*account.Options)) (*account.Service, *identity.Keys) {
	t.Helper()
	o := account.Options{
		SiteURL: "https://app.example", External: func() string { return "https://api.example" }, Hashing: password.Options{MemoryKiB: 64, Passes: 1},
		Limits: account.Limits{Signups: -1, Verify: -1, Refresh: -1, Anonymous: -1, Mails: -1, Texts: -1, Passwords: -1, CodesDay: -1, CodesProject: -1, Factors: -1, FactorsDay: -1, MailEvery: -1, TextsEvery: -1},
	}
	if change != nil {
		change(&o)
	}
	keys, err := identity.Load(t.TempDir(), "", identity.Options{Now: o.Now})
	if err != nil {
		t.Fatal(err)
	}
	return account.New(e, keys, o), keys
}

var someone = account.Client{IP: netip.MustParseAddr("192.0.2.7"), UserAgent: "test"}

// confirmed makes a user with a confirmed address.
func confirmed(t *testing.T, s *account.Service, mail, phone string) {
	t.Helper()
	yes, secret := true, good
	a := account.Attributes{Password: &secret}
	if mail != "" {
		a.Email, a.EmailConfirm = &mail, &yes
	} else {
		a.Phone, a.PhoneConfirm = &phone, &yes
	}
	if _, err := s.CreateUser(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}

// TestKnownAndUnknownAddressesAreTheSameWork is attack E12 by its cause: what is asked in the name of an address runs the same statements, in transactions that end
// alike, and computes as many hashes, whether the address has a user, one who has not confirmed, one who is invited, or none. Mails are found out and written afterwards.
func TestKnownAndUnknownAddressesAreTheSameWork(t *testing.T) {
	onEngines(t, func(t *testing.T, c *counted) {
		// With limits, which are statements too, and far off.
		s, keys := signInOver(t, c, func(o *account.Options) {
			o.Limits = account.Limits{Signups: 1e6, Verify: 1e6, Mails: 1e6, Texts: 1e6, Passwords: 1e6, CodesDay: 1e6, CodesProject: 1e6, MailEvery: time.Nanosecond, TextsEvery: time.Nanosecond}
		})
		ctx := t.Context()
		number := 0
		mails := map[string]func() string{
			"a user": func() string {
				number++
				mail := fmt.Sprintf("known%d@example.com", number)
				confirmed(t, s, mail, "")
				return mail
			},
			"nobody": func() string {
				number++
				return fmt.Sprintf("nobody%d@example.com", number)
			},
			"a user to confirm": func() string {
				number++
				mail := fmt.Sprintf("later%d@example.com", number)
				if _, err := s.SignUp(ctx, someone, account.Registration{Email: mail, Password: good}); err != nil {
					t.Fatal(err)
				}
				return mail
			},
			"an invited user": func() string {
				number++
				mail := fmt.Sprintf("invited%d@example.com", number)
				if _, err := s.Invite(ctx, mail, nil, ""); err != nil {
					t.Fatal(err)
				}
				return mail
			},
			"a user with a code": func() string {
				number++
				mail := fmt.Sprintf("code%d@example.com", number)
				confirmed(t, s, mail, "")
				if _, err := s.SendCode(ctx, someone, account.CodeRequest{Email: mail}); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Messages(ctx, 1); err != nil {
					t.Fatal(err)
				}
				return mail
			},
		}
		phones := map[string]func() string{
			"a user": func() string {
				number++
				phone := fmt.Sprintf("4917000%05d", number)
				confirmed(t, s, "", phone)
				return phone
			},
			"nobody": func() string {
				number++
				return fmt.Sprintf("4917000%05d", number)
			},
		}
		confirmed(t, s, "changing@example.com", "")
		in, err := s.SignIn(ctx, someone, account.Credentials{Email: "changing@example.com", Password: good})
		if err != nil {
			t.Fatal(err)
		}
		token, err := keys.Verify(in.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		who, err := s.Bearer(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		flow := account.Challenge{Code: s256, Method: "s256"}
		for _, kind := range []struct {
			addresses map[string]func() string
			asks      map[string]func(to string) error
		}{
			{mails, map[string]func(string) error{
				"sign-up": func(to string) error {
					_, err := s.SignUp(ctx, someone, account.Registration{Email: to, Password: good, Challenge: flow})
					return err
				},
				"sign-in": func(to string) error {
					_, err := s.SignIn(ctx, someone, account.Credentials{Email: to, Password: "wrong password"})
					return err
				},
				"code": func(to string) error {
					_, err := s.SendCode(ctx, someone, account.CodeRequest{Email: to, Create: true, Challenge: flow})
					return err
				},
				"code of users": func(to string) error {
					_, err := s.SendCode(ctx, someone, account.CodeRequest{Email: to})
					return err
				},
				"recovery": func(to string) error { return s.Recover(ctx, someone, to, "", flow) },
				"again": func(to string) error {
					_, err := s.Resend(ctx, someone, account.ResendRequest{Type: "signup", Email: to})
					return err
				},
				"change again": func(to string) error {
					_, err := s.Resend(ctx, someone, account.ResendRequest{Type: "email_change", Email: to})
					return err
				},
				"a wrong code": func(to string) error {
					_, err := s.Verify(ctx, someone, account.Proof{Type: "email", Email: to, Code: "x"})
					return err
				},
				"a wrong code of an invitation": func(to string) error {
					_, err := s.Verify(ctx, someone, account.Proof{Type: "invite", Email: to, Code: "x"})
					return err
				},
				"a wrong code of a change": func(to string) error {
					_, err := s.Verify(ctx, someone, account.Proof{Type: "email_change", Email: to, Code: "x"})
					return err
				},
				"a change to it": func(to string) error {
					_, err := s.ChangeUser(ctx, someone, who, account.Change{Email: &to})
					return err
				},
			}},
			{phones, map[string]func(string) error{
				"sign-up": func(to string) error {
					_, err := s.SignUp(ctx, someone, account.Registration{Phone: to, Password: good})
					return err
				},
				"sign-in": func(to string) error {
					_, err := s.SignIn(ctx, someone, account.Credentials{Phone: to, Password: "wrong password"})
					return err
				},
				"code": func(to string) error {
					_, err := s.SendCode(ctx, someone, account.CodeRequest{Phone: to, Create: true})
					return err
				},
				"again": func(to string) error {
					_, err := s.Resend(ctx, someone, account.ResendRequest{Type: "sms", Phone: to})
					return err
				},
				"a wrong code": func(to string) error {
					_, err := s.Verify(ctx, someone, account.Proof{Type: "sms", Phone: to, Code: "x"})
					return err
				},
				"a change to it": func(to string) error {
					_, err := s.ChangeUser(ctx, someone, who, account.Change{Phone: &to})
					return err
				},
			}},
		} {
			for what, ask := range kind.asks {
				want, said := c.work(s, func() error { return ask(kind.addresses["nobody"]()) })
				for world, address := range kind.addresses {
					to := address()
					got, told := c.work(s, func() error { return ask(to) })
					if told != said {
						t.Errorf("%s of %s: %s, of nobody: %s", what, world, told, said)
					}
					if !slices.Equal(got, want) {
						t.Errorf("%s of %s does\n  %s\nof nobody\n  %s", what, world, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
					}
				}
			}
		}
	})
}
