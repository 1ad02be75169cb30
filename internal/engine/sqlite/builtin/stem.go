package builtin

import (
	"strings"
)

// stopWords are the words that PostgreSQL's english configuration leaves out.
var stopWords = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq("" +
		"i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its itself they them their theirs " +
		"themselves what which who whom this that these those am is are was were be been being have has had having do does did doing a an the and but if or " +
		"because as until while of at by for with about against between into through during before after above below to from up down in out on off over under " +
		"again further then once here there when where why how all any both each few more most other some such no nor not only own same so than too very s t " +
		"can will just don should now " +
		"") {
		m[w] = true
	}
	return m
}()

// stem is the English (Porter 2) stemmer of the Snowball project, after its published description.
func stem(w string) string {
	if len(w) < 3 {
		return w
	}
	if s, ok := irregular[w]; ok {
		return s
	}
	w = strings.TrimPrefix(w, "'")
	b := []byte(w)
	// y at the start or after a vowel is a consonant, written Y.
	for i, c := range b {
		if c == 'y' && (i == 0 || vowel(b[i-1])) {
			b[i] = 'Y'
		}
	}
	s := &stemmer{w: string(b)}
	s.regions()
	s.step0()
	s.step1a()
	if uninflected[s.w] {
		return strings.ToLower(s.w)
	}
	s.step1b()
	s.step1c()
	s.step2()
	s.step3()
	s.step4()
	s.step5()
	return strings.ToLower(s.w)
}

var irregular = map[string]string{"skis": "ski", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "idly": "idl", "gently": "gentl", "ugly": "ugli", "early": "earli",
	"only": "onli", "singly": "singl", "sky": "sky", "news": "news", "howe": "howe", "atlas": "atlas", "cosmos": "cosmos", "bias": "bias", "andes": "andes"}

var uninflected = map[string]bool{"inning": true, "outing": true, "canning": true, "herring": true, "earring": true, "proceed": true, "exceed": true, "succeed": true}

func vowel(c byte) bool { return strings.IndexByte("aeiouy", c) >= 0 }

type stemmer struct {
	w      string
	r1, r2 int
}

func (s *stemmer) regions() {
	after := func(from int) int {
		for i := from + 1; i < len(s.w); i++ {
			if !vowel(s.w[i]) && vowel(s.w[i-1]) {
				return i + 1
			}
		}
		return len(s.w)
	}
	s.r1 = -1
	for _, p := range []string{"gener", "commun", "arsen"} {
		if strings.HasPrefix(s.w, p) {
			s.r1 = len(p)
		}
	}
	if s.r1 < 0 {
		s.r1 = after(0)
	}
	s.r2 = after(s.r1)
	if s.r1 >= len(s.w) {
		s.r2 = len(s.w)
	}
}

func (s *stemmer) cut(n int)              { s.w = s.w[:len(s.w)-n] }
func (s *stemmer) has(suffix string) bool { return strings.HasSuffix(s.w, suffix) }
func (s *stemmer) inR1(suffix string) bool {
	return s.has(suffix) && len(s.w)-len(suffix) >= s.r1
}
func (s *stemmer) inR2(suffix string) bool {
	return s.has(suffix) && len(s.w)-len(suffix) >= s.r2
}

// longest is the longest of the suffixes that the word ends in, "" if none.
func (s *stemmer) longest(suffixes ...string) string {
	best := ""
	for _, x := range suffixes {
		if s.has(x) && len(x) > len(best) {
			best = x
		}
	}
	return best
}

func hasVowel(s string) bool { return strings.ContainsAny(s, "aeiouy") }

func (s *stemmer) step0() {
	s.cut(len(s.longest("'", "'s", "'s'")))
}

func (s *stemmer) step1a() {
	switch x := s.longest("sses", "ied", "ies", "us", "ss", "s"); x {
	case "sses":
		s.cut(2)
	case "ied", "ies":
		if len(s.w) > 4 {
			s.cut(2)
		} else {
			s.cut(1)
		}
	case "s":
		if len(s.w) > 2 && hasVowel(s.w[:len(s.w)-2]) {
			s.cut(1)
		}
	}
}

func (s *stemmer) short() bool { return s.r1 >= len(s.w) && shortSyllable(s.w) }

// shortSyllable reports whether the word ends in a short syllable.
func shortSyllable(w string) bool {
	n := len(w)
	if n == 2 {
		return vowel(w[0]) && !vowel(w[1])
	}
	return n > 2 && !vowel(w[n-3]) && vowel(w[n-2]) && !vowel(w[n-1]) && strings.IndexByte("wxY", w[n-1]) < 0
}

func (s *stemmer) step1b() {
	switch x := s.longest("eed", "eedly", "ed", "edly", "ing", "ingly"); x {
	case "":
	case "eed", "eedly":
		if s.inR1(x) {
			s.cut(len(x) - 2)
		}
	default:
		if !hasVowel(s.w[:len(s.w)-len(x)]) {
			return
		}
		s.cut(len(x))
		switch {
		case s.longest("at", "bl", "iz") != "":
			s.w += "e"
		case s.longest("bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt") != "":
			s.cut(1)
		case s.short():
			s.w += "e"
		}
	}
}

func (s *stemmer) step1c() {
	n := len(s.w)
	if n > 2 && (s.w[n-1] == 'y' || s.w[n-1] == 'Y') && !vowel(s.w[n-2]) {
		s.w = s.w[:n-1] + "i"
	}
}

func (s *stemmer) step2() {
	pairs := map[string]string{"tional": "tion", "enci": "ence", "anci": "ance", "abli": "able", "entli": "ent", "izer": "ize", "ization": "ize", "ational": "ate", "ation": "ate",
		"ator": "ate", "alism": "al", "aliti": "al", "alli": "al", "fulness": "ful", "ousli": "ous", "ousness": "ous", "iveness": "ive", "iviti": "ive", "biliti": "ble", "bli": "ble",
		"ogi": "og", "fulli": "ful", "lessli": "less", "li": ""}
	x := ""
	for p := range pairs {
		if s.has(p) && len(p) > len(x) {
			x = p
		}
	}
	if x == "" || !s.inR1(x) {
		return
	}
	switch {
	case x == "ogi" && !strings.HasSuffix(s.w[:len(s.w)-3], "l"):
	case x == "li" && (len(s.w) < 3 || strings.IndexByte("cdeghkmnrt", s.w[len(s.w)-3]) < 0):
	default:
		s.w = s.w[:len(s.w)-len(x)] + pairs[x]
	}
}

func (s *stemmer) step3() {
	pairs := map[string]string{"tional": "tion", "ational": "ate", "alize": "al", "icate": "ic", "iciti": "ic", "ical": "ic", "ful": "", "ness": "", "ative": ""}
	x := ""
	for p := range pairs {
		if s.has(p) && len(p) > len(x) {
			x = p
		}
	}
	if x == "" || !s.inR1(x) || x == "ative" && !s.inR2(x) {
		return
	}
	s.w = s.w[:len(s.w)-len(x)] + pairs[x]
}

func (s *stemmer) step4() {
	x := s.longest("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ism", "ate", "iti", "ous", "ive", "ize", "ion")
	if x == "" || !s.inR2(x) {
		return
	}
	if x == "ion" {
		if c := s.w[:len(s.w)-3]; !strings.HasSuffix(c, "s") && !strings.HasSuffix(c, "t") {
			return
		}
	}
	s.cut(len(x))
}

func (s *stemmer) step5() {
	switch {
	case s.inR2("e"), s.inR1("e") && !shortSyllable(s.w[:len(s.w)-1]):
		s.cut(1)
	case s.inR2("l") && s.has("ll"):
		s.cut(1)
	}
}
