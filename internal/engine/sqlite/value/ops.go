package value

import (
	"strconv"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// Resolver tells what user-defined types are; *catalog.Catalog is one.
type Resolver interface {
	Type(catalog.OID) *catalog.Type
	TableByOID(catalog.OID) *catalog.Table
}

// Env is what the text form of a value depends on besides the value. The zero value knows the built-in types and UTC.
type Env struct {
	Types Resolver
	Zone  *time.Location // nil is UTC
	Now   time.Time      // for 'now', 'today' …; the zero time makes those words an error
	// Unsteady, if not nil, is set when Now is asked for.
	Unsteady *bool
	// RegIn and RegOut turn the name of a relation, type, function, role or schema into its OID and back, for regclass and its like;
	// nil: only numbers are read and written.
	RegIn  func(kind catalog.OID, name string) (catalog.OID, error)
	RegOut func(kind, oid catalog.OID) string
}

// now is the time for words such as 'today'; ok is false where there is none.
func (e *Env) now() (t time.Time, ok bool) {
	if e == nil || e.Now.IsZero() {
		return time.Time{}, false
	}
	if e.Unsteady != nil {
		*e.Unsteady = true
	}
	return e.Now, true
}

var utcEnv = &Env{}

func (e *Env) zone() *time.Location {
	if e == nil || e.Zone == nil {
		return time.UTC
	}
	return e.Zone
}

// utc is e with the zone in which values are stored.
func (e *Env) utc() *Env {
	if e == nil || e.Zone == nil {
		return e
	}
	c := *e
	c.Zone = nil
	return &c
}

// Ops are the operations of one type. Datums given to them are never NULL.
type Ops struct {
	OID   catalog.OID
	Title string // the type's name in messages
	// Input reads PostgreSQL's text form; mod is the type modifier, -1 for none. Errors are PostgreSQL's.
	Input func(e *Env, s string, mod int32) (Datum, error)
	// Output appends PostgreSQL's text form.
	Output func(e *Env, dst []byte, d Datum) []byte
	// JSON appends the form that to_json gives.
	JSON func(e *Env, dst []byte, d Datum) []byte
	// FromJSON reads what JSON writes in the zone UTC, as values are held in arrays and composites; raw is one JSON text other than null.
	FromJSON func(e *Env, raw string) (Datum, error)
	// Compare is the type's btree order: negative, 0 or positive.
	Compare func(a, b Datum) int
	// Elem are the operations of an array's elements, nil for other types.
	Elem *Ops
	// Fields are a composite type's fields, nil for other types.
	Fields []Field
}

// Field is one field of a composite type.
type Field struct {
	Name string
	Type catalog.TypeRef
	Ops  *Ops
}

// TypeOps gives the operations of a built-in type, arrays included; nil if there is no such type.
func TypeOps(oid catalog.OID) *Ops { return utcEnv.Ops(oid) }

// Ops gives the operations of a type: built-in, or made of others as Types says. nil if there is no such type. Callers keep the
// result, which is cheap for built-in types only.
func (e *Env) Ops(oid catalog.OID) *Ops {
	if o := builtinOps()[oid]; o != nil {
		return o
	}
	if e == nil || e.Types == nil {
		return nil
	}
	t := e.Types.Type(oid)
	if t == nil {
		return nil
	}
	switch {
	case t.Elem != 0 && t.Category == 'A':
		if el := e.Ops(t.Elem); el != nil {
			return arrayOps(oid, el)
		}
	case t.Kind == catalog.EnumType:
		return enumOps(t)
	case t.Kind == catalog.DomainType:
		if b := e.Ops(t.Base.OID); b != nil {
			o := *b
			o.OID = oid
			mod := t.Base.Mod
			if mod >= 0 {
				in := b.Input
				o.Input = func(e *Env, s string, _ int32) (Datum, error) { return in(e, s, mod) }
			}
			return &o
		}
	case t.Kind == catalog.CompositeType:
		return compositeOps(e, t)
	case t.Kind == catalog.RangeType:
		if b := e.Ops(t.RangeOf); b != nil {
			return rangeOps(oid, t.Name, b)
		}
	}
	return nil
}

// BaseType is the type under a domain, however deep; other types are themselves.
func (e *Env) BaseType(oid catalog.OID) catalog.OID {
	for e != nil && e.Types != nil && oid >= catalog.FirstUserOID {
		t := e.Types.Type(oid)
		if t == nil || t.Kind != catalog.DomainType {
			break
		}
		oid = t.Base.OID
	}
	return oid
}

// ElemType is the element type of an array type, 0 if oid is not one.
func (e *Env) ElemType(oid catalog.OID) catalog.OID {
	if t := byArray[oid]; t != nil {
		return t.OID
	}
	if e != nil && e.Types != nil {
		if t := e.Types.Type(e.BaseType(oid)); t != nil && t.Category == 'A' {
			return t.Elem
		}
	}
	return 0
}

// ArrayType is the array type over oid, 0 if there is none.
func (e *Env) ArrayType(oid catalog.OID) catalog.OID {
	if t := byOID[oid]; t != nil {
		return t.Array
	}
	if oid == catalog.RecordOID {
		return 2287
	}
	if e != nil && e.Types != nil {
		if t := e.Types.Type(oid); t != nil {
			return t.Array
		}
	}
	return 0
}

// RangeSubtype is the subtype of a range type, 0 if oid is not one.
func (e *Env) RangeSubtype(oid catalog.OID) catalog.OID {
	if s := rangeOf[oid]; s != 0 {
		return s
	}
	if e != nil && e.Types != nil {
		if t := e.Types.Type(oid); t != nil {
			return t.RangeOf
		}
	}
	return 0
}

// AppendText appends the text form of d, which is not NULL.
func (o *Ops) AppendText(e *Env, dst []byte, d Datum) []byte { return o.Output(e, dst, d) }

// Text is the text form of d, which is not NULL.
func (o *Ops) Text(e *Env, d Datum) string {
	if d.kind == KindText && o.plain() {
		return d.s
	}
	return string(o.Output(e, nil, d))
}

func (o *Ops) plain() bool { return o.OID == catalog.TextOID || o.OID == catalog.VarcharOID }

// AppendJSON appends the JSON form of d, null for NULL.
func (o *Ops) AppendJSON(e *Env, dst []byte, d Datum) []byte {
	if d.IsNull() {
		return append(dst, "null"...)
	}
	return o.JSON(e, dst, d)
}

// elemJSON appends the form in which d is held in arrays and composites.
func (o *Ops) elemJSON(e *Env, dst []byte, d Datum) []byte { return o.AppendJSON(e.utc(), dst, d) }

// Key is a string that is the same for two values exactly when Compare calls them equal; for hashing, DISTINCT and GROUP BY.
func (o *Ops) Key(d Datum) string {
	switch {
	case d.kind == KindNull:
		return "\x00"
	case d.kind == KindInt:
		return strconv.FormatInt(int64(d.n), 10)
	case d.kind == KindFloat:
		f := d.Float64()
		if f == 0 {
			f = 0 // no negative zero
		}
		return string(AppendFloat(nil, f, 64))
	}
	switch o.OID {
	case catalog.NumericOID:
		if v, err := ParseDec(d.s); err == nil {
			return v.TrimScale().String()
		}
	case catalog.BpcharOID:
		return strings.TrimRight(d.s, " ")
	case citextOID:
		return Lower(d.s)
	case catalog.IntervalOID:
		days, us := IntervalFrom(d.s).total()
		return strconv.FormatInt(days, 10) + ":" + strconv.FormatInt(us, 10)
	case catalog.JSONBOID:
		return jsonKey(d.s)
	}
	switch {
	case o.Elem != nil:
		var b strings.Builder
		for _, n := range ArrayDims(o.Elem, d) {
			b.WriteString(strconv.Itoa(n) + ",")
		}
		for e, err := range ArrayElems(o.Elem, d) {
			if err != nil {
				return d.s
			}
			k := o.Elem.Key(e)
			b.WriteString(strconv.Itoa(len(k)) + ":" + k)
		}
		return b.String()
	case o.Fields != nil:
		var b strings.Builder
		for i, v := range o.FieldValues(d) {
			k := o.Fields[i].Ops.Key(v)
			b.WriteString(strconv.Itoa(len(k)) + ":" + k)
		}
		return b.String()
	}
	return d.s
}

// jsonKey drops the trailing zeros of a jsonb's numbers.
func jsonKey(raw string) string {
	switch JSONKind(raw) {
	case "number":
		if v, err := ParseDec(raw); err == nil {
			return v.TrimScale().String()
		}
	case "array":
		all := ElemsOf(raw)
		for i := range all {
			all[i] = jsonKey(all[i])
		}
		return string(AppendArray(nil, all))
	case "object":
		all := pairsOf(raw)
		for i := range all {
			all[i].Value = jsonKey(all[i].Value)
		}
		return string(AppendObject(nil, all))
	}
	return raw
}

func badInput(title, s string) error {
	return fault.New(fault.InvalidTextRepresentation, `invalid input syntax for type %s: "%s"`, title, s)
}

func outOfRange(title string) error {
	return fault.New(fault.NumericOutOfRange, "%s out of range", title)
}

func inputOutOfRange(title, s string) error {
	return fault.New(fault.NumericOutOfRange, `value "%s" is out of range for type %s`, s, title)
}

// cmpText orders text as collation "C": by bytes.
func cmpText(a, b Datum) int { return strings.Compare(a.s, b.s) }

func outText(_ *Env, dst []byte, d Datum) []byte { return append(dst, d.s...) }

// quotedOut makes the JSON form from the text form, as to_json does for types that it does not know.
func quotedOut(out func(*Env, []byte, Datum) []byte) func(*Env, []byte, Datum) []byte {
	return func(e *Env, dst []byte, d Datum) []byte { return AppendJSONString(dst, string(out(e, nil, d))) }
}

func jsonText(_ *Env, dst []byte, d Datum) []byte { return AppendJSONString(dst, d.s) }

func textFromJSON(_ *Env, raw string) (Datum, error) {
	if raw != "" && raw[0] == '"' {
		return Text(UnquoteJSON(raw)), nil
	}
	return Text(raw), nil
}

// textOps are the operations of a type that is stored as its text form.
func textOps(oid catalog.OID, title string, in func(*Env, string, int32) (Datum, error), cmp func(a, b Datum) int) *Ops {
	return &Ops{OID: oid, Title: title, Input: in, Output: outText, JSON: jsonText, FromJSON: textFromJSON, Compare: cmp}
}
