package leaked

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write filter.bin")

// generate makes the list of the words: the rules by which people make passwords of them and of their keyboards.
func generate(words []string) map[string]bool {
	list := map[string]bool{}
	add := func(text string) {
		if len(text) >= shortest {
			list[text] = true
		}
	}
	for i, w := range words {
		add(w)
		add(w + w)
		add(reverse(w))
		for _, before := range []string{"ilove", "my", "the", "iam"} {
			add(before + w)
		}
		for _, after := range []string{"s", "love", "girl", "boy", "fan", "abc"} {
			add(w + after)
		}
		for _, first := range words[:min(i, 60)] {
			if i < 60 {
				add(first + w)
				add(w + first)
			}
		}
	}
	for _, keys := range []string{
		"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm",
		"1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "a1s2d3f4g5h6j7k8l9", "abcdefghijklmnopqrstuvwxyz", "01234567890", "147258369", "741852963", "159357", "789456123", "246813579", "13579246810",
		"qwertyuiopasdfghjklzxcvbnm", "qwerasdfzxcv", "1a2b3c4d5e6f7g8h9i0j", "a1b2c3d4e5f6g7h8i9j0", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю",
	} {
		runes := []rune(keys)
		for from := range runes {
			for to := from + shortest; to <= len(runes); to++ {
				walk := string(runes[from:to])
				add(walk)
				add(reverse(walk))
				add(walk + walk)
				add(walk + reverse(walk))
			}
		}
	}
	const signs = "abcdefghijklmnopqrstuvwxyz0123456789!?*#.$@"
	for _, c := range signs {
		for n := shortest; n <= 20; n++ {
			add(strings.Repeat(string(c), n))
		}
		for _, d := range signs {
			for n := 2; n <= 8; n++ {
				add(strings.Repeat(string(c)+string(d), n))
			}
			add(strings.Repeat(string(c), 3) + strings.Repeat(string(d), 3))
			add(strings.Repeat(string(c), 4) + strings.Repeat(string(d), 4))
		}
	}
	for n := range 1000 {
		triple := string([]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
		for times := 2; times <= 4; times++ {
			add(strings.Repeat(triple, times))
		}
	}
	return list
}

func reverse(text string) string {
	runes := []rune(text)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}

func words(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "#") {
			out = append(out, strings.Fields(line)...)
		}
	}
	return out
}

// TestFilterIsWhatTheProgramMakes holds that the committed filter comes of the words and rules beside it, and stays small.
func TestFilterIsWhatTheProgramMakes(t *testing.T) {
	list := generate(words(t))
	made := make([]byte, (len(list)*bitsEach+7)/8)
	for text := range list {
		for _, bit := range positions(text, uint64(len(made))*8) {
			made[bit/8] |= 1 << (bit % 8)
		}
	}
	if *update {
		if err := os.WriteFile("filter.bin", made, 0o644); err != nil {
			t.Fatal(err)
		}
		filter = made
	}
	t.Logf("%d passwords in %d bytes", len(list), len(made))
	if !bytes.Equal(filter, made) {
		t.Error("filter.bin is not what testdata/words.txt makes: run the test with -update")
	}
	if len(made) > 200_000 {
		t.Errorf("the filter has %d bytes: at most 200000 are to be in the program", len(made))
	}
	for text := range list {
		if !has(text) {
			t.Errorf("%q is not found", text)
		}
	}
}
