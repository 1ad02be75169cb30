package typegen

import (
	"cmp"
	"strings"
	"unicode"
)

// compare orders names as the ecosystem's generator does: by the root collation of Unicode (CLDR), as far as names need it: punctuation, digits,
// letters without their case, and lower case first where nothing else differs.
func compare(a, b string) int {
	x, y := []rune(a), []rune(b)
	for i := range min(len(x), len(y)) {
		if c := cmp.Compare(weight(x[i]), weight(y[i])); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(len(x), len(y)); c != 0 {
		return c
	}
	for i := range x {
		if x[i] != y[i] {
			if unicode.IsLower(x[i]) {
				return -1
			}
			return 1
		}
	}
	return 0
}

// punctuation is ASCII's, in the root collation's order.
const punctuation = "\t\n _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"

func weight(r rune) int {
	if i := strings.IndexRune(punctuation, r); i >= 0 {
		return i
	}
	const digits, letters = 100, 200
	if r >= '0' && r <= '9' {
		return digits + int(r-'0')
	}
	return letters + int(unicode.ToLower(r))
}
