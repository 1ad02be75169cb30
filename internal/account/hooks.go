package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/hook"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Hooks are the points at which a project's own programs or functions have a say; nil for none. None is called while a transaction is open: a sign-in that waits
// for a program holds up nobody else.
type Hooks struct {
	AccessToken *hook.Hook // makes the claims of access tokens
	Password    *hook.Hook // hears of each password that was tried for a user, and may reject
	Factor      *hook.Hook // hears of each answer of a second factor, and may reject
	BeforeUser  *hook.Hook // may refuse a new user
	AfterUser   *hook.Hook // hears of a new user
	Mail        *hook.Hook // sends mails
	Text        *hook.Hook // sends text messages
}

// eventMeta is what every event begins with.
type eventMeta struct {
	ID   string    `json:"uuid"`
	Time time.Time `json:"time"`
	Name string    `json:"name"`
	IP   string    `json:"ip_address,omitempty"`
}

type clientKey struct{}

// WithClient lets hooks know who has sent the request of ctx.
func WithClient(ctx context.Context, c Client) context.Context {
	return context.WithValue(ctx, clientKey{}, c)
}

// ask asks a hook and reads its answer into out, when there is one. event has a member metadata of its own.
func (s *Service) ask(ctx context.Context, h *hook.Hook, name string, event map[string]any, out any) error {
	meta := eventMeta{ID: newID(), Time: s.now(), Name: name}
	if c, ok := ctx.Value(clientKey{}).(Client); ok && c.IP.IsValid() {
		meta.IP = c.IP.Unmap().String()
	}
	return s.askAs(ctx, h, meta, event, out)
}

func (s *Service) askAs(ctx context.Context, h *hook.Hook, meta eventMeta, event map[string]any, out any) error {
	event["metadata"] = meta
	b, err := json.Marshal(event)
	if err != nil {
		return err
	}
	if len(b) > hook.MaxBytes {
		return fail(http.StatusUnprocessableEntity, "hook_payload_over_size_limit", "Payload size exceeded size limit of %d bytes", hook.MaxBytes)
	}
	began := time.Now()
	var answer []byte
	if h.Function != "" {
		answer, err = s.askFunction(ctx, h, b)
	} else {
		answer, err = h.Post(ctx, meta.ID, b)
	}
	s.o.Log.Info("hook", "name", meta.Name, "id", meta.ID, "took", time.Since(began).Round(time.Millisecond), "error", err)
	var said *hook.Error
	switch {
	case errors.As(err, &said):
		return fail(said.Status, said.Code, "%s", said.Message)
	case err != nil:
		return err
	case out == nil || len(answer) == 0:
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		return fail(http.StatusInternalServerError, "unexpected_failure", "Error unmarshaling JSON output.")
	}
	return nil
}

// askFunction calls a function of the project's database, in a transaction of its own, as the owner of sign-in's tables.
func (s *Service) askFunction(ctx context.Context, h *hook.Hook, event []byte) ([]byte, error) {
	wrong := func(why string) error {
		s.o.Log.Error("a hook cannot be called", "function", h.Schema+"."+h.Function, "error", why)
		return fail(http.StatusInternalServerError, "unexpected_failure", "Error running hook URI: pg-functions://postgres/%s/%s", h.Schema, h.Function)
	}
	v := &query.Invoke{Function: h.Function, Node: query.Node{Limit: -1, Offset: -1, MaxRows: -1}}
	st := newStatement(h.Schema)
	st.Invoke = v
	found := false
	for _, f := range s.store.engine.Catalog().Functions(h.Schema, h.Function) {
		in := eventParam(f)
		if in == nil {
			continue
		}
		found = true
		if in.Name == "" {
			st.Body = event
		} else {
			v.Keys, st.Fields = []string{in.Name}, [][]byte{event}
		}
	}
	if !found {
		return nil, wrong("there is no such function of one argument of type jsonb")
	}
	answer := &answerSink{}
	caller := s.store.owner()
	err := s.store.engine.Transact(ctx, engine.TxOptions{Caller: caller, Timeout: h.Timeout}, func(t engine.Tx) error {
		answer.text = nil
		p, err := s.store.plans.Plan(s.store.engine.Catalog(), &st.Statement, caller.Role, plan.Options{})
		if err != nil {
			return err
		}
		return t.Do(ctx, p, plan.Args{Caller: caller, Values: st.Values, Body: st.Body, Fields: st.Fields}, answer)
	})
	if f := fault.As(err); f != nil {
		if f.Code == "57014" {
			return nil, fail(http.StatusUnprocessableEntity, "hook_timeout", "Failed to reach hook within maximum time of %f seconds", h.Timeout.Seconds())
		}
		return nil, wrong(f.Error())
	}
	if err != nil || string(answer.text) == "null" || len(answer.text) == 0 {
		return nil, err
	}
	return answer.text, hook.Check(answer.text)
}

// eventParam is the parameter that takes the event; nil when the function cannot.
func eventParam(f *catalog.Function) *catalog.Param {
	var in *catalog.Param
	for i := range f.Params {
		p := &f.Params[i]
		if p.Mode == sql.OutArg || p.Mode == sql.TableArg {
			continue
		}
		if in != nil {
			return nil
		}
		in = p
	}
	if in == nil || in.Type.OID != catalog.JSONBOID && in.Type.OID != catalog.JSONOID {
		return nil
	}
	return in
}

// answerSink keeps the only value of a result.
type answerSink struct{ text []byte }

func (a *answerSink) Row(r engine.Row) error {
	a.text = r.AppendJSON(nil, 0)
	return nil
}

func (a *answerSink) End(engine.Outcome) error { return nil }

// verdict is the answer of a hook that hears of an attempt.
type verdict struct {
	Decision string `json:"decision"` // continue, reject
	Message  string `json:"message"`
	Logout   bool   `json:"should_logout_user"`
}

const rejected = "reject"

// passwordTried lets the project's hook hear of a password that was tried for a user.
func (s *Service) passwordTried(ctx context.Context, u *userRow, valid bool) error {
	if s.o.Hooks.Password == nil {
		return nil
	}
	v := verdict{}
	if err := s.ask(ctx, s.o.Hooks.Password, "password-verification", map[string]any{"user_id": u.ID, "valid": valid}, &v); err != nil {
		return err
	}
	if v.Decision != rejected {
		return nil
	}
	if v.Logout {
		if err := s.transact(ctx, func(x *tx) error { return x.endSessions(u.ID) }); err != nil {
			return err
		}
	}
	if v.Message == "" {
		v.Message = "Further password verification attempts will be rejected."
	}
	return fail(http.StatusBadRequest, "invalid_credentials", "%s", v.Message)
}

// factorTried lets the project's hook hear of the answer of a second factor. Whom it rejects is signed out everywhere.
func (s *Service) factorTried(ctx context.Context, u *userRow, f *factorRow, valid bool) error {
	if s.o.Hooks.Factor == nil {
		return nil
	}
	v := verdict{}
	event := map[string]any{"user_id": u.ID, "factor_id": f.ID, "factor_type": f.Type, "valid": valid}
	if err := s.ask(ctx, s.o.Hooks.Factor, "mfa-verification", event, &v); err != nil {
		return err
	}
	if v.Decision != rejected {
		return nil
	}
	if err := s.transact(ctx, func(x *tx) error { return x.endSessions(u.ID) }); err != nil {
		return err
	}
	if v.Message == "" {
		v.Message = "Further MFA verification attempts will be rejected."
	}
	return fail(http.StatusForbidden, "mfa_verification_rejected", "%s", v.Message)
}

// creation is what is known of the user that a transaction makes. A transaction that meets a hook which has not been asked yet is given up, the hook is asked, and
// the transaction begins anew: so whether there is somebody to make is found out in the transaction itself.
type creation struct {
	id      string // of the user, the same at every attempt
	allowed bool
	wanted  *User    // whom the hook is to be asked about
	made    []string // ids
	// A user is made for show: the hook is asked about the address that was meant.
	decoy, address string
}

var errAskFirst = errors.New("a hook is to be asked before this user is made")

// mayCreate is called before a user is inserted.
func (c *creation) mayCreate(v values) error {
	if c.allowed {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if c.decoy != "" {
		b = bytes.ReplaceAll(b, []byte(c.decoy), []byte(c.address))
	}
	var u userRow
	if err := json.Unmarshal(b, &u); err != nil {
		return fmt.Errorf("a user to be made: %w", err)
	}
	c.wanted = viewOf(&u, nil, nil)
	return errAskFirst
}

func (s *Service) askBefore(ctx context.Context, u *User) error {
	return s.ask(ctx, s.o.Hooks.BeforeUser, "before-user-created", map[string]any{"user": u}, nil)
}

// tellAfter tells the project's hook of a user who was made. It is too late for a refusal: what goes wrong is logged.
func (s *Service) tellAfter(ctx context.Context, id string) {
	u, err := s.UserByID(ctx, id)
	if err == nil {
		err = s.ask(ctx, s.o.Hooks.AfterUser, "after-user-created", map[string]any{"user": u}, nil)
	}
	if err != nil {
		s.o.Log.Warn("the hook after_user_created was not told", "user", id, "error", err)
	}
}

// issued is a session whose access token is made when its transaction has committed.
type issued struct {
	session *Session
	row     *sessionRow
	claims  map[string]any
	method  string // how the user was proved this time
	fresh   bool   // the session began with it
}

// grant makes the access token of a session. A session that has begun with it ends when it fails: nobody has its tokens.
func (s *Service) grant(ctx context.Context, i *issued) error {
	claims, err := s.customClaims(ctx, i)
	if err == nil {
		i.session.AccessToken, err = s.keys.Sign(claims)
	}
	if err != nil && i.fresh {
		err = errors.Join(err, s.transact(ctx, func(x *tx) error { return x.endSession(i.row.ID) }))
	}
	return err
}

// customClaims are the claims as the project's hook wants them.
func (s *Service) customClaims(ctx context.Context, i *issued) (map[string]any, error) {
	if s.o.Hooks.AccessToken == nil {
		return i.claims, nil
	}
	var out struct {
		Claims map[string]any `json:"claims"`
	}
	event := map[string]any{"user_id": i.row.UserID, "claims": i.claims, "authentication_method": i.method}
	if err := s.ask(ctx, s.o.Hooks.AccessToken, "customize-access-token", event, &out); err != nil {
		return nil, err
	}
	bad := func(why string, args ...any) error {
		return fail(http.StatusInternalServerError, "unexpected_failure", "output claims do not conform to the expected schema: "+why, args...)
	}
	if out.Claims == nil {
		return nil, fail(http.StatusInternalServerError, "unexpected_failure", "output claims field is missing")
	}
	for name, fits := range claimForms {
		if v, ok := out.Claims[name]; !ok || !fits(v) {
			return nil, bad("%s is missing or of another type", name)
		}
	}
	// The session and its user are what ends a token before its time, and so is the end that is remembered for it.
	if out.Claims["sub"] != i.claims["sub"] || out.Claims["session_id"] != i.claims["session_id"] {
		return nil, bad("sub and session_id cannot be changed")
	}
	if until, _ := out.Claims["exp"].(json.Number).Int64(); until > i.claims["exp"].(int64) {
		return nil, bad("exp cannot be later")
	}
	return out.Claims, nil
}

// claimForms are the claims that a token needs.
var claimForms = map[string]func(any) bool{
	"aud": func(v any) bool {
		switch v.(type) {
		case string, []any:
			return true
		}
		return false
	},
	"exp": isInteger, "iat": isInteger, "sub": isText, "email": isText, "phone": isText, "role": isText, "aal": isText, "session_id": isText,
	"is_anonymous": func(v any) bool { _, ok := v.(bool); return ok },
}

func isText(v any) bool { _, ok := v.(string); return ok }

func isInteger(v any) bool {
	n, ok := v.(json.Number)
	if !ok {
		return false
	}
	_, err := n.Int64()
	return err == nil
}

// MailByHook hands a mail to the project's hook.
func (s *Service) MailByHook(ctx context.Context, m *Message, f *Fields) error {
	u, err := s.UserByID(ctx, f.UserID)
	if err != nil {
		return err
	}
	return s.askAs(ctx, s.o.Hooks.Mail, eventMeta{ID: m.ID, Time: s.now(), Name: "send-email"}, map[string]any{"user": u, "email_data": map[string]string{
		"token": f.Token, "token_hash": f.TokenHash, "redirect_to": f.RedirectTo, "email_action_type": f.Action, "site_url": s.Issuer(), "token_new": f.TokenNew,
		"token_hash_new": f.TokenHashNew, "old_email": "", "old_phone": "", "provider": "", "factor_type": "",
	}}, nil)
}

// TextByHook hands a text message to the project's hook.
func (s *Service) TextByHook(ctx context.Context, m *Message, f *Fields, text string) error {
	u, err := s.UserByID(ctx, f.UserID)
	if err != nil {
		return err
	}
	return s.askAs(ctx, s.o.Hooks.Text, eventMeta{ID: m.ID, Time: s.now(), Name: "send-sms"}, map[string]any{
		"user": u, "sms": map[string]string{"otp": f.Token, "phone": m.Recipient, "sms_type": m.Channel, "message": text},
	}, nil)
}
