package builtin

import (
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// FuzzPatterns runs patterns and templates from outside: they fail or work, without panic.
func FuzzPatterns(f *testing.F) {
	for _, s := range [][2]string{{"abc", "a%_"}, {"abc", `\`}, {"foo", "(?i)f[[:alpha:]]+\\d*?"}, {"2024-01-31", "YYYY-MM-DD HH24:MI"}, {"1,234.5", "FM9G999D99MI"}, {"x", "%2$s %-5L %I"}, {"a b", "(a|b)+[^c]{1,3}$"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, s, p string) {
		ses := &Session{Now: time.Unix(1706704496, 0), Zone: time.UTC}
		for _, id := range []string{"textlike", "texticlike_text_text", "textregexeq", "to_date", "to_timestamp_text_text", "to_number", "similar_to_escape_text", "plainto_tsquery_text", "regexp_match_text_text",
			"string_to_array_text_text", "split_part_text_text_int4", "similarity", "websearch_to_tsquery_text", "to_tsquery_text", "phraseto_tsquery_text"} {
			fn := ByID(id)
			if fn == nil {
				continue
			}
			args := []datum{value.Text(s), value.Text(p), value.Int(1)}[:len(fn.Args)]
			_, _ = fn.Call(&Ctx{Session: ses}, args)
		}
		c := &Ctx{Session: ses}
		_, _ = formatText(c, []datum{value.Text(p), value.Text(s), value.Null})
		if d, err := value.ParseDec(s); err == nil {
			_, _ = ByID("to_char_numeric_text").Call(c, []datum{d.Datum(), value.Text(p)})
		}
		_, _ = formatTime(p, tmOf(value.StampOf(ses.Now)))
		_ = stem(s)
	})
}

func BenchmarkCall(b *testing.B) {
	z, _ := value.Zone("Europe/Berlin")
	ses := &Session{Now: time.Unix(1706704496, 0), Zone: z}
	for _, x := range []struct {
		id   string
		args []datum
	}{
		{"int4pl", []datum{value.Int(1), value.Int(2)}},
		{"numeric_add", []datum{value.Text("12.50"), value.Text("1.255")}},
		{"numeric_lt", []datum{value.Text("12.50"), value.Text("1.255")}},
		{"lower_text", []datum{value.Text("Hello World")}},
		{"textlike", []datum{value.Text("hello world"), value.Text("%wor%")}},
		{"textregexeq", []datum{value.Text("hello world"), value.Text("^h.*d$")}},
		{"jsonb_object_field_text", []datum{value.Text(`{"a": 1, "b": "x", "c": [1, 2, 3]}`), value.Text("b")}},
		{"date_trunc_text_timestamptz", []datum{value.Text("month"), value.Text("2024-01-31T12:00:00+00:00")}},
		{"timestamptz_pl_interval", []datum{value.Text("2024-01-31T12:00:00+00:00"), value.Text("1 day")}},
	} {
		fn := ByID(x.id)
		if fn == nil {
			b.Fatal("no function ", x.id)
		}
		b.Run(x.id, func(b *testing.B) {
			c := &Ctx{Session: ses}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fn.Call(c, x.args); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
