package rest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// An answer receives a result and becomes the response. It is the engine's Sink.
type answer struct {
	head   http.Header
	status int
	buf    []byte
	q      *request
	p      *plan.Plan
	rows   int64
	most   int64 // bytes of the body, bound
	cols   []plan.Column
	vary   []string // ours and the gateway's
	bodied bool
	counts bool // rows are counted, and make no body
	// quoteFormulas: see Options.
	quoteFormulas bool
	cut           bool // an embedded resource has as many rows as the cap allows
	timing        *timing
	began         time.Time
	which         []byte // of a batch: what an error's object says of the request that failed
	// noLength leaves Content-Length out.
	noLength bool
	keys     []string // text of the hidden key columns of the only row
	merges   bool     // the write had a key by which rows may have been there
	tagger   *tagger  // nil: no entity tag
	part     string   // what Content-Range tells beyond the rows: "" where they are all from the first on, and were not counted
	sum      [32]byte // scratch
	cursors  *cursors
	more     bool         // of a page: there are rows behind it
	last     []plan.Value // the values that its last row is ordered by
	w        http.ResponseWriter
	again    []byte  // an answer's body that was kept, in the place of buf; never changed
	stream   *stream // nil: the body is held until the transaction has ended
}

var answers = sync.Pool{New: func() any { return &answer{buf: make([]byte, 0, 16<<10)} }}

const keptBuffer = 1 << 20 // larger buffers are not pooled

// newAnswer makes an answer that adds its headers to head.
func newAnswer(head http.Header) *answer {
	a := answers.Get().(*answer)
	*a = answer{head: head, buf: a.buf[:0]}
	a.vary = vary
	if by := head["Vary"]; by != nil {
		a.vary = append(slices.Clip(by), vary...)
	}
	a.head["Vary"] = a.vary
	return a
}

// Header values that most answers share. Never changed: their capacity is their length, so that Add copies them.
var (
	vary     = []string{"Accept, Prefer, Range", "Authorization, apikey, Accept-Profile"} // the dialect's, and who asks of what
	private  = []string{"private"}
	jsonKind = []string{jsonType}
)

func (a *answer) release() {
	*a = answer{buf: a.buf}
	if cap(a.buf) <= keptBuffer {
		answers.Put(a)
	}
}

func (a *answer) start(q *request, p *plan.Plan, most int64) {
	a.q, a.p, a.most = q, p, most
	a.cols = p.Columns()
	if q.paged != nil {
		a.cols = a.cols[:slices.IndexFunc(a.cols, func(c plan.Column) bool { return c.Hidden })]
	}
	a.merges = p.OnConflict()
	w := q.statement.Write
	a.bodied = w == nil || w.Returning || q.media.explain != nil
	if q.media.kind == asLines && q.method == http.MethodHead && a.tagless() {
		a.counts, a.noLength = true, true
	}
}

// Row adds a row to the body. What is held in memory has a bound.
func (a *answer) Row(r engine.Row) error {
	if int64(len(a.buf)) > a.most {
		return fault.New(fault.ProgramLimit, "the answer is larger than %d bytes", a.most).WithHint("Ask for fewer rows or columns, with limit and select.").WithStatus(http.StatusRequestEntityTooLarge)
	}
	if a.q.paged != nil && a.q.media.explain == nil && !a.mark(r) {
		return nil
	}
	a.rows++
	w := a.q.statement.Write
	if w != nil && w.Keys && a.q.media.explain == nil {
		a.keys = a.keys[:0]
		for i := range a.cols {
			a.keys = append(a.keys, string(r.AppendText(nil, i)))
		}
		return nil
	}
	if !a.bodied || a.counts {
		return nil
	}
	switch a.q.media.kind {
	case asPlan:
		if a.rows > 1 {
			a.buf = append(a.buf, '\n')
		}
		a.buf = r.AppendText(a.buf, 0)
		return nil
	case asHandled:
		if a.cols[0].Type.OID != catalog.ByteaOID {
			a.buf = r.AppendText(a.buf, 0)
			return nil
		}
		return a.octets(r)
	case asCSV:
		a.csvRow(r)
		return nil
	case asText, asXML:
		a.buf = r.AppendText(a.buf, 0)
		return nil
	case asOctets:
		return a.octets(r)
	case asLines:
		return a.line(r)
	}
	switch shape := a.p.Shape(); shape {
	case plan.Void:
		return nil
	case plan.Scalar, plan.ScalarSet:
		if a.rows > 1 {
			a.buf = append(a.buf, ", "...)
		}
		a.buf = r.AppendJSON(a.buf, 0)
		return nil
	}
	if a.rows > 1 {
		a.buf = append(a.buf, ", \n "...)
	}
	a.object(r)
	return nil
}

// object adds a row as an object.
func (a *answer) object(r engine.Row) {
	start := len(a.buf)
	a.buf = append(a.buf, '{')
	for i := range a.cols {
		if i > 0 {
			a.buf = append(a.buf, ',')
		}
		a.buf = append(a.buf, a.cols[i].Key...)
		from := len(a.buf)
		a.buf = r.AppendJSON(a.buf, i)
		if a.cols[i].Embedded && a.q.maxNested >= 0 && !a.cut {
			a.cut = fullArray(a.buf[from:], a.q.maxNested)
		}
	}
	a.buf = append(a.buf, '}')
	if a.q.media.stripped {
		row := string(a.buf[start:])
		a.buf = appendStripped(a.buf[:start], row)
	}
}

// octets adds the bytes of a bytea.
func (a *answer) octets(r engine.Row) error {
	text := r.AppendText(nil, 0)
	raw, err := hex.AppendDecode(a.buf, bytes.TrimPrefix(text, []byte(`\x`)))
	if err != nil {
		return fmt.Errorf("bytea %.20q: %w", text, err)
	}
	a.buf = raw
	return nil
}

// csvRow adds a line, after the header line before the first.
func (a *answer) csvRow(r engine.Row) {
	if a.rows == 1 {
		for i := range a.cols {
			if i > 0 {
				a.buf = append(a.buf, ',')
			}
			a.buf = append(a.buf, a.cols[i].Name...)
		}
	}
	a.buf = append(a.buf, '\n')
	for i := range a.cols {
		if i > 0 {
			a.buf = append(a.buf, ',')
		}
		if r.IsNull(i) {
			continue
		}
		start := len(a.buf)
		a.buf = r.AppendText(a.buf, i)
		if a.quoteFormulas && len(a.buf) > start && strings.IndexByte("=+-@\t\r", a.buf[start]) >= 0 && !numeric(a.cols[i].Type.OID) {
			a.buf = slices.Insert(a.buf, start, '\'')
		}
		text := a.buf[start:]
		if len(text) > 0 && !strings.ContainsAny(string(text), "\"\\(), \t\n\r\v\f") {
			continue
		}
		quoted := []byte{'"'}
		for _, c := range text {
			if c == '"' || c == '\\' {
				quoted = append(quoted, c)
			}
			quoted = append(quoted, c)
		}
		a.buf = append(append(a.buf[:start], quoted...), '"')
	}
}

// numeric says whether a type's text is a number: a minus begins no formula then.
func numeric(t catalog.OID) bool {
	switch t {
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.NumericOID, catalog.Float4OID, catalog.Float8OID:
		return true
	}
	return false
}

// End checks what the request demanded of the result, and completes status, headers and body. Its error rolls back.
func (a *answer) End(o engine.Outcome) error {
	q := a.q
	st := &q.statement
	if q.media.explain != nil {
		a.status = http.StatusOK
		a.head["Content-Type"] = []string{q.media.contentType()}
		return nil
	}
	o.Total = q.total(&o, a.rows)
	affected := o.Rows
	if a.rows > 0 {
		affected = a.rows
	}
	set := a.p.Shape() == plan.Rows
	if st.MaxAffected >= 0 && (st.Write != nil && st.Write.Action >= query.Update || st.Invoke != nil) {
		if st.Invoke != nil && a.p.Shape() != plan.Rows && a.p.Shape() != plan.ScalarSet {
			return fault.New("PGRST128", "Function must return SETOF or TABLE when max-affected preference is used with handling=strict")
		}
		if affected > st.MaxAffected {
			return fault.New("PGRST124", "Query result exceeds max-affected preference constraint").WithDetail("The query affects %d rows", affected)
		}
	}
	if st.Write != nil && st.Write.Action == query.Put && affected != 1 {
		return fault.New("PGRST115", "Payload values do not match URL in primary key column(s)")
	}
	count := a.rows
	if st.Write != nil {
		count = affected
	}
	if st.Singular && set && count != 1 {
		return fault.New("PGRST116", "Cannot coerce the result to a single JSON object").WithDetail("The result contains %d rows", count).WithStatus(http.StatusNotAcceptable)
	}
	if a.stream != nil && a.stream.begun {
		return a.endStream(&o)
	}
	if err := a.allNew(&o, affected); err != nil {
		return err
	}
	if err := a.describe(o, affected); err != nil {
		return err
	}
	if err := a.turn(); err != nil {
		return err
	}
	a.warnings(&o)
	a.enclose()
	if err := a.settings(o.Settings); err != nil {
		return err
	}
	return a.tag()
}

// isSet says whether the answer is a list.
func (a *answer) isSet() bool {
	s := a.p.Shape()
	return s == plan.Rows || s == plan.ScalarSet
}

// total is the total to tell: an estimated one is exact up to the cap of rows. It is never less than the rows that are there.
func (q *request) total(o *engine.Outcome, rows int64) int64 {
	switch q.statement.Count {
	case query.PlannedCount:
		if o.Estimate < 0 {
			return o.Total
		}
		return max(o.Estimate, q.seen(rows))
	case query.EstimatedCount:
		if q.maxRows >= 0 && o.Total > q.maxRows {
			return max(o.Total, o.Estimate, q.seen(rows))
		}
	}
	return o.Total
}

// seen is how many rows there are at least, where some are shown.
func (q *request) seen(rows int64) int64 {
	if rows == 0 {
		return 0
	}
	return q.offset + rows
}

// warn tells of what an unaware client would not notice (RFC 7234 5.5, code 299).
func (a *answer) warn(format string, args ...any) {
	a.head["Warning"] = append(a.head["Warning"], `299 - "`+fmt.Sprintf(format, args...)+`"`)
}

// warnings says what was cut, and what will be an error one day.
func (a *answer) warnings(o *engine.Outcome) {
	q := a.q
	for _, name := range q.legacy {
		a.warn("The embedded resource '%s' has an alias, which parameters should use", strings.NewReplacer(`"`, "'", "\r", " ", "\n", " ").Replace(name))
	}
	if q.maxRows < 0 || q.statement.Write != nil {
		return
	}
	if a.isSet() && q.paged == nil && a.rows >= q.maxRows && (q.limit < 0 || q.limit > q.maxRows) && (o.Total < 0 || o.Total > q.offset+a.rows) {
		a.warn("The answer was cut at %d rows, the most that this server gives; ask for the rest with limit and offset", q.maxRows)
	} else if a.cut {
		a.warn("An embedded resource was cut at %d rows, the most that this server gives", q.maxNested)
	}
}

// enclose puts the brackets around the rows.
func (a *answer) enclose() {
	shape := a.p.Shape()
	switch {
	case !a.bodied || shape == plan.Void || a.status == http.StatusNoContent:
		a.buf = a.buf[:0]
		return
	case a.q.media.kind >= asOctets: // one value, as it is
	case a.q.media.kind == asCSV:
		if a.rows == 0 {
			a.buf = append(a.buf, '\n')
		}
	case shape == plan.ScalarSet, shape == plan.Rows && !a.q.statement.Singular:
		a.buf = append(a.buf, "[]"...)
		copy(a.buf[1:len(a.buf)-1], a.buf[:len(a.buf)-2])
		a.buf[0] = '['
		a.buf[len(a.buf)-1] = ']'
	case len(a.buf) == 0:
		a.buf = append(a.buf, "null"...)
	}
	if kind := a.contentType(); kind == jsonType {
		a.head["Content-Type"] = jsonKind
	} else {
		a.head.Set("Content-Type", kind)
	}
}

func (a *answer) contentType() string {
	if s := a.p.Shape(); s != plan.Rows && s != plan.Object && s != plan.Handled {
		if a.q.media.kind != asJSON {
			return a.q.media.contentType()
		}
		return jsonType
	}
	return a.q.media.contentType()
}

// describe sets the status and the headers that tell of the result.
func (a *answer) describe(o engine.Outcome, affected int64) error {
	q := a.q
	st := &q.statement
	total := "*"
	if o.Total >= 0 && st.Count != query.NoCount {
		total = strconv.FormatInt(o.Total, 10)
	}
	w := st.Write
	if q.profile != "" {
		a.head.Set("Content-Profile", q.profile)
	}
	if v := q.applied(a.merges && w.Action != query.Put); v != "" {
		a.head.Set("Preference-Applied", v)
	}
	if w == nil {
		return a.describeRead(o, total)
	}
	if st.Count != query.NoCount {
		total = strconv.FormatInt(affected, 10)
	}
	a.status = http.StatusNoContent
	if w.Returning {
		a.status = http.StatusOK
	}
	switch w.Action {
	case query.Update:
		a.head.Set("Content-Range", contentRange(0, affected, total))
	case query.Delete:
		a.head.Set("Content-Range", "*/"+total)
	case query.Put:
		if w.Returning && o.Inserted > 0 {
			a.status = http.StatusCreated
		}
	default:
		a.head.Set("Content-Range", "*/"+total)
		a.status = http.StatusCreated
		if w.Action == query.Upsert && (o.Inserted == 0 || affected == 0) {
			a.status = http.StatusOK
		}
		if w.Keys && a.rows == 1 && len(a.keys) > 0 {
			b := append([]byte("/"), escape(nil, q.name)...)
			for i, c := range a.cols {
				b = append(b, "?&"[min(i, 1)])
				b = append(escape(b, c.Name), "=eq."...)
				b = escape(b, a.keys[i])
			}
			a.head.Set("Location", string(b))
		}
	}
	return nil
}

func (a *answer) describeRead(o engine.Outcome, total string) error {
	q := a.q
	a.status = http.StatusOK
	a.locate()
	switch a.p.Shape() {
	case plan.Void:
		a.status = http.StatusNoContent
		return nil
	case plan.Rows, plan.ScalarSet:
		if total != "*" {
			switch {
			case q.offset > o.Total && q.offset > 0 && q.paged == nil:
				a.head.Set("Content-Range", "*/"+total)
				return rangeError("An offset of " + strconv.FormatInt(q.offset, 10) + " was requested, but there are only " + total + " rows.")
			case a.rows < o.Total:
				a.status = http.StatusPartialContent
			}
		}
		r := contentRange(q.offset, a.rows, total)
		if q.offset > 0 || total != "*" {
			a.part = r
		}
		a.head["Content-Range"] = []string{r}
	default:
		if st := &q.statement; st.Count == query.NoCount {
			a.head.Set("Content-Range", "0-0/*")
		} else {
			a.head.Set("Content-Range", "0-0/1")
		}
	}
	return nil
}

// locate tells a read's canonical URL.
func (a *answer) locate() {
	q := a.q
	if q.method == http.MethodPost {
		return
	}
	b := make([]byte, 0, 8+len(q.name)+len(q.location))
	b = append(b, '/')
	if q.call {
		b = append(b, "rpc/"...)
	}
	a.head["Content-Location"] = []string{string(append(escape(b, q.name), q.location...))}
}

// fullArray says whether an array within the JSON text has max elements or more. What is too short for that many rows is not looked at.
func fullArray(text []byte, most int64) bool {
	const least = 3 // bytes of an element and its comma
	if int64(len(text)) < most*least {
		return false
	}
	var counts []int64
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[', c == '{':
			counts = append(counts, 0)
			if c == '[' && i+1 < len(text) && text[i+1] != ']' {
				counts[len(counts)-1] = 1
			}
		case c == ',' && len(counts) > 0:
			if counts[len(counts)-1] > 0 {
				counts[len(counts)-1]++
			}
		case (c == ']' || c == '}') && len(counts) > 0:
			if counts[len(counts)-1] >= most {
				return true
			}
			counts = counts[:len(counts)-1]
		}
	}
	return false
}

func contentRange(from, n int64, total string) string {
	if n == 0 {
		return "*/" + total
	}
	b := make([]byte, 0, 32)
	b = strconv.AppendInt(b, from, 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, from+n-1, 10)
	return string(append(append(b, '/'), total...))
}

// settings takes over response.status and response.headers, which SQL may set.
func (a *answer) settings(s map[string]string) error {
	if v := s["response.status"]; v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 200 || n > 999 {
			return fault.New("PGRST112", "response.status guc must be a valid status code").WithStatus(500)
		}
		a.status = n
	}
	v := s["response.headers"]
	if v == "" {
		return nil
	}
	var list []map[string]string
	bad := fault.New("PGRST111", "response.headers guc must be a JSON array composed of objects with a single key and a string value").WithStatus(500)
	if json.Unmarshal([]byte(v), &list) != nil {
		return bad
	}
	seen := map[string]bool{}
	for _, h := range list {
		if len(h) != 1 {
			return bad
		}
		for k, v := range h {
			if key := http.CanonicalHeaderKey(k); !seen[key] {
				seen[key] = true
				a.head.Set(key, v)
			} else {
				a.head.Add(key, v)
			}
		}
	}
	return nil
}

// send writes the response.
func (a *answer) send(w http.ResponseWriter, headOnly bool) {
	body := a.buf
	if a.again != nil {
		body = a.again
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified && !a.noLength {
		a.head["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(a.status)
	if !headOnly && len(body) > 0 {
		_, _ = w.Write(body) // a client that went away needs no answer
	}
}
