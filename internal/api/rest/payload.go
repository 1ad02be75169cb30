package rest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
)

// A payload is a request body as the planner wants it; see query.Statement.
type payload struct {
	body   []byte
	keys   []string
	fields [][]byte // of a single object, by key
	bulk   bool
	kind   string // query.Invoke.SingleBody
}

func badBody(message string) *fault.Error { return fault.New("PGRST102", message) }

var errInvalidJSON error = badBody("Empty or invalid json")

// nestedPayload reads the body of a nested write.
func nestedPayload(contentType string, body []byte) (*payload, error) {
	body, _, err := readJSON(contentType, body, false)
	if err == nil && body[0] != '{' && body[0] != '[' {
		err = errInvalidJSON
	}
	return &payload{body: body}, err
}

// readPayload reads a body. columns, when not nil, say which keys count. Of updates a payload in an array of one is that one.
func readPayload(contentType string, body []byte, columns []string, call, one bool) (*payload, error) {
	body, kind, err := readJSON(contentType, body, call)
	if err != nil || kind != "" {
		return &payload{body: body, kind: kind}, err
	}
	p := &payload{body: body}
	switch body[0] {
	case '{':
		p.object(body, columns)
		if !call {
			p.body = slices.Concat([]byte("["), body, []byte("]"))
		}
		return p, nil
	case '[':
		if call {
			return firstOf(body, columns), nil
		}
		return p, p.array(body, columns, one)
	}
	if call {
		return &payload{body: body, kind: "json"}, nil
	}
	return nil, errInvalidJSON
}

// readJSON is the body as valid JSON. That of a call may be of another kind, which is then told: see query.Invoke.SingleBody.
func readJSON(contentType string, body []byte, call bool) (_ []byte, single string, _ error) {
	kind := "application/json"
	if contentType != "" {
		var err error
		if kind, _, err = mime.ParseMediaType(contentType); err != nil {
			kind = strings.ToLower(strings.TrimSpace(strings.Split(contentType, ";")[0]))
		}
	}
	switch kind {
	case "application/json", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json":
	case "text/csv":
		var err error
		if body, err = csvToJSON(body); err != nil {
			return nil, "", err
		}
	case "application/x-ndjson", "application/ndjson", "application/jsonl":
		var err error
		if body, err = linesToJSON(body); err != nil {
			return nil, "", err
		}
	case "application/x-www-form-urlencoded":
		var err error
		if body, err = formToJSON(body); err != nil {
			return nil, "", err
		}
	case "text/plain", "text/xml", "application/octet-stream":
		if call {
			return orEmpty(body), map[string]string{"text/plain": "text", "text/xml": "xml", "application/octet-stream": "octet"}[kind], nil
		}
		fallthrough
	default:
		return nil, "", badBody("Content-Type not acceptable: " + kind)
	}
	body = bytes.TrimSpace(body)
	if len(body) == 0 && call {
		body = []byte("{}")
	}
	if !json.Valid(body) {
		return nil, "", errInvalidJSON
	}
	if holdsNUL(body) {
		return nil, "", fault.New("22P05", "unsupported Unicode escape sequence").WithDetail(`\u0000 cannot be converted to text.`)
	}
	if !utf8.Valid(body) {
		return nil, "", wellFormed(string(body))
	}
	return body, "", nil
}

// firstOf takes the arguments of a call from the first object of an array; an array of other things is a body of its own.
func firstOf(body []byte, columns []string) *payload {
	p := &payload{body: body, kind: "json"}
	seen := false
	elements(body, func(raw []byte) {
		if !seen && raw[0] == '{' {
			p.kind = ""
			p.object(raw, columns)
		}
		seen = true
	})
	return p
}

func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// object takes the values of an object apart.
func (p *payload) object(body []byte, columns []string) {
	p.keys, p.fields = members(body)
	if columns == nil {
		return
	}
	at := make(map[string]int, len(p.keys))
	for i, k := range p.keys {
		at[k] = i
	}
	fields := make([][]byte, len(columns))
	for i, c := range columns {
		if j, ok := at[c]; ok {
			fields[i] = p.fields[j]
		}
	}
	p.keys, p.fields = columns, fields
}

// array reads an array of objects. Of one that a PATCH sends, the first object counts.
func (p *payload) array(body []byte, columns []string, one bool) error {
	p.bulk = true
	count := 0
	var first []byte
	var keys keySet
	same, objects := true, true
	elements(body, func(raw []byte) {
		if count++; count == 1 {
			first = raw
		}
		switch {
		case raw[0] != '{':
			objects = false
		case count == 1:
			keys = newKeySet(raw)
		default:
			same = same && keys.equal(raw)
		}
	})
	switch {
	case !objects, columns == nil && !same:
		return badBody("All object keys must match")
	case count == 0:
		return nil
	}
	p.keys = keys.list
	if columns != nil {
		p.keys = columns
	}
	if one || count == 1 && len(p.keys) == 0 {
		p.bulk = false
		p.object(first, columns)
		return nil
	}
	if len(p.keys) == 0 {
		return badBody("All object keys must match")
	}
	return nil
}

// A keySet is the keys of an object, to compare others with. The comparison costs a look-up only where the order differs.
type keySet struct {
	list []string
	at   map[string]int
	seen []int // by key: the number of the object in which it was met last
	n    int
}

func newKeySet(obj []byte) keySet {
	k := keySet{at: map[string]int{}}
	walkObject(obj, func(key string, _ []byte) {
		if _, ok := k.at[key]; !ok {
			k.at[key] = len(k.list)
			k.list = append(k.list, key)
		}
	})
	k.seen = make([]int, len(k.list))
	return k
}

func (k *keySet) equal(obj []byte) bool {
	k.n++
	distinct, i, ok := 0, 0, true
	walkObject(obj, func(key string, _ []byte) {
		at := i
		if i++; at >= len(k.list) || k.list[at] != key {
			var known bool
			if at, known = k.at[key]; !known {
				ok = false
				return
			}
		}
		if k.seen[at] != k.n {
			k.seen[at] = k.n
			distinct++
		}
	})
	return ok && distinct == len(k.list)
}

// holdsNUL says whether a JSON text has the escape of the character that PostgreSQL's text cannot hold.
func holdsNUL(body []byte) bool {
	for rest := body; ; {
		i := bytes.Index(rest, []byte(`\u0000`))
		if i < 0 {
			return false
		}
		slashes := 1
		for i-slashes >= 0 && rest[i-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 1 {
			return true
		}
		rest = rest[i+1:]
	}
}

// members are the keys and raw values of an object that is valid JSON. Of a repeated key the last value counts.
func members(obj []byte) (keys []string, values [][]byte) {
	values = [][]byte{}
	var at map[string]int // made when there are so many keys that searching the list would cost
	walkObject(obj, func(key string, raw []byte) {
		i := -1
		switch {
		case at != nil:
			if j, ok := at[key]; ok {
				i = j
			}
		default:
			i = slices.Index(keys, key)
		}
		if i >= 0 {
			values[i] = raw
			return
		}
		keys = append(keys, key)
		values = append(values, raw)
		switch {
		case at != nil:
			at[key] = len(keys) - 1
		case len(keys) == 32:
			at = make(map[string]int, 64)
			for i, k := range keys {
				at[k] = i
			}
		}
	})
	return keys, values
}

func walkObject(obj []byte, f func(key string, raw []byte)) {
	i := skipSpace(obj, 1)
	for obj[i] != '}' {
		end := skipValue(obj, i)
		key := unquote(obj[i:end])
		i = skipSpace(obj, skipSpace(obj, end)+1)
		end = skipValue(obj, i)
		f(key, obj[i:end])
		i = skipSpace(obj, end)
		if obj[i] == ',' {
			i = skipSpace(obj, i+1)
		}
	}
}

// elements are the raw elements of an array that is valid JSON.
func elements(arr []byte, f func(raw []byte)) {
	i := skipSpace(arr, 1)
	for arr[i] != ']' {
		end := skipValue(arr, i)
		f(arr[i:end])
		i = skipSpace(arr, end)
		if arr[i] == ',' {
			i = skipSpace(arr, i+1)
		}
	}
}

func skipSpace(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t' {
		i++
	}
	return i
}

// skipValue is the end of the value that starts at i.
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		for i++; b[i] != '"'; i++ {
			if b[i] == '\\' {
				i++
			}
		}
		return i + 1
	case '{', '[':
		depth := 0
		for ; ; i++ {
			switch b[i] {
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			case '"':
				i = skipValue(b, i) - 1
			}
		}
	}
	for i < len(b) && !strings.ContainsRune(",]} \n\r\t", rune(b[i])) {
		i++
	}
	return i
}

func unquote(raw []byte) string {
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(raw, &s) // valid, as the whole is
	return s
}

// csvToJSON makes an array of objects of lines under a header. The word NULL is null.
func csvToJSON(body []byte) ([]byte, error) {
	r := csv.NewReader(bytes.NewReader(body))
	head, err := r.Read()
	if err != nil {
		return nil, badBody("The CSV body has no header line")
	}
	for i := range head {
		head[i] = string(appendString(nil, head[i])) + ":"
	}
	out := []byte{'['}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return append(out, ']'), nil
		}
		if err != nil {
			return nil, badBody("All lines must have same number of fields")
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, '{')
		for i, v := range rec {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, head[i]...)
			if v == "NULL" {
				out = append(out, "null"...)
			} else {
				out = appendString(out, v)
			}
		}
		out = append(out, '}')
	}
}

// linesToJSON makes an array of lines of JSON. Empty lines count for nothing.
func linesToJSON(body []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(body)+2), '[')
	n := 0
	for line := range bytes.Lines(body) {
		n++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if !json.Valid(line) {
			return nil, badBody("Line " + strconv.Itoa(n) + " of the body is not JSON")
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, line...)
	}
	return append(out, ']'), nil
}

// formToJSON makes an object of a form.
func formToJSON(body []byte) ([]byte, error) {
	out := []byte{'{'}
	for part := range strings.SplitSeq(strings.TrimSpace(string(body)), "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(appendString(out, unescape(k)), ':')
		out = appendString(out, unescape(v))
	}
	return append(out, '}'), nil
}
