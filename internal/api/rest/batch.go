package rest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// A batch is several requests in one transaction: all of them happen, or none (decision 0016).
const (
	batchName = "batch"
	batchPath = "/" + batchName
	// batchType says that a request is a batch, whatever the project's relations are called.
	batchType = "application/vnd.mainstay.batch+json"
)

// codeBatch is the code of what is wrong with a batch itself.
const codeBatch = "MS400"

// isBatch says whether a request is a batch. One of plain JSON is for a relation of that name, where the project exposes one: its clients know nothing of batches.
func (h *Handler) isBatch(r *http.Request, cat *catalog.Catalog) bool {
	if r.URL.Path != batchPath || r.Method != http.MethodPost {
		return false
	}
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case batchType:
		return true
	case "", "application/json":
		return !slices.ContainsFunc(h.o.Schemas, func(schema string) bool { return cat.Table(schema, batchName) != nil })
	}
	return false
}

// A part is a request of a batch, and what becomes of it.
type part struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
	ID      json.RawMessage   `json:"id"`

	job    *job
	answer *answer
}

func badBatch(format string, args ...any) *fault.Error { return fault.New(codeBatch, format, args...) }

// A partError is what a part failed with.
type partError struct {
	index int
	id    json.RawMessage
	err   error
}

func (e *partError) Error() string { return "request " + strconv.Itoa(e.index) + ": " + e.err.Error() }
func (e *partError) Unwrap() error { return e.err }

// members are what an error's object says of it.
func (e *partError) members() []byte {
	b := strconv.AppendInt([]byte(`,"index":`), int64(e.index), 10)
	if e.id != nil {
		b = append(append(b, `,"id":`...), e.id...)
	}
	return b
}

// batch answers a batch.
func (h *Handler) batch(r *http.Request, a *answer, cat *catalog.Catalog, s *settings, caller query.Caller) error {
	body, err := h.body(r)
	if err != nil {
		return err
	}
	o := engine.TxOptions{Caller: caller, Timeout: h.o.Timeout, Rollback: s.RollbackAll}
	prefer, err := parsePrefer(r.Header["Prefer"])
	if err != nil {
		return err
	}
	if s.AllowRollback && prefer.tx != "" {
		o.Rollback = prefer.tx == "rollback"
		a.head.Set("Preference-Applied", "tx="+prefer.tx)
	}
	parts, err := h.parts(r, body, cat, s, caller)
	defer func() {
		for _, p := range parts {
			if p.answer != nil {
				p.answer.release()
			}
		}
	}()
	o.Snapshot = slices.ContainsFunc(parts, func(p *part) bool { return p.job != nil && p.job.q.conditional() })
	failed := (*partError)(nil)
	_ = errors.As(err, &failed)
	f := func(tx engine.Tx, to *answer) (failure error) {
		if err != nil {
			return err
		}
		failed, failure = h.runParts(r, tx, to, parts)
		return failure
	}
	switch {
	case repeatable(r): // what cannot be read or planned any more may have been answered before
		o.ReadOnly = err == nil && !slices.ContainsFunc(parts, func(p *part) bool { return !p.job.reads() })
		err = h.once(r.Context(), r, a, o, body, f)
	case err == nil:
		o.ReadOnly = !slices.ContainsFunc(parts, func(p *part) bool { return !p.job.reads() })
		run := func(tx engine.Tx) error {
			a.buf = a.buf[:0]
			return f(tx, a)
		}
		err = h.engine.Transact(r.Context(), o, run)
		if o.ReadOnly && fault.Code(err) == fault.ReadOnlyTransaction && slices.ContainsFunc(parts, func(p *part) bool { return !p.job.q.statement.ReadOnly }) {
			o.ReadOnly = false // a function that says it only reads has called one that writes
			err = h.engine.Transact(r.Context(), o, run)
		}
	}
	if err != nil && failed != nil && fault.Code(err) == fault.Code(failed.err) { // else the batch was ended otherwise: by its key, or by a later attempt
		a.which = failed.members()
		err = failed.err
	}
	return err
}

// parts reads and plans the requests of a batch.
func (h *Handler) parts(r *http.Request, body []byte, cat *catalog.Catalog, s *settings, caller query.Caller) ([]*part, error) {
	whole := *s
	whole.AllowRollback, whole.RollbackAll = false, false // that is the batch's
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	notBatch := func(err error) error {
		f := badBatch("the body is not an array of requests").WithHint(`A request is {"method": "POST", "path": "/products", "headers": {}, "body": {}, "id": "a"}; headers, body and id may be left out.`)
		if err != nil {
			f = f.WithDetail("%s", strings.TrimPrefix(err.Error(), "json: "))
		}
		return f
	}
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return nil, notBatch(nil)
	}
	var parts []*part
	for d.More() {
		if len(parts) == h.o.Limits.Batch {
			return nil, badBatch("the batch has more than %d requests", h.o.Limits.Batch).WithStatus(http.StatusRequestEntityTooLarge)
		}
		p := &part{}
		if err := d.Decode(p); err != nil {
			return nil, notBatch(err)
		}
		parts = append(parts, p)
	}
	if _, err := d.Token(); err != nil {
		return nil, notBatch(nil)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, notBatch(nil)
	}
	if len(parts) == 0 {
		return nil, badBatch("the batch has no requests")
	}
	for i, p := range parts {
		if err := h.part(r, p, cat, &whole, caller); err != nil {
			return nil, &partError{i, p.ID, err}
		}
	}
	return parts, nil
}

// partHeaders are those that a request of a batch may have of its own. Who asks, and what proxies say of the client, is the batch's.
var partHeaders = []string{"Accept", "Accept-Profile", "Content-Profile", "Content-Type", "If-Match", "If-None-Match", "Prefer", "Range", "Range-Unit"}

// maxID bounds the id of a request of a batch, in bytes.
const maxID = 200

// part reads and plans one request of a batch.
func (h *Handler) part(r *http.Request, p *part, cat *catalog.Catalog, s *settings, caller query.Caller) error {
	if string(p.ID) == "null" {
		p.ID = nil
	}
	if p.ID != nil && (len(p.ID) > maxID || strings.IndexByte(`"-0123456789`, p.ID[0]) < 0 || !utf8.Valid(p.ID)) {
		p.ID = nil // which is not to be repeated
		return badBatch("the id is not a text or number of at most %d bytes", maxID)
	}
	target, err := url.ParseRequestURI(p.Path)
	if err != nil || !strings.HasPrefix(p.Path, "/") || strings.HasPrefix(p.Path, "//") || strings.Contains(p.Path, "#") {
		return badBatch("the path does not begin with / or is not well formed").WithHint("Paths are those below the API's root, such as /products?id=eq.1.")
	}
	if err := h.fits(target); err != nil {
		return err
	}
	head := r.Header.Clone()
	for _, name := range append([]string{"Content-Length", keyHeader}, partHeaders...) {
		head.Del(name)
	}
	for name, v := range p.Headers {
		if !slices.Contains(partHeaders, http.CanonicalHeaderKey(name)) {
			return badBatch("a request of a batch cannot have the header %s", http.CanonicalHeaderKey(name)).
				WithHint("Send it with the batch. A request may have: %s.", strings.Join(partHeaders, ", "))
		}
		head.Set(name, v)
	}
	body, err := p.payload(head)
	if err != nil {
		return err
	}
	own := (&http.Request{Method: p.Method, URL: target, Header: head, Host: r.Host, RemoteAddr: r.RemoteAddr, Body: http.NoBody}).WithContext(r.Context())
	if len(body) > 0 {
		own.Body, own.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	if h.isBatch(own, cat) {
		return badBatch("a batch cannot hold a batch")
	}
	asks, err := h.o.CallerOf(own)
	if err != nil {
		return err
	}
	if !sameCaller(&asks, &caller) {
		return badBatch("a request of a batch has the batch's caller").WithHint("Send credentials with the batch.")
	}
	if p.job, err = h.prepare(own, &answer{}, cat, s, asks); err != nil { // the time that it takes is the batch's
		return err
	}
	if h.settings(cat).AllowRollback && p.job.q.prefer.tx != "" {
		return badBatch("how the transaction ends is said of the batch, not of its requests")
	}
	return nil
}

// payload is the body of a part as bytes: JSON as it is, and for other types the text. null is none.
func (p *part) payload(head http.Header) ([]byte, error) {
	if len(p.Body) == 0 || string(p.Body) == "null" {
		return nil, nil
	}
	kind := head.Get("Content-Type")
	if kind == "" {
		head.Set("Content-Type", "application/json")
		return p.Body, nil
	}
	if isJSON(kind) {
		return p.Body, nil
	}
	var text string
	if err := json.Unmarshal(p.Body, &text); err != nil {
		return nil, badBatch("the body of type %s is not a text", kind)
	}
	return []byte(text), nil
}

// isJSON says whether a media type's content is JSON.
func isJSON(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	return kind == "application/json" || strings.HasSuffix(kind, "+json")
}

// runParts runs the requests of a batch in its transaction and writes their answers.
func (h *Handler) runParts(r *http.Request, tx engine.Tx, to *answer, parts []*part) (*partError, error) {
	var total int64
	for i, p := range parts {
		if p.answer != nil {
			p.answer.release() // the transaction begins anew
		}
		p.answer = newAnswer(http.Header{})
		err := h.run(r.Context(), scope{h.engine, tx, max(1, h.o.Limits.Answer-total)}, p.answer, p.job)
		f := fault.As(err)
		if total += int64(len(p.answer.buf)); err == nil && total > h.o.Limits.Answer || i > 0 && f != nil && f.Code == fault.ProgramLimit && f.Status == http.StatusRequestEntityTooLarge {
			err = h.largeBatch()
		}
		if err != nil {
			return &partError{i, p.ID, err}, err
		}
	}
	to.status = http.StatusOK
	to.head["Content-Type"] = jsonKind
	b := append(to.buf[:0], '[')
	total = 0
	for i, p := range parts {
		if i > 0 {
			b = append(b, ",\n "...)
		}
		body := 0
		b, body = p.append(b)
		p.answer.release() // so that no body is there twice for long
		p.answer = nil
		if total += int64(body); total > h.o.Limits.Answer { // bytes and control characters are longer as JSON
			return nil, h.largeBatch()
		}
	}
	to.buf = append(b, ']')
	return nil, nil
}

func (h *Handler) largeBatch() error {
	return fault.New(fault.ProgramLimit, "the answers of the batch are larger than %d bytes", h.o.Limits.Answer).WithStatus(http.StatusRequestEntityTooLarge)
}

// append writes the part's answer, and says how long its body is. The names of its headers are in lower case, so that who reads the object need not know how each is written.
func (p *part) append(b []byte) ([]byte, int) {
	a := p.answer
	b = append(b, '{')
	if p.ID != nil {
		b = append(append(append(b, `"id":`...), p.ID...), ',')
	}
	b = strconv.AppendInt(append(b, `"status":`...), int64(a.status), 10)
	b = append(b, `,"headers":{`...)
	names := make([]string, 0, len(a.head))
	for name := range a.head {
		if name != "Vary" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, strings.ToLower(name)), ':')
		b = appendString(b, strings.Join(a.head[name], ", "))
	}
	b = append(b, `},"body":`...)
	from := len(b)
	switch {
	case len(a.buf) == 0 || p.Method == http.MethodHead:
		b = append(b, "null"...)
	case isJSON(a.head.Get("Content-Type")) && json.Valid(a.buf):
		b = append(b, a.buf...)
	case utf8.Valid(a.buf):
		b = appendString(b, string(a.buf))
	default:
		b = appendString(b, base64.StdEncoding.EncodeToString(a.buf))
		b = append(b, `,"encoding":"base64"`...)
	}
	return append(b, '}'), len(b) - from
}
