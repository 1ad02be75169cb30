package builtin

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// matcher holds the words of a tsvector with their positions.
type matcher map[string][]value.Position

func newMatcher(lex []value.Lexeme) matcher {
	m := matcher{}
	for _, l := range lex {
		m[l.Word] = l.At
	}
	return m
}

// positions are those of a word in the query, with its weights; found tells whether the word occurs at all.
func (m matcher) positions(n *value.TSNode) (at []value.Position, found bool) {
	take := func(p []value.Position) {
		if n.Weights == "" {
			at, found = append(at, p...), true
			return
		}
		for _, x := range p {
			if strings.IndexByte(n.Weights, x.Weight) >= 0 {
				at, found = append(at, x), true
			}
		}
	}
	if !n.Prefix {
		if p, ok := m[n.Word]; ok {
			take(p)
		}
		return at, found
	}
	for w, p := range m {
		if strings.HasPrefix(w, n.Word) {
			take(p)
		}
	}
	slices.SortFunc(at, func(a, b value.Position) int { return a.Pos - b.Pos })
	return at, found
}

func (m matcher) match(n *value.TSNode) bool {
	switch n.Op {
	case '&':
		return m.match(n.Left) && m.match(n.Right)
	case '|':
		return m.match(n.Left) || m.match(n.Right)
	case '!':
		return !m.match(n.Left)
	case '<':
		_, found := m.phrase(n)
		return found == yes
	}
	if at, found := m.positions(n); found || n.Weights == "" {
		return found
	} else if len(at) > 0 {
		return true
	}
	return m.bare(n) // a word without positions may have had any weight
}

// bare reports whether a word of the query is there without positions.
func (m matcher) bare(n *value.TSNode) bool {
	if !n.Prefix {
		at, ok := m[n.Word]
		return ok && len(at) == 0
	}
	for w, at := range m {
		if strings.HasPrefix(w, n.Word) && len(at) == 0 {
			return true
		}
	}
	return false
}

// places are the positions at which a part of a phrase ends, or with not all others; the part begins width before.
type places struct {
	at    []int
	not   bool
	width int
}

// phrase finds where a part of a phrase ends. Words without positions leave it unknown.
func (m matcher) phrase(n *value.TSNode) (places, truth) {
	switch n.Op {
	case 0:
		return m.wordPlaces(n)
	case '!':
		p, found := m.phrase(n.Left)
		switch {
		case found == no:
			return places{not: true, width: p.width}, yes
		case found == unknown:
			return p, unknown
		case len(p.at) > 0:
			p.not = !p.not
			return p, yes
		}
		return places{width: p.width}, no // everywhere becomes nowhere
	}
	l, lFound := m.phrase(n.Left)
	if lFound == no && n.Op != '|' {
		return places{}, no
	}
	r, rFound := m.phrase(n.Right)
	switch {
	case rFound == no && (n.Op != '|' || lFound == no):
		return places{}, no
	case lFound == unknown || rFound == unknown:
		return places{}, unknown
	}
	if lFound == no {
		l.width = 0
	}
	if rFound == no {
		r.width = 0
	}
	width := max(l.width, r.width)
	lShift, rShift := width-l.width, width-r.width
	if n.Op == '<' {
		width, lShift, rShift = n.Distance+l.width+r.width, n.Distance+r.width, 0
	}
	merged := func(both, left, right, not bool) (places, truth) {
		p := places{at: mergePlaces(l.at, r.at, lShift, rShift, both, left, right), not: not, width: width}
		if not || len(p.at) > 0 {
			return p, yes
		}
		return p, no
	}
	if n.Op == '|' {
		switch {
		case l.not && r.not: // not both
			return merged(true, false, false, true)
		case l.not:
			return merged(false, true, false, true)
		case r.not:
			return merged(false, false, true, true)
		}
		return merged(true, true, true, false)
	}
	switch {
	case l.not && r.not: // neither
		return merged(true, true, true, true)
	case l.not:
		return merged(false, false, true, false)
	case r.not:
		return merged(false, true, false, false)
	}
	return merged(true, false, false, false)
}

func (m matcher) wordPlaces(n *value.TSNode) (places, truth) {
	at, found := m.positions(n)
	switch {
	case m.bare(n):
		return places{}, unknown
	case !found || len(at) == 0:
		return places{}, no
	}
	var p places
	for _, x := range at {
		p.at = append(p.at, x.Pos)
	}
	p.at = slices.Compact(p.at)
	return p, yes
}

// mergePlaces are the positions that are in both lists, or in one of them only, as asked for.
func mergePlaces(l, r []int, lShift, rShift int, both, left, right bool) (out []int) {
	for i, k := 0, 0; i < len(l) || k < len(r); {
		take, at := false, 0
		switch {
		case k == len(r) || i < len(l) && l[i]+lShift < r[k]+rShift:
			take, at = left, l[i]+lShift
			i++
		case i == len(l) || l[i]+lShift > r[k]+rShift:
			take, at = right, r[k]+rShift
			k++
		default:
			take, at = both, r[k]+rShift
			i++
			k++
		}
		if take && at > 0 {
			out = append(out, at)
		}
	}
	return out
}
