package value_test

import (
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// FuzzInput reads any text as any type: no panic, and what was read is written so that it reads back as the same.
func FuzzInput(f *testing.F) {
	for _, s := range []string{"", "1", "-1.50e3", "NaN", "2024-01-31 12:34:56.7+02", "Jan 8, 1999 4:05 PM America/New_York", "1 year -2 mons 3 days 04:05:06.7 ago", "P1Y2M3DT4H",
		`{"a":[1,{"b":"\u00e9"}],"a":null}`, `{1,"a b",NULL,{2}}`, "[1,5)", `("a,b",)`, "$.a[*] ? (@ > 1)", "a & !b:*A <-> 'c d'", "'a':1A,2 b", "10.0.0.1/8", `\x01ff`, "abc\\001", "[1,2.5]", "24:00:00", "infinity"} {
		f.Add(s)
	}
	e := &value.Env{Now: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)}
	types := []catalog.OID{catalog.BoolOID, catalog.Int4OID, catalog.Float8OID, catalog.NumericOID, catalog.UUIDOID, catalog.ByteaOID, catalog.DateOID, catalog.TimestampOID, catalog.TimestamptzOID,
		catalog.TimeOID, catalog.TimetzOID, catalog.IntervalOID, catalog.JSONOID, catalog.JSONBOID, catalog.JSONPathOID, catalog.TextArrayOID, catalog.Int4ArrayOID, catalog.TimestamptzArrayOID,
		catalog.Int4RangeOID, catalog.TstzRangeOID, catalog.InetOID, catalog.TSVectorOID, catalog.TSQueryOID, catalog.VectorOID, catalog.MoneyOID, catalog.BitOID}
	f.Fuzz(func(t *testing.T, s string) {
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
