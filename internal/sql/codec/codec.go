// Package codec stores Go values made of structs, slices, maps, pointers, scalars and the closed interfaces of syntax trees as bytes.
//
// New makes a Codec from the table of types that may stand in interfaces; Encode and Decode are the two ways. It is for values of our own
// (catalogs, trees), not for input: broken bytes give an error, hostile ones may cost memory.
//
// The form is compact (zero fields take a bit, each string is kept once) and carries the names and types of the fields of every struct in it. So data
// outlives changes of the structs: fields match by name, new ones stay zero; a field that is gone, or that changed its type, is an
// error, as is another version of the form. Unexported fields and those tagged `codec:"-"` are left out.
//
// Invariants: equal values give equal bytes (maps are sorted); nil and empty slices stay apart; pointers are trees: what two pointers
// share is written twice, and a cycle is an error.
package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strings"
	"sync"
)

// magic begins the form; its last byte is the version.
const magic = "MSC\x01"

// maxDepth bounds nesting, so that a cycle or broken bytes end in an error.
const maxDepth = 20000

// Codec encodes and decodes. Safe for concurrent use.
type Codec struct {
	byName map[string]reflect.Type
	mu     sync.RWMutex
	types  map[reflect.Type]*structType
}

// structType is what is known about a struct type.
type structType struct {
	name   string
	fields []field
}

type field struct {
	name, typ string
	index     int
}

// New makes a Codec. Each of types is a nil pointer such as (*sql.ColumnRef)(nil): that pointer type may stand in interfaces.
func New(types ...any) *Codec {
	c := &Codec{byName: map[string]reflect.Type{}, types: map[reflect.Type]*structType{}}
	for _, v := range types {
		t := reflect.TypeOf(v)
		c.byName[t.String()] = t
	}
	return c
}

func (c *Codec) structType(t reflect.Type) *structType {
	c.mu.RLock()
	s := c.types[t]
	c.mu.RUnlock()
	if s != nil {
		return s
	}
	s = &structType{name: t.String()}
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Tag.Get("codec") != "-" {
			s.fields = append(s.fields, field{name: f.Name, typ: f.Type.String(), index: i})
		}
	}
	c.mu.Lock()
	c.types[t] = s
	c.mu.Unlock()
	return s
}

// Encode gives v, or what it points to, as bytes. It fails on a type that has no form (functions, channels), on an interface value of a type that New
// was not told of, and on cycles.
func (c *Codec) Encode(v any) (data []byte, err error) {
	e := &encoder{c: c, strings: map[string]uint64{}, structs: map[reflect.Type]uint64{}, impls: map[reflect.Type]uint64{}}
	defer caught(&err)
	rv := reflect.ValueOf(v)
	if !rv.IsValid() {
		return nil, errors.New("codec: nothing to encode")
	}
	if rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	e.value(rv, 0)

	// The tables come first, so that decoding is one pass.
	body := e.buf
	e.buf = []byte(magic)
	names := e.names
	e.uint(uint64(len(names)))
	for _, s := range names {
		e.uint(uint64(len(s)))
	}
	for _, s := range names {
		e.buf = append(e.buf, s...)
	}
	e.uint(uint64(len(e.schema)))
	for _, s := range e.schema {
		e.text(s.name)
		e.uint(uint64(len(s.fields)))
		for _, f := range s.fields {
			e.text(f.name)
			e.text(f.typ)
		}
	}
	e.uint(uint64(len(e.implNames)))
	for _, n := range e.implNames {
		e.text(n)
	}
	return append(e.buf, body...), nil
}

// failure is how the recursive parts below report; caught turns it into an error.
type failure struct{ err error }

func caught(err *error) {
	switch p := recover().(type) {
	case nil:
	case failure:
		*err = p.err
	default:
		panic(p)
	}
}

func fail(format string, args ...any) { panic(failure{fmt.Errorf("codec: "+format, args...)}) }

type encoder struct {
	c         *Codec
	buf       []byte
	strings   map[string]uint64
	names     []string
	structs   map[reflect.Type]uint64
	schema    []*structType
	impls     map[reflect.Type]uint64
	implNames []string
}

func (e *encoder) uint(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }

// text writes a string of the tables in full.
func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

func (e *encoder) string(s string) {
	n, ok := e.strings[s]
	if !ok {
		n = uint64(len(e.names))
		e.strings[s] = n
		e.names = append(e.names, s)
	}
	e.uint(n)
}

func (e *encoder) value(v reflect.Value, depth int) {
	if depth > maxDepth {
		fail("the value nests too deeply or has a cycle")
	}
	switch v.Kind() {
	case reflect.Bool:
		b := byte(0)
		if v.Bool() {
			b = 1
		}
		e.buf = append(e.buf, b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.buf = binary.AppendVarint(e.buf, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		e.uint(v.Uint())
	case reflect.Float32, reflect.Float64:
		e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(v.Float()))
	case reflect.String:
		e.string(v.String())
	case reflect.Pointer:
		if v.IsNil() {
			e.buf = append(e.buf, 0)
			return
		}
		e.buf = append(e.buf, 1)
		e.value(v.Elem(), depth+1)
	case reflect.Interface:
		if v.IsNil() {
			e.uint(0)
			return
		}
		in := v.Elem()
		e.uint(e.impl(in.Type()))
		if in.Kind() == reflect.Pointer {
			if in.IsNil() {
				fail("nil %s in an interface", in.Type())
			}
			in = in.Elem()
		}
		e.value(in, depth+1)
	case reflect.Slice:
		if v.IsNil() {
			e.uint(0)
			return
		}
		e.uint(uint64(v.Len()) + 1)
		if v.Type().Elem().Kind() == reflect.Uint8 {
			e.buf = append(e.buf, v.Bytes()...)
			return
		}
		for i := range v.Len() {
			e.value(v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			e.value(v.Index(i), depth+1)
		}
	case reflect.Map:
		if v.IsNil() {
			e.uint(0)
			return
		}
		keys := v.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return less(keys[i], keys[j]) })
		e.uint(uint64(len(keys)) + 1)
		for _, k := range keys {
			e.value(k, depth+1)
			e.value(v.MapIndex(k), depth+1)
		}
	case reflect.Struct:
		e.structValue(v, depth)
	default:
		fail("a %s has no stored form", v.Type())
	}
}

// less orders the keys of a map.
func less(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.String:
		return a.String() < b.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return a.Int() < b.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return a.Uint() < b.Uint()
	case reflect.Struct:
		for i := range a.NumField() {
			if less(a.Field(i), b.Field(i)) {
				return true
			}
			if less(b.Field(i), a.Field(i)) {
				return false
			}
		}
		return false
	case reflect.Bool:
		return !a.Bool() && b.Bool()
	}
	fail("a %s cannot be the key of a map", a.Type())
	return false
}

func (e *encoder) impl(t reflect.Type) uint64 {
	if n, ok := e.impls[t]; ok {
		return n
	}
	if e.c.byName[t.String()] != t {
		fail("type %s is not in the table of the codec", t)
	}
	n := uint64(len(e.implNames)) + 1
	e.impls[t] = n
	e.implNames = append(e.implNames, t.String())
	return n
}

// structValue writes the number of the struct's type, a bit for each field that is not zero, and those fields.
func (e *encoder) structValue(v reflect.Value, depth int) {
	t := v.Type()
	s := e.c.structType(t)
	n, ok := e.structs[t]
	if !ok {
		n = uint64(len(e.schema))
		e.structs[t] = n
		e.schema = append(e.schema, s)
	}
	e.uint(n)
	at := len(e.buf)
	for range (len(s.fields) + 7) / 8 {
		e.buf = append(e.buf, 0)
	}
	for i := range s.fields {
		f := v.Field(s.fields[i].index)
		if f.IsZero() {
			continue
		}
		e.buf[at+i/8] |= 1 << (i % 8)
		e.value(f, depth+1)
	}
}

// Decode fills what v points to from data. Fields that data does not speak of are left as they are, so v should point to a zero value.
func (c *Codec) Decode(data []byte, v any) (err error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		return errors.New("codec: Decode needs a pointer")
	}
	if len(data) < len(magic) || string(data[:len(magic)]) != magic {
		return errors.New("codec: the data is in another form or version")
	}
	defer caught(&err)
	d := &decoder{c: c, data: data, pos: len(magic)}
	d.tables()
	d.value(rv.Elem(), 0)
	if d.pos != len(data) {
		fail("%d bytes too many", len(data)-d.pos)
	}
	return nil
}

type decoder struct {
	c       *Codec
	data    []byte
	pos     int
	strings []string
	schema  []stored
	impls   []impl
}

// impl is a type that stands in interfaces; fits is the interface that it was last found to implement.
type impl struct{ typ, fits reflect.Type }

// stored is a struct type of the data; typ and index are set when it first meets the type that it is decoded into.
type stored struct {
	name   string
	fields []field
	typ    reflect.Type
}

func (d *decoder) uint() uint64 {
	if d.pos < len(d.data) && d.data[d.pos] < 0x80 {
		d.pos++
		return uint64(d.data[d.pos-1])
	}
	n, size := binary.Uvarint(d.data[d.pos:])
	if size <= 0 {
		fail("the data ends early")
	}
	d.pos += size
	return n
}

// length reads a number of things that take at least one byte each, or that number plus one.
func (d *decoder) length() int {
	n := d.uint()
	if n > uint64(len(d.data)-d.pos)+1 {
		fail("the data ends early")
	}
	return int(n)
}

func (d *decoder) bytes(n int) []byte {
	if n > len(d.data)-d.pos {
		fail("the data ends early")
	}
	d.pos += n
	return d.data[d.pos-n : d.pos]
}

func (d *decoder) text() string { return string(d.bytes(d.length())) }

func (d *decoder) tables() {
	lengths := make([]int, d.length())
	total := 0
	for i := range lengths {
		lengths[i] = d.length()
		total += lengths[i]
		if total > len(d.data) {
			fail("the data ends early")
		}
	}
	all := string(d.bytes(total)) // one allocation for all strings, which live and die with the decoded value
	d.strings = make([]string, len(lengths))
	for i, n := range lengths {
		d.strings[i], all = all[:n], all[n:]
	}
	d.schema = make([]stored, d.length())
	for i := range d.schema {
		s := &d.schema[i]
		s.name = d.text()
		s.fields = make([]field, d.length())
		for j := range s.fields {
			s.fields[j] = field{name: d.text(), typ: d.text()}
		}
	}
	d.impls = make([]impl, d.length())
	for i := range d.impls {
		name := d.text()
		t := d.c.byName[name]
		if t == nil {
			fail("unknown type %s", name)
		}
		d.impls[i].typ = t
	}
}

func (d *decoder) value(v reflect.Value, depth int) {
	if depth > maxDepth {
		fail("the data nests too deeply")
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(d.bytes(1)[0] != 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		u := d.uint()
		n := int64(u >> 1)
		if u&1 != 0 {
			n = ^n
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(d.uint())
	case reflect.Float32, reflect.Float64:
		v.SetFloat(math.Float64frombits(binary.LittleEndian.Uint64(d.bytes(8))))
	case reflect.String:
		n := d.uint()
		if n >= uint64(len(d.strings)) {
			fail("string %d of %d", n, len(d.strings))
		}
		v.SetString(d.strings[n])
	case reflect.Pointer:
		if d.bytes(1)[0] == 0 {
			return
		}
		p := reflect.New(v.Type().Elem())
		d.value(p.Elem(), depth+1)
		v.Set(p)
	case reflect.Interface:
		n := d.uint()
		if n == 0 {
			return
		}
		if n > uint64(len(d.impls)) {
			fail("type %d of %d", n, len(d.impls))
		}
		im := &d.impls[n-1]
		t := im.typ
		if im.fits != v.Type() {
			if !t.AssignableTo(v.Type()) {
				fail("%s is no %s", t, v.Type())
			}
			im.fits = v.Type()
		}
		if t.Kind() == reflect.Pointer {
			p := reflect.New(t.Elem())
			d.value(p.Elem(), depth+1)
			v.Set(p)
			return
		}
		p := reflect.New(t).Elem()
		d.value(p, depth+1)
		v.Set(p)
	case reflect.Slice:
		n := d.length()
		if n == 0 {
			return
		}
		n--
		if v.Type().Elem().Kind() == reflect.Uint8 {
			s := reflect.MakeSlice(v.Type(), n, n)
			reflect.Copy(s, reflect.ValueOf(d.bytes(n)))
			v.Set(s)
			return
		}
		s := reflect.MakeSlice(v.Type(), n, n)
		for i := range n {
			d.value(s.Index(i), depth+1)
		}
		v.Set(s)
	case reflect.Array:
		for i := range v.Len() {
			d.value(v.Index(i), depth+1)
		}
	case reflect.Map:
		n := d.length()
		if n == 0 {
			return
		}
		t := v.Type()
		m := reflect.MakeMapWithSize(t, n-1)
		for range n - 1 {
			k, e := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
			d.value(k, depth+1)
			d.value(e, depth+1)
			m.SetMapIndex(k, e)
		}
		v.Set(m)
	case reflect.Struct:
		d.structValue(v, depth)
	default:
		fail("a %s has no stored form", v.Type())
	}
}

func (d *decoder) structValue(v reflect.Value, depth int) {
	n := d.uint()
	if n >= uint64(len(d.schema)) {
		fail("struct %d of %d", n, len(d.schema))
	}
	s := &d.schema[n]
	if s.typ != v.Type() {
		d.match(s, v.Type())
	}
	bits := d.bytes((len(s.fields) + 7) / 8)
	for i := range s.fields {
		if bits[i/8]&(1<<(i%8)) == 0 {
			continue
		}
		at := s.fields[i].index
		if at < 0 {
			fail("%s has no field %s of type %s any more", s.name, s.fields[i].name, s.fields[i].typ)
		}
		d.value(v.Field(at), depth+1)
	}
}

// match finds the stored fields in t by name. A field that is gone is an error only where it has a value.
func (d *decoder) match(s *stored, t reflect.Type) {
	if s.name != t.String() {
		fail("the data has a %s where a %s is expected", s.name, t)
	}
	s.typ = t
	known := d.c.structType(t)
	for i := range s.fields {
		f := &s.fields[i]
		f.index = -1
		for _, k := range known.fields {
			if k.name == f.name && sameType(k.typ, f.typ) {
				f.index = k.index
			}
		}
	}
}

// sameType compares the names of types; `interface {}` and `any` are one.
func sameType(a, b string) bool {
	return a == b || strings.ReplaceAll(a, "interface {}", "any") == strings.ReplaceAll(b, "interface {}", "any")
}
