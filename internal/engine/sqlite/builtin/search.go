package builtin

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerSearch registers pg_trgm, fuzzystrmatch and full text search.
func registerSearch(r registry) {
	sim := func(a []datum) float64 { return similarity(trigrams(a[0].Str()), trigrams(a[1].Str())) }
	r.pure("similarity(text,text)", func(a []datum) datum { return value.Float(sim(a)) })
	r.pure("similarity_dist(text,text)", func(a []datum) datum { return value.Float(single(1 - sim(a))) })
	threshold := func(c *Ctx, name string, def float64) float64 {
		if c.Setting != nil {
			if s, ok := c.Setting("pg_trgm." + name); ok {
				if d, err := opsOf(catalog.Float8OID).Input(nil, s, -1); err == nil {
					return d.Float64()
				}
			}
		}
		return def
	}
	r.fn("similarity_op(text,text)", func(c *Ctx, a []datum) (datum, error) {
		return value.Bool(sim(a) >= single(threshold(c, "similarity_threshold", 0.3))), nil
	})
	for _, strict := range []bool{false, true} {
		p, limit, def := "word_similarity", "word_similarity_threshold", 0.6
		if strict {
			p, limit, def = "strict_word_similarity", "strict_word_similarity_threshold", 0.5
		}
		r.pure(p+"(text,text)", func(a []datum) datum { return value.Float(wordSimilarity(a[0].Str(), a[1].Str(), strict)) })
		r.fn(p+"_op(text,text)", func(c *Ctx, a []datum) (datum, error) {
			return value.Bool(wordSimilarity(a[0].Str(), a[1].Str(), strict) >= single(threshold(c, limit, def))), nil
		})
		r.fn(p+"_commutator_op(text,text)", func(c *Ctx, a []datum) (datum, error) {
			return value.Bool(wordSimilarity(a[1].Str(), a[0].Str(), strict) >= single(threshold(c, limit, def))), nil
		})
		r.pure(p+"_dist_op(text,text)", func(a []datum) datum { return value.Float(single(1 - wordSimilarity(a[0].Str(), a[1].Str(), strict))) })
		r.pure(p+"_dist_commutator_op(text,text)", func(a []datum) datum {
			return value.Float(single(1 - wordSimilarity(a[1].Str(), a[0].Str(), strict)))
		})
	}
	r.pure("show_trgm(text)", func(a []datum) datum {
		var out []datum
		for _, t := range trigrams(a[0].Str()) {
			out = append(out, text(t))
		}
		return value.MakeArray(nil, opsOf(catalog.TextOID), out)
	})
	lev := func(a []datum, ins, del, sub int) (datum, error) {
		s, t := []rune(a[0].Str()), []rune(a[1].Str())
		if len(s) > 255 || len(t) > 255 {
			return value.Null, fault.New(fault.InvalidParameterValue, "levenshtein argument exceeds maximum length of 255 characters")
		}
		return value.Int(int64(levenshtein(s, t, ins, del, sub))), nil
	}
	r.fn("levenshtein(text,text)", func(_ *Ctx, a []datum) (datum, error) { return lev(a, 1, 1, 1) })
	r.fn("levenshtein(text,text,int4,int4,int4)", func(_ *Ctx, a []datum) (datum, error) {
		return lev(a, int(a[2].Int64()), int(a[3].Int64()), int(a[4].Int64()))
	})
	r.fn("levenshtein_less_equal(text,text,int4)", func(_ *Ctx, a []datum) (datum, error) {
		d, err := lev(a, 1, 1, 1)
		if err == nil && d.Int64() > a[2].Int64() {
			d = value.Int(a[2].Int64() + 1)
		}
		return d, err
	})
	r.textFn("soundex(text) text_soundex(text)", soundex)
	r.pure("difference(text,text)", func(a []datum) datum {
		x, y := soundex(a[0].Str()), soundex(a[1].Str())
		n := int64(0)
		for i := 0; i < 4 && i < len(x) && i < len(y); i++ {
			if x[i] == y[i] {
				n++
			}
		}
		return value.Int(n)
	})
	registerFullText(r)
}

// words are the runs of letters and digits, in lower case.
func words(s string) []string {
	return strings.FieldsFunc(value.Lower(s), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
}

// wordTrigrams are the trigrams of a word with two blanks before and one behind, in order.
func wordTrigrams(w string) []string {
	p := []rune("  " + w + " ")
	out := make([]string, 0, len(p)-2)
	for i := 0; i+3 <= len(p); i++ {
		out = append(out, string(p[i:i+3]))
	}
	return out
}

// trigrams is the set of a text's trigrams, sorted.
func trigrams(s string) []string {
	var out []string
	for _, w := range words(s) {
		out = append(out, wordTrigrams(w)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func similarity(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	n := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := strings.Compare(a[i], b[j]); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			n++
			i++
			j++
		}
	}
	return single(float64(float32(n) / float32(len(a)+len(b)-n)))
}

// wordSimilarity is the greatest similarity of the first text's trigrams with a run of the second's; a strict run is of whole words.
func wordSimilarity(a, b string, strict bool) float64 {
	query := trigrams(a)
	if len(query) == 0 {
		return 0
	}
	in := map[string]bool{}
	for _, t := range query {
		in[t] = true
	}
	var seq []string
	var first, last []bool // at a word's edge
	for _, w := range words(b) {
		ts := wordTrigrams(w)
		for i, t := range ts {
			seq = append(seq, t)
			first, last = append(first, i == 0), append(last, i == len(ts)-1)
		}
	}
	best := 0.0
	for i := range seq {
		if strict && !first[i] || !strict && !in[seq[i]] {
			continue
		}
		seen, shared := map[string]bool{}, 0
		for j := i; j < len(seq); j++ {
			if !seen[seq[j]] {
				seen[seq[j]] = true
				if in[seq[j]] {
					shared++
				}
			}
			if strict && !last[j] || !strict && !in[seq[j]] {
				continue
			}
			best = max(best, float64(float32(shared)/float32(len(query)+len(seen)-shared)))
		}
	}
	return best
}

func levenshtein(s, t []rune, ins, del, sub int) int {
	prev := make([]int, len(t)+1)
	for j := range prev {
		prev[j] = j * ins
	}
	for i := range s {
		cur := make([]int, len(t)+1)
		cur[0] = (i + 1) * del
		for j := range t {
			c := prev[j]
			if s[i] != t[j] {
				c += sub
			}
			cur[j+1] = min(c, prev[j+1]+del, cur[j]+ins)
		}
		prev = cur
	}
	return prev[len(t)]
}

// soundex is fuzzystrmatch's: a letter counts when its code differs from that of the character before it, whatever that is.
func soundex(s string) string {
	const codes = "01230120022455012623010202"
	code := func(c byte) byte {
		if c >= 'A' && c <= 'Z' {
			return codes[c-'A']
		}
		return c
	}
	b := []byte(strings.ToUpper(s))
	letter := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	i := slices.IndexFunc(b, letter)
	if i < 0 {
		return ""
	}
	out := []byte{b[i]}
	for i++; i < len(b) && len(out) < 4; i++ {
		if c := code(b[i]); letter(b[i]) && c != code(b[i-1]) && c != '0' {
			out = append(out, c)
		}
	}
	for len(out) < 4 {
		out = append(out, '0')
	}
	return string(out)
}
