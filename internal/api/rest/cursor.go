package rest

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

const (
	// cursorParam is where the link to the next page has its cursor. No filter begins with a tilde.
	cursorParam  = "~cursor"
	cursorHeader = "Next-Cursor"
	// codeCursor is the code of what is wrong with pages by cursor.
	codeCursor = "MS400"
	// maxCursor bounds what a cursor holds, in bytes: it has to fit into a header.
	maxCursor = 4 << 10
)

// A page is a request for a part of a table that begins behind the last row of the one before (decision 0018).
type page struct {
	token string
	query string // what the cursor is bound to, of the URL
	limit int64  // rows of the page, -1 for all
	bound [32]byte
}

// readPage takes the wish for pages out of a read's parameters and preferences.
func (q *request) readPage(list []pair, reads bool) ([]pair, error) {
	i := slices.IndexFunc(list, func(p pair) bool { return p.key == cursorParam })
	if !reads || i < 0 && !q.prefer.cursor {
		return list, nil
	}
	if q.call {
		if i < 0 {
			return list, errCursor("results of functions cannot be read in pages by a cursor")
		}
		return list, nil // an argument, as everything that is no filter
	}
	q.paged = &page{token: q.prefer.cursorToken}
	if i >= 0 {
		q.paged.token = list[i].value
		list = slices.Delete(slices.Clone(list), i, i+1)
	}
	q.paged.query = canonical(slices.DeleteFunc(slices.Clone(list), func(p pair) bool { return p.key == "limit" }))
	return list, nil
}

func errCursor(message string) *fault.Error { return fault.New(codeCursor, "%s", message) }

// limitPage asks for one row more than the page has, which tells whether there is a next one.
func (q *request) limitPage(p *parameters, ranged bool) error {
	g := q.paged
	if g == nil {
		return nil
	}
	if q.offset > 0 || ranged {
		return errCursor("pages by a cursor have no offset").WithHint("Leave out offset and Range: the cursor says where the page begins.")
	}
	g.limit = q.limit
	if q.maxRows >= 0 && (g.limit < 0 || g.limit > q.maxRows) {
		g.limit = q.maxRows
	}
	p.node.MaxRows = -1
	if g.limit == math.MaxInt64 {
		g.limit = -1
	}
	if g.limit >= 0 {
		p.node.Limit = p.number(g.limit + 1)
	}
	return nil
}

// turn puts the place where a page begins into the statement. A cursor is good for who got it, for the query that it came from, and for a while.
func (h *Handler) turn(q *request, caller *query.Caller) error {
	g := q.paged
	if g == nil {
		return nil
	}
	st := &q.statement
	g.bound = sumOf("cursor", caller.Role, caller.Subject, st.Schema, q.name, g.query)
	st.Read.Keyset = &query.Keyset{}
	if g.token == "" {
		return nil
	}
	seen, values, err := h.cursors.open(g.bound, g.token)
	if err != nil {
		return err
	}
	q.offset = seen
	for _, v := range values {
		ref := query.ValueRef(-1)
		if !v.Null {
			ref = query.ValueRef(len(st.Values))
			st.Values = append(st.Values, v.Text)
		}
		st.Read.Keyset.After = append(st.Read.Keyset.After, ref)
	}
	return nil
}

// mark notes the last row of a page; it is false for a row beyond.
func (a *answer) mark(r engine.Row) bool {
	g := a.q.paged
	if a.rows == g.limit {
		a.more = true
		return false
	}
	if a.rows+1 == g.limit {
		for i := len(a.cols); i < len(a.p.Columns()); i++ {
			a.last = append(a.last, plan.Value{Text: string(r.AppendText(nil, i)), Null: r.IsNull(i)})
		}
	}
	return true
}

// turn tells how to get the next page.
func (a *answer) turn() error {
	q := a.q
	if q.paged == nil || !a.more || a.last == nil {
		return nil
	}
	for i, v := range a.last {
		if v.Null && a.p.Columns()[len(a.cols)+i].Whole {
			return errCursor("the page ends with a row whose key has a NULL: rows like it cannot be told apart").WithHint("Leave such rows out by a filter, or choose another limit.")
		}
	}
	token, err := a.cursors.seal(q.paged.bound, q.offset+a.rows, a.last)
	if err != nil {
		return err
	}
	link := "<?"
	if q.location != "" {
		link = "<" + q.location + "&"
	}
	a.head[cursorHeader] = []string{token}
	a.head["Link"] = append(a.head["Link"], link+cursorParam+"="+token+`>; rel="next"`)
	return nil
}

// cursors make and read cursors: encrypted, so that nobody depends on what is in them, and authenticated with what they are bound to.
type cursors struct {
	aead  cipher.AEAD
	nonce []byte // the key of the nonces
	life  time.Duration
	now   func() time.Time
}

func newCursors(secret []byte, life time.Duration, now func() time.Time) *cursors {
	gcm, err := cipher.NewGCM(block(derive(secret, "cursor")))
	if err != nil {
		panic("rest: make a cipher: " + err.Error()) // only for other sizes of block
	}
	return &cursors{aead: gcm, nonce: derive(secret, "cursor nonce"), life: life, now: now}
}

// seal makes a cursor: its end, how many rows came before, and the values. The nonce is a random function of all that is sealed: only equal cursors share one.
func (c *cursors) seal(bound [32]byte, seen int64, values []plan.Value) (string, error) {
	b := binary.AppendVarint(nil, c.now().Add(c.life).Unix())
	b = binary.AppendVarint(b, seen)
	for _, v := range values {
		if v.Null {
			b = append(b, 0)
			continue
		}
		b = append(binary.AppendUvarint(b, uint64(len(v.Text))+1), v.Text...)
	}
	if len(b) > maxCursor {
		return "", errCursor("the values that the rows are ordered by are too long for a cursor").WithHint("Order by shorter columns.")
	}
	m := hmac.New(sha256.New, c.nonce)
	m.Write(bound[:])
	m.Write(b)
	nonce := m.Sum(nil)[:c.aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nonce, nonce, b, bound[:])), nil
}

// open reads a cursor.
func (c *cursors) open(bound [32]byte, token string) (seen int64, values []plan.Value, err error) {
	bad := errCursor("the cursor was not given to this caller for this query").WithHint("Repeat the query of the first page with the cursor; only limit may be another. Or begin again with the first page.")
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < c.aead.NonceSize() || len(token) > 2*maxCursor {
		return 0, nil, bad
	}
	if b, err = c.aead.Open(nil, b[:c.aead.NonceSize()], b[c.aead.NonceSize():], bound[:]); err != nil {
		return 0, nil, bad
	}
	end, n := binary.Varint(b)
	b = b[n:]
	seen, n = binary.Varint(b)
	b = b[n:]
	if c.now().Unix() > end {
		return 0, nil, errCursor("the cursor has expired").WithHint("Begin again with the first page.")
	}
	for len(b) > 0 {
		size, n := binary.Uvarint(b)
		if b = b[n:]; size == 0 {
			values = append(values, plan.Value{Null: true})
			continue
		}
		values = append(values, plan.Value{Text: string(b[:size-1])})
		b = b[size-1:]
	}
	return seen, values, nil
}
