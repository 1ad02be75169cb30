package project

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// SignIn are the rules of sign-in, under the names of the ecosystem's own settings file ([auth], [auth.email], [auth.sms], [auth.sessions], [auth.rate_limit]).
type SignIn struct {
	Redirects        []string // additional_redirect_urls
	NoSignup         bool     // not enable_signup
	AnonymousUsers   bool     // enable_anonymous_sign_ins
	ManualLinking    bool     // enable_manual_linking
	Lifetime         time.Duration
	ReuseInterval    time.Duration
	MinPassword      int
	RequirePassword  []string // sets of characters
	Leaked           LeakedPasswords
	Email, Phone     SignInChannel
	OneMailChange    bool // not double_confirm_changes
	Reauthenticate   bool // secure_password_change
	CurrentPassword  bool // require_current_password
	CodeLength       int
	CodeLifetime     time.Duration
	Timebox          time.Duration
	Inactivity       time.Duration
	SingleSession    bool
	FollowAtOnce     bool // not confirm_links
	Rates            RateLimits
	SMTP             *SMTP // nil: mails are kept, not sent
	Mails            map[string]MailTemplate
	Language         string // of the project's own mails, and of readers whose language is not known
	SMSTemplate      string
	Texts            *TextCarrier // nil: text messages are kept, not sent
	TestCodes        map[string]string
	Factors          SecondFactors
	Passkeys         bool
	Site             WebAuthnSite
	Provider         OAuthServer
	UI               HostedUI
	External         []ExternalProvider
	LinkVerified     bool
	SigningKeys      []byte // what signing_keys_path names; nil for none
	Hooks            map[string]Hook
	Captcha          Captcha
	Wallets          Wallets
	Hashing          PasswordHashing
	SAML             SAML
	PostQuantum      bool // post_quantum_keys
	PrivateProviders bool // custom_providers_private
}

// Wallets are the chains whose wallets users sign in with ([auth.web3]).
type Wallets struct {
	Ethereum struct {
		Enabled bool `toml:"enabled"`
	} `toml:"ethereum"`
	Solana struct {
		Enabled bool `toml:"enabled"`
	} `toml:"solana"`
}

// SAML is single sign-on through organisations' identity providers ([auth.saml]).
type SAML struct {
	Enabled     bool
	PrivateKey  string // base64; "" is one of the data folder
	Unasked     bool   // allow_idp_initiated
	WithoutPKCE bool   // not require_pkce
}

type samlDocument struct {
	Enabled     bool   `toml:"enabled"`
	PrivateKey  string `toml:"private_key"`
	Unasked     *bool  `toml:"allow_idp_initiated"`
	RequirePKCE *bool  `toml:"require_pkce"`
}

// TextCarrier is who carries text messages ([auth.sms.NAME]): twilio, twilio_verify, messagebird, vonage or textlocal.
type TextCarrier struct {
	Name       string `toml:"-"`
	Enabled    bool   `toml:"enabled"`
	AccountSID string `toml:"account_sid"`
	ServiceSID string `toml:"message_service_sid"`
	AuthToken  string `toml:"auth_token"`
	ContentSID string `toml:"content_sid"`
	Originator string `toml:"originator"`
	AccessKey  string `toml:"access_key"`
	Sender     string `toml:"sender"`
	From       string `toml:"from"`
	APIKey     string `toml:"api_key"`
	APISecret  string `toml:"api_secret"`
	URL        string `toml:"url"` // "" is the carrier's own
}

// textCarrier finds the carrier that is switched on.
func textCarrier(from map[string]*TextCarrier) (*TextCarrier, error) {
	var on *TextCarrier
	for name, c := range from {
		if c == nil || !c.Enabled {
			continue
		}
		if on != nil {
			return nil, fmt.Errorf("auth.sms: both %s and %s are enabled; text messages have one carrier", min(name, on.Name), max(name, on.Name))
		}
		c.Name = name
		for _, v := range []*string{&c.AccountSID, &c.ServiceSID, &c.AuthToken, &c.ContentSID, &c.Originator, &c.AccessKey, &c.Sender, &c.From, &c.APIKey, &c.APISecret, &c.URL} {
			*v = fromEnv(*v)
		}
		on = c
	}
	return on, nil
}

// Captcha asks whether a sender is a person ([auth.captcha]).
type Captcha struct {
	Enabled bool   `toml:"enabled"`
	Service string `toml:"provider"` // hcaptcha, turnstile
	Secret  string `toml:"secret"`
	URL     string `toml:"url"`      // where it is asked; "" is the service's own address
	SiteKey string `toml:"site_key"` // of the widget on the hosted pages
	Widget  string `toml:"widget"`   // the address of its script; "" is the service's own
}

// Hook is a point at which the project's own program or function has a say ([auth.hook.NAME]).
type Hook struct {
	URI     string
	Secrets string
	Timeout time.Duration // 0 is the default
}

// hookNames are the points that there are.
var hookNames = []string{"custom_access_token", "send_email", "send_sms", "password_verification_attempt", "mfa_verification_attempt", "before_user_created", "after_user_created"}

const maxHookTimeout = 30 * time.Second

type hookDocument struct {
	Enabled bool   `toml:"enabled"`
	URI     string `toml:"uri"`
	Secrets string `toml:"secrets"`
	Timeout string `toml:"timeout"`
}

// hooks reads the hooks that are switched on.
func hooks(from map[string]hookDocument) (map[string]Hook, error) {
	all := map[string]Hook{}
	for name, d := range from {
		if !slices.Contains(hookNames, name) {
			return nil, fmt.Errorf("auth.hook.%s: there is no such hook; there are %s", name, strings.Join(hookNames, ", "))
		}
		if !d.Enabled {
			continue
		}
		h := Hook{URI: fromEnv(d.URI), Secrets: fromEnv(d.Secrets)}
		if d.Timeout != "" {
			var err error
			if h.Timeout, err = time.ParseDuration(d.Timeout); err != nil || h.Timeout <= 0 || h.Timeout > maxHookTimeout {
				return nil, fmt.Errorf("auth.hook.%s.timeout must be a time of at most %v", name, maxHookTimeout)
			}
		}
		all[name] = h
	}
	return all, nil
}

// PasswordHashing bounds how many hashes of passwords are computed at a time, and how many wait for that ([auth.password_hashing]); 0 is the default of package password,
// a negative number of waiting ones is none.
type PasswordHashing struct {
	AtATime int `toml:"at_a_time"`
	Waiting int `toml:"waiting"`
}

// SecondFactors are the second factors that users may add and use ([auth.mfa]).
type SecondFactors struct {
	Max              int
	TOTP, Phone, Key FactorRule
	Recovery         FactorRule // recovery codes
}

// FactorRule says of a kind of factor whether it can be added and used.
type FactorRule struct {
	Enroll bool `toml:"enroll_enabled"`
	Verify bool `toml:"verify_enabled"`
}

// WebAuthnSite is the relying party of passkeys and security keys ([auth.webauthn]); an empty ID is that of site_url.
type WebAuthnSite struct {
	ID      string   `toml:"rp_id"`
	Name    string   `toml:"rp_display_name"`
	Origins []string `toml:"rp_origins"`
}

// ExternalProvider is an identity provider that users come in through ([auth.external.NAME]).
type ExternalProvider struct {
	Name          string   `toml:"-"`
	Enabled       bool     `toml:"enabled"`
	ClientID      string   `toml:"client_id"` // several, parted by commas: the first is ours, the others are apps whose identity tokens are taken
	Secret        string   `toml:"secret"`
	RedirectURI   string   `toml:"redirect_uri"`
	URL           string   `toml:"url"` // issuer
	Scopes        []string `toml:"scopes"`
	SkipNonce     bool     `toml:"skip_nonce_check"`
	EmailOptional bool     `toml:"email_optional"`
}

// OAuthServer is the project as an identity provider ([auth.oauth_server]).
type OAuthServer struct {
	Enabled     bool   `toml:"enabled"`
	ConsentPath string `toml:"authorization_url_path"`
	Dynamic     bool   `toml:"allow_dynamic_registration"`
}

// HostedUI is the page of the server's own for signing in ([auth.ui]). Unless the project says otherwise it is there where it is needed: for an OAuth server that
// names no page of the project's.
type HostedUI struct {
	Enabled bool
	Title   string            // "": the project's name
	Light   map[string]string // values of CSS variables
	Dark    map[string]string // likewise, where the user prefers dark
	// RequirePKCE hands sessions over to sites by a code alone, which needs the site's challenge.
	RequirePKCE bool
}

// SMTP is the project's mail server.
type SMTP struct {
	Host     string `toml:"host"`
	Port     int    `toml:"port"`
	User     string `toml:"user"`
	Password string `toml:"pass"`
	From     string `toml:"admin_email"`
	FromName string `toml:"sender_name"`
	TLS      string `toml:"tls"` // starttls (default), tls, none
	CA       string `toml:"ca_path"`
}

// MailTemplate is what the project says of one kind of mail.
type MailTemplate struct {
	Subject string
	HTML    string
	Text    string
	In      map[string]MailTemplate // in other languages
}

// SignInChannel is a kind of address that users sign in with.
type SignInChannel struct {
	Disabled    bool
	AutoConfirm bool // not enable_confirmations
	Every       time.Duration
}

// LeakedPasswords says what is asked of passwords that others may know ([auth.leaked_passwords]).
type LeakedPasswords struct {
	Enabled    bool   `toml:"enabled"`    // the list that comes along
	LookupURL  string `toml:"lookup_url"` // of a service of ranges; "" for none
	FailClosed bool   `toml:"fail_closed"`
	Timeout    time.Duration
}

// RateLimits bound what is done in an hour or five minutes; 0 is the default of package account, negative is no limit.
type RateLimits struct {
	EmailSent      int `toml:"email_sent"`
	SMSSent        int `toml:"sms_sent"`
	AnonymousUsers int `toml:"anonymous_users"`
	TokenRefresh   int `toml:"token_refresh"`
	SignInSignUps  int `toml:"sign_in_sign_ups"`
	Verifications  int `toml:"token_verifications"`
	Web3           int `toml:"web3"`
	SSO            int `toml:"sso"`
	Passwords      int `toml:"password_failures"`
	CodeTries      int `toml:"code_tries"`
	Factors        int `toml:"mfa"`
	FactorsDay     int `toml:"mfa_failures_day"`
	CodesDay       int `toml:"code_failures_day"`
	CodesProject   int `toml:"code_failures_project"`
	CodesWaiting   int `toml:"codes_waiting"`
}

// signInDocument is the part of the settings file.
type signInDocument struct {
	Redirects       *[]string `toml:"additional_redirect_urls"`
	Expiry          *int      `toml:"jwt_expiry"`
	ReuseInterval   *int      `toml:"refresh_token_reuse_interval"`
	Signup          *bool     `toml:"enable_signup"`
	AnonymousUsers  *bool     `toml:"enable_anonymous_sign_ins"`
	ManualLinking   *bool     `toml:"enable_manual_linking"`
	MinPassword     *int      `toml:"minimum_password_length"`
	RequirePassword *string   `toml:"password_requirements"`
	Leaked          struct {
		Enabled    *bool   `toml:"enabled"`
		LookupURL  *string `toml:"lookup_url"`
		FailClosed *bool   `toml:"fail_closed"`
		Timeout    *string `toml:"timeout"`
	} `toml:"leaked_passwords"`
	ConfirmLinks     *bool   `toml:"confirm_links"`
	SigningKeys      *string `toml:"signing_keys_path"`
	PostQuantum      bool    `toml:"post_quantum_keys"`
	PrivateProviders bool    `toml:"custom_providers_private"`
	Email            struct {
		Signup          *bool   `toml:"enable_signup"`
		Confirmations   *bool   `toml:"enable_confirmations"`
		Double          *bool   `toml:"double_confirm_changes"`
		Secure          *bool   `toml:"secure_password_change"`
		CurrentPassword *bool   `toml:"require_current_password"`
		Every           *string `toml:"max_frequency"`
		CodeLength      *int    `toml:"otp_length"`
		CodeExpiry      *int    `toml:"otp_expiry"`
		SMTP            *struct {
			Enabled *bool `toml:"enabled"`
			SMTP
		} `toml:"smtp"`
		Language  *string                   `toml:"language"`
		Templates map[string]map[string]any `toml:"template"`
	} `toml:"email"`
	SMS struct {
		Signup        *bool   `toml:"enable_signup"`
		Confirmations *bool   `toml:"enable_confirmations"`
		Every         *string `toml:"max_frequency"`
		Template      *string `toml:"template"`

		TestCodes    map[string]string `toml:"test_otp"`
		Twilio       *TextCarrier      `toml:"twilio"`
		TwilioVerify *TextCarrier      `toml:"twilio_verify"`
		MessageBird  *TextCarrier      `toml:"messagebird"`
		Vonage       *TextCarrier      `toml:"vonage"`
		Textlocal    *TextCarrier      `toml:"textlocal"`
	} `toml:"sms"`
	Sessions struct {
		Timebox    *string `toml:"timebox"`
		Inactivity *string `toml:"inactivity_timeout"`
		Single     *bool   `toml:"single_per_user"`
	} `toml:"sessions"`
	MFA struct {
		Max   *int        `toml:"max_enrolled_factors"`
		TOTP  *FactorRule `toml:"totp"`
		Phone *FactorRule `toml:"phone"`
		Key   *FactorRule `toml:"web_authn"`

		Recovery *FactorRule `toml:"recovery_codes"`
	} `toml:"mfa"`
	Passkey struct {
		Enabled *bool `toml:"enabled"`
	} `toml:"passkey"`
	WebAuthn *WebAuthnSite `toml:"webauthn"`
	Provider *OAuthServer  `toml:"oauth_server"`
	UI       struct {
		Enabled *bool             `toml:"enabled"`
		Title   string            `toml:"title"`
		Light   map[string]string `toml:"theme"`
		Dark    map[string]string `toml:"theme_dark"`
		PKCE    bool              `toml:"require_pkce"`
	} `toml:"ui"`
	External     map[string]ExternalProvider `toml:"external"`
	LinkVerified *bool                       `toml:"link_verified_addresses"`
	Hooks        map[string]hookDocument     `toml:"hook"`
	Captcha      *Captcha                    `toml:"captcha"`
	Wallets      *Wallets                    `toml:"web3"`
	SAML         samlDocument                `toml:"saml"`
	Rates        RateLimits                  `toml:"rate_limit"`
	Hashing      PasswordHashing             `toml:"password_hashing"`
}

// Character sets of password_requirements.
const (
	lowerCase = "abcdefghijklmnopqrstuvwxyz"
	upperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	decimal   = "0123456789"
	symbols   = "!@#$%^&*()_+-=[]{};'\\:\"|<>?,./`~"
)

// signIn reads the rules. In the supabase/ layout what is not named has the ecosystem's default, elsewhere the safer one.
func (d *signInDocument) signIn(root string, supabase bool) (SignIn, error) {
	s := SignIn{Email: SignInChannel{AutoConfirm: supabase}, Phone: SignInChannel{Disabled: true, AutoConfirm: supabase}, FollowAtOnce: supabase, Rates: d.Rates, Hashing: d.Hashing}
	s.Leaked.Enabled = !supabase
	set(&s.Leaked.Enabled, d.Leaked.Enabled)
	set(&s.Leaked.LookupURL, d.Leaked.LookupURL)
	set(&s.Leaked.FailClosed, d.Leaked.FailClosed)
	if supabase {
		s.MinPassword = 6
		s.Phone.Disabled = false
		s.CodeLifetime = time.Hour
	}
	// Factors that cost nothing are on where the project does not say otherwise; text messages cost.
	s.Factors.TOTP = FactorRule{Enroll: true, Verify: true}
	s.Factors.Recovery = s.Factors.TOTP
	if !supabase {
		s.Factors.Key = FactorRule{Enroll: true, Verify: true}
	}
	set(&s.Factors.Max, d.MFA.Max)
	set(&s.Factors.TOTP, d.MFA.TOTP)
	set(&s.Factors.Phone, d.MFA.Phone)
	set(&s.Factors.Key, d.MFA.Key)
	set(&s.Factors.Recovery, d.MFA.Recovery)
	set(&s.Passkeys, d.Passkey.Enabled)
	set(&s.Site, d.WebAuthn)
	set(&s.Provider, d.Provider)
	s.UI = HostedUI{Enabled: s.Provider.Enabled && s.Provider.ConsentPath == "", Title: d.UI.Title, Light: d.UI.Light, Dark: d.UI.Dark, RequirePKCE: d.UI.PKCE}
	set(&s.UI.Enabled, d.UI.Enabled)
	s.LinkVerified = supabase
	set(&s.LinkVerified, d.LinkVerified)
	for name, p := range d.External {
		if !p.Enabled {
			continue
		}
		p.Name, p.ClientID, p.Secret, p.URL = name, fromEnv(p.ClientID), fromEnv(p.Secret), fromEnv(p.URL)
		s.External = append(s.External, p)
	}
	slices.SortFunc(s.External, func(a, b ExternalProvider) int { return strings.Compare(a.Name, b.Name) })
	set(&s.Redirects, d.Redirects)
	not(&s.NoSignup, d.Signup)
	set(&s.AnonymousUsers, d.AnonymousUsers)
	set(&s.ManualLinking, d.ManualLinking)
	set(&s.MinPassword, d.MinPassword)
	not(&s.FollowAtOnce, d.ConfirmLinks)
	not(&s.Email.Disabled, d.Email.Signup)
	not(&s.Email.AutoConfirm, d.Email.Confirmations)
	not(&s.OneMailChange, d.Email.Double)
	set(&s.Reauthenticate, d.Email.Secure)
	set(&s.CurrentPassword, d.Email.CurrentPassword)
	set(&s.CodeLength, d.Email.CodeLength)
	not(&s.Phone.Disabled, d.SMS.Signup)
	not(&s.Phone.AutoConfirm, d.SMS.Confirmations)
	set(&s.SingleSession, d.Sessions.Single)
	seconds(&s.Lifetime, d.Expiry)
	seconds(&s.ReuseInterval, d.ReuseInterval)
	seconds(&s.CodeLifetime, d.Email.CodeExpiry)
	for _, t := range []struct {
		name string
		text *string
		to   *time.Duration
	}{
		{"email.max_frequency", d.Email.Every, &s.Email.Every},
		{"sms.max_frequency", d.SMS.Every, &s.Phone.Every},
		{"leaked_passwords.timeout", d.Leaked.Timeout, &s.Leaked.Timeout},
		{"sessions.timebox", d.Sessions.Timebox, &s.Timebox},
		{"sessions.inactivity_timeout", d.Sessions.Inactivity, &s.Inactivity},
	} {
		if t.text == nil || *t.text == "" {
			continue
		}
		span, err := time.ParseDuration(*t.text)
		if err != nil || span < 0 {
			return s, fmt.Errorf("auth.%s must be a time such as \"24h\"", t.name)
		}
		*t.to = span
	}
	for _, c := range []*SignInChannel{&s.Email, &s.Phone} {
		if named := map[*SignInChannel]*string{&s.Email: d.Email.Every, &s.Phone: d.SMS.Every}[c]; named != nil && c.Every == 0 {
			c.Every = -1 // none, which the zero value is not
		}
	}
	if d.RequirePassword != nil {
		switch *d.RequirePassword {
		case "":
		case "letters_digits":
			s.RequirePassword = []string{lowerCase + upperCase, decimal}
		case "lower_upper_letters_digits":
			s.RequirePassword = []string{lowerCase, upperCase, decimal}
		case "lower_upper_letters_digits_symbols":
			s.RequirePassword = []string{lowerCase, upperCase, decimal, symbols}
		default:
			return s, fmt.Errorf("auth.password_requirements must be \"\", letters_digits, lower_upper_letters_digits or lower_upper_letters_digits_symbols")
		}
	}
	switch {
	case s.CodeLength != 0 && (s.CodeLength < 6 || s.CodeLength > 10):
		return s, fmt.Errorf("auth.email.otp_length must be between 6 and 10")
	case s.MinPassword != 0 && (s.MinPassword < 6 || s.MinPassword > 64):
		return s, fmt.Errorf("auth.minimum_password_length must be between 6 and 64")
	case s.Leaked.LookupURL != "" && !fetchable(s.Leaked.LookupURL):
		return s, fmt.Errorf("auth.leaked_passwords.lookup_url must be an https address, or one on this machine")
	case s.Lifetime < 0 || s.Lifetime > 7*24*time.Hour:
		return s, fmt.Errorf("auth.jwt_expiry must be between 1 second and a week")
	}
	set(&s.Captcha, d.Captcha)
	set(&s.Wallets, d.Wallets)
	s.PostQuantum, s.PrivateProviders = d.PostQuantum, d.PrivateProviders
	s.SAML = SAML{Enabled: d.SAML.Enabled, PrivateKey: fromEnv(d.SAML.PrivateKey), Unasked: supabase, WithoutPKCE: supabase}
	set(&s.SAML.Unasked, d.SAML.Unasked)
	not(&s.SAML.WithoutPKCE, d.SAML.RequirePKCE)
	s.Captcha.Secret, s.Captcha.SiteKey = fromEnv(s.Captcha.Secret), fromEnv(s.Captcha.SiteKey)
	if s.Captcha.Enabled && s.UI.Enabled && s.Captcha.SiteKey == "" {
		return s, fmt.Errorf("auth.captcha.site_key is missing: the hosted pages (auth.ui) show the captcha with it")
	}
	var err error
	if s.Hooks, err = hooks(d.Hooks); err != nil {
		return s, err
	}
	set(&s.SMSTemplate, d.SMS.Template)
	s.TestCodes = d.SMS.TestCodes
	if s.Texts, err = textCarrier(map[string]*TextCarrier{
		"twilio": d.SMS.Twilio, "twilio_verify": d.SMS.TwilioVerify, "messagebird": d.SMS.MessageBird, "vonage": d.SMS.Vonage, "textlocal": d.SMS.Textlocal,
	}); err != nil {
		return s, err
	}
	if d.SigningKeys != nil && *d.SigningKeys != "" {
		b, err := os.ReadFile(filepath.Join(root, *d.SigningKeys))
		if err != nil {
			return s, fmt.Errorf("auth.signing_keys_path: %w", err)
		}
		s.SigningKeys = b
	}
	if m := d.Email.SMTP; m != nil && (m.Enabled == nil || *m.Enabled) {
		server := m.SMTP
		for _, v := range []*string{&server.Host, &server.User, &server.Password, &server.From} {
			*v = fromEnv(*v)
		}
		if server.Host == "" || server.From == "" {
			return s, fmt.Errorf("auth.email.smtp needs host and admin_email")
		}
		if server.Port == 0 {
			server.Port = 587
		}
		s.SMTP = &server
	}
	set(&s.Language, d.Email.Language)
	s.Mails = map[string]MailTemplate{}
	for kind, settings := range d.Email.Templates {
		own, err := mailTemplate(root, settings, true)
		if err != nil {
			return s, fmt.Errorf("auth.email.template.%s: %w", kind, err)
		}
		s.Mails[kind] = *own
	}
	for _, pattern := range s.Redirects {
		if strings.ContainsAny(pattern, " \t\n\\") {
			return s, fmt.Errorf("auth.additional_redirect_urls: %q is no address", pattern)
		}
	}
	return s, nil
}

// fetchable reports whether what is fetched from an address can be believed: it comes over TLS, or from this machine.
func fetchable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}

// mailTemplate reads the settings of a kind of mail: subject, content_path, text_path, and, at the top, a table of the same for each other language.
func mailTemplate(root string, settings map[string]any, top bool) (*MailTemplate, error) {
	t := &MailTemplate{In: map[string]MailTemplate{}}
	for name, v := range settings {
		if table, ok := v.(map[string]any); ok && top {
			in, err := mailTemplate(root, table, false)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			t.In[name] = *in
			continue
		}
		text, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("%s must be a text", name)
		}
		var err error
		switch name {
		case "subject":
			t.Subject = text
		case "content":
			t.HTML = text
		case "content_path":
			t.HTML, err = templateFile(root, text)
		case "text_path":
			t.Text, err = templateFile(root, text)
		default:
			return nil, fmt.Errorf("%s is none of subject, content_path and text_path", name)
		}
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

// templateFile reads a file that is named from the folder, or from the one that holds supabase/, as the ecosystem does.
func templateFile(root, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(filepath.Join(root, path))
	if errors.Is(err, fs.ErrNotExist) {
		b, err = os.ReadFile(filepath.Join(filepath.Dir(root), path))
	}
	return string(b), err
}

func not(to *bool, from *bool) {
	if from != nil {
		*to = !*from
	}
}

func seconds(to *time.Duration, from *int) {
	if from != nil {
		*to = time.Duration(*from) * time.Second
	}
}
