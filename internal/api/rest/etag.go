package rest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
)

// A tagger makes entity tags (RFC 9110 8.8.3) of representations: a universal hash under a secret key, encrypted (decision 0015).
type tagger struct {
	hash cipher.AEAD  // whose authentication of additional data is the hash
	seal cipher.Block // what makes a random function of it
}

// derive makes a key of the door's secret.
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "mainstay rest "+purpose, 32)
	if err != nil {
		panic("rest: derive a key: " + err.Error()) // only for lengths that no key has
	}
	return key
}

func block(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic("rest: make a cipher: " + err.Error()) // only for lengths that no key has
	}
	return b
}

func newTagger(secret []byte) *tagger {
	gcm, err := cipher.NewGCM(block(derive(secret, "etag hash")))
	if err != nil {
		panic("rest: make a cipher: " + err.Error()) // only for other sizes of block
	}
	return &tagger{hash: gcm, seal: block(derive(secret, "etag seal"))}
}

var noNonce [12]byte

// tag appends the tag of a representation without its quotes: a letter for the form, the hash, and behind a semicolon what Content-Range tells beyond the
// rows themselves. Before the semicolon is what a write compares: the same rows in the same form.
func (g *tagger) tag(b []byte, scratch []byte, m *media, body []byte, part string) []byte {
	form := m.form()
	var kind []byte
	if form == 'h' {
		kind = []byte(m.custom)
	}
	sum := g.hash.Seal(scratch[:0], noNonce[:], kind, body)
	sum = sum[len(sum)-g.hash.Overhead():]
	g.seal.Encrypt(sum, sum)
	b = base64.RawURLEncoding.AppendEncode(append(b, form), sum)
	if part != "" {
		b = append(append(b, ';'), part...)
	}
	return b
}

// form is a letter for what the bytes of an answer depend on besides the rows.
func (m *media) form() byte {
	switch m.kind {
	case asCSV:
		return 'c'
	case asOctets:
		return 'b'
	case asText:
		return 't'
	case asXML:
		return 'x'
	case asHandled:
		return 'h'
	case asLines:
		return 'n'
	}
	switch {
	case m.singular && m.stripped:
		return 'p'
	case m.singular:
		return 'o'
	case m.stripped:
		return 's'
	}
	return 'j'
}

// tags is the value of If-Match or If-None-Match; nil when the header is not there.
type tags struct {
	any  bool     // *
	list []string // as written, weak ones with W/
}

// readTags reads a condition (RFC 9110 13.1). It is false where the header is not well formed.
func readTags(lines []string) (*tags, bool) {
	if len(lines) == 0 {
		return nil, true
	}
	t := &tags{}
	s := strings.Trim(strings.Join(lines, ","), " \t,")
	if s == "*" {
		t.any = true
		return t, true
	}
	for s != "" {
		start := 0
		if strings.HasPrefix(s, "W/") {
			start = 2
		}
		if !strings.HasPrefix(s[start:], `"`) {
			return t, false
		}
		end := strings.IndexByte(s[start+1:], '"')
		if end < 0 {
			return t, false
		}
		end += start + 2
		t.list = append(t.list, s[:end])
		rest := strings.TrimLeft(s[end:], " \t")
		if rest != "" && rest[0] != ',' {
			return t, false
		}
		s = strings.TrimLeft(rest, " \t,")
	}
	return t, len(t.list) > 0
}

// strong says whether one of the tags is the given one, which is strong; weak ones never are.
func (t *tags) strong(tag string) bool { return slices.Contains(t.list, tag) }

// weak says whether one of the tags is the given one, weak or not.
func (t *tags) weak(tag string) bool {
	return slices.ContainsFunc(t.list, func(s string) bool { return strings.TrimPrefix(s, "W/") == tag })
}

// conditions reads If-Match and If-None-Match. A malformed one is refused, because what it should have protected would be overwritten; only of a read
// a malformed If-None-Match matches nothing.
func (q *request) conditions(head http.Header) error {
	bad := func(name string) error {
		return fault.New(codeCondition, "the header %s is not a list of entity tags", name).
			WithHint(`Send the value of the header ETag as it was answered, with its quotes, or *.`).WithStatus(http.StatusBadRequest)
	}
	var ok bool
	if q.ifMatch, ok = readTags(head["If-Match"]); !ok {
		return bad("If-Match")
	}
	if q.ifNoneMatch, ok = readTags(head["If-None-Match"]); !ok {
		if q.method != http.MethodGet && q.method != http.MethodHead {
			return bad("If-None-Match")
		}
		q.ifNoneMatch = nil
	}
	return nil
}

// codeCondition is the code of everything that a condition of the request decides: 412, or 400 for one that cannot be understood.
const codeCondition = "MS412"

func errPrecondition(detail string) error {
	return fault.New(codeCondition, "the precondition of the request does not hold").WithDetail("%s", detail).WithStatus(http.StatusPreconditionFailed)
}

// tag gives a complete answer its entity tag, and decides what the request's conditions make of it. It comes last, when the caller's rights have been
// asked: a tag tells no more than the answer itself.
func (a *answer) tag() error {
	q := a.q
	if q.statement.Write != nil || a.tagger == nil || a.tagless() || a.status != http.StatusOK && a.status != http.StatusPartialContent {
		return nil
	}
	if q.method != http.MethodGet && q.method != http.MethodHead {
		return nil
	}
	var room [64]byte
	b := append(room[:0], '"')
	b = append(a.tagger.tag(b, a.sum[:], &q.media, a.buf, a.part), '"')
	tag := string(b)
	if c := q.ifMatch; c != nil && !(c.any && a.exists()) && !c.strong(tag) {
		return errPrecondition("What is there now has another entity tag than If-Match names.")
	}
	a.head["Etag"] = []string{tag}
	if c := q.ifNoneMatch; c != nil && (c.any && a.exists() || c.weak(tag)) {
		a.status = http.StatusNotModified
		delete(a.head, "Content-Type")
		a.buf = a.buf[:0]
	}
	return nil
}

// tagless says whether the answer has no entity tag because it is one that may be streamed.
func (a *answer) tagless() bool {
	return a.q.media.kind == asLines && a.q.ifMatch == nil && a.q.ifNoneMatch == nil
}

// exists says whether there is anything that * can stand for: of a set, a row.
func (a *answer) exists() bool { return !a.isSet() || a.rows > 0 }
