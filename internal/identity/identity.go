// Package identity says who is asking: it keeps a project's keys and turns the credentials of a request into a query.Caller.
//
// Main types: Keys (the signing keys, the API keys and what they verify) and Token (a verified token). Keys are made at first start,
// kept in one file with mode 0600 and never logged.
//
// Invariants: a token's algorithm is fixed by the key that verifies it, never by the token (RFC 8725 §3.1); "none" is never accepted; exp, nbf
// and iat are checked with 30 seconds of leeway, iss and aud where configured; whoever presents a broken credential is refused, never
// taken for an anonymous caller.
package identity

import (
	"bytes"
	"crypto"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// The roles that keys stand for.
const (
	Anon          = "anon"
	Authenticated = "authenticated"
	ServiceRole   = "service_role"
)

// Leeway is how far a token's times may be off (protocol document, PostgREST dialect).
const Leeway = 30 * time.Second

// Signer is a key that verifies, and perhaps signs, with exactly one algorithm.
type Signer struct {
	ID      string // kid
	Alg     string // HS256, RS256, ES256 or one of ML-DSA
	Secret  []byte // HS256
	Private crypto.Signer
	Public  crypto.PublicKey
}

func (s *Signer) verifyKey() any {
	if s.Alg == "HS256" {
		return s.Secret
	}
	return s.Public
}

// strict decodes tokens: a token has one spelling only, so trailing bits of its base64 cannot vary.
var strict = jwt.NewParser(jwt.WithJSONNumber(), jwt.WithStrictDecoding())

// Keys are a project's keys. Safe for concurrent use; Watch takes over what changes in their file.
type Keys struct {
	Publishable string // sb_publishable_…: acts as anon
	Secret      string // sb_secret_…: acts as service_role
	AnonJWT     string // the legacy key for anon
	ServiceJWT  string // the legacy key for service_role

	root   string // of Derive
	path   string // of the file
	secret string // the project's own HS256 secret, "" for none
	set    atomic.Pointer[keySet]
	opts   Options
	ended  endedSessions
}

// Options are what a project may say about tokens. The zero value accepts any issuer and audience.
type Options struct {
	Issuer    string    // iss must equal it when set (tokens without iss are refused then)
	Audience  []string  // aud must hold one of them when set
	RoleClaim ClaimPath // where the claims name the role; the zero value is the claim role
	// SigningKeys are the project's own keys as JSON (RFC 7517): the first that may sign signs, the others verify. nil is the keys of the data folder.
	SigningKeys []byte
	// SignedInOnly refuses requests without credentials (PGRST302).
	SignedInOnly bool
	Now          func() time.Time // nil: time.Now
}

// Token is a verified token.
type Token struct {
	Role    string
	Subject string
	Session string    // claim session_id, "" when absent
	Claims  []byte    // JSON
	Expires time.Time // zero: never
}

func (k *Keys) now() time.Time {
	if k.opts.Now != nil {
		return k.opts.Now()
	}
	return time.Now()
}

// Caller identifies the sender of r. A request without credentials is an anonymous one.
// Errors are *fault.Error with status 401: PGRST301 and PGRST303 for tokens, as the REST dialect names them, "invalid_api_key" for keys.
func (k *Keys) Caller(r *http.Request) (query.Caller, error) {
	token, err := k.credential(r)
	if err != nil {
		return query.Caller{}, err
	}
	c := query.Caller{Method: r.Method, Path: r.URL.Path, Role: Anon, Claims: []byte(`{"role":"anon"}`)}
	c.Headers = func() []byte { return headersJSON(r.Header) }
	c.Cookies = func() []byte { return cookiesJSON(r) }
	if token == nil {
		if k.opts.SignedInOnly {
			return c, fault.New("PGRST302", "Anonymous access is disabled").WithStatus(http.StatusUnauthorized)
		}
		return c, nil
	}
	c.Role, c.Claims, c.Subject = token.Role, token.Claims, token.Subject
	c.Authenticated = token.Role != Anon
	return c, nil
}

// Known names whoever a request's credential stands for, as far as it has been verified before: the user of a token, or a role with keys of its own. "" is a stranger, or anon.
// It costs no signature, so that it can be asked before a request is worth anything.
func (k *Keys) Known(r *http.Request) string {
	token, ok := bearerOf(r)
	if !ok {
		token = r.Header.Get("apikey")
	}
	if strings.HasPrefix(token, "sb_") {
		if equal(token, k.Secret) {
			return ServiceRole
		}
		return ""
	}
	t := k.set.Load().cache.get(token)
	switch {
	case t == nil || t.Role == Anon || !t.Expires.IsZero() && !k.now().Before(t.Expires.Add(Leeway)):
		return ""
	case t.Subject == "":
		return t.Role
	}
	return "user " + t.Subject
}

// credential finds what the request presents: a bearer token outranks the API key; an opaque key may come as a bearer too.
// It is nil for a request without credentials.
func (k *Keys) credential(r *http.Request) (*Token, error) {
	apikey := r.Header.Get("apikey")
	if apikey == "" && strings.Contains(r.URL.RawQuery, "apikey=") {
		apikey = r.URL.Query().Get("apikey")
	}
	bearer, ok := bearerOf(r)
	if ok {
		if strings.HasPrefix(bearer, "sb_") {
			apikey = bearer
		} else {
			token, err := k.Verify(bearer)
			if err != nil || apikey == "" || apikey == bearer {
				return token, err
			}
			// The token says who asks. A key beside it that is none is a mistake of the client's, which is told rather than passed over.
			_, err = k.key(r, apikey)
			return token, err
		}
	}
	if apikey == "" {
		return nil, nil
	}
	return k.key(r, apikey)
}

// key is what an API key stands for: an opaque one, or a token.
func (k *Keys) key(r *http.Request, apikey string) (*Token, error) {
	if !strings.HasPrefix(apikey, "sb_") {
		return k.Verify(apikey)
	}
	switch {
	case equal(apikey, k.Publishable):
		return &Token{Role: Anon, Claims: []byte(`{"role":"anon"}`)}, nil
	case equal(apikey, k.Secret):
		if strings.Contains(r.UserAgent(), "Mozilla/5.0") {
			return nil, fault.New("secret_key_in_browser", "Forbidden use of secret API key in browser").
				WithHint("Secret API keys can only be used in a protected environment and should never be used in a browser. Delete this secret API key immediately.").WithStatus(http.StatusUnauthorized)
		}
		return &Token{Role: ServiceRole, Claims: []byte(`{"role":"service_role"}`)}, nil
	}
	return nil, fault.New("invalid_api_key", "Invalid API key").WithHint("Double check your API key.").WithStatus(http.StatusUnauthorized)
}

// Token is what the request presents as a token or a key, verified; nil for a request without credentials. Errors are those of Caller.
func (k *Keys) Token(r *http.Request) (*Token, error) { return k.credential(r) }

func bearerOf(r *http.Request) (string, bool) {
	h := r.Header.Get("Authorization")
	scheme, rest, ok := strings.Cut(h, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", strings.EqualFold(h, "Bearer")
	}
	return strings.TrimSpace(rest), true
}

// equal compares secrets without telling where they differ.
func equal(a, b string) bool {
	return b != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// Verify checks a token's signature, times, issuer and audience. Verified tokens are remembered until they expire.
func (k *Keys) Verify(token string) (*Token, error) {
	set := k.set.Load()
	if t := set.cache.get(token); t != nil {
		if t.Expires.IsZero() || k.now().Before(t.Expires.Add(Leeway)) {
			return t, k.checkSession(t)
		}
		return nil, badClaims("JWT expired")
	}
	t, err := k.verify(set, token)
	if err != nil {
		return nil, err
	}
	set.cache.put(token, t)
	return t, k.checkSession(t)
}

// checkSession refuses the tokens of a session that has ended, on every door, at once.
func (k *Keys) checkSession(t *Token) error {
	if k.ended.has(t.Session) {
		return badClaims("JWT of a session that has ended")
	}
	return nil
}

func (k *Keys) verify(set *keySet, token string) (*Token, error) {
	if token == "" {
		return nil, badToken("Empty JWT is sent in Authorization header")
	}
	if n := strings.Count(token, ".") + 1; n != 3 {
		return nil, badToken(fmt.Sprintf("Expected 3 parts in JWT; got %d", n))
	}
	parts := strings.Split(token, ".")
	claims := jwt.MapClaims{}
	if err := decode(parts[1], &claims); err != nil {
		return nil, badToken("JWT couldn't be decoded")
	}
	if err := set.checkSignature(parts); err != nil {
		return nil, err
	}
	return k.checkClaims(claims, parts[1])
}

// decode reads a part of a token, which is JSON.
func decode(part string, to any) error {
	if strings.ContainsAny(part, "\r\n") {
		return errors.New("a line end") // the decoder skips them, and a token has one spelling
	}
	b, err := strict.DecodeSegment(part)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

// checkSignature checks the signature of a token's three parts, with the key that its header names and that key's algorithm.
func (set *keySet) checkSignature(parts []string) error {
	header := map[string]any{}
	if err := decode(parts[0], &header); err != nil {
		return badToken("JWT couldn't be decoded")
	}
	signer, err := set.signerFor(header)
	if err != nil {
		return err
	}
	if strings.ContainsAny(parts[1]+parts[2], "\r\n") {
		return badToken("JWT couldn't be decoded")
	}
	if _, err := strict.DecodeSegment(parts[1]); err != nil {
		return badToken("JWT couldn't be decoded")
	}
	signature, err := strict.DecodeSegment(parts[2])
	if err != nil {
		return badToken("JWT couldn't be decoded")
	}
	// The method is the key's, not the token's (signerFor has compared them).
	if err := method(signer.Alg).Verify(parts[0]+"."+parts[1], signature, signer.verifyKey()); err != nil {
		return badToken("JWT cryptographic operation failed")
	}
	return nil
}

// signerFor finds the key of a token's header.
func (set *keySet) signerFor(header map[string]any) (*Signer, error) {
	alg, _ := header["alg"].(string)
	switch {
	case alg == "HS256", alg == "RS256", alg == "ES256", IsPostQuantum(alg):
	default:
		return nil, badToken("Wrong or unsupported encoding algorithm")
	}
	if _, ok := header["crit"]; ok { // RFC 7515 §4.1.11: who does not know what is critical refuses, and none is known
		return nil, badToken("Unsupported critical header")
	}
	if typ, ok := header["typ"].(string); ok && !strings.EqualFold(typ, "JWT") && !strings.EqualFold(typ, "at+jwt") {
		return nil, badToken("Unsupported token type")
	}
	if kid, ok := header["kid"].(string); ok {
		if s := set.byID[kid]; s != nil && s.Alg == alg {
			return s, nil
		}
		return nil, badToken("No suitable key or wrong key type")
	}
	for _, s := range set.signers {
		if s.Alg == alg {
			return s, nil
		}
	}
	return nil, badToken("No suitable key or wrong key type")
}

func (k *Keys) checkClaims(claims jwt.MapClaims, payload string) (*Token, error) {
	now := k.now()
	t := &Token{Role: Anon}
	for _, name := range []string{"exp", "nbf", "iat"} {
		v, ok := claims[name]
		if !ok || v == nil {
			continue
		}
		n, ok := v.(json.Number)
		if !ok {
			return nil, badClaims("The JWT '" + name + "' claim must be a number")
		}
		f, err := n.Float64()
		if err != nil {
			return nil, badClaims("Parsing claims failed")
		}
		at := time.Unix(int64(f), 0)
		switch {
		case name == "exp" && !now.Before(at.Add(Leeway)):
			return nil, badClaims("JWT expired")
		case name == "nbf" && now.Add(Leeway).Before(at):
			return nil, badClaims("JWT not yet valid")
		case name == "iat" && now.Add(Leeway).Before(at):
			return nil, badClaims("JWT issued at future")
		}
		if name == "exp" {
			t.Expires = at
		}
	}
	if use, ok := claims[tokenUse]; ok && use != "access" {
		return nil, badClaims("JWT is no access token")
	}
	if k.opts.Issuer != "" {
		if iss, _ := claims["iss"].(string); iss != k.opts.Issuer {
			return nil, badClaims("JWT not from the expected issuer")
		}
	}
	if err := k.checkAudience(claims["aud"]); err != nil {
		return nil, err
	}
	if role := k.opts.RoleClaim.find(map[string]any(claims)); role != "" {
		t.Role = role
	}
	t.Subject, _ = claims["sub"].(string)
	t.Session, _ = claims["session_id"].(string)
	raw, err := strict.DecodeSegment(payload)
	if err != nil {
		return nil, badToken("JWT couldn't be decoded")
	}
	t.Claims = raw
	return t, nil
}

func (k *Keys) checkAudience(aud any) error {
	var have []string
	switch v := aud.(type) {
	case nil:
	case string:
		have = []string{v}
	case []any:
		for _, x := range v {
			s, ok := x.(string)
			if !ok {
				return badClaims("The JWT 'aud' claim must be a string or an array of strings")
			}
			have = append(have, s)
		}
	default:
		return badClaims("The JWT 'aud' claim must be a string or an array of strings")
	}
	// A token without an audience is for everybody (RFC 7519 §4.1.3 leaves it to us; the REST dialect decides so).
	if len(k.opts.Audience) == 0 || len(have) == 0 {
		return nil
	}
	for _, want := range k.opts.Audience {
		for _, h := range have {
			if h == want {
				return nil
			}
		}
	}
	return badClaims("JWT not in audience")
}

func badToken(message string) error {
	return fault.New("PGRST301", message).WithStatus(http.StatusUnauthorized)
}

func badClaims(message string) error {
	return fault.New("PGRST303", message).WithStatus(http.StatusUnauthorized)
}

// Sign makes a token with the project's current signing key. Claims are any JSON object.
func (k *Keys) Sign(claims map[string]any) (string, error) {
	return sign(k.set.Load().signers[0], claims)
}

// tokenUse marks tokens that tell a program who somebody is. They open no door: Verify refuses them (attack D6).
const tokenUse = "token_use"

// idSigner is the key of identity tokens: one that others can verify, where there is one.
func (k *Keys) idSigner() *Signer {
	signers := k.set.Load().signers
	for _, s := range signers {
		if s.Private != nil && !IsPostQuantum(s.Alg) {
			return s
		}
	}
	return signers[0]
}

// SignID makes an identity token (OpenID Connect Core §2).
func (k *Keys) SignID(claims map[string]any) (string, error) {
	all := map[string]any{tokenUse: "id"}
	maps.Copy(all, claims)
	return sign(k.idSigner(), all)
}

// IDAlgs are the algorithms of identity tokens.
func (k *Keys) IDAlgs() []string { return []string{k.idSigner().Alg} }

func sign(s *Signer, claims map[string]any) (string, error) {
	t := jwt.NewWithClaims(method(s.Alg), jwt.MapClaims(claims))
	if s.ID != "" {
		t.Header["kid"] = s.ID
	}
	if s.Alg == "HS256" {
		return t.SignedString(s.Secret)
	}
	return t.SignedString(s.Private)
}

// headersJSON is the object of all headers, for SQL. It is made by hand: json.Marshal of a map takes three times as long (BenchmarkCaller).
func headersJSON(h http.Header) []byte {
	names := make([]string, 0, 16)
	size := 2
	for name, values := range h {
		names = append(names, name)
		size += len(name) + len(": , ") + 2
		for _, v := range values {
			size += len(v) + len(", ")
		}
	}
	slices.Sort(names)
	b := append(make([]byte, 0, size), '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, strings.ToLower(name)), ':')
		if values := h[name]; len(values) == 1 {
			b = appendString(b, values[0])
		} else {
			b = appendString(b, strings.Join(values, ", "))
		}
	}
	return append(b, '}')
}

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil {
				panic("identity: marshal of a string: " + err.Error())
			}
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func cookiesJSON(r *http.Request) []byte {
	cookies := r.Cookies()
	if len(cookies) == 0 {
		return []byte("{}")
	}
	m := make(map[string]string, len(cookies))
	for _, c := range cookies {
		m[c.Name] = c.Value
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic("identity: marshal of map[string]string: " + err.Error())
	}
	return b
}

// tokenCache remembers verified tokens in two generations: when the young one is full it becomes the old one, and
// what nobody asked for meanwhile is forgotten. Bounded by 2 × cacheGeneration tokens.
type tokenCache struct {
	mu         sync.RWMutex
	young, old map[string]*Token // guarded by mu
}

const cacheGeneration = 4096

func (c *tokenCache) get(token string) *Token {
	c.mu.RLock()
	t, young := c.young[token]
	if !young {
		t = c.old[token]
	}
	c.mu.RUnlock()
	if t != nil && !young {
		c.put(token, t)
	}
	return t
}

func (c *tokenCache) put(token string, t *Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= cacheGeneration || c.young == nil {
		c.old, c.young = c.young, make(map[string]*Token)
	}
	c.young[token] = t
}
