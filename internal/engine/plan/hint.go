package plan

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// Hints name only what the role may see: a guess at a name must not tell more than a successful request would.

func (b *builder) noTable(schema, name string) error {
	f := fault.New("PGRST205", "Could not find the table '%s.%s' in the schema cache", schema, name)
	var names []string
	for t := range b.cat.Tables() {
		if t.Schema == schema && b.visible(t) {
			names = append(names, t.Name)
		}
	}
	if best := closest(name, names, 0.75); best != "" {
		f = f.WithHint("Perhaps you meant the table '%s.%s'", schema, best)
	}
	return f
}

func (b *builder) visible(t *catalog.Table) bool {
	const any = catalog.PrivSelect
	return b.cat.CanAnyColumn(b.role, t, any) && (b.o.Exposed == nil || b.o.Exposed(t, b.role))
}

func (b *builder) noRelationship(src *source, e *query.Embed, schema string, all []catalog.Relationship) error {
	using := ""
	if e.Hint != "" {
		using = "using the hint '" + e.Hint + "' "
	}
	f := fault.New("PGRST200", "Could not find a relationship between '%s' and '%s' in the schema cache", src.name(), e.Relation).
		WithDetail("Searched for a foreign key relationship between '%s' and '%s' %sin the schema '%s', but no matches were found.",
			src.name(), e.Relation, using, schema)
	var children, hints []string
	var parents []string
	for _, r := range all {
		if r.Kind == catalog.Computed || r.To.Schema != schema || !b.visible(r.To) {
			continue
		}
		children = append(children, r.To.Name)
		if r.To.Name == e.Relation {
			hint := r.Constraint
			if r.Kind == catalog.ManyToMany {
				hint = r.Junction.Name
			}
			hints = append(hints, hint)
		}
	}
	if len(all) == 0 {
		for t := range b.cat.Tables() {
			if t.Schema == schema && len(b.cat.Relationships(t)) > 0 && b.visible(t) {
				parents = append(parents, t.Name)
			}
		}
	}
	suggest := func(name string, among []string) *fault.Error {
		best := closest(name, among, 0.75)
		if best == "" {
			return f
		}
		return f.WithHint("Perhaps you meant '%s' instead of '%s'.", best, name)
	}
	switch {
	case len(all) == 0:
		return suggest(src.name(), parents)
	case len(hints) > 0 && e.Hint != "":
		return suggest(e.Hint, hints)
	}
	return suggest(e.Relation, children)
}

// noColumn is PostgreSQL's own error, with its hint.
func (b *builder) noColumn(src *source, name string) error {
	f := fault.New(fault.UndefinedColumn, "column %s.%s does not exist", src.alias, name)
	const maxDistance = 3 // PostgreSQL's MAX_FUZZY_DISTANCE
	best := maxDistance + 1
	var found []string
	for _, c := range src.columns {
		if src.table != nil && !b.cat.CanColumn(b.role, src.table, c, catalog.PrivSelect) {
			continue
		}
		d := distance(name, c.Name)
		if d > maxDistance || d > len(name)/2 {
			continue
		}
		if d < best {
			best, found = d, found[:0]
		}
		if d == best {
			found = append(found, src.alias+"."+c.Name)
		}
	}
	switch len(found) {
	case 1:
		return f.WithHint("Perhaps you meant to reference the column \"%s\".", found[0])
	case 2:
		return f.WithHint("Perhaps you meant to reference the column \"%s\" or the column \"%s\".", found[0], found[1])
	}
	return f
}

// distance is the Levenshtein distance in characters.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}

// closest is the name that is fewest edits away, as a part of the longer one's length, of those that share a run of three letters with it, or else of two; "" when
// none is as near as least. So the fuzzy set goes about it that PostgREST's hints come from.
func closest(name string, among []string, least float64) string {
	for n := 3; n >= 2; n-- {
		best, score, own := "", 0.0, runs(name, n)
		for _, c := range among {
			if c == name || !own.share(runs(c, n)) { // the name itself is no advice
				continue
			}
			if s := 1 - float64(distance(name, c))/float64(max(utf8.RuneCountInString(name), utf8.RuneCountInString(c))); s >= least && s > score {
				best, score = c, s
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}

// A letters is a set of runs of letters.
type letters map[string]bool

func (l letters) share(other letters) bool {
	for run := range other {
		if l[run] {
			return true
		}
	}
	return false
}

// runs are those of n letters, with marks at both ends.
func runs(s string, n int) letters {
	s = strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || c == ',' || c == ' ' {
			return unicode.ToLower(c)
		}
		return -1
	}, s)
	r := []rune("-" + s + "-")
	l := letters{}
	for i := 0; i+n <= len(r); i++ {
		l[string(r[i:i+n])] = true
	}
	return l
}
