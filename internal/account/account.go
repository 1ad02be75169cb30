// Package account is sign-in without its wire: users, sessions, one-time tokens, and the rules under which one becomes another.
//
// Main types in order of meeting them: Service, Options, Client (who asks, from where), Session, User. The door api/auth turns requests into calls of
// Service and its results into the protocol's bytes.
//
// Invariants: every single-use thing is used by deleting it, in the transaction of its effect, so that of many who try at once one succeeds; a token
// carries its purpose; whoever asks about an address learns the same, from the same work, whether it has a user or not; what makes somebody a user
// is committed before it is told. Tables, triggers and constraints are the project's own schema auth, written through the engine like everything else.
package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/federation"
	"github.com/mainstay-dev/mainstay/internal/identity"
	"github.com/mainstay-dev/mainstay/internal/passkey"
	"github.com/mainstay-dev/mainstay/internal/password"
)

// Options are a project's rules of sign-in. Zero values mean the defaults that are given.
type Options struct {
	// SiteURL is where users are sent when a request names no other place that is allowed; Redirects are the allowed ones, with * and **.
	SiteURL   string
	Redirects []string
	// External is the server's own address as users reach it, without a slash at its end. Links are made of it alone, never of a request's headers.
	External func() string

	NoSignup  bool // nobody becomes a user by themselves
	Anonymous bool // users without address or password
	Email     Channel
	Phone     Channel
	// NoTexts says that nobody carries text messages.
	NoTexts bool
	// CheckText asks the carrier whether a code is right that it has sent itself; nil where codes are the project's own.
	CheckText func(ctx context.Context, phone, code string) (bool, error)
	// TestCodes are telephone numbers whose code is always the same, and to which nothing is sent.
	TestCodes map[string]string
	// ManualLinking lets users link and unlink identities themselves.
	ManualLinking bool
	// OneMailChange lets the new address alone confirm a change. Default: both have to.
	OneMailChange bool
	// Reauthenticate asks for a nonce before a password is changed in a session older than a day; CurrentPassword asks for the old one.
	Reauthenticate, CurrentPassword bool

	Lifetime     time.Duration // of access tokens; an hour
	Timebox      time.Duration // of a session; 0 for none
	Inactivity   time.Duration // ends a session that was not refreshed; 0 for none
	SingleUser   bool          // one session a user
	ReuseWindow  time.Duration // in which an older refresh token is taken for a lost answer; 10 s
	CodeLength   int           // digits of a one-time code; 6
	CodeLifetime time.Duration // 10 minutes (OWASP ASVS 6.5.5)
	FlowLifetime time.Duration // of a PKCE flow; 5 minutes
	Policy       password.Policy
	Hashing      password.Options
	Factors      FactorRules
	// Site is the relying party of passkeys and security keys; a zero ID is that of the site's address.
	Site     passkey.RelyingParty
	Passkeys bool // users sign in with passkeys
	Provider ProviderRules
	// HostedUI says that the server has pages of its own for signing in: links may lead there, and passkeys be used there.
	HostedUI bool
	// Federation are the providers that users come in through; nil for none. LinkVerified believes them all: whoever has proved an address there is the user
	// who has proved it here. Default: a user who exists has to sign in and link the identity.
	Federation   *federation.Client
	LinkVerified bool
	// PrivateProviders lets providers that an administrator adds be at addresses of this machine and of private networks.
	PrivateProviders bool
	Wallets          Wallets
	SSO              SSORules
	Limits           Limits
	Hooks            Hooks

	Now func() time.Time // nil: time.Now
	Log *slog.Logger     // nil discards
}

// Channel is a kind of address.
type Channel struct {
	Disabled    bool
	AutoConfirm bool // an address is taken for confirmed when it is given
}

// Limits bound what one sender, one address and the whole project may cause. Negative is no limit.
type Limits struct {
	Signups   int // sign-ups, codes and links a sender in 5 minutes; 30
	Verify    int // attempts to use a code or link a sender in 5 minutes; 30
	Refresh   int // refreshes a sender in 5 minutes; 150
	SSO       int // sign-ins over single sign-on a sender in 5 minutes; 30
	Wallets   int // sign-ins with a wallet a sender in 5 minutes; 30
	Anonymous int // anonymous sign-ups a sender in an hour; 30
	Mails     int // mails of the project in an hour; 30
	Texts     int // text messages of the project in an hour; 30
	Passwords int // wrong passwords for one address from one network in 5 minutes; 10
	Tries     int // of one code from the network that has asked for it, and as many from all others together; 5
	CodesDay  int // wrong codes of one address in a day after which codes are longer, or none is tried that a carrier has made; 45
	// CodesProject is CodesDay of all addresses together; 1000.
	CodesProject int
	Guessing     int           // codes for one address that are compared or wait for it at a time, and four times as many for all together; 64
	Factors      int           // challenges and answers of one user's factors in a minute; 15
	FactorsDay   int           // wrong answers of one user's factors in a day; 30
	MailEvery    time.Duration // between two mails to one user; 60 s
	TextsEvery   time.Duration // between two text messages to one user; 60 s
}

func (o *Options) defaults() {
	set := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	span := func(p *time.Duration, v time.Duration) {
		if *p == 0 {
			*p = v
		}
	}
	span(&o.Lifetime, time.Hour)
	span(&o.ReuseWindow, 10*time.Second)
	span(&o.CodeLifetime, 10*time.Minute)
	span(&o.FlowLifetime, 5*time.Minute)
	set(&o.CodeLength, 6)
	l := &o.Limits
	set(&l.Signups, 30)
	set(&l.Verify, 30)
	set(&l.Refresh, 150)
	set(&l.Wallets, 30)
	set(&l.SSO, 30)
	set(&l.Anonymous, 30)
	set(&l.Mails, 30)
	set(&l.Texts, 30)
	set(&l.Passwords, 10)
	set(&l.Tries, 5)
	set(&l.CodesDay, 45)
	set(&l.CodesProject, 1000)
	set(&l.Guessing, 64)
	set(&l.Factors, 15)
	set(&l.FactorsDay, 30)
	set(&o.Factors.Max, 10)
	span(&l.MailEvery, time.Minute)
	span(&l.TextsEvery, time.Minute)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// Service is sign-in for one project. Safe for concurrent use.
type Service struct {
	o      Options
	store  *store
	keys   *identity.Keys
	hashes *password.Pool
	// answering lets one at a time answer what was asked for: so the second of two requests of one address is answered second.
	answering chan struct{}
	guessing  *turns        // at the codes of an address
	counting  chan struct{} // of wrong codes of all addresses: whoever has a seat of guessing waits here
}

// New makes the service over an engine.
func New(e engine.Engine, keys *identity.Keys, o Options) *Service {
	o.defaults()
	return &Service{o: o, store: newStore(e), keys: keys, hashes: password.NewPool(o.Hashing), answering: make(chan struct{}, 1), guessing: newTurns(o.Limits.Guessing), counting: make(chan struct{}, 1)}
}

// Client is who sends a request, as far as the connection tells.
type Client struct {
	IP        netip.Addr
	UserAgent string
	Language  string // as of Accept-Language
}

// network is what limits count a sender by: an IPv4 address, or the /64 of an IPv6 one, which one customer has whole.
func (c Client) network() string {
	ip := c.IP.Unmap()
	if ip.Is6() {
		p, err := ip.Prefix(64)
		if err == nil {
			return p.String()
		}
	}
	return ip.String()
}

// from is the network as what was asked for remembers it.
func (c Client) from() string { return digest(c.network()) }

func (s *Service) now() time.Time { return s.o.Now().UTC().Truncate(time.Microsecond) }

// Issuer is the iss of the project's tokens.
func (s *Service) Issuer() string { return s.o.External() + "/auth/v1" }

// newID is a random UUID (RFC 9562 version 4).
func newID() string {
	b := randomBytes(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

func isID(s string) bool { return uuidForm.MatchString(s) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic("account: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	return b
}

func randomText(n int) string { return base64.RawURLEncoding.EncodeToString(randomBytes(n)) }

// fail makes an error of the protocol.
func fail(status int, code, message string, args ...any) *fault.Error {
	return fault.New(code, message, args...).WithStatus(status)
}

func invalid(message string, args ...any) *fault.Error {
	return fail(http.StatusBadRequest, "validation_failed", message, args...)
}

// transact runs f in one transaction; f may be called again from the start. When it returns, the access tokens of sessions that f ended are refused, and those of
// sessions that it has issued are made.
func (s *Service) transact(ctx context.Context, f func(*tx) error) error {
	c := &creation{id: newID(), allowed: s.o.Hooks.BeforeUser == nil}
	x, err := s.commit(ctx, c, f)
	if c.wanted != nil {
		if err := s.askBefore(ctx, c.wanted); err != nil {
			return err
		}
		c.allowed = true
		x, err = s.commit(ctx, c, f)
	}
	if err != nil {
		return err
	}
	for _, id := range x.ended {
		s.keys.EndSession(id, s.now().Add(s.o.Lifetime+identity.Leeway))
	}
	if s.o.Hooks.AfterUser != nil {
		for _, id := range c.made {
			s.tellAfter(ctx, id)
		}
	}
	if x.answer {
		if err := s.answerDue(ctx); err != nil {
			return err
		}
	}
	for _, i := range x.issued {
		if err := s.grant(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// commit runs f in a transaction and gives the one that has committed.
func (s *Service) commit(ctx context.Context, c *creation, f func(*tx) error) (*tx, error) {
	return s.store.transact(ctx, false, func(x *tx) error {
		x.creation = c
		c.made = nil
		if err := f(x); err != nil {
			return err
		}
		// A restart forgets none of them.
		for _, id := range x.ended {
			if _, err := x.insertNew(schemaOwn, "counters", values{"key": endedKey + id, "count": 1, "until": s.now().Add(s.o.Lifetime + identity.Leeway)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// endedKey begins the keys under which ended sessions are remembered.
const endedKey = "ended:"

// Restore remembers the sessions that ended before the server was started: their access tokens stay refused.
func (s *Service) Restore(ctx context.Context) error {
	return s.read(ctx, func(x *tx) error {
		rows, err := find[counterRow](x, schemaOwn, "counters", condition{"key", "like", endedKey + "%"})
		for _, r := range rows {
			s.keys.EndSession(strings.TrimPrefix(r.Key, endedKey), r.Until)
		}
		return err
	})
}

// read runs f in a transaction that only reads.
func (s *Service) read(ctx context.Context, f func(*tx) error) error {
	_, err := s.store.transact(ctx, true, f)
	return err
}

// mailForm is what an address must look like: one @, no white space or control characters, a domain with no empty label. More is told by the mail that arrives.
var mailForm = regexp.MustCompile(`^[^\s@"(),:;<>\[\]\\]+@[^\s@.,"]+(\.[^\s@.,"]+)*$`)

const maxAddress = 254 // RFC 5321 §4.5.3.1.3

// address is an e-mail address in the form that is kept and compared.
func address(mail string) (string, error) {
	mail = strings.ToLower(strings.TrimSpace(mail))
	if len(mail) > maxAddress || !mailForm.MatchString(mail) || strings.ContainsFunc(mail, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", invalid("Unable to validate email address: invalid format")
	}
	return mail, nil
}

var phoneForm = regexp.MustCompile(`^[1-9][0-9]{1,14}$`)

// number is a telephone number in the form that is kept: E.164 without its plus.
func number(phone string) (string, error) {
	phone = strings.TrimPrefix(strings.ReplaceAll(strings.TrimSpace(phone), " ", ""), "+")
	if !phoneForm.MatchString(phone) {
		return "", invalid("Invalid phone number format (E.164 required)")
	}
	return phone, nil
}
