package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// The header by which a client names a write, so that repeating it does nothing more (draft-ietf-httpapi-idempotency-key-header), and the one that tells of
// a repeated answer. Decision 0016.
const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotency-Replayed"
)

// codeKey is the code of everything that the key of a request decides: 400 for a malformed one, 422 for one of another request, 413 for an answer that is too
// large to be kept.
const codeKey = "MS422"

// repeatable says whether a request names itself for being repeated. Reads need no name.
func repeatable(r *http.Request) bool {
	_, ok := r.Header[keyHeader]
	return ok && r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
}

// readKey reads the key: a string of structured fields (RFC 9651 3.3.3), or, as many clients write it, the bare text.
func readKey(lines []string, most int) (string, error) {
	bad := func(why string) error {
		return fault.New(codeKey, "the header %s %s", keyHeader, why).WithHint(`Send one text of your own for each write, such as a UUID in quotes.`).WithStatus(http.StatusBadRequest)
	}
	if len(lines) != 1 {
		return "", bad("is there more than once")
	}
	s := strings.Trim(lines[0], " \t")
	if len(s) > most+2 {
		return "", bad("is longer than the server allows")
	}
	if quoted, ok := strings.CutPrefix(s, `"`); ok {
		var b strings.Builder
		i := 0
		for ; i < len(quoted) && quoted[i] != '"'; i++ {
			if quoted[i] == '\\' {
				if i++; i == len(quoted) || quoted[i] != '"' && quoted[i] != '\\' {
					return "", bad("is not well formed")
				}
			}
			b.WriteByte(quoted[i])
		}
		if i == len(quoted) || quoted[i+1:] != "" && quoted[i+1] != ';' { // parameters mean nothing
			return "", bad("is not well formed")
		}
		s = b.String()
	} else if strings.ContainsAny(s, `",;\ `) {
		return "", bad("is not well formed")
	}
	if s == "" {
		return "", bad("is empty")
	}
	if len(s) > most {
		return "", bad("is longer than the server allows")
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return "", bad("holds characters that are not printable ASCII")
		}
	}
	return s, nil
}

// sumOf is a hash of texts that tells their borders.
func sumOf(texts ...string) [32]byte {
	h := sha256.New()
	for _, t := range texts {
		_ = binary.Write(h, binary.BigEndian, uint64(len(t))) // a hash takes everything
		h.Write([]byte(t))
	}
	return [32]byte(h.Sum(nil))
}

// told are the headers that say what is asked.
var told = []string{"Accept", "Accept-Profile", "Content-Profile", "Content-Type", "If-Match", "If-None-Match", "Prefer", "Range", "Range-Unit"}

// requestSum stands for all that a request asks.
func requestSum(r *http.Request, body []byte) [32]byte {
	texts := []string{r.Method, r.URL.Path, r.URL.RawQuery, string(body)}
	for _, name := range told {
		texts = append(texts, strings.Join(r.Header[name], ", "))
	}
	return sumOf(texts...)
}

// fleeting are the claims that the next token of the same caller has otherwise.
var fleeting = []string{"exp", "iat", "nbf", "jti", "session_id"}

// lastingClaims are a caller's claims as a text that the next token of the same caller has too. Any of them may say what the caller may see: none is left out
// that stays.
func lastingClaims(c *query.Caller) string {
	var claims map[string]any
	d := json.NewDecoder(bytes.NewReader(c.Claims))
	d.UseNumber()
	if d.Decode(&claims) != nil {
		return string(c.Claims)
	}
	for _, name := range fleeting {
		delete(claims, name)
	}
	methods, _ := claims["amr"].([]any)
	for _, m := range methods {
		if m, ok := m.(map[string]any); ok {
			delete(m, "timestamp")
		}
	}
	text, err := json.Marshal(claims)
	if err != nil {
		return string(c.Claims)
	}
	return string(text)
}

// once runs f in a transaction that happens once for the request's key. f fills the answer that it is given, from the start each time it is called. With
// o.ReadOnly f is tried without the right to write first: what needs none is not kept, or whoever only reads could fill the disk.
func (h *Handler) once(ctx context.Context, r *http.Request, a *answer, o engine.TxOptions, body []byte, f func(engine.Tx, *answer) error) error {
	key, err := readKey(r.Header[keyHeader], h.o.Limits.Key)
	if err != nil {
		return err
	}
	in := newAnswer(http.Header{})
	ran := false // by the last attempt
	defer func() { in.release() }()
	kept := &engine.Once{
		Key: sumOf(o.Caller.Role, lastingClaims(&o.Caller), key), Request: requestSum(r, body), Keep: h.o.KeepAnswers,
		Answer: func() (string, error) { return in.pack(h.o.Limits.KeptAnswer) },
		Again: func(same bool, answer string) error {
			ran = false
			if !same {
				return fault.New(codeKey, "the %s was used for another request", keyHeader).WithHint("Use a new key for a new request.").WithStatus(http.StatusUnprocessableEntity)
			}
			a.head.Set(replayedHeader, "true")
			return a.unpack(answer)
		},
	}
	var said error
	fill := func(tx engine.Tx) error {
		in.release()
		in, ran = newAnswer(http.Header{}), true
		said = f(tx, in)
		return said
	}
	reads := o.ReadOnly
	if reads {
		err = h.engine.Transact(ctx, o, fill)
	}
	if !reads || fault.Code(err) == fault.ReadOnlyTransaction { // a function that says it only reads may call one that writes
		ran, said = false, nil
		o.ReadOnly, o.Once = false, kept
		err = h.engine.Transact(ctx, o, fill)
	}
	err = asSaid(err, said)
	if ran {
		a.take(in)
	}
	return err
}

// onceOf is a job's transaction that happens once. A job that could not be planned, for which there is an error, may have been answered before.
func (h *Handler) onceOf(r *http.Request, a *answer, j *job, failed error) error {
	o := engine.TxOptions{Caller: j.caller, Rollback: j.q.statement.Rollback, Timeout: h.o.Timeout, Snapshot: j.q.conditional(), ReadOnly: failed == nil && j.reads()}
	return h.once(r.Context(), r, a, o, j.q.raw, func(tx engine.Tx, in *answer) error {
		if failed != nil {
			return failed
		}
		return h.run(r.Context(), scope{engine: h.engine, tx: tx}, in, j)
	})
}

// take makes another answer this one, whose headers of the gateway stay.
func (a *answer) take(from *answer) {
	for name, v := range from.head {
		if name != "Vary" {
			a.head[name] = v
		}
	}
	a.status, a.noLength = from.status, from.noLength
	a.buf, from.buf = from.buf, a.buf
}

// packed is an answer as it is kept.
type packed struct {
	Status  int                 `json:"status"`
	Headers map[string][]string `json:"headers"`
	Body    string              `json:"body"`
	Base64  bool                `json:"base64,omitempty"`
}

func (a *answer) pack(most int64) (string, error) {
	p := packed{Status: a.status, Headers: map[string][]string{}, Body: string(a.buf)}
	for name, v := range a.head {
		if name != "Vary" {
			p.Headers[name] = v
		}
	}
	if !utf8.ValidString(p.Body) {
		p.Body, p.Base64 = base64.StdEncoding.EncodeToString(a.buf), true
	}
	text, err := json.Marshal(&p)
	if err != nil {
		return "", err
	}
	if int64(len(text)) > most {
		return "", fault.New(codeKey, "the answer is larger than the %d bytes that are kept for a repetition", most).
			WithHint("Ask for less: Prefer: return=minimal, or fewer columns with select.").WithStatus(http.StatusRequestEntityTooLarge)
	}
	return string(text), nil
}

func (a *answer) unpack(text string) error {
	var p packed
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	body := []byte(p.Body)
	if p.Base64 {
		var err error
		if body, err = base64.StdEncoding.DecodeString(p.Body); err != nil {
			return err
		}
	}
	for name, v := range p.Headers {
		a.head[name] = v
	}
	a.status, a.buf = p.Status, append(a.buf[:0], body...)
	return nil
}

// sameCaller says whether two callers have the same rights.
func sameCaller(a, b *query.Caller) bool {
	return a.Role == b.Role && string(a.Claims) == string(b.Claims)
}
