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
