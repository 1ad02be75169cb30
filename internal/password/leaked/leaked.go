// Package leaked says whether a password is one of those that guessers try first.
//
// Contains asks a list that is part of the program; Lookup asks a service for longer ones, without telling it the password.
//
// Where the list comes from: testdata/words.txt, written for this project, and what generate_test.go makes of it (doubled words, pairs, walks on keyboards,
// repetitions). It is kept as a Bloom filter in filter.bin, of 24 bits a password: of ten thousand passwords that are not on the list about one is taken for one that is.
// `go test ./internal/password/leaked -update` makes it anew.
//
// Invariants: a password that is written in another way (capitals, digits for letters, a number or sign before or after) is the same as the word that it is made of;
// no password, and no hash that would tell one, leaves the machine.
package leaked

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"strings"
)

//go:embed filter.bin
var filter []byte

const (
	bitsEach = 24 // of the filter, for each password
	probes   = 16 // about bitsEach times ln 2: the number with the fewest false answers
)

// positions are the bits of a filter that stand for a text.
func positions(text string, bits uint64) [probes]uint64 {
	sum := sha256.Sum256([]byte(text))
	a, b := binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])|1
	var at [probes]uint64
	for i := range at {
		at[i] = (a + uint64(i)*b) % bits
	}
	return at
}

func has(text string) bool {
	for _, bit := range positions(text, uint64(len(filter))*8) {
		if filter[bit/8]&(1<<(bit%8)) == 0 {
			return false
		}
	}
	return true
}

const (
	maxAround   = 5 // characters before or after a word that make it no better
	shortest    = 4 // letters of a word that is looked for
	allNumerals = 8 // digits: every number so short is on the lists (dates, telephone numbers)
)

// Contains reports whether a password is on the list, or differs from one on it in no way that a guesser would not try.
func Contains(password string) bool {
	text := strings.ToLower(strings.Join(strings.FieldsFunc(password, func(r rune) bool { return r == ' ' || r == '-' || r == '_' || r == '.' }), ""))
	if text != "" && len(text) <= allNumerals && strings.Trim(text, "0123456789") == "" {
		return true
	}
	word := strings.TrimRight(text, aroundWords)
	if len(text)-len(word) > maxAround {
		word = text
	}
	if rest := strings.TrimLeft(word, aroundWords); len(word)-len(rest) <= maxAround {
		word = rest
	}
	for _, candidate := range []string{text, word} {
		for _, digits := range []*strings.Replacer{plain, withI, withL} {
			if spelled := digits.Replace(candidate); len(spelled) >= shortest && has(spelled) {
				return true
			}
		}
	}
	return false
}

const aroundWords = "0123456789!?#*+&%=~,;:/@$()'\""

// What people write for letters.
var (
	plain = strings.NewReplacer()
	withI = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "@", "a", "$", "s", "!", "i")
	withL = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "@", "a", "$", "s", "!", "l")
)
