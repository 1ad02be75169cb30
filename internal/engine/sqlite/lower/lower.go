// Package lower turns a resolved query into one SQLite statement.
//
// Select gives a Text: the statement, what to bind to its parameters, and the Fragments that it calls back into. What SQLite computes as
// PostgreSQL does (comparisons, boolean logic, joins, grouping, sub-queries) becomes SQL; every other expression becomes a call of the
// helper function pg_x with a Fragment, an expression over the values that SQL hands in, which eval runs. Function rows, lateral sub-queries
// and rows given from outside come in through the table-valued function pg_set.
//
// Invariants: no value of the query is ever part of the text (constants are bound); every identifier in it is generated or comes from
// the catalog, and is quoted; a Text is immutable and may be run by many sessions; equal queries give equal text.
package lower

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Text is a lowered query.
type Text struct {
	SQL       string
	Binds     []Bind // of parameters ?1, ?2 …
	Fragments []Fragment
	Columns   []tree.Target // the output columns, none of them junk
}

// BindKind is what a Bind is.
type BindKind uint8

// The kinds of bind.
const (
	ConstBind      BindKind = iota // Value
	ExprBind                       // Expr: no column of this statement in it; computed when the statement starts
	FragmentBind                   // the handle of Fragments[Fragment]
	LimitBind                      // Expr as a LIMIT: NULL is no limit, a negative number is an error
	OffsetBind                     // Expr as an OFFSET: NULL is 0, a negative number is an error
	StartBind                      // Expr as a frame's starting offset in rows or groups: NULL and a negative number are errors
	EndBind                        // its ending offset
	RangeStartBind                 // a frame's starting offset of values
	RangeEndBind                   // its ending offset
)

// Bind says what a parameter is bound to.
type Bind struct {
	Kind     BindKind
	Value    value.Datum
	Expr     tree.Expr
	Fragment int
}

// FragmentKind is how a Fragment is called.
type FragmentKind uint8

// The kinds of Fragment.
const (
	ScalarFragment    FragmentKind = iota // pg_x, pg_v: Expr over the arguments
	AggFragment                           // pg_agg: Agg over the arguments: first its own, then its order keys, then the direct ones
	SetFragment                           // pg_set: the rows of Rel.Funcs, whose calls are in Calls
	UnpackFragment                        // pg_set: the rows that pg_pack made, given as its argument
	WindowFragment                        // pg_win: Agg or Win over the frames of Over
	RecursionFragment                     // pg_set: the rows of Recursion
	GivenFragment                         // pg_set: the rows that the session has for Rel (a transition table, a data-modifying CTE)
)

// Fragment is a part of a query that Go computes. Params of Expr and Calls with negative numbers -1, -2 … are the arguments that SQL gives.
type Fragment struct {
	Kind    FragmentKind
	Expr    tree.Expr
	Agg     *tree.Agg
	AggArgs []tree.Expr // AggFragment, WindowFragment: what the function takes of each row, computed from the arguments that SQL gives
	Win     *tree.WindowCall
	Over    *tree.Window
	// WindowFragment: where in AggArgs the filter, the sort keys and the frame's offsets are; -1 for what there is none of.
	FilterAt, KeysAt, StartAt, EndAt int
	Recursion                        *Recursion
	Rel                              *tree.Rel
	Calls                            []tree.FuncCallRel
	Volatile                         bool
}

// ArgParam is the Param that stands for argument i (from 0) of a Fragment.
func ArgParam(i int, t tree.Type) *tree.Param { return &tree.Param{Number: -1 - i, Typ: t} }

// CtidColumn is the Col of a Var that means the hidden position of a table's row, an int8.
const CtidColumn = -1

// Select lowers a query that reads.
func Select(cat *catalog.Catalog, q rights.Query) (*Text, error) {
	return lowerQuery(cat, q.Tree(), false)
}

// Derived lowers a query that was made from parts of q, to which rights have been attached already. late says that stable expressions are computed where a row needs
// them, not when the statement starts.
func Derived(cat *catalog.Catalog, _ rights.Query, part *tree.Query, late bool) (*Text, error) {
	return lowerQuery(cat, part, late)
}

func lowerQuery(cat *catalog.Catalog, q *tree.Query, late bool) (*Text, error) {
	l := &lowerer{late: late, cat: cat, text: &Text{}, rels: map[*tree.Rel]*relRef{}, ctes: map[*tree.CTE]string{}}
	l.text.SQL = l.query(q, true)
	if l.err != nil {
		return nil, l.err
	}
	for _, t := range q.Targets {
		if !t.Junk {
			l.text.Columns = append(l.text.Columns, t)
		}
	}
	return l.text, nil
}

type lowerer struct {
	cat   *catalog.Catalog
	text  *Text
	err   error
	rels  map[*tree.Rel]*relRef
	ctes  map[*tree.CTE]string
	n     int  // generated names so far
	depth int  // nesting of queries
	late  bool // stable expressions are not bound

	// State of the expression being lowered.
	lazy    int      // > 0 in a branch that may not be reached: what can fail is not computed beforehand
	caseArg []string // values of the enclosing Cases
	elem    []string // elements of the enclosing array loops
	subCol  []string // alias of the sub-query of the enclosing SubLinks
}

// relRef is how the columns of a Rel are written.
type relRef struct {
	alias    string
	table    *catalog.Table
	inline   *tree.Query // the columns are sub-queries over this one-row query
	subst    []tree.Expr // the columns are these expressions
	nullable bool        // an outer join may make its rows NULL
}

// maxDepth bounds the nesting of queries: SQLite's code recurses over it on a small stack.
const maxDepth = 80

func (l *lowerer) fail(err error) string {
	if l.err == nil {
		l.err = err
	}
	return "NULL"
}

func (l *lowerer) name(prefix string) string {
	l.n++
	return prefix + strconv.Itoa(l.n)
}

// quote writes an identifier.
func quote(id string) string { return `"` + strings.ReplaceAll(id, `"`, `""`) + `"` }

func column(i int) string { return `"c` + strconv.Itoa(i+1) + `"` }

// ---- parameters ----

func (l *lowerer) bind(b Bind) string {
	for i := range l.text.Binds {
		o := &l.text.Binds[i]
		if o.Kind == b.Kind && o.Fragment == b.Fragment && o.Value == b.Value && (o.Expr == nil) == (b.Expr == nil) && (b.Expr == nil || tree.Equal(o.Expr, b.Expr)) {
			return "?" + strconv.Itoa(i+1)
		}
	}
	l.text.Binds = append(l.text.Binds, b)
	return "?" + strconv.Itoa(len(l.text.Binds))
}

func (l *lowerer) constant(d value.Datum) string {
	if d.IsNull() {
		return "NULL"
	}
	return l.bind(Bind{Kind: ConstBind, Value: d})
}

func (l *lowerer) fragmentBind(f Fragment) string {
	if f.Kind == ScalarFragment && !f.Volatile {
		for i := range l.text.Fragments {
			if o := &l.text.Fragments[i]; o.Kind == f.Kind && !o.Volatile && tree.Equal(o.Expr, f.Expr) {
				return l.bind(Bind{Kind: FragmentBind, Fragment: i})
			}
		}
	}
	l.text.Fragments = append(l.text.Fragments, f)
	return l.bind(Bind{Kind: FragmentBind, Fragment: len(l.text.Fragments) - 1})
}

// ---- queries ----

// query lowers q to a SELECT whose columns are named c1, c2 …
// top says that its order is what the reader sees, so that rows without ORDER BY come in heap order as PostgreSQL's do.
func (l *lowerer) query(q *tree.Query, top bool) string {
	if q.Command != tree.Select {
		return l.fail(fault.Unsupported("a data-modifying statement here", ""))
	}
	if l.depth++; l.depth > maxDepth {
		return l.fail(fault.New(fault.StatementTooComplex, "stack depth limit exceeded").WithHint("Nest the sub-queries of the statement less deeply."))
	}
	defer func() { l.depth-- }()
	if needsGroups(q) {
		q = apartFromGroups(q)
	}
	lazy := l.lazy
	l.lazy = 0
	with := l.with(q)
	var s string
	switch {
	case q.Values != nil:
		s = l.values(q)
	case q.SetOp != sql.NoSetOp:
		s = l.setOp(q)
	case q.GroupingSets != nil:
		s = l.groupingSets(q)
	default:
		if len(q.DistinctOn) > 0 || q.WithTies {
			s = l.ranked(q)
		} else {
			s = l.selectBody(q, false) + l.tail(q, top)
		}
	}
	l.lazy = lazy
	return with + s
}

func (l *lowerer) with(q *tree.Query) string {
	var b strings.Builder
	for _, c := range q.CTEs {
		if c.Query.Command != tree.Select {
			continue // its rows are given by the executor
		}
		name := l.name("w")
		l.ctes[c] = name
	}
	n := 0
	for _, c := range q.CTEs {
		if c.Query.Command != tree.Select {
			continue
		}
		if n++; n == 1 {
			b.WriteString("WITH ")
			if q.Recursive {
				b.WriteString("RECURSIVE ")
			}
		} else {
			b.WriteString(", ")
		}
		b.WriteString(quote(l.ctes[c]) + "(")
		for i := range c.Columns {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(column(i))
		}
		b.WriteString(") AS ")
		switch {
		case c.Materialized != nil && *c.Materialized:
			b.WriteString("MATERIALIZED ")
		case c.Materialized != nil:
			b.WriteString("NOT MATERIALIZED ")
		case volatileQuery(c.Query):
			b.WriteString("MATERIALIZED ") // one value per row for all who read it
		}
		if c.Recursive && !l.nativeRecursion(c) {
			b.WriteString("(" + l.recursion(c) + ")")
			continue
		}
		b.WriteString("(" + l.query(c.Query, false) + ")")
	}
	if n > 0 {
		b.WriteByte(' ')
	}
	return b.String()
}

func (l *lowerer) values(q *tree.Query) string {
	n := 0
	if len(q.Values) > 0 {
		n = len(q.Values[0])
	}
	cells := func(row []tree.Expr, named bool) string {
		if n == 0 {
			return `NULL AS "c1"` // rows without columns: they count
		}
		var b strings.Builder
		for j, e := range row {
			b.WriteString(sep(j, "") + l.expr(e))
			if named {
				b.WriteString(" AS " + column(j))
			}
		}
		return b.String()
	}
	// SQLite loses the names of the columns of VALUES that look at the query around them.
	if len(q.Values) <= MaxArms && (n == 0 || valuesLookOut(q)) {
		rows := make([]string, len(q.Values))
		for i, row := range q.Values {
			rows[i] = "SELECT " + cells(row, true)
		}
		s := strings.Join(rows, " UNION ALL ")
		if len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil {
			return s
		}
		return "SELECT " + columns(max(n, 1)) + " FROM (" + s + ")" + l.outputTail(q)
	}
	var b strings.Builder
	b.WriteString("SELECT ")
	for i := range n {
		fmt.Fprintf(&b, "%scolumn%d AS %s", sep(i, ""), i+1, column(i))
	}
	b.WriteString(" FROM (VALUES ")
	for i, row := range q.Values {
		b.WriteString(sep(i, "") + "(" + cells(row, false) + ")")
	}
	b.WriteByte(')')
	return b.String() + l.outputTail(q)
}

// valuesLookOut says whether a row of VALUES reads a column of the query around it.
func valuesLookOut(q *tree.Query) bool {
	for _, row := range q.Values {
		for _, e := range row {
			if tree.Any(e, func(x tree.Expr) bool { _, ok := x.(*tree.Var); return ok }) {
				return true
			}
		}
	}
	return false
}

// outputTail is ORDER BY, LIMIT and OFFSET over the output columns c1, c2 …
func (l *lowerer) outputTail(q *tree.Query) string {
	var b strings.Builder
	for i, k := range q.OrderBy {
		b.WriteString(sep(i, " ORDER BY "))
		at := l.outputColumn(q, k.Expr)
		if at < 0 {
			return l.fail(fault.Unsupported("ORDER BY an expression over a set operation", "Put the set operation into a sub-query."))
		}
		b.WriteString(l.sortKey(column(at), k, true))
	}
	return b.String() + l.limit(q)
}

// outputColumn is the place among q's targets of the one that e is; -1 for none. Over a set operation or VALUES an output column is a
// SubCol.
func (l *lowerer) outputColumn(q *tree.Query, e tree.Expr) int {
	for i, t := range q.Targets {
		if t.Expr != nil && (t.Expr == e || tree.Equal(t.Expr, e)) {
			return i
		}
	}
	if c, ok := e.(*tree.SubCol); ok && c.Col < len(q.Targets) {
		return c.Col
	}
	return -1
}

func sep(i int, first string) string {
	if i == 0 {
		return first
	}
	return ", "
}

func (l *lowerer) setOp(q *tree.Query) string {
	width := max(len(q.Targets), 1)
	arm := func(side *tree.Query, number bool) string {
		s := l.query(side, false)
		var b strings.Builder
		b.WriteString("SELECT ")
		if len(q.Targets) == 0 {
			b.WriteString(column(0)) // rows without columns are all equal
		}
		for i, t := range q.Targets {
			b.WriteString(sep(i, "") + column(i))
			if !q.All || q.SetOp != sql.Union {
				b.WriteString(l.collate(targetType(q, i, t)))
				b.WriteString(" AS " + column(i))
			}
		}
		if number {
			b.WriteString(", row_number() OVER (PARTITION BY ")
			if len(q.Targets) == 0 {
				b.WriteString(column(0))
			}
			for i, t := range q.Targets {
				b.WriteString(sep(i, "") + column(i) + l.collate(targetType(q, i, t)))
			}
			b.WriteString(`) AS "n"`)
		}
		return b.String() + " FROM (" + s + ")"
	}
	word := map[sql.SetOp]string{sql.Union: " UNION ", sql.Intersect: " INTERSECT ", sql.Except: " EXCEPT "}[q.SetOp]
	if q.SetOp == sql.Union && q.All {
		word = " UNION ALL "
	}
	if l.recursiveTerm(q) {
		// A recursive CTE's terms must be plain members of the compound.
		return l.query(q.Left, false) + word + l.query(q.Right, false) + l.outputTail(q)
	}
	if q.All && q.SetOp != sql.Union {
		// SQLite has no INTERSECT ALL and EXCEPT ALL: equal rows are told apart by their number.
		s := arm(q.Left, true) + word + arm(q.Right, true)
		return "SELECT " + columns(width) + " FROM (" + s + ")" + l.outputTail(q)
	}
	var s string
	if arms := chain(q, nil); len(arms) > 2 && q.SetOp == sql.Union {
		parts := make([]string, len(arms))
		for i, a := range arms {
			parts[i] = arm(a, false)
		}
		s = joinArms(parts, word, width)
	} else {
		s = arm(q.Left, false) + word + arm(q.Right, false)
	}
	if len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil {
		return s
	}
	return "SELECT " + columns(width) + " FROM (" + s + ")" + l.outputTail(q)
}

// MaxArms is how many SELECTs stand in one compound; longer UNIONs are made of several. SQLite works on them by recursion.
const MaxArms = 16

// chain lists the arms of a UNION of UNIONs of the same kind.
func chain(q *tree.Query, arms []*tree.Query) []*tree.Query {
	for _, side := range []*tree.Query{q.Left, q.Right} {
		if side.SetOp == sql.Union && q.SetOp == sql.Union && side.All == q.All && len(side.OrderBy) == 0 && side.Limit == nil && side.Offset == nil && len(side.CTEs) == 0 {
			arms = chain(side, arms)
		} else {
			arms = append(arms, side)
		}
	}
	return arms
}

// joinArms makes one compound of SELECTs, in groups where there are many.
func joinArms(arms []string, word string, width int) string {
	for len(arms) > MaxArms {
		var next []string
		for len(arms) > 0 {
			n := min(MaxArms, len(arms))
			next = append(next, "SELECT "+columns(width)+" FROM ("+strings.Join(arms[:n], word)+")")
			arms = arms[n:]
		}
		arms = next
	}
	return strings.Join(arms, word)
}

func targetType(q *tree.Query, i int, t tree.Target) tree.Type {
	if t.Expr != nil {
		return t.Expr.Type()
	}
	if q.Left != nil {
		return targetType(q.Left, i, visible(q.Left)[i])
	}
	if len(q.Values) > 0 {
		return q.Values[0][i].Type()
	}
	return tree.Type{OID: catalog.TextOID, Mod: -1}
}

func visible(q *tree.Query) []tree.Target {
	out := make([]tree.Target, 0, len(q.Targets))
	for _, t := range q.Targets {
		if !t.Junk {
			out = append(out, t)
		}
	}
	return out
}

func columns(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(sep(i, "") + column(i))
	}
	return b.String()
}

// recursiveTerm says whether q is the body of a recursive CTE: one of its arms reads the CTE that it defines.
func (l *lowerer) recursiveTerm(q *tree.Query) bool {
	for c := range l.ctes {
		if c.Query == q && c.Recursive {
			return true
		}
	}
	return false
}

// selectBody is SELECT … HAVING of a plain query. withJunk also puts out the junk targets.
func (l *lowerer) selectBody(q *tree.Query, withJunk bool) string {
	from, cond := l.from(q)
	var b strings.Builder
	b.WriteString("SELECT ")
	if q.Distinct && len(q.DistinctOn) == 0 {
		b.WriteString("DISTINCT ")
	}
	n := 0
	for _, t := range q.Targets {
		if t.Junk && !withJunk {
			continue
		}
		b.WriteString(sep(n, ""))
		if n == 0 && q.Aggregated && len(q.GroupBy) == 0 && !hasAggregate(q) {
			// SQLite takes only a query with an aggregate among its columns for one group.
			b.WriteString("CASE WHEN count(*) >= 0 THEN " + l.expr(t.Expr) + " END")
		} else {
			b.WriteString(l.expr(t.Expr))
		}
		if q.Distinct {
			b.WriteString(l.collate(t.Expr.Type()))
		}
		b.WriteString(" AS " + column(n))
		n++
	}
	if n == 0 {
		b.WriteString(`NULL AS "c1"`) // SELECT without columns: the rows count
	}
	b.WriteString(from)
	if q.Where != nil {
		cond = append(cond, l.conditions(q)...)
	}
	for i, c := range cond {
		if i == 0 {
			b.WriteString(" WHERE ")
		} else {
			b.WriteString(" AND ")
		}
		b.WriteString(c)
	}
	b.WriteString(l.groupBy(q))
	if q.Having != nil {
		b.WriteString(" HAVING " + l.expr(q.Having))
	}
	return b.String()
}

func (l *lowerer) groupBy(q *tree.Query) string {
	var b strings.Builder
	for i, g := range q.GroupBy {
		b.WriteString(sep(i, " GROUP BY "))
		if _, ok := g.(*tree.Const); ok {
			b.WriteString("(" + l.expr(g) + " IS NULL)") // a number would mean an output column
			continue
		}
		b.WriteString(l.expr(g) + l.collate(g.Type()))
	}
	return b.String()
}

// hasAggregate says whether an output column holds an aggregate.
func hasAggregate(q *tree.Query) bool {
	for _, t := range q.Targets {
		if t.Expr != nil && tree.Any(t.Expr, func(e tree.Expr) bool { a, ok := e.(*tree.Agg); return ok && a.Over == nil }) {
			return true
		}
	}
	return false
}

// tail is ORDER BY, LIMIT and OFFSET of a plain query.
func (l *lowerer) tail(q *tree.Query, top bool) string {
	var b strings.Builder
	for i, k := range q.OrderBy {
		b.WriteString(sep(i, " ORDER BY "))
		text := ""
		if _, plain := k.Expr.(*tree.Var); !plain || q.Distinct {
			n := 0
			for _, t := range q.Targets {
				if t.Junk {
					continue
				}
				if n++; t.Expr == k.Expr || tree.Equal(t.Expr, k.Expr) {
					text = strconv.Itoa(n)
					break
				}
			}
		}
		if text == "" {
			if _, ok := k.Expr.(*tree.Const); ok {
				text = "(" + l.expr(k.Expr) + " IS NULL)"
			} else {
				text = l.expr(k.Expr)
			}
		}
		b.WriteString(l.sortKey(text, k, l.mayBeNull(k.Expr)))
	}
	if len(q.OrderBy) == 0 && !q.Aggregated && !q.Distinct && (top || q.Limit != nil || q.Offset != nil) {
		b.WriteString(l.heapOrder(q))
	}
	return b.String() + l.limit(q)
}

// heapOrder gives the order in which PostgreSQL reads a heap, which clients have come to rely on. SQLite would use the order of an
// index where one serves the conditions or has all the columns. It is free where the table is read in its own order or through one value of an index.
func (l *lowerer) heapOrder(q *tree.Query) string {
	if len(q.From) != 1 {
		return ""
	}
	item := q.From[0]
	for {
		j, ok := item.(*tree.Join)
		if !ok {
			break
		}
		if j.Kind != sql.LeftJoin {
			return ""
		}
		item = j.Left
	}
	r := item.(*tree.RelItem).Rel
	ref := l.rels[r]
	if ref == nil || ref.table == nil {
		return ""
	}
	for _, t := range q.Targets {
		if t.Expr != nil && tree.Any(t.Expr, func(e tree.Expr) bool {
			_, ok := e.(*tree.WindowCall)
			a, agg := e.(*tree.Agg)
			return ok || agg && a.Over != nil
		}) {
			return ""
		}
	}
	return " ORDER BY " + quote(ref.alias) + `."ctid"`
}

func (l *lowerer) sortKey(text string, k tree.SortKey, nullable bool) string {
	if v, ok := k.Expr.(*tree.Var); ok && l.isCtid(v) {
		text = quote(l.rels[v.Rel].alias) + `."ctid"` // a number, where the text form would sort as text
	}
	text += l.collate(k.Expr.Type())
	if k.Desc {
		text += " DESC"
	}
	// SQLite's own order has NULL first when ascending; naming another costs it some uses of indexes.
	if nullable && k.NullsFirst == k.Desc {
		if k.NullsFirst {
			text += " NULLS FIRST"
		} else {
			text += " NULLS LAST"
		}
	}
	return text
}

// isCtid says whether v is the system column ctid of a table that is read here.
func (l *lowerer) isCtid(v *tree.Var) bool {
	ref := l.rels[v.Rel]
	return ref != nil && ref.table != nil && v.Col >= len(ref.table.Columns) && v.Rel.Columns[v.Col].Name == "ctid"
}

// mayBeNull is false only where e is surely not NULL.
func (l *lowerer) mayBeNull(e tree.Expr) bool {
	v, ok := e.(*tree.Var)
	if !ok {
		return true
	}
	ref := l.rels[v.Rel]
	if ref == nil || ref.table == nil || ref.nullable || v.Col >= len(ref.table.Columns) {
		return true
	}
	return v.Col >= 0 && !ref.table.Columns[v.Col].NotNull
}

func (l *lowerer) limit(q *tree.Query) string {
	if q.Limit == nil && q.Offset == nil {
		return ""
	}
	part := func(e tree.Expr, kind BindKind, none string) string {
		if e == nil {
			return none
		}
		if l.bindable(e) {
			return l.bind(Bind{Kind: kind, Expr: e})
		}
		return "coalesce(" + l.expr(e) + ", " + none + ")"
	}
	s := " LIMIT " + part(q.Limit, LimitBind, "-1")
	if q.Offset != nil {
		s += " OFFSET " + part(q.Offset, OffsetBind, "0")
	}
	return s
}

// ranked lowers DISTINCT ON and WITH TIES: rows are numbered inside, and the number is tested outside.
func (l *lowerer) ranked(q *tree.Query) string {
	inner := *q
	inner.Distinct, inner.DistinctOn = q.Distinct && len(q.DistinctOn) == 0, nil
	inner.OrderBy, inner.Limit, inner.Offset, inner.WithTies = nil, nil, nil, false
	inner.Targets = append([]tree.Target(nil), q.Targets...)
	var vis int
	order := make([]int, len(q.OrderBy))
	for _, t := range q.Targets {
		if !t.Junk {
			vis++
		}
	}
	// Output order: visible targets first, then junk, so that the visible ones are c1 … cn.
	inner.Targets = inner.Targets[:0]
	for _, junk := range []bool{false, true} {
		for _, t := range q.Targets {
			if t.Junk == junk {
				inner.Targets = append(inner.Targets, t)
			}
		}
	}
	find := func(e tree.Expr) int {
		for i, t := range inner.Targets {
			if t.Expr == e || tree.Equal(t.Expr, e) {
				return i
			}
		}
		inner.Targets = append(inner.Targets, tree.Target{Expr: e, Junk: true})
		return len(inner.Targets) - 1
	}
	for i, k := range q.OrderBy {
		order[i] = find(k.Expr)
	}
	on := make([]int, len(q.DistinctOn))
	for i, e := range q.DistinctOn {
		on[i] = find(e)
	}
	body := l.selectBody(&inner, true)
	if len(q.OrderBy) == 0 {
		body += l.heapOrder(&inner)
	}
	keys := func() string {
		var b strings.Builder
		for i, k := range q.OrderBy {
			b.WriteString(sep(i, "ORDER BY ") + l.sortKey(column(order[i]), k, true))
		}
		return b.String()
	}
	if len(q.DistinctOn) > 0 {
		var part strings.Builder
		for i, e := range q.DistinctOn {
			part.WriteString(sep(i, "PARTITION BY ") + column(on[i]) + l.collate(e.Type()))
		}
		body = "SELECT *, row_number() OVER (" + part.String() + " " + keys() + `) AS "n" FROM (` + body + ")"
		body = "SELECT " + columns(len(inner.Targets)) + " FROM (" + body + `) WHERE "n" = 1`
	}
	if !q.WithTies {
		s := "SELECT " + columns(vis) + " FROM (" + body + ")"
		if k := keys(); k != "" {
			s += " " + k
		}
		return s + l.limit(q)
	}
	off := "0"
	if q.Offset != nil {
		off = "coalesce(" + l.expr(q.Offset) + ", 0)"
	}
	s := "SELECT " + columns(vis) + " FROM (SELECT *, rank() OVER (" + keys() + `) AS "r", row_number() OVER (` + keys() + `) AS "m" FROM (` + body + "))"
	s += ` WHERE "m" > ` + off
	if q.Limit != nil {
		s += ` AND "r" <= ` + off + " + " + l.bind(Bind{Kind: LimitBind, Expr: q.Limit})
	}
	return s + ` ORDER BY "m"`
}
