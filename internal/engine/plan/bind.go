package plan

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"unsafe"

	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// Bind gives parameter $i+1 of the plan its value. The text may share memory with args.
func (p *Plan) Bind(i int, args *Args) Value {
	q := &p.params[i]
	switch q.Kind {
	case FromValue:
		return Value{Text: args.Values[q.Value]}
	case FromBody:
		if q.Type.OID == catalog.ByteaOID {
			return Value{Text: `\x` + hex.EncodeToString(args.Body)}
		}
		return Value{Text: text(args.Body)}
	case Fixed:
		return Value{Text: q.Text}
	case FromFieldArray:
		raw := args.Fields[q.Field]
		if len(raw) > 0 && raw[0] == '[' {
			if b, ok := arrayLiteral(nil, raw); ok {
				return Value{Text: text(b)}
			}
		}
		return fieldValue(raw, q.Type)
	case FromFieldRecord:
		raw := args.Fields[q.Field]
		if raw == nil {
			return Value{Null: true}
		}
		var b strings.Builder
		b.WriteString(`{"v":`)
		b.Write(raw)
		b.WriteByte('}')
		return Value{Text: b.String()}
	}
	return fieldValue(args.Fields[q.Field], q.Type)
}

// fieldValue is what json_populate_record makes of a value before the type's input function sees it.
func fieldValue(raw []byte, t catalog.TypeRef) Value {
	switch {
	case raw == nil || string(raw) == "null":
		return Value{Null: true}
	case t.OID == catalog.JSONOID || t.OID == catalog.JSONBOID || raw[0] != '"':
		return Value{Text: text(raw)}
	}
	if inner := text(raw[1 : len(raw)-1]); strings.IndexByte(inner, '\\') < 0 {
		return Value{Text: inner}
	}
	var s string
	if json.Unmarshal(raw, &s) != nil { // the door has checked the payload
		return Value{Text: text(raw)}
	}
	return Value{Text: s}
}

func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// arrayLiteral appends a JSON array as a literal of a PostgreSQL array, nested arrays as further dimensions.
func arrayLiteral(b, raw []byte) ([]byte, bool) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	b = append(b, '{')
	for i, x := range list {
		if i > 0 {
			b = append(b, ',')
		}
		switch x[0] {
		case '[':
			var ok bool
			if b, ok = arrayLiteral(b, x); !ok {
				return nil, false
			}
		case 'n':
			b = append(b, "NULL"...)
		default:
			v := fieldValue(x, catalog.TypeRef{})
			b = append(b, '"')
			for j := 0; j < len(v.Text); j++ {
				if c := v.Text[j]; c == '"' || c == '\\' {
					b = append(b, '\\')
				}
				b = append(b, v.Text[j])
			}
			b = append(b, '"')
		}
	}
	return append(b, '}'), true
}
