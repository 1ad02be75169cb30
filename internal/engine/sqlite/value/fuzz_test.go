package value_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// FuzzInput reads any text as any type: no panic, and what was read is written so that it reads back as the same.
func FuzzInput(f *testing.F) {
	for _, s := range []string{"", "1", "-1.50e3", "NaN", "2024-01-31 12:34:56.7+02", "Jan 8, 1999 4:05 PM America/New_York", "1 year -2 mons 3 days 04:05:06.7 ago", "P1Y2M3DT4H",
		`{"a":[1,{"b":"\u00e9"}],"a":null}`, `{1,"a b",NULL,{2}}`, "[1,5)", `("a,b",)`, "$.a[*] ? (@ > 1)", "a & !b:*A <-> 'c d'", "'a':1A,2 b", "10.0.0.1/8", `\x01ff`, "abc\\001", "[1,2.5]", "24:00:00", "infinity",
		"{[1,3),(5,)}", "{}", "08:00:2b:01:02:03", "B101", "10.0.0.0/8"} {
		f.Add(s)
	}
	e := &value.Env{Now: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)}
	types := []catalog.OID{catalog.BoolOID, catalog.Int4OID, catalog.Float8OID, catalog.NumericOID, catalog.UUIDOID, catalog.ByteaOID, catalog.DateOID, catalog.TimestampOID, catalog.TimestamptzOID,
		catalog.TimeOID, catalog.TimetzOID, catalog.IntervalOID, catalog.JSONOID, catalog.JSONBOID, catalog.JSONPathOID, catalog.TextArrayOID, catalog.Int4ArrayOID, catalog.TimestamptzArrayOID,
		catalog.Int4RangeOID, catalog.TstzRangeOID, catalog.InetOID, catalog.TSVectorOID, catalog.TSQueryOID, catalog.VectorOID, catalog.MoneyOID, catalog.BitOID,
		catalog.Int8OID, catalog.Float4OID, catalog.OIDOID, catalog.NameOID, catalog.CidrOID, catalog.VarbitOID, catalog.NumRangeOID, catalog.DateRangeOID, catalog.TsRangeOID,
		catalog.Int4MultirangeOID, catalog.NumMultirangeOID, catalog.DateMultirangeOID, catalog.TstzMultirangeOID}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(s, "\x00") || !utf8.ValidString(s) {
			return // no text is such: the doors and the grammar refuse it
		}
		for _, oid := range types {
			o := value.TypeOps(oid)
			d, err := o.Input(e, s, -1)
			if err != nil {
				continue
			}
			out := o.Text(e, d)
			again, err := o.Input(e, out, -1)
			if err != nil {
				t.Fatalf("%s: %q gives %q, which is not read: %v", o.Title, s, out, err)
			}
			if o.Compare(d, again) != 0 || o.Key(d) != o.Key(again) {
				t.Fatalf("%s: %q gives %q, which reads as another value", o.Title, s, out)
			}
			if js := string(o.AppendJSON(e, nil, d)); value.ValidJSON(js) != nil {
				t.Fatalf("%s: %q has invalid JSON %q", o.Title, s, js)
			}
		}
	})
}
