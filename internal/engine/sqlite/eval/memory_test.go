package eval_test

import (
	"fmt"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
)

// uid is the body of auth.uid().
const uid = `coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid`

// TestMemoryKnowsCallers: a value is kept for the claims that it came from, and only for those.
func TestMemoryKnowsCallers(t *testing.T) {
	cat := world(t)
	var memory eval.Memory
	check := func(text string, cases ...[2]string) {
		t.Helper()
		c, typ := compile(t, cat, text)
		for range 2 { // the second time from memory
			for _, k := range cases {
				s := &eval.Session{Cat: cat, Memory: &memory, Settings: map[string]string{"request.jwt.claims": k[0]}}
				d, err := c(&eval.Frame{S: s})
				got := `\N`
				if f := fault.As(err); f != nil {
					got = "! " + f.Code
				} else if err != nil {
					t.Fatal(err)
				} else if !d.IsNull() {
					got = s.Env().Ops(typ.OID).Text(s.Env(), d)
				}
				if got != k[1] {
					t.Errorf("%s of %s: got %s, want %s", text, k[0], got, k[1])
				}
			}
		}
	}
	a, b := "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
	check(uid, [2]string{`{"sub":"` + a + `"}`, a}, [2]string{`{"sub":"` + b + `"}`, b}, [2]string{`{"role":"x"}`, `\N`}, [2]string{``, `\N`},
		[2]string{`{"sub":"nobody"}`, "! 22P02"}, [2]string{`{`, "! 22P02"})
	check(`current_setting('request.jwt.claims')::jsonb -> 'app' ->> 'org'`, [2]string{`{"app":{"org":"1"}}`, "1"}, [2]string{`{"app":{"org":"2"}}`, "2"}, [2]string{`{"app":1}`, `\N`})

	// Other settings count as much as the claims, and what depends on more is computed.
	c, _ := compile(t, cat, uid)
	for _, want := range []string{a, b} {
		s := &eval.Session{Cat: cat, Memory: &memory, Settings: map[string]string{"request.jwt.claims": "{}", "request.jwt.claim.sub": want}}
		if d, err := c(&eval.Frame{S: s}); err != nil || d.Str() != want {
			t.Errorf("got %v, %v, want %s", d, err, want)
		}
	}
	c, _ = compile(t, cat, `coalesce(current_setting('request.jwt.claims'), '') || current_user`)
	for _, role := range []string{"anon", "staff"} {
		s := &eval.Session{Cat: cat, Memory: &memory, Role: role, Settings: map[string]string{"request.jwt.claims": "{}"}}
		if d, err := c(&eval.Frame{S: s}); err != nil || d.Str() != "{}"+role {
			t.Errorf("got %v, %v, want {}%s", d, err, role)
		}
	}
}

// TestMemoryIsBounded: it forgets, and goes on giving the right values.
func TestMemoryIsBounded(t *testing.T) {
	cat := world(t)
	var memory eval.Memory
	c, _ := compile(t, cat, `current_setting('request.jwt.claims')`)
	for i := range 20_000 {
		want := fmt.Sprint(i % 15_000)
		s := &eval.Session{Cat: cat, Memory: &memory, Settings: map[string]string{"request.jwt.claims": want}}
		if d, err := c(&eval.Frame{S: s}); err != nil || d.Str() != want {
			t.Fatalf("got %v, %v, want %s", d, err, want)
		}
	}
}

func BenchmarkClaims(b *testing.B) {
	cat := world(b)
	c, _ := compile(b, cat, uid)
	for name, m := range map[string]*eval.Memory{"computed": nil, "remembered": {}} {
		b.Run(name, func(b *testing.B) {
			s := &eval.Session{Cat: cat, Memory: m, Settings: map[string]string{
				"request.jwt.claims": `{"aud":"authenticated","email":"somebody@example.com","exp":1795577530,"role":"authenticated","sub":"00000000-0000-4000-8000-00000000000a"}`,
			}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c(&eval.Frame{S: s}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
