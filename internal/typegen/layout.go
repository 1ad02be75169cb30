package typegen

import (
	"bytes"
	"strings"
)

// The layout of TypeScript: a document of groups that are written on one line where they fit and over several where they do not, by the rules of the
// formatter that the ecosystem's generator uses (width 80, no semicolons), which are those of Wadler's "A prettier printer".

type doc interface{ doc() }

type (
	text  string
	list  []doc
	group struct {
		broken bool // whatever the width
		body   doc
	}
	indent struct{ body doc }
	// line is a new line in a broken group; flat is what it is in one that fits.
	line    struct{ flat string }
	ifBreak struct{ broken, flat string }
	// choice is a union: its alternatives, and their layout.
	choice struct {
		parts []doc
		laid  group
	}
)

func (text) doc()    {}
func (list) doc()    {}
func (group) doc()   {}
func (indent) doc()  {}
func (line) doc()    {}
func (ifBreak) doc() {}
func (choice) doc()  {}

const (
	width = 80
	step  = 2 // columns of an indent
)

// command is a part that is to be written.
type command struct {
	depth  int
	broken bool
	d      doc
}

// breaks says whether a part has to be written over several lines.
func breaks(d doc) bool {
	switch d := d.(type) {
	case list:
		for _, e := range d {
			if breaks(e) {
				return true
			}
		}
	case indent:
		return breaks(d.body)
	case choice:
		return breaks(d.laid)
	case group:
		return d.broken || breaks(d.body)
	}
	return false
}

// render writes a document.
func render(d doc) string {
	var b []byte
	column := 0
	stack := []command{{0, true, d}}
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch d := c.d.(type) {
		case text:
			b = append(b, d...)
			column += len([]rune(string(d)))
		case list:
			for i := len(d) - 1; i >= 0; i-- {
				stack = append(stack, command{c.depth, c.broken, d[i]})
			}
		case indent:
			stack = append(stack, command{c.depth + step, c.broken, d.body})
		case choice:
			stack = append(stack, command{c.depth, c.broken, d.laid})
		case group:
			flat := command{c.depth, false, d.body}
			broken := breaks(d) || c.broken && !fits(flat, stack, width-column)
			stack = append(stack, command{c.depth, broken, d.body})
		case ifBreak:
			s := d.flat
			if c.broken {
				s = d.broken
			}
			stack = append(stack, command{c.depth, c.broken, text(s)})
		case line:
			if !c.broken {
				b = append(b, d.flat...)
				column += len(d.flat)
				continue
			}
			b = append(bytes.TrimRight(b, " "), "\n"+strings.Repeat(" ", c.depth)...)
			column = c.depth
		}
	}
	return string(b)
}

// fits says whether a part, and what follows it up to the next new line, fits into so many columns.
func fits(c command, rest []command, columns int) bool {
	stack := []command{c}
	for columns >= 0 {
		if len(stack) == 0 {
			if len(rest) == 0 {
				return true
			}
			stack = append(stack, rest[len(rest)-1])
			rest = rest[:len(rest)-1]
		}
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch d := c.d.(type) {
		case text:
			columns -= len([]rune(string(d)))
		case list:
			for i := len(d) - 1; i >= 0; i-- {
				stack = append(stack, command{c.depth, c.broken, d[i]})
			}
		case indent:
			stack = append(stack, command{c.depth, c.broken, d.body})
		case choice:
			stack = append(stack, command{c.depth, c.broken, d.laid})
		case group:
			stack = append(stack, command{c.depth, c.broken || breaks(d), d.body})
		case ifBreak:
			s := d.flat
			if c.broken {
				s = d.broken
			}
			columns -= len([]rune(s))
		case line:
			if c.broken {
				return true
			}
			columns -= len(d.flat)
		}
	}
	return false
}

// join puts parts between others.
func join(parts []doc, between ...doc) list {
	var out list
	for i, p := range parts {
		if i > 0 {
			out = append(out, between...)
		}
		out = append(out, p)
	}
	return out
}

// block is members in braces. Open ones have a line each.
func block(open bool, members []doc) doc {
	if len(members) == 0 {
		return text("{}")
	}
	return group{open, list{text("{"), indent{list{line{" "}, join(members, ifBreak{"", ";"}, line{" "})}}, line{" "}, text("}")}}
}

// record is members of a value in braces, a line each.
func record(members []doc) doc {
	if len(members) == 0 {
		return text("{}")
	}
	return group{true, list{text("{"), indent{list{line{}, join(members, text(","), line{}), text(",")}}, line{}, text("}")}}
}

// array is elements in brackets.
func array(elements []doc) doc {
	if len(elements) == 0 {
		return text("[]")
	}
	return group{false, list{text("["), indent{list{line{}, join(elements, text(","), line{" "}), ifBreak{",", ""}}}, line{}, text("]")}}
}

// union is alternatives.
func union(parts []doc) doc {
	if len(parts) == 1 {
		return parts[0]
	}
	if o, ok := parts[0].(group); ok && len(parts) == 2 && parts[1] == text("null") {
		return choice{parts, group{false, list{o, text(" | null")}}} // an object stays where it is
	}
	below := make([]doc, len(parts))
	for i, p := range parts {
		below[i] = indent{p} // below the bar
	}
	return choice{parts, group{false, indent{list{line{}, ifBreak{"| ", ""}, join(below, line{" "}, text("| "))}}}}
}
