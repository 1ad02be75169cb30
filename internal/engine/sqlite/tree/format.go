package tree

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Format is a query as text for people and goldens: one clause a line, nested queries indented, security quals and checks marked with "!".
// Rels are shown by alias, with #n where two share one.
func Format(q *Query) string {
	p := printer{names: map[*Rel]string{}, used: map[string]int{}}
	p.query(q, "")
	return p.b.String()
}

// FormatExpr is an expression as text.
func FormatExpr(e Expr) string {
	p := printer{names: map[*Rel]string{}, used: map[string]int{}}
	return p.expr(e, "")
}

type printer struct {
	b     strings.Builder
	names map[*Rel]string
	used  map[string]int
}

func (p *printer) name(r *Rel) string {
	if n, ok := p.names[r]; ok {
		return n
	}
	n := r.Alias
	p.used[r.Alias]++
	if k := p.used[r.Alias]; k > 1 {
		n += "#" + strconv.Itoa(k)
	}
	p.names[r] = n
	return n
}

func typeText(t Type) string {
	n := value.BuiltinName(t.OID)
	if n == "" {
		n = "type" + strconv.Itoa(int(t.OID))
	}
	if t.Mod >= 0 {
		n += "/" + strconv.Itoa(int(t.Mod))
	}
	return n
}

func (p *printer) query(q *Query, in string) {
	line := func(format string, args ...any) { p.b.WriteString(in + fmt.Sprintf(format, args...) + "\n") }
	sub := func(q *Query) { p.query(q, in+"  ") }
	for _, c := range q.CTEs {
		word := "with"
		if c.Recursive {
			word = "with recursive"
		}
		line("%s %s", word, c.Name)
		sub(c.Query)
	}
	switch {
	case q.SetOp != sql.NoSetOp:
		word := map[sql.SetOp]string{sql.Union: "union", sql.Intersect: "intersect", sql.Except: "except"}[q.SetOp]
		if q.All {
			word += " all"
		}
		line("%s", word)
		sub(q.Left)
		sub(q.Right)
	case q.Values != nil:
		line("values")
		for _, row := range q.Values {
			line("  (%s)", p.exprs(row, in+"  "))
		}
	default:
		line("%s", [...]string{"select", "insert", "update", "delete", "merge"}[q.Command])
	}
	if q.Target != nil {
		p.rel(q.Target, in, "  into ")
	}
	if q.Source != nil {
		line("  columns %v from", q.Columns)
		p.query(q.Source, in+"    ")
	}
	for _, s := range q.Set {
		p.assign(s, q.Target, in+"  set ")
	}
	if c := q.Conflict; c != nil {
		word := "nothing"
		if c.DoUpdate {
			word = "update"
		}
		names := ""
		for _, x := range c.Indexes {
			names += " " + x.Name
		}
		line("  conflict%s do %s", names, word)
		for _, s := range c.Set {
			p.assign(s, q.Target, in+"    set ")
		}
		if c.Where != nil {
			line("    where %s", p.expr(c.Where, in+"    "))
		}
	}
	if q.SetOp == sql.NoSetOp && q.Values == nil {
		for _, t := range q.Targets {
			word := "output"
			if t.Junk {
				word = "junk"
			}
			line("  %s %s: %s", word, t.Name, p.expr(t.Expr, in+"  "))
		}
	}
	if q.Distinct {
		if len(q.DistinctOn) > 0 {
			line("  distinct on %s", p.exprs(q.DistinctOn, in+"  "))
		} else {
			line("  distinct")
		}
	}
	for _, f := range q.From {
		p.from(f, in+"  ")
	}
	if q.MergeSource != nil {
		p.from(q.MergeSource, in+"  ")
		line("  on %s", p.expr(q.MergeOn, in+"  "))
	}
	if q.Where != nil {
		line("  where %s", p.expr(q.Where, in+"  "))
	}
	if len(q.GroupBy) > 0 || q.GroupingSets != nil {
		sets := ""
		if q.GroupingSets != nil {
			sets = fmt.Sprintf(" sets %v", q.GroupingSets)
		}
		line("  group by %s%s", p.exprs(q.GroupBy, in+"  "), sets)
	}
	if q.Having != nil {
		line("  having %s", p.expr(q.Having, in+"  "))
	}
	if len(q.OrderBy) > 0 {
		line("  order by %s", p.keys(q.OrderBy, in+"  "))
	}
	if q.Limit != nil {
		line("  limit %s", p.expr(q.Limit, in+"  "))
	}
	if q.Offset != nil {
		line("  offset %s", p.expr(q.Offset, in+"  "))
	}
	for _, m := range q.Merges {
		line("  when %d action %d", m.Match, m.Action)
		if m.Cond != nil {
			line("    and %s", p.expr(m.Cond, in+"    "))
		}
		for _, s := range m.Set {
			p.assign(s, q.Target, in+"    set ")
		}
		if m.Values != nil {
			line("    columns %v values (%s)", m.Columns, p.exprs(m.Values, in+"    "))
		}
	}
	for _, c := range q.Checks {
		on := ""
		for i, w := range []string{" inserted", " updated", " conflicting", " to be updated", " to be deleted"} {
			if c.On&(1<<i) != 0 {
				on += w
			}
		}
		line("  ! check%s: %s else %v", on, p.expr(c.Expr, in+"  "), c.Err)
	}
}

func (p *printer) assign(s Assign, r *Rel, in string) {
	v := "default"
	if s.Value != nil {
		v = p.expr(s.Value, in)
	}
	p.b.WriteString(in + r.Columns[s.Column].Name + " = " + v + "\n")
}

func (p *printer) from(f FromItem, in string) {
	switch f := f.(type) {
	case *RelItem:
		p.rel(f.Rel, in, "from ")
	case *Join:
		word := [...]string{"inner", "left", "right", "full"}[f.Kind]
		p.b.WriteString(in + word + " join\n")
		p.from(f.Left, in+"  ")
		p.from(f.Right, in+"  ")
		if f.On != nil {
			p.b.WriteString(in + "  on " + p.expr(f.On, in+"  ") + "\n")
		}
	}
}

func (p *printer) rel(r *Rel, in, word string) {
	name := p.name(r)
	var what string
	switch r.Kind {
	case TableRel:
		what = r.Table.Schema + "." + r.Table.Name
	case CTERel:
		what = "cte " + r.CTE.Name
	case FunctionRel:
		var calls []string
		for _, f := range r.Funcs {
			calls = append(calls, p.expr(f.Call, in))
		}
		what = strings.Join(calls, ", ")
	case SubqueryRel, ValuesRel:
		what = "query"
	case RowRel:
		what = "row"
	case TransitionRel:
		what = "rows " + r.Name
	}
	if r.Lateral && r.Kind == SubqueryRel {
		word += "lateral "
	}
	if r.Role != "" {
		name += " as role " + r.Role
	}
	p.b.WriteString(in + word + what + " " + name + "\n")
	for _, q := range r.Quals {
		p.b.WriteString(in + "  ! " + p.expr(q, in+"  ") + "\n")
	}
	if r.Query != nil {
		p.query(r.Query, in+"  ")
	}
}

func (p *printer) exprs(list []Expr, in string) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = p.expr(e, in)
	}
	return strings.Join(out, ", ")
}

func (p *printer) keys(list []SortKey, in string) string {
	out := make([]string, len(list))
	for i, k := range list {
		out[i] = p.expr(k.Expr, in)
		if k.Desc {
			out[i] += " desc"
		}
		if k.NullsFirst != k.Desc {
			out[i] += map[bool]string{true: " nulls first", false: " nulls last"}[k.NullsFirst]
		}
	}
	return strings.Join(out, ", ")
}

func not(b bool, s string) string {
	if b {
		return "not " + s
	}
	return s
}

func (p *printer) call(c *Call, in string) string {
	if c.Op != "" {
		if len(c.Args) == 1 {
			return "(" + c.Op + " " + p.expr(c.Args[0], in) + ")"
		}
		return "(" + p.expr(c.Args[0], in) + " " + c.Op + " " + p.expr(c.Args[1], in) + ")"
	}
	name := ""
	switch {
	case c.User != nil:
		name = c.User.Schema + "." + c.User.Name
	case c.Fn != nil:
		name = c.Fn.Name
	}
	return name + "(" + p.exprs(c.Args, in) + ")"
}

func (p *printer) over(w *Window, in string) string {
	if w == nil {
		return ""
	}
	s := " over ("
	if len(w.PartitionBy) > 0 {
		s += "partition by " + p.exprs(w.PartitionBy, in) + " "
	}
	if len(w.OrderBy) > 0 {
		s += "order by " + p.keys(w.OrderBy, in)
	}
	return strings.TrimRight(s, " ") + ")"
}

func (p *printer) expr(e Expr, in string) string {
	switch e := e.(type) {
	case nil:
		return "-"
	case *Const:
		if e.Value.IsNull() {
			return "null::" + typeText(e.Typ)
		}
		ops := value.TypeOps(e.Typ.OID)
		if ops == nil {
			return "'" + e.Value.Str() + "'::" + typeText(e.Typ)
		}
		s := ops.Text(nil, e.Value)
		switch e.Typ.OID {
		case catalog.Int4OID:
			return s
		case catalog.BoolOID:
			return map[string]string{"t": "true", "f": "false"}[s]
		}
		return "'" + s + "'::" + typeText(e.Typ)
	case *Var:
		return p.name(e.Rel) + "." + e.Rel.Columns[e.Col].Name
	case *WholeRow:
		return p.name(e.Rel) + ".*"
	case *Param:
		if e.Number == 0 {
			return "elem"
		}
		return "$" + strconv.Itoa(e.Number)
	case *Session:
		return "session(" + p.expr(e.X, in) + ")"
	case *Call:
		return p.call(e, in)
	case *Agg:
		name := ""
		if e.User != nil {
			name = e.User.Name
		} else {
			name = e.Fn.Name
		}
		args := p.exprs(e.Args, in)
		if e.Star {
			args = "*"
		}
		if e.Distinct {
			args = "distinct " + args
		}
		if len(e.Direct) > 0 {
			args = p.exprs(e.Direct, in) + " direct, " + args
		}
		if len(e.OrderBy) > 0 {
			args += " order by " + p.keys(e.OrderBy, in)
		}
		s := name + "(" + args + ")"
		if e.Filter != nil {
			s += " filter " + p.expr(e.Filter, in)
		}
		return s + p.over(e.Over, in)
	case *WindowCall:
		return e.Fn.Name + "(" + p.exprs(e.Args, in) + ")" + p.over(e.Over, in)
	case *Grouping:
		return fmt.Sprintf("grouping%v", e.Items)
	case *Relabel:
		return p.expr(e.X, in) + "::" + typeText(e.Typ)
	case *DomainCheck:
		return "domain(" + p.expr(e.X, in) + ", " + typeText(e.Typ) + ")"
	case *IOCast:
		return "io(" + p.expr(e.X, in) + ", " + typeText(e.Typ) + ")"
	case *ArrayCast:
		return "each(" + p.expr(e.X, in) + ": " + p.expr(e.Elem, in) + ")"
	case *RowCast:
		return "row(" + p.expr(e.X, in) + ", " + typeText(e.Typ) + ")"
	case *Collate:
		return p.expr(e.X, in) + " collate " + e.Name
	case *Bool:
		if e.Op == sql.Not {
			return "(not " + p.expr(e.Args[0], in) + ")"
		}
		word := " and "
		if e.Op == sql.Or {
			word = " or "
		}
		parts := make([]string, len(e.Args))
		for i, x := range e.Args {
			parts[i] = p.expr(x, in)
		}
		return "(" + strings.Join(parts, word) + ")"
	case *NullTest:
		return "(" + p.expr(e.X, in) + " is " + not(e.Not, "null") + ")"
	case *BoolTest:
		return "(" + p.expr(e.X, in) + " is " + not(e.Not, [...]string{"true", "false", "unknown"}[e.Value]) + ")"
	case *Distinct:
		return "(" + p.expr(e.Eq.Args[0], in) + " is " + not(e.Not, "distinct from ") + p.expr(e.Eq.Args[1], in) + ")"
	case *NullIf:
		return "nullif(" + p.expr(e.Eq.Args[0], in) + ", " + p.expr(e.Eq.Args[1], in) + ")"
	case *Case:
		s := "case"
		if e.Arg != nil {
			s += " " + p.expr(e.Arg, in)
		}
		for _, w := range e.Whens {
			s += " when " + p.expr(w.Cond, in) + " then " + p.expr(w.Result, in)
		}
		return s + " else " + p.expr(e.Else, in) + " end"
	case *CaseArg:
		return "it"
	case *Coalesce:
		return "coalesce(" + p.exprs(e.Args, in) + ")"
	case *MinMax:
		return map[bool]string{true: "least(", false: "greatest("}[e.Least] + p.exprs(e.Args, in) + ")"
	case *Quantified:
		return "(" + p.expr(e.Op.Args[0], in) + " " + e.Op.Op + map[bool]string{true: " all ", false: " any "}[e.All] + p.expr(e.Array, in) + ")"
	case *In:
		return "(" + p.expr(e.X, in) + " " + not(e.Not, "in") + " (" + p.exprs(e.List, in) + "))"
	case *SubLink:
		inner := printer{names: p.names, used: p.used}
		inner.query(e.Query, in+"    ")
		s := [...]string{"exists", "scalar", "array", "any", "all"}[e.Kind]
		if e.Row {
			s = "row"
		}
		if len(e.Tests) > 0 {
			s += " " + p.exprs(e.Tests, in)
		}
		return s + " (\n" + inner.b.String() + in + "  )"
	case *SubCol:
		return "column" + strconv.Itoa(e.Col+1)
	case *Array:
		return "array[" + p.exprs(e.Elems, in) + "]"
	case *Row:
		return "row(" + p.exprs(e.Args, in) + ")"
	case *RowCompare:
		l, r := []Expr{}, []Expr{}
		for _, c := range e.Eq {
			l, r = append(l, c.Args[0]), append(r, c.Args[1])
		}
		return "((" + p.exprs(l, in) + ") " + e.Op + " (" + p.exprs(r, in) + "))"
	case *FieldOf:
		return "(" + p.expr(e.X, in) + ")." + e.Name
	case *Subscript:
		s := p.expr(e.X, in)
		for _, i := range e.Index {
			s += "[" + p.expr(i, in) + "]"
		}
		return s
	case *SetElement:
		return "set(" + p.expr(&Subscript{X: e.X, Index: e.Index}, in) + ", " + p.expr(e.Value, in) + ")"
	case *SetFields:
		s := "set(" + p.expr(e.X, in)
		for _, f := range e.Sets {
			s += ", " + f.Name + " " + p.expr(f.Value, in)
		}
		return s + ")"
	case *SetDefault:
		return "default"
	case *Refusal:
		return "refused(" + e.Err.Error() + ")"
	}
	return fmt.Sprintf("%T", e)
}
