package catalog

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/internal/sql"
)

const maxName = 63 // PostgreSQL's NAMEDATALEN - 1, in bytes

// clip cuts s to at most n bytes without splitting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// objectName is PostgreSQL's makeObjectName: name1_name2_label, the longer of the two names cut first.
func objectName(name1, name2, label string) string {
	room := maxName
	if name2 != "" {
		room--
	}
	if label != "" {
		room -= len(label) + 1
	}
	n1, n2 := len(name1), len(name2)
	for n1+n2 > room {
		if n1 > n2 {
			n1--
		} else {
			n2--
		}
	}
	s := clip(name1, n1)
	if name2 != "" {
		s += "_" + clip(name2, n2)
	}
	if label != "" {
		s += "_" + label
	}
	return s
}

// relationName chooses a free name for an index or a sequence; the name of an index of a constraint must be free among constraints too.
func (e *Edit) relationName(schema, name1, name2, label string, constraint bool) string {
	for pass := 0; ; pass++ {
		l := label
		if pass > 0 {
			l += strconv.Itoa(pass)
		}
		n := objectName(name1, name2, l)
		if !e.relationExists(schema, n) && !(constraint && e.constraintExists(schema, n)) {
			return n
		}
	}
}

// constraintName chooses a free name for a check or foreign key constraint. taken are names that the statement itself uses.
func (e *Edit) constraintName(schema, name1, name2, label string, taken map[string]bool) string {
	for pass := 0; ; pass++ {
		l := label
		if pass > 0 {
			l += strconv.Itoa(pass)
		}
		if n := objectName(name1, name2, l); !e.constraintExists(schema, n) && !taken[n] {
			return n
		}
	}
}

func (e *Edit) constraintExists(schema, name string) bool {
	return e.constraintNames.at(nameKey(schema, name)) > 0
}

// joinNames is the middle part of a generated name: the columns, as far as a name can be long.
func joinNames(names []string) string {
	var b strings.Builder
	for _, n := range names {
		if b.Len() > 0 {
			b.WriteByte('_')
		}
		b.WriteString(n)
		if b.Len() >= maxName+1 {
			break
		}
	}
	return clip(b.String(), 2*maxName)
}

// indexColumnNames is what an index's columns are called: the column, the name of the expression, or expr, numbered where equal.
func indexColumnNames(keys []sql.IndexKey, include []string) []string {
	var names []string
	used := map[string]bool{}
	add := func(base string) {
		n := base
		for i := 1; used[n]; i++ {
			suffix := strconv.Itoa(i)
			n = clip(base, maxName-len(suffix)) + suffix
		}
		used[n] = true
		names = append(names, n)
	}
	for _, k := range keys {
		base := k.Column
		if base == "" {
			var strength int
			if base, strength = figureName(k.Expr); strength == 0 {
				base = "expr"
			}
		}
		add(base)
	}
	for _, c := range include {
		add(c)
	}
	return names
}

// parseQualifiedName reads the text of a regclass constant: name, schema.name, "Quoted"."Name".
func parseQualifiedName(s string) (sql.Name, bool) {
	var parts []string
	for s = strings.TrimSpace(s); ; {
		var part string
		if strings.HasPrefix(s, `"`) {
			i := 1
			for {
				j := strings.IndexByte(s[i:], '"')
				if j < 0 {
					return sql.Name{}, false
				}
				part += s[i : i+j]
				i += j + 1
				if !strings.HasPrefix(s[i:], `"`) {
					break
				}
				part += `"`
				i++
			}
			s = s[i:]
		} else {
			end := strings.IndexByte(s, '.')
			if end < 0 {
				end = len(s)
			}
			part, s = strings.ToLower(strings.TrimSpace(s[:end])), s[end:]
		}
		if part == "" {
			return sql.Name{}, false
		}
		parts = append(parts, part)
		if s == "" {
			break
		}
		if s[0] != '.' {
			return sql.Name{}, false
		}
		s = s[1:]
	}
	switch len(parts) {
	case 1:
		return sql.Name{Name: parts[0], Pos: sql.NoPos}, true
	case 2:
		return sql.Name{Schema: parts[0], Name: parts[1], Pos: sql.NoPos}, true
	}
	return sql.Name{}, false
}
