package fault

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Place gives the line and column (both counted from 1, columns in characters) of e's position, and that line's text. Zero when e has no position.
func (e *Error) Place() (line, column int, text string) {
	if e.Pos < 0 || e.Text == "" || e.Pos > len(e.Text) {
		return 0, 0, ""
	}
	start := strings.LastIndexByte(e.Text[:e.Pos], '\n') + 1
	end := len(e.Text)
	if i := strings.IndexByte(e.Text[e.Pos:], '\n'); i >= 0 {
		end = e.Pos + i
	}
	line = strings.Count(e.Text[:start], "\n") + 1
	column = utf8.RuneCountInString(e.Text[start:e.Pos]) + 1
	return line, column, strings.TrimRight(e.Text[start:end], "\r")
}

// maxExcerpt is how many characters of a line an explanation shows.
const maxExcerpt = 160

// Explain tells e to a person at a terminal: place, line with a caret, SQLSTATE, detail and hint. Without a place it is the message and what belongs to it.
//
//	migrations/2_x.sql:3:15: error: type "monney" does not exist (42704)
//	  3 |   price monney not null
//	    |         ^
//	hint: …
func (e *Error) Explain() string {
	var b strings.Builder
	line, column, text := e.Place()
	switch {
	case line > 0 && e.File != "":
		fmt.Fprintf(&b, "%s:%d:%d: ", e.File, line, column)
	case line > 0:
		fmt.Fprintf(&b, "line %d, column %d: ", line, column)
	case e.File != "":
		fmt.Fprintf(&b, "%s: ", e.File)
	}
	fmt.Fprintf(&b, "error: %s (%s)", e.Message, e.Code)
	if line > 0 {
		text, column = excerpt(text, column)
		number := fmt.Sprint(line)
		fmt.Fprintf(&b, "\n  %s | %s\n  %s | %s^", number, text, strings.Repeat(" ", len(number)), strings.Repeat(" ", column-1))
	}
	for _, part := range []struct{ name, text string }{{"detail", e.Detail}, {"hint", e.Hint}, {"where", e.Where}} {
		if part.text != "" {
			fmt.Fprintf(&b, "\n%s: %s", part.name, part.text)
		}
	}
	return b.String()
}

// excerpt cuts a long line around the column and makes tabs one character wide, so that the caret stands under its place.
func excerpt(text string, column int) (string, int) {
	runes := []rune(strings.ReplaceAll(text, "\t", " "))
	if len(runes) <= maxExcerpt {
		return string(runes), column
	}
	from := max(0, column-1-maxExcerpt/2)
	to := min(len(runes), from+maxExcerpt)
	return string(runes[from:to]), column - from
}
