package sql_test

import "strings"

// A node is a piece of SQL text made of pieces: what the generators make and what shrinking takes apart.
type node struct {
	parts []string // the text around the kids: one more than there are kids
	kids  []*node
	typ   string // of an expression: the type it is meant to have, as format_type or internal name; "" for other pieces
	spare bool   // it may be left out
	sep   string // of a list: what stands between the kids; parts are what begins and ends it, which an empty list does not have
	list  bool
}

// text makes a node of a template whose %s are the kids.
func text(template string, kids ...*node) *node {
	return &node{parts: strings.Split(template, "%s"), kids: kids}
}

// expr is a node with a type.
func expr(typ, template string, kids ...*node) *node {
	n := text(template, kids...)
	n.typ = typ
	return n
}

// plain is a node without kids, whatever its text.
func plain(typ, s string) *node { return &node{parts: []string{s}, typ: typ} }

// list is a list of kids.
func list(begin, sep, end string, kids ...*node) *node {
	return &node{parts: []string{begin, end}, sep: sep, list: true, kids: kids}
}

// spare marks a node as one that may be left out.
func spare(n *node) *node { n.spare = true; return n }

func (n *node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	if n.list {
		if len(n.kids) == 0 {
			return
		}
		b.WriteString(n.parts[0])
		for i, k := range n.kids {
			if i > 0 {
				b.WriteString(n.sep)
			}
			k.write(b)
		}
		b.WriteString(n.parts[1])
		return
	}
	for i, p := range n.parts {
		b.WriteString(p)
		if i < len(n.kids) && n.kids[i] != nil {
			n.kids[i].write(b)
		}
	}
}

// shrink makes a tree smaller as long as fails says so of it; tries bounds how often it asks.
func shrink(root *node, literal func(typ string) *node, fails func(*node) bool, tries int) *node {
	ask := func() bool {
		tries--
		return tries >= 0 && fails(root)
	}
	for again := true; again && tries > 0; {
		again = false
		var walk func(n *node)
		walk = func(n *node) {
			for i := 0; i < len(n.kids) && tries > 0; i++ {
				k := n.kids[i]
				if k == nil {
					continue
				}
				if n.list && len(n.kids) > 1 || n.list && n.spare {
					old := n.kids
					n.kids = append(append([]*node(nil), old[:i]...), old[i+1:]...)
					if ask() {
						again = true
						i--
						continue
					}
					n.kids = old
				}
				if k.spare && !n.list {
					n.kids[i] = nil
					if ask() {
						again = true
						continue
					}
					n.kids[i] = k
				}
				if k.typ != "" && len(k.kids) > 0 {
					done := false
					for _, c := range append(within(k), literal(k.typ)) {
						if c == nil {
							continue
						}
						n.kids[i] = c
						if ask() {
							again, done = true, true
							break
						}
						n.kids[i] = k
					}
					if done {
						i--
						continue
					}
				}
				walk(k)
			}
		}
		walk(root)
	}
	return root
}

// within are the nodes below n that have its type, the nearest first.
func within(n *node) []*node {
	var out []*node
	level := n.kids
	for len(level) > 0 && len(out) < 8 {
		var next []*node
		for _, k := range level {
			if k == nil {
				continue
			}
			if k.typ == n.typ {
				out = append(out, k)
			}
			next = append(next, k.kids...)
		}
		level = next
	}
	return out
}

// expressions are the expressions within n, the smallest first.
func expressions(n *node) []*node {
	var out []*node
	for _, k := range n.kids {
		if k != nil {
			out = append(out, expressions(k)...)
		}
	}
	if n.typ != "" {
		out = append(out, n)
	}
	return out
}
