package cases_test

import "strings"

// An archive is a text of sections, each begun by a line "-- name --"; the comment comes before the first.
type archive struct {
	comment  string
	sections []section
}

type section struct{ name, text string }

func parseArchive(text string) *archive {
	a := &archive{}
	for line := range strings.Lines(text) {
		name, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "-- ")
		if name, end := strings.CutSuffix(name, " --"); ok && end {
			a.sections = append(a.sections, section{name: strings.TrimSpace(name)})
			continue
		}
		if n := len(a.sections); n > 0 {
			a.sections[n-1].text += line
		} else {
			a.comment += line
		}
	}
	return a
}

func (a *archive) String() string {
	var b strings.Builder
	b.WriteString(a.comment)
	for _, s := range a.sections {
		b.WriteString("-- " + s.name + " --\n" + s.text)
		if s.text != "" && !strings.HasSuffix(s.text, "\n") {
			b.WriteString("\n")
		}
	}
	return b.String()
}
