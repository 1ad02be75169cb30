package rest

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// A request is what an HTTP request asks, and how it wants the answer.
type request struct {
	statement            query.Statement
	prefer               preferences
	media                media
	method               string
	name                 string // of the table or function
	call                 bool
	location             string // canonical query string of a read, for Content-Location
	profile              string // schema to name in Content-Profile; "" when none was negotiated
	ends                 bool   // the client may say how the transaction ends
	limit                int64  // of the top level, -1 none
	offset               int64
	maxRows              int64    // the door's cap, -1 none
	maxNested            int64    // of embedded resources
	nested               bool     // the payload may hold rows of other tables
	columns              []string // the parameter of that name, of a nested write
	ifMatch, ifNoneMatch *tags    // the request's conditions; nil for none
	raw                  []byte   // the payload as it came
	paged                *page    // of a read in pages by cursor; nil for none
	legacy               []string // embeds that parameters named by their target though they have an alias
}

// schema is the schema that the profile headers choose, and whether it is to be named in the answer.
func (h *Handler) schema(r *http.Request) (string, bool, error) {
	key := "Content-Profile"
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		key = "Accept-Profile"
	}
	want := r.Header.Get(key)
	if want == "" {
		return h.o.Schemas[0], len(h.o.Schemas) > 1, nil
	}
	if !slices.Contains(h.o.Schemas, want) {
		return "", false, fault.New("PGRST106", "Invalid schema: %s", want).
			WithHint("Only the following schemas are exposed: %s", strings.Join(h.o.Schemas, ", ")).WithStatus(http.StatusNotAcceptable)
	}
	return want, true, nil
}

// parse reads a request.
func (h *Handler) parse(r *http.Request, s *settings) (*request, error) {
	path := r.URL.Path
	if isRoot(path) && h.o.OpenAPI.RootSpec != "" {
		path = "/rpc/" + h.o.OpenAPI.RootSpec
	}
	name, call, err := target(path)
	if err != nil {
		return nil, err
	}
	switch {
	case r.Method == http.MethodGet, r.Method == http.MethodHead, r.Method == http.MethodPost:
	case call:
		return nil, fault.New("PGRST101", "Cannot use the %s method on RPC", r.Method).WithStatus(http.StatusMethodNotAllowed)
	case r.Method != http.MethodPatch && r.Method != http.MethodPut && r.Method != http.MethodDelete:
		return nil, fault.New("PGRST117", "Unsupported HTTP method: %s", r.Method).WithStatus(http.StatusMethodNotAllowed)
	}
	q := &request{method: r.Method, name: name, call: call}
	st := &q.statement
	named := false
	if st.Schema, named, err = h.schema(r); err != nil {
		return nil, err
	}
	if named {
		q.profile = st.Schema
	}
	if err = q.conditions(r.Header); err != nil {
		return nil, err
	}
	if call && r.Method == http.MethodPost && (q.ifMatch != nil || q.ifNoneMatch != nil) {
		return nil, fault.New(codeCondition, "functions called by POST take no If-Match and no If-None-Match").
			WithHint("What such a call does has no entity tag: let the function compare what it is about to change.").WithStatus(http.StatusBadRequest)
	}
	if q.prefer, err = parsePrefer(r.Header["Prefer"]); err != nil {
		return nil, err
	}
	if isRoot(r.URL.Path) {
		_, err = negotiateRoot(r.Header["Accept"])
	} else {
		q.media, err = negotiate(r.Header["Accept"], s.Plans)
		if s.handlers { // the plan chooses among its own forms and ours
			if st.Media, err = acceptedNames(r.Header["Accept"]), nil; q.media.explain != nil {
				st.Media = []string{q.media.forType}
			}
		}
	}
	if err != nil {
		return nil, err
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	list, err := pairs(r.URL.RawQuery, &h.o.Limits)
	if err != nil {
		return nil, err
	}
	if list, err = q.readPage(list, reads); err != nil {
		return nil, err
	}
	p, err := h.o.Limits.parameters(list, call && reads)
	if err != nil {
		return nil, err
	}
	if s.AliasesOnly && len(p.legacy) > 0 {
		return nil, errNotEmbedded(p.legacy[0]).WithDetail("The embedded resource '%s' has an alias, by which parameters have to name it.", p.legacy[0])
	}
	q.limit, q.offset, q.legacy, q.maxRows = p.limit, p.offset, p.legacy, -1
	if s.MaxRows > 0 {
		q.maxRows = s.MaxRows
	}
	if q.maxNested = q.maxRows; q.media.kind == asLines && s.MaxExportRows > 0 {
		q.maxRows = s.MaxExportRows
	}
	if reads {
		q.location = canonical(list)
		if err := q.rangeHeader(r.Header.Get("Range")); err != nil {
			return nil, err
		}
	}
	st.Count = q.prefer.count
	st.ReadOnly = reads
	st.TimeZone = q.prefer.timezone
	st.MaxAffected = -1
	if q.prefer.strict {
		st.MaxAffected = q.prefer.maxAffected
	}
	st.Rollback = s.RollbackAll
	if q.ends = s.AllowRollback; q.ends && q.prefer.tx != "" {
		st.Rollback = q.prefer.tx == "rollback"
	}

	payload := &payload{}
	if !reads && r.Method != http.MethodDelete {
		body, err := h.body(r)
		if err != nil {
			return nil, err
		}
		q.raw = body
		q.nested, q.columns = q.prefer.nested != "" && nestable(r.Method, call), p.columns
		if q.nested {
			payload, err = nestedPayload(r.Header.Get("Content-Type"), body)
		} else {
			payload, err = readPayload(r.Header.Get("Content-Type"), body, p.columns, call, r.Method == http.MethodPatch || r.Method == http.MethodPut)
		}
		if err != nil {
			return nil, err
		}
	}
	st.Body, st.Fields = payload.body, payload.fields

	if r.Method == http.MethodPut && p.hasLimit {
		return nil, fault.New("PGRST114", "limit/offset querystring parameters are not allowed for PUT")
	}
	if reads || call {
		q.page(p)
	}
	capRows(&p.node, q.maxNested)
	p.node.MaxRows = q.maxRows
	if err := q.limitPage(p, r.Header.Get("Range") != ""); err != nil {
		return nil, err
	}
	st.Values = p.values
	switch {
	case call:
		st.Invoke = &query.Invoke{Function: name, Args: p.args, Keys: payload.keys, SingleBody: payload.kind, Node: p.node}
	case reads:
		st.Read = &query.Read{Relation: name, Node: p.node}
	default:
		w := &query.Write{Relation: name, Columns: payload.keys, Bulk: payload.bulk, Defaults: q.prefer.missing == "default", OnConflict: p.onConflict, Node: p.node}
		w.Returning = q.prefer.ret == "representation"
		if h.o.RequireFilter && !p.hasFilters && (r.Method == http.MethodPatch || r.Method == http.MethodDelete) {
			return nil, fault.New("21000", "%s requires a WHERE clause", map[string]string{http.MethodPatch: "UPDATE", http.MethodDelete: "DELETE"}[r.Method])
		}
		switch r.Method {
		case http.MethodPatch:
			w.Action = query.Update
		case http.MethodDelete:
			w.Action = query.Delete
		case http.MethodPut:
			w.Action = query.Put
		default:
			w.Keys = q.prefer.ret == "headers-only"
			switch q.prefer.resolution {
			case "merge-duplicates":
				w.Action = query.Upsert
			case "ignore-duplicates":
				w.Action = query.IgnoreDuplicates
			}
		}
		st.Write = w
	}
	return q, nil
}

// page puts the limits of the top level, from the query string and the Range header, into the statement.
func (q *request) page(p *parameters) {
	if q.limit >= 0 {
		p.node.Limit = p.number(q.limit)
	}
	if q.offset > 0 {
		p.node.Offset = p.number(q.offset)
	}
}

func capRows(n *query.Node, most int64) {
	n.MaxRows = most
	for i := range n.Select {
		if e := n.Select[i].Embed; e != nil {
			capRows(&e.Node, most)
		}
	}
}

// rangeHeader narrows limit and offset by a Range header: first-last, counted from 0, last included.
func (q *request) rangeHeader(s string) error {
	if s == "" || q.method != http.MethodGet {
		return nil
	}
	s = strings.TrimPrefix(s, "items=")
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		return nil
	}
	first, err1 := strconv.ParseInt(from, 10, 64)
	last, err2 := strconv.ParseInt(to, 10, 64)
	if err1 != nil || first < 0 || to != "" && (err2 != nil || last < 0) {
		return nil // not a range of items: ignored, as RFC 9110 14.2 wants of units that are not known
	}
	if to != "" && last < first {
		return rangeError("The lower boundary must be lower than or equal to the upper boundary in the Range header.")
	}
	end := int64(-1) // exclusive
	if q.limit >= 0 {
		end = q.offset + q.limit
	}
	q.offset = max(q.offset, first)
	if to != "" && last < math.MaxInt64 && (end < 0 || last+1 < end) {
		end = last + 1
	}
	if end >= 0 {
		q.limit = max(0, end-q.offset)
	}
	return nil
}

// canonical is the query string with its parameters sorted by name, as Content-Location shows it.
func canonical(list []pair) string {
	if len(list) == 0 {
		return ""
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	var b []byte
	for i, p := range sorted {
		b = append(b, "?&"[min(i, 1)])
		b = escape(b, p.key)
		b = append(b, '=')
		b = escape(b, p.value)
	}
	return string(b)
}

// escape percent-encodes all but RFC 3986's unreserved characters.
func escape(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~' {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}
