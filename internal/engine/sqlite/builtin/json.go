package builtin

import (
	"math"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// jsonOf is to_json of the i-th argument, at a call place.
func (c *Ctx) jsonOf(i int, d datum) string {
	if d.IsNull() {
		return "null"
	}
	return string(c.argOps(i).JSON(c.Env(), nil, d))
}

// normal is a JSON text in jsonb's form, sparing what is already.
func (c *Ctx) jsonbOf(i int, d datum) string {
	if d.IsNull() {
		return "null"
	}
	if c.argType(i) == catalog.JSONBOID {
		return d.Str()
	}
	return value.NormalJSON(c.jsonOf(i, d))
}

// keyOf is an argument as the key of a JSON object: dates and times are written as in JSON.
func (c *Ctx) keyOf(i int, d datum) string {
	if value.IsDateTime(c.argType(i)) {
		return value.UnquoteJSON(c.jsonOf(i, d))
	}
	if c.argType(i) == catalog.BoolOID {
		return strconv.FormatBool(d.IsTrue())
	}
	return c.argOps(i).Text(c.Env(), d)
}

// scalarKey refuses an argument whose type cannot be the key of a JSON object.
func (c *Ctx) scalarKey(i int) error {
	o := c.argOps(i)
	if t := c.argType(i); t == catalog.JSONOID || t == catalog.JSONBOID || o.Elem != nil || o.Fields != nil || t == catalog.RecordOID {
		return fault.New(fault.InvalidParameterValue, "key value must be scalar, not array, composite, or json")
	}
	return nil
}

func textElems(d datum) ([]datum, error) { return value.ArraySlice(opsOf(catalog.TextOID), d) }

// textPath is a text array as strings; ok is false when it holds a NULL.
func textPath(d datum) (path []string, ok bool) {
	elems, err := textElems(d)
	if err != nil {
		return nil, false
	}
	for _, e := range elems {
		if e.IsNull() {
			return nil, false
		}
		path = append(path, e.Str())
	}
	return path, true
}

func registerJSON(r registry) {
	raw := func(v string, ok bool) datum {
		if !ok {
			return value.Null
		}
		return text(strings.TrimSpace(v))
	}
	unquoted := func(v string, ok bool) datum {
		if !ok {
			return value.Null
		}
		s, ok := value.JSONText(v)
		if !ok {
			return value.Null
		}
		return text(s)
	}
	for _, t := range []string{"json", "jsonb"} {
		field := func(a []datum) (string, bool) { return value.JSONField(a[0].Str(), a[1].Str()) }
		elem := func(a []datum) (string, bool) {
			if i := a[1].Int64(); t == "jsonb" && (i == 0 || i == -1) {
				// PostgreSQL keeps a scalar jsonb as an array of one.
				if k := value.JSONKind(a[0].Str()); k != "array" && k != "object" {
					return a[0].Str(), true
				}
			}
			return value.JSONElem(a[0].Str(), int(a[1].Int64()))
		}
		path := func(a []datum) (string, bool) {
			p, ok := textPath(a[1])
			if !ok {
				return "", false
			}
			return value.JSONPath(a[0].Str(), p)
		}
		r.pure(t+"_object_field("+t+",text)", func(a []datum) datum { return raw(field(a)) })
		r.pure(t+"_object_field_text("+t+",text)", func(a []datum) datum { return unquoted(field(a)) })
		r.pure(t+"_array_element("+t+",int4)", func(a []datum) datum { return raw(elem(a)) })
		r.pure(t+"_array_element_text("+t+",int4)", func(a []datum) datum { return unquoted(elem(a)) })
		r.pure(t+"_extract_path("+t+",_text)", func(a []datum) datum { return raw(path(a)) })
		r.pure(t+"_extract_path_text("+t+",_text)", func(a []datum) datum { return unquoted(path(a)) })
		r.pure(t+"_typeof("+t+")", func(a []datum) datum { return text(value.JSONKind(a[0].Str())) })
		r.pure(t+"_strip_nulls("+t+")", func(a []datum) datum { return text(value.StripNulls(a[0].Str(), t == "json")) })
		r.fn(t+"_array_length("+t+")", func(_ *Ctx, a []datum) (datum, error) {
			switch value.JSONKind(a[0].Str()) {
			case "array":
			case "object":
				return value.Null, fault.New(fault.InvalidParameterValue, "cannot get array length of a non-array")
			default:
				return value.Null, fault.New(fault.InvalidParameterValue, "cannot get array length of a scalar")
			}
			n := int64(0)
			for range value.Elems(a[0].Str()) {
				n++
			}
			return value.Int(n), nil
		})
		for _, suffix := range []string{"", "_text"} {
			asText := suffix != ""
			r.set(t+"_array_elements"+suffix+"("+t+")", func(_ *Ctx, a []datum, yield func([]datum) bool) error {
				switch k := value.JSONKind(a[0].Str()); {
				case k == "array":
				case k == "object" && t == "json":
					return fault.New(fault.InvalidParameterValue, "cannot call json_array_elements%s on a non-array", suffix)
				case k == "object":
					return fault.New(fault.InvalidParameterValue, "cannot extract elements from an object")
				case t == "json":
					return fault.New(fault.InvalidParameterValue, "cannot call json_array_elements%s on a scalar", suffix)
				default:
					return fault.New(fault.InvalidParameterValue, "cannot extract elements from a scalar")
				}
				for e := range value.Elems(a[0].Str()) {
					row := []datum{text(e)}
					if asText {
						row[0] = unquoted(e, true)
					}
					if !yield(row) {
						break
					}
				}
				return nil
			})
			r.set(t+"_each"+suffix+"("+t+")", func(_ *Ctx, a []datum, yield func([]datum) bool) error {
				if k := value.JSONKind(a[0].Str()); k != "object" {
					if t == "jsonb" {
						return fault.New(fault.InvalidParameterValue, "cannot call jsonb_each%s on a non-object", suffix)
					}
					if k == "array" {
						return fault.New(fault.InvalidParameterValue, "cannot deconstruct an array as an object")
					}
					return fault.New(fault.InvalidParameterValue, "cannot deconstruct a scalar")
				}
				for k, v := range value.Pairs(a[0].Str()) {
					row := []datum{text(k), text(v)}
					if asText {
						row[1] = unquoted(v, true)
					}
					if !yield(row) {
						break
					}
				}
				return nil
			})
		}
		r.set(t+"_object_keys("+t+")", func(_ *Ctx, a []datum, yield func([]datum) bool) error {
			switch value.JSONKind(a[0].Str()) {
			case "object":
			case "array":
				return fault.New(fault.InvalidParameterValue, "cannot call %s_object_keys on an array", t)
			default:
				return fault.New(fault.InvalidParameterValue, "cannot call %s_object_keys on a scalar", t)
			}
			for k := range value.Pairs(a[0].Str()) {
				if !yield([]datum{text(k)}) {
					break
				}
			}
			return nil
		})
		flag := "" // json's forms have a third argument that is no longer used
		if t == "json" {
			flag = ",bool"
		}
		r.fn(t+"_populate_record(anyelement,"+t+flag+")", func(c *Ctx, a []datum) (datum, error) {
			return c.populate(t+"_populate_record", c.argOps(0), a[0], a[1])
		})
		r.set(t+"_populate_recordset(anyelement,"+t+flag+")", func(c *Ctx, a []datum, yield func([]datum) bool) error {
			if a[1].IsNull() {
				return nil
			}
			o := c.argOps(0)
			if err := knownRow(t+"_populate_recordset", o); err != nil {
				return err
			}
			if value.JSONKind(a[1].Str()) != "array" {
				return fault.New(fault.InvalidParameterValue, "cannot call %s_populate_recordset on a non-array", t)
			}
			for e := range value.Elems(a[1].Str()) {
				if value.JSONKind(e) != "object" {
					return fault.New(fault.InvalidParameterValue, "argument of %s_populate_recordset must be an array of objects", t)
				}
				d, err := c.populate(t+"_populate_recordset", o, a[0], text(e))
				if err != nil {
					return err
				}
				if !yield([]datum{d}) {
					break
				}
			}
			return nil
		})
		// With a column list the caller gives the row type as the result type.
		r.fn(t+"_to_record("+t+")", func(c *Ctx, a []datum) (datum, error) {
			return c.populate(t+"_to_record", c.retOps(), value.Null, a[0])
		})
		r.set(t+"_to_recordset("+t+")", func(c *Ctx, a []datum, yield func([]datum) bool) error {
			if value.JSONKind(a[0].Str()) != "array" {
				return fault.New(fault.InvalidParameterValue, "cannot call %s_to_recordset on a non-array", t)
			}
			o := c.retOps()
			for e := range value.Elems(a[0].Str()) {
				d, err := c.populate(t+"_to_recordset", o, value.Null, text(e))
				if err != nil {
					return err
				}
				if !yield([]datum{d}) {
					break
				}
			}
			return nil
		})
	}
	r.fn("to_json(anyelement)", func(c *Ctx, a []datum) (datum, error) { return text(c.jsonOf(0, a[0])), nil })
	r.fn("to_jsonb(anyelement)", func(c *Ctx, a []datum) (datum, error) { return text(c.jsonbOf(0, a[0])), nil })
	// With true as the second argument each element or field of the first level stands on a line of its own.
	r.fn("row_to_json(record) row_to_json(record,bool) array_to_json(anyarray) array_to_json(anyarray,bool)", func(c *Ctx, a []datum) (datum, error) {
		raw := c.jsonOf(0, a[0])
		if len(a) < 2 || !a[1].IsTrue() {
			return text(raw), nil
		}
		var parts []string
		if raw[0] == '[' {
			for e := range value.Elems(raw) {
				parts = append(parts, e)
			}
			return text("[" + strings.Join(parts, ",\n ") + "]"), nil
		}
		for k, v := range value.Pairs(raw) {
			parts = append(parts, value.QuoteJSON(k)+":"+v)
		}
		return text("{" + strings.Join(parts, ",\n ") + "}"), nil
	})
	r.fn("json_build_array(any) json_build_array()", func(c *Ctx, a []datum) (datum, error) {
		parts := make([]string, len(a))
		for i, d := range a {
			parts[i] = c.jsonOf(i, d)
		}
		return text("[" + strings.Join(parts, ", ") + "]"), nil
	})
	r.fn("jsonb_build_array(any) jsonb_build_array()", func(c *Ctx, a []datum) (datum, error) {
		parts := make([]string, len(a))
		for i, d := range a {
			parts[i] = c.jsonbOf(i, d)
		}
		return text(string(value.AppendArray(nil, parts))), nil
	})
	r.fn("json_build_object(any) json_build_object()", func(c *Ctx, a []datum) (datum, error) {
		if len(a)%2 != 0 {
			return value.Null, fault.New(fault.InvalidParameterValue, "argument list must have even number of elements").WithHint("The arguments of json_build_object() must consist of alternating keys and values.")
		}
		b := []byte{'{'}
		for i := 0; i < len(a); i += 2 {
			if a[i].IsNull() {
				return value.Null, fault.New(fault.InvalidParameterValue, "argument %d cannot be null", i+1).WithHint("Object keys should be text.")
			}
			if err := c.scalarKey(i); err != nil {
				return value.Null, err
			}
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(value.AppendJSONString(b, c.keyOf(i, a[i])), " : "...)
			b = append(b, c.jsonOf(i+1, a[i+1])...)
		}
		return text(string(append(b, '}'))), nil
	})
	r.fn("jsonb_build_object(any) jsonb_build_object()", func(c *Ctx, a []datum) (datum, error) {
		if len(a)%2 != 0 {
			return value.Null, fault.New(fault.InvalidParameterValue, "argument list must have even number of elements").WithHint("The arguments of jsonb_build_object() must consist of alternating keys and values.")
		}
		pairs := make([]value.Pair, 0, len(a)/2)
		for i := 0; i < len(a); i += 2 {
			if a[i].IsNull() {
				return value.Null, fault.New(fault.InvalidParameterValue, "argument %d: key must not be null", i+1)
			}
			if err := c.scalarKey(i); err != nil {
				return value.Null, err
			}
			pairs = append(pairs, value.Pair{Key: c.keyOf(i, a[i]), Value: c.jsonbOf(i+1, a[i+1])})
		}
		return text(string(value.AppendObject(nil, pairs))), nil
	})
	pairs := func(keys, vals []datum) ([]value.Pair, error) {
		var out []value.Pair
		for i, k := range keys {
			if k.IsNull() {
				return nil, fault.New(fault.NullNotAllowed, "null value not allowed for object key")
			}
			v := "null"
			if !vals[i].IsNull() {
				v = value.QuoteJSON(vals[i].Str())
			}
			out = append(out, value.Pair{Key: k.Str(), Value: v})
		}
		return out, nil
	}
	object := func(a []datum, compact bool) (datum, error) {
		var keys, vals []datum
		first, err := textElems(a[0])
		if err != nil {
			return value.Null, err
		}
		dims := value.ArrayDims(opsOf(catalog.TextOID), a[0])
		subscripts := fault.New(fault.ArraySubscript, "wrong number of array subscripts")
		if len(a) == 2 {
			keys = first
			if len(dims) > 1 || len(dims) != len(value.ArrayDims(opsOf(catalog.TextOID), a[1])) {
				return value.Null, subscripts
			}
			if vals, err = textElems(a[1]); err != nil {
				return value.Null, err
			}
			if len(keys) != len(vals) {
				return value.Null, fault.New(fault.ArraySubscript, "mismatched array dimensions")
			}
		} else {
			switch {
			case len(dims) > 2:
				return value.Null, subscripts
			case len(dims) == 2 && dims[1] != 2:
				return value.Null, fault.New(fault.ArraySubscript, "array must have two columns")
			case len(first)%2 != 0:
				return value.Null, fault.New(fault.ArraySubscript, "array must have even number of elements")
			}
			for i := 0; i < len(first); i += 2 {
				keys, vals = append(keys, first[i]), append(vals, first[i+1])
			}
		}
		ps, err := pairs(keys, vals)
		if err != nil {
			return value.Null, err
		}
		if !compact {
			return text(string(value.AppendObject(nil, ps))), nil
		}
		b := []byte{'{'}
		for i, p := range ps {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(append(value.AppendJSONString(b, p.Key), " : "...), p.Value...)
		}
		return text(string(append(b, '}'))), nil
	}
	r.fn("jsonb_object(_text) jsonb_object(_text,_text)", func(_ *Ctx, a []datum) (datum, error) { return object(a, false) })
	r.fn("json_object(_text) json_object(_text,_text)", func(_ *Ctx, a []datum) (datum, error) { return object(a, true) })

	r.pure("jsonb_contains(jsonb,jsonb)", func(a []datum) datum { return value.Bool(value.ContainsJSONB(a[0].Str(), a[1].Str())) })
	r.pure("jsonb_contained(jsonb,jsonb)", func(a []datum) datum { return value.Bool(value.ContainsJSONB(a[1].Str(), a[0].Str())) })
	r.pure("jsonb_exists(jsonb,text)", func(a []datum) datum { return value.Bool(value.HasKey(a[0].Str(), a[1].Str())) })
	r.fn("jsonb_exists_any(jsonb,_text)", func(_ *Ctx, a []datum) (datum, error) {
		keys, err := textElems(a[1])
		for _, k := range keys {
			if !k.IsNull() && value.HasKey(a[0].Str(), k.Str()) {
				return value.Bool(true), nil
			}
		}
		return value.Bool(false), err
	})
	r.fn("jsonb_exists_all(jsonb,_text)", func(_ *Ctx, a []datum) (datum, error) {
		keys, err := textElems(a[1])
		for _, k := range keys {
			if !k.IsNull() && !value.HasKey(a[0].Str(), k.Str()) {
				return value.Bool(false), nil
			}
		}
		return value.Bool(true), err
	})
	r.pure("jsonb_concat(jsonb,jsonb)", func(a []datum) datum { return text(value.ConcatJSONB(a[0].Str(), a[1].Str())) })
	result := func(s string, err error) (datum, error) {
		if err != nil {
			return value.Null, err
		}
		return text(s), nil
	}
	r.fn("jsonb_delete(jsonb,text)", func(_ *Ctx, a []datum) (datum, error) { return result(value.DeleteKey(a[0].Str(), a[1].Str())) })
	r.fn("jsonb_delete(jsonb,int4)", func(_ *Ctx, a []datum) (datum, error) { return result(value.DeleteElem(a[0].Str(), int(a[1].Int64()))) })
	flat := func(d datum) error {
		if len(value.ArrayDims(opsOf(catalog.TextOID), d)) > 1 {
			return fault.New(fault.ArraySubscript, "wrong number of array subscripts")
		}
		return nil
	}
	r.fn("jsonb_delete(jsonb,_text)", func(_ *Ctx, a []datum) (datum, error) {
		if err := flat(a[1]); err != nil {
			return value.Null, err
		}
		elems, err := textElems(a[1])
		if err != nil {
			return value.Null, err
		}
		var keys []string
		for _, e := range elems {
			if !e.IsNull() {
				keys = append(keys, e.Str())
			}
		}
		return result(value.DeleteKey(a[0].Str(), keys...))
	})
	setPath := func(a []datum, v string, op value.PathOp) (datum, error) {
		if err := flat(a[1]); err != nil {
			return value.Null, err
		}
		elems, err := textElems(a[1])
		if err != nil {
			return value.Null, err
		}
		return result(value.SetPath(a[0].Str(), elems, v, op))
	}
	create := func(d datum) value.PathOp {
		if d.IsTrue() {
			return value.PathCreate
		}
		return value.PathReplace
	}
	r.fn("jsonb_delete_path(jsonb,_text)", func(_ *Ctx, a []datum) (datum, error) { return setPath(a, "", value.PathDelete) })
	r.fn("jsonb_set(jsonb,_text,jsonb,bool)", func(_ *Ctx, a []datum) (datum, error) { return setPath(a, a[2].Str(), create(a[3])) })
	r.fn("jsonb_set_lax(jsonb,_text,jsonb,bool,text)", func(_ *Ctx, a []datum) (datum, error) {
		if a[0].IsNull() || a[1].IsNull() || a[3].IsNull() {
			return value.Null, nil
		}
		if a[4].IsNull() {
			return value.Null, fault.New(fault.InvalidParameterValue, `null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"`)
		}
		if !a[2].IsNull() {
			return setPath(a, a[2].Str(), create(a[3]))
		}
		switch a[4].Str() {
		case "raise_exception":
			return value.Null, fault.New(fault.NullNotAllowed, "JSON value must not be null").WithDetail(`Exception was raised because null_value_treatment is "raise_exception".`).
				WithHint(`To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.`)
		case "use_json_null":
			return setPath(a, "null", create(a[3]))
		case "delete_key":
			return setPath(a, "", value.PathDelete)
		case "return_target":
			return a[0], nil
		}
		return value.Null, fault.New(fault.InvalidParameterValue, `null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"`)
	})
	r.fn("jsonb_insert(jsonb,_text,jsonb,bool)", func(_ *Ctx, a []datum) (datum, error) {
		if a[3].IsTrue() {
			return setPath(a, a[2].Str(), value.PathInsertAfter)
		}
		return setPath(a, a[2].Str(), value.PathInsertBefore)
	})
	r.pure("jsonb_pretty(jsonb)", func(a []datum) datum { return text(value.PrettyJSONB(a[0].Str())) })
	castError := func(k, to string) error {
		return fault.New(fault.InvalidParameterValue, "cannot cast jsonb %s to type %s", map[string]string{"object": "object", "array": "array", "string": "string", "boolean": "boolean", "number": "numeric", "null": "null"}[k], to)
	}
	r.fn("bool(jsonb)", func(_ *Ctx, a []datum) (datum, error) {
		if k := value.JSONKind(a[0].Str()); k != "boolean" {
			return value.Null, castError(k, "boolean")
		}
		return value.Bool(a[0].Str() == "true"), nil
	})
	for n, title := range map[string]string{"numeric": "numeric", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double precision"} {
		r.fn(n+"(jsonb)", func(c *Ctx, a []datum) (datum, error) {
			if k := value.JSONKind(a[0].Str()); k != "number" {
				return value.Null, castError(k, title)
			}
			switch n {
			case "numeric":
				return a[0], nil
			case "float4", "float8":
				f, err := strconv.ParseFloat(a[0].Str(), map[string]int{"float4": 32, "float8": 64}[n])
				if err != nil || math.IsInf(f, 0) {
					return value.Null, fault.New(fault.NumericOutOfRange, `"%s" is out of range for type %s`, a[0].Str(), title)
				}
				return value.Float(f), nil
			}
			i, ok := value.DecOf(a[0]).Int64()
			if !ok {
				return value.Null, rangeError(title)
			}
			return width(i, map[string]int{"int2": 2, "int4": 4, "int8": 8}[n])
		})
	}
}

// retOps are the operations of the result type at the call place; its fields stand behind the arguments' in Fields.
func (c *Ctx) retOps() *value.Ops {
	if n := len(c.Fields); n > 0 && n > len(c.Args) {
		return value.RecordOps(catalog.RecordOID, "record", c.Fields[n-1])
	}
	if o := c.Env().Ops(c.Ret.OID); o != nil {
		return o
	}
	return opsOf(catalog.RecordOID)
}

// knownRow refuses the anonymous record of which nothing says what its fields are.
func knownRow(fn string, o *value.Ops) error {
	if o.OID != catalog.RecordOID || o.Fields != nil {
		return nil
	}
	return fault.New(fault.FeatureNotSupported, "could not determine row type for result of %s", fn).
		WithHint("Provide a non-null record argument, or call the function in the FROM clause using a column definition list.")
}

// populate makes a composite value from a JSON object: members by name, those that lack from base.
func (c *Ctx) populate(fn string, o *value.Ops, base, d datum) (datum, error) {
	if err := knownRow(fn, o); err != nil {
		return value.Null, err
	}
	if d.IsNull() {
		return base, nil
	}
	return value.FromJSON(c.Env(), o, -1, base, "", d.Str())
}
