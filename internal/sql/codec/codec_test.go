package codec_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/codec"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

func trees() *codec.Codec { return codec.New(append(sql.Types(), plpgsql.Types()...)...) }

// fill gives v a value in which no part is zero, as far as depth allows.
func fill(v reflect.Value, impls []reflect.Type, depth int, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n%100) - 50)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n % 200))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(*n) / 4)
	case reflect.String:
		v.SetString(fmt.Sprint("text ", *n%30))
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), impls, depth-1, n)
		}
	case reflect.Interface:
		if depth == 0 {
			return
		}
		for i := range impls {
			if t := impls[(i+*n)%len(impls)]; t.AssignableTo(v.Type()) {
				p := reflect.New(t.Elem())
				fill(p.Elem(), impls, depth-1, n)
				v.Set(p)
				return
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), min(depth, 2), 2))
		for i := range v.Len() {
			fill(v.Index(i), impls, depth-1, n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), impls, depth, n)
		}
	}
}

func TestEveryNodeSurvives(t *testing.T) {
	var impls []reflect.Type
	for _, v := range append(sql.Types(), plpgsql.Types()...) {
		impls = append(impls, reflect.TypeOf(v))
	}
	c := trees()
	for i, typ := range impls {
		n := i
		in := reflect.New(typ.Elem())
		fill(in.Elem(), impls, 4, &n)
		data, err := c.Encode(in.Interface())
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		out := reflect.New(typ.Elem())
		if err := c.Decode(data, out.Interface()); err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		if !reflect.DeepEqual(in.Interface(), out.Interface()) {
			t.Errorf("%s came back as another value", typ)
		}
		again, _ := trees().Encode(out.Interface())
		if string(again) != string(data) {
			t.Errorf("%s: equal values gave different bytes", typ)
		}
	}
}

type inner struct{ A, B int }

type outer struct {
	M    map[string]inner
	N    map[inner]string
	K    map[uint32]*inner
	B    []byte
	E    []int
	Z    []int
	F    float64
	skip int
}

func TestValues(t *testing.T) {
	in := outer{
		M: map[string]inner{"a": {1, -2}, "b": {}}, N: map[inner]string{{1, 2}: "x", {0, 1}: ""}, K: map[uint32]*inner{7: {3, 4}, 8: nil},
		B: []byte{0, 255}, E: []int{}, F: -1.5, skip: 1,
	}
	c := codec.New()
	data, err := c.Encode(in)
	if err != nil {
		t.Fatal(err)
	}
	var out outer
	if err := c.Decode(data, &out); err != nil {
		t.Fatal(err)
	}
	in.skip = 0
	if !reflect.DeepEqual(in, out) {
		t.Errorf("got %+v, want %+v", out, in)
	}
	// Cut and changed data gives errors, never a panic.
	for i := range data {
		_ = c.Decode(data[:i], &outer{})
		bad := append([]byte(nil), data...)
		bad[i] ^= 0x5a
		_ = c.Decode(bad, &outer{})
	}
}

func TestRefusals(t *testing.T) {
	check := func(v any, want string) {
		t.Helper()
		if _, err := codec.New().Encode(v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	type ring struct{ Next *ring }
	r := &ring{}
	r.Next = r
	check(r, "cycle")
	check(struct{ F func() }{func() {}}, "no stored form")
	check(struct{ E sql.Expr }{&sql.Default{}}, "not in the table")
	if err := codec.New().Decode([]byte("MSC\x02"), &inner{}); err == nil {
		t.Error("another version was taken")
	}
	data, _ := codec.New().Encode(struct{ A int }{1})
	if err := codec.New().Decode(data, &inner{}); err == nil {
		t.Error("another type was taken")
	}
}

func BenchmarkDecode(b *testing.B) {
	text, err := os.ReadFile("../testdata/statements.sql")
	if err != nil {
		b.Fatal(err)
	}
	list, err := sql.Parse(strings.ReplaceAll(strings.Repeat(string(text), 20), "\n", ";\n"))
	if err != nil {
		b.Fatal(err)
	}
	c := trees()
	data, err := c.Encode(&list)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var out []sql.Statement
		if err := c.Decode(data, &out); err != nil || len(out) != len(list) {
			b.Fatal(err)
		}
	}
}
