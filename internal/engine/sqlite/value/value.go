// Package value is PostgreSQL's values in the form in which the sqlite engine stores and computes them.
//
// A Datum is one value; its PostgreSQL type is known from outside (the resolved tree), never from the datum. The stored forms
// are those of decision 0013 and docs/reference/sql.md:
//
//	bool                    Int 0 or 1
//	int2 int4 int8 oid      Int
//	float4 float8           Float
//	numeric                 Text, canonical: PostgreSQL's output with the value's display scale ("1.50", "NaN", "Infinity")
//	text varchar bpchar name citext enum uuid xml…   Text (uuid lower case with dashes; bpchar blank-padded as PostgreSQL prints it)
//	date                    Text "2026-01-31"
//	timestamp               Text "2026-01-31T12:00:00.5"         (as PostgreSQL's to_json prints it)
//	timestamptz             Text "2026-01-31T12:00:00.5+00:00"   (always UTC when stored; the session's zone is applied on output)
//	time, timetz            Text "12:00:00.5", "12:00:00.5+02"
//	interval                Text, PostgreSQL's output in style postgres ("1 day 02:00:00")
//	json                    Text as given
//	jsonb                   Text, normalised, in PostgreSQL's output spacing ({"a": 1, "b": [1, 2]})
//	arrays                  Text, compact JSON array of the elements' JSON forms ("[1,2,null]", "[[1],[2]]"); a lower bound other than 1 is not kept
//	composite, record       Text, compact JSON object of the fields' JSON forms in column order ({"f1":1,"f2":"x"})
//	ranges                  Text, PostgreSQL's output
//	bytea                   Blob
//	vector, halfvec         Blob, little-endian float32
//	tsvector, tsquery       Text, PostgreSQL's output
//	others (inet, money, …) Text, PostgreSQL's output
//
// Invariants: a Datum of a type is always in that type's canonical form (equal values of types without their own collation are
// equal bytes); functions here are pure: no clock, no random source, no catalog.
package value

import "math"

// Kind is the storage class of a Datum, as SQLite's.
type Kind uint8

// The storage classes.
const (
	KindNull Kind = iota
	KindInt
	KindFloat
	KindText
	KindBlob
)

// Datum is one value, or NULL (the zero value). Blobs are held as a string of bytes. Datums are compared with the functions of this package, not ==.
type Datum struct {
	s    string
	n    uint64
	kind Kind
}

// Null is SQL's NULL.
var Null = Datum{}

// Int makes an integer.
func Int(i int64) Datum { return Datum{n: uint64(i), kind: KindInt} }

// Bool makes a boolean.
func Bool(b bool) Datum {
	if b {
		return Datum{n: 1, kind: KindInt}
	}
	return Datum{kind: KindInt}
}

// Float makes a floating point number.
func Float(f float64) Datum { return Datum{n: math.Float64bits(f), kind: KindFloat} }

// Text makes a text in the canonical form of its type.
func Text(s string) Datum { return Datum{s: s, kind: KindText} }

// Blob makes a byte string.
func Blob(b []byte) Datum { return Datum{s: string(b), kind: KindBlob} }

// Kind is the storage class.
func (d Datum) Kind() Kind { return d.kind }

// IsNull reports whether d is NULL.
func (d Datum) IsNull() bool { return d.kind == KindNull }

// Int64 is the integer of an Int datum (0 for NULL).
func (d Datum) Int64() int64 { return int64(d.n) }

// IsTrue reports whether d is a true boolean; NULL is not true.
func (d Datum) IsTrue() bool { return d.kind == KindInt && d.n != 0 }

// NaNText is what SQLite holds in the place of NaN.
const NaNText = "NaN"

// Float64 is the number of a Float datum. The text NaN is one too: SQLite has no such number and holds it as a text, which it puts after all numbers, as PostgreSQL does.
func (d Datum) Float64() float64 {
	if d.kind == KindText {
		return math.NaN()
	}
	return math.Float64frombits(d.n)
}

// Str is the text of a Text datum or the bytes of a Blob.
func (d Datum) Str() string { return d.s }

// Bytes is the content of a Blob or Text, as a fresh slice.
func (d Datum) Bytes() []byte { return []byte(d.s) }
