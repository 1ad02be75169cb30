package builtin

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerTSVector registers what takes tsvectors apart and changes them.
func registerTSVector(r registry) {
	weightOf := func(s string, some bool) (byte, error) {
		w := strings.ToUpper(s)
		switch {
		case len(w) == 1 && w >= "A" && w <= "D":
			return w[0], nil
		case some:
			if len(s) == 4 { // an octal form stands for a byte that is no text
				s = string([]byte{value.CharCode(s)})
			}
			return 0, fault.New(fault.Internal, "unrecognized weight: %s", s)
		}
		return 0, fault.New(fault.Internal, "unrecognized weight: %d", int8(value.CharCode(s)))
	}
	words := func(d datum) ([]string, error) { // NULL among them is nothing
		list, err := textElems(d)
		var out []string
		for _, w := range list {
			if !w.IsNull() {
				out = append(out, w.Str())
			}
		}
		return out, err
	}
	r.fn("setweight(tsvector,char) setweight(tsvector,char,_text)", func(_ *Ctx, a []datum) (datum, error) {
		w, err := weightOf(a[1].Str(), len(a) > 2)
		if err != nil {
			return value.Null, err
		}
		var only []string
		if len(a) > 2 {
			if only, err = words(a[2]); err != nil {
				return value.Null, err
			}
		}
		lex := lexemes(a[0])
		for _, l := range lex {
			for i := range l.At {
				if len(a) == 2 || slices.Contains(only, l.Word) {
					l.At[i].Weight = w
				}
			}
		}
		return value.TSVectorDatum(lex), nil
	})
	r.pure("tsvector_concat(tsvector,tsvector)", func(a []datum) datum {
		x, y := lexemes(a[0]), lexemes(a[1])
		last := 0
		for _, l := range x {
			for _, p := range l.At {
				last = max(last, p.Pos)
			}
		}
		for _, l := range y {
			for i := range l.At {
				l.At[i].Pos = min(l.At[i].Pos+last, 16383)
			}
		}
		return value.TSVectorDatum(append(x, y...))
	})
	r.pure("strip(tsvector)", func(a []datum) datum {
		lex := lexemes(a[0])
		for i := range lex {
			lex[i].At = nil
		}
		return value.TSVectorDatum(lex)
	})
	r.pure("length(tsvector)", func(a []datum) datum { return value.Int(int64(len(lexemes(a[0])))) })
	r.pure("tsvector_to_array(tsvector)", func(a []datum) datum {
		var out []datum
		for _, l := range lexemes(a[0]) {
			out = append(out, text(l.Word))
		}
		return value.MakeArray(nil, opsOf(catalog.TextOID), out)
	})
	r.fn("array_to_tsvector(_text)", func(_ *Ctx, a []datum) (datum, error) {
		list, err := textElems(a[0])
		var lex []value.Lexeme
		for _, d := range list {
			if d.IsNull() {
				return value.Null, fault.New(fault.NullNotAllowed, "lexeme array may not contain nulls")
			}
			if d.Str() == "" {
				return value.Null, fault.New("2200F", "lexeme array may not contain empty strings")
			}
			lex = append(lex, value.Lexeme{Word: d.Str()})
		}
		return value.TSVectorDatum(lex), err
	})
	r.pure("ts_delete(tsvector,text)", func(a []datum) datum {
		return value.TSVectorDatum(slices.DeleteFunc(lexemes(a[0]), func(l value.Lexeme) bool { return l.Word == a[1].Str() }))
	})
	r.fn("ts_delete(tsvector,_text)", func(_ *Ctx, a []datum) (datum, error) {
		list, err := words(a[1])
		if err != nil {
			return value.Null, err
		}
		return value.TSVectorDatum(slices.DeleteFunc(lexemes(a[0]), func(l value.Lexeme) bool { return slices.Contains(list, l.Word) })), nil
	})
	r.fn("ts_filter(tsvector,_char)", func(_ *Ctx, a []datum) (datum, error) {
		list, err := value.ArraySlice(opsOf(value.BuiltinNamed("char")), a[1])
		if err != nil {
			return value.Null, err
		}
		keep := map[byte]bool{}
		for _, d := range list {
			if d.IsNull() {
				return value.Null, fault.New(fault.NullNotAllowed, "weight array may not contain nulls")
			}
			w := strings.ToUpper(d.Str())
			if len(w) != 1 || w < "A" || w > "D" {
				if d.Str() == "" { // whose text ends there in PostgreSQL
					return value.Null, fault.New(fault.InvalidParameterValue, `unrecognized weight: "`)
				}
				return value.Null, fault.New(fault.InvalidParameterValue, `unrecognized weight: "%s"`, d.Str())
			}
			keep[w[0]] = true
		}
		var out []value.Lexeme
		for _, l := range lexemes(a[0]) {
			if l.At = slices.DeleteFunc(l.At, func(p value.Position) bool { return !keep[p.Weight] }); len(l.At) > 0 {
				out = append(out, l)
			}
		}
		return value.TSVectorDatum(out), nil
	})
	r.set("unnest(tsvector)", func(_ *Ctx, a []datum, yield func([]datum) bool) error {
		for _, l := range lexemes(a[0]) {
			row := []datum{text(l.Word), value.Null, value.Null}
			if len(l.At) > 0 {
				var at, weights []datum
				for _, p := range l.At {
					at, weights = append(at, value.Int(int64(p.Pos))), append(weights, text(string(p.Weight)))
				}
				row[1], row[2] = value.MakeArray(nil, opsOf(catalog.Int2OID), at), value.MakeArray(nil, opsOf(catalog.TextOID), weights)
			}
			if !yield(row) {
				break
			}
		}
		return nil
	})
}
