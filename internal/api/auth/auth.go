// Package auth is the door of sign-in: the Auth protocol of the open-source clients over HTTP (protocol document 2), below /auth/v1.
//
// New makes the handler of an account.Service. Main types in order of meeting them: Options, door, request. What the endpoints do is package account's
// business; here are the paths, the JSON and the errors.
//
// Invariants: every failure is answered in the protocol's shape for the version that the client names; a body is at most a mebibyte; tokens are never
// logged; a link is only used by who presses the button on its page, so that what looks into mails ahead of their readers uses none.
package auth

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/account"
	"github.com/mainstay-dev/mainstay/internal/captcha"
	"github.com/mainstay-dev/mainstay/internal/identity"
)

// Options are what the door is made of.
type Options struct {
	Keys     *identity.Keys
	Accounts *account.Service
	Settings Settings
	// FollowAtOnce uses a link when it is opened, as the ecosystem's server does. Default: a page asks first.
	FollowAtOnce bool
	// Captcha asks whether a sender is a person before a sign-in, a sign-up or a message; nil asks nobody.
	Captcha *captcha.Verifier
	// ClientIP says where a request comes from; nil is the connection's own address.
	ClientIP func(*http.Request) netip.Addr
	Log      *slog.Logger // nil discards
}

// Settings are what anybody may know of the project's sign-in (GET /settings).
type Settings struct {
	External          map[string]bool `json:"external"`
	DisableSignup     bool            `json:"disable_signup"`
	MailerAutoconfirm bool            `json:"mailer_autoconfirm"`
	PhoneAutoconfirm  bool            `json:"phone_autoconfirm"`
	SMSProvider       string          `json:"sms_provider"`
	SAMLEnabled       bool            `json:"saml_enabled"`
	SAMLNext          bool            `json:"saml_private_key_next_configured"`
	Passkeys          bool            `json:"passkeys_enabled"`
}

// keysMaxAge is how long a verifier may keep the key set, in seconds; a rotated key must be published that long before it signs.
const keysMaxAge = "public, max-age=600"

const (
	maxBody        = 1 << 20
	maxLanguages   = 100
	apiVersion     = "2024-01-01"
	versionHeader  = "X-Supabase-Api-Version"
	codeHeader     = "X-Sb-Error-Code"
	serviceAdmin   = "supabase_admin"
	jsonType       = "application/json"
	formType       = "application/x-www-form-urlencoded"
	noStore        = "no-store"
	maxRetryAfter  = math.MaxInt32
	referrerPolicy = "no-referrer"
)

type door struct {
	Options
	mux *http.ServeMux
}

// Door serves the protocol.
type Door struct{ d *door }

// New makes the door.
func New(o Options) *Door {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.ClientIP == nil {
		o.ClientIP = remote
	}
	d := &door{Options: o, mux: http.NewServeMux()}
	d.mux.HandleFunc("GET /.well-known/jwks.json", d.jwks)
	d.get("/health", func(*request) (any, error) {
		return map[string]string{"version": "mainstay", "name": "GoTrue", "description": "Mainstay sign-in, in the protocol of GoTrue"}, nil
	})
	d.get("/settings", func(*request) (any, error) { return d.Settings, nil })
	d.users()
	d.factors()
	d.admin()
	d.provider()
	d.identities()
	d.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		d.fail(w, r, fault.New("not_found", "this Auth endpoint does not exist").WithStatus(http.StatusNotFound))
	})
	return &Door{d}
}

// ServeHTTP answers a request.
func (o *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	heads(w.Header(), r)
	o.d.mux.ServeHTTP(w, r)
}

// Refuse answers a request that was not let in.
func (o *Door) Refuse(w http.ResponseWriter, r *http.Request, f *fault.Error) {
	heads(w.Header(), r)
	o.d.fail(w, r, f)
}

// heads sets what every answer has.
func heads(h http.Header, r *http.Request) {
	h.Set("Cache-Control", noStore)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", referrerPolicy)
	if r.Header.Get(versionHeader) != "" {
		h.Set(versionHeader, apiVersion)
	}
}

func remote(r *http.Request) netip.Addr {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr()
}

func (d *door) jwks(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Cache-Control", keysMaxAge)
	_, _ = w.Write(d.Keys.JWKS()) // the client is gone: nobody to tell
}

// request is a request under way.
type request struct {
	*http.Request
	w      http.ResponseWriter
	door   *door
	token  *identity.Token // what the sender presents; nil for nothing
	client account.Client
}

// An endpoint gives what is answered as JSON with status 200; nil has been answered already.
type endpoint func(*request) (any, error)

func (d *door) get(path string, f endpoint)   { d.handle("GET "+path, f) }
func (d *door) post(path string, f endpoint)  { d.handle("POST "+path, f) }
func (d *door) put(path string, f endpoint)   { d.handle("PUT "+path, f) }
func (d *door) del(path string, f endpoint)   { d.handle("DELETE "+path, f) }
func (d *door) patch(path string, f endpoint) { d.handle("PATCH "+path, f) }

func (d *door) handle(pattern string, f endpoint) {
	d.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		client := account.Client{IP: d.ClientIP(r), UserAgent: r.UserAgent(), Language: languages(r)}
		r = r.WithContext(account.WithClient(r.Context(), client))
		q := &request{Request: r, w: w, door: d, client: client}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		var err error
		if q.token, err = d.Keys.Token(r); err != nil {
			d.fail(w, r, bearerError(err))
			return
		}
		v, err := f(q)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		if v == nil {
			return
		}
		writeJSON(w, http.StatusOK, v)
	})
}

// languages is what the sender prefers to read, as far as anybody looks.
func languages(r *http.Request) string {
	h := r.Header.Get("Accept-Language")
	return h[:min(len(h), maxLanguages)]
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic("auth: marshal of an answer: " + err.Error())
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client is gone: nobody to tell
}

// bearerError tells what is wrong with a credential in this protocol's words.
func bearerError(err error) error {
	f := fault.As(err)
	if f == nil {
		return err
	}
	if f.Code == "PGRST301" || f.Code == "PGRST303" {
		return fault.New("bad_jwt", "invalid JWT: unable to parse or verify signature, %s", f.Message).WithStatus(http.StatusForbidden)
	}
	return err
}

// user is who the sender is signed in as.
func (q *request) user() (*account.Bearer, error) {
	if q.token == nil {
		return nil, fault.New("no_authorization", "This endpoint requires a valid Bearer token").WithStatus(http.StatusUnauthorized)
	}
	return q.door.Accounts.Bearer(q.Context(), q.token)
}

// asUser makes an endpoint of one that needs a user.
func asUser(f func(*request, *account.Bearer) (any, error)) endpoint {
	return func(q *request) (any, error) {
		who, err := q.user()
		if err != nil {
			return nil, err
		}
		if who.Client != "" {
			return nil, fault.New("insufficient_scope", "A token that was given to a program changes nothing of its user").WithStatus(http.StatusForbidden)
		}
		return f(q, who)
	}
}

// asAnybody makes an endpoint of one that a program may call with the token of its user, too.
func asAnybody(f func(*request, *account.Bearer) (any, error)) endpoint {
	return func(q *request) (any, error) {
		who, err := q.user()
		if err != nil {
			return nil, err
		}
		return f(q, who)
	}
}

// asAdmin makes an endpoint of one for the service role.
func asAdmin(f endpoint) endpoint {
	return func(q *request) (any, error) {
		switch {
		case q.token == nil:
			return nil, fault.New("no_authorization", "This endpoint requires a valid Bearer token").WithStatus(http.StatusUnauthorized)
		case q.token.Role != identity.ServiceRole && q.token.Role != serviceAdmin:
			return nil, fault.New("not_admin", "User not allowed").WithStatus(http.StatusForbidden)
		}
		return f(q)
	}
}

// read decodes the body, which is JSON or a form.
func (q *request) read(v any) error {
	kind, _, _ := mime.ParseMediaType(q.Header.Get("Content-Type"))
	if kind == formType {
		if err := q.ParseForm(); err != nil {
			return bodyError(err)
		}
		m := map[string]string{}
		for name := range q.PostForm {
			m[name] = q.PostForm.Get(name)
		}
		b, err := json.Marshal(m)
		if err == nil {
			err = json.Unmarshal(b, v)
		}
		return bodyError(err)
	}
	b, err := io.ReadAll(q.Body)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	return bodyError(err)
}

// readMaybe is read for endpoints whose body may be absent.
func (q *request) readMaybe(v any) error {
	b, err := io.ReadAll(q.Body)
	if err == nil && len(b) > 0 {
		err = json.Unmarshal(b, v)
	}
	return bodyError(err)
}

func bodyError(err error) error {
	var big *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &big):
		return fault.New("request_entity_too_large", "Request body is larger than %d bytes", maxBody).WithStatus(http.StatusRequestEntityTooLarge)
	}
	return fault.New("bad_json", "Could not parse request body as JSON: %v", err).WithStatus(http.StatusBadRequest)
}

func (q *request) redirectTo() string { return q.URL.Query().Get("redirect_to") }

// fail answers an error.
func (d *door) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.As(err)
	if f != nil && (f.Code == "22P05" || f.Code == "22021") {
		f = fault.New("validation_failed", "A text holds a character that cannot be stored").WithStatus(http.StatusBadRequest)
	}
	if f != nil && (f.Code == "PGRST003" || f.Code == "57014") { // no connection in time, or a statement that took too long
		f = fault.New("request_timeout", "Processing this request timed out, please retry after a moment.").WithStatus(http.StatusGatewayTimeout)
	}
	if f == nil || sqlState(f.Code) {
		// An error of the database is not for strangers: it may tell of rows, and a trigger of the project's may have raised it.
		d.Log.Error("sign-in failed", "request", w.Header().Get("X-Request-Id"), "method", r.Method, "path", r.URL.Path, "error", err)
		switch {
		case f != nil && f.Status == http.StatusInsufficientStorage:
			f = fault.New("disk_full", "The server has no space left to write").WithStatus(f.Status)
		case f != nil && f.Status == http.StatusServiceUnavailable:
			f = fault.New("database_unavailable", "The server cannot use its disk").WithStatus(f.Status)
		default:
			f = fault.New("unexpected_failure", "Database error, see the log for request %s", w.Header().Get("X-Request-Id")).WithStatus(http.StatusInternalServerError)
		}
	}
	status := f.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	h := w.Header()
	h.Set(codeHeader, f.Code)
	var full *account.LimitError
	if errors.As(err, &full) {
		h.Set("Retry-After", strconv.Itoa(int(min((full.After+time.Second-1)/time.Second, maxRetryAfter))))
	}
	body := map[string]any{}
	if r.Header.Get(versionHeader) != "" {
		body["code"], body["message"] = f.Code, f.Message
	} else {
		body["code"], body["error_code"], body["msg"] = status, f.Code, f.Message
	}
	if f.Code == "invalid_grant" { // RFC 6749 §5.2, which this grant's clients read as well
		body["error"], body["error_description"] = f.Code, f.Message
	}
	var weak *account.WeakError
	if errors.As(err, &weak) {
		body["weak_password"] = map[string]any{"reasons": weak.Reasons}
	}
	writeJSON(w, status, body)
}

// sqlState reports whether a code is a database's: five capitals or digits.
func sqlState(code string) bool {
	if len(code) != 5 {
		return false
	}
	for _, c := range code {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
