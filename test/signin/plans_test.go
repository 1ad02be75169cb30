package signin

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/totp"
)

// told is an engine that lets each statement tell how it would be run, before it runs.
type told struct {
	engine.Engine
	mu    sync.Mutex
	plans map[*plan.Plan][]string // guarded by mu
}

func (e *told) Transact(ctx context.Context, o engine.TxOptions, f func(engine.Tx) error) error {
	return e.Engine.Transact(ctx, o, func(t engine.Tx) error { return f(&toldTx{t, e}) })
}

type toldTx struct {
	engine.Tx
	e *told
}

func (t *toldTx) Do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	t.e.mu.Lock()
	_, known := t.e.plans[p]
	t.e.plans[p] = append(t.e.plans[p], "")
	t.e.mu.Unlock()
	if !known {
		explained := args
		explained.Explain = &plan.Explain{}
		text := &lines{}
		if err := t.Tx.Do(ctx, p, explained, text); err != nil {
			return fmt.Errorf("explain: %w", err)
		}
		about := fmt.Sprintf("%v %.300s", args.Values, args.Fields)
		for _, c := range p.Columns() {
			about += " " + c.Name
		}
		t.e.mu.Lock()
		t.e.plans[p] = append(text.all, about)
		t.e.mu.Unlock()
	}
	return t.Tx.Do(ctx, p, args, sink)
}

// lines keeps rows of one text.
type lines struct{ all []string }

func (l *lines) Row(r engine.Row) error {
	l.all = append(l.all, string(r.AppendJSON(nil, 0)))
	return nil
}

func (l *lines) End(engine.Outcome) error { return nil }

// scans finds what reads a table from beginning to end.
var scans = regexp.MustCompile(`Seq Scan on|SCAN \w+"`)

// TestLookUpsUseIndexes is attack M6 for sign-in: nothing that anybody may ask for reads a table from beginning to end. PostgreSQL is told to take an index wherever there
// is one, because its tables are small here.
func TestLookUpsUseIndexes(t *testing.T) {
	onEngines(t, func(t *testing.T, c *counted) {
		e := &told{Engine: c.Engine, plans: map[*plan.Plan][]string{}}
		var mu sync.Mutex
		ahead := time.Duration(0)
		s, keys := signInOver(t, e, func(o *account.Options) {
			o.Limits = account.Limits{Signups: 1e6, Verify: 1e6, Mails: 1e6, Texts: 1e6, Passwords: 1e6, CodesDay: 1e6, CodesProject: 1e6, MailEvery: time.Nanosecond, TextsEvery: time.Nanosecond}
			o.Factors.TOTP = account.FactorRule{Enroll: true, Verify: true}
			o.ManualLinking, o.SingleUser, o.Anonymous = true, true, true
			o.Timebox, o.Inactivity = time.Hour, time.Hour
			o.Now = func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				return time.Now().Add(ahead)
			}
		})
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		bearer := func(in *account.Session) *account.Bearer {
			token, err := keys.Verify(in.AccessToken)
			must(err)
			who, err := s.Bearer(ctx, token)
			must(err)
			return who
		}
		flow := account.Challenge{Code: s256, Method: "s256"}
		const ada, ben, phone = "ada@example.com", "ben@example.com", "491701234567"
		_, err := s.SignUp(ctx, someone, account.Registration{Email: ada, Password: good, Challenge: flow})
		must(err)
		_, err = s.Resend(ctx, someone, account.ResendRequest{Type: "signup", Email: ada})
		must(err)
		link := func() string {
			all, err := s.Messages(ctx, 1)
			must(err)
			return regexp.MustCompile(`"TokenHash": ?"([^"]+)"`).FindStringSubmatch(string(all[0].Data))[1]
		}
		_, err = s.Verify(ctx, someone, account.Proof{Type: "signup", Link: link()})
		must(err)
		_, err = s.SignUp(ctx, someone, account.Registration{Phone: phone, Password: good})
		must(err)
		for _, kind := range []string{"sms", "phone_change"} {
			_, err = s.Resend(ctx, someone, account.ResendRequest{Type: kind, Phone: phone})
			must(err)
		}
		_, err = s.Resend(ctx, someone, account.ResendRequest{Type: "email_change", Email: ada})
		must(err)
		_, err = s.SendCode(ctx, someone, account.CodeRequest{Email: ada, Create: true, Challenge: flow})
		must(err)
		out, err := s.FollowLink(ctx, someone, account.Proof{Type: "magiclink", Link: link()})
		must(err)
		_, err = s.Exchange(ctx, someone, out.Code, verifier)
		must(err)
		must(s.Recover(ctx, someone, ada, "", account.Challenge{}))
		for _, p := range []account.Proof{{Type: "email", Email: ada, Code: "x"}, {Type: "email_change", Email: ada, Code: "x"}, {Type: "sms", Phone: phone, Code: "x"}, {Type: "phone_change", Phone: phone, Code: "x"}} {
			if _, err := s.Verify(ctx, someone, p); err == nil {
				t.Errorf("%+v is right", p)
			}
		}
		in, err := s.SignIn(ctx, someone, account.Credentials{Email: ada, Password: good})
		must(err)
		in, err = s.Refresh(ctx, someone, in.RefreshToken)
		must(err)
		if _, err := s.Refresh(ctx, someone, "another"); err == nil {
			t.Error("any refresh token is right")
		}
		who := bearer(in)
		to, number := ben, "491701234568"
		_, err = s.ChangeUser(ctx, someone, who, account.Change{Email: &to, Phone: &number, Data: map[string]any{"a": 1}})
		must(err)
		_, err = s.Messages(ctx, 10)
		must(err)
		_, err = s.Reauthenticate(ctx, someone, who)
		must(err)
		added, err := s.Enroll(ctx, who, account.NewFactor{Type: "totp"})
		must(err)
		asked, err := s.Challenge(ctx, someone, who, added.ID, "")
		must(err)
		code, err := totp.At(added.TOTP.Secret, time.Now())
		must(err)
		up, err := s.VerifyFactor(ctx, someone, who, added.ID, account.FactorProof{Challenge: asked.ID, Code: code})
		must(err)
		who = bearer(up)
		must(s.Unenroll(ctx, who, added.ID))
		_, err = s.User(ctx, who)
		must(err)
		if err := s.Unlink(ctx, who, who.ID()); err == nil {
			t.Error("the only identity goes")
		}
		must(s.Logout(ctx, who, account.Others))
		must(s.Logout(ctx, who, account.Local))
		guest, err := s.SignUp(ctx, someone, account.Registration{})
		must(err)
		must(s.Logout(ctx, bearer(guest.Session), account.Global))
		_, err = s.Invite(ctx, "carl@example.com", nil, "")
		must(err)
		made, err := s.GenerateLink(ctx, account.LinkRequest{Type: "magiclink", Email: ada})
		must(err)
		pw := better
		_, err = s.UpdateUser(ctx, made.User.ID, account.Attributes{Password: &pw, Email: &to, BanDuration: "1h"})
		must(err)
		_, err = s.Due(ctx, 5)
		must(err)
		must(s.DeleteUser(ctx, made.User.ID, true))
		must(s.DeleteUser(ctx, made.User.ID, false))
		mu.Lock()
		ahead = 30 * 24 * time.Hour
		mu.Unlock()
		_, err = s.Sweep(ctx)
		must(err)
		if len(e.plans) < 60 {
			t.Errorf("only %d statements were looked at", len(e.plans))
		}
		for _, text := range e.plans {
			if all := strings.Join(text, "\n"); scans.MatchString(all) {
				t.Errorf("reads a whole table:\n%s", all)
			}
		}
	}, "enable_seqscan = off")
}
