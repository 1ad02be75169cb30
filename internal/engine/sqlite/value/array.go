package value

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// arrayOps are the operations of the array type over elem. jsonb and json elements may be JSON arrays themselves, so that arrays of
// them have one dimension only.
func arrayOps(oid catalog.OID, elem *Ops) *Ops {
	o := &Ops{OID: oid, Title: elem.Title + "[]", Elem: elem}
	o.Input = func(e *Env, s string, mod int32) (Datum, error) { return parseArray(e, s, elem, mod) }
	o.Output = func(e *Env, dst []byte, d Datum) []byte { return appendArrayText(e, dst, d.s, elem) }
	o.JSON = func(e *Env, dst []byte, d Datum) []byte {
		if e.zone() == utcEnv.zone() && (e == nil || e.RegOut == nil) {
			return append(dst, d.s...)
		}
		return appendArrayJSON(e, dst, d.s, elem)
	}
	o.FromJSON = func(_ *Env, raw string) (Datum, error) { return Text(raw), nil }
	o.Compare = func(a, b Datum) int { return compareArrays(a.s, b.s, elem) }
	return o
}

// nestable reports whether a JSON array among an array's elements is a further dimension.
func nestable(elem *Ops) bool { return elem.OID != catalog.JSONBOID && elem.OID != catalog.JSONOID }

func notNestable(elem *Ops) error {
	return fault.New(fault.FeatureNotSupported, "arrays of %s with several dimensions are not supported", elem.Title).WithHint("Use a JSON array.")
}

func appendArrayJSON(e *Env, dst []byte, raw string, elem *Ops) []byte {
	dst = append(dst, '[')
	first := true
	for r := range Elems(raw) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		switch {
		case r == "null":
			dst = append(dst, r...)
		case r[0] == '[' && nestable(elem):
			dst = appendArrayJSON(e, dst, r, elem)
		default:
			d, err := elem.FromJSON(e, r)
			if err != nil {
				dst = append(dst, r...)
				continue
			}
			dst = elem.JSON(e, dst, d)
		}
	}
	return append(dst, ']')
}

func appendArrayText(e *Env, dst []byte, raw string, elem *Ops) []byte {
	dst = append(dst, '{')
	first := true
	for r := range Elems(raw) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		switch {
		case r == "null":
			dst = append(dst, "NULL"...)
		case r[0] == '[' && nestable(elem):
			dst = appendArrayText(e, dst, r, elem)
		default:
			d, err := elem.FromJSON(e, r)
			if err != nil {
				dst = append(dst, r...)
				continue
			}
			dst = appendArrayElem(dst, elem.Text(e, d))
		}
	}
	return append(dst, '}')
}

func appendArrayElem(dst []byte, s string) []byte {
	quote := s == "" || strings.EqualFold(s, "null")
	for i := 0; i < len(s) && !quote; i++ {
		switch s[i] {
		case '{', '}', ',', '"', '\\', ' ', '\t', '\n', '\r', '\v', '\f':
			quote = true
		}
	}
	if !quote {
		return append(dst, s...)
	}
	return appendBackslashed(dst, s)
}

func appendBackslashed(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

func malformedArray(s, detail string) error {
	return fault.New(fault.InvalidTextRepresentation, `malformed array literal: "%s"`, s).WithDetail("%s", detail)
}

// parseArray reads an array literal.
func parseArray(e *Env, s string, elem *Ops, mod int32) (Datum, error) {
	t, bounds, err := arrayBounds(s)
	if err != nil {
		return Null, err
	}
	p := arrayParser{e: e, s: t, whole: s, elem: elem, mod: mod}
	out, n, err := p.array(nil, 1)
	if err != nil {
		return Null, err
	}
	if bounds != nil {
		have := append([]int{n}, p.dims[min(1, len(p.dims)):]...)
		if p.count == 0 {
			have = nil
		}
		if !slices.EqualFunc(bounds, have, func(b dimension, n int) bool { return int(b.n) == n }) {
			return Null, malformedArray(s, "Specified array dimensions do not match array contents.")
		}
	}
	if strings.Trim(t[p.i:], " \t\n\r\v\f") != "" {
		return Null, malformedArray(s, "Junk after closing right brace.")
	}
	if p.count == 0 {
		return Text("[]"), nil
	}
	for _, b := range bounds {
		if b.low > math.MaxInt32-b.n {
			return Null, fault.New(fault.ProgramLimit, "array lower bound is too large: %d", b.low)
		}
	}
	return Text(string(out)), nil
}

// A dimension is a lower bound, which is not kept, and a length.
type dimension struct{ low, n int32 }

// arrayBounds reads what may stand before an array's contents, [2:4][5]=, and gives the contents and the dimensions. A bound that is too large for an int4, or a
// length, is what is left of it there.
func arrayBounds(s string) (contents string, lengths []dimension, err error) {
	bad := func(detail string) (string, []dimension, error) { return "", nil, malformedArray(s, detail) }
	const space = " \t\n\r\v\f"
	t := strings.Trim(s, space)
	number := func() string {
		n := len(t) - len(strings.TrimLeft(t, "0123456789+-"))
		d := t[:n]
		t = t[n:]
		return d
	}
	for strings.HasPrefix(t, "[") {
		if len(lengths) == 6 {
			return "", nil, fault.New(fault.ProgramLimit, "number of array dimensions (%d) exceeds the maximum allowed (6)", 7)
		}
		t = t[1:]
		low, high := "1", number()
		if high == "" {
			return bad(`"[" must introduce explicitly-specified array dimensions.`)
		}
		if strings.HasPrefix(t, ":") {
			t = t[1:]
			if low, high = high, number(); high == "" {
				return bad("Missing array dimension value.")
			}
		}
		if !strings.HasPrefix(t, "]") {
			return bad(`Missing "]" after array dimensions.`)
		}
		t = strings.TrimLeft(t[1:], space)
		wide, _ := strconv.ParseInt(low, 10, 64)
		l := int32(wide)
		wide, _ = strconv.ParseInt(high, 10, 64)
		h := int32(wide)
		if h < l {
			return "", nil, fault.New(fault.ArraySubscript, "upper bound cannot be less than lower bound")
		}
		lengths = append(lengths, dimension{l, h - l + 1})
	}
	if lengths == nil {
		if !strings.HasPrefix(t, "{") {
			return bad(`Array value must start with "{" or dimension information.`)
		}
		return t, nil, nil
	}
	if !strings.HasPrefix(t, "=") {
		return bad(`Missing "=" after array dimensions.`)
	}
	if t = strings.TrimLeft(t[1:], space); !strings.HasPrefix(t, "{") {
		return bad(`Array contents must start with "{".`)
	}
	return t, lengths, nil
}

type arrayParser struct {
	e     *Env
	s     string
	whole string
	i     int
	elem  *Ops
	mod   int32
	dims  []int // lengths seen, by depth
	leaf  int   // depth of the elements, 0 until known
	count int
}

func (p *arrayParser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\n\r\v\f", p.s[p.i]) >= 0 {
		p.i++
	}
}

func (p *arrayParser) array(out []byte, depth int) ([]byte, int, error) {
	if depth > 6 {
		return nil, 0, fault.New(fault.ProgramLimit, "number of array dimensions (%d) exceeds the maximum allowed (6)", depth)
	}
	bad := func(detail string) ([]byte, int, error) { return nil, 0, malformedArray(p.whole, detail) }
	p.i++
	out = append(out, '[')
	n := 0
	for {
		p.space()
		if p.i >= len(p.s) {
			return bad("Unexpected end of input.")
		}
		switch c := p.s[p.i]; {
		case c == '}':
			if n > 0 || depth > 1 {
				return bad(`Unexpected "}" character.`)
			}
			p.i++
			return append(out, ']'), 0, nil
		case c == ',':
			return bad(`Unexpected "," character.`)
		case c == '{':
			if p.leaf != 0 && p.leaf <= depth {
				return bad(`Unexpected "{" character.`)
			}
			if !nestable(p.elem) {
				return nil, 0, notNestable(p.elem)
			}
			if n > 0 {
				out = append(out, ',')
			}
			var err error
			var m int
			if out, m, err = p.array(out, depth+1); err != nil {
				return nil, 0, err
			}
			for len(p.dims) <= depth {
				p.dims = append(p.dims, -1)
			}
			if p.dims[depth] >= 0 && p.dims[depth] != m {
				return bad("Multidimensional arrays must have sub-arrays with matching dimensions.")
			}
			p.dims[depth] = m
		default:
			if p.leaf != 0 && p.leaf != depth {
				if c == '\\' {
					return bad(`Unexpected "\" character.`)
				}
				return bad("Unexpected array element.")
			}
			p.leaf = depth
			if n > 0 {
				out = append(out, ',')
			}
			text, quoted, ok := p.element()
			if !ok {
				return bad("Unexpected end of input.")
			}
			p.count++
			if !quoted && strings.EqualFold(text, "null") {
				out = append(out, "null"...)
			} else {
				if !quoted && strings.Contains(text, `"`) {
					return bad("Unexpected array element.")
				}
				d, err := p.elem.Input(p.e, text, p.mod)
				if err != nil {
					return nil, 0, err
				}
				out = p.elem.elemJSON(p.e, out, d)
			}
		}
		n++
		p.space()
		if p.i >= len(p.s) {
			return bad("Unexpected end of input.")
		}
		switch p.s[p.i] {
		case ',':
			p.i++
			p.space()
			if p.i < len(p.s) && p.s[p.i] == '}' {
				return bad(`Unexpected "}" character.`)
			}
		case '}':
			p.i++
			return append(out, ']'), n, nil
		default:
			return bad("Unexpected array element.")
		}
	}
}

// element reads one element: quoted, or up to the next delimiter, with backslashes.
func (p *arrayParser) element() (text string, quoted, ok bool) {
	var b strings.Builder
	if p.s[p.i] == '"' {
		for p.i++; p.i < len(p.s); p.i++ {
			switch p.s[p.i] {
			case '\\':
				if p.i++; p.i < len(p.s) {
					b.WriteByte(p.s[p.i])
				}
			case '"':
				p.i++
				return b.String(), true, true
			default:
				b.WriteByte(p.s[p.i])
			}
		}
		return "", true, false
	}
	keep := 0 // length up to the last character that is not unescaped space
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; c {
		case ',', '}', '{':
			return b.String()[:keep], quoted, true
		case '\\':
			if p.i++; p.i >= len(p.s) {
				return "", false, false
			}
			b.WriteByte(p.s[p.i])
			keep, quoted = b.Len(), true
		default:
			b.WriteByte(c)
			if strings.IndexByte(" \t\n\r\v\f", c) < 0 {
				keep = b.Len()
			}
		}
	}
	return "", false, false
}

// ArrayElems walks the elements of a stored array, those of inner dimensions in turn; the elements of a JSON null are NULL.
func ArrayElems(elem *Ops, d Datum) iter.Seq2[Datum, error] {
	return func(yield func(Datum, error) bool) { arrayElems(elem, d.s, yield) }
}

func arrayElems(elem *Ops, raw string, yield func(Datum, error) bool) bool {
	for r := range Elems(raw) {
		switch {
		case r == "null":
			if !yield(Null, nil) {
				return false
			}
		case r[0] == '[' && nestable(elem):
			if !arrayElems(elem, r, yield) {
				return false
			}
		default:
			if !yield(elem.FromJSON(nil, r)) {
				return false
			}
		}
	}
	return true
}

// MaxArrayElems bounds the elements of an array that a function works on; each takes about 40 bytes of memory.
const MaxArrayElems = 10_000_000

// ArraySlice are the elements of a stored array as a slice. Too many of them are error 54000.
func ArraySlice(elem *Ops, d Datum) ([]Datum, error) {
	var out []Datum
	for v, err := range ArrayElems(elem, d) {
		if err != nil {
			return nil, err
		}
		if len(out) >= MaxArrayElems {
			return nil, fault.New(fault.ProgramLimit, "array size exceeds the maximum allowed (%d)", MaxArrayElems)
		}
		out = append(out, v)
	}
	return out, nil
}

// MakeArray makes a stored array: of one dimension, or with as many elements as dims multiply to.
func MakeArray(e *Env, elem *Ops, elems []Datum, dims ...int) Datum {
	return Text(string(appendArray(nil, e, elem, elems, dims)))
}

func appendArray(b []byte, e *Env, elem *Ops, elems []Datum, dims []int) []byte {
	parts := len(elems)
	if len(dims) > 1 {
		parts = dims[0]
	}
	b = append(b, '[')
	for i := range parts {
		if i > 0 {
			b = append(b, ',')
		}
		if len(dims) > 1 {
			n := len(elems) / parts
			b = appendArray(b, e, elem, elems[i*n:(i+1)*n], dims[1:])
		} else {
			b = elem.elemJSON(e, b, elems[i])
		}
	}
	return append(b, ']')
}

// ArrayDims are the lengths of a stored array's dimensions, outermost first; none for the empty array.
func ArrayDims(elem *Ops, d Datum) []int {
	var dims []int
	raw := d.s
	for {
		n, first := 0, ""
		for r := range Elems(raw) {
			if n == 0 {
				first = r
			}
			n++
		}
		if n == 0 {
			return dims
		}
		dims = append(dims, n)
		if first[0] != '[' || !nestable(elem) {
			return dims
		}
		raw = first
	}
}

func compareArrays(a, b string, elem *Ops) int {
	if a == b {
		return 0
	}
	da, db := Text(a), Text(b)
	ea, errA := ArraySlice(elem, da)
	eb, errB := ArraySlice(elem, db)
	if errA != nil || errB != nil {
		return strings.Compare(a, b)
	}
	for i := 0; i < len(ea) && i < len(eb); i++ {
		if c := elem.CompareNullsLast(ea[i], eb[i]); c != 0 {
			return c
		}
	}
	if c := len(ea) - len(eb); c != 0 {
		return c
	}
	return len(ArrayDims(elem, da)) - len(ArrayDims(elem, db))
}

// CompareNullsLast is Compare with NULL equal to itself and after all others.
func (o *Ops) CompareNullsLast(a, b Datum) int {
	switch {
	case a.IsNull() && b.IsNull():
		return 0
	case a.IsNull():
		return 1
	case b.IsNull():
		return -1
	}
	return o.Compare(a, b)
}

// compositeOps are the operations of a composite type or of a table's row type.
func compositeOps(e *Env, t *catalog.Type) *Ops {
	cols := t.Fields
	if t.Table != 0 {
		tbl := e.Types.TableByOID(t.Table)
		if tbl == nil {
			return nil
		}
		cols = tbl.Columns
	}
	fields := make([]Field, 0, len(cols))
	for _, c := range cols {
		o := e.Ops(c.Type.OID)
		if o == nil {
			return nil
		}
		fields = append(fields, Field{c.Name, c.Type, o})
	}
	return RecordOps(t.OID, t.Name, fields)
}

// RecordOps are the operations of a row with known fields.
func RecordOps(oid catalog.OID, title string, fields []Field) *Ops {
	o := &Ops{OID: oid, Title: title, Fields: fields}
	o.Input = func(e *Env, s string, _ int32) (Datum, error) { return parseRecord(e, s, fields) }
	o.Output = func(e *Env, dst []byte, d Datum) []byte {
		dst = append(dst, '(')
		for i, v := range o.FieldValues(d) {
			if i > 0 {
				dst = append(dst, ',')
			}
			if !v.IsNull() {
				dst = appendRecordField(dst, fields[i].Ops.Text(e, v))
			}
		}
		return append(dst, ')')
	}
	o.JSON = func(e *Env, dst []byte, d Datum) []byte {
		if oid == catalog.RecordOID && (e == nil || e.Zone == nil || e.Zone == time.UTC) {
			return append(dst, d.s...) // the stored form; a named type's fields may have changed since
		}
		return AppendRecord(e, dst, fields, o.FieldValues(d))
	}
	o.FromJSON = func(_ *Env, raw string) (Datum, error) { return Text(raw), nil }
	o.Compare = func(a, b Datum) int {
		va, vb := o.FieldValues(a), o.FieldValues(b)
		for i := range fields {
			if c := fields[i].Ops.CompareNullsLast(va[i], vb[i]); c != 0 {
				return c
			}
		}
		return 0
	}
	return o
}

// FieldValues are the fields of a stored composite value in order; a field that the value lacks is NULL.
func (o *Ops) FieldValues(d Datum) []Datum {
	out := make([]Datum, len(o.Fields))
	i := 0
	for k, raw := range Pairs(d.s) {
		// Members are in the order of the fields, except that columns may have been added since.
		for j := i; j < len(o.Fields); j++ {
			if o.Fields[j].Name != k {
				continue
			}
			if raw != "null" {
				if v, err := o.Fields[j].Ops.FromJSON(nil, raw); err == nil {
					out[j] = v
				}
			}
			i = j + 1
			break
		}
	}
	return out
}

// AppendRecord appends a composite value with the given fields as JSON in the zone of e.
func AppendRecord(e *Env, dst []byte, fields []Field, values []Datum) []byte {
	dst = append(dst, '{')
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendJSONString(dst, f.Name), ':')
		dst = f.Ops.AppendJSON(e, dst, values[i])
	}
	return append(dst, '}')
}

// MakeRecord makes a stored composite value.
func MakeRecord(e *Env, fields []Field, values []Datum) Datum {
	return Text(string(AppendRecord(e.utc(), nil, fields, values)))
}

func appendRecordField(dst []byte, s string) []byte {
	quote := s == ""
	for i := 0; i < len(s) && !quote; i++ {
		switch s[i] {
		case '"', '\\', '(', ')', ',', ' ', '\t', '\n', '\r', '\v', '\f':
			quote = true
		}
	}
	if !quote {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, s[i])
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

func parseRecord(e *Env, s string, fields []Field) (Datum, error) {
	bad := func(detail string) (Datum, error) {
		return Null, fault.New(fault.InvalidTextRepresentation, `malformed record literal: "%s"`, s).WithDetail("%s", detail)
	}
	t := strings.TrimLeft(s, " \t\n\r\v\f")
	if !strings.HasPrefix(t, "(") {
		return bad("Missing left parenthesis.")
	}
	i := 1
	values := make([]Datum, len(fields))
	for n := 0; ; n++ {
		if n >= len(fields) {
			if len(fields) == 0 && i < len(t) && t[i] == ')' {
				i++
				break
			}
			return bad("Too many columns.")
		}
		var b strings.Builder
		null := i < len(t) && (t[i] == ',' || t[i] == ')')
		inQuote := false
		for ; ; i++ {
			if i >= len(t) {
				return bad("Unexpected end of input.")
			}
			c := t[i]
			if !inQuote && (c == ',' || c == ')') {
				break
			}
			switch {
			case c == '\\' && i+1 < len(t):
				i++
				b.WriteByte(t[i])
			case c == '"' && inQuote && i+1 < len(t) && t[i+1] == '"':
				i++
				b.WriteByte('"')
			case c == '"':
				inQuote = !inQuote
			default:
				b.WriteByte(c)
			}
		}
		if !null {
			v, err := fields[n].Ops.Input(e, b.String(), fields[n].Type.Mod)
			if err != nil {
				return Null, err
			}
			values[n] = v
		}
		i++
		if t[i-1] == ')' {
			if n+1 < len(fields) {
				return bad("Too few columns.")
			}
			break
		}
	}
	if strings.Trim(t[i:], " \t\n\r\v\f") != "" {
		return bad("Junk after right parenthesis.")
	}
	return MakeRecord(e, fields, values), nil
}

// recordOps are those of a row whose fields are not known: they are guessed from the JSON.
var recordOps = &Ops{OID: catalog.RecordOID, Title: "record",
	Input: func(*Env, string, int32) (Datum, error) {
		return Null, fault.New(fault.FeatureNotSupported, "input of anonymous composite types is not implemented")
	},
	Output: func(_ *Env, dst []byte, d Datum) []byte { return appendRecordGuess(dst, d.s) },
	JSON:   outText, FromJSON: func(_ *Env, raw string) (Datum, error) { return Text(raw), nil },
	Compare: func(a, b Datum) int {
		pa, pb := pairsOf(a.s), pairsOf(b.s)
		for i := 0; i < len(pa) && i < len(pb); i++ {
			x, y := pa[i].Value, pb[i].Value
			switch {
			case x == y:
				continue
			case x == "null":
				return 1
			case y == "null":
				return -1
			}
			if c := cmpJSON(x, y, JSONKind(x), JSONKind(y)); c != 0 {
				return c
			}
		}
		return len(pa) - len(pb)
	}}

func appendRecordGuess(dst []byte, raw string) []byte {
	dst = append(dst, '(')
	first := true
	for _, v := range Pairs(raw) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		switch JSONKind(v) {
		case "null":
		case "boolean":
			dst = append(dst, v[0])
		case "array":
			dst = appendRecordField(dst, string(appendArrayGuess(nil, v)))
		case "object":
			if isRow(v) {
				v = string(appendRecordGuess(nil, v))
			}
			dst = appendRecordField(dst, v)
		default:
			dst = appendRecordField(dst, UnquoteJSON(v))
		}
	}
	return append(dst, ')')
}

// isRow says whether an object is a row without a type of its own, whose fields are f1, f2 …, rather than a JSON value.
func isRow(raw string) bool {
	n := 0
	for k := range Pairs(raw) {
		if n++; k != "f"+strconv.Itoa(n) {
			return false
		}
	}
	return n > 0
}

func appendArrayGuess(dst []byte, raw string) []byte {
	dst = append(dst, '{')
	first := true
	for v := range Elems(raw) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		switch JSONKind(v) {
		case "null":
			dst = append(dst, "NULL"...)
		case "boolean":
			dst = append(dst, v[0])
		case "array":
			dst = appendArrayGuess(dst, v)
		case "object":
			if isRow(v) {
				v = string(appendRecordGuess(nil, v))
			}
			dst = appendArrayElem(dst, v)
		default:
			dst = appendArrayElem(dst, UnquoteJSON(v))
		}
	}
	return append(dst, '}')
}

// DimsText is array_dims' form.
func DimsText(dims []int) string {
	var b strings.Builder
	for _, n := range dims {
		fmt.Fprintf(&b, "[1:%s]", strconv.Itoa(n))
	}
	return b.String()
}
