package value

import (
	"fmt"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// FromJSON reads a JSON value as one of a type, as json_populate_record does with its fields: key is the member's, for errors; base gives the fields that a
// composite value lacks.
func FromJSON(e *Env, o *Ops, mod int32, base Datum, key, raw string) (Datum, error) {
	raw = strings.TrimSpace(raw)
	kind := JSONKind(raw)
	switch {
	case kind == "null":
		return Null, nil
	case o.OID == catalog.JSONOID || o.OID == catalog.JSONBOID:
		return o.Input(e, raw, -1)
	case kind == "string":
		return o.Input(e, UnquoteJSON(raw), mod)
	case o.Elem != nil:
		p := arrayPopulator{env: e, elem: o.Elem, mod: mod, key: key}
		b, err := p.level(nil, raw, 1)
		if err != nil {
			return Null, err
		}
		if p.count == 0 {
			b = []byte("[]")
		}
		return Text(string(b)), nil
	case o.Fields != nil:
		switch kind {
		case "object":
		case "array":
			return Null, fault.New(fault.InvalidParameterValue, "cannot call populate_composite on an array")
		default:
			return Null, fault.New(fault.InvalidParameterValue, "cannot call populate_composite on a scalar")
		}
		values := make([]Datum, len(o.Fields))
		if !base.IsNull() {
			values = o.FieldValues(base)
		}
		if err := PopulateRow(e, o.Fields, values, raw); err != nil {
			return Null, err
		}
		return MakeRecord(e, o.Fields, values), nil
	}
	return o.Input(e, raw, mod)
}

// PopulateRow puts the members of a JSON object into the fields of a row that have their names.
func PopulateRow(e *Env, fields []Field, row []Datum, raw string) error {
	next := 0
	for k, v := range Pairs(raw) {
		// Keys mostly come in the order of the columns.
		for j := range fields {
			i := (next + j) % len(fields)
			if fields[i].Name != k {
				continue
			}
			next = i + 1
			d, err := FromJSON(e, fields[i].Ops, fields[i].Type.Mod, row[i], k, v)
			if err != nil {
				return err
			}
			row[i] = d
			break
		}
	}
	return nil
}

// An arrayPopulator reads JSON arrays inside each other as one array of an SQL type. How many dimensions it has is known from the first element that is no array.
type arrayPopulator struct {
	env   *Env
	elem  *Ops
	mod   int32
	key   string
	dims  []int // elements of each dimension; -1: not known yet
	at    []int // elements so far
	count int   // of all elements
	known bool
}

func (p *arrayPopulator) level(b []byte, raw string, depth int) ([]byte, error) {
	if JSONKind(raw) != "array" {
		return nil, p.expected(depth - 1)
	}
	if len(p.dims) < depth {
		p.dims, p.at = append(p.dims, -1), append(p.at, 0)
	}
	elems := ElemsOf(raw)
	if !p.known && (len(elems) == 0 || JSONKind(elems[0]) != "array") {
		p.known = true
	}
	b = append(b, '[')
	for i, v := range elems {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if p.known && depth == len(p.dims) {
			b, err = p.element(b, v)
		} else {
			b, err = p.level(b, v, depth+1)
		}
		if err != nil {
			return nil, err
		}
		p.at[depth-1]++
	}
	if n := p.at[depth-1]; p.dims[depth-1] < 0 {
		p.dims[depth-1] = n
	} else if p.dims[depth-1] != n {
		return nil, fault.New(fault.InvalidTextRepresentation, "malformed JSON array").WithDetail("Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	p.at[depth-1] = 0
	return append(b, ']'), nil
}

func (p *arrayPopulator) element(b []byte, raw string) ([]byte, error) {
	p.count++
	d, err := FromJSON(p.env, p.elem, p.mod, Null, "", raw)
	if err != nil {
		return nil, err
	}
	one := MakeArray(p.env, p.elem, []Datum{d}).Str()
	return append(b, one[1:len(one)-1]...), nil
}

// expected is the error about what should be an array.
func (p *arrayPopulator) expected(depth int) error {
	err := fault.New(fault.InvalidTextRepresentation, "expected JSON array")
	place := ""
	for _, i := range p.at[:min(depth, len(p.at))] {
		place += fmt.Sprintf("[%d]", i)
	}
	switch {
	case place == "" && p.key == "":
		return err
	case place == "":
		return err.WithHint(`See the value of key "%s".`, p.key)
	case p.key == "":
		return err.WithHint("See the array element %s.", place)
	}
	return err.WithHint(`See the array element %s of key "%s".`, place, p.key)
}
