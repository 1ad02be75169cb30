package postgres

import (
	"bytes"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// row is the current row of a result in PostgreSQL's text format. It implements engine.Row.
type row struct {
	values   [][]byte
	encoders []encoder
}

func (r *row) IsNull(i int) bool { return r.values[i] == nil }

func (r *row) AppendText(dst []byte, i int) []byte { return append(dst, r.values[i]...) }

func (r *row) AppendJSON(dst []byte, i int) []byte {
	if r.values[i] == nil {
		return append(dst, "null"...)
	}
	return r.encoders[i](dst, r.values[i])
}

// encoders are those of a result whose columns have the OIDs.
type encoders struct {
	oids []uint32
	list []encoder
}

// encodersFor finds how to write each column; it is worked out once for a plan.
func (c *compiled) encodersFor(fields []pgconn.FieldDescription) []encoder {
	e := c.encoders.Load()
	if e != nil && len(e.oids) == len(fields) {
		same := true
		for i := range fields {
			same = same && fields[i].DataTypeOID == e.oids[i]
		}
		if same {
			return e.list
		}
	}
	e = c.snapshot.encoders(fields)
	c.encoders.Store(e)
	return e.list
}

func (s *snapshot) encoders(fields []pgconn.FieldDescription) *encoders {
	e := &encoders{oids: make([]uint32, len(fields)), list: make([]encoder, len(fields))}
	for i, f := range fields {
		e.oids[i] = f.DataTypeOID
		switch f.DataTypeOID {
		case 22, 30: // int2vector and oidvector: arrays that print their own way
			e.list[i] = vectorEncoder(f.DataTypeOID == 30)
		default:
			e.list[i] = s.encoder(s.typ(f.DataTypeOID), 0)
		}
	}
	return e
}

// An encoder appends a value, given in PostgreSQL's text form, as to_json prints it.
type encoder func(dst, text []byte) []byte

const maxTypeDepth = 32 // composites in arrays in composites …: the server has no such limit, but nobody comes near

// encoder is the way of to_json for a type; nil is a type that the catalog does not know, whose text is quoted.
func (s *snapshot) encoder(t *catalog.Type, depth int) encoder {
	if t == nil || depth > maxTypeDepth {
		return appendQuoted
	}
	if t.Kind == catalog.DomainType {
		return s.encoder(s.cat.Type(t.Base.OID), depth+1)
	}
	if t.Category == 'A' && t.Elem != 0 {
		return s.arrayEncoder(t, depth)
	}
	if t.Kind == catalog.CompositeType {
		return s.compositeEncoder(t, depth)
	}
	switch t.OID {
	case catalog.BoolOID:
		return appendBool
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID:
		return appendRaw
	case catalog.Float4OID, catalog.Float8OID, catalog.NumericOID:
		return appendNumber
	case catalog.JSONOID, catalog.JSONBOID:
		return appendRaw
	case catalog.TimestampOID, catalog.TimestamptzOID:
		return appendTimestamp
	case catalog.RecordOID, catalog.RecordArrayOID: // wrapped in to_json by the statement, or unknown
		return appendQuoted
	}
	return appendQuoted
}

func appendRaw(dst, text []byte) []byte { return append(dst, text...) }

func appendBool(dst, text []byte) []byte {
	if string(text) == "t" {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

// appendNumber quotes what JSON has no number for: NaN and the infinities.
func appendNumber(dst, text []byte) []byte {
	if c := text[len(text)-1]; c >= '0' && c <= '9' {
		return append(dst, text...)
	}
	return appendQuoted(dst, text)
}

// appendTimestamp turns the ISO form into XML Schema's: T between date and time, and minutes in the zone's offset.
func appendTimestamp(dst, text []byte) []byte {
	dst = append(dst, '"')
	zone := -1
	for i, c := range text {
		switch {
		case c == ' ' && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9':
			dst = append(dst, 'T')
			zone = 0
			continue
		case (c == '+' || c == '-') && zone == 0:
			zone = len(dst)
		case c == ' ' && zone > 0: // BC follows the zone
			if len(dst)-zone == 3 {
				dst = append(dst, ":00"...)
			}
			zone = -1
		}
		dst = append(dst, c)
	}
	if zone > 0 && len(dst)-zone == 3 {
		dst = append(dst, ":00"...)
	}
	return append(dst, '"')
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends text as a JSON string, escaped as PostgreSQL escapes.
func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i, c := range text {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, text[from:]...), '"')
}

// arrayEncoder reads array_out's form: {1,NULL,"a \"b\""}, nested for more dimensions, after bounds like [0:1]= where they are not from 1.
func (s *snapshot) arrayEncoder(t *catalog.Type, depth int) encoder {
	elem := s.cat.Type(t.Elem)
	inner := s.encoder(elem, depth+1)
	delim := byte(',')
	if t.Elem == catalog.BoxOID {
		delim = ';'
	}
	return func(dst, text []byte) []byte {
		for i, c := range text { // past the bounds
			if c == '{' {
				text = text[i:]
				break
			}
		}
		var item []byte
		for i := 0; i < len(text); {
			switch c := text[i]; c {
			case '{':
				dst = append(dst, '[')
				i++
			case '}':
				dst = append(dst, ']')
				i++
			case delim:
				dst = append(dst, ',')
				i++
			case '"':
				item = item[:0]
				for i++; i < len(text) && text[i] != '"'; i++ {
					if text[i] == '\\' && i+1 < len(text) {
						i++
					}
					item = append(item, text[i])
				}
				i++
				dst = inner(dst, item)
			default:
				start := i
				for i < len(text) && text[i] != delim && text[i] != '}' {
					i++
				}
				if string(text[start:i]) == "NULL" {
					dst = append(dst, "null"...)
				} else {
					dst = inner(dst, text[start:i])
				}
			}
		}
		return dst
	}
}

// vectorEncoder reads numbers parted by spaces. An oid is a string in JSON.
func vectorEncoder(quoted bool) encoder {
	return func(dst, text []byte) []byte {
		dst = append(dst, '[')
		for i, word := range bytes.Fields(text) {
			if i > 0 {
				dst = append(dst, ',')
			}
			if quoted {
				dst = appendQuoted(dst, word)
			} else {
				dst = append(dst, word...)
			}
		}
		return append(dst, ']')
	}
}

// compositeEncoder reads record_out's form: (1,,"a ""b""") where nothing between commas is NULL.
func (s *snapshot) compositeEncoder(t *catalog.Type, depth int) encoder {
	columns := t.Fields
	if t.Table != 0 {
		if rel := s.cat.TableByOID(t.Table); rel != nil {
			columns = rel.Columns
		}
	}
	keys := make([][]byte, len(columns))
	inner := make([]encoder, len(columns))
	for i, c := range columns {
		keys[i] = append(appendQuoted(nil, []byte(c.Name)), ':')
		inner[i] = s.encoder(s.cat.Type(c.Type.OID), depth+1)
	}
	return func(dst, text []byte) []byte {
		dst = append(dst, '{')
		var item []byte
		i := 1 // past the parenthesis
		for n := range keys {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, keys[n]...)
			item = item[:0]
			null := true
			quoted := false
			for ; i < len(text); i++ {
				c := text[i]
				if !quoted && (c == ',' || c == ')') {
					break
				}
				null = false
				switch {
				case c == '"' && quoted && i+1 < len(text) && text[i+1] == '"':
					i++
					item = append(item, '"')
				case c == '"':
					quoted = !quoted
				case c == '\\' && i+1 < len(text):
					i++
					item = append(item, text[i])
				default:
					item = append(item, c)
				}
			}
			i++
			if null {
				dst = append(dst, "null"...)
			} else {
				dst = inner[n](dst, item)
			}
		}
		return append(dst, '}')
	}
}
