package authui

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

var (
	spoken  = regexp.MustCompile(`\bt\('((?:[^'\\]|\\.)*)'`)
	tags    = regexp.MustCompile(`<[^>]*>`)
	pattern = regexp.MustCompile(`\{\d\}`)
)

// TestEveryTextIsInEveryLanguage: the page says nothing that a translation lacks, and no translation says what the page does not.
func TestEveryTextIsInEveryLanguage(t *testing.T) {
	said := map[string]bool{}
	for _, m := range spoken.FindAllStringSubmatch(string(file("app.js")), -1) {
		said[strings.ReplaceAll(m[1], `\u2019`, "\u2019")] = true
	}
	html := string(file("index.html"))
	body := html[strings.Index(html, "<main>"):]
	body = regexp.MustCompile(`(?s)<noscript>.*?</noscript>`).ReplaceAllString(body, "")
	for _, text := range strings.FieldsFunc(tags.ReplaceAllString(body, "\x00"), func(r rune) bool { return r == 0 }) {
		if text = strings.TrimSpace(text); strings.Trim(text, ".") != "" && !strings.HasPrefix(text, "{{") {
			said[text] = true
		}
	}
	said["Picture to scan with an authenticator app"] = true
	var words map[string]map[string]string
	if err := json.Unmarshal(file("words.json"), &words); err != nil {
		t.Fatal(err)
	}
	if len(said) < 80 || len(words) != 3 {
		t.Errorf("found %d texts, %d languages", len(said), len(words))
	}
	for tongue, all := range words {
		for text := range said {
			got := all[text]
			if got == "" {
				t.Errorf("%s lacks %q", tongue, text)
			}
			for _, place := range pattern.FindAllString(text, -1) {
				if strings.Count(got, place) != 1 {
					t.Errorf("%s: %q does not have %s once, as %q has", tongue, got, place, text)
				}
			}
		}
		for text := range all {
			if !said[text] {
				t.Errorf("%s has %q, which the page does not say", tongue, text)
			}
		}
	}
}
