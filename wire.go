package mainstay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/api/auth"
	"github.com/mainstay-dev/mainstay/internal/api/authui"
	"github.com/mainstay-dev/mainstay/internal/api/docs"
	"github.com/mainstay-dev/mainstay/internal/api/gateway"
	"github.com/mainstay-dev/mainstay/internal/api/inbox"
	"github.com/mainstay-dev/mainstay/internal/api/rest"
	"github.com/mainstay-dev/mainstay/internal/captcha"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/migrate"
	"github.com/mainstay-dev/mainstay/internal/engine/observed"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite"
	"github.com/mainstay-dev/mainstay/internal/exposure"
	"github.com/mainstay-dev/mainstay/internal/federation"
	"github.com/mainstay-dev/mainstay/internal/hook"
	"github.com/mainstay-dev/mainstay/internal/identity"
	"github.com/mainstay-dev/mainstay/internal/mail"
	"github.com/mainstay-dev/mainstay/internal/metrics"
	"github.com/mainstay-dev/mainstay/internal/outbox"
	"github.com/mainstay-dev/mainstay/internal/passkey"
	"github.com/mainstay-dev/mainstay/internal/password"
	"github.com/mainstay-dev/mainstay/internal/password/leaked"
	"github.com/mainstay-dev/mainstay/internal/project"
	"github.com/mainstay-dev/mainstay/internal/saml"
	"github.com/mainstay-dev/mainstay/internal/sms"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/tracing"
)

// app is a wired server.
type app struct {
	project *project.Project
	log     *slog.Logger
	keys    *identity.Keys
	engine  engine.Engine
	// statements are the shapes that have run, those that took the most time first.
	statements func() []observed.Shape
	accounts   *account.Service
	outbox     *outbox.Outbox
	// listening is the address that requests come to, once it is known.
	listening atomic.Pointer[string]
	dev       bool
	kind      string // where the data is, for people
	dataDir   string
	front     http.Handler
	rule      exposure.Rule
	watch     func(context.Context) error // nil: nothing is watched
	warnings  []string
	closers   []func() error // in order of making
}

// wire makes every part of the server and joins them: the one place where what is made of what can be read, top to bottom.
func (s *Server) wire(ctx context.Context) (_ *app, err error) {
	a := &app{log: s.logger(), dev: s.Dev}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	if a.project, err = project.Load(s.dir()); err != nil {
		return nil, err
	}
	if s.Dev {
		// From here on no change is missed: one that comes while the project is being applied is applied after it.
		watcher, err := a.project.Watcher()
		if err != nil {
			return nil, err
		}
		a.closers = append(a.closers, watcher.Close)
		a.watch = func(ctx context.Context) error { return s.watch(ctx, a, watcher) }
	}
	conf := a.project.Config
	a.warnings = a.project.Warnings
	a.dataDir = s.dataDir(a.project)
	if err = makeDataDir(a.dataDir); err != nil {
		return nil, err
	}
	if err = a.loadKeys(); err != nil {
		return nil, err
	}
	if err = s.openEngine(ctx, a); err != nil {
		return nil, err
	}
	if err = s.applyProject(ctx, a); err != nil {
		return nil, err
	}

	counts := metrics.New()
	if m, ok := a.engine.(engine.Measured); ok {
		for _, x := range m.Measurements() {
			counts.Read("mainstay_"+x.Name, x.Help, x.Counter, x.Read)
		}
	}
	known, err := readStatements(a.dataDir)
	if err != nil {
		a.log.Warn("what statements did before is not known", "error", err)
	}
	tracer, err := tracing.New(ctx, tracing.Options{
		Endpoint: conf.Telemetry.Endpoint, Headers: conf.Telemetry.Headers, Ratio: conf.Telemetry.Ratio, Service: conf.Name, Log: a.log,
	})
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	a.closers = append(a.closers, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), lastSpans)
		defer cancel()
		return tracer.Close(ctx)
	})
	watched := observed.New(a.engine, observed.Options{
		Slow: conf.API.SlowStatement, Log: a.log, Shapes: conf.API.StatementShapes, Known: known, Traced: tracer != nil,
		Done: func(s observed.Statement) { counts.Statement(s.Writes, s.Took, s.Code) },
	})
	a.engine, a.statements = watched, watched.Shapes

	a.rule = exposure.Rule{AllowWithoutRLS: conf.API.AllowWithoutRLS}
	restDoor := rest.New(a.engine, rest.Options{
		Schemas:       conf.API.Schemas,
		MaxRows:       conf.API.MaxRows,
		CallerOf:      a.caller,
		Timeout:       conf.API.StatementTimeout,
		ExportTimeout: conf.API.ExportTimeout, MaxExportRows: conf.API.MaxExportRows, KeepAnswers: conf.API.IdempotencyKeep, CursorLife: conf.API.CursorLifetime,
		Limits:       limits(&conf.API),
		KeptBytes:    conf.API.KeptAnswerBytes,
		Log:          a.log,
		ServerTiming: serverTiming(conf.API.ServerTiming),
		Plans:        conf.API.Plans,
		RollbackAll:  strings.HasPrefix(conf.API.TxEnd, "rollback"), AllowRollback: strings.HasSuffix(conf.API.TxEnd, "-allow-override"),
		RequireFilter: conf.API.RequireFilter,
		Brief:         conf.API.Errors == "minimal",
		QuoteFormulas: conf.API.CSVFormulas == "quote",
		Secret:        []byte(a.keys.Secret),
		Plan:          planOptions(a),
	})
	documents := docs.Options{
		Title: conf.Name, Schemas: conf.API.Schemas, MaxRows: conf.API.MaxRows, MaxBatch: restDoor.Limits().Batch, CallerOf: a.caller, Catalog: a.engine.Catalog, Key: a.keys.Publishable,
		Serves: func(t *catalog.Table, role string) bool { return a.rule.Serves(a.engine.Catalog(), t, role) },
	}
	authDoor, err := a.signIn()
	if err != nil {
		return nil, err
	}
	if err = a.accounts.Restore(ctx); err != nil {
		return nil, err
	}
	gates := a.gates(counts)
	doors := []gateway.Door{
		{Prefix: "/rest/v1", Handler: restDoor, Reads: gates.reads, Writes: gates.writes, Refuse: restDoor.Refuse},
		{Prefix: "/auth/v1", Handler: authDoor, Reads: gates.signIn, Writes: gates.signIn, Apart: gates.aside, Refuse: authDoor.Refuse},
		{Prefix: "/openapi.json", Handler: docs.Document(documents), Reads: gates.pages, Writes: gates.pages},
		{Prefix: "/docs", Handler: docs.Reference(documents), Reads: gates.pages, Writes: gates.pages},
	}
	if err = s.openOutbox(a); err != nil {
		return nil, err
	}
	if conf.Auth.SignIn.UI.Enabled {
		door, err := a.hostedUI()
		if err != nil {
			return nil, err
		}
		doors = append(doors, gateway.Door{Prefix: "/auth/ui", Handler: door, Reads: gates.pages, Writes: gates.pages})
	}
	if s.Dev {
		doors = append(doors, gateway.Door{Prefix: "/inbox", Handler: inbox.New(a.accounts, a.outbox.Templates)})
	}
	counts.Read("mainstay_plan_cache_hits_total", "Requests whose plan was known.", true, func() float64 { return float64(restDoor.CacheStats().Hits) })
	counts.Read("mainstay_plan_cache_misses_total", "Requests that had to be planned.", true, func() float64 { return float64(restDoor.CacheStats().Misses) })
	counts.Read("mainstay_kept_answers_hits_total", "Reads that were answered with a kept answer.", true, func() float64 { hits, _ := restDoor.KeptStats(); return float64(hits) })
	counts.Read("mainstay_kept_answers_misses_total", "Reads that were not.", true, func() float64 { _, misses := restDoor.KeptStats(); return float64(misses) })
	if conf.API.Metrics != "nobody" {
		doors = append(doors, gateway.Door{Prefix: "/metrics/statements", Handler: statementsDoor(a.statements, a.operator(conf.API.Metrics))})
		doors = append(doors, gateway.Door{Prefix: "/metrics", Handler: counts.Handler(a.operator(conf.API.Metrics), refuse)})
	}
	a.front = gateway.New(gateway.Options{
		Log: a.log, MaxBodyBytes: conf.API.MaxBodyBytes, Trace: tracer, Origins: conf.API.Origins, Doors: doors, Caller: gateway.Caller(gateway.ClientIP(conf.API.Proxies), a.keys.Known),
		Began: counts.Began,
		Served: func(s gateway.Served) {
			counts.Served(metrics.Request{Door: s.Door, Method: s.Method, Status: s.Status, Bytes: s.Bytes, Took: s.Took})
		},
	})
	return a, nil
}

// lastSpans bounds how long the end of a server waits for a collector.
const lastSpans = 5 * time.Second

// operator lets in whoever presents the secret key, as a key, a bearer or the password of basic authentication (what scrapers can send).
func (a *app) operator(who string) func(*http.Request) error {
	return func(r *http.Request) error {
		if who == "everyone" {
			return nil
		}
		if _, password, ok := r.BasicAuth(); ok {
			r.Header.Del("Authorization")
			r.Header.Set("apikey", password)
		}
		c, err := a.keys.Caller(r)
		if err == nil && c.Role != identity.ServiceRole {
			err = fault.New("secret_key_required", "the secret key is required").WithStatus(http.StatusUnauthorized)
		}
		return err
	}
}

// refuse answers with an error in the gateway's shape.
func refuse(w http.ResponseWriter, err error) {
	f := fault.As(err)
	if f == nil {
		f = fault.New(fault.Internal, "internal error").WithStatus(http.StatusInternalServerError)
	}
	gateway.WriteError(w, f)
}

// loadKeys reads or makes the keys of the project.
func (a *app) loadKeys() error {
	conf := a.project.Config
	roleClaim, err := identity.ParseClaimPath(conf.Auth.RoleClaim)
	if err != nil {
		return fmt.Errorf("auth.jwt_role_claim: %w", err)
	}
	a.keys, err = identity.Load(a.dataDir, conf.Auth.JWTSecret, identity.Options{
		Issuer: conf.Auth.Issuer, Audience: conf.Auth.Audience, RoleClaim: roleClaim, SignedInOnly: !conf.Auth.Anonymous,
		SigningKeys: conf.Auth.SignIn.SigningKeys,
	})
	return err
}

// openOutbox makes what sends mails and text messages.
func (s *Server) openOutbox(a *app) error {
	c := &a.project.Config.Auth.SignIn
	own := map[string]mail.Override{}
	for kind, t := range c.Mails {
		o := mail.Override{Subject: t.Subject, HTML: t.HTML, Text: t.Text, In: map[string]mail.Override{}}
		for tag, other := range t.In {
			o.In[tag] = mail.Override{Subject: other.Subject, HTML: other.HTML, Text: other.Text}
		}
		own[kind] = o
	}
	templates, err := mail.NewTemplates(mail.Options{Own: own, SMS: c.SMSTemplate, Language: c.Language})
	if err != nil {
		return fmt.Errorf("auth.email.template: %w", err)
	}
	a.outbox = &outbox.Outbox{Accounts: a.accounts, Templates: templates, Keep: s.Dev, Log: a.log}
	_, a.outbox.MailHook = c.Hooks["send_email"]
	_, a.outbox.TextHook = c.Hooks["send_sms"]
	texts, err := carrierOf(c)
	if err != nil {
		return err
	}
	if texts != nil {
		a.outbox.SMS = texts.Send
	}
	if m := c.SMTP; m != nil {
		carrier := &mail.SMTP{Host: m.Host, Port: m.Port, User: m.User, Password: m.Password, From: m.From, FromName: m.FromName, TLS: m.TLS, CA: m.CA}
		a.outbox.Mail = carrier.Send
	}
	return nil
}

// planOptions are what requests are planned by.
func planOptions(a *app) plan.Options {
	conf := &a.project.Config
	return plan.Options{
		Exposed:     func(t *catalog.Table, role string) bool { return a.rule.Serves(a.engine.Catalog(), t, role) },
		ExposedHint: exposedHint(a.project),
		Aggregates:  conf.API.Aggregates,
		SearchPath:  conf.API.ExtraSearchPath,
		PreRequest:  conf.API.PreRequest,
	}
}

// signIn makes the door of sign-in.
func (a *app) signIn() (*auth.Door, error) {
	c := &a.project.Config.Auth.SignIn
	external := map[string]bool{"email": !c.Email.Disabled, "phone": !c.Phone.Disabled, "anonymous_users": c.AnonymousUsers}
	var providers []federation.Provider
	for _, p := range c.External {
		ids := strings.Split(p.ClientID, ",")
		providers = append(providers, federation.Provider{
			Name: p.Name, ClientID: ids[0], MoreClientIDs: ids[1:], Secret: p.Secret, RedirectURL: p.RedirectURI, Issuer: p.URL, Scopes: p.Scopes, SkipNonce: p.SkipNonce,
			EmailOptional: p.EmailOptional,
		})
		external[p.Name] = true
	}
	federated, err := federation.New(providers, func() string { return a.external() + "/auth/v1/callback" }, nil, nil)
	if err != nil {
		return nil, err
	}
	hooks, err := hooksOf(c)
	if err != nil {
		return nil, err
	}
	sso, err := a.singleSignOn(c)
	if err != nil {
		return nil, err
	}
	texts, err := carrierOf(c)
	if err != nil {
		return nil, err
	}
	var checkText func(context.Context, string, string) (bool, error)
	if own, ok := texts.(sms.Checker); ok && hooks.Text == nil {
		checkText = own.Check
	}
	a.accounts = account.New(a.engine, a.keys, account.Options{
		SiteURL: a.project.Config.Auth.SiteURL, Redirects: c.Redirects, External: a.external, NoSignup: c.NoSignup, Anonymous: c.AnonymousUsers,
		Email:         account.Channel{Disabled: c.Email.Disabled, AutoConfirm: c.Email.AutoConfirm},
		Phone:         account.Channel{Disabled: c.Phone.Disabled, AutoConfirm: c.Phone.AutoConfirm},
		NoTexts:       !a.dev && hooks.Text == nil && texts == nil, // nobody carries them: only the inbox for development shows them
		CheckText:     checkText,
		TestCodes:     c.TestCodes,
		Hooks:         hooks,
		SSO:           sso,
		Wallets:       account.Wallets{Ethereum: c.Wallets.Ethereum.Enabled, Solana: c.Wallets.Solana.Enabled},
		ManualLinking: c.ManualLinking, OneMailChange: c.OneMailChange, Reauthenticate: c.Reauthenticate, CurrentPassword: c.CurrentPassword,
		Lifetime: c.Lifetime, Timebox: c.Timebox, Inactivity: c.Inactivity, SingleUser: c.SingleSession, ReuseWindow: c.ReuseInterval,
		CodeLength: c.CodeLength, CodeLifetime: c.CodeLifetime, Policy: a.passwordPolicy(),
		Limits: account.Limits{
			Signups: c.Rates.SignInSignUps, Verify: c.Rates.Verifications, Refresh: c.Rates.TokenRefresh, Anonymous: c.Rates.AnonymousUsers, Mails: c.Rates.EmailSent, Wallets: c.Rates.Web3, SSO: c.Rates.SSO,
			CodesDay: c.Rates.CodesDay, CodesProject: c.Rates.CodesProject, Guessing: c.Rates.CodesWaiting, Factors: c.Rates.Factors, FactorsDay: c.Rates.FactorsDay, Texts: c.Rates.SMSSent, Passwords: c.Rates.Passwords, Tries: c.Rates.CodeTries, MailEvery: c.Email.Every, TextsEvery: c.Phone.Every,
		},
		Hashing: password.Options{Parallel: cmp.Or(c.Hashing.AtATime, cores), Waiting: c.Hashing.Waiting, Busy: hashing},
		Factors: account.FactorRules{
			Max: c.Factors.Max, TOTP: account.FactorRule(c.Factors.TOTP), Phone: account.FactorRule(c.Factors.Phone), Keys: account.FactorRule(c.Factors.Key), Recovery: account.FactorRule(c.Factors.Recovery),
		},
		Federation: federated, LinkVerified: c.LinkVerified, PrivateProviders: c.PrivateProviders,
		Provider: account.ProviderRules{On: c.Provider.Enabled, ConsentPath: c.Provider.ConsentPath, Dynamic: c.Provider.Dynamic}, HostedUI: c.UI.Enabled,
		Passkeys: c.Passkeys, Site: passkey.RelyingParty{ID: c.Site.ID, Name: c.Site.Name, Origins: c.Site.Origins},
		Log: a.log,
	})
	smsProvider := ""
	if c.Texts != nil {
		smsProvider = c.Texts.Name
	}
	var riddle *captcha.Verifier
	if c.Captcha.Enabled {
		if riddle, err = captcha.New(c.Captcha.Service, c.Captcha.Secret, c.Captcha.URL); err != nil {
			return nil, fmt.Errorf("auth.captcha: %w", err)
		}
	}
	return auth.New(auth.Options{
		ClientIP: gateway.ClientIP(a.project.Config.API.Proxies), Captcha: riddle,
		Keys: a.keys, Accounts: a.accounts, FollowAtOnce: c.FollowAtOnce, Log: a.log,
		Settings: auth.Settings{
			External:      external,
			DisableSignup: c.NoSignup, MailerAutoconfirm: c.Email.AutoConfirm, PhoneAutoconfirm: c.Phone.AutoConfirm,
			Passkeys: c.Passkeys, SMSProvider: smsProvider, SAMLEnabled: c.SAML.Enabled,
		},
	}), nil
}

// hostedUI makes the door of the server's own page for signing in.
func (a *app) hostedUI() (http.Handler, error) {
	c := &a.project.Config.Auth.SignIn.UI
	o := authui.Options{
		Title: c.Title, Light: c.Light, Dark: c.Dark, Home: a.accounts.HostedUI, Redirect: a.accounts.Redirect, Key: a.keys.Publishable,
		PhoneFactors: a.project.Config.Auth.SignIn.Factors.Phone.Enroll, RecoveryCodes: a.project.Config.Auth.SignIn.Factors.Recovery.Enroll, RequirePKCE: c.RequirePKCE,
	}
	if riddle := &a.project.Config.Auth.SignIn.Captcha; riddle.Enabled {
		widget, err := captcha.NewWidget(riddle.Service, riddle.SiteKey, riddle.Widget)
		if err != nil {
			return nil, fmt.Errorf("auth.captcha: %w", err)
		}
		o.Riddle = authui.Riddle(widget)
	}
	if o.Title == "" {
		o.Title = a.project.Config.Name
	}
	if err := o.Light.Check(); err != nil {
		return nil, fmt.Errorf("auth.ui.theme: %w", err)
	}
	if err := o.Dark.Check(); err != nil {
		return nil, fmt.Errorf("auth.ui.theme_dark: %w", err)
	}
	return authui.New(o), nil
}

// passwordPolicy is what new passwords have to fulfil.
func (a *app) passwordPolicy() password.Policy {
	c := &a.project.Config.Auth.SignIn
	p := password.Policy{MinLength: c.MinPassword, Required: c.RequirePassword}
	if c.Leaked.Enabled {
		p.Leaked = leaked.Contains
	}
	if c.Leaked.LookupURL == "" {
		return p
	}
	service := leaked.Lookup{URL: c.Leaked.LookupURL, Timeout: c.Leaked.Timeout}
	p.LookUp = func(ctx context.Context, text string) (bool, error) {
		known, err := service.Contains(ctx, text)
		if err != nil && !c.Leaked.FailClosed {
			a.log.Warn("a password was not looked up", "error", err)
			return false, nil
		}
		return known, err
	}
	return p
}

// singleSignOn makes what speaks with organisations' identity providers, where it is on.
func (a *app) singleSignOn(c *project.SignIn) (account.SSORules, error) {
	rules := account.SSORules{Unasked: c.SAML.Unasked, WithoutPKCE: c.SAML.WithoutPKCE}
	if !c.SAML.Enabled {
		return rules, nil
	}
	text := c.SAML.PrivateKey
	if text == "" {
		var err error
		if text, err = identity.SAMLKey(a.dataDir); err != nil {
			return rules, err
		}
	}
	key, err := saml.ParseKey(text)
	if err != nil {
		return rules, fmt.Errorf("auth.saml.private_key: %w", err)
	}
	rules.SAML, err = saml.New(func() string { return a.external() + "/auth/v1" }, key)
	return rules, err
}

// carrierOf is who carries the project's text messages; nil for nobody.
func carrierOf(c *project.SignIn) (sms.Carrier, error) {
	t := c.Texts
	if t == nil {
		return nil, nil
	}
	carrier, err := sms.New(sms.Settings{
		Carrier: t.Name, Account: t.AccountSID, Key: t.AccessKey + t.APIKey, Secret: t.AuthToken + t.APISecret, From: t.ServiceSID + t.Originator + t.Sender + t.From,
		ContentSID: t.ContentSID, URL: t.URL,
	})
	if err != nil {
		return nil, fmt.Errorf("auth.sms.%s: %w", t.Name, err)
	}
	return carrier, nil
}

// hooksOf reads the project's hooks.
func hooksOf(c *project.SignIn) (account.Hooks, error) {
	var hooks account.Hooks
	for name, to := range map[string]**hook.Hook{
		"custom_access_token": &hooks.AccessToken, "send_email": &hooks.Mail, "send_sms": &hooks.Text, "password_verification_attempt": &hooks.Password,
		"mfa_verification_attempt": &hooks.Factor, "before_user_created": &hooks.BeforeUser, "after_user_created": &hooks.AfterUser,
	} {
		settings, ok := c.Hooks[name]
		if !ok {
			continue
		}
		var err error
		if *to, err = hook.Parse(settings.URI, settings.Secrets, settings.Timeout); err != nil {
			return hooks, fmt.Errorf("auth.hook.%s: %w", name, err)
		}
	}
	return hooks, nil
}

// cores is how many processors there are, whatever the runtime is told later.
var cores = runtime.GOMAXPROCS(0)

// hashing is told by each server when passwords begin to be hashed and when that is over. Meanwhile the runtime has twice as many processors: hashes, which yield to all else, hold one each, and
// what else there is to do needs others to run on (test/load/signin). At other times they cost: threads look for work that others have found, some 4 of the 30 µs of a one-row read at 64 connections.
func hashing(busy bool) {
	pools.Lock()
	defer pools.Unlock()
	n := cores
	if busy {
		pools.busy++
	} else {
		pools.busy--
	}
	if pools.busy > 0 {
		n = 2 * cores
	}
	if runtime.GOMAXPROCS(0) != n {
		runtime.GOMAXPROCS(n)
	}
}

// pools are those of all servers of this process that hash.
var pools struct {
	sync.Mutex
	busy int
}

// external is the server's address as users reach it.
func (a *app) external() string {
	if u := a.project.Config.API.ExternalURL; u != "" {
		return u
	}
	if u := a.listening.Load(); u != nil {
		return *u
	}
	return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(a.project.Config.API.Port))
}

// limits are what one request may ask for. What the project does not name has the door's default.
func limits(c *project.API) rest.Limits {
	l := &c.Limits
	return rest.Limits{
		Body: c.MaxBodyBytes, Answer: c.MaxAnswerBytes, URL: l.URLBytes, Params: l.Parameters, Items: l.Fields, Filters: l.Conditions, Values: l.Values, Depth: l.Nesting,
		Embeds: l.Embeds, Exports: l.Exports, Batch: l.BatchRequests, Key: l.IdempotencyKey, KeptAnswer: int64(l.IdempotencyAnswer),
		NestedRows: l.NestedRows,
	}
}

// serverTiming says who is told how long the parts of a request took.
func serverTiming(who string) func(query.Caller) bool {
	switch who {
	case "everyone":
		return func(query.Caller) bool { return true }
	case "nobody":
		return nil
	}
	return func(c query.Caller) bool { return c.Role == identity.ServiceRole }
}

// appSettings are the project's own settings as SQL reads them.
func appSettings(c *project.Config) map[string]string {
	m := make(map[string]string, len(c.API.Settings))
	for name, v := range c.API.Settings {
		m["app.settings."+name] = v
	}
	return m
}

// openEngine opens the database that the flags, the environment or the project name.
func (s *Server) openEngine(ctx context.Context, a *app) error {
	address := s.Database
	if address == "" && !s.PrivateCluster {
		address = a.project.Config.DB.URL
	}
	if s.PrivateCluster {
		c, err := cluster.Start(ctx, cluster.Options{Dir: filepath.Join(a.dataDir, "postgres")})
		if err != nil {
			return err
		}
		a.closers = append(a.closers, func() error { c.Stop(); return nil })
		address, a.kind = c.URL("postgres"), "PostgreSQL, private, in "+a.dataDir
	}
	if address == "" {
		e, err := sqlite.Open(ctx, sqlite.Options{Readers: max(2, cores), Dir: a.dataDir, Log: a.log, Settings: appSettings(&a.project.Config)})
		if err != nil {
			return err
		}
		a.engine, a.kind = e, "SQLite, embedded, in "+a.dataDir
		a.closers = append(a.closers, e.Close)
		return nil
	}
	e, err := openServer(ctx, a, address, false)
	if err != nil {
		return err
	}
	a.engine = e
	if a.kind == "" {
		a.kind = "PostgreSQL at " + withoutSecrets(address)
	}
	a.closers = append(a.closers, e.Close)
	return nil
}

// applyProject brings the database to what the folder says: migrations, then (in dev) schema.sql, then the seed of a new database.
func (s *Server) applyProject(ctx context.Context, a *app) error {
	r := s.runner(a)
	state, err := r.State(ctx, a.project.Migrations)
	if err != nil {
		return err
	}
	a.warnings = append(a.warnings, state.Problems()...)
	pending := state.Pending
	if s.IncludeAll {
		pending = append(state.OutOfOrder, pending...)
	}
	fresh := len(state.Applied) == 0
	if fresh || len(pending) > 0 || a.project.Schema != nil {
		defer sql.Release() // reading SQL leaves much behind, once
	}
	if err := r.Up(ctx, pending); err != nil {
		return err
	}
	if err := s.applySchema(ctx, a); err != nil {
		return err
	}
	if !s.Dev || !fresh && len(pending) == 0 {
		return nil
	}
	seeded, err := r.Seeded(ctx)
	if err != nil || seeded || len(a.project.Seeds) == 0 || !fresh {
		return err
	}
	return r.Seed(ctx, a.project.Seeds)
}

// openServer opens a database on a server: prepared for projects, or as it is found.
func openServer(ctx context.Context, a *app, address string, asFound bool) (*postgres.Engine, error) {
	return postgres.Open(ctx, postgres.Options{
		URL: address, Log: a.log, SearchPath: a.project.Config.API.ExtraSearchPath, Settings: appSettings(&a.project.Config), AsIs: asFound,
	})
}

func (s *Server) runner(a *app) *migrate.Runner {
	return &migrate.Runner{
		Engine:   a.engine,
		Timeout:  a.project.Config.DB.MigrationTimeout,
		Applying: func(path string) { s.say("applying %s", path) },
		Notice: func(path, level, message string) {
			if level == "WARNING" {
				s.say("%s: %s: %s", path, strings.ToLower(level), message)
			}
		},
	}
}

// caller identifies the sender of a request. A verified token may name only roles that the API's own role, authenticator, may become: whoever can have
// tokens signed must not reach the owner's role by naming it. (A role that does not exist is the engine's error 22023.)
func (a *app) caller(r *http.Request) (query.Caller, error) {
	c, err := a.keys.Caller(r)
	if err != nil {
		return c, err
	}
	switch c.Role {
	case identity.Anon, identity.Authenticated, identity.ServiceRole:
		return c, nil
	}
	cat := a.engine.Catalog()
	if cat.Role(c.Role) != nil && (cat.Role(authenticator) == nil || !cat.MemberOf(authenticator, c.Role)) {
		return c, fault.New(fault.InsufficientPrivilege, "permission denied to set role %q", c.Role).WithStatus(http.StatusForbidden)
	}
	return c, nil
}

// authenticator is the role that the API logs in as, in the ecosystem's terms.
const authenticator = "authenticator"

func exposedHint(p *project.Project) string {
	file := "mainstay.toml"
	if p.Layout == project.Supabase {
		file = "supabase/config.toml"
	}
	return fmt.Sprintf("Enable row-level security on it and add a policy, or name it in allow_without_rls under [api] in %s.", file)
}

// watch applies what changes in the folder until ctx ends. A change that fails is told, and the server goes on with what it had.
func (s *Server) watch(ctx context.Context, a *app, w *project.Watcher) error {
	// A change is to be applied at once: the parser is loaded ahead of the first one.
	sql.Warm()
	sql.Release()
	var mu sync.Mutex // one change at a time
	return w.Run(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		defer sql.Release()
		began := time.Now()
		settings := a.project.Config
		next, err := project.Load(s.dir())
		if err != nil {
			s.say("%s", explain(err))
			return
		}
		r := s.runner(a)
		state, err := r.State(ctx, next.Migrations)
		if err == nil {
			err = r.Up(ctx, state.Pending)
		}
		if err == nil {
			a.project = next
			err = s.applySchema(ctx, a)
		}
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				s.say("%s", explain(err))
			}
			return
		}
		if !reflect.DeepEqual(settings, next.Config) {
			s.say("settings were changed: they take effect when the server is started again")
		}
		for _, problem := range state.Problems() {
			s.say("%s", problem)
		}
		s.say("applied in %v", time.Since(began).Round(time.Millisecond))
	})
}

func (a *app) info(addr net.Addr, took time.Duration) Info {
	schemas := a.project.Config.API.Schemas
	c := a.engine.Catalog()
	return Info{
		Name: a.project.Config.Name, URL: "http://" + addr.String(), Engine: a.kind, DataDir: a.dataDir, Schemas: schemas,
		Publishable: a.keys.Publishable, Secret: a.keys.Secret, AnonKey: a.keys.AnonJWT, ServiceKey: a.keys.ServiceJWT,
		Exposure: a.rule.Report(c, schemas), Catalog: c, Warnings: a.warnings, Took: took, Sign: a.keys.Sign,
	}
}

// close undoes what wire made, last first.
func (a *app) close() {
	for i := len(a.closers) - 1; i >= 0; i-- {
		if err := a.closers[i](); err != nil {
			a.log.Error("close", "error", err)
		}
	}
	a.closers = nil
}

// withoutSecrets gives a database URL for people: its password is left out.
func withoutSecrets(database string) string {
	u, err := url.Parse(database)
	if err != nil || u.Host == "" {
		return "the given address"
	}
	return u.Host + u.Path
}

// explain tells an error with its place in SQL text, if it has one.
func explain(err error) string {
	if f := fault.As(err); f != nil {
		return f.Explain()
	}
	return err.Error()
}

// Verified is what Verify has found.
type Verified struct {
	Summary  string   // what was looked at
	Problems []string // sentences without a full stop
	OnlySums bool     // all that is wrong are checksums of pages, which another program may have left so
	Accepted int64    // the pages whose checksum was made anew
}

// Verify looks for damage in the embedded database of the project, also where it is too damaged to be served. It refuses while a server holds the database, and for a
// database of another server. With accept it gives pages with a wrong checksum the right one, where nothing else is wrong.
func (s *Server) Verify(ctx context.Context, accept bool) (v Verified, err error) {
	p, err := project.Load(s.dir())
	if err != nil {
		return v, err
	}
	if s.external(p) {
		return v, errors.New("a PostgreSQL server checks its own files: see pg_amcheck and data checksums")
	}
	e, err := sqlite.Open(ctx, sqlite.Options{Dir: s.dataDir(p), Log: s.Log, Unchecked: true})
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if v.Summary, v.Problems, v.OnlySums, err = e.Verify(ctx); err != nil || !accept || !v.OnlySums {
		return v, err
	}
	v.Accepted, err = e.Accept(ctx)
	return v, err
}

// external reports whether the project's database is not the embedded one.
func (s *Server) external(p *project.Project) bool {
	return s.Database != "" || p.Config.DB.URL != "" || s.PrivateCluster
}

// Reset removes the embedded database of the project and gives the files that it removed. Keys stay. It refuses while a server holds the database, and
// for a database of another server.
func (s *Server) Reset() ([]string, error) {
	p, err := project.Load(s.dir())
	if err != nil {
		return nil, err
	}
	if s.external(p) {
		return nil, errors.New("only the embedded database can be reset; drop and create the database on its server instead")
	}
	return sqlite.Remove(s.dataDir(p))
}
