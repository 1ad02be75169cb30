package grammar

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Value is a JSON value. All methods work on nil, which stands for an absent field: the parser leaves out zeros, false and null.
type Value struct {
	key  string // the name of the field that holds it
	str  string // text of a string, number or word
	kids []Value
	kind byte // 's' string, 'n' number, 't' word, 'o' object, 'a' array
}

// Get is the field name of an object.
func (v *Value) Get(name string) *Value {
	if v == nil || v.kind != 'o' {
		return nil
	}
	for i := range v.kids {
		if v.kids[i].key == name {
			return &v.kids[i]
		}
	}
	return nil
}

// Has tells if the field is there.
func (v *Value) Has(name string) bool { return v.Get(name) != nil }

// Text is the string of field name. It is a copy, so that trees do not hold the parser's output.
func (v *Value) Text(name string) string { return v.Get(name).String() }

// Int is the number in field name.
func (v *Value) Int(name string) int {
	f := v.Get(name)
	if f == nil {
		return 0
	}
	n, err := strconv.Atoi(f.str)
	if err != nil {
		return 0
	}
	return n
}

// Bool is the truth of field name.
func (v *Value) Bool(name string) bool {
	f := v.Get(name)
	return f != nil && f.str == "true"
}

// List is the items of field name.
func (v *Value) List(name string) []Value { return v.Get(name).Items() }

// Items is the elements of an array, or of a List node.
func (v *Value) Items() []Value {
	if v == nil {
		return nil
	}
	if v.kind == 'a' {
		return v.kids
	}
	if tag, in := v.Node(); tag == "List" {
		return in.Get("items").Items()
	}
	return nil
}

// Node unwraps {"Tag": {…}}, the parser's form of a node whose type is not known from its place. Tag is "" for a bare object.
func (v *Value) Node() (tag string, in *Value) {
	if v == nil {
		return "", nil
	}
	if v.kind == 'o' && len(v.kids) == 1 && v.kids[0].kind == 'o' {
		if c := v.kids[0].key[0]; c >= 'A' && c <= 'Z' {
			return v.kids[0].key, &v.kids[0]
		}
	}
	return "", v
}

// String is the text of a scalar, or of a String, Integer, Float or Boolean node.
func (v *Value) String() string {
	if v == nil {
		return ""
	}
	switch v.kind {
	case 's', 'n', 't':
		return strings.Clone(v.str)
	}
	switch tag, in := v.Node(); tag {
	case "String":
		return in.Text("sval")
	case "Integer":
		return strconv.Itoa(in.Int("ival"))
	case "Float":
		return in.Text("fval")
	case "Boolean":
		return strconv.FormatBool(in.Bool("boolval"))
	case "BitString":
		return in.Text("bsval")
	}
	return ""
}

var errJSON = errors.New("the SQL parser gave a broken tree")

// decode reads the parser's JSON. It is a reader for trusted input of one shape: about four times as fast as encoding/json.
func decode(text string) (*Value, error) {
	d := decoder{in: text}
	var v Value
	if !d.value(&v, 0) {
		if d.deep {
			return nil, ErrTooDeep
		}
		return nil, errJSON
	}
	return &v, nil
}

type decoder struct {
	in    string
	pos   int
	deep  bool
	stack []Value // elements of the containers that are open
}

func (d *decoder) space() {
	for d.pos < len(d.in) {
		switch d.in[d.pos] {
		case ' ', '\n', '\t', '\r':
			d.pos++
		default:
			return
		}
	}
}

func (d *decoder) next(c byte) bool {
	d.space()
	if d.pos < len(d.in) && d.in[d.pos] == c {
		d.pos++
		return true
	}
	return false
}

func (d *decoder) value(v *Value, depth int) bool {
	if depth > MaxTreeDepth {
		d.deep = true
		return false
	}
	d.space()
	if d.pos >= len(d.in) {
		return false
	}
	switch d.in[d.pos] {
	case '{', '[':
		return d.container(v, depth)
	case '"':
		v.kind = 's'
		return d.text(&v.str)
	default:
		start := d.pos
		for d.pos < len(d.in) && !strings.ContainsRune(",]} \n\t\r", rune(d.in[d.pos])) {
			d.pos++
		}
		v.str = d.in[start:d.pos]
		v.kind = 't'
		if v.str != "" && (v.str[0] == '-' || v.str[0] >= '0' && v.str[0] <= '9') {
			v.kind = 'n'
		}
		return v.str != ""
	}
}

func (d *decoder) container(v *Value, depth int) bool {
	object := d.in[d.pos] == '{'
	d.pos++
	end := byte(']')
	v.kind = 'a'
	if object {
		end = '}'
		v.kind = 'o'
	}
	first := len(d.stack)
	for !d.next(end) {
		if len(d.stack) > first && !d.next(',') {
			return false
		}
		var item Value
		if object {
			d.space()
			if d.pos >= len(d.in) || d.in[d.pos] != '"' || !d.text(&item.key) || !d.next(':') {
				return false
			}
		}
		if !d.value(&item, depth+1) {
			return false
		}
		d.stack = append(d.stack, item)
	}
	v.kids = append([]Value(nil), d.stack[first:]...)
	d.stack = d.stack[:first]
	return true
}

func (d *decoder) text(to *string) bool {
	d.pos++
	start := d.pos
	for d.pos < len(d.in) && d.in[d.pos] != '"' && d.in[d.pos] != '\\' {
		d.pos++
	}
	if d.pos < len(d.in) && d.in[d.pos] == '"' {
		*to = d.in[start:d.pos]
		d.pos++
		return true
	}
	buf := []byte(d.in[start:d.pos])
	for d.pos < len(d.in) {
		c := d.in[d.pos]
		d.pos++
		if c == '"' {
			*to = string(buf)
			return true
		}
		if c != '\\' {
			buf = append(buf, c)
			continue
		}
		if d.pos >= len(d.in) {
			return false
		}
		c = d.in[d.pos]
		d.pos++
		switch c {
		case 'b':
			buf = append(buf, '\b')
		case 'f':
			buf = append(buf, '\f')
		case 'n':
			buf = append(buf, '\n')
		case 'r':
			buf = append(buf, '\r')
		case 't':
			buf = append(buf, '\t')
		case 'u':
			r, ok := d.hex4()
			if !ok {
				return false
			}
			if utf16.IsSurrogate(r) && strings.HasPrefix(d.in[d.pos:], `\u`) {
				d.pos += 2
				low, ok := d.hex4()
				if !ok {
					return false
				}
				r = utf16.DecodeRune(r, low)
			}
			buf = utf8.AppendRune(buf, r)
		default:
			buf = append(buf, c)
		}
	}
	return false
}

func (d *decoder) hex4() (rune, bool) {
	if d.pos+4 > len(d.in) {
		return 0, false
	}
	n, err := strconv.ParseUint(d.in[d.pos:d.pos+4], 16, 32)
	d.pos += 4
	return rune(n), err == nil
}

// IsObject tells an object from an absent value, a scalar and a list.
func (v *Value) IsObject() bool { return v != nil && v.kind == 'o' }
