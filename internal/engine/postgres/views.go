package postgres

import (
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// origin is the column of a relation that a view's column shows unchanged; zero for an expression.
type origin struct {
	rel oid
	num int16
}

// viewSource is where a view's columns come from, in order; they may be columns of other views.
type viewSource struct {
	columns []origin
	plain   bool // all are of one relation
}

// ruleOrigins reads the target list of a view's query from pg_rewrite.ev_action. PostgreSQL keeps there, for each output column, the relation
// and column that it came from; no function tells it. The text is a tree of {NODE :field value …}, and a backslash keeps the meaning off the next byte.
func ruleOrigins(rule string) []origin {
	var list []origin
	depth := 0 // of braces: the query is at 1, its target entries at 2
	for i := 0; i < len(rule); i++ {
		switch rule[i] {
		case '\\':
			i++
		case '{':
			depth++
			if depth == 2 && strings.HasPrefix(rule[i:], "{TARGETENTRY ") {
				o, junk, end := targetEntry(rule, i)
				if !junk {
					list = append(list, o)
				}
				i = end
				depth--
			}
		case '}':
			depth--
		}
	}
	return list
}

// targetEntry reads the entry that starts at i; end is its closing brace.
func targetEntry(s string, i int) (o origin, junk bool, end int) {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return o, junk, i
			}
		case ':':
			if depth != 1 {
				continue
			}
			field, rest, _ := strings.Cut(s[i+1:], " ")
			value := rest[:max(0, strings.IndexAny(rest, " }"))]
			switch field {
			case "resorigtbl":
				n, _ := strconv.ParseUint(value, 10, 32) // not a number: no origin
				o.rel = oid(n)
			case "resorigcol":
				n, _ := strconv.ParseInt(value, 10, 16)
				o.num = int16(n)
			case "resjunk":
				junk = value == "true"
			}
		}
	}
	return o, junk, i
}

// resolveViews follows views of views to the tables below.
func (r *reading) resolveViews() {
	for _, t := range r.Tables {
		src := r.sources[t.OID]
		if src == nil {
			continue
		}
		t.ViewColumns = make([]catalog.ViewColumn, len(t.Columns))
		for i := range t.Columns {
			if i >= len(src.columns) {
				break
			}
			o := src.columns[i]
			if src.plain && o.rel != 0 {
				t.Shows = o.rel
			}
			for range 100 { // deeper than views are nested
				below := r.sources[o.rel]
				if below == nil {
					break
				}
				o = below.column(o.num)
			}
			base := r.tables[o.rel]
			if base == nil {
				continue
			}
			for _, c := range base.Columns {
				if c.Num == o.num {
					t.ViewColumns[i] = catalog.ViewColumn{Table: base.OID, Column: c.Name}
				}
			}
		}
	}
}

func (v *viewSource) column(num int16) origin {
	if num < 1 || int(num) > len(v.columns) {
		return origin{}
	}
	return v.columns[num-1]
}
