package rest

import (
	"slices"
	"testing"
)

func TestTagsAreReadAsWritten(t *testing.T) {
	check := func(line string, any bool, list []string, ok bool) {
		t.Helper()
		got, valid := readTags([]string{line})
		if valid != ok || got.any != any || !slices.Equal(got.list, list) {
			t.Errorf("%s: got %v %q %v, want %v %q %v", line, got.any, got.list, valid, any, list, ok)
		}
	}
	check(`*`, true, nil, true)
	check(`"a"`, false, []string{`"a"`}, true)
	check(`"a", W/"b" ,"c,d"`, false, []string{`"a"`, `W/"b"`, `"c,d"`}, true)
	check(`, "a",, "b",`, false, []string{`"a"`, `"b"`}, true)
	check(`""`, false, []string{`""`}, true)
	check(``, false, nil, false)
	check(`a`, false, nil, false)
	check(`"a`, false, nil, false)
	check(`"a" "b"`, false, []string{`"a"`}, false)
	check(`"a", *`, false, []string{`"a"`}, false)
	check(`w/"a"`, false, nil, false)
	if got, ok := readTags(nil); got != nil || !ok {
		t.Errorf("no header: got %v %v", got, ok)
	}
	if got, ok := readTags([]string{`"a"`, `"b"`}); !ok || !slices.Equal(got.list, []string{`"a"`, `"b"`}) {
		t.Errorf("two lines: got %v %v", got, ok)
	}
}

// TestTagsDifferWhereAnswersDo pairs each answer with each other one: body, form and part are told apart, and another secret makes other tags.
func TestTagsDifferWhereAnswersDo(t *testing.T) {
	g := newTagger([]byte("secret"))
	seen := map[string]string{}
	add := func(g *tagger, what string, m media, body, part string) {
		tag := string(g.tag(nil, nil, &m, []byte(body), part))
		if other, ok := seen[tag]; ok {
			t.Errorf("%s and %s have one tag", what, other)
		}
		seen[tag] = what
		if again := string(g.tag(nil, nil, &m, []byte(body), part)); again != tag {
			t.Errorf("%s: got %s, and then %s", what, tag, again)
		}
	}
	add(g, "an array", media{}, "[]", "")
	add(g, "a part", media{}, "[]", "1-2/3")
	add(g, "another part", media{}, "[]", "2-3/3")
	add(g, "another body", media{}, "[1]", "")
	add(g, "a longer body", media{}, "[]\x00", "")
	add(g, "an object", media{singular: true}, "[]", "")
	add(g, "a stripped object", media{singular: true, stripped: true}, "[]", "")
	add(g, "a stripped array", media{stripped: true}, "[]", "")
	for kind, what := range map[mediaKind]string{asCSV: "CSV", asOctets: "octets", asText: "text", asXML: "XML"} {
		add(g, what, media{kind: kind}, "[]", "")
	}
	add(g, "a type of the project", media{kind: asHandled, custom: "text/html"}, "[]", "")
	add(g, "another type of the project", media{kind: asHandled, custom: "text/x"}, "[]", "")
	add(newTagger([]byte("other")), "another secret", media{}, "[]", "")
}
